#pragma once
/*
 * form_page.h: forms made from field tables: the form of an act, the filter row of a list.
 */
#include "front/web/page.h"

/* Shows the form that a module prepared: VIEW_FORM with `act` and `values`. */
void form_page_view(struct page *page, const struct view *view);
/* Adds the filter row to a list page: the view's arguments as fields. */
void form_page_filter(struct page *page, const struct view_def *def, struct node *root);

/* One form while its fields are laid out. */
struct form_build {
    struct page *page;
    const struct field_table *table;
    const struct form *form;       /* the values it shows */
    const struct failure *failure; /* the problems it shows; NULL: none */
    bool filter;                   /* of a list: nothing is required, everything may stay open */
    const struct node *persons;    /* choices; NULL: not asked for yet */
    const struct node *units;
    const struct node *offices;
};

/* Lays the fields out as data of the template front/web/fields. Inside store_read.
 * Errors: those of the lists of choices. */
enum err form_build_fields(struct form_build *build, struct node *ret_list);

/* Puts a prepared tree of values into the form: texts, numbers and lists of maps; a map
 * "points.new" is what an added row of that list begins with. */
void form_from_node(struct call *c, const struct node *values, struct form *form);
/* What is wrong with a field, in words; a text that is too long hears its limit. */
struct str form_problem_text(struct call *c, const struct field_table *table,
                             const struct problem *problem);
/* Says that the field comes from the page and is not shown. */
bool form_field_hidden(const struct field *f);
