#include "store/pg/pg.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    TOPICS_MAX = 4096,    /* that wait; beyond, the others are told "all" */
    PAYLOAD_BYTES = 7900, /* PostgreSQL takes less than 8000 */
    RETRY_MS = 1000,      /* between two attempts to connect */
    BEAT_MS = 5000,       /* a line that says nothing is tried this often */
    SWEEP_BEATS = 60 * 60 * 1000 / BEAT_MS,
};

static const int64_t MARK_DAY_MS = INT64_C(24) * 60 * 60 * 1000;

/* Topics that wait to be told, or one payload that was heard. */
struct topics {
    struct arena *arena;
    struct str list[TOPICS_MAX];
    size_t count;
    bool all;
};

struct bus {
    struct arena *arena;
    void (*hear)(void *arg, const struct str *topics, size_t count);
    void *arg;
    const struct env *env;
    pthread_t thread;
    int wake_fd;
    struct line line; /* of the thread alone, as the next three */
    const char *channel;
    bool was_away; /* something may have been missed */
    int beats;     /* since the last sweep */

    pthread_mutex_t mutex; /* guards all that follows */
    struct topics *waiting;
    struct topics *sending;
    bool closing;
};

static void lock(struct bus *bus)
{
    int code = pthread_mutex_lock(&bus->mutex);
    ensure(code == 0);
}

static void unlock(struct bus *bus)
{
    int code = pthread_mutex_unlock(&bus->mutex);
    ensure(code == 0);
}

static void wake(struct bus *bus)
{
    uint64_t one = 1;
    ssize_t n = write(bus->wake_fd, &one, sizeof one);
    ensure(n == sizeof one);
}

static void topics_clear(struct topics *topics)
{
    topics->count = 0;
    topics->all = false;
    arena_reset(topics->arena);
}

static void topics_add(struct topics *topics, struct str topic)
{
    ensure(topic.len > 0 && topic.len < PAYLOAD_BYTES);
    for (size_t i = 0; i < topics->count; i++) {
        if (str_eq(topics->list[i], topic)) return;
    }
    if (topics->count == TOPICS_MAX) topics->all = true;
    if (topics->all) return;
    topics->list[topics->count++] = str_copy(topics->arena, topic);
}

static struct topics *topics_new(struct arena *arena)
{
    struct topics *topics = arena_alloc(arena, sizeof *topics);
    topics->arena = arena_open(0);
    return topics;
}

void pg_bus_tell(struct bus *bus, const struct str *topics, size_t count)
{
    lock(bus);
    for (size_t i = 0; i < count; i++)
        topics_add(bus->waiting, topics[i]);
    unlock(bus);
    wake(bus);
}

static void on_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

/* One channel for each schema of the database. What is told need not survive a crash of the server,
 * so nobody waits for its disk. */
static bool listen_on(struct bus *bus)
{
    PGresult *result = line_run(&bus->line, "SELECT 'phoihop_' || md5(current_schema())");
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (good) bus->channel = str_copy(bus->arena, str_of(PQgetvalue(result, 0, 0))).ptr;
    PQclear(result);
    if (!good) return false;
    char sql[96];
    (void)snprintf(sql, sizeof sql, "LISTEN %s", bus->channel);
    return line_ran(line_run(&bus->line, sql)) &&
           line_ran(line_run(&bus->line, "SET synchronous_commit = off"));
}

static void disconnect(struct bus *bus)
{
    PQfinish(bus->line.conn);
    bus->line.conn = NULL;
    bus->was_away = true;
}

static bool connect_bus(struct bus *bus)
{
    bus->line.conn = pg_connect(bus->line.url);
    (void)PQsetNoticeReceiver(bus->line.conn, on_notice, NULL);
    bool good = PQstatus(bus->line.conn) == CONNECTION_OK && line_begin_term(&bus->line);
    if (good && listen_on(bus)) return true;
    disconnect(bus);
    return false;
}

static bool notify(struct bus *bus, struct str payload)
{
    const char *args[] = {bus->channel, payload.ptr};
    return line_ran(line_run_with(&bus->line, "SELECT pg_notify($1, $2)", args, ARRAY_LEN(args)));
}

/* Tells what waits, several topics in one payload. */
static bool send_waiting(struct bus *bus)
{
    lock(bus);
    struct topics *topics = bus->waiting;
    bus->waiting = bus->sending;
    bus->sending = topics;
    unlock(bus);
    struct sb payload = sb_new(topics->arena, 0);
    bool good = !topics->all || notify(bus, S("all"));
    for (size_t i = 0; good && !topics->all && i < topics->count; i++) {
        struct str topic = topics->list[i];
        if (payload.len > 0 && payload.len + 1 + topic.len > PAYLOAD_BYTES) {
            good = notify(bus, str_copy(topics->arena, sb_str(&payload)));
            payload = sb_new(topics->arena, 0);
        }
        if (payload.len > 0) sb_char(&payload, '\n');
        sb_put(&payload, topic);
    }
    if (good && payload.len > 0) good = notify(bus, str_copy(topics->arena, sb_str(&payload)));
    topics_clear(topics);
    return good;
}

static void hear_payload(struct bus *bus, struct arena *arena, const char *payload)
{
    size_t room = 1;
    for (const char *at = payload; *at != 0; at++)
        room += *at == '\n';
    struct str *topics = arena_array(arena, room, sizeof *topics);
    struct str rest = str_of(payload);
    size_t count = 0;
    while (rest.len > 0 && count < room)
        (void)str_cut(rest, '\n', &topics[count++], &rest);
    if (count > 0) bus->hear(bus->arg, topics, count);
}

/* Own notices come back too, named by this connection's process at the server. */
static bool hear_others(struct bus *bus)
{
    if (PQconsumeInput(bus->line.conn) != 1) return false;
    struct arena *arena = arena_open(0);
    PGnotify *notice = PQnotifies(bus->line.conn);
    while (notice != NULL) {
        if (notice->be_pid != PQbackendPID(bus->line.conn)) hear_payload(bus, arena, notice->extra);
        PQfreemem(notice);
        notice = PQnotifies(bus->line.conn);
    }
    arena_close(arena);
    return PQstatus(bus->line.conn) == CONNECTION_OK;
}

static bool sweep(struct bus *bus)
{
    char before_ms[24];
    (void)snprintf(before_ms, sizeof before_ms, "%lld",
                   (long long)(bus->env->now_ms(bus->env->self) - MARK_DAY_MS));
    const char *args[] = {before_ms};
    return line_ran(
        line_run_with(&bus->line, "DELETE FROM tx_mark WHERE at_ms < $1", args, ARRAY_LEN(args)));
}

/* Nothing came for a while: asks whether anything could have come. */
static bool beat(struct bus *bus)
{
    bus->beats = (bus->beats + 1) % SWEEP_BEATS;
    return bus->beats == 0 ? sweep(bus) : line_ran(line_run(&bus->line, "SELECT 1"));
}

static bool is_closing(struct bus *bus)
{
    lock(bus);
    bool closing = bus->closing;
    unlock(bus);
    return closing;
}

/* Waits for something to tell or to hear; false when nothing came in that time. */
static bool wait_for_work(struct bus *bus, int timeout_ms)
{
    struct pollfd fds[] = {
        {.fd = bus->wake_fd, .events = POLLIN},
        {.fd = bus->line.conn != NULL ? PQsocket(bus->line.conn) : -1, .events = POLLIN},
    };
    int ready = poll(fds, ARRAY_LEN(fds), timeout_ms);
    uint64_t drained = 0;
    if ((fds[0].revents & POLLIN) != 0) {
        ssize_t n = read(bus->wake_fd, &drained, sizeof drained);
        ensure(n == sizeof drained);
    }
    return ready != 0;
}

static void *bus_main(void *arg)
{
    struct bus *bus = arg;
    while (!is_closing(bus)) {
        if (bus->line.conn == NULL && !connect_bus(bus)) {
            (void)wait_for_work(bus, RETRY_MS);
            continue;
        }
        if (bus->was_away) bus->hear(bus->arg, &S("all"), 1);
        bus->was_away = false;
        bool busy = wait_for_work(bus, BEAT_MS);
        bool good = busy ? send_waiting(bus) && hear_others(bus) : beat(bus);
        if (!good) disconnect(bus);
    }
    if (bus->line.conn != NULL) (void)send_waiting(bus);
    return NULL;
}

static void bus_free(struct bus *bus)
{
    PQfinish(bus->line.conn);
    arena_close(bus->waiting->arena);
    arena_close(bus->sending->arena);
    (void)close(bus->wake_fd);
    (void)pthread_mutex_destroy(&bus->mutex);
    arena_close(bus->arena);
}

/* Signals are for the main thread. */
static bool thread_start(struct bus *bus)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&bus->thread, NULL, bus_main, bus);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

enum err pg_bus_open(struct call *c, const struct store_config *config,
                     void (*hear)(void *arg, const struct str *topics, size_t count), void *arg,
                     struct bus **ret_bus)
{
    struct arena *arena = arena_open(0);
    struct bus *bus = arena_alloc(arena, sizeof *bus);
    *bus = (struct bus){.arena = arena, .hear = hear, .arg = arg, .env = c->env};
    bus->line.url = str_zero(arena, str_of(config->path));
    bus->wake_fd = eventfd(0, EFD_CLOEXEC);
    bus->waiting = topics_new(arena);
    bus->sending = topics_new(arena);
    (void)pthread_mutex_init(&bus->mutex, NULL);
    /* The first connection is made here: who opens the store hears what comes after. */
    bool good = bus->wake_fd >= 0 && connect_bus(bus) && thread_start(bus);
    if (!good) {
        bus_free(bus);
        (void)fail(c, ERR_IO, "store.open");
        return fail_arg(c, "detail", S("LISTEN"));
    }
    *ret_bus = bus;
    return OK;
}

void pg_bus_close(struct bus *bus)
{
    lock(bus);
    bus->closing = true;
    unlock(bus);
    wake(bus);
    (void)pthread_join(bus->thread, NULL);
    bus_free(bus);
}
