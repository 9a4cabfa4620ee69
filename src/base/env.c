#include "base/env.h"

#include <sys/random.h>
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

const struct env *env_real(void)
{
    static const struct env REAL = {.now_ms = real_now_ms, .random = real_random, .self = NULL};
    return &REAL;
}
