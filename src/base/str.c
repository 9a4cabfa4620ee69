#include "base/str.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT_BYTES = 512 };
static const size_t BUILDER_MAX_BYTES = (size_t)16 * 1024 * 1024;

struct str str_of(const char *zero_ended)
{
    if (zero_ended == NULL) return (struct str){};
    return (struct str){zero_ended, strlen(zero_ended)};
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int str_compare(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len ? 1 : 0;
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_eq(str_sub(s, 0, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_eq(str_sub(s, s.len - suffix.len, s.len), suffix);
}

size_t str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.len || needle.len > s.len - from) return s.len;
    if (needle.len == 0) return from;
    const char *at = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
    return at == NULL ? s.len : (size_t)(at - s.ptr);
}

struct str str_sub(struct str s, size_t from, size_t to)
{
    if (to > s.len) to = s.len;
    if (from >= to) return (struct str){};
    return (struct str){s.ptr + from, to - from};
}

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

struct str str_trim(struct str s)
{
    size_t from = 0;
    size_t to = s.len;
    while (from < to && is_space(s.ptr[from]))
        from++;
    while (to > from && is_space(s.ptr[to - 1]))
        to--;
    return str_sub(s, from, to);
}

bool str_cut(struct str s, char separator, struct str *ret_head, struct str *ret_rest)
{
    const char *at = s.len == 0 ? NULL : memchr(s.ptr, separator, s.len);
    if (at == NULL) {
        *ret_head = s;
        *ret_rest = (struct str){};
        return false;
    }
    size_t index = (size_t)(at - s.ptr);
    *ret_head = (struct str){s.ptr, index};
    *ret_rest = (struct str){at + 1, s.len - index - 1};
    return true;
}

struct str str_copy(struct arena *arena, struct str s)
{
    return (struct str){arena_copy(arena, s.ptr, s.len), s.len};
}

const char *str_zero(struct arena *arena, struct str s)
{
    return arena_copy(arena, s.ptr, s.len);
}

struct str str_format(struct arena *arena, const char *format, ...)
{
    char small[FORMAT_BYTES];
    va_list args;
    va_start(args, format);
    int need = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    ensure(need >= 0);
    if ((size_t)need < sizeof small) return str_copy(arena, (struct str){small, (size_t)need});
    char *large = arena_alloc(arena, (size_t)need + 1);
    va_start(args, format);
    (void)vsnprintf(large, (size_t)need + 1, format, args);
    va_end(args);
    return (struct str){large, (size_t)need};
}

bool parse_int(struct str s, int64_t min, int64_t max, int64_t *ret_value)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.len) return false;
    int64_t value = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        int64_t digit = s.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_sub_overflow(value, digit, &value))
            return false; /* downwards: fits INT64_MIN */
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) return false;
    if (value < min || value > max) return false;
    *ret_value = value;
    return true;
}

struct str hex_encode(struct arena *arena, struct str bytes)
{
    static const char DIGITS[] = "0123456789abcdef";
    char *to = arena_alloc(arena, bytes.len * 2 + 1);
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = (uint8_t)bytes.ptr[i];
        to[2 * i] = DIGITS[byte >> 4];
        to[2 * i + 1] = DIGITS[byte & 15];
    }
    return (struct str){to, bytes.len * 2};
}

static int hex_value(char ch)
{
    if (ch >= '0' && ch <= '9') return ch - '0';
    if (ch >= 'a' && ch <= 'f') return ch - 'a' + 10;
    return -1;
}

bool hex_decode(struct str text, uint8_t *ret_bytes, size_t bytes)
{
    if (text.len != bytes * 2) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (hex_value(text.ptr[i]) < 0) return false;
    }
    for (size_t i = 0; i < bytes; i++) {
        int high = hex_value(text.ptr[2 * i]);
        int low = hex_value(text.ptr[2 * i + 1]);
        ret_bytes[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

struct str base32_encode(struct arena *arena, struct str bytes)
{
    static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyz234567";
    size_t len = (bytes.len * 8 + 4) / 5;
    char *to = arena_alloc(arena, len + 1);
    for (size_t i = 0; i < len; i++) {
        size_t bit = i * 5;
        unsigned pair = (unsigned)(uint8_t)bytes.ptr[bit / 8] << 8;
        if (bit / 8 + 1 < bytes.len) pair |= (uint8_t)bytes.ptr[bit / 8 + 1];
        to[i] = ALPHABET[(pair >> (11 - bit % 8)) & 31];
    }
    return (struct str){to, len};
}

struct str base64_encode(struct arena *arena, struct str bytes)
{
    size_t room = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *to = arena_alloc(arena, room);
    (void)sodium_bin2base64(to, room, (const uint8_t *)bytes.ptr, bytes.len,
                            sodium_base64_VARIANT_ORIGINAL);
    return (struct str){to, room - 1};
}

bool base64_decode(struct arena *arena, struct str text, struct str *ret_bytes)
{
    size_t room = text.len / 4 * 3 + 3;
    uint8_t *to = arena_alloc(arena, room);
    size_t len = 0;
    int failed = sodium_base642bin(to, room, text.ptr, text.len, NULL, &len, NULL,
                                   sodium_base64_VARIANT_ORIGINAL);
    struct str bytes = {(const char *)to, len};
    /* the library of Debian 12 takes some bytes above 127 for letters */
    if (failed != 0 || !str_eq(base64_encode(arena, bytes), text)) return false;
    *ret_bytes = bytes;
    return true;
}

struct sb sb_new(struct arena *arena, size_t max)
{
    return (struct sb){.arena = arena, .max = max > 0 ? max : BUILDER_MAX_BYTES};
}

static void grow(struct sb *sb, size_t need)
{
    size_t cap = sb->cap < 128 ? 128 : sb->cap * 2;
    while (cap < need)
        cap *= 2;
    char *ptr = arena_alloc(sb->arena, cap);
    if (sb->len > 0) memcpy(ptr, sb->ptr, sb->len);
    sb->ptr = ptr;
    sb->cap = cap;
}

void sb_put(struct sb *sb, struct str s)
{
    if (s.len == 0) return;
    if (sb->over || s.len > sb->max - sb->len) {
        sb->over = true;
        return;
    }
    if (sb->len + s.len > sb->cap) grow(sb, sb->len + s.len);
    memcpy(sb->ptr + sb->len, s.ptr, s.len);
    sb->len += s.len;
}

void sb_char(struct sb *sb, char ch)
{
    sb_put(sb, (struct str){&ch, 1});
}

void sb_printf(struct sb *sb, const char *format, ...)
{
    char small[FORMAT_BYTES];
    va_list args;
    va_start(args, format);
    int need = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    ensure(need >= 0);
    if ((size_t)need < sizeof small) {
        sb_put(sb, (struct str){small, (size_t)need});
        return;
    }
    char *large = arena_alloc(sb->arena, (size_t)need + 1);
    va_start(args, format);
    (void)vsnprintf(large, (size_t)need + 1, format, args);
    va_end(args);
    sb_put(sb, (struct str){large, (size_t)need});
}

struct str sb_str(const struct sb *sb)
{
    return (struct str){sb->ptr, sb->len};
}
