#include "main/conform_kit.h"

#include "base/time.h"
#include "core/office.h"
#include "front/cli/cli_json.h"
#include "front/cli/cli_verbs.h"
#include "front/cli/config.h"
#include "front/tls/cert.h"
#include "main/child.h"
#include "main/init.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_WAIT_MS = 60 * 1000 };

static enum err kit_fail(struct kit *kit, const struct kit_office *o)
{
    (void)fail(kit->c, ERR_IO, "conform.office"); /* the next line returns the same */
    return fail_arg(kit->c, "name", str_of(o->folder));
}

static bool is_served(const struct kit *kit, enum kit_place place)
{
    return place == KIT_ECHO || (place == KIT_SUBJECT && !kit->foreign);
}

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

/* A port that nobody has; it is held until the call ends, so that no other gets the same. */
static int64_t port_free(struct call *c)
{
    int *fd = arena_alloc(c->arena, sizeof *fd);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof at;
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0) return 0;
    arena_defer(c->arena, fd_end, fd);
    bool bound = bind(*fd, (const struct sockaddr *)&at, sizeof at) == 0 &&
                 getsockname(*fd, (struct sockaddr *)&at, &bytes) == 0;
    return bound ? ntohs(at.sin_port) : 0;
}

static void enter(const struct kit_office *o)
{
    int failed = fchdir(o->dir_fd);
    ensure(failed == 0);
}

static struct str plugins_of(struct call *c, const struct kit *kit)
{
    return str_format(c->arena, "/proc/self/fd/%d", kit->lib_fd);
}

/* Who writes at the echo office. */
static enum err person_add(struct call *c, struct cli_office *office)
{
    struct str json = {};
    json_t *input = cli_json_object(c);
    cli_json_set(input, "login", S("echo"));
    cli_json_set(input, "title", S("Conformance"));
    cli_json_set(input, "password", cli_password(c));
    (void)json_object_set_new(input, "officer", json_true()); /* out of memory ends us */
    const struct cli_request add = {.method = "POST",
                                    .path = S("/api/act/office.add_person"),
                                    .login = S("admin"),
                                    .body = cli_json_text(c, input)};
    return cli_ask(c, office, &add, &json);
}

/* Founds the office, or opens the one of the last time, and learns who it is. */
static enum err found_one(struct call *c, struct kit *kit, struct kit_office *o)
{
    struct cli_office *office = arena_alloc(c->arena, sizeof *office);
    bool there = access("office.ini", F_OK) == 0;
    struct config config = {};
    const struct founding founding = {.code = str_of(o->folder),
                                      .name = str_of(o->folder),
                                      .address = S("127.0.0.1"),
                                      .port = port_free(c),
                                      .wire_address = S("127.0.0.1"),
                                      .wire_port = port_free(c),
                                      .plugins = plugins_of(c, kit)};
    office->plugins = founding.plugins;
    enum err e = there ? cli_open(c, office) : init_here(c, &founding, cli_password(c), office);
    if (e == OK && !there) e = person_add(c, office);
    if (e == OK) e = config_read(c, &config);
    if (e != OK) return e;
    o->id = str_copy(kit->c->arena, c->office->id);
    o->public_key = str_copy(kit->c->arena, c->office->public_key);
    o->wire_port = config.wire_port;
    memcpy(o->secret, office->secret, sizeof o->secret);
    return OK;
}

static enum err peer_add(struct call *c, struct cli_office *office, const struct kit_office *o,
                         struct str address)
{
    struct str json = {};
    json_t *input = cli_json_object(c);
    cli_json_set(input, "office", o->id);
    cli_json_set(input, "code", str_of(o->folder));
    cli_json_set(input, "name", str_of(o->folder));
    cli_json_set(input, "public_key", hex_encode(c->arena, o->public_key));
    cli_json_set(input, "address", address);
    const struct cli_request add = {.method = "POST",
                                    .path = S("/api/act/office.add_peer"),
                                    .login = S("admin"),
                                    .body = cli_json_text(c, input)};
    enum err e = cli_ask(c, office, &add, &json);
    if (e != ERR_CONFLICT) return e;
    call_clear(c); /* it was entered the last time */
    return OK;
}

/* The subject knows all three; the echo office knows the subject and the one that is down. */
static enum err peers_add(struct call *c, struct kit *kit, struct kit_office *o)
{
    struct cli_office *office = arena_alloc(c->arena, sizeof *office);
    struct str nobody = str_format(c->arena, "127.0.0.1:%lld",
                                   (long long)kit->office[KIT_DOWN].wire_port);
    bool subject = o == &kit->office[KIT_SUBJECT];
    office->plugins = plugins_of(c, kit);
    enum err e = cli_open(c, office);
    if (e == OK) e = peer_add(c, office, &kit->office[KIT_DOWN], nobody);
    if (e == OK && !subject) {
        return peer_add(c, office, &kit->office[KIT_SUBJECT], kit->address);
    }
    if (e == OK) e = peer_add(c, office, &kit->office[KIT_PROBE], (struct str){});
    return e == OK ? peer_add(c, office, &kit->office[KIT_ECHO], (struct str){}) : e;
}

/* With a call of its own, which closes the office afterwards. */
static enum err with(struct kit *kit, enum kit_place place,
                     enum err (*step)(struct call *, struct kit *, struct kit_office *))
{
    struct call c = call_begin(kit->c->env, NULL, NULL);
    enter(&kit->office[place]);
    enum err e = step(&c, kit, &kit->office[place]);
    if (e != OK) {
        kit->c->failure = c.failure; /* its arguments die with the call */
        kit->c->failure.arg_count = 0;
    }
    call_end(&c);
    return e;
}

static enum err folder_open(struct kit *kit, struct kit_office *o)
{
    int failed = fchdir(kit->top_fd);
    ensure(failed == 0);
    if (mkdir(o->folder, 0700) != 0 && errno != EEXIST) return kit_fail(kit, o);
    o->dir_fd = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return o->dir_fd >= 0 ? OK : kit_fail(kit, o);
}

enum err kit_found(struct kit *kit)
{
    static const char *const FOLDERS[] = {"probe", "echo", "down", "subject"};
    for (enum kit_place place = KIT_PROBE; place < KIT_OFFICES; place++) {
        struct kit_office *o = &kit->office[place];
        o->folder = FOLDERS[place];
        if (place == KIT_SUBJECT && kit->foreign) continue;
        enum err e = folder_open(kit, o);
        if (e == OK) e = with(kit, place, found_one);
        if (e != OK) return e;
    }
    if (!kit->foreign) {
        kit->address = str_format(kit->c->arena, "127.0.0.1:%lld",
                                  (long long)kit->office[KIT_SUBJECT].wire_port);
    }
    return OK;
}

struct kit_voice kit_voice(struct call *c, struct str id, const uint8_t secret[KEY_SECRET_BYTES])
{
    struct kit_voice voice = {.office = id, .key = cert_key_new(c->arena)};
    const struct cert_order order = {.office = id,
                                     .key = cert_key_public(c->arena, voice.key),
                                     .not_before_ms = c->now_ms - TIME_DAY_MS,
                                     .not_after_ms = c->now_ms + TIME_DAY_MS};
    enum err e = cert_issue(c, &order, secret, &voice.cert);
    ensure(e == OK);
    return voice;
}

static enum err office_start(struct kit *kit, struct kit_office *o)
{
    int ready[2];
    int leash[2];
    char word[8];
    int failed = fchdir(kit->top_fd);
    ensure(failed == 0);
    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(leash, O_CLOEXEC) != 0) return kit_fail(kit, o);
    const char *const args[] = {"serve",      o->folder, "--ready-fd", "3",
                                "--leash-fd", "4",       "--lib-fd",   "5"};
    const int fds[] = {ready[1], leash[0], kit->lib_fd};
    o->pid = child_start(args, ARRAY_LEN(args), fds, ARRAY_LEN(fds));
    (void)close(ready[1]);
    (void)close(leash[0]);
    o->leash_fd = leash[1];
    struct pollfd told = {.fd = ready[0], .events = POLLIN};
    bool up = o->pid > 0 && poll(&told, 1, START_WAIT_MS) > 0 &&
              read(ready[0], word, sizeof word) > 0;
    (void)close(ready[0]);
    return up ? OK : kit_fail(kit, o);
}

enum err kit_start(struct kit *kit)
{
    for (enum kit_place place = KIT_PROBE; place < KIT_OFFICES; place++) {
        if (!is_served(kit, place)) continue;
        enum err e = with(kit, place, peers_add);
        if (e == OK) e = office_start(kit, &kit->office[place]);
        if (e != OK) return e;
    }
    const struct kit_office *probe = &kit->office[KIT_PROBE];
    kit->probe = kit_voice(kit->c, probe->id, probe->secret);
    return OK;
}

void kit_stop(struct kit *kit)
{
    for (size_t i = 0; i < KIT_OFFICES; i++) {
        if (kit->office[i].pid > 0) (void)kill(kit->office[i].pid, SIGTERM);
    }
    for (size_t i = 0; i < KIT_OFFICES; i++) {
        if (kit->office[i].pid <= 0) continue;
        while (waitpid(kit->office[i].pid, NULL, 0) < 0 && errno == EINTR) {
        }
        kit->office[i].pid = 0;
    }
}

enum err kit_ask(struct kit *kit, enum kit_place place, const struct cli_request *request,
                 struct str *ret_json)
{
    struct cli_office office = {.running = true};
    enter(&kit->office[place]); /* control sockets are found in the present folder */
    return cli_ask(kit->c, &office, request, ret_json);
}
