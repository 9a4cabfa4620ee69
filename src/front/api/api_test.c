#include "front/api/api.h"

#include <setjmp.h>
#include <stdarg.h>

#include "browser.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "front/http/loopback.h"

struct desk {
    struct t_office t;
    struct browser b;
    const char *pass; /* header line with lan's token */
};

static int open_desk(void **state)
{
    struct desk *desk = test_malloc(sizeof *desk);
    struct str token = {};
    t_office_open(&desk->t, "VPCP");
    (void)t_person(&desk->t, "lan", ROLE_OFFICER);
    struct call c = t_call(&desk->t, "lan");
    enum err e = token_add(&c, S("lan"), S("thử"), &token);
    assert_int_equal(e, OK);
    desk->pass = str_format(desk->t.arena, "Authorization: Bearer %.*s\r\n", STR_ARG(token)).ptr;
    call_end(&c);
    desk->b = browser_open(&desk->t);
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    test_free(desk);
    return 0;
}

static struct str ask(struct desk *desk, const char *what, const char *more, const char *body)
{
    struct str headers = str_format(desk->t.arena, "%s%s", desk->pass, more);
    return browser_ask(&desk->b, what, headers.ptr, str_of(body));
}

static void status_is(struct desk *desk, struct str reply, const char *status)
{
    if (!str_eq(reply_status(reply), str_of(status))) print_error("%.*s\n", STR_ARG(reply));
    assert_string_equal(str_zero(desk->t.arena, reply_status(reply)), status);
}

static void a_token_does_acts_and_reads_views(void **state)
{
    struct desk *desk = *state;
    struct str reply = ask(desk, "POST /api/act/note.write", "", "{\"title\":\"Từ máy\"}");
    status_is(desk, reply, "200");
    assert_true(reply_has(reply, "{\"record\":\""));
    reply = ask(desk, "GET /api/view/note.list", "", "");
    status_is(desk, reply, "200");
    assert_true(reply_has(reply, "{\"name\":\"note.list\",\"kind\":\"list\","));
    assert_true(reply_has(reply, "\"text\":\"Từ máy\""));
    assert_string_equal(str_zero(desk->t.arena, reply_header(&desk->t, reply, "Content-Type")),
                        "application/json");
}

static void without_a_good_token_nothing_is_told(void **state)
{
    struct desk *desk = *state;
    const char *const lines[] = {"", "Authorization: Bearer aaaa\r\n",
                                 "Authorization: Basic bGFu\r\n"};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct str reply = browser_ask(&desk->b, "GET /api/acts", lines[i], (struct str){});
        status_is(desk, reply, "401");
        assert_true(reply_has(reply, "{\"error\":\"login\""));
        assert_true(reply_has(reply, "WWW-Authenticate: Bearer\r\n"));
    }
}

static void a_browser_s_cookie_is_no_pass_for_programs(void **state)
{
    struct desk *desk = *state;
    browser_login(&desk->b, "lan");
    struct str reply =
        browser_ask(&desk->b, "POST /api/act/note.write", "", S("{\"title\":\"x\"}"));
    status_is(desk, reply, "401");
}

static void a_refusal_names_its_reason_and_its_fields(void **state)
{
    struct desk *desk = *state;
    struct str reply = ask(desk, "POST /api/act/note.write", "", "{\"text\":\"x\"}");
    status_is(desk, reply, "422");
    assert_true(reply_has(reply, "{\"error\":\"invalid\",\"reason\":\"form\",\"text\":\""));
    assert_true(reply_has(reply, "\"fields\":{\"title\":\"Chưa nhập"));
    reply = ask(desk, "POST /api/act/note.write", "Accept-Language: en\r\n", "{");
    status_is(desk, reply, "400");
    assert_true(reply_has(reply, "\"reason\":\"json\""));
    status_is(desk, ask(desk, "POST /api/act/note.nix", "", "{}"), "404");
    status_is(desk, ask(desk, "GET /api/view/note.nix", "", ""), "404");
    status_is(desk, ask(desk, "GET /api/nix", "", ""), "404");
    status_is(desk, ask(desk, "GET /api/act/note.write", "", ""), "404");
}

static void a_repeated_call_with_its_key_acts_once(void **state)
{
    struct desk *desk = *state;
    const char *key = "Idempotency-Key: lan-1\r\n";
    struct str first = ask(desk, "POST /api/act/note.write", key, "{\"title\":\"Một\"}");
    struct str second = ask(desk, "POST /api/act/note.write", key, "{\"title\":\"Một\"}");
    assert_true(str_eq(http_loopback_body(first), http_loopback_body(second)));
    char long_key[64 + 32] = "Idempotency-Key: ";
    for (size_t i = 17; i < 17 + 65; i++)
        long_key[i] = 'k';
    long_key[17 + 65] = '\r';
    long_key[17 + 66] = '\n';
    status_is(desk, ask(desk, "POST /api/act/note.write", long_key, "{\"title\":\"Hai\"}"), "413");
}

static void a_file_is_stored_and_named_by_its_root(void **state)
{
    struct desk *desk = *state;
    struct str reply = ask(desk, "POST /api/file", "", "Điều 1.\n");
    status_is(desk, reply, "200");
    struct str root = t_file(&desk->t, "Điều 1.\n");
    struct str body = str_format(desk->t.arena, "{\"root\":\"%.*s\",\"size\":11}", STR_ARG(root));
    assert_true(str_eq(http_loopback_body(reply), body));
}

/* The act of the module that takes files, whichever it is. */
static struct str ask_with_file(struct desk *desk, struct str root)
{
    struct str body = str_format(
        desk->t.arena,
        "{\"subject\":\"Thử\",\"days\":5,\"asked_bodies\":[{\"name\":\"Viện thử\"}],"
        "\"files\":[{\"root\":\"%.*s\",\"name\":\"a.txt\",\"media\":\"text/plain\",\"size\":11}]}",
        STR_ARG(root));
    return ask(desk, "POST /api/act/consultation.ask", "", body.ptr);
}

static void a_program_names_only_files_that_it_brought(void **state)
{
    struct desk *desk = *state;
    struct str root = t_file(&desk->t, "Điều 1.\n"); /* here, but not by this person */
    struct str reply = ask_with_file(desk, root);
    status_is(desk, reply, "404");
    assert_true(reply_has(reply, "\"reason\":\"blob.missing\""));
    status_is(desk, ask(desk, "POST /api/file", "", "Điều 1.\n"), "200");
    status_is(desk, ask_with_file(desk, root), "200");
}

static void the_acts_describe_themselves(void **state)
{
    struct desk *desk = *state;
    struct str reply = ask(desk, "GET /api/acts", "", "");
    status_is(desk, reply, "200");
    assert_true(reply_has(reply, "{\"acts\":[{\"act\":\""));
    assert_true(reply_has(reply, "\"act\":\"note.write\""));
}

static void the_control_socket_acts_as_the_login_it_is_told(void **state)
{
    struct desk *desk = *state;
    struct str request =
        http_loopback_request(desk->t.arena, S("POST /api/act/note.write"),
                              S("Phoihop-As: lan\r\n"), S("{\"title\":\"Từ dòng lệnh\"}"));
    struct str reply =
        http_loopback(desk->t.arena, &desk->t.env, &control_handler, &desk->b.web, request);
    status_is(desk, reply, "200");
    request = http_loopback_request(desk->t.arena, S("POST /api/act/note.write"),
                                    S("Phoihop-As: ai\r\n"), S("{\"title\":\"x\"}"));
    reply = http_loopback(desk->t.arena, &desk->t.env, &control_handler, &desk->b.web, request);
    status_is(desk, reply, "401");
    request = http_loopback_request(desk->t.arena, S("POST /api/act/note.write"), S(""),
                                    S("{\"title\":\"x\"}"));
    reply = http_loopback(desk->t.arena, &desk->t.env, &control_handler, &desk->b.web, request);
    status_is(desk, reply, "401");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_does_acts_and_reads_views),
        TEST(without_a_good_token_nothing_is_told),
        TEST(a_browser_s_cookie_is_no_pass_for_programs),
        TEST(a_refusal_names_its_reason_and_its_fields),
        TEST(a_repeated_call_with_its_key_acts_once),
        TEST(a_file_is_stored_and_named_by_its_root),
        TEST(a_program_names_only_files_that_it_brought),
        TEST(the_acts_describe_themselves),
        TEST(the_control_socket_acts_as_the_login_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
