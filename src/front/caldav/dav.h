#pragma once
/* dav.h: one request of a calendar program while it is answered; for the files of this folder. */
#include "core/act.h"
#include "core/collection.h"
#include "front/caldav/caldav.h"
#include "front/caldav/dav_xml.h"

enum dav_kind {
    DAV_ROOT = 1 << 0,
    DAV_PRINCIPAL = 1 << 1,
    DAV_HOME = 1 << 2,
    DAV_CALENDAR = 1 << 3,
    DAV_EVENT = 1 << 4,
    DAV_ANY = DAV_ROOT | DAV_PRINCIPAL | DAV_HOME | DAV_CALENDAR | DAV_EVENT
};

/* What an address means. */
struct dav_path {
    enum dav_kind kind;
    struct str calendar; /* record */
    struct str name;     /* of an event */
};

struct dav {
    struct call c;
    struct web *web;
    struct http_request *rq;
    struct http_reply *reply;
    const struct collection_def *def;
    struct dav_path path;
    struct xml *body; /* NULL: none was sent */
    int64_t depth;    /* 0 or 1; DAV_INFINITE */
    bool minimal;     /* Prefer: return=minimal */
};
enum { DAV_INFINITE = 2 };

#define DAV_TOKEN "urn:phoihop:sync:" /* the number of the newest change follows */

/* One resource whose properties are told. */
struct dav_place {
    enum dav_kind kind;
    const struct collection *calendar; /* of calendars and events */
    const struct item *item;           /* of events */
    struct str text;                   /* of an event, for calendar-data; empty: not loaded */
};

/* ---- addresses (dav_path.c) ---- */

/* Reads the path of an address of this front; those of other persons are not found.
 * Errors: ERR_NOT_FOUND "caldav.nothing". */
enum err dav_path_read(struct dav *dav, struct str path, struct dav_path *ret_path);
/* The same from an href or a Destination header: a path or a whole address, percent-encoded.
 * Errors: ERR_NOT_FOUND "caldav.nothing"; ERR_DENIED "caldav.elsewhere" of another host. */
enum err dav_href_read(struct dav *dav, struct str href, struct dav_path *ret_path);
/* The address of a place, percent-encoded. */
struct str dav_href(struct dav *dav, enum dav_kind kind, struct str calendar, struct str name);

/* ---- reading the module, each in a snapshot of its own (dav_path.c) ---- */

/* All calendars that the person may see; one of them; one event in it. */
enum err dav_calendars(struct dav *dav, struct collection **ret_list, size_t *ret_count);
/* Errors: ERR_NOT_FOUND "caldav.nothing". */
enum err dav_calendar(struct dav *dav, struct str record, struct collection *ret_calendar);
/* Errors: ERR_NOT_FOUND "record.not_found". */
enum err dav_item(struct call *c, const struct collection_def *def, struct str calendar,
                  struct str name, struct item *ret_item);

/* Walks through a calendar, LIMIT_DAV_PAGE items at a time, each page in a call of its own, so that
 * a calendar of any size is answered in the memory of one page:
 *     struct dav_pages pages = dav_pages_begin(dav, calendar, 0);
 *     while ((e = dav_pages_next(&pages)) == OK && pages.items.count > 0) ...
 *     e = dav_pages_end(&pages, e);  (a failure of the page becomes the request's) */
struct dav_pages {
    struct dav dav; /* the request with the page's call */
    struct dav *of;
    struct str calendar;
    const struct busy_span *span; /* only what touches it; NULL: everything that changed */
    int64_t limit;
    struct items items;
    bool open;
};
struct dav_pages dav_pages_begin(struct dav *dav, struct str calendar, int64_t token);
enum err dav_pages_next(struct dav_pages *pages);
enum err dav_pages_end(struct dav_pages *pages, enum err e);

/* ---- answers (dav_reply.c) ---- */

/* Replies with the pending failure: its precondition element where the protocol has one, and the
 * sentence that a person reads. */
void dav_fail(struct dav *dav);
/* The element that names a failure: "<C:no-uid-conflict/>"; empty when there is none. */
struct str dav_condition(struct call *c);

/* A multistatus answer that goes out while it is made once it is longer than
 * LIMIT_DAV_MEMORY_BYTES. */
struct dav_multi {
    struct dav *dav;
    struct sb sb;
    bool sending;
    bool gone; /* nobody listens any more */
};
struct dav_multi dav_multi_begin(struct dav *dav);
/* Between two responses: sends what is ready. Returns false when nobody listens. */
bool dav_multi_pause(struct dav_multi *multi);
/* Ends the answer; `more` stands behind the last response. */
void dav_multi_end(struct dav_multi *multi, struct str more);
/* The same after work that may have failed. A failure becomes the answer, unless a part of it is
 * already on its way: then it breaks off, and the program sees that it is not whole. */
enum err dav_multi_finish(struct dav_multi *multi, enum err e, struct str more);
/* A response without properties: an address and its status. */
void dav_multi_status(struct dav_multi *multi, struct str href, int status, struct str condition);

/* ---- properties (dav_props.c) ---- */

/* Writes the response of one place: what was asked for, found and not found. `wanted` is a DAV:prop
 * element, or NULL: all that are told unasked; `names`: only their names.
 * Errors: those of ical_cut. */
enum err dav_props(struct dav *dav, struct dav_multi *multi, const struct dav_place *place,
                   const struct xml *wanted, bool names);
/* Says that the property is one of ours. */
bool dav_props_knows(const struct xml *x);
/* Writes an empty element of any namespace. */
void dav_element(struct sb *sb, struct str space, struct str name);

/* ---- methods ---- */

/* Each answers the request or fails; a refusal is written by dav_fail. */
enum err dav_propfind(struct dav *dav);
enum err dav_proppatch(struct dav *dav);
enum err dav_report(struct dav *dav);
enum err dav_get(struct dav *dav);
enum err dav_put(struct dav *dav);
enum err dav_delete(struct dav *dav);
enum err dav_copy(struct dav *dav);
enum err dav_move(struct dav *dav);

/* The text of an item as it is given out. */
struct str dav_text(struct call *c, const struct item *item);
