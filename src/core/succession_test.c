/* An office ends and another one has its place: everything follows by one statement, whatever comes
 * first, and nobody can claim what was not left to it. Freezes test/golden/succession.jsonl. */
#include "core/succession.h"

#include "base/id.h"
#include "core/check.h"
#include "core/heir.h"
#include "core/passage.h"
#include "core/version.h"
#include "golden.h"
#include "t_three.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

/* Runs an act of the administrator that names an office; returns why it is refused. */
static struct str admin(struct three *t, size_t office, const char *act, const char *name,
                        size_t other)
{
    struct call c = t_call(&t->o[office], "admin");
    struct act_result result = {};
    struct str json =
        str_format(c.arena, "{\"%s\":\"%.*s\"}", name, STR_ARG(t->o[other].office.id));
    enum err e = act_run_json(&c, str_of(act), json, (struct str){}, &result);
    struct str why = e == OK ? (struct str){} : str_of(c.failure.reason);
    call_end(&c);
    return why;
}

static void propose(struct three *t, size_t from, size_t to)
{
    struct str why = admin(t, from, "office.succeed", "to", to);
    if (why.len > 0) fail_msg("succeed: %.*s", STR_ARG(why));
}

static void agree(struct three *t, size_t from, size_t to)
{
    struct str why = admin(t, to, "office.accept_succession", "from", from);
    if (why.len > 0) fail_msg("accept: %.*s", STR_ARG(why));
}

static void succeed(struct three *t, size_t from, size_t to)
{
    propose(t, from, to);
    three_deliver_all(t);
    agree(t, from, to);
    three_deliver_all(t);
}

static void home_is(struct three *t, size_t office, struct str record, size_t home)
{
    assert_true(str_eq(three_head(t, office, record).home, t->o[home].office.id));
}

static void every_record_follows_by_one_statement(void **state)
{
    struct three *t = *state;
    struct str shown = three_note(t, 1U << A | 1U << C, (struct str){});
    struct str inside = three_note(t, 1U << A, (struct str){});
    three_do(t, A, "note.change", inside, ",\"title\":\"Sửa\"");
    three_deliver_all(t);
    succeed(t, A, B);
    for (size_t i = 0; i < OFFICES; i++) {
        home_is(t, i, shown, B);
        three_check(t, i);
    }
    assert_int_equal(three_head(t, B, shown).n, 1); /* no version was written for it */
    assert_int_equal(three_head(t, B, inside).n, 2);
    home_is(t, B, inside, B);
    three_refused(t, A, "note.finish", shown, "grant.home");
    struct str own = t_act(&t->o[C], "vanthu", "note.write", "{\"title\":\"Của C\"}").record;
    struct str to_a =
        str_format(t->o[A].arena, ",\"office\":\"%.*s\"%c", STR_ARG(t->o[A].office.id), 0);
    assert_true(
        str_eq(three_try(t, C, "record.give_home", own, to_a.ptr), S("office.succeed_ended")));
    three_do(t, B, "note.finish", shown, "");
    three_do(t, B, "note.finish", inside, "");
    three_deliver_all(t);
    assert_int_equal(three_head(t, C, shown).n, 2);
    for (size_t i = 0; i < OFFICES; i++)
        three_check(t, i);
}

struct sharing {
    struct put put;
    struct act_result result;
};

static enum err share_step(struct call *c, void *arg)
{
    struct sharing *s = arg;
    return record_put(c, &s->put, &s->result);
}

/* A note of A for these parties. */
static struct str note_for(struct three *t, const struct str *parties, size_t count)
{
    struct call c = t_call(&t->o[A], "vanthu");
    const struct kind *kind = module_kind(S("note.note"));
    void *body = arena_alloc(c.arena, kind->table->size);
    struct sharing s = {
        .put = {.kind = "note.note", .body = body, .audience = parties, .audience_count = count}};
    assert_int_equal(fields_read(&c, kind->table, S("{\"title\":\"Hồ sơ\"}"), UNKNOWN_REFUSE, body),
                     OK);
    assert_int_equal(store_tx(&c, share_step, &s), OK);
    struct str record = str_copy(t->o[A].arena, s.result.record);
    call_end(&c);
    return record;
}

static bool sees(struct three *t, size_t office, const char *login, struct str record)
{
    struct call c = t_call(&t->o[office], login);
    struct head head = {};
    bool seen = record_head_visible(&c, record, &head) == OK;
    call_end(&c);
    return seen;
}

static void what_a_part_of_the_office_saw_the_chief_of_the_heir_sees(void **state)
{
    struct three *t = *state;
    struct str parties[] = {S("r:registry")};
    struct str narrow = note_for(t, parties, 1);
    struct str inside = three_note(t, 1U << A, (struct str){});
    (void)t_person(&t->o[B], "chanhvp", ROLE_CHIEF);
    assert_true(sees(t, A, "vanthu", narrow));
    succeed(t, A, B);
    assert_true(sees(t, B, "chanhvp", narrow));
    assert_false(sees(t, B, "vanthu", narrow));
    assert_true(sees(t, B, "vanthu", inside));
    assert_false(sees(t, C, "vanthu", inside));
    three_check(t, B);
}

static void a_dry_run_counts_and_changes_nothing(void **state)
{
    struct three *t = *state;
    struct str parties[] = {S("r:registry")};
    (void)note_for(t, parties, 1);
    struct str record = three_note(t, 1U << A | 1U << C, (struct str){});
    struct str json =
        str_format(t->o[A].arena, "{\"to\":\"%.*s\",\"dry_run\":true}", STR_ARG(t->o[B].office.id));
    struct call c = t_call(&t->o[A], "admin");
    struct act_result result = {};
    struct sb sb = sb_new(c.arena, 0);
    assert_int_equal(act_run_json(&c, S("office.succeed"), json, (struct str){}, &result), OK);
    node_json(&sb, result.more);
    struct str text = sb_str(&sb);
    assert_true(str_find(text,
                         S("{\"kind\":\"note.note\",\"records\":2,\"versions\":2,"
                           "\"unanswered\":0,\"narrow\":1}"),
                         0) < text.len);
    assert_true(str_find(text, S("{\"office\":\"VPUB\",\"waiting\":1}"), 0) < text.len);
    call_end(&c);
    three_deliver_all(t);
    assert_true(
        str_eq(admin(t, B, "office.accept_succession", "from", A), S("office.succeed_none")));
    home_is(t, A, record, A);
}

/* ---- every order ---- */

enum { WATCHERS = 10, FROM_A = 2, FROM_B = 3 };

/* One of the ten orders in which two entries by A and three by B may come; a bit says from A. */
static unsigned order_of(size_t index)
{
    for (unsigned bits = 0; bits < 1U << (FROM_A + FROM_B); bits++) {
        if (__builtin_popcount(bits) == FROM_A && index-- == 0) return bits;
    }
    fail_msg("there are ten orders");
    return 0;
}

static struct head watched(struct t_office *o, struct str record)
{
    struct call c = t_call(o, NULL);
    struct head head = {};
    assert_int_equal(record_head(&c, record, &head), OK);
    head.home = str_copy(o->arena, head.home);
    head.hash = str_copy(o->arena, head.hash);
    call_end(&c);
    return head;
}

/* A note of A for A, B and all watchers. */
static struct str shared_note(struct three *t, const struct t_office *watchers)
{
    struct str parties[WATCHERS + 2] = {three_party(t, A), three_party(t, B)};
    for (size_t i = 0; i < WATCHERS; i++)
        parties[i + 2] = str_format(t->o[A].arena, "o:%.*s", STR_ARG(watchers[i].office.id));
    return note_for(t, parties, ARRAY_LEN(parties));
}

/* What A said last and what B said first reach ten offices, each in another order. */
static void copies_agree_in_whatever_order_it_arrives(void **state)
{
    static const char *const CODES[WATCHERS] = {"VP0", "VP1", "VP2", "VP3", "VP4",
                                                "VP5", "VP6", "VP7", "VP8", "VP9"};
    struct three *t = *state;
    struct t_office *watchers = test_calloc(WATCHERS, sizeof *watchers);
    int64_t carried[WATCHERS][2] = {};
    for (size_t i = 0; i < WATCHERS; i++) {
        t_office_open(&watchers[i], CODES[i]);
        t_peers(&t->o[A], &watchers[i]);
        t_peers(&t->o[B], &watchers[i]);
    }
    struct str record = shared_note(t, watchers);
    for (size_t i = 0; i < WATCHERS; i++)
        (void)three_hand_over(&t->o[A], &watchers[i], &carried[i][A], false);
    propose(t, A, B);
    three_deliver_all(t);
    three_do(t, A, "note.change", record, ",\"title\":\"Lần hai\""); /* in flight */
    agree(t, A, B);
    three_deliver_all(t);
    three_do(t, B, "note.change", record, ",\"title\":\"Lần ba\"");
    three_do(t, B, "note.finish", record, "");
    for (size_t i = 0; i < WATCHERS; i++) {
        unsigned bits = order_of(i);
        for (size_t step = 0; step < FROM_A + FROM_B; step++) {
            size_t from = (bits >> step & 1U) != 0 ? A : B;
            assert_true(three_hand_over(&t->o[from], &watchers[i], &carried[i][from], false));
            struct head head = watched(&watchers[i], record);
            assert_false(str_eq(head.home, watchers[i].office.id));
        }
        assert_false(three_hand_over(&t->o[A], &watchers[i], &carried[i][A], true));
        assert_false(three_hand_over(&t->o[B], &watchers[i], &carried[i][B], true));
        struct head head = watched(&watchers[i], record);
        assert_int_equal(head.n, 4);
        assert_true(str_eq(head.home, t->o[B].office.id));
        assert_true(str_eq(head.hash, three_head(t, B, record).hash));
        struct call c = t_call(&watchers[i], NULL);
        struct node *report = node_map(&c);
        assert_int_equal(check_office(&c, NULL, report), OK);
        assert_int_equal(node_number(report, "difference_count"), 0);
        call_end(&c);
        t_office_close(&watchers[i]);
    }
    test_free(watchers);
}

/* ---- what people may and may not ---- */

static void both_offices_must_agree_and_nobody_promises_twice(void **state)
{
    struct three *t = *state;
    assert_true(str_eq(admin(t, A, "office.succeed", "to", A), S("office.succeed_self")));
    assert_true(
        str_eq(admin(t, B, "office.accept_succession", "from", A), S("office.succeed_none")));
    propose(t, A, B);
    three_deliver_all(t);
    assert_true(str_eq(admin(t, A, "office.succeed", "to", B), S("office.succeed_waits")));
    /* no circle: who wants to end takes over from nobody, and who takes over does not end */
    propose(t, C, A);
    three_deliver_all(t);
    assert_true(
        str_eq(admin(t, A, "office.accept_succession", "from", C), S("office.succeed_proposed")));
    agree(t, A, B);
    assert_true(str_eq(admin(t, B, "office.succeed", "to", C), S("office.succeed_promised")));
    three_deliver_all(t);
    assert_true(str_eq(admin(t, A, "office.succeed", "to", C), S("office.succeeded")));
    struct str why = admin(t, C, "office.succeed", "to", A);
    assert_true(str_eq(why, S("office.succeed_ended")));
    propose(t, C, B); /* another one instead */
    three_deliver_all(t);
    agree(t, C, B);
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++)
        three_check(t, i);
}

static void an_office_that_ended_writes_nothing_any_more(void **state)
{
    struct three *t = *state;
    succeed(t, A, B);
    struct call c = t_call(&t->o[A], "vanthu");
    struct act_result result = {};
    assert_int_equal(
        act_run_json(&c, S("note.write"), S("{\"title\":\"Mới\"}"), (struct str){}, &result),
        ERR_CONFLICT);
    assert_true(str_eq(str_of(c.failure.reason), S("office.succeeded")));
    call_end(&c);
}

static void what_waits_for_an_answer_is_answered_first(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A, (struct str){});
    three_give(t, A, C, record);
    three_deliver_all(t);
    succeed(t, C, B);
    home_is(t, C, record, C);
    assert_true(str_eq(admin(t, C, "office.succeed", "to", B), S("office.succeed_moving")));
    three_do(t, C, "record.decline_home", record, ",\"reason\":\"Sắp sáp nhập\"");
    assert_int_equal(admin(t, C, "office.succeed", "to", B).len, 0);
    three_deliver_all(t);
    home_is(t, A, record, A);
    /* and one that came back unanswered by its home follows all the same */
    succeed(t, A, B);
    for (size_t i = 0; i < OFFICES; i++) {
        if (i != C) home_is(t, i, record, B);
        three_check(t, i);
    }
    three_do(t, B, "note.finish", record, "");
}

static void who_took_over_may_be_followed_itself(void **state)
{
    struct three *t = *state;
    struct str untouched = three_note(t, 1U << A, (struct str){});
    struct str changed = three_note(t, 1U << A | 1U << C, (struct str){});
    three_deliver_all(t);
    succeed(t, A, B);
    three_do(t, B, "note.change", changed, ",\"title\":\"Ở nơi mới\"");
    succeed(t, B, C);
    three_do(t, C, "note.finish", untouched, "");
    three_do(t, C, "note.finish", changed, "");
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++) {
        home_is(t, i, changed, C);
        three_check(t, i);
    }
    assert_int_equal(three_head(t, C, changed).passages, 2);
}

static void what_an_older_key_signed_follows_too(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << C, (struct str){});
    three_deliver_all(t);
    t_rotate(&t->o[A], -1);
    t_key_shown(&t->o[A], &t->o[B]);
    t_key_shown(&t->o[A], &t->o[C]);
    succeed(t, A, B);
    three_do(t, B, "note.finish", record, "");
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++) {
        home_is(t, i, record, B);
        three_check(t, i);
    }
}

static void what_others_addressed_to_it_goes_to_its_heir(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << C, (struct str){});
    three_deliver_all(t);
    succeed(t, C, B);
    assert_int_equal(three_head(t, B, record).n, 1); /* sent again by its home */
    three_do(t, A, "note.finish", record, "");
    three_deliver_all(t);
    assert_int_equal(three_head(t, B, record).n, 2);
    assert_int_equal(three_head(t, C, record).n, 1);
    for (size_t i = 0; i < OFFICES; i++)
        three_check(t, i);
}

/* ---- a dishonest office ---- */

/* A version with this body, signed by `by`, addressed to whom it comes unless it says otherwise. */
static struct str try_forged(struct three *t, size_t by, size_t to, struct version *v,
                             const char *json)
{
    struct t_office *office = &t->o[by];
    struct call c = t_call(office, NULL);
    const struct kind *kind = module_kind(v->kind);
    void *body = arena_alloc(c.arena, kind->table->size);
    uint8_t hash[32];
    uint8_t signature[64];
    struct str parties[] = {three_party(t, to)};
    if (v->audience_count == 0) v->audience = parties;
    v->audience_count = 1;
    v->schema = 1;
    v->time_ms = c.now_ms;
    v->key = office->office.key;
    assert_int_equal(fields_read(&c, kind->table, str_of(json), UNKNOWN_REFUSE, body), OK);
    assert_int_equal(version_write(&c, v, kind, body), OK);
    assert_true(hex_decode(v->hash, hash, sizeof hash));
    office_sign_with(office->secret_key, PURPOSE_VERSION, hash, signature);
    v->hash = str_copy(office->arena, v->hash);
    struct arrival arrival =
        three_arrival(office, v->bytes, (struct str){(const char *)signature, sizeof signature});
    struct str why = three_arrive(&t->o[to], &arrival, false);
    call_end(&c);
    return why;
}

static struct str fixed_id(const struct t_office *t, char letter)
{
    char tail[ID_OFFICE_LEN];
    for (size_t i = 0; i < sizeof tail; i++)
        tail[i] = letter;
    return str_format(t->arena, "%.*s.%.*s", STR_ARG(t->office.id), (int)sizeof tail, tail);
}

/* The JSON of an inheritance that `by` claims from A, signed by `signer`. */
static const char *claim_json(struct three *t, size_t by, size_t signer)
{
    struct call c = t_call(&t->o[signer], NULL);
    struct passage p = {.from = t->o[signer].office.id,
                        .to = t->o[by].office.id,
                        .statement = fixed_id(&t->o[A], 'f')};
    assert_int_equal(passage_sign(&c, p.statement, &p), OK);
    struct str json = str_format(
        t->o[A].arena,
        "{\"office\":\"%.*s\",\"statement\":\"%.*s\",\"state\":\"final\",\"key\":\"%.*s\","
        "\"sig\":\"%.*s\"}%c",
        STR_ARG(t->o[A].office.id), STR_ARG(p.statement), STR_ARG(p.key), STR_ARG(p.signature), 0);
    call_end(&c);
    return json.ptr;
}

static void nobody_inherits_without_the_signature_of_who_ends(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << C, (struct str){});
    three_deliver_all(t);
    struct version v = {.kind = S("office.inheritance"), .record = fixed_id(&t->o[B], 'x'), .n = 1};
    struct str why = try_forged(t, B, C, &v, claim_json(t, B, B));
    assert_true(str_eq(why, S("arrival.body")));
    /* a signature of C about C does not leave A's records either */
    v.record = fixed_id(&t->o[B], 'y');
    why = try_forged(t, B, C, &v, claim_json(t, B, C));
    assert_true(str_eq(why, S("arrival.body")));
    home_is(t, C, record, A);
    three_check(t, C);
}

static void of_two_who_claim_the_same_only_the_first_is_believed(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << B | 1U << C, (struct str){});
    three_deliver_all(t);
    succeed(t, A, B);
    /* A signs for C as well, behind the back of B */
    struct version v = {.kind = S("office.inheritance"), .record = fixed_id(&t->o[C], 'x'), .n = 1};
    struct str why = try_forged(t, C, B, &v, claim_json(t, C, A));
    assert_true(str_eq(why, S("arrival.body")));
    home_is(t, B, record, B);
    /* nor does it write on, or say anything new about its end */
    struct version late = {.kind = S("note.note"), .record = fixed_id(&t->o[A], 'z'), .n = 1};
    why = try_forged(t, A, C, &late, "{\"title\":\"Muộn\"}");
    assert_true(str_eq(why, S("arrival.succeeded")));
    three_check(t, B);
    three_check(t, C);
}

static void who_did_not_agree_is_sent_nothing_that_is_not_for_it(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A, (struct str){});
    propose(t, A, B);
    three_deliver_all(t);
    assert_int_equal(three_head(t, B, record).n, 0);
    struct version v = {.kind = S("note.note"), .record = fixed_id(&t->o[A], 'w'), .n = 1};
    struct str parties[] = {three_party(t, A)};
    v.audience = parties;
    v.audience_count = 1;
    struct str why = try_forged(t, A, B, &v, "{\"title\":\"Cho B\"}");
    assert_true(str_eq(why, S("arrival.audience")));
    agree(t, A, B);
    why = try_forged(t, A, B, &v, "{\"title\":\"Cho B\"}");
    assert_int_equal(why.len, 0);
}

static void the_same_statement_again_changes_nothing(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << C, (struct str){});
    three_deliver_all(t);
    succeed(t, A, B);
    three_do(t, B, "note.finish", record, "");
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++)
        t->carried[A][i] = t->carried[B][i] = 0;
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++) {
        home_is(t, i, record, B);
        three_check(t, i);
    }
}

static void who_comes_in_later_believes_the_statement_in_the_version(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A, (struct str){});
    three_deliver_all(t);
    succeed(t, A, B);
    three_do(t, B, "note.finish", record, "");
    struct call c = t_call(&t->o[B], NULL);
    struct version v = {};
    assert_int_equal(record_version(&c, record, 2, &v), OK);
    assert_int_equal(v.passage_count, 1);
    assert_int_equal(v.passages[0].n, 1);
    assert_int_equal(passages_verify(&c, &v, 0, PASSAGE_KEYS_GOOD), OK);
    struct passage other = v.passages[0];
    other.to = t->o[C].office.id; /* left to somebody else */
    assert_false(passage_verify(&c, record, &other, t->o[A].office.public_key));
    call_end(&c);
}

/* ---- the frozen bytes ---- */

static void frozen_line(struct three *t, size_t by, struct str record, int64_t n, struct sb *sb)
{
    struct call c = t_call(&t->o[by], NULL);
    struct version v = {};
    assert_int_equal(record_version(&c, record, n, &v), OK);
    struct golden_object object = {.purpose = PURPOSE_VERSION,
                                   .bytes = v.bytes,
                                   .signature = v.signature,
                                   .public_key = t->o[by].office.public_key};
    golden_line(sb, &object);
    call_end(&c);
}

static void the_written_bytes_are_those_frozen(void **state)
{
    struct three *t = *state;
    struct sb sb = sb_new(t->o[A].arena, 0);
    struct str record = fixed_id(&t->o[A], 'h');
    (void)three_note(t, 1U << A | 1U << C, record);
    three_deliver_all(t);
    succeed(t, A, B);
    three_do(t, B, "note.finish", record, "");
    three_deliver_all(t);
    struct call c = t_call(&t->o[B], NULL);
    struct version v = {};
    assert_int_equal(record_version(&c, record, 2, &v), OK);
    struct str statement = str_copy(t->o[A].arena, v.passages[0].statement);
    call_end(&c);
    frozen_line(t, A, record, 1, &sb);
    frozen_line(t, A, statement, 1, &sb);
    frozen_line(t, A, statement, 2, &sb);
    frozen_line(t, B, record, 2, &sb);
    golden_compare(t->o[A].arena, "test/golden/succession.jsonl", sb_str(&sb));
}

#define THREE_TEST(name) cmocka_unit_test_setup_teardown(name, three_open, three_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        THREE_TEST(every_record_follows_by_one_statement),
        THREE_TEST(what_a_part_of_the_office_saw_the_chief_of_the_heir_sees),
        THREE_TEST(a_dry_run_counts_and_changes_nothing),
        THREE_TEST(copies_agree_in_whatever_order_it_arrives),
        THREE_TEST(both_offices_must_agree_and_nobody_promises_twice),
        THREE_TEST(an_office_that_ended_writes_nothing_any_more),
        THREE_TEST(what_waits_for_an_answer_is_answered_first),
        THREE_TEST(who_took_over_may_be_followed_itself),
        THREE_TEST(what_an_older_key_signed_follows_too),
        THREE_TEST(what_others_addressed_to_it_goes_to_its_heir),
        THREE_TEST(nobody_inherits_without_the_signature_of_who_ends),
        THREE_TEST(of_two_who_claim_the_same_only_the_first_is_believed),
        THREE_TEST(who_did_not_agree_is_sent_nothing_that_is_not_for_it),
        THREE_TEST(the_same_statement_again_changes_nothing),
        THREE_TEST(who_comes_in_later_believes_the_statement_in_the_version),
        THREE_TEST(the_written_bytes_are_those_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
