/* "Hôm nay": what I must do, what waits for others. The page made from obligations and nothing
 * else. */
#include "base/limits.h"
#include "base/words.h"
#include "core/obligation.h"
#include "core/org.h"

enum { TODAY_ROWS = 25 };

/* Where the page before ended. */
static const struct field ARG_FIELDS[] = {
    {.name = "after_due",
     .type = FIELD_INT,
     .offset = offsetof(struct obligation_after, due_ms),
     .max = INT64_MAX},
    {.name = "after",
     .type = FIELD_INT,
     .offset = offsetof(struct obligation_after, id),
     .max = INT64_MAX},
};
static const struct field_table ARGUMENTS =
    FIELD_TABLE("today.args", struct obligation_after, ARG_FIELDS);

/* What modules ask that no record owes, such as a decision that is still missing. */
static enum err asks_put(struct call *c, struct node *list)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < modules_count(); i++) {
        const struct module *module = modules_at(i);
        if (module->asks != NULL) e = module->asks(c, list);
    }
    return e;
}

static enum err today(struct call *c, const void *args, struct view *ret_view)
{
    const struct obligation_after *after = args;
    struct obligation_after next = {};
    view_start(c, ret_view, VIEW_TODAY, (struct str){});
    enum err e = asks_put(c, node_put_list(c, ret_view->data, "asks"));
    if (e != OK) return e;
    struct node *mine = node_put_list(c, ret_view->data, "mine");
    e = obligation_mine(c, after, TODAY_ROWS, mine, &next);
    if (e != OK) return e;
    if (next.id > 0) {
        node_text(c, ret_view->data, "next_href",
                  str_format(c->arena, "/view/today.today?after_due=%lld&after=%lld",
                             (long long)next.due_ms, (long long)next.id));
    }
    return obligation_awaited(c, TODAY_ROWS, node_put_list(c, ret_view->data, "awaited"));
}

static const struct view_def VIEWS[] = {
    {.name = "today.today", .args = &ARGUMENTS, .roles = ROLE_ANY, .rail = true, .run = today},
};

const struct module today_module = {
    .name = "today",
    .order = 10,
    .views = VIEWS,
    .view_count = ARRAY_LEN(VIEWS),
};
