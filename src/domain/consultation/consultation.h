#pragma once
/*
 * consultation.h: written opinions (xin ý kiến). The records of the subject as C structs, and what
 * the files of this folder share. Nobody outside includes it: other folders reach the module only
 * through its table of contents, `consultation_module`.
 *
 * Each record has one home office, which alone changes it:
 *     request  the asker's, seen by every asked office
 *     intake   an asked office's own: registered or refused, and who works on it
 *     refusal  the asked office's, seen by the asker: it will not answer, and why
 *     draft    an asked office's own: the opinion while it is written and approved
 *     inner, comment  an asked office's own: what its units are asked and what they say
 *     opinion  the giver's, seen by the asker alone; or the asker's, for a body outside the system
 *     reply    the asker's, seen by that giver alone: what became of each point
 *     edition  the asker's, seen by every asked office: the text of one draft
 *
 * A round is a request. A new draft is a new round: a request of its own that names the one before.
 */
#include "core/paper.h"
#include "core/parse.h"
#include "core/pause.h"
#include "core/record.h"

enum {
    CONSULTATION_SUBJECT_BYTES = 500,
    CONSULTATION_ASKED = 60,           /* offices of one round: LIMIT_AUDIENCE less the asker */
    CONSULTATION_BODIES = 40,          /* bodies outside the system in one round */
    CONSULTATION_POINTS = 200,         /* points of one opinion */
    CONSULTATION_GROUP_POINTS = 200,   /* like points with one reply */
    CONSULTATION_ROUNDS = 50,          /* on one draft */
    CONSULTATION_DAYS = 250,           /* working days of one round: about a year */
    CONSULTATION_SPAN = 1000,          /* days from the question to the last moved deadline */
    CONSULTATION_TEXT_BYTES = 8000,    /* one point, one reason */
    CONSULTATION_REFUSAL_BYTES = 2000, /* goes into the receipt, core/receipt.h */
    CONSULTATION_LONG_BYTES = 60000    /* summary, general opinion */
};

enum consultation_urgency {
    URGENCY_NORMAL = 1,
    URGENCY_KHAN,
    URGENCY_THUONG_KHAN,
    URGENCY_HOA_TOC
};
enum consultation_round { ROUND_OPEN = 1, ROUND_CLOSED };
enum consultation_intake_state { INTAKE_NONE, INTAKE_REGISTERED, INTAKE_REFUSED };
enum consultation_draft_state {
    DRAFT_NONE,
    DRAFT_WRITING,
    DRAFT_SUBMITTED,
    DRAFT_RETURNED,
    DRAFT_APPROVED
};
/* Silence is a value of its own and never counts as any of the answers. */
enum consultation_answer {
    ANSWER_SILENT,
    ANSWER_AGREE,
    ANSWER_AGREE_WITH_POINTS,
    ANSWER_DISAGREE,
    ANSWER_NO_OPINION,
    ANSWER_AGREE_IF, /* when another giver agrees: enum consultation_condition */
    ANSWER_COUNT
};
enum consultation_level { LEVEL_CONDITION = 1, LEVEL_SHOULD, LEVEL_REFERENCE, LEVEL_TECHNICAL };
/* May the round be closed while somebody is silent? Zero: it may. */
enum consultation_gate { GATE_PROCEED = 1, GATE_HOLD };
/* Who sees an opinion that is not confidential. Zero: the asker alone. */
enum consultation_sharing { SHARING_ASKER = 1, SHARING_ASKED };
/* In whose stead the signer signs. Source: Decree 30/2020/ND-CP art. 13. */
enum consultation_capacity {
    CAPACITY_NONE,
    CAPACITY_TM,
    CAPACITY_Q,
    CAPACITY_KT,
    CAPACITY_TL,
    CAPACITY_TUQ
};
enum consultation_outcome { OUTCOME_OPEN, OUTCOME_ACCEPTED, OUTCOME_PARTLY, OUTCOME_EXPLAINED };

struct consultation_asked {
    struct str office;
    int64_t due_day; /* its own, once it alone was given more time; 0: that of the request */
    int64_t due_ms;
    struct str why;
    int64_t added_ms; /* asked later than the others; 0: with them */
    struct str added_reason;
    int64_t register_day; /* by which it registers, when it was asked later */
};
/* Who need not answer any more, by the asker's decision. */
struct consultation_excused {
    struct str office; /* empty for a body outside the system */
    struct str name;   /* its name on that day */
    struct str reason;
    int64_t at_ms;
};
struct consultation_body {
    struct str name;
};
struct consultation_silent {
    struct str office; /* empty for a body outside the system */
    struct str name;   /* its name when the round was closed */
};

struct consultation_request {
    struct str subject;
    struct str summary;
    struct list files;        /* struct file_ref: the draft and what belongs to it */
    struct list asked;        /* struct consultation_asked */
    struct list asked_bodies; /* struct consultation_body */
    int64_t days;             /* working days given at first */
    int64_t from_day;         /* day of asking: not counted */
    int64_t due_day;
    int64_t due_ms;  /* end of working hours on that day */
    struct str why;  /* JSON receipt of the deadline, base/workday.h */
    int64_t urgency; /* enum consultation_urgency */
    struct str signer_title;
    struct str officer;      /* person of the asker who answers for the round */
    int64_t state;           /* enum consultation_round */
    int64_t first_due_day;   /* 0 until the deadline was moved */
    struct str moved_reason; /* of the last move; the older ones stand in the older versions */
    int64_t closed_ms;
    struct str close_note;
    struct list silent;      /* struct consultation_silent: who had not answered at the closing */
    int64_t register_day;    /* by which every asked office registers it */
    struct str register_why; /* JSON receipt of that day */
    struct str moved_by;     /* title of who moved the deadline last */
    struct list pauses;      /* struct pause, core/pause.h */
    int64_t legal_day;       /* the latest day that a law allows; 0: none is named */
    struct str legal_basis;  /* which law */
    struct str edition;      /* record of the draft's text; empty: only files were sent */
    struct str draft_hash;   /* hex: the root that the text has as a file */
    int64_t round;           /* 0 in old records, and 1: the first */
    struct str previous;     /* request of the round before */
    struct str next;         /* request of the round that took its place */
    struct str changes;      /* what the asker says about the new draft */
    int64_t gate;            /* enum consultation_gate */
    int64_t sharing;         /* enum consultation_sharing */
    struct list excused;     /* struct consultation_excused */
    int64_t pages;           /* of what is asked; 0: nobody has counted */
    int64_t pages_basis;     /* enum consultation_basis, consultation_load.h */
    int64_t pages_counted;   /* before it was corrected by hand */
    struct str pages_reason; /* why it was */
    int64_t rate;            /* pages a working day, as agreed when it was sent; 0: nothing was */
    struct str rate_source;  /* by what */
    struct str short_by;     /* who approved less time than agreed; empty: there is enough */
    int64_t earliest_day;    /* the first deadline at which nobody reads more than agreed */
    int64_t presented_ms;    /* the draft went on with this table; 0: not yet */
    int64_t presented_open;  /* points that had no reply then */
};

/* The text of a draft, apart from the request so that a moved deadline does not send it again. */
struct consultation_edition {
    struct str subject;
    struct str text;
    int64_t round;
    struct str previous; /* edition of the round before; empty: the first text */
};

struct consultation_intake {
    struct str request;
    int64_t received_ms; /* registered or refused at */
    int64_t year;        /* of the register, 0 when refused */
    int64_t number;      /* in that year, from 1 without gaps; 0 when refused */
    int64_t state;       /* enum consultation_intake_state */
    struct str reason;   /* of a refusal */
    struct str officer;  /* person who works on it; empty until assigned */
    struct str unit;     /* unit record, may be empty */
    struct str instruction;
    struct str subject; /* of the request, so that the obligation can be made from these bytes */
    int64_t urgency;
    int64_t due_day; /* for the officer: the request's or an earlier one set inside */
    int64_t due_ms;
    struct str why;
};

struct consultation_refusal {
    struct str request;
    int64_t request_n; /* version it refuses */
    struct str reason;
    struct str signer_title;
};

struct consultation_point {
    struct str clause; /* "điểm a khoản 2 Điều 5"; empty: the whole draft */
    int64_t level;     /* enum consultation_level */
    struct str text;
    struct str wording; /* proposed, may be empty */
};

/* What a returned Word file says and nobody could place: a person places it. */
struct consultation_unplaced {
    struct str near; /* the clause it stands behind; empty: before the first */
    struct str author;
    struct str text;
    struct str wording;
};

struct consultation_draft {
    struct str request;
    int64_t answer; /* enum consultation_answer */
    struct str general;
    struct list points; /* struct consultation_point */
    int64_t state;      /* enum consultation_draft_state */
    struct str comment; /* why it was returned */
    struct str officer; /* who writes it */
    struct str subject;
    int64_t urgency;
    int64_t due_day;
    int64_t due_ms;
    struct str why;
    struct str condition_office; /* for ANSWER_AGREE_IF: whose consent; or ... */
    struct str condition_body;   /* ... of a body outside */
    bool confidential;
    int64_t capacity;     /* enum consultation_capacity */
    struct list unplaced; /* struct consultation_unplaced */
    struct list files;    /* struct file_ref: Word files whose comments and changes were taken */
};

struct consultation_opinion {
    struct str request;
    int64_t request_n;       /* version it speaks of */
    struct str request_hash; /* hex, of that version */
    struct str subject;
    int64_t answer;
    struct str general;
    struct list points; /* struct consultation_point */
    struct str signer_title;
    int64_t signed_ms;
    struct str behalf;       /* name of a body outside: registered for it by the asker */
    struct str paper_number; /* of its letter */
    int64_t paper_day;       /* of its letter */
    struct list files;       /* the scan */
    struct str draft_hash;   /* of the draft it speaks of */
    struct str kept;         /* the same giver's opinion of an earlier round, which still holds */
    struct str condition_office;
    struct str condition_body;
    bool confidential; /* for the asker's eyes, and in no paper that leaves it */
    bool shared;       /* all asked offices see it, as the round said */
    int64_t capacity;
};

struct consultation_outcome_row {
    int64_t point;   /* 1-based; 0 is the general opinion */
    int64_t outcome; /* enum consultation_outcome */
    struct str reason;
    struct str wording; /* new, may be empty */
    int64_t times;      /* how often it was answered; 0 in old records */
};

struct consultation_reply {
    struct str opinion;
    struct str request;
    int64_t total;       /* how many points want a reply */
    struct list replies; /* struct consultation_outcome_row */
    struct str subject;  /* of the request; empty in old records */
};

/* Like points of several opinions, joined by a person of the asker: one reply serves all. */
struct consultation_member {
    struct str opinion;
    int64_t point;
};
struct consultation_group {
    struct str request;
    struct list members; /* struct consultation_member; none: it was dissolved */
};

/* Chưa thoả đáng: a giver is not satisfied with what became of one of its points. */
struct consultation_objection {
    struct str request;
    struct str opinion; /* its own */
    int64_t point;
    struct str text;
    struct str signer_title;
    int64_t at_ms;
};

/* A unit of an asked office is asked for its part, and what anybody there says about the opinion.
 */
struct consultation_inner {
    struct str request;
    struct str unit;
    struct str question;
    struct str subject;
    int64_t urgency;
    int64_t due_day; /* set inside; 0: with the opinion */
    int64_t due_ms;
    struct str asked_by; /* title */
    int64_t closed_ms;   /* the opinion was sent without waiting for it */
};
struct consultation_comment {
    struct str request;
    struct str unit; /* of whoever says it; may be empty */
    struct str text;
    struct str signer_title;
    int64_t at_ms;
};

/* Đôn đốc: the asker urges one office that has not answered. */
struct consultation_reminder {
    struct str request;
    struct str office; /* that is urged */
    struct str subject;
    struct str text;
    int64_t urgency;
    int64_t due_ms;
    struct str signer_title;
    int64_t sent_ms;
};

extern const struct field_table CONSULTATION_REQUEST;
extern const struct field_table CONSULTATION_INTAKE;
extern const struct field_table CONSULTATION_REFUSAL;
extern const struct field_table CONSULTATION_DRAFT;
extern const struct field_table CONSULTATION_OPINION;
extern const struct field_table CONSULTATION_REPLY;
extern const struct field_table CONSULTATION_REMINDER;
extern const struct field_table CONSULTATION_EDITION;
extern const struct field_table CONSULTATION_INNER;
extern const struct field_table CONSULTATION_COMMENT;
extern const struct field_table CONSULTATION_GROUP;
extern const struct field_table CONSULTATION_OBJECTION;

/* What the acts are told; one struct for the acts of one shape. */
struct consultation_record_input { /* register, submit */
    struct str record;
};
struct consultation_approve_input {
    struct str record;
    int64_t seen; /* consultation_case_seen when the draft was read; 0: whatever is newest */
};
struct consultation_text_input { /* refuse, return, close */
    struct str record;
    int64_t seen; /* version of the request the person had before them; close only */
    struct str text;
};
struct consultation_ask_input {
    struct str subject;
    struct str summary;
    struct list files;
    struct list asked;
    struct list asked_bodies;
    int64_t days;
    int64_t urgency;
    int64_t legal_day;
    struct str legal_basis;
    struct str draft;
    int64_t gate;
    int64_t sharing;
    int64_t pages; /* by hand; 0: as counted */
    struct str pages_reason;
    struct str approved_by; /* of less time than agreed */
};
struct consultation_renew_input {
    struct str record; /* the round before */
    int64_t seen;
    struct str draft;
    struct list files;
    struct str changes;
    int64_t days;
    int64_t pages;
    struct str pages_reason;
    struct str approved_by;
};
struct consultation_add_input {
    struct str record;
    int64_t seen;
    struct list offices; /* struct consultation_asked */
    struct list bodies;  /* struct consultation_body */
    int64_t days;
    struct str reason;
};
struct consultation_excuse_input {
    struct str record;
    int64_t seen;
    struct str office; /* one of them */
    struct str body;
    struct str reason;
};
struct consultation_assign_input {
    struct str record;
    struct str officer;
    struct str unit;
    int64_t due_day;
    struct str instruction;
};
struct consultation_consult_input {
    struct str record;
    struct str unit;
    int64_t due_day;
    struct str question;
};
struct consultation_draft_input {
    struct str record;
    int64_t seen; /* consultation_case_seen when the form was opened; 0: whatever is newest */
    int64_t answer;
    struct str general;
    struct list points;
    struct str condition_office;
    struct str condition_body;
    bool confidential;
    int64_t capacity;
    bool submit; /* to the leader at once */
};
struct consultation_word_input {
    struct str record;
    int64_t seen;             /* as of a draft */
    struct list files;        /* the one that comes back */
    struct str text;          /* after prepare: its text ... */
    struct parse_notes notes; /* ... and what was noted in it */
};
struct consultation_place_input {
    struct str record;
    int64_t seen;
    int64_t item;  /* of the unplaced, from 1 */
    int64_t where; /* enum consultation_where */
    struct str clause;
    int64_t level;
};
struct consultation_behalf_input {
    struct str record;
    struct str behalf;
    struct str paper_number;
    int64_t paper_day;
    struct str signer_title;
    int64_t answer;
    struct str general;
    struct list points;
    struct list files;
    struct str condition_office;
    struct str condition_body;
    bool confidential;
};
struct consultation_point_input {
    struct str record; /* the opinion */
    int64_t point;
    int64_t outcome;
    struct str reason;
    struct str wording;
    int64_t seen; /* how often it was answered when the form was opened, plus one; 0: not asked */
    bool anyway;  /* in place of what somebody else has answered meanwhile */
};
struct consultation_group_input {
    struct str record;
    struct list members; /* struct consultation_member */
};
struct consultation_object_input {
    struct str record; /* the opinion */
    int64_t point;
    struct str text;
};
struct consultation_remind_input {
    struct str record;
    struct str office; /* empty: all that have not answered */
    struct str text;
};
struct consultation_extend_input {
    struct str record;
    int64_t seen;
    int64_t due_day;     /* the new deadline, or ... */
    int64_t days;        /* ... how many working days more */
    struct list offices; /* struct consultation_asked: who gets them; nobody named: all */
    struct str reason;
};
struct consultation_pause_input { /* pause, resume */
    struct str record;
    int64_t seen;
    struct pause pause; /* resume: only to_day */
};
struct consultation_list_args {
    int64_t box;      /* enum consultation_box */
    int64_t state;    /* enum consultation_round; 0: both */
    struct str after; /* state, deadline and record of the last line seen */
};
struct consultation_deadline_args {
    int64_t days;
    int64_t from_day;  /* 0: today */
    struct str record; /* of the round before, whose addressees are asked again */
    struct list asked; /* struct consultation_asked */
    struct list files;
    struct str draft;
    int64_t pages; /* by hand */
};

enum consultation_where { WHERE_CLAUSE = 1, WHERE_WHOLE, WHERE_NOWHERE };
enum consultation_box { BOX_ALL = 1, BOX_SENT, BOX_RECEIVED };

extern const struct field_table CONSULTATION_ASK;
extern const struct field_table CONSULTATION_REGISTER;
extern const struct field_table CONSULTATION_REFUSE;
extern const struct field_table CONSULTATION_ASSIGN;
extern const struct field_table CONSULTATION_DRAFT_ACT;
extern const struct field_table CONSULTATION_SUBMIT;
extern const struct field_table CONSULTATION_RETURN;
extern const struct field_table CONSULTATION_APPROVE;
extern const struct field_table CONSULTATION_BEHALF;
extern const struct field_table CONSULTATION_ANSWER_POINT;
extern const struct field_table CONSULTATION_EXTEND;
extern const struct field_table CONSULTATION_PAUSE;
extern const struct field_table CONSULTATION_RESUME;
extern const struct field_table CONSULTATION_CLOSE;
extern const struct field_table CONSULTATION_REMIND;
extern const struct field_table CONSULTATION_RENEW;
extern const struct field_table CONSULTATION_CONSULT;
extern const struct field_table CONSULTATION_COMMENT_ACT;
extern const struct field_table CONSULTATION_KEEP;
extern const struct field_table CONSULTATION_ADD;
extern const struct field_table CONSULTATION_EXCUSE;
extern const struct field_table CONSULTATION_TAKE_WORD;
extern const struct field_table CONSULTATION_PLACE;
extern const struct field_table CONSULTATION_PLACE_ARGS;
extern const struct field_table CONSULTATION_GROUP_ACT;
extern const struct field_table CONSULTATION_UNGROUP;
extern const struct field_table CONSULTATION_OBJECT;
extern const struct field_table CONSULTATION_PRESENT;
extern const struct field_table CONSULTATION_LIST_ARGS;
extern const struct field_table CONSULTATION_SHOW_ARGS;
extern const struct field_table CONSULTATION_POINT_ARGS;
extern const struct field_table CONSULTATION_DEADLINE_ARGS;

/* consultation_kinds.c: rules of the bytes, and obligations; see struct kind. */
enum err consultation_request_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_intake_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_refusal_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_draft_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_opinion_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_reply_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_edition_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_inner_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_group_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_objection_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_comment_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_inner_apply(struct call *c, const struct version *v, const void *body);
enum err consultation_comment_apply(struct call *c, const struct version *v, const void *body);
enum err consultation_reminder_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_reminder_tell(struct call *c, const struct version *v, const void *body);
enum err consultation_request_apply(struct call *c, const struct version *v, const void *body);
enum err consultation_intake_apply(struct call *c, const struct version *v, const void *body);
enum err consultation_refusal_apply(struct call *c, const struct version *v, const void *body);
enum err consultation_draft_apply(struct call *c, const struct version *v, const void *body);
enum err consultation_opinion_apply(struct call *c, const struct version *v, const void *body);
enum err consultation_reply_apply(struct call *c, const struct version *v, const void *body);

/* consultation_deadline.c; see struct kind. */
enum err consultation_request_recount(struct call *c, struct str record, struct str reason,
                                      bool *ret_moved);

/* consultation_succession.c; see struct module. */
enum err consultation_succeeded(struct call *c, struct str from, struct str to);

/* The tables of contents of the acts and of the views. */
enum {
    CONSULTATION_ACT_COUNT = 29,
    CONSULTATION_VIEW_COUNT = 18,
    CONSULTATION_MIGRATION_COUNT = 6
};
extern const struct act CONSULTATION_ACTS[CONSULTATION_ACT_COUNT];
extern const struct view_def CONSULTATION_VIEWS[CONSULTATION_VIEW_COUNT];
extern const struct migration CONSULTATION_MIGRATIONS[CONSULTATION_MIGRATION_COUNT];

/* consultation_paper.c: "Bảng tổng hợp, tiếp thu, giải trình ý kiến". */
enum err consultation_table_paper(struct call *c, const void *args, struct paper *ret_paper);
/* consultation_cover.c: the sheet that goes on top of the file when the draft is submitted. */
enum err consultation_cover_paper(struct call *c, const void *args, struct paper *ret_paper);
/* consultation_word.c: the draft as a file that leaves with clause marks. */
enum err consultation_text_paper(struct call *c, const void *args, struct paper *ret_paper);
/* consultation_changes.c: what is new in this round's draft. */
enum err consultation_changes_paper(struct call *c, const void *args, struct paper *ret_paper);
