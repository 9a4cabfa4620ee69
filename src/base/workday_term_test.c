#include "base/workday_receipt.h"

#include "base/time.h"
#include "base/words.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { GOLDEN_BYTES_MAX = 256 * 1024, GOLDEN_ROWS_MIN = 500, COLUMNS = 6 };

/* Calendars that the golden table names. */
enum { CAL_VN, CAL_LATE, CAL_MOURNING, CAL_SATURDAY, CAL_SIX, CAL_COUNT };

static const char *const CAL_NAMES[] = {"vn", "late", "mourning", "saturday", "six"};
static_assert(ARRAY_LEN(CAL_NAMES) == CAL_COUNT);

struct world {
    struct call c;
    const struct workday_calendar *cal[CAL_COUNT];
};

static int64_t day_of(const char *iso)
{
    int64_t day = 0;
    assert_true(time_parse_day(str_of(iso), &day));
    return day;
}

/* The built-in decisions and these, in one calendar. */
static const struct workday_calendar *open_with(struct call *c, const struct workday_decision *more,
                                                size_t more_count, const struct workday_week *week)
{
    const struct workday_calendar *cal = NULL;
    size_t count = WORKDAY_DECISIONS_COUNT + more_count;
    struct workday_decision *rows = arena_array(c->arena, count, sizeof *rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = i < more_count ? more[i] : WORKDAY_DECISIONS[i - more_count];
    const struct workday_plan plan = {.version = S("test"),
                                      .decisions = rows,
                                      .decision_count = count,
                                      .weeks = week,
                                      .week_count = week == NULL ? 0 : 1};
    assert_int_equal(workday_calendar_open(c, c->arena, &plan, &cal), OK);
    return cal;
}

/* Monday to Friday as usual, Saturday until noon. */
static struct workday_week week_with_saturday(bool counts)
{
    struct workday_week week = {.from_day = day_of("2026-01-01")};
    for (size_t i = 0; i < 5; i++) {
        week.day[i] =
            (struct workday_hours){.span = {{8 * 60, 12 * 60}, {13 * 60, 17 * 60}}, .counts = true};
    }
    week.day[5] = (struct workday_hours){.span = {{8 * 60, 12 * 60}}, .counts = counts};
    return week;
}

static int open_world(void **state)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct world *world = arena_alloc(c.arena, sizeof *world);
    struct workday_decision late[5] = {};
    for (int i = 0; i < 5; i++) {
        late[i] = (struct workday_decision){
            .day = day_of("2027-02-08") + i, .reason = WORKDAY_TET, .holiday = WORKDAY_TET};
    }
    const struct workday_decision mourning[] = {
        {.day = day_of("2027-07-14"), .reason = WORKDAY_DECISION},
        {.day = day_of("2027-07-15"), .reason = WORKDAY_DECISION},
    };
    struct workday_week open = week_with_saturday(false);
    struct workday_week counting = week_with_saturday(true);
    world->c = c;
    world->cal[CAL_VN] = workday_calendar_vn(&world->c, c.arena);
    world->cal[CAL_LATE] = open_with(&world->c, late, ARRAY_LEN(late), NULL);
    world->cal[CAL_MOURNING] = open_with(&world->c, mourning, ARRAY_LEN(mourning), NULL);
    world->cal[CAL_SATURDAY] = open_with(&world->c, NULL, 0, &open);
    world->cal[CAL_SIX] = open_with(&world->c, NULL, 0, &counting);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    arena_close(((struct world *)*state)->c.arena);
    return 0;
}

/* The golden table */

struct row {
    const struct workday_calendar *cal;
    struct workday_term term;
    struct str from;
    struct str due;
};

static struct str golden_text(struct world *world)
{
    char *bytes = arena_alloc(world->c.arena, GOLDEN_BYTES_MAX);
    FILE *file = fopen("test/golden/deadlines.tsv", "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, GOLDEN_BYTES_MAX, file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(len, 1, GOLDEN_BYTES_MAX - 1);
    return (struct str){bytes, len};
}

static int64_t clock_of(struct str clock)
{
    int64_t hour = 0;
    int64_t minute = 0;
    struct str head = {};
    struct str rest = {};
    assert_true(str_cut(clock, ':', &head, &rest));
    assert_true(parse_int(head, 0, 24, &hour) && parse_int(rest, 0, 59, &minute));
    return hour * 60 + minute;
}

static struct row row_of(struct world *world, struct str line)
{
    struct str cell[COLUMNS] = {};
    struct row row = {};
    struct str day = {};
    struct str clock = {};
    for (size_t i = 0; i < COLUMNS; i++)
        (void)str_cut(line, '\t', &cell[i], &line);
    for (size_t i = 0; i < CAL_COUNT; i++) {
        if (str_eq(cell[0], str_of(CAL_NAMES[i]))) row.cal = world->cal[i];
    }
    assert_non_null(row.cal);
    bool timed = str_cut(cell[1], 'T', &day, &clock);
    assert_true(time_parse_day(day, &row.term.from));
    row.term.minute = timed ? clock_of(clock) : WORKDAY_DAY_MINUTES;
    assert_true(parse_int(cell[2], 0, WORKDAY_TERM_MAX, &row.term.amount));
    row.term.unit = WORKDAY_UNIT_COUNT;
    for (enum workday_unit unit = 0; unit < WORKDAY_UNIT_COUNT; unit++) {
        if (str_eq(cell[3], workday_unit_word(unit))) row.term.unit = unit;
    }
    assert_int_not_equal(row.term.unit, WORKDAY_UNIT_COUNT);
    row.from = cell[1];
    row.due = cell[4];
    return row;
}

/* Calls `look` for every row; returns how many there were. */
static size_t each_row(struct world *world, void (*look)(struct world *world, const struct row *))
{
    struct str rest = golden_text(world);
    size_t count = 0;
    while (rest.len > 0) {
        struct str line = {};
        (void)str_cut(rest, '\n', &line, &rest);
        if (line.len == 0 || str_starts(line, S("#"))) continue;
        struct row row = row_of(world, line);
        look(world, &row);
        count++;
    }
    return count;
}

static bool in_hours(enum workday_unit unit)
{
    return unit == WORKDAY_HOURS || unit == WORKDAY_WORKING_HOURS;
}

static void look_at_due(struct world *world, const struct row *row)
{
    struct arena *arena = world->c.arena;
    struct workday_due due = {};
    assert_true(workday_term_end(row->cal, &row->term, &due));
    struct str text = time_format_day(arena, due.day);
    if (in_hours(row->term.unit)) {
        text = str_format(arena, "%.*sT%02d:%02d", STR_ARG(text), (int)(due.minute / 60),
                          (int)(due.minute % 60));
    } else {
        assert_int_equal(due.minute, WORKDAY_DAY_MINUTES);
    }
    if (!str_eq(text, row->due)) {
        fail_msg("%.*s + %lld %.*s: %.*s, not %.*s", STR_ARG(row->from),
                 (long long)row->term.amount, STR_ARG(workday_unit_word(row->term.unit)),
                 STR_ARG(text), STR_ARG(row->due));
    }
}

static void the_golden_deadlines_hold(void **state)
{
    assert_true(each_row(*state, look_at_due) >= GOLDEN_ROWS_MIN);
}

/* The short road without a receipt gives the same days. */
static void look_at_short_road(struct world *world, const struct row *row)
{
    int64_t due = 0;
    (void)world;
    bool there = workday_add(row->cal, row->term.from, row->term.amount, row->term.unit, &due);
    assert_int_equal(there, !in_hours(row->term.unit));
    if (there) assert_true(str_eq(time_format_day(world->c.arena, due), row->due));
}

static void the_road_without_a_receipt_gives_the_same_days(void **state)
{
    assert_true(each_row(*state, look_at_short_road) >= GOLDEN_ROWS_MIN);
}

/* Receipts */

/* Open minutes of the days from..to, of the first from its minute, of the last to its minute. */
static int64_t open_between(const struct workday_calendar *cal,
                            const struct workday_receipt *receipt)
{
    int64_t minutes = 0;
    for (int64_t day = receipt->from; day <= receipt->due; day++) {
        struct workday_hours hours = workday_hours_of(cal, day);
        for (size_t i = 0; i < WORKDAY_SPANS; i++) {
            int64_t begin = hours.span[i].from_minute;
            int64_t end = hours.span[i].to_minute;
            if (day == receipt->from && begin < receipt->from_minute) begin = receipt->from_minute;
            if (day == receipt->due && end > receipt->due_minute) end = receipt->due_minute;
            if (end > begin) minutes += end - begin;
        }
    }
    return minutes;
}

static void assert_adds_up(const struct workday_calendar *cal,
                           const struct workday_receipt *receipt)
{
    int64_t before = receipt->from - 1;
    for (size_t i = 0; i < receipt->skipped_count; i++) {
        const struct workday_skip *skip = &receipt->skipped[i];
        assert_true(skip->day > before && skip->day < receipt->due);
        assert_int_not_equal(skip->reason, WORKDAY_WORKED);
        before = skip->day;
    }
    if (receipt->unit == WORKDAY_WORKING_HOURS) {
        assert_int_equal(open_between(cal, receipt), receipt->counted * 60);
    } else if (receipt->unit == WORKDAY_HOURS) {
        int64_t end = receipt->due * WORKDAY_DAY_MINUTES + receipt->due_minute;
        int64_t begin = receipt->from * WORKDAY_DAY_MINUTES + receipt->from_minute;
        if (receipt->skipped_count == 0) assert_int_equal(end - begin, receipt->counted * 60);
        assert_true(end - begin >= receipt->counted * 60);
    } else {
        int64_t skipped_count = (int64_t)receipt->skipped_count;
        assert_int_equal(receipt->due - receipt->from, receipt->counted + skipped_count);
    }
}

static void look_at_receipt(struct world *world, const struct row *row)
{
    struct workday_receipt receipt = {};
    struct workday_due due = {};
    assert_true(workday_term_explain(world->c.arena, row->cal, &row->term, &receipt));
    assert_true(workday_term_end(row->cal, &row->term, &due));
    assert_int_equal(receipt.due, due.day);
    assert_int_equal(receipt.due_minute, due.minute);
    assert_int_equal(receipt.amount, row->term.amount);
    assert_adds_up(row->cal, &receipt);
}

static void every_golden_deadline_has_a_receipt_that_adds_up(void **state)
{
    assert_true(each_row(*state, look_at_receipt) >= GOLDEN_ROWS_MIN);
}

/* xorshift: the same numbers in every run */
static int64_t next_random(uint64_t *seed, int64_t below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (int64_t)(*seed % (uint64_t)below);
}

static struct workday_term random_term(uint64_t *seed, enum workday_unit unit)
{
    return (struct workday_term){.from = day_of("1990-01-01") + next_random(seed, 22000),
                                 .minute = next_random(seed, WORKDAY_DAY_MINUTES + 1),
                                 .amount = next_random(seed, 80),
                                 .unit = unit};
}

static void any_receipt_in_any_calendar_adds_up(void **state)
{
    struct world *world = *state;
    const struct workday_no_end no_end = {.weekdays = 1 << FRIDAY, .dates = {1231}};
    uint64_t seed = 11;
    for (int i = 0; i < 6000; i++) {
        struct arena *arena = arena_open(0);
        const struct workday_calendar *cal = world->cal[i % CAL_COUNT];
        struct workday_term term = random_term(&seed, (enum workday_unit)(i % WORKDAY_UNIT_COUNT));
        struct workday_receipt receipt = {};
        struct workday_receipt limited = {};
        assert_true(workday_term_explain(arena, cal, &term, &receipt));
        assert_adds_up(cal, &receipt);
        term.no_end = &no_end;
        assert_true(workday_term_explain(arena, cal, &term, &limited));
        assert_true(limited.due >= receipt.due);
        assert_int_not_equal(time_weekday(limited.due), FRIDAY);
        if (!in_hours(term.unit)) assert_adds_up(cal, &limited);
        arena_close(arena);
    }
}

/* What is comparable of an end. By the clock it is only the day: hours that run out on a Sunday end
 * with Monday, a few hours more end early on that Monday. */
static int64_t moment_of(const struct workday_due *due, enum workday_unit unit)
{
    return due->day * WORKDAY_DAY_MINUTES + (unit == WORKDAY_HOURS ? 0 : due->minute);
}

static void a_longer_term_or_a_later_event_never_ends_earlier(void **state)
{
    struct world *world = *state;
    uint64_t seed = 23;
    for (int i = 0; i < 30000; i++) {
        const struct workday_calendar *cal = world->cal[i % CAL_COUNT];
        struct workday_term term = random_term(&seed, (enum workday_unit)(i % WORKDAY_UNIT_COUNT));
        struct workday_due due = {};
        struct workday_due longer = {};
        struct workday_due later = {};
        assert_true(workday_term_end(cal, &term, &due));
        term.amount++;
        assert_true(workday_term_end(cal, &term, &longer));
        term.amount--;
        term.from += next_random(&seed, 3);
        term.minute = WORKDAY_DAY_MINUTES;
        assert_true(workday_term_end(cal, &term, &later));
        assert_true(moment_of(&longer, term.unit) >= moment_of(&due, term.unit));
        assert_true(moment_of(&later, term.unit) >= moment_of(&due, term.unit));
    }
}

static void a_term_of_eight_working_hours_is_a_working_day(void **state)
{
    struct world *world = *state;
    int64_t first = day_of("2019-01-01");
    for (int64_t from = first; from < first + 3000; from++) {
        for (int64_t days = 1; days < 20; days += 6) {
            struct workday_term term = {.from = from,
                                        .minute = WORKDAY_DAY_MINUTES,
                                        .amount = 8 * days,
                                        .unit = WORKDAY_WORKING_HOURS};
            struct workday_due due = {};
            int64_t day = 0;
            assert_true(workday_term_end(world->cal[CAL_VN], &term, &due));
            assert_true(workday_add(world->cal[CAL_VN], from, days, WORKDAY_WORKING_DAYS, &day));
            assert_int_equal(due.day, day);
            assert_int_equal(due.minute, 17 * 60);
        }
    }
}

/* Forbidden ends */

static void no_term_ends_on_a_forbidden_day(void **state)
{
    struct world *world = *state;
    const struct workday_no_end no_end = {.weekdays = 1 << FRIDAY, .dates = {1231}};
    struct workday_term term = {
        .from = day_of("2026-11-25"), .amount = 2, .unit = WORKDAY_WORKING_DAYS, .no_end = &no_end};
    struct workday_receipt receipt = {};
    assert_true(workday_term_explain(world->c.arena, world->cal[CAL_VN], &term, &receipt));
    assert_int_equal(receipt.due, day_of("2026-11-30"));
    assert_int_equal(receipt.counted, 2);
    assert_int_equal(receipt.skipped_count, 3);
    assert_int_equal(receipt.skipped[0].reason, WORKDAY_NO_END);
    assert_int_equal(receipt.skipped[1].reason, WORKDAY_WEEKEND);
    /* Thursday 31 December, then New Year on a Friday and a weekend */
    term.from = day_of("2026-12-30");
    term.amount = 1;
    assert_true(workday_term_explain(world->c.arena, world->cal[CAL_VN], &term, &receipt));
    assert_int_equal(receipt.due, day_of("2027-01-04"));
    assert_int_equal(receipt.skipped[0].reason, WORKDAY_NO_END);
    assert_int_equal(receipt.skipped[1].reason, WORKDAY_NEW_YEAR);
}

static void a_term_that_may_end_nowhere_is_refused(void **state)
{
    struct world *world = *state;
    const struct workday_no_end no_end = {.weekdays = 0xFE}; /* Monday to Sunday */
    struct workday_term term = {.from = day_of("2026-11-25"), .amount = 2, .no_end = &no_end};
    struct workday_due due = {.day = -1};
    assert_false(workday_term_end(world->cal[CAL_VN], &term, &due));
    assert_int_equal(due.day, -1);
}

/* Weeks and hours */

static void an_office_keeps_its_own_hours_from_a_day_on(void **state)
{
    struct world *world = *state;
    const struct workday_calendar *cal = world->cal[CAL_SATURDAY];
    struct workday_hours before = workday_hours_of(cal, day_of("2025-12-27"));
    struct workday_hours after = workday_hours_of(cal, day_of("2026-11-21"));
    struct workday_hours swapped = workday_hours_of(cal, day_of("2026-08-22"));
    struct workday_hours holiday = workday_hours_of(cal, day_of("2027-05-01"));
    assert_int_equal(before.span[0].to_minute, 0);
    assert_int_equal(after.span[0].to_minute, 12 * 60);
    assert_int_equal(after.span[1].to_minute, 0);
    assert_int_equal(swapped.span[1].to_minute, 17 * 60);
    assert_int_equal(holiday.span[0].to_minute, 0);
    assert_int_equal(workday_reason_of(cal, day_of("2026-11-21")), WORKDAY_HALF_DAY);
    assert_int_equal(workday_reason_of(cal, day_of("2026-11-22")), WORKDAY_WEEKEND);
    assert_true(workday_is_working(world->cal[CAL_SIX], day_of("2026-11-21")));
}

static void assert_week_refused(struct call *c, const struct workday_week *weeks, size_t count)
{
    const struct workday_calendar *cal = NULL;
    const struct workday_plan plan = {.version = S("x"), .weeks = weeks, .week_count = count};
    assert_int_equal(workday_calendar_open(c, c->arena, &plan, &cal), ERR_INVALID);
    assert_string_equal(c->failure.reason, "workday.week");
    assert_null(cal);
    call_clear(c);
}

static void weeks_that_make_no_sense_are_refused(void **state)
{
    struct world *world = *state;
    struct workday_week weeks[2] = {week_with_saturday(true), week_with_saturday(true)};
    assert_week_refused(&world->c, weeks, 2); /* both from the same day */
    weeks[0].day[0].span[1].from_minute = 11 * 60;
    assert_week_refused(&world->c, weeks, 1); /* the spans overlap */
    weeks[0] = week_with_saturday(true);
    weeks[0].day[0].span[1].to_minute = WORKDAY_DAY_MINUTES + 1;
    assert_week_refused(&world->c, weeks, 1); /* beyond midnight */
    weeks[0] = week_with_saturday(true);
    weeks[0].day[6].counts = true;
    assert_week_refused(&world->c, weeks, 1); /* counts without hours */
    weeks[0] = (struct workday_week){.from_day = day_of("2026-01-01")};
    assert_week_refused(&world->c, weeks, 1); /* no day counts */
}

static void terms_out_of_range_are_refused(void **state)
{
    struct world *world = *state;
    const struct workday_calendar *cal = world->cal[CAL_VN];
    for (enum workday_unit unit = 0; unit < WORKDAY_UNIT_COUNT; unit++) {
        struct workday_due due = {};
        struct workday_term term = {.from = day_of("2026-11-25"), .unit = unit};
        assert_true(workday_term_end(cal, &term, &due));
        term.amount = -1;
        assert_false(workday_term_end(cal, &term, &due));
        term.amount = WORKDAY_TERM_MAX + 1;
        assert_false(workday_term_end(cal, &term, &due));
        term.amount = WORKDAY_TERM_MAX;
        bool long_unit = unit == WORKDAY_WEEKS || unit == WORKDAY_MONTHS;
        assert_int_equal(workday_term_end(cal, &term, &due), !long_unit);
        term.amount = 1;
        term.from = day_of("2100-12-31");
        term.minute = WORKDAY_DAY_MINUTES;
        assert_false(workday_term_end(cal, &term, &due));
        term.from = INT64_MAX;
        assert_false(workday_term_end(cal, &term, &due));
    }
    struct workday_term term = {.from = day_of("2026-11-25"), .minute = -1, .unit = WORKDAY_HOURS};
    struct workday_due due = {};
    assert_false(workday_term_end(cal, &term, &due));
}

/* Law and JSON */

static void the_law_of_a_term_is_the_one_in_force_when_it_began(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        struct str key;
    } ROWS[] = {{"2005-12-31", {}},
                {"2006-01-01", S("workday.source.civil_2005")},
                {"2016-12-31", S("workday.source.civil_2005")},
                {"2017-01-01", S("workday.source.civil_2015")}};
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct workday_source source = workday_source_of(day_of(ROWS[i].day));
        assert_true(str_eq(source.key, ROWS[i].key));
        if (source.key.len == 0) continue;
        assert_true(words_has(source.key));
        assert_true(source.from <= day_of(ROWS[i].day));
        assert_true(source.until == 0 || source.until >= day_of(ROWS[i].day));
    }
}

static void assert_json(struct world *world, const struct workday_term *term, const char *json)
{
    struct workday_receipt receipt = {};
    struct arena *arena = world->c.arena;
    assert_true(workday_term_explain(arena, world->cal[CAL_VN], term, &receipt));
    assert_string_equal(str_zero(arena, workday_receipt_json(arena, &receipt)), json);
}

static void receipts_of_weeks_and_hours_read_as_json(void **state)
{
    struct workday_term term = {
        .from = day_of("2026-11-20"), .minute = 990, .amount = 3, .unit = WORKDAY_WORKING_HOURS};
    assert_json(*state, &term,
                "{\"due\":\"2026-11-23\",\"counted\":3,\"skipped\":["
                "{\"day\":\"2026-11-21\",\"reason\":\"workday.weekend\"},"
                "{\"day\":\"2026-11-22\",\"reason\":\"workday.weekend\"}],"
                "\"rule\":\"working_hours\",\"calendar\":\"vn-2026.1\","
                "\"source\":\"workday.source.civil_2015\",\"in_force\":\"2017-01-01\","
                "\"since\":\"2026-11-20T16:30\",\"at\":\"2026-11-23T10:30\"}");
    term = (struct workday_term){.from = day_of("2016-11-25"), .amount = 2, .unit = WORKDAY_WEEKS};
    assert_json(*state, &term,
                "{\"due\":\"2016-12-09\",\"counted\":14,\"skipped\":[],"
                "\"rule\":\"weeks\",\"calendar\":\"vn-2026.1\","
                "\"source\":\"workday.source.civil_2005\",\"in_force\":\"2006-01-01\","
                "\"until\":\"2016-12-31\",\"amount\":2}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_golden_deadlines_hold),
        TEST(the_road_without_a_receipt_gives_the_same_days),
        TEST(every_golden_deadline_has_a_receipt_that_adds_up),
        TEST(any_receipt_in_any_calendar_adds_up),
        TEST(a_longer_term_or_a_later_event_never_ends_earlier),
        TEST(a_term_of_eight_working_hours_is_a_working_day),
        TEST(no_term_ends_on_a_forbidden_day),
        TEST(a_term_that_may_end_nowhere_is_refused),
        TEST(an_office_keeps_its_own_hours_from_a_day_on),
        TEST(weeks_that_make_no_sense_are_refused),
        TEST(terms_out_of_range_are_refused),
        TEST(the_law_of_a_term_is_the_one_in_force_when_it_began),
        TEST(receipts_of_weeks_and_hours_read_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
