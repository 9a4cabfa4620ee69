#pragma once
/*
 * chores.h: the threads of the worker that run jobs (core/job.h) and, at night, the sweep
 * (exchange/sweep.h). They sleep until the next one
 * falls due, a commit makes new ones, or CHORES_LOOK_MS are over: a clock may have been set, or
 * another worker of the same store may have died with a claim.
 */
#include "core/office.h"

enum { CHORES_THREADS = 4, CHORES_LOOK_MS = 10 * 1000, CHORES_REST_MS = 1000 };

struct chores;

/* Starts the threads. Shapes: everything outlives them; what is made belongs to the call, which
 * lives as long as the process. Errors: ERR_IO "worker.start". Owns: the caller stops them. */
enum err chores_start(struct call *c, struct office *office, struct store *store,
                      struct chores **ret_chores);
/* For office.changed: wakes them when there is new work. From any thread, never waits. */
void chores_changed(struct chores *chores, const struct str *topics, size_t count);
/* Lets the jobs under way end, and ends the threads; chores_changed may still be called. NULL is
 * allowed. */
void chores_stop(struct chores *chores);
