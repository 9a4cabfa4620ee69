#include "base/workday.h"

#include "base/json.h"
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
};
static_assert(ARRAY_LEN(REASON_KEYS) == WORKDAY_REASON_COUNT);

struct str workday_reason_key(enum workday_reason reason)
{
    ensure(reason < WORKDAY_REASON_COUNT);
    return str_of(REASON_KEYS[reason]);
}

static bool is_weekly_rest(int64_t day)
{
    enum weekday weekday = time_weekday(day);
    return weekday == SUNDAY || (weekday == SATURDAY && day >= FIVE_DAYS_FROM);
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
        if (!is_weekly_rest(holiday->day)) continue;
        if ((decided & 1u << holiday->reason) != 0) continue;
        int64_t index = holiday->day - cal->first + 1;
        while (index < cal->day_count && cal->reasons[index] != WORKDAY_WORKED)
            index++;
        if (index < cal->day_count) cal->reasons[index] = WORKDAY_COMPENSATION;
    }
}

/* In this order the rows' own order cannot matter: they only mark, and each marks its own day. */
static void reasons_compute(struct workday_calendar *cal, const struct workday_decision *decisions,
                            size_t count, const struct decided *decided)
{
    for (int64_t i = 0; i < cal->day_count; i++) {
        if (is_weekly_rest(cal->first + i)) cal->reasons[i] = WORKDAY_WEEKEND;
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
                                const struct workday_decision *decisions, size_t count,
                                struct decided *ret_decided)
{
    const struct workday_decision **by_day =
        arena_array(c->arena, (size_t)cal->day_count, sizeof(struct workday_decision *));
    for (size_t i = 0; i < count; i++) {
        const struct workday_decision *row = &decisions[i];
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

enum err workday_calendar_open(struct call *c, struct arena *arena, struct str version,
                               const struct workday_decision *decisions, size_t count,
                               const struct workday_calendar **ret_calendar)
{
    int64_t first = time_day_of((struct date){WORKDAY_YEAR_MIN, 1, 1});
    int64_t day_count = time_day_of((struct date){WORKDAY_YEAR_MAX, 12, 31}) - first + 1;
    struct workday_calendar *cal = arena_alloc(arena, sizeof *cal);
    *cal = (struct workday_calendar){
        .version = str_copy(arena, version),
        .first = first,
        .day_count = day_count,
        .reasons = arena_alloc(arena, (size_t)day_count),
    };
    struct decided decided = {};
    enum err e = decisions_check(c, cal, decisions, count, &decided);
    if (e != OK) return e;
    reasons_compute(cal, decisions, count, &decided);
    counts_compute(arena, cal);
    *ret_calendar = cal;
    return OK;
}

const struct workday_calendar *workday_calendar_vn(struct call *c, struct arena *arena)
{
    const struct workday_calendar *cal = NULL;
    enum err e = workday_calendar_open(c, arena, WORKDAY_VERSION, WORKDAY_DECISIONS,
                                       WORKDAY_DECISIONS_COUNT, &cal);
    ensure(e == OK); /* the table is ours and tested */
    return cal;
}

struct str workday_calendar_version(const struct workday_calendar *calendar)
{
    return calendar->version;
}

/* Asking */

enum workday_reason workday_reason_of(const struct workday_calendar *cal, int64_t day)
{
    if (is_covered(cal, day)) return (enum workday_reason)cal->reasons[day - cal->first];
    bool has_weekday = day >= TIME_DAY_MIN && day <= TIME_DAY_MAX;
    return has_weekday && is_weekly_rest(day) ? WORKDAY_WEEKEND : WORKDAY_WORKED;
}

bool workday_is_working(const struct workday_calendar *cal, int64_t day)
{
    return workday_reason_of(cal, day) == WORKDAY_WORKED;
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

bool workday_add(const struct workday_calendar *cal, int64_t from, int64_t days,
                 enum workday_unit unit, int64_t *ret_due)
{
    if (days < 0 || days > WORKDAY_TERM_MAX) return false;
    if (!is_covered(cal, from)) return false;
    if (unit == WORKDAY_WORKING_DAYS) return nth_after(cal, from - cal->first, days, ret_due);
    if (!is_covered(cal, from + days)) return false;
    return nth_after(cal, from + days - cal->first, 0, ret_due);
}

bool workday_explain(struct arena *arena, const struct workday_calendar *cal, int64_t from,
                     int64_t days, enum workday_unit unit, struct workday_receipt *ret_receipt)
{
    int64_t due = 0;
    if (!workday_add(cal, from, days, unit, &due)) return false;
    size_t count = (size_t)(due - from - days);
    struct workday_skip *skipped = arena_array(arena, count, sizeof *skipped);
    bool pushed_only = unit == WORKDAY_CALENDAR_DAYS || days == 0;
    int64_t day = pushed_only ? from + days : from + 1;
    size_t n = 0;
    for (; day < due; day++) {
        enum workday_reason reason = workday_reason_of(cal, day);
        if (reason == WORKDAY_WORKED) continue;
        ensure(n < count);
        skipped[n++] = (struct workday_skip){day, reason};
    }
    ensure(n == count); /* the receipt adds up */
    *ret_receipt = (struct workday_receipt){
        .from = from,
        .due = due,
        .counted = days,
        .unit = unit,
        .skipped = skipped,
        .skipped_count = count,
        .version = cal->version,
    };
    return true;
}

int64_t workday_count(const struct workday_calendar *cal, int64_t from, int64_t to)
{
    ensure(is_covered(cal, from));
    ensure(is_covered(cal, to));
    return (int64_t)cal->worked_before[to - cal->first + 1] -
           cal->worked_before[from - cal->first + 1];
}

struct str workday_receipt_json(struct arena *arena, const struct workday_receipt *receipt)
{
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("{\"due\":"));
    json_string(&sb, time_format_day(arena, receipt->due));
    sb_printf(&sb, ",\"counted\":%lld,\"skipped\":[", (long long)receipt->counted);
    for (size_t i = 0; i < receipt->skipped_count; i++) {
        sb_put(&sb, i > 0 ? S(",{\"day\":") : S("{\"day\":"));
        json_string(&sb, time_format_day(arena, receipt->skipped[i].day));
        sb_put(&sb, S(",\"reason\":"));
        json_string(&sb, workday_reason_key(receipt->skipped[i].reason));
        sb_char(&sb, '}');
    }
    bool working = receipt->unit == WORKDAY_WORKING_DAYS;
    sb_put(&sb, S("],\"rule\":"));
    json_string(&sb, working ? S("working_days") : S("calendar_days"));
    sb_put(&sb, S(",\"calendar\":"));
    json_string(&sb, receipt->version);
    sb_char(&sb, '}');
    return sb_str(&sb);
}
