#include "exchange/batch.h"

#include "base/limits.h"

enum {
    FRAME_MAGIC_BYTES = 9,
    FRAME_BYTES_MAX = LIMIT_BATCH_BYTES + LIMIT_ENTRY_BYTES,
    ENTRY_FIXED_BYTES = 4 + 4 + SIGNATURE_BYTES + 2,
    PERSONAL_FIXED_BYTES = 2 + PERSONAL_SALT_BYTES + 4,
};

#define BATCH_MAGIC                                                                                \
    S("phoihop\x01"                                                                                \
      "B")
#define ACK_MAGIC                                                                                  \
    S("phoihop\x01"                                                                                \
      "A")

/* Reads a frame from the front. What does not fit sets `bad`, asked at the end of each part. */
struct reader {
    struct str rest;
    bool bad;
};

static struct str take(struct reader *r, size_t bytes)
{
    if (r->bad || bytes > r->rest.len) {
        r->bad = true;
        return (struct str){};
    }
    struct str taken = str_sub(r->rest, 0, bytes);
    r->rest = str_sub(r->rest, bytes, r->rest.len);
    return taken;
}

static size_t take_number(struct reader *r, size_t bytes)
{
    struct str raw = take(r, bytes);
    size_t number = 0;
    for (size_t i = 0; i < raw.len; i++) {
        number = number << 8 | (uint8_t)raw.ptr[i];
    }
    return number;
}

static struct str take_counted(struct reader *r, size_t length_bytes)
{
    return take(r, take_number(r, length_bytes));
}

static void put_number(struct sb *sb, size_t number, size_t bytes)
{
    ensure(bytes == sizeof number || number >> (bytes * 8) == 0);
    for (size_t i = bytes; i > 0; i--) {
        sb_char(sb, (char)(uint8_t)(number >> ((i - 1) * 8)));
    }
}

static void put_counted(struct sb *sb, struct str bytes, size_t length_bytes)
{
    put_number(sb, bytes.len, length_bytes);
    sb_put(sb, bytes);
}

size_t batch_entry_bytes(const struct batch_entry *entry)
{
    size_t bytes = ENTRY_FIXED_BYTES + entry->bytes.len + entry->object.len;
    for (size_t i = 0; i < entry->personal_count; i++) {
        const struct personal_row *row = &entry->personal[i];
        bytes += PERSONAL_FIXED_BYTES + row->path.len + row->value.len;
    }
    return bytes;
}

struct str batch_encode(struct call *c, const struct batch *batch)
{
    ensure(batch->count == (size_t)batch->head.count);
    ensure(batch->signature.len == SIGNATURE_BYTES);
    struct sb sb = sb_new(c->arena, FRAME_BYTES_MAX);
    sb_put(&sb, BATCH_MAGIC);
    put_counted(&sb, batch->head_bytes, 4);
    sb_put(&sb, batch->signature);
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        ensure(entry->signature.len == SIGNATURE_BYTES);
        put_counted(&sb, entry->bytes, 4);
        put_counted(&sb, entry->object, 4);
        sb_put(&sb, entry->signature);
        put_number(&sb, entry->personal_count, 2);
        for (size_t k = 0; k < entry->personal_count; k++) {
            const struct personal_row *row = &entry->personal[k];
            ensure(row->salt.len == PERSONAL_SALT_BYTES);
            put_counted(&sb, row->path, 2);
            sb_put(&sb, row->salt);
            put_counted(&sb, row->value, 4);
        }
    }
    ensure(!sb.over);
    return sb_str(&sb);
}

static enum err personal_take(struct call *c, struct reader *r, struct batch_entry *entry)
{
    entry->personal_count = take_number(r, 2);
    /* Counted before the array is made: a small frame cannot ask for much memory. */
    if (r->bad || entry->personal_count * PERSONAL_FIXED_BYTES > r->rest.len) {
        return fail(c, ERR_SYNTAX, "batch.form");
    }
    entry->personal = arena_array(c->arena, entry->personal_count, sizeof *entry->personal);
    for (size_t i = 0; i < entry->personal_count; i++) {
        struct personal_row *row = &entry->personal[i];
        row->path = take_counted(r, 2);
        row->salt = take(r, PERSONAL_SALT_BYTES);
        row->value = take_counted(r, 4);
    }
    return OK;
}

static enum err entry_take(struct call *c, struct reader *r, struct batch_entry *entry)
{
    entry->bytes = take_counted(r, 4);
    entry->object = take_counted(r, 4);
    entry->signature = take(r, SIGNATURE_BYTES);
    enum err e = personal_take(c, r, entry);
    if (e != OK) return e;
    if (r->bad) return fail(c, ERR_SYNTAX, "batch.form");
    return entry_read(c, entry->bytes, &entry->entry);
}

/* All entries go the way the head says, numbered in a row, and chain from prev to chain. */
static enum err rows_check(struct call *c, struct batch *batch)
{
    const struct batch_head *head = &batch->head;
    struct str chain = head->prev;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *at = &batch->entries[i];
        bool same = str_eq(at->entry.from, head->from) && str_eq(at->entry.to, head->to) &&
                    at->entry.epoch == head->epoch;
        if (!same || at->entry.seq != head->seq + (int64_t)i) {
            return fail(c, ERR_SYNTAX, "batch.row");
        }
        chain = chain_next(c, chain, at->bytes);
        at->chain = chain;
    }
    if (!str_eq(chain, head->chain)) return fail(c, ERR_SYNTAX, "batch.chain");
    return OK;
}

enum err batch_decode(struct call *c, struct str bytes, struct batch *ret_batch)
{
    if (bytes.len > FRAME_BYTES_MAX) return fail(c, ERR_LIMIT, "batch.too_large");
    struct reader r = {.rest = bytes};
    struct batch batch = {};
    if (!str_eq(take(&r, FRAME_MAGIC_BYTES), BATCH_MAGIC)) {
        return fail(c, ERR_SYNTAX, "batch.form");
    }
    batch.head_bytes = take_counted(&r, 4);
    batch.signature = take(&r, SIGNATURE_BYTES);
    if (r.bad) return fail(c, ERR_SYNTAX, "batch.form");
    enum err e = batch_head_read(c, batch.head_bytes, &batch.head);
    if (e != OK) return e;
    batch.count = (size_t)batch.head.count;
    ensure(batch.count <= LIMIT_BATCH_ENTRIES);
    batch.entries = arena_array(c->arena, batch.count, sizeof *batch.entries);
    for (size_t i = 0; i < batch.count; i++) {
        e = entry_take(c, &r, &batch.entries[i]);
        if (e != OK) return e;
        if (arena_over(c->arena)) return fail(c, ERR_LIMIT, "batch.too_large");
    }
    if (r.rest.len > 0) return fail(c, ERR_SYNTAX, "batch.form");
    e = rows_check(c, &batch);
    if (e != OK) return e;
    *ret_batch = batch;
    return OK;
}

struct str ack_encode(struct call *c, struct str ack_bytes, struct str signature)
{
    ensure(signature.len == SIGNATURE_BYTES);
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, ACK_MAGIC);
    put_counted(&sb, ack_bytes, 4);
    sb_put(&sb, signature);
    return sb_str(&sb);
}

enum err ack_decode(struct call *c, struct str bytes, struct ack *ret_ack,
                    struct str *ret_ack_bytes, struct str *ret_signature)
{
    struct reader r = {.rest = bytes};
    bool magic = str_eq(take(&r, FRAME_MAGIC_BYTES), ACK_MAGIC);
    struct str ack_bytes = take_counted(&r, 4);
    struct str signature = take(&r, SIGNATURE_BYTES);
    if (!magic || r.bad || r.rest.len > 0) return fail(c, ERR_SYNTAX, "ack.form");
    enum err e = ack_read(c, ack_bytes, ret_ack);
    if (e != OK) return e;
    *ret_ack_bytes = ack_bytes;
    *ret_signature = signature;
    return OK;
}
