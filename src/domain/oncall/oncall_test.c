#include "oncall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "t.h"

/* Wednesday 25/11/2026. */
static int setup(void **state)
{
    struct t_office *t = calloc(1, sizeof *t);
    t_office_open(t, "VPCP");
    (void)t_person(t, "minh", ROLE_OFFICER);
    (void)t_person(t, "chanh", ROLE_CHIEF);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    t_office_close(*state);
    free(*state);
    return 0;
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static struct str add(struct t_office *t, const char *login, const char *from, const char *to)
{
    struct str json = str_format(t->arena,
                                 "{\"from\":\"%s\",\"to\":\"%s\",\"role\":\"registry\","
                                 "\"phone\":\"024 3804 0000\",\"note\":\"Gọi trước 22 giờ\"}",
                                 from, to);
    return t_act(t, login, "oncall.add", json.ptr).record;
}

static void whoever_is_on_call_stands_beside_the_urgent_work_that_day(void **state)
{
    struct t_office *t = *state;
    assert_true(contains(t_view(t, "minh", "today.today", "{}", NULL), "Chưa ghi người trực"));
    (void)add(t, "chanh", "2026-11-26", "2026-11-26");
    assert_true(contains(t_view(t, "minh", "today.today", "{}", NULL), "Chưa ghi người trực"));
    (void)add(t, "admin", "2026-11-25", "2026-11-25");
    struct str page = t_view(t, "minh", "today.today", "{}", NULL);
    assert_true(contains(page, "Văn thư: 024 3804 0000"));
    assert_true(contains(page, "Gọi trước 22 giờ"));
    t->now_ms += INT64_C(86400000);
    assert_true(contains(t_view(t, "minh", "today.today", "{}", NULL), "Văn thư: 024"));
    t->now_ms += INT64_C(86400000);
    assert_false(contains(t_view(t, "minh", "today.today", "{}", NULL), "Văn thư: 024"));
}

static void only_the_administrator_and_the_chief_write_the_list(void **state)
{
    struct t_office *t = *state;
    const char *json = "{\"from\":\"2026-11-25\",\"to\":\"2026-11-25\",\"role\":\"registry\","
                       "\"phone\":\"113\"}";
    assert_string_equal(t_refused(t, "minh", "oncall.add", json).ptr, "grant.role");
}

static void a_cancelled_duty_is_gone(void **state)
{
    struct t_office *t = *state;
    struct str record = add(t, "chanh", "2026-11-25", "2026-11-25");
    const char *json = str_format(t->arena, "{\"record\":\"%.*s\"}", STR_ARG(record)).ptr;
    (void)t_act(t, "admin", "oncall.cancel", json);
    assert_false(contains(t_view(t, "minh", "oncall.list", "{}", NULL), "024 3804 0000"));
    assert_string_equal(t_refused(t, "admin", "oncall.cancel", json).ptr, "oncall.cancelled");
}

static void what_is_no_duty_is_refused(void **state)
{
    struct t_office *t = *state;
    static const char *const CASES[][2] = {
        {"\"from\":\"2026-11-25\",\"to\":\"2026-11-25\",\"phone\":\"113\"", "oncall.nobody"},
        {"\"from\":\"2026-11-25\",\"to\":\"2026-11-24\",\"role\":\"chief\",\"phone\":\"113\"",
         "oncall.dates"},
        {"\"from\":\"2026-11-25\",\"to\":\"2027-11-26\",\"role\":\"chief\",\"phone\":\"113\"",
         "oncall.long"},
        {"\"from\":\"2026-11-25\",\"to\":\"2026-11-25\",\"role\":\"chief\",\"phone\":\"gọi tôi\"",
         "oncall.phone"},
        {"\"from\":\"2026-11-25\",\"to\":\"2026-11-25\",\"role\":\"chief\",\"phone\":\"++\"",
         "oncall.phone"},
    };
    for (size_t i = 0; i < ARRAY_LEN(CASES); i++) {
        const char *json = str_format(t->arena, "{%s}", CASES[i][0]).ptr;
        assert_string_equal(t_refused(t, "admin", "oncall.add", json).ptr, CASES[i][1]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whoever_is_on_call_stands_beside_the_urgent_work_that_day),
        TEST(only_the_administrator_and_the_chief_write_the_list),
        TEST(a_cancelled_duty_is_gone),
        TEST(what_is_no_duty_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
