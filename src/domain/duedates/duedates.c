/* Deadlines as a calendar: a month, a week; the table of contents of this folder. */
#include "duedates.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

static const char *const WHOSE[] = {"mine", "all", NULL};
enum { WHOSE_ALL = 2 };

struct args {
    int64_t day; /* any day of the month, of the week; 0: today */
    int64_t whose;
};
static const struct field ARG_FIELDS[] = {
    {.name = "day", .type = FIELD_DATE, .offset = offsetof(struct args, day)},
    {.name = "whose",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct args, whose),
     .choices = WHOSE},
};
static const struct field_table ARGUMENTS = FIELD_TABLE("duedates.args", struct args, ARG_FIELDS);

/* The board that is being filled. */
struct board {
    struct view *view;
    const char *name; /* of the view */
    int64_t first;    /* Monday */
    int64_t last;     /* Sunday */
    int64_t month;    /* 1 to 12: other days are pale; 0: none are */
    bool mine;
    struct rows counts;
    struct rows items;
    size_t count_at;
    size_t item_at;
};

static const char *whose_word(const struct board *board)
{
    return board->mine ? "mine" : "all";
}

static struct str day_text(struct call *c, int64_t day)
{
    return time_format_day_vn(c->arena, day);
}

static struct str board_href(struct call *c, const struct board *board, const char *name,
                             int64_t day)
{
    return str_format(c->arena, "/view/%s?day=%.*s&whose=%s", name, STR_ARG(day_text(c, day)),
                      whose_word(board));
}

static void item_put(struct call *c, struct node *list, const struct rows *rows, size_t i)
{
    struct head head = {.record = rows_text(rows, i, 2), .kind = rows_text(rows, i, 3)};
    struct node *item = node_add_map(c, list);
    int64_t due_ms = rows_int(rows, i, 1);
    bool late = due_ms < c->now_ms;
    node_text(c, item, "record", head.record);
    node_text(c, item, "href", record_link(c, &head));
    node_text(c, item, "title", rows_text(rows, i, 4));
    node_int(c, item, "urgent", rows_int(rows, i, 5));
    node_text(c, item, "owner", party_name(c, rows_text(rows, i, 6)));
    node_text(c, item, "late", late ? words(c->lang, S("duedates.late")) : (struct str){});
    struct str when = time_hanoi_format(c->arena, due_ms, c->lang);
    node_text(c, item, "clock", str_sub(when, when.len - 5, when.len));
}

/* The list behind the rest of a day. */
static void more_put(struct call *c, struct node *cell, const struct board *board, int64_t day,
                     int64_t count, int64_t shown)
{
    struct fail_arg args[] = {{"count", str_format(c->arena, "%lld", (long long)(count - shown))}};
    node_text(c, cell, "more",
              count > shown
                  ? words_fill(c->arena, c->lang, S("duedates.more"), args, ARRAY_LEN(args))
                  : (struct str){});
    struct str text = day_text(c, day);
    node_text(c, cell, "more_href",
              str_format(c->arena, "/view/today.items?cell=open%s&from=%.*s&to=%.*s",
                         board->mine ? "&mine=on" : "", STR_ARG(text), STR_ARG(text)));
}

static void day_put(struct call *c, struct node *days, struct board *board, int64_t day)
{
    struct node *cell = node_add_map(c, days);
    struct date date = time_date_of(day);
    enum workday_reason reason = workday_reason_of(c->office->calendar, day);
    bool worked = workday_is_working(c->office->calendar, day);
    int64_t count = 0;
    int64_t shown = 0;
    node_text(c, cell, "number", str_format(c->arena, "%d", date.day));
    node_text(c, cell, "label", time_format_day_long(c->arena, day, c->lang));
    node_bool(c, cell, "today", day == time_hanoi_day(c->now_ms));
    node_bool(c, cell, "pale", board->month != 0 && date.month != board->month);
    node_text(c, cell, "off", worked ? (struct str){} : words(c->lang, workday_reason_key(reason)));
    struct node *items = node_put_list(c, cell, "items");
    const struct rows *counts = &board->counts;
    if (board->count_at < counts->count && rows_int(counts, board->count_at, 0) == day)
        count = rows_int(counts, board->count_at++, 1);
    for (; board->item_at < board->items.count; board->item_at++, shown++) {
        if (rows_int(&board->items, board->item_at, 0) != day) break;
        item_put(c, items, &board->items, board->item_at);
    }
    node_bool(c, cell, "weekend", reason == WORKDAY_WEEKEND);
    node_bool(c, cell, "empty", count == 0 && (worked || reason == WORKDAY_WEEKEND));
    more_put(c, cell, board, day, count, shown);
}

static void link_put(struct call *c, struct view *view, const char *name, struct str href)
{
    node_text(c, view->data, name, href);
}

static enum err board_fill(struct call *c, struct board *board, int64_t per_day)
{
    struct view *view = board->view;
    enum err e = duedates_sql_days(c, board->first, board->last, board->mine, &board->counts);
    if (e == OK)
        e = duedates_sql_items(c, board->first, board->last, board->mine, per_day, &board->items);
    if (e != OK) return e;
    struct node *heads = node_put_list(c, view->data, "weekdays");
    for (int i = 0; i < 7; i++)
        node_add_text(c, heads, words(c->lang, str_format(c->arena, "duedates.day%d", i + 1)));
    struct node *weeks = node_put_list(c, view->data, "weeks");
    for (int64_t monday = board->first; monday <= board->last; monday += 7) {
        struct node *days = node_put_list(c, node_add_map(c, weeks), "days");
        for (int64_t day = monday; day < monday + 7; day++)
            day_put(c, days, board, day);
    }
    node_bool(c, view->data, "mine", board->mine);
    return OK;
}

/* Ways to the other boards of the same days, and to everybody's or one's own work. */
static void ways_put(struct call *c, struct board *board, int64_t day)
{
    struct board other = *board;
    other.mine = !board->mine;
    link_put(c, board->view, "whose_href", board_href(c, &other, board->name, day));
    node_text(c, board->view->data, "whose_label",
              words(c->lang, board->mine ? S("duedates.show_all") : S("duedates.show_mine")));
    node_bool(c, board->view->data, "is_month", board->month > 0);
    link_put(c, board->view, "month_href", board_href(c, board, "duedates.month", day));
    link_put(c, board->view, "week_href", board_href(c, board, "duedates.week", day));
    link_put(c, board->view, "now_href",
             board_href(c, board, board->name, time_hanoi_day(c->now_ms)));
}

static int64_t monday_of(int64_t day)
{
    return day - ((int64_t)time_weekday(day) - MONDAY);
}

/* A day that leaves room for a board before and after it. */
static enum err day_of(struct call *c, const struct args *in, int64_t *ret_day)
{
    int64_t day = in->day != 0 ? in->day : time_hanoi_day(c->now_ms);
    if (day < TIME_DAY_MIN + 62 || day > TIME_DAY_MAX - 62) {
        problem(c, S("day"), "field.range");
        return problems_fail(c);
    }
    *ret_day = day;
    return OK;
}

static enum err month(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    int64_t day = 0;
    enum err e = day_of(c, in, &day);
    if (e != OK) return e;
    struct date date = time_date_of(day);
    int64_t first = time_day_of((struct date){date.year, date.month, 1});
    struct date next = time_date_of(first + 31);
    int64_t end = time_day_of((struct date){next.year, next.month, 1});
    struct fail_arg title[] = {{"month", str_format(c->arena, "%02d/%d", date.month, date.year)}};
    view_start(c, ret_view, VIEW_TODAY,
               words_fill(c->arena, c->lang, S("duedates.month"), title, ARRAY_LEN(title)));
    struct board board = {.view = ret_view,
                          .name = "duedates.month",
                          .first = monday_of(first),
                          .last = monday_of(end - 1) + 6,
                          .month = date.month,
                          .mine = in->whose != WHOSE_ALL};
    ways_put(c, &board, day);
    link_put(c, ret_view, "prev_href", board_href(c, &board, board.name, first - 1));
    link_put(c, ret_view, "next_href", board_href(c, &board, board.name, end));
    return board_fill(c, &board, DUEDATES_MONTH_ITEMS);
}

static enum err week(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    int64_t day = 0;
    enum err e = day_of(c, in, &day);
    if (e != OK) return e;
    int64_t monday = monday_of(day);
    struct fail_arg title[] = {{"from", day_text(c, monday)}, {"to", day_text(c, monday + 6)}};
    view_start(c, ret_view, VIEW_TODAY,
               words_fill(c->arena, c->lang, S("duedates.week"), title, ARRAY_LEN(title)));
    struct board board = {.view = ret_view,
                          .name = "duedates.week",
                          .first = monday,
                          .last = monday + 6,
                          .mine = in->whose != WHOSE_ALL};
    ways_put(c, &board, day);
    link_put(c, ret_view, "prev_href", board_href(c, &board, board.name, monday - 7));
    link_put(c, ret_view, "next_href", board_href(c, &board, board.name, monday + 7));
    return board_fill(c, &board, DUEDATES_WEEK_ITEMS);
}

static const struct view_def VIEWS[] = {
    {.name = "duedates.month",
     .args = &ARGUMENTS,
     .roles = ROLE_READERS,
     .rail = true,
     .run = month},
    {.name = "duedates.week", .args = &ARGUMENTS, .roles = ROLE_READERS, .run = week},
    {.name = "duedates.load",
     .roles = ROLE_LEADER | ROLE_CHIEF | ROLE_SECRETARY,
     .rail = true,
     .run = duedates_load},
};

const struct module duedates_module = {
    .name = "duedates",
    .order = 15,
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
