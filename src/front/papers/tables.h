#pragma once
/*
 * tables.h: any page with tables as a paper, so that every list of the product can be taken along
 * as a file. A module that knows better brings a paper of its own (core/module.h).
 */
#include "core/paper.h"
#include "core/view.h"

/* Says that a page's data hold a table. */
bool tables_any(const struct node *data);
/* Starts a paper of this office with a title. Shapes: ret_paper is overwritten. */
void tables_start(struct call *c, struct str title, struct paper *ret_paper);
/* Adds the tables of one page: the page's own, then those of its sections. The pages of one list
 * come one after the other into one table. Returns how many rows the page had. */
size_t tables_add(struct call *c, const struct node *data, struct paper *paper);
/* Says at the end that there is more than the file holds. */
void tables_cut(struct call *c, struct paper *paper);
