/* Notes, cosignatures and proofs as bytes: the examples of C2SP, and everything that must not pass.
 */
#include "exchange/checkpoint.h"

#include "core/office.h"
#include "exchange/proof.h"
#include "store/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "golden.h"

#define OFFICE S("aaaaaaaaaaaaaaaaaaaaaaaaaa")
#define WITNESS S("bbbbbbbbbbbbbbbbbbbbbbbbbb")
#define TIME_S 1679315147

struct scene {
    struct call c;
    uint8_t secret[64];
    struct str key;
    struct str text;
};

static int open_scene(void **state)
{
    struct arena *arena = arena_open(0);
    struct scene *s = arena_alloc(arena, sizeof *s);
    uint8_t seed[32] = {9};
    uint8_t public_key[32];
    s->c = call_begin(env_real(), NULL, NULL);
    arena_close(s->c.arena);
    s->c.arena = arena;
    (void)crypto_sign_seed_keypair(public_key, s->secret, seed);
    s->key = str_copy(arena, (struct str){(const char *)public_key, 32});
    struct checkpoint checkpoint = {.office = OFFICE, .head = {.size = 20852163, .root = {1, 2}}};
    s->text = checkpoint_write(arena, &checkpoint);
    *state = s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    arena_close(s->c.arena);
    return 0;
}

static struct str signature(struct scene *s, struct str text)
{
    uint8_t raw[64];
    office_sign_note_with(s->secret, text, raw);
    return str_copy(s->c.arena, (struct str){(const char *)raw, sizeof raw});
}

static struct str log_line(struct scene *s)
{
    return note_line(s->c.arena, OFFICE, s->key, signature(s, s->text));
}

static struct str witness_line(struct scene *s)
{
    struct str text = cosignature_write(s->c.arena, TIME_S, s->text);
    return note_cosignature_line(s->c.arena, WITNESS, s->key, TIME_S, signature(s, text));
}

static struct str whole(struct scene *s)
{
    struct str lines =
        str_format(s->c.arena, "%.*s%.*s", STR_ARG(log_line(s)), STR_ARG(witness_line(s)));
    return note_write(s->c.arena, s->text, lines);
}

/* Source: the example of c2sp.org/signed-note. */
static void a_key_has_the_id_of_the_standard(void **state)
{
    struct scene *s = *state;
    uint8_t id[NOTE_KEY_BYTES];
    struct str typed = {};
    struct str signed_bytes = {};
    const struct str text = S("This is an example message.\n");
    assert_true(
        base64_decode(s->c.arena, S("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"), &typed));
    struct str key = str_sub(typed, 1, typed.len);
    note_key_id(S("example.com/foo"), (uint8_t)typed.ptr[0], key, id);
    struct str hex = hex_encode(s->c.arena, (struct str){(const char *)id, sizeof id});
    assert_true(str_eq(hex, S("530d903a")));
    assert_true(base64_decode(s->c.arena,
                              S("Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYj"
                                "OBH3mFXmRKuwHjG1Yu72IneyaQM="),
                              &signed_bytes));
    assert_int_equal(crypto_sign_verify_detached((const uint8_t *)signed_bytes.ptr + 4,
                                                 (const uint8_t *)text.ptr, text.len,
                                                 (const uint8_t *)key.ptr),
                     0);
}

/* Source: the example of c2sp.org/tlog-cosignature. */
static void a_cosignature_signs_the_message_of_the_standard(void **state)
{
    struct scene *s = *state;
    const struct str lines = S("example.com/behind-the-sofa\n20852163\n"
                               "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n");
    struct str text = cosignature_write(s->c.arena, TIME_S, lines);
    assert_true(
        str_starts(text, S("cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n")));
    assert_int_equal(text.len, 20 + 11 + lines.len);
}

static void a_note_says_who_signed_it(void **state)
{
    struct scene *s = *state;
    struct note note = {};
    struct str line = {};
    int64_t time_s = 0;
    assert_int_equal(note_read(&s->c, whole(s), &note), OK);
    assert_int_equal(note.count, 2);
    assert_true(str_eq(note.checkpoint.office, OFFICE));
    assert_int_equal(note.checkpoint.head.size, 20852163);
    assert_int_equal(note_signed(&s->c, &note, s->key), NOTE_GOOD);
    assert_int_equal(note_cosigned(&s->c, &note, WITNESS, s->key, &line, &time_s), NOTE_GOOD);
    assert_int_equal(time_s, TIME_S);
    assert_true(str_eq(line, witness_line(s)));
    assert_int_equal(note_cosigned(&s->c, &note, OFFICE, s->key, &line, &time_s), NOTE_NONE);
}

static void every_bit_of_a_note_counts(void **state)
{
    struct scene *s = *state;
    struct str bytes = whole(s);
    for (size_t i = 0; i < bytes.len * 8; i++) {
        struct note note = {};
        struct str line = {};
        int64_t time_s = 0;
        char *changed = arena_copy(s->c.arena, bytes.ptr, bytes.len);
        changed[i / 8] ^= (char)(1 << (i % 8));
        enum err e = note_read(&s->c, (struct str){changed, bytes.len}, &note);
        bool both = e == OK && note_signed(&s->c, &note, s->key) == NOTE_GOOD &&
                    note_cosigned(&s->c, &note, WITNESS, s->key, &line, &time_s) == NOTE_GOOD;
        assert_false(both);
        if (e != OK) call_clear(&s->c);
    }
}

static void a_checkpoint_has_one_form(void **state)
{
    static const char *const BAD[] = {
        "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaa\n07\n%s\n",
        "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaa\n-7\n%s\n",
        "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaa\n7\n%s",
        "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaa\n7\n%s\nx\n",
        "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaA\n7\n%s\n",
        "example/aaaaaaaaaaaaaaaaaaaaaaaaaa\n7\n%s\n",
        "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaa\n7\n\n%s\n",
        "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaa\n 7\n%s\n",
        "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaa\n9223372036854775808\n%s\n",
    };
    struct scene *s = *state;
    struct checkpoint checkpoint = {};
    const char *root = "AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    struct str good = str_format(s->c.arena, "phoihop/aaaaaaaaaaaaaaaaaaaaaaaaaa\n7\n%s\n", root);
    assert_true(checkpoint_read(s->c.arena, good, &checkpoint));
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct str form = str_of(BAD[i]);
        size_t at = str_find(form, S("%s"), 0);
        struct str text = str_format(s->c.arena, "%.*s%s%.*s", (int)at, form.ptr, root,
                                     STR_ARG(str_sub(form, at + 2, form.len)));
        assert_false(checkpoint_read(s->c.arena, text, &checkpoint));
    }
}

static void a_submission_reads_as_it_was_written(void **state)
{
    struct scene *s = *state;
    struct submission in = {.old_size = 5, .path = {.count = 3}, .note_bytes = whole(s)};
    struct submission out = {};
    in.path.hashes[2][31] = 7;
    struct str bytes = submission_write(s->c.arena, &in);
    assert_int_equal(submission_read(&s->c, bytes, &out), OK);
    assert_int_equal(out.old_size, 5);
    assert_int_equal(out.path.count, 3);
    assert_memory_equal(out.path.hashes, in.path.hashes, 3 * 32);
    assert_true(str_eq(submission_write(s->c.arena, &out), bytes));
    in.path.count = TREE_PATH_MAX;
    bytes = submission_write(s->c.arena, &in);
    assert_int_equal(submission_read(&s->c, bytes, &out), OK);
    struct str more = str_format(s->c.arena, "old 5\n%.*s%.*s", 45, bytes.ptr + 6,
                                 STR_ARG(str_sub(bytes, 6, bytes.len)));
    assert_int_equal(submission_read(&s->c, more, &out), ERR_SYNTAX);
}

static void a_proof_stands_alone(void **state)
{
    struct scene *s = *state;
    uint8_t leaf[LEAF_BYTES] = {1, 0xab};
    struct checkpoint checkpoint = {.office = OFFICE, .head = {.size = 1}};
    struct note note = {};
    merkle_leaf((struct str){(const char *)leaf, sizeof leaf}, checkpoint.head.root);
    s->text = checkpoint_write(s->c.arena, &checkpoint);
    struct log_proof proof = {.leaf = {(const char *)leaf, sizeof leaf}, .note = whole(s)};
    struct log_proof read = {};
    struct str object = hex_encode(s->c.arena, (struct str){(const char *)leaf + 1, 32});
    struct str bytes = log_proof_write(s->c.arena, &proof);
    assert_true(str_starts(bytes, S("c2sp.org/tlog-proof@v1\nextra ")));
    assert_int_equal(log_proof_read(&s->c, bytes, &read), OK);
    assert_int_equal(log_proof_verify(&s->c, &read, s->key, object, &note), OK);
    assert_int_equal(log_proof_verify(&s->c, &read, s->key, S("00"), &note), ERR_INVALID);
    assert_string_equal(s->c.failure.reason, "proof.object");
    call_clear(&s->c);
    read.index = 1;
    assert_int_equal(log_proof_verify(&s->c, &read, s->key, object, &note), ERR_INVALID);
    assert_string_equal(s->c.failure.reason, "proof.path");
}

/* One proof, frozen: tools/verify.py reads it without any of our code. */
static void the_frozen_proof_is_what_we_write(void **state)
{
    struct scene *s = *state;
    struct arena *arena = s->c.arena;
    uint8_t leaf[3][LEAF_BYTES] = {{1, 0xaa}, {1, 0xbb}, {2, 0xcc}};
    uint8_t hashes[3][32];
    struct log_proof proof = {.leaf = {(const char *)leaf[2], LEAF_BYTES}, .index = 2};
    struct checkpoint checkpoint = {.office = OFFICE, .head = {.size = 3}};
    for (size_t i = 0; i < 3; i++)
        merkle_leaf((struct str){(const char *)leaf[i], LEAF_BYTES}, hashes[i]);
    merkle_root(arena, (const uint8_t(*)[32])hashes, 3, checkpoint.head.root);
    merkle_root(arena, (const uint8_t(*)[32])hashes, 2, proof.path.hashes[0]);
    proof.path.count = 1;
    s->text = checkpoint_write(arena, &checkpoint);
    proof.note = whole(s);
    struct str object = hex_encode(arena, (struct str){(const char *)leaf[2] + 1, 32});
    struct str key = hex_encode(arena, s->key);
    struct note note = {};
    assert_int_equal(log_proof_verify(&s->c, &proof, s->key, object, &note), OK);
    struct str bytes = base64_encode(arena, log_proof_write(arena, &proof));
    struct str line =
        str_format(arena,
                   "{\"purpose\":\"tlog-proof\",\"bytes\":\"%.*s\",\"object\":\"%.*s\","
                   "\"public_key\":\"%.*s\",\"witnesses\":{\"%.*s\":\"%.*s\"}}\n",
                   STR_ARG(bytes), STR_ARG(object), STR_ARG(key), STR_ARG(WITNESS), STR_ARG(key));
    golden_compare(arena, "test/golden/log.jsonl", line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_has_the_id_of_the_standard),
        TEST(a_cosignature_signs_the_message_of_the_standard),
        TEST(a_note_says_who_signed_it),
        TEST(every_bit_of_a_note_counts),
        TEST(a_checkpoint_has_one_form),
        TEST(a_submission_reads_as_it_was_written),
        TEST(a_proof_stands_alone),
        TEST(the_frozen_proof_is_what_we_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
