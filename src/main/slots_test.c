#include "main/slots.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct scene {
    int fd;
    struct slots *slots;
    struct history history;
};

static int setup(void **state)
{
    static const size_t SIZE = sizeof(struct scene);
    struct scene *s = test_calloc(1, SIZE);
    s->fd = slots_create();
    s->slots = slots_map(s->fd);
    *state = s;
    return s->slots == NULL;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    (void)munmap(s->slots, sizeof *s->slots);
    (void)close(s->fd);
    test_free(s);
    return 0;
}

static void the_second_crash_sets_the_input_aside(void **state)
{
    struct scene *s = *state;
    const uint8_t bad[32] = {1};
    (void)slots_enter(s->slots, bad); /* never left: it crashed */
    assert_int_equal(slots_judge(s->slots, &s->history, true), 0);
    assert_false(slots_is_aside(s->slots, bad));
    (void)slots_enter(s->slots, bad);
    assert_int_equal(slots_judge(s->slots, &s->history, true), 1);
    assert_true(slots_is_aside(s->slots, bad));
}

static void what_was_finished_is_not_blamed(void **state)
{
    struct scene *s = *state;
    const uint8_t bad[32] = {1};
    const uint8_t good[32] = {2};
    for (int i = 0; i < 2; i++) {
        slots_leave(slots_enter(s->slots, good));
        (void)slots_enter(s->slots, bad);
        (void)slots_judge(s->slots, &s->history, true);
    }
    assert_true(slots_is_aside(s->slots, bad));
    assert_false(slots_is_aside(s->slots, good));
}

static void being_killed_is_nobodys_fault(void **state)
{
    struct scene *s = *state;
    const uint8_t innocent[32] = {3};
    for (int i = 0; i < 5; i++) {
        (void)slots_enter(s->slots, innocent);
        assert_int_equal(slots_judge(s->slots, &s->history, false), 0);
    }
    assert_false(slots_is_aside(s->slots, innocent));
}

static void more_threads_than_slots_do_no_harm(void **state)
{
    struct scene *s = *state;
    const uint8_t hash[32] = {4};
    for (int i = 0; i < SLOTS_MAX; i++)
        assert_non_null(slots_enter(s->slots, hash));
    assert_null(slots_enter(s->slots, hash));
    slots_leave(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_second_crash_sets_the_input_aside),
        TEST(what_was_finished_is_not_blamed),
        TEST(being_killed_is_nobodys_fault),
        TEST(more_threads_than_slots_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
