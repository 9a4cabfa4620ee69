/* Who is away and who acts in their place. */
#include "absence.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

struct args {
    struct str record;
};
static const struct field SHOW_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct args, record),
     .required = true},
};
static const struct field_table SHOW_ARGS = FIELD_TABLE("absence.show", struct args, SHOW_FIELDS);

static struct str days_text(struct call *c, int64_t from_day, int64_t to_day)
{
    struct str from = time_format_day_vn(c->arena, from_day);
    struct str to = time_format_day_vn(c->arena, to_day);
    return str_format(c->arena, "%.*s – %.*s", STR_ARG(from), STR_ARG(to));
}

static enum err show(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    struct absence a = {};
    struct head head = {};
    enum err e = record_body_visible(c, "absence.absence", in->record, &a);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e != OK) return e;
    struct fail_arg who[] = {{"who", person_title(c, a.person)}};
    view_start(c, ret_view, VIEW_RECORD,
               words_fill(c->arena, c->lang, S("absence.title"), who, ARRAY_LEN(who)));
    struct node *state = node_put_map(c, ret_view->data, "state");
    node_text(
        c, state, "text",
        words(c->lang, a.cancelled ? S("absence.state_cancelled") : S("absence.state_holds")));
    node_text(c, state, "tone", a.cancelled ? S("neutral") : S("good"));
    view_fact(c, ret_view, "field.absence.absence.person", person_title(c, a.person));
    view_fact(c, ret_view, "absence.days", days_text(c, a.from_day, a.to_day));
    view_fact(c, ret_view, "field.absence.absence.delegate", person_title(c, a.delegate));
    view_fact(c, ret_view, "field.absence.absence.reason", a.reason);
    return view_record_tail(c, ret_view, &head);
}

static enum err list(struct call *c, const void *args, struct view *ret_view)
{
    struct rows rows = {};
    int64_t today = time_hanoi_day(c->now_ms);
    (void)args;
    enum err e = absence_sql_list(c, today, ABSENCE_PAGE, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "person", "field.absence.absence.person");
    view_column(c, ret_view, "days", "absence.days");
    view_column(c, ret_view, "delegate", "field.absence.absence.delegate");
    view_column(c, ret_view, "reason", "field.absence.absence.reason");
    view_column(c, ret_view, "state", "absence.state");
    for (size_t i = 0; i < rows.count; i++) {
        struct str record = rows_text(&rows, i, 0);
        bool now = rows_int(&rows, i, 3) <= today;
        struct node *row =
            view_row(c, ret_view, record,
                     str_format(c->arena, "/view/absence.show?record=%.*s", STR_ARG(record)));
        view_cell(c, row, person_title(c, rows_text(&rows, i, 1)));
        view_cell(c, row, days_text(c, rows_int(&rows, i, 3), rows_int(&rows, i, 4)));
        view_cell(c, row, person_title(c, rows_text(&rows, i, 2)));
        view_cell(c, row, rows_text(&rows, i, 5));
        view_cell_state(c, row, words(c->lang, now ? S("absence.now") : S("absence.coming")),
                        now ? "warn" : "neutral");
    }
    node_text(c, ret_view->data, "empty", words(c->lang, S("absence.none")));
    return OK;
}

enum err absence_beside(struct call *c, struct node *ret_block)
{
    struct rows rows = {};
    int64_t today = time_hanoi_day(c->now_ms);
    enum err e = absence_sql_list(c, today, ABSENCE_PAGE, &rows);
    bool any = e == OK && rows.count > 0 && rows_int(&rows, 0, 3) <= today;
    if (!any) return e; /* nobody is away: no empty frame on a full page */
    node_text(c, ret_block, "title", words(c->lang, S("absence.beside")));
    node_text(c, ret_block, "href", S("/view/absence.list"));
    node_text(c, ret_block, "empty", (struct str){});
    struct node *lines = node_put_list(c, ret_block, "lines");
    for (size_t i = 0; i < rows.count && rows_int(&rows, i, 3) <= today; i++) {
        struct fail_arg args[] = {{"who", person_title(c, rows_text(&rows, i, 1))},
                                  {"delegate", person_title(c, rows_text(&rows, i, 2))},
                                  {"to", time_format_day_vn(c->arena, rows_int(&rows, i, 4))}};
        struct node *line = node_add_map(c, lines);
        node_text(c, line, "text",
                  words_fill(c->arena, c->lang, S("absence.line"), args, ARRAY_LEN(args)));
        node_text(c, line, "more",
                  words_fill(c->arena, c->lang, S("absence.until"), args, ARRAY_LEN(args)));
        node_text(c, line, "href", (struct str){});
    }
    return OK;
}

const struct view_def ABSENCE_VIEWS[ABSENCE_VIEW_COUNT] = {
    {.name = "absence.list", .roles = ROLE_ANY, .rail = true, .run = list},
    {.name = "absence.show", .args = &SHOW_ARGS, .roles = ROLE_ANY, .run = show},
};
