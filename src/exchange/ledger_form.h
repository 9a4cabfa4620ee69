#pragma once
/*
 * ledger_form.h: what one end of a feed states of a part of it, as signed bytes: how the two
 * ledgers of a pair of offices are compared, like those of two banks. The sender states what it
 * sent, the receiver what it took, entry by entry.
 *
 *     frame = "phoihop" 0x01 "L", u32 length, JSON, 64 bytes signature (PURPOSE_LEDGER),
 *             a line for each entry from `first` to `last`: state byte, 32 bytes hash
 *     JSON  = {"phoihop":1,"from":"..","to":"..","side":"sent","epoch":1,"first":1,"last":40,
 *              "held":38,"aside":1,"missing":1,"unknown":0,"lines":"<64 hex>","time":"..",
 *              "key":"<16 hex>"}
 *
 * `lines` is SHA-256 of the lines, so that the signature covers them. Knows no store, socket, clock
 * or randomness.
 */
#include "exchange/entry.h"

enum ledger_side {
    LEDGER_SENT = 1, /* who speaks is the sender of the feed */
    LEDGER_TOOK,
};

enum ledger_state {
    LEDGER_MISSING, /* the entry or its object is not here; the hash is zero */
    LEDGER_HELD,    /* its object is here; the hash is that of what is here */
    LEDGER_ASIDE,   /* the receiver has set it aside */
    LEDGER_UNKNOWN, /* from before entries were kept, or passed over because a later one was here */
    LEDGER_STATES
};

enum { LEDGER_LINE_BYTES = 1 + CHAIN_BYTES, LEDGER_HEAD_BYTES_MAX = 1024 };

struct ledger_line {
    uint8_t state; /* enum ledger_state */
    uint8_t hash[CHAIN_BYTES];
};
static_assert(sizeof(struct ledger_line) == LEDGER_LINE_BYTES);

struct ledger_statement {
    int64_t format;
    struct str from;
    struct str to;
    int64_t side; /* enum ledger_side */
    int64_t epoch;
    int64_t first;
    int64_t last; /* at most LIMIT_LEDGER_LINES in all */
    int64_t counts[LEDGER_STATES];
    struct str lines_hash; /* hex */
    int64_t time_ms;
    struct str key;
};

struct ledger_frame {
    struct ledger_statement statement;
    struct str bytes; /* of the JSON: what is signed */
    struct str signature;
    const struct ledger_line *lines;
    size_t count; /* of lines */
};

/* What two lines about one entry say. */
enum ledger_verdict {
    LEDGER_AGREES,
    LEDGER_SET_ASIDE, /* the receiver could not take it in: known, no alarm */
    LEDGER_NOT_TAKEN, /* the receiver acknowledged it and does not hold it */
    LEDGER_NOT_SENT,  /* the sender no longer holds what it sent */
    LEDGER_ANOTHER,   /* the two hold different objects */
    LEDGER_VERDICTS
};

/* Counts and hash of the lines, and the JSON of it all. Shapes: the other members are set. */
struct str ledger_write(struct call *c, struct ledger_statement *statement,
                        const struct ledger_line *lines);
/* Writes a frame; without lines it is what is kept as evidence. */
struct str ledger_encode(struct call *c, const struct ledger_frame *frame, bool with_lines);
/* Takes a frame apart; lines point into `bytes`. Errors: ERR_SYNTAX "ledger.form", also for counts
 * or a hash that are not those of the lines; those of fields_read. */
enum err ledger_decode(struct call *c, struct str bytes, struct ledger_frame *ret_frame);
/* Compares the sender's line with the receiver's. */
enum ledger_verdict ledger_compare(const struct ledger_line *sent, const struct ledger_line *took);
