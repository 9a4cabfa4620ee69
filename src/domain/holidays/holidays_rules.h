#pragma once
/*
 * holidays_rules.h: what a decision may say, how it is read from CSV, and what calendar the
 * decisions make. Pure: no store, no clock.
 */
#include "holidays.h"

/* Notes a problem for every row that makes no sense: "days.N.FIELD". */
void holidays_check(struct call *c, const struct list *days);

/* Reads rows of CSV: a heading that names the columns (date, kind, reason, holiday, note; the first
 * two are needed), then one day a line; commas or semicolons, quotes around what holds one, dates
 * as 2026-02-16 or 16/02/2026, a byte order mark allowed.
 * Errors: ERR_INVALID "holidays.csv_heading" (arg "column"), "holidays.csv_line" (args "line",
 * "column"), "holidays.csv_text" when it is not UTF-8; ERR_LIMIT "holidays.csv_long" (arg "max").
 */
enum err holidays_csv_read(struct call *c, struct str text, struct list *ret_days);

/* The row of the calendar that a day stands for. Shapes: the day passed holidays_check. */
struct workday_decision holidays_row(const struct holidays_day *day);

/* All rows that hold, with their decision's index, or -1 for what is built in. */
struct holidays_merged {
    struct workday_decision *rows;
    int64_t *from;
    size_t count;
};

/* Puts the decisions over the built-in rows. A later decision replaces an earlier one's row for a
 * day, and all earlier rows of a holiday and year that it speaks of. Withdrawn ones are left out.
 */
struct holidays_merged holidays_merge(struct arena *arena, const struct holidays_held *held,
                                      size_t count);

/* Says that a decision names days of Tet in that year: from then on its window is known. */
bool holidays_tet_is_decided(const struct holidays_merged *merged, int64_t year);

/* The calendar of the merged rows and of the office's own weeks; its version's name grows with
 * every version of a decision or a week: "vn-2026.1+3". Owns: the calendar belongs to `memory`. */
enum err holidays_calendar(struct call *c, struct arena *memory, const struct holidays_basis *basis,
                           const struct workday_calendar **ret_calendar);

/* When the deadline of a receipt would be by another calendar. False when it is no receipt, or
 * leaves the calendar. */
bool holidays_redate(struct call *c, const struct workday_calendar *calendar, struct str why,
                     int64_t *ret_due);
