#pragma once
/*
 * str.h: text and bytes as slices, and one builder. A slice never owns; what it points to belongs
 * to an arena, to a constant or to the caller. Text inside the program is valid UTF-8 in NFC:
 * it is checked once, at the border (base/utf8.h).
 */
#include "base/arena.h"

struct str {
    const char *ptr; /* need not end in a zero byte; NULL only when len is 0 */
    size_t len;      /* bytes */
};

/* A slice of a string literal. */
#define S(literal) ((struct str){("" literal ""), sizeof(literal) - 1})
/* For printf formats: "%.*s". */
#define STR_ARG(s) (int)(s).len, ((s).ptr != NULL ? (s).ptr : "")

/* A slice of a zero-ended string; NULL gives the empty slice. Not for foreign bytes. */
struct str str_of(const char *zero_ended);
bool str_eq(struct str a, struct str b);
/* Order by bytes, as the store's C collation: less than, equal to, greater than 0. */
int str_compare(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Finds `needle` at or after `from`; returns s.len when it is not there. */
size_t str_find(struct str s, struct str needle, size_t from);
/* The part from `from` (inclusive) to `to` (exclusive), cut to what exists. */
struct str str_sub(struct str s, size_t from, size_t to);
struct str str_trim(struct str s);
/* Splits off everything before the first `separator`; `rest` gets what follows it. Returns false
 * when there is no separator: then `head` is all of s and `rest` is empty. */
bool str_cut(struct str s, char separator, struct str *ret_head, struct str *ret_rest);
/* A copy in the arena, ended by a zero byte that len does not count. */
struct str str_copy(struct arena *arena, struct str s);
/* The same as a C string, for libraries. */
const char *str_zero(struct arena *arena, struct str s);
/* Formats into the arena (printf rules). */
[[gnu::format(printf, 2, 3)]] struct str str_format(struct arena *arena, const char *format, ...);
/* Reads a whole decimal integer, with '-' allowed. False when it is not one or out of range. */
bool parse_int(struct str s, int64_t min, int64_t max, int64_t *ret_value);
/* Lower-case hexadecimal of bytes. */
struct str hex_encode(struct arena *arena, struct str bytes);
/* Reads exactly `bytes` bytes of lower-case hexadecimal; false otherwise. */
bool hex_decode(struct str text, uint8_t *ret_bytes, size_t bytes);
/* Lower-case base32 without padding (RFC 4648 section 6 alphabet). */
struct str base32_encode(struct arena *arena, struct str bytes);
/* Base64 with padding (RFC 4648 section 4), and back: only what base64_encode writes is read. */
struct str base64_encode(struct arena *arena, struct str bytes);
bool base64_decode(struct arena *arena, struct str text, struct str *ret_bytes);

/* A growing text with a limit. Appending past the limit drops the rest and sets `over`, which is
 * asked once at the end. */
struct sb {
    struct arena *arena;
    char *ptr;
    size_t len;
    size_t cap;
    size_t max;
    bool over;
};

/* Starts a builder. Shapes: max in bytes; 0 means 16 MiB. */
struct sb sb_new(struct arena *arena, size_t max);
void sb_put(struct sb *sb, struct str s);
void sb_char(struct sb *sb, char ch);
[[gnu::format(printf, 2, 3)]] void sb_printf(struct sb *sb, const char *format, ...);
/* What was built so far; valid until the next append. */
struct str sb_str(const struct sb *sb);
