#pragma once
/*
 * statement.h: signing and verifying the exchange's own statements, heads of batches and
 * acknowledgements. Signature: Ed25519(purpose || 0x00 || SHA-256(bytes)).
 */
#include "core/office.h"

struct statement {
    struct str office;   /* who is said to have signed */
    struct str key;      /* id of the key it names */
    const char *purpose; /* PURPOSE_FEED, PURPOSE_ACK */
    struct str bytes;
    struct str signature; /* 64 raw bytes */
};

/* Has this office's keeper sign. Errors: ERR_IO "keeper.gone". */
enum err statement_sign(struct call *c, const char *purpose, struct str bytes,
                        struct str *ret_signature);

/* Looks the office up in the directory and verifies, also with a key that it had before: who is
 * connected has proven the present one. Errors: peer_find's; ERR_DENIED "statement.key" for a key
 * that was never the office's or was revoked; ERR_DENIED "statement.signature". */
enum err statement_verify(struct call *c, const struct statement *statement, struct peer *ret_peer);
/* Verifies what this office is said to have signed. Errors: ERR_DENIED "statement.signature". */
enum err statement_verify_own(struct call *c, const struct statement *statement);
