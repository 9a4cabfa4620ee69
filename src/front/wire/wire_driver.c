#include "base/id.h"
#include "base/limits.h"
#include "core/office.h"
#include "exchange/feed.h"
#include "exchange/fetch.h"
#include "exchange/sequencer.h"
#include "front/wire/wire_lease.h"
#include "front/wire/wire_wake.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    FEED_WAIT_MS = 30 * 1000, /* for one answer */
    PIECE_WAIT_MS = 60 * 1000,
    ACK_BYTES_MAX = 64 * 1024,
    IDLE_WAIT_MS = 60 * 1000, /* the longest sleep: clocks may be set */
    WAKES_READ = 64,          /* reasons read at one time */
    LEAVES_WAIT_MS = 250,     /* log leaves that nobody waits for are numbered together */
};

/* One peer as the driver knows it; gone with the process. */
struct peer_state {
    struct peer_state *next;
    struct str office;
    struct feed feed;
    struct fetch *fetch;
};

struct wire_driver {
    struct arena *arena;
    struct wire *wire;
    const struct wire_transport *transport;
    struct sequencer sequencer;
    struct wire_lease *lease; /* NULL: no other program uses the store */
    struct arena *peers_arena;
    struct peer_state *peers;
    int wake_fds[2]; /* read, write */
    bool stop;
    bool peers_changed;
    bool news;
    int64_t leaves_ms; /* when log leaves that nobody waits for are numbered; 0: none wait */
};

static struct peer_state *peer_get(struct wire_driver *driver, struct str office)
{
    for (struct peer_state *peer = driver->peers; peer != NULL; peer = peer->next) {
        if (str_eq(peer->office, office)) return peer;
    }
    return NULL;
}

struct peers {
    struct peer *list;
    size_t count;
};

static enum err peers_list(struct call *c, void *arg)
{
    struct peers *peers = arg;
    return peer_list(c, &peers->list, &peers->count);
}

/* Learns new peers. Nobody is forgotten: what waits for an office goes on waiting. */
static enum err peers_learn(struct call *c, struct wire_driver *driver)
{
    struct peers peers = {};
    enum err e = store_read(c, peers_list, &peers);
    if (e != OK) return e;
    for (size_t i = 0; i < peers.count; i++) {
        if (peer_get(driver, peers.list[i].office) != NULL) continue;
        struct peer_state *peer = arena_alloc(driver->peers_arena, sizeof *peer);
        peer->office = str_copy(driver->peers_arena, peers.list[i].office);
        peer->feed.peer = peer->office;
        peer->fetch =
            fetch_open(driver->wire->env, driver->wire->store, driver->wire->office, peer->office);
        peer->next = driver->peers;
        driver->peers = peer;
    }
    return OK;
}

static void peers_forget(struct wire_driver *driver)
{
    for (struct peer_state *peer = driver->peers; peer != NULL; peer = peer->next)
        fetch_close(peer->fetch);
    driver->peers = NULL;
    arena_reset(driver->peers_arena);
}

enum err wire_driver_open(struct call *c, struct wire *wire, const struct wire_transport *transport,
                          struct wire_driver **ret_driver)
{
    struct arena *arena = arena_open(0);
    struct wire_driver *driver = arena_alloc(arena, sizeof *driver);
    *driver = (struct wire_driver){.arena = arena, .wire = wire, .transport = transport};
    driver->peers_arena = arena_open(0);
    if (pipe2(driver->wake_fds, O_CLOEXEC | O_NONBLOCK) != 0) {
        arena_close(driver->peers_arena);
        arena_close(arena);
        return fail(c, ERR_IO, "wire.pipe");
    }
    wire->wake_fd = driver->wake_fds[1];
    bool shared = store_is_shared(wire->store); /* then the lease is taken when it is free */
    enum err e = shared ? OK : sequencer_take(c, &driver->sequencer);
    if (e == OK && !shared) e = peers_learn(c, driver);
    if (e != OK) {
        wire_driver_close(driver);
        return e;
    }
    *ret_driver = driver;
    return OK;
}

void wire_driver_close(struct wire_driver *driver)
{
    if (driver == NULL) return;
    peers_forget(driver);
    arena_close(driver->peers_arena);
    driver->wire->wake_fd = -1;
    (void)close(driver->wake_fds[0]);
    (void)close(driver->wake_fds[1]);
    arena_close(driver->arena);
}

void wire_driver_stop(const struct wire *wire)
{
    wire_wake(wire, WAKE_STOP);
}

/* Asks a peer. Its address is looked up each time: a change in the directory holds at once.
 * Errors: ERR_PEER "wire.address" for a peer that only calls us; the transport's; ERR_NOT_FOUND
 * "wire.missing" for 404; ERR_PEER "wire.refused" for any other answer but yes. */
static enum err ask(struct call *c, struct wire_driver *driver, struct str office,
                    struct wire_request *rq, struct str *ret_body)
{
    struct peer peer = {};
    struct wire_answer answer = {};
    enum err e = peer_look(c, office, &peer);
    if (e != OK) return e;
    if (peer.address.len == 0) return fail(c, ERR_PEER, "wire.address");
    rq->address = peer.address;
    rq->office = office;
    rq->public_key = peer.public_key;
    e = driver->transport->send(driver->transport->self, c, rq, &answer);
    if (e != OK) return e;
    if (answer.status == 404) return fail(c, ERR_NOT_FOUND, "wire.missing");
    if (answer.status != 200 && answer.status != 206) return fail(c, ERR_PEER, "wire.refused");
    *ret_body = answer.body;
    return OK;
}

/* Takes the reason out of a call that goes on. */
static const char *reason_take(struct call *c)
{
    const char *reason = c->failure.reason;
    call_clear(c);
    return reason;
}

/* Sends one batch. Whatever goes wrong, here or there, is noted with its reason and tried again. */
static enum err feed_turn(struct call *c, struct wire_driver *driver, struct peer_state *peer)
{
    struct str batch = {};
    struct str answer = {};
    enum err e = feed_next(c, &peer->feed, &batch);
    if (e == OK && batch.len == 0) return OK;
    struct wire_request rq = {
        .method = S("POST"),
        .path = S("/x1/feed"),
        .body = batch,
        .answer_bytes_max = ACK_BYTES_MAX,
        .wait_ms = FEED_WAIT_MS,
    };
    if (e == OK) e = ask(c, driver, peer->office, &rq, &answer);
    c->now_ms = c->env->now_ms(c->env->self); /* the answer took its time */
    if (e == OK) e = feed_answer(c, &peer->feed, answer);
    if (e == OK) {
        driver->news = true; /* the window is open again */
        return OK;
    }
    bool stopped = e == ERR_CONFLICT && peer->feed.wake_ms == INT64_MAX;
    const char *reason = reason_take(c);
    return stopped ? OK : feed_fail(c, &peer->feed, reason);
}

static enum err fetch_turn(struct call *c, struct wire_driver *driver, struct peer_state *peer)
{
    struct fetch_request wanted = {};
    struct str frame = {};
    enum err e = fetch_next(c, peer->fetch, &wanted);
    if (e != OK || wanted.bytes == 0) return e;
    struct wire_request rq = {
        .method = S("GET"),
        .path = wanted.path,
        .answer_bytes_max = wanted.bytes,
        .wait_ms = PIECE_WAIT_MS,
    };
    e = ask(c, driver, peer->office, &rq, &frame);
    c->now_ms = c->env->now_ms(c->env->self);
    if (e == OK) e = fetch_take(c, peer->fetch, frame);
    if (e == OK) return OK;
    bool lasting = e == ERR_NOT_FOUND;
    return fetch_fail(c, peer->fetch, reason_take(c), lasting);
}

/* One question of each kind at most, so that no peer holds up the others. Returns when to come
 * again; after a failure of our own (a full disk) that is soon. */
static int64_t peer_turn(struct wire_driver *driver, struct peer_state *peer)
{
    struct wire *wire = driver->wire;
    struct call c = call_begin(wire->env, wire->store, wire->office);
    int64_t fetch_ms = 0;
    enum err e = feed_turn(&c, driver, peer);
    if (e == OK) e = fetch_turn(&c, driver, peer);
    if (e == OK) e = fetch_wake(&c, peer->fetch, &fetch_ms);
    int64_t wake_ms = peer->feed.wake_ms < fetch_ms ? peer->feed.wake_ms : fetch_ms;
    if (e != OK) wake_ms = c.now_ms + FEED_BACKOFF_MIN_MS;
    call_end(&c);
    return wake_ms;
}

/* Numbers what is new and wakes the feeds that have something to send. */
static enum err news_turn(struct wire_driver *driver)
{
    struct wire *wire = driver->wire;
    struct call c = call_begin(wire->env, wire->store, wire->office);
    struct str *waiting = NULL;
    size_t count = 0;
    enum err e = OK;
    atomic_store(&wire->leaves_wait, false); /* before looking: what comes now wakes us again */
    driver->leaves_ms = 0;
    if (driver->peers_changed) e = peers_learn(&c, driver);
    if (e == OK) e = sequencer_run(&c, &driver->sequencer);
    if (e == OK) e = feed_waiting(&c, &waiting, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        struct peer_state *peer = peer_get(driver, waiting[i]);
        if (peer != NULL) feed_wake(&peer->feed, c.now_ms, false);
    }
    driver->peers_changed = driver->peers_changed && e != OK;
    driver->news = e != OK;
    call_end(&c);
    return e;
}

static void reason_read(struct wire_driver *driver, struct str reason)
{
    const struct env *env = driver->wire->env;
    struct peer_state *peer = peer_get(driver, reason);
    driver->news = driver->news || !str_eq(reason, WAKE_LEAVES);
    if (str_eq(reason, WAKE_STOP)) driver->stop = true;
    if (str_eq(reason, WAKE_LEAVES) && driver->leaves_ms == 0) {
        driver->leaves_ms = env->now_ms(env->self) + LEAVES_WAIT_MS;
    }
    if (str_eq(reason, WAKE_PEERS)) driver->peers_changed = true;
    if (peer == NULL) return;
    feed_wake(&peer->feed, env->now_ms(env->self), true);
    fetch_hurry(peer->fetch, env->now_ms(env->self));
}

/* Sleeps until there is a reason not to. */
static void wait(struct wire_driver *driver, int64_t wake_ms)
{
    const struct env *env = driver->wire->env;
    char reasons[WAKES_READ * ID_OFFICE_LEN];
    int64_t wait_ms = wake_ms - env->now_ms(env->self);
    if (wait_ms < 0) wait_ms = 0;
    if (wait_ms > IDLE_WAIT_MS) wait_ms = IDLE_WAIT_MS;
    struct pollfd poll_fd = {.fd = driver->wake_fds[0], .events = POLLIN};
    int ready = poll(&poll_fd, 1, (int)wait_ms);
    if (ready <= 0) return; /* time, or a signal */
    ssize_t got = read(driver->wake_fds[0], reasons, sizeof reasons);
    for (ssize_t at = 0; at + ID_OFFICE_LEN <= got; at += ID_OFFICE_LEN) {
        reason_read(driver, (struct str){reasons + at, ID_OFFICE_LEN});
    }
}

/* Whether this program numbers and sends. What it knew of the peers under another fence is old. */
static bool lease_held(struct wire_driver *driver)
{
    if (driver->lease == NULL) return true;
    int64_t fence = wire_lease_fence(driver->lease);
    if (fence != driver->sequencer.fence) {
        peers_forget(driver);
        driver->sequencer.fence = fence;
        driver->peers_changed = true;
        driver->news = true;
    }
    return fence > 0;
}

/* Numbers and sends what is due. Returns when to come again. */
static enum err turn(struct wire_driver *driver, int64_t *ret_wake_ms)
{
    const struct env *env = driver->wire->env;
    int64_t wake_ms = INT64_MAX;
    enum err e = driver->news ? news_turn(driver) : OK;
    if (e == ERR_STALE) return e;
    for (struct peer_state *peer = driver->peers; peer != NULL; peer = peer->next) {
        int64_t peer_ms = peer_turn(driver, peer);
        if (peer_ms < wake_ms) wake_ms = peer_ms;
    }
    int64_t now_ms = env->now_ms(env->self);
    if (e != OK && wake_ms > now_ms + FEED_BACKOFF_MIN_MS) {
        wake_ms = now_ms + FEED_BACKOFF_MIN_MS;
    }
    if (e == OK && driver->news) wake_ms = 0; /* an answer has opened a window */
    if (driver->leaves_ms > 0 && driver->leaves_ms < wake_ms) wake_ms = driver->leaves_ms;
    *ret_wake_ms = wake_ms;
    return OK;
}

static enum err run(struct call *c, struct wire_driver *driver)
{
    driver->news = true;
    while (!driver->stop) {
        int64_t now_ms = c->env->now_ms(c->env->self);
        int64_t wake_ms = INT64_MAX;
        enum err e = lease_held(driver) ? turn(driver, &wake_ms) : OK;
        if (e == ERR_STALE && driver->lease == NULL) {
            return fail(c, ERR_STALE, "sequencer.fenced");
        }
        if (e == ERR_STALE) wake_ms = now_ms + SEQUENCER_BEAT_MS; /* the lease's thread sees it */
        wait(driver, wake_ms);
        now_ms = c->env->now_ms(c->env->self);
        bool leaves_due = driver->leaves_ms > 0 && now_ms >= driver->leaves_ms;
        driver->news = driver->news || leaves_due;
    }
    return OK;
}

enum err wire_driver_run(struct call *c, struct wire_driver *driver)
{
    bool shared = store_is_shared(driver->wire->store);
    enum err e = shared ? wire_lease_open(c, driver->wire, &driver->lease) : OK;
    if (e == OK) e = run(c, driver);
    wire_lease_close(driver->lease);
    driver->lease = NULL;
    return e;
}
