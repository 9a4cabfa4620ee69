/* Offices that go on with another key when they start, and what a connection shows of it. */
#include "sim/sim.h"

#include "core/directory.h"

#include <string.h>

enum { ROTATE_ONE_IN = 3 };

static struct world_office *at(struct sim *sim, size_t index)
{
    return &sim->world.offices[index];
}

/* Key n of an office follows from the one before: the simulator keeps nothing else. */
static struct str key_after_this(struct arena *arena, const uint8_t secret[64],
                                 uint8_t ret_secret[64])
{
    uint8_t seed[crypto_hash_sha256_BYTES];
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    crypto_hash_sha256(seed, secret, 64);
    int failed = crypto_sign_seed_keypair(public_key, ret_secret, seed);
    ensure(failed == 0);
    return str_copy(arena, (struct str){(const char *)public_key, sizeof public_key});
}

static struct str sign(struct call *c, const uint8_t secret[64], struct str bytes)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t signature[crypto_sign_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)bytes.ptr, bytes.len);
    office_sign_with(secret, PURPOSE_KEY, hash, signature);
    return str_copy(c->arena, (struct str){(const char *)signature, sizeof signature});
}

struct rotating {
    struct world_office *office;
    uint8_t next[64];
    struct str public_key;
};

static enum err rotate(struct call *c, void *arg)
{
    struct rotating *r = arg;
    struct key_state own = {};
    uint8_t later[64];
    struct str promised = key_after_this(c->arena, r->next, later);
    struct key_frame frame = {};
    enum err e = directory_self(c, &own, &frame.statement.size);
    if (e != OK) return e;
    frame.statement.format = 1;
    frame.statement.office = c->office->id;
    frame.statement.n = own.n + 1;
    frame.statement.old_key = hex_encode(c->arena, own.public_key);
    frame.statement.new_key = hex_encode(c->arena, r->public_key);
    frame.statement.next = key_promise(c->arena, promised);
    frame.statement.time_ms = c->now_ms;
    frame.bytes = key_statement_write(c, &frame.statement);
    frame.old_signature = sign(c, r->office->secret_key, frame.bytes);
    frame.new_signature = sign(c, r->next, frame.bytes);
    return directory_rotate(c, &frame);
}

/* Decided without the seed's own randomness, which the other faults are drawn from. */
static bool is_time(const struct sim *sim, size_t index)
{
    const struct sim_counts *counts = &sim->counts;
    int64_t crashes = counts->crashes_before_commit + counts->crashes_after_commit +
                      counts->crashes_idle + (int64_t)index;
    return sim->faults && !sim->restores &&
           (crashes + (int64_t)(sim->seed % ROTATE_ONE_IN)) % ROTATE_ONE_IN == 0;
}

void key_start(struct sim *sim, size_t index)
{
    struct world_office *office = at(sim, index);
    struct rotating r = {.office = office};
    if (!is_time(sim, index)) return;
    struct call c = world_call(office);
    r.public_key = key_after_this(office->arena, office->secret_key, r.next);
    world_must(&c, store_tx(&c, rotate, &r));
    memcpy(office->secret_key, r.next, sizeof office->secret_key);
    office->office.public_key = r.public_key;
    office->office.key = office_key_id(office->arena, r.public_key);
    sim->counts.rotated++;
    sim_trace(sim, "key", index, index, office->office.key);
    call_end(&c);
}

static enum err chain_read(struct call *c, void *arg)
{
    return directory_chain(c, c->office->id, arg);
}

bool key_shown(struct sim *sim, size_t from, size_t to)
{
    struct peer known = {};
    struct str chain = {};
    struct call c = world_call(at(sim, to));
    world_must(&c, peer_look(&c, at(sim, from)->office.id, &known));
    bool same = str_eq(known.public_key, at(sim, from)->office.public_key);
    enum err e = same || sim->offices[from].up ? OK : ERR_PEER; /* nobody shows it any more */
    if (!same && e == OK) {
        struct call there = world_call(at(sim, from));
        world_must(&there, store_read(&there, chain_read, &chain));
        e = directory_meet(&c, at(sim, from)->office.id, chain);
        call_end(&there);
    }
    bool power_off = c.failure.err != OK && office_power_went(sim, &c, to, from);
    call_end(&c);
    if (power_off) office_crash(sim, to, &sim->counts.crashes_before_commit);
    return e == OK;
}
