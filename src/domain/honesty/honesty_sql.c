#include "honesty.h"

const struct migration HONESTY_STEPS[HONESTY_STEP_COUNT] = {
    {.name = "honesty.1",
     .sql = /* LOCAL: what the nights found, gone_ms: no longer so; and each night's numbers */
     "CREATE TABLE honesty_finding (id ID, rule TEXT NOT NULL, about TEXT NOT NULL,"
     " what TEXT NOT NULL, okey TEXT NOT NULL, party TEXT NOT NULL, ask TEXT NOT NULL,"
     " number INT NOT NULL, at_ms INT NOT NULL, found_ms INT NOT NULL, seen_ms INT NOT NULL,"
     " gone_ms INT NOT NULL, UNIQUE (rule, about, what, okey));"
     "CREATE INDEX honesty_finding_rule ON honesty_finding (rule, id, gone_ms, found_ms);"
     "CREATE TABLE honesty_night (rule TEXT NOT NULL, day INT NOT NULL, at_ms INT NOT NULL,"
     " found INT NOT NULL, fresh INT NOT NULL, gone INT NOT NULL, more INT NOT NULL,"
     " PRIMARY KEY (rule, day));"},
};

enum err honesty_sql_last(struct call *c, int64_t *ret_day)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT coalesce(max(day), 0) FROM honesty_night WHERE rule = $1",
                           ARGS(TEXT(str_of(HONESTY_RULES[0]))), &rows);
    if (e == OK) *ret_day = rows_int(&rows, 0, 0);
    return e;
}

/* ---- keeping ---- */

static enum err finding_keep(struct call *c, struct str rule, const struct honesty_finding *finding)
{
    return store_exec(
        c,
        "INSERT INTO honesty_finding (rule, about, what, okey, party, ask, number, at_ms, found_ms,"
        " seen_ms, gone_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 0)"
        " ON CONFLICT (rule, about, what, okey) DO UPDATE SET party = excluded.party,"
        " ask = excluded.ask, number = excluded.number, at_ms = excluded.at_ms,"
        " found_ms = CASE WHEN honesty_finding.gone_ms > 0 THEN excluded.found_ms"
        " ELSE honesty_finding.found_ms END, seen_ms = excluded.seen_ms, gone_ms = 0",
        ARGS(TEXT(rule), TEXT(finding->about), TEXT(finding->what), TEXT(finding->key),
             TEXT(finding->party), TEXT(finding->ask), INT(finding->number), INT(finding->at_ms),
             INT(c->now_ms)),
        NULL);
}

/* What lies in the days that were looked at and was not found again is gone. Nobody can say so
 * where there was more than was taken. */
static enum err gone_note(struct call *c, struct str rule, const struct honesty_found *found,
                          int64_t *ret_gone)
{
    *ret_gone = 0;
    if (found->more) return OK;
    return store_exec(c,
                      "UPDATE honesty_finding SET gone_ms = $1 WHERE rule = $2 AND gone_ms = 0"
                      " AND seen_ms < $1 AND at_ms >= $3",
                      ARGS(INT(c->now_ms), TEXT(rule), INT(found->span.from_ms)), ret_gone);
}

enum err honesty_sql_keep(struct call *c, enum honesty_rule rule, int64_t night,
                          const struct honesty_found *found)
{
    struct str name = str_of(HONESTY_RULES[rule]);
    struct rows fresh = {};
    int64_t gone = 0;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < found->count; i++)
        e = finding_keep(c, name, &found->findings[i]);
    if (e == OK) e = gone_note(c, name, found, &gone);
    if (e == OK)
        e = store_all(c, "SELECT count(*) FROM honesty_finding WHERE rule = $1 AND found_ms = $2",
                      ARGS(TEXT(name), INT(c->now_ms)), &fresh);
    if (e != OK) return e;
    return store_exec(c,
                      "INSERT INTO honesty_night (rule, day, at_ms, found, fresh, gone, more)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (rule, day) DO NOTHING",
                      ARGS(TEXT(name), INT(night), INT(c->now_ms), INT((int64_t)found->count),
                           INT(rows_int(&fresh, 0, 0)), INT(gone), INT(found->more ? 1 : 0)),
                      NULL);
}

/* ---- showing ---- */

enum err honesty_sql_counts(struct call *c, int64_t night, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT f.rule, count(CASE WHEN f.gone_ms = 0 THEN 1 END),"
                     " count(CASE WHEN f.gone_ms = 0 AND f.found_ms = n.at_ms THEN 1 END),"
                     " count(CASE WHEN f.gone_ms > 0 THEN 1 END), max(n.more)"
                     " FROM honesty_night n JOIN honesty_finding f ON f.rule = n.rule"
                     " WHERE n.day = $1 GROUP BY f.rule",
                     ARGS(INT(night)), ret_rows);
}

#define SEEN(column) "CASE WHEN " READER("f.about") " THEN " column " ELSE '' END"

/* The title as the work has it; what is odd of a whole record has that of any work about it. */
#define TITLE                                                                                      \
    "coalesce((SELECT o.title FROM obligation o WHERE o.about = f.about AND o.what = f.what"       \
    " AND o.okey = f.okey), (SELECT min(o.title) FROM obligation o WHERE o.about = f.about), '')"

enum err honesty_sql_list(struct call *c, const struct honesty_filter *filter, int64_t limit,
                          struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    int64_t after = filter->after_id > 0 ? filter->after_id : INT64_MAX;
    return store_all(c,
                     "SELECT f.id, " SEEN("f.about") ", " SEEN("coalesce(h.kind, '')") ", " SEEN(
                         TITLE) ", f.what, f.party, f.ask, f.number, f.at_ms, f.found_ms, f.gone_ms"
                                " FROM honesty_finding f LEFT JOIN head h ON h.record = f.about"
                                " LEFT JOIN honesty_night n ON n.rule = f.rule AND n.day = $10"
                                " WHERE f.rule = $11 AND CASE WHEN $12 = 1 THEN f.gone_ms = 0"
                                " WHEN $12 = 2 THEN f.gone_ms = 0 AND f.found_ms = n.at_ms"
                                " WHEN $12 = 3 THEN f.gone_ms > 0 ELSE 1 = 1 END"
                                " AND f.id < $13 ORDER BY f.id DESC LIMIT $14",
                     ARGS(READER_ARGS(p), INT(filter->night),
                          TEXT(str_of(HONESTY_RULES[filter->rule])), INT((int64_t)filter->state),
                          INT(after), INT(limit)),
                     ret_rows);
}

enum err honesty_sql_nights(struct call *c, enum honesty_rule rule, int64_t limit,
                            struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT day, found, fresh, gone, more FROM honesty_night WHERE rule = $1"
                     " ORDER BY day DESC LIMIT $2",
                     ARGS(TEXT(str_of(HONESTY_RULES[rule])), INT(limit)), ret_rows);
}
