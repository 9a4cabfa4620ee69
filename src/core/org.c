/* The built-in module "office": its kinds and its table of contents. */
#include "core/org.h"

#include "base/limits.h"
#include "core/directory.h"
#include "core/office.h"
#include "core/org_acts.h"
#include "core/org_sql.h"
#include "core/org_views.h"
#include "core/substitute.h"

#define AT(type, member) .offset = offsetof(type, member)

enum { STATEMENT_LEN = 2 * (LIMIT_KEY_STATEMENT_BYTES + 256) };

/* What came to be told of an office's key later. */
#define KEY_FIELDS(owner)                                                                          \
    {.name = "next_key", .type = FIELD_TEXT, AT(owner, key.next), .max = KEY_HEX_LEN},             \
        {.name = "key_n", .type = FIELD_INT, AT(owner, key.n), .max = 1000000},                    \
    {                                                                                              \
        .name = "statement", .type = FIELD_TEXT, AT(owner, key.statement), .max = STATEMENT_LEN    \
    }

static const struct field OFFICE_FIELDS[] = {
    {.name = "code", .type = FIELD_TEXT, AT(struct org_office, code), .max = 20, .required = true},
    {.name = "name",
     .type = FIELD_TEXT,
     AT(struct org_office, name),
     .max = LIMIT_NAME_BYTES,
     .required = true},
    {.name = "public_key",
     .type = FIELD_TEXT,
     AT(struct org_office, key.public_key),
     .max = KEY_HEX_LEN,
     .required = true},
    KEY_FIELDS(struct org_office),
};
static const struct field_table OFFICE_TABLE =
    FIELD_TABLE("office.office", struct org_office, OFFICE_FIELDS);

static const struct field UNIT_FIELDS[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     AT(struct org_unit, name),
     .max = LIMIT_NAME_BYTES,
     .required = true},
    {.name = "head", .type = FIELD_PERSON, AT(struct org_unit, head)},
    {.name = "merged_into", .type = FIELD_RECORD, AT(struct org_unit, merged_into)},
    {.name = "merge_seq", .type = FIELD_INT, AT(struct org_unit, merge_seq), .max = INT32_MAX},
};
static const struct field_table UNIT_TABLE =
    FIELD_TABLE("office.unit", struct org_unit, UNIT_FIELDS);

static const struct field PERSON_FIELDS[] = {
    {.name = "login",
     .type = FIELD_TEXT,
     AT(struct org_person, login),
     .max = LIMIT_LOGIN_BYTES,
     .required = true},
    {.name = "title",
     .type = FIELD_TEXT,
     AT(struct org_person, title),
     .max = LIMIT_NAME_BYTES,
     .required = true},
    {.name = "name", .type = FIELD_PERSONAL, AT(struct org_person, name), .max = LIMIT_NAME_BYTES},
    {.name = "unit", .type = FIELD_RECORD, AT(struct org_person, unit)},
    ORG_PERSON_ROLES(struct org_person, role),
    {.name = "left", .type = FIELD_BOOL, AT(struct org_person, left)},
    {.name = "email", .type = FIELD_PERSONAL, AT(struct org_person, email), .max = 254},
    {.name = "phone", .type = FIELD_PERSONAL, AT(struct org_person, phone), .max = 16},
    {.name = "left_at", .type = FIELD_INSTANT, AT(struct org_person, left_ms)},
};
static const struct field_table PERSON_TABLE =
    FIELD_TABLE("office.person", struct org_person, PERSON_FIELDS);

static const struct field PEER_FIELDS[] = {
    {.name = "office", .type = FIELD_OFFICE, AT(struct org_peer, office), .required = true},
    {.name = "code", .type = FIELD_TEXT, AT(struct org_peer, code), .max = 20, .required = true},
    {.name = "name",
     .type = FIELD_TEXT,
     AT(struct org_peer, name),
     .max = LIMIT_NAME_BYTES,
     .required = true},
    {.name = "public_key",
     .type = FIELD_TEXT,
     AT(struct org_peer, key.public_key),
     .max = KEY_HEX_LEN,
     .required = true},
    {.name = "address", .type = FIELD_TEXT, AT(struct org_peer, address), .max = 255},
    {.name = "rank", .type = FIELD_INT, AT(struct org_peer, rank), .max = 999},
    KEY_FIELDS(struct org_peer),
    {.name = "reason", .type = FIELD_TEXT, AT(struct org_peer, reason), .max = LIMIT_NAME_BYTES},
};
static const struct field_table PEER_TABLE =
    FIELD_TABLE("office.peer", struct org_peer, PEER_FIELDS);

/* A unit that was merged hands everything over to the one that goes on. */
static enum err unit_apply(struct call *c, const struct version *v, const void *body)
{
    const struct org_unit *unit = body;
    if (unit->merged_into.len == 0) return OK;
    struct succession s = {
        .giver = str_format(c->arena, "u:%.*s", STR_ARG(v->record)),
        .record = SUCCESSION_ALL,
        .receiver = str_format(c->arena, "u:%.*s", STR_ARG(unit->merged_into)),
        .seq = unit->merge_seq,
    };
    return succession_put(c, v, &s);
}

/* Whoever leaves, or comes back, changes whose work it is. */
static enum err person_apply(struct call *c, const struct version *v, const void *body)
{
    (void)body;
    if (v->n == 1) return OK;
    return substitute_changed(c, str_format(c->arena, "p:%.*s", STR_ARG(v->record)));
}

static enum err office_apply(struct call *c, const struct version *v, const void *body)
{
    const struct org_office *office = body;
    return directory_apply(c, v, v->home, &office->key);
}

static enum err peer_apply(struct call *c, const struct version *v, const void *body)
{
    const struct org_peer *peer = body;
    return directory_apply(c, v, peer->office, &peer->key);
}

static enum err unit_valid(struct call *c, const struct version *v, const void *body)
{
    const struct org_unit *unit = body;
    bool whole = (unit->merged_into.len > 0) == (unit->merge_seq > 0);
    return whole && !str_eq(unit->merged_into, v->record)
               ? OK
               : fail(c, ERR_INVALID, "office.merge_into");
}

static const struct kind KINDS[] = {
    {.table = &OFFICE_TABLE, .schema = 1, .local = true, .title = "name", .apply = office_apply},
    {.table = &UNIT_TABLE,
     .schema = 1,
     .local = true,
     .title = "name",
     .valid = unit_valid,
     .apply = unit_apply},
    {.table = &PERSON_TABLE,
     .schema = 1,
     .local = true,
     .title = "title",
     .view = "office.person",
     .apply = person_apply},
    {.table = &PEER_TABLE, .schema = 1, .local = true, .title = "code", .apply = peer_apply},
};

const struct str *org_audience(struct call *c, size_t *ret_count)
{
    struct str *parties = arena_array(c->arena, 2, sizeof *parties);
    parties[0] = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    parties[1] = S("r:admin");
    *ret_count = 2;
    return parties;
}

const struct module org_module = {
    .name = "office",
    .order = 990,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = ORG_ACTS,
    .act_count = ORG_ACTS_COUNT,
    .views = ORG_VIEWS,
    .view_count = ORG_VIEWS_COUNT,
    .migrations = ORG_STEPS,
    .migration_count = ORG_STEP_COUNT,
};
