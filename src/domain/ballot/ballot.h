#pragma once
/*
 * ballot.h: ballots in writing (phiếu lấy ý kiến). The records of the subject as C structs, and
 * what the files of this folder share. Nobody outside includes it: other folders reach the module
 * only through its table of contents, `ballot_module`.
 *
 * Each record has one home office, which alone changes it:
 *     ballot  the asker's, seen by every office that has a member: the question, who votes, by
 *             which rule; at the end the named votes and the result
 *     seat    a voter's office's own: which of its people is that member
 *     vote    the voter's alone until the ballot is closed; then the asker sees it. Where the
 *             ballot says so, everybody asked sees it at once
 *     cast    a voter's office's, seen by the asker: that the member has voted, when, and a seal
 *             of the vote, so that what is opened later is what was cast
 *
 *     named:   open --close--> closed, votes are opened --decide--> decided
 *     secret:  open --tally--> decided; the votes themselves are on paper and nowhere here
 */
#include "core/record.h"

enum {
    BALLOT_MEMBERS = 60, /* offices of one record: LIMIT_AUDIENCE */
    BALLOT_DAYS = 250,
    BALLOT_SUBJECT_BYTES = 500,
    BALLOT_NAME_BYTES = 200,
    BALLOT_SOURCE_BYTES = 500,
    BALLOT_TEXT_BYTES = 4000,
    BALLOT_LONG_BYTES = 60000,
    BALLOT_SALT_BYTES = 16
};

enum ballot_state { BALLOT_OPEN = 1, BALLOT_CLOSED, BALLOT_DECIDED };
enum ballot_choice { VOTE_AGREE = 1, VOTE_DISAGREE, VOTE_OTHER };
/* What stands beside a member's name: enum ballot_choice, or why there is no vote. */
enum ballot_mark {
    MARK_AGREE = VOTE_AGREE,
    MARK_DISAGREE = VOTE_DISAGREE,
    MARK_OTHER = VOTE_OTHER,
    MARK_NONE,     /* nothing was cast */
    MARK_UNOPENED, /* cast, but it has not come when the result was made */
    MARK_BROKEN,   /* what was opened is not what was cast */
    MARK_COUNT
};
/* Of whom a majority is asked. */
enum ballot_base { BASE_ALL = 1, BASE_VOTERS };
enum ballot_share { SHARE_OVER_HALF = 1, SHARE_TWO_THIRDS, SHARE_THREE_QUARTERS, SHARE_EVERY };
/* What decides when exactly half agree. */
enum ballot_tie { TIE_CHAIR = 1, TIE_FAILS };
/* Does a vote count that was cast after the deadline and before the closing? Zero: no. */
enum ballot_late { LATE_SHOWN = 1, LATE_COUNTS };
enum ballot_outcome {
    OUTCOME_ADOPTED = 1,
    OUTCOME_FAILED,
    OUTCOME_ADOPTED_CHAIR, /* half agreed, the chair among them */
    OUTCOME_FAILED_CHAIR,  /* half agreed, the chair not among them */
    OUTCOME_NO_QUORUM
};

struct ballot_member {
    struct str office;
    struct str name; /* as the paper names the member */
    bool chair;
};
/* One member's line of the result. */
struct ballot_row {
    int64_t mark; /* enum ballot_mark */
    int64_t at_ms;
    bool late;
    struct str text; /* what the member said beside it */
};

/* How the result is made; stands in each ballot with its source. */
struct ballot_rule {
    int64_t base;     /* enum ballot_base */
    int64_t majority; /* enum ballot_share */
    int64_t quorum;   /* enum ballot_share of the members; 0: none is asked */
    int64_t tie;      /* enum ballot_tie; 0: it fails */
    int64_t late;     /* enum ballot_late */
    struct str source;
};
struct ballot_count {
    int64_t members;
    int64_t voters;
    int64_t agree;
    int64_t disagree;
    int64_t other;
    int64_t invalid; /* on paper only */
    bool chair_agrees;
};

struct ballot {
    struct str subject;
    struct str question;
    struct list files;
    struct list members; /* struct ballot_member */
    struct ballot_rule rule;
    bool secret; /* held on paper */
    bool open;   /* named votes are seen by all who are asked, at once */
    int64_t days;
    int64_t from_day;
    int64_t due_day;
    int64_t due_ms;
    struct str why; /* JSON receipt of the deadline */
    struct str signer_title;
    int64_t state; /* enum ballot_state */
    int64_t closed_ms;
    int64_t decided_ms;
    struct list rows; /* struct ballot_row, in the order of members; none of a secret ballot */
    struct ballot_count count;
    int64_t outcome; /* enum ballot_outcome */
    int64_t issued;  /* papers of a secret ballot */
    struct str tally_by;
    int64_t tally_day;
    struct list tally_files; /* the scan of the signed tally */
    struct str note;
};

struct ballot_seat {
    struct str ballot;
    int64_t member; /* 1-based */
    struct str person;
    struct str subject;
    int64_t due_day;
    int64_t due_ms;
    struct str why;
};

struct ballot_vote {
    struct str ballot;
    int64_t member;
    int64_t choice; /* enum ballot_choice */
    struct str text;
    int64_t cast_ms;
    struct str salt; /* so that nobody finds the choice by trying the three of them on the seal */
};

struct ballot_cast {
    struct str ballot;
    int64_t member;
    int64_t cast_ms;
    struct str seal; /* ballot_seal */
};

extern const struct field_table BALLOT;
extern const struct field_table BALLOT_SEAT;
extern const struct field_table BALLOT_VOTE;
extern const struct field_table BALLOT_CAST;

/* What the acts and the views are told. */
struct ballot_ask_input {
    struct str subject;
    struct str question;
    struct list files;
    struct list members;
    struct ballot_rule rule;
    bool secret;
    bool open;
    int64_t days;
};
struct ballot_seat_input {
    struct str record;
    int64_t member;
    struct str person;
};
struct ballot_vote_input {
    struct str record;
    int64_t choice;
    struct str text;
};
struct ballot_end_input { /* close, decide */
    struct str record;
    int64_t seen;
    bool without; /* decide: although cast votes have not come */
    struct str note;
};
struct ballot_tally_input {
    struct str record;
    int64_t seen;
    int64_t issued;
    int64_t collected;
    int64_t agree;
    int64_t disagree;
    int64_t other;
    int64_t invalid;
    struct str by;
    int64_t day;
    struct list files;
};
struct ballot_list_args {
    int64_t state;
    struct str after; /* due_ms and record of the last line */
};
struct ballot_record_args {
    struct str record;
};

extern const struct field_table BALLOT_ASK;
extern const struct field_table BALLOT_SEAT_ACT;
extern const struct field_table BALLOT_VOTE_ACT;
extern const struct field_table BALLOT_CLOSE;
extern const struct field_table BALLOT_DECIDE;
extern const struct field_table BALLOT_TALLY;
extern const struct field_table BALLOT_LIST_ARGS;
extern const struct field_table BALLOT_SHOW_ARGS;

/* ballot_kinds.c: rules of the bytes, obligations, and the opening of votes; see struct kind. */
enum err ballot_valid(struct call *c, const struct version *v, const void *body);
enum err ballot_apply(struct call *c, const struct version *v, const void *body);
enum err ballot_tell(struct call *c, const struct version *v, const void *body);
enum err ballot_seat_valid(struct call *c, const struct version *v, const void *body);
enum err ballot_seat_apply(struct call *c, const struct version *v, const void *body);
enum err ballot_vote_valid(struct call *c, const struct version *v, const void *body);
enum err ballot_cast_valid(struct call *c, const struct version *v, const void *body);
enum err ballot_cast_apply(struct call *c, const struct version *v, const void *body);

/* The offices that have a member, and the asker, as parties, each once. */
struct str *ballot_audience(struct call *c, const struct list *members, struct str asker,
                            size_t *ret_count);
/* What a cast vote is recognised by later: a hash of all that it says and of its salt. */
struct str ballot_seal(struct call *c, const struct ballot_vote *vote);

/* The tables of contents. */
enum { BALLOT_ACT_COUNT = 6, BALLOT_VIEW_COUNT = 2, BALLOT_STEP_COUNT = 1 };
extern const struct act BALLOT_ACTS[BALLOT_ACT_COUNT];
extern const struct view_def BALLOT_VIEWS[BALLOT_VIEW_COUNT];
extern const struct migration BALLOT_STEPS[BALLOT_STEP_COUNT];
extern const char BALLOT_SCRATCH[]; /* see struct module */
