#include "front/tls/seal.h"

#include "base/id.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sodium.h>
#include <string.h>

enum { SCALAR_BYTES = 32, POINT_BYTES = 65, KEY_BYTES = 32, FORM_DAYS_MAX = 10000 * 366 };

/* The certificates say nothing about time: the office's key in the directory does. */
static const char VALID_FROM[] = "20200101000000Z";
static const char VALID_TO[] = "99991231235959Z"; /* RFC 5280 4.1.2.5: no end */

static void key_free(void *arg)
{
    EVP_PKEY_free(arg);
}

static void x509_free(void *arg)
{
    X509_free(arg);
}

static void cms_free(void *arg)
{
    CMS_ContentInfo_free(arg);
}

static void bio_free(void *arg)
{
    (void)BIO_free(arg);
}

/* The scalar at the first counter that gives one in range; the chance of a second is 2^-32. */
static BIGNUM *scalar_derive(const EC_GROUP *group, const uint8_t seed[32])
{
    static const char LABEL[] = "phoihop-seal-v1";
    uint8_t text[sizeof LABEL]; /* the label and, in place of its zero byte, the counter */
    uint8_t scalar[SCALAR_BYTES];
    BIGNUM *number = BN_secure_new();
    ensure(number != NULL);
    memcpy(text, LABEL, sizeof LABEL);
    static_assert(sizeof scalar == crypto_auth_hmacsha256_BYTES);
    for (int counter = 0; counter < UINT8_MAX; counter++) {
        text[sizeof LABEL - 1] = (uint8_t)counter;
        crypto_auth_hmacsha256(scalar, text, sizeof text, seed);
        ensure(BN_bin2bn(scalar, sizeof scalar, number) != NULL);
        if (!BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(group)) < 0) break;
    }
    sodium_memzero(scalar, sizeof scalar);
    return number;
}

static EVP_PKEY *key_build(const BIGNUM *scalar, const uint8_t point[POINT_BYTES])
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    ensure(build != NULL && context != NULL);
    bool put =
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_BYTES) == 1;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    bool made = put && params != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
                EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) == 1;
    ensure(made);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *seal_key(struct call *c, const uint8_t seed[32])
{
    uint8_t bytes[POINT_BYTES];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    ensure(group != NULL);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *scalar = scalar_derive(group, seed);
    ensure(point != NULL);
    bool known = EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
                 EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes,
                                    sizeof bytes, NULL) == sizeof bytes;
    ensure(known);
    EVP_PKEY *key = key_build(scalar, bytes);
    arena_defer(c->arena, key_free, key);
    BN_clear_free(scalar);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return key;
}

/* One certificate of the two: its holder, and what its key may do. */
struct cert_form {
    EVP_PKEY *key;
    uint8_t serial;
    const char *constraints;
    const char *usage;
};

static bool extension_add(X509 *x509, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool added = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool name_set(X509_NAME *name, struct str office)
{
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                                      (const unsigned char *)office.ptr, (int)office.len, -1,
                                      0) == 1;
}

static X509 *cert_write(struct call *c, struct str office, const struct cert_form *form,
                        EVP_PKEY *office_key)
{
    X509 *x509 = X509_new();
    ensure(x509 != NULL);
    arena_defer(c->arena, x509_free, x509);
    bool filled = X509_set_version(x509, X509_VERSION_3) == 1 &&
                  ASN1_INTEGER_set(X509_get_serialNumber(x509), form->serial) == 1 &&
                  name_set(X509_get_subject_name(x509), office) &&
                  name_set(X509_get_issuer_name(x509), office) &&
                  ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), VALID_FROM) == 1 &&
                  ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), VALID_TO) == 1 &&
                  X509_set_pubkey(x509, form->key) == 1 &&
                  extension_add(x509, NID_basic_constraints, form->constraints) &&
                  extension_add(x509, NID_key_usage, form->usage) &&
                  X509_sign(x509, office_key, NULL) > 0;
    ensure(filled);
    return x509;
}

/* The attributes that CMS asks for, around a digest whose content is elsewhere. */
static bool attributes_add(CMS_SignerInfo *signer, const uint8_t digest[SEAL_DIGEST_BYTES],
                           int64_t now_ms)
{
    ASN1_TIME *time = ASN1_TIME_adj(NULL, (time_t)(now_ms / 1000), 0, 0);
    bool added = time != NULL &&
                 CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_contentType, V_ASN1_OBJECT,
                                             OBJ_nid2obj(NID_pkcs7_data), -1) == 1 &&
                 CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING,
                                             digest, SEAL_DIGEST_BYTES) == 1 &&
                 CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, ASN1_STRING_type(time),
                                             time, -1) == 1;
    ASN1_TIME_free(time);
    return added;
}

void seal_make(struct call *c, struct str office, const uint8_t seed[32],
               const uint8_t digest[SEAL_DIGEST_BYTES], struct str *ret_der)
{
    ensure(id_is_office(office));
    EVP_PKEY *office_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    ensure(office_key != NULL);
    arena_defer(c->arena, key_free, office_key);
    EVP_PKEY *key = seal_key(c, seed);
    const struct cert_form root = {office_key, 1, "critical,CA:TRUE,pathlen:0",
                                   "critical,keyCertSign"};
    const struct cert_form own = {key, 2, "critical,CA:FALSE",
                                  "critical,digitalSignature,nonRepudiation"};
    X509 *root_cert = cert_write(c, office, &root, office_key);
    X509 *cert = cert_write(c, office, &own, office_key);
    unsigned flags = CMS_PARTIAL | CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP;
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    ensure(cms != NULL);
    arena_defer(c->arena, cms_free, cms);
    CMS_SignerInfo *signer = CMS_add1_signer(cms, cert, key, EVP_sha256(), flags | CMS_CADES);
    unsigned char *der = NULL;
    bool made = signer != NULL && CMS_add1_cert(cms, root_cert) == 1 &&
                attributes_add(signer, digest, c->now_ms) && CMS_SignerInfo_sign(signer) == 1;
    int len = made ? i2d_CMS_ContentInfo(cms, &der) : -1;
    ensure(len > 0 && len <= SEAL_BYTES_MAX);
    *ret_der = str_copy(c->arena, (struct str){(const char *)der, (size_t)len});
    OPENSSL_free(der);
}

/* The seal inside DER, or NULL when it is none or something follows it. */
static CMS_ContentInfo *seal_read(struct call *c, struct str der)
{
    const unsigned char *at = (const unsigned char *)der.ptr;
    if (der.len == 0 || der.len > SEAL_BYTES_MAX) return NULL;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    if (cms == NULL) return NULL;
    arena_defer(c->arena, cms_free, cms);
    bool whole = at == (const unsigned char *)der.ptr + der.len;
    return whole && OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed ? cms : NULL;
}

static void certs_free(void *arg)
{
    sk_X509_pop_free(arg, X509_free);
}

/* The certificate that an Ed25519 key signed for itself, or NULL. */
static X509 *root_find(struct call *c, CMS_ContentInfo *cms)
{
    STACK_OF(X509) *certs = CMS_get1_certs(cms);
    if (certs == NULL) return NULL;
    arena_defer(c->arena, certs_free, certs);
    for (int i = 0; i < sk_X509_num(certs); i++) {
        X509 *x509 = sk_X509_value(certs, i);
        EVP_PKEY *key = X509_get0_pubkey(x509);
        if (key != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) return x509;
    }
    return NULL;
}

static bool root_is(X509 *root, struct str public_key)
{
    uint8_t raw[KEY_BYTES];
    size_t len = sizeof raw;
    return public_key.len == sizeof raw &&
           EVP_PKEY_get_raw_public_key(X509_get0_pubkey(root), raw, &len) == 1 &&
           len == sizeof raw && memcmp(raw, public_key.ptr, sizeof raw) == 0;
}

/* Content, signature and the chain up to the root, by the library; the root's own signature, which
 * the library takes for granted, is what binds the office's name to its key. */
static bool seal_holds(CMS_ContentInfo *cms, X509 *root, BIO *content)
{
    X509_STORE *store = X509_STORE_new();
    ensure(store != NULL);
    bool holds = X509_verify(root, X509_get0_pubkey(root)) == 1 &&
                 X509_STORE_add_cert(store, root) == 1 &&
                 CMS_verify(cms, NULL, store, content, NULL, CMS_BINARY | CMS_CADES) == 1;
    X509_STORE_free(store);
    return holds;
}

/* When the one signer says that it sealed. */
static bool time_read(CMS_ContentInfo *cms, int64_t *ret_ms)
{
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
    if (sk_CMS_SignerInfo_num(signers) != 1) return false;
    const CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(signers, 0);
    int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
    X509_ATTRIBUTE *attribute = at < 0 ? NULL : CMS_signed_get_attr(signer, at);
    const ASN1_TYPE *value = attribute == NULL ? NULL : X509_ATTRIBUTE_get0_type(attribute, 0);
    bool timed =
        value != NULL && (value->type == V_ASN1_UTCTIME || value->type == V_ASN1_GENERALIZEDTIME);
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    ensure(epoch != NULL);
    timed = timed && ASN1_TIME_diff(&days, &seconds, epoch, value->value.asn1_string) == 1 &&
            days >= 0 && days < FORM_DAYS_MAX;
    ASN1_TIME_free(epoch);
    if (timed) *ret_ms = ((int64_t)days * 86400 + seconds) * 1000;
    return timed;
}

static struct str office_of(struct call *c, const X509 *root)
{
    char name[64];
    int len =
        X509_NAME_get_text_by_NID(X509_get_subject_name(root), NID_commonName, name, sizeof name);
    struct str office = {name, len > 0 ? (size_t)len : 0};
    return id_is_office(office) ? str_copy(c->arena, office) : (struct str){};
}

enum err seal_check(struct call *c, struct str der, struct str content, struct str public_key,
                    struct seal *ret_seal)
{
    CMS_ContentInfo *cms = seal_read(c, der);
    X509 *root = cms == NULL ? NULL : root_find(c, cms);
    struct seal seal = {};
    if (root == NULL || !time_read(cms, &seal.time_ms)) return fail(c, ERR_INVALID, "seal.form");
    seal.office = office_of(c, root);
    if (seal.office.len == 0) return fail(c, ERR_INVALID, "seal.form");
    if (!root_is(root, public_key)) return fail(c, ERR_INVALID, "seal.key");
    ensure(content.len <= INT32_MAX);
    BIO *bio = BIO_new_mem_buf(content.len > 0 ? content.ptr : "", (int)content.len);
    ensure(bio != NULL);
    arena_defer(c->arena, bio_free, bio);
    if (!seal_holds(cms, root, bio)) return fail(c, ERR_INVALID, "seal.broken");
    *ret_seal = seal;
    return OK;
}

struct str seal_root_of(struct call *c, struct str der)
{
    CMS_ContentInfo *cms = seal_read(c, der);
    X509 *root = cms == NULL ? NULL : root_find(c, cms);
    BIO *bio = root == NULL ? NULL : BIO_new(BIO_s_mem());
    if (bio == NULL) return (struct str){};
    arena_defer(c->arena, bio_free, bio);
    char *text = NULL;
    if (PEM_write_bio_X509(bio, root) != 1) return (struct str){};
    long len = BIO_get_mem_data(bio, &text);
    return str_copy(c->arena, (struct str){text, (size_t)len});
}
