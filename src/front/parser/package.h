#pragma once
/*
 * package.h: a document that is a zip, in memory. Its parts are read one by one, each within
 * limits; it is refused as a whole when it looks like an attack.
 */
#include "base/str.h"

struct zip;

struct package {
    struct arena *arena;
    struct zip *zip;
    int64_t left_bytes; /* that may still be unfolded */
    bool macros;        /* it brings a program */
};

/* Opens it. Shapes: bytes outlive the package. Owns: the arena. Returns why it is refused, a word
 * key without "reason."; NULL when it is not: "parse.zip", "parse.zip_path" for a name that climbs
 * out of its folder, "parse.locked", "parse.zip_bomb", "parse.too_large". */
const char *package_open(struct package *package, struct arena *arena, struct str bytes);

/* Says that there is a part of that name. */
bool package_has(const struct package *package, const char *name);

/* Unfolds a part. False with ret_fault NULL when there is none of that name, with a reason when it
 * cannot be read. */
bool package_read(struct package *package, const char *name, struct str *ret_bytes,
                  const char **ret_fault);
