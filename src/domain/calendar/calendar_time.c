/* From local time with its zone to instants: one booking, a series with its exceptions, a day of
 * the lunar year. */
#include "calendar.h"

#include "base/limits.h"
#include "base/lunar.h"
#include "base/time.h"
#include "base/words.h"
#include "base/zone.h"
#include "calendar_rule.h"
#include "core/version.h"

enum { DAY_S = 86400 };

bool calendar_is_series(const struct calendar_when *when)
{
    return when->lunar || when->rule.len > 0;
}

struct str calendar_when_hash(struct call *c, const struct calendar_booking *b)
{
    const struct calendar_when *w = &b->when;
    const struct calendar_exception *x = w->exceptions.rows;
    struct sb sb = sb_new(c->arena, 0);
    sb_printf(&sb, "%lld %lld %lld %d %.*s %.*s %d %d %d", (long long)w->day,
              (long long)w->minute, (long long)w->length, w->all_day, STR_ARG(w->zone),
              STR_ARG(w->rule), w->lunar, b->free, b->state == CALENDAR_HOLD);
    for (size_t i = 0; i < w->exceptions.count; i++)
        sb_printf(&sb, ";%lld %lld %d %lld %lld %lld", (long long)x[i].day,
                  (long long)x[i].minute, x[i].cancelled, (long long)x[i].to_day,
                  (long long)x[i].to_minute, (long long)x[i].to_length);
    return str_sub(version_hash(c, sb_str(&sb)), 0, 32);
}

static int64_t local_of(int64_t day, int64_t minute)
{
    return day * DAY_S + minute * 60;
}

static enum err by_rule(struct call *c, const struct calendar_when *when, const struct zone *zone,
                        int64_t **ret_local_s, size_t *ret_count)
{
    struct calendar_rule rule = {};
    struct calendar_window w = {.start_s = local_of(when->day, when->minute),
                                .to_s = local_of(when->until + 1, 0),
                                .max = LIMIT_OCCURRENCES};
    w.from_s = w.start_s;
    if (w.to_s < w.from_s) w.to_s = w.from_s;
    enum err e = calendar_rule_parse(c, when->rule, &rule);
    if (e != OK) return e;
    if (rule.until_kind == CALENDAR_UNTIL_UTC) {
        rule.until_kind = CALENDAR_UNTIL_LOCAL;
        rule.until_s = zone_to_local(zone, rule.until_s * 1000);
    }
    return calendar_rule_expand(c, &rule, &w, ret_local_s, ret_count);
}

/* An anniversary by the moon. In a year whose month has only 29 days the 30th is kept on the 29th;
 * of a leap month it is kept in the ordinary one. */
static enum err by_moon(struct call *c, const struct calendar_when *when, int64_t **ret_local_s,
                        size_t *ret_count)
{
    struct lunar first = lunar_of_day(when->day);
    struct lunar last = lunar_of_day(when->until > when->day ? when->until : when->day);
    size_t years = (size_t)(last.year - first.year + 1);
    int64_t *found = arena_array(c->arena, years, sizeof *found);
    size_t count = 0;
    for (int year = first.year; year <= last.year; year++) {
        int64_t day = 0;
        struct lunar date = {.year = year, .month = first.month, .day = first.day};
        bool there = lunar_to_day(date, &day);
        date.day--;
        if (!there && first.day == 30) there = lunar_to_day(date, &day);
        if (year == first.year) day = when->day; /* also when it lies in a leap month */
        if (there && day >= when->day && day <= when->until)
            found[count++] = local_of(day, when->minute);
    }
    *ret_local_s = found;
    *ret_count = count;
    return OK;
}

static const struct calendar_exception *exception_of(const struct calendar_when *when,
                                                     int64_t local_s)
{
    const struct calendar_exception *x = when->exceptions.rows;
    for (size_t i = 0; i < when->exceptions.count; i++) {
        if (local_of(x[i].day, x[i].minute) == local_s) return &x[i];
    }
    return NULL;
}

static struct calendar_span span_of(const struct calendar_when *when, const struct zone *zone,
                                    int64_t local_s, int64_t length)
{
    struct calendar_span span = {.from_ms = zone_to_ms(zone, local_s)};
    /* days are as long as the clock makes them; hours are hours */
    span.to_ms = when->all_day ? zone_to_ms(zone, local_s + length * 60)
                               : span.from_ms + length * 60 * 1000;
    return span;
}

enum err calendar_spans(struct call *c, const struct calendar_when *when,
                        struct calendar_span **ret_spans, size_t *ret_count)
{
    struct zone zone = {};
    int64_t start_s = local_of(when->day, when->minute);
    int64_t *local_s = &start_s;
    size_t count = 1;
    size_t used = 0;
    enum err e = zone_find(c, when->zone, &zone);
    if (e == OK && when->lunar) e = by_moon(c, when, &local_s, &count);
    if (e == OK && !when->lunar && when->rule.len > 0)
        e = by_rule(c, when, &zone, &local_s, &count);
    if (e != OK) return e;
    struct calendar_span *spans = arena_array(c->arena, count + 1, sizeof *spans);
    for (size_t i = 0; i < count; i++) {
        const struct calendar_exception *x = exception_of(when, local_s[i]);
        if (x == NULL) {
            spans[used++] = span_of(when, &zone, local_s[i], when->length);
        } else if (!x->cancelled) {
            spans[used++] = span_of(when, &zone, local_of(x->to_day, x->to_minute), x->to_length);
        }
    }
    *ret_spans = spans;
    *ret_count = used;
    return OK;
}

struct str calendar_span_text(struct call *c, const struct calendar_span *span)
{
    struct str from = time_hanoi_format(c->arena, span->from_ms, c->lang);
    struct str to = time_hanoi_format(c->arena, span->to_ms, c->lang);
    bool one_day = time_hanoi_day(span->from_ms) == time_hanoi_day(span->to_ms);
    struct str end = one_day ? str_sub(to, to.len - 5, to.len) : to;
    return str_format(c->arena, "%.*s – %.*s", STR_ARG(from), STR_ARG(end));
}
