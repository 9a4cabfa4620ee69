/* Which keys are believed: those of the cards, and those to which signed statements lead. */
#include "base/id.h"
#include "base/limits.h"
#include "core/key_statement.h"
#include "core/office.h"
#include "front/cli/cli_json.h"
#include "front/evidence/verify_run.h"

#include <sodium.h>
#include <string.h>

const struct verify_key *verify_key_of(const struct verify *v, struct str office)
{
    for (size_t i = 0; i < v->keys.count; i++) {
        if (str_eq(v->keys.keys[i].office, office)) return &v->keys.keys[i];
    }
    return NULL;
}

static bool key_read(struct call *c, const json_t *card, struct verify_key *ret_key)
{
    uint8_t raw[32];
    struct verify_key key = {
        .office = str_copy(c->arena, cli_json_get(card, "office")),
        .code = str_copy(c->arena, cli_json_get(card, "code")),
        .name = str_copy(c->arena, cli_json_get(card, "name")),
    };
    struct str chain = cli_json_get(card, "chain");
    if (!id_is_office(key.office)) return false;
    if (!hex_decode(cli_json_get(card, "public_key"), raw, sizeof raw)) return false;
    key.public_key = str_copy(c->arena, (struct str){(const char *)raw, sizeof raw});
    key.n = json_integer_value(json_object_get(card, "key_n"));
    key.next = str_copy(c->arena, cli_json_get(card, "next_key"));
    if (chain.len > 0 && chain.len <= 2 * LIMIT_KEY_CHAIN_BYTES) {
        uint8_t *bytes = arena_alloc(c->arena, chain.len / 2);
        if (!hex_decode(chain, bytes, chain.len / 2)) return false;
        key.chain = (struct str){(const char *)bytes, chain.len / 2};
    }
    *ret_key = key;
    return true;
}

enum err verify_keys_read(struct call *c, struct str json, struct verify_keys *ret_keys)
{
    struct verify_key *keys = arena_array(c->arena, LIMIT_PEERS, sizeof *keys);
    size_t count = 0;
    struct str rest = str_trim(json);
    const json_t *list = str_starts(rest, S("[")) ? cli_json_read(c, rest) : NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        bool read = count < LIMIT_PEERS && key_read(c, json_array_get(list, i), &keys[count++]);
        if (!read) return fail(c, ERR_SYNTAX, "verify.keys");
    }
    while (list == NULL && rest.len > 0) { /* cards, a line each */
        struct str line = {};
        (void)str_cut(rest, '\n', &line, &rest); /* the last line may lack its end */
        if (str_trim(line).len == 0) continue;
        bool read = count < LIMIT_PEERS && key_read(c, cli_json_read(c, line), &keys[count++]);
        if (!read) return fail(c, ERR_SYNTAX, "verify.keys");
    }
    if (count == 0) return fail(c, ERR_SYNTAX, "verify.keys");
    *ret_keys = (struct verify_keys){keys, count, true};
    return OK;
}

const struct verify_key *verify_key_find(const struct verify *v, struct str office,
                                         struct str public_key)
{
    for (size_t i = 0; i < v->keys.count; i++) {
        const struct verify_key *key = &v->keys.keys[i];
        if (str_eq(key->office, office) && str_eq(key->public_key, public_key)) return key;
    }
    return NULL;
}

const struct verify_key *verify_key_named(struct call *c, const struct verify *v,
                                          struct str office, struct str id)
{
    for (size_t i = 0; i < v->keys.count; i++) {
        const struct verify_key *key = &v->keys.keys[i];
        struct str held = office_key_id(c->arena, key->public_key);
        if (str_eq(key->office, office) && str_eq(held, id)) return key;
    }
    return NULL;
}

/* Keys that are believed, growing. */
struct following {
    struct verify_key *keys;
    size_t count;
    size_t room;
    bool grown;
};

static struct verify_key *find(struct following *f, struct str office, struct str hex)
{
    uint8_t raw[32];
    bool read = hex_decode(hex, raw, sizeof raw);
    ensure(read); /* key_frame_read */
    for (size_t i = 0; i < f->count; i++) {
        struct str key = f->keys[i].public_key;
        bool same = str_eq(f->keys[i].office, office) && key.len == sizeof raw &&
                    memcmp(key.ptr, raw, sizeof raw) == 0;
        if (same) return &f->keys[i];
    }
    return NULL;
}

/* Beside a key of the same office, whose code and name it shares. */
static void add(struct call *c, struct following *f, const struct verify_key *beside,
                struct str hex, int64_t n)
{
    uint8_t raw[32];
    struct verify_key key = {
        .office = beside->office, .code = beside->code, .name = beside->name, .n = n};
    bool read = hex_decode(hex, raw, sizeof raw);
    ensure(read);
    if (f->count >= f->room) return;
    key.public_key = str_copy(c->arena, (struct str){(const char *)raw, sizeof raw});
    f->keys[f->count++] = key;
    f->grown = true;
}

static void revoke(struct following *f, const struct key_statement *s)
{
    const struct key_revoked *rows = s->revoked.rows;
    for (size_t i = 0; i < s->revoked.count; i++) {
        struct verify_key *key = find(f, s->office, rows[i].key);
        if (key == NULL || (key->revoked && key->revoked_size <= rows[i].size)) continue;
        key->revoked = true;
        key->revoked_size = rows[i].size;
        f->grown = true;
    }
}

/* From the key before to the one after, and back: the key after has signed which one it follows. */
static void frame_use(struct call *c, struct following *f, const struct key_frame *frame)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    const struct key_statement *s = &frame->statement;
    struct verify_key *before = find(f, s->office, s->old_key);
    struct verify_key *after = find(f, s->office, s->new_key);
    crypto_hash_sha256(hash, (const uint8_t *)frame->bytes.ptr, frame->bytes.len);
    if (before != NULL && after == NULL) {
        const struct key_state known = {s->office, before->public_key, before->n, before->next};
        if (!key_follows(c, &known, frame)) return;
        add(c, f, before, s->new_key, s->n);
        after = find(f, s->office, s->new_key);
        if (after != NULL) after->next = s->next;
    }
    bool said = after != NULL &&
                office_verify(after->public_key, PURPOSE_KEY, hash, frame->new_signature);
    if (!said) return;
    if (before == NULL) add(c, f, after, s->old_key, s->n - 1);
    revoke(f, s);
}

static void chain_use(struct call *c, struct following *f, struct str chain)
{
    for (size_t i = 0; chain.len > 0 && i < LIMIT_KEY_CHAIN; i++) {
        struct key_frame frame = {};
        if (key_frame_read(c, chain, &frame, &chain) != OK) {
            call_clear(c); /* leads nowhere: what it would have led to is not believed */
            return;
        }
        frame_use(c, f, &frame);
    }
}

void verify_keys_follow(struct call *c, struct verify *v, const struct verify_keys *container)
{
    struct following f = {.room = v->keys.count + LIMIT_PEERS};
    f.keys = arena_array(c->arena, f.room, sizeof *f.keys);
    if (v->keys.count > 0) memcpy(f.keys, v->keys.keys, v->keys.count * sizeof *f.keys);
    f.count = v->keys.count;
    f.grown = true;
    for (size_t round = 0; f.grown && round < LIMIT_KEY_CHAIN; round++) {
        f.grown = false;
        for (size_t i = 0; i < v->keys.count; i++)
            chain_use(c, &f, v->keys.keys[i].chain);
        for (size_t i = 0; i < container->count; i++)
            chain_use(c, &f, container->keys[i].chain);
    }
    v->keys.keys = f.keys;
    v->keys.count = f.count;
}
