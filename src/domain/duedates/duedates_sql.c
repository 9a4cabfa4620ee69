#include "duedates.h"

#include "base/time.h"

/* From the index of open obligations by date; the days are those of Ha Noi. */
#define SPAN                                                                                       \
    " FROM obligation o JOIN head h ON h.record = o.about WHERE " READER(                          \
        "o.about") " AND o.settled_ms IS NULL AND o.due_ms >= $10 AND o.due_ms < $11"              \
                   " AND ($12 = 0 OR o.owner IN ($1, $2, $3, $4, $5, $6, $7, $8, $9))"
#define SPAN_ARGS                                                                                  \
    READER_ARGS(p), INT(time_hanoi_midnight_ms(from_day)),                                         \
        INT(time_hanoi_midnight_ms(to_day + 1)), INT(mine ? 1 : 0)
#define DAY "((o.due_ms + 25200000) / 86400000)"

enum err duedates_sql_days(struct call *c, int64_t from_day, int64_t to_day, bool mine,
                           struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c, "SELECT " DAY ", count(*)" SPAN " GROUP BY 1 ORDER BY 1", ARGS(SPAN_ARGS),
                     ret_rows);
}

enum err duedates_sql_items(struct call *c, int64_t from_day, int64_t to_day, bool mine,
                            int64_t per_day, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT day, due_ms, about, kind, title, urgent, owner FROM (SELECT " DAY
                     " AS day, o.due_ms, o.about, h.kind, o.title, o.urgent, o.owner, o.id,"
                     " row_number() OVER (PARTITION BY " DAY
                     " ORDER BY o.urgent DESC, o.due_ms, o.id) AS place" SPAN
                     ") AS ranked WHERE place <= $13 ORDER BY day, place",
                     ARGS(SPAN_ARGS, INT(per_day)), ret_rows);
}

enum err duedates_sql_load(struct call *c, int64_t monday, int64_t weeks, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(
        c,
        "WITH load AS (SELECT o.owner, o.due_ms FROM obligation o"
        " WHERE " READER(
            "o.about") " AND o.settled_ms IS NULL AND o.owner >= 'p:'"
                       " AND (o.owner < 'p;' OR o.owner >= 'u:'))"
                       " SELECT owner, CASE WHEN due_ms < $10 THEN -1 WHEN due_ms >= $11 THEN $12"
                       " ELSE (due_ms - $13) / 604800000 END, count(*) FROM load"
                       " GROUP BY 1, 2 ORDER BY 1, 2",
        ARGS(READER_ARGS(p), INT(c->now_ms), INT(time_hanoi_midnight_ms(monday + 7 * weeks)),
             INT(weeks), INT(time_hanoi_midnight_ms(monday))),
        ret_rows);
}
