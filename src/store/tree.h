#pragma once
/*
 * tree.h: the hashes of a file's Merkle tree, kept under DIR/trees/ so that the path of a chunk can
 * be read without the file. They can be made anew from the file, so their bytes are not synced and
 * nobody trusts them: what is read must lead to the root. A file of one chunk has none. Only store/
 * includes it.
 */
#include "store/chunk.h"

/* Writes the tree over these leaves. Errors: those of disk_fail. */
enum err tree_write(struct call *c, struct str dir, struct str root,
                    const uint8_t (*leaves)[CHUNK_HASH_BYTES], int64_t count);
/* Reads the path of the chunk, of which root, size and index are set, into it, and its hash.
 * Errors: ERR_NOT_FOUND "blob.missing" when there is no tree of that size; ERR_IO "blob.io". */
enum err tree_path(struct call *c, struct str dir, struct chunk *chunk,
                   uint8_t ret_leaf[CHUNK_HASH_BYTES]);
