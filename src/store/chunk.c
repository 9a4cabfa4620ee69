#include "store/chunk.h"

#include "store/blob.h"
#include "store/merkle.h"

#include <string.h>

int64_t chunk_count(int64_t size)
{
    ensure(size >= 0);
    return size / CHUNK_BYTES + (size % CHUNK_BYTES > 0 ? 1 : 0);
}

int64_t chunk_bytes(int64_t size, int64_t index)
{
    ensure(index >= 0);
    ensure(index < chunk_count(size));
    int64_t left = size - index * CHUNK_BYTES;
    return left < CHUNK_BYTES ? left : CHUNK_BYTES;
}

/* One step up: the neighbour's place in its level, or false when there is none. */
static bool neighbour(int64_t count, int64_t index, int64_t *ret_neighbour)
{
    *ret_neighbour = index ^ 1;
    return *ret_neighbour < count;
}

size_t chunk_path_nodes(int64_t count, int64_t index, int64_t *ret_nodes)
{
    ensure(index >= 0);
    ensure(index < count);
    size_t found = 0;
    int64_t level = 0; /* where it begins in the row */
    while (count > 1) {
        int64_t at = 0;
        ensure(found < CHUNK_PATH_MAX);
        if (neighbour(count, index, &at)) ret_nodes[found++] = level + at;
        level += count;
        index /= 2;
        count = (count + 1) / 2;
    }
    return found;
}

int64_t chunk_tree_nodes(int64_t count)
{
    int64_t nodes = count;
    while (count > 1) {
        count = (count + 1) / 2;
        nodes += count;
    }
    return nodes;
}

struct str chunk_tree(struct arena *arena, const uint8_t (*leaves)[CHUNK_HASH_BYTES], int64_t count)
{
    ensure(count > 0);
    size_t bytes = (size_t)chunk_tree_nodes(count) * CHUNK_HASH_BYTES;
    uint8_t(*level)[CHUNK_HASH_BYTES] = arena_alloc(arena, bytes);
    struct str tree = {(const char *)level, bytes};
    memcpy(level, leaves, (size_t)count * CHUNK_HASH_BYTES);
    while (count > 1) {
        uint8_t(*above)[CHUNK_HASH_BYTES] = level + count;
        for (int64_t i = 0; i < count / 2; i++)
            merkle_node(level[2 * i], level[2 * i + 1], above[i]);
        if (count % 2 == 1) memcpy(above[count / 2], level[count - 1], CHUNK_HASH_BYTES);
        level = above;
        count = (count + 1) / 2;
    }
    return tree;
}

/* Goes up from the leaf in `hash`; false when the path has too few or too many hashes. */
static bool climb(const struct chunk *chunk, uint8_t hash[CHUNK_HASH_BYTES])
{
    const uint8_t *path = (const uint8_t *)chunk->path.ptr;
    size_t left = chunk->path.len;
    int64_t count = chunk_count(chunk->size);
    for (int64_t i = chunk->index; count > 1; i /= 2, count = (count + 1) / 2) {
        int64_t at = 0;
        if (!neighbour(count, i, &at)) continue;
        if (left < CHUNK_HASH_BYTES) return false;
        if (at < i) {
            merkle_node(path, hash, hash);
        } else {
            merkle_node(hash, path, hash);
        }
        path += CHUNK_HASH_BYTES;
        left -= CHUNK_HASH_BYTES;
    }
    return left == 0;
}

bool chunk_path_holds(const struct chunk *chunk, const uint8_t leaf[CHUNK_HASH_BYTES])
{
    uint8_t root[CHUNK_HASH_BYTES];
    uint8_t hash[CHUNK_HASH_BYTES];
    memcpy(hash, leaf, sizeof hash);
    if (!hex_decode(chunk->root, root, sizeof root)) return false;
    if (chunk->size < 0 || chunk->index < 0) return false;
    if (chunk->index >= chunk_count(chunk->size)) return false;
    return climb(chunk, hash) && memcmp(hash, root, sizeof root) == 0;
}

bool chunk_holds(const struct chunk *chunk, uint8_t ret_leaf[CHUNK_HASH_BYTES])
{
    merkle_leaf(chunk->bytes, ret_leaf);
    return chunk_path_holds(chunk, ret_leaf) &&
           (int64_t)chunk->bytes.len == chunk_bytes(chunk->size, chunk->index);
}
