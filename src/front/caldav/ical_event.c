/* What an event means for the office: the fields of the act behind PUT. */
#include "front/caldav/ical_core.h"

#include "base/limits.h"
#include "base/time.h"
#include "base/utf8.h"

enum { DAY_S = 86400, PLACE_BYTES = 200, CONTENT_BYTES = 8000 };

/* ---- which components ---- */

static enum err shape(struct call *c, const struct ical *ical, size_t *ret_events)
{
    struct str uid = ical_uid(ical);
    size_t masters = 0;
    size_t events = 0;
    if (ical_first(ical->root, ICAL_METHOD_PROPERTY) != NULL)
        return fail(c, ERR_INVALID, "caldav.method");
    icalcomponent *at = icalcomponent_get_first_component(ical->root, ICAL_ANY_COMPONENT);
    for (; at != NULL; at = icalcomponent_get_next_component(ical->root, ICAL_ANY_COMPONENT)) {
        icalcomponent_kind kind = icalcomponent_isa(at);
        if (kind == ICAL_VTIMEZONE_COMPONENT || kind == ICAL_X_COMPONENT) continue;
        if (kind != ICAL_VEVENT_COMPONENT) return fail(c, ERR_INVALID, "caldav.component");
        icalproperty *own = ical_first(at, ICAL_UID_PROPERTY);
        const char *text = own == NULL ? NULL : icalproperty_get_uid(own);
        if (text == NULL || !str_eq(str_of(text), uid))
            return fail(c, ERR_INVALID, "caldav.object");
        events++;
        if (ical_first(at, ICAL_RECURRENCEID_PROPERTY) == NULL) masters++;
    }
    bool one = masters == 1 || (masters == 0 && events == 1);
    if (!one || uid.len == 0) return fail(c, ERR_INVALID, "caldav.object");
    *ret_events = events;
    return OK;
}

/* ---- words ---- */

/* As a field takes it; the whole is in the original. */
static struct str plain(struct call *c, struct str text, size_t max_bytes, bool lines)
{
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t ch = (uint8_t)text.ptr[i];
        bool space = ch < ' ' || ch == 0x7f;
        sb_char(&sb, space && !(lines && ch == '\n') ? ' ' : text.ptr[i]);
    }
    struct str nfc = utf8_nfc(c->arena, sb_str(&sb));
    return str_sub(nfc, 0, utf8_cut(nfc, max_bytes));
}

static struct str word(struct call *c, icalcomponent *event, icalproperty_kind kind)
{
    icalproperty *prop = ical_first(event, kind);
    return prop == NULL ? (struct str){} : ical_value(c, prop);
}

static bool says(struct call *c, icalcomponent *event, icalproperty_kind kind, struct str what)
{
    return str_eq(word(c, event, kind), what);
}

static void words_put(struct call *c, icalcomponent *event, bool empty, struct node *data)
{
    struct str class = word(c, event, ICAL_CLASS_PROPERTY);
    bool cancelled = says(c, event, ICAL_STATUS_PROPERTY, S("CANCELLED"));
    bool free = cancelled || says(c, event, ICAL_TRANSP_PROPERTY, S("TRANSPARENT"));
    node_text(c, data, "title",
              plain(c, word(c, event, ICAL_SUMMARY_PROPERTY), LIMIT_TEXT_BYTES, false));
    node_text(c, data, "place",
              plain(c, word(c, event, ICAL_LOCATION_PROPERTY), PLACE_BYTES, false));
    node_text(c, data, "content",
              plain(c, word(c, event, ICAL_DESCRIPTION_PROPERTY), CONTENT_BYTES, true));
    node_bool(c, data, "free", free || empty);
    node_bool(c, data, "tentative", says(c, event, ICAL_STATUS_PROPERTY, S("TENTATIVE")));
    node_bool(c, data, "private", str_eq(class, S("PRIVATE")) || str_eq(class, S("CONFIDENTIAL")));
}

/* ---- times ---- */

struct clock {
    int64_t day;
    int64_t minute;
    int64_t length;
};

/* Whole minutes that hold the span. */
static struct clock clock_of(const struct ical_when *master, int64_t from_ms, int64_t to_ms)
{
    int64_t local_s = zone_to_local(&master->zone, from_ms);
    struct clock clock = {.day = local_s / DAY_S - (local_s % DAY_S < 0 ? 1 : 0)};
    clock.minute = (local_s - clock.day * DAY_S) / 60;
    int64_t early_ms = (local_s % 60 + 60) % 60 * 1000;
    clock.length = (to_ms - from_ms + early_ms + 59999) / 60000;
    return clock;
}

static int64_t days_minutes(const struct ical_when *when)
{
    int64_t to_s = zone_to_local(&when->zone, when->to_ms);
    return (to_s - when->start.local_s + 59) / 60;
}

static void exception_put(struct call *c, struct node *list, int64_t local_s, bool cancelled,
                          const struct clock *to)
{
    struct node *row = node_add_map(c, list);
    int64_t day = local_s / DAY_S - (local_s % DAY_S < 0 ? 1 : 0);
    node_text(c, row, "day", time_format_day(c->arena, day));
    node_int(c, row, "minute", (local_s - day * DAY_S) / 60);
    node_bool(c, row, "cancelled", cancelled);
    if (cancelled) return;
    node_text(c, row, "to_day", time_format_day(c->arena, to->day));
    node_int(c, row, "to_minute", to->minute);
    node_int(c, row, "to_length", to->length < 1 ? 1 : to->length);
}

static enum err left_out(struct call *c, const struct ical *ical, const struct ical_when *when,
                         struct node *list)
{
    icalproperty *p = ical_first(ical->master, ICAL_EXDATE_PROPERTY);
    enum err e = OK;
    for (; e == OK && p != NULL;
         p = icalcomponent_get_next_property(ical->master, ICAL_EXDATE_PROPERTY)) {
        struct ical_time time = {};
        int64_t local_s = 0;
        e = ical_time_of(c, ical, p, &time);
        if (e == OK) e = ical_on_clock(c, when, &time, &local_s);
        if (e == OK) exception_put(c, list, local_s, true, NULL);
    }
    return e;
}

static enum err moved(struct call *c, const struct ical *ical, const struct ical_when *when,
                      struct node *list)
{
    icalcomponent *at = icalcomponent_get_first_component(ical->root, ICAL_VEVENT_COMPONENT);
    for (; at != NULL; at = icalcomponent_get_next_component(ical->root, ICAL_VEVENT_COMPONENT)) {
        icalproperty *id = ical_first(at, ICAL_RECURRENCEID_PROPERTY);
        struct ical_time time = {};
        struct ical_when own = {};
        int64_t local_s = 0;
        if (at == ical->master || id == NULL) continue;
        if (icalproperty_get_first_parameter(id, ICAL_RANGE_PARAMETER) != NULL)
            return fail(c, ERR_INVALID, "caldav.range");
        enum err e = ical_time_of(c, ical, id, &time);
        if (e == OK) e = ical_on_clock(c, when, &time, &local_s);
        if (e == OK) e = ical_when_of(c, ical, at, &own);
        if (e != OK) return e;
        struct clock to = clock_of(when, own.from_ms, own.to_ms);
        exception_put(c, list, local_s, says(c, at, ICAL_STATUS_PROPERTY, S("CANCELLED")), &to);
    }
    return OK;
}

static enum err rule_put(struct call *c, const struct ical *ical, struct node *data)
{
    icalproperty *rule = ical_first(ical->master, ICAL_RRULE_PROPERTY);
    bool more =
        rule != NULL && icalcomponent_get_next_property(ical->master, ICAL_RRULE_PROPERTY) != NULL;
    bool dates = ical_first(ical->master, ICAL_RDATE_PROPERTY) != NULL ||
                 ical_first(ical->master, ICAL_EXRULE_PROPERTY) != NULL;
    if (more || dates) return fail(c, ERR_INVALID, "caldav.rdate");
    struct str text = {};
    if (rule != NULL) text = ical_take(c, icalproperty_get_value_as_string_r(rule));
    node_text(c, data, "rule", text);
    return OK;
}

enum err ical_event(struct call *c, const struct ical *ical, struct node *ret_data)
{
    struct ical_when when = {};
    size_t events = 0;
    enum err e = shape(c, ical, &events);
    if (e == OK) e = ical_when_of(c, ical, ical->master, &when);
    if (e != OK) return e;
    struct clock clock = clock_of(&when, when.from_ms, when.to_ms);
    if (when.start.day) clock.length = days_minutes(&when);
    node_text(c, ret_data, "uid", str_copy(c->arena, ical_uid(ical)));
    node_text(c, ret_data, "day", time_format_day(c->arena, clock.day));
    node_int(c, ret_data, "minute", clock.minute);
    node_int(c, ret_data, "length", clock.length == 0 ? 1 : clock.length);
    node_bool(c, ret_data, "all_day", when.start.day);
    node_text(c, ret_data, "zone", when.start.zone);
    e = rule_put(c, ical, ret_data);
    if (e != OK) return e;
    words_put(c, ical->master, clock.length == 0, ret_data);
    struct node *list = node_put_list(c, ret_data, "exceptions");
    if (node_get(ret_data, "rule").len == 0) return OK;
    e = left_out(c, ical, &when, list);
    return e == OK ? moved(c, ical, &when, list) : e;
}
