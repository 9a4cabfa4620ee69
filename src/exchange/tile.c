#include "exchange/tile.h"

enum { GROUP = 1000 }; /* of a number's digits in a path */

static const int64_t NUMBER_MAX = INT64_MAX / TILE_WIDTH;

int64_t tile_width(int64_t level, int64_t n, int64_t size)
{
    ensure(level >= 0 && n >= 0 && size >= 0);
    if (level >= TILE_LEVELS || n > NUMBER_MAX) return 0;
    int64_t width = (size >> (TILE_HEIGHT * level)) - n * TILE_WIDTH;
    if (width < 0) return 0;
    return width < TILE_WIDTH ? width : TILE_WIDTH;
}

struct str tile_path(struct arena *arena, const struct tile *tile)
{
    ensure(tile->n >= 0);
    ensure(tile->width > 0 && tile->width <= TILE_WIDTH);
    struct str number = str_format(arena, "%03d", (int)(tile->n % GROUP));
    for (int64_t n = tile->n / GROUP; n > 0; n /= GROUP)
        number = str_format(arena, "x%03d/%.*s", (int)(n % GROUP), STR_ARG(number));
    if (tile->width == TILE_WIDTH) {
        return str_format(arena, "%d/%.*s", (int)tile->level, STR_ARG(number));
    }
    return str_format(arena, "%d/%.*s.p/%d", (int)tile->level, STR_ARG(number), (int)tile->width);
}

/* The groups of digits; any slip shows when the path is written again. */
static bool number_parse(struct str text, int64_t *ret_n)
{
    struct str group = {};
    int64_t n = 0;
    while (text.len > 0) {
        int64_t digits = 0;
        (void)str_cut(text, '/', &group, &text);
        if (str_starts(group, S("x"))) group = str_sub(group, 1, group.len);
        if (group.len != 3 || !parse_int(group, 0, GROUP - 1, &digits)) return false;
        if (n > NUMBER_MAX / GROUP - 1) return false;
        n = n * GROUP + digits;
    }
    *ret_n = n;
    return true;
}

bool tile_parse(struct arena *arena, struct str path, struct tile *ret_tile)
{
    struct tile tile = {.width = TILE_WIDTH};
    struct str level = {};
    struct str rest = {};
    if (!str_cut(path, '/', &level, &rest)) return false;
    size_t partial = str_find(rest, S(".p/"), 0);
    bool full = partial == rest.len;
    bool read = parse_int(level, 0, TILE_LEVELS - 1, &tile.level) &&
                number_parse(str_sub(rest, 0, partial), &tile.n) &&
                (full || parse_int(str_sub(rest, partial + 3, rest.len), 1, TILE_WIDTH - 1,
                                   &tile.width));
    if (!read || !str_eq(tile_path(arena, &tile), path)) return false;
    *ret_tile = tile;
    return true;
}
