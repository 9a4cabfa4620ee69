#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int open_arena(void **state)
{
    *state = arena_open(0);
    return 0;
}

static int close_arena(void **state)
{
    arena_close(*state);
    return 0;
}

static void assert_text(struct str got, const char *want)
{
    assert_true(str_eq(got, str_of(want)));
}

static void every_day_from_1900_to_2199_goes_there_and_back(void **state)
{
    (void)state;
    struct date before = {1899, 12, 31};
    for (int64_t day = TIME_DAY_MIN; day <= TIME_DAY_MAX; day++) {
        struct date date = time_date_of(day);
        assert_true(time_date_exists(date));
        assert_int_equal(time_day_of(date), day);
        bool next_day = date.day == before.day + 1 && date.month == before.month;
        bool next_month = date.day == 1 && date.month == before.month % 12 + 1;
        assert_true(next_day || next_month);
        assert_int_equal(date.year, before.year + (date.month == 1 && date.day == 1 ? 1 : 0));
        before = date;
    }
    assert_int_equal(before.year, TIME_YEAR_MAX);
}

static void known_days_have_their_numbers_and_weekdays(void **state)
{
    (void)state;
    assert_int_equal(time_day_of((struct date){1970, 1, 1}), 0);
    assert_int_equal(time_day_of((struct date){2000, 3, 1}), 11017);
    assert_int_equal(time_day_of((struct date){2026, 11, 25}), 20782);
    assert_int_equal(time_weekday(0), THURSDAY);
    assert_int_equal(time_weekday(20782), WEDNESDAY);
    assert_int_equal(time_weekday(TIME_DAY_MIN), MONDAY);
    assert_int_equal(time_weekday(time_day_of((struct date){2026, 2, 15})), SUNDAY);
}

static void dates_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    int64_t day = 42;
    const char *bad[] = {"2026-02-29", "1900-02-29", "2100-02-29", "2026-04-31",  "2026-13-01",
                         "2026-00-10", "2026-01-00", "1899-12-31", "2200-01-01",  "2026-1-01",
                         "2026/01/01", "+026-01-01", "2026--1-01", "2026-01-011", "",
                         "2026-01-0x", " 2026-01-01"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(time_parse_day(str_of(bad[i]), &day));
    const char *bad_vn[] = {"29/02/2026", "31/4/2026", "1/13/2026", "0/1/2026",  "1/1/26",
                            "1-1-2026",   "1/1/2026/", "1//2026",   "-1/1/2026", "001/1/2026",
                            "",           "1/1",       "31/12/1899"};
    for (size_t i = 0; i < ARRAY_LEN(bad_vn); i++) {
        assert_false(time_parse_day_vn(str_of(bad_vn[i]), &day));
    }
    assert_int_equal(day, 42);
}

static void dates_are_read_as_people_type_them(void **state)
{
    (void)state;
    int64_t day = 0;
    assert_true(time_parse_day(S("2024-02-29"), &day));
    assert_int_equal(day, time_day_of((struct date){2024, 2, 29}));
    assert_true(time_parse_day_vn(S("29/02/2024"), &day));
    assert_int_equal(day, time_day_of((struct date){2024, 2, 29}));
    assert_true(time_parse_day_vn(S("2/9/2026"), &day));
    assert_int_equal(day, time_day_of((struct date){2026, 9, 2}));
    assert_true(time_parse_day(S("1969-12-31"), &day));
    assert_int_equal(day, -1);
}

static void instants_have_one_form(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_true(time_parse_instant(S("2026-11-25T03:04:05.678Z"), &ms));
    assert_int_equal(ms, (int64_t)20782 * TIME_DAY_MS + 11045678);
    assert_true(time_parse_instant(S("1969-12-31T23:59:59.999Z"), &ms));
    assert_int_equal(ms, -1);
    const char *bad[] = {
        "2026-11-25T03:04:05Z",     "2026-11-25T03:04:05.678+07:00", "2026-11-25 03:04:05.678Z",
        "2026-11-25T24:00:00.000Z", "2026-11-25T03:60:00.000Z",      "2026-11-25T03:04:60.000Z",
        "2026-02-30T03:04:05.678Z", "2026-11-25T-3:04:05.678Z",      "2026-11-25T03:04:05.678z",
        "2026-11-25T03:04:05,678Z", "2026-11-25T03:04:05.6789Z",     ""};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(time_parse_instant(str_of(bad[i]), &ms));
    }
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    for (int64_t i = 0; i < 5000; i++) {
        int64_t day = TIME_DAY_MIN + i * 7919 % (TIME_DAY_MAX - TIME_DAY_MIN);
        int64_t ms = day * TIME_DAY_MS + i * 86399123 % TIME_DAY_MS;
        int64_t got = 0;
        assert_true(time_parse_day(time_format_day(arena, day), &got));
        assert_int_equal(got, day);
        assert_true(time_parse_day_vn(time_format_day_vn(arena, day), &got));
        assert_int_equal(got, day);
        assert_true(time_parse_instant(time_format_instant(arena, ms), &got));
        assert_int_equal(got, ms);
        int64_t minute = ms / 60000 * 60000;
        if (time_hanoi_day(minute) < TIME_DAY_MIN) continue;
        assert_true(time_hanoi_parse(time_hanoi_format(arena, minute, LANG_VI), &got));
        assert_int_equal(got, minute);
        arena_reset(arena);
    }
    arena_close(arena);
}

static void the_day_in_ha_noi_begins_at_17_utc(void **state)
{
    struct arena *arena = *state;
    int64_t ms = 0;
    assert_true(time_parse_instant(S("2026-11-24T16:59:59.999Z"), &ms));
    assert_int_equal(time_hanoi_day(ms), 20781);
    assert_text(time_hanoi_format(arena, ms, LANG_VI), "24/11/2026 23:59");
    assert_int_equal(time_hanoi_day(ms + 1), 20782);
    assert_text(time_hanoi_format(arena, ms + 1, LANG_EN), "25/11/2026 00:00");
    assert_int_equal(time_hanoi_midnight_ms(20782), ms + 1);
    assert_true(time_hanoi_parse(S("2026-11-25T00:00"), &ms));
    assert_int_equal(ms, time_hanoi_midnight_ms(20782));
    assert_false(time_hanoi_parse(S("25/11/2026 24:00"), &ms));
    assert_false(time_hanoi_parse(S("25/11/2026T10:00"), &ms));
    assert_false(time_hanoi_parse(S("10:00"), &ms));
    assert_false(time_hanoi_parse(S("25/11/2026 10-00"), &ms));
}

static void a_day_is_named_in_both_languages(void **state)
{
    struct arena *arena = *state;
    int64_t day = time_day_of((struct date){2026, 2, 12});
    assert_text(time_format_day_long(arena, day, LANG_VI), "thứ\u00a0Năm\u00a012/02/2026");
    assert_text(time_format_day_long(arena, day, LANG_EN), "Thursday\u00a012/02/2026");
    assert_text(time_format_day_long(arena, day + 3, LANG_VI), "Chủ\u00a0nhật\u00a015/02/2026");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_from_1900_to_2199_goes_there_and_back),
        cmocka_unit_test(known_days_have_their_numbers_and_weekdays),
        cmocka_unit_test(dates_that_do_not_exist_are_refused),
        cmocka_unit_test(dates_are_read_as_people_type_them),
        cmocka_unit_test(instants_have_one_form),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test_setup_teardown(the_day_in_ha_noi_begins_at_17_utc, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(a_day_is_named_in_both_languages, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
