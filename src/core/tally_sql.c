#include "core/tally_sql.h"

#include "base/time.h"
#include "core/obligation_sql.h"

/* ---- keeping ---- */

#define SHIFT_SUMS                                                                                 \
    "$1 * count(*), $1 * count(settled_ms),"                                                       \
    " $1 * count(CASE WHEN settled_ms > due_ms THEN 1 END),"                                       \
    " $1 * count(CASE WHEN settled_ms > first_due_ms THEN 1 END) FROM obligation WHERE "
#define SHIFT(chosen)                                                                              \
    "INSERT INTO tally (month, owner, what, total, done, late, late_first)"                        \
    " SELECT month, CASE WHEN owner < 'p' THEN owner ELSE 'i:' END, what, " SHIFT_SUMS chosen      \
    " GROUP BY 1, 2, 3 UNION ALL SELECT month, owner, '', " SHIFT_SUMS chosen                      \
    " AND owner >= 'p' GROUP BY 1, 2"                                                              \
    " ON CONFLICT (month, owner, what) DO UPDATE SET total = tally.total + excluded.total,"        \
    " done = tally.done + excluded.done, late = tally.late + excluded.late,"                       \
    " late_first = tally.late_first + excluded.late_first"

/* A row that counts nothing is no row: the projections made anew would not have it. */
static enum err empty_drop(struct call *c)
{
    return store_exec(c, "DELETE FROM tally WHERE total = 0", NO_ARGS, NULL);
}

enum err tally_shift(struct call *c, const struct value name[3], int64_t sign)
{
    ensure(sign == 1 || sign == -1);
    enum err e = store_exec(c, SHIFT("about = $2 AND what = $3 AND okey = $4"),
                            ARGS(INT(sign), name[0], name[1], name[2]), NULL);
    return e == OK && sign == 1 ? empty_drop(c) : e;
}

enum err tally_drop(struct call *c, struct str by_record, int64_t by_n)
{
    enum err e = store_exec(c, SHIFT("by_record = $2 AND by_n < $3"),
                            ARGS(INT(-1), TEXT(by_record), INT(by_n)), NULL);
    return e != OK ? e : empty_drop(c);
}

/* ---- counting ---- */

#define SUMS                                                                                       \
    "CAST(sum(total) AS BIGINT), CAST(sum(done) AS BIGINT), CAST(sum(late) AS BIGINT),"            \
    " CAST(sum(late_first) AS BIGINT), CAST(sum(past) AS BIGINT),"                                 \
    " CAST(sum(past_first) AS BIGINT)"

/* The open ones that are late now are read once, from an index that holds all it takes, and then
 * counted both ways beside the table. */
enum err tally_rows(struct call *c, const struct tally_span *span, struct rows *ret_rows)
{
    return store_all(
        c,
        "WITH late AS MATERIALIZED (SELECT month, owner, what,"
        " count(CASE WHEN due_ms < $1 THEN 1 END) AS past,"
        " count(CASE WHEN first_due_ms < $1 THEN 1 END) AS past_first FROM obligation"
        " WHERE settled_ms IS NULL AND month >= $2 AND month <= $3"
        " AND (due_ms < $1 OR first_due_ms < $1) GROUP BY month, owner, what),"
        " inside AS MATERIALIZED (SELECT owner, sum(total) AS total, sum(done) AS done,"
        " sum(late) AS late, sum(late_first) AS late_first, sum(past) AS past,"
        " sum(past_first) AS past_first FROM ("
        "SELECT owner, total, done, late, late_first, 0 AS past, 0 AS past_first FROM tally"
        " WHERE month >= $2 AND month <= $3 AND what = ''"
        " UNION ALL SELECT owner, 0, 0, 0, 0, past, past_first FROM late WHERE owner >= 'p')"
        " AS parts GROUP BY owner)"
        " SELECT month, owner, what, " SUMS " FROM ("
        "SELECT month, owner, what, total, done, late, late_first, 0 AS past, 0 AS past_first"
        " FROM tally WHERE month >= $2 AND month <= $3 AND what <> ''"
        " UNION ALL SELECT month, CASE WHEN owner < 'p' THEN owner ELSE 'i:' END, what, 0, 0, 0, 0,"
        " past, past_first FROM late"
        " UNION ALL SELECT 0, CASE WHEN p.unit <> '' THEN 'u:' || p.unit"
        " WHEN i.owner < 'q' THEN 'p:' ELSE i.owner END, '', i.total, i.done, i.late,"
        " i.late_first, i.past, i.past_first FROM inside i"
        " LEFT JOIN k_office_person p ON p.record = substr(i.owner, 3)) AS lines"
        " GROUP BY month, owner, what ORDER BY month, owner, what",
        ARGS(INT(c->now_ms), INT(span->from_month), INT(span->to_month)), ret_rows);
}

enum err tally_undated_row(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT CAST(coalesce(sum(total), 0) AS BIGINT),"
                     " CAST(coalesce(sum(done), 0) AS BIGINT) FROM tally"
                     " WHERE month = 0 AND what <> ''",
                     NO_ARGS, ret_rows);
}

/* ---- listing ---- */

#define SEEN(column) "CASE WHEN " READER("o.about") " THEN " column " ELSE '' END"
#define DUE "CASE WHEN $12 = 1 THEN o.first_due_ms ELSE o.due_ms END"

#define PERSONS_OF "SELECT 'p:' || p.record FROM k_office_person p WHERE p.unit "

/* Whose work it is, as the lines of a count have it: of all, of the inside, of persons without a
 * unit by the period's index; of one party and of the persons of a unit by theirs. */
#define WIDE_PARTY                                                                                 \
    " AND ($15 = '' OR ($15 = 'i:' AND o.owner >= 'p')"                                            \
    " OR ($15 = 'p:' AND o.owner >= 'p:' AND o.owner < 'q' AND o.owner NOT IN (" PERSONS_OF        \
    "<> '')))"
#define ONE_PARTY                                                                                  \
    " AND o.owner IN (SELECT CAST($15 AS TEXT) UNION ALL " PERSONS_OF                              \
    "= substr($15, 3) AND p.unit <> '')"

#define ITEMS(party)                                                                               \
    "SELECT o.id, " SEEN("o.about") ", " SEEN("coalesce(h.kind, '')") ", " SEEN(                   \
        "o.title") ", o.what, o.owner, o.first_due_ms, o.due_ms, coalesce(o.settled_ms, 0),"       \
                   " o.paused_day FROM obligation o LEFT JOIN head h ON h.record = o.about"        \
                   " WHERE o.first_due_ms >= $10 AND o.first_due_ms < $11"                         \
                   " AND (CASE WHEN o.settled_ms IS NULL THEN CASE WHEN " DUE                      \
                   " < $13 THEN 8 ELSE 4 END WHEN o.settled_ms > " DUE                             \
                   " THEN 2 ELSE 1 END & $14) <> 0" party " AND ($16 = '' OR o.what = $16)"        \
                   " AND (o.first_due_ms, o.id) > ($17, $18)"                                      \
                   " ORDER BY o.first_due_ms, o.id LIMIT $19"

enum err tally_items(struct call *c, const struct tally_filter *filter,
                     const struct tally_after *after, int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    const struct tally_span *span = &filter->span;
    int64_t from_ms = OBLIGATION_UNDATED_MS;
    int64_t to_ms = OBLIGATION_UNDATED_MS + 1;
    if (!filter->undated) {
        from_ms = time_hanoi_midnight_ms(time_day_of(tally_month_date(span->from_month)));
        to_ms = time_hanoi_midnight_ms(time_day_of(tally_month_date(span->to_month + 1)));
    }
    bool wide = filter->party.len <= 2;
    return store_all(c, wide ? ITEMS(WIDE_PARTY) : ITEMS(ONE_PARTY),
                     ARGS(READER_ARGS(p), INT(from_ms), INT(to_ms),
                          INT(filter->basis == TALLY_FIRST ? 1 : 0), INT(c->now_ms),
                          INT(filter->cells), TEXT(filter->party), TEXT(filter->what),
                          INT(after->first_due_ms), INT(after->id), INT(limit)),
                     ret_rows);
}
