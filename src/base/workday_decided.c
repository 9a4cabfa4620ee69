#include "base/workday.h"

/*
 * Days off and days worked as announced for civil servants, 2019 to 2026. Saturdays and Sundays
 * inside a window need no row.
 * Source: the yearly decisions under Labour Code 2019 art. 112 cl. 3 (before 2021: Labour Code
 * 2012 art. 115 cl. 2); for 2026-01-02 and 2026-01-10: 12729/VPCP-KGVX.
 */

/* The day number of a date as a constant; the same sum as time_day_of. */
#define ERA_YEAR(year, month) ((year) - ((month) <= 2 ? 1 : 0))
#define LEAP_DAYS(year) ((year) / 4 - (year) / 100 + (year) / 400)
#define DAY(year, month, day)                                                                      \
    (365 * ERA_YEAR(year, month) + LEAP_DAYS(ERA_YEAR(year, month)) +                              \
     (153 * (((month) + 9) % 12) + 2) / 5 - 719469 + (day))

/* clang-format off */
#define OFF(year, month, date, why, of)                                                            \
    {DAY(year, month, date), .reason = WORKDAY_##why, .holiday = WORKDAY_##of}
#define WORK(year, month, date) {DAY(year, month, date), .work = true}
/* clang-format on */

const struct workday_decision WORKDAY_DECISIONS[] = {
    OFF(2018, 12, 31, SWAP, WORKED), /* swap with 2019-01-05 */
    WORK(2019, 1, 5),                /* swap for 2018-12-31 */
    OFF(2019, 2, 4, TET, TET),
    OFF(2019, 2, 5, TET, TET),
    OFF(2019, 2, 6, TET, TET),
    OFF(2019, 2, 7, TET, TET),
    OFF(2019, 2, 8, TET, TET),
    OFF(2019, 4, 15, COMPENSATION, HUNG_KINGS),
    OFF(2019, 4, 29, SWAP, WORKED), /* swap with 2019-05-04 */
    WORK(2019, 5, 4),               /* swap for 2019-04-29 */
    OFF(2020, 1, 23, TET, TET),
    OFF(2020, 1, 24, TET, TET),
    OFF(2020, 1, 27, TET, TET),
    OFF(2020, 1, 28, COMPENSATION, TET),
    OFF(2020, 1, 29, COMPENSATION, TET),
    OFF(2021, 2, 10, TET, TET),
    OFF(2021, 2, 11, TET, TET),
    OFF(2021, 2, 12, TET, TET),
    OFF(2021, 2, 15, COMPENSATION, TET),
    OFF(2021, 2, 16, COMPENSATION, TET),
    OFF(2021, 5, 3, COMPENSATION, LABOUR),
    OFF(2021, 9, 3, NATIONAL, NATIONAL),
    OFF(2022, 1, 3, COMPENSATION, NEW_YEAR),
    OFF(2022, 1, 31, TET, TET),
    OFF(2022, 2, 1, TET, TET),
    OFF(2022, 2, 2, TET, TET),
    OFF(2022, 2, 3, TET, TET),
    OFF(2022, 2, 4, TET, TET),
    OFF(2022, 4, 11, COMPENSATION, HUNG_KINGS),
    OFF(2022, 5, 2, COMPENSATION, REUNIFICATION),
    OFF(2022, 5, 3, COMPENSATION, LABOUR),
    OFF(2022, 9, 1, NATIONAL, NATIONAL),
    OFF(2023, 1, 2, COMPENSATION, NEW_YEAR),
    OFF(2023, 1, 20, TET, TET),
    OFF(2023, 1, 23, TET, TET),
    OFF(2023, 1, 24, TET, TET),
    OFF(2023, 1, 25, COMPENSATION, TET),
    OFF(2023, 1, 26, COMPENSATION, TET),
    OFF(2023, 5, 2, COMPENSATION, HUNG_KINGS),
    OFF(2023, 5, 3, COMPENSATION, REUNIFICATION),
    OFF(2023, 9, 1, NATIONAL, NATIONAL),
    OFF(2023, 9, 4, COMPENSATION, NATIONAL),
    OFF(2024, 2, 8, TET, TET),
    OFF(2024, 2, 9, TET, TET),
    OFF(2024, 2, 12, TET, TET),
    OFF(2024, 2, 13, COMPENSATION, TET),
    OFF(2024, 2, 14, COMPENSATION, TET),
    OFF(2024, 4, 29, SWAP, WORKED), /* swap with 2024-05-04 */
    WORK(2024, 5, 4),               /* swap for 2024-04-29 */
    OFF(2024, 9, 3, NATIONAL, NATIONAL),
    OFF(2025, 1, 27, TET, TET),
    OFF(2025, 1, 28, TET, TET),
    OFF(2025, 1, 29, TET, TET),
    OFF(2025, 1, 30, TET, TET),
    OFF(2025, 1, 31, TET, TET),
    WORK(2025, 4, 26),             /* swap for 2025-05-02 */
    OFF(2025, 5, 2, SWAP, WORKED), /* swap with 2025-04-26 */
    OFF(2025, 9, 1, NATIONAL, NATIONAL),
    OFF(2026, 1, 2, SWAP, WORKED), /* swap with 2026-01-10 */
    WORK(2026, 1, 10),             /* swap for 2026-01-02 */
    OFF(2026, 2, 16, TET, TET),
    OFF(2026, 2, 17, TET, TET),
    OFF(2026, 2, 18, TET, TET),
    OFF(2026, 2, 19, TET, TET),
    OFF(2026, 2, 20, TET, TET),
    OFF(2026, 4, 27, COMPENSATION, HUNG_KINGS),
    WORK(2026, 8, 22),              /* swap for 2026-08-31 */
    OFF(2026, 8, 31, SWAP, WORKED), /* swap with 2026-08-22 */
    OFF(2026, 9, 1, NATIONAL, NATIONAL),
};
const size_t WORKDAY_DECISIONS_COUNT = ARRAY_LEN(WORKDAY_DECISIONS);
