#include "exchange/statement.h"

#include "core/directory.h"
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

struct verifying {
    const struct statement *statement;
    struct peer peer;
    struct office_key key;
};

static enum err key_read(struct call *c, void *arg)
{
    struct verifying *v = arg;
    enum err e = peer_find(c, v->statement->office, &v->peer);
    return e != OK ? e : directory_key(c, v->statement->office, v->statement->key, &v->key);
}

enum err statement_verify(struct call *c, const struct statement *statement, struct peer *ret_peer)
{
    struct verifying v = {.statement = statement};
    uint8_t hash[STATEMENT_HASH_BYTES];
    enum err e = store_read(c, key_read, &v);
    if (e == ERR_NOT_FOUND && str_eq(str_of(c->failure.reason), S("directory.key"))) {
        call_clear(c);
        return fail(c, ERR_DENIED, "statement.key");
    }
    if (e != OK) return e;
    if (v.key.revoked) return fail(c, ERR_DENIED, "statement.key");
    crypto_hash_sha256(hash, (const uint8_t *)statement->bytes.ptr, statement->bytes.len);
    if (!office_verify(v.key.public_key, statement->purpose, hash, statement->signature)) {
        return fail(c, ERR_DENIED, "statement.signature");
    }
    *ret_peer = v.peer;
    return OK;
}

struct own_keys {
    struct office_key *keys;
    size_t count;
};

static enum err own_read(struct call *c, void *arg)
{
    struct own_keys *own = arg;
    return directory_keys(c, c->office->id, &own->keys, &own->count);
}

enum err statement_verify_own(struct call *c, const struct statement *statement)
{
    uint8_t hash[STATEMENT_HASH_BYTES];
    struct own_keys own = {};
    bool ours = false;
    enum err e = store_read(c, own_read, &own);
    if (e != OK) return e;
    crypto_hash_sha256(hash, (const uint8_t *)statement->bytes.ptr, statement->bytes.len);
    for (size_t i = 0; i < own.count && !ours; i++) {
        ours = office_verify(own.keys[i].public_key, statement->purpose, hash,
                             statement->signature);
    }
    return ours ? OK : fail(c, ERR_DENIED, "statement.signature");
}
