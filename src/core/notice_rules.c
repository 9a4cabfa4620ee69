#include "core/notice_rules.h"

#include "base/time.h"

enum { DAYS_OFF_MAX = 60, MINUTE_MS = 60 * 1000 };

const struct notice_step NOTICE_LADDER[NOTICE_STEPS] = {
    {"before_3", -3, NOTICE_OWNER},
    {"before_1", -1, NOTICE_OWNER},
    {"today", 0, NOTICE_OWNER},
    {"late_1", 1, NOTICE_OWNER | NOTICE_CREDITOR},
    {"late_3", 3, NOTICE_OWNER | NOTICE_CREDITOR | NOTICE_SUPERIOR},
    {"late_7", 7, NOTICE_OWNER | NOTICE_CREDITOR | NOTICE_SUPERIOR | NOTICE_CHIEF},
};

const struct notice_rules NOTICE_DEFAULT = {
    .how = {[NOTICE_MAIL] = NOTICE_EACH, [NOTICE_SMS] = NOTICE_NEVER},
    .quiet_from = 17 * 60 + 30,
    .quiet_to = 7 * 60 + 30,
    .daily = 8,
    .passes = 3,
    .titles = true,
};

/* The working day at or beyond `day` in the direction of `by`. No office rests longer than
 * DAYS_OFF_MAX days: beyond the calendar's years only weekends are known. */
static int64_t working_from(const struct workday_calendar *calendar, int64_t day, int64_t by)
{
    for (int i = 0; i < DAYS_OFF_MAX && !workday_is_working(calendar, day); i++)
        day += by;
    return day;
}

int64_t notice_workday(const struct workday_calendar *calendar, int64_t day, int64_t n)
{
    int64_t by = n < 0 ? -1 : 1;
    day = working_from(calendar, day, -1);
    for (int64_t i = 0; i != n; i += by)
        day = working_from(calendar, day + by, by);
    return day;
}

static int64_t minute_ms(int64_t day, int64_t minute)
{
    return time_hanoi_midnight_ms(day) + minute * MINUTE_MS;
}

int64_t notice_step_ms(const struct workday_calendar *calendar, int64_t due_day, size_t step)
{
    ensure(step < NOTICE_STEPS);
    return minute_ms(notice_workday(calendar, due_day, NOTICE_LADDER[step].days), NOTICE_MINUTE);
}

size_t notice_step_after(const struct workday_calendar *calendar, int64_t due_day, int64_t ms)
{
    for (size_t i = 0; i < NOTICE_STEPS; i++) {
        if (notice_step_ms(calendar, due_day, i) > ms) return i;
    }
    return NOTICE_STEPS;
}

static int64_t minute_of(int64_t ms)
{
    return (ms - time_hanoi_midnight_ms(time_hanoi_day(ms))) / MINUTE_MS;
}

/* Hours that do not pass midnight are quiet in between; those that do are quiet outside. */
bool notice_quiet(const struct workday_calendar *calendar, const struct notice_rules *rules,
                  int64_t ms)
{
    int64_t minute = minute_of(ms);
    bool over_midnight = rules->quiet_from > rules->quiet_to;
    bool hours = over_midnight ? minute >= rules->quiet_from || minute < rules->quiet_to
                               : minute >= rules->quiet_from && minute < rules->quiet_to;
    return hours || !workday_is_working(calendar, time_hanoi_day(ms));
}

int64_t notice_bulletin_ms(const struct workday_calendar *calendar,
                           const struct notice_rules *rules, int64_t ms)
{
    int64_t day = working_from(calendar, time_hanoi_day(ms), 1);
    if (minute_ms(day, rules->quiet_to) < ms) day = working_from(calendar, day + 1, 1);
    return minute_ms(day, rules->quiet_to);
}
