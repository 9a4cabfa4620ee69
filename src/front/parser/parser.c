/* The plugin: which format a file is, and its parts. Nothing is unpacked to anywhere; names of
 * parts are only compared. */
#include "front/parser/parser.h"

#include "base/limits.h"
#include "front/parse/body.h"
#include "front/parse/plain.h"
#include "front/parser/package.h"
#include "front/parser/xml.h"

enum { SHEETS_MAX = 256 };

struct reading {
    struct arena *arena;
    struct answer_head *head;
    struct package package;
    struct body body;
};

static void refuse(struct answer_head *head, const char *reason)
{
    if (head->reason == 0) head->reason = answer_reason(reason);
}

/* Reads one part as events. A part that need not be there may be missing. */
static void part_read(struct reading *r, const char *name, enum body_part part, bool needed)
{
    struct str bytes = {};
    const char *fault = NULL;
    if (r->head->reason != 0) return;
    if (!package_read(&r->package, name, &bytes, &fault)) {
        if (fault != NULL) refuse(r->head, fault);
        if (fault == NULL && needed) refuse(r->head, "parse.zip");
        return;
    }
    body_part(&r->body, part);
    fault = xml_read(&r->body, bytes);
    /* a wrong note of pages is no reason to refuse the text */
    if (fault != NULL && part != BODY_FACTS) refuse(r->head, fault);
    if (part == BODY_FACTS) r->body.fault = NULL;
}

static void sheets_read(struct reading *r)
{
    part_read(r, "xl/sharedStrings.xml", BODY_SHARED, false);
    size_t seen = 0;
    for (int i = 1; i <= SHEETS_MAX && r->head->reason == 0; i++) {
        struct str name = str_format(r->arena, "xl/worksheets/sheet%d.xml", i);
        if (!package_has(&r->package, name.ptr)) continue;
        part_read(r, name.ptr, BODY_MAIN, true);
        seen++;
    }
    if (seen == 0) refuse(r->head, "parse.zip");
}

static enum parse_format format_of(const struct package *package)
{
    if (package_has(package, "word/document.xml")) return PARSE_DOCX;
    if (package_has(package, "xl/workbook.xml")) return PARSE_XLSX;
    if (package_has(package, "content.xml")) return PARSE_ODT;
    return PARSE_UNKNOWN;
}

static void parts_read(struct reading *r)
{
    switch (r->body.format) {
    case PARSE_DOCX:
        part_read(r, "word/document.xml", BODY_MAIN, true);
        part_read(r, "word/comments.xml", BODY_COMMENTS, false);
        part_read(r, "docProps/app.xml", BODY_FACTS, false);
        break;
    case PARSE_ODT:
        part_read(r, "content.xml", BODY_MAIN, true);
        part_read(r, "meta.xml", BODY_FACTS, false);
        break;
    case PARSE_XLSX: sheets_read(r); break;
    case PARSE_UNKNOWN:
    case PARSE_PDF:
    case PARSE_TEXT: refuse(r->head, "parse.format"); break;
    }
}

static void package_document(struct reading *r, struct str bytes, struct str *ret_text,
                             struct str *ret_notes)
{
    const char *fault = package_open(&r->package, r->arena, bytes);
    if (fault != NULL) {
        refuse(r->head, fault);
        return;
    }
    enum parse_format format = format_of(&r->package);
    body_begin(&r->body, r->arena, format);
    r->head->format = format;
    r->head->macros = r->package.macros ? 1 : 0;
    parts_read(r);
    if (r->head->reason != 0) return;
    struct parse_notes notes = {};
    *ret_text = body_text(&r->body, &notes);
    *ret_notes = parse_notes_write(r->arena, &notes);
    bool claimed = r->body.pages > 0;
    r->head->pages = claimed ? r->body.pages : plain_pages(*ret_text);
    r->head->basis = claimed ? PARSE_CLAIMED : PARSE_ESTIMATED;
    r->head->cut = r->body.cut ? 1 : 0;
}

static void plain_document(struct reading *r, struct str bytes, enum parse_encoding encoding,
                           struct str *ret_text)
{
    struct str text = {};
    bool cut = false;
    if (!plain_decode(r->arena, bytes, encoding, &text)) {
        bool zero = str_find(bytes, (struct str){"\0", 1}, 0) < bytes.len;
        refuse(r->head, zero ? "parse.format" : "parse.encoding");
        return;
    }
    *ret_text = plain_clean(r->arena, text, &cut);
    r->head->format = PARSE_TEXT;
    r->head->pages = plain_pages(*ret_text);
    r->head->basis = PARSE_ESTIMATED;
    r->head->cut = cut ? 1 : 0;
}

static void parser_read(struct arena *arena, struct str bytes, enum parse_encoding encoding,
                        struct answer_head *ret_head, struct str *ret_text)
{
    *ret_head = (struct answer_head){.magic = ANSWER_MAGIC};
    struct reading *r = arena_alloc(arena, sizeof *r);
    r->arena = arena;
    r->head = ret_head;
    struct str text = {};
    struct str notes = {};
    if (str_starts(bytes, S("PK\x03\x04")) || str_starts(bytes, S("PK\x05\x06"))) {
        package_document(r, bytes, &text, &notes);
    } else if (str_starts(bytes, S("\xD0\xCF\x11\xE0"))) {
        refuse(ret_head, "parse.old_office");
    } else {
        plain_document(r, bytes, encoding, &text);
    }
    ret_head->text_bytes = text.len;
    ret_head->note_bytes = notes.len;
    struct sb all = sb_new(arena, text.len + notes.len + 1);
    sb_put(&all, text);
    sb_put(&all, notes);
    *ret_text = sb_str(&all);
}

const struct parser_plugin PARSER_PLUGIN = {sizeof(struct answer_head), parser_read};
