#pragma once
/*
 * merkle.h: the Merkle root of a file that is read piece by piece. The hashes of lists stand in
 * blob.h.
 */
#include "base/limits.h"
#include "store/blob.h"

#include <sodium.h>

struct merkle {
    struct arena *arena;
    crypto_hash_sha256_state leaf; /* of the chunk that is not yet full */
    size_t leaf_bytes;
    uint8_t (*leaves)[32];
    size_t count;
    size_t room;
};

/* Starts an empty file. */
struct merkle merkle_start(struct arena *arena);
/* Takes the next bytes of the file. */
void merkle_add(struct merkle *merkle, struct str bytes);
/* Ends the file. Shapes: the root as 64 hex digits in the arena. */
struct str merkle_end(struct merkle *merkle);
