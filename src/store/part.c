#include "store/part.h"

#include "store/blob.h"
#include "store/disk.h"
#include "store/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRY_BYTES = 1 + CHUNK_HASH_BYTES };
enum state { MISSING = 0, WRITTEN = 1, SYNCED = 2 };

struct part {
    struct str dir;
    struct str root;
    int64_t size;
    int64_t count; /* chunks */
    int64_t missing;
    int64_t next; /* no chunk before it is missing */
    const char *path;
    const char *map_path;
    int fd;
    int map_fd;
    uint8_t *states;
    int64_t written[PART_SYNC_CHUNKS]; /* chunks in state WRITTEN */
    size_t written_count;
};

static void part_drop(void *arg)
{
    struct part *part = arg;
    if (part->fd >= 0) (void)close(part->fd);
    if (part->map_fd >= 0) (void)close(part->map_fd); /* gives up the lock */
    part->fd = -1;
    part->map_fd = -1;
}

static enum err state_write(struct call *c, struct part *part, int64_t index, enum state state)
{
    char byte = (char)state;
    enum err e = disk_write(c, part->map_fd, index * ENTRY_BYTES, (struct str){&byte, 1});
    if (e == OK) part->states[index] = (uint8_t)state;
    return e;
}

/* What was written but perhaps not synced: is it what the map says? */
static enum err chunk_recheck(struct call *c, struct part *part, int64_t index,
                              const uint8_t hash[CHUNK_HASH_BYTES])
{
    uint8_t found[CHUNK_HASH_BYTES];
    size_t len = (size_t)chunk_bytes(part->size, index);
    struct arena *arena = arena_open(0);
    char *bytes = arena_alloc(arena, len);
    enum err e = disk_read(c, part->fd, index * CHUNK_BYTES, bytes, len);
    if (e == OK) merkle_leaf((struct str){bytes, len}, found);
    arena_close(arena);
    if (e != OK) return e;
    bool good = memcmp(found, hash, sizeof found) == 0;
    if (!good || part->written_count == PART_SYNC_CHUNKS) {
        return state_write(c, part, index, MISSING);
    }
    part->written[part->written_count++] = index;
    return OK;
}

static enum err entry_read(struct call *c, struct part *part, int64_t index, const uint8_t *entry,
                           int64_t file_bytes)
{
    int64_t end = index * CHUNK_BYTES + chunk_bytes(part->size, index);
    bool there = entry[0] != MISSING && entry[0] <= SYNCED && end <= file_bytes;
    part->states[index] = there ? entry[0] : MISSING;
    return part->states[index] == WRITTEN ? chunk_recheck(c, part, index, entry + 1) : OK;
}

/* Reads the map. One that is shorter than the file has chunks goes on with missing ones; one that
 * outlived its file is emptied. */
static enum err map_read(struct call *c, struct part *part)
{
    struct stat map_st = {};
    struct stat st = {};
    if (fstat(part->map_fd, &map_st) != 0 || fstat(part->fd, &st) != 0) return disk_fail(c);
    if (st.st_size == 0 && map_st.st_size > 0) {
        if (ftruncate(part->map_fd, 0) != 0 || fdatasync(part->map_fd) != 0) return disk_fail(c);
        map_st.st_size = 0;
    }
    int64_t whole = map_st.st_size / ENTRY_BYTES;
    if (whole > part->count) whole = part->count;
    uint8_t *map = arena_alloc(c->arena, (size_t)whole * ENTRY_BYTES + 1);
    enum err e = disk_read(c, part->map_fd, 0, map, (size_t)whole * ENTRY_BYTES);
    part->missing = part->count;
    for (int64_t i = 0; e == OK && i < whole; i++) {
        e = entry_read(c, part, i, map + i * ENTRY_BYTES, st.st_size);
        if (part->states[i] != MISSING) part->missing--;
    }
    return e;
}

/* Opens or makes the two files and takes the lock, which is on the map. */
static enum err files_open(struct call *c, struct part *part)
{
    enum err e = disk_folder_make(c, disk_path(c, part->dir, "parts"));
    if (e != OK) return e;
    part->map_fd = open(part->map_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (part->map_fd < 0) return disk_fail(c);
    if (flock(part->map_fd, LOCK_EX | LOCK_NB) != 0) return fail(c, ERR_BUSY, "part.busy");
    struct stat named = {};
    struct stat held = {};
    bool same = stat(part->map_path, &named) == 0 && fstat(part->map_fd, &held) == 0 &&
                named.st_ino == held.st_ino;
    if (!same) return fail(c, ERR_BUSY, "part.busy"); /* just finished by somebody else */
    part->fd = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return part->fd >= 0 ? OK : disk_fail(c);
}

enum err part_open(struct call *c, struct str dir, struct str root, int64_t size,
                   struct part **ret_part)
{
    ensure(size > 0);
    if (!disk_is_root(root)) return fail(c, ERR_INVALID, "part.root");
    struct part *part = arena_alloc(c->arena, sizeof *part);
    *part = (struct part){.dir = str_copy(c->arena, dir),
                          .root = str_copy(c->arena, root),
                          .size = size,
                          .count = chunk_count(size),
                          .fd = -1,
                          .map_fd = -1};
    struct str name =
        str_format(c->arena, "%.*s/parts/%.*s-%lld", STR_ARG(dir), STR_ARG(root), (long long)size);
    part->path = name.ptr;
    part->map_path = str_format(c->arena, "%s.map", name.ptr).ptr;
    part->states = arena_alloc(c->arena, (size_t)part->count);
    arena_defer(c->arena, part_drop, part);
    enum err e = files_open(c, part);
    if (e == OK) e = map_read(c, part);
    if (e != OK) {
        part_drop(part);
        return e;
    }
    *ret_part = part;
    return OK;
}

/* Whether the chunk of the blob leads to the root by the tree beside it, if that is still good. */
static bool chunk_is_good(struct call *c, const struct part *part, int fd, int64_t index,
                          uint8_t ret_leaf[CHUNK_HASH_BYTES])
{
    uint8_t kept[CHUNK_HASH_BYTES];
    struct chunk chunk = {.root = part->root, .size = part->size, .index = index};
    size_t len = (size_t)chunk_bytes(part->size, index);
    char *bytes = arena_alloc(c->arena, len);
    enum err e = part->count > 1 ? tree_path(c, part->dir, &chunk, kept) : OK;
    if (e == OK) e = disk_read(c, fd, index * CHUNK_BYTES, bytes, len);
    if (e != OK) {
        call_clear(c); /* a tree that is gone, a sector that cannot be read: not good */
        return false;
    }
    chunk.bytes = (struct str){bytes, len};
    return chunk_holds(&chunk, ret_leaf);
}

/* Fills the map with what is good of the blob. */
static enum err map_fill(struct call *c, struct part *part, int fd)
{
    enum err e = OK;
    for (int64_t i = 0; e == OK && i < part->count; i++) {
        struct call one = *c; /* its arena is empty again after each chunk */
        uint8_t entry[ENTRY_BYTES] = {SYNCED};
        one.arena = arena_open(0);
        if (chunk_is_good(&one, part, fd, i, entry + 1)) {
            struct str bytes = {(const char *)entry, sizeof entry};
            e = disk_write(&one, part->map_fd, i * ENTRY_BYTES, bytes);
            part->states[i] = SYNCED;
            part->missing--;
        }
        arena_close(one.arena);
        if (e != OK) (void)fail(c, e, one.failure.reason);
    }
    return e;
}

enum err part_again(struct call *c, struct str dir, struct str root, int64_t size,
                    struct part **ret_part)
{
    struct part *part = NULL;
    int fd = -1;
    int64_t blob_size = 0;
    enum err e = blob_open(c, dir, root, &fd, &blob_size);
    if (e == OK) e = part_open(c, dir, root, size, &part);
    if (e != OK) return e;
    part->missing = part->count;
    memset(part->states, MISSING, (size_t)part->count);
    if (ftruncate(part->map_fd, 0) != 0) e = disk_fail(c);
    if (e == OK) e = map_fill(c, part, fd);
    const char *path = disk_shelf_path(c, dir, "blobs", root);
    bool moved = e == OK && fdatasync(part->map_fd) == 0 && chmod(path, 0600) == 0 &&
                 rename(path, part->path) == 0;
    if (e == OK && !moved) e = disk_fail(c);
    part_drop(part);
    return e == OK ? part_open(c, dir, root, size, ret_part) : e;
}

int64_t part_next(const struct part *part)
{
    if (part->missing == 0) return -1;
    int64_t next = part->next;
    while (part->states[next] != MISSING)
        next++;
    ensure(next < part->count);
    return next;
}

int64_t part_missing(const struct part *part)
{
    return part->missing;
}

struct str part_map(const struct part *part, struct arena *arena)
{
    size_t len = (size_t)(part->count + 7) / 8;
    char *map = arena_alloc(arena, len);
    for (int64_t i = 0; i < part->count; i++) {
        if (part->states[i] != MISSING) map[i / 8] = (char)(map[i / 8] | 0x80 >> i % 8);
    }
    return (struct str){map, len};
}

/* First the bytes and the hashes, then the word that they are synced, which may reach the disk
 * alone. */
static enum err written_sync(struct call *c, struct part *part)
{
    enum err e = OK;
    if (fdatasync(part->fd) != 0 || fdatasync(part->map_fd) != 0) return disk_fail(c);
    for (size_t i = 0; e == OK && i < part->written_count; i++)
        e = state_write(c, part, part->written[i], SYNCED);
    if (e == OK) part->written_count = 0;
    return e;
}

enum err part_put(struct call *c, struct part *part, const struct chunk *chunk)
{
    uint8_t entry[ENTRY_BYTES] = {WRITTEN};
    ensure(part->fd >= 0);
    bool ours = str_eq(chunk->root, part->root) && chunk->size == part->size;
    if (!ours || !chunk_holds(chunk, entry + 1)) return fail(c, ERR_PEER, "part.chunk");
    if (part->states[chunk->index] != MISSING) return OK;
    enum err e = part->written_count == PART_SYNC_CHUNKS ? written_sync(c, part) : OK;
    if (e == OK) e = disk_write(c, part->fd, chunk->index * CHUNK_BYTES, chunk->bytes);
    struct str bytes = {(const char *)entry, sizeof entry};
    if (e == OK) e = disk_write(c, part->map_fd, chunk->index * ENTRY_BYTES, bytes);
    if (e != OK) return e;
    part->states[chunk->index] = WRITTEN;
    part->written[part->written_count++] = chunk->index;
    part->missing--;
    if (part->next == chunk->index) part->next++;
    return OK;
}

/* The tree over the hashes of all chunks, each of which was proven when it came. */
static enum err tree_finish(struct call *c, struct part *part)
{
    uint8_t root[CHUNK_HASH_BYTES];
    size_t len = (size_t)part->count * ENTRY_BYTES;
    uint8_t *map = arena_alloc(c->arena, len);
    uint8_t(*leaves)[CHUNK_HASH_BYTES] = arena_array(c->arena, (size_t)part->count, sizeof *leaves);
    enum err e = disk_read(c, part->map_fd, 0, map, len);
    if (e != OK) return e;
    for (int64_t i = 0; i < part->count; i++)
        memcpy(leaves[i], map + i * ENTRY_BYTES + 1, CHUNK_HASH_BYTES);
    merkle_root(c->arena, (const void *)leaves, (size_t)part->count, root);
    struct str hex = hex_encode(c->arena, (struct str){(const char *)root, sizeof root});
    if (str_eq(hex, part->root)) {
        return tree_write(c, part->dir, part->root, (const void *)leaves, part->count);
    }
    (void)unlink(part->path);
    (void)unlink(part->map_path);
    return fail(c, ERR_CORRUPT, "blob.corrupt");
}

enum err part_finish(struct call *c, struct part *part)
{
    ensure(part->missing == 0);
    if (fsync(part->fd) != 0) return disk_fail(c);
    enum err e = tree_finish(c, part);
    if (e == OK) e = disk_shelf_put(c, part->dir, "blobs", part->root, part->path);
    if (e == OK && fchmod(part->fd, 0400) != 0) e = disk_fail(c);
    if (e != OK) return e;
    (void)unlink(part->map_path); /* one that stays is emptied or swept */
    part_drop(part);
    return OK;
}

enum err part_sweep(struct call *c, struct str dir, int64_t before_ms,
                    enum err (*keep)(struct call *c, struct str root, bool *ret_keep))
{
    struct stat st = {};
    enum err e = OK;
    DIR *folder = opendir(disk_path(c, dir, "parts"));
    if (folder == NULL) return errno == ENOENT ? OK : fail(c, ERR_IO, "blob.io");
    const struct dirent *entry = readdir(folder);
    for (; e == OK && entry != NULL; entry = readdir(folder)) {
        bool kept = true;
        bool old = fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
                   S_ISREG(st.st_mode) && st.st_mtim.tv_sec < before_ms / 1000;
        struct str root = str_sub(str_of(entry->d_name), 0, 2 * CHUNK_HASH_BYTES);
        if (old) e = keep(c, str_copy(c->arena, root), &kept);
        if (!kept) (void)unlinkat(dirfd(folder), entry->d_name, 0);
    }
    (void)closedir(folder);
    return e;
}
