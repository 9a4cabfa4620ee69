#include "front/tls/seal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <openssl/sha.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scene {
    struct call c;
    struct str office;
    struct str content;
    uint8_t seed[32];
    struct str public_key;
};

static const int64_t NOON_MS = 1795579200000; /* 2026-11-25T04:00:00Z */

static struct str public_of(struct arena *arena, const uint8_t seed[32])
{
    uint8_t public_key[32];
    uint8_t secret[64];
    (void)crypto_sign_seed_keypair(public_key, secret, seed);
    return str_copy(arena, (struct str){(const char *)public_key, 32});
}

static int setup(void **state)
{
    struct arena *arena = arena_open(0);
    struct scene *s = arena_alloc(arena, sizeof *s);
    s->c = (struct call){.arena = arena, .env = env_real(), .now_ms = NOON_MS};
    s->office = S("abcdefghijklmnopqrstuvwxyz");
    s->content = S("<ASiCManifest/>");
    memset(s->seed, 7, sizeof s->seed);
    s->public_key = public_of(arena, s->seed);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    arena_close(s->c.arena);
    return 0;
}

static struct str sealed(struct scene *s)
{
    uint8_t digest[SEAL_DIGEST_BYTES];
    struct str der = {};
    (void)SHA256((const unsigned char *)s->content.ptr, s->content.len, digest);
    seal_make(&s->c, s->office, s->seed, digest, &der);
    return der;
}

static void assert_refused(struct scene *s, struct str der, struct str content, struct str key,
                           const char *reason)
{
    struct seal seal = {};
    enum err e = seal_check(&s->c, der, content, key, &seal);
    assert_int_equal(e, ERR_INVALID);
    assert_string_equal(s->c.failure.reason, reason);
    call_clear(&s->c);
}

static void a_seal_holds_for_its_content_and_tells_office_and_time(void **state)
{
    struct scene *s = *state;
    struct seal seal = {};
    enum err e = seal_check(&s->c, sealed(s), s->content, s->public_key, &seal);
    assert_int_equal(e, OK);
    assert_true(str_eq(seal.office, s->office));
    assert_int_equal(seal.time_ms, NOON_MS);
}

static void a_seal_does_not_hold_for_other_content(void **state)
{
    struct scene *s = *state;
    assert_refused(s, sealed(s), S("<ASiCManifest />"), s->public_key, "seal.broken");
    assert_refused(s, sealed(s), (struct str){}, s->public_key, "seal.broken");
}

static void a_seal_of_another_office_is_refused(void **state)
{
    struct scene *s = *state;
    uint8_t other[32];
    memset(other, 9, sizeof other);
    assert_refused(s, sealed(s), s->content, public_of(s->c.arena, other), "seal.key");
}

/* Bits outside the signatures change nothing that is believed; wherever else one flips, the seal
 * is refused or still says the same. */
static void no_flipped_bit_changes_what_a_seal_says(void **state)
{
    struct scene *s = *state;
    struct str der = sealed(s);
    int refused = 0;
    for (size_t i = 0; i < der.len; i++) {
        struct call c = s->c;
        c.arena = arena_open(0);
        char *copy = arena_copy(c.arena, der.ptr, der.len);
        copy[i] = (char)(copy[i] ^ 0x10);
        struct seal seal = {};
        enum err e = seal_check(&c, (struct str){copy, der.len}, s->content, s->public_key, &seal);
        if (e == OK) {
            assert_true(str_eq(seal.office, s->office));
            assert_int_equal(seal.time_ms, NOON_MS);
        } else {
            refused++;
        }
        arena_close(c.arena);
    }
    assert_in_range((size_t)refused, der.len * 9 / 10, der.len);
}

static void what_is_no_seal_is_refused(void **state)
{
    struct scene *s = *state;
    struct str der = sealed(s);
    assert_refused(s, S(""), s->content, s->public_key, "seal.form");
    assert_refused(s, S("0\x03\x02\x01\x05"), s->content, s->public_key, "seal.form");
    assert_refused(s, str_sub(der, 0, der.len - 1), s->content, s->public_key, "seal.form");
    char *longer = arena_alloc(s->c.arena, der.len + 1);
    memcpy(longer, der.ptr, der.len);
    assert_refused(s, (struct str){longer, der.len + 1}, s->content, s->public_key, "seal.form");
}

static void one_office_key_always_gives_the_same_root(void **state)
{
    struct scene *s = *state;
    struct str first = seal_root_of(&s->c, sealed(s));
    s->c.now_ms += 86400000;
    struct str second = seal_root_of(&s->c, sealed(s));
    assert_true(str_starts(first, S("-----BEGIN CERTIFICATE-----\n")));
    assert_true(str_eq(first, second));
}

static void write_file(const char *path, struct str bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static void openssl_accepts_the_seal_under_the_office_root(void **state)
{
    struct scene *s = *state;
    struct str der = sealed(s);
    char dir[] = "/tmp/seal-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    write_file("seal.p7s", der);
    write_file("content", s->content);
    write_file("root.pem", seal_root_of(&s->c, der));
    int good = system("openssl cms -verify -cades -binary -inform DER -in seal.p7s"
                      " -content content -CAfile root.pem -out out 2>log && cmp -s content out");
    write_file("content", S("<other/>"));
    int bad = system("openssl cms -verify -cades -binary -inform DER -in seal.p7s"
                     " -content content -CAfile root.pem -out out 2>log");
    int gone = system("rm -f seal.p7s content root.pem out log");
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(good, 0);
    assert_int_not_equal(bad, 0);
    assert_int_equal(gone, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seal_holds_for_its_content_and_tells_office_and_time),
        cmocka_unit_test(a_seal_does_not_hold_for_other_content),
        cmocka_unit_test(a_seal_of_another_office_is_refused),
        cmocka_unit_test(no_flipped_bit_changes_what_a_seal_says),
        cmocka_unit_test(what_is_no_seal_is_refused),
        cmocka_unit_test(one_office_key_always_gives_the_same_root),
        cmocka_unit_test(openssl_accepts_the_seal_under_the_office_root),
    };
    return cmocka_run_group_tests_name("seal", tests, setup, teardown);
}
