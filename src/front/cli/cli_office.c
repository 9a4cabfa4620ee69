#include "front/cli/cli_office.h"

#include "base/workday.h"
#include "exchange/exchange.h"
#include "front/cli/cli_control.h"
#include "front/cli/config.h"
#include "front/cli/host.h"
#include "front/http/loopback.h"
#include "front/tls/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_TRIES = 200, OPEN_PAUSE_MS = 50 };

enum err cli_enter(struct call *c, struct str dir)
{
    (void)umask(0077);
    if (chdir(str_zero(c->arena, dir)) == 0) return OK;
    if (errno == EACCES) {
        (void)fail(c, ERR_DENIED, "cli.closed"); /* the last line returns the same */
    } else {
        (void)fail(c, ERR_NOT_FOUND, "cli.dir");
    }
    return fail_arg(c, "dir", dir);
}

int cli_lib(struct call *c)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n <= 0) return -1;
    struct str exe = {path, (size_t)n};
    while (exe.len > 0 && exe.ptr[exe.len - 1] != '/')
        exe.len--;
    struct str lib = str_format(c->arena, "%.*slib", STR_ARG(exe));
    return open(lib.ptr, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void fd_end(void *arg)
{
    (void)close(*(int *)arg);
}

struct str cli_plugins(struct call *c)
{
    int *fd = arena_alloc(c->arena, sizeof *fd);
    *fd = cli_lib(c);
    if (*fd < 0) return (struct str){};
    arena_defer(c->arena, fd_end, fd);
    return str_format(c->arena, "/proc/self/fd/%d", *fd);
}

enum err cli_drop(struct call *c)
{
    struct stat st = {};
    if (geteuid() != 0) return OK;
    if (stat(".", &st) != 0 || st.st_uid == 0) return fail(c, ERR_DENIED, "cli.owner");
    bool dropped = setgroups(0, NULL) == 0 && setgid(st.st_gid) == 0 && setuid(st.st_uid) == 0;
    /* libpq would look for certificates in root's home, which is closed to this user now */
    dropped = dropped && unsetenv("HOME") == 0;
    return dropped ? OK : fail(c, ERR_DENIED, "cli.owner");
}

int cli_lock(void)
{
    int fd = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
    (void)close(fd);
    return -1;
}

static enum err sign_inline(void *self, struct call *c, const char *purpose,
                            const uint8_t (*hashes)[32], size_t count,
                            uint8_t (*ret_signatures)[64])
{
    (void)c;
    const struct cli_office *o = self;
    if (o->pass_kept && str_eq(str_of(purpose), S(PURPOSE_PASS))) {
        ensure(count == 1);
        memcpy(ret_signatures[0], o->pass, sizeof o->pass);
        return OK;
    }
    for (size_t i = 0; i < count; i++)
        office_sign_with(o->secret, purpose, hashes[i], ret_signatures[i]);
    return OK;
}

static enum err seal_inline(void *self, struct call *c, const uint8_t digest[32],
                            struct str *ret_der)
{
    const struct cli_office *o = self;
    seal_make(c, o->office.id, o->secret, digest, ret_der);
    return OK;
}

static enum err sign_note_inline(void *self, struct call *c, struct str text,
                                 uint8_t ret_signature[64])
{
    const struct cli_office *o = self;
    (void)c;
    office_sign_note_with(o->secret, text, ret_signature);
    return OK;
}

static void store_end(void *arg)
{
    store_close(arg);
}

static void secret_end(void *arg)
{
    sodium_memzero(arg, KEY_SECRET_BYTES);
}

enum err cli_open_inline(struct call *c, struct cli_office *ret_office)
{
    struct cli_office *o = ret_office;
    enum err e = key_file_read(c, o->secret);
    if (e == ERR_NOT_FOUND && o->lost) {
        call_clear(c);
        e = OK;
    }
    if (e == OK) e = key_pass_read(c, o->pass, &o->pass_kept);
    if (e != OK) return e;
    arena_defer(c->arena, secret_end, o->secret);
    o->office.dir = o->blobs.len > 0 ? o->blobs : S(".");
    o->office.calendar = workday_calendar_vn(c, c->arena);
    o->office.public_key = key_public(c, o->secret);
    o->office.key = office_key_id(c->arena, o->office.public_key);
    o->office.signer = (struct signer){
        .sign = sign_inline, .seal = seal_inline, .sign_note = sign_note_inline, .self = o};
    struct store_config config = {
        .path = config_store_path(c, o->store),
        .plugins = o->plugins.len > 0 ? o->plugins.ptr : NULL,
        .inline_writer = true,
        .before_commit = office_before_commit,
        .after_commit = office_after_commit,
        .arg = &o->office,
    };
    struct store *store = NULL;
    e = store_open(c, &config, &store);
    if (e != OK) return e;
    arena_defer(c->arena, store_end, store);
    c->store = store;
    c->office = &o->office;
    o->web = (struct web){.store = store, .office = &o->office, .env = c->env};
    o->web.plugins = o->plugins;
    e = office_migrate(c);
    return e == OK ? exchange_migrate(c) : e;
}

/* A change of the key that was broken off is ended as the office's own record says. */
static enum err key_resolve(struct call *c, struct cli_office *o)
{
    enum err e = key_file_staged() ? key_file_resolve(c, o->office.public_key) : OK;
    if (e == OK) e = key_file_read(c, o->secret);
    if (e == ERR_NOT_FOUND && o->lost) {
        call_clear(c);
        return OK;
    }
    if (e != OK) return e;
    if (o->lost) return fail(c, ERR_CONFLICT, "key.not_lost");
    bool own = str_eq(key_public(c, o->secret), o->office.public_key);
    return own ? OK : fail(c, ERR_CONFLICT, "key.other");
}

/* As office.ini says; the lock is held. */
static enum err open_stopped(struct call *c, struct cli_office *o)
{
    struct config config = {};
    enum err e = config_read(c, &config);
    if (e != OK) return e;
    if (o->store.len == 0) o->store = config.store;
    o->blobs = config.blobs;
    e = cli_open_inline(c, o);
    if (e == OK) e = office_load(c, &o->office);
    if (e == OK) e = key_resolve(c, o);
    if (e == OK) e = office_pass_key(c, &o->office);
    if (e != OK) return e;
    return str_eq(o->office.id, config.id) ? OK : fail(c, ERR_CONFLICT, "config.other_office");
}

enum err cli_open(struct call *c, struct cli_office *ret_office)
{
    if (access("office.ini", F_OK) != 0) return fail(c, ERR_NOT_FOUND, "cli.no_office");
    int *lock = arena_alloc(c->arena, sizeof *lock);
    for (int i = 0; i < OPEN_TRIES; i++) {
        *lock = cli_lock();
        if (*lock >= 0) {
            /* deferred first: the store is closed before the lock goes */
            arena_defer(c->arena, fd_end, lock);
            return open_stopped(c, ret_office);
        }
        if (control_answers()) {
            ret_office->running = true;
            return OK;
        }
        (void)poll(NULL, 0, OPEN_PAUSE_MS);
    }
    return fail(c, ERR_BUSY, "cli.locked");
}

static enum err reach(struct call *c, struct str dir, bool lost, struct cli_office **ret_office)
{
    struct cli_office *office = arena_alloc(c->arena, sizeof *office);
    office->lost = lost;
    office->plugins = cli_plugins(c); /* before the rights to reach them may go */
    enum err e = cli_enter(c, dir);
    if (e == OK) e = cli_drop(c);
    if (e == OK) e = cli_open(c, office);
    if (e == OK) *ret_office = office;
    return e;
}

enum err cli_reach(struct call *c, struct str dir, struct cli_office **ret_office)
{
    return reach(c, dir, false, ret_office);
}

enum err cli_reach_lost(struct call *c, struct str dir, struct cli_office **ret_office)
{
    return reach(c, dir, true, ret_office);
}

/* The kind of error that a status stands for. */
static enum err err_of(int status)
{
    for (enum err e = OK + 1; e < ERR_COUNT; e++) {
        if (err_info(e)->http_status == status) return e;
    }
    return ERR_IO;
}

enum err cli_ask(struct call *c, struct cli_office *office, const struct cli_request *request,
                 struct str *ret_json)
{
    struct control_answer answer = {};
    enum err e = OK;
    if (office->running) {
        struct control control = {};
        e = control_send(c, request, &control);
        if (e == OK) e = control_answer(c, &control, &answer);
    } else {
        struct str reply = http_loopback(c->arena, c->env, &host_handler, &office->web,
                                         control_request(c, request));
        e = control_parse(c, reply, &answer);
    }
    if (e != OK) return e;
    if (answer.status >= 400) {
        (void)fail(c, err_of(answer.status), "cli.refused"); /* the next line returns the same */
        return fail_arg(c, "json", answer.body);
    }
    *ret_json = answer.body;
    return OK;
}
