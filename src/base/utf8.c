#include "base/utf8.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

enum {
    MARKS_FIRST = 0x0300, /* combining diacritical marks, the only ones Latin letters need */
    MARKS_LAST = 0x036f,
    D_STROKE = 0x0111,
    ETH = 0x00f0,    /* capital Ð looks like Đ and is often typed for it */
    D_TAIL = 0x0256, /* the same */
};

/* ICU works on UTF-16. */
struct wide {
    UChar *ptr;
    int32_t len;
};

/* Bytes of the character that begins at s[i]; 0 when none does. */
static size_t char_bytes(struct str s, size_t i)
{
    uint8_t lead = (uint8_t)s.ptr[i];
    if (lead < 0x80) return 1;
    size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || s.len - i < bytes) return 0;
    for (size_t k = 1; k < bytes; k++) {
        if (((uint8_t)s.ptr[i + k] & 0xc0) != 0x80) return 0;
    }
    uint8_t second = (uint8_t)s.ptr[i + 1];
    if (lead == 0xe0 && second < 0xa0) return 0; /* overlong */
    if (lead == 0xed && second > 0x9f) return 0; /* surrogate */
    if (lead == 0xf0 && second < 0x90) return 0; /* overlong */
    if (lead == 0xf4 && second > 0x8f) return 0; /* above U+10FFFF */
    return bytes;
}

bool utf8_valid(struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        size_t bytes = char_bytes(s, i);
        if (bytes == 0) return false;
        i += bytes;
    }
    return true;
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((uint8_t)s.ptr[i] >= 0x80) return false;
    }
    return true;
}

/* Only characters that never change under NFC: what Vietnamese and English offices write, up to
 * U+02FF and the block U+1E00 to U+1EFF. */
static bool is_nfc_quick(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t byte = (uint8_t)s.ptr[i];
        if (byte < 0xcc) continue; /* ASCII, leads up to U+02FF, and second bytes */
        if (byte != 0xe1 || i + 1 == s.len) return false;
        uint8_t second = (uint8_t)s.ptr[i + 1];
        if (second < 0xb8 || second > 0xbb) return false;
    }
    return true;
}

static const UNormalizer2 *form_c(void)
{
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFCInstance(&code);
    ensure(U_SUCCESS(code));
    return form;
}

static const UNormalizer2 *form_d(void)
{
    UErrorCode code = U_ZERO_ERROR;
    const UNormalizer2 *form = unorm2_getNFDInstance(&code);
    ensure(U_SUCCESS(code));
    return form;
}

static struct wide wide_from(struct arena *arena, struct str s)
{
    ensure(s.len <= UTF8_BYTES_MAX);
    struct wide wide = {.ptr = arena_array(arena, s.len + 1, sizeof(UChar))};
    UErrorCode code = U_ZERO_ERROR;
    u_strFromUTF8(wide.ptr, (int32_t)s.len + 1, &wide.len, s.ptr, (int32_t)s.len, &code);
    ensure(U_SUCCESS(code));
    return wide;
}

static struct str wide_to(struct arena *arena, struct wide wide)
{
    int32_t cap = wide.len * 3 + 1; /* a UTF-16 unit needs at most three bytes */
    char *ptr = arena_alloc(arena, (size_t)cap);
    int32_t len = 0;
    UErrorCode code = U_ZERO_ERROR;
    u_strToUTF8(ptr, cap, &len, wide.ptr, wide.len, &code);
    ensure(U_SUCCESS(code));
    return (struct str){ptr, (size_t)len};
}

static struct wide wide_normal(struct arena *arena, const UNormalizer2 *form, struct wide from)
{
    UErrorCode code = U_ZERO_ERROR;
    int32_t need = unorm2_normalize(form, from.ptr, from.len, NULL, 0, &code);
    ensure(code == U_BUFFER_OVERFLOW_ERROR || U_SUCCESS(code));
    struct wide to = {.ptr = arena_array(arena, (size_t)need + 1, sizeof(UChar)), .len = need};
    code = U_ZERO_ERROR;
    unorm2_normalize(form, from.ptr, from.len, to.ptr, need + 1, &code);
    ensure(U_SUCCESS(code));
    return to;
}

bool utf8_is_nfc(struct str s)
{
    ensure(s.len <= UTF8_BYTES_MAX);
    if (is_ascii(s) || is_nfc_quick(s)) return true;
    struct arena *scratch = arena_open(0); /* a question keeps no memory */
    struct wide wide = wide_from(scratch, s);
    UErrorCode code = U_ZERO_ERROR;
    bool normal = unorm2_isNormalized(form_c(), wide.ptr, wide.len, &code);
    ensure(U_SUCCESS(code));
    arena_close(scratch);
    return normal;
}

struct str utf8_nfc(struct arena *arena, struct str s)
{
    if (utf8_is_nfc(s)) return s;
    return wide_to(arena, wide_normal(arena, form_c(), wide_from(arena, s)));
}

static struct str fold_ascii(struct arena *arena, struct str s)
{
    char *to = arena_copy(arena, s.ptr, s.len);
    for (size_t i = 0; i < s.len; i++) {
        if (to[i] >= 'A' && to[i] <= 'Z') to[i] = (char)(to[i] - 'A' + 'a');
    }
    return (struct str){to, s.len};
}

struct str utf8_fold(struct arena *arena, struct str s)
{
    ensure(s.len <= UTF8_BYTES_MAX);
    if (is_ascii(s)) return fold_ascii(arena, s);
    struct wide parts = wide_normal(arena, form_d(), wide_from(arena, s));
    UChar32 *chars = arena_array(arena, (size_t)parts.len + 1, sizeof(UChar32));
    int32_t count = 0;
    UErrorCode code = U_ZERO_ERROR;
    u_strToUTF32(chars, parts.len + 1, &count, parts.ptr, parts.len, &code);
    ensure(U_SUCCESS(code));
    int32_t kept = 0;
    for (int32_t i = 0; i < count; i++) {
        if (chars[i] >= MARKS_FIRST && chars[i] <= MARKS_LAST) continue;
        UChar32 lower = u_tolower(chars[i]);
        bool is_d = lower == D_STROKE || lower == ETH || lower == D_TAIL;
        chars[kept++] = is_d ? 'd' : lower; /* letters of their own: NFD leaves the stroke on */
    }
    int32_t cap = kept * 2 + 1; /* a character needs at most two UTF-16 units */
    struct wide folded = {.ptr = arena_array(arena, (size_t)cap, sizeof(UChar))};
    u_strFromUTF32(folded.ptr, cap, &folded.len, chars, kept, &code);
    ensure(U_SUCCESS(code));
    return wide_to(arena, wide_normal(arena, form_c(), folded));
}

size_t utf8_cut(struct str s, size_t max_bytes)
{
    if (s.len <= max_bytes) return s.len;
    size_t cut = max_bytes;
    while (cut > 0 && ((uint8_t)s.ptr[cut] & 0xc0) == 0x80)
        cut--;
    return cut;
}
