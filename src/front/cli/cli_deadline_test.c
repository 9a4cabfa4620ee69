#include "front/cli/cli_deadline.h"

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

static struct workday_receipt receipt_of(struct call *c, const char *from, int64_t amount,
                                         enum workday_unit unit)
{
    struct workday_receipt receipt = {};
    struct workday_term term = {.minute = 16 * 60, .amount = amount, .unit = unit};
    assert_true(time_parse_day(str_of(from), &term.from));
    const struct workday_calendar *calendar = workday_calendar_vn(c, c->arena);
    assert_true(workday_term_explain(c->arena, calendar, &term, &receipt));
    return receipt;
}

/* The words keep a date on one line with spaces that do not break; here they are plain. */
static void assert_text(struct call *c, const struct workday_receipt *receipt, const char *text)
{
    struct str rest = workday_receipt_text(c, receipt);
    struct sb plain = sb_new(c->arena, 0);
    struct str space = S("\xc2\xa0");
    while (rest.len > 0) {
        size_t at = str_find(rest, space, 0);
        sb_put(&plain, str_sub(rest, 0, at));
        if (at < rest.len) sb_char(&plain, ' ');
        rest = str_sub(rest, at + space.len, rest.len);
    }
    assert_string_equal(str_zero(c->arena, sb_str(&plain)), text);
}

static void working_days_over_tet_are_explained(void **state)
{
    struct call *c = *state;
    struct workday_receipt receipt = receipt_of(c, "2026-02-10", 7, WORKDAY_WORKING_DAYS);
    assert_text(c, &receipt,
                "Hạn: thứ Năm 26/02/2026.\n"
                "Thời hạn 7 ngày làm việc kể từ thứ Ba 10/02/2026. Ngày này không tính; ngày thứ "
                "nhất là thứ Tư 11/02/2026.\n"
                "Những ngày không tính (9 ngày):\n"
                "- từ thứ Bảy 14/02/2026 đến Chủ nhật 15/02/2026: ngày nghỉ hằng tuần\n"
                "- từ thứ Hai 16/02/2026 đến thứ Sáu 20/02/2026: Tết Nguyên đán\n"
                "- từ thứ Bảy 21/02/2026 đến Chủ nhật 22/02/2026: ngày nghỉ hằng tuần\n"
                "Căn cứ: Bộ luật Dân sự năm 2015, Điều 147 và Điều 148, có hiệu lực từ ngày "
                "01/01/2017.\n"
                "Lịch làm việc: vn-2026.1.");
}

static void a_month_without_that_day_is_explained(void **state)
{
    struct call *c = *state;
    struct workday_receipt receipt = receipt_of(c, "2016-01-31", 1, WORKDAY_MONTHS);
    c->lang = LANG_EN;
    assert_text(c, &receipt,
                "Deadline: Monday 29/02/2016.\n"
                "A term of 1 months from Sunday 31/01/2016. It ends on the corresponding day of "
                "the last month, Monday 29/02/2016.\n"
                "The last month has no such day, so its last day is taken.\n"
                "Legal basis: Civil Code 2005, articles 152 and 153, in force from 01/01/2006 to "
                "31/12/2016.\n"
                "Working-day calendar: vn-2026.1.");
}

static void hours_that_end_on_a_day_off_are_explained(void **state)
{
    struct call *c = *state;
    struct workday_receipt receipt = receipt_of(c, "2026-11-20", 24, WORKDAY_HOURS);
    assert_text(c, &receipt,
                "Hạn: hết thứ Hai 23/11/2026.\n"
                "Thời hạn 24 giờ liên tục, tính từ 16:00 thứ Sáu 20/11/2026.\n"
                "Không kết thúc thời hạn vào thứ Bảy 21/11/2026 được, nên hạn chuyển sang hết ngày "
                "làm việc tiếp theo.\n"
                "Những ngày không tính (2 ngày):\n"
                "- từ thứ Bảy 21/11/2026 đến Chủ nhật 22/11/2026: ngày nghỉ hằng tuần\n"
                "Căn cứ: Bộ luật Dân sự năm 2015, Điều 147 và Điều 148, có hiệu lực từ ngày "
                "01/01/2017.\n"
                "Lịch làm việc: vn-2026.1.");
}

static void every_unit_has_its_words_in_both_languages(void **state)
{
    struct call *c = *state;
    for (enum workday_unit unit = 0; unit < WORKDAY_UNIT_COUNT; unit++) {
        for (enum lang lang = 0; lang < LANG_COUNT; lang++) {
            struct workday_receipt receipt = receipt_of(c, "2026-02-10", 3, unit);
            c->lang = lang;
            struct str text = workday_receipt_text(c, &receipt);
            assert_int_equal(str_find(text, S("deadline."), 0), text.len);
            assert_int_equal(str_find(text, S("{"), 0), text.len);
        }
    }
}

static void a_term_of_decades_is_told_in_few_lines(void **state)
{
    struct call *c = *state;
    struct workday_receipt receipt =
        receipt_of(c, "2026-02-10", WORKDAY_TERM_MAX, WORKDAY_WORKING_DAYS);
    struct str rest = workday_receipt_text(c, &receipt);
    struct str head = {};
    int lines = 1;
    while (str_cut(rest, '\n', &head, &rest))
        lines++;
    assert_in_range(lines, 6, 20);
}

/* Command lines that are refused, with the reason. */
static const struct cli_option OPTIONS[] = {
    {"from", false, true}, {"days", false, true}, {"unit", false, false}, {"json", true, false}};
static const struct cli_verb VERB = {"deadline",         0, 0, OPTIONS, ARRAY_LEN(OPTIONS),
                                     .run = cli_deadline};

static void assert_refused(struct call *c, const char *from, const char *days, const char *unit,
                           const char *reason)
{
    struct cli_args args = {.verb = &VERB,
                            .value = {str_of(from), str_of(days), str_of(unit), S("1")}};
    enum err e = cli_deadline(c, &args);
    assert_int_not_equal(e, OK);
    assert_string_equal(c->failure.reason, reason);
    call_clear(c);
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct call *c = *state;
    assert_refused(c, "2026-02-30", "1", "", "cli.day");
    assert_refused(c, "2026-02-10T24:30", "1", "", "cli.day");
    assert_refused(c, "2026-02-10T9", "1", "hours", "cli.day");
    assert_refused(c, "10.02.2026", "1", "", "cli.day");
    assert_refused(c, "2026-02-10", "-1", "", "cli.number");
    assert_refused(c, "2026-02-10", "10001", "", "cli.number");
    assert_refused(c, "2026-02-10", "1.5", "", "cli.number");
    assert_refused(c, "2026-02-10", "1", "years", "cli.unit");
    assert_refused(c, "2026-02-10", "10000", "weeks", "workday.term");
    assert_refused(c, "1980-01-01", "1", "working", "workday.term");
}

static void both_words_of_a_unit_are_known_and_all_means_each(void **state)
{
    struct call *c = *state;
    static const char *const UNITS[] = {
        "",       "working",       "working_days", "calendar",      "weeks",
        "months", "calendar_days", "hours",        "working_hours", "all"};
    for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
        struct cli_args args = {.verb = &VERB,
                                .value = {S("2026-02-10"), S("10000"), str_of(UNITS[i])}};
        bool too_long =
            str_eq(str_of(UNITS[i]), S("weeks")) || str_eq(str_of(UNITS[i]), S("months"));
        enum err e = cli_deadline(c, &args);
        assert_int_equal(e, too_long ? ERR_INVALID : OK);
        call_clear(c);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_call, close_call)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(working_days_over_tet_are_explained),
        TEST(a_month_without_that_day_is_explained),
        TEST(hours_that_end_on_a_day_off_are_explained),
        TEST(every_unit_has_its_words_in_both_languages),
        TEST(a_term_of_decades_is_told_in_few_lines),
        TEST(what_makes_no_sense_is_refused),
        TEST(both_words_of_a_unit_are_known_and_all_means_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
