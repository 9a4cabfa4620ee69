/* The list of duties, and who is on call now. */
#include "oncall.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

static struct str days_text(struct call *c, int64_t from_day, int64_t to_day)
{
    struct str from = time_format_day_vn(c->arena, from_day);
    struct str to = time_format_day_vn(c->arena, to_day);
    if (from_day == to_day) return from;
    return str_format(c->arena, "%.*s – %.*s", STR_ARG(from), STR_ARG(to));
}

static struct str who_text(struct call *c, const struct rows *rows, size_t i)
{
    struct str person = rows_text(rows, i, 3);
    struct str role = str_format(c->arena, "role.%.*s", STR_ARG(rows_text(rows, i, 4)));
    return person.len > 0 ? person_title(c, person) : words(c->lang, role);
}

static enum err list(struct call *c, const void *args, struct view *ret_view)
{
    struct rows rows = {};
    int64_t today = time_hanoi_day(c->now_ms);
    (void)args;
    enum err e = oncall_sql_list(c, today, ONCALL_PAGE, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "days", "oncall.days");
    view_column(c, ret_view, "who", "field.oncall.duty.person");
    view_column(c, ret_view, "phone", "field.oncall.duty.phone");
    view_column(c, ret_view, "note", "field.oncall.duty.note");
    for (size_t i = 0; i < rows.count; i++) {
        struct str record = rows_text(&rows, i, 0);
        struct node *row =
            view_row(c, ret_view, record,
                     str_format(c->arena, "/view/office.record?record=%.*s", STR_ARG(record)));
        view_cell(c, row, days_text(c, rows_int(&rows, i, 1), rows_int(&rows, i, 2)));
        view_cell(c, row, who_text(c, &rows, i));
        view_cell(c, row, rows_text(&rows, i, 5));
        view_cell(c, row, rows_text(&rows, i, 6));
    }
    node_text(c, ret_view->data, "empty", words(c->lang, S("oncall.none")));
    return OK;
}

enum err oncall_beside(struct call *c, struct node *ret_block)
{
    struct rows rows = {};
    int64_t today = time_hanoi_day(c->now_ms);
    enum err e = oncall_sql_list(c, today, ONCALL_PAGE, &rows);
    if (e != OK) return e;
    node_text(c, ret_block, "title", words(c->lang, S("oncall.beside")));
    node_text(c, ret_block, "href", S("/view/oncall.list"));
    node_text(c, ret_block, "empty", words(c->lang, S("oncall.nobody_today")));
    struct node *lines = node_put_list(c, ret_block, "lines");
    for (size_t i = 0; i < rows.count && rows_int(&rows, i, 1) <= today; i++) {
        struct node *line = node_add_map(c, lines);
        struct str who = who_text(c, &rows, i);
        struct str note = rows_text(&rows, i, 6);
        node_text(
            c, line, "text",
            str_format(c->arena, "%.*s: %.*s", STR_ARG(who), STR_ARG(rows_text(&rows, i, 5))));
        node_text(c, line, "more", note);
        node_text(c, line, "href", (struct str){});
    }
    return OK;
}

const struct view_def ONCALL_VIEWS[ONCALL_VIEW_COUNT] = {
    {.name = "oncall.list", .roles = ROLE_ANY, .rail = true, .run = list},
};
