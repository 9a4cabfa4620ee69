#include "main/keeper.h"

#include "core/office.h"
#include "exchange/checkpoint.h"
#include "front/tls/cert.h"
#include "front/tls/seal.h"
#include "main/keeper_client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "main/fdpass.h"

struct scene {
    struct call c;
    struct keeper keeper;
    struct str public_key;
    uint8_t request[KEEPER_FRAME_BYTES + 64];
    uint8_t answer[KEEPER_FRAME_BYTES];
};

static int setup(void **state)
{
    struct arena *arena = arena_open(0);
    struct scene *s = arena_alloc(arena, sizeof *s);
    uint8_t seed[32] = {1, 2, 3};
    uint8_t public_key[32];
    s->c = call_begin(env_real(), NULL, NULL);
    arena_close(s->c.arena);
    s->c.arena = arena;
    s->keeper = (struct keeper){.env = env_real(), .office = S("abcdefghijklmnopqrstuvwxyz")};
    (void)crypto_sign_seed_keypair(public_key, s->keeper.secret, seed);
    s->public_key = str_copy(arena, (struct str){(const char *)public_key, 32});
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    arena_close(s->c.arena);
    return 0;
}

/* Puts a head and `bytes` more into the request and says what operation the answer names. */
static int answered(struct scene *s, struct keeper_head head, size_t bytes)
{
    memcpy(s->request, &head, sizeof head);
    size_t len = keeper_answer(&s->keeper, s->request, sizeof head + bytes, s->answer);
    assert_true(len >= sizeof head);
    memcpy(&head, s->answer, sizeof head);
    assert_int_equal(head.magic, KEEPER_MAGIC);
    return head.op;
}

static struct keeper_head head_of(enum keeper_op op, uint8_t purpose, size_t count)
{
    return (struct keeper_head){KEEPER_MAGIC, (uint8_t)op, purpose, (uint16_t)count};
}

static void it_signs_under_a_known_purpose(void **state)
{
    struct scene *s = *state;
    uint8_t purpose = keeper_purpose(PURPOSE_RECEIPT);
    memset(s->request + sizeof(struct keeper_head), 5, 64);
    assert_int_equal(answered(s, head_of(KEEPER_SIGN, purpose, 2), 64), KEEPER_SIGN);
    uint8_t hash[32];
    memset(hash, 5, sizeof hash);
    struct str signature = {(const char *)s->answer + sizeof(struct keeper_head) + 64, 64};
    assert_true(office_verify(s->public_key, PURPOSE_RECEIPT, hash, signature));
    assert_false(office_verify(s->public_key, PURPOSE_VERSION, hash, signature));
}

/* Puts a text into the request and says whether it was signed. */
static bool note_signed_for(struct scene *s, struct str text)
{
    memcpy(s->request + sizeof(struct keeper_head), text.ptr, text.len);
    return answered(s, head_of(KEEPER_NOTE, 0, text.len), text.len) == KEEPER_NOTE;
}

static struct str log_text(struct scene *s, struct str office, int64_t size, uint8_t first)
{
    struct checkpoint checkpoint = {.office = office, .head = {.size = size, .root = {first}}};
    return checkpoint_write(s->c.arena, &checkpoint);
}

static void it_signs_the_checkpoint_of_its_own_log_as_it_is(void **state)
{
    struct scene *s = *state;
    struct str text = log_text(s, s->keeper.office, 7, 1);
    assert_true(note_signed_for(s, text));
    const uint8_t *signature = s->answer + sizeof(struct keeper_head);
    assert_int_equal(crypto_sign_verify_detached(signature, (const uint8_t *)text.ptr, text.len,
                                                 (const uint8_t *)s->public_key.ptr), 0);
}

static void it_never_signs_two_heads_that_disagree(void **state)
{
    struct scene *s = *state;
    struct str office = s->keeper.office;
    assert_true(note_signed_for(s, log_text(s, office, 7, 1)));
    assert_true(note_signed_for(s, log_text(s, office, 7, 1)));
    assert_false(note_signed_for(s, log_text(s, office, 7, 2)));
    assert_false(note_signed_for(s, log_text(s, office, 6, 1)));
    assert_true(note_signed_for(s, log_text(s, office, 8, 3)));
}

static void it_cosigns_the_logs_of_others_only(void **state)
{
    struct scene *s = *state;
    struct str other = log_text(s, S("zyxwvutsrqponmlkjihgfedcba"), 9, 1);
    struct str own = log_text(s, s->keeper.office, 9, 1);
    assert_true(note_signed_for(s, cosignature_write(s->c.arena, 1700000000, other)));
    assert_false(note_signed_for(s, cosignature_write(s->c.arena, 1700000000, own)));
    assert_false(note_signed_for(s, other));
}

static void it_signs_no_other_text(void **state)
{
    struct scene *s = *state;
    struct str own = log_text(s, s->keeper.office, 9, 1);
    struct str statement = {"phoihop-version-v1\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 51};
    assert_false(note_signed_for(s, statement));
    assert_false(note_signed_for(s, S("x")));
    assert_false(note_signed_for(s, str_format(s->c.arena, "%.*sone more\n", STR_ARG(own))));
    assert_false(note_signed_for(s, str_sub(own, 0, own.len - 1)));
    assert_false(note_signed_for(s, str_sub(own, 1, own.len)));
    assert_int_equal(answered(s, head_of(KEEPER_NOTE, 1, own.len), own.len), KEEPER_REFUSED);
    assert_int_equal(answered(s, head_of(KEEPER_NOTE, 0, own.len), own.len - 1), KEEPER_REFUSED);
    assert_int_equal(answered(s, head_of(KEEPER_NOTE, 0, 513), 513), KEEPER_REFUSED);
}

/* How many purposes there are, with the empty one. */
static uint8_t purposes(void)
{
    uint8_t count = 0;
    while (KEEPER_PURPOSES[count] != NULL)
        count++;
    return count;
}

static void it_refuses_malformed_requests(void **state)
{
    struct scene *s = *state;
    const struct {
        struct keeper_head head;
        size_t bytes;
    } BAD[] = {
        {{0, KEEPER_SIGN, 1, 1}, 32},           /* another magic */
        {head_of(KEEPER_REFUSED, 1, 1), 32},    /* an answer */
        {head_of((enum keeper_op)9, 1, 1), 32}, /* no such operation */
        {head_of(KEEPER_SIGN, 0, 1), 32},       /* no purpose */
        {head_of(KEEPER_SIGN, purposes(), 1), 32}, /* a purpose beyond the last */
        {head_of(KEEPER_SIGN, 255, 1), 32},
        {head_of(KEEPER_SIGN, 1, 0), 0},  /* nothing to sign */
        {head_of(KEEPER_SIGN, 1, 1), 31}, /* too short, too long */
        {head_of(KEEPER_SIGN, 1, 1), 33},
        {head_of(KEEPER_SIGN, 1, 257), 257 * 32}, /* too many */
        {head_of(KEEPER_CERTIFY, 0, 0), 8},       /* no key */
        {head_of(KEEPER_CERTIFY, 0, 91), 90},
        {head_of(KEEPER_CERTIFY, 0, 91), 99}, /* a key of zeros */
        {head_of(KEEPER_CERTIFY, 1, 91), 99},
        {head_of(KEEPER_SEAL, 0, 1), 31}, /* no digest */
        {head_of(KEEPER_SEAL, 0, 2), 64},
        {head_of(KEEPER_SEAL, 1, 1), 32},
    };
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        assert_int_equal(answered(s, BAD[i].head, BAD[i].bytes), KEEPER_REFUSED);
    }
    size_t len = keeper_answer(&s->keeper, s->request, 0, s->answer);
    assert_int_equal(len, sizeof(struct keeper_head));
}

static void it_vouches_for_a_key_for_thirty_days_at_most(void **state)
{
    struct scene *s = *state;
    struct str key = cert_key_public(s->c.arena, cert_key_new(s->c.arena));
    int64_t month_ms = (int64_t)CERT_DAYS * 24 * 3600 * 1000;
    int64_t not_after_ms = s->c.now_ms + month_ms + 3600 * 1000;
    uint8_t *payload = s->request + sizeof(struct keeper_head);
    memcpy(payload, &not_after_ms, sizeof not_after_ms);
    memcpy(payload + sizeof not_after_ms, key.ptr, key.len);
    struct keeper_head head = head_of(KEEPER_CERTIFY, 0, key.len);
    assert_int_equal(answered(s, head, sizeof not_after_ms + key.len), KEEPER_REFUSED);
    not_after_ms = s->c.now_ms + month_ms - 1000;
    memcpy(payload, &not_after_ms, sizeof not_after_ms);
    assert_int_equal(answered(s, head, sizeof not_after_ms + key.len), KEEPER_CERTIFY);
}

static void it_seals_a_digest(void **state)
{
    struct scene *s = *state;
    struct str content = S("what is handed out");
    uint8_t *digest = s->request + sizeof(struct keeper_head);
    crypto_hash_sha256(digest, (const uint8_t *)content.ptr, content.len);
    assert_int_equal(answered(s, head_of(KEEPER_SEAL, 0, 1), SEAL_DIGEST_BYTES), KEEPER_SEAL);
    struct keeper_head head = {};
    memcpy(&head, s->answer, sizeof head);
    struct str der = {(const char *)s->answer + sizeof head, head.count};
    struct seal seal = {};
    enum err e = seal_check(&s->c, der, content, s->public_key, &seal);
    assert_int_equal(e, OK);
    assert_true(str_eq(seal.office, s->keeper.office));
}

/* A keeper on a thread, which ends after so many answers. */
struct served {
    struct keeper *keeper;
    int fd;
    int answers;
};

static void *keeper_thread(void *arg)
{
    const struct served *served = arg;
    uint8_t request[KEEPER_FRAME_BYTES];
    uint8_t answer[KEEPER_FRAME_BYTES];
    for (int i = 0; i <= served->answers; i++) {
        ssize_t n = read(served->fd, request, sizeof request);
        if (n <= 0 || i == served->answers) break;
        size_t len = keeper_answer(served->keeper, request, (size_t)n, answer);
        if (write(served->fd, answer, len) != (ssize_t)len) break;
    }
    (void)close(served->fd);
    return NULL;
}

static void a_request_survives_the_end_of_the_keeper(void **state)
{
    struct scene *s = *state;
    int link[2];
    int first[2];
    int second[2];
    assert_true(fdpass_pair(link) && fdpass_pair(first) && fdpass_pair(second));
    assert_true(fdpass_send(link[1], S("k"), &first[1], 1));
    assert_true(fdpass_send(link[1], S("k"), &second[1], 1));
    (void)close(first[1]);
    (void)close(second[1]);
    struct served served[] = {{&s->keeper, first[0], 0}, {&s->keeper, second[0], 2}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keeper_thread, &served[i]), 0);
    struct keeper_client client = {};
    keeper_client_init(&client, link[0]);
    uint8_t hashes[KEEPER_HASHES_MAX + 1][32] = {};
    uint8_t(*signatures)[64] = arena_array(s->c.arena, ARRAY_LEN(hashes), sizeof *signatures);
    const uint8_t(*constant)[32] = (const uint8_t(*)[32])hashes;
    enum err e = keeper_client_sign(&client, &s->c, PURPOSE_VERSION, constant, ARRAY_LEN(hashes),
                                    signatures);
    assert_int_equal(e, OK);
    struct str last = {(const char *)signatures[KEEPER_HASHES_MAX], 64};
    assert_true(office_verify(s->public_key, PURPOSE_VERSION, hashes[0], last));
    (void)close(client.fd);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)close(link[0]);
    (void)close(link[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_signs_under_a_known_purpose),
        TEST(it_signs_the_checkpoint_of_its_own_log_as_it_is),
        TEST(it_never_signs_two_heads_that_disagree),
        TEST(it_cosigns_the_logs_of_others_only),
        TEST(it_signs_no_other_text),
        TEST(it_refuses_malformed_requests),
        TEST(it_vouches_for_a_key_for_thirty_days_at_most),
        TEST(it_seals_a_digest),
        TEST(a_request_survives_the_end_of_the_keeper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
