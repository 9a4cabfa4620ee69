#pragma once
/* oversight_sql.h: the statements of oversight.h. */
#include "exchange/oversight.h"
#include "store/store.h"

/* Fills an aside but for its name and what the entry's bytes say. No row: ERR_NOT_FOUND. */
enum err aside_sql_load(struct call *c, struct aside *aside);
/* Rows: peer, epoch, seq, reason, received_ms, length of the object, record; oldest first. */
enum err aside_sql_open(struct call *c, int64_t limit, struct rows *ret_rows);
enum err aside_sql_done(struct call *c, const struct aside *aside, enum aside_done done,
                        struct str why);
enum err aside_sql_count(struct call *c, struct str peer, int64_t *ret_count);

/* Rows: peer, reason, detail, first_ms, last_ms, count; newest first. */
enum err alarm_sql_open(struct call *c, int64_t limit, struct rows *ret_rows);
enum err alarm_sql_close(struct call *c, struct str peer, struct str reason, struct str why,
                         bool *ret_found);

/* The record of the office's rule, empty when there is none, and whether R3 is given. */
enum err rule_sql_load(struct call *c, struct str *ret_record, bool *ret_opened);
