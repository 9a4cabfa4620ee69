#include <setjmp.h>
#include <stdarg.h>

#include "front/http/http_core.h" /* before cmocka.h, which defines fail() */

#include <cmocka.h>

static void connections_of_one_address_are_counted_together(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_gate gate = {.seed = 1};
    const uint8_t one[16] = {1};
    const uint8_t two[16] = {2};
    struct http_address *first = http_gate_enter(&gate, arena, one);
    struct http_address *other = http_gate_enter(&gate, arena, two);
    assert_ptr_equal(http_gate_enter(&gate, arena, one), first);
    assert_int_equal(first->connections, 2);
    assert_int_equal(other->connections, 1);
    arena_close(arena);
}

static void an_address_without_connections_is_forgotten_and_its_place_used_again(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_gate gate = {.seed = 1};
    const uint8_t one[16] = {1};
    const uint8_t two[16] = {2};
    struct http_address *first = http_gate_enter(&gate, arena, one);
    http_gate_leave(&gate, first);
    assert_ptr_equal(http_gate_enter(&gate, arena, two), first);
    assert_int_equal(first->connections, 1);
    arena_close(arena);
}

static void many_addresses_come_and_go_without_new_memory(void **state)
{
    (void)state;
    struct arena *arena = arena_open(1024);
    struct http_gate gate = {.seed = 7};
    for (size_t i = 0; i < 100000; i++) {
        uint8_t key[16] = {(uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16)};
        http_gate_leave(&gate, http_gate_enter(&gate, arena, key));
    }
    assert_false(arena_over(arena));
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_of_one_address_are_counted_together),
        cmocka_unit_test(an_address_without_connections_is_forgotten_and_its_place_used_again),
        cmocka_unit_test(many_addresses_come_and_go_without_new_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
