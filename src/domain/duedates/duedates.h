#pragma once
/* duedates.h: what the files of this folder share: deadlines as a calendar, and the load by week.
 */
#include "core/obligation.h"

enum {
    DUEDATES_MONTH_ITEMS = 3, /* shown on a day of the month; the rest is a list away */
    DUEDATES_WEEK_ITEMS = 20,
    DUEDATES_WEEKS = 5, /* of the load: this one and the next */
};

/* Open obligations with a date from `from_day` to `to_day` that the actor may see. `mine`: only the
 * actor's own parties. One row a day: due_day, how many. */
enum err duedates_sql_days(struct call *c, int64_t from_day, int64_t to_day, bool mine,
                           struct rows *ret_rows);
/* The first `per_day` of each day, the urgent ones first: due_day, due_ms, about, kind, title,
 * urgent, owner. */
enum err duedates_sql_items(struct call *c, int64_t from_day, int64_t to_day, bool mine,
                            int64_t per_day, struct rows *ret_rows);
/* Open obligations of persons and units that the actor may see: owner, bucket, how many. A bucket
 * is -1 overdue, 0 to weeks - 1 the week counted from `monday`, else what comes later or has no
 * date. */
enum err duedates_sql_load(struct call *c, int64_t monday, int64_t weeks, struct rows *ret_rows);

/* duedates_load.c */
enum err duedates_load(struct call *c, const void *args, struct view *ret_view);
