#include "base/time.h"
#include "base/words.h"
#include "base/workday_receipt.h"

enum { RANGES_MAX = 24 }; /* of days off that a person would still list */

struct text {
    struct call *c;
    struct sb sb;
};

static void line(struct text *t, const char *key, const struct fail_arg *args, size_t count)
{
    if (t->sb.len > 0) sb_char(&t->sb, '\n');
    sb_put(&t->sb, words_fill(t->c->arena, t->c->lang, str_of(key), args, count));
}

static struct str day_text(const struct text *t, int64_t day)
{
    return time_format_day_long(t->c->arena, day, t->c->lang);
}

static struct str count_text(const struct text *t, int64_t count)
{
    return str_format(t->c->arena, "%lld", (long long)count);
}

/* "09:30 on Tuesday 10/02/2026", or the end of that day. */
static struct str moment_text(const struct text *t, int64_t day, int64_t minute)
{
    struct fail_arg args[] = {
        {"day", day_text(t, day)},
        {"clock", str_format(t->c->arena, "%02d:%02d", (int)(minute / 60), (int)(minute % 60))},
    };
    bool end = minute == WORKDAY_DAY_MINUTES;
    return words_fill(t->c->arena, t->c->lang,
                      end ? S("deadline.moment_end") : S("deadline.moment"), args, ARRAY_LEN(args));
}

static bool in_hours(const struct workday_receipt *receipt)
{
    return receipt->unit == WORKDAY_HOURS || receipt->unit == WORKDAY_WORKING_HOURS;
}

static void put_due(struct text *t, const struct workday_receipt *receipt)
{
    struct str due = in_hours(receipt) ? moment_text(t, receipt->due, receipt->due_minute)
                                       : day_text(t, receipt->due);
    struct fail_arg args[] = {{"day", due}};
    line(t, "deadline.due", args, ARRAY_LEN(args));
}

/* The first day that is counted: the first one after the event which was not skipped. */
static int64_t first_counted(const struct workday_receipt *receipt)
{
    int64_t day = receipt->from + 1;
    for (size_t i = 0; i < receipt->skipped_count && receipt->skipped[i].day == day; i++)
        day++;
    return day;
}

static void put_counting(struct text *t, const struct workday_receipt *receipt)
{
    static const char *const KEYS[] = {
        [WORKDAY_WORKING_DAYS] = "deadline.working_days",
        [WORKDAY_CALENDAR_DAYS] = "deadline.calendar_days",
        [WORKDAY_WEEKS] = "deadline.weeks",
        [WORKDAY_MONTHS] = "deadline.months",
        [WORKDAY_HOURS] = "deadline.hours",
        [WORKDAY_WORKING_HOURS] = "deadline.working_hours",
    };
    static_assert(ARRAY_LEN(KEYS) == WORKDAY_UNIT_COUNT);
    struct fail_arg args[] = {
        {"count", count_text(t, receipt->amount)},
        {"from", in_hours(receipt) ? moment_text(t, receipt->from, receipt->from_minute)
                                   : day_text(t, receipt->from)},
        {"first", day_text(t, first_counted(receipt))},
        {"nominal", day_text(t, receipt->nominal)},
    };
    bool none = receipt->amount == 0;
    line(t, none ? "deadline.nothing" : KEYS[receipt->unit], args, ARRAY_LEN(args));
    bool shorter = receipt->unit == WORKDAY_MONTHS &&
                   time_date_of(receipt->nominal).day != time_date_of(receipt->from).day;
    if (shorter) line(t, "deadline.month_end", args, ARRAY_LEN(args));
    if (receipt->nominal != receipt->due) line(t, "deadline.moved", args, ARRAY_LEN(args));
}

static void put_range(struct text *t, const struct workday_skip *first,
                      const struct workday_skip *last)
{
    struct fail_arg args[] = {
        {"from", day_text(t, first->day)},
        {"to", day_text(t, last->day)},
        {"reason", words(t->c->lang, workday_reason_key(first->reason))},
    };
    bool one = first->day == last->day;
    line(t, one ? "deadline.skipped_day" : "deadline.skipped_days", args, ARRAY_LEN(args));
}

/* The last of the days that follow each other for the same reason, from i on. */
static size_t range_end(const struct workday_receipt *receipt, size_t i)
{
    const struct workday_skip *skips = receipt->skipped;
    while (i + 1 < receipt->skipped_count && skips[i + 1].reason == skips[i].reason &&
           skips[i + 1].day == skips[i].day + 1) {
        i++;
    }
    return i;
}

/* Over the years that a long term spans nobody reads ranges: every reason is a number then. */
static void put_counts(struct text *t, const struct workday_receipt *receipt)
{
    int64_t days[WORKDAY_REASON_COUNT] = {};
    for (size_t i = 0; i < receipt->skipped_count; i++)
        days[receipt->skipped[i].reason]++;
    for (enum workday_reason reason = 0; reason < WORKDAY_REASON_COUNT; reason++) {
        if (days[reason] == 0) continue;
        struct fail_arg args[] = {{"count", count_text(t, days[reason])},
                                  {"reason", words(t->c->lang, workday_reason_key(reason))}};
        line(t, "deadline.skipped_count", args, ARRAY_LEN(args));
    }
}

/* The days that were not counted, as ranges with their reasons. */
static void put_skipped(struct text *t, const struct workday_receipt *receipt)
{
    size_t ranges = 0;
    if (receipt->skipped_count == 0) return;
    struct fail_arg all[] = {{"count", count_text(t, (int64_t)receipt->skipped_count)}};
    line(t, "deadline.skipped", all, ARRAY_LEN(all));
    for (size_t i = 0; i < receipt->skipped_count; i++)
        ranges += range_end(receipt, i) == i ? 1 : 0;
    if (ranges > RANGES_MAX) {
        put_counts(t, receipt);
        return;
    }
    for (size_t i = 0; i < receipt->skipped_count; i++) {
        size_t last = range_end(receipt, i);
        put_range(t, &receipt->skipped[i], &receipt->skipped[last]);
        i = last;
    }
}

/* Each time the clock stood still. */
static void put_pauses(struct text *t, const struct workday_receipt *receipt)
{
    for (size_t i = 0; i < receipt->pause_count; i++) {
        const struct workday_pause *pause = &receipt->pauses[i];
        bool known = words_has(pause->category);
        struct fail_arg args[] = {
            {"from", day_text(t, pause->from)},
            {"to", day_text(t, pause->to)},
            {"reason", known ? words(t->c->lang, pause->category) : pause->category},
        };
        line(t, "deadline.pause", args, ARRAY_LEN(args));
    }
}

static void put_source(struct text *t, const struct workday_receipt *receipt)
{
    struct workday_source source = workday_source_of(receipt->from);
    struct fail_arg args[] = {
        {"source", words(t->c->lang, source.key)},
        {"from", time_format_day_vn(t->c->arena, source.from)},
        {"until", time_format_day_vn(t->c->arena, source.until)},
        {"calendar", receipt->version},
    };
    if (source.key.len > 0) {
        line(t, source.until == 0 ? "deadline.source" : "deadline.source_until", args,
             ARRAY_LEN(args));
    }
    line(t, "deadline.calendar", args, ARRAY_LEN(args));
}

struct str workday_receipt_text(struct call *c, const struct workday_receipt *receipt)
{
    struct text t = {.c = c, .sb = sb_new(c->arena, 0)};
    put_due(&t, receipt);
    put_counting(&t, receipt);
    put_skipped(&t, receipt);
    put_pauses(&t, receipt);
    put_source(&t, receipt);
    return sb_str(&t.sb);
}
