#pragma once
/* csv.h: the tables of a paper as text for a spreadsheet. */
#include "core/paper.h"

/* Writes every table with its headings, a blank line and its title between two of them. UTF-8 with
 * the mark that spreadsheets want, lines ended by CR LF; numbers without points between the
 * thousands. A cell that a spreadsheet would compute ("=", "+", "-", "@", tab or CR first) gets an
 * apostrophe before it. Errors: ERR_LIMIT "paper.too_large".
 * Source: RFC 4180; CWE-1236. */
enum err csv_write(struct call *c, const struct paper *paper, struct str *ret_bytes);
