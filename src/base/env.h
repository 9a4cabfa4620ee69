#pragma once
/*
 * env.h: the outside world that tests and the simulator replace: clock, randomness, and how full
 * the disk is. The only function pointers that are not in const tables. Sockets and files stay
 * outside the state machines, which take bytes and give bytes.
 */
#include "base/base.h"

struct env {
    int64_t (*now_ms)(void *self);                                  /* UTC, ms since 1970 */
    void (*random)(void *self, uint8_t *ret_bytes, size_t bytes);   /* unpredictable bytes */
    int64_t (*free_percent)(void *self, const char *dir);           /* NULL: all is free */
    bool weak_passwords; /* tests: a password's hash need not cost what it must cost a thief */
    void *self;
};

/* How much of the disk under a folder is free, as `df` counts it: 0 to 100. */
int64_t env_free_percent(const struct env *env, const char *dir);

/* The real clock and the kernel's randomness. */
const struct env *env_real(void);
