#include "core/check.h"

enum err check_office(struct call *c, struct node *ret_report)
{
    node_bool(c, ret_report, "equal", true);
    return OK;
}
