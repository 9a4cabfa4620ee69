#include "duedates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "base/time.h"
#include "t.h"

/* Wednesday 25/11/2026 09:00. */
struct desk {
    struct t_office t;
    struct str minh;
    struct str unit;
    size_t count;
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    t_office_open(&desk->t, "VPCP");
    desk->minh = t_person(&desk->t, "minh", ROLE_OFFICER);
    (void)t_person(&desk->t, "chanh", ROLE_CHIEF);
    desk->unit = t_act(&desk->t, "admin", "office.add_unit", "{\"name\":\"Dự thảo\"}").record;
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

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

/* Work of Minh due at 17:00 of that day; day NULL: without a date. */
static void owe(struct desk *desk, const char *day, const char *title)
{
    int64_t number = 0;
    struct arena *arena = desk->t.arena;
    if (day != NULL) assert_true(time_parse_day(str_of(day), &number));
    struct t_owed owed = {
        .about = desk->unit,
        .owner = str_format(arena, "p:%.*s", STR_ARG(desk->minh)).ptr,
        .key = str_format(arena, "%zu", desk->count++).ptr,
        .title = title,
        .due_ms = day == NULL ? 0 : time_hanoi_midnight_ms(number) + (int64_t)17 * 3600 * 1000,
    };
    t_owe(&desk->t, &owed);
}

static struct str month(struct desk *desk, const char *login, const char *json)
{
    return t_view(&desk->t, login, "duedates.month", json, NULL);
}

static void work_stands_on_its_day_and_nowhere_else(void **state)
{
    struct desk *desk = *state;
    owe(desk, "2026-11-30", "Việc cuối tháng");
    owe(desk, "2026-12-20", "Việc tháng sau");
    struct str text = month(desk, "minh", "{}");
    struct str after = str_sub(text, str_find(text, S("30/11/2026"), 0), text.len);
    size_t at = str_find(after, S("Việc cuối tháng"), 0);
    assert_true(at < str_find(after, S("01/12/2026"), 0));
    assert_false(contains(text, "Việc tháng sau"));
    assert_true(contains(month(desk, "minh", "{\"day\":\"2026-12-01\"}"), "Việc tháng sau"));
    assert_true(
        contains(t_view(&desk->t, "minh", "duedates.week", "{\"day\":\"2026-12-06\"}", NULL),
                 "30/11/2026")); /* the week begins on Monday */
}

static void a_month_has_whole_weeks(void **state)
{
    static const struct {
        const char *day;
        size_t weeks;
    } MONTHS[] = {{"2026-11-25", 6}, {"2027-02-10", 4}, {"2026-08-01", 6}, {"2028-02-29", 5}};
    for (size_t i = 0; i < ARRAY_LEN(MONTHS); i++) {
        const char *json =
            str_format(((struct desk *)*state)->t.arena, "{\"day\":\"%s\"}", MONTHS[i].day).ptr;
        struct str text = month(*state, "minh", json);
        size_t weeks = 0;
        for (size_t at = str_find(text, S("\"days\""), 0); at < text.len; weeks++)
            at = str_find(text, S("\"days\""), at + 1);
        assert_int_equal(weeks, MONTHS[i].weeks);
    }
}

static void a_day_off_says_why(void **state)
{
    struct str text = month(*state, "minh", "{\"day\":\"2027-02-06\"}");
    assert_true(contains(text, "Tết Nguyên đán"));
    assert_true(contains(month(*state, "minh", "{\"day\":\"2026-09-02\"}"), "Quốc khánh"));
}

static void a_full_day_shows_three_and_leads_to_the_rest(void **state)
{
    struct desk *desk = *state;
    for (size_t i = 0; i < 5; i++)
        owe(desk, "2026-11-27", "Việc");
    struct str text = month(desk, "minh", "{}");
    assert_true(contains(text, "và 2 việc nữa"));
    assert_true(contains(text, "cell=open&mine=on&from=27/11/2026&to=27/11/2026"));
    struct str list = t_view(&desk->t, "minh", "today.items",
                             "{\"mine\":true,\"from\":\"2026-11-27\",\"to\":\"2026-11-27\"}", NULL);
    size_t rows = 0;
    for (size_t at = str_find(list, S("\"record\""), 0); at < list.len; rows++)
        at = str_find(list, S("\"record\""), at + 1);
    assert_int_equal(rows, 5);
}

static void others_work_shows_only_when_asked_for(void **state)
{
    struct desk *desk = *state;
    owe(desk, "2026-11-27", "Việc của Minh");
    assert_false(contains(month(desk, "chanh", "{}"), "Việc của Minh"));
    assert_true(contains(month(desk, "chanh", "{\"whose\":\"all\"}"), "Việc của Minh"));
}

/* Overdue, this week, next week, undated: each number is that of its list. */
static void the_load_counts_by_week_and_opens_its_lists(void **state)
{
    struct desk *desk = *state;
    owe(desk, "2026-11-23", "Quá hạn");
    owe(desk, "2026-11-27", "Tuần này");
    owe(desk, "2026-11-29", "Chủ nhật");
    owe(desk, "2026-11-30", "Tuần sau");
    owe(desk, NULL, "Không hạn");
    struct str text = t_view(&desk->t, "chanh", "duedates.load", "{}", NULL);
    const char *const counts[] = {"1", "2", "1", "0", "0", "0", "1", "5"};
    size_t at = str_find(text, S("Chức danh minh"), 0);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        at = str_find(text, S("\"text\":\""), at) + 8;
        assert_string_equal(str_zero(desk->t.arena, str_sub(text, at, at + 1)), counts[i]);
    }
    struct str list = t_view(&desk->t, "chanh", "today.items",
                             str_format(desk->t.arena,
                                        "{\"cell\":\"ahead\",\"person\":\"%.*s\","
                                        "\"from\":\"2026-11-23\",\"to\":\"2026-11-29\"}",
                                        STR_ARG(desk->minh))
                                 .ptr,
                             NULL);
    assert_true(contains(list, "Tuần này"));
    assert_true(contains(list, "Chủ nhật"));
    assert_false(contains(list, "Quá hạn\""));
    assert_false(contains(list, "Tuần sau"));
}

static void the_edges_of_time_are_refused(void **state)
{
    struct desk *desk = *state;
    struct str reason = {};
    (void)t_view(&desk->t, "minh", "duedates.month", "{\"day\":\"1900-01-02\"}", &reason);
    assert_string_equal(reason.ptr, "form");
    (void)t_view(&desk->t, "minh", "duedates.load", "{}", &reason);
    assert_string_equal(reason.ptr, "grant.role");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(work_stands_on_its_day_and_nowhere_else),
        TEST(a_month_has_whole_weeks),
        TEST(a_day_off_says_why),
        TEST(a_full_day_shows_three_and_leads_to_the_rest),
        TEST(others_work_shows_only_when_asked_for),
        TEST(the_load_counts_by_week_and_opens_its_lists),
        TEST(the_edges_of_time_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
