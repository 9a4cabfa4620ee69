#pragma once
/*
 * paper.h: an official paper as data. A module's view fills it; the fronts write it as DOCX or XLSX
 * (front/papers) or print it. It knows the parts of a paper and their order, not how they look:
 * fonts, capitals, rules and the national title belong to the writers.
 *
 * Parts in order: parent agency and agency | national title; number | place and date; title;
 * subject; addressees; intro; tables; closing; recipients | signature. What is empty is left out.
 * A line feed in any text starts a new paragraph. The official form is Vietnamese by law.
 * Source: Decree 30/2020/ND-CP appendix I.
 */
#include "base/call.h"

enum { PAPER_COLUMNS_MAX = 63 }; /* the most a table of a text processor holds */

enum paper_turn { PAPER_PORTRAIT, PAPER_LANDSCAPE };
enum paper_align { PAPER_LEFT, PAPER_CENTRE, PAPER_RIGHT };

enum paper_part_kind {
    PAPER_BODY,    /* justified, first line indented */
    PAPER_BASIS,   /* a legal basis, italic: "Căn cứ ...;" */
    PAPER_HEADING, /* bold: "I. ..." */
};

struct paper_part {
    enum paper_part_kind kind;
    struct str text;
    struct str mark; /* name of a bookmark over it, where the file can hold one: a letter, then
                        letters, digits and _; empty: none. Its second paragraph has one of its
                        own, with _2 behind the name, and so on */
};

struct paper_parts {
    struct paper_part *parts;
    size_t count;
};

enum paper_cell_kind { PAPER_TEXT, PAPER_DATE, PAPER_NUMBER };

enum paper_mark { PAPER_PLAIN, PAPER_STRUCK, PAPER_UNDERLINED };

/* A stretch of a text in which words were taken out or put in. */
struct paper_run {
    enum paper_mark mark;
    struct str text;
};

/* One cell; zero is an empty text. Made by paper_text, paper_date and paper_number. */
struct paper_cell {
    enum paper_cell_kind kind;
    struct str text; /* PAPER_TEXT */
    int64_t value;   /* PAPER_DATE: days since 1970-01-01, 0 is none; PAPER_NUMBER: the number */
    const struct paper_run *runs; /* PAPER_TEXT: the same text with its marks, where the file can
                                     show them; NULL: none */
    size_t run_count;
};

enum paper_row_kind {
    PAPER_ROW,
    PAPER_GROUP, /* one text over all columns, heads the rows below it */
    PAPER_TOTAL, /* a row in bold */
};

struct paper_row {
    enum paper_row_kind kind;
    struct paper_cell *cells; /* one for each column; PAPER_GROUP: a single one */
};

struct paper_column {
    struct str heading;
    int width_mm; /* wider tables than the page are narrowed in proportion */
    enum paper_align align;
};

struct paper_table {
    struct str title; /* above the table, may be empty */
    struct paper_column columns[PAPER_COLUMNS_MAX];
    size_t column_count;
    struct paper_row *rows;
    size_t row_count;
};

/* Zero is an empty upright sheet. Single members are set directly, lists by the functions below. */
struct paper {
    enum paper_turn turn;
    int64_t made_ms;   /* written into the file's properties: same paper, same bytes */
    struct str parent; /* name of the agency above, may be empty */
    struct str agency;
    struct str number; /* "15/BC-VP", without the word before it */
    struct str place;  /* place of issue */
    int64_t day;       /* of issue, days since 1970-01-01; 0: left open for the pen */
    struct str title;  /* kind of paper or name of the list */
    struct str subject;
    struct str addressees; /* one a line; empty: none */
    struct paper_parts intro;
    struct paper_table **tables;
    size_t table_count;
    struct paper_parts closing;
    struct str signed_as; /* capacity and office, one a line: "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH" */
    struct str signed_by;  /* name of the signer, may be empty */
    struct str recipients; /* one a line, the file copy last */
};

/* Starts a paper made at the call's time. Shapes: ret_paper is overwritten. */
void paper_start(struct call *c, struct paper *ret_paper, enum paper_turn turn);

/* Adds a paragraph to paper->intro or paper->closing. */
void paper_part(struct call *c, struct paper_parts *parts, enum paper_part_kind kind,
                struct str text);

/* The same under a bookmark. */
void paper_part_marked(struct call *c, struct paper_parts *parts, enum paper_part_kind kind,
                       struct str text, struct str mark);

/* Adds an empty table. Columns come before rows. */
struct paper_table *paper_table(struct call *c, struct paper *paper, struct str title);

/* Adds a column. Shapes: at most PAPER_COLUMNS_MAX, width above 0, no rows yet. */
void paper_column(struct paper_table *table, struct str heading, int width_mm,
                  enum paper_align align);

/* Adds a row and returns its cells, one for each column, to be filled. Shapes: kind is PAPER_ROW or
 * PAPER_TOTAL; the table has a column. */
struct paper_cell *paper_row(struct call *c, struct paper_table *table, enum paper_row_kind kind);

/* Adds a heading over all columns. Shapes: the table has a column. */
void paper_group(struct call *c, struct paper_table *table, struct str text);

/* What stands in a cell. */
struct paper_cell paper_text(struct str text);
struct paper_cell paper_date(int64_t day);
struct paper_cell paper_number(int64_t value);
