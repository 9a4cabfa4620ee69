#pragma once
/*
 * call.h: one unit of work (a request, a message, a job, a test) and the way failures are told.
 * A call is used by one thread at a time; on SQLite the writer thread borrows it for the length
 * of a transaction while the caller waits.
 *
 * Failing: `return fail(c, ERR_CONFLICT, "consultation.already_closed");`. The reason is a key of
 * the word catalogue ("reason.consultation.already_closed"), never prose. Callers pass errors on
 * unchanged. The first cause is never overwritten: fail() asserts that none is pending.
 */
#include "base/env.h"
#include "base/err.h"
#include "base/str.h"

struct store;  /* store/store.h */
struct db;     /* store/store.h: the connection of the running read or transaction */
struct office; /* core/office.h */

enum lang { LANG_VI = 0, LANG_EN, LANG_COUNT };

enum { PROBLEMS_MAX = 32, FAIL_ARGS_MAX = 4, STANDS_FOR_MAX = 4 };

/* One thing wrong with one field of a form. */
struct problem {
    struct str field;   /* path: "subject", "points.2.text" */
    const char *reason; /* word key without "reason." */
};

struct fail_arg {
    const char *name;
    struct str value;
};

/* Who acts. Zero is nobody: not logged in. Filled by the fronts from core/org.h. */
struct actor {
    struct str person; /* record id of the person */
    struct str login;
    struct str unit;                       /* record id of the unit, may be empty */
    uint32_t roles;                        /* bits of enum role, core/grant.h */
    struct str stands_for[STANDS_FOR_MAX]; /* absent persons in whose place it acts today */
    size_t stands_for_count;
};

struct failure {
    enum err err;
    const char *reason; /* word key without "reason." */
    struct fail_arg args[FAIL_ARGS_MAX];
    size_t arg_count;
    struct problem problems[PROBLEMS_MAX];
    size_t problem_count;
};

struct call {
    struct arena *arena;
    const struct env *env;
    int64_t now_ms; /* frozen when the call begins */
    enum lang lang;
    struct actor who;
    struct failure failure;
    struct store *store;
    struct db *db; /* set by store_read and store_tx while they run */
    struct office *office;
};

/* Starts a call on a new arena with the clock read once. Owns: the caller ends it with call_end. */
struct call call_begin(const struct env *env, struct store *store, struct office *office);
void call_end(struct call *c);

/* Records why the call fails and returns `e`. Shapes: e is not OK; no failure is pending. */
enum err fail(struct call *c, enum err e, const char *reason);
/* Adds a value for the text, {name} in the catalogue. Only after fail(). */
enum err fail_arg(struct call *c, const char *name, struct str value);
/* Notes one problem of one field; the form is refused once, by problems_fail(). Keeps the first
 * PROBLEMS_MAX. */
void problem(struct call *c, struct str field, const char *reason);
/* OK when no problem was noted, else ERR_INVALID with reason "form". */
enum err problems_fail(struct call *c);
/* Forgets the failure: the caller recovers on purpose. */
void call_clear(struct call *c);
/* `bytes` random bytes from the environment as lower-case base32. */
struct str call_random_id(struct call *c, size_t bytes);
