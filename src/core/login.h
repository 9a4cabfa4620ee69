#pragma once
/* login.h: passwords; the rest of logins is in office.h. */
#include "core/office.h"

/* Hashes a password with argon2id (19 MiB, 2 passes). Slow on purpose: never inside a transaction.
 * Errors: ERR_INVALID "login.password_short", "login.password_long". */
enum err password_hash(struct call *c, struct str password, struct str *ret_hash);

/* Makes the person the call's actor, with the roles the newest version gives.
 * Errors: ERR_LOGIN "login.gone" when the person has left. */
enum err actor_load(struct call *c, struct str person);
