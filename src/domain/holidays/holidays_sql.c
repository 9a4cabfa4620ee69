#include "holidays_week.h"

#include "core/office.h"

/* This office's own records of a kind, oldest first: record, n. */
static enum err own_records(struct call *c, const char *kind, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT h.record, h.n FROM head h WHERE h.kind = $1 AND h.home = $2"
                     " ORDER BY h.created_ms, h.record",
                     ARGS(TEXT(str_of(kind)), TEXT(c->office->id)), ret_rows);
}

static enum err held_load(struct call *c, struct holidays_basis *basis)
{
    struct rows rows = {};
    enum err e = own_records(c, "holidays.decision", &rows);
    if (e != OK) return e;
    struct holidays_held *held = arena_array(c->arena, rows.count + 1, sizeof *held);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        held[i].record = rows_text(&rows, i, 0);
        held[i].n = rows_int(&rows, i, 1);
        e = record_body(c, "holidays.decision", held[i].record, &held[i].decision);
    }
    basis->held = held;
    basis->held_count = rows.count;
    return e;
}

static enum err kept_load(struct call *c, struct holidays_basis *basis)
{
    struct rows rows = {};
    enum err e = own_records(c, "holidays.week", &rows);
    if (e != OK) return e;
    struct holidays_kept *kept = arena_array(c->arena, rows.count + 1, sizeof *kept);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct holidays_week *week = arena_alloc(c->arena, sizeof *week);
        *week = (struct holidays_week){};
        kept[i] = (struct holidays_kept){rows_text(&rows, i, 0), rows_int(&rows, i, 1), week};
        e = record_body(c, "holidays.week", kept[i].record, week);
    }
    basis->kept = kept;
    basis->kept_count = rows.count;
    return e;
}

enum err holidays_sql_basis(struct call *c, struct holidays_basis *ret_basis)
{
    struct holidays_basis basis = {};
    enum err e = held_load(c, &basis);
    if (e == OK) e = kept_load(c, &basis);
    if (e == OK) *ret_basis = basis;
    return e;
}

/* A deadline stands once, however many owe something by it. */
enum err holidays_sql_dated(struct call *c, struct str version, int64_t from_day,
                            struct holidays_dated **ret_dated, size_t *ret_count)
{
    struct parties p = grant_parties(c);
    struct str present = str_format(c->arena, "%%\"calendar\":\"%.*s\"%%", STR_ARG(version));
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT DISTINCT o.about, h.kind, o.title, o.due_day, o.why"
                           " FROM obligation o JOIN head h ON h.record = o.about"
                           " WHERE " READER("o.about") " AND o.settled_ms IS NULL"
                                                       " AND h.home = $10 AND o.due_day >= $11"
                                                       " AND o.why NOT LIKE $12"
                                                       " ORDER BY o.due_day, o.about, o.why"
                                                       " LIMIT $13",
                           ARGS(READER_ARGS(p), TEXT(c->office->id), INT(from_day), TEXT(present),
                                INT(HOLIDAYS_DATED)),
                           &rows);
    if (e != OK) return e;
    struct holidays_dated *dated = arena_array(c->arena, rows.count + 1, sizeof *dated);
    for (size_t i = 0; i < rows.count; i++) {
        dated[i] = (struct holidays_dated){.record = rows_text(&rows, i, 0),
                                           .kind = rows_text(&rows, i, 1),
                                           .title = rows_text(&rows, i, 2),
                                           .due_day = rows_int(&rows, i, 3),
                                           .why = rows_text(&rows, i, 4)};
    }
    *ret_dated = dated;
    *ret_count = rows.count;
    return OK;
}
