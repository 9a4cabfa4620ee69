#include "main/demo.h"

#include "base/words.h"
#include "front/cli/config.h"
#include "main/demo_office.h"
#include "main/init.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { PORT_FIRST = 8801, WIRE_AFTER = 10, PORT_MAX = 65535 - WIRE_AFTER - DEMO_OFFICES };

static const struct demo_office OFFICES[DEMO_OFFICES] = {
    [VPTW] = {.code = "VPTW", .folder = "vptw", .name_key = "demo.vptw"},
    [VPCTN] = {.code = "VPCTN", .folder = "vpctn", .name_key = "demo.vpctn"},
    [VPQH] = {.code = "VPQH", .folder = "vpqh", .name_key = "demo.vpqh"},
    [VPCP] = {.code = "VPCP", .folder = "vpcp", .name_key = "demo.vpcp"},
};

static enum err signals_take(struct demo *demo)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    demo->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return demo->signal_fd >= 0 ? OK : fail(demo->c, ERR_IO, "serve.start");
}

/* Into the folder of the offices, as the user who owns them. */
static enum err prepare(struct demo *demo, struct str dir, int64_t port)
{
    struct call *c = demo->c;
    for (int i = 0; i < DEMO_OFFICES; i++) {
        demo->office[i] = OFFICES[i];
        demo->office[i].port = port + i;
        demo->office[i].wire_port = port + WIRE_AFTER + i;
        demo->office[i].dir_fd = -1;
    }
    demo->lib_fd = cli_lib(c);
    if (demo->lib_fd < 0) return fail(c, ERR_IO, "serve.lib");
    enum err e = init_dir(c, dir, (struct str){});
    if (e == OK) e = cli_enter(c, dir);
    if (e == OK) e = cli_drop(c);
    if (e != OK) return e;
    demo->top_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (demo->top_fd < 0) return fail(c, ERR_IO, "serve.start");
    return signals_take(demo);
}

static void tell_all(struct demo *demo)
{
    struct call *c = demo->c;
    struct sb sb = sb_new(c->arena, 0);
    sb_char(&sb, '\n');
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        const struct demo_office *o = &demo->office[i];
        struct str name = words(c->lang, str_of(o->name_key));
        sb_printf(&sb, "  %-6s http://127.0.0.1:%lld/  %.*s\n", o->code, (long long)o->port,
                  STR_ARG(name));
    }
    struct str head = words(c->lang, S("demo.accounts"));
    sb_printf(&sb, "\n%.*s\n", STR_ARG(head));
    for (size_t i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        struct str title = words(c->lang, str_of(DEMO_PEOPLE[i].title_key));
        sb_printf(&sb, "  %-12s %.*s\n", DEMO_PEOPLE[i].login, STR_ARG(title));
    }
    const struct fail_arg args[] = {{"name", demo->password}};
    struct str tail = words_fill(c->arena, c->lang, S("demo.try"), args, 1);
    sb_printf(&sb, "\n%.*s", STR_ARG(tail));
    cli_print(STDOUT_FILENO, sb_str(&sb));
}

/* Until Ctrl-C; an office that gives up ends the demo too. */
static enum err wait_for_end(struct demo *demo)
{
    struct pollfd fds[DEMO_OFFICES + 1] = {{.fd = demo->signal_fd, .events = POLLIN}};
    for (size_t i = 0; i < DEMO_OFFICES; i++)
        fds[i + 1] = (struct pollfd){.fd = demo->office[i].leash_fd}; /* an error: it has ended */
    int got = 0;
    do {
        got = poll(fds, ARRAY_LEN(fds), -1);
    } while (got < 0 && errno == EINTR);
    if (fds[0].revents != 0) return OK;
    size_t i = 0;
    while (i + 1 < DEMO_OFFICES && fds[i + 1].revents == 0)
        i++;
    (void)fail(demo->c, ERR_IO, "demo.start"); /* the next line returns the same */
    return fail_arg(demo->c, "name", str_of(demo->office[i].code));
}

/* Plays with a call of its own: what it reads goes with it. */
static enum err play(struct demo *demo, bool once)
{
    struct call c = call_begin(demo->c->env, NULL, NULL);
    struct str table = {};
    c.lang = demo->c->lang;
    enum err e = once ? demo_scene(&c, demo, &table) : demo_content(&c, demo);
    if (e == OK && once) cli_print(STDOUT_FILENO, table);
    if (e != OK) {
        demo->c->failure = c.failure;
        for (size_t i = 0; i < c.failure.arg_count; i++) {
            struct str *value = &demo->c->failure.args[i].value;
            *value = str_copy(demo->c->arena, *value);
        }
        demo->c->failure.problem_count = 0;
    }
    call_end(&c);
    return e;
}

enum err demo_run(struct call *c, const struct cli_args *args)
{
    struct demo *demo = arena_alloc(c->arena, sizeof *demo);
    struct str dir = cli_value(args, "dir");
    bool once = cli_value(args, "once").len > 0;
    int64_t port = PORT_FIRST;
    demo->c = c;
    demo->progress_fd = once ? STDERR_FILENO : STDOUT_FILENO;
    demo->store = cli_value(args, "store");
    enum err e = cli_number(c, args, "port", 1, PORT_MAX, &port);
    if (e == OK && demo->store.len > 0) e = config_store_check(c, demo->store);
    if (e == OK) e = prepare(demo, dir.len > 0 ? dir : S("var/demo"), port);
    if (e == OK) e = demo_found(demo);
    if (e == OK) e = demo_start(demo);
    if (e == OK) e = play(demo, once);
    if (e == OK && !once) {
        tell_all(demo);
        e = wait_for_end(demo);
    }
    demo_stop(demo);
    return e;
}
