/* Planning, changing and cancelling an absence. */
#include "absence.h"

#include "base/time.h"
#include "core/office.h"
#include "core/org.h"
#include "core/org_sql.h"
#include "core/substitute.h"

struct input {
    struct str record;
    int64_t seen;
    struct absence absence; /* person empty: the actor */
};

#define AT(member) .offset = offsetof(struct input, member)
#define RECORD_AND_SEEN                                                                            \
    {.name = "record",                                                                             \
     .type = FIELD_RECORD,                                                                         \
     AT(record),                                                                                   \
     .required = true,                                                                             \
     .label = "field.absence.record"},                                                             \
    {                                                                                              \
        .name = "seen", .type = FIELD_INT, AT(seen), .label = "field.absence.seen"                 \
    }
#define DAYS_AND_DELEGATE                                                                          \
    {.name = "delegate",                                                                           \
     .type = FIELD_PERSON,                                                                         \
     AT(absence.delegate),                                                                         \
     .required = true,                                                                             \
     .label = "field.absence.absence.delegate"},                                                   \
        {.name = "from",                                                                           \
         .type = FIELD_DATE,                                                                       \
         AT(absence.from_day),                                                                     \
         .required = true,                                                                         \
         .label = "field.absence.absence.from"},                                                   \
        {.name = "to",                                                                             \
         .type = FIELD_DATE,                                                                       \
         AT(absence.to_day),                                                                       \
         .required = true,                                                                         \
         .label = "field.absence.absence.to"},                                                     \
    {                                                                                              \
        .name = "reason", .type = FIELD_TEXT, AT(absence.reason), .max = ABSENCE_REASON_BYTES,     \
        .label = "field.absence.absence.reason"                                                    \
    }

static const struct field PLAN_FIELDS[] = {
    {.name = "person", .type = FIELD_PERSON, AT(absence.person)},
    DAYS_AND_DELEGATE,
};
static const struct field CHANGE_FIELDS[] = {RECORD_AND_SEEN, DAYS_AND_DELEGATE};
static const struct field CANCEL_FIELDS[] = {RECORD_AND_SEEN};
static const struct field_table PLAN = FIELD_TABLE("absence.plan", struct input, PLAN_FIELDS);
static const struct field_table CHANGE = FIELD_TABLE("absence.change", struct input, CHANGE_FIELDS);
static const struct field_table CANCEL = FIELD_TABLE("absence.cancel", struct input, CANCEL_FIELDS);

/* One's own; for others the administrator, the chief and the leader's secretary. */
static bool may_plan(struct call *c, struct str person)
{
    bool others = (c->who.roles & (ROLE_ADMIN | ROLE_CHIEF | ROLE_SECRETARY)) != 0;
    return others || str_eq(person, c->who.person);
}

/* How many the delegate can stand in for: one place in the list of parties for each, after the
 * delegate's own. */
static enum err room_of(struct call *c, struct str delegate, int64_t *ret_room)
{
    struct rows rows = {};
    enum err e = org_person_row(c, delegate, &rows);
    if (e != OK) return e;
    *ret_room = 0;
    if (rows.count == 0) return OK;
    int64_t held = 2 + (rows_text(&rows, 0, 1).len > 0 ? 1 : 0); /* office, person, unit */
    int64_t reads = 0;
    for (size_t i = 0; ROLE_WORDS[i] != NULL; i++)
        held += rows_int(&rows, 0, 2 + i);
    for (size_t i = 0; i < 5; i++)
        reads += rows_int(&rows, 0, 2 + i);
    int64_t room = READER_PARTIES - held;
    if (reads > 0) *ret_room = room < STANDS_FOR_MAX ? room : STANDS_FOR_MAX;
    return OK;
}

static enum err absence_check(struct call *c, const struct absence *a, struct str record)
{
    int64_t delegated = 0;
    int64_t away = 0;
    int64_t room = 0;
    if (a->to_day < time_hanoi_day(c->now_ms)) problem(c, S("to"), "absence.past");
    enum err e = absence_sql_clash(c, a, record, &delegated, &away);
    if (e == OK) e = room_of(c, a->delegate, &room);
    if (e != OK) return e;
    if (away > 0) problem(c, S("from"), "absence.overlap");
    if (delegated >= room) problem(c, S("delegate"), "absence.delegate");
    return problems_fail(c);
}

static enum err absence_put(struct call *c, const struct input *in, const struct absence *a,
                            struct act_result *ret_result)
{
    struct put put = {
        .kind = "absence.absence", .record = in->record, .seen_n = in->seen, .body = a};
    put.audience = org_audience(c, &put.audience_count);
    return record_put(c, &put, ret_result);
}

static enum err run_plan(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct absence a = in->absence;
    bool here = false;
    if (a.person.len == 0) a.person = c->who.person;
    if (!may_plan(c, a.person)) return fail(c, ERR_DENIED, "absence.not_yours");
    enum err e = person_is_here(c, a.person, &here);
    if (e != OK) return e;
    if (!here) problem(c, S("person"), "absence.gone");
    e = absence_check(c, &a, in->record);
    return e != OK ? e : absence_put(c, in, &a, ret_result);
}

static enum err still_holds(struct call *c, const struct head *head)
{
    struct absence a = {};
    enum err e = record_body(c, "absence.absence", head->record, &a);
    if (e != OK) return e;
    if (!may_plan(c, a.person)) return fail(c, ERR_DENIED, "absence.not_yours");
    if (a.cancelled) return fail(c, ERR_CONFLICT, "absence.cancelled");
    return a.to_day < time_hanoi_day(c->now_ms) ? fail(c, ERR_CONFLICT, "absence.over") : OK;
}

static enum err run_change(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct absence before = {};
    struct absence a = in->absence;
    enum err e = record_body(c, "absence.absence", in->record, &before);
    if (e != OK) return e;
    a.person = before.person;
    e = absence_check(c, &a, in->record);
    return e != OK ? e : absence_put(c, in, &a, ret_result);
}

static enum err run_cancel(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct absence a = {};
    enum err e = record_body(c, "absence.absence", in->record, &a);
    if (e != OK) return e;
    a.cancelled = true;
    return absence_put(c, in, &a, ret_result);
}

const struct act ABSENCE_ACTS[ABSENCE_ACT_COUNT] = {
    {.name = "absence.plan", .input = &PLAN, .roles = ROLE_ANY, .main = true, .run = run_plan},
    {.name = "absence.change",
     .input = &CHANGE,
     .kind = "absence.absence",
     .roles = ROLE_ANY,
     .home_only = true,
     .main = true,
     .state = still_holds,
     .run = run_change},
    {.name = "absence.cancel",
     .input = &CANCEL,
     .kind = "absence.absence",
     .roles = ROLE_ANY,
     .home_only = true,
     .state = still_holds,
     .run = run_cancel},
};
