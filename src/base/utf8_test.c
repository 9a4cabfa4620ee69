#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int open_arena(void **state)
{
    *state = arena_open(0);
    return 0;
}

static int close_arena(void **state)
{
    arena_close(*state);
    return 0;
}

static void assert_text(struct str got, struct str want)
{
    assert_int_equal(got.len, want.len);
    assert_true(str_eq(got, want));
}

static void valid_text_is_accepted(void **state)
{
    (void)state;
    assert_true(utf8_valid((struct str){}));
    assert_true(utf8_valid(S("Đề nghị các văn phòng phối hợp, 100%")));
    assert_true(utf8_valid(S("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")));
    assert_true(utf8_valid(S("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
    assert_true(utf8_valid(S("\xed\x9f\xbf\xee\x80\x80")));
}

static void every_malformed_sequence_is_refused(void **state)
{
    (void)state;
    const struct str bad[] = {
        S("\x80"),             /* second byte alone */
        S("\xc0\xaf"),         /* overlong */
        S("\xc1\xbf"),         /* overlong */
        S("\xe0\x80\xaf"),     /* overlong */
        S("\xe0\x9f\xbf"),     /* overlong */
        S("\xf0\x8f\xbf\xbf"), /* overlong */
        S("\xed\xa0\x80"),     /* surrogate */
        S("\xed\xbf\xbf"),     /* surrogate */
        S("\xf4\x90\x80\x80"), /* above U+10FFFF */
        S("\xf5\x80\x80\x80"),
        S("\xff"),
        S("\xc3"),
        S("\xe1\xba"),
        S("\xf0\x9f\x98"),
        S("\xc3(\xa9"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(utf8_valid(bad[i]));
}

static void vietnamese_typed_on_any_keyboard_becomes_one_form(void **state)
{
    struct arena *arena = *state;
    struct str composed = S("Ti\u1ebfng Vi\u1ec7t");
    struct str marks_apart = S("Tie\u0302\u0301ng Vie\u0323\u0302t");
    struct str half = S("Ti\u00ea\u0301ng Vi\u00ea\u0323t");
    assert_true(utf8_is_nfc(composed));
    assert_false(utf8_is_nfc(marks_apart));
    assert_false(utf8_is_nfc(half));
    assert_text(utf8_nfc(arena, marks_apart), composed);
    assert_text(utf8_nfc(arena, half), composed);
}

static void text_already_in_form_is_not_copied(void **state)
{
    struct str text = S("Văn phòng");
    assert_ptr_equal(utf8_nfc(*state, text).ptr, text.ptr);
    assert_true(utf8_is_nfc((struct str){}));
    assert_true(utf8_is_nfc(S("“Trích yếu” – 漢字 😀")));
}

static void put_char(struct sb *sb, unsigned ch)
{
    if (ch < 0x80) {
        sb_char(sb, (char)ch);
    } else if (ch < 0x800) {
        sb_char(sb, (char)(0xc0 | ch >> 6));
        sb_char(sb, (char)(0x80 | (ch & 63)));
    } else {
        sb_char(sb, (char)(0xe0 | ch >> 12));
        sb_char(sb, (char)(0x80 | (ch >> 6 & 63)));
        sb_char(sb, (char)(0x80 | (ch & 63)));
    }
}

static void every_character_of_plane_0_comes_to_rest_in_both_forms(void **state)
{
    (void)state;
    for (unsigned ch = 1; ch <= 0xffff; ch++) {
        if (ch >= 0xd800 && ch <= 0xdfff) continue;
        struct arena *arena = arena_open(0);
        struct sb sb = sb_new(arena, 0);
        put_char(&sb, ch);
        assert_true(utf8_valid(sb_str(&sb)));
        struct str normal = utf8_nfc(arena, sb_str(&sb));
        assert_true(utf8_is_nfc(normal));
        struct str folded = utf8_fold(arena, normal);
        assert_text(utf8_fold(arena, folded), folded);
        arena_close(arena);
    }
}

static void the_search_key_drops_case_and_diacritics(void **state)
{
    struct arena *arena = *state;
    assert_text(utf8_fold(arena, S("ĐỀ NGHỊ PHỐI HỢP")), S("de nghi phoi hop"));
    assert_text(utf8_fold(arena, S("Nguyễn Thị Ước, Đường 3/2")), S("nguyen thi uoc, duong 3/2"));
    assert_text(utf8_fold(arena, S("Tie\u0302\u0301ng")), S("tieng"));
    assert_text(utf8_fold(arena, S("ABC xyz 09")), S("abc xyz 09"));
    assert_text(utf8_fold(arena, S("ăâđêôơư ĂÂĐÊÔƠƯ")), S("aadeoou aadeoou"));
    assert_text(utf8_fold(arena, S("\u00d0\u00e0 \u0189\u00e0")), S("da da")); /* look-alikes */
    assert_int_equal(utf8_fold(arena, (struct str){}).len, 0);
}

static void a_cut_never_divides_a_character(void **state)
{
    (void)state;
    struct str text = S("a\u1ebf😀b"); /* 1, 3, 4 and 1 bytes */
    const size_t want[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9};
    for (size_t max = 0; max < ARRAY_LEN(want); max++) {
        assert_int_equal(utf8_cut(text, max), want[max]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_text_is_accepted),
        cmocka_unit_test(every_malformed_sequence_is_refused),
        cmocka_unit_test_setup_teardown(vietnamese_typed_on_any_keyboard_becomes_one_form,
                                        open_arena, close_arena),
        cmocka_unit_test_setup_teardown(text_already_in_form_is_not_copied, open_arena,
                                        close_arena),
        cmocka_unit_test(every_character_of_plane_0_comes_to_rest_in_both_forms),
        cmocka_unit_test_setup_teardown(the_search_key_drops_case_and_diacritics, open_arena,
                                        close_arena),
        cmocka_unit_test(a_cut_never_divides_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
