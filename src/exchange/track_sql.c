#include "exchange/track_sql.h"

#include "core/grant.h"

enum err track_sql_number(struct call *c, struct str number, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT DISTINCT record FROM receipt WHERE number = $1 AND number <> ''"
                     " ORDER BY record LIMIT $2",
                     ARGS(TEXT(number), INT(limit)), ret_rows);
}

enum err track_sql_sent(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT o.peer, o.n, o.created_ms, coalesce(o.epoch, 0), coalesce(o.seq, 0),"
                     " coalesce(o.acked_ms, 0), o.priority FROM outbox o WHERE o.record = $1"
                     " AND o.object_kind = 1 AND o.n = (SELECT max(m.n) FROM outbox m"
                     " WHERE m.record = $1 AND m.peer = o.peer AND m.object_kind = 1)"
                     " ORDER BY o.peer",
                     ARGS(TEXT(record)), ret_rows);
}

enum err track_sql_receipts(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT office, type, n, time_ms, number, reason FROM receipt"
                     " WHERE record = $1 ORDER BY time_ms, hash",
                     ARGS(TEXT(record)), ret_rows);
}

enum err track_sql_ahead(struct call *c, struct str office, int64_t priority, int64_t created_ms,
                         int64_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT count(*) FROM outbox WHERE peer = $1 AND acked_ms IS NULL"
                           " AND (seq IS NOT NULL OR priority < $2"
                           " OR (priority = $2 AND created_ms < $3))",
                           ARGS(TEXT(office), INT(priority), INT(created_ms)), &rows);
    if (e == OK) *ret_count = rows_int(&rows, 0, 0);
    return e;
}

enum err track_sql_feed(struct call *c, struct str office, int64_t *ret_down_ms,
                        struct str *ret_down, struct str *ret_stopped)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT coalesce(down_ms, 0), down, stopped FROM feed_out"
                           " WHERE peer = $1",
                           ARGS(TEXT(office)), &rows);
    if (e != OK) return e;
    bool any = rows.count > 0;
    *ret_down_ms = any ? rows_int(&rows, 0, 0) : 0;
    *ret_down = any ? rows_text(&rows, 0, 1) : (struct str){};
    *ret_stopped = any ? rows_text(&rows, 0, 2) : (struct str){};
    return OK;
}

enum err track_sql_received(struct call *c, struct str record, int64_t *ret_ms, int64_t *ret_files)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT coalesce((SELECT v.received_ms FROM version v"
                           " WHERE v.record = $1 ORDER BY v.n DESC LIMIT 1), 0),"
                           " (SELECT count(*) FROM wanted w WHERE w.record = $1 AND w.state = 1)",
                           ARGS(TEXT(record)), &rows);
    if (e != OK) return e;
    *ret_ms = rows_int(&rows, 0, 0);
    *ret_files = rows_int(&rows, 0, 1);
    return OK;
}

enum err track_sql_waiting(struct call *c, int64_t limit, struct rows *ret_rows)
{
    struct parties p = grant_parties(c);
    return store_all(c,
                     "SELECT o.record, o.peer, min(o.created_ms) FROM outbox o WHERE " READER(
                         "o.record") " AND o.acked_ms IS NULL AND o.object_kind = 1"
                                     " GROUP BY o.record, o.peer"
                                     " ORDER BY min(o.created_ms), o.record, o.peer LIMIT $10",
                     ARGS(READER_ARGS(p), INT(limit)), ret_rows);
}
