#pragma once
/* oncall.h: what the files of this folder share. A duty says whom to call in some days. */
#include "core/record.h"

enum { ONCALL_DAYS = 366, ONCALL_PAGE = 100, ONCALL_PHONE_BYTES = 40, ONCALL_NOTE_BYTES = 300 };

struct oncall_duty {
    int64_t from_day;
    int64_t to_day; /* the last one */
    struct str person;
    int64_t role; /* index into ROLE_WORDS from 1, when no person is named */
    struct str phone;
    struct str note;
    bool cancelled;
};

extern const struct field_table ONCALL_DUTY;

/* record, from, to, person, role, phone, note of duties that end on that day or later, the earliest
 * first. */
enum err oncall_sql_list(struct call *c, int64_t day, int64_t limit, struct rows *ret_rows);

enum { ONCALL_ACT_COUNT = 3, ONCALL_VIEW_COUNT = 1, ONCALL_STEP_COUNT = 1 };
extern const struct migration ONCALL_STEPS[ONCALL_STEP_COUNT];
extern const struct act ONCALL_ACTS[ONCALL_ACT_COUNT];
extern const struct view_def ONCALL_VIEWS[ONCALL_VIEW_COUNT];
/* Who is on call today, for "Hôm nay". */
enum err oncall_beside(struct call *c, struct node *ret_block);
