#include <string.h>

#include "front/http/http_core.h"

/*
 * Counts by address. There are never more addresses than connections, so a table of lists is
 * bounded; entries that fall to zero are used again.
 */

static struct http_address **bucket_of(struct http_gate *gate, const uint8_t key[16])
{
    uint64_t hash = gate->seed;
    for (size_t i = 0; i < 16; i++)
        hash = (hash ^ key[i]) * 0x100000001b3U;
    hash ^= hash >> 29;
    return &gate->buckets[hash % HTTP_GATE_BUCKETS];
}

static struct http_address *address_new(struct http_gate *gate, struct arena *arena)
{
    struct http_address *address = gate->spare;
    if (address == NULL) return arena_alloc(arena, sizeof *address);
    gate->spare = address->next;
    *address = (struct http_address){};
    return address;
}

struct http_address *http_gate_enter(struct http_gate *gate, struct arena *arena,
                                     const uint8_t key[16])
{
    struct http_address **bucket = bucket_of(gate, key);
    struct http_address *address = *bucket;
    while (address != NULL && memcmp(address->key, key, 16) != 0)
        address = address->next;
    if (address == NULL) {
        address = address_new(gate, arena);
        memcpy(address->key, key, 16);
        address->next = *bucket;
        *bucket = address;
    }
    ensure(memcmp(address->key, key, 16) == 0);
    address->connections++;
    return address;
}

void http_gate_leave(struct http_gate *gate, struct http_address *address)
{
    ensure(address->connections > 0);
    address->connections--;
    if (address->connections > 0) return;
    ensure(address->streams == 0);
    struct http_address **at = bucket_of(gate, address->key);
    while (*at != address)
        at = &(*at)->next;
    *at = address->next;
    address->next = gate->spare;
    gate->spare = address;
}
