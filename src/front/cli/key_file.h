#pragma once
/*
 * key_file.h: the office's signing key at rest: DIR/keys/office.key, mode 0600, one line of
 * 128 hexadecimal digits (libsodium's secret key: seed and public key). Only the keeper and, while
 * the office is stopped, the command line read it.
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
/* The public half. Shapes: 32 raw bytes in the call's arena. */
struct str key_public(struct call *c, const uint8_t secret[KEY_SECRET_BYTES]);
