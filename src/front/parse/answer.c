#include "front/parse/answer.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "front/parse/plain.h"

#include <string.h>

enum { PAGES_MAX = 10 * 1000 * 1000, PNG_SIDE_MAX = 4096, PNG_HEAD_BYTES = 24 };

const char *const ANSWER_REASONS[] = {
    "",
    "parse.format",
    "parse.old_office",
    "parse.encoding",
    "parse.zip",
    "parse.zip_bomb",
    "parse.zip_path",
    "parse.locked",
    "parse.xml",
    "parse.doctype",
    "parse.depth",
    "parse.too_large",
    "parse.broken",
    NULL,
};

uint32_t answer_reason(const char *reason)
{
    for (uint32_t i = 1; ANSWER_REASONS[i] != NULL; i++) {
        if (str_eq(str_of(ANSWER_REASONS[i]), str_of(reason))) return i;
    }
    ensure(false); /* whoever names a reason puts it into the table */
}

/* The text as core/parse.h tells it: no control characters but three. */
static bool text_sound(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.ptr[i];
        bool known = byte == '\n' || byte == '\t' || byte == '\f';
        if ((byte < ' ' && !known) || byte == 0x7F) return false;
    }
    return utf8_valid(text) && utf8_is_nfc(text);
}

enum err answer_read(struct call *c, struct str bytes, struct parse *ret_parse)
{
    struct answer_head head = {};
    if (bytes.len < sizeof head) return fail(c, ERR_INVALID, "parse.answer");
    memcpy(&head, bytes.ptr, sizeof head);
    struct str all = str_sub(bytes, sizeof head, bytes.len);
    struct str text = str_sub(all, 0, head.text_bytes);
    bool sound = head.magic == ANSWER_MAGIC && head.reason < ARRAY_LEN(ANSWER_REASONS) - 1 &&
                 head.format <= PARSE_TEXT && head.format != PARSE_PDF &&
                 head.basis <= PARSE_ESTIMATED && head.macros <= 1 && head.cut <= 1 &&
                 head.pages >= 0 && head.pages <= PAGES_MAX && head.text_bytes == text.len &&
                 text.len <= LIMIT_PARSE_TEXT_BYTES && head.note_bytes == all.len - text.len;
    if (!sound) return fail(c, ERR_INVALID, "parse.answer");
    if (head.reason > 0) return fail(c, ERR_INVALID, ANSWER_REASONS[head.reason]);
    struct parse_notes notes = {};
    struct str note_bytes = str_sub(all, text.len, all.len);
    bool good = text_sound(text) && parse_notes_read(c->arena, note_bytes, text.len, &notes);
    if (!good) return fail(c, ERR_INVALID, "parse.answer");
    *ret_parse = (struct parse){
        .format = (enum parse_format)head.format,
        .basis = (enum parse_basis)head.basis,
        .pages = head.pages,
        .macros = head.macros == 1,
        .cut = head.cut == 1,
        .chars = plain_chars(text),
        .text = text,
        .notes = notes,
    };
    return OK;
}

/* The last such line: a title may hold another, but stands before it. */
enum err answer_pdf_pages(struct call *c, struct str bytes, int64_t *ret_pages)
{
    struct str rest = bytes;
    int64_t pages = -1;
    while (rest.len > 0) {
        struct str line = {};
        struct str name = {};
        struct str value = {};
        (void)str_cut(rest, '\n', &line, &rest);
        if (!str_cut(line, ':', &name, &value) || !str_eq(name, S("Pages"))) continue;
        if (!parse_int(str_trim(value), 0, PAGES_MAX, &pages)) pages = -1;
    }
    if (pages < 0) return fail(c, ERR_INVALID, "parse.answer");
    *ret_pages = pages;
    return OK;
}

enum err answer_pdf_text(struct call *c, struct str bytes, struct parse *ret_parse)
{
    if (!utf8_valid(bytes) || bytes.len > UTF8_BYTES_MAX) {
        return fail(c, ERR_INVALID, "parse.answer");
    }
    ret_parse->format = PARSE_PDF;
    ret_parse->basis = PARSE_COUNTED;
    ret_parse->text = plain_clean(c->arena, bytes, &ret_parse->cut);
    ret_parse->chars = plain_chars(ret_parse->text);
    return OK;
}

static int64_t number_at(struct str bytes, size_t at)
{
    int64_t number = 0;
    for (size_t i = 0; i < 4; i++)
        number = number << 8 | (uint8_t)bytes.ptr[at + i];
    return number;
}

/* Source: PNG (Third Edition) 5.2, 11.2.1. */
enum err answer_image(struct call *c, struct str bytes)
{
    bool png =
        bytes.len >= PNG_HEAD_BYTES && str_starts(bytes, S("\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR"));
    int64_t width = png ? number_at(bytes, 16) : 0;
    int64_t height = png ? number_at(bytes, 20) : 0;
    bool sized = width > 0 && width <= PNG_SIDE_MAX && height > 0 && height <= PNG_SIDE_MAX;
    return sized ? OK : fail(c, ERR_INVALID, "parse.answer");
}
