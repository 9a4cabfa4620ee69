#pragma once
/* ballot_sql.h: the statements of the subject; meaning is in the files that call them. Queries for
 * pages carry READER; the others serve rules. */
#include "ballot_rules.h"

struct ballot_seated {
    struct str record;
    int64_t member;
    struct str person;
};
enum err ballot_sql_seats(struct call *c, struct str ballot, struct ballot_seated **ret_seats,
                          size_t *ret_count);

/* A cast or a vote, with the office that wrote it. */
struct ballot_thrown {
    struct str record;
    struct str home;
    struct ballot_cast cast;
};
enum err ballot_sql_casts(struct call *c, struct str ballot, struct ballot_thrown **ret_casts,
                          size_t *ret_count);

struct ballot_given {
    struct str record;
    struct str home;
    struct ballot_vote vote;
};
/* The votes that the actor may see. */
enum err ballot_sql_votes(struct call *c, struct str ballot, struct ballot_given **ret_votes,
                          size_t *ret_count);
/* The votes of this office that the asker does not see yet: record. */
enum err ballot_sql_sealed(struct call *c, struct str ballot, struct str asker,
                           struct rows *ret_rows);

struct ballot_item {
    struct str record;
    struct str home;
    struct str subject;
    int64_t due_ms;
    struct str why;
    int64_t state;
    bool secret;
    int64_t outcome;
    int64_t members;
    int64_t cast;
};
/* Lists ballots: the open ones by deadline, then the others, latest first. Shapes: after = state,
 * due_ms and record of the last line seen; zero at first. */
enum err ballot_sql_list(struct call *c, int64_t state, const struct ballot_item *after,
                         int64_t limit, struct ballot_item **ret_items, size_t *ret_count);
