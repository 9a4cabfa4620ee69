#include "core/returned_sql.h"

#include "core/record_sql.h"
#include "core/version.h"

/* Rows: n, the oldest first. */
enum err returned_versions(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c, "SELECT n FROM version WHERE record = $1 ORDER BY n", ARGS(TEXT(record)),
                     ret_rows);
}

enum err returned_outbox_insert(struct call *c, struct str peer, const struct version *v,
                                enum priority priority)
{
    return store_exec(c,
                      "INSERT INTO outbox (peer, object, object_kind, record, n, priority,"
                      " created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)"
                      " ON CONFLICT (peer, object) DO NOTHING",
                      ARGS(TEXT(peer), TEXT(v->hash), INT(OBJECT_VERSION), TEXT(v->record),
                           INT(v->n), INT((int64_t)priority), INT(v->time_ms)),
                      NULL);
}

enum err head_delete(struct call *c, struct str record)
{
    return store_exec(c, "DELETE FROM head WHERE record = $1", ARGS(TEXT(record)), NULL);
}

enum err lost_insert(struct call *c, struct str record, int64_t n)
{
    return store_exec(c,
                      "INSERT INTO lost (record, n) VALUES ($1, $2)"
                      " ON CONFLICT (record, n) DO NOTHING",
                      ARGS(TEXT(record), INT(n)), NULL);
}

enum err returned_number_raise(struct call *c, int64_t year, int64_t number)
{
    return store_exec(c,
                      "INSERT INTO returned_number (year, number) VALUES ($1, $2)"
                      " ON CONFLICT (year) DO UPDATE SET number = excluded.number"
                      " WHERE returned_number.number < excluded.number",
                      ARGS(INT(year), INT(number)), NULL);
}

enum err returned_number_get(struct call *c, int64_t year, struct rows *ret_rows)
{
    return store_all(c, "SELECT number FROM returned_number WHERE year = $1", ARGS(INT(year)),
                     ret_rows);
}
