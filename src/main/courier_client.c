#include "main/courier_client.h"

#include "base/time.h"
#include "main/fdpass.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINK_WAIT_MS = 5 * 1000,
    HELLO_WAIT_MS = 10 * 1000,
    GRACE_MS = 5 * 1000,
    TRIES = 2,
    MAIL_WAIT_MS = 15 * 1000, /* one letter or text; JOB_CLAIM of them fit into a claim */
    ANSWER_BYTES_MAX = 64 * 1024,
};

void courier_client_init(struct courier_client *client, int link_fd, struct keeper_client *keeper)
{
    *client = (struct courier_client){.link_fd = link_fd, .fd = -1, .keeper = keeper};
    int failed = pthread_mutex_init(&client->mutex, NULL);
    ensure(failed == 0);
}

void courier_client_stop(struct courier_client *client)
{
    (void)shutdown(client->link_fd, SHUT_RDWR); /* wakes who waits for the next courier */
}

/* Hears the new courier's key and gives it a certificate. */
static bool welcome(struct courier_client *client, struct call *c)
{
    struct courier_hello hello = {};
    struct courier_cert answer = {.magic = COURIER_MAGIC};
    int none[FDPASS_FDS_MAX];
    struct str der = {};
    ssize_t n = fdpass_receive(client->fd, HELLO_WAIT_MS, &hello, sizeof hello, none);
    bool whole = n == (ssize_t)sizeof hello && hello.magic == COURIER_MAGIC &&
                 hello.key_bytes > 0 && hello.key_bytes <= sizeof hello.key;
    if (!whole) return false;
    struct str key = {(const char *)hello.key, hello.key_bytes};
    int64_t not_after_ms = c->now_ms + (CERT_DAYS - 1) * TIME_DAY_MS;
    if (keeper_client_certify(client->keeper, c, key, not_after_ms, &der) != OK) {
        call_clear(c); /* the courier ends and comes again */
    } else {
        ensure(der.len <= sizeof answer.cert);
        answer.cert_bytes = (uint32_t)der.len;
        memcpy(answer.cert, der.ptr, der.len);
    }
    struct str bytes = {(const char *)&answer, sizeof answer};
    return fdpass_send(client->fd, bytes, NULL, 0) && answer.cert_bytes > 0;
}

static void disconnect(struct courier_client *client)
{
    if (client->fd >= 0) (void)close(client->fd);
    client->fd = -1;
}

static bool connected(struct courier_client *client, struct call *c)
{
    if (client->fd >= 0) return true;
    char none[16];
    int fds[FDPASS_FDS_MAX];
    if (fdpass_receive(client->link_fd, LINK_WAIT_MS, none, sizeof none, fds) < 0) return false;
    client->fd = fds[0];
    if (client->fd >= 0 && welcome(client, c)) return true;
    disconnect(client);
    return false;
}

/* Hands an order with its files to the present courier, or to the next one. */
static bool order_send(struct courier_client *client, struct call *c,
                       const struct courier_order *order, const int *fds, size_t fd_count)
{
    struct str bytes = {(const char *)order, sizeof *order};
    bool sent = false;
    int failed = pthread_mutex_lock(&client->mutex);
    ensure(failed == 0);
    for (int i = 0; i < TRIES && !sent; i++) {
        sent = connected(client, c) && fdpass_send(client->fd, bytes, fds, fd_count);
        if (!sent) disconnect(client);
    }
    failed = pthread_mutex_unlock(&client->mutex);
    ensure(failed == 0);
    return sent;
}

static bool text_put(char *to, size_t bytes, struct str text)
{
    if (text.len >= bytes) return false;
    if (text.len > 0) memcpy(to, text.ptr, text.len);
    return true;
}

static enum err failed(struct call *c, struct str detail)
{
    (void)fail(c, ERR_PEER, "courier.failed"); /* the next line returns the same */
    return fail_arg(c, "detail", detail);
}

static enum err order_fill(struct call *c, const struct wire_request *request,
                           struct courier_order *order)
{
    bool fits = text_put(order->method, sizeof order->method, request->method) &&
                text_put(order->address, sizeof order->address, request->address) &&
                text_put(order->path, sizeof order->path, request->path) &&
                text_put(order->office, sizeof order->office, request->office) &&
                text_put(order->fingerprint, sizeof order->fingerprint, request->fingerprint) &&
                (request->office.len == 0 || request->public_key.len == sizeof order->public_key);
    if (!fits) return failed(c, S("address"));
    if (request->public_key.len > 0)
        memcpy(order->public_key, request->public_key.ptr, sizeof order->public_key);
    order->body_bytes = str_eq(request->method, S("POST")) ? (int64_t)request->body.len : -1;
    order->answer_bytes_max = request->answer_bytes_max;
    order->wait_ms = request->wait_ms;
    order->silent_ms = request->silent_ms;
    return OK;
}

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

/* An unnamed file in memory that goes with the call. -1 when there is none to be had. */
static int memory_file(struct call *c, struct str bytes)
{
    int *fd = arena_alloc(c->arena, sizeof *fd);
    *fd = memfd_create("courier", MFD_CLOEXEC);
    if (*fd < 0) return -1;
    arena_defer(c->arena, fd_end, fd);
    while (bytes.len > 0) {
        ssize_t n = write(*fd, bytes.ptr, bytes.len);
        if (n <= 0) return -1;
        bytes = str_sub(bytes, (size_t)n, bytes.len);
    }
    return *fd;
}

static enum err answer_read(struct call *c, int fd, int64_t bytes, struct wire_answer *ret_answer)
{
    char *to = arena_alloc(c->arena, (size_t)bytes + 1);
    int64_t at = 0;
    while (at < bytes) {
        ssize_t n = pread(fd, to + at, (size_t)(bytes - at), at);
        if (n <= 0) return fail(c, ERR_IO, "courier.gone");
        at += n;
    }
    ret_answer->body = (struct str){to, (size_t)bytes};
    return OK;
}

/* Hands an order over; its result becomes readable at the question's file. */
static enum err order_begin(struct courier_client *client, struct call *c,
                            struct courier_order *order, struct str body,
                            struct wire_question *ret_question)
{
    int *ends = arena_array(c->arena, 2, sizeof *ends);
    ensure(order->wait_ms > 0 && order->wait_ms < INT32_MAX / 2);
    order->magic = COURIER_MAGIC;
    int answer_fd = memory_file(c, (struct str){});
    int body_fd = memory_file(c, body);
    if (answer_fd < 0 || body_fd < 0 || !fdpass_pair(ends)) return fail(c, ERR_IO, "courier.gone");
    arena_defer(c->arena, fd_end, &ends[0]);
    const int fds[] = {[COURIER_RESULT_FD] = ends[1],
                       [COURIER_ANSWER_FD] = answer_fd,
                       [COURIER_BODY_FD] = body_fd};
    bool sent = order_send(client, c, order, fds, ARRAY_LEN(fds));
    (void)close(ends[1]); /* so that the courier's end closes the last one */
    if (!sent) return fail(c, ERR_IO, "courier.gone");
    *ret_question = (struct wire_question){
        .fd = ends[0], .answer_fd = answer_fd, .answer_bytes_max = order->answer_bytes_max};
    return OK;
}

enum err courier_client_begin(void *self, struct call *c, const struct wire_request *rq,
                              struct wire_question *ret_question)
{
    struct courier_order *order = arena_alloc(c->arena, sizeof *order);
    enum err e = order_fill(c, rq, order);
    return e != OK ? e : order_begin(self, c, order, rq->body, ret_question);
}

enum err courier_client_end(void *self, struct call *c, const struct wire_question *question,
                            struct wire_answer *ret_answer)
{
    (void)self;
    struct courier_result result = {};
    int none[FDPASS_FDS_MAX];
    ssize_t n = fdpass_receive(question->fd, 0, &result, sizeof result, none);
    bool whole = n == (ssize_t)sizeof result && result.magic == COURIER_MAGIC &&
                 result.answer_bytes >= 0 && result.answer_bytes <= question->answer_bytes_max;
    if (!whole) return fail(c, ERR_IO, "courier.gone");
    result.detail[sizeof result.detail - 1] = '\0';
    bool strange = str_eq(str_of(result.detail), S("cert.signature")) && result.answer_bytes > 0;
    if (result.status == 0 && strange) {
        ret_answer->status = 0;
        return answer_read(c, question->answer_fd, result.answer_bytes, ret_answer);
    }
    if (result.status == 0) {
        return failed(c, str_copy(c->arena, str_of(result.detail)));
    }
    ret_answer->status = result.status;
    return answer_read(c, question->answer_fd, result.answer_bytes, ret_answer);
}

/* The same in one, for who has nothing else to do meanwhile. */
static enum err order_run(struct courier_client *client, struct call *c,
                          struct courier_order *order, struct str body,
                          struct wire_answer *ret_answer)
{
    struct wire_question question = {};
    enum err e = order_begin(client, c, order, body, &question);
    if (e != OK) return e;
    struct pollfd told = {.fd = question.fd, .events = POLLIN};
    int ready = poll(&told, 1, (int)(order->wait_ms + GRACE_MS));
    while (ready < 0 && errno == EINTR)
        ready = poll(&told, 1, (int)(order->wait_ms + GRACE_MS));
    if (ready <= 0) return fail(c, ERR_IO, "courier.gone");
    return courier_client_end(client, c, &question, ret_answer);
}

enum err courier_client_mail(struct courier_client *client, struct call *c,
                             const struct courier_letter *letter)
{
    struct courier_order *order = arena_alloc(c->arena, sizeof *order);
    struct wire_answer answer = {};
    bool fits = text_put(order->address, sizeof order->address, letter->server) &&
                text_put(order->user, sizeof order->user, letter->user) &&
                text_put(order->secret, sizeof order->secret, letter->password) &&
                text_put(order->from, sizeof order->from, letter->from) &&
                text_put(order->to, sizeof order->to, letter->to);
    if (!fits) return failed(c, S("address"));
    order->kind = COURIER_MAIL;
    order->tls = letter->tls;
    order->body_bytes = (int64_t)letter->message.len;
    order->answer_bytes_max = ANSWER_BYTES_MAX;
    order->wait_ms = MAIL_WAIT_MS;
    return order_run(client, c, order, letter->message, &answer);
}

enum err courier_client_text(struct courier_client *client, struct call *c, struct str url,
                             struct str token, struct str json)
{
    struct courier_order *order = arena_alloc(c->arena, sizeof *order);
    struct wire_answer answer = {};
    bool fits = text_put(order->path, sizeof order->path, url) &&
                text_put(order->secret, sizeof order->secret, token);
    if (!fits) return failed(c, S("address"));
    order->kind = COURIER_GATEWAY;
    order->body_bytes = (int64_t)json.len;
    order->answer_bytes_max = ANSWER_BYTES_MAX;
    order->wait_ms = MAIL_WAIT_MS;
    enum err e = order_run(client, c, order, json, &answer);
    if (e != OK || (answer.status >= 200 && answer.status < 300)) return e;
    (void)fail(c, ERR_PEER, "courier.refused"); /* the next line returns the same */
    return fail_arg(c, "status", str_format(c->arena, "%d", answer.status));
}
