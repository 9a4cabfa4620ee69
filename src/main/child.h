#pragma once
/*
 * child.h: starting another process of this program. It begins as a fresh program with exactly the
 * descriptors it is meant to have, so nothing of its parent's memory goes along.
 */
#include "base/call.h"

#include <sys/types.h>

enum { CHILD_FD_FIRST = 3, CHILD_FDS_MAX = 10, CHILD_ARGS_MAX = 16 };

/* Starts `phoihop ARG...`; fds[i] becomes descriptor CHILD_FD_FIRST + i.
 * Shapes: at most CHILD_FDS_MAX descriptors, each open; at most CHILD_ARGS_MAX arguments.
 * Returns the process id, -1 when the machine has none left. */
pid_t child_start(const char *const *args, size_t arg_count, const int *fds, size_t fd_count);
