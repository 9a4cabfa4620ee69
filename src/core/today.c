/* "Hôm nay": the urgent lane, what I must do, what waits for others, what changed since I last
 * looked; and the lists behind the numbers of other pages. */
#include "base/time.h"
#include "base/words.h"
#include "core/changes.h"
#include "core/obligation.h"
#include "core/office.h"
#include "core/org.h"

enum { TODAY_ROWS = 25, LANE_ROWS = 20, NEWS_ROWS = 8, PAGE_ROWS = 50 };

/* Where the page before ended. */
static const struct field ARG_FIELDS[] = {
    {.name = "after_due",
     .type = FIELD_INT,
     .offset = offsetof(struct obligation_after, due_ms),
     .max = INT64_MAX},
    {.name = "after",
     .type = FIELD_INT,
     .offset = offsetof(struct obligation_after, id),
     .max = INT64_MAX},
};
static const struct field_table ARGUMENTS =
    FIELD_TABLE("today.args", struct obligation_after, ARG_FIELDS);

/* What modules ask that no record owes, such as a decision that is still missing. */
static enum err asks_put(struct call *c, struct node *list)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < modules_count(); i++) {
        const struct module *module = modules_at(i);
        if (module->asks != NULL) e = module->asks(c, list);
    }
    return e;
}

/* What other subjects want to stand beside the lane: who is on call, who is away. */
static enum err beside(struct call *c, struct node *list)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < modules_count(); i++) {
        const struct module *module = modules_at(i);
        if (module->beside == NULL) continue;
        struct node *block = node_map(c);
        e = module->beside(c, block);
        if (e == OK && node_get(block, "title").len > 0)
            node_put(node_add_map(c, list), "block", block);
    }
    return e;
}

static enum err lane(struct call *c, struct view *view)
{
    bool more = false;
    enum err e = obligation_urgent(c, LANE_ROWS, node_put_list(c, view->data, "lane"), &more);
    if (e == OK && more)
        node_text(c, view->data, "lane_href", S("/view/today.items?mine=on&urgent=on"));
    return e != OK ? e : beside(c, node_put_list(c, view->data, "beside"));
}

static enum err news(struct call *c, struct view *view)
{
    struct changes_after from = {};
    struct changes_after next = {};
    struct node *list = node_put_list(c, view->data, "changes");
    enum err e = changes_list(c, &from, NEWS_ROWS, list, &next);
    if (e != OK) return e;
    if (next.record.len > 0) node_text(c, view->data, "changes_href", S("/view/today.changes"));
    node_text(c, view->data, "until", time_format_instant(c->arena, c->now_ms));
    return OK;
}

static enum err today(struct call *c, const void *args, struct view *ret_view)
{
    struct obligation_after after = *(const struct obligation_after *)args;
    struct obligation_after next = {};
    after.calm = true;
    view_start(c, ret_view, VIEW_TODAY, (struct str){});
    bool first = after.id == 0;
    enum err e = asks_put(c, node_put_list(c, ret_view->data, "asks"));
    if (e == OK && first) e = lane(c, ret_view);
    struct node *mine = node_put_list(c, ret_view->data, "mine");
    if (e == OK) e = obligation_mine(c, &after, TODAY_ROWS, mine, &next);
    if (e != OK) return e;
    if (next.id > 0) {
        node_text(c, ret_view->data, "next_href",
                  str_format(c->arena, "/view/today.today?after_due=%lld&after=%lld",
                             (long long)next.due_ms, (long long)next.id));
    }
    e = obligation_awaited(c, TODAY_ROWS, node_put_list(c, ret_view->data, "awaited"));
    return e == OK && first ? news(c, ret_view) : e;
}

/* ---- what changed, all of it ---- */

struct changes_args {
    struct str after; /* moved_ms and record of the last line: "1764000000000 HOME.RANDOM" */
};
static const struct field CHANGES_FIELDS[] = {
    {.name = "after",
     .type = FIELD_TEXT,
     .offset = offsetof(struct changes_args, after),
     .max = 80},
};
static const struct field_table CHANGES_ARGS =
    FIELD_TABLE("today.changes", struct changes_args, CHANGES_FIELDS);

static void change_cells(struct call *c, struct view *view, const struct node *line)
{
    struct node *row = view_row(c, view, node_get(line, "record"), node_get(line, "href"));
    view_cell(c, row, node_get(line, "title"));
    view_cell(c, row, node_get(line, "kind"));
    view_cell(c, row, node_get(line, "what"));
    view_cell(c, row, node_get(line, "who"));
    view_cell(c, row, node_get(line, "when"));
}

static enum err changes(struct call *c, const void *args, struct view *ret_view)
{
    const struct changes_args *in = args;
    struct changes_after after = {};
    struct changes_after next = {};
    struct str ms = {};
    struct node *list = node_list(c);
    (void)str_cut(in->after, ' ', &ms, &after.record);
    if (!parse_int(ms, 0, INT64_MAX, &after.moved_ms)) after = (struct changes_after){};
    enum err e = changes_list(c, &after, PAGE_ROWS, list, &next);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "title", "changes.title");
    view_column(c, ret_view, "kind", "changes.kind");
    view_column(c, ret_view, "what", "changes.what");
    view_column(c, ret_view, "who", "changes.who");
    view_column(c, ret_view, "when", "changes.when");
    for (const struct node *line = list->first; line != NULL; line = line->next)
        change_cells(c, ret_view, line);
    if (next.record.len > 0) {
        node_text(
            c, ret_view->data, "next",
            str_format(c->arena, "%lld %.*s", (long long)next.moved_ms, STR_ARG(next.record)));
    }
    node_text(c, ret_view->data, "empty", words(c->lang, S("changes.none")));
    return OK;
}

/* ---- the lists behind the numbers ---- */

static const char *const CELLS[] = {"open", "overdue", "on_time", "late", "ahead", NULL};

struct items_args {
    struct str office;
    struct str person;
    struct str unit;
    int64_t role;
    struct obligation_filter filter;
    struct str after; /* due_ms, or settled_ms, and id of the last line */
};
#define AT(member) .offset = offsetof(struct items_args, member)
static const struct field ITEMS_FIELDS[] = {
    {.name = "cell", .type = FIELD_CHOICE, AT(filter.cell), .choices = CELLS},
    {.name = "office", .type = FIELD_OFFICE, AT(office)},
    {.name = "person", .type = FIELD_PERSON, AT(person)},
    {.name = "unit", .type = FIELD_RECORD, AT(unit)},
    {.name = "role", .type = FIELD_CHOICE, AT(role), .choices = ROLE_WORDS},
    {.name = "from", .type = FIELD_DATE, AT(filter.from_day)},
    {.name = "to", .type = FIELD_DATE, AT(filter.to_day)},
    {.name = "urgent", .type = FIELD_BOOL, AT(filter.urgent)},
    {.name = "mine", .type = FIELD_BOOL, AT(filter.mine)},
    {.name = "after", .type = FIELD_TEXT, AT(after), .max = 80},
};
#undef AT
static const struct field_table ITEMS_ARGS =
    FIELD_TABLE("today.items", struct items_args, ITEMS_FIELDS);

/* The one owner that was asked for; the narrowest when there are several. */
static struct str owner_of(struct call *c, const struct items_args *in)
{
    if (in->person.len > 0) return str_format(c->arena, "p:%.*s", STR_ARG(in->person));
    if (in->unit.len > 0) return str_format(c->arena, "u:%.*s", STR_ARG(in->unit));
    if (in->role > 0) return str_format(c->arena, "r:%s", ROLE_WORDS[in->role - 1]);
    if (in->office.len > 0) return str_format(c->arena, "o:%.*s", STR_ARG(in->office));
    return (struct str){};
}

static void item_cells(struct call *c, struct view *view, const struct node *item)
{
    const struct node *due = node_find(item, S("due"));
    struct node *row = view_row(c, view, node_get(item, "about"), node_get(item, "href"));
    view_cell(c, row, node_get(item, "title"));
    view_cell(c, row, node_get(item, "act"));
    view_cell_state(c, row, node_get(due, "text"), str_zero(c->arena, node_get(due, "tone")));
    view_cell(c, row, node_get(item, "owner"));
    view_cell(c, row, node_get(item, "creditor"));
}

static enum err items(struct call *c, const void *args, struct view *ret_view)
{
    const struct items_args *in = args;
    struct obligation_filter filter = in->filter;
    struct obligation_after after = {};
    struct obligation_after next = {};
    struct str ms = {};
    struct str id = {};
    struct node *list = node_list(c);
    if (filter.cell == 0) filter.cell = OBLIGATION_OPEN;
    filter.owner = owner_of(c, in);
    (void)str_cut(in->after, ' ', &ms, &id);
    bool whole =
        parse_int(ms, 0, INT64_MAX, &after.due_ms) && parse_int(id, 0, INT64_MAX, &after.id);
    if (!whole) after = (struct obligation_after){};
    enum err e = obligation_list(c, &filter, &after, PAGE_ROWS, list, &next);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "title", "today.item_title");
    view_column(c, ret_view, "what", "today.item_what");
    view_column(c, ret_view, "due", "today.item_due");
    view_column(c, ret_view, "owner", "today.item_owner");
    view_column(c, ret_view, "creditor", "today.item_creditor");
    for (const struct node *item = list->first; item != NULL; item = item->next)
        item_cells(c, ret_view, item);
    if (next.id > 0) {
        node_text(c, ret_view->data, "next",
                  str_format(c->arena, "%lld %lld", (long long)next.due_ms, (long long)next.id));
    }
    node_text(c, ret_view->data, "empty", words(c->lang, S("today.items_none")));
    return OK;
}

/* ---- everything is seen ---- */

struct seen_input {
    int64_t until_ms; /* when the page was made: what came later is still news */
};
static const struct field SEEN_FIELDS[] = {
    {.name = "until",
     .type = FIELD_INSTANT,
     .offset = offsetof(struct seen_input, until_ms),
     .required = true},
};
static const struct field_table SEEN = FIELD_TABLE("today.seen", struct seen_input, SEEN_FIELDS);

static enum err run_seen(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct seen_input *in = input;
    ret_result->record = (struct str){};
    return changes_see_all(c, in->until_ms);
}

static const struct act ACTS[] = {
    {.name = "today.seen", .input = &SEEN, .roles = ROLE_ANY, .run = run_seen},
};

static const struct view_def VIEWS[] = {
    {.name = "today.today", .args = &ARGUMENTS, .roles = ROLE_ANY, .rail = true, .run = today},
    {.name = "today.changes", .args = &CHANGES_ARGS, .roles = ROLE_ANY, .run = changes},
    {.name = "today.items", .args = &ITEMS_ARGS, .roles = ROLE_READERS, .run = items},
};

const struct module today_module = {
    .name = "today",
    .order = 10,
    .acts = ACTS,
    .act_count = ARRAY_LEN(ACTS),
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
