#include "core/upload.h"

#include "core/org_sql.h"
#include "store/store.h"

static enum err note_step(struct call *c, void *arg)
{
    const struct str *root = arg;
    return upload_put(c, *root);
}

enum err upload_note(struct call *c, struct str root)
{
    if (c->who.person.len == 0) return fail(c, ERR_LOGIN, "login");
    return store_tx(c, note_step, &root);
}

static enum err list_check(struct call *c, const struct list *list)
{
    const struct file_ref *files = list->rows;
    for (size_t i = 0; i < list->count; i++) {
        bool own = false;
        enum err e = upload_has(c, files[i].root, &own);
        if (own) continue;
        if (e == OK) e = fail(c, ERR_NOT_FOUND, "blob.missing");
        return fail_arg(c, "name", files[i].name);
    }
    return OK;
}

struct checking {
    const struct field_table *table;
    const void *from;
};

static enum err check_step(struct call *c, void *arg)
{
    const struct checking *checking = arg;
    const struct field_table *table = checking->table;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (f->type != FIELD_FILES) continue;
        e = list_check(c, (const void *)((const char *)checking->from + f->offset));
    }
    return e;
}

enum err upload_check(struct call *c, const struct field_table *table, const void *from)
{
    struct checking checking = {table, from};
    bool any = false;
    for (size_t i = 0; i < table->count; i++)
        any = any || table->fields[i].type == FIELD_FILES;
    return any ? store_read(c, check_step, &checking) : OK;
}
