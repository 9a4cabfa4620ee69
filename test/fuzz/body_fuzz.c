/*
 * Any events of XML are given to the reader of office documents, as libzip and expat would. The
 * first byte is the format; then each byte is an event: an element of a list of those that matter,
 * an end, letters, or the next part. The text that comes out must be in the form that is promised.
 */
#include "base/limits.h"
#include "base/utf8.h"
#include "front/parse/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define W "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
#define X "http://schemas.openxmlformats.org/spreadsheetml/2006/main "
#define T "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
#define TABLE "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
static const char *const NAMES[] = {
    W "p",
    W "t",
    W "tab",
    W "br",
    W "tr",
    W "tc",
    W "tabs",
    W "pStyle",
    W "moveFrom",
    X "row",
    X "c",
    X "v",
    X "t",
    X "si",
    X "rPh",
    T "p",
    T "h",
    T "s",
    T "note",
    TABLE "table-row",
    TABLE "table-cell",
    "other",
    "urn:x y",
    "urn:oasis:names:tc:opendocument:xmlns:meta:1.0 document-statistic",
    "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties Pages",
    W "ins",
    W "del",
    W "delText",
    W "bookmarkStart",
    W "bookmarkEnd",
    W "commentRangeStart",
    W "commentRangeEnd",
    W "commentReference",
    W "comment",
};

static const char *const LETTERS[] = {"a", " ", "đ", "1", "0", "\t\n", "a\xCC\x81", "12345678901"};
static const char *const ATTRIBUTES[][6] = {{NULL},
                                            {"t", "s", NULL},
                                            {W "val", "TOC1", NULL},
                                            {"page-count", "3", "b", "c", NULL},
                                            {W "id", "1", W "name", "PH_1", NULL},
                                            {W "id", "2", W "author", "A\n", NULL}};

static void event(struct body *body, uint8_t byte, const char **open, size_t *depth)
{
    enum { END = 200, PART = 240 };
    size_t name = byte % ARRAY_LEN(NAMES);
    if (byte >= PART) {
        body_part(body, (enum body_part)(byte % 4));
        *depth = 0;
    } else if (byte >= END) {
        if (*depth > 0) body_close(body, str_of(open[--*depth]));
    } else if (byte >= 190) {
        body_chars(body, str_of(LETTERS[byte % ARRAY_LEN(LETTERS)]));
    } else if (*depth < 2 * LIMIT_XML_DEPTH) {
        open[(*depth)++] = NAMES[name];
        body_open(body, str_of(NAMES[name]),
                  ATTRIBUTES[byte / ARRAY_LEN(NAMES) % ARRAY_LEN(ATTRIBUTES)]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum parse_format FORMATS[] = {PARSE_DOCX, PARSE_ODT, PARSE_XLSX};
    if (size == 0) return 0;
    struct arena *arena = arena_open(0);
    const char **open = arena_array(arena, 2 * LIMIT_XML_DEPTH, sizeof *open);
    size_t depth = 0;
    struct body body = {};
    body_begin(&body, arena, FORMATS[data[0] % ARRAY_LEN(FORMATS)]);
    for (size_t i = 1; i < size; i++)
        event(&body, data[i], open, &depth);
    struct parse_notes notes = {};
    struct parse_notes again = {};
    struct str text = body_text(&body, &notes);
    struct str kept = parse_notes_write(arena, &notes);
    ensure(parse_notes_read(arena, kept, text.len, &again));
    ensure(again.count == notes.count);
    ensure(utf8_valid(text));
    ensure(utf8_is_nfc(text));
    ensure(text.len <= LIMIT_PARSE_TEXT_BYTES);
    ensure(str_find(text, S("  "), 0) == text.len); /* blanks are one */
    ensure(body.shared_count <= LIMIT_SHARED_TEXTS);
    arena_close(arena);
    return 0;
}
