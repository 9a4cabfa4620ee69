/* Đôn đốc: whom the asker may urge, and how often. That it arrives is in test/e2e/mail_e2e.py. */
#include "consultation.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "t.h"

struct pair {
    struct t_office asker;
    struct t_office giver;
    struct str request;
};

static int setup(void **state)
{
    struct pair *p = calloc(1, sizeof *p);
    t_office_open(&p->asker, "VPCP");
    t_office_open(&p->giver, "VPQH");
    t_peers(&p->asker, &p->giver);
    (void)t_person(&p->asker, "minh", ROLE_OFFICER);
    (void)t_person(&p->asker, "lan", ROLE_REGISTRY);
    p->request = t_act(&p->asker, "minh", "consultation.ask",
                       str_format(p->asker.arena,
                                  "{\"subject\":\"Dự thảo\",\"days\":5,\"urgency\":\"normal\","
                                  "\"asked\":[{\"office\":\"%.*s\"}]}",
                                  STR_ARG(p->giver.office.id))
                           .ptr)
                     .record;
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    t_office_close(&p->asker);
    t_office_close(&p->giver);
    free(p);
    return 0;
}

static const char *about(struct pair *p, const char *more)
{
    return str_format(p->asker.arena, "{\"record\":\"%.*s\"%s}", STR_ARG(p->request), more).ptr;
}

static void an_office_is_urged_once_a_day(void **state)
{
    struct pair *p = *state;
    struct act_result first = t_act(&p->asker, "minh", "consultation.remind", about(p, ""));
    assert_true(first.record.len > 0);
    assert_string_equal(t_refused(&p->asker, "minh", "consultation.remind", about(p, "")).ptr,
                        "consultation.urged_today");
    p->asker.now_ms += TIME_DAY_MS;
    struct act_result second = t_act(&p->asker, "minh", "consultation.remind", about(p, ""));
    assert_false(str_eq(first.record, second.record));
}

static void an_office_that_was_not_asked_is_not_urged(void **state)
{
    struct pair *p = *state;
    const char *more =
        str_format(p->asker.arena, ",\"office\":\"%.*s\"", STR_ARG(p->asker.office.id)).ptr;
    assert_string_equal(t_refused(&p->asker, "minh", "consultation.remind", about(p, more)).ptr,
                        "consultation.nobody_silent");
}

static void nobody_is_urged_after_the_round(void **state)
{
    struct pair *p = *state;
    (void)t_act(&p->asker, "minh", "consultation.close", about(p, ""));
    assert_string_equal(t_refused(&p->asker, "minh", "consultation.remind", about(p, "")).ptr,
                        "consultation.closed");
}

static void the_registry_does_not_urge(void **state)
{
    struct pair *p = *state;
    assert_string_equal(t_refused(&p->asker, "lan", "consultation.remind", about(p, "")).ptr,
                        "grant.role");
}

static void the_askers_page_shows_when_and_with_what_words(void **state)
{
    struct pair *p = *state;
    (void)t_act(&p->asker, "minh", "consultation.remind", about(p, ",\"text\":\"Sắp đến hạn\""));
    struct call c = t_call(&p->asker, "minh");
    struct consultation_record_input args = {.record = p->request};
    struct view view = {};
    struct sb sb = sb_new(c.arena, 0);
    assert_int_equal(view_run(&c, S("consultation.show"), &args, &view), OK);
    node_json(&sb, view.data);
    struct str page = sb_str(&sb);
    assert_true(str_find(page, S("Sắp đến hạn"), 0) < page.len);
    assert_true(str_find(page, S("25/11/2026 09:00"), 0) < page.len);
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_office_is_urged_once_a_day, setup, teardown),
        cmocka_unit_test_setup_teardown(an_office_that_was_not_asked_is_not_urged, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_is_urged_after_the_round, setup, teardown),
        cmocka_unit_test_setup_teardown(the_registry_does_not_urge, setup, teardown),
        cmocka_unit_test_setup_teardown(the_askers_page_shows_when_and_with_what_words, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
