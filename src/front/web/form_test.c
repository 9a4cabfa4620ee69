#include "front/web/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "browser.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

/* Forms with rows, boxes and files, on the act with the most of them: asking for opinions. */

struct desk {
    struct t_office t;
    struct t_office peer;
    struct browser b;
};

static int open_desk(void **state)
{
    struct desk *desk = test_malloc(sizeof *desk);
    t_office_open(&desk->t, "VPCP");
    t_office_open(&desk->peer, "VPQH");
    t_peers(&desk->t, &desk->peer);
    (void)t_person(&desk->t, "lan", ROLE_OFFICER | ROLE_CHIEF);
    (void)t_person(&desk->t, "minh", ROLE_OFFICER);
    desk->b = browser_open(&desk->t);
    browser_login(&desk->b, "lan");
    (void)browser_get(&desk->b, "/act/consultation.ask");
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    t_office_close(&desk->peer);
    test_free(desk);
    return 0;
}

static void has(struct str reply, const char *text)
{
    if (!reply_has(reply, text)) print_error("not there: %s\n%.*s\n", text, STR_ARG(reply));
    assert_true(reply_has(reply, text));
}

static void status_is(struct desk *desk, struct str reply, const char *status)
{
    assert_string_equal(str_zero(desk->t.arena, reply_status(reply)), status);
}

static const char *const NO_FIELDS[] = {NULL};

static void rows_are_added_and_dropped_without_the_script(void **state)
{
    struct desk *desk = *state;
    struct str reply =
        browser_post(&desk->b, "/act/consultation.ask",
                     "asked_bodies.0.name=A&asked_bodies.1.name=B&do=add:asked_bodies");
    status_is(desk, reply, "200");
    has(reply, "name=\"asked_bodies.2.name\" value=\"\"");
    reply = browser_post(
        &desk->b, "/act/consultation.ask",
        "asked_bodies.0.name=A&asked_bodies.1.name=B&asked_bodies.2.name=C&do=drop:asked_bodies.1");
    has(reply, "name=\"asked_bodies.0.name\" value=\"A\"");
    has(reply, "name=\"asked_bodies.1.name\" value=\"C\"");
    assert_false(reply_has(reply, "name=\"asked_bodies.2.name\""));
}

static void blank_rows_are_left_out(void **state)
{
    struct desk *desk = *state;
    struct str reply = browser_post(&desk->b, "/act/consultation.ask",
                                    "asked_bodies.0.name=&asked_bodies.5.name=B&do=run");
    status_is(desk, reply, "422"); /* the subject is missing */
    has(reply, "name=\"asked_bodies.0.name\" value=\"B\"");
}

/* What a choice says from the beginning keeps no row. */
static void a_row_with_nothing_but_a_choice_is_blank(void **state)
{
    struct desk *desk = *state;
    struct str reply =
        browser_post(&desk->b, "/act/consultation.draft",
                     "points.0.level=should&points.1.level=should&points.1.text=Bỏ&do=run");
    status_is(desk, reply, "422"); /* the record is missing */
    has(reply, "name=\"points.0.level\" value=\"should\" checked");
    has(reply, "Bỏ</textarea>");
    assert_false(reply_has(reply, "name=\"points.1.text\""));
}

static void a_text_that_is_too_long_hears_its_limit(void **state)
{
    struct desk *desk = *state;
    char subject[600] = "do=run&subject=";
    for (size_t i = strlen(subject); i < sizeof subject - 1; i++)
        subject[i] = 'a';
    struct str reply = browser_post(&desk->b, "/act/consultation.ask", subject);
    status_is(desk, reply, "422");
    has(reply, "Nội dung dài quá 500 byte");
}

static void offices_are_boxes_that_stay_ticked(void **state)
{
    struct desk *desk = *state;
    struct str form =
        str_format(desk->t.arena, "asked.0.office=%.*s&do=run", STR_ARG(desk->peer.office.id));
    struct str reply = browser_post(&desk->b, "/act/consultation.ask", form.ptr);
    struct str box = str_format(desk->t.arena, "value=\"%.*s\" checked> Văn phòng VPQH (VPQH)",
                                STR_ARG(desk->peer.office.id));
    has(reply, box.ptr);
}

static void an_uploaded_file_outlives_a_refused_form(void **state)
{
    struct desk *desk = *state;
    struct str reply = browser_upload(&desk->b, "/act/consultation.ask", NO_FIELDS, "files",
                                      "Dự thảo.txt", "Điều 1.\n");
    status_is(desk, reply, "422");
    struct str keep = reply_between(reply, "name=\"files.0.keep\" value=\"", "\"");
    assert_true(str_ends(keep, S(" 11 text/plain Dự thảo.txt")));
    has(reply, "Dự thảo.txt <span class=\"quiet\">11 B</span>");
}

/* A whole request by form; returns its page's address. */
static struct str ask(struct desk *desk)
{
    const char *office = str_zero(desk->t.arena, desk->peer.office.id);
    const char *const fields[] = {"subject",        "Dự thảo", "days", "5",   "urgency", "normal",
                                  "asked.0.office", office,    "do",   "run", NULL};
    struct str reply = browser_upload(&desk->b, "/act/consultation.ask", fields, "files",
                                      "C:\\Dự %22thảo%22.txt", "Điều 1.\n");
    struct str place = reply_header(&desk->t, reply, "Location");
    if (place.len == 0) print_error("%.*s\n", STR_ARG(reply));
    assert_true(str_starts(place, S("/view/consultation.show?record=")));
    return place;
}

static void a_file_is_sent_to_who_may_see_its_record(void **state)
{
    struct desk *desk = *state;
    struct str place = ask(desk);
    struct str page = browser_get(&desk->b, str_zero(desk->t.arena, place));
    struct str path = reply_between(page, "href=\"/file/", "\"");
    struct str target = str_format(desk->t.arena, "/file/%.*s", STR_ARG(path));
    struct str reply = browser_get(&desk->b, target.ptr);
    status_is(desk, reply, "200");
    assert_true(str_ends(reply, S("Điều 1.\n")));
    has(reply, "Content-Security-Policy: sandbox; default-src 'none'\r\n");
    has(reply, "filename*=UTF-8''D%E1%BB%B1%20%22th%E1%BA%A3o%22.txt\r\n");
    struct browser admin = browser_open(&desk->t);
    browser_login(&admin, "admin"); /* keeps accounts and reads no records */
    status_is(desk, browser_get(&admin, target.ptr), "404");
}

static void a_file_is_sent_only_with_a_record_that_names_it(void **state)
{
    struct desk *desk = *state;
    struct str place = ask(desk);
    struct str other = t_file(&desk->t, "của người khác");
    struct str record = reply_between(place, "record=", "&");
    struct str target =
        str_format(desk->t.arena, "/file/%.*s/%.*s", STR_ARG(record), STR_ARG(other));
    status_is(desk, browser_get(&desk->b, target.ptr), "404");
}

static void nobody_names_a_file_he_has_not_uploaded(void **state)
{
    struct desk *desk = *state;
    struct str root = t_file(&desk->t, "của người khác");
    struct str form = str_format(desk->t.arena, "files.0.keep=%.*s+%.*s+16+text/plain+x.txt&do=run",
                                 STR_ARG(str_sub(root, 0, 32)), STR_ARG(root));
    struct str reply = browser_post(&desk->b, "/act/consultation.ask", form.ptr);
    status_is(desk, reply, "422");
    assert_false(reply_has(reply, "files.0.keep"));
    /* nor one that another session has uploaded */
    struct browser other = browser_open(&desk->t);
    browser_login(&other, "minh");
    (void)browser_get(&other, "/act/consultation.ask");
    reply = browser_upload(&other, "/act/consultation.ask", NO_FIELDS, "files", "x.txt", "abc");
    struct str keep = reply_between(reply, "name=\"files.0.keep\" value=\"", "\"");
    assert_true(keep.len > 100);
    form = str_format(desk->t.arena, "files.0.keep=%.*s&do=run", STR_ARG(keep));
    reply = browser_post(&desk->b, "/act/consultation.ask", form.ptr);
    assert_false(reply_has(reply, "files.0.keep"));
}

static void a_preview_says_what_the_act_would_mean(void **state)
{
    struct desk *desk = *state;
    struct str reply = browser_post(&desk->b, "/act/consultation.ask", "days=5&do=preview");
    status_is(desk, reply, "200");
    has(reply, "thứ\u00a0Tư\u00a002/12/2026 17:00");
    has(reply, "từ thứ Bảy 28/11/2026 đến Chủ nhật 29/11/2026: ngày nghỉ hằng tuần");
    reply = browser_post(&desk->b, "/act/consultation.ask", "days=x&do=preview");
    has(reply, "Nhập đủ các ô phía trên");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_are_added_and_dropped_without_the_script),
        TEST(blank_rows_are_left_out),
        TEST(a_row_with_nothing_but_a_choice_is_blank),
        TEST(a_text_that_is_too_long_hears_its_limit),
        TEST(offices_are_boxes_that_stay_ticked),
        TEST(an_uploaded_file_outlives_a_refused_form),
        TEST(a_file_is_sent_to_who_may_see_its_record),
        TEST(a_file_is_sent_only_with_a_record_that_names_it),
        TEST(nobody_names_a_file_he_has_not_uploaded),
        TEST(a_preview_says_what_the_act_would_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
