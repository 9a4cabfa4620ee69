/* Parts of a text, as CALDAV:calendar-data asks for them. Source: RFC 4791 9.6. */
#include "front/caldav/ical_core.h"

#include "front/caldav/dav_xml.h"

#include <strings.h>

enum { EXPANDED_BYTES = 2 * 1024 * 1024 };

/* ---- which properties and components ---- */

static bool names_it(const struct xml *wanted, const char *child, struct str name,
                     const struct xml **ret_x)
{
    const struct xml *x = xml_child(wanted, NS_CAL, child);
    for (; x != NULL; x = xml_again(x)) {
        struct str own = xml_attribute(x, "name");
        if (own.len != name.len || strncasecmp(own.ptr, name.ptr, name.len) != 0) continue;
        *ret_x = x;
        return true;
    }
    return false;
}

static void props_keep(icalcomponent *component, const struct xml *wanted)
{
    const struct xml *x = NULL;
    if (xml_child(wanted, NS_CAL, "allprop") != NULL) return;
    icalproperty *p = icalcomponent_get_first_property(component, ICAL_ANY_PROPERTY);
    while (p != NULL) {
        icalproperty *next = icalcomponent_get_next_property(component, ICAL_ANY_PROPERTY);
        char *name = icalproperty_get_property_name_r(p);
        bool kept = name != NULL && names_it(wanted, "prop", str_of(name), &x);
        if (name != NULL) icalmemory_free_buffer(name);
        if (kept && str_eq(xml_attribute(x, "novalue"), S("yes"))) {
            icalproperty_set_value(p, icalvalue_new_text(""));
        } else if (!kept) {
            icalcomponent_remove_property(component, p);
            icalproperty_free(p);
        }
        p = next;
    }
}

static struct str component_name(icalcomponent *component)
{
    return str_of(icalcomponent_kind_to_string(icalcomponent_isa(component)));
}

/* Leaves of a component the parts that are named. One that is named without saying more is whole,
 * as VTIMEZONE in RFC 4791 7.8.1. */
static void parts_keep(icalcomponent *parent, const struct xml *wanted)
{
    icalcompiter it = icalcomponent_begin_component(parent, ICAL_ANY_COMPONENT);
    icalcomponent *at = icalcompiter_deref(&it);
    if (xml_child(wanted, NS_CAL, "allcomp") != NULL) return;
    while (at != NULL) {
        const struct xml *x = NULL;
        icalcomponent *next = icalcompiter_next(&it);
        if (!names_it(wanted, "comp", component_name(at), &x)) {
            icalcomponent_remove_component(parent, at);
            icalcomponent_free(at);
        } else if (x->first != NULL) {
            props_keep(at, x);
        }
        at = next;
    }
}

/* The same one level below. */
static void parts_below_keep(icalcomponent *root, const struct xml *wanted)
{
    icalcompiter it = icalcomponent_begin_component(root, ICAL_ANY_COMPONENT);
    icalcomponent *at = icalcompiter_deref(&it);
    for (; at != NULL; at = icalcompiter_next(&it)) {
        const struct xml *x = NULL;
        bool named = names_it(wanted, "comp", component_name(at), &x);
        if (named && x->first != NULL) parts_keep(at, x);
    }
}

/* ---- instances ---- */

static void drop_all(icalcomponent *component, icalproperty_kind kind)
{
    icalproperty *p = icalcomponent_get_first_property(component, kind);
    while (p != NULL) {
        icalcomponent_remove_property(component, p);
        icalproperty_free(p);
        p = icalcomponent_get_first_property(component, kind);
    }
}

static void moment_put(icalcomponent *event, icalproperty_kind kind, int64_t ms,
                       const struct zone *zone, bool day)
{
    icalproperty *prop = icalproperty_new(kind);
    struct icaltimetype t = ical_plain(day ? zone_to_local(zone, ms) : ms / 1000, day);
    if (!day) t = icaltime_set_timezone(&t, icaltimezone_get_utc_timezone());
    icalproperty_set_value(prop, day ? icalvalue_new_date(t) : icalvalue_new_datetime(t));
    icalcomponent_add_property(event, prop);
}

/* One instance as an event of its own, in UTC. Source: RFC 4791 9.6.5. */
static enum err instance_put(struct call *c, const struct ical *ical, icalcomponent *into,
                             const struct ical_instance *row)
{
    static const icalproperty_kind GONE[] = {ICAL_RRULE_PROPERTY,        ICAL_RDATE_PROPERTY,
                                             ICAL_EXDATE_PROPERTY,       ICAL_EXRULE_PROPERTY,
                                             ICAL_RECURRENCEID_PROPERTY, ICAL_DTSTART_PROPERTY,
                                             ICAL_DTEND_PROPERTY};
    struct ical_when when = {};
    enum err e = ical_when_of(c, ical, ical->master, &when);
    if (e != OK) return e;
    icalcomponent *event = icalcomponent_new_clone(row->event);
    bool lasts = ical_first(event, ICAL_DURATION_PROPERTY) != NULL;
    bool ends = ical_first(event, ICAL_DTEND_PROPERTY) != NULL;
    for (size_t i = 0; i < ARRAY_LEN(GONE); i++)
        drop_all(event, GONE[i]);
    bool day = when.start.day;
    moment_put(event, ICAL_DTSTART_PROPERTY, row->from_ms, &when.zone, day);
    if (ends && !lasts) moment_put(event, ICAL_DTEND_PROPERTY, row->to_ms, &when.zone, day);
    if (row->recurs)
        moment_put(event, ICAL_RECURRENCEID_PROPERTY, zone_to_ms(&when.zone, row->local_s),
                   &when.zone, day);
    icalcomponent_add_component(into, event);
    return OK;
}

/* VCALENDAR with its own properties and no component. */
static icalcomponent *frame_of(struct call *c, const struct ical *ical)
{
    icalcomponent *frame = ical_tie(c, icalcomponent_new(ICAL_VCALENDAR_COMPONENT));
    icalproperty *p = icalcomponent_get_first_property(ical->root, ICAL_ANY_PROPERTY);
    for (; p != NULL; p = icalcomponent_get_next_property(ical->root, ICAL_ANY_PROPERTY))
        icalcomponent_add_property(frame, icalproperty_new_clone(p));
    return frame;
}

static enum err expanded(struct call *c, const struct ical *ical, const struct busy_span *span,
                         icalcomponent **ret_root)
{
    struct ical_instance *rows = NULL;
    size_t count = 0;
    icalcomponent *root = frame_of(c, ical);
    enum err e = ical_instances(c, ical, span, &rows, &count);
    if (e == OK && count * ical->text.len > EXPANDED_BYTES) e = fail(c, ERR_LIMIT, "caldav.expand");
    for (size_t i = 0; e == OK && i < count; i++)
        e = instance_put(c, ical, root, &rows[i]);
    if (e == OK) *ret_root = root;
    return e;
}

/* Leaves out overrides that touch the span neither where they are nor where they were.
 * Source: RFC 4791 9.6.6. */
static enum err limited(struct call *c, const struct ical *ical, const struct busy_span *span,
                        icalcomponent **ret_root)
{
    struct ical_instance *rows = NULL;
    size_t count = 0;
    icalcomponent *root = frame_of(c, ical);
    struct ical_when when = {};
    enum err e = ical_instances(c, ical, span, &rows, &count);
    if (e == OK) e = ical_when_of(c, ical, ical->master, &when);
    icalcompiter it = icalcomponent_begin_component(ical->root, ICAL_ANY_COMPONENT);
    icalcomponent *at = icalcompiter_deref(&it);
    for (; e == OK && at != NULL; at = icalcompiter_next(&it)) {
        icalproperty *id = ical_first(at, ICAL_RECURRENCEID_PROPERTY);
        bool kept = id == NULL || at == ical->master;
        for (size_t i = 0; i < count && !kept; i++)
            kept = rows[i].event == at;
        if (!kept) {
            struct ical_time time = {};
            int64_t local_s = 0;
            e = ical_time_of(c, ical, id, &time);
            if (e == OK) e = ical_on_clock(c, &when, &time, &local_s);
            int64_t ms = zone_to_ms(&when.zone, local_s);
            kept = e == OK && ms < span->to_ms && ms + when.to_ms - when.from_ms > span->from_ms;
        }
        if (kept) icalcomponent_add_component(root, icalcomponent_new_clone(at));
    }
    if (e == OK) *ret_root = root;
    return e;
}

enum err ical_cut(struct call *c, const struct ical *ical, const struct xml *wanted,
                  struct str *ret_text)
{
    const struct xml *expand = xml_child(wanted, NS_CAL, "expand");
    const struct xml *limit = xml_child(wanted, NS_CAL, "limit-recurrence-set");
    const struct xml *comp = xml_child(wanted, NS_CAL, "comp");
    struct busy_span span = {};
    icalcomponent *root = NULL;
    *ret_text = ical_wire(c, ical->text);
    if (expand == NULL && limit == NULL && comp == NULL) return OK;
    enum err e = OK;
    if (expand != NULL || limit != NULL) e = ical_range(c, expand != NULL ? expand : limit, &span);
    if (e != OK) return e;
    if (expand != NULL) {
        e = expanded(c, ical, &span, &root);
    } else if (limit != NULL) {
        e = limited(c, ical, &span, &root);
    } else {
        root = ical_tie(c, icalcomponent_new_clone(ical->root));
    }
    if (e != OK) return e;
    if (comp != NULL) {
        if (!str_eq(xml_attribute(comp, "name"), S("VCALENDAR")))
            return fail(c, ERR_INVALID, "caldav.filter");
        props_keep(root, comp);
        parts_keep(root, comp);
        parts_below_keep(root, comp);
    }
    *ret_text = ical_take(c, icalcomponent_as_ical_string_r(root));
    return OK;
}
