#pragma once
/*
 * http_form.h: what a browser's form sends: application/x-www-form-urlencoded and
 * multipart/form-data. The parsers are pure: bytes in, parts out; a part of an uploaded file is
 * named by offset and size, its bytes are never copied. Names, values and file names are
 * UTF-8 in NFC when they reach the caller.
 */
#include "front/http/http.h"

struct http_part {
    struct str name;
    struct str filename; /* last component only; empty for a plain field */
    struct str media;    /* as the client claims, lower-case; "text/plain" by default */
    bool file;           /* a file was offered, perhaps an empty one */
    struct str value;    /* plain field: its text, line ends as sent. File: its bytes, when the body
                          * is in memory anyway */
    int64_t offset;      /* where the content begins in the body */
    int64_t size;        /* bytes */
};

struct http_form {
    struct http_part *parts; /* in the order sent */
    size_t count;
};

/* Reads the request's body as a form, by its Content-Type. No body and no Content-Type: an empty
 * form. Shapes: at most LIMIT_FORM_PARTS parts; a plain field at most
 * LIMIT_HTTP_MEMORY_BODY_BYTES. Errors: ERR_SYNTAX "http.form"; ERR_SYNTAX "http.form_media";
 * ERR_LIMIT "http.form_parts". Source: RFC 7578, WHATWG URL 5.1. */
enum err http_form_read(struct call *c, const struct http_request *rq, struct http_form *ret_form);

/* Returns the value of the first plain field of that name; empty when there is none. */
struct str http_form_value(const struct http_form *form, struct str name);
bool http_form_has(const struct http_form *form, struct str name);
/* Returns the next part of that name at or after *at, and moves *at behind it; NULL at the end.
 * Begin with 0. */
const struct http_part *http_form_next(const struct http_form *form, struct str name, size_t *at);

/* ---- the pure parsers ---- */

enum http_form_verdict { HTTP_FORM_OK, HTTP_FORM_BAD, HTTP_FORM_TOO_MANY };

/* Reads "a=1&b=2". Empty pairs are skipped. */
enum http_form_verdict http_form_pairs(struct arena *arena, struct str text,
                                       struct http_form *ret_form);

/* Returns the boundary parameter of a multipart/form-data Content-Type; false when it is another
 * type or the boundary is not one of RFC 2046 5.1.1. */
bool http_form_boundary(struct str content_type, struct str *ret_boundary);

enum http_multipart_state {
    HTTP_MULTIPART_DELIMITER, /* in content, or before the first part */
    HTTP_MULTIPART_BEHIND,    /* a delimiter was read: CRLF or "--" follows */
    HTTP_MULTIPART_BEHIND_CR,
    HTTP_MULTIPART_BEHIND_DASH,
    HTTP_MULTIPART_HEAD,
    HTTP_MULTIPART_END /* the rest is ignored */
};

/* A multipart body being read piece by piece. */
struct http_multipart {
    struct arena *arena;
    struct str delimiter; /* CRLF, two dashes, boundary */
    size_t matched;       /* bytes of the delimiter seen */
    enum http_multipart_state state;
    int64_t at;   /* offset in the body */
    bool in_part; /* content belongs to the last part */
    char *head;   /* LIMIT_PART_HEAD_BYTES, of the current part */
    size_t head_len;
    struct http_form form;
    enum http_form_verdict verdict;
};

/* Starts. What stands before the first delimiter is refused: browsers send nothing there. */
struct http_multipart http_multipart_begin(struct arena *arena, struct str boundary);
/* Takes the next piece. */
enum http_form_verdict http_multipart_feed(struct http_multipart *multipart, struct str bytes);
/* The body is at its end; gives the parts, with offsets but without values. */
enum http_form_verdict http_multipart_end(struct http_multipart *multipart,
                                          struct http_form *ret_form);
