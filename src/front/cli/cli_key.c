#include "front/cli/cli_key.h"

#include "base/json.h"
#include "core/directory.h"
#include "exchange/exchange_sql.h"
#include "front/cli/cli_office.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

/* A change of the key under way. */
struct rotating {
    struct cli_office *office;
    struct str seed_path; /* empty: keys/next.key */
    bool lost;            /* the present key: the promised one stands in for it */
    bool revokes;
    struct str key_id;    /* to be revoked; empty: the present one */
    int64_t size;         /* -1: all that it has signed so far stands */
    struct key_state own;
    int64_t log_size;
    struct key_revoked revoked;
    struct key_frame frame;
    uint8_t next[KEY_SECRET_BYTES]; /* the key to go on with */
};

static struct str hex_key(struct call *c, const uint8_t secret[KEY_SECRET_BYTES])
{
    return hex_encode(c->arena, key_public(c, secret));
}

static enum err look(struct call *c, void *arg)
{
    struct rotating *r = arg;
    struct office_key key = {};
    enum err e = directory_self(c, &r->own, &r->log_size);
    if (e != OK || !r->revokes) return e;
    struct str id = r->key_id.len > 0 ? r->key_id : c->office->key;
    e = directory_key(c, c->office->id, id, &key);
    if (e != OK) return e;
    if (r->size > r->log_size) return fail(c, ERR_INVALID, "key.size");
    r->revoked.key = hex_encode(c->arena, key.public_key);
    /* the change itself is signed by the present key, and is the last leaf */
    r->revoked.size = r->size < 0 ? r->log_size : r->size;
    return OK;
}

/* The key that comes now, and the promise of the one after it. */
static enum err keys_make(struct call *c, struct rotating *r, struct str *ret_promise)
{
    uint8_t seed[KEY_SEED_BYTES];
    uint8_t after[KEY_SECRET_BYTES];
    enum err e = r->seed_path.len > 0 || r->lost ? OK : key_seed_create(c);
    if (e == OK) e = key_seed_read(c, r->seed_path, seed);
    if (e != OK) return e;
    key_seed_key(seed, r->own.n + 1, r->next);
    key_seed_key(seed, r->own.n + 2, after);
    *ret_promise = key_promise(c->arena, key_public(c, after));
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(after, sizeof after);
    struct str promise = key_promise(c->arena, key_public(c, r->next));
    bool kept = (r->own.next.len == 0 && !r->lost) || str_eq(r->own.next, promise);
    return kept ? OK : fail(c, ERR_CONFLICT, "key.promised");
}

/* Nobody can sign with the key before; the peers believe the one that it promised. */
static void key_stand_in(struct call *c, struct rotating *r)
{
    struct cli_office *o = r->office;
    memcpy(o->secret, r->next, sizeof o->secret);
    o->office.public_key = key_public(c, o->secret);
    o->office.key = office_key_id(c->arena, o->office.public_key);
}

static struct str sign(struct call *c, const uint8_t secret[KEY_SECRET_BYTES], struct str bytes)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t signature[crypto_sign_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)bytes.ptr, bytes.len);
    office_sign_with(secret, PURPOSE_KEY, hash, signature);
    return str_copy(c->arena, (struct str){(const char *)signature, sizeof signature});
}

static void frame_make(struct call *c, struct rotating *r, struct str promise)
{
    const struct key_statement statement = {
        .format = 1,
        .office = c->office->id,
        .n = r->own.n + 1,
        .old_key = hex_encode(c->arena, r->own.public_key),
        .new_key = hex_key(c, r->next),
        .next = promise,
        .size = r->log_size,
        .revoked = {&r->revoked, r->revokes ? 1 : 0},
        .time_ms = c->now_ms,
    };
    r->frame.statement = statement;
    r->frame.bytes = key_statement_write(c, &statement);
    if (!r->lost) r->frame.old_signature = sign(c, r->office->secret, r->frame.bytes);
    r->frame.new_signature = sign(c, r->next, r->frame.bytes);
}

/* What the first key signed for passes outlives it. */
static enum err pass_keep(struct call *c, const struct rotating *r)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t pass[KEY_PASS_BYTES];
    if (r->office->pass_kept) return OK;
    crypto_hash_sha256(hash, (const uint8_t *)c->office->id.ptr, c->office->id.len);
    office_sign_with(r->office->secret, PURPOSE_PASS, hash, pass);
    enum err e = key_pass_keep(c, pass);
    sodium_memzero(pass, sizeof pass);
    return e;
}

static enum err change(struct call *c, void *arg)
{
    const struct rotating *r = arg;
    enum err e = directory_rotate(c, &r->frame);
    return e == OK && r->revokes ? cursor_unsign(c) : e;
}

static void report(struct call *c, const struct rotating *r)
{
    const struct key_statement *s = &r->frame.statement;
    struct node *answer = node_map(c);
    node_text(c, answer, "office", s->office);
    node_text(c, answer, "public_key", s->new_key);
    node_text(c, answer, "next_key", s->next);
    node_int(c, answer, "key_n", s->n);
    node_int(c, answer, "size", s->size);
    if (r->revokes) {
        struct node *revoked = node_put_map(c, answer, "revoked");
        node_text(c, revoked, "public_key", r->revoked.key);
        node_int(c, revoked, "size", r->revoked.size);
    }
    struct sb sb = sb_new(c->arena, 0);
    node_json(&sb, answer);
    cli_print(STDOUT_FILENO, sb_str(&sb));
}

/* The key is on the disk before the store names it; when the change breaks off in between, the next
 * start ends it as the store says (key_file_resolve). */
static enum err rotate(struct call *c, const struct cli_args *args, struct rotating *r)
{
    struct str promise = {};
    r->seed_path = cli_value(args, "next");
    r->lost = cli_value(args, "lost").len > 0;
    enum err e = r->lost ? cli_reach_lost(c, args->rest[0], &r->office)
                         : cli_reach(c, args->rest[0], &r->office);
    if (e != OK) return e;
    if (r->office->running) return fail(c, ERR_BUSY, "key.running");
    e = store_read(c, look, r);
    if (e == OK) e = keys_make(c, r, &promise);
    if (e == OK && r->lost) key_stand_in(c, r);
    if (e == OK) frame_make(c, r, promise);
    if (e == OK) e = pass_keep(c, r);
    if (e == OK) e = key_file_stage(c, r->next);
    if (e == OK) e = store_tx(c, change, r);
    if (e == OK) e = key_file_settle(c);
    if (e == OK) report(c, r);
    sodium_memzero(r->next, sizeof r->next);
    return e;
}

enum err cli_key_rotate(struct call *c, const struct cli_args *args)
{
    struct rotating *r = arena_alloc(c->arena, sizeof *r);
    return rotate(c, args, r);
}

enum err cli_key_revoke(struct call *c, const struct cli_args *args)
{
    struct rotating *r = arena_alloc(c->arena, sizeof *r);
    r->revokes = true;
    r->key_id = cli_value(args, "key");
    r->size = -1;
    enum err e = cli_number(c, args, "size", 0, INT32_MAX, &r->size);
    return e != OK ? e : rotate(c, args, r);
}

enum err cli_directory(struct call *c, const struct cli_args *args)
{
    struct cli_office *office = NULL;
    struct str json = {};
    struct sb sb = sb_new(c->arena, 0);
    bool first = true;
    sb_char(&sb, '{');
    json_name(&sb, &first, "office");
    json_text(&sb, args->rest[1]);
    sb_char(&sb, '}');
    const struct cli_request request = {
        .method = "POST", .path = S("/host/directory"), .body = sb_str(&sb)};
    enum err e = cli_reach(c, args->rest[0], &office);
    if (e == OK) e = cli_ask(c, office, &request, &json);
    if (e == OK) cli_print(STDOUT_FILENO, json);
    return e;
}
