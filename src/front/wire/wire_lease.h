#pragma once
/*
 * wire_lease.h: on a store that several programs share, a thread that holds the sequencer's lease
 * or waits for it. It has nothing else to do, so a peer that answers slowly costs nobody the lease.
 */
#include "front/wire/wire.h"

struct wire_lease;

/* Starts the thread. It wakes the driver when the lease comes or goes. Shapes: the wire outlives it
 * and its wake_fd is set. Errors: ERR_IO "wire.pipe". Owns: the caller closes it. */
enum err wire_lease_open(struct call *c, const struct wire *wire, struct wire_lease **ret_lease);
/* The fence that is held now; 0: another program has the lease. From any thread. */
int64_t wire_lease_fence(const struct wire_lease *lease);
/* Gives the lease back and ends the thread. NULL is allowed. */
void wire_lease_close(struct wire_lease *lease);
