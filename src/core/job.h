#pragma once
/*
 * job.h: work that falls due. A job is a row of the store, so it survives restarts; any process of
 * the office may run it, on any machine that shares the store, and each job is done once.
 *
 *     waiting --claim--> held --run--> gone, or due again when it has a period
 *                         |
 *                         +--failure--> waiting, longer each time --> dead: a person looks at it
 *
 * Two halves. `before` speaks to the outside, out of any transaction; after a kill it may happen a
 * second time. `run` is the effect, in the very transaction that takes the job away, so it happens
 * once. A claim is a compare-and-set on the row: the same text on both stores, a row lock on
 * PostgreSQL. Whoever was too slow finds at the end that the job is no longer its own, and its
 * effect is rolled back.
 *
 * Clocks decide only when, never whether. A clock that jumps forward runs early what is due by it;
 * one that jumps back leaves nothing waiting longer than its own period or JOB_HOLD_MAX_MS.
 */
#include "core/module.h"

enum {
    JOB_CLAIM = 16,                   /* jobs that one worker holds at a time */
    JOB_TOGETHER = 8,                 /* effects of one transaction */
    JOB_TRIES = 24,                   /* then it is dead: after about half a day */
    JOB_GROUP_MS = 10 * 1000,         /* no further one begins in a group that is older */
    JOB_HOLD_MS = 40 * 1000,          /* a claim, renewed with each group; then thought dead */
    JOB_RETRY_MS = 2 * 1000,          /* after the first failure; doubled with each */
    JOB_HOLD_MAX_MS = 60 * 60 * 1000, /* the longest wait for another try */
};

/* Topic of every commit that made work; wakes the workers. */
#define JOB_TOPIC S("jobs")

struct job {
    int64_t id;
    struct str kind;
    struct str key;
    int64_t due_ms;   /* when it first fell due */
    int64_t attempts; /* this one included */
    void *found;      /* what `before` leaves for `run` */
};

/* One kind of work, in a module's table. */
struct job_kind {
    const char *name;  /* "notice.remind"; word "job.<name>" */
    int64_t period_ms; /* one job that comes again after this; 0: made by job_put */
    /* What may happen more than once: a letter handed over, a long read. NULL: nothing. Shapes: no
     * transaction runs; found lives as long as the call. */
    enum err (*before)(struct call *c, struct job *job);
    /* The effect. A kind with a period says in ret_again that more is due at once. */
    enum err (*run)(struct call *c, const struct job *job, bool *ret_again);
};

/* Makes a job that falls due then; one that is there under the same kind and key stays as it is.
 * Only inside store_tx. */
enum err job_put(struct call *c, const char *kind, struct str key, int64_t due_ms);

/* Once in each process before it runs any: makes the jobs that have a period, and on a store that
 * no other program uses lets go what a process held that was killed. */
enum err job_begin(struct call *c);

/* Who runs jobs: one for each thread. Starts empty. */
struct job_worker {
    char claim[32];  /* names it in the rows; made by the first turn */
    int64_t last_ms; /* of the clock, to see it jump back */
};

/* Claims what is due and runs it. A job that fails is noted and never fails the turn. Gives when to
 * come again: now when more is due, INT64_MAX when nothing waits. Errors: the store's. */
enum err job_turn(struct call *c, struct job_worker *worker, int64_t *ret_wake_ms);

/* The built-in module "job": the administrator's page of jobs that failed, and another try. */
extern const struct module job_module;
