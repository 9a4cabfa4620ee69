#include "exchange/credit.h"

#include "base/limits.h"
#include "core/office.h"

enum { STOP_MS = 60 * 1000 };

static int64_t free_percent(struct call *c)
{
    return env_free_percent(c->env, str_zero(c->arena, c->office->dir));
}

static enum disk disk_of(int64_t percent)
{
    if (percent > LIMIT_DISK_LOW) return DISK_OK;
    if (percent > LIMIT_DISK_TIGHT) return DISK_LOW;
    return percent > LIMIT_DISK_FULL ? DISK_TIGHT : DISK_FULL;
}

enum disk credit_disk(struct call *c)
{
    return disk_of(free_percent(c));
}

void credit_fill(struct call *c, struct ack *ack)
{
    static const struct {
        int64_t entries;
        int64_t bytes;
    } CREDIT[] = {
        [DISK_OK] = {LIMIT_BATCH_ENTRIES, LIMIT_BATCH_BYTES},
        [DISK_LOW] = {LIMIT_BATCH_ENTRIES, LIMIT_BATCH_BYTES},
        [DISK_TIGHT] = {LIMIT_BATCH_ENTRIES / 4, LIMIT_BATCH_BYTES / 4},
        [DISK_FULL] = {LIMIT_BATCH_ENTRIES / 16, LIMIT_BATCH_BYTES / 64},
    };
    int64_t percent = free_percent(c);
    ack->disk = disk_of(percent);
    ack->credit_entries = CREDIT[ack->disk].entries;
    ack->credit_bytes = CREDIT[ack->disk].bytes;
    ack->pause_ms = percent > LIMIT_DISK_STOP ? 0 : STOP_MS;
}

bool credit_files(struct call *c, enum priority *ret_least)
{
    enum disk disk = credit_disk(c);
    *ret_least = disk == DISK_OK ? PRIORITY_BULK : PRIORITY_NORMAL;
    return disk < DISK_TIGHT;
}
