#pragma once
/*
 * body.h: the text of an office document from the events of its XML, whoever reads the XML. Element
 * names come as "namespace local", as expat gives them. Three formats by three const tables; what a
 * table does not name is passed through.
 *
 *     struct body body = {};
 *     body_begin(&body, arena, PARSE_DOCX);
 *     ... body_open, body_chars, body_close, which may set body.fault ...
 *     struct str text = body_text(&body);
 */
#include "core/parse.h"

enum { BODY_ATTRIBUTES_MAX = 64 };

/* Which part of the file the events come from. */
enum body_part {
    BODY_MAIN,     /* document.xml, content.xml, a sheet */
    BODY_SHARED,   /* sharedStrings.xml: texts that cells name by number */
    BODY_FACTS,    /* app.xml, meta.xml: the number of pages */
    BODY_COMMENTS, /* comments.xml: what the comments say that document.xml has places for */
};

/* A note under way; its places are found when the text is finished, see body_text. */
struct body_note {
    struct parse_note note;
    int64_t id; /* in the file, of comments and marks */
};

/* Where a note begins or ends: one for each PLACE character in the text. */
struct body_place {
    size_t note;
    bool end;
};

struct body {
    struct arena *arena;
    enum parse_format format;
    enum body_part part;
    struct sb text;
    const char *fault; /* why reading must stop: word key without "reason."; NULL: none */
    int64_t pages;     /* that the file notes; 0: none */
    bool cut;
    size_t depth;
    size_t skip;      /* depth of the element whose contents do not count; 0: none */
    size_t words;     /* depth of the element whose letters count; 0: none */
    size_t rows;      /* open rows: only the outermost is one */
    size_t cells;     /* in that row so far */
    size_t paragraph; /* where the present one began in the text */
    size_t places;    /* how many places there were then */
    size_t gone;      /* depth of the tracked deletion that is open; 0: none */
    size_t added;     /* the same of an insertion */
    size_t comment;   /* number of the note whose words are read; 0: none */
    struct body_note *notes;
    size_t note_count;
    size_t note_bytes; /* of their words */
    struct body_place *place;
    size_t place_count;
    bool drop;      /* the present paragraph is a line of a table of contents */
    bool number;    /* the present cell names a shared text */
    struct sb cell; /* what stands in it; also a shared text under way, and a fact */
    struct str *shared;
    size_t shared_count;
    size_t shared_max;
};

/* Starts a document; then the parts one after another. */
void body_begin(struct body *body, struct arena *arena, enum parse_format format);
void body_part(struct body *body, enum body_part part);

/* Events. Shapes: attributes are name, value, name, value, NULL. After a fault they do nothing. */
void body_open(struct body *body, struct str name, const char *const *attributes);
void body_chars(struct body *body, struct str chars);
void body_close(struct body *body, struct str name);

/* The text so far, as core/parse.h says it is, and what was noted in it. */
struct str body_text(struct body *body, struct parse_notes *ret_notes);
