#include "base/limits.h"
#include "core/job.h"
#include "core/parse.h"
#include "core/upload.h"
#include "store/blob.h"

#include <setjmp.h>
#include <stdarg.h>

#include "browser.h"
#include "t_parser.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

/* Files of a record in the page, from their upload through the parser process to what is shown. */

struct desk {
    struct t_office t;
    struct t_office peer;
    struct t_parser parser;
    struct parse_door door;
    struct browser b;
    struct call c; /* for making files */
};

static int setup(void **state)
{
    struct desk *desk = test_calloc(1, sizeof *desk);
    t_office_open(&desk->t, "VPCP");
    t_office_open(&desk->peer, "VPQH");
    t_peers(&desk->t, &desk->peer);
    t_parser_open(&desk->parser, LIMIT_PARSE_WAIT_MS);
    desk->door = (struct parse_door){parser_client_read, &desk->parser.client};
    desk->t.office.parser = &desk->door;
    (void)t_person(&desk->t, "lan", ROLE_OFFICER | ROLE_CHIEF);
    desk->b = browser_open(&desk->t);
    browser_login(&desk->b, "lan");
    desk->c = call_begin(env_real(), NULL, NULL);
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    call_end(&desk->c);
    t_parser_close(&desk->parser);
    t_office_close(&desk->t);
    t_office_close(&desk->peer);
    test_free(desk);
    return 0;
}

static struct str store_file(struct desk *desk, struct str bytes)
{
    struct call c = t_call(&desk->t, "lan");
    struct str root = {};
    int fd = t_parser_file(&c, bytes);
    assert_int_equal(blob_import(&c, desk->t.office.dir, fd, 0, (int64_t)bytes.len, &root), OK);
    assert_int_equal(upload_note(&c, root), OK);
    root = str_copy(desk->t.arena, root);
    call_end(&c);
    return root;
}

/* A request for opinion with that file; returns "RECORD/ROOT". */
static struct str request_with(struct desk *desk, struct str bytes)
{
    struct str root = store_file(desk, bytes);
    struct str json = str_format(
        desk->t.arena,
        "{\"subject\":\"Dự thảo\",\"days\":5,\"urgency\":\"normal\",\"asked\":[{\"office\":"
        "\"%.*s\"}],\"files\":[{\"root\":\"%.*s\",\"name\":\"dự thảo\",\"media\":"
        "\"text/plain\",\"size\":%zu}]}",
        STR_ARG(desk->peer.office.id), STR_ARG(root), bytes.len);
    struct act_result result = t_act(&desk->t, "lan", "consultation.ask", json.ptr);
    return str_format(desk->t.arena, "%.*s/%.*s", STR_ARG(result.record), STR_ARG(root));
}

static struct str preview(struct desk *desk, struct str file, const char *more)
{
    struct str target = str_format(desk->t.arena, "/preview/%.*s%s", STR_ARG(file), more);
    return browser_get(&desk->b, target.ptr);
}

static void has(struct str reply, const char *text)
{
    if (!reply_has(reply, text)) print_error("no %s in %.*s\n", text, STR_ARG(reply));
    assert_true(reply_has(reply, text));
}

static void a_record_offers_the_preview_of_its_files(void **state)
{
    struct desk *desk = *state;
    struct str file = request_with(desk, S("Điều 1. Một"));
    struct str record = str_sub(file, 0, str_find(file, S("/"), 0));
    struct str target =
        str_format(desk->t.arena, "/view/consultation.show?record=%.*s", STR_ARG(record));
    has(browser_get(&desk->b, target.ptr),
        str_format(desk->t.arena, "<a href=\"/preview/%.*s\">", STR_ARG(file)).ptr);
}

static void a_docx_is_shown_as_headings_paragraphs_and_tables(void **state)
{
    struct desk *desk = *state;
    struct str docx = t_docx(&desk->c, "<w:p><w:r><w:t>Điều 1. &lt;Tên&gt;</w:t></w:r></w:p><w:p>"
                                       "<w:r><w:t>1. Nội dung</w:t></w:r></w:p><w:tbl><w:tr><w:tc>"
                                       "<w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r>"
                                       "<w:t>B</w:t></w:r></w:p></w:tc></w:tr></w:tbl>");
    struct str reply = preview(desk, request_with(desk, docx), "");
    has(reply, "<h3>Điều 1. &lt;Tên&gt;</h3>");
    has(reply, "<p>1. Nội dung</p>");
    has(reply, "<td>A</td><td>B</td>");
    has(reply, "Khoảng 1 trang");
}

static void a_pdf_is_shown_page_by_page(void **state)
{
    struct desk *desk = *state;
    struct str file = request_with(desk, t_pdf(desk->c.arena, 3));
    struct str reply = preview(desk, file, "?part=2");
    has(reply, "Trang 2/3");
    has(reply, "<p>Page 2</p>");
    has(reply, "?part=1\"");
    has(reply, "?part=3\"");
    struct str image = str_format(desk->t.arena, "/image/%.*s/2", STR_ARG(file));
    has(reply, image.ptr);
    reply = browser_get(&desk->b, image.ptr);
    assert_true(str_eq(reply_status(reply), S("200")));
    assert_true(str_eq(reply_header(&desk->t, reply, "Content-Type"), S("image/png")));
    image = str_format(desk->t.arena, "/image/%.*s/0", STR_ARG(file));
    assert_true(str_eq(reply_status(browser_get(&desk->b, image.ptr)), S("404")));
}

static void a_file_that_is_refused_says_why(void **state)
{
    struct desk *desk = *state;
    struct str file = request_with(desk, S("PK\x03\x04 và hết"));
    has(preview(desk, file, ""), "tệp bị hỏng hoặc tải lên chưa đủ");
}

static void an_old_encoding_is_chosen_by_a_person(void **state)
{
    struct desk *desk = *state;
    struct str file = request_with(desk, S("C\xE9ng h\xDF"
                                           "a"));
    has(preview(desk, file, ""), "name=\"encoding\" value=\"tcvn3\"");
    size_t slash = str_find(file, S("/"), 0);
    struct str form =
        str_format(desk->t.arena, "record=%.*s&root=%.*s&encoding=tcvn3",
                   STR_ARG(str_sub(file, 0, slash)), STR_ARG(str_sub(file, slash + 1, file.len)));
    struct str reply = browser_post(&desk->b, "/act/parse.encoding", form.ptr);
    assert_true(str_eq(reply_status(reply), S("303")));
    has(preview(desk, file, ""), "<p>Cộng hòa</p>");
}

static void who_may_not_see_the_record_sees_no_preview(void **state)
{
    struct desk *desk = *state;
    struct str file = request_with(desk, S("kín"));
    struct browser admin = browser_open(&desk->t);
    browser_login(&admin, "admin"); /* keeps accounts and reads no records */
    struct str target = str_format(desk->t.arena, "/preview/%.*s", STR_ARG(file));
    assert_true(str_eq(reply_status(browser_get(&admin, target.ptr)), S("404")));
    target = str_format(desk->t.arena, "/image/%.*s/1", STR_ARG(file));
    assert_true(str_eq(reply_status(browser_get(&admin, target.ptr)), S("404")));
}

/* ---- what modules see ---- */

static enum err ask_step(struct call *c, void *arg)
{
    return parse_ask(c, *(const struct str *)arg);
}

static void jobs_run(struct desk *desk)
{
    struct job_worker worker = {};
    int64_t wake_ms = 0;
    while (wake_ms <= desk->t.now_ms) {
        struct call c = t_call(&desk->t, NULL);
        assert_int_equal(job_turn(&c, &worker, &wake_ms), OK);
        call_end(&c);
    }
}

static void what_a_module_asks_for_is_read_by_a_job(void **state)
{
    struct desk *desk = *state;
    struct str root = store_file(desk, S("Điều 1. A\nĐiều 2. B\n1. C\n"));
    struct call c = t_call(&desk->t, "lan");
    struct parse parse = {};
    assert_int_equal(parse_find(&c, root, &parse), OK);
    assert_int_equal(parse.state, PARSE_NONE);
    assert_int_equal(store_tx(&c, ask_step, &root), OK);
    assert_int_equal(parse_find(&c, root, &parse), OK);
    assert_int_equal(parse.state, PARSE_WAITING);
    jobs_run(desk);
    assert_int_equal(parse_get(&c, root, &parse), OK);
    assert_int_equal(parse.state, PARSE_DONE);
    assert_int_equal(parse.clauses.count, 3);
    assert_true(str_eq(parse.clauses.rows[2].path, S("2.1")));
    call_end(&c);
}

static void a_file_that_is_still_on_its_way_is_asked_for_again(void **state)
{
    struct desk *desk = *state;
    struct str root = S("00000000000000000000000000000000000000000000000000000000000000aa");
    struct call c = t_call(&desk->t, "lan");
    struct parse parse = {};
    assert_int_equal(store_tx(&c, ask_step, &root), OK);
    jobs_run(desk);
    assert_int_equal(parse_find(&c, root, &parse), OK);
    assert_int_equal(parse.state, PARSE_WAITING);
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_offers_the_preview_of_its_files),
        cmocka_unit_test(a_docx_is_shown_as_headings_paragraphs_and_tables),
        cmocka_unit_test(a_pdf_is_shown_page_by_page),
        cmocka_unit_test(a_file_that_is_refused_says_why),
        cmocka_unit_test(an_old_encoding_is_chosen_by_a_person),
        cmocka_unit_test(who_may_not_see_the_record_sees_no_preview),
        cmocka_unit_test(what_a_module_asks_for_is_read_by_a_job),
        cmocka_unit_test(a_file_that_is_still_on_its_way_is_asked_for_again),
    };
    return cmocka_run_group_tests_name("preview", tests, setup, teardown);
}
