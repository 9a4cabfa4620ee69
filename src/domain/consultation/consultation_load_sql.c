#include "consultation_load_sql.h"

#include "core/office.h"

enum err consultation_sql_rate(struct call *c, struct str *ret_record)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT record FROM k_consultation_rate ORDER BY record LIMIT 1",
                           NULL, 0, &rows);
    if (e == OK && rows.count > 0) *ret_record = rows_text(&rows, 0, 0);
    return e;
}

/* What came of the question at that office. */
#define ANSWERED                                                                                   \
    "EXISTS (SELECT 1 FROM k_consultation_opinion o JOIN head oh ON oh.record = o.record"          \
    " WHERE o.request = r.record AND o.behalf = '' AND oh.home = a.office)"
#define REFUSED                                                                                    \
    "EXISTS (SELECT 1 FROM k_consultation_refusal f JOIN head fh ON fh.record = f.record"          \
    " WHERE f.request = r.record AND fh.home = a.office)"
#define EXCUSED                                                                                    \
    "EXISTS (SELECT 1 FROM k_consultation_request__excused x WHERE x.record = r.record"            \
    " AND x.office = a.office)"
#define DUE_DATE "CASE WHEN a.due_date <> 0 THEN a.due_date ELSE r.due_date END"
#define DUE "CASE WHEN a.due <> 0 THEN a.due ELSE r.due END"
#define SIGNED                                                                                     \
    "(SELECT MIN(o.signed) FROM k_consultation_opinion o JOIN head oh ON oh.record = o.record"     \
    " WHERE o.request = r.record AND o.behalf = '' AND oh.home = a.office)"
#define ASKED                                                                                      \
    " FROM k_consultation_request r JOIN head h ON h.record = r.record"                            \
    " JOIN k_consultation_request__asked a ON a.record = r.record WHERE " READER("r.record")
/* Of a question between two other offices nobody here knows what became. */
#define KNOWN " AND (h.home = $10 OR a.office = $10)"

static const char WAITING[] =
    "SELECT r.record, h.home, r.subject, a.office,"
    " (SELECT n.officer FROM k_consultation_intake n WHERE n.request = r.record),"
    " " DUE_DATE ", r.pages" ASKED KNOWN " AND r.state = 'open'"
    " AND NOT " ANSWERED " AND NOT " REFUSED " AND NOT " EXCUSED
    " ORDER BY r.due, r.record, a.i LIMIT 5000";

static const char TIMES[] =
    "SELECT r.record, h.home, r.subject, a.office, r.from_date, " DUE_DATE ", " DUE ", r.days,"
    " r.pages, r.rate, " SIGNED ", r.short_by, r.state,"
    " CASE WHEN " REFUSED " THEN 1 ELSE 0 END, CASE WHEN " EXCUSED " THEN 1 ELSE 0 END" ASKED KNOWN
    " AND r.from_date >= $11 AND r.from_date <= $12"
    " ORDER BY r.from_date, r.record, a.i LIMIT $13";

enum err consultation_sql_waiting(struct call *c, struct consultation_waiting **ret_rows,
                                  size_t *ret_count)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e = store_all(c, WAITING, ARGS(READER_ARGS(p), TEXT(c->office->id)), &rows);
    if (e != OK) return e;
    struct consultation_waiting *waiting = arena_array(c->arena, rows.count + 1, sizeof *waiting);
    for (size_t i = 0; i < rows.count; i++) {
        waiting[i] = (struct consultation_waiting){
            .record = rows_text(&rows, i, 0),
            .home = rows_text(&rows, i, 1),
            .subject = rows_text(&rows, i, 2),
            .office = rows_text(&rows, i, 3),
            .officer = rows_text(&rows, i, 4),
            .due_day = rows_int(&rows, i, 5),
            .pages = rows_int(&rows, i, 6),
        };
    }
    *ret_rows = waiting;
    *ret_count = rows.count;
    return OK;
}

enum err consultation_sql_times(struct call *c, int64_t from_day, int64_t to_day,
                                struct consultation_time **ret_rows, size_t *ret_count)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e = store_all(c, TIMES,
                           ARGS(READER_ARGS(p), TEXT(c->office->id), INT(from_day), INT(to_day),
                                INT(CONSULTATION_TIMES)),
                           &rows);
    if (e != OK) return e;
    struct consultation_time *times = arena_array(c->arena, rows.count + 1, sizeof *times);
    for (size_t i = 0; i < rows.count; i++) {
        times[i] = (struct consultation_time){
            .record = rows_text(&rows, i, 0),
            .home = rows_text(&rows, i, 1),
            .subject = rows_text(&rows, i, 2),
            .office = rows_text(&rows, i, 3),
            .from_day = rows_int(&rows, i, 4),
            .due_day = rows_int(&rows, i, 5),
            .due_ms = rows_int(&rows, i, 6),
            .days = rows_int(&rows, i, 7),
            .pages = rows_int(&rows, i, 8),
            .rate = rows_int(&rows, i, 9),
            .signed_ms = rows_int(&rows, i, 10),
            .shorter = rows_text(&rows, i, 11).len > 0,
            .closed = str_eq(rows_text(&rows, i, 12), S("closed")),
            .refused = rows_int(&rows, i, 13) != 0,
            .excused = rows_int(&rows, i, 14) != 0,
        };
    }
    *ret_rows = times;
    *ret_count = rows.count;
    return OK;
}
