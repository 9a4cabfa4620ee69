/* consultation_time.c: the year: how much time was given and used, pages a working day, answers
 * that came late, requests sent with less time than agreed, silence; and the list behind each
 * number. */
#include "base/time.h"
#include "base/words.h"
#include "consultation_load_sql.h"
#include "consultation_pages.h"
#include "core/office.h"

enum { PAGE_ROWS = 50 };
enum time_cell { TIME_ALL = 1, TIME_ANSWERED, TIME_LATE, TIME_SILENT, TIME_SHORT, TIME_CELLS };
static const char *const CELLS[] = {NULL,        "time_all",    "time_answered",
                                    "time_late", "time_silent", "time_short"};
static_assert(ARRAY_LEN(CELLS) == TIME_CELLS);

static bool in_cell(const struct consultation_time *t, int64_t cell)
{
    bool silent = t->closed && t->signed_ms == 0 && !t->refused && !t->excused;
    switch ((enum time_cell)cell) {
    case TIME_ALL: return true;
    case TIME_ANSWERED: return t->signed_ms != 0;
    case TIME_LATE: return t->signed_ms > t->due_ms;
    case TIME_SILENT: return silent;
    case TIME_SHORT: return t->shorter;
    case TIME_CELLS: break;
    }
    ensure(false); /* all cells are above */
}

/* One office over the year. */
struct time_sum {
    struct str office;
    int64_t count[TIME_CELLS];
    int64_t given_days;
    int64_t used_days; /* of the answered ones */
    int64_t pages;     /* where they are known ... */
    int64_t read_days; /* ... and the days given for them */
};

static int64_t used_days(struct call *c, const struct consultation_time *t)
{
    return office_workdays_between(c, t->from_day, time_hanoi_day(t->signed_ms));
}

static void sum_add(struct call *c, struct time_sum *sum, const struct consultation_time *t)
{
    for (int64_t cell = TIME_ALL; cell < TIME_CELLS; cell++)
        sum->count[cell] += in_cell(t, cell) ? 1 : 0;
    sum->given_days += t->days;
    if (t->signed_ms != 0) sum->used_days += used_days(c, t);
    if (t->pages == 0) return;
    sum->pages += t->pages;
    sum->read_days += t->days;
}

static struct str number(struct call *c, int64_t n)
{
    return str_format(c->arena, "%lld", (long long)n);
}

/* "4,5"; "–" where there is nothing to divide. */
static struct str mean(struct call *c, int64_t sum, int64_t count)
{
    if (count == 0) return S("–");
    int64_t tenths = (sum * 20 + count) / (count * 2);
    struct fail_arg args[] = {{"whole", number(c, tenths / 10)}, {"tenth", number(c, tenths % 10)}};
    return words_fill(c->arena, c->lang, S("consultation.mean"), args, ARRAY_LEN(args));
}

static int64_t year_of(struct call *c, int64_t year)
{
    bool good = year > TIME_YEAR_MIN && year < TIME_YEAR_MAX;
    return good ? year : time_date_of(time_hanoi_day(c->now_ms)).year;
}

static enum err times_load(struct call *c, int64_t year, struct consultation_time **ret_rows,
                           size_t *ret_count)
{
    const struct date first = {.year = (int)year, .month = 1, .day = 1};
    const struct date last = {.year = (int)year, .month = 12, .day = 31};
    return consultation_sql_times(c, time_day_of(first), time_day_of(last), ret_rows, ret_count);
}

/* ---- the page ---- */

static void number_put(struct call *c, struct node *row, const struct time_sum *sum, int64_t year,
                       int64_t cell)
{
    struct node *map = node_add_map(c, row->last);
    node_text(c, map, "text", number(c, sum->count[cell]));
    node_text(c, map, "kind", S("number"));
    struct str href = str_format(c->arena, "/view/consultation.time_list?year=%lld&cell=%s%s%.*s",
                                 (long long)year, CELLS[cell],
                                 sum->office.len > 0 ? "&party=o:" : "", STR_ARG(sum->office));
    node_text(c, map, "href", sum->count[cell] > 0 ? href : (struct str){});
}

static void figure_put(struct call *c, struct node *row, struct str text)
{
    struct node *map = node_add_map(c, row->last);
    node_text(c, map, "text", text);
    node_text(c, map, "kind", S("number"));
}

static void sum_row(struct call *c, struct view *section, const struct time_sum *sum, int64_t year)
{
    struct node *row = view_row(c, section, (struct str){}, (struct str){});
    view_cell(c, row,
              sum->office.len > 0 ? office_name(c, sum->office)
                                  : words(c->lang, S("consultation.time_together")));
    for (int64_t cell = TIME_ALL; cell < TIME_CELLS; cell++)
        number_put(c, row, sum, year, cell);
    figure_put(c, row, mean(c, sum->given_days, sum->count[TIME_ALL]));
    figure_put(c, row, mean(c, sum->used_days, sum->count[TIME_ANSWERED]));
    figure_put(c, row, mean(c, sum->pages, sum->read_days));
}

static void number_column(struct call *c, struct view *view, const char *key, const char *label)
{
    view_column(c, view, key, label);
    struct node *columns = view->data->last; /* the first column stands already */
    ensure(columns->type == NODE_LIST);
    node_text(c, columns->last, "kind", S("number"));
}

static void columns_put(struct call *c, struct view *section)
{
    static const char *const KEYS[] = {
        "choice.time_all",        "choice.time_answered",   "choice.time_late",
        "choice.time_silent",     "choice.time_short",      "consultation.time_given",
        "consultation.time_used", "consultation.time_rate",
    };
    view_column(c, section, "office", "consultation.column.giver");
    for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
        number_column(c, section, KEYS[i], KEYS[i]);
    }
}

static void years_put(struct call *c, struct view *view, int64_t year)
{
    struct node *group = node_add_map(c, node_put_list(c, view->data, "ways"));
    node_text(c, group, "label", words(c->lang, S("consultation.time_years")));
    struct node *links = node_put_list(c, group, "links");
    for (int64_t at = year - 1; at <= year + 1; at++) {
        struct node *link = node_add_map(c, links);
        node_text(c, link, "label", number(c, at));
        node_text(c, link, "href",
                  str_format(c->arena, "/view/consultation.time?year=%lld", (long long)at));
        node_bool(c, link, "here", at == year);
    }
}

enum err consultation_time_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_load_args *in = args;
    int64_t year = year_of(c, in->year);
    struct consultation_time *rows = NULL;
    size_t count = 0;
    enum err e = times_load(c, year, &rows, &count);
    if (e != OK) return e;
    struct time_sum all = {};
    struct time_sum *sums = arena_array(c->arena, count + 1, sizeof *sums);
    size_t sum_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < sum_count && !str_eq(sums[at].office, rows[i].office))
            at++;
        if (at == sum_count) sums[sum_count++].office = rows[i].office;
        sum_add(c, &sums[at], &rows[i]);
        sum_add(c, &all, &rows[i]);
    }
    view_start(c, ret_view, VIEW_FIGURES,
               consultation_words(c, "consultation.time_title", "year", number(c, year)));
    years_put(c, ret_view, year);
    struct view section = view_section(c, ret_view, "consultation.time_offices");
    node_text(c, section.data, "text",
              words(c->lang, count < CONSULTATION_TIMES ? S("consultation.time_help")
                                                        : S("consultation.time_cut")));
    columns_put(c, &section);
    for (size_t i = 0; i < sum_count; i++)
        sum_row(c, &section, &sums[i], year);
    sum_row(c, &section, &all, year);
    return OK;
}

/* ---- the list behind a number ---- */

static void time_row(struct call *c, struct view *view, const struct consultation_time *t)
{
    struct node *row =
        view_row(c, view, t->record,
                 str_format(c->arena, "/view/consultation.show?record=%.*s", STR_ARG(t->record)));
    const char *key = t->refused                ? "consultation.standing.refused"
                      : t->excused              ? "consultation.standing.excused"
                      : in_cell(t, TIME_SILENT) ? "consultation.standing.silent"
                      : in_cell(t, TIME_LATE)   ? "choice.time_late"
                      : t->signed_ms != 0       ? "choice.time_answered"
                                                : "consultation.standing.waiting";
    view_cell(c, row, t->subject);
    view_cell(c, row, office_code(c, t->home));
    view_cell(c, row, office_code(c, t->office));
    view_cell(c, row, time_format_day_vn(c->arena, t->from_day));
    view_cell(c, row, time_format_day_vn(c->arena, t->due_day));
    figure_put(c, row, number(c, t->days));
    figure_put(c, row, t->signed_ms != 0 ? number(c, used_days(c, t)) : (struct str){});
    figure_put(c, row, t->pages > 0 ? number(c, t->pages) : (struct str){});
    figure_put(c, row, t->pages > 0 ? mean(c, t->pages, t->days) : (struct str){});
    view_cell_state(c, row, words(c->lang, str_of(key)),
                    t->signed_ms != 0 && !in_cell(t, TIME_LATE) ? "good" : "neutral");
}

static void list_columns(struct call *c, struct view *view)
{
    view_column(c, view, "subject", "field.consultation.request.subject");
    view_column(c, view, "asker", "consultation.time_from");
    view_column(c, view, "giver", "consultation.time_to");
    view_column(c, view, "from", "consultation.time_sent");
    view_column(c, view, "due", "consultation.time_due");
    number_column(c, view, "given", "consultation.time_given");
    number_column(c, view, "used", "consultation.time_used");
    number_column(c, view, "pages", "field.consultation.request.pages");
    number_column(c, view, "rate", "consultation.time_rate");
    view_column(c, view, "standing", "consultation.column.standing");
}

static struct str key_of(struct call *c, const struct consultation_time *t)
{
    return str_format(c->arena, "%.*s %.*s", STR_ARG(t->record), STR_ARG(t->office));
}

enum err consultation_time_list_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct consultation_load_args *in = args;
    int64_t cell = in->cell == 0 ? TIME_ALL : in->cell;
    int64_t year = year_of(c, in->year);
    struct consultation_time *rows = NULL;
    size_t count = 0;
    size_t shown = 0;
    bool begun = in->after.len == 0;
    enum err e = times_load(c, year, &rows, &count);
    if (e != OK) return e;
    struct view view = {};
    struct fail_arg title[] = {
        {"cell", words(c->lang, str_format(c->arena, "choice.%s", CELLS[cell]))},
        {"year", number(c, year)}};
    view_start(c, &view, VIEW_LIST,
               words_fill(c->arena, c->lang, S("consultation.time_list"), title, ARRAY_LEN(title)));
    list_columns(c, &view);
    const struct consultation_time *last = NULL;
    for (size_t i = 0; i < count; i++) {
        bool his =
            in->party.len == 0 || str_eq(rows[i].office, str_sub(in->party, 2, in->party.len));
        if (!his || !in_cell(&rows[i], cell)) continue;
        if (!begun) {
            begun = str_eq(key_of(c, &rows[i]), in->after);
            continue;
        }
        if (shown == PAGE_ROWS) {
            node_text(c, view.data, "next", key_of(c, last));
            break;
        }
        last = &rows[i];
        time_row(c, &view, last);
        shown++;
    }
    node_int(c, view.data, "count", (int64_t)shown);
    node_text(c, view.data, "empty", words(c->lang, S("consultation.time_none")));
    view_link(c, &view, "view.consultation.time",
              str_format(c->arena, "/view/consultation.time?year=%lld", (long long)year));
    *ret_view = view;
    return OK;
}
