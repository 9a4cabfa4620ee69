/*
 * The writers are tested as users meet them: through the loader, on whole files. With a folder as
 * its argument the program writes samples there instead, for test/e2e/paper_opens.py.
 */
#include "base/limits.h"
#include "front/papers/papers.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include <cmocka.h>

enum { PATH_BYTES = 4096, ENTRY_BYTES_MAX = 64 * 1024 * 1024 };

static int64_t noon_ms(void *self)
{
    (void)self;
    return 1767675600000; /* 2026-01-06 12:00 in Viet Nam */
}

static void no_random(void *self, uint8_t *ret_bytes, size_t bytes)
{
    (void)self;
    memset(ret_bytes, 0, bytes);
}

static const struct env ENV = {.now_ms = noon_ms, .random = no_random};

static int setup(void **state)
{
    struct call c = call_begin(&ENV, NULL, NULL);
    *state = arena_copy(c.arena, &c, sizeof c);
    return 0;
}

static int teardown(void **state)
{
    struct call *c = *state;
    arena_close(c->arena); /* the call lies in it */
    return 0;
}

/* The folder lib of the build this test belongs to. */
static struct str plugins(struct call *c)
{
    char path[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    ensure(len > 0);
    struct str program = {path, (size_t)len};
    struct str build = str_sub(program, 0, str_find(program, S("/test/"), 0));
    return str_format(c->arena, "%.*s/lib", STR_ARG(build));
}

static struct str written(struct call *c, enum paper_format format, const struct paper *paper)
{
    struct str bytes = {};
    enum err e = papers_write(c, plugins(c), format, paper, &bytes);
    assert_int_equal(e, OK);
    assert_true(bytes.len > 1000);
    return bytes;
}

/* Reads one entry of a package with the library the plugin has brought along. */
static struct str entry(struct call *c, struct str package, const char *name)
{
    struct str path = str_format(c->arena, "%.*s/paper.so", STR_ARG(plugins(c)));
    void *lib = dlopen(path.ptr, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(lib);
    zip_source_t *(*source_new)(const void *, zip_uint64_t, int, zip_error_t *) =
        dlsym(lib, "zip_source_buffer_create");
    zip_t *(*open)(zip_source_t *, int, zip_error_t *) = dlsym(lib, "zip_open_from_source");
    zip_file_t *(*file_open)(zip_t *, const char *, zip_flags_t) = dlsym(lib, "zip_fopen");
    zip_int64_t (*file_read)(zip_file_t *, void *, zip_uint64_t) = dlsym(lib, "zip_fread");
    int (*file_close)(zip_file_t *) = dlsym(lib, "zip_fclose");
    void (*discard)(zip_t *) = dlsym(lib, "zip_discard");
    zip_t *zip = open(source_new(package.ptr, package.len, 0, NULL), ZIP_RDONLY, NULL);
    assert_non_null(zip);
    zip_file_t *file = file_open(zip, name, 0);
    assert_non_null(file);
    char *text = arena_alloc(c->arena, ENTRY_BYTES_MAX);
    zip_int64_t len = file_read(file, text, ENTRY_BYTES_MAX);
    assert_true(len > 0);
    assert_int_equal(file_close(file), 0);
    discard(zip);
    return (struct str){text, (size_t)len};
}

static bool holds(struct str text, struct str needle)
{
    return str_find(text, needle, 0) < text.len;
}

static size_t count_of(struct str text, struct str needle)
{
    size_t count = 0;
    size_t at = str_find(text, needle, 0);
    while (at < text.len) {
        count++;
        at = str_find(text, needle, at + needle.len);
    }
    return count;
}

/* A paper of one table with one row of one cell. */
static void paper_of_one_cell(struct call *c, struct paper *paper, struct paper_cell cell)
{
    paper_start(c, paper, PAPER_PORTRAIT);
    struct paper_table *table = paper_table(c, paper, (struct str){});
    paper_column(table, S("Nội dung"), 100, PAPER_LEFT);
    *paper_row(c, table, PAPER_ROW) = cell;
}

static struct str document_of(struct call *c, struct str text)
{
    struct paper paper = {};
    paper_of_one_cell(c, &paper, paper_text(text));
    return entry(c, written(c, PAPER_DOCX, &paper), "word/document.xml");
}

static struct str sheet_of(struct call *c, struct paper_cell cell)
{
    struct paper paper = {};
    paper_of_one_cell(c, &paper, cell);
    return entry(c, written(c, PAPER_XLSX, &paper), "xl/worksheets/sheet1.xml");
}

static void a_long_list(struct call *c, struct paper *paper, size_t rows)
{
    paper_start(c, paper, PAPER_LANDSCAPE);
    paper->agency = S("Văn phòng Tỉnh ủy");
    paper->title = S("Danh sách");
    struct paper_table *table = paper_table(c, paper, (struct str){});
    paper_column(table, S("TT"), 15, PAPER_CENTRE);
    paper_column(table, S("Việc"), 120, PAPER_LEFT);
    paper_column(table, S("Hạn"), 30, PAPER_CENTRE);
    for (size_t i = 0; i < rows; i++) {
        struct paper_cell *cells = paper_row(c, table, PAPER_ROW);
        cells[0] = paper_number((int64_t)i + 1);
        cells[1] = paper_text(str_format(c->arena, "Việc số %zu cần phối hợp trả lời", i + 1));
        cells[2] = paper_date(20000 + (int64_t)i);
    }
}

static void markup_characters_are_escaped_in_docx(void **state)
{
    struct call *c = *state;
    struct str xml = document_of(c, S("A & B <w:p> \"x\" 'y'"));
    assert_true(holds(xml, S("A &amp; B &lt;w:p&gt; &quot;x&quot; &#39;y&#39;</w:t>")));
}

static void markup_characters_are_escaped_in_xlsx(void **state)
{
    struct call *c = *state;
    struct str xml = sheet_of(c, paper_text(S("A & B <c> \"x\" 'y'")));
    assert_true(holds(xml, S("A &amp; B &lt;c&gt;")));
}

static void control_characters_are_dropped_in_docx(void **state)
{
    struct call *c = *state;
    struct str xml = document_of(c, S("mot\x01\x08\x0B\x1F\x7F\r hai\xEF\xBF\xBF\xEF\xBF\xBE\tba"));
    assert_true(holds(xml, S(">mot hai ba</w:t>")));
}

static void control_characters_are_dropped_in_xlsx(void **state)
{
    struct call *c = *state;
    struct str xml = sheet_of(c, paper_text(S("mot\x01\x08\x0B\x1F\x7F\r hai\xEF\xBF\xBF!")));
    assert_true(holds(xml, S(">mot hai!</t>")));
}

static void combining_marks_pass_unchanged(void **state)
{
    struct call *c = *state;
    struct str decomposed = S("Tie\xCC\x82\xCC\x81ng Vie\xCC\xA3\xCC\x82t, tiếng Việt");
    assert_true(holds(document_of(c, decomposed), decomposed));
    assert_true(holds(sheet_of(c, paper_text(decomposed)), decomposed));
}

static void each_line_of_a_cell_is_a_paragraph(void **state)
{
    struct call *c = *state;
    struct str one = document_of(c, S("một"));
    struct str three = document_of(c, S("một\nhai\nba"));
    assert_int_equal(count_of(three, S("<w:p>")), count_of(one, S("<w:p>")) + 2);
}

static void what_was_taken_out_is_struck_through_and_what_came_in_underlined(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    const struct paper_run runs[] = {
        {PAPER_PLAIN, S("trong ")}, {PAPER_STRUCK, S("05 <b>")}, {PAPER_UNDERLINED, S("07\nngày")}};
    struct paper_cell cell = paper_text(S("trong [-05] [+07 ngày]"));
    cell.runs = runs;
    cell.run_count = ARRAY_LEN(runs);
    paper_of_one_cell(c, &paper, cell);
    struct str xml = entry(c, written(c, PAPER_DOCX, &paper), "word/document.xml");
    assert_true(holds(xml, S("<w:strike/></w:rPr><w:t xml:space=\"preserve\">05 &lt;b&gt;<")));
    assert_int_equal(count_of(xml, S("<w:u w:val=\"single\"/>")), 2);
    assert_false(holds(xml, S("[-05]")));
    assert_true(holds(sheet_of(c, cell), S("[-05] [+07 ngày]")));
}

static void a_formula_stays_text(void **state)
{
    struct call *c = *state;
    struct str xml = sheet_of(c, paper_text(S("=HYPERLINK(\"http://x.test\",\"y\")")));
    assert_false(holds(xml, S("<f>")));
    assert_false(holds(xml, S("<hyperlink")));
    assert_true(holds(xml, S("t=\"inlineStr\"><is><t>=HYPERLINK(")));
}

static void text_that_looks_like_an_escape_stays_as_it_is(void **state)
{
    struct call *c = *state;
    struct str xml = sheet_of(c, paper_text(S("mã _x0041_ lạ")));
    assert_true(holds(xml, S("_x005F_x0041_")));
}

static void a_date_is_a_real_date_in_xlsx(void **state)
{
    struct call *c = *state;
    struct str xml = sheet_of(c, paper_date(20459)); /* 2026-01-06 */
    assert_true(holds(xml, S("<v>46028</v>")));
}

static void a_date_before_the_calendar_of_spreadsheets_is_text(void **state)
{
    struct call *c = *state;
    struct str xml = sheet_of(c, paper_date(-25560));
    assert_true(holds(xml, S("<t>08/01/1900</t>")));
}

static void a_date_is_day_month_year_in_docx(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    paper_of_one_cell(c, &paper, paper_date(20459));
    struct str xml = entry(c, written(c, PAPER_DOCX, &paper), "word/document.xml");
    assert_true(holds(xml, S(">06/01/2026<")));
}

static void a_thousand_rows_are_all_there(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    a_long_list(c, &paper, 1000);
    struct str document = entry(c, written(c, PAPER_DOCX, &paper), "word/document.xml");
    assert_int_equal(count_of(document, S("cần phối hợp trả lời")), 1000);
    assert_int_equal(count_of(document, S("<w:tblHeader/>")), 1);
    struct str sheet = entry(c, written(c, PAPER_XLSX, &paper), "xl/worksheets/sheet1.xml");
    assert_int_equal(count_of(sheet, S("cần phối hợp trả lời")), 1000);
    assert_true(holds(sheet, S("state=\"frozen\"")));
}

static void a_table_without_rows_keeps_its_heading(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    a_long_list(c, &paper, 0);
    assert_true(holds(entry(c, written(c, PAPER_DOCX, &paper), "word/document.xml"), S("Hạn")));
    assert_true(
        holds(entry(c, written(c, PAPER_XLSX, &paper), "xl/worksheets/sheet1.xml"), S("Hạn")));
}

static void a_paper_without_tables_is_written(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    paper_part(c, &paper.intro, PAPER_BODY, S("Chỉ có lời."));
    struct str document = entry(c, written(c, PAPER_DOCX, &paper), "word/document.xml");
    assert_false(holds(document, S("tblHeader")));
    struct str sheet = entry(c, written(c, PAPER_XLSX, &paper), "xl/worksheets/sheet1.xml");
    assert_true(holds(sheet, S("Chỉ có lời.")));
}

static struct str many(struct call *c, struct str text, size_t times)
{
    struct sb sb = sb_new(c->arena, ENTRY_BYTES_MAX);
    for (size_t i = 0; i < times; i++)
        sb_put(&sb, text);
    return sb_str(&sb);
}

static void a_very_long_cell_is_whole_in_docx_and_may_run_over_pages(void **state)
{
    struct call *c = *state;
    struct str text = many(c, S("ế"), 40000);
    struct str xml = document_of(c, text);
    assert_int_equal(count_of(xml, S("ế")), 40000);
    assert_true(holds(xml, S("<w:tr><w:tc>")));
}

static void a_cell_at_the_limit_of_xlsx_is_whole(void **state)
{
    struct call *c = *state;
    struct str xml = sheet_of(c, paper_text(many(c, S("ế"), 32767)));
    assert_int_equal(count_of(xml, S("ế")), 32767);
}

static void a_cell_past_the_limit_of_xlsx_is_cut_with_a_note(void **state)
{
    struct call *c = *state;
    struct str xml = sheet_of(c, paper_text(many(c, S("ế"), 32768)));
    assert_true(holds(xml, S("ế… [đã cắt bớt")));
    assert_true(count_of(xml, S("ế")) > 32600);
}

static void the_same_paper_gives_the_same_bytes(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    a_long_list(c, &paper, 50);
    for (enum paper_format format = 0; format < PAPER_FORMAT_COUNT; format++) {
        setenv("TZ", "UTC", 1);
        struct str first = written(c, format, &paper);
        setenv("TZ", "Asia/Ho_Chi_Minh", 1);
        struct str second = written(c, format, &paper);
        assert_true(str_eq(first, second));
    }
}

static void a_paper_past_the_limit_is_refused(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    paper_of_one_cell(c, &paper, paper_text(many(c, S("a"), LIMIT_PAPER_BYTES)));
    struct str bytes = {};
    enum err e = papers_write(c, plugins(c), PAPER_DOCX, &paper, &bytes);
    assert_int_equal(e, ERR_LIMIT);
    assert_string_equal(c->failure.reason, "paper.too_large");
    assert_int_equal(bytes.len, 0);
}

static void a_workbook_past_the_rows_of_a_sheet_is_refused(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    paper_of_one_cell(c, &paper, paper_text(S("x")));
    paper.tables[0]->row_count = 1048576; /* refused before any row is read */
    struct str bytes = {};
    enum err e = papers_write(c, plugins(c), PAPER_XLSX, &paper, &bytes);
    assert_int_equal(e, ERR_LIMIT);
    assert_string_equal(c->failure.reason, "paper.too_large");
}

static void a_missing_plugin_is_told(void **state)
{
    struct call *c = *state;
    struct paper paper = {};
    struct str bytes = {};
    enum err e = papers_write(c, S("/nowhere"), PAPER_DOCX, &paper, &bytes);
    assert_int_equal(e, ERR_IO);
    assert_string_equal(c->failure.reason, "paper.plugin");
}

/* An official list with everything a paper can have. */
static void sample(struct call *c, struct paper *paper, enum paper_turn turn)
{
    paper_start(c, paper, turn);
    paper->parent = S("Tỉnh ủy Mẫu");
    paper->agency = S("Văn phòng Tỉnh ủy");
    paper->number = S("05/BC-VPTU");
    paper->place = S("Hà Nội");
    paper->day = 20459;
    paper->title = S("Báo cáo");
    paper->subject = S("Tình hình trả lời các yêu cầu phối hợp giữa các văn phòng tháng 12/2025");
    paper->addressees = S("Văn phòng Trung ương Đảng\nVăn phòng Chủ tịch nước");
    paper_part(c, &paper->intro, PAPER_BASIS,
               S("Căn cứ Quy chế phối hợp công tác giữa các văn phòng;"));
    paper_part(c, &paper->intro, PAPER_HEADING, S("I. TÌNH HÌNH CHUNG"));
    paper_part(
        c, &paper->intro, PAPER_BODY,
        S("Trong tháng, các văn phòng đã tiếp nhận 48 yêu cầu phối hợp, trả lời đúng hạn 45 "
          "yêu cầu; 03 yêu cầu trả lời chậm đã được đôn đốc theo quy định. Kết quả cụ thể như "
          "sau:"));
    struct paper_table *table = paper_table(c, paper, S("Bảng tổng hợp yêu cầu phối hợp"));
    paper_column(table, S("TT"), 12, PAPER_CENTRE);
    paper_column(table, S("Nội dung yêu cầu"), 75, PAPER_LEFT);
    paper_column(table, S("Cơ quan trả lời"), 45, PAPER_LEFT);
    paper_column(table, S("Hạn trả lời"), 28, PAPER_CENTRE);
    paper_column(table, S("Số ý kiến"), 22, PAPER_RIGHT);
    for (int64_t i = 1; i <= 40; i++) {
        if (i == 1) paper_group(c, table, S("A. Yêu cầu về chương trình công tác"));
        if (i == 21) paper_group(c, table, S("B. Yêu cầu về văn bản, đề án & tờ trình"));
        struct paper_cell *cells = paper_row(c, table, PAPER_ROW);
        cells[0] = paper_number(i);
        cells[1] = paper_text(str_format(c->arena,
                                         "Cho ý kiến về dự thảo chương trình số %lld.\nGửi kèm hồ "
                                         "sơ <bản chính> và phụ lục.",
                                         (long long)i));
        cells[2] = paper_text(S("Văn phòng Quốc hội"));
        cells[3] = paper_date(20459 + i);
        cells[4] = paper_number(i * 111);
    }
    struct paper_cell *total = paper_row(c, table, PAPER_TOTAL);
    total[1] = paper_text(S("Tổng cộng"));
    total[4] = paper_number(91020);
    paper_part(c, &paper->closing, PAPER_BODY,
               S("Văn phòng Tỉnh ủy trân trọng báo cáo và đề nghị các cơ quan tiếp tục phối hợp."));
    paper->signed_as = S("KT. Chánh Văn phòng\nPhó Chánh Văn phòng");
    paper->recipients = S("- Như trên;\n- Thường trực Tỉnh ủy (để báo cáo);\n- Lưu: VT, TH.");
}

static void sample_of_odd_cells(struct call *c, struct paper *paper)
{
    sample(c, paper, PAPER_PORTRAIT);
    struct paper_table *table = paper_table(c, paper, S("Bảng có ô rất dài"));
    paper_column(table, S("TT"), 12, PAPER_CENTRE);
    paper_column(table, S("Ý kiến"), 150, PAPER_LEFT);
    struct paper_cell *cells = paper_row(c, table, PAPER_ROW);
    cells[0] = paper_number(1);
    struct str sentence = S("Đề nghị làm rõ trách nhiệm của từng cơ quan. ");
    cells[1] =
        paper_text(str_format(c->arena, "%.*sHết ý kiến dài.", STR_ARG(many(c, sentence, 300))));
    cells = paper_row(c, table, PAPER_ROW);
    cells[0] = paper_text(S("=1+1"));
    cells[1] = paper_text(many(c, S("khôngcódấucách"), 40));
    struct paper_table *empty = paper_table(c, paper, S("Bảng không có dòng nào"));
    paper_column(empty, S("Cột trống"), 60, PAPER_LEFT);
}

static bool sample_write(struct call *c, const char *folder, const char *name,
                         const struct paper *paper)
{
    for (enum paper_format format = 0; format < PAPER_FORMAT_COUNT; format++) {
        struct str bytes = {};
        if (papers_write(c, plugins(c), format, paper, &bytes) != OK) return false;
        struct str path =
            str_format(c->arena, "%s/%s.%.*s", folder, name, STR_ARG(papers_ending(format)));
        int fd = open(path.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0) return false;
        ssize_t put = write(fd, bytes.ptr, bytes.len);
        if (close(fd) != 0 || put != (ssize_t)bytes.len) return false;
    }
    return true;
}

static int samples_write(const char *folder)
{
    struct call c = call_begin(&ENV, NULL, NULL);
    struct paper upright = {};
    struct paper landscape = {};
    struct paper odd = {};
    struct paper list = {};
    struct paper letter = {};
    sample(&c, &upright, PAPER_PORTRAIT);
    sample(&c, &landscape, PAPER_LANDSCAPE);
    sample_of_odd_cells(&c, &odd);
    a_long_list(&c, &list, 1000);
    sample(&c, &letter, PAPER_PORTRAIT);
    letter.tables = NULL;
    letter.table_count = 0;
    letter.parent = (struct str){};
    letter.day = 0;
    letter.addressees = S("Văn phòng Quốc hội");
    letter.signed_by = S("Người ký mẫu");
    bool done = sample_write(&c, folder, "upright", &upright) &&
                sample_write(&c, folder, "landscape", &landscape) &&
                sample_write(&c, folder, "odd", &odd) && sample_write(&c, folder, "list", &list) &&
                sample_write(&c, folder, "letter", &letter);
    call_end(&c);
    return done ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2) return samples_write(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(markup_characters_are_escaped_in_docx, setup, teardown),
        cmocka_unit_test_setup_teardown(markup_characters_are_escaped_in_xlsx, setup, teardown),
        cmocka_unit_test_setup_teardown(control_characters_are_dropped_in_docx, setup, teardown),
        cmocka_unit_test_setup_teardown(control_characters_are_dropped_in_xlsx, setup, teardown),
        cmocka_unit_test_setup_teardown(combining_marks_pass_unchanged, setup, teardown),
        cmocka_unit_test_setup_teardown(each_line_of_a_cell_is_a_paragraph, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_was_taken_out_is_struck_through_and_what_came_in_underlined, setup, teardown),
        cmocka_unit_test_setup_teardown(a_formula_stays_text, setup, teardown),
        cmocka_unit_test_setup_teardown(text_that_looks_like_an_escape_stays_as_it_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_date_is_a_real_date_in_xlsx, setup, teardown),
        cmocka_unit_test_setup_teardown(a_date_before_the_calendar_of_spreadsheets_is_text, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_date_is_day_month_year_in_docx, setup, teardown),
        cmocka_unit_test_setup_teardown(a_thousand_rows_are_all_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_table_without_rows_keeps_its_heading, setup, teardown),
        cmocka_unit_test_setup_teardown(a_paper_without_tables_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_very_long_cell_is_whole_in_docx_and_may_run_over_pages,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_cell_at_the_limit_of_xlsx_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cell_past_the_limit_of_xlsx_is_cut_with_a_note, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_same_paper_gives_the_same_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_paper_past_the_limit_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_workbook_past_the_rows_of_a_sheet_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_missing_plugin_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
