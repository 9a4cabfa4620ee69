#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front/http/http_core.h"

enum { TLS_FILE_BYTES = 16 * 1024, PLAIN_FILE_BYTES = 256 * 1024 };

void http_wire_interest(struct http_conn *conn, uint32_t events)
{
    if (conn->tls_wants_write) events |= EPOLLOUT;
    if (conn->tls_wants_read) events |= EPOLLIN;
    if (conn->fd < 0 || conn->interest == events) return;
    struct epoll_event event = {.events = events, .data.ptr = &conn->source};
    int failed = epoll_ctl(conn->server->epoll_fd, EPOLL_CTL_MOD, conn->fd, &event);
    ensure(failed == 0);
    conn->interest = events;
}

static enum http_wire plain_result(ssize_t n, size_t *ret_bytes)
{
    if (n > 0) {
        *ret_bytes = (size_t)n;
        return HTTP_WIRE_OK;
    }
    bool wait = n < 0 && (errno == EAGAIN || errno == EINTR);
    return wait ? HTTP_WIRE_AGAIN : HTTP_WIRE_END;
}

/* Notes which way TLS wants to go before the same call can be repeated. */
static enum http_wire tls_result(struct http_conn *conn, int result)
{
    conn->tls_wants_read = false;
    conn->tls_wants_write = false;
    if (result == 1) return HTTP_WIRE_OK;
    int error = SSL_get_error(conn->tls, result);
    ERR_clear_error();
    conn->tls_wants_read = error == SSL_ERROR_WANT_READ;
    conn->tls_wants_write = error == SSL_ERROR_WANT_WRITE;
    bool wait = conn->tls_wants_read || conn->tls_wants_write;
    return wait ? HTTP_WIRE_AGAIN : HTTP_WIRE_END;
}

enum http_wire http_wire_handshake(struct http_conn *conn)
{
    ensure(conn->tls != NULL);
    return tls_result(conn, SSL_accept(conn->tls));
}

enum http_wire http_wire_read(struct http_conn *conn, char *to, size_t cap, size_t *ret_bytes)
{
    ensure(cap > 0);
    ensure(conn->fd >= 0);
    if (conn->tls == NULL) return plain_result(recv(conn->fd, to, cap, 0), ret_bytes);
    return tls_result(conn, SSL_read_ex(conn->tls, to, cap, ret_bytes));
}

enum http_wire http_wire_write(struct http_conn *conn, struct str bytes, bool more,
                               size_t *ret_bytes)
{
    ensure(bytes.len > 0);
    ensure(conn->fd >= 0);
    if (conn->tls == NULL) {
        int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
        return plain_result(send(conn->fd, bytes.ptr, bytes.len, flags), ret_bytes);
    }
    return tls_result(conn, SSL_write_ex(conn->tls, bytes.ptr, bytes.len, ret_bytes));
}

enum http_wire http_wire_file(struct http_conn *conn, int fd, int64_t at, int64_t bytes,
                              size_t *ret_bytes)
{
    ensure(bytes > 0);
    ensure(at >= 0);
    off_t offset = (off_t)at;
    if (conn->tls == NULL) {
        size_t piece = bytes < PLAIN_FILE_BYTES ? (size_t)bytes : PLAIN_FILE_BYTES;
        return plain_result(sendfile(conn->fd, fd, &offset, piece), ret_bytes);
    }
    /* The same offset gives the same bytes, as a repeated TLS write demands. */
    size_t piece = bytes < TLS_FILE_BYTES ? (size_t)bytes : TLS_FILE_BYTES;
    ssize_t n = pread(fd, conn->server->scratch, piece, offset);
    if (n != (ssize_t)piece) return HTTP_WIRE_END; /* the file shrank: the length was promised */
    return http_wire_write(conn, (struct str){conn->server->scratch, piece}, false, ret_bytes);
}

void http_wire_finish(struct http_conn *conn)
{
    if (conn->tls != NULL && SSL_is_init_finished(conn->tls)) {
        (void)SSL_shutdown(conn->tls);
        ERR_clear_error();
    }
    (void)shutdown(conn->fd, SHUT_WR);
}
