#pragma once
/*
 * holidays.h: what the files of this folder share. A decision on days off is a record of this
 * office; the working-day calendar (base/workday.h) is computed from the law, from what was known
 * when this version was made, and from these records.
 */
#include "base/workday.h"
#include "core/record.h"

enum { HOLIDAYS_DAYS = 100, HOLIDAYS_NOTE_BYTES = 300, HOLIDAYS_CSV_BYTES = 64 * 1024 };

/* Values of the choices, from 1. The holidays are in the order of enum workday_reason. */
enum holidays_kind { HOLIDAYS_OFF = 1, HOLIDAYS_WORK };
enum holidays_reason {
    HOLIDAYS_HOLIDAY = 1, /* a public day itself */
    HOLIDAYS_COMPENSATION,
    HOLIDAYS_SWAP,
    HOLIDAYS_OTHER, /* by decision alone, such as a day of national mourning */
};

/* One day that a decision makes free or worked. */
struct holidays_day {
    int64_t day;
    int64_t kind;
    int64_t reason;  /* why it is off; 0 or HOLIDAYS_SWAP when it is worked */
    int64_t holiday; /* the holiday it is, or makes up for; 0: none */
    struct str note;
};

struct holidays_decision {
    struct str number; /* "6150/TB-BLDTBXH" */
    struct str issuer;
    int64_t issued_day;
    struct str summary;
    struct list days; /* of struct holidays_day */
    bool withdrawn;   /* its days do not count any more */
    struct str withdrawn_reason;
    struct list files; /* what the days were imported from; of struct file_ref */
};

extern const struct field_table HOLIDAYS_DECISION;
extern const struct field_table HOLIDAYS_DAY;

/* A decision as it is held here. */
struct holidays_held {
    struct str record;
    int64_t n;
    struct holidays_decision decision;
};

struct holidays_week; /* holidays_week.h */

/* A week as it is kept here. */
struct holidays_kept {
    struct str record;
    int64_t n;
    const struct holidays_week *week;
};

/* Whatever the office's calendar is made from besides the law: its decisions and its weeks, each
 * in the order they were made. */
struct holidays_basis {
    const struct holidays_held *held;
    size_t held_count;
    const struct holidays_kept *kept;
    size_t kept_count;
};

/* Loads it. Reads for the office itself, not for a person: what it counts by does not depend on who
 * looks. Only inside store_read or store_tx. */
enum err holidays_sql_basis(struct call *c, struct holidays_basis *ret_basis);

/* An open deadline that this office fixed under another calendar than the present one. */
struct holidays_dated {
    struct str record;
    struct str kind;
    struct str title;
    int64_t due_day;
    struct str why; /* its receipt */
};

enum { HOLIDAYS_DATED = 5000 }; /* deadlines that one page looks at, the earliest ones */

enum { HOLIDAYS_MOVED_AT_ONCE = 200 }; /* records that one act moves; the next act goes on */

/* Lists those of records that the actor may see, earliest first, due on `from_day` or later.
 * Shapes: version is the present calendar's. */
enum err holidays_sql_dated(struct call *c, struct str version, int64_t from_day,
                            struct holidays_dated **ret_dated, size_t *ret_count);

/* Asks for the year's decision from 1 November of the year before; see struct module. */
enum err holidays_asks(struct call *c, struct node *list);

/* holidays_move.c: moves the open deadlines of this office that the present calendar sets on other
 * days; see struct act. */
enum err holidays_run_move(struct call *c, const void *input, struct act_result *ret_result);
extern const struct field_table HOLIDAYS_MOVE;

/* holidays_week_acts.c */
struct str holidays_kept_basis(const struct holidays_kept *kept); /* by what it was decided */
extern const struct field_table HOLIDAYS_SET_WEEK;
extern const struct field_table HOLIDAYS_WITHDRAW_WEEK;
enum err holidays_week_holds(struct call *c, const struct head *head);
enum err holidays_run_set_week(struct call *c, const void *input, struct act_result *ret_result);
enum err holidays_run_withdraw_week(struct call *c, const void *input,
                                    struct act_result *ret_result);
enum err holidays_weeks_view(struct call *c, const void *args, struct view *ret_view);
enum err holidays_week_form_view(struct call *c, const void *args, struct view *ret_view);

enum { HOLIDAYS_ACT_COUNT = 7, HOLIDAYS_VIEW_COUNT = 6 };
extern const struct act HOLIDAYS_ACTS[HOLIDAYS_ACT_COUNT];
extern const struct view_def HOLIDAYS_VIEWS[HOLIDAYS_VIEW_COUNT];
