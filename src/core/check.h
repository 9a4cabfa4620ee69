#pragma once
/*
 * check.h: whether what the office holds is what was signed. Every version and receipt is hashed
 * and its signature verified again; chains, headers and columns are compared; every file that a
 * version names is read again; then every projection is made anew from the stored bytes in a
 * scratch database and compared row by row. Reads only, so it runs beside the working office.
 */
#include "core/office.h"

/* Checks the call's office. `ret_report` is a map {equal, versions, receipts, files, tables, rows,
 * differences: [{what, where, text}]}; at most CHECK_DIFFERENCES_MAX are named, all are counted in
 * `difference_count`.
 * Errors: those of reading; a difference is no error of this function. */
enum { CHECK_DIFFERENCES_MAX = 200 };
enum err check_office(struct call *c, struct node *ret_report);
