#include "core/view.h"

#include "base/json.h"

#include <string.h>

enum { NODE_DEPTH_MAX = 16 };

static struct node *node_new(struct call *c, enum node_type type, const char *name)
{
    struct node *node = arena_alloc(c->arena, sizeof *node);
    *node = (struct node){.type = type, .name = name};
    return node;
}

static void append(struct node *parent, struct node *child)
{
    ensure(child->next == NULL);
    if (parent->last == NULL) {
        parent->first = child;
    } else {
        parent->last->next = child;
    }
    parent->last = child;
}

struct node *node_map(struct call *c)
{
    return node_new(c, NODE_MAP, NULL);
}

struct node *node_list(struct call *c)
{
    return node_new(c, NODE_LIST, NULL);
}

void node_put(struct node *map, const char *name, struct node *child)
{
    ensure(map->type == NODE_MAP);
    ensure(child->name == NULL);
    child->name = name;
    append(map, child);
}

void node_text(struct call *c, struct node *map, const char *name, struct str text)
{
    struct node *node = node_new(c, NODE_TEXT, NULL);
    node->text = text;
    node_put(map, name, node);
}

void node_int(struct call *c, struct node *map, const char *name, int64_t number)
{
    struct node *node = node_new(c, NODE_INT, NULL);
    node->number = number;
    node_put(map, name, node);
}

void node_bool(struct call *c, struct node *map, const char *name, bool yes)
{
    struct node *node = node_new(c, NODE_BOOL, NULL);
    node->number = yes ? 1 : 0;
    node_put(map, name, node);
}

struct node *node_put_map(struct call *c, struct node *map, const char *name)
{
    struct node *node = node_map(c);
    node_put(map, name, node);
    return node;
}

struct node *node_put_list(struct call *c, struct node *map, const char *name)
{
    struct node *node = node_list(c);
    node_put(map, name, node);
    return node;
}

struct node *node_add_map(struct call *c, struct node *list)
{
    ensure(list->type == NODE_LIST);
    struct node *node = node_map(c);
    append(list, node);
    return node;
}

void node_add_text(struct call *c, struct node *list, struct str text)
{
    ensure(list->type == NODE_LIST);
    struct node *node = node_new(c, NODE_TEXT, NULL);
    node->text = text;
    append(list, node);
}

const struct node *node_find(const struct node *map, struct str name)
{
    if (map == NULL || map->type != NODE_MAP || name.len == 0) return NULL;
    for (const struct node *child = map->first; child != NULL; child = child->next) {
        if (child->name[0] != name.ptr[0]) continue; /* most names already differ here */
        bool same = strncmp(child->name, name.ptr, name.len) == 0 && child->name[name.len] == 0;
        if (same) return child;
    }
    return NULL;
}

struct str node_get(const struct node *map, const char *name)
{
    const struct node *child = node_find(map, str_of(name));
    return child == NULL ? (struct str){} : child->text;
}

int64_t node_number(const struct node *map, const char *name)
{
    const struct node *child = node_find(map, str_of(name));
    return child == NULL ? 0 : child->number;
}

size_t node_count(const struct node *list)
{
    size_t count = 0;
    if (list == NULL) return 0;
    for (const struct node *child = list->first; child != NULL; child = child->next)
        count++;
    return count;
}

static void json_scalar(struct sb *sb, const struct node *node)
{
    switch (node->type) {
    case NODE_TEXT: json_text(sb, node->text); break;
    case NODE_INT: sb_printf(sb, "%lld", (long long)node->number); break;
    case NODE_BOOL: sb_put(sb, node->number != 0 ? S("true") : S("false")); break;
    case NODE_LIST: sb_put(sb, S("[]")); break;
    case NODE_MAP: sb_put(sb, S("{}")); break;
    }
}

/* Walks the tree with an explicit stack of open containers. */
void node_json(struct sb *sb, const struct node *node)
{
    const struct node *open[NODE_DEPTH_MAX];
    size_t depth = 0;
    const struct node *at = node;
    while (at != NULL) {
        if (depth > 0 && open[depth - 1]->first != at) sb_char(sb, ',');
        if (at->name != NULL && depth > 0) {
            json_text(sb, str_of(at->name));
            sb_char(sb, ':');
        }
        bool container = at->type == NODE_LIST || at->type == NODE_MAP;
        if (container && at->first != NULL) {
            ensure(depth < NODE_DEPTH_MAX);
            sb_char(sb, at->type == NODE_MAP ? '{' : '[');
            open[depth++] = at;
            at = at->first;
            continue;
        }
        json_scalar(sb, at);
        while (depth > 0 && at->next == NULL) {
            at = open[--depth];
            sb_char(sb, at->type == NODE_MAP ? '}' : ']');
        }
        at = depth > 0 ? at->next : NULL;
    }
}
