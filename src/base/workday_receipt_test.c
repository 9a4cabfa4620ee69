#include "base/workday_receipt.h"

#include "base/time.h"
#include "base/words.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROUNDS = 6000 };

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

static struct workday_pause pause_of(const char *from, const char *to)
{
    return (struct workday_pause){day_of(from), day_of(to), S("pause.force_majeure")};
}

/* xorshift: the same numbers in every run */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* A term of any unit with up to three pauses; some touch each other or begin before the event. */
static struct workday_term term_random(uint64_t *seed, struct workday_pause pauses[3])
{
    struct workday_term term = {
        .from = day_of("2018-01-01") + (int64_t)(next_random(seed) % 4000),
        .minute = (int64_t)(next_random(seed) % (WORKDAY_DAY_MINUTES + 1)),
        .amount = 1 + (int64_t)(next_random(seed) % 60),
        .unit = (enum workday_unit)(next_random(seed) % WORKDAY_UNIT_COUNT),
        .pauses = pauses,
        .pause_count = next_random(seed) % 4,
    };
    int64_t day = term.from - 3;
    for (size_t i = 0; i < term.pause_count; i++) {
        day += (int64_t)(next_random(seed) % 12);
        pauses[i].from = day;
        day += (int64_t)(next_random(seed) % 20);
        pauses[i].to = day;
        pauses[i].category = i % 2 == 0 ? S("pause.force_majeure") : (struct str){};
    }
    return term;
}

static bool paused(const struct workday_term *term, int64_t day)
{
    for (size_t i = 0; i < term->pause_count; i++) {
        bool in = day >= term->pauses[i].from && day <= term->pauses[i].to;
        if (in && day > term->from) return true;
    }
    return false;
}

static void a_pause_gives_back_exactly_its_working_days(void **state)
{
    struct call *c = *state;
    const struct workday_calendar *cal = workday_calendar_vn(c, c->arena);
    struct workday_pause pause = pause_of("2026-03-05", "2026-03-11"); /* five working days */
    struct workday_term term = {
        .from = day_of("2026-03-02"), .minute = WORKDAY_DAY_MINUTES, .amount = 5, .pauses = &pause};
    struct workday_due due = {};
    assert_true(workday_term_end(cal, &term, &due));
    assert_int_equal(due.day, day_of("2026-03-09"));
    term.pause_count = 1;
    assert_true(workday_term_end(cal, &term, &due));
    assert_int_equal(due.day, day_of("2026-03-16"));
    term.unit = WORKDAY_CALENDAR_DAYS; /* seven days: from the 7th to Saturday the 14th, moved */
    assert_true(workday_term_end(cal, &term, &due));
    assert_int_equal(due.day, day_of("2026-03-16"));
    term.unit = WORKDAY_MONTHS; /* 2 August and seven days, a Sunday */
    assert_true(workday_term_end(cal, &term, &due));
    assert_int_equal(due.day, day_of("2026-08-10"));
}

static void several_pauses_add_up_and_a_shared_day_counts_once(void **state)
{
    struct call *c = *state;
    const struct workday_calendar *cal = workday_calendar_vn(c, c->arena);
    struct workday_pause pauses[] = {pause_of("2026-03-04", "2026-03-05"),
                                     pause_of("2026-03-05", "2026-03-06"),
                                     pause_of("2026-03-12", "2026-03-12")};
    struct workday_term term = {.from = day_of("2026-03-02"),
                                .amount = 5,
                                .pauses = pauses,
                                .pause_count = ARRAY_LEN(pauses)};
    struct workday_due due = {};
    assert_true(workday_term_end(cal, &term, &due)); /* 3, 9, 10, 11, 13 March */
    assert_int_equal(due.day, day_of("2026-03-13"));
}

static void pauses_out_of_order_are_refused(void **state)
{
    struct call *c = *state;
    const struct workday_calendar *cal = workday_calendar_vn(c, c->arena);
    struct workday_pause pauses[] = {pause_of("2026-03-12", "2026-03-12"),
                                     pause_of("2026-03-04", "2026-03-05")};
    struct workday_term term = {
        .from = day_of("2026-03-02"), .amount = 5, .pauses = pauses, .pause_count = 2};
    struct workday_due due = {};
    assert_false(workday_term_end(cal, &term, &due));
    pauses[0] = pause_of("2026-03-06", "2026-03-05");
    term.pause_count = 1;
    assert_false(workday_term_end(cal, &term, &due));
    pauses[0] = (struct workday_pause){.from = day_of("2026-03-06"), .to = INT64_MAX};
    assert_false(workday_term_end(cal, &term, &due));
    term.pause_count = WORKDAY_PAUSES_MAX + 1;
    assert_false(workday_term_end(cal, &term, &due));
}

static void a_receipt_with_pauses_adds_up_and_ends_on_no_paused_day(void **state)
{
    struct call *c = *state;
    const struct workday_calendar *cal = workday_calendar_vn(c, c->arena);
    uint64_t seed = 11;
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *arena = arena_open(0);
        struct workday_pause pauses[3] = {};
        struct workday_term term = term_random(&seed, pauses);
        struct workday_receipt receipt = {};
        struct workday_due due = {};
        assert_true(workday_term_explain(arena, cal, &term, &receipt));
        assert_true(workday_term_end(cal, &term, &due));
        assert_int_equal(receipt.due, due.day);
        assert_false(paused(&term, receipt.due));
        if (!workday_unit_is_hours(term.unit)) {
            int64_t skipped_count = (int64_t)receipt.skipped_count;
            assert_int_equal(receipt.due - receipt.from, receipt.counted + skipped_count);
        }
        for (size_t k = 0; k < receipt.skipped_count; k++) {
            bool stood = receipt.skipped[k].reason == WORKDAY_PAUSED;
            if (stood) assert_true(paused(&term, receipt.skipped[k].day));
        }
        term.pause_count = 0; /* a stopped clock never shortens a term */
        assert_true(workday_term_end(cal, &term, &due));
        assert_true(due.day <= receipt.due);
        arena_close(arena);
    }
}

static void a_receipt_is_read_as_it_was_written(void **state)
{
    struct call *c = *state;
    const struct workday_calendar *cal = workday_calendar_vn(c, c->arena);
    uint64_t seed = 23;
    for (int i = 0; i < ROUNDS / 6; i++) {
        struct call inner = call_begin(env_real(), NULL, NULL);
        struct workday_pause pauses[3] = {};
        struct workday_term term = term_random(&seed, pauses);
        struct workday_receipt receipt = {};
        struct workday_receipt read = {};
        struct workday_receipt again = {};
        assert_true(workday_term_explain(inner.arena, cal, &term, &receipt));
        struct str json = workday_receipt_json(inner.arena, &receipt);
        assert_true(workday_receipt_read(&inner, json, &read));
        assert_true(str_eq(workday_receipt_json(inner.arena, &read), json));
        assert_int_equal(read.from, receipt.from);
        bool days = term.unit <= WORKDAY_MONTHS;
        if (days) assert_int_equal(read.nominal, receipt.nominal);
        assert_true(workday_receipt_again(inner.arena, cal, &read, &again));
        assert_true(str_eq(workday_receipt_json(inner.arena, &again), json));
        call_end(&inner);
    }
}

static void what_is_no_receipt_is_not_read(void **state)
{
    struct call *c = *state;
    static const char *const TEXTS[] = {
        "",
        "by telephone",
        "{}",
        "{\"rule\":\"moons\",\"due\":\"2026-11-27\"}",
        "{\"due\":\"2026-11-27\",\"counted\":3,\"skipped\":[],\"rule\":\"hours\"}",
        "{\"due\":\"9999-12-31\",\"counted\":0,\"rule\":\"calendar_days\"}",
        "{\"due\":\"2026-11-27\",\"counted\":9007199254740991,\"rule\":\"calendar_days\"}",
        "{\"due\":\"2026-11-27\",\"counted\":3,\"rule\":\"hours\",\"since\":\"2026-11-26T25:00\","
        "\"at\":\"2026-11-27T03:00\"}",
        "{\"due\":\"2026-11-27\",\"counted\":3,\"rule\":\"hours\",\"since\":\"2026-11-26T24:00\","
        "\"at\":\"2026-11-28T03:00\"}",
        "{\"due\":\"2026-11-27\",\"counted\":1,\"rule\":\"working_days\",\"skipped\":[{\"day\":"
        "\"2026-11-26\",\"reason\":\"no.such\"}]}",
        "{\"due\":\"2026-11-27\",\"counted\":1,\"rule\":\"working_days\",\"skipped\":[{\"day\":"
        "\"2026-11-26\",\"reason\":\"workday.tet\"},{\"day\":\"2026-11-26\",\"reason\":"
        "\"workday.tet\"}]}",
    };
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct workday_receipt receipt = {.due = -1};
        assert_false(workday_receipt_read(c, str_of(TEXTS[i]), &receipt));
        assert_int_equal(receipt.due, -1);
        assert_int_equal(c->failure.err, OK);
    }
}

static void a_pause_is_told_with_its_days_and_its_reason(void **state)
{
    struct call *c = *state;
    const struct workday_calendar *cal = workday_calendar_vn(c, c->arena);
    struct workday_pause pause = pause_of("2026-03-05", "2026-03-11");
    struct workday_term term = {
        .from = day_of("2026-03-02"), .amount = 5, .pauses = &pause, .pause_count = 1};
    struct workday_receipt receipt = {};
    pause.category = S("workday.decision"); /* any word will do */
    assert_true(workday_term_explain(c->arena, cal, &term, &receipt));
    for (enum lang lang = 0; lang < LANG_COUNT; lang++) {
        c->lang = lang;
        struct str text = workday_receipt_text(c, &receipt);
        assert_true(str_find(text, words(lang, S("workday.decision")), 0) < text.len);
        assert_true(str_find(text, words(lang, S("workday.paused")), 0) < text.len);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_call, close_call)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pause_gives_back_exactly_its_working_days),
        TEST(several_pauses_add_up_and_a_shared_day_counts_once),
        TEST(pauses_out_of_order_are_refused),
        TEST(a_receipt_with_pauses_adds_up_and_ends_on_no_paused_day),
        TEST(a_receipt_is_read_as_it_was_written),
        TEST(what_is_no_receipt_is_not_read),
        TEST(a_pause_is_told_with_its_days_and_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
