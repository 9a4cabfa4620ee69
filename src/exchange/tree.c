#include "exchange/tree.h"

#include "store/blob.h"

#include <string.h>

/* The largest power of two below `count`. */
static int64_t split(int64_t count)
{
    int64_t power = 1;
    ensure(count > 1);
    while (power < count - power)
        power *= 2;
    return power;
}

static void reverse(struct tree_range *path, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct tree_range held = path[i];
        path[i] = path[count - 1 - i];
        path[count - 1 - i] = held;
    }
}

size_t tree_inclusion(int64_t index, int64_t size, struct tree_range ret_path[TREE_PATH_MAX])
{
    ensure(index >= 0 && index < size);
    struct tree_range at = {0, size};
    size_t count = 0;
    while (at.to - at.from > 1) {
        int64_t middle = at.from + split(at.to - at.from);
        bool left = index < middle;
        ret_path[count++] = left ? (struct tree_range){middle, at.to}
                                 : (struct tree_range){at.from, middle};
        if (left) {
            at.to = middle;
        } else {
            at.from = middle;
        }
    }
    reverse(ret_path, count);
    return count;
}

size_t tree_consistency(int64_t old_size, int64_t size, struct tree_range ret_path[TREE_PATH_MAX])
{
    ensure(old_size >= 0 && old_size <= size);
    struct tree_range at = {0, size};
    size_t count = 0;
    if (old_size == 0 || old_size == size) return 0;
    while (at.to != old_size) {
        int64_t middle = at.from + split(at.to - at.from);
        bool left = old_size <= middle;
        ret_path[count++] = left ? (struct tree_range){middle, at.to}
                                 : (struct tree_range){at.from, middle};
        if (left) {
            at.to = middle;
        } else {
            at.from = middle;
        }
    }
    if (at.from > 0) ret_path[count++] = at; /* else it is the old root, which the verifier has */
    reverse(ret_path, count);
    return count;
}

size_t tree_perfect(struct tree_range range, struct tree_range ret_parts[TREE_PATH_MAX])
{
    size_t count = 0;
    ensure(range.from >= 0 && range.from < range.to);
    while (range.from < range.to) {
        int64_t left = range.to - range.from;
        int64_t width = left > 1 ? split(left) : 1;
        if (width * 2 == left) width = left;
        ensure(range.from % width == 0);
        ret_parts[count++] = (struct tree_range){range.from, range.from + width};
        range.from += width;
    }
    return count;
}

void tree_fold(const uint8_t (*parts)[TREE_HASH_BYTES], size_t count,
               uint8_t ret_hash[TREE_HASH_BYTES])
{
    uint8_t hash[TREE_HASH_BYTES];
    ensure(count > 0);
    memcpy(hash, parts[count - 1], sizeof hash);
    for (size_t i = count - 1; i > 0; i--)
        merkle_node(parts[i - 1], hash, hash);
    memcpy(ret_hash, hash, sizeof hash);
}

void tree_empty_root(uint8_t ret_root[TREE_HASH_BYTES])
{
    merkle_root(NULL, NULL, 0, ret_root);
}

void tree_add(struct tree_sum *sum, const uint8_t leaf[TREE_HASH_BYTES])
{
    ensure(sum->size < INT64_MAX);
    memcpy(sum->parts[sum->count++], leaf, TREE_HASH_BYTES);
    sum->size++;
    for (int64_t n = sum->size; n % 2 == 0; n /= 2) {
        sum->count--;
        merkle_node(sum->parts[sum->count - 1], sum->parts[sum->count], sum->parts[sum->count - 1]);
    }
}

void tree_sum_head(const struct tree_sum *sum, struct tree_head *ret_head)
{
    struct tree_head head = {.size = sum->size};
    tree_empty_root(head.root);
    if (sum->count > 0) {
        tree_fold((const uint8_t(*)[TREE_HASH_BYTES])sum->parts, sum->count, head.root);
    }
    *ret_head = head;
}

bool tree_same_root(const struct tree_head *a, const struct tree_head *b)
{
    return memcmp(a->root, b->root, sizeof a->root) == 0;
}

/* Where a verifier stands: the node's number and that of the last node, on one level. */
struct place {
    int64_t node;
    int64_t last;
};

static void up(struct place *place)
{
    place->node /= 2;
    place->last /= 2;
}

/* Takes the next hash as the left neighbour? Where the node is last without a partner, goes up to
 * the level on which it has one. */
static bool neighbour_is_left(struct place *place)
{
    bool left = place->node % 2 == 1 || place->node == place->last;
    while (left && place->node % 2 == 0 && place->node != 0)
        up(place);
    return left;
}

bool tree_included(const uint8_t leaf[TREE_HASH_BYTES], int64_t index,
                   const struct tree_head *head, const struct tree_path *path)
{
    struct place place = {index, head->size - 1};
    struct tree_head made = *head;
    if (index < 0 || index >= head->size || path->count > TREE_PATH_MAX) return false;
    memcpy(made.root, leaf, sizeof made.root);
    for (size_t i = 0; i < path->count; i++) {
        if (place.last == 0) return false;
        if (neighbour_is_left(&place)) {
            merkle_node(path->hashes[i], made.root, made.root);
        } else {
            merkle_node(made.root, path->hashes[i], made.root);
        }
        up(&place);
    }
    return place.last == 0 && tree_same_root(&made, head);
}

bool tree_continues(const struct tree_head *old, const struct tree_head *head,
                    const struct tree_path *path)
{
    struct tree_head was = *old; /* made from the path: the old root and the new one */
    struct tree_head is = *head;
    if (old->size < 0 || old->size > head->size || path->count > TREE_PATH_MAX) return false;
    if (old->size == head->size) return path->count == 0 && tree_same_root(old, head);
    if (old->size == 0) return path->count == 0;
    struct place place = {old->size - 1, head->size - 1};
    bool perfect = (old->size & (old->size - 1)) == 0; /* then the old root is the first hash */
    size_t at = perfect ? 0 : 1;
    if (path->count == 0) return false;
    while (place.node % 2 == 1)
        up(&place);
    if (!perfect) memcpy(was.root, path->hashes[0], sizeof was.root);
    memcpy(is.root, was.root, sizeof is.root);
    for (; at < path->count; at++) {
        if (place.last == 0) return false;
        if (neighbour_is_left(&place)) {
            merkle_node(path->hashes[at], was.root, was.root);
            merkle_node(path->hashes[at], is.root, is.root);
        } else {
            merkle_node(is.root, path->hashes[at], is.root);
        }
        up(&place);
    }
    return place.last == 0 && tree_same_root(&was, old) && tree_same_root(&is, head);
}
