#pragma once
/*
 * xlsx.h: a paper as a workbook, one sheet for each table, the head of the paper above the first
 * and its end below the last. Rows are written as they come, so memory does not grow with them.
 * A row is at most 409 points high: what a longer cell holds is in it but does not all show or
 * print; DOCX is the form for that. Foreign text is only ever written as text: nothing in it can
 * become a formula.
 */
#include "core/paper.h"

/* Errors: ERR_LIMIT "paper.too_large", ERR_IO "paper.write". */
enum err xlsx_write(struct call *c, const struct paper *paper, struct str *ret_bytes);
