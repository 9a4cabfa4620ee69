#include "front/http/http_core.h"

struct str http_header(const struct http_request *rq, struct str name)
{
    for (size_t i = 0; i < rq->header_count; i++) {
        if (http_name_eq(rq->headers[i].name, name)) return rq->headers[i].value;
    }
    return (struct str){};
}

struct str http_query(const struct http_request *rq, struct str name)
{
    struct str rest = rq->query;
    while (rest.len > 0) {
        struct str pair = {};
        struct str raw_name = {};
        struct str raw_value = {};
        struct str key = {};
        struct str value = {};
        (void)str_cut(rest, '&', &pair, &rest);
        (void)str_cut(pair, '=', &raw_name, &raw_value);
        if (!http_percent_decode(rq->arena, raw_name, true, &key) || !str_eq(key, name)) continue;
        if (!http_percent_decode(rq->arena, raw_value, true, &value)) return (struct str){};
        return http_text_read(rq->arena, value, &value) ? value : (struct str){};
    }
    return (struct str){};
}

struct str http_cookie(const struct http_request *rq, struct str name)
{
    struct str rest = http_header(rq, S("cookie"));
    while (rest.len > 0) {
        struct str pair = {};
        struct str key = {};
        struct str value = {};
        (void)str_cut(rest, ';', &pair, &rest);
        if (!str_cut(pair, '=', &key, &value)) continue;
        if (str_eq(str_trim(key), name)) return str_trim(value);
    }
    return (struct str){};
}

void http_reply_init(struct http_exchange *exchange)
{
    struct arena *arena = exchange->arena;
    exchange->reply = (struct http_reply){.exchange = exchange, .arena = arena, .status = 200};
    exchange->reply.headers = sb_new(arena, LIMIT_HTTP_HEAD_BYTES);
    exchange->reply.fd = -1;
}

void http_exchange_init(struct http_exchange *exchange, const struct http_head *head)
{
    struct arena *arena = exchange->arena;
    exchange->rq = (struct http_request){
        .arena = arena,
        .method = head->method,
        .target = head->target,
        .path = head->path,
        .query = head->query,
        .host = head->host,
        .headers = head->headers,
        .header_count = head->header_count,
        .body = {.fd = -1},
        .keep_alive = head->keep_alive,
        .minor = head->minor,
    };
    http_reply_init(exchange);
}
