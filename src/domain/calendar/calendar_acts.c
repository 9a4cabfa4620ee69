/* What the keepers of a calendar do. */
#include "calendar.h"

#include "base/limits.h"
#include "base/time.h"
#include "core/office.h"

enum { HOLD_DAYS = 3 }; /* of a hold that names no end */

struct input {
    struct str record; /* the calendar, or the booking */
    int64_t seen;
    int64_t from_ms;
    int64_t to_ms;
    int64_t hold_until;
    int64_t day;
    struct calendar_booking b;
    struct calendar_details d;
    struct str reason;
    struct str accept;
};

#define AT(member) .offset = offsetof(struct input, member)
#define THE_CALENDAR                                                                               \
    {                                                                                              \
        .name = "record", .type = FIELD_RECORD, AT(record), .required = true,                      \
        .label = "field.calendar.booking.resource"                                                 \
    }
#define THE_BOOKING                                                                                \
    {.name = "record",                                                                             \
     .type = FIELD_RECORD,                                                                         \
     AT(record),                                                                                   \
     .required = true,                                                                             \
     .label = "kind.calendar.booking"},                                                            \
    {                                                                                              \
        .name = "seen", .type = FIELD_INT, AT(seen), .label = "field.calendar.seen"                \
    }
#define FROM_TO                                                                                    \
    {.name = "from",                                                                               \
     .type = FIELD_INSTANT,                                                                        \
     AT(from_ms),                                                                                  \
     .required = true,                                                                             \
     .label = "field.calendar.from"},                                                              \
    {                                                                                              \
        .name = "to", .type = FIELD_INSTANT, AT(to_ms), .required = true,                          \
        .label = "field.calendar.to"                                                               \
    }
#define TITLE_PLACE                                                                                \
    {.name = "title",                                                                              \
     .type = FIELD_TEXT,                                                                           \
     AT(d.title),                                                                                  \
     .max = LIMIT_TEXT_BYTES,                                                                      \
     .required = true,                                                                             \
     .label = "field.calendar.details.title"},                                                     \
        {.name = "place",                                                                          \
         .type = FIELD_TEXT,                                                                       \
         AT(d.place),                                                                              \
         .max = CALENDAR_NAME_BYTES,                                                               \
         .label = "field.calendar.details.place"},                                                 \
    {                                                                                              \
        .name = "priority", .type = FIELD_CHOICE, AT(b.priority), .choices = CALENDAR_PRIORITIES,  \
        .label = "field.calendar.booking.priority"                                                 \
    }
#define ACCEPT                                                                                     \
    {                                                                                              \
        .name = "accept", .type = FIELD_TEXT, AT(accept), .max = CALENDAR_REASON_BYTES,            \
        .label = "field.calendar.accept"                                                           \
    }
#define REASON                                                                                     \
    {                                                                                              \
        .name = "reason", .type = FIELD_TEXT, AT(reason), .max = CALENDAR_REASON_BYTES,            \
        .required = true, .label = "field.calendar.booking.reason"                                 \
    }

static const struct field HOLD_FIELDS[] = {
    THE_CALENDAR, FROM_TO, TITLE_PLACE,
    {.name = "hold_until",
     .type = FIELD_INSTANT,
     AT(hold_until),
     .label = "field.calendar.booking.hold_until"},
};
static const struct field BOOK_FIELDS[] = {
    THE_CALENDAR,
    FROM_TO,
    TITLE_PLACE,
    {.name = "content",
     .type = FIELD_LONG,
     AT(d.content),
     .max = 8000,
     .label = "field.calendar.details.content"},
    {.name = "chair",
     .type = FIELD_TEXT,
     AT(d.chair),
     .max = CALENDAR_NAME_BYTES,
     .label = "field.calendar.details.chair"},
    {.name = "attendees",
     .type = FIELD_LONG,
     AT(d.attendees),
     .max = 4000,
     .label = "field.calendar.details.attendees"},
    {.name = "prepares",
     .type = FIELD_TEXT,
     AT(d.prepares),
     .max = 400,
     .label = "field.calendar.details.prepares"},
    {.name = "private",
     .type = FIELD_BOOL,
     AT(d.private),
     .label = "field.calendar.details.private"},
    {.name = "all_day",
     .type = FIELD_BOOL,
     AT(b.when.all_day),
     .label = "field.calendar.booking.all_day"},
    {.name = "zone",
     .type = FIELD_TEXT,
     AT(b.when.zone),
     .max = 64,
     .label = "field.calendar.booking.zone"},
    {.name = "rule",
     .type = FIELD_TEXT,
     AT(b.when.rule),
     .max = LIMIT_RULE_BYTES,
     .label = "field.calendar.booking.rule"},
    {.name = "lunar",
     .type = FIELD_BOOL,
     AT(b.when.lunar),
     .label = "field.calendar.booking.lunar"},
    ACCEPT,
};
static const struct field FIRM_FIELDS[] = {THE_BOOKING, ACCEPT};
static const struct field MOVE_FIELDS[] = {THE_BOOKING, FROM_TO, REASON, ACCEPT};
static const struct field CANCEL_FIELDS[] = {THE_BOOKING, REASON};
static const struct field SKIP_FIELDS[] = {
    THE_BOOKING,
    {.name = "day",
     .type = FIELD_DATE,
     AT(day),
     .required = true,
     .label = "field.calendar.exceptions.day"},
    REASON,
};
static const struct field_table HOLD = FIELD_TABLE("calendar.hold", struct input, HOLD_FIELDS);
static const struct field_table BOOK = FIELD_TABLE("calendar.book", struct input, BOOK_FIELDS);
static const struct field_table FIRM = FIELD_TABLE("calendar.firm", struct input, FIRM_FIELDS);
static const struct field_table MOVE = FIELD_TABLE("calendar.move", struct input, MOVE_FIELDS);
static const struct field_table CANCEL =
    FIELD_TABLE("calendar.cancel", struct input, CANCEL_FIELDS);
static const struct field_table SKIP = FIELD_TABLE("calendar.skip", struct input, SKIP_FIELDS);

/* ---- time as people type it ---- */

/* What the clock of the place shows, whatever the place: the zone stands beside it. */
static void when_put(struct calendar_when *when, const struct input *in)
{
    int64_t local_ms = in->from_ms + TIME_HANOI_MS;
    when->day = time_hanoi_day(in->from_ms);
    when->minute = local_ms / 60000 - when->day * 1440;
    when->length = (in->to_ms - in->from_ms) / 60000;
    if (!when->all_day) return;
    when->minute = 0;
    when->length = (time_hanoi_day(in->to_ms) - when->day + 1) * 1440;
}

/* ---- states ---- */

static enum err keeper_of(struct call *c, const struct head *head, struct calendar_booking *ret_b)
{
    struct calendar_resource r = {};
    struct calendar_booking b = {};
    enum err e = record_body(c, "calendar.booking", head->record, &b);
    if (e == OK) e = calendar_may_keep(c, b.resource, &r);
    if (e == OK) *ret_b = b;
    return e;
}

static enum err calendar_open_to_actor(struct call *c, const struct head *head)
{
    struct calendar_resource r = {};
    enum err e = calendar_may_keep(c, head->record, &r);
    if (e != OK) return e;
    return r.closed ? fail(c, ERR_CONFLICT, "calendar.closed") : OK;
}

static enum err verb_allowed(struct call *c, const struct head *head, enum calendar_verb verb)
{
    struct calendar_booking b = {};
    int64_t next = 0;
    enum err e = keeper_of(c, head, &b);
    if (e != OK) return e;
    bool organised = b.meeting.len > 0 && (verb == VERB_DECIDE || verb == VERB_MOVE);
    if (organised) return fail(c, ERR_CONFLICT, "calendar.organiser_decides");
    return calendar_step(c, &b, verb, &next);
}

static enum err may_promise(struct call *c, const struct head *head)
{
    return verb_allowed(c, head, VERB_PROMISE);
}
static enum err may_decide(struct call *c, const struct head *head)
{
    return verb_allowed(c, head, VERB_DECIDE);
}
static enum err may_move(struct call *c, const struct head *head)
{
    return verb_allowed(c, head, VERB_MOVE);
}
static enum err may_cancel(struct call *c, const struct head *head)
{
    return verb_allowed(c, head, VERB_CANCEL);
}
static enum err may_skip(struct call *c, const struct head *head)
{
    struct calendar_booking b = {};
    enum err e = verb_allowed(c, head, VERB_MOVE);
    if (e == OK) e = record_body(c, "calendar.booking", head->record, &b);
    if (e != OK) return e;
    return calendar_is_series(&b.when) ? OK : fail(c, ERR_CONFLICT, "calendar.no_series");
}

/* ---- effects ---- */

static enum err make(struct call *c, const struct input *in, enum calendar_verb verb,
                     struct act_result *ret_result)
{
    struct calendar_booking b = in->b;
    struct calendar_details d = in->d;
    struct calendar_booking none = {};
    b.resource = in->record;
    b.hold_until = in->hold_until;
    b.accepted = in->accept;
    when_put(&b.when, in);
    enum err e = calendar_step(c, &none, verb, &b.state);
    if (e == OK && b.when.lunar && b.when.rule.len > 0) {
        problem(c, S("rule"), "calendar.rule_or_lunar");
        e = problems_fail(c);
    }
    if (e == OK) e = calendar_book(c, (struct str){}, 0, &b, d.place, ret_result);
    if (e != OK) return e;
    d.booking = ret_result->record;
    return calendar_describe(c, &d);
}

static enum err run_hold(struct call *c, const void *input, struct act_result *ret_result)
{
    struct input in = *(const struct input *)input;
    if (in.hold_until == 0) in.hold_until = c->now_ms + HOLD_DAYS * TIME_DAY_MS;
    if (in.hold_until <= c->now_ms) problem(c, S("hold_until"), "calendar.hold_past");
    enum err e = problems_fail(c);
    return e != OK ? e : make(c, &in, VERB_HOLD, ret_result);
}

static enum err run_book(struct call *c, const void *input, struct act_result *ret_result)
{
    return make(c, input, VERB_DECIDE, ret_result);
}

static enum err place_of(struct call *c, struct str booking, struct str *ret_place)
{
    struct calendar_details d = {};
    struct str record = {};
    enum err e = calendar_details_of(c, booking, &record);
    if (e == OK && record.len > 0) e = record_body(c, "calendar.details", record, &d);
    if (e == OK) *ret_place = d.place;
    return e;
}

/* A booking as it is, changed by `change`, stored again. */
static enum err next(struct call *c, const struct input *in, enum calendar_verb verb,
                     void (*change)(struct calendar_booking *b, const struct input *in),
                     struct act_result *ret_result)
{
    struct calendar_booking b = {};
    struct str place = {};
    enum err e = record_body(c, "calendar.booking", in->record, &b);
    if (e == OK) e = calendar_step(c, &b, verb, &b.state);
    if (e == OK) e = place_of(c, in->record, &place);
    if (e != OK) return e;
    b.reason = in->reason;
    b.accepted = in->accept;
    if (change != NULL) change(&b, in);
    if (verb != VERB_CANCEL) return calendar_book(c, in->record, in->seen, &b, place, ret_result);
    struct put put = {
        .kind = "calendar.booking", .record = in->record, .seen_n = in->seen, .body = &b};
    return record_put(c, &put, ret_result);
}

static void times_put(struct calendar_booking *b, const struct input *in)
{
    when_put(&b->when, in);
}

static enum err run_promise(struct call *c, const void *input, struct act_result *ret_result)
{
    return next(c, input, VERB_PROMISE, NULL, ret_result);
}
static enum err run_decide(struct call *c, const void *input, struct act_result *ret_result)
{
    return next(c, input, VERB_DECIDE, NULL, ret_result);
}
static enum err run_move(struct call *c, const void *input, struct act_result *ret_result)
{
    return next(c, input, VERB_MOVE, times_put, ret_result);
}
static enum err run_cancel(struct call *c, const void *input, struct act_result *ret_result)
{
    return next(c, input, VERB_CANCEL, NULL, ret_result);
}

/* One instance falls out. It must be one that the series has. */
static enum err run_skip(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct calendar_booking b = {};
    struct calendar_span *spans = NULL;
    size_t before = 0;
    size_t after = 0;
    enum err e = record_body(c, "calendar.booking", in->record, &b);
    if (e == OK) e = calendar_spans(c, &b.when, &spans, &before);
    if (e != OK) return e;
    size_t count = b.when.exceptions.count;
    struct calendar_exception *rows = arena_array(c->arena, count + 1, sizeof *rows);
    const struct calendar_exception *held = b.when.exceptions.rows;
    for (size_t i = 0; i < count; i++)
        rows[i] = held[i];
    rows[count] =
        (struct calendar_exception){.day = in->day, .minute = b.when.minute, .cancelled = true};
    b.when.exceptions = (struct list){rows, count + 1};
    b.reason = in->reason;
    e = calendar_spans(c, &b.when, &spans, &after);
    if (e == OK && after == before) {
        problem(c, S("day"), "calendar.not_an_instance");
        e = problems_fail(c);
    }
    if (e != OK) return e;
    struct put put = {
        .kind = "calendar.booking", .record = in->record, .seen_n = in->seen, .body = &b};
    return record_put(c, &put, ret_result);
}

/* ---- calendars ---- */

static enum err run_open(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct calendar_resource *r = input;
    const struct calendar_office *offices = r->offices.rows;
    struct put put = {.kind = "calendar.resource", .body = r};
    struct str *parties = arena_array(c->arena, CALENDAR_OFFICES + 2, sizeof *parties);
    parties[put.audience_count++] = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    for (size_t i = 0; i < r->offices.count; i++)
        parties[put.audience_count++] = str_format(c->arena, "o:%.*s", STR_ARG(offices[i].office));
    if (r->second.len > 0) {
        if (r->type != CALENDAR_LEADER || str_eq(r->second, c->office->id)) {
            problem(c, S("second"), "calendar.second");
            return problems_fail(c);
        }
        parties[put.audience_count++] = str_format(c->arena, "o:%.*s", STR_ARG(r->second));
    }
    put.audience = parties;
    return record_put(c, &put, ret_result);
}

struct agree {
    struct str record;
    struct str post;
};
static const struct field AGREE_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct agree, record),
     .required = true,
     .label = "field.calendar.booking.resource"},
    {.name = "post",
     .type = FIELD_TEXT,
     .offset = offsetof(struct agree, post),
     .max = CALENDAR_NAME_BYTES,
     .required = true,
     .label = "field.calendar.agreement.post"},
};
static const struct field_table AGREE = FIELD_TABLE("calendar.agree", struct agree, AGREE_FIELDS);

static enum err may_agree(struct call *c, const struct head *head)
{
    struct calendar_resource r = {};
    bool agreed = false;
    enum err e = record_body(c, "calendar.resource", head->record, &r);
    if (e != OK) return e;
    if (!str_eq(r.second, c->office->id)) return fail(c, ERR_CONFLICT, "calendar.not_second");
    e = calendar_agreed(c, head->record, c->office->id, &agreed);
    if (e != OK) return e;
    return agreed ? fail(c, ERR_CONFLICT, "calendar.agreed_already") : OK;
}

static enum err run_agree(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct agree *in = input;
    struct calendar_agreement a = {.resource = in->record, .post = in->post};
    struct head head = {};
    enum err e = record_head(c, in->record, &head);
    if (e != OK) return e;
    struct str parties[] = {str_format(c->arena, "o:%.*s", STR_ARG(head.home)),
                            str_format(c->arena, "o:%.*s", STR_ARG(c->office->id))};
    struct put put = {.kind = "calendar.agreement",
                      .body = &a,
                      .audience = parties,
                      .audience_count = ARRAY_LEN(parties)};
    return record_put(c, &put, ret_result);
}

#define KEEPERS_ROLES (ROLE_SECRETARY | ROLE_CHIEF | ROLE_LEADER | ROLE_REGISTRY | ROLE_OFFICER)
#define BOOKING_ACT(verb, table, allowed, effect)                                                  \
    {                                                                                              \
        .name = (verb), .input = &(table), .kind = "calendar.booking", .roles = KEEPERS_ROLES,     \
        .home_only = true, .state = (allowed), .run = (effect)                                     \
    }

const struct act CALENDAR_ACTS[CALENDAR_ACT_COUNT] = {
    {.name = "calendar.open",
     .input = &CALENDAR_RESOURCE,
     .roles = ROLE_SECRETARY | ROLE_CHIEF,
     .main = true,
     .run = run_open},
    {.name = "calendar.agree",
     .input = &AGREE,
     .kind = "calendar.resource",
     .roles = ROLE_SECRETARY | ROLE_CHIEF,
     .state = may_agree,
     .run = run_agree},
    {.name = "calendar.book",
     .input = &BOOK,
     .kind = "calendar.resource",
     .roles = KEEPERS_ROLES,
     .main = true,
     .state = calendar_open_to_actor,
     .run = run_book},
    {.name = "calendar.hold",
     .input = &HOLD,
     .kind = "calendar.resource",
     .roles = KEEPERS_ROLES,
     .state = calendar_open_to_actor,
     .run = run_hold},
    BOOKING_ACT("calendar.decide", FIRM, may_decide, run_decide),
    BOOKING_ACT("calendar.promise", FIRM, may_promise, run_promise),
    BOOKING_ACT("calendar.move", MOVE, may_move, run_move),
    BOOKING_ACT("calendar.skip", SKIP, may_skip, run_skip),
    BOOKING_ACT("calendar.cancel", CANCEL, may_cancel, run_cancel),
    {.name = "calendar.keep_event",
     .input = &CALENDAR_EVENT,
     .kind = "calendar.resource",
     .roles = KEEPERS_ROLES,
     .program = true,
     .state = calendar_open_to_actor,
     .run = calendar_run_event},
    {.name = "calendar.meet",
     .input = &CALENDAR_MEET,
     .roles = ROLE_SECRETARY | ROLE_CHIEF,
     .run = calendar_run_meet},
    {.name = "calendar.answer",
     .input = &CALENDAR_ANSWER,
     .kind = "calendar.meeting",
     .roles = KEEPERS_ROLES,
     .main = true,
     .state = calendar_meeting_open,
     .run = calendar_run_answer},
    {.name = "calendar.settle",
     .input = &CALENDAR_SETTLE,
     .kind = "calendar.meeting",
     .roles = ROLE_SECRETARY | ROLE_CHIEF,
     .home_only = true,
     .main = true,
     .state = calendar_meeting_open,
     .run = calendar_run_settle},
    {.name = "calendar.call_off",
     .input = &CALENDAR_CALL_OFF,
     .kind = "calendar.meeting",
     .roles = ROLE_SECRETARY | ROLE_CHIEF,
     .home_only = true,
     .state = calendar_meeting_lives,
     .run = calendar_run_call_off},
};
