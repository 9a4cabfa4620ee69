#pragma once
/*
 * cert.h: the TLS certificates between offices. There is no authority above the offices: each TLS
 * key is made by the process that uses it, lives for days, and is vouched for by the office's own
 * signing key, which its peers have in their directory. Issuer and subject are the office's id.
 *
 * An office that goes on with another key shows the statements in an extension (not critical) whose
 * name is CERT_CHAIN_OID and whose value is the chain.
 *
 * Knows no socket, no store and no file.
 * Source: RFC 5280 4.1; RFC 8410 (Ed25519 in certificates).
 */
#include "base/call.h"
#include "base/limits.h"

struct evp_pkey_st; /* EVP_PKEY of OpenSSL */

enum {
    CERT_DAYS = 30,           /* longest life of a certificate */
    CERT_RENEW_DAYS = 10,     /* age at which its user asks for a new one */
    CERT_KEY_BYTES_MAX = 256, /* DER of a P-256 public key takes 91 */
    CERT_CHAIN_BYTES_MAX = LIMIT_KEY_CHAIN_BYTES,
    CERT_BYTES_MAX = 2048 + CERT_CHAIN_BYTES_MAX,
};

/* Made of a random UUID, which nobody has to register. Source: ITU-T X.667 clause 7. */
#define CERT_CHAIN_OID "2.25.217034287195872914735025413620197304587"
/* The office's public key, 32 bytes: for who has its fingerprint only. Not critical. */
#define CERT_KEY_OID "2.25.114574533230874814486696901888421131826"

/* Makes a fresh P-256 key. Owns: the arena frees it. */
struct evp_pkey_st *cert_key_new(struct arena *arena);
/* The DER of its public half (SubjectPublicKeyInfo). */
struct str cert_key_public(struct arena *arena, struct evp_pkey_st *key);

/* What the keeper vouches for. */
struct cert_order {
    struct str office; /* id: issuer and subject */
    struct str key;    /* DER of the TLS public key */
    struct str chain;  /* how the office came to its present key, core/key_statement.h; or empty */
    int64_t not_before_ms;
    int64_t not_after_ms;
};

/* Signs a certificate. Shapes: `seed` is the first 32 bytes of the office's secret key.
 * Errors: ERR_INVALID "cert.key" unless the key is a P-256 one, "cert.time" beyond CERT_DAYS. */
enum err cert_issue(struct call *c, const struct cert_order *order, const uint8_t seed[32],
                    struct str *ret_der);

/* The office that a certificate names; empty when there is none. Proves nothing. */
struct str cert_office(struct call *c, struct str der);

/* The chain inside a certificate, for who has an older key of the office; empty when there is none.
 * Proves nothing by itself. */
struct str cert_chain(struct call *c, struct str der);

/* Checks a certificate of an office of which only the fingerprint of its key is known
 * (core/invite.h): the key inside has that fingerprint and vouches for the certificate. Gives whose
 * it is. Errors: those of cert_verify; ERR_DENIED "cert.fingerprint". */
enum err cert_meet(struct call *c, struct str der, struct str fingerprint, struct str *ret_office);

/* Checks that the office's key vouches for this certificate now.
 * Errors, all ERR_DENIED: "cert.form", "cert.office", "cert.signature", "cert.time". */
enum err cert_verify(struct call *c, struct str der, struct str office, struct str public_key);
