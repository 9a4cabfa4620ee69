#include "main/parser.h"

#include "front/parser/parser.h"
#include "main/fdpass.h"
#include "main/sandbox.h"
#include "main/supervise.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_TEXT_BYTES = 16, TOOL_ARGS_MAX = 16 };

static const char PLUGIN_PATH[] = "/proc/self/fd/4/parser.so";
static_assert(PARSER_LIB_FD == 4);

/* ---- a job, in its own process ---- */

static bool answer_write(const void *from, size_t bytes)
{
    const char *ptr = from;
    while (bytes > 0) {
        ssize_t n = write(STDOUT_FILENO, ptr, bytes);
        if (n <= 0) return false;
        ptr += n;
        bytes -= (size_t)n;
    }
    return true;
}

/* The whole file in memory. */
static bool file_read(struct arena *arena, struct str *ret_bytes)
{
    off_t size = lseek(STDIN_FILENO, 0, SEEK_END);
    if (size < 0 || size > LIMIT_PARSE_FILE_BYTES) return false;
    char *to = arena_alloc(arena, (size_t)size + 1);
    off_t at = 0;
    while (at < size) {
        ssize_t n = pread(STDIN_FILENO, to + at, (size_t)(size - at), at);
        if (n <= 0) return false;
        at += n;
    }
    *ret_bytes = (struct str){to, (size_t)size};
    return true;
}

[[gnu::noreturn]] static void job_read(const struct parser *parser, enum parse_encoding encoding)
{
    struct arena *arena = arena_open(0);
    struct answer_head head = {};
    struct str bytes = {};
    struct str text = {};
    if (!file_read(arena, &bytes)) _exit(1);
    parser->plugin->read(arena, bytes, encoding, &head, &text);
    bool told = answer_write(&head, sizeof head) && answer_write(text.ptr, text.len);
    _exit(told ? 0 : 1);
}

static const char *const TOOL_ARGS[PARSER_TASKS][TOOL_ARGS_MAX] = {
    [PARSER_PDF_PAGES] = {"pdfinfo", "-enc", "UTF-8", "-", NULL},
    [PARSER_PDF_TEXT] = {"pdftotext", "-q", "-enc", "UTF-8", "-l", "2000", "-", "-", NULL},
    [PARSER_PDF_IMAGE] = {"pdftoppm", "-q", "-png", "-scale-to", "1400", "-singlefile", "-f", "",
                          "-", NULL},
};
static_assert(LIMIT_PARSE_PAGES == 2000); /* as the argument of pdftotext says */
enum { PAGE_ARG = 7 };
static const enum cage_tool TOOL_OF[PARSER_TASKS] = {
    [PARSER_PDF_PAGES] = TOOL_PDFINFO,
    [PARSER_PDF_TEXT] = TOOL_PDFTOTEXT,
    [PARSER_PDF_IMAGE] = TOOL_PDFTOPPM,
};

/* Becomes a tool of poppler, in the cage. */
[[gnu::noreturn]] static void job_tool(enum parser_task task, int32_t page)
{
    static const char *const ENVIRONMENT[] = {"LC_ALL=C.UTF-8", "HOME=/nonexistent", "TZ=UTC0",
                                              NULL};
    const char *args[TOOL_ARGS_MAX];
    for (size_t i = 0; i < TOOL_ARGS_MAX; i++)
        args[i] = TOOL_ARGS[task][i];
    struct arena *arena = arena_open(0);
    if (task == PARSER_PDF_IMAGE) args[PAGE_ARG] = str_format(arena, "%d", page).ptr;
    (void)execve(CAGE_TOOLS[TOOL_OF[task]], (char *const *)(uintptr_t)args,
                 (char *const *)(uintptr_t)ENVIRONMENT); /* exec only reads them */
    _exit(PARSER_EXIT_TOOL);
}

[[gnu::noreturn]] static void job_run(const struct parser *parser, const struct parser_order *order,
                                      const int *fds, int parent)
{
    sigset_t none;
    bool tool = order->task != PARSER_READ;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) _exit(PARSER_EXIT_CAGE);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    bool placed = dup2(fds[PARSER_FILE_FD], STDIN_FILENO) >= 0 &&
                  dup2(fds[PARSER_ANSWER_FD], STDOUT_FILENO) >= 0 &&
                  dup2(parser->null_fd, STDERR_FILENO) >= 0 &&
                  lseek(STDIN_FILENO, 0, SEEK_SET) == 0;
    if (!placed || !cage_enter(&parser->cages, tool ? CAGE_TOOL : CAGE_READ))
        _exit(PARSER_EXIT_CAGE);
    if (tool) job_tool((enum parser_task)order->task, order->page);
    job_read(parser, (enum parse_encoding)order->encoding);
}

/* ---- the process that starts them ---- */

static struct parser_job *job_free(struct parser *parser)
{
    for (size_t i = 0; i < ARRAY_LEN(parser->jobs); i++) {
        if (parser->jobs[i].pid == 0) return &parser->jobs[i];
    }
    return NULL;
}

static void job_tell(int result_fd, enum parser_ended ended, int code)
{
    struct parser_result result = {PARSER_MAGIC, ended, code};
    struct str bytes = {(const char *)&result, sizeof result};
    (void)fdpass_send(result_fd, bytes, NULL, 0); /* nobody need wait any more */
    (void)close(result_fd);
}

static void fds_close(const int *fds, size_t from)
{
    for (size_t i = from; i < FDPASS_FDS_MAX; i++) {
        if (fds[i] >= 0) (void)close(fds[i]);
    }
}

static void job_start(struct parser *parser, struct parser_job *job,
                      const struct parser_order *order, const int *fds)
{
    int parent = getpid();
    pid_t pid = fork();
    if (pid == 0) job_run(parser, order, fds, parent);
    if (pid < 0) {
        fds_close(fds, PARSER_RESULT_FD); /* the worker sees that nobody answers */
        return;
    }
    *job = (struct parser_job){
        .pid = pid,
        .result_fd = fds[PARSER_RESULT_FD],
        .end_ms = parser->env->now_ms(parser->env->self) + parser->wait_ms,
    };
    fds_close(fds, PARSER_ANSWER_FD);
}

/* False when the connection has ended. */
static bool order_take(struct parser *parser, struct parser_job *job)
{
    struct parser_order order = {};
    int fds[FDPASS_FDS_MAX];
    ssize_t n = fdpass_receive(parser->conn_fd, 0, &order, sizeof order, fds);
    if (n < 0) return false;
    bool whole = n == (ssize_t)sizeof order && order.magic == PARSER_MAGIC &&
                 order.task < PARSER_TASKS && order.encoding <= PARSE_VNI && order.page >= 0;
    for (size_t i = 0; i < FDPASS_FDS_MAX; i++)
        whole = whole && fds[i] >= 0;
    if (whole) {
        job_start(parser, job, &order, fds);
    } else {
        fds_close(fds, 0);
    }
    return true;
}

static void reap(struct parser *parser)
{
    struct signalfd_siginfo info = {};
    int status = 0;
    pid_t pid = 0;
    while (read(parser->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    }
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < ARRAY_LEN(parser->jobs); i++) {
            struct parser_job *job = &parser->jobs[i];
            if (job->pid != pid) continue;
            bool killed = WIFSIGNALED(status);
            enum parser_ended ended = killed ? PARSER_KILLED : PARSER_EXITED;
            if (job->late) ended = PARSER_LATE;
            job_tell(job->result_fd, ended, killed ? WTERMSIG(status) : WEXITSTATUS(status));
            job->pid = 0;
        }
    }
}

/* Ends who is late; gives how long nobody else will be, -1 for ever. */
static int late_end(struct parser *parser)
{
    int64_t now_ms = parser->env->now_ms(parser->env->self);
    int64_t next_ms = -1;
    for (size_t i = 0; i < ARRAY_LEN(parser->jobs); i++) {
        struct parser_job *job = &parser->jobs[i];
        if (job->pid == 0 || job->late) continue;
        int64_t left_ms = job->end_ms - now_ms;
        if (left_ms > parser->wait_ms) left_ms = parser->wait_ms; /* the clock went back */
        if (left_ms <= 0) {
            job->late = true;
            (void)kill(job->pid, SIGKILL);
        } else if (next_ms < 0 || left_ms < next_ms) {
            next_ms = left_ms;
        }
    }
    return (int)next_ms;
}

void parser_serve(struct parser *parser)
{
    bool open = true;
    while (open) {
        struct parser_job *job = job_free(parser);
        struct pollfd ready[] = {
            {.fd = parser->signal_fd, .events = POLLIN},
            {.fd = job != NULL ? parser->conn_fd : -1, .events = POLLIN},
        };
        int wait_ms = late_end(parser);
        (void)poll(ready, ARRAY_LEN(ready), wait_ms); /* what it missed the next turn sees */
        if (ready[1].revents != 0) open = order_take(parser, job);
        if (ready[0].revents != 0) reap(parser);
    }
    for (size_t i = 0; i < ARRAY_LEN(parser->jobs); i++) {
        if (parser->jobs[i].pid > 0) (void)kill(parser->jobs[i].pid, SIGKILL);
    }
}

enum err parser_prepare(struct call *c, const struct parser_plugin *plugin, int conn_fd,
                        struct parser *ret_parser)
{
    ensure(plugin->head_bytes == sizeof(struct answer_head));
    sigset_t set;
    ret_parser->env = c->env;
    ret_parser->plugin = plugin;
    ret_parser->conn_fd = conn_fd;
    ret_parser->wait_ms = LIMIT_PARSE_WAIT_MS;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    ret_parser->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ret_parser->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    /* libzip reckons local times; a job can look up no time zone */
    bool zone = setenv("TZ", "UTC0", 1) == 0;
    tzset();
    bool good = zone && ret_parser->signal_fd >= 0 && ret_parser->null_fd >= 0;
    if (!good) return fail(c, ERR_IO, "sandbox");
    return cages_build(c, &ret_parser->cages);
}

enum err parser_run(struct call *c, const struct cli_args *args)
{
    int64_t parent = 0;
    if (!parse_int(args->rest[0], 1, INT32_MAX, &parent)) return fail(c, ERR_SYNTAX, "cli.verb");
    sandbox_common((int)parent);
    void *handle = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
    const struct parser_plugin *plugin = handle == NULL ? NULL : dlsym(handle, "PARSER_PLUGIN");
    bool fits = plugin != NULL && plugin->head_bytes == sizeof(struct answer_head);
    if (!fits) {
        (void)fail(c, ERR_IO, "parser.load"); /* the next line returns the same */
        return fail_arg(c, "detail", str_of(dlerror()));
    }
    (void)close(PARSER_LIB_FD);
    struct parser *parser = arena_alloc(c->arena, sizeof *parser);
    enum err e = parser_prepare(c, plugin, PARSER_CONN_FD, parser);
    if (e != OK) return e;
    parser_serve(parser);
    _exit(0);
}
