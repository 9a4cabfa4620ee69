#include "front/web/chart.h"

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

/* A chart of one bar with two parts. */
static struct node *drawn(struct call *c, int64_t below, int64_t above)
{
    struct node *chart = node_map(c);
    struct node *bar = node_add_map(c, node_put_list(c, chart, "bars"));
    struct node *parts = node_put_list(c, bar, "parts");
    node_int(c, node_add_map(c, parts), "count", below);
    node_int(c, node_add_map(c, parts), "count", above);
    chart_dress(c, chart);
    return chart;
}

static const struct node *bar_of(const struct node *chart)
{
    return node_find(chart, S("bars"))->first;
}

static void parts_stand_on_each_other_without_a_gap(void **state)
{
    const struct node *bar = bar_of(drawn(*state, 33, 17));
    const struct node *below = node_find(bar, S("parts"))->first;
    const struct node *above = below->next;
    assert_int_equal(node_number(below, "y") + node_number(below, "high"),
                     node_number(bar, "base"));
    assert_int_equal(node_number(above, "y") + node_number(above, "high"), node_number(below, "y"));
    assert_int_equal(node_number(bar, "top"), node_number(above, "y"));
    assert_int_equal(node_number(bar, "sum"), 50);
}

static void the_scale_has_round_numbers_above_the_highest_bar(void **state)
{
    static const struct {
        int64_t highest;
        const char *top;
    } SCALES[] = {{0, "4"}, {4, "4"}, {5, "8"}, {151, "200"}, {1000000, "2000000"}};
    for (size_t i = 0; i < ARRAY_LEN(SCALES); i++) {
        const struct node *lines = node_find(drawn(*state, SCALES[i].highest, 0), S("lines"));
        assert_true(str_eq(node_get(lines->last, "text"), str_of(SCALES[i].top)));
    }
}

static void nothing_has_no_height(void **state)
{
    const struct node *bar = bar_of(drawn(*state, 0, 0));
    assert_int_equal(node_number(bar, "top"), node_number(bar, "base"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parts_stand_on_each_other_without_a_gap),
        TEST(the_scale_has_round_numbers_above_the_highest_bar),
        TEST(nothing_has_no_height),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
