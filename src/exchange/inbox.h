#pragma once
/*
 * inbox.h: the receiving end of all feeds. A batch is taken in by one transaction and acknowledged
 * only when that is durable:
 *
 *     cursor + 1     taken in: verified, stored, projected; or set aside with a signed refusal
 *     up to cursor   a repeat: the stored acknowledgement again, byte for byte
 *     beyond         a gap: the acknowledgement of where we are, from which the sender goes on
 *
 * An entry that cannot be taken in is set aside whole (`quarantine`), its home is told by a signed
 * refusal with a reason, and the feed moves on: one bad entry never stops the good ones behind it.
 * Only what is our own fault (disk full, keeper gone) fails the batch, which then comes again.
 *
 * A chain that does not continue what we hold is proof of a fork; nothing is taken in, the stored
 * acknowledgement goes back as evidence, and a person is alarmed on both sides.
 *
 * Every entry is kept as it came (`feed_taken`): an office that was restored from an old copy gets
 * back from its peers what it had sent, exchange/restore.h.
 */
#include "base/call.h"

struct batch_entry; /* exchange/batch.h */
struct peer;        /* core/office.h */

/* Takes in a batch from an authenticated peer. Shapes: `from` is the office id that the transport
 * proved; ret_ack is the frame that goes back. Errors: those of batch_decode; ERR_DENIED
 * "inbox.peer" for a batch of another office or to another office; those of statement_verify;
 * ERR_BUSY "fence.older" from an instance that a newer one has replaced; ERR_BUSY while this
 * office is closed, core/closed.h; our own: the store's, ERR_IO "keeper.gone". */
enum err inbox_receive(struct call *c, struct str from, struct str bytes, struct str *ret_ack);

/* Takes in one entry of the peer, wholly or not at all: what it wrote is undone when it fails. For
 * a batch, and for another try of what was set aside (oversight.h). Shapes: `key_place` is the
 * sender's oldest key that counts at this place of the feed (cursor_row); an entry that changes the
 * key moves it. Only inside store_tx. Errors: those for which an entry is set aside. */
enum err inbox_entry(struct call *c, const struct batch_entry *entry, const struct peer *peer,
                     int64_t *key_place);
