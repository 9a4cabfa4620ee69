#include "exchange/entry.h"

#include "base/id.h"
#include "base/limits.h"
#include "core/record.h"
#include "exchange/witness.h"

#include <sodium.h>

enum { KEY_ID_LEN = 64, STATEMENT_BYTES = 4 * 1024 };

static const char *const ENTRY_WORDS[] = {"version", "receipt", "key", NULL};
static const char *const DISK_WORDS[] = {"ok", "low", "tight", "full", NULL};

#define AT(member) .offset = offsetof(struct entry, member), .required = true
static const struct field ENTRY_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(format)},
    {.name = "from", .type = FIELD_OFFICE, AT(from)},
    {.name = "to", .type = FIELD_OFFICE, AT(to)},
    {.name = "epoch", .type = FIELD_INT, AT(epoch)},
    {.name = "seq", .type = FIELD_INT, AT(seq)},
    {.name = "kind", .type = FIELD_CHOICE, AT(kind), .choices = ENTRY_WORDS},
    {.name = "priority", .type = FIELD_INT, AT(priority), .max = PRIORITY_BULK},
    {.name = "record", .type = FIELD_RECORD, AT(record)},
    {.name = "n", .type = FIELD_INT, AT(n)},
    {.name = "object", .type = FIELD_TEXT, AT(object), .max = CHAIN_HEX_LEN},
    {.name = "size", .type = FIELD_INT, AT(size), .max = LIMIT_JSON_BYTES},
};
#undef AT
const struct field_table ENTRY_TABLE = FIELD_TABLE("feed.entry", struct entry, ENTRY_FIELDS);

#define AT(member) .offset = offsetof(struct batch_head, member), .required = true
static const struct field BATCH_HEAD_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(format)},
    {.name = "from", .type = FIELD_OFFICE, AT(from)},
    {.name = "to", .type = FIELD_OFFICE, AT(to)},
    {.name = "epoch", .type = FIELD_INT, AT(epoch)},
    {.name = "seq", .type = FIELD_INT, AT(seq)},
    {.name = "count", .type = FIELD_INT, AT(count), .max = LIMIT_BATCH_ENTRIES},
    {.name = "prev", .type = FIELD_TEXT, AT(prev), .max = CHAIN_HEX_LEN},
    {.name = "chain", .type = FIELD_TEXT, AT(chain), .max = CHAIN_HEX_LEN},
    {.name = "time", .type = FIELD_INSTANT, AT(time_ms)},
    {.name = "key", .type = FIELD_TEXT, AT(key), .max = KEY_ID_LEN},
    {.name = "fence", .type = FIELD_INT, .offset = offsetof(struct batch_head, fence)},
    {.name = "run", .type = FIELD_TEXT, .offset = offsetof(struct batch_head, run),
     .max = RUN_LEN_MAX},
};
#undef AT
const struct field_table BATCH_HEAD_TABLE =
    FIELD_TABLE("feed.batch", struct batch_head, BATCH_HEAD_FIELDS);

#define AT(member) .offset = offsetof(struct ack, member), .required = true
static const struct field ACK_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(format)},
    {.name = "from", .type = FIELD_OFFICE, AT(from)},
    {.name = "to", .type = FIELD_OFFICE, AT(to)},
    {.name = "epoch", .type = FIELD_INT, AT(epoch)},
    {.name = "seq", .type = FIELD_INT, AT(seq)},
    {.name = "chain", .type = FIELD_TEXT, AT(chain), .max = CHAIN_HEX_LEN},
    {.name = "time", .type = FIELD_INSTANT, AT(time_ms)},
    {.name = "key", .type = FIELD_TEXT, AT(key), .max = KEY_ID_LEN},
#undef AT
#define AT(member) .offset = offsetof(struct ack, member)
    {.name = "credit_entries", .type = FIELD_INT, AT(credit_entries)},
    {.name = "credit_bytes", .type = FIELD_INT, AT(credit_bytes)},
    {.name = "disk", .type = FIELD_CHOICE, AT(disk), .choices = DISK_WORDS},
    {.name = "pause_ms", .type = FIELD_INT, AT(pause_ms)},
    {.name = "call", .type = FIELD_BOOL, AT(call)},
    {.name = "heads",
     .type = FIELD_LIST,
     .offset = offsetof(struct ack, heads),
     .max = LIMIT_ACK_HEADS,
     .of = &GOSSIP_TABLE},
};
#undef AT
const struct field_table ACK_TABLE = FIELD_TABLE("feed.ack", struct ack, ACK_FIELDS);

static struct str statement_write(struct call *c, const struct field_table *table, const void *from)
{
    struct sb sb = sb_new(c->arena, STATEMENT_BYTES);
    fields_write(&sb, table, from);
    ensure(!sb.over);
    return sb_str(&sb);
}

struct str entry_write(struct call *c, const struct entry *entry)
{
    ensure(entry->format == ENTRY_FORMAT);
    ensure(entry->seq > 0);
    ensure(object_is_hash(entry->object));
    return statement_write(c, &ENTRY_TABLE, entry);
}

struct str batch_head_write(struct call *c, const struct batch_head *head)
{
    ensure(head->format == ENTRY_FORMAT);
    ensure(head->count > 0);
    ensure(object_is_hash(head->prev));
    ensure(object_is_hash(head->chain));
    return statement_write(c, &BATCH_HEAD_TABLE, head);
}

struct str ack_write(struct call *c, const struct ack *ack)
{
    ensure(ack->format == ENTRY_FORMAT);
    ensure(object_is_hash(ack->chain));
    return statement_write(c, &ACK_TABLE, ack);
}

enum err entry_read(struct call *c, struct str bytes, struct entry *ret_entry)
{
    struct entry entry = {};
    if (bytes.len > STATEMENT_BYTES) return fail(c, ERR_SYNTAX, "feed.form");
    enum err e = fields_read(c, &ENTRY_TABLE, bytes, UNKNOWN_IGNORE, &entry);
    if (e != OK) return e;
    bool numbered = entry.epoch > 0 && entry.seq > 0 && entry.n > 0;
    if (entry.format != ENTRY_FORMAT || !numbered || !object_is_hash(entry.object)) {
        return fail(c, ERR_SYNTAX, "feed.form");
    }
    *ret_entry = entry;
    return OK;
}

enum err batch_head_read(struct call *c, struct str bytes, struct batch_head *ret_head)
{
    struct batch_head head = {};
    if (bytes.len > STATEMENT_BYTES) return fail(c, ERR_SYNTAX, "feed.form");
    enum err e = fields_read(c, &BATCH_HEAD_TABLE, bytes, UNKNOWN_IGNORE, &head);
    if (e != OK) return e;
    bool numbered = head.epoch > 0 && head.seq > 0 && head.count > 0;
    bool chained = object_is_hash(head.prev) && object_is_hash(head.chain);
    if (head.format != ENTRY_FORMAT || !numbered || !chained) {
        return fail(c, ERR_SYNTAX, "feed.form");
    }
    *ret_head = head;
    return OK;
}

enum err ack_read(struct call *c, struct str bytes, struct ack *ret_ack)
{
    struct ack ack = {};
    if (bytes.len > STATEMENT_BYTES) return fail(c, ERR_SYNTAX, "feed.form");
    enum err e = fields_read(c, &ACK_TABLE, bytes, UNKNOWN_IGNORE, &ack);
    if (e != OK) return e;
    if (ack.format != ENTRY_FORMAT || ack.epoch < 1 || !object_is_hash(ack.chain)) {
        return fail(c, ERR_SYNTAX, "feed.form");
    }
    *ret_ack = ack;
    return OK;
}

struct str chain_start(void)
{
    return S("0000000000000000000000000000000000000000000000000000000000000000");
}

struct str chain_next(struct call *c, struct str prev, struct str entry_bytes)
{
    static const char DOMAIN[] = "phoihop-feed-v1"; /* hashed with its zero byte */
    uint8_t hash[CHAIN_BYTES];
    bool read = hex_decode(prev, hash, sizeof hash);
    ensure(read);
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)DOMAIN, sizeof DOMAIN);
    crypto_hash_sha256_update(&state, hash, sizeof hash);
    crypto_hash_sha256_update(&state, (const uint8_t *)entry_bytes.ptr, entry_bytes.len);
    crypto_hash_sha256_final(&state, hash);
    return hex_encode(c->arena, (struct str){(const char *)hash, sizeof hash});
}

bool object_is_hash(struct str text)
{
    uint8_t hash[CHAIN_BYTES];
    return hex_decode(text, hash, sizeof hash);
}
