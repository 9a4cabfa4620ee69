#pragma once
/*
 * absence.h: what the files of this folder share. An absence says who is away from when to when and
 * who acts in that person's place (core/substitute.h).
 */
#include "core/record.h"

enum { ABSENCE_DAYS = 366, ABSENCE_REASON_BYTES = 300, ABSENCE_PAGE = 100 };

struct absence {
    struct str person;
    struct str delegate;
    int64_t from_day;
    int64_t to_day; /* the last one */
    struct str reason;
    bool cancelled;
};

extern const struct field_table ABSENCE_TABLE;

/* record, person, delegate, from, to, reason of absences that end on that day or later and are not
 * cancelled, the earliest first. */
enum err absence_sql_list(struct call *c, int64_t day, int64_t limit, struct rows *ret_rows);
/* How many others the delegate already stands in for in these days, and whether the person is away
 * in some of them already; `but` is the absence that is being changed. */
enum err absence_sql_clash(struct call *c, const struct absence *a, struct str but,
                           int64_t *ret_delegated, int64_t *ret_away);

enum { ABSENCE_ACT_COUNT = 3, ABSENCE_VIEW_COUNT = 2, ABSENCE_STEP_COUNT = 1 };
extern const struct migration ABSENCE_STEPS[ABSENCE_STEP_COUNT];
extern const struct act ABSENCE_ACTS[ABSENCE_ACT_COUNT];
extern const struct view_def ABSENCE_VIEWS[ABSENCE_VIEW_COUNT];
/* Who is away today, for "Hôm nay". */
enum err absence_beside(struct call *c, struct node *ret_block);
