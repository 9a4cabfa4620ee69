/* From the HTTP core's parts to names and texts. */
#include "front/web/form.h"

#include <sys/mman.h>

#include "front/http/http_form.h"

enum err form_read_query(struct call *c, struct str query, struct form *form)
{
    struct http_form read = {};
    switch (http_form_pairs(c->arena, query, &read)) {
    case HTTP_FORM_OK: break;
    case HTTP_FORM_BAD: return fail(c, ERR_SYNTAX, "http.form");
    case HTTP_FORM_TOO_MANY: return fail(c, ERR_LIMIT, "http.form_parts");
    }
    for (size_t i = 0; i < read.count; i++) {
        form_add(c, form, read.parts[i].name, read.parts[i].value);
    }
    return OK;
}

enum err form_read_body(struct call *c, const struct http_request *rq, struct form *form)
{
    struct http_form read = {};
    enum err e = http_form_read(c, rq, &read);
    if (e != OK) return e;
    form->uploads = arena_array(c->arena, read.count + 1, sizeof *form->uploads);
    for (size_t i = 0; i < read.count; i++) {
        const struct http_part *part = &read.parts[i];
        if (!part->file) {
            form_add(c, form, part->name, part->value);
        } else if (part->filename.len > 0) { /* an empty file input names no file */
            form->uploads[form->upload_count++] = *part;
        }
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
