#pragma once
/*
 * calendar.h: what the files of this folder share. Calendars of leaders, rooms and cars, kept by
 * one office each; bookings in them; meetings that ask for bookings of several calendars, of other
 * offices too. docs/decisions/0018-calendar.md tells the life of a meeting.
 *
 *   resource  a calendar: a record of the office that keeps it
 *   booking   one busy interval or series in it: a record of the same office. Whoever may see the
 *             calendar sees when, how firm and how important, never what about
 *   details   what it is about: a record of its own, seen by those who keep the calendar
 *   meeting   the organiser's record: asks for calendars, decides once all have promised
 *
 * A booking that is promised or decided is firm: no two firm ones of one calendar overlap. The rule
 * stands in the database (calendar_sql.c), so no door goes round it.
 */
#include "core/check_run.h"
#include "core/collection.h"
#include "core/record.h"

enum {
    CALENDAR_NAME_BYTES = 200,
    CALENDAR_REASON_BYTES = 500,
    CALENDAR_EXCEPTIONS = 200,
    CALENDAR_OFFICES = 32,   /* that see a calendar's bookings */
    CALENDAR_KEEPERS = 16,   /* persons who keep it */
    CALENDAR_ASKED = 24,     /* calendars asked by one meeting */
    CALENDAR_AHEAD_DAYS = 550, /* a series is checked this far ahead ... */
    CALENDAR_LEFT_DAYS = 365,  /* ... and again when less than this is left */
    CALENDAR_FREE_MAX = 3      /* free times that a refusal offers */
};

enum calendar_type { CALENDAR_LEADER = 1, CALENDAR_ROOM, CALENDAR_CAR };

/* A row of a list of one office, person or calendar. */
struct calendar_office {
    struct str office;
};
struct calendar_keeper {
    struct str person;
};

struct calendar_resource {
    struct str name; /* "Phó Chủ tịch thường trực", "Phòng họp số 1" */
    int64_t type;    /* enum calendar_type */
    struct list keepers; /* struct calendar_keeper; empty: every secretary */
    struct list offices; /* struct calendar_office: who sees when it is busy */
    struct str second;   /* office where the leader has another post; it signs too */
    int64_t rest_min;    /* wanted between two bookings */
    int64_t travel_min;  /* between two that are in different places */
    bool closed;         /* takes no new bookings */
};

/* The second office of a leader agrees that the first one keeps the calendar. */
struct calendar_agreement {
    struct str resource;
    struct str post; /* what the leader is there */
};

enum calendar_state {
    CALENDAR_NONE, /* not there yet */
    CALENDAR_HOLD,
    CALENDAR_PROMISED,
    CALENDAR_DECIDED,
    CALENDAR_CANCELLED,
    CALENDAR_EXPIRED, /* a hold whose time has passed; never written */
    CALENDAR_STATE_END
};

/* One instance of a series that is not as the rule says. */
struct calendar_exception {
    int64_t day; /* where the rule puts it */
    int64_t minute;
    bool cancelled;
    int64_t to_day; /* where it is instead */
    int64_t to_minute;
    int64_t to_length;
};

/* When: local time on the clock of a place. */
struct calendar_when {
    int64_t day;
    int64_t minute;  /* 0 to 1439 */
    int64_t length;  /* minutes, at least 1; whole days when all_day */
    bool all_day;
    struct str zone; /* IANA name; empty: Ha Noi */
    struct str rule; /* RFC 5545 RRULE; empty: once */
    bool lunar;      /* every year on the lunar date of the first day */
    struct list exceptions; /* struct calendar_exception */
    int64_t until;   /* a series was checked up to this day; 0: it is none */
};

struct calendar_booking {
    struct str resource;
    int64_t state;      /* enum calendar_state */
    int64_t priority;   /* 1-based: ordinary, important, high rank, fixed */
    int64_t hold_until; /* ms; of a hold */
    struct calendar_when when;
    bool free;             /* stands in the calendar without making it busy */
    struct str meeting;    /* that asked for it */
    int64_t meeting_n;     /* version of it that was followed last */
    struct str reason;     /* why it was changed last */
    struct str accepted;   /* why a soft clash was accepted */
};

struct calendar_details {
    struct str booking;
    struct str title;
    struct str content;
    struct str place;
    struct str chair;
    struct str attendees;
    struct str prepares;
    bool private;       /* for those who keep the calendar and nobody else */
    struct str uid;     /* of a calendar program's event */
    struct str href;    /* the name that program gave it */
    struct str original; /* its text, unchanged */
    struct str original_when; /* calendar_when_hash of the booking that this text tells */
};

enum calendar_meeting_state { MEETING_ASKED = 1, MEETING_DECIDED, MEETING_CANCELLED };

struct calendar_asked {
    struct str resource;
};

struct calendar_meeting {
    struct str title;
    struct str place;
    struct str chair;
    struct str content;
    int64_t state; /* enum calendar_meeting_state */
    int64_t day;
    int64_t minute;
    int64_t length;
    struct list asked; /* struct calendar_asked */
    struct str reason;
};

extern const struct field_table CALENDAR_RESOURCE, CALENDAR_AGREEMENT, CALENDAR_BOOKING,
    CALENDAR_DETAILS, CALENDAR_MEETING;
extern const char *const CALENDAR_PRIORITIES[];
extern const char *const CALENDAR_TYPES[];

/* ---- states (calendar_states.c) ---- */

enum calendar_verb {
    VERB_HOLD,    /* giữ chỗ */
    VERB_PROMISE, /* hứa */
    VERB_DECIDE,  /* chốt */
    VERB_MOVE,    /* đổi */
    VERB_CANCEL,  /* huỷ */
    VERB_UNDECIDE, /* the meeting is asked again */
    VERB_END
};

/* The state as it is now: a hold that ran out is CALENDAR_EXPIRED. */
enum calendar_state calendar_state_now(const struct calendar_booking *b, int64_t now_ms);
/* What the verb makes of a state; CALENDAR_NONE when it is not allowed. */
enum calendar_state calendar_next(enum calendar_state state, enum calendar_verb verb);
/* The same or the refusal. Errors: ERR_CONFLICT "calendar.state" (args "state", "verb"). */
enum err calendar_step(struct call *c, const struct calendar_booking *b, enum calendar_verb verb,
                       int64_t *ret_state);
bool calendar_is_firm(const struct calendar_booking *b);
struct str calendar_state_word(struct call *c, enum calendar_state state);

/* ---- time (calendar_time.c) ---- */

struct calendar_span {
    int64_t from_ms;
    int64_t to_ms;
};

/* Every instance up to `until`. Errors: ERR_INVALID "calendar.rule", "zone.unknown",
 * "calendar.lunar"; ERR_LIMIT "calendar.rule_dense". */
enum err calendar_spans(struct call *c, const struct calendar_when *when,
                        struct calendar_span **ret_spans, size_t *ret_count);
bool calendar_is_series(const struct calendar_when *when);
/* Another text whenever a booking stands otherwise in a calendar than before. */
struct str calendar_when_hash(struct call *c, const struct calendar_booking *b);
/* "08:00 – 09:30 25/11/2026", with the place's zone when it is not Ha Noi. */
struct str calendar_span_text(struct call *c, const struct calendar_span *span);

/* ---- rows (calendar_sql.c) ---- */

enum { CALENDAR_STEP_COUNT = 2, CALENDAR_TABLE_COUNT = 1 };
extern const struct migration CALENDAR_STEPS[CALENDAR_STEP_COUNT];
extern const struct check_table CALENDAR_TABLES[CALENDAR_TABLE_COUNT];
extern const char CALENDAR_SCRATCH[];

/* A firm row that overlaps. */
struct calendar_clash {
    struct str booking; /* empty: none */
    struct calendar_span span;
};

/* Writes the rows of a booking in place of those before. Only from apply.
 * Errors: ERR_CONFLICT "store.conflict". */
enum err calendar_rows_put(struct call *c, struct str record, const struct calendar_booking *b);
/* The firm booking that overlaps the span, other than `but`. Exact, by one look into the index:
 * firm ones do not overlap each other, so only the last that begins before the span ends can. */
enum err calendar_clash_find(struct call *c, struct str resource, const struct calendar_span *span,
                             struct str but, struct calendar_clash *ret_clash);
/* Firm neighbours of a span: the one that ends last before it, that begins first after it. */
enum err calendar_near(struct call *c, struct str resource, const struct calendar_span *span,
                       struct str but, struct rows *ret_rows);
/* record, title, type of calendars the actor may see. */
enum err calendar_resource_list(struct call *c, struct rows *ret_rows);
/* booking, starts, ends, state, hold_until, priority, title, place, resource of what stands in
 * [from, to), in the calendars the actor may see; the title is empty for whoever may not see it. An
 * empty resource: all of them. */
enum err calendar_between(struct call *c, struct str resource, const struct calendar_span *span,
                          struct rows *ret_rows);
/* from, to of the firm bookings of a calendar in a span, in order. */
enum err calendar_firm(struct call *c, struct str resource, const struct calendar_span *span,
                       struct rows *ret_rows);
/* The record of the details of a booking; empty: none. */
enum err calendar_details_of(struct call *c, struct str booking, struct str *ret_record);
/* Pairs that overlap although both are promised or decided: of received calendars too. */
enum err calendar_clashes(struct call *c, int64_t limit, struct rows *ret_rows);
/* Own bookings made for a meeting; all bookings held of it: record, resource, state. */
enum err calendar_of_meeting(struct call *c, struct str meeting, struct rows *ret_rows);
/* Series that are checked to a day before this one. */
enum err calendar_short(struct call *c, int64_t day, int64_t limit, struct rows *ret_rows);
enum err calendar_agreed(struct call *c, struct str resource, struct str office, bool *ret_agreed);

/* Notes that something of a booking changed, for calendar programs. Only inside store_tx. */
enum err calendar_change(struct call *c, struct str resource, struct str booking);
/* The calendar of a booking: one row with one column. */
enum err calendar_place_of(struct call *c, struct str booking, struct rows *ret_rows);
enum err calendar_token(struct call *c, struct str resource, int64_t *ret_token);
/* Changes after a token that the actor may see; what stands in it under a name. */
enum { CHANGE_BOOKING, CHANGE_SEQ, CHANGE_STATE, CHANGE_HASH, CHANGE_N, CHANGE_HREF,
       CHANGE_DETAILS_HASH };
enum err calendar_changed(struct call *c, struct str resource, int64_t token, int64_t limit,
                          struct rows *ret_rows);
enum err calendar_named(struct call *c, struct str resource, struct str name,
                        struct rows *ret_rows);
/* The same for what touches a span, one row more than wanted; series that are not expanded up to
 * `far_day` are among them. */
enum err calendar_touching(struct call *c, const struct items_wanted *wanted, int64_t far_day,
                           struct rows *ret_rows);
/* Pieces in which a calendar is busy: from, to, state, hold_until. */
enum err calendar_busy_pieces(struct call *c, struct str resource,
                              const struct calendar_span *span, struct rows *ret_rows);
/* Bookings of a calendar that is not cancelled and carries the program's id. */
enum err calendar_uid(struct call *c, struct str resource, struct str uid, struct rows *ret_rows);

/* ---- rules (calendar_book.c) ---- */

/* Refuses who does not keep the calendar. Errors: ERR_DENIED "calendar.not_keeper",
 * "record.not_home"; ERR_CONFLICT "calendar.closed", "calendar.not_agreed". */
enum err calendar_may_keep(struct call *c, struct str resource, struct calendar_resource *ret);
/* Writes a booking after looking for clashes, a series as far as it is checked ahead. `place` tells
 * whether there is a way to go. Errors: ERR_CONFLICT "calendar.clash" (args "what", "when",
 * "free"), "calendar.soft" (arg "why"). */
enum err calendar_book(struct call *c, struct str record, int64_t seen,
                       struct calendar_booking *b, struct str place,
                       struct act_result *ret_result);
/* Writes the details of a booking, or their next version. */
enum err calendar_describe(struct call *c, const struct calendar_details *d);

/* The next free times of all calendars, `length_ms` long, in working hours; at most
 * CALENDAR_FREE_MAX. */
struct calendar_offers {
    struct calendar_span free[CALENDAR_FREE_MAX];
    size_t count;
};
enum err calendar_free(struct call *c, const struct str *resources, size_t count,
                       const struct calendar_span *within, int64_t length_ms,
                       struct calendar_offers *ret_offers);

/* ---- meetings (calendar_meeting.c) ---- */

/* What follows from a meeting's version for the bookings kept here, and from a booking's version
 * for the meetings held here (kind.tell). */
enum err calendar_meeting_told(struct call *c, const struct version *v, const void *body);
enum err calendar_booking_told(struct call *c, const struct version *v, const void *body);
enum err calendar_meeting_apply(struct call *c, const struct version *v, const void *body);

/* ---- tables of contents ---- */

enum { CALENDAR_ACT_COUNT = 14, CALENDAR_VIEW_COUNT = 6 };
extern const struct act CALENDAR_ACTS[CALENDAR_ACT_COUNT];
extern const struct view_def CALENDAR_VIEWS[CALENDAR_VIEW_COUNT];
extern const struct field_table CALENDAR_EXCEPTION, CALENDAR_EVENT;
enum err calendar_run_event(struct call *c, const void *input, struct act_result *ret_result);
extern const struct collection_def CALENDAR_COLLECTION;
extern const struct job_kind CALENDAR_JOB;
extern const struct field_table CALENDAR_MEET, CALENDAR_ANSWER, CALENDAR_SETTLE,
    CALENDAR_CALL_OFF;
enum err calendar_run_meet(struct call *c, const void *input, struct act_result *ret_result);
enum err calendar_run_answer(struct call *c, const void *input, struct act_result *ret_result);
enum err calendar_run_settle(struct call *c, const void *input, struct act_result *ret_result);
enum err calendar_run_call_off(struct call *c, const void *input, struct act_result *ret_result);
enum err calendar_meeting_open(struct call *c, const struct head *head);
enum err calendar_meeting_lives(struct call *c, const struct head *head);
