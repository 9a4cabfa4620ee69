#include "base/lunar.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Year; month and day of Tet; month and day of the Hung Kings' day (10/3 lunar). From the
 * published calendars. */
static const int KNOWN[][5] = {
    {2015, 2, 19, 4, 28}, {2016, 2, 8, 4, 16},  {2017, 1, 28, 4, 6},  {2018, 2, 16, 4, 25},
    {2019, 2, 5, 4, 14},  {2020, 1, 25, 4, 2},  {2021, 2, 12, 4, 21}, {2022, 2, 1, 4, 10},
    {2023, 1, 22, 4, 29}, {2024, 2, 10, 4, 18}, {2025, 1, 29, 4, 7},  {2026, 2, 17, 4, 26},
    {2027, 2, 6, 4, 16},  {2028, 1, 26, 4, 4},  {2029, 2, 13, 4, 23}, {2030, 2, 2, 4, 12},
    {2031, 1, 23, 4, 1},  {2032, 2, 11, 4, 19}, {2033, 1, 31, 4, 9},  {2034, 2, 19, 4, 28},
    {2035, 2, 8, 4, 17},  {2036, 1, 28, 4, 6},  {2037, 2, 15, 4, 24}, {2038, 2, 4, 4, 13},
    {2039, 1, 24, 4, 3},  {2040, 2, 12, 4, 20}, {2041, 2, 1, 4, 10},  {2042, 1, 22, 4, 29},
    {2043, 2, 10, 4, 19}, {2044, 1, 30, 4, 7},  {2045, 2, 17, 4, 26},
};

/* Month and day of Tet in the years around them, from the published calendars as well. */
static const int KNOWN_TET[][3] = {
    {1990, 1, 27}, {1991, 2, 15}, {1992, 2, 4},  {1993, 1, 23}, {1994, 2, 10}, {1995, 1, 31},
    {1996, 2, 19}, {1997, 2, 7},  {1998, 1, 28}, {1999, 2, 16}, {2000, 2, 5},  {2001, 1, 24},
    {2002, 2, 12}, {2003, 2, 1},  {2004, 1, 22}, {2005, 2, 9},  {2006, 1, 29}, {2007, 2, 17},
    {2008, 2, 7},  {2009, 1, 26}, {2010, 2, 14}, {2011, 2, 3},  {2012, 1, 23}, {2013, 2, 10},
    {2014, 1, 31}, {2046, 2, 6},  {2047, 1, 26}, {2048, 2, 14}, {2049, 2, 2},  {2050, 1, 23},
};

static int64_t day_of(int year, int month, int day)
{
    return time_day_of((struct date){year, month, day});
}

static void tet_and_hung_kings_day_fall_on_the_published_days(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++) {
        const int *row = KNOWN[i];
        int64_t day = 0;
        assert_int_equal(lunar_new_year(row[0]), day_of(row[0], row[1], row[2]));
        assert_true(lunar_to_day((struct lunar){.year = row[0], .month = 3, .day = 10}, &day));
        assert_int_equal(day, day_of(row[0], row[3], row[4]));
    }
}

static void tet_falls_on_the_published_days_from_1990_to_2050(void **state)
{
    (void)state;
    static_assert(ARRAY_LEN(KNOWN) + ARRAY_LEN(KNOWN_TET) == 2050 - 1990 + 1);
    for (size_t i = 0; i < ARRAY_LEN(KNOWN_TET); i++) {
        const int *row = KNOWN_TET[i];
        assert_int_equal(lunar_new_year(row[0]), day_of(row[0], row[1], row[2]));
    }
}

static void tet_differs_from_the_chinese_new_year_where_it_must(void **state)
{
    (void)state;
    assert_int_equal(lunar_new_year(1968), day_of(1968, 1, 29)); /* China: 30 January */
    assert_int_equal(lunar_new_year(1969), day_of(1969, 2, 16)); /* China: 17 February */
    assert_int_equal(lunar_new_year(1985), day_of(1985, 1, 21)); /* China: 20 February */
    assert_int_equal(lunar_new_year(2007), day_of(2007, 2, 17)); /* China: 18 February */
    assert_int_equal(lunar_new_year(2030), day_of(2030, 2, 2));  /* China: 3 February */
    assert_int_equal(lunar_new_year(2053), day_of(2053, 2, 18)); /* China: 19 February */
    assert_int_equal(lunar_new_year(2027), day_of(2027, 2, 6));
}

static void leap_months_stand_where_the_calendars_have_them(void **state)
{
    (void)state;
    static const int LEAPS[][2] = {{1984, 0},  {1985, 2}, {1987, 7}, {2004, 2}, {2006, 7},
                                   {2009, 5},  {2012, 4}, {2014, 9}, {2017, 6}, {2020, 4},
                                   {2023, 2},  {2025, 6}, {2026, 0}, {2028, 5}, {2031, 3},
                                   {2033, 11}, {2034, 0}, {2036, 6}, {2024, 0}};
    for (size_t i = 0; i < ARRAY_LEN(LEAPS); i++) {
        for (int month = 1; month <= 12; month++) {
            int64_t day = 0;
            struct lunar date = {.year = LEAPS[i][0], .month = month, .day = 1, .leap = true};
            assert_int_equal(lunar_to_day(date, &day), month == LEAPS[i][1]);
        }
    }
}

static void every_day_from_1900_to_2100_goes_there_and_back(void **state)
{
    (void)state;
    struct lunar before = {};
    for (int64_t day = TIME_DAY_MIN; day <= day_of(2100, 12, 31); day++) {
        struct lunar date = lunar_of_day(day);
        int64_t back = 0;
        assert_true(lunar_to_day(date, &back));
        assert_int_equal(back, day);
        if (before.day > 0 && date.day != 1) {
            assert_int_equal(date.day, before.day + 1);
            assert_int_equal(date.month, before.month);
            assert_int_equal(date.leap, before.leap);
        } else if (before.day > 0) {
            assert_in_range(before.day, 29, 30);
            bool next = !date.leap && date.month == before.month % 12 + 1;
            bool again = date.leap && !before.leap && date.month == before.month;
            assert_true(next || again);
        }
        before = date;
    }
}

static void dates_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    int64_t day = 7;
    assert_false(lunar_to_day((struct lunar){.year = 2026, .month = 13, .day = 1}, &day));
    assert_false(lunar_to_day((struct lunar){.year = 2026, .month = 0, .day = 1}, &day));
    assert_false(lunar_to_day((struct lunar){.year = 2026, .month = 1, .day = 31}, &day));
    assert_false(lunar_to_day((struct lunar){.year = 2026, .month = 1, .day = 0}, &day));
    assert_false(lunar_to_day((struct lunar){.year = 1899, .month = 5, .day = 1}, &day));
    assert_false(lunar_to_day((struct lunar){.year = 2103, .month = 5, .day = 1}, &day));
    int short_months = 0;
    for (int month = 1; month <= 12; month++) {
        struct lunar last = {.year = 2026, .month = month, .day = 30};
        if (!lunar_to_day(last, &day)) short_months++;
    }
    assert_in_range(short_months, 4, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tet_and_hung_kings_day_fall_on_the_published_days),
        cmocka_unit_test(tet_falls_on_the_published_days_from_1990_to_2050),
        cmocka_unit_test(tet_differs_from_the_chinese_new_year_where_it_must),
        cmocka_unit_test(leap_months_stand_where_the_calendars_have_them),
        cmocka_unit_test(every_day_from_1900_to_2100_goes_there_and_back),
        cmocka_unit_test(dates_that_do_not_exist_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
