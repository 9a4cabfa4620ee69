#include "holidays_week.h"

#include "base/time.h"
#include "base/words.h"

static const char *const WEEKDAYS[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday",    NULL};

#define CLOCK(json_name, member)                                                                   \
    {                                                                                              \
        .name = (json_name), .type = FIELD_TEXT, .offset = offsetof(struct holidays_open, member), \
        .max = HOLIDAYS_CLOCK_BYTES                                                                \
    }

static const struct field OPEN_FIELDS[] = {
    {.name = "weekday",
     .type = FIELD_CHOICE,
     .offset = offsetof(struct holidays_open, weekday),
     .choices = WEEKDAYS,
     .required = true},
    CLOCK("morning_from", morning_from),
    CLOCK("morning_to", morning_to),
    CLOCK("afternoon_from", afternoon_from),
    CLOCK("afternoon_to", afternoon_to),
    {.name = "only_hours",
     .type = FIELD_BOOL,
     .offset = offsetof(struct holidays_open, only_hours)},
    {.name = "no_end", .type = FIELD_BOOL, .offset = offsetof(struct holidays_open, no_end)},
};
const struct field_table HOLIDAYS_OPEN =
    FIELD_TABLE("holidays.open", struct holidays_open, OPEN_FIELDS);

static const struct field NO_END_FIELDS[] = {
    {.name = "date",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_no_end, date),
     .max = HOLIDAYS_CLOCK_BYTES,
     .required = true},
};
const struct field_table HOLIDAYS_NO_END =
    FIELD_TABLE("holidays.no_end", struct holidays_no_end, NO_END_FIELDS);

static const struct field WEEK_FIELDS[] = {
    {.name = "from_date",
     .type = FIELD_DATE,
     .offset = offsetof(struct holidays_week, from_day),
     .required = true},
    {.name = "basis",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_week, basis),
     .max = 300,
     .required = true},
    {.name = "open",
     .type = FIELD_LIST,
     .offset = offsetof(struct holidays_week, open),
     .of = &HOLIDAYS_OPEN,
     .max = 7,
     .source = "Labour Code 2019 art. 105, art. 111; Decision 188/1999/QD-TTg"},
    {.name = "no_ends",
     .type = FIELD_LIST,
     .offset = offsetof(struct holidays_week, no_ends),
     .of = &HOLIDAYS_NO_END,
     .max = HOLIDAYS_NO_END_DAYS},
    {.name = "withdrawn", .type = FIELD_BOOL, .offset = offsetof(struct holidays_week, withdrawn)},
    {.name = "withdrawn_reason",
     .type = FIELD_TEXT,
     .offset = offsetof(struct holidays_week, withdrawn_reason),
     .max = 500},
};
const struct field_table HOLIDAYS_WEEK =
    FIELD_TABLE("holidays.week", struct holidays_week, WEEK_FIELDS);

/* ---- what it may say ---- */

static bool pair_read(struct str text, char separator, const int64_t max[2], int64_t ret_pair[2])
{
    struct str first = {};
    struct str second = {};
    return str_cut(text, separator, &first, &second) && second.len == 2 &&
           parse_int(first, 0, max[0], &ret_pair[0]) && parse_int(second, 0, max[1], &ret_pair[1]);
}

/* "07:30"; "24:00" is the end of the day. */
static bool clock_read(struct str text, int16_t *ret_minute)
{
    static const int64_t MAX[2] = {24, 59};
    int64_t pair[2] = {};
    if (!pair_read(text, ':', MAX, pair)) return false;
    if (pair[0] * 60 + pair[1] > WORKDAY_DAY_MINUTES) return false;
    *ret_minute = (int16_t)(pair[0] * 60 + pair[1]);
    return true;
}

/* "31/12"; 29 February is a day too. */
static bool date_read(struct str text, int16_t *ret_date)
{
    static const int64_t MAX[2] = {31, 12};
    enum { LEAP_YEAR = 2000 };
    int64_t pair[2] = {};
    if (!pair_read(text, '/', MAX, pair)) return false;
    const struct date date = {LEAP_YEAR, (int)pair[1], (int)pair[0]};
    if (!time_date_exists(date)) return false;
    *ret_date = (int16_t)(pair[1] * 100 + pair[0]);
    return true;
}

/* One half of a day: both clocks or none. */
static bool span_read(struct str from, struct str to, struct workday_span *ret_span)
{
    struct workday_span span = {};
    if (from.len == 0 && to.len == 0) return true;
    if (!clock_read(from, &span.from_minute) || !clock_read(to, &span.to_minute)) return false;
    *ret_span = span;
    return span.from_minute < span.to_minute;
}

static void open_check(struct call *c, size_t i, const struct holidays_open *open)
{
    struct workday_span morning = {};
    struct workday_span afternoon = {};
    const char *field = NULL;
    if (!span_read(open->afternoon_from, open->afternoon_to, &afternoon)) field = "afternoon_from";
    if (!span_read(open->morning_from, open->morning_to, &morning)) field = "morning_from";
    bool both = morning.to_minute > 0 && afternoon.to_minute > 0;
    bool overlap = both && afternoon.from_minute < morning.to_minute;
    bool none = morning.to_minute == 0 && afternoon.to_minute == 0;
    if (field == NULL && overlap) field = "afternoon_from";
    if (field == NULL && none) field = "morning_from";
    if (field == NULL) return;
    problem(c, str_format(c->arena, "open.%zu.%s", i, field), "holidays.clock");
}

void holidays_week_check(struct call *c, const struct holidays_week *week)
{
    const struct holidays_open *open = week->open.rows;
    const struct holidays_no_end *no_ends = week->no_ends.rows;
    bool counts = false;
    int16_t date = 0;
    int64_t first = time_day_of((struct date){WORKDAY_YEAR_MIN, 1, 1});
    int64_t last = time_day_of((struct date){WORKDAY_YEAR_MAX, 12, 31});
    if (week->from_day < first || week->from_day > last) {
        problem(c, S("from_date"), "holidays.day_range");
    }
    for (size_t i = 0; i < week->open.count; i++) {
        open_check(c, i, &open[i]);
        counts = counts || (!open[i].only_hours && !open[i].no_end);
        for (size_t k = 0; k < i; k++) {
            if (open[k].weekday != open[i].weekday) continue;
            problem(c, str_format(c->arena, "open.%zu.weekday", i), "holidays.day_twice");
        }
    }
    if (!counts) problem(c, S("open"), "holidays.week_empty");
    for (size_t i = 0; i < week->no_ends.count; i++) {
        if (date_read(no_ends[i].date, &date)) continue;
        problem(c, str_format(c->arena, "no_ends.%zu.date", i), "holidays.month_day");
    }
}

/* ---- the calendar ---- */

static struct workday_hours hours_of(const struct holidays_open *open)
{
    struct workday_hours hours = {.counts = !open->only_hours};
    bool morning = span_read(open->morning_from, open->morning_to, &hours.span[0]);
    bool afternoon = span_read(open->afternoon_from, open->afternoon_to, &hours.span[1]);
    ensure(morning);
    ensure(afternoon);
    return hours;
}

struct workday_week holidays_week_row(const struct holidays_week *week)
{
    const struct holidays_open *open = week->open.rows;
    struct workday_week row = {.from_day = week->from_day};
    for (size_t i = 0; i < week->open.count; i++) {
        ensure(open[i].weekday >= 1 && open[i].weekday <= 7);
        row.day[open[i].weekday - 1] = hours_of(&open[i]);
    }
    return row;
}

struct workday_no_end holidays_week_no_end(const struct holidays_week *week)
{
    const struct holidays_open *open = week->open.rows;
    const struct holidays_no_end *no_ends = week->no_ends.rows;
    struct workday_no_end no_end = {};
    for (size_t i = 0; i < week->open.count; i++) {
        if (open[i].no_end) {
            no_end.weekdays |= (uint8_t)(1u << (MONDAY + (int)open[i].weekday - 1));
        }
    }
    for (size_t i = 0; i < week->no_ends.count; i++) {
        bool read = date_read(no_ends[i].date, &no_end.dates[i]);
        ensure(read);
    }
    return no_end;
}

/* Puts a week among those that stand already, in place of one from the same day. */
static void week_insert(struct holidays_weeks *weeks, const struct holidays_week **by_row,
                        const struct holidays_week *week)
{
    size_t at = weeks->count;
    while (at > 0 && weeks->rows[at - 1].from_day >= week->from_day)
        at--;
    bool same = at < weeks->count && weeks->rows[at].from_day == week->from_day;
    if (!same) {
        for (size_t i = weeks->count++; i > at; i--) {
            weeks->rows[i] = weeks->rows[i - 1];
            by_row[i] = by_row[i - 1];
        }
    }
    weeks->rows[at] = holidays_week_row(week);
    by_row[at] = week;
}

struct holidays_weeks holidays_weeks_of(struct arena *arena, const struct holidays_kept *kept,
                                        size_t count)
{
    struct holidays_weeks weeks = {.rows = arena_array(arena, count + 1, sizeof *weeks.rows)};
    const struct holidays_week **by_row =
        arena_array(arena, count + 1, sizeof(struct holidays_week *));
    for (size_t i = 0; i < count; i++) {
        if (!kept[i].week->withdrawn) week_insert(&weeks, by_row, kept[i].week);
    }
    if (weeks.count > 0) weeks.no_end = holidays_week_no_end(by_row[weeks.count - 1]);
    return weeks;
}

/* ---- for people ---- */

static void span_text(struct sb *sb, struct str from, struct str to)
{
    if (from.len == 0) return;
    sb_printf(sb, " %.*s-%.*s", STR_ARG(from), STR_ARG(to));
}

struct str holidays_week_text(struct call *c, const struct holidays_week *week)
{
    const struct holidays_open *open = week->open.rows;
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = 0; i < week->open.count; i++) {
        struct str word = field_choice_word(&OPEN_FIELDS[0], open[i].weekday);
        if (i > 0) sb_put(&sb, S("; "));
        sb_put(&sb, words(c->lang, str_format(c->arena, "choice.%.*s", STR_ARG(word))));
        span_text(&sb, open[i].morning_from, open[i].morning_to);
        span_text(&sb, open[i].afternoon_from, open[i].afternoon_to);
    }
    return sb_str(&sb);
}
