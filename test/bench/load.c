/*
 * load.c: an HTTP load client on loopback: keep-alive connections, one thread, epoll, so that it
 * takes as little as it can of the two cores it shares with the server.
 *
 *     load closed PORT CONNECTIONS SECONDS REQUEST-FILE     each connection asks as soon as
 * answered load open PORT CONNECTIONS SECONDS REQUEST-FILE RATE  requests are due at RATE a second;
 * the time of one that had to wait for a free connection counts from when it was due
 *
 * Prints {"requests":..,"errors":..,"rate":..,"p50_us":..,"p99_us":..,"max_us":..}. An answer that
 * is not 2xx, or that breaks off, is an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

enum { CONNECTIONS_MAX = 256, SAMPLES_MAX = 4000000, HEAD_BYTES = 16384, REQUEST_BYTES = 1 << 20 };

struct connection {
    int fd;
    bool busy;
    double from; /* when its request was due */
    size_t have; /* bytes of the answer's head */
    size_t left; /* bytes of the body still to come */
    bool in_body;
    int status;
    char head[HEAD_BYTES + 1];
};

struct load {
    int port;
    int epoll_fd;
    double start;
    double seconds;
    double step; /* between two requests of the open loop; 0: closed */
    double due;  /* of the next request of the open loop */
    const char *request;
    size_t request_len;
    struct connection *connections;
    int count;
    uint32_t *samples; /* microseconds */
    size_t sample_count;
    size_t errors;
};

static double seconds_now(void)
{
    struct timespec now = {};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void connect_again(struct load *load, struct connection *c)
{
    int on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (c->fd > 0) (void)close(c->fd);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ensure(connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    ensure(epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) == 0);
}

static void ask(struct load *load, struct connection *c, double due)
{
    c->busy = true;
    c->from = due;
    c->have = 0;
    c->left = 0;
    c->in_body = false;
    ssize_t n = write(c->fd, load->request, load->request_len);
    ensure(n == (ssize_t)load->request_len); /* a request fits the socket's buffer */
}

static void done(struct load *load, struct connection *c, bool good)
{
    c->busy = false;
    if (!good) load->errors++;
    if (load->sample_count < SAMPLES_MAX) {
        load->samples[load->sample_count++] = (uint32_t)((seconds_now() - c->from) * 1e6);
    }
}

/* Looks for the end of the head; false when the answer cannot be read. */
static bool head_read(struct connection *c)
{
    c->head[c->have] = 0;
    const char *end = strstr(c->head, "\r\n\r\n");
    if (end == NULL) return c->have < HEAD_BYTES;
    const char *length = strcasestr(c->head, "\r\ncontent-length:");
    if (length == NULL || length > end) return false;
    c->status = (int)strtol(c->head + 9, NULL, 10);
    size_t body = strtoul(length + 17, NULL, 10);
    size_t got = c->have - (size_t)(end + 4 - c->head);
    if (got > body) return false;
    c->left = body - got;
    c->in_body = true;
    return true;
}

static void answer_read(struct load *load, struct connection *c)
{
    static char sink[1 << 16];
    char *to = c->in_body ? sink : c->head + c->have;
    size_t room = c->in_body ? sizeof sink : HEAD_BYTES - c->have;
    ssize_t n = read(c->fd, to, room);
    bool good = n > 0;
    if (good && c->in_body) c->left -= (size_t)n;
    if (good && !c->in_body) {
        c->have += (size_t)n;
        good = head_read(c);
    }
    if (good && !(c->in_body && c->left == 0)) return;
    if (c->busy) done(load, c, good && c->status >= 200 && c->status < 300);
    if (!good) connect_again(load, c);
}

/* Gives work to free connections. Returns milliseconds until the next is due. */
static int feed(struct load *load)
{
    double now = seconds_now();
    for (int i = 0; i < load->count; i++) {
        struct connection *c = &load->connections[i];
        if (c->busy) continue;
        if (load->step > 0 && load->due > now) break;
        ask(load, c, load->step > 0 ? load->due : now);
        load->due += load->step;
    }
    double wait = load->step > 0 ? load->due - seconds_now() : 0.1;
    return wait <= 0 ? 0 : wait > 0.1 ? 100 : (int)(wait * 1000);
}

static void run(struct load *load)
{
    struct epoll_event events[CONNECTIONS_MAX];
    while (seconds_now() - load->start < load->seconds) {
        int ready = epoll_wait(load->epoll_fd, events, CONNECTIONS_MAX, feed(load));
        for (int i = 0; i < ready; i++)
            answer_read(load, events[i].data.ptr);
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static char *file_read(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    ensure(file != NULL);
    char *text = malloc(REQUEST_BYTES);
    ensure(text != NULL);
    *ret_len = fread(text, 1, REQUEST_BYTES, file);
    (void)fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    if (argc < 6) return 2;
    struct load load = {.port = (int)strtol(argv[2], NULL, 10), .seconds = strtod(argv[4], NULL)};
    load.count = (int)strtol(argv[3], NULL, 10);
    ensure(load.count > 0 && load.count <= CONNECTIONS_MAX);
    bool open_loop = strcmp(argv[1], "open") == 0 && argc == 7;
    load.step = open_loop ? 1.0 / strtod(argv[6], NULL) : 0;
    load.request = file_read(argv[5], &load.request_len);
    load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    load.connections = calloc((size_t)load.count, sizeof *load.connections);
    load.samples = calloc(SAMPLES_MAX, sizeof *load.samples);
    ensure(load.connections != NULL && load.samples != NULL);
    for (int i = 0; i < load.count; i++)
        connect_again(&load, &load.connections[i]);
    load.start = load.due = seconds_now();
    run(&load);
    double took = seconds_now() - load.start;
    size_t count = load.sample_count;
    ensure(count > 0);
    qsort(load.samples, count, sizeof *load.samples, by_size);
    printf("{\"requests\":%zu,\"errors\":%zu,\"rate\":%.1f,\"p50_us\":%u,\"p99_us\":%u,"
           "\"max_us\":%u}\n",
           count, load.errors, (double)count / took, load.samples[count / 2],
           load.samples[count * 99 / 100], load.samples[count - 1]);
    return load.errors == count ? 1 : 0;
}
