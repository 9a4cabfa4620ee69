/* A meeting of calendars that several offices keep. The organiser's record asks; each keeper's
 * booking holds, then promises; the organiser decides once all have promised. What a keeper's
 * booking does afterwards follows from the signed version of the meeting, and what a meeting does
 * when a promise is taken back follows from the signed version of the booking: so after any delay
 * all offices hold the same, without asking again. */
#include "calendar.h"

#include "base/id.h"
#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/obligation.h"
#include "core/office.h"

struct input {
    struct str record;
    int64_t seen;
    int64_t from_ms;
    int64_t to_ms;
    struct calendar_meeting m;
    struct str resource;
    int64_t answer;
    int64_t hold_until;
    struct str reason;
    struct str accept;
};

enum { ANSWER_PROMISE = 1, ANSWER_HOLD, ANSWER_DECLINE, HOLD_DAYS = 3 };
static const char *const ANSWERS[] = {"promise", "hold", "decline", NULL};

#define AT(member) .offset = offsetof(struct input, member)
#define THE_MEETING                                                                                \
    {                                                                                              \
        .name = "record", .type = FIELD_RECORD, AT(record), .required = true,                      \
        .label = "kind.calendar.meeting"                                                           \
    }
#define SEEN                                                                                       \
    {                                                                                              \
        .name = "seen", .type = FIELD_INT, AT(seen), .label = "field.calendar.seen"                \
    }
#define RESOURCE                                                                                   \
    .type = FIELD_RECORD, .required = true, .kind = "calendar.resource",                           \
    .label = "field.calendar.booking.resource"

static const struct field ASK_FIELDS[] = {
    {.name = "resource", .offset = offsetof(struct calendar_asked, resource), RESOURCE},
};
static const struct field_table ASK =
    FIELD_TABLE("calendar.ask", struct calendar_asked, ASK_FIELDS);

static const struct field MEET_FIELDS[] = {
    {.name = "title",
     .type = FIELD_TEXT,
     AT(m.title),
     .max = LIMIT_TEXT_BYTES,
     .required = true,
     .label = "field.calendar.details.title"},
    {.name = "from",
     .type = FIELD_INSTANT,
     AT(from_ms),
     .required = true,
     .label = "field.calendar.from"},
    {.name = "to",
     .type = FIELD_INSTANT,
     AT(to_ms),
     .required = true,
     .label = "field.calendar.to"},
    {.name = "asked",
     .type = FIELD_LIST,
     AT(m.asked),
     .of = &ASK,
     .max = CALENDAR_ASKED,
     .required = true,
     .label = "field.calendar.meeting.asked"},
    {.name = "place",
     .type = FIELD_TEXT,
     AT(m.place),
     .max = CALENDAR_NAME_BYTES,
     .label = "field.calendar.details.place"},
    {.name = "chair",
     .type = FIELD_TEXT,
     AT(m.chair),
     .max = CALENDAR_NAME_BYTES,
     .label = "field.calendar.details.chair"},
    {.name = "content",
     .type = FIELD_LONG,
     AT(m.content),
     .max = 8000,
     .label = "field.calendar.details.content"},
};
static const struct field ANSWER_FIELDS[] = {
    THE_MEETING,
    {.name = "resource", AT(resource), RESOURCE},
    {.name = "answer",
     .type = FIELD_CHOICE,
     AT(answer),
     .choices = ANSWERS,
     .required = true,
     .label = "field.calendar.answer.answer"},
    {.name = "hold_until",
     .type = FIELD_INSTANT,
     AT(hold_until),
     .label = "field.calendar.booking.hold_until"},
    {.name = "reason",
     .type = FIELD_TEXT,
     AT(reason),
     .max = CALENDAR_REASON_BYTES,
     .label = "field.calendar.booking.reason"},
    {.name = "accept",
     .type = FIELD_TEXT,
     AT(accept),
     .max = CALENDAR_REASON_BYTES,
     .label = "field.calendar.accept"},
};
static const struct field SETTLE_FIELDS[] = {THE_MEETING, SEEN};
static const struct field CALL_OFF_FIELDS[] = {
    THE_MEETING,
    SEEN,
    {.name = "reason",
     .type = FIELD_TEXT,
     AT(reason),
     .max = CALENDAR_REASON_BYTES,
     .required = true,
     .label = "field.calendar.booking.reason"},
};
const struct field_table CALENDAR_MEET = FIELD_TABLE("calendar.meet", struct input, MEET_FIELDS);
const struct field_table CALENDAR_ANSWER =
    FIELD_TABLE("calendar.answer", struct input, ANSWER_FIELDS);
const struct field_table CALENDAR_SETTLE =
    FIELD_TABLE("calendar.settle", struct input, SETTLE_FIELDS);
const struct field_table CALENDAR_CALL_OFF =
    FIELD_TABLE("calendar.call_off", struct input, CALL_OFF_FIELDS);

/* ---- states ---- */

static enum err meeting_state(struct call *c, const struct head *head, bool decided_too)
{
    struct calendar_meeting m = {};
    enum err e = record_body(c, "calendar.meeting", head->record, &m);
    if (e != OK) return e;
    if (m.state == MEETING_CANCELLED) return fail(c, ERR_CONFLICT, "calendar.called_off");
    bool decided = m.state == MEETING_DECIDED && !decided_too;
    return decided ? fail(c, ERR_CONFLICT, "calendar.settled") : OK;
}

enum err calendar_meeting_open(struct call *c, const struct head *head)
{
    return meeting_state(c, head, false);
}

enum err calendar_meeting_lives(struct call *c, const struct head *head)
{
    return meeting_state(c, head, true);
}

static bool asks_for(const struct calendar_meeting *m, struct str resource)
{
    const struct calendar_asked *asked = m->asked.rows;
    for (size_t i = 0; i < m->asked.count; i++) {
        if (str_eq(asked[i].resource, resource)) return true;
    }
    return false;
}

static bool same_time(const struct calendar_meeting *m, const struct calendar_when *w)
{
    return m->day == w->day && m->minute == w->minute && m->length == w->length;
}

/* ---- acts ---- */

enum err calendar_run_meet(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct calendar_meeting m = in->m;
    const struct calendar_asked *asked = m.asked.rows;
    struct put put = {.kind = "calendar.meeting", .body = &m};
    struct str *parties = arena_array(c->arena, CALENDAR_ASKED + 1, sizeof *parties);
    m.state = MEETING_ASKED;
    m.day = time_hanoi_day(in->from_ms);
    m.minute = (in->from_ms - time_hanoi_midnight_ms(m.day)) / 60000;
    m.length = (in->to_ms - in->from_ms) / 60000;
    parties[put.audience_count++] = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    for (size_t i = 0; i < m.asked.count; i++) {
        struct head head = {};
        enum err e = record_head_visible(c, asked[i].resource, &head);
        if (e != OK) return e;
        if (!str_eq(head.kind, S("calendar.resource"))) return fail(c, ERR_CONFLICT, "record.kind");
        parties[put.audience_count++] = str_format(c->arena, "o:%.*s", STR_ARG(head.home));
    }
    put.audience = parties;
    return record_put(c, &put, ret_result);
}

/* The own booking that stands for a calendar in a meeting and is not cancelled. */
static enum err booking_of(struct call *c, struct str meeting, struct str resource,
                           struct str *ret_record, struct calendar_booking *ret_b)
{
    struct rows rows = {};
    enum err e = calendar_of_meeting(c, meeting, &rows);
    *ret_record = (struct str){};
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct str record = rows_text(&rows, i, 0);
        bool wanted = str_eq(rows_text(&rows, i, 1), resource) &&
                      !str_eq(rows_text(&rows, i, 2), S("cancelled"));
        if (!wanted) continue;
        *ret_record = record;
        e = record_body(c, "calendar.booking", record, ret_b);
    }
    return e;
}

static enum err describe(struct call *c, const struct calendar_meeting *m, struct str booking)
{
    struct calendar_details d = {.booking = booking,
                                 .title = m->title,
                                 .place = m->place,
                                 .chair = m->chair,
                                 .content = m->content};
    return calendar_describe(c, &d);
}

enum err calendar_run_answer(struct call *c, const void *input, struct act_result *ret_result)
{
    static const enum calendar_verb VERBS[] = {VERB_CANCEL, VERB_PROMISE, VERB_HOLD, VERB_CANCEL};
    const struct input *in = input;
    struct calendar_meeting m = {};
    struct calendar_resource r = {};
    struct calendar_booking b = {};
    struct str record = {};
    struct head head = {};
    enum err e = record_body_visible(c, "calendar.meeting", in->record, &m);
    if (e == OK) e = record_head(c, in->record, &head);
    if (e == OK && !asks_for(&m, in->resource)) {
        problem(c, S("resource"), "calendar.not_asked");
        e = problems_fail(c);
    }
    if (e == OK) e = calendar_may_keep(c, in->resource, &r);
    if (e == OK) e = booking_of(c, in->record, in->resource, &record, &b);
    if (e == OK) e = calendar_step(c, &b, VERBS[in->answer], &b.state);
    if (e == OK && in->answer == ANSWER_DECLINE && in->reason.len == 0) {
        problem(c, S("reason"), "field.required");
        e = problems_fail(c);
    }
    if (e != OK) return e;
    b.resource = in->resource;
    b.meeting = in->record;
    b.meeting_n = head.n;
    b.reason = in->reason;
    b.accepted = in->accept;
    b.when = (struct calendar_when){.day = m.day, .minute = m.minute, .length = m.length};
    b.hold_until = in->hold_until;
    if (b.hold_until <= c->now_ms) b.hold_until = c->now_ms + HOLD_DAYS * TIME_DAY_MS;
    b.free = in->answer == ANSWER_DECLINE; /* nothing to look for */
    e = calendar_book(c, record, 0, &b, m.place, ret_result);
    return e == OK ? describe(c, &m, ret_result->record) : e;
}

/* Names the calendars whose promise for this time is not here. */
static enum err missing(struct call *c, struct str meeting, const struct calendar_meeting *m,
                        struct sb *sb)
{
    struct rows rows = {};
    const struct calendar_asked *asked = m->asked.rows;
    enum err e = calendar_of_meeting(c, meeting, &rows);
    for (size_t i = 0; e == OK && i < m->asked.count; i++) {
        struct calendar_resource r = {};
        bool there = false;
        for (size_t k = 0; k < rows.count; k++) {
            struct str state = rows_text(&rows, k, 2);
            struct calendar_when w = {.day = rows_int(&rows, k, 3),
                                      .minute = rows_int(&rows, k, 4),
                                      .length = rows_int(&rows, k, 5)};
            bool firm = str_eq(state, S("promised")) || str_eq(state, S("decided"));
            there = there || (firm && str_eq(rows_text(&rows, k, 1), asked[i].resource) &&
                              same_time(m, &w));
        }
        if (there) continue;
        e = record_body(c, "calendar.resource", asked[i].resource, &r);
        if (sb->len > 0) sb_put(sb, S("; "));
        sb_put(sb, r.name);
    }
    return e;
}

static enum err meeting_put(struct call *c, const struct input *in, struct calendar_meeting *m,
                            struct act_result *ret_result)
{
    struct put put = {
        .kind = "calendar.meeting", .record = in->record, .seen_n = in->seen, .body = m};
    return record_put(c, &put, ret_result);
}

enum err calendar_run_settle(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct calendar_meeting m = {};
    struct sb sb = sb_new(c->arena, 0);
    enum err e = record_body(c, "calendar.meeting", in->record, &m);
    if (e == OK) e = missing(c, in->record, &m, &sb);
    if (e != OK) return e;
    if (sb.len > 0) {
        (void)!fail(c, ERR_CONFLICT, "calendar.not_promised");
        return fail_arg(c, "who", sb_str(&sb));
    }
    m.state = MEETING_DECIDED;
    m.reason = (struct str){};
    return meeting_put(c, in, &m, ret_result);
}

enum err calendar_run_call_off(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct calendar_meeting m = {};
    enum err e = record_body(c, "calendar.meeting", in->record, &m);
    if (e != OK) return e;
    m.state = MEETING_CANCELLED;
    m.reason = in->reason;
    return meeting_put(c, in, &m, ret_result);
}

/* ---- what follows ---- */

enum err calendar_meeting_apply(struct call *c, const struct version *v, const void *body)
{
    const struct calendar_meeting *m = body;
    const struct calendar_asked *asked = m->asked.rows;
    enum err e = OK;
    if (m->state != MEETING_ASKED) return OK;
    for (size_t i = 0; e == OK && i < m->asked.count; i++) {
        struct str home = id_home(asked[i].resource);
        bool ours = str_eq(home, c->office->id);
        struct obligation o = {.what = "calendar.answer",
                               .about = v->record,
                               .owner = ours ? S("r:secretary")
                                             : str_format(c->arena, "o:%.*s", STR_ARG(home)),
                               .creditor = str_format(c->arena, "o:%.*s", STR_ARG(v->home)),
                               .key = asked[i].resource,
                               .title = m->title};
        e = obligation_open(c, v, &o);
    }
    return e;
}

/* What the meeting's version makes of a booking; false: nothing. */
static bool follows(const struct calendar_meeting *m, struct calendar_booking *b)
{
    enum calendar_verb verb = m->state == MEETING_DECIDED     ? VERB_DECIDE
                              : m->state == MEETING_CANCELLED ? VERB_CANCEL
                                                              : VERB_UNDECIDE;
    if (verb == VERB_DECIDE && (b->state != CALENDAR_PROMISED || !same_time(m, &b->when)))
        return false;
    enum calendar_state next = calendar_next((enum calendar_state)b->state, verb);
    if (next == CALENDAR_NONE) return false;
    b->state = next;
    b->reason = m->reason;
    return true;
}

enum err calendar_meeting_told(struct call *c, const struct version *v, const void *body)
{
    const struct calendar_meeting *m = body;
    const struct calendar_asked *asked = m->asked.rows;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < m->asked.count; i++) {
        struct calendar_booking b = {};
        struct act_result result = {};
        struct str record = {};
        if (!str_eq(id_home(asked[i].resource), c->office->id)) continue;
        e = booking_of(c, v->record, asked[i].resource, &record, &b);
        if (e != OK || record.len == 0 || !follows(m, &b)) continue;
        b.meeting_n = v->n;
        struct put put = {.kind = "calendar.booking", .record = record, .body = &b};
        e = record_put(c, &put, &result);
    }
    return e;
}

enum err calendar_booking_told(struct call *c, const struct version *v, const void *body)
{
    const struct calendar_booking *b = body;
    struct calendar_meeting m = {};
    struct act_result result = {};
    (void)v;
    if (b->meeting.len == 0 || b->state != CALENDAR_CANCELLED) return OK;
    if (!str_eq(id_home(b->meeting), c->office->id)) return OK;
    enum err e = record_body(c, "calendar.meeting", b->meeting, &m);
    if (e != OK) { /* a meeting that another office made up is none of ours */
        call_clear(c);
        return OK;
    }
    if (m.state != MEETING_DECIDED || !asks_for(&m, b->resource)) return OK;
    m.state = MEETING_ASKED;
    m.reason = b->reason;
    struct put put = {.kind = "calendar.meeting", .record = b->meeting, .body = &m};
    return record_put(c, &put, &result);
}
