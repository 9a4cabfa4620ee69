#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_peer.h" /* before cmocka.h, which defines fail() */

#include <cmocka.h>

/* What a test needs: a server whose handler answers by path, and a gate that holds /wait. */
struct stage {
    struct http_peer peer;
    struct arena *arena;
    int gate_fd; /* /wait and /slow-chunks read it before they go on */
    int here_fd; /* /wait adds to it when it runs */
};

static void count_up(int fd)
{
    uint64_t one = 1;
    ensure(write(fd, &one, sizeof one) == (ssize_t)sizeof one);
}

static void count_wait(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    ensure(poll(&wait, 1, HTTP_PEER_WAIT_S * 1000) == 1);
    uint64_t count = 0;
    ensure(read(fd, &count, sizeof count) == (ssize_t)sizeof count);
}

/* The sum of all body bytes, wherever they lie. */
static int64_t body_sum(const struct http_request *rq)
{
    int64_t sum = 0;
    char piece[4096];
    for (size_t i = 0; i < rq->body.bytes.len; i++)
        sum += (uint8_t)rq->body.bytes.ptr[i];
    int64_t at = 0;
    while (rq->body.spooled && at < rq->body.size) {
        ssize_t n = pread(rq->body.fd, piece, sizeof piece, (off_t)at);
        if (n <= 0) return -1;
        for (ssize_t i = 0; i < n; i++)
            sum += (uint8_t)piece[i];
        at += n;
    }
    return sum;
}

static void reply_body(const struct http_request *rq, struct http_reply *reply)
{
    struct str text =
        str_format(rq->arena, "size=%lld spooled=%d sum=%lld", (long long)rq->body.size,
                   rq->body.spooled, (long long)body_sum(rq));
    http_reply_text(reply, 200, S("text/plain"), text);
}

static void reply_file(struct http_reply *reply)
{
    int fd = memfd_create("reply", MFD_CLOEXEC);
    ensure(write(fd, "0123456789", 10) == 10);
    http_reply_file(reply, S("text/plain"), fd, 3, 4);
}

static void reply_chunks(const struct stage *stage, struct http_reply *reply, bool slow)
{
    if (!http_reply_chunk(reply, S("first "))) return;
    if (slow) count_wait(stage->gate_fd);
    (void)http_reply_chunk(reply, S("second"));
}

static void reply_large(const struct http_request *rq, struct http_reply *reply)
{
    size_t bytes = (size_t)8 * 1024 * 1024;
    char *text = arena_alloc(rq->arena, bytes);
    memset(text, 'x', bytes);
    http_reply_text(reply, 200, S("text/plain"), (struct str){text, bytes});
}

static void handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    struct stage *stage = arg;
    struct str path = rq->path;
    if (str_eq(path, S("/body"))) {
        reply_body(rq, reply);
    } else if (str_eq(path, S("/file"))) {
        reply_file(reply);
    } else if (str_eq(path, S("/chunks")) || str_eq(path, S("/slow-chunks"))) {
        reply_chunks(stage, reply, str_eq(path, S("/slow-chunks")));
    } else if (str_eq(path, S("/large"))) {
        reply_large(rq, reply);
    } else if (str_eq(path, S("/same"))) {
        http_reply_header(reply, S("ETag"), S("\"1\""));
        http_reply_status(reply, 304);
    } else if (str_eq(path, S("/split"))) {
        http_reply_header(reply, S("Location"), http_query(rq, S("to")));
        http_reply_text(reply, 303, S("text/plain"), S("secret"));
    } else if (str_eq(path, S("/events"))) {
        struct str topic = http_query(rq, S("topic"));
        http_reply_stream(reply, &topic, 1);
    } else if (str_eq(path, S("/wait"))) {
        count_up(stage->here_fd);
        count_wait(stage->gate_fd);
        http_reply_text(reply, 200, S("text/plain"), S("waited"));
    } else {
        http_reply_text(reply, 200, S("text/plain"), path);
    }
}

static int64_t plan(void *arg, const struct http_request *rq)
{
    (void)arg;
    return str_eq(rq->path, S("/body")) ? 4 * 1024 * 1024 : 0;
}

static void error(void *arg, const struct http_request *rq, int status, struct http_reply *reply)
{
    (void)arg;
    http_reply_text(reply, status, S("text/plain"), rq == NULL ? S("no request\n") : S("ours\n"));
}

static const struct http_handler HANDLER = {.plan = plan, .handle = handle, .error = error};

static void stage_begin(struct stage *stage, struct http_config config)
{
    *stage = (struct stage){.arena = arena_open(0)};
    stage->gate_fd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
    stage->here_fd = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
    http_peer_start(&stage->peer, &config, NULL, &HANDLER, stage);
}

static void stage_end(struct stage *stage)
{
    http_peer_stop(&stage->peer);
    (void)close(stage->gate_fd);
    (void)close(stage->here_fd);
    arena_close(stage->arena);
}

static bool has(struct str text, struct str part)
{
    return str_find(text, part, 0) < text.len;
}

/* Lets the loop go on until the figure is reached; false after HTTP_PEER_WAIT_S. */
static bool streams_reach(const struct stage *stage, int64_t streams)
{
    const struct env *env = env_real();
    int64_t until_ms = env->now_ms(env->self) + (int64_t)HTTP_PEER_WAIT_S * 1000;
    while (env->now_ms(env->self) < until_ms) {
        if (http_server_figures(stage->peer.server).streams == streams) return true;
    }
    return false;
}

static bool refused_reach(const struct stage *stage, int64_t refused)
{
    const struct env *env = env_real();
    int64_t until_ms = env->now_ms(env->self) + (int64_t)HTTP_PEER_WAIT_S * 1000;
    while (env->now_ms(env->self) < until_ms) {
        if (http_server_figures(stage->peer.server).refused == refused) return true;
    }
    return false;
}

#define REQUEST(target) S("GET " target " HTTP/1.1\r\nHost: a\r\n\r\n")
#define LAST_REQUEST(target) S("GET " target " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

static void one_connection_serves_several_requests(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, REQUEST("/a"));
    assert_true(str_ends(http_peer_reply(stage.arena, fd), S("\r\n\r\n/a")));
    http_peer_send(fd, LAST_REQUEST("/b"));
    struct str last = http_peer_rest(stage.arena, fd);
    assert_true(has(last, S("Connection: close\r\n")));
    assert_true(str_ends(last, S("\r\n\r\n/b")));
    (void)close(fd);
    stage_end(&stage);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.threads = 4});
    struct sb sb = sb_new(stage.arena, 0);
    for (int i = 0; i < 100; i++)
        sb_printf(&sb, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i);
    sb_put(&sb, S("POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2\r\nab\r\n0\r\n\r\n"));
    sb_put(&sb, LAST_REQUEST("/last"));
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, sb_str(&sb));
    for (int i = 0; i < 100; i++) {
        struct str reply = http_peer_reply(stage.arena, fd);
        assert_true(str_ends(reply, str_format(stage.arena, "\r\n\r\n/%d", i)));
    }
    assert_true(has(http_peer_reply(stage.arena, fd), S("size=2 spooled=0 sum=195")));
    assert_true(str_ends(http_peer_rest(stage.arena, fd), S("/last")));
    (void)close(fd);
    stage_end(&stage);
}

static void a_body_of_three_megabytes_is_spooled(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    size_t bytes = (size_t)3 * 1024 * 1024;
    char *body = arena_alloc(stage.arena, bytes);
    memset(body, 2, bytes);
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, str_format(stage.arena,
                                  "PUT /body HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n"
                                  "Connection: close\r\n\r\n",
                                  bytes));
    http_peer_send(fd, (struct str){body, bytes});
    assert_true(has(http_peer_rest(stage.arena, fd), S("size=3145728 spooled=1 sum=6291456")));
    (void)close(fd);
    stage_end(&stage);
}

static void a_body_at_the_memory_limit_stays_in_memory(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    char *body = arena_alloc(stage.arena, LIMIT_HTTP_MEMORY_BODY_BYTES + 1);
    for (size_t more = 0; more < 2; more++) {
        size_t bytes = LIMIT_HTTP_MEMORY_BODY_BYTES + more;
        int fd = http_peer_connect(&stage.peer);
        http_peer_send(fd, str_format(stage.arena,
                                      "PUT /body HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n"
                                      "Connection: close\r\n\r\n",
                                      bytes));
        http_peer_send(fd, (struct str){body, bytes});
        struct str want = more == 0 ? S("spooled=0") : S("spooled=1");
        assert_true(has(http_peer_rest(stage.arena, fd), want));
        (void)close(fd);
    }
    stage_end(&stage);
}

static void a_body_that_is_too_large_is_refused_before_it_is_read(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    struct str reply = http_peer_ask(stage.arena, &stage.peer,
                                     S("PUT /body HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                                       "Content-Length: 4194305\r\n\r\n"));
    assert_true(str_starts(reply, S("HTTP/1.1 413 ")));
    assert_true(str_ends(reply, S("ours\n")));
    stage_end(&stage);
}

static void a_chunked_body_is_refused_when_it_grows_too_large(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    size_t bytes = (size_t)5 * 1024 * 1024;
    char *body = arena_alloc(stage.arena, bytes);
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, S("PUT /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "500000\r\n"));
    http_peer_send(fd, (struct str){body, bytes});
    assert_true(str_starts(http_peer_rest(stage.arena, fd), S("HTTP/1.1 413 ")));
    (void)close(fd);
    stage_end(&stage);
}

static void expectations_are_met_before_the_body_is_sent(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, S("PUT /body HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                         "Content-Length: 3\r\n\r\n"));
    struct str first = http_peer_until(stage.arena, fd, S("\r\n\r\n"));
    assert_true(str_eq(first, S("HTTP/1.1 100 Continue\r\n\r\n")));
    http_peer_send(fd, S("abc"));
    assert_true(has(http_peer_reply(stage.arena, fd), S("size=3")));
    (void)close(fd);
    stage_end(&stage);
}

static void nothing_behind_a_malformed_request_is_served(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    struct str reply = http_peer_ask(stage.arena, &stage.peer,
                                     S("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                                       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                                       "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(str_starts(reply, S("HTTP/1.1 400 ")));
    assert_true(has(reply, S("Connection: close\r\n")));
    assert_true(str_ends(reply, S("no request\n")));
    assert_false(has(reply, S("smuggled")));
    stage_end(&stage);
}

static void a_slow_head_is_given_up(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.head_ms = 150}});
    struct str reply = http_peer_ask(stage.arena, &stage.peer, S("GET / HTTP/1.1\r\nHost:"));
    assert_true(str_starts(reply, S("HTTP/1.1 408 ")));
    stage_end(&stage);
}

static void a_silent_connection_is_closed_without_a_word(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.head_ms = 150, .idle_ms = 150}});
    assert_int_equal(http_peer_ask(stage.arena, &stage.peer, S("")).len, 0);
    struct str reply = http_peer_ask(stage.arena, &stage.peer, REQUEST("/a"));
    assert_true(str_ends(reply, S("\r\n\r\n/a")));
    stage_end(&stage);
}

static void a_body_slower_than_the_least_rate_is_given_up(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.stall_ms = 150}});
    struct str reply = http_peer_ask(stage.arena, &stage.peer,
                                     S("PUT /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
                                       "\r\nabc"));
    assert_true(str_starts(reply, S("HTTP/1.1 408 ")));
    stage_end(&stage);
}

static void a_reader_that_stops_reading_is_dropped(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.stall_ms = 150, .head_ms = 1000}});
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, REQUEST("/large"));
    /* Another client is served meanwhile; its idle wait outlasts the stall. */
    struct str other = http_peer_ask(stage.arena, &stage.peer, S("GET /x"));
    assert_true(str_starts(other, S("HTTP/1.1 408 ")));
    assert_true(http_server_figures(stage.peer.server).dropped >= 1);
    assert_true(http_peer_rest(stage.arena, fd).len < (size_t)8 * 1024 * 1024);
    (void)close(fd);
    stage_end(&stage);
}

static void a_large_reply_arrives_whole(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    struct str reply = http_peer_ask(stage.arena, &stage.peer, LAST_REQUEST("/large"));
    size_t head = str_find(reply, S("\r\n\r\n"), 0) + 4;
    assert_int_equal(reply.len - head, 8 * 1024 * 1024);
    stage_end(&stage);
}

static void a_part_of_a_file_is_sent(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    struct str reply = http_peer_ask(stage.arena, &stage.peer, LAST_REQUEST("/file"));
    assert_true(has(reply, S("Content-Length: 4\r\n")));
    assert_true(str_ends(reply, S("\r\n\r\n3456")));
    stage_end(&stage);
}

static void head_gets_the_head_only(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    struct str targets[] = {S("/file"), S("/a"), S("/chunks")};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct str request =
            str_format(stage.arena, "HEAD %.*s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                       STR_ARG(targets[i]));
        struct str reply = http_peer_ask(stage.arena, &stage.peer, request);
        assert_true(str_starts(reply, S("HTTP/1.1 200 ")));
        assert_true(str_ends(reply, S("\r\n\r\n")));
    }
    stage_end(&stage);
}

static void not_modified_has_no_body_and_no_length(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    struct str reply = http_peer_ask(stage.arena, &stage.peer, LAST_REQUEST("/same"));
    assert_true(str_starts(reply, S("HTTP/1.1 304 Not Modified\r\nDate: ")));
    assert_false(has(reply, S("Content-Length")));
    assert_true(str_ends(reply, S("\r\n\r\n")));
    stage_end(&stage);
}

static void a_reply_of_unknown_length_is_chunked(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    struct str reply = http_peer_ask(stage.arena, &stage.peer, LAST_REQUEST("/chunks"));
    struct http_chunks chunks = {};
    struct sb content = sb_new(stage.arena, 0);
    struct str rest = str_sub(reply, str_find(reply, S("\r\n\r\n"), 0) + 4, reply.len);
    enum http_step step = HTTP_MORE;
    while (step == HTTP_MORE && rest.len > 0) {
        size_t used = 0;
        struct str data = {};
        step = http_chunk_feed(&chunks, rest, &used, &data);
        sb_put(&content, data);
        rest = str_sub(rest, used, rest.len);
    }
    assert_int_equal(step, HTTP_DONE);
    assert_int_equal(rest.len, 0);
    assert_true(str_eq(sb_str(&content), S("first second")));
    stage_end(&stage);
}

static void a_reply_of_unknown_length_begins_before_the_handler_ends(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, S("GET /slow-chunks HTTP/1.0\r\n\r\n"));
    assert_true(str_ends(http_peer_until(stage.arena, fd, S("first ")), S("\r\n\r\nfirst ")));
    count_up(stage.gate_fd);
    assert_true(str_eq(http_peer_rest(stage.arena, fd), S("second")));
    (void)close(fd);
    stage_end(&stage);
}

static void a_header_with_a_line_end_becomes_an_error(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    struct str reply =
        http_peer_ask(stage.arena, &stage.peer, LAST_REQUEST("/split?to=/%0d%0aX-Evil:1"));
    assert_true(str_starts(reply, S("HTTP/1.1 500 ")));
    assert_false(has(reply, S("X-Evil")));
    assert_false(has(reply, S("secret")));
    stage_end(&stage);
}

static void a_client_that_leaves_does_not_disturb_its_handler(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.threads = 1});
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, REQUEST("/wait"));
    count_wait(stage.here_fd);
    struct linger reset = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    (void)close(fd);
    count_up(stage.gate_fd);
    struct str reply = http_peer_ask(stage.arena, &stage.peer, LAST_REQUEST("/after"));
    assert_true(str_ends(reply, S("/after")));
    stage_end(&stage);
}

static void requests_beyond_the_queue_are_told_to_come_again(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.threads = 1, .limits = {.queue = 1}});
    int held = http_peer_connect(&stage.peer);
    int queued = http_peer_connect(&stage.peer);
    int probe = http_peer_connect(&stage.peer);
    http_peer_send(held, REQUEST("/wait"));
    count_wait(stage.here_fd);
    http_peer_send(queued, REQUEST("/a"));
    http_peer_send(probe, REQUEST("/b"));
    assert_true(refused_reach(&stage, 1));
    count_up(stage.gate_fd);
    /* The loop reads sockets in any order: one of the two waited, the other was refused. */
    bool first = str_starts(http_peer_reply(stage.arena, queued), S("HTTP/1.1 503 "));
    bool second = str_starts(http_peer_reply(stage.arena, probe), S("HTTP/1.1 503 "));
    assert_true(first != second);
    (void)close(held);
    (void)close(queued);
    (void)close(probe);
    stage_end(&stage);
}

static struct str put_body(const struct stage *stage, size_t bytes)
{
    char *body = arena_alloc(stage->arena, bytes);
    int fd = http_peer_connect(&stage->peer);
    http_peer_send(fd, str_format(stage->arena,
                                  "PUT /body HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n"
                                  "Connection: close\r\n\r\n",
                                  bytes));
    http_peer_send(fd, (struct str){body, bytes});
    struct str reply = http_peer_rest(stage->arena, fd);
    (void)close(fd);
    return reply;
}

static void bodies_beyond_the_room_for_them_are_told_to_come_again(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.spool_bytes = 100 * 1024}});
    assert_true(str_starts(put_body(&stage, 100 * 1024 + 1), S("HTTP/1.1 503 ")));
    for (int i = 0; i < 3; i++) { /* what a body took it gives back */
        assert_true(has(put_body(&stage, 100 * 1024), S("spooled=1")));
    }
    stage_end(&stage);
}

static void connections_beyond_the_limit_of_an_address_are_closed(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.connections_address = 2}});
    int first = http_peer_connect(&stage.peer);
    int second = http_peer_connect(&stage.peer);
    http_peer_send(first, REQUEST("/a"));
    http_peer_send(second, REQUEST("/a"));
    assert_true(http_peer_reply(stage.arena, first).len > 0);
    assert_true(http_peer_reply(stage.arena, second).len > 0);
    assert_int_equal(http_peer_ask(stage.arena, &stage.peer, REQUEST("/a")).len, 0);
    (void)close(first);
    (void)close(second);
    stage_end(&stage);
}

static void a_full_server_accepts_again_when_a_connection_closes(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.connections = 2}});
    int first = http_peer_connect(&stage.peer);
    int second = http_peer_connect(&stage.peer);
    http_peer_send(first, REQUEST("/wait"));
    http_peer_send(second, REQUEST("/wait"));
    count_wait(stage.here_fd);
    count_wait(stage.here_fd);
    int third = http_peer_connect(&stage.peer); /* the kernel's queue takes it */
    http_peer_send(third, REQUEST("/third"));
    assert_int_equal(http_server_figures(stage.peer.server).connections, 2);
    count_up(stage.gate_fd);
    count_up(stage.gate_fd);
    (void)close(first);
    assert_true(str_ends(http_peer_reply(stage.arena, third), S("/third")));
    (void)close(second);
    (void)close(third);
    stage_end(&stage);
}

static void a_full_server_takes_the_place_of_the_longest_idle(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.connections = 2}});
    int first = http_peer_connect(&stage.peer);
    http_peer_send(first, REQUEST("/a"));
    assert_true(http_peer_reply(stage.arena, first).len > 0);
    int second = http_peer_connect(&stage.peer);
    http_peer_send(second, REQUEST("/b"));
    assert_true(http_peer_reply(stage.arena, second).len > 0);
    struct str third = http_peer_ask(stage.arena, &stage.peer, LAST_REQUEST("/third"));
    assert_true(str_ends(third, S("/third")));
    assert_int_equal(http_peer_rest(stage.arena, first).len, 0);
    http_peer_send(second, REQUEST("/still"));
    assert_true(str_ends(http_peer_reply(stage.arena, second), S("/still")));
    (void)close(first);
    (void)close(second);
    stage_end(&stage);
}

static void published_events_reach_the_streams_of_their_topic(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int mine = http_peer_connect(&stage.peer);
    int other = http_peer_connect(&stage.peer);
    http_peer_send(mine, REQUEST("/events?topic=mine"));
    http_peer_send(other, REQUEST("/events?topic=other"));
    (void)http_peer_until(stage.arena, mine, S("\r\n\r\n"));
    (void)http_peer_until(stage.arena, other, S("\r\n\r\n"));
    assert_true(streams_reach(&stage, 2));
    http_stream_publish(stage.peer.server, S("mine"), S("two\nlines\r"));
    http_stream_publish(stage.peer.server, S("other"), S("else"));
    struct str got = http_peer_until(stage.arena, mine, S("\n\n"));
    assert_true(str_eq(got, S("data: two\ndata: lines\n\n")));
    got = http_peer_until(stage.arena, other, S("\n\n"));
    assert_true(str_eq(got, S("data: else\n\n")));
    http_stream_publish(stage.peer.server, S("*"), S("all"));
    assert_true(str_eq(http_peer_until(stage.arena, mine, S("\n\n")), S("data: all\n\n")));
    assert_true(str_eq(http_peer_until(stage.arena, other, S("\n\n")), S("data: all\n\n")));
    (void)close(mine);
    (void)close(other);
    stage_end(&stage);
}

static void a_silent_stream_gets_a_heartbeat(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.beat_ms = 100}});
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, REQUEST("/events?topic=a"));
    (void)http_peer_until(stage.arena, fd, S("\r\n\r\n"));
    assert_true(str_eq(http_peer_until(stage.arena, fd, S("\n\n")), S(":\n\n")));
    assert_true(str_eq(http_peer_until(stage.arena, fd, S("\n\n")), S(":\n\n")));
    (void)close(fd);
    stage_end(&stage);
}

static void a_stream_that_is_not_read_is_dropped(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.stream_bytes = 32 * 1024}});
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, REQUEST("/events?topic=a"));
    assert_true(streams_reach(&stage, 1));
    char *text = arena_alloc(stage.arena, 8 * 1024);
    memset(text, 'x', 8 * 1024);
    for (size_t i = 0; i < 4000; i++) {
        http_stream_publish(stage.peer.server, S("a"), (struct str){text, 8 * 1024});
    }
    assert_true(streams_reach(&stage, 0));
    (void)close(fd);
    stage_end(&stage);
}

static void streams_beyond_the_limit_of_an_address_are_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){.limits = {.streams_address = 1}});
    int fd = http_peer_connect(&stage.peer);
    http_peer_send(fd, REQUEST("/events?topic=a"));
    assert_true(streams_reach(&stage, 1));
    struct str reply = http_peer_ask(stage.arena, &stage.peer, REQUEST("/events?topic=a"));
    assert_true(str_starts(reply, S("HTTP/1.1 429 ")));
    assert_false(has(reply, S("text/event-stream")));
    (void)close(fd);
    stage_end(&stage);
}

static void stopping_answers_what_is_under_way(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, (struct http_config){});
    int busy = http_peer_connect(&stage.peer);
    int idle = http_peer_connect(&stage.peer);
    http_peer_send(idle, REQUEST("/a"));
    assert_true(http_peer_reply(stage.arena, idle).len > 0);
    http_peer_send(busy, REQUEST("/wait"));
    count_wait(stage.here_fd);
    http_server_stop(stage.peer.server);
    assert_int_equal(http_peer_rest(stage.arena, idle).len, 0); /* closed: the server is stopping */
    count_up(stage.gate_fd);
    assert_true(str_ends(http_peer_rest(stage.arena, busy), S("waited")));
    (void)close(busy);
    (void)close(idle);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_connection_serves_several_requests),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_body_of_three_megabytes_is_spooled),
        cmocka_unit_test(a_body_at_the_memory_limit_stays_in_memory),
        cmocka_unit_test(a_body_that_is_too_large_is_refused_before_it_is_read),
        cmocka_unit_test(a_chunked_body_is_refused_when_it_grows_too_large),
        cmocka_unit_test(expectations_are_met_before_the_body_is_sent),
        cmocka_unit_test(nothing_behind_a_malformed_request_is_served),
        cmocka_unit_test(a_slow_head_is_given_up),
        cmocka_unit_test(a_silent_connection_is_closed_without_a_word),
        cmocka_unit_test(a_body_slower_than_the_least_rate_is_given_up),
        cmocka_unit_test(a_reader_that_stops_reading_is_dropped),
        cmocka_unit_test(a_large_reply_arrives_whole),
        cmocka_unit_test(a_part_of_a_file_is_sent),
        cmocka_unit_test(head_gets_the_head_only),
        cmocka_unit_test(not_modified_has_no_body_and_no_length),
        cmocka_unit_test(a_reply_of_unknown_length_is_chunked),
        cmocka_unit_test(a_reply_of_unknown_length_begins_before_the_handler_ends),
        cmocka_unit_test(a_header_with_a_line_end_becomes_an_error),
        cmocka_unit_test(a_client_that_leaves_does_not_disturb_its_handler),
        cmocka_unit_test(requests_beyond_the_queue_are_told_to_come_again),
        cmocka_unit_test(bodies_beyond_the_room_for_them_are_told_to_come_again),
        cmocka_unit_test(connections_beyond_the_limit_of_an_address_are_closed),
        cmocka_unit_test(a_full_server_accepts_again_when_a_connection_closes),
        cmocka_unit_test(a_full_server_takes_the_place_of_the_longest_idle),
        cmocka_unit_test(published_events_reach_the_streams_of_their_topic),
        cmocka_unit_test(a_silent_stream_gets_a_heartbeat),
        cmocka_unit_test(a_stream_that_is_not_read_is_dropped),
        cmocka_unit_test(streams_beyond_the_limit_of_an_address_are_refused),
        cmocka_unit_test(stopping_answers_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
