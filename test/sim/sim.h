#pragma once
/*
 * sim.h: offices that exchange records in one process, one thread, from one seed. The production
 * state machines (sequencer, feed, inbox, fetch) and the production store run on a clock that only
 * the simulator moves, over a network that loses, repeats, delays, reorders and cuts, on machines
 * that lose power before and after every commit. The first office has no address: it sends its own
 * and fetches what is for it. Disks fill up and become free again. In some runs offices are started
 * from old copies of their stores; in the others they go on with another key now and then. Records
 * pass from one home to another. The same seed gives the same trace, byte for byte.
 *
 *     safety     acts and faults for two minutes of simulated time; promises are watched throughout
 *     heal       no new acts, no new faults, every office up
 *     liveness   until all queues are empty, at most SIM_LIVENESS_MS
 *     check      every version is at every addressee once or visibly refused, every receipt is
 *                home, the ledgers of each pair agree, and a lie about one entry is noticed
 */
#include "exchange/feed.h"
#include "exchange/fetch.h"
#include "exchange/log_talk.h"
#include "exchange/pull.h"
#include "exchange/sequencer.h"
#include "sim/world.h"

#include <sodium.h>

enum {
    SIM_TICK_MS = 50,
    SIM_SAFETY_MS = 120 * 1000,
    SIM_LIVENESS_MS = 60 * 60 * 1000,
    SIM_TIMEOUT_MS = 3000,   /* of one question */
    SIM_PULL_MS = 10 * 1000, /* the longest that a question waits for news */
    SIM_CALLERS = 1,         /* offices without an address */
    SIM_MESSAGES_MAX = 4096, /* under way at one time */
    SIM_SEEN = 1 << 16,      /* a power of two */
};

/* A place in a feed: epochs count first. */
#define SIM_PLACE(epoch, seq) ((epoch) * INT64_C(1000000000) + (seq))

enum message_kind {
    MESSAGE_BATCH,
    MESSAGE_ACK,
    MESSAGE_ASK,
    MESSAGE_PIECE,
    MESSAGE_PULL,    /* what comes after a number? */
    MESSAGE_PULLED,  /* a batch; empty: nothing came */
    MESSAGE_BROUGHT, /* an acknowledgement of what was pulled */
    MESSAGE_TOLD,    /* it has been taken */
    MESSAGE_LOG_ASK,
    MESSAGE_LOG_ANSWER,
    MESSAGE_GREET,   /* number and kind of the question, then its bytes */
    MESSAGE_GREETED, /* number of the question, then the answer */
    MESSAGE_KINDS
};

struct message {
    int64_t at_ms; /* of arrival */
    int64_t order; /* breaks ties */
    enum message_kind kind;
    size_t from; /* office indexes */
    size_t to;
    bool damaged;        /* on the way */
    struct arena *arena; /* of the bytes */
    struct str bytes;
};

/* What happened, by kind. Over a whole run each of the faults must have happened. */
struct sim_counts {
    int64_t acts;
    int64_t bursts; /* more at once than a send window holds */
    int64_t receipts;
    int64_t files;
    int64_t spoiled; /* versions whose signature was broken before they left */
    int64_t messages;
    int64_t dropped;
    int64_t repeated;
    int64_t delayed; /* long enough to be overtaken */
    int64_t damaged; /* one byte of it */
    int64_t cut;     /* lost in a partition */
    int64_t partitions;
    int64_t crashes_before_commit;
    int64_t crashes_after_commit; /* the answer was lost */
    int64_t crashes_idle;
    int64_t checkpoints;
    int64_t cosigned;
    int64_t refused; /* entries set aside */
    int64_t pulled;  /* batches */
    int64_t disks;   /* times that a disk filled up */
    int64_t clocks;  /* times that a clock jumped */
    int64_t backups;
    int64_t restored; /* offices started from an older copy */
    int64_t returned; /* versions that peers gave back */
    int64_t epochs;   /* opened */
    int64_t ledgers;  /* parts of feeds compared */
    int64_t lies;     /* about one entry of them */
    int64_t given;    /* records given to another home, taken there, declined there */
    int64_t taken;
    int64_t declined;
    int64_t rotated;  /* changes of a key */
};

/* A number of a feed and the chain it was sent with. */
struct seen {
    uint64_t number; /* hash of sender, receiver, epoch, seq; 0: free */
    uint64_t chain;
};

/* Bugs planted on purpose, each of which a run must find. */
enum canary {
    CANARY_NONE,
    CANARY_LOSE,
    CANARY_TWICE,
    CANARY_EARLY_ACK,
    CANARY_REWRITE,
    CANARY_UNCOMPARED, /* a restored office goes on as if nothing had happened */
    CANARY_KEEP,       /* who gave a record away goes on changing it */
    CANARY_COUNT
};

/* What one office holds in memory: gone after a crash. */
struct sim_office {
    bool up;
    int64_t restart_ms;
    struct sequencer sequencer;
    struct feed feed[WORLD_OFFICES_MAX];
    int64_t feed_until_ms[WORLD_OFFICES_MAX]; /* a batch is under way until then; 0: none */
    struct fetch *fetch[WORLD_OFFICES_MAX];
    int64_t fetch_until_ms[WORLD_OFFICES_MAX];
    struct pull pull[WORLD_OFFICES_MAX];
    int64_t pull_until_ms[WORLD_OFFICES_MAX];
    int64_t pull_asked_ms[WORLD_OFFICES_MAX];
    int64_t parked_until_ms[WORLD_OFFICES_MAX]; /* its question waits here for news; 0: none */
    int64_t parked_epoch[WORLD_OFFICES_MAX];
    int64_t parked_seq[WORLD_OFFICES_MAX];
    int64_t log_ms; /* when the next checkpoint may be due */
    struct log_talk talk[WORLD_OFFICES_MAX];
    int64_t talk_until_ms[WORLD_OFFICES_MAX];
    int64_t talk_number[WORLD_OFFICES_MAX]; /* of the question under way */
    int64_t asked[WORLD_OFFICES_MAX]; /* number of the question to each peer; 0: none */
    bool backup;                      /* a copy of its store lies beside it */
    /* not memory: what the simulator knows that this office has promised to others, as a place */
    int64_t promised[WORLD_OFFICES_MAX];
    uint8_t said[WORLD_OFFICES_MAX][crypto_hash_sha256_BYTES]; /* hash of the newest answer */
    bool answered[WORLD_OFFICES_MAX];
};

struct sim {
    uint64_t seed;
    enum canary canary;
    bool faults;   /* of the network and of the power */
    bool restores; /* offices are restored from old copies in this run, and nothing is spoiled */
    int64_t questions;
    struct seen seen[SIM_SEEN]; /* which chain every number was sent with */
    struct world world;
    struct sim_office offices[WORLD_OFFICES_MAX];
    struct message heap[SIM_MESSAGES_MAX];
    size_t heap_count;
    int64_t next_order;
    bool damaged; /* what is being received may be refused: it was damaged on its way */
    int64_t cut_until_ms[WORLD_OFFICES_MAX][WORLD_OFFICES_MAX]; /* one way each */
    struct sim_counts counts;
    crypto_hash_sha256_state trace;
    const char *broken; /* the invariant that does not hold; NULL: all hold */
    char detail[256];
};

/* One chance in `one_in`, while faults are on. */
bool sim_fault(struct sim *sim, uint64_t one_in);
/* Adds an event to the trace. */
void sim_trace(struct sim *sim, const char *what, size_t from, size_t to, struct str bytes);
/* Notes the first invariant that does not hold. */
void sim_break(struct sim *sim, const char *invariant, size_t from, size_t to, int64_t number);

/* sim_net.c */
void net_send(struct sim *sim, enum message_kind kind, size_t from, size_t to, struct str bytes);
bool net_next(struct sim *sim, struct message *ret_message);
int64_t net_wake(const struct sim *sim);
void net_close(struct sim *sim);

/* sim_office.c */
void office_begin(struct sim *sim, size_t index);
/* What the wire front does when it sees that the clock was set back. */
void office_clock_back(struct sim *sim, size_t index);
void office_crash(struct sim *sim, size_t index, int64_t *count);
void office_receive(struct sim *sim, const struct message *message);
void office_turn(struct sim *sim, size_t index);
int64_t office_wake(struct sim *sim, size_t index);
/* Remembers an acknowledgement that leaves: `m` is what it answers. */
void office_promise(struct sim *sim, struct call *c, const struct message *m, struct str frame);
/* Says that the power went in the call's transaction; anything else that fails is a bug. */
bool office_power_went(struct sim *sim, struct call *c, size_t index, size_t peer);
void office_end(struct sim *sim, size_t index);

/* sim_pull.c */
void pull_receive(struct sim *sim, const struct message *message);
enum err pull_turn(struct sim *sim, struct call *c, size_t index, size_t peer);
enum err parked_turn(struct sim *sim, struct call *c, size_t index, size_t peer);

/* sim_greet.c */
void greet_ask(struct sim *sim, struct call *c, size_t index, size_t peer,
               const struct greet_request *question);
void greet_take(struct sim *sim, const struct message *m);

/* sim_restore.c */
void restore_backup(struct sim *sim, size_t index);
bool restore_start(struct sim *sim, size_t index);
void restore_uncompared(struct sim *sim, size_t index);
void restore_seen(struct sim *sim, size_t from, size_t to, struct str batch);
bool restore_closed(struct sim *sim, size_t index);

/* sim_key.c: an office may go on with another key when it starts; what a message's connection shows
 * the receiver of the sender's key: false when nothing can be taken from it now. */
void key_start(struct sim *sim, size_t index);
bool key_shown(struct sim *sim, size_t from, size_t to);

/* sim_log.c */
void log_begin(struct sim *sim, size_t index);
void log_take_ask(struct sim *sim, const struct message *m);
void log_take_answer(struct sim *sim, const struct message *m);
enum err log_turn(struct sim *sim, struct call *c, size_t index);
int64_t log_wake(const struct sim *sim, size_t index);
/* Leaves and cosignatures that are still to come. */
int64_t log_waiting(struct sim *sim, struct call *c, size_t index);

/* sim_ledger.c */
void ledger_check(struct sim *sim, size_t from, size_t to);

/* sim_work.c */
void work_turn(struct sim *sim);

/* sim_check.c */
const char *check_waiting(struct sim *sim, size_t *ret_index);
void check_promises(struct sim *sim, size_t index);
void check_homes(struct sim *sim);
void check_window(struct sim *sim, struct call *c, size_t index);
void check_all(struct sim *sim);
