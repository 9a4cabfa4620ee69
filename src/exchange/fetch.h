#pragma once
/*
 * fetch.h: files follow their entry. A version that names files is taken in at once (R1 does not
 * wait for bytes, R2 does); what is missing stands in `wanted` and is fetched from the office that
 * sent the version, chunk by chunk, one file of a peer at a time. A failure in the middle goes on
 * at the same chunk. The Merkle root is compared before the file gets its name in the store.
 *
 *     fetch_next   what to ask for now?   -> root, offset, bytes
 *     fetch_take   the chunk came         -> stored; the file is complete, or more is to be asked
 *     fetch_fail   it did not come        -> later, for ever
 *
 * As feed.h: bytes and times in and out, no sockets.
 */
#include "base/call.h"

struct fetch; /* the file under way from one peer */

struct fetch_request {
    struct str root;
    int64_t offset; /* a multiple of CHUNK_BYTES */
    int64_t bytes;  /* of the wanted piece; 0: nothing to ask for */
};

/* Makes the fetching end for one peer. Owns: the caller closes it; an unfinished file goes with
 * it. */
struct fetch *fetch_open(const struct env *env, struct store *store, struct office *office,
                         struct str peer);
void fetch_close(struct fetch *fetch);

/* Says what to ask for, at the time the call began. Errors: the store's, blob_create's. */
enum err fetch_next(struct call *c, struct fetch *fetch, struct fetch_request *ret_request);

/* Takes the piece asked for last. Errors: ERR_PEER "fetch.piece" for another length, "fetch.root"
 * when the whole file is not the one named: call fetch_fail; the store's; blob_write's. */
enum err fetch_take(struct call *c, struct fetch *fetch, struct str piece);

/* Notes that the piece did not come and when to ask again. Shapes: reason is a word key without
 * "reason."; lasting: the peer has no such file for us, begin again later. */
enum err fetch_fail(struct call *c, struct fetch *fetch, const char *reason, bool lasting);

/* When to call fetch_next again; INT64_MAX when nothing is wanted. */
enum err fetch_wake(struct call *c, struct fetch *fetch, int64_t *ret_wake_ms);
/* The peer has called: ask again at once. */
void fetch_hurry(struct fetch *fetch, int64_t now_ms);

/* Opens a file for a peer that asks: only when a version sent to it names the file and the peer is
 * still in the record's audience. The call's arena closes ret_fd. Errors: ERR_NOT_FOUND
 * "blob.missing", whether the file does not exist or is not for this peer. */
enum err fetch_serve(struct call *c, struct str peer, struct str root, int *ret_fd,
                     int64_t *ret_size);
