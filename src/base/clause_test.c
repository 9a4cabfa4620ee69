#include "base/clause.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "base/base.h"
#include "base/limits.h"

enum { PAGES = 100, DIFF_MS_MAX = 300 };

static const char RULES[] = "QUY CHẾ PHỐI HỢP\n"
                            "Chương I\n"
                            "QUY ĐỊNH CHUNG\n"
                            "Điều 1. Phạm vi điều chỉnh\n"
                            "Quy chế này quy định việc phối hợp theo\n"
                            "Điều 5 của Luật này.\n"
                            "Điều 2. Nguyên tắc\n"
                            "1. Chủ động,   kịp thời.\n"
                            "2. Trách nhiệm:\n"
                            "a) Văn phòng chủ trì;\n"
                            "đ) Văn phòng phối hợp.\n"
                            "Điều 3. Hiệu lực\n"
                            "Quy chế có hiệu lực từ ngày ký.\n"
                            "PHỤ LỤC II\n"
                            "1. Mẫu số 01.\n";

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

static const struct clause *clause_at(const struct clauses *list, const char *address)
{
    const struct clause *found = NULL;
    for (size_t i = 0; i < list->count; i++) {
        if (str_eq(list->rows[i].address, str_of(address))) found = &list->rows[i];
    }
    assert_non_null(found);
    return found;
}

static void assert_text(const struct clause *clause, const char *text)
{
    if (!str_eq(clause->text, str_of(text))) {
        fail_msg("%.*s is not %s", STR_ARG(clause->text), text);
    }
}

/* "same -old +new", one word run after the other. */
static struct str told(struct arena *arena, const struct clause_pair *pair)
{
    static const char *const SIGNS[] = {"", "-", "+"};
    struct sb sb = sb_new(arena, 0);
    for (size_t i = 0; i < pair->run_count; i++) {
        struct str text = str_trim(pair->runs[i].text);
        sb_printf(&sb, "%s%s%.*s", i > 0 ? " " : "", SIGNS[pair->runs[i].mark], STR_ARG(text));
    }
    return sb_str(&sb);
}

static struct clause_pairs diff(struct arena *arena, const char *old_text, const char *now_text)
{
    struct clauses *old = arena_alloc(arena, sizeof *old);
    struct clauses *now = arena_alloc(arena, sizeof *now);
    *old = clause_split(arena, str_of(old_text));
    *now = clause_split(arena, str_of(now_text));
    return clause_diff(arena, old, now);
}

static void a_text_is_split_into_articles_clauses_and_points(void **state)
{
    struct clauses list = clause_split(*state, str_of(RULES));
    assert_text(&list.rows[0], "QUY CHẾ PHỐI HỢP");
    assert_int_equal(list.rows[0].level, CLAUSE_OPENING);
    assert_text(clause_at(&list, "Chương I"), "QUY ĐỊNH CHUNG");
    assert_text(clause_at(&list, "khoản 1 Điều 2"), "Chủ động, kịp thời.");
    assert_text(clause_at(&list, "điểm đ khoản 2 Điều 2"), "Văn phòng phối hợp.");
    assert_text(clause_at(&list, "khoản 1 Phụ lục II"), "Mẫu số 01.");
    assert_int_equal(list.count, 11);
}

static void an_article_named_in_a_wrapped_sentence_is_no_article(void **state)
{
    struct clauses list = clause_split(*state, str_of(RULES));
    assert_text(clause_at(&list, "Điều 1"), "Phạm vi điều chỉnh\n"
                                            "Quy chế này quy định việc phối hợp theo\n"
                                            "Điều 5 của Luật này.");
}

static void headings_may_be_roman_ordinal_or_with_an_inserted_letter(void **state)
{
    struct clauses list = clause_split(*state, S("PHẦN THỨ NHẤT\nMục 2. HỌP\nĐiều 5a. Họp\n"
                                                 "1a. Hằng tháng\nPhụ lục\nI. Mẫu\n1. Một"));
    assert_int_equal(list.count, 7);
    assert_true(str_eq(list.rows[0].address, S("Phần THỨ NHẤT")));
    assert_text(clause_at(&list, "khoản 1a Điều 5a"), "Hằng tháng");
    assert_text(clause_at(&list, "Mục I Phụ lục"), "Mẫu");
    assert_text(clause_at(&list, "khoản 1 Mục I Phụ lục"), "Một");
}

static void a_text_without_clauses_is_its_own_opening(void **state)
{
    struct clauses list = clause_split(*state, S("Kính gửi các cơ quan\n\nXin cảm ơn"));
    assert_int_equal(list.count, 1);
    assert_text(&list.rows[0], "Kính gửi các cơ quan\nXin cảm ơn");
    assert_int_equal(clause_split(*state, (struct str){}).count, 0);
}

/* The paths, each with a blank behind it. */
static const char *paths(struct arena *arena, struct str text)
{
    struct sb sb = sb_new(arena, 0);
    struct clauses list = clause_split(arena, text);
    size_t at = 0;
    for (size_t i = 0; i < list.count; i++) {
        sb_put(&sb, list.rows[i].path);
        sb_char(&sb, ' ');
        assert_int_equal(list.rows[i].offset, at); /* no gap, no overlap */
        at += list.rows[i].length;
    }
    if (list.count > 0) assert_int_equal(at, text.len);
    return str_zero(arena, sb_str(&sb));
}

static void a_law_goes_by_article_clause_and_point(void **state)
{
    const char *got =
        paths(*state, S("LUẬT\nĐiều 1. Phạm vi\nLuật này quy định.\n"
                        "Điều 2. Giải thích\n1. Trong Luật này:\n"
                        "a) Một;\nb) Hai;\nc) Ba;\nd) Bốn;\nđ) Năm;\ne) Sáu;\ng) Bảy.\n"
                        "2. Hết.\n"));
    assert_string_equal(got, " 1 2 2.1 2.1.a 2.1.b 2.1.c 2.1.d 2.1.đ 2.1.e 2.1.g 2.2 ");
}

static void the_letters_are_those_of_vietnamese(void **state)
{
    (void)state;
    assert_int_equal(clause_letter_rank(S("đ")), clause_letter_rank(S("d")) + 1);
    assert_int_equal(clause_letter_rank(S("g")), clause_letter_rank(S("e")) + 1);
    assert_int_equal(clause_letter_rank(S("f")), 0);
    assert_int_equal(clause_letter_rank(S("y")), 23);
}

static void chapters_have_their_title_on_the_next_line(void **state)
{
    const char *got =
        paths(*state, S("Phần thứ nhất\nQUY ĐỊNH CHUNG\nChương I\nPHẠM VI\nĐiều 1. A\n"
                        "Chương II\nTỔ CHỨC\nMục 1\nBỘ MÁY\nĐiều 2. B\nMục 2\nC\n"));
    assert_string_equal(got, "phan-nhất phan-nhất.chuong-I 1 phan-nhất.chuong-II "
                             "phan-nhất.chuong-II.muc-1 2 phan-nhất.chuong-II.muc-2 ");
}

static void a_plain_paper_goes_by_roman_numbers(void **state)
{
    const char *got = paths(*state, S("BÁO CÁO\nI. TÌNH HÌNH\n1. Kết quả\na) Việc đã làm\n"
                                      "b) Việc còn lại\n2. Hạn chế\nII. KIẾN NGHỊ\n1. Với Bộ\n"));
    assert_string_equal(got, " I I.1 I.1.a I.1.b I.2 II II.1 ");
}

static void what_is_quoted_is_no_clause(void **state)
{
    const char *got =
        paths(*state, S("Điều 1. Sửa đổi\n1. Sửa Điều 9 như sau:\n“Điều 9. Nội dung\n"
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
    struct clauses list = clause_split(
        *state, S("Phần I\nPhụ lục 1\nPhần I\nChương I\nChương I\nĐiều 1.\nĐiều 2.\nĐiều 1.\n"
                  "1. a\n1. b\na) c\na) d\nA. e\nA. f\nPhụ lục\nI. g\nI. h\nPhụ lục\nPhụ lục 1\n"));
    for (size_t i = 0; i < list.count; i++) {
        for (size_t k = i + 1; k < list.count; k++)
            assert_false(str_eq(list.rows[i].path, list.rows[k].path));
    }
    assert_true(list.count > 8);
}

static void an_excerpt_begins_with_any_article(void **state)
{
    assert_string_equal(paths(*state, S("Điều 45.Họp\n1. A\nd1) B\nĐiều 46: C\n")),
                        "45 45.1 45.1.d1 46 ");
}

static void nothing_gives_none(void **state)
{
    assert_string_equal(paths(*state, S("")), "");
    assert_string_equal(paths(*state, S(" \n\n")), "");
    assert_string_equal(paths(*state, S("một dòng")), " ");
}

static void too_many_clauses_end_in_one_that_holds_the_rest(void **state)
{
    struct sb sb = sb_new(*state, 0);
    for (int i = 0; i < LIMIT_CLAUSES / 2; i++)
        sb_put(&sb, S("Điều 1.\n1. x\nĐiều 2.\n"));
    struct clauses list = clause_split(*state, sb_str(&sb));
    (void)paths(*state, sb_str(&sb));
    assert_int_equal(list.count, LIMIT_CLAUSES);
}

static void the_same_text_has_no_difference(void **state)
{
    struct clause_pairs pairs = diff(*state, RULES, RULES);
    assert_int_equal(pairs.changed, 0);
    assert_int_equal(pairs.count, 11);
}

static void a_changed_clause_shows_its_words(void **state)
{
    struct clause_pairs pairs = diff(*state, "Điều 1. Mục đích\n1. Trả lời trong 05 ngày làm việc.",
                                     "Điều 1. Mục đích\n1. Trả lời trong 07 ngày.");
    assert_int_equal(pairs.changed, 1);
    assert_int_equal(pairs.rows[1].change, CLAUSE_CHANGED);
    assert_string_equal(told(*state, &pairs.rows[1]).ptr, "Trả lời trong -05 +07 ngày -làm việc .");
}

static void an_inserted_article_renumbers_and_changes_nothing_else(void **state)
{
    struct clause_pairs pairs =
        diff(*state, "Điều 1. Một\nĐiều 2. Hai\n1. Khoản của hai\nĐiều 3. Ba",
             "Điều 1. Một\nĐiều 2. Mới\nĐiều 3. Hai\n1. Khoản của hai\nĐiều 4. Ba");
    assert_int_equal(pairs.changed, 1);
    assert_int_equal(pairs.rows[1].change, CLAUSE_ADDED);
    assert_int_equal(pairs.rows[3].change, CLAUSE_RENUMBERED);
    assert_true(str_eq(pairs.rows[3].old->address, S("khoản 1 Điều 2")));
    assert_true(str_eq(pairs.rows[3].now->address, S("khoản 1 Điều 3")));
}

static void a_removed_clause_stands_where_it_stood(void **state)
{
    struct clause_pairs pairs =
        diff(*state, "Điều 1. Một\nĐiều 2. Hai\nĐiều 3. Ba", "Điều 1. Một\nĐiều 3. Ba");
    assert_int_equal(pairs.count, 3);
    assert_int_equal(pairs.rows[1].change, CLAUSE_REMOVED);
    assert_true(str_eq(pairs.rows[1].old->address, S("Điều 2")));
}

static void a_clause_that_moved_is_told_once(void **state)
{
    struct clause_pairs pairs = diff(*state, "Điều 1. Một\nĐiều 2. Hai\nĐiều 3. Ba",
                                     "Điều 1. Hai\nĐiều 2. Ba\nĐiều 3. Một");
    assert_int_equal(pairs.count, 3);
    assert_int_equal(pairs.changed, 1);
    assert_int_equal(pairs.rows[2].change, CLAUSE_MOVED);
    assert_true(str_eq(pairs.rows[2].old->address, S("Điều 1")));
}

static void a_rewritten_clause_is_shown_whole(void **state)
{
    struct sb old = sb_new(*state, 0);
    struct sb now = sb_new(*state, 0);
    sb_put(&old, S("Điều 1. "));
    sb_put(&now, S("Điều 1. "));
    for (int i = 0; i < LIMIT_CLAUSE_EDITS; i++) {
        sb_printf(&old, "cũ%d ", i);
        sb_printf(&now, "mới%d ", i);
    }
    struct clause_pairs pairs =
        diff(*state, str_copy(*state, sb_str(&old)).ptr, str_copy(*state, sb_str(&now)).ptr);
    assert_int_equal(pairs.rows[0].run_count, 2);
    assert_int_equal(pairs.rows[0].runs[0].mark, MARK_REMOVED);
    assert_int_equal(pairs.rows[0].runs[1].mark, MARK_ADDED);
}

/* A draft of a hundred pages: about 40 lines of 12 words each; every seventh clause is changed. */
static struct str long_draft(struct arena *arena, bool changed)
{
    static const char *const WORDS[] = {"cơ",  "quan",  "chủ",   "trì", "phối",
                                        "hợp", "trách", "nhiệm", "báo", "cáo"};
    struct sb sb = sb_new(arena, 0);
    uint32_t mix = 1;
    for (int i = 0; i < PAGES * 40; i++) {
        mix = mix * 1664525 + 1013904223;
        if (i % 8 == 0) sb_printf(&sb, "Điều %d. ", i / 8 + 1);
        if (i % 8 != 0) sb_printf(&sb, "%d. ", i % 8);
        for (uint32_t k = 0; k < 12; k++)
            sb_printf(&sb, "%s ", WORDS[(mix >> (k + 8)) % ARRAY_LEN(WORDS)]);
        if (changed && i % 7 == 0) sb_put(&sb, S("và gửi kết quả"));
        sb_printf(&sb, "%d\n", i);
    }
    return sb_str(&sb);
}

static void two_drafts_of_a_hundred_pages_are_compared_in_time(void **state)
{
    struct str old = str_copy(*state, long_draft(*state, false));
    struct str now = str_copy(*state, long_draft(*state, true));
    struct timespec begin = {};
    struct timespec end = {};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    struct clause_pairs pairs = diff(*state, old.ptr, now.ptr);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    int64_t ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    print_message("%zu clauses, %zu bytes: %lld ms\n", pairs.count, now.len, (long long)ms);
    assert_int_equal(pairs.changed, (PAGES * 40 + 6) / 7);
    assert_true(ms < DIFF_MS_MAX);
}

int main(void)
{
#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        IN_ARENA(a_text_is_split_into_articles_clauses_and_points),
        IN_ARENA(an_article_named_in_a_wrapped_sentence_is_no_article),
        IN_ARENA(headings_may_be_roman_ordinal_or_with_an_inserted_letter),
        IN_ARENA(a_text_without_clauses_is_its_own_opening),
        IN_ARENA(a_law_goes_by_article_clause_and_point),
        IN_ARENA(the_letters_are_those_of_vietnamese),
        IN_ARENA(chapters_have_their_title_on_the_next_line),
        IN_ARENA(a_plain_paper_goes_by_roman_numbers),
        IN_ARENA(what_is_quoted_is_no_clause),
        IN_ARENA(an_open_quotation_ends_at_the_next_article),
        IN_ARENA(years_and_references_are_no_clauses),
        IN_ARENA(inserted_clauses_keep_their_letter),
        IN_ARENA(a_second_document_counts_anew),
        IN_ARENA(articles_after_a_plain_paper_count_apart),
        IN_ARENA(no_path_comes_twice),
        IN_ARENA(an_excerpt_begins_with_any_article),
        IN_ARENA(nothing_gives_none),
        IN_ARENA(too_many_clauses_end_in_one_that_holds_the_rest),
        IN_ARENA(the_same_text_has_no_difference),
        IN_ARENA(a_changed_clause_shows_its_words),
        IN_ARENA(an_inserted_article_renumbers_and_changes_nothing_else),
        IN_ARENA(a_removed_clause_stands_where_it_stood),
        IN_ARENA(a_clause_that_moved_is_told_once),
        IN_ARENA(a_rewritten_clause_is_shown_whole),
        IN_ARENA(two_drafts_of_a_hundred_pages_are_compared_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
