/* Feeds between two offices in one process: what the inbox of one gives back is what the feed of
 * the other takes. */
#include "exchange/feed.h"

#include "base/limits.h"
#include "core/org.h"
#include "exchange/exchange.h"
#include "exchange/exchange_sql.h"
#include "exchange/fetch.h"
#include "exchange/inbox.h"
#include "exchange/pull.h"
#include "exchange/repair.h"
#include "exchange/sequencer.h"
#include "exchange/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "t_pair.h"

struct pair {
    struct arena *arena; /* of the struct */
    struct t_office a;   /* sends */
    struct t_office b;   /* receives */
    struct sequencer sequencer;
    struct feed feed; /* a to b */
};

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

/* The comparison that comes before everything: `from` asks, `to` answers. */
static void meet(struct t_office *from, struct t_office *to, struct feed *feed)
{
    struct call c = t_call(from, NULL);
    struct call there = t_call(to, NULL);
    struct greet_request rq = {};
    struct str answer = {};
    feed->greet = (struct greet){};
    do {
        feed->wake_ms = 0;
        must(&c, greet_next(&c, feed, &rq));
        assert_int_equal(rq.kind, GREET_HELLO);
        must(&there, greet_receive(&there, from->office.id, rq.kind, rq.body, &answer));
        must(&c, greet_answer(&c, feed, answer));
    } while (!feed->greet.done);
    call_end(&there);
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
    struct call a = t_call(&p->a, "admin");
    struct call b = t_call(&p->b, "admin");
    must(&a, exchange_migrate(&a));
    must(&b, exchange_migrate(&b));
    must(&a, sequencer_take(&a, &p->sequencer));
    p->feed.peer = p->b.office.id;
    call_end(&a);
    call_end(&b);
    meet(&p->a, &p->b, &p->feed);
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

struct noting {
    struct put put;
    struct act_result result;
};

static enum err put_step(struct call *c, void *arg)
{
    struct noting *noting = arg;
    return record_put(c, &noting->put, &noting->result);
}

/* A record of office a for both offices; returns its id in a's arena. */
static struct str put_body(struct pair *p, const char *kind, struct str record, const void *body,
                           enum priority priority)
{
    struct call c = t_call(&p->a, "admin");
    struct str audience[2] = {
        str_format(c.arena, "o:%.*s", STR_ARG(p->a.office.id)),
        str_format(c.arena, "o:%.*s", STR_ARG(p->b.office.id)),
    };
    struct noting noting = {.put = {.kind = kind,
                                    .record = record,
                                    .body = body,
                                    .audience = audience,
                                    .audience_count = 2,
                                    .priority = priority}};
    must(&c, store_tx(&c, put_step, &noting));
    struct str made = str_copy(p->a.arena, noting.result.record);
    call_end(&c);
    return made;
}

static struct str note(struct pair *p, struct str record, enum priority priority)
{
    const struct kind *kind = module_kind(S("note.note"));
    struct call c = t_call(&p->a, NULL);
    void *body = arena_alloc(c.arena, kind->table->size);
    must(&c, fields_read(&c, kind->table, S("{\"title\":\"Phân công\"}"), UNKNOWN_REFUSE, body));
    struct str made = put_body(p, "note.note", record, body, priority);
    call_end(&c);
    return made;
}

static void number(struct pair *p)
{
    struct call c = t_call(&p->a, NULL);
    must(&c, sequencer_run(&c, &p->sequencer));
    call_end(&c);
}

/* The next batch of a, in a's arena; empty when there is none. */
static struct str batch(struct pair *p)
{
    number(p);
    struct call c = t_call(&p->a, NULL);
    struct str bytes = {};
    p->feed.wake_ms = 0;
    must(&c, feed_next(&c, &p->feed, &bytes));
    bytes = str_copy(p->a.arena, bytes);
    call_end(&c);
    return bytes;
}

static struct str receive(struct pair *p, struct str bytes)
{
    struct call c = t_call(&p->b, NULL);
    struct str ack = {};
    must(&c, inbox_receive(&c, p->a.office.id, bytes, &ack));
    ack = str_copy(p->b.arena, ack);
    call_end(&c);
    return ack;
}

static void refuse(struct pair *p, struct str from, struct str bytes, const char *reason)
{
    struct call c = t_call(&p->b, NULL);
    struct str ack = {};
    assert_int_not_equal(inbox_receive(&c, from, bytes, &ack), OK);
    assert_string_equal(c.failure.reason, reason);
    assert_int_equal(ack.len, 0);
    call_end(&c);
}

static const char *answer(struct pair *p, struct str ack)
{
    struct call c = t_call(&p->a, NULL);
    enum err e = feed_answer(&c, &p->feed, ack, NULL);
    const char *reason = e == OK ? "" : c.failure.reason;
    call_end(&c);
    return reason;
}

static void a_version_arrives_and_is_acknowledged(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str ack = receive(p, batch(p));
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"), 1);
    assert_string_equal(answer(p, ack), "");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"), 0);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM feed_ack"), 1);
    assert_int_equal(batch(p).len, 0);
}

static void a_repeat_gets_the_stored_acknowledgement_byte_for_byte(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str bytes = batch(p);
    struct str first = receive(p, bytes);
    p->b.now_ms += 60000;
    t_office_restart(&p->b);
    struct str second = receive(p, bytes);
    assert_true(str_eq(first, second));
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM version WHERE kind = 'note.note'"), 1);
}

static void a_gap_is_answered_with_where_the_receiver_is(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str lost = batch(p);
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    number(p);
    p->feed.from_seq = 2;
    struct str ack = receive(p, batch(p));
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 0);
    assert_string_equal(answer(p, ack), "");
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 2);
    assert_true(lost.len > 0);
}

static void a_batch_that_overlaps_takes_only_what_is_new(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    (void)receive(p, batch(p));
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->b, "SELECT seq FROM feed_in"), 2);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 2);
}

/* A good signature, of something else. */
#define OTHER_SIGNATURE                                                                            \
    "(SELECT w.sig FROM version w WHERE w.kind <> 'note.note' ORDER BY w.record LIMIT 1)"

static void a_bad_entry_is_set_aside_and_the_feed_moves_on(void **state)
{
    struct pair *p = *state;
    struct str bad = note(p, (struct str){}, PRIORITY_NORMAL);
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    number(p);
    t_script(&p->a, "UPDATE version SET sig = " OTHER_SIGNATURE " WHERE kind = 'note.note'"
                    " AND record IN (SELECT record FROM outbox WHERE seq = 1);");
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM quarantine"
                                  " WHERE reason = 'arrival.signature' AND seq = 1"),
                     1);
    assert_int_equal(
        t_ask(&p->b, "SELECT count(*) FROM receipt WHERE type = 2 AND sig IS NOT NULL"), 1);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM outbox WHERE object_kind = 2"), 1);
    assert_int_equal(bad.len, 53);
}

static void the_home_hears_of_a_refusal(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    number(p);
    t_script(&p->a, "UPDATE version SET sig = " OTHER_SIGNATURE " WHERE kind = 'note.note';");
    (void)receive(p, batch(p));
    struct pair back = {.a = p->b, .b = p->a};
    struct call c = t_call(&p->b, NULL);
    struct str bytes = {};
    struct str ack = {};
    back.feed.peer = p->a.office.id;
    must(&c, sequencer_take(&c, &back.sequencer));
    meet(&back.a, &back.b, &back.feed);
    must(&c, sequencer_run(&c, &back.sequencer));
    must(&c, feed_next(&c, &back.feed, &bytes));
    struct call home = t_call(&p->a, NULL);
    must(&home, inbox_receive(&home, p->b.office.id, bytes, &ack));
    call_end(&home);
    call_end(&c);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM receipt WHERE type = 2"
                                  " AND reason = 'arrival.signature'"),
                     1);
}

static void nobody_adds_to_the_registry_of_another_office(void **state)
{
    struct pair *p = *state;
    struct org_peer forged = {.office = p->a.office.id,
                              .code = S("VPX"),
                              .name = S("Giả mạo"),
                              .key = {.public_key = S("00000000000000000000000000000000"
                                                      "00000000000000000000000000000000")}};
    (void)put_body(p, "office.peer", (struct str){}, &forged, PRIORITY_NORMAL);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_office_peer"), 1);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM quarantine"), 1);
}

static void what_a_peer_has_set_aside_cannot_fill_the_disk(void **state)
{
    struct pair *p = *state;
    enum { MORE = 4 };
    const struct org_unit unit = {.name = S("Vụ giả mạo")};
    for (int i = 0; i < LIMIT_ASIDE_WHOLE + MORE; i++) {
        (void)put_body(p, "office.unit", (struct str){}, &unit, PRIORITY_BULK);
    }
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM quarantine"), LIMIT_ASIDE_WHOLE + MORE);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM quarantine WHERE length(object) = 0"),
                     MORE);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM quarantine WHERE length(entry) = 0"), 0);
}

static void a_batch_of_another_office_is_refused(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    refuse(p, S("zzzzzzzzzzzzzzzzzzzzzzzzzz"), batch(p), "inbox.peer");
}

static void a_batch_whose_head_is_not_signed_is_refused(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str bytes = batch(p);
    struct call c = t_call(&p->a, NULL);
    struct batch read = {};
    must(&c, batch_decode(&c, bytes, &read));
    size_t at = (size_t)(read.signature.ptr - bytes.ptr);
    char *forged = arena_copy(c.arena, bytes.ptr, bytes.len);
    forged[at] = (char)(forged[at] ^ 1);
    refuse(p, p->a.office.id, (struct str){forged, bytes.len}, "statement.signature");
    call_end(&c);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM feed_in"), 0);
}

/* An acknowledgement that b's key signed, saying whatever the test wants. */
static struct str forge_ack(struct pair *p, int64_t seq, struct str chain)
{
    struct call c = t_call(&p->b, NULL);
    struct str signature = {};
    struct ack ack = {.format = ENTRY_FORMAT,
                      .from = p->b.office.id,
                      .to = p->a.office.id,
                      .epoch = 1,
                      .seq = seq,
                      .chain = chain,
                      .time_ms = c.now_ms,
                      .key = p->b.office.key};
    struct str bytes = ack_write(&c, &ack);
    must(&c, statement_sign(&c, PURPOSE_ACK, bytes, &signature));
    struct str frame = str_copy(p->b.arena, ack_encode(&c, bytes, signature));
    call_end(&c);
    return frame;
}

static void another_chain_stops_the_feed_and_alarms(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    (void)batch(p);
    struct str other = S("1111111111111111111111111111111111111111111111111111111111111111");
    assert_string_equal(answer(p, forge_ack(p, 1, other)), "feed.fork");
    assert_int_equal(batch(p).len, 0);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM alarm WHERE reason = 'feed.fork'"), 1);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NOT NULL"), 0);
}

static void a_number_we_never_gave_stops_the_feed(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    (void)batch(p);
    assert_string_equal(answer(p, forge_ack(p, 9, chain_start())), "feed.ahead");
    assert_int_equal(batch(p).len, 0);
}

static void a_sender_that_changed_its_past_is_found_out(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    (void)receive(p, batch(p));
    /* forgets, while it runs, what it sent: it numbers another entry as the first */
    t_script(&p->a, "DELETE FROM feed_entry; DELETE FROM outbox; UPDATE feed_out SET next_seq = 1,"
                    " chain = '0000000000000000000000000000000000000000000000000000000000000000';");
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str ack = receive(p, batch(p));
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM alarm WHERE reason = 'feed.fork'"), 1);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
    assert_string_equal(answer(p, ack), "feed.fork");
}

static void an_acknowledgement_of_somebody_else_is_no_answer(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str ack = receive(p, batch(p));
    char *forged = arena_copy(p->a.arena, ack.ptr, ack.len);
    forged[ack.len - 1] = (char)(forged[ack.len - 1] ^ 1);
    assert_string_equal(answer(p, (struct str){forged, ack.len}), "statement.signature");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NOT NULL"), 0);
}

static void a_receiver_restored_from_a_backup_is_filled_up_again(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    t_script(&p->b, "DELETE FROM feed_in; DELETE FROM feed_taken;"
                    "DELETE FROM version WHERE kind = 'note.note';"
                    "DELETE FROM head WHERE kind = 'note.note'; DELETE FROM k_note_note;");
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    assert_string_equal(answer(p, receive(p, batch(p))), ""); /* the gap */
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 2);
}

static void urgent_overtakes_bulk_but_not_its_own_earlier_version(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_BULK);
    struct str record = note(p, (struct str){}, PRIORITY_BULK);
    (void)note(p, record, PRIORITY_URGENT);
    number(p);
    assert_int_equal(t_ask(&p->a, "SELECT n FROM outbox WHERE seq = 1"), 1);
    assert_int_equal(t_ask(&p->a, "SELECT n FROM outbox WHERE seq = 2"), 2);
    assert_int_equal(t_ask(&p->a, "SELECT id FROM outbox WHERE seq = 3"), 1);
}

static void only_a_window_is_numbered_before_it_is_acknowledged(void **state)
{
    struct pair *p = *state;
    struct str record = {};
    for (int i = 0; i < LIMIT_BATCH_ENTRIES + 5; i++)
        record = note(p, record, PRIORITY_NORMAL);
    number(p);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE seq IS NULL"), 5);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->b, "SELECT n FROM head WHERE kind = 'note.note'"),
                     LIMIT_BATCH_ENTRIES + 5);
}

static void leaves_get_indexes_without_holes(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    number(p);
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    number(p);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM leaf WHERE log_index IS NULL"), 0);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) - 1 - max(log_index) FROM leaf"), 0);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM leaf l JOIN leaf k ON k.id < l.id"
                                  " AND k.log_index > l.log_index"),
                     0);
}

static void a_row_that_cannot_be_numbered_holds_up_its_own_peer_only(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    t_script(&p->a, "INSERT INTO outbox (peer, object, object_kind, record, n, priority,"
                    " created_ms) SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaa', object, 1,"
                    " substr(record, 1, 27) || 'aaaaaaaaaaaaaaaaaaaaaaaaaa', 1, 1, 1 FROM outbox;"
                    "INSERT INTO feed_out"
                    " (peer, epoch, next_seq, chain, acked_seq, stopped, down, met)"
                    " SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaa', epoch, next_seq, chain, acked_seq,"
                    " stopped, down, met FROM feed_out;");
    number(p);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE seq IS NOT NULL"), 1);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM alarm WHERE reason = 'sequencer.stuck'"),
                     1);
}

static void an_older_holder_of_the_lease_numbers_nothing(void **state)
{
    struct pair *p = *state;
    struct sequencer second = {};
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct call c = t_call(&p->a, NULL);
    must(&c, sequencer_take(&c, &second));
    assert_int_equal(sequencer_run(&c, &p->sequencer), ERR_STALE);
    assert_string_equal(c.failure.reason, "sequencer.fenced");
    call_clear(&c);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE seq IS NOT NULL"), 0);
    meet(&p->a, &p->b, &p->feed);
    must(&c, sequencer_run(&c, &second));
    call_end(&c);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox WHERE seq = 1"), 1);
}

/* One program's look or beat. */
static int64_t stand(struct pair *p, struct sequencer *sequencer)
{
    struct call c = t_call(&p->a, NULL);
    must(&c, sequencer_stand(&c, sequencer));
    call_end(&c);
    return sequencer->fence;
}

static void a_lease_passes_on_only_when_its_holder_is_silent(void **state)
{
    struct pair *p = *state;
    struct sequencer first = {};
    struct sequencer second = {};
    t_script(&p->a, "DELETE FROM lease;");
    assert_true(stand(p, &first) > 0);
    for (int i = 0; i < 3 * SEQUENCER_LOOKS; i++) { /* a holder that beats is left in peace */
        assert_int_equal(stand(p, &second), 0);
        assert_true(stand(p, &first) > 0);
    }
    for (int i = 0; i < SEQUENCER_LOOKS; i++)
        assert_int_equal(stand(p, &second), 0);
    (void)stand(p, &second);
    assert_true(second.fence > first.fence);
    assert_int_equal(stand(p, &first), 0); /* woken up too late, it steps back by itself */
}

static void a_lease_that_is_given_back_is_free_at_once(void **state)
{
    struct pair *p = *state;
    struct sequencer first = {};
    struct sequencer second = {};
    t_script(&p->a, "DELETE FROM lease;");
    assert_true(stand(p, &first) > 0);
    assert_int_equal(stand(p, &second), 0);
    struct call c = t_call(&p->a, NULL);
    must(&c, sequencer_leave(&c, &first));
    call_end(&c);
    assert_true(stand(p, &second) > 0);
    assert_int_equal(stand(p, &first), 0);
}

static void a_peer_that_is_down_is_tried_for_ever_with_growing_waits(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    (void)batch(p);
    int64_t wait_ms = FEED_BACKOFF_MIN_MS;
    for (int i = 0; i < 50; i++) {
        struct call c = t_call(&p->a, NULL);
        must(&c, feed_fail(&c, &p->feed, "wire.down"));
        int64_t waits_ms = p->feed.wake_ms - c.now_ms;
        assert_in_range(waits_ms, wait_ms / 2, wait_ms);
        call_end(&c);
        wait_ms = wait_ms * 2 < FEED_BACKOFF_MAX_MS ? wait_ms * 2 : FEED_BACKOFF_MAX_MS;
    }
    assert_int_equal(t_ask(&p->a, "SELECT down_ms FROM feed_out"), p->a.now_ms);
    feed_wake(&p->feed, p->a.now_ms, false);
    assert_true(p->feed.wake_ms > p->a.now_ms);
    feed_wake(&p->feed, p->a.now_ms, true); /* the peer itself called */
    assert_int_equal(p->feed.wake_ms, p->a.now_ms);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->a, "SELECT down_ms IS NULL FROM feed_out"), 1);
}

static void a_file_follows_the_version_that_names_it(void **state)
{
    struct pair *p = *state;
    if (module_act(S("consultation.ask")) == NULL) skip(); /* the one kind with files is gone */
    struct str root = t_file(&p->a, "dự thảo");
    (void)t_person(&p->a, "can-bo", ROLE_OFFICER);
    struct str json = str_format(p->a.arena,
                                 "{\"subject\":\"Dự thảo\",\"days\":5,\"asked\":[{\"office\":"
                                 "\"%.*s\"}],\"files\":[{\"root\":\"%.*s\",\"name\":"
                                 "\"du-thao.txt\",\"media\":\"text/plain\",\"size\":11}]}",
                                 STR_ARG(p->b.office.id), STR_ARG(root));
    (void)t_act(&p->a, "can-bo", "consultation.ask", json.ptr);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(t_ask(&p->b, "SELECT size FROM wanted WHERE state = 1"), 11);
    struct call a = t_call(&p->a, NULL);
    struct call b = t_call(&p->b, NULL);
    struct fetch_request wanted = {};
    struct fetch *fetch = fetch_open(&p->b.env, p->b.store, &p->b.office, p->a.office.id);
    must(&b, fetch_next(&b, fetch, &wanted));
    assert_true(str_eq(wanted.root, root));
    struct str frame = {};
    must(&a, fetch_chunk(&a, p->b.office.id, wanted.root, wanted.index, &frame));
    assert_true((int64_t)frame.len <= wanted.bytes);
    must(&b, fetch_take(&b, fetch, frame));
    fetch_close(fetch);
    call_end(&a);
    call_end(&b);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM wanted WHERE state = 2"), 1);
    a = t_call(&p->a, NULL);
    must(&a, repair_file(&a, root)); /* those who got it from here can give it back */
    call_end(&a);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM wanted WHERE state = 1 AND size = 11"), 1);
    fetch = fetch_open(&p->a.env, p->a.store, &p->a.office, p->b.office.id);
    a = t_call(&p->a, NULL);
    b = t_call(&p->b, NULL);
    must(&a, fetch_next(&a, fetch, &wanted));
    assert_int_equal(wanted.bytes, 0); /* it was sound: nothing to ask for */
    fetch_close(fetch);
    must(&b, fetch_chunk(&b, p->a.office.id, root, 0, &frame));
    call_end(&a);
    call_end(&b);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM wanted WHERE state = 1"), 0);
}

/* Found by the simulator: what failed to be posted was fetched by the peer. */
static void a_failure_whose_entries_went_another_way_is_forgotten(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str bytes = batch(p);
    struct call c = t_call(&p->a, NULL);
    must(&c, feed_fail(&c, &p->feed, "wire.down"));
    struct feed pulled = {.peer = p->feed.peer};
    must(&c, feed_answer(&c, &pulled, receive(p, bytes), NULL));
    call_end(&c);
    assert_int_equal(batch(p).len, 0);
    feed_wake(&p->feed, p->a.now_ms, false);
    assert_int_equal(p->feed.wake_ms, p->a.now_ms);
}

/* What the peer says with an acknowledgement */

/* How full b's disk is from now on. */
static void disk(struct pair *p, int64_t free_percent)
{
    p->b.free_percent = free_percent;
}

static void exchange_once(struct pair *p)
{
    assert_string_equal(answer(p, receive(p, batch(p))), "");
}

static int64_t numbered(struct pair *p)
{
    return t_ask(&p->a, "SELECT count(*) FROM outbox WHERE seq IS NOT NULL");
}

static void notes(struct pair *p, size_t count, enum priority priority)
{
    for (size_t i = 0; i < count; i++)
        (void)note(p, (struct str){}, priority);
}

static void the_sender_numbers_no_more_than_the_peer_has_credit_for(void **state)
{
    struct pair *p = *state;
    disk(p, LIMIT_DISK_TIGHT);
    notes(p, 1, PRIORITY_NORMAL);
    exchange_once(p);
    notes(p, LIMIT_BATCH_ENTRIES / 4 + 3, PRIORITY_NORMAL);
    number(p);
    assert_int_equal(numbered(p), 1 + LIMIT_BATCH_ENTRIES / 4);
    disk(p, 100);
    exchange_once(p);
    number(p);
    assert_int_equal(numbered(p), 1 + LIMIT_BATCH_ENTRIES / 4 + 3);
}

static void a_full_disk_gets_receipts_and_control_only(void **state)
{
    struct pair *p = *state;
    disk(p, LIMIT_DISK_FULL);
    notes(p, 1, PRIORITY_NORMAL);
    exchange_once(p);
    notes(p, 2, PRIORITY_URGENT);
    notes(p, 1, PRIORITY_CONTROL);
    number(p);
    assert_int_equal(numbered(p), 2);
    assert_int_equal(t_ask(&p->a, "SELECT priority FROM outbox WHERE seq = 2"), PRIORITY_CONTROL);
}

static void a_disk_that_was_full_is_asked_again_with_one_entry(void **state)
{
    struct pair *p = *state;
    disk(p, LIMIT_DISK_FULL);
    notes(p, 1, PRIORITY_NORMAL);
    exchange_once(p);
    disk(p, 100);
    notes(p, 3, PRIORITY_BULK);
    number(p);
    assert_int_equal(numbered(p), 1);
    p->a.now_ms += SEQUENCER_ASK_MS;
    number(p);
    assert_int_equal(numbered(p), 2);
    exchange_once(p);
    number(p);
    assert_int_equal(numbered(p), 4);
}

static void a_pause_that_the_peer_asks_for_is_kept(void **state)
{
    struct pair *p = *state;
    struct str bytes = {};
    disk(p, LIMIT_DISK_STOP);
    notes(p, 1, PRIORITY_NORMAL);
    exchange_once(p);
    notes(p, 1, PRIORITY_CONTROL);
    number(p);
    struct call c = t_call(&p->a, NULL);
    feed_wake(&p->feed, c.now_ms, false);
    feed_wake(&p->feed, c.now_ms, true);
    must(&c, feed_next(&c, &p->feed, &bytes));
    assert_int_equal(bytes.len, 0);
    c.now_ms = p->feed.pause_ms;
    must(&c, feed_next(&c, &p->feed, &bytes));
    assert_true(bytes.len > 0);
    call_end(&c);
}

static void an_acknowledgement_without_credit_opens_the_whole_window(void **state)
{
    struct pair *p = *state;
    notes(p, 1, PRIORITY_NORMAL);
    struct str bytes = batch(p);
    struct call c = t_call(&p->b, NULL);
    struct ack ack = {};
    struct str statement = {};
    struct str signature = {};
    must(&c, ack_decode(&c, receive(p, bytes), &ack, &statement, &signature));
    ack.credit_entries = ack.credit_bytes = ack.disk = ack.pause_ms = 0; /* as once was written */
    ack.call = false;
    statement = ack_write(&c, &ack);
    must(&c, statement_sign(&c, PURPOSE_ACK, statement, &signature));
    assert_string_equal(answer(p, ack_encode(&c, statement, signature)), "");
    call_end(&c);
    notes(p, LIMIT_BATCH_ENTRIES + 1, PRIORITY_NORMAL);
    number(p);
    assert_int_equal(numbered(p), 1 + LIMIT_BATCH_ENTRIES);
}

static void files_wait_while_the_disk_is_nearly_full(void **state)
{
    struct pair *p = *state;
    struct fetch_request wanted = {};
    t_script(&p->b, "INSERT INTO wanted (root, peer, record, n, size, state, failures, wake_ms,"
                  " reason, priority) SELECT '0000000000000000000000000000000000000000000000000000'"
                    " || '00000000000' || priority, office, 'r', 1, 5, 1, 0, 0, '', priority"
                    " FROM k_office_peer,"
                    " (SELECT 2 AS priority UNION ALL SELECT 3) q;");
    struct call c = t_call(&p->b, NULL);
    struct fetch *fetch = fetch_open(&p->b.env, p->b.store, &p->b.office, p->a.office.id);
    disk(p, LIMIT_DISK_TIGHT);
    must(&c, fetch_next(&c, fetch, &wanted));
    assert_int_equal(wanted.bytes, 0);
    disk(p, LIMIT_DISK_LOW);
    t_script(&p->b, "UPDATE wanted SET state = 3 WHERE priority = 2;");
    must(&c, fetch_next(&c, fetch, &wanted));
    assert_int_equal(wanted.bytes, 0); /* what is left is bulk */
    disk(p, LIMIT_DISK_LOW + 1);
    must(&c, fetch_next(&c, fetch, &wanted));
    assert_true(wanted.bytes > 0);
    fetch_close(fetch);
    call_end(&c);
}

/* Many rows that wait. What they name does not exist, which is the receiver's concern. */
static void copies(struct pair *p, int64_t count)
{
    t_script(&p->a, str_format(p->a.arena,
                             "INSERT INTO outbox (peer, object, object_kind, record, n, priority,"
                             " created_ms) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                             " FROM n WHERE i < %lld) SELECT peer, substr(object, 1, 58) ||"
                             " (100000 + i), object_kind, record, o.n, 3, created_ms FROM n,"
                             " (SELECT * FROM outbox ORDER BY id LIMIT 1) o;",
                             (long long)count)
                      .ptr);
}

static void an_urgent_entry_overtakes_ten_thousand_bulk_ones(void **state)
{
    struct pair *p = *state;
    notes(p, 1, PRIORITY_BULK);
    copies(p, 10000);
    number(p);
    assert_int_equal(numbered(p), LIMIT_BATCH_ENTRIES); /* the window is full of bulk */
    struct str urgent = note(p, (struct str){}, PRIORITY_URGENT);
    exchange_once(p);
    number(p);
    assert_int_equal(t_ask(&p->a, "SELECT min(seq) FROM outbox WHERE priority = 1"),
                     LIMIT_BATCH_ENTRIES + 1);
    assert_true(urgent.len > 0);
}

static void receipts_and_control_leave_first_however_much_waits(void **state)
{
    struct pair *p = *state;
    notes(p, 1, PRIORITY_BULK);
    copies(p, 1000);
    notes(p, 20, PRIORITY_URGENT);
    notes(p, 1, PRIORITY_CONTROL);
    number(p);
    assert_int_equal(t_ask(&p->a, "SELECT seq FROM outbox WHERE priority = 0"), 1);
    assert_int_equal(t_ask(&p->a, "SELECT max(seq) FROM outbox WHERE priority = 1"), 21);
}

static void versions_keep_their_order_whatever_their_priorities(void **state)
{
    struct pair *p = *state;
    static const enum priority ORDER[] = {PRIORITY_BULK,   PRIORITY_NORMAL,  PRIORITY_BULK,
                                          PRIORITY_URGENT, PRIORITY_CONTROL, PRIORITY_BULK};
    struct str record = {};
    notes(p, 3, PRIORITY_NORMAL);
    for (size_t i = 0; i < ARRAY_LEN(ORDER); i++)
        record = note(p, record, ORDER[i]);
    number(p);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM outbox x JOIN outbox y"
                                  " ON x.record = y.record AND x.n < y.n WHERE x.seq > y.seq"),
                     0);
    /* the control version pulls the four before it in front of the normal ones */
    assert_int_equal(t_ask(&p->a, "SELECT seq FROM outbox WHERE n = 5"), 5);
}

/* Refusals, pulling */

static void a_lasting_refusal_alarms_and_is_not_repeated(void **state)
{
    struct pair *p = *state;
    notes(p, 1, PRIORITY_NORMAL);
    struct str bytes = batch(p);
    struct call c = t_call(&p->a, NULL);
    must(&c, feed_refuse(&c, &p->feed, S("wire.stranger")));
    assert_int_equal(p->feed.wake_ms, c.now_ms + FEED_REFUSED_MS);
    feed_wake(&p->feed, c.now_ms, false);
    assert_int_equal(p->feed.wake_ms, c.now_ms + FEED_REFUSED_MS); /* news are no reason */
    feed_wake(&p->feed, c.now_ms, true);
    assert_int_equal(p->feed.wake_ms, c.now_ms);
    call_end(&c);
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM alarm WHERE reason = 'feed.refused'"
                                  " AND detail = 'wire.stranger' AND ended_ms IS NULL"),
                     1);
    assert_string_equal(answer(p, receive(p, bytes)), "");
    assert_int_equal(t_ask(&p->a, "SELECT count(*) FROM alarm WHERE ended_ms IS NULL"), 0);
}

static struct str pulled(struct pair *p, int64_t after)
{
    struct call c = t_call(&p->a, NULL);
    struct str bytes = {};
    must(&c, feed_pull(&c, p->b.office.id, 1, after, &bytes));
    bytes = str_copy(p->a.arena, bytes);
    call_end(&c);
    return bytes;
}

static void a_pull_gives_the_bytes_that_a_push_would(void **state)
{
    struct pair *p = *state;
    notes(p, 2, PRIORITY_NORMAL);
    struct str pushed = batch(p);
    assert_true(str_eq(pulled(p, 0), pushed));
    assert_int_equal(pulled(p, 2).len, 0);
}

static void a_puller_brings_its_acknowledgement_and_asks_on(void **state)
{
    struct pair *p = *state;
    struct pull pull = {.peer = p->a.office.id};
    struct pull_request wanted = {};
    notes(p, 1, PRIORITY_NORMAL);
    number(p);
    struct call c = t_call(&p->b, NULL);
    must(&c, pull_next(&c, &pull, &wanted));
    assert_true(wanted.any && wanted.ack.len == 0 && wanted.epoch == 1 && wanted.seq == 0);
    must(&c, pull_take(&c, &pull, pulled(p, 0)));
    must(&c, pull_next(&c, &pull, &wanted));
    assert_string_equal(answer(p, wanted.ack), "");
    assert_int_equal(t_ask(&p->a, "SELECT acked_seq FROM feed_out"), 1);
    pull_told(&c, &pull);
    must(&c, pull_next(&c, &pull, &wanted));
    assert_true(wanted.any && wanted.ack.len == 0 && wanted.seq == 1);
    call_end(&c);
}

static void a_peer_that_answers_at_once_with_nothing_is_not_hammered(void **state)
{
    struct pair *p = *state;
    struct pull pull = {.peer = p->a.office.id};
    notes(p, 1, PRIORITY_NORMAL);
    number(p);
    struct call c = t_call(&p->b, NULL);
    pull_none(&c, &pull, c.now_ms);
    assert_int_equal(pull.wake_ms, c.now_ms + FEED_BACKOFF_MIN_MS);
    pull_none(&c, &pull, c.now_ms - FEED_BACKOFF_MIN_MS);
    assert_int_equal(pull.wake_ms, c.now_ms);
    must(&c, pull_take(&c, &pull, pulled(p, 0)));
    assert_int_equal(pull_take(&c, &pull, pulled(p, 0)), ERR_PEER); /* the same again */
    call_clear(&c);
    pull_fail(&c, &pull, false);
    assert_true(pull.wake_ms > c.now_ms);
    pull_fail(&c, &pull, true);
    assert_int_equal(pull.wake_ms, c.now_ms + FEED_REFUSED_MS);
    pull_hurry(&pull, c.now_ms);
    assert_int_equal(pull.wake_ms, c.now_ms);
    call_end(&c);
}

static void who_has_no_address_of_the_sender_says_so(void **state)
{
    struct pair *p = *state;
    notes(p, 1, PRIORITY_NORMAL);
    exchange_once(p);
    assert_true(p->feed.call);
    t_script(&p->b, "UPDATE k_office_peer SET address = '127.0.0.1:1';");
    notes(p, 1, PRIORITY_NORMAL);
    exchange_once(p);
    assert_false(p->feed.call);
}

int main(void)
{
#define PAIR_TEST(test) cmocka_unit_test_setup_teardown(test, pair_open, pair_close)
    const struct CMUnitTest tests[] = {
        PAIR_TEST(a_version_arrives_and_is_acknowledged),
        PAIR_TEST(a_repeat_gets_the_stored_acknowledgement_byte_for_byte),
        PAIR_TEST(a_gap_is_answered_with_where_the_receiver_is),
        PAIR_TEST(a_batch_that_overlaps_takes_only_what_is_new),
        PAIR_TEST(a_bad_entry_is_set_aside_and_the_feed_moves_on),
        PAIR_TEST(the_home_hears_of_a_refusal),
        PAIR_TEST(nobody_adds_to_the_registry_of_another_office),
        PAIR_TEST(what_a_peer_has_set_aside_cannot_fill_the_disk),
        PAIR_TEST(a_batch_of_another_office_is_refused),
        PAIR_TEST(a_batch_whose_head_is_not_signed_is_refused),
        PAIR_TEST(another_chain_stops_the_feed_and_alarms),
        PAIR_TEST(a_number_we_never_gave_stops_the_feed),
        PAIR_TEST(a_sender_that_changed_its_past_is_found_out),
        PAIR_TEST(an_acknowledgement_of_somebody_else_is_no_answer),
        PAIR_TEST(a_receiver_restored_from_a_backup_is_filled_up_again),
        PAIR_TEST(urgent_overtakes_bulk_but_not_its_own_earlier_version),
        PAIR_TEST(only_a_window_is_numbered_before_it_is_acknowledged),
        PAIR_TEST(leaves_get_indexes_without_holes),
        PAIR_TEST(a_row_that_cannot_be_numbered_holds_up_its_own_peer_only),
        PAIR_TEST(an_older_holder_of_the_lease_numbers_nothing),
        PAIR_TEST(a_lease_passes_on_only_when_its_holder_is_silent),
        PAIR_TEST(a_lease_that_is_given_back_is_free_at_once),
        PAIR_TEST(a_file_follows_the_version_that_names_it),
        PAIR_TEST(a_peer_that_is_down_is_tried_for_ever_with_growing_waits),
        PAIR_TEST(a_failure_whose_entries_went_another_way_is_forgotten),
        PAIR_TEST(the_sender_numbers_no_more_than_the_peer_has_credit_for),
        PAIR_TEST(a_full_disk_gets_receipts_and_control_only),
        PAIR_TEST(a_disk_that_was_full_is_asked_again_with_one_entry),
        PAIR_TEST(a_pause_that_the_peer_asks_for_is_kept),
        PAIR_TEST(an_acknowledgement_without_credit_opens_the_whole_window),
        PAIR_TEST(files_wait_while_the_disk_is_nearly_full),
        PAIR_TEST(an_urgent_entry_overtakes_ten_thousand_bulk_ones),
        PAIR_TEST(receipts_and_control_leave_first_however_much_waits),
        PAIR_TEST(versions_keep_their_order_whatever_their_priorities),
        PAIR_TEST(a_lasting_refusal_alarms_and_is_not_repeated),
        PAIR_TEST(a_pull_gives_the_bytes_that_a_push_would),
        PAIR_TEST(a_puller_brings_its_acknowledgement_and_asks_on),
        PAIR_TEST(a_peer_that_answers_at_once_with_nothing_is_not_hammered),
        PAIR_TEST(who_has_no_address_of_the_sender_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
