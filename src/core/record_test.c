/* Records, acts and grants on a real SQLite file. */
#include "core/receipt.h"
#include "core/record.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

static int open_office(void **state)
{
    static struct t_office t;
    t_office_open(&t, "VPCP");
    *state = &t;
    return 0;
}

static int close_office(void **state)
{
    t_office_close(*state);
    return 0;
}

static void a_unit_is_a_signed_version_that_verifies(void **state)
{
    struct t_office *t = *state;
    struct act_result made = t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Tổng hợp\"}");
    struct call c = t_call(t, "admin");
    struct version v = {};
    uint8_t hash[32];
    assert_int_equal(made.n, 1);
    assert_int_equal(record_version(&c, made.record, 1, &v), OK);
    assert_int_equal(v.signature.len, 64);
    assert_true(hex_decode(v.hash, hash, sizeof hash));
    assert_true(office_verify(t->office.public_key, PURPOSE_VERSION, hash, v.signature));
    assert_false(office_verify(t->office.public_key, PURPOSE_RECEIPT, hash, v.signature));
    call_end(&c);
}

static void a_change_names_the_version_before_it(void **state)
{
    struct t_office *t = *state;
    struct act_result made = t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Tổng hợp\"}");
    struct str json = str_format(t->arena, "{\"record\":\"%.*s\",\"name\":\"Vụ Pháp luật\"}",
                                 STR_ARG(made.record));
    struct act_result changed = t_act(t, "admin", "office.change_unit", json.ptr);
    struct call c = t_call(t, "admin");
    struct version first = {};
    struct version second = {};
    assert_int_equal(changed.n, 2);
    assert_int_equal(record_version(&c, made.record, 1, &first), OK);
    assert_int_equal(record_version(&c, made.record, 2, &second), OK);
    assert_true(str_eq(second.prev, first.hash));
    assert_true(str_eq(unit_name(&c, made.record), S("Vụ Pháp luật")));
    call_end(&c);
}

static void an_act_without_the_role_is_refused_by_name(void **state)
{
    struct t_office *t = *state;
    (void)t_person(t, "chuyenvien", ROLE_OFFICER);
    assert_true(str_eq(t_refused(t, "chuyenvien", "office.add_unit", "{\"name\":\"Vụ\"}"),
                       S("grant.role")));
    assert_true(str_eq(t_refused(t, NULL, "office.add_unit", "{\"name\":\"Vụ\"}"), S("login")));
}

static void a_missing_field_is_named(void **state)
{
    struct t_office *t = *state;
    assert_true(str_eq(t_refused(t, "admin", "office.add_unit", "{}"), S("field.required")));
    assert_true(str_eq(t_refused(t, "admin", "office.add_unit", "{\"name\":\"A\",\"x\":1}"),
                       S("field.unknown")));
}

static void a_form_sent_twice_acts_once(void **state)
{
    struct t_office *t = *state;
    struct act_result first = {};
    struct act_result second = {};
    struct call c = t_call(t, "admin");
    struct str json = S("{\"name\":\"Vụ Tổng hợp\"}");
    assert_int_equal(act_run_json(&c, S("office.add_unit"), json, S("once-1"), &first), OK);
    assert_int_equal(act_run_json(&c, S("office.add_unit"), json, S("once-1"), &second), OK);
    assert_true(str_eq(first.record, second.record));
    struct rows rows = {};
    assert_int_equal(store_all(&c, "SELECT count(*) FROM k_office_unit", NO_ARGS, &rows), OK);
    assert_int_equal(rows_int(&rows, 0, 0), 1);
    call_end(&c);
}

static void everything_is_there_after_a_restart(void **state)
{
    struct t_office *t = *state;
    struct act_result made = t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Tổng hợp\"}");
    t_office_restart(t);
    struct call c = t_call(t, "admin");
    struct office loaded = {};
    assert_true(str_eq(unit_name(&c, made.record), S("Vụ Tổng hợp")));
    assert_int_equal(office_load(&c, &loaded), OK);
    assert_true(str_eq(loaded.id, t->office.id));
    assert_true(str_eq(loaded.key, t->office.key));
    call_end(&c);
}

static void a_name_is_signed_as_a_hash_and_shown_as_itself(void **state)
{
    struct t_office *t = *state;
    struct act_result made =
        t_act(t, "admin", "office.add_person",
              "{\"login\":\"vanthu\",\"title\":\"Văn thư\",\"name\":\"Họ tên thử\","
              "\"registry\":true,\"password\":\"mat-khau-van-thu\"}");
    struct call c = t_call(t, "admin");
    struct version v = {};
    struct rows rows = {};
    assert_int_equal(record_version(&c, made.record, 1, &v), OK);
    assert_int_equal(str_find(v.bytes, S("Họ tên thử"), 0), v.bytes.len);
    assert_int_equal(store_all(&c, "SELECT name FROM k_office_person WHERE record = $1",
                               ARGS(TEXT(made.record)), &rows),
                     OK);
    assert_true(str_eq(rows_text(&rows, 0, 0), S("Họ tên thử")));
    call_end(&c);
}

static void a_wrong_password_is_counted_and_locks(void **state)
{
    struct t_office *t = *state;
    for (int i = 0; i < 5; i++) {
        struct call c = t_call(t, NULL);
        assert_int_equal(login_password(&c, S("admin"), S("sai-mat-khau"), S("127.0.0.1")),
                         ERR_LOGIN);
        assert_string_equal(c.failure.reason, "login.wrong");
        call_end(&c);
    }
    struct call c = t_call(t, NULL);
    assert_int_equal(login_password(&c, S("admin"), S("mat-khau-admin"), S("127.0.0.1")), ERR_BUSY);
    call_end(&c);
    t->now_ms += 20 * 60 * 1000;
    c = t_call(t, NULL);
    assert_int_equal(login_password(&c, S("admin"), S("mat-khau-admin"), S("127.0.0.1")), OK);
    assert_true(str_eq(c.who.login, S("admin")));
    call_end(&c);
}

static void a_session_ends_when_idle(void **state)
{
    struct t_office *t = *state;
    struct str secret = {};
    struct str csrf = {};
    struct call c = t_call(t, "admin");
    assert_int_equal(session_open(&c, &secret, &csrf), OK);
    secret = str_copy(t->arena, secret);
    call_end(&c);
    t->now_ms += 60 * 60 * 1000;
    c = t_call(t, NULL);
    assert_int_equal(session_resume(&c, secret, &csrf), OK);
    assert_true(str_eq(c.who.login, S("admin")));
    call_end(&c);
    t->now_ms += INT64_C(5) * 60 * 60 * 1000;
    c = t_call(t, NULL);
    assert_int_equal(session_resume(&c, secret, &csrf), ERR_LOGIN);
    call_end(&c);
}

static void an_administrator_in_a_unit_reads_none_of_its_records(void **state)
{
    struct t_office *t = *state;
    struct str unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Tổng hợp\"}").record;
    struct str json =
        str_format(t->arena,
                   "{\"login\":\"may\",\"title\":\"Quản trị\",\"unit\":\"%.*s\",\"admin\":true,"
                   "\"password\":\"mat-khau-may\"}",
                   STR_ARG(unit));
    (void)t_act(t, "admin", "office.add_person", json.ptr);
    struct call c = t_call(t, "may");
    struct parties parties = grant_parties(&c);
    struct str party = str_format(c.arena, "u:%.*s", STR_ARG(unit));
    assert_true(str_eq(c.who.unit, unit));
    for (size_t i = 0; i < READER_PARTIES; i++)
        assert_false(str_eq(parties.party[i], party));
    call_end(&c);
}

static void wrong_tries_are_forgotten_after_a_day_of_peace(void **state)
{
    struct t_office *t = *state;
    struct str secret = {};
    struct str csrf = {};
    struct rows rows = {};
    for (int i = 0; i < 3; i++) {
        struct call c = t_call(t, NULL);
        struct str login = str_format(c.arena, "khong-co-%d", i);
        assert_int_equal(login_password(&c, login, S("sai-mat-khau"), S("192.0.2.1")), ERR_LOGIN);
        call_end(&c);
    }
    t->now_ms += INT64_C(25) * 60 * 60 * 1000;
    struct call c = t_call(t, "admin");
    assert_int_equal(session_open(&c, &secret, &csrf), OK);
    assert_int_equal(store_all(&c, "SELECT count(*) FROM attempt", NO_ARGS, &rows), OK);
    assert_int_equal(rows_int(&rows, 0, 0), 0);
    call_end(&c);
}

static void only_this_office_makes_a_pass(void **state)
{
    struct t_office *t = *state;
    struct str secret = {};
    struct str csrf = {};
    struct call c = t_call(t, "admin");
    assert_int_equal(office_pass_key(&c, &t->office), OK);
    assert_int_equal(session_open(&c, &secret, &csrf), OK);
    assert_true(pass_is_ours(&t->office, secret));
    assert_false(pass_is_ours(&t->office, csrf));
    assert_false(pass_is_ours(&t->office, str_sub(secret, 1, secret.len)));
    assert_false(pass_is_ours(&t->office, (struct str){}));
    t->office.pass_key[0] ^= 1;
    assert_false(pass_is_ours(&t->office, secret));
    call_end(&c);
}

static enum err arrive_step(struct call *c, void *arg)
{
    struct version v = {};
    return record_arrive(c, arg, &v);
}

/* An office's own registry is its own: a peer's persons, units and peers are refused. */
static void a_person_of_another_office_is_refused(void **state)
{
    struct t_office *t = *state;
    struct t_office other;
    struct version v = {};
    t_office_open(&other, "VPQH");
    t_peers(t, &other);
    struct str record = t_person(&other, "vanthu", ROLE_REGISTRY);
    struct call from = t_call(&other, "admin");
    assert_int_equal(record_version(&from, record, 1, &v), OK);
    struct arrival arrival = {.bytes = v.bytes,
                              .signature = v.signature,
                              .office = other.office.id};
    struct call c = t_call(t, NULL);
    assert_int_equal(store_tx(&c, arrive_step, &arrival), ERR_INVALID);
    assert_string_equal(c.failure.reason, "arrival.audience");
    call_clear(&c);
    arrival.office = t->office.id; /* somebody else passes it on as its own */
    assert_int_equal(store_tx(&c, arrive_step, &arrival), ERR_INVALID);
    assert_string_equal(c.failure.reason, "arrival.home");
    call_end(&c);
    call_end(&from);
    t_office_close(&other);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_office, close_office)
    const struct CMUnitTest tests[] = {
        T(a_unit_is_a_signed_version_that_verifies),
        T(a_change_names_the_version_before_it),
        T(an_act_without_the_role_is_refused_by_name),
        T(a_missing_field_is_named),
        T(a_form_sent_twice_acts_once),
        T(everything_is_there_after_a_restart),
        T(a_name_is_signed_as_a_hash_and_shown_as_itself),
        T(a_wrong_password_is_counted_and_locks),
        T(a_session_ends_when_idle),
        T(an_administrator_in_a_unit_reads_none_of_its_records),
        T(wrong_tries_are_forgotten_after_a_day_of_peace),
        T(only_this_office_makes_a_pass),
        T(a_person_of_another_office_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
