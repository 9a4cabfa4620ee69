/* The office as a node: identity, signing, directory, schema. */
#include "core/office.h"

#include <sodium.h>
#include <string.h>

#include "base/id.h"
#include "base/time.h"
#include "base/words.h"
#include "base/workday_term.h"
#include "core/core_sql.h"
#include "core/login.h"
#include "core/org.h"
#include "core/org_sql.h"
#include "core/receipt_sql.h"
#include "core/record_sql.h"
#include "core/replay.h"

enum { PURPOSE_BYTES_MAX = 32, HASH_BYTES = 32, SIGNATURE_BYTES = 64 };

/* purpose || 0 || hash. Returns its length. */
static size_t statement(const char *purpose, const uint8_t hash[32],
                        uint8_t ret_text[PURPOSE_BYTES_MAX + 1 + HASH_BYTES])
{
    size_t len = str_of(purpose).len;
    ensure(len <= PURPOSE_BYTES_MAX);
    memcpy(ret_text, purpose, len + 1);
    memcpy(ret_text + len + 1, hash, HASH_BYTES);
    return len + 1 + HASH_BYTES;
}

bool office_verify(struct str public_key, const char *purpose, const uint8_t hash[32],
                   struct str signature)
{
    uint8_t text[PURPOSE_BYTES_MAX + 1 + HASH_BYTES];
    if (public_key.len != crypto_sign_PUBLICKEYBYTES || signature.len != SIGNATURE_BYTES)
        return false;
    size_t len = statement(purpose, hash, text);
    return crypto_sign_verify_detached((const uint8_t *)signature.ptr, text, len,
                                       (const uint8_t *)public_key.ptr) == 0;
}

void office_sign_with(const uint8_t secret_key[64], const char *purpose, const uint8_t hash[32],
                      uint8_t ret_signature[64])
{
    uint8_t text[PURPOSE_BYTES_MAX + 1 + HASH_BYTES];
    size_t len = statement(purpose, hash, text);
    int failed = crypto_sign_detached(ret_signature, NULL, text, len, secret_key);
    ensure(failed == 0);
}

void office_sign_note_with(const uint8_t secret_key[64], struct str text, uint8_t ret_signature[64])
{
    ensure(text.len > 0);
    int failed =
        crypto_sign_detached(ret_signature, NULL, (const uint8_t *)text.ptr, text.len, secret_key);
    ensure(failed == 0);
}

struct str office_key_id(struct arena *arena, struct str public_key)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)public_key.ptr, public_key.len);
    return hex_encode(arena, (struct str){(const char *)hash, 8});
}

enum err office_pass_key(struct call *c, struct office *office)
{
    uint8_t hash[1][HASH_BYTES];
    uint8_t signature[1][SIGNATURE_BYTES];
    const struct signer *signer = &office->signer;
    crypto_hash_sha256(hash[0], (const uint8_t *)office->id.ptr, office->id.len);
    enum err e =
        signer->sign(signer->self, c, PURPOSE_PASS, (const uint8_t(*)[32])hash, 1, signature);
    if (e != OK) return e;
    static_assert(sizeof office->pass_key == crypto_hash_sha256_BYTES);
    crypto_hash_sha256(office->pass_key, signature[0], sizeof signature[0]);
    sodium_memzero(signature, sizeof signature);
    return OK;
}

/* Signs the hashes of `column` of all rows under one purpose, in one call to the keeper. */
static enum err sign_rows(struct call *c, const struct rows *rows, size_t column,
                          const char *purpose, uint8_t (**ret_signatures)[64])
{
    uint8_t(*hashes)[32] = arena_array(c->arena, rows->count, sizeof *hashes);
    uint8_t(*signatures)[64] = arena_array(c->arena, rows->count, sizeof *signatures);
    for (size_t i = 0; i < rows->count; i++) {
        bool hex = hex_decode(rows_text(rows, i, column), hashes[i], HASH_BYTES);
        ensure(hex);
    }
    const struct signer *signer = &c->office->signer;
    enum err e = signer->sign(signer->self, c, purpose, (const uint8_t(*)[32])hashes, rows->count,
                              signatures);
    if (e == OK) *ret_signatures = signatures;
    return e;
}

static struct str signature_at(uint8_t (*signatures)[64], size_t i)
{
    return (struct str){(const char *)signatures[i], SIGNATURE_BYTES};
}

enum err office_before_commit(void *office, struct call *group)
{
    struct rows versions = {};
    struct rows receipts = {};
    uint8_t(*signatures)[64] = NULL;
    group->office = office;
    enum err e = replay_owed(group);
    if (e == OK) e = version_unsigned_list(group, &versions);
    if (e == OK && versions.count > 0) {
        e = sign_rows(group, &versions, 2, PURPOSE_VERSION, &signatures);
    }
    for (size_t i = 0; e == OK && i < versions.count; i++) {
        e = version_sign(group, rows_text(&versions, i, 0), rows_int(&versions, i, 1),
                         signature_at(signatures, i));
    }
    if (e == OK) e = receipt_unsigned_list(group, &receipts);
    if (e == OK && receipts.count > 0) {
        e = sign_rows(group, &receipts, 0, PURPOSE_RECEIPT, &signatures);
    }
    for (size_t i = 0; e == OK && i < receipts.count; i++) {
        e = receipt_sign(group, rows_text(&receipts, i, 0), signature_at(signatures, i));
    }
    return e;
}

static bool topic_touches(struct str topic, const struct module *module)
{
    if (str_eq(topic, S("all"))) return true;
    if (!str_starts(topic, S("kind:"))) return false;
    struct str kind = str_sub(topic, S("kind:").len, topic.len);
    for (size_t i = 0; i < module->kind_count; i++) {
        if (str_eq(kind, str_of(module->kinds[i].table->name))) return true;
    }
    return false;
}

struct refreshing {
    struct office *office;
    const struct module *module;
};

static enum err refresh_step(struct call *c, void *arg)
{
    const struct refreshing *r = arg;
    return r->module->refresh(c, r->office, r->office->memory);
}

static enum err refresh_module(struct call *c, struct office *office, const struct module *module)
{
    struct refreshing r = {office, module};
    return store_read(c, refresh_step, &r);
}

enum err office_refresh(struct call *c, struct office *office, struct arena *memory)
{
    office->memory = memory;
    office->store = c->store;
    office->env = c->env;
    for (size_t i = 0; i < modules_count(); i++) {
        if (modules_at(i)->refresh == NULL) continue;
        enum err e = refresh_module(c, office, modules_at(i));
        if (e != OK) return e;
    }
    return OK;
}

/* What cannot be rebuilt stays as it was until the next commit that touches it. */
static void refresh_touched(struct office *o, const struct str *topics, size_t count)
{
    for (size_t i = 0; i < modules_count(); i++) {
        const struct module *module = modules_at(i);
        bool touched = false;
        for (size_t k = 0; module->refresh != NULL && k < count; k++)
            touched = touched || topic_touches(topics[k], module);
        if (!touched) continue;
        struct call c = call_begin(o->env, o->store, o);
        enum err e = refresh_module(&c, o, module);
        if (e != OK) call_clear(&c);
        call_end(&c);
    }
}

void office_after_commit(void *office, const struct str *topics, size_t count)
{
    struct office *o = office;
    if (o->memory != NULL) refresh_touched(o, topics, count);
    if (o->changed != NULL && count > 0) o->changed(o->changed_arg, topics, count);
}

static enum err schema_step(struct call *c, void *arg)
{
    (void)arg;
    return record_schema(c);
}

enum err office_migrate(struct call *c)
{
    size_t count = 0;
    const struct migration *steps = core_migrations(&count);
    enum err e = store_migrate(c, steps, count);
    if (e == OK) e = store_tx(c, schema_step, NULL);
    for (size_t i = 0; e == OK && i < modules_count(); i++) {
        const struct module *module = modules_at(i);
        if (module->migration_count == 0) continue;
        e = store_migrate(c, module->migrations, module->migration_count);
    }
    return e;
}

struct found {
    struct str login;
    struct str hash; /* of the password */
};

/* The administrator is written first and is its own author; then the office by its hand. */
static enum err found_step(struct call *c, void *arg)
{
    const struct found *f = arg;
    struct rows self = {};
    enum err e = org_self(c, &self);
    if (e != OK) return e;
    if (self.count > 0) return fail(c, ERR_CONFLICT, "office.exists");
    struct org_person admin = {.login = f->login, .title = words(c->lang, S("role.admin"))};
    admin.role[5] = true;
    struct str record = str_format(c->arena, "%.*s.%.*s", STR_ARG(c->office->id),
                                   STR_ARG(call_random_id(c, ID_RANDOM_BYTES)));
    struct act_result result = {};
    size_t count = 0;
    const struct str *audience = org_audience(c, &count);
    struct put put = {.kind = "office.person",
                      .record = record,
                      .body = &admin,
                      .audience = audience,
                      .audience_count = count};
    c->who.person = record;
    e = record_put(c, &put, &result);
    if (e == OK) e = credential_put(c, f->login, f->hash);
    if (e != OK) return e;
    struct org_office office = {.code = c->office->code,
                                .name = c->office->name,
                                .key = {.public_key =
                                            hex_encode(c->arena, c->office->public_key),
                                        .next = c->office->next_key}};
    put = (struct put){
        .kind = "office.office", .body = &office, .audience = audience, .audience_count = count};
    return record_put(c, &put, &result);
}

enum err office_found(struct call *c, struct str admin_login, struct str admin_password)
{
    struct found f = {.login = admin_login};
    enum err e = password_hash(c, admin_password, &f.hash);
    return e != OK ? e : store_tx(c, found_step, &f);
}

static void memory_end(void *arg)
{
    arena_close(arg);
}

enum err office_load(struct call *c, struct office *office)
{
    struct rows rows = {};
    uint8_t raw[crypto_sign_PUBLICKEYBYTES];
    enum err e = org_self(c, &rows);
    if (e != OK) return e;
    if (rows.count != 1) return fail(c, ERR_NOT_FOUND, "office.none");
    if (!hex_decode(rows_text(&rows, 0, 3), raw, sizeof raw))
        return fail(c, ERR_CORRUPT, "store.corrupt");
    office->id = rows_text(&rows, 0, 0);
    office->code = rows_text(&rows, 0, 1);
    office->name = rows_text(&rows, 0, 2);
    office->next_key = rows_text(&rows, 0, 4);
    office->key_n = rows_int(&rows, 0, 5);
    office->public_key = str_copy(c->arena, (struct str){(const char *)raw, sizeof raw});
    office->key = office_key_id(c->arena, office->public_key);
    struct arena *memory = arena_open(0);
    arena_defer(c->arena, memory_end, memory);
    e = office_remake(c);
    return e == OK ? office_refresh(c, office, memory) : e;
}

static bool peer_of_row(struct call *c, const struct rows *rows, size_t i, struct peer *ret_peer)
{
    uint8_t raw[crypto_sign_PUBLICKEYBYTES];
    if (!hex_decode(rows_text(rows, i, 3), raw, sizeof raw)) return false;
    struct str key = str_copy(c->arena, (struct str){(const char *)raw, sizeof raw});
    *ret_peer = (struct peer){
        .office = rows_text(rows, i, 0),
        .code = rows_text(rows, i, 1),
        .name = rows_text(rows, i, 2),
        .public_key = key,
        .key = office_key_id(c->arena, key),
        .key_n = rows_int(rows, i, 6),
        .next_key = rows_text(rows, i, 7),
        .address = rows_text(rows, i, 4),
    };
    return true;
}

enum err peer_list(struct call *c, struct peer **ret_peers, size_t *ret_count)
{
    struct rows rows = {};
    enum err e = org_peer_rows(c, &rows);
    if (e != OK) return e;
    struct peer *peers = arena_array(c->arena, rows.count + 1, sizeof *peers);
    size_t count = 0;
    for (size_t i = 0; i < rows.count; i++) {
        if (peer_of_row(c, &rows, i, &peers[count])) count++;
    }
    *ret_peers = peers;
    *ret_count = count;
    return OK;
}

enum err peer_find(struct call *c, struct str office, struct peer *ret_peer)
{
    struct rows rows = {};
    enum err e = org_peer_row(c, office, &rows);
    if (e != OK) return e;
    bool found = rows.count > 0 && peer_of_row(c, &rows, 0, ret_peer);
    return found ? OK : fail(c, ERR_NOT_FOUND, "peer.unknown");
}

struct finding {
    struct str office;
    struct peer *peer;
};

static enum err find_step(struct call *c, void *arg)
{
    const struct finding *finding = arg;
    return peer_find(c, finding->office, finding->peer);
}

enum err peer_look(struct call *c, struct str office, struct peer *ret_peer)
{
    struct finding finding = {office, ret_peer};
    return store_read(c, find_step, &finding);
}

/* A name for a page; the id itself when the registry has none. */
static struct str named(struct call *c, const char *sql, struct str id)
{
    struct str text = {};
    enum err e = org_text(c, sql, id, &text);
    if (e != OK) call_clear(c); /* a page without a name is still a page */
    return text.len > 0 ? text : id;
}

struct str office_code(struct call *c, struct str office)
{
    return str_eq(office, c->office->id) ? c->office->code : named(c, ORG_PEER_CODE, office);
}

struct str office_name(struct call *c, struct str office)
{
    return str_eq(office, c->office->id) ? c->office->name : named(c, ORG_PEER_NAME, office);
}

struct str person_title(struct call *c, struct str person)
{
    if (person.len == 0) return (struct str){};
    if (!str_eq(id_home(person), c->office->id)) return office_code(c, id_home(person));
    return named(c, ORG_PERSON_TITLE, person);
}

struct str unit_name(struct call *c, struct str unit)
{
    return unit.len == 0 ? unit : named(c, ORG_UNIT_NAME, unit);
}

enum err person_list(struct call *c, uint32_t roles, struct node *ret_list)
{
    struct rows rows = {};
    enum err e = org_person_rows(c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        uint32_t held = 0;
        for (size_t k = 0; k < 6; k++)
            held |= rows_int(&rows, i, 6 + k) != 0 ? 1U << k : 0U;
        if ((held & roles) == 0) continue;
        struct node *row = node_add_map(c, ret_list);
        node_text(c, row, "record", rows_text(&rows, i, 0));
        node_text(c, row, "login", rows_text(&rows, i, 1));
        node_text(c, row, "title", rows_text(&rows, i, 2));
        node_text(c, row, "unit", rows_text(&rows, i, 4));
    }
    return e;
}

enum err unit_list(struct call *c, struct node *ret_list)
{
    struct rows rows = {};
    enum err e = org_unit_rows(c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        if (rows_text(&rows, i, 2).len > 0) continue; /* merged: history */
        struct node *row = node_add_map(c, ret_list);
        node_text(c, row, "record", rows_text(&rows, i, 0));
        node_text(c, row, "name", rows_text(&rows, i, 1));
    }
    return e;
}

/* A date from a record may lie anywhere; outside the calendar's years nothing is counted. */
static int64_t day_clamp(int64_t day)
{
    int64_t first = time_day_of((struct date){WORKDAY_YEAR_MIN, 1, 1});
    int64_t last = time_day_of((struct date){WORKDAY_YEAR_MAX, 12, 31});
    return day < first ? first : day > last ? last : day;
}

int64_t office_workdays_between(struct call *c, int64_t from_day, int64_t to_day)
{
    if (to_day <= from_day) return 0;
    return workday_count(c->office->calendar, day_clamp(from_day), day_clamp(to_day));
}

static struct workday_due moment_of(int64_t ms)
{
    enum { MINUTE_MS = 60 * 1000 };
    int64_t day = time_hanoi_day(ms);
    return (struct workday_due){day_clamp(day), (ms - time_hanoi_midnight_ms(day)) / MINUTE_MS};
}

int64_t office_work_minutes(struct call *c, int64_t from_ms, int64_t to_ms)
{
    if (from_ms >= to_ms) return 0;
    return workday_open_minutes(c->office->calendar, moment_of(from_ms), moment_of(to_ms));
}
