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
