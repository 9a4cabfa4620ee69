/* What people do meanwhile: write, change, register, attach, and once in a while spoil. */
#include "sim/sim.h"

#include "base/limits.h"
#include "core/receipt.h"
#include "exchange/exchange_sql.h"
#include "store/blob.h"

enum {
    WORK_ONE_IN = 12,   /* turns of an office */
    BURST_ONE_IN = 100, /* acts */
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
};

static struct world_office *at(struct sim *sim, size_t index)
{
    return &sim->world.offices[index];
}

struct picking {
    const char *sql;
    struct str home;
    struct str record; /* empty: none */
    int64_t chance;
};

static enum err pick_step(struct call *c, void *arg)
{
    struct picking *picking = arg;
    struct rows rows = {};
    enum err e = store_all(c, picking->sql, ARGS(TEXT(picking->home)), &rows);
    if (e != OK || rows.count == 0) return e;
    picking->record = rows_text(&rows, (size_t)picking->chance % rows.count, 0);
    return OK;
}

static struct str pick(struct sim *sim, struct call *c, const char *sql, struct str home)
{
    struct picking picking = {
        .sql = sql, .home = home, .chance = (int64_t)(world_random(&sim->world) >> 8)};
    world_must(c, store_read(c, pick_step, &picking));
    return picking.record;
}

static enum priority chance_priority(struct sim *sim)
{
    static const enum priority PRIORITIES[] = {PRIORITY_URGENT, PRIORITY_NORMAL, PRIORITY_NORMAL,
                                               PRIORITY_BULK};
    return PRIORITIES[world_below(&sim->world, ARRAY_LEN(PRIORITIES))];
}

/* A new note or some new versions of one, for some of the others, before anything can leave:
 * sometimes more at once than a send window holds. */
static void work_note(struct sim *sim, struct call *c, size_t index)
{
    struct str record = {};
    uint32_t others = (uint32_t)world_below(&sim->world, 1ULL << sim->world.count);
    uint32_t audience = others | 1U << index;
    if (world_below(&sim->world, 2) == 0) {
        record = pick(sim, c,
                      "SELECT record FROM head WHERE kind = 'note.note' AND home = $1"
                      " AND moving = 0"
                      " AND record NOT IN (SELECT record FROM shared) ORDER BY record",
                      c->office->id);
        /* mostly as before; sometimes others from this version on, and some no longer */
        if (record.len > 0) audience = world_below(&sim->world, 4) == 0 ? audience : 0;
    }
    bool burst = world_below(&sim->world, BURST_ONE_IN) == 0;
    uint64_t versions = 1 + world_below(&sim->world, burst ? 2 * LIMIT_BATCH_ENTRIES : 3);
    for (uint64_t i = 0; i < versions; i++) {
        struct str title = str_format(c->arena, "Việc %llu",
                                      (unsigned long long)world_below(&sim->world, 1000000));
        record = world_note(c, &sim->world, record, audience, title, chance_priority(sim));
        sim_trace(sim, "note", index, audience, record);
        audience = 0;
        sim->counts.acts++;
    }
    if (burst) sim->counts.bursts++;
}

static enum err receipt_step(struct call *c, void *arg)
{
    return receipt_issue(c, arg);
}

/* A person registers or refuses what came from elsewhere. */
static void work_receipt(struct sim *sim, struct call *c, size_t index)
{
    static const enum receipt_type TYPES[] = {RECEIPT_R2, RECEIPT_R2, RECEIPT_R3, RECEIPT_REFUSED};
    struct str record = pick(sim, c,
                             "SELECT h.record FROM head h JOIN version v ON v.record = h.record"
                             " AND v.n = h.n WHERE h.kind = 'note.note' AND v.home <> $1"
                             " ORDER BY h.record",
                             c->office->id);
    if (record.len == 0) return;
    struct receipt receipt = {
        .type = TYPES[world_below(&sim->world, ARRAY_LEN(TYPES))],
        .record = record,
        .number = S("15"),
    };
    enum err e = store_tx(c, receipt_step, &receipt);
    sim_trace(sim, "receipt", index, (size_t)receipt.type, record);
    sim->counts.receipts++;
    if (e == OK) return;
    if (!str_eq(str_of(c->failure.reason), S("store.io"))) {
        sim_break(sim, c->failure.reason, index, 0, receipt.type);
    }
    call_clear(c);
}

/* Planted: it was given away, and is changed here as if it had not been. */
static enum err keep_step(struct call *c, void *arg)
{
    return store_exec(c, "UPDATE head SET home = $1, moving = 0 WHERE record = $2",
                      ARGS(TEXT(c->office->id), TEXT(*(const struct str *)arg)), NULL);
}

/* A record that was given here is taken or declined; else one is given to another office. */
static void work_pass(struct sim *sim, struct call *c, size_t index)
{
    static const char *const MOVING[] = {
        "SELECT record FROM head WHERE kind = 'note.note' AND home = $1 AND moving = 0"
        " AND record NOT IN (SELECT record FROM shared) AND passages < 20 ORDER BY record",
        "SELECT record FROM head WHERE kind = 'note.note' AND home = $1 AND moving > 0"
        " ORDER BY record"};
    struct str record = pick(sim, c, MOVING[1], c->office->id);
    bool declines = world_below(&sim->world, 4) == 0;
    enum world_pass how = declines ? WORLD_DECLINE : WORLD_TAKE;
    size_t to = (index + 1 + world_below(&sim->world, sim->world.count - 1)) % sim->world.count;
    if (record.len == 0) {
        how = WORLD_GIVE;
        record = pick(sim, c, MOVING[0], c->office->id);
    }
    if (record.len == 0) return;
    enum err e = world_pass(c, record, how, at(sim, to)->office.id);
    sim_trace(sim, "pass", index, (size_t)how, record);
    if (e != OK) {
        bool power = str_eq(str_of(c->failure.reason), S("store.io"));
        if (!power) sim_break(sim, c->failure.reason, index, to, (int64_t)how);
        call_clear(c);
        return;
    }
    if (how == WORLD_GIVE) sim->counts.given++;
    if (how == WORLD_GIVE && sim->canary == CANARY_KEEP) {
        world_must(c, store_tx(c, keep_step, &record));
    }
    if (how == WORLD_TAKE) sim->counts.taken++;
    if (how == WORLD_DECLINE) sim->counts.declined++;
}

struct attaching {
    struct str peer;
    struct entry entry;
    struct file_ref file;
};

static enum err share_step(struct call *c, void *arg)
{
    const struct attaching *a = arg;
    return shared_insert(c, a->peer, a->file.root, a->entry.record);
}

static enum err want_step(struct call *c, void *arg)
{
    const struct attaching *a = arg;
    return wanted_insert(c, a->peer, &a->entry, &a->file, WANTED_OPEN);
}

/* A file at one office that the other wants: what an arrived version that names it leads to. */
static void work_file(struct sim *sim, struct call *c, size_t index)
{
    static const size_t SIZES[] = {0, 1, 1024 * 1024, 1024 * 1024 + 1, 2500000};
    size_t peer = (index + 1) % sim->world.count;
    struct blob_writer *writer = NULL;
    struct attaching attaching = {.peer = at(sim, peer)->office.id};
    if (!sim->offices[peer].up) return;
    /* a note of its own, which keeps its audience: who leaves an audience gets no more files */
    struct str record = world_note(c, &sim->world, (struct str){}, 1U << index | 1U << peer,
                                   S("Tệp"), PRIORITY_NORMAL);
    size_t bytes = SIZES[world_below(&sim->world, ARRAY_LEN(SIZES))];
    char *content = arena_alloc(c->arena, bytes + 1);
    for (size_t i = 0; i < bytes; i += 64)
        content[i] = (char)world_random(&sim->world);
    world_must(c, blob_create(c, c->office->dir, (int64_t)bytes, &writer));
    world_must(c, blob_write(c, writer, (struct str){content, bytes}));
    world_must(c, blob_finish(c, writer, &attaching.file.root, &attaching.file.size));
    attaching.entry = (struct entry){.record = record, .n = 1};
    world_must(c, store_tx(c, share_step, &attaching));
    struct call other = world_call(at(sim, peer));
    bool failing = at(sim, peer)->fail_commit; /* keep that for the exchange */
    at(sim, peer)->fail_commit = false;
    attaching.peer = c->office->id;
    world_must(&other, store_tx(&other, want_step, &attaching));
    at(sim, peer)->fail_commit = failing;
    call_end(&other);
    sim_trace(sim, "file", index, peer, attaching.file.root);
    sim->counts.files++;
}

static enum err spoil_step(struct call *c, void *arg)
{
    int64_t *changed = arg;
    return store_exec(c,
                      "UPDATE version SET sig = $1 WHERE kind = 'note.note' AND (record, n) IN"
                      " (SELECT record, n FROM outbox WHERE seq IS NULL AND object_kind = 1"
                      " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.record = outbox.record"
                      " AND o.n = outbox.n AND o.seq IS NOT NULL) ORDER BY id LIMIT 1)",
                      ARGS(BYTES(S("0123456789abcdef0123456789abcdef"
                                   "0123456789abcdef0123456789abcdef"))),
                      changed);
}

/* A version rots on its home's disk before it leaves: the addressees must refuse it. */
static void work_spoil(struct sim *sim, struct call *c, size_t index)
{
    int64_t changed = 0;
    world_must(c, store_tx(c, spoil_step, &changed));
    sim->counts.spoiled += changed;
    sim_trace(sim, "spoil", index, (size_t)changed, (struct str){});
}

static void work_office(struct sim *sim, size_t index)
{
    struct call c = world_call(at(sim, index));
    uint64_t what = world_below(&sim->world, 100);
    bool failing = at(sim, index)->fail_commit; /* keep that for the exchange */
    at(sim, index)->fail_commit = false;
    if (what < 50) {
        work_note(sim, &c, index);
    } else if (what < 60) {
        work_pass(sim, &c, index);
    } else if (what < 90) {
        work_receipt(sim, &c, index);
    } else if (what < 94 && sim->restores) {
        work_receipt(sim, &c, index);
    } else if (what < 94) {
        work_note(sim, &c, index);
        work_spoil(sim, &c, index);
    } else {
        work_file(sim, &c, index);
    }
    at(sim, index)->fail_commit = failing;
    call_end(&c);
}

/* A disk fills up, or becomes free again. */
static void work_disk(struct sim *sim, size_t index)
{
    static const int64_t USED[] = {0, 0, 86, 91, 96, 99};
    if (!sim_fault(sim, 200)) return;
    at(sim, index)->used_percent = USED[world_below(&sim->world, ARRAY_LEN(USED))];
    sim->counts.disks += at(sim, index)->used_percent > 0;
}

/* A clock jumps, by a day, or is set right again. */
static void work_clock(struct sim *sim, size_t index)
{
    static const int64_t SKEWS_MS[] = {0, 0, DAY_MS, -DAY_MS, 7 * HOUR_MS};
    if (!sim_fault(sim, 1500)) return;
    int64_t before_ms = at(sim, index)->skew_ms;
    at(sim, index)->skew_ms = SKEWS_MS[world_below(&sim->world, ARRAY_LEN(SKEWS_MS))];
    sim->counts.clocks += at(sim, index)->skew_ms != before_ms;
    if (at(sim, index)->skew_ms < before_ms) office_clock_back(sim, index);
}

void work_turn(struct sim *sim)
{
    for (size_t i = 0; i < sim->world.count; i++) {
        work_disk(sim, i);
        work_clock(sim, i);
    }
    for (size_t i = 0; i < sim->world.count; i++) {
        if (!sim->offices[i].up || world_below(&sim->world, WORK_ONE_IN) != 0) continue;
        if (restore_closed(sim, i)) continue; /* nobody acts meanwhile */
        work_office(sim, i);
    }
    for (size_t i = 0; i < sim->world.count; i++) {
        for (size_t k = 0; k < sim->world.count; k++) {
            if (i == k || !sim_fault(sim, 600)) continue;
            sim->counts.partitions++; /* one way; sometimes the other follows by chance */
            sim->cut_until_ms[i][k] =
                sim->world.now_ms + 1000 + (int64_t)world_below(&sim->world, 15000);
        }
    }
}
