#pragma once
/* due.h: the reason of a deadline in words. */
#include "core/view.h"

/* Adds to a deadline what its receipt says (base/workday.h), as a list of sentences `because`. A
 * receipt that cannot be read adds nothing. */
void due_dress(struct call *c, struct node *due);
