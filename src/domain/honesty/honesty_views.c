/* The page of all rules, the list behind each number, and the nights of one rule. */
#include "honesty.h"

#include "base/time.h"
#include "base/words.h"
#include "core/obligation.h"
#include "core/office.h"

enum { ITEM_ID, ITEM_ABOUT, ITEM_KIND, ITEM_TITLE, ITEM_WHAT, ITEM_PARTY, ITEM_ASK, ITEM_NUMBER };
enum { ITEM_AT = ITEM_NUMBER + 1, ITEM_FOUND, ITEM_GONE };

static const char *const STATES[] = {"now", "new", "gone", NULL};

struct args {
    int64_t rule;  /* 1-based enum honesty_rule; 0: the first */
    int64_t state; /* 1-based into STATES; 0: all */
    struct str after;
};
#define AT(member) .offset = offsetof(struct args, member)
static const struct field LIST_FIELDS[] = {
    {.name = "rule", .type = FIELD_CHOICE, AT(rule), .choices = HONESTY_RULES},
    {.name = "state", .type = FIELD_CHOICE, AT(state), .choices = STATES},
    {.name = "after", .type = FIELD_TEXT, AT(after), .max = 20},
};
static const struct field NIGHT_FIELDS[] = {
    {.name = "rule", .type = FIELD_CHOICE, AT(rule), .choices = HONESTY_RULES},
};
#undef AT
static const struct field_table LIST_ARGS = FIELD_TABLE("honesty.args", struct args, LIST_FIELDS);
static const struct field_table NIGHT_ARGS = FIELD_TABLE("honesty.args", struct args, NIGHT_FIELDS);

static enum honesty_rule rule_of(const struct args *in)
{
    return in->rule == 0 ? HONESTY_GIVEN_LATE : (enum honesty_rule)(in->rule - 1);
}

/* "honesty.rule.no_product" */
static struct str rule_words(struct call *c, const char *part, enum honesty_rule rule)
{
    return words(c->lang, str_format(c->arena, "honesty.%s.%s", part, HONESTY_RULES[rule]));
}

static struct str href_of(struct call *c, const char *view, enum honesty_rule rule, int64_t state)
{
    struct str href = str_format(c->arena, "/view/%s?rule=%s", view, HONESTY_RULES[rule]);
    if (state == 0) return href;
    return str_format(c->arena, "%.*s&state=%s", STR_ARG(href), STATES[state - 1]);
}

/* ---- all rules ---- */

/* The columns of numbers come last. */
static void number_columns(struct call *c, struct view *view, const char *first)
{
    const char *const labels[] = {first, "honesty.column.new", "honesty.column.gone"};
    struct node *columns = view->data->last;
    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        view_column(c, view, STATES[i], labels[i]);
        node_text(c, columns->last, "kind", S("number"));
    }
}

static void number_put(struct call *c, struct node *row, struct str text, struct str href)
{
    struct node *cell = node_add_map(c, row->last);
    node_text(c, cell, "text", text);
    node_text(c, cell, "kind", S("number"));
    if (href.len > 0) node_text(c, cell, "href", href);
}

static struct str number_text(struct call *c, int64_t number)
{
    return str_format(c->arena, "%lld", (long long)number);
}

/* "hơn 1000": there was more than a night takes. */
static struct str least_text(struct call *c, int64_t number)
{
    struct fail_arg args[] = {{"count", number_text(c, number)}};
    return words_fill(c->arena, c->lang, S("honesty.more"), args, ARRAY_LEN(args));
}

static void rule_put(struct call *c, struct view *view, enum honesty_rule rule,
                     const struct rows *counts)
{
    int64_t numbers[3] = {};
    bool more = false;
    for (size_t i = 0; i < counts->count; i++) {
        if (!str_eq(rows_text(counts, i, 0), str_of(HONESTY_RULES[rule]))) continue;
        for (size_t n = 0; n < ARRAY_LEN(numbers); n++)
            numbers[n] = rows_int(counts, i, n + 1);
        more = rows_int(counts, i, 4) > 0;
    }
    struct node *row = view_row(c, view, (struct str){}, href_of(c, "honesty.nights", rule, 0));
    view_cell(c, row, rule_words(c, "rule", rule));
    view_cell(c, row, rule_words(c, "odd", rule));
    view_cell(c, row, rule_words(c, "whom", rule));
    for (size_t n = 0; n < ARRAY_LEN(numbers); n++) {
        struct str href = {};
        if (numbers[n] > 0) href = href_of(c, "honesty.list", rule, (int64_t)n + 1);
        bool least = n == 0 && more;
        number_put(c, row, least ? least_text(c, numbers[n]) : number_text(c, numbers[n]), href);
    }
}

static enum err show(struct call *c, const void *args, struct view *ret_view)
{
    struct rows counts = {};
    int64_t night = 0;
    (void)args;
    enum err e = honesty_sql_last(c, &night);
    if (e == OK) e = honesty_sql_counts(c, night, &counts);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_fact(c, ret_view, "honesty.last",
              night == 0 ? words(c->lang, S("honesty.never"))
                         : time_format_day_vn(c->arena, night));
    view_fact(c, ret_view, "honesty.meaning", words(c->lang, S("honesty.meaning_text")));
    view_column(c, ret_view, "rule", "honesty.column.rule");
    view_column(c, ret_view, "odd", "honesty.column.odd");
    view_column(c, ret_view, "whom", "honesty.column.whom");
    number_columns(c, ret_view, "honesty.column.now");
    for (int rule = 0; rule < HONESTY_RULE_COUNT; rule++)
        rule_put(c, ret_view, (enum honesty_rule)rule, &counts);
    return OK;
}

/* ---- the list behind a number ---- */

static struct str party_text(struct call *c, struct str party)
{
    if (str_starts(party, S("o:"))) return office_name(c, str_sub(party, 2, party.len));
    return party_name(c, party);
}

/* "Hạn được dời 3 ngày sau khi đã qua. Nên hỏi Văn phòng Chính phủ: ..." */
static struct str sentence(struct call *c, enum honesty_rule rule, const struct rows *rows,
                           size_t i)
{
    int64_t at_ms = rows_int(rows, i, ITEM_AT);
    int64_t days = time_hanoi_day(c->now_ms) - time_hanoi_day(at_ms);
    struct fail_arg args[] = {
        {"who", party_text(c, rows_text(rows, i, ITEM_PARTY))},
        {"ask", party_text(c, rows_text(rows, i, ITEM_ASK))},
        {"number", number_text(c, rows_int(rows, i, ITEM_NUMBER))},
        {"days", number_text(c, days)},
    };
    struct str key = str_format(c->arena, "honesty.say.%s", HONESTY_RULES[rule]);
    return words_fill(c->arena, c->lang, key, args, ARRAY_LEN(args));
}

static void item_put(struct call *c, struct view *view, enum honesty_rule rule,
                     const struct rows *rows, size_t i)
{
    struct head head = {.record = rows_text(rows, i, ITEM_ABOUT),
                        .kind = rows_text(rows, i, ITEM_KIND)};
    struct str href = {};
    struct str title = rows_text(rows, i, ITEM_TITLE);
    struct str what = rows_text(rows, i, ITEM_WHAT);
    if (head.record.len > 0) href = record_link(c, &head);
    if (head.record.len == 0) title = words(c->lang, S("honesty.secret"));
    if (title.len == 0) title = words(c->lang, S("honesty.untitled"));
    struct node *row = view_row(c, view, head.record, href);
    view_cell(c, row, title);
    view_cell(c, row, sentence(c, rule, rows, i));
    view_cell(c, row,
              what.len == 0
                  ? (struct str){}
                  : words(c->lang, str_format(c->arena, "obligation.%.*s", STR_ARG(what))));
    view_cell_instant(c, row, rows_int(rows, i, ITEM_AT));
    view_cell_instant(c, row, rows_int(rows, i, ITEM_FOUND));
    view_cell_instant(c, row, rows_int(rows, i, ITEM_GONE));
}

static enum err list(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    struct honesty_filter filter = {.rule = rule_of(in), .state = (enum honesty_state)in->state};
    struct rows rows = {};
    if (in->after.len > 0 && !parse_int(in->after, 1, INT64_MAX, &filter.after_id))
        problem(c, S("after"), "field.choice");
    enum err e = problems_fail(c);
    if (e == OK) e = honesty_sql_last(c, &filter.night);
    if (e == OK) e = honesty_sql_list(c, &filter, HONESTY_PAGE + 1, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, rule_words(c, "rule", filter.rule));
    view_column(c, ret_view, "title", "honesty.column.title");
    view_column(c, ret_view, "say", "honesty.column.say");
    view_column(c, ret_view, "what", "honesty.column.what");
    view_column(c, ret_view, "at", "honesty.column.at");
    view_column(c, ret_view, "found", "honesty.column.found");
    view_column(c, ret_view, "gone", "honesty.column.gone_at");
    size_t count = rows.count > HONESTY_PAGE ? HONESTY_PAGE : rows.count;
    for (size_t i = 0; i < count; i++)
        item_put(c, ret_view, filter.rule, &rows, i);
    if (rows.count > count) {
        node_text(c, ret_view->data, "next", number_text(c, rows_int(&rows, count - 1, ITEM_ID)));
    }
    view_link(c, ret_view, "honesty.to_nights", href_of(c, "honesty.nights", filter.rule, 0));
    view_link(c, ret_view, "honesty.back", S("/view/honesty.show"));
    node_text(c, ret_view->data, "empty", words(c->lang, S("honesty.none")));
    return OK;
}

/* ---- the nights of one rule ---- */

static enum err nights(struct call *c, const void *args, struct view *ret_view)
{
    enum honesty_rule rule = rule_of(args);
    struct rows rows = {};
    enum err e = honesty_sql_nights(c, rule, HONESTY_NIGHTS, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, rule_words(c, "rule", rule));
    view_column(c, ret_view, "night", "honesty.column.night");
    number_columns(c, ret_view, "honesty.column.count");
    for (size_t i = 0; i < rows.count; i++) {
        struct node *row = view_row(c, ret_view, (struct str){}, (struct str){});
        view_cell(c, row, time_format_day_vn(c->arena, rows_int(&rows, i, 0)));
        int64_t count = rows_int(&rows, i, 1);
        bool more = rows_int(&rows, i, 4) > 0;
        number_put(c, row, more ? least_text(c, count) : number_text(c, count), (struct str){});
        number_put(c, row, number_text(c, rows_int(&rows, i, 2)), (struct str){});
        number_put(c, row, number_text(c, rows_int(&rows, i, 3)), (struct str){});
    }
    view_link(c, ret_view, "honesty.to_all", href_of(c, "honesty.list", rule, 0));
    view_link(c, ret_view, "honesty.back", S("/view/honesty.show"));
    node_text(c, ret_view->data, "empty", words(c->lang, S("honesty.never")));
    return OK;
}

const struct view_def HONESTY_VIEWS[HONESTY_VIEW_COUNT] = {
    {.name = "honesty.show", .roles = ROLE_LEADER | ROLE_CHIEF, .rail = true, .run = show},
    {.name = "honesty.list", .args = &LIST_ARGS, .roles = ROLE_LEADER | ROLE_CHIEF, .run = list},
    {.name = "honesty.nights",
     .args = &NIGHT_ARGS,
     .roles = ROLE_LEADER | ROLE_CHIEF,
     .run = nights},
};
