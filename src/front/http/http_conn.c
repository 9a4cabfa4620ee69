#include <string.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "front/http/http_core.h"

/* IN: bytes of head kept at least; LINGER: how long the client may take to read a last reply. */
enum { IN_CAP_START = 2048, LINGER_MS = 1000, READS_A_TURN = 16 };

static int64_t now_ms(const struct http_conn *conn)
{
    return http_server_now_ms(conn->server);
}

static void set_deadline(struct http_conn *conn, int64_t in_ms)
{
    http_timer_set(&conn->server->wheel, conn, in_ms == 0 ? 0 : now_ms(conn) + in_ms);
}

static void drop(struct http_conn *conn)
{
    atomic_fetch_add(&conn->server->figures.dropped, 1);
    http_conn_close(conn);
}

static void head_step(struct http_conn *conn);
static void head_read(struct http_conn *conn);

/* ---- between requests ---- */

/* The arena of the last request is emptied; what came behind that request is kept. */
static void request_reset(struct http_conn *conn)
{
    char *scratch = conn->server->scratch;
    size_t left = conn->left.len;
    ensure(left <= HTTP_SCRATCH_BYTES);
    if (left > 0) memcpy(scratch, conn->left.ptr, left);
    if (conn->rq_arena != NULL) arena_reset(conn->rq_arena);
    conn->exchange = NULL;
    conn->in = NULL;
    conn->in_len = 0;
    conn->in_cap = 0;
    conn->left = (struct str){};
    conn->scan = (struct http_scan){};
    conn->intake = (struct http_intake){};
    conn->reply_done = false;
    conn->ready_bytes = 0;
    if (left == 0) return;
    conn->in_cap = left > IN_CAP_START ? left : IN_CAP_START;
    conn->in = arena_alloc(conn->rq_arena, conn->in_cap);
    memcpy(conn->in, scratch, left);
    conn->in_len = left;
}

static void wait_request(struct http_conn *conn, int64_t wait_ms)
{
    ensure(conn->exchange == NULL);
    conn->state = HTTP_CONN_HEAD;
    set_deadline(conn, wait_ms);
    if (conn->in_len == 0) http_list_add(&conn->server->idle, conn);
    http_wire_interest(conn, EPOLLIN);
}

void http_conn_start(struct http_conn *conn)
{
    if (conn->tls == NULL) {
        wait_request(conn, conn->server->limits.head_ms);
        return;
    }
    conn->state = HTTP_CONN_HANDSHAKE;
    set_deadline(conn, conn->server->limits.head_ms);
}

/* Not recursive for pipelined requests: each goes through a call thread and the loop. */
void http_conn_reply_sent(struct http_conn *conn)
{
    ensure(conn->state == HTTP_CONN_SEND);
    ensure(!conn->in_call);
    atomic_fetch_add(&conn->server->figures.requests, 1);
    if (conn->close_after) {
        conn->state = HTTP_CONN_LINGER;
        http_wire_finish(conn);
        conn->tls_wants_write = false;
        set_deadline(conn, LINGER_MS);
        http_wire_interest(conn, EPOLLIN);
        return;
    }
    request_reset(conn);
    const struct http_limits *limits = &conn->server->limits;
    wait_request(conn, conn->in_len > 0 ? limits->head_ms : limits->idle_ms);
    if (conn->in_len > 0) head_step(conn);
    bool hidden = conn->tls != NULL && conn->state == HTTP_CONN_HEAD;
    if (hidden && SSL_has_pending(conn->tls)) head_read(conn); /* epoll does not see these bytes */
}

/* ---- refusing ---- */

static void exchange_need(struct http_conn *conn)
{
    if (conn->rq_arena == NULL) conn->rq_arena = arena_open(0);
    if (conn->exchange != NULL) return;
    struct http_exchange *exchange = arena_alloc(conn->rq_arena, sizeof *exchange);
    exchange->arena = conn->rq_arena;
    exchange->conn = conn;
    exchange->server = conn->server;
    exchange->handler = conn->listener->handler;
    exchange->arg = conn->listener->arg;
    exchange->env = conn->server->env;
    exchange->spool_dir = conn->server->spool_dir;
    http_exchange_init(exchange, &conn->head);
    conn->exchange = exchange;
}

void http_conn_refuse(struct http_conn *conn, int status)
{
    ensure(status >= 400);
    ensure(!conn->in_call);
    bool have_request = conn->exchange != NULL;
    if (!have_request) conn->head = (struct http_head){.minor = 1};
    exchange_need(conn);
    atomic_fetch_add(&conn->server->figures.refused, 1);
    http_exchange_refuse(conn->exchange, status, have_request);
    http_send_start(conn);
}

/* ---- body ---- */

void http_conn_submit(struct http_conn *conn)
{
    ensure(conn->exchange != NULL);
    ensure(!conn->in_call);
    conn->state = HTTP_CONN_CALL;
    set_deadline(conn, 0);
    http_wire_interest(conn, 0);
    conn->in_call = true;
    if (http_pool_submit(conn->server->pool, conn->exchange)) return;
    conn->in_call = false;
    http_park_leave(conn);
    http_conn_refuse(conn, 503);
}

/* Takes bytes that follow the head. Returns false when the connection left the body state. */
static bool body_step(struct http_conn *conn, struct str bytes)
{
    ensure(conn->state == HTTP_CONN_BODY);
    size_t used = 0;
    bool done = false;
    int status = http_intake_take(&conn->intake, &conn->exchange->rq.body, bytes, &used, &done);
    if (status != 0) {
        http_conn_refuse(conn, status);
        return false;
    }
    if (!done) return true;
    struct str left = str_sub(bytes, used, bytes.len);
    if (left.len > 0) conn->left = str_copy(conn->rq_arena, left);
    http_conn_submit(conn);
    return false;
}

/* At least bytes_s on average after a grace; and never silent for longer than the grace. */
static void body_deadline(struct http_conn *conn)
{
    const struct http_limits *limits = &conn->server->limits;
    int64_t rate_ms =
        conn->phase_ms + limits->stall_ms + conn->phase_bytes / limits->bytes_s * 1000;
    int64_t stall_ms = now_ms(conn) + limits->stall_ms;
    http_timer_set(&conn->server->wheel, conn, rate_ms < stall_ms ? rate_ms : stall_ms);
}

static void body_read(struct http_conn *conn)
{
    for (size_t i = 0; i < READS_A_TURN; i++) {
        size_t n = 0;
        char *scratch = conn->server->scratch;
        enum http_wire wire = http_wire_read(conn, scratch, HTTP_SCRATCH_BYTES, &n);
        if (wire == HTTP_WIRE_END) {
            http_conn_close(conn); /* the client gave up in the middle */
            return;
        }
        if (wire == HTTP_WIRE_AGAIN) break;
        conn->phase_bytes += (int64_t)n;
        if (!body_step(conn, (struct str){scratch, n})) return;
    }
    body_deadline(conn);
    http_wire_interest(conn, EPOLLIN);
}

static void body_begin(struct http_conn *conn, struct str first)
{
    conn->state = HTTP_CONN_BODY;
    conn->phase_ms = now_ms(conn);
    conn->phase_bytes = (int64_t)first.len;
    if (!body_step(conn, first)) return;
    body_deadline(conn);
    http_wire_interest(conn, EPOLLIN);
    if (conn->tls != NULL && SSL_pending(conn->tls) > 0) body_read(conn);
}

static void continue_step(struct http_conn *conn)
{
    ensure(conn->state == HTTP_CONN_CONTINUE);
    if (!http_send_outbox(conn)) return;
    body_begin(conn, (struct str){});
}

/* ---- head ---- */

/* The head is complete and lies at the start of conn->in. */
static void head_done(struct http_conn *conn)
{
    ensure(conn->state == HTTP_CONN_HEAD);
    ensure(conn->scan.at <= conn->in_len);
    struct str head = {conn->in, conn->scan.at};
    struct str rest = {conn->in + conn->scan.at, conn->in_len - conn->scan.at};
    int status = http_head_parse(conn->rq_arena, head, &conn->head);
    if (status != 0) {
        http_conn_refuse(conn, status);
        return;
    }
    exchange_need(conn);
    struct http_request *rq = &conn->exchange->rq;
    rq->remote = conn->remote;
    rq->peer_cert = conn->peer_cert;
    rq->secure = conn->tls != NULL;
    const struct http_handler *handler = conn->listener->handler;
    int64_t planned = handler->plan == NULL ? 0 : handler->plan(conn->listener->arg, rq);
    conn->intake.arena = conn->rq_arena;
    conn->intake.spool_dir = conn->server->spool_dir;
    conn->intake.budget = &conn->server->spool;
    status = http_intake_begin(&conn->intake, &conn->head, planned);
    if (status != 0) {
        http_conn_refuse(conn, status);
        return;
    }
    if (!conn->head.chunked && conn->head.content_length == 0) {
        conn->left = rest;
        http_conn_submit(conn);
    } else if (conn->head.expects_continue && rest.len == 0) {
        conn->state = HTTP_CONN_CONTINUE;
        conn->phase_ms = now_ms(conn);
        conn->phase_bytes = 0;
        conn->out = (struct http_outbox){.bytes = S("HTTP/1.1 100 Continue\r\n\r\n")};
        continue_step(conn);
    } else {
        body_begin(conn, rest);
    }
}

static void head_step(struct http_conn *conn)
{
    switch (http_head_scan(&conn->scan, (struct str){conn->in, conn->in_len})) {
    case HTTP_MORE: return;
    case HTTP_DONE: head_done(conn); return;
    case HTTP_REFUSED: http_conn_refuse(conn, conn->scan.status); return;
    }
}

static void in_reserve(struct http_conn *conn)
{
    if (conn->in_len < conn->in_cap) return;
    size_t cap = conn->in_cap == 0 ? IN_CAP_START : conn->in_cap * 2;
    char *to = arena_alloc(conn->rq_arena, cap);
    if (conn->in_len > 0) memcpy(to, conn->in, conn->in_len);
    conn->in = to;
    conn->in_cap = cap;
}

static void head_read(struct http_conn *conn)
{
    if (conn->rq_arena == NULL) conn->rq_arena = arena_open(0);
    while (conn->state == HTTP_CONN_HEAD) { /* bounded by the limit of a head */
        in_reserve(conn);
        size_t n = 0;
        enum http_wire wire =
            http_wire_read(conn, conn->in + conn->in_len, conn->in_cap - conn->in_len, &n);
        if (wire == HTTP_WIRE_END) {
            http_conn_close(conn);
            return;
        }
        if (wire == HTTP_WIRE_AGAIN) {
            http_wire_interest(conn, EPOLLIN);
            return;
        }
        if (conn->in_len == 0) {
            http_list_remove(conn);
            set_deadline(conn, conn->server->limits.head_ms);
        }
        conn->in_len += n;
        head_step(conn);
    }
}

/* ---- handshake ---- */

/* Keeps the certificate that OpenSSL has verified, as DER. */
static void keep_peer_cert(struct http_conn *conn)
{
    X509 *cert = SSL_get0_peer_certificate(conn->tls);
    if (cert == NULL || SSL_get_verify_result(conn->tls) != X509_V_OK) return;
    int len = i2d_X509(cert, NULL);
    if (len <= 0) return;
    unsigned char *der = arena_alloc(conn->arena, (size_t)len);
    unsigned char *end = der;
    (void)i2d_X509(cert, &end);
    conn->peer_cert = (struct str){(const char *)der, (size_t)len};
}

static void handshake_step(struct http_conn *conn)
{
    switch (http_wire_handshake(conn)) {
    case HTTP_WIRE_END: http_conn_close(conn); return;
    case HTTP_WIRE_AGAIN: http_wire_interest(conn, 0); return;
    case HTTP_WIRE_OK: break;
    }
    keep_peer_cert(conn);
    wait_request(conn, conn->server->limits.head_ms);
    head_read(conn);
}

/* ---- events ---- */

/* Reads and forgets until the client closes, so that the last reply is not lost in a reset. */
static void linger_read(struct http_conn *conn)
{
    for (size_t i = 0; i < READS_A_TURN; i++) {
        ssize_t n = read(conn->fd, conn->server->scratch, HTTP_SCRATCH_BYTES);
        if (n > 0) continue;
        if (n == 0) http_conn_close(conn);
        return;
    }
}

/* A reader of events has nothing more to say. */
static void stream_read(struct http_conn *conn)
{
    size_t n = 0;
    enum http_wire wire = http_wire_read(conn, conn->server->scratch, HTTP_SCRATCH_BYTES, &n);
    if (wire != HTTP_WIRE_AGAIN) http_conn_close(conn);
}

void http_conn_event(struct http_conn *conn, uint32_t events)
{
    bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    switch (conn->state) {
    case HTTP_CONN_HANDSHAKE: handshake_step(conn); return;
    case HTTP_CONN_HEAD: head_read(conn); return;
    case HTTP_CONN_CONTINUE: continue_step(conn); return;
    case HTTP_CONN_BODY: body_read(conn); return;
    case HTTP_CONN_CALL:
        if (broken) http_conn_close(conn);
        return;
    case HTTP_CONN_PARK: stream_read(conn); return; /* who waits has nothing to say either */
    case HTTP_CONN_SEND:
        if (broken) {
            http_conn_close(conn);
            return;
        }
        http_send_some(conn);
        return;
    case HTTP_CONN_STREAM:
        if (broken) {
            http_conn_close(conn);
            return;
        }
        if ((events & EPOLLIN) != 0) stream_read(conn);
        if (conn->state == HTTP_CONN_STREAM && (events & EPOLLOUT) != 0) http_send_some(conn);
        return;
    case HTTP_CONN_LINGER:
        if (broken) {
            http_conn_close(conn);
            return;
        }
        linger_read(conn);
        return;
    case HTTP_CONN_DEAD: return;
    }
}

void http_conn_posted(struct http_conn *conn, int64_t ready_bytes, bool done)
{
    struct http_exchange *exchange = conn->exchange;
    ensure(exchange != NULL);
    ensure(conn->in_call);
    ensure(ready_bytes >= conn->ready_bytes);
    conn->ready_bytes = ready_bytes;
    conn->reply_done = done;
    if (done) conn->in_call = false;
    if (conn->state == HTTP_CONN_DEAD) {
        if (done) http_conn_close(conn);
        return;
    }
    if (done && exchange->reply.kind == HTTP_REPLY_CHUNKS && exchange->reply.broken) {
        http_conn_close(conn);
        return;
    }
    if (exchange->reply.kind == HTTP_REPLY_PARK) {
        http_park(conn);
        return;
    }
    http_park_leave(conn);
    bool stream = exchange->reply.kind == HTTP_REPLY_STREAM;
    if (stream && conn->address->streams >= conn->server->limits.streams_address) {
        exchange->head_ready = false;
        http_conn_refuse(conn, 429);
        return;
    }
    if (conn->state == HTTP_CONN_CALL) {
        http_send_start(conn);
    } else if (conn->state == HTTP_CONN_SEND) {
        http_send_resume(conn);
    }
}

void http_conn_timeout(struct http_conn *conn)
{
    bool part = conn->in_len > 0;
    switch (conn->state) {
    case HTTP_CONN_HEAD:
        if (part) {
            atomic_fetch_add(&conn->server->figures.dropped, 1);
            http_conn_refuse(conn, 408);
        } else {
            http_conn_close(conn);
        }
        return;
    case HTTP_CONN_BODY: http_conn_refuse(conn, 408); return;
    case HTTP_CONN_STREAM:
        if (conn->out.at < conn->out.bytes.len) {
            drop(conn);
        } else {
            http_send_event(conn, S(":\n\n"));
        }
        return;
    case HTTP_CONN_PARK: http_park_end(conn); return;
    case HTTP_CONN_HANDSHAKE:
    case HTTP_CONN_CONTINUE:
    case HTTP_CONN_SEND: drop(conn); return;
    case HTTP_CONN_LINGER: http_conn_close(conn); return;
    case HTTP_CONN_CALL:
    case HTTP_CONN_DEAD: return;
    }
}

void http_conn_drain(struct http_conn *conn)
{
    switch (conn->state) {
    case HTTP_CONN_HANDSHAKE:
    case HTTP_CONN_PARK:
    case HTTP_CONN_STREAM: http_conn_close(conn); return;
    case HTTP_CONN_HEAD:
        if (conn->in_len == 0) http_conn_close(conn);
        return;
    case HTTP_CONN_SEND: conn->close_after = true; return;
    case HTTP_CONN_CONTINUE:
    case HTTP_CONN_BODY:
    case HTTP_CONN_CALL:
    case HTTP_CONN_LINGER:
    case HTTP_CONN_DEAD: return;
    }
}
