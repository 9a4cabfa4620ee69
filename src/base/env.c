#include "base/env.h"

#include <sys/random.h>
#include <sys/statvfs.h>
#include <time.h>

static int64_t real_now_ms(void *self)
{
    (void)self;
    struct timespec now = {};
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    ensure(failed == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void real_random(void *self, uint8_t *ret_bytes, size_t bytes)
{
    (void)self;
    size_t got = 0;
    while (got < bytes) {
        ssize_t n = getrandom(ret_bytes + got, bytes - got, 0);
        if (n > 0) got += (size_t)n; /* a signal may interrupt: ask again for the rest */
    }
}

/* A disk that does not answer counts as free: whoever writes to it will hear why. */
static int64_t real_free_percent(void *self, const char *dir)
{
    (void)self;
    struct statvfs disk = {};
    if (statvfs(dir, &disk) != 0) return 100;
    uint64_t used = disk.f_blocks - disk.f_bfree;
    uint64_t all = used + disk.f_bavail; /* what is kept for root is not ours to use */
    return all == 0 ? 100 : (int64_t)(disk.f_bavail * 100 / all);
}

int64_t env_free_percent(const struct env *env, const char *dir)
{
    return env->free_percent == NULL ? 100 : env->free_percent(env->self, dir);
}

const struct env *env_real(void)
{
    static const struct env REAL = {.now_ms = real_now_ms,
                                    .random = real_random,
                                    .free_percent = real_free_percent,
                                    .self = NULL};
    return &REAL;
}
