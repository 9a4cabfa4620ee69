#include "main/fdpass.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool fdpass_pair(int ret_fds[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) == 0;
}

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * FDPASS_FDS_MAX)];
};

bool fdpass_send(int sock, struct str bytes, const int *fds, size_t fd_count)
{
    ensure(fd_count <= FDPASS_FDS_MAX);
    union control control = {};
    struct iovec part = {(void *)(uintptr_t)bytes.ptr, bytes.len}; /* the kernel only reads it */
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(head), fds, sizeof(int) * fd_count);
    }
    ssize_t n = 0;
    do {
        n = sendmsg(sock, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)bytes.len;
}

static void fds_take(struct msghdr *message, int ret_fds[FDPASS_FDS_MAX])
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
         head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        ensure(count <= FDPASS_FDS_MAX); /* the control buffer holds no more */
        memcpy(ret_fds, CMSG_DATA(head), count * sizeof(int));
    }
}

ssize_t fdpass_receive(int sock, int wait_ms, void *to, size_t bytes_max,
                       int ret_fds[FDPASS_FDS_MAX])
{
    for (size_t i = 0; i < FDPASS_FDS_MAX; i++)
        ret_fds[i] = -1;
    struct pollfd ready = {.fd = sock, .events = POLLIN};
    int got = 0;
    do {
        got = poll(&ready, 1, wait_ms);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return -1;
    union control control = {};
    struct iovec part = {to, bytes_max};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
    if (n <= 0) return -1;
    fds_take(&message, ret_fds);
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) return n;
    for (size_t i = 0; i < FDPASS_FDS_MAX; i++) {
        if (ret_fds[i] >= 0) (void)close(ret_fds[i]);
        ret_fds[i] = -1;
    }
    return -1;
}
