#include "front/papers/csv.h"

#include "base/time.h"
#include "front/papers/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

static int setup(void **state)
{
    struct call *c = calloc(1, sizeof *c);
    *c = call_begin(env_real(), NULL, NULL);
    *state = c;
    return 0;
}

static int teardown(void **state)
{
    call_end(*state);
    free(*state);
    return 0;
}

/* The one cell of a table without headings. */
static struct str written(struct call *c, struct paper_cell cell)
{
    struct paper paper = {};
    struct str bytes = {};
    paper_start(c, &paper, PAPER_PORTRAIT);
    struct paper_table *table = paper_table(c, &paper, (struct str){});
    paper_column(table, S("A"), 10, PAPER_LEFT);
    paper_row(c, table, PAPER_ROW)[0] = cell;
    assert_int_equal(csv_write(c, &paper, &bytes), OK);
    assert_true(str_starts(bytes, S("\xEF\xBB\xBF\"A\"\r\n")));
    return str_sub(bytes, S("\xEF\xBB\xBF\"A\"\r\n").len, bytes.len);
}

static void no_cell_is_taken_for_a_formula(void **state)
{
    static const char *const TEXTS[] = {"=1+1", "+84 24", "-5", "@SUM(A1)", "\t=1", "\r=1"};
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++)
        assert_true(str_starts(written(*state, paper_text(str_of(TEXTS[i]))), S("\"'")));
    assert_true(str_eq(written(*state, paper_text(S("a=1"))), S("\"a=1\"\r\n")));
}

static void quotes_and_lines_stay_inside_their_cell(void **state)
{
    struct str line = written(*state, paper_text(S("Ý kiến \"kín\",\nhai dòng")));
    assert_true(str_eq(line, S("\"Ý kiến \"\"kín\"\",\nhai dòng\"\r\n")));
}

static void numbers_have_no_points_and_days_are_dates(void **state)
{
    assert_true(str_eq(written(*state, paper_number(1234567)), S("\"1234567\"\r\n")));
    struct paper_cell day = paper_date(time_day_of((struct date){2026, 11, 25}));
    assert_true(str_eq(written(*state, day), S("\"25/11/2026\"\r\n")));
}

/* One page of a list: a number, a day and a text. */
static const struct node *list_page(struct call *c, const char *number)
{
    struct view view = {};
    view_start(c, &view, VIEW_LIST, S("Danh sách"));
    view_column(c, &view, "a", "today.item_title");
    view_column(c, &view, "b", "today.item_due");
    struct node *row = view_row(c, &view, (struct str){}, (struct str){});
    view_cell(c, row, S("25/11/2026"));
    struct node *cell = node_add_map(c, row->last);
    node_text(c, cell, "text", str_of(number));
    node_text(c, cell, "kind", S("number"));
    return view.data;
}

static void pages_of_a_list_become_one_table(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    paper_start(c, &paper, PAPER_PORTRAIT);
    assert_int_equal(tables_add(c, list_page(c, "7"), &paper), 1);
    assert_int_equal(tables_add(c, list_page(c, "8"), &paper), 1);
    assert_int_equal(paper.table_count, 1);
    assert_int_equal(paper.tables[0]->row_count, 2);
    assert_int_equal(paper.tables[0]->rows[0].cells[0].kind, PAPER_DATE);
    assert_int_equal(paper.tables[0]->rows[1].cells[1].value, 8);
}

static void a_page_without_tables_is_no_paper(void **state)
{
    struct view view = {};
    view_start(*state, &view, VIEW_TODAY, (struct str){});
    assert_false(tables_any(view.data));
    assert_true(tables_any(list_page(*state, "1")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_cell_is_taken_for_a_formula),
        TEST(quotes_and_lines_stay_inside_their_cell),
        TEST(numbers_have_no_points_and_days_are_dates),
        TEST(pages_of_a_list_become_one_table),
        TEST(a_page_without_tables_is_no_paper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
