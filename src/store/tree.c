#include "store/tree.h"

#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum err tree_write(struct call *c, struct str dir, struct str root,
                    const uint8_t (*leaves)[CHUNK_HASH_BYTES], int64_t count)
{
    const char *path = NULL;
    int fd = -1;
    if (count < 2) return OK;
    enum err e = disk_temporary(c, dir, &path, &fd);
    if (e != OK) return e;
    e = disk_write(c, fd, 0, chunk_tree(c->arena, leaves, count));
    if (close(fd) != 0 && e == OK) e = disk_fail(c);
    if (e == OK) e = disk_shelf_put(c, dir, "trees", root, path);
    if (e != OK) (void)unlink(path);
    return e;
}

static enum err nodes_read(struct call *c, int fd, struct chunk *chunk,
                           uint8_t ret_leaf[CHUNK_HASH_BYTES])
{
    int64_t nodes[CHUNK_PATH_MAX];
    int64_t count = chunk_count(chunk->size);
    size_t steps = chunk_path_nodes(count, chunk->index, nodes);
    char *path = arena_alloc(c->arena, steps * CHUNK_HASH_BYTES + 1);
    enum err e = disk_read(c, fd, chunk->index * CHUNK_HASH_BYTES, ret_leaf, CHUNK_HASH_BYTES);
    for (size_t i = 0; e == OK && i < steps; i++) {
        e = disk_read(c, fd, nodes[i] * CHUNK_HASH_BYTES, path + i * CHUNK_HASH_BYTES,
                      CHUNK_HASH_BYTES);
    }
    if (e == OK) chunk->path = (struct str){path, steps * CHUNK_HASH_BYTES};
    return e;
}

enum err tree_path(struct call *c, struct str dir, struct chunk *chunk,
                   uint8_t ret_leaf[CHUNK_HASH_BYTES])
{
    struct stat st = {};
    int64_t bytes = chunk_tree_nodes(chunk_count(chunk->size)) * CHUNK_HASH_BYTES;
    int fd = open(disk_shelf_path(c, dir, "trees", chunk->root), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) return fail(c, ERR_NOT_FOUND, "blob.missing");
    if (fd < 0) return fail(c, ERR_IO, "blob.io");
    bool whole = fstat(fd, &st) == 0 && st.st_size == bytes;
    enum err e =
        whole ? nodes_read(c, fd, chunk, ret_leaf) : fail(c, ERR_NOT_FOUND, "blob.missing");
    (void)close(fd);
    return e;
}
