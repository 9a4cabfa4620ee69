#include "base/lunar.h"

#include "base/time.h"

#include <math.h>

/*
 * Doubles are allowed here: the positions of moon and sun are series of sines, the result is
 * rounded to a day at once, and no double leaves this file. New moons are exact to some seconds,
 * terms to one or two minutes. From 1968 to 2053 no new moon is within a minute of midnight in
 * Ha Noi. The five that are, and may fall a day off another calculation, are those of 1944-06-20,
 * 1967-07-07, 2054-05-08, 2077-11-15 and 2085-10-18; so may the leap month of 1938, whose term
 * comes within seconds of midnight.
 */

static const double UNIX_EPOCH_JD = 2440587.5;
static const double J2000_JD = 2451545.0;
static const double CENTURY_DAYS = 36525.0;
static const double HANOI_DAYS = 7.0 / 24.0;
static const double RADIANS = 3.14159265358979323846 / 180.0;
static const double MONTH_DAYS_MEAN = 29.530588861;
static const double FIRST_MOON_JD = 2451550.09766; /* number 0: 6 January 2000 */
static const double MOONS_PER_CENTURY = 1236.85;

static double sin_degrees(double angle)
{
    return sin(fmod(angle, 360.0) * RADIANS);
}

static double cos_degrees(double angle)
{
    return cos(fmod(angle, 360.0) * RADIANS);
}

/* Dynamical time less universal time, in days.
 * Source: F. Espenak, J. Meeus, Five Millennium Canon of Solar Eclipses, polynomials for delta T.
 */
static double delta_days(double jd)
{
    double year = 2000.0 + (jd - J2000_JD) / 365.25;
    double t = 0;
    double seconds = 0;
    if (year < 1920) {
        t = year - 1900;
        seconds = -2.79 + t * (1.494119 + t * (-0.0598939 + t * (0.0061966 - t * 0.000197)));
    } else if (year < 1941) {
        t = year - 1920;
        seconds = 21.20 + t * (0.84493 + t * (-0.076100 + t * 0.0020936));
    } else if (year < 1961) {
        t = year - 1950;
        seconds = 29.07 + t * (0.407 + t * (-1.0 / 233 + t / 2547));
    } else if (year < 1986) {
        t = year - 1975;
        seconds = 45.45 + t * (1.067 + t * (-1.0 / 260 - t / 718));
    } else if (year < 2005) {
        t = year - 2000;
        seconds =
            63.86 + t * (0.3345 +
                         t * (-0.060374 + t * (0.0017275 + t * (0.000651814 + t * 0.00002373599))));
    } else if (year < 2050) {
        t = year - 2000;
        seconds = 62.92 + t * (0.32217 + t * 0.005589);
    } else {
        t = (year - 1820) / 100;
        seconds = -20 + 32 * t * t - 0.5628 * (2150 - year);
    }
    return seconds / 86400;
}

/* A term of the new moon: factor * E^power * sin(sun * M + moon * M' + node * F). */
struct moon_term {
    double factor;
    int power; /* of the eccentricity of the earth's orbit */
    int sun;
    int moon;
    int node;
};

/* Source: J. Meeus, Astronomical Algorithms, 2nd edition, chapter 49. */
static const struct moon_term MOON_TERMS[] = {
    {-0.40720, 0, 0, 1, 0},   {0.17241, 1, 1, 0, 0},   {0.01608, 0, 0, 2, 0},
    {0.01039, 0, 0, 0, 2},    {0.00739, 1, -1, 1, 0},  {-0.00514, 1, 1, 1, 0},
    {0.00208, 2, 2, 0, 0},    {-0.00111, 0, 0, 1, -2}, {-0.00057, 0, 0, 1, 2},
    {0.00056, 1, 1, 2, 0},    {-0.00042, 0, 0, 3, 0},  {0.00042, 1, 1, 0, 2},
    {0.00038, 1, 1, 0, -2},   {-0.00024, 1, -1, 2, 0}, {-0.00007, 0, 2, 1, 0},
    {0.00004, 0, 0, 2, -2},   {0.00004, 0, 3, 0, 0},   {0.00003, 0, 1, 1, -2},
    {0.00003, 0, 0, 2, 2},    {-0.00003, 0, 1, 1, 2},  {0.00003, 0, -1, 1, 2},
    {-0.00002, 0, -1, 1, -2}, {-0.00002, 0, 1, 3, 0},  {0.00002, 0, 0, 4, 0},
};

/* The planets' part: factor * sin(at_zero + rate * number). Source: as MOON_TERMS. */
static const double PLANET_TERMS[][3] = {
    {0.000325, 299.77, 0.107408},  {0.000165, 251.88, 0.016321}, {0.000164, 251.83, 26.651886},
    {0.000126, 349.42, 36.412478}, {0.000110, 84.66, 18.206239}, {0.000062, 141.74, 53.303771},
    {0.000060, 207.14, 2.453732},  {0.000056, 154.84, 7.306860}, {0.000047, 34.52, 27.261239},
    {0.000042, 207.19, 0.121824},  {0.000040, 291.34, 1.844379}, {0.000037, 161.72, 24.198154},
    {0.000035, 239.56, 25.513099}, {0.000023, 331.55, 3.592518},
};

/* The day in Ha Noi of new moon `number`, counted from 6 January 2000. */
static int64_t moon_day(int number)
{
    double k = number;
    double t = k / MOONS_PER_CENTURY;
    double t2 = t * t;
    double e = 1 - 0.002516 * t - 0.0000074 * t2;
    double sun = 2.5534 + 29.10535670 * k - 0.0000014 * t2 - 0.00000011 * t2 * t;
    double moon =
        201.5643 + 385.81693528 * k + 0.0107582 * t2 + 0.00001238 * t2 * t - 0.000000058 * t2 * t2;
    double node =
        160.7108 + 390.67050284 * k - 0.0016118 * t2 - 0.00000227 * t2 * t + 0.000000011 * t2 * t2;
    double omega = 124.7746 - 1.56375588 * k + 0.0020672 * t2 + 0.00000215 * t2 * t;
    double jd = FIRST_MOON_JD + MONTH_DAYS_MEAN * k + 0.00015437 * t2 - 0.000000150 * t2 * t +
                0.00000000073 * t2 * t2 - 0.00017 * sin_degrees(omega);
    for (size_t i = 0; i < ARRAY_LEN(MOON_TERMS); i++) {
        const struct moon_term *term = &MOON_TERMS[i];
        double factor = term->factor * (term->power == 0 ? 1 : term->power == 1 ? e : e * e);
        jd += factor * sin_degrees(term->sun * sun + term->moon * moon + term->node * node);
    }
    for (size_t i = 0; i < ARRAY_LEN(PLANET_TERMS); i++) {
        const double *term = PLANET_TERMS[i];
        double bend = i == 0 ? 0.009173 * t2 : 0; /* only Venus' first term is not linear */
        jd += term[0] * sin_degrees(term[1] + term[2] * k - bend);
    }
    return (int64_t)floor(jd - delta_days(jd) - UNIX_EPOCH_JD + HANOI_DAYS);
}

/* The sun's series: factor * sin(at_zero + rate * centuries), factors in 1e-7 radians.
 * Source: P. Bretagnon, J.-L. Simon, Planetary Programs and Tables from -4000 to +2800. */
static const double SUN_TERMS[][3] = {
    {403406, 270.54861, 0.9287892},
    {195207, 340.19128, 35999.1376958},
    {119433, 63.91854, 35999.4089666},
    {112392, 331.26220, 35998.7287385},
    {3891, 317.843, 71998.20261},
    {2819, 86.631, 71998.4403},
    {1721, 240.052, 36000.35726},
    {660, 310.26, 71997.4812},
    {350, 247.23, 32964.4678},
    {334, 260.87, -19.4410},
    {314, 297.82, 445267.1117},
    {268, 343.14, 45036.8840},
    {242, 166.79, 3.1008},
    {234, 81.53, 22518.4434},
    {158, 3.50, -19.9739},
    {132, 132.75, 65928.9345},
    {129, 182.95, 9038.0293},
    {114, 162.03, 3034.7684},
    {99, 29.8, 33718.148},
    {93, 266.4, 3034.448},
    {86, 249.2, -2280.773},
    {78, 157.6, 29929.992},
    {72, 257.8, 31556.493},
    {68, 185.1, 149.588},
    {64, 69.9, 9037.750},
    {46, 8.0, 107997.405},
    {38, 197.1, -4444.176},
    {37, 250.4, 151.771},
    {32, 65.3, 67555.316},
    {29, 162.7, 31556.080},
    {28, 341.5, -4561.540},
    {27, 291.6, 107996.706},
    {27, 98.5, 1221.655},
    {25, 146.7, 62894.167},
    {24, 110.0, 31437.369},
    {21, 5.2, 14578.298},
    {21, 342.6, -31931.757},
    {20, 230.9, 34777.243},
    {18, 256.1, 1221.999},
    {17, 45.3, 62894.511},
    {14, 242.9, -4442.039},
    {13, 115.2, 107997.909},
    {13, 151.8, 119.066},
    {13, 285.3, 16859.071},
    {12, 53.3, -4.578},
    {10, 126.6, 26895.292},
    {10, 205.7, -39.127},
    {10, 85.9, 12297.536},
    {10, 146.1, 90073.778},
};

/* In which twelfth of its way, 0 to 11, the sun stands when the day begins in Ha Noi. */
static int sun_twelfth(int64_t day)
{
    double jd = (double)day + UNIX_EPOCH_JD - HANOI_DAYS;
    double t = (jd + delta_days(jd) - J2000_JD) / CENTURY_DAYS;
    double sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(SUN_TERMS); i++) {
        sum += SUN_TERMS[i][0] * sin_degrees(SUN_TERMS[i][1] + SUN_TERMS[i][2] * t);
    }
    double mean = 282.7771834 + 36000.76953744 * t + sum * 1e-7 / RADIANS;
    double aberration = 0.0000974 * cos_degrees(177.63 + 35999.01848 * t) - 0.005575;
    double nutation = -0.004778 * sin_degrees(124.90 - 1934.134 * t + 0.002063 * t * t) -
                      0.0003667 * sin_degrees(201.11 + 72001.5377 * t + 0.00057 * t * t);
    double longitude = fmod(mean + aberration + nutation, 360.0);
    if (longitude < 0) longitude += 360.0;
    return (int)(longitude / 30.0) % 12;
}

/* The number of the last new moon on or before the day. */
static int moon_number(int64_t day)
{
    double k = ((double)day + UNIX_EPOCH_JD - FIRST_MOON_JD) / MONTH_DAYS_MEAN;
    int number = (int)floor(k) + 1; /* the true moon is at most 15 hours from the mean one */
    while (moon_day(number) > day)
        number--;
    return number;
}

/* The new moon that begins month 11 of the year: the last one before the winter solstice, at
 * which the sun enters its tenth twelfth. Shapes: year 1899 and later. */
static int month_11(int year)
{
    int number = moon_number(time_day_of((struct date){year + 1, 1, 1}) - 1);
    return sun_twelfth(moon_day(number)) >= 9 ? number - 1 : number;
}

/* Which month after month 11 is the leap month; 13 when the twelvemonth has none. */
static int leap_index(int from, int to)
{
    ensure(to - from == 12 || to - from == 13);
    if (to - from == 12) return 13;
    int twelfth = sun_twelfth(moon_day(from));
    for (int i = 0; i < 13; i++) {
        int next = sun_twelfth(moon_day(from + i + 1));
        if (next == twelfth) return i;
        twelfth = next;
    }
    ensure(false); /* twelve terms cannot lie in thirteen months */
    return 13;
}

struct lunar lunar_of_day(int64_t day)
{
    int year = time_date_of(day).year;
    ensure(year >= LUNAR_YEAR_MIN);
    ensure(year <= LUNAR_YEAR_MAX);
    int number = moon_number(day);
    int from = month_11(year);
    int to = 0;
    if (from > number) {
        to = from;
        from = month_11(year - 1);
    } else {
        year++;
        to = month_11(year);
    }
    int index = number - from; /* months after month 11 of the year before `year` */
    int leap = leap_index(from, to);
    int month = (index >= leap ? index - 1 : index) + 11;
    return (struct lunar){
        .year = month > 12 ? year : year - 1,
        .month = month > 12 ? month - 12 : month,
        .day = (int)(day - moon_day(number)) + 1,
        .leap = index == leap,
    };
}

bool lunar_to_day(struct lunar date, int64_t *ret_day)
{
    if (date.month < 1 || date.month > 12 || date.day < 1 || date.day > 30) return false;
    int year = date.month >= 11 ? date.year + 1 : date.year; /* that of month 1 after month 11 */
    if (year < LUNAR_YEAR_MIN || year > LUNAR_YEAR_MAX + 1) return false;
    int from = month_11(year - 1);
    int leap = leap_index(from, month_11(year));
    int index = date.month >= 11 ? date.month - 11 : date.month + 1;
    if (date.leap && index + 1 != leap) return false;
    if (date.leap || index >= leap) index++;
    int64_t first = moon_day(from + index);
    if (first + date.day > moon_day(from + index + 1)) return false;
    *ret_day = first + date.day - 1;
    return true;
}

int64_t lunar_new_year(int year)
{
    ensure(year >= LUNAR_YEAR_MIN);
    ensure(year <= LUNAR_YEAR_MAX);
    int64_t day = 0;
    bool exists = lunar_to_day((struct lunar){.year = year, .month = 1, .day = 1}, &day);
    ensure(exists);
    return day;
}
