#pragma once
/*
 * check.h: whether what the office holds is what was signed. Every version and receipt is hashed
 * and its signature verified again; chains, headers and columns are compared; personal values must
 * open their hashes; every file that should be here is read again; then every projection is made
 * anew from the stored bytes in a scratch database and compared row by row. It only reads, in one
 * snapshot, so it runs beside the working office.
 */
#include "core/office.h"

enum { CHECK_DIFFERENCES_MAX = 200 };

struct check; /* core/check_run.h */

/* Checks the call's office; then `more`, what belongs to a step above (exchange/log_check.h), in
 * the same snapshot; NULL: nothing. `ret_report` is a map {equal, versions, receipts, files,
 * tables, rows, difference_count, differences: [{what, where, text}]}; the first
 * CHECK_DIFFERENCES_MAX are named, all are counted. Errors: those of reading and of the scratch
 * database; a difference is none. */
enum err check_office(struct call *c, enum err (*more)(struct check *k), struct node *ret_report);
