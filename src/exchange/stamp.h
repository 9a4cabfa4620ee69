#pragma once
/*
 * stamp.h: time stamps of an authority (RFC 3161) on the heads of this office's log, where one is
 * configured (office.ini, [timestamp]). One stamp an hour dates everything below the head. As
 * feed.h: bytes and times in and out, no sockets.
 *
 *     stamp_next     is a head to be stamped?   -> bytes of a query
 *     stamp_answer   the authority answered     -> verified and stored
 *     stamp_fail     it did not                 -> later, for ever
 *
 * What is stamped is SHA-256 of the checkpoint's three lines. A missing stamp is a debt and nothing
 * more. Source: RFC 3161.
 */
#include "base/call.h"

enum { STAMP_EVERY_MS = 60 * 60 * 1000, STAMP_ANSWER_BYTES_MAX = 64 * 1024, STAMP_NONCE_BYTES = 8 };

struct stamp_authority {
    struct str url;          /* http:// or https:// */
    struct str certificates; /* PEM of those who vouch for its certificate */
};

struct stamp {
    int64_t wake_ms;
    int64_t failures;
    int64_t size; /* of the head under way */
    uint8_t nonce[STAMP_NONCE_BYTES];
};

/* The query for what is due; empty when nothing is. */
enum err stamp_next(struct call *c, struct stamp *stamp, struct str *ret_query);
/* Takes the answer. Errors: ERR_PEER "stamp.answer" when it does not hold: call stamp_fail; the
 * store's. */
enum err stamp_answer(struct call *c, struct stamp *stamp, const struct stamp_authority *authority,
                      struct str answer);
/* Notes that no answer came, and when to ask again. */
void stamp_fail(struct call *c, struct stamp *stamp);

/* Whether an answer dates the text, and when. Shapes: nonce NULL: any, for stored answers. */
bool stamp_holds(struct call *c, const struct stamp_authority *authority, struct str text,
                 const uint8_t *nonce, struct str answer, int64_t *ret_time_ms);
/* The stored answer for the first stamped head of at least that size; empty when there is none.
 * Inside a read. */
enum err log_stamp_find(struct call *c, int64_t size, struct str *ret_answer);
