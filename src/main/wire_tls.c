#include "main/wire_tls.h"

#include "base/time.h"
#include "front/tls/cert.h"

#include <openssl/ssl.h>

struct wire_tls {
    const struct env *env;
    struct keeper_client *keeper;
    SSL_CTX *ctx;
    struct arena *arena; /* of the present key and certificate */
    EVP_PKEY *key;
    X509 *cert;
    int64_t made_ms;
};

static void cert_free(void *arg)
{
    X509_free(arg);
}

/* Replaces key and certificate; connections that use the old ones hold references to them. */
static enum err renew(struct call *c, struct wire_tls *tls)
{
    struct arena *arena = arena_open(0);
    EVP_PKEY *key = cert_key_new(arena);
    struct str der = {};
    enum err e = keeper_client_certify(tls->keeper, c, cert_key_public(arena, key),
                                       c->now_ms + CERT_DAYS * TIME_DAY_MS - TIME_DAY_MS, &der);
    if (e != OK) {
        arena_close(arena);
        return e;
    }
    const unsigned char *at = (const unsigned char *)der.ptr;
    X509 *cert = d2i_X509(NULL, &at, (long)der.len);
    ensure(cert != NULL); /* the keeper's own */
    arena_defer(arena, cert_free, cert);
    arena_close(tls->arena);
    tls->arena = arena;
    tls->key = key;
    tls->cert = cert;
    tls->made_ms = c->now_ms;
    return OK;
}

/* Runs at the start of every connection, always on the server's loop thread. */
static int choose_cert(SSL *ssl, void *arg)
{
    struct wire_tls *tls = arg;
    if (tls->env->now_ms(tls->env->self) - tls->made_ms > CERT_RENEW_DAYS * TIME_DAY_MS) {
        struct call c = call_begin(tls->env, NULL, NULL);
        if (renew(&c, tls) != OK) call_clear(&c); /* the present one still holds for weeks */
        call_end(&c);
    }
    return SSL_use_certificate(ssl, tls->cert) == 1 && SSL_use_PrivateKey(ssl, tls->key) == 1;
}

/* The client has shown that it holds the certificate's key; the rest is the handler's question. */
static int accept_any(X509_STORE_CTX *store, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

static void tls_end(void *arg)
{
    struct wire_tls *tls = arg;
    SSL_CTX_free(tls->ctx);
    arena_close(tls->arena);
}

enum err wire_tls_open(struct call *c, struct keeper_client *keeper, struct wire_tls **ret_tls)
{
    struct wire_tls *tls = arena_alloc(c->arena, sizeof *tls);
    *tls = (struct wire_tls){.env = c->env, .keeper = keeper};
    enum err e = renew(c, tls);
    if (e != OK) return e;
    tls->ctx = SSL_CTX_new(TLS_server_method());
    ensure(tls->ctx != NULL);
    arena_defer(c->arena, tls_end, tls);
    long set = SSL_CTX_set_min_proto_version(tls->ctx, TLS1_3_VERSION);
    ensure(set == 1);
    (void)SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_num_tickets(tls->ctx, 0);
    SSL_CTX_set_cert_cb(tls->ctx, choose_cert, tls);
    SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(tls->ctx, accept_any, NULL);
    *ret_tls = tls;
    return OK;
}

struct ssl_ctx_st *wire_tls_ctx(struct wire_tls *tls)
{
    return tls->ctx;
}
