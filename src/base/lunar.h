#pragma once
/*
 * lunar.h: the Vietnamese lunar calendar, computed from moon and sun for the time of Ha Noi
 * (UTC+7). It is not the Chinese one, which has UTC+8: the new year differs in 1968, 1969, 1985,
 * 2007, 2030 and 2053.
 *
 * The rules: a month begins on the day of the new moon; the winter solstice lies in month 11; when
 * there are 13 months from one month 11 to the next, the first that holds no principal term (the
 * sun at a multiple of 30 degrees) is a leap month with the number of the month before it.
 * Before 1968 printed calendars followed other zones; here UTC+7 holds for all years.
 * Source: Decision 121-CP of 1967, as amended by Decision 134/2002/QD-TTg.
 */
#include "base/base.h"

enum { LUNAR_YEAR_MIN = 1900, LUNAR_YEAR_MAX = 2100 };

struct lunar {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 30 */
    bool leap; /* the second month of that number */
};

/* The lunar date of a day number. Shapes: days of the years LUNAR_YEAR_MIN to LUNAR_YEAR_MAX. */
struct lunar lunar_of_day(int64_t day);
/* The day number of a lunar date; false when there is no such date in the years above. */
bool lunar_to_day(struct lunar date, int64_t *ret_day);
/* The first day of the lunar year (Tet). Shapes: LUNAR_YEAR_MIN to LUNAR_YEAR_MAX. */
int64_t lunar_new_year(int year);
