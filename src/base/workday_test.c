#include "base/workday.h"

#include "base/lunar.h"
#include "base/time.h"
#include "base/words.h"
#include "base/workday_receipt.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct world {
    struct call c;
    const struct workday_calendar *vn;
};

static int open_world(void **state)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct world *world = arena_alloc(c.arena, sizeof *world);
    world->c = c;
    world->vn = workday_calendar_vn(&world->c, c.arena);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    arena_close(((struct world *)*state)->c.arena);
    return 0;
}

static int64_t day_of(const char *iso)
{
    int64_t day = 0;
    bool read = time_parse_day(str_of(iso), &day);
    assert_true(read);
    return day;
}

/* A term and its end, checked by hand against printed calendars. */
struct golden {
    const char *from;
    int days;
    const char *due;
};

static const struct golden WORKING_DAYS[] = {
    /* Tet 2026: off 14 to 22 February */
    {"2026-02-12", 1, "2026-02-13"},
    {"2026-02-12", 2, "2026-02-23"},
    {"2026-02-12", 5, "2026-02-26"},
    {"2026-02-13", 1, "2026-02-23"},
    {"2026-02-14", 1, "2026-02-23"},
    {"2026-02-17", 1, "2026-02-23"},
    {"2026-02-22", 1, "2026-02-23"},
    {"2026-02-16", 0, "2026-02-23"},
    {"2026-02-13", 0, "2026-02-13"},
    {"2026-02-02", 10, "2026-02-23"},
    /* Friday 2 January 2026 swapped with Saturday 10 January */
    {"2025-12-31", 1, "2026-01-05"},
    {"2026-01-01", 0, "2026-01-05"},
    {"2026-01-09", 1, "2026-01-10"},
    {"2026-01-09", 2, "2026-01-12"},
    {"2026-01-05", 5, "2026-01-10"},
    {"2026-01-10", 1, "2026-01-12"},
    /* Hung Kings' day on Sunday 26 April 2026, then 30 April and 1 May */
    {"2026-04-24", 1, "2026-04-28"},
    {"2026-04-24", 2, "2026-04-29"},
    {"2026-04-24", 3, "2026-05-04"},
    /* National Day 2026: 31 August swapped with 22 August, second day 1 September */
    {"2026-08-21", 1, "2026-08-22"},
    {"2026-08-21", 2, "2026-08-24"},
    {"2026-08-28", 1, "2026-09-03"},
    {"2026-08-28", 2, "2026-09-04"},
    {"2026-08-28", 3, "2026-09-07"},
    /* 2025 */
    {"2025-01-24", 1, "2025-02-03"},
    {"2025-04-25", 1, "2025-04-26"},
    {"2025-04-25", 2, "2025-04-28"},
    {"2025-04-29", 1, "2025-05-05"},
    {"2025-04-04", 1, "2025-04-08"},
    {"2025-08-29", 1, "2025-09-03"},
    /* 2024 */
    {"2024-02-07", 1, "2024-02-15"},
    {"2024-04-26", 1, "2024-05-02"},
    {"2024-04-26", 2, "2024-05-03"},
    {"2024-04-26", 3, "2024-05-04"},
    {"2024-04-26", 4, "2024-05-06"},
    {"2024-08-30", 1, "2024-09-04"},
    /* 2023 */
    {"2022-12-30", 1, "2023-01-03"},
    {"2023-01-19", 1, "2023-01-27"},
    {"2023-04-28", 1, "2023-05-04"},
    {"2023-08-31", 1, "2023-09-05"},
    /* 2022 */
    {"2021-12-31", 1, "2022-01-04"},
    {"2022-01-28", 1, "2022-02-07"},
    {"2022-04-08", 1, "2022-04-12"},
    {"2022-04-29", 1, "2022-05-04"},
    {"2022-08-31", 1, "2022-09-05"},
    /* 2021 */
    {"2021-02-09", 1, "2021-02-17"},
    {"2021-04-20", 1, "2021-04-22"},
    {"2021-04-29", 1, "2021-05-04"},
    {"2021-09-01", 1, "2021-09-06"},
    /* 2019 and 2020 */
    {"2018-12-28", 1, "2019-01-02"},
    {"2019-01-04", 1, "2019-01-05"},
    {"2019-02-01", 1, "2019-02-11"},
    {"2019-04-12", 1, "2019-04-16"},
    {"2019-04-26", 1, "2019-05-02"},
    {"2019-04-26", 3, "2019-05-04"},
    {"2020-01-22", 1, "2020-01-30"},
    {"2020-04-01", 1, "2020-04-03"},
    {"2020-04-29", 1, "2020-05-04"},
    /* computed years: Tet 2027 on a Saturday; 1 May 2027 on a Saturday; 2 September a Thursday */
    {"2026-12-31", 1, "2027-01-04"},
    {"2027-02-04", 1, "2027-02-12"},
    {"2027-04-15", 1, "2027-04-19"},
    {"2027-04-29", 1, "2027-05-04"},
    {"2027-09-01", 1, "2027-09-06"},
    /* month ends and leap years */
    {"2024-02-28", 1, "2024-02-29"},
    {"2024-02-28", 2, "2024-03-01"},
    {"2023-02-28", 1, "2023-03-01"},
    {"2026-06-30", 1, "2026-07-01"},
    {"2026-10-30", 1, "2026-11-02"},
    {"2026-07-01", 22, "2026-07-31"},
    /* the six-day week ends with Friday 1 October 1999 */
    {"1999-09-24", 1, "1999-09-25"},
    {"1999-09-24", 2, "1999-09-27"},
    {"1999-10-01", 1, "1999-10-04"},
};

static const struct golden CALENDAR_DAYS[] = {
    {"2026-02-10", 7, "2026-02-23"},  /* Tet itself */
    {"2026-02-12", 10, "2026-02-23"}, /* the last Sunday of the window */
    {"2026-02-12", 11, "2026-02-23"}, {"2026-02-12", 1, "2026-02-13"},
    {"2026-01-03", 7, "2026-01-10"}, /* a Saturday that is worked */
    {"2026-08-28", 3, "2026-09-03"},  {"2026-06-01", 30, "2026-07-01"},
    {"2026-10-02", 30, "2026-11-02"}, {"2026-04-15", 15, "2026-05-04"},
    {"2024-01-31", 29, "2024-02-29"}, {"2024-01-30", 31, "2024-03-01"},
    {"2026-11-21", 0, "2026-11-23"},  {"2026-11-20", 1, "2026-11-23"},
    {"2025-12-02", 30, "2026-01-05"},
};

static_assert(ARRAY_LEN(WORKING_DAYS) + ARRAY_LEN(CALENDAR_DAYS) >= 60);

static void terms_in_working_days_end_as_checked_by_hand(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(WORKING_DAYS); i++) {
        const struct golden *row = &WORKING_DAYS[i];
        int64_t due = 0;
        assert_true(
            workday_add(world->vn, day_of(row->from), row->days, WORKDAY_WORKING_DAYS, &due));
        assert_string_equal(str_zero(world->c.arena, time_format_day(world->c.arena, due)),
                            row->due);
    }
}

static void terms_in_calendar_days_end_on_a_working_day(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < ARRAY_LEN(CALENDAR_DAYS); i++) {
        const struct golden *row = &CALENDAR_DAYS[i];
        int64_t due = 0;
        assert_true(
            workday_add(world->vn, day_of(row->from), row->days, WORKDAY_CALENDAR_DAYS, &due));
        assert_string_equal(str_zero(world->c.arena, time_format_day(world->c.arena, due)),
                            row->due);
    }
}

static void every_day_off_has_its_reason(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *day;
        enum workday_reason reason;
    } ROWS[] = {
        {"2026-01-01", WORKDAY_NEW_YEAR},      {"2026-01-02", WORKDAY_SWAP},
        {"2026-01-10", WORKDAY_WORKED},        {"2026-02-13", WORKDAY_WORKED},
        {"2026-02-14", WORKDAY_WEEKEND},       {"2026-02-16", WORKDAY_TET},
        {"2026-02-20", WORKDAY_TET},           {"2026-02-23", WORKDAY_WORKED},
        {"2026-04-26", WORKDAY_HUNG_KINGS},    {"2026-04-27", WORKDAY_COMPENSATION},
        {"2026-04-30", WORKDAY_REUNIFICATION}, {"2026-05-01", WORKDAY_LABOUR},
        {"2026-09-01", WORKDAY_NATIONAL},      {"2026-09-02", WORKDAY_NATIONAL},
        {"2026-09-03", WORKDAY_WORKED},        {"2020-09-02", WORKDAY_NATIONAL},
        {"2020-09-01", WORKDAY_WORKED},        {"2020-09-03", WORKDAY_WORKED},
        {"2007-04-26", WORKDAY_HUNG_KINGS},    {"2006-04-07", WORKDAY_WORKED},
        {"1999-09-25", WORKDAY_WORKED},        {"1999-10-02", WORKDAY_WEEKEND},
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        assert_int_equal(workday_reason_of(world->vn, day_of(ROWS[i].day)), ROWS[i].reason);
        assert_int_equal(workday_is_working(world->vn, day_of(ROWS[i].day)),
                         ROWS[i].reason == WORKDAY_WORKED);
    }
}

static void every_reason_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < WORKDAY_REASON_COUNT; i++) {
        assert_true(words_has(workday_reason_key((enum workday_reason)i)));
    }
}

static const struct workday_calendar *open_with(struct call *c, const struct workday_decision *rows,
                                                size_t count)
{
    const struct workday_calendar *cal = NULL;
    const struct workday_plan plan = {
        .version = S("test"), .decisions = rows, .decision_count = count};
    enum err e = workday_calendar_open(c, c->arena, &plan, &cal);
    assert_int_equal(e, OK);
    return cal;
}

/* What was decided in 2019 to 2026 is what the rules give, but for swaps and the Tet window. */
static void the_rules_alone_foresee_the_decisions(void **state)
{
    struct world *world = *state;
    const struct workday_calendar *law = open_with(&world->c, NULL, 0);
    for (size_t i = 0; i < WORKDAY_DECISIONS_COUNT; i++) {
        const struct workday_decision *row = &WORKDAY_DECISIONS[i];
        if (row->work || row->reason == WORKDAY_SWAP || row->holiday == WORKDAY_TET) continue;
        assert_int_equal(workday_reason_of(law, row->day), row->reason);
    }
    for (int year = 2019; year <= 2026; year++) {
        int64_t from = time_day_of((struct date){year, 3, 15});
        int64_t to = time_day_of((struct date){year, 12, 15});
        for (int64_t day = from; day <= to; day++) {
            bool differs = workday_is_working(law, day) != workday_is_working(world->vn, day);
            bool swapped = false;
            for (size_t i = 0; i < WORKDAY_DECISIONS_COUNT; i++) {
                const struct workday_decision *row = &WORKDAY_DECISIONS[i];
                if (row->day == day && (row->work || row->reason == WORKDAY_SWAP)) swapped = true;
            }
            assert_int_equal(differs, swapped);
        }
    }
}

static int off_with(const struct workday_calendar *cal, int year, enum workday_reason reason)
{
    int count = 0;
    int64_t first = time_day_of((struct date){year, 1, 1});
    int64_t last = time_day_of((struct date){year, 12, 31});
    for (int64_t day = first; day <= last; day++) {
        if (workday_reason_of(cal, day) == reason) count++;
    }
    return count;
}

static void each_year_has_the_days_its_law_gives(void **state)
{
    struct world *world = *state;
    const struct workday_calendar *law = open_with(&world->c, NULL, 0);
    for (int year = WORKDAY_YEAR_MIN; year <= WORKDAY_YEAR_MAX; year++) {
        assert_int_equal(off_with(law, year, WORKDAY_TET), year < 2014 ? 4 : 5);
        assert_int_equal(off_with(law, year, WORKDAY_NATIONAL), year < 2021 ? 1 : 2);
        assert_int_equal(off_with(law, year, WORKDAY_NEW_YEAR), 1);
        assert_int_equal(off_with(law, year, WORKDAY_HUNG_KINGS), year < 2007 ? 0 : 1);
        assert_int_equal(off_with(law, year, WORKDAY_REUNIFICATION), 1);
        assert_int_equal(off_with(law, year, WORKDAY_LABOUR), 1);
    }
}

static void a_decided_tet_replaces_the_computed_window(void **state)
{
    struct world *world = *state;
    /* Tet 2027 is Saturday 6 February; the law alone gives 5 to 9, and 10 and 11 for the weekend */
    const struct workday_decision rows[] = {
        {.day = day_of("2027-02-08"), .reason = WORKDAY_TET, .holiday = WORKDAY_TET},
        {.day = day_of("2027-02-09"), .reason = WORKDAY_TET, .holiday = WORKDAY_TET},
        {.day = day_of("2027-02-10"), .reason = WORKDAY_TET, .holiday = WORKDAY_TET},
        {.day = day_of("2027-02-11"), .reason = WORKDAY_COMPENSATION, .holiday = WORKDAY_TET},
        {.day = day_of("2027-02-12"), .reason = WORKDAY_COMPENSATION, .holiday = WORKDAY_TET},
    };
    const struct workday_calendar *law = open_with(&world->c, NULL, 0);
    const struct workday_calendar *cal = open_with(&world->c, rows, ARRAY_LEN(rows));
    assert_int_equal(workday_reason_of(law, day_of("2027-02-05")), WORKDAY_TET);
    assert_int_equal(workday_reason_of(law, day_of("2027-02-11")), WORKDAY_COMPENSATION);
    assert_true(workday_is_working(law, day_of("2027-02-12")));
    assert_true(workday_is_working(cal, day_of("2027-02-05")));
    assert_false(workday_is_working(cal, day_of("2027-02-12")));
    assert_true(workday_is_working(cal, day_of("2027-02-15")));
    assert_int_equal(workday_reason_of(cal, day_of("2028-01-26")), WORKDAY_TET); /* other years */
}

static void a_decided_second_day_replaces_the_computed_one(void **state)
{
    struct world *world = *state;
    const struct workday_decision rows[] = {
        {.day = day_of("2027-09-01"), .reason = WORKDAY_NATIONAL, .holiday = WORKDAY_NATIONAL},
    };
    const struct workday_calendar *cal = open_with(&world->c, rows, ARRAY_LEN(rows));
    assert_false(workday_is_working(cal, day_of("2027-09-01")));
    assert_false(workday_is_working(cal, day_of("2027-09-02")));
    assert_true(workday_is_working(cal, day_of("2027-09-03")));
}

static void a_day_declared_worked_is_worked_and_one_declared_off_is_off(void **state)
{
    struct world *world = *state;
    const struct workday_decision rows[] = {
        {.day = day_of("2027-07-14"), .reason = WORKDAY_DECISION},
        {.day = day_of("2027-01-01"), .work = true},
        {.day = day_of("2027-07-17"), .work = true},
    };
    const struct workday_calendar *cal = open_with(&world->c, rows, ARRAY_LEN(rows));
    assert_int_equal(workday_reason_of(cal, day_of("2027-07-14")), WORKDAY_DECISION);
    assert_true(workday_is_working(cal, day_of("2027-01-01")));
    assert_true(workday_is_working(cal, day_of("2027-07-17")));
}

static void compensation_avoids_decided_days_off(void **state)
{
    struct world *world = *state;
    /* 1 May 2027 is a Saturday, its compensation would be Monday 3 May */
    const struct workday_decision rows[] = {
        {.day = day_of("2027-05-03"), .reason = WORKDAY_SWAP},
    };
    const struct workday_calendar *cal = open_with(&world->c, rows, ARRAY_LEN(rows));
    assert_int_equal(workday_reason_of(cal, day_of("2027-05-03")), WORKDAY_SWAP);
    assert_int_equal(workday_reason_of(cal, day_of("2027-05-04")), WORKDAY_COMPENSATION);
}

static void hung_kings_day_never_meets_another_holiday(void **state)
{
    (void)state;
    for (int year = 2007; year <= WORKDAY_YEAR_MAX; year++) {
        int64_t kings = 0;
        assert_true(lunar_to_day((struct lunar){.year = year, .month = 3, .day = 10}, &kings));
        assert_true(kings < time_day_of((struct date){year, 4, 30}));
    }
}

/* xorshift: the same numbers in every run */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void the_order_of_decisions_does_not_matter(void **state)
{
    struct world *world = *state;
    uint64_t seed = 7;
    struct workday_decision *rows =
        arena_array(world->c.arena, WORKDAY_DECISIONS_COUNT, sizeof *rows);
    for (size_t i = 0; i < WORKDAY_DECISIONS_COUNT; i++) {
        size_t k = next_random(&seed) % (i + 1);
        rows[i] = rows[k];
        rows[k] = WORKDAY_DECISIONS[i];
    }
    const struct workday_calendar *cal = open_with(&world->c, rows, WORKDAY_DECISIONS_COUNT);
    int64_t last = day_of("2100-12-31");
    for (int64_t day = day_of("1990-01-01"); day <= last; day++) {
        assert_int_equal(workday_reason_of(cal, day), workday_reason_of(world->vn, day));
    }
}

static void contradicting_decisions_are_refused(void **state)
{
    struct world *world = *state;
    struct call *c = &world->c;
    const struct workday_calendar *cal = NULL;
    struct workday_decision rows[] = {
        {.day = day_of("2027-07-14"), .reason = WORKDAY_DECISION},
        {.day = day_of("2027-07-14"), .work = true},
    };
    const struct workday_plan plan = {.version = S("x"), .decisions = rows, .decision_count = 2};
    enum err e = workday_calendar_open(c, c->arena, &plan, &cal);
    assert_int_equal(e, ERR_INVALID);
    assert_string_equal(c->failure.reason, "workday.twice");
    assert_true(str_eq(words_failure(c), S("Ngày 14/07/2027 có hai quyết định trái nhau.")));
    call_clear(c);
    rows[1] = rows[0]; /* the same row twice is no contradiction */
    open_with(c, rows, 2);
    rows[1].day = day_of("1989-12-31");
    e = workday_calendar_open(c, c->arena, &plan, &cal);
    assert_int_equal(e, ERR_INVALID);
    assert_string_equal(c->failure.reason, "workday.range");
    assert_null(cal);
}

static void a_longer_term_or_a_later_start_never_ends_earlier(void **state)
{
    struct world *world = *state;
    int64_t first = day_of("2018-12-01");
    for (enum workday_unit unit = WORKDAY_WORKING_DAYS; unit <= WORKDAY_CALENDAR_DAYS; unit++) {
        for (int64_t from = first; from < first + 3300; from++) {
            int64_t before = 0;
            for (int64_t days = 0; days <= 40; days += 1 + days / 8) {
                int64_t due = 0;
                int64_t due_later = 0;
                assert_true(workday_add(world->vn, from, days, unit, &due));
                assert_true(workday_add(world->vn, from + 1, days, unit, &due_later));
                assert_true(due >= before);
                assert_true(due_later >= due);
                assert_true(workday_is_working(world->vn, due));
                before = due;
            }
        }
    }
}

static void counting_back_gives_the_days_that_were_added(void **state)
{
    struct world *world = *state;
    uint64_t seed = 99;
    int64_t first = day_of("1990-01-01");
    for (int i = 0; i < 100000; i++) {
        int64_t from = first + (int64_t)(next_random(&seed) % 22000);
        int64_t days = 1 + (int64_t)(next_random(&seed) % 2000);
        int64_t due = 0;
        assert_true(workday_add(world->vn, from, days, WORKDAY_WORKING_DAYS, &due));
        assert_int_equal(workday_count(world->vn, from, due), days);
        assert_int_equal(workday_count(world->vn, due, from), -days);
        assert_int_equal(workday_count(world->vn, from, due - 1), days - 1);
    }
}

static void a_receipt_adds_up(void **state)
{
    struct world *world = *state;
    uint64_t seed = 5;
    int64_t first = day_of("2015-01-01");
    for (int i = 0; i < 3000; i++) {
        struct arena *arena = arena_open(0);
        int64_t from = first + (int64_t)(next_random(&seed) % 6000);
        int64_t days = (int64_t)(next_random(&seed) % 90);
        enum workday_unit unit = i % 2 == 0 ? WORKDAY_WORKING_DAYS : WORKDAY_CALENDAR_DAYS;
        struct workday_receipt receipt = {};
        assert_true(workday_explain(arena, world->vn, from, days, unit, &receipt));
        int64_t skipped_count = (int64_t)receipt.skipped_count;
        assert_int_equal(receipt.due - receipt.from, receipt.counted + skipped_count);
        int64_t before = from - 1;
        for (size_t k = 0; k < receipt.skipped_count; k++) {
            const struct workday_skip *skip = &receipt.skipped[k];
            assert_true(skip->day > before && skip->day < receipt.due);
            assert_int_equal(skip->reason, workday_reason_of(world->vn, skip->day));
            assert_int_not_equal(skip->reason, WORKDAY_WORKED);
            before = skip->day;
        }
        arena_close(arena);
    }
}

static void terms_out_of_range_are_refused(void **state)
{
    struct world *world = *state;
    struct workday_receipt receipt = {};
    int64_t due = -1;
    int64_t from = day_of("2026-11-25");
    assert_true(workday_add(world->vn, from, WORKDAY_TERM_MAX, WORKDAY_WORKING_DAYS, &due));
    assert_true(workday_add(world->vn, from, WORKDAY_TERM_MAX, WORKDAY_CALENDAR_DAYS, &due));
    due = -1;
    assert_false(workday_add(world->vn, from, WORKDAY_TERM_MAX + 1, WORKDAY_WORKING_DAYS, &due));
    assert_false(workday_add(world->vn, from, -1, WORKDAY_WORKING_DAYS, &due));
    from = day_of("1989-12-31");
    assert_false(workday_add(world->vn, from, 1, WORKDAY_WORKING_DAYS, &due));
    from = day_of("2100-12-31");
    assert_false(workday_add(world->vn, from, 1, WORKDAY_WORKING_DAYS, &due));
    assert_false(workday_add(world->vn, from, 1, WORKDAY_CALENDAR_DAYS, &due));
    assert_false(workday_add(world->vn, INT64_MAX, 1, WORKDAY_WORKING_DAYS, &due));
    assert_false(
        workday_explain(world->c.arena, world->vn, from, 1, WORKDAY_WORKING_DAYS, &receipt));
    assert_int_equal(due, -1);
    assert_true(
        workday_is_working(world->vn, day_of("2101-01-03"))); /* a Monday, so much is known */
    assert_false(workday_is_working(world->vn, day_of("2101-01-02")));
}

static void a_receipt_reads_as_json(void **state)
{
    struct world *world = *state;
    struct workday_receipt receipt = {};
    assert_true(workday_explain(world->c.arena, world->vn, day_of("2025-12-31"), 1,
                                WORKDAY_WORKING_DAYS, &receipt));
    assert_string_equal(str_zero(world->c.arena, workday_receipt_json(world->c.arena, &receipt)),
                        "{\"due\":\"2026-01-05\",\"counted\":1,\"skipped\":["
                        "{\"day\":\"2026-01-01\",\"reason\":\"workday.new_year\"},"
                        "{\"day\":\"2026-01-02\",\"reason\":\"workday.swap\"},"
                        "{\"day\":\"2026-01-03\",\"reason\":\"workday.weekend\"},"
                        "{\"day\":\"2026-01-04\",\"reason\":\"workday.weekend\"}],"
                        "\"rule\":\"working_days\",\"calendar\":\"vn-2026.1\","
                        "\"source\":\"workday.source.civil_2015\",\"in_force\":\"2017-01-01\"}");
    assert_true(str_eq(workday_calendar_version(world->vn), S("vn-2026.1")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(terms_in_working_days_end_as_checked_by_hand),
        TEST(terms_in_calendar_days_end_on_a_working_day),
        TEST(every_day_off_has_its_reason),
        TEST(every_reason_has_words),
        TEST(the_rules_alone_foresee_the_decisions),
        TEST(each_year_has_the_days_its_law_gives),
        TEST(a_decided_tet_replaces_the_computed_window),
        TEST(a_decided_second_day_replaces_the_computed_one),
        TEST(a_day_declared_worked_is_worked_and_one_declared_off_is_off),
        TEST(compensation_avoids_decided_days_off),
        TEST(hung_kings_day_never_meets_another_holiday),
        TEST(the_order_of_decisions_does_not_matter),
        TEST(contradicting_decisions_are_refused),
        TEST(a_longer_term_or_a_later_start_never_ends_earlier),
        TEST(counting_back_gives_the_days_that_were_added),
        TEST(a_receipt_adds_up),
        TEST(terms_out_of_range_are_refused),
        TEST(a_receipt_reads_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
