/* Making, taking in and applying versions. */
#include "core/record.h"

#include <sodium.h>

#include "base/id.h"
#include "base/limits.h"
#include "core/directory.h"
#include "core/heir.h"
#include "core/obligation_sql.h"
#include "core/office.h"
#include "core/passage.h"
#include "core/projection.h"
#include "core/record_sql.h"
#include "core/replay.h"
#include "core/substitute.h"
#include "core/version.h"
#include "store/blob.h"

enum err record_head(struct call *c, struct str record, struct head *ret_head)
{
    return head_load(c, record, ret_head);
}

enum err record_head_visible(struct call *c, struct str record, struct head *ret_head)
{
    bool visible = false;
    enum err e = record_visible(c, record, &visible);
    if (e != OK) return e;
    if (!visible) return fail(c, ERR_NOT_FOUND, "record.not_found");
    return head_load(c, record, ret_head);
}

enum err record_version(struct call *c, struct str record, int64_t n, struct version *ret_version)
{
    return version_load(c, record, n, ret_version);
}

/* Fills the values of personal fields from the erasable side table. */
static enum err personal_fill(struct call *c, const struct kind *kind, const struct version *v,
                              void *body)
{
    struct rows rows = {};
    bool any = false;
    for (size_t i = 0; i < kind->table->count; i++) {
        any = any || kind->table->fields[i].type == FIELD_PERSONAL;
    }
    if (!any) return OK;
    enum err e = personal_load(c, v->record, v->n, &rows);
    if (e != OK) return e;
    for (size_t i = 0; i < rows.count; i++) {
        const struct field *f = field_find(kind->table, rows_text(&rows, i, 0));
        if (f == NULL || f->type != FIELD_PERSONAL) continue;
        struct personal *p = (void *)((char *)body + f->offset);
        p->salt = rows_text(&rows, i, 1);
        p->value = rows_text(&rows, i, 2);
    }
    return OK;
}

static enum err body_load(struct call *c, const char *kind_name, const struct head *head,
                          void *ret_body)
{
    struct version v = {};
    if (!str_eq(head->kind, str_of(kind_name))) return fail(c, ERR_CONFLICT, "record.kind");
    enum err e = version_load(c, head->record, head->n, &v);
    if (e == OK) e = version_body(c, &v, ret_body);
    if (e == OK) e = personal_fill(c, module_kind(v.kind), &v, ret_body);
    return e;
}

enum err record_body(struct call *c, const char *kind, struct str record, void *ret_body)
{
    struct head head = {};
    enum err e = record_head(c, record, &head);
    return e != OK ? e : body_load(c, kind, &head, ret_body);
}

struct str record_body_title(struct call *c, const struct kind *kind, const void *body)
{
    const struct field *f =
        kind->title == NULL ? NULL : field_find(kind->table, str_of(kind->title));
    if (f == NULL || f->type == FIELD_PERSONAL) return (struct str){};
    struct str title = field_get_text(c->arena, f, body);
    return f->type == FIELD_PERSON ? person_title(c, title) : title;
}

struct str record_title(struct call *c, struct str record)
{
    struct head head = {};
    struct str title = {};
    enum err e = record_head_visible(c, record, &head);
    const struct kind *kind = e == OK ? module_kind(head.kind) : NULL;
    if (kind != NULL) {
        void *body = arena_alloc(c->arena, kind->table->size);
        e = record_body(c, kind->table->name, record, body);
        if (e == OK) title = record_body_title(c, kind, body);
    }
    if (e != OK) call_clear(c); /* the line stands without a title */
    return title;
}

enum err record_body_visible(struct call *c, const char *kind, struct str record, void *ret_body)
{
    struct head head = {};
    enum err e = record_head_visible(c, record, &head);
    return e != OK ? e : body_load(c, kind, &head, ret_body);
}

/* The file of that root, or NULL. */
static const struct file_ref *file_find(const struct field_table *table, const void *body,
                                        struct str root)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct field *f = &table->fields[i];
        if (f->type != FIELD_FILES) continue;
        const struct list *list = (const void *)((const char *)body + f->offset);
        const struct file_ref *files = list->rows;
        for (size_t k = 0; k < list->count; k++) {
            if (str_eq(files[k].root, root)) return &files[k];
        }
    }
    return NULL;
}

enum err record_file_visible(struct call *c, struct str record, struct str root,
                             const struct file_ref **ret_file)
{
    struct head head = {};
    enum err e = record_head_visible(c, record, &head);
    if (e != OK) return e;
    const struct kind *kind = module_kind(head.kind);
    if (kind == NULL) return fail(c, ERR_NOT_FOUND, "record.not_found");
    void *body = arena_alloc(c->arena, kind->table->size);
    e = body_load(c, kind->table->name, &head, body);
    if (e != OK) return e;
    *ret_file = file_find(kind->table, body, root);
    return *ret_file != NULL ? OK : fail(c, ERR_NOT_FOUND, "blob.missing");
}

/* The wanted parties, sorted, each once, with this office always among them. */
static enum err audience_of(struct call *c, const struct put *put, struct version *v)
{
    struct rows rows = {};
    size_t count = put->audience_count;
    if (put->audience == NULL && put->record.len > 0) {
        enum err e = audience_load(c, put->record, &rows);
        if (e != OK) return e;
        count = rows.count;
    }
    struct str *parties = arena_array(c->arena, count + 1, sizeof *parties);
    struct str own = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    size_t used = 0;
    bool inside = false; /* a narrower audience within this office was asked for */
    for (size_t i = 0; i < count; i++) {
        struct str party = put->audience != NULL ? put->audience[i] : rows_text(&rows, i, 0);
        bool known = false;
        enum err e = heir_party(c, &party);
        if (e != OK) return e;
        for (size_t k = 0; k < used; k++)
            known = known || str_eq(parties[k], party);
        inside = inside || !str_starts(party, S("o:")) || str_eq(party, own);
        if (!known) parties[used++] = party;
    }
    if (!inside) parties[used++] = own;
    if (used > LIMIT_AUDIENCE) return fail(c, ERR_LIMIT, "record.audience");
    for (size_t i = 1; i < used; i++) {
        for (size_t k = i; k > 0 && str_compare(parties[k - 1], parties[k]) > 0; k--) {
            struct str swap = parties[k];
            parties[k] = parties[k - 1];
            parties[k - 1] = swap;
        }
    }
    v->audience = parties;
    v->audience_count = used;
    return OK;
}

/* Only its home writes the next version; while the record is moving that is only an answer. */
static enum err home_check(struct call *c, const struct put *put, const struct head *head)
{
    bool home = str_eq(head->home, c->office->id);
    bool fits = home ? head->moving == put->answers : !head->moving;
    if (!fits) return fail(c, ERR_CONFLICT, head->moving ? "record.moving" : "record.not_moving");
    return home ? OK : fail(c, ERR_DENIED, "record.not_home");
}

/* Every version repeats how the record came here. */
static enum err passages_load(struct call *c, const struct head *head, struct version *v)
{
    struct version held = {};
    if (head->passages == 0) return OK;
    enum err e = version_load(c, head->record, head->n, &held);
    v->passages = held.passages;
    v->passage_count = held.passage_count;
    return e;
}

/* Fills record, n, prev, passages of the next version; refuses what is stale or not ours. */
static enum err succeed(struct call *c, const struct put *put, struct version *v)
{
    if (put->record.len == 0) {
        v->record = str_format(c->arena, "%.*s.%.*s", STR_ARG(c->office->id),
                               STR_ARG(call_random_id(c, ID_RANDOM_BYTES)));
        v->n = 1;
        return OK;
    }
    struct head head = {};
    enum err e = head_load(c, put->record, &head);
    if (e != OK && c->failure.err == ERR_NOT_FOUND && str_starts(put->record, c->office->id)) {
        call_clear(c); /* the caller chose the id of a new record */
        v->record = put->record;
        v->n = 1;
        return OK;
    }
    if (e != OK) return e;
    e = home_check(c, put, &head);
    if (e != OK) return e;
    if (!str_eq(head.kind, str_of(put->kind))) return fail(c, ERR_CONFLICT, "record.kind");
    if (put->seen_n > 0 && put->seen_n != head.n) return fail(c, ERR_STALE, "record.stale");
    v->record = head.record;
    v->n = head.n + 1;
    v->prev = head.hash;
    e = passages_load(c, &head, v);
    if (e == OK) e = passage_follow(c, v);
    return e == OK && put->give_to.len > 0 ? passage_add(c, v, put->give_to) : e;
}

/* Seals personal values; stores them beside the version. Mutates the body on purpose: the caller's
 * struct then holds what was signed. */
static enum err personal_store(struct call *c, const struct kind *kind, const struct version *v,
                               const void *body)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (f->type != FIELD_PERSONAL) continue;
        const struct personal *p = (const void *)((const char *)body + f->offset);
        if (p->salt.len > 0) e = personal_insert(c, v, str_of(f->name), p);
    }
    return e;
}

static void *personal_sealed(struct call *c, const struct kind *kind, const void *body)
{
    void *sealed = arena_copy(c->arena, body, kind->table->size);
    for (size_t i = 0; i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (f->type != FIELD_PERSONAL) continue;
        struct personal *p = (void *)((char *)sealed + f->offset);
        if (p->value.len > 0) personal_seal(c, p);
    }
    return sealed;
}

/* The file lies in the store and is as long as the version says: a receiver asks for that much. */
static enum err file_is_here(struct call *c, const struct file_ref *file)
{
    int fd = -1;
    int64_t size = 0;
    bool here = blob_has(c, c->office->dir, file->root);
    if (!here) {
        (void)!fail(c, ERR_NOT_FOUND, "blob.missing");
        return fail_arg(c, "name", file->name);
    }
    enum err e = blob_open(c, c->office->dir, file->root, &fd, &size);
    if (e != OK) return e;
    if (size == file->size) return OK;
    (void)!fail(c, ERR_INVALID, "record.file_size");
    return fail_arg(c, "name", file->name);
}

/* Every file a version names must lie in the store before anyone may be told of it. */
static enum err files_are_here(struct call *c, const struct kind *kind, const void *body)
{
    for (size_t i = 0; i < kind->table->count; i++) {
        const struct field *f = &kind->table->fields[i];
        if (f->type != FIELD_FILES) continue;
        const struct list *list = (const void *)((const char *)body + f->offset);
        const struct file_ref *files = list->rows;
        for (size_t k = 0; k < list->count; k++) {
            enum err e = file_is_here(c, &files[k]);
            if (e != OK) return e;
        }
    }
    return OK;
}

static enum err send_out(struct call *c, const struct version *v, enum priority priority)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < v->audience_count; i++) {
        struct str office = str_sub(v->audience[i], 2, v->audience[i].len);
        if (!str_starts(v->audience[i], S("o:")) || str_eq(office, c->office->id)) continue;
        e = outbox_insert(c, office, v->hash, OBJECT_VERSION, v, priority);
    }
    return e;
}

static enum err keep(struct call *c, const struct version *v)
{
    enum err e = version_insert(c, v);
    if (e == OK) e = leaf_insert(c, OBJECT_VERSION, v->hash);
    return e;
}

/* Projects a version whose body is at hand. */
static enum err project(struct call *c, const struct kind *kind, const struct version *v,
                        const void *body)
{
    enum err e = head_store(c, v);
    if (e == OK) e = audience_store(c, v);
    if (e == OK) e = heir_audience(c, v->record);
    if (e == OK) e = substitute_audience(c, v->record);
    if (e == OK && v->n > 1) e = assignment_clear(c, v->record);
    if (e == OK && v->n > 1) e = substitute_clear(c, v->record);
    if (e == OK) e = projection_put(c, kind, v, body);
    if (e == OK && kind->apply != NULL) e = kind->apply(c, v, body);
    if (e == OK && v->n > 1) e = obligation_sweep(c, v);
    if (e != OK) return e;
    store_note(c, str_format(c->arena, "record:%.*s", STR_ARG(v->record)));
    store_note(c, str_format(c->arena, "kind:%.*s", STR_ARG(v->kind)));
    return OK;
}

enum err record_apply(struct call *c, const struct version *v)
{
    const struct kind *kind = module_kind(v->kind);
    if (kind == NULL) return fail(c, ERR_INVALID, "version.kind");
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = version_body(c, v, body);
    if (e == OK) e = personal_fill(c, kind, v, body);
    return e != OK ? e : project(c, kind, v, body);
}

enum err record_put(struct call *c, const struct put *put, struct act_result *ret_result)
{
    ensure(put->body != NULL);
    ensure(put->audience != NULL || put->audience_count == 0);
    const struct kind *kind = module_kind(str_of(put->kind));
    ensure(kind != NULL);
    enum err e = kind->local ? OK : heir_refuse_own(c);
    if (e != OK) return e;
    struct version v = {
        .kind = str_of(put->kind),
        .home = c->office->id,
        .schema = kind->schema,
        .person = c->who.person,
        .time_ms = c->now_ms,
        .key = c->office->key,
    };
    e = succeed(c, put, &v);
    if (e == OK) e = audience_of(c, put, &v);
    if (e != OK) return e;
    const void *body = personal_sealed(c, kind, put->body);
    fields_check(c, kind->table, body);
    e = problems_fail(c);
    /* whoever declines need not have what it declines */
    if (e == OK && !passage_declines(&v)) e = files_are_here(c, kind, body);
    if (e == OK) e = version_write(c, &v, kind, body);
    if (e == OK && kind->valid != NULL) e = kind->valid(c, &v, body);
    if (e == OK) e = keep(c, &v);
    if (e == OK) e = personal_store(c, kind, &v, body);
    if (e == OK) e = project(c, kind, &v, body);
    if (e == OK && kind->tell != NULL) e = kind->tell(c, &v, body);
    if (e == OK) e = send_out(c, &v, put->priority);
    if (e != OK) return e;
    ret_result->record = v.record;
    ret_result->n = v.n;
    return OK;
}

bool version_addresses(const struct version *v, struct str party)
{
    for (size_t i = 0; i < v->audience_count; i++) {
        if (str_eq(v->audience[i], party)) return true;
    }
    return false;
}

/* What must hold of an arrival before anything is written. */
static enum err arrival_check(struct call *c, const struct arrival *a, const struct version *v)
{
    bool holds = false;
    struct office_key key = {};
    if (!str_eq(v->home, a->office)) return fail(c, ERR_INVALID, "arrival.home");
    if (str_eq(v->home, c->office->id)) return fail(c, ERR_INVALID, "arrival.home");
    enum err e = directory_signed(c, a, PURPOSE_VERSION, v->key, &holds, &key);
    if (e != OK) return e;
    if (!holds) return fail(c, ERR_INVALID, "arrival.signature");
    /* an office speaks for its own people only */
    bool own = v->person.len == 0 || str_eq(id_home(v->person), v->home);
    if (!own) return fail(c, ERR_INVALID, "arrival.person");
    const struct kind *kind = module_kind(v->kind);
    bool direct = kind == NULL || kind->open ||
                  version_addresses(v, str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)));
    bool meant = direct;
    e = direct ? OK : heir_is_meant(c, v, &meant);
    if (e != OK) return e;
    /* what comes because another office ended may be older than the key */
    bool old = key.place < a->key_place && (direct || key.revoked);
    if (old) return fail(c, ERR_INVALID, "arrival.old_key");
    if (!meant) return fail(c, ERR_INVALID, "arrival.audience");
    if (kind == NULL) return fail(c, ERR_INVALID, "arrival.kind");
    return kind->local ? fail(c, ERR_INVALID, "arrival.local") : OK;
}

enum place {
    PLACE_NEXT,    /* it becomes the newest one */
    PLACE_EARLIER, /* of a record that has passed: another office's feed was faster */
    PLACE_KNOWN,   /* nothing is to be done */
};

/* The version n, if it is held, has this hash. */
static enum err neighbour_check(struct call *c, struct str record, int64_t n, struct str hash)
{
    struct str held = {};
    enum err e = version_held(c, record, n, &held);
    if (e != OK) return e;
    return held.len == 0 || str_eq(held, hash) ? OK : fail(c, ERR_CONFLICT, "arrival.fork");
}

/* A version that is older than the newest one held. */
static enum err arrival_is_older(struct call *c, const struct version *v,
                                 const struct version *head, enum place *ret_place)
{
    struct version held = {};
    enum err e = version_load(c, v->record, v->n, &held);
    *ret_place = PLACE_KNOWN;
    if (e == OK) {
        return str_eq(held.hash, v->hash) ? OK : fail(c, ERR_CONFLICT, "arrival.fork");
    }
    if (e != ERR_NOT_FOUND) return e;
    call_clear(c); /* from before this addressee came in, or while it was out */
    if (head->passage_count == 0 && v->passage_count == 0) return OK;
    *ret_place = PLACE_EARLIER;
    size_t until = 0;
    while (until < head->passage_count && passage_shown(&head->passages[until]) <= v->n)
        until++;
    bool same = v->passage_count == until && passages_same(v, head, until);
    if (!same) return fail(c, ERR_CONFLICT, "arrival.fork");
    e = neighbour_check(c, v->record, v->n - 1, v->prev);
    if (e != OK) return e;
    e = version_load(c, v->record, v->n + 1, &held);
    if (e == ERR_NOT_FOUND) {
        call_clear(c);
        return OK;
    }
    if (e != OK) return e;
    return str_eq(held.prev, v->hash) ? OK : fail(c, ERR_CONFLICT, "arrival.fork");
}

/* A version that is newer: what it says of its home continues what is held. */
static enum err arrival_is_newer(struct call *c, const struct version *v,
                                 const struct version *head)
{
    /* Numbers may be missing: an addressee can be left out for some versions, and one that was set
     * aside must not stop the later ones. That none is lost on the way is the feed's promise. */
    bool next = v->n == head->n + 1;
    bool holds = passages_same(v, head, head->passage_count) &&
                 (v->passage_count == head->passage_count ||
                  passage_shown(&v->passages[head->passage_count]) > head->n) &&
                 (!next || str_eq(v->prev, head->hash));
    return holds ? OK : fail(c, ERR_CONFLICT, "arrival.fork");
}

/* Whether the version fits what is held. A late addressee starts at any n; what is not held proves
 * by its passages that its author was the home. */
static enum err arrival_follows(struct call *c, const struct version *v, enum place *ret_place)
{
    struct head head = {};
    *ret_place = PLACE_NEXT;
    enum err e = head_load(c, v->record, &head);
    if (e == ERR_NOT_FOUND) {
        call_clear(c);
        return passages_verify(c, v, 0, PASSAGE_KEYS_GOOD);
    }
    if (e != OK) return e;
    if (!str_eq(head.kind, v->kind)) return fail(c, ERR_INVALID, "arrival.kind");
    struct version newest = {.record = head.record, .n = head.n, .hash = head.hash};
    e = passages_load(c, &head, &newest);
    if (e == OK && v->n > head.n) e = arrival_is_newer(c, v, &newest);
    if (e == OK && v->n <= head.n) e = arrival_is_older(c, v, &newest, ret_place);
    /* those that are held were verified when they came */
    return e != OK ? e : passages_verify(c, v, newest.passage_count, PASSAGE_KEYS_GOOD);
}

static enum err arrival_personal(struct call *c, const struct kind *kind, const struct arrival *a,
                                 const struct version *v, const void *body)
{
    enum err e = OK;
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

enum err record_arrive(struct call *c, const struct arrival *arrival, struct version *ret_version)
{
    ensure(id_is_office(arrival->office));
    struct version v = {};
    enum place place = PLACE_NEXT;
    enum err e = version_parse(c, arrival->bytes, &v);
    if (e == OK) e = arrival_check(c, arrival, &v);
    if (e == OK) e = arrival_follows(c, &v, &place);
    if (e != OK) return e;
    v.signature = arrival->signature;
    *ret_version = v;
    if (place == PLACE_KNOWN) return OK;
    e = heir_refuse_late(c, v.home);
    if (e != OK) return e;
    const struct kind *kind = module_kind(v.kind);
    void *body = arena_alloc(c->arena, kind->table->size);
    e = version_body(c, &v, body);
    if (e == OK && kind->valid != NULL) e = kind->valid(c, &v, body);
    if (e != OK) {
        call_clear(c); /* the sender hears that the body is wrong, not which form we filled */
        return fail(c, ERR_INVALID, "arrival.body");
    }
    e = keep(c, &v);
    if (e == OK) e = arrival_personal(c, kind, arrival, &v, body);
    if (e == OK && place == PLACE_EARLIER) {
        replay_owe(c, v.record);
        return OK;
    }
    if (e == OK) e = record_apply(c, &v);
    if (e == OK && kind->tell != NULL) e = kind->tell(c, &v, body);
    return e;
}

enum err record_schema(struct call *c)
{
    enum err e = OK;
    for (size_t m = 0; e == OK && m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t k = 0; e == OK && k < module->kind_count; k++) {
            e = projection_schema(c, &module->kinds[k]);
        }
    }
    return e;
}
