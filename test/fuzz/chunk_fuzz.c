/*
 * Any bytes are given to the decoder of chunks. What it accepts must be written again as the same
 * bytes, and may only be called proven when it is. The first byte says how the rest is used: as a
 * whole frame, or as the contents of a sound chunk of which one byte is then changed.
 */
#include "exchange/chunk_frame.h"
#include "store/blob.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNT_MAX = 9 };

/* Says whether the frame is a proven chunk. */
static bool frame_try(struct call *c, struct str frame)
{
    struct chunk chunk = {};
    uint8_t leaf[CHUNK_HASH_BYTES];
    enum err e = chunk_decode(c, frame, &chunk);
    if (e != OK) {
        ensure(c->failure.reason != NULL);
        call_clear(c);
        return false;
    }
    ensure(str_eq(chunk_encode(c, &chunk), frame));
    return chunk_holds(&chunk, leaf);
}

/* The last chunk of a file whose other chunks have numbers for hashes. */
static struct str sound(struct call *c, struct str bytes, int64_t count)
{
    uint8_t leaves[COUNT_MAX][CHUNK_HASH_BYTES] = {};
    uint8_t root[CHUNK_HASH_BYTES];
    int64_t nodes[CHUNK_PATH_MAX];
    char *path = arena_alloc(c->arena, sizeof nodes / sizeof *nodes * CHUNK_HASH_BYTES);
    for (int64_t i = 0; i < count; i++)
        leaves[i][0] = (uint8_t)i;
    merkle_leaf(bytes, leaves[count - 1]);
    struct str tree = chunk_tree(c->arena, (const void *)leaves, count);
    merkle_root(c->arena, (const void *)leaves, (size_t)count, root);
    size_t steps = chunk_path_nodes(count, count - 1, nodes);
    for (size_t i = 0; i < steps; i++) {
        memcpy(path + i * CHUNK_HASH_BYTES, tree.ptr + nodes[i] * CHUNK_HASH_BYTES,
               CHUNK_HASH_BYTES);
    }
    struct chunk chunk = {
        .root = hex_encode(c->arena, (struct str){(const char *)root, sizeof root}),
        .size = (count - 1) * CHUNK_BYTES + (int64_t)bytes.len,
        .index = count - 1,
        .bytes = bytes,
        .path = {path, steps * CHUNK_HASH_BYTES},
    };
    return chunk_encode(c, &chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 5 || size > CHUNK_BYTES) return 0;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str rest = {(const char *)data + 4, size - 4};
    if (data[0] % 2 == 0) {
        (void)frame_try(&c, rest);
    } else {
        struct str frame = sound(&c, rest, 1 + data[1] % COUNT_MAX);
        ensure(frame_try(&c, frame));
        char *changed = arena_copy(c.arena, frame.ptr, frame.len);
        size_t at = ((size_t)data[2] << 8 | data[3]) % frame.len;
        changed[at] = (char)(changed[at] ^ (1 + data[1] / COUNT_MAX));
        ensure(!frame_try(&c, (struct str){changed, frame.len}));
    }
    call_end(&c);
    return 0;
}
