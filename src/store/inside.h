#pragma once
/*
 * inside.h: what the files of the store share. Only store/ includes it.
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

/* What a running group has noted; touched only by the thread that runs it. */
struct notes {
    struct arena *arena;
    struct str *topics;
    size_t count;
    size_t room;
    struct owed *owed; /* the newest */
};

/* A row that before_commit has to look after. */
struct owed {
    const char *list;
    const struct value *cells;
    size_t columns;
    struct owed *before;
};

struct store {
    struct arena *arena;
    struct store_config config; /* path copied, group_max filled */
    const struct driver *driver;
    const struct env *env;
    struct db *writer; /* NULL on a parallel driver */
    struct bus *bus;   /* NULL: nobody else is told */
    pthread_t thread;  /* the writer, unless inline or parallel */
    atomic_bool broken;
    pthread_mutex_t turn;    /* inline: held for the length of a transaction */
    pthread_mutex_t telling; /* held while after_commit runs */

    pthread_mutex_t mutex; /* guards all that follows */
    pthread_cond_t work;
    struct job *first;
    struct job *last;
    size_t queued;
    bool closing;
    struct db *resting; /* readers; parallel: all connections */
    size_t resting_count;
    size_t out; /* in use */
};

/* Runs a list of jobs in one transaction and tells each how it ended. */
void group_run(struct store *store, struct db *db, struct job *jobs);

/* Runs a job in a transaction of its own on this thread, again when chance made it fail. */
void parallel_run(struct store *store, struct job *job);

/* Calls after_commit, never twice at a time. Shapes: arg is the store. */
void store_tell(void *arg, const struct str *topics, size_t count);

/* Takes a resting connection or opens one, and gives it back. */
enum err db_take(struct call *c, bool writes, struct db **ret_db);
void db_give(struct store *store, struct db *db);

/* store_tx, and the same for a change of the schema, which before_commit does not see. */
enum err store_tx_job(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg,
                      bool schema);
