#include "why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "browser.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "core/office.h"
#include "t.h"

struct desk {
    struct t_office t;
    struct str minh;
    struct str lan;
    struct str open;    /* a unit: the whole office sees it */
    struct str private; /* for Minh alone */
    struct str nothing; /* an id that no record has */
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct t_office *t = &desk->t;
    t_office_open(t, "VPCP");
    desk->minh = t_person(t, "minh", ROLE_OFFICER);
    desk->lan = t_person(t, "lan", ROLE_OFFICER);
    (void)t_person(t, "hoa", ROLE_OFFICER);
    (void)t_person(t, "chanh", ROLE_CHIEF);
    desk->open = t_act(t, "admin", "office.add_unit", "{\"name\":\"Giao ban bí mật\"}").record;
    desk->private = (struct str){};
    *state = desk;
    return 0;
}

/* A record that Minh alone may see. */
static enum err private_step(struct call *c, void *arg)
{
    struct desk *desk = arg;
    struct str party = str_format(c->arena, "p:%.*s", STR_ARG(desk->minh));
    const struct kind *kind = module_kind(S("office.unit"));
    struct act_result result = {};
    struct str json = S("{\"name\":\"Tài liệu riêng\"}");
    assert_non_null(kind);
    void *body = arena_alloc(c->arena, kind->table->size);
    enum err e = fields_read(c, kind->table, json, UNKNOWN_REFUSE, body);
    struct put put = {.kind = "office.unit", .body = body, .audience = &party, .audience_count = 1};
    if (e == OK) e = record_put(c, &put, &result);
    desk->private = str_copy(desk->t.arena, result.record);
    return e;
}

static void make_private(struct desk *desk)
{
    struct call c = t_call(&desk->t, "minh");
    assert_int_equal(store_tx(&c, private_step, desk), OK);
    desk->nothing = str_format(desk->t.arena, "%.*s.%.*s", STR_ARG(desk->t.office.id),
                               STR_ARG(call_random_id(&c, 16)));
    call_end(&c);
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    free(desk);
    return 0;
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static struct str ask(struct desk *desk, const char *login, struct str what, struct str person)
{
    struct sb json = sb_new(desk->t.arena, 0);
    sb_printf(&json, "{\"what\":\"%.*s\"", STR_ARG(what));
    if (person.len > 0) sb_printf(&json, ",\"person\":\"%.*s\"", STR_ARG(person));
    sb_char(&json, '}');
    return t_view(&desk->t, login, "why.see", str_zero(desk->t.arena, sb_str(&json)), NULL);
}

static void not_there_and_not_for_you_are_the_same_bytes(void **state)
{
    struct desk *desk = *state;
    struct str nobody = {};
    make_private(desk);
    struct str hidden = ask(desk, "hoa", desk->private, nobody);
    assert_true(str_eq(hidden, ask(desk, "hoa", desk->nothing, nobody)));
    assert_true(str_eq(hidden, ask(desk, "hoa", S("số 999"), nobody)));
    assert_true(contains(hidden, "Không có bản ghi này, hoặc bản ghi này không dành cho bạn."));
    assert_true(contains(hidden, "Chức danh chanh")); /* whom to ask */
    /* neither do reading roles of the administrator open it */
    struct str admin = ask(desk, "admin", desk->private, nobody);
    assert_true(str_eq(admin, ask(desk, "admin", desk->nothing, nobody)));
}

/* The whole reply of the page, not only its data. */
static void the_pages_are_the_same_bytes_too(void **state)
{
    struct desk *desk = *state;
    make_private(desk);
    struct browser b = browser_open(&desk->t);
    browser_login(&b, "hoa");
    struct str one = browser_get(
        &b, str_format(desk->t.arena, "/view/why.see?what=%.*s", STR_ARG(desk->private)).ptr);
    struct str two = browser_get(
        &b, str_format(desk->t.arena, "/view/why.see?what=%.*s", STR_ARG(desk->nothing)).ptr);
    assert_true(contains(one, "không dành cho bạn"));
    assert_int_equal(one.len, two.len);
    assert_true(str_eq(one, two));
}

static void who_may_see_it_hears_which_party_holds(void **state)
{
    struct desk *desk = *state;
    struct str nobody = {};
    struct str text = ask(desk, "lan", desk->open, nobody);
    assert_true(contains(text, "Bạn được xem bản ghi này."));
    assert_true(contains(text, "Phạm vi của bản ghi có: VPCP. Áp dụng."));
    assert_true(contains(text, "office.record?record="));
}

static void an_address_or_a_number_will_do(void **state)
{
    struct desk *desk = *state;
    struct str nobody = {};
    struct str link = str_format(desk->t.arena, "https://vpcp/view/office.record?record=%.*s&a=1",
                                 STR_ARG(desk->open));
    assert_true(contains(ask(desk, "lan", link, nobody), "Bạn được xem"));
    link = str_format(desk->t.arena, "/record/%.*s", STR_ARG(desk->open));
    assert_true(contains(ask(desk, "lan", link, nobody), "Bạn được xem"));
}

static void the_administrator_hears_the_rule_and_no_content(void **state)
{
    struct desk *desk = *state;
    make_private(desk);
    struct str text = ask(desk, "admin", desk->private, desk->lan);
    assert_true(contains(text, "Người này không được xem bản ghi"));
    assert_true(contains(text, "Phạm vi của bản ghi có: Chức danh minh. Không áp dụng."));
    text = ask(desk, "admin", desk->private, desk->minh);
    assert_true(contains(text, "Người này được xem bản ghi."));
    assert_false(contains(text, "Tài liệu riêng"));
    assert_false(contains(text, "office.record"));
    assert_true(contains(ask(desk, "admin", desk->nothing, desk->minh), "không giữ bản ghi này"));
}

static void nobody_else_asks_for_others(void **state)
{
    struct desk *desk = *state;
    struct str reason = {};
    const char *json = str_format(desk->t.arena, "{\"what\":\"%.*s\",\"person\":\"%.*s\"}",
                                  STR_ARG(desk->open), STR_ARG(desk->minh))
                           .ptr;
    (void)t_view(&desk->t, "chanh", "why.see", json, &reason);
    assert_string_equal(reason.ptr, "why.not_yours");
}

static void the_asker_stays_who_it_was(void **state)
{
    struct desk *desk = *state;
    struct str gone = ask(desk, "admin", desk->open, desk->open); /* no person at all */
    assert_true(contains(gone, "Người này không còn ở cơ quan."));
    assert_true(contains(gone, "\"people\""));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(not_there_and_not_for_you_are_the_same_bytes),
        TEST(the_pages_are_the_same_bytes_too),
        TEST(who_may_see_it_hears_which_party_holds),
        TEST(an_address_or_a_number_will_do),
        TEST(the_administrator_hears_the_rule_and_no_content),
        TEST(nobody_else_asks_for_others),
        TEST(the_asker_stays_who_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
