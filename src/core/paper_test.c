#include "core/paper.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int setup(void **state)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    *state = arena_copy(c.arena, &c, sizeof c);
    return 0;
}

static int teardown(void **state)
{
    struct call *c = *state;
    arena_close(c->arena); /* the call lies in it */
    return 0;
}

static void a_started_paper_carries_the_time_of_the_call(void **state)
{
    struct call *c = *state;
    struct paper paper = {.number = S("cũ")};
    paper_start(c, &paper, PAPER_LANDSCAPE);
    assert_int_equal(paper.made_ms, c->now_ms);
    assert_int_equal(paper.turn, PAPER_LANDSCAPE);
    assert_int_equal(paper.number.len, 0);
}

static void rows_keep_their_order_and_their_cells(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    struct paper_table *table = paper_table(c, &paper, S("Bảng"));
    paper_column(table, S("TT"), 10, PAPER_CENTRE);
    paper_column(table, S("Việc"), 90, PAPER_LEFT);
    for (int64_t i = 0; i < 1000; i++)
        paper_row(c, table, PAPER_ROW)[1] = paper_number(i);
    assert_int_equal(table->row_count, 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(table->rows[i].cells[0].text.len, 0);
        assert_int_equal(table->rows[i].cells[1].value, i);
    }
}

static void a_group_has_one_cell(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    struct paper_table *table = paper_table(c, &paper, (struct str){});
    paper_column(table, S("Việc"), 90, PAPER_LEFT);
    paper_group(c, table, S("A. Nhóm"));
    assert_int_equal(table->rows[0].kind, PAPER_GROUP);
    assert_true(str_eq(table->rows[0].cells[0].text, S("A. Nhóm")));
}

static void a_table_stays_where_it_is_when_others_follow(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    struct paper_table *first = paper_table(c, &paper, S("1"));
    for (size_t i = 0; i < 9; i++)
        (void)paper_table(c, &paper, S("n"));
    assert_int_equal(paper.table_count, 10);
    assert_ptr_equal(paper.tables[0], first);
}

static void paragraphs_keep_their_order(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    for (size_t i = 0; i < 5; i++) {
        paper_part(c, &paper.intro, PAPER_BODY, str_format(c->arena, "%zu", i));
    }
    assert_int_equal(paper.intro.count, 5);
    assert_true(str_eq(paper.intro.parts[4].text, S("4")));
    assert_int_equal(paper.closing.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_started_paper_carries_the_time_of_the_call, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(rows_keep_their_order_and_their_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(a_group_has_one_cell, setup, teardown),
        cmocka_unit_test_setup_teardown(a_table_stays_where_it_is_when_others_follow, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(paragraphs_keep_their_order, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
