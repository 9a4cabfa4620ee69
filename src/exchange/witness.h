#pragma once
/*
 * witness.h: what this office knows of the logs of others. As their witness it cosigns a checkpoint
 * once it has proven to continue the one before; of each log only the newest is kept.
 *
 * Heads are also gossiped: every acknowledgement carries those its sender knows. What is heard is
 * compared with what is known. The same size with another root is a fork. Another size is a claim:
 * on a later turn the log's owner is asked to prove that one continues the other (log_talk.h), and
 * who cannot is caught. Alarms name both heads.
 *
 * Bytes in, bytes out.
 */
#include "base/field.h"
#include "exchange/proof.h"

/* A head as an acknowledgement carries it: office, size, root in hex. */
struct gossip {
    struct str office;
    int64_t size;
    struct str root;
};
extern const struct field_table GOSSIP_TABLE;

/* What an HTTP request gets. */
struct log_reply {
    int status;
    const char *media;
    struct str body;
};

/* POST add-checkpoint: checks and cosigns; the statuses are those of c2sp.org/tlog-witness.
 * Shapes: `from` is the office that asks, proven. Errors: the store's; ERR_IO "keeper.gone". */
enum err witness_add(struct call *c, struct str from, struct str body, struct log_reply *ret_reply);

/* The newest checkpoint that is known of the log whose origin has that hash (hex SHA-256), with
 * our cosignature. Errors: ERR_NOT_FOUND "log.none". */
enum err witness_show(struct call *c, struct str origin_hash, struct str *ret_note);

/* The heads this office knows, its own first, as many as an acknowledgement takes. In a
 * transaction. */
enum err heads_known(struct call *c, struct list *ret_heads);
/* Compares what a peer says it knows. In a transaction. */
enum err heads_heard(struct call *c, struct str source, const struct list *heads);
