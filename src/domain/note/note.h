#pragma once
/*
 * note.h: what the files of this folder share. Nobody outside includes it: other folders reach a
 * module only through its table of contents, `note_module`.
 */
#include "core/record.h"

/* One line of the list. */
struct note_line {
    struct str record;
    struct str title;
    bool done;
    int64_t changed_ms;
};

/* Lists the notes the actor may see, newest change first.
 * Shapes: after = `changed_ms` and `record` of the last line seen, 0 and empty for the first page;
 * at most `limit` lines. */
enum err note_sql_list(struct call *c, const struct note_line *after, int64_t limit,
                       struct note_line **ret_lines, size_t *ret_count);
