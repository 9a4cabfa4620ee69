#include "front/wire/wire.h"

#include "base/id.h"
#include "base/limits.h"
#include "core/act.h"
#include "core/office.h"
#include "exchange/exchange.h"
#include "exchange/feed.h"
#include "exchange/fetch.h"
#include "exchange/greet.h"
#include "exchange/inbox.h"
#include "exchange/ledger.h"
#include "exchange/log_talk.h"
#include "front/http/loopback.h"
#include "front/tls/cert.h"
#include "front/wire/wire_back.h"
#include "front/wire/wire_join.h"
#include "front/wire/wire_wake.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

enum { FRAME_BYTES_MAX = LIMIT_BATCH_BYTES + LIMIT_ENTRY_BYTES };

static const struct str BYTES_MEDIA = {"application/octet-stream", 24};
static const struct str JSON_MEDIA = {"application/json", 16};
static const struct str FEED_ANY = {"feed", 4}; /* topic: any feed may have something new */

static const struct str BACK = {"/x1/back/", 9};
static const struct str JOIN = {"/x1/join", 8};

/* What every question is answered with. */
struct answering {
    struct call *c;
    struct wire *wire;
    struct http_request *rq;
    struct http_reply *reply;
    struct str peer; /* the office that asks, proven */
};

void wire_wake(const struct wire *wire, struct str reason)
{
    ensure(reason.len == ID_OFFICE_LEN);
    if (wire->wake_fd < 0) return;
    ssize_t written = write(wire->wake_fd, reason.ptr, reason.len);
    (void)written; /* full: the driver is awake and looks at everything */
}

void wire_changed(void *arg, const struct str *topics, size_t count)
{
    struct wire *wire = arg;
    bool records = false;
    bool outbox = false;
    bool peers = false;
    bool ledger = false;
    struct http_server *http = wire->http;
    for (size_t i = 0; i < count; i++) {
        bool all = str_eq(topics[i], S("all")); /* something may have been missed */
        records = records || all || str_starts(topics[i], S("record:"));
        outbox = outbox || all || str_eq(topics[i], S("outbox")) || str_eq(topics[i], S("wanted"));
        peers = peers || all || str_eq(topics[i], S("kind:office.peer")) ||
                str_eq(topics[i], S("invitation"));
        ledger = ledger || str_eq(topics[i], S("ledger"));
        bool feed = all || str_starts(topics[i], S("feed:"));
        if (feed && http != NULL) http_stream_publish(http, all ? FEED_ANY : topics[i], S(""));
    }
    if (peers) wire_wake(wire, WAKE_PEERS);
    if (ledger) wire_wake(wire, WAKE_LEDGER);
    if (outbox) wire_wake(wire, WAKE_NEW);
    if (records && !outbox && !atomic_exchange(&wire->leaves_wait, true)) {
        wire_wake(wire, WAKE_LEAVES);
    }
}

/* Replies with what the call failed with. */
static void answer_failure(struct answering *a)
{
    struct str body = str_copy(a->rq->arena, failure_json(a->c));
    http_reply_text(a->reply, err_info(a->c->failure.err)->http_status, JSON_MEDIA, body);
}

/* Proves who asks: the certificate names an office of the directory, and that office's key vouches
 * for it. TLS has proven that the other end holds the certificate's key. */
static enum err authenticate(struct answering *a)
{
    struct call *c = a->c;
    if (a->rq->peer_cert.len == 0) return fail(c, ERR_DENIED, "wire.certificate");
    struct peer peer = {};
    struct str office = cert_office(c, a->rq->peer_cert);
    if (!id_is_office(office)) return fail(c, ERR_DENIED, "wire.certificate");
    enum err e = peer_look(c, office, &peer);
    if (e == ERR_NOT_FOUND) {
        call_clear(c); /* a stranger learns no more than that */
        return fail(c, ERR_DENIED, "wire.stranger");
    }
    if (e == OK) e = cert_verify(c, a->rq->peer_cert, office, peer.public_key);
    if (e == ERR_DENIED && wire_meet(c, office, a->rq->peer_cert)) {
        e = peer_look(c, office, &peer);
        if (e == OK) e = cert_verify(c, a->rq->peer_cert, office, peer.public_key);
    }
    if (e == OK) a->peer = office;
    return e;
}

static enum err body_read(struct answering *a, struct str *ret_body)
{
    const struct http_body *body = &a->rq->body;
    if (body->size > FRAME_BYTES_MAX) return fail(a->c, ERR_LIMIT, "batch.too_large");
    if (!body->spooled) {
        *ret_body = body->bytes;
        return OK;
    }
    char *bytes = arena_alloc(a->c->arena, (size_t)body->size);
    int64_t got = 0;
    while (got < body->size) {
        ssize_t n = pread(body->fd, bytes + got, (size_t)(body->size - got), got);
        if (n <= 0) return fail(a->c, ERR_IO, "wire.body");
        got += n;
    }
    *ret_body = (struct str){bytes, (size_t)got};
    return OK;
}

static enum err answer_feed(struct answering *a)
{
    struct str body = {};
    struct str ack = {};
    enum err e = body_read(a, &body);
    if (e == OK) e = inbox_receive(a->c, a->peer, body, &ack);
    if (e == OK) http_reply_text(a->reply, 200, BYTES_MEDIA, str_copy(a->rq->arena, ack));
    return e;
}

/* Reads "E.S" and the seconds that the peer will wait. */
static enum err pull_read(struct answering *a, int64_t *ret_epoch, int64_t *ret_seq,
                          int64_t *ret_wait_s)
{
    struct str epoch = {};
    struct str seq = {};
    struct str wait = http_query(a->rq, S("wait"));
    *ret_wait_s = 0;
    bool form = str_cut(http_query(a->rq, S("after")), '.', &epoch, &seq) &&
                parse_int(epoch, 1, INT64_MAX, ret_epoch) &&
                parse_int(seq, 0, INT64_MAX - 1, ret_seq);
    if (form && wait.len > 0) form = parse_int(wait, 0, INT32_MAX, ret_wait_s);
    if (!form) return fail(a->c, ERR_SYNTAX, "wire.after");
    if (*ret_wait_s > LIMIT_WIRE_PULL_S) *ret_wait_s = LIMIT_WIRE_PULL_S;
    return OK;
}

/* The batch that the driver would post, to a peer that it cannot reach. */
static enum err answer_pull(struct answering *a)
{
    int64_t epoch = 0;
    int64_t seq = 0;
    int64_t wait_s = 0;
    struct str batch = {};
    enum err e = pull_read(a, &epoch, &seq, &wait_s);
    if (e == OK) e = feed_pull(a->c, a->peer, epoch, seq, &batch);
    if (e != OK) return e;
    struct str topics[] = {
        str_format(a->rq->arena, "feed:%.*s", STR_ARG(a->peer)),
        FEED_ANY,
    };
    if (batch.len > 0) {
        http_reply_text(a->reply, 200, BYTES_MEDIA, str_copy(a->rq->arena, batch));
    } else if (wait_s == 0 || a->rq->waited) {
        http_reply_status(a->reply, 204);
    } else {
        http_reply_park(a->reply, topics, ARRAY_LEN(topics), wait_s * 1000);
    }
    return OK;
}

/* What a peer has pulled is acknowledged by a question of its own. */
static enum err answer_ack(struct answering *a)
{
    struct str body = {};
    struct feed feed = {.peer = a->peer};
    enum err e = body_read(a, &body);
    if (e == OK) e = feed_answer(a->c, &feed, body, NULL);
    if (e != OK) return e;
    http_reply_status(a->reply, 204);
    wire_wake(a->wire, WAKE_NEW); /* the window is open again */
    return OK;
}

/* Reads "bytes=FIRST-LAST", for programs that take a file as a whole; anything else is the whole
 * file, which RFC 9110 14.2 allows. False when the range lies outside the file. */
static bool range_read(struct str range, int64_t size, int64_t *ret_offset, int64_t *ret_bytes)
{
    struct str first_text = {};
    struct str last_text = {};
    int64_t first = 0;
    int64_t last = 0;
    *ret_offset = 0;
    *ret_bytes = size;
    if (!str_starts(range, S("bytes="))) return true;
    bool form = str_cut(str_sub(range, 6, range.len), '-', &first_text, &last_text) &&
                parse_int(first_text, 0, INT64_MAX, &first) &&
                parse_int(last_text, 0, INT64_MAX, &last) && first <= last;
    if (!form) return true;
    if (first >= size) return false;
    *ret_offset = first;
    *ret_bytes = (last < size ? last + 1 : size) - first;
    return true;
}

static enum err answer_blob(struct answering *a, struct str root)
{
    int fd = -1;
    int64_t size = 0;
    int64_t offset = 0;
    int64_t bytes = 0;
    struct str range = http_header(a->rq, S("Range"));
    enum err e = fetch_serve(a->c, a->peer, root, &fd, &size);
    if (e != OK) return e;
    if (!range_read(range, size, &offset, &bytes)) {
        http_reply_header(a->reply, S("Content-Range"),
                          str_format(a->rq->arena, "bytes */%lld", (long long)size));
        http_reply_error(a->reply, 416);
        return OK;
    }
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* the server closes its own */
    if (own < 0) return fail(a->c, ERR_IO, "blob.io");
    if (bytes < size) {
        http_reply_status(a->reply, 206);
        http_reply_header(a->reply, S("Content-Range"),
                          str_format(a->rq->arena, "bytes %lld-%lld/%lld", (long long)offset,
                                     (long long)(offset + bytes - 1), (long long)size));
    }
    http_reply_file(a->reply, BYTES_MEDIA, own, offset, bytes);
    return OK;
}

/* "ROOT/INDEX", of which the index is missing for the file as a whole. */
static bool chunk_name(struct str name, struct str *ret_root, int64_t *ret_index)
{
    struct str index = {};
    *ret_index = -1;
    if (!str_cut(name, '/', ret_root, &index)) return true;
    return parse_int(index, 0, UINT32_MAX, ret_index);
}

static enum err answer_chunk(struct answering *a, struct str root, int64_t index)
{
    struct str frame = {};
    enum err e = fetch_chunk(a->c, a->peer, root, index, &frame);
    if (e == OK) http_reply_text(a->reply, 200, BYTES_MEDIA, str_copy(a->rq->arena, frame));
    return e;
}

static enum err answer_held(struct answering *a, struct str root)
{
    struct str map = {};
    int64_t size = 0;
    enum err e = fetch_held(a->c, a->peer, root, &size, &map);
    if (e != OK) return e;
    http_reply_header(a->reply, S("Phoihop-Size"),
                      str_format(a->rq->arena, "%lld", (long long)size));
    http_reply_header(a->reply, S("Phoihop-Chunks"), hex_encode(a->rq->arena, map));
    return OK;
}

static enum err answer_push(struct answering *a, struct str root)
{
    struct str frame = {};
    int64_t next = 0;
    enum err e = body_read(a, &frame);
    if (e == OK) e = fetch_push(a->c, a->peer, root, frame, &next);
    if (e != OK) return e;
    struct str json = str_format(a->rq->arena, "{\"next\":%lld}", (long long)next);
    http_reply_text(a->reply, 200, JSON_MEDIA, json);
    return OK;
}

/* What this office would like to have of a peer that it cannot reach. */
static enum err answer_back(struct answering *a)
{
    int64_t wait_s = 0;
    struct str wait = http_query(a->rq, S("wait"));
    if (wait.len > 0 && !parse_int(wait, 0, LIMIT_WIRE_PULL_S, &wait_s)) {
        return fail(a->c, ERR_SYNTAX, "wire.after");
    }
    struct str json = wire_back_give(a->c, a->wire, a->peer);
    struct str topic = str_format(a->rq->arena, "back:%.*s", STR_ARG(a->peer));
    if (json.len > 0) {
        http_reply_text(a->reply, 200, JSON_MEDIA, str_copy(a->rq->arena, json));
    } else if (wait_s == 0 || a->rq->waited) {
        http_reply_status(a->reply, 204);
    } else {
        http_reply_park(a->reply, &topic, 1, wait_s * 1000);
    }
    return OK;
}

static enum err answer_brought(struct answering *a, struct str id_text)
{
    struct str body = {};
    int64_t id = 0;
    int64_t status = 0;
    bool form = parse_int(id_text, 1, INT64_MAX, &id) &&
                parse_int(http_query(a->rq, S("status")), 200, 599, &status);
    if (!form) return fail(a->c, ERR_SYNTAX, "wire.after");
    enum err e = body_read(a, &body);
    if (e != OK) return e;
    wire_back_take(a->wire, a->peer, id, (int)status, body);
    http_reply_status(a->reply, 204);
    return OK;
}

/* What a peer asks before it sends anything. It may have told that it wants entries again. */
static enum err answer_greeting(struct answering *a, enum greet_kind kind)
{
    struct str body = {};
    struct str answer = {};
    enum err e = body_read(a, &body);
    if (e == OK) e = greet_receive(a->c, a->peer, kind, body, &answer);
    if (e != OK) return e;
    struct str media = kind == GREET_HELLO ? JSON_MEDIA : BYTES_MEDIA;
    http_reply_text(a->reply, 200, media, str_copy(a->rq->arena, answer));
    return OK;
}

/* The question that the path stands for. */
static enum greet_kind greeting_of(struct str path)
{
    enum greet_kind kind = GREET_KINDS - 1;
    while (kind > GREET_NOTHING && !str_eq(path, greet_path(kind)))
        kind--;
    return kind;
}

static enum err answer_hello(struct answering *a)
{
    struct str json = {};
    enum err e = exchange_hello(a->c, a->peer, &json);
    if (e == OK) http_reply_text(a->reply, 200, JSON_MEDIA, str_copy(a->rq->arena, json));
    return e;
}

/* What a peer states of a feed between both; this office states its own. */
static enum err answer_ledger(struct answering *a)
{
    struct str body = {};
    struct str frame = {};
    enum err e = body_read(a, &body);
    if (e == OK) e = ledger_receive(a->c, a->peer, body, &frame);
    if (e == OK) http_reply_text(a->reply, 200, BYTES_MEDIA, str_copy(a->rq->arena, frame));
    return e;
}

/* Questions about logs; log_talk.h knows them all. */
static enum err answer_log(struct answering *a)
{
    struct log_reply reply = {};
    struct log_ask ask = {.method = a->rq->method, .path = a->rq->path};
    enum err e = body_read(a, &ask.body);
    if (e == OK) e = log_serve(a->c, a->peer, &ask, &reply);
    if (e != OK) return e;
    http_reply_text(a->reply, reply.status, str_of(reply.media),
                    str_copy(a->rq->arena, reply.body));
    return OK;
}

/* An office that was invited: it is no peer yet. */
static enum err answer_join(struct answering *a)
{
    struct str body = {};
    struct str json = {};
    enum err e = body_read(a, &body);
    if (e == OK) e = wire_join_answer(a->c, a->wire, a->rq->peer_cert, body, &json);
    if (e == OK) http_reply_text(a->reply, 200, JSON_MEDIA, str_copy(a->rq->arena, json));
    return e;
}

static void refuse_method(struct answering *a, struct str allowed)
{
    http_reply_header(a->reply, S("Allow"), allowed);
    http_reply_error(a->reply, 405);
}

static enum err route_blob(struct answering *a, struct str name)
{
    struct str method = a->rq->method;
    struct str root = {};
    int64_t index = 0;
    if (!chunk_name(name, &root, &index)) return fail(a->c, ERR_NOT_FOUND, "blob.missing");
    bool whole = index < 0;
    if (str_eq(method, S("GET")) && whole) return answer_blob(a, root);
    if (str_eq(method, S("GET"))) return answer_chunk(a, root, index);
    if (str_eq(method, S("HEAD")) && whole) return answer_held(a, root);
    if (str_eq(method, S("PUT")) && !whole) return answer_push(a, root);
    refuse_method(a, whole ? S("GET, HEAD") : S("GET, PUT"));
    return OK;
}

/* Paths that are only ever posted to. */
static bool is_posted(struct str path)
{
    return str_eq(path, S("/x1/ack")) || str_eq(path, S("/x1/ledger")) || str_starts(path, BACK) ||
           greeting_of(path) != GREET_NOTHING;
}

static enum err route(struct answering *a)
{
    const struct str blob = S("/x1/blob/");
    struct str path = a->rq->path;
    bool get = str_eq(a->rq->method, S("GET"));
    bool post = str_eq(a->rq->method, S("POST"));
    enum greet_kind greeting = greeting_of(path);
    if (str_eq(path, S("/x1/feed")) && post) return answer_feed(a);
    if (greeting != GREET_NOTHING && post) return answer_greeting(a, greeting);
    if (str_eq(path, S("/x1/feed")) && get) return answer_pull(a);
    if (str_eq(path, S("/x1/ack")) && post) return answer_ack(a);
    if (str_eq(path, S("/x1/hello")) && get) return answer_hello(a);
    if (str_eq(path, S("/x1/ledger")) && post) return answer_ledger(a);
    bool log = str_starts(path, S("/x1/log/")) || str_starts(path, S("/x1/witness/"));
    if (log) return answer_log(a);
    if (str_eq(path, S("/x1/back")) && get) return answer_back(a);
    if (str_starts(path, BACK) && post) return answer_brought(a, str_sub(path, BACK.len, path.len));
    if (str_starts(path, blob)) return route_blob(a, str_sub(path, blob.len, path.len));
    if (str_eq(path, S("/x1/feed"))) {
        refuse_method(a, S("GET, POST"));
    } else if (greeting == GREET_HELLO) {
        refuse_method(a, S("GET, POST"));
    } else if (is_posted(path)) {
        refuse_method(a, S("POST"));
    } else if (str_eq(path, S("/x1/back"))) {
        refuse_method(a, S("GET"));
    } else {
        http_reply_error(a->reply, 404);
    }
    return OK;
}

static void handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    struct wire *wire = arg;
    struct call c = call_begin(wire->env, wire->store, wire->office);
    struct answering a = {.c = &c, .wire = wire, .rq = rq, .reply = reply};
    bool join = str_eq(rq->path, JOIN) && str_eq(rq->method, S("POST"));
    enum err e = join ? OK : authenticate(&a);
    if (e == OK) e = join ? answer_join(&a) : route(&a);
    if (a.peer.len > 0) wire_wake(wire, a.peer); /* who calls us can be reached again */
    if (e != OK) answer_failure(&a);
    call_end(&c);
}

/* A question that was asked back: who asks has proven itself where it was fetched. */
struct local {
    struct call *c;
    struct wire *wire;
    struct str peer;
};

static void local_handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    const struct local *local = arg;
    struct answering a = {
        .c = local->c, .wire = local->wire, .rq = rq, .reply = reply, .peer = local->peer};
    if (route(&a) == OK) return;
    answer_failure(&a);
    call_clear(a.c);
}

void wire_back_answer(struct call *c, struct wire *wire, struct str peer,
                      const struct back_question *question, struct wire_answer *ret_answer)
{
    static const struct http_handler LOCAL = {.handle = local_handle};
    struct local local = {c, wire, peer};
    int64_t status = 0;
    *ret_answer = (struct wire_answer){.status = 404};
    bool greeting = greeting_of(question->path) != GREET_NOTHING;
    if (!greeting && !str_starts(question->path, S("/x1/blob/"))) return;
    struct str target = str_format(c->arena, "%s %.*s", greeting ? "POST" : "GET",
                                   STR_ARG(question->path));
    struct str request = http_loopback_request(c->arena, target, (struct str){},
                                               greeting ? question->body : (struct str){});
    struct str reply = http_loopback(c->arena, c->env, &LOCAL, &local, request);
    bool form = parse_int(str_sub(reply, 9, 12), 100, 599, &status); /* "HTTP/1.1 206 " */
    ensure(form);
    ret_answer->status = (int)status;
    ret_answer->body = http_loopback_body(reply);
}

static int64_t plan(void *arg, const struct http_request *rq)
{
    struct wire *wire = arg;
    int64_t bytes = 1;
    bool frame = str_eq(rq->path, S("/x1/feed")) || str_eq(rq->method, S("PUT"));
    if (frame || str_starts(rq->path, BACK)) bytes = FRAME_BYTES_MAX;
    bool statement = str_eq(rq->path, S("/x1/ack")) || greeting_of(rq->path) != GREET_NOTHING;
    if (statement) bytes = LIMIT_STATEMENT_BYTES;
    if (str_starts(rq->path, S("/x1/witness/"))) bytes = LIMIT_SUBMISSION_BYTES;
    if (str_eq(rq->path, S("/x1/ledger"))) bytes = LIMIT_LEDGER_BYTES;
    if (str_eq(rq->path, JOIN) && wire_join_open(wire)) return LIMIT_JOIN_BYTES;
    return bytes > 1 && wire_knows(wire, rq->peer_cert) ? bytes : 1; /* nothing of a stranger */
}

const struct http_handler wire_handler = {.plan = plan, .handle = handle};
