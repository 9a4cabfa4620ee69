#include "front/web/page.h"

#include <string.h>

#include "base/limits.h"
#include "base/words.h"
#include "core/closed.h"
#include "core/notice.h"
#include "front/web/asset.h"
#include "front/web/escape.h"

enum { CREST_COUNT = 8, BOTTOM_BAR_MAX = 5 };

#define BELL_VIEW "notices.list"

/* What a page may load and where it may send: only from and to this office.
 * Source: W3C Content Security Policy Level 3. */
#define POLICY                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "   \
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

void page_headers(struct page *page)
{
    struct http_reply *reply = page->reply;
    bool asset = str_starts(page->rq->path, S("/assets/"));
    http_reply_header(reply, S("Content-Security-Policy"), S(POLICY));
    http_reply_header(reply, S("X-Content-Type-Options"), S("nosniff"));
    http_reply_header(reply, S("Referrer-Policy"), S("same-origin"));
    http_reply_header(reply, S("Cross-Origin-Opener-Policy"), S("same-origin"));
    http_reply_header(reply, S("Cross-Origin-Resource-Policy"), S("same-origin"));
    if (!asset) http_reply_header(reply, S("Cache-Control"), S("no-store"));
}

/* One colour for each code, the same on every server. */
static int64_t crest(struct str code)
{
    uint32_t sum = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < code.len; i++)
        sum = (sum ^ (uint8_t)code.ptr[i]) * 16777619u;
    return (sum >> 24) % CREST_COUNT; /* the high bits are the well mixed ones */
}

/* ---- the rail ---- */

static size_t rail_count(const struct module *module, uint32_t roles)
{
    size_t count = 0;
    for (size_t i = 0; i < module->view_count; i++) {
        if (module->views[i].rail && (module->views[i].roles & roles) != 0) count++;
    }
    return count;
}

static bool module_before(const struct module *a, const struct module *b)
{
    return a->order != b->order ? a->order < b->order : strcmp(a->name, b->name) < 0;
}

/* The next module in the order of the rail; the first one after NULL. */
static const struct module *module_after(const struct module *last)
{
    const struct module *best = NULL;
    for (size_t i = 0; i < modules_count(); i++) {
        const struct module *module = modules_at(i);
        bool later = last == NULL || module_before(last, module);
        if (later && (best == NULL || module_before(module, best))) best = module;
    }
    return best;
}

static void rail_entry(struct page *page, struct node *rail, const struct module *module,
                       const struct view_def *def)
{
    struct call *c = &page->c;
    bool alone = rail_count(module, c->who.roles) == 1;
    struct str key = alone ? str_format(c->arena, "module.%s", module->name)
                           : str_format(c->arena, "view.%s", def->name);
    struct str href = str_format(c->arena, "/view/%s", def->name);
    struct str own = str_format(c->arena, "/view/%s.", module->name);
    bool here = str_eq(page->rq->path, href) || (alone && str_starts(page->rq->path, own));
    struct node *entry = node_add_map(c, rail);
    node_text(c, entry, "label", words(c->lang, key));
    node_text(c, entry, "href", href);
    node_bool(c, entry, "here", here);
    node_bool(c, entry, "bottom", node_count(rail) <= BOTTOM_BAR_MAX);
}

static struct node *rail_build(struct page *page)
{
    struct node *rail = node_list(&page->c);
    const struct module *module = module_after(NULL);
    while (module != NULL) {
        for (size_t i = 0; i < module->view_count; i++) {
            const struct view_def *def = &module->views[i];
            bool shown = def->rail && (def->roles & page->c.who.roles) != 0;
            if (shown) rail_entry(page, rail, module, def);
        }
        module = module_after(module);
    }
    return rail;
}

/* ---- the frame ---- */

static struct str flash_text(struct page *page)
{
    struct call *c = &page->c;
    const struct act *act = module_act(page->flash);
    struct str done = str_format(c->arena, "act.%.*s.done", STR_ARG(page->flash));
    if (words_has(done)) return words(c->lang, done);
    if (act == NULL) return (struct str){};
    struct str name = words(c->lang, str_format(c->arena, "act.%s", act->name));
    struct fail_arg args[] = {{"act", name}};
    return words_fill(c->arena, c->lang, S("web.done"), args, ARRAY_LEN(args));
}

static void office_put(struct page *page, struct node *root)
{
    struct call *c = &page->c;
    struct node *office = node_put_map(c, root, "office");
    node_text(c, office, "code", page->web->office->code);
    node_text(c, office, "name", page->web->office->name);
    int64_t number = crest(page->web->office->code) + 1;
    node_int(c, office, "crest", number);
    struct str icon = str_format(c->arena, "crest-%lld.svg", (long long)number);
    node_text(c, root, "crest", asset_path(icon));
}

/* The bell: how many notices were not seen yet. There is none without the folder that shows them.
 */
static enum err bell_put(struct call *c, struct node *root)
{
    int64_t count = 0;
    if (module_view(S(BELL_VIEW)) == NULL) return OK;
    enum err e = notice_unread(c, &count);
    if (e != OK) return e;
    struct node *bell = node_put_map(c, root, "bell");
    node_text(c, bell, "href", S("/view/" BELL_VIEW));
    node_int(c, bell, "count", count);
    return OK;
}

/* Why nobody can act at present, on each page of who has logged in. */
static enum err closed_tell(struct call *c, struct node *root)
{
    enum closed why = CLOSED_NOT;
    enum err e = closed_look(c, &why);
    if (e != OK || why == CLOSED_NOT) return e;
    struct str key = str_format(c->arena, "reason.%s", closed_word(why));
    node_text(c, root, "closed", words(c->lang, key));
    return OK;
}

static enum err person_put(struct call *c, void *arg)
{
    struct node *person = node_put_map(c, arg, "person");
    node_text(c, person, "login", c->who.login);
    node_text(c, person, "title", person_title(c, c->who.person));
    enum err e = bell_put(c, arg);
    return e == OK ? closed_tell(c, arg) : e;
}

struct node *page_root(struct page *page, struct str title)
{
    struct call *c = &page->c;
    struct node *root = node_map(c);
    node_text(c, root, "title", title);
    node_text(c, root, "lang", c->lang == LANG_EN ? S("en") : S("vi"));
    node_bool(c, root, "english", c->lang == LANG_EN);
    node_text(c, root, "theme", page->theme);
    node_text(c, root, "keys", page->keys);
    node_text(c, root, "css", asset_path(S("app.css")));
    node_text(c, root, "js", asset_path(S("app.js")));
    node_text(c, root, "icons", asset_path(S("icons.svg")));
    node_text(c, root, "csrf", page->csrf);
    node_text(c, root, "flash", flash_text(page));
    office_put(page, root);
    if (page->csrf.len > 0) {
        enum err e = store_read(c, person_put, root);
        if (e != OK) call_clear(c); /* the page stands without the person's title */
        node_put(root, "rail", rail_build(page));
    }
    return root;
}

void page_send(struct page *page, int status, struct str body, struct node *root)
{
    /* The reply outlives the call, so the bytes lie with the request. */
    struct sb sb = sb_new(page->rq->arena, 0);
    node_text(&page->c, root, "body", body);
    page_dress(page, root);
    template_render(&page->c, &sb, S("front/web/frame"), root);
    page_headers(page);
    if (sb.over) {
        http_reply_error(page->reply, 500);
        return;
    }
    if (page->flash.len > 0) session_cookie(page, "flash", S(""), -1);
    http_reply_text(page->reply, status, S("text/html; charset=utf-8"), sb_str(&sb));
}

void page_redirect(struct page *page, struct str url)
{
    ensure(str_starts(url, S("/")));
    ensure(!str_starts(url, S("//")));
    page_headers(page);
    http_reply_status(page->reply, 303);
    http_reply_header(page->reply, S("Location"), str_copy(page->rq->arena, url));
}

void page_fail(struct page *page)
{
    struct call *c = &page->c;
    ensure(c->failure.err != OK);
    const struct err_info *info = err_info(c->failure.err);
    struct str text = words_failure(c);
    bool retry = info->retry;
    int status = info->http_status;
    if (c->failure.err == ERR_LOGIN && page->csrf.len == 0) {
        call_clear(c);
        bool post = str_eq(page->rq->method, S("POST"));
        if (post && str_starts(page->rq->path, S("/act/"))) {
            page_login_again(page, text);
            return;
        }
        struct sb url = sb_new(c->arena, LIMIT_HTTP_LINE_BYTES);
        sb_put(&url, S("/login?next="));
        url_part(&url, post ? S("/") : page->rq->target);
        page_redirect(page, sb_str(&url));
        return;
    }
    struct node *problems = node_list(c);
    for (size_t i = 0; i < c->failure.problem_count; i++) {
        struct node *row = node_add_map(c, problems);
        struct str reason = str_format(c->arena, "reason.%s", c->failure.problems[i].reason);
        node_text(c, row, "field", c->failure.problems[i].field);
        node_text(c, row, "text", words(c->lang, reason));
    }
    call_clear(c);
    struct node *root = page_root(page, words(c->lang, S("web.error")));
    node_text(c, root, "error", text);
    node_bool(c, root, "retry", retry);
    node_put(root, "problems", problems);
    page_send(page, status, S("front/web/error"), root);
}
