#include "exchange/restore_sql.h"

#include "base/limits.h"

/* Instances */

enum err instance_begin(struct call *c)
{
    return store_exec(c,
                      "INSERT INTO instance (id, fence, run) VALUES (1, 1, $1)"
                      " ON CONFLICT (id) DO UPDATE SET fence = instance.fence + 1,"
                      " run = excluded.run",
                      ARGS(TEXT(call_random_id(c, 16))), NULL);
}

static void instance_read(const struct rows *rows, struct instance *ret_instance)
{
    *ret_instance = (struct instance){};
    if (rows->count == 0) return;
    ret_instance->fence = rows_int(rows, 0, 0);
    ret_instance->run = rows_text(rows, 0, 1);
}

enum err instance_load(struct call *c, struct instance *ret_instance)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT fence, run FROM instance WHERE id = 1", NO_ARGS, &rows);
    if (e == OK) instance_read(&rows, ret_instance);
    return e;
}

enum err instance_raise(struct call *c, int64_t fence)
{
    return store_exec(c, "UPDATE instance SET fence = $1 WHERE id = 1 AND fence < $1",
                      ARGS(INT(fence)), NULL);
}

enum err instance_of_peer(struct call *c, struct str peer, struct instance *ret_instance)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT fence, run FROM peer_instance WHERE peer = $1",
                           ARGS(TEXT(peer)), &rows);
    if (e == OK) instance_read(&rows, ret_instance);
    return e;
}

enum err instance_accept(struct call *c, struct str peer, int64_t fence, struct str run)
{
    struct instance known = {};
    enum err e = instance_of_peer(c, peer, &known);
    if (e != OK || run.len == 0) return e; /* an earlier edition tells none */
    bool same = str_eq(known.run, run);
    if (same && fence <= known.fence) return OK;
    if (!same && fence <= known.fence) return fail(c, ERR_BUSY, "fence.older");
    return store_exec(c,
                      "INSERT INTO peer_instance (peer, fence, run) VALUES ($1, $2, $3)"
                      " ON CONFLICT (peer) DO UPDATE SET fence = excluded.fence,"
                      " run = excluded.run",
                      ARGS(TEXT(peer), INT(fence), TEXT(run)), NULL);
}

/* The sending end */

/* A feed that has sent nothing yet has no row. */
static enum err feed_row_make(struct call *c, struct str peer)
{
    return store_exec(c,
                      "INSERT INTO feed_out"
                      " (peer, epoch, next_seq, chain, acked_seq, stopped, down)"
                      " VALUES ($1, 1, 1, $2, 0, '', '') ON CONFLICT (peer) DO NOTHING",
                      ARGS(TEXT(peer), TEXT(chain_start())), NULL);
}

enum err feed_meet(struct call *c, struct str peer, struct str run)
{
    enum err e = feed_row_make(c, peer);
    if (e != OK) return e;
    store_note(c, S("outbox")); /* what waited for this may be numbered now */
    return store_exec(c, "UPDATE feed_out SET met = $1, down_ms = NULL, down = '' WHERE peer = $2",
                      ARGS(TEXT(run), TEXT(peer)), NULL);
}

enum err feed_unmeet(struct call *c, struct str peer)
{
    return store_exec(c, "UPDATE feed_out SET met = '' WHERE peer = $1 AND met <> ''",
                      ARGS(TEXT(peer)), NULL);
}

enum err feed_mark(struct call *c, struct str peer)
{
    enum err e = feed_row_make(c, peer);
    if (e != OK) return e;
    return store_exec(c, "UPDATE feed_out SET restoring = 1, met = '' WHERE peer = $1",
                      ARGS(TEXT(peer)), NULL);
}

enum err feed_marked(struct call *c, bool *ret_any)
{
    struct rows rows = {};
    enum err e = store_all(c, "SELECT 1 FROM feed_out WHERE restoring > 0 LIMIT 1", NO_ARGS, &rows);
    if (e == OK) *ret_any = rows.count > 0;
    return e;
}

enum err feed_take_rest(struct call *c)
{
    return store_exec(c,
                      "UPDATE feed_out SET restoring = 2 WHERE restoring = 1 AND EXISTS"
                      " (SELECT 1 FROM alarm a WHERE a.peer = feed_out.peer"
                      " AND a.reason = 'restore.incomplete' AND a.ended_ms IS NULL)",
                      NO_ARGS, NULL);
}

enum err feed_again(struct call *c, struct str peer, int64_t seq)
{
    if (seq > 0) store_note(c, S("outbox"));
    return store_exec(c, "UPDATE feed_out SET again_seq = $1 WHERE peer = $2 AND again_seq <> $1",
                      ARGS(INT(seq), TEXT(peer)), NULL);
}

enum err feed_cut(struct call *c, struct str peer, int64_t epoch, int64_t seq)
{
    enum err e = store_exec(c,
                            "UPDATE outbox SET epoch = NULL, seq = NULL, acked_ms = NULL"
                            " WHERE peer = $1 AND (epoch > $2 OR (epoch = $2 AND seq > $3))",
                            ARGS(TEXT(peer), INT(epoch), INT(seq)), NULL);
    if (e != OK) return e;
    return store_exec(c,
                      "DELETE FROM feed_entry WHERE peer = $1"
                      " AND (epoch > $2 OR (epoch = $2 AND seq > $3))",
                      ARGS(TEXT(peer), INT(epoch), INT(seq)), NULL);
}

enum err feed_put_back(struct call *c, const struct batch_entry *entry)
{
    const struct entry *at = &entry->entry;
    struct rows rows = {};
    enum err e = store_one(c,
                           "INSERT INTO outbox (peer, object, object_kind, record, n, priority,"
                           " created_ms, epoch, seq, acked_ms)"
                           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7)"
                           " ON CONFLICT (peer, object) DO UPDATE SET epoch = excluded.epoch,"
                           " seq = excluded.seq, acked_ms = excluded.acked_ms RETURNING id",
                           ARGS(TEXT(at->to), TEXT(at->object), INT(at->kind), TEXT(at->record),
                                INT(at->n), INT(at->priority), INT(c->now_ms), INT(at->epoch),
                                INT(at->seq)),
                           &rows);
    if (e != OK) return e;
    e = store_exec(c,
                   "INSERT INTO feed_entry (peer, epoch, seq, outbox, entry, chain, size)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   ARGS(TEXT(at->to), INT(at->epoch), INT(at->seq), INT(rows_int(&rows, 0, 0)),
                        BYTES(entry->bytes), TEXT(entry->chain), INT(at->size)),
                   NULL);
    if (e != OK) return e;
    return store_exec(c,
                      "UPDATE feed_out SET epoch = $1, next_seq = $2, chain = $3, acked_seq = $4"
                      " WHERE peer = $5",
                      ARGS(INT(at->epoch), INT(at->seq + 1), TEXT(entry->chain), INT(at->seq),
                           TEXT(at->to)),
                      NULL);
}

enum err feed_reopen(struct call *c, struct str peer, int64_t epoch, struct str run)
{
    /* what still has a number was held by the peer when it signed: that is its R1 */
    enum err e = store_exec(c,
                            "UPDATE outbox SET acked_ms = $1 WHERE peer = $2 AND seq IS NOT NULL"
                            " AND acked_ms IS NULL",
                            ARGS(INT(c->now_ms), TEXT(peer)), NULL);
    if (e != OK) return e;
    store_note(c, S("outbox"));
    return store_exec(c,
                      "UPDATE feed_out SET epoch = $1, next_seq = 1, chain = $2, acked_seq = 0,"
                      " stopped = '', met = $3, restoring = 0, again_seq = 0 WHERE peer = $4",
                      ARGS(INT(epoch), TEXT(chain_start()), TEXT(run), TEXT(peer)), NULL);
}

enum err entry_before(struct call *c, struct str peer, int64_t *epoch, int64_t *seq, bool *ret_any)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT epoch, seq FROM feed_entry WHERE peer = $1 AND epoch < $2"
                           " ORDER BY epoch DESC, seq DESC LIMIT 1",
                           ARGS(TEXT(peer), INT(*epoch)), &rows);
    if (e != OK) return e;
    *ret_any = rows.count > 0;
    if (!*ret_any) return OK;
    *epoch = rows_int(&rows, 0, 0);
    *seq = rows_int(&rows, 0, 1);
    return OK;
}

enum err entry_held(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                    struct str *ret_chain)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT chain FROM feed_entry WHERE peer = $1 AND epoch = $2"
                           " AND seq = $3",
                           ARGS(TEXT(peer), INT(epoch), INT(seq)), &rows);
    if (e == OK) *ret_chain = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

/* The receiving end */

enum err taken_insert(struct call *c, const struct batch_entry *entry)
{
    const struct entry *at = &entry->entry;
    return store_exec(c,
                      "INSERT INTO feed_taken (peer, epoch, seq, entry, chain)"
                      " VALUES ($1, $2, $3, $4, $5)",
                      ARGS(TEXT(at->from), INT(at->epoch), INT(at->seq), BYTES(entry->bytes),
                           TEXT(entry->chain)),
                      NULL);
}

enum err taken_list(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                    struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT entry, chain FROM feed_taken WHERE peer = $1"
                     " AND (epoch, seq) > ($2, $3) ORDER BY epoch, seq LIMIT $4",
                     ARGS(TEXT(peer), INT(epoch), INT(seq), INT(LIMIT_BATCH_ENTRIES)), ret_rows);
}

enum err taken_chain(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                     struct str *ret_chain)
{
    struct rows rows = {};
    if (seq == 0) {
        *ret_chain = chain_start();
        return OK;
    }
    enum err e = store_all(c,
                           "SELECT chain FROM feed_taken WHERE peer = $1 AND epoch = $2"
                           " AND seq = $3",
                           ARGS(TEXT(peer), INT(epoch), INT(seq)), &rows);
    if (e == OK) *ret_chain = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

static enum err aside_object(struct call *c, struct batch_entry *entry)
{
    const struct entry *at = &entry->entry;
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT object, signature FROM quarantine WHERE peer = $1"
                           " AND epoch = $2 AND seq = $3",
                           ARGS(TEXT(at->from), INT(at->epoch), INT(at->seq)), &rows);
    if (e != OK || rows.count == 0) return e;
    entry->object = rows_text(&rows, 0, 0);
    entry->signature = rows_text(&rows, 0, 1);
    return OK;
}

enum err taken_object(struct call *c, struct batch_entry *entry)
{
    static const char NO_SIGNATURE[SIGNATURE_BYTES] = {};
    struct rows rows = {};
    const struct entry *at = &entry->entry;
    entry->signature = (struct str){NO_SIGNATURE, sizeof NO_SIGNATURE};
    enum err e = at->kind == ENTRY_VERSION
                     ? store_all(c,
                                 "SELECT 1 FROM version WHERE record = $1 AND n = $2 AND hash = $3",
                                 ARGS(TEXT(at->record), INT(at->n), TEXT(at->object)), &rows)
                     : store_all(c, "SELECT 1 FROM receipt WHERE hash = $1",
                                 ARGS(TEXT(at->object)), &rows);
    if (e != OK) return e;
    return rows.count > 0 ? entry_object(c, entry) : aside_object(c, entry);
}

/* Epochs and alarms */

enum err epoch_store(struct call *c, struct str peer, struct str sender, int64_t epoch,
                     struct str frame)
{
    return store_exec(c,
                      "INSERT INTO epoch (peer, sender, epoch, frame, at_ms)"
                      " VALUES ($1, $2, $3, $4, $5)",
                      ARGS(TEXT(peer), TEXT(sender), INT(epoch), BYTES(frame), INT(c->now_ms)),
                      NULL);
}

enum err epoch_load(struct call *c, struct str peer, struct str sender, int64_t epoch,
                    struct str *ret_frame)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT frame FROM epoch WHERE peer = $1 AND sender = $2 AND epoch = $3",
                           ARGS(TEXT(peer), TEXT(sender), INT(epoch)), &rows);
    if (e == OK) *ret_frame = rows.count > 0 ? rows_text(&rows, 0, 0) : (struct str){};
    return e;
}

enum err alarms_end(struct call *c, struct str peer)
{
    static const char *const REASONS[] = {"feed.fork", "feed.ahead", "feed.epoch",
                                          "restore.incomplete"};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(REASONS); i++)
        e = alarm_end(c, peer, REASONS[i]);
    return e;
}
