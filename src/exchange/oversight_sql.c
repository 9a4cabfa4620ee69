#include "exchange/oversight_sql.h"

#include "base/limits.h"

static enum err personal_load(struct call *c, struct aside *aside)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT path, salt, value FROM quarantine_personal WHERE peer = $1"
                           " AND epoch = $2 AND seq = $3 ORDER BY path",
                           ARGS(TEXT(aside->peer), INT(aside->epoch), INT(aside->seq)), &rows);
    if (e != OK) return e;
    struct personal_row *personal = arena_array(c->arena, rows.count, sizeof *personal);
    for (size_t i = 0; i < rows.count; i++) {
        personal[i] = (struct personal_row){
            .path = rows_text(&rows, i, 0),
            .salt = rows_text(&rows, i, 1),
            .value = rows_text(&rows, i, 2),
        };
    }
    aside->entry.personal = personal;
    aside->entry.personal_count = rows.count;
    return OK;
}

enum err aside_sql_load(struct call *c, struct aside *aside)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT entry, object, signature, reason, received_ms, done, done_ms,"
                           " done_by, note, key_place FROM quarantine WHERE peer = $1"
                           " AND epoch = $2 AND seq = $3",
                           ARGS(TEXT(aside->peer), INT(aside->epoch), INT(aside->seq)), &rows);
    if (e == OK && rows.count == 0) return fail(c, ERR_NOT_FOUND, "exchange.aside_unknown");
    if (e != OK) return e;
    aside->entry.bytes = rows_text(&rows, 0, 0);
    aside->entry.object = rows_text(&rows, 0, 1);
    aside->entry.signature = rows_text(&rows, 0, 2);
    aside->reason = rows_text(&rows, 0, 3);
    aside->received_ms = rows_int(&rows, 0, 4);
    aside->done = rows_int(&rows, 0, 5);
    aside->done_ms = rows_int(&rows, 0, 6);
    aside->done_by = rows_text(&rows, 0, 7);
    aside->note = rows_text(&rows, 0, 8);
    aside->key_place = rows_int(&rows, 0, 9);
    return personal_load(c, aside);
}

enum err aside_sql_open(struct call *c, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT peer, epoch, seq, reason, received_ms, length(object), record"
                     " FROM quarantine WHERE done = 0 ORDER BY received_ms, peer, epoch, seq"
                     " LIMIT $1",
                     ARGS(INT(limit)), ret_rows);
}

enum err aside_sql_done(struct call *c, const struct aside *aside, enum aside_done done,
                        struct str why)
{
    enum err e = store_exec(c,
                            "UPDATE quarantine SET done = $1, done_ms = $2, done_by = $3,"
                            " note = $4 WHERE peer = $5 AND epoch = $6 AND seq = $7",
                            ARGS(INT((int64_t)done), INT(c->now_ms), TEXT(c->who.person), TEXT(why),
                                 TEXT(aside->peer), INT(aside->epoch), INT(aside->seq)),
                            NULL);
    if (e != OK) return e;
    return store_exec(c,
                      "DELETE FROM quarantine_personal WHERE peer = $1 AND epoch = $2"
                      " AND seq = $3",
                      ARGS(TEXT(aside->peer), INT(aside->epoch), INT(aside->seq)), NULL);
}

enum err aside_sql_count(struct call *c, struct str peer, int64_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_one(c, "SELECT count(*) FROM quarantine WHERE peer = $1 AND done = 0",
                           ARGS(TEXT(peer)), &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}

enum err alarm_sql_open(struct call *c, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT peer, reason, detail, first_ms, last_ms, count FROM alarm"
                     " WHERE ended_ms IS NULL ORDER BY last_ms DESC, peer, reason LIMIT $1",
                     ARGS(INT(limit)), ret_rows);
}

enum err alarm_sql_close(struct call *c, struct str peer, struct str reason, struct str why,
                         bool *ret_found)
{
    int64_t changed = 0;
    enum err e = store_exec(
        c,
        "UPDATE alarm SET ended_ms = $1, closed_by = $2, note = $3"
        " WHERE peer = $4 AND reason = $5 AND ended_ms IS NULL",
        ARGS(INT(c->now_ms), TEXT(c->who.person), TEXT(why), TEXT(peer), TEXT(reason)), &changed);
    if (e == OK) *ret_found = changed > 0;
    return e;
}

enum err rule_sql_load(struct call *c, struct str *ret_record, bool *ret_opened)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT record, opened FROM k_exchange_rule ORDER BY record LIMIT 1",
                           NO_ARGS, &rows);
    if (e != OK) return e;
    *ret_record = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    *ret_opened = rows.count > 0 && rows_int(&rows, 0, 1) != 0;
    return OK;
}
