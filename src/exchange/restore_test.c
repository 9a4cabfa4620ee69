/* Offices that are older than what they have said, and offices that run twice. */
#include "exchange/restore.h"

#include "core/closed.h"
#include "core/office.h"
#include "exchange/epoch.h"
#include "exchange/exchange.h"
#include "exchange/feed.h"
#include "exchange/inbox.h"
#include "exchange/restore_sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "t_pair.h"

enum { QUESTIONS_MAX = 20 };

struct pair {
    struct arena *arena; /* of the struct */
    struct t_office a;   /* sends, and is restored */
    struct t_office b;
    struct sequencer sequencer;
    struct feed feed; /* a to b */
};

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

static void start(struct pair *p)
{
    struct call c = t_call(&p->a, NULL);
    must(&c, sequencer_take(&c, &p->sequencer));
    p->feed = (struct feed){.peer = p->b.office.id};
    call_end(&c);
}

static int pair_open(void **state)
{
    struct arena *arena = arena_open(0);
    struct pair *p = arena_alloc(arena, sizeof *p);
    p->arena = arena;
    t_office_open(&p->a, "VPA");
    t_office_open(&p->b, "VPB");
    t_peers(&p->a, &p->b);
    struct call a = t_call(&p->a, NULL);
    struct call b = t_call(&p->b, NULL);
    must(&a, exchange_migrate(&a));
    must(&b, exchange_migrate(&b));
    call_end(&a);
    call_end(&b);
    start(p);
    *state = p;
    return 0;
}

static int pair_close(void **state)
{
    struct pair *p = *state;
    t_office_close(&p->a);
    t_office_close(&p->b);
    arena_close(p->arena);
    return 0;
}

static enum err begin_step(struct call *c, void *arg)
{
    (void)arg;
    return restore_begin(c);
}

static enum err refuse_step(struct call *c, void *arg)
{
    (void)arg;
    return closed_refuse(c);
}

/* Why the office does not act; empty when it does. */
static const char *closed(struct t_office *t)
{
    struct call c = t_call(t, NULL);
    const char *reason = store_read(&c, refuse_step, NULL) == OK ? "" : c.failure.reason;
    call_end(&c);
    return reason;
}

struct noting {
    struct put put;
    struct act_result result;
};

static enum err put_step(struct call *c, void *arg)
{
    struct noting *noting = arg;
    return record_put(c, &noting->put, &noting->result);
}

/* A note of a for both, in a version of its own. */
static struct str note(struct pair *p, struct str record)
{
    const struct kind *kind = module_kind(S("note.note"));
    struct call c = t_call(&p->a, "admin");
    void *body = arena_alloc(c.arena, kind->table->size);
    must(&c, fields_read(&c, kind->table, S("{\"title\":\"Phân công\"}"), UNKNOWN_REFUSE, body));
    struct str audience[2] = {
        str_format(c.arena, "o:%.*s", STR_ARG(p->a.office.id)),
        str_format(c.arena, "o:%.*s", STR_ARG(p->b.office.id)),
    };
    struct noting noting = {.put = {.kind = "note.note",
                                    .record = record,
                                    .body = body,
                                    .audience = audience,
                                    .audience_count = 2,
                                    .priority = PRIORITY_NORMAL}};
    must(&c, store_tx(&c, put_step, &noting));
    struct str made = str_copy(p->a.arena, noting.result.record);
    call_end(&c);
    return made;
}

/* Asks everything that comes before a batch. The first failure's reason; empty: all was compared.
 * */
static const char *greet(struct pair *p)
{
    const char *reason = "";
    for (int i = 0; reason[0] == '\0'; i++) {
        struct call a = t_call(&p->a, NULL);
        struct call b = t_call(&p->b, NULL);
        struct greet_request question = {};
        struct str answer = {};
        assert_true(i < QUESTIONS_MAX);
        p->feed.wake_ms = 0;
        must(&a, greet_next(&a, &p->feed, &question));
        bool asks = question.kind != GREET_NOTHING;
        enum err e = OK;
        if (asks) {
            e = greet_receive(&b, p->a.office.id, question.kind, question.body, &answer);
        }
        if (e != OK) reason = b.failure.reason;
        if (asks && e == OK && greet_answer(&a, &p->feed, answer) != OK) reason = a.failure.reason;
        call_end(&b);
        call_end(&a);
        if (!asks) break;
    }
    return reason;
}

/* Sends what waits. The reason of b's refusal; empty: it took it, or there was nothing. */
static const char *deliver(struct pair *p)
{
    struct call a = t_call(&p->a, NULL);
    struct call b = t_call(&p->b, NULL);
    struct str batch = {};
    struct str ack = {};
    const char *reason = "";
    p->feed.wake_ms = 0;
    must(&a, sequencer_run(&a, &p->sequencer));
    must(&a, feed_next(&a, &p->feed, &batch));
    if (batch.len > 0 && inbox_receive(&b, p->a.office.id, batch, &ack) != OK) {
        reason = b.failure.reason;
    } else if (batch.len > 0) {
        must(&a, feed_answer(&a, &p->feed, ack, NULL));
    }
    call_end(&b);
    call_end(&a);
    return reason;
}

#define LOSE                                                                                       \
    "DELETE FROM version WHERE kind = 'note.note'; DELETE FROM head WHERE kind = 'note.note';"     \
    "DELETE FROM k_note_note; DELETE FROM outbox; DELETE FROM feed_entry;"                         \
    "DELETE FROM leaf WHERE hash NOT IN (SELECT hash FROM version);"                               \
    "UPDATE feed_out SET next_seq = 1, acked_seq = 0, chain ="                                     \
    " '0000000000000000000000000000000000000000000000000000000000000000';"

/* Two notes, one of them in two versions, are at b; then a is as it was before. */
static void lose(struct pair *p)
{
    assert_string_equal(greet(p), "");
    struct str record = note(p, (struct str){});
    (void)note(p, record);
    (void)note(p, (struct str){});
    assert_string_equal(deliver(p), "");
    assert_int_equal(t_ask(&p->a, "SELECT acked_seq FROM feed_out"), 3);
    t_script(&p->a, LOSE);
    start(p);
}

static void what_was_lost_comes_back_and_a_new_epoch_opens(void **state)
{
    struct pair *p = *state;
    lose(p);
    struct call c = t_call(&p->a, NULL);
    must(&c, store_tx(&c, begin_step, NULL));
    call_end(&c);
    assert_string_equal(closed(&p->a), "restore.recovering");
    assert_string_equal(greet(p), "");
    assert_string_equal(closed(&p->a), "");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM version WHERE kind = 'note.note'"), 3);
    assert_int_equal(t_ask(&p->a, "SELECT sum(n) FROM head WHERE kind = 'note.note'"), 3);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"), 0);
    assert_int_equal(t_ask(&p->a, "SELECT next_seq FROM feed_out WHERE epoch > 1"), 1);
    assert_int_equal(t_ask(&p->b, "SELECT seq FROM feed_in WHERE epoch > 1"), 0);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM leaf WHERE kind = 3"), 1);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM leaf WHERE kind = 3"), 1);
    (void)note(p, (struct str){});
    assert_string_equal(deliver(p), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 3);
}

#define NO_CHAIN "'0000000000000000000000000000000000000000000000000000000000000000'"

/* Both were restored, b to a time before it took anything; then each of them has opened an epoch
 * that the other one no longer knows. */
static void what_a_peer_lost_before_an_epoch_that_nobody_knows_is_sent_again(void **state)
{
    struct pair *p = *state;
    assert_string_equal(greet(p), "");
    (void)note(p, (struct str){});
    assert_string_equal(deliver(p), "");
    t_script(&p->b, "UPDATE feed_in SET epoch = 109, seq = 0, chain = " NO_CHAIN ";"
                    "DELETE FROM feed_taken; DELETE FROM version WHERE kind = 'note.note';"
                    "DELETE FROM head WHERE kind = 'note.note'; DELETE FROM k_note_note;");
    t_script(&p->a, "UPDATE feed_out SET epoch = 93, next_seq = 1, acked_seq = 0, chain = " NO_CHAIN
                    ";");
    struct call c = t_call(&p->a, NULL);
    must(&c, store_tx(&c, begin_step, NULL));
    call_end(&c);
    start(p);
    assert_string_equal(greet(p), "");
    assert_string_equal(closed(&p->a), "");
    assert_string_equal(deliver(p), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
}

static void an_office_that_was_not_told_finds_out(void **state)
{
    struct pair *p = *state;
    lose(p);
    assert_string_equal(closed(&p->a), "");
    assert_string_equal(greet(p), "");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM version WHERE kind = 'note.note'"), 3);
    assert_int_equal(t_ask(&p->a, "SELECT epoch > 1 FROM feed_out"), 1);
    assert_string_equal(closed(&p->a), "");
}

static void a_peer_that_only_says_so_closes_nobody(void **state)
{
    struct pair *p = *state;
    assert_string_equal(greet(p), "");
    (void)note(p, (struct str){});
    assert_string_equal(deliver(p), "");
    t_script(&p->b, "UPDATE feed_in SET seq = 9, chain ="
                    " '1111111111111111111111111111111111111111111111111111111111111111';");
    start(p);
    assert_string_equal(greet(p), "restore.incomplete");
    assert_string_equal(closed(&p->a), "");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM alarm WHERE reason = 'restore.incomplete'"),
                     1);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM feed_out WHERE met = ''"), 1);
}

static void an_administrator_goes_on_without_what_a_peer_cannot_give(void **state)
{
    struct pair *p = *state;
    lose(p);
    t_script(&p->b, "DELETE FROM feed_taken WHERE seq > 1;");
    assert_string_equal(greet(p), "restore.incomplete");
    p->feed.greet = (struct greet){};
    struct call c = t_call(&p->a, NULL);
    must(&c, restore_go_on(&c));
    call_end(&c);
    assert_string_equal(greet(p), "");
    assert_int_equal(t_ask(&p->a, "SELECT epoch > 1 FROM feed_out"), 1);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL"), 0);
}

static void what_nobody_got_waits_for_a_new_number(void **state)
{
    struct pair *p = *state;
    assert_string_equal(greet(p), "");
    (void)note(p, (struct str){});
    struct call c = t_call(&p->a, NULL);
    must(&c, sequencer_run(&c, &p->sequencer));
    must(&c, store_tx(&c, begin_step, NULL));
    call_end(&c);
    assert_int_equal(t_ask(&p->a, "SELECT seq FROM outbox"), 1);
    start(p);
    assert_string_equal(greet(p), "");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE seq IS NULL"), 1);
    assert_string_equal(deliver(p), "");
    assert_int_equal(t_ask(&p->a, "SELECT seq FROM outbox WHERE epoch > 1"), 1);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
}

static void a_late_batch_of_the_old_epoch_changes_nothing(void **state)
{
    struct pair *p = *state;
    assert_string_equal(greet(p), "");
    (void)note(p, (struct str){});
    struct call a = t_call(&p->a, NULL);
    struct call b = t_call(&p->b, NULL);
    struct str late = {};
    struct str ack = {};
    must(&a, sequencer_run(&a, &p->sequencer));
    must(&a, feed_next(&a, &p->feed, &late));
    must(&a, store_tx(&a, begin_step, NULL));
    p->feed.greet = (struct greet){};
    assert_string_equal(greet(p), "");
    must(&b, inbox_receive(&b, p->a.office.id, late, &ack));
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 0);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM alarm"), 0);
    assert_int_equal(feed_answer(&a, &p->feed, ack, NULL), OK); /* it says 0 of the new one */
    call_end(&b);
    call_end(&a);
    assert_string_equal(deliver(p), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
}

/* The statement that a would have b sign for this last number, and b's answer. */
static enum err reopen(struct pair *p, struct call *b, int64_t last_seq, struct str *ret_answer)
{
    struct call a = t_call(&p->a, NULL);
    struct str frame = {};
    struct greet greet = {.head_epoch = 1, .head_seq = last_seq};
    memcpy(greet.head_chain, chain_start().ptr, sizeof greet.head_chain);
    must(&a, restore_open_epoch(&a, p->b.office.id, &greet, &frame));
    enum err e = restore_accept(b, p->a.office.id, frame, ret_answer);
    if (e == OK) *ret_answer = str_copy(p->arena, *ret_answer);
    call_end(&a);
    return e;
}

static void an_epoch_opens_only_where_the_receiver_stands(void **state)
{
    struct pair *p = *state;
    struct call b = t_call(&p->b, NULL);
    struct str first = {};
    struct str again = {};
    struct epoch_frame frame = {};
    assert_string_equal(greet(p), "");
    assert_int_equal(reopen(p, &b, 1, &first), ERR_BUSY);
    assert_string_equal(b.failure.reason, "epoch.head");
    call_clear(&b);
    assert_int_equal(reopen(p, &b, 0, &first), OK);
    assert_int_equal(reopen(p, &b, 0, &again), OK); /* the clock of the test stands still */
    assert_true(str_eq(first, again));
    must(&b, epoch_decode(&b, first, &frame));
    p->a.now_ms++;
    assert_int_equal(reopen(p, &b, 0, &again), ERR_BUSY); /* another statement */
    call_clear(&b);
    char *forged = arena_copy(p->arena, first.ptr, first.len);
    forged[first.len - 2 * SIGNATURE_BYTES] ^= 1;
    enum err e = restore_accept(&b, p->a.office.id, (struct str){forged, first.len}, &again);
    assert_int_equal(e, ERR_DENIED);
    call_end(&b);
}

static void a_newer_start_replaces_the_older_one(void **state)
{
    struct pair *p = *state;
    assert_string_equal(greet(p), "");
    t_script(&p->b, "UPDATE peer_instance SET fence = fence + 1, run = 'another';");
    (void)note(p, (struct str){});
    assert_string_equal(deliver(p), "fence.older");
    p->feed.greet = (struct greet){};
    assert_string_equal(greet(p), "");
    assert_string_equal(closed(&p->a), "fence.superseded");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM alarm WHERE reason = 'fence.superseded'"),
                     1);
    start(p); /* its supervisor starts it again: that changes nothing */
    assert_string_equal(greet(p), "");
    assert_string_equal(closed(&p->a), "fence.superseded");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM peer_instance WHERE run = 'another'"), 1);
    struct call c = t_call(&p->a, NULL);
    must(&c, restore_go_on(&c));
    call_end(&c);
    assert_string_equal(greet(p), "");
    assert_string_equal(deliver(p), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM peer_instance WHERE run = 'another'"), 0);
}

static void a_start_that_the_peer_does_not_know_takes_a_greater_number(void **state)
{
    struct pair *p = *state;
    assert_string_equal(greet(p), "");
    t_script(&p->b, "UPDATE peer_instance SET fence = 40, run = 'another';");
    start(p);
    assert_string_equal(greet(p), "");
    assert_string_equal(closed(&p->a), "");
    assert_int_equal(t_ask(&p->b, "SELECT fence FROM peer_instance"), 41);
}

static void a_restored_peer_is_sent_everything_again(void **state)
{
    struct pair *p = *state;
    t_script(&p->a, "UPDATE k_office_peer SET address = '127.0.0.1:1';");
    assert_string_equal(greet(p), "");
    (void)note(p, (struct str){});
    assert_string_equal(deliver(p), "");
    t_script(&p->b, "DELETE FROM feed_in; DELETE FROM feed_taken;"
                    "DELETE FROM version WHERE kind = 'note.note';"
                    "DELETE FROM head WHERE kind = 'note.note'; DELETE FROM k_note_note;");
    p->feed.greet = (struct greet){};
    assert_string_equal(greet(p), "");
    assert_string_equal(deliver(p), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
    assert_int_equal(t_ask(&p->a, "SELECT again_seq FROM feed_out"), 0);
}

/* b says hello, then a note is delivered, then a hears the hello. Where a would send again from. */
static int64_t hear_late(struct pair *p)
{
    struct call b = t_call(&p->b, NULL);
    struct str hello = {};
    struct str answer = {};
    assert_string_equal(greet(p), "");
    must(&b, exchange_hello(&b, p->a.office.id, &hello));
    (void)note(p, (struct str){});
    assert_string_equal(deliver(p), "");
    struct call a = t_call(&p->a, NULL);
    must(&a, greet_receive(&a, p->b.office.id, GREET_HELLO, hello, &answer));
    call_end(&a);
    call_end(&b);
    return t_ask(&p->a, "SELECT again_seq FROM feed_out");
}

static void a_late_hello_of_a_peer_that_has_an_address_is_followed_up(void **state)
{
    struct pair *p = *state;
    t_script(&p->a, "UPDATE k_office_peer SET address = '127.0.0.1:1';");
    assert_int_equal(hear_late(p), 1);
    assert_string_equal(deliver(p), "");
    assert_int_equal(t_ask(&p->a, "SELECT again_seq FROM feed_out"), 0);
}

static void a_late_hello_of_a_peer_that_nobody_can_call_is_not_waited_for(void **state)
{
    struct pair *p = *state;
    t_script(&p->a, "UPDATE k_office_peer SET address = '';");
    assert_int_equal(hear_late(p), 0);
}

static void another_version_under_the_same_number_stays_with_an_alarm(void **state)
{
    struct pair *p = *state;
    assert_string_equal(greet(p), "");
    struct str record = note(p, (struct str){});
    assert_string_equal(deliver(p), "");
    t_script(&p->a, LOSE);
    p->a.now_ms++;
    (void)note(p, record); /* the same n, written before the office knew */
    start(p);
    assert_string_equal(greet(p), "");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM alarm WHERE reason = 'restore.conflict'"),
                     1);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM version WHERE kind = 'note.note'"), 1);
}

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, pair_open, pair_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(what_was_lost_comes_back_and_a_new_epoch_opens),
        PAIR_TEST(what_a_peer_lost_before_an_epoch_that_nobody_knows_is_sent_again),
        PAIR_TEST(an_office_that_was_not_told_finds_out),
        PAIR_TEST(a_peer_that_only_says_so_closes_nobody),
        PAIR_TEST(an_administrator_goes_on_without_what_a_peer_cannot_give),
        PAIR_TEST(what_nobody_got_waits_for_a_new_number),
        PAIR_TEST(a_late_batch_of_the_old_epoch_changes_nothing),
        PAIR_TEST(an_epoch_opens_only_where_the_receiver_stands),
        PAIR_TEST(a_newer_start_replaces_the_older_one),
        PAIR_TEST(a_start_that_the_peer_does_not_know_takes_a_greater_number),
        PAIR_TEST(a_restored_peer_is_sent_everything_again),
        PAIR_TEST(a_late_hello_of_a_peer_that_has_an_address_is_followed_up),
        PAIR_TEST(a_late_hello_of_a_peer_that_nobody_can_call_is_not_waited_for),
        PAIR_TEST(another_version_under_the_same_number_stays_with_an_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
