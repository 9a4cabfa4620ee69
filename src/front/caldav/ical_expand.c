/* Instances of an event, counted by the library's own iterator: a second opinion beside the
 * calendar's expansion, which decides what clashes. */
#include "front/caldav/ical_core.h"

#include "base/limits.h"
#include "base/time.h"

enum { DAY_S = 86400 };

struct expansion {
    const struct ical *ical;
    const struct busy_span *span;
    struct ical_when when;
    size_t max;    /* enough is enough */
    int64_t *gone; /* local_s of what is left out or moved, sorted is not needed: few */
    size_t gone_count;
    struct ical_instance *rows;
    size_t count;
};

/* Source: RFC 4791 9.9. */
static bool touches(const struct busy_span *span, int64_t from_ms, int64_t to_ms)
{
    if (from_ms == to_ms) return from_ms >= span->from_ms && from_ms < span->to_ms;
    return from_ms < span->to_ms && to_ms > span->from_ms;
}

static enum err add(struct call *c, struct expansion *x, const struct ical_instance *row)
{
    if (!touches(x->span, row->from_ms, row->to_ms)) return OK;
    if (x->count >= LIMIT_DAV_EXPANDED) return fail(c, ERR_LIMIT, "caldav.expand");
    size_t room = x->rows == NULL ? 0 : x->count;
    if ((room & (room - 1)) == 0) { /* full at each power of two */
        struct ical_instance *grown =
            arena_array(c->arena, room == 0 ? 1 : 2 * room, sizeof *grown);
        for (size_t i = 0; i < room; i++)
            grown[i] = x->rows[i];
        x->rows = grown;
    }
    x->rows[x->count++] = *row;
    return OK;
}

static enum err overrides(struct call *c, struct expansion *x)
{
    icalcomponent *root = x->ical->root;
    icalcomponent *at = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT);
    for (; at != NULL; at = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)) {
        icalproperty *id = ical_first(at, ICAL_RECURRENCEID_PROPERTY);
        struct ical_time time = {};
        struct ical_when own = {};
        struct ical_instance row = {.event = at, .recurs = true};
        if (at == x->ical->master || id == NULL) continue;
        enum err e = ical_time_of(c, x->ical, id, &time);
        if (e == OK) e = ical_on_clock(c, &x->when, &time, &row.local_s);
        if (e == OK) e = ical_when_of(c, x->ical, at, &own);
        if (e != OK) return e;
        x->gone[x->gone_count++] = row.local_s;
        row.from_ms = own.from_ms;
        row.to_ms = own.to_ms;
        e = add(c, x, &row);
        if (e != OK) return e;
    }
    return OK;
}

static enum err left_out(struct call *c, struct expansion *x)
{
    icalcomponent *master = x->ical->master;
    icalproperty *p = ical_first(master, ICAL_EXDATE_PROPERTY);
    for (; p != NULL; p = icalcomponent_get_next_property(master, ICAL_EXDATE_PROPERTY)) {
        struct ical_time time = {};
        enum err e = ical_time_of(c, x->ical, p, &time);
        if (e == OK) e = ical_on_clock(c, &x->when, &time, &x->gone[x->gone_count++]);
        if (e != OK) return e;
    }
    return OK;
}

static bool is_gone(const struct expansion *x, int64_t local_s)
{
    for (size_t i = 0; i < x->gone_count; i++) {
        if (x->gone[i] == local_s) return true;
    }
    return false;
}

static struct ical_instance instance_at(const struct expansion *x, int64_t local_s)
{
    const struct ical_when *w = &x->when;
    struct ical_instance row = {.event = x->ical->master, .local_s = local_s, .recurs = true};
    row.from_ms = zone_to_ms(&w->zone, local_s);
    row.to_ms = row.from_ms + w->to_ms - w->from_ms;
    if (w->start.day) { /* days are as long as the clock makes them */
        int64_t days_s = zone_to_local(&w->zone, w->to_ms) - w->start.local_s;
        row.to_ms = zone_to_ms(&w->zone, local_s + days_s);
    }
    return row;
}

static int64_t local_of(struct icaltimetype t)
{
    int64_t day = time_day_of((struct date){t.year, t.month, t.day});
    return day * DAY_S + (t.is_date ? 0 : t.hour * 3600 + t.minute * 60 + t.second);
}

/* Ends are compared on the event's clock. */
static void until_plain(const struct expansion *x, struct icalrecurrencetype *rule)
{
    struct icaltimetype until = rule->until;
    if (icaltime_is_null_time(until)) return;
    bool utc = icaltime_is_utc(until);
    int64_t local_s = local_of(until) + (until.is_date ? DAY_S - 1 : 0);
    if (utc) local_s = zone_to_local(&x->when.zone, local_of(until) * 1000);
    rule->until = ical_plain(local_s, x->when.start.day);
}

static void iterator_free(void *iterator)
{
    icalrecur_iterator_free(iterator);
}

static enum err by_rule(struct call *c, struct expansion *x, struct icalrecurrencetype rule)
{
    int64_t end_s = zone_to_local(&x->when.zone, x->span->to_ms);
    struct icaltimetype start = ical_plain(x->when.start.local_s, x->when.start.day);
    until_plain(x, &rule);
    icalrecur_iterator *it = icalrecur_iterator_new(rule, start);
    if (it == NULL) return fail(c, ERR_INVALID, "caldav.data");
    arena_defer(c->arena, iterator_free, it);
    for (size_t step = 0; x->count < x->max; step++) {
        struct icaltimetype t = icalrecur_iterator_next(it);
        if (icaltime_is_null_time(t) || t.year >= TIME_YEAR_MAX) return OK;
        int64_t local_s = local_of(t);
        if (local_s >= end_s) return OK;
        if (step > LIMIT_ICAL_STEPS) return fail(c, ERR_LIMIT, "caldav.expand");
        if (is_gone(x, local_s)) continue;
        struct ical_instance row = instance_at(x, local_s);
        enum err e = add(c, x, &row);
        if (e != OK) return e;
    }
    return OK;
}

enum err ical_instances_some(struct call *c, const struct ical *ical, const struct busy_span *span,
                             size_t max, struct ical_instance **ret_rows, size_t *ret_count)
{
    struct expansion x = {.ical = ical, .span = span, .max = max};
    if (ical->master == NULL) return fail(c, ERR_INVALID, "caldav.object");
    enum err e = ical_when_of(c, ical, ical->master, &x.when);
    if (e != OK) return e;
    icalproperty *rule = ical_first(ical->master, ICAL_RRULE_PROPERTY);
    struct ical_instance one = {x.when.from_ms, x.when.to_ms, ical->master, x.when.start.local_s,
                                false};
    if (rule == NULL) {
        e = add(c, &x, &one);
    } else {
        size_t room = (size_t)icalcomponent_count_components(ical->root, ICAL_VEVENT_COMPONENT) +
                      (size_t)icalcomponent_count_properties(ical->master, ICAL_EXDATE_PROPERTY);
        x.gone = arena_array(c->arena, room + 1, sizeof *x.gone);
        e = left_out(c, &x);
        if (e == OK) e = overrides(c, &x);
        if (e == OK) e = by_rule(c, &x, icalproperty_get_rrule(rule));
    }
    *ret_rows = x.rows;
    *ret_count = x.count;
    return e;
}

enum err ical_instances(struct call *c, const struct ical *ical, const struct busy_span *span,
                        struct ical_instance **ret_rows, size_t *ret_count)
{
    return ical_instances_some(c, ical, span, SIZE_MAX, ret_rows, ret_count);
}
