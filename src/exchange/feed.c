#include "exchange/feed.h"

#include "base/limits.h"
#include "core/closed.h"
#include "core/office.h"
#include "exchange/restore_sql.h"
#include "exchange/statement.h"
#include "exchange/witness.h"

/* Sends */

/* One batch under way from the store to the wire. */
struct sending {
    struct str peer;
    int64_t epoch;      /* that the peer names; 0: it has not been asked */
    int64_t from_seq;   /* 0: after what is acknowledged */
    struct batch batch; /* count 0: nothing to send */
    bool later;         /* something may be sent soon: the office is closed, or not compared */
    bool again; /* a restored peer wants entries again, as its last hello said */
};

/* Fills the entries from the first on, as many as fit into one batch. */
static enum err entries_load(struct call *c, struct batch *batch, const struct rows *rows)
{
    size_t bytes = 0;
    batch->entries = arena_array(c->arena, rows->count, sizeof *batch->entries);
    for (size_t i = 0; i < rows->count; i++) {
        struct batch_entry entry = {
            .bytes = rows_text(rows, i, 0),
            .chain = rows_text(rows, i, 1),
        };
        enum err e = entry_read(c, entry.bytes, &entry.entry);
        if (e == OK) e = entry_object(c, &entry);
        if (e != OK) return e;
        bytes += batch_entry_bytes(&entry);
        if (bytes > LIMIT_BATCH_BYTES && batch->count > 0) return OK;
        batch->entries[batch->count++] = entry;
    }
    return OK;
}

/* Where a puller stands must be a place that we have been at. */
static enum err after_check(struct call *c, const struct sending *sending,
                            const struct feed_row *row)
{
    if (sending->epoch == 0) return OK;
    if (sending->epoch != row->epoch) return fail(c, ERR_CONFLICT, "feed.epoch");
    return sending->from_seq > row->next_seq ? fail(c, ERR_CONFLICT, "feed.ahead") : OK;
}

/* Nothing leaves before both ends have compared, and nothing while the office is closed. */
static enum err may_send(struct call *c, struct sending *sending, const struct feed_row *row,
                         struct instance *ret_own)
{
    enum closed closed = CLOSED_NOT;
    enum err e = instance_load(c, ret_own);
    if (e == OK) e = closed_look(c, &closed);
    if (e != OK) return e;
    sending->later = closed != CLOSED_NOT || !str_eq(row->met, ret_own->run);
    bool asked = sending->epoch > 0;
    return sending->later && asked ? fail(c, ERR_BUSY, "greet.first") : OK;
}

static enum err collect(struct call *c, void *arg)
{
    struct sending *sending = arg;
    struct batch *batch = &sending->batch;
    struct feed_row row = {};
    struct rows rows = {};
    struct str peer = sending->peer;
    struct instance own = {};
    *batch = (struct batch){};
    enum err e = feed_load(c, peer, &row);
    if (e == OK) e = may_send(c, sending, &row, &own);
    if (e == OK && !sending->later) e = after_check(c, sending, &row);
    if (e != OK || row.stopped.len > 0 || sending->later) return e;
    sending->again = row.again_seq > 0;
    int64_t from = sending->from_seq > 0 ? sending->from_seq : row.acked_seq + 1;
    if (row.again_seq > 0 && sending->epoch == 0) from = row.again_seq;
    if (from >= row.next_seq) return OK;
    e = entry_list(c, peer, row.epoch, from, &rows);
    if (e == OK) e = entry_chain(c, peer, row.epoch, from - 1, &batch->head.prev);
    if (e == OK) e = entries_load(c, batch, &rows);
    if (e != OK) return e;
    ensure(batch->count > 0);
    batch->head.format = ENTRY_FORMAT;
    batch->head.from = c->office->id;
    batch->head.to = peer;
    batch->head.epoch = row.epoch;
    batch->head.seq = from;
    batch->head.count = (int64_t)batch->count;
    batch->head.chain = batch->entries[batch->count - 1].chain;
    batch->head.time_ms = c->now_ms;
    batch->head.key = c->office->key;
    batch->head.fence = own.fence;
    batch->head.run = own.run;
    return OK;
}

/* The frame; empty when there is nothing to send. */
static enum err batch_make(struct call *c, struct sending *sending, struct str *ret_batch)
{
    struct batch *batch = &sending->batch;
    *ret_batch = (struct str){};
    enum err e = store_read(c, collect, sending);
    if (e != OK || batch->count == 0) return e;
    batch->head_bytes = batch_head_write(c, &batch->head);
    e = statement_sign(c, PURPOSE_FEED, batch->head_bytes, &batch->signature);
    if (e == OK) *ret_batch = batch_encode(c, batch);
    return e;
}

enum err feed_next(struct call *c, struct feed *feed, struct str *ret_batch)
{
    struct sending sending = {.peer = feed->peer, .from_seq = feed->from_seq};
    *ret_batch = (struct str){};
    if (c->now_ms < feed->wake_ms) return OK;
    enum err e = batch_make(c, &sending, ret_batch);
    if (e != OK || ret_batch->len > 0) return e;
    feed->wake_ms = sending.later ? c->now_ms + GREET_LOOK_MS : INT64_MAX;
    feed->failures = 0; /* what failed has gone by another way: the next news wakes us */
    return OK;
}

static enum err again_end(struct call *c, void *arg)
{
    return feed_again(c, *(const struct str *)arg, 0);
}

enum err feed_pull(struct call *c, struct str peer, int64_t epoch, int64_t after_seq,
                   struct str *ret_batch)
{
    ensure(epoch > 0);
    ensure(after_seq >= 0);
    struct sending sending = {.peer = peer, .epoch = epoch, .from_seq = after_seq + 1};
    enum err e = batch_make(c, &sending, ret_batch);
    /* it says itself where it stands: a hello that came late said something older */
    return e == OK && sending.again ? store_tx(c, again_end, &peer) : e;
}

/* Answers */

struct answering {
    struct ack ack;
    struct str frame;
    const struct sequencer *sequencer; /* NULL: another thread numbers */
    const char *stop; /* reason of a fork; NULL: none */
};

/* What the acknowledgement says about us against what we know. NULL when both agree. */
static enum err fork_find(struct call *c, const struct ack *ack, const struct feed_row *row,
                          const char **ret_stop)
{
    struct str chain = {};
    if (ack->seq >= row->next_seq) {
        *ret_stop = "feed.ahead";
        return OK;
    }
    enum err e = entry_chain(c, ack->from, row->epoch, ack->seq, &chain);
    if (e == OK && !str_eq(chain, ack->chain)) *ret_stop = "feed.fork";
    return e;
}

static enum err stop(struct call *c, const struct ack *ack, const char *reason)
{
    struct str detail = str_format(c->arena, "%lld.%lld %.*s", (long long)ack->epoch,
                                   (long long)ack->seq, STR_ARG(ack->chain));
    enum err e = feed_stop(c, ack->from, reason);
    return e != OK ? e : alarm_raise(c, ack->from, reason, detail);
}

static enum err answer_take(struct call *c, void *arg)
{
    struct answering *answering = arg;
    const struct ack *ack = &answering->ack;
    struct feed_row row = {};
    struct instance own = {};
    answering->stop = NULL;
    enum err e = feed_load(c, ack->from, &row);
    if (e == OK) e = instance_load(c, &own);
    if (e != OK) return e;
    if (ack->epoch != row.epoch || !str_eq(row.met, own.run)) return fail(c, ERR_PEER, "ack.old");
    e = feed_again(c, ack->from, 0); /* it has said where it stands */
    if (e == OK) e = fork_find(c, ack, &row, &answering->stop);
    if (e != OK) return e;
    if (answering->stop != NULL) return stop(c, ack, answering->stop);
    e = feed_up(c, ack->from);
    if (e == OK) e = heads_heard(c, ack->from, &ack->heads);
    if (e == OK) e = alarm_end(c, ack->from, "feed.refused");
    if (e == OK) e = feed_heard(c, ack);
    bool newer = ack->seq > row.acked_seq; /* else a repeat, or a peer that asks for older ones */
    if (e == OK && newer) e = ack_store(c, ack, answering->frame, row.acked_seq);
    if (e == OK && newer) e = ack_topics(c, ack, row.acked_seq);
    bool numbers = answering->sequencer != NULL;
    return e == OK && numbers ? sequencer_number(c, answering->sequencer) : e;
}

static enum err ack_verify(struct call *c, const struct feed *feed, const struct ack *ack,
                           struct statement *statement)
{
    struct peer peer = {};
    bool ours = str_eq(ack->from, feed->peer) && str_eq(ack->to, c->office->id);
    if (!ours) return fail(c, ERR_PEER, "ack.peer");
    statement->office = feed->peer;
    statement->key = ack->key;
    statement->purpose = PURPOSE_ACK;
    return statement_verify(c, statement, &peer);
}

enum err feed_answer(struct call *c, struct feed *feed, struct str answer,
                     const struct sequencer *sequencer)
{
    struct answering answering = {.frame = answer, .sequencer = sequencer};
    struct statement statement = {};
    enum err e = ack_decode(c, answer, &answering.ack, &statement.bytes, &statement.signature);
    if (e == OK) e = ack_verify(c, feed, &answering.ack, &statement);
    if (e == OK) e = store_tx(c, answer_take, &answering);
    if (e != OK) return e;
    if (answering.stop != NULL) {
        feed->wake_ms = INT64_MAX;
        return fail(c, ERR_CONFLICT, answering.stop);
    }
    feed->failures = 0;
    feed->from_seq = answering.ack.seq + 1;
    feed->call = answering.ack.call;
    int64_t pause_ms = answering.ack.pause_ms;
    feed->pause_ms = c->now_ms + (pause_ms < LIMIT_WIRE_PAUSE_MS ? pause_ms : LIMIT_WIRE_PAUSE_MS);
    feed->wake_ms = feed->pause_ms; /* the window is open again: more may be numbered into it */
    return OK;
}

/* Waits */

int64_t feed_backoff_ms(struct call *c, int64_t failures)
{
    uint8_t raw[4];
    int64_t wait_ms = FEED_BACKOFF_MIN_MS;
    ensure(failures > 0);
    for (int64_t i = 1; i < failures && wait_ms < FEED_BACKOFF_MAX_MS; i++)
        wait_ms *= 2;
    if (wait_ms > FEED_BACKOFF_MAX_MS) wait_ms = FEED_BACKOFF_MAX_MS;
    c->env->random(c->env->self, raw, sizeof raw);
    uint32_t chance =
        (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
    return wait_ms / 2 + (int64_t)(chance % (uint64_t)(wait_ms / 2 + 1));
}

struct failing {
    struct str peer;
    const char *reason;
    struct str detail;
};

static enum err fail_note(struct call *c, void *arg)
{
    const struct failing *failing = arg;
    return feed_down(c, failing->peer, failing->reason);
}

enum err feed_fail(struct call *c, struct feed *feed, const char *reason)
{
    struct failing failing = {.peer = feed->peer, .reason = reason};
    feed->failures++;
    feed->wake_ms = c->now_ms + feed_backoff_ms(c, feed->failures);
    feed->from_seq = 0; /* the peer says anew where it stands */
    if (feed->failures > 1) feed->greet = (struct greet){}; /* it may be another one by now */
    if (feed->failures > 1) return OK; /* the store already knows */
    return store_tx(c, fail_note, &failing);
}

static enum err refusal_note(struct call *c, void *arg)
{
    const struct failing *failing = arg;
    enum err e = feed_down(c, failing->peer, "feed.refused");
    return e != OK ? e : alarm_raise(c, failing->peer, "feed.refused", failing->detail);
}

enum err feed_refuse(struct call *c, struct feed *feed, struct str detail)
{
    struct failing failing = {.peer = feed->peer, .detail = detail};
    feed->failures++;
    feed->wake_ms = c->now_ms + FEED_REFUSED_MS;
    feed->from_seq = 0;
    feed->greet = (struct greet){};
    return store_tx(c, refusal_note, &failing);
}

void feed_wake(struct feed *feed, int64_t now_ms, bool peer_called)
{
    if (feed->failures > 0 && !peer_called) return;
    int64_t wake_ms = feed->pause_ms > now_ms ? feed->pause_ms : now_ms;
    if (feed->wake_ms > wake_ms) feed->wake_ms = wake_ms;
}

static enum err pending_read(struct call *c, void *arg)
{
    return feed_pending(c, arg);
}

enum err feed_waiting(struct call *c, struct str **ret_peers, size_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_read(c, pending_read, &rows);
    if (e != OK) return e;
    struct str *peers = arena_array(c->arena, rows.count, sizeof *peers);
    for (size_t i = 0; i < rows.count; i++)
        peers[i] = rows_text(&rows, i, 0);
    *ret_peers = peers;
    *ret_count = rows.count;
    return OK;
}
