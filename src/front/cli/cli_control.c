#include "front/cli/cli_control.h"

#include "base/limits.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ANSWER_WAIT_MS = 120 * 1000, /* a check of a large office takes its time */
    READ_BYTES = 16 * 1024,
    ANSWER_BYTES_MAX = 64 * 1024 * 1024
};

static int control_connect(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "control.sock"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (const struct sockaddr *)&name, sizeof name) == 0) return fd;
    (void)close(fd);
    return -1;
}

bool control_answers(void)
{
    int fd = control_connect();
    if (fd >= 0) (void)close(fd);
    return fd >= 0;
}

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

static bool send_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = str_sub(bytes, (size_t)n, bytes.len);
    }
    return true;
}

struct str control_request(struct call *c, const struct cli_request *request)
{
    struct sb sb = sb_new(c->arena, ANSWER_BYTES_MAX);
    sb_printf(&sb, "%s %.*s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", request->method,
              STR_ARG(request->path));
    sb_printf(&sb, "Accept-Language: %s\r\n", c->lang == LANG_EN ? "en" : "vi");
    if (request->login.len > 0) sb_printf(&sb, "Phoihop-As: %.*s\r\n", STR_ARG(request->login));
    if (request->once.len > 0) {
        sb_printf(&sb, "Idempotency-Key: %.*s\r\n", STR_ARG(request->once));
    }
    if (request->body.len > 0) {
        sb_printf(&sb, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                  request->body.len);
    } else if (!str_eq(str_of(request->method), S("GET"))) {
        sb_put(&sb, S("Content-Length: 0\r\n"));
    }
    sb_put(&sb, S("\r\n"));
    sb_put(&sb, request->body);
    return sb_str(&sb);
}

enum err control_send(struct call *c, const struct cli_request *request,
                      struct control *ret_control)
{
    int *fd = arena_alloc(c->arena, sizeof *fd);
    *fd = control_connect();
    if (*fd < 0) return fail(c, ERR_IO, "cli.control");
    arena_defer(c->arena, fd_end, fd);
    if (!send_all(*fd, control_request(c, request))) return fail(c, ERR_IO, "cli.control");
    *ret_control = (struct control){.fd = *fd};
    return OK;
}

/* Reads some more. 1: bytes came; 0: the end; -1: time is over or the connection broke. */
static int fill(struct call *c, struct control *control, int64_t wait_ms)
{
    if (control->fd < 0) return 0; /* it lies in memory, whole */
    if (control->cap - control->len < READ_BYTES) {
        size_t cap = (control->cap + READ_BYTES) * 2;
        if (cap > ANSWER_BYTES_MAX) return -1;
        char *grown = arena_alloc(c->arena, cap);
        if (control->len > 0) memcpy(grown, control->buffer, control->len);
        control->buffer = grown;
        control->cap = cap;
    }
    struct pollfd ready = {.fd = control->fd, .events = POLLIN};
    if (poll(&ready, 1, (int)wait_ms) <= 0) return -1;
    ssize_t n = recv(control->fd, control->buffer + control->len, control->cap - control->len, 0);
    if (n < 0) return -1;
    control->len += (size_t)n;
    return n > 0 ? 1 : 0;
}

static struct str pending(const struct control *control)
{
    return (struct str){control->buffer, control->len};
}

static void consume(struct control *control, size_t bytes)
{
    ensure(bytes <= control->len);
    control->buffer += bytes;
    control->len -= bytes;
    control->cap -= bytes;
}

struct answer_head {
    int64_t length; /* -1: none told */
    bool chunked;
};

static enum err head_read(struct call *c, struct control *control, struct control_answer *answer,
                          struct answer_head *ret_head)
{
    size_t end = 0;
    while ((end = str_find(pending(control), S("\r\n\r\n"), 0)) == control->len) {
        if (control->len > LIMIT_HTTP_HEAD_BYTES || fill(c, control, ANSWER_WAIT_MS) <= 0) {
            return fail(c, ERR_IO, "cli.control");
        }
    }
    struct str head = str_copy(c->arena, str_sub(pending(control), 0, end));
    consume(control, end + 4);
    int64_t status = 0;
    struct str line = {};
    struct str rest = {};
    (void)str_cut(head, '\n', &line, &rest); /* a head of one line has no rest */
    if (!parse_int(str_sub(line, 9, 12), 100, 599, &status)) return fail(c, ERR_IO, "cli.control");
    *ret_head = (struct answer_head){.length = -1};
    for (bool more = true; more;) {
        struct str name = {};
        struct str value = {};
        more = str_cut(rest, '\n', &line, &rest);
        (void)str_cut(line, ':', &name, &value); /* what is no header matches no name below */
        if (name.len == 14 && strncasecmp(name.ptr, "Content-Length", 14) == 0) {
            (void)parse_int(str_trim(value), 0, ANSWER_BYTES_MAX, &ret_head->length);
        } else if (name.len == 17 && strncasecmp(name.ptr, "Transfer-Encoding", 17) == 0) {
            ret_head->chunked = true;
        }
    }
    answer->status = (int)status;
    return OK;
}

enum err control_head(struct call *c, struct control *control, struct control_answer *ret_head)
{
    struct answer_head head = {};
    return head_read(c, control, ret_head, &head);
}

/* The size line of a piece: hexadecimal. */
static bool piece_size(struct str line, size_t *ret_size)
{
    size_t size = 0;
    if (line.len == 0 || line.len > 7) return false;
    for (size_t i = 0; i < line.len; i++) {
        static const char DIGITS[] = "0123456789abcdef";
        const char *at = strchr(DIGITS, line.ptr[i] | 0x20);
        if (at == NULL || *at == '\0') return false;
        size = size * 16 + (size_t)(at - DIGITS);
    }
    *ret_size = size;
    return true;
}

/* Joins a whole body that came in pieces. */
static enum err pieces_join(struct call *c, struct str raw, struct str *ret_body)
{
    struct sb sb = sb_new(c->arena, ANSWER_BYTES_MAX);
    for (;;) {
        size_t end = str_find(raw, S("\r\n"), 0);
        size_t size = 0;
        if (end == raw.len || !piece_size(str_sub(raw, 0, end), &size)) break;
        if (size == 0) {
            *ret_body = sb_str(&sb);
            return OK;
        }
        if (raw.len - end < size + 4) break;
        sb_put(&sb, str_sub(raw, end + 2, end + 2 + size));
        raw = str_sub(raw, end + 2 + size + 2, raw.len);
    }
    return fail(c, ERR_IO, "cli.control");
}

enum err control_answer(struct call *c, struct control *control, struct control_answer *ret_answer)
{
    struct answer_head head = {};
    enum err e = head_read(c, control, ret_answer, &head);
    if (e != OK) return e;
    int got = 1;
    while (got > 0 && (head.length < 0 || control->len < (size_t)head.length))
        got = fill(c, control, ANSWER_WAIT_MS);
    if (got < 0) return fail(c, ERR_IO, "cli.control");
    if (head.chunked) return pieces_join(c, pending(control), &ret_answer->body);
    if (head.length >= 0 && control->len != (size_t)head.length) {
        return fail(c, ERR_IO, "cli.control");
    }
    ret_answer->body = pending(control);
    return OK;
}

enum err control_parse(struct call *c, struct str bytes, struct control_answer *ret_answer)
{
    struct control control = {
        .fd = -1, .buffer = arena_copy(c->arena, bytes.ptr, bytes.len), .len = bytes.len};
    control.cap = bytes.len;
    return control_answer(c, &control, ret_answer);
}

bool control_line(struct call *c, struct control *control, int64_t wait_ms, struct str *ret_line)
{
    int64_t until_ms = c->env->now_ms(c->env->self) + wait_ms;
    size_t end = 0;
    while ((end = str_find(pending(control), S("\n"), 0)) == control->len) {
        int64_t left_ms = until_ms - c->env->now_ms(c->env->self);
        if (left_ms <= 0 || fill(c, control, left_ms) <= 0) return false;
    }
    *ret_line = str_copy(c->arena, str_trim(str_sub(pending(control), 0, end)));
    consume(control, end + 1);
    return true;
}
