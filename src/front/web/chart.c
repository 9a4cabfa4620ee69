#include "front/web/chart.h"

enum { LEFT = 56, TOP = 24, PLOT_HIGH = 200, UNDER = 28, STEP_WIDE = 64, BAR_WIDE = 40 };
enum { LINES = 4 }; /* of the scale, without its ground */

static int64_t bar_sum(const struct node *bar)
{
    int64_t sum = 0;
    const struct node *parts = node_find(bar, S("parts"));
    for (const struct node *part = parts->first; part != NULL; part = part->next)
        sum += node_number(part, "count");
    return sum;
}

/* The next of 1, 2, 5, 10, 20, 50 ... that LINES of them reach over the highest bar. */
static int64_t scale_step(int64_t highest)
{
    static const int64_t FACTORS[] = {1, 2, 5};
    int64_t power = 1;
    for (;;) {
        for (size_t i = 0; i < ARRAY_LEN(FACTORS); i++) {
            if (FACTORS[i] * power * LINES >= highest) return FACTORS[i] * power;
        }
        power *= 10;
    }
}

static void lines_put(struct call *c, struct node *chart, int64_t step, int64_t right)
{
    struct node *lines = node_put_list(c, chart, "lines");
    for (int64_t i = 0; i <= LINES; i++) {
        struct node *line = node_add_map(c, lines);
        node_int(c, line, "left", LEFT);
        node_int(c, line, "right", right);
        node_int(c, line, "y", TOP + PLOT_HIGH - PLOT_HIGH * i / LINES);
        node_text(c, line, "text", str_format(c->arena, "%lld", (long long)(step * i)));
    }
}

/* Each part begins where the one below ends, from the same sums, so that no gap is rounded in. */
static void bar_put(struct call *c, struct node *bar, int64_t at, int64_t full)
{
    int64_t x = LEFT + at * STEP_WIDE + (STEP_WIDE - BAR_WIDE) / 2;
    int64_t sum = 0;
    int64_t y = TOP + PLOT_HIGH;
    const struct node *parts = node_find(bar, S("parts"));
    for (struct node *part = parts->first; part != NULL; part = part->next) {
        sum += node_number(part, "count");
        int64_t top = TOP + PLOT_HIGH - PLOT_HIGH * sum / full;
        node_int(c, part, "x", x);
        node_int(c, part, "y", top);
        node_int(c, part, "wide", BAR_WIDE);
        node_int(c, part, "high", y - top);
        y = top;
    }
    node_int(c, bar, "middle", x + BAR_WIDE / 2);
    node_int(c, bar, "base", TOP + PLOT_HIGH);
    node_int(c, bar, "top", y);
    node_int(c, bar, "sum", sum);
}

void chart_dress(struct call *c, struct node *chart)
{
    const struct node *bars = node_find(chart, S("bars"));
    int64_t highest = 1;
    int64_t count = 0;
    for (struct node *bar = bars->first; bar != NULL; bar = bar->next) {
        int64_t sum = bar_sum(bar);
        if (sum > highest) highest = sum;
        count++;
    }
    ensure(count <= CHART_BARS_MAX);
    int64_t step = scale_step(highest);
    int64_t right = LEFT + count * STEP_WIDE;
    int64_t at = 0;
    for (struct node *bar = bars->first; bar != NULL; bar = bar->next)
        bar_put(c, bar, at++, step * LINES);
    lines_put(c, chart, step, right);
    node_int(c, chart, "width", right + 8);
    node_int(c, chart, "height", TOP + PLOT_HIGH + UNDER);
}
