#include "front/web/web.h"

#include "base/words.h"
#include "front/api/api.h"
#include "front/api/metrics.h"
#include "front/caldav/caldav.h"
#include "front/web/page.h"

enum { FORM_OVERHEAD_BYTES = 1024 * 1024 }; /* of a form around its files */

enum route_kind {
    ROUTE_OPEN,   /* for everybody */
    ROUTE_PERSON, /* for who is logged in */
    ROUTE_LOGIN,  /* a POST before there is a session: only its origin can be asked */
    ROUTE_POST,   /* changes something: origin and token are asked */
};

/* A path that ends in '/' stands for everything below it. */
struct route {
    const char *method;
    const char *path;
    enum route_kind kind;
    void (*run)(struct page *page);
};

static void page_home(struct page *page);

static const struct route ROUTES[] = {
    {"GET", "/", ROUTE_PERSON, page_home},
    {"GET", "/view/", ROUTE_PERSON, page_view},
    {"GET", "/act/", ROUTE_PERSON, page_act},
    {"POST", "/act/", ROUTE_POST, page_act_post},
    {"GET", "/record/", ROUTE_PERSON, page_record},
    {"GET", "/file/", ROUTE_PERSON, page_file},
    {"GET", "/preview/", ROUTE_PERSON, page_preview},
    {"GET", "/image/", ROUTE_PERSON, page_image},
    {"GET", "/paper/", ROUTE_PERSON, page_paper},
    {"GET", "/events", ROUTE_PERSON, page_events},
    {"GET", "/login", ROUTE_OPEN, page_login},
    {"POST", "/login", ROUTE_LOGIN, page_login_post},
    {"POST", "/logout", ROUTE_POST, page_logout_post},
    {"GET", "/you", ROUTE_PERSON, page_you},
    {"POST", "/you/password", ROUTE_POST, page_you_password_post},
    {"POST", "/you/display", ROUTE_POST, page_you_display_post},
    {"POST", "/you/device", ROUTE_POST, page_you_device_post},
    {"POST", "/you/device/remove", ROUTE_POST, page_you_device_remove_post},
    {"GET", "/keys", ROUTE_OPEN, page_keys},
    {"GET", "/assets/", ROUTE_OPEN, page_asset},
};

static void page_home(struct page *page)
{
    struct node *root = page_root(page, words(page->c.lang, S("web.home")));
    const struct node *rail = node_find(root, S("rail"));
    if (rail->first == NULL) {
        (void)fail(&page->c, ERR_DENIED, "web.no_pages"); /* told by the next line */
        page_fail(page);
        return;
    }
    page_redirect(page, node_get(rail->first, "href"));
}

void page_keys(struct page *page)
{
    struct node *root = page_root(page, words(page->c.lang, S("web.keys")));
    page_send(page, 200, S("front/web/keys"), root);
}

static const struct route *route_find(struct page *page)
{
    struct str path = page->rq->path;
    /* The HTTP core sends no body for HEAD. */
    struct str method = str_eq(page->rq->method, S("HEAD")) ? S("GET") : page->rq->method;
    for (size_t i = 0; i < ARRAY_LEN(ROUTES); i++) {
        const struct route *route = &ROUTES[i];
        struct str own = str_of(route->path);
        if (!str_eq(method, str_of(route->method))) continue;
        bool below = own.len > 1 && str_ends(own, S("/"));
        bool fits = below ? str_starts(path, own) : str_eq(path, own);
        if (!fits) continue;
        page->rest = below ? str_sub(path, own.len, path.len) : (struct str){};
        return route;
    }
    return NULL;
}

/* What has to hold before the page's own function runs. */
static enum err route_check(struct page *page, const struct route *route)
{
    struct call *c = &page->c;
    if (route == NULL) return fail(c, ERR_NOT_FOUND, "web.page");
    switch (route->kind) {
    case ROUTE_OPEN: return OK;
    case ROUTE_PERSON: return page->csrf.len > 0 ? OK : fail(c, ERR_LOGIN, "login");
    case ROUTE_LOGIN:
    case ROUTE_POST: break;
    }
    if (!session_same_origin(page->rq)) return fail(c, ERR_DENIED, "web.origin");
    enum err e = form_read_body(c, page->rq, &page->form);
    if (e != OK) return e;
    /* After the form is read: the login page carries on what was typed. */
    if (route->kind == ROUTE_POST && page->csrf.len == 0) return fail(c, ERR_LOGIN, "login");
    if (route->kind == ROUTE_POST && !session_posted(page)) return fail(c, ERR_DENIED, "web.token");
    return OK;
}

static void web_handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    struct web *web = arg;
    if (str_starts(rq->path, S("/api/"))) {
        api_handle(web, rq, reply);
        return;
    }
    if (caldav_takes(rq)) {
        caldav_handle(web, rq, reply);
        return;
    }
    if (str_eq(rq->path, S("/metrics"))) {
        metrics_handle(web, rq, reply);
        return;
    }
    struct page page = {
        .c = call_begin(web->env, web->store, web->office), .web = web, .rq = rq, .reply = reply};
    /* What never changes needs no session. */
    if (!str_starts(rq->path, S("/assets/"))) session_read(&page);
    const struct route *route = route_find(&page);
    enum err e = route_check(&page, route);
    if (e == OK) {
        route->run(&page);
    } else {
        page_fail(&page);
    }
    call_end(&page.c);
}

/* Large bodies only where files are sent, and only from who has logged in once; whether the pass
 * still holds is asked when the body is here. */
static int64_t web_plan(void *arg, const struct http_request *rq)
{
    const struct web *web = arg;
    bool files = str_starts(rq->path, S("/act/")) || str_eq(rq->path, S("/api/file"));
    return files && session_passes(web, rq) ? LIMIT_FILE_BYTES + FORM_OVERHEAD_BYTES : 0;
}

/* The server's own refusals in the words of the office. No session is asked: the store must not be
 * touched here. */
static void web_error(void *arg, const struct http_request *rq, int status,
                      struct http_reply *reply)
{
    struct web *web = arg;
    if (rq == NULL) { /* nobody to speak to in a language */
        http_reply_error(reply, status);
        return;
    }
    struct http_request known = *rq;
    struct page page = {
        .c = call_begin(web->env, NULL, web->office), .web = web, .rq = &known, .reply = reply};
    struct call *c = &page.c;
    struct str key = str_format(c->arena, "web.http_%d", status);
    struct node *root = page_root(&page, words(c->lang, S("web.error")));
    node_text(c, root, "error", words(c->lang, words_has(key) ? key : S("web.http_other")));
    node_bool(&page.c, root, "retry", status == 503);
    page_send(&page, status, S("front/web/error"), root);
    call_end(c);
}

const struct http_handler web_handler = {
    .plan = web_plan, .handle = web_handle, .error = web_error};

void web_changed(void *arg, const struct str *topics, size_t count)
{
    struct web *web = arg;
    if (web->http == NULL) return;
    /* Which page to look at again is in the topic; what changed is asked there, with its rights. */
    for (size_t i = 0; i < count; i++) {
        bool all = str_eq(topics[i], S("all")); /* something may have been missed */
        http_stream_publish(web->http, all ? S("*") : topics[i], S("changed"));
    }
    if (count > 0) http_stream_publish(web->http, S("any"), S("changed"));
}
