#include "front/papers/tables.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

enum { FIRST_MM = 60, TEXT_MM = 40, NUMBER_MM = 22, UPRIGHT_COLUMNS = 4, DAY_LEN = 10 };

static bool is_table(const struct node *map)
{
    const struct node *columns = node_find(map, S("columns"));
    return columns != NULL && columns->type == NODE_LIST && columns->first != NULL &&
           columns->first->type == NODE_MAP && node_count(columns) <= PAPER_COLUMNS_MAX;
}

bool tables_any(const struct node *data)
{
    if (is_table(data)) return true;
    const struct node *sections = node_find(data, S("sections"));
    if (sections == NULL) return false;
    for (const struct node *section = sections->first; section != NULL; section = section->next) {
        if (is_table(section)) return true;
    }
    return false;
}

void tables_start(struct call *c, struct str title, struct paper *ret_paper)
{
    paper_start(c, ret_paper, PAPER_PORTRAIT);
    ret_paper->agency = c->office->name;
    ret_paper->day = time_hanoi_day(c->now_ms);
    ret_paper->title = title;
}

static bool is_number(const struct node *map)
{
    return str_eq(node_get(map, "kind"), S("number"));
}

static struct paper_table *table_start(struct call *c, const struct node *map, struct paper *paper)
{
    const struct node *columns = node_find(map, S("columns"));
    bool section = node_find(map, S("sections")) == NULL && node_find(map, S("acts")) == NULL;
    struct str title = section ? node_get(map, "title") : (struct str){};
    struct paper_table *table = paper_table(c, paper, title);
    for (const struct node *column = columns->first; column != NULL; column = column->next) {
        bool number = is_number(column);
        int width_mm = number ? NUMBER_MM : column == columns->first ? FIRST_MM : TEXT_MM;
        paper_column(table, node_get(column, "label"), width_mm, number ? PAPER_RIGHT : PAPER_LEFT);
    }
    if (table->column_count > UPRIGHT_COLUMNS) paper->turn = PAPER_LANDSCAPE;
    return table;
}

/* Numbers and days as such, so that a spreadsheet can sort and add them up. */
static struct paper_cell cell_of(const struct node *cell)
{
    struct str text = node_get(cell, "text");
    int64_t value = 0;
    if (is_number(cell) && parse_int(text, 0, INT64_MAX, &value)) return paper_number(value);
    if (text.len == DAY_LEN && time_parse_day_vn(text, &value)) return paper_date(value);
    return paper_text(text);
}

static size_t rows_add(struct call *c, const struct node *map, struct paper_table *table)
{
    const struct node *rows = node_find(map, S("rows"));
    size_t count = 0;
    if (rows == NULL) return 0;
    for (const struct node *row = rows->first; row != NULL; row = row->next, count++) {
        const struct node *cells = node_find(row, S("cells"));
        struct paper_cell *to = paper_row(c, table, PAPER_ROW);
        size_t at = 0;
        /* a board's row has its label apart from its cells */
        if (node_get(row, "label").len > 0) to[at++] = paper_text(node_get(row, "label"));
        if (cells == NULL) continue;
        for (const struct node *cell = cells->first; cell != NULL && at < table->column_count;
             cell = cell->next)
            to[at++] = cell_of(cell);
    }
    return count;
}

size_t tables_add(struct call *c, const struct node *data, struct paper *paper)
{
    size_t rows = 0;
    if (is_table(data)) {
        struct paper_table *table =
            paper->table_count > 0 ? paper->tables[0] : table_start(c, data, paper);
        rows += rows_add(c, data, table);
    }
    const struct node *sections = node_find(data, S("sections"));
    if (sections == NULL) return rows;
    for (const struct node *section = sections->first; section != NULL; section = section->next) {
        if (is_table(section)) rows += rows_add(c, section, table_start(c, section, paper));
    }
    return rows;
}

void tables_cut(struct call *c, struct paper *paper)
{
    paper_part(c, &paper->closing, PAPER_BODY, words(c->lang, S("paper.more_rows")));
}
