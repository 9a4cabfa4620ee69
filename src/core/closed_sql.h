#pragma once
/* closed_sql.h: the statements of closed.h. */
#include "core/closed.h"
#include "store/store.h"

enum err closed_insert(struct call *c, enum closed why);
enum err closed_delete(struct call *c, enum closed why);
enum err closed_greatest(struct call *c, struct rows *ret_rows);
