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
