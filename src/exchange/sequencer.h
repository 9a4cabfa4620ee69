#pragma once
/*
 * sequencer.h: gives numbers to what waits. A transaction writes outbox rows and log leaves without
 * a number; the one holder of the lease numbers them afterwards. So no number can be lost in a
 * transaction that rolls back, and what is urgent overtakes everything but the small send window.
 *
 * The lease is a fencing number in the store: whoever takes it makes every earlier holder's
 * transactions fail. Two programs started by mistake on one store cannot both number.
 */
#include "store/store.h"

struct sequencer {
    int64_t fence;
};

/* Takes the lease away from whoever held it. */
enum err sequencer_take(struct call *c, struct sequencer *ret_sequencer);

/* Numbers rows of every peer into its send window (LIMIT_BATCH_ENTRIES, LIMIT_BATCH_BYTES of
 * objects), by priority, then id, versions of one record in order; and log leaves in the order of
 * their ids. Does nothing when nothing waits. A row that cannot be numbered holds up its own peer
 * only, with an alarm. Errors: ERR_STALE "sequencer.fenced" after another one has taken the lease.
 */
enum err sequencer_run(struct call *c, const struct sequencer *sequencer);
