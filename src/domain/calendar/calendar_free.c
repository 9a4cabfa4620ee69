/* Common free times of several calendars. */
#include "calendar.h"

#include "base/time.h"
#include "core/office.h"

enum { STEP_MS = 30 * 60 * 1000, MINUTE_MS = 60 * 1000 };

/* The halves of a working day, in minutes. */
static const int64_t HALVES[][2] = {{7 * 60 + 30, 11 * 60 + 30}, {13 * 60 + 30, 17 * 60}};

static bool overlaps(const struct rows *rows, const struct calendar_span *span)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (rows_int(rows, i, 0) < span->to_ms && rows_int(rows, i, 1) > span->from_ms) return true;
    }
    return false;
}

static bool all_free(const struct rows *busy, size_t count, const struct calendar_span *span)
{
    for (size_t i = 0; i < count; i++) {
        if (overlaps(&busy[i], span)) return false;
    }
    return true;
}

/* The free times of one half of a day; false once there are enough. */
static bool half_look(const struct rows *busy, size_t count, const struct calendar_span *half,
                      int64_t length_ms, struct calendar_offers *offers)
{
    struct calendar_span at = {.from_ms = half->from_ms};
    while (at.from_ms + length_ms <= half->to_ms && offers->count < CALENDAR_FREE_MAX) {
        at.to_ms = at.from_ms + length_ms;
        bool free = all_free(busy, count, &at);
        if (free) offers->free[offers->count++] = at;
        at.from_ms = free ? at.to_ms : at.from_ms + STEP_MS;
    }
    return offers->count < CALENDAR_FREE_MAX;
}

static int64_t next_step(int64_t ms)
{
    return (ms + STEP_MS - 1) / STEP_MS * STEP_MS;
}

enum err calendar_free(struct call *c, const struct str *resources, size_t count,
                       const struct calendar_span *within, int64_t length_ms,
                       struct calendar_offers *ret_offers)
{
    struct rows *busy = arena_array(c->arena, count + 1, sizeof *busy);
    struct calendar_offers offers = {};
    bool more = true;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < count; i++)
        e = calendar_firm(c, resources[i], within, &busy[i]);
    if (e != OK) return e;
    int64_t last = time_hanoi_day(within->to_ms);
    for (int64_t day = time_hanoi_day(within->from_ms); more && day <= last; day++) {
        if (!workday_is_working(c->office->calendar, day)) continue;
        for (size_t h = 0; more && h < ARRAY_LEN(HALVES); h++) {
            int64_t midnight_ms = time_hanoi_midnight_ms(day);
            struct calendar_span half = {midnight_ms + HALVES[h][0] * MINUTE_MS,
                                         midnight_ms + HALVES[h][1] * MINUTE_MS};
            if (half.from_ms < within->from_ms) half.from_ms = next_step(within->from_ms);
            more = half_look(busy, count, &half, length_ms, &offers);
        }
    }
    *ret_offers = offers;
    return OK;
}
