#include "core/check.h"

#include "base/words.h"
#include "core/check_run.h"

#include <unistd.h>

void check_differs(struct check *k, const char *what, struct str where)
{
    struct call *c = k->c;
    k->differences++;
    if (k->differences > CHECK_DIFFERENCES_MAX) return;
    struct node *row = node_add_map(c, k->list);
    node_text(c, row, "what", str_of(what));
    node_text(c, row, "where", str_copy(c->arena, where));
    node_text(c, row, "text", words(c->lang, str_format(c->arena, "check.%s", what)));
}

struct call check_child(const struct check *k)
{
    struct call child = *k->c;
    child.arena = arena_open(0);
    child.failure = (struct failure){};
    return child;
}

void check_child_end(struct call *child)
{
    arena_close(child->arena);
}

/* The scratch database: named by chance, so that two checks at a time do not meet. */
static enum err scratch_schema(struct call *scratch, void *arg)
{
    (void)arg;
    enum err e = check_scratch_schema(scratch);
    for (size_t i = 0; e == OK && i < modules_count(); i++) {
        const char *sql = modules_at(i)->scratch;
        if (sql != NULL) e = store_script(scratch, str_of(sql));
    }
    return e;
}

static enum err scratch_open(struct check *k)
{
    struct call *c = k->c;
    struct call scratch = call_begin(c->env, NULL, c->office);
    k->scratch_path = str_format(c->arena, "%.*s/tmp/check-%.*s.db", STR_ARG(c->office->dir),
                                 STR_ARG(call_random_id(c, 10)));
    const struct store_config config = {
        .path = k->scratch_path.ptr, .inline_writer = true, .sync_off = true};
    enum err e = store_open(&scratch, &config, &k->scratch);
    scratch.store = k->scratch;
    if (e == OK) e = office_migrate(&scratch);
    if (e == OK) e = store_tx(&scratch, scratch_schema, NULL);
    if (e != OK) (void)fail(c, e, scratch.failure.reason);
    call_end(&scratch);
    return e;
}

static void scratch_remove(const struct check *k)
{
    static const char *const ENDS[] = {"", "-wal", "-shm"};
    store_close(k->scratch);
    for (size_t i = 0; i < ARRAY_LEN(ENDS); i++) {
        struct str path = str_format(k->c->arena, "%.*s%s", STR_ARG(k->scratch_path), ENDS[i]);
        (void)unlink(path.ptr);
    }
}

static enum err check_all(struct call *c, void *arg)
{
    struct check *k = arg;
    (void)c;
    enum err e = check_versions(k);
    if (e == OK) e = check_receipts(k);
    if (e == OK) e = check_leaves(k);
    if (e == OK) e = check_projections(k);
    if (e == OK && k->more != NULL) e = k->more(k);
    return e;
}

enum err check_office(struct call *c, enum err (*more)(struct check *k), struct node *ret_report)
{
    struct check *k = arena_alloc(c->arena, sizeof *k);
    k->c = c;
    k->more = more;
    k->list = node_list(c);
    enum err e = scratch_open(k);
    if (e == OK) e = store_read(c, check_all, k);
    scratch_remove(k);
    if (e != OK) return e;
    node_bool(c, ret_report, "equal", k->differences == 0);
    node_int(c, ret_report, "versions", k->versions);
    node_int(c, ret_report, "receipts", k->receipts);
    node_int(c, ret_report, "files", k->files);
    node_int(c, ret_report, "tables", k->tables);
    node_int(c, ret_report, "rows", k->rows);
    node_int(c, ret_report, "difference_count", k->differences);
    node_put(ret_report, "differences", k->list);
    return OK;
}
