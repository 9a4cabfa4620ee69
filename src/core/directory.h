#pragma once
/*
 * directory.h: whose key signed what. Every office has one key at a time and goes on to the next
 * one by a statement (core/key_statement.h). What was signed before stays verifiable: the directory
 * keeps every key that an office has had, with the time from which it was used.
 *
 * The directory is made of this office's own records: "office.office" for itself, "office.peer"
 * for each other one. A version that names a new key carries the statement that led to it; without
 * one an administrator has compared the new card, and has written why. Table `office_key` projects
 * them.
 */
#include "core/key_statement.h"
#include "core/org.h"
#include "core/record.h"

struct office_key {
    struct str public_key; /* 32 raw bytes */
    struct str id;         /* office_key_id */
    int64_t place;         /* grows from key to key of one office, as this office learned of them */
    int64_t n;             /* statement that named it; 0: none did */
    int64_t from_ms;       /* validity: since then ... */
    int64_t until_ms;      /* ... until another one took its place; 0: it is the present one */
    bool revoked;          /* it signed nothing that stands in the office's log from ... */
    int64_t revoked_size;  /* ... this number of leaves on */
};

/* All keys of an office, this one's too, the newest first. Inside store_read or store_tx. */
enum err directory_keys(struct call *c, struct str office, struct office_key **ret_keys,
                        size_t *ret_count);
/* The office's key of that id. Errors: ERR_NOT_FOUND "directory.key". */
enum err directory_key(struct call *c, struct str office, struct str id,
                       struct office_key *ret_key);
/* The office's key at that time. Errors: ERR_NOT_FOUND "directory.key". */
enum err directory_key_at(struct call *c, struct str office, int64_t at_ms,
                          struct office_key *ret_key);

/* Whether the office signed the bytes with a key of that id that it has or had; `ret_key` is that
 * key. A signature that does not hold is no error. */
enum err directory_signed(struct call *c, const struct arrival *a, const char *purpose,
                          struct str key_id, bool *ret_holds, struct office_key *ret_key);

/* The statements of an office, this one's too, in their order: the newest that fit. */
enum err directory_chain(struct call *c, struct str office, struct str *ret_chain);
/* The frame that version n of this office's record carries. Errors: ERR_NOT_FOUND "directory.key".
 */
enum err directory_frame(struct call *c, struct str record, int64_t n, struct str *ret_frame);

/* What is known of a peer's present key. Errors: ERR_NOT_FOUND "peer.unknown". */
enum err directory_state(struct call *c, struct str office, struct key_state *ret_state);
/* Believes a chain that leads on from a peer's present key; a chain that tells nothing new changes
 * nothing. Opens its own transaction, only when there is something to believe.
 * Errors: ERR_DENIED "key.broken"; ERR_SYNTAX "key.form"; ERR_NOT_FOUND "peer.unknown". */
enum err directory_meet(struct call *c, struct str office, struct str chain);
/* The same for one frame out of the feed, only inside store_tx; gives the key it names, also when
 * it was known. */
enum err directory_learn(struct call *c, struct str office, struct str frame,
                         struct office_key *ret_key);

/* Goes on with a new key. Shapes: the frame was made by key_frame_write for this office; only
 * inside store_tx. Every peer gets the statement in its feed, behind all that waits, because what
 * waits carries the old key's signature. */
enum err directory_rotate(struct call *c, const struct key_frame *frame);
/* This office's state, and the leaves of its log with the one that a change adds. */
enum err directory_self(struct call *c, struct key_state *ret_state, int64_t *ret_size);

/* Projects a version of either record. */
enum err directory_apply(struct call *c, const struct version *v, struct str office,
                         const struct org_key *key);

/* The peer of that id or code. A code that no peer has now stands for the one that had it last.
 * Inside store_read. Errors: ERR_NOT_FOUND "peer.unknown". */
enum err directory_find(struct call *c, struct str name, struct str *ret_office);
/* A peer's names and keys over time, the newest first, as rows {office, code, name, address,
 * public_key, key, from, until, reason}. Errors: ERR_NOT_FOUND "peer.unknown". */
enum err directory_history(struct call *c, struct str office, struct node *list);
