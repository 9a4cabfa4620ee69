#pragma once
/*
 * docx.h: a paper as WordprocessingML. The styles are a table that reads like the decree's; the
 * document only names them. All foreign text goes through docx_text.
 * Source: ECMA-376 part 1 (WordprocessingML), part 2 (packages).
 */
#include "core/paper.h"

/* Lengths of the format: twentieths of a point. */
enum { TWIPS_POINT = 20 };

/* The page, in twips. Source: Decree 30/2020/ND-CP appendix I part I section I. */
struct docx_page {
    int width;
    int height;
    int text_width; /* between the margins */
};

/* The page of a paper; millimetres in twips. */
struct docx_page docx_page(const struct paper *paper);
int docx_twips(int mm);

/* Puts foreign text: markup characters escaped, control characters dropped, tabs as spaces.
 * Shapes: the text has no line feed, see docx_paragraphs. */
void docx_text(struct sb *xml, struct str text);

/* The parts of the package, each a whole XML file. */
struct str docx_document(struct call *c, const struct paper *paper);
struct str docx_styles(struct call *c);
struct str docx_properties(struct call *c, const struct paper *paper);

/* The package. Errors: ERR_LIMIT "paper.too_large", ERR_IO "paper.write". */
enum err docx_write(struct call *c, const struct paper *paper, struct str *ret_bytes);
