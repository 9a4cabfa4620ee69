#pragma once
/* track_sql.h: the statements of track.h. */
#include "store/store.h"

/* Records that some receipt names by this register number. */
enum err track_sql_number(struct call *c, struct str number, int64_t limit, struct rows *ret_rows);
/* One row for each addressee of the record: office, n, created_ms, epoch, seq, acked_ms, priority
 * of the newest version that leaves for it. */
enum err track_sql_sent(struct call *c, struct str record, struct rows *ret_rows);
/* Rows: office, type, n, time_ms, number, reason; oldest first. */
enum err track_sql_receipts(struct call *c, struct str record, struct rows *ret_rows);
/* How many objects for the office leave before the row of that priority and version. */
enum err track_sql_ahead(struct call *c, struct str office, int64_t priority, int64_t created_ms,
                         int64_t *ret_count);
/* When the feed to the office could not be reached any more, and why; why it was stopped. */
enum err track_sql_feed(struct call *c, struct str office, int64_t *ret_down_ms,
                        struct str *ret_down, struct str *ret_stopped);
/* When the record's newest version came here; files of it that are still to come. */
enum err track_sql_received(struct call *c, struct str record, int64_t *ret_ms, int64_t *ret_files);
/* Rows: record, office, created_ms; that the actor may see. */
enum err track_sql_waiting(struct call *c, int64_t limit, struct rows *ret_rows);
