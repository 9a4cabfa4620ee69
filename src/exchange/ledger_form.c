#include "exchange/ledger_form.h"

#include "base/limits.h"

#include <sodium.h>
#include <string.h>

enum { MAGIC_BYTES = 9, LENGTH_BYTES = 4, KEY_LEN = 64 };

#define LEDGER_MAGIC                                                                               \
    S("phoihop\x01"                                                                                \
      "L")

static const char *const SIDE_WORDS[] = {"sent", "took", NULL};

#define AT(member) .offset = offsetof(struct ledger_statement, member), .required = true
static const struct field STATEMENT_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(format)},
    {.name = "from", .type = FIELD_OFFICE, AT(from)},
    {.name = "to", .type = FIELD_OFFICE, AT(to)},
    {.name = "side", .type = FIELD_CHOICE, AT(side), .choices = SIDE_WORDS},
    {.name = "epoch", .type = FIELD_INT, AT(epoch)},
    {.name = "first", .type = FIELD_INT, AT(first)},
    {.name = "last", .type = FIELD_INT, AT(last)},
    {.name = "held", .type = FIELD_INT, AT(counts[LEDGER_HELD])},
    {.name = "aside", .type = FIELD_INT, AT(counts[LEDGER_ASIDE])},
    {.name = "missing", .type = FIELD_INT, AT(counts[LEDGER_MISSING])},
    {.name = "unknown", .type = FIELD_INT, AT(counts[LEDGER_UNKNOWN])},
    {.name = "lines", .type = FIELD_TEXT, AT(lines_hash), .max = CHAIN_HEX_LEN},
    {.name = "time", .type = FIELD_INSTANT, AT(time_ms)},
    {.name = "key", .type = FIELD_TEXT, AT(key), .max = KEY_LEN},
};
#undef AT
static const struct field_table STATEMENT_TABLE =
    FIELD_TABLE("feed.ledger", struct ledger_statement, STATEMENT_FIELDS);

static size_t lines_of(const struct ledger_statement *statement)
{
    return (size_t)(statement->last - statement->first + 1);
}

static struct str lines_hash(struct call *c, const struct ledger_line *lines, size_t count)
{
    uint8_t hash[CHAIN_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)lines, count * sizeof *lines);
    return hex_encode(c->arena, (struct str){(const char *)hash, sizeof hash});
}

static void lines_count(const struct ledger_line *lines, size_t count,
                        int64_t ret_counts[LEDGER_STATES])
{
    memset(ret_counts, 0, sizeof(int64_t) * LEDGER_STATES);
    for (size_t i = 0; i < count; i++) {
        ensure(lines[i].state < LEDGER_STATES);
        ret_counts[lines[i].state]++;
    }
}

struct str ledger_write(struct call *c, struct ledger_statement *statement,
                        const struct ledger_line *lines)
{
    struct sb sb = sb_new(c->arena, LEDGER_HEAD_BYTES_MAX);
    ensure(statement->format == ENTRY_FORMAT);
    ensure(statement->first > 0 && statement->last >= statement->first);
    ensure(lines_of(statement) <= LIMIT_LEDGER_LINES);
    lines_count(lines, lines_of(statement), statement->counts);
    statement->lines_hash = lines_hash(c, lines, lines_of(statement));
    fields_write(&sb, &STATEMENT_TABLE, statement);
    ensure(!sb.over);
    return sb_str(&sb);
}

struct str ledger_encode(struct call *c, const struct ledger_frame *frame, bool with_lines)
{
    struct sb sb = sb_new(c->arena, 0);
    ensure(frame->signature.len == SIGNATURE_BYTES);
    ensure(frame->bytes.len <= LEDGER_HEAD_BYTES_MAX);
    sb_put(&sb, LEDGER_MAGIC);
    for (size_t i = LENGTH_BYTES; i > 0; i--)
        sb_char(&sb, (char)(uint8_t)(frame->bytes.len >> ((i - 1) * 8)));
    sb_put(&sb, frame->bytes);
    sb_put(&sb, frame->signature);
    struct str lines = {(const char *)frame->lines, frame->count * sizeof *frame->lines};
    if (with_lines) sb_put(&sb, lines);
    return sb_str(&sb);
}

static enum err statement_read(struct call *c, struct str bytes,
                               struct ledger_statement *ret_statement)
{
    struct ledger_statement statement = {};
    enum err e = fields_read(c, &STATEMENT_TABLE, bytes, UNKNOWN_IGNORE, &statement);
    if (e != OK) return e;
    bool range = statement.epoch > 0 && statement.first > 0 && statement.last >= statement.first &&
                 statement.last - statement.first < LIMIT_LEDGER_LINES;
    if (statement.format != ENTRY_FORMAT || !range) return fail(c, ERR_SYNTAX, "ledger.form");
    *ret_statement = statement;
    return OK;
}

/* What the head says of the lines is so. */
static bool lines_agree(struct call *c, const struct ledger_frame *frame)
{
    int64_t counts[LEDGER_STATES];
    const struct ledger_statement *statement = &frame->statement;
    for (size_t i = 0; i < frame->count; i++) {
        bool known = frame->lines[i].state < LEDGER_STATES;
        bool sends = statement->side == LEDGER_SENT && frame->lines[i].state == LEDGER_ASIDE;
        if (!known || sends) return false;
    }
    lines_count(frame->lines, frame->count, counts);
    return memcmp(counts, statement->counts, sizeof counts) == 0 &&
           str_eq(lines_hash(c, frame->lines, frame->count), statement->lines_hash);
}

enum err ledger_decode(struct call *c, struct str bytes, struct ledger_frame *ret_frame)
{
    struct ledger_frame frame = {};
    size_t length = 0;
    const size_t head = MAGIC_BYTES + LENGTH_BYTES;
    bool whole = bytes.len >= head && str_starts(bytes, LEDGER_MAGIC);
    for (size_t i = MAGIC_BYTES; whole && i < head; i++)
        length = length << 8 | (uint8_t)bytes.ptr[i];
    whole =
        whole && length <= LEDGER_HEAD_BYTES_MAX && bytes.len >= head + length + SIGNATURE_BYTES;
    if (!whole) return fail(c, ERR_SYNTAX, "ledger.form");
    frame.bytes = str_sub(bytes, head, head + length);
    frame.signature = str_sub(bytes, head + length, head + length + SIGNATURE_BYTES);
    enum err e = statement_read(c, frame.bytes, &frame.statement);
    if (e != OK) return e;
    struct str lines = str_sub(bytes, head + length + SIGNATURE_BYTES, bytes.len);
    frame.count = lines_of(&frame.statement);
    frame.lines = (const struct ledger_line *)(const void *)lines.ptr;
    bool fits = lines.len == frame.count * sizeof *frame.lines && lines_agree(c, &frame);
    if (!fits) return fail(c, ERR_SYNTAX, "ledger.form");
    *ret_frame = frame;
    return OK;
}

enum ledger_verdict ledger_compare(const struct ledger_line *sent, const struct ledger_line *took)
{
    if (sent->state == LEDGER_MISSING) return LEDGER_NOT_SENT;
    if (took->state == LEDGER_MISSING) return LEDGER_NOT_TAKEN;
    if (took->state == LEDGER_UNKNOWN || sent->state == LEDGER_UNKNOWN) return LEDGER_AGREES;
    if (memcmp(sent->hash, took->hash, sizeof sent->hash) != 0) return LEDGER_ANOTHER;
    return took->state == LEDGER_ASIDE ? LEDGER_SET_ASIDE : LEDGER_AGREES;
}
