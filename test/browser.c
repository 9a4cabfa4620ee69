#include "browser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "front/http/loopback.h"

struct browser browser_open(struct t_office *t)
{
    return (struct browser){.t = t,
                            .web = {.store = t->store, .office = &t->office, .env = &t->env}};
}

struct str reply_status(struct str reply)
{
    return str_sub(reply, 9, 12);
}

bool reply_has(struct str reply, const char *text)
{
    return str_find(reply, str_of(text), 0) < reply.len;
}

struct str reply_between(struct str reply, const char *before, const char *until)
{
    struct str lead = str_of(before);
    size_t from = str_find(reply, lead, 0);
    if (from == reply.len) return (struct str){};
    from += lead.len;
    return str_sub(reply, from, str_find(reply, str_of(until), from));
}

struct str reply_header(struct t_office *t, struct str reply, const char *name)
{
    struct str head = str_sub(reply, 0, str_find(reply, S("\r\n\r\n"), 0));
    const char *before = str_format(t->arena, "\r\n%s: ", name).ptr;
    return reply_between(head, before, "\r\n");
}

/* Takes the cookies of a reply; a later one replaces an earlier one of its name. */
static void cookies_take(struct browser *b, struct str reply)
{
    struct str rest = reply;
    struct str mark = S("\r\nSet-Cookie: ");
    size_t at = str_find(rest, mark, 0);
    while (at < rest.len) {
        rest = str_sub(rest, at + mark.len, rest.len);
        struct str pair = str_sub(rest, 0, str_find(rest, S(";"), 0));
        struct str old = b->cookies;
        struct str name = str_sub(pair, 0, str_find(pair, S("="), 0) + 1);
        size_t from = str_find(old, name, 0);
        struct str tail = str_sub(old, str_find(old, S("; "), from) + 2, old.len);
        struct str head = str_sub(old, 0, from);
        b->cookies = str_format(b->t->arena, "%.*s%.*s%s%.*s; ", STR_ARG(head), STR_ARG(tail), "",
                                STR_ARG(pair));
        at = str_find(rest, mark, 0);
    }
}

struct str browser_ask(struct browser *b, const char *method_and_target, const char *headers,
                       struct str body)
{
    struct arena *arena = b->t->arena;
    struct str lines = str_format(arena, "Cookie: %.*s\r\n%s", STR_ARG(b->cookies), headers);
    struct str request = http_loopback_request(arena, str_of(method_and_target), lines, body);
    struct str reply = http_loopback(arena, &b->t->env, &web_handler, &b->web, request);
    cookies_take(b, reply);
    struct str csrf = reply_between(reply, "name=\"csrf\" value=\"", "\"");
    struct str once = reply_between(reply, "name=\"once\" value=\"", "\"");
    if (csrf.len > 0) b->csrf = csrf;
    if (once.len > 0) b->once = once;
    return reply;
}

struct str browser_get(struct browser *b, const char *target)
{
    return browser_ask(b, str_format(b->t->arena, "GET %s", target).ptr, "", (struct str){});
}

struct str browser_post(struct browser *b, const char *target, const char *form)
{
    struct arena *arena = b->t->arena;
    struct str body =
        str_format(arena, "csrf=%.*s&once=%.*s&%s", STR_ARG(b->csrf), STR_ARG(b->once), form);
    return browser_ask(b, str_format(arena, "POST %s", target).ptr,
                       "Content-Type: application/x-www-form-urlencoded\r\n"
                       "Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n",
                       body);
}

static void part(struct sb *sb, const char *name, struct str value)
{
    sb_printf(sb, "--limit\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n", name);
    sb_put(sb, value);
    sb_put(sb, S("\r\n"));
}

struct str browser_upload(struct browser *b, const char *target, const char *const *fields,
                          const char *file_field, const char *file_name, const char *bytes)
{
    struct arena *arena = b->t->arena;
    struct sb sb = sb_new(arena, 0);
    part(&sb, "csrf", b->csrf);
    part(&sb, "once", b->once);
    for (size_t i = 0; fields[i] != NULL; i += 2)
        part(&sb, fields[i], str_of(fields[i + 1]));
    sb_printf(&sb,
              "--limit\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"%s\"\r\n"
              "Content-Type: text/plain\r\n\r\n%s\r\n--limit--\r\n",
              file_field, file_name, bytes);
    return browser_ask(b, str_format(arena, "POST %s", target).ptr,
                       "Content-Type: multipart/form-data; boundary=limit\r\n"
                       "Sec-Fetch-Site: same-origin\r\n",
                       sb_str(&sb));
}

void browser_login(struct browser *b, const char *login)
{
    struct str form = str_format(b->t->arena, "login=%s&password=mat-khau-%s", login, login);
    struct str reply = browser_post(b, "/login", form.ptr);
    assert_string_equal(str_zero(b->t->arena, reply_status(reply)), "303");
    (void)browser_get(b, "/you"); /* a page with the session's token */
}

/* ---- golden pages ---- */

static bool id_char(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '.';
}

/* Every long run of id letters becomes "ID", and so do the hashes of assets. */
static struct str masked(struct arena *arena, struct str page)
{
    struct sb sb = sb_new(arena, 0);
    size_t i = 0;
    while (i < page.len) {
        size_t end = i;
        while (end < page.len && id_char(page.ptr[end]))
            end++;
        struct str asset = S("/assets/");
        bool hash = i >= asset.len && str_eq(str_sub(page, i - asset.len, i), asset);
        if (end - i >= 26 || (hash && end > i)) {
            sb_put(&sb, S("ID"));
        } else {
            end = end > i ? end : i + 1;
            sb_put(&sb, str_sub(page, i, end));
        }
        i = end;
    }
    return sb_str(&sb);
}

/* Without the entries of the rail: they are the modules there are, and a page is not about them. */
static struct str unrailed(struct arena *arena, struct str page)
{
    struct str mark = S("<nav class=\"rail\"");
    struct str end = S("</nav>");
    size_t from = str_find(page, mark, 0);
    size_t to = str_find(page, end, from);
    if (from == page.len || to == page.len) return page;
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, str_sub(page, 0, from));
    sb_put(&sb, S("<nav class=\"rail\">RAIL"));
    sb_put(&sb, str_sub(page, to, page.len));
    return sb_str(&sb);
}

static struct str file_read(struct arena *arena, const char *path)
{
    struct sb sb = sb_new(arena, 0);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return (struct str){};
    char piece[4096];
    size_t n = fread(piece, 1, sizeof piece, file);
    while (n > 0) {
        sb_put(&sb, (struct str){piece, n});
        n = fread(piece, 1, sizeof piece, file);
    }
    (void)fclose(file);
    return sb_str(&sb);
}

void reply_is_golden(struct t_office *t, struct str reply, const char *name)
{
    const char *path = str_format(t->arena, "test/golden/pages/%s", name).ptr;
    struct str page = masked(t->arena, unrailed(t->arena, http_loopback_body(reply)));
    if (getenv("UPDATE") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(page.ptr, 1, page.len, file), page.len);
        assert_int_equal(fclose(file), 0);
    }
    assert_string_equal(str_zero(t->arena, page), str_zero(t->arena, file_read(t->arena, path)));
}
