#pragma once
/*
 * tree.h: the Merkle tree of a log as arithmetic: which subtrees a proof consists of, and whether a
 * proof holds. Knows no store; leaves and nodes are hashed by store/blob.h.
 *
 * A subtree is the range of leaves below it. Those in proofs begin at a multiple of the largest
 * power of two within them, so each is a row of perfect subtrees, the largest first.
 * Source: RFC 6962 2.1; verification as in RFC 9162 2.1.3.2 and 2.1.4.2.
 */
#include "base/base.h"

enum { TREE_HASH_BYTES = 32, TREE_PATH_MAX = 63 };

struct tree_range {
    int64_t from;
    int64_t to; /* exclusive */
};

/* The subtrees whose hashes prove that leaf `index` is in the tree of `size`, from the leaf up.
 * Returns how many. Shapes: 0 <= index < size. */
size_t tree_inclusion(int64_t index, int64_t size, struct tree_range ret_path[TREE_PATH_MAX]);

/* The subtrees whose hashes prove that the tree of `size` continues that of `old_size`. Returns how
 * many; none when the sizes are equal or the old tree is empty. Shapes: 0 <= old_size <= size. */
size_t tree_consistency(int64_t old_size, int64_t size, struct tree_range ret_path[TREE_PATH_MAX]);

/* The perfect subtrees of a range, from the left. Returns how many. Shapes: a range of a proof, or
 * from 0; not empty. */
size_t tree_perfect(struct tree_range range, struct tree_range ret_parts[TREE_PATH_MAX]);

/* The hash of a range from those of its perfect subtrees. Shapes: count > 0. */
void tree_fold(const uint8_t (*parts)[TREE_HASH_BYTES], size_t count,
               uint8_t ret_hash[TREE_HASH_BYTES]);

/* A tree that grows leaf by leaf and keeps only its perfect subtrees. Zero is the empty tree. */
struct tree_sum {
    int64_t size;
    uint8_t parts[TREE_PATH_MAX + 1][TREE_HASH_BYTES]; /* from the left, the largest first */
    size_t count;
};
void tree_add(struct tree_sum *sum, const uint8_t leaf[TREE_HASH_BYTES]);

/* Hashes of subtrees, in the order of tree_inclusion or tree_consistency. */
struct tree_path {
    uint8_t hashes[TREE_PATH_MAX][TREE_HASH_BYTES];
    size_t count;
};

/* A tree at one moment. */
struct tree_head {
    int64_t size;
    uint8_t root[TREE_HASH_BYTES];
};

/* The root of the tree without leaves. */
void tree_empty_root(uint8_t ret_root[TREE_HASH_BYTES]);
/* The head of a growing tree as it is now. */
void tree_sum_head(const struct tree_sum *sum, struct tree_head *ret_head);
/* Says that two heads have the same root. */
bool tree_same_root(const struct tree_head *a, const struct tree_head *b);
/* Says that the path proves the leaf hash at `index` of the head's tree. Any input is allowed. */
bool tree_included(const uint8_t leaf[TREE_HASH_BYTES], int64_t index, const struct tree_head *head,
                   const struct tree_path *path);
/* Says that the path proves that `head` continues `old`. Any input is allowed. */
bool tree_continues(const struct tree_head *old, const struct tree_head *head,
                    const struct tree_path *path);
