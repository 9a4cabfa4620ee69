#include "base/time.h"

#include "base/words.h"

static const int MONTH_DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
static_assert(ARRAY_LEN(MONTH_DAYS) == 12);

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool time_date_exists(struct date date)
{
    if (date.year < TIME_YEAR_MIN || date.year > TIME_YEAR_MAX) return false;
    if (date.month < 1 || date.month > 12) return false;
    int days = MONTH_DAYS[date.month - 1];
    if (date.month == 2 && is_leap(date.year)) days++;
    return date.day >= 1 && date.day <= days;
}

/* Both directions count years from 1 March, so that the leap day comes last. An era is 400 years
 * of 146097 days; 719468 is the number of days from 0000-03-01 to 1970-01-01. */
int64_t time_day_of(struct date date)
{
    ensure(time_date_exists(date));
    int64_t year = date.month > 2 ? date.year : date.year - 1;
    int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t era = year / 400;
    int64_t year_of_era = year % 400;
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct date time_date_of(int64_t day)
{
    ensure(day >= TIME_DAY_MIN);
    ensure(day <= TIME_DAY_MAX);
    int64_t from_start = day + 719468;
    int64_t era = from_start / 146097;
    int64_t day_of_era = from_start % 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    return (struct date){
        .year = (int)(era * 400 + year_of_era + (month >= 10 ? 1 : 0)),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
    };
}

enum weekday time_weekday(int64_t day)
{
    ensure(day >= TIME_DAY_MIN);
    ensure(day <= TIME_DAY_MAX);
    int64_t since_monday = (day + 3 + 7 * (int64_t)10000) % 7; /* 1970-01-01 was a Thursday */
    return (enum weekday)(since_monday + 1);
}

/* Reads `len` digits at `at`. */
static bool digits(struct str text, size_t at, size_t len, int64_t *ret_value)
{
    if (at + len > text.len) return false;
    if (text.ptr[at] == '-') return false; /* parse_int would take it for a sign */
    return parse_int(str_sub(text, at, at + len), 0, 9999, ret_value);
}

static bool day_from(int64_t year, int64_t month, int64_t month_day, int64_t *ret_day)
{
    struct date date = {(int)year, (int)month, (int)month_day};
    if (!time_date_exists(date)) return false;
    *ret_day = time_day_of(date);
    return true;
}

bool time_parse_day(struct str text, int64_t *ret_day)
{
    int64_t year = 0;
    int64_t month = 0;
    int64_t month_day = 0;
    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-') return false;
    if (!digits(text, 0, 4, &year)) return false;
    if (!digits(text, 5, 2, &month)) return false;
    if (!digits(text, 8, 2, &month_day)) return false;
    return day_from(year, month, month_day, ret_day);
}

bool time_parse_day_vn(struct str text, int64_t *ret_day)
{
    struct str day_text = {};
    struct str month_text = {};
    struct str year_text = {};
    struct str rest = {};
    if (!str_cut(text, '/', &day_text, &rest)) return false;
    if (!str_cut(rest, '/', &month_text, &year_text)) return false;
    if (day_text.len > 2 || month_text.len > 2 || year_text.len != 4) return false;
    int64_t year = 0;
    int64_t month = 0;
    int64_t month_day = 0;
    if (!parse_int(day_text, 1, 31, &month_day)) return false;
    if (!parse_int(month_text, 1, 12, &month)) return false;
    if (!parse_int(year_text, TIME_YEAR_MIN, TIME_YEAR_MAX, &year)) return false;
    return day_from(year, month, month_day, ret_day);
}

bool time_parse_instant(struct str text, int64_t *ret_ms)
{
    int64_t day = 0;
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    int64_t milli = 0;
    if (text.len != 24) return false;
    if (!time_parse_day(str_sub(text, 0, 10), &day)) return false;
    if (text.ptr[10] != 'T' || text.ptr[13] != ':' || text.ptr[16] != ':') return false;
    if (text.ptr[19] != '.' || text.ptr[23] != 'Z') return false;
    if (!digits(text, 11, 2, &hour) || hour > 23) return false;
    if (!digits(text, 14, 2, &minute) || minute > 59) return false;
    if (!digits(text, 17, 2, &second) || second > 59) return false; /* no leap seconds, as POSIX */
    if (!digits(text, 20, 3, &milli)) return false;
    *ret_ms = day * TIME_DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + milli;
    return true;
}

struct str time_format_day(struct arena *arena, int64_t day)
{
    struct date date = time_date_of(day);
    return str_format(arena, "%04d-%02d-%02d", date.year, date.month, date.day);
}

struct str time_format_day_vn(struct arena *arena, int64_t day)
{
    struct date date = time_date_of(day);
    return str_format(arena, "%02d/%02d/%04d", date.day, date.month, date.year);
}

/* Division that rounds down, also before 1970. */
static int64_t day_at(int64_t ms)
{
    int64_t day = ms / TIME_DAY_MS;
    return ms % TIME_DAY_MS < 0 ? day - 1 : day;
}

struct str time_format_instant(struct arena *arena, int64_t ms)
{
    int64_t day = day_at(ms);
    struct date date = time_date_of(day);
    int rest = (int)(ms - day * TIME_DAY_MS);
    return str_format(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", date.year, date.month, date.day,
                      rest / 3600000, rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
}

/* The text with no-break spaces: a date is not torn at the end of a line. */
static struct str unbroken(struct arena *arena, struct str text)
{
    struct sb sb = sb_new(arena, 0);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ') {
            sb_put(&sb, S("\u00a0"));
        } else {
            sb_char(&sb, text.ptr[i]);
        }
    }
    return sb_str(&sb);
}

struct str time_format_day_long(struct arena *arena, int64_t day, enum lang lang)
{
    struct str key = str_format(arena, "time.weekday_%d", (int)time_weekday(day));
    struct fail_arg args[] = {
        {"weekday", words(lang, key)},
        {"date", time_format_day_vn(arena, day)},
    };
    return unbroken(arena, words_fill(arena, lang, S("time.day_long"), args, ARRAY_LEN(args)));
}

int64_t time_hanoi_day(int64_t ms)
{
    return day_at(ms + TIME_HANOI_MS);
}

int64_t time_hanoi_midnight_ms(int64_t day)
{
    return day * TIME_DAY_MS - TIME_HANOI_MS;
}

bool time_hanoi_parse(struct str text, int64_t *ret_ms)
{
    int64_t day = 0;
    int64_t hour = 0;
    int64_t minute = 0;
    if (text.len < 6) return false;
    size_t at = text.len - 5; /* where the clock begins */
    struct str day_text = str_sub(text, 0, at - 1);
    bool iso = text.ptr[at - 1] == 'T' && time_parse_day(day_text, &day);
    bool typed = text.ptr[at - 1] == ' ' && time_parse_day_vn(day_text, &day);
    if (!iso && !typed) return false;
    if (text.ptr[at + 2] != ':') return false;
    if (!digits(text, at, 2, &hour) || hour > 23) return false;
    if (!digits(text, at + 3, 2, &minute) || minute > 59) return false;
    *ret_ms = time_hanoi_midnight_ms(day) + (hour * 60 + minute) * 60000;
    return true;
}

struct str time_hanoi_format(struct arena *arena, int64_t ms, enum lang lang)
{
    int64_t day = time_hanoi_day(ms);
    int minutes = (int)((ms - time_hanoi_midnight_ms(day)) / 60000);
    struct fail_arg args[] = {
        {"date", time_format_day_vn(arena, day)},
        {"clock", str_format(arena, "%02d:%02d", minutes / 60, minutes % 60)},
    };
    return words_fill(arena, lang, S("time.minute"), args, ARRAY_LEN(args));
}
