#pragma once
/* version.h: writing the bytes of a version; reading them is in record.h. */
#include "core/record.h"

/* Writes header and body, filling bytes and hash. Errors: ERR_LIMIT "record.too_large". */
enum err version_write(struct call *c, struct version *v, const struct kind *kind,
                       const void *body);
/* SHA-256 of the bytes as hex. */
struct str version_hash(struct call *c, struct str bytes);
