#pragma once
/*
 * wire.h: the exchange over HTTPS. The door for other offices answers these questions, each only
 * to an office of the directory whose key vouches for its TLS certificate:
 *
 *     POST /x1/feed         a batch        -> its acknowledgement
 *     GET  /x1/blob/ROOT    a file         -> the bytes, whole or the one Range asked for
 *     GET  /x1/blob/ROOT/I  a chunk        -> its bytes with the proof (chunk_frame.h)
 *     HEAD /x1/blob/ROOT                   -> which chunks are here
 *     PUT  /x1/blob/ROOT/I  a chunk        -> which one is missing next
 *     GET  /x1/hello                       -> clock, and where both feeds stand
 *
 * The driver is one thread that sends this office's feeds and fetches its files: it wakes for what
 * the store has new, for a peer that calls, and when a wait is over. It decides nothing: feed.h and
 * fetch.h say what to send and when. The connection itself is made by whoever gives the transport.
 */
#include "front/http/http.h"

struct wire {
    struct store *store;
    struct office *office;
    const struct env *env;
    int wake_fd; /* of the driver, filled by wire_driver_open; -1: there is none */
    _Atomic bool leaves_wait; /* log leaves were written that the driver has been told of */
};

extern const struct http_handler wire_handler; /* arg: struct wire * */

/* ---- the transport ---- */

/* One question to a peer. The transport makes a TLS 1.3 connection to `address`, shows this
 * office's certificate, and sends nothing before cert_verify(certificate, office, public_key)
 * holds for the other end. */
struct wire_request {
    struct str address;    /* "host:port" */
    struct str office;     /* id of the office that must answer */
    struct str public_key; /* 32 raw bytes: the key that vouches for its certificate */
    struct str method;
    struct str path;
    struct str range; /* value of the Range header; empty: none */
    struct str body;
    int64_t answer_bytes_max;
    int64_t wait_ms; /* for everything together */
};

struct wire_answer {
    int status;
    struct str body; /* in the call's arena */
};

struct wire_transport {
    /* Blocks until the answer is complete. Errors: any with fault FAULT_PEER or ERR_IO: no answer
     * came, the question may or may not have. */
    enum err (*send)(void *self, struct call *c, const struct wire_request *rq,
                     struct wire_answer *ret_answer);
    void *self;
};

/* ---- the driver ---- */

struct wire_driver;

/* Takes the sequencer's lease and learns the peers; on a store that other programs share, the run
 * does both when the lease is free. Shapes: wire and transport outlive the driver.
 * Errors: the store's; ERR_IO "wire.pipe". Owns: the caller closes it. */
enum err wire_driver_open(struct call *c, struct wire *wire, const struct wire_transport *transport,
                          struct wire_driver **ret_driver);
/* Runs on this thread until wire_driver_stop(), or until another program has taken the lease, which
 * is ERR_STALE "sequencer.fenced". On a shared store it waits without the lease, and gives it back
 * at the end. Shapes: c is a call of this thread. */
enum err wire_driver_run(struct call *c, struct wire_driver *driver);
/* Asks the driver to end after the question under way. From any thread. */
void wire_driver_stop(const struct wire *wire);
/* Only after wire_driver_run() has returned, or when it never ran, and when no handler of this wire
 * runs any more. */
void wire_driver_close(struct wire_driver *driver);

/* For office.changed: wakes the driver when a record has changed. From any thread, never waits. */
void wire_changed(void *wire, const struct str *topics, size_t count);
