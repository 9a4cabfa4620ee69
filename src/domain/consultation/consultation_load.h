#pragma once
/*
 * consultation_load.h: the reading load: how many pages everybody who is asked must read, over how
 * many working days. Everything due up to a day is summed over the working days up to it; the
 * highest of these rates is the load. The first half is pure.
 */
#include "consultation_case.h"

enum {
    CONSULTATION_PAGES = 100000,   /* of one draft with all its papers */
    CONSULTATION_RATE = 1000,      /* pages a working day */
    CONSULTATION_PAGE_CHARS = 2400 /* letters of a typed text that count as a page, as in a file */
};

/* Where the number of pages comes from. */
enum consultation_basis { BASIS_COUNTED = 1, BASIS_CLAIMED, BASIS_ESTIMATED, BASIS_BY_HAND };

/* What somebody has to read by a day. */
struct consultation_task {
    int64_t day;
    int64_t pages;
};
struct consultation_reader {
    struct str party; /* "o:ID", "p:ID"; "i:" what nobody in this office works on yet */
    struct consultation_task *tasks;
    size_t count;
    size_t unknown; /* tasks whose pages nobody has counted; they stand in no sum */
};

/* The heaviest stretch from today on: so many pages in so many working days, up to a day. */
struct consultation_peak {
    int64_t day; /* 0: nothing is to be read */
    int64_t pages;
    int64_t days; /* at least 1: what is due today or late is read today */
};
struct consultation_peak consultation_load_peak(const struct workday_calendar *calendar,
                                                int64_t today,
                                                const struct consultation_reader *reader);
/* Says that a stretch asks for more than the rate. Shapes: rate 0 is never exceeded. */
bool consultation_load_over(const struct consultation_peak *peak, int64_t rate);
/* The heaviest stretch that a further task makes: those that end on its day or later. */
struct consultation_peak consultation_load_with(const struct workday_calendar *calendar,
                                                int64_t today,
                                                const struct consultation_reader *reader,
                                                const struct consultation_task *more);

/* The first day at which nobody of them exceeds the rate with `pages` more, and how many working
 * days it lies ahead. False when there is none within CONSULTATION_DAYS. */
struct consultation_proposal {
    int64_t day;
    int64_t days;
};
bool consultation_load_propose(const struct workday_calendar *calendar, int64_t today, int64_t rate,
                               int64_t pages, const struct list *readers,
                               struct consultation_proposal *ret_proposal);

/* The agreed rate. */
struct consultation_rate {
    int64_t pages; /* a working day */
    struct str source;
    int64_t from_day;
    struct str signer_title;
};
extern const struct field_table CONSULTATION_RATE_RECORD;
extern const struct field_table CONSULTATION_SET_RATE;
extern const struct field_table CONSULTATION_COUNT_PAGES;
extern const struct field_table CONSULTATION_LOAD_ARGS;
struct consultation_rate_input {
    int64_t pages;
    struct str source;
};
struct consultation_pages_input {
    struct str record;
    int64_t seen;
    int64_t pages;
    struct str reason;
};
struct consultation_load_args {
    struct str party;
    int64_t year;
    int64_t cell;
    struct str after;
};

/* Loads the rate that holds here; zero when none was agreed. */
enum err consultation_rate_load(struct call *c, struct consultation_rate *ret_rate);

/* How many pages files and a typed text have, as far as it is known. 0: it is not. */
struct consultation_pages {
    int64_t pages;
    int64_t basis; /* the least certain of them */
};
enum err consultation_pages_count(struct call *c, const struct list *files, struct str text,
                                  struct consultation_pages *ret_pages);
/* Has the files read now that were not yet; see `prepare` of struct act. A reader that is not there
 * leaves them uncounted. */
enum err consultation_pages_read(struct call *c, const struct list *files);

/* Everybody who has something to read that is known here: this office's people, offices asked.
 * Shapes: ret_readers is a list of struct consultation_reader. */
enum err consultation_load_readers(struct call *c, struct list *ret_readers);
/* The asked offices, each as a whole, without one request; whoever has nothing to read yet is
 * there, too. */
enum err consultation_load_asked(struct call *c, const struct list *asked, struct str except,
                                 struct list *ret_readers);

/* Writes pages, rate and approval into a request that is about to be sent, and notes a problem
 * where its deadline asks for more than the agreed rate and nobody has approved that. Shapes: r has
 * asked, files, due_day. */
struct consultation_weight {
    int64_t pages; /* by hand; 0: as counted */
    struct str reason;
    struct str approved_by;
    struct str text; /* of the draft */
};
enum err consultation_load_weigh(struct call *c, const struct consultation_weight *weight,
                                 struct consultation_request *r);
/* "124 trang, đếm từ tệp", "sửa tay: ..."; empty when nobody knows. */
struct str consultation_pages_text(struct call *c, const struct consultation_request *r);
/* "25 trang/ngày làm việc"; empty without pages or days. */
struct str consultation_rate_text(struct call *c, int64_t pages, int64_t days);
/* Facts about the load of one request, for its page and its cover sheet: adds nothing for old
 * ones. */
void consultation_load_facts(struct call *c, struct view *view,
                             const struct consultation_request *r);
/* That its deadline is shorter than agreed, and who approved it; empty: it is not. */
struct str consultation_short_text(struct call *c, const struct consultation_request *r);

/* Adds to the preview of a deadline what it would ask of everybody who is asked. */
enum err consultation_load_preview(struct call *c, const struct consultation_deadline_args *in,
                                   int64_t due_day, struct view *view);

/* Acts and views; see struct act, struct view_def. */
enum err consultation_request_tell(struct call *c, const struct version *v, const void *body);
enum err consultation_rate_valid(struct call *c, const struct version *v, const void *body);
enum err consultation_can_count_pages(struct call *c, const struct head *head);
enum err consultation_run_set_rate(struct call *c, const void *input,
                                   struct act_result *ret_result);
enum err consultation_run_count_pages(struct call *c, const void *input,
                                      struct act_result *ret_result);
enum err consultation_load_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_load_list_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_time_view(struct call *c, const void *args, struct view *ret_view);
enum err consultation_time_list_view(struct call *c, const void *args, struct view *ret_view);
