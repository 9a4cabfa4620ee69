#include "core/changes_sql.h"

#include "core/grant.h"

enum err looked_get(struct call *c, int64_t *ret_ms)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT at_ms FROM looked WHERE person = $1"
                           " UNION ALL SELECT created_ms FROM head WHERE record = $1",
                           ARGS(TEXT(c->who.person)), &rows);
    *ret_ms = 0;
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        if (rows_int(&rows, i, 0) > *ret_ms) *ret_ms = rows_int(&rows, i, 0);
    }
    return e;
}

enum err looked_put(struct call *c, int64_t until_ms)
{
    return store_exec(c,
                      "INSERT INTO looked (person, at_ms) VALUES ($1, $2)"
                      " ON CONFLICT (person) DO UPDATE SET at_ms = excluded.at_ms"
                      " WHERE excluded.at_ms > looked.at_ms",
                      ARGS(TEXT(c->who.person), INT(until_ms)), NULL);
}

/* The registry of the office is no news: it has pages of its own. */
enum err changes_rows(struct call *c, int64_t base_ms, const struct changes_after *after,
                      int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    int64_t from_ms = after->record.len > 0 ? after->moved_ms : INT64_MAX;
    return store_all(
        c,
        "WITH news AS (SELECT h.record, h.kind, h.n, h.moved_ms, h.person"
        " FROM head h WHERE " READER(
            "h.record") " AND h.moved_ms > $10"
                        " AND (h.moved_ms, h.record) < ($11, $12)"
                        " ORDER BY h.moved_ms DESC, h.record DESC LIMIT $13)"
                        " SELECT w.record, w.kind, w.n, w.moved_ms, w.person, coalesce(s.n, 0)"
                        " FROM news w LEFT JOIN seen s ON s.record = w.record AND s.person = $14"
                        " ORDER BY w.moved_ms DESC, w.record DESC",
        ARGS(READER_ARGS(p), INT(base_ms), INT(from_ms), TEXT(after->record), INT(limit),
             TEXT(c->who.person)),
        ret_rows);
}

enum err seen_get(struct call *c, struct str record, int64_t *ret_n)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT n FROM seen WHERE person = $1 AND record = $2",
                           ARGS(TEXT(c->who.person), TEXT(record)), &rows);
    if (e == OK) *ret_n = rows.count > 0 ? rows_int(&rows, 0, 0) : 0;
    return e;
}

enum err seen_put(struct call *c, struct str record, int64_t n)
{
    return store_exec(c,
                      "INSERT INTO seen (person, record, n) VALUES ($1, $2, $3)"
                      " ON CONFLICT (person, record) DO UPDATE SET n = excluded.n"
                      " WHERE excluded.n > seen.n",
                      ARGS(TEXT(c->who.person), TEXT(record), INT(n)), NULL);
}

enum err version_held_at(struct call *c, struct str record, int64_t at_ms, int64_t *ret_n)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT max(n) FROM version WHERE record = $1 AND received_ms <= $2",
                           ARGS(TEXT(record), INT(at_ms)), &rows);
    if (e == OK) *ret_n = rows_int(&rows, 0, 0);
    return e;
}
