#pragma once
/*
 * fdpass.h: small messages with open files between the office's processes, over SOCK_SEQPACKET:
 * a message arrives whole or not at all.
 */
#include "base/str.h"

#include <sys/types.h>

enum { FDPASS_FDS_MAX = 3 };

/* Opens a pair of connected sockets, both closed on exec. False when the kernel has none left. */
bool fdpass_pair(int ret_fds[2]);

/* Sends one message. False when the other end is gone. Shapes: fd_count <= FDPASS_FDS_MAX. */
bool fdpass_send(int sock, struct str bytes, const int *fds, size_t fd_count);

/* Waits for one message. Shapes: wait_ms -1 waits for ever; ret_fds gets -1 where none came.
 * Returns its length; -1 when the time is over, the other end is gone or the message does not fit.
 * Owns: the caller closes the descriptors. */
ssize_t fdpass_receive(int sock, int wait_ms, void *to, size_t bytes_max,
                       int ret_fds[FDPASS_FDS_MAX]);
