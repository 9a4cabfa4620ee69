#include "store/blob.h"

#include "store/merkle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024, ROOT_BYTES = 32 };

#define TMP_PREFIX "blob-"

struct blob_writer {
    struct str dir;
    const char *tmp_path; /* NULL once renamed or removed */
    int fd;               /* -1 once closed */
    int64_t size;
    int64_t size_max;
    struct merkle merkle;
};

static enum err fail_errno(struct call *c)
{
    bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return full ? fail(c, ERR_FULL, "store.full") : fail(c, ERR_IO, "blob.io");
}

static const char *path_of(struct call *c, struct str dir, const char *folder)
{
    return str_format(c->arena, "%.*s/%s", STR_ARG(dir), folder).ptr;
}

/* "DIR/blobs/ab" and "DIR/blobs/ab/ab12…": two letters keep the folders short. */
static const char *folder_path(struct call *c, struct str dir, struct str root)
{
    return str_format(c->arena, "%.*s/blobs/%.2s", STR_ARG(dir), root.ptr).ptr;
}

static const char *file_path(struct call *c, struct str dir, struct str root)
{
    return str_format(c->arena, "%s/%.*s", folder_path(c, dir, root), STR_ARG(root)).ptr;
}

static bool is_root(struct str text)
{
    uint8_t bytes[ROOT_BYTES];
    return hex_decode(text, bytes, sizeof bytes);
}

static enum err folder_make(struct call *c, const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) return OK;
    return fail_errno(c);
}

static enum err folder_sync(struct call *c, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(c);
    enum err e = fsync(fd) == 0 ? OK : fail_errno(c);
    (void)close(fd);
    return e;
}

static void writer_drop(void *arg)
{
    struct blob_writer *w = arg;
    if (w->fd >= 0) (void)close(w->fd);
    if (w->tmp_path != NULL) (void)unlink(w->tmp_path);
    w->fd = -1;
    w->tmp_path = NULL;
}

enum err blob_create(struct call *c, struct str dir, int64_t size_max, struct blob_writer **ret)
{
    ensure(dir.len > 0);
    ensure(size_max >= 0);
    enum err e = folder_make(c, path_of(c, dir, "tmp"));
    if (e == OK) e = folder_make(c, path_of(c, dir, "blobs"));
    if (e != OK) return e;
    struct str path = str_format(c->arena, "%.*s/tmp/" TMP_PREFIX "XXXXXX", STR_ARG(dir));
    char *tmp_path = arena_copy(c->arena, path.ptr, path.len);
    int fd = mkostemp(tmp_path, O_CLOEXEC);
    if (fd < 0) return fail_errno(c);
    struct blob_writer *w = arena_alloc(c->arena, sizeof *w);
    *w = (struct blob_writer){.dir = str_copy(c->arena, dir),
                              .tmp_path = tmp_path,
                              .fd = fd,
                              .size_max = size_max,
                              .merkle = merkle_start(c->arena)};
    arena_defer(c->arena, writer_drop, w);
    *ret = w;
    return OK;
}

enum err blob_write(struct call *c, struct blob_writer *w, struct str bytes)
{
    ensure(w->fd >= 0);
    if (bytes.len > (size_t)(w->size_max - w->size)) return fail(c, ERR_LIMIT, "blob.too_large");
    struct str rest = bytes;
    while (rest.len > 0) {
        ssize_t n = write(w->fd, rest.ptr, rest.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            (void)fail_errno(c);
            writer_drop(w); /* gives the space back at once; the file is never finished */
            return c->failure.err;
        }
        rest = str_sub(rest, (size_t)n, rest.len);
    }
    merkle_add(&w->merkle, bytes);
    w->size += (int64_t)bytes.len;
    return OK;
}

/* Gives the synced file its name. A file that is there already has the same content and is
 * replaced, which also repairs it if the disk has damaged it. */
static enum err writer_rename(struct call *c, struct blob_writer *w, struct str root)
{
    const char *folder = folder_path(c, w->dir, root);
    enum err e = folder_make(c, folder);
    if (e != OK) return e;
    if (rename(w->tmp_path, file_path(c, w->dir, root)) != 0) return fail_errno(c);
    w->tmp_path = NULL;
    e = folder_sync(c, folder);
    /* The folder itself may be new, made just now by us or by another call. */
    if (e == OK) e = folder_sync(c, path_of(c, w->dir, "blobs"));
    return e;
}

enum err blob_finish(struct call *c, struct blob_writer *w, struct str *ret_root, int64_t *ret_size)
{
    ensure(w->fd >= 0);
    struct str root = merkle_end(&w->merkle);
    ensure(is_root(root));
    if (fchmod(w->fd, 0400) != 0 || fsync(w->fd) != 0) return fail_errno(c);
    int failed = close(w->fd);
    w->fd = -1;
    if (failed != 0) return fail_errno(c);
    enum err e = writer_rename(c, w, root);
    if (e != OK) return e;
    *ret_root = root;
    if (ret_size != NULL) *ret_size = w->size;
    return OK;
}

/* Reads up to a piece at `offset`; an early end of the file is an error. */
static enum err read_piece(struct call *c, int fd, int64_t offset, struct str *ret_piece)
{
    char *to = (char *)(uintptr_t)ret_piece->ptr;
    ssize_t n = pread(fd, to, ret_piece->len, offset);
    while (n < 0 && errno == EINTR)
        n = pread(fd, to, ret_piece->len, offset);
    if (n <= 0) return fail(c, ERR_IO, "blob.io");
    ret_piece->len = (size_t)n;
    return OK;
}

enum err blob_import(struct call *c, struct str dir, int fd, int64_t offset, int64_t size,
                     struct str *ret_root)
{
    ensure(offset >= 0);
    ensure(size >= 0);
    struct blob_writer *w = NULL;
    enum err e = blob_create(c, dir, LIMIT_FILE_BYTES, &w);
    char *piece = arena_alloc(c->arena, PIECE_BYTES);
    int64_t done = 0;
    while (e == OK && done < size) {
        struct str bytes = {piece, size - done < PIECE_BYTES ? (size_t)(size - done) : PIECE_BYTES};
        e = read_piece(c, fd, offset + done, &bytes);
        if (e == OK) e = blob_write(c, w, bytes);
        done += (int64_t)bytes.len;
    }
    if (e == OK) e = blob_finish(c, w, ret_root, NULL);
    if (e != OK && w != NULL) writer_drop(w);
    return e;
}

static void close_deferred(void *arg)
{
    (void)close(*(int *)arg);
}

enum err blob_open(struct call *c, struct str dir, struct str root, int *ret_fd, int64_t *ret_size)
{
    if (!is_root(root)) return fail(c, ERR_NOT_FOUND, "blob.missing");
    int fd = open(file_path(c, dir, root), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) return fail(c, ERR_NOT_FOUND, "blob.missing");
    if (fd < 0) return fail(c, ERR_IO, "blob.io");
    int *kept = arena_alloc(c->arena, sizeof *kept);
    *kept = fd;
    arena_defer(c->arena, close_deferred, kept);
    struct stat st = {};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return fail(c, ERR_IO, "blob.io");
    *ret_fd = fd;
    *ret_size = st.st_size;
    return OK;
}

bool blob_has(struct call *c, struct str dir, struct str root)
{
    struct stat st = {};
    return is_root(root) && stat(file_path(c, dir, root), &st) == 0 && S_ISREG(st.st_mode);
}

static enum err verify_with(struct call *c, struct str dir, struct str root)
{
    int fd = -1;
    int64_t size = 0;
    enum err e = blob_open(c, dir, root, &fd, &size);
    if (e != OK) return e;
    struct merkle merkle = merkle_start(c->arena);
    char *piece = arena_alloc(c->arena, PIECE_BYTES);
    for (int64_t done = 0; done < size;) {
        struct str bytes = {piece, PIECE_BYTES};
        e = read_piece(c, fd, done, &bytes);
        if (e != OK) return e;
        merkle_add(&merkle, bytes);
        done += (int64_t)bytes.len;
    }
    if (!str_eq(merkle_end(&merkle), root)) return fail(c, ERR_CORRUPT, "blob.corrupt");
    return OK;
}

/* On an arena of its own: a check of all files runs in one call. */
enum err blob_verify(struct call *c, struct str dir, struct str root)
{
    struct arena *outer = c->arena;
    c->arena = arena_open(0);
    enum err e = verify_with(c, dir, root);
    arena_close(c->arena);
    c->arena = outer;
    return e;
}

enum err blob_clean_tmp(struct call *c, struct str dir)
{
    const char *path = path_of(c, dir, "tmp");
    DIR *folder = opendir(path);
    if (folder == NULL) return errno == ENOENT ? OK : fail(c, ERR_IO, "blob.io");
    errno = 0;
    const struct dirent *entry = readdir(folder);
    while (entry != NULL) {
        bool ours = str_starts(str_of(entry->d_name), S(TMP_PREFIX));
        if (ours) (void)unlinkat(dirfd(folder), entry->d_name, 0);
        entry = readdir(folder);
    }
    (void)closedir(folder);
    return OK;
}
