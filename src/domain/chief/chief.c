/*
 * chief.c: the page of the chief of office: what is late with the sentence to say, what waits for a
 * decision, and the figures of each office. It has no records of its own; all of it comes from
 * obligations and their counts, each number leads to the list behind it.
 */
#include "base/time.h"
#include "base/words.h"
#include "core/office.h"
#include "core/tally.h"

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

static const struct {
    const char *name; /* as the page of figures calls the cell */
    const char *label;
    enum tally_cell cell;
} CELLS[] = {{"on_time", "chief.on_time", TALLY_ON_TIME},
             {"late", "chief.late", TALLY_LATE},
             {"ahead", "chief.ahead", TALLY_AHEAD},
             {"overdue", "chief.overdue", TALLY_OVERDUE}};

/* The list behind a number; empty in an office without the pages of figures. */
static struct str count_href(struct call *c, struct str party, const char *cell, int64_t year)
{
    if (module_view(S("figures.list")) == NULL) return (struct str){};
    return str_format(c->arena, "/view/figures.list?year=%lld&cell=%s&party=%.*s", (long long)year,
                      cell, STR_ARG(party));
}

/* One line: what a party owes that was first due this year. */
static void cells_put(struct call *c, struct node *list, const struct tally_lines *lines,
                      struct str party, struct str name)
{
    struct tally sum = {};
    for (size_t i = 0; i < lines->count; i++) {
        const struct tally_line *line = &lines->lines[i];
        if (line->month > 0 && str_eq(line->party, party)) tally_add(&sum, &line->tally);
    }
    int64_t total = tally_sum(&sum, TALLY_NOW, TALLY_ALL);
    if (total == 0) return;
    int64_t year = time_date_of(time_hanoi_day(c->now_ms)).year;
    struct node *row = node_add_map(c, list);
    struct node *cells = node_put_list(c, row, "counts");
    node_text(c, row, "name", name);
    node_text(c, row, "total", str_format(c->arena, "%lld", (long long)total));
    for (size_t i = 0; i < ARRAY_LEN(CELLS); i++) {
        struct node *cell = node_add_map(c, cells);
        int64_t count = tally_sum(&sum, TALLY_NOW, CELLS[i].cell);
        node_text(c, cell, "label", words(c->lang, str_of(CELLS[i].label)));
        node_text(c, cell, "number",
                  str_format(c->arena, "%lld/%lld", (long long)count, (long long)total));
        node_text(c, cell, "href", count_href(c, party, CELLS[i].name, year));
    }
}

/* The very numbers of the page of figures: this year by the deadlines as they are now. */
static enum err figures(struct call *c, struct view *view)
{
    struct peer *peers = NULL;
    size_t count = 0;
    struct tally_lines lines = {};
    int64_t january = (int64_t)time_date_of(time_hanoi_day(c->now_ms)).year * 12;
    struct tally_span year = {january, january + 11};
    struct node *list = node_put_list(c, view->data, "figures");
    enum err e = tally_count(c, &year, &lines);
    if (e == OK) e = peer_list(c, &peers, &count);
    if (e != OK) return e;
    cells_put(c, list, &lines, S("i:"), words(c->lang, S("chief.inside")));
    cells_put(c, list, &lines, str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)),
              c->office->name);
    for (size_t i = 0; i < count; i++) {
        cells_put(c, list, &lines, str_format(c->arena, "o:%.*s", STR_ARG(peers[i].office)),
                  peers[i].name);
    }
    return OK;
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
