#pragma once
/*
 * env.h: the outside world that tests and the simulator replace: clock and randomness. The only
 * function pointers that are not in const tables. Sockets and files stay outside the state
 * machines, which take bytes and give bytes.
 */
#include "base/base.h"

struct env {
    int64_t (*now_ms)(void *self);                                  /* UTC, ms since 1970 */
    void (*random)(void *self, uint8_t *ret_bytes, size_t bytes);   /* unpredictable bytes */
    void *self;
};

/* The real clock and the kernel's randomness. */
const struct env *env_real(void);
