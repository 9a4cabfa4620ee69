#include "exchange/evidence_sql.h"

#include "base/limits.h"

enum err evidence_versions(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT n, bytes, hash, sig, home, key FROM version WHERE record = $1"
                     " ORDER BY n LIMIT $2",
                     ARGS(TEXT(record), INT(LIMIT_EVIDENCE_OBJECTS + 1)), ret_rows);
}

enum err evidence_receipts(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT bytes, hash, sig, office, key FROM receipt WHERE record = $1"
                     " ORDER BY n, type, office LIMIT $2",
                     ARGS(TEXT(record), INT(LIMIT_EVIDENCE_OBJECTS + 1)), ret_rows);
}

enum err evidence_sent(struct call *c, struct str record, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT peer, epoch, seq FROM outbox WHERE record = $1 AND object_kind = 1"
                     " AND acked_ms IS NOT NULL ORDER BY peer, epoch, seq LIMIT $2",
                     ARGS(TEXT(record), INT(LIMIT_EVIDENCE_OBJECTS + 1)), ret_rows);
}

enum err evidence_ack(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                      struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT seq, frame FROM feed_ack WHERE peer = $1 AND epoch = $2 AND seq >= $3"
                     " ORDER BY seq LIMIT 1",
                     ARGS(TEXT(peer), INT(epoch), INT(seq)), ret_rows);
}

enum err evidence_entries(struct call *c, struct str peer, int64_t epoch, int64_t first,
                          int64_t last, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT entry FROM feed_entry WHERE peer = $1 AND epoch = $2 AND seq >= $3"
                     " AND seq <= $4 ORDER BY seq LIMIT $5",
                     ARGS(TEXT(peer), INT(epoch), INT(first), INT(last), INT(LIMIT_BATCH_ENTRIES)),
                     ret_rows);
}
