#pragma once
/*
 * pull.h: the receiving end for a peer that cannot send, because it has no address of this office.
 * This office asks, the peer holds the question until it has something, and its answer is the very
 * batch that it would have sent. The acknowledgement is brought by a question of its own; the
 * newest one is brought at the start too, for it may have been lost.
 *
 *     pull_next    what to ask now?           -> an acknowledgement to bring, or a number
 *     pull_told    the peer has the acknowledgement
 *     pull_take    a batch came               -> taken in as by inbox.h
 *     pull_none    nothing came in all that time: ask again
 *     pull_fail    no answer                  -> later, for ever
 *
 * As feed.h: bytes and times in and out, no sockets.
 */
#include "base/call.h"

struct pull {
    struct str peer;  /* office id; stays with the owner */
    int64_t wake_ms;  /* not before */
    int64_t failures; /* in a row */
    bool told;        /* the peer has our newest acknowledgement */
};

struct pull_request {
    bool any;       /* false: it is not yet time */
    struct str ack; /* to bring; empty: ask for what comes after */
    int64_t epoch;
    int64_t seq;
};

/* Says what to ask, at the time the call began. Errors: the store's. */
enum err pull_next(struct call *c, struct pull *pull, struct pull_request *ret_request);
/* The peer has taken the acknowledgement. */
void pull_told(struct call *c, struct pull *pull);
/* Takes in a batch. Errors: those of inbox_receive; ERR_PEER "pull.still" for a batch that brings
 * nothing new. Then call pull_fail, unless the fault is ours: the batch comes again. */
enum err pull_take(struct call *c, struct pull *pull, struct str batch);
/* The peer had nothing. Shapes: asked_ms is when it was asked; a peer that says so at once is not
 * asked again at once. */
void pull_none(struct call *c, struct pull *pull, int64_t asked_ms);
/* Waits as feed_fail does, or as feed_refuse when the refusal is lasting. */
void pull_fail(struct call *c, struct pull *pull, bool lasting);
/* The peer has called: ask again at once. */
void pull_hurry(struct pull *pull, int64_t now_ms);
