#include "store/merkle.h"

#include <string.h>

/* Source: RFC 6962 section 2.1: a leaf can never be taken for a node. */
static const uint8_t LEAF_PREFIX = 0x00;
static const uint8_t NODE_PREFIX = 0x01;

enum { HASH_BYTES = 32, LEAVES_FIRST = 16 };

static_assert(HASH_BYTES == crypto_hash_sha256_BYTES);

static void leaf_start(crypto_hash_sha256_state *leaf)
{
    (void)crypto_hash_sha256_init(leaf);
    (void)crypto_hash_sha256_update(leaf, &LEAF_PREFIX, 1);
}

static void leaf_add(crypto_hash_sha256_state *leaf, struct str bytes)
{
    if (bytes.len == 0) return;
    (void)crypto_hash_sha256_update(leaf, (const uint8_t *)bytes.ptr, bytes.len);
}

void merkle_leaf(struct str bytes, uint8_t ret_hash[32])
{
    crypto_hash_sha256_state leaf;
    leaf_start(&leaf);
    leaf_add(&leaf, bytes);
    (void)crypto_hash_sha256_final(&leaf, ret_hash);
}

static void node_hash(const uint8_t left[32], const uint8_t right[32], uint8_t ret_hash[32])
{
    crypto_hash_sha256_state node;
    (void)crypto_hash_sha256_init(&node);
    (void)crypto_hash_sha256_update(&node, &NODE_PREFIX, 1);
    (void)crypto_hash_sha256_update(&node, left, HASH_BYTES);
    (void)crypto_hash_sha256_update(&node, right, HASH_BYTES);
    (void)crypto_hash_sha256_final(&node, ret_hash);
}

/* Level by level, in place; what has no partner goes up as it is. That is the RFC's tree, whose
 * left side is always the largest full one. */
void merkle_root(struct arena *arena, const uint8_t (*leaves)[32], size_t count,
                 uint8_t ret_hash[32])
{
    if (count == 0) {
        (void)crypto_hash_sha256(ret_hash, (const uint8_t *)"", 0);
        return;
    }
    uint8_t(*level)[32] = arena_array(arena, count, HASH_BYTES);
    memcpy(level, leaves, count * HASH_BYTES);
    while (count > 1) {
        size_t pairs = count / 2;
        for (size_t i = 0; i < pairs; i++)
            node_hash(level[2 * i], level[2 * i + 1], level[i]);
        if (count % 2 == 1) memcpy(level[pairs], level[count - 1], HASH_BYTES);
        count = pairs + count % 2;
    }
    memcpy(ret_hash, level[0], HASH_BYTES);
}

struct merkle merkle_start(struct arena *arena)
{
    struct merkle merkle = {.arena = arena};
    leaf_start(&merkle.leaf);
    return merkle;
}

static void leaf_end(struct merkle *merkle)
{
    if (merkle->count == merkle->room) {
        merkle->room = merkle->room == 0 ? LEAVES_FIRST : merkle->room * 2;
        uint8_t(*larger)[32] = arena_array(merkle->arena, merkle->room, HASH_BYTES);
        if (merkle->count > 0) memcpy(larger, merkle->leaves, merkle->count * HASH_BYTES);
        merkle->leaves = larger;
    }
    (void)crypto_hash_sha256_final(&merkle->leaf, merkle->leaves[merkle->count++]);
    leaf_start(&merkle->leaf);
    merkle->leaf_bytes = 0;
}

void merkle_add(struct merkle *merkle, struct str bytes)
{
    while (bytes.len > 0) {
        struct str piece = str_sub(bytes, 0, CHUNK_BYTES - merkle->leaf_bytes);
        leaf_add(&merkle->leaf, piece);
        merkle->leaf_bytes += piece.len;
        if (merkle->leaf_bytes == CHUNK_BYTES) leaf_end(merkle);
        bytes = str_sub(bytes, piece.len, bytes.len);
    }
}

struct str merkle_end(struct merkle *merkle)
{
    if (merkle->leaf_bytes > 0) leaf_end(merkle);
    uint8_t root[HASH_BYTES];
    merkle_root(merkle->arena, (const uint8_t(*)[32])merkle->leaves, merkle->count, root);
    return hex_encode(merkle->arena, (struct str){(const char *)root, sizeof root});
}
