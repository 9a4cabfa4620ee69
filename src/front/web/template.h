#pragma once
/*
 * template.h: pages from templates that were compiled at build time (tools/templates.py) from
 * Mustache syntax: {{name}}, {{a.b}}, {{.}}, {{#section}}, {{^inverted}}, {{>partial}},
 * {{>*name}} (the partial whose name stands in the data), {{!comment}}, and {{%key}} for a word of
 * the catalogue. There is no way to write raw HTML from data: the compiler picks the escaping from
 * the place of the tag and refuses places where none is safe.
 *
 * The data is a tree of core/view.h. An empty text, 0, false, an empty list and a missing name are
 * false. What the specification leaves to the implementation: lambdas, set-delimiter and indented
 * partials do not exist.
 * Source: Mustache specification 1.4, mustache(5).
 */
#include "core/view.h"

enum template_op {
    TEMPLATE_RAW,      /* text: constant HTML */
    TEMPLATE_TEXT,     /* text: name, written between tags */
    TEMPLATE_ATTR,     /* text: name, written in a quoted attribute */
    TEMPLATE_URL,      /* text: name of a whole address */
    TEMPLATE_URL_PART, /* text: name of a part of an address */
    TEMPLATE_WORD,     /* text: key of the catalogue, written between tags */
    TEMPLATE_WORD_ATTR,
    TEMPLATE_SECTION,  /* text: name; number: index of its end */
    TEMPLATE_INVERTED, /* the same */
    TEMPLATE_END,      /* number: index of its section */
    TEMPLATE_PARTIAL,  /* number: index in TEMPLATES */
    TEMPLATE_DYNAMIC,  /* text: name of the data that names the partial */
};

struct template_step {
    enum template_op op;
    struct str text;
    size_t number;
};

struct template
{
    struct str name; /* path without src/ and ending: "front/web/list" */
    const struct template_step *steps;
    size_t count;
};

/* Generated: sorted by name. */
extern const struct template TEMPLATES[];
extern const size_t TEMPLATES_COUNT;

enum {
    TEMPLATE_DEPTH_MAX = 32, /* templates and sections inside each other */
};

/* The template of that name, or NULL. */
const struct template *template_find(struct str name);

/* Writes the page. Shapes: the template exists; sections and partials nest at most
 * TEMPLATE_DEPTH_MAX deep. */
void template_render(struct call *c, struct sb *sb, struct str name, const struct node *data);

/* The same for a template that stands in no table, with its partials in `all`. */
void template_run(struct call *c, struct sb *sb, const struct template *start,
                  const struct template *all, size_t all_count, const struct node *data);
