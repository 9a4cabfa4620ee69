/*
 * Written opinions when an office ends: VPCP asks, VPQH and VPTW are asked, and one of them has
 * another one's place before everything is answered.
 */
#include "consultation.h"

#include "core/check.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* after ours: it takes the name fail */

enum { ASKER, GIVER, OTHER, OFFICES };

struct scene {
    struct t_office office[OFFICES];
    struct str officer[OFFICES];       /* record of "can-bo" */
    int64_t carried[OFFICES][OFFICES]; /* last outbox row handed over */
};

static int setup(void **state)
{
    static const char *const CODES[OFFICES] = {"VPCP", "VPQH", "VPTW"};
    struct scene *s = test_calloc(1, sizeof *s);
    for (size_t i = 0; i < OFFICES; i++) {
        t_office_open(&s->office[i], CODES[i]);
        s->officer[i] = t_person(&s->office[i], "can-bo", ROLE_OFFICER);
        (void)t_person(&s->office[i], "van-thu", ROLE_REGISTRY);
        (void)t_person(&s->office[i], "lanh-dao", ROLE_LEADER | ROLE_CHIEF);
        for (size_t k = 0; k < i; k++)
            t_peers(&s->office[i], &s->office[k]);
    }
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < OFFICES; i++)
        t_office_close(&s->office[i]);
    test_free(s);
    return 0;
}

/* Everything that waits, and what follows from it. */
static void carry_all(struct scene *s)
{
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < OFFICES * OFFICES; i++) {
            int from = i / OFFICES;
            int to = i % OFFICES;
            if (from != to) t_carry(&s->office[from], &s->office[to], &s->carried[from][to]);
        }
    }
}

static void checks_clean(struct scene *s)
{
    for (size_t i = 0; i < OFFICES; i++) {
        struct call c = t_call(&s->office[i], NULL);
        struct node *report = node_map(&c);
        struct sb sb = sb_new(c.arena, 0);
        assert_int_equal(check_office(&c, NULL, report), OK);
        node_json(&sb, report);
        if (node_number(report, "difference_count") != 0) fail_msg("%.*s", STR_ARG(sb_str(&sb)));
        call_end(&c);
    }
}

/* ---- what people do ---- */

static struct str act(struct scene *s, int office, const char *login, const char *name,
                      struct str record, const char *more)
{
    struct t_office *t = &s->office[office];
    struct str json = str_format(t->arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more);
    return t_act(t, login, name, json.ptr).record;
}

static struct str ask(struct scene *s, int asked)
{
    struct t_office *t = &s->office[ASKER];
    struct str json = str_format(t->arena,
                                 "{\"subject\":\"Dự thảo Quy chế phối hợp\",\"days\":5,"
                                 "\"asked\":[{\"office\":\"%.*s\"}]}",
                                 STR_ARG(s->office[asked].office.id));
    struct str record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    carry_all(s);
    return record;
}

/* From the arrival to the answer; returns the opinion. */
static struct str answer(struct scene *s, int office, struct str request)
{
    struct str to =
        str_format(s->office[office].arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer[office]));
    (void)act(s, office, "van-thu", "consultation.register", request, "");
    (void)act(s, office, "lanh-dao", "consultation.assign", request, to.ptr);
    (void)act(s, office, "can-bo", "consultation.draft", request,
              ",\"answer\":\"agree_with_points\",\"points\":[{\"clause\":\"Điều 3\","
              "\"level\":\"should\",\"text\":\"Bổ sung cơ quan chủ trì\"}]");
    (void)act(s, office, "can-bo", "consultation.submit", request, "");
    return act(s, office, "lanh-dao", "consultation.approve", request, "");
}

static void reply(struct scene *s, int office, struct str opinion)
{
    (void)act(s, office, "lanh-dao", "consultation.answer_point", opinion,
              ",\"point\":1,\"outcome\":\"accepted\"");
}

/* One office leaves everything to another; what is on the way is carried at the end only. */
static void succeed(struct scene *s, int from, int to)
{
    struct t_office *t = &s->office[from];
    struct str json = str_format(t->arena, "{\"to\":\"%.*s\"}", STR_ARG(s->office[to].office.id));
    (void)t_act(t, "admin", "office.succeed", json.ptr);
    t_carry(t, &s->office[to], &s->carried[from][to]);
    (void)t_act(&s->office[to], "admin", "office.accept_succession", "{}");
    t_carry(&s->office[to], t, &s->carried[to][from]);
}

/* ---- what is owed ---- */

struct owing {
    const char *what;
    struct rows rows;
};

static enum err owing_step(struct call *c, void *arg)
{
    struct owing *o = arg;
    return store_all(c,
                     "SELECT owner FROM obligation WHERE what = $1 AND settled_ms IS NULL"
                     " ORDER BY owner",
                     ARGS(TEXT(str_of(o->what))), &o->rows);
}

/* Whether the office's open obligations of that sort are these: the parties, one after another. */
static void owes(struct scene *s, int office, const char *what, const char *owners)
{
    struct call c = t_call(&s->office[office], NULL);
    struct owing o = {.what = what};
    struct sb sb = sb_new(c.arena, 0);
    assert_int_equal(store_read(&c, owing_step, &o), OK);
    for (size_t i = 0; i < o.rows.count; i++) {
        struct str owner = rows_text(&o.rows, i, 0);
        for (int k = 0; k < OFFICES; k++) {
            struct str id = s->office[k].office.id;
            if (str_starts(owner, S("o:")) && str_ends(owner, id)) owner = s->office[k].office.code;
        }
        sb_printf(&sb, "%s%.*s", i > 0 ? " " : "", STR_ARG(owner));
    }
    assert_string_equal(str_zero(c.arena, sb_str(&sb)), owners);
    call_end(&c);
}

/* ---- tests ---- */

static void who_has_the_askers_place_gets_the_answer_and_replies(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, GIVER);
    succeed(s, ASKER, OTHER);
    carry_all(s);
    owes(s, OTHER, "consultation.answer", "VPQH");
    struct str opinion = answer(s, GIVER, request);
    carry_all(s);
    owes(s, OTHER, "consultation.answer", "");
    owes(s, OTHER, "consultation.reply", "VPTW");
    reply(s, OTHER, opinion);
    carry_all(s);
    owes(s, OTHER, "consultation.reply", "");
    owes(s, GIVER, "consultation.reply", "");
    (void)act(s, OTHER, "lanh-dao", "consultation.close", request, "");
    carry_all(s);
    checks_clean(s);
}

static void an_answer_on_its_way_to_who_ended_is_not_lost(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, GIVER);
    succeed(s, ASKER, OTHER);
    struct str opinion = answer(s, GIVER, request); /* it has not heard of it yet */
    carry_all(s);
    owes(s, OTHER, "consultation.answer", "");
    owes(s, OTHER, "consultation.reply", "VPTW");
    reply(s, OTHER, opinion);
    carry_all(s);
    owes(s, GIVER, "consultation.reply", "");
    checks_clean(s);
}

static void who_has_the_place_of_the_asked_office_answers(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, GIVER);
    succeed(s, GIVER, OTHER);
    carry_all(s);
    owes(s, ASKER, "consultation.answer", "VPTW");
    owes(s, OTHER, "consultation.register", "r:registry");
    struct str opinion = answer(s, OTHER, request);
    carry_all(s);
    owes(s, ASKER, "consultation.answer", "");
    reply(s, ASKER, opinion);
    carry_all(s);
    owes(s, OTHER, "consultation.reply", "");
    checks_clean(s);
}

static void an_answer_that_was_given_stays_that_of_who_gave_it(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, GIVER);
    struct str opinion = answer(s, GIVER, request);
    carry_all(s);
    succeed(s, GIVER, OTHER);
    carry_all(s);
    reply(s, ASKER, opinion);
    carry_all(s);
    owes(s, ASKER, "consultation.answer", "");
    owes(s, OTHER, "consultation.reply", "");
    struct str table = t_view(
        &s->office[ASKER], "can-bo", "consultation.table",
        str_format(s->office[ASKER].arena, "{\"record\":\"%.*s\"}", STR_ARG(request)).ptr, NULL);
    assert_true(str_find(table, S("\"count\":1"), 0) < table.len);
    checks_clean(s);
}

static void nobody_asks_an_office_that_ended(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[ASKER];
    succeed(s, GIVER, OTHER);
    carry_all(s);
    struct str json = str_format(
        t->arena, "{\"subject\":\"Dự thảo\",\"days\":5,\"asked\":[{\"office\":\"%.*s\"}]}",
        STR_ARG(s->office[GIVER].office.id));
    assert_true(str_eq(t_refused(t, "can-bo", "consultation.ask", json.ptr),
                       S("consultation.asked_ended")));
}

static void an_asked_office_may_have_the_askers_place(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, OTHER);
    succeed(s, ASKER, OTHER);
    carry_all(s);
    owes(s, OTHER, "consultation.answer", ""); /* it owes itself nothing */
    (void)act(s, OTHER, "lanh-dao", "consultation.close", request, "");
    carry_all(s);
    checks_clean(s);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(who_has_the_askers_place_gets_the_answer_and_replies),
        SCENE_TEST(an_answer_on_its_way_to_who_ended_is_not_lost),
        SCENE_TEST(who_has_the_place_of_the_asked_office_answers),
        SCENE_TEST(an_answer_that_was_given_stays_that_of_who_gave_it),
        SCENE_TEST(nobody_asks_an_office_that_ended),
        SCENE_TEST(an_asked_office_may_have_the_askers_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
