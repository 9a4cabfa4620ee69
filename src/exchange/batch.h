#pragma once
/*
 * batch.h: the frames that carry a feed. Integers are unsigned, most significant byte first.
 *
 *     frame = "phoihop" 0x01 type                     9 bytes; type 'B' batch, 'A' acknowledgement
 *     batch = frame head signature entry...           as many entries as the head counts, then end
 *     head  = u32 length, JSON (exchange/entry.h)
 *     signature = 64 bytes                            of the sender over SHA-256(head JSON)
 *     entry = u32 length, JSON
 *             u32 length, object bytes, 64 bytes signature of the object's author
 *             u16 count of personal values, each:
 *                 u16 length, field path; 16 bytes salt; u32 length, value
 *     ack   = frame, u32 length, JSON, 64 bytes signature
 *
 * The reader takes everything apart before anything is believed: lengths, limits, JSON, one
 * direction, numbers in a row, the chain from `prev` to `chain`. Signatures and objects are the
 * inbox's concern. Bytes in, struct out; no store, no clock.
 */
#include "core/record.h"
#include "exchange/entry.h"

struct batch_entry {
    struct entry entry;
    struct str bytes;     /* of the entry: what is chained */
    struct str object;    /* the signed bytes of a version or receipt */
    struct str signature; /* of its author, 64 bytes */
    struct str chain;     /* hex, after this entry; filled by batch_decode */
    struct personal_row *personal;
    size_t personal_count;
};

struct batch {
    struct batch_head head;
    struct str head_bytes;
    struct str signature; /* of the head, 64 bytes */
    struct batch_entry *entries;
    size_t count;
};

/* How many bytes the entry takes in a frame. */
size_t batch_entry_bytes(const struct batch_entry *entry);

/* Writes a batch. Shapes: head_bytes and every entry's bytes are set; signatures of 64 bytes;
 * count is the head's. */
struct str batch_encode(struct call *c, const struct batch *batch);

/* Takes a batch apart; slices point into `bytes`. Errors: ERR_LIMIT "batch.too_large";
 * ERR_SYNTAX "batch.form"; those of entry_read and batch_head_read; ERR_SYNTAX "batch.row" for
 * entries of another direction or out of row, "batch.chain" when the chain does not come out. */
enum err batch_decode(struct call *c, struct str bytes, struct batch *ret_batch);

/* Writes an acknowledgement. Shapes: signature of 64 bytes. */
struct str ack_encode(struct call *c, struct str ack_bytes, struct str signature);
/* Takes an acknowledgement apart. Errors: ERR_SYNTAX "ack.form"; those of ack_read. */
enum err ack_decode(struct call *c, struct str bytes, struct ack *ret_ack,
                    struct str *ret_ack_bytes, struct str *ret_signature);
