#pragma once
/*
 * utf8.h: what text may be. Text is checked and brought to NFC once, at the border; behind it
 * every struct str that is text is valid UTF-8 in NFC. Tables come from ICU; no locale is used.
 */
#include "base/str.h"

/* Says that the bytes are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
 * Source: RFC 3629 section 4. */
bool utf8_valid(struct str s);

/* Says that the text is in Normalization Form C. Shapes: s is valid UTF-8.
 * Source: Unicode Standard Annex 15. */
bool utf8_is_nfc(struct str s);

/* Returns the text in NFC; s itself when it already is. Shapes: s is valid UTF-8 and at most
 * UTF8_BYTES_MAX long. */
struct str utf8_nfc(struct arena *arena, struct str s);

/* Returns the key under which a person finds the text whatever way it was typed: lower case,
 * without diacritics, đ as d ("Đề nghị" gives "de nghi"). Folding twice changes nothing.
 * Shapes: as utf8_nfc. */
struct str utf8_fold(struct arena *arena, struct str s);

/* Returns the length of the longest start of s that has at most `max_bytes` bytes and does not end
 * inside a character. Shapes: s is valid UTF-8. */
size_t utf8_cut(struct str s, size_t max_bytes);

enum { UTF8_BYTES_MAX = 64 * 1024 * 1024 };
