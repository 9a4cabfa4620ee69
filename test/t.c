#include "t.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <ftw.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/id.h"
#include "base/time.h"
#include "core/directory.h"
#include "core/login.h"
#include "core/obligation.h"
#include "core/receipt.h"
#include "store/blob.h"
#include "t_store.h"

static int64_t t_now(void *self)
{
    return ((struct t_office *)self)->now_ms;
}

/* splitmix64: the same seed gives the same ids. */
static int64_t t_free_percent(void *self, const char *dir)
{
    const struct t_office *t = self;
    ensure(dir[0] != '\0');
    return t->free_percent;
}

static void t_random(void *self, uint8_t *ret_bytes, size_t bytes)
{
    struct t_office *t = self;
    for (size_t i = 0; i < bytes; i++) {
        t->seed += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t z = t->seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        ret_bytes[i] = (uint8_t)(z >> 56);
    }
}

static enum err t_sign(void *self, struct call *c, const char *purpose, const uint8_t (*hashes)[32],
                       size_t count, uint8_t (*ret_signatures)[64])
{
    struct t_office *t = self;
    (void)c;
    for (size_t i = 0; i < count; i++) {
        office_sign_with(t->secret_key, purpose, hashes[i], ret_signatures[i]);
    }
    return OK;
}

static enum err t_sign_note(void *self, struct call *c, struct str text, uint8_t ret_signature[64])
{
    const struct t_office *t = self;
    (void)c;
    office_sign_note_with(t->secret_key, text, ret_signature);
    return OK;
}

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s: %s", c->failure.reason, failure_json(c).ptr);
}

static void t_store_open(struct t_office *t)
{
    struct call c = call_begin(&t->env, NULL, &t->office);
    struct store_config config = {
        .path = t_store_path(t->arena, t->dir),
        .plugins = t_store_plugins(t->arena),
        .inline_writer = true,
        .sync_off = true,
        .before_commit = office_before_commit,
        .after_commit = office_after_commit,
        .arg = &t->office,
    };
    must(&c, store_open(&c, &config, &t->store));
    call_end(&c);
    c = call_begin(&t->env, t->store, &t->office);
    must(&c, office_migrate(&c));
    call_end(&c);
}

/* Key n of the office; the first one is number 0. Returns the public half in its arena. */
static struct str t_key(struct t_office *t, const char *code, int64_t n, uint8_t ret_secret[64])
{
    uint8_t seed[32] = {};
    uint8_t public_key[32];
    for (size_t i = 0; code[i] != 0 && i < sizeof seed; i++)
        seed[i] = (uint8_t)code[i];
    seed[31] = (uint8_t)n;
    assert_int_equal(crypto_sign_seed_keypair(public_key, ret_secret, seed), 0);
    return str_copy(t->arena, (struct str){(const char *)public_key, 32});
}

/* What the key after the present one is promised by. */
static struct str t_promise(struct t_office *t, const char *code)
{
    uint8_t secret[64];
    return key_promise(t->arena, t_key(t, code, t->key_n + 1, secret));
}

void t_office_open(struct t_office *t, const char *code)
{
    *t = (struct t_office){.arena = arena_open(0), .now_ms = INT64_C(1795572000000)};
    assert_true(sodium_init() >= 0);
    for (size_t i = 0; code[i] != 0; i++)
        t->seed = t->seed * 131 + (uint8_t)code[i];
    t->free_percent = 100;
    t->env = (struct env){.now_ms = t_now,
                          .random = t_random,
                          .free_percent = t_free_percent,
                          .weak_passwords = true,
                          .self = t};
    (void)snprintf(t->dir, sizeof t->dir, "/tmp/phoihop-t-%s-XXXXXX", code);
    assert_non_null(mkdtemp(t->dir));
    const char *const folders[] = {"blobs", "tmp"};
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        assert_int_equal(mkdir(str_format(t->arena, "%s/%s", t->dir, folders[i]).ptr, 0700), 0);
    }
    struct call c = call_begin(&t->env, NULL, NULL);
    t->office = (struct office){
        .id = str_copy(t->arena, call_random_id(&c, ID_RANDOM_BYTES)),
        .code = str_copy(t->arena, str_of(code)),
        .name = str_format(t->arena, "Văn phòng %s", code),
        .dir = str_of(t->dir),
        .public_key = t_key(t, code, 0, t->secret_key),
        .next_key = t_promise(t, code),
        .calendar = workday_calendar_vn(&c, t->arena),
        .signer = {.sign = t_sign, .sign_note = t_sign_note, .self = t},
    };
    t->office.key = office_key_id(t->arena, t->office.public_key);
    must(&c, t_store_take(&c, t->dir));
    call_end(&c);
    t_store_open(t);
    c = call_begin(&t->env, t->store, &t->office);
    must(&c, office_found(&c, S("admin"), S("mat-khau-admin")));
    call_end(&c);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

void t_office_close(struct t_office *t)
{
    struct call c = call_begin(&t->env, t->store, &t->office);
    must(&c, t_store_give(&c, t->dir));
    call_end(&c);
    store_close(t->store);
    (void)nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    arena_close(t->arena);
}

void t_office_restart(struct t_office *t)
{
    store_close(t->store);
    t_store_open(t);
}

struct call t_call(struct t_office *t, const char *login)
{
    struct call c = call_begin(&t->env, t->store, &t->office);
    if (login != NULL) must(&c, login_as(&c, str_of(login)));
    return c;
}

struct act_result t_act(struct t_office *t, const char *login, const char *act, const char *json)
{
    struct call c = t_call(t, login);
    struct act_result result = {};
    must(&c, act_run_json(&c, str_of(act), str_of(json), (struct str){}, &result));
    result.record = str_copy(t->arena, result.record);
    result.more = NULL;
    call_end(&c);
    return result;
}

struct str t_refused(struct t_office *t, const char *login, const char *act, const char *json)
{
    struct call c = t_call(t, login);
    struct act_result result = {};
    enum err e = act_run_json(&c, str_of(act), str_of(json), (struct str){}, &result);
    assert_int_not_equal(e, OK);
    const char *reason =
        c.failure.problem_count > 0 ? c.failure.problems[0].reason : c.failure.reason;
    struct str key = str_copy(t->arena, str_of(reason));
    call_end(&c);
    return key;
}

struct str t_person(struct t_office *t, const char *login, uint32_t roles)
{
    struct arena *arena = t->arena;
    struct sb json = sb_new(arena, 0);
    sb_printf(&json, "{\"login\":\"%s\",\"title\":\"Chức danh %s\",\"password\":\"mat-khau-%s\"",
              login, login, login);
    for (size_t i = 0; ROLE_WORDS[i] != NULL; i++) {
        if ((roles & (1U << i)) != 0) sb_printf(&json, ",\"%s\":true", ROLE_WORDS[i]);
    }
    sb_char(&json, '}');
    return t_act(t, "admin", "office.add_person", str_zero(arena, sb_str(&json))).record;
}

static void t_add_peer(struct t_office *to, const struct t_office *peer)
{
    struct str json = str_format(
        to->arena,
        "{\"office\":\"%.*s\",\"code\":\"%.*s\",\"name\":\"%.*s\",\"public_key\":\"%.*s\","
        "\"next_key\":\"%.*s\",\"key_n\":%lld}",
        STR_ARG(peer->office.id), STR_ARG(peer->office.code), STR_ARG(peer->office.name),
        STR_ARG(hex_encode(to->arena, peer->office.public_key)), STR_ARG(peer->office.next_key),
        (long long)peer->key_n);
    (void)t_act(to, "admin", "office.add_peer", json.ptr);
}

static struct str t_sign_key(struct t_office *t, const uint8_t secret[64], struct str bytes)
{
    uint8_t hash[32];
    uint8_t signature[64];
    crypto_hash_sha256(hash, (const uint8_t *)bytes.ptr, bytes.len);
    office_sign_with(secret, PURPOSE_KEY, hash, signature);
    return str_copy(t->arena, (struct str){(const char *)signature, sizeof signature});
}

struct t_rotating {
    struct t_office *t;
    int64_t revoked_size;
    uint8_t secret[64]; /* the new key */
    struct str public_key;
    struct str next;
};

static enum err rotate_step(struct call *c, void *arg)
{
    struct t_rotating *r = arg;
    struct t_office *t = r->t;
    struct key_state own = {};
    struct key_revoked revoked = {.key = hex_encode(c->arena, t->office.public_key),
                                  .size = r->revoked_size};
    struct key_frame frame = {.statement = {.format = 1,
                                            .office = t->office.id,
                                            .n = t->key_n,
                                            .old_key = revoked.key,
                                            .new_key = hex_encode(c->arena, r->public_key),
                                            .next = r->next,
                                            .time_ms = t->now_ms}};
    frame.statement.revoked = (struct list){&revoked, r->revoked_size >= 0 ? 1 : 0};
    enum err e = directory_self(c, &own, &frame.statement.size);
    if (e != OK) return e;
    frame.bytes = key_statement_write(c, &frame.statement);
    frame.old_signature = t_sign_key(t, t->secret_key, frame.bytes);
    frame.new_signature = t_sign_key(t, r->secret, frame.bytes);
    return directory_rotate(c, &frame);
}

void t_rotate(struct t_office *t, int64_t revoked_size)
{
    const char *code = str_zero(t->arena, t->office.code);
    struct t_rotating r = {.t = t, .revoked_size = revoked_size};
    struct call c = t_call(t, "admin");
    t->key_n++;
    r.public_key = t_key(t, code, t->key_n, r.secret);
    r.next = t_promise(t, code);
    must(&c, store_tx(&c, rotate_step, &r));
    memcpy(t->secret_key, r.secret, sizeof t->secret_key);
    t->office.public_key = r.public_key;
    t->office.next_key = r.next;
    t->office.key_n = t->key_n;
    t->office.key = office_key_id(t->arena, r.public_key);
    call_end(&c);
}

static enum err chain_step(struct call *c, void *arg)
{
    return directory_chain(c, c->office->id, arg);
}

void t_key_shown(struct t_office *from, struct t_office *to)
{
    struct call c = t_call(from, NULL);
    struct call there = t_call(to, NULL);
    struct str chain = {};
    must(&c, store_read(&c, chain_step, &chain));
    must(&there, directory_meet(&there, from->office.id, chain));
    call_end(&there);
    call_end(&c);
}

void t_peers(struct t_office *a, struct t_office *b)
{
    t_add_peer(a, b);
    t_add_peer(b, a);
}

struct str t_view(struct t_office *t, const char *login, const char *view, const char *json,
                  struct str *ret_reason)
{
    struct call c = t_call(t, login);
    const struct field_table *table = module_view(str_of(view))->args;
    void *args = table != NULL ? arena_alloc(c.arena, table->size) : NULL;
    struct view made = {};
    struct sb sb = sb_new(t->arena, 0);
    if (table != NULL) must(&c, fields_read(&c, table, str_of(json), UNKNOWN_REFUSE, args));
    enum err e = view_run(&c, str_of(view), args, &made);
    if (ret_reason != NULL && e != OK) *ret_reason = str_copy(t->arena, str_of(c.failure.reason));
    if (ret_reason == NULL) must(&c, e);
    if (e == OK) node_json(&sb, made.data);
    call_end(&c);
    return sb_str(&sb);
}

static enum err owe_step(struct call *c, void *arg)
{
    const struct t_owed *owed = arg;
    struct version v = {.record = owed->about, .n = 1, .time_ms = c->now_ms};
    struct obligation o = {.what = "office.test",
                           .about = owed->about,
                           .owner = str_of(owed->owner),
                           .creditor = S("r:chief"),
                           .key = str_of(owed->key),
                           .due_day = owed->due_ms == 0 ? 0 : time_hanoi_day(owed->due_ms),
                           .due_ms = owed->due_ms,
                           .title = str_of(owed->title),
                           .urgent = owed->urgent};
    return obligation_open(c, &v, &o);
}

static enum err settle_step(struct call *c, void *arg)
{
    const struct t_owed *owed = arg;
    struct version v = {.record = owed->about, .n = 1, .time_ms = c->now_ms};
    return obligation_settle(c, &v, owed->about, "office.test", str_of(owed->key));
}

static void owed_do(struct t_office *t, const struct t_owed *owed,
                    enum err (*step)(struct call *c, void *arg))
{
    struct call c = t_call(t, NULL);
    struct t_owed copy = *owed;
    must(&c, store_tx(&c, step, &copy));
    call_end(&c);
}

void t_owe(struct t_office *t, const struct t_owed *owed)
{
    owed_do(t, owed, owe_step);
}

void t_settle(struct t_office *t, const struct t_owed *owed)
{
    owed_do(t, owed, settle_step);
}

struct owner {
    const struct t_owed *owed;
    struct rows rows;
};

static enum err owner_step(struct call *c, void *arg)
{
    struct owner *owner = arg;
    return store_all(c, "SELECT owner FROM obligation WHERE about = $1 AND okey = $2",
                     ARGS(TEXT(owner->owed->about), TEXT(str_of(owner->owed->key))), &owner->rows);
}

struct str t_owner(struct t_office *t, const struct t_owed *owed)
{
    struct call c = t_call(t, NULL);
    struct owner owner = {.owed = owed};
    must(&c, store_read(&c, owner_step, &owner));
    assert_int_equal(owner.rows.count, 1);
    struct str party = str_copy(t->arena, rows_text(&owner.rows, 0, 0));
    call_end(&c);
    return party;
}

struct str t_file(struct t_office *t, const char *bytes)
{
    struct call c = t_call(t, NULL);
    struct blob_writer *w = NULL;
    struct str root = {};
    int64_t size = 0;
    must(&c, blob_create(&c, t->office.dir, 1 << 20, &w));
    must(&c, blob_write(&c, w, str_of(bytes)));
    must(&c, blob_finish(&c, w, &root, &size));
    root = str_copy(t->arena, root);
    call_end(&c);
    return root;
}

/* ---- handing over ---- */

struct parcel {
    struct str peer;
    int64_t after;
    struct rows rows; /* id, kind of object, bytes, signature */
    const struct t_office *from;
};

static enum err pack_step(struct call *c, void *arg)
{
    struct parcel *p = arg;
    return store_all(c,
                     "SELECT o.id, o.object_kind, COALESCE(v.bytes, r.bytes),"
                     " COALESCE(v.sig, r.sig) FROM outbox o"
                     " LEFT JOIN version v ON o.object_kind = 1 AND v.hash = o.object"
                     " LEFT JOIN receipt r ON o.object_kind = 2 AND r.hash = o.object"
                     " WHERE o.peer = $1 AND o.id > $2 ORDER BY o.id",
                     ARGS(TEXT(p->peer), INT(p->after)), &p->rows);
}

static enum err unpack_step(struct call *c, void *arg)
{
    const struct parcel *p = arg;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < p->rows.count; i++) {
        struct version version = {};
        struct receipt receipt = {};
        struct arrival arrival = {
            .bytes = rows_text(&p->rows, i, 2),
            .signature = rows_text(&p->rows, i, 3),
            .office = p->from->office.id,
        };
        e = rows_int(&p->rows, i, 1) == 1 ? record_arrive(c, &arrival, &version)
                                          : receipt_arrive(c, &arrival, &receipt);
    }
    return e;
}

void t_carry(struct t_office *from, struct t_office *to, int64_t *carried)
{
    struct call out = t_call(from, NULL);
    struct call in = t_call(to, NULL);
    struct parcel p = {.peer = to->office.id, .after = *carried, .from = from};
    assert_int_equal(store_read(&out, pack_step, &p), OK);
    enum err e = store_tx(&in, unpack_step, &p);
    if (e != OK) fail_msg("%s", in.failure.reason);
    if (p.rows.count > 0) *carried = rows_int(&p.rows, p.rows.count - 1, 0);
    call_end(&in);
    call_end(&out);
}
