#pragma once
/*
 * answer.h: what a job of the parser process says. It has read hostile bytes and may be theirs by
 * now, so its answer is read like anything from outside: a short head, then text and notes, nothing
 * believed.
 */
#include "core/parse.h"

enum { ANSWER_MAGIC = 0x50485035 };

struct answer_head {
    uint32_t magic;
    uint32_t reason; /* index into ANSWER_REASONS; 0: it was read */
    uint32_t format; /* enum parse_format */
    uint32_t basis;  /* enum parse_basis */
    uint32_t macros;
    uint32_t cut;
    int64_t pages;
    uint64_t text_bytes; /* that follow */
    uint64_t note_bytes; /* behind the text, see parse_notes_read */
};

/* Why a file cannot be read: word keys without "reason.", the first is empty. */
extern const char *const ANSWER_REASONS[];
/* The index of a reason. Shapes: it is one of them. */
uint32_t answer_reason(const char *reason);

/* Reads an answer. Shapes: bytes stay while ret_parse is used. Errors: ERR_INVALID with the
 * answer's reason; ERR_INVALID "parse.answer" when it breaks its own form. */
enum err answer_read(struct call *c, struct str bytes, struct parse *ret_parse);

/* Reads what pdfinfo says: the line "Pages:". Errors: ERR_INVALID "parse.answer". */
enum err answer_pdf_pages(struct call *c, struct str bytes, int64_t *ret_pages);
/* Reads what pdftotext says, cleaned. Errors: ERR_INVALID "parse.answer". */
enum err answer_pdf_text(struct call *c, struct str bytes, struct parse *ret_parse);
/* Looks at an image: that it is a PNG of a size that a browser may be given.
 * Errors: ERR_INVALID "parse.answer". */
enum err answer_image(struct call *c, struct str bytes);
