#pragma once
/*
 * schema.h: the four type words ID, INT, TEXT and BYTES in the words of one database. A schema is
 * ours, never foreign text.
 */
#include "base/str.h"

struct dialect {
    struct str id;      /* a generated integer key, never given twice */
    struct str integer; /* 64 bits */
    struct str text;    /* compared by bytes */
    struct str bytes;
    struct str table_end; /* written after the closing parenthesis of CREATE TABLE; may be empty */
};

/* Returns the statements in that dialect. The words are replaced where they stand whole and in
 * capitals, outside quotes and comments. Shapes: no DEFERRABLE constraints: they would fail a whole
 * group at its commit instead of the closure that is wrong. */
struct str schema_translate(struct arena *arena, struct str sql, const struct dialect *dialect);
