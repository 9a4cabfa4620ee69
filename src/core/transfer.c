#include "core/transfer.h"

#include "base/limits.h"
#include "base/words.h"
#include "core/heir.h"
#include "core/office.h"
#include "core/passage.h"
#include "core/receipt.h"
#include "core/record_sql.h"

enum { ASK_ROWS = 20, REASON_BYTES = 1000 };

struct transfer_input {
    struct str record;
    int64_t seen;
    struct str office;
    struct str reason;
};

#define AT(member) .offset = offsetof(struct transfer_input, member)
#define RECORD_AND_SEEN                                                                            \
    {.name = "record",                                                                             \
     .type = FIELD_RECORD,                                                                         \
     AT(record),                                                                                   \
     .required = true,                                                                             \
     .label = "field.record.record"},                                                              \
        {.name = "seen", .type = FIELD_INT, AT(seen), .label = "field.record.seen"}

static const struct field GIVE_FIELDS[] = {
    RECORD_AND_SEEN,
    {.name = "office", .type = FIELD_OFFICE, AT(office), .required = true},
};
static const struct field TAKE_FIELDS[] = {RECORD_AND_SEEN};
static const struct field DECLINE_FIELDS[] = {
    RECORD_AND_SEEN,
    {.name = "reason", .type = FIELD_LONG, AT(reason), .max = REASON_BYTES, .required = true},
};
#undef AT
static const struct field_table GIVE =
    FIELD_TABLE("record.give_home", struct transfer_input, GIVE_FIELDS);
static const struct field_table TAKE =
    FIELD_TABLE("record.take_home", struct transfer_input, TAKE_FIELDS);
static const struct field_table DECLINE =
    FIELD_TABLE("record.decline_home", struct transfer_input, DECLINE_FIELDS);

/* Who sees it after it was given: everybody who does, and the other office. What only a part of
 * this office sees would lose that limit there. */
static enum err audience_with(struct call *c, struct put *put, struct str party)
{
    struct rows rows = {};
    enum err e = audience_load(c, put->record, &rows);
    if (e != OK) return e;
    struct str *parties = arena_array(c->arena, rows.count + 1, sizeof *parties);
    for (size_t i = 0; i < rows.count; i++) {
        parties[i] = rows_text(&rows, i, 0);
        bool office = str_starts(parties[i], S("o:"));
        if (!office) return fail(c, ERR_CONFLICT, "record.narrow");
    }
    parties[rows.count] = party;
    put->audience = parties;
    put->audience_count = rows.count + 1;
    return OK;
}

enum err transfer_put_same(struct call *c, struct put *put, struct act_result *ret_result)
{
    struct head head = {};
    struct version v = {};
    enum err e = record_head(c, put->record, &head);
    if (e == OK) e = record_version(c, head.record, head.n, &v);
    if (e != OK) return e;
    const struct kind *kind = module_kind(head.kind);
    ensure(kind != NULL && kind_follows(kind)); /* asked by module_act_fits, or core/succession.h */
    /* what a newer program wrote would be lost here */
    if (v.schema > kind->schema) return fail(c, ERR_CONFLICT, "record.newer");
    void *body = arena_alloc(c->arena, kind->table->size);
    put->kind = kind->table->name;
    put->body = body;
    put->priority = PRIORITY_NORMAL;
    e = record_body(c, put->kind, put->record, body);
    return e != OK ? e : record_put(c, put, ret_result);
}

static enum err give_home(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct transfer_input *in = input;
    struct put put = {.record = in->record, .seen_n = in->seen, .give_to = in->office};
    struct peer peer = {};
    if (str_eq(in->office, c->office->id)) return fail(c, ERR_CONFLICT, "record.here");
    enum err e = peer_find(c, in->office, &peer);
    struct heir heir = {};
    if (e == OK) e = heir_of(c, in->office, &heir);
    if (e == OK && heir.to.len > 0) return fail(c, ERR_CONFLICT, "office.succeed_ended");
    if (e == OK) {
        e = audience_with(c, &put, str_format(c->arena, "o:%.*s", STR_ARG(in->office)));
    }
    return e != OK ? e : transfer_put_same(c, &put, ret_result);
}

static enum err take_home(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct transfer_input *in = input;
    struct put put = {.record = in->record, .seen_n = in->seen, .answers = true};
    return transfer_put_same(c, &put, ret_result);
}

/* Who gave it reads the reason in a refusal of the version that gave. */
static enum err decline_home(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct transfer_input *in = input;
    struct head head = {};
    struct version v = {};
    enum err e = record_head(c, in->record, &head);
    if (e == OK) e = record_version(c, head.record, head.n, &v);
    if (e != OK) return e;
    struct receipt refusal = {
        .type = RECEIPT_REFUSED, .record = in->record, .reason = in->reason};
    struct put put = {
        .record = in->record, .seen_n = in->seen, .give_to = v.home, .answers = true};
    e = receipt_issue(c, &refusal);
    return e != OK ? e : transfer_put_same(c, &put, ret_result);
}

/* What other offices have given to this one waits for an answer. */
static enum err asks(struct call *c, struct node *list)
{
    struct rows rows = {};
    if ((c->who.roles & (ROLE_CHIEF | ROLE_REGISTRY)) == 0) return OK;
    enum err e = moving_list(c, ASK_ROWS, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct head head = {};
        struct fail_arg args[] = {{"office", office_name(c, rows_text(&rows, i, 1))}};
        e = record_head(c, rows_text(&rows, i, 0), &head);
        if (e != OK) return e;
        struct node *row = node_add_map(c, list);
        node_text(c, row, "text",
                  words_fill(c->arena, c->lang, S("transfer.offered"), args, ARRAY_LEN(args)));
        node_text(c, row, "href", record_link(c, &head));
    }
    return e;
}

static const struct act ACTS[] = {
    {.name = "record.give_home",
     .input = &GIVE,
     .kind = KIND_ANY,
     .roles = ROLE_CHIEF | ROLE_REGISTRY,
     .assigned = true,
     .home_only = true,
     .run = give_home},
    {.name = "record.take_home",
     .input = &TAKE,
     .kind = KIND_ANY,
     .roles = ROLE_CHIEF | ROLE_REGISTRY,
     .home_only = true,
     .answers = true,
     .run = take_home},
    {.name = "record.decline_home",
     .input = &DECLINE,
     .kind = KIND_ANY,
     .roles = ROLE_CHIEF | ROLE_REGISTRY,
     .home_only = true,
     .answers = true,
     .run = decline_home},
};

const struct module transfer_module = {
    .name = "transfer",
    .order = 985,
    .acts = ACTS,
    .act_count = ARRAY_LEN(ACTS),
    .asks = asks,
};
