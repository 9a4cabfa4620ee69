#pragma once
/*
 * consultation_case.h: one round with everything this office holds about it, loaded once for an act
 * or a page.
 */
#include "consultation_rules.h"
#include "consultation_sql.h"

struct consultation_case {
    struct head head;
    struct consultation_request request;
    struct consultation_own own;       /* our records about it */
    struct consultation_intake intake; /* zero until registered or refused here */
    struct consultation_draft draft;   /* zero until somebody writes */
    struct str before;                 /* our opinion of the round before, empty: none */
    struct consultation_stage stage;
    /* filled by consultation_case_givers */
    struct consultation_giver *givers; /* as they were asked: offices, then bodies outside */
    size_t giver_count;
    struct consultation_voice *voices;
    size_t voice_count;
    struct node *deliveries; /* as record_deliveries gives them */
};

/* Loads the round and our own work on it. `_visible` answers as if there were none when the actor
 * may not see it. Errors: as record_body. */
enum err consultation_case_load(struct call *c, struct str record,
                                struct consultation_case *ret_case);
enum err consultation_case_visible(struct call *c, struct str record,
                                   struct consultation_case *ret_case);
/* Adds who was asked and what came of it, receipts included. Shapes: the case is loaded. */
enum err consultation_case_givers(struct call *c, struct consultation_case *round);

/* How many versions our own records about the round have together: every change of the intake or
 * the draft makes it grow, so a form opened before is known. Shapes: the case is loaded. */
enum err consultation_case_seen(struct call *c, const struct consultation_case *round,
                                int64_t *ret_seen);

/* The name of a giver: office by its name, or the body outside. */
struct str consultation_giver_name(struct call *c, struct str office, struct str body);
/* An opinion's giver: its home, or the body it was registered for. Shapes: as in voices and lines.
 */
struct str consultation_voice_name(struct call *c, struct str home, struct str behalf);
