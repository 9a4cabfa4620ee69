#pragma once
/*
 * outline.h: the parts of a draft by which it is discussed. A pure function: text in, clauses out.
 * It knows the layout of Vietnamese legal documents, Phần, Chương, Mục, Điều 5., khoản "1.", điểm
 * "a)" in the order a, b, c, d, đ, e, g ..., and that of plain papers, I., 1., a).
 *
 * The clauses cover the text without gap or overlap, in its order; each has only its own words, not
 * those of the clauses below it. A number counts only where it may stand: after its neighbour, at
 * the start of a line, outside quotation marks. So an article that is quoted in an amending law, a
 * year or a sum at the start of a line do not become clauses.
 *
 * A path is unique in its text: "5", "5.1", "5.1.đ", "chuong-II", "chuong-II.muc-1", "I.2.a"; the
 * second document of a file that counts its articles anew begins with "2:".
 * Source: Decree 30/2020/ND-CP annex I (phần, chương, mục, điều, khoản, điểm).
 */
#include "base/str.h"

enum outline_level {
    OUTLINE_FRONT, /* what stands before the first clause; path "" */
    OUTLINE_PART,  /* phần, phụ lục */
    OUTLINE_CHAPTER,
    OUTLINE_SECTION, /* mục; I. or A. of a plain paper */
    OUTLINE_ARTICLE, /* điều */
    OUTLINE_CLAUSE,  /* khoản; 1. of a plain paper */
    OUTLINE_POINT,   /* điểm */
};

enum { OUTLINE_TITLE_BYTES = 160 };

struct outline_part {
    enum outline_level level;
    struct str path;  /* in the arena */
    struct str title; /* a slice of the text: the heading's words, or the first ones, cut */
    size_t offset;    /* bytes in the text */
    size_t length;    /* up to the next clause, of whatever level */
};

/* Splits a text. Shapes: text is valid UTF-8 in NFC, lines ended by \n; at most LIMIT_OUTLINE come
 * out, of which the last then holds all the rest. A text of nothing but space gives none. */
void outline_split(struct arena *arena, struct str text, struct outline_part **ret_clauses,
                  size_t *ret_count);

/* Place of a điểm's letter in the Vietnamese order, from 1; 0 when no điểm has that letter. */
size_t outline_letter_rank(struct str letter);
