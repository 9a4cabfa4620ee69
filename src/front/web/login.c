/* Logging in and out, and the person's own page. */
#include "base/limits.h"
#include "base/words.h"
#include "front/web/page.h"

enum { PREFERENCE_AGE_S = 365 * 24 * 60 * 60 };

/* Where to go after logging in: a path of this office and nothing else. Browsers read '\\' as '/'
 * and leave white space out. */
static struct str next_of(struct str wanted)
{
    bool own = str_starts(wanted, S("/")) && !str_starts(wanted, S("//"));
    if (!own || str_starts(wanted, S("/login"))) return S("/");
    for (size_t i = 0; i < wanted.len; i++) {
        if (wanted.ptr[i] <= ' ' || wanted.ptr[i] > '~' || wanted.ptr[i] == '\\') return S("/");
    }
    return wanted;
}

/* Everything typed but passwords, under names that no field of this page has. */
static void kept_put(struct page *page, struct node *root, struct str act)
{
    struct call *c = &page->c;
    struct node *kept = node_put_list(c, root, "kept");
    node_text(c, root, "resume", act);
    for (size_t i = 0; i < page->form.count; i++) {
        const struct form_value *value = &page->form.values[i];
        bool own = str_eq(value->name, S("csrf")) || str_eq(value->name, S("once")) ||
                   str_eq(value->name, S("do"));
        if (own || str_ends(value->name, S("password"))) continue;
        struct node *row = node_add_map(c, kept);
        node_text(c, row, "name", str_format(c->arena, "kept.%.*s", STR_ARG(value->name)));
        node_text(c, row, "value", value->text);
    }
}

void page_login_again(struct page *page, struct str error)
{
    struct call *c = &page->c;
    struct node *root = page_root(page, words(c->lang, S("web.login")));
    node_text(c, root, "error", error);
    node_text(c, root, "next", S("/"));
    node_text(c, root, "typed", S(""));
    kept_put(page, root, str_sub(page->rq->path, S("/act/").len, page->rq->path.len));
    page_send(page, 401, S("front/web/login"), root);
}

/* Goes on with the form of the act that was under way. */
static void resume(struct page *page, struct str act)
{
    struct form kept = {};
    struct str prefix = S("kept.");
    for (size_t i = 0; i < page->form.count; i++) {
        struct form_value value = page->form.values[i];
        if (!str_starts(value.name, prefix)) continue;
        form_add(&page->c, &kept, str_sub(value.name, prefix.len, value.name.len), value.text);
    }
    page->form = kept;
    page->rest = act;
    page_act_resume(page);
}

/* The same after a wrong password. */
static void kept_again(struct page *page, struct node *root)
{
    struct call *c = &page->c;
    struct node *kept = node_put_list(c, root, "kept");
    node_text(c, root, "resume", form_get(&page->form, S("resume")));
    for (size_t i = 0; i < page->form.count; i++) {
        const struct form_value *value = &page->form.values[i];
        if (!str_starts(value->name, S("kept."))) continue;
        struct node *row = node_add_map(c, kept);
        node_text(c, row, "name", value->name);
        node_text(c, row, "value", value->text);
    }
}

static void login_show(struct page *page, int status, struct str error, struct str next)
{
    struct call *c = &page->c;
    struct node *root = page_root(page, words(c->lang, S("web.login")));
    node_text(c, root, "error", error);
    node_text(c, root, "next", next);
    node_text(c, root, "typed", form_get(&page->form, S("login")));
    kept_again(page, root);
    page_send(page, status, S("front/web/login"), root);
}

void page_login(struct page *page)
{
    struct str next = next_of(http_query(page->rq, S("next")));
    if (page->csrf.len > 0) {
        page_redirect(page, next);
        return;
    }
    login_show(page, 200, (struct str){}, next);
}

void page_login_post(struct page *page)
{
    struct call *c = &page->c;
    struct str next = next_of(form_get(&page->form, S("next")));
    struct str secret = {};
    struct str csrf = {};
    enum err e = login_password(c, form_get(&page->form, S("login")),
                                form_get(&page->form, S("password")), page->rq->remote);
    if (e == OK) e = session_open(c, &secret, &csrf);
    if (e != OK) {
        struct str text = words_failure(c);
        int status = err_info(e)->http_status;
        call_clear(c);
        login_show(page, status, text, next);
        return;
    }
    session_cookie(page, "session", secret, 0);
    struct str act = form_get(&page->form, S("resume"));
    if (act.len == 0) {
        page_redirect(page, next);
        return;
    }
    page->secret = secret;
    page->csrf = csrf;
    resume(page, act);
}

void page_logout_post(struct page *page)
{
    enum err e = session_close(&page->c, page->secret);
    if (e != OK) {
        page_fail(page);
        return;
    }
    session_cookie(page, "session", S(""), -1);
    page_redirect(page, S("/login"));
}

/* The devices that read calendars, and the password of a new one, which is shown this once. */
static void devices_put(struct page *page, struct node *root, struct str password)
{
    struct call *c = &page->c;
    struct node *devices = node_put_list(c, root, "devices");
    if (device_list(c, devices) != OK) call_clear(c); /* the page stands without them */
    node_bool(c, root, "some_devices", node_count(devices) > 0);
    node_text(c, root, "password", password);
    node_text(c, root, "dav", str_format(c->arena, "https://%.*s/dav/", STR_ARG(page->rq->host)));
}

static void you_show(struct page *page, int status, struct str error, struct str password)
{
    struct call *c = &page->c;
    struct node *root = page_root(page, words(c->lang, S("web.you")));
    devices_put(page, root, password);
    node_text(c, root, "error", error);
    node_bool(c, root, "dark", str_eq(page->theme, S("dark")));
    node_bool(c, root, "light", str_eq(page->theme, S("light")));
    node_int(c, root, "password_min", LIMIT_PASSWORD_MIN_BYTES);
    page_send(page, status, S("front/web/you"), root);
}

void page_you(struct page *page)
{
    you_show(page, 200, (struct str){}, (struct str){});
}

/* The old password is asked again: a screen left open must not be enough to take an account. */
static enum err password_change(struct page *page)
{
    struct call *c = &page->c;
    struct str fresh = form_get(&page->form, S("fresh"));
    struct str login = str_copy(c->arena, c->who.login);
    if (!str_eq(fresh, form_get(&page->form, S("again")))) {
        return fail(c, ERR_INVALID, "web.password_again");
    }
    if (fresh.len < LIMIT_PASSWORD_MIN_BYTES || fresh.len > LIMIT_PASSWORD_BYTES) {
        return fail(c, ERR_INVALID, "web.password_length");
    }
    enum err e = login_password(c, login, form_get(&page->form, S("old")), page->rq->remote);
    if (e != OK) return e;
    e = login_set_password(c, login, fresh); /* ends all sessions of the person, this one too */
    if (e == OK) e = session_open(c, &page->secret, &page->csrf);
    if (e == OK) session_cookie(page, "session", page->secret, 0);
    return e;
}

void page_you_password_post(struct page *page)
{
    struct call *c = &page->c;
    enum err e = password_change(page);
    if (e != OK) {
        struct str text = words_failure(c);
        int status = err_info(e)->http_status;
        call_clear(c);
        you_show(page, status, text, (struct str){});
        return;
    }
    session_cookie(page, "flash", S("web.password"), 60);
    page_redirect(page, S("/you"));
}

void page_you_display_post(struct page *page)
{
    struct str theme = form_get(&page->form, S("theme"));
    struct str lang = form_get(&page->form, S("lang"));
    bool themed = str_eq(theme, S("dark")) || str_eq(theme, S("light"));
    session_cookie(page, "theme", themed ? theme : S(""), themed ? PREFERENCE_AGE_S : -1);
    session_cookie(page, "lang", str_eq(lang, S("en")) ? S("en") : S("vi"), PREFERENCE_AGE_S);
    bool keys = !str_eq(form_get(&page->form, S("keys")), S("off"));
    session_cookie(page, "keys", keys ? S("") : S("off"), keys ? -1 : PREFERENCE_AGE_S);
    session_cookie(page, "flash", S("web.display"), 60);
    page_redirect(page, S("/you"));
}

static void device_fail(struct page *page, enum err e)
{
    struct call *c = &page->c;
    bool empty = c->failure.problem_count > 0;
    struct str text = empty ? words(c->lang, S("web.device_name")) : words_failure(c);
    int status = err_info(e)->http_status;
    call_clear(c);
    you_show(page, status, text, (struct str){});
}

void page_you_device_post(struct page *page)
{
    struct str password = {};
    enum err e = device_add(&page->c, str_trim(form_get(&page->form, S("label"))), &password);
    if (e != OK) {
        device_fail(page, e);
        return;
    }
    you_show(page, 200, (struct str){}, password);
}

void page_you_device_remove_post(struct page *page)
{
    enum err e = device_remove(&page->c, form_get(&page->form, S("id")));
    if (e != OK) {
        device_fail(page, e);
        return;
    }
    session_cookie(page, "flash", S("web.device"), 60);
    page_redirect(page, S("/you"));
}
