#pragma once
/*
 * consultation_rules.h: the rules of the subject, pure: no store, no clock, no call. What is not
 * allowed comes back as a reason key; NULL means allowed.
 */
#include "consultation.h"

/* Where one round stands for one office: all that decides which act is possible. Zero is an office
 * that neither asked nor was asked. */
struct consultation_stage {
    bool own;       /* this office asked */
    bool asked;     /* this office is among the asked */
    int64_t round;  /* enum consultation_round */
    int64_t intake; /* enum consultation_intake_state */
    bool officer;   /* somebody was assigned */
    bool paused;    /* the clock of the round stands */
    int64_t draft;  /* enum consultation_draft_state */
};

enum consultation_step {
    STEP_REGISTER,
    STEP_REFUSE,
    STEP_ASSIGN,
    STEP_DRAFT,
    STEP_SUBMIT,
    STEP_RETURN,
    STEP_APPROVE,
    STEP_BEHALF,
    STEP_ANSWER_POINT,
    STEP_EXTEND,
    STEP_PAUSE,
    STEP_RESUME,
    STEP_CLOSE,
    STEP_REMIND,
    STEP_COUNT
};

/* Why the step is not possible at this stage; NULL: it is. */
const char *consultation_step_refusal(const struct consultation_stage *stage,
                                      enum consultation_step step);
/* Says that the step belongs to the other side of the round, so that a page need not speak of it.
 */
bool consultation_step_foreign(const struct consultation_stage *stage, enum consultation_step step);

/* Why an answer with these words and points cannot stand; NULL: it can. Whoever does not agree says
 * why; whoever agrees without points makes none. */
const char *consultation_answer_refusal(int64_t answer, struct str general, size_t points);
/* Why a point cannot be answered like this; NULL: it can. Only full acceptance needs no reason. */
const char *consultation_outcome_refusal(int64_t outcome, struct str reason);

/* Says that the general words of an opinion want a reply of their own, as point 0: those of an
 * objection, and those that stand in place of points. Beside points they are an introduction. */
bool consultation_general_counts(int64_t answer, struct str general, size_t points);
/* How many replies an opinion wants. */
int64_t consultation_replies_due(int64_t answer, struct str general, size_t points);
/* Sets the outcome of one point in place of an older one. Shapes: replies is a list of struct
 * consultation_outcome_row in order of points; row->point is checked by the caller. */
void consultation_reply_set(struct arena *arena, struct list *replies,
                            const struct consultation_outcome_row *row);

/* Order of clauses as lawyers read them: the whole draft; parts, chapters and sections; articles
 * (numbered through), clauses, points a b c d đ e g h ...; annexes; what names no clause. Less
 * than, equal to, greater than 0.
 * Source: Decree 30/2020/ND-CP appendix I part II section I.6 (layout of the text). */
int consultation_clause_compare(struct str a, struct str b);

/* The deadline of one asked office: its own or that of the request; an empty id asks for that of
 * the request. While the clock stands nothing is due: paused_day. */
struct consultation_due {
    int64_t day;
    int64_t ms;
    struct str why;
    int64_t paused_day;
};
struct consultation_due consultation_due_of(const struct consultation_request *request,
                                            struct str office);

/* The instant at which a deadline day is over: the end of working hours in Ha Noi, 17:00. */
int64_t consultation_due_ms(int64_t due_day);
/* How soon what belongs to a round leaves the office. */
enum priority consultation_priority(int64_t urgency);

/* One office or body that was asked, and what came of it. */
struct consultation_giver {
    struct str office;  /* empty for a body outside the system */
    struct str name;    /* of the body outside */
    struct str opinion; /* record; empty: silent */
    int64_t answer;     /* enum consultation_answer */
    int64_t signed_ms;
    bool registered;    /* R2 */
    bool refused;       /* its refusal, or R- of its server */
    struct str refusal; /* why it was refused */
};

/* What became of the question at one giver, the strongest first. */
enum consultation_standing {
    STANDING_ANSWERED,
    STANDING_REFUSED,
    STANDING_SILENT,     /* the round was closed without its answer */
    STANDING_LATE,       /* past the deadline, still awaited */
    STANDING_REGISTERED, /* registered, awaited */
    STANDING_WAITING,
};
enum consultation_standing consultation_standing(const struct consultation_giver *giver,
                                                 int64_t round, int64_t due_ms, int64_t now_ms);

struct consultation_count {
    size_t asked;
    size_t answered;
    size_t refused;
    size_t silent; /* neither answered nor refused, whether there is still time or not */
    size_t by_answer[ANSWER_NO_OPINION + 1]; /* [ANSWER_SILENT] stays 0: silence is no answer */
};
struct consultation_count consultation_count(const struct consultation_giver *givers, size_t count);
