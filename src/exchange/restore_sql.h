#pragma once
/* restore_sql.h: the statements of greetings and restores; meaning is in greet.h and restore.h. */
#include "exchange/exchange_sql.h"

/* A start of an office's program. */
struct instance {
    int64_t fence;  /* greater than that of every start before */
    struct str run; /* random; empty: not told */
};

/* instances */
enum err instance_begin(struct call *c);
enum err instance_load(struct call *c, struct instance *ret_instance);
enum err instance_raise(struct call *c, int64_t fence);
enum err instance_of_peer(struct call *c, struct str peer, struct instance *ret_instance);
/* Remembers the peer's start when it is the newest. Errors: ERR_BUSY "fence.older" when a newer
 * one is known. */
enum err instance_accept(struct call *c, struct str peer, int64_t fence, struct str run);

/* the sending end */
enum err feed_meet(struct call *c, struct str peer, struct str run);
enum err feed_unmeet(struct call *c, struct str peer);
enum err feed_mark(struct call *c, struct str peer);
enum err feed_marked(struct call *c, bool *ret_any);
/* What a peer could not give is no longer waited for. */
enum err feed_take_rest(struct call *c);
enum err feed_again(struct call *c, struct str peer, int64_t seq);
/* Takes back the numbers after an entry: their rows wait again, and the numbers stay unused. */
enum err feed_cut(struct call *c, struct str peer, int64_t epoch, int64_t seq);
enum err feed_put_back(struct call *c, const struct batch_entry *entry);
enum err feed_reopen(struct call *c, struct str peer, int64_t epoch, struct str run);
/* The last entry of the epochs before this one that we know of; false: there is none. */
enum err entry_before(struct call *c, struct str peer, int64_t *epoch, int64_t *seq, bool *ret_any);
enum err entry_held(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                    struct str *ret_chain);

/* the receiving end */
enum err taken_insert(struct call *c, const struct batch_entry *entry);
enum err taken_list(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                    struct rows *ret_rows);
enum err taken_chain(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                     struct str *ret_chain);
enum err taken_object(struct call *c, struct batch_entry *entry);

/* epochs and alarms */
enum err epoch_store(struct call *c, struct str peer, struct str sender, int64_t epoch,
                     struct str frame);
enum err epoch_load(struct call *c, struct str peer, struct str sender, int64_t epoch,
                    struct str *ret_frame);
/* Ends what was said of a feed that could not go on. */
enum err alarms_end(struct call *c, struct str peer);
