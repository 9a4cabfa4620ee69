/* Expanding a recurrence rule: period by period, in each the days the rule keeps, on each of them
 * the times. Periods are numbered from the one in which the series begins, so a window years later
 * is reached by division unless the rule counts. */
#include "calendar_rule.h"

#include "base/limits.h"
#include "base/time.h"

enum { DAY_S = 86400, SET_MAX = 8192 };

struct walk {
    struct call *c;
    struct calendar_rule rule; /* with what the start adds to it */
    const struct calendar_window *w;
    int64_t *set; /* of the present period */
    size_t set_count;
    int64_t *found;
    size_t found_count;
    size_t found_cap;
    int64_t counted;
    int64_t steps;
    bool done;
};

/* A day with what rules ask of it. */
struct day_facts {
    int64_t day;
    struct date date;
    int64_t weekday;
    int64_t month_len;
    int64_t year_len;
    int64_t year_day; /* from 1 */
};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

static bool bit(uint64_t mask, int64_t at)
{
    return (mask >> at & 1) != 0;
}

static int64_t first_of(int64_t year, int64_t month)
{
    return time_day_of((struct date){(int)year, (int)month, 1});
}

static struct day_facts facts_of(int64_t day)
{
    struct date d = time_date_of(day);
    int64_t first = first_of(d.year, 1);
    int64_t month = first_of(d.year, d.month);
    int64_t after = d.month == 12 ? month + 31 : first_of(d.year, d.month + 1);
    return (struct day_facts){.day = day,
                              .date = d,
                              .weekday = (int64_t)time_weekday(day),
                              .month_len = after - month,
                              .year_len = first_of(d.year, 12) + 31 - first,
                              .year_day = day - first + 1};
}

/* The first day of week 1 of a year: the first week with four days in it. */
static int64_t week_one(int64_t year, int64_t week_start)
{
    int64_t first = first_of(year, 1);
    int64_t into = ((int64_t)time_weekday(first) - week_start + 7) % 7;
    return into <= 3 ? first - into : first - into + 7;
}

static bool week_no_fits(const struct calendar_rule *r, const struct day_facts *f)
{
    int64_t year = f->date.year;
    if (f->day < week_one(year, r->week_start)) {
        year--;
    } else if (f->day >= week_one(year + 1, r->week_start)) {
        year++;
    }
    int64_t one = week_one(year, r->week_start);
    int64_t weeks = (week_one(year + 1, r->week_start) - one) / 7;
    int64_t no = (f->day - one) / 7 + 1;
    return bit(r->week_nos, no) || bit(r->week_ends, weeks - no + 1);
}

/* "2MO" and "-1FR": of the month, or of the year when no month is said. */
static bool nth_fits(const struct calendar_rule *r, const struct day_facts *f)
{
    bool of_year = r->freq == CALENDAR_YEARLY && r->months == 0;
    int64_t at = of_year ? f->year_day : f->date.day;
    int64_t len = of_year ? f->year_len : f->month_len;
    return bit(r->nth[f->weekday], (at - 1) / 7 + 1) ||
           bit(r->nth_ends[f->weekday], (len - at) / 7 + 1);
}

static bool day_fits(const struct calendar_rule *r, int64_t day)
{
    struct day_facts f = facts_of(day);
    if (r->months != 0 && !bit(r->months, f.date.month)) return false;
    if ((r->month_days | r->month_ends) != 0 && !bit(r->month_days, f.date.day) &&
        !bit(r->month_ends, f.month_len - f.date.day + 1)) {
        return false;
    }
    if ((r->weekdays != 0 || r->any_nth) && !bit(r->weekdays, f.weekday) && !nth_fits(r, &f)) {
        return false;
    }
    if ((r->week_nos | r->week_ends) != 0 && !week_no_fits(r, &f)) return false;
    if (!r->any_year_day) return true;
    int64_t back = f.year_len - f.year_day + 1;
    return bit(r->year_days[f.year_day / 64], f.year_day % 64) ||
           bit(r->year_ends[back / 64], back % 64);
}

/* What the rule leaves open comes from the start. */
static void complete(struct calendar_rule *r, int64_t start_s)
{
    struct day_facts f = facts_of(floor_div(start_s, DAY_S));
    int64_t second = start_s - f.day * DAY_S;
    bool days = (r->month_days | r->month_ends) != 0 || r->any_year_day || r->weekdays != 0 ||
                r->any_nth;
    bool week_no = (r->week_nos | r->week_ends) != 0;
    if (!days && r->freq == CALENDAR_YEARLY && !week_no) {
        r->month_days = (uint32_t)1 << f.date.day;
        if (r->months == 0) r->months = (uint32_t)1 << f.date.month;
    }
    if (!days && r->freq == CALENDAR_MONTHLY) r->month_days = (uint32_t)1 << f.date.day;
    if (!days && (r->freq == CALENDAR_WEEKLY || week_no)) {
        r->weekdays = (uint32_t)1 << f.weekday;
    }
    if (r->hours == 0 && r->freq < CALENDAR_HOURLY) r->hours = (uint32_t)1 << second / 3600;
    if (r->minutes == 0 && r->freq < CALENDAR_MINUTELY)
        r->minutes = (uint64_t)1 << second / 60 % 60;
    if (r->seconds == 0 && r->freq < CALENDAR_SECONDLY) r->seconds = (uint64_t)1 << second % 60;
}

static void keep(struct walk *walk, int64_t local_s)
{
    const struct calendar_window *w = walk->w;
    if (local_s < w->start_s) return;
    bool over = walk->rule.until_kind != CALENDAR_FOREVER && local_s > walk->rule.until_s;
    if (over || local_s >= w->to_s ||
        (walk->rule.count > 0 && walk->counted == walk->rule.count)) {
        walk->done = true;
        return;
    }
    walk->counted++;
    if (local_s < w->from_s) return;
    if (walk->found_count == walk->found_cap) {
        size_t cap = walk->found_cap == 0 ? 64 : walk->found_cap * 2;
        int64_t *more = arena_array(walk->c->arena, cap, sizeof *more);
        for (size_t i = 0; i < walk->found_count; i++)
            more[i] = walk->found[i];
        walk->found = more;
        walk->found_cap = cap;
    }
    walk->found[walk->found_count++] = local_s;
}

/* Hands on what BYSETPOS keeps of a period, in order. */
static void period_end(struct walk *walk)
{
    const struct calendar_rule *r = &walk->rule;
    for (size_t i = 0; !walk->done && i < walk->set_count; i++) {
        bool kept = false;
        for (size_t k = 0; k < r->setpos_count; k++) {
            int64_t pos = r->setpos[k];
            int64_t at = pos > 0 ? pos - 1 : (int64_t)walk->set_count + pos;
            kept = kept || at == (int64_t)i;
        }
        if (kept) keep(walk, walk->set[i]);
    }
    walk->set_count = 0;
}

static enum err take(struct walk *walk, int64_t local_s)
{
    if (walk->rule.setpos_count == 0) {
        keep(walk, local_s);
        bool many = walk->found_count > walk->w->max;
        return many ? fail(walk->c, ERR_LIMIT, "calendar.rule_dense") : OK;
    }
    if (walk->set_count == SET_MAX) return fail(walk->c, ERR_LIMIT, "calendar.rule_dense");
    walk->set[walk->set_count++] = local_s;
    return OK;
}

/* The first bit from there on; `size` when there is none. No bits at all: every one is meant. */
static int64_t next_bit(uint64_t mask, int64_t from, int64_t size)
{
    uint64_t left = mask == 0 ? ~(uint64_t)0 << from : mask & ~(uint64_t)0 << from;
    return left == 0 ? size : (int64_t)__builtin_ctzll(left);
}

/* The times of one day from `from_s`, as long as they lie in the period. */
static enum err times_take(struct walk *walk, int64_t from_s, int64_t to_s)
{
    const struct calendar_rule *r = &walk->rule;
    int64_t day_s = floor_div(from_s, DAY_S) * DAY_S;
    enum err e = OK;
    int64_t at = from_s;
    while (e == OK && !walk->done && at < to_s) {
        int64_t second = at - day_s;
        int64_t hour = next_bit(r->hours, second / 3600, 24);
        int64_t minute = next_bit(r->minutes, second / 60 % 60, 60);
        int64_t tick = next_bit(r->seconds, second % 60, 60);
        if (++walk->steps > LIMIT_RULE_STEPS) {
            return fail(walk->c, ERR_LIMIT, "calendar.rule_dense");
        }
        if (hour != second / 3600) {
            at = day_s + hour * 3600;
        } else if (minute != second / 60 % 60) {
            at = day_s + hour * 3600 + minute * 60;
        } else if (tick != second % 60) {
            at += tick - second % 60;
        } else {
            e = take(walk, at);
            at++;
        }
    }
    return e;
}

/* Days of one period: first, and the one after its last. */
static void period_days(const struct walk *walk, int64_t k, int64_t *ret_first, int64_t *ret_end)
{
    const struct calendar_rule *r = &walk->rule;
    int64_t start_day = floor_div(walk->w->start_s, DAY_S);
    struct date d = time_date_of(start_day);
    int64_t steps = k * r->interval;
    switch (r->freq) {
    case CALENDAR_YEARLY: {
        int64_t year = d.year + steps;
        bool out = year > TIME_YEAR_MAX - 1;
        *ret_first = out ? TIME_DAY_MAX : first_of(year, 1);
        *ret_end = out ? TIME_DAY_MAX : first_of(year, 12) + 31;
        return;
    }
    case CALENDAR_MONTHLY: {
        int64_t month = d.year * 12 + d.month - 1 + steps;
        bool out = month / 12 > TIME_YEAR_MAX - 1;
        *ret_first = out ? TIME_DAY_MAX : first_of(month / 12, month % 12 + 1);
        *ret_end = out ? TIME_DAY_MAX : first_of((month + 1) / 12, (month + 1) % 12 + 1);
        return;
    }
    case CALENDAR_WEEKLY: {
        int64_t into = ((int64_t)time_weekday(start_day) - r->week_start + 7) % 7;
        *ret_first = start_day - into + 7 * steps;
        *ret_end = *ret_first + 7;
        return;
    }
    case CALENDAR_DAILY:
    case CALENDAR_HOURLY:
    case CALENDAR_MINUTELY:
    case CALENDAR_SECONDLY: break;
    }
    *ret_first = start_day + steps;
    *ret_end = *ret_first + 1;
}

static enum err days_walk(struct walk *walk, int64_t first, int64_t end)
{
    enum err e = OK;
    for (int64_t day = first; e == OK && !walk->done && day < end; day++) {
        if (++walk->steps > LIMIT_RULE_STEPS) {
            return fail(walk->c, ERR_LIMIT, "calendar.rule_dense");
        }
        if (day < TIME_DAY_MIN || day > TIME_DAY_MAX || !day_fits(&walk->rule, day)) continue;
        e = times_take(walk, day * DAY_S, (day + 1) * DAY_S);
    }
    if (e == OK) period_end(walk);
    return e;
}

/* The number of a period that certainly does not lie after the window's beginning. */
static int64_t period_before(const struct walk *walk, int64_t days_at_most)
{
    const struct calendar_window *w = walk->w;
    if (walk->rule.count > 0 || w->from_s <= w->start_s) return 0;
    int64_t days = floor_div(w->from_s, DAY_S) - floor_div(w->start_s, DAY_S);
    int64_t k = days / (days_at_most * walk->rule.interval) - 1;
    return k > 0 ? k : 0;
}

static enum err by_days(struct walk *walk)
{
    static const int64_t DAYS_AT_MOST[] = {366, 31, 7, 1};
    enum err e = OK;
    for (int64_t k = period_before(walk, DAYS_AT_MOST[walk->rule.freq]); e == OK && !walk->done;
         k++) {
        int64_t first = 0;
        int64_t end = 0;
        period_days(walk, k, &first, &end);
        if (++walk->steps > LIMIT_RULE_STEPS) {
            return fail(walk->c, ERR_LIMIT, "calendar.rule_dense");
        }
        if (first >= TIME_DAY_MAX - 366 || first * DAY_S >= walk->w->to_s) break;
        e = days_walk(walk, first, end);
    }
    return e;
}

/* Rules by hour, minute and second: a period lies within one day, and a day that does not fit is
 * left at once. */
static enum err by_times(struct walk *walk)
{
    static const int64_t UNIT_S[] = {0, 0, 0, 0, 3600, 60, 1};
    const struct calendar_window *w = walk->w;
    int64_t unit_s = UNIT_S[walk->rule.freq];
    int64_t step_s = unit_s * walk->rule.interval;
    int64_t at = floor_div(w->start_s, unit_s) * unit_s;
    enum err e = OK;
    if (walk->rule.count == 0 && w->from_s > at) at += (w->from_s - at) / step_s * step_s;
    while (e == OK && !walk->done && at < w->to_s) {
        int64_t day = floor_div(at, DAY_S);
        if (++walk->steps > LIMIT_RULE_STEPS) {
            return fail(walk->c, ERR_LIMIT, "calendar.rule_dense");
        }
        if (day >= TIME_DAY_MAX - 366) break;
        if (!day_fits(&walk->rule, day)) {
            int64_t left_s = (day + 1) * DAY_S - at;
            at += (left_s + step_s - 1) / step_s * step_s;
            continue;
        }
        e = times_take(walk, at, at + unit_s);
        if (e == OK) period_end(walk);
        at += step_s;
    }
    return e;
}

enum err calendar_rule_expand(struct call *c, const struct calendar_rule *rule,
                              const struct calendar_window *window, int64_t **ret_local_s,
                              size_t *ret_count)
{
    ensure(rule->interval > 0);
    ensure(window->from_s <= window->to_s);
    struct walk *walk = arena_alloc(c->arena, sizeof *walk);
    *walk = (struct walk){.c = c, .rule = *rule, .w = window};
    if (rule->setpos_count > 0) walk->set = arena_array(c->arena, SET_MAX, sizeof *walk->set);
    complete(&walk->rule, window->start_s);
    enum err e = rule->freq < CALENDAR_HOURLY ? by_days(walk) : by_times(walk);
    if (e != OK) return e;
    *ret_local_s = walk->found;
    *ret_count = walk->found_count;
    return OK;
}
