#pragma once
/*
 * changes.h: what changed since a person last looked: records this person may see whose newest
 * version came here after it last saw them, newest first, one line a record. Which version somebody
 * saw is LOCAL: it stays on this server, is in no log and shown to nobody else.
 */
#include "core/record.h"

/* Where a page of changes ended; zero begins. */
struct changes_after {
    int64_t moved_ms;
    struct str record;
};

/* Lists changes that others made. Shapes: rows as maps {record, href, kind, title, what, who,
 * when}; limit at most LIMIT_ROWS; ret_next is where the next page begins, zero when there is none.
 * A page looks at a bounded number of records, so it may be short while there is a next one. */
enum err changes_list(struct call *c, const struct changes_after *after, int64_t limit,
                      struct node *ret_list, struct changes_after *ret_next);

/* The newest version of a record when the actor has not seen it yet, else 0. */
enum err changes_unseen(struct call *c, struct str record, int64_t *ret_n);
/* Notes that the actor saw that version, and tells the modules (module.seen). In a transaction of
 * its own. */
enum err changes_see(struct call *c, struct str record, int64_t n);
/* Notes that the actor has seen everything that came until then. Only inside store_tx. */
enum err changes_see_all(struct call *c, int64_t until_ms);
