#pragma once
/*
 * consultation_place.h: what a Word file says that went out with clause marks and came back. Pure:
 * texts in, findings out.
 *
 * Each clause left under a bookmark PH_NUMBER_HASH: its number among the clauses of the text, from
 * 1, and the beginning of the hash of that text; its further paragraphs under PH_NUMBER_HASH_2 and
 * so on. A comment or a change belongs to a clause when it lies wholly inside that clause's
 * bookmark, or behind it in its last paragraph. Everything else is placed by nobody: what stands
 * between two clauses or goes over several, what was changed without being tracked, and clauses
 * whose bookmark is gone.
 */
#include "base/clause.h"
#include "core/parse.h"

enum { PLACE_HASH_BYTES = 12 };

enum place_kind {
    PLACE_COMMENT,
    PLACE_CHANGE,    /* tracked changes: one finding for all of a clause */
    PLACE_UNTRACKED, /* the clause says something else and no tracked change tells why */
    PLACE_LOST,      /* its bookmark is not in the file */
};

struct place_finding {
    enum place_kind kind;
    bool placed;
    const struct clause *clause; /* where; when not placed, the one it stands behind; NULL: none */
    struct str author;
    struct str text;    /* of a comment */
    struct str quote;   /* what the comment is about */
    struct str removed; /* of a change: stretches, one a line */
    struct str added;
    struct str wording; /* of a change that is placed: how the clause would read */
};

struct place_findings {
    struct place_finding *rows;
    size_t count;
    bool marked; /* it has bookmarks of ours */
    bool fits;   /* of this very text */
};

/* The name of the bookmark of a clause. Shapes: index from 0; hash is hex, as draft_hash. */
struct str place_mark(struct arena *arena, size_t index, struct str hash);

/* Reads a returned file: comments in their order, then changes by clause. Shapes: clauses were
 * split from the text that left; text and notes as core/parse.h gives them. Owns: arena. */
struct place_findings place_read(struct arena *arena, const struct clauses *clauses,
                                 struct str sent, struct str hash, struct str text,
                                 const struct parse_notes *notes);
