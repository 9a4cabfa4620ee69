/* Two ledgers compared, between two offices. */
#include "exchange/ledger.h"

#include "base/limits.h"
#include "base/time.h"
#include "exchange/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "t_pair.h"

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

/* One night: `from` asks until nothing is left. Gives how many parts were compared. */
static int64_t compare(struct t_side *from, struct t_side *to, bool both)
{
    struct ledger_talk talk = {.peer = to->t.office.id};
    int64_t parts = 0;
    struct str frame = {};
    do {
        struct call c = t_call(&from->t, NULL);
        struct call there = t_call(&to->t, NULL);
        struct str answer = {};
        must(&c, ledger_next(&c, &talk, both, &frame));
        if (frame.len > 0) {
            must(&there, ledger_receive(&there, from->t.office.id, frame, &answer));
            must(&c, ledger_answer(&c, &talk, 200, answer));
            parts++;
        }
        call_end(&there);
        call_end(&c);
    } while (frame.len > 0);
    return parts;
}

static void next_night(struct t_pair *p)
{
    p->a.t.now_ms += TIME_DAY_MS;
    p->b.t.now_ms += TIME_DAY_MS;
}

static int64_t open_count(struct t_office *t)
{
    return t_ask(t, "SELECT count(*) FROM ledger_difference WHERE ended_ms = 0");
}

static int64_t alarm_count(struct t_office *t)
{
    return t_ask(t, "SELECT count(*) FROM alarm WHERE reason = 'ledger.differs'"
                    " AND ended_ms IS NULL");
}

static void notes(struct t_pair *p, int64_t count)
{
    t_pair_notes(p, &p->a, count);
    t_pair_carry(&p->a, &p->b);
}

static void two_equal_ledgers_agree_and_both_ends_keep_the_statements(void **state)
{
    struct t_pair *p = *state;
    notes(p, 3);
    assert_int_equal(compare(&p->a, &p->b, false), 1);
    assert_int_equal(open_count(&p->a.t) + open_count(&p->b.t), 0);
    assert_int_equal(t_ask(&p->a.t, "SELECT count(*) FROM ledger_run WHERE side = 1 AND first = 1"
                                    " AND last = 3 AND differ = 0"),
                     1);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM ledger_run WHERE side = 2"
                                    " AND length(own) > 0 AND length(theirs) > 0"),
                     1);
}

static void what_was_compared_is_not_compared_again_and_not_before_the_night(void **state)
{
    struct t_pair *p = *state;
    notes(p, 2);
    assert_int_equal(compare(&p->a, &p->b, false), 1);
    notes(p, 1);
    assert_int_equal(compare(&p->a, &p->b, false), 0);
    next_night(p);
    assert_int_equal(compare(&p->a, &p->b, false), 1);
    assert_int_equal(t_ask(&p->a.t, "SELECT max(first) FROM ledger_run"), 3);
}

static void a_change_of_the_key_is_compared_like_any_entry(void **state)
{
    struct t_pair *p = *state;
    notes(p, 1);
    t_rotate(&p->a.t, -1);
    t_key_shown(&p->a.t, &p->b.t);
    notes(p, 1);
    assert_int_equal(compare(&p->a, &p->b, false), 1);
    assert_int_equal(t_ask(&p->a.t, "SELECT last FROM ledger_run WHERE side = 1"), 3);
    assert_int_equal(open_count(&p->a.t) + open_count(&p->b.t), 0);
}

static void a_change_of_the_key_that_its_office_no_longer_holds_is_named(void **state)
{
    struct t_pair *p = *state;
    t_rotate(&p->a.t, -1);
    t_key_shown(&p->a.t, &p->b.t);
    notes(p, 1);
    t_script(&p->a.t, "DELETE FROM version WHERE n = 2 AND kind = 'office.office';");
    (void)compare(&p->a, &p->b, false);
    assert_int_equal(t_ask(&p->b.t, "SELECT verdict FROM ledger_difference"), LEDGER_NOT_SENT);
    assert_int_equal(alarm_count(&p->b.t), 1);
}

static void the_hour_of_comparing_is_at_night(void **state)
{
    struct t_pair *p = *state;
    struct ledger_talk talk = {.peer = p->b.t.office.id};
    struct call c = t_call(&p->a.t, NULL);
    struct str frame = {};
    must(&c, ledger_next(&c, &talk, false, &frame));
    assert_int_equal(frame.len, 0);
    int64_t midnight_ms = time_hanoi_midnight_ms(time_hanoi_day(c.now_ms) + 1);
    assert_int_equal(talk.wake_ms, midnight_ms + LEDGER_HOUR * (TIME_DAY_MS / 24));
    call_end(&c);
}

static void what_the_receiver_has_lost_is_named_on_both_sides(void **state)
{
    struct t_pair *p = *state;
    notes(p, 3);
    t_script(&p->b.t, "DELETE FROM version WHERE kind = 'note.note' AND record IN (SELECT record"
                      " FROM version WHERE kind = 'note.note' ORDER BY record LIMIT 1);");
    (void)compare(&p->a, &p->b, false);
    assert_int_equal(t_ask(&p->a.t, "SELECT verdict FROM ledger_difference"), LEDGER_NOT_TAKEN);
    assert_int_equal(t_ask(&p->b.t, "SELECT verdict FROM ledger_difference"), LEDGER_NOT_TAKEN);
    assert_int_equal(t_ask(&p->b.t, "SELECT length(record) FROM ledger_difference"), 53);
    assert_int_equal(alarm_count(&p->a.t), 1);
    assert_int_equal(alarm_count(&p->b.t), 1);
}

static void what_the_sender_no_longer_holds_is_named(void **state)
{
    struct t_pair *p = *state;
    notes(p, 2);
    t_script(&p->a.t, "DELETE FROM version WHERE kind = 'note.note' AND record IN (SELECT record"
                      " FROM outbox WHERE seq = 2);");
    (void)compare(&p->a, &p->b, false);
    assert_int_equal(t_ask(&p->b.t, "SELECT verdict FROM ledger_difference WHERE seq = 2"),
                     LEDGER_NOT_SENT);
}

static void another_object_is_named(void **state)
{
    struct t_pair *p = *state;
    notes(p, 2);
    t_script(&p->b.t, "UPDATE version SET hash = substr(hash, 2) || substr(hash, 1, 1)"
                      " WHERE kind = 'note.note';");
    (void)compare(&p->a, &p->b, false);
    assert_int_equal(t_ask(&p->a.t, "SELECT count(*) FROM ledger_difference WHERE verdict = 4"), 2);
}

static void a_difference_ends_when_both_agree_again(void **state)
{
    struct t_pair *p = *state;
    notes(p, 3);
    t_script(&p->b.t, "UPDATE version SET hash = substr(hash, 2) || substr(hash, 1, 1)"
                      " WHERE kind = 'note.note';");
    (void)compare(&p->a, &p->b, false);
    assert_int_equal(open_count(&p->a.t), 3);
    t_script(&p->b.t, "UPDATE version SET hash = substr(hash, 64) || substr(hash, 1, 63)"
                      " WHERE kind = 'note.note';");
    next_night(p);
    assert_int_equal(compare(&p->a, &p->b, false), 1);
    assert_int_equal(open_count(&p->a.t) + open_count(&p->b.t), 0);
    assert_int_equal(alarm_count(&p->a.t) + alarm_count(&p->b.t), 0);
}

static void what_was_set_aside_is_told_to_the_sender_without_an_alarm(void **state)
{
    struct t_pair *p = *state;
    (void)t_pair_note(p, &p->a, (struct str){});
    t_script(&p->a.t, "UPDATE version SET sig = (SELECT w.sig FROM version w WHERE w.kind <>"
                      " 'note.note' ORDER BY w.record LIMIT 1) WHERE kind = 'note.note';");
    t_pair_carry(&p->a, &p->b);
    (void)compare(&p->a, &p->b, false);
    assert_int_equal(t_ask(&p->a.t, "SELECT verdict FROM ledger_difference"), LEDGER_SET_ASIDE);
    assert_int_equal(alarm_count(&p->a.t) + alarm_count(&p->b.t), 0);
}

static void an_office_that_cannot_ask_is_asked_about_both_feeds(void **state)
{
    struct t_pair *p = *state;
    notes(p, 1);
    (void)t_pair_note(p, &p->b, (struct str){});
    t_pair_carry(&p->b, &p->a);
    assert_int_equal(compare(&p->a, &p->b, true), 2);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM ledger_run WHERE side = 1"), 1);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM ledger_run WHERE side = 2"), 1);
}

static void an_older_program_that_knows_no_ledgers_is_noted_and_asked_the_next_night(void **state)
{
    struct t_pair *p = *state;
    notes(p, 1);
    struct ledger_talk talk = {.peer = p->b.t.office.id};
    struct call c = t_call(&p->a.t, NULL);
    struct str frame = {};
    must(&c, ledger_next(&c, &talk, false, &frame));
    must(&c, ledger_answer(&c, &talk, 404, S("{}")));
    must(&c, ledger_next(&c, &talk, false, &frame));
    assert_int_equal(frame.len, 0);
    call_end(&c);
    assert_int_equal(t_ask(&p->a.t, "SELECT count(*) FROM ledger_feed WHERE answers = 0"), 1);
    next_night(p);
    assert_int_equal(compare(&p->a, &p->b, false), 1);
    assert_int_equal(t_ask(&p->a.t, "SELECT count(*) FROM ledger_feed WHERE answers = 1"), 1);
}

static void more_than_one_statement_holds_is_compared_in_parts(void **state)
{
    struct t_pair *p = *state;
    notes(p, LIMIT_LEDGER_LINES + 1);
    assert_int_equal(compare(&p->a, &p->b, false), 2);
    assert_int_equal(t_ask(&p->a.t, "SELECT seq FROM ledger_feed WHERE side = 1"),
                     LIMIT_LEDGER_LINES + 1);
    assert_int_equal(open_count(&p->a.t), 0);
}

/* Hostile peers */

/* Our statement of the feed to b, as a states it; changed by the test and signed again. */
static struct str stated(struct t_pair *p, struct call *c, void (*spoil)(struct ledger_frame *f))
{
    struct ledger_talk talk = {.peer = p->b.t.office.id};
    struct ledger_frame frame = {};
    struct str bytes = {};
    must(c, ledger_next(c, &talk, false, &bytes));
    must(c, ledger_decode(c, bytes, &frame));
    struct ledger_line *lines = arena_array(c->arena, LIMIT_LEDGER_LINES, sizeof *lines);
    memset(lines, 0, LIMIT_LEDGER_LINES * sizeof *lines);
    memcpy(lines, frame.lines, frame.count * sizeof *lines);
    frame.lines = lines;
    spoil(&frame);
    frame.count = (size_t)(frame.statement.last - frame.statement.first + 1);
    frame.bytes = ledger_write(c, &frame.statement, frame.lines);
    must(c, statement_sign(c, PURPOSE_LEDGER, frame.bytes, &frame.signature));
    return ledger_encode(c, &frame, true);
}

static const char *received(struct t_pair *p, struct str bytes)
{
    struct call c = t_call(&p->b.t, NULL);
    struct str answer = {};
    enum err e = ledger_receive(&c, p->a.t.office.id, bytes, &answer);
    const char *reason = e == OK ? "" : c.failure.reason;
    assert_int_equal(answer.len > 0, e == OK);
    call_end(&c);
    return reason;
}

static void say_more(struct ledger_frame *f)
{
    f->statement.last += 500;
}

static void say_other_epoch(struct ledger_frame *f)
{
    f->statement.epoch = 7;
}

static void say_other_office(struct ledger_frame *f)
{
    f->statement.to = f->statement.from;
}

static void say_other_hash(struct ledger_frame *f)
{
    struct ledger_line *lines = (struct ledger_line *)(uintptr_t)f->lines; /* the test's own */
    lines[0].hash[0] ^= 1;
}

static void a_peer_cannot_make_an_office_note_what_never_was(void **state)
{
    static void (*const LIES[])(struct ledger_frame *) = {say_more, say_other_epoch};
    struct t_pair *p = *state;
    notes(p, 2);
    for (size_t i = 0; i < ARRAY_LEN(LIES); i++) {
        struct call c = t_call(&p->a.t, NULL);
        assert_string_equal(received(p, stated(p, &c, LIES[i])), "ledger.ahead");
        call_end(&c);
    }
    assert_int_equal(open_count(&p->b.t), 0);
}

static void a_statement_to_another_office_is_refused(void **state)
{
    struct t_pair *p = *state;
    notes(p, 1);
    struct call c = t_call(&p->a.t, NULL);
    assert_string_equal(received(p, stated(p, &c, say_other_office)), "inbox.peer");
    call_end(&c);
}

static void a_lie_about_an_object_is_a_difference_that_both_hear_of(void **state)
{
    struct t_pair *p = *state;
    notes(p, 2);
    struct call c = t_call(&p->a.t, NULL);
    assert_string_equal(received(p, stated(p, &c, say_other_hash)), "");
    call_end(&c);
    assert_int_equal(t_ask(&p->b.t, "SELECT count(*) FROM ledger_difference WHERE verdict = 4"), 1);
}

static void no_changed_byte_of_a_statement_is_taken(void **state)
{
    struct t_pair *p = *state;
    notes(p, 2);
    struct call c = t_call(&p->a.t, NULL);
    struct ledger_talk talk = {.peer = p->b.t.office.id};
    struct str bytes = {};
    must(&c, ledger_next(&c, &talk, false, &bytes));
    for (size_t i = 0; i < bytes.len; i++) {
        char *bad = arena_copy(c.arena, bytes.ptr, bytes.len);
        bad[i] ^= 1;
        assert_string_not_equal(received(p, (struct str){bad, bytes.len}), "");
        assert_string_not_equal(received(p, str_sub(bytes, 0, i)), "");
    }
    assert_string_equal(received(p, bytes), "");
    call_end(&c);
}

static void an_answer_about_something_else_is_none(void **state)
{
    struct t_pair *p = *state;
    notes(p, 2);
    struct ledger_talk talk = {.peer = p->b.t.office.id};
    struct call c = t_call(&p->a.t, NULL);
    struct call there = t_call(&p->b.t, NULL);
    struct str frame = {};
    struct str answer = {};
    must(&c, ledger_next(&c, &talk, false, &frame));
    must(&there, ledger_receive(&there, p->a.t.office.id, frame, &answer));
    talk.last = 1;
    assert_int_equal(ledger_answer(&c, &talk, 200, answer), ERR_PEER);
    call_clear(&c);
    assert_int_equal(ledger_answer(&c, &talk, 503, S("{}")), ERR_PEER);
    call_clear(&c);
    ledger_fail(&c, &talk);
    assert_true(talk.wake_ms > c.now_ms);
    talk.last = 2;
    must(&c, ledger_answer(&c, &talk, 200, answer));
    call_end(&there);
    call_end(&c);
    assert_int_equal(open_count(&p->a.t), 0);
}

static void a_comparison_is_begun_by_hand(void **state)
{
    struct t_pair *p = *state;
    notes(p, 1);
    (void)compare(&p->a, &p->b, false);
    notes(p, 1);
    assert_int_equal(compare(&p->a, &p->b, false), 0);
    (void)t_act(&p->a.t, "admin", "exchange.compare", "{}");
    assert_int_equal(compare(&p->a, &p->b, false), 1);
}

static void the_page_shows_what_differs_with_the_record(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    t_pair_carry(&p->a, &p->b);
    t_script(&p->b.t, "DELETE FROM version WHERE kind = 'note.note';");
    (void)compare(&p->a, &p->b, false);
    struct str page = t_view(&p->a.t, "admin", "exchange.status", "{}", NULL);
    assert_true(str_find(page, record, 0) < page.len);
    assert_true(str_find(page, S("Nơi nhận đã xác nhận nhưng không còn giữ"), 0) < page.len);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, t_pair_open, t_pair_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_equal_ledgers_agree_and_both_ends_keep_the_statements),
        TEST(what_was_compared_is_not_compared_again_and_not_before_the_night),
        TEST(a_change_of_the_key_is_compared_like_any_entry),
        TEST(a_change_of_the_key_that_its_office_no_longer_holds_is_named),
        TEST(the_hour_of_comparing_is_at_night),
        TEST(what_the_receiver_has_lost_is_named_on_both_sides),
        TEST(what_the_sender_no_longer_holds_is_named),
        TEST(another_object_is_named),
        TEST(a_difference_ends_when_both_agree_again),
        TEST(what_was_set_aside_is_told_to_the_sender_without_an_alarm),
        TEST(an_office_that_cannot_ask_is_asked_about_both_feeds),
        TEST(an_older_program_that_knows_no_ledgers_is_noted_and_asked_the_next_night),
        TEST(more_than_one_statement_holds_is_compared_in_parts),
        TEST(a_peer_cannot_make_an_office_note_what_never_was),
        TEST(a_statement_to_another_office_is_refused),
        TEST(a_lie_about_an_object_is_a_difference_that_both_hear_of),
        TEST(no_changed_byte_of_a_statement_is_taken),
        TEST(an_answer_about_something_else_is_none),
        TEST(a_comparison_is_begun_by_hand),
        TEST(the_page_shows_what_differs_with_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
