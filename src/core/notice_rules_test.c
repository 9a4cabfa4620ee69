/* The ladder, quiet hours and the bulletin's hour, by hand-made dates of 2026. */
#include "core/notice_rules.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct bench {
    struct call c;
    const struct workday_calendar *calendar;
};

static struct bench bench_open(void)
{
    struct bench b = {.c = call_begin(env_real(), NULL, NULL)};
    b.calendar = workday_calendar_vn(&b.c, b.c.arena);
    return b;
}

static int64_t day(const char *text)
{
    int64_t day = 0;
    assert_true(time_parse_day(str_of(text), &day));
    return day;
}

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_true(time_hanoi_parse(str_of(text), &ms));
    return ms;
}

static void the_ladder_counts_working_days_around_the_date(void **state)
{
    (void)state;
    static const char *const WHEN[NOTICE_STEPS] = {
        "2026-11-26T08:00", "2026-11-30T08:00", "2026-12-01T08:00",
        "2026-12-02T08:00", "2026-12-04T08:00", "2026-12-10T08:00",
    };
    struct bench b = bench_open();
    for (size_t i = 0; i < NOTICE_STEPS; i++)
        assert_int_equal(notice_step_ms(b.calendar, day("2026-12-01"), i), at(WHEN[i]));
    call_end(&b.c);
}

static void the_ladder_steps_over_tet(void **state)
{
    (void)state;
    struct bench b = bench_open();
    /* Tet 2026: 14 to 22 February off */
    assert_int_equal(notice_step_ms(b.calendar, day("2026-02-23"), 1), at("2026-02-13T08:00"));
    assert_int_equal(notice_step_ms(b.calendar, day("2026-02-13"), 3), at("2026-02-23T08:00"));
    call_end(&b.c);
}

static void steps_never_go_back_in_time(void **state)
{
    (void)state;
    struct bench b = bench_open();
    for (int64_t due = day("2026-01-01"); due <= day("2027-12-31"); due++) {
        for (size_t i = 1; i < NOTICE_STEPS; i++) {
            assert_true(notice_step_ms(b.calendar, due, i) >
                        notice_step_ms(b.calendar, due, i - 1));
        }
        size_t next = notice_step_after(b.calendar, due, notice_step_ms(b.calendar, due, 2));
        assert_int_equal(next, 3);
    }
    call_end(&b.c);
}

static void nights_and_days_off_are_quiet(void **state)
{
    (void)state;
    struct bench b = bench_open();
    const struct notice_rules *r = &NOTICE_DEFAULT;
    assert_false(notice_quiet(b.calendar, r, at("2026-11-25T07:30")));
    assert_false(notice_quiet(b.calendar, r, at("2026-11-25T17:29")));
    assert_true(notice_quiet(b.calendar, r, at("2026-11-25T17:30")));
    assert_true(notice_quiet(b.calendar, r, at("2026-11-25T07:29")));
    assert_true(notice_quiet(b.calendar, r, at("2026-11-25T00:00")));
    assert_true(notice_quiet(b.calendar, r, at("2026-11-28T10:00"))); /* Saturday */
    assert_true(notice_quiet(b.calendar, r, at("2026-02-18T10:00"))); /* Tet */
    call_end(&b.c);
}

static void hours_that_do_not_pass_midnight_are_quiet_in_between(void **state)
{
    (void)state;
    struct bench b = bench_open();
    struct notice_rules r = NOTICE_DEFAULT;
    r.quiet_from = 12 * 60;
    r.quiet_to = 13 * 60;
    assert_true(notice_quiet(b.calendar, &r, at("2026-11-25T12:30")));
    assert_false(notice_quiet(b.calendar, &r, at("2026-11-25T13:00")));
    assert_false(notice_quiet(b.calendar, &r, at("2026-11-25T23:00")));
    r.quiet_to = r.quiet_from; /* none */
    assert_false(notice_quiet(b.calendar, &r, at("2026-11-25T12:00")));
    call_end(&b.c);
}

static void the_bulletin_leaves_on_the_next_working_morning(void **state)
{
    (void)state;
    struct bench b = bench_open();
    const struct notice_rules *r = &NOTICE_DEFAULT;
    assert_int_equal(notice_bulletin_ms(b.calendar, r, at("2026-11-25T22:00")),
                     at("2026-11-26T07:30"));
    assert_int_equal(notice_bulletin_ms(b.calendar, r, at("2026-11-25T03:00")),
                     at("2026-11-25T07:30"));
    assert_int_equal(notice_bulletin_ms(b.calendar, r, at("2026-11-27T18:00")),
                     at("2026-11-30T07:30")); /* Friday evening */
    assert_int_equal(notice_bulletin_ms(b.calendar, r, at("2026-02-13T20:00")),
                     at("2026-02-23T07:30")); /* before Tet */
    call_end(&b.c);
}

static void no_bulletin_leaves_in_quiet_hours(void **state)
{
    (void)state;
    struct bench b = bench_open();
    const int64_t quarter_ms = INT64_C(15) * 60 * 1000;
    for (int64_t ms = at("2026-01-01T00:05"); ms < at("2026-03-15T00:00"); ms += quarter_ms) {
        int64_t bulletin = notice_bulletin_ms(b.calendar, &NOTICE_DEFAULT, ms);
        assert_true(bulletin >= ms);
        assert_false(notice_quiet(b.calendar, &NOTICE_DEFAULT, bulletin));
    }
    call_end(&b.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ladder_counts_working_days_around_the_date),
        cmocka_unit_test(the_ladder_steps_over_tet),
        cmocka_unit_test(steps_never_go_back_in_time),
        cmocka_unit_test(nights_and_days_off_are_quiet),
        cmocka_unit_test(hours_that_do_not_pass_midnight_are_quiet_in_between),
        cmocka_unit_test(the_bulletin_leaves_on_the_next_working_morning),
        cmocka_unit_test(no_bulletin_leaves_in_quiet_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
