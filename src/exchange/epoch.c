#include "exchange/epoch.h"

enum { MAGIC_BYTES = 9, LENGTH_BYTES = 4, EPOCH_BYTES = 4 * 1024, KEY_LEN = 64 };

#define EPOCH_MAGIC                                                                                \
    S("phoihop\x01"                                                                                \
      "E")

#define AT(member) .offset = offsetof(struct epoch_open, member)
static const struct field EPOCH_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(format), .required = true},
    {.name = "from", .type = FIELD_OFFICE, AT(from), .required = true},
    {.name = "to", .type = FIELD_OFFICE, AT(to), .required = true},
    {.name = "epoch", .type = FIELD_INT, AT(epoch), .required = true},
    {.name = "last_epoch", .type = FIELD_INT, AT(last_epoch), .required = true},
    {.name = "last_seq", .type = FIELD_INT, AT(last_seq), .required = true},
    {.name = "last_chain",
     .type = FIELD_TEXT,
     AT(last_chain),
     .max = CHAIN_HEX_LEN,
     .required = true},
    {.name = "fence", .type = FIELD_INT, AT(fence), .required = true},
    {.name = "run", .type = FIELD_TEXT, AT(run), .max = RUN_LEN_MAX, .required = true},
    {.name = "time", .type = FIELD_INSTANT, AT(time_ms), .required = true},
    {.name = "key", .type = FIELD_TEXT, AT(key), .max = KEY_LEN, .required = true},
};
#undef AT
static const struct field_table EPOCH_TABLE =
    FIELD_TABLE("feed.epoch", struct epoch_open, EPOCH_FIELDS);

struct str epoch_write(struct call *c, const struct epoch_open *open)
{
    struct sb sb = sb_new(c->arena, 0);
    fields_write(&sb, &EPOCH_TABLE, open);
    return sb_str(&sb);
}

struct str epoch_encode(struct call *c, const struct epoch_frame *frame)
{
    static const char ZEROS[SIGNATURE_BYTES] = {};
    struct sb sb = sb_new(c->arena, 0);
    ensure(frame->signature.len == SIGNATURE_BYTES);
    ensure(frame->bytes.len <= EPOCH_BYTES);
    sb_put(&sb, EPOCH_MAGIC);
    for (size_t i = LENGTH_BYTES; i > 0; i--)
        sb_char(&sb, (char)(uint8_t)(frame->bytes.len >> ((i - 1) * 8)));
    sb_put(&sb, frame->bytes);
    sb_put(&sb, frame->signature);
    bool both = frame->countersignature.len > 0;
    sb_put(&sb, both ? frame->countersignature : (struct str){ZEROS, sizeof ZEROS});
    return sb_str(&sb);
}

static enum err open_read(struct call *c, struct str bytes, struct epoch_open *ret_open)
{
    struct epoch_open open = {};
    enum err e = fields_read(c, &EPOCH_TABLE, bytes, UNKNOWN_IGNORE, &open);
    if (e != OK) return e;
    bool follows = open.format == ENTRY_FORMAT && open.last_epoch > 0 &&
                   open.epoch > open.last_epoch && object_is_hash(open.last_chain);
    if (!follows) return fail(c, ERR_SYNTAX, "epoch.form");
    *ret_open = open;
    return OK;
}

enum err epoch_decode(struct call *c, struct str bytes, struct epoch_frame *ret_frame)
{
    struct epoch_frame frame = {};
    size_t length = 0;
    size_t head = MAGIC_BYTES + LENGTH_BYTES;
    bool whole = bytes.len >= head && bytes.len <= head + EPOCH_BYTES + 2 * SIGNATURE_BYTES &&
                 str_starts(bytes, EPOCH_MAGIC);
    for (size_t i = MAGIC_BYTES; whole && i < head; i++)
        length = length << 8 | (uint8_t)bytes.ptr[i];
    if (!whole || bytes.len != head + length + 2 * SIGNATURE_BYTES) {
        return fail(c, ERR_SYNTAX, "epoch.form");
    }
    frame.bytes = str_sub(bytes, head, head + length);
    frame.signature = str_sub(bytes, head + length, head + length + SIGNATURE_BYTES);
    frame.countersignature = str_sub(bytes, head + length + SIGNATURE_BYTES, bytes.len);
    enum err e = open_read(c, frame.bytes, &frame.open);
    if (e == OK) *ret_frame = frame;
    return e;
}
