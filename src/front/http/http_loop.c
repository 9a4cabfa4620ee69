#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "front/http/http_core.h"

enum { THREADS_DEFAULT = 32, EVENTS_A_ROUND = 256, ACCEPTS_A_ROUND = 64 };

int64_t http_server_now_ms(const struct http_server *server)
{
    return server->wheel.tick * HTTP_TICK_MS;
}

/* ---- open and close ---- */

static void limit_default(size_t *limit, size_t value)
{
    if (*limit == 0) *limit = value;
}

static void limit_ms_default(int64_t *limit, int64_t value)
{
    if (*limit == 0) *limit = value;
}

static struct http_limits limits_fill(struct http_limits limits)
{
    limit_default(&limits.connections, LIMIT_HTTP_CONNECTIONS);
    limit_default(&limits.connections_address, LIMIT_HTTP_CONNECTIONS_ADDRESS);
    limit_default(&limits.streams_address, LIMIT_HTTP_STREAMS_ADDRESS);
    limit_default(&limits.parked, LIMIT_HTTP_PARKED);
    limit_default(&limits.queue, LIMIT_HTTP_QUEUE);
    limit_default(&limits.stream_bytes, LIMIT_HTTP_STREAM_BYTES);
    limit_ms_default(&limits.spool_bytes, LIMIT_HTTP_SPOOL_BYTES);
    limit_ms_default(&limits.head_ms, LIMIT_HTTP_HEAD_MS);
    limit_ms_default(&limits.idle_ms, LIMIT_HTTP_IDLE_MS);
    limit_ms_default(&limits.stall_ms, LIMIT_HTTP_STALL_MS);
    limit_ms_default(&limits.bytes_s, LIMIT_HTTP_BODY_BYTES_S);
    limit_ms_default(&limits.beat_ms, LIMIT_HTTP_BEAT_MS);
    limit_ms_default(&limits.drain_ms, LIMIT_HTTP_DRAIN_MS);
    return limits;
}

static bool watch(struct http_server *server, int fd, struct http_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* The loop's own descriptors; false when the kernel refuses one. */
static bool open_fds(struct http_server *server)
{
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (server->epoll_fd >= 0) http_fd_defer(server->arena, server->epoll_fd);
    if (server->wake_fd >= 0) http_fd_defer(server->arena, server->wake_fd);
    if (server->tick_fd >= 0) http_fd_defer(server->arena, server->tick_fd);
    if (server->epoll_fd < 0 || server->wake_fd < 0 || server->tick_fd < 0) return false;
    struct timespec each = {.tv_nsec = (long)HTTP_TICK_MS * 1000000};
    struct itimerspec timer = {.it_interval = each, .it_value = each};
    server->wake.kind = HTTP_SOURCE_WAKE;
    server->tick.kind = HTTP_SOURCE_TICK;
    return timerfd_settime(server->tick_fd, 0, &timer, NULL) == 0 &&
           watch(server, server->wake_fd, &server->wake, EPOLLIN) &&
           watch(server, server->tick_fd, &server->tick, EPOLLIN);
}

enum err http_server_open(struct call *c, const struct http_config *config,
                          struct http_server **ret_server)
{
    ensure(config->env != NULL);
    struct arena *arena = arena_open(0);
    struct http_server *server = arena_alloc(arena, sizeof *server);
    server->arena = arena;
    server->env = config->env;
    server->spool_dir = config->spool_dir;
    server->limits = limits_fill(config->limits);
    server->spool.max = server->limits.spool_bytes;
    server->scratch = arena_alloc(arena, HTTP_SCRATCH_BYTES);
    server->env->random(server->env->self, (uint8_t *)&server->gate.seed, sizeof server->gate.seed);
    bool opened = open_fds(server);
    if (opened) {
        size_t threads = config->threads > 0 ? config->threads : THREADS_DEFAULT;
        server->hub = http_hub_open(arena, server->wake_fd);
        server->pool = http_pool_open(arena, threads, server->limits.queue, server->wake_fd);
    }
    if (server->pool == NULL) {
        arena_close(arena);
        return fail(c, ERR_IO, "http.open");
    }
    *ret_server = server;
    return OK;
}

enum err http_server_listen(struct call *c, struct http_server *server, int fd,
                            struct ssl_ctx_st *tls, const struct http_handler *handler, void *arg)
{
    ensure(fd >= 0);
    ensure(handler != NULL);
    ensure(handler->handle != NULL);
    ensure(server->listener_count < HTTP_LISTENERS_MAX);
    struct http_listener *listener = &server->listeners[server->listener_count];
    *listener = (struct http_listener){
        .source = {HTTP_SOURCE_LISTENER},
        .fd = fd,
        .tls = tls,
        .handler = handler,
        .arg = arg,
    };
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        !watch(server, fd, &listener->source, EPOLLIN)) {
        return fail(c, ERR_IO, "http.open");
    }
    server->listener_count++;
    return OK;
}

void http_server_close(struct http_server *server)
{
    if (server->pool != NULL) http_pool_stop(server->pool);
    for (size_t i = 0; i < server->listener_count; i++) {
        if (server->listeners[i].fd >= 0) (void)close(server->listeners[i].fd);
    }
    arena_close(server->arena);
}

/* ---- connections come and go ---- */

static void listeners_pause(struct http_server *server, bool paused)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        struct http_listener *listener = &server->listeners[i];
        if (listener->fd < 0 || listener->paused == paused) continue;
        struct epoll_event event = {.events = paused ? 0 : EPOLLIN, .data.ptr = &listener->source};
        int failed = epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, listener->fd, &event);
        ensure(failed == 0);
        listener->paused = paused;
    }
}

/* The address for counting: IPv4 as mapped IPv6, IPv6 without its lower half, which one client may
 * choose freely. */
static void address_key(const struct sockaddr_storage *from, uint8_t ret_key[16])
{
    memset(ret_key, 0, 16);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)from;
        ret_key[10] = 0xff;
        ret_key[11] = 0xff;
        memcpy(ret_key + 12, &in->sin_addr, 4);
        return;
    }
    if (from->ss_family != AF_INET6) return; /* a local socket has no address */
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
    bool mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) != 0;
    memcpy(ret_key, &in6->sin6_addr, mapped ? 16 : 8);
}

static struct str address_text(struct arena *arena, const struct sockaddr_storage *from)
{
    char text[INET6_ADDRSTRLEN] = "";
    const void *bytes = NULL;
    if (from->ss_family == AF_INET) bytes = &((const struct sockaddr_in *)from)->sin_addr;
    if (from->ss_family == AF_INET6) bytes = &((const struct sockaddr_in6 *)from)->sin6_addr;
    if (bytes == NULL || inet_ntop(from->ss_family, bytes, text, sizeof text) == NULL) {
        return S("local");
    }
    struct str address = str_of(text);
    if (str_starts(address, S("::ffff:"))) address = str_sub(address, 7, address.len);
    return str_copy(arena, address);
}

/* Ties OpenSSL's side to the connection. False when it refuses. */
static bool tls_attach(struct http_conn *conn, struct ssl_ctx_st *context)
{
    if (context == NULL) return true;
    conn->tls = SSL_new(context);
    if (conn->tls == NULL || SSL_set_fd(conn->tls, conn->fd) != 1) return false;
    (void)SSL_set_mode(conn->tls, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void)SSL_set_options(conn->tls, SSL_OP_NO_RENEGOTIATION);
    return true;
}

static void conn_link(struct http_server *server, struct http_conn *conn)
{
    conn->next = server->conns;
    if (server->conns != NULL) server->conns->prev = conn;
    server->conns = conn;
    server->conn_count++;
    atomic_fetch_add(&server->figures.connections, 1);
}

/* When all places are taken, the connection that has been idle longest gives up its own: its client
 * connects again. When all are at work, newcomers wait in the kernel's queue. */
static bool is_full(const struct http_server *server)
{
    return server->conn_count >= server->limits.connections;
}

static void conn_unlink(struct http_server *server, struct http_conn *conn)
{
    if (conn->prev != NULL) {
        conn->prev->next = conn->next;
    } else {
        server->conns = conn->next;
    }
    if (conn->next != NULL) conn->next->prev = conn->prev;
    ensure(server->conn_count > 0);
    server->conn_count--;
    atomic_fetch_sub(&server->figures.connections, 1);
    if (!is_full(server)) listeners_pause(server, false);
}

static void conn_open(struct http_server *server, const struct http_listener *listener, int fd,
                      const struct sockaddr_storage *from)
{
    struct arena *arena = arena_open(0);
    struct http_conn *conn = arena_alloc(arena, sizeof *conn);
    uint8_t key[16];
    int on = 1;
    address_key(from, key);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *conn = (struct http_conn){
        .source = {HTTP_SOURCE_CONN},
        .arena = arena,
        .server = server,
        .listener = listener,
        .fd = fd,
        .interest = EPOLLIN,
        .remote = address_text(arena, from),
        .address = http_gate_enter(&server->gate, server->arena, key),
    };
    conn_link(server, conn);
    bool crowded = conn->address->connections > server->limits.connections_address;
    if (crowded || !tls_attach(conn, listener->tls) || !watch(server, fd, &conn->source, EPOLLIN)) {
        atomic_fetch_add(&server->figures.dropped, 1);
        http_conn_close(conn);
        return;
    }
    http_conn_start(conn);
}

void http_conn_close(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    if (conn->state != HTTP_CONN_DEAD) {
        if (conn->state == HTTP_CONN_STREAM) http_stream_leave(conn);
        http_park_leave(conn);
        http_list_remove(conn);
        http_timer_remove(&server->wheel, conn);
        if (conn->tls != NULL) SSL_free(conn->tls);
        (void)close(conn->fd);
        conn->tls = NULL;
        conn->fd = -1;
        http_gate_leave(&server->gate, conn->address);
        conn_unlink(server, conn);
        conn->state = HTTP_CONN_DEAD;
        if (conn->in_call) http_pool_abandon(server->pool, conn->exchange);
    }
    if (conn->in_call || conn->buried) return;
    conn->buried = true;
    conn->next = server->dead;
    server->dead = conn;
}

static void bury(struct http_server *server)
{
    while (server->dead != NULL) {
        struct http_conn *conn = server->dead;
        ensure(conn->state == HTTP_CONN_DEAD);
        ensure(!conn->in_call);
        server->dead = conn->next;
        arena_close(conn->rq_arena);
        arena_close(conn->arena);
    }
}

static void accept_some(struct http_server *server, struct http_listener *listener)
{
    for (size_t i = 0; i < ACCEPTS_A_ROUND; i++) {
        if (is_full(server) && server->idle.first == NULL) {
            listeners_pause(server, true);
            return;
        }
        struct sockaddr_storage from = {};
        socklen_t len = sizeof from;
        int fd =
            accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            if (is_full(server)) http_conn_close(server->idle.first);
            conn_open(server, listener, fd, &from);
            continue;
        }
        bool out_of_handles = errno == EMFILE || errno == ENFILE || errno == ENOBUFS;
        if (out_of_handles) listeners_pause(server, true); /* the next close or tick resumes */
        return;
    }
}

/* ---- rounds ---- */

static void deliver(struct http_server *server, const struct http_event *event)
{
    struct http_conn *conn = server->streams.first;
    while (conn != NULL) {
        struct http_conn *next = conn->list_next;
        const struct http_reply *reply = &conn->exchange->reply;
        if (http_topic_among(reply->topics, reply->topic_count, event->topic)) {
            http_send_event(conn, event->text);
        }
        conn = next;
    }
    http_park_poke(server, event->topic);
}

static void deliver_all(struct http_server *server)
{
    bool overflow = false;
    const struct http_event *event = http_hub_take(server->hub, &overflow);
    while (overflow && server->streams.first != NULL)
        http_conn_close(server->streams.first);
    if (overflow) http_park_poke(server, S("*"));
    for (; event != NULL; event = event->next)
        deliver(server, event);
}

static uint64_t counter_read(int fd)
{
    uint64_t count = 0;
    ssize_t n = read(fd, &count, sizeof count);
    return n == (ssize_t)sizeof count ? count : 0;
}

static void drain_begin(struct http_server *server)
{
    ensure(!server->draining);
    server->draining = true;
    server->drain_until_ms = http_server_now_ms(server) + server->limits.drain_ms;
    for (size_t i = 0; i < server->listener_count; i++) {
        (void)close(server->listeners[i].fd);
        server->listeners[i].fd = -1;
    }
    struct http_conn *conn = server->conns;
    while (conn != NULL) {
        struct http_conn *next = conn->next;
        http_conn_drain(conn);
        conn = next;
    }
}

static void source_event(struct http_server *server, struct http_source *source, uint32_t events)
{
    switch (source->kind) {
    case HTTP_SOURCE_WAKE: (void)counter_read(server->wake_fd); return;
    case HTTP_SOURCE_TICK: {
        http_timer_advance(&server->wheel, counter_read(server->tick_fd));
        if (!is_full(server) || server->idle.first != NULL) listeners_pause(server, false);
        return;
    }
    case HTTP_SOURCE_LISTENER: accept_some(server, (struct http_listener *)source); return;
    case HTTP_SOURCE_CONN: http_conn_event((struct http_conn *)source, events); return;
    }
}

static void round_run(struct http_server *server)
{
    struct epoll_event events[EVENTS_A_ROUND];
    int count = epoll_wait(server->epoll_fd, events, EVENTS_A_ROUND, -1);
    for (int i = 0; i < count; i++) {
        source_event(server, events[i].data.ptr, events[i].events);
    }
    http_pool_collect(server->pool);
    deliver_all(server);
    bury(server);
}

/* TLS and sendfile() know no MSG_NOSIGNAL: a client that left must not end the process. */
static void broken_pipes_block(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    int failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
    ensure(failed == 0);
}

void http_server_run(struct http_server *server)
{
    broken_pipes_block();
    while (!atomic_load(&server->stop))
        round_run(server);
    drain_begin(server);
    while (server->conn_count > 0 && http_server_now_ms(server) < server->drain_until_ms) {
        round_run(server);
    }
    while (server->conns != NULL)
        http_conn_close(server->conns);
    http_pool_stop(server->pool);
    http_pool_collect(server->pool);
    bury(server);
    ensure(server->conn_count == 0);
    ensure(server->streams.first == NULL);
    ensure(server->idle.first == NULL);
    ensure(server->parked.first == NULL);
}

void http_server_stop(struct http_server *server)
{
    atomic_store(&server->stop, true);
    http_wake(server->wake_fd);
}

void http_stream_publish(struct http_server *server, struct str topic, struct str data)
{
    http_hub_publish(server->hub, topic, data);
}

struct http_figures http_server_figures(struct http_server *server)
{
    return (struct http_figures){
        .connections = atomic_load(&server->figures.connections),
        .streams = atomic_load(&server->figures.streams),
        .parked = atomic_load(&server->figures.parked),
        .requests = atomic_load(&server->figures.requests),
        .refused = atomic_load(&server->figures.refused),
        .dropped = atomic_load(&server->figures.dropped),
    };
}
