/* How much every person and every unit has open, by week; every number opens its list. */
#include "duedates.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

enum { OVERDUE, WEEK_FIRST, LATER = WEEK_FIRST + DUEDATES_WEEKS, TOTAL, COLUMNS };

/* The days of a column; 0: no bound. */
struct span {
    int64_t from_day;
    int64_t to_day;
    const char *cell;
};

static struct span span_of(int64_t monday, int column)
{
    int64_t first = monday + 7 * (column - WEEK_FIRST);
    if (column == OVERDUE) return (struct span){.cell = "overdue"};
    if (column == TOTAL) return (struct span){.cell = "open"};
    if (column == LATER) return (struct span){.from_day = first, .cell = "ahead"};
    return (struct span){.from_day = first, .to_day = first + 6, .cell = "ahead"};
}

static struct str list_href(struct call *c, struct str party, const struct span *span)
{
    struct sb sb = sb_new(c->arena, 0);
    const char *field = str_starts(party, S("u:")) ? "unit" : "person";
    sb_printf(&sb, "/view/today.items?cell=%s&%s=%.*s", span->cell, field,
              STR_ARG(str_sub(party, 2, party.len)));
    if (span->from_day != 0)
        sb_printf(&sb, "&from=%.*s", STR_ARG(time_format_day_vn(c->arena, span->from_day)));
    if (span->to_day != 0)
        sb_printf(&sb, "&to=%.*s", STR_ARG(time_format_day_vn(c->arena, span->to_day)));
    return sb_str(&sb);
}

static void columns_put(struct call *c, struct view *view, int64_t monday)
{
    struct node *columns = node_put_list(c, view->data, "columns");
    for (int i = OVERDUE - 1; i < COLUMNS; i++) {
        struct node *column = node_add_map(c, columns);
        struct str label = words(c->lang, S("duedates.who"));
        struct span span = span_of(monday, i < OVERDUE ? OVERDUE : i);
        if (i == OVERDUE) label = words(c->lang, S("duedates.overdue"));
        if (i == LATER) label = words(c->lang, S("duedates.later"));
        if (i == TOTAL) label = words(c->lang, S("duedates.total"));
        if (i >= WEEK_FIRST && i < LATER) {
            struct str from = str_sub(time_format_day_vn(c->arena, span.from_day), 0, 5);
            struct str to = str_sub(time_format_day_vn(c->arena, span.to_day), 0, 5);
            label = str_format(c->arena, "%.*s–%.*s", STR_ARG(from), STR_ARG(to));
        }
        node_text(c, column, "label", label);
        node_text(c, column, "kind", i < OVERDUE ? S("text") : S("number"));
    }
}

static void row_put(struct call *c, struct view *view, struct str party, const int64_t *counts,
                    int64_t monday)
{
    struct node *row = view_row(c, view, (struct str){}, (struct str){});
    view_cell(c, row, party_name(c, party));
    struct node *cells = row->last;
    for (int i = OVERDUE; i < COLUMNS; i++) {
        struct span span = span_of(monday, i);
        struct node *cell = node_add_map(c, cells);
        bool any = counts[i] > 0;
        node_text(c, cell, "text", str_format(c->arena, "%lld", (long long)counts[i]));
        node_text(c, cell, "kind", S("number"));
        node_text(c, cell, "tone", any && i == OVERDUE ? S("late") : (struct str){});
        node_text(c, cell, "href", any ? list_href(c, party, &span) : (struct str){});
    }
}

enum err duedates_load(struct call *c, const void *args, struct view *ret_view)
{
    struct rows rows = {};
    int64_t today = time_hanoi_day(c->now_ms);
    int64_t monday = today - ((int64_t)time_weekday(today) - MONDAY);
    (void)args;
    enum err e = duedates_sql_load(c, monday, DUEDATES_WEEKS, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    columns_put(c, ret_view, monday);
    for (size_t i = 0; i < rows.count;) {
        struct str party = rows_text(&rows, i, 0);
        int64_t counts[COLUMNS] = {};
        for (; i < rows.count && str_eq(rows_text(&rows, i, 0), party); i++) {
            int64_t count = rows_int(&rows, i, 2);
            counts[WEEK_FIRST + rows_int(&rows, i, 1)] += count;
            counts[TOTAL] += count;
        }
        row_put(c, ret_view, party, counts, monday);
    }
    (void)node_put_list(c, ret_view->data, "acts");
    node_text(c, ret_view->data, "empty", words(c->lang, S("duedates.load_none")));
    return OK;
}
