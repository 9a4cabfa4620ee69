/* A record passes from one office to another: what people do, in which order it may arrive, and
 * what a dishonest office may try. Freezes test/golden/transfer.jsonl. */
#include "core/transfer.h"

#include "base/id.h"
#include "core/passage.h"
#include "core/version.h"
#include "golden.h"
#include "t_store.h"
#include "t_three.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

/* ---- tests ---- */

static void a_record_that_was_taken_is_changed_by_its_new_home_only(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << C, (struct str){});
    three_give(t, A, B, record);
    three_refused(t, A, "note.finish", record, "grant.home");
    three_deliver_all(t);
    three_refused(t, B, "note.finish", record, "record.moving");
    three_do(t, B, "record.take_home", record, "");
    three_do(t, B, "note.finish", record, "");
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++) {
        assert_int_equal(three_head(t, i, record).n, 4);
        assert_true(str_eq(three_head(t, i, record).home, t->o[B].office.id));
        three_check(t, i);
    }
    three_refused(t, A, "note.finish", record, "grant.home");
    three_refused(t, B, "record.take_home", record, "record.not_moving");
}

static void who_declines_says_why_and_the_giver_goes_on(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A, (struct str){});
    three_give(t, A, B, record);
    three_deliver_all(t);
    three_do(t, B, "record.decline_home", record, ",\"reason\":\"Không thuộc thẩm quyền\"");
    three_refused(t, B, "record.take_home", record, "grant.home");
    three_deliver_all(t);
    struct head head = three_head(t, A, record);
    assert_int_equal(head.n, 3);
    assert_int_equal(head.passages, 2);
    assert_false(head.moving);
    struct call c = t_call(&t->o[A], NULL);
    struct rows rows = {};
    assert_int_equal(store_one(&c, "SELECT reason FROM receipt WHERE type = 2", NO_ARGS, &rows),
                     OK);
    assert_true(str_eq(rows_text(&rows, 0, 0), S("Không thuộc thẩm quyền")));
    call_end(&c);
    three_do(t, A, "note.finish", record, "");
    three_give(t, A, B, record); /* and may be asked again */
    three_deliver_all(t);
    three_do(t, B, "record.take_home", record, "");
    three_give(t, B, C, record);
    three_deliver_all(t);
    three_do(t, C, "record.take_home", record, "");
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++) {
        assert_true(str_eq(three_head(t, i, record).home, t->o[C].office.id));
        three_check(t, i);
    }
}

static void what_cannot_be_given_is_refused_with_the_reason(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A, (struct str){});
    struct str own =
        str_format(t->o[A].arena, ",\"office\":\"%.*s\"%c", STR_ARG(t->o[A].office.id), 0);
    assert_true(str_eq(three_try(t, A, "record.give_home", record, own.ptr), S("record.here")));
    assert_true(str_eq(
        three_try(t, A, "record.give_home", record, ",\"office\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\""),
        S("peer.unknown")));
    three_refused(t, A, "record.take_home", record, "record.not_moving");
    struct str person = t_person(&t->o[A], "chuyenvien", ROLE_OFFICER);
    struct str more =
        str_format(t->o[A].arena, ",\"office\":\"%.*s\"%c", STR_ARG(t->o[B].office.id), 0);
    assert_true(str_eq(three_try(t, A, "record.give_home", person, more.ptr), S("record.kind")));
}

/* ---- every order ---- */

enum { STORY_ACTS = 3, EVENTS = STORY_ACTS + OFFICES * OFFICES, STEPS_MAX = 24 };

/* One step of a story: the office does it as soon as its copy allows it, and not before. */
struct story_act {
    size_t office;
    const char *act;
    int64_t n; /* its newest version must be this one */
};

struct order {
    struct three *t;
    const struct story_act *story;
    struct str record;
    size_t acts_done;
    size_t choice[STEPS_MAX]; /* which of the possible events happened */
    size_t width[STEPS_MAX];  /* how many were possible */
};

static bool event_possible(struct order *o, size_t event)
{
    if (event < STORY_ACTS) {
        const struct story_act *act = &o->story[event];
        return event == o->acts_done && three_head(o->t, act->office, o->record).n == act->n;
    }
    size_t from = (event - STORY_ACTS) / OFFICES;
    size_t to = (event - STORY_ACTS) % OFFICES;
    return from != to && three_deliver(o->t, from, to, true);
}

static void event_do(struct order *o, size_t event)
{
    if (event >= STORY_ACTS) {
        (void)three_deliver(o->t, (event - STORY_ACTS) / OFFICES, (event - STORY_ACTS) % OFFICES,
                            false);
        return;
    }
    const struct story_act *act = &o->story[event];
    o->acts_done++;
    if (str_eq(str_of(act->act), S("record.give_home"))) {
        three_give(o->t, act->office, B, o->record);
    } else {
        bool why = str_eq(str_of(act->act), S("record.decline_home"));
        three_do(o->t, act->office, act->act, o->record, why ? ",\"reason\":\"Không nhận\"" : "");
    }
}

/* Never two homes, whatever has come where. */
static void one_home(struct order *o)
{
    size_t homes = 0;
    for (size_t i = 0; i < OFFICES; i++)
        homes += three_is_home(o->t, i, o->record) ? 1 : 0;
    assert_true(homes <= 1);
}

/* Tells the story once, in the order that `choice` says; returns the number of steps. */
static size_t story_tell(struct order *o)
{
    o->acts_done = 0;
    o->record = three_note(o->t, 1U << A | 1U << B | 1U << C, (struct str){});
    three_deliver_all(o->t);
    for (size_t step = 0;; step++) {
        size_t possible[EVENTS];
        size_t count = 0;
        for (size_t event = 0; event < EVENTS; event++) {
            if (event_possible(o, event)) possible[count++] = event;
        }
        if (count == 0) return step;
        assert_true(step < STEPS_MAX);
        o->width[step] = count;
        event_do(o, possible[o->choice[step]]);
        one_home(o);
    }
}

/* The next order, counted like a number whose digits have different bases; false after the last. */
static bool order_next(struct order *o, size_t steps)
{
    size_t step = steps;
    while (step > 0 && o->choice[step - 1] + 1 == o->width[step - 1])
        step--;
    if (step == 0) return false;
    o->choice[step - 1]++;
    for (size_t i = step; i < STEPS_MAX; i++)
        o->choice[i] = 0;
    return true;
}

static size_t orders_all(struct three *t, const struct story_act *story)
{
    struct order o = {.t = t, .story = story};
    size_t orders = 0;
    size_t steps = 0;
    do {
        steps = story_tell(&o);
        struct head first = three_head(t, A, o.record);
        assert_int_equal(o.acts_done, STORY_ACTS);
        for (size_t i = 0; i < OFFICES; i++) {
            struct head head = three_head(t, i, o.record);
            assert_true(str_eq(head.hash, first.hash) && str_eq(head.home, first.home));
        }
        orders++;
    } while (order_next(&o, steps));
    for (size_t i = 0; i < OFFICES; i++)
        three_check(t, i);
    return orders;
}

static void copies_agree_in_whatever_order_a_taking_arrives(void **state)
{
    static const struct story_act STORY[STORY_ACTS] = {
        {A, "record.give_home", 1}, {B, "record.take_home", 2}, {B, "note.finish", 3}};
    assert_int_equal(orders_all(*state, STORY), 128);
}

static void copies_agree_in_whatever_order_a_declining_arrives(void **state)
{
    static const struct story_act STORY[STORY_ACTS] = {
        {A, "record.give_home", 1}, {B, "record.decline_home", 2}, {A, "note.finish", 3}};
    assert_int_equal(orders_all(*state, STORY), 87);
}

/* ---- a dishonest office ---- */

/* The version after `held`, as an honest program would begin it. */
static struct version after(struct three *t, const struct version *held)
{
    struct str *audience = arena_array(t->o[A].arena, OFFICES, sizeof *audience);
    for (size_t i = 0; i < OFFICES; i++)
        audience[i] = three_party(t, i);
    struct version v = *held;
    v.n++;
    v.prev = held->hash;
    v.person = (struct str){};
    v.audience = audience;
    v.audience_count = OFFICES;
    return v;
}

/* Adds a passage from the version's home to an office, signed by `by`, who may be somebody else. */
static void pass(struct three *t, size_t by, struct version *v, size_t to)
{
    struct arena *arena = t->o[A].arena;
    struct call c = t_call(&t->o[by], NULL);
    uint8_t hash[32];
    uint8_t signature[64];
    struct passage *rows = arena_array(arena, v->passage_count + 1, sizeof *rows);
    for (size_t i = 0; i < v->passage_count; i++)
        rows[i] = v->passages[i];
    struct passage *p = &rows[v->passage_count];
    *p = (struct passage){
        .n = v->n, .from = passage_home(v), .to = t->o[to].office.id, .key = t->o[by].office.key};
    struct str text = str_format(c.arena,
                                 "{\"phoihop\":1,\"record\":\"%.*s\",\"n\":%lld,"
                                 "\"from\":\"%.*s\",\"to\":\"%.*s\",\"key\":\"%.*s\"}",
                                 STR_ARG(v->record), (long long)p->n, STR_ARG(p->from),
                                 STR_ARG(p->to), STR_ARG(p->key));
    assert_true(hex_decode(version_hash(&c, text), hash, sizeof hash));
    office_sign_with(t->o[by].secret_key, PURPOSE_HOME, hash, signature);
    p->signature = hex_encode(arena, (struct str){(const char *)signature, sizeof signature});
    v->passages = rows;
    v->passage_count++;
    call_end(&c);
}

/* Signs the version as that office, whatever it says; returns it as it would arrive. */
static struct arrival forge(struct three *t, size_t by, struct version *v)
{
    struct t_office *office = &t->o[by];
    struct call c = t_call(office, NULL);
    const struct kind *kind = module_kind(v->kind);
    void *body = arena_alloc(c.arena, kind->table->size);
    uint8_t hash[32];
    uint8_t signature[64];
    assert_int_equal(fields_read(&c, kind->table, S("{\"title\":\"Giả\"}"), UNKNOWN_REFUSE, body),
                     OK);
    v->key = office->office.key;
    assert_int_equal(version_write(&c, v, kind, body), OK);
    v->bytes = str_copy(t->o[A].arena, v->bytes);
    v->hash = str_copy(t->o[A].arena, v->hash);
    assert_true(hex_decode(v->hash, hash, sizeof hash));
    office_sign_with(office->secret_key, PURPOSE_VERSION, hash, signature);
    struct str sig =
        str_copy(office->arena, (struct str){(const char *)signature, sizeof signature});
    call_end(&c);
    return three_arrival(office, v->bytes, sig);
}

/* The newest version that an office holds. */
static struct version newest(struct three *t, size_t office, struct str record)
{
    struct call c = t_call(&t->o[office], NULL);
    struct version v = {};
    struct version parsed = {};
    assert_int_equal(record_version(&c, record, three_head(t, office, record).n, &v), OK);
    struct call keep = c;
    keep.arena = t->o[A].arena;
    assert_int_equal(version_parse(&keep, str_copy(keep.arena, v.bytes), &parsed), OK);
    call_end(&c);
    return parsed;
}

static void arrives_with(struct three *t, size_t to, const struct arrival *arrival,
                         const char *reason)
{
    struct str why = three_arrive(&t->o[to], arrival, false);
    if (!str_eq(why, str_of(reason))) fail_msg("%.*s", STR_ARG(why));
}

static void nobody_takes_what_was_not_given_to_it(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << B | 1U << C, (struct str){});
    three_deliver_all(t);
    struct version held = newest(t, B, record);
    struct version forged = after(t, &held);
    pass(t, B, &forged, B); /* as if A had given it to B, signed by B */
    struct arrival arrival = forge(t, B, &forged);
    arrives_with(t, C, &arrival, "arrival.home"); /* the passage says that A wrote this version */
    forged = after(t, &forged);
    arrival = forge(t, B, &forged);
    arrives_with(t, C, &arrival, "arrival.passage");
    forged = after(t, &held);
    arrival = forge(t, B, &forged);
    arrives_with(t, C, &arrival, "arrival.home");
    assert_int_equal(three_head(t, C, record).n, 1);
}

static void a_passage_of_another_record_proves_nothing(void **state)
{
    struct three *t = *state;
    struct str given = three_note(t, 1U << A | 1U << B | 1U << C, (struct str){});
    struct str wanted = three_note(t, 1U << A | 1U << B | 1U << C, (struct str){});
    three_give(t, A, B, given);
    three_deliver_all(t);
    struct version with = newest(t, B, given);
    struct version held = newest(t, B, wanted);
    struct version forged = after(t, &held);
    forged.n = 3;
    forged.passages = with.passages;
    forged.passage_count = with.passage_count;
    struct arrival arrival = forge(t, B, &forged);
    arrives_with(t, C, &arrival, "arrival.passage");
}

static void who_gave_it_does_not_write_on(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << B | 1U << C, (struct str){});
    three_give(t, A, B, record);
    three_deliver_all(t);
    struct version held = newest(t, A, record);
    struct version forged = after(t, &held);
    forged.passage_count = 0;
    struct arrival arrival = forge(t, A, &forged);
    arrives_with(t, B, &arrival, "arrival.fork");
    arrives_with(t, C, &arrival, "arrival.fork");
    forged = after(t, &held); /* with its passage it says that B wrote it */
    arrival = forge(t, A, &forged);
    arrives_with(t, C, &arrival, "arrival.home");
}

static void who_gives_it_to_two_is_found_out_by_whoever_meets_both(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << B | 1U << C, (struct str){});
    three_deliver_all(t);
    struct version held = newest(t, A, record);
    struct version to_b = after(t, &held);
    struct version to_c = after(t, &held);
    pass(t, A, &to_b, B);
    pass(t, A, &to_c, C);
    struct arrival one = forge(t, A, &to_b);
    struct arrival other = forge(t, A, &to_c);
    arrives_with(t, B, &one, "");
    arrives_with(t, C, &other, "");
    arrives_with(t, C, &one, "arrival.fork");
    three_do(t, B, "record.take_home", record, "");
    struct version taken = newest(t, B, record);
    struct arrival arrival = forge(t, B, &taken); /* the very bytes but for the body */
    arrives_with(t, C, &arrival, "arrival.fork");
}

static void the_same_again_changes_nothing(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << B | 1U << C, (struct str){});
    three_give(t, A, B, record);
    three_deliver_all(t);
    three_do(t, B, "record.take_home", record, "");
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++)
        t->carried[A][i] = t->carried[B][i] = 0;
    three_deliver_all(t);
    for (size_t i = 0; i < OFFICES; i++) {
        assert_int_equal(three_head(t, i, record).n, 3);
        assert_false(three_head(t, i, record).moving);
        three_check(t, i);
    }
}

static void who_comes_in_later_believes_the_passages_alone(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A, (struct str){});
    three_give(t, A, B, record);
    three_deliver_all(t);
    three_do(t, B, "record.take_home", record, "");
    struct version taken = newest(t, B, record);
    struct version shown = after(t, &taken);
    struct arrival arrival = forge(t, B, &shown);
    arrives_with(t, C, &arrival, "");
    assert_true(str_eq(three_head(t, C, record).home, t->o[B].office.id));
    three_check(t, C);
    struct version next = after(t, &shown);
    next.passage_count = 0; /* and never believes again that it is A's */
    arrival = forge(t, A, &next);
    arrives_with(t, C, &arrival, "arrival.fork");
}

/* A gives a record of its own to B, and goes on with another key; B shows it to C. */
static struct arrival given_before_the_key_changed(struct three *t, int64_t revoked_size)
{
    struct str record = three_note(t, 1U << A, (struct str){});
    three_give(t, A, B, record);
    three_deliver_all(t);
    three_do(t, B, "record.take_home", record, "");
    t_rotate(&t->o[A], revoked_size);
    t_key_shown(&t->o[A], &t->o[B]);
    t_key_shown(&t->o[A], &t->o[C]);
    struct version taken = newest(t, B, record);
    struct version shown = after(t, &taken);
    return forge(t, B, &shown);
}

static void a_passage_holds_with_the_key_that_its_office_had(void **state)
{
    struct three *t = *state;
    struct arrival arrival = given_before_the_key_changed(t, -1);
    arrives_with(t, C, &arrival, "");
    for (size_t i = 0; i < OFFICES; i++)
        three_check(t, i);
}

static void a_passage_by_a_revoked_key_convinces_nobody_who_did_not_have_it(void **state)
{
    struct three *t = *state;
    struct arrival arrival = given_before_the_key_changed(t, 1000000);
    arrives_with(t, C, &arrival, "arrival.passage");
    arrives_with(t, A, &arrival, ""); /* gave it itself */
    three_check(t, B);
}

static void passages_out_of_order_are_no_version(void **state)
{
    struct three *t = *state;
    struct str record = three_note(t, 1U << A | 1U << B, (struct str){});
    struct version held = newest(t, A, record);
    struct call c = t_call(&t->o[A], NULL);
    struct version parsed = {};
    for (int i = 0; i < 4; i++) {
        struct version v = after(t, &held);
        pass(t, A, &v, B);
        struct passage *p = &v.passages[0];
        if (i == 0) p->n = 3; /* after the version */
        if (i == 1) p->from = t->o[C].office.id;
        if (i == 2) p->to = p->from;
        if (i == 3) p->signature = S("00");
        (void)forge(t, A, &v);
        assert_int_equal(version_parse(&c, v.bytes, &parsed), ERR_SYNTAX);
        call_clear(&c);
    }
    call_end(&c);
}

/* ---- the frozen bytes ---- */

static struct str fixed_id(const struct t_office *t, char letter)
{
    char tail[ID_OFFICE_LEN];
    for (size_t i = 0; i < sizeof tail; i++)
        tail[i] = letter;
    return str_format(t->arena, "%.*s.%.*s", STR_ARG(t->office.id), (int)sizeof tail, tail);
}

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
    if (t_on_postgres()) skip(); /* ids come from chance, and what is tried again draws again */
    (void)three_note(t, 1U << A | 1U << C, record);
    three_give(t, A, B, record);
    three_deliver_all(t);
    three_do(t, B, "record.take_home", record, "");
    three_give(t, B, C, record);
    three_deliver_all(t);
    three_do(t, C, "record.decline_home", record, ",\"reason\":\"Không nhận\"");
    three_deliver_all(t);
    frozen_line(t, A, record, 1, &sb);
    frozen_line(t, A, record, 2, &sb);
    frozen_line(t, B, record, 3, &sb);
    frozen_line(t, B, record, 4, &sb);
    frozen_line(t, C, record, 5, &sb);
    golden_compare(t->o[A].arena, "test/golden/transfer.jsonl", sb_str(&sb));
}

/* Most share three offices, each with records of its own. */
#define FRESH_TEST(name) cmocka_unit_test_setup_teardown(name, three_open, three_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_that_was_taken_is_changed_by_its_new_home_only),
        cmocka_unit_test(who_declines_says_why_and_the_giver_goes_on),
        cmocka_unit_test(what_cannot_be_given_is_refused_with_the_reason),
        cmocka_unit_test(copies_agree_in_whatever_order_a_taking_arrives),
        cmocka_unit_test(copies_agree_in_whatever_order_a_declining_arrives),
        cmocka_unit_test(nobody_takes_what_was_not_given_to_it),
        cmocka_unit_test(a_passage_of_another_record_proves_nothing),
        cmocka_unit_test(who_gave_it_does_not_write_on),
        FRESH_TEST(who_gives_it_to_two_is_found_out_by_whoever_meets_both),
        cmocka_unit_test(the_same_again_changes_nothing),
        cmocka_unit_test(who_comes_in_later_believes_the_passages_alone),
        FRESH_TEST(a_passage_holds_with_the_key_that_its_office_had),
        FRESH_TEST(a_passage_by_a_revoked_key_convinces_nobody_who_did_not_have_it),
        cmocka_unit_test(passages_out_of_order_are_no_version),
        FRESH_TEST(the_written_bytes_are_those_frozen),
    };
    return cmocka_run_group_tests(tests, three_open, three_close);
}
