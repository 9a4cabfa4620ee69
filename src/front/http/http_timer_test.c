#include <setjmp.h>
#include <stdarg.h>

#include "front/http/http_core.h" /* before cmocka.h, which defines fail() */

#include <cmocka.h>

/* A connection that is dead already: its time-out does nothing but clear the deadline. */
static struct http_conn dead(void)
{
    return (struct http_conn){.state = HTTP_CONN_DEAD, .fd = -1};
}

static void advance_to(struct http_wheel *wheel, int64_t now_ms)
{
    http_timer_advance(wheel, (uint64_t)(now_ms / HTTP_TICK_MS - wheel->tick));
}

static void a_deadline_is_met_at_its_tick_and_not_before(void **state)
{
    (void)state;
    struct http_wheel wheel = {};
    struct http_conn conn = dead();
    http_timer_set(&wheel, &conn, 1000);
    advance_to(&wheel, 950);
    assert_int_equal(conn.deadline_ms, 1000);
    advance_to(&wheel, 1000);
    assert_int_equal(conn.deadline_ms, 0);
    assert_int_equal(conn.timer_tick, 0);
}

static void a_deadline_beyond_one_turn_of_the_wheel_is_met(void **state)
{
    (void)state;
    struct http_wheel wheel = {};
    struct http_conn conn = dead();
    int64_t turn_ms = (int64_t)HTTP_TICK_MS * HTTP_WHEEL_SLOTS;
    http_timer_set(&wheel, &conn, 3 * turn_ms);
    advance_to(&wheel, 3 * turn_ms - HTTP_TICK_MS);
    assert_int_equal(conn.deadline_ms, 3 * turn_ms);
    advance_to(&wheel, 3 * turn_ms);
    assert_int_equal(conn.deadline_ms, 0);
}

static void a_deadline_can_move_both_ways(void **state)
{
    (void)state;
    struct http_wheel wheel = {};
    struct http_conn conn = dead();
    http_timer_set(&wheel, &conn, 1000);
    http_timer_set(&wheel, &conn, 2000);
    advance_to(&wheel, 1500);
    assert_int_equal(conn.deadline_ms, 2000);
    http_timer_set(&wheel, &conn, 1600);
    advance_to(&wheel, 1600);
    assert_int_equal(conn.deadline_ms, 0);
}

static void a_removed_deadline_never_comes(void **state)
{
    (void)state;
    struct http_wheel wheel = {};
    struct http_conn conn = dead();
    struct http_conn other = dead();
    http_timer_set(&wheel, &conn, 1000);
    http_timer_set(&wheel, &other, 1000);
    http_timer_remove(&wheel, &conn);
    advance_to(&wheel, 1000);
    assert_int_equal(conn.deadline_ms, 1000);
    assert_int_equal(other.deadline_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_is_met_at_its_tick_and_not_before),
        cmocka_unit_test(a_deadline_beyond_one_turn_of_the_wheel_is_met),
        cmocka_unit_test(a_deadline_can_move_both_ways),
        cmocka_unit_test(a_removed_deadline_never_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
