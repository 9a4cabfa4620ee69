#pragma once
/*
 * slots.h: memory that worker and supervisor share, so that an input which ends the worker twice is
 * set aside the third time. Each call thread writes down the hash of what it works on; after a
 * crash the supervisor counts what was under way. Ends by SIGKILL are nobody's input and do not
 * count.
 */
#include "base/base.h"

#include <stdatomic.h>

enum { SLOTS_MAX = 64, ASIDE_MAX = 64, CRASHES_MAX = 2, HISTORY_MAX = 256 };

struct slot {
    atomic_uint busy;
    uint8_t hash[32];
};

struct slots {
    struct slot slot[SLOTS_MAX];
    atomic_uint aside_count; /* how many were ever set aside; the oldest are overwritten */
    uint8_t aside[ASIDE_MAX][32];
};

/* Makes the memory; its descriptor goes to the worker. Returns -1 when the kernel refuses. */
int slots_create(void);
/* Maps it. NULL when the descriptor is no such memory. */
struct slots *slots_map(int fd);

/* The worker's side: claims a slot; NULL when all are taken, which only costs the protection. */
struct slot *slots_enter(struct slots *slots, const uint8_t hash[32]);
void slots_leave(struct slot *slot);
bool slots_is_aside(const struct slots *slots, const uint8_t hash[32]);

/* The supervisor's side: how often each input was under way when a worker crashed. */
struct history {
    struct {
        uint8_t hash[32];
        unsigned crashes;
    } row[HISTORY_MAX];
    size_t count; /* ever noted; the oldest are overwritten */
};
/* Counts what was under way, sets aside what was there CRASHES_MAX times, and empties the slots.
 * Returns how many inputs were set aside now. */
size_t slots_judge(struct slots *slots, struct history *history, bool crashed);
