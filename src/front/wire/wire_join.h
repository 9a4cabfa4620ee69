#pragma once
/*
 * wire_join.h: how an invited office (core/invite.h) comes into the directory, and this one into
 * its: one question.
 *
 *     POST /x1/join  {"phoihop":1,"secret":"..","office":"..","code":"..","name":"..",
 *                     "public_key":"<64 hex>","next_key":"<64 hex>","key_n":2,
 *                     "address":"host:port"}
 *     200            the same of the office that invited, without secret and address
 *
 * Who asks sends nothing before the server's certificate shows a key with the fingerprint in the
 * code, and that key vouches for it. Who answers takes the card of the office whose certificate the
 * connection proved, and that the card's key vouches for. The door is closed, as to any stranger,
 * while no invitation is open.
 */
#include "front/wire/wire.h"

struct org_peer; /* core/org.h */

struct wire_joining {
    struct str code;    /* as it was given */
    struct str address; /* "host:port" of the office that invited */
    struct str own;     /* where it reaches this one; empty: it cannot */
};

/* Asks to be entered, and gives the card of the office that invited, with `address`. Waits for the
 * answer. Errors: ERR_SYNTAX "invite.code"; the transport's; ERR_DENIED "cert.fingerprint" when
 * another office answers; ERR_PEER "join.closed" when none is invited there, "join.refused" (arg
 * "reason", a sentence) and "join.answer". */
enum err wire_join(struct call *c, const struct wire_transport *transport,
                   const struct wire_joining *joining, struct org_peer *ret_peer);

/* Asks one question and waits for its answer. Errors: the transport's; ERR_PEER "join.answer". */
enum err wire_ask_once(struct call *c, const struct wire_transport *transport,
                       const struct wire_request *rq, struct wire_answer *ret_answer);

/* The other end. Shapes: `cert` is proven by TLS. Errors: ERR_DENIED "wire.stranger" while no
 * invitation is open, and for a card that the certificate does not fit; ERR_SYNTAX "join.form";
 * those of invite_take. */
enum err wire_join_answer(struct call *c, struct wire *wire, struct str cert, struct str body,
                          struct str *ret_json);
/* Says that a stranger may ask. From any thread. */
bool wire_join_open(struct wire *wire);
