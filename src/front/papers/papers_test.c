#include "front/papers/papers.h"

#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int setup(void **state)
{
    *state = arena_open(0);
    return 0;
}

static int teardown(void **state)
{
    arena_close(*state);
    return 0;
}

static void capitals_keep_the_vietnamese_marks(void **state)
{
    struct str text = papers_capitals(*state, S("Văn phòng Tỉnh ủy, đề án số 5"));
    assert_true(str_eq(text, S("VĂN PHÒNG TỈNH ỦY, ĐỀ ÁN SỐ 5")));
}

static void capitals_of_letters_that_grow_fit(void **state)
{
    struct str text = papers_capitals(*state, S("ΐΐΐß"));
    assert_int_equal(text.len, 3 * 6 + 2); /* two bytes grow to six */
    assert_true(str_ends(text, S("SS")));
}

static void numbers_have_points_between_the_thousands(void **state)
{
    struct paper_cell small = paper_number(999);
    struct paper_cell large = paper_number(1234567);
    struct paper_cell below = paper_number(-123456);
    assert_true(str_eq(papers_cell(*state, &small), S("999")));
    assert_true(str_eq(papers_cell(*state, &large), S("1.234.567")));
    assert_true(str_eq(papers_cell(*state, &below), S("-123.456")));
}

static void a_cell_without_a_date_is_empty(void **state)
{
    struct paper_cell none = paper_date(0);
    assert_int_equal(papers_cell(*state, &none).len, 0);
}

static struct str issued(struct arena *arena, struct date date)
{
    struct paper paper = {.place = S("Hà Nội"), .day = time_day_of(date)};
    return papers_place_day(arena, &paper);
}

static void days_below_ten_and_the_first_two_months_take_a_zero(void **state)
{
    assert_true(
        str_eq(issued(*state, (struct date){2026, 2, 5}), S("Hà Nội, ngày 05 tháng 02 năm 2026")));
    assert_true(
        str_eq(issued(*state, (struct date){2026, 3, 15}), S("Hà Nội, ngày 15 tháng 3 năm 2026")));
}

static void an_open_day_leaves_room_for_the_pen(void **state)
{
    struct paper paper = {.place = S("Huế")};
    struct str text = papers_place_day(*state, &paper);
    assert_true(str_starts(text, S("Huế, ngày ……")));
}

static void a_paper_without_a_place_has_only_its_day(void **state)
{
    struct paper paper = {.day = time_day_of((struct date){2026, 11, 25})};
    assert_true(str_eq(papers_place_day(*state, &paper), S("ngày 25 tháng 11 năm 2026")));
}

static void no_number_gives_no_word_before_it(void **state)
{
    struct paper paper = {};
    assert_int_equal(papers_number(*state, &paper).len, 0);
    paper.number = S("15/QĐ-UBND");
    assert_true(str_eq(papers_number(*state, &paper), S("Số: 15/QĐ-UBND")));
}

static void letters_are_counted_without_combining_marks(void **state)
{
    (void)state;
    assert_int_equal(papers_letters(S("tiếng")), 5);
    assert_int_equal(papers_letters(S("tie\xCC\x82\xCC\x81ng")), 5);
}

static void a_format_is_found_by_its_ending(void **state)
{
    (void)state;
    enum paper_format format = PAPER_DOCX;
    assert_true(papers_format(S("xlsx"), &format));
    assert_int_equal(format, PAPER_XLSX);
    assert_false(papers_format(S("exe"), &format));
    assert_true(str_eq(papers_ending(PAPER_DOCX), S("docx")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(capitals_keep_the_vietnamese_marks, setup, teardown),
        cmocka_unit_test_setup_teardown(capitals_of_letters_that_grow_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_have_points_between_the_thousands, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cell_without_a_date_is_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(days_below_ten_and_the_first_two_months_take_a_zero, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_open_day_leaves_room_for_the_pen, setup, teardown),
        cmocka_unit_test_setup_teardown(a_paper_without_a_place_has_only_its_day, setup, teardown),
        cmocka_unit_test_setup_teardown(no_number_gives_no_word_before_it, setup, teardown),
        cmocka_unit_test_setup_teardown(letters_are_counted_without_combining_marks, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_format_is_found_by_its_ending, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
