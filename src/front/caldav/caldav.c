/* Who asks, and which method. */
#include "front/caldav/caldav.h"

#include "base/limits.h"
#include "base/words.h"
#include "front/caldav/dav.h"
#include "front/web/form.h"

struct method {
    const char *name;
    uint32_t on; /* enum dav_kind */
    bool has_xml;
    enum err (*run)(struct dav *dav);
};

static enum err dav_options(struct dav *dav);
static enum err dav_mkcalendar(struct dav *dav);

static const struct method METHODS[] = {
    {"OPTIONS", DAV_ANY, false, dav_options},
    {"PROPFIND", DAV_ANY, true, dav_propfind},
    {"PROPPATCH", DAV_ANY, true, dav_proppatch},
    {"REPORT", DAV_ANY, true, dav_report},
    {"GET", DAV_ANY, false, dav_get},
    {"HEAD", DAV_ANY, false, dav_get},
    {"PUT", DAV_EVENT, false, dav_put},
    {"DELETE", DAV_ANY, false, dav_delete},
    {"COPY", DAV_ANY, false, dav_copy},
    {"MOVE", DAV_ANY, false, dav_move},
    {"MKCALENDAR", DAV_ANY, true, dav_mkcalendar},
    {"MKCOL", DAV_ANY, true, dav_mkcalendar},
};

#define COMPLIANCE "1, 3, access-control, calendar-access"

bool caldav_takes(const struct http_request *rq)
{
    return str_starts(rq->path, S("/dav/")) || str_eq(rq->path, S("/dav")) ||
           str_eq(rq->path, S("/.well-known/caldav"));
}

static void allow_put(struct dav *dav)
{
    struct sb sb = sb_new(dav->rq->arena, 0);
    for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
        if ((METHODS[i].on & (uint32_t)dav->path.kind) == 0) continue;
        if (sb.len > 0) sb_put(&sb, S(", "));
        sb_put(&sb, str_of(METHODS[i].name));
    }
    http_reply_header(dav->reply, S("Allow"), sb_str(&sb));
}

static enum err dav_options(struct dav *dav)
{
    http_reply_status(dav->reply, 200);
    http_reply_header(dav->reply, S("DAV"), S(COMPLIANCE));
    allow_put(dav);
    return OK;
}

/* Calendars are opened by the office, on its page. */
static enum err dav_mkcalendar(struct dav *dav)
{
    return fail(&dav->c, ERR_DENIED, "caldav.mkcalendar");
}

/* ---- who asks ---- */

/* Passwords never cross a network in the clear. */
static enum err who(struct dav *dav)
{
    struct call *c = &dav->c;
    struct str scheme = {};
    struct str rest = {};
    struct str pair = {};
    struct str login = {};
    struct str password = {};
    if (!dav->rq->secure && !dav->web->secure_cookies) return fail(c, ERR_DENIED, "caldav.plain");
    bool basic = str_cut(http_header(dav->rq, S("Authorization")), ' ', &scheme, &rest) &&
                 http_name_eq(scheme, S("Basic")) &&
                 base64_decode(c->arena, str_trim(rest), &pair) &&
                 str_cut(pair, ':', &login, &password);
    if (!basic) return fail(c, ERR_LOGIN, "caldav.login");
    return device_login(c, login, password, dav->rq->remote);
}

/* ---- what is asked ---- */

static const struct collection_def *the_collection(void)
{
    for (size_t i = 0; i < modules_count(); i++) {
        const struct collection_def *def = modules_at(i)->collection;
        if (def != NULL && str_eq(str_of(def->name), S("calendar"))) return def;
    }
    return NULL;
}

static enum err headers_read(struct dav *dav)
{
    struct str depth = http_header(dav->rq, S("Depth"));
    struct str prefer = http_header(dav->rq, S("Prefer"));
    dav->minimal = str_find(prefer, S("return=minimal"), 0) < prefer.len ||
                   str_eq(http_header(dav->rq, S("Brief")), S("t"));
    if (str_eq(depth, S("0"))) return OK;
    dav->depth = str_eq(depth, S("1")) ? 1 : DAV_INFINITE;
    if (depth.len == 0 && !str_eq(dav->rq->method, S("PROPFIND"))) dav->depth = 0;
    bool known = depth.len == 0 || dav->depth == 1 || str_eq(depth, S("infinity"));
    return known ? OK : fail(&dav->c, ERR_SYNTAX, "caldav.depth");
}

static enum err body_read(struct dav *dav)
{
    struct str bytes = {};
    if (dav->rq->body.size == 0) return OK;
    enum err e = form_body_bytes(&dav->c, dav->rq, &bytes);
    return e == OK ? xml_parse(&dav->c, bytes, &dav->body) : e;
}

static enum err run(struct dav *dav)
{
    struct call *c = &dav->c;
    enum err e = who(dav);
    if (e == OK) e = dav_path_read(dav, dav->rq->path, &dav->path);
    if (e == OK) e = headers_read(dav);
    if (e != OK) return e;
    for (size_t i = 0; i < ARRAY_LEN(METHODS); i++) {
        const struct method *m = &METHODS[i];
        if (!str_eq(dav->rq->method, str_of(m->name))) continue;
        if ((m->on & (uint32_t)dav->path.kind) == 0) break;
        if (m->has_xml) e = body_read(dav);
        return e == OK ? m->run(dav) : e;
    }
    allow_put(dav);
    return fail(c, ERR_DENIED, "caldav.method_not_here");
}

static void redirect(struct dav *dav)
{
    http_reply_status(dav->reply, 301);
    http_reply_header(dav->reply, S("Location"), S("/dav/"));
    http_reply_header(dav->reply, S("Cache-Control"), S("no-store"));
}

void caldav_handle(struct web *web, struct http_request *rq, struct http_reply *reply)
{
    if (!str_starts(rq->path, S("/dav/"))) {
        redirect(&(struct dav){.reply = reply});
        return;
    }
    struct dav dav = {.c = call_begin(web->env, web->store, web->office),
                      .web = web,
                      .rq = rq,
                      .reply = reply,
                      .def = the_collection()};
    if (str_starts(http_header(rq, S("Accept-Language")), S("en"))) dav.c.lang = LANG_EN;
    http_reply_header(reply, S("Cache-Control"), S("no-store"));
    http_reply_header(reply, S("X-Content-Type-Options"), S("nosniff"));
    enum err e = dav.def == NULL ? fail(&dav.c, ERR_NOT_FOUND, "caldav.nothing") : run(&dav);
    if (e != OK) dav_fail(&dav);
    call_end(&dav.c);
}
