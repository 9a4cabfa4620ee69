#include "core/record_sql.h"

#include "core/heir.h"
#include "core/office.h"
#include "core/passage.h"

enum err record_visible(struct call *c, struct str record, bool *ret_visible)
{
    struct parties p = grant_parties(c);
    struct rows rows = {};
    enum err e =
        store_all(c, "SELECT 1 FROM head h WHERE " READER("h.record") " AND h.record = $10",
                  ARGS(READER_ARGS(p), TEXT(record)), &rows);
    if (e == OK) *ret_visible = rows.count > 0;
    return e;
}

enum err head_load(struct call *c, struct str record, struct head *ret_head)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT record, kind, home, n, hash, created_ms, changed_ms, person,"
                           " passages, moving"
                           " FROM head WHERE record = $1",
                           ARGS(TEXT(record)), &rows);
    if (e != OK) return e;
    if (rows.count == 0) return fail(c, ERR_NOT_FOUND, "record.not_found");
    *ret_head = (struct head){
        .record = rows_text(&rows, 0, 0),
        .kind = rows_text(&rows, 0, 1),
        .home = rows_text(&rows, 0, 2),
        .n = rows_int(&rows, 0, 3),
        .hash = rows_text(&rows, 0, 4),
        .created_ms = rows_int(&rows, 0, 5),
        .changed_ms = rows_int(&rows, 0, 6),
        .person = rows_text(&rows, 0, 7),
        .passages = rows_int(&rows, 0, 8),
        .moving = rows_int(&rows, 0, 9) != 0,
    };
    return OK;
}

enum err head_store(struct call *c, const struct version *v)
{
    struct str home = passage_home(v);
    enum err e = heir_home(c, v->kind, &home);
    if (e != OK) return e;
    return store_exec(
        c,
        "INSERT INTO head (record, kind, home, n, hash, created_ms, changed_ms, person, moved_ms,"
        " passages, moving) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10)"
        " ON CONFLICT (record) DO UPDATE SET home = excluded.home, n = excluded.n,"
        " hash = excluded.hash, changed_ms = excluded.changed_ms, person = excluded.person,"
        " moved_ms = excluded.moved_ms, passages = excluded.passages, moving = excluded.moving",
        ARGS(TEXT(v->record), TEXT(v->kind), TEXT(home), INT(v->n), TEXT(v->hash),
             INT(v->time_ms), TEXT(v->person), INT(c->now_ms), INT((int64_t)v->passage_count),
             INT(passage_moves(v) ? 1 : 0)),
        NULL);
}

enum err version_insert(struct call *c, const struct version *v)
{
    if (v->signature.len == 0) {
        store_owe(c, "version.sig", ARGS(TEXT(v->record), INT(v->n), TEXT(v->hash)));
    }
    struct value sig = v->signature.len > 0 ? BYTES(v->signature) : NONE;
    return store_exec(
        c,
        "INSERT INTO version (record, n, kind, hash, bytes, sig, key, home, received_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        ARGS(TEXT(v->record), INT(v->n), TEXT(v->kind), TEXT(v->hash), BYTES(v->bytes), sig,
             TEXT(v->key), TEXT(v->home), INT(c->now_ms)),
        NULL);
}

enum err version_held(struct call *c, struct str record, int64_t n, struct str *ret_hash)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT hash FROM version WHERE record = $1 AND n = $2",
                           ARGS(TEXT(record), INT(n)), &rows);
    if (e == OK) *ret_hash = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

enum err version_load(struct call *c, struct str record, int64_t n, struct version *ret_version)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT bytes, hash, sig FROM version WHERE record = $1 AND n = $2",
                           ARGS(TEXT(record), INT(n)), &rows);
    if (e != OK) return e;
    if (rows.count == 0) return fail(c, ERR_NOT_FOUND, "record.not_found");
    e = version_parse(c, rows_text(&rows, 0, 0), ret_version);
    if (e != OK) return e;
    ret_version->hash = rows_text(&rows, 0, 1);
    ret_version->signature = rows_text(&rows, 0, 2);
    return OK;
}

enum err version_unsigned_list(struct call *c, struct rows *ret_rows)
{
    *ret_rows = store_owed(c, "version.sig", 3);
    return OK;
}

enum err version_sign(struct call *c, struct str record, int64_t n, struct str signature)
{
    return store_exec(c, "UPDATE version SET sig = $1 WHERE record = $2 AND n = $3",
                      ARGS(BYTES(signature), TEXT(record), INT(n)), NULL);
}

enum err personal_insert(struct call *c, const struct version *v, struct str path,
                         const struct personal *p)
{
    return store_exec(c,
                      "INSERT INTO personal (record, n, path, salt, value)"
                      " VALUES ($1, $2, $3, $4, $5)",
                      ARGS(TEXT(v->record), INT(v->n), TEXT(path), BYTES(p->salt), TEXT(p->value)),
                      NULL);
}

enum err personal_load(struct call *c, struct str record, int64_t n, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT path, salt, value FROM personal WHERE record = $1 AND n = $2"
                     " ORDER BY path",
                     ARGS(TEXT(record), INT(n)), ret_rows);
}

/* Persons, units and roles that another office names are its own: here they mean nobody. */
enum err audience_store(struct call *c, const struct version *v)
{
    enum err e = OK;
    bool ours = str_eq(v->home, c->office->id);
    if (v->n > 1) {
        e = store_exec(c, "DELETE FROM audience WHERE record = $1", ARGS(TEXT(v->record)), NULL);
    }
    for (size_t i = 0; e == OK && i < v->audience_count; i++) {
        if (!ours && !str_starts(v->audience[i], S("o:"))) continue;
        e = store_exec(c,
                       "INSERT INTO audience (record, party) VALUES ($1, $2)"
                       " ON CONFLICT (record, party) DO NOTHING",
                       ARGS(TEXT(v->record), TEXT(v->audience[i])), NULL);
    }
    return e;
}

enum err audience_load(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c, "SELECT party FROM audience WHERE record = $1 ORDER BY party",
                     ARGS(TEXT(record)), ret_rows);
}

/* Rows: record, office that gives it. */
enum err moving_list(struct call *c, int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT h.record, v.home FROM head h JOIN version v"
                     " ON v.record = h.record AND v.n = h.n WHERE " READER("h.record")
                         " AND h.home = $10 AND h.moving > 0 ORDER BY h.record LIMIT $11",
                     ARGS(READER_ARGS(p), TEXT(c->office->id), INT(limit)), ret_rows);
}

enum err leaf_insert(struct call *c, int64_t kind, struct str hash)
{
    return store_exec(c, "INSERT INTO leaf (kind, hash) VALUES ($1, $2)",
                      ARGS(INT(kind), TEXT(hash)), NULL);
}

enum err outbox_insert(struct call *c, struct str peer, struct str object, int64_t object_kind,
                       const struct version *about, enum priority priority)
{
    store_note(c, S("outbox"));
    return store_exec(
        c,
        "INSERT INTO outbox (peer, object, object_kind, record, n, priority, created_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        ARGS(TEXT(peer), TEXT(object), INT(object_kind), TEXT(about->record), INT(about->n),
             INT((int64_t)priority), INT(c->now_ms)),
        NULL);
}

enum err delivery_list(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT o.peer, max(o.n), min(o.created_ms), max(o.acked_ms),"
                     " count(*) FILTER (WHERE o.acked_ms IS NULL)"
                     " FROM outbox o WHERE o.record = $1 AND o.object_kind = 1"
                     " GROUP BY o.peer ORDER BY o.peer",
                     ARGS(TEXT(record)), ret_rows);
}

enum err delivery_receipts(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT office, type, n, time_ms, number, reason FROM receipt"
                     " WHERE record = $1 ORDER BY time_ms, hash",
                     ARGS(TEXT(record)), ret_rows);
}

enum err history_list(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT n, bytes, hash, received_ms FROM version WHERE record = $1"
                     " ORDER BY n DESC LIMIT 100",
                     ARGS(TEXT(record)), ret_rows);
}

enum err assignment_put(struct call *c, struct str record, struct str person, struct str by_record)
{
    return store_exec(c,
                      "INSERT INTO assignment (record, person, by_record) VALUES ($1, $2, $3)"
                      " ON CONFLICT (record, person, by_record) DO NOTHING",
                      ARGS(TEXT(record), TEXT(person), TEXT(by_record)), NULL);
}

enum err assignment_clear(struct call *c, struct str by_record)
{
    return store_exec(c, "DELETE FROM assignment WHERE by_record = $1", ARGS(TEXT(by_record)),
                      NULL);
}

enum err assignment_list(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c, "SELECT DISTINCT person FROM assignment WHERE record = $1 ORDER BY person",
                     ARGS(TEXT(record)), ret_rows);
}

enum err projection_columns(struct call *c, struct str name, struct str *ret_columns)
{
    struct rows rows = {};
    enum err e =
        store_all(c, "SELECT columns FROM projection WHERE name = $1", ARGS(TEXT(name)), &rows);
    if (e == OK) *ret_columns = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

enum err projection_remember(struct call *c, struct str name, struct str columns)
{
    return store_exec(c,
                      "INSERT INTO projection (name, columns) VALUES ($1, $2)"
                      " ON CONFLICT (name) DO UPDATE SET columns = excluded.columns",
                      ARGS(TEXT(name), TEXT(columns)), NULL);
}
