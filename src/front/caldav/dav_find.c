/* PROPFIND and PROPPATCH. */
#include "base/limits.h"
#include "base/words.h"
#include "front/caldav/dav.h"

struct finding {
    struct dav *dav;
    struct dav_multi multi;
    const struct xml *wanted;
    bool names;
    bool texts; /* a property is asked for that only the text tells */
};

static enum err find_read(struct dav *dav, struct finding *f)
{
    const struct xml *body = dav->body;
    if (body == NULL) return OK; /* nothing said is allprop. Source: RFC 4918 9.1 */
    if (!xml_is(body, NS_DAV, "propfind")) return fail(&dav->c, ERR_SYNTAX, "caldav.body");
    f->wanted = xml_child(body, NS_DAV, "prop");
    f->names = xml_child(body, NS_DAV, "propname") != NULL;
    bool all = xml_child(body, NS_DAV, "allprop") != NULL;
    if ((f->wanted != NULL) + f->names + all != 1) return fail(&dav->c, ERR_SYNTAX, "caldav.body");
    f->texts = f->wanted != NULL && xml_child(f->wanted, NS_DAV, "getcontentlength") != NULL;
    return OK;
}

static enum err place_find(struct finding *f, const struct dav_place *place)
{
    return dav_props(f->dav, &f->multi, place, f->wanted, f->names);
}

static enum err event_find(struct finding *f, const struct collection *calendar,
                           const struct item *item)
{
    struct dav_place place = {.kind = DAV_EVENT, .calendar = calendar, .item = item};
    struct item whole = {};
    if (f->texts) {
        enum err e = dav_item(&f->dav->c, f->dav->def, calendar->id, item->name, &whole);
        if (e != OK) return e;
        place.text = dav_text(&f->dav->c, &whole);
    }
    return place_find(f, &place);
}

/* All events, page after page, each page in memory of its own. */
static enum err events_find(struct finding *f, const struct collection *calendar)
{
    struct dav *dav = f->dav;
    struct dav_pages pages = dav_pages_begin(dav, calendar->id, 0);
    enum err e = OK;
    while (!f->multi.gone && (e = dav_pages_next(&pages)) == OK && pages.items.count > 0) {
        struct finding page = *f;
        page.dav = &pages.dav;
        for (size_t i = 0; e == OK && i < pages.items.count; i++) {
            if (pages.items.rows[i].gone) continue;
            e = event_find(&page, calendar, &pages.items.rows[i]);
            (void)dav_multi_pause(&page.multi);
        }
        f->multi = page.multi;
        if (e != OK) break;
    }
    return dav_pages_end(&pages, e);
}

static enum err calendars_find(struct finding *f)
{
    struct collection *list = NULL;
    size_t count = 0;
    enum err e = dav_calendars(f->dav, &list, &count);
    for (size_t i = 0; e == OK && i < count; i++)
        e = place_find(f, &(struct dav_place){.kind = DAV_CALENDAR, .calendar = &list[i]});
    return e;
}

static enum err find_event(struct finding *f, const struct collection *calendar)
{
    struct dav *dav = f->dav;
    struct item item = {};
    enum err e = dav_item(&dav->c, dav->def, calendar->id, dav->path.name, &item);
    if (e != OK) return e;
    struct dav_place place = {.kind = DAV_EVENT, .calendar = calendar, .item = &item};
    place.text = dav_text(&dav->c, &item);
    return place_find(f, &place);
}

enum err dav_propfind(struct dav *dav)
{
    struct call *c = &dav->c;
    struct finding f = {.dav = dav};
    struct collection calendar = {};
    struct dav_place place = {.kind = dav->path.kind};
    bool inside = place.kind == DAV_CALENDAR || place.kind == DAV_EVENT;
    /* Source: RFC 4918 9.1: a server may refuse to walk through everything */
    if (dav->depth == DAV_INFINITE) return fail(c, ERR_DENIED, "caldav.infinite");
    enum err e = find_read(dav, &f);
    if (e == OK && inside) e = dav_calendar(dav, dav->path.calendar, &calendar);
    if (e != OK) return e;
    place.calendar = inside ? &calendar : NULL;
    f.multi = dav_multi_begin(dav);
    e = place.kind == DAV_EVENT ? find_event(&f, &calendar) : place_find(&f, &place);
    if (e == OK && dav->depth == 1) {
        if (place.kind == DAV_HOME) e = calendars_find(&f);
        if (place.kind == DAV_CALENDAR) e = events_find(&f, &calendar);
    }
    return dav_multi_finish(&f.multi, e, (struct str){});
}

/* ---- PROPPATCH ---- */

/* Nothing is kept of what programs would like to call or colour a calendar: its name is the
 * office's, and the rest is theirs. Source: RFC 4918 9.2. */
enum err dav_proppatch(struct dav *dav)
{
    struct call *c = &dav->c;
    struct collection calendar = {};
    struct sb props = sb_new(c->arena, 0);
    enum err e = OK;
    if (dav->path.kind == DAV_CALENDAR) e = dav_calendar(dav, dav->path.calendar, &calendar);
    if (e != OK) return e;
    if (dav->body == NULL || !xml_is(dav->body, NS_DAV, "propertyupdate"))
        return fail(c, ERR_SYNTAX, "caldav.body");
    for (const struct xml *part = dav->body->first; part != NULL; part = part->next) {
        const struct xml *prop = xml_child(part, NS_DAV, "prop");
        for (const struct xml *x = prop == NULL ? NULL : prop->first; x != NULL; x = x->next)
            dav_element(&props, x->space, x->name);
    }
    struct dav_multi multi = dav_multi_begin(dav);
    sb_put(&multi.sb, S("<D:response>"));
    xml_href(&multi.sb, dav_href(dav, dav->path.kind, dav->path.calendar, dav->path.name));
    sb_printf(&multi.sb,
              "<D:propstat><D:prop>%.*s</D:prop><D:status>HTTP/1.1 403 Forbidden</D:status>"
              "<D:error><D:cannot-modify-protected-property/></D:error>"
              "<D:responsedescription>",
              STR_ARG(sb_str(&props)));
    xml_text(&multi.sb, words(c->lang, S("caldav.proppatch")));
    sb_put(&multi.sb, S("</D:responsedescription></D:propstat></D:response>\n"));
    dav_multi_end(&multi, (struct str){});
    return OK;
}
