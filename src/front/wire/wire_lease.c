#include "front/wire/wire_lease.h"

#include "exchange/sequencer.h"
#include "front/wire/wire_wake.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct wire_lease {
    struct arena *arena;
    const struct wire *wire;
    pthread_t thread;
    int stop_fd;
    struct sequencer sequencer; /* the thread's */
    _Atomic int64_t fence;
};

/* A store that does not answer leaves everything as it is: whoever has the lease keeps it until
 * another one is seen to have taken it. */
static void stand_once(struct wire_lease *lease, bool leave)
{
    const struct wire *wire = lease->wire;
    struct sequencer *sequencer = &lease->sequencer;
    struct call c = call_begin(wire->env, wire->store, wire->office);
    enum err e = leave ? sequencer_leave(&c, sequencer) : sequencer_stand(&c, sequencer);
    if (e == OK && atomic_exchange(&lease->fence, sequencer->fence) != sequencer->fence) {
        wire_wake(wire, WAKE_NEW);
    }
    call_end(&c);
}

static void *stand(void *arg)
{
    struct wire_lease *lease = arg;
    struct pollfd stop = {.fd = lease->stop_fd, .events = POLLIN};
    while (poll(&stop, 1, SEQUENCER_BEAT_MS) <= 0)
        stand_once(lease, false);
    stand_once(lease, true);
    return NULL;
}

/* Signals are for the main thread. */
static bool thread_start(struct wire_lease *lease)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&lease->thread, NULL, stand, lease);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

enum err wire_lease_open(struct call *c, const struct wire *wire, struct wire_lease **ret_lease)
{
    struct arena *arena = arena_open(0);
    struct wire_lease *lease = arena_alloc(arena, sizeof *lease);
    lease->arena = arena;
    lease->wire = wire;
    lease->stop_fd = eventfd(0, EFD_CLOEXEC);
    stand_once(lease, false); /* a lease that is free is held from the first turn on */
    if (lease->stop_fd < 0 || !thread_start(lease)) {
        stand_once(lease, true);
        if (lease->stop_fd >= 0) (void)close(lease->stop_fd);
        arena_close(arena);
        return fail(c, ERR_IO, "wire.pipe");
    }
    *ret_lease = lease;
    return OK;
}

int64_t wire_lease_fence(const struct wire_lease *lease)
{
    return atomic_load(&lease->fence);
}

void wire_lease_close(struct wire_lease *lease)
{
    if (lease == NULL) return;
    uint64_t one = 1;
    ssize_t n = write(lease->stop_fd, &one, sizeof one);
    ensure(n == sizeof one);
    (void)pthread_join(lease->thread, NULL);
    (void)close(lease->stop_fd);
    arena_close(lease->arena);
}
