/* Completing what a view left out, so that templates never find an outer map's name by mistake. */
#include "base/words.h"
#include "front/web/page.h"

enum { DRESS_DEPTH_MAX = 16 };

static void default_text(struct call *c, struct node *map, const char *name, struct str text)
{
    if (node_find(map, str_of(name)) == NULL) node_text(c, map, name, text);
}

static void cell_dress(struct call *c, struct node *cell)
{
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
    node_int(c, node, "seen", seen);
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

static void map_dress(struct call *c, struct node *map, int64_t seen)
{
    if (node_find(map, S("cells")) != NULL) row_dress(c, map);
    if (node_find(map, S("act")) != NULL) act_dress(c, map, seen);
    if (node_find(map, S("text")) != NULL) cell_dress(c, map);
    if (node_find(map, S("root")) != NULL) file_dress(c, map);
}

void view_dress(struct page *page, struct node *data)
{
    struct node *open[DRESS_DEPTH_MAX];
    size_t depth = 0;
    int64_t seen = node_number(data, "n");
    struct node *at = data;
    while (at != NULL) {
        if (at->type == NODE_MAP && at != data) map_dress(&page->c, at, seen);
        if (at->first != NULL) {
            ensure(depth < DRESS_DEPTH_MAX);
            open[depth++] = at;
            at = at->first;
            continue;
        }
        while (at->next == NULL && depth > 0) at = open[--depth];
        at = depth > 0 ? at->next : NULL;
    }
}
