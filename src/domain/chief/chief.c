/*
 * chief.c: the page of the chief of office: what is late with the sentence to say, what waits for a
 * decision, and the figures of each office. It has no records of its own; all of it comes from
 * obligations, each number leads to the list behind it.
 */
#include "base/time.h"
#include "base/words.h"
#include "core/obligation.h"
#include "core/office.h"

enum { RED_ROWS = 20, DECISION_ROWS = 20 };

/* Whom to call: an office by its name, a unit by its head, anybody else by title or role. */
static struct str whom_to_call(struct call *c, struct str party)
{
    struct str id = str_sub(party, 2, party.len);
    if (str_starts(party, S("o:"))) return office_name(c, id);
    if (!str_starts(party, S("u:"))) return party_name(c, party);
    struct fail_arg args[] = {{"unit", unit_name(c, id)}};
    return words_fill(c->arena, c->lang, S("chief.head_of"), args, ARRAY_LEN(args));
}

/* "VPQH chậm 2 ngày làm việc: Trả lời xin ý kiến, “...”. Đề nghị đồng chí gọi ..." */
static struct str sentence(struct call *c, const struct node *item)
{
    struct str party = node_get(item, "party");
    int64_t days =
        office_workdays_between(c, node_number(item, "due_day"), time_hanoi_day(c->now_ms));
    bool own = str_eq(party, str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)));
    struct fail_arg args[] = {
        {"who", node_get(item, "owner")},
        {"days", str_format(c->arena, "%lld", (long long)days)},
        {"what", node_get(item, "act")},
        {"call", whom_to_call(c, party)},
    };
    const char *key = days > 0 ? "chief.say" : "chief.say_today";
    if (own) key = days > 0 ? "chief.say_own" : "chief.say_own_today";
    return words_fill(c->arena, c->lang, str_of(key), args, ARRAY_LEN(args));
}

static enum err red(struct call *c, struct view *view)
{
    struct obligation_filter filter = {.cell = OBLIGATION_OVERDUE};
    struct obligation_after from = {};
    struct obligation_after next = {};
    struct node *items = node_list(c);
    struct node *list = node_put_list(c, view->data, "red");
    enum err e = obligation_list(c, &filter, &from, RED_ROWS, items, &next);
    if (e != OK) return e;
    for (const struct node *item = items->first; item != NULL; item = item->next) {
        struct node *row = node_add_map(c, list);
        node_text(c, row, "record", node_get(item, "about"));
        node_text(c, row, "href", node_get(item, "href"));
        node_text(c, row, "title", node_get(item, "title"));
        node_text(c, row, "say", sentence(c, item));
        node_int(c, row, "urgent", node_number(item, "urgent"));
    }
    if (next.id > 0) node_text(c, view->data, "red_href", S("/view/today.items?cell=overdue"));
    return OK;
}

/* Approvals and whatever else is owed by the roles that decide, and by this person. */
static enum err decisions(struct call *c, struct view *view)
{
    const struct str owners[] = {S("r:leader"), S("r:chief"),
                                 str_format(c->arena, "p:%.*s", STR_ARG(c->who.person))};
    struct node *list = node_put_list(c, view->data, "decisions");
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(owners); i++) {
        struct obligation_filter filter = {.cell = OBLIGATION_OPEN, .owner = owners[i]};
        struct obligation_after from = {};
        struct obligation_after next = {};
        e = obligation_list(c, &filter, &from, DECISION_ROWS, list, &next);
    }
    if (list->first != NULL) node_text(c, view->data, "decisions_href", S("/view/today.today"));
    return e;
}

/* ---- figures ---- */

static struct str count_href(struct call *c, struct str office, const char *cell, int64_t from_day)
{
    struct str href =
        str_format(c->arena, "/view/today.items?cell=%s&office=%.*s", cell, STR_ARG(office));
    if (from_day == 0) return href;
    struct str from = time_format_day_vn(c->arena, from_day);
    return str_format(c->arena, "%.*s&from=%.*s", STR_ARG(href), STR_ARG(from));
}

static enum err office_cells(struct call *c, struct node *list, struct str office, struct str name)
{
    static const struct {
        const char *name;
        int64_t cell;
        bool done;
    } CELLS[] = {{"on_time", OBLIGATION_ON_TIME, true},
                 {"late", OBLIGATION_LATE, true},
                 {"ahead", OBLIGATION_AHEAD, false},
                 {"overdue", OBLIGATION_OVERDUE, false}};
    int64_t counts[ARRAY_LEN(CELLS)] = {};
    int64_t total = 0;
    struct date today = time_date_of(time_hanoi_day(c->now_ms));
    int64_t year = time_day_of((struct date){today.year, 1, 1});
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(CELLS); i++) {
        struct obligation_filter filter = {
            .owner = str_format(c->arena, "o:%.*s", STR_ARG(office)),
            .cell = CELLS[i].cell,
            .from_day = CELLS[i].done ? year : 0,
        };
        e = obligation_count(c, &filter, &counts[i]);
        total += counts[i];
    }
    if (e != OK || total == 0) return e;
    struct node *row = node_add_map(c, list);
    struct node *cells = node_put_list(c, row, "counts");
    node_text(c, row, "name", name);
    node_text(c, row, "total", str_format(c->arena, "%lld", (long long)total));
    for (size_t i = 0; i < ARRAY_LEN(CELLS); i++) {
        struct node *cell = node_add_map(c, cells);
        struct str label = str_format(c->arena, "chief.%s", CELLS[i].name);
        node_text(c, cell, "label", words(c->lang, label));
        node_text(c, cell, "number",
                  str_format(c->arena, "%lld/%lld", (long long)counts[i], (long long)total));
        node_text(c, cell, "href", count_href(c, office, CELLS[i].name, CELLS[i].done ? year : 0));
    }
    return OK;
}

static enum err figures(struct call *c, struct view *view)
{
    struct peer *peers = NULL;
    size_t count = 0;
    struct node *list = node_put_list(c, view->data, "figures");
    enum err e = peer_list(c, &peers, &count);
    if (e == OK) e = office_cells(c, list, c->office->id, c->office->name);
    for (size_t i = 0; e == OK && i < count; i++)
        e = office_cells(c, list, peers[i].office, peers[i].name);
    return e;
}

static enum err page(struct call *c, const void *args, struct view *ret_view)
{
    (void)args;
    view_start(c, ret_view, VIEW_TODAY, (struct str){});
    enum err e = red(c, ret_view);
    if (e == OK) e = decisions(c, ret_view);
    return e != OK ? e : figures(c, ret_view);
}

static const struct view_def VIEWS[] = {
    {.name = "chief.today", .roles = ROLE_CHIEF, .rail = true, .run = page},
};

const struct module chief_module = {
    .name = "chief",
    .order = 12,
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
