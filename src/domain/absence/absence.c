/* The record of an absence: its fields, its rules, what it does; and the table of contents. */
#include "absence.h"

#include "core/substitute.h"

#define AT(member) .offset = offsetof(struct absence, member)
static const struct field FIELDS[] = {
    {.name = "person", .type = FIELD_PERSON, AT(person), .required = true},
    {.name = "delegate", .type = FIELD_PERSON, AT(delegate), .required = true},
    {.name = "from", .type = FIELD_DATE, AT(from_day), .required = true},
    {.name = "to", .type = FIELD_DATE, AT(to_day), .required = true},
    {.name = "reason", .type = FIELD_TEXT, AT(reason), .max = ABSENCE_REASON_BYTES},
    {.name = "cancelled", .type = FIELD_BOOL, AT(cancelled)},
};
const struct field_table ABSENCE_TABLE = FIELD_TABLE("absence.absence", struct absence, FIELDS);

static enum err absence_valid(struct call *c, const struct version *v, const void *body)
{
    const struct absence *a = body;
    (void)v;
    if (str_eq(a->person, a->delegate)) problem(c, S("delegate"), "absence.self");
    if (a->to_day < a->from_day) problem(c, S("to"), "absence.dates");
    if (a->to_day - a->from_day >= ABSENCE_DAYS) problem(c, S("to"), "absence.long");
    return problems_fail(c);
}

static enum err absence_apply(struct call *c, const struct version *v, const void *body)
{
    const struct absence *a = body;
    struct stand_in s = {
        .absent = a->person, .delegate = a->delegate, .from_day = a->from_day, .to_day = a->to_day};
    return a->cancelled ? OK : stand_in_put(c, v, &s);
}

static const struct kind KINDS[] = {
    {.table = &ABSENCE_TABLE,
     .schema = 1,
     .local = true,
     .view = "absence.show",
     .title = "person",
     .valid = absence_valid,
     .apply = absence_apply},
};

const struct module absence_module = {
    .name = "absence",
    .order = 920,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = ABSENCE_ACTS,
    .act_count = ABSENCE_ACT_COUNT,
    .views = ABSENCE_VIEWS,
    .view_count = ABSENCE_VIEW_COUNT,
    .migrations = ABSENCE_STEPS,
    .migration_count = ABSENCE_STEP_COUNT,
    .beside = absence_beside,
};
