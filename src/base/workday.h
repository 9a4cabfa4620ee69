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
    WORKDAY_REASON_COUNT
};

/* One dated decision. */
struct workday_decision {
    int64_t day;
    bool work;                   /* the day is worked; reason is WORKDAY_WORKED */
    enum workday_reason reason;  /* why it is off */
    enum workday_reason holiday; /* the holiday it belongs to; WORKDAY_WORKED when to none */
};

struct workday_calendar;

enum workday_unit { WORKDAY_WORKING_DAYS, WORKDAY_CALENDAR_DAYS };

struct workday_skip {
    int64_t day;
    enum workday_reason reason;
};

/* Why a term ends when it does. due - from = counted + skipped_count, always. */
struct workday_receipt {
    int64_t from;
    int64_t due;
    int64_t counted;
    enum workday_unit unit;
    struct workday_skip *skipped; /* in order of days */
    size_t skipped_count;
    struct str version; /* of the calendar */
};

/* The decisions known when this version was made, and the name of that state. */
extern const struct workday_decision WORKDAY_DECISIONS[];
extern const size_t WORKDAY_DECISIONS_COUNT;
#define WORKDAY_VERSION S("vn-2026.1")

/* Computes a calendar. The order of the decisions does not matter.
 * Errors: ERR_INVALID "workday.twice" (two different rows for one day, arg "day"), "workday.range"
 * (day outside the years above, arg "day").
 * Owns: the calendar belongs to `arena`, which may outlive the call. */
enum err workday_calendar_open(struct call *c, struct arena *arena, struct str version,
                               const struct workday_decision *decisions, size_t count,
                               const struct workday_calendar **ret_calendar);
/* The calendar of Viet Nam as it was when this version was made. */
const struct workday_calendar *workday_calendar_vn(struct call *c, struct arena *arena);
/* The version it was opened with. */
struct str workday_calendar_version(const struct workday_calendar *calendar);

/* Why the day is not worked; WORKDAY_WORKED when it is. Outside the years above only weekends are
 * known. */
enum workday_reason workday_reason_of(const struct workday_calendar *calendar, int64_t day);
/* Says that the day is worked. */
bool workday_is_working(const struct workday_calendar *calendar, int64_t day);
/* The word key of a reason: "workday.tet". */
struct str workday_reason_key(enum workday_reason reason);

/* Finds the last day of a term. The day of the event is not counted; in calendar days, an end on a
 * day that is not worked moves to the next that is. Zero days end on the day itself, moved alike.
 * False when days are not 0 to WORKDAY_TERM_MAX or the term leaves the calendar's years.
 * Source: Civil Code 2015 art. 147, 148. */
bool workday_add(const struct workday_calendar *calendar, int64_t from, int64_t days,
                 enum workday_unit unit, int64_t *ret_due);
/* The same with the reason for every day that was not counted. */
bool workday_explain(struct arena *arena, const struct workday_calendar *calendar, int64_t from,
                     int64_t days, enum workday_unit unit, struct workday_receipt *ret_receipt);
/* Working days after `from` up to and including `to`; negative when `to` is before `from`.
 * Shapes: both within the calendar's years. */
int64_t workday_count(const struct workday_calendar *calendar, int64_t from, int64_t to);

/* {"due":"2026-02-23","counted":5,"skipped":[{"day":"2026-02-14","reason":"workday.weekend"}],
 * "rule":"working_days","calendar":"vn-2026.1"} */
struct str workday_receipt_json(struct arena *arena, const struct workday_receipt *receipt);
