#pragma once
/*
 * invite.h: how two offices come to know each other in minutes. An administrator invites and gets a
 * code, once; the other office's administrator enters it there, with this office's address. The
 * code is eight groups of four letters, in lower-case base32:
 *
 *     SECRET       80 random bits; stored as a hash
 *     FINGERPRINT  80 bits of SHA-256 of this office's public key: whom the code is for knows with
 *                  it that nobody stands in between (front/wire/wire_join.h)
 *
 *     open --an office brings the secret--> used     by that office alone, as often as it asks
 *     open --its days are over--> over
 *
 * Who brings the secret is entered in the directory in the name of the person who invited. LOCAL:
 * invitations stand outside `check`; what came of them does not.
 */
#include "core/org.h"

enum { INVITE_PART_LEN = 16, INVITE_CODE_LEN = 2 * INVITE_PART_LEN };

/* The fingerprint of a public key. Shapes: 32 raw bytes; INVITE_PART_LEN letters come back. */
struct str invite_fingerprint(struct arena *arena, struct str public_key);
/* Reads a code as people write it: in groups or not, in capitals or not. Errors: ERR_SYNTAX
 * "invite.code". */
enum err invite_code_read(struct call *c, struct str code, struct str *ret_secret,
                          struct str *ret_fingerprint);

/* Invites an office; `name` is for people. Shapes: days 1 to LIMIT_INVITE_DAYS; the login is an
 * administrator's. Errors: ERR_NOT_FOUND "login.unknown"; ERR_LIMIT "invite.many";
 * ERR_DENIED "invite.admin". */
struct invite_order {
    struct str login;
    struct str name;
    int64_t days;
};
enum err invite_make(struct call *c, const struct invite_order *order, struct str *ret_code);

/* Until when the door stands open for a stranger; 0: it does not. Inside a read. */
enum err invite_open_until(struct call *c, int64_t *ret_until_ms);

/* Takes the office that brings the secret into the directory; the same office with the same key may
 * come again. Opens its own transaction. Shapes: the office has proven the key of its card.
 * Errors: ERR_BUSY "invite.locked" after too many wrong ones; ERR_DENIED "invite.wrong" for a
 * secret that was never given, is used or over; those of the act office.add_peer. */
enum err invite_take(struct call *c, struct str secret, const struct org_peer *card);

/* Invitations, the newest first, as rows {name, by, made, until, state, and when it was used: used,
 * office, code, office_name, public_key, address}. Inside a read. */
enum err invite_list(struct call *c, struct node *list);
