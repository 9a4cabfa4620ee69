#pragma once
/*
 * keeper_client.h: the worker's door to the keeper. The supervisor starts a new keeper when one
 * ends and sends the new connection over the link; a request that was under way is made again.
 */
#include "core/office.h"

#include <pthread.h>

struct keeper_client {
    pthread_mutex_t mutex;
    int link_fd; /* from the supervisor: connections come over it */
    int fd;      /* the present connection; -1: none */
    struct str chain; /* what certificates carry, front/tls/cert.h; set once, before the first */
};

/* Shapes: link_fd stays open as long as the client. */
void keeper_client_init(struct keeper_client *client, int link_fd);

/* Leaves the present keeper, which ends with that; the next request goes to a new one. */
void keeper_client_renew(struct keeper_client *client);

/* signer.sign_note, `self` is the client. Errors: ERR_IO "keeper.gone"; ERR_INVALID
 * "keeper.refused". */
enum err keeper_client_sign_note(void *self, struct call *c, struct str text,
                                 uint8_t ret_signature[64]);
/* signer.sign, `self` is the client. Errors: ERR_IO "keeper.gone". */
enum err keeper_client_sign(void *self, struct call *c, const char *purpose,
                            const uint8_t (*hashes)[32], size_t count,
                            uint8_t (*ret_signatures)[64]);

/* signer.seal, `self` is the client. Errors: ERR_IO "keeper.gone". */
enum err keeper_client_seal(void *self, struct call *c, const uint8_t digest[32],
                            struct str *ret_der);

/* Has the office's key vouch for a TLS key until `not_after_ms`.
 * Errors: ERR_IO "keeper.gone"; ERR_INVALID "keeper.refused". */
enum err keeper_client_certify(struct keeper_client *client, struct call *c, struct str key_der,
                               int64_t not_after_ms, struct str *ret_der);
