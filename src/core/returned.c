#include "core/returned.h"

#include <sodium.h>

#include "base/id.h"
#include "base/time.h"
#include "core/directory.h"
#include "core/office.h"
#include "core/projection.h"
#include "core/receipt_sql.h"
#include "core/record_sql.h"
#include "core/replay.h"
#include "core/returned_sql.h"
#include "core/version.h"

/* The bytes carry the signature of one of this office's own keys. */
static enum err signed_here(struct call *c, const struct arrival *a, const char *purpose,
                            struct str key, bool *ret_holds)
{
    struct office_key used = {};
    struct arrival own = *a;
    own.office = c->office->id;
    return directory_signed(c, &own, purpose, key, ret_holds, &used);
}

/* ---- versions ---- */

static enum err personal_return(struct call *c, const struct arrival *a, const struct version *v)
{
    const struct kind *kind = module_kind(v->kind);
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = version_body(c, v, body);
    if (e != OK) {
        call_clear(c);
        return fail(c, ERR_INVALID, "arrival.body");
    }
    for (size_t i = 0; e == OK && i < a->personal_count; i++) {
        const struct field *f = field_find(kind->table, a->personal[i].path);
        if (f == NULL || f->type != FIELD_PERSONAL) return fail(c, ERR_INVALID, "arrival.secret");
        struct personal p =
            *(const struct personal *)(const void *)((const char *)body + f->offset);
        p.salt = a->personal[i].salt;
        p.value = a->personal[i].value;
        if (!personal_opens(&p)) return fail(c, ERR_INVALID, "arrival.secret");
        e = personal_insert(c, v, a->personal[i].path, &p);
    }
    return e;
}

/* Whoever else was addressed may have lost nothing, or never had it: the row without a number says
 * that it is still to be sent; what that peer gives back later numbers it. */
static enum err send_again(struct call *c, const struct version *v, enum priority priority)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < v->audience_count; i++) {
        struct str office = str_sub(v->audience[i], 2, v->audience[i].len);
        if (!str_starts(v->audience[i], S("o:")) || str_eq(office, c->office->id)) continue;
        e = returned_outbox_insert(c, office, v, priority);
    }
    return e;
}

/* A version before this one was for this office alone and is lost: the chain has a known hole. */
static enum err hole_note(struct call *c, const struct version *v)
{
    struct str before = {};
    if (v->n == 1) return OK;
    enum err e = version_held(c, v->record, v->n - 1, &before);
    if (e != OK || before.len > 0) return e;
    return lost_insert(c, v->record, v->n - 1);
}

static enum err project_return(struct call *c, const struct version *v)
{
    struct head head = {};
    enum err e = head_load(c, v->record, &head);
    if (e == ERR_NOT_FOUND) {
        call_clear(c);
        return record_apply(c, v);
    }
    if (e != OK) return e;
    if (v->n > head.n) return record_apply(c, v);
    replay_owe(c, v->record);
    return OK;
}

enum err record_return(struct call *c, const struct arrival *arrival, enum priority priority,
                       struct version *ret_version, bool *ret_new)
{
    struct version v = {};
    struct str held = {};
    bool holds = false;
    enum err e = version_parse(c, arrival->bytes, &v);
    if (e == OK) e = signed_here(c, arrival, PURPOSE_VERSION, v.key, &holds);
    if (e != OK) return e;
    if (!holds) return fail(c, ERR_INVALID, "arrival.signature");
    if (!str_eq(v.home, c->office->id)) return fail(c, ERR_INVALID, "arrival.home");
    if (module_kind(v.kind) == NULL) return fail(c, ERR_INVALID, "arrival.kind");
    v.signature = arrival->signature;
    *ret_version = v;
    *ret_new = false;
    e = version_held(c, v.record, v.n, &held);
    if (e != OK) return e;
    if (held.len > 0) {
        return str_eq(held, v.hash) ? OK : fail(c, ERR_CONFLICT, "restore.conflict");
    }
    e = version_insert(c, &v);
    if (e == OK) e = leaf_insert(c, OBJECT_VERSION, v.hash);
    if (e == OK) e = personal_return(c, arrival, &v);
    if (e == OK) e = hole_note(c, &v);
    if (e == OK) e = project_return(c, &v);
    if (e == OK) e = send_again(c, &v, priority);
    if (e == OK) *ret_new = true;
    return e;
}

/* ---- receipts ---- */

static int64_t year_of(int64_t time_ms)
{
    return time_date_of(time_hanoi_day(time_ms)).year;
}

/* Only plain numbers are counted up by a register. */
static bool number_read(struct str text, int64_t *ret_number)
{
    return parse_int(text, 1, INT32_MAX, ret_number);
}

static enum err number_keep(struct call *c, const struct receipt *r)
{
    int64_t number = 0;
    if (r->type != RECEIPT_R2 || !number_read(r->number, &number)) return OK;
    return returned_number_raise(c, year_of(r->time_ms), number);
}

enum err receipt_return(struct call *c, const struct arrival *arrival, struct receipt *ret_receipt,
                        bool *ret_new)
{
    struct receipt r = {};
    struct str hash = version_hash(c, arrival->bytes);
    bool holds = false;
    *ret_new = false;
    enum err e = receipt_parse(c, arrival->bytes, &r);
    if (e == OK) e = signed_here(c, arrival, PURPOSE_RECEIPT, r.key, &holds);
    if (e != OK) return e;
    bool ours = holds && str_eq(r.office, c->office->id);
    if (!ours) return fail(c, ERR_INVALID, "receipt.signature");
    e = receipt_insert(c, &r, hash, arrival->bytes, arrival->signature, ret_new);
    if (e == OK && *ret_new) e = leaf_insert(c, OBJECT_RECEIPT, hash);
    if (e == OK && *ret_new) e = number_keep(c, &r);
    if (e != OK) return e;
    if (*ret_new) store_note(c, str_format(c->arena, "record:%.*s", STR_ARG(r.record)));
    *ret_receipt = r;
    return OK;
}

enum err returned_number_floor(struct call *c, int64_t year, int64_t *ret_number)
{
    struct rows rows = {};
    enum err e = returned_number_get(c, year, &rows);
    if (e == OK) *ret_number = rows.count > 0 ? rows_int(&rows, 0, 0) : 0;
    return e;
}

enum err returned_number_of(struct call *c, struct str record, int64_t *ret_number,
                            int64_t *ret_year)
{
    struct rows rows = {};
    *ret_number = 0;
    enum err e = receipt_r2_newest(c, record, &rows);
    if (e != OK || rows.count == 0) return e;
    if (!number_read(rows_text(&rows, 0, 0), ret_number)) *ret_number = 0;
    *ret_year = year_of(rows_int(&rows, 0, 1));
    return OK;
}
