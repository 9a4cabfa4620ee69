#pragma once
/*
 * obligation.h: who owes what to whom, by when, and why that date. Rows are made only by `apply`
 * from versions, in any order, so `check` can rebuild them. Every "today" page, reminder and
 * on-time figure comes from here and nowhere else.
 */
#include "core/record.h"

struct obligation {
    const char *what;    /* word key "obligation.<what>": "consultation.answer" */
    struct str about;    /* record the work is about: opened by the page */
    struct str owner;    /* party that owes: "o:..", "u:..", "p:..", "r:.." */
    struct str creditor; /* party to whom */
    struct str key;      /* tells several obligations of one record and `what` apart */
    int64_t due_day;     /* day number; 0: no date */
    int64_t due_ms;      /* instant at which it is late */
    struct str why;      /* JSON receipt of the deadline */
    struct str title;    /* what the line says: the subject */
    int64_t urgent;      /* 0 normal, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc */
};

/* Opens an obligation that version `v` creates. A later version of the same record replaces what
 * its earlier versions opened. Only from apply. */
enum err obligation_open(struct call *c, const struct version *v, const struct obligation *o);

/* Says that version `v` fulfils the obligation (about, what, key) at the version's time. May come
 * before the obligation itself. Only from apply. */
enum err obligation_settle(struct call *c, const struct version *v, struct str about,
                           const char *what, struct str key);

/* Where a page of obligations ended; zero begins. */
struct obligation_after {
    int64_t due_ms;
    int64_t id;
};

/* Open obligations of the actor (own person, unit, roles, office), earliest first, undated last.
 * Shapes: rows as maps {about, href, what, act, title, owner, creditor, urgent, late, due CELL};
 * limit at most LIMIT_ROWS; ret_next is where the next page begins, zero when there is none. */
enum err obligation_mine(struct call *c, const struct obligation_after *after, int64_t limit,
                         struct node *ret_list, struct obligation_after *ret_next);
/* The same for what others owe to this office: its first page. */
enum err obligation_awaited(struct call *c, int64_t limit, struct node *ret_list);
