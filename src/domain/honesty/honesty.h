#pragma once
/*
 * honesty.h: what the files of the nightly honesty check share. Each night the office looks at its
 * own obligations, moves, pauses, settlements and receipts for what is odd: work that was given
 * after its deadline, closed with nothing to show, answered faster than it can be read. A finding
 * says what is odd and whom to ask; it accuses nobody, for there may be a good reason.
 *
 * Findings are LOCAL: they leave the office in no record, stand in no log and outside `check`. One
 * that no longer holds stays in the history, with the night in which it was gone.
 */
#include "core/module.h"

enum {
    HONESTY_HOUR = 1,        /* of the night, in Ha Noi: not before it */
    HONESTY_SPAN_DAYS = 92,  /* how far back a night looks; what it found before stays */
    HONESTY_HEAP = 10,       /* closings of one owner at the end of a month that are many */
    HONESTY_FINDINGS = 1000, /* of one rule in one night */
    HONESTY_PAGE = 50,
    HONESTY_NIGHTS = 92, /* of the history of one rule */
};

/* The rules; HONESTY_RULES has their names, in the same order. */
enum honesty_rule {
    HONESTY_GIVEN_LATE,
    HONESTY_NO_PRODUCT,
    HONESTY_TOO_FAST,
    HONESTY_MONTH_END,
    HONESTY_NO_LEAD,
    HONESTY_TWO_LEADS,
    HONESTY_MOVED_AFTER,
    HONESTY_MOVED_OFTEN,
    HONESTY_ASKED_TWICE,
    HONESTY_SILENT,
    HONESTY_HANDED_ON,
    HONESTY_LONG_PAUSE,
    HONESTY_REGISTERED_LATE,
    HONESTY_RULE_COUNT
};
/* Ended by NULL; words "honesty.rule.<name>", "honesty.odd.<name>", "honesty.whom.<name>",
 * "honesty.say.<name>". */
extern const char *const HONESTY_RULES[];

/* One thing that is odd. */
struct honesty_finding {
    struct str about;
    struct str what; /* empty when it is about the whole record */
    struct str key;
    struct str party; /* whose work it is */
    struct str ask;   /* party that knows why */
    int64_t number;   /* days, minutes, times or a share, as the rule's sentence says */
    int64_t at_ms;    /* when it came to be odd */
};

/* From an instant to before another one. */
struct honesty_span {
    int64_t from_ms;
    int64_t until_ms;
};

/* What one rule found. */
struct honesty_found {
    struct honesty_span span; /* that was looked at */
    struct honesty_finding *findings;
    size_t count;
    bool more; /* beyond HONESTY_FINDINGS; the newest were taken */
};

/* honesty_rules.c: looks. Shapes: in a read; nothing is written. */
enum err honesty_look(struct call *c, enum honesty_rule rule, struct honesty_found *ret_found);

/* honesty_rules_sql.c: the queries of the rules but that of HONESTY_MONTH_END: about, what, okey,
 * party, ask, number, at_ms; one row more than HONESTY_FINDINGS when there are more. */
enum err honesty_sql_odd(struct call *c, enum honesty_rule rule, const struct honesty_span *span,
                         struct rows *ret_rows);
/* That of HONESTY_MONTH_END: `last_ms` is when the last working day of the month begins. */
enum err honesty_sql_month_end(struct call *c, const struct honesty_span *month, int64_t last_ms,
                               struct rows *ret_rows);
/* The signed bytes of a record's first version; empty when it is not held. */
enum err honesty_sql_question(struct call *c, struct str record, struct str *ret_bytes);

/* honesty_sql.c */
enum { HONESTY_STEP_COUNT = 1 };
extern const struct migration HONESTY_STEPS[HONESTY_STEP_COUNT];
/* The last night that was looked at; 0: none. */
enum err honesty_sql_last(struct call *c, int64_t *ret_day);
/* Keeps what a rule found in a night: new findings, those that hold on, those that are gone. Only
 * inside store_tx. */
enum err honesty_sql_keep(struct call *c, enum honesty_rule rule, int64_t night,
                          const struct honesty_found *found);
/* name of a rule, how many hold, were new in that night, are gone, whether that night had more; not
 * of rules that found nothing. */
enum err honesty_sql_counts(struct call *c, int64_t night, struct rows *ret_rows);

/* Which findings a list holds. */
enum honesty_state { HONESTY_ALL, HONESTY_NOW, HONESTY_NEW, HONESTY_GONE };
struct honesty_filter {
    enum honesty_rule rule;
    enum honesty_state state;
    int64_t night;    /* that HONESTY_NEW means */
    int64_t after_id; /* where the page before ended; 0: the first page */
};
/* id, about, kind, title (these three empty when the reader may not see it), what, party, ask,
 * number, at_ms, found_ms, gone_ms; the newest finding first. */
enum err honesty_sql_list(struct call *c, const struct honesty_filter *filter, int64_t limit,
                          struct rows *ret_rows);
/* day, found, fresh, gone, more of the last nights of a rule, the newest first. */
enum err honesty_sql_nights(struct call *c, enum honesty_rule rule, int64_t limit,
                            struct rows *ret_rows);

/* honesty_views.c */
enum { HONESTY_VIEW_COUNT = 3 };
extern const struct view_def HONESTY_VIEWS[HONESTY_VIEW_COUNT];
