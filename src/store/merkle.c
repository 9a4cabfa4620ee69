#include "store/merkle.h"

#include "store/chunk.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

/* Source: RFC 6962 section 2.1: a leaf can never be taken for a node. */
static const uint8_t LEAF_PREFIX = 0x00;
static const uint8_t NODE_PREFIX = 0x01;

enum { LEAVES_FIRST = 16 };

static_assert(CHUNK_HASH_BYTES == crypto_hash_sha256_BYTES);

/* A chunk is hashed by OpenSSL, which uses the processor's own instructions. It fails only when it
 * has no SHA-256 at all. */
static void leaf_start(EVP_MD_CTX *leaf)
{
    bool good = EVP_DigestInit_ex(leaf, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(leaf, &LEAF_PREFIX, 1) == 1;
    ensure(good);
}

static void leaf_add(EVP_MD_CTX *leaf, struct str bytes)
{
    bool good = EVP_DigestUpdate(leaf, bytes.ptr, bytes.len) == 1;
    ensure(good);
}

static void leaf_end(EVP_MD_CTX *leaf, uint8_t ret_hash[32])
{
    bool good = EVP_DigestFinal_ex(leaf, ret_hash, NULL) == 1;
    ensure(good);
}

static EVP_MD_CTX *leaf_new(void)
{
    EVP_MD_CTX *leaf = EVP_MD_CTX_new();
    ensure(leaf != NULL);
    return leaf;
}

static void leaf_free(void *arg)
{
    EVP_MD_CTX_free(arg);
}

void merkle_leaf(struct str bytes, uint8_t ret_hash[32])
{
    EVP_MD_CTX *leaf = leaf_new();
    leaf_start(leaf);
    leaf_add(leaf, bytes);
    leaf_end(leaf, ret_hash);
    leaf_free(leaf);
}

void merkle_node(const uint8_t left[32], const uint8_t right[32], uint8_t ret_hash[32])
{
    crypto_hash_sha256_state node;
    (void)crypto_hash_sha256_init(&node);
    (void)crypto_hash_sha256_update(&node, &NODE_PREFIX, 1);
    (void)crypto_hash_sha256_update(&node, left, CHUNK_HASH_BYTES);
    (void)crypto_hash_sha256_update(&node, right, CHUNK_HASH_BYTES);
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
    uint8_t(*level)[32] = arena_array(arena, count, CHUNK_HASH_BYTES);
    memcpy(level, leaves, count * CHUNK_HASH_BYTES);
    while (count > 1) {
        size_t pairs = count / 2;
        for (size_t i = 0; i < pairs; i++)
            merkle_node(level[2 * i], level[2 * i + 1], level[i]);
        if (count % 2 == 1) memcpy(level[pairs], level[count - 1], CHUNK_HASH_BYTES);
        count = pairs + count % 2;
    }
    memcpy(ret_hash, level[0], CHUNK_HASH_BYTES);
}

struct merkle merkle_start(struct arena *arena)
{
    struct merkle merkle = {.arena = arena, .leaf = leaf_new()};
    arena_defer(arena, leaf_free, merkle.leaf);
    leaf_start(merkle.leaf);
    return merkle;
}

static void chunk_end(struct merkle *merkle)
{
    if (merkle->count == merkle->room) {
        merkle->room = merkle->room == 0 ? LEAVES_FIRST : merkle->room * 2;
        uint8_t(*larger)[32] = arena_array(merkle->arena, merkle->room, CHUNK_HASH_BYTES);
        if (merkle->count > 0) memcpy(larger, merkle->leaves, merkle->count * CHUNK_HASH_BYTES);
        merkle->leaves = larger;
    }
    leaf_end(merkle->leaf, merkle->leaves[merkle->count++]);
    leaf_start(merkle->leaf);
    merkle->leaf_bytes = 0;
}

void merkle_add(struct merkle *merkle, struct str bytes)
{
    while (bytes.len > 0) {
        struct str piece = str_sub(bytes, 0, CHUNK_BYTES - merkle->leaf_bytes);
        leaf_add(merkle->leaf, piece);
        merkle->leaf_bytes += piece.len;
        if (merkle->leaf_bytes == CHUNK_BYTES) chunk_end(merkle);
        bytes = str_sub(bytes, piece.len, bytes.len);
    }
}

struct str merkle_end(struct merkle *merkle)
{
    if (merkle->leaf_bytes > 0) chunk_end(merkle);
    uint8_t root[CHUNK_HASH_BYTES];
    merkle_root(merkle->arena, (const uint8_t(*)[32])merkle->leaves, merkle->count, root);
    return hex_encode(merkle->arena, (struct str){(const char *)root, sizeof root});
}
