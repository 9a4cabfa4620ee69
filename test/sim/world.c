#include "sim/world.h"

#include "base/words.h"
#include "base/workday.h"
#include "core/org.h"
#include "core/record_sql.h"
#include "exchange/exchange.h"
#include "t_store.h"

#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORLD_START_MS_STEP = 1000, FOLDERS_OPEN = 16 };
#define WORLD_START_MS ((int64_t)1795600000000) /* a day in November 2026 */

/* Clock and randomness */

static int64_t world_now(void *self)
{
    const struct world *world = self;
    return world->now_ms;
}

/* splitmix64: small, even, the same everywhere. */
uint64_t world_random(struct world *world)
{
    world->random += 0x9e3779b97f4a7c15U;
    uint64_t z = world->random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

uint64_t world_below(struct world *world, uint64_t limit)
{
    ensure(limit > 0);
    return world_random(world) % limit;
}

static void world_bytes(void *self, uint8_t *ret_bytes, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        ret_bytes[i] = (uint8_t)(world_random(self) >> 32);
}

/* An office's own clock and disk */

int64_t world_clock(const struct world_office *office)
{
    return office->world->now_ms + office->skew_ms;
}

int64_t world_time(const struct world_office *office, int64_t clock_ms)
{
    return clock_ms == INT64_MAX ? clock_ms : clock_ms - office->skew_ms;
}

static int64_t office_now(void *self)
{
    return world_clock(self);
}

static int64_t office_free(void *self, const char *dir)
{
    const struct world_office *office = self;
    ensure(strcmp(office->dir, dir) == 0); /* no other folder is asked about */
    return 100 - office->used_percent;
}

static void office_bytes(void *self, uint8_t *ret_bytes, size_t bytes)
{
    const struct world_office *office = self;
    world_bytes(office->world, ret_bytes, bytes);
}

/* Offices */

void world_must(struct call *c, enum err e)
{
    if (e == OK) return;
    struct str text = words_failure(c);
    (void)fprintf(stderr, "world: %s: %.*s\n", c->failure.reason, STR_ARG(text));
    abort();
}

static enum err sign(void *self, struct call *c, const char *purpose, const uint8_t (*hashes)[32],
                     size_t count, uint8_t (*ret_signatures)[64])
{
    const struct world_office *office = self;
    (void)c;
    for (size_t i = 0; i < count; i++) {
        office_sign_with(office->secret_key, purpose, hashes[i], ret_signatures[i]);
    }
    return OK;
}

static enum err sign_note(void *self, struct call *c, struct str text, uint8_t ret_signature[64])
{
    const struct world_office *office = self;
    (void)c;
    office_sign_note_with(office->secret_key, text, ret_signature);
    return OK;
}

static enum err before_commit(void *arg, struct call *group)
{
    struct world_office *office = arg;
    enum err e = office_before_commit(&office->office, group);
    if (e != OK) return e;
    office->commits++;
    if (!office->fail_commit) return OK;
    office->fail_commit = false;
    return fail(group, ERR_IO, "store.io");
}

struct call world_call(struct world_office *office)
{
    struct call c = call_begin(&office->env, office->store, &office->office);
    c.who.person = office->person;
    c.who.roles = ROLE_OFFICER;
    return c;
}

void world_start(struct world_office *office)
{
    ensure(office->store == NULL);
    struct call c = world_call(office);
    struct store_config config = {
        .path = t_store_path(c.arena, office->dir),
        .plugins = t_store_plugins(c.arena),
        .inline_writer = true,
        .sync_off = true,
        .before_commit = before_commit,
        .arg = office,
    };
    world_must(&c, store_open(&c, &config, &office->store));
    c.store = office->store;
    world_must(&c, office_migrate(&c));
    world_must(&c, exchange_migrate(&c));
    call_end(&c);
}

void world_stop(struct world_office *office)
{
    store_close(office->store);
    office->store = NULL;
    office->fail_commit = false;
}

static enum err found(struct call *c, void *arg)
{
    struct world_office *office = arg;
    struct act_result result = {};
    size_t count = 0;
    const struct str *audience = org_audience(c, &count);
    struct org_person person = {.login = S("officer"), .title = S("Chuyên viên")};
    person.role[0] = true;
    struct put put = {.kind = "office.person",
                      .record = office->person,
                      .body = &person,
                      .audience = audience,
                      .audience_count = count};
    enum err e = record_put(c, &put, &result);
    if (e != OK) return e;
    struct org_office self = {.code = c->office->code,
                              .name = c->office->name,
                              .key = {.public_key =
                                          hex_encode(c->arena, c->office->public_key)}};
    put = (struct put){
        .kind = "office.office", .body = &self, .audience = audience, .audience_count = count};
    return record_put(c, &put, &result);
}

static enum err meet(struct call *c, void *arg)
{
    const struct world_office *other = arg;
    struct act_result result = {};
    size_t count = 0;
    const struct str *audience = org_audience(c, &count);
    struct org_peer peer = {
        .office = other->office.id,
        .code = other->office.code,
        .name = other->office.name,
        .key = {.public_key = hex_encode(c->arena, other->office.public_key)},
        .address = other->calls ? S("") : S("127.0.0.1:1"),
    };
    struct put put = {
        .kind = "office.peer", .body = &peer, .audience = audience, .audience_count = count};
    return record_put(c, &put, &result);
}

static void office_make(struct world *world, size_t index)
{
    struct world_office *office = &world->offices[index];
    uint8_t seed[crypto_sign_SEEDBYTES];
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t raw[32];
    office->world = world;
    office->env = (struct env){.now_ms = office_now,
                               .random = office_bytes,
                               .free_percent = office_free,
                               .self = office};
    office->arena = arena_open(0);
    world_bytes(world, seed, sizeof seed);
    int failed = crypto_sign_seed_keypair(public_key, office->secret_key, seed);
    ensure(failed == 0);
    world_bytes(world, raw, sizeof raw);
    struct call c = call_begin(&world->env, NULL, NULL);
    struct str id = base32_encode(office->arena, (struct str){(const char *)raw, 16});
    struct str key =
        str_copy(office->arena, (struct str){(const char *)public_key, sizeof public_key});
    office->office = (struct office){
        .id = id,
        .code = str_format(office->arena, "VP%zu", index + 1),
        .name = str_format(office->arena, "Văn phòng %zu", index + 1),
        .key = office_key_id(office->arena, key),
        .public_key = key,
        .calendar = workday_calendar_vn(&c, office->arena),
        .signer = {.sign = sign, .sign_note = sign_note, .self = office},
    };
    call_end(&c);
    struct str person = base32_encode(office->arena, (struct str){(const char *)raw + 16, 16});
    office->person = str_format(office->arena, "%.*s.%.*s", STR_ARG(id), STR_ARG(person));
    int length = snprintf(office->dir, sizeof office->dir, "%s/%zu", world->dir, index + 1);
    ensure(length > 0 && (size_t)length < sizeof office->dir);
    failed = mkdir(office->dir, 0700);
    ensure(failed == 0);
    office->office.dir = str_of(office->dir);
    office->calls = index < world->callers;
    c = call_begin(env_real(), NULL, NULL);
    world_must(&c, t_store_take(&c, office->dir));
    call_end(&c);
    world_start(office);
}

void world_open(struct world *world, uint64_t seed, size_t count)
{
    ensure(count <= WORLD_OFFICES_MAX);
    int failed = sodium_init();
    ensure(failed >= 0);
    world->env = (struct env){.now_ms = world_now, .random = world_bytes, .self = world};
    world->now_ms = WORLD_START_MS;
    world->random = seed;
    world->count = count;
    bool shm = access("/dev/shm", W_OK) == 0; /* memory, where there is some */
    (void)snprintf(world->dir, sizeof world->dir, "%s/phoihop-XXXXXX", shm ? "/dev/shm" : "/tmp");
    char *made = mkdtemp(world->dir);
    ensure(made != NULL);
    for (size_t i = 0; i < count; i++)
        office_make(world, i);
    for (size_t i = 0; i < count; i++) {
        struct call c = world_call(&world->offices[i]);
        world_must(&c, store_tx(&c, found, &world->offices[i]));
        for (size_t k = 0; k < count; k++) {
            if (k != i) world_must(&c, store_tx(&c, meet, &world->offices[k]));
        }
        call_end(&c);
    }
    world->now_ms += WORLD_START_MS_STEP;
}

static int entry_remove(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

void world_close(struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        world->offices[i].fail_commit = false;
        struct call c = world_call(&world->offices[i]);
        if (c.store != NULL) world_must(&c, t_store_give(&c, world->offices[i].dir));
        call_end(&c);
        store_close(world->offices[i].store);
        arena_close(world->offices[i].arena);
    }
    (void)nftw(world->dir, entry_remove, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
    *world = (struct world){};
}

/* Records */

struct noting {
    struct put put;
    struct act_result result;
};

static enum err note_put(struct call *c, void *arg)
{
    struct noting *noting = arg;
    return record_put(c, &noting->put, &noting->result);
}

struct str world_note(struct call *c, struct world *world, struct str record, uint32_t audience,
                      struct str title, enum priority priority)
{
    const struct kind *kind = module_kind(S("note.note"));
    ensure(kind != NULL);
    struct sb json = sb_new(c->arena, 0);
    sb_printf(&json, "{\"title\":\"%.*s\"}", STR_ARG(title));
    void *body = arena_alloc(c->arena, kind->table->size);
    world_must(c, fields_read(c, kind->table, sb_str(&json), UNKNOWN_REFUSE, body));
    struct str parties[WORLD_OFFICES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < world->count; i++) {
        if ((audience & (1U << i)) == 0) continue;
        parties[count++] = str_format(c->arena, "o:%.*s", STR_ARG(world->offices[i].office.id));
    }
    struct noting noting = {
        .put = {.kind = "note.note",
                .record = record,
                .body = body,
                .audience = audience != 0 ? parties : NULL,
                .audience_count = count,
                .priority = priority},
    };
    enum err e = store_tx(c, note_put, &noting);
    if (e != OK && str_eq(str_of(c->failure.reason), S("store.io"))) {
        call_clear(c); /* the power went before the commit */
        return (struct str){};
    }
    world_must(c, e);
    return noting.result.record;
}

struct passing {
    struct str record;
    enum world_pass how;
    struct str to;
};

static enum err pass_step(struct call *c, void *arg)
{
    const struct passing *p = arg;
    struct rows rows = {};
    struct head head = {};
    struct version v = {};
    struct act_result result = {};
    void *body = arena_alloc(c->arena, module_kind(S("note.note"))->table->size);
    enum err e = record_body(c, "note.note", p->record, body);
    if (e == OK) e = audience_load(c, p->record, &rows);
    if (e == OK) e = record_head(c, p->record, &head);
    if (e == OK) e = record_version(c, p->record, head.n, &v);
    if (e != OK) return e;
    struct str *parties = arena_array(c->arena, rows.count + 1, sizeof *parties);
    for (size_t i = 0; i < rows.count; i++)
        parties[i] = rows_text(&rows, i, 0);
    struct put put = {.kind = "note.note",
                      .record = p->record,
                      .body = body,
                      .audience = parties,
                      .audience_count = rows.count,
                      .priority = PRIORITY_NORMAL,
                      .answers = p->how != WORLD_GIVE};
    if (p->how == WORLD_GIVE) put.give_to = p->to;
    if (p->how == WORLD_DECLINE) put.give_to = v.home;
    if (put.give_to.len > 0) {
        parties[put.audience_count++] = str_format(c->arena, "o:%.*s", STR_ARG(put.give_to));
    }
    return record_put(c, &put, &result);
}

enum err world_pass(struct call *c, struct str record, enum world_pass how, struct str to)
{
    struct passing passing = {record, how, to};
    return store_tx(c, pass_step, &passing);
}

struct asking {
    const char *sql;
    const struct value *args;
    size_t count;
    int64_t number;
};

static enum err ask(struct call *c, void *arg)
{
    struct asking *asking = arg;
    struct rows rows = {};
    enum err e = store_one(c, asking->sql, asking->args, asking->count, &rows);
    if (e == OK) asking->number = rows_int(&rows, 0, 0);
    return e;
}

int64_t world_number(struct call *c, const char *sql, const struct value *args, size_t count)
{
    struct asking asking = {.sql = sql, .args = args, .count = count};
    world_must(c, store_read(c, ask, &asking));
    return asking.number;
}
