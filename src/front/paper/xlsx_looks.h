#pragma once
/*
 * xlsx_looks.h: how the cells of a workbook look, as a table.
 */
#include "base/base.h"

#include <xlsxwriter.h>

enum xlsx_look {
    LOOK_PARENT,
    LOOK_AGENCY,
    LOOK_NATION,
    LOOK_NUMBER,
    LOOK_PLACE,
    LOOK_TITLE,
    LOOK_SUBJECT,
    LOOK_BODY,
    LOOK_BASIS,
    LOOK_SECTION,
    LOOK_TABLE_TITLE,
    LOOK_HEAD,
    LOOK_GROUP,
    LOOK_RECIPIENTS,
    LOOK_RECIPIENT,
    LOOK_SIGNED,
    /* Looks of the tables' cells: three of each, by enum paper_align. */
    LOOK_CELL,
    LOOK_DATE = LOOK_CELL + 3,
    LOOK_NUMERAL = LOOK_DATE + 3,
    LOOK_TOTAL = LOOK_NUMERAL + 3,
    LOOK_DATE_TOTAL = LOOK_TOTAL + 3,
    LOOK_NUMERAL_TOTAL = LOOK_DATE_TOTAL + 3,
    LOOK_COUNT = LOOK_NUMERAL_TOTAL + 3
};

/* Makes all looks in a workbook, and the font of its cells without a look, by whose digits the
 * widths of columns are counted. Returns false when the library has no memory. */
bool xlsx_looks(lxw_workbook *workbook, lxw_format *ret_looks[LOOK_COUNT]);
