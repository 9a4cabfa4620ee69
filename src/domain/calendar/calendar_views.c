/* The calendar's pages. */
#include "calendar.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/office.h"

static const char *const SPANS[] = {"day", "week", "month", NULL};
enum { SPAN_DAY = 1, SPAN_WEEK, SPAN_MONTH, CLASHES = 200, FIND_DAYS = 21 };

struct args {
    struct str record;
    int64_t day; /* any of the span; 0: today */
    int64_t span;
    int64_t minutes;
    struct list asked;
};

#define AT(member) .offset = offsetof(struct args, member)
#define THE_DAY                                                                                    \
    {                                                                                              \
        .name = "day", .type = FIELD_DATE, AT(day), .label = "field.calendar.day"                  \
    }
static const struct field RECORD_FIELDS[] = {
    {.name = "record", .type = FIELD_RECORD, AT(record), .required = true},
    THE_DAY,
    {.name = "span",
     .type = FIELD_CHOICE,
     AT(span),
     .choices = SPANS,
     .label = "field.calendar.span"},
};
static const struct field DAY_FIELDS[] = {THE_DAY};
static const struct field ASK_FIELDS[] = {
    {.name = "resource",
     .type = FIELD_RECORD,
     .offset = offsetof(struct calendar_asked, resource),
     .required = true,
     .kind = "calendar.resource",
     .label = "field.calendar.booking.resource"},
};
static const struct field_table ASK =
    FIELD_TABLE("calendar.find_ask", struct calendar_asked, ASK_FIELDS);
static const struct field FIND_FIELDS[] = {
    THE_DAY,
    {.name = "minutes",
     .type = FIELD_INT,
     AT(minutes),
     .max = 600,
     .label = "field.calendar.minutes"},
    {.name = "asked",
     .type = FIELD_LIST,
     AT(asked),
     .of = &ASK,
     .max = CALENDAR_ASKED,
     .label = "field.calendar.meeting.asked"},
};
static const struct field_table RECORD_ARGS =
    FIELD_TABLE("calendar.show", struct args, RECORD_FIELDS);
static const struct field_table DAY_ARGS = FIELD_TABLE("calendar.when", struct args, DAY_FIELDS);
static const struct field_table FIND_ARGS = FIELD_TABLE("calendar.find", struct args, FIND_FIELDS);

static int64_t day_of(struct call *c, const struct args *in)
{
    bool good = in->day != 0 && in->day > TIME_DAY_MIN + 62 && in->day < TIME_DAY_MAX - 62;
    return good ? in->day : time_hanoi_day(c->now_ms);
}

static int64_t monday_of(int64_t day)
{
    return day - ((int64_t)time_weekday(day) - MONDAY);
}

static struct calendar_span days_span(int64_t first, int64_t end)
{
    return (struct calendar_span){time_hanoi_midnight_ms(first), time_hanoi_midnight_ms(end)};
}

/* ---- lines ---- */

/* Columns of calendar_between. */
enum {
    B_BOOKING, B_FROM, B_TO, B_STATE, B_HOLD, B_PRIORITY, B_TITLE, B_PLACE, B_RESOURCE,
    B_DETAILS /* record of the details; empty: not for this person */
};

static enum calendar_state state_of(struct call *c, const struct rows *rows, size_t i)
{
    struct calendar_booking b = {.state = rows_int(rows, i, B_STATE),
                                 .hold_until = rows_int(rows, i, B_HOLD)};
    return calendar_state_now(&b, c->now_ms);
}

static const char *tone_of(enum calendar_state state)
{
    if (state == CALENDAR_DECIDED) return "good";
    return state == CALENDAR_PROMISED ? "warn" : "neutral";
}

static struct str about(struct call *c, const struct rows *rows, size_t i)
{
    struct str title = rows_text(rows, i, B_TITLE);
    if (title.len > 0) return title;
    bool known = rows_text(rows, i, B_DETAILS).len > 0;
    return words(c->lang, known ? S("calendar.untitled") : S("calendar.busy"));
}

static void line_put(struct call *c, struct view *section, const struct rows *rows, size_t i)
{
    struct calendar_span span = {rows_int(rows, i, B_FROM), rows_int(rows, i, B_TO)};
    struct str record = rows_text(rows, i, B_BOOKING);
    enum calendar_state state = state_of(c, rows, i);
    struct node *row =
        view_row(c, section, record,
                 str_format(c->arena, "/view/calendar.booking?record=%.*s", STR_ARG(record)));
    view_cell(c, row, calendar_span_text(c, &span));
    view_cell(c, row, about(c, rows, i));
    view_cell(c, row, rows_text(rows, i, B_PLACE));
    view_cell_state(c, row, calendar_state_word(c, state), tone_of(state));
}

/* ---- a calendar: a day, a week, a month ---- */

static struct calendar_span span_of(const struct args *in, int64_t day, int64_t *ret_before,
                                    int64_t *ret_after)
{
    int64_t first = monday_of(day);
    int64_t end = first + 7;
    if (in->span == SPAN_DAY) {
        first = day;
        end = day + 1;
    }
    if (in->span == SPAN_MONTH) {
        struct date date = time_date_of(day);
        first = time_day_of((struct date){date.year, date.month, 1});
        struct date next = time_date_of(first + 31);
        end = time_day_of((struct date){next.year, next.month, 1});
    }
    *ret_before = first - 1;
    *ret_after = end;
    return days_span(first, end);
}

static void way_put(struct call *c, struct view *view, const char *label, const struct args *in,
                    int64_t day, int64_t span)
{
    struct str text = time_format_day(c->arena, day);
    const char *word = SPANS[(span == 0 ? SPAN_WEEK : span) - 1];
    view_link(c, view, label,
              str_format(c->arena, "/view/calendar.week?record=%.*s&day=%.*s&span=%s",
                         STR_ARG(in->record), STR_ARG(text), word));
}

static enum err week(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    struct calendar_resource r = {};
    struct head head = {};
    struct rows rows = {};
    int64_t before = 0;
    int64_t after = 0;
    int64_t day = day_of(c, in);
    struct calendar_span span = span_of(in, day, &before, &after);
    enum err e = record_body_visible(c, "calendar.resource", in->record, &r);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e == OK) e = calendar_between(c, in->record, &span, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_RECORD, r.name);
    struct calendar_span shown = {span.from_ms, span.to_ms - 1};
    view_fact(c, ret_view, "calendar.shown", calendar_span_text(c, &shown));
    view_fact(c, ret_view, "field.calendar.resource.type",
              words(c->lang, str_format(c->arena, "choice.%s",
                                        CALENDAR_TYPES[r.type - 1])));
    if (r.second.len > 0)
        view_fact(c, ret_view, "field.calendar.resource.second", office_name(c, r.second));
    way_put(c, ret_view, "calendar.before", in, before, in->span);
    way_put(c, ret_view, "calendar.after", in, after, in->span);
    way_put(c, ret_view, "calendar.as_day", in, day, SPAN_DAY);
    way_put(c, ret_view, "calendar.as_week", in, day, SPAN_WEEK);
    way_put(c, ret_view, "calendar.as_month", in, day, SPAN_MONTH);
    struct view section = view_section(c, ret_view, "calendar.bookings");
    view_column(c, &section, "when", "calendar.when");
    view_column(c, &section, "what", "field.calendar.details.title");
    view_column(c, &section, "place", "field.calendar.details.place");
    view_column(c, &section, "state", "field.calendar.booking.state");
    for (size_t i = 0; i < rows.count; i++)
        line_put(c, &section, &rows, i);
    return view_record_tail(c, ret_view, &head);
}

/* ---- all calendars, a week by half-days ---- */

static const char *const HALVES[] = {"calendar.morning", "calendar.afternoon", "calendar.evening"};
static const int64_t HALF_ENDS[] = {12 * 60, 18 * 60, 24 * 60};

static struct str half_text(struct call *c, const struct rows *rows, int64_t day)
{
    struct sb sb = sb_new(c->arena, 4000);
    int64_t from = 0;
    for (size_t h = 0; h < ARRAY_LEN(HALVES); h++) {
        int64_t midnight_ms = time_hanoi_midnight_ms(day);
        int64_t from_ms = midnight_ms + from * 60000;
        int64_t to_ms = midnight_ms + HALF_ENDS[h] * 60000;
        bool any = false;
        from = HALF_ENDS[h];
        for (size_t i = 0; i < rows->count; i++) {
            if (rows_int(rows, i, B_FROM) >= to_ms || rows_int(rows, i, B_TO) <= from_ms) continue;
            if (sb.len > 0) sb_put(&sb, any ? S("; ") : S(" · "));
            if (!any) sb_printf(&sb, "%.*s: ", STR_ARG(words(c->lang, str_of(HALVES[h]))));
            any = true;
            struct str at = time_hanoi_format(c->arena, rows_int(rows, i, B_FROM), c->lang);
            sb_printf(&sb, "%.*s %.*s", STR_ARG(str_sub(at, at.len - 5, at.len)),
                      STR_ARG(about(c, rows, i)));
        }
    }
    return sb_str(&sb);
}

static enum err board_row(struct call *c, struct view *view, const struct rows *calendars,
                          size_t i, int64_t monday)
{
    struct rows rows = {};
    struct calendar_span span = days_span(monday, monday + 7);
    struct str record = rows_text(calendars, i, 0);
    enum err e = calendar_between(c, record, &span, &rows);
    if (e != OK) return e;
    struct node *row =
        view_row(c, view, record,
                 str_format(c->arena, "/view/calendar.week?record=%.*s", STR_ARG(record)));
    view_cell(c, row, rows_text(calendars, i, 1));
    for (int64_t day = monday; day < monday + 7; day++)
        view_cell(c, row, half_text(c, &rows, day));
    return OK;
}

static void board_way_put(struct call *c, struct view *view, const char *label, int64_t monday)
{
    struct str day = time_format_day(c->arena, monday);
    view_link(c, view, label,
              str_format(c->arena, "/view/calendar.board?day=%.*s", STR_ARG(day)));
}

static enum err board(struct call *c, const void *args, struct view *ret_view)
{
    struct rows calendars = {};
    int64_t monday = monday_of(day_of(c, args));
    enum err e = calendar_resource_list(c, &calendars);
    if (e != OK) return e;
    struct fail_arg title[] = {{"from", time_format_day_vn(c->arena, monday)},
                               {"to", time_format_day_vn(c->arena, monday + 6)}};
    view_start(c, ret_view, VIEW_LIST,
               words_fill(c->arena, c->lang, S("calendar.board_title"), title, ARRAY_LEN(title)));
    view_column(c, ret_view, "name", "kind.calendar.resource");
    for (int i = 1; i <= 7; i++)
        view_column(c, ret_view, str_format(c->arena, "day%d", i).ptr,
                    str_format(c->arena, "calendar.day%d", i).ptr);
    for (size_t i = 0; e == OK && i < calendars.count; i++)
        e = board_row(c, ret_view, &calendars, i, monday);
    if (e != OK) return e;
    node_text(c, ret_view->data, "empty", words(c->lang, S("calendar.none")));
    view_act(c, ret_view, "calendar.meet", true);
    view_act(c, ret_view, "calendar.open", false);
    board_way_put(c, ret_view, "calendar.week_before", monday - 7);
    board_way_put(c, ret_view, "calendar.week_after", monday + 7);
    view_link(c, ret_view, "view.calendar.find", S("/view/calendar.find"));
    view_link(c, ret_view, "view.calendar.clashes", S("/view/calendar.clashes"));
    return OK;
}

/* ---- a booking ---- */

static enum err details_facts(struct call *c, struct view *view, struct str booking)
{
    struct calendar_details d = {};
    struct str record = {};
    enum err e = calendar_details_of(c, booking, &record);
    if (e != OK || record.len == 0) return e;
    e = record_body_visible(c, "calendar.details", record, &d);
    if (e != OK) {
        call_clear(c); /* busy is all this person sees */
        return OK;
    }
    view->title = d.title;
    view_fact(c, view, "field.calendar.details.place", d.place);
    view_fact(c, view, "field.calendar.details.chair", d.chair);
    view_fact(c, view, "field.calendar.details.attendees", d.attendees);
    view_fact(c, view, "field.calendar.details.prepares", d.prepares);
    view_fact(c, view, "field.calendar.details.content", d.content);
    return OK;
}

static void series_facts(struct call *c, struct view *view, const struct calendar_when *when)
{
    if (!calendar_is_series(when)) return;
    view_fact(c, view, "field.calendar.booking.rule",
              when->lunar ? words(c->lang, S("field.calendar.booking.lunar")) : when->rule);
    view_fact(c, view, "field.calendar.booking.until", time_format_day_vn(c->arena, when->until));
}

static enum err booking(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    struct calendar_booking b = {};
    struct calendar_resource r = {};
    struct calendar_span *spans = NULL;
    struct head head = {};
    size_t count = 0;
    enum err e = record_body_visible(c, "calendar.booking", in->record, &b);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e == OK) e = record_body_visible(c, "calendar.resource", b.resource, &r);
    if (e == OK) e = calendar_spans(c, &b.when, &spans, &count);
    if (e != OK) return e;
    enum calendar_state now = calendar_state_now(&b, c->now_ms);
    view_start(c, ret_view, VIEW_RECORD, words(c->lang, S("calendar.busy")));
    struct node *state = node_put_map(c, ret_view->data, "state");
    node_text(c, state, "text", calendar_state_word(c, now));
    node_text(c, state, "tone", str_of(tone_of(now)));
    view_fact(c, ret_view, "field.calendar.booking.resource", r.name);
    if (count > 0) view_fact(c, ret_view, "calendar.when", calendar_span_text(c, &spans[0]));
    view_fact(c, ret_view, "field.calendar.booking.zone", b.when.zone);
    series_facts(c, ret_view, &b.when);
    if (b.state == CALENDAR_HOLD)
        view_fact(c, ret_view, "field.calendar.booking.hold_until",
                  time_hanoi_format(c->arena, b.hold_until, c->lang));
    view_fact(c, ret_view, "field.calendar.booking.reason", b.reason);
    view_fact(c, ret_view, "field.calendar.booking.accepted", b.accepted);
    e = details_facts(c, ret_view, in->record);
    return e == OK ? view_record_tail(c, ret_view, &head) : e;
}

/* ---- a meeting ---- */

static enum err meeting(struct call *c, const void *args, struct view *ret_view)
{
    static const char *const STATES[] = {"", "calendar.meeting_asked", "calendar.meeting_decided",
                                         "calendar.meeting_cancelled"};
    const struct args *in = args;
    struct calendar_meeting m = {};
    struct head head = {};
    struct rows rows = {};
    enum err e = record_body_visible(c, "calendar.meeting", in->record, &m);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e == OK) e = calendar_of_meeting(c, in->record, &rows);
    if (e != OK) return e;
    struct calendar_span span = {.from_ms = time_hanoi_midnight_ms(m.day) + m.minute * 60000};
    span.to_ms = span.from_ms + m.length * 60000;
    view_start(c, ret_view, VIEW_RECORD, m.title);
    struct node *state = node_put_map(c, ret_view->data, "state");
    node_text(c, state, "text", words(c->lang, str_of(STATES[m.state])));
    node_text(c, state, "tone", m.state == MEETING_DECIDED ? S("good") : S("neutral"));
    view_fact(c, ret_view, "calendar.when", calendar_span_text(c, &span));
    view_fact(c, ret_view, "field.calendar.details.place", m.place);
    view_fact(c, ret_view, "field.calendar.details.chair", m.chair);
    view_fact(c, ret_view, "field.calendar.details.content", m.content);
    view_fact(c, ret_view, "field.calendar.booking.reason", m.reason);
    struct view section = view_section(c, ret_view, "field.calendar.meeting.asked");
    view_column(c, &section, "name", "kind.calendar.resource");
    view_column(c, &section, "state", "field.calendar.booking.state");
    const struct calendar_asked *asked = m.asked.rows;
    for (size_t i = 0; e == OK && i < m.asked.count; i++) {
        struct calendar_resource r = {};
        struct str text = words(c->lang, S("calendar.unanswered"));
        e = record_body_visible(c, "calendar.resource", asked[i].resource, &r);
        if (e != OK) call_clear(c); /* a calendar that this office does not see */
        e = OK;
        for (size_t k = 0; k < rows.count; k++) {
            struct str key = str_format(c->arena, "calendar.state_%.*s",
                                        STR_ARG(rows_text(&rows, k, 2)));
            if (str_eq(rows_text(&rows, k, 1), asked[i].resource)) text = words(c->lang, key);
        }
        struct node *row = view_row(c, &section, asked[i].resource, (struct str){});
        view_cell(c, row, r.name.len > 0 ? r.name : words(c->lang, S("calendar.elsewhere")));
        view_cell(c, row, text);
    }
    return view_record_tail(c, ret_view, &head);
}

/* ---- every clash ---- */

static enum err clashes(struct call *c, const void *args, struct view *ret_view)
{
    struct rows rows = {};
    (void)args;
    enum err e = calendar_clashes(c, CLASHES, &rows);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "name", "kind.calendar.resource");
    view_column(c, ret_view, "one", "calendar.first");
    view_column(c, ret_view, "two", "calendar.other");
    for (size_t i = 0; i < rows.count; i++) {
        struct calendar_span a = {rows_int(&rows, i, 3), rows_int(&rows, i, 4)};
        struct calendar_span b = {rows_int(&rows, i, 6), rows_int(&rows, i, 7)};
        struct str record = rows_text(&rows, i, 2);
        struct node *row =
            view_row(c, ret_view, record,
                     str_format(c->arena, "/view/calendar.booking?record=%.*s", STR_ARG(record)));
        view_cell(c, row, rows_text(&rows, i, 1));
        view_cell(c, row, calendar_span_text(c, &a));
        view_cell(c, row, calendar_span_text(c, &b));
    }
    node_text(c, ret_view->data, "empty", words(c->lang, S("calendar.no_clash")));
    return OK;
}

/* ---- free time ---- */

static enum err find(struct call *c, const void *args, struct view *ret_view)
{
    const struct args *in = args;
    const struct calendar_asked *asked = in->asked.rows;
    struct calendar_offers offers = {};
    int64_t day = day_of(c, in);
    size_t wanted = in->asked.count;
    struct str *resources = arena_array(c->arena, wanted + 1, sizeof *resources);
    enum err e = OK;
    for (size_t i = 0; e == OK && i < wanted; i++) {
        struct head head = {}; /* only what the actor may see is looked at */
        resources[i] = asked[i].resource;
        e = record_head_visible(c, resources[i], &head);
    }
    struct calendar_span within = days_span(day, day + FIND_DAYS);
    if (within.from_ms < c->now_ms) within.from_ms = c->now_ms;
    int64_t length_ms = (in->minutes > 0 ? in->minutes : 60) * 60000;
    if (e == OK) e = calendar_free(c, resources, wanted, &within, length_ms, &offers);
    if (e != OK) return e;
    view_start(c, ret_view, VIEW_LIST, (struct str){});
    view_column(c, ret_view, "when", "calendar.free_time");
    for (size_t i = 0; i < offers.count; i++) {
        struct node *row = view_row(c, ret_view, (struct str){}, (struct str){});
        view_cell(c, row, calendar_span_text(c, &offers.free[i]));
    }
    node_text(c, ret_view->data, "empty", words(c->lang, S("calendar.none_free")));
    return OK;
}

const struct view_def CALENDAR_VIEWS[CALENDAR_VIEW_COUNT] = {
    {.name = "calendar.board",
     .args = &DAY_ARGS,
     .roles = ROLE_READERS,
     .rail = true,
     .run = board},
    {.name = "calendar.week", .args = &RECORD_ARGS, .roles = ROLE_READERS, .run = week},
    {.name = "calendar.booking", .args = &RECORD_ARGS, .roles = ROLE_READERS, .run = booking},
    {.name = "calendar.meeting", .args = &RECORD_ARGS, .roles = ROLE_READERS, .run = meeting},
    {.name = "calendar.clashes", .roles = ROLE_READERS, .run = clashes},
    {.name = "calendar.find", .args = &FIND_ARGS, .roles = ROLE_READERS, .run = find},
};
