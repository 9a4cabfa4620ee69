#pragma once
/* poison.h: red zones for arenas under AddressSanitizer; nothing otherwise. */
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define UNPOISON(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
enum { RED_ZONE_BYTES = 16 };
#else
#define POISON(ptr, len) ((void)(ptr), (void)(len))
#define UNPOISON(ptr, len) ((void)(ptr), (void)(len))
enum { RED_ZONE_BYTES = 0 };
#endif
