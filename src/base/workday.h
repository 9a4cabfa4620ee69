#pragma once
/*
 * workday.h: which days are worked, and when a term ends. A calendar is computed once from the
 * law's rules and from dated decisions, and never changes afterwards; whoever fixes a deadline
 * keeps the calendar's version and the receipt beside it.
 *
 * What the law gives, by year:
 *   weekly rest    Sunday; Saturday too since 1999-10-02 (Decision 188/1999/QD-TTg)
 *   public days    1/1, Tet, 30/4, 1/5, 2/9 (Labour Code 1994 art. 73); 10/3 lunar since 2007
 *                  (Law 84/2007/QH11); Tet 5 days instead of 4 since 2014 (Labour Code 2012
 *                  art. 115, in force 2013-05-01, after that year's Tet); 2/9 two days since 2021
 *                  (Labour Code 2019 art. 112)
 *   compensation   a public day on a weekly rest day gives the next working day off (Labour Code
 *                  2019 art. 111 cl. 3; the same in the older codes)
 * The years before the code of 1995 are computed by it too, later ones by the law in force now.
 *
 * Each year the Prime Minister chooses the Tet window and the second day of 2/9 (Labour Code 2019
 * art. 112 cl. 3), and civil servants swap a working day with a Saturday. Until a decision is
 * known, the computed choice is: Tet from the last day of the old year on; 2/9 with the neighbour
 * that was chosen when the weekday was last the same.
 *
 * How decisions and rules combine, in any order of the rows:
 *   1. A row of a holiday (its own days or their compensation) makes the rows of that holiday
 *      complete for the year of the row's day: its window, second day and compensation are no
 *      longer computed. Fixed days (1/1, 10/3 lunar, 30/4, 1/5, 2/9) stay off in any case.
 *   2. Compensation of the other holidays avoids all days off, decided ones included.
 *   3. A row always wins for its own day: OFF makes it free, WORK makes it worked.
 *
 * An office may keep other hours than the law's week, from a dated day on: seven days with up to
 * two spans of hours each. A day that is open but does not count (a Saturday morning kept for the
 * public) is no working day in terms of days, yet its hours are hours. Terms in hours, days on
 * which none may end, and pauses are in base/workday_term.h; how a receipt is written and read, in
 * base/workday_receipt.h.
 */
#include "base/call.h"

enum { WORKDAY_YEAR_MIN = 1990, WORKDAY_YEAR_MAX = 2100, WORKDAY_TERM_MAX = 10000 };

/* Why a day is not worked. */
enum workday_reason {
    WORKDAY_WORKED = 0,
    WORKDAY_WEEKEND,
    WORKDAY_NEW_YEAR, /* 1/1 */
    WORKDAY_TET,
    WORKDAY_HUNG_KINGS,    /* 10/3 lunar */
    WORKDAY_REUNIFICATION, /* 30/4 */
    WORKDAY_LABOUR,        /* 1/5 */
    WORKDAY_NATIONAL,      /* 2/9 */
    WORKDAY_COMPENSATION,  /* for a public day on a weekly rest day */
    WORKDAY_SWAP,          /* for a Saturday that is worked */
    WORKDAY_DECISION,      /* any other decision, such as a day of national mourning */
    WORKDAY_HALF_DAY,      /* open for some hours, not a working day of this office */
    WORKDAY_NO_END,        /* worked, but this office lets no term end on it */
    WORKDAY_PAUSED,        /* the clock of this term stood still */
    WORKDAY_REASON_COUNT
};

/* One dated decision. */
struct workday_decision {
    int64_t day;
    bool work;                   /* the day is worked; reason is WORKDAY_WORKED */
    enum workday_reason reason;  /* why it is off */
    enum workday_reason holiday; /* the holiday it belongs to; WORKDAY_WORKED when to none */
};

/* Hours of one day, in minutes of the day; a span that is not used is 0 to 0. */
struct workday_span {
    int16_t from_minute;
    int16_t to_minute;
};

enum { WORKDAY_SPANS = 2, WORKDAY_DAY_MINUTES = 24 * 60 };

struct workday_hours {
    struct workday_span span[WORKDAY_SPANS]; /* morning, afternoon; all unused: closed */
    bool counts; /* a working day in terms of days; false on days of rest */
};

/* The week an office keeps from a day on. */
struct workday_week {
    int64_t from_day;
    struct workday_hours day[7]; /* Monday first */
};

enum { WORKDAY_NO_END_DATES = 8 };

/* Days on which no term ends: it moves to the next working day that is none of them. */
struct workday_no_end {
    uint8_t weekdays;                    /* bits 1 << enum weekday */
    int16_t dates[WORKDAY_NO_END_DATES]; /* month * 100 + day, in every year; 0: unused */
};

/* What a calendar is computed from. */
struct workday_plan {
    struct str version;
    const struct workday_decision *decisions; /* in any order */
    size_t decision_count;
    const struct workday_week *weeks; /* ascending; the law's week holds before the first */
    size_t week_count;
    struct workday_no_end no_end; /* of the office, for every term that names none of its own */
};

struct workday_calendar;

/* Days, first and last, on which a term was not counted because its clock was stopped. */
struct workday_pause {
    int64_t from;
    int64_t to;
    struct str category; /* why, as a word key; may be empty */
};

enum workday_unit {
    WORKDAY_WORKING_DAYS,
    WORKDAY_CALENDAR_DAYS,
    WORKDAY_WEEKS,
    WORKDAY_MONTHS,
    WORKDAY_HOURS,         /* by the clock, day and night */
    WORKDAY_WORKING_HOURS, /* while the office is open */
    WORKDAY_UNIT_COUNT
};

struct workday_skip {
    int64_t day;
    enum workday_reason reason;
};

/* Why a term ends when it does. In all units but hours due - from = counted + skipped_count. In
 * hours the skipped days are those in between on which no hour was counted. */
struct workday_receipt {
    int64_t from;
    int64_t due;
    int64_t counted; /* days; hours in terms of hours */
    enum workday_unit unit;
    struct workday_skip *skipped; /* in order of days */
    size_t skipped_count;
    struct str version;  /* of the calendar */
    int64_t amount;      /* of units that the term has */
    int64_t nominal;     /* the last day before days off and forbidden ends moved it */
    int64_t from_minute; /* terms in hours: of the day; WORKDAY_DAY_MINUTES for its end */
    int64_t due_minute;  /* at which the term is over; WORKDAY_DAY_MINUTES unless in hours */
    const struct workday_pause *pauses; /* in order of days */
    size_t pause_count;
};

/* The decisions known when this version was made, and the name of that state. */
extern const struct workday_decision WORKDAY_DECISIONS[];
extern const size_t WORKDAY_DECISIONS_COUNT;
#define WORKDAY_VERSION S("vn-2026.1")

/* Computes a calendar. The order of the decisions does not matter.
 * Errors: ERR_INVALID "workday.twice" (two different rows for one day, arg "day"), "workday.range"
 * (day outside the years above, arg "day"), "workday.week" (weeks not ascending, hours that overlap
 * or run backwards, a day that counts without hours, no day that counts).
 * Owns: the calendar belongs to `arena`, which may outlive the call. */
enum err workday_calendar_open(struct call *c, struct arena *arena, const struct workday_plan *plan,
                               const struct workday_calendar **ret_calendar);
/* The calendar of Viet Nam as it was when this version was made. */
const struct workday_calendar *workday_calendar_vn(struct call *c, struct arena *arena);
/* The version it was opened with. */
struct str workday_calendar_version(const struct workday_calendar *calendar);

/* The days on which the office lets no term end. */
const struct workday_no_end *workday_calendar_no_end(const struct workday_calendar *calendar);
/* Says that no term ends on the day. */
bool workday_forbids(const struct workday_no_end *no_end, int64_t day);

/* Why the day is not worked; WORKDAY_WORKED when it is. Outside the years above only weekends are
 * known. */
enum workday_reason workday_reason_of(const struct workday_calendar *calendar, int64_t day);
/* Says that the day is worked. */
bool workday_is_working(const struct workday_calendar *calendar, int64_t day);
/* When the office is open; nothing on a day off and outside the years above. A Saturday worked by
 * decision has the hours of the first day of the week that counts. */
struct workday_hours workday_hours_of(const struct workday_calendar *calendar, int64_t day);
/* The week that is kept on that day. */
struct workday_week workday_week_at(const struct workday_calendar *calendar, int64_t day);
/* The word key of a reason: "workday.tet". */
struct str workday_reason_key(enum workday_reason reason);

/* Finds the last day of a term in days, weeks or months. The day of the event is not counted; a
 * term in weeks ends on the same weekday, one in months on the same day of the month or, where the
 * month has none, on its last; an end on a day that is not worked moves to the next that is. Zero
 * units end on the day itself, moved alike. False when the amount is not 0 to WORKDAY_TERM_MAX, the
 * term leaves the calendar's years, or the unit is one of hours. Source: Civil Code 2015 art. 147
 * cl. 2, art. 148 cl. 1, 2, 3, 5. */
bool workday_add(const struct workday_calendar *calendar, int64_t from, int64_t amount,
                 enum workday_unit unit, int64_t *ret_due);
/* Where the term would end if days off did not move its end. */
bool workday_nominal(const struct workday_calendar *calendar, int64_t from, int64_t amount,
                     enum workday_unit unit, int64_t *ret_day);
/* The same as workday_add with the reason for every day that was not counted. */
bool workday_explain(struct arena *arena, const struct workday_calendar *calendar, int64_t from,
                     int64_t amount, enum workday_unit unit, struct workday_receipt *ret_receipt);
/* Working days after `from` up to and including `to`; negative when `to` is before `from`.
 * Shapes: both within the calendar's years. */
int64_t workday_count(const struct workday_calendar *calendar, int64_t from, int64_t to);
