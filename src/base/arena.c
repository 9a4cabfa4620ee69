#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/poison.h"

enum { ALIGN_BYTES = 16, BLOCK_BYTES = 8 * 1024 };
static const size_t SOFT_LIMIT_BYTES = (size_t)64 * 1024 * 1024;

/* A block's payload follows the header. */
struct block {
    struct block *below;
    size_t size;
    size_t used;
    size_t pad;
};

struct deferred {
    struct deferred *below;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct block *top;
    struct deferred *deferred;
    size_t used_bytes;
    size_t bytes_max;
};

static_assert(sizeof(struct block) % ALIGN_BYTES == 0);

static struct block *block_new(size_t size, struct block *below)
{
    struct block *block = malloc(sizeof *block + size);
    if (block == NULL) abort();
    *block = (struct block){.below = below, .size = size};
    POISON(block + 1, size);
    return block;
}

struct arena *arena_open(size_t bytes_max)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL) abort();
    arena->bytes_max = bytes_max > 0 ? bytes_max : SOFT_LIMIT_BYTES;
    return arena;
}

static void run_deferred(struct arena *arena)
{
    while (arena->deferred != NULL) {
        struct deferred *d = arena->deferred;
        arena->deferred = d->below;
        d->fn(d->arg);
    }
}

static void free_blocks(struct block *block, const struct block *keep)
{
    while (block != keep) {
        struct block *below = block->below;
        UNPOISON(block + 1, block->size);
        free(block);
        block = below;
    }
}

void arena_close(struct arena *arena)
{
    if (arena == NULL) return;
    run_deferred(arena);
    free_blocks(arena->top, NULL);
    free(arena);
}

void arena_reset(struct arena *arena)
{
    ensure(arena != NULL);
    run_deferred(arena);
    struct block *first = arena->top;
    while (first != NULL && first->below != NULL)
        first = first->below;
    free_blocks(arena->top, first);
    if (first != NULL) {
        first->used = 0;
        POISON(first + 1, first->size);
    }
    arena->top = first;
    arena->used_bytes = 0;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    ensure(arena != NULL);
    ensure(bytes < SIZE_MAX / 2);
    size_t need = (bytes + RED_ZONE_BYTES + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    struct block *block = arena->top;
    if (block == NULL || block->size - block->used < need) {
        size_t size = need > BLOCK_BYTES / 2 ? need : BLOCK_BYTES;
        if (arena->used_bytes > 4 * (size_t)BLOCK_BYTES && size < 8 * (size_t)BLOCK_BYTES) {
            size = 8 * (size_t)BLOCK_BYTES;
        }
        block = block_new(size, arena->top);
        arena->top = block;
    }
    char *ptr = (char *)(block + 1) + block->used;
    block->used += need;
    arena->used_bytes += need;
    UNPOISON(ptr, bytes);
    memset(ptr, 0, bytes);
    return ptr;
}

void *arena_array(struct arena *arena, size_t count, size_t bytes)
{
    size_t total = 0;
    bool overflow = __builtin_mul_overflow(count, bytes, &total);
    ensure(!overflow);
    return arena_alloc(arena, total);
}

char *arena_copy(struct arena *arena, const void *from, size_t bytes)
{
    char *to = arena_alloc(arena, bytes + 1);
    if (bytes > 0) memcpy(to, from, bytes);
    return to;
}

bool arena_over(const struct arena *arena)
{
    return arena->used_bytes > arena->bytes_max;
}

void arena_defer(struct arena *arena, void (*fn)(void *arg), void *arg)
{
    ensure(fn != NULL);
    struct deferred *d = arena_alloc(arena, sizeof *d);
    *d = (struct deferred){.below = arena->deferred, .fn = fn, .arg = arg};
    arena->deferred = d;
}

void *arena_library_alloc(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) abort();
    return memory;
}

void arena_library_free(void *memory)
{
    free(memory);
}
