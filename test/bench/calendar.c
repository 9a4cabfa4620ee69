/* Figures of the calendar's rows: the look for a clash and a week's query, with a thousand and a
 * million bookings, in time of the processor: calendar PATH. The database is made anew at PATH. */
#include <stdio.h>
#include <time.h>

#include "core/office.h"
#include "domain/calendar/calendar.h"

enum { LOOKS = 20000, WEEKS = 2000, STEP_MS = 90 * 60 * 1000, HOUR_MS = 60 * 60 * 1000 };

static const int64_t FIRST_MS = 1795651200000;

struct bench {
    int64_t bookings;
    int64_t calendars;
    int64_t rows; /* that the weeks gave */
};

static int64_t cpu_ns(void)
{
    struct timespec t = {};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000 + t.tv_nsec;
}

static enum err fill(struct call *c, void *arg)
{
    const struct bench *b = arg;
    enum err e = store_exec(c, "DELETE FROM calendar_busy", NO_ARGS, NULL);
    if (e != OK) return e;
    return store_exec(
        c,
        "INSERT INTO calendar_busy (booking, i, part, resource, from_ms, to_ms, starts_ms, ends_ms,"
        " state, firm) WITH RECURSIVE k(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM k"
        " WHERE n + 1 < $1) SELECT 'office-of-26-characters-xx.booking-' || n, 0, 0,"
        " 'office-of-26-characters-xx.calendar-' || (n % $2), $3 + n / $2 * 5400000,"
        " $3 + n / $2 * 5400000 + 3600000, $3 + n / $2 * 5400000,"
        " $3 + n / $2 * 5400000 + 3600000, 3, 1 FROM k",
        ARGS(INT(b->bookings), INT(b->calendars), INT(FIRST_MS)), NULL);
}

static struct str calendar_at(struct call *c, const struct bench *b, int64_t i)
{
    return str_format(c->arena, "office-of-26-characters-xx.calendar-%lld",
                      (long long)(i * 7919 % b->calendars));
}

static struct calendar_span span_at(const struct bench *b, int64_t i, int64_t length_ms)
{
    int64_t places = b->bookings / b->calendars;
    int64_t from_ms = FIRST_MS + i * 104729 % places * STEP_MS + i % HOUR_MS;
    return (struct calendar_span){from_ms, from_ms + length_ms};
}

static enum err looks(struct call *c, void *arg)
{
    const struct bench *b = arg;
    struct calendar_clash clash = {};
    enum err e = OK;
    for (int64_t i = 0; e == OK && i < LOOKS; i++) {
        struct calendar_span span = span_at(b, i, HOUR_MS);
        e = calendar_clash_find(c, calendar_at(c, b, i), &span, S(""), &clash);
        ensure(e != OK || clash.booking.len > 0);
    }
    return e;
}

static enum err weeks(struct call *c, void *arg)
{
    struct bench *b = arg;
    struct rows rows = {};
    enum err e = OK;
    b->rows = 0;
    for (int64_t i = 0; e == OK && i < WEEKS; i++) {
        struct calendar_span span = span_at(b, i, 7 * 24 * (int64_t)HOUR_MS);
        e = calendar_firm(c, calendar_at(c, b, i), &span, &rows);
        b->rows += (int64_t)rows.count;
    }
    return e;
}

static double timed(struct store *store, enum err (*fn)(struct call *c, void *arg), void *arg)
{
    struct call c = call_begin(env_real(), store, NULL);
    int64_t from_ns = cpu_ns();
    enum err e = store_read(&c, fn, arg);
    int64_t spent_ns = cpu_ns() - from_ns;
    ensure(e == OK);
    call_end(&c);
    return (double)spent_ns / 1000;
}

int main(int argc, char **argv)
{
    static const struct bench SIZES[] = {{1000, 1, 0}, {1000000, 1, 0}, {1000000, 100, 0}};
    if (argc != 2) return 2;
    struct store *store = NULL;
    struct call c = call_begin(env_real(), NULL, NULL);
    const struct store_config config = {.path = argv[1], .inline_writer = true, .sync_off = true};
    enum err e = store_open(&c, &config, &store);
    c.store = store;
    if (e == OK) e = office_migrate(&c);
    for (size_t i = 0; e == OK && i < ARRAY_LEN(SIZES); i++) {
        struct bench b = SIZES[i];
        e = store_tx(&c, fill, &b);
        if (e != OK) break;
        double look_us = timed(store, looks, &b) / LOOKS;
        double week_us = timed(store, weeks, &b) / WEEKS;
        printf("%lld bookings in %lld calendars: clash %.1f us, week %.1f us, %lld rows\n",
               (long long)b.bookings, (long long)b.calendars, look_us, week_us,
               (long long)(b.rows / WEEKS));
    }
    if (e != OK) printf("failed: %s\n", c.failure.reason);
    store_close(store);
    call_end(&c);
    return e == OK ? 0 : 1;
}
