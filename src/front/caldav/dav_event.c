/* GET, PUT, DELETE, COPY and MOVE of events. */
#include "base/limits.h"
#include "base/words.h"
#include "front/caldav/dav.h"
#include "front/caldav/ical.h"
#include "front/web/form.h"

enum { TRIES = 4 }; /* of a PUT without a condition that others overtake */

struct str dav_text(struct call *c, const struct item *item)
{
    return ical_write(c, item->data, item->record);
}

static void etag_put(struct dav *dav, struct str etag)
{
    http_reply_header(dav->reply, S("ETag"), str_format(dav->rq->arena, "\"%.*s\"", STR_ARG(etag)));
}

/* ---- conditions. Source: RFC 9110 13 ---- */

/* Says that a list of entity tags names this one; "*" names every one. */
static bool tags_name(struct str list, struct str etag)
{
    struct str rest = list;
    while (rest.len > 0) {
        struct str one = {};
        (void)str_cut(rest, ',', &one, &rest);
        one = str_trim(one);
        if (str_eq(one, S("*"))) return true;
        if (str_starts(one, S("W/"))) one = str_sub(one, 2, one.len);
        bool quoted = one.len >= 2 && str_starts(one, S("\"")) && str_ends(one, S("\""));
        if (quoted && str_eq(str_sub(one, 1, one.len - 1), etag)) return true;
    }
    return false;
}

/* Whether what is there is what the program expects. */
static enum err conditions(struct dav *dav, bool there, struct str etag)
{
    struct call *c = &dav->c;
    struct str match = http_header(dav->rq, S("If-Match"));
    struct str none = http_header(dav->rq, S("If-None-Match"));
    if (match.len > 0 && !(there && tags_name(match, etag)))
        return fail(c, ERR_STALE, "record.stale");
    if (none.len > 0 && there && tags_name(none, etag)) return fail(c, ERR_STALE, "caldav.exists");
    return OK;
}

/* The item under the request's address; `ret_there` false when there is none. */
static enum err look(struct dav *dav, struct str name, struct item *ret_item, bool *ret_there)
{
    enum err e = dav_item(&dav->c, dav->def, dav->path.calendar, name, ret_item);
    *ret_there = e == OK;
    if (e != ERR_NOT_FOUND) return e;
    call_clear(&dav->c);
    return OK;
}

/* ---- GET ---- */

enum err dav_get(struct dav *dav)
{
    struct call *c = &dav->c;
    struct collection calendar = {};
    struct item item = {};
    if (dav->path.kind != DAV_EVENT) {
        http_reply_text(dav->reply, 200, S("text/plain; charset=utf-8"),
                        words(c->lang, S("caldav.here")));
        return OK;
    }
    enum err e = dav_calendar(dav, dav->path.calendar, &calendar);
    if (e == OK) e = dav_item(c, dav->def, dav->path.calendar, dav->path.name, &item);
    if (e != OK) return e;
    etag_put(dav, item.etag);
    if (tags_name(http_header(dav->rq, S("If-None-Match")), item.etag)) {
        http_reply_status(dav->reply, 304);
        return OK;
    }
    http_reply_text(dav->reply, 200, S("text/calendar; charset=utf-8; component=VEVENT"),
                    str_copy(dav->rq->arena, ical_wire(c, dav_text(c, &item))));
    return OK;
}

/* ---- PUT ---- */

/* The act's input: what the text says, and which text it is. */
static enum err input_of(struct dav *dav, struct str name, struct str text, struct str etag,
                         struct str *ret_json)
{
    struct call *c = &dav->c;
    struct ical *ical = NULL;
    struct node *data = node_map(c);
    enum err e = ical_parse(c, text, &ical);
    if (e == OK) e = ical_event(c, ical, data);
    if (e != OK) return e;
    node_text(c, data, "record", dav->path.calendar);
    node_text(c, data, "href", name);
    node_text(c, data, "etag", etag);
    node_text(c, data, "original", text);
    struct sb sb = sb_new(c->arena, 0);
    node_json(&sb, data);
    *ret_json = sb_str(&sb);
    return OK;
}

static enum err put_once(struct dav *dav, struct str name, struct str text, bool *ret_fresh)
{
    struct call *c = &dav->c;
    struct item item = {};
    struct act_result result = {};
    struct str json = {};
    bool there = false;
    enum err e = look(dav, name, &item, &there);
    if (e == OK) e = conditions(dav, there, item.etag);
    if (e == OK) e = input_of(dav, name, text, item.etag, &json);
    if (e == OK) e = act_run_json(c, str_of(dav->def->put), json, (struct str){}, &result);
    *ret_fresh = !there;
    return e;
}

/* Writes the text under the name. A program that named no version means whatever is there, so
 * somebody who was faster is no reason to refuse it. */
static enum err put_text(struct dav *dav, struct str name, struct str text, bool *ret_fresh)
{
    bool conditional = http_header(dav->rq, S("If-Match")).len > 0 ||
                       http_header(dav->rq, S("If-None-Match")).len > 0;
    enum err e = put_once(dav, name, text, ret_fresh);
    for (int i = 1; i < TRIES && e == ERR_STALE && !conditional; i++) {
        call_clear(&dav->c);
        e = put_once(dav, name, text, ret_fresh);
    }
    return e;
}

static bool media_is_calendar(struct str media)
{
    struct str head = {};
    struct str rest = {};
    (void)str_cut(media, ';', &head, &rest);
    return media.len == 0 || http_name_eq(str_trim(head), S("text/calendar"));
}

enum err dav_put(struct dav *dav)
{
    struct call *c = &dav->c;
    struct collection calendar = {};
    struct str sent = {};
    struct str text = {};
    struct item item = {};
    bool changed = false;
    bool fresh = false;
    enum err e = dav_calendar(dav, dav->path.calendar, &calendar);
    if (e == OK && http_header(dav->rq, S("Content-Range")).len > 0)
        e = fail(c, ERR_SYNTAX, "caldav.body");
    if (e == OK && !media_is_calendar(http_header(dav->rq, S("Content-Type"))))
        e = fail(c, ERR_INVALID, "caldav.media");
    if (e == OK) e = form_body_bytes(c, dav->rq, &sent);
    if (e == OK) e = ical_clean(c, sent, &text, &changed);
    if (e == OK) e = put_text(dav, dav->path.name, text, &fresh);
    if (e == OK) e = dav_item(c, dav->def, dav->path.calendar, dav->path.name, &item);
    if (e != OK) return e;
    http_reply_status(dav->reply, fresh ? 201 : 204);
    /* Only when what is given out is what was sent. Source: RFC 4791 5.3.4 */
    if (!changed && str_eq(dav_text(c, &item), text)) etag_put(dav, item.etag);
    return OK;
}

/* ---- DELETE, COPY, MOVE ---- */

static enum err take_out(struct dav *dav, const struct item *item)
{
    struct call *c = &dav->c;
    struct act_result result = {};
    struct node *data = node_map(c);
    struct sb sb = sb_new(c->arena, 0);
    node_text(c, data, "record", item->record);
    node_int(c, data, "seen", item->n);
    node_text(c, data, "reason", words(LANG_VI, S("caldav.deleted")));
    node_json(&sb, data);
    return act_run_json(c, str_of(dav->def->remove), sb_str(&sb), (struct str){}, &result);
}

enum err dav_delete(struct dav *dav)
{
    struct call *c = &dav->c;
    struct collection calendar = {};
    struct item item = {};
    bool there = false;
    if (dav->path.kind != DAV_EVENT) return fail(c, ERR_DENIED, "caldav.delete");
    enum err e = dav_calendar(dav, dav->path.calendar, &calendar);
    if (e == OK) e = look(dav, dav->path.name, &item, &there);
    if (e == OK) e = conditions(dav, there, item.etag);
    if (e == OK && !there) e = fail(c, ERR_NOT_FOUND, "record.not_found");
    if (e == OK) e = take_out(dav, &item);
    if (e == OK) http_reply_status(dav->reply, 204);
    return e;
}

/* An event has one place: a copy would be a second booking of the same time, and a move to another
 * calendar is another leader's time, which is booked there and given up here by their keepers. */
enum err dav_copy(struct dav *dav)
{
    return fail(&dav->c, ERR_DENIED, "caldav.copy");
}

enum err dav_move(struct dav *dav)
{
    return fail(&dav->c, ERR_DENIED, "caldav.move");
}
