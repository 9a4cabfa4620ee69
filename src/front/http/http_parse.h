#pragma once
/*
 * http_parse.h: HTTP/1.1 messages as RFC 9112 writes them, nothing laxer. Bytes in, a struct or a
 * status out; no sockets, no files, no clock. Where the RFC lets a recipient be lenient and a
 * proxy in front might read the same bytes differently, this parser refuses.
 *
 * A head is read in two steps: http_head_scan() finds its end while bytes arrive and refuses the
 * hopeless ones early; http_head_parse() then reads the whole head. However the bytes are cut,
 * the verdict is the same.
 */
#include "base/limits.h"
#include "base/str.h"

enum http_step {
    HTTP_MORE,   /* no verdict yet: feed more bytes */
    HTTP_DONE,   /* complete */
    HTTP_REFUSED /* answer with `status` and close */
};

struct http_header {
    struct str name;  /* as sent */
    struct str value; /* without the white space around it */
};

/* How far the search for the end of a head has come. Zero is the start. */
struct http_scan {
    size_t at;         /* bytes looked at; when done: the length of the head */
    size_t line_from;  /* where the current line begins */
    size_t line_count; /* lines ended so far, an ignored empty first line not counted */
    bool after_cr;     /* the last byte was CR */
    bool skipped;      /* one empty line before the request line was ignored */
    int status;        /* why it was refused */
};

/* A request head. Slices point into the head's bytes or the arena. */
struct http_head {
    struct str method;
    struct str target; /* as sent */
    struct str path;   /* percent-decoded once, UTF-8 in NFC; begins with '/', or "*" for OPTIONS */
    struct str query;  /* raw, without '?'; every percent sign is followed by two digits */
    struct str host;   /* with port, if one was sent; may be empty in HTTP/1.0 */
    int minor;         /* 0 or 1 of HTTP/1.x */
    struct http_header *headers;
    size_t header_count;
    bool chunked;           /* the body comes in chunks */
    int64_t content_length; /* 0 when none was sent or when chunked */
    bool keep_alive;
    bool expects_continue;
};

/* Looks at the bytes that are new since the last call. Shapes: `bytes` is everything since the
 * first byte of the request. Errors: status 400, 414, 431, 501, 505 in scan->status.
 * Source: RFC 9112 2.2, 3. */
enum http_step http_head_scan(struct http_scan *scan, struct str bytes);

/* Reads a whole head, as found by http_head_scan(). Returns 0, or the status to refuse it with:
 * 400, 417, 501, 505. Source: RFC 9112 2 to 7, RFC 9110 7.2, 8.6, 10.1.1. */
int http_head_parse(struct arena *arena, struct str head, struct http_head *ret_head);

enum http_chunk_state {
    HTTP_CHUNK_SIZE,
    HTTP_CHUNK_EXTENSION,
    HTTP_CHUNK_SIZE_LF,
    HTTP_CHUNK_DATA,
    HTTP_CHUNK_DATA_CR,
    HTTP_CHUNK_DATA_LF,
    HTTP_CHUNK_TRAILER,
    HTTP_CHUNK_TRAILER_LF,
    HTTP_CHUNK_DONE
};

/* Where a chunked body stands. Zero is the start. */
struct http_chunks {
    enum http_chunk_state state;
    int64_t left;           /* bytes of the current chunk still to come */
    size_t digits;          /* of the chunk size */
    size_t extension_bytes; /* in the whole body */
    size_t trailer_bytes;
    size_t name_bytes; /* of the current trailer line's name */
    bool in_value;     /* behind the colon of a trailer line */
    int status;
};

/* Takes the next piece of a chunked body. HTTP_MORE with *ret_used < in.len means: call again with
 * the rest. Shapes: *ret_data is the part of `in` that is content, often empty; *ret_used at least
 * 1 unless `in` is empty or the verdict is given. Trailers are checked and dropped.
 * Errors: status 400 or 431. Source: RFC 9112 7.1. */
enum http_step http_chunk_feed(struct http_chunks *chunks, struct str in, size_t *ret_used,
                               struct str *ret_data);

/* Says that `name` is a token of RFC 9110 5.6.2. */
bool http_token(struct str name);
/* Equal without regard to ASCII case. */
bool http_name_eq(struct str a, struct str b);
/* Says that the value may stand in a header: no CR, LF, NUL nor any other control but tab. */
bool http_header_value(struct str value);
/* Decodes percent signs once, and '+' to space when `plus`. False on a broken escape. */
bool http_percent_decode(struct arena *arena, struct str text, bool plus, struct str *ret_text);
/* The border for text: valid UTF-8 without NUL, brought to NFC. False when it is not text. */
bool http_text_read(struct arena *arena, struct str bytes, struct str *ret_text);
/* Decodes and checks a path. False: broken escape, NUL or control, encoded slash or backslash, dot
 * segment, empty segment, not UTF-8. Source: RFC 3986 3.3, 6.2.2. */
bool http_path_decode(struct arena *arena, struct str raw, struct str *ret_path);
