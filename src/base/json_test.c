#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_json(struct str text, struct str want)
{
    struct arena *arena = arena_open(0);
    struct sb sb = sb_new(arena, 0);
    json_text(&sb, text);
    assert_true(str_eq(sb_str(&sb), want));
    arena_close(arena);
}

static void only_what_must_be_escaped_is_escaped(void **state)
{
    (void)state;
    assert_json((struct str){}, S("\"\""));
    assert_json(S("Đề nghị / <b>&"), S("\"Đề nghị / <b>&\""));
    assert_json(S("\"\\\b\f\n\r\t"), S("\"\\\"\\\\\\b\\f\\n\\r\\t\""));
    assert_json(S("a\0b\x1f\x7f"), S("\"a\\u0000b\\u001f\x7f\""));
}

static void members_are_divided_by_commas(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct sb sb = sb_new(arena, 0);
    bool first = true;
    json_name(&sb, &first, "a");
    sb_char(&sb, '1');
    json_name(&sb, &first, "b");
    sb_char(&sb, '2');
    assert_true(str_eq(sb_str(&sb), S("\"a\":1,\"b\":2")));
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_must_be_escaped_is_escaped),
        cmocka_unit_test(members_are_divided_by_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
