#include "base/limits.h"
#include "exchange/exchange.h"
#include "front/wire/wire_back.h"
#include "front/wire/wire_peer.h"

#include <string.h>

enum {
    FEED_WAIT_MS = 30 * 1000, /* for one answer */
    PIECE_WAIT_MS = 60 * 1000,
    PARKED_WAIT_MS = LIMIT_WIRE_PULL_S * 1000 + 10 * 1000,
    TURN_S = 5, /* the wait when more peers are asked than can be at one time */
    HELLO_EVERY_MS = 60 * 60 * 1000,
    FRAME_BYTES_MAX = LIMIT_BATCH_BYTES + LIMIT_ENTRY_BYTES,
};

static bool is_lasting(const struct failure *why)
{
    return str_eq(str_of(why->reason), S("wire.lasting"));
}

/* A refusal that lasts stops all questions of the peer's feed and goes to a person. */
static enum err refused(struct wire_ask *ask, const struct failure *why)
{
    struct str detail = why->arg_count > 0 ? why->args[0].value : S("");
    return feed_refuse(&ask->call, &ask->peer->feed, detail);
}

/* Feed: what this office sends. */

static int64_t feed_due(const struct wire_driver *driver, const struct wire_peer *peer)
{
    (void)driver;
    return peer->feed.wake_ms;
}

static enum err feed_fill(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq)
{
    (void)driver;
    struct greet_request question = {};
    enum err e = greet_next(&ask->call, &ask->peer->feed, &question);
    ask->greets = question.kind != GREET_NOTHING;
    if (e == OK && ask->greets) {
        rq->method = S("POST");
        rq->path = greet_path(question.kind);
        rq->body = question.body;
        rq->answer_bytes_max = FRAME_BYTES_MAX;
        return OK;
    }
    if (e == OK && !ask->peer->reachable) { /* it fetches, and came for the comparison */
        bool waits = ask->peer->feed.greet.waited;
        ask->peer->feed.wake_ms = waits ? ask->call.now_ms + GREET_LOOK_MS : INT64_MAX;
        return OK;
    }
    if (e == OK) e = feed_next(&ask->call, &ask->peer->feed, &rq->body);
    if (e != OK || rq->body.len == 0) return e;
    rq->method = S("POST");
    rq->path = S("/x1/feed");
    rq->answer_bytes_max = LIMIT_STATEMENT_BYTES;
    return OK;
}

static enum err feed_take(struct wire_driver *driver, struct wire_ask *ask,
                          struct wire_answer *answer)
{
    struct feed *feed = &ask->peer->feed;
    enum err e = ask->greets ? greet_answer(&ask->call, feed, answer->body)
                             : feed_answer(&ask->call, feed, answer->body, &driver->sequencer);
    if (e == OK) driver->news = true; /* more has its number now */
    return e;
}

static enum err feed_failed(struct wire_ask *ask, const struct failure *why)
{
    struct feed *feed = &ask->peer->feed;
    bool stopped = why->err == ERR_CONFLICT && feed->wake_ms == INT64_MAX;
    if (stopped) return OK;
    return is_lasting(why) ? refused(ask, why) : feed_fail(&ask->call, feed, why->reason);
}

/* Fetch: files that this office wants, also of a peer that comes for the question. */

static int64_t fetch_due(const struct wire_driver *driver, const struct wire_peer *peer)
{
    (void)driver;
    return peer->fetch_ms;
}

static enum err fetch_fill(struct wire_driver *driver, struct wire_ask *ask,
                           struct wire_request *rq)
{
    (void)driver;
    struct call *c = &ask->call;
    struct wire_peer *peer = ask->peer;
    struct fetch_request wanted = {};
    peer->fetch_ms = c->now_ms + FEED_BACKOFF_MIN_MS; /* unless we hear better below */
    enum err e = fetch_next(c, peer->fetch, &wanted);
    if (e == OK && wanted.bytes == 0) return fetch_wake(c, peer->fetch, &peer->fetch_ms);
    if (e != OK) return e;
    rq->method = S("GET");
    rq->path = wanted.path;
    rq->answer_bytes_max = wanted.bytes;
    return OK;
}

static enum err fetch_taken(struct wire_driver *driver, struct wire_ask *ask,
                            struct wire_answer *answer)
{
    (void)driver;
    struct wire_peer *peer = ask->peer;
    enum err e = fetch_take(&ask->call, peer->fetch, answer->body);
    if (e == OK) peer->fetch_ms = 0;
    return e;
}

static enum err fetch_failed(struct wire_ask *ask, const struct failure *why)
{
    struct wire_peer *peer = ask->peer;
    bool lasting = why->err == ERR_NOT_FOUND || is_lasting(why);
    enum err e = fetch_fail(&ask->call, peer->fetch, why->reason, lasting);
    if (e == OK) e = fetch_wake(&ask->call, peer->fetch, &peer->fetch_ms);
    int64_t soon_ms = ask->call.now_ms + FEED_BACKOFF_MIN_MS;
    bool ours = ask->question.fd < 0; /* not asked at all: a full disk */
    if (ours && peer->fetch_ms < soon_ms) peer->fetch_ms = soon_ms;
    return e;
}

/* Pull: what a peer has for this office and cannot send. */

/* How long a question may wait at the peer; two wait at each. */
static int wait_s(const struct wire_driver *driver)
{
    return 2 * driver->callers > LIMIT_WIRE_PULLS ? TURN_S : LIMIT_WIRE_PULL_S;
}

static int64_t pull_due(const struct wire_driver *driver, const struct wire_peer *peer)
{
    (void)driver;
    return peer->reachable && peer->feed.call ? peer->pull.wake_ms : INT64_MAX;
}

static enum err pull_fill(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq)
{
    struct call *c = &ask->call;
    struct pull_request wanted = {};
    enum err e = pull_next(c, &ask->peer->pull, &wanted);
    if (e != OK || !wanted.any) return e;
    ask->brings = wanted.ack.len > 0;
    if (ask->brings) {
        rq->method = S("POST");
        rq->path = S("/x1/ack");
        rq->body = wanted.ack;
        rq->answer_bytes_max = LIMIT_STATEMENT_BYTES;
        return OK;
    }
    rq->method = S("GET");
    rq->path = str_format(c->arena, "/x1/feed?after=%lld.%lld&wait=%d", (long long)wanted.epoch,
                          (long long)wanted.seq, wait_s(driver));
    rq->answer_bytes_max = FRAME_BYTES_MAX;
    rq->silent_ms = ASK_ROWS[ASK_PULL].wait_ms;
    return OK;
}

static enum err pull_taken(struct wire_driver *driver, struct wire_ask *ask,
                           struct wire_answer *answer)
{
    struct wire_peer *peer = ask->peer;
    feed_wake(&peer->feed, ask->call.now_ms, true); /* it answers */
    if (ask->brings) {
        pull_told(&ask->call, &peer->pull);
        return OK;
    }
    if (answer->body.len == 0) {
        pull_none(&ask->call, &peer->pull, ask->since_ms);
        return OK;
    }
    driver->news = true; /* receipts, files */
    return pull_take(&ask->call, &peer->pull, answer->body);
}

static enum err pull_failed(struct wire_ask *ask, const struct failure *why)
{
    pull_fail(&ask->call, &ask->peer->pull, is_lasting(why));
    return is_lasting(why) ? refused(ask, why) : OK;
}

/* Back: what a peer that cannot ask this office would like to have. */

static int64_t back_due(const struct wire_driver *driver, const struct wire_peer *peer)
{
    (void)driver;
    return peer->reachable && peer->feed.call ? peer->back_ms : INT64_MAX;
}

static enum err back_fill(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq)
{
    struct call *c = &ask->call;
    const struct wire_peer *peer = ask->peer;
    struct wire_answer answer = {};
    rq->answer_bytes_max = LIMIT_STATEMENT_BYTES;
    rq->silent_ms = ASK_ROWS[ASK_BACK].wait_ms;
    ask->brings = peer->back_id != 0;
    if (!ask->brings) {
        rq->method = S("GET");
        rq->path = str_format(c->arena, "/x1/back?wait=%d", wait_s(driver));
        return OK;
    }
    struct back_question question = {
        .id = peer->back_id,
        .path = str_of(peer->back_path),
        .body = {peer->back_body, peer->back_body_bytes},
    };
    wire_back_answer(c, driver->wire, peer->office, &question, &answer);
    rq->method = S("POST");
    rq->path =
        str_format(c->arena, "/x1/back/%lld?status=%d", (long long)question.id, answer.status);
    rq->body = answer.body;
    return OK;
}

static enum err back_taken(struct wire_driver *driver, struct wire_ask *ask,
                           struct wire_answer *answer)
{
    (void)driver;
    struct call *c = &ask->call;
    struct wire_peer *peer = ask->peer;
    struct back_question question = {};
    bool at_once = answer->status == 204 && c->now_ms - ask->since_ms < FEED_BACKOFF_MIN_MS;
    peer->back_failures = 0;
    peer->back_id = 0;
    peer->back_ms = !ask->brings && at_once ? c->now_ms + FEED_BACKOFF_MIN_MS : c->now_ms;
    if (ask->brings || answer->body.len == 0) return OK;
    enum err e = wire_back_read(c, answer->body, &question);
    if (e != OK) return e;
    bool fits = question.path.len < sizeof peer->back_path &&
                question.body.len <= sizeof peer->back_body;
    if (!fits) return fail(c, ERR_PEER, "wire.back");
    if (question.body.len > 0) memcpy(peer->back_body, question.body.ptr, question.body.len);
    peer->back_body_bytes = question.body.len;
    peer->back_id = question.id;
    memcpy(peer->back_path, question.path.ptr, question.path.len);
    peer->back_path[question.path.len] = '\0';
    return OK;
}

static enum err back_failed(struct wire_ask *ask, const struct failure *why)
{
    struct wire_peer *peer = ask->peer;
    peer->back_id = 0;
    peer->back_failures++;
    peer->back_ms = ask->call.now_ms + feed_backoff_ms(&ask->call, peer->back_failures);
    if (!is_lasting(why)) return OK;
    peer->back_ms = ask->call.now_ms + FEED_REFUSED_MS;
    return refused(ask, why);
}

/* Hello: whether a peer has no address of this office. Its acknowledgements say so too, but who has
 * nothing to send gets none. */

static int64_t hello_due(const struct wire_driver *driver, const struct wire_peer *peer)
{
    (void)driver;
    return peer->reachable ? peer->hello_ms : INT64_MAX;
}

static enum err hello_fill(struct wire_driver *driver, struct wire_ask *ask,
                           struct wire_request *rq)
{
    (void)driver;
    rq->method = S("GET");
    rq->path = S("/x1/hello");
    rq->answer_bytes_max = LIMIT_STATEMENT_BYTES;
    ask->peer->hello_ms = ask->call.now_ms + HELLO_EVERY_MS;
    return OK;
}

static enum err hello_taken(struct wire_driver *driver, struct wire_ask *ask,
                            struct wire_answer *answer)
{
    (void)driver;
    struct wire_peer *peer = ask->peer;
    return exchange_hello_read(&ask->call, peer->office, answer->body, &peer->feed.call);
}

static enum err hello_failed(struct wire_ask *ask, const struct failure *why)
{
    ask->peer->hello_ms = ask->call.now_ms + FEED_BACKOFF_MAX_MS;
    return is_lasting(why) ? refused(ask, why) : OK;
}

const struct ask_row ASK_ROWS[ASK_KINDS] = {
    [ASK_FEED] = {FEED_WAIT_MS, false, false, feed_due, feed_fill, feed_take, feed_failed},
    [ASK_FETCH] = {PIECE_WAIT_MS, false, false, fetch_due, fetch_fill, fetch_taken, fetch_failed},
    [ASK_PULL] = {PARKED_WAIT_MS, true, false, pull_due, pull_fill, pull_taken, pull_failed},
    [ASK_BACK] = {PARKED_WAIT_MS, true, false, back_due, back_fill, back_taken, back_failed},
    [ASK_HELLO] = {FEED_WAIT_MS, false, false, hello_due, hello_fill, hello_taken, hello_failed},
    [ASK_LOG] = {FEED_WAIT_MS, false, true, wire_log_due, wire_log_fill, wire_log_take,
                 wire_log_fail},
    [ASK_LEDGER] = {FEED_WAIT_MS, false, true, wire_ledger_due, wire_ledger_fill, wire_ledger_take,
                    wire_ledger_fail},
    [ASK_STAMP] = {FEED_WAIT_MS, false, false, wire_stamp_due, wire_stamp_fill, wire_stamp_take,
                   wire_stamp_fail},
};
