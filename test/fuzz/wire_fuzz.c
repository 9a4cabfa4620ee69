/*
 * Any bytes are given to the decoders of batches, acknowledgements, epochs, ledgers and hello. What
 * they accept must be written again as the same bytes; what they refuse must have a reason. The
 * first byte says how the rest is used: as a whole frame, as a bare statement, or as the contents
 * of a sound batch or ledger of which one byte is then changed, so that the fuzzer also gets behind
 * the chain and the counts.
 */
#include "base/limits.h"
#include "core/version.h"
#include "exchange/batch.h"
#include "exchange/epoch.h"
#include "exchange/exchange.h"
#include "exchange/ledger_form.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES_MAX = 3 };

static const struct str ALICE = {"aaaaaaaaaaaaaaaaaaaaaaaaaa", 26};
static const struct str BOB = {"bbbbbbbbbbbbbbbbbbbbbbbbbb", 26};
static const struct str SIGNATURE = {
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 64};
static const struct str SALT = {"0123456789abcdef", 16};

static void batch_try(struct call *c, struct str bytes)
{
    struct batch batch = {};
    enum err e = batch_decode(c, bytes, &batch);
    if (e == OK) {
        ensure(str_eq(batch_encode(c, &batch), bytes));
    } else {
        ensure(c->failure.reason != NULL);
        call_clear(c);
    }
}

static void ack_try(struct call *c, struct str bytes)
{
    struct ack ack = {};
    struct str statement = {};
    struct str signature = {};
    enum err e = ack_decode(c, bytes, &ack, &statement, &signature);
    if (e == OK) {
        ensure(str_eq(ack_encode(c, statement, signature), bytes));
    } else {
        ensure(c->failure.reason != NULL);
        call_clear(c);
    }
}

static void epoch_try(struct call *c, struct str bytes)
{
    struct epoch_frame frame = {};
    if (epoch_decode(c, bytes, &frame) == OK) {
        ensure(str_eq(epoch_encode(c, &frame), bytes));
    } else {
        ensure(c->failure.reason != NULL);
        call_clear(c);
    }
}

static void ledger_try(struct call *c, struct str bytes)
{
    struct ledger_frame frame = {};
    if (ledger_decode(c, bytes, &frame) == OK) {
        ensure(str_eq(ledger_encode(c, &frame, true), bytes));
        for (size_t i = 0; i < frame.count; i++)
            ensure(ledger_compare(&frame.lines[i], &frame.lines[0]) < LEDGER_VERDICTS);
    } else {
        ensure(c->failure.reason != NULL);
        call_clear(c);
    }
}

/* A sound ledger whose lines are the data, of which one byte is then changed. */
static void ledger_around(struct call *c, const uint8_t *data, struct str rest)
{
    size_t count = 1 + rest.len / LEDGER_LINE_BYTES;
    if (count > LIMIT_LEDGER_LINES) return;
    struct ledger_line *lines = arena_array(c->arena, count, sizeof *lines);
    memset(lines, 0, count * sizeof *lines);
    memcpy(lines, rest.ptr, (count - 1) * sizeof *lines);
    for (size_t i = 0; i < count; i++)
        lines[i].state %= LEDGER_ASIDE; /* what a sender may say */
    struct ledger_frame frame = {.lines = lines, .count = count, .signature = SIGNATURE};
    frame.statement = (struct ledger_statement){
        .format = ENTRY_FORMAT,
        .from = ALICE,
        .to = BOB,
        .side = LEDGER_SENT,
        .epoch = 1,
        .first = 1,
        .last = (int64_t)count,
        .time_ms = 1795600000000,
        .key = S("0123456789abcdef"),
    };
    frame.bytes = ledger_write(c, &frame.statement, lines);
    struct str sound = ledger_encode(c, &frame, true);
    enum err e = ledger_decode(c, sound, &frame);
    ensure(e == OK);
    char *changed = arena_copy(c->arena, sound.ptr, sound.len);
    size_t at = ((size_t)data[1] << 8 | data[2]) % sound.len;
    changed[at] = (char)data[3];
    ledger_try(c, (struct str){changed, sound.len});
}

/* The statement inside is what the peer wrote, without the frame. */
static void statements_try(struct call *c, struct str bytes)
{
    struct ack ack = {};
    bool call = false;
    if (ack_read(c, bytes, &ack) == OK) {
        ensure(ack.epoch > 0);
        ensure(ack.credit_entries >= 0 && ack.credit_bytes >= 0 && ack.pause_ms >= 0);
        ensure(ack.disk >= 0 && ack.disk <= DISK_FULL);
        struct str again = ack_write(c, &ack);
        ensure(ack_read(c, again, &ack) == OK && str_eq(ack_write(c, &ack), again));
    }
    call_clear(c);
    if (exchange_hello_read(c, ALICE, bytes, &call) != OK) call_clear(c);
}

/* A sound batch that carries the data as objects and personal values. */
static struct str batch_around(struct call *c, struct str data)
{
    struct batch_entry entries[ENTRIES_MAX] = {};
    struct personal_row row = {.path = S("name"), .salt = SALT, .value = data};
    struct batch batch = {.entries = entries, .signature = SIGNATURE};
    batch.count = 1 + data.len % ENTRIES_MAX;
    batch.head = (struct batch_head){
        .format = ENTRY_FORMAT,
        .from = ALICE,
        .to = BOB,
        .epoch = 1,
        .seq = 1,
        .count = (int64_t)batch.count,
        .prev = chain_start(),
        .chain = chain_start(),
        .time_ms = 1795600000000,
        .key = S("0123456789abcdef"),
    };
    for (size_t i = 0; i < batch.count; i++) {
        entries[i].object = str_sub(data, i * 8, data.len);
        entries[i].entry = (struct entry){
            .format = ENTRY_FORMAT,
            .from = ALICE,
            .to = BOB,
            .epoch = 1,
            .seq = 1 + (int64_t)i,
            .kind = i % 2 == 0 ? ENTRY_VERSION : ENTRY_RECEIPT,
            .priority = PRIORITY_NORMAL,
            .record = S("aaaaaaaaaaaaaaaaaaaaaaaaaa.cccccccccccccccccccccccccc"),
            .n = 1,
            .object = version_hash(c, entries[i].object),
            .size = (int64_t)entries[i].object.len,
        };
        entries[i].bytes = entry_write(c, &entries[i].entry);
        entries[i].signature = SIGNATURE;
        entries[i].personal = &row;
        entries[i].personal_count = i % 2;
        batch.head.chain = chain_next(c, batch.head.chain, entries[i].bytes);
    }
    batch.head_bytes = batch_head_write(c, &batch.head);
    return batch_encode(c, &batch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) return 0;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str rest = {(const char *)data + 4, size - 4};
    if (data[0] % 5 == 4) {
        statements_try(&c, rest);
    } else if (data[0] % 4 == 0) {
        batch_try(&c, rest);
    } else if (data[0] % 4 == 1) {
        ack_try(&c, rest);
        epoch_try(&c, rest);
        ledger_try(&c, rest);
        ledger_around(&c, data, rest);
    } else {
        struct str sound = batch_around(&c, rest);
        struct batch read = {};
        enum err e = batch_decode(&c, sound, &read);
        ensure(e == OK);
        char *changed = arena_copy(c.arena, sound.ptr, sound.len);
        size_t at = ((size_t)data[1] << 8 | data[2]) % sound.len;
        changed[at] = (char)data[3];
        batch_try(&c, (struct str){changed, sound.len});
    }
    call_end(&c);
    return 0;
}
