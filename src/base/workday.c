#include "base/workday.h"

#include "base/lunar.h"
#include "base/time.h"

#include <string.h>

enum {
    FIVE_DAYS_FROM = 10866, /* 1999-10-02, the first free Saturday */
    HUNG_KINGS_FROM_YEAR = 2007,
    NATIONAL_TWO_DAYS_FROM_YEAR = 2021,
    YEARS = WORKDAY_YEAR_MAX - WORKDAY_YEAR_MIN + 1,
    HOLIDAYS_YEAR_MAX = 12, /* days of all holidays of one year */
};

/* How many days of Tet the law gives, and how many of them lie in the old year unless decided
 * otherwise. */
struct tet_rule {
    int from_year;
    int days_old_year;
    int days_new_year;
};

static const struct tet_rule TET_RULES[] = {
    {WORKDAY_YEAR_MIN, 1, 3}, /* Labour Code 1994 art. 73 says so itself */
    {2014, 1, 4},             /* Labour Code 2012 art. 115; 2019 art. 112 */
};

#define HOURS_FULL                                                                                 \
    {                                                                                              \
        .span = {{8 * 60, 12 * 60}, {13 * 60, 17 * 60}}, .counts = true                            \
    }
#define HOURS_CLOSED                                                                               \
    {                                                                                              \
        .counts = false                                                                            \
    }

/* The weeks of the law: 48 hours, then 40. Source: Decision 188/1999/QD-TTg art. 1 */
static const struct workday_week LAW_WEEKS[] = {
    {INT64_MIN,
     {HOURS_FULL, HOURS_FULL, HOURS_FULL, HOURS_FULL, HOURS_FULL, HOURS_FULL, HOURS_CLOSED}},
    {FIVE_DAYS_FROM,
     {HOURS_FULL, HOURS_FULL, HOURS_FULL, HOURS_FULL, HOURS_FULL, HOURS_CLOSED, HOURS_CLOSED}},
};

/* One byte and one count per day make every question a lookup: a term of any length costs the
 * same. */
struct workday_calendar {
    struct str version;
    int64_t first; /* 1 January of the first year */
    int64_t day_count;
    uint8_t *reasons;       /* [day - first]: enum workday_reason */
    int32_t *worked_before; /* [i]: working days before first + i; day_count + 1 entries */
    int32_t *worked_days;   /* [n]: the index i of the n-th working day */
    int32_t worked_count;
    struct workday_week *weeks; /* ascending; the first begins before the calendar */
    size_t week_count;
    struct workday_no_end no_end;
    bool ends_anywhere; /* no_end names no day */
};

/* Which holidays of which years are decided. */
struct decided {
    uint32_t holidays[YEARS]; /* bits 1 << enum workday_reason */
};

/* One public day. */
struct holiday {
    int64_t day;
    enum workday_reason reason;
};

/* The public days of one year. */
struct holidays {
    struct holiday days[HOLIDAYS_YEAR_MAX];
    size_t count;
};

static const char *const REASON_KEYS[] = {
    [WORKDAY_WORKED] = "workday.worked",
    [WORKDAY_WEEKEND] = "workday.weekend",
    [WORKDAY_NEW_YEAR] = "workday.new_year",
    [WORKDAY_TET] = "workday.tet",
    [WORKDAY_HUNG_KINGS] = "workday.hung_kings",
    [WORKDAY_REUNIFICATION] = "workday.reunification",
    [WORKDAY_LABOUR] = "workday.labour",
    [WORKDAY_NATIONAL] = "workday.national",
    [WORKDAY_COMPENSATION] = "workday.compensation",
    [WORKDAY_SWAP] = "workday.swap",
    [WORKDAY_DECISION] = "workday.decision",
    [WORKDAY_HALF_DAY] = "workday.half_day",
    [WORKDAY_NO_END] = "workday.no_end",
    [WORKDAY_PAUSED] = "workday.paused",
};
static_assert(ARRAY_LEN(REASON_KEYS) == WORKDAY_REASON_COUNT);

struct str workday_reason_key(enum workday_reason reason)
{
    ensure(reason < WORKDAY_REASON_COUNT);
    return str_of(REASON_KEYS[reason]);
}

static const struct workday_week *week_of(const struct workday_week *weeks, size_t count,
                                          int64_t day)
{
    size_t i = count;
    while (i > 1 && weeks[i - 1].from_day > day)
        i--;
    return &weeks[i - 1];
}

static bool is_open(const struct workday_hours *hours)
{
    return hours->span[0].to_minute > 0 || hours->span[1].to_minute > 0;
}

/* What the week alone makes of a day. */
static enum workday_reason reason_of_week(const struct workday_week *week, int64_t day)
{
    const struct workday_hours *hours = &week->day[time_weekday(day) - MONDAY];
    if (hours->counts) return WORKDAY_WORKED;
    return is_open(hours) ? WORKDAY_HALF_DAY : WORKDAY_WEEKEND;
}

static enum workday_reason reason_plain(const struct workday_calendar *cal, int64_t day)
{
    return reason_of_week(week_of(cal->weeks, cal->week_count, day), day);
}

static bool is_covered(const struct workday_calendar *cal, int64_t day)
{
    return day >= cal->first && day < cal->first + cal->day_count;
}

/* Computing a calendar */

static void holidays_add(struct holidays *list, int64_t day, enum workday_reason reason)
{
    ensure(list->count < HOLIDAYS_YEAR_MAX);
    list->days[list->count++] = (struct holiday){day, reason};
}

static void tet_add(struct holidays *list, int year)
{
    const struct tet_rule *rule = &TET_RULES[0];
    for (size_t i = 0; i < ARRAY_LEN(TET_RULES); i++) {
        if (year >= TET_RULES[i].from_year) rule = &TET_RULES[i];
    }
    int64_t tet = lunar_new_year(year);
    for (int i = -rule->days_old_year; i < rule->days_new_year; i++) {
        holidays_add(list, tet + i, WORKDAY_TET);
    }
}

/* The neighbour of 2/9 that makes the rest longest, as chosen in 2021 to 2026: the day before on
 * Tuesday, Wednesday, Friday and Saturday, the day after on Monday and Thursday, and on Sunday. */
static int64_t national_second_day(int64_t national)
{
    switch (time_weekday(national)) {
    case TUESDAY:
    case WEDNESDAY:
    case FRIDAY:
    case SATURDAY: return national - 1;
    case MONDAY:
    case THURSDAY:
    case SUNDAY: break;
    }
    return national + 1;
}

/* The public days of a year by law; those that a decision has fixed are left out. No two fall on
 * one day: 10/3 lunar is never later than 29 April. */
static struct holidays holidays_of(int year, uint32_t decided)
{
    struct holidays list = {};
    holidays_add(&list, time_day_of((struct date){year, 1, 1}), WORKDAY_NEW_YEAR);
    if ((decided & 1u << WORKDAY_TET) == 0) tet_add(&list, year);
    if (year >= HUNG_KINGS_FROM_YEAR) {
        int64_t day = 0;
        bool exists = lunar_to_day((struct lunar){.year = year, .month = 3, .day = 10}, &day);
        ensure(exists);
        holidays_add(&list, day, WORKDAY_HUNG_KINGS);
    }
    holidays_add(&list, time_day_of((struct date){year, 4, 30}), WORKDAY_REUNIFICATION);
    holidays_add(&list, time_day_of((struct date){year, 5, 1}), WORKDAY_LABOUR);
    int64_t national = time_day_of((struct date){year, 9, 2});
    holidays_add(&list, national, WORKDAY_NATIONAL);
    bool second = (decided & 1u << WORKDAY_NATIONAL) == 0;
    if (second && year >= NATIONAL_TWO_DAYS_FROM_YEAR) {
        holidays_add(&list, national_second_day(national), WORKDAY_NATIONAL);
    }
    return list;
}

/* Gives the next working day off for each public day on a weekly rest day. Labour Code 2019 art.
 * 111 cl. 3 */
static void compensate(struct workday_calendar *cal, const struct holidays *list, uint32_t decided)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct holiday *holiday = &list->days[i];
        if (reason_plain(cal, holiday->day) == WORKDAY_WORKED) continue;
        if ((decided & 1u << holiday->reason) != 0) continue;
        int64_t index = holiday->day - cal->first + 1;
        while (index < cal->day_count && cal->reasons[index] != WORKDAY_WORKED)
            index++;
        if (index < cal->day_count) cal->reasons[index] = WORKDAY_COMPENSATION;
    }
}

/* In this order the rows' own order cannot matter: they only mark, and each marks its own day. */
static void reasons_compute(struct workday_calendar *cal, const struct workday_plan *plan,
                            const struct decided *decided)
{
    const struct workday_decision *decisions = plan->decisions;
    size_t count = plan->decision_count;
    for (int64_t i = 0; i < cal->day_count; i++) {
        cal->reasons[i] = (uint8_t)reason_plain(cal, cal->first + i);
    }
    for (int y = 0; y < YEARS; y++) {
        struct holidays list = holidays_of(WORKDAY_YEAR_MIN + y, decided->holidays[y]);
        for (size_t i = 0; i < list.count; i++) {
            cal->reasons[list.days[i].day - cal->first] = (uint8_t)list.days[i].reason;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!decisions[i].work) {
            cal->reasons[decisions[i].day - cal->first] = (uint8_t)decisions[i].reason;
        }
    }
    for (int y = 0; y < YEARS; y++) {
        struct holidays list = holidays_of(WORKDAY_YEAR_MIN + y, decided->holidays[y]);
        compensate(cal, &list, decided->holidays[y]);
    }
    for (size_t i = 0; i < count; i++) {
        if (decisions[i].work) cal->reasons[decisions[i].day - cal->first] = WORKDAY_WORKED;
    }
}

static void counts_compute(struct arena *arena, struct workday_calendar *cal)
{
    cal->worked_before = arena_array(arena, (size_t)cal->day_count + 1, sizeof(int32_t));
    cal->worked_days = arena_array(arena, (size_t)cal->day_count, sizeof(int32_t));
    for (int32_t i = 0; i < cal->day_count; i++) {
        cal->worked_before[i] = cal->worked_count;
        if (cal->reasons[i] == WORKDAY_WORKED) cal->worked_days[cal->worked_count++] = i;
    }
    cal->worked_before[cal->day_count] = cal->worked_count;
}

static enum err decision_fail(struct call *c, const char *reason, int64_t day)
{
    bool shown = day >= TIME_DAY_MIN && day <= TIME_DAY_MAX;
    struct str text = shown ? time_format_day_vn(c->arena, day) : (struct str){};
    (void)fail(c, ERR_INVALID, reason); /* the next line returns the same */
    return fail_arg(c, "day", text);
}

/* Refuses rows that contradict each other and notes what they decide. */
static enum err decisions_check(struct call *c, const struct workday_calendar *cal,
                                const struct workday_plan *plan, struct decided *ret_decided)
{
    const struct workday_decision **by_day =
        arena_array(c->arena, (size_t)cal->day_count, sizeof(struct workday_decision *));
    for (size_t i = 0; i < plan->decision_count; i++) {
        const struct workday_decision *row = &plan->decisions[i];
        if (!is_covered(cal, row->day)) return decision_fail(c, "workday.range", row->day);
        ensure(row->reason < WORKDAY_REASON_COUNT);
        ensure(row->holiday < WORKDAY_REASON_COUNT);
        ensure(row->work == (row->reason == WORKDAY_WORKED));
        const struct workday_decision **slot = &by_day[row->day - cal->first];
        bool same =
            *slot == NULL || ((*slot)->reason == row->reason && (*slot)->holiday == row->holiday);
        if (!same) return decision_fail(c, "workday.twice", row->day);
        *slot = row;
        int year = time_date_of(row->day).year;
        ret_decided->holidays[year - WORKDAY_YEAR_MIN] |= 1u << row->holiday;
    }
    return OK;
}

static bool hours_valid(const struct workday_hours *hours)
{
    int16_t before = 0;
    for (size_t i = 0; i < WORKDAY_SPANS; i++) {
        const struct workday_span *span = &hours->span[i];
        if (span->from_minute == 0 && span->to_minute == 0) continue;
        if (span->from_minute < before || span->to_minute <= span->from_minute) return false;
        if (span->to_minute > WORKDAY_DAY_MINUTES) return false;
        before = span->to_minute;
    }
    return is_open(hours) || !hours->counts;
}

static bool week_valid(const struct workday_week *week)
{
    bool counts = false;
    for (size_t i = 0; i < ARRAY_LEN(week->day); i++) {
        if (!hours_valid(&week->day[i])) return false;
        counts = counts || week->day[i].counts;
    }
    return counts;
}

/* The law's weeks until the plan's begin, then those. */
static enum err weeks_set(struct call *c, struct arena *arena, const struct workday_plan *plan,
                          struct workday_calendar *cal)
{
    size_t count = 0;
    struct workday_week *weeks =
        arena_array(arena, ARRAY_LEN(LAW_WEEKS) + plan->week_count, sizeof *weeks);
    for (size_t i = 0; i < ARRAY_LEN(LAW_WEEKS); i++) {
        bool replaced = plan->week_count > 0 && LAW_WEEKS[i].from_day >= plan->weeks[0].from_day;
        if (!replaced) weeks[count++] = LAW_WEEKS[i];
    }
    for (size_t i = 0; i < plan->week_count; i++) {
        const struct workday_week *week = &plan->weeks[i];
        bool ascending = i == 0 || week->from_day > plan->weeks[i - 1].from_day;
        if (!ascending || !week_valid(week)) return fail(c, ERR_INVALID, "workday.week");
        weeks[count++] = *week;
    }
    ensure(count > 0);
    cal->weeks = weeks;
    cal->week_count = count;
    return OK;
}

static bool no_end_is_empty(const struct workday_no_end *no_end)
{
    for (size_t i = 0; i < WORKDAY_NO_END_DATES; i++) {
        if (no_end->dates[i] != 0) return false;
    }
    return no_end->weekdays == 0;
}

enum err workday_calendar_open(struct call *c, struct arena *arena, const struct workday_plan *plan,
                               const struct workday_calendar **ret_calendar)
{
    int64_t first = time_day_of((struct date){WORKDAY_YEAR_MIN, 1, 1});
    int64_t day_count = time_day_of((struct date){WORKDAY_YEAR_MAX, 12, 31}) - first + 1;
    struct workday_calendar *cal = arena_alloc(arena, sizeof *cal);
    *cal = (struct workday_calendar){
        .version = str_copy(arena, plan->version),
        .first = first,
        .day_count = day_count,
        .reasons = arena_alloc(arena, (size_t)day_count),
        .no_end = plan->no_end,
        .ends_anywhere = no_end_is_empty(&plan->no_end),
    };
    struct decided decided = {};
    enum err e = weeks_set(c, arena, plan, cal);
    if (e == OK) e = decisions_check(c, cal, plan, &decided);
    if (e != OK) return e;
    reasons_compute(cal, plan, &decided);
    counts_compute(arena, cal);
    *ret_calendar = cal;
    return OK;
}

const struct workday_calendar *workday_calendar_vn(struct call *c, struct arena *arena)
{
    const struct workday_calendar *cal = NULL;
    const struct workday_plan plan = {.version = WORKDAY_VERSION,
                                      .decisions = WORKDAY_DECISIONS,
                                      .decision_count = WORKDAY_DECISIONS_COUNT};
    enum err e = workday_calendar_open(c, arena, &plan, &cal);
    ensure(e == OK); /* the table is ours and tested */
    return cal;
}

struct str workday_calendar_version(const struct workday_calendar *calendar)
{
    return calendar->version;
}

const struct workday_no_end *workday_calendar_no_end(const struct workday_calendar *calendar)
{
    return &calendar->no_end;
}

bool workday_forbids(const struct workday_no_end *no_end, int64_t day)
{
    if ((no_end->weekdays & 1u << time_weekday(day)) != 0) return true;
    struct date date = time_date_of(day);
    for (size_t i = 0; i < WORKDAY_NO_END_DATES; i++) {
        if (no_end->dates[i] == date.month * 100 + date.day) return true;
    }
    return false;
}

/* Asking */

enum workday_reason workday_reason_of(const struct workday_calendar *cal, int64_t day)
{
    if (is_covered(cal, day)) return (enum workday_reason)cal->reasons[day - cal->first];
    bool has_weekday = day >= TIME_DAY_MIN && day <= TIME_DAY_MAX;
    if (!has_weekday) return WORKDAY_WORKED;
    return reason_of_week(week_of(LAW_WEEKS, ARRAY_LEN(LAW_WEEKS), day), day);
}

bool workday_is_working(const struct workday_calendar *cal, int64_t day)
{
    return workday_reason_of(cal, day) == WORKDAY_WORKED;
}

struct workday_week workday_week_at(const struct workday_calendar *cal, int64_t day)
{
    return *week_of(cal->weeks, cal->week_count, day);
}

struct workday_hours workday_hours_of(const struct workday_calendar *cal, int64_t day)
{
    if (!is_covered(cal, day)) return (struct workday_hours){};
    enum workday_reason reason = (enum workday_reason)cal->reasons[day - cal->first];
    if (reason != WORKDAY_WORKED && reason != WORKDAY_HALF_DAY) return (struct workday_hours){};
    const struct workday_week *week = week_of(cal->weeks, cal->week_count, day);
    size_t i = (size_t)(time_weekday(day) - MONDAY);
    if (reason == WORKDAY_HALF_DAY || week->day[i].counts) return week->day[i];
    size_t first = 0;
    while (!week->day[first].counts)
        first++; /* there is one: weeks_set */
    return week->day[first];
}

/* The n-th working day after index i, the day i itself not counted; for n = 0 the first one at or
 * after i. Returns false when the calendar ends before. */
static bool nth_after(const struct workday_calendar *cal, int64_t i, int64_t n, int64_t *ret_day)
{
    int64_t nth = n == 0 ? cal->worked_before[i] : cal->worked_before[i + 1] + n - 1;
    if (nth >= cal->worked_count) return false;
    *ret_day = cal->first + cal->worked_days[nth];
    return true;
}

/* The same day of a later month, or its last day where it has none. Civil Code 2015 art. 148 cl. 3
 */
static bool month_add(int64_t from, int64_t months, int64_t *ret_day)
{
    struct date date = time_date_of(from);
    int64_t month = (int64_t)date.year * 12 + date.month - 1 + months;
    date.year = (int)(month / 12);
    date.month = (int)(month % 12) + 1;
    if (date.year > WORKDAY_YEAR_MAX) return false;
    while (!time_date_exists(date))
        date.day--;
    *ret_day = time_day_of(date);
    return true;
}

bool workday_nominal(const struct workday_calendar *cal, int64_t from, int64_t amount,
                     enum workday_unit unit, int64_t *ret_day)
{
    int64_t day = from;
    if (amount < 0 || amount > WORKDAY_TERM_MAX) return false;
    if (!is_covered(cal, from)) return false;
    switch (unit) {
    case WORKDAY_WORKING_DAYS: return nth_after(cal, from - cal->first, amount, ret_day);
    case WORKDAY_CALENDAR_DAYS: day = from + amount; break;
    case WORKDAY_WEEKS: day = from + 7 * amount; break;
    case WORKDAY_MONTHS:
        if (!month_add(from, amount, &day)) return false;
        break;
    case WORKDAY_HOURS:
    case WORKDAY_WORKING_HOURS:
    case WORKDAY_UNIT_COUNT: return false;
    }
    if (!is_covered(cal, day)) return false;
    *ret_day = day;
    return true;
}

bool workday_add(const struct workday_calendar *cal, int64_t from, int64_t amount,
                 enum workday_unit unit, int64_t *ret_due)
{
    int64_t nominal = 0;
    if (!workday_nominal(cal, from, amount, unit, &nominal)) return false;
    int64_t day = nominal;
    if (!nth_after(cal, day - cal->first, 0, &day)) return false;
    while (!cal->ends_anywhere && workday_forbids(&cal->no_end, day)) {
        if (!nth_after(cal, day - cal->first, 1, &day)) return false;
    }
    *ret_due = day;
    return true;
}

int64_t workday_count(const struct workday_calendar *cal, int64_t from, int64_t to)
{
    ensure(is_covered(cal, from));
    ensure(is_covered(cal, to));
    return (int64_t)cal->worked_before[to - cal->first + 1] -
           cal->worked_before[from - cal->first + 1];
}
