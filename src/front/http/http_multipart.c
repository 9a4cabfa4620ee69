#include <string.h>

#include "front/http/http_form.h"

/*
 * The delimiter begins with the only CR it holds. So after a mismatch the next match can begin at
 * the mismatching byte at the earliest, and nothing must be read twice.
 */

enum { BOUNDARY_BYTES_MAX = 70 };

static bool boundary_char(char ch)
{
    bool alnum = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
    return alnum || (ch != '\0' && strchr("'()+_,-./:=? ", ch) != NULL);
}

/* One ";"-separated parameter; its value is a token or a quoted string. Quoted pairs are those
 * browsers make in file names: a backslash before a quote or a backslash. */
struct parameter {
    struct str name;
    struct str value;
};

/* Reads a quoted string behind its opening quote. False when it does not end. */
static bool quoted_read(struct arena *arena, struct str *rest, struct str *ret_value)
{
    char *to = arena_alloc(arena, rest->len + 1);
    size_t len = 0;
    for (size_t i = 0; i < rest->len; i++) {
        char ch = rest->ptr[i];
        if (ch == '"') {
            *ret_value = (struct str){to, len};
            *rest = str_sub(*rest, i + 1, rest->len);
            return true;
        }
        bool pair = ch == '\\' && i + 1 < rest->len &&
                    (rest->ptr[i + 1] == '"' || rest->ptr[i + 1] == '\\');
        if (pair) ch = rest->ptr[++i];
        to[len++] = ch;
    }
    return false;
}

/* Takes the next parameter off `rest`, which begins behind the main value. *ret_bad tells a broken
 * one from the end. */
static bool parameter_next(struct arena *arena, struct str *rest, struct parameter *ret_parameter,
                           bool *ret_bad)
{
    *rest = str_trim(*rest);
    if (rest->len == 0) return false;
    *ret_bad = true;
    if (rest->ptr[0] != ';') return false;
    struct str name = {};
    struct str value = {};
    struct str after = str_trim(str_sub(*rest, 1, rest->len));
    if (!str_cut(after, '=', &name, &after) || !http_token(name)) return false;
    if (after.len > 0 && after.ptr[0] == '"') {
        after = str_sub(after, 1, after.len);
        if (!quoted_read(arena, &after, &value)) return false;
    } else {
        size_t end = str_find(after, S(";"), 0);
        value = str_trim(str_sub(after, 0, end));
        after = str_sub(after, end, after.len);
        if (!http_token(value)) return false;
    }
    *ret_bad = false;
    *rest = after;
    *ret_parameter = (struct parameter){name, value};
    return true;
}

bool http_form_boundary(struct str content_type, struct str *ret_boundary)
{
    size_t end = str_find(content_type, S(";"), 0);
    struct str media = str_trim(str_sub(content_type, 0, end));
    if (!http_name_eq(media, S("multipart/form-data"))) return false;
    struct str rest = str_sub(content_type, end, content_type.len);
    size_t at = str_find(rest, S("boundary="), 0);
    struct str value = str_sub(rest, at + 9, rest.len);
    if (value.len > 0 && value.ptr[0] == '"') {
        size_t close = str_find(value, S("\""), 1);
        if (close == value.len) return false;
        value = str_sub(value, 1, close);
    } else {
        value = str_trim(str_sub(value, 0, str_find(value, S(";"), 0)));
    }
    if (value.len == 0 || value.len > BOUNDARY_BYTES_MAX) return false;
    for (size_t i = 0; i < value.len; i++) {
        if (!boundary_char(value.ptr[i])) return false;
    }
    *ret_boundary = value;
    return true;
}

struct http_multipart http_multipart_begin(struct arena *arena, struct str boundary)
{
    ensure(boundary.len > 0);
    ensure(boundary.len <= BOUNDARY_BYTES_MAX);
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S("\r\n--"));
    sb_put(&sb, boundary);
    return (struct http_multipart){
        .arena = arena,
        .delimiter = sb_str(&sb),
        .matched = 2, /* the body begins as if behind a line end */
        .head = arena_alloc(arena, LIMIT_PART_HEAD_BYTES),
    };
}

/* Keeps only what is behind the last slash or backslash: some clients send whole paths. */
static struct str base_name(struct str filename)
{
    size_t from = 0;
    for (size_t i = 0; i < filename.len; i++) {
        if (filename.ptr[i] == '/' || filename.ptr[i] == '\\') from = i + 1;
    }
    return str_sub(filename, from, filename.len);
}

/* Browsers write a quote, CR and LF in names as %22, %0D and %0A. Source: WHATWG HTML 4.10.22.7. */
static struct str unescape(struct arena *arena, struct str text)
{
    static const struct {
        const char *code;
        char ch;
    } ESCAPES[] = {{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}};
    char *to = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        struct str code = str_sub(text, i, i + 3);
        for (size_t k = 0; k < ARRAY_LEN(ESCAPES); k++) {
            if (!str_eq(code, str_of(ESCAPES[k].code))) continue;
            ch = ESCAPES[k].ch;
            i += 2;
            break;
        }
        to[len++] = ch;
    }
    return (struct str){to, len};
}

static bool disposition_read(struct arena *arena, struct str value, struct http_part *part)
{
    size_t end = str_find(value, S(";"), 0);
    if (!http_name_eq(str_trim(str_sub(value, 0, end)), S("form-data"))) return false;
    struct str rest = str_sub(value, end, value.len);
    struct parameter parameter = {};
    bool bad = false;
    bool named = false;
    while (parameter_next(arena, &rest, &parameter, &bad)) {
        struct str text = unescape(arena, parameter.value);
        if (http_name_eq(parameter.name, S("name"))) {
            part->name = text;
            named = true;
        } else if (http_name_eq(parameter.name, S("filename"))) {
            part->filename = base_name(text);
            part->file = true;
        }
    }
    return !bad && named && http_text_read(arena, part->name, &part->name) &&
           http_text_read(arena, part->filename, &part->filename) &&
           http_header_value(part->filename);
}

static struct str lower_copy(struct arena *arena, struct str text)
{
    char *to = arena_copy(arena, text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++) {
        if (to[i] >= 'A' && to[i] <= 'Z') to[i] = (char)(to[i] - 'A' + 'a');
    }
    return (struct str){to, text.len};
}

/* Reads the header lines of one part. */
static bool head_read(struct http_multipart *multipart, struct http_part *part)
{
    struct str rest = {multipart->head, multipart->head_len};
    bool disposed = false;
    part->media = S("text/plain");
    while (rest.len > 0) {
        struct str name = {};
        struct str value = {};
        size_t end = str_find(rest, S("\r\n"), 0);
        struct str line = str_sub(rest, 0, end);
        rest = str_sub(rest, end + 2, rest.len);
        if (line.len == 0) break;
        if (!str_cut(line, ':', &name, &value) || !http_token(name)) return false;
        if (!http_header_value(value)) return false;
        value = str_trim(value);
        if (http_name_eq(name, S("content-disposition"))) {
            if (disposed || !disposition_read(multipart->arena, value, part)) return false;
            disposed = true;
        } else if (http_name_eq(name, S("content-type"))) {
            part->media = lower_copy(multipart->arena, value);
        }
    }
    return disposed;
}

/* A part's head is complete: makes the part. */
static enum http_form_verdict part_begin(struct http_multipart *multipart)
{
    struct http_form *form = &multipart->form;
    if (form->count == LIMIT_FORM_PARTS) return HTTP_FORM_TOO_MANY;
    if (form->parts == NULL) {
        form->parts = arena_array(multipart->arena, LIMIT_FORM_PARTS, sizeof *form->parts);
    }
    struct http_part *part = &form->parts[form->count++];
    if (!head_read(multipart, part)) return HTTP_FORM_BAD;
    part->offset = multipart->at;
    multipart->in_part = true;
    multipart->head_len = 0;
    multipart->matched = 0;
    multipart->state = HTTP_MULTIPART_DELIMITER;
    return HTTP_FORM_OK;
}

static enum http_form_verdict take_head(struct http_multipart *multipart, char ch)
{
    if (multipart->head_len == LIMIT_PART_HEAD_BYTES) return HTTP_FORM_BAD;
    multipart->head[multipart->head_len++] = ch;
    struct str head = {multipart->head, multipart->head_len};
    return str_ends(head, S("\r\n\r\n")) ? part_begin(multipart) : HTTP_FORM_OK;
}

/* The whole delimiter was seen: the content ended before it. */
static void part_end(struct http_multipart *multipart)
{
    multipart->state = HTTP_MULTIPART_BEHIND;
    if (!multipart->in_part) return;
    ensure(multipart->form.count > 0);
    struct http_part *part = &multipart->form.parts[multipart->form.count - 1];
    part->size = multipart->at - (int64_t)multipart->delimiter.len - part->offset;
    multipart->in_part = false;
    ensure(part->size >= 0);
}

static enum http_form_verdict take_delimiter(struct http_multipart *multipart, char ch)
{
    struct str delimiter = multipart->delimiter;
    ensure(multipart->matched < delimiter.len);
    if (ch == delimiter.ptr[multipart->matched]) {
        multipart->matched++;
        if (multipart->matched == delimiter.len) part_end(multipart);
        return HTTP_FORM_OK;
    }
    if (!multipart->in_part) return HTTP_FORM_BAD;
    multipart->matched = ch == delimiter.ptr[0] ? 1 : 0;
    return HTTP_FORM_OK;
}

static enum http_form_verdict take_behind(struct http_multipart *multipart, char ch)
{
    multipart->state = ch == '\r' ? HTTP_MULTIPART_BEHIND_CR : HTTP_MULTIPART_BEHIND_DASH;
    return ch == '\r' || ch == '-' ? HTTP_FORM_OK : HTTP_FORM_BAD;
}

static enum http_form_verdict take_byte(struct http_multipart *multipart, char ch)
{
    switch (multipart->state) {
    case HTTP_MULTIPART_DELIMITER: return take_delimiter(multipart, ch);
    case HTTP_MULTIPART_BEHIND: return take_behind(multipart, ch);
    case HTTP_MULTIPART_BEHIND_CR:
        multipart->state = HTTP_MULTIPART_HEAD;
        return ch == '\n' ? HTTP_FORM_OK : HTTP_FORM_BAD;
    case HTTP_MULTIPART_BEHIND_DASH:
        multipart->state = HTTP_MULTIPART_END;
        return ch == '-' ? HTTP_FORM_OK : HTTP_FORM_BAD;
    case HTTP_MULTIPART_HEAD: return take_head(multipart, ch);
    case HTTP_MULTIPART_END: break;
    }
    return HTTP_FORM_OK;
}

/* The number of bytes that cannot be part of a delimiter: most of a large file. */
static size_t plain_run(const struct http_multipart *multipart, struct str bytes)
{
    bool content = multipart->state == HTTP_MULTIPART_DELIMITER && multipart->in_part &&
                   multipart->matched == 0;
    return content ? str_find(bytes, S("\r"), 0) : 0;
}

enum http_form_verdict http_multipart_feed(struct http_multipart *multipart, struct str bytes)
{
    size_t i = 0;
    while (i < bytes.len && multipart->verdict == HTTP_FORM_OK) {
        size_t run = plain_run(multipart, str_sub(bytes, i, bytes.len));
        if (run == 0) {
            multipart->at++;
            multipart->verdict = take_byte(multipart, bytes.ptr[i++]);
        } else {
            multipart->at += (int64_t)run;
            i += run;
        }
    }
    return multipart->verdict;
}

enum http_form_verdict http_multipart_end(struct http_multipart *multipart,
                                          struct http_form *ret_form)
{
    if (multipart->verdict != HTTP_FORM_OK) return multipart->verdict;
    if (multipart->state != HTTP_MULTIPART_END) return HTTP_FORM_BAD;
    *ret_form = multipart->form;
    return HTTP_FORM_OK;
}
