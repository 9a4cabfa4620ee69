#pragma once
/*
 * merkle.h: the Merkle root of a file that is read piece by piece. The hashes of lists stand in
 * blob.h.
 */
#include "base/limits.h"
#include "store/blob.h"

#include <openssl/types.h>

struct merkle {
    struct arena *arena;
    EVP_MD_CTX *leaf; /* of the chunk that is not yet full */
    size_t leaf_bytes;
    uint8_t (*leaves)[32];
    size_t count;
    size_t room;
};

/* Starts an empty file. */
struct merkle merkle_start(struct arena *arena);
/* Takes the next bytes of the file. */
void merkle_add(struct merkle *merkle, struct str bytes);
/* Ends the file. Shapes: the root as 64 hex digits in the arena; `leaves` has all chunks. */
struct str merkle_end(struct merkle *merkle);

/* The hash above two others; ret_hash may be one of them. Source: RFC 6962 2.1. */
void merkle_node(const uint8_t left[32], const uint8_t right[32], uint8_t ret_hash[32]);
