/* "Hôm nay": what I must do, what waits for others. The page made from obligations and nothing
 * else. */
#include "base/limits.h"
#include "base/words.h"
#include "core/obligation.h"
#include "core/org.h"

enum { TODAY_ROWS = 50 };

static enum err today(struct call *c, const void *args, struct view *ret_view)
{
    (void)args;
    view_start(c, ret_view, VIEW_TODAY, (struct str){});
    struct node *mine = node_put_list(c, ret_view->data, "mine");
    enum err e = obligation_mine(c, TODAY_ROWS, mine);
    if (e != OK) return e;
    return obligation_awaited(c, TODAY_ROWS, node_put_list(c, ret_view->data, "awaited"));
}

static const struct view_def VIEWS[] = {
    {.name = "today.today", .roles = ROLE_ANY, .rail = true, .run = today},
};

const struct module today_module = {
    .name = "today",
    .order = 10,
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
