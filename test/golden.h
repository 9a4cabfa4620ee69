#pragma once
/*
 * golden.h: frozen files. A test writes what the program writes today and compares it with the
 * file byte by byte; UPDATE=1 writes the file anew, and the difference is reviewed like code.
 * Signed objects go one to a line, as tools/verify.py reads them.
 */
#include "base/str.h"

/* One signed object. */
struct golden_object {
    const char *purpose; /* of its signature, core/office.h */
    struct str bytes;
    struct str signature;  /* 64 raw bytes */
    struct str public_key; /* 32 raw bytes */
    struct str path;       /* of its one personal value; empty: none */
    struct str salt;       /* 16 raw bytes */
    struct str value;
    const struct str *entries; /* of a batch, in order; NULL: none */
    size_t entry_count;
};

/* Writes the object's line. */
void golden_line(struct sb *sb, const struct golden_object *object);

/* Asserts that the file holds exactly this text. Shapes: path from the top of the tree. */
void golden_compare(struct arena *arena, const char *path, struct str text);
