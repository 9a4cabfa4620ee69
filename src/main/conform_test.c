/* The frames of the conformance kit, byte for byte: what another server's maker may compare with.
 * Freezes test/golden/conformance.jsonl. */
#include "main/conform_kit.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h> /* after ours: it takes the name fail */

#include "golden.h"

static const int64_t NOON_MS = 1795575600000; /* 2026-11-25T03:00:00Z */

static void office_fix(struct kit *kit, enum kit_place place, char letter, uint8_t seed_byte)
{
    struct kit_office *o = &kit->office[place];
    uint8_t seed[32];
    uint8_t public_key[32];
    char id[26];
    memset(seed, seed_byte, sizeof seed);
    memset(id, letter, sizeof id);
    assert_int_equal(crypto_sign_seed_keypair(public_key, o->secret, seed), 0);
    o->id = str_copy(kit->c->arena, (struct str){id, sizeof id});
    o->public_key = str_copy(kit->c->arena, (struct str){(const char *)public_key, 32});
}

static void kit_fix(struct kit *kit, struct call *c)
{
    c->now_ms = NOON_MS;
    kit->c = c;
    office_fix(kit, KIT_PROBE, 'a', 1);
    office_fix(kit, KIT_SUBJECT, 'b', 2);
    office_fix(kit, KIT_DOWN, 'c', 3);
}

static void line(struct kit *kit, struct sb *sb, const char *story, struct str bytes)
{
    struct str hex = hex_encode(kit->c->arena, bytes);
    sb_printf(sb, "{\"story\":\"%s\",\"bytes\":\"%.*s\"}\n", story, STR_ARG(hex));
}

static void frame(struct kit *kit, struct sb *sb, const char *story, const struct kit_batch *batch)
{
    line(kit, sb, story, kit_batch(kit, batch, NULL));
}

static void the_frames_are_written_as_ever(void **state)
{
    struct kit kit = {};
    struct call c = call_begin(env_real(), NULL, NULL);
    struct sb sb = sb_new(c.arena, 0);
    const struct str start = chain_start();
    struct str chain = {};
    (void)state;
    kit_fix(&kit, &c);
    struct kit_batch first = {.seq = 1, .prev = start, .object = S("{}")};
    struct kit_batch wrong = first;
    wrong.other_signature = true;
    frame(&kit, &sb, "C-014", &wrong);
    wrong = first;
    wrong.from = kit.office[KIT_DOWN].id;
    frame(&kit, &sb, "C-015", &wrong);
    wrong = first;
    wrong.other_chain = true;
    frame(&kit, &sb, "C-016", &wrong);
    line(&kit, &sb, "C-018", kit_batch(&kit, &first, &chain));
    frame(&kit, &sb, "C-020", &(struct kit_batch){.seq = 3, .prev = chain, .object = S("{}")});
    frame(&kit, &sb, "C-021", &(struct kit_batch){.seq = 2, .prev = start, .object = S("{}")});
    frame(&kit, &sb, "C-022", &(struct kit_batch){.seq = 2,
                                                  .prev = chain,
                                                  .object = S("{\"x\":1}"),
                                                  .other_object = true});
    const struct batch pulled = {
        .head = {.epoch = 1, .seq = 1, .count = 2, .chain = chain}};
    line(&kit, &sb, "C-025", kit_ack(&kit, &pulled, true));
    line(&kit, &sb, "C-026", kit_ack(&kit, &pulled, false));
    line(&kit, &sb, "C-028", kit_ledger(&kit, 2));
    golden_compare(c.arena, "test/golden/conformance.jsonl", sb_str(&sb));
    call_end(&c);
}

/* What the kit believes: the subject's own words about the right numbers, and nothing else. */
static void no_changed_byte_of_an_acknowledgement_is_believed(void **state)
{
    struct kit kit = {};
    struct call c = call_begin(env_real(), NULL, NULL);
    (void)state;
    kit_fix(&kit, &c);
    const struct kit_batch first = {.seq = 1, .prev = chain_start(), .object = S("{}")};
    struct str chain = {};
    (void)kit_batch(&kit, &first, &chain);
    const struct batch taken = {.head = {.epoch = 1, .seq = 1, .count = 1, .chain = chain}};
    struct kit there = kit; /* the subject speaks as the probe does */
    there.office[KIT_PROBE] = kit.office[KIT_SUBJECT];
    there.office[KIT_SUBJECT] = kit.office[KIT_PROBE];
    struct str frame = kit_ack(&there, &taken, false);
    assert_true(kit_ack_holds(&kit, frame, 1, chain));
    assert_false(kit_ack_holds(&kit, frame, 2, chain));
    assert_false(kit_ack_holds(&kit, frame, 1, chain_start()));
    assert_false(kit_ack_holds(&there, frame, 1, chain));
    for (size_t i = 0; i < frame.len; i++) {
        char *changed = arena_copy(c.arena, frame.ptr, frame.len);
        changed[i] = (char)(changed[i] ^ 1);
        assert_false(kit_ack_holds(&kit, (struct str){changed, frame.len}, 1, chain));
    }
    call_end(&c);
}

static void stories_are_numbered_in_a_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < KIT_STORIES_COUNT; i++) {
        const char *number = KIT_STORIES[i].number;
        int64_t n = 0;
        assert_true(str_starts(str_of(number), S("C-")));
        assert_true(parse_int(str_of(number + 2), 1, 999, &n));
        assert_int_equal(n, i + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frames_are_written_as_ever),
        cmocka_unit_test(no_changed_byte_of_an_acknowledgement_is_believed),
        cmocka_unit_test(stories_are_numbered_in_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
