/* Moments of a text on the clocks of places. */
#include "front/caldav/ical_core.h"

#include <strings.h>
#include <unicode/ucal.h>

#include "base/time.h"

enum { DAY_S = 86400 };

/* ---- zones ---- */

static bool zone_known(struct call *c, struct str name)
{
    struct zone zone = {};
    enum err e = name.len == 0 ? ERR_INVALID : zone_find(c, name, &zone);
    if (e != OK && name.len > 0) call_clear(c); /* another name is tried */
    return e == OK;
}

/* "/freeassociation.sourceforge.net/Tzfile/Europe/Paris": the end of it that is a zone. */
static struct str zone_end(struct call *c, struct str tzid)
{
    for (size_t i = 0; i < tzid.len; i++) {
        struct str end = str_sub(tzid, i + 1, tzid.len);
        if (tzid.ptr[i] == '/' && zone_known(c, end)) return end;
    }
    return (struct str){};
}

/* "SE Asia Standard Time" */
static struct str zone_of_windows(struct call *c, struct str tzid)
{
    UChar from[ZONE_NAME_BYTES + 1] = {};
    UChar to[ZONE_NAME_BYTES + 1] = {};
    UErrorCode status = U_ZERO_ERROR;
    if (tzid.len > ZONE_NAME_BYTES) return (struct str){};
    for (size_t i = 0; i < tzid.len; i++)
        from[i] = (UChar)(unsigned char)tzid.ptr[i];
    int32_t len =
        ucal_getTimeZoneIDForWindowsID(from, (int32_t)tzid.len, NULL, to, ZONE_NAME_BYTES, &status);
    if (U_FAILURE(status) || len <= 0) return (struct str){};
    char *name = arena_alloc(c->arena, (size_t)len + 1);
    for (int32_t i = 0; i < len; i++)
        name[i] = (char)to[i];
    return (struct str){name, (size_t)len};
}

/* What the text's own VTIMEZONE says where it is. */
static struct str zone_of_place(const struct ical *ical, struct str tzid)
{
    /* an iterator of its own: whoever asks may be walking through the text */
    icalcompiter it = icalcomponent_begin_component(ical->root, ICAL_VTIMEZONE_COMPONENT);
    for (icalcomponent *at = icalcompiter_deref(&it); at != NULL; at = icalcompiter_next(&it)) {
        icalproperty *id = ical_first(at, ICAL_TZID_PROPERTY);
        bool same = id != NULL && str_eq(str_of(icalproperty_get_tzid(id)), tzid);
        icalproperty *x = same ? ical_first(at, ICAL_X_PROPERTY) : NULL;
        for (; x != NULL; x = icalcomponent_get_next_property(at, ICAL_X_PROPERTY)) {
            const char *name = icalproperty_get_x_name(x);
            if (name != NULL && strcasecmp(name, "X-LIC-LOCATION") == 0)
                return str_of(icalproperty_get_x(x));
        }
    }
    return (struct str){};
}

enum err ical_zone(struct call *c, const struct ical *ical, struct str tzid, struct str *ret_name)
{
    struct str name = str_copy(c->arena, str_trim(tzid));
    if (!zone_known(c, name)) name = zone_end(c, name);
    if (name.len == 0) name = zone_of_windows(c, tzid);
    if (name.len == 0) name = str_copy(c->arena, zone_of_place(ical, tzid));
    if (name.len == 0 || !zone_known(c, name)) {
        (void)!fail(c, ERR_INVALID, "caldav.zone");
        return fail_arg(c, "zone", str_copy(c->arena, tzid));
    }
    *ret_name = name;
    return OK;
}

/* ---- moments ---- */

enum err ical_time_of(struct call *c, const struct ical *ical, icalproperty *prop,
                      struct ical_time *ret_time)
{
    icalvalue *value = icalproperty_get_value(prop);
    icalvalue_kind kind = value == NULL ? ICAL_NO_VALUE : icalvalue_isa(value);
    if (kind != ICAL_DATE_VALUE && kind != ICAL_DATETIME_VALUE)
        return fail(c, ERR_INVALID, "caldav.data");
    struct icaltimetype t = icalvalue_get_datetime(value);
    struct date date = {t.year, t.month, t.day};
    bool clock = t.hour >= 0 && t.hour < 24 && t.minute >= 0 && t.minute < 60 && t.second >= 0 &&
                 t.second <= 60;
    if (!time_date_exists(date) || !clock) return fail(c, ERR_INVALID, "caldav.data");
    struct ical_time time = {.day = t.is_date != 0, .local_s = time_day_of(date) * DAY_S};
    icalparameter *tzid = icalproperty_get_first_parameter(prop, ICAL_TZID_PARAMETER);
    if (!time.day) time.local_s += t.hour * 3600 + t.minute * 60 + (t.second > 59 ? 59 : t.second);
    if (!time.day && icaltime_is_utc(t)) {
        time.zone = S("Etc/UTC");
    } else if (!time.day && tzid != NULL) {
        enum err e = ical_zone(c, ical, str_of(icalparameter_get_tzid(tzid)), &time.zone);
        if (e != OK) return e;
    }
    *ret_time = time;
    return OK;
}

static enum err moment_ms(struct call *c, const struct ical_when *when,
                          const struct ical_time *time, int64_t *ret_ms)
{
    struct zone zone = when->zone;
    enum err e =
        str_eq(time->zone, when->start.zone) || time->day ? OK : zone_find(c, time->zone, &zone);
    if (e == OK) *ret_ms = zone_to_ms(&zone, time->local_s);
    return e;
}

/* Behind an event without end: nothing, or its day. Source: RFC 5545 3.6.1. */
static enum err end_of(struct call *c, const struct ical *ical, icalcomponent *event,
                       struct ical_when *when)
{
    icalproperty *end = ical_first(event, ICAL_DTEND_PROPERTY);
    icalproperty *lasts = ical_first(event, ICAL_DURATION_PROPERTY);
    struct ical_time time = {};
    bool day = when->start.day;
    if (end != NULL) {
        enum err e = ical_time_of(c, ical, end, &time);
        if (e == OK && time.day != day) e = fail(c, ERR_INVALID, "caldav.data");
        return e == OK ? moment_ms(c, when, &time, &when->to_ms) : e;
    }
    struct icaldurationtype d = {};
    if (lasts != NULL) d = icalproperty_get_duration(lasts);
    int64_t days_s = ((int64_t)d.weeks * 7 + d.days) * DAY_S;
    int64_t rest_s = (int64_t)d.hours * 3600 + (int64_t)d.minutes * 60 + d.seconds;
    if (lasts == NULL && day) days_s = DAY_S;
    bool odd = lasts != NULL && (d.is_neg != 0 || icaldurationtype_is_bad_duration(d) != 0);
    if (odd || (day && rest_s != 0)) return fail(c, ERR_INVALID, "caldav.data");
    /* days are as long as the clock makes them */
    when->to_ms = zone_to_ms(&when->zone, when->start.local_s + days_s) + rest_s * 1000;
    return OK;
}

enum err ical_when_of(struct call *c, const struct ical *ical, icalcomponent *event,
                      struct ical_when *ret_when)
{
    icalproperty *start = ical_first(event, ICAL_DTSTART_PROPERTY);
    struct ical_when when = {};
    if (start == NULL) return fail(c, ERR_INVALID, "caldav.data");
    enum err e = ical_time_of(c, ical, start, &when.start);
    if (e == OK) e = zone_find(c, when.start.zone, &when.zone);
    if (e != OK) return e;
    when.from_ms = zone_to_ms(&when.zone, when.start.local_s);
    e = end_of(c, ical, event, &when);
    if (e == OK && when.to_ms < when.from_ms) e = fail(c, ERR_INVALID, "caldav.data");
    if (e == OK) *ret_when = when;
    return e;
}

enum err ical_on_clock(struct call *c, const struct ical_when *when, const struct ical_time *time,
                       int64_t *ret_local_s)
{
    int64_t ms = 0;
    if (time->day || when->start.day) {
        int64_t day = time->local_s / DAY_S - (time->local_s % DAY_S < 0 ? 1 : 0);
        int64_t start = when->start.local_s;
        *ret_local_s = day * DAY_S + ((start % DAY_S) + DAY_S) % DAY_S;
        return OK;
    }
    enum err e = moment_ms(c, when, time, &ms);
    if (e == OK) *ret_local_s = zone_to_local(&when->zone, ms);
    return e;
}

struct icaltimetype ical_plain(int64_t local_s, bool day)
{
    int64_t number = local_s / DAY_S - (local_s % DAY_S < 0 ? 1 : 0);
    struct date date = time_date_of(number);
    int32_t second = (int32_t)(local_s - number * DAY_S);
    struct icaltimetype t = icaltime_null_time();
    t.year = date.year;
    t.month = date.month;
    t.day = date.day;
    t.is_date = day ? 1 : 0;
    if (day) return t;
    t.hour = second / 3600;
    t.minute = second / 60 % 60;
    t.second = second % 60;
    return t;
}

struct str ical_utc(struct arena *arena, int64_t ms)
{
    struct icaltimetype t = ical_plain(ms / 1000, false);
    return str_format(arena, "%04d%02d%02dT%02d%02d%02dZ", t.year, t.month, t.day, t.hour, t.minute,
                      t.second);
}

static bool digits(struct str text, size_t from, size_t count, int64_t max, int64_t *ret_value)
{
    struct str part = str_sub(text, from, from + count);
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] < '0' || part.ptr[i] > '9') return false;
    }
    return parse_int(part, 0, max, ret_value);
}

bool ical_utc_read(struct str text, int64_t *ret_ms)
{
    int64_t v[6] = {};
    static const struct {
        size_t at;
        size_t count;
        int64_t max;
    } PARTS[] = {{0, 4, 9999}, {4, 2, 12}, {6, 2, 31}, {9, 2, 23}, {11, 2, 59}, {13, 2, 60}};
    if (text.len != 16 || text.ptr[8] != 'T' || text.ptr[15] != 'Z') return false;
    for (size_t i = 0; i < ARRAY_LEN(PARTS); i++) {
        if (!digits(text, PARTS[i].at, PARTS[i].count, PARTS[i].max, &v[i])) return false;
    }
    struct date date = {(int)v[0], (int)v[1], (int)v[2]};
    if (!time_date_exists(date)) return false;
    *ret_ms = (time_day_of(date) * DAY_S + v[3] * 3600 + v[4] * 60 + v[5]) * 1000;
    return true;
}
