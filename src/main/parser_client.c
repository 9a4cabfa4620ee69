#include "main/parser_client.h"

#include "base/limits.h"
#include "front/parse/answer.h"
#include "main/fdpass.h"
#include "main/parser.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINK_WAIT_MS = 5 * 1000,
    TURN_WAIT_MS = 2 * LIMIT_PARSE_WAIT_MS, /* for the job and those before it */
    TRIES = 2,
    MAGIC_BYTES = 1024, /* Source: ISO 32000-1 annex H: readers look there for the mark */
};

void parser_client_init(struct parser_client *client, int link_fd)
{
    *client = (struct parser_client){.link_fd = link_fd, .fd = -1};
    int failed = pthread_mutex_init(&client->mutex, NULL);
    ensure(failed == 0);
}

void parser_client_stop(struct parser_client *client)
{
    (void)shutdown(client->link_fd, SHUT_RDWR); /* wakes who waits for the next parser */
}

static bool connected(struct parser_client *client)
{
    if (client->fd >= 0) return true;
    char none[16];
    int fds[FDPASS_FDS_MAX];
    if (fdpass_receive(client->link_fd, LINK_WAIT_MS, none, sizeof none, fds) < 0) return false;
    client->fd = fds[0];
    return client->fd >= 0;
}

/* Hands an order with its files to the present parser, or to the next one. */
static bool order_send(struct parser_client *client, const struct parser_order *order,
                       const int *fds)
{
    struct str bytes = {(const char *)order, sizeof *order};
    bool sent = false;
    int failed = pthread_mutex_lock(&client->mutex);
    ensure(failed == 0);
    for (int i = 0; i < TRIES && !sent; i++) {
        sent = connected(client) && fdpass_send(client->fd, bytes, fds, FDPASS_FDS_MAX);
        if (sent || client->fd < 0) continue;
        (void)close(client->fd);
        client->fd = -1;
    }
    failed = pthread_mutex_unlock(&client->mutex);
    ensure(failed == 0);
    return sent;
}

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

/* What the job wrote. It has ended, and only it could write, so the file no longer changes. */
static enum err answer_bytes(struct call *c, int fd, struct str *ret_bytes)
{
    struct stat st = {};
    if (fstat(fd, &st) != 0) return fail(c, ERR_IO, "parse.gone");
    if (st.st_size > CAGE_OUTPUT_BYTES) return fail(c, ERR_INVALID, "parse.answer");
    char *to = arena_alloc(c->arena, (size_t)st.st_size + 1);
    off_t at = 0;
    while (at < st.st_size) {
        ssize_t n = pread(fd, to + at, (size_t)(st.st_size - at), at);
        if (n <= 0) return fail(c, ERR_IO, "parse.gone");
        at += n;
    }
    *ret_bytes = (struct str){to, (size_t)st.st_size};
    return OK;
}

/* How a job that gave no answer has ended, as a reason. */
static enum err ended(struct call *c, const struct parser_result *result)
{
    bool killed = result->ended == PARSER_KILLED;
    bool late = result->ended == PARSER_LATE || (killed && result->code == SIGXCPU);
    if (late) return fail(c, ERR_INVALID, "parse.time");
    if (killed && result->code == SIGXFSZ) return fail(c, ERR_INVALID, "parse.too_large");
    if (result->ended == PARSER_EXITED && result->code == PARSER_EXIT_CAGE)
        return fail(c, ERR_IO, "parse.gone");
    if (result->ended == PARSER_EXITED && result->code == PARSER_EXIT_TOOL)
        return fail(c, ERR_IO, "parse.tool");
    return fail(c, ERR_INVALID, "parse.broken");
}

/* One job, from its order to the bytes of its answer. */
static enum err job_run(struct parser_client *client, struct call *c,
                        const struct parser_order *order, int file_fd, struct str *ret_bytes)
{
    struct parser_result result = {};
    int none[FDPASS_FDS_MAX];
    int *ends = arena_array(c->arena, 3, sizeof *ends);
    ends[2] = memfd_create("answer", MFD_CLOEXEC);
    if (ends[2] < 0) return fail(c, ERR_IO, "parse.gone");
    arena_defer(c->arena, fd_end, &ends[2]);
    if (!fdpass_pair(ends)) return fail(c, ERR_IO, "parse.gone");
    arena_defer(c->arena, fd_end, &ends[0]);
    const int fds[FDPASS_FDS_MAX] = {
        [PARSER_RESULT_FD] = ends[1], [PARSER_ANSWER_FD] = ends[2], [PARSER_FILE_FD] = file_fd};
    bool sent = order_send(client, order, fds);
    (void)close(ends[1]); /* so that the parser's end closes the last one */
    if (!sent) return fail(c, ERR_IO, "parse.gone");
    int64_t since_ms = c->env->now_ms(c->env->self);
    ssize_t n = fdpass_receive(ends[0], TURN_WAIT_MS, &result, sizeof result, none);
    bool whole = n == (ssize_t)sizeof result && result.magic == PARSER_MAGIC;
    bool waited = c->env->now_ms(c->env->self) - since_ms >= TURN_WAIT_MS;
    if (!whole && waited) return fail(c, ERR_BUSY, "parse.busy");
    if (!whole) return fail(c, ERR_IO, "parse.gone");
    if (result.ended != PARSER_EXITED || result.code != 0) return ended(c, &result);
    return answer_bytes(c, ends[2], ret_bytes);
}

static enum err pdf_read(struct parser_client *client, struct call *c, int fd,
                         struct parse *ret_parse)
{
    struct parser_order order = {.magic = PARSER_MAGIC, .task = PARSER_PDF_PAGES};
    struct str bytes = {};
    struct parse parse = {};
    enum err e = job_run(client, c, &order, fd, &bytes);
    if (e == OK) e = answer_pdf_pages(c, bytes, &parse.pages);
    if (e != OK) return e;
    order.task = PARSER_PDF_TEXT;
    e = job_run(client, c, &order, fd, &bytes);
    if (e == OK) e = answer_pdf_text(c, bytes, &parse);
    if (e != OK) return e;
    parse.cut = parse.cut || parse.pages > LIMIT_PARSE_PAGES;
    *ret_parse = parse;
    return OK;
}

static enum err image_read(struct parser_client *client, struct call *c,
                           const struct parse_order *asked, struct parse *ret_parse)
{
    struct parser_order order = {
        .magic = PARSER_MAGIC, .task = PARSER_PDF_IMAGE, .page = (int32_t)asked->page};
    enum err e = job_run(client, c, &order, asked->fd, &ret_parse->text);
    return e == OK ? answer_image(c, ret_parse->text) : e;
}

static bool is_pdf(int fd)
{
    char head[MAGIC_BYTES];
    ssize_t n = pread(fd, head, sizeof head, 0);
    struct str start = {head, n > 0 ? (size_t)n : 0};
    return str_find(start, S("%PDF-"), 0) < start.len;
}

enum err parser_client_read(void *self, struct call *c, const struct parse_order *order,
                            struct parse *ret_parse)
{
    ensure(order->page >= 0 && order->page <= INT32_MAX);
    if (order->size > LIMIT_PARSE_FILE_BYTES) return fail(c, ERR_INVALID, "parse.too_large");
    bool pdf = is_pdf(order->fd);
    if (order->page > 0 && !pdf) return fail(c, ERR_INVALID, "parse.no_image");
    if (order->page > 0) return image_read(self, c, order, ret_parse);
    if (pdf) return pdf_read(self, c, order->fd, ret_parse);
    struct parser_order read = {
        .magic = PARSER_MAGIC, .task = PARSER_READ, .encoding = order->encoding};
    struct str bytes = {};
    enum err e = job_run(self, c, &read, order->fd, &bytes);
    return e == OK ? answer_read(c, bytes, ret_parse) : e;
}
