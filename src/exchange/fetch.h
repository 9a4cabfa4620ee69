#pragma once
/*
 * fetch.h: files follow their entry. A version that names files is taken in at once (R1 does not
 * wait for bytes, R2 does); what is missing stands in `wanted` and comes chunk by chunk (chunk.h),
 * one file of a peer at a time. Each chunk is verified by its path when it comes, so it does not
 * matter from whom:
 *
 *     the office that sent the version    asked first
 *     another addressee of the record     asked once the first has failed; gives it if it has it
 *     an office that nobody can call      pushes what is wanted from it: fetch_push
 *
 *     fetch_next   what to ask for now?   -> path of the question, most bytes of the answer
 *     fetch_take   the answer came        -> verified and stored; the file is complete, or goes on
 *     fetch_fail   it did not come        -> later or from somebody else, for ever
 *
 * What has come stays through cuts and crashes (part.h): at most the chunk under way comes again.
 * Who sends bytes that do not belong to the file is named in an alarm and left alone for a while.
 *
 * As feed.h: bytes and times in and out, no sockets.
 */
#include "base/call.h"

struct fetch; /* the file under way from one peer */

struct fetch_request {
    struct str root;
    int64_t index;   /* of the wanted chunk */
    struct str path; /* of the question, GET; in the call's arena */
    int64_t bytes;   /* of the answer, at most; 0: nothing to ask for */
};

/* Makes the fetching end for one peer. Owns: the caller closes it; an unfinished file goes with
 * it. */
struct fetch *fetch_open(const struct env *env, struct store *store, struct office *office,
                         struct str peer);
void fetch_close(struct fetch *fetch);

/* Says what to ask for, at the time the call began. Errors: the store's; part_open's. */
enum err fetch_next(struct call *c, struct fetch *fetch, struct fetch_request *ret_request);

/* Takes the answer to the question asked last, a frame of chunk_frame.h. Errors: ERR_PEER
 * "chunk.form" or "part.chunk" when it is not the chunk asked for: call fetch_fail; the store's;
 * part_put's and part_finish's. */
enum err fetch_take(struct call *c, struct fetch *fetch, struct str frame);

/* Notes that the chunk did not come and when to ask again. Shapes: reason is a word key without
 * "reason."; lasting: the peer has no such file for us, begin again later. */
enum err fetch_fail(struct call *c, struct fetch *fetch, const char *reason, bool lasting);

/* When to call fetch_next again; INT64_MAX when nothing is wanted. */
enum err fetch_wake(struct call *c, struct fetch *fetch, int64_t *ret_wake_ms);
/* Lists the peers that have a file for us which may be asked for now. Shapes: in the call's
 * arena. */
enum err fetch_waiting(struct call *c, struct str **ret_peers, size_t *ret_count);
/* Ends the waits that no wait can be as long as: the clock was set back since. Errors: the
 * store's. */
enum err fetch_clock_back(struct call *c);
/* The peer has called: ask again at once. */
void fetch_hurry(struct fetch *fetch, int64_t now_ms);

/* Who may have a file: an office that this record went to, from us or from its home, as long as it
 * is in the record's audience. The next four tell everybody else ERR_NOT_FOUND "blob.missing",
 * whether the file does not exist, is not here or is not for this peer. */

/* Opens a whole file. The call's arena closes ret_fd. */
enum err fetch_serve(struct call *c, struct str peer, struct str root, int *ret_fd,
                     int64_t *ret_size);
/* The frame of one chunk. Errors: ERR_CORRUPT "blob.corrupt", after an alarm. */
enum err fetch_chunk(struct call *c, struct str peer, struct str root, int64_t index,
                     struct str *ret_frame);
/* Which chunks are here: all of a file that the peer may have, or what has come of one that is
 * wanted from it. Shapes: ret_map as part_map(). Errors: ERR_BUSY "part.busy" while the file comes
 * another way. */
enum err fetch_held(struct call *c, struct str peer, struct str root, int64_t *ret_size,
                    struct str *ret_map);
/* Takes a chunk that the peer pushes, of a file that is wanted from it. Shapes: ret_next is the
 * first chunk still missing, -1 when the file is complete. Errors: as fetch_take, with an alarm;
 * ERR_BUSY "part.busy". */
enum err fetch_push(struct call *c, struct str peer, struct str root, struct str frame,
                    int64_t *ret_next);
