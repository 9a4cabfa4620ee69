#pragma once
/*
 * log.h: this office's log, an RFC 6962 Merkle tree over everything it issued or received. The
 * transaction that stores an object writes its leaf row; the sequencer numbers the rows; log_sign
 * makes tree and checkpoint out of them.
 *
 *     leaf = SHA-256(0x00 || kind || hash of the object || salt)      49 bytes are hashed
 *     salt = first 16 bytes of HMAC-SHA-256(secret, number || kind || hash of the object)
 *
 * Whoever reads the tiles learns how many objects there are and nothing else, not even whether two
 * offices hold the same one; the salt of one leaf, shown in evidence, tells nothing of the others.
 *
 * Before each checkpoint the leaves around the end and one older tile in turn are made anew from
 * their rows and compared with the tiles; the root of the last checkpoint is made anew from the
 * tiles and compared with what was signed. What differs raises an alarm that names both heads, and
 * nothing is signed. `check` does the same for all rows (log_check.h). What somebody with the key
 * and all rows rewrites shows at the witnesses (witness.h).
 *
 * Evidence never blocks delivery: what has no cosignature yet is a debt that pages show.
 */
#include "core/view.h"
#include "exchange/proof.h"
#include "exchange/sequencer.h"

enum {
    LOG_SIGN_EVERY_MS = 60 * 1000, /* at most one checkpoint in this time */
    LOG_LEAVES_A_RUN = 10000,      /* that one checkpoint may add */
    LOG_WITNESSES = 3,             /* peers that are asked to cosign */
};

/* The newest checkpoint; size 0 and no note: none was signed yet. */
struct log_head {
    struct tree_head head;
    struct str text; /* the three lines */
    struct str line; /* the log's own signature */
    int64_t time_ms;
};

/* Signs a checkpoint when leaves were added and LOG_SIGN_EVERY_MS have passed; also compares when
 * nothing was added. Shapes: ret_new: one was signed; ret_wake_ms is when to come again. Errors:
 * ERR_STALE "sequencer.fenced"; the store's; ERR_IO "keeper.gone"; ERR_INVALID "keeper.refused". A
 * difference is no error but the alarm "log.changed". */
enum err log_sign(struct call *c, const struct sequencer *sequencer, bool *ret_new,
                  int64_t *ret_wake_ms);

/* The newest checkpoint; as a whole note with all its cosignatures. Inside a read.
 * Errors of the second: ERR_NOT_FOUND "log.none". */
enum err log_newest(struct call *c, struct log_head *ret_head);
enum err log_note(struct call *c, struct str *ret_note);

/* The root of the first `size` leaves, from the tiles. Inside a read. Shapes: size is at most that
 * of the newest checkpoint. Errors: ERR_CORRUPT "log.tile". */
enum err log_root(struct call *c, int64_t size, struct tree_head *ret_head);
/* The hashes of these subtrees, from the tiles. */
enum err log_path(struct call *c, const struct tree_range *ranges, size_t count,
                  struct tree_path *ret_path);
/* A tile as it is served. Errors: ERR_NOT_FOUND "log.none" beyond the newest checkpoint. */
enum err log_tile(struct call *c, struct str path, struct str *ret_bytes);

/* What proves that this office's log has an object: its leaf, the path, and the newest checkpoint
 * with its cosignatures. Shapes: object is the hex hash of the signed bytes. Inside a read. Errors:
 * ERR_NOT_FOUND "log.none" when it is not in the log, or not yet below a checkpoint. */
enum err log_proof(struct call *c, struct str object, struct log_proof *ret_proof);

/* Leaves `from` to `to` made anew from their rows; fewer when a row is missing or out of its
 * place: ret_count says how many came in a row. Shapes: ret_hashes has room for all. */
enum err log_leaves(struct call *c, int64_t from, int64_t to,
                    uint8_t (*ret_hashes)[TREE_HASH_BYTES], int64_t *ret_count);

/* The head that the rows give, for at most `size` leaves; of fewer where a row is missing. */
enum err log_rows_head(struct call *c, int64_t size, struct tree_head *ret_head);

/* What is not yet proven to others, as a map: {size, signed_ms, unsigned, witnesses, witnessed,
 * debt, stamped, alarms}. `debt` counts leaves below no cosigned checkpoint; `stamped` is the size
 * of the newest head with a time stamp. Opens its own read. */
enum err log_debt(struct call *c, struct node *ret_map);
/* The same inside a read. */
enum err log_debt_read(struct call *c, struct node *ret_map);

/* "SIZE ROOT", as alarms name a head. */
struct str log_head_name(struct call *c, const struct tree_head *head);
/* Alarms that two heads of an office's log do not agree. Inside a transaction. */
enum err log_alarm(struct call *c, struct str office, const char *reason,
                   const struct tree_head *known, const struct tree_head *other);
