#include "core/directory_sql.h"

#include "base/limits.h"

enum err directory_key_rows(struct call *c, struct str office, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT public_key, by_n, n, at_ms, revoked_ms, revoked_size FROM office_key"
                     " WHERE office = $1 ORDER BY by_n DESC, public_key LIMIT $2",
                     ARGS(TEXT(office), INT(LIMIT_OFFICE_KEYS)), ret_rows);
}

enum err directory_key_insert(struct call *c, const struct version *v, struct str office,
                              const struct org_key *key)
{
    return store_exec(c,
                      "INSERT INTO office_key (office, public_key, by_record, by_n, n, at_ms,"
                      " revoked_ms, revoked_size) VALUES ($1, $2, $3, $4, $5, $6, 0, 0)"
                      " ON CONFLICT (office, public_key) DO NOTHING",
                      ARGS(TEXT(office), TEXT(key->public_key), TEXT(v->record), INT(v->n),
                           INT(key->n), INT(v->time_ms)),
                      NULL);
}

enum err directory_key_revoke(struct call *c, struct str office, const struct key_statement *by,
                              const struct key_revoked *row)
{
    return store_exec(c,
                      "UPDATE office_key SET revoked_ms = $1, revoked_size = $2"
                      " WHERE office = $3 AND public_key = $4"
                      " AND (revoked_ms = 0 OR revoked_size > $2)",
                      ARGS(INT(by->time_ms), INT(row->size), TEXT(office), TEXT(row->key)), NULL);
}

enum err directory_peer_record(struct call *c, struct str office, struct rows *ret_rows)
{
    return store_all(c, "SELECT record FROM k_office_peer WHERE office = $1",
                     ARGS(TEXT(office)), ret_rows);
}

enum err directory_self_record(struct call *c, struct rows *ret_rows)
{
    return store_one(c, "SELECT record FROM k_office_office", NO_ARGS, ret_rows);
}

enum err directory_versions(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT n, bytes FROM version WHERE record = $1 ORDER BY n DESC LIMIT $2",
                     ARGS(TEXT(record), INT(LIMIT_ROWS)), ret_rows);
}

enum err directory_leaves(struct call *c, int64_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_one(c, "SELECT count(*) FROM leaf", NO_ARGS, &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}
