#pragma once
/*
 * chunk_frame.h: one chunk of a file with its path, as bytes: what GET answers and PUT brings. It
 * says of which file it is, so it may also travel by other ways than HTTPS. docs/exchange.md tells
 * its form byte by byte.
 */
#include "store/chunk.h"

enum {
    CHUNK_FRAME_HEAD_BYTES = 9 + CHUNK_HASH_BYTES + 8 + 4 + 1,
    CHUNK_FRAME_BYTES_MAX =
        CHUNK_FRAME_HEAD_BYTES + CHUNK_PATH_MAX * CHUNK_HASH_BYTES + CHUNK_BYTES,
};

/* Writes the frame in the call's arena. */
struct str chunk_encode(struct call *c, const struct chunk *chunk);
/* Reads a frame, whose bytes are the chunk's afterwards. Shapes: what it says may still be a lie:
 * chunk_holds(). Errors: ERR_PEER "chunk.form". */
enum err chunk_decode(struct call *c, struct str frame, struct chunk *ret_chunk);
