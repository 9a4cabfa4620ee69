#include "main/demo_office.h"

#include "base/words.h"
#include "front/cli/cli.h"
#include "front/cli/cli_control.h"
#include "main/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_WAIT_MS = 30 * 1000, ARRIVAL_WAIT_MS = 60 * 1000 };
enum { RETRIES = 5, RETRY_TRIES = 200, RETRY_PAUSE_MS = 50 };

void demo_say(struct demo *demo, const char *key, struct str name)
{
    struct call *c = demo->c;
    const struct fail_arg args[] = {{"name", name}};
    cli_print(demo->progress_fd, words_fill(c->arena, c->lang, str_of(key), args, 1));
}

/* Starting and stopping */

static enum err start_fail(struct demo *demo, const struct demo_office *o)
{
    (void)fail(demo->c, ERR_IO, "demo.start"); /* the next line returns the same */
    return fail_arg(demo->c, "name", str_of(o->code));
}

static enum err office_start(struct demo *demo, struct demo_office *o)
{
    int ready[2];
    int leash[2];
    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(leash, O_CLOEXEC) != 0) return start_fail(demo, o);
    const char *const args[] = {
        "serve", o->folder,  "--ready-fd", "3",      "--leash-fd",
        "4",     "--lib-fd", "5",          "--lang", demo->c->lang == LANG_EN ? "en" : "vi"};
    const int fds[] = {ready[1], leash[0], demo->lib_fd};
    o->pid = child_start(args, ARRAY_LEN(args), fds, ARRAY_LEN(fds));
    (void)close(ready[1]);
    (void)close(leash[0]);
    o->ready_fd = ready[0];
    o->leash_fd = leash[1];
    o->cli.running = true;
    return o->pid > 0 ? OK : start_fail(demo, o);
}

/* Its end closes the pipe without a word. */
static bool office_wait(const struct demo *demo, const struct demo_office *o)
{
    struct pollfd fds[] = {{.fd = o->ready_fd, .events = POLLIN},
                           {.fd = demo->signal_fd, .events = POLLIN}};
    char word[8];
    int got = 0;
    do {
        got = poll(fds, ARRAY_LEN(fds), START_WAIT_MS);
    } while (got < 0 && errno == EINTR);
    return fds[0].revents != 0 && read(o->ready_fd, word, sizeof word) > 0;
}

enum err demo_start(struct demo *demo)
{
    int failed = fchdir(demo->top_fd);
    ensure(failed == 0);
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        enum err e = office_start(demo, &demo->office[i]);
        if (e != OK) return e;
    }
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        if (!office_wait(demo, &demo->office[i])) return start_fail(demo, &demo->office[i]);
    }
    return OK;
}

void demo_stop(struct demo *demo)
{
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        if (demo->office[i].pid > 0) (void)kill(demo->office[i].pid, SIGTERM);
    }
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        struct demo_office *o = &demo->office[i];
        if (o->pid <= 0) continue;
        while (waitpid(o->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        o->pid = 0;
    }
}

bool demo_stopping(struct demo *demo)
{
    struct pollfd fd = {.fd = demo->signal_fd, .events = POLLIN};
    return poll(&fd, 1, 0) > 0;
}

/* Asking */

/* Whether asking twice is the same as asking once: the answer may have been lost with the worker.
 */
static bool may_repeat(const struct cli_request *request)
{
    return str_eq(str_of(request->method), S("GET")) || request->once.len > 0 ||
           str_eq(request->path, S("/api/file"));
}

/* Waits until the office answers again. */
static bool office_back(struct demo *demo)
{
    for (int i = 0; i < RETRY_TRIES && !demo_stopping(demo); i++) {
        if (control_answers()) return true;
        (void)poll(NULL, 0, RETRY_PAUSE_MS);
    }
    return false;
}

enum err demo_ask(struct call *c, struct demo *demo, enum demo_place place,
                  const struct cli_request *request, const json_t **ret_json)
{
    struct str text = {};
    struct demo_office *o = &demo->office[place];
    int failed = fchdir(o->dir_fd); /* control sockets are found in the present folder */
    ensure(failed == 0);
    enum err e = cli_ask(c, &o->cli, request, &text);
    for (int i = 0; e == ERR_IO && may_repeat(request) && i < RETRIES && office_back(demo); i++) {
        call_clear(c); /* its worker was started anew */
        e = cli_ask(c, &o->cli, request, &text);
    }
    if (e == OK && ret_json != NULL) {
        *ret_json = cli_json_read(c, text);
        ensure(*ret_json != NULL); /* our own server's answer */
    }
    return e;
}

enum err demo_do(struct call *c, struct demo *demo, const struct demo_act *act,
                 struct str *ret_record)
{
    const struct cli_request request = {
        .method = "POST",
        .path = str_format(c->arena, "/api/act/%s", act->act),
        .login = str_of(act->login),
        .body = cli_json_text(c, act->input),
        .once = str_of(act->once),
    };
    const json_t *answer = NULL;
    enum err e = demo_ask(c, demo, act->place, &request, &answer);
    if (e != OK || ret_record == NULL) return e;
    *ret_record = cli_json_get(answer, "record");
    return OK;
}

enum err demo_see(struct call *c, struct demo *demo, const struct demo_look *look,
                  const json_t **ret_data)
{
    const json_t *answer = NULL;
    const struct cli_request request = {
        .method = "GET",
        .path = str_format(c->arena, "/api/view/%s%s%.*s", look->view,
                           look->query.len > 0 ? "?" : "", STR_ARG(look->query)),
        .login = str_of(look->login),
    };
    enum err e = demo_ask(c, demo, look->place, &request, &answer);
    if (e == OK) *ret_data = json_object_get(answer, "data");
    return e;
}

static enum err waited_fail(struct call *c, const struct demo_wait *wait)
{
    (void)fail(c, ERR_BUSY, "demo.waited"); /* the next line returns the same */
    return fail_arg(c, "name", str_of(wait->name));
}

/* Listens to the office's events. */
static enum err events_open(struct call *c, struct demo *demo, const struct demo_wait *wait,
                            struct control *ret_events)
{
    struct control_answer head = {};
    const struct cli_request request = {.method = "GET", .path = S("/host/events")};
    int failed = fchdir(demo->office[wait->place].dir_fd);
    ensure(failed == 0);
    if (!office_back(demo)) return waited_fail(c, wait);
    enum err e = control_send(c, &request, ret_events);
    return e == OK ? control_head(c, ret_events, &head) : e;
}

/* Waits for one event. False when the stream has ended or the time is over. */
static bool event_hear(struct call *c, struct control *events, int64_t until_ms)
{
    struct str line = {};
    while (!str_starts(line, S("data:"))) {
        int64_t left_ms = until_ms - c->env->now_ms(c->env->self);
        if (left_ms <= 0 || !control_line(c, events, left_ms, &line)) return false;
    }
    return true;
}

enum err demo_until(struct call *c, struct demo *demo, struct demo_wait *wait)
{
    struct control events = {};
    bool there = false;
    bool listening = false;
    int64_t until_ms = c->env->now_ms(c->env->self) + ARRIVAL_WAIT_MS;
    while (c->env->now_ms(c->env->self) < until_ms && !demo_stopping(demo)) {
        /* the stream is opened before the look: nothing can happen between the two unheard */
        enum err e = listening ? OK : events_open(c, demo, wait, &events);
        listening = e == OK;
        if (e == ERR_IO) {
            call_clear(c); /* its worker ended meanwhile: once more */
            continue;
        }
        if (e == OK) e = wait->there(c, demo, wait, &there);
        if (e != OK || there) return e;
        listening = event_hear(c, &events, until_ms);
    }
    return waited_fail(c, wait);
}
