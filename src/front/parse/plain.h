#pragma once
/*
 * plain.h: text that is text already: .txt files, in Unicode or in one of the two old Vietnamese
 * encodings, and what pdftotext writes.
 */
#include "core/parse.h"

/* Brings text to the form that core/parse.h tells: NFC, lines by \n, no control characters but \n
 * and \f, no \t. Cuts it to LIMIT_PARSE_TEXT_BYTES. Shapes: text is valid UTF-8. */
struct str plain_clean(struct arena *arena, struct str text, bool *ret_cut);

/* Reads bytes in an encoding; UTF-8 with or without its mark, also UTF-16 that has its mark.
 * False when they cannot be of that encoding: then nothing is guessed.
 * Source: TCVN 5712:1993 (TCVN3, ".VnTime" fonts); the VNI-Windows fonts' layout. */
bool plain_decode(struct arena *arena, struct str bytes, enum parse_encoding encoding,
                  struct str *ret_text);

/* Pages of a text without pages: lines and letters of a page in the layout of Decree 30/2020. */
int64_t plain_pages(struct str text);
/* Letters of the text, blanks not counted. */
int64_t plain_chars(struct str text);
