#include "front/tls/cert.h"

#include "base/id.h"
#include "base/time.h"
#include "core/invite.h"

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

/* Clocks of two offices may differ by this much. */
static const int64_t SKEW_MS = (int64_t)10 * 60 * 1000;

enum { PUBLIC_KEY_BYTES = 32 };

static void key_free(void *arg)
{
    EVP_PKEY_free(arg);
}

static void x509_free(void *arg)
{
    X509_free(arg);
}

static void object_free(void *arg)
{
    ASN1_OBJECT_free(arg);
}

static void octets_free(void *arg)
{
    ASN1_OCTET_STRING_free(arg);
}

static void extension_free(void *arg)
{
    X509_EXTENSION_free(arg);
}

struct evp_pkey_st *cert_key_new(struct arena *arena)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    ensure(key != NULL);
    arena_defer(arena, key_free, key);
    return key;
}

struct str cert_key_public(struct arena *arena, struct evp_pkey_st *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    ensure(len > 0 && len <= CERT_KEY_BYTES_MAX);
    struct str copy = str_copy(arena, (struct str){(const char *)der, (size_t)len});
    OPENSSL_free(der);
    return copy;
}

static bool is_p256(EVP_PKEY *key)
{
    char group[32] = {};
    size_t len = 0;
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return false;
    if (EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1) return false;
    return str_eq((struct str){group, len}, S("prime256v1"));
}

/* The key inside DER, or NULL unless it is a P-256 key and nothing follows it. */
static EVP_PKEY *key_read(struct call *c, struct str der)
{
    const unsigned char *at = (const unsigned char *)der.ptr;
    if (der.len == 0 || der.len > CERT_KEY_BYTES_MAX) return NULL;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der.len);
    if (key == NULL) return NULL;
    arena_defer(c->arena, key_free, key);
    bool whole = at == (const unsigned char *)der.ptr + der.len;
    return whole && is_p256(key) ? key : NULL;
}

static bool name_set(X509_NAME *name, struct str office)
{
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                                      (const unsigned char *)office.ptr, (int)office.len, -1,
                                      0) == 1;
}

static bool serial_set(struct call *c, X509 *x509)
{
    uint8_t random[16];
    c->env->random(c->env->self, random, sizeof random);
    random[0] = (uint8_t)((random[0] & 0x7f) | 0x40); /* positive, of constant length */
    BIGNUM *number = BN_bin2bn(random, sizeof random, NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return set;
}

static bool fill(struct call *c, X509 *x509, const struct cert_order *order, EVP_PKEY *key)
{
    return X509_set_version(x509, X509_VERSION_3) == 1 && serial_set(c, x509) &&
           name_set(X509_get_subject_name(x509), order->office) &&
           name_set(X509_get_issuer_name(x509), order->office) &&
           ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)(order->not_before_ms / 1000)) &&
           ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(order->not_after_ms / 1000)) &&
           X509_set_pubkey(x509, key) == 1;
}

static ASN1_OBJECT *oid(struct call *c, const char *text)
{
    ASN1_OBJECT *name = OBJ_txt2obj(text, 1);
    ensure(name != NULL);
    arena_defer(c->arena, object_free, name);
    return name;
}

/* Nothing for an empty value. */
static bool extension_put(struct call *c, X509 *x509, const char *name, struct str bytes)
{
    if (bytes.len == 0) return true;
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ensure(value != NULL);
    arena_defer(c->arena, octets_free, value);
    if (ASN1_OCTET_STRING_set(value, (const unsigned char *)bytes.ptr, (int)bytes.len) != 1)
        return false;
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, oid(c, name), 0, value);
    if (extension == NULL) return false;
    arena_defer(c->arena, extension_free, extension);
    return X509_add_ext(x509, extension, -1) == 1;
}

enum err cert_issue(struct call *c, const struct cert_order *order, const uint8_t seed[32],
                    struct str *ret_der)
{
    ensure(id_is_office(order->office));
    int64_t life_ms = order->not_after_ms - order->not_before_ms;
    if (life_ms <= 0 || life_ms > CERT_DAYS * TIME_DAY_MS) return fail(c, ERR_INVALID, "cert.time");
    EVP_PKEY *key = key_read(c, order->key);
    if (key == NULL) return fail(c, ERR_INVALID, "cert.key");
    EVP_PKEY *office_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    X509 *x509 = X509_new();
    ensure(office_key != NULL && x509 != NULL);
    arena_defer(c->arena, key_free, office_key);
    arena_defer(c->arena, x509_free, x509);
    if (order->chain.len > CERT_CHAIN_BYTES_MAX) return fail(c, ERR_INVALID, "cert.form");
    uint8_t raw[PUBLIC_KEY_BYTES];
    size_t raw_bytes = sizeof raw;
    const struct str own = {(const char *)raw, sizeof raw};
    bool filled = EVP_PKEY_get_raw_public_key(office_key, raw, &raw_bytes) == 1 &&
                  fill(c, x509, order, key) &&
                  extension_put(c, x509, CERT_KEY_OID, own) &&
                  extension_put(c, x509, CERT_CHAIN_OID, order->chain);
    ensure(filled);
    int signed_bytes = X509_sign(x509, office_key, NULL);
    ensure(signed_bytes > 0);
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    ensure(len > 0 && len <= CERT_BYTES_MAX);
    *ret_der = str_copy(c->arena, (struct str){(const char *)der, (size_t)len});
    OPENSSL_free(der);
    return OK;
}

static X509 *x509_read(struct call *c, struct str der)
{
    const unsigned char *at = (const unsigned char *)der.ptr;
    if (der.len == 0 || der.len > CERT_BYTES_MAX) return NULL;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    if (x509 == NULL) return NULL;
    arena_defer(c->arena, x509_free, x509);
    return at == (const unsigned char *)der.ptr + der.len ? x509 : NULL;
}

/* The one common name; empty when there are several or it is no office id. */
static struct str common_name(struct call *c, const X509_NAME *name)
{
    if (X509_NAME_entry_count(name) != 1) return (struct str){};
    const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, 0);
    if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName) return (struct str){};
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(entry);
    struct str id = {(const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)};
    return id_is_office(id) ? str_copy(c->arena, id) : (struct str){};
}

struct str cert_office(struct call *c, struct str der)
{
    X509 *x509 = x509_read(c, der);
    return x509 == NULL ? (struct str){} : common_name(c, X509_get_subject_name(x509));
}

/* The value of an extension; empty when there is none. */
static struct str extension_get(struct call *c, struct str der, const char *name)
{
    X509 *x509 = x509_read(c, der);
    int at = x509 == NULL ? -1 : X509_get_ext_by_OBJ(x509, oid(c, name), -1);
    if (at < 0) return (struct str){};
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x509, at));
    int len = ASN1_STRING_length(value);
    if (len <= 0 || len > CERT_CHAIN_BYTES_MAX) return (struct str){};
    return str_copy(c->arena,
                    (struct str){(const char *)ASN1_STRING_get0_data(value), (size_t)len});
}

struct str cert_chain(struct call *c, struct str der)
{
    return extension_get(c, der, CERT_CHAIN_OID);
}

static bool signed_by(struct call *c, X509 *x509, struct str public_key)
{
    if (public_key.len != 32) return false;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                (const unsigned char *)public_key.ptr, 32);
    if (key == NULL) return false;
    arena_defer(c->arena, key_free, key);
    return X509_verify(x509, key) == 1;
}

/* -1, 1: before or after; 0 only when the time cannot be read. */
static int compare(const ASN1_TIME *time, int64_t ms)
{
    time_t at = (time_t)(ms / 1000);
    return X509_cmp_time(time, &at);
}

static bool is_current(const X509 *x509, int64_t now_ms)
{
    return compare(X509_get0_notBefore(x509), now_ms + SKEW_MS) < 0 &&
           compare(X509_get0_notAfter(x509), now_ms - SKEW_MS) > 0;
}

enum err cert_verify(struct call *c, struct str der, struct str office, struct str public_key)
{
    X509 *x509 = x509_read(c, der);
    if (x509 == NULL || !is_p256(X509_get0_pubkey(x509))) return fail(c, ERR_DENIED, "cert.form");
    bool named = str_eq(common_name(c, X509_get_subject_name(x509)), office) &&
                 str_eq(common_name(c, X509_get_issuer_name(x509)), office);
    if (!named || office.len == 0) return fail(c, ERR_DENIED, "cert.office");
    if (!signed_by(c, x509, public_key)) return fail(c, ERR_DENIED, "cert.signature");
    if (!is_current(x509, c->now_ms)) return fail(c, ERR_DENIED, "cert.time");
    return OK;
}

enum err cert_meet(struct call *c, struct str der, struct str fingerprint, struct str *ret_office)
{
    struct str office = cert_office(c, der);
    struct str key = extension_get(c, der, CERT_KEY_OID);
    bool meant = key.len == PUBLIC_KEY_BYTES && fingerprint.len > 0 &&
                 str_eq(invite_fingerprint(c->arena, key), fingerprint);
    if (!meant) return fail(c, ERR_DENIED, "cert.fingerprint");
    enum err e = cert_verify(c, der, office, key);
    if (e == OK) *ret_office = office;
    return e;
}
