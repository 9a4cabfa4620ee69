/* Cookies and the question whether a request comes from one of our own pages. */
#include <sodium.h>
#include <string.h>

#include "front/web/page.h"

enum { COOKIE_CODE_MAX = 32 };

/* The cookie's name holds the office's code: cookies know no ports, and several offices may stand
 * on one host. */
static struct str cookie_name(const struct web *web, const struct http_request *rq,
                              const char *name)
{
    struct str code = web->office->code;
    struct sb sb = sb_new(rq->arena, 0);
    sb_put(&sb, S("phoihop_"));
    for (size_t i = 0; i < code.len && i < COOKIE_CODE_MAX; i++) {
        char ch = code.ptr[i];
        bool plain =
            (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z');
        if (plain) sb_char(&sb, ch);
    }
    sb_printf(&sb, "_%s", name);
    return sb_str(&sb);
}

void session_cookie(struct page *page, const char *name, struct str value, int64_t age_s)
{
    struct sb sb = sb_new(page->rq->arena, 0);
    sb_put(&sb, cookie_name(page->web, page->rq, name));
    sb_printf(&sb, "=%.*s; Path=/; HttpOnly; SameSite=Lax", STR_ARG(value));
    if (age_s != 0) sb_printf(&sb, "; Max-Age=%lld", (long long)(age_s < 0 ? 0 : age_s));
    if (page->rq->secure || page->web->secure_cookies) sb_put(&sb, S("; Secure"));
    http_reply_header(page->reply, S("Set-Cookie"), sb_str(&sb));
}

static struct str cookie_get(struct page *page, const char *name)
{
    return http_cookie(page->rq, cookie_name(page->web, page->rq, name));
}

bool session_passes(const struct web *web, const struct http_request *rq)
{
    struct str scheme = {};
    struct str token = {};
    struct str secret = http_cookie(rq, cookie_name(web, rq, "session"));
    bool bearer = str_cut(http_header(rq, S("Authorization")), ' ', &scheme, &token) &&
                  http_name_eq(scheme, S("Bearer"));
    return pass_is_ours(web->office, secret) ||
           (bearer && pass_is_ours(web->office, str_trim(token)));
}

void session_read(struct page *page)
{
    struct call *c = &page->c;
    struct str theme = cookie_get(page, "theme");
    if (str_eq(theme, S("dark"))) page->theme = S("dark");
    if (str_eq(theme, S("light"))) page->theme = S("light");
    if (str_eq(cookie_get(page, "keys"), S("off"))) page->keys = S("off");
    if (str_eq(cookie_get(page, "lang"), S("en"))) c->lang = LANG_EN;
    page->flash = cookie_get(page, "flash");
    struct str secret = cookie_get(page, "session");
    if (secret.len == 0) return;
    struct str csrf = {};
    enum err e = session_resume(c, secret, &csrf);
    if (e != OK) {
        call_clear(c); /* an old cookie is nobody */
        return;
    }
    page->secret = secret;
    page->csrf = csrf;
}

/* "https://host:port" without the scheme. */
static struct str origin_host(struct str origin)
{
    size_t at = str_find(origin, S("://"), 0);
    return at == origin.len ? (struct str){} : str_sub(origin, at + 3, origin.len);
}

bool session_same_origin(const struct http_request *rq)
{
    struct str site = http_header(rq, S("Sec-Fetch-Site"));
    struct str origin = http_header(rq, S("Origin"));
    /* "none" is the person's own doing: a typed address, a restored tab. */
    bool own = str_eq(site, S("same-origin")) || str_eq(site, S("none"));
    if (site.len > 0 && !own) return false;
    /* Our pages send no referrer, so browsers write "null" here and the other header decides. */
    if (str_eq(origin, S("null"))) return own;
    return origin.len == 0 || http_name_eq(origin_host(origin), rq->host);
}

bool session_posted(const struct page *page)
{
    struct str token = form_get(&page->form, S("csrf"));
    if (page->csrf.len == 0 || token.len != page->csrf.len) return false;
    return sodium_memcmp(token.ptr, page->csrf.ptr, token.len) == 0;
}
