/*
 * load.c: an HTTP load client on loopback, keep-alive, one thread a connection.
 *
 *     load closed PORT CONNECTIONS SECONDS REQUEST-FILE   each connection asks as fast as answered
 *     load open PORT CONNECTIONS SECONDS REQUEST-FILE RATE requests start at RATE a second, and the
 *         time of one that had to wait for a connection counts from when it should have started
 *
 * Prints {"requests":..,"errors":..,"rate":..,"p50_us":..,"p99_us":..,"max_us":..}. An answer that
 * is not 2xx is an error.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

enum { CONNECTIONS_MAX = 256, SAMPLES_MAX = 4000000, REPLY_BYTES = 1 << 20 };

struct plan {
    int port;
    double seconds;
    double rate; /* 0: closed loop */
    const char *request;
    size_t request_len;
    double start;
    int connections;
};

struct worker {
    const struct plan *plan;
    int index;
    uint32_t *samples; /* microseconds */
    size_t count;
    size_t errors;
};

static double seconds_now(void)
{
    struct timespec now = {};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void wait_until(double when)
{
    struct timespec at = {.tv_sec = (time_t)when,
                          .tv_nsec = (long)((when - (double)(time_t)when) * 1e9)};
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int connect_to(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
    (void)close(fd);
    return -1;
}

/* Reads one whole answer with Content-Length. Returns its status, 0 when the connection broke. */
static int read_answer(int fd, char *buffer)
{
    size_t have = 0;
    char *end = NULL;
    while (end == NULL) {
        ssize_t n = read(fd, buffer + have, REPLY_BYTES - 1 - have);
        if (n <= 0) return 0;
        have += (size_t)n;
        buffer[have] = 0;
        end = strstr(buffer, "\r\n\r\n");
    }
    const char *length = strcasestr(buffer, "\r\ncontent-length:");
    if (length == NULL) return 0;
    int status = (int)strtol(buffer + 9, NULL, 10);
    size_t want = (size_t)(end + 4 - buffer) + strtoul(length + 17, NULL, 10);
    while (have < want) {
        size_t room = want - have < REPLY_BYTES - 1 ? want - have : REPLY_BYTES - 1;
        ssize_t n = read(fd, buffer, room);
        if (n <= 0) return 0;
        have += (size_t)n;
    }
    return status;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    const struct plan *plan = w->plan;
    char *buffer = malloc(REPLY_BYTES);
    int fd = connect_to(plan->port);
    double step = plan->rate > 0 ? (double)plan->connections / plan->rate : 0;
    double due = plan->start + step * w->index / plan->connections;
    while (seconds_now() - plan->start < plan->seconds &&
           w->count < (size_t)(SAMPLES_MAX / plan->connections)) {
        double from = seconds_now();
        if (plan->rate > 0) {
            if (due > from) wait_until(due);
            from = due;
            due += step;
        }
        bool sent =
            fd >= 0 && write(fd, plan->request, plan->request_len) == (ssize_t)plan->request_len;
        int status = sent ? read_answer(fd, buffer) : 0;
        if (status < 200 || status > 299) w->errors++;
        if (status == 0) {
            if (fd >= 0) (void)close(fd);
            fd = connect_to(plan->port);
        }
        w->samples[w->count++] = (uint32_t)((seconds_now() - from) * 1e6);
    }
    if (fd >= 0) (void)close(fd);
    free(buffer);
    return NULL;
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
    char *text = malloc(1 << 20);
    *ret_len = fread(text, 1, 1 << 20, file);
    (void)fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    if (argc < 6) return 2;
    static struct worker workers[CONNECTIONS_MAX];
    static pthread_t threads[CONNECTIONS_MAX];
    struct plan plan = {.port = (int)strtol(argv[2], NULL, 10), .seconds = strtod(argv[4], NULL)};
    plan.connections = (int)strtol(argv[3], NULL, 10);
    plan.rate = strcmp(argv[1], "open") == 0 ? strtod(argv[6], NULL) : 0;
    plan.request = file_read(argv[5], &plan.request_len);
    plan.start = seconds_now();
    ensure(plan.connections > 0 && plan.connections <= CONNECTIONS_MAX);
    size_t each = SAMPLES_MAX / (size_t)plan.connections;
    for (int i = 0; i < plan.connections; i++) {
        workers[i] = (struct worker){.plan = &plan, .index = i, .samples = calloc(each, 4)};
        ensure(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
    }
    uint32_t *all = calloc(SAMPLES_MAX, 4);
    size_t count = 0;
    size_t errors = 0;
    for (int i = 0; i < plan.connections; i++) {
        (void)pthread_join(threads[i], NULL);
        memcpy(all + count, workers[i].samples, workers[i].count * 4);
        count += workers[i].count;
        errors += workers[i].errors;
    }
    double took = seconds_now() - plan.start;
    ensure(count > 0);
    qsort(all, count, 4, by_size);
    printf("{\"requests\":%zu,\"errors\":%zu,\"rate\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%"
           "u}\n",
           count, errors, (double)count / took, all[count / 2], all[count * 99 / 100],
           all[count - 1]);
    return errors == count ? 1 : 0;
}
