/* Offices that are started from an old copy of their store. */
#include "sim/sim.h"

#include "core/closed.h"
#include "exchange/batch.h"
#include "exchange/restore.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { BACKUP_ONE_IN = 2, RESTORE_ONE_IN = 2, COPY_BYTES = 64 * 1024 };

static struct world_office *at(struct sim *sim, size_t index)
{
    return &sim->world.offices[index];
}

static void file_copy(struct call *c, const char *from_path, const char *to_path)
{
    char *bytes = arena_alloc(c->arena, COPY_BYTES);
    int from = open(from_path, O_RDONLY | O_CLOEXEC);
    int to = open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ensure(from >= 0);
    ensure(to >= 0);
    ssize_t n = read(from, bytes, COPY_BYTES);
    while (n > 0) {
        ssize_t written = write(to, bytes, (size_t)n);
        ensure(written == n);
        n = read(from, bytes, COPY_BYTES);
    }
    ensure(n == 0);
    (void)close(from);
    (void)close(to);
}

static const char *path_of(struct sim *sim, struct call *c, size_t index, const char *name)
{
    return str_format(c->arena, "%s/%s", at(sim, index)->dir, name).ptr;
}

/* While an office is down, sometimes a copy of its store is made. */
void restore_backup(struct sim *sim, size_t index)
{
    if (!sim->restores || !sim_fault(sim, BACKUP_ONE_IN)) return;
    struct call c = call_begin(&sim->world.env, NULL, NULL);
    file_copy(&c, path_of(sim, &c, index, "office.db"), path_of(sim, &c, index, "backup.db"));
    call_end(&c);
    sim->offices[index].backup = true;
    sim->counts.backups++;
    sim_trace(sim, "backup", index, index, (struct str){});
}

static enum err begin_step(struct call *c, void *arg)
{
    (void)arg;
    return restore_begin(c);
}

static enum err meet_step(struct call *c, void *arg)
{
    (void)arg;
    return store_exec(c, "UPDATE feed_out SET met = (SELECT run FROM instance)", NO_ARGS, NULL);
}

static enum err forget_all_step(struct call *c, void *arg)
{
    (void)arg;
    return store_exec(c, "DELETE FROM wanted WHERE state = 1", NO_ARGS, NULL);
}

static enum err forget_step(struct call *c, void *arg)
{
    return store_exec(c, "DELETE FROM wanted WHERE peer = $1 AND state = 1",
                      ARGS(TEXT(*(const struct str *)arg)), NULL);
}

/* What the simulator itself knows of the office is as old as the copy. The files that sim_work.c
 * makes stand in no version, so nobody could tell the restored office of them. */
static void forget(struct sim *sim, size_t index)
{
    struct call c = world_call(at(sim, index));
    world_must(&c, store_tx(&c, forget_all_step, NULL));
    for (size_t i = 0; i < sim->world.count; i++) {
        struct str peer = at(sim, i)->office.id;
        if (i == index) continue;
        sim->offices[index].promised[i] = world_number(&c,
                                                       "SELECT coalesce(max(epoch * 1000000000"
                                                       " + seq), 0) FROM feed_in WHERE peer = $1",
                                                       ARGS(TEXT(peer)));
        sim->offices[index].answered[i] = false;
        if (at(sim, i)->store == NULL) continue;
        struct call other = world_call(at(sim, i));
        bool failing = at(sim, i)->fail_commit;
        at(sim, i)->fail_commit = false;
        world_must(&other, store_tx(&other, forget_step, &at(sim, index)->office.id));
        at(sim, i)->fail_commit = failing;
        call_end(&other);
    }
    call_end(&c);
}

/* Planted: a restored office that does not ask its peers. */
void restore_uncompared(struct sim *sim, size_t index)
{
    if (sim->canary != CANARY_UNCOMPARED) return;
    struct call c = world_call(at(sim, index));
    world_must(&c, store_tx(&c, meet_step, NULL));
    for (size_t i = 0; i < sim->world.count; i++)
        sim->offices[index].feed[i].greet.done = true;
    call_end(&c);
}

/* Starts the office; true when from an old copy, as `phoihop restore` leaves it. */
bool restore_start(struct sim *sim, size_t index)
{
    struct sim_office *office = &sim->offices[index];
    bool old = office->backup && sim->restores && sim_fault(sim, RESTORE_ONE_IN);
    if (old) {
        struct call c = call_begin(&sim->world.env, NULL, NULL);
        file_copy(&c, path_of(sim, &c, index, "backup.db"), path_of(sim, &c, index, "office.db"));
        call_end(&c);
    }
    world_start(at(sim, index));
    if (!old) return false;
    sim->counts.restored++;
    sim_trace(sim, "restored", index, index, (struct str){});
    forget(sim, index);
    struct call c = world_call(at(sim, index));
    if (sim->canary != CANARY_UNCOMPARED) world_must(&c, store_tx(&c, begin_step, NULL));
    call_end(&c);
    return true;
}

bool restore_closed(struct sim *sim, size_t index)
{
    struct call c = world_call(at(sim, index));
    int64_t reasons = world_number(&c, "SELECT count(*) FROM closed", NO_ARGS);
    call_end(&c);
    return reasons > 0;
}

static uint64_t number_hash(size_t from, size_t to, const struct entry *entry)
{
    uint64_t hash = 0xcbf29ce484222325U; /* FNV-1a */
    const uint64_t parts[] = {from, to, (uint64_t)entry->epoch, (uint64_t)entry->seq};
    for (size_t i = 0; i < ARRAY_LEN(parts) * sizeof parts[0]; i++) {
        hash ^= (parts[i / 8] >> (i % 8 * 8)) & 0xff;
        hash *= 0x100000001b3U;
    }
    return hash != 0 ? hash : 1;
}

/* No number is ever sent with another chain. */
void restore_seen(struct sim *sim, size_t from, size_t to, struct str bytes)
{
    struct call c = call_begin(&sim->world.env, NULL, NULL);
    struct batch batch = {};
    world_must(&c, batch_decode(&c, bytes, &batch));
    for (size_t i = 0; i < batch.count; i++) {
        uint64_t number = number_hash(from, to, &batch.entries[i].entry);
        uint64_t chain = 0;
        memcpy(&chain, batch.entries[i].chain.ptr, sizeof chain);
        size_t place = (size_t)(number % SIM_SEEN);
        while (sim->seen[place].number != 0 && sim->seen[place].number != number)
            place = (place + 1) % SIM_SEEN;
        struct seen *seen = &sim->seen[place];
        if (seen->number == number && seen->chain != chain) {
            sim_break(sim, "a number was used twice", from, to, batch.entries[i].entry.seq);
        }
        *seen = (struct seen){number, chain};
    }
    call_end(&c);
}
