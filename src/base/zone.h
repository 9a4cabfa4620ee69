#pragma once
/*
 * zone.h: what instant a clock in some place shows. Local time is a number: seconds since
 * 1970-01-01 00:00 on that clock. A meeting in the future is kept as local time with its zone; its
 * instant is computed and may change when a country changes its clocks.
 *
 * Ha Noi (base/time.h) needs no table; other zones are those of the ICU library.
 */
#include "base/call.h"

enum { ZONE_NAME_BYTES = 64 };

struct zone {
    void *calendar; /* ICU's; NULL: Ha Noi */
};

/* Finds a zone by its IANA name; empty is Ha Noi. Owns: the call's arena keeps it.
 * Errors: ERR_INVALID "zone.unknown" (arg "zone"). */
enum err zone_find(struct call *c, struct str name, struct zone *ret_zone);

/* The instant of a local time. One that is skipped when clocks go forward is counted by the offset
 * before; of one that comes twice the first is meant. Source: RFC 5545 3.3.5. */
int64_t zone_to_ms(const struct zone *zone, int64_t local_s);
/* The local time of an instant. */
int64_t zone_to_local(const struct zone *zone, int64_t ms);
