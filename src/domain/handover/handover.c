/* The record of a hand-over: its fields, its rules, what it does; and the table of contents. */
#include "handover.h"

#include "core/obligation.h"
#include "core/substitute.h"

static const char *const STATES[] = {"offered", "accepted", "refused", "withdrawn", NULL};

static const struct field ITEM_FIELDS[] = {
    {.name = "item",
     .type = FIELD_RECORD,
     .offset = offsetof(struct handover_item, item),
     .required = true},
};
static const struct field_table ITEM =
    FIELD_TABLE("handover.item", struct handover_item, ITEM_FIELDS);

#define AT(member) .offset = offsetof(struct handover, member)
static const struct field FIELDS[] = {
    {.name = "giver", .type = FIELD_PERSON, AT(giver), .required = true},
    {.name = "receiver", .type = FIELD_PERSON, AT(receiver), .required = true},
    {.name = "offered_by", .type = FIELD_PERSON, AT(offered_by), .required = true},
    {.name = "giver_title", .type = FIELD_TEXT, AT(giver_title), .max = 400, .required = true},
    {.name = "note", .type = FIELD_LONG, AT(note), .max = HANDOVER_NOTE_BYTES},
    {.name = "items", .type = FIELD_LIST, AT(items), .of = &ITEM, .max = HANDOVER_ITEMS},
    {.name = "whole", .type = FIELD_BOOL, AT(whole)},
    {.name = "state", .type = FIELD_CHOICE, AT(state), .choices = STATES, .required = true},
    {.name = "reason", .type = FIELD_TEXT, AT(reason), .max = 500},
    {.name = "seq", .type = FIELD_INT, AT(seq), .max = INT32_MAX},
};
const struct field_table HANDOVER_TABLE = FIELD_TABLE("handover.handover", struct handover, FIELDS);

/* Accepted is what the receiver signed, and nobody else. */
static enum err handover_valid(struct call *c, const struct version *v, const void *body)
{
    const struct handover *h = body;
    bool accepted = h->state == HANDOVER_ACCEPTED;
    if (str_eq(h->giver, h->receiver)) return fail(c, ERR_INVALID, "handover.self");
    if (accepted != (h->seq > 0)) return fail(c, ERR_INVALID, "handover.form");
    if (accepted && !str_eq(v->person, h->receiver))
        return fail(c, ERR_INVALID, "handover.not_receiver");
    return OK;
}

static enum err items_move(struct call *c, const struct version *v, const struct handover *h)
{
    const struct handover_item *items = h->items.rows;
    struct succession s = {.giver = str_format(c->arena, "p:%.*s", STR_ARG(h->giver)),
                           .receiver = str_format(c->arena, "p:%.*s", STR_ARG(h->receiver)),
                           .seq = h->seq};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < h->items.count; i++) {
        s.record = items[i].item;
        e = succession_put(c, v, &s);
    }
    s.record = SUCCESSION_ALL;
    return e == OK && h->whole ? succession_put(c, v, &s) : e;
}

static enum err handover_apply(struct call *c, const struct version *v, const void *body)
{
    const struct handover *h = body;
    struct str none = {};
    if (h->state == HANDOVER_OFFERED) {
        struct obligation sign = {.what = "handover.sign",
                                  .about = v->record,
                                  .owner = str_format(c->arena, "p:%.*s", STR_ARG(h->receiver)),
                                  .creditor = str_format(c->arena, "p:%.*s", STR_ARG(h->giver)),
                                  .title = h->giver_title};
        return obligation_open(c, v, &sign);
    }
    enum err e = obligation_settle(c, v, v->record, "handover.sign", none);
    return e == OK && h->state == HANDOVER_ACCEPTED ? items_move(c, v, h) : e;
}

static const struct kind KINDS[] = {
    {.table = &HANDOVER_TABLE,
     .schema = 1,
     .local = true,
     .view = "handover.show",
     .title = "giver_title",
     .valid = handover_valid,
     .apply = handover_apply},
};

const struct module handover_module = {
    .name = "handover",
    .order = 930,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = HANDOVER_ACTS,
    .act_count = HANDOVER_ACT_COUNT,
    .views = HANDOVER_VIEWS,
    .view_count = HANDOVER_VIEW_COUNT,
};
