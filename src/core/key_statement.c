#include "core/key_statement.h"

#include "base/limits.h"
#include "core/office.h"

#include <sodium.h>
#include <string.h>

enum { MAGIC_BYTES = 9, LENGTH_BYTES = 4, SIGNATURE_BYTES = 64, HEAD = MAGIC_BYTES + LENGTH_BYTES };

static const uint8_t ZEROS[SIGNATURE_BYTES] = {};

#define KEY_MAGIC                                                                                  \
    S("phoihop\x01"                                                                                \
      "K")

#define AT(member) .offset = offsetof(struct key_revoked, member), .required = true
static const struct field REVOKED_FIELDS[] = {
    {.name = "key", .type = FIELD_TEXT, AT(key), .max = KEY_HEX_LEN},
    {.name = "size", .type = FIELD_INT, AT(size)},
};
#undef AT
static const struct field_table REVOKED_TABLE =
    FIELD_TABLE("key.revoked", struct key_revoked, REVOKED_FIELDS);

#define AT(member) .offset = offsetof(struct key_statement, member)
static const struct field STATEMENT_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(format), .required = true},
    {.name = "office", .type = FIELD_OFFICE, AT(office), .required = true},
    {.name = "n", .type = FIELD_INT, AT(n), .max = 1000000, .required = true},
    {.name = "old", .type = FIELD_TEXT, AT(old_key), .max = KEY_HEX_LEN, .required = true},
    {.name = "new", .type = FIELD_TEXT, AT(new_key), .max = KEY_HEX_LEN, .required = true},
    {.name = "next", .type = FIELD_TEXT, AT(next), .max = KEY_HEX_LEN},
    {.name = "size", .type = FIELD_INT, AT(size), .required = true},
    {.name = "revoked",
     .type = FIELD_LIST,
     AT(revoked),
     .max = LIMIT_KEY_REVOKED,
     .of = &REVOKED_TABLE},
    {.name = "time", .type = FIELD_INSTANT, AT(time_ms), .required = true},
};
#undef AT
static const struct field_table STATEMENT_TABLE =
    FIELD_TABLE("key.statement", struct key_statement, STATEMENT_FIELDS);

struct str key_promise(struct arena *arena, struct str public_key)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    ensure(public_key.len == crypto_sign_PUBLICKEYBYTES);
    crypto_hash_sha256(hash, (const uint8_t *)public_key.ptr, public_key.len);
    return hex_encode(arena, (struct str){(const char *)hash, sizeof hash});
}

struct str key_statement_write(struct call *c, const struct key_statement *statement)
{
    struct sb sb = sb_new(c->arena, LIMIT_KEY_STATEMENT_BYTES);
    ensure(statement->n > 0);
    fields_write(&sb, &STATEMENT_TABLE, statement);
    ensure(!sb.over);
    return sb_str(&sb);
}

struct str key_frame_write(struct call *c, const struct key_frame *frame)
{
    struct sb sb = sb_new(c->arena, 0);
    ensure(frame->new_signature.len == SIGNATURE_BYTES);
    ensure(frame->bytes.len <= LIMIT_KEY_STATEMENT_BYTES);
    sb_put(&sb, KEY_MAGIC);
    for (size_t i = LENGTH_BYTES; i > 0; i--)
        sb_char(&sb, (char)(uint8_t)(frame->bytes.len >> ((i - 1) * 8)));
    sb_put(&sb, frame->bytes);
    bool both = frame->old_signature.len > 0;
    sb_put(&sb, both ? frame->old_signature : (struct str){(const char *)ZEROS, sizeof ZEROS});
    sb_put(&sb, frame->new_signature);
    return sb_str(&sb);
}

static bool is_key(struct str hex)
{
    uint8_t raw[crypto_sign_PUBLICKEYBYTES];
    return hex_decode(hex, raw, sizeof raw);
}

static bool is_sound(const struct key_statement *s)
{
    const struct key_revoked *rows = s->revoked.rows;
    bool sound = s->format == 1 && s->n > 0 && is_key(s->old_key) && is_key(s->new_key) &&
                 !str_eq(s->old_key, s->new_key) && (s->next.len == 0 || is_key(s->next));
    for (size_t i = 0; i < s->revoked.count; i++)
        sound = sound && is_key(rows[i].key) && !str_eq(rows[i].key, s->new_key);
    return sound;
}

enum err key_frame_read(struct call *c, struct str bytes, struct key_frame *ret_frame,
                        struct str *ret_rest)
{
    struct key_frame frame = {};
    size_t length = 0;
    bool whole = bytes.len >= HEAD && str_starts(bytes, KEY_MAGIC);
    for (size_t i = MAGIC_BYTES; whole && i < HEAD; i++)
        length = length << 8 | (uint8_t)bytes.ptr[i];
    whole = whole && length <= LIMIT_KEY_STATEMENT_BYTES &&
            bytes.len >= HEAD + length + 2 * SIGNATURE_BYTES;
    if (!whole) return fail(c, ERR_SYNTAX, "key.form");
    size_t at = HEAD + length;
    frame.bytes = str_sub(bytes, HEAD, at);
    frame.old_signature = str_sub(bytes, at, at + SIGNATURE_BYTES);
    frame.new_signature = str_sub(bytes, at + SIGNATURE_BYTES, at + 2 * SIGNATURE_BYTES);
    enum err e = fields_read(c, &STATEMENT_TABLE, frame.bytes, UNKNOWN_IGNORE, &frame.statement);
    if (e != OK) return e;
    if (!is_sound(&frame.statement)) return fail(c, ERR_SYNTAX, "key.form");
    *ret_frame = frame;
    *ret_rest = str_sub(bytes, at + 2 * SIGNATURE_BYTES, bytes.len);
    return OK;
}

static struct str raw_key(struct call *c, struct str hex)
{
    uint8_t raw[crypto_sign_PUBLICKEYBYTES];
    bool read = hex_decode(hex, raw, sizeof raw);
    ensure(read); /* is_sound */
    return str_copy(c->arena, (struct str){(const char *)raw, sizeof raw});
}

bool key_follows(struct call *c, const struct key_state *known, const struct key_frame *frame)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    const struct key_statement *s = &frame->statement;
    struct str fresh = raw_key(c, s->new_key);
    crypto_hash_sha256(hash, (const uint8_t *)frame->bytes.ptr, frame->bytes.len);
    bool follows = str_eq(s->office, known->office) && s->n == known->n + 1 &&
                   str_eq(raw_key(c, s->old_key), known->public_key) &&
                   office_verify(fresh, PURPOSE_KEY, hash, frame->new_signature);
    if (!follows) return false;
    bool lost = memcmp(frame->old_signature.ptr, ZEROS, sizeof ZEROS) == 0;
    if (known->next.len > 0 && !str_eq(known->next, key_promise(c->arena, fresh))) return false;
    if (known->next.len > 0 && lost) return true;
    return office_verify(known->public_key, PURPOSE_KEY, hash, frame->old_signature);
}

struct key_state key_after(struct call *c, const struct key_frame *frame)
{
    const struct key_statement *s = &frame->statement;
    return (struct key_state){.office = s->office,
                              .public_key = raw_key(c, s->new_key),
                              .n = s->n,
                              .next = s->next};
}

enum err key_chain_follow(struct call *c, const struct key_state *known, struct str chain,
                          struct key_frame *ret_frames, size_t *ret_count)
{
    struct key_state state = *known;
    size_t count = 0;
    if (chain.len > LIMIT_KEY_CHAIN_BYTES) return fail(c, ERR_SYNTAX, "key.form");
    while (chain.len > 0 && count < LIMIT_KEY_CHAIN) {
        struct key_frame frame = {};
        enum err e = key_frame_read(c, chain, &frame, &chain);
        if (e != OK) return e;
        if (frame.statement.n <= state.n) continue;
        if (!key_follows(c, &state, &frame)) return fail(c, ERR_DENIED, "key.broken");
        state = key_after(c, &frame);
        ret_frames[count++] = frame;
    }
    if (count == 0) return fail(c, ERR_DENIED, "key.broken");
    *ret_count = count;
    return OK;
}
