#include "front/papers/csv.h"

#include "base/limits.h"
#include "front/papers/papers.h"

/* Says that a spreadsheet takes the text for a formula. */
static bool is_formula(struct str text)
{
    return text.len > 0 && str_find(S("=+-@\t\r"), str_sub(text, 0, 1), 0) < S("=+-@\t\r").len;
}

static void text_put(struct sb *sb, struct str text)
{
    bool formula = is_formula(text);
    sb_char(sb, '"');
    if (formula) sb_char(sb, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') sb_char(sb, '"');
        sb_char(sb, text.ptr[i]);
    }
    sb_char(sb, '"');
}

static void cell_put(struct call *c, struct sb *sb, const struct paper_cell *cell)
{
    if (cell->kind == PAPER_NUMBER) {
        text_put(sb, str_format(c->arena, "%lld", (long long)cell->value));
    } else {
        text_put(sb, papers_cell(c->arena, cell));
    }
}

static void line_end(struct sb *sb)
{
    sb_put(sb, S("\r\n"));
}

static void title_put(struct sb *sb, struct str title)
{
    if (title.len == 0) return;
    text_put(sb, title);
    line_end(sb);
}

static void table_put(struct call *c, struct sb *sb, const struct paper_table *table)
{
    title_put(sb, table->title);
    for (size_t i = 0; i < table->column_count; i++) {
        if (i > 0) sb_char(sb, ',');
        text_put(sb, table->columns[i].heading);
    }
    if (table->column_count > 0) line_end(sb);
    for (size_t i = 0; i < table->row_count; i++) {
        const struct paper_row *row = &table->rows[i];
        size_t cells = row->kind == PAPER_GROUP ? 1 : table->column_count;
        for (size_t k = 0; k < cells; k++) {
            if (k > 0) sb_char(sb, ',');
            cell_put(c, sb, &row->cells[k]);
        }
        line_end(sb);
    }
}

enum err csv_write(struct call *c, const struct paper *paper, struct str *ret_bytes)
{
    struct sb sb = sb_new(c->arena, LIMIT_PAPER_BYTES);
    sb_put(&sb, S("\xEF\xBB\xBF"));
    for (size_t i = 0; i < paper->table_count; i++) {
        if (i > 0) line_end(&sb);
        table_put(c, &sb, paper->tables[i]);
    }
    for (size_t i = 0; i < paper->closing.count; i++)
        title_put(&sb, paper->closing.parts[i].text);
    if (sb.over) return fail(c, ERR_LIMIT, "paper.too_large");
    *ret_bytes = sb_str(&sb);
    return OK;
}
