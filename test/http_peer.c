#include "http_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void *run(void *arg)
{
    http_server_run(arg);
    return NULL;
}

static int listen_loopback(int *ret_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    ensure(fd >= 0);
    ensure(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    ensure(listen(fd, 256) == 0);
    ensure(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

void http_peer_start(struct http_peer *peer, const struct http_config *config,
                     struct ssl_ctx_st *tls, const struct http_handler *handler, void *arg)
{
    struct http_config filled = *config;
    filled.env = env_real();
    peer->c = call_begin(env_real(), NULL, NULL);
    int fd = listen_loopback(&peer->port);
    enum err e = http_server_open(&peer->c, &filled, &peer->server);
    ensure(e == OK);
    e = http_server_listen(&peer->c, peer->server, fd, tls, handler, arg);
    ensure(e == OK);
    int failed = pthread_create(&peer->thread, NULL, run, peer->server);
    ensure(failed == 0);
    peer->running = true;
}

void http_peer_stop(struct http_peer *peer)
{
    if (!peer->running) return;
    http_server_stop(peer->server);
    int failed = pthread_join(peer->thread, NULL);
    ensure(failed == 0);
    http_server_close(peer->server);
    call_end(&peer->c);
    peer->running = false;
}

int http_peer_connect(const struct http_peer *peer)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)peer->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = HTTP_PEER_WAIT_S};
    ensure(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    ensure(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

void http_peer_send(int fd, struct str bytes)
{
    size_t at = 0;
    while (at < bytes.len) {
        ssize_t n = send(fd, bytes.ptr + at, bytes.len - at, MSG_NOSIGNAL);
        if (n <= 0) return; /* the server has closed: the test sees it by what it reads */
        at += (size_t)n;
    }
}

/* One byte, so that nothing behind a reply is lost. False at the end. */
static bool read_byte(int fd, struct sb *sb)
{
    char ch = 0;
    ssize_t n = recv(fd, &ch, 1, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) sb_put(sb, S("(time-out)"));
    if (n <= 0) return false;
    sb_char(sb, ch);
    return true;
}

struct str http_peer_until(struct arena *arena, int fd, struct str text)
{
    struct sb sb = sb_new(arena, 0);
    while (read_byte(fd, &sb) && !str_ends(sb_str(&sb), text))
        continue;
    return sb_str(&sb);
}

struct str http_peer_reply(struct arena *arena, int fd)
{
    struct str head = http_peer_until(arena, fd, S("\r\n\r\n"));
    struct str mark = S("Content-Length: ");
    size_t at = str_find(head, mark, 0);
    size_t end = str_find(head, S("\r\n"), at);
    int64_t length = 0;
    (void)parse_int(str_sub(head, at + mark.len, end), 0, INT64_MAX, &length);
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, head);
    for (int64_t i = 0; i < length && read_byte(fd, &sb); i++)
        continue;
    return sb_str(&sb);
}

struct str http_peer_rest(struct arena *arena, int fd)
{
    struct sb sb = sb_new(arena, 0);
    char piece[16 * 1024];
    for (;;) {
        ssize_t n = recv(fd, piece, sizeof piece, 0);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) sb_put(&sb, S("(time-out)"));
        if (n <= 0) return sb_str(&sb);
        sb_put(&sb, (struct str){piece, (size_t)n});
    }
}

struct str http_peer_ask(struct arena *arena, const struct http_peer *peer, struct str request)
{
    int fd = http_peer_connect(peer);
    http_peer_send(fd, request);
    struct str reply = http_peer_rest(arena, fd);
    (void)close(fd);
    return reply;
}
