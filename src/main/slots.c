#include "main/slots.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int slots_create(void)
{
    int fd = memfd_create("slots", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, sizeof(struct slots)) == 0) return fd;
    if (fd >= 0) (void)close(fd);
    return -1;
}

struct slots *slots_map(int fd)
{
    struct stat st = {};
    if (fstat(fd, &st) != 0 || st.st_size != (off_t)sizeof(struct slots)) return NULL;
    void *memory = mmap(NULL, sizeof(struct slots), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

struct slot *slots_enter(struct slots *slots, const uint8_t hash[32])
{
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        unsigned expected = 0;
        struct slot *slot = &slots->slot[i];
        if (!atomic_compare_exchange_strong(&slot->busy, &expected, 1)) continue;
        memcpy(slot->hash, hash, sizeof slot->hash);
        atomic_store(&slot->busy, 2); /* the hash is whole */
        return slot;
    }
    return NULL;
}

void slots_leave(struct slot *slot)
{
    if (slot != NULL) atomic_store(&slot->busy, 0);
}

bool slots_is_aside(const struct slots *slots, const uint8_t hash[32])
{
    unsigned count = atomic_load(&slots->aside_count);
    for (size_t i = 0; i < ASIDE_MAX && i < count; i++) {
        if (memcmp(slots->aside[i], hash, 32) == 0) return true;
    }
    return false;
}

static unsigned *history_row(struct history *history, const uint8_t hash[32])
{
    for (size_t i = 0; i < HISTORY_MAX && i < history->count; i++) {
        if (memcmp(history->row[i].hash, hash, 32) == 0) return &history->row[i].crashes;
    }
    size_t place = history->count++ % HISTORY_MAX;
    memcpy(history->row[place].hash, hash, 32);
    history->row[place].crashes = 0;
    return &history->row[place].crashes;
}

size_t slots_judge(struct slots *slots, struct history *history, bool crashed)
{
    size_t set_aside = 0;
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        struct slot *slot = &slots->slot[i];
        bool busy = atomic_exchange(&slot->busy, 0) == 2;
        if (!busy || !crashed) continue;
        unsigned *crashes = history_row(history, slot->hash);
        *crashes += 1;
        if (*crashes != CRASHES_MAX) continue;
        unsigned count = atomic_load(&slots->aside_count);
        memcpy(slots->aside[count % ASIDE_MAX], slot->hash, 32);
        atomic_store(&slots->aside_count, count + 1);
        set_aside++;
    }
    return set_aside;
}
