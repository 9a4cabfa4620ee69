#include "core/org_sql.h"

#include "base/limits.h"

const struct migration ORG_STEPS[ORG_STEP_COUNT] = {
    {.name = "office.unit_people", .sql = "CREATE INDEX person_unit ON k_office_person (unit);"},
    {.name = "office.directory",
     .sql = "CREATE INDEX peer_office ON k_office_peer (office);"
            /* projection: every key that an office has had, core/directory.h */
            "CREATE TABLE office_key (office TEXT NOT NULL, public_key TEXT NOT NULL,"
            " by_record TEXT NOT NULL, by_n INT NOT NULL, n INT NOT NULL, at_ms INT NOT NULL,"
            " revoked_ms INT NOT NULL, revoked_size INT NOT NULL,"
            " PRIMARY KEY (office, public_key));"
            "CREATE INDEX office_key_by ON office_key (by_record);"
            "INSERT INTO office_key (office, public_key, by_record, by_n, n, at_ms, revoked_ms,"
            " revoked_size) SELECT p.office, p.public_key, p.record, 1, 0, h.created_ms, 0, 0"
            " FROM k_office_peer p JOIN head h ON h.record = p.record;"
            "INSERT INTO office_key (office, public_key, by_record, by_n, n, at_ms, revoked_ms,"
            " revoked_size) SELECT h.home, o.public_key, o.record, 1, 0, h.created_ms, 0, 0"
            " FROM k_office_office o JOIN head h ON h.record = o.record;"},
    {.name = "office.invite",
     .sql = /* LOCAL: core/invite.h */
     "CREATE TABLE invitation (hash TEXT PRIMARY KEY, name TEXT NOT NULL, person TEXT NOT NULL,"
     " made_ms INT NOT NULL, until_ms INT NOT NULL, used_ms INT NOT NULL, office TEXT NOT NULL);"
     "CREATE INDEX invitation_until ON invitation (until_ms);"},
};

#define PERSON_COLUMNS                                                                             \
    "p.record, p.login, p.title, p.unit, coalesce(u.name, ''), p.name, p.officer, p.registry,"     \
    " p.leader, p.chief, p.secretary, p.admin"

enum err org_person_rows(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT " PERSON_COLUMNS " FROM k_office_person p"
                     " LEFT JOIN k_office_unit u ON u.record = p.unit"
                     " WHERE p.\"left\" = 0 ORDER BY p.title, p.record LIMIT 5000",
                     NO_ARGS, ret_rows);
}

enum err org_person_row(struct call *c, struct str person, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT login, unit, officer, registry, leader, chief, secretary, admin"
                     " FROM k_office_person WHERE record = $1 AND \"left\" = 0",
                     ARGS(TEXT(person)), ret_rows);
}

enum err org_unit_rows(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record, name, merged_into FROM k_office_unit"
                     " ORDER BY name, record LIMIT 5000",
                     NO_ARGS, ret_rows);
}

enum err org_members(struct call *c, struct str unit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record FROM k_office_person WHERE unit = $1 AND \"left\" = 0"
                     " ORDER BY record",
                     ARGS(TEXT(unit)), ret_rows);
}

enum err org_open_items(struct call *c, struct str owner, int64_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT count(*) FROM obligation"
                           " WHERE owner = $1 AND settled_ms IS NULL",
                           ARGS(TEXT(owner)), &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}

enum err org_roles_held(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT sum(officer), sum(registry), sum(leader), sum(chief), sum(secretary),"
                     " sum(admin) FROM k_office_person WHERE \"left\" = 0",
                     NO_ARGS, ret_rows);
}

enum err org_empty_units(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT u.record FROM k_office_unit u WHERE u.merged_into = ''"
                     " AND NOT EXISTS (SELECT 1 FROM k_office_person p WHERE p.unit = u.record"
                     " AND p.\"left\" = 0 AND p.officer + p.registry + p.leader + p.chief"
                     " + p.secretary > 0) ORDER BY u.record LIMIT $1",
                     ARGS(INT(ORG_EMPTY_UNITS)), ret_rows);
}

enum err org_peer_rows(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT office, code, name, public_key, address, record, key_n, next_key"
                     " FROM k_office_peer ORDER BY rank, code, office LIMIT 4096",
                     NO_ARGS, ret_rows);
}

enum err org_peer_row(struct call *c, struct str office, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT office, code, name, public_key, address, record, key_n, next_key"
                     " FROM k_office_peer WHERE office = $1",
                     ARGS(TEXT(office)), ret_rows);
}

enum err org_person_by_login(struct call *c, struct str login, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT p.record FROM k_office_person p WHERE p.login = $1 AND p.\"left\" = 0",
                     ARGS(TEXT(login)), ret_rows);
}

enum err org_self(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT h.home, o.code, o.name, o.public_key, o.next_key, o.key_n"
                     " FROM k_office_office o"
                     " JOIN head h ON h.record = o.record",
                     NO_ARGS, ret_rows);
}

const char ORG_PERSON_TITLE[] = "SELECT title FROM k_office_person WHERE record = $1";
const char ORG_UNIT_NAME[] = "SELECT name FROM k_office_unit WHERE record = $1";
const char ORG_PEER_CODE[] = "SELECT code FROM k_office_peer WHERE office = $1";
const char ORG_PEER_NAME[] = "SELECT name FROM k_office_peer WHERE office = $1";

enum err org_text(struct call *c, const char *sql, struct str key, struct str *ret_text)
{
    struct rows rows = {};
    enum err e = store_all(c, sql, ARGS(TEXT(key)), &rows);
    if (e == OK) *ret_text = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

enum err credential_get(struct call *c, struct str login, struct str *ret_hash)
{
    return org_text(c, "SELECT hash FROM credential WHERE login = $1", login, ret_hash);
}

enum err credential_put(struct call *c, struct str login, struct str hash)
{
    return store_exec(c,
                      "INSERT INTO credential (login, hash, changed_ms) VALUES ($1, $2, $3)"
                      " ON CONFLICT (login) DO UPDATE SET hash = excluded.hash,"
                      " changed_ms = excluded.changed_ms",
                      ARGS(TEXT(login), TEXT(hash), INT(c->now_ms)), NULL);
}

enum err session_put(struct call *c, struct str hash, struct str csrf)
{
    return store_exec(c,
                      "INSERT INTO session (hash, person, csrf, opened_ms, seen_ms)"
                      " VALUES ($1, $2, $3, $4, $4)",
                      ARGS(TEXT(hash), TEXT(c->who.person), TEXT(csrf), INT(c->now_ms)), NULL);
}

enum err session_get(struct call *c, struct str hash, struct rows *ret_rows)
{
    return store_all(c, "SELECT person, csrf, opened_ms, seen_ms FROM session WHERE hash = $1",
                     ARGS(TEXT(hash)), ret_rows);
}

enum err session_touch(struct call *c, struct str hash)
{
    return store_exec(c, "UPDATE session SET seen_ms = $1 WHERE hash = $2",
                      ARGS(INT(c->now_ms), TEXT(hash)), NULL);
}

enum err session_drop(struct call *c, struct str hash)
{
    return store_exec(c, "DELETE FROM session WHERE hash = $1", ARGS(TEXT(hash)), NULL);
}

enum err session_drop_person(struct call *c, struct str person)
{
    return store_exec(c, "DELETE FROM session WHERE person = $1", ARGS(TEXT(person)), NULL);
}

enum err session_sweep(struct call *c, int64_t opened_before_ms, int64_t seen_before_ms)
{
    return store_exec(c, "DELETE FROM session WHERE opened_ms < $1 OR seen_ms < $2",
                      ARGS(INT(opened_before_ms), INT(seen_before_ms)), NULL);
}

enum err token_put(struct call *c, struct str hash, struct str person, struct str label)
{
    return store_exec(c,
                      "INSERT INTO token (hash, person, label, created_ms) VALUES ($1, $2, $3, $4)",
                      ARGS(TEXT(hash), TEXT(person), TEXT(label), INT(c->now_ms)), NULL);
}

enum err token_get(struct call *c, struct str hash, struct str *ret_person)
{
    return org_text(c, "SELECT person FROM token WHERE hash = $1", hash, ret_person);
}

enum err device_put(struct call *c, struct str hash, struct str label)
{
    return store_exec(c,
                      "INSERT INTO device (hash, person, label, created_ms, seen_ms)"
                      " VALUES ($1, $2, $3, $4, 0)",
                      ARGS(TEXT(hash), TEXT(c->who.person), TEXT(label), INT(c->now_ms)), NULL);
}

enum err device_get(struct call *c, struct str hash, struct rows *ret_rows)
{
    return store_all(c, "SELECT person, seen_ms FROM device WHERE hash = $1", ARGS(TEXT(hash)),
                     ret_rows);
}

enum err device_rows(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT hash, label, created_ms, seen_ms FROM device WHERE person = $1"
                     " ORDER BY created_ms, hash LIMIT $2",
                     ARGS(TEXT(c->who.person), INT(LIMIT_DEVICES)), ret_rows);
}

enum err device_touch(struct call *c, struct str hash)
{
    return store_exec(c, "UPDATE device SET seen_ms = $1 WHERE hash = $2",
                      ARGS(INT(c->now_ms), TEXT(hash)), NULL);
}

enum err device_drop(struct call *c, struct str hash, bool *ret_dropped)
{
    int64_t changed = 0;
    enum err e = store_exec(c, "DELETE FROM device WHERE hash = $1 AND person = $2",
                            ARGS(TEXT(hash), TEXT(c->who.person)), &changed);
    if (e == OK) *ret_dropped = changed > 0;
    return e;
}

enum err attempt_get(struct call *c, struct str key, int64_t *ret_count, int64_t *ret_until_ms)
{
    struct rows rows = {};
    enum err e =
        store_all(c, "SELECT count, until_ms FROM attempt WHERE akey = $1", ARGS(TEXT(key)), &rows);
    if (e != OK) return e;
    *ret_count = rows.count > 0 ? rows_int(&rows, 0, 0) : 0;
    *ret_until_ms = rows.count > 0 ? rows_int(&rows, 0, 1) : 0;
    return OK;
}

enum err attempt_put(struct call *c, struct str key, int64_t count, int64_t until_ms)
{
    return store_exec(c,
                      "INSERT INTO attempt (akey, count, until_ms) VALUES ($1, $2, $3)"
                      " ON CONFLICT (akey) DO UPDATE SET count = excluded.count,"
                      " until_ms = excluded.until_ms",
                      ARGS(TEXT(key), INT(count), INT(until_ms)), NULL);
}

enum err attempt_drop(struct call *c, struct str key)
{
    return store_exec(c, "DELETE FROM attempt WHERE akey = $1", ARGS(TEXT(key)), NULL);
}

enum err attempt_sweep(struct call *c, int64_t until_before_ms)
{
    return store_exec(c, "DELETE FROM attempt WHERE until_ms < $1", ARGS(INT(until_before_ms)),
                      NULL);
}

enum err upload_put(struct call *c, struct str root)
{
    return store_exec(c,
                      "INSERT INTO upload (root, person, at_ms) VALUES ($1, $2, $3)"
                      " ON CONFLICT (root, person) DO UPDATE SET at_ms = excluded.at_ms",
                      ARGS(TEXT(root), TEXT(c->who.person), INT(c->now_ms)), NULL);
}

enum err upload_has(struct call *c, struct str root, bool *ret_has)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT 1 FROM upload WHERE root = $1 AND person = $2",
                           ARGS(TEXT(root), TEXT(c->who.person)), &rows);
    if (e == OK) *ret_has = rows.count > 0;
    return e;
}

enum err once_get(struct call *c, struct str key, struct rows *ret_rows)
{
    return store_all(c, "SELECT person, act, record, n, more FROM once WHERE okey = $1",
                     ARGS(TEXT(key)), ret_rows);
}

enum err once_put(struct call *c, struct str key, struct str act, const struct act_result *result)
{
    struct sb more = sb_new(c->arena, 0);
    if (result->more != NULL) node_json(&more, result->more);
    return store_exec(c,
                      "INSERT INTO once (okey, person, act, record, n, at_ms, more)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                      ARGS(TEXT(key), TEXT(c->who.person), TEXT(act), TEXT(result->record),
                           INT(result->n), INT(c->now_ms), TEXT(sb_str(&more))),
                      NULL);
}
