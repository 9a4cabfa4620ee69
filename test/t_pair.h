#pragma once
/*
 * t_pair.h: two offices that exchange records in one process: what the inbox of one gives back is
 * what the feed of the other takes. Both send and both receive.
 */
#include "exchange/feed.h"
#include "t.h"

struct t_side {
    struct t_office t;
    struct sequencer sequencer;
    struct feed feed; /* to the other one */
};

struct t_pair {
    struct arena *arena; /* of the struct */
    struct t_side a;     /* "VPA" */
    struct t_side b;     /* "VPB" */
};

/* Fixtures of cmocka. The offices know each other and have compared. */
int t_pair_open(void **state);
int t_pair_close(void **state);

/* A note of that side for both, or a new version of one; returns its id in the side's arena. */
struct str t_pair_note(struct t_pair *p, struct t_side *from, struct str record);
/* Many new ones, in one transaction. */
void t_pair_notes(struct t_pair *p, struct t_side *from, int64_t count);
/* Carries all that waits from one side to the other, with its acknowledgements. */
void t_pair_carry(struct t_side *from, struct t_side *to);
/* Runs a query that gives one number; a script. */
int64_t t_ask(struct t_office *t, const char *sql);
void t_script(struct t_office *t, const char *sql);
