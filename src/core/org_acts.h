#pragma once
/* org_acts.h: what the administrator does by hand. */
#include "core/org.h"

extern const struct act ORG_ACTS[];
enum { ORG_ACTS_COUNT = 9 };

/* Enters an office in the directory, as the act office.add_peer does. Only inside store_tx.
 * Errors: ERR_CONFLICT "office.peer_self", "office.peer_known"; keys of another form. */
enum err org_peer_add(struct call *c, const struct org_peer *peer, struct act_result *ret_result);
