#pragma once
/*
 * restore.h: what an office does that finds itself restored from an old copy. Its peers hold what
 * it sent after the copy was made; until it has that back it is closed (core/closed.h): it numbers
 * and sends nothing, takes in nothing, and nobody acts. Then, peer by peer (exchange/greet.h asks):
 *
 *     OWN    the peer gives back our entries after the last one that both hold, in their very bytes
 *            and chain, with the objects as it has them. Each object is proven with our own key and
 *            put where it was (core/returned.h); files are fetched from the peer.
 *     EPOCH  both sign where the old epoch ended and that the next one opens (exchange/epoch.h).
 *            What had a number that the peer never got waits for a new one. No number is used
 *            twice.
 *
 * When that is done with every peer of the directory, the office opens. An administrator may open
 * it before (restore_go_on): a peer that comes up later is asked all the same before it is sent
 * anything, but if somebody has meanwhile written version n of a record of which that peer holds
 * another version n, both stay as they are and an alarm names it ("restore.conflict").
 *
 * A peer can make nobody close: only something that carries our own signature and that we do not
 * hold proves that we were restored. `phoihop restore` says so itself (restore_begin).
 *
 * What came from others and was lost comes again by itself: our hello shows our older cursor.
 */
#include "exchange/greet.h"

enum restore_place {
    PLACE_HERE,    /* in our present epoch, with our chain */
    PLACE_BEFORE,  /* in an earlier one: the peer was restored */
    PLACE_UNKNOWN, /* we do not know it: we were */
};

/* Where a head that the peer names stands in what we have sent it. Inside a transaction. */
enum err restore_place_of(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                          struct str chain, enum restore_place *ret_place);

/* Closes the office and marks the feed to every peer. Only inside store_tx. */
enum err restore_begin(struct call *c);
/* Opens the office although not every peer has been asked, or although another instance has
 * replaced this one, which then becomes the newest. */
enum err restore_go_on(struct call *c);

/* The question for our own entries. */
struct str restore_ask(struct call *c, const struct greet *greet);
/* A peer's answer to it: a batch of ours under a head that the peer signed; empty: nothing more.
 * Errors: those of batch_decode and statement_verify; ERR_PEER "restore.foreign" for entries of
 * another feed, out of row, or beyond what the peer said it holds, and for objects that we never
 * signed; ERR_PEER "restore.incomplete" when it cannot give what it says it holds. */
enum err restore_take(struct call *c, struct str peer, struct greet *greet, struct str answer);
/* Answers such a question. Errors: ERR_SYNTAX "greet.form". */
enum err restore_give(struct call *c, struct str peer, struct str body, struct str *ret_batch);

/* The statement that opens the next epoch at the peer's head, signed by us. */
enum err restore_open_epoch(struct call *c, struct str peer, const struct greet *greet,
                            struct str *ret_frame);
/* Takes it back with both signatures and opens the epoch here. Errors: those of epoch_decode and
 * statement_verify; ERR_PEER "epoch.head" for a statement that does not fit what we hold. */
enum err restore_reopen(struct call *c, struct str peer, struct greet *greet, struct str answer);
/* Signs a peer's statement and opens the epoch at the receiving end. The same statement again gets
 * the same answer. Errors: those of epoch_decode and statement_verify; ERR_BUSY "epoch.head",
 * "fence.older"; ERR_DENIED "inbox.peer". */
enum err restore_accept(struct call *c, struct str peer, struct str body, struct str *ret_frame);
