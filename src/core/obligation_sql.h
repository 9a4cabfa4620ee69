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
/* Those of one party that carry that mark of urgency. */
enum err obligation_by_mark(struct call *c, struct str owner, int64_t urgent, int64_t limit,
                            struct rows *ret_rows);
enum err obligation_by_creditor(struct call *c, struct str creditor, int64_t limit,
                                struct rows *ret_rows);

/* Empties what obligations are made into, before they are made anew. */
enum err obligation_forget(struct call *c);
/* The same for what one record's versions stated, before they are applied anew. */
enum err obligation_forget_by(struct call *c, struct str by_record);

/* The limits of what is owed about a record: what, owner, kind, due_ms, first_due_ms, paused_day,
 * why; open ones first, then by date. */
enum err obligation_limits_of(struct call *c, struct str about, struct rows *ret_rows);
/* Their moves, newest first, those of one version to one date as one row: what, one of their
 * owners, how many, kind, at_ms, person, title, from_ms, to_ms, paused_day, reason, by_record. */
enum err obligation_moves_of(struct call *c, struct str about, struct rows *ret_rows);

/* A filter in milliseconds, and where its page begins. */
struct obligation_span {
    int64_t from_ms;
    int64_t to_ms;
    bool done;
    const struct obligation_after *after;
    int64_t limit;
};
enum err obligation_filtered(struct call *c, const struct obligation_filter *filter,
                             const struct obligation_span *span, struct rows *ret_rows);
