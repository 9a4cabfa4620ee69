#pragma once
/*
 * greet.h: before an office sends a peer anything, and again when it has failed twice in a row,
 * both compare what they remember of the feeds between them. So an office that was restored from an
 * old copy finds out from its peers, and of two instances of one office the older one hears that it
 * is.
 *
 *     greet_next     what is to be asked first?       -> kind and bytes; nothing: feed_next may go
 *     greet_answer   the peer answered                -> compared, or the next question
 *     greet_receive  a peer asks                      -> the bytes of the answer
 *
 * HELLO tells epoch, number and chain of both feeds, and which start of either program is known.
 *
 *     the peer holds what we remember, or less      the feed goes on after that
 *     it acknowledged less than we have sent        it was restored: entries go again from there
 *     it holds more, or another chain               we were restored: OWN, EPOCH (restore.h)
 *
 * Every start of an office has a fencing number and a random name, its run (`instance`). A peer
 * remembers the greatest number and the run it belongs to, and refuses every other run whose number
 * is not greater. A run that a peer does not know yet takes a greater number than the peer's; a run
 * that this peer knew and that is now refused has been replaced: the office closes
 * (CLOSED_SUPERSEDED) until an administrator says go on. So of two copies of one folder the one
 * that starts later goes on, and never do both.
 */
#include "base/call.h"

enum { GREET_LOOK_MS = 1000 }; /* how often a closed office looks whether it is open again */

enum greet_kind { GREET_NOTHING, GREET_HELLO, GREET_OWN, GREET_EPOCH, GREET_KINDS };

/* Where the conversation with one peer stands; zero at first. A restart may forget it. */
struct greet {
    enum greet_kind step; /* the next question; GREET_NOTHING at first means HELLO, too */
    bool done;
    bool waited; /* the office was closed meanwhile */
    bool shared; /* our entry at epoch.seq is known to be the peer's, too */
    int64_t epoch;
    int64_t seq; /* what is asked back comes after this entry of ours */
    int64_t head_epoch;
    int64_t head_seq; /* what the peer holds from us */
    char head_chain[64];
};

struct greet_request {
    enum greet_kind kind; /* GREET_NOTHING: nothing to ask */
    struct str body;
};

struct feed; /* exchange/feed.h */

/* The path that a question is posted to. */
struct str greet_path(enum greet_kind kind);

/* Says what to ask the feed's peer now. Nothing when it is not yet time (feed->wake_ms), when all
 * has been compared, or when this office is not to speak. Errors: the store's, the signer's. */
enum err greet_next(struct call *c, struct feed *feed, struct greet_request *ret_request);

/* Takes the answer to the question that greet_next gave last. Any failure is as good as no answer:
 * call feed_fail. Errors: ERR_SYNTAX "greet.form"; ERR_BUSY "fence.older": we are, or the peer's
 * end is, an instance that was replaced; those of restore_take and restore_reopen. */
enum err greet_answer(struct call *c, struct feed *feed, struct str answer);

/* Answers a peer's question. Shapes: `from` is proven by the transport. Errors: as greet_answer;
 * ERR_BUSY "epoch.head" when the new epoch does not begin where we stand. */
enum err greet_receive(struct call *c, struct str from, enum greet_kind kind, struct str body,
                       struct str *ret_answer);
