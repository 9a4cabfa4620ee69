#pragma once
/* figures.h: between the page of figures and the lists behind its numbers. */
#include "core/module.h"
#include "core/tally.h"

/* What both pages are asked: a period, a basis; the list also what stands behind one number. */
struct figures_args {
    int64_t year; /* 0: this year */
    int64_t quarter;
    int64_t month;
    int64_t basis; /* 1-based enum tally_basis */
    int64_t cell;  /* index into FIGURES_CELLS, 1-based; 0: all */
    bool undated;
    struct str party;
    struct str kind;
    struct str after; /* first_due_ms and id of the last line */
};

/* A period of whole months and how it is asked for. */
struct figures_period {
    int64_t year;
    int64_t quarter; /* 0: none */
    int64_t month;   /* 0: none; else the quarter is not looked at */
};

/* The cells and their sums as words, in the order of their 1-based numbers. */
enum figures_cell {
    FIGURES_ON_TIME = 1,
    FIGURES_LATE,
    FIGURES_AHEAD,
    FIGURES_OVERDUE,
    FIGURES_DONE,
    FIGURES_MISSED,
    FIGURES_ALL,
    FIGURES_CELL_END
};
extern const char *const FIGURES_CELLS[];
extern const char *const FIGURES_BASES[];
/* The bits of enum tally_cell that a number counts. */
int64_t figures_bits(int64_t cell);

/* The period that was asked for, this year when none was; its months. */
struct figures_period figures_period(struct call *c, const struct figures_args *args);
struct tally_span figures_span(const struct figures_period *period);
/* "Quý IV năm 2026" */
struct str figures_period_text(struct call *c, const struct figures_period *period);
/* "/view/figures.show?year=2026&quarter=4&basis=first" */
struct str figures_href(struct call *c, const char *view, const struct figures_period *period,
                        enum tally_basis basis);
/* An office by name, the inside of this one, a unit, a role. */
struct str figures_party_text(struct call *c, struct str party);

/* The views: the page of figures, and the list behind one of its numbers. */
enum err figures_show(struct call *c, const void *args, struct view *ret_view);
enum err figures_list(struct call *c, const void *args, struct view *ret_view);
