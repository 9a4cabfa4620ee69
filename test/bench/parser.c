/*
 * parser.c: what the parser process costs: 1,000 jobs of each kind, one after another, then from
 * four threads at once; and what a job costs that has nothing to read, which is its start.
 *
 *     parser BUILD          prints a line for each figure
 */
#include "front/parser/parser.h"
#include "main/fdpass.h"
#include "main/parser.h"
#include "main/parser_client.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { JOBS = 1000, THREADS = 4, PARAGRAPHS = 200 };

struct bench {
    struct parser_client client;
    struct str bytes;
    int jobs;
    double *ms; /* of each job; NULL: not wanted */
};

static double now_ms(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static void serve(const char *build, int conn_fd)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct parser parser = {};
    char path[4096];
    char absolute[4096];
    (void)snprintf(path, sizeof path, "%s/lib/parser.so", build);
    void *handle = realpath(path, absolute) == NULL ? NULL : dlopen(absolute, RTLD_NOW);
    const struct parser_plugin *plugin = handle == NULL ? NULL : dlsym(handle, "PARSER_PLUGIN");
    if (plugin == NULL || parser_prepare(&c, plugin, conn_fd, &parser) != OK) _exit(1);
    parser_serve(&parser);
    _exit(0);
}

static void *jobs_run(void *arg)
{
    const struct bench *bench = arg;
    int fd = memfd_create("file", 0);
    bool written = write(fd, bench->bytes.ptr, bench->bytes.len) == (ssize_t)bench->bytes.len;
    ensure(written);
    for (int i = 0; i < bench->jobs; i++) {
        struct call c = call_begin(env_real(), NULL, NULL);
        struct parse parse = {};
        struct parse_order order = {.fd = fd, .size = (int64_t)bench->bytes.len};
        double since_ms = now_ms();
        enum err e = parser_client_read((void *)(uintptr_t)&bench->client, &c, &order, &parse);
        if (e != OK) (void)fprintf(stderr, "parser: %s\n", c.failure.reason);
        ensure(e == OK);
        if (bench->ms != NULL) bench->ms[i] = now_ms() - since_ms;
        call_end(&c);
    }
    (void)close(fd);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void measure(struct bench *bench, const char *name, struct str bytes)
{
    double ms[JOBS];
    pthread_t threads[THREADS];
    bench->bytes = bytes;
    bench->jobs = JOBS;
    bench->ms = ms;
    double since_ms = now_ms();
    (void)jobs_run(bench);
    double alone_ms = now_ms() - since_ms;
    qsort(ms, JOBS, sizeof *ms, by_size);
    bench->jobs = JOBS / THREADS;
    bench->ms = NULL;
    since_ms = now_ms();
    for (int i = 0; i < THREADS; i++)
        (void)pthread_create(&threads[i], NULL, jobs_run, bench);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    double together_ms = now_ms() - since_ms;
    (void)printf("parser: %-22s %7.0f jobs/s, p50 %6.2f ms, p99 %6.2f ms; from %d threads %7.0f "
                 "jobs/s\n",
                 name, JOBS * 1e3 / alone_ms, ms[JOBS / 2], ms[JOBS * 99 / 100], THREADS,
                 JOBS * 1e3 / together_ms);
    (void)fflush(stdout);
}

/* A text of some pages with clauses. */
static struct str draft(struct arena *arena)
{
    struct sb sb = sb_new(arena, 0);
    for (int i = 1; i <= PARAGRAPHS; i++)
        sb_printf(&sb, "%d. The office that asks gives the reasons of its draft and answers.\n", i);
    return sb_str(&sb);
}

/* One page. Readers find its objects without a table of them. */
static const char PDF[] =
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    "2 0 obj<</Type/Pages/Kids[4 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    "4 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R"
    "/Resources<</Font<</F1 3 0 R>>>>>>endobj\n"
    "5 0 obj<</Length 44>>stream\nBT /F1 12 Tf 72 720 Td (The only page it has) Tj ET\n"
    "endstream endobj\ntrailer<</Root 1 0 R/Size 6>>\n%%EOF\n";

int main(int argc, char **argv)
{
    int link[2];
    int conn[2];
    struct bench bench = {};
    if (argc != 2 || !fdpass_pair(link) || !fdpass_pair(conn)) return 2;
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(conn[1]);
        serve(argv[1], conn[0]);
    }
    parser_client_init(&bench.client, link[1]);
    if (pid < 0 || !fdpass_send(link[0], S("new"), &conn[1], 1)) return 1;
    (void)close(conn[0]);
    (void)close(conn[1]);
    struct arena *arena = arena_open(0);
    measure(&bench, "start of a job", S("a"));
    measure(&bench, "text of 5 pages", draft(arena));
    measure(&bench, "PDF of a page, 2 jobs", str_of(PDF));
    arena_close(arena);
    return 0;
}
