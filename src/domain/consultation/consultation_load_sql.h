#pragma once
/* consultation_load_sql.h: the statements of the reading load; meaning is in the files that call
 * them. */
#include "consultation_load.h"

/* The record of the agreed rate; empty: none. */
enum err consultation_sql_rate(struct call *c, struct str *ret_record);

/* One open question to one office. */
struct consultation_waiting {
    struct str record;
    struct str home;
    struct str subject;
    struct str office;  /* that is asked */
    struct str officer; /* who works on it, when it is this office */
    int64_t due_day;
    int64_t pages; /* 0: not counted */
};
/* Open, unanswered, neither refused nor excused, that the actor may see; earliest first, at most
 * 5000. */
enum err consultation_sql_waiting(struct call *c, struct consultation_waiting **ret_rows,
                                  size_t *ret_count);

/* One office in one round that was asked in a year. */
struct consultation_time {
    struct str record;
    struct str home;
    struct str subject;
    struct str office;
    int64_t from_day;
    int64_t due_day; /* of that office */
    int64_t due_ms;
    int64_t days; /* given at first */
    int64_t pages;
    int64_t rate;      /* agreed when it was sent; 0: none */
    int64_t signed_ms; /* of its opinion; 0: none */
    bool shorter;      /* than agreed, approved by name */
    bool closed;
    bool refused;
    bool excused;
};
enum { CONSULTATION_TIMES = 20000 }; /* of one year that a page of figures looks at */
/* Those between two days that the actor may see, by day and record. */
enum err consultation_sql_times(struct call *c, int64_t from_day, int64_t to_day,
                                struct consultation_time **ret_rows, size_t *ret_count);
