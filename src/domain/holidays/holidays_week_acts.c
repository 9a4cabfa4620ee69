/* The office's own weeks: setting one, withdrawing one, the list, the form. The administrator's
 * work; everybody in the office may read them. */
#include "holidays_week.h"

#include "base/time.h"
#include "base/words.h"
#include "core/office.h"
#include "core/org.h"

struct withdraw_input {
    struct str record;
    int64_t seen;
    struct str reason;
};

static const struct field SET_FIELDS[] = {
    {.name = "from_date",
     .type = FIELD_DATE,
     .offset = offsetof(struct holidays_week, from_day),
     .required = true,
     .label = "field.holidays.week.from_date"},
    {.name = "basis",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_week, basis),
     .max = 300,
     .required = true,
     .label = "field.holidays.week.basis"},
    {.name = "open",
     .type = FIELD_LIST,
     .offset = offsetof(struct holidays_week, open),
     .of = &HOLIDAYS_OPEN,
     .max = 7,
     .label = "field.holidays.week.open"},
    {.name = "no_ends",
     .type = FIELD_LIST,
     .offset = offsetof(struct holidays_week, no_ends),
     .of = &HOLIDAYS_NO_END,
     .max = HOLIDAYS_NO_END_DAYS,
     .label = "field.holidays.week.no_ends"},
};
const struct field_table HOLIDAYS_SET_WEEK =
    FIELD_TABLE("holidays.set_week", struct holidays_week, SET_FIELDS);

static const struct field WITHDRAW_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct withdraw_input, record),
     .required = true,
     .label = "field.holidays.week.record"},
    {.name = "seen",
     .type = FIELD_INT,
     .offset = offsetof(struct withdraw_input, seen),
     .label = "field.holidays.seen"},
    {.name = "reason",
     .type = FIELD_TEXT,
     .offset = offsetof(struct withdraw_input, reason),
     .max = 500,
     .required = true,
     .label = "field.holidays.decision.withdrawn_reason"},
};
const struct field_table HOLIDAYS_WITHDRAW_WEEK =
    FIELD_TABLE("holidays.withdraw_week", struct withdraw_input, WITHDRAW_FIELDS);

struct str holidays_kept_basis(const struct holidays_kept *kept)
{
    return kept->week->basis;
}

/* ---- acts ---- */

static enum err week_put(struct call *c, struct str record, int64_t seen_n,
                         const struct holidays_week *week, struct act_result *ret_result)
{
    struct put put = {.kind = "holidays.week", .record = record, .seen_n = seen_n, .body = week};
    put.audience = org_audience(c, &put.audience_count);
    return record_put(c, &put, ret_result);
}

enum err holidays_run_set_week(struct call *c, const void *input, struct act_result *ret_result)
{
    struct holidays_week week = *(const struct holidays_week *)input;
    week.withdrawn = false;
    week.withdrawn_reason = (struct str){};
    return week_put(c, (struct str){}, 0, &week, ret_result);
}

enum err holidays_week_holds(struct call *c, const struct head *head)
{
    struct holidays_week week = {};
    enum err e = record_body(c, "holidays.week", head->record, &week);
    if (e != OK) return e;
    return week.withdrawn ? fail(c, ERR_CONFLICT, "holidays.week_withdrawn") : OK;
}

enum err holidays_run_withdraw_week(struct call *c, const void *input,
                                    struct act_result *ret_result)
{
    const struct withdraw_input *in = input;
    struct holidays_week week = {};
    enum err e = record_body(c, "holidays.week", in->record, &week);
    if (e != OK) return e;
    week.withdrawn = true;
    week.withdrawn_reason = in->reason;
    return week_put(c, in->record, in->seen, &week, ret_result);
}

/* ---- pages ---- */

static void week_row(struct call *c, struct view *view, const struct holidays_kept *kept)
{
    const struct holidays_week *week = kept->week;
    struct head head = {.record = kept->record, .kind = S("holidays.week")};
    struct node *row = view_row(c, view, kept->record, record_link(c, &head));
    view_cell(c, row, time_format_day_long(c->arena, week->from_day, c->lang));
    view_cell(c, row, holidays_week_text(c, week));
    view_cell(c, row, week->basis);
    view_cell_state(
        c, row,
        words(c->lang, week->withdrawn ? S("holidays.state_withdrawn") : S("holidays.state_holds")),
        week->withdrawn ? "warn" : "good");
}

enum err holidays_weeks_view(struct call *c, const void *args, struct view *ret_view)
{
    struct holidays_basis basis = {};
    (void)args;
    enum err e = holidays_sql_basis(c, &basis);
    if (e != OK) return e;
    struct view view = {};
    view_start(c, &view, VIEW_LIST, (struct str){});
    view_column(c, &view, "from", "field.holidays.week.from_date");
    view_column(c, &view, "open", "field.holidays.week.open");
    view_column(c, &view, "basis", "field.holidays.week.basis");
    view_column(c, &view, "state", "holidays.state");
    for (size_t i = basis.kept_count; i-- > 0;)
        week_row(c, &view, &basis.kept[i]);
    node_text(c, view.data, "empty", words(c->lang, S("holidays.no_weeks")));
    if ((c->who.roles & ROLE_ADMIN) != 0) {
        view_link(c, &view, "act.holidays.set_week", S("/view/holidays.week_form"));
    }
    *ret_view = view;
    return OK;
}

static struct str clock_text(struct call *c, int64_t minute)
{
    return str_format(c->arena, "%02d:%02d", (int)(minute / 60), (int)(minute % 60));
}

/* The form begins with the hours that hold today, so that only what differs is written. */
enum err holidays_week_form_view(struct call *c, const void *args, struct view *ret_view)
{
    const struct field *weekday = field_find(&HOLIDAYS_OPEN, S("weekday"));
    struct view view = {};
    (void)args;
    ensure(weekday != NULL);
    view_start(c, &view, VIEW_FORM, words(c->lang, S("act.holidays.set_week")));
    node_text(c, view.data, "act", S("holidays.set_week"));
    struct node *values = node_put_map(c, view.data, "values");
    struct node *rows = node_put_list(c, values, "open");
    struct workday_week week = workday_week_at(c->office->calendar, time_hanoi_day(c->now_ms));
    for (int64_t i = 0; i < 7; i++) {
        const struct workday_hours *hours = &week.day[i];
        if (hours->span[0].to_minute == 0 && hours->span[1].to_minute == 0) continue;
        struct node *row = node_add_map(c, rows);
        node_text(c, row, "weekday", field_choice_word(weekday, i + 1));
        if (hours->span[0].to_minute > 0) {
            node_text(c, row, "morning_from", clock_text(c, hours->span[0].from_minute));
            node_text(c, row, "morning_to", clock_text(c, hours->span[0].to_minute));
        }
        if (hours->span[1].to_minute > 0) {
            node_text(c, row, "afternoon_from", clock_text(c, hours->span[1].from_minute));
            node_text(c, row, "afternoon_to", clock_text(c, hours->span[1].to_minute));
        }
        if (!hours->counts) node_text(c, row, "only_hours", S("on"));
    }
    *ret_view = view;
    return OK;
}
