#include "core/outline.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct split {
    struct arena *arena;
    struct str text;
    struct outline_part *clauses;
    size_t count;
};

static int setup(void **state)
{
    struct arena *arena = arena_open(0);
    struct split *s = arena_alloc(arena, sizeof *s);
    s->arena = arena;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct split *s = *state;
    arena_close(s->arena);
    return 0;
}

/* The paths, each with a blank behind it. */
static const char *paths(struct split *s, struct str text)
{
    struct sb sb = sb_new(s->arena, 0);
    s->text = text;
    outline_split(s->arena, text, &s->clauses, &s->count);
    size_t at = 0;
    for (size_t i = 0; i < s->count; i++) {
        sb_put(&sb, s->clauses[i].path);
        sb_char(&sb, ' ');
        assert_int_equal(s->clauses[i].offset, at); /* no gap, no overlap */
        at += s->clauses[i].length;
    }
    if (s->count > 0) assert_int_equal(at, text.len);
    return str_zero(s->arena, sb_str(&sb));
}

static struct str words_of(const struct split *s, size_t i)
{
    assert_true(i < s->count);
    const struct outline_part *clause = &s->clauses[i];
    return str_trim(str_sub(s->text, clause->offset, clause->offset + clause->length));
}

static void a_law_goes_by_article_clause_and_point(void **state)
{
    struct split *s = *state;
    const char *got = paths(s, S("LUẬT\nĐiều 1. Phạm vi\nLuật này quy định.\n"
                                 "Điều 2. Giải thích\n1. Trong Luật này:\n"
                                 "a) Một;\nb) Hai;\nc) Ba;\nd) Bốn;\nđ) Năm;\ne) Sáu;\ng) Bảy.\n"
                                 "2. Hết.\n"));
    assert_string_equal(got, " 1 2 2.1 2.1.a 2.1.b 2.1.c 2.1.d 2.1.đ 2.1.e 2.1.g 2.2 ");
    assert_true(str_eq(s->clauses[1].title, S("Phạm vi")));
    assert_true(str_eq(words_of(s, 8), S("đ) Năm;")));
    assert_int_equal(s->clauses[8].level, OUTLINE_POINT);
}

static void the_letters_are_those_of_vietnamese(void **state)
{
    (void)state;
    assert_int_equal(outline_letter_rank(S("đ")), outline_letter_rank(S("d")) + 1);
    assert_int_equal(outline_letter_rank(S("g")), outline_letter_rank(S("e")) + 1);
    assert_int_equal(outline_letter_rank(S("f")), 0);
    assert_int_equal(outline_letter_rank(S("y")), 23);
}

static void chapters_have_their_title_on_the_next_line(void **state)
{
    struct split *s = *state;
    const char *got = paths(s, S("Phần thứ nhất\nQUY ĐỊNH CHUNG\nChương I\nPHẠM VI\nĐiều 1. A\n"
                                 "Chương II\nTỔ CHỨC\nMục 1\nBỘ MÁY\nĐiều 2. B\nMục 2\nC\n"));
    assert_string_equal(got, "phan-nhất phan-nhất.chuong-I 1 phan-nhất.chuong-II "
                             "phan-nhất.chuong-II.muc-1 2 phan-nhất.chuong-II.muc-2 ");
    assert_true(str_eq(s->clauses[1].title, S("PHẠM VI")));
}

static void a_plain_paper_goes_by_roman_numbers(void **state)
{
    struct split *s = *state;
    const char *got = paths(s, S("BÁO CÁO\nI. TÌNH HÌNH\n1. Kết quả\na) Việc đã làm\n"
                                 "b) Việc còn lại\n2. Hạn chế\nII. KIẾN NGHỊ\n1. Với Bộ\n"));
    assert_string_equal(got, " I I.1 I.1.a I.1.b I.2 II II.1 ");
}

static void what_is_quoted_is_no_clause(void **state)
{
    struct split *s = *state;
    const char *got = paths(s, S("Điều 1. Sửa đổi\n1. Sửa Điều 9 như sau:\n“Điều 9. Nội dung\n"
                                 "1. Mới.\n2. Mới nữa.”.\n2. Bãi bỏ Điều 10.\nĐiều 2. Hiệu lực\n"));
    assert_string_equal(got, "1 1.1 1.2 2 ");
}

static void an_open_quotation_ends_at_the_next_article(void **state)
{
    const char *got = paths(*state, S("Điều 1. A\n1. Như “sau:\n2. B\nĐiều 2. C\n1. D\n"));
    assert_string_equal(got, "1 1.1 2 2.1 ");
}

static void years_and_references_are_no_clauses(void **state)
{
    const char *got = paths(*state, S("Điều 1. A\nĐiều 5 của Luật này áp dụng.\n2026. Năm nay\n"
                                      "1.500 tỷ đồng\n1. B\n12/2026 là hạn\nz) không có\n"));
    assert_string_equal(got, "1 1.1 ");
}

static void inserted_clauses_keep_their_letter(void **state)
{
    const char *got = paths(*state, S("Điều 5. A\nĐiều 5a. B\n1. C\n1a. D\n1đ. E\nĐiều 6. F\n"));
    assert_string_equal(got, "5 5a 5a.1 5a.1a 5a.1đ 6 ");
}

static void a_second_document_counts_anew(void **state)
{
    const char *got = paths(*state, S("Điều 1. A\nĐiều 2. B\nQUY CHẾ\nChương I\nX\nĐiều 1. C\n"
                                      "1. D\nPhụ lục I\n1. E\nPhụ lục II\n1. F\n"));
    assert_string_equal(got, "1 2 chuong-I 2:1 2:1.1 2:phu-luc-I 2:phu-luc-I.1 2:phu-luc-II "
                             "2:phu-luc-II.1 ");
}

static void articles_after_a_plain_paper_count_apart(void **state)
{
    const char *got = paths(*state, S("1. A\na) B\nĐiều 1. C\na) D\nĐiều I. E\n"));
    assert_string_equal(got, "1 1.a 2:1 2:1.a ");
}

static void no_path_comes_twice(void **state)
{
    struct split *s = *state;
    (void)paths(s, S("Phần I\nPhụ lục 1\nPhần I\nChương I\nChương I\nĐiều 1.\nĐiều 2.\nĐiều 1.\n"
                     "1. a\n1. b\na) c\na) d\nA. e\nA. f\nPhụ lục 1\nI. g\nI. h\nPhụ lục 1\n"));
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = i + 1; k < s->count; k++)
            assert_false(str_eq(s->clauses[i].path, s->clauses[k].path));
    }
    assert_true(s->count > 8);
}

static void nothing_gives_none(void **state)
{
    assert_string_equal(paths(*state, S("")), "");
    assert_string_equal(paths(*state, S(" \n\n")), "");
    assert_string_equal(paths(*state, S("một dòng")), " ");
}

static void too_many_clauses_end_in_one_that_holds_the_rest(void **state)
{
    struct split *s = *state;
    struct sb sb = sb_new(s->arena, 0);
    for (int i = 0; i < LIMIT_OUTLINE / 2; i++)
        sb_put(&sb, S("Điều 1.\n1. x\nĐiều 2.\n"));
    (void)paths(s, sb_str(&sb));
    assert_int_equal(s->count, LIMIT_OUTLINE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_law_goes_by_article_clause_and_point),
        cmocka_unit_test(the_letters_are_those_of_vietnamese),
        cmocka_unit_test(chapters_have_their_title_on_the_next_line),
        cmocka_unit_test(a_plain_paper_goes_by_roman_numbers),
        cmocka_unit_test(what_is_quoted_is_no_clause),
        cmocka_unit_test(an_open_quotation_ends_at_the_next_article),
        cmocka_unit_test(years_and_references_are_no_clauses),
        cmocka_unit_test(inserted_clauses_keep_their_letter),
        cmocka_unit_test(a_second_document_counts_anew),
        cmocka_unit_test(articles_after_a_plain_paper_count_apart),
        cmocka_unit_test(no_path_comes_twice),
        cmocka_unit_test(nothing_gives_none),
        cmocka_unit_test(too_many_clauses_end_in_one_that_holds_the_rest),
    };
    return cmocka_run_group_tests_name("clause", tests, setup, teardown);
}
