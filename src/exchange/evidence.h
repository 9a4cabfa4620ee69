#pragma once
/*
 * evidence.h: everything signed that this office holds about a record, one JSON line each, in the
 * form that tools/verify.py reads:
 *
 *     {"purpose":"phoihop-version-v1","bytes":base64,"hash":hex,"sig":base64,"public_key":hex,
 *      "personal":[{"path":"..","salt":hex,"value":".."}]}
 *     {"purpose":"phoihop-receipt-v1", ...}            R2, R3, R- of the offices that hold it
 *     {"purpose":"phoihop-ack-v1", ..., "prev":hex, "entries":[base64, ...]}
 *     {"purpose":"tlog-proof","bytes":base64,"object":hex,"public_key":hex,
 *      "witnesses":{OFFICE:hex, ...}}
 *
 * The third is R1: an acknowledgement covers all entries up to its number, so the entries from the
 * record's own to that number stand beside it, and the chain before them. Of other records they
 * tell ids, hashes and sizes, nothing else. The last shows that this office's log holds a version
 * or receipt, below a checkpoint that the witnesses cosigned. Erased personal values are not there.
 */
#include "core/record.h"

struct evidence {
    struct str objects; /* the lines */
    struct file_ref *files;
    size_t file_count; /* named by any version; whether they are here is the blob store's to say */
    struct str *offices; /* ids of this office and of those who signed something, once each */
    size_t office_count;
};

/* Gathers the evidence of one record. Errors: ERR_NOT_FOUND "record.not_found"; ERR_LIMIT
 * "evidence.too_large" beyond LIMIT_EVIDENCE_BYTES or LIMIT_EVIDENCE_OBJECTS. */
enum err evidence_collect(struct call *c, struct str record, struct evidence *ret_evidence);
