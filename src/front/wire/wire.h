#pragma once
/*
 * wire.h: the exchange over HTTPS. The door for other offices answers these questions, each only to
 * an office of the directory whose key vouches for its TLS certificate:
 *
 *     POST /x1/feed                    a batch             -> its acknowledgement
 *     GET  /x1/feed?after=E.S&wait=W                       -> what would be posted, or 204
 *     POST /x1/ack                     an acknowledgement  -> 204
 *     GET  /x1/blob/ROOT               a file              -> the bytes, whole or one Range
 *     GET  /x1/blob/ROOT/I             a chunk             -> its bytes, proven (chunk_frame.h)
 *     HEAD /x1/blob/ROOT                                   -> which chunks are here
 *     PUT  /x1/blob/ROOT/I             a chunk             -> which one is missing next
 *     GET  /x1/hello                                       -> clock, and where both feeds stand
 *     POST /x1/hello                   the same            -> the same: exchange/greet.h
 *     POST /x1/own                     a place             -> entries of the asker's own after it
 *     POST /x1/epoch                   a statement         -> it with both signatures
 *     GET  /x1/back?wait=W                                 -> what this office asks, or 204
 *     POST /x1/back/ID?status=S        the answer to that  -> 204
 *     GET  /x1/log/...                 (log_talk.h)        -> checkpoint, tiles, proofs
 *     POST /x1/witness/add-checkpoint  a checkpoint        -> this office's cosignature
 *     POST /x1/ledger                  what a peer has     -> what this office has (ledger.h)
 *     POST /x1/join                    a card, a secret    -> a card; by an invited office, which
 *                                                             is none of the directory: wire_join.h
 *
 * The driver is one thread that sends this office's feeds, fetches its files, and fetches the feeds
 * of those that have no address of this office. It wakes for what the store has new, for a peer
 * that calls, for an answer, and when a wait is over. Questions to many peers are under way at one
 * time, so a peer that says nothing holds up nobody else. It decides nothing: feed.h, pull.h and
 * fetch.h say what to ask and when. The connections are made by whoever gives the transport.
 */
#include "front/http/http.h"

#include <pthread.h>

/* The directory as the loop thread may look at it: before a body is read, not after. */
struct wire_known {
    pthread_mutex_t lock; /* begins as zeros */
    struct arena *arena;  /* of the rest; NULL: nobody is known */
    struct wire_key *keys;
    size_t count;
    int64_t join_until_ms; /* an invited office may come until then; 0: none is invited */
};

/* Questions to peers that come themselves: wire_back.h. */
struct wire_back {
    pthread_mutex_t lock; /* begins as zeros */
    struct back_slot *slots;
};

struct wire {
    struct store *store;
    struct office *office;
    const struct env *env;
    struct http_server *http; /* where questions wait for news; NULL: they do not wait */
    int wake_fd;              /* of the driver, filled by wire_driver_open; -1: there is none */
    const struct stamp_authority *authority; /* of time stamps; NULL: there is none */
    _Atomic bool leaves_wait; /* log leaves were written that the driver has been told of */
    struct wire_known known;
    struct wire_back back;
};

/* Learns whose bodies may be read, at the start and after each change of the directory, which the
 * driver does. Errors: the store's. */
enum err wire_learn(struct call *c, struct wire *wire);
/* Forgets them: only when no handler of this wire runs any more. */
void wire_forget(struct wire *wire);
/* Believes the statements inside a certificate by a later key of the office, when they lead on from
 * the key that is known; clears the call's failure then. False when they do not. */
bool wire_meet(struct call *c, struct str office, struct str cert);
/* Says that an office of the directory vouches for the certificate, with its present key or with
 * one to which the certificate leads. From any thread. */
bool wire_knows(struct wire *wire, struct str peer_cert);

extern const struct http_handler wire_handler; /* arg: struct wire * */

/* ---- the transport ---- */

/* One question to a peer. The transport makes a TLS 1.3 connection to `address`, shows this
 * office's certificate, and sends nothing before cert_verify(certificate, office, public_key)
 * holds for the other end. */
struct wire_request {
    struct str address;    /* "host:port"; of a time stamp authority its URL */
    struct str office;     /* id of the office that must answer; empty: a time stamp authority, to
                            * whom no certificate is shown and whose answer proves itself */
    struct str public_key; /* 32 raw bytes: the key that vouches for its certificate */
    struct str fingerprint; /* in place of both, of an office that is not known yet: cert_meet */
    struct str method;
    struct str path;
    struct str body;
    int64_t answer_bytes_max;
    int64_t wait_ms;   /* for everything together */
    int64_t silent_ms; /* how long the peer may say nothing; 0: the transport's own patience */
};

struct wire_answer {
    int status;      /* 0: none came, the other end showed a certificate by another key: the body */
    struct str body; /* in the call's arena */
};

/* One question under way. It lies in the arena of its call, and ends with it. */
struct wire_question {
    int fd; /* readable when the answer is there, or will never come */
    int answer_fd;
    int64_t answer_bytes_max;
};

struct wire_transport {
    /* Sends a question and does not wait. Shapes: any number may be under way, each with a call of
     * its own. Errors: ERR_IO; ERR_PEER for a question that cannot be sent. */
    enum err (*begin)(void *self, struct call *c, const struct wire_request *rq,
                      struct wire_question *ret_question);
    /* Takes the answer, without waiting. Errors: any with fault FAULT_PEER or ERR_IO: no answer
     * came, the question may or may not have. */
    enum err (*end)(void *self, struct call *c, const struct wire_question *question,
                    struct wire_answer *ret_answer);
    void *self;
};

/* ---- the driver ---- */

struct wire_driver;

/* Takes the sequencer's lease and learns the peers; on a store that other programs share, it waits
 * for the lease from now on and the run learns the peers once it is held. Shapes: wire and
 * transport outlive the driver. Errors: the store's; ERR_IO "wire.pipe". Owns: the caller closes
 * it. */
enum err wire_driver_open(struct call *c, struct wire *wire, const struct wire_transport *transport,
                          struct wire_driver **ret_driver);
/* Runs on this thread until wire_driver_stop(), or until another program has taken the lease, which
 * is ERR_STALE "sequencer.fenced". On a shared store it waits without the lease; the closing gives
 * it back. Shapes: c is a call of this thread. */
enum err wire_driver_run(struct call *c, struct wire_driver *driver);
/* Asks the driver to end; what is under way is given up. From any thread. */
void wire_driver_stop(const struct wire *wire);
/* Only after wire_driver_run() has returned, or when it never ran, and when no handler of this wire
 * runs any more. */
void wire_driver_close(struct wire_driver *driver);

/* For office.changed: wakes the driver when a record has changed. From any thread, never waits. */
void wire_changed(void *wire, const struct str *topics, size_t count);
