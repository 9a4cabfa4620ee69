#pragma once
/*
 * time.h: days and instants. A day is a number: days since 1970-01-01, negative before. An instant
 * is milliseconds UTC since 1970. What is only a date stays one and never passes through an
 * instant. The clock itself is in base/env.h.
 *
 * Local time is that of Ha Noi: UTC+7 all the year. Viet Nam has no daylight saving time and one
 * zone for the whole country since 1975, so the offset is a constant and no zone file is read.
 * Source: Decision 121-CP of 1967, as amended by Decision 134/2002/QD-TTg (seventh time zone).
 */
#include "base/call.h"

enum {
    TIME_YEAR_MIN = 1900, /* what is parsed or converted lies in these years */
    TIME_YEAR_MAX = 2199,
    TIME_DAY_MIN = -25567, /* 1900-01-01 */
    TIME_DAY_MAX = 84005,  /* 2199-12-31 */
};

#define TIME_DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define TIME_HANOI_MS ((int64_t)7 * 60 * 60 * 1000) /* local time is ahead of UTC by this */

struct date {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

enum weekday { MONDAY = 1, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY };

/* Says that the date exists in the Gregorian calendar, in the years above. */
bool time_date_exists(struct date date);
/* The day number. Shapes: time_date_exists(date). */
int64_t time_day_of(struct date date);
/* The date of a day number. Shapes: TIME_DAY_MIN to TIME_DAY_MAX. */
struct date time_date_of(int64_t day);
/* The day of the week. Shapes: as time_date_of. */
enum weekday time_weekday(int64_t day);

/* Reads "2026-11-25"; false when it is not exactly that. */
bool time_parse_day(struct str text, int64_t *ret_day);
/* Reads "25/11/2026", also "5/1/2026", as people type it. */
bool time_parse_day_vn(struct str text, int64_t *ret_day);
/* Reads "2026-11-25T03:04:05.678Z": RFC 3339 in the one form we write. */
bool time_parse_instant(struct str text, int64_t *ret_ms);

/* "2026-11-25" */
struct str time_format_day(struct arena *arena, int64_t day);
/* "25/11/2026" */
struct str time_format_day_vn(struct arena *arena, int64_t day);
/* "2026-11-25T03:04:05.678Z" */
struct str time_format_instant(struct arena *arena, int64_t ms);
/* "thứ Năm 12/02/2026", its spaces no-break */
struct str time_format_day_long(struct arena *arena, int64_t day, enum lang lang);

/* The day in Ha Noi at an instant. */
int64_t time_hanoi_day(int64_t ms);
/* The instant at which a day begins in Ha Noi. */
int64_t time_hanoi_midnight_ms(int64_t day);
/* Reads "25/11/2026 10:04" or "2026-11-25T10:04" as time in Ha Noi. */
bool time_hanoi_parse(struct str text, int64_t *ret_ms);
/* "25/11/2026 10:04" in Ha Noi */
struct str time_hanoi_format(struct arena *arena, int64_t ms, enum lang lang);
