#pragma once
/*
 * tally.h: how many obligations stand where, counted while they change and not when somebody looks.
 *
 * An obligation belongs to the month of its first deadline: a move takes nothing out of a month.
 * Within it, it stands in exactly one of four cells, once by the deadline as it is now and once by
 * the first one. Counts are of everything the office holds, whoever looks; a list shows an item
 * that its reader may not see without title and way. Decision 16.
 *
 * Table tally is a projection beside obligation: for each month one row for each office and kind
 * ("o:ID", what), with owner "i:" for what is owed inside this one, and one for each party inside
 * (owner, what ''). It is kept by core/obligation_sql.c. What is overdue moves with the clock alone
 * and is counted among the open ones.
 */
#include "core/obligation.h"

/* Bits, so that a filter may ask for several: done is on time and late, missed is late and overdue.
 */
enum tally_cell {
    TALLY_ON_TIME = 1, /* done */
    TALLY_LATE = 2,    /* done */
    TALLY_AHEAD = 4,   /* open, in time */
    TALLY_OVERDUE = 8, /* open */
    TALLY_ALL = 15,
};
enum { TALLY_CELLS = 4 };

enum tally_basis {
    TALLY_NOW,   /* the deadline as it is now; none while the clock stands */
    TALLY_FIRST, /* the first one, before it was moved */
    TALLY_BASES
};

/* Counts in the order of the cells' bits. */
struct tally {
    int64_t cell[TALLY_BASES][TALLY_CELLS];
};

/* Months from first to last, each as tally_month gives it. */
struct tally_span {
    int64_t from_month;
    int64_t to_month;
};

/* One row of a breakdown. */
struct tally_line {
    int64_t month;    /* 0 in a line by party */
    struct str party; /* by kind: "o:ID", or "i:" for the inside of this office; by party: "u:ID",
                         "r:ROLE", or "p:" for all persons without a unit */
    struct str what;  /* empty in a line by party */
    struct tally tally;
};
struct tally_lines {
    struct tally_line *lines;
    size_t count;
};

/* The number of the month of a day: months since the year 0. */
int64_t tally_month(int64_t day);
/* Year and month, the day is the first. */
struct date tally_month_date(int64_t month);
/* Adds one count to another; the sum of some cells. */
void tally_add(struct tally *sum, const struct tally *more);
int64_t tally_sum(const struct tally *tally, enum tally_basis basis, int64_t cells);

/* Counts a span: first the lines by month, office and kind, then those by unit and role. */
enum err tally_count(struct call *c, const struct tally_span *span, struct tally_lines *ret_lines);
/* How many have no deadline, and how many of those are open; they belong to no month. */
enum err tally_undated(struct call *c, int64_t *ret_total, int64_t *ret_open);

/* What a list behind a number holds. */
struct tally_filter {
    struct tally_span span;
    bool undated; /* those without a deadline, instead of a span */
    enum tally_basis basis;
    int64_t cells;    /* bits of enum tally_cell */
    struct str what;  /* empty: any */
    struct str party; /* as in a line; empty: any */
};

struct tally_item {
    int64_t id;
    struct str about; /* empty: the reader may not see it, nor its title and kind of record */
    struct str kind;
    struct str title;
    struct str what;
    struct str owner;
    int64_t first_due_ms; /* 0: none */
    int64_t due_ms;       /* 0: none */
    int64_t settled_ms;   /* 0: open */
    int64_t paused_day;
};

/* Where a page ended; zero begins. */
struct tally_after {
    int64_t first_due_ms;
    int64_t id;
};

struct tally_page {
    struct tally_item *items;
    size_t count;
    struct tally_after next; /* zero at the end */
};

/* Lists by first deadline. Shapes: limit at most LIMIT_ROWS. */
enum err tally_list(struct call *c, const struct tally_filter *filter,
                    const struct tally_after *after, int64_t limit, struct tally_page *ret_page);
/* The one cell in which an item stands. */
enum tally_cell tally_cell_of(struct call *c, const struct tally_item *item,
                              enum tally_basis basis);
