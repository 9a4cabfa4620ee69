#include "exchange/chunk_frame.h"

#include <string.h>

static const uint8_t MAGIC[9] = {'p', 'h', 'o', 'i', 'h', 'o', 'p', 1, 'C'};

/* Where the parts of the head begin. */
enum {
    AT_ROOT = sizeof MAGIC,
    AT_SIZE = AT_ROOT + CHUNK_HASH_BYTES,
    AT_INDEX = AT_SIZE + 8,
    AT_STEPS = AT_INDEX + 4,
};

static_assert(AT_STEPS + 1 == CHUNK_FRAME_HEAD_BYTES);

static void number_put(uint8_t *to, int64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)(number >> (8 * (bytes - 1 - i)));
}

/* Shapes: at most 8 bytes; the result of 8 may be negative. */
static int64_t number_take(const uint8_t *from, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | from[i];
    return (int64_t)number;
}

struct str chunk_encode(struct call *c, const struct chunk *chunk)
{
    size_t steps = chunk->path.len / CHUNK_HASH_BYTES;
    ensure(steps <= CHUNK_PATH_MAX);
    ensure(steps * CHUNK_HASH_BYTES == chunk->path.len);
    ensure(chunk->bytes.len <= CHUNK_BYTES);
    size_t len = CHUNK_FRAME_HEAD_BYTES + chunk->path.len + chunk->bytes.len;
    uint8_t *frame = arena_alloc(c->arena, len);
    memcpy(frame, MAGIC, sizeof MAGIC);
    bool root = hex_decode(chunk->root, frame + AT_ROOT, CHUNK_HASH_BYTES);
    ensure(root);
    number_put(frame + AT_SIZE, chunk->size, 8);
    number_put(frame + AT_INDEX, chunk->index, 4);
    frame[AT_STEPS] = (uint8_t)steps;
    uint8_t *rest = frame + CHUNK_FRAME_HEAD_BYTES;
    if (steps > 0) memcpy(rest, chunk->path.ptr, chunk->path.len);
    if (chunk->bytes.len > 0) memcpy(rest + chunk->path.len, chunk->bytes.ptr, chunk->bytes.len);
    return (struct str){(const char *)frame, len};
}

enum err chunk_decode(struct call *c, struct str frame, struct chunk *ret_chunk)
{
    const uint8_t *head = (const uint8_t *)frame.ptr;
    bool whole = frame.len >= CHUNK_FRAME_HEAD_BYTES && frame.len <= CHUNK_FRAME_BYTES_MAX &&
                 memcmp(head, MAGIC, sizeof MAGIC) == 0;
    if (!whole) return fail(c, ERR_PEER, "chunk.form");
    size_t path_bytes = (size_t)head[AT_STEPS] * CHUNK_HASH_BYTES;
    struct str rest = str_sub(frame, CHUNK_FRAME_HEAD_BYTES, frame.len);
    struct chunk chunk = {
        .root = hex_encode(c->arena, str_sub(frame, AT_ROOT, AT_SIZE)),
        .size = number_take(head + AT_SIZE, 8),
        .index = number_take(head + AT_INDEX, 4),
        .path = str_sub(rest, 0, path_bytes),
        .bytes = str_sub(rest, path_bytes, rest.len),
    };
    bool fits = head[AT_STEPS] <= CHUNK_PATH_MAX && chunk.path.len == path_bytes &&
                chunk.bytes.len > 0 && chunk.bytes.len <= CHUNK_BYTES && chunk.size >= 0;
    if (!fits) return fail(c, ERR_PEER, "chunk.form");
    *ret_chunk = chunk;
    return OK;
}
