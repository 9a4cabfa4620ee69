#pragma once
/*
 * substitute.h: in whose place somebody stands, so that no work is ever without an owner. Two kinds
 * of rows, both made only by `apply`:
 *
 *   succession  for good: work that was the giver's is the receiver's, about one record or, for a
 *               person who has left, a unit that was merged and an office that ended, about all of
 *               them. In the order of `seq`, which does not depend on a clock.
 *   stand-in    for some days: the delegate sees what the absent person sees by name and may do
 *               what is assigned to that person; the work stays the absent person's.
 *
 * A module names an owner in obligation_open and grant_assign and need not know of any of this: the
 * owner that stands in the table `obligation` is the one found here.
 */
#include "core/record.h"

/* In place of a record: everything of the giver, once the giver is no longer there. */
#define SUCCESSION_ALL S("*")

struct succession {
    struct str giver; /* party: "p:..", "u:.." or, when a whole office ended, "o:.." */
    struct str record;
    struct str receiver; /* party */
    int64_t seq;         /* from succession_next, kept in the version that gives */
};

/* The number of the next succession. Only inside the transaction of the act that makes it. */
enum err succession_next(struct call *c, int64_t *ret_seq);
/* Hands over, as version `v` says, and gives the open obligations to their new owner. What was done
 * before stays with whoever did it. Only from apply. */
enum err succession_put(struct call *c, const struct version *v, const struct succession *s);

/* Says that the party has handed everything over, which holds from when it is gone. */
enum err succession_is_whole(struct call *c, struct str giver, bool *ret_is);

struct stand_in {
    struct str absent;   /* person */
    struct str delegate; /* person */
    int64_t from_day;
    int64_t to_day; /* the last one */
};

/* Says who stands in for whom. Only from apply. */
enum err stand_in_put(struct call *c, const struct version *v, const struct stand_in *s);

/* Forgets what earlier versions of the record said. */
enum err substitute_clear(struct call *c, struct str by_record);

/* Finds who owes now what a module says that `named` owes about a record: the named party itself
 * unless it handed over, left, or was merged. Shapes: settled_ms 0 while it is open. */
enum err substitute_owner(struct call *c, struct str about, struct str named, int64_t settled_ms,
                          struct str *ret_owner);
/* The same for the obligations about one record that are stored already. */
enum err substitute_about(struct call *c, struct str about);
/* After a person or a unit (a party) was changed: whatever may have to move. */
enum err substitute_changed(struct call *c, struct str party);
/* Lets whoever took over see the record. After its audience was stored. */
enum err substitute_audience(struct call *c, struct str record);
/* Fills in for whom the call's actor stands in today. */
enum err substitute_actor(struct call *c);

/* Says that the person is here: neither unknown nor gone. */
enum err person_is_here(struct call *c, struct str person, bool *ret_here);
