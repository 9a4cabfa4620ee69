#pragma once
/* obligation_sql.h: the statements of obligations; meaning is in obligation.h. */
#include "core/obligation.h"

/* Stored for "no date", so that the index puts it last: the end of the year 9999. */
#define OBLIGATION_UNDATED_MS INT64_C(253402300799999)

/* After a later version was applied: drops what the record's earlier versions opened or settled and
 * this one no longer does. */
enum err obligation_sweep(struct call *c, const struct version *v);
/* Open rows owned by one party, and those that other offices owe to it, earliest first. */
enum err obligation_by_owner(struct call *c, struct str owner, const struct obligation_after *after,
                             int64_t limit, struct rows *ret_rows);
enum err obligation_by_creditor(struct call *c, struct str creditor, int64_t limit,
                                struct rows *ret_rows);
