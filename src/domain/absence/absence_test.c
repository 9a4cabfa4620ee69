#include "absence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "base/time.h"
#include "core/check.h"
#include "core/office.h"
#include "t.h"

/* Wednesday 25/11/2026. Minh will be away; Lan stands in. */
struct desk {
    struct t_office t;
    struct str minh;
    struct str lan;
    struct str hoa;
    struct t_owed owed;
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct t_office *t = &desk->t;
    t_office_open(t, "VPCP");
    desk->minh = t_person(t, "minh", ROLE_OFFICER);
    desk->lan = t_person(t, "lan", ROLE_OFFICER);
    desk->hoa = t_person(t, "hoa", ROLE_OFFICER);
    (void)t_person(t, "chanh", ROLE_CHIEF);
    struct str unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Giao ban\"}").record;
    desk->owed = (struct t_owed){.about = unit,
                                 .owner = str_format(t->arena, "p:%.*s", STR_ARG(desk->minh)).ptr,
                                 .key = "1",
                                 .title = "Soạn báo cáo"};
    t_owe(t, &desk->owed);
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    free(desk);
    return 0;
}

static const char *plan(struct desk *desk, struct str person, struct str delegate, const char *days)
{
    return str_format(desk->t.arena, "{\"person\":\"%.*s\",\"delegate\":\"%.*s\",%s}",
                      STR_ARG(person), STR_ARG(delegate), days)
        .ptr;
}

#define FROM_TOMORROW "\"from\":\"2026-11-26\",\"to\":\"2026-11-27\""

static struct str away(struct desk *desk, struct str person, struct str delegate)
{
    return t_act(&desk->t, "chanh", "absence.plan", plan(desk, person, delegate, FROM_TOMORROW))
        .record;
}

static struct str today(struct desk *desk, const char *login)
{
    return t_view(&desk->t, login, "today.today", "{}", NULL);
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static void day_is(struct desk *desk, const char *day)
{
    int64_t number = 0;
    assert_true(time_parse_day(str_of(day), &number));
    desk->t.now_ms = time_hanoi_midnight_ms(number) + 60 * 1000;
}

static void the_delegate_has_the_work_from_the_first_day_to_the_end_of_the_last(void **state)
{
    struct desk *desk = *state;
    (void)away(desk, desk->minh, desk->lan);
    assert_false(contains(today(desk, "lan"), "Soạn báo cáo"));
    day_is(desk, "2026-11-26");
    assert_true(contains(today(desk, "lan"), "Soạn báo cáo"));
    assert_true(contains(today(desk, "lan"), "Thay Chức danh minh"));
    assert_true(contains(today(desk, "minh"), "Soạn báo cáo")); /* still the own work */
    assert_false(contains(today(desk, "hoa"), "Soạn báo cáo"));
    day_is(desk, "2026-11-27");
    assert_true(contains(today(desk, "lan"), "Soạn báo cáo"));
    day_is(desk, "2026-11-28");
    assert_false(contains(today(desk, "lan"), "Soạn báo cáo"));
}

static void a_cancelled_absence_ends_at_once(void **state)
{
    struct desk *desk = *state;
    struct str record = away(desk, desk->minh, desk->lan);
    day_is(desk, "2026-11-26");
    (void)t_act(&desk->t, "minh", "absence.cancel",
                str_format(desk->t.arena, "{\"record\":\"%.*s\"}", STR_ARG(record)).ptr);
    assert_false(contains(today(desk, "lan"), "Soạn báo cáo"));
}

static void a_delegate_who_is_away_too_passes_on(void **state)
{
    struct desk *desk = *state;
    (void)away(desk, desk->minh, desk->lan);
    (void)away(desk, desk->lan, desk->hoa);
    day_is(desk, "2026-11-26");
    assert_true(contains(today(desk, "hoa"), "Thay Chức danh minh"));
}

static void the_delegate_may_do_what_was_assigned(void **state)
{
    struct desk *desk = *state;
    (void)away(desk, desk->minh, desk->lan);
    day_is(desk, "2026-11-26");
    struct call c = t_call(&desk->t, "lan");
    assert_int_equal(c.who.stands_for_count, 1);
    assert_true(str_eq(c.who.stands_for[0], desk->minh));
    call_end(&c);
}

static void two_who_replace_each_other_do_not_go_in_circles(void **state)
{
    struct desk *desk = *state;
    (void)away(desk, desk->minh, desk->lan);
    (void)away(desk, desk->lan, desk->minh);
    day_is(desk, "2026-11-26");
    struct call c = t_call(&desk->t, "lan");
    assert_int_equal(c.who.stands_for_count, 1);
    call_end(&c);
}

static void role_work_is_not_touched(void **state)
{
    struct desk *desk = *state;
    struct t_owed role = desk->owed;
    role.owner = "r:chief";
    role.key = "2";
    role.title = "Ký công văn";
    t_owe(&desk->t, &role);
    struct call c = t_call(&desk->t, "chanh");
    struct str chief = str_copy(desk->t.arena, c.who.person);
    call_end(&c);
    (void)away(desk, chief, desk->lan);
    day_is(desk, "2026-11-26");
    assert_false(contains(today(desk, "lan"), "Ký công văn"));
    assert_true(contains(today(desk, "chanh"), "Ký công văn"));
}

static void what_does_not_fit_is_refused(void **state)
{
    struct desk *desk = *state;
    const struct {
        const char *login;
        const char *json;
        const char *reason;
    } cases[] = {
        {"lan", plan(desk, desk->minh, desk->lan, FROM_TOMORROW), "absence.not_yours"},
        {"minh", plan(desk, desk->minh, desk->minh, FROM_TOMORROW), "absence.self"},
        {"minh", plan(desk, desk->minh, desk->lan, "\"from\":\"2026-11-27\",\"to\":\"2026-11-26\""),
         "absence.dates"},
        {"minh", plan(desk, desk->minh, desk->lan, "\"from\":\"2026-11-20\",\"to\":\"2026-11-24\""),
         "absence.past"},
        {"minh", plan(desk, desk->minh, desk->lan, "\"from\":\"2026-11-26\",\"to\":\"2027-11-27\""),
         "absence.long"},
        {"minh", plan(desk, desk->minh, desk->t.office.id, FROM_TOMORROW), "field.type"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str reason = t_refused(&desk->t, cases[i].login, "absence.plan", cases[i].json);
        assert_string_equal(reason.ptr, cases[i].reason);
    }
    (void)away(desk, desk->minh, desk->lan);
    assert_string_equal(t_refused(&desk->t, "minh", "absence.plan",
                                  plan(desk, desk->minh, desk->hoa, FROM_TOMORROW))
                            .ptr,
                        "absence.overlap");
}

/* More than a delegate's list of parties holds is refused, not silently forgotten. */
static void a_delegate_stands_in_for_so_many(void **state)
{
    struct desk *desk = *state;
    for (size_t i = 0; i < STANDS_FOR_MAX; i++) {
        struct str person =
            t_person(&desk->t, str_format(desk->t.arena, "nguoi%zu", i).ptr, ROLE_OFFICER);
        (void)away(desk, person, desk->lan);
    }
    assert_string_equal(t_refused(&desk->t, "minh", "absence.plan",
                                  plan(desk, desk->minh, desk->lan, FROM_TOMORROW))
                            .ptr,
                        "absence.delegate");
}

static void everybody_sees_who_is_away(void **state)
{
    struct desk *desk = *state;
    (void)away(desk, desk->minh, desk->lan);
    assert_true(contains(t_view(&desk->t, "hoa", "absence.list", "{}", NULL), "Sắp vắng"));
    day_is(desk, "2026-11-26");
    assert_true(contains(t_view(&desk->t, "hoa", "absence.list", "{}", NULL), "Đang vắng"));
    assert_true(contains(today(desk, "hoa"), "Chức danh minh, người thay: Chức danh lan"));
}

static void the_stand_ins_are_made_anew_alike(void **state)
{
    struct desk *desk = *state;
    t_settle(&desk->t, &desk->owed);
    (void)away(desk, desk->minh, desk->lan);
    struct call c = t_call(&desk->t, "admin");
    struct node *report = node_map(&c);
    struct sb sb = sb_new(c.arena, 0);
    assert_int_equal(check_office(&c, NULL, report), OK);
    node_json(&sb, report);
    assert_false(contains(sb_str(&sb), "stand_in "));
    call_end(&c);
}

static enum err forget_edition(struct call *c, void *arg)
{
    (void)arg;
    return store_exec(c, "DELETE FROM projection WHERE name = 'obligation.edition'", NO_ARGS, NULL);
}

/* A program that learned to tell more makes obligations anew when it starts. */
static void an_office_with_absences_starts_with_a_newer_program(void **state)
{
    struct desk *desk = *state;
    (void)away(desk, desk->minh, desk->lan);
    struct call c = t_call(&desk->t, NULL);
    assert_int_equal(store_tx(&c, forget_edition, NULL), OK);
    call_end(&c);
    c = t_call(&desk->t, NULL);
    assert_int_equal(office_remake(&c), OK);
    call_end(&c);
    day_is(desk, "2026-11-26");
    c = t_call(&desk->t, "lan");
    assert_int_equal(c.who.stands_for_count, 1);
    call_end(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_delegate_has_the_work_from_the_first_day_to_the_end_of_the_last),
        TEST(a_cancelled_absence_ends_at_once),
        TEST(a_delegate_who_is_away_too_passes_on),
        TEST(the_delegate_may_do_what_was_assigned),
        TEST(two_who_replace_each_other_do_not_go_in_circles),
        TEST(role_work_is_not_touched),
        TEST(what_does_not_fit_is_refused),
        TEST(a_delegate_stands_in_for_so_many),
        TEST(everybody_sees_who_is_away),
        TEST(the_stand_ins_are_made_anew_alike),
        TEST(an_office_with_absences_starts_with_a_newer_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
