/* The courier's plugin: orders become libcurl transfers. See main/courier.h. */
#include "base/limits.h"
#include "base/time.h"
#include "main/courier.h"
#include "main/fdpass.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <string.h>
#include <unistd.h>

enum {
    TRANSFERS_MAX = LIMIT_WIRE_QUESTIONS,
    HELLO_WAIT_MS = 60 * 1000,
    TURN_MS = 60 * 1000,
    CONNECT_MS = 10 * 1000,
    SLOW_BYTES_S = 512, /* slower than this for SLOW_S: given up */
    SLOW_S = 30,
    KEEP_CONNECTIONS = LIMIT_WIRE_QUESTIONS,
};

struct courier {
    const struct env *env;
    struct arena *arena;
    int conn_fd;
    EVP_PKEY *key;
    X509 *cert;
    int64_t since_ms;
    CURLM *multi;
    size_t running;
};

struct transfer {
    struct arena *arena; /* of everything that belongs to it */
    struct courier *courier;
    struct courier_order order;
    int fds[FDPASS_FDS_MAX];
    int64_t sent;
    int64_t received;
    struct curl_slist *headers;
    struct curl_slist *connect_to;
    struct curl_slist *recipients;
    char error[CURL_ERROR_SIZE];
    char why[COURIER_DETAIL_BYTES]; /* the certificate was refused; libcurl does not know */
};

static void cert_free(void *arg)
{
    X509_free(arg);
}

/* Shows the public key and takes the certificate. */
static bool introduce(struct courier *courier)
{
    struct courier_hello hello = {.magic = COURIER_MAGIC};
    struct courier_cert answer = {};
    int none[FDPASS_FDS_MAX];
    courier->key = cert_key_new(courier->arena);
    struct str key = cert_key_public(courier->arena, courier->key);
    hello.key_bytes = (uint32_t)key.len;
    memcpy(hello.key, key.ptr, key.len);
    struct str bytes = {(const char *)&hello, sizeof hello};
    if (!fdpass_send(courier->conn_fd, bytes, NULL, 0)) return false;
    ssize_t n = fdpass_receive(courier->conn_fd, HELLO_WAIT_MS, &answer, sizeof answer, none);
    if (n != (ssize_t)sizeof answer || answer.magic != COURIER_MAGIC) return false;
    if (answer.cert_bytes == 0 || answer.cert_bytes > sizeof answer.cert) return false;
    const unsigned char *at = answer.cert;
    courier->cert = d2i_X509(NULL, &at, (long)answer.cert_bytes);
    if (courier->cert == NULL) return false;
    arena_defer(courier->arena, cert_free, courier->cert);
    return true;
}

/* TLS */

/* A certificate by another key goes back to who asked: it may show how the office came to it. */
static void strange_keep(struct transfer *t, struct str cert)
{
    if (!str_eq(str_of(t->why), S("cert.signature"))) return;
    if ((int64_t)cert.len > t->order.answer_bytes_max) return;
    ssize_t n = pwrite(t->fds[COURIER_ANSWER_FD], cert.ptr, cert.len, 0);
    t->received = n == (ssize_t)cert.len ? n : 0;
}

/* Decides alone about the other side: the office's own key must vouch for the certificate. */
static int verify(X509_STORE_CTX *store, void *arg)
{
    struct transfer *t = arg;
    struct call c = call_begin(t->courier->env, NULL, NULL);
    unsigned char *der = NULL;
    int len = i2d_X509(X509_STORE_CTX_get0_cert(store), &der);
    struct str cert =
        len > 0 ? str_copy(c.arena, (struct str){(const char *)der, (size_t)len}) : (struct str){};
    OPENSSL_free(der);
    struct str public_key = {(const char *)t->order.public_key, sizeof t->order.public_key};
    struct str office = str_of(t->order.office);
    struct str fingerprint = str_of(t->order.fingerprint);
    enum err e = fingerprint.len > 0 ? cert_meet(&c, cert, fingerprint, &office)
                                     : cert_verify(&c, cert, office, public_key);
    if (e != OK) {
        struct str why = str_format(c.arena, "%s", c.failure.reason);
        memcpy(t->why, why.ptr, why.len + 1); /* a short constant */
        strange_keep(t, cert);
    }
    call_end(&c);
    X509_STORE_CTX_set_error(store, e == OK ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return e == OK;
}

static CURLcode tls_setup(CURL *easy, void *ssl_ctx, void *arg)
{
    (void)easy;
    SSL_CTX *ctx = ssl_ctx;
    struct transfer *t = arg;
    bool set = SSL_CTX_use_certificate(ctx, t->courier->cert) == 1 &&
               SSL_CTX_use_PrivateKey(ctx, t->courier->key) == 1 &&
               SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, verify, t);
    return set ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

/* Bodies */

static size_t body_read(char *to, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    int64_t left = t->order.body_bytes - t->sent;
    size_t want = size * count;
    if ((int64_t)want > left) want = (size_t)left;
    if (want == 0) return 0;
    ssize_t n = pread(t->fds[COURIER_BODY_FD], to, want, t->sent);
    if (n <= 0) return CURL_READFUNC_ABORT;
    t->sent += n;
    return (size_t)n;
}

/* curl asks for it when a kept connection turned out to be closed. */
static int body_seek(void *arg, curl_off_t offset, int origin)
{
    struct transfer *t = arg;
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    t->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static size_t answer_write(char *bytes, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    if ((int64_t)len > t->order.answer_bytes_max - t->received) return 0; /* gives it up */
    ssize_t n = pwrite(t->fds[COURIER_ANSWER_FD], bytes, len, t->received);
    if (n != (ssize_t)len) return 0;
    t->received += n;
    return len;
}

/* One transfer */

static void result_send(struct transfer *t, int32_t status, const char *detail)
{
    struct courier_result result = {
        .magic = COURIER_MAGIC, .status = status, .answer_bytes = t->received};
    struct str text = str_sub(str_of(detail), 0, COURIER_DETAIL_BYTES - 1);
    if (text.len > 0) memcpy(result.detail, text.ptr, text.len);
    /* who asked may have gone */
    (void)fdpass_send(t->fds[COURIER_RESULT_FD], (struct str){(const char *)&result, sizeof result},
                      NULL, 0);
}

static void transfer_end(struct transfer *t)
{
    for (size_t i = 0; i < FDPASS_FDS_MAX; i++) {
        if (t->fds[i] >= 0) (void)close(t->fds[i]);
    }
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->connect_to);
    curl_slist_free_all(t->recipients);
    arena_close(t->arena);
}

/* A time stamp authority: what it answers is signed, whoever hands it over. */
static bool is_foreign(const struct transfer *t)
{
    return t->order.office[0] == '\0' && t->order.fingerprint[0] == '\0';
}

/* The name in the address is the office's key and id, so that a kept connection is never used for
 * another office, nor for one that has another key by now; where it leads is the directory's
 * address. */
static bool options_where(CURL *easy, struct transfer *t)
{
    if (is_foreign(t)) {
        return curl_easy_setopt(easy, CURLOPT_URL, t->order.address) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
    }
    const char *office = t->order.office[0] != '\0' ? t->order.office : t->order.fingerprint;
    struct str public_key = {(const char *)t->order.public_key, 8};
    struct str key = hex_encode(t->arena, public_key);
    struct str url = str_format(t->arena, "https://%.*s.%s.office.invalid%s", STR_ARG(key), office,
                                t->order.path);
    struct str to = str_format(t->arena, "::%s", t->order.address);
    t->connect_to = curl_slist_append(NULL, to.ptr);
    return t->connect_to != NULL && curl_easy_setopt(easy, CURLOPT_URL, url.ptr) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECT_TO, t->connect_to) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK;
}

static bool options_limits(CURL *easy, const struct transfer *t)
{
    long slow_s = t->order.silent_ms > 0 ? (long)(t->order.silent_ms / 1000) : SLOW_S;
    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)t->order.wait_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_S) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, slow_s) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                            (curl_off_t)t->order.answer_bytes_max) == CURLE_OK;
}

/* Authorities do not exist between offices: verify() decides, so the library's own checks are
 * off. */
static bool options_tls(CURL *easy, struct transfer *t)
{
    return curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L) == CURLE_OK &&
           (is_foreign(t) ||
            curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, tls_setup) == CURLE_OK) &&
           curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t) == CURLE_OK;
}

static bool header_add(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    if (longer == NULL) return false;
    t->headers = longer;
    return true;
}

static bool options_headers(CURL *easy, struct transfer *t)
{
    bool added = header_add(t, "Expect:") && header_add(t, "Accept:");
    if (added && t->order.body_bytes >= 0) {
        added = header_add(t, is_foreign(t) ? "Content-Type: application/timestamp-query"
                                            : "Content-Type: application/octet-stream");
    }
    return added && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

static bool options_bodies(CURL *easy, struct transfer *t)
{
    bool set = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PRIVATE, t) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_write) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_WRITEDATA, t) == CURLE_OK;
    if (!set || t->order.body_bytes < 0) return set;
    bool mail = t->order.kind == COURIER_MAIL;
    CURLoption size = mail ? CURLOPT_INFILESIZE_LARGE : CURLOPT_POSTFIELDSIZE_LARGE;
    return curl_easy_setopt(easy, mail ? CURLOPT_UPLOAD : CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, size, (curl_off_t)t->order.body_bytes) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, body_read) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, t) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, body_seek) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SEEKDATA, t) == CURLE_OK;
}

/* ---- the office's own mail server, and the gateway: servers of the Internet, known by name ----
 */

static bool options_mail(CURL *easy, struct transfer *t)
{
    static const long USE_SSL[] = {[COURIER_TLS_NONE] = CURLUSESSL_NONE,
                                   [COURIER_TLS_START] = CURLUSESSL_ALL,
                                   [COURIER_TLS_WHOLE] = CURLUSESSL_ALL};
    const struct courier_order *o = &t->order;
    const char *scheme = o->tls == COURIER_TLS_WHOLE ? "smtps" : "smtp";
    struct str url = str_format(t->arena, "%s://%s", scheme, o->address);
    struct str from = str_format(t->arena, "<%s>", o->from);
    struct str to = str_format(t->arena, "<%s>", o->to);
    t->recipients = curl_slist_append(NULL, to.ptr);
    bool set = t->recipients != NULL && curl_easy_setopt(easy, CURLOPT_URL, url.ptr) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_USE_SSL, USE_SSL[o->tls]) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from.ptr) == CURLE_OK &&
               curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, t->recipients) == CURLE_OK;
    if (!set || o->user[0] == '\0') return set;
    return curl_easy_setopt(easy, CURLOPT_USERNAME, o->user) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PASSWORD, o->secret) == CURLE_OK;
}

static bool options_gateway(CURL *easy, struct transfer *t)
{
    struct str token = str_format(t->arena, "Authorization: Bearer %s", t->order.secret);
    bool set = header_add(t, "Expect:") && header_add(t, "Content-Type: application/json") &&
               (t->order.secret[0] == '\0' || header_add(t, token.ptr));
    return set && curl_easy_setopt(easy, CURLOPT_URL, t->order.path) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK;
}

/* Each kind has its way; limits and bodies are the same. */
static bool options_kind(CURL *easy, struct transfer *t)
{
    if (t->order.kind == COURIER_MAIL) return options_mail(easy, t);
    if (t->order.kind == COURIER_GATEWAY) return options_gateway(easy, t);
    return options_where(easy, t) && options_tls(easy, t) && options_headers(easy, t);
}

static void transfer_begin(struct courier *courier, struct transfer *t)
{
    CURL *easy = curl_easy_init();
    bool begun = easy != NULL && options_kind(easy, t) && options_limits(easy, t) &&
                 options_bodies(easy, t) && curl_multi_add_handle(courier->multi, easy) == CURLM_OK;
    if (begun) {
        courier->running++;
        return;
    }
    curl_easy_cleanup(easy);
    result_send(t, 0, "curl");
    transfer_end(t);
}

static bool ends_in_zero(const char *text, size_t bytes)
{
    return memchr(text, '\0', bytes) != NULL;
}

static bool order_is_whole(const struct courier_order *o, const int *fds)
{
    bool body = o->body_bytes < 0 || fds[COURIER_BODY_FD] >= 0;
    bool texts = ends_in_zero(o->user, sizeof o->user) && ends_in_zero(o->from, sizeof o->from) &&
                 ends_in_zero(o->secret, sizeof o->secret) && ends_in_zero(o->to, sizeof o->to);
    bool kinds = o->kind <= COURIER_GATEWAY && o->tls <= COURIER_TLS_WHOLE;
    return o->magic == COURIER_MAGIC && texts && kinds &&
           ends_in_zero(o->method, sizeof o->method) &&
           ends_in_zero(o->address, sizeof o->address) && ends_in_zero(o->path, sizeof o->path) &&
           ends_in_zero(o->office, sizeof o->office) &&
           ends_in_zero(o->fingerprint, sizeof o->fingerprint) && body &&
           fds[COURIER_ANSWER_FD] >= 0 && fds[COURIER_RESULT_FD] >= 0;
}

/* Takes one order. False when the worker is gone. */
static bool order_take(struct courier *courier)
{
    struct arena *arena = arena_open(0);
    struct transfer *t = arena_alloc(arena, sizeof *t);
    t->arena = arena;
    t->courier = courier;
    ssize_t n = fdpass_receive(courier->conn_fd, 0, &t->order, sizeof t->order, t->fds);
    bool whole = n == (ssize_t)sizeof t->order && order_is_whole(&t->order, t->fds);
    if (whole) {
        transfer_begin(courier, t);
    } else {
        transfer_end(t);
    }
    return whole;
}

static void transfers_reap(struct courier *courier)
{
    int left = 0;
    CURLMsg *message = NULL;
    while ((message = curl_multi_info_read(courier->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        struct transfer *t = NULL;
        long status = 0;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        const char *detail = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
        if (t->why[0] != '\0') detail = t->why;
        result_send(t, code == CURLE_OK ? (int32_t)status : 0, code == CURLE_OK ? "" : detail);
        (void)curl_multi_remove_handle(courier->multi, easy);
        curl_easy_cleanup(easy);
        transfer_end(t);
        courier->running--;
    }
}

/* False when it is time to end: the worker is gone, or the certificate grows old and nothing is
 * under way; the supervisor then starts a new courier. */
static bool turn(struct courier *courier)
{
    int running = 0;
    struct curl_waitfd orders = {.fd = courier->conn_fd, .events = CURL_WAIT_POLLIN};
    bool room = courier->running < TRANSFERS_MAX;
    if (curl_multi_poll(courier->multi, &orders, room ? 1 : 0, TURN_MS, NULL) != CURLM_OK) {
        return false;
    }
    if (room && orders.revents != 0 && !order_take(courier)) return false;
    if (curl_multi_perform(courier->multi, &running) != CURLM_OK) return false;
    transfers_reap(courier);
    int64_t age_ms = courier->env->now_ms(courier->env->self) - courier->since_ms;
    return courier->running > 0 || age_ms < CERT_RENEW_DAYS * TIME_DAY_MS;
}

courier_entry courier_serve;

void courier_serve(const struct env *env, int conn_fd)
{
    struct courier courier = {.env = env, .arena = arena_open(0), .conn_fd = conn_fd};
    courier.since_ms = env->now_ms(env->self);
    if (!introduce(&courier)) return;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return;
    courier.multi = curl_multi_init();
    if (courier.multi == NULL) return;
    (void)curl_multi_setopt(courier.multi, CURLMOPT_MAXCONNECTS, (long)KEEP_CONNECTIONS);
    while (turn(&courier)) {
    }
}
