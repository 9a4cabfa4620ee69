/* Reading a recurrence rule. */
#include "calendar_rule.h"

#include "base/time.h"

static const char *const FREQS[] = {"YEARLY", "MONTHLY",  "WEEKLY",  "DAILY",
                                    "HOURLY", "MINUTELY", "SECONDLY"};
static const char *const DAYS[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

/* A part of a rule: its name and how its value is read. False: it is wrong. */
struct part {
    const char *name;
    bool (*read)(struct calendar_rule *rule, struct str value);
};

static bool read_freq(struct calendar_rule *rule, struct str value)
{
    for (size_t i = 0; i < ARRAY_LEN(FREQS); i++) {
        if (!str_eq(value, str_of(FREQS[i]))) continue;
        rule->freq = (enum calendar_freq)i;
        return true;
    }
    return false;
}

static bool read_interval(struct calendar_rule *rule, struct str value)
{
    return parse_int(value, 1, 100000, &rule->interval);
}

static bool read_count(struct calendar_rule *rule, struct str value)
{
    return parse_int(value, 1, 1000000, &rule->count);
}

static bool read_number(struct str text, size_t from, size_t len, int64_t *ret_number)
{
    return parse_int(str_sub(text, from, from + len), 0, 9999, ret_number);
}

/* "20271231", "20271231T235959", "20271231T235959Z" */
static bool read_until(struct calendar_rule *rule, struct str value)
{
    int64_t year = 0, month = 0, day = 0, hour = 23, minute = 59, second = 59;
    bool utc = value.len == 16 && value.ptr[15] == 'Z';
    bool timed = value.len == 15 || utc;
    if (value.len != 8 && !timed) return false;
    if (!read_number(value, 0, 4, &year) || !read_number(value, 4, 2, &month)) return false;
    if (!read_number(value, 6, 2, &day)) return false;
    struct date date = {(int)year, (int)month, (int)day};
    if (!time_date_exists(date)) return false;
    if (timed) {
        if (value.ptr[8] != 'T' || !read_number(value, 9, 2, &hour)) return false;
        if (!read_number(value, 11, 2, &minute)) return false;
        if (!read_number(value, 13, 2, &second)) return false;
        if (hour > 23 || minute > 59 || second > 60) return false;
    }
    rule->until_kind = utc ? CALENDAR_UNTIL_UTC : timed ? CALENDAR_UNTIL_LOCAL : CALENDAR_UNTIL_DAY;
    rule->until_s = time_day_of(date) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

/* Numbers between commas, each handed to `take`. */
static bool read_list(struct calendar_rule *rule, struct str value, int64_t min, int64_t max,
                      bool (*take)(struct calendar_rule *rule, int64_t number))
{
    struct str head = {};
    bool more = true;
    while (more) {
        int64_t number = 0;
        more = str_cut(value, ',', &head, &value);
        if (head.len > 1 && head.ptr[0] == '+') head = str_sub(head, 1, head.len);
        if (!parse_int(head, min, max, &number) || !take(rule, number)) return false;
    }
    return true;
}

static bool take_second(struct calendar_rule *rule, int64_t n)
{
    rule->seconds |= (uint64_t)1 << (n > 59 ? 59 : n);
    return true;
}

static bool take_minute(struct calendar_rule *rule, int64_t n)
{
    rule->minutes |= (uint64_t)1 << n;
    return true;
}

static bool take_hour(struct calendar_rule *rule, int64_t n)
{
    rule->hours |= (uint32_t)1 << n;
    return true;
}

static bool take_month(struct calendar_rule *rule, int64_t n)
{
    rule->months |= (uint32_t)1 << n;
    return true;
}

static bool take_month_day(struct calendar_rule *rule, int64_t n)
{
    if (n > 0) rule->month_days |= (uint32_t)1 << n;
    if (n < 0) rule->month_ends |= (uint32_t)1 << -n;
    return n != 0;
}

static bool take_year_day(struct calendar_rule *rule, int64_t n)
{
    uint64_t *words = n > 0 ? rule->year_days : rule->year_ends;
    uint64_t at = (uint64_t)(n > 0 ? n : -n);
    words[at / 64] |= (uint64_t)1 << at % 64;
    rule->any_year_day = true;
    return n != 0;
}

static bool take_week_no(struct calendar_rule *rule, int64_t n)
{
    if (n > 0) rule->week_nos |= (uint64_t)1 << n;
    if (n < 0) rule->week_ends |= (uint64_t)1 << -n;
    return n != 0;
}

static bool take_setpos(struct calendar_rule *rule, int64_t n)
{
    if (n == 0 || rule->setpos_count == RULE_SETPOS_MAX) return false;
    rule->setpos[rule->setpos_count++] = (int16_t)n;
    return true;
}

static bool read_seconds(struct calendar_rule *rule, struct str value)
{
    return read_list(rule, value, 0, 60, take_second);
}
static bool read_minutes(struct calendar_rule *rule, struct str value)
{
    return read_list(rule, value, 0, 59, take_minute);
}
static bool read_hours(struct calendar_rule *rule, struct str value)
{
    return read_list(rule, value, 0, 23, take_hour);
}
static bool read_months(struct calendar_rule *rule, struct str value)
{
    return read_list(rule, value, 1, 12, take_month);
}
static bool read_month_days(struct calendar_rule *rule, struct str value)
{
    return read_list(rule, value, -31, 31, take_month_day);
}
static bool read_year_days(struct calendar_rule *rule, struct str value)
{
    return read_list(rule, value, -366, 366, take_year_day);
}
static bool read_week_nos(struct calendar_rule *rule, struct str value)
{
    return read_list(rule, value, -53, 53, take_week_no);
}
static bool read_setpos(struct calendar_rule *rule, struct str value)
{
    return read_list(rule, value, -366, 366, take_setpos);
}

static int64_t weekday_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(DAYS); i++) {
        if (str_eq(name, str_of(DAYS[i]))) return (int64_t)i + MONDAY;
    }
    return 0;
}

static bool read_days(struct calendar_rule *rule, struct str value)
{
    struct str head = {};
    bool more = true;
    while (more) {
        int64_t nth = 0;
        more = str_cut(value, ',', &head, &value);
        if (head.len < 2) return false;
        int64_t day = weekday_of(str_sub(head, head.len - 2, head.len));
        struct str number = str_sub(head, 0, head.len - 2);
        if (number.len > 1 && number.ptr[0] == '+') number = str_sub(number, 1, number.len);
        if (day == 0) return false;
        if (number.len == 0) {
            rule->weekdays |= (uint32_t)1 << day;
            continue;
        }
        if (!parse_int(number, -53, 53, &nth) || nth == 0) return false;
        if (nth > 0) rule->nth[day] |= (uint64_t)1 << nth;
        if (nth < 0) rule->nth_ends[day] |= (uint64_t)1 << -nth;
        rule->any_nth = true;
    }
    return true;
}

static bool read_week_start(struct calendar_rule *rule, struct str value)
{
    rule->week_start = weekday_of(value);
    return rule->week_start != 0;
}

static const struct part PARTS[] = {
    {"FREQ", read_freq},           {"INTERVAL", read_interval},     {"COUNT", read_count},
    {"UNTIL", read_until},         {"BYSECOND", read_seconds},      {"BYMINUTE", read_minutes},
    {"BYHOUR", read_hours},        {"BYDAY", read_days},            {"BYMONTHDAY", read_month_days},
    {"BYYEARDAY", read_year_days}, {"BYWEEKNO", read_week_nos},     {"BYMONTH", read_months},
    {"BYSETPOS", read_setpos},     {"WKST", read_week_start},
};

/* What may not stand together. */
static bool parts_agree(const struct calendar_rule *r)
{
    bool week_no = (r->week_nos | r->week_ends) != 0;
    bool month_day = (r->month_days | r->month_ends) != 0;
    bool other = r->months != 0 || week_no || month_day || r->any_year_day || r->weekdays != 0 ||
                 r->any_nth || r->hours != 0 || r->minutes != 0 || r->seconds != 0;
    bool by_year = r->freq == CALENDAR_YEARLY;
    bool by_day = r->freq == CALENDAR_MONTHLY || r->freq == CALENDAR_WEEKLY ||
                  r->freq == CALENDAR_DAILY;
    if (r->count > 0 && r->until_kind != CALENDAR_FOREVER) return false;
    if (week_no && !by_year) return false;
    if (r->any_year_day && by_day) return false;
    if (month_day && r->freq == CALENDAR_WEEKLY) return false;
    if (r->any_nth && !by_year && r->freq != CALENDAR_MONTHLY) return false;
    if (r->any_nth && week_no) return false;
    return r->setpos_count == 0 || other;
}

enum err calendar_rule_parse(struct call *c, struct str text, struct calendar_rule *ret_rule)
{
    struct calendar_rule rule = {.interval = 1, .week_start = MONDAY};
    bool given[ARRAY_LEN(PARTS)] = {};
    bool good = text.len > 0;
    bool more = true;
    while (good && more) {
        struct str part = {}, name = {}, value = {};
        more = str_cut(text, ';', &part, &text);
        (void)str_cut(part, '=', &name, &value);
        size_t i = 0;
        while (i < ARRAY_LEN(PARTS) && !str_eq(name, str_of(PARTS[i].name)))
            i++;
        good = i < ARRAY_LEN(PARTS) && !given[i] && PARTS[i].read(&rule, value);
        if (good) given[i] = true;
    }
    if (!good || !given[0] || !parts_agree(&rule)) return fail(c, ERR_INVALID, "calendar.rule");
    *ret_rule = rule;
    return OK;
}
