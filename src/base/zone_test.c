#include "base/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "base/env.h"
#include "base/time.h"

static int64_t at(int year, int month, int day, int hour, int minute)
{
    return time_day_of((struct date){year, month, day}) * 86400 + hour * 3600 + minute * 60;
}

static int64_t utc_of(const char *name, int64_t local_s)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct zone zone = {};
    enum err e = zone_find(&c, str_of(name), &zone);
    assert_int_equal(e, OK);
    int64_t ms = zone_to_ms(&zone, local_s);
    call_end(&c);
    return ms / 1000;
}

static void a_place_has_its_clock(void **state)
{
    (void)state;
    assert_int_equal(utc_of("", at(2026, 11, 25, 9, 0)), at(2026, 11, 25, 2, 0));
    assert_int_equal(utc_of("Asia/Ho_Chi_Minh", at(2026, 11, 25, 9, 0)), at(2026, 11, 25, 2, 0));
    assert_int_equal(utc_of("Europe/Paris", at(2026, 11, 25, 9, 0)), at(2026, 11, 25, 8, 0));
    assert_int_equal(utc_of("Europe/Paris", at(2027, 7, 25, 9, 0)), at(2027, 7, 25, 7, 0));
    assert_int_equal(utc_of("America/New_York", at(2027, 7, 25, 9, 0)), at(2027, 7, 25, 13, 0));
}

/* Source: RFC 5545 3.3.5: 2:30 on the day of the change in New York. */
static void a_skipped_hour_counts_by_the_offset_before_and_a_double_one_is_the_first(void **state)
{
    (void)state;
    assert_int_equal(utc_of("America/New_York", at(2007, 3, 11, 2, 30)), at(2007, 3, 11, 7, 30));
    assert_int_equal(utc_of("America/New_York", at(2007, 11, 4, 1, 30)), at(2007, 11, 4, 5, 30));
}

static void an_instant_is_read_on_the_clock_of_the_place(void **state)
{
    static const char *const PLACES[] = {"", "Europe/Paris", "Australia/Lord_Howe", "Asia/Kolkata"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(PLACES); i++) {
        struct call c = call_begin(env_real(), NULL, NULL);
        struct zone zone = {};
        enum err e = zone_find(&c, str_of(PLACES[i]), &zone);
        assert_int_equal(e, OK);
        int64_t local = at(2027, 6, 1, 12, 34);
        assert_int_equal(zone_to_local(&zone, zone_to_ms(&zone, local)), local);
        call_end(&c);
    }
}

static void an_unknown_place_is_refused(void **state)
{
    static const char *const WRONG[] = {"Asia/Saigonville", "GMT+7", "\x01", "Etc/Unknown"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(WRONG); i++) {
        struct call c = call_begin(env_real(), NULL, NULL);
        struct zone zone = {};
        assert_int_equal(zone_find(&c, str_of(WRONG[i]), &zone), ERR_INVALID);
        call_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_has_its_clock),
        cmocka_unit_test(a_skipped_hour_counts_by_the_offset_before_and_a_double_one_is_the_first),
        cmocka_unit_test(an_instant_is_read_on_the_clock_of_the_place),
        cmocka_unit_test(an_unknown_place_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
