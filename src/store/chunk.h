#pragma once
/*
 * chunk.h: a file as a row of chunks of 1 MiB, the last one shorter, whose RFC 6962 Merkle root is
 * the file's name. A chunk that comes with its path proves by itself that it belongs to the file:
 * it can be taken from anybody and needs no other chunk.
 *
 *               root                 The path of chunk 2 is  leaf 3, node 01:
 *             /      \               the neighbours on the way up. What has no
 *         01            23           neighbour goes up as it is, so a file of
 *        /  \          /  \          one chunk has no path and its root is its leaf.
 *       0    1        2    3
 */
#include "base/call.h"
#include "base/limits.h"

enum { CHUNK_HASH_BYTES = 32, CHUNK_PATH_MAX = 32 };

struct chunk {
    struct str root; /* 64 hex digits */
    int64_t size;    /* of the whole file */
    int64_t index;   /* of the chunk */
    struct str bytes;
    struct str path; /* hashes from the leaf's neighbour upwards, CHUNK_HASH_BYTES each */
};

/* Chunks of a file of that size; none for an empty one. */
int64_t chunk_count(int64_t size);
/* Bytes of one of them. Shapes: index < chunk_count(size). */
int64_t chunk_bytes(int64_t size, int64_t index);

/* Asks whether the chunk belongs to the file it names: its index, length and path fit the size and
 * the path leads to the root. Shapes: ret_leaf is the chunk's own hash, written in both cases.
 * Source: RFC 9162 2.1.3.2. */
bool chunk_holds(const struct chunk *chunk, uint8_t ret_leaf[CHUNK_HASH_BYTES]);

/* The same for a chunk that is known by its hash only. */
bool chunk_path_holds(const struct chunk *chunk, const uint8_t leaf[CHUNK_HASH_BYTES]);

/* All nodes of a file's tree lie in one row: the leaves, then each level above them, the root last.
 * Where in this row the path of a leaf lies, from its neighbour upwards. Shapes: index < count;
 * ret_nodes has CHUNK_PATH_MAX places. Source: RFC 6962 2.1.1. */
size_t chunk_path_nodes(int64_t count, int64_t index, int64_t *ret_nodes);
/* How many nodes the row has. */
int64_t chunk_tree_nodes(int64_t count);
/* Writes the row. Shapes: CHUNK_HASH_BYTES each; in the arena; not for an empty file. */
struct str chunk_tree(struct arena *arena, const uint8_t (*leaves)[CHUNK_HASH_BYTES],
                      int64_t count);
