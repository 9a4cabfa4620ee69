#pragma once
/*
 * obligation.h: who owes what to whom, by when, and why that date. Rows are made only by `apply`
 * from versions, in any order, so `check` can rebuild them. Every "today" page, reminder and
 * on-time figure comes from here and nowhere else.
 */
#include "core/record.h"

/* Whose limit a deadline is. One obligation may have several, stated by different records; the
 * earliest drives lists and reminders, and all of them are shown together. */
enum due_kind {
    DUE_ASSIGNED, /* given by who asked for it: hạn được giao */
    DUE_INTERNAL, /* set inside the office that owes: hạn nội bộ */
    DUE_LEGAL,    /* of a law: hạn theo luật */
    DUE_KIND_COUNT
};

/* One limit. A later version of the record that states it may state another date: that is a move,
 * kept with who moved it and why (table obligation_move). */
struct obligation_limit {
    enum due_kind kind;
    int64_t due_day;         /* day number; 0: no date */
    int64_t due_ms;          /* instant at which it is late */
    int64_t paused_day;      /* the clock stands since that day, and nothing is due; 0: it runs */
    struct str why;          /* JSON receipt of the deadline, base/workday_receipt.h */
    struct str moved_reason; /* why this version moves it; nothing when it does not */
    struct str moved_by;     /* who, as the record names that person */
};

struct obligation {
    const char *what;    /* word key "obligation.<what>": "consultation.answer" */
    struct str about;    /* record the work is about: opened by the page */
    struct str owner;    /* party that owes: "o:..", "u:..", "p:..", "r:.." */
    struct str creditor; /* party to whom */
    struct str key;      /* tells several obligations of one record and `what` apart */
    int64_t due_day;     /* day number; 0: no date of its own */
    int64_t due_ms;      /* instant at which it is late */
    struct str why;      /* JSON receipt of the deadline */
    struct str title;    /* what the line says: the subject */
    int64_t urgent;      /* 0 normal, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc */
    enum due_kind kind;  /* whose limit due_day is */
    int64_t paused_day;  /* as in a limit */
    struct str moved_reason;
    struct str moved_by;
};

/* Opens an obligation that version `v` creates. A later version of the same record replaces what
 * its earlier versions opened. Only from apply. */
enum err obligation_open(struct call *c, const struct version *v, const struct obligation *o);

/* States a further limit of an obligation (about, what, key), whichever record opens it and
 * whether or not it is open yet. Only from apply. */
enum err obligation_limit(struct call *c, const struct version *v, struct str about,
                          const char *what, struct str key, const struct obligation_limit *limit);

/* Says that version `v` fulfils the obligation (about, what, key) at the version's time. May come
 * before the obligation itself. Only from apply. */
enum err obligation_settle(struct call *c, const struct version *v, struct str about,
                           const char *what, struct str key);

/* Where a page of obligations ended; zero begins. */
struct obligation_after {
    int64_t due_ms;
    int64_t id;
    bool calm; /* without the urgent ones, which obligation_urgent gives */
};

/* Open obligations of the actor (own person, unit, roles, office, those it stands in for; a chief's
 * also those of roles and units that nobody fills), earliest first, undated last.
 * Shapes: rows as maps {about, href, what, act, title, owner, party, behalf, creditor, urgent,
 * late, due_day, due CELL, moved "dời từ 12/02/2026 sang 16/02/2026" once it was moved}; limit at
 * most LIMIT_ROWS; ret_next is where the next page begins, zero when there is none. */
enum err obligation_mine(struct call *c, const struct obligation_after *after, int64_t limit,
                         struct node *ret_list, struct obligation_after *ret_next);
/* Those of them that are urgent, the most urgent first. */
enum err obligation_urgent(struct call *c, int64_t limit, struct node *ret_list, bool *ret_more);
/* The same for what others owe to this office: its first page. */
enum err obligation_awaited(struct call *c, int64_t limit, struct node *ret_list);

/* Adds to a record page the limits of what is owed about it, when they tell more than its deadline,
 * and the history of their moves: the date before and after, when, by whom, why. */
enum err obligation_deadlines_put(struct call *c, struct view *view, struct str about);
/* The four cells of which every obligation stands in exactly one, and the two open ones together.
 */
enum obligation_cell {
    OBLIGATION_OPEN = 1, /* in time and overdue */
    OBLIGATION_OVERDUE,
    OBLIGATION_ON_TIME, /* done */
    OBLIGATION_LATE,    /* done */
    OBLIGATION_AHEAD,   /* open, in time */
};

/* Which obligations to list. */
struct obligation_filter {
    struct str owner; /* party; empty: anybody, of open ones only */
    int64_t cell;     /* enum obligation_cell */
    int64_t from_day; /* due, or done, on that day or later; 0: any */
    int64_t to_day;   /* and on that day at the latest; 0: any */
    bool urgent;      /* only those that carry a mark */
    bool mine;        /* only the actor's own, when no owner is named */
};

/* Lists what the actor may see of them, earliest due first, of done ones the newest first. Shapes:
 * as obligation_mine. Errors: ERR_INVALID "form" with "obligation.owner" when done ones are asked
 * of nobody. */
enum err obligation_list(struct call *c, const struct obligation_filter *filter,
                         const struct obligation_after *after, int64_t limit, struct node *ret_list,
                         struct obligation_after *ret_next);
/* A party as people read it: code of an office, title of a person, name of a unit, a role. */
struct str party_name(struct call *c, struct str party);
