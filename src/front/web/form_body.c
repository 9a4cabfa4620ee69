/* Reading the bytes of a form: urlencoded and multipart/form-data. */
#include "front/web/form.h"

#include <string.h>
#include <sys/mman.h>

#include "base/limits.h"
#include "base/utf8.h"

enum { FORM_NAME_BYTES = 200, FORM_MEDIA_BYTES = 100 };

enum err form_read_query(struct call *c, struct str query, struct form *form)
{
    struct str rest = query;
    while (rest.len > 0) {
        struct str pair = {};
        struct str raw_name = {};
        struct str raw_text = {};
        struct str name = {};
        struct str text = {};
        (void)str_cut(rest, '&', &pair, &rest);
        (void)str_cut(pair, '=', &raw_name, &raw_text);
        bool decoded = http_percent_decode(c->arena, raw_name, true, &name) &&
                       http_percent_decode(c->arena, raw_text, true, &text);
        if (!decoded || !http_text_valid(name) || !http_text_valid(text)) {
            return fail(c, ERR_SYNTAX, "web.form");
        }
        if (form->count == FORM_VALUES_MAX) return fail(c, ERR_LIMIT, "web.form_values");
        form_add(c, form, name, text);
    }
    return OK;
}

struct mapping {
    void *at;
    size_t bytes;
};

static void unmap(void *arg)
{
    struct mapping *mapping = arg;
    (void)munmap(mapping->at, mapping->bytes); /* nothing can be done about a failure */
}

enum err form_body_bytes(struct call *c, const struct http_request *rq, struct str *ret_bytes)
{
    if (!rq->body.spooled) {
        *ret_bytes = rq->body.bytes;
        return OK;
    }
    struct mapping *mapping = arena_alloc(c->arena, sizeof *mapping);
    mapping->bytes = (size_t)rq->body.size;
    mapping->at = mmap(NULL, mapping->bytes, PROT_READ, MAP_PRIVATE, rq->body.fd, 0);
    if (mapping->at == MAP_FAILED) return fail(c, ERR_IO, "web.form_body");
    arena_defer(c->arena, unmap, mapping);
    *ret_bytes = (struct str){mapping->at, mapping->bytes};
    return OK;
}

/* As str_find, but quick over many megabytes. */
static size_t find(struct str s, struct str needle, size_t from)
{
    if (from >= s.len) return s.len;
    const char *at = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
    return at == NULL ? s.len : (size_t)(at - s.ptr);
}

/* The value of a parameter such as name="x" in a header line. Quotes inside are %22 by the
 * standard, a few clients write \". Source: WHATWG HTML 4.10.22.8. */
static struct str parameter(struct call *c, struct str line, const char *name)
{
    struct str wanted = str_format(c->arena, "%s=\"", name);
    size_t at = str_find(line, wanted, 0);
    while (at < line.len && at > 0 && line.ptr[at - 1] != ' ' && line.ptr[at - 1] != ';') {
        at = str_find(line, wanted, at + 1);
    }
    if (at == line.len) return (struct str){};
    size_t from = at + wanted.len;
    size_t to = from;
    while (to < line.len && (line.ptr[to] != '"' || line.ptr[to - 1] == '\\')) to++;
    return str_sub(line, from, to);
}

/* Undoes %22, %0D and %0A, the only escapes browsers write into names, and drops folders. */
static struct str file_name(struct call *c, struct str raw)
{
    struct str name = raw;
    struct str folder = {};
    while (str_cut(name, '\\', &folder, &name)) continue;
    if (name.len == 0) name = folder;
    struct str rest = name;
    while (str_cut(rest, '/', &folder, &rest)) name = rest;
    struct sb sb = sb_new(c->arena, LIMIT_NAME_BYTES * 2);
    for (size_t i = 0; i < name.len; i++) {
        struct str escape = str_sub(name, i, i + 3);
        if (str_eq(escape, S("%22"))) {
            sb_char(&sb, '\'');
            i += 2;
        } else if ((unsigned char)name.ptr[i] >= 0x20 && name.ptr[i] != 0x7f) {
            sb_char(&sb, name.ptr[i]);
        }
    }
    struct str clean = sb_str(&sb);
    if (!utf8_valid(clean)) return S("file");
    clean = utf8_nfc(c->arena, clean);
    clean = str_trim(str_sub(clean, 0, utf8_cut(clean, LIMIT_NAME_BYTES)));
    return clean.len == 0 ? S("file") : clean;
}

static struct str media_type(struct call *c, struct str line)
{
    struct str head = {};
    struct str rest = {};
    struct str type = {};
    struct str subtype = {};
    (void)str_cut(line, ';', &head, &rest);
    head = str_trim(head);
    bool good = head.len <= FORM_MEDIA_BYTES && str_cut(head, '/', &type, &subtype) &&
                http_token(type) && http_token(subtype);
    return good ? str_copy(c->arena, head) : S("application/octet-stream");
}

struct part {
    struct str disposition;
    struct str media;
};

static bool part_head(struct str head, struct part *ret_part)
{
    struct str rest = head;
    while (rest.len > 0) {
        size_t end = str_find(rest, S("\r\n"), 0);
        struct str name = {};
        struct str value = {};
        if (!str_cut(str_sub(rest, 0, end), ':', &name, &value)) return false;
        if (http_name_eq(name, S("Content-Disposition"))) ret_part->disposition = str_trim(value);
        if (http_name_eq(name, S("Content-Type"))) ret_part->media = str_trim(value);
        rest = str_sub(rest, end + 2, rest.len);
    }
    return str_starts(ret_part->disposition, S("form-data"));
}

static enum err part_take(struct call *c, struct str body, struct str head, size_t from, size_t to,
                          struct form *form)
{
    struct part part = {};
    if (!part_head(head, &part)) return fail(c, ERR_SYNTAX, "web.form");
    struct str name = str_copy(c->arena, parameter(c, part.disposition, "name"));
    if (name.len == 0 || name.len > FORM_NAME_BYTES) return fail(c, ERR_SYNTAX, "web.form");
    struct str bytes = str_sub(body, from, to);
    if (str_find(part.disposition, S("filename="), 0) == part.disposition.len) {
        if (!http_text_valid(bytes)) return fail(c, ERR_SYNTAX, "web.form");
        if (form->count == FORM_VALUES_MAX) return fail(c, ERR_LIMIT, "web.form_values");
        form_add(c, form, name, bytes);
        return OK;
    }
    struct str raw = parameter(c, part.disposition, "filename");
    if (raw.len == 0) return OK; /* a file field left empty */
    if (form->upload_count == FORM_UPLOADS_MAX) return fail(c, ERR_LIMIT, "web.form_parts");
    form->uploads[form->upload_count++] = (struct form_upload){.field = name,
                                                               .name = file_name(c, raw),
                                                               .media = media_type(c, part.media),
                                                               .bytes = bytes,
                                                               .offset = (int64_t)from};
    return OK;
}

static enum err multipart(struct call *c, struct str body, struct str boundary, struct form *form)
{
    struct str first = str_format(c->arena, "--%.*s", STR_ARG(boundary));
    struct str mark = str_format(c->arena, "\r\n--%.*s", STR_ARG(boundary));
    form->uploads = arena_array(c->arena, FORM_UPLOADS_MAX, sizeof *form->uploads);
    if (!str_starts(body, first)) return fail(c, ERR_SYNTAX, "web.form");
    size_t at = first.len;
    for (size_t parts = 0; !str_eq(str_sub(body, at, at + 2), S("--")); parts++) {
        if (parts == LIMIT_FORM_PARTS) return fail(c, ERR_LIMIT, "web.form_parts");
        if (!str_eq(str_sub(body, at, at + 2), S("\r\n"))) return fail(c, ERR_SYNTAX, "web.form");
        struct str window = str_sub(body, 0, at + 2 + LIMIT_PART_HEAD_BYTES);
        size_t head_end = find(window, S("\r\n\r\n"), at + 2);
        if (head_end == window.len) return fail(c, ERR_LIMIT, "web.form_parts");
        size_t end = find(body, mark, head_end + 2);
        if (end == body.len) return fail(c, ERR_SYNTAX, "web.form");
        /* An empty part ends where its head ends: both share the line end. */
        size_t from = head_end + 4 <= end ? head_end + 4 : end;
        enum err e = part_take(c, body, str_sub(body, at + 2, head_end), from, end, form);
        if (e != OK) return e;
        at = end + mark.len;
    }
    return OK;
}

enum err form_read_body(struct call *c, const struct http_request *rq, struct form *form)
{
    struct str type = http_header(rq, S("Content-Type"));
    struct str body = {};
    if (rq->body.size == 0) return OK;
    enum err e = form_body_bytes(c, rq, &body);
    if (e != OK) return e;
    if (!str_starts(type, S("multipart/form-data"))) return form_read_query(c, body, form);
    size_t at = str_find(type, S("boundary="), 0);
    struct str boundary = str_trim(str_sub(type, at + 9, type.len));
    if (boundary.len > 2 && boundary.ptr[0] == '"') boundary = str_sub(boundary, 1, boundary.len - 1);
    if (boundary.len == 0 || boundary.len > 70) return fail(c, ERR_SYNTAX, "web.form");
    return multipart(c, body, boundary, form);
}
