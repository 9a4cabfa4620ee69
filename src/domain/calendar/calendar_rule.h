#pragma once
/*
 * calendar_rule.h: recurrence rules of iCalendar, expanded in local time. Local time here is a
 * number: seconds since 1970-01-01 00:00 on the clock of the place where the meeting is; what
 * instant that is knows base/zone.h. Bounded: a rule that asks for more work than
 * LIMIT_RULE_STEPS is refused, never cut.
 *
 * Where the RFC leaves something open: an instance that does not exist (30 February) is left out;
 * a start that the rule does not give is no instance; BYWEEKNO looks at the days of the calendar
 * year; BYSETPOS counts in the whole period, also in the one in which the start lies.
 * Source: RFC 5545 3.3.10.
 */
#include "base/call.h"

enum calendar_freq {
    CALENDAR_YEARLY,
    CALENDAR_MONTHLY,
    CALENDAR_WEEKLY,
    CALENDAR_DAILY,
    CALENDAR_HOURLY,
    CALENDAR_MINUTELY,
    CALENDAR_SECONDLY
};

enum calendar_until {
    CALENDAR_FOREVER,
    CALENDAR_UNTIL_DAY,
    CALENDAR_UNTIL_LOCAL,
    CALENDAR_UNTIL_UTC
};

enum { RULE_SETPOS_MAX = 64 };

struct calendar_rule {
    enum calendar_freq freq;
    int64_t interval; /* at least 1 */
    int64_t count;    /* 0: no end by count */
    enum calendar_until until_kind;
    int64_t until_s;      /* the last moment that is still in; of UTC for CALENDAR_UNTIL_UTC */
    uint32_t months;      /* bit 1 to 12; 0: not said, here and below */
    uint32_t month_days;  /* bit 1 to 31 */
    uint32_t month_ends;  /* the same counted from the end */
    uint64_t week_nos;    /* bit 1 to 53 */
    uint64_t week_ends;
    uint64_t year_days[6]; /* bit 1 to 366 of all words */
    uint64_t year_ends[6];
    uint32_t weekdays;     /* bit MONDAY to SUNDAY, without a number before it */
    uint64_t nth[8];       /* by weekday: bit 1 to 53 */
    uint64_t nth_ends[8];
    bool any_nth;
    bool any_year_day;
    uint32_t hours;
    uint64_t minutes;
    uint64_t seconds; /* bit 0 to 59; second 60 is read as 59 */
    int16_t setpos[RULE_SETPOS_MAX];
    size_t setpos_count;
    int64_t week_start; /* MONDAY to SUNDAY */
};

/* Reads "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10". Every part at most once; what the RFC forbids together
 * is refused. Errors: ERR_INVALID "calendar.rule". */
enum err calendar_rule_parse(struct call *c, struct str text, struct calendar_rule *ret_rule);

/* The part of a series that is asked for, in local seconds. */
struct calendar_window {
    int64_t start_s; /* where the series begins */
    int64_t from_s;  /* instances at or after this */
    int64_t to_s;    /* and before this */
    size_t max;      /* at most so many, else refused */
};

/* Gives the instances in order. Shapes: until_s of a rule with UTC was brought to local time by the
 * caller. Errors: ERR_LIMIT "calendar.rule_dense". */
enum err calendar_rule_expand(struct call *c, const struct calendar_rule *rule,
                              const struct calendar_window *window, int64_t **ret_local_s,
                              size_t *ret_count);
