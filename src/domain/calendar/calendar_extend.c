/* Looking further ahead: what each night adds to the days for which a series is checked. */
#include "calendar.h"

#include "base/limits.h"
#include "base/time.h"
#include "core/job.h"
#include "core/notice.h"

enum { SERIES_AT_ONCE = 100 };

/* The last day before the first instance that clashes; `until` when none does. */
static enum err clear_to(struct call *c, struct str record, const struct calendar_booking *b,
                         int64_t until, int64_t *ret_day)
{
    struct calendar_when when = b->when;
    struct calendar_span *spans = NULL;
    size_t count = 0;
    when.until = until;
    enum err e = calendar_spans(c, &when, &spans, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        struct calendar_clash clash = {};
        int64_t day = time_hanoi_day(spans[i].from_ms);
        if (day <= b->when.until || day > until) continue;
        e = calendar_clash_find(c, b->resource, &spans[i], record, &clash);
        if (clash.booking.len > 0) until = day - 1;
    }
    if (e == OK) *ret_day = until;
    return e;
}

/* A series that can go no further is told to those who keep calendars, once for each day. */
static enum err stuck_tell(struct call *c, struct str record, int64_t day)
{
    struct notice notice = {.about = record,
                            .what = S("calendar.stuck"),
                            .key = time_format_day(c->arena, day),
                            .step = S("told"),
                            .due_ms = time_hanoi_midnight_ms(day + 1)};
    return notice_tell(c, S("r:secretary"), &notice);
}

static enum err extend_one(struct call *c, struct str record)
{
    struct calendar_booking b = {};
    struct act_result result = {};
    int64_t wanted = time_hanoi_day(c->now_ms) + CALENDAR_AHEAD_DAYS;
    int64_t day = wanted;
    enum err e = record_body(c, "calendar.booking", record, &b);
    if (e == OK && calendar_is_firm(&b)) e = clear_to(c, record, &b, wanted, &day);
    if (e == OK && day < wanted) e = stuck_tell(c, record, day);
    if (e != OK || day <= b.when.until) return e;
    b.when.until = day;
    struct put put = {.kind = "calendar.booking", .record = record, .body = &b};
    return record_put(c, &put, &result);
}

static enum err extend(struct call *c, const struct job *job, bool *ret_again)
{
    struct rows rows = {};
    (void)job;
    (void)ret_again; /* what is left waits for the next night; there is half a year for it */
    int64_t day = time_hanoi_day(c->now_ms) + CALENDAR_LEFT_DAYS;
    enum err e = calendar_short(c, day, SERIES_AT_ONCE, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = extend_one(c, rows_text(&rows, i, 0));
    return e;
}

const struct job_kind CALENDAR_JOB = {
    .name = "calendar.extend", .period_ms = TIME_DAY_MS, .run = extend};
