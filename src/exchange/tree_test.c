/* The tree of eight leaves that every implementation of RFC 6962 is tested with, and every proof in
 * small trees, true and changed. */
#include "exchange/tree.h"

#include "exchange/tile.h"
#include "store/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SMALL = 40 };

/* Source: the inputs of Certificate Transparency's own tests. */
static const struct str INPUTS[8] = {
    {"", 0},
    {"\x00", 1},
    {"\x10", 1},
    {"\x20\x21", 2},
    {"\x30\x31", 2},
    {"\x40\x41\x42\x43", 4},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
};

static int open_arena(void **state)
{
    *state = arena_open(0);
    return 0;
}

static int close_arena(void **state)
{
    arena_close(*state);
    return 0;
}

static uint8_t (*known_leaves(struct arena *arena))[32]
{
    uint8_t(*leaves)[32] = arena_array(arena, ARRAY_LEN(INPUTS), 32);
    for (size_t i = 0; i < ARRAY_LEN(INPUTS); i++)
        merkle_leaf(INPUTS[i], leaves[i]);
    return leaves;
}

static uint8_t (*small_leaves(struct arena *arena))[32]
{
    uint8_t(*leaves)[32] = arena_array(arena, SMALL, 32);
    for (size_t i = 0; i < SMALL; i++)
        merkle_leaf(str_format(arena, "leaf %zu", i), leaves[i]);
    return leaves;
}

static struct tree_head head_of(struct arena *arena, uint8_t (*leaves)[32], int64_t size)
{
    struct tree_head head = {.size = size};
    merkle_root(arena, (const uint8_t(*)[32])leaves, (size_t)size, head.root);
    return head;
}

static struct tree_path path_of(struct arena *arena, uint8_t (*leaves)[32],
                                const struct tree_range *ranges, size_t count)
{
    struct tree_path path = {.count = count};
    for (size_t i = 0; i < count; i++) {
        merkle_root(arena, (const uint8_t(*)[32])(leaves + ranges[i].from),
                    (size_t)(ranges[i].to - ranges[i].from), path.hashes[i]);
    }
    return path;
}

static void path_is(struct arena *arena, const struct tree_path *path, const char *const *hex,
                    size_t count)
{
    assert_int_equal(path->count, count);
    for (size_t i = 0; i < count; i++) {
        struct str text = hex_encode(arena, (struct str){(const char *)path->hashes[i], 32});
        assert_true(str_eq(text, str_of(hex[i])));
    }
}

static void known_proofs_come_out(void **state)
{
    static const char *const LEAF_5[] = {
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    };
    static const char *const FROM_6[] = {
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    };
    struct arena *arena = *state;
    struct tree_range ranges[TREE_PATH_MAX];
    uint8_t(*leaves)[32] = known_leaves(arena);
    struct tree_path path = path_of(arena, leaves, ranges, tree_inclusion(5, 8, ranges));
    path_is(arena, &path, LEAF_5, ARRAY_LEN(LEAF_5));
    path = path_of(arena, leaves, ranges, tree_consistency(6, 8, ranges));
    path_is(arena, &path, FROM_6, ARRAY_LEN(FROM_6));
}

static void every_leaf_is_proven_and_no_other(void **state)
{
    struct arena *arena = *state;
    struct tree_range ranges[TREE_PATH_MAX];
    uint8_t(*leaves)[32] = small_leaves(arena);
    for (int64_t size = 1; size <= SMALL; size++) {
        struct tree_head head = head_of(arena, leaves, size);
        for (int64_t i = 0; i < size; i++) {
            struct tree_path path = path_of(arena, leaves, ranges, tree_inclusion(i, size, ranges));
            assert_true(tree_included(leaves[i], i, &head, &path));
            assert_false(tree_included(leaves[(i + 1) % SMALL], i, &head, &path));
            assert_false(tree_included(leaves[i], i + size, &head, &path));
            if (i + 1 < size) assert_false(tree_included(leaves[i], i + 1, &head, &path));
            path.count++;
            assert_false(tree_included(leaves[i], i, &head, &path));
            if (path.count < 2) continue;
            path.count -= 2;
            assert_false(tree_included(leaves[i], i, &head, &path));
        }
    }
}

static void every_older_tree_is_continued_and_no_other(void **state)
{
    struct arena *arena = *state;
    struct tree_range ranges[TREE_PATH_MAX];
    uint8_t(*leaves)[32] = small_leaves(arena);
    for (int64_t size = 1; size <= SMALL; size++) {
        struct tree_head head = head_of(arena, leaves, size);
        for (int64_t old = 1; old <= size; old++) {
            struct tree_head was = head_of(arena, leaves, old);
            struct tree_path path =
                path_of(arena, leaves, ranges, tree_consistency(old, size, ranges));
            assert_true(tree_continues(&was, &head, &path));
            assert_false(tree_continues(&head, &was, &path) && old != size);
            was.root[old % 32] ^= 1;
            assert_false(tree_continues(&was, &head, &path));
            was.root[old % 32] ^= 1;
            for (size_t i = 0; i < path.count; i++) {
                path.hashes[i][7] ^= 1;
                assert_false(tree_continues(&was, &head, &path));
                path.hashes[i][7] ^= 1;
            }
            path.count++;
            assert_false(tree_continues(&was, &head, &path));
        }
    }
}

static void an_empty_tree_is_continued_by_any(void **state)
{
    struct arena *arena = *state;
    struct tree_head empty = {};
    struct tree_head head = head_of(arena, known_leaves(arena), 8);
    struct tree_path none = {};
    struct tree_path one = {.count = 1};
    tree_empty_root(empty.root);
    assert_true(tree_continues(&empty, &head, &none));
    assert_true(tree_continues(&empty, &empty, &none));
    assert_false(tree_continues(&empty, &head, &one));
    assert_false(tree_included(head.root, 0, &empty, &none));
}

static void a_growing_tree_has_the_same_roots(void **state)
{
    struct arena *arena = *state;
    struct tree_sum sum = {};
    uint8_t(*leaves)[32] = small_leaves(arena);
    for (int64_t size = 0; size <= SMALL; size++) {
        struct tree_head made = {};
        struct tree_head head = head_of(arena, leaves, size);
        tree_sum_head(&sum, &made);
        assert_int_equal(made.size, size);
        assert_true(tree_same_root(&made, &head));
        if (size < SMALL) tree_add(&sum, leaves[size]);
    }
}

static void tiles_have_the_paths_of_the_standard(void **state)
{
    static const struct {
        struct tile tile;
        const char *path;
    } ROWS[] = {
        {{0, 1234067, 256}, "0/x001/x234/067"}, {{0, 0, 256}, "0/000"},
        {{1, 999, 17}, "1/999.p/17"},           {{2, 1000, 1}, "2/x001/000.p/1"},
        {{7, 255, 255}, "7/255.p/255"},
    };
    static const char *const BAD[] = {
        "",         "0",      "0/",           "0/00",         "0/0000",      "0/x000/001",
        "00/001",   "8/001",  "0/001.p/256",  "0/001.p/0",    "0/001.p/",    "0/001.p/01",
        "entries/000", "0/x001/234/067", "0/001/002", "-1/000", "0/+01", "0/x001/x234/067/",
        "0/x999/x999/x999/x999/x999/x999/x999/999",
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct tile tile = {};
        assert_true(str_eq(tile_path(*state, &ROWS[i].tile), str_of(ROWS[i].path)));
        assert_true(tile_parse(*state, str_of(ROWS[i].path), &tile));
        assert_memory_equal(&tile, &ROWS[i].tile, sizeof tile);
    }
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct tile tile = {};
        assert_false(tile_parse(*state, str_of(BAD[i]), &tile));
    }
}

/* Source: the example of c2sp.org/tlog-tiles. */
static void seventy_thousand_leaves_make_these_tiles(void **state)
{
    (void)state;
    assert_int_equal(tile_width(0, 272, 70000), 256);
    assert_int_equal(tile_width(0, 273, 70000), 112);
    assert_int_equal(tile_width(0, 274, 70000), 0);
    assert_int_equal(tile_width(1, 0, 70000), 256);
    assert_int_equal(tile_width(1, 1, 70000), 17);
    assert_int_equal(tile_width(2, 0, 70000), 1);
    assert_int_equal(tile_width(3, 0, 70000), 0);
    assert_int_equal(tile_width(1, 0, 256), 1);
    assert_int_equal(tile_width(9, 0, INT64_MAX), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(known_proofs_come_out),
        TEST(every_leaf_is_proven_and_no_other),
        TEST(every_older_tree_is_continued_and_no_other),
        TEST(an_empty_tree_is_continued_by_any),
        TEST(a_growing_tree_has_the_same_roots),
        TEST(tiles_have_the_paths_of_the_standard),
        TEST(seventy_thousand_leaves_make_these_tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
