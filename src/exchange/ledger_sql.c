#include "exchange/ledger_sql.h"

#include "base/limits.h"
#include "core/directory.h"
#include "core/version.h"

#include <string.h>

enum err ledger_row_load(struct call *c, struct str peer, enum ledger_side side,
                         struct ledger_row *ret_row)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT epoch, seq, at_ms FROM ledger_feed WHERE peer = $1"
                           " AND side = $2",
                           ARGS(TEXT(peer), INT((int64_t)side)), &rows);
    *ret_row = (struct ledger_row){};
    if (e != OK || rows.count == 0) return e;
    *ret_row = (struct ledger_row){
        .epoch = rows_int(&rows, 0, 0),
        .seq = rows_int(&rows, 0, 1),
        .at_ms = rows_int(&rows, 0, 2),
    };
    return OK;
}

enum err ledger_row_store(struct call *c, struct str peer, enum ledger_side side,
                          const struct ledger_row *row, bool answers)
{
    return store_exec(c,
                      "INSERT INTO ledger_feed (peer, side, epoch, seq, at_ms, answers)"
                      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (peer, side) DO UPDATE SET"
                      " epoch = excluded.epoch, seq = excluded.seq, at_ms = excluded.at_ms,"
                      " answers = excluded.answers",
                      ARGS(TEXT(peer), INT((int64_t)side), INT(row->epoch), INT(row->seq),
                           INT(row->at_ms), INT(answers ? 1 : 0)),
                      NULL);
}

enum err ledger_row_forget(struct call *c)
{
    return store_exec(c, "UPDATE ledger_feed SET at_ms = 0 WHERE at_ms > 0", NO_ARGS, NULL);
}

static void line_set(struct ledger_line *line, enum ledger_state state, struct str hash)
{
    *line = (struct ledger_line){.state = (uint8_t)state};
    if (state == LEDGER_MISSING || state == LEDGER_UNKNOWN) return;
    bool hex = hex_decode(hash, line->hash, sizeof line->hash);
    ensure(hex);
}

enum err ledger_sent(struct call *c, struct str peer, int64_t epoch, int64_t first, int64_t last,
                     struct ledger_entry *ret_entries)
{
    struct rows rows = {};
    enum err e =
        store_all(c,
                  "SELECT f.seq, o.record, o.n, CASE WHEN o.object_kind <> 3"
                  " THEN coalesce(v.hash, r.hash, '') WHEN v.hash IS NULL THEN '' ELSE o.object END"
                  " FROM feed_entry f"
                  " JOIN outbox o ON o.id = f.outbox"
                  " LEFT JOIN version v ON o.object_kind <> 2 AND v.record = o.record AND v.n = o.n"
                  " LEFT JOIN receipt r ON o.object_kind = 2 AND r.hash = o.object"
                  " WHERE f.peer = $1 AND f.epoch = $2 AND f.seq BETWEEN $3 AND $4 ORDER BY f.seq",
                  ARGS(TEXT(peer), INT(epoch), INT(first), INT(last)), &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct ledger_entry *entry = &ret_entries[rows_int(&rows, i, 0) - first];
        struct str hash = rows_text(&rows, i, 3);
        entry->record = rows_text(&rows, i, 1);
        entry->n = rows_int(&rows, i, 2);
        line_set(&entry->line, hash.len > 0 ? LEDGER_HELD : LEDGER_MISSING, hash);
    }
    return e;
}

/* A statement of a key stands in this office's record of the sender; unless a person had entered
 * the key before it came. */
static enum err took_key(struct call *c, const struct entry *at, bool aside,
                         struct ledger_line *ret_line)
{
    struct str chain = {};
    enum err e = directory_chain(c, at->from, &chain);
    line_set(ret_line, aside ? LEDGER_ASIDE : LEDGER_UNKNOWN, at->object);
    while (e == OK && chain.len > 0) {
        struct key_frame frame = {};
        struct str before = chain;
        e = key_frame_read(c, before, &frame, &chain);
        if (e != OK) return e;
        struct str hash = version_hash(c, str_sub(before, 0, before.len - chain.len));
        if (str_eq(hash, at->object)) line_set(ret_line, LEDGER_HELD, hash);
    }
    return e;
}

/* The object of an entry that was taken in. A version that came after a later one of its record is
 * passed over by core/record.h: it never had a leaf. */
static enum err took_object(struct call *c, const struct entry *at, bool aside,
                            struct ledger_line *ret_line)
{
    struct rows rows = {};
    enum err e = at->kind == ENTRY_VERSION
                     ? store_one(c,
                                 "SELECT coalesce((SELECT v.hash FROM version v"
                                 " WHERE v.record = $1 AND v.n = $2), ''),"
                                 " (SELECT count(*) FROM leaf l WHERE l.hash = $3),"
                                 " (SELECT count(*) FROM head h WHERE h.record = $1 AND h.n > $2)",
                                 ARGS(TEXT(at->record), INT(at->n), TEXT(at->object)), &rows)
                     : store_one(c,
                                 "SELECT coalesce((SELECT r.hash FROM receipt r"
                                 " WHERE r.hash = $1), ''), 1, 0",
                                 ARGS(TEXT(at->object)), &rows);
    if (e != OK) return e;
    struct str hash = rows_text(&rows, 0, 0);
    bool passed = rows_int(&rows, 0, 1) == 0 && rows_int(&rows, 0, 2) > 0;
    if (hash.len > 0 && !aside) {
        line_set(ret_line, LEDGER_HELD, hash);
    } else if (aside) {
        bool taken = str_eq(hash, at->object); /* by another try */
        line_set(ret_line, taken ? LEDGER_HELD : LEDGER_ASIDE, at->object);
    } else {
        line_set(ret_line, passed ? LEDGER_UNKNOWN : LEDGER_MISSING, hash);
    }
    return OK;
}

static enum err took_oldest(struct call *c, struct str peer, int64_t epoch, int64_t *ret_seq)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT coalesce(min(seq), 0) FROM feed_taken WHERE peer = $1"
                           " AND epoch = $2",
                           ARGS(TEXT(peer), INT(epoch)), &rows);
    if (e == OK) *ret_seq = rows_int(&rows, 0, 0);
    return e;
}

enum err ledger_took(struct call *c, struct str peer, int64_t epoch, int64_t first, int64_t last,
                     struct ledger_entry *ret_entries)
{
    struct rows rows = {};
    int64_t oldest = 0;
    enum err e = took_oldest(c, peer, epoch, &oldest);
    if (e != OK) return e;
    for (int64_t seq = first; seq <= last && (seq < oldest || oldest == 0); seq++)
        line_set(&ret_entries[seq - first].line, LEDGER_UNKNOWN, (struct str){});
    e = store_all(c,
                  "SELECT t.seq, t.entry, (SELECT count(*) FROM quarantine q WHERE q.peer = t.peer"
                  " AND q.epoch = t.epoch AND q.seq = t.seq) FROM feed_taken t WHERE t.peer = $1"
                  " AND t.epoch = $2 AND t.seq BETWEEN $3 AND $4 ORDER BY t.seq",
                  ARGS(TEXT(peer), INT(epoch), INT(first), INT(last)), &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct ledger_entry *entry = &ret_entries[rows_int(&rows, i, 0) - first];
        struct entry at = {};
        e = entry_read(c, rows_text(&rows, i, 1), &at);
        if (e != OK) return e;
        entry->record = at.record;
        entry->n = at.n;
        bool aside = rows_int(&rows, i, 2) > 0;
        e = at.kind == ENTRY_KEY ? took_key(c, &at, aside, &entry->line)
                                 : took_object(c, &at, aside, &entry->line);
    }
    return e;
}

enum err ledger_last(struct call *c, struct str peer, enum ledger_side side, int64_t epoch,
                     int64_t *ret_last)
{
    struct rows rows = {};
    enum err e = side == LEDGER_SENT
                     ? store_one(c,
                                 "SELECT coalesce(max(seq), 0) FROM feed_entry WHERE peer = $1"
                                 " AND epoch = $2",
                                 ARGS(TEXT(peer), INT(epoch)), &rows)
                     : store_one(c,
                                 "SELECT coalesce(max(seq), 0) FROM (SELECT seq FROM feed_taken"
                                 " WHERE peer = $1 AND epoch = $2 UNION ALL SELECT seq FROM feed_in"
                                 " WHERE peer = $1 AND epoch = $2) held",
                                 ARGS(TEXT(peer), INT(epoch)), &rows);
    if (e == OK) *ret_last = rows_int(&rows, 0, 0);
    return e;
}

/* Differences */

enum err ledger_difference_put(struct call *c, const struct ledger_difference *at)
{
    return store_exec(c,
                      "INSERT INTO ledger_difference (peer, side, epoch, seq, verdict, record, n,"
                      " since_ms, ended_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)"
                      " ON CONFLICT (peer, side, epoch, seq) DO UPDATE SET"
                      " verdict = excluded.verdict, ended_ms = 0, since_ms ="
                      " CASE WHEN ledger_difference.ended_ms = 0 THEN ledger_difference.since_ms"
                      " ELSE excluded.since_ms END",
                      ARGS(TEXT(at->peer), INT((int64_t)at->side), INT(at->epoch), INT(at->seq),
                           INT((int64_t)at->verdict), TEXT(at->record), INT(at->n), INT(c->now_ms)),
                      NULL);
}

enum err ledger_difference_end(struct call *c, struct str peer, enum ledger_side side,
                               int64_t epoch, int64_t first, int64_t last)
{
    return store_exec(
        c,
        "UPDATE ledger_difference SET ended_ms = $1 WHERE peer = $2 AND side = $3"
        " AND epoch = $4 AND seq BETWEEN $5 AND $6 AND ended_ms = 0",
        ARGS(INT(c->now_ms), TEXT(peer), INT((int64_t)side), INT(epoch), INT(first), INT(last)),
        NULL);
}

enum err ledger_difference_count(struct call *c, struct str peer, int64_t *ret_open,
                                 int64_t *ret_alarming)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT count(*), count(*) FILTER (WHERE verdict <> $1)"
                           " FROM ledger_difference WHERE peer = $2 AND ended_ms = 0",
                           ARGS(INT(LEDGER_SET_ASIDE), TEXT(peer)), &rows);
    if (e != OK) return e;
    *ret_open = rows_int(&rows, 0, 0);
    *ret_alarming = rows_int(&rows, 0, 1);
    return OK;
}

enum err ledger_difference_first(struct call *c, struct str peer, enum ledger_side side,
                                 int64_t epoch, int64_t *ret_seq)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT coalesce(min(seq), 0) FROM ledger_difference WHERE peer = $1"
                           " AND side = $2 AND epoch = $3 AND ended_ms = 0",
                           ARGS(TEXT(peer), INT((int64_t)side), INT(epoch)), &rows);
    if (e == OK) *ret_seq = rows_int(&rows, 0, 0);
    return e;
}

enum err ledger_difference_list(struct call *c, int64_t limit, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT peer, side, epoch, seq, verdict, record, n, since_ms"
                     " FROM ledger_difference WHERE ended_ms = 0"
                     " ORDER BY since_ms, peer, side, epoch, seq LIMIT $1",
                     ARGS(INT(limit)), ret_rows);
}

/* Comparisons */

enum err ledger_run_insert(struct call *c, const struct ledger_run *run)
{
    const struct ledger_statement *theirs = run->theirs;
    return store_exec(c,
                      "INSERT INTO ledger_run (peer, side, epoch, first, last, at_ms, own, theirs,"
                      " differ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                      " ON CONFLICT (peer, side, epoch, first) DO UPDATE SET"
                      " last = excluded.last, at_ms = excluded.at_ms, own = excluded.own,"
                      " theirs = excluded.theirs, differ = excluded.differ",
                      ARGS(TEXT(run->peer), INT((int64_t)run->side), INT(theirs->epoch),
                           INT(theirs->first), INT(theirs->last), INT(c->now_ms),
                           BYTES(run->own_frame), BYTES(run->their_frame), INT(run->differ)),
                      NULL);
}

enum err ledger_run_list(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT l.peer, l.side, l.at_ms, l.seq, l.answers,"
                     " coalesce((SELECT max(r.at_ms) FROM ledger_run r WHERE r.peer = l.peer"
                     " AND r.side = l.side), 0),"
                     " (SELECT count(*) FROM ledger_difference d WHERE d.peer = l.peer"
                     " AND d.side = l.side AND d.ended_ms = 0)"
                     " FROM ledger_feed l ORDER BY l.peer, l.side LIMIT $1",
                     ARGS(INT(2 * LIMIT_PEERS)), ret_rows);
}
