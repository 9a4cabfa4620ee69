#include "front/tls/cert.h"

#include "base/time.h"
#include "core/invite.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

struct scene {
    struct call c;
    struct str office;
    uint8_t seed[32];
    struct str public_key;
    struct str tls_key;
    struct cert_order order;
};

static const int64_t NOON_MS = 1764043200000; /* 2025-11-25T04:00:00Z */

static int setup(void **state)
{
    struct arena *arena = arena_open(0);
    struct scene *s = arena_alloc(arena, sizeof *s);
    s->c = (struct call){.arena = arena, .env = env_real(), .now_ms = NOON_MS};
    s->office = S("abcdefghijklmnopqrstuvwxyz");
    uint8_t public_key[32];
    uint8_t secret[64];
    memset(s->seed, 7, sizeof s->seed);
    (void)crypto_sign_seed_keypair(public_key, secret, s->seed);
    s->public_key = str_copy(arena, (struct str){(const char *)public_key, 32});
    s->tls_key = cert_key_public(arena, cert_key_new(arena));
    s->order = (struct cert_order){.office = s->office,
                                   .key = s->tls_key,
                                   .not_before_ms = NOON_MS,
                                   .not_after_ms = NOON_MS + 30 * TIME_DAY_MS};
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    arena_close(s->c.arena);
    return 0;
}

static struct str issued(struct scene *s)
{
    struct str der = {};
    enum err e = cert_issue(&s->c, &s->order, s->seed, &der);
    assert_int_equal(e, OK);
    return der;
}

static void assert_refused(struct scene *s, struct str der, const char *reason)
{
    enum err e = cert_verify(&s->c, der, s->office, s->public_key);
    assert_int_equal(e, ERR_DENIED);
    assert_string_equal(s->c.failure.reason, reason);
}

static void the_office_key_vouches_for_its_certificate(void **state)
{
    struct scene *s = *state;
    struct str der = issued(s);
    enum err e = cert_verify(&s->c, der, s->office, s->public_key);
    assert_int_equal(e, OK);
    assert_true(str_eq(cert_office(&s->c, der), s->office));
}

static void another_key_does_not_vouch(void **state)
{
    struct scene *s = *state;
    memset(s->seed, 8, sizeof s->seed);
    assert_refused(s, issued(s), "cert.signature");
}

static void another_office_is_refused(void **state)
{
    struct scene *s = *state;
    s->order.office = S("bbcdefghijklmnopqrstuvwxyz");
    assert_refused(s, issued(s), "cert.office");
}

static void a_certificate_ends_after_thirty_days(void **state)
{
    struct scene *s = *state;
    struct str der = issued(s);
    s->c.now_ms = NOON_MS + 31 * TIME_DAY_MS;
    assert_refused(s, der, "cert.time");
}

static void a_certificate_does_not_begin_early(void **state)
{
    struct scene *s = *state;
    struct str der = issued(s);
    s->c.now_ms = NOON_MS - TIME_DAY_MS;
    assert_refused(s, der, "cert.time");
}

static void a_changed_byte_anywhere_is_noticed(void **state)
{
    struct scene *s = *state;
    struct str der = issued(s);
    for (size_t i = 0; i < der.len; i++) {
        char *changed = arena_copy(s->c.arena, der.ptr, der.len);
        changed[i] ^= 1;
        enum err e = cert_verify(&s->c, (struct str){changed, der.len}, s->office, s->public_key);
        assert_int_equal(e, ERR_DENIED);
        call_clear(&s->c);
    }
}

static void the_statements_of_the_key_go_with_it_and_are_signed(void **state)
{
    struct scene *s = *state;
    struct str none = issued(s);
    assert_int_equal(cert_chain(&s->c, none).len, 0);
    s->order.chain = S("phoihop\x01K and what follows");
    struct str der = issued(s);
    assert_true(str_eq(cert_chain(&s->c, der), s->order.chain));
    assert_int_equal(cert_verify(&s->c, der, s->office, s->public_key), OK);
    a_changed_byte_anywhere_is_noticed(state);
}

static void more_statements_than_fit_are_not_issued(void **state)
{
    struct scene *s = *state;
    struct str der = {};
    char *chain = arena_alloc(s->c.arena, CERT_CHAIN_BYTES_MAX + 1);
    s->order.chain = (struct str){chain, CERT_CHAIN_BYTES_MAX};
    assert_true(str_eq(cert_chain(&s->c, issued(s)), s->order.chain));
    s->order.chain.len++;
    assert_int_equal(cert_issue(&s->c, &s->order, s->seed, &der), ERR_INVALID);
    assert_string_equal(s->c.failure.reason, "cert.form");
}

static void who_has_the_fingerprint_of_the_key_knows_the_office(void **state)
{
    struct scene *s = *state;
    struct str office = {};
    struct str der = issued(s);
    struct str fingerprint = invite_fingerprint(s->c.arena, s->public_key);
    assert_int_equal(cert_meet(&s->c, der, fingerprint, &office), OK);
    assert_true(str_eq(office, s->office));
    char *other = arena_copy(s->c.arena, fingerprint.ptr, fingerprint.len);
    other[15] = other[15] == 'a' ? 'b' : 'a';
    struct str wrong = {other, fingerprint.len};
    assert_int_equal(cert_meet(&s->c, der, wrong, &office), ERR_DENIED);
    assert_string_equal(s->c.failure.reason, "cert.fingerprint");
    call_clear(&s->c);
    assert_int_equal(cert_meet(&s->c, der, (struct str){}, &office), ERR_DENIED);
}

/* Somebody shows another office's public key in a certificate of his own making. */
static void the_key_shown_must_have_signed(void **state)
{
    struct scene *s = *state;
    struct str office = {};
    struct str theirs = issued(s);
    memset(s->seed, 8, sizeof s->seed);
    struct str own = issued(s);
    size_t from = str_find(theirs, s->public_key, 0);
    size_t to = own.len;
    for (size_t i = 0; i + 32 <= own.len && to == own.len; i++) {
        uint8_t key[32];
        uint8_t secret[64];
        (void)crypto_sign_seed_keypair(key, secret, s->seed);
        if (memcmp(own.ptr + i, key, sizeof key) == 0) to = i;
    }
    assert_true(from < theirs.len && to < own.len);
    char *forged = arena_copy(s->c.arena, own.ptr, own.len);
    memcpy(forged + to, s->public_key.ptr, s->public_key.len);
    struct str fingerprint = invite_fingerprint(s->c.arena, s->public_key);
    enum err e = cert_meet(&s->c, (struct str){forged, own.len}, fingerprint, &office);
    assert_int_equal(e, ERR_DENIED);
    assert_string_equal(s->c.failure.reason, "cert.signature");
}

static void rubbish_shows_no_statements(void **state)
{
    struct scene *s = *state;
    s->order.chain = S("phoihop\x01K");
    struct str der = issued(s);
    for (size_t len = 0; len < der.len; len++)
        assert_int_equal(cert_chain(&s->c, str_sub(der, 0, len)).len, 0);
}

static void rubbish_is_refused(void **state)
{
    struct scene *s = *state;
    struct str der = issued(s);
    static const struct str NOTHING = {};
    assert_refused(s, NOTHING, "cert.form");
    call_clear(&s->c);
    assert_refused(s, str_sub(der, 0, der.len - 1), "cert.form");
    call_clear(&s->c);
    assert_refused(s, str_format(s->c.arena, "%.*s!", STR_ARG(der)), "cert.form");
}

static void longer_lives_are_not_issued(void **state)
{
    struct scene *s = *state;
    struct str der = {};
    s->order.not_after_ms += 1;
    enum err e = cert_issue(&s->c, &s->order, s->seed, &der);
    assert_int_equal(e, ERR_INVALID);
    assert_string_equal(s->c.failure.reason, "cert.time");
}

static void other_kinds_of_keys_are_not_vouched_for(void **state)
{
    struct scene *s = *state;
    EVP_PKEY *rsa = EVP_RSA_gen(1024);
    unsigned char *der_key = NULL;
    int len = i2d_PUBKEY(rsa, &der_key);
    assert_true(len > 0);
    s->order.key = str_copy(s->c.arena, (struct str){(const char *)der_key, (size_t)len});
    OPENSSL_free(der_key);
    EVP_PKEY_free(rsa);
    struct str der = {};
    enum err e = cert_issue(&s->c, &s->order, s->seed, &der);
    assert_int_equal(e, ERR_INVALID);
    assert_string_equal(s->c.failure.reason, "cert.key");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_office_key_vouches_for_its_certificate),
        TEST(another_key_does_not_vouch),
        TEST(another_office_is_refused),
        TEST(a_certificate_ends_after_thirty_days),
        TEST(a_certificate_does_not_begin_early),
        TEST(a_changed_byte_anywhere_is_noticed),
        TEST(the_statements_of_the_key_go_with_it_and_are_signed),
        TEST(more_statements_than_fit_are_not_issued),
        TEST(who_has_the_fingerprint_of_the_key_knows_the_office),
        TEST(the_key_shown_must_have_signed),
        TEST(rubbish_shows_no_statements),
        TEST(rubbish_is_refused),
        TEST(longer_lives_are_not_issued),
        TEST(other_kinds_of_keys_are_not_vouched_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
