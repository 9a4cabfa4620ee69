#pragma once
/*
 * inside.h: what store.c, group.c and migrate.c share. Only store/ includes it.
 */
#include "store/driver.h"

#include <pthread.h>
#include <stdatomic.h>

/* One closure that waits for its transaction; lies on the stack of the waiting caller. */
struct job {
    struct call *c;
    enum err (*fn)(struct call *c, void *arg);
    void *arg;
    bool schema; /* a migration: there may be nothing yet that before_commit could read */
    enum err e;  /* how it ended */
    bool done;
    pthread_cond_t woken;
    struct job *next;
};

/* The topics of the running group; touched only by the thread that runs it. */
struct notes {
    struct arena *arena;
    struct str *topics;
    size_t count;
    size_t room;
};

struct store {
    struct arena *arena;
    struct store_config config; /* path copied, group_max filled */
    const struct driver *driver;
    const struct env *env;
    struct db *writer;
    struct notes notes;
    pthread_t thread; /* the writer, unless inline */
    atomic_bool broken;
    pthread_mutex_t turn; /* inline: held for the length of a transaction */

    pthread_mutex_t mutex; /* guards all that follows */
    pthread_cond_t work;
    struct job *first;
    struct job *last;
    size_t queued;
    bool closing;
    struct db *readers; /* at rest */
    size_t reader_count;
    size_t readers_out; /* in use */
};

/* Runs a list of jobs in one transaction and tells each how it ended. */
void group_run(struct store *store, struct job *jobs);

/* store_tx, and the same for a change of the schema, which before_commit does not see. */
enum err store_tx_job(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg,
                      bool schema);
