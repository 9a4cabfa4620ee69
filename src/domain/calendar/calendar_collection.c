/* The calendars as collections of events for calendar programs (core/collection.h). */
#include "calendar.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/words.h"
#include "core/collection.h"

static struct str etag_of(struct call *c, struct str booking, struct str details)
{
    return str_format(c->arena, "%.*s-%.*s", STR_ARG(str_sub(booking, 0, 16)),
                      STR_ARG(str_sub(details, 0, 16)));
}

static enum err list(struct call *c, struct collection **ret_list, size_t *ret_count)
{
    struct rows rows = {};
    enum err e = calendar_resource_list(c, &rows);
    if (e != OK) return e;
    struct collection *found = arena_array(c->arena, rows.count + 1, sizeof *found);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct calendar_resource r = {};
        found[i].id = rows_text(&rows, i, 0);
        found[i].title = rows_text(&rows, i, 1);
        enum err may = calendar_may_keep(c, found[i].id, &r);
        found[i].writable = may == OK;
        if (may != OK) call_clear(c); /* it is for reading */
        e = calendar_token(c, found[i].id, &found[i].token);
    }
    if (e != OK) return e;
    *ret_list = found;
    *ret_count = rows.count;
    return OK;
}

static struct item item_of(struct call *c, const struct rows *rows, size_t i)
{
    struct str href = rows_text(rows, i, CHANGE_HREF);
    struct str record = rows_text(rows, i, CHANGE_BOOKING);
    struct item item = {.record = record, .n = rows_int(rows, i, CHANGE_N)};
    item.name = href.len > 0 ? href : str_format(c->arena, "%.*s.ics", STR_ARG(record));
    item.etag =
        etag_of(c, rows_text(rows, i, CHANGE_HASH), rows_text(rows, i, CHANGE_DETAILS_HASH));
    item.gone = str_eq(rows_text(rows, i, CHANGE_STATE), S("cancelled"));
    return item;
}

/* Of rows that were asked with one more than the limit. */
static struct items items_of(struct call *c, const struct rows *rows, int64_t token, int64_t limit)
{
    struct items items = {.token = token, .more = rows->count > (size_t)limit};
    items.count = items.more ? (size_t)limit : rows->count;
    items.rows = arena_array(c->arena, items.count + 1, sizeof *items.rows);
    for (size_t i = 0; i < items.count; i++) {
        items.rows[i] = item_of(c, rows, i);
        items.token = rows_int(rows, i, CHANGE_SEQ);
    }
    return items;
}

static enum err changes(struct call *c, struct str collection, int64_t token, int64_t limit,
                        struct items *ret_items)
{
    struct rows rows = {};
    struct head head = {};
    ensure(limit > 0);
    enum err e = record_head_visible(c, collection, &head);
    if (e == OK) e = calendar_changed(c, collection, token, limit + 1, &rows);
    if (e == OK) *ret_items = items_of(c, &rows, token, limit);
    return e;
}

static enum err between(struct call *c, const struct items_wanted *wanted, struct items *ret_items)
{
    struct rows rows = {};
    struct head head = {};
    int64_t day = time_hanoi_day(c->now_ms) + CALENDAR_LEFT_DAYS;
    bool far = wanted->to_ms > time_hanoi_midnight_ms(day);
    ensure(wanted->limit > 0);
    enum err e = record_head_visible(c, wanted->collection, &head);
    if (e == OK) e = calendar_touching(c, wanted, far ? TIME_DAY_MAX : 0, &rows);
    if (e != OK) return e;
    *ret_items = items_of(c, &rows, wanted->token, wanted->limit);
    ret_items->unsure = far;
    return OK;
}

static enum err busy(struct call *c, struct str collection, const struct busy_span *span,
                     struct busy_span **ret_spans, size_t *ret_count)
{
    struct rows rows = {};
    struct head head = {};
    struct calendar_span within = {span->from_ms, span->to_ms};
    enum err e = record_head_visible(c, collection, &head);
    if (e == OK) e = calendar_busy_pieces(c, collection, &within, &rows);
    if (e != OK) return e;
    struct busy_span *found = arena_array(c->arena, rows.count + 1, sizeof *found);
    size_t count = 0;
    struct busy_span *last[2] = {}; /* the newest firm one, the newest tentative one */
    for (size_t i = 0; i < rows.count; i++) {
        struct busy_span one = {rows_int(&rows, i, 0), rows_int(&rows, i, 1),
                                rows_int(&rows, i, 2) == CALENDAR_HOLD};
        if (one.tentative && rows_int(&rows, i, 3) <= c->now_ms) continue; /* ran out */
        if (one.from_ms < span->from_ms) one.from_ms = span->from_ms;
        if (one.to_ms > span->to_ms) one.to_ms = span->to_ms;
        struct busy_span *before = last[one.tentative];
        if (before != NULL && one.from_ms <= before->to_ms) {
            if (one.to_ms > before->to_ms) before->to_ms = one.to_ms;
            continue;
        }
        found[count] = one;
        last[one.tentative] = &found[count++];
    }
    *ret_spans = found;
    *ret_count = count;
    return OK;
}

static void exceptions_put(struct call *c, struct node *data, const struct calendar_when *when)
{
    const struct calendar_exception *x = when->exceptions.rows;
    struct node *rows = node_put_list(c, data, "exceptions");
    for (size_t i = 0; i < when->exceptions.count; i++) {
        struct node *row = node_add_map(c, rows);
        node_text(c, row, "day", time_format_day(c->arena, x[i].day));
        node_int(c, row, "minute", x[i].minute);
        node_bool(c, row, "cancelled", x[i].cancelled);
        if (x[i].cancelled) continue;
        node_text(c, row, "to_day", time_format_day(c->arena, x[i].to_day));
        node_int(c, row, "to_minute", x[i].to_minute);
        node_int(c, row, "to_length", x[i].to_length);
    }
}

/* What it is about stays empty for whoever sees only that it is busy. */
static enum err data_put(struct call *c, struct str booking, struct node *data)
{
    struct calendar_booking b = {};
    struct calendar_details d = {};
    struct str record = {};
    struct head head = {};
    enum err e = record_body_visible(c, "calendar.booking", booking, &b);
    if (e == OK) e = record_head(c, booking, &head);
    if (e == OK) e = calendar_details_of(c, booking, &record);
    if (e != OK) return e;
    enum err seen = record.len == 0 ? OK : record_body_visible(c, "calendar.details", record, &d);
    if (seen != OK) call_clear(c);
    node_bool(c, data, "known", record.len > 0 && seen == OK);
    node_text(c, data, "changed", time_format_instant(c->arena, head.changed_ms));
    node_text(c, data, "uid", d.uid);
    node_text(c, data, "title", d.title);
    node_text(c, data, "place", d.place);
    node_text(c, data, "content", d.content);
    node_text(c, data, "day", time_format_day(c->arena, b.when.day));
    node_int(c, data, "minute", b.when.minute);
    node_int(c, data, "length", b.when.length);
    node_bool(c, data, "all_day", b.when.all_day);
    node_text(c, data, "zone", b.when.zone);
    node_text(c, data, "rule", b.when.rule);
    node_bool(c, data, "lunar", b.when.lunar);
    exceptions_put(c, data, &b.when);
    node_bool(c, data, "free", b.free);
    node_bool(c, data, "tentative", b.state == CALENDAR_HOLD);
    node_bool(c, data, "private", d.private);
    node_text(c, data, "original", d.original);
    node_bool(c, data, "current", str_eq(d.original_when, calendar_when_hash(c, &b)));
    return OK;
}

static enum err find(struct call *c, struct str collection, struct str name, struct item *ret_item)
{
    struct rows rows = {};
    struct head head = {};
    enum err e = record_head_visible(c, collection, &head);
    if (e == OK) e = calendar_named(c, collection, name, &rows);
    if (e != OK) return e;
    if (rows.count == 0) return fail(c, ERR_NOT_FOUND, "record.not_found");
    struct item item = item_of(c, &rows, 0);
    if (item.gone) return fail(c, ERR_NOT_FOUND, "record.not_found");
    item.data = node_map(c);
    e = data_put(c, item.record, item.data);
    if (e == OK) *ret_item = item;
    return e;
}

const struct collection_def CALENDAR_COLLECTION = {
    .name = "calendar",
    .put = "calendar.keep_event",
    .remove = "calendar.cancel",
    .list = list,
    .changes = changes,
    .between = between,
    .busy = busy,
    .find = find,
};

/* ---- the act behind PUT ---- */

struct input {
    struct str record;
    struct str etag;
    bool tentative;
    struct calendar_booking b;
    struct calendar_details d;
};

#define AT(member) .offset = offsetof(struct input, member)
#define LABEL(key) .label = "field.calendar." key
static const struct field EVENT_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     AT(record),
     .required = true,
     LABEL("booking.resource")},
    {.name = "href",
     .type = FIELD_TEXT,
     AT(d.href),
     .max = 400,
     .required = true,
     LABEL("details.href")},
    {.name = "uid",
     .type = FIELD_TEXT,
     AT(d.uid),
     .max = 400,
     .required = true,
     LABEL("details.uid")},
    {.name = "etag", .type = FIELD_TEXT, AT(etag), .max = 80, LABEL("etag")},
    {.name = "title",
     .type = FIELD_TEXT,
     AT(d.title),
     .max = LIMIT_TEXT_BYTES,
     LABEL("details.title")},
    {.name = "place",
     .type = FIELD_TEXT,
     AT(d.place),
     .max = CALENDAR_NAME_BYTES,
     LABEL("details.place")},
    {.name = "content", .type = FIELD_LONG, AT(d.content), .max = 8000, LABEL("details.content")},
    {.name = "day", .type = FIELD_DATE, AT(b.when.day), .required = true, LABEL("booking.day")},
    {.name = "minute", .type = FIELD_INT, AT(b.when.minute), .max = 1439, LABEL("booking.minute")},
    {.name = "length",
     .type = FIELD_INT,
     AT(b.when.length),
     .max = (int64_t)LIMIT_BOOKING_DAYS * 1440,
     LABEL("booking.length")},
    {.name = "all_day", .type = FIELD_BOOL, AT(b.when.all_day), LABEL("booking.all_day")},
    {.name = "zone", .type = FIELD_TEXT, AT(b.when.zone), .max = 64, LABEL("booking.zone")},
    {.name = "rule",
     .type = FIELD_TEXT,
     AT(b.when.rule),
     .max = LIMIT_RULE_BYTES,
     LABEL("booking.rule")},
    {.name = "exceptions",
     .type = FIELD_LIST,
     AT(b.when.exceptions),
     .of = &CALENDAR_EXCEPTION,
     .max = CALENDAR_EXCEPTIONS,
     LABEL("booking.exceptions")},
    {.name = "free", .type = FIELD_BOOL, AT(b.free), LABEL("booking.free")},
    {.name = "tentative", .type = FIELD_BOOL, AT(tentative), LABEL("tentative")},
    {.name = "private", .type = FIELD_BOOL, AT(d.private), LABEL("details.private")},
    {.name = "original", .type = FIELD_LONG, AT(d.original), LABEL("details.original")},
};
const struct field_table CALENDAR_EVENT =
    FIELD_TABLE("calendar.keep_event", struct input, EVENT_FIELDS);

enum { HOLD_DAYS = 30 }; /* of what a program calls tentative */

/* What is there under the name, and whether the program has seen it. */
static enum err stored(struct call *c, const struct input *in, struct item *ret_item,
                       struct calendar_booking *ret_b)
{
    struct rows rows = {};
    enum err e = calendar_named(c, in->record, in->d.href, &rows);
    if (e != OK) return e;
    struct item item = rows.count > 0 ? item_of(c, &rows, 0) : (struct item){.gone = true};
    if (item.gone) {
        item = (struct item){.gone = true};
        if (in->etag.len > 0) return fail(c, ERR_STALE, "record.stale");
        e = calendar_uid(c, in->record, in->d.uid, &rows);
        if (e == OK && rows.count > 0) e = fail(c, ERR_CONFLICT, "calendar.uid");
    } else {
        if (!str_eq(in->etag, item.etag)) return fail(c, ERR_STALE, "record.stale");
        e = record_body(c, "calendar.booking", item.record, ret_b);
        if (e == OK && ret_b->meeting.len > 0)
            e = fail(c, ERR_CONFLICT, "calendar.organiser_decides");
    }
    if (e == OK) *ret_item = item;
    return e;
}

enum err calendar_run_event(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct input *in = input;
    struct calendar_booking before = {};
    struct calendar_booking b = in->b;
    struct calendar_details d = in->d;
    struct item item = {};
    enum err e = stored(c, in, &item, &before);
    if (e != OK) return e;
    b.resource = in->record;
    b.priority = before.priority;
    /* a program cannot be asked: what is only a warning is accepted, and that is written down */
    b.accepted = words(LANG_VI, S("calendar.program"));
    b.reason = item.gone ? (struct str){} : b.accepted;
    enum calendar_state now = item.gone ? CALENDAR_NONE : calendar_state_now(&before, c->now_ms);
    b.state = in->tentative ? CALENDAR_HOLD : CALENDAR_DECIDED;
    if (in->tentative && now > CALENDAR_HOLD && now != CALENDAR_EXPIRED) b.state = now;
    if (b.state == CALENDAR_HOLD) b.hold_until = c->now_ms + HOLD_DAYS * TIME_DAY_MS;
    e = calendar_book(c, item.record, item.n, &b, d.place, ret_result);
    if (e != OK) return e;
    d.booking = ret_result->record;
    d.original_when = calendar_when_hash(c, &b);
    return calendar_describe(c, &d);
}
