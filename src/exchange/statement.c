#include "exchange/statement.h"

#include "store/store.h"

#include <sodium.h>

enum { STATEMENT_HASH_BYTES = 32, STATEMENT_SIGNATURE_BYTES = 64 };
static_assert(STATEMENT_HASH_BYTES == crypto_hash_sha256_BYTES);
static_assert(STATEMENT_SIGNATURE_BYTES == crypto_sign_BYTES);

enum err statement_sign(struct call *c, const char *purpose, struct str bytes,
                        struct str *ret_signature)
{
    uint8_t hash[1][STATEMENT_HASH_BYTES];
    uint8_t signature[1][STATEMENT_SIGNATURE_BYTES];
    const struct signer *signer = &c->office->signer;
    crypto_hash_sha256(hash[0], (const uint8_t *)bytes.ptr, bytes.len);
    enum err e = signer->sign(signer->self, c, purpose, (const uint8_t(*)[32])hash, 1, signature);
    if (e != OK) return e;
    *ret_signature =
        str_copy(c->arena, (struct str){(const char *)signature[0], sizeof signature[0]});
    return OK;
}

enum err statement_verify(struct call *c, const struct statement *statement, struct peer *ret_peer)
{
    struct peer peer = {};
    uint8_t hash[STATEMENT_HASH_BYTES];
    enum err e = peer_look(c, statement->office, &peer);
    if (e != OK) return e;
    if (!str_eq(statement->key, peer.key)) return fail(c, ERR_DENIED, "statement.key");
    crypto_hash_sha256(hash, (const uint8_t *)statement->bytes.ptr, statement->bytes.len);
    if (!office_verify(peer.public_key, statement->purpose, hash, statement->signature)) {
        return fail(c, ERR_DENIED, "statement.signature");
    }
    *ret_peer = peer;
    return OK;
}

enum err statement_verify_own(struct call *c, const struct statement *statement)
{
    uint8_t hash[STATEMENT_HASH_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)statement->bytes.ptr, statement->bytes.len);
    bool ours = office_verify(c->office->public_key, statement->purpose, hash,
                              statement->signature);
    return ours ? OK : fail(c, ERR_DENIED, "statement.signature");
}
