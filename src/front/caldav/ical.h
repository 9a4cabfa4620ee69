#pragma once
/*
 * ical.h: the text of calendar programs (RFC 5545) and what it says. libical stands behind this
 * header; no other file but ical_*.c knows it. Limits are asked before the library sees a byte, and
 * whatever it hands out goes with the call's arena.
 *
 * The text itself is kept by whoever wrote it and given back as it was. What is read here is only
 * what the office must know: when, how firm, what about.
 */
#include "core/view.h"
#include "core/collection.h"

struct ical;               /* a parsed text */
struct icalcomponent_impl; /* libical's component */

/* Brings what a program sent to the form in which it is kept: UTF-8 in NFC, lines ended by '\n'.
 * Folded lines are joined only where a fold cuts a character. `ret_changed`: something else than
 * line ends became another. Errors: ERR_LIMIT "caldav.large"; ERR_INVALID "caldav.data". */
enum err ical_clean(struct call *c, struct str sent, struct str *ret_text, bool *ret_changed);
/* The same text with the line ends of the protocol. Source: RFC 5545 3.1. */
struct str ical_wire(struct call *c, struct str text);

/* Parses a text. Shapes: from ical_clean, or made here. Errors: ERR_LIMIT "caldav.large";
 * ERR_INVALID "caldav.data". */
enum err ical_parse(struct call *c, struct str text, struct ical **ret_ical);

/* What the act behind PUT takes, but for record, href and etag (core/collection.h).
 * Errors: ERR_INVALID "caldav.data", "caldav.object" (not one event), "caldav.component",
 * "caldav.method", "caldav.range", "caldav.rdate", "caldav.zone" (arg "zone"). */
enum err ical_event(struct call *c, const struct ical *ical, struct node *ret_data);
/* The id all its events have; empty when there is none. */
struct str ical_uid(const struct ical *ical);

/* Writes the text of an item as it stands now: what a program wrote before with the times of today,
 * or a new text of what the office knows. Shapes: data as of collection_def.find; `name` makes the
 * id of what had none. */
struct str ical_write(struct call *c, const struct node *data, struct str name);

/* ---- reports ---- */

/* One instance of an event in a span. */
struct ical_instance {
    int64_t from_ms;
    int64_t to_ms;
    struct icalcomponent_impl *event; /* master or override */
    int64_t local_s; /* where the rule puts it, on the master's clock; or its start */
    bool recurs;
};

/* All instances that touch a span, in the order of their rule. A floating time is one of Ha Noi.
 * Source: RFC 4791 9.9. Errors: ERR_LIMIT "caldav.expand"; those of ical_event. */
enum err ical_instances(struct call *c, const struct ical *ical, const struct busy_span *span,
                        struct ical_instance **ret_rows, size_t *ret_count);

struct xml;
/* Says that the text fits a CALDAV:filter. Source: RFC 4791 9.7.
 * Errors: ERR_INVALID "caldav.filter", "caldav.collation"; those of ical_instances. */
enum err ical_fits(struct call *c, const struct ical *ical, const struct xml *filter,
                   bool *ret_fits);
/* The span of a time-range element. Errors: ERR_INVALID "caldav.filter". */
enum err ical_range(struct call *c, const struct xml *range, struct busy_span *ret_span);

/* The text as CALDAV:calendar-data asks for it: some components and properties, expanded, without
 * overrides outside a span. Source: RFC 4791 9.6. Errors: those of ical_instances. */
enum err ical_cut(struct call *c, const struct ical *ical, const struct xml *wanted,
                  struct str *ret_text);

/* The free-busy text of a span. Source: RFC 4791 7.10. */
struct str ical_busy(struct call *c, const struct busy_span *span, const struct busy_span *rows,
                     size_t count);
/* "20261125T020000Z" and back; false when it is not exactly that. */
struct str ical_utc(struct arena *arena, int64_t ms);
bool ical_utc_read(struct str text, int64_t *ret_ms);
