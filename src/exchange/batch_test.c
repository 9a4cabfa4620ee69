#include "exchange/batch.h"

#include "base/limits.h"
#include "core/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES = 3 };

static const struct str ALICE = {"aaaaaaaaaaaaaaaaaaaaaaaaaa", 26};
static const struct str BOB = {"bbbbbbbbbbbbbbbbbbbbbbbbbb", 26};
static const struct str SIGNATURE = {
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 64};
static const struct str SALT = {"0123456789abcdef", 16};

static struct call begin(void)
{
    return call_begin(env_real(), NULL, NULL);
}

static void fill_entry(struct call *c, struct batch *batch, size_t i)
{
    struct batch_entry *at = &batch->entries[i];
    at->object = str_format(c->arena, "{\"object\":%zu}", i);
    at->entry = (struct entry){
        .format = ENTRY_FORMAT,
        .from = ALICE,
        .to = BOB,
        .epoch = 1,
        .seq = 7 + (int64_t)i,
        .kind = ENTRY_VERSION,
        .priority = PRIORITY_NORMAL,
        .record = S("aaaaaaaaaaaaaaaaaaaaaaaaaa.cccccccccccccccccccccccccc"),
        .n = 1 + (int64_t)i,
        .object = version_hash(c, at->object),
        .size = (int64_t)at->object.len,
    };
    at->bytes = entry_write(c, &at->entry);
    at->signature = SIGNATURE;
    batch->head.chain = chain_next(c, batch->head.chain, at->bytes);
}

/* A whole batch of ENTRIES entries, the second with one personal value. */
static struct batch make(struct call *c)
{
    struct batch batch = {.signature = SIGNATURE, .count = ENTRIES};
    batch.head = (struct batch_head){
        .format = ENTRY_FORMAT,
        .from = ALICE,
        .to = BOB,
        .epoch = 1,
        .seq = 7,
        .count = ENTRIES,
        .prev = chain_start(),
        .chain = chain_start(),
        .time_ms = 1795600000000,
        .key = S("0123456789abcdef"),
    };
    batch.entries = arena_array(c->arena, ENTRIES, sizeof *batch.entries);
    for (size_t i = 0; i < ENTRIES; i++)
        fill_entry(c, &batch, i);
    struct personal_row *row = arena_alloc(c->arena, sizeof *row);
    *row = (struct personal_row){.path = S("name"), .salt = SALT, .value = S("Người dân")};
    batch.entries[1].personal = row;
    batch.entries[1].personal_count = 1;
    batch.head_bytes = batch_head_write(c, &batch.head);
    return batch;
}

static const char *refused(struct call *c, struct str bytes)
{
    struct batch batch = {};
    enum err e = batch_decode(c, bytes, &batch);
    assert_int_not_equal(e, OK);
    const char *reason = c->failure.reason;
    call_clear(c);
    return reason;
}

static void a_batch_comes_back_as_it_was_written(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    struct batch read = {};
    struct str bytes = batch_encode(&c, &made);
    assert_int_equal(batch_decode(&c, bytes, &read), OK);
    assert_int_equal(read.count, ENTRIES);
    assert_true(str_eq(read.head_bytes, made.head_bytes));
    assert_true(str_eq(read.entries[2].object, made.entries[2].object));
    assert_true(str_eq(read.entries[2].chain, made.head.chain));
    assert_int_equal(read.entries[1].personal_count, 1);
    assert_true(str_eq(read.entries[1].personal[0].value, S("Người dân")));
    assert_true(str_eq(batch_encode(&c, &read), bytes));
    call_end(&c);
}

static void the_bytes_of_an_entry_are_frozen(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    assert_true(str_eq(
        made.entries[0].bytes,
        S("{\"phoihop\":1,\"from\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\","
          "\"to\":\"bbbbbbbbbbbbbbbbbbbbbbbbbb\",\"epoch\":1,\"seq\":7,\"kind\":\"version\","
          "\"priority\":2,\"record\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa.cccccccccccccccccccccccccc\","
          "\"n\":1,\"object\":"
          "\"8262897754fbc8e2e82aa6c879c2a17d2ba3b563cc6a9b8a8bc7804857daeef3\","
          "\"size\":12}")));
    call_end(&c);
}

static void a_frame_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    struct str bytes = batch_encode(&c, &made);
    for (size_t i = 0; i < bytes.len; i++)
        assert_non_null(refused(&c, str_sub(bytes, 0, i)));
    call_end(&c);
}

static void a_frame_with_something_behind_it_is_refused(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    struct str bytes = batch_encode(&c, &made);
    struct sb longer = sb_new(c.arena, 0);
    sb_put(&longer, bytes);
    sb_char(&longer, 0);
    assert_string_equal(refused(&c, sb_str(&longer)), "batch.form");
    call_end(&c);
}

static void a_flipped_bit_never_reads_past_the_frame(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    struct str bytes = batch_encode(&c, &made);
    for (size_t i = 0; i < bytes.len * 8; i++) {
        struct batch read = {};
        char *flipped = arena_copy(c.arena, bytes.ptr, bytes.len);
        flipped[i / 8] = (char)(flipped[i / 8] ^ (1 << (i % 8)));
        enum err e = batch_decode(&c, (struct str){flipped, bytes.len}, &read);
        if (e == OK) assert_int_equal(read.count, ENTRIES);
        call_clear(&c);
        if (i % 512 == 0) { /* keep the test small */
            call_end(&c);
            c = begin();
            made = make(&c);
            bytes = batch_encode(&c, &made);
        }
    }
    call_end(&c);
}

static void entries_out_of_row_are_refused(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    made.entries[1].entry.seq = 9;
    made.entries[1].bytes = entry_write(&c, &made.entries[1].entry);
    assert_string_equal(refused(&c, batch_encode(&c, &made)), "batch.row");
    call_end(&c);
}

static void an_entry_to_somebody_else_is_refused(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    made.entries[2].entry.to = ALICE;
    made.entries[2].bytes = entry_write(&c, &made.entries[2].entry);
    assert_string_equal(refused(&c, batch_encode(&c, &made)), "batch.row");
    call_end(&c);
}

static void a_changed_entry_breaks_the_chain(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    made.entries[1].entry.n = 99;
    made.entries[1].bytes = entry_write(&c, &made.entries[1].entry);
    assert_string_equal(refused(&c, batch_encode(&c, &made)), "batch.chain");
    call_end(&c);
}

static void more_entries_than_the_limit_are_refused(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    made.head.count = LIMIT_BATCH_ENTRIES + 1;
    made.head_bytes = batch_head_write(&c, &made.head);
    made.head.count = ENTRIES; /* what stands in the frame */
    assert_string_equal(refused(&c, batch_encode(&c, &made)), "form");
    call_end(&c);
}

static void a_frame_above_the_limit_is_refused_unread(void **state)
{
    (void)state;
    struct call c = begin();
    size_t bytes = LIMIT_BATCH_BYTES + LIMIT_ENTRY_BYTES + 1;
    char *large = arena_alloc(c.arena, bytes);
    assert_string_equal(refused(&c, (struct str){large, bytes}), "batch.too_large");
    call_end(&c);
}

static void an_acknowledgement_comes_back_as_it_was_written(void **state)
{
    (void)state;
    struct call c = begin();
    struct ack made = {.format = ENTRY_FORMAT,
                       .from = BOB,
                       .to = ALICE,
                       .epoch = 1,
                       .seq = 0,
                       .chain = chain_start(),
                       .time_ms = 1795600000000,
                       .key = S("k")};
    struct ack read = {};
    struct str bytes = {};
    struct str signature = {};
    struct str frame = ack_encode(&c, ack_write(&c, &made), SIGNATURE);
    assert_int_equal(ack_decode(&c, frame, &read, &bytes, &signature), OK);
    assert_true(str_eq(bytes, ack_write(&c, &made)));
    assert_true(str_eq(signature, SIGNATURE));
    for (size_t i = 0; i < frame.len; i++) {
        assert_int_not_equal(ack_decode(&c, str_sub(frame, 0, i), &read, &bytes, &signature), OK);
        call_clear(&c);
    }
    call_end(&c);
}

static void a_statement_of_another_format_is_refused(void **state)
{
    (void)state;
    struct call c = begin();
    struct batch made = make(&c);
    struct entry read = {};
    struct sb changed = sb_new(c.arena, 0);
    struct str bytes = made.entries[0].bytes;
    sb_put(&changed, S("{\"phoihop\":2"));
    sb_put(&changed, str_sub(bytes, S("{\"phoihop\":1").len, bytes.len));
    assert_int_equal(entry_read(&c, sb_str(&changed), &read), ERR_SYNTAX);
    assert_string_equal(c.failure.reason, "feed.form");
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_comes_back_as_it_was_written),
        cmocka_unit_test(the_bytes_of_an_entry_are_frozen),
        cmocka_unit_test(a_frame_cut_anywhere_is_refused),
        cmocka_unit_test(a_frame_with_something_behind_it_is_refused),
        cmocka_unit_test(a_flipped_bit_never_reads_past_the_frame),
        cmocka_unit_test(entries_out_of_row_are_refused),
        cmocka_unit_test(an_entry_to_somebody_else_is_refused),
        cmocka_unit_test(a_changed_entry_breaks_the_chain),
        cmocka_unit_test(more_entries_than_the_limit_are_refused),
        cmocka_unit_test(a_frame_above_the_limit_is_refused_unread),
        cmocka_unit_test(an_acknowledgement_comes_back_as_it_was_written),
        cmocka_unit_test(a_statement_of_another_format_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
