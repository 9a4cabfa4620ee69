#include "main/chores.h"

#include "base/time.h"
#include "core/act.h"
#include "core/job.h"
#include "exchange/sweep.h"
#include "front/cli/cli.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SWEEP_HOUR = 2 }; /* of the night, in Ha Noi */

struct chores {
    struct office *office;
    struct store *store;
    const struct env *env;
    int wake_fd; /* a semaphore: one count wakes one thread */
    _Atomic bool stop;
    _Atomic int64_t sweep_ms; /* when the next sweep is due */
    pthread_t threads[CHORES_THREADS];
    size_t count;
};

static void wake(struct chores *chores)
{
    uint64_t all = CHORES_THREADS;
    ssize_t n = write(chores->wake_fd, &all, sizeof all);
    ensure(n == sizeof all); /* it would take an age to fill */
}

static int64_t next_night_ms(int64_t now_ms)
{
    int64_t hour_ms = TIME_DAY_MS / 24;
    int64_t night_ms = time_hanoi_midnight_ms(time_hanoi_day(now_ms)) + SWEEP_HOUR * hour_ms;
    return night_ms > now_ms ? night_ms : night_ms + TIME_DAY_MS;
}

/* Once a night, by whichever thread comes first; what it leaves undone comes the next night. */
static void sweep_turn(struct chores *chores, struct call *c)
{
    int64_t due_ms = atomic_load(&chores->sweep_ms);
    bool ours = c->now_ms >= due_ms && atomic_compare_exchange_strong(&chores->sweep_ms, &due_ms,
                                                                      next_night_ms(c->now_ms));
    if (!ours) return;
    if (sweep_run(c) == OK) return;
    cli_print(STDERR_FILENO, failure_json(c));
    call_clear(c);
}

/* One turn of its own call. Gives how long to rest; after a failure of the store a little. */
static int64_t turn(struct chores *chores, struct job_worker *worker)
{
    struct call c = call_begin(chores->env, chores->store, chores->office);
    int64_t wake_ms = 0;
    sweep_turn(chores, &c);
    enum err e = job_turn(&c, worker, &wake_ms);
    if (e != OK) cli_print(STDERR_FILENO, failure_json(&c));
    call_end(&c);
    int64_t now_ms = chores->env->now_ms(chores->env->self);
    int64_t rest_ms = e != OK ? CHORES_REST_MS : wake_ms - now_ms;
    if (rest_ms > CHORES_LOOK_MS || wake_ms == INT64_MAX) rest_ms = CHORES_LOOK_MS;
    return rest_ms < 0 ? 0 : rest_ms;
}

static void *run(void *arg)
{
    struct chores *chores = arg;
    struct job_worker worker = {};
    while (!atomic_load(&chores->stop)) {
        int64_t rest_ms = turn(chores, &worker);
        struct pollfd poll_fd = {.fd = chores->wake_fd, .events = POLLIN};
        uint64_t one = 0;
        /* another thread may have taken the count: then this one sleeps on */
        if (rest_ms > 0 && poll(&poll_fd, 1, (int)rest_ms) > 0)
            (void)!read(chores->wake_fd, &one, sizeof one);
    }
    return NULL;
}

enum err chores_start(struct call *c, struct office *office, struct store *store,
                      struct chores **ret_chores)
{
    struct chores *chores = arena_alloc(c->arena, sizeof *chores);
    chores->office = office;
    chores->store = store;
    chores->env = c->env;
    atomic_store(&chores->sweep_ms, next_night_ms(c->now_ms));
    chores->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    enum err e = job_begin(c);
    if (e != OK) return e;
    bool started = chores->wake_fd >= 0;
    while (started && chores->count < CHORES_THREADS) {
        started = pthread_create(&chores->threads[chores->count], NULL, run, chores) == 0;
        if (started) chores->count++;
    }
    if (!started) {
        chores_stop(chores);
        return fail(c, ERR_IO, "worker.start");
    }
    *ret_chores = chores;
    return OK;
}

void chores_changed(struct chores *chores, const struct str *topics, size_t count)
{
    bool news = false;
    for (size_t i = 0; i < count; i++)
        news = news || str_eq(topics[i], JOB_TOPIC) || str_eq(topics[i], S("all"));
    if (news && chores != NULL) wake(chores);
}

void chores_stop(struct chores *chores)
{
    if (chores == NULL) return;
    atomic_store(&chores->stop, true);
    if (chores->wake_fd >= 0) wake(chores);
    for (size_t i = 0; i < chores->count; i++) {
        int failed = pthread_join(chores->threads[i], NULL);
        ensure(failed == 0);
    }
}
