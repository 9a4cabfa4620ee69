#pragma once
/* verify_run.h: one verification under way, shared by verify.c and verify_objects.c. */
#include "core/record.h"
#include "front/evidence/verify.h"

/* A version that holds. */
struct verified_version {
    struct str record;
    int64_t n;
    struct str hash; /* hex */
    struct version version;
};

/* What an office said of an object, until all versions are known. */
struct verified_claim {
    struct str office;
    struct str record;
    int64_t n;
    struct str hash;  /* of the version spoken of */
    const char *what; /* R1, R2, R3, R- */
    struct str where;
    struct str own; /* hex hash of a receipt itself */
    int64_t time_ms;
    struct str number;
    struct str reason;
};

/* An object that a log holds. */
struct verified_proof {
    struct str object; /* hex */
    struct str office; /* whose log */
    int64_t index;
    int64_t size;      /* of the log at the checkpoint */
    int64_t witnesses; /* other offices whose cosignature holds */
    struct str where;
};

/* An object signed by a revoked key: it counts once the office's own log shows it below. */
struct verified_revoked {
    struct str object; /* hex */
    const struct verify_key *key;
    struct str where;
};

struct verify {
    struct verify_keys keys;
    struct verified_revoked *revoked;
    size_t revoked_count;
    struct node *findings;
    struct verified_version *versions;
    size_t version_count;
    struct verified_claim *claims;
    size_t claim_count;
    struct verified_proof *proofs;
    size_t proof_count;
    struct file_ref *files; /* that the versions name */
    size_t file_count;
    bool holds;
};

/* Notes what does not hold. */
void verify_finds(struct call *c, struct verify *v, const char *what, struct str where);

/* The key of an office as its card has it, or NULL; exactly this key of the office, which may be an
 * earlier or later one; the one of that id. */
const struct verify_key *verify_key_of(const struct verify *v, struct str office);
const struct verify_key *verify_key_find(const struct verify *v, struct str office,
                                         struct str public_key);
const struct verify_key *verify_key_named(struct call *c, const struct verify *v,
                                          struct str office, struct str id);

/* Adds the keys to which statements lead, forward and back, from those that are believed; the
 * statements may come from the cards or from the container. */
void verify_keys_follow(struct call *c, struct verify *v, const struct verify_keys *container);

/* Checks the lines of objects.jsonl one by one, then against each other.
 * Errors: ERR_LIMIT "evidence.too_large". */
enum err verify_objects(struct call *c, struct verify *v, struct str lines);

/* Adds records, held and logged to the report. */
void verify_tell(struct call *c, const struct verify *v, struct node *report);
