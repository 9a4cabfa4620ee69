#pragma once
/* changes_sql.h: the statements of changes.h. */
#include "core/changes.h"

/* Until when the actor has seen everything: its own mark, or when it came to the office. */
enum err looked_get(struct call *c, int64_t *ret_ms);
enum err looked_put(struct call *c, int64_t until_ms);
/* record, kind, n, moved_ms, person, n seen of the next `limit` records that the actor may see and
 * that were changed after base_ms: the caller leaves out what was seen or is the actor's own. */
enum err changes_rows(struct call *c, int64_t base_ms, const struct changes_after *after,
                      int64_t limit, struct rows *ret_rows);
enum err seen_get(struct call *c, struct str record, int64_t *ret_n);
enum err seen_put(struct call *c, struct str record, int64_t n);
/* The newest version that was held at that time; 0: none. */
enum err version_held_at(struct call *c, struct str record, int64_t at_ms, int64_t *ret_n);
