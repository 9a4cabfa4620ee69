#include "core/receipt.h"

#include "base/id.h"
#include "core/directory.h"
#include "core/office.h"
#include "core/receipt_sql.h"
#include "core/record_sql.h"
#include "core/version.h"
#include "store/blob.h"

static const char *const TYPE_WORDS[] = {"R2", "R-", "R3", NULL};

struct receipt_form {
    int64_t phoihop;
    struct receipt r;
};

#define AT(member) .offset = offsetof(struct receipt_form, member)
static const struct field FORM_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(phoihop), .max = 1, .required = true},
    {.name = "receipt", .type = FIELD_CHOICE, AT(r.type), .choices = TYPE_WORDS, .required = true},
    {.name = "record", .type = FIELD_RECORD, AT(r.record), .required = true},
    {.name = "n", .type = FIELD_INT, AT(r.n), .max = 1000000, .required = true},
    {.name = "hash", .type = FIELD_TEXT, AT(r.hash), .max = 64, .required = true},
    {.name = "office", .type = FIELD_OFFICE, AT(r.office), .required = true},
    {.name = "person", .type = FIELD_RECORD, AT(r.person)},
    {.name = "time", .type = FIELD_INSTANT, AT(r.time_ms), .required = true},
    {.name = "number", .type = FIELD_TEXT, AT(r.number), .max = 40},
    {.name = "reason", .type = FIELD_LONG, AT(r.reason), .max = 2000},
    {.name = "key", .type = FIELD_TEXT, AT(r.key), .max = 16, .required = true},
};
#undef AT
static const struct field_table FORM_TABLE =
    FIELD_TABLE("receipt", struct receipt_form, FORM_FIELDS);

static struct str form_bytes(struct call *c, const struct receipt_form *form)
{
    struct sb sb = sb_new(c->arena, 0);
    fields_write(&sb, &FORM_TABLE, form);
    return sb_str(&sb);
}

/* R2 says "complete": every file of the version is here and has its root. */
static enum err files_complete(struct call *c, const struct version *v)
{
    const struct kind *kind = module_kind(v->kind);
    if (kind == NULL) return fail(c, ERR_INVALID, "version.kind");
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = version_body(c, v, body);
    for (size_t i = 0; e == OK && i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (f->type != FIELD_FILES) continue;
        const struct list *list = (const void *)((const char *)body + f->offset);
        const struct file_ref *files = list->rows;
        for (size_t k = 0; e == OK && k < list->count; k++) {
            if (blob_has(c, c->office->dir, files[k].root)) continue;
            (void)!fail(c, ERR_CONFLICT, "receipt.files_missing");
            e = fail_arg(c, "name", files[k].name);
        }
    }
    return e;
}

enum err receipt_issue(struct call *c, const struct receipt *receipt)
{
    struct head head = {};
    struct version v = {};
    bool fresh = false;
    enum err e = record_head(c, receipt->record, &head);
    if (e != OK) return e;
    e = record_version(c, head.record, head.n, &v);
    if (e == OK && str_eq(v.home, c->office->id)) return fail(c, ERR_CONFLICT, "receipt.own");
    if (e == OK && receipt->type == RECEIPT_R2) e = files_complete(c, &v);
    if (e != OK) return e;
    struct receipt_form form = {.phoihop = 1, .r = *receipt};
    form.r.n = v.n;
    form.r.hash = v.hash;
    form.r.office = c->office->id;
    if (form.r.type != RECEIPT_R3) form.r.person = c->who.person;
    form.r.time_ms = c->now_ms;
    form.r.key = c->office->key;
    return receipt_keep_own(c, &form.r, &v, &fresh);
}

enum err receipt_refuse(struct call *c, const struct version *v, struct str reason)
{
    bool fresh = false;
    struct receipt r = {
        .type = RECEIPT_REFUSED,
        .record = v->record,
        .n = v->n,
        .hash = v->hash,
        .office = c->office->id,
        .person = c->who.person,
        .time_ms = c->now_ms,
        .reason = reason,
        .key = c->office->key,
    };
    return receipt_keep_own(c, &r, v, &fresh);
}

enum err receipt_keep_own(struct call *c, const struct receipt *r, const struct version *v,
                          bool *ret_new)
{
    ensure(r->type >= RECEIPT_R2 && r->type <= RECEIPT_R3);
    ensure(str_eq(r->office, c->office->id));
    ensure(r->type != RECEIPT_R3 || r->person.len == 0);
    struct receipt_form form = {.phoihop = 1, .r = *r};
    fields_check(c, &FORM_TABLE, &form);
    enum err e = problems_fail(c);
    if (e != OK) return e;
    struct str bytes = form_bytes(c, &form);
    struct str hash = version_hash(c, bytes);
    e = receipt_insert(c, r, hash, bytes, (struct str){}, ret_new);
    if (e != OK || !*ret_new) return e;
    e = leaf_insert(c, OBJECT_RECEIPT, hash);
    if (e == OK) e = outbox_insert(c, v->home, hash, OBJECT_RECEIPT, v, PRIORITY_CONTROL);
    if (e == OK) store_note(c, str_format(c->arena, "record:%.*s", STR_ARG(v->record)));
    return e;
}

enum err receipt_parse(struct call *c, struct str bytes, struct receipt *ret_receipt)
{
    struct receipt_form form = {};
    enum err e = fields_read(c, &FORM_TABLE, bytes, UNKNOWN_REFUSE, &form);
    if (e != OK) {
        call_clear(c); /* the sender hears that it is no receipt */
        return fail(c, ERR_INVALID, "receipt.form");
    }
    bool named = form.r.type == RECEIPT_R3 && form.r.person.len > 0; /* who looked is nobody's */
    if (named || !str_eq(form_bytes(c, &form), bytes)) return fail(c, ERR_INVALID, "receipt.form");
    *ret_receipt = form.r;
    return OK;
}

enum err receipt_arrive(struct call *c, const struct arrival *arrival, struct receipt *ret_receipt)
{
    ensure(arrival->personal_count == 0);
    struct receipt r = {};
    struct version about = {};
    struct office_key key = {};
    bool holds = false;
    bool fresh = false;
    enum err e = receipt_parse(c, arrival->bytes, &r);
    if (e == OK) e = directory_signed(c, arrival, PURPOSE_RECEIPT, r.key, &holds, &key);
    if (e != OK) return e;
    holds = holds && str_eq(r.office, arrival->office);
    if (!holds) return fail(c, ERR_INVALID, "receipt.signature");
    if (key.place < arrival->key_place) return fail(c, ERR_INVALID, "arrival.old_key");
    struct str hash = version_hash(c, arrival->bytes);
    e = record_version(c, r.record, r.n, &about);
    if (e != OK && c->failure.err == ERR_NOT_FOUND) {
        call_clear(c);
        return fail(c, ERR_INVALID, "receipt.unknown");
    }
    if (e != OK) return e;
    struct str party = str_format(c->arena, "o:%.*s", STR_ARG(r.office));
    bool ours = str_eq(about.home, c->office->id) && str_eq(about.hash, r.hash) &&
                version_addresses(&about, party);
    if (!ours) return fail(c, ERR_INVALID, "receipt.unknown");
    bool theirs = r.person.len == 0 || str_eq(id_home(r.person), r.office);
    if (!theirs) return fail(c, ERR_INVALID, "receipt.form");
    e = receipt_insert(c, &r, hash, arrival->bytes, arrival->signature, &fresh);
    if (e == OK && fresh) e = leaf_insert(c, OBJECT_RECEIPT, hash);
    if (e != OK) return e;
    if (fresh) store_note(c, str_format(c->arena, "record:%.*s", STR_ARG(r.record)));
    *ret_receipt = r;
    return OK;
}
