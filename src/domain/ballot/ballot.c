/* ballot.c: the table of contents of the subject; README.md says what it is about. */
#include "ballot.h"

static const struct kind KINDS[] = {
    {.table = &BALLOT,
     .schema = 1,
     .view = "ballot.show",
     .title = "subject",
     .valid = ballot_valid,
     .apply = ballot_apply,
     .tell = ballot_tell},
    {.table = &BALLOT_SEAT,
     .schema = 1,
     .local = true,
     .title = "subject",
     .valid = ballot_seat_valid,
     .apply = ballot_seat_apply},
    {.table = &BALLOT_VOTE, .schema = 1, .valid = ballot_vote_valid},
    {.table = &BALLOT_CAST, .schema = 1, .valid = ballot_cast_valid, .apply = ballot_cast_apply},
};

const struct module ballot_module = {
    .name = "ballot",
    .order = 35,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = BALLOT_ACTS,
    .act_count = BALLOT_ACT_COUNT,
    .views = BALLOT_VIEWS,
    .view_count = BALLOT_VIEW_COUNT,
    .migrations = BALLOT_STEPS,
    .migration_count = BALLOT_STEP_COUNT,
    /* two members may have changed their people */
    .scratch = BALLOT_SCRATCH,
};
