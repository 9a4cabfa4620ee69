/* How a deadline is told: in days, in hours, in minutes, or that its clock stands. */
#include "base/time.h"
#include "base/workday_receipt.h"
#include "core/view.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

/* Wednesday 25 November 2026, 09:00. */
static int open_office(void **state)
{
    struct t_office *t = test_malloc(sizeof *t);
    t_office_open(t, "VPCP");
    struct call c = t_call(t, NULL);
    assert_int_equal(office_refresh(&c, &t->office, t->arena), OK);
    call_end(&c);
    *state = t;
    return 0;
}

static int close_office(void **state)
{
    t_office_close(*state);
    test_free(*state);
    return 0;
}

static void assert_told(struct t_office *t, const char *rule, int64_t left_ms, const char *begin)
{
    struct call c = t_call(t, NULL);
    struct str why = str_format(c.arena, "{\"rule\":\"%s\"}", rule);
    struct node *due = view_due(&c, node_map(&c), "due", c.now_ms + left_ms, why, false);
    struct str text = node_get(due, "text");
    if (!str_starts(text, str_of(begin))) fail_msg("%.*s", STR_ARG(text));
    call_end(&c);
}

static void a_term_in_hours_is_told_in_hours_while_they_are_few(void **state)
{
    struct t_office *t = *state;
    assert_told(t, "hours", 5 * HOUR_MS, "Còn 5 giờ ·");
    assert_told(t, "hours", 5 * HOUR_MS + 59 * MINUTE_MS, "Còn 5 giờ ·"); /* rounded down */
    assert_told(t, "hours", 40 * MINUTE_MS, "Còn 40 phút ·");
    assert_told(t, "hours", -3 * HOUR_MS, "Quá hạn 3 giờ ·");
    assert_told(t, "hours", -2 * MINUTE_MS, "Quá hạn 2 phút ·");
    assert_told(t, "hours", 72 * HOUR_MS, "Còn 2 ngày làm việc ·"); /* Saturday */
}

static void working_hours_leave_out_nights_and_the_noon(void **state)
{
    struct t_office *t = *state;
    /* to 14:00: 09:00 to 12:00 and 13:00 to 14:00 */
    assert_told(t, "working_hours", 5 * HOUR_MS, "Còn 4 giờ làm việc ·");
    /* to 09:00 of the next day: eight hours of work */
    assert_told(t, "working_hours", 24 * HOUR_MS, "Còn 8 giờ làm việc ·");
    assert_told(t, "working_hours", -14 * HOUR_MS, "Quá hạn 1 giờ làm việc ·"); /* since 19:00 */
}

static void a_term_in_days_is_told_in_days(void **state)
{
    struct t_office *t = *state;
    assert_told(t, "working_days", 5 * HOUR_MS, "Đến hạn hôm nay ·");
    assert_told(t, "working_days", 48 * HOUR_MS, "Còn 2 ngày làm việc ·");
}

static void a_date_beyond_the_calendar_is_told_all_the_same(void **state)
{
    struct t_office *t = *state;
    struct call c = t_call(t, NULL);
    int64_t far_ms = time_hanoi_midnight_ms(time_day_of((struct date){2150, 1, 1}));
    struct node *due = view_due(&c, node_map(&c), "due", far_ms, S("{}"), false);
    assert_true(str_find(node_get(due, "text"), S("01/01/2150"), 0) > 0);
    due = view_due(&c, node_map(&c), "due", far_ms, S("{\"rule\":\"working_hours\"}"), false);
    assert_true(str_find(node_get(due, "text"), S("01/01/2150"), 0) > 0);
    call_end(&c);
}

static void a_stopped_clock_names_its_day(void **state)
{
    struct t_office *t = *state;
    struct call c = t_call(t, NULL);
    int64_t day = time_day_of((struct date){2026, 11, 20});
    struct node *due = view_due_paused(&c, node_map(&c), "due", day, (struct str){});
    assert_true(str_eq(node_get(due, "text"), S("Tạm dừng từ 20/11/2026")));
    call_end(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_office, close_office)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_term_in_hours_is_told_in_hours_while_they_are_few),
        TEST(working_hours_leave_out_nights_and_the_noon),
        TEST(a_term_in_days_is_told_in_days),
        TEST(a_date_beyond_the_calendar_is_told_all_the_same),
        TEST(a_stopped_clock_names_its_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
