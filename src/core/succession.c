#include "core/succession.h"

#include "base/id.h"
#include "base/limits.h"
#include "core/heir.h"
#include "core/heir_sql.h"
#include "core/office.h"
#include "core/passage.h"
#include "core/projection.h"
#include "core/transfer.h"

enum state { STATE_PROPOSED = 1, STATE_AGREED, STATE_FINAL };
static const char *const STATES[] = {"proposed", "agreed", "final", NULL};

enum { HASH_HEX = 64, KEY_HEX = 16, SIGNATURE_HEX = 128 };

/* By the office that ends. */
struct ending {
    struct str to;
    int64_t state;
    int64_t records;  /* whose home it was */
    struct str heads; /* heir_records */
    struct str key;   /* as a passage carries them */
    struct str signature;
};

/* By the office that has its place. */
struct inheritance {
    struct str office; /* that ends */
    struct str statement;
    int64_t state;
    struct str key;
    struct str signature;
};

#define AT(type, member) .offset = offsetof(type, member)
static const struct field ENDING_FIELDS[] = {
    {.name = "to", .type = FIELD_OFFICE, AT(struct ending, to), .required = true},
    {.name = "state",
     .type = FIELD_CHOICE,
     AT(struct ending, state),
     .choices = STATES,
     .required = true},
    {.name = "records", .type = FIELD_INT, AT(struct ending, records)},
    {.name = "heads", .type = FIELD_TEXT, AT(struct ending, heads), .max = HASH_HEX},
    {.name = "key", .type = FIELD_TEXT, AT(struct ending, key), .max = KEY_HEX},
    {.name = "sig", .type = FIELD_TEXT, AT(struct ending, signature), .max = SIGNATURE_HEX},
};
static const struct field_table ENDING =
    FIELD_TABLE("office.succession", struct ending, ENDING_FIELDS);

static const struct field INHERITANCE_FIELDS[] = {
    {.name = "office", .type = FIELD_OFFICE, AT(struct inheritance, office), .required = true},
    {.name = "statement",
     .type = FIELD_RECORD,
     AT(struct inheritance, statement),
     .required = true},
    {.name = "state",
     .type = FIELD_CHOICE,
     AT(struct inheritance, state),
     .choices = STATES,
     .required = true},
    {.name = "key", .type = FIELD_TEXT, AT(struct inheritance, key), .max = KEY_HEX},
    {.name = "sig", .type = FIELD_TEXT, AT(struct inheritance, signature), .max = SIGNATURE_HEX},
};
static const struct field_table INHERITANCE =
    FIELD_TABLE("office.inheritance", struct inheritance, INHERITANCE_FIELDS);

static enum err wrong(struct call *c, bool good)
{
    return good ? OK : fail(c, ERR_INVALID, "office.statement");
}

/* ---- what a statement must keep ---- */

/* The office that ends has signed it, and has no other heir. */
static enum err final_holds(struct call *c, const struct passage *p)
{
    struct passage one = *p;
    struct version about = {.passages = &one, .passage_count = 1};
    struct heir heir = {};
    uint8_t signature[SIGNATURE_HEX / 2];
    enum err e = wrong(c, hex_decode(p->signature, signature, sizeof signature));
    if (e == OK) e = passages_verify(c, &about, 0, PASSAGE_KEYS_GOOD);
    if (e == OK) e = heir_of(c, p->from, &heir);
    if (e != OK) return e;
    return wrong(c, heir.to.len == 0 || str_eq(heir.to, p->to));
}

/* Both offices that it is about hold the records that it counts. */
static enum err records_agree(struct call *c, const struct version *v, const struct ending *s)
{
    int64_t count = 0;
    struct str hash = {};
    bool about = str_eq(v->home, c->office->id) || str_eq(s->to, c->office->id);
    if (!about) return OK;
    enum err e = heir_records(c, v->home, &count, &hash);
    return e != OK ? e : wrong(c, count == s->records && str_eq(hash, s->heads));
}

static enum err ending_valid(struct call *c, const struct version *v, const void *body)
{
    const struct ending *s = body;
    bool final = s->state == STATE_FINAL;
    bool form = (final || s->state == STATE_PROPOSED) && !str_eq(s->to, v->home) &&
                (s->signature.len > 0) == final && (s->heads.len == HASH_HEX) == final &&
                v->passage_count == 0;
    struct passage p = {.from = v->home,
                        .to = s->to,
                        .key = s->key,
                        .signature = s->signature,
                        .statement = v->record};
    enum err e = wrong(c, form);
    if (e == OK && final) e = final_holds(c, &p);
    return e == OK && final ? records_agree(c, v, s) : e;
}

static enum err inheritance_valid(struct call *c, const struct version *v, const void *body)
{
    const struct inheritance *s = body;
    bool final = s->state == STATE_FINAL;
    bool form = (final || s->state == STATE_AGREED) && !str_eq(s->office, v->home) &&
                str_eq(id_home(s->statement), s->office) && (s->signature.len > 0) == final &&
                v->passage_count == 0;
    struct passage p = {.from = s->office,
                        .to = v->home,
                        .key = s->key,
                        .signature = s->signature,
                        .statement = s->statement};
    enum err e = wrong(c, form);
    return e == OK && final ? final_holds(c, &p) : e;
}

static enum err ending_apply(struct call *c, const struct version *v, const void *body)
{
    const struct ending *s = body;
    return s->state == STATE_FINAL ? heir_put(c, v, v->home, s->to) : OK;
}

static enum err inheritance_apply(struct call *c, const struct version *v, const void *body)
{
    const struct inheritance *s = body;
    return s->state == STATE_FINAL ? heir_put(c, v, s->office, v->home) : OK;
}

/* ---- what follows ---- */

/* Every passing kind, one after another. */
static enum err each_kind(struct call *c,
                          enum err (*step)(struct call *c, struct str kind, void *arg), void *arg)
{
    enum err e = OK;
    for (size_t m = 0; e == OK && m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t k = 0; e == OK && k < module->kind_count; k++) {
            const struct kind *kind = &module->kinds[k];
            if (kind_follows(kind)) e = step(c, str_of(kind->table->name), arg);
        }
    }
    return e;
}

static enum err send_step(struct call *c, struct str kind, void *arg)
{
    const struct str *peer = arg;
    return succession_send(c, kind, *peer);
}

struct resend {
    struct str from;
    struct str to;
};

static enum err resend_step(struct call *c, struct str kind, void *arg)
{
    const struct resend *r = arg;
    return succession_resend(c, kind, r->from, r->to);
}

/* What this office had addressed to the one that ended goes to its heir as well. */
static enum err resend(struct call *c, struct str from)
{
    struct resend r = {.from = from};
    struct heir own = {};
    struct peer peer = {};
    enum err e = heir_of(c, c->office->id, &own);
    if (e == OK) e = heir_end(c, from, &r.to);
    bool silent = own.to.len > 0 || str_eq(r.to, c->office->id);
    if (e != OK || silent) return e; /* an office that ended says nothing any more */
    e = peer_find(c, r.to, &peer);
    if (e == ERR_NOT_FOUND) {
        call_clear(c); /* the page of offices says that it is missing */
        return OK;
    }
    for (size_t m = 0; e == OK && m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        if (module->succeeded != NULL) e = module->succeeded(c, from, r.to);
    }
    return e != OK ? e : each_kind(c, resend_step, &r);
}

static enum err put_open(struct call *c, struct put *put, struct str other,
                         struct act_result *ret_result)
{
    struct str parties[] = {str_format(c->arena, "o:%.*s", STR_ARG(other))};
    put->audience = parties;
    put->audience_count = ARRAY_LEN(parties);
    put->priority = PRIORITY_BULK; /* behind all that is on the way */
    return record_put(c, put, ret_result);
}

/* What came back from others, or from an office whose place this one has, gets a version of this
 * office, so that it has something to send. */
static enum err foreign_touch(struct call *c)
{
    struct rows rows = {};
    enum err e = succession_foreign(c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        const struct kind *kind = module_kind(rows_text(&rows, i, 1));
        struct put put = {.record = rows_text(&rows, i, 0)};
        struct act_result touched = {};
        if (kind != NULL && kind_follows(kind)) e = transfer_put_same(c, &put, &touched);
    }
    return e;
}

/* The last thing that an office says. */
static enum err ending_finish(struct call *c, struct str record, struct ending *s)
{
    struct passage p = {.from = c->office->id, .to = s->to, .statement = record};
    struct peer *peers = NULL;
    size_t count = 0;
    int64_t moving = 0;
    struct version v = {};
    struct act_result made = {};
    struct put put = {.kind = "office.succession", .record = record, .body = s};
    enum err e = succession_moving(c, &moving);
    if (e == OK && moving > 0) return fail(c, ERR_CONFLICT, "office.succeed_moving");
    if (e == OK) e = foreign_touch(c);
    if (e == OK) e = each_kind(c, send_step, &s->to);
    if (e == OK) e = heir_records(c, c->office->id, &s->records, &s->heads);
    if (e == OK) e = passage_sign(c, record, &p);
    s->state = STATE_FINAL;
    s->key = p.key;
    s->signature = p.signature;
    if (e == OK) e = put_open(c, &put, s->to, &made);
    if (e == OK) e = record_version(c, record, made.n, &v);
    if (e == OK) e = peer_list(c, &peers, &count);
    for (size_t i = 0; e == OK && i < count; i++)
        e = succession_tell(c, &v, peers[i].office, PRIORITY_BULK);
    return e;
}

/* This office's open statement, and whether the office that it names has agreed. */
struct standing {
    struct str record; /* empty: none */
    struct ending ending;
    bool agreed;
};

static enum err standing_load(struct call *c, struct standing *ret_standing)
{
    struct rows rows = {};
    struct standing s = {};
    enum err e = statement_own(c, &rows);
    if (e == OK && rows.count > 0) {
        s.record = rows_text(&rows, 0, 0);
        e = record_body(c, "office.succession", s.record, &s.ending);
    }
    if (e == OK && s.record.len > 0) e = statement_answer(c, s.record, &rows);
    for (size_t i = 0; e == OK && s.record.len > 0 && i < rows.count; i++)
        s.agreed = s.agreed || str_eq(rows_text(&rows, i, 1), s.ending.to);
    if (e == OK) *ret_standing = s;
    return e;
}

/* It came that the heir agrees: this office ends, unless something waits for an answer first. */
static enum err agreed_tell(struct call *c)
{
    struct standing s = {};
    int64_t moving = 0;
    enum err e = standing_load(c, &s);
    if (e == OK) e = succession_moving(c, &moving);
    bool ends = e == OK && s.agreed && s.ending.state == STATE_PROPOSED && moving == 0;
    return ends ? ending_finish(c, s.record, &s.ending) : e;
}

static enum err inheritance_tell(struct call *c, const struct version *v, const void *body)
{
    const struct inheritance *s = body;
    if (s->state == STATE_FINAL) return resend(c, s->office);
    bool ours = str_eq(s->office, c->office->id) && !str_eq(v->home, c->office->id);
    return ours ? agreed_tell(c) : OK;
}

/* The heir signs the same and tells whoever sees what it has now. */
static enum err inherit(struct call *c, const struct version *v, const struct ending *s)
{
    struct rows rows = {};
    struct act_result made = {};
    struct version told = {};
    struct inheritance body = {.office = v->home,
                               .statement = v->record,
                               .state = STATE_FINAL,
                               .key = s->key,
                               .signature = s->signature};
    struct put put = {.kind = "office.inheritance", .body = &body};
    enum err e = statement_answer(c, v->record, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        if (str_eq(rows_text(&rows, i, 1), c->office->id)) put.record = rows_text(&rows, i, 0);
    }
    if (e == OK && put.record.len == 0) return fail(c, ERR_INVALID, "office.statement");
    if (e == OK) e = put_open(c, &put, v->home, &made);
    if (e == OK) e = record_version(c, put.record, made.n, &told);
    if (e == OK) e = succession_readers(c, v->home, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct peer peer = {};
        struct str office = rows_text(&rows, i, 0);
        if (str_eq(office, c->office->id)) continue;
        e = peer_find(c, office, &peer);
        if (e == OK) e = succession_tell(c, &told, office, PRIORITY_CONTROL);
        if (e == ERR_NOT_FOUND) {
            call_clear(c);
            e = OK;
        }
    }
    return e;
}

static enum err ending_tell(struct call *c, const struct version *v, const void *body)
{
    const struct ending *s = body;
    if (s->state != STATE_FINAL || str_eq(v->home, c->office->id)) return OK;
    return str_eq(s->to, c->office->id) ? inherit(c, v, s) : resend(c, v->home);
}

static const struct kind KINDS[] = {
    {.table = &ENDING,
     .schema = 1,
     .open = true,
     .valid = ending_valid,
     .apply = ending_apply,
     .tell = ending_tell},
    {.table = &INHERITANCE,
     .schema = 1,
     .open = true,
     .valid = inheritance_valid,
     .apply = inheritance_apply,
     .tell = inheritance_tell},
};

/* ---- what will follow, counted ---- */

struct counting {
    struct node *list;
    int64_t files;
    int64_t bytes;
};

static enum err count_step(struct call *c, struct str kind, void *arg)
{
    struct counting *counting = arg;
    struct rows rows = {};
    enum err e = succession_count(c, kind, &rows);
    if (e == OK) e = projection_files(c, module_kind(kind), &counting->files, &counting->bytes);
    if (e != OK || rows_int(&rows, 0, 0) == 0) return e;
    struct node *row = node_add_map(c, counting->list);
    node_text(c, row, "kind", kind);
    node_int(c, row, "records", rows_int(&rows, 0, 0));
    node_int(c, row, "versions", rows_int(&rows, 0, 1));
    node_int(c, row, "unanswered", rows_int(&rows, 0, 2));
    node_int(c, row, "narrow", rows_int(&rows, 0, 3));
    return OK;
}

static enum err report(struct call *c, struct node *map)
{
    struct counting counting = {.list = node_put_list(c, map, "kinds")};
    struct node *feeds = node_put_list(c, map, "feeds");
    struct rows rows = {};
    int64_t work = 0;
    enum err e = each_kind(c, count_step, &counting);
    if (e == OK) e = succession_work(c, &work);
    if (e == OK) e = succession_feeds(c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct node *row = node_add_map(c, feeds);
        node_text(c, row, "office", office_code(c, rows_text(&rows, i, 0)));
        node_int(c, row, "waiting", rows_int(&rows, i, 1));
    }
    if (e == OK) e = person_list(c, ROLE_ANY, node_put_list(c, map, "people"));
    node_int(c, map, "files", counting.files);
    node_int(c, map, "file_bytes", counting.bytes);
    node_int(c, map, "open_obligations", work);
    return e;
}

/* ---- acts ---- */

struct succeed_input {
    struct str to;
    bool dry_run;
};
static const struct field SUCCEED_FIELDS[] = {
    {.name = "to", .type = FIELD_OFFICE, AT(struct succeed_input, to), .required = true},
    {.name = "dry_run", .type = FIELD_BOOL, AT(struct succeed_input, dry_run)},
};
static const struct field_table SUCCEED =
    FIELD_TABLE("office.succeed", struct succeed_input, SUCCEED_FIELDS);

struct accept_input {
    struct str from;
};
static const struct field ACCEPT_FIELDS[] = {
    {.name = "from", .type = FIELD_OFFICE, AT(struct accept_input, from)},
};
static const struct field_table ACCEPT =
    FIELD_TABLE("office.accept_succession", struct accept_input, ACCEPT_FIELDS);
#undef AT

/* An office of the directory that is still there. */
static enum err heir_fits(struct call *c, struct str office)
{
    struct peer peer = {};
    struct str end = {};
    if (str_eq(office, c->office->id)) return fail(c, ERR_CONFLICT, "office.succeed_self");
    enum err e = peer_find(c, office, &peer);
    if (e == OK) e = heir_end(c, office, &end);
    if (e != OK) return e;
    return str_eq(end, office) ? OK : fail(c, ERR_CONFLICT, "office.succeed_ended");
}

/* Who is to take over from others does not end before it has done so: no circle arises. */
static enum err no_promise(struct call *c)
{
    bool open = false;
    enum err e = promise_open(c, &open);
    if (e != OK) return e;
    return open ? fail(c, ERR_CONFLICT, "office.succeed_promised") : OK;
}

static enum err propose(struct call *c, const struct standing *s, struct str to,
                        struct act_result *ret_result)
{
    struct ending body = {.to = to, .state = STATE_PROPOSED};
    struct put put = {.kind = "office.succession", .record = s->record, .body = &body};
    enum err e = no_promise(c);
    return e != OK ? e : put_open(c, &put, to, ret_result);
}

static enum err succeed(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct succeed_input *in = input;
    struct standing s = {};
    enum err e = heir_refuse_own(c);
    if (e == OK) e = heir_fits(c, in->to);
    if (e == OK) e = standing_load(c, &s);
    if (e != OK) return e;
    ret_result->more = node_map(c);
    if (in->dry_run) return report(c, ret_result->more);
    bool same = s.record.len > 0 && str_eq(s.ending.to, in->to);
    if (same && !s.agreed) return fail(c, ERR_CONFLICT, "office.succeed_waits");
    e = same ? ending_finish(c, s.record, &s.ending) : propose(c, &s, in->to, ret_result);
    node_text(c, ret_result->more, "state", same ? S("final") : S("proposed"));
    return e;
}

static enum err accept(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct accept_input *in = input;
    struct rows rows = {};
    struct standing own = {};
    enum err e = standing_load(c, &own);
    if (e == OK) e = statement_asking(c, &rows);
    if (e != OK) return e;
    if (own.record.len > 0) return fail(c, ERR_CONFLICT, "office.succeed_proposed");
    bool which = in->from.len > 0; /* of several it must be said */
    if (!which && rows.count > 1) return fail(c, ERR_CONFLICT, "office.succeed_which");
    for (size_t i = 0; i < rows.count; i++) {
        struct str from = rows_text(&rows, i, 1);
        if (which && !str_eq(from, in->from)) continue;
        struct inheritance body = {
            .office = from, .statement = rows_text(&rows, i, 0), .state = STATE_AGREED};
        struct put put = {.kind = "office.inheritance", .body = &body};
        return put_open(c, &put, from, ret_result);
    }
    return fail(c, ERR_NOT_FOUND, "office.succeed_none");
}

static const struct act ACTS[] = {
    {.name = "office.succeed", .input = &SUCCEED, .roles = ROLE_ADMIN, .run = succeed},
    {.name = "office.accept_succession", .input = &ACCEPT, .roles = ROLE_ADMIN, .run = accept},
};

const struct module succession_module = {
    .name = "succession",
    .order = 992,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = ACTS,
    .act_count = ARRAY_LEN(ACTS),
};
