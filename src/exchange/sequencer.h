#pragma once
/*
 * sequencer.h: gives numbers to what waits. A transaction writes outbox rows and log leaves without
 * a number; the one holder of the lease numbers them afterwards. So no number can be lost in a
 * transaction that rolls back, and what is urgent overtakes everything but the small send window.
 *
 * The lease is a fencing number in the store: whoever takes it makes every earlier holder's
 * transactions fail. Two programs on one store cannot both number, whatever their clocks say.
 *
 * Where several programs share a store, each calls sequencer_stand() once every SEQUENCER_BEAT_MS.
 * The holder moves a beat in the store; the others look at it, and when it has stood still for
 * SEQUENCER_LOOKS of their looks, the holder is taken for dead. So no two clocks are compared.
 */
#include "store/store.h"

enum { SEQUENCER_BEAT_MS = 1000, SEQUENCER_LOOKS = 6 };
enum { SEQUENCER_ASK_MS = 60 * 1000 }; /* how long a full disk of a peer is believed in */

struct sequencer {
    int64_t fence; /* 0: another one has the lease */
    int64_t seen_fence;
    int64_t seen_beat;
    int64_t looks; /* without a change */
};

/* Takes the lease away from whoever held it. */
enum err sequencer_take(struct call *c, struct sequencer *ret_sequencer);
/* Keeps the lease, notices that it is gone, or takes it when it is free or its holder is dead; the
 * fence tells. Shapes: at first all zero. Errors: the store's; then a look at another holder begins
 * anew, for it could not be seen. */
enum err sequencer_stand(struct call *c, struct sequencer *sequencer);
/* Gives the lease back, if it is held, so that another one takes it at once. */
enum err sequencer_leave(struct call *c, struct sequencer *sequencer);

/* Only inside store_tx: fails when another one has taken the lease. Errors: ERR_STALE
 * "sequencer.fenced". */
enum err sequencer_check(struct call *c, const struct sequencer *sequencer);

/* Numbers rows of every peer into its send window, by priority, then id, versions of one record in
 * order; and log leaves in the order of their ids. The window is LIMIT_BATCH_ENTRIES and
 * LIMIT_BATCH_BYTES of objects, or less when the peer has said so with its acknowledgement. Does
 * nothing when nothing waits, for a peer that was not compared with in this run (greet.h), and
 * while the office is closed (core/closed.h). A row that cannot be numbered holds up its own peer
 * only, with an alarm. A peer that got numbers is noted as topic "feed:OFFICE". Errors: ERR_STALE
 * "sequencer.fenced" after another one has taken the lease. */
enum err sequencer_run(struct call *c, const struct sequencer *sequencer);
/* The same inside a transaction that runs already, without a look beforehand. */
enum err sequencer_number(struct call *c, const struct sequencer *sequencer);
