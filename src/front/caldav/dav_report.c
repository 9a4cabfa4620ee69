/* REPORT: multiget, query, free-busy, sync. */
#include "base/limits.h"
#include "front/caldav/dav.h"
#include "front/caldav/ical.h"

enum { FREE_BUSY_DAYS = 800 };

struct report {
    struct dav *dav;
    struct collection calendar;
    struct dav_multi multi;
    const struct xml *wanted; /* DAV:prop; NULL: all that are told unasked */
    bool names;
    bool texts; /* what is asked for needs the text */
};

static void report_read(struct report *r, const struct xml *body)
{
    r->wanted = xml_child(body, NS_DAV, "prop");
    r->names = xml_child(body, NS_DAV, "propname") != NULL;
    r->texts = r->wanted != NULL && (xml_child(r->wanted, NS_CAL, "calendar-data") != NULL ||
                                     xml_child(r->wanted, NS_DAV, "getcontentlength") != NULL);
}

/* ---- one event ---- */

/* Each event is read in a call of its own: its text and what libical makes of it go with it. */
static struct dav item_begin(const struct report *r)
{
    struct dav dav = *r->dav;
    dav.c = call_begin(dav.web->env, dav.web->store, dav.web->office);
    dav.c.who = r->dav->c.who;
    dav.c.lang = r->dav->c.lang;
    return dav;
}

static enum err item_end(struct report *r, struct dav *dav, enum err e)
{
    if (e != OK) (void)!fail(&r->dav->c, e, dav->c.failure.reason);
    call_end(&dav->c);
    return e;
}

/* Writes an item's response. `dav` holds the memory for it. */
static enum err event_tell(struct report *r, struct dav *dav, const struct item *item,
                           struct str text)
{
    struct dav_place place = {
        .kind = DAV_EVENT, .calendar = &r->calendar, .item = item, .text = text};
    return dav_props(dav, &r->multi, &place, r->wanted, r->names);
}

static enum err event_load(struct report *r, struct dav *dav, const struct item *item,
                           struct item *ret_whole, struct str *ret_text)
{
    enum err e = dav_item(&dav->c, dav->def, r->calendar.id, item->name, ret_whole);
    if (e == OK) *ret_text = dav_text(&dav->c, ret_whole);
    return e;
}

/* ---- calendar-multiget. Source: RFC 4791 7.9 ---- */

static enum err href_tell(struct report *r, struct dav *dav, const struct xml *href)
{
    struct dav_path path = {};
    struct item item = {};
    enum err e = dav_href_read(dav, href->text, &path);
    bool here = e == OK && path.kind == DAV_EVENT && str_eq(path.calendar, r->calendar.id);
    if (here) e = dav_item(&dav->c, dav->def, path.calendar, path.name, &item);
    if (here && e == OK) return event_tell(r, dav, &item, dav_text(&dav->c, &item));
    if (e != OK && e != ERR_NOT_FOUND && e != ERR_DENIED) return e;
    if (e != OK) call_clear(&dav->c);
    dav_multi_status(&r->multi, str_trim(href->text), 404, (struct str){});
    return OK;
}

static enum err multiget(struct report *r, const struct xml *body)
{
    const struct xml *href = xml_child(body, NS_DAV, "href");
    size_t count = 0;
    enum err e = OK;
    for (const struct xml *x = href; x != NULL; x = xml_again(x))
        count++;
    if (count > LIMIT_DAV_HREFS) return fail(&r->dav->c, ERR_LIMIT, "caldav.hrefs");
    for (; e == OK && href != NULL && dav_multi_pause(&r->multi); href = xml_again(href)) {
        struct dav own = item_begin(r);
        e = href_tell(r, &own, href);
        e = item_end(r, &own, e);
    }
    return e;
}

/* ---- calendar-query. Source: RFC 4791 7.8 ---- */

struct query {
    const struct xml *filter;
    struct busy_span span;
    bool ranged; /* only what touches the span can fit */
    bool plain;  /* and nothing else is asked: the index has the answer */
};

/* What of the filter the index answers: one VEVENT with a time-range. */
static enum err query_read(struct report *r, const struct xml *body, struct query *q)
{
    struct call *c = &r->dav->c;
    q->filter = xml_child(body, NS_CAL, "filter");
    const struct xml *top = q->filter == NULL ? NULL : xml_child(q->filter, NS_CAL, "comp-filter");
    if (top == NULL || !str_eq(xml_attribute(top, "name"), S("VCALENDAR")))
        return fail(c, ERR_INVALID, "caldav.filter");
    const struct xml *event = xml_child(top, NS_CAL, "comp-filter");
    bool one = event != NULL && xml_again(event) == NULL && top->first == top->last &&
               str_eq(xml_attribute(event, "name"), S("VEVENT"));
    const struct xml *range = one ? xml_child(event, NS_CAL, "time-range") : NULL;
    if (range != NULL) {
        q->ranged = true;
        q->plain = event->first == event->last;
        return ical_range(c, range, &q->span);
    }
    q->plain = (one && event->first == NULL) || top->first == NULL; /* every item is one */
    return OK;
}

static enum err query_fits(struct dav *dav, const struct query *q, struct str text, bool *ret_fits)
{
    struct ical *ical = NULL;
    enum err e = ical_parse(&dav->c, text, &ical);
    return e == OK ? ical_fits(&dav->c, ical, q->filter, ret_fits) : e;
}

static enum err query_item(struct report *r, struct dav *dav, const struct query *q, bool sure,
                           const struct item *item)
{
    struct item whole = *item;
    struct str text = {};
    bool fits = !item->gone;
    enum err e = OK;
    if (fits && (r->texts || !sure)) e = event_load(r, dav, item, &whole, &text);
    if (e == ERR_NOT_FOUND) { /* it went since the page was read */
        call_clear(&dav->c);
        return OK;
    }
    if (e == OK && fits && !sure) e = query_fits(dav, q, text, &fits);
    if (e == OK && fits) e = event_tell(r, dav, &whole, text);
    return e;
}

static enum err query(struct report *r, const struct xml *body)
{
    struct query q = {};
    enum err e = query_read(r, body, &q);
    if (e != OK) return e;
    struct dav_pages pages = dav_pages_begin(r->dav, r->calendar.id, 0);
    pages.span = q.ranged ? &q.span : NULL;
    while (dav_multi_pause(&r->multi) && (e = dav_pages_next(&pages)) == OK &&
           pages.items.count > 0) {
        bool sure = q.plain && !(q.ranged && pages.items.unsure);
        for (size_t i = 0; e == OK && i < pages.items.count && dav_multi_pause(&r->multi); i++) {
            struct dav own = item_begin(r);
            e = query_item(r, &own, &q, sure, &pages.items.rows[i]);
            e = item_end(r, &own, e);
        }
        if (e != OK) break;
    }
    return dav_pages_end(&pages, e);
}

/* ---- sync-collection. Source: RFC 6578 ---- */

static enum err token_read(struct report *r, const struct xml *body, int64_t *ret_token)
{
    const struct xml *x = xml_child(body, NS_DAV, "sync-token");
    struct str text = x == NULL ? (struct str){} : str_trim(x->text);
    struct str start = S(DAV_TOKEN);
    *ret_token = 0;
    if (text.len == 0) return OK;
    bool ours = str_starts(text, start);
    bool read = ours && parse_int(str_sub(text, start.len, text.len), 0, INT64_MAX, ret_token);
    /* one of the time before a restore, when more had happened than is known now */
    if (!read || *ret_token > r->calendar.token)
        return fail(&r->dav->c, ERR_DENIED, "caldav.token");
    return OK;
}

static enum err limit_read(struct report *r, const struct xml *body, int64_t *ret_limit)
{
    const struct xml *limit = xml_child(body, NS_DAV, "limit");
    const struct xml *count = limit == NULL ? NULL : xml_child(limit, NS_DAV, "nresults");
    *ret_limit = INT64_MAX;
    if (count == NULL) return OK;
    return parse_int(str_trim(count->text), 1, INT32_MAX, ret_limit)
               ? OK
               : fail(&r->dav->c, ERR_SYNTAX, "caldav.body");
}

static enum err sync_item(struct report *r, struct dav *dav, const struct item *item, bool first)
{
    struct item whole = *item;
    struct str text = {};
    struct str href = dav_href(dav, DAV_EVENT, r->calendar.id, item->name);
    if (item->gone) {
        if (!first) dav_multi_status(&r->multi, href, 404, (struct str){});
        return OK;
    }
    enum err e = r->texts ? event_load(r, dav, item, &whole, &text) : OK;
    return e == OK ? event_tell(r, dav, &whole, text) : e;
}

static enum err sync_pages(struct report *r, int64_t limit, struct dav_pages *pages)
{
    bool first = pages->items.token == 0;
    enum err e = OK;
    while (e == OK && limit > 0 && dav_multi_pause(&r->multi)) {
        if (limit < pages->limit) pages->limit = limit;
        e = dav_pages_next(pages);
        if (e != OK || pages->items.count == 0) break;
        limit -= (int64_t)pages->items.count;
        for (size_t i = 0; e == OK && i < pages->items.count && dav_multi_pause(&r->multi); i++) {
            struct dav own = item_begin(r);
            e = sync_item(r, &own, &pages->items.rows[i], first);
            e = item_end(r, &own, e);
        }
    }
    return e;
}

static enum err sync(struct report *r, const struct xml *body)
{
    struct dav *dav = r->dav;
    struct call *c = &dav->c;
    int64_t limit = 0;
    int64_t token = 0;
    enum err e = token_read(r, body, &token);
    if (e == OK) e = limit_read(r, body, &limit);
    if (e != OK) return e;
    struct dav_pages pages = dav_pages_begin(dav, r->calendar.id, token);
    e = sync_pages(r, limit, &pages);
    token = pages.items.token;
    bool more = pages.items.more;
    e = dav_pages_end(&pages, e);
    if (e == OK && more && limit != INT64_MAX)
        dav_multi_status(&r->multi, dav_href(dav, DAV_CALENDAR, r->calendar.id, (struct str){}),
                         507, S("<D:number-of-matches-within-limits/>"));
    struct str end =
        str_format(c->arena, "<D:sync-token>" DAV_TOKEN "%lld</D:sync-token>\n", (long long)token);
    return dav_multi_finish(&r->multi, e, end);
}

/* ---- free-busy-query. Source: RFC 4791 7.10 ---- */

struct busy_reading {
    struct report *r;
    struct busy_span span;
    struct busy_span *rows;
    size_t count;
};

static enum err busy_step(struct call *c, void *arg)
{
    struct busy_reading *b = arg;
    return b->r->dav->def->busy(c, b->r->calendar.id, &b->span, &b->rows, &b->count);
}

static enum err free_busy(struct report *r, const struct xml *body)
{
    struct dav *dav = r->dav;
    struct call *c = &dav->c;
    struct busy_reading b = {.r = r};
    const struct xml *range = xml_child(body, NS_CAL, "time-range");
    if (range == NULL) return fail(c, ERR_SYNTAX, "caldav.body");
    enum err e = ical_range(c, range, &b.span);
    int64_t days = (b.span.to_ms - b.span.from_ms) / (24 * 60 * 60 * 1000);
    if (e == OK && days > FREE_BUSY_DAYS) e = fail(c, ERR_LIMIT, "caldav.expand");
    if (e == OK) e = store_read(c, busy_step, &b);
    if (e != OK) return e;
    http_reply_text(dav->reply, 200, S("text/calendar; charset=utf-8"),
                    str_copy(dav->rq->arena, ical_busy(c, &b.span, b.rows, b.count)));
    return OK;
}

/* ---- which report ---- */

enum err dav_report(struct dav *dav)
{
    struct call *c = &dav->c;
    struct report r = {.dav = dav};
    const struct xml *body = dav->body;
    if (body == NULL) return fail(c, ERR_SYNTAX, "caldav.body");
    if (dav->path.kind != DAV_CALENDAR) return fail(c, ERR_DENIED, "caldav.report");
    enum err e = dav_calendar(dav, dav->path.calendar, &r.calendar);
    if (e != OK) return e;
    report_read(&r, body);
    if (xml_is(body, NS_CAL, "free-busy-query")) return free_busy(&r, body);
    r.multi = dav_multi_begin(dav);
    if (xml_is(body, NS_DAV, "sync-collection")) return sync(&r, body);
    if (xml_is(body, NS_CAL, "calendar-multiget"))
        return dav_multi_finish(&r.multi, multiget(&r, body), (struct str){});
    if (xml_is(body, NS_CAL, "calendar-query"))
        return dav_multi_finish(&r.multi, query(&r, body), (struct str){});
    return fail(c, ERR_DENIED, "caldav.report");
}
