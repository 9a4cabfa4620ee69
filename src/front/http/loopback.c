#include "front/http/loopback.h"

#include <unistd.h>

#include "front/http/http_core.h"

static const size_t REPLY_BYTES_MAX = (size_t)64 * 1024 * 1024;

/* Reads the request into the exchange. Returns 0, or the status to refuse it with. */
static int request_read(struct http_exchange *exchange, struct str request, bool *ret_have_request)
{
    struct http_scan scan = {};
    struct http_head head = {.minor = 1};
    enum http_step step = http_head_scan(&scan, request);
    int status = step == HTTP_MORE ? 400 : scan.status;
    if (status == 0) {
        status = http_head_parse(exchange->arena, str_sub(request, 0, scan.at), &head);
    }
    http_exchange_init(exchange, &head);
    exchange->rq.remote = S("127.0.0.1");
    if (status != 0) return status;
    *ret_have_request = true;
    const struct http_handler *handler = exchange->handler;
    int64_t planned = handler->plan == NULL ? 0 : handler->plan(exchange->arg, &exchange->rq);
    struct http_intake intake = {.arena = exchange->arena};
    status = http_intake_begin(&intake, &head, planned);
    if (status != 0) return status;
    size_t used = 0;
    bool done = false;
    struct str body = str_sub(request, scan.at, request.len);
    status = http_intake_take(&intake, &exchange->rq.body, body, &used, &done);
    if (status == 0 && !done) status = 400; /* the body is cut off */
    return status;
}

static void put_file(struct sb *sb, const struct http_reply *reply)
{
    char piece[4096];
    int64_t at = 0;
    while (at < reply->size) {
        int64_t left = reply->size - at;
        size_t want = left < (int64_t)sizeof piece ? (size_t)left : sizeof piece;
        ssize_t n = pread(reply->fd, piece, want, (off_t)(reply->offset + at));
        if (n <= 0) return;
        sb_put(sb, (struct str){piece, (size_t)n});
        at += n;
    }
}

static void put_body(struct sb *sb, const struct http_exchange *exchange)
{
    const struct http_reply *reply = &exchange->reply;
    if (!http_reply_has_body(exchange)) return;
    switch (reply->kind) {
    case HTTP_REPLY_TEXT:
        if (!exchange->body_in_head) sb_put(sb, reply->body);
        return;
    case HTTP_REPLY_FILE: put_file(sb, reply); return;
    case HTTP_REPLY_CHUNKS:
        if (exchange->framed && reply->size > 0) {
            sb_printf(sb, "%llx\r\n", (unsigned long long)reply->size);
        }
        put_file(sb, reply);
        if (exchange->framed) sb_put(sb, reply->size > 0 ? S("\r\n0\r\n\r\n") : S("0\r\n\r\n"));
        return;
    case HTTP_REPLY_STREAM:
    case HTTP_REPLY_PARK: return;
    }
}

struct str http_loopback(struct arena *arena, const struct env *env,
                         const struct http_handler *handler, void *arg, struct str request)
{
    ensure(env != NULL);
    ensure(handler->handle != NULL);
    struct http_exchange *exchange = arena_alloc(arena, sizeof *exchange);
    *exchange = (struct http_exchange){.arena = arena, .handler = handler, .arg = arg, .env = env};
    bool have_request = false;
    int status = request_read(exchange, request, &have_request);
    if (status == 0) {
        http_exchange_handle(exchange);
        if (exchange->reply.kind == HTTP_REPLY_PARK) {
            exchange->rq.waited = true;
            http_reply_init(exchange);
            http_exchange_handle(exchange);
        }
    } else {
        http_exchange_refuse(exchange, status, have_request);
    }
    struct sb sb = sb_new(arena, REPLY_BYTES_MAX);
    ensure(exchange->head_ready);
    sb_put(&sb, exchange->head);
    put_body(&sb, exchange);
    return sb_str(&sb);
}

struct str http_loopback_body(struct str reply)
{
    size_t end = str_find(reply, S("\r\n\r\n"), 0);
    return str_sub(reply, end + 4, reply.len);
}

struct str http_loopback_request(struct arena *arena, struct str method_and_target,
                                 struct str headers, struct str body)
{
    struct sb sb = sb_new(arena, REPLY_BYTES_MAX);
    sb_put(&sb, method_and_target);
    sb_put(&sb, S(" HTTP/1.1\r\nHost: localhost\r\n"));
    sb_put(&sb, headers);
    if (body.len > 0) sb_printf(&sb, "Content-Length: %zu\r\n", body.len);
    sb_put(&sb, S("\r\n"));
    sb_put(&sb, body);
    return sb_str(&sb);
}
