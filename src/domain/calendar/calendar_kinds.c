/* The kinds of record, their rules, and the table of contents of this folder. */
#include "calendar.h"

#include "base/id.h"
#include "base/limits.h"
#include "base/time.h"
#include "core/job.h"
#include "core/obligation.h"

const char *const CALENDAR_TYPES[] = {"official", "room", "car", NULL};
const char *const CALENDAR_PRIORITIES[] = {"ordinary", "important", "high_rank", "fixed", NULL};
static const char *const STATES[] = {"hold", "promised", "decided", "cancelled", NULL};
static const char *const MEETING_STATES[] = {"asked", "decided", "cancelled", NULL};

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct field OFFICE_FIELDS[] = {
    {.name = "office", .type = FIELD_OFFICE, AT(calendar_office, office), .required = true},
};
static const struct field_table OFFICES =
    FIELD_TABLE("calendar.offices", struct calendar_office, OFFICE_FIELDS);
static const struct field KEEPER_FIELDS[] = {
    {.name = "person", .type = FIELD_PERSON, AT(calendar_keeper, person), .required = true},
};
static const struct field_table KEEPERS =
    FIELD_TABLE("calendar.keepers", struct calendar_keeper, KEEPER_FIELDS);

static const struct field RESOURCE_FIELDS[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     AT(calendar_resource, name),
     .max = CALENDAR_NAME_BYTES,
     .required = true},
    {.name = "type",
     .type = FIELD_CHOICE,
     AT(calendar_resource, type),
     .choices = CALENDAR_TYPES,
     .required = true},
    {.name = "keepers",
     .type = FIELD_LIST,
     AT(calendar_resource, keepers),
     .of = &KEEPERS,
     .max = CALENDAR_KEEPERS},
    {.name = "offices",
     .type = FIELD_LIST,
     AT(calendar_resource, offices),
     .of = &OFFICES,
     .max = CALENDAR_OFFICES},
    {.name = "second", .type = FIELD_OFFICE, AT(calendar_resource, second)},
    {.name = "rest_min", .type = FIELD_INT, AT(calendar_resource, rest_min), .max = 240},
    {.name = "travel_min", .type = FIELD_INT, AT(calendar_resource, travel_min), .max = 1440},
    {.name = "closed", .type = FIELD_BOOL, AT(calendar_resource, closed)},
};
const struct field_table CALENDAR_RESOURCE =
    FIELD_TABLE("calendar.resource", struct calendar_resource, RESOURCE_FIELDS);

static const struct field AGREEMENT_FIELDS[] = {
    {.name = "resource", .type = FIELD_RECORD, AT(calendar_agreement, resource), .required = true},
    {.name = "post",
     .type = FIELD_TEXT,
     AT(calendar_agreement, post),
     .max = CALENDAR_NAME_BYTES,
     .required = true},
};
const struct field_table CALENDAR_AGREEMENT =
    FIELD_TABLE("calendar.agreement", struct calendar_agreement, AGREEMENT_FIELDS);

#define LENGTH_MAX ((int64_t)LIMIT_BOOKING_DAYS * 1440)
static const struct field EXCEPTION_FIELDS[] = {
    {.name = "day", .type = FIELD_DATE, AT(calendar_exception, day), .required = true},
    {.name = "minute", .type = FIELD_INT, AT(calendar_exception, minute), .max = 1439},
    {.name = "cancelled", .type = FIELD_BOOL, AT(calendar_exception, cancelled)},
    {.name = "to_day", .type = FIELD_DATE, AT(calendar_exception, to_day)},
    {.name = "to_minute", .type = FIELD_INT, AT(calendar_exception, to_minute), .max = 1439},
    {.name = "to_length", .type = FIELD_INT, AT(calendar_exception, to_length), .max = LENGTH_MAX},
};
const struct field_table CALENDAR_EXCEPTION =
    FIELD_TABLE("calendar.exceptions", struct calendar_exception, EXCEPTION_FIELDS);

static const struct field BOOKING_FIELDS[] = {
    {.name = "resource", .type = FIELD_RECORD, AT(calendar_booking, resource), .required = true},
    {.name = "state",
     .type = FIELD_CHOICE,
     AT(calendar_booking, state),
     .choices = STATES,
     .required = true},
    {.name = "priority",
     .type = FIELD_CHOICE,
     AT(calendar_booking, priority),
     .choices = CALENDAR_PRIORITIES},
    {.name = "hold_until", .type = FIELD_INSTANT, AT(calendar_booking, hold_until)},
    {.name = "day", .type = FIELD_DATE, AT(calendar_booking, when.day), .required = true},
    {.name = "minute", .type = FIELD_INT, AT(calendar_booking, when.minute), .max = 1439},
    {.name = "length", .type = FIELD_INT, AT(calendar_booking, when.length), .max = LENGTH_MAX},
    {.name = "all_day", .type = FIELD_BOOL, AT(calendar_booking, when.all_day)},
    {.name = "zone", .type = FIELD_TEXT, AT(calendar_booking, when.zone), .max = 64},
    {.name = "rule",
     .type = FIELD_TEXT,
     AT(calendar_booking, when.rule),
     .max = LIMIT_RULE_BYTES,
     .source = "RFC 5545 3.3.10"},
    {.name = "lunar", .type = FIELD_BOOL, AT(calendar_booking, when.lunar)},
    {.name = "exceptions",
     .type = FIELD_LIST,
     AT(calendar_booking, when.exceptions),
     .of = &CALENDAR_EXCEPTION,
     .max = CALENDAR_EXCEPTIONS},
    {.name = "until", .type = FIELD_DATE, AT(calendar_booking, when.until)},
    {.name = "free", .type = FIELD_BOOL, AT(calendar_booking, free)},
    {.name = "meeting", .type = FIELD_RECORD, AT(calendar_booking, meeting)},
    {.name = "meeting_n", .type = FIELD_INT, AT(calendar_booking, meeting_n)},
    {.name = "reason",
     .type = FIELD_TEXT,
     AT(calendar_booking, reason),
     .max = CALENDAR_REASON_BYTES},
    {.name = "accepted",
     .type = FIELD_TEXT,
     AT(calendar_booking, accepted),
     .max = CALENDAR_REASON_BYTES},
};
const struct field_table CALENDAR_BOOKING =
    FIELD_TABLE("calendar.booking", struct calendar_booking, BOOKING_FIELDS);

static const struct field DETAILS_FIELDS[] = {
    {.name = "booking", .type = FIELD_RECORD, AT(calendar_details, booking), .required = true},
    {.name = "title",
     .type = FIELD_TEXT,
     AT(calendar_details, title),
     .max = LIMIT_TEXT_BYTES},
    {.name = "content", .type = FIELD_LONG, AT(calendar_details, content), .max = 8000},
    {.name = "place", .type = FIELD_TEXT, AT(calendar_details, place), .max = CALENDAR_NAME_BYTES},
    {.name = "chair", .type = FIELD_TEXT, AT(calendar_details, chair), .max = CALENDAR_NAME_BYTES},
    {.name = "attendees", .type = FIELD_LONG, AT(calendar_details, attendees), .max = 4000},
    {.name = "prepares", .type = FIELD_TEXT, AT(calendar_details, prepares), .max = 400},
    {.name = "private", .type = FIELD_BOOL, AT(calendar_details, private)},
    {.name = "uid", .type = FIELD_TEXT, AT(calendar_details, uid), .max = 400},
    {.name = "href", .type = FIELD_TEXT, AT(calendar_details, href), .max = 400},
    {.name = "original", .type = FIELD_LONG, AT(calendar_details, original)},
    {.name = "original_when",
     .type = FIELD_TEXT,
     AT(calendar_details, original_when),
     .max = 64},
};
const struct field_table CALENDAR_DETAILS =
    FIELD_TABLE("calendar.details", struct calendar_details, DETAILS_FIELDS);

static const struct field ASKED_FIELDS[] = {
    {.name = "resource", .type = FIELD_RECORD, AT(calendar_asked, resource), .required = true},
};
static const struct field_table ASKED =
    FIELD_TABLE("calendar.asked", struct calendar_asked, ASKED_FIELDS);
static const struct field MEETING_FIELDS[] = {
    {.name = "title",
     .type = FIELD_TEXT,
     AT(calendar_meeting, title),
     .max = LIMIT_TEXT_BYTES,
     .required = true},
    {.name = "place", .type = FIELD_TEXT, AT(calendar_meeting, place), .max = CALENDAR_NAME_BYTES},
    {.name = "chair", .type = FIELD_TEXT, AT(calendar_meeting, chair), .max = CALENDAR_NAME_BYTES},
    {.name = "content", .type = FIELD_LONG, AT(calendar_meeting, content), .max = 8000},
    {.name = "state",
     .type = FIELD_CHOICE,
     AT(calendar_meeting, state),
     .choices = MEETING_STATES,
     .required = true},
    {.name = "day", .type = FIELD_DATE, AT(calendar_meeting, day), .required = true},
    {.name = "minute", .type = FIELD_INT, AT(calendar_meeting, minute), .max = 1439},
    {.name = "length", .type = FIELD_INT, AT(calendar_meeting, length), .max = LENGTH_MAX},
    {.name = "asked",
     .type = FIELD_LIST,
     AT(calendar_meeting, asked),
     .of = &ASKED,
     .max = CALENDAR_ASKED,
     .required = true},
    {.name = "reason",
     .type = FIELD_TEXT,
     AT(calendar_meeting, reason),
     .max = CALENDAR_REASON_BYTES},
};
const struct field_table CALENDAR_MEETING =
    FIELD_TABLE("calendar.meeting", struct calendar_meeting, MEETING_FIELDS);

/* Days that leave room for series, moved instances and zones on both sides. */
static bool day_is_near(int64_t day)
{
    return day > TIME_DAY_MIN + 1000 && day < time_day_of((struct date){2098, 1, 1});
}

static enum err booking_valid(struct call *c, const struct version *v, const void *body)
{
    const struct calendar_booking *b = body;
    const struct calendar_exception *x = b->when.exceptions.rows;
    struct calendar_span *spans = NULL;
    size_t count = 0;
    if (!str_eq(id_home(b->resource), v->home)) problem(c, S("resource"), "calendar.not_kept");
    if (!day_is_near(b->when.day)) problem(c, S("day"), "field.range");
    if (b->when.length < 1) problem(c, S("length"), "calendar.no_length");
    if (b->when.until != 0 && !day_is_near(b->when.until)) problem(c, S("until"), "field.range");
    for (size_t i = 0; i < b->when.exceptions.count; i++) {
        bool moved = day_is_near(x[i].to_day) && x[i].to_length > 0;
        if (!x[i].cancelled && !moved) problem(c, S("exceptions"), "field.range");
    }
    enum err e = problems_fail(c);
    return e == OK ? calendar_spans(c, &b->when, &spans, &count) : e;
}

static enum err meeting_valid(struct call *c, const struct version *v, const void *body)
{
    const struct calendar_meeting *m = body;
    (void)v;
    if (!day_is_near(m->day)) problem(c, S("day"), "field.range");
    if (m->length < 1) problem(c, S("length"), "calendar.no_length");
    return problems_fail(c);
}

/* A promise binds until it is decided: whose turn it is stands among what is owed. */
static enum err decision_owed(struct call *c, const struct version *v,
                              const struct calendar_booking *b)
{
    struct obligation o = {.what = "calendar.settle",
                           .about = b->meeting,
                           .owner = str_format(c->arena, "o:%.*s", STR_ARG(id_home(b->meeting))),
                           .creditor = str_format(c->arena, "o:%.*s", STR_ARG(v->home)),
                           .key = v->record};
    return obligation_open(c, v, &o);
}

static enum err booking_apply(struct call *c, const struct version *v, const void *body)
{
    const struct calendar_booking *b = body;
    enum err e = calendar_rows_put(c, v->record, b);
    if (e == OK) e = calendar_change(c, b->resource, v->record);
    if (e != OK || b->meeting.len == 0) return e;
    if (b->state != CALENDAR_HOLD)
        e = obligation_settle(c, v, b->meeting, "calendar.answer", b->resource);
    return e == OK && b->state == CALENDAR_PROMISED ? decision_owed(c, v, b) : e;
}

/* What it is about is part of the event that a program sees. */
static enum err details_apply(struct call *c, const struct version *v, const void *body)
{
    const struct calendar_details *d = body;
    struct rows rows = {};
    (void)v;
    enum err e = calendar_place_of(c, d->booking, &rows);
    return e == OK && rows.count > 0 ? calendar_change(c, rows_text(&rows, 0, 0), d->booking) : e;
}

static enum err resource_choices(struct call *c, struct node *list)
{
    struct rows rows = {};
    enum err e = calendar_resource_list(c, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct node *row = node_add_map(c, list);
        node_text(c, row, "record", rows_text(&rows, i, 0));
        node_text(c, row, "name", rows_text(&rows, i, 1));
    }
    return e;
}

static const struct kind KINDS[] = {
    {.table = &CALENDAR_RESOURCE,
     .schema = 1,
     .view = "calendar.week",
     .title = "name",
     .choices = resource_choices},
    {.table = &CALENDAR_AGREEMENT, .schema = 1, .title = "post"},
    {.table = &CALENDAR_BOOKING,
     .schema = 1,
     .view = "calendar.booking",
     .valid = booking_valid,
     .apply = booking_apply,
     .tell = calendar_booking_told},
    {.table = &CALENDAR_DETAILS, .schema = 1, .title = "title", .apply = details_apply},
    {.table = &CALENDAR_MEETING,
     .schema = 1,
     .view = "calendar.meeting",
     .title = "title",
     .valid = meeting_valid,
     .apply = calendar_meeting_apply,
     .tell = calendar_meeting_told},
};

const struct module calendar_module = {
    .name = "calendar",
    .order = 20,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = CALENDAR_ACTS,
    .act_count = CALENDAR_ACT_COUNT,
    .views = CALENDAR_VIEWS,
    .view_count = CALENDAR_VIEW_COUNT,
    .migrations = CALENDAR_STEPS,
    .migration_count = CALENDAR_STEP_COUNT,
    .jobs = &CALENDAR_JOB,
    .job_count = 1,
    .collection = &CALENDAR_COLLECTION,
    .tables = CALENDAR_TABLES,
    .table_count = CALENDAR_TABLE_COUNT,
    .scratch = CALENDAR_SCRATCH,
};
