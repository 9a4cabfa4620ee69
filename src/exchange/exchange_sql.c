#include "exchange/exchange_sql.h"

#include "base/limits.h"
#include "core/directory.h"
#include "core/office.h"
#include "exchange/exchange.h"
#include "exchange/log_sql.h"

/* Outside the log and outside `check`: how things stand with each peer. What was sent, acknowledged
 * and set aside is kept, because it is evidence. */
static const struct migration STEPS[] = {
    {.name = "exchange.1",
     .sql =
         /* the sending end of each feed; stopped is the reason of a fork, down_ms since when the
          * peer cannot be reached */
     "CREATE TABLE feed_out (peer TEXT PRIMARY KEY, epoch INT NOT NULL, next_seq INT NOT NULL,"
     " chain TEXT NOT NULL, acked_seq INT NOT NULL, stopped TEXT NOT NULL, down_ms INT,"
     " down TEXT NOT NULL, CHECK (acked_seq < next_seq));"
     /* every entry as it was numbered: a number is used once */
     "CREATE TABLE feed_entry (peer TEXT NOT NULL, epoch INT NOT NULL, seq INT NOT NULL,"
     " outbox INT NOT NULL UNIQUE, entry BYTES NOT NULL, chain TEXT NOT NULL, size INT NOT NULL,"
     " PRIMARY KEY (peer, epoch, seq));"
     /* every acknowledgement that moved the feed: the proof of R1 */
     "CREATE TABLE feed_ack (peer TEXT NOT NULL, epoch INT NOT NULL, seq INT NOT NULL,"
     " frame BYTES NOT NULL, time_ms INT NOT NULL, received_ms INT NOT NULL,"
     " PRIMARY KEY (peer, epoch, seq));"
     /* the receiving end of each feed, with the stored acknowledgement */
     "CREATE TABLE feed_in (peer TEXT PRIMARY KEY, epoch INT NOT NULL, seq INT NOT NULL,"
     " chain TEXT NOT NULL, ack BYTES NOT NULL, received_ms INT NOT NULL);"
     /* entries that could not be taken in, the first of a peer with their objects */
     "CREATE TABLE quarantine (peer TEXT NOT NULL, epoch INT NOT NULL, seq INT NOT NULL,"
     " record TEXT NOT NULL, n INT NOT NULL, entry BYTES NOT NULL, object BYTES NOT NULL,"
     " signature BYTES NOT NULL, reason TEXT NOT NULL, received_ms INT NOT NULL,"
     " PRIMARY KEY (peer, epoch, seq));"
     /* files that received versions name; state is enum wanted_state */
     "CREATE TABLE wanted (root TEXT NOT NULL, peer TEXT NOT NULL, record TEXT NOT NULL,"
     " n INT NOT NULL, size INT NOT NULL, state INT NOT NULL, failures INT NOT NULL,"
     " wake_ms INT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (root, peer, record));"
     "CREATE INDEX wanted_open ON wanted (peer, wake_ms, root) WHERE state = 1;"
     /* files that a peer may fetch, because a version sent to it names them */
     "CREATE TABLE shared (peer TEXT NOT NULL, root TEXT NOT NULL, record TEXT NOT NULL,"
     " PRIMARY KEY (peer, root, record));"
     /* who may number: the newest fence */
     "CREATE TABLE lease (name TEXT PRIMARY KEY, fence INT NOT NULL);"
     /* what a person must look at */
     "CREATE TABLE alarm (peer TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,"
     " first_ms INT NOT NULL, last_ms INT NOT NULL, count INT NOT NULL, ended_ms INT,"
     " PRIMARY KEY (peer, reason));"},
    /* moved by the holder of a lease again and again; 0: the lease is free */
    {"exchange.2", "ALTER TABLE lease ADD COLUMN beat INT NOT NULL DEFAULT 0;", NULL},
    {.name = "exchange.files",
     .sql =
         /* offices besides the sender that were asked for a file in vain */
     "CREATE TABLE source (root TEXT NOT NULL, peer TEXT NOT NULL, failures INT NOT NULL,"
     " wake_ms INT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (root, peer));"
     "CREATE INDEX wanted_elsewhere ON wanted (root) WHERE state = 1 AND failures > 0;"
     /* a chunk of it came from another office: then it is not given on for this record */
     "ALTER TABLE wanted ADD COLUMN mixed INT NOT NULL DEFAULT 0;"
     "UPDATE wanted SET state = 4 WHERE state = 2;"},
    {.name = "exchange.sweep",
     .sql =
         /* LOCAL: where the round of sweep.h stands, and which files records name */
     "CREATE TABLE sweep (name TEXT PRIMARY KEY, began_ms INT NOT NULL, record TEXT NOT NULL,"
     " n INT NOT NULL, folder INT NOT NULL);"
     "CREATE TABLE named (root TEXT PRIMARY KEY);"
     "CREATE INDEX once_at ON once (at_ms, okey);"
     "CREATE INDEX upload_at ON upload (at_ms, root, person);"
     "CREATE INDEX shared_root ON shared (root);"},
    /* what a peer would like to be sent, said with its newest acknowledgement */
    {"exchange.credit",
     "ALTER TABLE feed_out ADD COLUMN credit_entries INT NOT NULL DEFAULT 0;"
     "ALTER TABLE feed_out ADD COLUMN credit_bytes INT NOT NULL DEFAULT 0;"
     "ALTER TABLE feed_out ADD COLUMN disk INT NOT NULL DEFAULT 0;"
     "ALTER TABLE feed_out ADD COLUMN heard_ms INT NOT NULL DEFAULT 0;"
     /* of the entry that names the file: a disk that fills up takes no bulk files */
     "ALTER TABLE wanted ADD COLUMN priority INT NOT NULL DEFAULT 0;",
     NULL},
    {.name = "exchange.restore",
     .sql =
         /* met: the run in which the peer was compared with; restoring: enum restoring; again_seq:
          * a restored peer wants entries from here again, 0: it does not */
     "ALTER TABLE feed_out ADD COLUMN met TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE feed_out ADD COLUMN restoring INT NOT NULL DEFAULT 0;"
     "ALTER TABLE feed_out ADD COLUMN again_seq INT NOT NULL DEFAULT 0;"
     /* this office's newest start, and the newest start of each peer */
     "CREATE TABLE instance (id INT PRIMARY KEY, fence INT NOT NULL, run TEXT NOT NULL);"
     "CREATE TABLE peer_instance (peer TEXT PRIMARY KEY, fence INT NOT NULL, run TEXT NOT NULL);"
     /* every entry taken in, so that its sender can have it back */
     "CREATE TABLE feed_taken (peer TEXT NOT NULL, epoch INT NOT NULL, seq INT NOT NULL,"
     " entry BYTES NOT NULL, chain TEXT NOT NULL, PRIMARY KEY (peer, epoch, seq));"
     /* what opened each later epoch, with the signatures of both ends */
     "CREATE TABLE epoch (peer TEXT NOT NULL, sender TEXT NOT NULL, epoch INT NOT NULL,"
     " frame BYTES NOT NULL, at_ms INT NOT NULL, PRIMARY KEY (peer, sender, epoch));"},
    {.name = "exchange.oversight",
     .sql =
         /* what a person did with an entry that was set aside: enum aside_done */
     "ALTER TABLE quarantine ADD COLUMN done INT NOT NULL DEFAULT 0;"
     "ALTER TABLE quarantine ADD COLUMN done_ms INT NOT NULL DEFAULT 0;"
     "ALTER TABLE quarantine ADD COLUMN done_by TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE quarantine ADD COLUMN note TEXT NOT NULL DEFAULT '';"
     "CREATE INDEX quarantine_open ON quarantine (received_ms, peer, epoch, seq) WHERE done = 0;"
     "CREATE INDEX quarantine_peer ON quarantine (peer) WHERE done = 0;"
     /* the personal values that came with it, for another try; gone afterwards */
     "CREATE TABLE quarantine_personal (peer TEXT NOT NULL, epoch INT NOT NULL, seq INT NOT NULL,"
     " path TEXT NOT NULL, salt BYTES NOT NULL, value TEXT NOT NULL,"
     " PRIMARY KEY (peer, epoch, seq, path));"
     /* the person who said that an alarm is over, and why */
     "ALTER TABLE alarm ADD COLUMN closed_by TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE alarm ADD COLUMN note TEXT NOT NULL DEFAULT '';"
     "CREATE INDEX outbox_waiting ON outbox (peer, created_ms) WHERE acked_ms IS NULL;"
     "CREATE INDEX wanted_record ON wanted (record) WHERE state = 1;"},
    {.name = "exchange.ledger",
     .sql =
         /* how far each feed was compared; side is enum ledger_side, our end; at_ms 0: now */
     "CREATE TABLE ledger_feed (peer TEXT NOT NULL, side INT NOT NULL, epoch INT NOT NULL,"
     " seq INT NOT NULL, at_ms INT NOT NULL, answers INT NOT NULL, PRIMARY KEY (peer, side));"
     /* both signed statements, without their lines */
     "CREATE TABLE ledger_run (peer TEXT NOT NULL, side INT NOT NULL, epoch INT NOT NULL,"
     " first INT NOT NULL, last INT NOT NULL, at_ms INT NOT NULL, own BYTES NOT NULL,"
     " theirs BYTES NOT NULL, differ INT NOT NULL, PRIMARY KEY (peer, side, epoch, first));"
     /* what differs, enum ledger_verdict; ended_ms 0: still */
     "CREATE TABLE ledger_difference (peer TEXT NOT NULL, side INT NOT NULL, epoch INT NOT NULL,"
     " seq INT NOT NULL, verdict INT NOT NULL, record TEXT NOT NULL, n INT NOT NULL,"
     " since_ms INT NOT NULL, ended_ms INT NOT NULL, PRIMARY KEY (peer, side, epoch, seq));"
     "CREATE INDEX ledger_difference_open ON ledger_difference (since_ms, peer, side, epoch, seq)"
     " WHERE ended_ms = 0;"
     "CREATE INDEX ledger_difference_peer ON ledger_difference (peer, side, epoch, seq)"
     " WHERE ended_ms = 0;"},
    {.name = "exchange.keys",
     .sql =
         /* which of the sender's keys the newest entry that changed it named: office_key.by_n;
          * with an entry that was set aside, as it stood when that entry came */
     "ALTER TABLE feed_in ADD COLUMN key_place INT NOT NULL DEFAULT 0;"
     "ALTER TABLE quarantine ADD COLUMN key_place INT NOT NULL DEFAULT 0;"},
};

enum err exchange_migrate(struct call *c)
{
    enum err e = store_migrate(c, STEPS, ARRAY_LEN(STEPS));
    return e != OK ? e : log_migrate(c);
}

/* Sequencer */

enum err lease_take(struct call *c, struct str name, int64_t *ret_fence)
{
    enum err e = store_exec(c,
                            "INSERT INTO lease (name, fence, beat) VALUES ($1, 1, 1)"
                            " ON CONFLICT (name) DO UPDATE SET fence = lease.fence + 1, beat = 1",
                            ARGS(TEXT(name)), NULL);
    return e != OK ? e : lease_fence(c, name, ret_fence);
}

enum err lease_fence(struct call *c, struct str name, int64_t *ret_fence)
{
    struct rows rows = {};
    enum err e = store_one(c, "SELECT fence FROM lease WHERE name = $1", ARGS(TEXT(name)), &rows);
    if (e == OK) *ret_fence = rows_int(&rows, 0, 0);
    return e;
}

enum err lease_look(struct call *c, struct str name, int64_t *ret_fence, int64_t *ret_beat)
{
    struct rows rows = {};
    enum err e =
        store_all(c, "SELECT fence, beat FROM lease WHERE name = $1", ARGS(TEXT(name)), &rows);
    if (e != OK) return e;
    *ret_fence = rows.count > 0 ? rows_int(&rows, 0, 0) : 0;
    *ret_beat = rows.count > 0 ? rows_int(&rows, 0, 1) : 0;
    return OK;
}

enum err lease_beat(struct call *c, struct str name, int64_t fence, bool leave, bool *ret_held)
{
    int64_t changed = 0;
    enum err e = store_exec(c,
                            "UPDATE lease SET beat = (beat + 1) * $1 WHERE name = $2 AND"
                            " fence = $3",
                            ARGS(INT(leave ? 0 : 1), TEXT(name), INT(fence)), &changed);
    *ret_held = changed > 0;
    return e;
}

enum err leaf_number(struct call *c, int64_t max)
{
    return store_exec(c,
                      "UPDATE leaf SET log_index = t.next FROM (SELECT id,"
                      " row_number() OVER (ORDER BY id) - 1 +"
                      " (SELECT coalesce(max(log_index) + 1, 0) FROM leaf"
                      " WHERE log_index IS NOT NULL) AS next"
                      " FROM leaf WHERE log_index IS NULL ORDER BY id LIMIT $1) AS t"
                      " WHERE leaf.id = t.id",
                      ARGS(INT(max)), NULL);
}

enum err waiting_any(struct call *c, bool *ret_any)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT 1 WHERE EXISTS (SELECT 1 FROM outbox WHERE seq IS NULL)"
                           " OR EXISTS (SELECT 1 FROM leaf WHERE log_index IS NULL)",
                           NO_ARGS, &rows);
    if (e == OK) *ret_any = rows.count > 0;
    return e;
}

enum err waiting_peers(struct call *c, struct rows *ret_rows)
{
    /* from peer to peer in the index, however many rows wait for each */
    return store_all(c,
                     "WITH RECURSIVE next (peer) AS ("
                     " SELECT min(peer) FROM outbox WHERE seq IS NULL UNION ALL"
                     " SELECT (SELECT min(o.peer) FROM outbox o"
                     "  WHERE o.seq IS NULL AND o.peer > next.peer)"
                     " FROM next WHERE next.peer IS NOT NULL)"
                     " SELECT peer FROM next WHERE peer IS NOT NULL LIMIT $1",
                     ARGS(INT(LIMIT_PEERS)), ret_rows);
}

/* The most urgent rows, none less urgent than `least`, each with the earlier versions of its record
 * in front of it: an urgent version pulls its predecessors forward, never overtakes them. */
enum err waiting_list(struct call *c, struct str peer, enum priority least, int64_t max,
                      struct waiting_row **ret_rows, size_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_all(
        c,
        "WITH urgent AS (SELECT id, object_kind, record, n, priority FROM outbox"
        " WHERE peer = $1 AND seq IS NULL AND priority <= $2 ORDER BY priority, id LIMIT $3)"
        " SELECT o.id, o.object_kind, o.object, o.record, o.n, o.priority, coalesce("
        " (SELECT length(v.bytes) FROM version v WHERE v.record = o.record AND v.n = o.n"
        "  AND o.object_kind = 1),"
        " (SELECT length(r.bytes) FROM receipt r WHERE r.hash = o.object), 0),"
        " min(u.priority) AS urgency"
        /* joined by record: by peer it would look at all that waits, for each row anew */
        " FROM urgent u JOIN outbox o ON o.peer || '' = $1 AND o.seq IS NULL"
        " AND o.record = u.record"
        " AND (o.id = u.id OR (o.object_kind = 1 AND u.object_kind = 1 AND o.n < u.n))"
        " GROUP BY o.id, o.object_kind, o.object, o.record, o.n, o.priority"
        " ORDER BY urgency, o.id LIMIT $3",
        ARGS(TEXT(peer), INT((int64_t)least), INT(max)), &rows);
    if (e != OK) return e;
    struct waiting_row *list = arena_array(c->arena, rows.count, sizeof *list);
    for (size_t i = 0; i < rows.count; i++) {
        list[i] = (struct waiting_row){
            .id = rows_int(&rows, i, 0),
            .kind = rows_int(&rows, i, 1),
            .object = rows_text(&rows, i, 2),
            .record = rows_text(&rows, i, 3),
            .n = rows_int(&rows, i, 4),
            .priority = rows_int(&rows, i, 5),
            .size = rows_int(&rows, i, 6),
        };
    }
    *ret_rows = list;
    *ret_count = rows.count;
    return OK;
}

enum err window_used(struct call *c, struct str peer, const struct feed_row *feed,
                     int64_t *ret_entries, int64_t *ret_bytes)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT count(*), coalesce(sum(size), 0) FROM feed_entry"
                           " WHERE peer = $1 AND epoch = $2 AND seq > $3",
                           ARGS(TEXT(peer), INT(feed->epoch), INT(feed->acked_seq)), &rows);
    if (e != OK) return e;
    *ret_entries = rows_int(&rows, 0, 0);
    *ret_bytes = rows_int(&rows, 0, 1);
    return OK;
}

enum err entry_insert(struct call *c, const struct batch_entry *entry, int64_t outbox)
{
    const struct entry *at = &entry->entry;
    int64_t changed = 0;
    enum err e = store_exec(c,
                            "INSERT INTO feed_entry (peer, epoch, seq, outbox, entry, chain, size)"
                            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                            ARGS(TEXT(at->to), INT(at->epoch), INT(at->seq), INT(outbox),
                                 BYTES(entry->bytes), TEXT(entry->chain), INT(at->size)),
                            NULL);
    if (e != OK) return e;
    e = store_exec(c, "UPDATE outbox SET epoch = $1, seq = $2 WHERE id = $3 AND seq IS NULL",
                   ARGS(INT(at->epoch), INT(at->seq), INT(outbox)), &changed);
    if (e == OK) ensure(changed == 1);
    return e;
}

enum err shared_insert(struct call *c, struct str peer, struct str root, struct str record)
{
    return store_exec(c,
                      "INSERT INTO shared (peer, root, record) VALUES ($1, $2, $3)"
                      " ON CONFLICT (peer, root, record) DO NOTHING",
                      ARGS(TEXT(peer), TEXT(root), TEXT(record)), NULL);
}

/* Feed */

enum err feed_load(struct call *c, struct str peer, struct feed_row *ret_feed)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT epoch, next_seq, chain, acked_seq, stopped, credit_entries,"
                           " credit_bytes, disk, heard_ms, met, restoring, again_seq"
                           " FROM feed_out WHERE peer = $1",
                           ARGS(TEXT(peer)), &rows);
    if (e != OK) return e;
    if (rows.count == 0) { /* a feed begins with epoch 1, entry 1 */
        *ret_feed = (struct feed_row){.epoch = 1, .next_seq = 1, .chain = chain_start()};
        return OK;
    }
    *ret_feed = (struct feed_row){
        .epoch = rows_int(&rows, 0, 0),
        .next_seq = rows_int(&rows, 0, 1),
        .chain = rows_text(&rows, 0, 2),
        .acked_seq = rows_int(&rows, 0, 3),
        .stopped = rows_text(&rows, 0, 4),
        .credit_entries = rows_int(&rows, 0, 5),
        .credit_bytes = rows_int(&rows, 0, 6),
        .disk = rows_int(&rows, 0, 7),
        .heard_ms = rows_int(&rows, 0, 8),
        .met = rows_text(&rows, 0, 9),
        .restoring = (enum restoring)rows_int(&rows, 0, 10),
        .again_seq = rows_int(&rows, 0, 11),
    };
    return OK;
}

enum err feed_advance(struct call *c, struct str peer, int64_t next_seq, struct str chain)
{
    return store_exec(
        c,
        "INSERT INTO feed_out (peer, epoch, next_seq, chain, acked_seq, stopped, down)"
        " VALUES ($1, 1, $2, $3, 0, '', '') ON CONFLICT (peer) DO UPDATE SET"
        " next_seq = excluded.next_seq, chain = excluded.chain",
        ARGS(TEXT(peer), INT(next_seq), TEXT(chain)), NULL);
}

enum err feed_stop(struct call *c, struct str peer, const char *reason)
{
    return store_exec(c, "UPDATE feed_out SET stopped = $1 WHERE peer = $2",
                      ARGS(TEXT(str_of(reason)), TEXT(peer)), NULL);
}

enum err feed_down(struct call *c, struct str peer, const char *reason)
{
    return store_exec(c,
                      "UPDATE feed_out SET down_ms = coalesce(down_ms, $1), down = $2"
                      " WHERE peer = $3",
                      ARGS(INT(c->now_ms), TEXT(str_of(reason)), TEXT(peer)), NULL);
}

enum err feed_up(struct call *c, struct str peer)
{
    return store_exec(c,
                      "UPDATE feed_out SET down_ms = NULL, down = ''"
                      " WHERE peer = $1 AND down_ms IS NOT NULL",
                      ARGS(TEXT(peer)), NULL);
}

enum err feed_heard(struct call *c, const struct ack *ack)
{
    return store_exec(c,
                      "UPDATE feed_out SET credit_entries = $1, credit_bytes = $2, disk = $3,"
                      " heard_ms = $4 WHERE peer = $5",
                      ARGS(INT(ack->credit_entries), INT(ack->credit_bytes), INT(ack->disk),
                           INT(c->now_ms), TEXT(ack->from)),
                      NULL);
}

enum err entry_chain(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                     struct str *ret_chain)
{
    struct rows rows = {};
    if (seq == 0) {
        *ret_chain = chain_start();
        return OK;
    }
    enum err e = store_one(c,
                           "SELECT chain FROM feed_entry WHERE peer = $1 AND epoch = $2"
                           " AND seq = $3",
                           ARGS(TEXT(peer), INT(epoch), INT(seq)), &rows);
    if (e == OK) *ret_chain = rows_text(&rows, 0, 0);
    return e;
}

enum err entry_list(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                    struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT entry, chain FROM feed_entry WHERE peer = $1 AND epoch = $2"
                     " AND seq >= $3 ORDER BY seq LIMIT $4",
                     ARGS(TEXT(peer), INT(epoch), INT(seq), INT(LIMIT_BATCH_ENTRIES)), ret_rows);
}

enum err entry_personal(struct call *c, struct batch_entry *entry)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT path, salt, value FROM personal WHERE record = $1 AND n = $2"
                           " ORDER BY path",
                           ARGS(TEXT(entry->entry.record), INT(entry->entry.n)), &rows);
    if (e != OK) return e;
    entry->personal = arena_array(c->arena, rows.count, sizeof *entry->personal);
    entry->personal_count = rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        entry->personal[i] = (struct personal_row){
            .path = rows_text(&rows, i, 0),
            .salt = rows_text(&rows, i, 1),
            .value = rows_text(&rows, i, 2),
        };
    }
    return OK;
}

/* The object is the whole statement; beside it stands the new key's signature once more. */
static enum err key_object(struct call *c, struct batch_entry *entry)
{
    const struct entry *at = &entry->entry;
    enum err e = directory_frame(c, at->record, at->n, &entry->object);
    if (e != OK) return e;
    size_t bytes = entry->object.len;
    entry->signature = str_sub(entry->object, bytes - SIGNATURE_BYTES, bytes);
    return OK;
}

enum err entry_object(struct call *c, struct batch_entry *entry)
{
    struct rows rows = {};
    const struct entry *at = &entry->entry;
    if (at->kind == ENTRY_KEY) return key_object(c, entry);
    enum err e = at->kind == ENTRY_VERSION
                     ? store_one(c, "SELECT bytes, sig FROM version WHERE record = $1 AND n = $2",
                                 ARGS(TEXT(at->record), INT(at->n)), &rows)
                     : store_one(c, "SELECT bytes, sig FROM receipt WHERE hash = $1",
                                 ARGS(TEXT(at->object)), &rows);
    if (e != OK) return e;
    entry->object = rows_text(&rows, 0, 0);
    entry->signature = rows_text(&rows, 0, 1);
    ensure(entry->signature.len == SIGNATURE_BYTES); /* signed before its transaction committed */
    return at->kind == ENTRY_VERSION ? entry_personal(c, entry) : OK;
}

enum err ack_store(struct call *c, const struct ack *ack, struct str frame, int64_t after_seq)
{
    enum err e = store_exec(c,
                            "INSERT INTO feed_ack (peer, epoch, seq, frame, time_ms, received_ms)"
                            " VALUES ($1, $2, $3, $4, $5, $6)",
                            ARGS(TEXT(ack->from), INT(ack->epoch), INT(ack->seq), BYTES(frame),
                                 INT(ack->time_ms), INT(c->now_ms)),
                            NULL);
    if (e != OK) return e;
    e = store_exec(
        c,
        "UPDATE outbox SET acked_ms = $1 WHERE peer = $2 AND epoch = $3 AND seq > $4"
        " AND seq <= $5",
        ARGS(INT(c->now_ms), TEXT(ack->from), INT(ack->epoch), INT(after_seq), INT(ack->seq)),
        NULL);
    if (e != OK) return e;
    return store_exec(c, "UPDATE feed_out SET acked_seq = $1 WHERE peer = $2",
                      ARGS(INT(ack->seq), TEXT(ack->from)), NULL);
}

enum err ack_topics(struct call *c, const struct ack *ack, int64_t after_seq)
{
    struct rows rows = {};
    enum err e =
        store_all(c,
                  "SELECT DISTINCT record FROM outbox WHERE peer = $1 AND epoch = $2"
                  " AND seq > $3 AND seq <= $4 ORDER BY record",
                  ARGS(TEXT(ack->from), INT(ack->epoch), INT(after_seq), INT(ack->seq)), &rows);
    if (e != OK) return e;
    for (size_t i = 0; i < rows.count; i++) {
        store_note(c, str_format(c->arena, "record:%.*s", STR_ARG(rows_text(&rows, i, 0))));
    }
    return OK;
}

enum err feed_pending(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT peer FROM feed_out WHERE (acked_seq + 1 < next_seq OR again_seq > 0)"
                     " AND stopped = ''"
                     " ORDER BY peer",
                     NO_ARGS, ret_rows);
}

/* Inbox */

enum err cursor_load(struct call *c, struct str peer, struct cursor_row *ret_cursor)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT epoch, seq, chain, ack, key_place FROM feed_in"
                                 " WHERE peer = $1",
                           ARGS(TEXT(peer)), &rows);
    if (e != OK) return e;
    if (rows.count == 0) {
        *ret_cursor = (struct cursor_row){.epoch = 1, .chain = chain_start()};
        return OK;
    }
    *ret_cursor = (struct cursor_row){
        .epoch = rows_int(&rows, 0, 0),
        .seq = rows_int(&rows, 0, 1),
        .chain = rows_text(&rows, 0, 2),
        .ack = rows_text(&rows, 0, 3),
        .key_place = rows_int(&rows, 0, 4),
    };
    return OK;
}

enum err cursor_store(struct call *c, struct str peer, const struct cursor_row *cursor)
{
    return store_exec(c,
                      "INSERT INTO feed_in (peer, epoch, seq, chain, ack, received_ms, key_place)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (peer) DO UPDATE SET"
                      " epoch = excluded.epoch, seq = excluded.seq, chain = excluded.chain,"
                      " ack = excluded.ack, received_ms = excluded.received_ms,"
                      " key_place = excluded.key_place",
                      ARGS(TEXT(peer), INT(cursor->epoch), INT(cursor->seq), TEXT(cursor->chain),
                           BYTES(cursor->ack), INT(c->now_ms), INT(cursor->key_place)),
                      NULL);
}

enum err cursor_unsign(struct call *c)
{
    static const struct str NONE_YET = {"", 0};
    return store_exec(c, "UPDATE feed_in SET ack = $1", ARGS(BYTES(NONE_YET)), NULL);
}

enum err cursor_key(struct call *c, struct str peer, int64_t key_place)
{
    return store_exec(c,
                      "UPDATE feed_in SET key_place = $1 WHERE peer = $2 AND key_place < $1",
                      ARGS(INT(key_place), TEXT(peer)), NULL);
}

enum err quarantine_insert(struct call *c, const struct batch_entry *entry, const char *reason,
                           int64_t key_place, bool *ret_whole)
{
    const struct entry *at = &entry->entry;
    struct rows held = {};
    enum err e = store_one(c,
                           "SELECT count(*) FROM (SELECT 1 FROM quarantine WHERE peer = $1"
                           " LIMIT $2) held",
                           ARGS(TEXT(at->from), INT(LIMIT_ASIDE_WHOLE)), &held);
    if (e != OK) return e;
    /* a peer that sends nothing else cannot fill the disk: its signed entry is evidence enough */
    bool whole = rows_int(&held, 0, 0) < LIMIT_ASIDE_WHOLE;
    struct str object = whole ? entry->object : S("");
    e = store_exec(c,
                      "INSERT INTO quarantine (peer, epoch, seq, record, n, entry, object,"
                      " signature, reason, received_ms, key_place)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                      ARGS(TEXT(at->from), INT(at->epoch), INT(at->seq), TEXT(at->record),
                           INT(at->n), BYTES(entry->bytes), BYTES(object), BYTES(entry->signature),
                           TEXT(str_of(reason)), INT(c->now_ms), INT(key_place)),
                      NULL);
    if (e == OK) *ret_whole = whole;
    return e;
}

enum err quarantine_personal_insert(struct call *c, const struct entry *at,
                                    const struct personal_row *row)
{
    return store_exec(c,
                      "INSERT INTO quarantine_personal (peer, epoch, seq, path, salt, value)"
                      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                      ARGS(TEXT(at->from), INT(at->epoch), INT(at->seq), TEXT(row->path),
                           BYTES(row->salt), TEXT(row->value)),
                      NULL);
}

enum err alarm_raise(struct call *c, struct str peer, const char *reason, struct str detail)
{
    store_note(c, S("alarm"));
    return store_exec(c,
                      "INSERT INTO alarm (peer, reason, detail, first_ms, last_ms, count)"
                      " VALUES ($1, $2, $3, $4, $4, 1) ON CONFLICT (peer, reason) DO UPDATE SET"
                      " detail = excluded.detail, last_ms = excluded.last_ms,"
                      " count = alarm.count + 1, ended_ms = NULL, closed_by = '', note = ''",
                      ARGS(TEXT(peer), TEXT(str_of(reason)), TEXT(detail), INT(c->now_ms)), NULL);
}

enum err alarm_end(struct call *c, struct str peer, const char *reason)
{
    return store_exec(c,
                      "UPDATE alarm SET ended_ms = $1 WHERE peer = $2 AND reason = $3"
                      " AND ended_ms IS NULL",
                      ARGS(INT(c->now_ms), TEXT(peer), TEXT(str_of(reason))), NULL);
}

/* Files */

enum err wanted_insert(struct call *c, struct str peer, const struct entry *entry,
                       const struct file_ref *file, enum wanted_state state)
{
    return store_exec(c,
                      "INSERT INTO wanted (root, peer, record, n, size, state, failures, wake_ms,"
                      " reason, priority) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, '', $7)"
                      " ON CONFLICT (root, peer, record) DO NOTHING",
                      ARGS(TEXT(file->root), TEXT(peer), TEXT(entry->record), INT(entry->n),
                           INT(file->size), INT((int64_t)state), INT(entry->priority)),
                      NULL);
}

static struct str office_party(struct call *c, struct str office)
{
    return str_format(c->arena, "o:%.*s", STR_ARG(office));
}

/* Files of others that this peer got with the same record, and that their sender did not give. */
#define WANTED_ELSEWHERE                                                                           \
    " FROM wanted w JOIN audience a ON a.record = w.record AND a.party = $1"                       \
    " LEFT JOIN source s ON s.root = w.root AND s.peer = $2"                                       \
    " WHERE w.state = 1 AND w.failures > 0 AND w.peer <> $2 AND w.priority <= $3"

enum err wanted_next(struct call *c, struct str peer, enum priority least,
                     struct wanted_row *ret_wanted, bool *ret_any)
{
    struct rows rows = {};
    bool elsewhere = false;
    enum err e = store_all(c,
                           "SELECT root, size, failures, reason FROM wanted WHERE peer = $1"
                           " AND state = 1 AND wake_ms <= $2 AND priority <= $3"
                           " ORDER BY wake_ms, root LIMIT 1",
                           ARGS(TEXT(peer), INT(c->now_ms), INT((int64_t)least)), &rows);
    if (e == OK && rows.count == 0) {
        elsewhere = true;
        e = store_all(
            c,
            "SELECT w.root, w.size, coalesce(s.failures, 0), w.reason" WANTED_ELSEWHERE
            " AND coalesce(s.wake_ms, 0) <= $4 ORDER BY w.root, w.size LIMIT 1",
            ARGS(TEXT(office_party(c, peer)), TEXT(peer), INT((int64_t)least), INT(c->now_ms)),
            &rows);
    }
    if (e != OK) return e;
    *ret_any = rows.count > 0;
    if (rows.count == 0) return OK;
    *ret_wanted = (struct wanted_row){
        .root = rows_text(&rows, 0, 0),
        .size = rows_int(&rows, 0, 1),
        .failures = rows_int(&rows, 0, 2),
        .damaged = str_eq(rows_text(&rows, 0, 3), S("blob.corrupt")),
        .elsewhere = elsewhere,
    };
    return OK;
}

static int64_t wake_of(const struct rows *rows)
{
    return rows_cell(rows, 0, 0)->type == VALUE_NULL ? INT64_MAX : rows_int(rows, 0, 0);
}

enum err wanted_wake(struct call *c, struct str peer, enum priority least, int64_t *ret_wake_ms)
{
    struct rows rows = {};
    struct rows others = {};
    enum err e = store_one(c,
                           "SELECT min(wake_ms) FROM wanted WHERE peer = $1 AND state = 1"
                           " AND priority <= $2",
                           ARGS(TEXT(peer), INT((int64_t)least)), &rows);
    if (e == OK) {
        e = store_one(c, "SELECT min(coalesce(s.wake_ms, 0))" WANTED_ELSEWHERE,
                      ARGS(TEXT(office_party(c, peer)), TEXT(peer), INT((int64_t)least)), &others);
    }
    if (e != OK) return e;
    *ret_wake_ms = wake_of(&rows) < wake_of(&others) ? wake_of(&rows) : wake_of(&others);
    return OK;
}

enum err wanted_peers(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT peer FROM wanted WHERE state = 1 AND wake_ms <= $1"
                     " UNION SELECT substr(a.party, 3) FROM wanted w JOIN audience a"
                     " ON a.record = w.record AND a.party >= 'o:' AND a.party < 'o;'"
                     " LEFT JOIN source s ON s.root = w.root AND s.peer = substr(a.party, 3)"
                     " WHERE w.state = 1 AND w.failures > 0 AND w.peer <> substr(a.party, 3)"
                     " AND coalesce(s.wake_ms, 0) <= $1 ORDER BY peer LIMIT $2",
                     ARGS(INT(c->now_ms), INT(LIMIT_PEERS)), ret_rows);
}

static enum err wanted_topics(struct call *c, struct str root)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT DISTINCT record FROM wanted WHERE root = $1 ORDER BY record",
                           ARGS(TEXT(root)), &rows);
    if (e != OK) return e;
    for (size_t i = 0; i < rows.count; i++) {
        store_note(c, str_format(c->arena, "record:%.*s", STR_ARG(rows_text(&rows, i, 0))));
    }
    return OK;
}

enum err wanted_here(struct call *c, struct str root, struct str from)
{
    enum err e = store_exec(c,
                            "UPDATE wanted SET reason = '',"
                            " state = CASE WHEN peer = $1 AND mixed = 0 THEN 2 ELSE 4 END"
                            " WHERE root = $2 AND state = 1",
                            ARGS(TEXT(from), TEXT(root)), NULL);
    if (e == OK) e = store_exec(c, "DELETE FROM source WHERE root = $1", ARGS(TEXT(root)), NULL);
    if (e == OK) {
        e = store_exec(c,
                       "UPDATE alarm SET ended_ms = $1 WHERE peer = $2 AND detail = $3"
                       " AND reason = 'blob.corrupt' AND ended_ms IS NULL",
                       ARGS(INT(c->now_ms), TEXT(c->office->id), TEXT(root)), NULL);
    }
    return e != OK ? e : wanted_topics(c, root);
}

static enum err source_note(struct call *c, struct str peer, struct str root, int64_t failures,
                            const char *reason, int64_t wake_ms)
{
    return store_exec(
        c,
        "INSERT INTO source (root, peer, failures, wake_ms, reason)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (root, peer) DO UPDATE SET"
        " failures = excluded.failures, wake_ms = excluded.wake_ms,"
        " reason = excluded.reason",
        ARGS(TEXT(root), TEXT(peer), INT(failures), INT(wake_ms), TEXT(str_of(reason))), NULL);
}

enum err wanted_failed(struct call *c, struct str peer, const struct wanted_row *wanted,
                       const char *reason, int64_t wake_ms)
{
    if (wanted->elsewhere) {
        return source_note(c, peer, wanted->root, wanted->failures + 1, reason, wake_ms);
    }
    return store_exec(c,
                      "UPDATE wanted SET failures = failures + 1, reason = $1, wake_ms = $2"
                      " WHERE peer = $3 AND root = $4 AND state = 1",
                      ARGS(TEXT(str_of(reason)), INT(wake_ms), TEXT(peer), TEXT(wanted->root)),
                      NULL);
}

enum err wanted_later(struct call *c, struct str peer, const struct wanted_row *wanted,
                      int64_t wake_ms)
{
    if (wanted->elsewhere) {
        return source_note(c, peer, wanted->root, wanted->failures, "", wake_ms);
    }
    return store_exec(c,
                      "UPDATE wanted SET wake_ms = $1 WHERE peer = $2 AND root = $3 AND state = 1",
                      ARGS(INT(wake_ms), TEXT(peer), TEXT(wanted->root)), NULL);
}

enum err wanted_hurry(struct call *c, int64_t longest_ms)
{
    int64_t last_ms = c->now_ms + longest_ms;
    enum err e = store_exec(c, "UPDATE wanted SET wake_ms = $1 WHERE state = 1 AND wake_ms > $2",
                            ARGS(INT(c->now_ms), INT(last_ms)), NULL);
    if (e != OK) return e;
    return store_exec(c, "UPDATE source SET wake_ms = $1 WHERE wake_ms > $2",
                      ARGS(INT(c->now_ms), INT(last_ms)), NULL);
}

enum err wanted_mix(struct call *c, struct str root)
{
    return store_exec(c, "UPDATE wanted SET mixed = 1 WHERE root = $1 AND state = 1",
                      ARGS(TEXT(root)), NULL);
}

enum err wanted_from(struct call *c, struct str peer, struct str root,
                     struct wanted_row *ret_wanted, bool *ret_any)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT root, size, failures FROM wanted WHERE root = $1 AND peer = $2"
                           " AND state = 1 ORDER BY record LIMIT 1",
                           ARGS(TEXT(root), TEXT(peer)), &rows);
    if (e != OK) return e;
    *ret_any = rows.count > 0;
    if (rows.count == 0) return OK;
    *ret_wanted = (struct wanted_row){
        .root = rows_text(&rows, 0, 0),
        .size = rows_int(&rows, 0, 1),
        .failures = rows_int(&rows, 0, 2),
    };
    return OK;
}

/* Where it came from a third office before, it is still not given on afterwards. */
enum err wanted_damaged(struct call *c, struct str root)
{
    return store_exec(c,
                      "UPDATE wanted SET mixed = CASE WHEN state = 4 THEN 1 ELSE mixed END,"
                      " state = 1, failures = 1, wake_ms = 0, reason = 'blob.corrupt'"
                      " WHERE root = $1",
                      ARGS(TEXT(root)), NULL);
}

enum err wanted_sum(struct call *c, struct str peer, int64_t *ret_bytes)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT coalesce(sum(size), 0) FROM wanted"
                           " WHERE peer = $1 AND state = 1",
                           ARGS(TEXT(peer)), &rows);
    if (e == OK) *ret_bytes = rows_int(&rows, 0, 0);
    return e;
}

enum err shared_list(struct call *c, struct str root, int64_t max, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT peer, record FROM shared WHERE root = $1 ORDER BY peer, record"
                     " LIMIT $2",
                     ARGS(TEXT(root), INT(max)), ret_rows);
}

enum err shared_find(struct call *c, struct str peer, struct str root, bool *ret_shared)
{
    struct rows rows = {};
    enum err e =
        store_all(c,
                  "SELECT 1 FROM shared s JOIN audience a ON a.record = s.record AND a.party = $1"
                  " WHERE s.peer = $2 AND s.root = $3 UNION ALL SELECT 1 FROM wanted w"
                  " JOIN audience a ON a.record = w.record AND a.party = $1 WHERE w.root = $3"
                  " AND w.state = 2 LIMIT 1",
                  ARGS(TEXT(office_party(c, peer)), TEXT(peer), TEXT(root)), &rows);
    if (e == OK) *ret_shared = rows.count > 0;
    return e;
}

enum err wanted_unproven(struct call *c, struct str record, struct str root, bool *ret_unproven)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT (SELECT count(*) FROM wanted WHERE root = $1 AND record = $2),"
                           " (SELECT count(*) FROM wanted WHERE root = $1 AND record = $2"
                           " AND state = 2),"
                           " (SELECT count(*) FROM shared WHERE root = $1 AND record = $2)",
                           ARGS(TEXT(root), TEXT(record)), &rows);
    if (e != OK) return e;
    bool came = rows_int(&rows, 0, 0) > 0;
    *ret_unproven = came && rows_int(&rows, 0, 1) == 0 && rows_int(&rows, 0, 2) == 0;
    return OK;
}

/* Pages */

enum err status_list(struct call *c, const int64_t ages_ms[3], struct rows *ret_rows)
{
    return store_all(
        c,
        "SELECT p.office, coalesce(f.epoch, 1), coalesce(f.next_seq - 1, 0),"
        " coalesce(f.acked_seq, 0), count(o.id), coalesce(min(o.created_ms), 0),"
        " coalesce((SELECT i.seq FROM feed_in i WHERE i.peer = p.office), 0),"
        " coalesce(f.down_ms, 0),"
        " (SELECT count(*) FROM wanted w WHERE w.peer = p.office AND w.state = 1),"
        " (SELECT count(*) FROM quarantine q WHERE q.peer = p.office AND q.done = 0),"
        " count(o.id) FILTER (WHERE o.created_ms > $1),"
        " count(o.id) FILTER (WHERE o.created_ms <= $1 AND o.created_ms > $2),"
        " count(o.id) FILTER (WHERE o.created_ms <= $2 AND o.created_ms > $3),"
        " count(o.id) FILTER (WHERE o.created_ms <= $3),"
        " coalesce(f.down, ''), coalesce(f.stopped, ''),"
        " (SELECT coalesce(max(k.size), 0) FROM log_cosign k WHERE k.witness = p.office),"
        " (SELECT count(*) FROM log_claim m WHERE m.office = p.office AND m.state = 1)"
        " FROM k_office_peer p LEFT JOIN feed_out f ON f.peer = p.office"
        " LEFT JOIN outbox o ON o.peer = p.office AND o.acked_ms IS NULL"
        " GROUP BY p.office, f.epoch, f.next_seq, f.acked_seq, f.down_ms, f.down, f.stopped"
        " ORDER BY p.office LIMIT 4096",
        ARGS(INT(ages_ms[0]), INT(ages_ms[1]), INT(ages_ms[2])), ret_rows);
}
