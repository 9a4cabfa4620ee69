#include "store/blob.h"

#include "store/chunk.h"
#include "store/disk.h"
#include "store/merkle.h"
#include "store/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024 };

struct blob_writer {
    struct str dir;
    const char *tmp_path; /* NULL once renamed or removed */
    int fd;               /* -1 once closed */
    int64_t size;
    int64_t size_max;
    struct merkle merkle;
};

static const char *file_path(struct call *c, struct str dir, struct str root)
{
    return disk_shelf_path(c, dir, "blobs", root);
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
    const char *tmp_path = NULL;
    int fd = -1;
    enum err e = disk_temporary(c, dir, &tmp_path, &fd);
    if (e != OK) return e;
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
            (void)disk_fail(c);
            writer_drop(w); /* gives the space back at once; the file is never finished */
            return c->failure.err;
        }
        rest = str_sub(rest, (size_t)n, rest.len);
    }
    merkle_add(&w->merkle, bytes);
    w->size += (int64_t)bytes.len;
    return OK;
}

enum err blob_finish(struct call *c, struct blob_writer *w, struct str *ret_root, int64_t *ret_size)
{
    ensure(w->fd >= 0);
    struct str root = merkle_end(&w->merkle);
    ensure(disk_is_root(root));
    if (fchmod(w->fd, 0400) != 0 || fsync(w->fd) != 0) return disk_fail(c);
    int failed = close(w->fd);
    w->fd = -1;
    if (failed != 0) return disk_fail(c);
    /* A file that is there already has the same content and is replaced, which also repairs it if
     * the disk has damaged it. */
    enum err e =
        tree_write(c, w->dir, root, (const void *)w->merkle.leaves, (int64_t)w->merkle.count);
    if (e == OK) e = disk_shelf_put(c, w->dir, "blobs", root, w->tmp_path);
    if (e != OK) return e;
    w->tmp_path = NULL;
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

enum err blob_open(struct call *c, struct str dir, struct str root, int *ret_fd, int64_t *ret_size)
{
    if (!disk_is_root(root)) return fail(c, ERR_NOT_FOUND, "blob.missing");
    int fd = open(file_path(c, dir, root), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) return fail(c, ERR_NOT_FOUND, "blob.missing");
    if (fd < 0) return fail(c, ERR_IO, "blob.io");
    disk_defer(c, fd);
    struct stat st = {};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return fail(c, ERR_IO, "blob.io");
    *ret_fd = fd;
    *ret_size = st.st_size;
    return OK;
}

bool blob_has(struct call *c, struct str dir, struct str root)
{
    struct stat st = {};
    return disk_is_root(root) && stat(file_path(c, dir, root), &st) == 0 && S_ISREG(st.st_mode);
}

static enum err read_all(struct call *c, int fd, int64_t size, struct merkle *ret_merkle)
{
    struct merkle merkle = merkle_start(c->arena);
    char *piece = arena_alloc(c->arena, PIECE_BYTES);
    for (int64_t done = 0; done < size;) {
        struct str bytes = {piece, PIECE_BYTES};
        enum err e = read_piece(c, fd, done, &bytes);
        if (e != OK) return e;
        merkle_add(&merkle, bytes);
        done += (int64_t)bytes.len;
    }
    *ret_merkle = merkle;
    return OK;
}

static enum err verify_with(struct call *c, struct str dir, struct str root)
{
    int fd = -1;
    int64_t size = 0;
    struct merkle merkle = {};
    enum err e = blob_open(c, dir, root, &fd, &size);
    if (e == OK) e = read_all(c, fd, size, &merkle);
    if (e != OK) return e;
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

/* Says whether the chunk's path comes from the tree beside the file, and makes the tree anew from
 * the file when it is missing or wrong. */
static enum err chunk_path(struct call *c, struct str dir, int fd, struct chunk *chunk)
{
    uint8_t leaf[CHUNK_HASH_BYTES];
    enum err e = tree_path(c, dir, chunk, leaf);
    if (e == OK && chunk_path_holds(chunk, leaf)) return OK;
    if (e != OK && e != ERR_NOT_FOUND) return e;
    call_clear(c); /* of a file from before there were trees, or damaged */
    struct merkle merkle = {};
    e = read_all(c, fd, chunk->size, &merkle);
    if (e != OK) return e;
    if (!str_eq(merkle_end(&merkle), chunk->root)) return fail(c, ERR_CORRUPT, "blob.corrupt");
    e = tree_write(c, dir, chunk->root, (const void *)merkle.leaves, (int64_t)merkle.count);
    return e == OK ? tree_path(c, dir, chunk, leaf) : e;
}

enum err blob_chunk(struct call *c, struct str dir, struct str root, int64_t index,
                    struct chunk *ret_chunk)
{
    int fd = -1;
    uint8_t leaf[CHUNK_HASH_BYTES];
    struct chunk chunk = {.root = root, .index = index};
    enum err e = blob_open(c, dir, root, &fd, &chunk.size);
    if (e != OK) return e;
    if (index < 0 || index >= chunk_count(chunk.size)) {
        return fail(c, ERR_NOT_FOUND, "blob.missing");
    }
    size_t len = (size_t)chunk_bytes(chunk.size, index);
    char *bytes = arena_alloc(c->arena, len);
    e = disk_read(c, fd, index * CHUNK_BYTES, bytes, len);
    if (e != OK) return e;
    chunk.bytes = (struct str){bytes, len};
    if (chunk_count(chunk.size) > 1) e = chunk_path(c, dir, fd, &chunk);
    if (e != OK) return e;
    if (!chunk_holds(&chunk, leaf)) return fail(c, ERR_CORRUPT, "blob.corrupt");
    *ret_chunk = chunk;
    return OK;
}

static bool is_old(int folder_fd, const char *name, int64_t before_ms)
{
    struct stat st = {};
    return fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_mtim.tv_sec < before_ms / 1000;
}

enum err blob_clean_tmp(struct call *c, struct str dir, int64_t before_ms)
{
    DIR *folder = opendir(disk_path(c, dir, "tmp"));
    if (folder == NULL) return errno == ENOENT ? OK : fail(c, ERR_IO, "blob.io");
    const struct dirent *entry = readdir(folder);
    for (; entry != NULL; entry = readdir(folder)) {
        if (is_old(dirfd(folder), entry->d_name, before_ms)) {
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }
    (void)closedir(folder);
    return OK;
}

enum err blob_sweep(struct call *c, struct str dir, int folder, int64_t before_ms,
                    enum err (*keep)(struct call *c, struct str root, bool *ret_keep),
                    size_t *ret_seen)
{
    enum err e = OK;
    struct str path = str_format(c->arena, "%.*s/blobs/%02x", STR_ARG(dir), (unsigned)folder);
    DIR *files = opendir(path.ptr);
    if (files == NULL) return errno == ENOENT ? OK : fail(c, ERR_IO, "blob.io");
    const struct dirent *entry = readdir(files);
    for (; e == OK && entry != NULL; entry = readdir(files)) {
        struct str root = str_copy(c->arena, str_of(entry->d_name));
        bool kept = true;
        if (!disk_is_root(root)) continue;
        (*ret_seen)++;
        if (is_old(dirfd(files), root.ptr, before_ms)) e = keep(c, root, &kept);
        /* looked at again: the same content may have been brought just now */
        if (kept || !is_old(dirfd(files), root.ptr, before_ms)) continue;
        (void)unlinkat(dirfd(files), root.ptr, 0);
        (void)unlink(disk_shelf_path(c, dir, "trees", root));
    }
    (void)closedir(files);
    return e;
}
