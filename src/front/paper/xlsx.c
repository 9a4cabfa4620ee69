#include "front/paper/xlsx.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/words.h"
#include "front/paper/xlsx_looks.h"
#include "front/papers/papers.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXCEL_DAY_1970 = 25569, EXCEL_DAY_SAFE = 61 };  /* before 1900-03-01 the numbers are wrong */
enum { XLSX_CELL_UNITS = 32767, XLSX_ROWS = 1048576 }; /* UTF-16 units of a cell, rows of a sheet */
enum { BATCH_ROWS = 256 };                             /* the scratch arena is emptied this often */
enum { FROZEN_POINTS_MAX = 260 }; /* a taller head would leave no room to scroll below it */
enum { LINE_POINTS = 17, ROW_POINTS_MAX = 405 };  /* the format allows rows of 409 points */
enum { LETTER_UM = 1900, LETTER_BOLD_UM = 2400 }; /* mean widths, on the large side */
enum {
    LEFT_MM_MIN = 50,
    RIGHT_MM_MIN = 80
};                              /* narrower blocks of the head are set one below the other */
enum { TITLE_BYTES_MAX = 200 }; /* of the file's properties, which allow 255 characters */

/* One workbook being written. The first error is kept and ends the writing. */
struct book {
    struct call *c;
    struct arena *scratch; /* texts of the rows being written */
    lxw_workbook *workbook;
    lxw_worksheet *sheet;
    lxw_format *looks[LOOK_COUNT];
    lxw_error error;
    lxw_row_t row; /* the next free row */
    lxw_col_t columns;
    lxw_col_t split; /* the first column of the right block; equal to columns: none */
    int widths_mm[PAPER_COLUMNS_MAX];
    enum paper_align aligns[PAPER_COLUMNS_MAX];
    int64_t head_points; /* height of the rows so far */
};

/* Says that the text at `i` reads as an escape of the format, "_x0041_", and so must be escaped.
 * Source: ECMA-376 part 1, 22.9.2.19 (ST_Xstring). */
static bool is_escape(struct str text, size_t i)
{
    struct str seven = str_sub(text, i, i + 7);
    if (seven.len < 7 || !str_starts(seven, S("_x")) || seven.ptr[6] != '_') return false;
    for (size_t k = 2; k < 6; k++) {
        char ch = seven.ptr[k];
        bool digit = ch >= '0' && ch <= '9';
        if (!digit && !(ch >= 'a' && ch <= 'f') && !(ch >= 'A' && ch <= 'F')) return false;
    }
    return true;
}

/* Foreign text as a cell takes it: what no document may hold is dropped, and what is too long is
 * cut between two characters, which a note at its end tells. */
static char *cell_text(struct arena *arena, struct str text)
{
    struct str note = papers_word(S("paper.cut"));
    size_t room = XLSX_CELL_UNITS - note.len; /* a note has fewer units than bytes */
    size_t units = 0;
    size_t cut_len = 0; /* what fits before the note */
    struct sb sb = sb_new(arena, 0);
    size_t i = 0;
    while (i < text.len && units <= XLSX_CELL_UNITS) {
        size_t dropped = papers_unprintable(text, i);
        uint8_t byte = (uint8_t)text.ptr[i];
        bool starts = (byte & 0xC0) != 0x80;
        if (starts && units <= room) cut_len = sb.len;
        if (is_escape(text, i)) {
            sb_put(&sb, S("_x005F"));
            units += S("_x005F").len;
        }
        if (dropped == 0) {
            if (starts) units += byte >= 0xF0 ? 2 : 1;
            sb_char(&sb, (char)byte);
        }
        i += dropped > 0 ? dropped : 1;
    }
    struct str all = sb_str(&sb);
    if (units <= XLSX_CELL_UNITS) return arena_copy(arena, all.ptr, all.len);
    sb.len = cut_len;
    sb_put(&sb, note);
    return arena_copy(arena, sb.ptr, sb.len);
}

static void keep(struct book *book, lxw_error error)
{
    if (book->error == LXW_NO_ERROR) book->error = error;
}

static int width_mm(const struct book *book, lxw_col_t from, lxw_col_t to)
{
    int sum = 0;
    for (lxw_col_t i = from; i < to; i++)
        sum += book->widths_mm[i];
    return sum;
}

/* The height a text needs in a width: not every program finds it by itself, none for merged cells.
 */
static int64_t text_points(enum xlsx_look look, struct str text, int in_mm)
{
    size_t line_letters =
        (size_t)(in_mm * 1000 / (look < LOOK_CELL ? LETTER_BOLD_UM : LETTER_UM)) + 1;
    struct str line = {};
    struct str rest = text;
    bool more = true;
    size_t lines = 0;
    while (more) {
        more = str_cut(rest, '\n', &line, &rest);
        size_t letters = papers_letters(line);
        if (letters > line_letters) letters += letters / 10; /* words do not fill their lines */
        lines += letters == 0 ? 1 : (letters + line_letters - 1) / line_letters;
    }
    int64_t points = (int64_t)lines * LINE_POINTS + 2;
    return points > ROW_POINTS_MAX ? ROW_POINTS_MAX : points;
}

/* Writes one text over the columns from `from` up to `to` of the current row. */
static void span(struct book *book, lxw_col_t from, lxw_col_t to, enum xlsx_look look,
                 struct str text)
{
    if (from >= to) return;
    const char *zero_ended = cell_text(book->scratch, text);
    lxw_format *format = book->looks[look];
    if (to - from > 1) {
        keep(book, worksheet_merge_range(book->sheet, book->row, from, book->row,
                                         (lxw_col_t)(to - 1), "", format));
    }
    keep(book, worksheet_write_string(book->sheet, book->row, from, zero_ended, format));
}

static void row_height(struct book *book, int64_t points)
{
    keep(book, worksheet_set_row(book->sheet, book->row, (double)points, NULL));
    book->head_points += points;
}

/* One text over the whole width in a row of its own; nothing for an empty text. */
static void line_put(struct book *book, enum xlsx_look look, struct str text)
{
    if (text.len == 0) return;
    row_height(book, text_points(look, text, width_mm(book, 0, book->columns)));
    span(book, 0, book->columns, look, text);
    book->row++;
}

/* A row of two blocks, left and right; with a single column, two rows. */
static void pair_put(struct book *book, enum xlsx_look left_look, struct str left,
                     enum xlsx_look right_look, struct str right)
{
    if (left.len == 0 && right.len == 0) return;
    if (book->split == book->columns) {
        line_put(book, left_look, left);
        line_put(book, right_look, right);
        return;
    }
    int64_t left_points = text_points(left_look, left, width_mm(book, 0, book->split));
    int64_t right_points =
        text_points(right_look, right, width_mm(book, book->split, book->columns));
    row_height(book, left_points > right_points ? left_points : right_points);
    span(book, 0, book->split, left_look, left);
    span(book, book->split, book->columns, right_look, right);
    book->row++;
}

static void parts_put(struct book *book, const struct paper_parts *parts)
{
    static const enum xlsx_look LOOKS[] = {LOOK_BODY, LOOK_BASIS, LOOK_SECTION};
    for (size_t i = 0; i < parts->count; i++) {
        line_put(book, LOOKS[parts->parts[i].kind], parts->parts[i].text);
    }
}

static void head_put(struct book *book, const struct paper *paper)
{
    struct arena *arena = book->c->arena;
    struct str parent = papers_capitals(arena, paper->parent);
    struct str agency = papers_capitals(arena, paper->agency);
    struct str nation = papers_word(S("paper.nation"));
    struct str motto = papers_word(S("paper.motto"));
    if (parent.len > 0) {
        pair_put(book, LOOK_PARENT, parent, LOOK_NATION, nation);
        pair_put(book, LOOK_AGENCY, agency, LOOK_NATION, motto);
    } else {
        pair_put(book, LOOK_AGENCY, agency, LOOK_NATION, nation);
        pair_put(book, LOOK_AGENCY, (struct str){}, LOOK_NATION, motto);
    }
    pair_put(book, LOOK_NUMBER, papers_number(arena, paper), LOOK_PLACE,
             papers_place_day(arena, paper));
    line_put(book, LOOK_TITLE, papers_capitals(arena, paper->title));
    line_put(book, LOOK_SUBJECT, paper->subject);
    if (paper->addressees.len > 0) {
        struct str word = papers_word(S("paper.addressees"));
        line_put(book, LOOK_BODY,
                 str_format(arena, "%.*s %.*s", STR_ARG(word), STR_ARG(paper->addressees)));
    }
    parts_put(book, &paper->intro);
}

static void foot_put(struct book *book, const struct paper *paper)
{
    struct arena *arena = book->c->arena;
    parts_put(book, &paper->closing);
    struct str word = papers_word(S("paper.recipients"));
    if (paper->recipients.len == 0) word = (struct str){};
    pair_put(book, LOOK_RECIPIENTS, word, LOOK_SIGNED, papers_capitals(arena, paper->signed_as));
    struct str by =
        str_format(arena, "\n\n\n%.*s", STR_ARG(paper->signed_by)); /* room for the hand */
    if (paper->signed_as.len == 0 && paper->signed_by.len == 0) by = (struct str){};
    pair_put(book, LOOK_RECIPIENT, paper->recipients, LOOK_SIGNED, by);
}

static bool is_date(const struct paper_cell *cell)
{
    return cell->kind == PAPER_DATE && cell->value != 0 &&
           cell->value + EXCEL_DAY_1970 >= EXCEL_DAY_SAFE;
}

static void cell_put(struct book *book, lxw_col_t column, const struct paper_cell *cell,
                     lxw_format *const looks[3])
{
    lxw_format *format = looks[book->aligns[column]];
    if (cell->kind == PAPER_NUMBER || is_date(cell)) {
        int64_t value = cell->value + (cell->kind == PAPER_DATE ? EXCEL_DAY_1970 : 0);
        keep(book, worksheet_write_number(book->sheet, book->row, column, (double)value, format));
        return;
    }
    const char *text = cell_text(book->scratch, papers_cell(book->scratch, cell));
    keep(book, worksheet_write_string(book->sheet, book->row, column, text, format));
}

static void row_put(struct book *book, const struct paper_row *row)
{
    bool total = row->kind == PAPER_TOTAL;
    int64_t points = 0;
    for (lxw_col_t i = 0; i < book->columns; i++) {
        int64_t needed = text_points(LOOK_CELL, row->cells[i].text, book->widths_mm[i]);
        if (needed > points) points = needed;
    }
    row_height(book, points);
    for (lxw_col_t i = 0; i < book->columns; i++) {
        const struct paper_cell *cell = &row->cells[i];
        enum xlsx_look look = total ? LOOK_TOTAL : LOOK_CELL;
        if (is_date(cell)) look = total ? LOOK_DATE_TOTAL : LOOK_DATE;
        if (cell->kind == PAPER_NUMBER) look = total ? LOOK_NUMERAL_TOTAL : LOOK_NUMERAL;
        cell_put(book, i, cell, &book->looks[look]);
    }
    book->row++;
}

static void rows_put(struct book *book, const struct paper_table *table)
{
    for (size_t i = 0; i < table->row_count && book->error == LXW_NO_ERROR; i++) {
        const struct paper_row *row = &table->rows[i];
        if (row->kind == PAPER_GROUP) {
            line_put(book, LOOK_GROUP, row->cells[0].text);
        } else {
            row_put(book, row);
        }
        if (i % BATCH_ROWS == BATCH_ROWS - 1) arena_reset(book->scratch);
    }
}

/* Where the right block of the head begins: where the narrower block is as wide as can be. */
static lxw_col_t split_of(const struct book *book)
{
    lxw_col_t best = book->columns;
    int best_mm = 0;
    for (lxw_col_t i = 1; i < book->columns; i++) {
        int left_mm = width_mm(book, 0, i);
        int right_mm = width_mm(book, i, book->columns);
        int narrower_mm = left_mm < right_mm ? left_mm : right_mm;
        bool fits = left_mm >= LEFT_MM_MIN && right_mm >= RIGHT_MM_MIN;
        if (!fits || narrower_mm <= best_mm) continue;
        best = i;
        best_mm = narrower_mm;
    }
    return best;
}

/* Without a table two blank columns carry the head and the foot. */
static void columns_set(struct book *book, const struct paper_table *table)
{
    static const int BLANK_MM[] = {100, 140};
    bool blank = table->column_count == 0;
    book->columns = blank ? ARRAY_LEN(BLANK_MM) : (lxw_col_t)table->column_count;
    for (lxw_col_t i = 0; i < book->columns; i++) {
        book->widths_mm[i] = blank ? BLANK_MM[i] : table->columns[i].width_mm;
        book->aligns[i] = table->columns[i].align;
        uint32_t pixels = (uint32_t)book->widths_mm[i] * 96 * 10 / 254;
        keep(book, worksheet_set_column_pixels(book->sheet, i, i, pixels, NULL));
    }
    book->split = split_of(book);
}

static void table_head_put(struct book *book, const struct paper_table *table)
{
    if (table->column_count == 0) return;
    int64_t points = 0;
    for (lxw_col_t i = 0; i < book->columns; i++) {
        int64_t needed = text_points(LOOK_HEAD, table->columns[i].heading, book->widths_mm[i]);
        if (needed > points) points = needed;
    }
    row_height(book, points);
    for (lxw_col_t i = 0; i < book->columns; i++) {
        span(book, i, (lxw_col_t)(i + 1), LOOK_HEAD, table->columns[i].heading);
    }
    keep(book, worksheet_repeat_rows(book->sheet, book->row, book->row));
    book->row++;
    if (book->head_points <= FROZEN_POINTS_MAX) worksheet_freeze_panes(book->sheet, book->row, 0);
}

static bool sheet_open(struct book *book, size_t index)
{
    struct str number = str_format(book->scratch, "%zu", index + 1);
    const struct fail_arg args[] = {{"number", number}};
    struct str name = words_fill(book->scratch, LANG_VI, S("paper.sheet"), args, 1);
    book->sheet = workbook_add_worksheet(book->workbook, str_zero(book->scratch, name));
    if (book->sheet == NULL) return false;
    book->row = 0;
    book->head_points = 0;
    worksheet_set_paper(book->sheet, 9); /* A4 */
    worksheet_set_landscape(book->sheet);
    worksheet_fit_to_pages(book->sheet, 1, 0);
    worksheet_set_margins(book->sheet, 1.18, 0.6, 0.8, 0.8); /* inches: 30, 15, 20 and 20 mm */
    worksheet_center_horizontally(book->sheet);
    worksheet_gridlines(book->sheet, LXW_HIDE_ALL_GRIDLINES);
    keep(book, worksheet_set_footer(book->sheet, "&C&P/&N"));
    return true;
}

static void sheets_put(struct book *book, const struct paper *paper)
{
    static const struct paper_table NO_TABLE = {};
    size_t count = paper->table_count > 0 ? paper->table_count : 1;
    for (size_t i = 0; i < count && book->error == LXW_NO_ERROR; i++) {
        const struct paper_table *table = paper->table_count > 0 ? paper->tables[i] : &NO_TABLE;
        if (!sheet_open(book, i)) {
            keep(book, LXW_ERROR_MEMORY_MALLOC_FAILED);
            return;
        }
        columns_set(book, table);
        if (i == 0) head_put(book, paper);
        line_put(book, LOOK_TABLE_TITLE, table->title);
        table_head_put(book, table);
        rows_put(book, table);
        if (i == count - 1) foot_put(book, paper);
        if (book->row > 0) {
            keep(book, worksheet_print_area(book->sheet, 0, 0, book->row - 1,
                                            (lxw_col_t)(book->columns - 1)));
        }
    }
}

/* A property of the file, cut to what the format allows. */
static char *property_text(struct arena *arena, struct str text)
{
    return cell_text(arena, str_sub(text, 0, utf8_cut(text, TITLE_BYTES_MAX)));
}

static void properties_set(struct book *book, const struct paper *paper)
{
    enum { S_1980 = 315532800 };
    struct arena *arena = book->c->arena;
    int64_t made_s = paper->made_ms / 1000;
    lxw_doc_properties properties = {
        .title = property_text(arena, paper->title),
        .subject = property_text(arena, paper->subject),
        .company = property_text(arena, paper->agency),
        .created = made_s > 0 ? made_s : S_1980, /* 0 would mean the machine's clock */
    };
    keep(book, workbook_set_properties(book->workbook, &properties));
}

/* Writes the workbook to a path. Returns the library's first error. */
static lxw_error book_write(struct call *c, const struct paper *paper, const char *path)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE, .use_zip64 = LXW_FALSE};
    struct book book = {.c = c, .workbook = workbook_new_opt(path, &options)};
    if (book.workbook == NULL) return LXW_ERROR_MEMORY_MALLOC_FAILED;
    book.scratch = arena_open(0);
    if (xlsx_looks(book.workbook, book.looks)) {
        properties_set(&book, paper);
        sheets_put(&book, paper);
    } else {
        keep(&book, LXW_ERROR_MEMORY_MALLOC_FAILED);
    }
    keep(&book, workbook_close(book.workbook)); /* also frees it, whatever happened before */
    arena_close(book.scratch);
    return book.error;
}

/* Reads the file back. Shapes: fd is a file in memory that the library has written through its own
 * descriptor. */
static enum err file_read(struct call *c, int fd, struct str *ret_bytes)
{
    struct stat stat = {};
    if (fstat(fd, &stat) != 0) return fail(c, ERR_IO, "paper.write");
    if (stat.st_size > LIMIT_PAPER_BYTES) return fail(c, ERR_LIMIT, "paper.too_large");
    size_t size = (size_t)stat.st_size;
    char *bytes = arena_alloc(c->arena, size + 1);
    size_t len = 0;
    while (len < size) {
        ssize_t got = pread(fd, bytes + len, size - len, (off_t)len);
        if (got <= 0) return fail(c, ERR_IO, "paper.write");
        len += (size_t)got;
    }
    *ret_bytes = (struct str){bytes, len};
    return OK;
}

static bool fits_sheets(const struct paper *paper)
{
    enum { ROWS_BESIDE_TABLES = 1024 };
    size_t beside = paper->intro.count + paper->closing.count + ROWS_BESIDE_TABLES;
    for (size_t i = 0; i < paper->table_count; i++) {
        if (paper->tables[i]->row_count + beside > XLSX_ROWS) return false;
    }
    return beside <= XLSX_ROWS;
}

enum err xlsx_write(struct call *c, const struct paper *paper, struct str *ret_bytes)
{
    if (!fits_sheets(paper)) return fail(c, ERR_LIMIT, "paper.too_large");
    int fd = memfd_create("paper", MFD_CLOEXEC);
    if (fd < 0) return fail(c, ERR_IO, "paper.write");
    struct str path = str_format(c->arena, "/proc/self/fd/%d", fd);
    lxw_error error = book_write(c, paper, path.ptr);
    enum err e =
        error == LXW_NO_ERROR ? file_read(c, fd, ret_bytes) : fail(c, ERR_IO, "paper.write");
    (void)close(fd); /* memory only: nothing can be lost */
    return e;
}
