#pragma once
/*
 * epoch.h: the statement that opens a new epoch of a feed after a restore, as bytes. The sender
 * says where the last epoch ended, the receiver signs the same bytes: both agree on the last common
 * head, and no number of the old epoch is ever used again.
 *
 *     {"phoihop":1,"from":"..","to":"..","epoch":1795600000,"last_epoch":1,"last_seq":9,
 *      "last_chain":"<H9>",
 *      "fence":4,"run":"..","time":"..","key":"<16 hex>"}
 *
 *     frame = "phoihop" 0x01 "E", u32 length, JSON, 64 bytes signature of the sender,
 *             64 bytes signature of the receiver (zeros while it asks for it)
 *
 * Both sign under PURPOSE_EPOCH. Knows no store, socket, clock or randomness.
 */
#include "exchange/entry.h"

struct epoch_open {
    int64_t format;
    struct str from;
    struct str to;
    int64_t epoch; /* the new one: the second it was made in, or one more than the last */
    int64_t last_epoch;
    int64_t last_seq;      /* 0: nothing was sent in it */
    struct str last_chain; /* hex, after that entry */
    int64_t fence;         /* of the instance that asks */
    struct str run;
    int64_t time_ms;
    struct str key; /* the sender's */
};

struct epoch_frame {
    struct epoch_open open;
    struct str bytes;     /* of the JSON: what both sign */
    struct str signature; /* 64 bytes each */
    struct str countersignature;
};

/* The bytes that both sign. Owns: the call's arena. */
struct str epoch_write(struct call *c, const struct epoch_open *open);
/* Writes a frame. Shapes: bytes and signature are set; an empty countersignature becomes zeros. */
struct str epoch_encode(struct call *c, const struct epoch_frame *frame);
/* Takes a frame apart. Errors: ERR_SYNTAX "epoch.form"; those of fields_read. */
enum err epoch_decode(struct call *c, struct str bytes, struct epoch_frame *ret_frame);
