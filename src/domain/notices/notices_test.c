/* What people choose and see of notices, on a real database. */
#include "core/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/check.h"
#include "t.h"

static int setup(void **state)
{
    struct t_office *t = calloc(1, sizeof *t);
    t_office_open(t, "VPCP");
    (void)t_person(t, "minh", ROLE_OFFICER);
    (void)t_person(t, "lan", ROLE_REGISTRY);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    t_office_close(*state);
    free(*state);
    return 0;
}

struct asking {
    struct str person;
    struct notice_rules rules;
};

static enum err rules_step(struct call *c, void *arg)
{
    struct asking *a = arg;
    return notice_rules_of(c, a->person, &a->rules);
}

static struct notice_rules rules_of(struct t_office *t, const char *login)
{
    struct call c = t_call(t, login);
    struct asking a = {.person = c.who.person};
    assert_int_equal(store_read(&c, rules_step, &a), OK);
    call_end(&c);
    return a.rules;
}

static enum err tell_step(struct call *c, void *arg)
{
    struct notice n = {.about = c->who.person,
                       .what = S("consultation.reminder"),
                       .key = str_of(arg),
                       .step = S("told"),
                       .title = S("Dự thảo Luật")};
    return notice_tell_person(c, c->who.person, &n);
}

static void tell(struct t_office *t, const char *login, const char *key)
{
    struct call c = t_call(t, login);
    char copy[16] = {};
    for (size_t i = 0; key[i] != 0 && i + 1 < sizeof copy; i++)
        copy[i] = key[i];
    assert_int_equal(store_tx(&c, tell_step, copy), OK);
    call_end(&c);
}

static struct str list_of(struct t_office *t, const char *login)
{
    struct call c = t_call(t, login);
    const struct field_table *table = module_view(S("notices.list"))->args;
    void *args = arena_alloc(c.arena, table->size);
    struct view view = {};
    struct sb sb = sb_new(t->arena, 0);
    assert_int_equal(view_run(&c, S("notices.list"), args, &view), OK);
    node_json(&sb, view.data);
    call_end(&c);
    return sb_str(&sb);
}

static enum err unread_step(struct call *c, void *arg)
{
    return notice_unread(c, arg);
}

static int64_t unread_of(struct t_office *t, const char *login)
{
    struct call c = t_call(t, login);
    int64_t count = 0;
    assert_int_equal(store_read(&c, unread_step, &count), OK);
    call_end(&c);
    return count;
}

static bool holds(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static void where_nobody_said_anything_the_defaults_hold(void **state)
{
    struct notice_rules r = rules_of(*state, "minh");
    assert_int_equal(r.how[NOTICE_MAIL], NOTICE_EACH);
    assert_int_equal(r.how[NOTICE_SMS], NOTICE_NEVER);
    assert_int_equal(r.quiet_from, NOTICE_DEFAULT.quiet_from);
    assert_int_equal(r.passes, 3);
}

static void the_person_stands_over_the_office_and_the_office_over_the_defaults(void **state)
{
    (void)t_act(*state, "admin", "notices.set_office",
                "{\"mail\":\"bulletin\",\"quiet_from\":\"18:00\",\"quiet_to\":\"06:30\","
                "\"daily\":5,\"passes\":\"high\",\"no_titles\":true}");
    (void)t_act(*state, "minh", "notices.set", "{\"mail\":\"each\",\"sms\":\"bulletin\"}");
    struct notice_rules minh = rules_of(*state, "minh");
    struct notice_rules lan = rules_of(*state, "lan");
    assert_int_equal(minh.how[NOTICE_MAIL], NOTICE_EACH);
    assert_int_equal(minh.how[NOTICE_SMS], NOTICE_BULLETIN);
    assert_int_equal(lan.how[NOTICE_MAIL], NOTICE_BULLETIN);
    assert_int_equal(minh.quiet_from, 18 * 60);
    assert_int_equal(minh.quiet_to, 6 * 60 + 30);
    assert_int_equal(lan.passes, 2);
    assert_false(lan.titles);
}

static void nobody_gets_more_single_ones_than_the_office_allows(void **state)
{
    (void)t_act(*state, "admin", "notices.set_office", "{\"daily\":5}");
    (void)t_act(*state, "minh", "notices.set", "{\"daily\":50}");
    assert_int_equal(rules_of(*state, "minh").daily, 5);
    (void)t_act(*state, "minh", "notices.set", "{\"daily\":2}");
    assert_int_equal(rules_of(*state, "minh").daily, 2);
}

static void a_choice_is_changed_not_added(void **state)
{
    struct act_result first = t_act(*state, "minh", "notices.set", "{\"mail\":\"never\"}");
    struct act_result second = t_act(*state, "minh", "notices.set", "{\"mail\":\"each\"}");
    assert_true(str_eq(first.record, second.record));
    assert_int_equal(second.n, 2);
}

static void a_time_that_is_none_is_refused(void **state)
{
    static const char *const BAD[] = {"24:00", "7:30", "07.30", "07:60", "aa:bb", "-1:00"};
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct t_office *t = *state;
        const char *json =
            str_format(t->arena, "{\"quiet_from\":\"%s\",\"quiet_to\":\"07:30\"}", BAD[i]).ptr;
        assert_string_equal(t_refused(t, "minh", "notices.set", json).ptr, "notices.time");
    }
    assert_string_equal(t_refused(*state, "minh", "notices.set", "{\"quiet_from\":\"18:00\"}").ptr,
                        "notices.both_times");
}

static void only_the_administrator_speaks_for_the_office(void **state)
{
    assert_string_equal(t_refused(*state, "minh", "notices.set_office", "{}").ptr, "grant.role");
}

static void a_notice_stands_on_the_page_until_it_is_seen(void **state)
{
    tell(*state, "minh", "a");
    tell(*state, "minh", "b");
    tell(*state, "minh", "b"); /* told once */
    assert_int_equal(unread_of(*state, "minh"), 2);
    assert_true(holds(list_of(*state, "minh"), "Dự thảo Luật"));
    assert_false(holds(list_of(*state, "lan"), "Dự thảo Luật"));
    (void)t_act(*state, "minh", "notices.read", "{\"upto\":1000000}");
    assert_int_equal(unread_of(*state, "minh"), 0);
    assert_true(holds(list_of(*state, "minh"), "Dự thảo Luật"));
}

static void nobody_marks_what_is_anothers(void **state)
{
    tell(*state, "minh", "a");
    (void)t_act(*state, "lan", "notices.read", "{\"upto\":1000000}");
    assert_int_equal(unread_of(*state, "minh"), 1);
}

static void choices_are_rebuilt_from_their_records(void **state)
{
    struct t_office *t = *state;
    (void)t_act(t, "admin", "notices.set_office", "{\"daily\":5}");
    (void)t_act(t, "minh", "notices.set", "{\"daily\":2}");
    struct call c = t_call(t, NULL);
    struct node *report = node_map(&c);
    assert_int_equal(check_office(&c, NULL, report), OK);
    assert_int_equal(node_number(report, "equal"), 1);
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(where_nobody_said_anything_the_defaults_hold, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            the_person_stands_over_the_office_and_the_office_over_the_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_gets_more_single_ones_than_the_office_allows, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_choice_is_changed_not_added, setup, teardown),
        cmocka_unit_test_setup_teardown(a_time_that_is_none_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_administrator_speaks_for_the_office, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_notice_stands_on_the_page_until_it_is_seen, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nobody_marks_what_is_anothers, setup, teardown),
        cmocka_unit_test_setup_teardown(choices_are_rebuilt_from_their_records, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
