#pragma once
/* heir_sql.h: the statements behind core/heir.h and core/succession.h. */
#include "core/heir.h"

/* receiver as a party, statement, key, signature: of the office's final statement; or no row. */
enum err heir_row(struct call *c, struct str office, struct rows *ret_rows);
/* Whether this office has agreed to take over from the other one. */
enum err heir_agreed(struct call *c, struct str office, bool *ret_agreed);
/* Whether the office's own final statement is held. */
enum err heir_ended(struct call *c, struct str office, bool *ret_ended);
/* record, kind, n, hash of records whose home the office is, after that one. */
enum err heir_heads(struct call *c, struct str office, struct str after, struct rows *ret_rows);
enum err heir_heads_move(struct call *c, struct str kind, struct str from, struct str to);
/* One step from the parties of the audience to their heirs. */
enum err heir_audience_step(struct call *c, struct str record, bool *ret_more);
enum err heir_audience_chief(struct call *c, struct str record);
/* The same step for every record that the office sees. */
enum err heir_audience_all(struct call *c, struct str from, struct str to);

/* Newest statement of that office about its end; no row: record, n. */
enum err statement_own(struct call *c, struct rows *ret_rows);
/* This office's answer to that statement; no row: record. */
enum err statement_answer(struct call *c, struct str statement, struct rows *ret_rows);
/* Whether this office has agreed to take over from one that has not ended yet. */
enum err promise_open(struct call *c, bool *ret_open);
/* Statements of others that ask this office: statement, office. */
enum err statement_asking(struct call *c, struct rows *ret_rows);

/* Gives every version of this office's records to a peer, as far as it has not got them. */
enum err succession_send(struct call *c, struct str kind, struct str peer);
/* The newest versions of this office's records that are addressed to `from`. */
enum err succession_resend(struct call *c, struct str kind, struct str from, struct str peer);
/* One object to one peer that may have it already. */
enum err succession_tell(struct call *c, const struct version *v, struct str peer,
                         enum priority priority);
/* Offices that see records which an office wrote. */
enum err succession_readers(struct call *c, struct str office, struct rows *ret_rows);

/* What a dry run counts. Rows: count, versions, moving, seen by a part of the office only. */
enum err succession_count(struct call *c, struct str kind, struct rows *ret_rows);
/* Records whose newest version another office wrote. */
enum err succession_foreign(struct call *c, struct rows *ret_rows);
enum err succession_moving(struct call *c, int64_t *ret_count);
enum err succession_work(struct call *c, int64_t *ret_count);
/* peer, entries that it has not acknowledged. */
enum err succession_feeds(struct call *c, struct rows *ret_rows);
