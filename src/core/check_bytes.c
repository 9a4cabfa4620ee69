/* Every stored version and receipt against its hash, its signature and its columns. */
#include "core/check_run.h"
#include "core/passage.h"

#include "core/directory.h"
#include "core/receipt.h"
#include "core/record_sql.h"
#include "core/version.h"
#include "store/blob.h"

/* Columns of check_version_page and check_receipt_page. */
enum { V_RECORD, V_N, V_KIND, V_HASH, V_BYTES, V_SIG, V_KEY, V_HOME };
enum {
    R_HASH,
    R_BYTES,
    R_SIG,
    R_RECORD,
    R_N,
    R_TYPE,
    R_OFFICE,
    R_PERSON,
    R_TIME,
    R_NUMBER,
    R_REASON,
    R_KEY,
    R_VERSION_HASH
};

static struct str version_name(struct call *c, struct str record, int64_t n)
{
    return str_format(c->arena, "%.*s/%lld", STR_ARG(record), (long long)n);
}

/* Who is said to have signed what. */
struct claim {
    struct str office;
    struct str key; /* its id */
    const char *purpose;
    struct str bytes;
    struct str signature;
};

static enum err claim_check(struct check *k, struct call *c, const struct claim *claim,
                            struct str where)
{
    bool good = false;
    bool below = true;
    struct office_key key = {};
    const struct arrival said = {
        .bytes = claim->bytes, .signature = claim->signature, .office = claim->office};
    enum err e = directory_signed(c, &said, claim->purpose, claim->key, &good, &key);
    if (e == OK && !good) check_differs(k, "signature", where);
    bool own = str_eq(claim->office, c->office->id);
    if (e != OK || !good || !own || !key.revoked) return e;
    e = check_leaf_below(c, version_hash(c, claim->bytes), key.revoked_size, &below);
    if (e == OK && !below) check_differs(k, "revoked", where);
    return e;
}

static enum err chain_check(struct check *k, struct call *c, const struct version *v,
                            struct str where)
{
    struct str before = {};
    enum err e = version_held(c, v->record, v->n - 1, &before);
    if (e != OK) return e;
    if (v->n == 1) {
        if (v->prev.len > 0) check_differs(k, "chain", where);
        return OK;
    }
    if (before.len > 0) {
        if (!str_eq(before, v->prev)) check_differs(k, "chain", where);
        return OK;
    }
    /* An addressee may be left out for some versions. Our own have no hole but the known ones. */
    bool known = !str_eq(v->home, c->office->id);
    if (!known) e = check_lost(c, v->record, v->n - 1, &known);
    if (e == OK && !known) check_differs(k, "chain", where);
    return e;
}

static bool columns_agree(const struct version *v, const struct rows *rows, size_t i)
{
    return str_eq(v->record, rows_text(rows, i, V_RECORD)) && v->n == rows_int(rows, i, V_N) &&
           str_eq(v->kind, rows_text(rows, i, V_KIND)) &&
           str_eq(v->home, rows_text(rows, i, V_HOME)) && str_eq(v->key, rows_text(rows, i, V_KEY));
}

static enum err file_check(struct check *k, struct call *c, struct call *scratch, struct str root,
                           bool expected, struct str where)
{
    bool seen = false;
    enum err e = check_file_seen(scratch, root, &seen);
    if (e != OK || seen) return e;
    struct str name = str_format(c->arena, "%.*s %.*s", STR_ARG(where), STR_ARG(root));
    if (!blob_has(c, c->office->dir, root)) {
        if (expected) check_differs(k, "file_missing", name);
        return OK;
    }
    k->files++;
    e = blob_verify(c, c->office->dir, root);
    if (e == OK) return OK;
    call_clear(c); /* named in the report */
    check_differs(k, "file", name);
    return OK;
}

/* The files a version names: ours are here; those of others once this office registered them. */
static enum err files_check(struct check *k, struct call *c, struct call *scratch,
                            const struct version *v, const struct kind *kind, const void *body)
{
    struct str where = version_name(c, v->record, v->n);
    bool expected = str_eq(v->home, c->office->id) && !passage_declines(v);
    enum err e = OK;
    if (!expected) e = check_registered(c, v->record, v->n, c->office->id, &expected);
    for (size_t i = 0; e == OK && i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (f->type != FIELD_FILES) continue;
        const struct list *list = (const void *)((const char *)body + f->offset);
        const struct file_ref *files = list->rows;
        for (size_t n = 0; e == OK && n < list->count; n++) {
            e = file_check(k, c, scratch, files[n].root, expected, where);
        }
    }
    return e;
}

/* Values of personal fields against the hashes that were signed; an erased one is not here. */
static enum err personal_check(struct check *k, struct call *c, struct call *scratch,
                               const struct version *v, const struct kind *kind, const void *body)
{
    struct rows rows = {};
    enum err e = check_personal(c, v->record, v->n, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        const struct field *f = field_find(kind->table, rows_text(&rows, i, 0));
        struct personal p = {};
        if (f != NULL && f->type == FIELD_PERSONAL) {
            p = *(const struct personal *)(const void *)((const char *)body + f->offset);
        }
        p.salt = rows_text(&rows, i, 1);
        p.value = rows_text(&rows, i, 2);
        if (!personal_opens(&p)) check_differs(k, "personal", version_name(c, v->record, v->n));
    }
    return e == OK ? check_personal_copy(scratch, v->record, v->n, &rows) : e;
}

/* What the bytes mean, once they are known to be the signed ones. */
static enum err meaning_check(struct check *k, struct call *c, struct call *scratch,
                              const struct version *v)
{
    const struct kind *kind = module_kind(v->kind);
    if (kind == NULL) return OK; /* of a subject that was taken out: kept, not shown */
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = version_body(c, v, body);
    if (e != OK) {
        call_clear(c);
        check_differs(k, "body", version_name(c, v->record, v->n));
        return OK;
    }
    e = files_check(k, c, scratch, v, kind, body);
    if (e == OK) e = personal_check(k, c, scratch, v, kind, body);
    if (e == OK) e = record_apply(scratch, v);
    return e;
}

/* Every office on the record's way signed that it gave it on. */
static enum err passages_check(struct check *k, struct call *c, const struct version *v,
                               struct str where)
{
    enum err e = passages_verify(c, v, 0, PASSAGE_KEYS_EVER);
    if (e != ERR_INVALID) return e;
    call_clear(c);
    check_differs(k, "passage", where);
    return OK;
}

static enum err version_check(struct check *k, struct call *c, struct call *scratch,
                              const struct rows *rows, size_t i)
{
    struct str where = version_name(c, rows_text(rows, i, V_RECORD), rows_int(rows, i, V_N));
    struct str bytes = rows_text(rows, i, V_BYTES);
    struct str hash = rows_text(rows, i, V_HASH);
    struct version v = {};
    k->versions++;
    if (!str_eq(version_hash(c, bytes), hash)) check_differs(k, "hash", where);
    enum err e = version_parse(c, bytes, &v);
    if (e != OK) {
        call_clear(c);
        check_differs(k, "form", where);
        return OK;
    }
    v.signature = rows_text(rows, i, V_SIG);
    if (!columns_agree(&v, rows, i)) check_differs(k, "columns", where);
    const struct claim claim = {v.home, v.key, PURPOSE_VERSION, bytes, v.signature};
    e = claim_check(k, c, &claim, where);
    if (e == OK) e = passages_check(k, c, &v, where);
    if (e == OK) e = chain_check(k, c, &v, where);
    if (e == OK) e = check_version_copy(scratch, rows, i);
    if (e == OK) e = meaning_check(k, c, scratch, &v);
    return e;
}

struct page {
    struct check *k;
    struct call *reader;
    const struct rows *rows;
};

static enum err page_check(struct call *scratch, void *arg)
{
    const struct page *page = arg;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < page->rows->count; i++)
        e = version_check(page->k, page->reader, scratch, page->rows, i);
    if (e == OK || scratch->failure.err != OK) return e;
    return fail(scratch, e, page->reader->failure.reason); /* the reader's, told once */
}

/* One page with arenas of its own. `ret_more` is false after the last. */
static enum err page_run(struct check *k, struct str *after_record, int64_t *after_n,
                         bool *ret_more)
{
    struct rows rows = {};
    struct call reader = check_child(k);
    struct call scratch = call_begin(k->c->env, k->scratch, k->c->office);
    enum err e = check_version_page(&reader, *after_record, *after_n, &rows);
    *ret_more = e == OK && rows.count > 0;
    if (*ret_more) {
        struct page page = {k, &reader, &rows};
        *after_record = str_copy(k->c->arena, rows_text(&rows, rows.count - 1, V_RECORD));
        *after_n = rows_int(&rows, rows.count - 1, V_N);
        e = store_tx(&scratch, page_check, &page);
        if (e != OK && reader.failure.err == OK) (void)fail(&reader, e, scratch.failure.reason);
    }
    if (e != OK) (void)fail(k->c, e, reader.failure.reason);
    call_end(&scratch);
    check_child_end(&reader);
    return e;
}

static enum err statement_apply(struct call *scratch, void *arg)
{
    const struct version *v = arg;
    const struct kind *kind = module_kind(v->kind);
    void *body = arena_alloc(scratch->arena, kind->table->size);
    enum err e = version_body(scratch, v, body);
    return e != OK ? e : kind->apply(scratch, v, body);
}

static enum err statements_apply(struct check *k, struct call *c, struct str kind)
{
    struct rows rows = {};
    enum err e = check_newest(c, kind, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct call scratch = call_begin(k->c->env, k->scratch, k->c->office);
        struct version v = {};
        e = record_version(c, rows_text(&rows, i, 0), rows_int(&rows, i, 1), &v);
        if (e == OK) e = store_tx(&scratch, statement_apply, &v);
        if (e != OK && c->failure.err == OK) (void)fail(c, e, scratch.failure.reason);
        call_end(&scratch);
    }
    return e;
}

/* Statements about whole offices come first: they change what all other versions mean here. */
static enum err statements_first(struct check *k)
{
    struct call reader = check_child(k);
    enum err e = OK;
    for (size_t m = 0; e == OK && m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; e == OK && i < module->kind_count; i++) {
            const struct kind *kind = &module->kinds[i];
            if (kind->open) e = statements_apply(k, &reader, str_of(kind->table->name));
        }
    }
    if (e != OK) (void)fail(k->c, e, reader.failure.reason);
    check_child_end(&reader);
    return e;
}

enum err check_versions(struct check *k)
{
    struct str after_record = {};
    int64_t after_n = 0;
    bool more = true;
    enum err e = statements_first(k);
    while (e == OK && more)
        e = page_run(k, &after_record, &after_n, &more);
    return e;
}

static bool receipt_columns_agree(const struct receipt *r, const struct rows *rows, size_t i)
{
    return str_eq(r->record, rows_text(rows, i, R_RECORD)) && r->n == rows_int(rows, i, R_N) &&
           r->type == rows_int(rows, i, R_TYPE) &&
           str_eq(r->office, rows_text(rows, i, R_OFFICE)) &&
           str_eq(r->person, rows_text(rows, i, R_PERSON)) &&
           r->time_ms == rows_int(rows, i, R_TIME) &&
           str_eq(r->number, rows_text(rows, i, R_NUMBER)) &&
           str_eq(r->reason, rows_text(rows, i, R_REASON)) &&
           str_eq(r->key, rows_text(rows, i, R_KEY));
}

static enum err receipt_check(struct check *k, struct call *c, const struct rows *rows, size_t i)
{
    struct receipt r = {};
    struct str bytes = rows_text(rows, i, R_BYTES);
    struct str held = rows_text(rows, i, R_VERSION_HASH);
    struct str where = str_format(c->arena, "%.*s", STR_ARG(rows_text(rows, i, R_HASH)));
    k->receipts++;
    if (!str_eq(version_hash(c, bytes), rows_text(rows, i, R_HASH)))
        check_differs(k, "hash", where);
    enum err e = receipt_parse(c, bytes, &r);
    if (e != OK) {
        call_clear(c);
        check_differs(k, "form", where);
        return OK;
    }
    if (!receipt_columns_agree(&r, rows, i)) check_differs(k, "columns", where);
    if (held.len > 0 && !str_eq(held, r.hash)) check_differs(k, "receipt", where);
    const struct claim claim = {r.office, r.key, PURPOSE_RECEIPT, bytes, rows_text(rows, i, R_SIG)};
    return claim_check(k, c, &claim, where);
}

enum err check_receipts(struct check *k)
{
    struct str after = {};
    bool more = true;
    enum err e = OK;
    while (e == OK && more) {
        struct rows rows = {};
        struct call reader = check_child(k);
        e = check_receipt_page(&reader, after, &rows);
        for (size_t i = 0; e == OK && i < rows.count; i++)
            e = receipt_check(k, &reader, &rows, i);
        more = rows.count > 0;
        if (more) after = str_copy(k->c->arena, rows_text(&rows, rows.count - 1, R_HASH));
        if (e != OK) (void)fail(k->c, e, reader.failure.reason);
        check_child_end(&reader);
    }
    return e;
}

enum err check_leaves(struct check *k)
{
    struct rows rows = {};
    enum err e = check_without_leaf(k->c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        check_differs(k, "leaf", rows_text(&rows, i, 0));
    return e;
}
