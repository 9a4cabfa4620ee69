/* What is asked of the administrator: each year's decision on days off, from 1 November of the year
 * before, for a deadline beyond New Year is counted by a guess until then. */
#include "holidays.h"

#include "base/time.h"
#include "base/words.h"
#include "holidays_rules.h"

enum { ASKED_FROM_MONTH = 11 };

static void ask_for(struct call *c, struct node *list, int64_t year)
{
    struct fail_arg args[] = {{"year", str_format(c->arena, "%lld", (long long)year)}};
    struct node *row = node_add_map(c, list);
    node_text(c, row, "text",
              words_fill(c->arena, c->lang, S("holidays.ask_year"), args, ARRAY_LEN(args)));
    node_text(c, row, "href", S("/act/holidays.decide"));
}

enum err holidays_asks(struct call *c, struct node *list)
{
    struct holidays_basis basis = {};
    struct date today = time_date_of(time_hanoi_day(c->now_ms));
    int64_t last = today.month >= ASKED_FROM_MONTH ? today.year + 1 : today.year;
    if ((c->who.roles & ROLE_ADMIN) == 0) return OK;
    enum err e = holidays_sql_basis(c, &basis);
    if (e != OK) return e;
    struct holidays_merged merged = holidays_merge(c->arena, basis.held, basis.held_count);
    for (int64_t year = today.year; year <= last; year++) {
        if (!holidays_tet_is_decided(&merged, year)) ask_for(c, list, year);
    }
    return OK;
}
