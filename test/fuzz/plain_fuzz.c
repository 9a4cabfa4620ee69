/*
 * Any bytes are read as text. The first byte is the encoding. What is taken must be in the form
 * that core/parse.h promises, and reading it again as UTF-8 must change nothing.
 */
#include "base/limits.h"
#include "base/utf8.h"
#include "front/parse/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct arena *arena = arena_open(0);
    struct str bytes = {(const char *)data + 1, size - 1};
    struct str text = {};
    struct str again = {};
    bool cut = false;
    if (plain_decode(arena, bytes, (enum parse_encoding)(data[0] % 3), &text)) {
        ensure(utf8_valid(text));
        struct str clean = plain_clean(arena, text, &cut);
        ensure(utf8_is_nfc(clean));
        ensure(str_find(clean, S("\t"), 0) == clean.len);
        ensure(plain_chars(clean) <= (int64_t)clean.len);
        ensure(plain_pages(clean) > 0);
        again = plain_clean(arena, clean, &cut);
        ensure(str_eq(again, clean));
    }
    arena_close(arena);
    return 0;
}
