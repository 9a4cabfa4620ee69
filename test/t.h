#pragma once
/*
 * t.h: what module tests share: an office on a real store (t_store.h) in a folder of its own, a
 * clock and randomness that the test holds, an in-process signer. The folder goes with the test.
 */
#include "core/act.h"
#include "core/office.h"

struct t_office {
    struct arena *arena; /* the office's own memory */
    struct env env;
    int64_t now_ms;       /* what the clock says; the test moves it */
    uint64_t seed;        /* of the randomness */
    int64_t free_percent; /* of the disk; 100 at first */
    uint8_t secret_key[64];
    int64_t key_n; /* changes of the key so far */
    struct office office;
    struct store *store;
    char dir[64];
};

/* Founds an office. Shapes: code such as "VPCP"; now 2026-11-25 09:00 in Hanoi. The administrator
 * is "admin" with the password "mat-khau-admin". */
void t_office_open(struct t_office *t, const char *code);
/* Closes the store and removes the folder. */
void t_office_close(struct t_office *t);
/* Closes and opens the store again, as a restart does. */
void t_office_restart(struct t_office *t);
/* Goes on with the office's next key, which its card promised. Shapes: revoked_size is how many
 * leaves of its log the key before may have signed; -1: it is not revoked. */
void t_rotate(struct t_office *t, int64_t revoked_size);
/* A connection shows `to` how the present key of `from` came about. */
void t_key_shown(struct t_office *from, struct t_office *to);
/* Adds a person with the roles by the administrator's act; returns its record in the arena. */
struct str t_person(struct t_office *t, const char *login, uint32_t roles);
/* A call of that person; NULL: of nobody. The caller ends it. */
struct call t_call(struct t_office *t, const char *login);
/* Makes two offices peers of each other. */
void t_peers(struct t_office *a, struct t_office *b);
/* Runs an act by JSON and asserts that it succeeds; returns the result in the office's arena. */
struct act_result t_act(struct t_office *t, const char *login, const char *act, const char *json);
/* Runs an act that must fail; returns its reason key. */
struct str t_refused(struct t_office *t, const char *login, const char *act, const char *json);
/* What a view gives that person, as JSON; empty when it is refused, with the reason in ret_reason
 * unless that is NULL. */
struct str t_view(struct t_office *t, const char *login, const char *view, const char *json,
                  struct str *ret_reason);
/* An obligation as any module opens one, about an existing record. `key` tells several apart. */
struct t_owed {
    struct str about;
    const char *owner; /* party */
    const char *key;
    const char *title;
    int64_t due_ms;
    int64_t urgent;
};
void t_owe(struct t_office *t, const struct t_owed *owed);
void t_settle(struct t_office *t, const struct t_owed *owed);
/* The party that owes it now. */
struct str t_owner(struct t_office *t, const struct t_owed *owed);
/* Stores bytes as a file; returns its root. */
struct str t_file(struct t_office *t, const char *bytes);
/* Hands over what waits in an outbox, as the exchange would. Shapes: carried is the last row handed
 * over, 0 at first. */
void t_carry(struct t_office *from, struct t_office *to, int64_t *carried);
