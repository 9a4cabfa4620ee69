#include "front/http/http_core.h"

#include "base/time.h"

enum { SMALL_BODY_BYTES = 16 * 1024 };

struct status_row {
    int status;
    const char *words;
};

static const struct status_row STATUS_ROWS[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

struct str http_status_words(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(STATUS_ROWS); i++) {
        if (STATUS_ROWS[i].status == status) return str_of(STATUS_ROWS[i].words);
    }
    return S("Unknown");
}

void http_reply_status(struct http_reply *reply, int status)
{
    ensure(status >= 200 && status <= 599);
    reply->status = status;
}

void http_reply_header(struct http_reply *reply, struct str name, struct str value)
{
    ensure(http_token(name));
    ensure(!reply->exchange->head_ready);
    if (!http_header_value(value)) {
        reply->broken = true;
        return;
    }
    sb_put(&reply->headers, name);
    sb_put(&reply->headers, S(": "));
    sb_put(&reply->headers, value);
    sb_put(&reply->headers, S("\r\n"));
}

void http_reply_text(struct http_reply *reply, int status, struct str media, struct str body)
{
    http_reply_status(reply, status);
    if (media.len > 0) http_reply_header(reply, S("Content-Type"), media);
    reply->kind = HTTP_REPLY_TEXT;
    reply->body = body;
}

void http_reply_file(struct http_reply *reply, struct str media, int fd, int64_t offset,
                     int64_t size)
{
    ensure(fd >= 0);
    ensure(offset >= 0);
    ensure(size >= 0);
    if (media.len > 0) http_reply_header(reply, S("Content-Type"), media);
    reply->kind = HTTP_REPLY_FILE;
    reply->fd = fd;
    reply->offset = offset;
    reply->size = size;
    http_fd_defer(reply->arena, fd);
}

/* The first piece fixes the head. */
static bool chunks_begin(struct http_reply *reply)
{
    if (!http_spool_open(reply->exchange->spool_dir, &reply->fd)) return false;
    http_fd_defer(reply->arena, reply->fd);
    reply->kind = HTTP_REPLY_CHUNKS;
    http_reply_render(reply->exchange);
    return true;
}

bool http_reply_chunk(struct http_reply *reply, struct str bytes)
{
    if (reply->broken) return false;
    if (reply->kind != HTTP_REPLY_CHUNKS && !chunks_begin(reply)) {
        reply->broken = true; /* nothing is sent yet: a clean 500 */
        return false;
    }
    if (!http_reply_has_body(reply->exchange)) return true;
    if (bytes.len > (uint64_t)(LIMIT_FILE_BYTES - reply->size) ||
        !http_spool_write(reply->fd, bytes, reply->size)) {
        reply->broken = true; /* the head is out: only closing tells the client */
        return false;
    }
    reply->size += (int64_t)bytes.len;
    if (reply->exchange->server == NULL) return true;
    return http_pool_post(reply->exchange, reply->size, false);
}

void http_reply_stream(struct http_reply *reply, const struct str *topics, size_t count)
{
    ensure(count > 0);
    ensure(count <= HTTP_TOPICS_MAX);
    reply->kind = HTTP_REPLY_STREAM;
    reply->topic_count = count;
    for (size_t i = 0; i < count; i++)
        reply->topics[i] = str_copy(reply->arena, topics[i]);
    http_reply_header(reply, S("Content-Type"), S("text/event-stream; charset=utf-8"));
    http_reply_header(reply, S("Cache-Control"), S("no-store"));
    http_reply_header(reply, S("X-Accel-Buffering"), S("no")); /* a proxy must not hold events */
}

void http_reply_park(struct http_reply *reply, const struct str *topics, size_t count,
                     int64_t wait_ms)
{
    ensure(count > 0);
    ensure(count <= HTTP_TOPICS_MAX);
    ensure(wait_ms > 0);
    ensure(!reply->exchange->rq.waited);
    reply->kind = HTTP_REPLY_PARK;
    reply->wait_ms = wait_ms;
    reply->topic_count = count;
    for (size_t i = 0; i < count; i++)
        reply->topics[i] = str_copy(reply->arena, topics[i]);
}

bool http_topic_among(const struct str *topics, size_t count, struct str topic)
{
    if (str_eq(topic, S("*"))) return true;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(topics[i], topic)) return true;
    }
    return false;
}

void http_reply_error(struct http_reply *reply, int status)
{
    struct str text = str_format(reply->arena, "%.*s\n", STR_ARG(http_status_words(status)));
    http_reply_text(reply, status, S("text/plain; charset=utf-8"), text);
}

/* ---- the bytes of the head ---- */

static bool status_has_body(int status)
{
    return status != 204 && status != 304;
}

bool http_reply_has_body(const struct http_exchange *exchange)
{
    return status_has_body(exchange->reply.status) && !str_eq(exchange->rq.method, S("HEAD"));
}

/* Source: RFC 9110 5.6.7. */
static void put_date(struct sb *sb, int64_t now_ms)
{
    static const char DAYS[] = "MonTueWedThuFriSatSun";
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day = now_ms / TIME_DAY_MS;
    int64_t second = now_ms % TIME_DAY_MS / 1000;
    if (day < 0 || day > TIME_DAY_MAX) return; /* a server without a clock sends no Date */
    struct date date = time_date_of(day);
    sb_printf(sb, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n",
              DAYS + ((size_t)time_weekday(day) - MONDAY) * 3, date.day,
              MONTHS + ((size_t)date.month - 1) * 3, date.year, (int)(second / 3600),
              (int)(second / 60 % 60), (int)(second % 60));
}

/* How the client learns where the body ends. Source: RFC 9112 6.3. */
static void put_framing(struct http_exchange *exchange, struct sb *sb)
{
    struct http_reply *reply = &exchange->reply;
    switch (reply->kind) {
    case HTTP_REPLY_TEXT:
        if (status_has_body(reply->status)) {
            sb_printf(sb, "Content-Length: %zu\r\n", reply->body.len);
        }
        return;
    case HTTP_REPLY_FILE:
        if (status_has_body(reply->status)) {
            sb_printf(sb, "Content-Length: %lld\r\n", (long long)reply->size);
        }
        return;
    case HTTP_REPLY_CHUNKS:
        exchange->framed = exchange->rq.minor == 1 && status_has_body(reply->status);
        if (exchange->framed) sb_put(sb, S("Transfer-Encoding: chunked\r\n"));
        if (exchange->rq.minor == 0) reply->close = true;
        return;
    case HTTP_REPLY_STREAM: reply->close = true; return;
    case HTTP_REPLY_PARK: return;
    }
}

/* A reply that cannot be sent as it is becomes a plain 500. */
static void mend(struct http_reply *reply)
{
    bool over = reply->headers.over;
    if (!reply->broken && !over) return;
    reply->broken = false;
    reply->headers = sb_new(reply->arena, LIMIT_HTTP_HEAD_BYTES);
    http_reply_error(reply, 500);
}

void http_reply_render(struct http_exchange *exchange)
{
    if (exchange->head_ready) return;
    struct http_reply *reply = &exchange->reply;
    mend(reply);
    size_t max = 2 * LIMIT_HTTP_HEAD_BYTES + SMALL_BODY_BYTES;
    struct sb sb = sb_new(exchange->arena, max);
    sb_printf(&sb, "HTTP/1.1 %d %.*s\r\n", reply->status,
              STR_ARG(http_status_words(reply->status)));
    put_date(&sb, exchange->env->now_ms(exchange->env->self));
    sb_put(&sb, sb_str(&reply->headers));
    put_framing(exchange, &sb);
    if (!exchange->rq.keep_alive) reply->close = true;
    if (reply->close) {
        sb_put(&sb, S("Connection: close\r\n"));
    } else if (exchange->rq.minor == 0) {
        sb_put(&sb, S("Connection: keep-alive\r\n"));
    }
    sb_put(&sb, S("\r\n"));
    bool small = reply->kind == HTTP_REPLY_TEXT && reply->body.len <= SMALL_BODY_BYTES;
    if (small && http_reply_has_body(exchange)) {
        sb_put(&sb, reply->body);
        exchange->body_in_head = true;
    }
    ensure(!sb.over);
    exchange->head = sb_str(&sb);
    exchange->head_ready = true;
}

void http_exchange_handle(struct http_exchange *exchange)
{
    ensure(exchange->handler != NULL);
    exchange->handler->handle(exchange->arg, &exchange->rq, &exchange->reply);
    if (exchange->reply.kind != HTTP_REPLY_PARK) http_reply_render(exchange);
}

void http_exchange_refuse(struct http_exchange *exchange, int status, bool have_request)
{
    ensure(!exchange->head_ready);
    struct http_reply *reply = &exchange->reply;
    reply->close = true;
    reply->kind = HTTP_REPLY_TEXT;
    reply->body = (struct str){};
    reply->headers = sb_new(reply->arena, LIMIT_HTTP_HEAD_BYTES);
    const struct http_handler *handler = exchange->handler;
    if (handler->error != NULL) {
        handler->error(exchange->arg, have_request ? &exchange->rq : NULL, status, reply);
        http_reply_status(reply, status);
    } else {
        http_reply_error(reply, status);
    }
    http_reply_render(exchange);
}
