#pragma once
/*
 * consultation_sql.h: the statements of the subject; meaning is in the files that call them.
 * Queries for pages carry READER; the others serve rules and look only at this office's own
 * records.
 */
#include "consultation_rules.h"

/* Records of this office about a request; empty when there is none. */
struct consultation_own {
    struct str intake;
    struct str draft;
    struct str opinion;
};
enum err consultation_sql_own(struct call *c, struct str request, struct consultation_own *ret_own);

/* The next number of the register in that year, from 1. The index on (year, number) refuses a
 * second use of it. */
enum err consultation_sql_next_number(struct call *c, int64_t year, int64_t *ret_number);

/* The reply to an opinion; empty when there is none. */
enum err consultation_sql_reply(struct call *c, struct str opinion, struct str request,
                                struct str *ret_reply);

/* One opinion on a request that the actor may see, oldest first. */
struct consultation_voice {
    struct str opinion;
    struct str home;
    struct str behalf;
    int64_t answer;
    struct str general;
    int64_t signed_ms;
    struct str signer_title;
    bool confidential;
    bool kept; /* it confirms an older opinion */
    struct str condition_office;
    struct str condition_body;
    int64_t capacity;
    struct str hash;     /* of its signed bytes */
    int64_t received_ms; /* when they came here, or were written here */
};
enum err consultation_sql_voices(struct call *c, struct str request,
                                 struct consultation_voice **ret_voices, size_t *ret_count);

/* One refusal of a request that the actor may see. */
struct consultation_no {
    struct str home;
    struct str reason;
};
enum err consultation_sql_refusals(struct call *c, struct str request,
                                   struct consultation_no **ret_refusals, size_t *ret_count);

/* Open requests of this office that the office was asked and has not answered. */
enum err consultation_sql_unanswered(struct call *c, struct str office, struct rows *ret_rows);

/* One point and what became of it. Point 0 is the general opinion. */
struct consultation_line {
    struct str opinion;
    struct str home;
    struct str behalf;
    int64_t point;
    struct str clause;
    int64_t level;
    struct str text;
    struct str wording;
    int64_t outcome; /* 0: not answered yet */
    struct str reason;
    struct str new_wording;
    bool confidential;
    int64_t times;        /* how often it was answered */
    struct str group;     /* record of the like points it belongs to; empty: none */
    struct str objection; /* why its giver is not satisfied; empty: it did not say so */
};
/* All points on a request that the actor may see, by opinion and point; of an opinion that keeps an
 * older one, the points of that one. */
enum err consultation_sql_lines(struct call *c, struct str request,
                                struct consultation_line **ret_lines, size_t *ret_count);

/* opinion and point of the others in a point's group; none: it is in none. */
enum err consultation_sql_group_of(struct call *c, struct str opinion, int64_t point,
                                   struct rows *ret_rows);
/* Whether the giver has said already that it is not satisfied with a point's reply. */
enum err consultation_sql_objected(struct call *c, struct str request, struct str opinion,
                                   int64_t point, bool *ret_objected);

/* One line of the list of rounds. */
struct consultation_item {
    struct str record;
    struct str home;
    struct str subject;
    int64_t due_ms;
    struct str why;
    int64_t urgency;
    int64_t round;
    int64_t asked;    /* offices and bodies */
    int64_t answered; /* of them, as far as this office can know */
    int64_t refused;  /* of them */
    int64_t intake;
    int64_t draft;
    int64_t own_due_ms;     /* of this office among the asked; 0 for the asker */
    int64_t paused_day;     /* the clock stands since; 0: it runs */
    struct str first_asked; /* an asked office, for the column "to" */
    int64_t number;         /* of the round */
};
/* Lists rounds: the open ones by deadline, the most urgent first; then the closed ones, latest
 * first. Shapes: after = round, due_ms and record of the last line seen; zero at first. */
enum err consultation_sql_list(struct call *c, const struct consultation_list_args *args,
                               const struct consultation_item *after, int64_t limit,
                               struct consultation_item **ret_items, size_t *ret_count);

/* When an office was last urged; 0: never. */
enum err consultation_sql_reminded(struct call *c, struct str request, struct str office,
                                   int64_t *ret_sent_ms);
/* sent, office, text, signer, home, arrived (ms or 0) of the reminders that the actor may see. */
enum err consultation_sql_reminders(struct call *c, struct str request, struct rows *ret_rows);

/* What a unit was asked about a request; empty: nothing. `_open` gives those (record) that nobody
 * of the unit has answered; `_inners` unit, question, asked_by, due, closed, count of comments;
 * `_comments` unit, text, signer, at. */
enum err consultation_sql_inner(struct call *c, struct str request, struct str unit,
                                struct str *ret_inner);
enum err consultation_sql_inners_open(struct call *c, struct str request, struct rows *ret_rows);
enum err consultation_sql_inners(struct call *c, struct str request, struct rows *ret_rows);
enum err consultation_sql_comments(struct call *c, struct str request, struct rows *ret_rows);
