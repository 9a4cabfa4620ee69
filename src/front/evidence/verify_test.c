#include "front/evidence/verify.h"

#include "base/limits.h"
#include "exchange/evidence.h"
#include "front/cli/cli_json.h"
#include "front/evidence/verify_run.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "t_log.h"

/* What one trial found out. */
struct found {
    struct arena *arena;
    struct verify_key keys[3];
    struct str lines;
    size_t proofs;
};

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

static void collect(struct t_logs *logs, void *arg)
{
    struct found *found = arg;
    struct call *c = logs->ends[0].c;
    struct rows rows = {};
    struct evidence evidence = {};
    assert_true(t_log_sign(logs, 0));
    t_log_talk(logs, 0, 1);
    must(c, store_all(c, "SELECT record FROM receipt ORDER BY record LIMIT 1", NO_ARGS, &rows));
    must(c, evidence_collect(c, rows_text(&rows, 0, 0), &evidence));
    found->lines = str_copy(found->arena, evidence.objects);
    for (size_t i = 0; i < ARRAY_LEN(found->keys); i++) {
        found->keys[i] = (struct verify_key){
            .office = str_copy(found->arena, logs->ends[i].t.office.id),
            .public_key = str_copy(found->arena, logs->ends[i].t.office.public_key)};
    }
}

static int setup(void **state)
{
    struct arena *arena = arena_open(0);
    struct found *found = arena_alloc(arena, sizeof *found);
    struct t_logs *logs = t_logs_open();
    found->arena = arena;
    t_logs_trial(logs, false, collect, found);
    t_logs_close(logs);
    *state = found;
    return 0;
}

static int teardown(void **state)
{
    struct found *found = *state;
    arena_close(found->arena);
    return 0;
}

/* The verdict over some lines. */
static struct verify judged(struct call *c, const struct found *found, struct str lines)
{
    struct verify v = {.keys = {found->keys, ARRAY_LEN(found->keys), true}, .holds = true};
    v.findings = node_list(c);
    must(c, verify_objects(c, &v, lines));
    return v;
}

static void version_receipt_and_their_proofs_hold(void **state)
{
    const struct found *found = *state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct verify v = judged(&c, found, found->lines);
    assert_true(v.holds);
    assert_int_equal(v.version_count, 1);
    assert_int_equal(v.claim_count, 1);
    assert_int_equal(v.proof_count, 2);
    for (size_t i = 0; i < v.proof_count; i++) {
        assert_true(str_eq(v.proofs[i].office, found->keys[0].office));
        assert_int_equal(v.proofs[i].witnesses, 1);
    }
    call_end(&c);
}

/* Lines are one object each: whatever letter of them is another, something does not hold. */
static void every_letter_of_a_proof_counts(void **state)
{
    const struct found *found = *state;
    size_t start = str_find(found->lines, S("{\"purpose\":\"tlog-proof\""), 0);
    size_t end = str_find(found->lines, S("\n"), start);
    assert_true(end < found->lines.len);
    for (size_t at = start; at < end; at++) {
        struct call c = call_begin(env_real(), NULL, NULL);
        char *copy = arena_copy(c.arena, found->lines.ptr, found->lines.len);
        copy[at] = copy[at] == 'A' ? 'B' : 'A';
        struct verify v = judged(&c, found, (struct str){copy, found->lines.len});
        bool less = v.proof_count == 2 && v.proofs[0].witnesses + v.proofs[1].witnesses < 2;
        assert_true(!v.holds || less); /* a witness that is no longer named is one less */
        call_end(&c);
    }
}

static void a_proof_of_something_else_is_found(void **state)
{
    const struct found *found = *state;
    struct call c = call_begin(env_real(), NULL, NULL);
    size_t receipt = str_find(found->lines, S("{\"purpose\":\"phoihop-receipt-v1\""), 0);
    size_t after = str_find(found->lines, S("\n"), receipt) + 1;
    struct sb without = sb_new(c.arena, LIMIT_EVIDENCE_BYTES);
    sb_put(&without, str_sub(found->lines, 0, receipt));
    sb_put(&without, str_sub(found->lines, after, found->lines.len));
    assert_false(judged(&c, found, sb_str(&without)).holds);
    call_end(&c);
}

/* The verdict when the key of office `i` is revoked from `size` leaves of its log on. */
static bool holds_revoked(const struct found *found, size_t i, int64_t size, struct str lines)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct found with = *found;
    with.keys[i].revoked = true;
    with.keys[i].revoked_size = size;
    bool holds = judged(&c, &with, lines).holds;
    call_end(&c);
    return holds;
}

/* Without the lines that begin so. */
static struct str lines_without(const struct found *found, struct str start)
{
    struct sb sb = sb_new(found->arena, LIMIT_EVIDENCE_BYTES);
    struct str rest = found->lines;
    while (rest.len > 0) {
        struct str line = {};
        (void)str_cut(rest, '\n', &line, &rest);
        if (str_starts(line, start)) continue;
        sb_put(&sb, line);
        sb_char(&sb, '\n');
    }
    return sb_str(&sb);
}

static void what_a_revoked_key_signed_counts_as_far_as_its_own_log_shows_it(void **state)
{
    const struct found *found = *state;
    struct str bare = lines_without(found, S("{\"purpose\":\"tlog-proof\""));
    struct call c = call_begin(env_real(), NULL, NULL);
    assert_true(judged(&c, found, bare).holds); /* a good key needs no log */
    call_end(&c);
    assert_true(holds_revoked(found, 0, 1000, found->lines));
    assert_false(holds_revoked(found, 0, 1000, bare));
    assert_false(holds_revoked(found, 0, 1, found->lines)); /* it stands beyond that place */
    /* the receipt of the second one is shown by the first one's log only */
    assert_false(holds_revoked(found, 1, 1000, found->lines));
}

/* The frozen story of a record that passed from one office to another and further, with the keys of
 * those that wrote it. Owns: `keys` has room for one key a line. */
static struct str transfer_read(struct call *c, struct verify_key *keys, size_t *ret_count)
{
    static char text[64 * 1024];
    FILE *file = fopen("test/golden/transfer.jsonl", "r");
    assert_non_null(file);
    struct str lines = {text, fread(text, 1, sizeof text, file)};
    assert_int_equal(fclose(file), 0);
    struct str rest = lines;
    for (*ret_count = 0; rest.len > 0; (*ret_count)++) {
        struct str line = {};
        uint8_t raw[32];
        (void)str_cut(rest, '\n', &line, &rest);
        json_t *object = cli_json_read(c, line);
        assert_true(hex_decode(cli_json_get(object, "public_key"), raw, sizeof raw));
        struct version v = {};
        uint8_t bytes[LIMIT_VERSION_BYTES / 64];
        size_t size = 0;
        struct str base64 = cli_json_get(object, "bytes");
        int bad = sodium_base642bin(bytes, sizeof bytes, base64.ptr, base64.len, NULL, &size, NULL,
                                    sodium_base64_VARIANT_ORIGINAL);
        assert_int_equal(bad, 0);
        must(c, version_parse(c, str_copy(c->arena, (struct str){(const char *)bytes, size}), &v));
        keys[*ret_count] = (struct verify_key){
            .office = v.home,
            .public_key = str_copy(c->arena, (struct str){(const char *)raw, sizeof raw})};
    }
    return lines;
}

static void a_record_that_passed_proves_its_way(void **state)
{
    (void)state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct verify_key keys[8];
    struct found found = {};
    size_t count = 0;
    struct str lines = transfer_read(&c, keys, &count);
    assert_int_equal(count, 5); /* A, A, B, B, C */
    found.keys[0] = keys[0];
    found.keys[1] = keys[2];
    found.keys[2] = keys[4];
    struct verify v = judged(&c, &found, lines);
    assert_true(v.holds);
    assert_int_equal(v.version_count, 5);
    struct str later = str_sub(lines, str_find(lines, S("\n"), 0) + 1, lines.len);
    later = str_sub(later, str_find(later, S("\n"), 0) + 1, later.len);
    assert_true(judged(&c, &found, later).holds);
    found.keys[0].revoked = true; /* and the giving does not stand there */
    found.keys[0].revoked_size = 1000;
    assert_false(judged(&c, &found, later).holds);
    found.keys[0].public_key = keys[2].public_key; /* the giver's key is another one */
    v = judged(&c, &found, lines);
    assert_false(v.holds);
    assert_int_equal(v.version_count, 0); /* nothing that came after its giving holds either */
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_receipt_and_their_proofs_hold),
        cmocka_unit_test(every_letter_of_a_proof_counts),
        cmocka_unit_test(a_proof_of_something_else_is_found),
        cmocka_unit_test(what_a_revoked_key_signed_counts_as_far_as_its_own_log_shows_it),
        cmocka_unit_test(a_record_that_passed_proves_its_way),
    };
    return cmocka_run_group_tests_name("verify", tests, setup, teardown);
}
