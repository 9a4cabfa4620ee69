/* consultation.c: the table of contents of the subject; README.md says what it is about. */
#include "consultation.h"

static const struct kind KINDS[] = {
    {.table = &CONSULTATION_REQUEST,
     .schema = 1,
     .view = "consultation.show",
     .title = "subject",
     .valid = consultation_request_valid,
     .apply = consultation_request_apply},
    {.table = &CONSULTATION_INTAKE,
     .schema = 1,
     .title = "subject",
     .valid = consultation_intake_valid,
     .apply = consultation_intake_apply},
    {.table = &CONSULTATION_DRAFT,
     .schema = 1,
     .title = "subject",
     .valid = consultation_draft_valid,
     .apply = consultation_draft_apply},
    {.table = &CONSULTATION_OPINION,
     .schema = 1,
     .view = "consultation.opinion",
     .title = "subject",
     .valid = consultation_opinion_valid,
     .apply = consultation_opinion_apply},
    {.table = &CONSULTATION_REPLY,
     .schema = 1,
     .valid = consultation_reply_valid,
     .apply = consultation_reply_apply},
};

const struct module consultation_module = {
    .name = "consultation",
    .order = 30,
    .kinds = KINDS,
    .kind_count = ARRAY_LEN(KINDS),
    .acts = CONSULTATION_ACTS,
    .act_count = CONSULTATION_ACT_COUNT,
    .views = CONSULTATION_VIEWS,
    .view_count = CONSULTATION_VIEW_COUNT,
    .migrations = CONSULTATION_MIGRATIONS,
    .migration_count = 1,
};
