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
    MARK_INSERTED,
    MARK_DELETED,
    MARK_DELETED_WORDS,
    MARK_BOOKMARK,
    MARK_BOOKMARK_END,
    MARK_RANGE, /* a comment begins */
    MARK_RANGE_END,
    MARK_REFERENCE, /* the place of a comment that has no range */
    MARK_COMMENT,
};

/* Stands in the text where a note begins or ends, until the text is finished. No letter that is
 * read can be it. */
enum { PLACE = '\x01', NOTES_FIRST = 64 };

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
    {W, "ins", MARK_INSERTED},
    {W, "moveTo", MARK_INSERTED},
    {W, "del", MARK_DELETED},
    {W, "moveFrom", MARK_DELETED},
    {W, "delText", MARK_DELETED_WORDS},
    {W, "bookmarkStart", MARK_BOOKMARK},
    {W, "bookmarkEnd", MARK_BOOKMARK_END},
    {W, "commentRangeStart", MARK_RANGE},
    {W, "commentRangeEnd", MARK_RANGE_END},
    {W, "commentReference", MARK_REFERENCE},
    {W, "comment", MARK_COMMENT},
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
    body->gone = 0;
    body->added = 0;
    body->paragraph = body->text.len;
    body->places = body->place_count;
}

/* ---- writing ---- */

/* The last letter is a blank, or there is none. */
static bool at_blank(const struct sb *sb)
{
    size_t len = sb->len;
    while (len > 0 && sb->ptr[len - 1] == PLACE)
        len--;
    if (len == 0) return true;
    char last = sb->ptr[len - 1];
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
    for (size_t i = body->places; body->drop && i < body->place_count; i++)
        sb_char(&body->text, PLACE);
    if (!body->drop) put(body, &body->text, S("\n"));
    body->drop = false;
    body->paragraph = body->text.len;
    body->places = body->place_count;
}

/* ---- notes ---- */

static bool room(struct body *body)
{
    size_t max = body->note_count;
    bool full = max >= LIMIT_PARSE_NOTES || body->cut;
    if (full) body->cut = true;
    if (full || (max != 0 && (max < NOTES_FIRST || (max & (max - 1)) != 0))) return !full;
    size_t more = max == 0 ? NOTES_FIRST : max * 2;
    struct body_note *notes = arena_array(body->arena, more, sizeof *notes);
    struct body_place *place = arena_array(body->arena, more * 2, sizeof *place);
    for (size_t i = 0; i < max; i++)
        notes[i] = body->notes[i];
    for (size_t i = 0; i < body->place_count; i++)
        place[i] = body->place[i];
    body->notes = notes;
    body->place = place;
    return true;
}

static void place(struct body *body, size_t note, bool end)
{
    if (body->text.len >= LIMIT_PARSE_TEXT_BYTES) body->cut = true;
    if (body->cut) return;
    body->place[body->place_count++] = (struct body_place){note, end};
    sb_char(&body->text, PLACE);
}

static struct str words_keep(struct body *body, struct str words)
{
    body->note_bytes += words.len;
    if (body->note_bytes > LIMIT_PARSE_NOTES_BYTES) body->cut = true;
    return body->cut ? (struct str){} : utf8_nfc(body->arena, str_copy(body->arena, words));
}

static struct str author(struct body *body, const char *const *attributes)
{
    struct sb sb = sb_new(body->arena, LIMIT_NAME_BYTES + 1);
    struct str name = attribute(attributes, "author");
    for (size_t i = 0; i < utf8_cut(name, LIMIT_NAME_BYTES); i++) {
        bool plain = (uint8_t)name.ptr[i] >= ' ' && name.ptr[i] != 0x7F;
        sb_char(&sb, plain ? name.ptr[i] : ' ');
    }
    return words_keep(body, sb_str(&sb));
}

/* The note of that kind and id that has no end yet; NULL: none. */
static struct body_note *note_find(const struct body *body, enum parse_note_kind kind, int64_t id)
{
    for (size_t i = body->note_count; i > 0; i--) {
        struct body_note *note = &body->notes[i - 1];
        if (note->note.kind == kind && note->id == id) return note;
    }
    return NULL;
}

static void note_begin(struct body *body, enum parse_note_kind kind, const char *const *attributes)
{
    int64_t id = -1;
    if (!room(body)) return;
    struct str text = attribute(attributes, "id");
    if (kind == PARSE_MARK || kind == PARSE_COMMENT) {
        bool known = parse_int(text, 0, INT32_MAX, &id) && note_find(body, kind, id) == NULL;
        if (!known) return; /* without an id it has no end, and twice it has no one place */
    }
    body->notes[body->note_count++] =
        (struct body_note){.note = {.kind = kind,
                                    .from = SIZE_MAX, /* until its place is found */
                                    .to = SIZE_MAX,
                                    .author = author(body, attributes)},
                           .id = id};
    place(body, body->note_count - 1, false);
}

static void note_end(struct body *body, enum parse_note_kind kind, const char *const *attributes)
{
    int64_t id = -1;
    if (!parse_int(attribute(attributes, "id"), 0, INT32_MAX, &id)) return;
    struct body_note *note = note_find(body, kind, id);
    size_t index = note == NULL ? 0 : (size_t)(note - body->notes);
    for (size_t i = 0; note != NULL && i < body->place_count; i++) {
        if (body->place[i].note == index && body->place[i].end) note = NULL; /* it has one */
    }
    if (note != NULL) place(body, index, true);
}

static void mark_begin(struct body *body, const char *const *attributes)
{
    struct str name = attribute(attributes, "name");
    size_t before = body->note_count;
    bool ours = str_starts(name, S(PARSE_MARK_PREFIX)) && name.len <= LIMIT_XML_NAME_BYTES;
    for (size_t i = 0; ours && i < name.len; i++)
        ours = name.ptr[i] > ' ' && name.ptr[i] < 0x7F;
    if (!ours) return;
    note_begin(body, PARSE_MARK, attributes);
    if (body->note_count == before) return;
    body->notes[before].note.text = words_keep(body, name);
}

/* An insertion, or a deletion, which may stand inside an insertion: then it was never there. */
static void change_begin(struct body *body, bool deleted, const char *const *attributes)
{
    size_t *open = deleted ? &body->gone : &body->added;
    if (*open > 0) return;
    *open = body->depth;
    if (deleted) body->cell.len = 0;
    if (deleted && body->added > 0) return;
    note_begin(body, deleted ? PARSE_DELETED : PARSE_INSERTED, attributes);
}

static void change_end(struct body *body)
{
    bool deleted = body->gone == body->depth;
    enum parse_note_kind kind = deleted ? PARSE_DELETED : PARSE_INSERTED;
    size_t at = body->note_count;
    while (at > 0 && body->notes[at - 1].note.kind != kind)
        at--;
    bool counts = at > 0 && !body->cut && (!deleted || body->added == 0);
    if (counts) place(body, at - 1, true);
    if (counts && deleted) body->notes[at - 1].note.text = words_keep(body, sb_str(&body->cell));
    if (deleted) body->gone = 0;
    if (!deleted) body->added = 0;
}

static void comment_begin(struct body *body, const char *const *attributes)
{
    int64_t id = -1;
    struct body_note *note = NULL;
    body->cell.len = 0;
    body->rows = 0;
    if (parse_int(attribute(attributes, "id"), 0, INT32_MAX, &id)) {
        note = note_find(body, PARSE_COMMENT, id);
    }
    body->comment = note == NULL ? 0 : (size_t)(note - body->notes) + 1;
    if (note != NULL) note->note.author = author(body, attributes);
}

static void comment_end(struct body *body)
{
    if (body->comment == 0) return;
    body->notes[body->comment - 1].note.text = words_keep(body, str_trim(sb_str(&body->cell)));
    body->comment = 0;
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

/* What is set aside: cells, facts, comments and what was deleted. */
static bool aside(const struct body *body)
{
    return body->part != BODY_MAIN || is_sheet(body) || body->gone > 0;
}

static void open_note(struct body *body, enum mark mark, const char *const *attributes)
{
    bool main = body->part == BODY_MAIN;
    bool comments = body->part == BODY_COMMENTS;
    if (main && mark == MARK_INSERTED) change_begin(body, false, attributes);
    if (main && mark == MARK_DELETED) change_begin(body, true, attributes);
    if (main && mark == MARK_BOOKMARK) mark_begin(body, attributes);
    if (main && mark == MARK_BOOKMARK_END) note_end(body, PARSE_MARK, attributes);
    if (main && mark == MARK_RANGE) note_begin(body, PARSE_COMMENT, attributes);
    if (main && mark == MARK_RANGE_END) note_end(body, PARSE_COMMENT, attributes);
    if (main && mark == MARK_REFERENCE) note_begin(body, PARSE_COMMENT, attributes);
    if (comments && mark == MARK_COMMENT) comment_begin(body, attributes);
}

static void open_mark(struct body *body, enum mark mark, const char *const *attributes)
{
    switch (mark) {
    case MARK_PARAGRAPH:
        if (body->format == PARSE_ODT && body->words == 0) body->words = body->depth;
        break;
    case MARK_WORDS: body->words = body->depth; break;
    case MARK_SPACE: blank(body, aside(body) ? &body->cell : &body->text); break;
    case MARK_BREAK:
        if (aside(body)) {
            blank(body, &body->cell);
            break;
        }
        if (body->rows > 0) blank(body, &body->text);
        if (body->rows == 0) line_end(body);
        break;
    case MARK_ROW: row_open(body); break;
    case MARK_CELL:
        if (body->part == BODY_COMMENTS) break;
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
    case MARK_DELETED_WORDS:
        if (body->gone > 0) body->words = body->depth;
        break;
    case MARK_ITEM:
    case MARK_NONE: break;
    case MARK_INSERTED:
    case MARK_DELETED:
    case MARK_BOOKMARK:
    case MARK_BOOKMARK_END:
    case MARK_RANGE:
    case MARK_RANGE_END:
    case MARK_REFERENCE:
    case MARK_COMMENT: open_note(body, mark, attributes); break;
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
    letters(body, aside(body) ? &body->cell : &body->text, chars);
}

static void cell_close(struct body *body)
{
    if (is_sheet(body)) cell_end(body);
    if (body->rows != 1 || body->part == BODY_COMMENTS) return; /* a table in a cell, a comment */
    trim_end(&body->text, body->paragraph, S(" "));
    if (++body->cells <= LIMIT_XML_CELLS) put(body, &body->text, S("\t"));
}

static void row_close(struct body *body)
{
    if (body->rows == 1 && body->part != BODY_COMMENTS) line_end(body);
    if (body->rows > 0) body->rows--;
}

static void close_mark(struct body *body, enum mark mark)
{
    switch (mark) {
    case MARK_PARAGRAPH:
        if (body->part == BODY_COMMENTS) {
            put(body, &body->cell, S("\n"));
            break;
        }
        if (body->rows > 0) blank(body, &body->text);
        if (body->rows == 0) line_end(body);
        break;
    case MARK_INSERTED:
    case MARK_DELETED:
        if (body->depth == body->gone || body->depth == body->added) change_end(body);
        break;
    case MARK_COMMENT: comment_end(body); break;
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
    case MARK_SKIP:
    case MARK_DELETED_WORDS:
    case MARK_BOOKMARK:
    case MARK_BOOKMARK_END:
    case MARK_RANGE:
    case MARK_RANGE_END:
    case MARK_REFERENCE: break;
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

/* ---- the end ---- */

/* A change of nothing, as that of a paragraph's mark, and a comment without words are none. */
static bool note_counts(const struct parse_note *note)
{
    if (note->kind == PARSE_INSERTED) return note->to > note->from;
    return str_trim(note->text).len > 0;
}

/* Takes the places out of the text and tells them to the notes. */
static struct str places_take(struct body *body, struct str text)
{
    struct sb sb = sb_new(body->arena, text.len + 1);
    size_t next = 0;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        if (ch != PLACE) {
            bool behind = ch == '\n' && sb.len > 0 && sb.ptr[sb.len - 1] == ' ';
            if (behind) sb.len--; /* a blank that a place hid from the line's end */
            sb_char(&sb, ch);
            continue;
        }
        ensure(next < body->place_count);
        const struct body_place *place = &body->place[next++];
        struct parse_note *note = &body->notes[place->note].note;
        note->to = sb.len;
        if (!place->end) note->from = sb.len;
    }
    ensure(next == body->place_count);
    return sb_str(&sb);
}

struct str body_text(struct body *body, struct parse_notes *ret_notes)
{
    struct str text = sb_str(&body->text);
    ensure(utf8_valid(text)); /* pieces are whole characters, or dropped whole */
    text = places_take(body, utf8_nfc(body->arena, text));
    struct parse_notes notes = {};
    notes.rows = arena_array(body->arena, body->note_count + 1, sizeof *notes.rows);
    for (size_t i = 0; i < body->note_count; i++) {
        struct parse_note *note = &body->notes[i].note;
        if (note->from > text.len) note->from = text.len; /* a blank was taken behind it */
        if (note->to > text.len) note->to = text.len;
        if (note_counts(note)) notes.rows[notes.count++] = *note;
    }
    *ret_notes = notes;
    return text;
}
