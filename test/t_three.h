#pragma once
/* t_three.h: three offices that know each other, and feeds that a test hands over entry by entry.
 * The registry clerk of each is "vanthu". */
#include "core/record.h"
#include "t.h"

enum { A, B, C, OFFICES };

struct three {
    struct t_office o[OFFICES];
    int64_t carried[OFFICES][OFFICES]; /* last outbox row handed over */
};

/* For cmocka. */
int three_open(void **state);
int three_close(void **state);

/* "o:" and its id. */
struct str three_party(struct three *t, size_t office);
/* A note of office A for the offices of `audience`, bits by index, with the id that is given or a
 * new one. */
struct str three_note(struct three *t, unsigned audience, struct str record);
/* Runs an act on the record and returns why it is refused; empty: it is done. `more` is further
 * JSON. */
struct str three_try(struct three *t, size_t office, const char *act, struct str record,
                     const char *more);
void three_do(struct three *t, size_t office, const char *act, struct str record, const char *more);
void three_refused(struct three *t, size_t office, const char *act, struct str record,
                   const char *reason);
void three_give(struct three *t, size_t from, size_t to, struct str record);

/* Bytes as they come from that office. */
struct arrival three_arrival(const struct t_office *from, struct str bytes, struct str signature);
/* Why it is not taken in; empty: it is. */
struct str three_arrive(struct t_office *to, const struct arrival *arrival, bool receipt);
/* Hands over the next entry of a feed, which must be taken in; false when there is none. With
 * `look` nothing is handed over. */
bool three_deliver(struct three *t, size_t from, size_t to, bool look);
/* The same for any two offices. Shapes: carried is the last outbox row handed over, 0 at first. */
bool three_hand_over(struct t_office *from, struct t_office *to, int64_t *io_carried, bool look);
/* Until nothing waits between the three. */
void three_deliver_all(struct three *t);

/* What the office holds of the record; zero when nothing. */
struct head three_head(struct three *t, size_t office, struct str record);
bool three_is_home(struct three *t, size_t office, struct str record);
void three_check(struct three *t, size_t office);
