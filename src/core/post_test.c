/* Letters as bytes, and what may stand as an address. */
#include "core/post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void what_can_end_a_header_is_no_address(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"a@b", "van.thu+1@vpcp.gov.vn", "X-9_z@mail-1.example"};
    static const char *const BAD[] = {
        "",      "a",      "@b",   "a@",   "a@b@c", "a b@c", "a@b>c",   "<a@b>",   "a@b\r\nX",
        "a,b@c", "a@b..c", ".a@b", "a@.b", "a.@b",  "a@b.",  "\"a\"@b", "a@b;c@d", "th\xc6\xb0@b"};
    for (size_t i = 0; i < ARRAY_LEN(GOOD); i++)
        assert_true(post_address_ok(str_of(GOOD[i])));
    for (size_t i = 0; i < ARRAY_LEN(BAD); i++)
        assert_false(post_address_ok(str_of(BAD[i])));
    assert_true(post_phone_ok(S("+84912345678")));
    assert_true(post_phone_ok(S("0912345678")));
    assert_false(post_phone_ok(S("0912 345")));
    assert_false(post_phone_ok(S("+")));
    assert_false(post_phone_ok(S("+8491234567890123")));
}

static struct str letter(struct call *c, struct str subject, struct str text, struct str thread)
{
    const struct post_door door = {.from = S("phoihop@vpcp.example"),
                                   .reply = S("vanthu@vpcp.example")};
    const struct letter l = {.to = S("minh@vpcp.example"),
                             .subject = subject,
                             .key = S("k1"),
                             .thread = thread,
                             .text = text,
                             .time_ms = INT64_C(1795572000000)};
    return post_letter(c, &door, &l);
}

static void a_letter_is_plain_ascii_in_short_lines(void **state)
{
    (void)state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct sb long_text = sb_new(c.arena, 0);
    for (int i = 0; i < 200; i++)
        sb_put(&long_text, S("Nội dung rất dài, có dấu; "));
    struct str bytes = letter(&c, sb_str(&long_text), sb_str(&long_text),
                              S("aaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbb"));
    size_t line = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        assert_true((unsigned char)bytes.ptr[i] < 127);
        if (bytes.ptr[i] == '\n') {
            assert_true(i > 0 && bytes.ptr[i - 1] == '\r');
            assert_true(line <= 78 + 1);
            line = 0;
        } else {
            line++;
        }
    }
    call_end(&c);
}

static void a_letter_has_its_headers_once(void **state)
{
    (void)state;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str bytes = letter(&c, S("[VPCP] Việc\r\nBcc: x@y"), S("dòng một\ndòng hai\n"), S("r1"));
    const char *text = str_zero(c.arena, bytes);
    assert_non_null(strstr(text, "Date: Wed, 25 Nov 2026 09:00:00 +0700\r\n"));
    assert_non_null(strstr(text, "\r\nMessage-ID:\r\n <k1@vpcp.example>\r\n"));
    assert_non_null(strstr(text, "\r\nIn-Reply-To:\r\n <r1@vpcp.example>\r\n"));
    assert_non_null(strstr(text, "\r\nAuto-Submitted: auto-generated\r\n"));
    assert_null(strstr(text, "Bcc"));
    assert_non_null(strstr(text, "\r\n\r\n"));
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_end_a_header_is_no_address),
        cmocka_unit_test(a_letter_is_plain_ascii_in_short_lines),
        cmocka_unit_test(a_letter_has_its_headers_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
