/* The record of a duty, and the table of contents of this folder. */
#include "oncall.h"

#define AT(member) .offset = offsetof(struct oncall_duty, member)
static const struct field FIELDS[] = {
    {.name = "from", .type = FIELD_DATE, AT(from_day), .required = true},
    {.name = "to", .type = FIELD_DATE, AT(to_day), .required = true},
    {.name = "person", .type = FIELD_PERSON, AT(person)},
    {.name = "role", .type = FIELD_CHOICE, AT(role), .choices = ROLE_WORDS},
    {.name = "phone", .type = FIELD_TEXT, AT(phone), .max = ONCALL_PHONE_BYTES, .required = true},
    {.name = "note", .type = FIELD_TEXT, AT(note), .max = ONCALL_NOTE_BYTES},
    {.name = "cancelled", .type = FIELD_BOOL, AT(cancelled)},
};
const struct field_table ONCALL_DUTY = FIELD_TABLE("oncall.duty", struct oncall_duty, FIELDS);

/* A number that a telephone takes: digits, and what people write between them. */
static bool is_phone(struct str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        bool between = str_find(S(" +-.()"), str_sub(text, i, i + 1), 0) < 6;
        if (!digit && !between) return false;
        digits += digit ? 1 : 0;
    }
    return digits >= 3;
}

static enum err duty_valid(struct call *c, const struct version *v, const void *body)
{
    const struct oncall_duty *duty = body;
    (void)v;
    if (duty->person.len == 0 && duty->role == 0) problem(c, S("person"), "oncall.nobody");
    if (duty->to_day < duty->from_day) problem(c, S("to"), "oncall.dates");
    if (duty->to_day - duty->from_day >= ONCALL_DAYS) problem(c, S("to"), "oncall.long");
    if (!is_phone(duty->phone)) problem(c, S("phone"), "oncall.phone");
    return problems_fail(c);
}

static const struct kind KINDS[] = {
    {.table = &ONCALL_DUTY, .schema = 1, .local = true, .title = "phone", .valid = duty_valid},
};

const struct module oncall_module = {
    .name = "oncall",
    .order = 910,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = ONCALL_ACTS,
    .act_count = ONCALL_ACT_COUNT,
    .views = ONCALL_VIEWS,
    .view_count = ONCALL_VIEW_COUNT,
    .migrations = ONCALL_STEPS,
    .migration_count = ONCALL_STEP_COUNT,
    .beside = oncall_beside,
};
