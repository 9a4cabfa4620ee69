#include "front/http/http_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "front/http/loopback.h"

#include <cmocka.h>

#define PART(name) "--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"

/* Reads the body in pieces of every size up to 30; all must agree. Returns the verdict. */
static enum http_form_verdict multipart(struct arena *arena, struct str body,
                                        struct http_form *ret_form)
{
    enum http_form_verdict verdict = HTTP_FORM_BAD;
    for (size_t piece = 30; piece > 0; piece--) {
        struct http_multipart reader = http_multipart_begin(arena, S("b"));
        struct http_form form = {};
        for (size_t at = 0; at < body.len; at += piece) {
            (void)http_multipart_feed(&reader, str_sub(body, at, at + piece));
        }
        enum http_form_verdict now = http_multipart_end(&reader, &form);
        if (piece < 30) assert_int_equal(now, verdict);
        verdict = now;
        *ret_form = form;
    }
    return verdict;
}

static struct str content(struct str body, const struct http_part *part)
{
    return str_sub(body, (size_t)part->offset, (size_t)(part->offset + part->size));
}

static void parts_are_found_by_offset_and_size(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_form form = {};
    struct str body = S(PART("a") "one\r\n" PART("b") "\r\n--b--\r\n");
    assert_int_equal(multipart(arena, body, &form), HTTP_FORM_OK);
    assert_int_equal(form.count, 2);
    assert_true(str_eq(form.parts[0].name, S("a")));
    assert_true(str_eq(content(body, &form.parts[0]), S("one")));
    assert_true(str_eq(form.parts[1].name, S("b")));
    assert_int_equal(form.parts[1].size, 0);
    arena_close(arena);
}

static void content_that_resembles_the_delimiter_is_kept(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_form form = {};
    struct str body = S(PART("a") "\r\r\n-\r\n--\r\r\n--a--b\n--b\r\n--b--\r\n");
    assert_int_equal(multipart(arena, body, &form), HTTP_FORM_OK);
    assert_true(str_eq(content(body, &form.parts[0]), S("\r\r\n-\r\n--\r\r\n--a--b\n--b")));
    arena_close(arena);
}

static void a_file_has_name_and_media_type(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_form form = {};
    struct str body = S("--b\r\ncontent-disposition: form-data; name=\"f\"; "
                        "filename=\"C:\\tai lieu\\công văn %22 1.pdf\"\r\n"
                        "Content-Type: Application/PDF\r\n\r\n%PDF\r\n--b--");
    assert_int_equal(multipart(arena, body, &form), HTTP_FORM_OK);
    assert_true(form.parts[0].file);
    assert_true(str_eq(form.parts[0].filename, S("công văn \" 1.pdf")));
    assert_true(str_eq(form.parts[0].media, S("application/pdf")));
    arena_close(arena);
}

static void a_field_left_empty_for_a_file_is_still_a_file(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_form form = {};
    struct str body = S("--b\r\nContent-Disposition: form-data; name=f; filename=\"\"\r\n"
                        "Content-Type: application/octet-stream\r\n\r\n\r\n--b--\r\n");
    assert_int_equal(multipart(arena, body, &form), HTTP_FORM_OK);
    assert_true(form.parts[0].file);
    assert_int_equal(form.parts[0].filename.len, 0);
    arena_close(arena);
}

static void malformed_multipart_bodies_are_refused(void **state)
{
    (void)state;
    static const char *const BODIES[] = {
        "",
        "preamble\r\n" PART("a") "x\r\n--b--",
        PART("a") "x",
        PART("a") "x\r\n--b",
        PART("a") "x\r\n--b-",
        PART("a") "x\r\n--bx--",
        "--b\r\n\r\nno head\r\n--b--",
        "--b\r\nContent-Type: text/plain\r\n\r\nno name\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\" b\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition : form-data; name=a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a\r\n folded\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nx\r\n--b--",
        "--b\nContent-Disposition: form-data; name=a\n\nx\n--b--",
        PART("a") "x\r\n--b--\r\n" /* complete: the last row must be accepted */,
    };
    struct arena *arena = arena_open(0);
    for (size_t i = 0; i < ARRAY_LEN(BODIES); i++) {
        struct http_form form = {};
        bool last = i + 1 == ARRAY_LEN(BODIES);
        assert_int_equal(multipart(arena, str_of(BODIES[i]), &form),
                         last ? HTTP_FORM_OK : HTTP_FORM_BAD);
    }
    arena_close(arena);
}

static void parts_are_limited_in_number_and_head(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_form form = {};
    struct sb most = sb_new(arena, 0);
    struct sb head = sb_new(arena, 0);
    for (size_t i = 0; i < LIMIT_FORM_PARTS; i++)
        sb_put(&most, S(PART("a") "x\r\n"));
    struct str more = str_format(arena, "%.*s" PART("a") "x\r\n--b--", STR_ARG(sb_str(&most)));
    sb_put(&most, S("--b--"));
    sb_put(&head, S("--b\r\nX: "));
    for (size_t i = 0; i < LIMIT_PART_HEAD_BYTES; i++)
        sb_char(&head, 'a');
    sb_put(&head, S("\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--"));
    assert_int_equal(multipart(arena, sb_str(&most), &form), HTTP_FORM_OK);
    assert_int_equal(multipart(arena, more, &form), HTTP_FORM_TOO_MANY);
    assert_int_equal(multipart(arena, sb_str(&head), &form), HTTP_FORM_BAD);
    arena_close(arena);
}

static void the_boundary_is_read_from_the_content_type(void **state)
{
    (void)state;
    struct str boundary = {};
    assert_true(http_form_boundary(S("multipart/form-data; boundary=a-b"), &boundary));
    assert_true(str_eq(boundary, S("a-b")));
    assert_true(http_form_boundary(S("Multipart/Form-Data;boundary=\"a b\";x=y"), &boundary));
    assert_true(str_eq(boundary, S("a b")));
    assert_false(http_form_boundary(S("multipart/mixed; boundary=a"), &boundary));
    assert_false(http_form_boundary(S("multipart/form-data"), &boundary));
    assert_false(http_form_boundary(S("multipart/form-data; boundary=\"a"), &boundary));
    assert_false(http_form_boundary(S("multipart/form-data; boundary=a\\b"), &boundary));
}

static void pairs_are_decoded(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_form form = {};
    assert_int_equal(http_form_pairs(arena, S("a=1+2&&b=%C4%91%3D&a=3&c"), &form), HTTP_FORM_OK);
    assert_int_equal(form.count, 4);
    assert_true(str_eq(http_form_value(&form, S("a")), S("1 2")));
    assert_true(str_eq(http_form_value(&form, S("b")), S("đ=")));
    assert_true(http_form_has(&form, S("c")));
    assert_false(http_form_has(&form, S("d")));
    size_t at = 0;
    (void)http_form_next(&form, S("a"), &at);
    assert_true(str_eq(http_form_next(&form, S("a"), &at)->value, S("3")));
    assert_null(http_form_next(&form, S("a"), &at));
    arena_close(arena);
}

static void broken_pairs_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct http_form form = {};
    assert_int_equal(http_form_pairs(arena, S("a=%4"), &form), HTTP_FORM_BAD);
    assert_int_equal(http_form_pairs(arena, S("a=%zz"), &form), HTTP_FORM_BAD);
    assert_int_equal(http_form_pairs(arena, S("a=%ff"), &form), HTTP_FORM_BAD);
    assert_int_equal(http_form_pairs(arena, S("a=%00"), &form), HTTP_FORM_BAD);
    assert_int_equal(http_form_pairs(arena, S("%ff=a"), &form), HTTP_FORM_BAD);
    arena_close(arena);
}

/* Answers with what the form reader found. */
static void describe(void *arg, struct http_request *rq, struct http_reply *reply)
{
    (void)arg;
    struct call c = {.arena = rq->arena, .env = env_real()};
    struct http_form form = {};
    enum err e = http_form_read(&c, rq, &form);
    if (e != OK) {
        http_reply_text(reply, err_info(e)->http_status, S("text/plain"), str_of(c.failure.reason));
        return;
    }
    size_t at = 0;
    const struct http_part *file = http_form_next(&form, S("f"), &at);
    struct str text = str_format(rq->arena, "count=%zu a=%.*s file=%lld spooled=%d", form.count,
                                 STR_ARG(http_form_value(&form, S("a"))),
                                 file == NULL ? -1LL : (long long)file->size, rq->body.spooled);
    http_reply_text(reply, 200, S("text/plain"), text);
}

static const struct http_handler HANDLER = {.handle = describe};

static struct str post(struct arena *arena, struct str headers, struct str body)
{
    struct str request = http_loopback_request(arena, S("POST /"), headers, body);
    return http_loopback_body(http_loopback(arena, env_real(), &HANDLER, NULL, request));
}

static void a_form_is_read_by_its_content_type(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str got =
        post(arena, S("Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"),
             S("a=1&b=2"));
    assert_true(str_eq(got, S("count=2 a=1 file=-1 spooled=0")));
    got = post(arena, S("Content-Type: multipart/form-data; boundary=b\r\n"),
               S(PART("a") "a\xcc\x81\r\n--b--"));
    assert_true(str_eq(got, S("count=1 a=\xc3\xa1 file=-1 spooled=0")));
    assert_true(str_eq(post(arena, S(""), S("")), S("count=0 a= file=-1 spooled=0")));
    arena_close(arena);
}

static void a_form_in_a_spooled_body_gives_values_and_slices(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct sb sb = sb_new(arena, 0);
    sb_put(&sb, S(PART("a") "xin chào\r\n--b\r\nContent-Disposition: form-data; name=f; "
                            "filename=f.bin\r\n\r\n"));
    for (size_t i = 0; i < 200000; i++)
        sb_put(&sb, S("\r\n-"));
    sb_put(&sb, S("\r\n--b--"));
    struct str got =
        post(arena, S("Content-Type: multipart/form-data; boundary=b\r\n"), sb_str(&sb));
    assert_true(str_eq(got, S("count=2 a=xin chào file=600000 spooled=1")));
    arena_close(arena);
}

static void forms_that_cannot_be_read_say_why(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str type = S("Content-Type: application/x-www-form-urlencoded\r\n");
    struct sb many = sb_new(arena, 0);
    for (size_t i = 0; i <= LIMIT_FORM_PARTS; i++)
        sb_put(&many, S("a=1&"));
    assert_true(
        str_eq(post(arena, S("Content-Type: text/plain\r\n"), S("a")), S("http.form_media")));
    assert_true(str_eq(post(arena, type, S("a=%")), S("http.form")));
    assert_true(str_eq(post(arena, type, sb_str(&many)), S("http.form_parts")));
    assert_true(str_eq(post(arena, S("Content-Type: multipart/form-data; boundary=b\r\n"),
                            S(PART("a") "\xff\r\n--b--")),
                       S("http.form")));
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found_by_offset_and_size),
        cmocka_unit_test(content_that_resembles_the_delimiter_is_kept),
        cmocka_unit_test(a_file_has_name_and_media_type),
        cmocka_unit_test(a_field_left_empty_for_a_file_is_still_a_file),
        cmocka_unit_test(malformed_multipart_bodies_are_refused),
        cmocka_unit_test(parts_are_limited_in_number_and_head),
        cmocka_unit_test(the_boundary_is_read_from_the_content_type),
        cmocka_unit_test(pairs_are_decoded),
        cmocka_unit_test(broken_pairs_are_refused),
        cmocka_unit_test(a_form_is_read_by_its_content_type),
        cmocka_unit_test(a_form_in_a_spooled_body_gives_values_and_slices),
        cmocka_unit_test(forms_that_cannot_be_read_say_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
