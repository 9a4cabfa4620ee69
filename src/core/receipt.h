#pragma once
/*
 * receipt.h: what became of a version at an addressee. R1 (the other server holds it durably) is
 * the signed cumulative acknowledgement of the feed and needs no entry; R2 (registered by a
 * person), R3 (opened by a person) and R- (refused, by a person or set aside) are small signed
 * statements of their own, sent back as feed entries and kept for ever. R3 names office and time,
 * never the person who looked.
 *
 *     {"phoihop":1,"receipt":"R2","record":"HOME.RANDOM","n":1,"hash":"...","office":"...",
 *      "person":"...","time":"...","number":"15","reason":"","key":"..."}
 *
 * hash = SHA-256(bytes); signature = Ed25519("phoihop-receipt-v1\0" || hash).
 */
#include "core/record.h"

enum receipt_type { RECEIPT_R2 = 1, RECEIPT_REFUSED, RECEIPT_R3 };

struct receipt {
    int64_t type; /* enum receipt_type */
    struct str record;
    int64_t n;
    struct str hash;   /* hex, of the version spoken of */
    struct str office; /* who says it */
    struct str person; /* empty when the server itself refused */
    int64_t time_ms;
    struct str number; /* register number given */
    struct str reason; /* text a person wrote, or a word key */
    struct str key;
};

/* Issues a receipt for a received record's newest version to its home. Only inside store_tx. A
 * second receipt of the same type for the same version changes nothing.
 * Errors: ERR_CONFLICT "receipt.own" for a version of this office; ERR_CONFLICT
 * "receipt.files_missing" for R2 while a file of the version is not here and verified. */
enum err receipt_issue(struct call *c, const struct receipt *receipt);

/* The refusal of a version that was set aside, not stored: the server's own, or the actor's when
 * there is one. Either is given once. Only inside store_tx. */
enum err receipt_refuse(struct call *c, const struct version *v, struct str reason);

/* Writes one of our receipts with its log leaf and outgoing entry; ret_new is false when the same
 * type was already given for this version. */
enum err receipt_keep_own(struct call *c, const struct receipt *r, const struct version *v,
                          bool *ret_new);

/* Reads the bytes strictly. Errors: ERR_INVALID "receipt.form". */
enum err receipt_parse(struct call *c, struct str bytes, struct receipt *ret_receipt);

/* Takes in a receipt of another office about a record of this one, once. Shapes: arrival->bytes are
 * the receipt's; personal is unused; arrival->office is who sends it, and speaks only for itself.
 * Errors: ERR_INVALID "receipt.form",
 * "receipt.signature", "arrival.old_key", "receipt.unknown". */
enum err receipt_arrive(struct call *c, const struct arrival *arrival, struct receipt *ret_receipt);
