/* Making obligations anew from the stored versions, after the program learned to tell more. */
#include "base/limits.h"
#include "core/check_run.h"
#include "core/obligation_sql.h"
#include "core/office.h"
#include "core/record_sql.h"
#include "core/substitute.h"

/* What obligations, limits, moves and assignments are made into; grows when `apply` makes other
 * rows of old bytes than before. */
#define OBLIGATION_EDITION S("3")

static const struct str EDITION_NAME = {"obligation.edition", 18};

enum { V_RECORD, V_N, V_KIND, V_HASH, V_BYTES, V_SIG };

static enum err version_remake(struct call *c, struct str bytes)
{
    struct version v = {};
    enum err e = version_parse(c, bytes, &v);
    const struct kind *kind = e == OK ? module_kind(v.kind) : NULL;
    void *body = kind == NULL ? NULL : arena_alloc(c->arena, kind->table->size);
    if (kind != NULL) e = version_body(c, &v, body);
    if (e != OK || kind == NULL) {
        if (e != OK) call_clear(c); /* `check` says what is wrong with it */
        return OK;
    }
    if (v.n > 1) e = assignment_clear(c, v.record);
    if (e == OK) e = substitute_clear(c, v.record);
    if (e == OK && kind->apply != NULL) e = kind->apply(c, &v, body);
    if (e == OK && v.n > 1) e = obligation_sweep(c, &v);
    return e;
}

static enum err page_remake(struct call *c, struct str *after_record, int64_t *after_n,
                            bool *ret_more)
{
    struct call page = *c;
    struct rows rows = {};
    page.arena = arena_open(0);
    enum err e = check_version_page(&page, *after_record, *after_n, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = version_remake(&page, rows_text(&rows, i, V_BYTES));
    *ret_more = e == OK && rows.count > 0;
    if (*ret_more) {
        *after_record = str_copy(c->arena, rows_text(&rows, rows.count - 1, V_RECORD));
        *after_n = rows_int(&rows, rows.count - 1, V_N);
    }
    if (e != OK) (void)fail(c, e, page.failure.reason);
    arena_close(page.arena);
    return e;
}

static enum err remake(struct call *c, void *arg)
{
    struct str after_record = {};
    struct str made = {};
    int64_t after_n = 0;
    bool more = true;
    (void)arg;
    enum err e = projection_columns(c, EDITION_NAME, &made);
    if (e != OK || str_eq(made, OBLIGATION_EDITION)) return e;
    e = obligation_forget(c);
    while (e == OK && more)
        e = page_remake(c, &after_record, &after_n, &more);
    return e != OK ? e : projection_remember(c, EDITION_NAME, OBLIGATION_EDITION);
}

static enum err edition_read(struct call *c, void *arg)
{
    struct str *ret_made = arg;
    return projection_columns(c, EDITION_NAME, ret_made);
}

enum err office_remake(struct call *c)
{
    struct str made = {};
    enum err e = store_read(c, edition_read, &made);
    if (e != OK || str_eq(made, OBLIGATION_EDITION)) return e;
    return store_tx(c, remake, NULL);
}
