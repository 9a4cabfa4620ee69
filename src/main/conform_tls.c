#include "main/conform_kit.h"

#include <netdb.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_S = 30, ANSWER_BYTES_MAX = 1024 * 1024, HOST_MAX = 256 };

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

static void ctx_end(void *arg)
{
    SSL_CTX_free(arg);
}

static void ssl_end(void *arg)
{
    SSL_free(arg);
}

static void cert_end(void *arg)
{
    X509_free(arg);
}

/* A connection, or -1; closed with the call. */
static int connected(struct call *c, struct str address)
{
    char host[HOST_MAX] = {};
    size_t colon = address.len;
    while (colon > 0 && address.ptr[colon - 1] != ':')
        colon--;
    if (colon < 2 || colon > sizeof host) return -1;
    memcpy(host, address.ptr, colon - 1);
    struct addrinfo *found = NULL;
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    if (getaddrinfo(host, str_zero(c->arena, str_sub(address, colon, address.len)), &wanted,
                    &found) != 0)
        return -1;
    int *fd = arena_alloc(c->arena, sizeof *fd);
    const struct timeval wait = {.tv_sec = WAIT_S};
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool open = *fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
                setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
                connect(*fd, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    if (*fd >= 0) arena_defer(c->arena, fd_end, fd);
    return open ? *fd : -1;
}

static bool show(struct call *c, SSL *ssl, const struct kit_voice *voice)
{
    const unsigned char *at = (const unsigned char *)voice->cert.ptr;
    X509 *cert = d2i_X509(NULL, &at, (long)voice->cert.len);
    if (cert == NULL) return false;
    arena_defer(c->arena, cert_end, cert);
    return SSL_use_certificate(ssl, cert) == 1 && SSL_use_PrivateKey(ssl, voice->key) == 1;
}

/* After the handshake, whatever certificate came: a story says what must hold of it. */
static SSL *shaken(struct call *c, const struct kit_question *q, int fd)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    ensure(ctx != NULL);
    arena_defer(c->arena, ctx_end, ctx);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    int version = q->old_tls ? TLS1_2_VERSION : TLS1_3_VERSION;
    bool set = SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
               SSL_CTX_set_max_proto_version(ctx, version) == 1;
    SSL *ssl = set ? SSL_new(ctx) : NULL;
    ensure(ssl != NULL);
    arena_defer(c->arena, ssl_end, ssl);
    bool ready = (q->voice == NULL || show(c, ssl, q->voice)) && SSL_set_fd(ssl, fd) == 1;
    return ready && SSL_connect(ssl) == 1 ? ssl : NULL;
}

static struct str server_cert(struct call *c, SSL *ssl)
{
    unsigned char *der = NULL;
    X509 *cert = SSL_get1_peer_certificate(ssl);
    int len = cert == NULL ? 0 : i2d_X509(cert, &der);
    struct str copy = {};
    if (len > 0) copy = str_copy(c->arena, (struct str){(const char *)der, (size_t)len});
    OPENSSL_free(der);
    X509_free(cert);
    return copy;
}

/* Status and body of what came until the end. */
static void reply_read(struct str text, struct kit_answer *answer)
{
    int64_t status = 0;
    size_t end = str_find(text, S("\r\n\r\n"), 0);
    bool form = str_starts(text, S("HTTP/1.1 ")) && text.len > 12 && end < text.len &&
                parse_int(str_sub(text, 9, 12), 100, 599, &status);
    if (!form) return;
    struct str head = str_sub(text, 0, end);
    answer->status = (int)status;
    answer->allow = str_find(head, S("\r\nAllow:"), 0) < head.len;
    answer->body = str_sub(text, end + 4, text.len);
}

struct kit_answer kit_tls(struct kit *kit, const struct kit_question *q)
{
    struct call *c = kit->c;
    struct kit_answer answer = {};
    int fd = connected(c, kit->address);
    SSL *ssl = fd < 0 ? NULL : shaken(c, q, fd);
    if (ssl == NULL) return answer;
    answer.cert = server_cert(c, ssl);
    struct sb sb = sb_new(c->arena, 0);
    sb_printf(&sb, "%s %s HTTP/1.1\r\nHost: office\r\nConnection: close\r\n", q->method, q->path);
    if (q->body.len > 0) sb_printf(&sb, "Content-Length: %zu\r\n", q->body.len);
    sb_put(&sb, S("\r\n"));
    sb_put(&sb, q->body);
    struct str request = sb_str(&sb);
    (void)SSL_write(ssl, request.ptr, (int)request.len); /* who refuses may answer before its end */
    char *bytes = arena_alloc(c->arena, ANSWER_BYTES_MAX);
    size_t got = 0;
    int n = 1;
    while (n > 0 && got < ANSWER_BYTES_MAX) {
        n = SSL_read(ssl, bytes + got, (int)(ANSWER_BYTES_MAX - got));
        if (n > 0) got += (size_t)n;
    }
    reply_read((struct str){bytes, got}, &answer);
    return answer;
}
