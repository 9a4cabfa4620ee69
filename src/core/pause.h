#pragma once
/*
 * pause.h: stopping the clock of a deadline, for any subject. A record that has a deadline holds a
 * list of pauses; its home adds one by an act, ends it by another, and counts the deadline again:
 * the rest of the term goes on after the pause, whose days stand in the receipt. While a pause is
 * open nothing is due. Nothing is ever deducted silently.
 */
#include "base/field.h"
#include "base/workday_receipt.h"

/* One pause, as records hold it. */
struct pause {
    int64_t category; /* 1-based index into PAUSE_CATEGORIES */
    struct str reason;
    int64_t from_day; /* the clock stands from this day on, this day included */
    int64_t to_day;   /* up to and including this one; 0: it still stands */
    struct str by;    /* title of who stopped it */
};

/* The categories, as words of a choice, ended by NULL; in the same order their sources as word
 * keys "pause.source.<word>". */
extern const char *const PAUSE_CATEGORIES[];
extern const struct field_table PAUSE_TABLE;

/* Says that the last pause of the list is open. */
bool pause_is_open(const struct list *pauses);
/* The day since which the clock stands; 0 when it runs. */
int64_t pause_open_day(const struct list *pauses);

/* Notes a problem for what makes no sense in a list of pauses of a term that began on `from_day`:
 * out of order, open ones that are not the last. For kind.valid. */
bool pause_list_valid(const struct list *pauses, int64_t from_day);

/* Adds an open pause; from_day 0 is today. Notes problems under "from_date": "pause.future",
 * "pause.before_event" (before the day after `event_day`), "pause.before_last" (before the clock
 * ran again); "pause.too_many". Shapes: no pause is open. */
void pause_begin(struct call *c, const struct pause *pause, int64_t event_day, struct list *pauses);
/* Ends the open pause; to_day 0 is today. Notes under "to_date": "pause.future",
 * "pause.ends_before". Shapes: a pause is open. */
void pause_end(struct call *c, int64_t to_day, struct list *pauses);

/* Counts the term of a receipt again, by a calendar and with all ended pauses. False when it is no
 * receipt, or the term leaves the calendar's years. */
bool pause_count_again(struct call *c, const struct workday_calendar *calendar, struct str why,
                       const struct list *pauses, struct workday_receipt *ret_receipt);

struct view; /* core/view.h */
/* Adds a section with every pause: why, on what legal basis, from when to when, by whom. */
void pause_section_put(struct call *c, struct view *view, const struct list *pauses);
