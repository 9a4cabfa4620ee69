#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http_peer.h" /* before cmocka.h, which defines fail() */

#include <cmocka.h>

/* One authority that has signed the server and one client; made anew for each test. */
struct stage {
    struct arena *arena;
    struct http_peer peer;
    EVP_PKEY *key; /* of everybody: only the certificates differ */
    X509 *authority;
    X509 *server;
    X509 *client;
    X509 *stranger; /* signed by itself */
    SSL_CTX *context;
};

static X509 *certificate(EVP_PKEY *key, const char *name, X509 *issuer, bool is_authority)
{
    X509 *cert = X509_new();
    (void)X509_set_version(cert, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), is_authority ? 1 : 2);
    (void)X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    (void)X509_set_pubkey(cert, key);
    X509_NAME *subject = X509_get_subject_name(cert);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1,
                                     -1, 0);
    (void)X509_set_issuer_name(cert, X509_get_subject_name(issuer != NULL ? issuer : cert));
    X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
                                                is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    (void)X509_add_ext(cert, basic, -1);
    X509_EXTENSION_free(basic);
    ensure(X509_sign(cert, key, EVP_sha256()) > 0);
    return cert;
}

static int64_t plan(void *arg, const struct http_request *rq)
{
    (void)arg;
    (void)rq;
    return 4 * 1024 * 1024;
}

static void reply_file(struct http_reply *reply)
{
    int fd = memfd_create("reply", MFD_CLOEXEC);
    ensure(ftruncate(fd, 300000) == 0);
    ensure(pwrite(fd, "end", 3, 299997) == 3);
    http_reply_file(reply, S("text/plain"), fd, 100000, 200000);
}

/* Answers with the subject of the client's certificate, or with as many bytes as asked for. */
static void handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    (void)arg;
    int64_t bytes = 0;
    if (parse_int(http_query(rq, S("bytes")), 1, 16 * 1024 * 1024, &bytes)) {
        char *text = arena_alloc(rq->arena, (size_t)bytes);
        memset(text, 'x', (size_t)bytes);
        http_reply_text(reply, 200, S("text/plain"), (struct str){text, (size_t)bytes});
        return;
    }
    if (str_eq(rq->path, S("/file"))) {
        reply_file(reply);
        return;
    }
    const unsigned char *der = (const unsigned char *)rq->peer_cert.ptr;
    X509 *cert = der == NULL ? NULL : d2i_X509(NULL, &der, (long)rq->peer_cert.len);
    char name[64] = "nobody";
    if (cert != NULL) {
        (void)X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name,
                                        sizeof name);
    }
    X509_free(cert);
    struct str text =
        str_format(rq->arena, "%s secure=%d body=%lld", name, rq->secure, (long long)rq->body.size);
    http_reply_text(reply, 200, S("text/plain"), text);
}

static const struct http_handler HANDLER = {.plan = plan, .handle = handle};

static void stage_begin(struct stage *stage, bool mutual)
{
    *stage = (struct stage){.arena = arena_open(0), .key = EVP_EC_gen("P-256")};
    stage->authority = certificate(stage->key, "authority", NULL, true);
    stage->server = certificate(stage->key, "server", stage->authority, false);
    stage->client = certificate(stage->key, "client", stage->authority, false);
    stage->stranger = certificate(stage->key, "stranger", NULL, false);
    stage->context = SSL_CTX_new(TLS_server_method());
    ensure(SSL_CTX_use_certificate(stage->context, stage->server) == 1);
    ensure(SSL_CTX_use_PrivateKey(stage->context, stage->key) == 1);
    ensure(SSL_CTX_set_min_proto_version(stage->context, TLS1_2_VERSION) == 1);
    if (mutual) {
        SSL_CTX_set_verify(stage->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        ensure(X509_STORE_add_cert(SSL_CTX_get_cert_store(stage->context), stage->authority) == 1);
    }
    http_peer_start(&stage->peer, &(struct http_config){.limits = {.head_ms = 500}}, stage->context,
                    &HANDLER, NULL);
}

static void stage_end(struct stage *stage)
{
    http_peer_stop(&stage->peer);
    SSL_CTX_free(stage->context);
    X509_free(stage->authority);
    X509_free(stage->server);
    X509_free(stage->client);
    X509_free(stage->stranger);
    EVP_PKEY_free(stage->key);
    arena_close(stage->arena);
}

static void put_rest(SSL *tls, struct sb *sb)
{
    char piece[16 * 1024];
    size_t n = 0;
    while (SSL_read_ex(tls, piece, sizeof piece, &n) == 1) {
        sb_put(sb, (struct str){piece, n});
    }
}

/* Speaks TLS, sends the request, reads to the end; empty when the server refuses. */
static struct str ask(struct stage *stage, X509 *certificate_used, int version, struct str request)
{
    struct sb sb = sb_new(stage->arena, 0);
    int fd = http_peer_connect(&stage->peer);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    (void)SSL_CTX_set_max_proto_version(context, version);
    if (certificate_used != NULL) {
        ensure(SSL_CTX_use_certificate(context, certificate_used) == 1);
        ensure(SSL_CTX_use_PrivateKey(context, stage->key) == 1);
    }
    SSL *tls = SSL_new(context);
    (void)SSL_set_fd(tls, fd);
    size_t sent = 0;
    if (SSL_connect(tls) == 1 && SSL_write_ex(tls, request.ptr, request.len, &sent) == 1) {
        put_rest(tls, &sb);
    }
    SSL_free(tls);
    SSL_CTX_free(context);
    ERR_clear_error();
    (void)close(fd);
    return sb_str(&sb);
}

#define LAST_REQUEST(target) S("GET " target " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

static void a_request_over_tls_is_answered(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, false);
    struct str reply = ask(&stage, NULL, TLS1_3_VERSION, LAST_REQUEST("/"));
    assert_true(str_ends(reply, S("nobody secure=1 body=0")));
    reply = ask(&stage, NULL, TLS1_2_VERSION, LAST_REQUEST("/"));
    assert_true(str_ends(reply, S("nobody secure=1 body=0")));
    stage_end(&stage);
}

static void a_client_with_a_certificate_is_told_to_the_handler(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, true);
    struct str reply = ask(&stage, stage.client, TLS1_3_VERSION, LAST_REQUEST("/"));
    assert_true(str_ends(reply, S("client secure=1 body=0")));
    stage_end(&stage);
}

static void a_client_without_certificate_is_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, true);
    assert_int_equal(ask(&stage, NULL, TLS1_3_VERSION, LAST_REQUEST("/")).len, 0);
    assert_int_equal(ask(&stage, NULL, TLS1_2_VERSION, LAST_REQUEST("/")).len, 0);
    assert_int_equal(http_server_figures(stage.peer.server).requests, 0);
    stage_end(&stage);
}

static void a_client_with_a_strange_certificate_is_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, true);
    assert_int_equal(ask(&stage, stage.stranger, TLS1_3_VERSION, LAST_REQUEST("/")).len, 0);
    assert_int_equal(http_server_figures(stage.peer.server).requests, 0);
    stage_end(&stage);
}

static void requests_in_one_tls_record_are_all_answered(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, false);
    struct sb sb = sb_new(stage.arena, 0);
    for (int i = 0; i < 200; i++)
        sb_put(&sb, S("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    sb_put(&sb, S("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
    sb_put(&sb, LAST_REQUEST("/"));
    struct str rest = ask(&stage, NULL, TLS1_3_VERSION, sb_str(&sb));
    size_t count = 0;
    size_t at = str_find(rest, S("HTTP/1.1 200"), 0);
    while (at < rest.len) {
        count++;
        at = str_find(rest, S("HTTP/1.1 200"), at + 1);
    }
    assert_int_equal(count, 202);
    stage_end(&stage);
}

static void large_bodies_pass_tls_in_both_directions(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, false);
    size_t bytes = (size_t)3 * 1024 * 1024;
    struct sb sb = sb_new(stage.arena, 0);
    char *body = arena_alloc(stage.arena, bytes);
    sb_printf(&sb, "PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
              bytes);
    sb_put(&sb, (struct str){body, bytes});
    struct str reply = ask(&stage, NULL, TLS1_3_VERSION, sb_str(&sb));
    assert_true(str_ends(reply, S("body=3145728")));
    reply = ask(&stage, NULL, TLS1_3_VERSION, LAST_REQUEST("/?bytes=5000000"));
    size_t head = str_find(reply, S("\r\n\r\n"), 0) + 4;
    assert_int_equal(reply.len - head, 5000000);
    stage_end(&stage);
}

static void a_file_passes_tls(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, false);
    struct str reply = ask(&stage, NULL, TLS1_3_VERSION, LAST_REQUEST("/file"));
    size_t head = str_find(reply, S("\r\n\r\n"), 0) + 4;
    assert_int_equal(reply.len - head, 200000);
    assert_true(str_ends(reply, S("end")));
    stage_end(&stage);
}

static void plain_bytes_on_a_tls_port_are_not_answered(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, false);
    (void)http_peer_ask(stage.arena, &stage.peer, LAST_REQUEST("/"));
    assert_int_equal(http_server_figures(stage.peer.server).requests, 0);
    stage_end(&stage);
}

static void a_handshake_that_stalls_is_given_up(void **state)
{
    (void)state;
    struct stage stage;
    stage_begin(&stage, false);
    assert_int_equal(http_peer_ask(stage.arena, &stage.peer, S("\x16\x03\x01")).len, 0);
    assert_int_equal(http_server_figures(stage.peer.server).dropped, 1);
    stage_end(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_over_tls_is_answered),
        cmocka_unit_test(a_client_with_a_certificate_is_told_to_the_handler),
        cmocka_unit_test(a_client_without_certificate_is_refused),
        cmocka_unit_test(a_client_with_a_strange_certificate_is_refused),
        cmocka_unit_test(requests_in_one_tls_record_are_all_answered),
        cmocka_unit_test(large_bodies_pass_tls_in_both_directions),
        cmocka_unit_test(a_file_passes_tls),
        cmocka_unit_test(plain_bytes_on_a_tls_port_are_not_answered),
        cmocka_unit_test(a_handshake_that_stalls_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
