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
    bool renewed;   /* a newer round took its place */
    bool excused;   /* this office need not answer any more */
    bool presented; /* the draft went on with its table */
    bool before;    /* this office has an opinion in the round before */
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
    STEP_CONSULT,
    STEP_COMMENT,
    STEP_KEEP,
    STEP_BEHALF,
    STEP_ANSWER_POINT,
    STEP_EXTEND,
    STEP_PAUSE,
    STEP_RESUME,
    STEP_CLOSE,
    STEP_REMIND,
    STEP_RENEW,
    STEP_ADD,
    STEP_EXCUSE,
    STEP_JOIN,
    STEP_OBJECT,
    STEP_PRESENT,
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
/* Why an answer cannot hang on these; NULL: it can. Who agrees under a condition names one other
 * giver; nobody else does. */
const char *consultation_condition_refusal(int64_t answer, struct str office, struct str body);
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
/* The order of many clauses, as indices; equal ones stay as they are. Shapes: ret_order has room
 * for count. */
void consultation_clauses_sort(struct arena *arena, const struct str *clauses, size_t count,
                               size_t *ret_order);
/* Says that `inner` is the clause `outer` or lies in it: "Điều 5" covers "điểm a khoản 2 Điều 5".
 * The whole draft covers everything. */
bool consultation_clause_covers(struct str outer, struct str inner);

/* Says that an office, or a body outside, was asked in this round. */
bool consultation_is_asked(const struct consultation_request *r, struct str office);
bool consultation_is_asked_body(const struct consultation_request *r, struct str name);
/* Why an asked office, or a body outside when `office` is empty, need not answer; NULL: it must. */
const struct consultation_excused *consultation_excuse_of(const struct consultation_request *r,
                                                          struct str office, struct str name);

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
    bool excused;
    struct str excuse; /* why it need not answer */
    bool confidential;
    bool kept;                   /* its opinion of an earlier round still holds */
    struct str condition_office; /* of ANSWER_AGREE_IF */
    struct str condition_body;
    int64_t condition; /* enum consultation_condition */
};

/* What became of the condition of an ANSWER_AGREE_IF. It stays open while the other giver has not
 * answered, was not asked, or waits for this one: silence fulfils nothing. */
enum consultation_condition { CONDITION_OPEN, CONDITION_MET, CONDITION_FAILED };

/* Finds for each conditional answer what became of its condition, through chains of them. */
void consultation_conditions_resolve(struct consultation_giver *givers, size_t count);

/* What became of the question at one giver, the strongest first. */
enum consultation_standing {
    STANDING_ANSWERED,
    STANDING_EXCUSED, /* need not answer any more; counted apart */
    STANDING_REFUSED,
    STANDING_SILENT,     /* the round was closed without its answer */
    STANDING_LATE,       /* past the deadline, still awaited */
    STANDING_REGISTERED, /* registered, awaited */
    STANDING_WAITING,
};
enum consultation_standing consultation_standing(const struct consultation_giver *giver,
                                                 int64_t round, int64_t due_ms, int64_t now_ms);

struct consultation_count {
    size_t asked; /* without the excused */
    size_t answered;
    size_t refused;
    size_t silent; /* neither answered nor refused, whether there is still time or not */
    size_t excused;
    size_t conditions_met;          /* of by_answer[ANSWER_AGREE_IF] */
    size_t by_answer[ANSWER_COUNT]; /* [ANSWER_SILENT] stays 0: silence is no answer */
};
struct consultation_count consultation_count(const struct consultation_giver *givers, size_t count);
