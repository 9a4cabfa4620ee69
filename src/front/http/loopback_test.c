#include "front/http/loopback.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* 1994-11-06 08:49:37 UTC, the example of RFC 9110 5.6.7. */
static int64_t example_ms(void *self)
{
    (void)self;
    return (int64_t)784111777 * 1000;
}

static const struct env EXAMPLE_ENV = {.now_ms = example_ms};

static void handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    (void)arg;
    if (str_eq(rq->path, S("/chunks"))) {
        (void)http_reply_chunk(reply, S("one "));
        (void)http_reply_chunk(reply, S("two"));
        return;
    }
    struct str text = str_format(
        rq->arena, "%.*s %.*s q=%.*s cookie=%.*s agent=%.*s body=%.*s", STR_ARG(rq->method),
        STR_ARG(rq->path), STR_ARG(http_query(rq, S("q"))), STR_ARG(http_cookie(rq, S("sid"))),
        STR_ARG(http_header(rq, S("user-agent"))), STR_ARG(rq->body.bytes));
    http_reply_text(reply, 200, S("text/plain"), text);
}

static const struct http_handler HANDLER = {.handle = handle};

static struct str ask(struct arena *arena, struct str request)
{
    return http_loopback(arena, &EXAMPLE_ENV, &HANDLER, NULL, request);
}

static void a_request_gives_the_same_bytes_as_a_server(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str reply = ask(arena, S("PUT /x?p&q=a%20b HTTP/1.1\r\nHost: a\r\nUser-Agent: t\r\n"
                                    "Cookie: x=1; sid=abc=; sid=2\r\nContent-Length: 3\r\n\r\n"
                                    "xyz"));
    assert_true(str_eq(reply, S("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                "Content-Type: text/plain\r\nContent-Length: 41\r\n\r\n"
                                "PUT /x q=a b cookie=abc= agent=t body=xyz")));
    arena_close(arena);
}

static void a_chunked_request_body_is_joined(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str reply = ask(arena, S("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                                    "\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"));
    assert_true(str_ends(reply, S("body=abc")));
    arena_close(arena);
}

static void a_malformed_request_gets_the_servers_error(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str reply = ask(arena, S("GET / HTTP/1.1\r\nHost : a\r\n\r\n"));
    assert_true(str_starts(reply, S("HTTP/1.1 400 Bad Request\r\n")));
    assert_true(str_eq(http_loopback_body(reply), S("Bad Request\n")));
    arena_close(arena);
}

static void a_body_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str reply = ask(arena, S("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"));
    assert_true(str_starts(reply, S("HTTP/1.1 400 ")));
    arena_close(arena);
}

static void chunks_are_framed_for_http_1_1_only(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str reply = ask(arena, S("GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(str_eq(http_loopback_body(reply), S("7\r\none two\r\n0\r\n\r\n")));
    reply = ask(arena, S("GET /chunks HTTP/1.0\r\n\r\n"));
    assert_true(str_eq(http_loopback_body(reply), S("one two")));
    arena_close(arena);
}

static void a_test_request_is_well_formed(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str request = http_loopback_request(arena, S("POST /a"), S("User-Agent: t\r\n"), S("b"));
    assert_true(str_ends(ask(arena, request), S("POST /a q= cookie= agent=t body=b")));
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_gives_the_same_bytes_as_a_server),
        cmocka_unit_test(a_chunked_request_body_is_joined),
        cmocka_unit_test(a_malformed_request_gets_the_servers_error),
        cmocka_unit_test(a_body_that_is_cut_off_is_refused),
        cmocka_unit_test(chunks_are_framed_for_http_1_1_only),
        cmocka_unit_test(a_test_request_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
