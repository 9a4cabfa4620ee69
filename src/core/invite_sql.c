#include "core/invite_sql.h"

#include "base/limits.h"

enum err invite_sql_person(struct call *c, struct str login, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record, admin FROM k_office_person WHERE login = $1 AND \"left\" = 0",
                     ARGS(TEXT(login)), ret_rows);
}

enum err invite_sql_insert(struct call *c, const struct invite_row *row)
{
    return store_exec(c,
                      "INSERT INTO invitation (hash, name, person, made_ms, until_ms, used_ms,"
                      " office) VALUES ($1, $2, $3, $4, $5, 0, '')",
                      ARGS(TEXT(row->hash), TEXT(row->name), TEXT(row->person), INT(c->now_ms),
                           INT(row->until_ms)),
                      NULL);
}

enum err invite_sql_find(struct call *c, struct str hash, struct invite_row *ret_row,
                         bool *ret_found)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT name, person, until_ms, used_ms, office FROM invitation"
                           " WHERE hash = $1",
                           ARGS(TEXT(hash)), &rows);
    if (e != OK) return e;
    *ret_found = rows.count > 0;
    if (!*ret_found) return OK;
    *ret_row = (struct invite_row){
        .hash = hash,
        .name = rows_text(&rows, 0, 0),
        .person = rows_text(&rows, 0, 1),
        .until_ms = rows_int(&rows, 0, 2),
        .used_ms = rows_int(&rows, 0, 3),
        .office = rows_text(&rows, 0, 4),
    };
    return OK;
}

enum err invite_sql_use(struct call *c, struct str hash, struct str office)
{
    return store_exec(c, "UPDATE invitation SET used_ms = $1, office = $2 WHERE hash = $3",
                      ARGS(INT(c->now_ms), TEXT(office), TEXT(hash)), NULL);
}

enum err invite_sql_open(struct call *c, int64_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT count(*) FROM invitation WHERE until_ms > $1 AND used_ms = 0",
                           ARGS(INT(c->now_ms)), &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}

/* A used one keeps the door open for its office, which may not have heard the answer. */
enum err invite_sql_until(struct call *c, int64_t *ret_until_ms)
{
    struct rows rows = {};
    enum err e = store_one(c, "SELECT coalesce(max(until_ms), 0) FROM invitation", NO_ARGS, &rows);
    if (e == OK) *ret_until_ms = rows_int(&rows, 0, 0);
    return e;
}

enum err invite_sql_list(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT i.name, coalesce(p.login, ''), i.made_ms, i.until_ms, i.used_ms,"
                     " i.office, coalesce(o.code, ''), coalesce(o.name, ''),"
                     " coalesce(o.public_key, ''), coalesce(o.address, '') FROM invitation i"
                     " LEFT JOIN k_office_person p ON p.record = i.person"
                     " LEFT JOIN k_office_peer o ON o.office = i.office AND i.office <> ''"
                     " ORDER BY i.until_ms DESC, i.hash LIMIT $1",
                     ARGS(INT(LIMIT_INVITES_SHOWN)), ret_rows);
}
