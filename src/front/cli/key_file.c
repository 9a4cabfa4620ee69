#include "front/cli/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char PATH[] = "keys/office.key";

static_assert(KEY_SECRET_BYTES == crypto_sign_SECRETKEYBYTES);
static_assert(KEY_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES);

static const char STAGED[] = "keys/office.key.new";
static const char SEED[] = "keys/next.key";
static const char PASS[] = "keys/pass.key";

enum { LINE_BYTES_MAX = 2 * KEY_SECRET_BYTES };

static bool write_synced(int fd, struct str line)
{
    ssize_t n = write(fd, line.ptr, line.len);
    return n == (ssize_t)line.len && fsync(fd) == 0;
}

static bool folder_sync(void)
{
    int fd = open("keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) (void)close(fd);
    return synced;
}

/* One line of hexadecimal digits in a new file. */
static enum err line_write(struct call *c, const char *path, const uint8_t *bytes, size_t count)
{
    struct str hex = hex_encode(c->arena, (struct str){(const char *)bytes, count});
    struct str line = str_format(c->arena, "%.*s\n", STR_ARG(hex));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write_synced(fd, line);
    if (fd >= 0) (void)close(fd);
    return written && folder_sync() ? OK : fail(c, ERR_IO, "key.write");
}

/* Reads it back. Errors: ERR_NOT_FOUND `missing`. */
static enum err line_read(struct call *c, const char *path, const char *missing, uint8_t *ret_bytes,
                          size_t count)
{
    char line[LINE_BYTES_MAX + 2] = {};
    ensure(2 * count <= LINE_BYTES_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return fail(c, ERR_NOT_FOUND, missing);
    ssize_t n = read(fd, line, sizeof line);
    (void)close(fd);
    bool whole = n >= (ssize_t)(2 * count) &&
                 hex_decode((struct str){line, 2 * count}, ret_bytes, count);
    sodium_memzero(line, sizeof line);
    return whole ? OK : fail(c, ERR_CORRUPT, "key.corrupt");
}

static void seed_pair(const uint8_t seed[KEY_SEED_BYTES], uint8_t ret_secret[KEY_SECRET_BYTES])
{
    uint8_t public_key[KEY_PUBLIC_BYTES];
    int failed = crypto_sign_seed_keypair(public_key, ret_secret, seed);
    ensure(failed == 0);
}

enum err key_file_create(struct call *c, uint8_t ret_secret[KEY_SECRET_BYTES])
{
    uint8_t seed[KEY_SEED_BYTES];
    uint8_t secret[KEY_SECRET_BYTES];
    if (access(PATH, F_OK) == 0) return fail(c, ERR_CONFLICT, "office.exists");
    c->env->random(c->env->self, seed, sizeof seed);
    seed_pair(seed, secret);
    sodium_memzero(seed, sizeof seed);
    enum err e = line_write(c, PATH, secret, sizeof secret);
    if (e == OK) memcpy(ret_secret, secret, sizeof secret);
    sodium_memzero(secret, sizeof secret);
    return e;
}

void key_file_remove(void)
{
    (void)unlink(PATH);
}

static enum err secret_read(struct call *c, const char *path, uint8_t ret_secret[KEY_SECRET_BYTES])
{
    uint8_t secret[KEY_SECRET_BYTES];
    uint8_t again[KEY_SECRET_BYTES];
    enum err e = line_read(c, path, "key.missing", secret, sizeof secret);
    if (e != OK) return e;
    seed_pair(secret, again);
    bool whole = sodium_memcmp(again, secret, sizeof secret) == 0;
    if (whole) memcpy(ret_secret, secret, sizeof secret);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(again, sizeof again);
    return whole ? OK : fail(c, ERR_CORRUPT, "key.corrupt");
}

enum err key_file_read(struct call *c, uint8_t ret_secret[KEY_SECRET_BYTES])
{
    return secret_read(c, PATH, ret_secret);
}

enum err key_seed_create(struct call *c)
{
    uint8_t seed[KEY_SEED_BYTES];
    if (access(SEED, F_OK) == 0) return OK;
    c->env->random(c->env->self, seed, sizeof seed);
    enum err e = line_write(c, SEED, seed, sizeof seed);
    sodium_memzero(seed, sizeof seed);
    return e;
}

enum err key_seed_read(struct call *c, struct str path, uint8_t ret_seed[KEY_SEED_BYTES])
{
    const char *from = path.len > 0 ? str_zero(c->arena, path) : SEED;
    return line_read(c, from, "key.no_seed", ret_seed, KEY_SEED_BYTES);
}

void key_seed_key(const uint8_t seed[KEY_SEED_BYTES], int64_t n,
                  uint8_t ret_secret[KEY_SECRET_BYTES])
{
    static const char CONTEXT[crypto_kdf_CONTEXTBYTES + 1] = "phoihopK";
    uint8_t own[KEY_SEED_BYTES];
    static_assert(KEY_SEED_BYTES == crypto_kdf_KEYBYTES);
    ensure(n > 0);
    int failed = crypto_kdf_derive_from_key(own, sizeof own, (uint64_t)n, CONTEXT, seed);
    ensure(failed == 0);
    seed_pair(own, ret_secret);
    sodium_memzero(own, sizeof own);
}

enum err key_file_stage(struct call *c, const uint8_t secret[KEY_SECRET_BYTES])
{
    (void)unlink(STAGED); /* of a change that never was */
    return line_write(c, STAGED, secret, KEY_SECRET_BYTES);
}

enum err key_file_settle(struct call *c)
{
    bool moved = rename(STAGED, PATH) == 0 && folder_sync();
    return moved ? OK : fail(c, ERR_IO, "key.write");
}

bool key_file_staged(void)
{
    return access(STAGED, F_OK) == 0;
}

enum err key_file_resolve(struct call *c, struct str public_key)
{
    uint8_t secret[KEY_SECRET_BYTES];
    enum err e = secret_read(c, STAGED, secret);
    if (e != OK) call_clear(c); /* broken off while it was written: the change was not made */
    bool named = e == OK && str_eq(key_public(c, secret), public_key);
    sodium_memzero(secret, sizeof secret);
    if (named) return key_file_settle(c);
    (void)unlink(STAGED);
    return OK;
}

enum err key_pass_read(struct call *c, uint8_t ret_pass[KEY_PASS_BYTES], bool *ret_kept)
{
    enum err e = line_read(c, PASS, "key.missing", ret_pass, KEY_PASS_BYTES);
    *ret_kept = e == OK;
    if (e != ERR_NOT_FOUND) return e;
    call_clear(c); /* the office still has its first key */
    return OK;
}

enum err key_pass_keep(struct call *c, const uint8_t pass[KEY_PASS_BYTES])
{
    return access(PASS, F_OK) == 0 ? OK : line_write(c, PASS, pass, KEY_PASS_BYTES);
}

struct str key_public(struct call *c, const uint8_t secret[KEY_SECRET_BYTES])
{
    const char *half = (const char *)secret + KEY_SECRET_BYTES - KEY_PUBLIC_BYTES;
    return str_copy(c->arena, (struct str){half, KEY_PUBLIC_BYTES});
}
