#pragma once
/*
 * returned.h: what this office once signed and sent, lost by a restore and given back by a peer. It
 * is put where it was: the very bytes and the signature, proven with this office's own key. Nothing
 * is signed anew, and what was lost for good is noted, so that `check` knows the hole.
 */
#include "core/receipt.h"

/* Puts back a version of a record of this office, with rows for its other addressees. The same
 * again changes nothing; versions may come in any order. ret_new says that it was missing. Only
 * inside store_tx. Errors: ERR_INVALID "arrival.signature", "arrival.home", "arrival.kind",
 * "arrival.body", "arrival.secret" and those of version_parse: it is not ours; ERR_CONFLICT
 * "restore.conflict": this office has signed another version n since. */
enum err record_return(struct call *c, const struct arrival *arrival, enum priority priority,
                       struct version *ret_version, bool *ret_new);

/* Puts back a receipt that this office gave; its register number is not given again. Only inside
 * store_tx. Errors: ERR_INVALID "receipt.form", "receipt.signature". */
enum err receipt_return(struct call *c, const struct arrival *arrival, struct receipt *ret_receipt,
                        bool *ret_new);

/* The highest register number of the year that a peer knows from us although our own register has
 * lost it; 0: none. And the number and year under which this office registered the record, as its
 * receipt says; 0: none. Inside a transaction. */
enum err returned_number_floor(struct call *c, int64_t year, int64_t *ret_number);
enum err returned_number_of(struct call *c, struct str record, int64_t *ret_number,
                            int64_t *ret_year);
