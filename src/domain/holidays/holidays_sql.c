#include "holidays.h"

#include "core/office.h"

enum err holidays_sql_list(struct call *c, struct holidays_held **ret_held, size_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT h.record, h.n FROM head h"
                           " WHERE h.kind = 'holidays.decision' AND h.home = $1"
                           " ORDER BY h.created_ms, h.record",
                           ARGS(TEXT(c->office->id)), &rows);
    if (e != OK) return e;
    struct holidays_held *held = arena_array(c->arena, rows.count + 1, sizeof *held);
    for (size_t i = 0; i < rows.count; i++) {
        held[i].record = rows_text(&rows, i, 0);
        held[i].n = rows_int(&rows, i, 1);
        e = record_body(c, "holidays.decision", held[i].record, &held[i].decision);
        if (e != OK) return e;
    }
    *ret_held = held;
    *ret_count = rows.count;
    return OK;
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
