#include "core/paper.h"

#include <string.h>

/* Makes room for one more element: the room doubles whenever the count is a power of two, so no
 * capacity is kept. */
static void *grow(struct call *c, void *rows, size_t count, size_t bytes)
{
    if ((count & (count - 1)) != 0) return rows;
    void *larger = arena_array(c->arena, count == 0 ? 1 : count * 2, bytes);
    if (count > 0) memcpy(larger, rows, count * bytes);
    return larger;
}

void paper_start(struct call *c, struct paper *ret_paper, enum paper_turn turn)
{
    *ret_paper = (struct paper){.turn = turn, .made_ms = c->now_ms};
}

void paper_part(struct call *c, struct paper_parts *parts, enum paper_part_kind kind,
                struct str text)
{
    paper_part_marked(c, parts, kind, text, (struct str){});
}

void paper_part_marked(struct call *c, struct paper_parts *parts, enum paper_part_kind kind,
                       struct str text, struct str mark)
{
    enum { MARK_BYTES_MAX = 34 }; /* 40 in a file, less what numbers the paragraph */
    ensure(mark.len <= MARK_BYTES_MAX);
    parts->parts = grow(c, parts->parts, parts->count, sizeof *parts->parts);
    parts->parts[parts->count++] = (struct paper_part){kind, text, mark};
}

struct paper_table *paper_table(struct call *c, struct paper *paper, struct str title)
{
    struct paper_table *table = arena_alloc(c->arena, sizeof *table);
    table->title = title;
    paper->tables = grow(c, paper->tables, paper->table_count, sizeof(struct paper_table *));
    paper->tables[paper->table_count++] = table;
    return table;
}

void paper_column(struct paper_table *table, struct str heading, int width_mm,
                  enum paper_align align)
{
    ensure(table->column_count < PAPER_COLUMNS_MAX);
    ensure(table->row_count == 0);
    ensure(width_mm > 0);
    table->columns[table->column_count++] = (struct paper_column){heading, width_mm, align};
}

static struct paper_cell *row_add(struct call *c, struct paper_table *table,
                                  enum paper_row_kind kind, size_t cells)
{
    ensure(table->column_count > 0);
    table->rows = grow(c, table->rows, table->row_count, sizeof *table->rows);
    struct paper_row *row = &table->rows[table->row_count++];
    *row = (struct paper_row){kind, arena_array(c->arena, cells, sizeof(struct paper_cell))};
    return row->cells;
}

struct paper_cell *paper_row(struct call *c, struct paper_table *table, enum paper_row_kind kind)
{
    ensure(kind != PAPER_GROUP);
    return row_add(c, table, kind, table->column_count);
}

void paper_group(struct call *c, struct paper_table *table, struct str text)
{
    *row_add(c, table, PAPER_GROUP, 1) = paper_text(text);
}

struct paper_cell paper_text(struct str text)
{
    return (struct paper_cell){.kind = PAPER_TEXT, .text = text};
}

struct paper_cell paper_date(int64_t day)
{
    return (struct paper_cell){.kind = PAPER_DATE, .value = day};
}

struct paper_cell paper_number(int64_t value)
{
    return (struct paper_cell){.kind = PAPER_NUMBER, .value = value};
}
