#include "note.h"

#include "store/store.h"

/* READER is the filter of what the actor may see; every query of records carries it, before order,
 * count and limit. The table k_note_note has one
 * column for each field of NOTE_TABLE. */
enum err note_sql_list(struct call *c, const struct note_line *after, int64_t limit,
                       struct note_line **ret_lines, size_t *ret_count)
{
    struct parties p = grant_parties(c);
    int64_t changed_ms = after->record.len > 0 ? after->changed_ms : INT64_MAX;
    struct rows rows = {};
    enum err e = store_all(
        c,
        "SELECT h.record, n.title, n.done, h.changed_ms"
        " FROM head h JOIN k_note_note n ON n.record = h.record"
        " WHERE " READER("h.record") " AND h.kind = 'note.note'"
                                     " AND (h.changed_ms, h.record) < ($10, $11)"
                                     " ORDER BY h.changed_ms DESC, h.record DESC LIMIT $12",
        ARGS(READER_ARGS(p), INT(changed_ms), TEXT(after->record), INT(limit)), &rows);
    if (e != OK) return e;
    struct note_line *lines = arena_array(c->arena, rows.count + 1, sizeof *lines);
    for (size_t i = 0; i < rows.count; i++) {
        lines[i] = (struct note_line){.record = rows_text(&rows, i, 0),
                                      .title = rows_text(&rows, i, 1),
                                      .done = rows_int(&rows, i, 2) != 0,
                                      .changed_ms = rows_int(&rows, i, 3)};
    }
    *ret_lines = lines;
    *ret_count = rows.count;
    return OK;
}
