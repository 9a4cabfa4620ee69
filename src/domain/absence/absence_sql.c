#include "absence.h"

#include "core/grant.h"

const struct migration ABSENCE_STEPS[ABSENCE_STEP_COUNT] = {
    {.name = "absence.days", .sql = "CREATE INDEX absence_days ON k_absence_absence (\"to\");"},
};

enum err absence_sql_list(struct call *c, int64_t day, int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT a.record, a.person, a.delegate, a.\"from\", a.\"to\", a.reason"
                     " FROM k_absence_absence a WHERE " READER(
                         "a.record") " AND a.\"to\" >= $10 AND a.cancelled = 0"
                                     " ORDER BY a.\"from\", a.record LIMIT $11",
                     ARGS(READER_ARGS(p), INT(day), INT(limit)), ret_rows);
}

/* A rule of the office, whoever looks. */
enum err absence_sql_clash(struct call *c, const struct absence *a, struct str but,
                           int64_t *ret_delegated, int64_t *ret_away)
{
    struct rows rows = {};
    enum err e = store_all(
        c,
        "SELECT coalesce(sum(CASE WHEN delegate = $1 THEN 1 ELSE 0 END), 0),"
        " coalesce(sum(CASE WHEN person = $2 THEN 1 ELSE 0 END), 0)"
        " FROM k_absence_absence WHERE \"to\" >= $3 AND \"from\" <= $4"
        " AND cancelled = 0 AND record <> $5",
        ARGS(TEXT(a->delegate), TEXT(a->person), INT(a->from_day), INT(a->to_day), TEXT(but)),
        &rows);
    if (e != OK) return e;
    *ret_delegated = rows_int(&rows, 0, 0);
    *ret_away = rows_int(&rows, 0, 1);
    return OK;
}
