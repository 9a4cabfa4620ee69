#pragma once
/*
 * clause.h: Vietnamese legal text by its clauses, and the difference of two texts clause by clause.
 * Pure text in, slices out: it knows no file format and no page.
 *
 *     Phần, Chương, Mục    headings, by number, by letter or by ordinal
 *     Điều 5.              an article, numbered through the whole text
 *     2.                   khoản, inside an article or a heading
 *     đ)                   điểm, in the order a b c d đ e g h i k ...
 *     Phụ lục II           begins a text of its own
 *
 * and the layout of plain papers: A., I., 1., a).
 *
 * A number counts only where it may stand: at the start of a line, with its mark, soon after its
 * neighbour, outside quotation marks. So "Điều 5 của Luật này" inside a sentence that was wrapped,
 * an article that is quoted in an amending law, a year or a sum do not become clauses. Source:
 * Decree 30/2020/ND-CP appendix I part II section I.6.
 */
#include "base/str.h"

enum clause_level {
    CLAUSE_OPENING, /* what stands before the first clause */
    CLAUSE_ANNEX,
    CLAUSE_PART,
    CLAUSE_CHAPTER,
    CLAUSE_SECTION, /* Mục, or a heading "I." */
    CLAUSE_ARTICLE,
    CLAUSE_ITEM,  /* khoản */
    CLAUSE_POINT, /* điểm */
    CLAUSE_LEVELS
};

struct clause {
    enum clause_level level;
    struct str own;     /* "điểm đ" */
    struct str address; /* "điểm đ khoản 2 Điều 5"; empty for the opening */
    struct str path;    /* "5.2.đ", "chuong-II.muc-1", "I.2.a": once in its text; empty for the
                           opening. A second document in it that counts anew begins with "2:" */
    struct str text;    /* without its mark; blanks and line ends brought to one each */
    size_t offset;      /* bytes in the whole text, mark and blanks included */
    size_t length;      /* up to the next clause, of whatever level */
};

struct clauses {
    struct clause *rows;
    size_t count;
};

/* Splits a text into its clauses, in order; they cover it without gap or overlap, and each has only
 * its own words, not those of the clauses below it. Never fails: what is no clause belongs to the
 * one before it. Shapes: at most LIMIT_CLAUSES; text is valid UTF-8 in NFC; a text of nothing but
 * blanks gives none. Owns: `arena`. */
struct clauses clause_split(struct arena *arena, struct str text);

/* Place of a điểm's letter in the Vietnamese order, from 1; 0 when no điểm has that letter. */
size_t clause_letter_rank(struct str letter);

enum clause_change {
    CLAUSE_SAME,
    CLAUSE_RENUMBERED, /* the same words under another number */
    CLAUSE_MOVED,      /* the same words at another place */
    CLAUSE_CHANGED,
    CLAUSE_ADDED,
    CLAUSE_REMOVED
};
enum clause_mark { MARK_SAME, MARK_REMOVED, MARK_ADDED };

/* A stretch of words of a changed clause; whether a blank follows its last word is the reader's to
 * see: at the end of a text there is none. */
struct clause_run {
    enum clause_mark mark;
    struct str text;
};

struct clause_pair {
    enum clause_change change;
    const struct clause *old; /* NULL when added */
    const struct clause *now; /* NULL when removed */
    struct clause_run *runs;  /* what to read, old and new words in one: never none, unless both
                                 texts are empty */
    size_t run_count;
};

struct clause_pairs {
    struct clause_pair *rows;
    size_t count;
    size_t changed; /* rows other than same and renumbered */
};

/* Compares two texts: clauses that say the same are found wherever they stand, the others by their
 * number, and inside a changed one the words. A clause in which more than LIMIT_CLAUSE_EDITS words
 * differ is shown as rewritten. Shapes: rows in the order of `now`, removed ones where they stood.
 * Owns: `arena`; the pairs point into both lists. */
struct clause_pairs clause_diff(struct arena *arena, const struct clauses *old,
                                const struct clauses *now);
