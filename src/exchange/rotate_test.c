/* Two offices, one of which goes on with another key while entries are under way. */
#include "core/directory.h"

#include "base/limits.h"
#include "core/check.h"
#include "exchange/exchange.h"
#include "exchange/exchange_sql.h"
#include "exchange/feed.h"
#include "exchange/inbox.h"
#include "exchange/log_check.h"
#include "exchange/sequencer.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "t_pair.h"

struct pair {
    struct arena *arena; /* of the struct */
    struct t_office a;   /* sends, and changes its key */
    struct t_office b;   /* receives */
    struct sequencer sequencer;
    struct feed feed; /* a to b */
};

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

static void meet(struct pair *p)
{
    struct call c = t_call(&p->a, NULL);
    struct call there = t_call(&p->b, NULL);
    struct greet_request rq = {};
    struct str answer = {};
    do {
        p->feed.wake_ms = 0;
        must(&c, greet_next(&c, &p->feed, &rq));
        must(&there, greet_receive(&there, p->a.office.id, rq.kind, rq.body, &answer));
        must(&c, greet_answer(&c, &p->feed, answer));
    } while (!p->feed.greet.done);
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
    meet(p);
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

static enum err put_step(struct call *c, void *arg)
{
    struct act_result result = {};
    return record_put(c, arg, &result);
}

/* A note of office a for both. */
static void note(struct pair *p, enum priority priority)
{
    const struct kind *kind = module_kind(S("note.note"));
    struct call c = t_call(&p->a, "admin");
    struct str audience[2] = {str_format(c.arena, "o:%.*s", STR_ARG(p->a.office.id)),
                              str_format(c.arena, "o:%.*s", STR_ARG(p->b.office.id))};
    void *body = arena_alloc(c.arena, kind->table->size);
    must(&c, fields_read(&c, kind->table, S("{\"title\":\"Phân công\"}"), UNKNOWN_REFUSE, body));
    struct put put = {.kind = "note.note",
                      .body = body,
                      .audience = audience,
                      .audience_count = 2,
                      .priority = priority};
    must(&c, store_tx(&c, put_step, &put));
    call_end(&c);
}

/* The next batch of a, in a's arena; empty when there is none. */
static struct str batch(struct pair *p)
{
    struct call c = t_call(&p->a, NULL);
    struct str bytes = {};
    must(&c, sequencer_run(&c, &p->sequencer));
    p->feed.wake_ms = 0;
    must(&c, feed_next(&c, &p->feed, &bytes));
    bytes = str_copy(p->a.arena, bytes);
    call_end(&c);
    return bytes;
}

/* What b makes of the batch, and a of its answer. */
static const char *deliver(struct pair *p, struct str bytes)
{
    struct call c = t_call(&p->b, NULL);
    struct call from = t_call(&p->a, NULL);
    struct str ack = {};
    enum err e = inbox_receive(&c, p->a.office.id, bytes, &ack);
    const char *reason = e == OK ? "" : c.failure.reason;
    if (e == OK) must(&from, feed_answer(&from, &p->feed, ack, NULL));
    call_end(&from);
    call_end(&c);
    return reason;
}

static enum err chain_read(struct call *c, void *arg)
{
    return directory_chain(c, c->office->id, arg);
}

static struct str chain_of(struct t_office *t)
{
    struct call c = t_call(t, NULL);
    struct str chain = {};
    must(&c, store_read(&c, chain_read, &chain));
    chain = str_copy(t->arena, chain);
    call_end(&c);
    return chain;
}

/* What a certificate of a tells b. */
static const char *tell(struct pair *p, struct str chain)
{
    struct call c = t_call(&p->b, NULL);
    enum err e = directory_meet(&c, p->a.office.id, chain);
    const char *reason = e == OK ? "" : c.failure.reason;
    call_end(&c);
    return reason;
}

static void assert_check_equal(struct t_office *t)
{
    struct call c = t_call(t, NULL);
    struct node *report = node_map(&c);
    struct sb sb = sb_new(c.arena, 0);
    must(&c, check_office(&c, log_check, report));
    node_json(&sb, report);
    struct str json = sb_str(&sb);
    if (str_find(json, S("\"equal\":true"), 0) == json.len) fail_msg("%.*s", STR_ARG(json));
    call_end(&c);
}

static void entries_under_way_outlive_a_change_of_the_key(void **state)
{
    struct pair *p = *state;
    note(p, PRIORITY_NORMAL);
    struct str under_way = batch(p);
    note(p, PRIORITY_BULK); /* signed with the first key, and still waiting */
    t_rotate(&p->a, -1);
    note(p, PRIORITY_NORMAL);
    assert_string_equal(tell(p, chain_of(&p->a)), "");
    assert_string_equal(deliver(p, under_way), "");
    assert_string_equal(deliver(p, batch(p)), "");
    assert_int_equal(batch(p).len, 0);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 3);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM quarantine"), 0);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM feed_in WHERE key_place > 1"), 1);
    assert_check_equal(&p->a);
    assert_check_equal(&p->b);
}

static void the_change_stands_behind_all_that_the_old_key_signed(void **state)
{
    struct pair *p = *state;
    for (size_t i = 0; i < 5; i++)
        note(p, PRIORITY_BULK);
    t_rotate(&p->a, -1);
    note(p, PRIORITY_BULK);
    (void)batch(p);
    assert_int_equal(t_ask(&p->a, "SELECT seq FROM outbox WHERE object_kind = 3"), 6);
    assert_int_equal(t_ask(&p->a, "SELECT max(seq) FROM outbox"), 7);
}

static void a_batch_by_a_key_that_nobody_told_of_is_refused(void **state)
{
    struct pair *p = *state;
    t_rotate(&p->a, -1);
    note(p, PRIORITY_NORMAL);
    assert_string_equal(deliver(p, batch(p)), "statement.key");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 0);
}

static void who_missed_several_changes_follows_them_all(void **state)
{
    struct pair *p = *state;
    struct str first = chain_of(&p->a);
    assert_int_equal(first.len, 0);
    for (size_t i = 0; i < 4; i++)
        t_rotate(&p->a, -1);
    assert_string_equal(tell(p, chain_of(&p->a)), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM office_key o JOIN k_office_peer p"
                                  " ON p.office = o.office"), 5);
    assert_string_equal(tell(p, chain_of(&p->a)), "key.broken"); /* nothing new */
    note(p, PRIORITY_NORMAL);
    assert_string_equal(deliver(p, batch(p)), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM quarantine"), 0);
    assert_check_equal(&p->b);
}

/* Somebody has the office's former key and its place in the feed. */
static void with_key_before(struct t_office *t, const struct t_office *before)
{
    memcpy(t->secret_key, before->secret_key, sizeof t->secret_key);
    t->office.key = before->office.key;
    t->office.public_key = before->office.public_key;
}

static void a_stolen_old_key_signs_nothing_more(void **state)
{
    struct pair *p = *state;
    struct t_office before = p->a;
    t_rotate(&p->a, -1);
    struct t_office after = p->a;
    assert_string_equal(tell(p, chain_of(&p->a)), "");
    assert_string_equal(deliver(p, batch(p)), "");
    with_key_before(&p->a, &before);
    note(p, PRIORITY_NORMAL);
    with_key_before(&p->a, &after);
    assert_string_equal(deliver(p, batch(p)), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 0);
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM quarantine"
                                  " WHERE reason = 'arrival.old_key'"), 1);
}

static void a_revoked_key_signs_no_batch(void **state)
{
    struct pair *p = *state;
    struct t_office before = p->a;
    note(p, PRIORITY_NORMAL);
    assert_string_equal(deliver(p, batch(p)), "");
    t_rotate(&p->a, t_ask(&p->a, "SELECT count(*) + 1 FROM leaf"));
    assert_string_equal(tell(p, chain_of(&p->a)), "");
    with_key_before(&p->a, &before);
    note(p, PRIORITY_NORMAL);
    assert_string_equal(deliver(p, batch(p)), "statement.key");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 1);
    assert_check_equal(&p->b); /* what was taken in before stands */
}

static void what_a_revoked_key_signed_beyond_its_place_is_named_by_the_check(void **state)
{
    struct pair *p = *state;
    int64_t size = t_ask(&p->a, "SELECT count(*) FROM leaf");
    note(p, PRIORITY_NORMAL);
    t_rotate(&p->a, size);
    struct call c = t_call(&p->a, NULL);
    struct node *report = node_map(&c);
    struct sb sb = sb_new(c.arena, 0);
    must(&c, check_office(&c, log_check, report));
    node_json(&sb, report);
    struct str json = sb_str(&sb);
    assert_true(str_find(json, S("\"equal\":false"), 0) < json.len);
    assert_true(str_find(json, S("revoked"), 0) < json.len);
    call_end(&c);
}

/* A statement that the old key alone has signed, for a key that was never promised. */
static struct str forged(struct pair *p)
{
    struct call c = t_call(&p->a, NULL);
    uint8_t seed[32] = {7};
    uint8_t public_key[32];
    uint8_t secret[64];
    uint8_t hash[32];
    uint8_t old_signature[64];
    uint8_t new_signature[64];
    assert_int_equal(crypto_sign_seed_keypair(public_key, secret, seed), 0);
    struct str raw = {(const char *)public_key, sizeof public_key};
    struct key_frame frame = {.statement = {.format = 1,
                                            .office = p->a.office.id,
                                            .n = 1,
                                            .old_key = hex_encode(c.arena, p->a.office.public_key),
                                            .new_key = hex_encode(c.arena, raw),
                                            .time_ms = c.now_ms}};
    frame.bytes = key_statement_write(&c, &frame.statement);
    crypto_hash_sha256(hash, (const uint8_t *)frame.bytes.ptr, frame.bytes.len);
    office_sign_with(p->a.secret_key, PURPOSE_KEY, hash, old_signature);
    office_sign_with(secret, PURPOSE_KEY, hash, new_signature);
    frame.old_signature = (struct str){(const char *)old_signature, 64};
    frame.new_signature = (struct str){(const char *)new_signature, 64};
    struct str bytes = str_copy(p->a.arena, key_frame_write(&c, &frame));
    call_end(&c);
    return bytes;
}

static void who_stole_a_key_cannot_name_the_next_one(void **state)
{
    struct pair *p = *state;
    assert_string_equal(tell(p, forged(p)), "key.broken");
    t_rotate(&p->a, -1);
    assert_string_equal(tell(p, chain_of(&p->a)), "");
}

static void a_statement_with_any_bit_changed_leads_nowhere(void **state)
{
    struct pair *p = *state;
    t_rotate(&p->a, -1);
    struct str chain = chain_of(&p->a);
    char *changed = arena_alloc(p->arena, chain.len);
    size_t first = 13; /* behind the frame's head; the old key's signature may be missing whole */
    for (size_t i = first; i < chain.len; i++) {
        memcpy(changed, chain.ptr, chain.len);
        changed[i] = (char)(changed[i] ^ 1);
        const char *reason = tell(p, (struct str){changed, chain.len});
        if (reason[0] == '\0') fail_msg("byte %zu", i);
    }
    assert_string_equal(tell(p, chain), "");
}

static struct str peer_record(struct t_office *t)
{
    struct str json = t_view(t, "admin", "office.peers", "{}", NULL);
    size_t at = str_find(json, S("\"record\":\""), 0) + S("\"record\":\"").len;
    return str_sub(json, at, at + 53);
}

static void a_lost_key_is_replaced_by_a_person_with_a_reason(void **state)
{
    struct pair *p = *state;
    struct t_office before = p->a;
    note(p, PRIORITY_NORMAL);
    assert_string_equal(deliver(p, batch(p)), "");
    t_rotate(&p->a, -1);
    struct str record = peer_record(&p->b);
    struct str json =
        str_format(p->b.arena, "{\"record\":\"%.*s\",\"public_key\":\"%.*s\",\"key_n\":1}",
                   STR_ARG(record), STR_ARG(hex_encode(p->b.arena, p->a.office.public_key)));
    assert_string_equal(t_refused(&p->b, "admin", "office.rekey_peer", json.ptr).ptr,
                        "field.required");
    json = str_format(p->b.arena, "%.*s,\"reason\":\"Đã đối chiếu qua điện thoại\"}",
                      (int)json.len - 1, json.ptr);
    (void)t_act(&p->b, "admin", "office.rekey_peer", json.ptr);
    assert_string_equal(t_refused(&p->b, "admin", "office.rekey_peer", json.ptr).ptr,
                        "office.key_known");
    note(p, PRIORITY_NORMAL);
    assert_string_equal(deliver(p, batch(p)), "");
    assert_int_equal(t_ask(&p->b, "SELECT count(*) FROM k_note_note"), 2);
    assert_check_equal(&p->b); /* the former key still verifies what it signed */
    assert_true(before.office.key.len > 0);
}

struct finding {
    const char *name;
    struct str office;
};

static enum err find_step(struct call *c, void *arg)
{
    struct finding *f = arg;
    return directory_find(c, str_of(f->name), &f->office);
}

static bool finds(struct pair *p, const char *name)
{
    struct call c = t_call(&p->b, NULL);
    struct finding f = {.name = name};
    bool found = store_read(&c, find_step, &f) == OK && str_eq(f.office, p->a.office.id);
    call_end(&c);
    return found;
}

static void an_office_is_found_by_a_code_that_it_had(void **state)
{
    struct pair *p = *state;
    struct str json =
        str_format(p->b.arena, "{\"record\":\"%.*s\",\"code\":\"VPM\",\"name\":\"Tên mới\"}",
                   STR_ARG(peer_record(&p->b)));
    (void)t_act(&p->b, "admin", "office.change_peer", json.ptr);
    assert_true(finds(p, "VPM"));
    assert_true(finds(p, "VPA"));
    assert_true(finds(p, str_zero(p->b.arena, p->a.office.id)));
    assert_false(finds(p, "VP"));
}

static enum err key_at(struct call *c, void *arg)
{
    struct office_key keys[2] = {};
    const struct pair *p = arg;
    struct str office = p->a.office.id;
    enum err e = directory_key_at(c, office, p->a.now_ms, &keys[0]);
    if (e == OK) e = directory_key_at(c, office, p->a.now_ms - 1, &keys[1]);
    if (e != OK) return e;
    assert_true(str_eq(keys[0].id, p->a.office.key));
    assert_false(str_eq(keys[1].id, p->a.office.key));
    assert_int_equal(keys[1].until_ms, keys[0].from_ms);
    return directory_key_at(c, office, 1, &keys[0]);
}

static void each_key_has_its_time(void **state)
{
    struct pair *p = *state;
    p->a.now_ms += 1000;
    p->b.now_ms = p->a.now_ms;
    t_rotate(&p->a, -1);
    assert_string_equal(tell(p, chain_of(&p->a)), "");
    struct call c = t_call(&p->b, NULL);
    assert_int_equal(store_read(&c, key_at, p), ERR_NOT_FOUND); /* before there was one */
    call_end(&c);
}

static enum err state_step(struct call *c, void *arg)
{
    int64_t size = 0;
    return directory_self(c, arg, &size);
}

/* The bytes that other programs read: once as the old key signed them, once as the new one did. */
static void statements_are_written_as_ever(void **state)
{
    struct pair *p = *state;
    struct key_state first = {};
    struct key_frame frame = {};
    struct str rest = {};
    struct call c = t_call(&p->a, NULL);
    must(&c, store_read(&c, state_step, &first));
    t_rotate(&p->a, 3);
    must(&c, key_frame_read(&c, chain_of(&p->a), &frame, &rest));
    assert_int_equal(rest.len, 0);
    struct sb sb = sb_new(c.arena, 0);
    golden_line(&sb, &(struct golden_object){.purpose = PURPOSE_KEY,
                                             .bytes = frame.bytes,
                                             .signature = frame.old_signature,
                                             .public_key = first.public_key});
    golden_line(&sb, &(struct golden_object){.purpose = PURPOSE_KEY,
                                             .bytes = frame.bytes,
                                             .signature = frame.new_signature,
                                             .public_key = p->a.office.public_key});
    golden_compare(c.arena, "test/golden/keys.jsonl", sb_str(&sb));
    call_end(&c);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, pair_open, pair_close)
    const struct CMUnitTest tests[] = {
        T(entries_under_way_outlive_a_change_of_the_key),
        T(the_change_stands_behind_all_that_the_old_key_signed),
        T(a_batch_by_a_key_that_nobody_told_of_is_refused),
        T(who_missed_several_changes_follows_them_all),
        T(a_stolen_old_key_signs_nothing_more),
        T(a_revoked_key_signs_no_batch),
        T(what_a_revoked_key_signed_beyond_its_place_is_named_by_the_check),
        T(who_stole_a_key_cannot_name_the_next_one),
        T(a_statement_with_any_bit_changed_leads_nowhere),
        T(a_lost_key_is_replaced_by_a_person_with_a_reason),
        T(an_office_is_found_by_a_code_that_it_had),
        T(each_key_has_its_time),
        T(statements_are_written_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
