#pragma once
/*
 * view.h: a page as data. A module's view returns a struct view; the fronts print it as HTML (a
 * template of the module's, or the generic page of the view's kind), as JSON, on paper. Data is a
 * small tree of maps, lists, texts and numbers; the names below are what the generic pages read.
 */
#include "base/call.h"

enum node_type { NODE_TEXT, NODE_INT, NODE_BOOL, NODE_LIST, NODE_MAP };

struct node {
    enum node_type type;
    const char *name;   /* in a map; NULL in a list */
    struct str text;    /* NODE_TEXT */
    int64_t number;     /* NODE_INT and NODE_BOOL */
    struct node *first; /* children of maps and lists, in order */
    struct node *last;
    struct node *next; /* sibling */
};

/* An empty map; an empty list. */
struct node *node_map(struct call *c);
struct node *node_list(struct call *c);
/* Adds to a map. Shapes: name is a constant; a name is given once. */
void node_text(struct call *c, struct node *map, const char *name, struct str text);
void node_int(struct call *c, struct node *map, const char *name, int64_t number);
void node_bool(struct call *c, struct node *map, const char *name, bool yes);
struct node *node_put_map(struct call *c, struct node *map, const char *name);
struct node *node_put_list(struct call *c, struct node *map, const char *name);
/* Adds an existing tree under a name. Shapes: child has no parent yet. */
void node_put(struct node *map, const char *name, struct node *child);
/* Adds a map, or a text, to a list. */
struct node *node_add_map(struct call *c, struct node *list);
void node_add_text(struct call *c, struct node *list, struct str text);
/* The child of that name, or NULL. */
const struct node *node_find(const struct node *map, struct str name);
/* Child text or number; empty or 0 when missing. */
struct str node_get(const struct node *map, const char *name);
int64_t node_number(const struct node *map, const char *name);
size_t node_count(const struct node *list);
/* Prints the tree as JSON, iteratively. Shapes: depth at most 16. */
void node_json(struct sb *sb, const struct node *node);

enum view_kind { VIEW_LIST, VIEW_RECORD, VIEW_FORM, VIEW_BOARD, VIEW_TODAY, VIEW_FIGURES };

/* Data of the generic pages:
 *   VIEW_LIST    columns: [{key, label}], rows: [{record, href, cells: [CELL], mark}], count, next,
 *                empty (sentence for an empty list), acts: [ACT]
 *   VIEW_RECORD  title, state {text, tone}, due CELL, facts: [{label, CELL}], sections:
 *                [{title, text | columns+rows}], files: [{root, name, size}], who: [...],
 *                deliveries, history, acts: [ACT], home {id, code, name}
 *   VIEW_FIGURES ways: [{label, links: [{label, href, here}]}], sections as of a record, which may
 *                hold a chart {title, desc, legend: [{look, label}], bars: [{label, parts: [{look,
 *                count}]}]} beside their table, note {text, href}
 *   VIEW_FORM    act, fields filled by the front from the act's table, values map
 * CELL = {text, value?, kind: text|date|instant|state|office|number|link, tone?, href?, title?}
 * ACT  = {act, label, href?, possible, why?, main, record}
 * tone = neutral | good | warn | late: always shown as text and shape too. */
struct view {
    enum view_kind kind;
    const char *name;  /* filled by the front: the view_def's name */
    struct str title;  /* page title; empty: the view's word */
    struct node *data; /* a map */
};

/* Starts a view with an empty map. */
void view_start(struct call *c, struct view *view, enum view_kind kind, struct str title);

/* Helpers that keep the conventions in one place. */
void view_column(struct call *c, struct view *view, const char *key, const char *label_key);
struct node *view_row(struct call *c, struct view *view, struct str record, struct str href);
void view_cell(struct call *c, struct node *row, struct str text);
void view_cell_state(struct call *c, struct node *row, struct str text, const char *tone);
void view_cell_instant(struct call *c, struct node *row, int64_t ms);
void view_fact(struct call *c, struct view *view, const char *label_key, struct str text);
/* A deadline: text "còn 2 ngày làm việc · thứ Năm 12/02/2026 17:00", tone, and the receipt. */
struct node *view_due(struct call *c, struct node *parent, const char *name, int64_t due_ms,
                      struct str why_json, bool done);
/* The same for a deadline whose clock stands still: "Tạm dừng từ 12/03/2026". */
struct node *view_due_paused(struct call *c, struct node *parent, const char *name,
                             int64_t paused_day, struct str why_json);
/* A section of a record page, with columns and rows of its own. */
struct view view_section(struct call *c, struct view *view, const char *title_key);
/* Offers the way to another page, beside the acts. */
void view_link(struct call *c, struct view *view, const char *label_key, struct str href);
/* Offers an act at the head of a list page or on a record page without a record of its own. */
void view_act(struct call *c, struct view *view, const char *act, bool main);
