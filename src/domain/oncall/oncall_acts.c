/* Adding, changing and cancelling a duty: the work of the administrator and the chief. */
#include "oncall.h"

#include "core/office.h"
#include "core/org.h"

struct input {
    struct str record;
    int64_t seen;
    struct oncall_duty duty;
};

#define AT(member) .offset = offsetof(struct input, member)
#define RECORD_AND_SEEN                                                                            \
    {.name = "record",                                                                             \
     .type = FIELD_RECORD,                                                                         \
     AT(record),                                                                                   \
     .required = true,                                                                             \
     .label = "field.oncall.record"},                                                              \
    {                                                                                              \
        .name = "seen", .type = FIELD_INT, AT(seen), .label = "field.oncall.seen"                  \
    }
#define DUTY                                                                                       \
    {.name = "from",                                                                               \
     .type = FIELD_DATE,                                                                           \
     AT(duty.from_day),                                                                            \
     .required = true,                                                                             \
     .label = "field.oncall.duty.from"},                                                           \
        {.name = "to",                                                                             \
         .type = FIELD_DATE,                                                                       \
         AT(duty.to_day),                                                                          \
         .required = true,                                                                         \
         .label = "field.oncall.duty.to"},                                                         \
        {.name = "person",                                                                         \
         .type = FIELD_PERSON,                                                                     \
         AT(duty.person),                                                                          \
         .label = "field.oncall.duty.person"},                                                     \
        {.name = "role",                                                                           \
         .type = FIELD_CHOICE,                                                                     \
         AT(duty.role),                                                                            \
         .choices = ROLE_WORDS,                                                                    \
         .label = "field.oncall.duty.role"},                                                       \
        {.name = "phone",                                                                          \
         .type = FIELD_TEXT,                                                                       \
         AT(duty.phone),                                                                           \
         .max = ONCALL_PHONE_BYTES,                                                                \
         .required = true,                                                                         \
         .label = "field.oncall.duty.phone"},                                                      \
    {                                                                                              \
        .name = "note", .type = FIELD_TEXT, AT(duty.note), .max = ONCALL_NOTE_BYTES,               \
        .label = "field.oncall.duty.note"                                                          \
    }

static const struct field ADD_FIELDS[] = {DUTY};
static const struct field CHANGE_FIELDS[] = {RECORD_AND_SEEN, DUTY};
static const struct field CANCEL_FIELDS[] = {RECORD_AND_SEEN};
static const struct field_table ADD = FIELD_TABLE("oncall.add", struct input, ADD_FIELDS);
static const struct field_table CHANGE = FIELD_TABLE("oncall.change", struct input, CHANGE_FIELDS);
static const struct field_table CANCEL = FIELD_TABLE("oncall.cancel", struct input, CANCEL_FIELDS);

static enum err duty_put(struct call *c, const struct input *in, const struct oncall_duty *duty,
                         struct act_result *ret_result)
{
    struct put put = {
        .kind = "oncall.duty", .record = in->record, .seen_n = in->seen, .body = duty};
    put.audience = org_audience(c, &put.audience_count);
    return record_put(c, &put, ret_result);
}

static enum err run_write(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    return duty_put(c, in, &in->duty, ret_result);
}

static enum err run_cancel(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct oncall_duty duty = {};
    enum err e = record_body(c, "oncall.duty", in->record, &duty);
    if (e != OK) return e;
    duty.cancelled = true;
    return duty_put(c, in, &duty, ret_result);
}

static enum err still_holds(struct call *c, const struct head *head)
{
    struct oncall_duty duty = {};
    enum err e = record_body(c, "oncall.duty", head->record, &duty);
    if (e != OK) return e;
    return duty.cancelled ? fail(c, ERR_CONFLICT, "oncall.cancelled") : OK;
}

const struct act ONCALL_ACTS[ONCALL_ACT_COUNT] = {
    {.name = "oncall.add",
     .input = &ADD,
     .roles = ROLE_ADMIN | ROLE_CHIEF,
     .main = true,
     .run = run_write},
    {.name = "oncall.change",
     .input = &CHANGE,
     .kind = "oncall.duty",
     .roles = ROLE_ADMIN | ROLE_CHIEF,
     .home_only = true,
     .main = true,
     .state = still_holds,
     .run = run_write},
    {.name = "oncall.cancel",
     .input = &CANCEL,
     .kind = "oncall.duty",
     .roles = ROLE_ADMIN | ROLE_CHIEF,
     .home_only = true,
     .state = still_holds,
     .run = run_cancel},
};
