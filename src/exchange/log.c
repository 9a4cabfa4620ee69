#include "exchange/log.h"

#include "core/office.h"
#include "exchange/exchange_sql.h"
#include "exchange/log_sql.h"
#include "store/blob.h"

#include <sodium.h>
#include <string.h>

enum { SECRET_BYTES = 32, HASH = TREE_HASH_BYTES };

/* ---- leaves ---- */

static void salt_make(struct str secret, int64_t index, const uint8_t object[1 + LEAF_OBJECT_BYTES],
                      uint8_t ret_salt[LEAF_SALT_BYTES])
{
    crypto_auth_hmacsha256_state state;
    uint8_t number[8];
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    ensure(secret.len == SECRET_BYTES);
    for (size_t i = 0; i < sizeof number; i++)
        number[i] = (uint8_t)((uint64_t)index >> (8 * (sizeof number - 1 - i)));
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret.ptr, secret.len);
    crypto_auth_hmacsha256_update(&state, number, sizeof number);
    crypto_auth_hmacsha256_update(&state, object, 1 + LEAF_OBJECT_BYTES);
    crypto_auth_hmacsha256_final(&state, mac);
    memcpy(ret_salt, mac, LEAF_SALT_BYTES);
}

/* False when the row holds no hash. */
static bool leaf_bytes(struct str secret, int64_t index, int64_t kind, struct str object,
                       uint8_t ret_leaf[LEAF_BYTES])
{
    ret_leaf[0] = (uint8_t)kind;
    if (kind < 0 || kind > UINT8_MAX || !hex_decode(object, ret_leaf + 1, LEAF_OBJECT_BYTES)) {
        return false;
    }
    salt_make(secret, index, ret_leaf, ret_leaf + 1 + LEAF_OBJECT_BYTES);
    return true;
}

enum err log_leaves(struct call *c, int64_t from, int64_t to, uint8_t (*ret_hashes)[HASH],
                    int64_t *ret_count)
{
    struct rows rows = {};
    struct str secret = {};
    uint8_t leaf[LEAF_BYTES];
    int64_t count = 0;
    ensure(from >= 0 && from <= to);
    enum err e = log_secret_find(c, &secret);
    if (e == OK) e = log_leaf_rows(c, from, to, &rows);
    if (e != OK) return e;
    bool sound = secret.len == SECRET_BYTES;
    for (size_t i = 0; sound && i < rows.count && count < to - from; i++) {
        int64_t index = rows_int(&rows, i, 0);
        sound = index == from + count &&
                leaf_bytes(secret, index, rows_int(&rows, i, 1), rows_text(&rows, i, 2), leaf);
        if (sound) merkle_leaf((struct str){(const char *)leaf, sizeof leaf}, ret_hashes[count++]);
    }
    *ret_count = count;
    return OK;
}

enum err log_rows_head(struct call *c, int64_t size, struct tree_head *ret_head)
{
    struct tree_sum sum = {};
    enum err e = OK;
    bool more = true;
    while (e == OK && more && sum.size < size) {
        struct call child = *c; /* a page of rows at a time is kept in memory */
        child.arena = arena_open(0);
        int64_t to = sum.size + LOG_LEAVES_A_RUN < size ? sum.size + LOG_LEAVES_A_RUN : size;
        int64_t wanted = to - sum.size;
        int64_t count = 0;
        uint8_t(*hashes)[HASH] = arena_array(child.arena, (size_t)wanted, HASH);
        e = log_leaves(&child, sum.size, to, hashes, &count);
        for (int64_t i = 0; e == OK && i < count; i++)
            tree_add(&sum, hashes[i]);
        more = count == wanted;
        if (e != OK) (void)fail(c, e, child.failure.reason);
        arena_close(child.arena);
    }
    if (e == OK) tree_sum_head(&sum, ret_head);
    return e;
}

/* ---- the tree from its tiles ---- */

/* The root of hashes in a row, as a tile holds them. */
static void slice_root(struct call *c, struct str hashes, uint8_t ret_root[HASH])
{
    size_t count = hashes.len / HASH;
    uint8_t(*list)[HASH] = arena_array(c->arena, count, HASH);
    memcpy(list, hashes.ptr, count * HASH);
    merkle_root(c->arena, (const uint8_t(*)[HASH])list, count, ret_root);
}

/* The hash of a perfect subtree: the root of a slice of one tile. */
static enum err perfect_hash(struct call *c, struct tree_range range, uint8_t ret_hash[HASH])
{
    struct str hashes = {};
    int64_t level = 0;
    int64_t width = range.to - range.from;
    for (; width >= TILE_WIDTH; width /= TILE_WIDTH)
        level++;
    int64_t first = range.from >> (TILE_HEIGHT * level);
    enum err e = log_tile_load(c, level, first / TILE_WIDTH, &hashes);
    if (e != OK) return e;
    int64_t at = first % TILE_WIDTH;
    if ((int64_t)hashes.len < (at + width) * HASH) return fail(c, ERR_CORRUPT, "log.tile");
    slice_root(c, str_sub(hashes, (size_t)at * HASH, (size_t)(at + width) * HASH), ret_hash);
    return OK;
}

static enum err range_hash(struct call *c, struct tree_range range, uint8_t ret_hash[HASH])
{
    struct tree_range parts[TREE_PATH_MAX];
    uint8_t hashes[TREE_PATH_MAX][HASH];
    enum err e = OK;
    size_t count = tree_perfect(range, parts);
    for (size_t i = 0; e == OK && i < count; i++)
        e = perfect_hash(c, parts[i], hashes[i]);
    if (e == OK) tree_fold((const uint8_t(*)[HASH])hashes, count, ret_hash);
    return e;
}

enum err log_root(struct call *c, int64_t size, struct tree_head *ret_head)
{
    struct tree_head head = {.size = size};
    enum err e = OK;
    tree_empty_root(head.root);
    if (size > 0) e = range_hash(c, (struct tree_range){0, size}, head.root);
    if (e == OK) *ret_head = head;
    return e;
}

enum err log_tile_grow(struct call *c, int64_t level, int64_t at)
{
    struct str below = {};
    struct str held = {};
    uint8_t root[HASH];
    int64_t n = at / TILE_WIDTH;
    enum err e = log_tile_load(c, level - 1, at, &below);
    if (e == OK) e = log_tile_load(c, level, n, &held);
    if (e != OK) return e;
    bool sound = below.len == TILE_WIDTH * HASH && (int64_t)held.len == at % TILE_WIDTH * HASH;
    if (!sound) return fail(c, ERR_CORRUPT, "log.tile");
    slice_root(c, below, root);
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, held);
    sb_put(&sb, (struct str){(const char *)root, sizeof root});
    return log_tile_store(c, level, n, sb_str(&sb));
}

enum err log_path(struct call *c, const struct tree_range *ranges, size_t count,
                  struct tree_path *ret_path)
{
    struct tree_path path = {.count = count};
    enum err e = OK;
    ensure(count <= TREE_PATH_MAX);
    for (size_t i = 0; e == OK && i < count; i++)
        e = range_hash(c, ranges[i], path.hashes[i]);
    if (e == OK) *ret_path = path;
    return e;
}

enum err log_tile(struct call *c, struct str path, struct str *ret_bytes)
{
    struct tile tile = {};
    struct log_head head = {};
    struct str hashes = {};
    if (!tile_parse(c->arena, path, &tile)) return fail(c, ERR_NOT_FOUND, "log.none");
    enum err e = log_head_load(c, &head);
    if (e != OK) return e;
    if (tile.width > tile_width(tile.level, tile.n, head.head.size)) {
        return fail(c, ERR_NOT_FOUND, "log.none");
    }
    e = log_tile_load(c, tile.level, tile.n, &hashes);
    if (e != OK) return e;
    size_t bytes = (size_t)tile.width * HASH;
    if (hashes.len < bytes) return fail(c, ERR_CORRUPT, "log.tile");
    *ret_bytes = str_sub(hashes, 0, bytes);
    return OK;
}

/* ---- what is told to others ---- */

enum err log_newest(struct call *c, struct log_head *ret_head)
{
    return log_head_load(c, ret_head);
}

static enum err note_make(struct call *c, const struct log_head *head, struct str *ret_note)
{
    struct rows rows = {};
    struct sb lines = sb_new(c->arena, 0);
    if (head->text.len == 0) return fail(c, ERR_NOT_FOUND, "log.none");
    enum err e = log_cosign_list(c, head->head.size, &rows);
    if (e != OK) return e;
    sb_put(&lines, head->line);
    for (size_t i = 0; i < rows.count; i++)
        sb_put(&lines, rows_text(&rows, i, 0));
    *ret_note = note_write(c->arena, head->text, sb_str(&lines));
    return OK;
}

enum err log_note(struct call *c, struct str *ret_note)
{
    struct log_head head = {};
    enum err e = log_head_load(c, &head);
    return e != OK ? e : note_make(c, &head, ret_note);
}

enum err log_proof(struct call *c, struct str object, struct log_proof *ret_proof)
{
    struct log_proof proof = {};
    struct log_head head = {};
    struct str secret = {};
    struct tree_range ranges[TREE_PATH_MAX];
    uint8_t *leaf = arena_alloc(c->arena, LEAF_BYTES);
    uint8_t hash[HASH];
    int64_t kind = 0;
    enum err e = log_leaf_find(c, object, &proof.index, &kind);
    if (e == OK) e = log_head_witnessed(c, proof.index, &head);
    if (e == OK) e = log_secret_find(c, &secret);
    if (e != OK) return e;
    if (head.head.size <= proof.index) return fail(c, ERR_NOT_FOUND, "log.none");
    if (secret.len != SECRET_BYTES || !leaf_bytes(secret, proof.index, kind, object, leaf)) {
        return fail(c, ERR_CORRUPT, "log.tile");
    }
    size_t count = tree_inclusion(proof.index, head.head.size, ranges);
    e = log_path(c, ranges, count, &proof.path);
    if (e == OK) e = note_make(c, &head, &proof.note);
    if (e != OK) return e;
    proof.leaf = (struct str){(const char *)leaf, LEAF_BYTES};
    merkle_leaf(proof.leaf, hash);
    if (!tree_included(hash, proof.index, &head.head, &proof.path)) {
        return fail(c, ERR_CORRUPT, "log.tile");
    }
    *ret_proof = proof;
    return OK;
}

struct str log_head_name(struct call *c, const struct tree_head *head)
{
    return str_format(c->arena, "%lld %.*s", (long long)head->size,
                      STR_ARG(tree_root_text(c->arena, head)));
}

enum err log_alarm(struct call *c, struct str office, const char *reason,
                   const struct tree_head *known, const struct tree_head *other)
{
    struct str detail = str_format(c->arena, "%.*s / %.*s", STR_ARG(log_head_name(c, known)),
                                   STR_ARG(log_head_name(c, other)));
    return alarm_raise(c, office, reason, detail);
}

enum err log_debt_read(struct call *c, struct node *ret_map)
{
    struct log_head head = {};
    struct rows cosigned = {};
    struct peer *peers = NULL;
    size_t count = 0;
    int64_t leaves = 0;
    int64_t waiting = 0;
    int64_t stamped = 0;
    int64_t stamped_ms = 0;
    int64_t best = 0;
    int64_t alarms = 0;
    enum err e = log_head_load(c, &head);
    if (e == OK) e = log_count(c, &leaves);
    if (e == OK) e = log_unnumbered(c, &waiting);
    if (e == OK) e = log_cosign_list(c, head.head.size, &cosigned);
    if (e == OK) e = log_cosign_best(c, &best);
    if (e == OK) e = log_stamp_newest(c, &stamped, &stamped_ms);
    if (e == OK) e = peer_list(c, &peers, &count);
    if (e == OK) e = log_alarm_count(c, c->office->id, &alarms);
    if (e != OK) return e;
    leaves += waiting;
    node_int(c, ret_map, "size", head.head.size);
    node_int(c, ret_map, "signed_ms", head.time_ms);
    node_int(c, ret_map, "unsigned", leaves - head.head.size);
    node_int(c, ret_map, "witnesses", (int64_t)(count < LOG_WITNESSES ? count : LOG_WITNESSES));
    node_int(c, ret_map, "witnessed", (int64_t)cosigned.count);
    node_int(c, ret_map, "debt", leaves - best);
    node_int(c, ret_map, "stamped", stamped);
    node_int(c, ret_map, "alarms", alarms);
    return OK;
}

static enum err debt_step(struct call *c, void *arg)
{
    return log_debt_read(c, arg);
}

enum err log_debt(struct call *c, struct node *ret_map)
{
    return store_read(c, debt_step, ret_map);
}
