#pragma once
/*
 * workday_term.h: terms of every unit, with the moment at which they end and the receipt. What is
 * not in base/workday.h: hours, and days on which an office lets no term end.
 *
 * Hours are counted by the clock from the moment of the event; working hours only while the office
 * is open. When only the day of the event is known, it is not counted: hours begin at its end. A
 * term in hours whose last day is a day off ends with the next working day.
 *
 * A pause stops the clock for whole days, the first and the last included: the day on which it was
 * stopped and the day on which it runs again are days of an event. The rest of the term is counted
 * on after it, so that a pause is never deducted from somebody's time, and the receipt names each
 * of its days. On the day of the event itself there is nothing to stop.
 * Source: Civil Code 2015 art. 147 cl. 1, cl. 2, art. 148 cl. 5, 6.
 */
#include "base/workday.h"

enum { WORKDAY_PAUSES_MAX = 50 };

struct workday_term {
    int64_t from;   /* the day of the event */
    int64_t minute; /* of that day, for hours; WORKDAY_DAY_MINUTES: only the day is known */
    int64_t amount;
    enum workday_unit unit;
    const struct workday_no_end *no_end; /* NULL: the calendar's own */
    const struct workday_pause *pauses;  /* ascending, ended ones; they may touch */
    size_t pause_count;
};

/* The moment at which a term is over. */
struct workday_due {
    int64_t day;
    int64_t minute; /* of the day; WORKDAY_DAY_MINUTES: with its end */
};

/* Finds the end of a term. False as workday_add, when no day is left to end on, or when the pauses
 * are not in order. */
bool workday_term_end(const struct workday_calendar *calendar, const struct workday_term *term,
                      struct workday_due *ret_due);
/* The same with the reason for every day that was not counted. */
bool workday_term_explain(struct arena *arena, const struct workday_calendar *calendar,
                          const struct workday_term *term, struct workday_receipt *ret_receipt);

/* Minutes that the office is open from one moment to another; 0 when they run backwards. Shapes:
 * both days within the calendar's years. */
int64_t workday_open_minutes(const struct workday_calendar *calendar, struct workday_due from,
                             struct workday_due to);

/* The word of a unit in receipts, rows and options: "working_days", "calendar_days", "weeks",
 * "months", "hours", "working_hours". */
struct str workday_unit_word(enum workday_unit unit);

/* Says that it is one of hours. */
bool workday_unit_is_hours(enum workday_unit unit);

/* The law that says how a term is counted which begins on a day. */
struct workday_source {
    struct str key; /* "workday.source.civil_2015"; empty before 2006 */
    int64_t from;   /* in force from this day */
    int64_t until;  /* to this one; 0: still */
};
struct workday_source workday_source_of(int64_t day);
