#include "store/blob.h"

#include "base/limits.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

struct world {
    char name[32];
    struct str dir;
    struct call c;
};

static int setup(void **state)
{
    struct world *w = test_calloc(1, sizeof *w);
    (void)snprintf(w->name, sizeof w->name, "/tmp/blob_test_XXXXXX");
    if (mkdtemp(w->name) == NULL) return 1;
    w->dir = str_of(w->name);
    w->c = call_begin(env_real(), NULL, NULL);
    *state = w;
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
    struct world *w = *state;
    call_end(&w->c);
    int failed = nftw(w->name, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    test_free(w);
    return failed;
}

static void fails_with(struct world *w, enum err got, enum err want, const char *reason)
{
    assert_int_equal(got, want);
    assert_string_equal(w->c.failure.reason, reason);
    call_clear(&w->c);
}

static const char *path(struct world *w, const char *below)
{
    return str_format(w->c.arena, "%s/%s", w->name, below).ptr;
}

static const char *blob_path(struct world *w, struct str root)
{
    return str_format(w->c.arena, "%s/blobs/%.*s/%.*s", w->name, STR_ARG(str_sub(root, 0, 2)),
                      STR_ARG(root)).ptr;
}

/* Bytes that differ from chunk to chunk. */
static struct str pattern(struct world *w, size_t bytes)
{
    char *ptr = arena_alloc(w->c.arena, bytes + 1);
    for (size_t i = 0; i < bytes; i++)
        ptr[i] = (char)(i * 31 + i / 977);
    return (struct str){ptr, bytes};
}

static struct str store_bytes(struct world *w, struct str bytes)
{
    struct blob_writer *writer = NULL;
    struct str root = {};
    int64_t size = -1;
    assert_int_equal(blob_create(&w->c, w->dir, LIMIT_FILE_BYTES, &writer), OK);
    for (size_t at = 0; at < bytes.len; at += 70001) {
        assert_int_equal(blob_write(&w->c, writer, str_sub(bytes, at, at + 70001)), OK);
    }
    assert_int_equal(blob_finish(&w->c, writer, &root, &size), OK);
    assert_int_equal(size, bytes.len);
    return root;
}

static size_t entries(const char *folder)
{
    char command[128];
    (void)snprintf(command, sizeof command, "find %s -type f | wc -l", folder);
    FILE *pipe = popen(command, "re");
    char line[32] = "";
    assert_non_null(fgets(line, sizeof line, pipe));
    (void)pclose(pipe);
    int64_t count = -1;
    assert_true(parse_int(str_trim(str_of(line)), 0, 1000, &count));
    return (size_t)count;
}

static void root_is(const char *hash_hex, size_t count)
{
    /* The leaves of the tests of Certificate Transparency. */
    static const struct str LEAVES[] = {
        {"", 0},
        {"\x00", 1},
        {"\x10", 1},
        {"\x20\x21", 2},
        {"\x30\x31", 2},
        {"\x40\x41\x42\x43", 4},
        {"\x50\x51\x52\x53\x54\x55\x56\x57", 8},
        {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16},
    };
    struct arena *arena = arena_open(0);
    uint8_t leaves[8][32];
    for (size_t i = 0; i < count; i++)
        merkle_leaf(LEAVES[i], leaves[i]);
    uint8_t root[32];
    merkle_root(arena, (const uint8_t(*)[32])leaves, count, root);
    struct str hex = hex_encode(arena, (struct str){(const char *)root, 32});
    assert_string_equal(hex.ptr, hash_hex);
    arena_close(arena);
}

static void roots_are_those_of_certificate_transparency(void **state)
{
    (void)state;
    root_is("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0);
    root_is("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", 1);
    root_is("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", 2);
    root_is("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", 3);
    root_is("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", 4);
    root_is("4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", 5);
    root_is("76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", 6);
    root_is("ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", 7);
    root_is("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328", 8);
}

static void a_file_is_named_by_the_root_over_its_chunks(void **state)
{
    struct world *w = *state;
    struct str bytes = pattern(w, 2 * CHUNK_BYTES + 5);
    uint8_t leaves[3][32];
    for (size_t i = 0; i < 3; i++) {
        merkle_leaf(str_sub(bytes, i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES), leaves[i]);
    }
    uint8_t root[32];
    merkle_root(w->c.arena, (const uint8_t(*)[32])leaves, 3, root);
    struct str want = hex_encode(w->c.arena, (struct str){(const char *)root, 32});
    assert_true(str_eq(store_bytes(w, bytes), want));
}

static void chunk_borders_do_not_change_what_is_read_back(void **state)
{
    struct world *w = *state;
    const size_t sizes[] = {0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct str bytes = pattern(w, sizes[i]);
        struct str root = store_bytes(w, bytes);
        int fd = -1;
        int64_t size = -1;
        assert_int_equal(blob_open(&w->c, w->dir, root, &fd, &size), OK);
        assert_int_equal(size, sizes[i]);
        char *back = arena_alloc(w->c.arena, sizes[i] + 1);
        assert_int_equal(read(fd, back, sizes[i] + 1), sizes[i]);
        assert_memory_equal(back, bytes.ptr, sizes[i]);
        assert_int_equal(blob_verify(&w->c, w->dir, root), OK);
    }
}

static void the_same_content_twice_is_one_file(void **state)
{
    struct world *w = *state;
    struct str first = store_bytes(w, S("content"));
    struct str second = store_bytes(w, S("content"));
    assert_true(str_eq(first, second));
    assert_int_equal(entries(w->name), 1);
}

static void flip_byte(struct world *w, struct str root, int64_t offset)
{
    const char *name = blob_path(w, root);
    assert_int_equal(chmod(name, 0600), 0);
    int fd = open(name, O_RDWR | O_CLOEXEC);
    char byte = 0;
    assert_int_equal(pread(fd, &byte, 1, offset), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
    (void)close(fd);
}

static void a_flipped_bit_is_found(void **state)
{
    struct world *w = *state;
    struct str root = store_bytes(w, pattern(w, CHUNK_BYTES + 100));
    flip_byte(w, root, CHUNK_BYTES + 50);
    fails_with(w, blob_verify(&w->c, w->dir, root), ERR_CORRUPT, "blob.corrupt");
}

static void storing_a_damaged_file_again_repairs_it(void **state)
{
    struct world *w = *state;
    struct str bytes = pattern(w, 1000);
    struct str root = store_bytes(w, bytes);
    flip_byte(w, root, 500);
    (void)store_bytes(w, bytes);
    assert_int_equal(blob_verify(&w->c, w->dir, root), OK);
}

static void a_shortened_file_is_found(void **state)
{
    struct world *w = *state;
    struct str root = store_bytes(w, pattern(w, 1000));
    assert_int_equal(chmod(blob_path(w, root), 0600), 0);
    assert_int_equal(truncate(blob_path(w, root), 999), 0);
    fails_with(w, blob_verify(&w->c, w->dir, root), ERR_CORRUPT, "blob.corrupt");
}

static void what_is_not_stored_is_missing(void **state)
{
    struct world *w = *state;
    struct str root = store_bytes(w, S("content"));
    assert_true(blob_has(&w->c, w->dir, root));
    int fd = -1;
    int64_t size = -1;
    static const char OTHER[] = "ffb0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const char *none[] = {OTHER, "", "../../etc/passwd", "FFB0"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        assert_false(blob_has(&w->c, w->dir, str_of(none[i])));
        fails_with(w, blob_open(&w->c, w->dir, str_of(none[i]), &fd, &size), ERR_NOT_FOUND,
                   "blob.missing");
    }
}

static void a_file_may_have_its_largest_size_and_not_a_byte_more(void **state)
{
    struct world *w = *state;
    struct blob_writer *writer = NULL;
    assert_int_equal(blob_create(&w->c, w->dir, 10, &writer), OK);
    assert_int_equal(blob_write(&w->c, writer, S("0123456789")), OK);
    fails_with(w, blob_write(&w->c, writer, S("x")), ERR_LIMIT, "blob.too_large");
}

static void an_unfinished_file_goes_with_its_call(void **state)
{
    struct world *w = *state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct blob_writer *writer = NULL;
    assert_int_equal(blob_create(&c, w->dir, 100, &writer), OK);
    assert_int_equal(blob_write(&c, writer, S("half")), OK);
    assert_int_equal(entries(w->name), 1);
    call_end(&c);
    assert_int_equal(entries(w->name), 0);
}

static void what_a_crash_left_is_removed_at_the_start(void **state)
{
    struct world *w = *state;
    pid_t child = fork();
    if (child == 0) {
        struct blob_writer *writer = NULL;
        enum err e = blob_create(&w->c, w->dir, 100, &writer);
        if (e == OK) e = blob_write(&w->c, writer, S("half"));
        (void)raise(SIGKILL);
        _exit(e == OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(entries(w->name), 1);
    assert_int_equal(blob_clean_tmp(&w->c, w->dir, w->c.now_ms - 60 * 1000), OK);
    assert_int_equal(entries(w->name), 1); /* young: somebody may be writing it */
    assert_int_equal(blob_clean_tmp(&w->c, w->dir, INT64_MAX), OK);
    assert_int_equal(entries(w->name), 0);
}

static void cleaning_a_new_office_does_nothing(void **state)
{
    struct world *w = *state;
    assert_int_equal(blob_clean_tmp(&w->c, w->dir, INT64_MAX), OK);
    assert_int_equal(entries(w->name), 0);
}

static void a_slice_of_a_spooled_upload_is_imported(void **state)
{
    struct world *w = *state;
    struct str bytes = pattern(w, 300000);
    int fd = open(path(w, "spool"), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    struct str root = {};
    assert_int_equal(blob_import(&w->c, w->dir, fd, 1000, 200000, &root), OK);
    assert_true(str_eq(root, store_bytes(w, str_sub(bytes, 1000, 201000))));
    fails_with(w, blob_import(&w->c, w->dir, fd, 200000, 100001, &root), ERR_IO, "blob.io");
    assert_int_equal(entries(path(w, "tmp")), 0);
    (void)close(fd);
}

static void a_full_disk_refuses_the_file(void **state)
{
    struct world *w = *state;
    struct blob_writer *writer = NULL;
    assert_int_equal(blob_create(&w->c, w->dir, LIMIT_FILE_BYTES, &writer), OK);
    struct str bytes = pattern(w, 200000);
    struct rlimit before = {};
    (void)getrlimit(RLIMIT_FSIZE, &before);
    struct rlimit small = {.rlim_cur = 64 * 1024, .rlim_max = before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &small);
    enum err e = blob_write(&w->c, writer, bytes);
    (void)setrlimit(RLIMIT_FSIZE, &before);
    (void)signal(SIGXFSZ, handler);
    fails_with(w, e, ERR_FULL, "store.full");
    assert_int_equal(entries(w->name), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_are_those_of_certificate_transparency),
        TEST(a_file_is_named_by_the_root_over_its_chunks),
        TEST(chunk_borders_do_not_change_what_is_read_back),
        TEST(the_same_content_twice_is_one_file),
        TEST(a_flipped_bit_is_found),
        TEST(storing_a_damaged_file_again_repairs_it),
        TEST(a_shortened_file_is_found),
        TEST(what_is_not_stored_is_missing),
        TEST(a_file_may_have_its_largest_size_and_not_a_byte_more),
        TEST(an_unfinished_file_goes_with_its_call),
        TEST(what_a_crash_left_is_removed_at_the_start),
        TEST(cleaning_a_new_office_does_nothing),
        TEST(a_slice_of_a_spooled_upload_is_imported),
        TEST(a_full_disk_refuses_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
