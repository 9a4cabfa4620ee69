/* What is odd. Each rule is one query that gives about, what, okey, party, ask, number, at_ms of
 * what came to be odd from $1 to before $2, the newest first, $3 rows. at_ms is the time by which
 * the rule looks, so that each night can tell what is gone from what is only old. */
#include "honesty.h"

/* ---- by the deadline ---- */

#define O_NAME "o.about, o.what, o.okey, o.owner, o.creditor"

static const char GIVEN_LATE[] =
    "SELECT " O_NAME ", (o.opened_ms - o.first_due_ms) / 86400000, o.first_due_ms"
    " FROM obligation o WHERE o.first_due_ms >= $1 AND o.first_due_ms < $2"
    " AND o.opened_ms >= o.first_due_ms ORDER BY o.first_due_ms DESC, o.id LIMIT $3";

/* A move to a later day. The first date after a pause is none: the days of the pause came back. */
#define MOVES                                                                                      \
    " FROM obligation_move m JOIN obligation o"                                                    \
    " ON o.about = m.about AND o.what = m.what AND o.okey = m.okey"                                \
    " WHERE m.at_ms >= $1 AND m.at_ms < $2 AND m.paused_day = 0 AND m.to_ms > m.from_ms"           \
    " AND NOT EXISTS (SELECT 1 FROM obligation_move p WHERE p.about = m.about AND p.what = m.what" \
    " AND p.okey = m.okey AND p.kind = m.kind AND p.by_record = m.by_record AND p.paused_day > 0"  \
    " AND p.by_n = (SELECT max(q.by_n) FROM obligation_move q WHERE q.about = m.about"             \
    " AND q.what = m.what AND q.okey = m.okey AND q.kind = m.kind AND q.by_record = m.by_record"   \
    " AND q.by_n < m.by_n))"
#define BY_WORK " GROUP BY m.about, m.what, m.okey"

static const char MOVED_AFTER[] = "SELECT m.about, m.what, m.okey, max(o.owner), max(o.creditor),"
                                  " max((m.at_ms - m.from_ms) / 86400000), max(m.at_ms)" MOVES
                                  " AND m.at_ms > m.from_ms" BY_WORK " ORDER BY 7 DESC, 1 LIMIT $3";

static const char MOVED_OFTEN[] =
    "SELECT m.about, m.what, m.okey, max(o.owner), max(o.creditor), count(*),"
    " max(m.at_ms)" MOVES BY_WORK " HAVING count(*) >= 3 ORDER BY 7 DESC, 1 LIMIT $3";

static const char LONG_PAUSE[] =
    "SELECT " O_NAME ", 0, o.paused_day * 86400000 - 25200000 FROM obligation o"
    " WHERE o.settled_ms IS NULL AND o.paused_day > 0"
    " AND o.paused_day * 86400000 - 25200000 >= $1 AND o.paused_day * 86400000 - 25200000 < $2"
    " ORDER BY o.paused_day DESC, o.id LIMIT $3";

/* ---- by how it was done ---- */

/* The record that asked says itself that it is done: nothing came from who owed it. */
#define BY_ASKER                                                                                   \
    "EXISTS (SELECT 1 FROM settlement s WHERE s.about = o.about AND s.what = o.what"               \
    " AND s.okey = o.okey AND s.by_record = o.by_record AND s.at_ms = o.settled_ms)"
/* Owed by another office to this one, or the other way; never by somebody to himself. */
#define BY_OFFICE "o.owner < 'p' AND o.owner <> o.creditor"

static const char NO_PRODUCT[] =
    "SELECT " O_NAME ", 0, o.settled_ms FROM obligation o WHERE o.settled_ms >= $1"
    " AND o.settled_ms < $2 AND " BY_OFFICE " AND " BY_ASKER
    " ORDER BY o.settled_ms DESC, o.id LIMIT $3";

/* The candidates: done within two hours; how long the reading takes is asked apart. */
static const char TOO_FAST[] =
    "SELECT " O_NAME ", (o.settled_ms - o.opened_ms) / 60000, o.settled_ms FROM obligation o"
    " WHERE o.settled_ms >= $1 AND o.settled_ms < $2 AND o.settled_ms - o.opened_ms < 7200000"
    " AND " BY_OFFICE " AND NOT " BY_ASKER " ORDER BY o.settled_ms DESC, o.id LIMIT $3";

/* Here $1 is the last working day of the month from $2 to before $3. */
static const char MONTH_END[] =
    "WITH mass AS (SELECT owner, count(CASE WHEN settled_ms >= $1 THEN 1 END) AS last,"
    " count(*) AS whole FROM obligation WHERE settled_ms >= $2 AND settled_ms < $3 GROUP BY owner)"
    " SELECT o.about, o.what, o.okey, o.owner, o.owner, m.last * 100 / m.whole, o.settled_ms"
    " FROM mass m JOIN obligation o ON o.owner = m.owner WHERE m.last >= $4"
    " AND m.last * 2 >= m.whole AND o.settled_ms >= $1 AND o.settled_ms < $3"
    " ORDER BY o.settled_ms DESC, o.id LIMIT $5";

static const char SILENT[] =
    "SELECT about, what, okey, owner, owner, times, first_due_ms FROM (SELECT o.about, o.what,"
    " o.okey, o.owner, o.first_due_ms, o.id, count(*) OVER (PARTITION BY o.owner) AS times"
    " FROM obligation o WHERE o.first_due_ms >= $1 AND o.first_due_ms < $2 AND o.due_ms < $2"
    " AND " BY_OFFICE " AND (o.settled_ms IS NULL OR (o.settled_ms > o.due_ms AND " BY_ASKER ")))"
    " AS quiet WHERE times >= 3 ORDER BY first_due_ms DESC, id LIMIT $3";

static const char REGISTERED_LATE[] =
    "SELECT r.record, '', r.office, 'o:' || r.office, 'o:' || r.office,"
    " (r.time_ms - v.received_ms) / 86400000, r.time_ms"
    " FROM receipt r JOIN version v ON v.record = r.record AND v.n = r.n WHERE r.time_ms >= $1"
    " AND r.time_ms < $2 AND r.type = 1 AND r.n = 1 AND r.time_ms - v.received_ms >= 259200000"
    " ORDER BY r.time_ms DESC, r.hash LIMIT $3";

/* ---- by whose work it is ---- */

#define HELD(role)                                                                                 \
    "(o.owner = 'r:" role "' AND NOT EXISTS (SELECT 1 FROM k_office_person p WHERE p.\"left\" = 0" \
    " AND p." role " = 1))"
static const char NO_LEAD[] =
    "SELECT o.about, o.what, o.okey, o.owner, 'r:chief', 0, o.opened_ms FROM obligation o"
    " WHERE o.settled_ms IS NULL AND o.owner >= 'r:' AND o.opened_ms >= $1 AND o.opened_ms < $2"
    " AND (" HELD("officer") " OR " HELD("registry") " OR " HELD("leader") " OR " HELD(
        "secretary") " OR (o.owner >= 'u:' AND NOT EXISTS (SELECT 1 FROM k_office_person p"
                     " WHERE p.unit = substr(o.owner, 3) AND p.\"left\" = 0)))"
                     " ORDER BY o.opened_ms DESC, o.id LIMIT $3";

static const char TWO_LEADS[] =
    "SELECT o.about, o.what, o.okey, o.owner, 'r:chief', d.leads, o.opened_ms FROM ("
    "SELECT a.record, count(DISTINCT a.person) AS leads FROM assignment a"
    " JOIN k_office_person p ON p.record = a.person WHERE p.\"left\" = 0 GROUP BY a.record"
    " HAVING count(DISTINCT a.person) > 1) AS d JOIN obligation o ON o.about = d.record"
    " WHERE o.settled_ms IS NULL AND o.owner >= 'p:' AND o.owner < 'q' AND o.opened_ms >= $1"
    " AND o.opened_ms < $2 ORDER BY o.opened_ms DESC, o.id LIMIT $3";

static const char ASKED_TWICE[] =
    "SELECT " O_NAME ", d.times, o.opened_ms FROM (SELECT owner, what, title,"
    " count(DISTINCT about) AS times FROM obligation WHERE settled_ms IS NULL AND title <> ''"
    " GROUP BY owner, what, title HAVING count(DISTINCT about) > 1) AS d JOIN obligation o"
    " ON o.owner = d.owner AND o.what = d.what AND o.title = d.title"
    " WHERE o.settled_ms IS NULL AND o.opened_ms >= $1 AND o.opened_ms < $2"
    " ORDER BY o.opened_ms DESC, o.id LIMIT $3";

static const char HANDED_ON[] =
    "SELECT s.record, '', '', (SELECT t.receiver FROM succession t WHERE t.record = s.record"
    " ORDER BY t.seq DESC LIMIT 1), 'r:chief', count(*), max(s.at_ms) FROM succession s"
    " WHERE s.at_ms >= $1 AND s.at_ms < $2 AND s.record <> '*' GROUP BY s.record"
    " HAVING count(*) >= 3 ORDER BY 7 DESC, 1 LIMIT $3";

/* ---- asking ---- */

static const char *const RULES[HONESTY_RULE_COUNT] = {
    [HONESTY_GIVEN_LATE] = GIVEN_LATE,   [HONESTY_NO_PRODUCT] = NO_PRODUCT,
    [HONESTY_TOO_FAST] = TOO_FAST,       [HONESTY_NO_LEAD] = NO_LEAD,
    [HONESTY_TWO_LEADS] = TWO_LEADS,     [HONESTY_MOVED_AFTER] = MOVED_AFTER,
    [HONESTY_MOVED_OFTEN] = MOVED_OFTEN, [HONESTY_ASKED_TWICE] = ASKED_TWICE,
    [HONESTY_SILENT] = SILENT,           [HONESTY_HANDED_ON] = HANDED_ON,
    [HONESTY_LONG_PAUSE] = LONG_PAUSE,   [HONESTY_REGISTERED_LATE] = REGISTERED_LATE,
};

enum err honesty_sql_odd(struct call *c, enum honesty_rule rule, const struct honesty_span *span,
                         struct rows *ret_rows)
{
    ensure(RULES[rule] != NULL);
    return store_all(c, RULES[rule],
                     ARGS(INT(span->from_ms), INT(span->until_ms), INT(HONESTY_FINDINGS + 1)),
                     ret_rows);
}

enum err honesty_sql_month_end(struct call *c, const struct honesty_span *month, int64_t last_ms,
                               struct rows *ret_rows)
{
    return store_all(c, MONTH_END,
                     ARGS(INT(last_ms), INT(month->from_ms), INT(month->until_ms),
                          INT(HONESTY_HEAP), INT(HONESTY_FINDINGS + 1)),
                     ret_rows);
}

enum err honesty_sql_question(struct call *c, struct str record, struct str *ret_bytes)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT bytes FROM version WHERE record = $1 AND n = 1",
                           ARGS(TEXT(record)), &rows);
    if (e == OK) *ret_bytes = rows.count == 0 ? (struct str){} : rows_text(&rows, 0, 0);
    return e;
}
