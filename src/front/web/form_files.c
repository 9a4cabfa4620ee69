/* Files between two sendings of a form: stored once, carried on under a seal. */
#include <sodium.h>

#include "base/limits.h"
#include "core/office.h"
#include "front/web/form.h"
#include "store/blob.h"

/* The session stands in the sealed text: what one person uploaded another cannot name. */
static struct str seal(struct call *c, struct str session, struct str text)
{
    struct str whole = str_format(c->arena, "file %.*s %.*s", STR_ARG(session), STR_ARG(text));
    return pass_mark(c->arena, c->office, whole);
}

struct str form_kept_write(struct call *c, struct str session, const struct file_ref *file)
{
    struct str text = str_format(c->arena, "%.*s %lld %.*s %.*s", STR_ARG(file->root),
                                 (long long)file->size, STR_ARG(file->media), STR_ARG(file->name));
    struct str mark = seal(c, session, text);
    return str_format(c->arena, "%.*s %.*s", STR_ARG(mark), STR_ARG(text));
}

bool form_kept_read(struct call *c, struct str session, struct str text, struct file_ref *ret_file)
{
    struct str mark = {};
    struct str rest = {};
    struct str size = {};
    struct file_ref file = {};
    if (session.len == 0 || !str_cut(text, ' ', &mark, &rest)) return false;
    struct str wanted = seal(c, session, rest);
    if (mark.len != wanted.len || sodium_memcmp(mark.ptr, wanted.ptr, mark.len) != 0) return false;
    bool whole = str_cut(rest, ' ', &file.root, &rest) && str_cut(rest, ' ', &size, &rest) &&
                 str_cut(rest, ' ', &file.media, &file.name);
    if (!whole || !parse_int(size, 0, LIMIT_FILE_BYTES, &file.size)) return false;
    *ret_file = file;
    return true;
}

/* Stores one upload. */
static enum err upload_store(struct call *c, const struct form_store *store,
                             const struct http_part *upload, struct file_ref *ret_file)
{
    struct file_ref file = {.name = upload->filename, .media = upload->media, .size = upload->size};
    enum err e = OK;
    if (store->rq->body.spooled) {
        e = blob_import(c, store->dir, store->rq->body.fd, upload->offset, file.size, &file.root);
    } else {
        struct blob_writer *writer = NULL;
        int64_t size = 0;
        e = blob_create(c, store->dir, LIMIT_FILE_BYTES, &writer);
        if (e == OK) e = blob_write(c, writer, upload->value);
        if (e == OK) e = blob_finish(c, writer, &file.root, &size);
    }
    if (e != OK) return e;
    *ret_file = file;
    return OK;
}

/* The files of one field: kept ones first, then new ones. */
static enum err field_files(struct call *c, const struct field *f, const struct form_store *store,
                            struct form *form, struct list *to)
{
    struct str name = str_of(f->name);
    size_t rows = form_rows(form, name);
    struct file_ref *files = arena_array(c->arena, rows + form->upload_count + 1, sizeof *files);
    size_t count = 0;
    for (size_t row = 0; row < rows; row++) {
        struct str text = form_row_get(c, form, name, row, S("keep"));
        if (form_kept_read(c, store->session, text, &files[count])) count++;
    }
    size_t next = rows;
    for (size_t i = 0; i < form->upload_count; i++) {
        if (!str_eq(form->uploads[i].name, name)) continue;
        enum err e = upload_store(c, store, &form->uploads[i], &files[count]);
        if (e != OK) return e;
        struct str path = str_format(c->arena, "%s.%zu.keep", f->name, next++);
        form_add(c, form, path, form_kept_write(c, store->session, &files[count]));
        count++;
    }
    *to = (struct list){.rows = files, .count = count};
    return OK;
}

enum err form_files(struct call *c, const struct field_table *table, const struct form_store *store,
                    struct form *form, void *to)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (f->type != FIELD_FILES) continue;
        enum err e = field_files(c, f, store, form, (void *)((char *)to + f->offset));
        if (e != OK) return e;
    }
    return OK;
}
