#pragma once
/*
 * parse.h: what stands in a file, by its content: text, pages, clauses, images of its pages. Files
 * are hostile, so they are read by the parser process alone (main/parser.h); what it answers is
 * kept in a table beside the files and may be thrown away at any time. LOCAL: outside the log and
 * outside `check`.
 *
 *     none --parse_ask--> waiting --job--> done | refused, with a reason
 *                                  refused "parse.encoding" --parse_choose--> waiting
 *
 * The text is valid UTF-8 in NFC. A line is a paragraph, or a row of a table: then its cells are
 * separated by \t, which stands nowhere else. A form feed begins a new page where pages are known.
 *
 * Who may read a file may read what stands in it; that is asked by the caller, for a file is known
 * here by its content only.
 */
#include "base/clause.h"
#include "core/module.h"

enum parse_state { PARSE_NONE, PARSE_WAITING, PARSE_DONE, PARSE_REFUSED };
enum parse_format { PARSE_UNKNOWN, PARSE_PDF, PARSE_DOCX, PARSE_ODT, PARSE_XLSX, PARSE_TEXT };

/* How a text file is written. The old ones are never guessed: a person says so. */
enum parse_encoding { PARSE_UTF8, PARSE_TCVN3, PARSE_VNI };

/* Where the number of pages comes from. */
enum parse_basis {
    PARSE_COUNTED,   /* in the file itself */
    PARSE_CLAIMED,   /* what the program that wrote the file noted in it */
    PARSE_ESTIMATED, /* from the length of the text */
};

/* What somebody left in a file beside its text, at its place in the text. */
enum parse_note_kind {
    PARSE_MARK,     /* one of our bookmarks, PARSE_MARK_PREFIX and more; text: its name */
    PARSE_COMMENT,  /* text: what it says */
    PARSE_INSERTED, /* a tracked change; the words stand in the text */
    PARSE_DELETED,  /* a tracked change; text: the words, which stand in the text no more */
};
#define PARSE_MARK_PREFIX "PH_"

struct parse_note {
    enum parse_note_kind kind;
    size_t from; /* bytes in the text */
    size_t to;   /* where it ends, not before `from` */
    struct str author;
    struct str text; /* paragraphs separated by \n */
};

struct parse_notes {
    struct parse_note *rows; /* in the order in which they begin */
    size_t count;
};

struct parse {
    enum parse_state state;
    struct str reason; /* PARSE_REFUSED: word key without "reason." */
    enum parse_format format;
    enum parse_encoding encoding;
    int64_t pages;
    enum parse_basis basis;
    int64_t chars; /* letters of the text */
    bool macros;   /* the file brings a program; it was not looked at */
    bool cut;      /* the text was longer than LIMIT_PARSE_TEXT_BYTES or LIMIT_PARSE_PAGES, or there
                      were more notes than LIMIT_PARSE_NOTES */
    struct str text;
    struct clauses clauses;
    struct parse_notes notes; /* of a DOCX */
};

/* Topic of every change of a file's state: "parse:" and its root. */
#define PARSE_TOPIC "parse:"

/* Asks for a file to be read, once: what is read already, or asked for, stays as it is. The file
 * may still be on its way here. Only inside store_tx. */
enum err parse_ask(struct call *c, struct str root);

/* What is known of a file, without and with its text and clauses; PARSE_NONE when nobody asked.
 * Inside or outside a read. */
enum err parse_find(struct call *c, struct str root, struct parse *ret_parse);
enum err parse_get(struct call *c, struct str root, struct parse *ret_parse);

/* parse_get of a file that is read at once when it was not yet. Outside any read and transaction.
 * Errors: ERR_NOT_FOUND "blob.missing"; ERR_BUSY "parse.busy"; ERR_IO "parse.gone". A file that
 * cannot be read is no error but PARSE_REFUSED. */
enum err parse_now(struct call *c, struct str root, struct parse *ret_parse);

/* Says how a text file is written, and has it read again. Only inside store_tx. */
enum err parse_choose(struct call *c, struct str root, enum parse_encoding encoding);

/* The image of a page of a PDF, as PNG, in the call's arena. Shapes: page from 1. Outside any read
 * and transaction. Errors: those of parse_now; ERR_INVALID with the reason when it cannot be. */
enum err parse_image(struct call *c, struct str root, int64_t page, struct str *ret_png);

/* Notes as bytes, as they are kept and as they come from the parser process; and back. False when
 * the bytes do not keep their form: every place in a text of `text_bytes`, every word valid UTF-8
 * in NFC without control characters but \n. Owns: arena; the words lie in bytes. */
struct str parse_notes_write(struct arena *arena, const struct parse_notes *notes);
bool parse_notes_read(struct arena *arena, struct str bytes, size_t text_bytes,
                      struct parse_notes *ret_notes);

/* ---- the door to the parser process ---- */

/* One question about an open file. */
struct parse_order {
    int fd;
    int64_t size; /* bytes */
    enum parse_encoding encoding;
    int64_t page; /* 0: what stands in it; else the image of that page */
};

struct parse_door {
    /* Fills everything but state, clauses and encoding; text is what was asked for. Errors:
     * ERR_INVALID with the reason when the file cannot be read and never will; ERR_BUSY
     * "parse.busy" and ERR_IO "parse.gone" when it may be asked again. */
    enum err (*read)(void *self, struct call *c, const struct parse_order *order,
                     struct parse *ret_parse);
    void *self;
};

/* The built-in module "parse": its jobs, and the act with which a person says how a text file is
 * written. */
extern const struct module parse_module;
