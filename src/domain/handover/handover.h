#pragma once
/*
 * handover.h: what the files of this folder share. A hand-over is a record of one office: who gives
 * all open items, or one, to whom; the receiver signs by accepting. From then on the work is the
 * receiver's (core/substitute.h).
 */
#include "core/record.h"

enum { HANDOVER_ITEMS = 500, HANDOVER_NOTE_BYTES = 8000, HANDOVER_PAGE = 50 };

/* Values of the field `state`, from 1. */
enum handover_state {
    HANDOVER_OFFERED = 1,
    HANDOVER_ACCEPTED,
    HANDOVER_REFUSED,
    HANDOVER_WITHDRAWN
};

struct handover_item {
    struct str item; /* record the work is about; no title, for not everybody may read it */
};

struct handover {
    struct str giver; /* persons */
    struct str receiver;
    struct str offered_by; /* the giver, or who offers in the giver's place */
    struct str giver_title;
    struct str note;   /* promises, contacts: what the giver wants to say */
    struct list items; /* of struct handover_item */
    bool whole;        /* all that was open, and what comes after the giver has left */
    int64_t state;
    struct str reason; /* of a refusal */
    int64_t seq;       /* order of succession; 0 until accepted */
};

extern const struct field_table HANDOVER_TABLE;

/* Lists the records with open work of a person, the earliest due first; `only` (may be empty) is
 * the one of them that is wanted. Reads for the act, not for a reader: ids alone. */
enum err handover_sql_items(struct call *c, struct str person, struct str only,
                            struct rows *ret_rows);
/* record, kind, title of those the actor may see. */
enum err handover_sql_open(struct call *c, struct str person, struct str only,
                           struct rows *ret_rows);
/* The same of a hand-over's list. */
enum err handover_sql_listed(struct call *c, struct str record, struct rows *ret_rows);
/* record, giver, receiver, state, count of items, changed_ms, newest first. */
enum err handover_sql_list(struct call *c, int64_t after_ms, struct str after, int64_t limit,
                           struct rows *ret_rows);

/* Says whether the actor may offer, or see, another person's work for a hand-over. */
bool handover_for_others(struct call *c, struct str person);
/* Asks whether the actor may take that person's work. Errors: ERR_DENIED "handover.not_own_unit".
 */
enum err handover_may_take(struct call *c, struct str person);

enum { HANDOVER_ACT_COUNT = 5, HANDOVER_VIEW_COUNT = 3 };
extern const struct act HANDOVER_ACTS[HANDOVER_ACT_COUNT];
extern const struct view_def HANDOVER_VIEWS[HANDOVER_VIEW_COUNT];
