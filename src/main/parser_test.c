#include "main/parser.h"

#include "base/limits.h"
#include "main/fdpass.h"
#include "t_parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

/* Files of every kind through the process itself, hostile ones too: whatever they are, it answers
 * and the next file is read. */

enum { WAIT_MS = 10 * 1000 };

struct world {
    struct t_parser parser;
    struct call c;
    struct parse parse;
};

static int setup(void **state)
{
    struct world *w = test_calloc(1, sizeof *w);
    w->c = call_begin(env_real(), NULL, NULL);
    t_parser_open(&w->parser, WAIT_MS);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    t_parser_close(&w->parser);
    call_end(&w->c);
    test_free(w);
    return 0;
}

static void reads(struct world *w, struct str bytes, const char *text)
{
    assert_int_equal(t_parser_ask(&w->parser, &w->c, bytes, PARSE_UTF8, &w->parse), OK);
    assert_string_equal(str_zero(w->c.arena, w->parse.text), text);
}

/* It is refused for that reason, and the process goes on. */
static void refuses(struct world *w, struct str bytes, const char *reason)
{
    assert_int_equal(t_parser_ask(&w->parser, &w->c, bytes, PARSE_UTF8, &w->parse), ERR_INVALID);
    assert_string_equal(w->c.failure.reason, reason);
    call_clear(&w->c);
    reads(w, S("sống"), "sống");
}

/* ---- what it reads ---- */

static void a_docx_is_its_paragraphs_and_rows(void **state)
{
    struct world *w = *state;
    reads(w,
          t_docx(&w->c, "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr>"
                        "<w:r><w:t>Điều 1.</w:t></w:r><w:r><w:tab/><w:t>Phạm  vi</w:t></w:r></w:p>"
                        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc><w:tc><w:p/>"
                        "</w:tc><w:tc><w:p><w:r><w:t>B</w:t></w:r></w:p><w:p><w:r><w:t>C</w:t>"
                        "</w:r></w:p></w:tc></w:tr></w:tbl><w:p><w:r><w:t>x</w:t><w:br/><w:t>y"
                        "</w:t></w:r></w:p>"),
          "Điều 1. Phạm vi\nA\t\tB C\nx\ny\n");
    assert_int_equal(w->parse.format, PARSE_DOCX);
    assert_int_equal(w->parse.basis, PARSE_ESTIMATED);
    assert_int_equal(w->parse.pages, 1);
}

static void what_was_deleted_or_moved_away_is_not_read(void **state)
{
    struct world *w = *state;
    reads(w,
          t_docx(&w->c, "<w:p><w:del><w:r><w:delText>cũ</w:delText></w:r></w:del><w:ins><w:r><w:t>"
                        "mới</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>đi</w:t></w:r></w:moveFrom>"
                        "</w:p><w:p><w:pPr><w:pStyle w:val=\"TOC1\"/></w:pPr><w:r><w:t>Điều 1."
                        "</w:t></w:r></w:p><w:p><w:r><w:t>hết</w:t></w:r></w:p>"),
          "mới\nhết\n");
}

/* In the shapes that Word writes: a comment over a range, one at a point, a changed word, a changed
 * paragraph mark, a word that another person put in and took out again, a moved sentence. */
static const char WORD_BODY[] =
    "<w:p><w:bookmarkStart w:id=\"0\" w:name=\"PH_1_ab\"/><w:pPr><w:rPr><w:ins w:id=\"9\""
    " w:author=\"C\"/></w:rPr></w:pPr><w:r><w:t xml:space=\"preserve\">Điều 1. Trong </w:t></w:r>"
    "<w:commentRangeStart w:id=\"4\"/><w:del w:id=\"1\" w:author=\"Cán bộ A\"><w:r><w:delText>05"
    "</w:delText></w:r></w:del><w:ins w:id=\"2\" w:author=\"Cán bộ A\"><w:r><w:t>07</w:t></w:r>"
    "<w:del w:id=\"3\" w:author=\"B\"><w:r><w:delText>nháp</w:delText></w:r></w:del></w:ins>"
    "<w:r><w:t xml:space=\"preserve\"> ngày.</w:t></w:r><w:commentRangeEnd w:id=\"4\"/><w:r>"
    "<w:commentReference w:id=\"4\"/></w:r><w:bookmarkEnd w:id=\"0\"/></w:p>"
    "<w:p><w:bookmarkStart w:id=\"7\" w:name=\"_GoBack\"/><w:bookmarkEnd w:id=\"7\"/>"
    "<w:moveFrom w:id=\"5\" w:author=\"B\"><w:r><w:t>Chuyển "
    "đi.</w:t></w:r></w:moveFrom><w:r><w:t>Hết."
    "</w:t></w:r><w:r><w:commentReference w:id=\"6\"/></w:r></w:p>";
static const char WORD_COMMENTS[] =
    "<w:comments xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"
    "<w:comment w:id=\"4\" w:author=\"Cán bộ A\" w:initials=\"A\"><w:p><w:pPr><w:pStyle"
    " w:val=\"CommentText\"/></w:pPr><w:r><w:annotationRef/></w:r><w:r><w:t>Cần dài hơn.</w:t>"
    "</w:r></w:p><w:p><w:r><w:t>Xem Nghị định.</w:t></w:r></w:p></w:comment>"
    "<w:comment w:id=\"6\" w:author=\"B\"><w:p><w:r><w:t>Bổ sung.</w:t></w:r></w:p></w:comment>"
    "<w:comment w:id=\"8\" w:author=\"B\"><w:p><w:r><w:t>Không nơi "
    "nào.</w:t></w:r></w:p></w:comment>"
    "</w:comments>";

/* A package as Word writes it, with comments. */
static struct str word_file(struct call *c, const char *body, const char *comments)
{
    struct str xml = str_format(
        c->arena,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w="
        "\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>%s</w:body>"
        "</w:document>",
        body);
    const char *const parts[] = {"word/document.xml", xml.ptr, "word/comments.xml", comments, NULL};
    return t_package(c, parts);
}

static void assert_note(const struct world *w, size_t i, enum parse_note_kind kind,
                        const char *where, const char *text)
{
    assert_true(i < w->parse.notes.count);
    const struct parse_note *note = &w->parse.notes.rows[i];
    struct str place = str_sub(w->parse.text, note->from, note->to);
    assert_int_equal(note->kind, kind);
    assert_string_equal(str_zero(w->c.arena, place), where);
    assert_string_equal(str_zero(w->c.arena, note->text), text);
}

static void comments_and_changes_of_word_have_their_places(void **state)
{
    struct world *w = *state;
    reads(w, word_file(&w->c, WORD_BODY, WORD_COMMENTS), "Điều 1. Trong 07 ngày.\nHết.\n");
    assert_int_equal(w->parse.notes.count, 6);
    assert_note(w, 0, PARSE_MARK, "Điều 1. Trong 07 ngày.", "PH_1_ab");
    assert_note(w, 1, PARSE_COMMENT, "07 ngày.", "Cần dài hơn.\nXem Nghị định.");
    assert_note(w, 2, PARSE_DELETED, "", "05");
    assert_note(w, 3, PARSE_INSERTED, "07", "");
    assert_note(w, 4, PARSE_DELETED, "", "Chuyển đi.");
    assert_note(w, 5, PARSE_COMMENT, "", "Bổ sung.");
    assert_string_equal(str_zero(w->c.arena, w->parse.notes.rows[1].author), "Cán bộ A");
}

static void too_many_notes_are_cut_and_said_so(void **state)
{
    struct world *w = *state;
    struct sb sb = sb_new(w->c.arena, 0);
    for (int i = 0; i < LIMIT_PARSE_NOTES + 1; i++)
        sb_put(&sb, S("<w:p><w:ins><w:r><w:t>a</w:t></w:r></w:ins></w:p>"));
    struct str bytes = word_file(&w->c, str_copy(w->c.arena, sb_str(&sb)).ptr, WORD_COMMENTS);
    assert_int_equal(t_parser_ask(&w->parser, &w->c, bytes, PARSE_UTF8, &w->parse), OK);
    assert_true(w->parse.cut);
    assert_int_equal(w->parse.notes.count, LIMIT_PARSE_NOTES);
}

static void an_odt_notes_its_pages(void **state)
{
    struct world *w = *state;
    reads(w,
          t_odt(&w->c,
                "<text:h>I. Chung</text:h><text:p>a<text:s text:c=\"3\"/>b<text:span> c"
                "</text:span><text:note>bỏ</text:note></text:p><table:table><table:table-row>"
                "<table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell>"
                "<text:p>2</text:p></table:table-cell></table:table-row></table:table>"),
          "I. Chung\na b c\n1\t2\n");
    assert_int_equal(w->parse.pages, 7);
    assert_int_equal(w->parse.basis, PARSE_CLAIMED);
}

#define SHEET "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"
#define SHARED "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"

static void an_xlsx_is_its_rows(void **state)
{
    struct world *w = *state;
    const char *const parts[] = {
        "xl/workbook.xml",
        "<workbook/>",
        "xl/sharedStrings.xml",
        SHARED "<si><t>Tên</t></si><si><r><t>Văn</t></r><r><t> phòng</t></r></si></sst>",
        "xl/worksheets/sheet1.xml",
        SHEET "<sheetData><row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c><f>1+1</f><v>2</v>"
              "</c><c t=\"s\"><v>9</v></c></row><row><c t=\"inlineStr\"><is><t>trong</t></is></c>"
              "</row></sheetData></worksheet>",
        NULL};
    reads(w, t_package(&w->c, parts), "Tên\tVăn phòng\t2\ntrong\n");
    assert_int_equal(w->parse.format, PARSE_XLSX);
}

static void plain_text_comes_in_nfc(void **state)
{
    struct world *w = *state;
    reads(w,
          S("\xEF\xBB\xBF"
            "a\xCC\x81\tb\r\nc\x01"),
          "á b\nc");
    reads(w,
          (struct str){"\xFF\xFE"
                       "a\0"
                       "\xA1\x1E",
                       6},
          "aạ");
}

static void old_encodings_are_read_when_a_person_says_so(void **state)
{
    struct world *w = *state;
    struct str tcvn3 = S("C\xE9ng h\xDF"
                         "a \xA7\xE9"
                         "c l\xCBp");
    struct str vni = S("Co\xE4ng ho\xF8"
                       "a \xD1o\xE4"
                       "c la\xE4p");
    refuses(w, tcvn3, "parse.encoding");
    assert_int_equal(t_parser_ask(&w->parser, &w->c, tcvn3, PARSE_TCVN3, &w->parse), OK);
    assert_string_equal(str_zero(w->c.arena, w->parse.text), "Cộng hòa Độc lập");
    assert_int_equal(t_parser_ask(&w->parser, &w->c, vni, PARSE_VNI, &w->parse), OK);
    assert_string_equal(str_zero(w->c.arena, w->parse.text), "Cộng hòa Độc lập");
}

static void a_pdf_has_pages_text_and_images(void **state)
{
    struct world *w = *state;
    struct str pdf = t_pdf(w->c.arena, 3);
    reads(w, pdf, "Page 1\n\n\fPage 2\n\n\fPage 3\n\n\f");
    assert_int_equal(w->parse.pages, 3);
    assert_int_equal(w->parse.basis, PARSE_COUNTED);
    struct parse_order order = {.fd = t_parser_file(&w->c, pdf), .page = 2};
    assert_int_equal(parser_client_read(&w->parser.client, &w->c, &order, &w->parse), OK);
    assert_true(str_starts(w->parse.text, S("\x89PNG")));
}

/* ---- what it does not ---- */

static void a_billion_laughs_are_not_unfolded(void **state)
{
    struct world *w = *state;
    const char *const parts[] = {
        "word/document.xml",
        "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><x>&b;</x>", NULL};
    refuses(w, t_package(&w->c, parts), "parse.doctype");
}

static struct str repeated(struct call *c, const char *piece, size_t count)
{
    struct sb sb = sb_new(c->arena, 256 * 1024 * 1024);
    for (size_t i = 0; i < count; i++)
        sb_put(&sb, str_of(piece));
    return sb_str(&sb);
}

static void a_zip_bomb_is_not_opened(void **state)
{
    struct world *w = *state;
    struct str zeros = repeated(&w->c, "0000000000000000000000000000000000000000", 100000);
    const char *const parts[] = {"word/document.xml", str_zero(w->c.arena, zeros), NULL};
    refuses(w, t_package(&w->c, parts), "parse.zip_bomb");
}

static void names_that_climb_out_are_refused(void **state)
{
    static const char *const NAMES[] = {"../../etc/passwd", "/etc/passwd", "a/../../b", "..\\b",
                                        "C:x"};
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        const char *const parts[] = {"word/document.xml", "<a/>", NAMES[i], "x", NULL};
        refuses(w, t_package(&w->c, parts), "parse.zip_path");
    }
}

static void a_truncated_package_is_refused_at_every_length(void **state)
{
    struct world *w = *state;
    struct str whole = t_docx(&w->c, "<w:p/>");
    for (size_t len = 4; len < whole.len; len += 37) {
        refuses(w, str_sub(whole, 0, len), "parse.zip");
    }
}

static void a_changed_byte_is_noticed(void **state)
{
    struct world *w = *state;
    struct str whole = t_docx(&w->c, "<w:p><w:r><w:t>một hai ba bốn năm</w:t></w:r></w:p>");
    char *bytes = arena_copy(w->c.arena, whole.ptr, whole.len);
    bytes[80] ^= 0x55; /* in the folded part */
    refuses(w, (struct str){bytes, whole.len}, "parse.zip");
}

static void macros_are_named_and_not_run(void **state)
{
    struct world *w = *state;
    const char *const parts[] = {
        "word/document.xml",
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"
        "<w:p><w:r><w:t>có</w:t></w:r></w:p></w:document>",
        "word/vbaProject.bin", "x", NULL};
    reads(w, t_package(&w->c, parts), "có\n");
    assert_true(w->parse.macros);
}

static void deep_nesting_ends_early(void **state)
{
    struct world *w = *state;
    struct str deep = repeated(&w->c, "<a>", LIMIT_XML_DEPTH + 10);
    refuses(w, t_docx(&w->c, str_zero(w->c.arena, deep)), "parse.depth");
}

static void broken_xml_is_refused(void **state)
{
    struct world *w = *state;
    refuses(w, t_docx(&w->c, "<w:p>"), "parse.xml");
    refuses(w, t_docx(&w->c, "&lost;"), "parse.xml");
    refuses(w, t_docx(&w->c, "\xFF"), "parse.xml");
}

static void a_long_text_is_cut_and_said_so(void **state)
{
    struct world *w = *state;
    struct str line = repeated(&w->c, "chín mươi chín ", 1000);
    struct str body = str_format(w->c.arena, "<w:p><w:r><w:t>%s</w:t></w:r></w:p>", line.ptr);
    size_t count = LIMIT_PARSE_TEXT_BYTES / line.len + 2;
    /* packed less well than a bomb */
    struct str many = repeated(&w->c, body.ptr, count / 8);
    assert_int_equal(
        t_parser_ask(&w->parser, &w->c, t_docx(&w->c, many.ptr), PARSE_UTF8, &w->parse), OK);
    assert_false(w->parse.cut);
    struct str text = repeated(&w->c, "0123456789 chín\n", LIMIT_PARSE_TEXT_BYTES / 17 + 100);
    assert_int_equal(t_parser_ask(&w->parser, &w->c, text, PARSE_UTF8, &w->parse), OK);
    assert_true(w->parse.cut);
    assert_true(w->parse.text.len <= LIMIT_PARSE_TEXT_BYTES);
}

static void foreign_formats_are_named(void **state)
{
    struct world *w = *state;
    refuses(w, S("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "parse.old_office");
    refuses(w,
            (struct str){"\x7F"
                         "ELF\0\0",
                         6},
            "parse.format");
    const char *const parts[] = {"a.txt", "a", NULL};
    refuses(w, t_package(&w->c, parts), "parse.format");
}

static void ten_thousand_pages_are_counted(void **state)
{
    struct world *w = *state;
    struct str pdf = t_pdf(w->c.arena, 10000);
    assert_int_equal(t_parser_ask(&w->parser, &w->c, pdf, PARSE_UTF8, &w->parse), OK);
    assert_int_equal(w->parse.pages, 10000);
    assert_true(w->parse.cut);
}

static void references_in_a_circle_end(void **state)
{
    struct world *w = *state;
    struct str circle = S("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
                          "2 0 obj<</Type/Pages/Count 1/Kids[2 0 R]/Parent 2 0 R>>endobj\n"
                          "trailer<</Root 1 0 R/Size 3>>\n");
    reads(w, circle, ""); /* it says that it has a page, and there is none */
    refuses(w, S("%PDF-1.4\n1 0 obj 1 0 R endobj\ntrailer<</Root 1 0 R>>\n"), "parse.broken");
    refuses(w, S("%PDF-1.7\n"), "parse.broken");
}

static void a_job_that_takes_too_long_is_ended(void **state)
{
    struct world *w = *state;
    struct t_parser hasty;
    struct parse parse = {};
    t_parser_open(&hasty, 1);
    struct str pdf = t_pdf(w->c.arena, 10000);
    assert_int_equal(t_parser_ask(&hasty, &w->c, pdf, PARSE_UTF8, &parse), ERR_INVALID);
    assert_string_equal(w->c.failure.reason, "parse.time");
    call_clear(&w->c);
    t_parser_close(&hasty);
}

static void a_parser_that_is_gone_is_an_error_that_passes(void **state)
{
    struct world *w = *state;
    struct t_parser gone;
    struct parse parse = {};
    t_parser_open(&gone, WAIT_MS);
    assert_int_equal(t_parser_ask(&gone, &w->c, S("a"), PARSE_UTF8, &parse), OK);
    t_parser_close(&gone);
    struct parser_client none;
    int fds[2] = {-1, -1};
    assert_true(fdpass_pair(fds));
    (void)close(fds[1]);
    parser_client_init(&none, fds[0]);
    struct parse_order order = {.fd = t_parser_file(&w->c, S("a")), .size = 1};
    assert_int_equal(parser_client_read(&none, &w->c, &order, &parse), ERR_IO);
    assert_string_equal(w->c.failure.reason, "parse.gone");
    call_clear(&w->c);
    (void)close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_docx_is_its_paragraphs_and_rows),
        cmocka_unit_test(what_was_deleted_or_moved_away_is_not_read),
        cmocka_unit_test(comments_and_changes_of_word_have_their_places),
        cmocka_unit_test(too_many_notes_are_cut_and_said_so),
        cmocka_unit_test(an_odt_notes_its_pages),
        cmocka_unit_test(an_xlsx_is_its_rows),
        cmocka_unit_test(plain_text_comes_in_nfc),
        cmocka_unit_test(old_encodings_are_read_when_a_person_says_so),
        cmocka_unit_test(a_pdf_has_pages_text_and_images),
        cmocka_unit_test(a_billion_laughs_are_not_unfolded),
        cmocka_unit_test(a_zip_bomb_is_not_opened),
        cmocka_unit_test(names_that_climb_out_are_refused),
        cmocka_unit_test(a_truncated_package_is_refused_at_every_length),
        cmocka_unit_test(a_changed_byte_is_noticed),
        cmocka_unit_test(macros_are_named_and_not_run),
        cmocka_unit_test(deep_nesting_ends_early),
        cmocka_unit_test(broken_xml_is_refused),
        cmocka_unit_test(a_long_text_is_cut_and_said_so),
        cmocka_unit_test(foreign_formats_are_named),
        cmocka_unit_test(ten_thousand_pages_are_counted),
        cmocka_unit_test(references_in_a_circle_end),
        cmocka_unit_test(a_job_that_takes_too_long_is_ended),
        cmocka_unit_test(a_parser_that_is_gone_is_an_error_that_passes),
    };
    return cmocka_run_group_tests_name("parser", tests, setup, teardown);
}
