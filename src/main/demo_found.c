/* The first use of the demo: four offices that know each other, with their people. */
#include "main/demo_office.h"

#include "base/time.h"
#include "base/words.h"
#include "front/cli/cli.h"
#include "front/cli/cli_verbs.h"
#include "front/cli/config.h"
#include "main/init.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Everything is made in here and moved into place when it is whole; what a broken first use left
 * behind is thrown away. */
#define MAKING "making"
static const char ACCOUNTS[] = "accounts.txt";
static const char ACCOUNTS_MADE[] = MAKING "/accounts.txt";

enum { ACCOUNTS_BYTES_MAX = 16 * 1024, REMOVE_FDS = 16, UNITS = 2 };

static const char *const UNIT_KEYS[UNITS] = {"demo.unit_1", "demo.unit_2"};

const struct demo_person DEMO_PEOPLE[] = {
    {"admin", "role.admin", NULL, 0},
    {"vanthu", "role.registry", "registry", 1},
    {"chuyenvien", "demo.officer_1", "officer", 1},
    {"chuyenvien2", "demo.officer_2", "officer", 2},
    {"thuky", "role.secretary", "secretary", 1},
    {"lanhdao", "role.leader", "leader", 0},
    {"chanhvp", "role.chief", "chief", 0},
};
const size_t DEMO_PEOPLE_COUNT = ARRAY_LEN(DEMO_PEOPLE);

static enum err make_fail(struct call *c, const char *path)
{
    (void)fail(c, ERR_IO, "init.dir"); /* the next line returns the same */
    return fail_arg(c, "dir", str_of(path));
}

static enum err people_add(struct call *c, struct demo *demo, enum demo_place place)
{
    struct str unit[UNITS + 1] = {};
    for (int i = 0; i < UNITS; i++) {
        json_t *input = cli_json_object(c);
        cli_json_set(input, "name", words(LANG_VI, str_of(UNIT_KEYS[i])));
        const struct demo_act act = {place, "admin", "office.add_unit", NULL, input};
        enum err e = demo_do(c, demo, &act, &unit[i + 1]);
        if (e != OK) return e;
    }
    for (size_t i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        const struct demo_person *p = &DEMO_PEOPLE[i];
        if (p->role == NULL) continue;
        json_t *input = cli_json_object(c);
        cli_json_set(input, "login", str_of(p->login));
        cli_json_set(input, "title", words(LANG_VI, str_of(p->title_key)));
        cli_json_set(input, "unit", unit[p->unit]);
        cli_json_set(input, "password", demo->password);
        (void)json_object_set_new(input, p->role, json_true());
        const struct demo_act act = {place, "admin", "office.add_person", NULL, input};
        enum err e = demo_do(c, demo, &act, NULL);
        if (e != OK) return e;
    }
    return OK;
}

static struct str plugins_of(struct call *c, const struct demo *demo)
{
    return str_format(c->arena, "/proc/self/fd/%d", demo->lib_fd);
}

/* A schema of its own in the one database. */
static struct str store_of(struct call *c, const struct demo *demo, const struct demo_office *o)
{
    if (demo->store.len == 0) return (struct str){};
    bool more = str_find(demo->store, S("?"), 0) < demo->store.len;
    return str_format(c->arena, "%.*s%soptions=-csearch_path%%3D%s", STR_ARG(demo->store),
                      more ? "&" : "?", o->folder);
}

static enum err found_one(struct call *c, struct demo *demo, enum demo_place place)
{
    struct demo_office *o = &demo->office[place];
    const struct founding founding = {
        .store = store_of(c, demo, o),
        .plugins = plugins_of(c, demo),
        .code = str_of(o->code),
        .name = words(LANG_VI, str_of(o->name_key)),
        .address = S("127.0.0.1"),
        .port = o->port,
        .wire_address = S("127.0.0.1"),
        .wire_port = o->wire_port,
    };
    int failed = fchdir(o->dir_fd);
    ensure(failed == 0);
    o->cli = (struct cli_office){};
    enum err e = init_here(c, &founding, demo->password, &o->cli);
    if (e == OK) e = people_add(c, demo, place);
    if (e != OK) return e;
    o->id = str_copy(demo->c->arena, c->office->id);
    o->public_key = str_copy(demo->c->arena, hex_encode(c->arena, c->office->public_key));
    return OK;
}

static struct str address_of(struct call *c, const struct demo_office *o)
{
    return str_format(c->arena, "127.0.0.1:%lld", (long long)o->wire_port);
}

static const struct demo_office *office_by_code(const struct demo *demo, struct str code)
{
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        if (str_eq(str_of(demo->office[i].code), code)) return &demo->office[i];
    }
    return NULL;
}

static enum err peers_add(struct call *c, struct demo *demo, enum demo_place place)
{
    struct demo_office *o = &demo->office[place];
    int failed = fchdir(o->dir_fd);
    ensure(failed == 0);
    o->cli = (struct cli_office){.plugins = plugins_of(c, demo)};
    enum err e = cli_open(c, &o->cli);
    for (enum demo_place other = VPTW; e == OK && other < DEMO_OFFICES; other++) {
        const struct demo_office *peer = &demo->office[other];
        if (other == place) continue;
        json_t *input = cli_json_object(c);
        cli_json_set(input, "office", peer->id);
        cli_json_set(input, "code", str_of(peer->code));
        cli_json_set(input, "name", words(LANG_VI, str_of(peer->name_key)));
        cli_json_set(input, "public_key", peer->public_key);
        cli_json_set(input, "address", address_of(c, peer));
        const struct demo_act act = {place, "admin", "office.add_peer", NULL, input};
        e = demo_do(c, demo, &act, NULL);
    }
    return e;
}

/* Another port than the last time: the office's own settings, and where its peers now are. */
static enum err move_one(struct call *c, struct demo *demo, enum demo_place place)
{
    struct demo_office *o = &demo->office[place];
    struct config config = {};
    const json_t *data = NULL;
    const struct demo_look look = {place, "admin", "office.peers", {}};
    int failed = fchdir(o->dir_fd);
    ensure(failed == 0);
    enum err e = config_read(c, &config);
    if (e != OK || (config.port == o->port && config.wire_port == o->wire_port)) return e;
    o->cli = (struct cli_office){.plugins = plugins_of(c, demo)};
    e = cli_open(c, &o->cli);
    if (e == OK) e = demo_see(c, demo, &look, &data);
    const json_t *rows = json_object_get(data, "rows");
    for (size_t i = 0; e == OK && i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *cells = json_object_get(row, "cells");
        json_t *input = cli_json_object(c);
        struct str code = cli_json_get(json_array_get(cells, 0), "text");
        const struct demo_office *peer = office_by_code(demo, code);
        if (peer == NULL) continue; /* one that a person added */
        cli_json_set(input, "record", cli_json_get(row, "record"));
        cli_json_set(input, "code", code);
        cli_json_set(input, "name", cli_json_get(json_array_get(cells, 1), "text"));
        cli_json_set(input, "address", address_of(c, peer));
        const struct demo_act act = {place, "admin", "office.change_peer", NULL, input};
        e = demo_do(c, demo, &act, NULL);
    }
    config.port = o->port;
    config.wire_port = o->wire_port;
    return e == OK ? config_write(c, &config) : e;
}

static int64_t past_now_ms(void *self)
{
    const struct demo *demo = self;
    return demo->c->env->now_ms(demo->c->env->self) - DEMO_PAST_DAYS * TIME_DAY_MS;
}

static void past_random(void *self, uint8_t *ret_bytes, size_t bytes)
{
    const struct demo *demo = self;
    demo->c->env->random(demo->c->env->self, ret_bytes, bytes);
}

/* The office opened once more, some days ago. */
static enum err past_one(struct call *c, struct demo *demo, enum demo_place place)
{
    struct demo_office *o = &demo->office[place];
    int failed = fchdir(o->dir_fd);
    ensure(failed == 0);
    demo->past = (struct env){.now_ms = past_now_ms, .random = past_random, .self = demo};
    struct call then = call_begin(&demo->past, NULL, NULL);
    o->cli = (struct cli_office){.plugins = plugins_of(&then, demo)};
    enum err e = cli_open(&then, &o->cli);
    if (e == OK) e = demo_past(&then, demo, place);
    if (e != OK) (void)fail(c, e, then.failure.reason);
    call_end(&then);
    return e;
}

/* Runs a step for every office with a call of its own, which closes the office afterwards. */
static enum err each_office(struct demo *demo, const char *say,
                            enum err (*step)(struct call *, struct demo *, enum demo_place))
{
    for (enum demo_place place = VPTW; place < DEMO_OFFICES; place++) {
        struct str name = words(demo->c->lang, str_of(demo->office[place].name_key));
        if (say != NULL) demo_say(demo, say, name);
        struct call c = call_begin(demo->c->env, NULL, NULL);
        enum err e = step(&c, demo, place);
        if (e != OK) {
            demo->c->failure = c.failure; /* its arguments die with the call */
            demo->c->failure.arg_count = 0;
        }
        call_end(&c);
        if (e != OK) return e;
    }
    return OK;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static enum err folders_open(struct demo *demo, const char *above)
{
    int failed = fchdir(demo->top_fd);
    ensure(failed == 0);
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        struct demo_office *o = &demo->office[i];
        struct str path = str_format(demo->c->arena, "%s%s", above, o->folder);
        o->dir_fd = open(path.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (o->dir_fd < 0) return make_fail(demo->c, path.ptr);
    }
    return OK;
}

static enum err making_begin(struct demo *demo)
{
    int failed = fchdir(demo->top_fd);
    ensure(failed == 0);
    (void)nftw(MAKING, remove_one, REMOVE_FDS, FTW_DEPTH | FTW_PHYS); /* there may be none */
    if (mkdir(MAKING, 0700) != 0) return make_fail(demo->c, MAKING);
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        struct str path = str_format(demo->c->arena, MAKING "/%s", demo->office[i].folder);
        if (mkdir(path.ptr, 0700) != 0) return make_fail(demo->c, path.ptr);
    }
    return folders_open(demo, MAKING "/");
}

static enum err accounts_write(struct demo *demo)
{
    struct call *c = demo->c;
    struct sb sb = sb_new(c->arena, ACCOUNTS_BYTES_MAX);
    sb_printf(&sb, "%.*s\n", STR_ARG(demo->password));
    for (size_t i = 0; i < DEMO_PEOPLE_COUNT; i++) {
        struct str title = words(LANG_VI, str_of(DEMO_PEOPLE[i].title_key));
        sb_printf(&sb, "%-12s %.*s\n", DEMO_PEOPLE[i].login, STR_ARG(title));
    }
    int failed = fchdir(demo->top_fd);
    ensure(failed == 0);
    struct str text = sb_str(&sb);
    int fd = open(ACCOUNTS_MADE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return make_fail(c, ACCOUNTS_MADE);
    bool written = write(fd, text.ptr, text.len) == (ssize_t)text.len && fsync(fd) == 0;
    (void)close(fd);
    return written ? OK : make_fail(c, ACCOUNTS_MADE);
}

/* Moves what is whole into place; may be cut short anywhere and go on at the next start. */
static enum err making_end(struct demo *demo)
{
    int failed = fchdir(demo->top_fd);
    ensure(failed == 0);
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        const char *folder = demo->office[i].folder;
        struct str from = str_format(demo->c->arena, MAKING "/%s", folder);
        if (rename(from.ptr, folder) != 0 && errno != ENOENT) return make_fail(demo->c, folder);
    }
    if (rename(ACCOUNTS_MADE, ACCOUNTS) != 0) return make_fail(demo->c, ACCOUNTS);
    (void)rmdir(MAKING);
    return OK;
}

static enum err make_all(struct demo *demo)
{
    demo->password = cli_password(demo->c);
    enum err e = making_begin(demo);
    if (e == OK) e = each_office(demo, "demo.founding", found_one);
    if (e == OK) e = each_office(demo, NULL, peers_add);
    if (e == OK) e = each_office(demo, NULL, past_one);
    for (size_t i = 0; i < DEMO_OFFICES; i++) {
        if (demo->office[i].dir_fd >= 0) (void)close(demo->office[i].dir_fd);
        demo->office[i].dir_fd = -1;
    }
    return e == OK ? accounts_write(demo) : e;
}

/* The first line is the password of all accounts. */
static enum err password_read(struct demo *demo)
{
    char *text = arena_alloc(demo->c->arena, ACCOUNTS_BYTES_MAX);
    struct str rest = {};
    int fd = open(ACCOUNTS, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, ACCOUNTS_BYTES_MAX);
    if (fd >= 0) (void)close(fd);
    if (n <= 0) return make_fail(demo->c, ACCOUNTS);
    (void)str_cut((struct str){text, (size_t)n}, '\n', &demo->password, &rest); /* always a line */
    return OK;
}

enum err demo_found(struct demo *demo)
{
    int failed = fchdir(demo->top_fd);
    ensure(failed == 0);
    enum err e = OK;
    bool made = access(ACCOUNTS, F_OK) == 0;
    if (!made && access(ACCOUNTS_MADE, F_OK) != 0) e = make_all(demo);
    if (e == OK && !made) e = making_end(demo);
    if (e == OK) e = password_read(demo);
    if (e == OK) e = folders_open(demo, "");
    return e == OK ? each_office(demo, NULL, move_one) : e;
}
