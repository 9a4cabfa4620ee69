#pragma once
/*
 * tile.h: a log's tree as tiles, files of up to 256 hashes that never change. Level 0 holds leaf
 * hashes; a hash of level L+1 is the root of a full tile of level L. Names and bytes are those of
 * C2SP, so that public tools can read a log. The entries themselves are not published: what is
 * public of a leaf is its hash, and that is salted (log.h).
 * Source: c2sp.org/tlog-tiles.
 */
#include "base/str.h"

enum { TILE_WIDTH = 256, TILE_HEIGHT = 8, TILE_LEVELS = 8 };

struct tile {
    int64_t level;
    int64_t n;     /* number within the level */
    int64_t width; /* hashes; TILE_WIDTH: a full tile */
};

/* How many hashes tile `n` of the level has in a tree of `size`: 0 to TILE_WIDTH. */
int64_t tile_width(int64_t level, int64_t n, int64_t size);

/* "0/x001/x234/067" or "0/x001/x234/067.p/12": what stands behind "tile/" in an address. */
struct str tile_path(struct arena *arena, const struct tile *tile);
/* Reads the one form that tile_path writes. False for anything else. */
bool tile_parse(struct arena *arena, struct str path, struct tile *ret_tile);
