#include "front/http/http_core.h"

/*
 * A hashed wheel. A deadline that moves later, which is the common case, changes one number: the
 * connection stays in its slot and is put on when the slot comes round. Each tick looks at one
 * slot.
 */

static size_t slot_of(int64_t tick)
{
    return (size_t)tick % HTTP_WHEEL_SLOTS;
}

void http_timer_remove(struct http_wheel *wheel, struct http_conn *conn)
{
    if (conn->timer_tick == 0) return;
    if (conn->timer_prev != NULL) {
        conn->timer_prev->timer_next = conn->timer_next;
    } else {
        wheel->slots[slot_of(conn->timer_tick)] = conn->timer_next;
    }
    if (conn->timer_next != NULL) conn->timer_next->timer_prev = conn->timer_prev;
    conn->timer_prev = NULL;
    conn->timer_next = NULL;
    conn->timer_tick = 0;
}

static void put(struct http_wheel *wheel, struct http_conn *conn, int64_t tick)
{
    ensure(conn->timer_tick == 0);
    ensure(tick > wheel->tick);
    struct http_conn **head = &wheel->slots[slot_of(tick)];
    conn->timer_tick = tick;
    conn->timer_next = *head;
    if (*head != NULL) (*head)->timer_prev = conn;
    *head = conn;
}

/* The first tick at or after the deadline, in the future and within one turn of the wheel. */
static int64_t tick_for(const struct http_wheel *wheel, int64_t deadline_ms)
{
    int64_t tick = (deadline_ms + HTTP_TICK_MS - 1) / HTTP_TICK_MS;
    if (tick <= wheel->tick) tick = wheel->tick + 1;
    int64_t horizon = wheel->tick + HTTP_WHEEL_SLOTS - 1;
    return tick < horizon ? tick : horizon;
}

void http_timer_set(struct http_wheel *wheel, struct http_conn *conn, int64_t deadline_ms)
{
    ensure(deadline_ms >= 0);
    conn->deadline_ms = deadline_ms;
    if (deadline_ms == 0) return; /* lazily: the slot drops it */
    int64_t tick = tick_for(wheel, deadline_ms);
    if (conn->timer_tick != 0 && conn->timer_tick <= tick) return;
    http_timer_remove(wheel, conn);
    put(wheel, conn, tick);
}

static void slot_fire(struct http_wheel *wheel)
{
    int64_t now_ms = wheel->tick * HTTP_TICK_MS;
    struct http_conn **head = &wheel->slots[slot_of(wheel->tick)];
    while (*head != NULL) {
        struct http_conn *conn = *head;
        ensure(conn->timer_tick == wheel->tick);
        http_timer_remove(wheel, conn);
        if (conn->deadline_ms == 0) continue;
        if (conn->deadline_ms > now_ms) {
            put(wheel, conn, tick_for(wheel, conn->deadline_ms));
        } else {
            conn->deadline_ms = 0;
            http_conn_timeout(conn);
        }
    }
}

void http_timer_advance(struct http_wheel *wheel, uint64_t ticks)
{
    for (uint64_t i = 0; i < ticks; i++) {
        wheel->tick++;
        slot_fire(wheel);
    }
}
