#pragma once
/* ballot_case.h: one ballot with everything this office holds about it, loaded once for an act or a
 * page. */
#include "ballot_sql.h"

struct ballot_case {
    struct head head;
    struct ballot ballot;
    struct ballot_seated *seats;
    size_t seat_count;
    struct ballot_thrown *casts;
    size_t cast_count;
    struct ballot_given *votes; /* that the actor may see */
    size_t vote_count;
    int64_t member; /* the actor's own number; 0: none */
    struct ballot_stage stage;
};

/* Loads it. `_visible` answers as if there were none when the actor may not see it. Errors: as
 * record_body. */
enum err ballot_case_load(struct call *c, struct str record, struct ballot_case *ret_case);
enum err ballot_case_visible(struct call *c, struct str record, struct ballot_case *ret_case);

/* The member's cast that came last, by its own office; NULL: none. */
const struct ballot_thrown *ballot_case_cast(const struct ballot_case *b, int64_t member);
/* The member's vote as far as it is seen here, by its own office; NULL: none. */
const struct ballot_given *ballot_case_vote(const struct ballot_case *b, int64_t member);
/* Who sits on that seat here; empty: nobody was named. */
struct str ballot_case_person(const struct ballot_case *b, int64_t member);

/* The lines of the result as they stand now: a vote is what was cast only when it fits the seal.
 * Shapes: as many rows as members. */
struct list ballot_case_rows(struct call *c, const struct ballot_case *b);
