/* Feeds between two offices in one process: what the inbox of one gives back is what the feed of
 * the other takes. */
#include "exchange/feed.h"

#include "base/limits.h"
#include "core/org.h"
#include "exchange/exchange.h"
#include "exchange/exchange_sql.h"
#include "exchange/fetch.h"
#include "exchange/inbox.h"
#include "exchange/repair.h"
#include "exchange/sequencer.h"
#include "exchange/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "t.h"

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

/* Runs a query that gives one number. */
struct asking {
    const char *sql;
    int64_t number;
};

static enum err ask_step(struct call *c, void *arg)
{
    struct asking *asking = arg;
    struct rows rows = {};
    enum err e = store_one(c, asking->sql, NO_ARGS, &rows);
    if (e == OK) asking->number = rows_int(&rows, 0, 0);
    return e;
}

static int64_t ask(struct t_office *t, const char *sql)
{
    struct call c = t_call(t, NULL);
    struct asking asking = {.sql = sql};
    must(&c, store_read(&c, ask_step, &asking));
    call_end(&c);
    return asking.number;
}

static enum err script_step(struct call *c, void *arg)
{
    return store_script(c, str_of(arg));
}

static void script(struct t_office *t, const char *sql)
{
    struct call c = t_call(t, NULL);
    char *text = arena_copy(c.arena, sql, strlen(sql));
    must(&c, store_tx(&c, script_step, text));
    call_end(&c);
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
    enum err e = feed_answer(&c, &p->feed, ack);
    const char *reason = e == OK ? "" : c.failure.reason;
    call_end(&c);
    return reason;
}

static void a_version_arrives_and_is_acknowledged(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str ack = receive(p, batch(p));
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"), 1);
    assert_string_equal(answer(p, ack), "");
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"), 0);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM feed_ack"), 1);
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
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM version WHERE kind = 'note.note'"), 1);
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
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM k_note_note"), 0);
    assert_string_equal(answer(p, ack), "");
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM k_note_note"), 2);
    assert_true(lost.len > 0);
}

static void a_batch_that_overlaps_takes_only_what_is_new(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    (void)receive(p, batch(p));
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(ask(&p->b, "SELECT seq FROM feed_in"), 2);
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM k_note_note"), 2);
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
    script(&p->a, "UPDATE version SET sig = " OTHER_SIGNATURE " WHERE kind = 'note.note'"
                  " AND record IN (SELECT record FROM outbox WHERE seq = 1);");
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM quarantine"
                                " WHERE reason = 'arrival.signature' AND seq = 1"),
                     1);
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM receipt WHERE type = 2 AND sig IS NOT NULL"),
                     1);
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM outbox WHERE object_kind = 2"), 1);
    assert_int_equal(bad.len, 53);
}

static void the_home_hears_of_a_refusal(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    number(p);
    script(&p->a, "UPDATE version SET sig = " OTHER_SIGNATURE " WHERE kind = 'note.note';");
    (void)receive(p, batch(p));
    struct pair back = {.a = p->b, .b = p->a};
    struct call c = t_call(&p->b, NULL);
    struct str bytes = {};
    struct str ack = {};
    back.feed.peer = p->a.office.id;
    must(&c, sequencer_take(&c, &back.sequencer));
    must(&c, sequencer_run(&c, &back.sequencer));
    must(&c, feed_next(&c, &back.feed, &bytes));
    struct call home = t_call(&p->a, NULL);
    must(&home, inbox_receive(&home, p->b.office.id, bytes, &ack));
    call_end(&home);
    call_end(&c);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM receipt WHERE type = 2"
                                " AND reason = 'arrival.signature'"),
                     1);
}

static void nobody_adds_to_the_registry_of_another_office(void **state)
{
    struct pair *p = *state;
    struct org_peer forged = {.office = p->a.office.id,
                              .code = S("VPX"),
                              .name = S("Giả mạo"),
                              .public_key = S("00000000000000000000000000000000"
                                              "00000000000000000000000000000000")};
    (void)put_body(p, "office.peer", (struct str){}, &forged, PRIORITY_NORMAL);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM k_office_peer"), 1);
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM quarantine"), 1);
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
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM quarantine"), LIMIT_ASIDE_WHOLE + MORE);
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM quarantine WHERE length(object) = 0"), MORE);
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM quarantine WHERE length(entry) = 0"), 0);
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
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM feed_in"), 0);
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
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM alarm WHERE reason = 'feed.fork'"), 1);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NOT NULL"), 0);
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
    /* restored from a copy older than what it sent: it numbers another entry as the first */
    script(&p->a, "DELETE FROM feed_entry; DELETE FROM feed_out; DELETE FROM outbox;");
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    struct str ack = receive(p, batch(p));
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM alarm WHERE reason = 'feed.fork'"), 1);
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
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
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM outbox WHERE acked_ms IS NOT NULL"), 0);
}

static void a_receiver_restored_from_a_backup_is_filled_up_again(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    script(&p->b, "DELETE FROM feed_in; DELETE FROM version WHERE kind = 'note.note';"
                  "DELETE FROM head WHERE kind = 'note.note'; DELETE FROM k_note_note;");
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    assert_string_equal(answer(p, receive(p, batch(p))), ""); /* the gap */
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM k_note_note"), 2);
}

static void urgent_overtakes_bulk_but_not_its_own_earlier_version(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_BULK);
    struct str record = note(p, (struct str){}, PRIORITY_BULK);
    (void)note(p, record, PRIORITY_URGENT);
    number(p);
    assert_int_equal(ask(&p->a, "SELECT n FROM outbox WHERE seq = 1"), 1);
    assert_int_equal(ask(&p->a, "SELECT n FROM outbox WHERE seq = 2"), 2);
    assert_int_equal(ask(&p->a, "SELECT id FROM outbox WHERE seq = 3"), 1);
}

static void only_a_window_is_numbered_before_it_is_acknowledged(void **state)
{
    struct pair *p = *state;
    struct str record = {};
    for (int i = 0; i < LIMIT_BATCH_ENTRIES + 5; i++)
        record = note(p, record, PRIORITY_NORMAL);
    number(p);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM outbox WHERE seq IS NULL"), 5);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(ask(&p->b, "SELECT n FROM head WHERE kind = 'note.note'"),
                     LIMIT_BATCH_ENTRIES + 5);
}

static void leaves_get_indexes_without_holes(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    number(p);
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    number(p);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM leaf WHERE log_index IS NULL"), 0);
    assert_int_equal(ask(&p->a, "SELECT count(*) - 1 - max(log_index) FROM leaf"), 0);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM leaf l JOIN leaf k ON k.id < l.id"
                                " AND k.log_index > l.log_index"),
                     0);
}

static void a_row_that_cannot_be_numbered_holds_up_its_own_peer_only(void **state)
{
    struct pair *p = *state;
    (void)note(p, (struct str){}, PRIORITY_NORMAL);
    script(&p->a, "INSERT INTO outbox (peer, object, object_kind, record, n, priority, created_ms)"
                  " SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaa', object, 1, substr(record, 1, 27) ||"
                  " 'aaaaaaaaaaaaaaaaaaaaaaaaaa', 1, 1, 1 FROM outbox;");
    number(p);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM outbox WHERE seq IS NOT NULL"), 1);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM alarm WHERE reason = 'sequencer.stuck'"), 1);
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
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM outbox WHERE seq IS NOT NULL"), 0);
    must(&c, sequencer_run(&c, &second));
    call_end(&c);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM outbox WHERE seq = 1"), 1);
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
    script(&p->a, "DELETE FROM lease;");
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
    script(&p->a, "DELETE FROM lease;");
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
    assert_int_equal(ask(&p->a, "SELECT down_ms FROM feed_out"), p->a.now_ms);
    feed_wake(&p->feed, p->a.now_ms, false);
    assert_true(p->feed.wake_ms > p->a.now_ms);
    feed_wake(&p->feed, p->a.now_ms, true); /* the peer itself called */
    assert_int_equal(p->feed.wake_ms, p->a.now_ms);
    assert_string_equal(answer(p, receive(p, batch(p))), "");
    assert_int_equal(ask(&p->a, "SELECT down_ms IS NULL FROM feed_out"), 1);
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
    assert_int_equal(ask(&p->b, "SELECT size FROM wanted WHERE state = 1"), 11);
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
    assert_int_equal(ask(&p->b, "SELECT count(*) FROM wanted WHERE state = 2"), 1);
    a = t_call(&p->a, NULL);
    must(&a, repair_file(&a, root)); /* those who got it from here can give it back */
    call_end(&a);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM wanted WHERE state = 1 AND size = 11"), 1);
    fetch = fetch_open(&p->a.env, p->a.store, &p->a.office, p->b.office.id);
    a = t_call(&p->a, NULL);
    b = t_call(&p->b, NULL);
    must(&a, fetch_next(&a, fetch, &wanted));
    assert_int_equal(wanted.bytes, 0); /* it was sound: nothing to ask for */
    fetch_close(fetch);
    must(&b, fetch_chunk(&b, p->a.office.id, root, 0, &frame));
    call_end(&a);
    call_end(&b);
    assert_int_equal(ask(&p->a, "SELECT count(*) FROM wanted WHERE state = 1"), 0);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
