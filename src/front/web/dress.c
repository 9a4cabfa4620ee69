/* Completing what a view left out, so that templates never find an outer map's name by mistake. */
#include "base/words.h"
#include "front/web/chart.h"
#include "front/web/due.h"
#include "front/web/page.h"

enum { DRESS_DEPTH_MAX = 16 };

static void default_text(struct call *c, struct node *map, const char *name, struct str text)
{
    if (node_find(map, str_of(name)) == NULL) node_text(c, map, name, text);
}

/* Short texts in a coloured ground stay on one line; long ones may break. */
enum { SHORT_BYTES = 32 };

static void cell_dress(struct call *c, struct node *cell)
{
    node_bool(c, cell, "short", node_get(cell, "text").len <= SHORT_BYTES);
    default_text(c, cell, "kind", S("text"));
    default_text(c, cell, "tone", (struct str){});
    default_text(c, cell, "href", (struct str){});
    default_text(c, cell, "title", (struct str){});
}

/* The first cell of a row leads to what the row is about. */
static void row_dress(struct call *c, struct node *row)
{
    const struct node *cells = node_find(row, S("cells"));
    struct str href = node_get(row, "href");
    default_text(c, row, "href", (struct str){});
    default_text(c, row, "record", (struct str){});
    default_text(c, row, "mark", (struct str){});
    if (cells == NULL || cells->first == NULL || cells->first->type != NODE_MAP) return;
    if (href.len > 0) default_text(c, cells->first, "href", href);
}

/* On a narrow page every cell stands on a line of its own and says its column. */
static void columns_dress(struct call *c, struct node *table)
{
    const struct node *columns = node_find(table, S("columns"));
    const struct node *rows = node_find(table, S("rows"));
    if (columns == NULL || rows == NULL) return;
    for (struct node *column = columns->first; column != NULL; column = column->next)
        default_text(c, column, "kind", S("text"));
    for (const struct node *row = rows->first; row != NULL; row = row->next) {
        const struct node *cells = node_find(row, S("cells"));
        const struct node *column = columns->first;
        struct node *cell = cells == NULL ? NULL : cells->first;
        for (; cell != NULL && column != NULL; cell = cell->next, column = column->next) {
            if (cell->type == NODE_MAP) default_text(c, cell, "label", node_get(column, "label"));
        }
    }
}

/* Khẩn, thượng khẩn, hỏa tốc: red is for the last one. */
static void urgency_dress(struct call *c, struct node *map)
{
    int64_t urgent = node_number(map, "urgent");
    if (urgent < 1 || urgent > 3 || node_find(map, S("urgency")) != NULL) return;
    struct node *urgency = node_put_map(c, map, "urgency");
    struct str key = str_format(c->arena, "web.urgent_%lld", (long long)urgent);
    node_text(c, urgency, "text", words(c->lang, key));
    node_text(c, urgency, "tone", urgent == 3 ? S("late") : S("warn"));
}

/* Says that the act asks nothing: all its fields come with the page, so its button can do it. */
static bool act_is_direct(const struct act *act)
{
    for (size_t i = 0; i < act->input->count; i++) {
        struct str name = str_of(act->input->fields[i].name);
        if (!str_eq(name, S("record")) && !str_eq(name, S("seen"))) return false;
    }
    return true;
}

static void act_dress(struct call *c, struct node *node, int64_t seen)
{
    struct str name = node_get(node, "act");
    struct str record = node_get(node, "record");
    const struct act *act = module_act(name);
    if (act == NULL) return;
    default_text(c, node, "label", words(c->lang, str_format(c->arena, "act.%s", act->name)));
    default_text(c, node, "why", (struct str){});
    default_text(c, node, "record", (struct str){});
    struct str help = str_format(c->arena, "act.%s.help", act->name);
    default_text(c, node, "help", words_has(help) ? words(c->lang, help) : (struct str){});
    struct str query =
        record.len == 0 ? (struct str){} : str_format(c->arena, "?record=%.*s", STR_ARG(record));
    default_text(c, node, "href", str_format(c->arena, "/act/%s%.*s", act->name, STR_ARG(query)));
    if (node_find(node, S("possible")) == NULL) node_bool(c, node, "possible", true);
    if (node_find(node, S("main")) == NULL) node_bool(c, node, "main", act->main);
    node_bool(c, node, "direct", record.len > 0 && act_is_direct(act));
    if (node_find(node, S("seen")) == NULL) node_int(c, node, "seen", seen);
    node_text(c, node, "once", call_random_id(c, ID_RANDOM_BYTES));
}

struct str page_size_text(struct call *c, int64_t size_bytes)
{
    static const char *const UNITS[] = {"B", "kB", "MB", "GB"};
    int64_t tenths = size_bytes * 10;
    size_t unit = 0;
    while (tenths >= 10000 && unit + 1 < ARRAY_LEN(UNITS)) {
        tenths = (tenths + 500) / 1000;
        unit++;
    }
    const char *mark = c->lang == LANG_EN ? "." : ",";
    long long whole = (long long)(tenths / 10);
    long long part = (long long)(tenths % 10);
    if (part == 0) return str_format(c->arena, "%lld %s", whole, UNITS[unit]);
    return str_format(c->arena, "%lld%s%lld %s", whole, mark, part, UNITS[unit]);
}

/* A file's size stands in bytes; people read another unit. */
static void file_dress(struct call *c, struct node *file)
{
    int64_t size = node_number(file, "size");
    node_text(c, file, "size_text", page_size_text(c, size));
}

/* Adds an act's label to the line of its reason: what several acts wait for is said once. */
static void reason_add(struct call *c, struct node *reasons, struct str label, struct str reason)
{
    for (struct node *line = reasons->first; line != NULL; line = line->next) {
        if (!str_eq(node_get(line, "reason"), reason)) continue;
        struct node *labels = line->first;
        labels->text = str_format(c->arena, "%.*s, %.*s", STR_ARG(labels->text), STR_ARG(label));
        return;
    }
    struct node *line = node_add_map(c, reasons);
    node_text(c, line, "labels", label);
    node_text(c, line, "reason", reason);
}

/* Whether any of the acts on the page is possible now, and why the others are not. */
static void acts_dress(struct call *c, struct node *map)
{
    bool any = false;
    struct node *reasons = node_put_list(c, map, "not_possible");
    const struct node *acts = node_find(map, S("acts"));
    for (const struct node *act = acts->first; act != NULL; act = act->next) {
        const struct node *possible = node_find(act, S("possible"));
        bool can = possible == NULL || possible->number != 0;
        any = any || can;
        if (can) continue;
        struct str name = str_format(c->arena, "act.%.*s", STR_ARG(node_get(act, "act")));
        struct str label = node_get(act, "label");
        reason_add(c, reasons, label.len > 0 ? label : words(c->lang, name), node_get(act, "why"));
    }
    node_bool(c, map, "can_act", any);
}

/* Lists say whether they hold anything: a template cannot ask without walking them. */
static void lists_dress(struct call *c, struct node *map)
{
    const struct node *last = map->last;
    for (const struct node *child = map->first; child != NULL; child = child->next) {
        if (child->type == NODE_LIST && child->name != NULL) {
            const char *name = str_zero(c->arena, str_format(c->arena, "has_%s", child->name));
            node_bool(c, map, name, child->first != NULL);
        }
        if (child == last) break; /* the rest was added here */
    }
}

static void map_dress(struct call *c, struct node *map, int64_t seen)
{
    if (node_find(map, S("cells")) != NULL) row_dress(c, map);
    if (node_find(map, S("act")) != NULL) act_dress(c, map, seen);
    if (node_find(map, S("text")) != NULL) cell_dress(c, map);
    if (node_find(map, S("root")) != NULL) file_dress(c, map);
    if (node_find(map, S("why")) != NULL) due_dress(c, map);
    if (node_find(map, S("columns")) != NULL) columns_dress(c, map);
    if (node_find(map, S("urgent")) != NULL) urgency_dress(c, map);
    if (node_find(map, S("acts")) != NULL) acts_dress(c, map);
    if (node_find(map, S("bars")) != NULL) chart_dress(c, map);
    lists_dress(c, map);
}

void page_dress(struct page *page, struct node *root)
{
    struct node *open[DRESS_DEPTH_MAX];
    size_t depth = 0;
    int64_t seen = node_number(node_find(root, S("view")), "n");
    struct node *at = root;
    lists_dress(&page->c, root);
    while (at != NULL) {
        if (at->type == NODE_MAP && at != root) map_dress(&page->c, at, seen);
        if (at->first != NULL) {
            ensure(depth < DRESS_DEPTH_MAX);
            open[depth++] = at;
            at = at->first;
            continue;
        }
        while (at->next == NULL && depth > 0)
            at = open[--depth];
        at = depth > 0 ? at->next : NULL;
    }
}
