#include "base/workday_term.h"

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

bool workday_unit_is_hours(enum workday_unit unit)
{
    return unit == WORKDAY_HOURS || unit == WORKDAY_WORKING_HOURS;
}

static bool is_forbidden(const struct workday_calendar *cal, const struct workday_term *term,
                         int64_t day)
{
    return workday_forbids(term->no_end != NULL ? term->no_end : workday_calendar_no_end(cal), day);
}

/* A pause stops no clock before the day after the event. */
static bool is_paused(const struct workday_term *term, int64_t day)
{
    for (size_t i = 0; i < term->pause_count; i++) {
        const struct workday_pause *pause = &term->pauses[i];
        if (day > term->from && day >= pause->from && day <= pause->to) return true;
    }
    return false;
}

/* Days after the event up to and including `to` on which the clock stood still and that would have
 * counted. */
static int64_t paused_count(const struct workday_calendar *cal, const struct workday_term *term,
                            int64_t to)
{
    int64_t count = 0;
    int64_t next = term->from + 1; /* pauses that touch share a day: it stops once */
    for (size_t i = 0; i < term->pause_count; i++) {
        const struct workday_pause *pause = &term->pauses[i];
        int64_t first = pause->from > next ? pause->from : next;
        int64_t last = pause->to < to ? pause->to : to;
        if (first > last) continue;
        bool working = term->unit == WORKDAY_WORKING_DAYS;
        count += working ? workday_count(cal, first - 1, last) : last - first + 1;
        next = last + 1;
    }
    return count;
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
        if (is_paused(term, day)) hours = (struct workday_hours){};
        if (spend_day(&hours, from_minute, &minutes, &ret_due->minute)) {
            ret_due->day = day;
            return true;
        }
        from_minute = 0;
    }
    return false;
}

/* Open minutes of a day before a minute of it. */
static int64_t open_until(const struct workday_hours *hours, int64_t minute)
{
    int64_t minutes = 0;
    for (size_t i = 0; i < WORKDAY_SPANS; i++) {
        const struct workday_span *span = &hours->span[i];
        int64_t end = minute < span->to_minute ? minute : span->to_minute;
        if (end > span->from_minute) minutes += end - span->from_minute;
    }
    return minutes;
}

int64_t workday_open_minutes(const struct workday_calendar *cal, struct workday_due from,
                             struct workday_due to)
{
    int64_t minutes = 0;
    for (int64_t day = from.day; day <= to.day; day++) {
        struct workday_hours hours = workday_hours_of(cal, day);
        minutes += day == to.day ? open_until(&hours, to.minute) : open_minutes(&hours);
        if (day == from.day) minutes -= open_until(&hours, from.minute);
    }
    return minutes > 0 ? minutes : 0;
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
    if (term->pause_count > WORKDAY_PAUSES_MAX) return false;
    for (size_t i = 0; i < term->pause_count; i++) {
        const struct workday_pause *pause = &term->pauses[i];
        bool ordered = pause->from <= pause->to && (i == 0 || pause->from >= pause[-1].to);
        if (!ordered || !workday_nominal(cal, pause->from, 0, WORKDAY_CALENDAR_DAYS, &day) ||
            !workday_nominal(cal, pause->to, 0, WORKDAY_CALENDAR_DAYS, &day)) {
            return false;
        }
    }
    return !workday_unit_is_hours(term->unit) ||
           (term->minute >= 0 && term->minute <= WORKDAY_DAY_MINUTES);
}

/* The end of the counted days, as if the clock had never stopped. */
static bool plain_end(const struct workday_calendar *cal, const struct workday_term *term,
                      struct workday_due *ret_due)
{
    if (term->unit == WORKDAY_HOURS) {
        *ret_due = end_by_the_clock(term);
        return workday_nominal(cal, ret_due->day, 0, WORKDAY_CALENDAR_DAYS, &ret_due->day);
    }
    ret_due->minute = WORKDAY_DAY_MINUTES;
    return workday_nominal(cal, term->from, term->amount, term->unit, &ret_due->day);
}

/* `days` more days of the term's own sort after a day. */
static bool days_after(const struct workday_calendar *cal, const struct workday_term *term,
                       int64_t from, int64_t days, int64_t *ret_day)
{
    if (days == 0) return true;
    bool working = term->unit == WORKDAY_WORKING_DAYS;
    return workday_nominal(cal, from, days, working ? WORKDAY_WORKING_DAYS : WORKDAY_CALENDAR_DAYS,
                           ret_day);
}

/* Each paused day before the end moves it by one more, over pauses that lie there too. */
static bool nominal_end(const struct workday_calendar *cal, const struct workday_term *term,
                        struct workday_due *ret_due)
{
    struct workday_due due = {};
    if (!term_is_valid(cal, term)) return false;
    if (term->unit == WORKDAY_WORKING_HOURS) return end_in_working_hours(cal, term, ret_due);
    if (!plain_end(cal, term, &due)) return false;
    int64_t plain = due.day;
    int64_t paused = 0;
    for (int64_t more = paused_count(cal, term, plain); more != paused;
         more = paused_count(cal, term, due.day)) {
        paused = more;
        if (!days_after(cal, term, plain, paused, &due.day)) return false;
    }
    *ret_due = due;
    return true;
}

/* Working hours end while the office is open, be it for half a day. */
static bool may_end(const struct workday_calendar *cal, const struct workday_term *term,
                    int64_t day)
{
    if (is_forbidden(cal, term, day) || is_paused(term, day)) return false;
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
        /* a forbidden or paused working day, or a day off: on to the next working day */
        if (!workday_nominal(cal, day + 1, 0, WORKDAY_WORKING_DAYS, &day)) return false;
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

/* Why a day on the way was not counted; WORKDAY_WORKED when it was: only working days and working
 * hours leave out days off, and every unit those on which the clock stood still. */
static enum workday_reason skip_reason(const struct workday_calendar *cal,
                                       const struct workday_term *term, int64_t day)
{
    bool hours = term->unit == WORKDAY_WORKING_HOURS;
    enum workday_reason reason = workday_reason_of(cal, day);
    bool off = reason != WORKDAY_WORKED && !(hours && reason == WORKDAY_HALF_DAY);
    if ((term->unit == WORKDAY_WORKING_DAYS || hours) && off) return reason;
    return is_paused(term, day) ? WORKDAY_PAUSED : WORKDAY_WORKED;
}

static void skipped_before(const struct workday_calendar *cal, const struct workday_term *term,
                           struct workday_receipt *receipt)
{
    bool hours = term->unit == WORKDAY_WORKING_HOURS;
    if (receipt->amount == 0 && !hours) return; /* moved only */
    bool first = hours && receipt->from_minute < WORKDAY_DAY_MINUTES;
    for (int64_t day = first ? receipt->from : receipt->from + 1; day < receipt->nominal; day++) {
        enum workday_reason reason = skip_reason(cal, term, day);
        if (reason != WORKDAY_WORKED) skip_add(receipt, day, reason);
    }
}

/* Days over which the end was moved. */
static void skipped_after(const struct workday_calendar *cal, const struct workday_term *term,
                          struct workday_receipt *receipt)
{
    for (int64_t day = receipt->nominal; day < receipt->due; day++) {
        enum workday_reason reason = workday_reason_of(cal, day);
        if (reason == WORKDAY_WORKED)
            reason = is_paused(term, day) ? WORKDAY_PAUSED : WORKDAY_NO_END;
        skip_add(receipt, day, reason);
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
        .from_minute = workday_unit_is_hours(term->unit) ? term->minute : WORKDAY_DAY_MINUTES,
        .due_minute = due.minute,
        .skipped =
            arena_array(arena, (size_t)(due.day - term->from) + 1, sizeof(struct workday_skip)),
        .pauses = term->pauses,
        .pause_count = term->pause_count,
    };
    /* no day was counted by a term of no working days: all up to its end were moved over */
    bool none = term->unit == WORKDAY_WORKING_DAYS && term->amount == 0;
    if (none) receipt.nominal = term->from;
    receipt.counted = term->amount;
    bool by_date = term->unit == WORKDAY_WEEKS || term->unit == WORKDAY_MONTHS;
    skipped_before(cal, term, &receipt);
    if (by_date) receipt.counted = nominal.day - term->from - (int64_t)receipt.skipped_count;
    skipped_after(cal, term, &receipt);
    if (!workday_unit_is_hours(term->unit)) {
        int64_t skipped_count = (int64_t)receipt.skipped_count;
        ensure(receipt.due - receipt.from == receipt.counted + skipped_count);
    }
    *ret_receipt = receipt;
    return true;
}

bool workday_explain(struct arena *arena, const struct workday_calendar *cal, int64_t from,
                     int64_t amount, enum workday_unit unit, struct workday_receipt *ret_receipt)
{
    if (workday_unit_is_hours(unit)) return false;
    struct workday_term term = {
        .from = from, .minute = WORKDAY_DAY_MINUTES, .amount = amount, .unit = unit};
    return workday_term_explain(arena, cal, &term, ret_receipt);
}
