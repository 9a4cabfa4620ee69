/*
 * The frozen bytes of a feed: two entries under a signed head, and the acknowledgement that answers
 * them, in test/golden/feed.jsonl. tools/verify.py reads the same file and computes the chain by
 * itself.
 */
#include "exchange/entry.h"
#include "exchange/ledger_form.h"

#include <sodium.h>

#include "core/office.h"
#include "core/record.h"
#include "core/version.h"
#include "golden.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

#define SENDER S("aaaaaaaaaaaaaaaaaaaaaaaaaa")
#define RECEIVER S("bbbbbbbbbbbbbbbbbbbbbbbbbb")
#define RECORD S("aaaaaaaaaaaaaaaaaaaaaaaaaa.cccccccccccccccccccccccccc")

enum { TIME_STEP_MS = 1001 };

static const int64_t TIME_MS = INT64_C(1795572000000);

/* A key that is the same in every run. */
struct end {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    struct str key;
};

static struct end end_of(struct call *c, uint8_t fill)
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    struct end end = {};
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = fill;
    assert_int_equal(crypto_sign_seed_keypair(end.public_key, end.secret_key, seed), 0);
    end.key = office_key_id(c->arena, (struct str){(const char *)end.public_key, 32});
    return end;
}

/* Signs and puts the statement into the file. */
static void statement_line(struct sb *sb, const struct end *end, struct golden_object object)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    uint8_t signature[crypto_sign_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)object.bytes.ptr, object.bytes.len);
    office_sign_with(end->secret_key, object.purpose, hash, signature);
    object.signature = (struct str){(const char *)signature, sizeof signature};
    object.public_key = (struct str){(const char *)end->public_key, sizeof end->public_key};
    golden_line(sb, &object);
}

static struct entry entry_of(struct call *c, int64_t seq, enum entry_kind kind, struct str object)
{
    return (struct entry){
        .format = ENTRY_FORMAT,
        .from = SENDER,
        .to = RECEIVER,
        .epoch = 1,
        .seq = seq,
        .kind = kind,
        .priority = kind == ENTRY_RECEIPT ? PRIORITY_CONTROL : PRIORITY_NORMAL,
        .record = RECORD,
        .n = 1,
        .object = version_hash(c, object),
        .size = (int64_t)object.len,
    };
}

static void the_bytes_of_a_feed_are_those_frozen(void **state)
{
    (void)state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct end sender = end_of(&c, 'a');
    struct end receiver = end_of(&c, 'b');
    struct sb sb = sb_new(c.arena, 0);
    struct entry version = entry_of(&c, 1, ENTRY_VERSION, S("a version"));
    struct entry receipt = entry_of(&c, 2, ENTRY_RECEIPT, S("a receipt"));
    struct str entries[] = {entry_write(&c, &version), entry_write(&c, &receipt)};
    struct str chain = chain_next(&c, chain_next(&c, chain_start(), entries[0]), entries[1]);
    struct batch_head head = {.format = ENTRY_FORMAT,
                              .from = SENDER,
                              .to = RECEIVER,
                              .epoch = 1,
                              .seq = 1,
                              .count = ARRAY_LEN(entries),
                              .prev = chain_start(),
                              .chain = chain,
                              .time_ms = TIME_MS,
                              .key = sender.key};
    struct ack ack = {.format = ENTRY_FORMAT,
                      .from = RECEIVER,
                      .to = SENDER,
                      .epoch = 1,
                      .seq = 2,
                      .chain = chain,
                      .time_ms = TIME_MS + TIME_STEP_MS,
                      .key = receiver.key};
    statement_line(&sb, &sender,
                   (struct golden_object){.purpose = PURPOSE_FEED,
                                          .bytes = batch_head_write(&c, &head),
                                          .entries = entries,
                                          .entry_count = ARRAY_LEN(entries)});
    statement_line(&sb, &receiver,
                   (struct golden_object){.purpose = PURPOSE_ACK, .bytes = ack_write(&c, &ack)});
    /* what came later stands behind: the bytes above stay as they are */
    ack.credit_entries = 256;
    ack.credit_bytes = 4194304;
    ack.disk = DISK_LOW;
    ack.pause_ms = 60000;
    ack.call = true;
    statement_line(&sb, &receiver,
                   (struct golden_object){.purpose = PURPOSE_ACK, .bytes = ack_write(&c, &ack)});
    struct ledger_line lines[] = {{.state = LEDGER_HELD}, {.state = LEDGER_ASIDE}};
    struct ledger_statement ledger = {.format = ENTRY_FORMAT,
                                      .from = RECEIVER,
                                      .to = SENDER,
                                      .side = LEDGER_TOOK,
                                      .epoch = 1,
                                      .first = 1,
                                      .last = ARRAY_LEN(lines),
                                      .time_ms = TIME_MS,
                                      .key = receiver.key};
    statement_line(&sb, &receiver,
                   (struct golden_object){.purpose = PURPOSE_LEDGER,
                                          .bytes = ledger_write(&c, &ledger, lines)});
    golden_compare(c.arena, "test/golden/feed.jsonl", sb_str(&sb));
    call_end(&c);
}

static void an_acknowledgement_without_what_came_later_is_read(void **state)
{
    (void)state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct ack ack = {.format = ENTRY_FORMAT,
                      .from = RECEIVER,
                      .to = SENDER,
                      .epoch = 1,
                      .chain = chain_start(),
                      .time_ms = TIME_MS,
                      .key = S("0123456789abcdef")};
    struct ack read = {};
    struct str bytes = ack_write(&c, &ack);
    assert_true(str_find(bytes, S("credit"), 0) == bytes.len);
    assert_int_equal(ack_read(&c, bytes, &read), OK);
    assert_int_equal(read.credit_entries, 0);
    assert_int_equal(read.disk, 0);
    assert_false(read.call);
    ack.disk = DISK_FULL;
    ack.credit_entries = 16;
    ack.call = true;
    assert_int_equal(ack_read(&c, ack_write(&c, &ack), &read), OK);
    assert_int_equal(read.disk, DISK_FULL);
    assert_int_equal(read.credit_entries, 16);
    assert_true(read.call);
    call_end(&c);
}

static void what_was_written_is_read_back(void **state)
{
    (void)state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct entry entry = entry_of(&c, 7, ENTRY_VERSION, S("a version"));
    struct entry read = {};
    assert_int_equal(entry_read(&c, entry_write(&c, &entry), &read), OK);
    assert_int_equal(read.seq, 7);
    assert_int_equal(read.kind, ENTRY_VERSION);
    assert_int_equal(read.size, 9);
    assert_true(str_eq(read.object, entry.object));
    assert_true(str_eq(read.record, RECORD));
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_of_a_feed_are_those_frozen),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(an_acknowledgement_without_what_came_later_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
