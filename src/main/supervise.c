#include "main/supervise.h"

#include "base/json.h"
#include "core/act.h"
#include "front/cli/cli_control.h"
#include "front/cli/cli_office.h"
#include "front/cli/config.h"
#include "main/child.h"
#include "main/fdpass.h"
#include "main/listen.h"
#include "main/sandbox.h"
#include "main/slots.h"
#include "store/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum part { PART_KEEPER, PART_COURIER, PART_PARSER, PART_WORKER, PART_COUNT };

enum {
    BACKOFF_FIRST_MS = 50,
    BACKOFF_MAX_MS = 10 * 1000,
    STEADY_MS = 10 * 1000, /* who lived this long is started again at once */
    STOP_MS = 15 * 1000,   /* for requests under way, then SIGKILL */
};

struct child {
    pid_t pid; /* 0: not running */
    int64_t started_ms;
    int64_t start_ms; /* when to start again */
    int64_t backoff_ms;
};

struct supervisor {
    const struct env *env;
    struct config config;
    const char *store_url; /* config.store, ended by zero */
    bool store_new;        /* the store was named on the command line; office.ini has another one */
    int web_fd;
    int wire_fd;
    int control_fd;
    int slots_fd;
    int lock_fd;
    int lib_fd;
    int signal_fd;
    int ready_fd;          /* --ready-fd; -1: none */
    int leash_fd;          /* --leash-fd; -1: none */
    int link[PART_WORKER]; /* our ends, by part */
    struct child child[PART_COUNT];
    struct slots *slots;
    struct history history;
    bool ready;        /* was ready once */
    bool failed_start; /* a part ended by its own word before that */
    int64_t stop_ms;   /* 0: not stopping; else when patience ends */
};

static const char *const PART_VERBS[PART_COUNT] = {"keeper", "courier", "parser", "worker"};

static int64_t now_ms(const struct supervisor *s)
{
    return s->env->now_ms(s->env->self);
}

static void fd_close(int *fd)
{
    if (*fd >= 0) (void)close(*fd);
    *fd = -1;
}

/* Starts a part with its descriptors; `fds[0]` and so on are duplicated into it. */
static void part_start(struct supervisor *s, enum part part, const int *fds, size_t fd_count)
{
    char parent[24] = {};
    struct arena *arena = arena_open(0);
    struct str text = str_format(arena, "%d", (int)getpid());
    memcpy(parent, text.ptr, text.len);
    arena_close(arena);
    const char *const args[] = {PART_VERBS[part], parent, s->store_url};
    bool told = part == PART_WORKER && s->store_new;
    pid_t pid = child_start(args, ARRAY_LEN(args) - (told ? 0 : 1), fds, fd_count);
    struct child *child = &s->child[part];
    child->started_ms = now_ms(s);
    if (pid > 0) {
        child->pid = pid;
    } else {
        child->start_ms = child->started_ms + BACKOFF_MAX_MS; /* no process to be had now */
    }
}

/* A link to each kind of helper: our ends, and in `ret_ends` the worker's. */
static bool links_make(struct supervisor *s, int ret_ends[PART_WORKER])
{
    for (enum part part = PART_KEEPER; part < PART_WORKER; part++) {
        int link[2];
        fd_close(&s->link[part]);
        if (!fdpass_pair(link)) return false; /* the others are closed by the next turn's */
        s->link[part] = link[0];
        ret_ends[part] = link[1];
    }
    return true;
}

static void worker_start(struct supervisor *s)
{
    int ends[PART_WORKER] = {-1, -1, -1};
    s->child[PART_WORKER].start_ms = now_ms(s) + BACKOFF_FIRST_MS; /* if there is no link now */
    if (links_make(s, ends)) {
        const int fds[] = {ends[PART_KEEPER], ends[PART_COURIER], ends[PART_PARSER],
                           s->web_fd,         s->wire_fd,         s->control_fd,
                           s->slots_fd,       s->lock_fd,         s->lib_fd};
        static_assert(ARRAY_LEN(fds) == WORKER_FD_END - WORKER_KEEPER_FD);
        part_start(s, PART_WORKER, fds, ARRAY_LEN(fds));
    }
    for (enum part part = PART_KEEPER; part < PART_WORKER; part++)
        fd_close(&ends[part]);
}

/* Those that help the worker: a new connection, one end to each side. */
static void helper_start(struct supervisor *s, enum part part)
{
    int conn[2];
    if (!fdpass_pair(conn)) return;
    const int fds[] = {conn[0], s->lib_fd};
    part_start(s, part, fds, part == PART_KEEPER ? 1 : 2);
    /* when the worker is gone its end is closed at once, and the new process ends again */
    (void)fdpass_send(s->link[part], S("new"), &conn[1], 1);
    (void)close(conn[0]);
    (void)close(conn[1]);
}

static bool is_alive(const struct supervisor *s, enum part part)
{
    return s->child[part].pid > 0;
}

static bool helpers_alive(const struct supervisor *s)
{
    bool any = false;
    for (enum part part = PART_KEEPER; part < PART_WORKER; part++)
        any = any || is_alive(s, part);
    return any;
}

/* Starts what should run. The worker waits until the helpers of the last one have ended. */
static void start_due(struct supervisor *s)
{
    if (s->stop_ms > 0) return;
    int64_t now = now_ms(s);
    if (!is_alive(s, PART_WORKER) && !helpers_alive(s) && now >= s->child[PART_WORKER].start_ms) {
        worker_start(s);
        for (enum part part = PART_KEEPER; part < PART_WORKER; part++)
            s->child[part].start_ms = 0;
    }
    if (!is_alive(s, PART_WORKER)) return;
    for (enum part part = PART_KEEPER; part < PART_WORKER; part++) {
        if (!is_alive(s, part) && now >= s->child[part].start_ms) helper_start(s, part);
    }
}

static void back_off(struct supervisor *s, struct child *child)
{
    int64_t now = now_ms(s);
    if (now - child->started_ms >= STEADY_MS) child->backoff_ms = 0;
    child->start_ms = now + child->backoff_ms;
    child->backoff_ms = child->backoff_ms == 0 ? BACKOFF_FIRST_MS : child->backoff_ms * 2;
    if (child->backoff_ms > BACKOFF_MAX_MS) child->backoff_ms = BACKOFF_MAX_MS;
}

static bool is_crash(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL && WTERMSIG(status) != SIGTERM;
}

static void signal_parts(struct supervisor *s, int number, enum part first, enum part last)
{
    for (enum part part = first; part <= last; part++) {
        if (is_alive(s, part)) (void)kill(s->child[part].pid, number);
    }
}

/* One line of JSON on standard error for every end that nobody ordered. */
static void log_end(const struct supervisor *s, enum part part, int status)
{
    struct arena *arena = arena_open(0);
    bool by_signal = WIFSIGNALED(status);
    struct str line = str_format(
        arena, "{\"log\":\"process.ended\",\"process\":\"%s\",\"pid\":%d,\"%s\":%d,\"ms\":%lld}",
        PART_VERBS[part], (int)s->child[part].pid, by_signal ? "signal" : "code",
        by_signal ? WTERMSIG(status) : WEXITSTATUS(status), (long long)now_ms(s));
    cli_print(STDERR_FILENO, line);
    arena_close(arena);
}

static void part_ended(struct supervisor *s, enum part part, int status)
{
    bool ordered = s->stop_ms > 0 || (part != PART_WORKER && !is_alive(s, PART_WORKER));
    if (!ordered) log_end(s, part, status);
    s->child[part].pid = 0;
    back_off(s, &s->child[part]);
    if (!s->ready && WIFEXITED(status) && WEXITSTATUS(status) != 0) s->failed_start = true;
    if (part != PART_WORKER) return;
    (void)slots_judge(s->slots, &s->history,
                      is_crash(status)); /* the worker refuses what is aside */
    for (enum part helper = PART_KEEPER; helper < PART_WORKER; helper++)
        fd_close(&s->link[helper]);
    signal_parts(s, SIGTERM, PART_KEEPER, PART_PARSER);
}

static void reap(struct supervisor *s)
{
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (enum part part = PART_KEEPER; part < PART_COUNT; part++) {
            if (s->child[part].pid == pid) part_ended(s, part, status);
        }
    }
}

/* One line of JSON: to whoever waits on --ready-fd, else on standard output. */
static void tell_ready(struct supervisor *s)
{
    struct arena *arena = arena_open(0);
    struct sb sb = sb_new(arena, 0);
    struct call c = call_begin(s->env, NULL, NULL);
    if (s->store_new && config_write(&c, &s->config) != OK) {
        cli_print(STDERR_FILENO, failure_json(&c));
    }
    call_end(&c);
    s->store_new = false;
    sb_printf(&sb, "{\"ready\":true,\"web\":\"http://%.*s:%lld/\",\"wire\":\"%.*s:%lld\"}",
              STR_ARG(s->config.address), (long long)s->config.port,
              STR_ARG(s->config.wire_address), (long long)s->config.wire_port);
    cli_print(s->ready_fd >= 0 ? s->ready_fd : STDOUT_FILENO, sb_str(&sb));
    arena_close(arena);
    fd_close(&s->ready_fd);
}

/* The worker says one thing only: that it is ready. */
static void hear_worker(struct supervisor *s)
{
    char word[8];
    int none[FDPASS_FDS_MAX];
    if (fdpass_receive(s->link[PART_KEEPER], 0, word, sizeof word, none) <= 0) {
        fd_close(&s->link[PART_KEEPER]); /* it is about to end */
        return;
    }
    if (!s->ready) tell_ready(s);
    s->ready = true;
}

/* The worker ends after the requests under way; courier and parser at once, so that nobody waits
 * for an office that does not answer, or for a long file; the keeper when the worker needs no more
 * signatures. */
static void stop_begin(struct supervisor *s)
{
    if (s->stop_ms == 0) s->stop_ms = now_ms(s) + STOP_MS;
    bool worker = is_alive(s, PART_WORKER);
    signal_parts(s, SIGTERM, worker ? PART_COURIER : PART_KEEPER, PART_WORKER);
}

static void hear_signals(struct supervisor *s)
{
    struct signalfd_siginfo info = {};
    while (read(s->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD) continue; /* reaped at every turn */
        stop_begin(s);
    }
}

/* How long nothing happens by itself; -1 for ever. */
static int next_turn_ms(const struct supervisor *s)
{
    if (s->stop_ms > 0) return 1000;
    int64_t now = now_ms(s);
    int64_t wait_ms = -1;
    bool worker = is_alive(s, PART_WORKER);
    bool helpers = helpers_alive(s);
    for (enum part part = PART_KEEPER; part < PART_COUNT; part++) {
        if (is_alive(s, part) || (part == PART_WORKER ? helpers : !worker)) continue;
        int64_t left_ms = s->child[part].start_ms - now;
        if (left_ms < 1) left_ms = 1;
        if (wait_ms < 0 || left_ms < wait_ms) wait_ms = left_ms;
    }
    return (int)wait_ms;
}

static bool any_alive(const struct supervisor *s)
{
    return helpers_alive(s) || is_alive(s, PART_WORKER);
}

static void turn(struct supervisor *s)
{
    struct pollfd ready[] = {{.fd = s->signal_fd, .events = POLLIN},
                             {.fd = s->link[PART_KEEPER], .events = POLLIN},
                             {.fd = s->leash_fd, .events = POLLIN}};
    (void)poll(ready, ARRAY_LEN(ready), next_turn_ms(s)); /* what it missed the next turn sees */
    if (ready[0].revents != 0) hear_signals(s);
    if (ready[1].revents != 0) hear_worker(s);
    if (ready[2].revents != 0) {
        fd_close(&s->leash_fd);
        stop_begin(s);
    }
    reap(s);
    if (s->stop_ms > 0 && now_ms(s) > s->stop_ms) {
        signal_parts(s, SIGKILL, PART_KEEPER, PART_WORKER);
    }
    if (s->failed_start && s->stop_ms == 0) stop_begin(s);
    start_due(s);
}

static enum err signals_take(struct call *c, struct supervisor *s)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signal_fd >= 0 ? OK : fail(c, ERR_IO, "serve.start");
}

/* The store that the command line names, if any. */
static enum err store_choose(struct call *c, const struct cli_args *args, struct supervisor *s)
{
    struct str url = cli_value(args, "store");
    if (url.len > 0) {
        enum err e = config_store_check(c, url);
        if (e != OK) return e;
        s->store_new = !str_eq(url, s->config.store);
        s->config.store = url;
    }
    s->store_url = str_zero(c->arena, s->config.store);
    return OK;
}

/* A folder that was copied together for one more worker lacks them. */
static enum err folders_make(struct call *c, const struct supervisor *s)
{
    static const char *const NAMES[] = {"tmp", "blobs"};
    struct str blobs = s->config.blobs.len > 0 ? s->config.blobs : S(".");
    bool made = mkdir("tmp", 0700) == 0 || errno == EEXIST;
    for (size_t i = 0; made && i < ARRAY_LEN(NAMES); i++) {
        struct str path = str_format(c->arena, "%.*s/%s", STR_ARG(blobs), NAMES[i]);
        made = mkdir(path.ptr, 0700) == 0 || errno == EEXIST;
    }
    return made ? OK : fail(c, ERR_IO, "serve.start");
}

/* Everything that may need more rights than the office has, then everything that must not. */
static enum err prepare(struct call *c, const struct cli_args *args, struct supervisor *s)
{
    enum err e = config_read(c, &s->config);
    if (e == OK) e = store_choose(c, args, s);
    if (e != OK) return e;
    if (control_answers()) return fail(c, ERR_CONFLICT, "serve.running");
    e = listen_tcp(c, s->config.address, s->config.port, &s->web_fd);
    if (e == OK) e = listen_tcp(c, s->config.wire_address, s->config.wire_port, &s->wire_fd);
    if (e != OK) return e;
    if (s->lib_fd < 0) s->lib_fd = cli_lib(c);
    if (s->lib_fd < 0) return fail(c, ERR_IO, "serve.lib");
    e = cli_drop(c);
    if (e != OK) return e;
    s->lock_fd = cli_lock();
    if (s->lock_fd < 0) return fail(c, ERR_CONFLICT, "serve.running");
    e = blob_clean_tmp(c, S("."), INT64_MAX); /* the lock is held: nobody else works here */
    if (e == OK) e = folders_make(c, s);
    if (e == OK) e = listen_control(c, &s->control_fd);
    if (e != OK) return e;
    s->slots_fd = slots_create();
    s->slots = s->slots_fd < 0 ? NULL : slots_map(s->slots_fd);
    if (s->slots == NULL) return fail(c, ERR_IO, "serve.start");
    return signals_take(c, s);
}

/* A descriptor that was handed down; our own children do not get it. */
static enum err fd_read(struct call *c, const struct cli_args *args, const char *option,
                        int *ret_fd)
{
    int64_t fd = -1;
    enum err e = cli_number(c, args, option, 3, 1023, &fd);
    if (e != OK) return e;
    if (fd >= 0) (void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
    *ret_fd = (int)fd;
    return OK;
}

enum err supervise_run(struct call *c, const struct cli_args *args)
{
    struct supervisor *s = arena_alloc(c->arena, sizeof *s);
    enum err e = fd_read(c, args, "ready-fd", &s->ready_fd);
    if (e == OK) e = fd_read(c, args, "leash-fd", &s->leash_fd);
    if (e == OK) e = fd_read(c, args, "lib-fd", &s->lib_fd);
    if (e != OK) return e;
    s->env = c->env;
    for (enum part part = PART_KEEPER; part < PART_WORKER; part++)
        s->link[part] = -1;
    e = cli_enter(c, args->rest[0]);
    if (e == OK) e = prepare(c, args, s);
    if (e != OK) return e;
    start_due(s);
    while (s->stop_ms == 0 || any_alive(s))
        turn(s);
    (void)unlink("control.sock");
    return s->failed_start ? fail(c, ERR_IO, "serve.start") : OK;
}
