#include "base/id.h"
#include "base/limits.h"
#include "core/office.h"
#include "front/wire/wire_peer.h"
#include "front/wire/wire_wake.h"

#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    IDLE_WAIT_MS = 60 * 1000, /* the longest sleep: clocks may be set, disks freed */
    WAKES_READ = 64,          /* reasons read at one time */
    LEAVES_WAIT_MS = 250,     /* log leaves that nobody waits for are numbered together */
    HELLO_SPREAD_MS = 5000,   /* not all peers are greeted in the same moment */
    CLOCK_BACK_MS = 1000,     /* a clock set back by more makes all waits that much longer */
};

static struct wire_peer *peer_get(struct wire_driver *driver, struct str office)
{
    for (struct wire_peer *peer = driver->peers; peer != NULL; peer = peer->next) {
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

static struct wire_peer *peer_add(struct call *c, struct wire_driver *driver, struct str office)
{
    const struct wire *wire = driver->wire;
    struct wire_peer *peer = arena_alloc(driver->peers_arena, sizeof *peer);
    uint16_t chance = 0;
    c->env->random(c->env->self, (uint8_t *)&chance, sizeof chance);
    peer->office = str_copy(driver->peers_arena, office);
    peer->feed.peer = peer->office;
    peer->pull.peer = peer->office;
    peer->log.peer = peer->office;
    peer->ledger.peer = peer->office;
    peer->fetch = fetch_open(wire->env, wire->store, wire->office, peer->office);
    peer->hello_ms = c->now_ms + chance % HELLO_SPREAD_MS;
    peer->ledger.wake_ms = peer->hello_ms;
    peer->next = driver->peers;
    driver->peers = peer;
    driver->first = peer;
    return peer;
}

/* Learns new peers and new addresses. Nobody is forgotten: what waits for an office goes on
 * waiting. A refusal of theirs may be about what has changed. */
static enum err peers_learn(struct call *c, struct wire_driver *driver)
{
    struct peers peers = {};
    enum err e = store_read(c, peers_list, &peers);
    if (e == OK) e = wire_learn(c, driver->wire);
    if (e != OK) return e;
    for (size_t i = 0; i < peers.count; i++) {
        struct wire_peer *peer = peer_get(driver, peers.list[i].office);
        if (peer == NULL) peer = peer_add(c, driver, peers.list[i].office);
        peer->reachable = peers.list[i].address.len > 0;
        feed_wake(&peer->feed, c->now_ms, true);
    }
    return OK;
}

static void peers_forget(struct wire_driver *driver)
{
    wire_ask_drop(driver);
    for (struct wire_peer *peer = driver->peers; peer != NULL; peer = peer->next)
        fetch_close(peer->fetch);
    driver->peers = NULL;
    driver->first = NULL;
    arena_reset(driver->peers_arena);
}

enum err wire_driver_open(struct call *c, struct wire *wire, const struct wire_transport *transport,
                          struct wire_driver **ret_driver)
{
    struct arena *arena = arena_open(0);
    struct wire_driver *driver = arena_alloc(arena, sizeof *driver);
    *driver = (struct wire_driver){
        .arena = arena,
        .wire = wire,
        .transport = transport,
        .turn_ms = INT64_MAX, /* what the store waits for may be older than a clock set back */
    };
    driver->peers_arena = arena_open(0);
    if (pipe2(driver->wake_fds, O_CLOEXEC | O_NONBLOCK) != 0) {
        arena_close(driver->peers_arena);
        arena_close(arena);
        return fail(c, ERR_IO, "wire.pipe");
    }
    wire->wake_fd = driver->wake_fds[1];
    bool shared = store_is_shared(wire->store); /* then the lease is taken when it is free */
    enum err e =
        shared ? wire_lease_open(c, wire, &driver->lease) : sequencer_take(c, &driver->sequencer);
    if (e == OK) e = shared ? wire_learn(c, wire) : peers_learn(c, driver);
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
    wire_lease_close(driver->lease);
    peers_forget(driver);
    wire_forget(driver->wire);
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

/* Signs a checkpoint when one is due; then the witnesses are asked at once. */
static enum err checkpoint_turn(struct wire_driver *driver)
{
    const struct wire *wire = driver->wire;
    struct call c = call_begin(wire->env, wire->store, wire->office);
    bool fresh = false;
    enum err e = OK;
    if (c.now_ms >= driver->log_ms) e = log_sign(&c, &driver->sequencer, &fresh, &driver->log_ms);
    for (struct wire_peer *peer = driver->peers; fresh && peer != NULL; peer = peer->next)
        if (peer->log.failures == 0) peer->log.wake_ms = c.now_ms;
    if (fresh) driver->authority.stamp.wake_ms = 0;
    if (e != OK) driver->log_ms = c.now_ms + FEED_BACKOFF_MAX_MS;
    call_end(&c);
    return e;
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
        struct wire_peer *peer = peer_get(driver, waiting[i]);
        if (peer != NULL) feed_wake(&peer->feed, c.now_ms, false);
    }
    if (e == OK) e = fetch_waiting(&c, &waiting, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        struct wire_peer *peer = peer_get(driver, waiting[i]);
        if (peer != NULL) peer->fetch_ms = 0;
    }
    driver->peers_changed = driver->peers_changed && e != OK;
    driver->news = e != OK;
    call_end(&c);
    return e;
}

static void ledgers_hurry(struct wire_driver *driver)
{
    for (struct wire_peer *peer = driver->peers; peer != NULL; peer = peer->next)
        peer->ledger.wake_ms = 0;
}

static void reason_read(struct wire_driver *driver, struct str reason)
{
    const struct env *env = driver->wire->env;
    struct wire_peer *peer = peer_get(driver, reason);
    driver->news = driver->news || !str_eq(reason, WAKE_LEAVES);
    if (str_eq(reason, WAKE_STOP)) driver->stop = true;
    if (str_eq(reason, WAKE_LEAVES) && driver->leaves_ms == 0) {
        driver->leaves_ms = env->now_ms(env->self) + LEAVES_WAIT_MS;
    }
    if (str_eq(reason, WAKE_PEERS)) driver->peers_changed = true;
    if (str_eq(reason, WAKE_LEDGER)) ledgers_hurry(driver);
    if (peer == NULL) return;
    feed_wake(&peer->feed, env->now_ms(env->self), true);
    fetch_hurry(peer->fetch, env->now_ms(env->self));
    pull_hurry(&peer->pull, env->now_ms(env->self));
    peer->back_ms = 0;
    peer->fetch_ms = 0;
}

static void reasons_read(struct wire_driver *driver)
{
    char reasons[WAKES_READ * ID_OFFICE_LEN];
    ssize_t got = read(driver->wake_fds[0], reasons, sizeof reasons);
    for (ssize_t at = 0; at + ID_OFFICE_LEN <= got; at += ID_OFFICE_LEN) {
        reason_read(driver, (struct str){reasons + at, ID_OFFICE_LEN});
    }
}

/* Ends the questions that are answered or overdue; what is asked anew meanwhile waits its turn. */
static void answers_take(struct wire_driver *driver, struct wire_ask *const *asks,
                         const struct pollfd *polled, size_t count)
{
    const struct env *env = driver->wire->env;
    int64_t now_ms = env->now_ms(env->self);
    for (size_t i = 0; i < count; i++) {
        bool overdue = now_ms > asks[i]->until_ms;
        if (polled[i].revents != 0 || overdue) wire_ask_end(driver, asks[i]);
    }
}

/* Sleeps until there is a reason not to, and takes what has come. */
static void wait(struct wire_driver *driver, int64_t wake_ms)
{
    const struct env *env = driver->wire->env;
    struct wire_ask *asks[LIMIT_WIRE_QUESTIONS];
    struct pollfd polled[1 + LIMIT_WIRE_QUESTIONS] = {
        {.fd = driver->wake_fds[0], .events = POLLIN}};
    size_t count = 0;
    for (struct wire_ask *ask = driver->asks; ask != NULL; ask = ask->next) {
        polled[1 + count] = (struct pollfd){.fd = ask->question.fd, .events = POLLIN};
        asks[count++] = ask;
        if (ask->until_ms < wake_ms) wake_ms = ask->until_ms;
    }
    int64_t wait_ms = wake_ms - env->now_ms(env->self);
    if (wait_ms < 0) wait_ms = 0;
    if (wait_ms > IDLE_WAIT_MS) wait_ms = IDLE_WAIT_MS;
    int ready = poll(polled, (nfds_t)(1 + count), (int)wait_ms);
    if (ready < 0) return; /* a signal */
    if (polled[0].revents != 0) reasons_read(driver);
    answers_take(driver, asks, polled + 1, count);
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

/* Gives every peer its turn, each time another one first: where there is room for some only, all
 * come round. Returns when to come again. */
static int64_t peers_turn(struct wire_driver *driver)
{
    int64_t wake_ms = INT64_MAX;
    struct wire_peer *peer = driver->first;
    driver->callers = 0;
    while (peer != NULL) {
        int64_t peer_ms = wire_ask_turn(driver, peer);
        if (peer_ms < wake_ms) wake_ms = peer_ms;
        if (peer->feed.call) driver->callers++;
        peer = peer->next != NULL ? peer->next : driver->peers;
        if (peer == driver->first) break;
    }
    if (driver->first != NULL) {
        driver->first = driver->first->next != NULL ? driver->first->next : driver->peers;
    }
    return wake_ms;
}

/* After a clock was set back, and at the start, nothing waits for a time of the old clock. */
static enum err clock_look(struct wire_driver *driver, int64_t now_ms)
{
    const struct wire *wire = driver->wire;
    bool back = now_ms < driver->turn_ms - CLOCK_BACK_MS;
    if (!back) {
        driver->turn_ms = now_ms;
        return OK;
    }
    peers_forget(driver);
    driver->authority.stamp.wake_ms = 0;
    driver->log_ms = driver->leaves_ms = driver->look_ms = 0;
    driver->peers_changed = driver->news = true;
    struct call c = call_begin(wire->env, wire->store, wire->office);
    enum err e = fetch_clock_back(&c);
    if (e == OK) driver->turn_ms = now_ms;
    call_end(&c);
    return e;
}

/* Numbers and asks what is due. Returns when to come again. */
static enum err turn(struct wire_driver *driver, int64_t *ret_wake_ms)
{
    const struct env *env = driver->wire->env;
    int64_t now_ms = env->now_ms(env->self);
    enum err e = clock_look(driver, now_ms);
    bool leaves_due = driver->leaves_ms > 0 && now_ms >= driver->leaves_ms;
    bool look_due = now_ms >= driver->look_ms;
    if (look_due) driver->look_ms = now_ms + IDLE_WAIT_MS;
    if (e == OK && (driver->news || leaves_due || look_due)) e = news_turn(driver);
    if (e == OK) e = checkpoint_turn(driver);
    if (e == ERR_STALE || driver->fenced) return ERR_STALE;
    int64_t wake_ms = peers_turn(driver);
    int64_t stamp_ms = wire_ask_turn(driver, &driver->authority);
    if (stamp_ms < wake_ms) wake_ms = stamp_ms;
    if (driver->log_ms < wake_ms) wake_ms = driver->log_ms;
    if (e != OK) driver->look_ms = now_ms + FEED_BACKOFF_MIN_MS;
    if (driver->leaves_ms > 0 && driver->leaves_ms < wake_ms) wake_ms = driver->leaves_ms;
    if (driver->look_ms < wake_ms) wake_ms = driver->look_ms;
    *ret_wake_ms = e == OK && driver->news ? 0 : wake_ms;
    return OK;
}

/* Without the lease there is the door to keep. */
static void watch(struct wire_driver *driver)
{
    struct wire *wire = driver->wire;
    if (!driver->peers_changed) return;
    struct call c = call_begin(wire->env, wire->store, wire->office);
    driver->peers_changed = wire_learn(&c, wire) != OK; /* a store that is away: at the next wake */
    call_end(&c);
}

enum err wire_driver_run(struct call *c, struct wire_driver *driver)
{
    driver->news = true;
    driver->stop = false;
    while (!driver->stop) {
        int64_t wake_ms = INT64_MAX;
        bool held = lease_held(driver);
        enum err e = held ? turn(driver, &wake_ms) : OK;
        if (!held) watch(driver);
        if (e == ERR_STALE && driver->lease == NULL) {
            return fail(c, ERR_STALE, "sequencer.fenced");
        }
        driver->fenced = false;
        if (e == ERR_STALE) {
            wake_ms = c->env->now_ms(c->env->self) + SEQUENCER_BEAT_MS; /* its thread sees it */
        }
        wait(driver, wake_ms);
    }
    return OK;
}
