#include "exchange/files.h"

static const struct list *files_of(const struct field *f, const void *body)
{
    ensure(f->type == FIELD_FILES);
    return (const void *)((const char *)body + f->offset);
}

enum err version_files(struct call *c, const struct version *v, struct file_ref **ret_files,
                       size_t *ret_count)
{
    const struct kind *kind = module_kind(v->kind);
    size_t count = 0;
    *ret_count = 0;
    if (kind == NULL) return OK;
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = version_body(c, v, body);
    if (e != OK) return e;
    for (size_t i = 0; i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (f->type == FIELD_FILES) count += files_of(f, body)->count;
    }
    struct file_ref *files = arena_array(c->arena, count, sizeof *files);
    for (size_t i = 0; i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (f->type != FIELD_FILES) continue;
        const struct list *list = files_of(f, body);
        const struct file_ref *from = list->rows;
        for (size_t k = 0; k < list->count; k++)
            files[(*ret_count)++] = from[k];
    }
    ensure(*ret_count == count);
    *ret_files = files;
    return OK;
}
