#pragma once
/* tally_sql.h: the statements of the counts; meaning is in tally.h. */
#include "core/tally.h"

/* Takes the obligation's counts out before it changes (sign -1) and puts them in again after it
 * (sign 1). Shapes: name is about, what, okey. */
enum err tally_shift(struct call *c, const struct value name[3], int64_t sign);
/* Takes out what an earlier version of the record opened, before it goes. */
enum err tally_drop(struct call *c, struct str by_record, int64_t by_n);

/* month, party, what, total, done, late, late_first, overdue, overdue_first. */
enum err tally_rows(struct call *c, const struct tally_span *span, struct rows *ret_rows);
/* total, done. */
enum err tally_undated_row(struct call *c, struct rows *ret_rows);
/* id, about, kind, title, what, owner, first_due_ms, due_ms, settled_ms, paused_day. */
enum err tally_items(struct call *c, const struct tally_filter *filter,
                     const struct tally_after *after, int64_t limit, struct rows *ret_rows);
