#pragma once
/*
 * world.h: offices for tests and for the simulator, all in this process: a clock that only the test
 * moves, randomness from one seed, a store in a folder of its own for each office, keys held here
 * instead of by a keeper. The same seed makes the same offices, ids and signatures.
 */
#include "core/office.h"
#include "store/store.h"

enum { WORLD_OFFICES_MAX = 16, WORLD_DIR_BYTES = 128 };

struct world;

struct world_office {
    struct world *world;
    struct arena *arena; /* of what the office struct points to */
    struct office office;
    struct env env; /* its clock, the world's chance, its disk */
    uint8_t secret_key[64];
    struct store *store;
    char dir[WORLD_DIR_BYTES];
    struct str person; /* record id of its one officer */
    bool fail_commit;  /* the next commit fails, as if the power went */
    bool calls;        /* nobody has its address: it calls the others */
    int64_t used_percent; /* of its disk */
    int64_t skew_ms;      /* its clock against the world's */
    int64_t commits;
};

struct world {
    struct env env;
    int64_t now_ms;
    uint64_t random; /* state of the generator */
    char dir[WORLD_DIR_BYTES];
    struct world_office offices[WORLD_OFFICES_MAX];
    size_t count;
    size_t callers; /* so many, the first ones, have no address; set before world_open */
};

/* Makes `count` offices that know each other. Shapes: world points to zeroed memory that does not
 * move. Any failure ends the process: a test cannot go on. Owns: the caller closes it, which
 * removes the folders. */
void world_open(struct world *world, uint64_t seed, size_t count);
void world_close(struct world *world);

/* The next number of the seed; below `limit`. */
uint64_t world_random(struct world *world);
uint64_t world_below(struct world *world, uint64_t limit);

/* What time it is by the office's own clock. */
int64_t world_clock(const struct world_office *office);
/* When that is by the world's; INT64_MAX, never, stays. */
int64_t world_time(const struct world_office *office, int64_t clock_ms);

/* Starts a call of the office with its officer as the actor. Owns: the caller ends it. */
struct call world_call(struct world_office *office);

/* Ends the office's process, in effect: everything in memory is gone. Then starts it again. */
void world_stop(struct world_office *office);
void world_start(struct world_office *office);

/* Writes a note (record empty: a new one) for the offices of `audience`, bits by index (0: for
 * those who have it), and returns its record id in the call's arena. */
struct str world_note(struct call *c, struct world *world, struct str record, uint32_t audience,
                      struct str title, enum priority priority);

/* How a record passes to another home, core/passage.h. */
enum world_pass { WORLD_GIVE, WORLD_TAKE, WORLD_DECLINE };

/* Writes the next version of a note, with the same text, and gives it to office `to`, takes it, or
 * declines it. Errors: those of record_put; "store.io" when the power went before the commit. */
enum err world_pass(struct call *c, struct str record, enum world_pass how, struct str to);

/* Runs a query that gives one number, outside or inside a transaction. */
int64_t world_number(struct call *c, const char *sql, const struct value *args, size_t count);

/* Ends the process with the reason when e is not OK. */
void world_must(struct call *c, enum err e);
