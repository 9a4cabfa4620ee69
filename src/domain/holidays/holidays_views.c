/* The year's calendar with the reason for every day, and the decisions behind it. */
#include "holidays.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/office.h"
#include "holidays_rules.h"

struct list_args {
    int64_t year;
};
static const struct field LIST_FIELDS[] = {
    {.name = "year",
     .type = FIELD_INT,
     .offset = offsetof(struct list_args, year),
     .max = WORKDAY_YEAR_MAX},
};
static const struct field_table LIST_ARGS =
    FIELD_TABLE("holidays.list", struct list_args, LIST_FIELDS);

struct show_args {
    struct str record;
};
static const struct field SHOW_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct show_args, record),
     .required = true},
};
static const struct field_table SHOW_ARGS =
    FIELD_TABLE("holidays.show", struct show_args, SHOW_FIELDS);

static struct str href_of(struct call *c, struct str record)
{
    return str_format(c->arena, "/view/holidays.show?record=%.*s", STR_ARG(record));
}

static struct str date_text(struct call *c, int64_t day)
{
    return day == 0 ? (struct str){} : time_format_day_vn(c->arena, day);
}

/* Offered to whoever may: the page does not advertise other people's work. */
static void offer(struct call *c, struct view *view, const char *name, bool main)
{
    const struct act *act = module_act(str_of(name));
    ensure(act != NULL);
    enum err e = grant_act(c, act, NULL);
    if (e == OK) view_act(c, view, name, main);
    if (e != OK) call_clear(c);
}

static void offer_new(struct call *c, struct view *view)
{
    offer(c, view, "holidays.decide", true);
    offer(c, view, "holidays.import", false);
}

/* ---- the year ---- */

/* What the page of a year is made from. */
struct year {
    int64_t year;
    const struct workday_calendar *calendar;
    const struct holidays_held *held;
    struct holidays_merged merged;
    bool tet_decided;
};

/* The row that decides a day, or NULL; `ret_held` is its decision, NULL for what is built in. */
static const struct workday_decision *decided(const struct year *year, int64_t day,
                                              const struct holidays_held **ret_held)
{
    *ret_held = NULL;
    for (size_t i = 0; i < year->merged.count; i++) {
        if (year->merged.rows[i].day != day) continue;
        int64_t from = year->merged.from[i];
        if (from >= 0) *ret_held = &year->held[from];
        return &year->merged.rows[i];
    }
    return NULL;
}

static void day_row(struct call *c, struct view *view, const struct year *year, int64_t day)
{
    const struct holidays_held *held = NULL;
    enum workday_reason reason = workday_reason_of(year->calendar, day);
    const struct workday_decision *row = decided(year, day, &held);
    bool worked = reason == WORKDAY_WORKED;
    bool plain = worked || reason == WORKDAY_WEEKEND;
    if (plain && row == NULL) return;
    struct str record = held == NULL ? (struct str){} : held->record;
    struct str href = held == NULL ? (struct str){} : href_of(c, record);
    struct node *cells = view_row(c, view, record, href);
    view_cell(c, cells, time_format_day_long(c->arena, day, c->lang));
    view_cell_state(c, cells, words(c->lang, worked ? S("choice.work") : S("choice.off")),
                    worked ? "warn" : "neutral");
    view_cell(c, cells,
              worked ? words(c->lang, S("holidays.worked"))
                     : words(c->lang, workday_reason_key(reason)));
    struct str basis = words(c->lang, S("holidays.by_law"));
    if (row != NULL) basis = words(c->lang, S("holidays.announced"));
    if (held != NULL) basis = held->decision.number;
    bool open = row == NULL && reason == WORKDAY_TET && !year->tet_decided;
    if (open) basis = words(c->lang, S("holidays.undecided"));
    view_cell_state(c, cells, basis, open ? "warn" : "neutral");
}

static enum err year_load(struct call *c, int64_t number, struct year *ret_year)
{
    struct holidays_basis basis = {};
    enum err e = holidays_sql_basis(c, &basis);
    if (e != OK) return e;
    *ret_year = (struct year){.year = number,
                              .calendar = c->office->calendar,
                              .held = basis.held,
                              .merged = holidays_merge(c->arena, basis.held, basis.held_count)};
    ret_year->tet_decided = holidays_tet_is_decided(&ret_year->merged, number);
    return OK;
}

/* The way to the office's own weeks. */
static void offer_weeks(struct call *c, struct view *view)
{
    if ((c->who.roles & (ROLE_ADMIN | ROLE_CHIEF)) == 0) return;
    view_link(c, view, "view.holidays.weeks", S("/view/holidays.weeks"));
}

/* The way to the deadlines that another calendar would move. */
static void offer_moved(struct call *c, struct view *view)
{
    if ((c->who.roles & ROLE_READERS) == 0) return;
    view_link(c, view, "view.holidays.moved", S("/view/holidays.moved"));
}

static enum err list_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct list_args *in = args;
    struct year year = {};
    int64_t number = in->year != 0 ? in->year : time_date_of(time_hanoi_day(c->now_ms)).year;
    if (number < WORKDAY_YEAR_MIN || number > WORKDAY_YEAR_MAX) {
        problem(c, S("year"), "field.range");
        return problems_fail(c);
    }
    enum err e = year_load(c, number, &year);
    if (e != OK) return e;
    struct fail_arg title[] = {
        {"year", str_format(c->arena, "%lld", (long long)number)},
        {"calendar", workday_calendar_version(year.calendar)},
    };
    struct view view = {};
    view_start(c, &view, VIEW_LIST,
               words_fill(c->arena, c->lang, S("holidays.title"), title, ARRAY_LEN(title)));
    view_column(c, &view, "day", "field.holidays.day.day");
    view_column(c, &view, "kind", "field.holidays.day.kind");
    view_column(c, &view, "reason", "field.holidays.day.reason");
    view_column(c, &view, "basis", "holidays.basis");
    int64_t last = time_day_of((struct date){(int)number, 12, 31});
    for (int64_t day = time_day_of((struct date){(int)number, 1, 1}); day <= last; day++)
        day_row(c, &view, &year, day);
    node_bool(c, view.data, "tet_decided", year.tet_decided);
    offer_new(c, &view);
    offer_weeks(c, &view);
    offer_moved(c, &view);
    *ret_view = view;
    return OK;
}

/* ---- the decisions ---- */

static struct str state_of(struct call *c, const struct holidays_decision *decision)
{
    return words(c->lang,
                 decision->withdrawn ? S("holidays.state_withdrawn") : S("holidays.state_holds"));
}

static enum err decisions_view(struct call *c, const void *args, struct view *ret_view)
{
    struct holidays_basis basis = {};
    (void)args;
    enum err e = holidays_sql_basis(c, &basis);
    if (e != OK) return e;
    const struct holidays_held *held = basis.held;
    struct view view = {};
    view_start(c, &view, VIEW_LIST, (struct str){});
    view_column(c, &view, "number", "field.holidays.decision.number");
    view_column(c, &view, "issued", "field.holidays.decision.issued_date");
    view_column(c, &view, "summary", "field.holidays.decision.summary");
    view_column(c, &view, "days", "field.holidays.decision.days");
    view_column(c, &view, "state", "holidays.state");
    for (size_t i = basis.held_count; i-- > 0;) {
        const struct holidays_decision *decision = &held[i].decision;
        struct node *row = view_row(c, &view, held[i].record, href_of(c, held[i].record));
        view_cell(c, row, decision->number);
        view_cell(c, row, date_text(c, decision->issued_day));
        view_cell(c, row, decision->summary);
        view_cell(c, row, str_format(c->arena, "%zu", decision->days.count));
        view_cell_state(c, row, state_of(c, decision), decision->withdrawn ? "warn" : "good");
    }
    node_text(c, view.data, "empty", words(c->lang, S("holidays.none")));
    offer_new(c, &view);
    *ret_view = view;
    return OK;
}

static struct str choice_text(struct call *c, const char *field, int64_t value)
{
    const struct field *f = field_find(&HOLIDAYS_DAY, str_of(field));
    ensure(f != NULL);
    if (value == 0) return (struct str){};
    return words(c->lang,
                 str_format(c->arena, "choice.%.*s", STR_ARG(field_choice_word(f, value))));
}

static void days_section(struct call *c, struct view *view, const struct list *days)
{
    static const char *const FIELDS[] = {"day", "kind", "reason", "holiday", "note"};
    const struct holidays_day *rows = days->rows;
    struct view section = {.data = node_add_map(c, node_put_list(c, view->data, "sections"))};
    node_text(c, section.data, "title", words(c->lang, S("field.holidays.decision.days")));
    for (size_t i = 0; i < ARRAY_LEN(FIELDS); i++) {
        view_column(c, &section, FIELDS[i],
                    str_format(c->arena, "field.holidays.day.%s", FIELDS[i]).ptr);
    }
    for (size_t i = 0; i < days->count; i++) {
        struct node *row = view_row(c, &section, (struct str){}, (struct str){});
        view_cell(c, row, time_format_day_long(c->arena, rows[i].day, c->lang));
        view_cell(c, row, choice_text(c, "kind", rows[i].kind));
        view_cell(c, row, choice_text(c, "reason", rows[i].reason));
        view_cell(c, row, choice_text(c, "holiday", rows[i].holiday));
        view_cell(c, row, rows[i].note);
    }
}

static void files_put(struct call *c, struct view *view, const struct list *files)
{
    const struct file_ref *refs = files->rows;
    struct node *list = node_put_list(c, view->data, "files");
    for (size_t i = 0; i < files->count; i++) {
        struct node *file = node_add_map(c, list);
        node_text(c, file, "root", refs[i].root);
        node_text(c, file, "name", refs[i].name);
        node_text(c, file, "media", refs[i].media);
        node_int(c, file, "size", refs[i].size);
    }
}

static enum err show_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct show_args *in = args;
    struct holidays_decision decision = {};
    struct head head = {};
    enum err e = record_body_visible(c, "holidays.decision", in->record, &decision);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_RECORD, decision.number);
    node_text(c, node_put_map(c, view.data, "state"), "text", state_of(c, &decision));
    view_fact(c, &view, "field.holidays.decision.issuer", decision.issuer);
    view_fact(c, &view, "field.holidays.decision.issued_date", date_text(c, decision.issued_day));
    view_fact(c, &view, "field.holidays.decision.summary", decision.summary);
    if (decision.withdrawn) {
        view_fact(c, &view, "field.holidays.decision.withdrawn_reason", decision.withdrawn_reason);
    }
    days_section(c, &view, &decision.days);
    files_put(c, &view, &decision.files);
    e = view_record_tail(c, &view, &head);
    if (e == OK) *ret_view = view;
    return e;
}

/* ---- deadlines that the present calendar would set otherwise ---- */

static void moved_row(struct call *c, struct view *view, const struct holidays_dated *dated,
                      int64_t due)
{
    struct head head = {.record = dated->record, .kind = dated->kind};
    struct node *row = view_row(c, view, dated->record, record_link(c, &head));
    view_cell(c, row, dated->title);
    view_cell(c, row, time_format_day_long(c->arena, dated->due_day, c->lang));
    view_cell_state(c, row, time_format_day_long(c->arena, due, c->lang), "warn");
}

/* What one act of a named person would move, holidays_move.c; the page itself moves nothing. */
static enum err moved_view(struct call *c, const void *args, struct view *ret_view)
{
    struct holidays_dated *dated = NULL;
    size_t count = 0;
    int64_t shown = 0;
    const struct workday_calendar *calendar = c->office->calendar;
    (void)args;
    enum err e = holidays_sql_dated(c, workday_calendar_version(calendar),
                                    time_hanoi_day(c->now_ms), &dated, &count);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_LIST, (struct str){});
    view_column(c, &view, "title", "holidays.moved_title");
    view_column(c, &view, "due", "holidays.moved_due");
    view_column(c, &view, "would", "holidays.moved_would");
    for (size_t i = 0; i < count && shown < LIMIT_ROWS; i++) {
        int64_t due = 0;
        if (!holidays_redate(c, calendar, dated[i].why, &due)) continue;
        if (due == dated[i].due_day) continue;
        moved_row(c, &view, &dated[i], due);
        shown++;
    }
    node_int(c, view.data, "count", shown);
    node_text(c, view.data, "empty", words(c->lang, S("holidays.moved_none")));
    if (shown > 0) offer(c, &view, "holidays.move_deadlines", true);
    *ret_view = view;
    return OK;
}

const struct view_def HOLIDAYS_VIEWS[HOLIDAYS_VIEW_COUNT] = {
    {.name = "holidays.list",
     .args = &LIST_ARGS,
     .roles = ROLE_ANY,
     .rail = true,
     .run = list_view},
    {.name = "holidays.decisions",
     .roles = ROLE_ADMIN | ROLE_CHIEF,
     .rail = true,
     .run = decisions_view},
    {.name = "holidays.weeks", .roles = ROLE_ADMIN | ROLE_CHIEF, .run = holidays_weeks_view},
    {.name = "holidays.week_form", .roles = ROLE_ADMIN, .run = holidays_week_form_view},
    {.name = "holidays.moved", .roles = ROLE_READERS, .run = moved_view},
    {.name = "holidays.show", .args = &SHOW_ARGS, .roles = ROLE_ANY, .run = show_view},
};
