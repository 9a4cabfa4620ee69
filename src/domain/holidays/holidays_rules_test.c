#include "holidays_rules.h"

#include "base/time.h"
#include "base/workday_receipt.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int open_call(void **state)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct call *kept = arena_alloc(c.arena, sizeof *kept);
    *kept = c;
    *state = kept;
    return 0;
}

static int close_call(void **state)
{
    arena_close(((struct call *)*state)->arena);
    return 0;
}

static int64_t day_of(const char *iso)
{
    int64_t day = 0;
    assert_true(time_parse_day(str_of(iso), &day));
    return day;
}

/* CSV */

static struct list read_csv(struct call *c, const char *text)
{
    struct list days = {};
    assert_int_equal(holidays_csv_read(c, str_of(text), &days), OK);
    return days;
}

static void days_are_read_from_csv(void **state)
{
    struct list days = read_csv(*state, "date,kind,reason,holiday,note\n"
                                        "2027-02-08,off,holiday,tet,\n"
                                        "\n"
                                        "2027-02-11,off,compensation,tet,for Saturday\n"
                                        "2027-05-08,work\n"
                                        "2027-05-10,off,swap,,\"a, \"\"b\"\"\"\n");
    const struct holidays_day *rows = days.rows;
    assert_int_equal(days.count, 4);
    assert_int_equal(rows[0].day, day_of("2027-02-08"));
    assert_int_equal(rows[0].kind, HOLIDAYS_OFF);
    assert_int_equal(holidays_row(&rows[0]).reason, WORKDAY_TET);
    assert_int_equal(holidays_row(&rows[1]).reason, WORKDAY_COMPENSATION);
    assert_int_equal(holidays_row(&rows[1]).holiday, WORKDAY_TET);
    assert_true(holidays_row(&rows[2]).work);
    assert_int_equal(holidays_row(&rows[3]).reason, WORKDAY_SWAP);
    assert_true(str_eq(rows[3].note, S("a, \"b\"")));
}

static void the_csv_of_a_spreadsheet_is_read_too(void **state)
{
    struct list days = read_csv(*state, "\xEF\xBB\xBFkind;note;date;reason\r\n"
                                        "off;\"one; two\";14/07/2027;decision\r\n"
                                        "work;;17/7/2027");
    const struct holidays_day *rows = days.rows;
    assert_int_equal(days.count, 2);
    assert_int_equal(rows[0].day, day_of("2027-07-14"));
    assert_int_equal(holidays_row(&rows[0]).reason, WORKDAY_DECISION);
    assert_true(str_eq(rows[0].note, S("one; two")));
    assert_int_equal(rows[1].day, day_of("2027-07-17"));
}

static void assert_csv_refused(struct call *c, struct str text, const char *reason)
{
    struct list days = {};
    enum err e = holidays_csv_read(c, text, &days);
    assert_int_not_equal(e, OK);
    assert_string_equal(c->failure.reason, reason);
    assert_null(days.rows);
    call_clear(c);
}

static void csv_that_is_wrong_is_refused_with_its_line(void **state)
{
    struct call *c = *state;
    assert_csv_refused(c, S(""), "holidays.csv_heading");
    assert_csv_refused(c, S("date,reason\n"), "holidays.csv_heading");
    assert_csv_refused(c, S("date,kind,why\n"), "holidays.csv_heading");
    assert_csv_refused(c, S("date,kind,date\n"), "holidays.csv_heading");
    assert_csv_refused(c, S("date,kind\n2027-02-30,off\n"), "holidays.csv_line");
    assert_csv_refused(c, S("date,kind\n2027-02-08,free\n"), "holidays.csv_line");
    assert_csv_refused(c, S("date,kind\n2027-02-08\n"), "holidays.csv_line");
    assert_csv_refused(c, S("date,kind\n2027-02-08,off,tet\n"), "holidays.csv_line");
    assert_csv_refused(c, S("date,kind,note\n2027-02-08,off,\"x\n"), "holidays.csv_line");
    assert_csv_refused(c, S("date,kind\n\xC3\x28,off\n"), "holidays.csv_text");
    struct sb sb = sb_new(c->arena, 0);
    sb_put(&sb, S("date,kind\n"));
    for (int i = 0; i <= HOLIDAYS_DAYS; i++)
        sb_put(&sb, S("2027-02-08,off\n"));
    assert_csv_refused(c, sb_str(&sb), "holidays.csv_long");
}

/* xorshift: the same numbers in every run */
static size_t next_random(uint64_t *seed, size_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (size_t)(*seed % below);
}

static void any_bytes_are_read_or_refused(void **state)
{
    (void)state;
    static const char TEXT[] =
        "date,kind,reason,holiday,note\n2027-02-08,off,holiday,tet,\"a\"\"b\"\n"
        "2027-05-08,work,swap,,\r\n10/05/2027,off,swap\n";
    static const char BYTES[] = "\",;\n\r\t a0\xEF\xBB\xBF\xC3";
    uint64_t seed = 3;
    size_t read = 0;
    for (int i = 0; i < 20000; i++) {
        struct call c = call_begin(env_real(), NULL, NULL);
        char *text = arena_copy(c.arena, TEXT, sizeof TEXT - 1);
        for (size_t k = next_random(&seed, 4); k > 0; k--) {
            text[next_random(&seed, sizeof TEXT - 1)] = BYTES[next_random(&seed, sizeof BYTES)];
        }
        struct list days = {};
        enum err e = holidays_csv_read(&c, (struct str){text, sizeof TEXT - 1}, &days);
        assert_int_equal(e, c.failure.err);
        if (e == OK) read++;
        call_end(&c);
    }
    assert_in_range(read, 5000, 19999);
}

/* Rows */

static void rows_that_make_no_sense_are_problems(void **state)
{
    struct call *c = *state;
    int64_t day = day_of("2027-07-14");
    const struct {
        struct holidays_day row;
        const char *reason; /* NULL: fine */
    } ROWS[] = {
        {{day, HOLIDAYS_OFF, HOLIDAYS_OTHER, 0, {}}, NULL},
        {{day, HOLIDAYS_OFF, HOLIDAYS_HOLIDAY, 2, {}}, NULL},
        {{day, HOLIDAYS_WORK, HOLIDAYS_SWAP, 0, {}}, NULL},
        {{day, HOLIDAYS_WORK, 0, 0, {}}, NULL},
        {{day, HOLIDAYS_OFF, 0, 0, {}}, "holidays.reason_needed"},
        {{day, HOLIDAYS_OFF, HOLIDAYS_HOLIDAY, 0, {}}, "holidays.holiday_needed"},
        {{day, HOLIDAYS_OFF, HOLIDAYS_COMPENSATION, 0, {}}, "holidays.holiday_needed"},
        {{day, HOLIDAYS_OFF, HOLIDAYS_SWAP, 2, {}}, "holidays.holiday_alien"},
        {{day, HOLIDAYS_WORK, HOLIDAYS_OTHER, 0, {}}, "holidays.work_reason"},
        {{day, HOLIDAYS_WORK, 0, 2, {}}, "holidays.work_reason"},
        {{day_of("1989-12-31"), HOLIDAYS_WORK, 0, 0, {}}, "holidays.day_range"},
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct holidays_day row = ROWS[i].row;
        holidays_check(c, &(struct list){&row, 1});
        assert_int_equal(c->failure.problem_count, ROWS[i].reason == NULL ? 0 : 1);
        if (ROWS[i].reason != NULL) {
            assert_string_equal(c->failure.problems[0].reason, ROWS[i].reason);
        }
        call_clear(c);
    }
}

static void a_day_stands_once_in_a_decision(void **state)
{
    struct call *c = *state;
    struct holidays_day rows[2] = {{.day = day_of("2027-07-14"), .kind = HOLIDAYS_WORK},
                                   {.day = day_of("2027-07-14"), .kind = HOLIDAYS_WORK}};
    holidays_check(c, &(struct list){rows, 2});
    assert_int_equal(c->failure.problem_count, 1);
    assert_true(str_eq(c->failure.problems[0].field, S("days.1.day")));
    assert_string_equal(c->failure.problems[0].reason, "holidays.day_twice");
}

/* The calendar */

static const struct workday_calendar *calendar_of(struct call *c, const struct holidays_held *held,
                                                  size_t count)
{
    const struct workday_calendar *calendar = NULL;
    const struct holidays_basis basis = {.held = held, .held_count = count};
    assert_int_equal(holidays_calendar(c, c->arena, &basis, &calendar), OK);
    return calendar;
}

static struct holidays_held held_of(struct call *c, int64_t n, const char *csv)
{
    return (struct holidays_held){.n = n, .decision = {.days = read_csv(c, csv)}};
}

static void without_decisions_the_calendar_is_the_built_in_one(void **state)
{
    struct call *c = *state;
    const struct workday_calendar *built_in = workday_calendar_vn(c, c->arena);
    const struct workday_calendar *calendar = calendar_of(c, NULL, 0);
    assert_true(str_eq(workday_calendar_version(calendar), WORKDAY_VERSION));
    for (int64_t day = day_of("2019-01-01"); day <= day_of("2030-12-31"); day++)
        assert_int_equal(workday_reason_of(calendar, day), workday_reason_of(built_in, day));
}

static void a_later_decision_replaces_what_it_speaks_of(void **state)
{
    struct call *c = *state;
    struct holidays_held held[] = {
        held_of(c, 1,
                "date,kind,reason,holiday\n2027-02-04,off,holiday,tet\n2027-02-05,off,holiday,tet\n"
                "2027-07-14,off,decision,\n"),
        held_of(c, 2, "date,kind,reason,holiday\n2027-02-08,off,holiday,tet\n2027-07-14,work,,\n"),
    };
    const struct workday_calendar *first = calendar_of(c, held, 1);
    const struct workday_calendar *second = calendar_of(c, held, 2);
    assert_int_equal(workday_reason_of(first, day_of("2027-02-04")), WORKDAY_TET);
    assert_int_equal(workday_reason_of(first, day_of("2027-07-14")), WORKDAY_DECISION);
    assert_true(workday_is_working(second, day_of("2027-02-04")));
    assert_int_equal(workday_reason_of(second, day_of("2027-02-08")), WORKDAY_TET);
    assert_true(workday_is_working(second, day_of("2027-07-14")));
    assert_true(str_eq(workday_calendar_version(first), S("vn-2026.1+1")));
    assert_true(str_eq(workday_calendar_version(second), S("vn-2026.1+3")));
}

static void a_decision_may_correct_what_is_built_in(void **state)
{
    struct call *c = *state;
    struct holidays_held held =
        held_of(c, 1, "date,kind,reason,holiday\n2026-02-16,off,holiday,tet\n");
    const struct workday_calendar *calendar = calendar_of(c, &held, 1);
    assert_int_equal(workday_reason_of(calendar, day_of("2026-02-16")), WORKDAY_TET);
    assert_true(workday_is_working(calendar, day_of("2026-02-17")));
    assert_int_equal(workday_reason_of(calendar, day_of("2025-01-29")), WORKDAY_TET);
}

static void a_withdrawn_decision_changes_only_the_name(void **state)
{
    struct call *c = *state;
    struct holidays_held held = held_of(c, 2, "date,kind,reason\n2027-07-14,off,decision\n");
    held.decision.withdrawn = true;
    const struct workday_calendar *calendar = calendar_of(c, &held, 1);
    assert_true(workday_is_working(calendar, day_of("2027-07-14")));
    assert_true(str_eq(workday_calendar_version(calendar), S("vn-2026.1+2")));
}

/* Deadlines of another calendar */

static void a_receipt_tells_where_the_deadline_would_be_now(void **state)
{
    struct call *c = *state;
    static const char *const FROM[] = {"2027-01-29", "2027-02-06", "2027-06-30", "2026-12-31"};
    const struct workday_calendar *before = workday_calendar_vn(c, c->arena);
    struct holidays_held held = held_of(c, 1,
                                        "date,kind,reason,holiday\n2027-02-08,off,holiday,tet\n"
                                        "2027-07-14,off,decision,\n");
    const struct workday_calendar *after = calendar_of(c, &held, 1);
    for (enum workday_unit unit = WORKDAY_WORKING_DAYS; unit <= WORKDAY_MONTHS; unit++) {
        for (int64_t i = 0; i < 40; i++) {
            struct workday_receipt receipt = {};
            int64_t due = 0;
            int64_t again = 0;
            int64_t from = day_of(FROM[i % 4]);
            assert_true(workday_explain(c->arena, before, from, i / 4, unit, &receipt));
            assert_true(workday_add(after, from, i / 4, unit, &due));
            struct str why = workday_receipt_json(c->arena, &receipt);
            assert_true(holidays_redate(c, after, why, &again));
            assert_int_equal(again, due);
        }
    }
}

static void what_is_no_receipt_of_days_has_no_other_date(void **state)
{
    struct call *c = *state;
    const struct workday_calendar *calendar = workday_calendar_vn(c, c->arena);
    static const char *const WHYS[] = {
        "", "agreed by telephone", "{}", "{\"rule\":\"moons\"}",
        "{\"due\":\"2026-11-27\",\"counted\":3,\"skipped\":[],\"rule\":\"hours\"}"};
    for (size_t i = 0; i < ARRAY_LEN(WHYS); i++) {
        int64_t due = -1;
        assert_false(holidays_redate(c, calendar, str_of(WHYS[i]), &due));
        assert_int_equal(due, -1);
        assert_int_equal(c->failure.err, OK);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_call, close_call)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(days_are_read_from_csv),
        TEST(the_csv_of_a_spreadsheet_is_read_too),
        TEST(csv_that_is_wrong_is_refused_with_its_line),
        TEST(any_bytes_are_read_or_refused),
        TEST(rows_that_make_no_sense_are_problems),
        TEST(a_day_stands_once_in_a_decision),
        TEST(without_decisions_the_calendar_is_the_built_in_one),
        TEST(a_later_decision_replaces_what_it_speaks_of),
        TEST(a_decision_may_correct_what_is_built_in),
        TEST(a_withdrawn_decision_changes_only_the_name),
        TEST(a_receipt_tells_where_the_deadline_would_be_now),
        TEST(what_is_no_receipt_of_days_has_no_other_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
