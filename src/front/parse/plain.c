#include "front/parse/plain.h"

#include "base/limits.h"
#include "base/utf8.h"

enum {
    LINES_PAGE = 38, /* of 14 point letters on A4, Source: Decree 30/2020/ND-CP annex I */
    LETTERS_PAGE = 2400,
    HIGH = 0x80,
    TCVN3_FIRST = 0xA0,
};

/* TCVN3 from A0 on; 0: no such letter. Capitals with a tone have no codes of their own: the fonts
 * draw them at those of the small letters, and which was meant cannot be known from the bytes. */
static const uint16_t TCVN3[] = {
    0x0000, 0x0102, 0x00C2, 0x00CA, 0x00D4, 0x01A0, 0x01AF, 0x0110, 0x0103, 0x00E2, 0x00EA, 0x00F4,
    0x01A1, 0x01B0, 0x0111, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000, 0x00E0, 0x1EA3, 0x00E3,
    0x00E1, 0x1EA1, 0x0000, 0x1EB1, 0x1EB3, 0x1EB5, 0x1EAF, 0x0000, 0x0000, 0x0000, 0x0000, 0x0000,
    0x0000, 0x0000, 0x1EB7, 0x1EA7, 0x1EA9, 0x1EAB, 0x1EA5, 0x1EAD, 0x00E8, 0x0000, 0x1EBB, 0x1EBD,
    0x00E9, 0x1EB9, 0x1EC1, 0x1EC3, 0x1EC5, 0x1EBF, 0x1EC7, 0x00EC, 0x1EC9, 0x0000, 0x0000, 0x0000,
    0x0129, 0x00ED, 0x1ECB, 0x00F2, 0x0000, 0x1ECF, 0x00F5, 0x00F3, 0x1ECD, 0x1ED3, 0x1ED5, 0x1ED7,
    0x1ED1, 0x1ED9, 0x1EDD, 0x1EDF, 0x1EE1, 0x1EDB, 0x1EE3, 0x00F9, 0x0000, 0x1EE7, 0x0169, 0x00FA,
    0x1EE5, 0x1EEB, 0x1EED, 0x1EEF, 0x1EE9, 0x1EF1, 0x1EF3, 0x1EF7, 0x1EF9, 0x00FD, 0x1EF5, 0x0000,
};

/* Old files carry the signs of Windows beside their letters. Source: windows-1252. */
static const struct {
    uint8_t byte;
    uint16_t code;
} SIGNS[] = {{0x85, 0x2026}, {0x91, 0x2018}, {0x92, 0x2019}, {0x93, 0x201C}, {0x94, 0x201D},
             {0x95, 0x2022}, {0x96, 0x2013}, {0x97, 0x2014}, {0xA0, 0x0020}};

/* VNI: letters that are one byte. */
static const struct {
    uint8_t byte;
    uint16_t code;
} VNI_LETTERS[] = {
    {0xD1, 0x0110}, {0xF1, 0x0111}, {0xD4, 0x01A0}, {0xF4, 0x01A1}, {0xD6, 0x01AF}, {0xF6, 0x01B0},
    {0xCC, 0x00CC}, {0xEC, 0x00EC}, {0xC6, 0x1EC8}, {0xE6, 0x1EC9}, {0xD3, 0x0128}, {0xF3, 0x0129},
    {0xCD, 0x00CD}, {0xED, 0x00ED}, {0xD2, 0x1ECA}, {0xF2, 0x1ECB}, {0xCE, 0x1EF4}, {0xEE, 0x1EF5},
};

enum { GRAVE = 0x300, ACUTE, CIRCUMFLEX, TILDE, BREVE = 0x306, HOOK = 0x309, DOT = 0x323 };
enum { VNI_CASE = 0x20 }; /* marks of capitals come so much before those of small letters */

/* VNI: marks behind their letter, of small letters. */
static const struct {
    uint8_t byte;
    uint16_t shape; /* 0: none */
    uint16_t tone;  /* 0: none */
} VNI_MARKS[] = {
    {0xF8, 0, GRAVE},          {0xFB, 0, HOOK},          {0xF5, 0, TILDE},
    {0xF9, 0, ACUTE},          {0xEF, 0, DOT},           {0xEA, BREVE, 0},
    {0xE8, BREVE, GRAVE},      {0xFA, BREVE, HOOK},      {0xFC, BREVE, TILDE},
    {0xE9, BREVE, ACUTE},      {0xEB, BREVE, DOT},       {0xE2, CIRCUMFLEX, 0},
    {0xE0, CIRCUMFLEX, GRAVE}, {0xE5, CIRCUMFLEX, HOOK}, {0xE3, CIRCUMFLEX, TILDE},
    {0xE1, CIRCUMFLEX, ACUTE}, {0xE4, CIRCUMFLEX, DOT},
};

static void code_put(struct sb *sb, uint32_t code)
{
    if (code < 0x80) {
        sb_char(sb, (char)code);
    } else if (code < 0x800) {
        sb_char(sb, (char)(0xC0 | code >> 6));
        sb_char(sb, (char)(0x80 | (code & 0x3F)));
    } else if (code < 0x10000) {
        sb_char(sb, (char)(0xE0 | code >> 12));
        sb_char(sb, (char)(0x80 | (code >> 6 & 0x3F)));
        sb_char(sb, (char)(0x80 | (code & 0x3F)));
    } else {
        sb_char(sb, (char)(0xF0 | code >> 18));
        sb_char(sb, (char)(0x80 | (code >> 12 & 0x3F)));
        sb_char(sb, (char)(0x80 | (code >> 6 & 0x3F)));
        sb_char(sb, (char)(0x80 | (code & 0x3F)));
    }
}

static uint32_t sign_of(uint8_t byte)
{
    for (size_t i = 0; i < ARRAY_LEN(SIGNS); i++) {
        if (SIGNS[i].byte == byte) return SIGNS[i].code;
    }
    return 0;
}

static bool tcvn3_put(struct sb *sb, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = (uint8_t)bytes.ptr[i];
        uint32_t code = byte < HIGH ? byte : sign_of(byte);
        if (code == 0 && byte >= TCVN3_FIRST) code = TCVN3[byte - TCVN3_FIRST];
        if (code == 0) return false;
        code_put(sb, code);
    }
    return true;
}

static bool vni_mark_put(struct sb *sb, uint8_t byte, uint8_t letter)
{
    bool vowel =
        str_find(S("aeiouyAEIOUY\xF4\xF6\xD4\xD6"), (struct str){(const char *)&letter, 1}, 0) < 16;
    for (size_t i = 0; vowel && i < ARRAY_LEN(VNI_MARKS); i++) {
        bool small = VNI_MARKS[i].byte == byte;
        if (!small && VNI_MARKS[i].byte - VNI_CASE != byte) continue;
        if (VNI_MARKS[i].shape != 0) code_put(sb, VNI_MARKS[i].shape);
        if (VNI_MARKS[i].tone != 0) code_put(sb, VNI_MARKS[i].tone);
        return true;
    }
    return false;
}

static bool vni_put(struct sb *sb, struct str bytes)
{
    uint8_t before = 0; /* the letter that a mark may belong to */
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = (uint8_t)bytes.ptr[i];
        uint32_t code = byte < HIGH ? byte : sign_of(byte);
        for (size_t k = 0; code == 0 && k < ARRAY_LEN(VNI_LETTERS); k++) {
            if (VNI_LETTERS[k].byte == byte) code = VNI_LETTERS[k].code;
        }
        if (code != 0) code_put(sb, code);
        if (code == 0 && !vni_mark_put(sb, byte, before)) return false;
        before = code != 0 ? byte : 0;
    }
    return true;
}

/* UTF-16 with its mark. Source: RFC 2781. */
static bool utf16_put(struct sb *sb, struct str bytes, bool big)
{
    uint32_t high = 0;
    if (bytes.len % 2 != 0) return false;
    for (size_t i = 0; i < bytes.len; i += 2) {
        uint32_t first = (uint8_t)bytes.ptr[i];
        uint32_t second = (uint8_t)bytes.ptr[i + 1];
        uint32_t code = big ? first << 8 | second : second << 8 | first;
        bool low = code >= 0xDC00 && code < 0xE000;
        if (low != (high != 0)) return false;
        if (code >= 0xD800 && code < 0xDC00) {
            high = code;
            continue;
        }
        if (low) code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00);
        high = 0;
        code_put(sb, code);
    }
    return high == 0;
}

static bool binary(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\0') return true;
    }
    return false;
}

bool plain_decode(struct arena *arena, struct str bytes, enum parse_encoding encoding,
                  struct str *ret_text)
{
    struct sb sb = sb_new(arena, 4 * bytes.len + 16);
    bool good = false;
    if (encoding == PARSE_UTF8) {
        bool big = str_starts(bytes, S("\xFE\xFF"));
        struct str rest = str_sub(bytes, 2, bytes.len);
        if (big || str_starts(bytes, S("\xFF\xFE"))) {
            good = utf16_put(&sb, rest, big);
        } else {
            size_t mark = str_starts(bytes, S("\xEF\xBB\xBF")) ? 3 : 0;
            sb_put(&sb, str_sub(bytes, mark, bytes.len));
            good = true;
        }
    } else {
        good = encoding == PARSE_TCVN3 ? tcvn3_put(&sb, bytes) : vni_put(&sb, bytes);
    }
    struct str text = sb_str(&sb);
    if (!good || binary(text) || !utf8_valid(text)) return false;
    *ret_text = text;
    return true;
}

struct str plain_clean(struct arena *arena, struct str text, bool *ret_cut)
{
    struct sb sb = sb_new(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        bool control = ((uint8_t)ch < ' ' && ch != '\n' && ch != '\f') || ch == '\x7F';
        bool crlf = ch == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';
        if (crlf) continue;
        if (ch == '\r') ch = '\n';
        if (ch == '\t') ch = ' ';
        if (!control || ch == '\n' || ch == ' ') sb_char(&sb, ch);
    }
    struct str clean = sb_str(&sb);
    *ret_cut = clean.len > LIMIT_PARSE_TEXT_BYTES;
    clean.len = utf8_cut(clean, LIMIT_PARSE_TEXT_BYTES);
    return utf8_nfc(arena, clean);
}

int64_t plain_chars(struct str text)
{
    int64_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.ptr[i];
        if (byte > ' ' && (byte & 0xC0) != 0x80) count++;
    }
    return count;
}

int64_t plain_pages(struct str text)
{
    int64_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n' ? 1 : 0;
    int64_t by_lines = (lines + LINES_PAGE - 1) / LINES_PAGE;
    int64_t by_letters = (plain_chars(text) + LETTERS_PAGE - 1) / LETTERS_PAGE;
    int64_t pages = by_letters > by_lines ? by_letters : by_lines;
    return pages > 0 ? pages : 1;
}
