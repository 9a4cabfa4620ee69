#include "exchange/stamp.h"

#include "exchange/feed.h"
#include "exchange/log_sql.h"
#include "exchange/log.h"

#include <openssl/pem.h>
#include <openssl/ts.h>
#include <sodium.h>
#include <string.h>

enum { DAY_S = 24 * 60 * 60, MS_A_SECOND = 1000, CERTIFICATES_MAX = 16 };

/* Handles of the library go with the call. */
static void query_free(void *arg)
{
    TS_REQ_free(arg);
}

static void answer_free(void *arg)
{
    TS_RESP_free(arg);
}

static void verify_free(void *arg)
{
    TS_VERIFY_CTX_free(arg);
}

static void bio_free(void *arg)
{
    (void)BIO_free(arg);
}

static void text_hash(struct str text, uint8_t ret_hash[crypto_hash_sha256_BYTES])
{
    crypto_hash_sha256(ret_hash, (const uint8_t *)text.ptr, text.len);
}

/* The library copies what it is given here, so the parts are freed at once. */
static bool query_imprint(TS_REQ *query, uint8_t hash[crypto_hash_sha256_BYTES])
{
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    bool made = imprint != NULL && algorithm != NULL &&
                X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
                TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
                TS_MSG_IMPRINT_set_msg(imprint, hash, crypto_hash_sha256_BYTES) == 1 &&
                TS_REQ_set_msg_imprint(query, imprint) == 1;
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    return made;
}

static ASN1_INTEGER *nonce_number(const uint8_t nonce[STAMP_NONCE_BYTES])
{
    BIGNUM *number = BN_bin2bn(nonce, STAMP_NONCE_BYTES, NULL);
    ASN1_INTEGER *made = number == NULL ? NULL : BN_to_ASN1_INTEGER(number, NULL);
    BN_free(number);
    return made;
}

static bool query_nonce(TS_REQ *query, const uint8_t nonce[STAMP_NONCE_BYTES])
{
    ASN1_INTEGER *number = nonce_number(nonce);
    bool made = number != NULL && TS_REQ_set_nonce(query, number) == 1;
    ASN1_INTEGER_free(number);
    return made;
}

static struct str query_make(struct call *c, struct str text, const uint8_t *nonce)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    unsigned char *der = NULL;
    TS_REQ *query = TS_REQ_new();
    ensure(query != NULL);
    arena_defer(c->arena, query_free, query);
    text_hash(text, hash);
    bool made = TS_REQ_set_version(query, 1) == 1 && query_imprint(query, hash) &&
                query_nonce(query, nonce) && TS_REQ_set_cert_req(query, 1) == 1;
    ensure(made);
    int len = i2d_TS_REQ(query, &der);
    ensure(len > 0);
    struct str bytes = str_copy(c->arena, (struct str){(const char *)der, (size_t)len});
    OPENSSL_free(der);
    return bytes;
}

/* Those who vouch for the authority. NULL when the text holds none. */
static X509_STORE *store_make(struct call *c, struct str pem)
{
    X509_STORE *store = X509_STORE_new();
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    int count = 0;
    if (bio != NULL) arena_defer(c->arena, bio_free, bio);
    while (store != NULL && bio != NULL && count < CERTIFICATES_MAX) {
        X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (cert == NULL) break;
        if (X509_STORE_add_cert(store, cert) == 1) count++;
        X509_free(cert);
    }
    if (count > 0) return store;
    X509_STORE_free(store);
    return NULL;
}

static bool nonce_same(const TS_TST_INFO *info, const uint8_t *nonce)
{
    if (nonce == NULL) return true;
    ASN1_INTEGER *number = nonce_number(nonce);
    const ASN1_INTEGER *told = TS_TST_INFO_get_nonce(info);
    bool same = number != NULL && told != NULL && ASN1_INTEGER_cmp(number, told) == 0;
    ASN1_INTEGER_free(number);
    return same;
}

static bool time_read(const TS_TST_INFO *info, int64_t *ret_time_ms)
{
    int days = 0;
    int seconds = 0;
    ASN1_TIME *start = ASN1_TIME_set(NULL, 0);
    bool read = start != NULL && ASN1_TIME_diff(&days, &seconds, start,
                                                TS_TST_INFO_get_time(info)) == 1;
    ASN1_TIME_free(start);
    if (read) *ret_time_ms = ((int64_t)days * DAY_S + seconds) * MS_A_SECOND;
    return read;
}

bool stamp_holds(struct call *c, const struct stamp_authority *authority, struct str text,
                 const uint8_t *nonce, struct str answer, int64_t *ret_time_ms)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    const unsigned char *at = (const unsigned char *)answer.ptr;
    if (answer.len > STAMP_ANSWER_BYTES_MAX) return false;
    TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)answer.len);
    if (response == NULL) return false;
    arena_defer(c->arena, answer_free, response);
    TS_VERIFY_CTX *verify = TS_VERIFY_CTX_new();
    ensure(verify != NULL);
    arena_defer(c->arena, verify_free, verify); /* with all that is set below */
    X509_STORE *store = store_make(c, authority->certificates);
    if (store == NULL) return false;
    text_hash(text, hash);
    (void)TS_VERIFY_CTX_set_store(verify, store);
    (void)TS_VERIFY_CTX_set_imprint(verify, OPENSSL_memdup(hash, sizeof hash), sizeof hash);
    (void)TS_VERIFY_CTX_set_flags(verify, TS_VFY_SIGNATURE | TS_VFY_VERSION | TS_VFY_IMPRINT);
    const TS_TST_INFO *info = TS_RESP_get_tst_info(response);
    return TS_RESP_verify_response(verify, response) == 1 && info != NULL &&
           nonce_same(info, nonce) && time_read(info, ret_time_ms);
}

/* ---- when, and what ---- */

struct stamping {
    struct stamp *stamp;
    struct log_head head;
    bool due;
    struct str answer;
    int64_t time_ms;
};

static enum err due_read(struct call *c, void *arg)
{
    struct stamping *s = arg;
    int64_t size = 0;
    int64_t received_ms = 0;
    enum err e = log_newest(c, &s->head);
    if (e == OK) e = log_stamp_newest(c, &size, &received_ms);
    s->due = s->head.head.size > size &&
             (size == 0 || c->now_ms >= received_ms + STAMP_EVERY_MS || c->now_ms < received_ms);
    return e;
}

enum err stamp_next(struct call *c, struct stamp *stamp, struct str *ret_query)
{
    struct stamping s = {};
    *ret_query = (struct str){};
    if (c->now_ms < stamp->wake_ms) return OK;
    enum err e = store_read(c, due_read, &s);
    if (e != OK) return e;
    stamp->wake_ms = c->now_ms + LOG_SIGN_EVERY_MS;
    if (!s.due) return OK;
    stamp->size = s.head.head.size;
    c->env->random(c->env->self, stamp->nonce, sizeof stamp->nonce);
    stamp->nonce[0] = (uint8_t)((stamp->nonce[0] & 0x3f) | 0x40); /* positive and of full length */
    *ret_query = query_make(c, s.head.text, stamp->nonce);
    return OK;
}

static enum err keep(struct call *c, void *arg)
{
    const struct stamping *s = arg;
    return log_stamp_insert(c, s->stamp->size, s->answer, s->time_ms);
}

static enum err head_read(struct call *c, void *arg)
{
    struct stamping *s = arg;
    return log_head_of(c, s->stamp->size, &s->head);
}

enum err stamp_answer(struct call *c, struct stamp *stamp, const struct stamp_authority *authority,
                      struct str answer)
{
    struct stamping s = {.stamp = stamp, .answer = answer};
    ensure(stamp->size > 0);
    enum err e = store_read(c, head_read, &s);
    if (e != OK) return e;
    if (!stamp_holds(c, authority, s.head.text, stamp->nonce, answer, &s.time_ms)) {
        return fail(c, ERR_PEER, "stamp.answer");
    }
    e = store_tx(c, keep, &s);
    if (e == OK) stamp->failures = 0;
    return e;
}

void stamp_fail(struct call *c, struct stamp *stamp)
{
    stamp->failures++;
    stamp->wake_ms = c->now_ms + LOG_SIGN_EVERY_MS + feed_backoff_ms(c, stamp->failures);
}
