#pragma once
/*
 * arena.h: one owner per lifetime. Every call, job, message and test has an arena; all memory and
 * all handles of that piece of work belong to it and go with it, in reverse order. Nothing is
 * freed singly. An arena is used by one thread at a time.
 */
#include "base/base.h"

struct arena;

/* Opens an arena. Shapes: bytes_max is the soft limit that arena_over() reports; 0 means 64 MiB.
 * Owns: the caller closes it. */
struct arena *arena_open(size_t bytes_max);

/* Runs the deferred functions in reverse order and frees everything. NULL is allowed. */
void arena_close(struct arena *arena);

/* Runs the deferred functions and empties the arena, keeping one block for the next use. */
void arena_reset(struct arena *arena);

/* Returns `bytes` zeroed bytes, aligned for any type; never NULL: the machine's limit aborts. */
void *arena_alloc(struct arena *arena, size_t bytes);

/* Returns a zeroed array. Shapes: count * bytes must not overflow. */
void *arena_array(struct arena *arena, size_t count, size_t bytes);

/* Returns a copy of `bytes` bytes, followed by one zero byte. */
char *arena_copy(struct arena *arena, const void *from, size_t bytes);

/* Says that more than the soft limit is in use. Loops over foreign data ask it. */
bool arena_over(const struct arena *arena);

/* Memory for a library that asks us for it: never NULL, the machine's limit aborts. Of no memory a
 * library says the same as of a wrong text, and what is refused as wrong stays refused.
 * Owns: the library gives it back to arena_library_free. */
void *arena_library_alloc(size_t bytes);
void arena_library_free(void *memory);

/* Ties a library's handle to the arena: fn(arg) runs when the arena closes. */
void arena_defer(struct arena *arena, void (*fn)(void *arg), void *arg);
