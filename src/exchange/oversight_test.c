/* What people do about the exchange, between two offices. */
#include "exchange/oversight.h"

#include "core/directory.h"
#include "core/receipt.h"
#include "exchange/exchange_sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "t_pair.h"

/* A good signature, of something else. */
#define SPOIL                                                                                      \
    "UPDATE version SET sig = (SELECT w.sig FROM version w WHERE w.kind <> 'note.note'"            \
    " ORDER BY w.record LIMIT 1) WHERE kind = 'note.note';"
/* b believes in another version 1, and back. */
#define DOUBT "UPDATE head SET hash = substr(hash, 2) || substr(hash, 1, 1);"
#define BELIEVE "UPDATE head SET hash = substr(hash, 64) || substr(hash, 1, 63);"

static const char *in_arena(struct t_office *t, const char *form, struct str value)
{
    size_t at = str_find(str_of(form), S("{}"), 0);
    return str_format(t->arena, "%.*s%.*s%s", (int)at, form, STR_ARG(value), form + at + 2).ptr;
}

static struct str name_of(struct t_pair *p, int64_t seq)
{
    struct call c = t_call(&p->b.t, NULL);
    struct str name = str_copy(p->b.t.arena, aside_name(&c, p->a.t.office.id, 1, seq));
    call_end(&c);
    return name;
}

/* An entry of a whose signature does not hold. */
static struct str spoiled(struct t_pair *p)
{
    (void)t_pair_note(p, &p->a, (struct str){});
    t_script(&p->a.t, SPOIL);
    t_pair_carry(&p->a, &p->b);
    return name_of(p, 1);
}

/* An entry of a that b can take in when it believes again. */
static struct str doubted(struct t_pair *p, struct str *ret_record)
{
    *ret_record = t_pair_note(p, &p->a, (struct str){});
    t_pair_carry(&p->a, &p->b);
    t_script(&p->b.t, DOUBT);
    (void)t_pair_note(p, &p->a, *ret_record);
    t_pair_carry(&p->a, &p->b);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM quarantine WHERE done = 0"), 1);
    return name_of(p, 2);
}

static void retry(struct t_pair *p, struct str name)
{
    (void)t_act(&p->b.t, "admin", "exchange.retry", in_arena(&p->b.t, "{\"entry\":\"{}\"}", name));
}

static void what_was_set_aside_is_shown_with_its_reason_and_what_to_do(void **state)
{
    struct t_pair *p = *state;
    struct str name = spoiled(p);
    struct str page = t_view(&p->b.t, "admin", "exchange.status", "{}", NULL);
    assert_true(str_find(page, name, 0) < page.len);
    assert_true(str_find(page, S("Chữ ký không khớp với khóa của cơ quan gửi."), 0) < page.len);
    struct str one = t_view(&p->b.t, "admin", "exchange.aside",
                            in_arena(&p->b.t, "{\"entry\":\"{}\"}", name), NULL);
    assert_true(str_find(one, S("Đối chiếu khóa qua điện thoại"), 0) < one.len);
    assert_true(str_find(one, S("exchange.refuse"), 0) < one.len);
}

static void another_try_takes_in_what_can_be_taken_in_now(void **state)
{
    struct t_pair *p = *state;
    struct str record = {};
    struct str name = doubted(p, &record);
    t_script(&p->b.t, BELIEVE);
    retry(p, name);
    assert_int_equal(t_ask(&p->b.t, "SELECT n FROM head WHERE kind = 'note.note'"), 2);
    assert_int_equal(t_ask(&p->b.t, "SELECT done FROM quarantine"), ASIDE_RETRIED);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL"), 0);
}

static void what_came_before_a_change_of_the_key_is_taken_in_after_it(void **state)
{
    struct t_pair *p = *state;
    struct str record = {};
    struct str name = doubted(p, &record);
    t_rotate(&p->a.t, -1);
    t_key_shown(&p->a.t, &p->b.t);
    t_pair_carry(&p->a, &p->b);
    t_script(&p->b.t, BELIEVE);
    retry(p, name);
    assert_int_equal(t_ask(&p->b.t, "SELECT n FROM head WHERE kind = 'note.note'"), 2);
}

static void another_try_lets_no_older_key_in(void **state)
{
    struct t_pair *p = *state;
    struct t_office before = p->a.t;
    t_rotate(&p->a.t, -1);
    t_key_shown(&p->a.t, &p->b.t);
    t_pair_carry(&p->a, &p->b);
    struct t_office after = p->a.t;
    memcpy(p->a.t.secret_key, before.secret_key, sizeof before.secret_key);
    p->a.t.office.key = before.office.key;
    (void)t_pair_note(p, &p->a, (struct str){});
    memcpy(p->a.t.secret_key, after.secret_key, sizeof after.secret_key);
    p->a.t.office.key = after.office.key;
    t_pair_carry(&p->a, &p->b);
    struct str reason = t_refused(&p->b.t, "admin", "exchange.retry",
                                  in_arena(&p->b.t, "{\"entry\":\"{}\"}", name_of(p, 2)));
    assert_string_equal(str_zero(p->arena, reason), "arrival.old_key");
}

static enum err key_aside_step(struct call *c, void *arg)
{
    const struct t_pair *p = arg;
    struct str from = p->a.t.office.id;
    struct str frame = {};
    enum err e = directory_chain(c, from, &frame);
    if (e != OK) return e;
    e = store_exec(c,
                   "INSERT INTO quarantine (peer, epoch, seq, record, n, entry, object, signature,"
                   " reason, received_ms, key_place) SELECT peer, epoch, seq, '', 0, entry, $1, $1,"
                   " 'key.form', 1, key_place FROM feed_taken JOIN feed_in USING (peer, epoch, seq)"
                   " WHERE peer = $2",
                   ARGS(BYTES(frame), TEXT(from)), NULL);
    return e != OK ? e : store_exec(c, "UPDATE feed_in SET key_place = 0", NO_ARGS, NULL);
}

static void a_change_of_the_key_that_is_read_by_another_try_counts_from_then_on(void **state)
{
    struct t_pair *p = *state;
    t_rotate(&p->a.t, -1);
    t_key_shown(&p->a.t, &p->b.t);
    t_pair_carry(&p->a, &p->b);
    int64_t place = t_ask(&p->b.t, "SELECT key_place FROM feed_in");
    struct call c = t_call(&p->b.t, NULL);
    assert_int_equal(store_tx(&c, key_aside_step, p), OK);
    call_end(&c);
    retry(p, name_of(p, 1));
    assert_true(place > 0);
    assert_int_equal(t_ask(&p->b.t, "SELECT key_place FROM feed_in"), place);
}

static void another_try_that_fails_says_why_and_changes_nothing(void **state)
{
    struct t_pair *p = *state;
    struct str name = spoiled(p);
    struct str reason = t_refused(&p->b.t, "admin", "exchange.retry",
                                  in_arena(&p->b.t, "{\"entry\":\"{}\"}", name));
    assert_string_equal(str_zero(p->arena, reason), "arrival.signature");
    assert_int_equal(t_ask(&p->b.t, "SELECT done FROM quarantine"), ASIDE_OPEN);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL"), 1);
}

static void a_refusal_by_hand_reaches_the_home_beside_the_server_s_own(void **state)
{
    struct t_pair *p = *state;
    struct str name = spoiled(p);
    (void)t_act(&p->b.t, "admin", "exchange.refuse",
                in_arena(&p->b.t, "{\"entry\":\"{}\",\"why\":\"Đề nghị ký lại\"}", name));
    t_pair_carry(&p->b, &p->a);
    assert_int_equal(t_ask(&p->a.t, "SELECT count(*) FROM receipt WHERE type = 2"), 2);
    assert_int_equal(t_ask(&p->a.t, "SELECT count(*) FROM receipt WHERE type = 2"
                                    " AND person <> '' AND reason = 'Đề nghị ký lại'"),
                     1);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL"), 0);
}

static void an_entry_is_decided_once(void **state)
{
    struct t_pair *p = *state;
    struct str name = spoiled(p);
    const char *json = in_arena(&p->b.t, "{\"entry\":\"{}\",\"why\":\"Hỏng\"}", name);
    (void)t_act(&p->b.t, "admin", "exchange.refuse", json);
    assert_true(
        str_eq(t_refused(&p->b.t, "admin", "exchange.refuse", json), S("exchange.aside_done")));
    assert_true(str_eq(t_refused(&p->b.t, "admin", "exchange.retry",
                                 in_arena(&p->b.t, "{\"entry\":\"{}\"}", name)),
                       S("exchange.aside_done")));
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM receipt WHERE type = 2"), 2);
}

static void only_an_administrator_decides(void **state)
{
    struct t_pair *p = *state;
    struct str name = spoiled(p);
    (void)t_person(&p->b.t, "vanthu", ROLE_REGISTRY);
    assert_true(str_eq(t_refused(&p->b.t, "vanthu", "exchange.retry",
                                 in_arena(&p->b.t, "{\"entry\":\"{}\"}", name)),
                       S("grant.role")));
    struct str page = t_view(&p->b.t, "vanthu", "exchange.aside",
                             in_arena(&p->b.t, "{\"entry\":\"{}\"}", name), NULL);
    assert_true(str_find(page, S("exchange.retry"), 0) == page.len);
}

static void a_name_that_is_none_names_nothing(void **state)
{
    static const char *const NAMES[] = {"x",
                                        "--",
                                        "a-1-1",
                                        "-1-1",
                                        "1-1-1-1",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaa-1",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaa-0-1",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaa-1-99999999999999999999",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaa-1-1"};
    struct t_pair *p = *state;
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        struct str reason = {};
        (void)t_view(&p->b.t, "admin", "exchange.aside",
                     in_arena(&p->b.t, "{\"entry\":\"{}\"}", str_of(NAMES[i])), &reason);
        assert_string_equal(str_zero(p->arena, reason), "exchange.aside_unknown");
    }
}

struct raising {
    struct str peer;
};

static enum err raise_step(struct call *c, void *arg)
{
    const struct raising *raising = arg;
    return alarm_raise(c, raising->peer, "fetch.lied", S("tệp"));
}

static void raise(struct t_pair *p)
{
    struct raising raising = {.peer = p->a.t.office.id};
    struct call c = t_call(&p->b.t, NULL);
    assert_int_equal(store_tx(&c, raise_step, &raising), OK);
    call_end(&c);
}

static void an_alarm_is_closed_by_a_named_person_with_a_reason(void **state)
{
    struct t_pair *p = *state;
    const char *json =
        in_arena(&p->b.t, "{\"peer\":\"{}\",\"reason\":\"fetch.lied\",\"why\":\"Đã gọi nơi gửi\"}",
                 p->a.t.office.id);
    raise(p);
    (void)t_act(&p->b.t, "admin", "exchange.close_alarm", json);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM alarm WHERE ended_ms IS NOT NULL"
                                    " AND closed_by <> '' AND note = 'Đã gọi nơi gửi'"),
                     1);
    assert_true(str_eq(t_refused(&p->b.t, "admin", "exchange.close_alarm", json),
                       S("exchange.alarm_unknown")));
}

static void an_alarm_whose_cause_comes_back_opens_again(void **state)
{
    struct t_pair *p = *state;
    raise(p);
    (void)t_act(&p->b.t, "admin", "exchange.close_alarm",
                in_arena(&p->b.t, "{\"peer\":\"{}\",\"reason\":\"fetch.lied\",\"why\":\"Xong\"}",
                         p->a.t.office.id));
    raise(p);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL"
                                    " AND closed_by = '' AND count = 2"),
                     1);
}

/* R3 */

static void look(struct t_pair *p, const char *login, struct str record)
{
    (void)t_view(&p->b.t, login, "note.show", in_arena(&p->b.t, "{\"record\":\"{}\"}", record),
                 NULL);
}

static void the_sender_is_not_told_of_a_look_unless_the_office_s_rule_says_so(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    (void)t_person(&p->b.t, "cv", ROLE_OFFICER);
    t_pair_carry(&p->a, &p->b);
    look(p, "cv", record);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM receipt"), 0);
}

static void the_first_look_is_told_once_for_each_version_and_names_nobody(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    (void)t_person(&p->b.t, "cv", ROLE_OFFICER);
    (void)t_person(&p->b.t, "cv2", ROLE_OFFICER);
    (void)t_act(&p->b.t, "admin", "exchange.set_rule", "{\"opened\":true}");
    t_pair_carry(&p->a, &p->b);
    look(p, "cv", record);
    look(p, "cv", record);
    look(p, "cv2", record);
    t_pair_carry(&p->b, &p->a);
    assert_int_equal(t_ask(&p->a.t, "SELECT count(*) FROM receipt WHERE type = 3 AND n = 1"
                                    " AND person = ''"),
                     1);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM outbox WHERE object_kind = 2"), 1);
    (void)t_pair_note(p, &p->a, record);
    t_pair_carry(&p->a, &p->b);
    look(p, "cv2", record);
    t_pair_carry(&p->b, &p->a);
    assert_int_equal(t_ask(&p->a.t, "SELECT count(*) FROM receipt WHERE type = 3"), 2);
}

static void a_look_at_the_office_s_own_record_tells_nobody(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->b, (struct str){});
    (void)t_person(&p->b.t, "cv", ROLE_OFFICER);
    (void)t_act(&p->b.t, "admin", "exchange.set_rule", "{\"opened\":true}");
    look(p, "cv", record);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM receipt"), 0);
}

static void the_rule_can_be_taken_back(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    (void)t_person(&p->b.t, "cv", ROLE_OFFICER);
    (void)t_act(&p->b.t, "admin", "exchange.set_rule", "{\"opened\":true}");
    (void)t_act(&p->b.t, "admin", "exchange.set_rule", "{\"opened\":false}");
    t_pair_carry(&p->a, &p->b);
    look(p, "cv", record);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM receipt"), 0);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM k_exchange_rule"), 1);
}

static void a_receipt_of_a_look_that_names_a_person_is_no_receipt(void **state)
{
    struct t_pair *p = *state;
    struct call c = t_call(&p->a.t, NULL);
    struct receipt receipt = {};
    struct str id = p->b.t.office.id;
    struct str person[] = {
        {}, str_format(c.arena, "\"person\":\"%.*s.%.*s\",", STR_ARG(id), STR_ARG(id))};
    for (size_t i = 0; i < ARRAY_LEN(person); i++) {
        struct str bytes =
            str_format(c.arena,
                       "{\"phoihop\":1,\"receipt\":\"R3\",\"record\":\"%.*s.%.*s\",\"n\":1,"
                       "\"hash\":\"%064d\",\"office\":\"%.*s\",%.*s"
                       "\"time\":\"2026-11-25T02:00:00.000Z\",\"key\":\"0123456789abcdef\"}",
                       STR_ARG(id), STR_ARG(id), 0, STR_ARG(id), STR_ARG(person[i]));
        enum err e = receipt_parse(&c, bytes, &receipt);
        assert_int_equal(e, i == 0 ? OK : ERR_INVALID);
    }
    call_end(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, t_pair_open, t_pair_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_set_aside_is_shown_with_its_reason_and_what_to_do),
        TEST(another_try_takes_in_what_can_be_taken_in_now),
        TEST(what_came_before_a_change_of_the_key_is_taken_in_after_it),
        TEST(another_try_lets_no_older_key_in),
        TEST(a_change_of_the_key_that_is_read_by_another_try_counts_from_then_on),
        TEST(another_try_that_fails_says_why_and_changes_nothing),
        TEST(a_refusal_by_hand_reaches_the_home_beside_the_server_s_own),
        TEST(an_entry_is_decided_once),
        TEST(only_an_administrator_decides),
        TEST(a_name_that_is_none_names_nothing),
        TEST(an_alarm_is_closed_by_a_named_person_with_a_reason),
        TEST(an_alarm_whose_cause_comes_back_opens_again),
        TEST(the_sender_is_not_told_of_a_look_unless_the_office_s_rule_says_so),
        TEST(the_first_look_is_told_once_for_each_version_and_names_nobody),
        TEST(a_look_at_the_office_s_own_record_tells_nobody),
        TEST(the_rule_can_be_taken_back),
        TEST(a_receipt_of_a_look_that_names_a_person_is_no_receipt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
