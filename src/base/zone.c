#include "base/zone.h"

#include <unicode/ucal.h>

#include "base/time.h"

static void calendar_close(void *calendar)
{
    ucal_close(calendar);
}

enum err zone_find(struct call *c, struct str name, struct zone *ret_zone)
{
    UChar id[ZONE_NAME_BYTES + 1] = {};
    UChar canonical[ZONE_NAME_BYTES + 1] = {};
    UErrorCode status = U_ZERO_ERROR;
    UBool known = 0;
    if (name.len == 0 || str_eq(name, S("Asia/Ho_Chi_Minh"))) {
        *ret_zone = (struct zone){};
        return OK;
    }
    bool good = name.len <= ZONE_NAME_BYTES;
    for (size_t i = 0; good && i < name.len; i++) {
        id[i] = (UChar)(unsigned char)name.ptr[i];
        good = name.ptr[i] > ' ' && name.ptr[i] <= '~';
    }
    if (good) {
        (void)ucal_getCanonicalTimeZoneID(id, (int32_t)name.len, canonical, ZONE_NAME_BYTES, &known,
                                          &status);
    }
    /* GMT+7 and its kin are canonical to ICU, but no place's clock */
    good = good && U_SUCCESS(status) && known && !str_starts(name, S("GMT"));
    UCalendar *calendar =
        good ? ucal_open(id, (int32_t)name.len, "", UCAL_GREGORIAN, &status) : NULL;
    if (calendar == NULL || U_FAILURE(status)) {
        (void)!fail(c, ERR_INVALID, "zone.unknown");
        return fail_arg(c, "zone", name);
    }
    arena_defer(c->arena, calendar_close, calendar);
    ucal_setAttribute(calendar, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
    ucal_setAttribute(calendar, UCAL_SKIPPED_WALL_TIME, UCAL_WALLTIME_LAST);
    ret_zone->calendar = calendar;
    return OK;
}

int64_t zone_to_ms(const struct zone *zone, int64_t local_s)
{
    if (zone->calendar == NULL) return local_s * 1000 - TIME_HANOI_MS;
    UErrorCode status = U_ZERO_ERROR;
    int64_t day = local_s / 86400 - (local_s % 86400 < 0 ? 1 : 0);
    struct date d = time_date_of(day);
    int32_t second = (int32_t)(local_s - day * 86400);
    ucal_setDateTime(zone->calendar, d.year, UCAL_JANUARY + d.month - 1, d.day, second / 3600,
                     second / 60 % 60, second % 60, &status);
    ucal_set(zone->calendar, UCAL_MILLISECOND, 0);
    UDate ms = ucal_getMillis(zone->calendar, &status);
    ensure(U_SUCCESS(status));
    return (int64_t)ms;
}

int64_t zone_to_local(const struct zone *zone, int64_t ms)
{
    int64_t offset_ms = TIME_HANOI_MS;
    if (zone->calendar != NULL) {
        UErrorCode status = U_ZERO_ERROR;
        ucal_setMillis(zone->calendar, (UDate)ms, &status);
        offset_ms = ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &status) +
                    ucal_get(zone->calendar, UCAL_DST_OFFSET, &status);
        ensure(U_SUCCESS(status));
    }
    int64_t local_ms = ms + offset_ms;
    return local_ms / 1000 - (local_ms % 1000 < 0 ? 1 : 0);
}
