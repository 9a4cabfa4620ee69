#include "front/web/due.h"

#include "base/workday_receipt.h"

void due_dress(struct call *c, struct node *due)
{
    struct workday_receipt receipt = {};
    if (!workday_receipt_read(c, node_get(due, "why"), &receipt)) return;
    struct node *lines = node_put_list(c, due, "because");
    struct str rest = workday_receipt_text(c, &receipt);
    while (rest.len > 0) {
        struct str line = {};
        (void)str_cut(rest, '\n', &line, &rest);
        bool under = str_starts(line, S("- "));
        node_add_text(c, lines, under ? str_sub(line, 2, line.len) : line);
    }
}
