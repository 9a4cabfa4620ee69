#include "exchange/log_check.h"

#include "core/check_run.h"
#include "exchange/log_sql.h"
#include "exchange/note_key.h"

#include <string.h>

enum { HASH = TREE_HASH_BYTES };

static struct str tile_name(struct call *c, int64_t n)
{
    const struct tile tile = {.n = n, .width = TILE_WIDTH};
    return str_format(c->arena, "tile/%.*s", STR_ARG(tile_path(c->arena, &tile)));
}

/* The leaves of one tile from their rows: into the tree, and against what is stored. */
static enum err tile_check(struct check *k, int64_t n, int64_t size, struct tree_sum *sum)
{
    struct call reader = check_child(k);
    struct str tile = {};
    int64_t count = 0;
    int64_t width = tile_width(0, n, size);
    uint8_t(*hashes)[HASH] = arena_array(reader.arena, TILE_WIDTH, HASH);
    enum err e = log_leaves(&reader, n * TILE_WIDTH, n * TILE_WIDTH + width, hashes, &count);
    if (e == OK) e = log_tile_load(&reader, 0, n, &tile);
    for (int64_t i = 0; e == OK && i < count; i++)
        tree_add(sum, hashes[i]);
    struct str made = {(const char *)hashes, (size_t)width * HASH};
    if (e == OK && (count < width || !str_eq(tile, made))) {
        check_differs(k, "log_tile", tile_name(&reader, n));
    }
    if (e != OK) (void)fail(k->c, e, reader.failure.reason);
    check_child_end(&reader);
    return e;
}

/* The tiles above level 0 show in the root that is made from all tiles. */
static enum err root_check(struct check *k, const struct tree_sum *sum,
                           const struct tree_head *head)
{
    struct tree_head rows = {};
    struct tree_head tiles = {};
    tree_sum_head(sum, &rows);
    bool same = rows.size == head->size && tree_same_root(&rows, head);
    if (!same) {
        struct str both = str_format(k->c->arena, "%.*s / %.*s", STR_ARG(log_head_name(k->c, head)),
                                     STR_ARG(log_head_name(k->c, &rows)));
        check_differs(k, "log", both);
    }
    enum err e = log_root(k->c, head->size, &tiles);
    if (e == ERR_CORRUPT) {
        call_clear(k->c); /* named in the report */
        check_differs(k, "log_tile", S("tile/"));
        return OK;
    }
    if (e == OK && !tree_same_root(&tiles, head)) check_differs(k, "log_tile", S("tile/"));
    return e;
}

static enum err note_check(struct check *k, const struct log_head *head)
{
    struct str bytes = {};
    struct note note = {};
    struct call *c = k->c;
    struct str name = log_head_name(c, &head->head);
    enum err e = log_note(c, &bytes);
    if (e != OK) return e;
    if (note_read(c, bytes, &note) != OK) {
        call_clear(c); /* named in the report */
        check_differs(k, "log_cosign", name);
        return OK;
    }
    const struct checkpoint *checkpoint = &note.checkpoint;
    struct note_key key = {};
    e = note_signed_office(c, &note, c->office->id, &key);
    if (e != OK) return e;
    bool good = key.verdict == NOTE_GOOD &&
                str_eq(checkpoint->office, c->office->id) &&
                checkpoint->head.size == head->head.size &&
                tree_same_root(&checkpoint->head, &head->head);
    struct peer *peers = NULL;
    size_t count = 0;
    e = peer_list(c, &peers, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        e = note_cosigned_office(c, &note, peers[i].office, &key);
        good = good && key.verdict != NOTE_WRONG;
    }
    if (!good) check_differs(k, "log_cosign", name);
    return e;
}

enum err log_check(struct check *k)
{
    struct log_head head = {};
    struct tree_sum sum = {};
    enum err e = log_newest(k->c, &head);
    if (e != OK || head.text.len == 0) return e;
    for (int64_t n = 0; e == OK && n * TILE_WIDTH < head.head.size; n++)
        e = tile_check(k, n, head.head.size, &sum);
    if (e == OK) e = root_check(k, &sum, &head.head);
    return e == OK ? note_check(k, &head) : e;
}
