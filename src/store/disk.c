#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROOT_BYTES = 32 };

enum err disk_fail(struct call *c)
{
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return full ? fail(c, ERR_FULL, "store.full") : fail(c, ERR_IO, "blob.io");
}

const char *disk_path(struct call *c, struct str dir, const char *folder)
{
    return str_format(c->arena, "%.*s/%s", STR_ARG(dir), folder).ptr;
}

enum err disk_folder_make(struct call *c, const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return OK;
    return disk_fail(c);
}

enum err disk_folder_sync(struct call *c, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return disk_fail(c);
    enum err e = fsync(fd) == 0 ? OK : disk_fail(c);
    (void)close(fd);
    return e;
}

enum err disk_read(struct call *c, int fd, int64_t offset, void *to, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pread(fd, (char *)to + done, bytes - done, offset + (int64_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return fail(c, ERR_IO, "blob.io");
        done += (size_t)n;
    }
    return OK;
}

enum err disk_write(struct call *c, int fd, int64_t offset, struct str bytes)
{
    for (size_t done = 0; done < bytes.len;) {
        ssize_t n = pwrite(fd, bytes.ptr + done, bytes.len - done, offset + (int64_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return disk_fail(c);
        done += (size_t)n;
    }
    return OK;
}

enum err disk_temporary(struct call *c, struct str dir, const char **ret_path, int *ret_fd)
{
    enum err e = disk_folder_make(c, disk_path(c, dir, "tmp"));
    if (e != OK) return e;
    struct str path = str_format(c->arena, "%.*s/tmp/blob-XXXXXX", STR_ARG(dir));
    char *name = arena_copy(c->arena, path.ptr, path.len);
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) return disk_fail(c);
    *ret_path = name;
    *ret_fd = fd;
    return OK;
}

static void close_deferred(void *arg)
{
    (void)close(*(int *)arg);
}

void disk_defer(struct call *c, int fd)
{
    int *kept = arena_alloc(c->arena, sizeof *kept);
    *kept = fd;
    arena_defer(c->arena, close_deferred, kept);
}

bool disk_is_root(struct str text)
{
    uint8_t bytes[ROOT_BYTES];
    return hex_decode(text, bytes, sizeof bytes);
}

static const char *shelf_folder(struct call *c, struct str dir, const char *shelf, struct str root)
{
    return str_format(c->arena, "%.*s/%s/%.2s", STR_ARG(dir), shelf, root.ptr).ptr;
}

const char *disk_shelf_path(struct call *c, struct str dir, const char *shelf, struct str root)
{
    ensure(root.len == 2 * ROOT_BYTES);
    const char *folder = shelf_folder(c, dir, shelf, root);
    return str_format(c->arena, "%s/%.*s", folder, STR_ARG(root)).ptr;
}

enum err disk_shelf_put(struct call *c, struct str dir, const char *shelf, struct str root,
                        const char *path)
{
    const char *folder = shelf_folder(c, dir, shelf, root);
    enum err e = disk_folder_make(c, disk_path(c, dir, shelf));
    if (e == OK) e = disk_folder_make(c, folder);
    if (e != OK) return e;
    if (rename(path, disk_shelf_path(c, dir, shelf, root)) != 0) return disk_fail(c);
    e = disk_folder_sync(c, folder);
    /* The folder itself may be new, made just now by us or by another call. */
    if (e == OK) e = disk_folder_sync(c, disk_path(c, dir, shelf));
    return e;
}
