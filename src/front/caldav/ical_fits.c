/* Filters of calendar-query. The shape VCALENDAR, component, sub-component is fixed, so each level
 * is a function. Source: RFC 4791 9.7. */
#include "front/caldav/ical_core.h"

#include <strings.h>

#include "base/time.h"
#include "front/caldav/dav_xml.h"

#define TIME_FROM_MS ((int64_t)TIME_DAY_MIN * TIME_DAY_MS + 400 * TIME_DAY_MS)
#define TIME_TO_MS ((int64_t)TIME_DAY_MAX * TIME_DAY_MS - 400 * TIME_DAY_MS)

enum { ALARMS_LOOKED = 1000 };

enum err ical_range(struct call *c, const struct xml *range, struct busy_span *ret_span)
{
    struct str start = xml_attribute(range, "start");
    struct str end = xml_attribute(range, "end");
    struct busy_span span = {.from_ms = TIME_FROM_MS, .to_ms = TIME_TO_MS};
    bool good = start.len + end.len > 0;
    if (start.len > 0) good = good && ical_utc_read(start, &span.from_ms);
    if (end.len > 0) good = good && ical_utc_read(end, &span.to_ms);
    good = good && span.from_ms < span.to_ms;
    if (span.from_ms < TIME_FROM_MS) span.from_ms = TIME_FROM_MS;
    if (span.to_ms > TIME_TO_MS) span.to_ms = TIME_TO_MS;
    if (!good || span.from_ms >= span.to_ms) return fail(c, ERR_INVALID, "caldav.filter");
    *ret_span = span;
    return OK;
}

static bool is_undefined(const struct xml *x)
{
    return xml_child(x, NS_CAL, "is-not-defined") != NULL;
}

/* ---- texts ---- */

static char lower(char ch)
{
    return ch >= 'A' && ch <= 'Z' ? (char)(ch - 'A' + 'a') : ch;
}

static bool has_part(struct str text, struct str part, bool exact)
{
    for (size_t at = 0; at + part.len <= text.len; at++) {
        size_t i = 0;
        while (i < part.len && (exact ? text.ptr[at + i] == part.ptr[i]
                                      : lower(text.ptr[at + i]) == lower(part.ptr[i])))
            i++;
        if (i == part.len) return true;
    }
    return false;
}

static enum err text_fits(struct call *c, struct str text, const struct xml *match, bool *ret_fits)
{
    struct str collation = xml_attribute(match, "collation");
    bool exact = str_eq(collation, S("i;octet"));
    bool known = exact || collation.len == 0 || str_eq(collation, S("default")) ||
                 str_eq(collation, S("i;ascii-casemap"));
    if (!known) return fail(c, ERR_INVALID, "caldav.collation");
    bool negate = str_eq(xml_attribute(match, "negate-condition"), S("yes"));
    *ret_fits = has_part(text, match->text, exact) != negate;
    return OK;
}

static struct str param_value(struct call *c, icalproperty *prop, struct str name)
{
    const char *found = icalproperty_get_parameter_as_string_r(prop, str_zero(c->arena, name));
    struct str text = str_copy(c->arena, str_of(found));
    if (found != NULL) icalmemory_free_buffer((void *)(uintptr_t)found);
    return text;
}

static enum err params_fit(struct call *c, icalproperty *prop, const struct xml *filter,
                           bool *ret_fits)
{
    const struct xml *x = xml_child(filter, NS_CAL, "param-filter");
    for (; x != NULL && *ret_fits; x = xml_again(x)) {
        struct str value = param_value(c, prop, xml_attribute(x, "name"));
        const struct xml *match = xml_child(x, NS_CAL, "text-match");
        *ret_fits = is_undefined(x) ? value.len == 0 : value.len > 0;
        if (!*ret_fits || match == NULL) continue;
        enum err e = text_fits(c, value, match, ret_fits);
        if (e != OK) return e;
    }
    return OK;
}

/* ---- properties ---- */

static bool prop_named(icalproperty *prop, struct str name)
{
    char *own = icalproperty_get_property_name_r(prop);
    bool same =
        own != NULL && str_of(own).len == name.len && strncasecmp(own, name.ptr, name.len) == 0;
    if (own != NULL) icalmemory_free_buffer(own);
    return same;
}

static enum err prop_in_range(struct call *c, const struct ical *ical, icalproperty *prop,
                              const struct xml *range, bool *ret_fits)
{
    struct busy_span span = {};
    struct ical_time time = {};
    struct zone zone = {};
    enum err e = ical_range(c, range, &span);
    if (e != OK) return e;
    e = ical_time_of(c, ical, prop, &time);
    if (e == OK) e = zone_find(c, time.zone, &zone);
    if (e != OK) { /* not a moment: it lies in no span */
        call_clear(c);
        *ret_fits = false;
        return OK;
    }
    int64_t ms = zone_to_ms(&zone, time.local_s);
    *ret_fits = ms >= span.from_ms && ms < span.to_ms;
    return OK;
}

static enum err one_prop_fits(struct call *c, const struct ical *ical, icalproperty *prop,
                              const struct xml *filter, bool *ret_fits)
{
    const struct xml *match = xml_child(filter, NS_CAL, "text-match");
    const struct xml *range = xml_child(filter, NS_CAL, "time-range");
    enum err e = OK;
    *ret_fits = true;
    if (range != NULL) e = prop_in_range(c, ical, prop, range, ret_fits);
    if (e == OK && *ret_fits && match != NULL)
        e = text_fits(c, ical_value(c, prop), match, ret_fits);
    return e == OK && *ret_fits ? params_fit(c, prop, filter, ret_fits) : e;
}

static enum err props_fit(struct call *c, const struct ical *ical, icalcomponent *component,
                          const struct xml *filter, bool *ret_fits)
{
    const struct xml *x = xml_child(filter, NS_CAL, "prop-filter");
    for (; x != NULL && *ret_fits; x = xml_again(x)) {
        struct str name = xml_attribute(x, "name");
        bool defined = false;
        bool fits = false;
        icalproperty *p = icalcomponent_get_first_property(component, ICAL_ANY_PROPERTY);
        for (; p != NULL && !fits;
             p = icalcomponent_get_next_property(component, ICAL_ANY_PROPERTY)) {
            if (!prop_named(p, name)) continue;
            defined = true;
            enum err e = is_undefined(x) ? OK : one_prop_fits(c, ical, p, x, &fits);
            if (e != OK) return e;
        }
        *ret_fits = is_undefined(x) ? !defined : fits;
    }
    return OK;
}

/* ---- alarms ---- */

/* When an alarm rings beside its event, in milliseconds. */
static bool alarm_offset(icalcomponent *alarm, int64_t *ret_ms, bool *ret_end)
{
    icalproperty *p = ical_first(alarm, ICAL_TRIGGER_PROPERTY);
    if (p == NULL) return false;
    struct icaltriggertype t = icalproperty_get_trigger(p);
    if (!icaltime_is_null_time(t.time)) return false;
    icalparameter *related = icalproperty_get_first_parameter(p, ICAL_RELATED_PARAMETER);
    *ret_end = related != NULL && icalparameter_get_related(related) == ICAL_RELATED_END;
    *ret_ms = (int64_t)icaldurationtype_as_int(t.duration) * 1000;
    return true;
}

static enum err alarm_rings(struct call *c, const struct ical *ical, icalcomponent *event,
                            icalcomponent *alarm, const struct xml *range, bool *ret_fits)
{
    struct busy_span span = {};
    struct ical_instance *rows = NULL;
    size_t count = 0;
    int64_t offset_ms = 0;
    bool at_end = false;
    enum err e = ical_range(c, range, &span);
    if (e != OK) return e;
    *ret_fits = false;
    if (!alarm_offset(alarm, &offset_ms, &at_end)) {
        icalproperty *p = ical_first(alarm, ICAL_TRIGGER_PROPERTY);
        struct icaltimetype t = {};
        if (p != NULL) t = icalproperty_get_trigger(p).time;
        if (p == NULL || icaltime_is_null_time(t)) return OK;
        int64_t ms = (int64_t)icaltime_as_timet(t) * 1000;
        *ret_fits = ms >= span.from_ms && ms < span.to_ms;
        return OK;
    }
    int64_t wide_ms = (offset_ms < 0 ? -offset_ms : offset_ms) + 2 * TIME_DAY_MS;
    struct busy_span wide = {span.from_ms - wide_ms, span.to_ms + wide_ms, false};
    e = ical_instances_some(c, ical, &wide, ALARMS_LOOKED, &rows, &count);
    for (size_t i = 0; e == OK && i < count && !*ret_fits; i++) {
        int64_t ms = (at_end ? rows[i].to_ms : rows[i].from_ms) + offset_ms;
        *ret_fits = rows[i].event == event && ms >= span.from_ms && ms < span.to_ms;
    }
    return e;
}

static enum err alarms_fit(struct call *c, const struct ical *ical, icalcomponent *event,
                           const struct xml *filter, bool *ret_fits)
{
    const struct xml *x = xml_child(filter, NS_CAL, "comp-filter");
    for (; x != NULL && *ret_fits; x = xml_again(x)) {
        icalcomponent_kind kind =
            icalcomponent_string_to_kind(str_zero(c->arena, xml_attribute(x, "name")));
        const struct xml *range = xml_child(x, NS_CAL, "time-range");
        icalcomponent *at = icalcomponent_get_first_component(event, kind);
        bool any = at != NULL;
        bool fits = false;
        for (; at != NULL && !fits && !is_undefined(x);
             at = icalcomponent_get_next_component(event, kind)) {
            fits = true;
            enum err e = props_fit(c, ical, at, x, &fits);
            if (e == OK && fits && range != NULL) e = alarm_rings(c, ical, event, at, range, &fits);
            if (e != OK) return e;
        }
        *ret_fits = is_undefined(x) ? !any : fits;
    }
    return OK;
}

/* ---- components ---- */

static enum err event_in_range(struct call *c, const struct ical *ical, icalcomponent *event,
                               const struct xml *range, bool *ret_fits)
{
    struct busy_span span = {};
    struct ical_instance *rows = NULL;
    size_t count = 0;
    enum err e = ical_range(c, range, &span);
    /* an override says something else than its master: each stands for its own instances */
    bool alone = icalcomponent_count_components(ical->root, ICAL_VEVENT_COMPONENT) == 1;
    if (e == OK) e = ical_instances_some(c, ical, &span, alone ? 1 : SIZE_MAX, &rows, &count);
    *ret_fits = false;
    for (size_t i = 0; e == OK && i < count && !*ret_fits; i++)
        *ret_fits = rows[i].event == event;
    return e;
}

static enum err component_fits(struct call *c, const struct ical *ical, icalcomponent *component,
                               const struct xml *filter, bool *ret_fits)
{
    const struct xml *range = xml_child(filter, NS_CAL, "time-range");
    bool event = icalcomponent_isa(component) == ICAL_VEVENT_COMPONENT;
    enum err e = OK;
    *ret_fits = range == NULL || event;
    if (range != NULL && event) e = event_in_range(c, ical, component, range, ret_fits);
    if (e == OK && *ret_fits) e = props_fit(c, ical, component, filter, ret_fits);
    return e == OK && *ret_fits ? alarms_fit(c, ical, component, filter, ret_fits) : e;
}

enum err ical_fits(struct call *c, const struct ical *ical, const struct xml *filter,
                   bool *ret_fits)
{
    const struct xml *top = xml_child(filter, NS_CAL, "comp-filter");
    if (top == NULL || !str_eq(xml_attribute(top, "name"), S("VCALENDAR")))
        return fail(c, ERR_INVALID, "caldav.filter");
    bool fits = !is_undefined(top);
    enum err e = props_fit(c, ical, ical->root, top, &fits);
    const struct xml *x = xml_child(top, NS_CAL, "comp-filter");
    for (; e == OK && x != NULL && fits; x = xml_again(x)) {
        icalcomponent_kind kind =
            icalcomponent_string_to_kind(str_zero(c->arena, xml_attribute(x, "name")));
        /* an iterator of its own: that of the root is used by what is called */
        icalcompiter it = icalcomponent_begin_component(ical->root, kind);
        icalcomponent *at = icalcompiter_deref(&it);
        bool any = at != NULL;
        bool one = false;
        while (e == OK && at != NULL && !one && !is_undefined(x)) {
            e = component_fits(c, ical, at, x, &one);
            at = icalcompiter_next(&it);
        }
        fits = is_undefined(x) ? !any : one;
    }
    if (e == OK) *ret_fits = fits;
    return e;
}
