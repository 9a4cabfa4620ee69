/* Addresses, and reading the module's collection. */
#include "base/limits.h"
#include "base/utf8.h"
#include "front/caldav/dav.h"
#include "front/web/escape.h"

enum { NAME_BYTES = 400 };

/* The parts between slashes. */
enum { PARTS_MAX = 5 };
struct parts {
    struct str part[PARTS_MAX];
    size_t count;
    bool too_many;
};

static struct parts parts_of(struct str path)
{
    struct parts parts = {};
    struct str rest = str_sub(path, 1, path.len);
    while (rest.len > 0) {
        struct str head = {};
        (void)str_cut(rest, '/', &head, &rest);
        parts.too_many = parts.count == PARTS_MAX;
        if (parts.too_many) break;
        parts.part[parts.count++] = head;
    }
    return parts;
}

enum err dav_path_read(struct dav *dav, struct str path, struct dav_path *ret_path)
{
    struct call *c = &dav->c;
    struct parts p = parts_of(path);
    struct dav_path to = {};
    bool below = p.count > 0 && !p.too_many && str_eq(p.part[0], S("dav"));
    bool own = p.count > 2 && str_eq(p.part[2], c->who.login);
    if (below && p.count == 1) to.kind = DAV_ROOT;
    if (below && own && p.count == 3 && str_eq(p.part[1], S("p"))) to.kind = DAV_PRINCIPAL;
    if (below && own && str_eq(p.part[1], S("c")))
        to.kind = p.count == 3 ? DAV_HOME : p.count == 4 ? DAV_CALENDAR : DAV_EVENT;
    if (to.kind == DAV_CALENDAR || to.kind == DAV_EVENT) to.calendar = p.part[3];
    if (to.kind == DAV_EVENT) to.name = p.part[4];
    if (to.kind == 0 || to.name.len > NAME_BYTES) return fail(c, ERR_NOT_FOUND, "caldav.nothing");
    *ret_path = to;
    return OK;
}

static int hex_of(char ch)
{
    if (ch >= '0' && ch <= '9') return ch - '0';
    if (ch >= 'a' && ch <= 'f') return ch - 'a' + 10;
    return ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : -1;
}

static bool decoded(struct arena *arena, struct str text, struct str *ret_text)
{
    struct sb sb = sb_new(arena, LIMIT_HTTP_LINE_BYTES);
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        if (ch == '%') {
            int high = i + 2 < text.len ? hex_of(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_of(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            ch = (char)(high * 16 + low);
            i += 2;
        }
        if (ch == '\0') return false;
        sb_char(&sb, ch);
    }
    *ret_text = sb_str(&sb);
    return !sb.over && utf8_valid(*ret_text);
}

enum err dav_href_read(struct dav *dav, struct str href, struct dav_path *ret_path)
{
    struct call *c = &dav->c;
    struct str text = str_trim(href);
    size_t at = str_find(text, S("://"), 0);
    if (at < text.len) {
        struct str host = {};
        struct str rest = {};
        (void)str_cut(str_sub(text, at + 3, text.len), '/', &host, &rest);
        if (!http_name_eq(host, dav->rq->host)) return fail(c, ERR_DENIED, "caldav.elsewhere");
        text = str_format(c->arena, "/%.*s", STR_ARG(rest));
    }
    bool read = str_starts(text, S("/")) && decoded(c->arena, text, &text);
    return read ? dav_path_read(dav, text, ret_path) : fail(c, ERR_NOT_FOUND, "caldav.nothing");
}

struct str dav_href(struct dav *dav, enum dav_kind kind, struct str calendar, struct str name)
{
    struct sb sb = sb_new(dav->c.arena, 0);
    sb_put(&sb, S("/dav/"));
    if (kind == DAV_ROOT) return sb_str(&sb);
    sb_put(&sb, kind == DAV_PRINCIPAL ? S("p/") : S("c/"));
    url_part(&sb, dav->c.who.login);
    sb_char(&sb, '/');
    if (kind == DAV_PRINCIPAL || kind == DAV_HOME) return sb_str(&sb);
    url_part(&sb, calendar);
    sb_char(&sb, '/');
    url_part(&sb, name);
    return sb_str(&sb);
}

/* ---- reading ---- */

struct reading {
    const struct collection_def *def;
    struct collection *list;
    size_t count;
    struct str calendar;
    struct str name;
    struct item item;
};

static enum err list_step(struct call *c, void *arg)
{
    struct reading *r = arg;
    return r->def->list(c, &r->list, &r->count);
}

enum err dav_calendars(struct dav *dav, struct collection **ret_list, size_t *ret_count)
{
    struct reading r = {.def = dav->def};
    enum err e = store_read(&dav->c, list_step, &r);
    *ret_list = r.list;
    *ret_count = r.count;
    return e;
}

enum err dav_calendar(struct dav *dav, struct str record, struct collection *ret_calendar)
{
    struct collection *list = NULL;
    size_t count = 0;
    enum err e = dav_calendars(dav, &list, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        if (!str_eq(list[i].id, record)) continue;
        *ret_calendar = list[i];
        return OK;
    }
    return e == OK ? fail(&dav->c, ERR_NOT_FOUND, "caldav.nothing") : e;
}

static enum err find_step(struct call *c, void *arg)
{
    struct reading *r = arg;
    return r->def->find(c, r->calendar, r->name, &r->item);
}

enum err dav_item(struct call *c, const struct collection_def *def, struct str calendar,
                  struct str name, struct item *ret_item)
{
    struct reading r = {.def = def, .calendar = calendar, .name = name};
    enum err e = store_read(c, find_step, &r);
    if (e == OK) *ret_item = r.item;
    return e;
}

struct dav_pages dav_pages_begin(struct dav *dav, struct str calendar, int64_t token)
{
    struct dav_pages pages = {.dav = *dav, .of = dav, .calendar = calendar};
    pages.limit = LIMIT_DAV_PAGE;
    pages.items = (struct items){.token = token, .more = true};
    return pages;
}

static enum err page_step(struct call *c, void *arg)
{
    struct dav_pages *p = arg;
    const struct collection_def *def = p->dav.def;
    int64_t token = p->items.token;
    if (p->span == NULL) return def->changes(c, p->calendar, token, p->limit, &p->items);
    struct items_wanted wanted = {p->calendar, p->span->from_ms, p->span->to_ms, token, p->limit};
    return def->between(c, &wanted, &p->items);
}

enum err dav_pages_next(struct dav_pages *pages)
{
    struct dav *dav = pages->of;
    if (!pages->items.more) {
        pages->items.count = 0;
        return OK;
    }
    if (pages->open) call_end(&pages->dav.c);
    pages->dav.c = call_begin(dav->web->env, dav->web->store, dav->web->office);
    pages->dav.c.who = dav->c.who;
    pages->dav.c.lang = dav->c.lang;
    pages->dav.c.now_ms = dav->c.now_ms;
    pages->open = true;
    return store_read(&pages->dav.c, page_step, pages);
}

enum err dav_pages_end(struct dav_pages *pages, enum err e)
{
    bool pending = pages->of->c.failure.err != OK;
    const char *reason = pages->open ? pages->dav.c.failure.reason : NULL;
    if (e != OK && !pending && reason != NULL) (void)!fail(&pages->of->c, e, reason);
    if (pages->open) call_end(&pages->dav.c);
    pages->open = false;
    return e;
}
