#include "base/id.h"

#include "base/call.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OFFICE "abcdefghijklmnopqrstuvwx27"

static void an_office_is_26_letters_of_base32(void **state)
{
    (void)state;
    assert_true(id_is_office(S(OFFICE)));
    assert_false(id_is_office((struct str){}));
    assert_false(id_is_office(S("abcdefghijklmnopqrstuvwx2")));
    assert_false(id_is_office(S(OFFICE "a")));
    assert_false(id_is_office(S("Abcdefghijklmnopqrstuvwx27")));
    assert_false(id_is_office(S("abcdefghijklmnopqrstuvwx18")));
    assert_false(id_is_office(S("abcdefghijklm\0opqrstuvwx27")));
}

static void a_record_is_its_home_and_as_much_again(void **state)
{
    (void)state;
    assert_true(id_is_record(S(OFFICE ".22222222222222222222222222")));
    assert_false(id_is_record(S(OFFICE)));
    assert_false(id_is_record(S(OFFICE "-22222222222222222222222222")));
    assert_false(id_is_record(S(OFFICE ".2222222222222222222222222")));
    assert_false(id_is_record(S(OFFICE ".222222222222.2222222222222")));
    assert_true(str_eq(id_home(S(OFFICE ".22222222222222222222222222")), S(OFFICE)));
}

static void random_ids_have_the_form(void **state)
{
    (void)state;
    struct call c = call_begin(env_real(), NULL, NULL);
    for (int i = 0; i < 100; i++)
        assert_true(id_is_office(call_random_id(&c, ID_RANDOM_BYTES)));
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_office_is_26_letters_of_base32),
        cmocka_unit_test(a_record_is_its_home_and_as_much_again),
        cmocka_unit_test(random_ids_have_the_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
