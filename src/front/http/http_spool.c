#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "front/http/http_core.h"

enum { PATH_BYTES_MAX = 4096 };

/* For file systems without O_TMPFILE: a name that exists for an instant. */
static int named_then_unlinked(const char *dir)
{
    char path[PATH_BYTES_MAX];
    int len = snprintf(path, sizeof path, "%s/http.XXXXXX", dir);
    if (len < 0 || (size_t)len >= sizeof path) return -1;
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) (void)unlink(path);
    return fd;
}

bool http_spool_open(const char *dir, int *ret_fd)
{
    const char *folder = dir != NULL ? dir : P_tmpdir;
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) fd = named_then_unlinked(folder);
    if (fd < 0) return false;
    *ret_fd = fd;
    return true;
}

bool http_spool_write(int fd, struct str bytes, int64_t offset)
{
    ensure(fd >= 0);
    ensure(offset >= 0);
    size_t at = 0;
    while (at < bytes.len) {
        ssize_t n = pwrite(fd, bytes.ptr + at, bytes.len - at, (off_t)(offset + (int64_t)at));
        if (n <= 0) return false;
        at += (size_t)n;
    }
    return true;
}

bool http_budget_take(struct http_budget *budget, int64_t bytes)
{
    ensure(bytes >= 0);
    int64_t used = atomic_fetch_add(&budget->used, bytes);
    if (used + bytes <= budget->max) return true;
    http_budget_give(budget, bytes);
    return false;
}

void http_budget_give(struct http_budget *budget, int64_t bytes)
{
    int64_t used = atomic_fetch_sub(&budget->used, bytes);
    ensure(used >= bytes);
}

static void close_fd(void *arg)
{
    (void)close(*(int *)arg);
}

void http_fd_defer(struct arena *arena, int fd)
{
    ensure(fd >= 0);
    int *kept = arena_alloc(arena, sizeof *kept);
    *kept = fd;
    arena_defer(arena, close_fd, kept);
}
