#pragma once
/*
 * seal.h: the office's seal on what it hands out as evidence: a detached CAdES signature (CMS with
 * ECDSA P-256) that public tools can check, since none of them reads our Ed25519 statements.
 *
 * The seal's key is derived from the office's secret key, so there is no second secret to keep,
 * back up or lose:
 *
 *     P-256 scalar = HMAC-SHA256(Ed25519 seed, "phoihop-seal-v1" || counter byte)
 *
 * Two certificates go with every seal and are always the same for one office key: a root that the
 * Ed25519 key signs for itself, and the seal's own, signed by that root. Whoever has the office's
 * public key needs no authority: the root must carry that key.
 *
 * Knows no socket, no store and no file. Source: RFC 5652 (CMS), RFC 5126 (CAdES), RFC 5280,
 * RFC 8410.
 */
#include "base/call.h"

enum { SEAL_BYTES_MAX = 4096, SEAL_DIGEST_BYTES = 32 };

/* Seals the SHA-256 digest of some content at c->now_ms.
 * Shapes: `seed` is the first 32 bytes of the office's secret key; ret_der is at most
 * SEAL_BYTES_MAX. */
void seal_make(struct call *c, struct str office, const uint8_t seed[32],
               const uint8_t digest[SEAL_DIGEST_BYTES], struct str *ret_der);

/* What a seal says once it holds. */
struct seal {
    struct str office; /* id */
    int64_t time_ms;   /* the sealing office's clock */
};

/* Checks that the key sealed exactly this content. Shapes: public_key is 32 raw bytes.
 * Errors: ERR_INVALID "seal.form", "seal.key" (another office's key), "seal.broken". */
enum err seal_check(struct call *c, struct str der, struct str content, struct str public_key,
                    struct seal *ret_seal);

/* The root certificate that a seal carries, PEM, which public tools take as the
 * authority; empty when it carries none. Proves nothing. */
struct str seal_root_of(struct call *c, struct str der);
