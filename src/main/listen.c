#include "main/listen.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static enum err listen_fail(struct call *c, enum err e, const char *reason, struct str address)
{
    (void)fail(c, e, reason); /* the next line returns the same */
    return fail_arg(c, "address", address);
}

static int bound(const struct sockaddr *address, socklen_t bytes, int family)
{
    int yes = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, address, bytes) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int cause = errno;
    (void)close(fd);
    errno = cause;
    return -1;
}

enum err listen_tcp(struct call *c, struct str address, int64_t port, int *ret_fd)
{
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    struct str service = str_format(c->arena, "%lld", (long long)port);
    struct str full = str_format(c->arena, "%.*s:%lld", STR_ARG(address), (long long)port);
    if (getaddrinfo(str_zero(c->arena, address), service.ptr, &hints, &found) != 0) {
        return listen_fail(c, ERR_INVALID, "listen.address", full);
    }
    int fd = bound(found->ai_addr, found->ai_addrlen, found->ai_family);
    int cause = errno;
    freeaddrinfo(found);
    if (fd < 0 && cause == EADDRINUSE) return listen_fail(c, ERR_CONFLICT, "listen.taken", full);
    if (fd < 0) return listen_fail(c, ERR_IO, "listen.failed", full);
    *ret_fd = fd;
    return OK;
}

enum err listen_control(struct call *c, int *ret_fd)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "control.sock"};
    (void)unlink(name.sun_path); /* left behind by an end without goodbye; the lock is held */
    int fd = bound((const struct sockaddr *)&name, sizeof name, AF_UNIX);
    if (fd < 0 || chmod(name.sun_path, 0600) != 0) {
        return listen_fail(c, ERR_IO, "listen.failed", S("control.sock"));
    }
    *ret_fd = fd;
    return OK;
}
