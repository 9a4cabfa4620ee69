#include "base/workday_term.h"

#include "base/json.h"
#include "base/time.h"

enum {
    CIVIL_2015_FROM = 17167, /* 2017-01-01 */
    CIVIL_2005_FROM = 13149, /* 2006-01-01 */
};

static const char *const UNIT_WORDS[] = {
    [WORKDAY_WORKING_DAYS] = "working_days",
    [WORKDAY_CALENDAR_DAYS] = "calendar_days",
    [WORKDAY_WEEKS] = "weeks",
    [WORKDAY_MONTHS] = "months",
    [WORKDAY_HOURS] = "hours",
    [WORKDAY_WORKING_HOURS] = "working_hours",
};
static_assert(ARRAY_LEN(UNIT_WORDS) == WORKDAY_UNIT_COUNT);

struct str workday_unit_word(enum workday_unit unit)
{
    ensure(unit < WORKDAY_UNIT_COUNT);
    return str_of(UNIT_WORDS[unit]);
}

/* The same rule stood in articles 149 to 153 of the code before. */
struct workday_source workday_source_of(int64_t day)
{
    if (day >= CIVIL_2015_FROM) {
        return (struct workday_source){S("workday.source.civil_2015"), CIVIL_2015_FROM, 0};
    }
    if (day >= CIVIL_2005_FROM) {
        return (struct workday_source){S("workday.source.civil_2005"), CIVIL_2005_FROM,
                                       CIVIL_2015_FROM - 1};
    }
    return (struct workday_source){};
}

static bool is_hours(enum workday_unit unit)
{
    return unit == WORKDAY_HOURS || unit == WORKDAY_WORKING_HOURS;
}

static bool is_forbidden(const struct workday_no_end *no_end, int64_t day)
{
    if (no_end == NULL) return false;
    if ((no_end->weekdays & 1u << time_weekday(day)) != 0) return true;
    struct date date = time_date_of(day);
    for (size_t i = 0; i < WORKDAY_NO_END_DATES; i++) {
        if (no_end->dates[i] == date.month * 100 + date.day) return true;
    }
    return false;
}

static int64_t open_minutes(const struct workday_hours *hours)
{
    int64_t minutes = 0;
    for (size_t i = 0; i < WORKDAY_SPANS; i++)
        minutes += hours->span[i].to_minute - hours->span[i].from_minute;
    return minutes;
}

/* Counts a day's open minutes from `from_minute` on; true when the term ends in it. */
static bool spend_day(const struct workday_hours *hours, int64_t from_minute, int64_t *minutes,
                      int64_t *ret_minute)
{
    for (size_t i = 0; i < WORKDAY_SPANS; i++) {
        const struct workday_span *span = &hours->span[i];
        int64_t begin = span->from_minute > from_minute ? span->from_minute : from_minute;
        int64_t there = span->to_minute - begin;
        if (there <= 0) continue;
        if (*minutes <= there) {
            *ret_minute = begin + *minutes;
            return true;
        }
        *minutes -= there;
    }
    return false;
}

static bool end_in_working_hours(const struct workday_calendar *cal,
                                 const struct workday_term *term, struct workday_due *ret_due)
{
    int64_t minutes = term->amount * 60;
    int64_t from_minute = term->minute;
    int64_t last = time_day_of((struct date){WORKDAY_YEAR_MAX, 12, 31});
    for (int64_t day = term->from; day <= last; day++) {
        struct workday_hours hours = workday_hours_of(cal, day);
        if (spend_day(&hours, from_minute, &minutes, &ret_due->minute)) {
            ret_due->day = day;
            return true;
        }
        from_minute = 0;
    }
    return false;
}

/* Midnight belongs to the day that ends with it. */
static struct workday_due end_by_the_clock(const struct workday_term *term)
{
    int64_t minutes = term->minute + term->amount * 60;
    int64_t days = minutes / WORKDAY_DAY_MINUTES;
    int64_t rest = minutes % WORKDAY_DAY_MINUTES;
    if (rest == 0 && days > 0)
        return (struct workday_due){term->from + days - 1, WORKDAY_DAY_MINUTES};
    return (struct workday_due){term->from + days, rest};
}

static bool term_is_valid(const struct workday_calendar *cal, const struct workday_term *term)
{
    int64_t day = 0; /* the calendar's years are those of a term of no days */
    if (!workday_nominal(cal, term->from, 0, WORKDAY_CALENDAR_DAYS, &day)) return false;
    if (term->amount < 0 || term->amount > WORKDAY_TERM_MAX) return false;
    return !is_hours(term->unit) || (term->minute >= 0 && term->minute <= WORKDAY_DAY_MINUTES);
}

static bool nominal_end(const struct workday_calendar *cal, const struct workday_term *term,
                        struct workday_due *ret_due)
{
    if (!term_is_valid(cal, term)) return false;
    if (term->unit == WORKDAY_WORKING_HOURS) return end_in_working_hours(cal, term, ret_due);
    if (term->unit == WORKDAY_HOURS) {
        *ret_due = end_by_the_clock(term);
        return true;
    }
    ret_due->minute = WORKDAY_DAY_MINUTES;
    return workday_nominal(cal, term->from, term->amount, term->unit, &ret_due->day);
}

/* Working hours end while the office is open, be it for half a day. */
static bool may_end(const struct workday_calendar *cal, const struct workday_term *term,
                    int64_t day)
{
    if (is_forbidden(term->no_end, day)) return false;
    if (workday_is_working(cal, day)) return true;
    struct workday_hours hours = workday_hours_of(cal, day);
    return term->unit == WORKDAY_WORKING_HOURS && open_minutes(&hours) > 0;
}

/* Moves an end to the first day on which the term may end; moved, it is over with that day. */
static bool end_move(const struct workday_calendar *cal, const struct workday_term *term,
                     struct workday_due *due)
{
    int64_t day = due->day;
    while (!may_end(cal, term, day)) {
        if (!workday_add(cal, day + 1, 0, WORKDAY_CALENDAR_DAYS, &day)) return false;
    }
    if (day != due->day) *due = (struct workday_due){day, WORKDAY_DAY_MINUTES};
    return workday_nominal(cal, day, 0, WORKDAY_CALENDAR_DAYS, &day);
}

bool workday_term_end(const struct workday_calendar *cal, const struct workday_term *term,
                      struct workday_due *ret_due)
{
    struct workday_due due = {};
    if (!nominal_end(cal, term, &due) || !end_move(cal, term, &due)) return false;
    *ret_due = due;
    return true;
}

static void skip_add(struct workday_receipt *receipt, int64_t day, enum workday_reason reason)
{
    ensure(day < receipt->due);
    receipt->skipped[receipt->skipped_count++] = (struct workday_skip){day, reason};
}

/* Days on the way that were not counted: only working days and working hours leave any out. */
static void skipped_before(const struct workday_calendar *cal, struct workday_receipt *receipt)
{
    bool hours = receipt->unit == WORKDAY_WORKING_HOURS;
    if (receipt->unit != WORKDAY_WORKING_DAYS && !hours) return;
    if (receipt->amount == 0 && !hours) return; /* moved only */
    bool first = hours && receipt->from_minute < WORKDAY_DAY_MINUTES;
    for (int64_t day = first ? receipt->from : receipt->from + 1; day < receipt->nominal; day++) {
        enum workday_reason reason = workday_reason_of(cal, day);
        bool open_half_day = hours && reason == WORKDAY_HALF_DAY;
        if (reason != WORKDAY_WORKED && !open_half_day) skip_add(receipt, day, reason);
    }
}

/* Days over which the end was moved. */
static void skipped_after(const struct workday_calendar *cal, struct workday_receipt *receipt)
{
    for (int64_t day = receipt->nominal; day < receipt->due; day++) {
        enum workday_reason reason = workday_reason_of(cal, day);
        skip_add(receipt, day, reason == WORKDAY_WORKED ? WORKDAY_NO_END : reason);
    }
}

bool workday_term_explain(struct arena *arena, const struct workday_calendar *cal,
                          const struct workday_term *term, struct workday_receipt *ret_receipt)
{
    struct workday_due nominal = {};
    if (!nominal_end(cal, term, &nominal)) return false;
    struct workday_due due = nominal;
    if (!end_move(cal, term, &due)) return false;
    struct workday_receipt receipt = {
        .from = term->from,
        .due = due.day,
        .unit = term->unit,
        .version = workday_calendar_version(cal),
        .amount = term->amount,
        .nominal = nominal.day,
        .from_minute = is_hours(term->unit) ? term->minute : WORKDAY_DAY_MINUTES,
        .due_minute = due.minute,
        .skipped =
            arena_array(arena, (size_t)(due.day - term->from) + 1, sizeof(struct workday_skip)),
    };
    /* no day was counted by a term of no working days: all up to its end were moved over */
    bool none = term->unit == WORKDAY_WORKING_DAYS && term->amount == 0;
    if (none) receipt.nominal = term->from;
    receipt.counted = term->amount;
    bool by_date = term->unit == WORKDAY_WEEKS || term->unit == WORKDAY_MONTHS;
    if (by_date) receipt.counted = nominal.day - term->from;
    skipped_before(cal, &receipt);
    skipped_after(cal, &receipt);
    if (!is_hours(term->unit)) {
        int64_t skipped_count = (int64_t)receipt.skipped_count;
        ensure(receipt.due - receipt.from == receipt.counted + skipped_count);
    }
    *ret_receipt = receipt;
    return true;
}

bool workday_explain(struct arena *arena, const struct workday_calendar *cal, int64_t from,
                     int64_t amount, enum workday_unit unit, struct workday_receipt *ret_receipt)
{
    if (is_hours(unit)) return false;
    struct workday_term term = {
        .from = from, .minute = WORKDAY_DAY_MINUTES, .amount = amount, .unit = unit};
    return workday_term_explain(arena, cal, &term, ret_receipt);
}

static void put_day(struct sb *sb, const char *name, int64_t day)
{
    sb_printf(sb, ",\"%s\":", name);
    json_text(sb, time_format_day(sb->arena, day));
}

static void put_moment(struct sb *sb, const char *name, int64_t day, int64_t minute)
{
    struct str date = time_format_day(sb->arena, day);
    sb_printf(sb, ",\"%s\":\"%.*sT%02d:%02d\"", name, STR_ARG(date), (int)(minute / 60),
              (int)(minute % 60));
}

static void put_source(struct sb *sb, int64_t day)
{
    struct workday_source source = workday_source_of(day);
    if (source.key.len == 0) return;
    sb_put(sb, S(",\"source\":"));
    json_text(sb, source.key);
    put_day(sb, "in_force", source.from);
    if (source.until != 0) put_day(sb, "until", source.until);
}

struct str workday_receipt_json(struct arena *arena, const struct workday_receipt *receipt)
{
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("{\"due\":"));
    json_text(&sb, time_format_day(arena, receipt->due));
    sb_printf(&sb, ",\"counted\":%lld,\"skipped\":[", (long long)receipt->counted);
    for (size_t i = 0; i < receipt->skipped_count; i++) {
        sb_put(&sb, i > 0 ? S(",{\"day\":") : S("{\"day\":"));
        json_text(&sb, time_format_day(arena, receipt->skipped[i].day));
        sb_put(&sb, S(",\"reason\":"));
        json_text(&sb, workday_reason_key(receipt->skipped[i].reason));
        sb_char(&sb, '}');
    }
    sb_put(&sb, S("],\"rule\":"));
    json_text(&sb, workday_unit_word(receipt->unit));
    sb_put(&sb, S(",\"calendar\":"));
    json_text(&sb, receipt->version);
    put_source(&sb, receipt->from);
    if (receipt->unit == WORKDAY_WEEKS || receipt->unit == WORKDAY_MONTHS) {
        sb_printf(&sb, ",\"amount\":%lld", (long long)receipt->amount);
    }
    if (is_hours(receipt->unit)) {
        put_moment(&sb, "since", receipt->from, receipt->from_minute);
        put_moment(&sb, "at", receipt->due, receipt->due_minute);
    }
    sb_char(&sb, '}');
    return sb_str(&sb);
}
