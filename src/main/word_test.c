#include "base/limits.h"
#include "core/upload.h"
#include "store/blob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "browser.h"
#include "t_parser.h"
#include "t_store.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

/*
 * A draft goes through Word: it leaves as a DOCX with clause marks and comes back with comments and
 * tracked changes. The files that Word would write are made here; those of LibreOffice are made by
 * test/e2e/word_e2e.py, which calls this program twice:
 *
 *     word_test write FILE    writes the DOCX that leaves
 *     word_test read FILE     takes the one that comes back; prints the page of the round as JSON
 */

enum { ASKER, GIVER, OFFICES };
enum { LONG_CLAUSES = 1000, LONG_COMMENTS = 150, TRIP_MS_MAX = 2000 };

static const char DRAFT[] = "QUY CHẾ PHỐI HỢP\\nĐiều 1. Phạm vi\\nQuy chế này quy định việc phối "
                            "hợp.\\nĐiều 2. Thời hạn\\n1. Trả lời trong 05 ngày làm việc.\\n"
                            "2. Hằng tháng có báo cáo & tổng hợp.\\nĐiều 3. Hiệu lực\\n"
                            "Quy chế có hiệu lực từ ngày ký.";

struct scene {
    struct t_office office[OFFICES];
    struct t_parser parser;
    struct parse_door door;
    struct browser b;
    struct call c;
    int64_t carried[OFFICES][OFFICES];
    struct str worker; /* person of the giver */
    struct str record; /* of the round */
    struct str hash;   /* beginning of the draft's */
};

static void carry_all(struct scene *s)
{
    t_carry(&s->office[ASKER], &s->office[GIVER], &s->carried[ASKER][GIVER]);
    t_carry(&s->office[GIVER], &s->office[ASKER], &s->carried[GIVER][ASKER]);
}

static struct str act_json(struct scene *s, const char *more)
{
    return str_format(s->office[GIVER].arena, "{\"record\":\"%.*s\"%s}", STR_ARG(s->record), more);
}

static void act(struct scene *s, const char *login, const char *name, const char *more)
{
    (void)t_act(&s->office[GIVER], login, name, act_json(s, more).ptr);
}

static struct str see(struct scene *s, const char *view)
{
    return t_view(&s->office[GIVER], "can-bo", view, act_json(s, "").ptr, NULL);
}

static void ask(struct scene *s, const char *draft)
{
    struct t_office *t = &s->office[ASKER];
    struct str json = str_format(t->arena,
                                 "{\"subject\":\"Dự thảo Quy chế\",\"days\":5,\"draft\":\"%s\","
                                 "\"asked\":[{\"office\":\"%.*s\"}]}",
                                 draft, STR_ARG(s->office[GIVER].office.id));
    s->record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    carry_all(s);
}

/* Asks about a draft, and has the giver's officer work on it. */
static void round_begin(struct scene *s, const char *draft)
{
    struct str more =
        str_format(s->office[GIVER].arena, ",\"officer\":\"%.*s\"", STR_ARG(s->worker));
    ask(s, draft);
    act(s, "van-thu", "consultation.register", "");
    act(s, "lanh-dao", "consultation.assign", more.ptr);
    struct str page = see(s, "consultation.text");
    size_t label = str_find(page, S("Mã băm"), 0);
    s->hash = reply_between(str_sub(page, label, page.len), "\"text\":\"", "\"");
    assert_int_equal(s->hash.len, 64);
}

static int open_scene(struct scene *s)
{
    t_office_open(&s->office[ASKER], "VPCP");
    t_office_open(&s->office[GIVER], "VPQH");
    t_peers(&s->office[ASKER], &s->office[GIVER]);
    t_parser_open(&s->parser, LIMIT_PARSE_WAIT_MS);
    s->door = (struct parse_door){parser_client_read, &s->parser.client};
    s->c = call_begin(env_real(), NULL, NULL);
    (void)t_person(&s->office[ASKER], "can-bo", ROLE_OFFICER);
    struct str officer = t_person(&s->office[GIVER], "can-bo", ROLE_OFFICER);
    (void)t_person(&s->office[GIVER], "van-thu", ROLE_REGISTRY);
    (void)t_person(&s->office[GIVER], "lanh-dao", ROLE_LEADER);
    s->office[ASKER].office.parser = &s->door;
    s->office[GIVER].office.parser = &s->door;
    s->worker = officer;
    round_begin(s, DRAFT);
    s->b = browser_open(&s->office[GIVER]);
    s->b.web.plugins = str_of(t_store_plugins(s->c.arena));
    browser_login(&s->b, "can-bo");
    return 0;
}

static int setup(void **state)
{
    struct scene *s = test_calloc(1, sizeof *s);
    *state = s;
    return open_scene(s);
}

static void close_scene(struct scene *s)
{
    call_end(&s->c);
    t_parser_close(&s->parser);
    t_office_close(&s->office[ASKER]);
    t_office_close(&s->office[GIVER]);
}

static int teardown(void **state)
{
    close_scene(*state);
    test_free(*state);
    return 0;
}

/* Stores a file that the officer has brought; the act's JSON for it. */
static struct str file_json(struct scene *s, struct str bytes)
{
    struct t_office *t = &s->office[GIVER];
    struct call c = t_call(t, "can-bo");
    struct str root = {};
    int fd = t_parser_file(&c, bytes);
    assert_int_equal(blob_import(&c, t->office.dir, fd, 0, (int64_t)bytes.len, &root), OK);
    assert_int_equal(upload_note(&c, root), OK);
    struct str json = str_format(t->arena,
                                 ",\"files\":[{\"root\":\"%.*s\",\"name\":\"gop-y.docx\",\"media\":"
                                 "\"application/octet-stream\",\"size\":%zu}]",
                                 STR_ARG(root), bytes.len);
    call_end(&c);
    return json;
}

static struct str outgoing(struct scene *s)
{
    struct str target = str_format(s->office[GIVER].arena,
                                   "/paper/consultation.text.docx?record=%.*s", STR_ARG(s->record));
    struct str reply = browser_get(&s->b, target.ptr);
    assert_true(str_eq(reply_status(reply), S("200")));
    size_t body = str_find(reply, S("\r\n\r\n"), 0) + 4;
    return str_sub(reply, body, reply.len);
}

static void shows(struct str text, const char *part)
{
    if (str_find(text, str_of(part), 0) < text.len) return;
    print_error("\"%s\" is not in %.*s\n", part, STR_ARG(text));
    assert_true(false);
}

/* A clause as it comes back: its number, then what stands in its paragraph. */
static struct str clause_xml(struct scene *s, int number, const char *inside)
{
    return str_format(s->c.arena,
                      "<w:p><w:bookmarkStart w:id=\"%d\" w:name=\"PH_%d_%.12s\"/>%s"
                      "<w:bookmarkEnd w:id=\"%d\"/></w:p>",
                      number, number, s->hash.ptr, inside, number);
}

#define RUN(text) "<w:r><w:t xml:space=\"preserve\">" text "</w:t></w:r>"
#define INS(text) "<w:ins w:id=\"90\" w:author=\"Cán bộ\">" RUN(text) "</w:ins>"
#define DEL(text)                                                                                  \
    "<w:del w:id=\"91\" w:author=\"Cán bộ\"><w:r><w:delText>" text "</w:delText></w:r></w:del>"
#define RANGE(id, text)                                                                            \
    "<w:commentRangeStart w:id=\"" id "\"/>" RUN(text) "<w:commentRangeEnd w:id=\"" id "\"/>"      \
                                                       "<w:r><w:commentReference w:id=\"" id       \
                                                       "\"/></w:r>"
#define COMMENT(id, text)                                                                          \
    "<w:comment w:id=\"" id                                                                        \
    "\" w:author=\"Cán bộ\"><w:p><w:r><w:annotationRef/></w:r>" RUN(text) "</w:p></w:comment>"
#define COMMENTS(list)                                                                             \
    "<w:comments xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">" list   \
    "</w:comments>"

/* The whole draft with the third and fifth clause as given, and what stands between them. */
static struct str returned(struct scene *s, const char *third, const char *gap, const char *fifth,
                           const char *comments)
{
    struct sb sb = sb_new(s->c.arena, 0);
    sb_put(&sb, S("<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w="
                  "\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>"));
    sb_put(&sb, clause_xml(s, 1, RUN("QUY CHẾ PHỐI HỢP")));
    sb_put(&sb, clause_xml(s, 2, RUN("Điều 1. Phạm vi Quy chế này quy định việc phối hợp.")));
    sb_put(&sb, clause_xml(s, 3, RUN("Điều 2. Thời hạn")));
    sb_put(&sb, clause_xml(s, 4, third));
    sb_put(&sb, str_of(gap));
    sb_put(&sb, clause_xml(s, 5, fifth));
    sb_put(&sb, clause_xml(s, 6, RUN("Điều 3. Hiệu lực Quy chế có hiệu lực từ ngày ký.")));
    sb_put(&sb, S("</w:body></w:document>"));
    const char *const parts[] = {"word/document.xml", str_zero(s->c.arena, sb_str(&sb)),
                                 "word/comments.xml", comments, NULL};
    return t_package(&s->c, parts);
}

#define K1 RUN("1. Trả lời trong 05 ngày làm việc.")
#define K2 RUN("2. Hằng tháng có báo cáo &amp; tổng hợp.")

static void take(struct scene *s, struct str bytes)
{
    act(s, "can-bo", "consultation.take_word", file_json(s, bytes).ptr);
}

static void refuses(struct scene *s, struct str bytes, const char *problem)
{
    struct call c = t_call(&s->office[GIVER], "can-bo");
    struct act_result result = {};
    struct str json = act_json(s, file_json(s, bytes).ptr);
    assert_int_equal(act_run_json(&c, S("consultation.take_word"), json, (struct str){}, &result),
                     ERR_INVALID);
    assert_int_equal(c.failure.problem_count, 1);
    assert_string_equal(c.failure.problems[0].reason, problem);
    call_end(&c);
}

/* ---- what holds ---- */

static void the_text_leaves_with_a_mark_for_each_clause(void **state)
{
    struct scene *s = *state;
    struct parse parse = {};
    assert_int_equal(t_parser_ask(&s->parser, &s->c, outgoing(s), PARSE_UTF8, &parse), OK);
    static const char *const NAMES[] = {"1_", "2_", "2_", "3_", "4_", "5_", "6_", "6_"};
    assert_int_equal(parse.notes.count, ARRAY_LEN(NAMES)); /* two articles have two paragraphs */
    for (size_t i = 0; i < parse.notes.count; i++) {
        const struct parse_note *note = &parse.notes.rows[i];
        struct str name = str_format(s->c.arena, "PH_%s%.12s", NAMES[i], s->hash.ptr);
        assert_int_equal(note->kind, PARSE_MARK);
        assert_true(str_starts(note->text, name));
    }
    struct str fifth = str_sub(parse.text, parse.notes.rows[5].from, parse.notes.rows[5].to);
    assert_true(str_eq(fifth, S("2. Hằng tháng có báo cáo & tổng hợp.")));
}

static void a_file_without_comment_or_change_says_nothing(void **state)
{
    refuses(*state, outgoing(*state), "consultation.word_nothing");
}

static void comments_and_changes_become_points_at_their_clauses(void **state)
{
    struct scene *s = *state;
    take(s, returned(s, RUN("1. Trả lời trong ") DEL("05") INS("07") RUN(" ngày làm việc."), "",
                     RUN("2. ") RANGE("1", "Hằng tháng") RUN(" có báo cáo &amp; tổng hợp."),
                     COMMENTS(COMMENT("1", "Nên hằng quý."))));
    struct str page = see(s, "consultation.show");
    shows(page, "\"text\":\"khoản 1 Điều 2\"");
    shows(page, "Đề nghị bỏ “05”, thay bằng “07”.");
    shows(page, "1. Trả lời trong 07 ngày làm việc.");
    shows(page, "\"text\":\"khoản 2 Điều 2\"");
    shows(page, "Về “Hằng tháng”: Nên hằng quý.");
    assert_int_equal(str_find(page, S("chưa đặt được"), 0), page.len);
    act(s, "can-bo", "consultation.submit", "");
}

static void what_stands_between_clauses_waits_for_a_person(void **state)
{
    struct scene *s = *state;
    take(s, returned(s, K1, "<w:p>" INS("1a. Báo cáo quý.") "</w:p>", K2, COMMENTS("")));
    struct str page = see(s, "consultation.show");
    shows(page, "chưa đặt được");
    shows(page, "Sau khoản 1 Điều 2");
    shows(page, "Đề nghị thêm “1a. Báo cáo quý.”.");
    struct str reason =
        t_refused(&s->office[GIVER], "can-bo", "consultation.submit", act_json(s, "").ptr);
    assert_string_equal(reason.ptr, "consultation.unplaced_left");
    shows(see(s, "consultation.text"), "(chưa đặt) Đề nghị thêm");
    act(s, "can-bo", "consultation.place",
        ",\"item\":1,\"where\":\"clause\",\"clause\":\"khoản 1a Điều 2\",\"level\":\"condition\"");
    page = see(s, "consultation.show");
    shows(page, "khoản 1a Điều 2");
    assert_int_equal(str_find(page, S("chưa đặt được"), 0), page.len);
    act(s, "can-bo", "consultation.submit", "");
}

static void a_comment_over_two_clauses_is_not_placed(void **state)
{
    struct scene *s = *state;
    take(s,
         returned(s, "<w:commentRangeStart w:id=\"1\"/>" K1, "",
                  K2 "<w:commentRangeEnd w:id=\"1\"/>", COMMENTS(COMMENT("1", "Gộp hai khoản."))));
    shows(see(s, "consultation.show"), "Sau khoản 1 Điều 2");
    act(s, "can-bo", "consultation.place", ",\"item\":1,\"where\":\"nowhere\"");
    struct str page = see(s, "consultation.show");
    assert_int_equal(str_find(page, S("Gộp hai khoản."), 0), page.len);
}

static void what_nobody_tracked_is_told(void **state)
{
    struct scene *s = *state;
    take(s, returned(s, RUN("1. Trả lời trong 03 ngày làm việc."), "", K2, COMMENTS("")));
    struct str page = see(s, "consultation.show");
    shows(page, "không có dấu theo dõi thay đổi");
    shows(page, "1. Trả lời trong 03 ngày làm việc.");
    shows(page, "Sau khoản 1 Điều 2");
}

static void a_file_of_another_draft_is_refused(void **state)
{
    struct scene *s = *state;
    struct str mine = s->hash;
    s->hash = S("000000000000");
    struct str other = returned(s, K1 INS("x"), "", K2, COMMENTS(""));
    s->hash = mine;
    refuses(s, other, "consultation.word_other");
    refuses(s, t_docx(&s->c, "<w:p>" INS("x") "</w:p>"), "consultation.word_unmarked");
    refuses(s, S("Điều 1. Một"), "consultation.word_format");
}

static void a_file_is_taken_once(void **state)
{
    struct scene *s = *state;
    struct str bytes = returned(s, K1 INS("x"), "", K2, COMMENTS(""));
    take(s, bytes);
    refuses(s, bytes, "consultation.word_taken");
}

static void the_draft_is_taken_from_an_attached_docx(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[GIVER];
    struct str docx =
        t_docx(&s->c, "<w:p>" RUN("Điều 1. Một") "</w:p><w:p>" RUN("1. Hai") "</w:p>");
    struct str json = str_format(
        t->arena, "{\"subject\":\"Tệp\",\"days\":5,\"asked\":[{\"office\":\"%.*s\"}]%.*s}",
        STR_ARG(s->office[ASKER].office.id), STR_ARG(file_json(s, docx)));
    s->record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    shows(see(s, "consultation.text"), "khoản 1 Điều 1");
}

/* Every clause as it left; the first ones with a comment. */
static struct str long_file(struct scene *s)
{
    struct sb xml = sb_new(s->c.arena, 0);
    struct sb comments = sb_new(s->c.arena, 0);
    sb_put(&comments, S("<w:comments xmlns:w="
                        "\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\">"));
    for (int i = 1; i <= LONG_CLAUSES; i++) {
        struct str text = str_format(s->c.arena, RUN("Điều %d. Các cơ quan phối hợp kịp thời."), i);
        if (i <= LONG_COMMENTS) {
            text = str_format(
                s->c.arena, "<w:commentRangeStart w:id=\"%d\"/>%s<w:commentRangeEnd w:id=\"%d\"/>",
                i, text.ptr, i);
            sb_printf(&comments, "<w:comment w:id=\"%d\"><w:p>" RUN("Ý %d.") "</w:p></w:comment>",
                      i, i);
        }
        sb_put(&xml, clause_xml(s, i, text.ptr));
    }
    sb_put(&comments, S("</w:comments>"));
    struct str document =
        str_format(s->c.arena,
                   "<w:document xmlns:w="
                   "\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>%s"
                   "</w:body></w:document>",
                   str_zero(s->c.arena, sb_str(&xml)));
    const char *const parts[] = {"word/document.xml", document.ptr, "word/comments.xml",
                                 str_zero(s->c.arena, sb_str(&comments)), NULL};
    return t_package(&s->c, parts);
}

static void a_long_draft_goes_and_comes_in_time(void **state)
{
    struct scene *s = *state;
    struct sb draft = sb_new(s->c.arena, 0);
    struct timespec begin = {};
    struct timespec end = {};
    for (int i = 1; i <= LONG_CLAUSES; i++)
        sb_printf(&draft, "Điều %d. Các cơ quan phối hợp kịp thời.\\n", i);
    round_begin(s, str_zero(s->c.arena, sb_str(&draft)));
    struct str bytes = long_file(s);
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    (void)outgoing(s);
    take(s, bytes);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    print_message("%d clauses, %d comments: %lld ms\n", LONG_CLAUSES, LONG_COMMENTS, (long long)ms);
    shows(see(s, "consultation.show"), "Ý 150.");
    assert_true(ms < TRIP_MS_MAX);
}

/* ---- for word_e2e.py ---- */

static int file_mode(const char *mode, const char *path)
{
    enum { FILE_MAX = 4 * 1024 * 1024 };
    struct scene s = {};
    (void)open_scene(&s);
    FILE *file = fopen(path, strcmp(mode, "write") == 0 ? "wb" : "rb");
    assert_non_null(file);
    if (strcmp(mode, "write") == 0) {
        struct str bytes = outgoing(&s);
        assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
    } else {
        char *bytes = arena_alloc(s.c.arena, FILE_MAX);
        size_t size = fread(bytes, 1, FILE_MAX, file);
        take(&s, (struct str){bytes, size});
        struct str page = see(&s, "consultation.show");
        (void)printf("%.*s\n", STR_ARG(page));
    }
    (void)fclose(file);
    close_scene(&s);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3) return file_mode(argv[1], argv[2]);
#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_SCENE(the_text_leaves_with_a_mark_for_each_clause),
        IN_SCENE(a_file_without_comment_or_change_says_nothing),
        IN_SCENE(comments_and_changes_become_points_at_their_clauses),
        IN_SCENE(what_stands_between_clauses_waits_for_a_person),
        IN_SCENE(a_comment_over_two_clauses_is_not_placed),
        IN_SCENE(what_nobody_tracked_is_told),
        IN_SCENE(a_file_of_another_draft_is_refused),
        IN_SCENE(a_file_is_taken_once),
        IN_SCENE(the_draft_is_taken_from_an_attached_docx),
        IN_SCENE(a_long_draft_goes_and_comes_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
