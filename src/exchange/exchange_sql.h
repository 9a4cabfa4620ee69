#pragma once
/* exchange_sql.h: the tables of the exchange and their statements; meaning is in feed.h, inbox.h,
 * sequencer.h and fetch.h. */
#include "exchange/batch.h"
#include "store/store.h"

/* Whether a new epoch must open before anything is sent: exchange/restore.h. */
enum restoring {
    RESTORING_NOT,
    RESTORING_WHOLE, /* after all that the peer holds from us has come back */
    RESTORING_REST,  /* without what it cannot give: an administrator has said go on */
};

/* The sending end of one feed. */
struct feed_row {
    int64_t epoch;
    int64_t next_seq;   /* the next number to give */
    struct str chain;   /* hex, after next_seq - 1 */
    int64_t acked_seq;  /* everything up to here is durable at the peer */
    struct str stopped; /* reason key of a fork; empty: the feed runs */
    struct str met;     /* the run in which the peer was compared with: exchange/greet.h */
    enum restoring restoring;
    int64_t again_seq; /* a restored peer wants entries from here again; 0: it does not */
    /* what the peer said with its newest acknowledgement; 0: nothing */
    int64_t credit_entries;
    int64_t credit_bytes;
    int64_t disk;     /* enum disk */
    int64_t heard_ms; /* when it said so */
};

/* The receiving end of one feed. */
struct cursor_row {
    int64_t epoch;
    int64_t seq;      /* newest entry taken in or set aside */
    struct str chain; /* hex, after it */
    int64_t key_place; /* no older key of the sender signs objects any more; 0: any */
    struct str ack;   /* frame of the acknowledgement for it; empty before the first batch */
};

/* A row of the outbox that waits for a number. */
struct waiting_row {
    int64_t id;
    int64_t kind; /* enum entry_kind */
    struct str object;
    struct str record;
    int64_t n;
    int64_t priority;
    int64_t size;
};

/* A file that a received version names and that is not here yet. */
struct wanted_row {
    struct str root;
    int64_t size;
    int64_t failures; /* of the office asked */
    bool damaged;     /* the file is here, but not as it was */
    bool elsewhere;   /* to be asked of another office than the one that sent the version */
};

enum wanted_state {
    WANTED_OPEN = 1,
    WANTED_HERE = 2, /* given by who sent the version: it goes on to the record's audience */
    WANTED_HELD = 4, /* here by another way. To give it on would let anybody have it who knows its
                        name: he would send a record that names it and ask */
};

/* sequencer */
enum err lease_take(struct call *c, struct str name, int64_t *ret_fence);
enum err lease_fence(struct call *c, struct str name, int64_t *ret_fence);
enum err lease_look(struct call *c, struct str name, int64_t *ret_fence, int64_t *ret_beat);
enum err lease_beat(struct call *c, struct str name, int64_t fence, bool leave, bool *ret_held);
enum err leaf_number(struct call *c, int64_t max);
enum err waiting_any(struct call *c, bool *ret_any);
enum err waiting_peers(struct call *c, struct rows *ret_rows);
enum err waiting_list(struct call *c, struct str peer, enum priority least, int64_t max,
                      struct waiting_row **ret_rows, size_t *ret_count);
enum err window_used(struct call *c, struct str peer, const struct feed_row *feed,
                     int64_t *ret_entries, int64_t *ret_bytes);
enum err entry_insert(struct call *c, const struct batch_entry *entry, int64_t outbox);
enum err shared_insert(struct call *c, struct str peer, struct str root, struct str record);

/* feed */
enum err feed_load(struct call *c, struct str peer, struct feed_row *ret_feed);
enum err feed_advance(struct call *c, struct str peer, int64_t next_seq, struct str chain);
enum err feed_stop(struct call *c, struct str peer, const char *reason);
enum err feed_down(struct call *c, struct str peer, const char *reason);
enum err feed_up(struct call *c, struct str peer);
enum err feed_heard(struct call *c, const struct ack *ack);
enum err entry_chain(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                     struct str *ret_chain);
enum err entry_list(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                    struct rows *ret_rows);
enum err entry_object(struct call *c, struct batch_entry *entry);
enum err entry_personal(struct call *c, struct batch_entry *entry);
enum err ack_store(struct call *c, const struct ack *ack, struct str frame, int64_t after_seq);
enum err ack_topics(struct call *c, const struct ack *ack, int64_t after_seq);

enum err feed_pending(struct call *c, struct rows *ret_rows);

/* inbox */
enum err cursor_load(struct call *c, struct str peer, struct cursor_row *ret_cursor);
/* Every acknowledgement is signed anew when it is asked for again: its key was revoked. */
enum err cursor_unsign(struct call *c);
enum err cursor_store(struct call *c, struct str peer, const struct cursor_row *cursor);
/* From an entry on that was tried again, as a change of the key moves the cursor: never back. */
enum err cursor_key(struct call *c, struct str peer, int64_t key_place);
/* ret_whole: with the object's bytes, as for the first ones of a peer. */
enum err quarantine_insert(struct call *c, const struct batch_entry *entry, const char *reason,
                           int64_t key_place, bool *ret_whole);
enum err quarantine_personal_insert(struct call *c, const struct entry *at,
                                    const struct personal_row *row);
enum err alarm_raise(struct call *c, struct str peer, const char *reason, struct str detail);
enum err alarm_end(struct call *c, struct str peer, const char *reason);

/* files */
enum err wanted_insert(struct call *c, struct str peer, const struct entry *entry,
                       const struct file_ref *file, enum wanted_state state);
enum err wanted_next(struct call *c, struct str peer, enum priority least,
                     struct wanted_row *ret_wanted, bool *ret_any);
enum err wanted_wake(struct call *c, struct str peer, enum priority least, int64_t *ret_wake_ms);
enum err wanted_peers(struct call *c, struct rows *ret_rows);
enum err wanted_here(struct call *c, struct str root, struct str from);
/* What waits longer than that, waits no longer. */
enum err wanted_hurry(struct call *c, int64_t longest_ms);
enum err wanted_mix(struct call *c, struct str root);
enum err wanted_failed(struct call *c, struct str peer, const struct wanted_row *wanted,
                       const char *reason, int64_t wake_ms);
enum err wanted_later(struct call *c, struct str peer, const struct wanted_row *wanted,
                      int64_t wake_ms);
enum err wanted_from(struct call *c, struct str peer, struct str root,
                     struct wanted_row *ret_wanted, bool *ret_any);
enum err wanted_damaged(struct call *c, struct str root);
enum err wanted_sum(struct call *c, struct str peer, int64_t *ret_bytes);
enum err shared_list(struct call *c, struct str root, int64_t max, struct rows *ret_rows);
enum err shared_find(struct call *c, struct str peer, struct str root, bool *ret_shared);
/* Says that versions of the record came here with the name of the file, but nobody who sent them
 * gave the file wholly, and this office had not shared it for the record before: who named it has
 * not shown that it had it. */
enum err wanted_unproven(struct call *c, struct str record, struct str root, bool *ret_unproven);

/* pages */
/* Shapes: ages_ms are three instants, newest first, that part what waits by its age. */
enum err status_list(struct call *c, const int64_t ages_ms[3], struct rows *ret_rows);
