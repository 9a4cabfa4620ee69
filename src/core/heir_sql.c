#include "core/heir_sql.h"

#include "core/office.h"
#include "core/record_sql.h"

enum { PAGE = 500, ROWS = 100 };

enum err heir_row(struct call *c, struct str office, struct rows *ret_rows)
{
    struct str giver = str_format(c->arena, "o:%.*s", STR_ARG(office));
    return store_all(c,
                     "SELECT s.receiver, coalesce(i.statement, p.record),"
                     " coalesce(i.\"key\", p.\"key\"), coalesce(i.sig, p.sig) FROM succession s"
                     " LEFT JOIN k_office_inheritance i ON i.record = s.by_record"
                     " LEFT JOIN k_office_succession p ON p.record = s.by_record"
                     " WHERE s.record = '*' AND s.giver = $1 ORDER BY s.by_record LIMIT 1",
                     ARGS(TEXT(giver)), ret_rows);
}

/* One answer whether there is a row. */
static enum err any(struct call *c, const char *sql, const struct value *args, size_t count,
                    bool *ret_any)
{
    struct rows rows = {};
    enum err e = store_all(c, sql, args, count, &rows);
    if (e == OK) *ret_any = rows.count > 0;
    return e;
}

enum err heir_agreed(struct call *c, struct str office, bool *ret_agreed)
{
    return any(c,
               "SELECT 1 FROM k_office_inheritance i JOIN head h ON h.record = i.record"
               " WHERE i.office = $1 AND h.home = $2 LIMIT 1",
               ARGS(TEXT(office), TEXT(c->office->id)), ret_agreed);
}

enum err heir_ended(struct call *c, struct str office, bool *ret_ended)
{
    return any(c,
               "SELECT 1 FROM succession s JOIN k_office_succession p ON p.record = s.by_record"
               " WHERE s.record = '*' AND s.giver = $1 LIMIT 1",
               ARGS(TEXT(str_format(c->arena, "o:%.*s", STR_ARG(office)))), ret_ended);
}

enum err heir_heads(struct call *c, struct str office, struct str after, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record, kind, n, hash FROM head WHERE record > $1 AND home = $2"
                     " ORDER BY record LIMIT $3",
                     ARGS(TEXT(after), TEXT(office), INT(PAGE)), ret_rows);
}

enum err heir_heads_move(struct call *c, struct str kind, struct str from, struct str to)
{
    return store_exec(c, "UPDATE head SET home = $1 WHERE kind = $2 AND home = $3",
                      ARGS(TEXT(to), TEXT(kind), TEXT(from)), NULL);
}

enum err heir_audience_step(struct call *c, struct str record, bool *ret_more)
{
    int64_t changed = 0;
    enum err e = store_exec(c,
                            "INSERT INTO audience (record, party) SELECT a.record, s.receiver"
                            " FROM audience a JOIN succession s ON s.record = '*'"
                            " AND s.giver = a.party WHERE a.record = $1 AND a.party < 'p'"
                            " ON CONFLICT (record, party) DO NOTHING",
                            ARGS(TEXT(record)), &changed);
    if (e == OK) *ret_more = changed > 0;
    return e;
}

enum err heir_audience_chief(struct call *c, struct str record)
{
    return store_exec(c,
                      "INSERT INTO audience (record, party) SELECT h.record, 'r:chief'"
                      " FROM head h WHERE h.record = $1 AND h.home = $2 AND NOT EXISTS"
                      " (SELECT 1 FROM audience a WHERE a.record = h.record)",
                      ARGS(TEXT(record), TEXT(c->office->id)), NULL);
}

enum err heir_audience_all(struct call *c, struct str from, struct str to)
{
    return store_exec(c,
                      "INSERT INTO audience (record, party) SELECT record, $1 FROM audience"
                      " WHERE party = $2 ON CONFLICT (record, party) DO NOTHING",
                      ARGS(TEXT(to), TEXT(from)), NULL);
}

enum err statement_own(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT p.record, h.n FROM k_office_succession p"
                     " JOIN head h ON h.record = p.record WHERE h.home = $1"
                     " ORDER BY p.record LIMIT 1",
                     ARGS(TEXT(c->office->id)), ret_rows);
}

enum err statement_answer(struct call *c, struct str statement, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT i.record, h.home, i.state FROM k_office_inheritance i"
                     " JOIN head h ON h.record = i.record WHERE i.statement = $1"
                     " ORDER BY i.record LIMIT $2",
                     ARGS(TEXT(statement), INT(ROWS)), ret_rows);
}

enum err promise_open(struct call *c, bool *ret_open)
{
    return any(c,
               "SELECT 1 FROM k_office_inheritance i JOIN head h ON h.record = i.record"
               " WHERE i.state = 'agreed' AND h.home = $1 LIMIT 1",
               ARGS(TEXT(c->office->id)), ret_open);
}

enum err statement_asking(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT p.record, h.home FROM k_office_succession p"
                     " JOIN head h ON h.record = p.record"
                     " WHERE p.\"to\" = $1 AND p.state = 'proposed' AND NOT EXISTS"
                     " (SELECT 1 FROM k_office_inheritance i WHERE i.statement = p.record)"
                     " ORDER BY p.record LIMIT $2",
                     ARGS(TEXT(c->office->id), INT(ROWS)), ret_rows);
}

enum err succession_send(struct call *c, struct str kind, struct str peer)
{
    store_note(c, S("outbox"));
    return store_exec(
        c,
        "INSERT INTO outbox (peer, object, object_kind, record, n, priority, created_ms)"
        " SELECT $1, v.hash, $2, v.record, v.n, $3, $4 FROM version v"
        " JOIN head h ON h.record = v.record WHERE h.kind = $5 AND h.home = $6 AND v.home = $6"
        " ORDER BY v.record, v.n ON CONFLICT (peer, object) DO NOTHING",
        ARGS(TEXT(peer), INT(OBJECT_VERSION), INT(PRIORITY_BULK), INT(c->now_ms), TEXT(kind),
             TEXT(c->office->id)),
        NULL);
}

enum err succession_resend(struct call *c, struct str kind, struct str from, struct str peer)
{
    store_note(c, S("outbox"));
    return store_exec(
        c,
        "INSERT INTO outbox (peer, object, object_kind, record, n, priority, created_ms)"
        " SELECT $1, h.hash, $2, h.record, h.n, $3, $4 FROM head h"
        " JOIN version v ON v.record = h.record AND v.n = h.n"
        " JOIN audience a ON a.record = h.record AND a.party = $5"
        " WHERE h.kind = $6 AND v.home = $7"
        " ORDER BY h.record ON CONFLICT (peer, object) DO NOTHING",
        ARGS(TEXT(peer), INT(OBJECT_VERSION), INT(PRIORITY_NORMAL), INT(c->now_ms),
             TEXT(str_format(c->arena, "o:%.*s", STR_ARG(from))), TEXT(kind), TEXT(c->office->id)),
        NULL);
}

enum err succession_tell(struct call *c, const struct version *v, struct str peer,
                         enum priority priority)
{
    store_note(c, S("outbox"));
    return store_exec(
        c,
        "INSERT INTO outbox (peer, object, object_kind, record, n, priority, created_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (peer, object) DO NOTHING",
        ARGS(TEXT(peer), TEXT(v->hash), INT(OBJECT_VERSION), TEXT(v->record), INT(v->n),
             INT((int64_t)priority), INT(c->now_ms)),
        NULL);
}

enum err succession_readers(struct call *c, struct str office, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT DISTINCT substr(a.party, 3) FROM audience a JOIN version v"
                     " ON v.record = a.record AND v.home = $1 WHERE a.party < 'p'"
                     " ORDER BY 1 LIMIT $2",
                     ARGS(TEXT(office), INT(STORE_ROWS_MAX)), ret_rows);
}

enum err succession_count(struct call *c, struct str kind, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT count(*), CAST(coalesce(sum(h.n), 0) AS BIGINT),"
                     " CAST(coalesce(sum(h.moving), 0) AS BIGINT), count(*) FILTER (WHERE NOT "
                     "EXISTS (SELECT 1 FROM audience a"
                     " WHERE a.record = h.record AND a.party < 'p'))"
                     " FROM head h WHERE h.kind = $1 AND h.home = $2",
                     ARGS(TEXT(kind), TEXT(c->office->id)), ret_rows);
}

enum err succession_foreign(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT h.record, h.kind FROM head h JOIN version v"
                     " ON v.record = h.record AND v.n = h.n"
                     " WHERE h.home = $1 AND v.home <> $1 AND h.moving = 0 ORDER BY h.record"
                     " LIMIT $2",
                     ARGS(TEXT(c->office->id), INT(STORE_ROWS_MAX)), ret_rows);
}

enum err succession_moving(struct call *c, int64_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT count(*) FROM head WHERE home = $1 AND moving > 0",
                           ARGS(TEXT(c->office->id)), &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}

enum err succession_work(struct call *c, int64_t *ret_count)
{
    struct rows rows = {};
    enum err e =
        store_all(c, "SELECT count(*) FROM obligation WHERE settled_ms IS NULL", NO_ARGS, &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}

enum err succession_feeds(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT peer, count(*) FROM outbox WHERE acked_ms IS NULL"
                     " GROUP BY peer ORDER BY peer LIMIT $1",
                     ARGS(INT(STORE_ROWS_MAX)), ret_rows);
}
