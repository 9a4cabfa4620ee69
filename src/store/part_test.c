#include "store/part.h"

#include "store/blob.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHUNKS = 4, FILE_BYTES = 3 * CHUNK_BYTES + 77, ENTRY_BYTES = 33 };

/* A folder that has a file and one that gets it. */
struct scene {
    char name[32];
    struct str from;
    struct str to;
    struct str root;
    struct call c;
};

static void must(struct scene *s, enum err e)
{
    if (e != OK) fail_msg("%s", s->c.failure.reason);
}

static void fails_with(struct scene *s, enum err got, enum err want, const char *reason)
{
    assert_int_equal(got, want);
    assert_string_equal(s->c.failure.reason, reason);
    call_clear(&s->c);
}

static struct str folder(struct scene *s, const char *name)
{
    struct str path = str_format(s->c.arena, "%s/%s", s->name, name);
    assert_int_equal(mkdir(path.ptr, 0700), 0);
    return path;
}

static struct str file_make(struct scene *s, size_t bytes)
{
    struct blob_writer *writer = NULL;
    struct str root = {};
    char *content = arena_alloc(s->c.arena, bytes);
    for (size_t i = 0; i < bytes; i++)
        content[i] = (char)(i * 31 + i / 977);
    must(s, blob_create(&s->c, s->from, LIMIT_FILE_BYTES, &writer));
    must(s, blob_write(&s->c, writer, (struct str){content, bytes}));
    must(s, blob_finish(&s->c, writer, &root, NULL));
    return root;
}

static int setup(void **state)
{
    struct scene *s = test_calloc(1, sizeof *s);
    (void)snprintf(s->name, sizeof s->name, "/tmp/part_test_XXXXXX");
    if (mkdtemp(s->name) == NULL) return 1;
    s->c = call_begin(env_real(), NULL, NULL);
    s->from = folder(s, "from");
    s->to = folder(s, "to");
    s->root = file_make(s, FILE_BYTES);
    *state = s;
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    struct scene *s = *state;
    call_end(&s->c);
    int failed = nftw(s->name, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    test_free(s);
    return failed;
}

static struct chunk chunk_at(struct scene *s, int64_t index)
{
    struct chunk chunk = {};
    must(s, blob_chunk(&s->c, s->from, s->root, index, &chunk));
    return chunk;
}

/* Opens the part on a call of its own, which the caller ends: that is what a crash leaves. */
static struct part *part_of(struct scene *s, struct call *c)
{
    struct part *part = NULL;
    *c = call_begin(env_real(), NULL, NULL);
    enum err e = part_open(c, s->to, s->root, FILE_BYTES, &part);
    if (e != OK) fail_msg("%s", c->failure.reason);
    return part;
}

/* Takes some chunks in and forgets everything but the disk. */
static void take(struct scene *s, int64_t first, int64_t last)
{
    struct call c = {};
    struct part *part = part_of(s, &c);
    for (int64_t i = first; i <= last; i++) {
        struct chunk chunk = chunk_at(s, i);
        assert_int_equal(part_put(&c, part, &chunk), OK);
    }
    call_end(&c);
}

static int64_t missing(struct scene *s)
{
    struct call c = {};
    int64_t count = part_missing(part_of(s, &c));
    call_end(&c);
    return count;
}

static const char *part_path(struct scene *s, const char *end)
{
    return str_format(s->c.arena, "%.*s/parts/%.*s-%d%s", STR_ARG(s->to), STR_ARG(s->root),
                      FILE_BYTES, end)
        .ptr;
}

static void overwrite(const char *path, int64_t offset, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, offset), len);
    assert_int_equal(close(fd), 0);
}

static void finish(struct scene *s)
{
    struct call c = {};
    struct part *part = part_of(s, &c);
    for (int64_t i = part_next(part); i >= 0; i = part_next(part)) {
        struct chunk chunk = chunk_at(s, i);
        assert_int_equal(part_put(&c, part, &chunk), OK);
    }
    if (part_finish(&c, part) != OK) fail_msg("%s", c.failure.reason);
    call_end(&c);
    must(s, blob_verify(&s->c, s->to, s->root));
}

static void chunks_in_any_order_make_the_file(void **state)
{
    struct scene *s = *state;
    take(s, 2, 3);
    struct call c = {};
    struct part *part = part_of(s, &c);
    assert_int_equal(part_next(part), 0);
    struct str map = part_map(part, c.arena);
    assert_int_equal(map.len, 1);
    assert_int_equal((uint8_t)map.ptr[0], 0x30);
    call_end(&c);
    finish(s);
    struct chunk again = {};
    must(s, blob_chunk(&s->c, s->to, s->root, 1, &again)); /* it can be given on at once */
    assert_int_equal(again.path.len, 2 * CHUNK_HASH_BYTES);
    assert_int_equal(access(part_path(s, ".map"), F_OK), -1);
}

static void refuses(struct scene *s, struct chunk chunk)
{
    struct call c = {};
    struct part *part = part_of(s, &c);
    assert_int_equal(part_put(&c, part, &chunk), ERR_PEER);
    assert_string_equal(c.failure.reason, "part.chunk");
    assert_int_equal(part_missing(part), CHUNKS);
    call_end(&c);
    assert_int_equal(missing(s), CHUNKS);
}

static struct str with_bit_flipped(struct scene *s, struct str bytes, size_t at)
{
    char *changed = arena_copy(s->c.arena, bytes.ptr, bytes.len);
    changed[at] = (char)(changed[at] ^ 1);
    return (struct str){changed, bytes.len};
}

static void a_changed_chunk_is_refused_before_it_is_written(void **state)
{
    struct scene *s = *state;
    struct chunk chunk = chunk_at(s, 1);
    chunk.bytes = with_bit_flipped(s, chunk.bytes, 500000);
    refuses(s, chunk);
}

static void a_changed_path_is_refused(void **state)
{
    struct scene *s = *state;
    struct chunk chunk = chunk_at(s, 1);
    chunk.path = with_bit_flipped(s, chunk.path, 40);
    refuses(s, chunk);
    chunk = chunk_at(s, 1);
    chunk.path.len -= CHUNK_HASH_BYTES;
    refuses(s, chunk);
    chunk = chunk_at(s, 1);
    char *longer = arena_alloc(s->c.arena, chunk.path.len + CHUNK_HASH_BYTES);
    memcpy(longer, chunk.path.ptr, chunk.path.len);
    chunk.path = (struct str){longer, chunk.path.len + CHUNK_HASH_BYTES};
    refuses(s, chunk);
}

static void a_chunk_under_another_index_is_refused(void **state)
{
    struct scene *s = *state;
    static const int64_t OTHERS[] = {0, 2, 3, 4, 1000000, -1};
    for (size_t i = 0; i < ARRAY_LEN(OTHERS); i++) {
        struct chunk chunk = chunk_at(s, 1);
        chunk.index = OTHERS[i];
        refuses(s, chunk);
    }
}

static void a_chunk_of_another_file_is_refused(void **state)
{
    struct scene *s = *state;
    struct str root = file_make(s, FILE_BYTES - 1);
    struct chunk other = {};
    must(s, blob_chunk(&s->c, s->from, root, 1, &other));
    refuses(s, other);
    other.root = s->root;
    other.size = FILE_BYTES;
    refuses(s, other);
}

static void the_last_chunk_must_have_the_length_that_the_size_says(void **state)
{
    struct scene *s = *state;
    struct call c = {};
    struct part *part = NULL;
    struct chunk last = chunk_at(s, 3);
    assert_int_equal(last.bytes.len, 77);
    /* who declares a longer file can give all but its end */
    c = call_begin(env_real(), NULL, NULL);
    assert_int_equal(part_open(&c, s->to, s->root, FILE_BYTES + 1, &part), OK);
    last.size = FILE_BYTES + 1;
    assert_int_equal(part_put(&c, part, &last), ERR_PEER);
    call_end(&c);
    take(s, 3, 3);
    assert_int_equal(missing(s), CHUNKS - 1);
}

static void a_file_of_one_chunk_needs_no_path(void **state)
{
    struct scene *s = *state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct chunk chunk = {};
    struct part *part = NULL;
    struct str root = file_make(s, 5);
    must(s, blob_chunk(&s->c, s->from, root, 0, &chunk));
    assert_int_equal(chunk.path.len, 0);
    assert_int_equal(part_open(&c, s->to, root, 5, &part), OK);
    assert_int_equal(part_put(&c, part, &chunk), OK);
    assert_int_equal(part_finish(&c, part), OK);
    call_end(&c);
    must(s, blob_verify(&s->c, s->to, root));
}

static void two_do_not_take_the_same_file_at_one_time(void **state)
{
    struct scene *s = *state;
    struct call c = {};
    struct part *other = NULL;
    (void)part_of(s, &c);
    fails_with(s, part_open(&s->c, s->to, s->root, FILE_BYTES, &other), ERR_BUSY, "part.busy");
    call_end(&c);
    must(s, part_open(&s->c, s->to, s->root, FILE_BYTES, &other));
}

static void a_name_that_is_no_root_makes_no_file(void **state)
{
    struct scene *s = *state;
    struct part *part = NULL;
    static const char *const NAMES[] = {"", "../../etc/passwd", "AB"};
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        fails_with(s, part_open(&s->c, s->to, str_of(NAMES[i]), 5, &part), ERR_INVALID,
                   "part.root");
    }
}

static void a_killed_process_loses_the_chunk_under_way_only(void **state)
{
    struct scene *s = *state;
    struct chunk chunks[2] = {chunk_at(s, 0), chunk_at(s, 1)};
    pid_t child = fork();
    if (child == 0) {
        struct part *part = NULL;
        enum err e = part_open(&s->c, s->to, s->root, FILE_BYTES, &part);
        for (size_t i = 0; e == OK && i < ARRAY_LEN(chunks); i++)
            e = part_put(&s->c, part, &chunks[i]);
        (void)raise(SIGKILL);
        _exit(e == OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(missing(s), CHUNKS - 2);
    finish(s);
}

static void killed_between_bytes_and_map_the_chunk_comes_again(void **state)
{
    struct scene *s = *state;
    take(s, 0, 1);
    overwrite(part_path(s, ".map"), 1 * ENTRY_BYTES, "\0", 1);
    assert_int_equal(missing(s), CHUNKS - 1);
    finish(s);
}

static void what_the_power_took_comes_again(void **state)
{
    struct scene *s = *state;
    take(s, 0, 3);
    overwrite(part_path(s, ""), 2 * CHUNK_BYTES + 9, "\0\0\0\0", 4); /* a page that never came */
    overwrite(part_path(s, ".map"), 3 * ENTRY_BYTES + 5, "\0\0\0\0", 4);
    assert_int_equal(missing(s), 2);
    finish(s);
}

static void a_shortened_file_goes_on_where_it_ends(void **state)
{
    struct scene *s = *state;
    take(s, 0, 3);
    assert_int_equal(truncate(part_path(s, ""), 2 * CHUNK_BYTES), 0);
    assert_int_equal(missing(s), 2);
    finish(s);
}

static void killed_before_the_end_the_file_is_finished_later(void **state)
{
    struct scene *s = *state;
    take(s, 0, 3);
    assert_int_equal(missing(s), 0);
    assert_false(blob_has(&s->c, s->to, s->root));
    finish(s);
}

static void a_map_that_outlived_its_file_says_nothing(void **state)
{
    struct scene *s = *state;
    take(s, 0, 3);
    assert_int_equal(unlink(part_path(s, "")), 0); /* killed between the rename and the end */
    assert_int_equal(missing(s), CHUNKS);
    finish(s);
}

static void a_map_that_the_disk_has_changed_begins_anew(void **state)
{
    struct scene *s = *state;
    struct call c = {};
    take(s, 0, 3);
    overwrite(part_path(s, ".map"), 0, "\2xxxx", 5); /* "synced", with another hash */
    struct part *part = part_of(s, &c);
    assert_int_equal(part_finish(&c, part), ERR_CORRUPT);
    call_end(&c);
    assert_false(blob_has(&s->c, s->to, s->root));
    assert_int_equal(missing(s), CHUNKS);
    finish(s);
}

static enum err keep_none(struct call *c, struct str root, bool *ret_keep)
{
    (void)c;
    *ret_keep = root.len != 2 * CHUNK_HASH_BYTES;
    return OK;
}

static enum err keep_all(struct call *c, struct str root, bool *ret_keep)
{
    (void)c;
    *ret_keep = root.len > 0;
    return OK;
}

static void old_parts_that_nobody_wants_are_swept(void **state)
{
    struct scene *s = *state;
    int64_t later_ms = s->c.now_ms + 60 * 1000;
    take(s, 0, 0);
    must(s, part_sweep(&s->c, s->to, later_ms, keep_all));
    must(s, part_sweep(&s->c, s->to, s->c.now_ms - 60 * 1000, keep_none));
    assert_int_equal(missing(s), CHUNKS - 1);
    must(s, part_sweep(&s->c, s->to, later_ms, keep_none));
    assert_int_equal(missing(s), CHUNKS);
    must(s, part_sweep(&s->c, s->from, later_ms, keep_none)); /* where there is no such folder */
}

/* Chunks and trees */

static void a_tree_is_made_anew_when_it_is_gone_or_wrong(void **state)
{
    struct scene *s = *state;
    const char *tree = str_format(s->c.arena, "%.*s/trees/%.2s/%.*s", STR_ARG(s->from), s->root.ptr,
                                  STR_ARG(s->root))
                           .ptr;
    struct chunk before = chunk_at(s, 2);
    overwrite(tree, 3 * CHUNK_HASH_BYTES, "x", 1);
    assert_true(str_eq(chunk_at(s, 2).path, before.path));
    assert_int_equal(unlink(tree), 0);
    assert_true(str_eq(chunk_at(s, 2).path, before.path));
    assert_int_equal(truncate(tree, 10), 0);
    assert_true(str_eq(chunk_at(s, 2).path, before.path));
}

static void a_chunk_that_the_disk_has_changed_is_not_given(void **state)
{
    struct scene *s = *state;
    struct chunk chunk = {};
    const char *blob = str_format(s->c.arena, "%.*s/blobs/%.2s/%.*s", STR_ARG(s->from), s->root.ptr,
                                  STR_ARG(s->root))
                           .ptr;
    assert_int_equal(chmod(blob, 0600), 0);
    overwrite(blob, CHUNK_BYTES + 3, "xyz", 3);
    fails_with(s, blob_chunk(&s->c, s->from, s->root, 1, &chunk), ERR_CORRUPT, "blob.corrupt");
    must(s, blob_chunk(&s->c, s->from, s->root, 2, &chunk)); /* the others are good */
    fails_with(s, blob_chunk(&s->c, s->from, s->root, 4, &chunk), ERR_NOT_FOUND, "blob.missing");
}

/* Every chunk of files of 1 to 40 chunks, whose leaves are numbers instead of bytes. */
static void every_leaf_of_every_tree_has_its_path(void **state)
{
    struct scene *s = *state;
    uint8_t leaves[40][CHUNK_HASH_BYTES] = {};
    for (int64_t count = 1; count <= (int64_t)ARRAY_LEN(leaves); count++) {
        uint8_t root[CHUNK_HASH_BYTES];
        leaves[count - 1][0] = (uint8_t)count;
        merkle_root(s->c.arena, (const void *)leaves, (size_t)count, root);
        struct str tree = chunk_tree(s->c.arena, (const void *)leaves, count);
        assert_int_equal(tree.len, chunk_tree_nodes(count) * CHUNK_HASH_BYTES);
        assert_memory_equal(tree.ptr + tree.len - CHUNK_HASH_BYTES, root, sizeof root);
        for (int64_t i = 0; i < count; i++) {
            int64_t nodes[CHUNK_PATH_MAX];
            char path[CHUNK_PATH_MAX * CHUNK_HASH_BYTES];
            size_t steps = chunk_path_nodes(count, i, nodes);
            for (size_t k = 0; k < steps; k++) {
                memcpy(path + k * CHUNK_HASH_BYTES, tree.ptr + nodes[k] * CHUNK_HASH_BYTES,
                       CHUNK_HASH_BYTES);
            }
            struct chunk chunk = {
                .root = hex_encode(s->c.arena, (struct str){(const char *)root, sizeof root}),
                .size = count * CHUNK_BYTES,
                .index = i,
                .path = {path, steps * CHUNK_HASH_BYTES},
            };
            assert_true(chunk_path_holds(&chunk, leaves[i]));
            if (count == 1) continue;
            assert_false(chunk_path_holds(&chunk, leaves[(i + 1) % count]));
            chunk.index = (i + 1) % count;
            assert_false(chunk_path_holds(&chunk, leaves[i]));
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chunks_in_any_order_make_the_file),
        TEST(a_changed_chunk_is_refused_before_it_is_written),
        TEST(a_changed_path_is_refused),
        TEST(a_chunk_under_another_index_is_refused),
        TEST(a_chunk_of_another_file_is_refused),
        TEST(the_last_chunk_must_have_the_length_that_the_size_says),
        TEST(a_file_of_one_chunk_needs_no_path),
        TEST(two_do_not_take_the_same_file_at_one_time),
        TEST(a_name_that_is_no_root_makes_no_file),
        TEST(a_killed_process_loses_the_chunk_under_way_only),
        TEST(killed_between_bytes_and_map_the_chunk_comes_again),
        TEST(what_the_power_took_comes_again),
        TEST(a_shortened_file_goes_on_where_it_ends),
        TEST(killed_before_the_end_the_file_is_finished_later),
        TEST(a_map_that_outlived_its_file_says_nothing),
        TEST(a_map_that_the_disk_has_changed_begins_anew),
        TEST(old_parts_that_nobody_wants_are_swept),
        TEST(a_tree_is_made_anew_when_it_is_gone_or_wrong),
        TEST(a_chunk_that_the_disk_has_changed_is_not_given),
        TEST(every_leaf_of_every_tree_has_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
