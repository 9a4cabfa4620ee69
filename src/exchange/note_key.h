#pragma once
/*
 * note_key.h: signatures of notes by offices that have had several keys. A checkpoint or
 * cosignature made before a change of the key still holds; a revoked key of another office counts
 * no more.
 */
#include "exchange/checkpoint.h"

/* A signature that was looked for. */
struct note_key {
    enum note_verdict verdict;
    struct str public_key; /* 32 raw bytes: the key that made it, when it is good */
    struct str line;       /* of a cosignature, and its time */
    int64_t time_s;
};

/* Whether the office signed the note, or cosigned it. Inside store_read or store_tx. */
enum err note_signed_office(struct call *c, const struct note *note, struct str office,
                            struct note_key *ret_key);
enum err note_cosigned_office(struct call *c, const struct note *note, struct str office,
                              struct note_key *ret_key);
