#pragma once
/*
 * feed.h: the sending end of one feed, as a state machine. What was sent and acknowledged is in the
 * store; the struct holds only what a restart may forget: when to try again. Bytes and times go in,
 * bytes and the next time to wake come out; whoever owns a socket does the rest.
 *
 *     greet_next   is something to be compared first?   (exchange/greet.h)
 *     feed_next    is something to send now?      -> the bytes of a batch
 *     feed_answer  the peer answered              -> the acknowledgement is proven and stored
 *     feed_fail    the peer did not answer        -> later, for ever
 *     feed_refuse  the peer refuses for good      -> much later, and a person is alarmed
 *     feed_wake    something new, or the peer called: try now
 *
 * A peer that nobody can reach comes itself: feed_pull gives it the bytes that feed_next would have
 * sent, and feed_answer takes the acknowledgement that it brings.
 *
 * An acknowledgement proves itself: signature, direction, epoch, and the chain at its number must
 * be ours. A chain that differs, or a number we never gave, is proof that one of the two ends
 * lost or forged something: the feed stops and a person is alarmed.
 */
#include "exchange/greet.h"
#include "exchange/sequencer.h"

enum {
    FEED_BACKOFF_MIN_MS = 1000,
    FEED_BACKOFF_MAX_MS = 5 * 60 * 1000,
    FEED_REFUSED_MS = 60 * 60 * 1000,
};

struct feed {
    struct str peer;  /* office id; stays with the owner of the feed */
    int64_t wake_ms;  /* not before; INT64_MAX: not until woken */
    int64_t failures; /* in a row */
    int64_t from_seq; /* where the peer wants us to go on; 0: after what it acknowledged */
    int64_t pause_ms; /* the peer has asked not to be called before */
    bool call;        /* the peer has no address of ours: we have to fetch what it has for us */
    struct greet greet; /* nothing is sent before it is over */
};

/* Builds the next batch and signs its head. Empty when there is nothing to send, when it is not yet
 * time, when the peer was not compared with, or when the feed is stopped. Errors: the store's;
 * ERR_IO "keeper.gone". */
enum err feed_next(struct call *c, struct feed *feed, struct str *ret_batch);

/* Builds the batch after a number for a peer that comes for it. Empty when there is nothing more
 * yet or the feed is stopped. Errors: the store's; ERR_IO "keeper.gone"; ERR_BUSY "greet.first"
 * before the comparison and while this office is closed; ERR_CONFLICT "feed.epoch" for another
 * epoch, "feed.ahead" for a number never given: a question is no proof, nothing stops. */
enum err feed_pull(struct call *c, struct str peer, int64_t epoch, int64_t after_seq,
                   struct str *ret_batch);

/* Takes the answer to a batch: bytes of an acknowledgement. After OK the window is open again, and
 * what waited has been numbered in the same transaction: ask feed_next. Shapes: sequencer is NULL
 * where another thread numbers. Errors: ERR_STALE "sequencer.fenced"; ERR_PEER "ack.peer", ERR_PEER
 * "ack.old" for one of another epoch or from before the comparison, those of ack_decode and
 * statement_verify: as good as no answer, call feed_fail; ERR_CONFLICT "feed.fork", "feed.ahead":
 * the feed has stopped. */
enum err feed_answer(struct call *c, struct feed *feed, struct str answer,
                     const struct sequencer *sequencer);

/* Notes that the peer cannot be reached or does not answer properly, and when to try again: one
 * second at first, doubled up to five minutes, half of it by chance. Shapes: reason is a word key
 * without "reason.". */
enum err feed_fail(struct call *c, struct feed *feed, const char *reason);

/* Notes that the peer refuses and will go on refusing until a person does something, here or there:
 * a stranger, a key that is not ours, a form that it does not read. Raises the alarm
 * "feed.refused" and tries again after an hour, or when the peer calls. Shapes: detail is shown to
 * people. */
enum err feed_refuse(struct call *c, struct feed *feed, struct str detail);

/* Tries at once: there is something new (only then when no failure is pending), or the peer itself
 * has called, which shows that it is up again. A pause that the peer asked for is kept. */
void feed_wake(struct feed *feed, int64_t now_ms, bool peer_called);

/* The wait before attempt number `failures` + 1, in ms. Shapes: failures > 0. */
int64_t feed_backoff_ms(struct call *c, int64_t failures);

/* Lists the peers to which something numbered is not yet acknowledged. Shapes: in the call's arena.
 */
enum err feed_waiting(struct call *c, struct str **ret_peers, size_t *ret_count);
