/* From leaf rows to a signed checkpoint: what was signed before is made anew and compared first. */
#include "core/office.h"
#include "exchange/log_sql.h"
#include "store/blob.h"

#include <sodium.h>
#include <string.h>

enum { SECRET_BYTES = 32, HASH = TREE_HASH_BYTES };

/* One round. */
struct signing {
    const struct sequencer *sequencer;
    struct log_head before;
    int64_t leaves;        /* rows in a row at the end of the log, as far as is known */
    int64_t from;          /* of the tile in which the signed tree ends */
    int64_t to;            /* of the tree to be signed */
    uint8_t (*hashes)[HASH]; /* of the leaves from .. to */
    bool differs;
    int64_t wake_ms;
};

/* The secret comes before everything else, in a transaction of its own: one that is lost after the
 * keeper has signed would make another tree of the same leaves. */
static enum err secret_step(struct call *c, void *arg)
{
    struct str secret = {};
    enum err e = log_secret_find(c, &secret);
    if (e != OK || secret.len > 0) return e;
    return log_secret_store(c, (struct str){arg, SECRET_BYTES});
}

static enum err secret_look(struct call *c, void *arg)
{
    return log_secret_find(c, arg);
}

static enum err secret_ensure(struct call *c)
{
    uint8_t bytes[SECRET_BYTES];
    struct str secret = {};
    enum err e = store_read(c, secret_look, &secret);
    if (e != OK || secret.len > 0) return e;
    c->env->random(c->env->self, bytes, sizeof bytes);
    e = store_tx(c, secret_step, bytes);
    sodium_memzero(bytes, sizeof bytes);
    return e;
}

static struct str slice(const struct signing *s, int64_t from, int64_t to)
{
    const uint8_t *first = s->hashes[from - s->from];
    return (struct str){(const char *)first, (size_t)(to - from) * HASH};
}

/* The root of a whole tile, and whether the tile is what its rows give. */
static enum err tile_compare(struct call *c, struct signing *s, int64_t n)
{
    uint8_t(*made)[HASH] = arena_array(c->arena, TILE_WIDTH, HASH);
    uint8_t root[HASH];
    struct str held = {};
    struct str above = {};
    int64_t count = 0;
    enum err e = log_leaves(c, n * TILE_WIDTH, (n + 1) * TILE_WIDTH, made, &count);
    if (e == OK) e = log_tile_load(c, 0, n, &held);
    if (e == OK) e = log_tile_load(c, 1, n / TILE_WIDTH, &above);
    if (e != OK) return e;
    merkle_root(c->arena, (const uint8_t(*)[HASH])made, TILE_WIDTH, root);
    size_t at = (size_t)(n % TILE_WIDTH) * HASH;
    bool same = count == TILE_WIDTH &&
                str_eq(held, (struct str){(const char *)made, TILE_WIDTH * HASH}) &&
                str_eq(str_sub(above, at, at + HASH), (struct str){(const char *)root, HASH});
    s->differs = s->differs || !same;
    return OK;
}

/* The last tile, one older one in turn, and the root against what was signed. */
static enum err before_compare(struct call *c, struct signing *s)
{
    struct str tile = {};
    struct tree_head made = {};
    int64_t size = s->before.head.size;
    int64_t full = size / TILE_WIDTH;
    s->differs = s->differs || s->to < size;
    enum err e = log_tile_load(c, 0, full, &tile);
    if (e != OK) return e;
    if (!s->differs && !str_eq(tile, slice(s, s->from, size))) s->differs = true;
    if (full > 0 && !s->differs) {
        e = tile_compare(c, s, c->now_ms / LOG_SIGN_EVERY_MS % full);
    }
    if (e != OK || s->differs || size == 0) return e;
    e = log_root(c, size, &made);
    if (e == ERR_CORRUPT) {
        call_clear(c); /* a tile is missing: told as a difference */
        s->differs = true;
        return OK;
    }
    struct checkpoint checkpoint = {.office = c->office->id, .head = made};
    bool same = tree_same_root(&made, &s->before.head) &&
                str_eq(checkpoint_write(c->arena, &checkpoint), s->before.text);
    s->differs = s->differs || (e == OK && !same);
    return e;
}

/* The head that the tiles of level 0 give by themselves. */
static enum err tiles_head(struct call *c, int64_t size, struct tree_head *ret_head)
{
    struct tree_sum sum = {};
    enum err e = OK;
    for (int64_t n = 0; e == OK && n * TILE_WIDTH < size; n++) {
        struct str tile = {};
        e = log_tile_load(c, 0, n, &tile);
        for (size_t at = 0; e == OK && at + HASH <= tile.len && sum.size < size; at += HASH)
            tree_add(&sum, (const uint8_t *)tile.ptr + at);
    }
    if (e == OK) tree_sum_head(&sum, ret_head);
    return e;
}

static bool same_head(const struct tree_head *a, const struct tree_head *b)
{
    return a->size == b->size && tree_same_root(a, b);
}

/* Names what was signed and the first thing that gives another head: the rows, the leaves in the
 * tiles, the tiles above. */
static enum err differs_alarm(struct call *c, const struct signing *s)
{
    const struct tree_head *known = &s->before.head;
    struct tree_head found = {};
    enum err e = log_rows_head(c, known->size, &found);
    if (e == OK && same_head(&found, known)) e = tiles_head(c, known->size, &found);
    if (e == OK && same_head(&found, known)) e = log_root(c, known->size, &found);
    if (e == ERR_CORRUPT && c->failure.err != OK) {
        call_clear(c); /* a tile is missing: no root can be made */
        found = (struct tree_head){};
        e = OK;
    }
    return e != OK ? e : log_alarm(c, c->office->id, "log.changed", known, &found);
}

/* Level 0 from the hashes; above, the root of each tile that has become full. */
static enum err tiles_store(struct call *c, const struct signing *s)
{
    enum err e = OK;
    for (int64_t at = s->from; e == OK && at < s->to; at += TILE_WIDTH) {
        int64_t end = at + TILE_WIDTH < s->to ? at + TILE_WIDTH : s->to;
        e = log_tile_store(c, 0, at / TILE_WIDTH, slice(s, at, end));
    }
    for (int64_t level = 1; e == OK && level < TILE_LEVELS; level++) {
        int64_t end = s->to >> (TILE_HEIGHT * level);
        int64_t at = s->before.head.size >> (TILE_HEIGHT * level);
        for (; e == OK && at < end; at++)
            e = log_tile_grow(c, level, at);
    }
    return e;
}

static enum err head_sign(struct call *c, const struct signing *s)
{
    uint8_t signature[64];
    struct log_head head = {.time_ms = c->now_ms};
    const struct signer *signer = &c->office->signer;
    enum err e = log_root(c, s->to, &head.head);
    if (e != OK) return e;
    struct checkpoint checkpoint = {.office = c->office->id, .head = head.head};
    head.text = checkpoint_write(c->arena, &checkpoint);
    e = signer->sign_note(signer->self, c, head.text, signature);
    if (e != OK) return e;
    head.line = note_line(c->arena, c->office->id, c->office->public_key,
                          (struct str){(const char *)signature, sizeof signature});
    return log_head_insert(c, &head);
}

static enum err leaves_make(struct call *c, struct signing *s)
{
    int64_t count = 0;
    int64_t size = s->before.head.size;
    enum err e = log_count(c, &s->leaves);
    if (e != OK) return e;
    s->from = size / TILE_WIDTH * TILE_WIDTH;
    s->to = s->leaves < size + LOG_LEAVES_A_RUN ? s->leaves : size + LOG_LEAVES_A_RUN;
    if (s->to < s->from) s->to = s->from;
    s->hashes = arena_array(c->arena, (size_t)(s->to - s->from) + 1, HASH);
    e = log_leaves(c, s->from, s->to, s->hashes, &count);
    s->differs = s->leaves < size || count < s->to - s->from; /* cut short, or a hole */
    s->to = s->from + count;
    return e;
}

static enum err sign_step(struct call *c, void *arg)
{
    struct signing *s = arg;
    *s = (struct signing){.sequencer = s->sequencer};
    enum err e = sequencer_check(c, s->sequencer);
    if (e == OK) e = log_head_load(c, &s->before);
    if (e == OK) e = leaves_make(c, s);
    if (e == OK) e = before_compare(c, s);
    if (e != OK) return e;
    if (s->differs) return differs_alarm(c, s);
    if (s->to == s->before.head.size) return OK;
    e = tiles_store(c, s);
    return e != OK ? e : head_sign(c, s);
}

/* Whether a round is due. */
static enum err due(struct call *c, void *arg)
{
    struct signing *s = arg;
    enum err e = log_head_load(c, &s->before);
    int64_t since_ms = c->now_ms - s->before.time_ms;
    bool waits = s->before.text.len > 0 && since_ms >= 0 && since_ms < LOG_SIGN_EVERY_MS;
    s->wake_ms = waits ? s->before.time_ms + LOG_SIGN_EVERY_MS : c->now_ms;
    return e;
}

enum err log_sign(struct call *c, const struct sequencer *sequencer, bool *ret_new,
                  int64_t *ret_wake_ms)
{
    struct signing s = {.sequencer = sequencer};
    ensure(sequencer->fence > 0);
    enum err e = store_read(c, due, &s);
    if (e != OK) return e;
    if (s.wake_ms > c->now_ms) {
        *ret_new = false;
        *ret_wake_ms = s.wake_ms;
        return OK;
    }
    e = secret_ensure(c);
    if (e == OK) e = store_tx(c, sign_step, &s);
    if (e != OK) return e;
    *ret_new = !s.differs && s.to > s.before.head.size;
    *ret_wake_ms = c->now_ms + LOG_SIGN_EVERY_MS;
    return OK;
}
