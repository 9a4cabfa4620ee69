/* Offering, taking, accepting, refusing, withdrawing. */
#include "handover.h"

#include "core/office.h"
#include "core/org.h"
#include "core/org_sql.h"
#include "core/substitute.h"

struct input {
    struct str record;
    int64_t seen;
    struct str person; /* whose work; empty: the actor's own */
    struct str receiver;
    struct str only; /* one record; empty: all open work */
    struct str note;
    struct str reason;
};

#define AT(member) .offset = offsetof(struct input, member)
#define RECORD_AND_SEEN                                                                            \
    {.name = "record",                                                                             \
     .type = FIELD_RECORD,                                                                         \
     AT(record),                                                                                   \
     .required = true,                                                                             \
     .label = "field.handover.record"},                                                            \
    {                                                                                              \
        .name = "seen", .type = FIELD_INT, AT(seen), .label = "field.handover.seen"                \
    }
#define NOTE                                                                                       \
    {                                                                                              \
        .name = "note", .type = FIELD_LONG, AT(note), .max = HANDOVER_NOTE_BYTES,                  \
        .label = "field.handover.handover.note"                                                    \
    }

static const struct field OFFER_FIELDS[] = {
    {.name = "person", .type = FIELD_PERSON, AT(person)},
    {.name = "receiver",
     .type = FIELD_PERSON,
     AT(receiver),
     .required = true,
     .label = "field.handover.handover.receiver"},
    {.name = "only", .type = FIELD_RECORD, AT(only)},
    NOTE,
};
static const struct field TAKE_FIELDS[] = {
    {.name = "person", .type = FIELD_PERSON, AT(person), .required = true},
    NOTE,
};
static const struct field SIGN_FIELDS[] = {RECORD_AND_SEEN};
static const struct field REFUSE_FIELDS[] = {
    RECORD_AND_SEEN,
    {.name = "reason",
     .type = FIELD_TEXT,
     AT(reason),
     .max = 500,
     .required = true,
     .label = "field.handover.handover.reason"},
};
static const struct field_table OFFER = FIELD_TABLE("handover.offer", struct input, OFFER_FIELDS);
static const struct field_table TAKE = FIELD_TABLE("handover.take", struct input, TAKE_FIELDS);
static const struct field_table SIGN = FIELD_TABLE("handover.accept", struct input, SIGN_FIELDS);
static const struct field_table REFUSE =
    FIELD_TABLE("handover.refuse", struct input, REFUSE_FIELDS);

bool handover_for_others(struct call *c, struct str person)
{
    bool self = person.len == 0 || str_eq(person, c->who.person);
    return self || (c->who.roles & (ROLE_ADMIN | ROLE_CHIEF)) != 0;
}

/* Only those concerned: the record lists ids of work that others may not know of. */
static enum err handover_put(struct call *c, const struct input *in, const struct handover *h,
                             struct act_result *ret_result)
{
    const struct str parties[] = {
        str_format(c->arena, "p:%.*s", STR_ARG(h->giver)),
        str_format(c->arena, "p:%.*s", STR_ARG(h->receiver)),
        str_format(c->arena, "p:%.*s", STR_ARG(h->offered_by)),
    };
    struct put put = {.kind = "handover.handover",
                      .record = in->record,
                      .seen_n = in->seen,
                      .body = h,
                      .audience = parties,
                      .audience_count = ARRAY_LEN(parties)};
    return record_put(c, &put, ret_result);
}

static enum err items_fill(struct call *c, struct str only, struct handover *h)
{
    struct rows rows = {};
    enum err e = handover_sql_items(c, h->giver, only, &rows);
    if (e != OK) return e;
    struct handover_item *items = arena_array(c->arena, rows.count + 1, sizeof *items);
    for (size_t i = 0; i < rows.count; i++)
        items[i].item = rows_text(&rows, i, 0);
    h->items = (struct list){items, rows.count};
    h->whole = only.len == 0;
    h->giver_title = person_title(c, h->giver);
    return only.len > 0 && rows.count == 0 ? fail(c, ERR_CONFLICT, "handover.not_open") : OK;
}

/* Whoever receives reads records, and is here. */
static enum err receiver_fits(struct call *c, struct str person)
{
    struct rows rows = {};
    int64_t roles = 0;
    enum err e = org_person_row(c, person, &rows);
    for (size_t i = 0; e == OK && rows.count > 0 && i < 5; i++)
        roles += rows_int(&rows, 0, 2 + i);
    if (e == OK && roles == 0) {
        problem(c, S("receiver"), "handover.receiver");
        return problems_fail(c);
    }
    return e;
}

static enum err run_offer(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct handover h = {.giver = in->person.len > 0 ? in->person : c->who.person,
                         .receiver = in->receiver,
                         .offered_by = c->who.person,
                         .note = in->note,
                         .state = HANDOVER_OFFERED};
    if (!handover_for_others(c, in->person)) return fail(c, ERR_DENIED, "handover.not_giver");
    enum err e = receiver_fits(c, h.receiver);
    if (e == OK) e = items_fill(c, in->only, &h);
    return e != OK ? e : handover_put(c, in, &h, ret_result);
}

/* The chief may take from anybody, a leader and whoever is named the head of a unit from its
 * people.
 */
enum err handover_may_take(struct call *c, struct str person)
{
    struct rows rows = {};
    struct org_unit unit = {};
    if ((c->who.roles & ROLE_CHIEF) != 0) return OK;
    enum err e = org_person_row(c, person, &rows);
    struct str its = e == OK && rows.count > 0 ? rows_text(&rows, 0, 1) : (struct str){};
    if (e == OK && its.len > 0) e = record_body(c, "office.unit", its, &unit);
    if (e != OK) return e;
    bool leads = (c->who.roles & ROLE_LEADER) != 0 && str_eq(its, c->who.unit);
    bool may = its.len > 0 && (leads || str_eq(unit.head, c->who.person));
    return may ? OK : fail(c, ERR_DENIED, "handover.not_own_unit");
}

static enum err run_take(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct str all = {};
    struct handover h = {.giver = in->person,
                         .receiver = c->who.person,
                         .offered_by = c->who.person,
                         .note = in->note,
                         .state = HANDOVER_ACCEPTED};
    enum err e = handover_may_take(c, in->person);
    if (e == OK) e = items_fill(c, all, &h);
    if (e == OK) e = succession_next(c, &h.seq);
    return e != OK ? e : handover_put(c, in, &h, ret_result);
}

/* ---- answering an offer ---- */

static enum err still_offered(struct call *c, const struct head *head,
                              struct handover *ret_handover)
{
    enum err e = record_body(c, "handover.handover", head->record, ret_handover);
    if (e != OK) return e;
    return ret_handover->state == HANDOVER_OFFERED ? OK : fail(c, ERR_CONFLICT, "handover.closed");
}

/* Nobody signs in another's place, not even a delegate. */
static enum err receiver_answers(struct call *c, const struct head *head)
{
    struct handover h = {};
    enum err e = still_offered(c, head, &h);
    if (e != OK) return e;
    return str_eq(h.receiver, c->who.person) ? OK : fail(c, ERR_DENIED, "handover.not_receiver");
}

static enum err giver_withdraws(struct call *c, const struct head *head)
{
    struct handover h = {};
    enum err e = still_offered(c, head, &h);
    if (e != OK) return e;
    bool own = str_eq(h.giver, c->who.person) || str_eq(h.offered_by, c->who.person);
    return own ? OK : fail(c, ERR_DENIED, "handover.not_maker");
}

static enum err answer(struct call *c, const struct input *in, int64_t state,
                       struct act_result *ret_result)
{
    struct handover h = {};
    enum err e = record_body(c, "handover.handover", in->record, &h);
    if (e == OK && state == HANDOVER_ACCEPTED) e = succession_next(c, &h.seq);
    if (e != OK) return e;
    h.state = state;
    h.reason = in->reason;
    return handover_put(c, in, &h, ret_result);
}

static enum err run_accept(struct call *c, const void *input, struct act_result *ret_result)
{
    return answer(c, input, HANDOVER_ACCEPTED, ret_result);
}

static enum err run_refuse(struct call *c, const void *input, struct act_result *ret_result)
{
    return answer(c, input, HANDOVER_REFUSED, ret_result);
}

static enum err run_withdraw(struct call *c, const void *input, struct act_result *ret_result)
{
    return answer(c, input, HANDOVER_WITHDRAWN, ret_result);
}

const struct act HANDOVER_ACTS[HANDOVER_ACT_COUNT] = {
    {.name = "handover.offer",
     .input = &OFFER,
     .roles = ROLE_ANY,
     .main = true,
     .preview = "handover.preview",
     .run = run_offer},
    {.name = "handover.take",
     .input = &TAKE,
     .roles = ROLE_READERS,
     .preview = "handover.preview",
     .run = run_take},
    {.name = "handover.accept",
     .input = &SIGN,
     .kind = "handover.handover",
     .roles = ROLE_ANY,
     .home_only = true,
     .main = true,
     .state = receiver_answers,
     .run = run_accept},
    {.name = "handover.refuse",
     .input = &REFUSE,
     .kind = "handover.handover",
     .roles = ROLE_ANY,
     .home_only = true,
     .state = receiver_answers,
     .run = run_refuse},
    {.name = "handover.withdraw",
     .input = &SIGN,
     .kind = "handover.handover",
     .roles = ROLE_ANY,
     .home_only = true,
     .state = giver_withdraws,
     .run = run_withdraw},
};
