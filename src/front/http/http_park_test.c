/* Requests that wait for a topic without a thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "http_peer.h" /* before cmocka.h, which defines fail() */

#include <cmocka.h>

enum { LONG_MS = 60 * 1000, SHORT_MS = 100 };

/* A server whose handler waits for news, and counts how often it looked. */
struct stage {
    struct http_peer peer;
    struct arena *arena;
    atomic_bool news;
    atomic_int looks;
};

#define REQUEST(target) S("GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n")

static void handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    struct stage *stage = arg;
    struct str topics[] = {http_query(rq, S("topic")), S("every")};
    bool is_short = http_query(rq, S("short")).len > 0;
    atomic_fetch_add(&stage->looks, 1);
    if (str_eq(rq->path, S("/other"))) {
        http_reply_text(reply, 200, S("text/plain"), S("other"));
    } else if (atomic_load(&stage->news)) {
        http_reply_text(reply, 200, S("text/plain"), S("news"));
    } else if (rq->waited) {
        http_reply_status(reply, 204);
    } else {
        http_reply_park(reply, topics, ARRAY_LEN(topics), is_short ? SHORT_MS : LONG_MS);
    }
}

static const struct http_handler HANDLER = {.handle = handle};

static void stage_begin(struct stage *stage, struct http_config config)
{
    *stage = (struct stage){.arena = arena_open(0)};
    http_peer_start(&stage->peer, &config, NULL, &HANDLER, stage);
}

static void stage_end(struct stage *stage)
{
    http_peer_stop(&stage->peer);
    arena_close(stage->arena);
}

/* Both have happened: so many wait, and the handler has looked that often. */
static bool reach(const struct stage *stage, int64_t parked, int looks)
{
    const struct env *env = env_real();
    int64_t until_ms = env->now_ms(env->self) + (int64_t)HTTP_PEER_WAIT_S * 1000;
    while (env->now_ms(env->self) < until_ms) {
        bool waits = http_server_figures(stage->peer.server).parked == parked;
        if (waits && atomic_load(&stage->looks) >= looks) return true;
    }
    return false;
}

static int park(struct stage *stage, struct str request)
{
    int fd = http_peer_connect(&stage->peer);
    http_peer_send(fd, request);
    return fd;
}

static void a_parked_request_is_answered_when_its_topic_comes(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.threads = 1});
    int fd = park(&stage, REQUEST("/news?topic=mine"));
    assert_true(reach(&stage, 1, 2));
    atomic_store(&stage.news, true);
    http_stream_publish(stage.peer.server, S("mine"), S(""));
    assert_true(str_ends(http_peer_reply(stage.arena, fd), S("news")));
    assert_true(reach(&stage, 0, 3));
    (void)close(fd);
    stage_end(&stage);
}

static void a_parked_request_takes_no_thread(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.threads = 1});
    int a = park(&stage, REQUEST("/news?topic=a"));
    int b = park(&stage, REQUEST("/news?topic=b"));
    assert_true(reach(&stage, 2, 4));
    int other = park(&stage, REQUEST("/other"));
    assert_true(str_ends(http_peer_reply(stage.arena, other), S("other")));
    (void)close(a);
    (void)close(b);
    (void)close(other);
    stage_end(&stage);
}

static void news_of_another_topic_wakes_nobody(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int fd = park(&stage, REQUEST("/news?topic=mine"));
    assert_true(reach(&stage, 1, 2));
    http_stream_publish(stage.peer.server, S("theirs"), S(""));
    http_stream_publish(stage.peer.server, S("every"), S("")); /* its second topic: looks again */
    assert_true(reach(&stage, 1, 3));
    assert_int_equal(atomic_load(&stage.looks), 3);
    (void)close(fd);
    assert_true(reach(&stage, 0, 3)); /* who has left waits no more */
    stage_end(&stage);
}

static void a_wait_ends_with_the_handlers_last_word(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int fd = park(&stage, REQUEST("/news?topic=mine&short=1"));
    struct str reply = http_peer_until(stage.arena, fd, S("\r\n\r\n"));
    assert_true(str_starts(reply, S("HTTP/1.1 204 ")));
    http_peer_send(fd, REQUEST("/other")); /* the connection goes on */
    assert_true(str_ends(http_peer_reply(stage.arena, fd), S("other")));
    (void)close(fd);
    stage_end(&stage);
}

static void a_newer_request_ends_the_wait_of_an_older_one(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int older = park(&stage, REQUEST("/news?topic=mine"));
    assert_true(reach(&stage, 1, 2));
    int newer = park(&stage, REQUEST("/news?topic=mine"));
    struct str reply = http_peer_until(stage.arena, older, S("\r\n\r\n"));
    assert_true(str_starts(reply, S("HTTP/1.1 204 ")));
    assert_true(reach(&stage, 1, 5));
    atomic_store(&stage.news, true);
    http_stream_publish(stage.peer.server, S("mine"), S(""));
    assert_true(str_ends(http_peer_reply(stage.arena, newer), S("news")));
    (void)close(older);
    (void)close(newer);
    stage_end(&stage);
}

static void requests_beyond_the_limit_are_told_to_come_again(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.parked = 1}});
    int a = park(&stage, REQUEST("/news?topic=a"));
    assert_true(reach(&stage, 1, 2));
    struct str reply = http_peer_ask(stage.arena, &stage.peer, REQUEST("/news?topic=b"));
    assert_true(str_starts(reply, S("HTTP/1.1 503 ")));
    (void)close(a);
    stage_end(&stage);
}

static void stopping_ends_all_waits(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int fd = park(&stage, REQUEST("/news?topic=mine"));
    assert_true(reach(&stage, 1, 2));
    http_server_stop(stage.peer.server);
    assert_int_equal(http_peer_rest(stage.arena, fd).len, 0);
    (void)close(fd);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parked_request_is_answered_when_its_topic_comes),
        cmocka_unit_test(a_parked_request_takes_no_thread),
        cmocka_unit_test(news_of_another_topic_wakes_nobody),
        cmocka_unit_test(a_wait_ends_with_the_handlers_last_word),
        cmocka_unit_test(a_newer_request_ends_the_wait_of_an_older_one),
        cmocka_unit_test(requests_beyond_the_limit_are_told_to_come_again),
        cmocka_unit_test(stopping_ends_all_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
