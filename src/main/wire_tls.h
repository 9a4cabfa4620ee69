#pragma once
/*
 * wire_tls.h: the TLS of the door for other offices. Its key lives in this process only and is
 * renewed with its certificate before they grow old. A client must show a certificate; whose it is
 * and whether that office's key vouches for it is asked of the directory by the wire's handler
 * (front/tls/cert.h), because the loop thread may not touch the store.
 */
#include "main/keeper_client.h"

struct ssl_ctx_st;
struct wire_tls;

/* Makes a key and has the keeper vouch for it. Owns: the call's arena, which outlives the server.
 * Errors: those of keeper_client_certify. */
enum err wire_tls_open(struct call *c, struct keeper_client *keeper, struct wire_tls **ret_tls);
/* For http_server_listen. */
struct ssl_ctx_st *wire_tls_ctx(struct wire_tls *tls);
