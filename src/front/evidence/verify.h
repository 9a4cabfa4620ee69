#pragma once
/*
 * verify.h: proves what a container of evidence says, with nothing but the offices' public keys:
 * no store, no network, no program of an office running. Everything in the container is checked;
 * one thing that does not hold is named and makes the whole not hold.
 */
#include "core/view.h"
#include "front/evidence/asice.h"

/* A key that is believed. */
struct verify_key {
    struct str office; /* id */
    struct str code;   /* for reading only */
    struct str name;
    struct str public_key; /* 32 raw bytes */
    int64_t n;             /* statement that named it, and the key that was promised with it: */
    struct str next;       /* core/key_statement.h */
    struct str chain;      /* statements that came with the card */
    bool revoked;          /* counts only for what stands in the office's log ... */
    int64_t revoked_size;  /* ... below this number of leaves */
};

struct verify_keys {
    const struct verify_key *keys;
    size_t count;
    bool given; /* by the person who verifies; else the container's own: they prove only that
                   everything was signed by the same keys */
};

/* Reads keys as `phoihop card` prints them: JSON objects, one after another or in a list.
 * Errors: ERR_SYNTAX "verify.keys". */
enum err verify_keys_read(struct call *c, struct str json, struct verify_keys *ret_keys);

/* Checks a container. Shapes: keys may be NULL: the container's own are used. ret_report is a map
 * {holds, keys, sealed {office, code, time}, records: [{record, n, hash, office, code}],
 * held: [{office, code, what, record, n, time, number, reason}], logged: [{office, code, object,
 * index, size, witnesses}], files, missing, findings:
 * [{what, where}]}; `what` of held is R1, R2, R3 or R-.
 * Errors: those of asice_plugin.read; what does not hold is no error but a finding. */
enum err verify_container(struct call *c, const struct asice_plugin *plugin, struct str path,
                          const struct verify_keys *keys, struct node **ret_report);
