#pragma once
/*
 * t_log.h: three offices and their logs: `a`, whose log is under test and holds some hundreds of
 * leaves, and its peers `b` and `c`, who are its witnesses. What logs ask each other goes straight
 * from one to the other; everything of one trial can run in transactions that are undone.
 */
#include "exchange/log_talk.h"
#include "t.h"

enum { T_LOG_NOTES = 110 };

struct t_end {
    struct t_office t;
    struct sequencer sequencer;
    struct call *c;              /* of the trial */
    struct log_talk talk[3];     /* with each of the three */
};

struct t_logs {
    struct arena *arena;
    struct t_end ends[3]; /* a, b, c */
};

/* Opens the offices: a has T_LOG_NOTES notes of its own, as many of b's and a receipt for each of
 * these; nothing is signed yet. */
struct t_logs *t_logs_open(void);
void t_logs_close(struct t_logs *logs);

/* Runs `fn` with calls of all three offices, in a transaction of each. Kept or undone. */
void t_logs_trial(struct t_logs *logs, bool keep, void (*fn)(struct t_logs *logs, void *arg),
                  void *arg);
/* Numbers and signs in a trial, a minute later. */
bool t_log_sign(struct t_logs *logs, size_t at);
/* In a trial: asks until there is nothing more to ask. */
void t_log_talk(struct t_logs *logs, size_t from, size_t to);
/* In a trial: `to` hears what `from` knows. */
void t_log_gossip(struct t_logs *logs, size_t from, size_t to);
/* In a trial: a query that gives one number; a statement. */
int64_t t_log_number(struct call *c, const char *sql, int64_t arg);
void t_log_run(struct call *c, const char *sql, int64_t arg);
/* In a trial: how many alarms of logs there are that name two heads that differ. */
int64_t t_log_alarms(struct call *c);
