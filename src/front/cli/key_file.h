#pragma once
/*
 * key_file.h: the office's signing key at rest: DIR/keys/office.key, mode 0600, one line of
 * 128 hexadecimal digits (libsodium's secret key: seed and public key). Only the keeper and, while
 * the office is stopped, the command line read it.
 *
 * keys/next.key is the seed of all later keys, 64 hexadecimal digits: key n of the office, from 1,
 * comes from the seed and n. No process of a working office reads it; it may lie in a safe. It is
 * the same in every backup, so an old one still leads to the key that peers know.
 * keys/office.key.new is a key whose change is under way. keys/pass.key holds what the first key
 * once signed under PURPOSE_PASS, so that passes outlive the key.
 */
#include "base/call.h"

enum { KEY_SECRET_BYTES = 64, KEY_PUBLIC_BYTES = 32 };

/* Makes a key pair and stores it. Shapes: the present folder is the office's.
 * Errors: ERR_CONFLICT "office.exists" when there is one; ERR_IO "key.write". */
enum err key_file_create(struct call *c, uint8_t ret_secret[KEY_SECRET_BYTES]);
/* Removes a key that has signed nothing: the office could not be founded. */
void key_file_remove(void);
/* Reads it back and checks that both halves belong together.
 * Errors: ERR_NOT_FOUND "key.missing"; ERR_CORRUPT "key.corrupt". */
enum err key_file_read(struct call *c, uint8_t ret_secret[KEY_SECRET_BYTES]);

enum { KEY_SEED_BYTES = 32, KEY_PASS_BYTES = 64 };

/* Makes the seed of later keys; keeps the one that is there. Errors: ERR_IO "key.write". */
enum err key_seed_create(struct call *c);
/* Reads a seed. Errors: ERR_NOT_FOUND "key.no_seed"; ERR_CORRUPT "key.corrupt". */
enum err key_seed_read(struct call *c, struct str path, uint8_t ret_seed[KEY_SEED_BYTES]);
/* Key n of the seed, from 1. */
void key_seed_key(const uint8_t seed[KEY_SEED_BYTES], int64_t n,
                  uint8_t ret_secret[KEY_SECRET_BYTES]);

/* Puts a key beside the present one; takes its place, for good. Errors: ERR_IO "key.write". */
enum err key_file_stage(struct call *c, const uint8_t secret[KEY_SECRET_BYTES]);
enum err key_file_settle(struct call *c);
/* Says that a change was broken off: a key lies beside the present one. */
bool key_file_staged(void);
/* Ends it: the staged key takes its place when it is the one the office names, else it goes.
 * Errors: ERR_IO "key.write". */
enum err key_file_resolve(struct call *c, struct str public_key);

/* What the first key signed for passes; `ret_kept` is false while the first key is the present one.
 * Errors: ERR_CORRUPT "key.corrupt"; ERR_IO "key.write". */
enum err key_pass_read(struct call *c, uint8_t ret_pass[KEY_PASS_BYTES], bool *ret_kept);
enum err key_pass_keep(struct call *c, const uint8_t pass[KEY_PASS_BYTES]);

/* The public half. Shapes: 32 raw bytes in the call's arena. */
struct str key_public(struct call *c, const uint8_t secret[KEY_SECRET_BYTES]);
