#pragma once
/*
 * ballot_rules.h: the rules of ballots, pure: no store, no clock, no call. What is not allowed
 * comes back as a reason key; NULL means allowed.
 */
#include "ballot.h"

/* Where one ballot stands for one office and one person: all that decides which act is possible. */
struct ballot_stage {
    int64_t state; /* enum ballot_state */
    bool own;      /* this office asked */
    bool members;  /* this office has members */
    bool secret;
    bool seated;  /* the actor is a member */
    bool in_time; /* the actor has voted before the deadline */
    bool over;    /* the deadline has passed */
    bool late_counts;
};

enum ballot_step { STEP_SEAT, STEP_VOTE, STEP_CLOSE, STEP_DECIDE, STEP_TALLY, STEP_COUNT };

/* Why the step is not possible at this stage; NULL: it is. */
const char *ballot_step_refusal(const struct ballot_stage *stage, enum ballot_step step);
/* Says that the step belongs to the other side, or to the other form of ballot, so that a page need
 * not speak of it. */
bool ballot_step_foreign(const struct ballot_stage *stage, enum ballot_step step);

/* Why a rule makes no sense for these members; NULL: it does. Only one chair; the chair's own vote
 * decides only where there is a chair, half can be a tie, and the votes are named. */
const char *ballot_rule_refusal(const struct ballot_rule *rule, const struct list *members,
                                bool secret);
/* Why a vote cannot stand; NULL: it can. Another opinion says which. */
const char *ballot_vote_refusal(int64_t choice, struct str text);
/* Why the numbers of a paper tally do not go together; NULL: they do. */
const char *ballot_tally_refusal(const struct ballot_tally_input *in, int64_t members);

/* Counts the lines of a result. A late one counts only where the rule says so. Shapes: as many rows
 * as members. */
struct ballot_count ballot_count(const struct ballot_rule *rule, const struct list *members,
                                 const struct list *rows);

/* A result with its arithmetic. */
struct ballot_result {
    int64_t base;   /* of how many a majority is asked */
    int64_t needed; /* so many must agree */
    int64_t quorum; /* so many must vote; 0: no number is asked */
    bool tie;       /* exactly half agree */
    enum ballot_outcome outcome;
};
/* Only who agrees counts for the proposal: silence, another opinion and an invalid paper count
 * neither for nor against it, but in the base.
 * Source: Decree 39/2022/ND-CP (more than half of all members; in a tie the Prime Minister's own
 * vote); a parameter of each ballot, with its source. */
struct ballot_result ballot_result(const struct ballot_rule *rule,
                                   const struct ballot_count *count);
