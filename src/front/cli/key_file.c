#include "front/cli/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

static const char PATH[] = "keys/office.key";

static_assert(KEY_SECRET_BYTES == crypto_sign_SECRETKEYBYTES);
static_assert(KEY_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES);

static bool write_synced(int fd, struct str line)
{
    ssize_t n = write(fd, line.ptr, line.len);
    return n == (ssize_t)line.len && fsync(fd) == 0;
}

enum err key_file_create(struct call *c, uint8_t ret_secret[KEY_SECRET_BYTES])
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    uint8_t public_key[KEY_PUBLIC_BYTES];
    uint8_t secret[KEY_SECRET_BYTES];
    c->env->random(c->env->self, seed, sizeof seed);
    int failed = crypto_sign_seed_keypair(public_key, secret, seed);
    ensure(failed == 0);
    sodium_memzero(seed, sizeof seed);
    struct str hex = hex_encode(c->arena, (struct str){(const char *)secret, sizeof secret});
    struct str line = str_format(c->arena, "%.*s\n", STR_ARG(hex));
    int fd = open(PATH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return fail(c, ERR_CONFLICT, "office.exists");
    bool written = write_synced(fd, line);
    (void)close(fd);
    if (!written) return fail(c, ERR_IO, "key.write");
    memcpy(ret_secret, secret, sizeof secret);
    sodium_memzero(secret, sizeof secret);
    return OK;
}

void key_file_remove(void)
{
    (void)unlink(PATH);
}

enum err key_file_read(struct call *c, uint8_t ret_secret[KEY_SECRET_BYTES])
{
    char line[2 * KEY_SECRET_BYTES + 2] = {};
    int fd = open(PATH, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return fail(c, ERR_NOT_FOUND, "key.missing");
    ssize_t n = read(fd, line, sizeof line);
    (void)close(fd);
    uint8_t secret[KEY_SECRET_BYTES];
    uint8_t again[KEY_SECRET_BYTES];
    uint8_t public_key[KEY_PUBLIC_BYTES];
    bool whole = n >= 2 * KEY_SECRET_BYTES &&
                 hex_decode((struct str){line, 2 * KEY_SECRET_BYTES}, secret, sizeof secret);
    if (!whole) return fail(c, ERR_CORRUPT, "key.corrupt");
    (void)crypto_sign_seed_keypair(public_key, again, secret); /* cannot fail */
    if (sodium_memcmp(again, secret, sizeof secret) != 0)
        return fail(c, ERR_CORRUPT, "key.corrupt");
    memcpy(ret_secret, secret, sizeof secret);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(again, sizeof again);
    sodium_memzero(line, sizeof line);
    return OK;
}

struct str key_public(struct call *c, const uint8_t secret[KEY_SECRET_BYTES])
{
    const char *half = (const char *)secret + KEY_SECRET_BYTES - KEY_PUBLIC_BYTES;
    return str_copy(c->arena, (struct str){half, KEY_PUBLIC_BYTES});
}
