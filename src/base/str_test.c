#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

/* Source: RFC 4648 section 10. */
static void base64_writes_and_reads_the_examples_of_its_rfc(void **state)
{
    static const char *const ROWS[][2] = {
        {"", ""},           {"f", "Zg=="},         {"fo", "Zm8="},        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct str read = {};
        struct str text = str_of(ROWS[i][1]);
        assert_true(str_eq(base64_encode(*state, str_of(ROWS[i][0])), text));
        assert_true(base64_decode(*state, text, &read));
        assert_true(str_eq(read, str_of(ROWS[i][0])));
    }
}

static void base64_in_any_other_form_is_refused(void **state)
{
    static const char *const BAD[] = {"Zg",     "Zg=",   "Zh==", "Zm9=",
                                      "Zm9v\n", " Zm9v", "Zm9_", "===="};
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++) {
        struct str read = {};
        assert_false(base64_decode(*state, str_of(BAD[i]), &read));
    }
    for (int byte = 0; byte < 256; byte++) {
        char text[] = {'Z', (char)byte, '9', 'v'};
        struct str read = {};
        bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                      (byte >= '0' && byte <= '9') || byte == '+' || byte == '/';
        assert_int_equal(base64_decode(*state, (struct str){text, sizeof text}, &read), letter);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(base64_writes_and_reads_the_examples_of_its_rfc),
        TEST(base64_in_any_other_form_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
