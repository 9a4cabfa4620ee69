#pragma once
/*
 * holidays_week.h: the week that this office keeps from a day on, as a record: which days are open
 * and for which hours, which of them count as working days, and days on which no term ends. From
 * the commit on every new deadline of the office is counted by it.
 */
#include "holidays.h"

enum { HOLIDAYS_CLOCK_BYTES = 5, HOLIDAYS_NO_END_DAYS = WORKDAY_NO_END_DATES };

/* One open day. A day that is not listed is closed. */
struct holidays_open {
    int64_t weekday;         /* 1 Monday to 7 Sunday */
    struct str morning_from; /* "07:30"; empty with its end: closed then */
    struct str morning_to;
    struct str afternoon_from;
    struct str afternoon_to;
    bool only_hours; /* open, but no working day in terms of days: a Saturday for the public */
    bool no_end;     /* no term ends on it */
};

/* One date on which no term ends, in every year. */
struct holidays_no_end {
    struct str date; /* "31/12" */
};

struct holidays_week {
    int64_t from_day;
    struct str basis;    /* what it was decided by: "Quyết định 15/QĐ-VP" */
    struct list open;    /* of struct holidays_open */
    struct list no_ends; /* of struct holidays_no_end */
    bool withdrawn;
    struct str withdrawn_reason;
};

extern const struct field_table HOLIDAYS_WEEK;
extern const struct field_table HOLIDAYS_OPEN;
extern const struct field_table HOLIDAYS_NO_END;

/* Notes a problem for whatever makes no sense: "open.N.FIELD", "no_ends.N.date". */
void holidays_week_check(struct call *c, const struct holidays_week *week);
/* The week as the calendar takes it. Shapes: it passed holidays_week_check. */
struct workday_week holidays_week_row(const struct holidays_week *week);
struct workday_no_end holidays_week_no_end(const struct holidays_week *week);

/* The weeks that hold, ascending by their first day: of two from one day the later record. The
 * dates and weekdays on which no term ends are those of the last week. */
struct holidays_weeks {
    struct workday_week *rows;
    size_t count;
    struct workday_no_end no_end;
};
struct holidays_weeks holidays_weeks_of(struct arena *arena, const struct holidays_kept *kept,
                                        size_t count);

/* "thứ Hai đến thứ Sáu 07:30-11:30, 13:00-17:00; ...", for lists. */
struct str holidays_week_text(struct call *c, const struct holidays_week *week);
