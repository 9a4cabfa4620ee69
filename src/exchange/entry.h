#pragma once
/*
 * entry.h: the signed statements of a feed, as bytes. A feed is the ordered stream of record
 * versions and receipts from one office to another. Every object it carries has one entry; the
 * entries form a chain of hashes, so both ends know that they speak of the same stream:
 *
 *     H0 = 32 zero bytes;  Hn = SHA-256("phoihop-feed-v1\0" || Hn-1 || bytes of entry n)
 *
 * A batch is some entries in a row under a signed head; an acknowledgement is the receiver's signed
 * word that everything up to a number is durable there. All three are strict JSON written once by
 * fields_write; what was signed or chained are those very bytes. The frames around them are in
 * exchange/batch.h, the description for other implementers in docs/exchange.md.
 *
 * Knows no store, socket, clock or randomness.
 */
#include "base/field.h"

enum {
    CHAIN_BYTES = 32,
    CHAIN_HEX_LEN = 64,
    SIGNATURE_BYTES = 64,
    ENTRY_FORMAT = 1,
    RUN_LEN_MAX = 32,
};

/* What an entry carries; the numbers are those of outbox.object_kind. ENTRY_KEY is the sender's
 * change of its key, core/key_statement.h: objects of the entries behind it are signed by that key
 * or later ones. It names the version of the sender's own record that carries it. */
enum entry_kind { ENTRY_VERSION = 1, ENTRY_RECEIPT, ENTRY_KEY };

/* {"phoihop":1,"from":"..","to":"..","epoch":1,"seq":7,"kind":"version","priority":2,
 *  "record":"HOME.RANDOM","n":1,"object":"<64 hex>","size":812} */
struct entry {
    int64_t format;  /* ENTRY_FORMAT */
    struct str from; /* office ids */
    struct str to;
    int64_t epoch;     /* 1; a greater one opens only after a restore */
    int64_t seq;       /* from 1 in each epoch, without holes, never used twice */
    int64_t kind;      /* enum entry_kind */
    int64_t priority;  /* enum priority of core/record.h */
    struct str record; /* record spoken of, so that a refusal can name it unread */
    int64_t n;         /* its version */
    struct str object; /* hex SHA-256 of the object's bytes */
    int64_t size;      /* bytes of the object */
};

/* What the sender signs once a batch, under PURPOSE_FEED. */
struct batch_head {
    int64_t format;
    struct str from;
    struct str to;
    int64_t epoch;
    int64_t seq;      /* of the first entry */
    int64_t count;    /* entries */
    struct str prev;  /* hex chain before the first entry */
    struct str chain; /* hex chain after the last entry */
    int64_t time_ms;
    struct str key; /* id of the signing key */
    int64_t fence;  /* of the sender's running instance, exchange/greet.h; 0: not told */
    struct str run; /* which start of it this is */
};

/* How full the receiver's disk is: what it still takes in. */
enum disk { DISK_OK = 1, DISK_LOW, DISK_TIGHT, DISK_FULL };

/* What the receiver signs under PURPOSE_ACK once everything up to `seq` is durable: receipt R1 of
 * all those entries. What follows the key came later and may be missing: it says how much more the
 * receiver would like to be sent. */
struct ack {
    int64_t format;
    struct str from; /* the receiver of the feed */
    struct str to;   /* its sender */
    int64_t epoch;
    int64_t seq;      /* 0: nothing yet */
    struct str chain; /* hex, after entry `seq` */
    int64_t time_ms;
    struct str key;
    int64_t credit_entries; /* may lie unacknowledged from now on; 0: not said, the whole window */
    int64_t credit_bytes;   /* of their objects */
    int64_t disk;           /* enum disk; 0: not said */
    int64_t pause_ms;       /* do not come before that is over */
    bool call;              /* the receiver has no address of the sender, which is to come itself */
    struct list heads; /* of struct gossip: heads of logs that the receiver knows; may be empty */
};

extern const struct field_table ENTRY_TABLE;
extern const struct field_table BATCH_HEAD_TABLE;
extern const struct field_table ACK_TABLE;

/* Writes the one form of a statement's bytes. */
struct str entry_write(struct call *c, const struct entry *entry);
struct str batch_head_write(struct call *c, const struct batch_head *head);
struct str ack_write(struct call *c, const struct ack *ack);

/* Reads a statement from outside; names added by a later edition are passed over.
 * Errors: those of fields_read; ERR_SYNTAX "feed.form" for another format, an id, a hash or a
 * number that cannot be. */
enum err entry_read(struct call *c, struct str bytes, struct entry *ret_entry);
enum err batch_head_read(struct call *c, struct str bytes, struct batch_head *ret_head);
enum err ack_read(struct call *c, struct str bytes, struct ack *ret_ack);

/* The hex chain before the first entry. */
struct str chain_start(void);
/* The hex chain after one more entry. Shapes: prev is 64 hex digits. */
struct str chain_next(struct call *c, struct str prev, struct str entry_bytes);

/* Says that the text is 64 lower-case hex digits. */
bool object_is_hash(struct str text);
