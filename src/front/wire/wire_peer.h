#pragma once
/*
 * wire_peer.h: the inside of the driver, for the files of this folder only: what it knows of each
 * peer, and the questions that are under way.
 *
 *     wire_driver.c   wakes, numbers, gives each peer its turn, waits for answers
 *     wire_ask.c      begins and ends a question
 *     wire_back.c     questions to peers that come for them
 *     wire_kinds.c    the kinds of questions: what is asked, and what an answer leads to
 *     wire_log.c      those about logs and ledgers
 */
#include "exchange/feed.h"
#include "exchange/fetch.h"
#include "exchange/ledger.h"
#include "exchange/log_talk.h"
#include "exchange/pull.h"
#include "exchange/sequencer.h"
#include "exchange/stamp.h"
#include "front/wire/wire_back.h"
#include "front/wire/wire_lease.h"

enum ask_kind {
    ASK_FEED,
    ASK_FETCH,
    ASK_PULL,
    ASK_BACK,
    ASK_HELLO,
    ASK_LOG,
    ASK_LEDGER,
    ASK_STAMP,
    ASK_KINDS
};


struct wire_ask;

/* One peer; gone with the process. */
struct wire_peer {
    struct wire_peer *next;
    struct str office; /* empty: the time stamp authority, which is asked for stamps only */
    bool reachable;    /* it has an address; otherwise it comes */
    bool answers;      /* it did the last time; otherwise it is asked one thing at a time */
    struct feed feed;
    struct fetch *fetch;
    int64_t fetch_ms; /* when to look for a file to ask for */
    struct pull pull;
    struct log_talk log;
    struct ledger_talk ledger;
    struct stamp stamp; /* of the time stamp authority alone */
    int64_t hello_ms;   /* when to ask how things stand */
    int64_t back_ms;    /* when to ask what the peer would like to have */
    int64_t back_failures;
    int64_t back_id; /* its question that is to be answered; 0: none */
    char back_path[BACK_PATH_BYTES];
    char back_body[BACK_BODY_BYTES];
    size_t back_body_bytes;
    struct wire_ask *asks[ASK_KINDS]; /* under way; NULL: none of that kind */
};

/* One question under way, in the arena of its call. */
struct wire_ask {
    struct wire_ask *next;
    struct wire_peer *peer;
    enum ask_kind kind;
    struct call call;
    struct wire_question question;
    bool probe;       /* the peer did not answer the last time, or never yet */
    bool brings;      /* of ASK_PULL an acknowledgement, of ASK_BACK an answer */
    bool greets;      /* of ASK_FEED: a comparison that comes first */
    bool back;        /* it waits until the peer comes for it */
    int64_t since_ms; /* when it was asked */
    int64_t until_ms; /* given up then */
};

struct wire_driver {
    struct arena *arena;
    struct wire *wire;
    const struct wire_transport *transport;
    struct sequencer sequencer;
    struct wire_lease *lease; /* NULL: no other program uses the store */
    struct arena *peers_arena;
    struct wire_peer *peers;
    struct wire_peer authority; /* of time stamps */
    struct wire_peer *first;    /* whose turn comes first when not all can be asked */
    size_t callers;             /* peers that have no address of ours */
    struct wire_ask *asks;
    size_t ask_count;
    int wake_fds[2]; /* read, write */
    bool stop;
    bool fenced; /* another program has the lease */
    bool peers_changed;
    bool news;
    int64_t turn_ms;   /* of the last turn: a clock that was set back shows */
    int64_t log_ms;    /* when the next checkpoint may be due */
    int64_t leaves_ms; /* when log leaves that nobody waits for are numbered; 0: none wait */
    int64_t look_ms;   /* when everything is looked at, whether something woke or not */
};

/* ---- wire_kinds.c ---- */

struct ask_row {
    int64_t wait_ms;
    bool parks; /* the peer lets it wait for news */
    bool any;   /* every status is an answer */
    /* When to begin; INT64_MAX: nothing to ask. Looks at memory only. */
    int64_t (*due)(const struct wire_driver *driver, const struct wire_peer *peer);
    /* Fills the question; method empty: there is none after all. */
    enum err (*fill)(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq);
    /* Takes a good answer. */
    enum err (*take)(struct wire_driver *driver, struct wire_ask *ask, struct wire_answer *answer);
    /* Notes a failure, which is cleared; errors are of our own store. */
    enum err (*fail)(struct wire_ask *ask, const struct failure *why);
};

extern const struct ask_row ASK_ROWS[ASK_KINDS];

/* ---- wire_log.c ---- */

/* Rows of the table above: another office's log, the ledgers of the feeds between both, and the
 * time stamp authority. */
int64_t wire_log_due(const struct wire_driver *driver, const struct wire_peer *peer);
enum err wire_log_fill(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq);
enum err wire_log_take(struct wire_driver *driver, struct wire_ask *ask,
                       struct wire_answer *answer);
enum err wire_log_fail(struct wire_ask *ask, const struct failure *why);
int64_t wire_ledger_due(const struct wire_driver *driver, const struct wire_peer *peer);
enum err wire_ledger_fill(struct wire_driver *driver, struct wire_ask *ask,
                          struct wire_request *rq);
enum err wire_ledger_take(struct wire_driver *driver, struct wire_ask *ask,
                          struct wire_answer *answer);
enum err wire_ledger_fail(struct wire_ask *ask, const struct failure *why);
int64_t wire_stamp_due(const struct wire_driver *driver, const struct wire_peer *peer);
enum err wire_stamp_fill(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq);
enum err wire_stamp_take(struct wire_driver *driver, struct wire_ask *ask,
                         struct wire_answer *answer);
enum err wire_stamp_fail(struct wire_ask *ask, const struct failure *why);

/* ---- wire_ask.c ---- */

/* Begins what is due, as far as there is room. Returns when to come again. */
int64_t wire_ask_turn(struct wire_driver *driver, struct wire_peer *peer);
/* Takes the answer of a question whose file is readable or whose time is over. */
void wire_ask_end(struct wire_driver *driver, struct wire_ask *ask);
/* Gives up all that is under way. */
void wire_ask_drop(struct wire_driver *driver);
