#pragma once
/*
 * log_talk.h: what logs say to each other, as a state machine without sockets. For one peer at a
 * time:
 *
 *     log_next     is there something to ask?    -> method, path, body
 *     log_answer   the peer answered             -> a cosignature is kept, a claim is settled
 *     log_fail     it did not                    -> later, for ever
 *     log_serve    a peer asks us                -> status and body
 *
 * Asked are: a witness, to cosign our newest checkpoint; the owner of a log of which somebody
 * claims another head than we know, to show how its log went on since, or that what is claimed is
 * a part of it; a witness that knows more of our own log than we do, to show what it has seen.
 * What an owner cannot prove is an alarm.
 */
#include "exchange/log.h"
#include "exchange/witness.h"

enum { LOG_ANSWER_BYTES_MAX = 16 * 1024 };

enum log_step { LOG_IDLE, LOG_SUBMIT, LOG_SHOWN, LOG_SINCE, LOG_PROVE };

/* The talk with one peer; gone with the process. */
struct log_talk {
    struct str peer;  /* office id; stays with the owner of the struct */
    int64_t wake_ms;  /* not before */
    int64_t failures; /* in a row */
    enum log_step step;
    int64_t old_size; /* that the witness says it holds of our log */
    bool old_told;    /* it has said so */
    bool show;        /* it knows another log of ours than we do: look at it */
    /* what the question under way is about; when that has moved on meanwhile, it is asked anew */
    struct tree_head asked; /* our newest head, or the newest seen of the peer's log */
    struct tree_head claim;
    bool ranked;
    bool witness; /* one of the LOG_WITNESSES; known when ranked */
};

struct log_ask {
    struct str method; /* empty: nothing to ask */
    struct str path;
    struct str body;
};

/* Says what to ask the peer, at the time the call began. */
enum err log_next(struct call *c, struct log_talk *talk, struct log_ask *ret_ask);
/* Takes the answer to the question asked last. Errors: ERR_PEER "log.answer" for one that makes no
 * sense: call log_fail; the store's. */
enum err log_answer(struct call *c, struct log_talk *talk, int status, struct str body);
/* Notes that no answer came, and when to ask again: as feed_fail. */
void log_fail(struct call *c, struct log_talk *talk);

/* Answers GET /x1/log/... and everything below /x1/witness/. Shapes: `from` is the office that
 * asks, proven. Errors: the store's; ERR_NOT_FOUND "log.none". */
enum err log_serve(struct call *c, struct str from, const struct log_ask *ask,
                   struct log_reply *ret_reply);
