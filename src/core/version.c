/* The bytes of a version: written once, parsed strictly, never written again. */
#include "core/version.h"

#include <sodium.h>

#include "base/id.h"
#include "base/limits.h"
#include "core/passage.h"

/* The header as its field table writes it. */
struct header {
    int64_t phoihop; /* format, 1 */
    struct str kind;
    int64_t schema;
    struct str record;
    int64_t n;
    struct str prev;
    struct str person;
    int64_t time_ms;
    struct list audience; /* of struct party_row */
    struct str alg;
    struct str key;
    struct list passages; /* of struct passage */
};

struct party_row {
    struct str party;
};

static const struct field PARTY_FIELDS[] = {
    {.name = "party",
     .type = FIELD_TEXT,
     .offset = offsetof(struct party_row, party),
     .max = 80,
     .required = true},
};
static const struct field_table PARTY_TABLE = FIELD_TABLE("party", struct party_row, PARTY_FIELDS);

#define AT(member) .offset = offsetof(struct passage, member), .required = true
static const struct field PASSAGE_FIELDS[] = {
    {.name = "n", .type = FIELD_INT, AT(n), .max = 1000000},
    {.name = "from", .type = FIELD_OFFICE, AT(from)},
    {.name = "to", .type = FIELD_OFFICE, AT(to)},
    {.name = "key", .type = FIELD_TEXT, AT(key), .max = 16},
    {.name = "sig", .type = FIELD_TEXT, AT(signature), .max = 128},
    {.name = "statement", .type = FIELD_RECORD, .offset = offsetof(struct passage, statement)},
};
#undef AT
static const struct field_table PASSAGE_TABLE =
    FIELD_TABLE("passage", struct passage, PASSAGE_FIELDS);

#define AT(member) .offset = offsetof(struct header, member)
static const struct field HEADER_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(phoihop), .max = 1, .required = true},
    {.name = "kind", .type = FIELD_TEXT, AT(kind), .max = 64, .required = true},
    {.name = "schema", .type = FIELD_INT, AT(schema), .max = 1000, .required = true},
    {.name = "record", .type = FIELD_RECORD, AT(record), .required = true},
    {.name = "n", .type = FIELD_INT, AT(n), .max = 1000000, .required = true},
    {.name = "prev", .type = FIELD_TEXT, AT(prev), .max = 64},
    {.name = "person", .type = FIELD_RECORD, AT(person)},
    {.name = "time", .type = FIELD_INSTANT, AT(time_ms), .required = true},
    {.name = "audience",
     .type = FIELD_LIST,
     AT(audience),
     .max = LIMIT_AUDIENCE,
     .of = &PARTY_TABLE,
     .required = true},
    {.name = "alg", .type = FIELD_TEXT, AT(alg), .max = 16, .required = true},
    {.name = "key", .type = FIELD_TEXT, AT(key), .max = 16, .required = true},
    {.name = "passages",
     .type = FIELD_LIST,
     AT(passages),
     .max = LIMIT_PASSAGES,
     .of = &PASSAGE_TABLE},
};
#undef AT
static const struct field_table HEADER_TABLE =
    FIELD_TABLE("version.header", struct header, HEADER_FIELDS);

static const struct str BODY_MARK = {",\"body\":", 8};

static struct str header_bytes(struct call *c, const struct header *h)
{
    struct sb sb = sb_new(c->arena, LIMIT_VERSION_BYTES);
    fields_write(&sb, &HEADER_TABLE, h);
    ensure(!sb.over);
    struct str whole = sb_str(&sb);
    return str_sub(whole, 0, whole.len - 1); /* without the closing brace */
}

enum err version_write(struct call *c, struct version *v, const struct kind *kind, const void *body)
{
    struct party_row *rows = arena_array(c->arena, v->audience_count, sizeof *rows);
    for (size_t i = 0; i < v->audience_count; i++)
        rows[i].party = v->audience[i];
    struct header h = {
        .phoihop = 1,
        .kind = v->kind,
        .schema = v->schema,
        .record = v->record,
        .n = v->n,
        .prev = v->prev,
        .person = v->person,
        .time_ms = v->time_ms,
        .audience = {rows, v->audience_count},
        .alg = S("ed25519"),
        .key = v->key,
        .passages = {v->passages, v->passage_count},
    };
    struct sb sb = sb_new(c->arena, LIMIT_VERSION_BYTES);
    sb_put(&sb, header_bytes(c, &h));
    sb_put(&sb, BODY_MARK);
    size_t body_from = sb.len;
    fields_write(&sb, kind->table, body);
    sb_char(&sb, '}');
    if (sb.over) return fail(c, ERR_LIMIT, "record.too_large");
    v->bytes = sb_str(&sb);
    v->body = str_sub(v->bytes, body_from, v->bytes.len - 1);
    v->hash = version_hash(c, v->bytes);
    return OK;
}

struct str version_hash(struct call *c, struct str bytes)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)bytes.ptr, bytes.len);
    return hex_encode(c->arena, (struct str){(const char *)hash, sizeof hash});
}

static bool header_holds(const struct header *h)
{
    uint8_t prev[32];
    bool first = h->n == 1;
    return h->phoihop == 1 && h->schema >= 1 && h->n >= 1 && str_eq(h->alg, S("ed25519")) &&
           (first ? h->prev.len == 0 : hex_decode(h->prev, prev, sizeof prev)) &&
           h->audience.count > 0;
}

enum err version_parse(struct call *c, struct str bytes, struct version *ret_version)
{
    struct header h = {};
    if (bytes.len > LIMIT_VERSION_BYTES) return fail(c, ERR_LIMIT, "record.too_large");
    enum err e = fields_read(c, &HEADER_TABLE, bytes, UNKNOWN_IGNORE, &h);
    if (e != OK) {
        call_clear(c); /* whatever is wrong with the header, it is not a version */
        return fail(c, ERR_SYNTAX, "version.form");
    }
    struct str prefix = header_bytes(c, &h);
    bool written = header_holds(&h) && str_starts(bytes, prefix) &&
                   str_starts(str_sub(bytes, prefix.len, bytes.len), BODY_MARK) &&
                   str_ends(bytes, S("}}"));
    if (!written) return fail(c, ERR_SYNTAX, "version.form");
    const struct party_row *rows = h.audience.rows;
    struct str *audience = arena_array(c->arena, h.audience.count, sizeof *audience);
    for (size_t i = 0; i < h.audience.count; i++)
        audience[i] = rows[i].party;
    struct version v = {
        .record = h.record,
        .kind = h.kind,
        .schema = h.schema,
        .n = h.n,
        .prev = h.prev,
        .person = h.person,
        .time_ms = h.time_ms,
        .audience = audience,
        .audience_count = h.audience.count,
        .key = h.key,
        .passages = h.passages.rows,
        .passage_count = h.passages.count,
        .bytes = bytes,
        .hash = version_hash(c, bytes),
        .body = str_sub(bytes, prefix.len + BODY_MARK.len, bytes.len - 1),
    };
    if (!passages_hold(&v)) return fail(c, ERR_SYNTAX, "version.form");
    v.home = passage_author(&v);
    *ret_version = v;
    return OK;
}

enum err version_body(struct call *c, const struct version *v, void *ret_body)
{
    const struct kind *kind = module_kind(v->kind);
    if (kind == NULL) return fail(c, ERR_INVALID, "version.kind");
    return fields_read(c, kind->table, v->body, UNKNOWN_IGNORE, ret_body);
}
