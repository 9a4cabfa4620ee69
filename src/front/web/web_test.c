#include "front/web/web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "browser.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "base/limits.h"
#include "core/record.h"
#include "front/web/asset.h"
#include "front/web/form.h"

#include <sodium.h>

struct desk {
    struct t_office t;
    struct browser b; /* not logged in */
};

static int open_desk(void **state)
{
    struct desk *desk = test_malloc(sizeof *desk);
    t_office_open(&desk->t, "VPCP");
    (void)t_person(&desk->t, "lan", ROLE_OFFICER | ROLE_REGISTRY);
    desk->b = browser_open(&desk->t);
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    test_free(desk);
    return 0;
}

static void status_is(struct desk *desk, struct str reply, const char *status)
{
    assert_string_equal(str_zero(desk->t.arena, reply_status(reply)), status);
}

static void text_is(struct desk *desk, struct str text, const char *expected)
{
    assert_string_equal(str_zero(desk->t.arena, text), expected);
}

static void has(struct str reply, const char *text)
{
    if (!reply_has(reply, text)) print_error("not there: %s\n%.*s\n", text, STR_ARG(reply));
    assert_true(reply_has(reply, text));
}

static void lacks(struct str reply, const char *text)
{
    if (reply_has(reply, text)) print_error("there: %s\n", text);
    assert_false(reply_has(reply, text));
}

/* ---- sessions ---- */

static void who_is_not_logged_in_is_led_to_the_login_page_and_back(void **state)
{
    struct desk *desk = *state;
    struct str reply = browser_get(&desk->b, "/view/note.list?after=1");
    status_is(desk, reply, "303");
    text_is(desk, reply_header(&desk->t, reply, "Location"),
            "/login?next=%2Fview%2Fnote.list%3Fafter%3D1");
    reply = browser_post(&desk->b, "/login",
                         "login=lan&password=mat-khau-lan&next=%2Fview%2Fnote.list%3Fafter%3D1");
    text_is(desk, reply_header(&desk->t, reply, "Location"), "/view/note.list?after=1");
}

static void logging_in_never_leads_to_another_site(void **state)
{
    struct desk *desk = *state;
    const char *const traps[] = {"https://evil.example/", "//evil.example", "/%5Cevil.example",
                                 "/%09/evil.example",     "evil",           "/a%0d%0aX:%20y"};
    for (size_t i = 0; i < ARRAY_LEN(traps); i++) {
        struct str form =
            str_format(desk->t.arena, "login=lan&password=mat-khau-lan&next=%s", traps[i]);
        struct str reply = browser_post(&desk->b, "/login", form.ptr);
        text_is(desk, reply_header(&desk->t, reply, "Location"), "/");
    }
}

static void the_session_cookie_is_for_this_office_and_not_for_scripts(void **state)
{
    struct desk *desk = *state;
    struct str reply = browser_post(&desk->b, "/login", "login=lan&password=mat-khau-lan");
    struct str cookie = reply_header(&desk->t, reply, "Set-Cookie");
    assert_true(str_starts(cookie, S("phoihop_VPCP_session=")));
    assert_true(str_ends(cookie, S("; Path=/; HttpOnly; SameSite=Lax")));
    desk->b.web.secure_cookies = true;
    reply = browser_post(&desk->b, "/login", "login=lan&password=mat-khau-lan");
    assert_true(str_ends(reply_header(&desk->t, reply, "Set-Cookie"), S("; Secure")));
}

static void a_wrong_password_keeps_the_login_and_says_so(void **state)
{
    struct desk *desk = *state;
    struct str reply = browser_post(&desk->b, "/login", "login=lan&password=sai");
    status_is(desk, reply, "401");
    has(reply, "Tên đăng nhập hoặc mật khẩu không đúng.");
    has(reply, "value=\"lan\"");
    lacks(reply, "sai\"");
    text_is(desk, reply_header(&desk->t, reply, "Set-Cookie"), "");
}

static void logging_out_ends_the_session(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    struct str cookies = desk->b.cookies;
    status_is(desk, browser_post(&desk->b, "/logout", ""), "303");
    desk->b.cookies = cookies; /* as a thief would send it */
    status_is(desk, browser_get(&desk->b, "/you"), "303");
}

static struct str large_post(struct desk *desk, struct browser *b, const char *headers)
{
    size_t bytes = LIMIT_HTTP_BODY_BYTES + 1;
    char *body = arena_alloc(desk->t.arena, bytes);
    memset(body, 'a', bytes);
    return browser_ask(b, "POST /act/note.write", headers, (struct str){body, bytes});
}

static void a_large_body_is_taken_only_from_who_has_logged_in(void **state)
{
    struct desk *desk = *state;
    status_is(desk, large_post(desk, &desk->b, "Cookie: phoihop_VPCP_session=abc\r\n"), "413");
    status_is(desk, large_post(desk, &desk->b, "Authorization: Bearer abc\r\n"), "413");
    browser_login(&desk->b, "lan");
    struct str reply = large_post(desk, &desk->b, "");
    assert_false(str_eq(reply_status(reply), S("413")));
}

static void a_person_cannot_seal_a_file_that_is_not_his(void **state)
{
    struct desk *desk = *state;
    struct call c = t_call(&desk->t, "lan");
    struct str session = S("0123456789abcdef0123456789abcdef");
    struct file_ref file = {.root = t_file(&desk->t, "mật"), .name = S("a"), .media = S("a/b")};
    struct file_ref read = {};
    uint8_t hash[16];
    struct str kept = form_kept_write(&c, session, &file);
    assert_true(form_kept_read(&c, session, kept, &read));
    assert_false(form_kept_read(&c, S("another session"), kept, &read));
    /* whoever reads his own page knows all of this but the office's key */
    struct str text = str_sub(kept, str_find(kept, S(" "), 0) + 1, kept.len);
    assert_int_equal(crypto_generichash(hash, sizeof hash, (const uint8_t *)text.ptr, text.len,
                                        (const uint8_t *)session.ptr, session.len),
                     0);
    struct str mark = hex_encode(c.arena, (struct str){(const char *)hash, sizeof hash});
    struct str own = str_format(c.arena, "%.*s %.*s", STR_ARG(mark), STR_ARG(text));
    assert_false(form_kept_read(&c, session, own, &read));
    call_end(&c);
}

static void a_changed_password_ends_the_other_sessions(void **state)
{
    struct desk *desk = *state;
    struct browser other = browser_open(&desk->t);
    browser_login(&desk->b, "lan");
    browser_login(&other, "lan");
    struct str reply = browser_post(&desk->b, "/you/password",
                                    "old=mat-khau-lan&fresh=mat-khau-moi-1&again=mat-khau-moi-1");
    status_is(desk, reply, "303");
    reply = browser_get(&desk->b, "/you");
    status_is(desk, reply, "200");
    has(reply, "Đã đổi mật khẩu.");
    status_is(desk, browser_get(&other, "/you"), "303");
}

static void a_password_changes_only_with_the_old_one_and_typed_twice(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    struct str reply = browser_post(&desk->b, "/you/password",
                                    "old=sai-mat-khau&fresh=mat-khau-moi-1&again=mat-khau-moi-1");
    status_is(desk, reply, "401");
    reply = browser_post(&desk->b, "/you/password",
                         "old=mat-khau-lan&fresh=mat-khau-moi-1&again=mat-khau-moi-2");
    has(reply, "Hai lần nhập mật khẩu mới không giống nhau.");
    reply = browser_post(&desk->b, "/you/password", "old=mat-khau-lan&fresh=ngan&again=ngan");
    has(reply, "phải có từ 8 đến 256 ký tự");
    status_is(desk, reply, "422");
}

static void language_and_colours_are_kept_in_cookies(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    (void)browser_post(&desk->b, "/you/display", "theme=dark&lang=en&keys=off");
    struct str reply = browser_get(&desk->b, "/you");
    has(reply, "<html lang=\"en\" data-theme=\"dark\"");
    has(reply, "data-keys=\"off\"");
    has(reply, "Display choices saved.");
    reply = browser_get(&desk->b, "/you");
    lacks(reply, "Display choices saved."); /* said once */
}

/* ---- requests that change something ---- */

static void a_post_without_the_session_s_token_changes_nothing(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    desk->b.csrf = S("aaaa");
    struct str reply = browser_post(&desk->b, "/act/note.write", "title=a");
    status_is(desk, reply, "403");
    has(reply, "chưa có gì thay đổi");
    lacks(browser_get(&desk->b, "/view/note.list"), "data-record=");
}

static void a_post_from_another_site_changes_nothing(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    struct str body = str_format(desk->t.arena, "csrf=%.*s&title=a", STR_ARG(desk->b.csrf));
    const char *const lines[] = {
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: same-origin\r\nOrigin: https://evil.example\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct str headers = str_format(
            desk->t.arena, "Content-Type: application/x-www-form-urlencoded\r\n%s", lines[i]);
        struct str reply = browser_ask(&desk->b, "POST /act/note.write", headers.ptr, body);
        status_is(desk, reply, "403");
    }
    struct str reply = browser_ask(&desk->b, "POST /login",
                                   "Content-Type: application/x-www-form-urlencoded\r\n"
                                   "Sec-Fetch-Site: cross-site\r\n",
                                   S("login=lan&password=mat-khau-lan"));
    status_is(desk, reply, "403");
    lacks(browser_get(&desk->b, "/view/note.list"), "data-record=");
}

static void nothing_changes_by_get(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    status_is(desk, browser_get(&desk->b, "/logout"), "404");
    status_is(desk, browser_get(&desk->b, "/act/note.write?title=a&do=run"), "200");
    lacks(browser_get(&desk->b, "/view/note.list"), "data-record=");
}

static void every_answer_carries_the_policy(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    const char *const targets[] = {"/",
                                   "/login",
                                   "/you",
                                   "/view/note.list",
                                   "/nix",
                                   "/keys",
                                   "/assets/x/y",
                                   "/act/note.write",
                                   "/events?view=note.list"};
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        struct str reply = browser_get(&desk->b, targets[i]);
        struct str policy = reply_header(&desk->t, reply, "Content-Security-Policy");
        assert_true(str_starts(policy, S("default-src 'none'; script-src 'self';")));
        text_is(desk, reply_header(&desk->t, reply, "X-Content-Type-Options"), "nosniff");
        text_is(desk, reply_header(&desk->t, reply, "Referrer-Policy"), "same-origin");
    }
    struct str reply = browser_get(&desk->b, "/view/note.list");
    text_is(desk, reply_header(&desk->t, reply, "Cache-Control"), "no-store");
}

/* ---- forms ---- */

static void an_act_is_done_once_and_leads_to_its_record(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    (void)browser_get(&desk->b, "/act/note.write");
    struct str first = browser_post(&desk->b, "/act/note.write", "title=Giao+ban&do=run");
    struct str second = browser_post(&desk->b, "/act/note.write", "title=Giao+ban&do=run");
    status_is(desk, first, "303");
    struct str place = reply_header(&desk->t, first, "Location");
    assert_true(str_starts(place, S("/view/note.show?record=")));
    assert_true(str_eq(place, reply_header(&desk->t, second, "Location")));
    struct str reply = browser_get(&desk->b, str_zero(desk->t.arena, place));
    has(reply, "<h1>Giao ban</h1>");
    has(reply, "Đã thực hiện: Viết ghi chú.");
}

static void a_refused_form_shows_problems_and_everything_typed(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    (void)browser_get(&desk->b, "/act/note.write");
    struct str reply =
        browser_post(&desk->b, "/act/note.write", "title=&text=D%C3%B2ng+1%0D%0AD%C3%B2ng+2");
    status_is(desk, reply, "422");
    has(reply, "<a href=\"#f-title\">Tiêu đề</a>: Chưa nhập thông tin bắt buộc.");
    has(reply, "aria-invalid=\"true\"");
    has(reply, "Dòng 1\r\nDòng 2</textarea>");
    struct str once = desk->b.once;
    reply = browser_post(&desk->b, "/act/note.write", "title=x");
    status_is(desk, reply, "303");
    assert_true(once.len >= 26);
}

static void text_never_becomes_markup(void **state)
{
    struct desk *desk = *state;
    (void)t_act(&desk->t, "lan", "note.write",
                "{\"title\":\"<script>alert(1)</script>\",\"text\":\"\\\"><img src=x>\"}");
    browser_login(&desk->b, "lan");
    struct str reply = browser_get(&desk->b, "/view/note.list");
    has(reply, "&lt;script&gt;alert(1)&lt;/script&gt;");
    lacks(reply, "<script>alert");
    reply = browser_get(&desk->b, "/act/note.write?title=%22%3E%3Cimg%20src%3Dx%3E");
    has(reply, "value=\"&quot;&gt;&lt;img src=x&gt;\"");
    lacks(reply, "<img");
}

static void what_was_typed_outlives_the_session(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    desk->t.now_ms += INT64_C(13) * 60 * 60 * 1000;
    struct str reply = browser_post(&desk->b, "/act/note.write", "title=Nh%E1%BB%9B&text=L%C3%A2u");
    status_is(desk, reply, "401");
    has(reply, "name=\"kept.title\" value=\"Nhớ\"");
    reply = browser_post(&desk->b, "/login",
                         "login=lan&password=sai&resume=note.write&kept.title=Nh%E1%BB%9B");
    has(reply, "name=\"kept.title\" value=\"Nhớ\"");
    reply =
        browser_post(&desk->b, "/login",
                     "login=lan&password=mat-khau-lan&resume=note.write&kept.title=Nh%E1%BB%9B");
    status_is(desk, reply, "200");
    has(reply, "name=\"title\" value=\"Nhớ\"");
    reply = browser_post(&desk->b, "/act/note.write", "title=Nh%E1%BB%9B");
    status_is(desk, reply, "303");
}

static void a_body_that_is_too_large_is_refused_in_words(void **state)
{
    struct desk *desk = *state;
    struct str headers = S("Content-Type: text/plain\r\n");
    char *body = arena_alloc(desk->t.arena, LIMIT_HTTP_BODY_BYTES + 1);
    struct str reply = browser_ask(&desk->b, "POST /login", headers.ptr,
                                   (struct str){body, LIMIT_HTTP_BODY_BYTES + 1});
    status_is(desk, reply, "413");
    has(reply, "Nội dung gửi lên lớn quá mức cho phép.");
    has(reply, "Content-Security-Policy: default-src 'none'");
}

static void a_change_begins_with_what_the_record_holds(void **state)
{
    struct desk *desk = *state;
    struct act_result note = t_act(&desk->t, "lan", "note.write", "{\"title\":\"Cũ\"}");
    browser_login(&desk->b, "lan");
    struct str target =
        str_format(desk->t.arena, "/act/note.change?record=%.*s", STR_ARG(note.record));
    struct str reply = browser_get(&desk->b, target.ptr);
    has(reply, "value=\"Cũ\"");
    has(reply, "name=\"seen\" value=\"1\"");
}

static void a_change_that_others_overtook_is_shown_again(void **state)
{
    struct desk *desk = *state;
    struct act_result note = t_act(&desk->t, "lan", "note.write", "{\"title\":\"Cũ\"}");
    browser_login(&desk->b, "lan");
    struct str change =
        str_format(desk->t.arena, "{\"record\":\"%.*s\",\"title\":\"Khác\"}", STR_ARG(note.record));
    (void)t_act(&desk->t, "lan", "note.change", change.ptr);
    struct str form =
        str_format(desk->t.arena, "record=%.*s&seen=1&title=T%%C3%%B4i", STR_ARG(note.record));
    struct str reply = browser_post(&desk->b, "/act/note.change", form.ptr);
    status_is(desk, reply, "412");
    has(reply, "value=\"Tôi\"");
}

static void an_act_whose_state_forbids_it_says_why(void **state)
{
    struct desk *desk = *state;
    struct act_result note = t_act(&desk->t, "lan", "note.write", "{\"title\":\"Xong\"}");
    struct str id = str_format(desk->t.arena, "{\"record\":\"%.*s\"}", STR_ARG(note.record));
    (void)t_act(&desk->t, "lan", "note.finish", id.ptr);
    browser_login(&desk->b, "lan");
    struct str target =
        str_format(desk->t.arena, "/view/note.show?record=%.*s", STR_ARG(note.record));
    struct str reply = browser_get(&desk->b, target.ptr);
    has(reply, "<b>Sửa, Kết thúc</b>: Ghi chú này đã kết thúc"); /* one reason, one line */
    lacks(reply, "href=\"/act/note.change");
}

static void the_rail_shows_only_what_the_person_may_use(void **state)
{
    struct desk *desk = *state;
    struct browser admin = browser_open(&desk->t);
    browser_login(&desk->b, "lan");
    browser_login(&admin, "admin");
    lacks(browser_get(&desk->b, "/you"), "href=\"/view/office.people\"");
    has(browser_get(&admin, "/you"), "href=\"/view/office.people\"");
    status_is(desk, browser_get(&desk->b, "/view/office.people"), "403");
}

static void an_unknown_record_and_a_hidden_one_answer_alike(void **state)
{
    struct desk *desk = *state;
    struct browser admin = browser_open(&desk->t);
    struct act_result note = t_act(&desk->t, "lan", "note.write", "{\"title\":\"Kín\"}");
    browser_login(&admin, "admin"); /* keeps accounts and reads no records */
    const char *record = str_zero(desk->t.arena, note.record);
    char *other = arena_copy(desk->t.arena, record, strlen(record));
    other[30] = other[30] == 'a' ? 'b' : 'a';
    struct str hidden = browser_get(&admin, str_format(desk->t.arena, "/record/%s", record).ptr);
    struct str none = browser_get(&admin, str_format(desk->t.arena, "/record/%s", other).ptr);
    status_is(desk, hidden, "404");
    assert_int_equal(hidden.len, none.len);
    /* the administrator may not look at notes at all; lan may, but not at what is not there */
    browser_login(&desk->b, "lan");
    hidden = browser_get(&desk->b,
                         str_format(desk->t.arena, "/events?view=note.show&record=%s", other).ptr);
    status_is(desk, hidden, "404");
}

static void events_need_a_session(void **state)
{
    struct desk *desk = *state;
    status_is(desk, browser_get(&desk->b, "/events?view=note.list"), "303");
    browser_login(&desk->b, "lan");
    struct str reply = browser_get(&desk->b, "/events?view=note.list");
    status_is(desk, reply, "200");
    text_is(desk, reply_header(&desk->t, reply, "Content-Type"),
            "text/event-stream; charset=utf-8");
    status_is(desk, browser_get(&desk->b, "/events?view=office.people"), "403");
    status_is(desk, browser_get(&desk->b, "/events"), "404");
}

static void assets_may_be_kept_for_ever_and_come_compressed(void **state)
{
    struct desk *desk = *state;
    const char *path = str_zero(desk->t.arena, asset_path(S("app.js")));
    struct str reply = browser_get(&desk->b, path);
    text_is(desk, reply_header(&desk->t, reply, "Cache-Control"),
            "public, max-age=31536000, immutable");
    text_is(desk, reply_header(&desk->t, reply, "Content-Type"), "text/javascript; charset=utf-8");
    reply = browser_ask(&desk->b, str_format(desk->t.arena, "GET %s", path).ptr,
                        "Accept-Encoding: gzip, br\r\n", (struct str){});
    text_is(desk, reply_header(&desk->t, reply, "Content-Encoding"), "gzip");
    int64_t size = 0;
    struct str length = reply_header(&desk->t, reply, "Content-Length");
    assert_true(parse_int(length, 1, 15 * 1024, &size)); /* the promise: 15 kB of script */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_not_logged_in_is_led_to_the_login_page_and_back),
        TEST(logging_in_never_leads_to_another_site),
        TEST(the_session_cookie_is_for_this_office_and_not_for_scripts),
        TEST(a_wrong_password_keeps_the_login_and_says_so),
        TEST(logging_out_ends_the_session),
        TEST(a_large_body_is_taken_only_from_who_has_logged_in),
        TEST(a_person_cannot_seal_a_file_that_is_not_his),
        TEST(a_changed_password_ends_the_other_sessions),
        TEST(a_password_changes_only_with_the_old_one_and_typed_twice),
        TEST(language_and_colours_are_kept_in_cookies),
        TEST(a_post_without_the_session_s_token_changes_nothing),
        TEST(a_post_from_another_site_changes_nothing),
        TEST(nothing_changes_by_get),
        TEST(every_answer_carries_the_policy),
        TEST(an_act_is_done_once_and_leads_to_its_record),
        TEST(a_refused_form_shows_problems_and_everything_typed),
        TEST(text_never_becomes_markup),
        TEST(what_was_typed_outlives_the_session),
        TEST(a_body_that_is_too_large_is_refused_in_words),
        TEST(a_change_begins_with_what_the_record_holds),
        TEST(a_change_that_others_overtook_is_shown_again),
        TEST(an_act_whose_state_forbids_it_says_why),
        TEST(the_rail_shows_only_what_the_person_may_use),
        TEST(an_unknown_record_and_a_hidden_one_answer_alike),
        TEST(events_need_a_session),
        TEST(assets_may_be_kept_for_ever_and_come_compressed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
