#include "front/parse/body.h"

#include "base/limits.h"
#include "base/utf8.h"

enum mark {
    MARK_NONE,
    MARK_PARAGRAPH,
    MARK_WORDS, /* its letters count */
    MARK_SPACE,
    MARK_BREAK,
    MARK_ROW,
    MARK_CELL,
    MARK_STYLE, /* names the paragraph's style */
    MARK_SKIP,
    MARK_ITEM,  /* one shared text */
    MARK_PAGES, /* its letters, or an attribute, are the number of pages */
};

struct body_mark {
    const char *space; /* part of the namespace */
    const char *local;
    enum mark mark;
};

/* What the first and the strict namespaces share. Source: ISO/IEC 29500-1 and -4. */
#define W "/wordprocessingml/"
#define X "/spreadsheetml/"
static const struct body_mark DOCX[] = {
    {W, "p", MARK_PARAGRAPH},
    {W, "t", MARK_WORDS},
    {W, "tab", MARK_SPACE},
    {W, "br", MARK_BREAK},
    {W, "cr", MARK_BREAK},
    {W, "tr", MARK_ROW},
    {W, "tc", MARK_CELL},
    {W, "pStyle", MARK_STYLE},
    {W, "tabs", MARK_SKIP},
    {W, "moveFrom", MARK_SKIP},
    {"/markup-compatibility/", "Fallback", MARK_SKIP},
    {"/officeDocument/", "Pages", MARK_PAGES},
};

/* Source: OASIS OpenDocument 1.3 part 3. */
#define T ":text:1.0"
#define TABLE ":table:1.0"
static const struct body_mark ODT[] = {
    {T, "p", MARK_PARAGRAPH},
    {T, "h", MARK_PARAGRAPH},
    {T, "s", MARK_SPACE},
    {T, "tab", MARK_SPACE},
    {T, "line-break", MARK_BREAK},
    {T, "tracked-changes", MARK_SKIP},
    {T, "note", MARK_SKIP},
    {T, "table-of-content", MARK_SKIP},
    {":office:1.0", "annotation", MARK_SKIP},
    {TABLE, "table-row", MARK_ROW},
    {TABLE, "table-cell", MARK_CELL},
    {TABLE, "covered-table-cell", MARK_CELL},
    {":meta:1.0", "document-statistic", MARK_PAGES},
};

static const struct body_mark XLSX[] = {
    {X, "row", MARK_ROW}, {X, "c", MARK_CELL},   {X, "v", MARK_WORDS},
    {X, "t", MARK_WORDS}, {X, "rPh", MARK_SKIP}, {X, "si", MARK_ITEM},
};

struct body_table {
    const struct body_mark *marks;
    size_t count;
};

static struct body_table table_of(enum parse_format format)
{
    switch (format) {
    case PARSE_DOCX: return (struct body_table){DOCX, ARRAY_LEN(DOCX)};
    case PARSE_ODT: return (struct body_table){ODT, ARRAY_LEN(ODT)};
    case PARSE_XLSX: return (struct body_table){XLSX, ARRAY_LEN(XLSX)};
    case PARSE_UNKNOWN:
    case PARSE_PDF:
    case PARSE_TEXT: break;
    }
    return (struct body_table){};
}

static enum mark mark_of(const struct body *body, struct str name)
{
    struct str space = {};
    struct str local = {};
    if (!str_cut(name, ' ', &space, &local)) return MARK_NONE;
    struct body_table table = table_of(body->format);
    for (size_t i = 0; i < table.count; i++) {
        const struct body_mark *row = &table.marks[i];
        bool same = str_eq(local, str_of(row->local));
        if (same && str_find(space, str_of(row->space), 0) < space.len) return row->mark;
    }
    return MARK_NONE;
}

/* The value of the attribute of that local name; empty when there is none. */
static struct str attribute(const char *const *attributes, const char *local)
{
    for (size_t i = 0; attributes[i] != NULL && i < 2 * BODY_ATTRIBUTES_MAX; i += 2) {
        struct str name = str_of(attributes[i]);
        struct str space = {};
        struct str rest = {};
        if (str_cut(name, ' ', &space, &rest)) name = rest;
        if (str_eq(name, str_of(local))) return str_of(attributes[i + 1]);
    }
    return (struct str){};
}

void body_begin(struct body *body, struct arena *arena, enum parse_format format)
{
    *body = (struct body){.arena = arena, .format = format};
    body->text = sb_new(arena, LIMIT_PARSE_TEXT_BYTES);
    body->cell = sb_new(arena, LIMIT_PARSE_TEXT_BYTES);
}

void body_part(struct body *body, enum body_part part)
{
    body->part = part;
    body->depth = 0;
    body->skip = 0;
    body->words = 0;
    body->rows = 0;
    body->drop = false;
    body->cell.len = 0;
    body->paragraph = body->text.len;
}

/* ---- writing ---- */

/* The last letter is a blank, or there is none. */
static bool at_blank(const struct sb *sb)
{
    if (sb->len == 0) return true;
    char last = sb->ptr[sb->len - 1];
    return last == ' ' || last == '\t' || last == '\n';
}

static void put(struct body *body, struct sb *sb, struct str piece)
{
    if (body->cut || sb->len + piece.len > LIMIT_PARSE_TEXT_BYTES) {
        body->cut = true;
        return;
    }
    sb_put(sb, piece);
}

static void blank(struct body *body, struct sb *sb)
{
    if (!at_blank(sb)) put(body, sb, S(" "));
}

static void trim_end(struct sb *sb, size_t least, struct str blanks)
{
    while (sb->len > least &&
           str_find(blanks, str_sub(sb_str(sb), sb->len - 1, sb->len), 0) < blanks.len)
        sb->len--;
}

/* Letters; blanks of any kind and number become one. */
static void letters(struct body *body, struct sb *sb, struct str chars)
{
    size_t from = 0;
    for (size_t i = 0; i <= chars.len; i++) {
        bool space = i < chars.len && (uint8_t)chars.ptr[i] <= ' ';
        if (i < chars.len && !space) continue;
        if (i > from) put(body, sb, str_sub(chars, from, i));
        if (space) blank(body, sb);
        from = i + 1;
    }
}

static void line_end(struct body *body)
{
    trim_end(&body->text, body->paragraph, S(" \t"));
    if (body->drop) body->text.len = body->paragraph;
    if (!body->drop) put(body, &body->text, S("\n"));
    body->drop = false;
    body->paragraph = body->text.len;
}

/* ---- cells of a spreadsheet ---- */

static void shared_add(struct body *body)
{
    if (body->shared_count >= LIMIT_SHARED_TEXTS) {
        body->fault = "parse.too_large";
        return;
    }
    if (body->shared_count == body->shared_max) {
        size_t max = body->shared_max == 0 ? 256 : body->shared_max * 2;
        struct str *more = arena_array(body->arena, max, sizeof *more);
        for (size_t i = 0; i < body->shared_count; i++)
            more[i] = body->shared[i];
        body->shared = more;
        body->shared_max = max;
    }
    body->shared[body->shared_count++] = str_copy(body->arena, str_trim(sb_str(&body->cell)));
    body->cell.len = 0;
}

static void cell_end(struct body *body)
{
    struct str text = str_trim(sb_str(&body->cell));
    int64_t index = 0;
    if (body->number) {
        int64_t last = (int64_t)body->shared_count - 1;
        text = parse_int(text, 0, last, &index) ? body->shared[index] : (struct str){};
    }
    put(body, &body->text, text);
    body->cell.len = 0;
}

/* ---- events ---- */

static bool is_sheet(const struct body *body)
{
    return body->format == PARSE_XLSX;
}

static void fact_read(struct body *body, struct str text)
{
    int64_t pages = 0;
    if (parse_int(str_trim(text), 1, INT32_MAX, &pages)) body->pages = pages;
}

static void row_open(struct body *body)
{
    body->rows++;
    if (body->rows == 1) body->cells = 0;
}

static void open_mark(struct body *body, enum mark mark, const char *const *attributes)
{
    switch (mark) {
    case MARK_PARAGRAPH:
        if (body->format == PARSE_ODT && body->words == 0) body->words = body->depth;
        break;
    case MARK_WORDS: body->words = body->depth; break;
    case MARK_SPACE: blank(body, &body->text); break;
    case MARK_BREAK:
        if (body->rows > 0) blank(body, &body->text);
        if (body->rows == 0) line_end(body);
        break;
    case MARK_ROW: row_open(body); break;
    case MARK_CELL:
        body->number = str_eq(attribute(attributes, "t"), S("s"));
        body->cell.len = 0;
        break;
    case MARK_STYLE: body->drop = str_starts(attribute(attributes, "val"), S("TOC")); break;
    case MARK_SKIP: body->skip = body->depth; break;
    case MARK_PAGES:
        body->words = body->depth;
        body->cell.len = 0;
        fact_read(body, attribute(attributes, "page-count"));
        break;
    case MARK_ITEM:
    case MARK_NONE: break;
    }
}

void body_open(struct body *body, struct str name, const char *const *attributes)
{
    if (body->fault != NULL) return;
    body->depth++;
    if (body->depth > LIMIT_XML_DEPTH) body->fault = "parse.depth";
    if (body->skip > 0 || body->fault != NULL) return;
    open_mark(body, mark_of(body, name), attributes);
}

void body_chars(struct body *body, struct str chars)
{
    if (body->fault != NULL || body->skip > 0 || body->words == 0) return;
    bool aside = body->part != BODY_MAIN || is_sheet(body);
    letters(body, aside ? &body->cell : &body->text, chars);
}

static void cell_close(struct body *body)
{
    if (is_sheet(body)) cell_end(body);
    if (body->rows != 1) return; /* a table in a cell */
    trim_end(&body->text, body->paragraph, S(" "));
    if (++body->cells <= LIMIT_XML_CELLS) put(body, &body->text, S("\t"));
}

static void row_close(struct body *body)
{
    if (body->rows == 1) line_end(body);
    if (body->rows > 0) body->rows--;
}

static void close_mark(struct body *body, enum mark mark)
{
    switch (mark) {
    case MARK_PARAGRAPH:
        if (body->rows > 0) blank(body, &body->text);
        if (body->rows == 0) line_end(body);
        break;
    case MARK_CELL: cell_close(body); break;
    case MARK_ROW: row_close(body); break;
    case MARK_ITEM:
        if (body->part == BODY_SHARED) shared_add(body);
        break;
    case MARK_PAGES:
        fact_read(body, sb_str(&body->cell));
        body->cell.len = 0;
        break;
    case MARK_NONE:
    case MARK_WORDS:
    case MARK_SPACE:
    case MARK_BREAK:
    case MARK_STYLE:
    case MARK_SKIP: break;
    }
}

void body_close(struct body *body, struct str name)
{
    if (body->fault != NULL || body->depth == 0) return;
    bool skipped = body->skip > 0;
    if (body->skip == body->depth) body->skip = 0;
    if (!skipped) {
        if (body->words == body->depth) body->words = 0;
        close_mark(body, mark_of(body, name));
    }
    body->depth--;
}

struct str body_text(struct body *body)
{
    struct str text = sb_str(&body->text);
    ensure(utf8_valid(text)); /* pieces are whole characters, or dropped whole */
    return utf8_nfc(body->arena, text);
}
