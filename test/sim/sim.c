#include "sim/sim.h"

#include <stdio.h>
#include <string.h>

enum { TWICE_EVERY = 10, CANARY_SEEDS = 12, RESTORES_EVERY = 3, HOMES_EVERY_MS = 1000 };

bool sim_fault(struct sim *sim, uint64_t one_in)
{
    return sim->faults && world_below(&sim->world, one_in) == 0;
}

void sim_trace(struct sim *sim, const char *what, size_t from, size_t to, struct str bytes)
{
    struct {
        int64_t at_ms;
        int64_t from;
        int64_t to;
        int64_t length;
    } event = {sim->world.now_ms, (int64_t)from, (int64_t)to, (int64_t)bytes.len};
    crypto_hash_sha256_update(&sim->trace, (const uint8_t *)&event, sizeof event);
    crypto_hash_sha256_update(&sim->trace, (const uint8_t *)what, strlen(what));
    crypto_hash_sha256_update(&sim->trace, (const uint8_t *)bytes.ptr, bytes.len);
}

void sim_break(struct sim *sim, const char *invariant, size_t from, size_t to, int64_t number)
{
    if (sim->broken != NULL) return;
    sim->broken = invariant;
    (void)snprintf(sim->detail, sizeof sim->detail, "at %lld ms, offices %zu and %zu: %lld",
                   (long long)sim->world.now_ms, from, to, (long long)number);
}

static void turn(struct sim *sim)
{
    struct message message = {};
    while (sim->broken == NULL && net_next(sim, &message)) {
        office_receive(sim, &message);
        arena_close(message.arena);
    }
    for (size_t i = 0; i < sim->world.count && sim->broken == NULL; i++)
        office_turn(sim, i);
}

/* The next moment at which anything can happen. */
static int64_t wake(struct sim *sim)
{
    int64_t wake_ms = net_wake(sim);
    for (size_t i = 0; i < sim->world.count; i++) {
        int64_t office_ms = office_wake(sim, i);
        if (office_ms < wake_ms) wake_ms = office_ms;
    }
    return wake_ms;
}

static void safety(struct sim *sim)
{
    int64_t end_ms = sim->world.now_ms + SIM_SAFETY_MS;
    sim->faults = true;
    while (sim->world.now_ms < end_ms && sim->broken == NULL) {
        sim->world.now_ms += SIM_TICK_MS;
        work_turn(sim);
        turn(sim);
        if (sim->world.now_ms % HOMES_EVERY_MS == 0) check_homes(sim);
    }
}

static void liveness(struct sim *sim)
{
    /* A planted bug that stops a queue shows in minutes; a checkpoint alone takes one. */
    int64_t bound_ms = sim->canary == CANARY_NONE ? SIM_LIVENESS_MS : SIM_LIVENESS_MS / 12;
    int64_t end_ms = sim->world.now_ms + bound_ms;
    sim->faults = false;
    for (size_t i = 0; i < sim->world.count; i++) {
        sim->world.offices[i].fail_commit = false;
        sim->world.offices[i].used_percent = 0;
        bool back = sim->world.offices[i].skew_ms > 0;
        sim->world.offices[i].skew_ms = 0;
        if (back) office_clock_back(sim, i);
    }
    size_t index = 0;
    const char *waiting = check_waiting(sim, &index);
    for (; sim->broken == NULL && waiting != NULL; waiting = check_waiting(sim, &index)) {
        int64_t wake_ms = wake(sim);
        bool later = wake_ms > sim->world.now_ms && wake_ms < end_ms;
        sim->world.now_ms = later ? wake_ms : sim->world.now_ms + SIM_TICK_MS;
        turn(sim);
        if (sim->world.now_ms > end_ms) sim_break(sim, waiting, index, 0, 0);
    }
}

/* Runs one seed. ret_trace is the hash of everything that happened. */
static void run(struct sim *sim, uint64_t seed, size_t offices, enum canary canary,
                uint8_t ret_trace[crypto_hash_sha256_BYTES])
{
    *sim = (struct sim){.seed = seed, .canary = canary, .world.callers = SIM_CALLERS};
    sim->restores = seed % RESTORES_EVERY == 0 || canary == CANARY_UNCOMPARED;
    crypto_hash_sha256_init(&sim->trace);
    world_open(&sim->world, seed, offices);
    for (size_t i = 0; i < offices; i++)
        office_begin(sim, i);
    safety(sim);
    liveness(sim);
    if (sim->broken == NULL) check_all(sim);
    crypto_hash_sha256_final(&sim->trace, ret_trace);
    for (size_t i = 0; i < offices; i++)
        office_end(sim, i);
    net_close(sim);
    world_close(&sim->world);
}

static void counts_add(struct sim_counts *sum, const struct sim_counts *counts)
{
    int64_t *to = (int64_t *)(void *)sum;
    const int64_t *from = (const int64_t *)(const void *)counts;
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

/* Prints the counters; false when a kind of fault never happened: then nothing was proven of it. */
static bool counts_print(const struct sim_counts *sum)
{
    const struct {
        const char *name;
        int64_t count;
    } rows[] = {
        {"acts", sum->acts},
        {"bursts", sum->bursts},
        {"receipts", sum->receipts},
        {"files", sum->files},
        {"spoiled versions", sum->spoiled},
        {"entries refused", sum->refused},
        {"messages", sum->messages},
        {"dropped", sum->dropped},
        {"repeated", sum->repeated},
        {"overtaken", sum->delayed},
        {"damaged", sum->damaged},
        {"partitions", sum->partitions},
        {"lost in them", sum->cut},
        {"crashes before commit", sum->crashes_before_commit},
        {"crashes after commit", sum->crashes_after_commit},
        {"crashes when idle", sum->crashes_idle},
        {"backups", sum->backups},
        {"restored from them", sum->restored},
        {"versions given back", sum->returned},
        {"epochs opened", sum->epochs},
        {"records given", sum->given},
        {"records taken over", sum->taken},
        {"records declined", sum->declined},
        {"keys changed", sum->rotated},
        {"batches pulled", sum->pulled},
        {"disks filled", sum->disks},
        {"clocks that jumped", sum->clocks},
        {"checkpoints", sum->checkpoints},
        {"cosignatures", sum->cosigned},
        {"ledgers compared", sum->ledgers},
        {"lies noticed", sum->lies},
    };
    bool all = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        printf("  %-22s %lld\n", rows[i].name, (long long)rows[i].count);
        all = all && rows[i].count > 0;
    }
    return all;
}

static bool seeds_run(struct sim *sim, uint64_t first, uint64_t seeds, size_t offices)
{
    struct sim_counts sum = {};
    uint8_t sum_trace[crypto_hash_sha256_BYTES] = {};
    uint64_t passed = 0;
    for (uint64_t i = 0; i < seeds; i++) {
        uint8_t trace[crypto_hash_sha256_BYTES];
        uint8_t again[crypto_hash_sha256_BYTES];
        run(sim, first + i, offices, CANARY_NONE, trace);
        counts_add(&sum, &sim->counts);
        const char *broken = sim->broken;
        if (broken == NULL && (first + i) % TWICE_EVERY == 0) {
            run(sim, first + i, offices, CANARY_NONE, again);
            if (memcmp(trace, again, sizeof trace) != 0) broken = "the same seed, another trace";
        }
        if (broken != NULL) {
            printf("seed %llu: %s (%s)\n", (unsigned long long)(first + i), broken, sim->detail);
        } else {
            passed++;
        }
        for (size_t k = 0; k < sizeof trace; k++)
            sum_trace[k] ^= trace[k];
    }
    bool all = counts_print(&sum);
    if (!all) printf("a kind of event never happened: run more seeds\n");
    char hex[2 * sizeof sum_trace + 1];
    (void)sodium_bin2hex(hex, sizeof hex, sum_trace, sizeof sum_trace);
    printf("offices %zu, seeds %llu to %llu, trace %s\n", offices, (unsigned long long)first,
           (unsigned long long)(first + seeds - 1), hex);
    printf("%llu passed, %llu failed\n", (unsigned long long)passed,
           (unsigned long long)(seeds - passed));
    return passed == seeds && (all || seeds < TWICE_EVERY);
}

/* Each planted bug must be found within a few seeds, else the simulator is blind. */
static bool canaries_run(struct sim *sim, uint64_t first, size_t offices)
{
    uint64_t found = 0;
    uint8_t trace[crypto_hash_sha256_BYTES];
    for (enum canary canary = CANARY_NONE + 1; canary < CANARY_COUNT; canary++) {
        uint64_t seed = first;
        do {
            run(sim, seed++, offices, canary, trace);
        } while (sim->broken == NULL && seed < first + CANARY_SEEDS);
        printf("planted bug %d: %s\n", (int)canary,
               sim->broken != NULL ? sim->broken : "NOT FOUND");
        if (sim->broken != NULL) found++;
    }
    printf("%llu passed, %llu failed\n", (unsigned long long)found,
           (unsigned long long)(CANARY_COUNT - 1 - found));
    return found == CANARY_COUNT - 1;
}

static bool option(const char *name, const char *value, int64_t *ret_number)
{
    static const char *const NAMES[] = {"--seed", "--seeds", "--offices"};
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        if (strcmp(name, NAMES[i]) == 0)
            return parse_int(str_of(value), 1, INT32_MAX, &ret_number[i]);
    }
    return false;
}

int main(int argc, char **argv)
{
    int64_t numbers[] = {1, 50, 2}; /* first seed, seeds, offices */
    bool canary = argc > 1 && strcmp(argv[argc - 1], "--canary") == 0;
    if (canary) argc--;
    bool good = argc % 2 == 1;
    for (int i = 1; good && i + 1 < argc; i += 2)
        good = option(argv[i], argv[i + 1], numbers);
    if (!good || numbers[2] < 2 || numbers[2] > WORLD_OFFICES_MAX) {
        (void)fprintf(stderr, "usage: sim [--seed N] [--seeds N] [--offices 2..%d] [--canary]\n",
                      WORLD_OFFICES_MAX);
        return 2;
    }
    struct arena *arena = arena_open(0);
    struct sim *sim = arena_alloc(arena, sizeof *sim);
    bool passed =
        canary ? canaries_run(sim, (uint64_t)numbers[0], (size_t)numbers[2])
               : seeds_run(sim, (uint64_t)numbers[0], (uint64_t)numbers[1], (size_t)numbers[2]);
    arena_close(arena);
    return passed ? 0 : 1;
}
