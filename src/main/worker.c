#include "main/worker.h"

#include "base/workday.h"
#include "core/act.h"
#include "core/directory.h"
#include "exchange/exchange.h"
#include "exchange/stamp.h"
#include "exchange/statement.h"
#include "front/cli/config.h"
#include "front/cli/host.h"
#include "front/cli/key_file.h"
#include "front/web/web.h"
#include "front/wire/wire.h"
#include "main/chores.h"
#include "main/courier_client.h"
#include "main/fdpass.h"
#include "main/guard.h"
#include "main/outlet.h"
#include "main/parser_client.h"
#include "main/sandbox.h"
#include "main/supervise.h"
#include "main/wire_tls.h"
#include "store/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_S = 1, CERTIFICATES_BYTES_MAX = 64 * 1024 };

/* Everything that lives as long as the process. */
struct worker {
    const struct env *env;
    struct office office;
    struct store *store;
    struct keeper_client keeper;
    struct courier_client courier;
    struct parser_client parser;
    struct parse_door parse_door;
    struct slots *slots;
    struct str plugins; /* their folder, by its descriptor */
    struct wire_tls *tls;
    struct http_server *http;
    struct web web;
    struct wire wire;
    struct wire_transport transport;
    struct stamp_authority authority;
    struct wire_driver *driver;
    struct outlet outlet;
    struct chores *_Atomic chores;
    struct guard web_guard;
    struct guard host_guard;
    struct guard wire_guard;
};

static void store_end(void *arg)
{
    store_close(arg);
}

static enum err store_begin(struct call *c, struct worker *w, const struct config *office)
{
    struct store_config config = {
        .path = config_store_path(c, office->store),
        .plugins = w->plugins.ptr,
        .before_commit = office_before_commit,
        .after_commit = office_after_commit,
        .arg = &w->office,
    };
    enum err e = store_open(c, &config, &w->store);
    if (e != OK) return e;
    arena_defer(c->arena, store_end, w->store);
    c->store = w->store;
    c->office = &w->office;
    e = office_migrate(c);
    if (e == OK) e = exchange_migrate(c);
    if (e == OK) e = office_load(c, &w->office);
    if (e == OK) e = office_pass_key(c, &w->office);
    if (e != OK || str_eq(w->office.id, office->id)) return e;
    return fail(c, ERR_CONFLICT, "config.other_office");
}

static enum err chain_read(struct call *c, void *arg)
{
    return directory_chain(c, c->office->id, arg);
}

/* The keeper's key is the one that the office's own record names: a change that was broken off, or
 * was made on another machine alone, ends here and not in signatures that nobody believes. */
static enum err key_fits(struct call *c, struct worker *w)
{
    struct str signature = {};
    uint8_t hash[crypto_hash_sha256_BYTES];
    enum err e = OK;
    if (key_file_staged()) {
        e = key_file_resolve(c, w->office.public_key);
        keeper_client_renew(&w->keeper); /* it has read the folder as it was */
    }
    if (e == OK) e = statement_sign(c, PURPOSE_FEED, w->office.id, &signature);
    if (e != OK) return e;
    crypto_hash_sha256(hash, (const uint8_t *)w->office.id.ptr, w->office.id.len);
    bool fits = office_verify(w->office.public_key, PURPOSE_FEED, hash, signature);
    return fits ? OK : fail(c, ERR_CONFLICT, "key.other");
}

static enum err listen_guarded(struct call *c, struct worker *w, int fd, struct guard *guard,
                               struct ssl_ctx_st *tls)
{
    guard->env = w->env;
    guard->slots = w->slots;
    return http_server_listen(c, w->http, fd, tls, &guard_handler, guard);
}

static enum err http_begin(struct call *c, struct worker *w, int64_t threads)
{
    struct http_config config = {.env = w->env, .threads = (size_t)threads, .spool_dir = "tmp"};
    enum err e = http_server_open(c, &config, &w->http);
    if (e != OK) return e;
    w->web = (struct web){
        .store = w->store,
        .office = &w->office,
        .env = w->env,
        .http = w->http,
        .plugins = w->plugins,
        .transport = &w->transport,
    };
    w->web_guard = (struct guard){.inner = &web_handler, .arg = &w->web};
    w->host_guard = (struct guard){.inner = &host_handler, .arg = &w->web};
    e = listen_guarded(c, w, WORKER_WEB_FD, &w->web_guard, NULL);
    if (e == OK) e = listen_guarded(c, w, WORKER_CONTROL_FD, &w->host_guard, NULL);
    return e;
}

/* The time stamp authority of office.ini, if one is named. */
static enum err authority_begin(struct call *c, struct worker *w, const struct config *config)
{
    if (config->stamp_url.len == 0) return OK;
    char *bytes = arena_alloc(c->arena, CERTIFICATES_BYTES_MAX);
    int fd = open(str_zero(c->arena, config->stamp_certs), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, CERTIFICATES_BYTES_MAX);
    if (fd >= 0) (void)close(fd);
    if (n <= 0) return fail(c, ERR_NOT_FOUND, "config.certificates");
    w->authority = (struct stamp_authority){config->stamp_url, {bytes, (size_t)n}};
    w->wire.authority = &w->authority;
    return OK;
}

static enum err wire_begin(struct call *c, struct worker *w, const struct config *config)
{
    w->wire = (struct wire){
        .store = w->store, .office = &w->office, .env = w->env, .http = w->http, .wake_fd = -1};
    w->transport = (struct wire_transport){
        .begin = courier_client_begin, .end = courier_client_end, .self = &w->courier};
    w->wire_guard = (struct guard){.inner = &wire_handler, .arg = &w->wire};
    enum err e = authority_begin(c, w, config);
    if (e == OK) e = wire_driver_open(c, &w->wire, &w->transport, &w->driver);
    if (e != OK) return e;
    return listen_guarded(c, w, WORKER_WIRE_FD, &w->wire_guard, wire_tls_ctx(w->tls));
}

/* office.changed: the pages, the other offices and the jobs hear of it. */
static void changed(void *arg, const struct str *topics, size_t count)
{
    struct worker *w = arg;
    web_changed(&w->web, topics, count);
    wire_changed(&w->wire, topics, count);
    chores_changed(w->chores, topics, count);
}

/* Sends and fetches until it is told to stop. */
static void *drive(void *arg)
{
    struct worker *w = arg;
    struct call c = call_begin(w->env, w->store, &w->office);
    enum err e = wire_driver_run(&c, w->driver);
    if (e != OK) {
        cli_print(STDERR_FILENO, failure_json(&c));
        _exit(1); /* another program has the lease, or the store broke: begin again */
    }
    call_end(&c);
    return NULL;
}

/* Waits for the order to stop, and looks whether the store still stands. */
static void *watch(void *arg)
{
    struct worker *w = arg;
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    const struct timespec wait = {.tv_sec = WATCH_S};
    while (sigtimedwait(&set, NULL, &wait) != SIGTERM) {
        if (store_broken(w->store)) _exit(1); /* what was acknowledged is on the disk */
    }
    courier_client_stop(&w->courier);
    parser_client_stop(&w->parser);
    http_server_stop(w->http);
    return NULL;
}

static enum err signals_block(struct call *c)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    int failed = pthread_sigmask(SIG_BLOCK, &set, NULL);
    return failed == 0 ? OK : fail(c, ERR_IO, "worker.start");
}

/* Shapes: store is the one that the supervisor was told of, or empty. */
static enum err prepare(struct call *c, struct worker *w, struct str store)
{
    struct config config = {};
    enum err e = config_read(c, &config);
    if (e != OK) return e;
    if (store.len > 0) config.store = store;
    w->plugins = str_format(c->arena, "/proc/self/fd/%d", WORKER_LIB_FD);
    w->slots = slots_map(WORKER_SLOTS_FD);
    if (w->slots == NULL) return fail(c, ERR_IO, "worker.start");
    keeper_client_init(&w->keeper, WORKER_KEEPER_FD);
    courier_client_init(&w->courier, WORKER_COURIER_FD, &w->keeper);
    parser_client_init(&w->parser, WORKER_PARSER_FD);
    w->parse_door = (struct parse_door){.read = parser_client_read, .self = &w->parser};
    w->office.parser = &w->parse_door;
    w->office.dir = config.blobs.len > 0 ? config.blobs : S(".");
    w->office.calendar = workday_calendar_vn(c, c->arena);
    w->office.signer = (struct signer){
        .sign = keeper_client_sign,
        .seal = keeper_client_seal,
        .sign_note = keeper_client_sign_note,
        .self = &w->keeper,
    };
    e = store_begin(c, w, &config);
    if (e == OK) e = key_fits(c, w);
    if (e == OK) e = store_read(c, chain_read, &w->keeper.chain);
    if (e == OK) e = wire_tls_open(c, &w->keeper, &w->tls);
    if (e == OK) e = outlet_open(c, &config, &w->courier, &w->outlet);
    w->office.door = &w->outlet.door;
    if (e == OK) e = http_begin(c, w, config.threads);
    w->web.secure_cookies = str_starts(config.pages, S("https://"));
    if (e == OK) e = wire_begin(c, w, &config);
    return e;
}

/* Serves until the order to stop. */
static enum err serve(struct call *c, struct worker *w)
{
    pthread_t watcher;
    pthread_t driver;
    struct chores *chores = NULL;
    w->office.changed = changed;
    w->office.changed_arg = w;
    if (pthread_create(&watcher, NULL, watch, w) != 0) return fail(c, ERR_IO, "worker.start");
    if (pthread_create(&driver, NULL, drive, w) != 0) return fail(c, ERR_IO, "worker.start");
    enum err e = chores_start(c, &w->office, w->store, &chores);
    if (e != OK) return e;
    w->chores = chores;
    if (fdpass_send(WORKER_KEEPER_FD, S("ready"), NULL, 0)) http_server_run(w->http);
    chores_stop(chores);
    wire_driver_stop(&w->wire);
    int failed = pthread_join(driver, NULL);
    failed |= pthread_join(watcher, NULL);
    ensure(failed == 0);
    http_server_close(w->http);
    wire_driver_close(w->driver);
    return OK;
}

enum err worker_run(struct call *c, const struct cli_args *args)
{
    int64_t parent = 0;
    struct worker *w = arena_alloc(c->arena, sizeof *w);
    if (!parse_int(args->rest[0], 1, INT32_MAX, &parent)) return fail(c, ERR_SYNTAX, "cli.verb");
    sandbox_common((int)parent);
    w->env = c->env;
    enum err e = signals_block(c);
    if (e == OK) e = prepare(c, w, args->rest[1]);
    return e == OK ? serve(c, w) : e;
}
