#include "core/org_acts.h"

#include <sodium.h>

#include "base/id.h"
#include "base/limits.h"
#include "core/directory.h"
#include "core/login.h"
#include "core/org.h"
#include "core/org_sql.h"
#include "core/post.h"
#include "core/substitute.h"

#define AT(type, member) .offset = offsetof(type, member)

static enum err put_record(struct call *c, const char *kind, struct str record, const void *body,
                           struct act_result *ret_result)
{
    size_t count = 0;
    const struct str *audience = org_audience(c, &count);
    struct put put = {.kind = kind,
                      .record = record,
                      .body = body,
                      .audience = audience,
                      .audience_count = count};
    return record_put(c, &put, ret_result);
}

/* office.add_unit, office.change_unit */
struct unit_input {
    struct str record;
    struct org_unit unit;
};
static const struct field ADD_UNIT_FIELDS[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     AT(struct unit_input, unit.name),
     .max = LIMIT_NAME_BYTES,
     .required = true,
     .label = "field.office.unit.name"},
    {.name = "head",
     .type = FIELD_PERSON,
     AT(struct unit_input, unit.head),
     .label = "field.office.unit.head"},
};
static const struct field_table ADD_UNIT =
    FIELD_TABLE("office.add_unit", struct unit_input, ADD_UNIT_FIELDS);
static const struct field CHANGE_UNIT_FIELDS[] = {
    {.name = "record", .type = FIELD_RECORD, AT(struct unit_input, record), .required = true},
    {.name = "name",
     .type = FIELD_TEXT,
     AT(struct unit_input, unit.name),
     .max = LIMIT_NAME_BYTES,
     .required = true,
     .label = "field.office.unit.name"},
    {.name = "head",
     .type = FIELD_PERSON,
     AT(struct unit_input, unit.head),
     .label = "field.office.unit.head"},
};
static const struct field_table CHANGE_UNIT =
    FIELD_TABLE("office.change_unit", struct unit_input, CHANGE_UNIT_FIELDS);

static enum err put_unit(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct unit_input *in = input;
    return put_record(c, "office.unit", in->record, &in->unit, ret_result);
}

static enum err unit_goes_on(struct call *c, const struct head *head)
{
    struct org_unit unit = {};
    enum err e = record_body(c, "office.unit", head->record, &unit);
    if (e != OK) return e;
    return unit.merged_into.len > 0 ? fail(c, ERR_CONFLICT, "office.unit_merged") : OK;
}

/* A unit, when given, is one of this office and not merged. */
static enum err unit_exists(struct call *c, struct str unit)
{
    struct head head = {};
    if (unit.len == 0) return OK;
    enum err e = record_head(c, unit, &head);
    if (e != OK) return e;
    if (!str_eq(head.kind, S("office.unit"))) return fail(c, ERR_CONFLICT, "record.kind");
    return unit_goes_on(c, &head);
}

/* office.merge_unit: the people and the open work go to the unit that goes on. */
struct merge_input {
    struct str record;
    struct str into;
};
static const struct field MERGE_UNIT_FIELDS[] = {
    {.name = "record", .type = FIELD_RECORD, AT(struct merge_input, record), .required = true},
    {.name = "into_unit", .type = FIELD_RECORD, AT(struct merge_input, into), .required = true},
};
static const struct field_table MERGE_UNIT =
    FIELD_TABLE("office.merge_unit", struct merge_input, MERGE_UNIT_FIELDS);

static enum err members_move(struct call *c, const struct merge_input *in)
{
    struct rows rows = {};
    enum err e = org_members(c, in->record, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct org_person person = {};
        struct act_result moved = {};
        struct str record = rows_text(&rows, i, 0);
        e = record_body(c, "office.person", record, &person);
        person.unit = in->into;
        if (e == OK) e = put_record(c, "office.person", record, &person, &moved);
    }
    return e;
}

static enum err merge_unit(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct merge_input *in = input;
    struct org_unit unit = {};
    if (str_eq(in->record, in->into)) return fail(c, ERR_CONFLICT, "office.merge_into");
    enum err e = unit_exists(c, in->into);
    if (e == OK) e = record_body(c, "office.unit", in->record, &unit);
    if (e == OK) e = succession_next(c, &unit.merge_seq);
    unit.merged_into = in->into;
    if (e == OK) e = put_record(c, "office.unit", in->record, &unit, ret_result);
    return e != OK ? e : members_move(c, in);
}

/* office.add_person, office.change_person, office.set_password */
struct person_input {
    struct str record;
    struct org_person person;
    struct str password; /* after prepare: its hash */
};
#define PERSON_TITLE_NAME_UNIT                                                                     \
    {.name = "title",                                                                              \
     .type = FIELD_TEXT,                                                                           \
     AT(struct person_input, person.title),                                                        \
     .max = LIMIT_NAME_BYTES,                                                                      \
     .required = true,                                                                             \
     .label = "field.office.person.title"},                                                        \
        {.name = "name",                                                                           \
         .type = FIELD_PERSONAL,                                                                   \
         AT(struct person_input, person.name),                                                     \
         .max = LIMIT_NAME_BYTES,                                                                  \
         .label = "field.office.person.name"},                                                     \
    {                                                                                              \
        .name = "unit", .type = FIELD_RECORD, AT(struct person_input, person.unit),                \
        .label = "field.office.person.unit"                                                        \
    }
#define PERSON_ADDRESSES                                                                           \
    {.name = "email",                                                                              \
     .type = FIELD_PERSONAL,                                                                       \
     AT(struct person_input, person.email),                                                        \
     .max = 254,                                                                                   \
     .label = "field.office.person.email"},                                                        \
    {                                                                                              \
        .name = "phone", .type = FIELD_PERSONAL, AT(struct person_input, person.phone), .max = 16, \
        .label = "field.office.person.phone"                                                       \
    }
#define PERSON_PASSWORD                                                                            \
    {                                                                                              \
        .name = "password", .type = FIELD_TEXT, AT(struct person_input, password),                 \
        .max = LIMIT_PASSWORD_BYTES, .required = true, .label = "field.office.person.password"     \
    }

static const struct field ADD_PERSON_FIELDS[] = {
    {.name = "login",
     .type = FIELD_TEXT,
     AT(struct person_input, person.login),
     .max = LIMIT_LOGIN_BYTES,
     .required = true,
     .label = "field.office.person.login"},
    PERSON_TITLE_NAME_UNIT,
    ORG_PERSON_ROLES(struct person_input, person.role),
    PERSON_ADDRESSES,
    PERSON_PASSWORD,
};
static const struct field_table ADD_PERSON =
    FIELD_TABLE("office.add_person", struct person_input, ADD_PERSON_FIELDS);
static const struct field CHANGE_PERSON_FIELDS[] = {
    {.name = "record", .type = FIELD_RECORD, AT(struct person_input, record), .required = true},
    PERSON_TITLE_NAME_UNIT,
    ORG_PERSON_ROLES(struct person_input, person.role),
    {.name = "left",
     .type = FIELD_BOOL,
     AT(struct person_input, person.left),
     .label = "field.office.person.left"},
    PERSON_ADDRESSES,
};
static const struct field_table CHANGE_PERSON =
    FIELD_TABLE("office.change_person", struct person_input, CHANGE_PERSON_FIELDS);
static const struct field SET_PASSWORD_FIELDS[] = {
    {.name = "record", .type = FIELD_RECORD, AT(struct person_input, record), .required = true},
    PERSON_PASSWORD,
};
static const struct field_table SET_PASSWORD =
    FIELD_TABLE("office.set_password", struct person_input, SET_PASSWORD_FIELDS);

static enum err prepare_password(struct call *c, void *input)
{
    struct person_input *in = input;
    return password_hash(c, in->password, &in->password);
}

static bool login_is_plain(struct str login)
{
    for (size_t i = 0; i < login.len; i++) {
        char ch = login.ptr[i];
        bool plain = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '.' ||
                     ch == '-' || ch == '_';
        if (!plain) return false;
    }
    return login.len > 0;
}

/* Addresses, when given, are such that a letter can go there. */
static enum err addresses_check(struct call *c, const struct org_person *person)
{
    struct str email = person->email.value;
    struct str phone = person->phone.value;
    if (email.len > 0 && !post_address_ok(email)) problem(c, S("email"), "office.email_form");
    if (phone.len > 0 && !post_phone_ok(phone)) problem(c, S("phone"), "office.phone_form");
    return problems_fail(c);
}

static enum err add_person(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct person_input *in = input;
    struct rows known = {};
    if (!login_is_plain(in->person.login)) {
        problem(c, S("login"), "office.login_form");
        return problems_fail(c);
    }
    enum err e = org_person_by_login(c, in->person.login, &known);
    if (e != OK) return e;
    if (known.count > 0) {
        problem(c, S("login"), "office.login_taken");
        return problems_fail(c);
    }
    e = addresses_check(c, &in->person);
    if (e == OK) e = unit_exists(c, in->person.unit);
    if (e == OK) e = put_record(c, "office.person", (struct str){}, &in->person, ret_result);
    if (e == OK) e = credential_put(c, in->person.login, in->password);
    return e;
}

static bool reads(const struct org_person *person)
{
    bool any = false;
    for (size_t i = 0; i < 5; i++)
        any = any || person->role[i];
    return any && !person->left;
}

/* Open work is handed over first; and a chief stays, to whom work without a holder goes. */
static enum err may_end(struct call *c, struct str record, const struct org_person *old,
                        const struct org_person *next)
{
    int64_t count = 0;
    struct rows held = {};
    enum err e = OK;
    if (reads(old) && !reads(next))
        e = org_open_items(c, str_format(c->arena, "p:%.*s", STR_ARG(record)), &count);
    if (e != OK) return e;
    if (count > 0) {
        (void)!fail(c, ERR_CONFLICT, "office.open_items");
        return fail_arg(c, "count", str_format(c->arena, "%lld", (long long)count));
    }
    bool chief_ends = old->role[3] && !old->left && (next->left || !next->role[3]);
    if (!chief_ends) return OK;
    e = org_roles_held(c, &held);
    if (e != OK) return e;
    return rows_int(&held, 0, 3) <= 1 ? fail(c, ERR_CONFLICT, "office.last_chief") : OK;
}

/* Who handed everything over and left does not come back as the same person: what was theirs is
 * somebody else's, and theirs alone to see. */
static enum err may_return(struct call *c, struct str record, const struct org_person *old,
                           const struct org_person *next)
{
    bool whole = false;
    if (!old->left || next->left) return OK;
    enum err e = succession_is_whole(c, str_format(c->arena, "p:%.*s", STR_ARG(record)), &whole);
    if (e != OK) return e;
    return whole ? fail(c, ERR_CONFLICT, "office.left_for_good") : OK;
}

static enum err change_person(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct person_input *in = input;
    struct org_person old = {};
    enum err e = record_body(c, "office.person", in->record, &old);
    if (e == OK) e = addresses_check(c, &in->person);
    if (e == OK) e = unit_exists(c, in->person.unit);
    if (e != OK) return e;
    struct org_person next = in->person;
    next.login = old.login;
    if (next.left) next.left_ms = old.left ? old.left_ms : c->now_ms;
    bool self_out = str_eq(in->record, c->who.person) && (next.left || !next.role[5]);
    if (self_out) return fail(c, ERR_CONFLICT, "office.self");
    e = may_end(c, in->record, &old, &next);
    if (e == OK) e = may_return(c, in->record, &old, &next);
    if (e == OK) e = put_record(c, "office.person", in->record, &next, ret_result);
    if (e == OK && next.left) e = session_drop_person(c, in->record);
    return e;
}

static enum err set_password(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct person_input *in = input;
    struct org_person person = {};
    enum err e = record_body(c, "office.person", in->record, &person);
    if (e == OK) e = credential_put(c, person.login, in->password);
    if (e == OK) e = session_drop_person(c, in->record);
    if (e == OK) ret_result->record = in->record;
    return e;
}

/* office.add_peer, office.change_peer, office.rekey_peer */
struct peer_input {
    struct str record;
    struct org_peer peer;
};
#define PEER_FIELD(word, field_type, limit, must)                                                  \
    {                                                                                              \
        .name = #word, .type = field_type, AT(struct peer_input, peer.word), .max = limit,         \
        .required = must, .label = "field.office.peer." #word                                      \
    }
#define PEER_KEY(word, member, field_type, limit, must)                                            \
    {                                                                                              \
        .name = word, .type = field_type, AT(struct peer_input, peer.key.member), .max = limit,    \
        .required = must, .label = "field.office.peer." word                                       \
    }
#define PEER_KEY_FIELDS                                                                            \
    PEER_KEY("public_key", public_key, FIELD_TEXT, KEY_HEX_LEN, true),                             \
        PEER_KEY("next_key", next, FIELD_TEXT, KEY_HEX_LEN, false),                                \
        PEER_KEY("key_n", n, FIELD_INT, 1000000, false)
static const struct field ADD_PEER_FIELDS[] = {
    PEER_FIELD(office, FIELD_OFFICE, 0, true),
    PEER_FIELD(code, FIELD_TEXT, 20, true),
    PEER_FIELD(name, FIELD_TEXT, LIMIT_NAME_BYTES, true),
    PEER_KEY_FIELDS,
    PEER_FIELD(address, FIELD_TEXT, 255, false),
    PEER_FIELD(rank, FIELD_INT, 999, false),
};
static const struct field_table ADD_PEER =
    FIELD_TABLE("office.add_peer", struct peer_input, ADD_PEER_FIELDS);
static const struct field CHANGE_PEER_FIELDS[] = {
    {.name = "record", .type = FIELD_RECORD, AT(struct peer_input, record), .required = true},
    PEER_FIELD(code, FIELD_TEXT, 20, true),
    PEER_FIELD(name, FIELD_TEXT, LIMIT_NAME_BYTES, true),
    PEER_FIELD(address, FIELD_TEXT, 255, false),
    PEER_FIELD(rank, FIELD_INT, 999, false),
};
static const struct field_table CHANGE_PEER =
    FIELD_TABLE("office.change_peer", struct peer_input, CHANGE_PEER_FIELDS);

static const struct field REKEY_PEER_FIELDS[] = {
    {.name = "record", .type = FIELD_RECORD, AT(struct peer_input, record), .required = true},
    PEER_KEY_FIELDS,
    PEER_FIELD(reason, FIELD_TEXT, LIMIT_NAME_BYTES, true),
};
static const struct field_table REKEY_PEER =
    FIELD_TABLE("office.rekey_peer", struct peer_input, REKEY_PEER_FIELDS);

/* Keys and promises are 32 bytes in hexadecimal digits. */
static enum err key_check(struct call *c, const struct org_key *key)
{
    uint8_t raw[crypto_sign_PUBLICKEYBYTES];
    if (!hex_decode(key->public_key, raw, sizeof raw))
        problem(c, S("public_key"), "office.key_form");
    if (key->next.len > 0 && !hex_decode(key->next, raw, sizeof raw))
        problem(c, S("next_key"), "office.key_form");
    return problems_fail(c);
}

enum err org_peer_add(struct call *c, const struct org_peer *peer, struct act_result *ret_result)
{
    struct peer known = {};
    enum err e = key_check(c, &peer->key);
    if (e != OK) return e;
    if (str_eq(peer->office, c->office->id)) return fail(c, ERR_CONFLICT, "office.peer_self");
    e = peer_find(c, peer->office, &known);
    if (e == OK) return fail(c, ERR_CONFLICT, "office.peer_known");
    if (c->failure.err != ERR_NOT_FOUND) return e;
    call_clear(c);
    return put_record(c, "office.peer", (struct str){}, peer, ret_result);
}

static enum err add_peer(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct peer_input *in = input;
    return org_peer_add(c, &in->peer, ret_result);
}

static enum err change_peer(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct peer_input *in = input;
    struct org_peer peer = {};
    enum err e = record_body(c, "office.peer", in->record, &peer);
    if (e != OK) return e;
    peer.code = in->peer.code;
    peer.name = in->peer.name;
    peer.address = in->peer.address;
    peer.rank = in->peer.rank;
    return put_record(c, "office.peer", in->record, &peer, ret_result);
}

/* The office has lost its key, or what it promised: somebody has compared the new card with it, and
 * says why this one counts from now on. What the former key signed stays verifiable. */
static enum err rekey_peer(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct peer_input *in = input;
    struct org_peer peer = {};
    struct office_key *keys = NULL;
    size_t count = 0;
    enum err e = key_check(c, &in->peer.key);
    if (e == OK) e = record_body(c, "office.peer", in->record, &peer);
    if (e == OK) e = directory_keys(c, peer.office, &keys, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        bool had = str_eq(hex_encode(c->arena, keys[i].public_key), in->peer.key.public_key);
        if (had) return fail(c, ERR_CONFLICT, "office.key_known");
    }
    if (e != OK) return e;
    peer.key = in->peer.key;
    peer.reason = in->peer.reason;
    return put_record(c, "office.peer", in->record, &peer, ret_result);
}

const struct act ORG_ACTS[] = {
    {.name = "office.add_person",
     .input = &ADD_PERSON,
     .roles = ROLE_ADMIN,
     .prepare = prepare_password,
     .run = add_person,
     .main = true},
    {.name = "office.change_person",
     .input = &CHANGE_PERSON,
     .kind = "office.person",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .run = change_person,
     .main = true},
    {.name = "office.set_password",
     .input = &SET_PASSWORD,
     .kind = "office.person",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .prepare = prepare_password,
     .run = set_password},
    {.name = "office.add_unit",
     .input = &ADD_UNIT,
     .roles = ROLE_ADMIN,
     .run = put_unit,
     .main = true},
    {.name = "office.change_unit",
     .input = &CHANGE_UNIT,
     .kind = "office.unit",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .state = unit_goes_on,
     .run = put_unit},
    {.name = "office.merge_unit",
     .input = &MERGE_UNIT,
     .kind = "office.unit",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .state = unit_goes_on,
     .run = merge_unit},
    {.name = "office.add_peer",
     .input = &ADD_PEER,
     .roles = ROLE_ADMIN,
     .run = add_peer,
     .main = true},
    {.name = "office.change_peer",
     .input = &CHANGE_PEER,
     .kind = "office.peer",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .run = change_peer},
    {.name = "office.rekey_peer",
     .input = &REKEY_PEER,
     .kind = "office.peer",
     .roles = ROLE_ADMIN,
     .home_only = true,
     .run = rekey_peer},
};
static_assert(ARRAY_LEN(ORG_ACTS) == ORG_ACTS_COUNT);
