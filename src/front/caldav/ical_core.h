#pragma once
/* ical_core.h: what the files behind ical.h share; the only ones that see libical. */
#include <libical/ical.h>

#include "base/zone.h"
#include "front/caldav/ical.h"

struct ical {
    icalcomponent *root;   /* VCALENDAR */
    icalcomponent *master; /* the event without RECURRENCE-ID, or the only one */
    struct str text;
};

/* A moment as a text writes it. */
struct ical_time {
    int64_t local_s; /* on the clock of the zone */
    bool day;        /* a date without a time */
    struct str zone; /* IANA name; empty: Ha Noi, also of floating times */
};

/* Where and how long an event is. */
struct ical_when {
    struct ical_time start;
    struct zone zone;
    int64_t from_ms;
    int64_t to_ms;
};

/* Ties a component, or a text of libical's, to the call. */
icalcomponent *ical_tie(struct call *c, icalcomponent *component);
struct str ical_take(struct call *c, char *text);

/* Reads a date or time property. Errors: ERR_INVALID "caldav.data", "caldav.zone". */
enum err ical_time_of(struct call *c, const struct ical *ical, icalproperty *prop,
                      struct ical_time *ret_time);
/* Start and end of an event. Errors: as above. */
enum err ical_when_of(struct call *c, const struct ical *ical, icalcomponent *event,
                      struct ical_when *ret_when);
/* Brings a moment to the clock of an event; a mere date among times is read as that day's. */
enum err ical_on_clock(struct call *c, const struct ical_when *when, const struct ical_time *time,
                       int64_t *ret_local_s);
/* The zone behind a name that programs use, as its IANA name. Errors: ERR_INVALID "caldav.zone". */
enum err ical_zone(struct call *c, const struct ical *ical, struct str tzid, struct str *ret_name);
/* A value as text: unescaped where it is text. */
struct str ical_value(struct call *c, icalproperty *prop);
/* A moment of libical's without a zone. */
struct icaltimetype ical_plain(int64_t local_s, bool day);
/* The first property of a kind, or NULL. */
icalproperty *ical_first(icalcomponent *component, icalproperty_kind kind);

/* As ical_instances, but when `max` are found no further ones are looked for. */
enum err ical_instances_some(struct call *c, const struct ical *ical, const struct busy_span *span,
                             size_t max, struct ical_instance **ret_rows, size_t *ret_count);
