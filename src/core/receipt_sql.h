#pragma once
/* receipt_sql.h: the statements of receipts; meaning is in receipt.h. */
#include "core/receipt.h"

enum err receipt_insert(struct call *c, const struct receipt *r, struct str hash, struct str bytes,
                        struct str signature, bool *ret_new);
enum err receipt_unsigned_list(struct call *c, struct rows *ret_rows);
enum err receipt_sign(struct call *c, struct str hash, struct str signature);
enum err receipt_r2_newest(struct call *c, struct str record, struct rows *ret_rows);
