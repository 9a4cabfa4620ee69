#include "front/http/http_form.h"

#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024 };

enum http_form_verdict http_form_pairs(struct arena *arena, struct str text,
                                       struct http_form *ret_form)
{
    struct http_form form = {
        .parts = arena_array(arena, LIMIT_FORM_PARTS, sizeof *form.parts),
    };
    while (text.len > 0) {
        struct str pair = {};
        struct str raw_name = {};
        struct str raw_value = {};
        (void)str_cut(text, '&', &pair, &text);
        if (pair.len == 0) continue;
        if (form.count == LIMIT_FORM_PARTS) return HTTP_FORM_TOO_MANY;
        struct http_part *part = &form.parts[form.count++];
        (void)str_cut(pair, '=', &raw_name, &raw_value);
        bool read = http_percent_decode(arena, raw_name, true, &part->name) &&
                    http_percent_decode(arena, raw_value, true, &part->value) &&
                    http_text_read(arena, part->name, &part->name) &&
                    http_text_read(arena, part->value, &part->value);
        if (!read) return HTTP_FORM_BAD;
        part->media = S("text/plain");
        part->size = (int64_t)part->value.len;
    }
    *ret_form = form;
    return HTTP_FORM_OK;
}

/* `size` bytes of the body from `offset`, in memory. False when the file cannot be read. */
static bool body_slice(struct arena *arena, const struct http_body *body, int64_t offset,
                       int64_t size, struct str *ret_slice)
{
    ensure(offset >= 0);
    ensure(offset + size <= body->size);
    if (!body->spooled) {
        *ret_slice = str_sub(body->bytes, (size_t)offset, (size_t)(offset + size));
        return true;
    }
    char *to = arena_alloc(arena, (size_t)size + 1);
    int64_t at = 0;
    while (at < size) {
        ssize_t n = pread(body->fd, to + at, (size_t)(size - at), (off_t)(offset + at));
        if (n <= 0) return false;
        at += n;
    }
    *ret_slice = (struct str){to, (size_t)size};
    return true;
}

/* Gives plain fields their text, and files their bytes when those are in memory anyway. */
static enum http_form_verdict values_fill(struct arena *arena, const struct http_body *body,
                                          struct http_form *form)
{
    for (size_t i = 0; i < form->count; i++) {
        struct http_part *part = &form->parts[i];
        if (part->file && body->spooled) continue;
        if (!part->file && part->size > LIMIT_HTTP_MEMORY_BODY_BYTES) return HTTP_FORM_BAD;
        if (!body_slice(arena, body, part->offset, part->size, &part->value)) return HTTP_FORM_BAD;
        if (part->file) continue;
        if (!http_text_read(arena, part->value, &part->value)) return HTTP_FORM_BAD;
    }
    return HTTP_FORM_OK;
}

static enum http_form_verdict multipart_read(struct arena *arena, const struct http_body *body,
                                             struct str boundary, struct http_form *ret_form)
{
    struct http_multipart multipart = http_multipart_begin(arena, boundary);
    struct arena *pieces = arena_open(0);
    int64_t at = 0;
    while (at < body->size && multipart.verdict == HTTP_FORM_OK) {
        int64_t left = body->size - at;
        struct str piece = {};
        int64_t take = left < PIECE_BYTES ? left : PIECE_BYTES;
        arena_reset(pieces);
        if (!body_slice(pieces, body, at, take, &piece)) break;
        (void)http_multipart_feed(&multipart, piece);
        at += take;
    }
    arena_close(pieces);
    struct http_form form = {};
    enum http_form_verdict verdict = http_multipart_end(&multipart, &form);
    if (verdict == HTTP_FORM_OK) verdict = values_fill(arena, body, &form);
    if (verdict == HTTP_FORM_OK) *ret_form = form;
    return verdict;
}

enum err http_form_read(struct call *c, const struct http_request *rq, struct http_form *ret_form)
{
    struct str type = http_header(rq, S("content-type"));
    struct str media = str_trim(str_sub(type, 0, str_find(type, S(";"), 0)));
    struct str boundary = {};
    struct str text = {};
    enum http_form_verdict verdict = HTTP_FORM_BAD;
    if (media.len == 0 && rq->body.size == 0) {
        *ret_form = (struct http_form){};
        return OK;
    }
    if (http_name_eq(media, S("application/x-www-form-urlencoded"))) {
        if (body_slice(rq->arena, &rq->body, 0, rq->body.size, &text)) {
            verdict = http_form_pairs(rq->arena, text, ret_form);
        }
    } else if (http_form_boundary(type, &boundary)) {
        verdict = multipart_read(rq->arena, &rq->body, boundary, ret_form);
    } else {
        return fail(c, ERR_SYNTAX, "http.form_media");
    }
    if (verdict == HTTP_FORM_TOO_MANY) return fail(c, ERR_LIMIT, "http.form_parts");
    return verdict == HTTP_FORM_OK ? OK : fail(c, ERR_SYNTAX, "http.form");
}

struct str http_form_value(const struct http_form *form, struct str name)
{
    for (size_t i = 0; i < form->count; i++) {
        const struct http_part *part = &form->parts[i];
        if (!part->file && str_eq(part->name, name)) return part->value;
    }
    return (struct str){};
}

bool http_form_has(const struct http_form *form, struct str name)
{
    size_t at = 0;
    return http_form_next(form, name, &at) != NULL;
}

const struct http_part *http_form_next(const struct http_form *form, struct str name, size_t *at)
{
    ensure(*at <= form->count);
    while (*at < form->count) {
        const struct http_part *part = &form->parts[(*at)++];
        if (str_eq(part->name, name)) return part;
    }
    return NULL;
}
