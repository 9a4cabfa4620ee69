#include "front/web/page.h"

#include <setjmp.h>
#include <stdarg.h>

#include "browser.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

/* Whole pages against test/golden/pages. UPDATE=1 writes them anew; then read the difference. */

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
    desk->b = browser_open(&desk->t);
    browser_login(&desk->b, "lan");
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

static void the_login_page_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    struct browser nobody = browser_open(&desk->t);
    reply_is_golden(&desk->t, browser_get(&nobody, "/login"), "login.html");
}

static void an_empty_today_page_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    reply_is_golden(&desk->t, browser_get(&desk->b, "/view/today.today"), "today.html");
}

static void a_list_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    (void)t_act(&desk->t, "lan", "note.write", "{\"title\":\"Giao ban tuần 48\"}");
    reply_is_golden(&desk->t, browser_get(&desk->b, "/view/note.list"), "list.html");
}

static void a_record_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    struct act_result note = t_act(&desk->t, "lan", "note.write",
                                   "{\"title\":\"Giao ban tuần 48\",\"text\":\"Gửi tài liệu.\"}");
    struct str target =
        str_format(desk->t.arena, "/view/note.show?record=%.*s", STR_ARG(note.record));
    reply_is_golden(&desk->t, browser_get(&desk->b, target.ptr), "record.html");
}

static void a_form_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    reply_is_golden(&desk->t, browser_get(&desk->b, "/act/consultation.ask"), "form.html");
}

static void a_refused_form_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    (void)browser_get(&desk->b, "/act/note.write");
    struct str reply = browser_post(&desk->b, "/act/note.write", "title=&text=abc&do=run");
    reply_is_golden(&desk->t, reply, "refused.html");
}

static void the_error_page_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    reply_is_golden(&desk->t, browser_get(&desk->b, "/nix"), "error.html");
}

static void the_person_s_page_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    reply_is_golden(&desk->t, browser_get(&desk->b, "/you"), "you.html");
}

static void the_keys_page_is_as_agreed(void **state)
{
    struct desk *desk = *state;
    reply_is_golden(&desk->t, browser_get(&desk->b, "/keys"), "keys.html");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_login_page_is_as_agreed), TEST(an_empty_today_page_is_as_agreed),
        TEST(a_list_is_as_agreed),         TEST(a_record_is_as_agreed),
        TEST(a_form_is_as_agreed),         TEST(a_refused_form_is_as_agreed),
        TEST(the_error_page_is_as_agreed), TEST(the_person_s_page_is_as_agreed),
        TEST(the_keys_page_is_as_agreed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
