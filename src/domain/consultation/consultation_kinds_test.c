/* What a version must keep whoever made it: each rule is broken once. */
#include "consultation_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "t.h"

#define ASKER_ID "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define GIVER_ID "bbbbbbbbbbbbbbbbbbbbbbbbbb"
#define OTHER_ID "cccccccccccccccccccccccccc"
#define RANDOM "dddddddddddddddddddddddddd"

#define REQUEST S(ASKER_ID "." RANDOM)
#define OPINION S(GIVER_ID "." RANDOM)

struct judging {
    enum err (*valid)(struct call *c, const struct version *v, const void *body);
    const struct version *v;
    const void *body;
};

static enum err judge_step(struct call *c, void *arg)
{
    const struct judging *j = arg;
    return j->valid(c, j->v, j->body);
}

/* Runs a rule on a body that was made by `home` for an audience, at an office that knows nobody;
 * NULL: it stands. */
static const char *judge(struct t_office *t,
                         enum err (*valid)(struct call *c, const struct version *v,
                                           const void *body),
                         const void *body, const struct version *v)
{
    struct call c = t_call(t, NULL);
    struct judging j = {valid, v, body};
    enum err e = store_read(&c, judge_step, &j);
    const char *reason = e == OK ? NULL : c.failure.reason;
    call_end(&c);
    return reason;
}

/* The audience as one text, "ab": the asker and the giver. */
static const char *judged(struct t_office *t,
                          enum err (*valid)(struct call *c, const struct version *v,
                                            const void *body),
                          const void *body, struct str home, const char *letters)
{
    struct str audience[3] = {};
    size_t count = 0;
    for (const char *at = letters; *at != 0; at++) {
        audience[count++] = *at == 'a'   ? S("o:" ASKER_ID)
                            : *at == 'b' ? S("o:" GIVER_ID)
                                         : S("o:" OTHER_ID);
    }
    const struct version v = {.record = str_format(t->arena, "%.*s." RANDOM, STR_ARG(home)),
                              .home = home,
                              .audience = audience,
                              .audience_count = count};
    return judge(t, valid, body, &v);
}

/* Shapes: asked has two rows, which the request fills and points to. */
static struct consultation_request good_request(struct consultation_asked *asked)
{
    asked[0].office = S(GIVER_ID);
    asked[1].office = S(OTHER_ID);
    return (struct consultation_request){
        .asked = {asked, 2},
        .days = 5,
        .from_day = 20000,
        .register_day = 20001,
        .due_day = 20007,
        .due_ms = consultation_due_ms(20007),
        .state = ROUND_OPEN,
    };
}

static void assert_request(struct t_office *t, const struct consultation_request *r,
                           const char *reason)
{
    const char *found = judged(t, consultation_request_valid, r, S(ASKER_ID), "abc");
    if (reason == NULL) assert_null(found);
    if (reason != NULL) assert_string_equal(found, reason);
}

static void a_deadline_matches_its_days(void **state)
{
    struct t_office *t = *state;
    struct consultation_asked asked[2];
    struct consultation_request r = good_request(asked);
    assert_request(t, &r, NULL);
    r.from_day = -1; /* before 1970 */
    assert_request(t, &r, "consultation.version_due");
    r = good_request(asked);
    r.due_ms++;
    assert_request(t, &r, "consultation.version_due");
    r = good_request(asked);
    r.due_day = r.from_day;
    r.due_ms = consultation_due_ms(r.due_day);
    assert_request(t, &r, "consultation.version_due");
    r = good_request(asked);
    r.register_day = r.due_day + 1;
    assert_request(t, &r, "consultation.version_due");
}

static void nobody_is_asked_twice_and_never_oneself(void **state)
{
    struct t_office *t = *state;
    struct consultation_asked asked[2];
    struct consultation_request r = good_request(asked);
    asked[1].office = S(GIVER_ID);
    assert_request(t, &r, "consultation.version_asked");
    asked[1].office = S(ASKER_ID);
    assert_request(t, &r, "consultation.version_asked");
    r.asked.count = 0;
    assert_request(t, &r, "consultation.version_asked");
}

static void a_closed_round_says_when(void **state)
{
    struct t_office *t = *state;
    struct consultation_asked asked[2];
    struct consultation_request r = good_request(asked);
    r.state = ROUND_CLOSED;
    assert_request(t, &r, "consultation.version_state");
    r.closed_ms = 1;
    assert_request(t, &r, NULL);
}

static void nobody_is_called_silent_while_the_round_is_open(void **state)
{
    struct t_office *t = *state;
    struct consultation_asked asked[2];
    struct consultation_silent silent = {.office = S(GIVER_ID), .name = S("Văn phòng")};
    struct consultation_request r = good_request(asked);
    r.silent = (struct list){&silent, 1};
    assert_request(t, &r, "consultation.version_state");
}

static void what_an_office_does_inside_is_for_its_own_eyes(void **state)
{
    struct t_office *t = *state;
    const struct consultation_intake intake = {
        .request = REQUEST, .state = INTAKE_REGISTERED, .number = 1, .year = 2026};
    const struct consultation_draft draft = {.request = REQUEST, .state = DRAFT_WRITING};
    struct str home = S(GIVER_ID);
    assert_null(judged(t, consultation_intake_valid, &intake, home, "b"));
    assert_null(judged(t, consultation_draft_valid, &draft, home, "b"));
    assert_string_equal(judged(t, consultation_intake_valid, &intake, home, "ab"),
                        "consultation.version_audience");
    assert_string_equal(judged(t, consultation_draft_valid, &draft, home, "ab"),
                        "consultation.version_audience");
}

static void a_refused_request_has_a_reason_and_no_number(void **state)
{
    struct t_office *t = *state;
    struct consultation_intake intake = {.request = REQUEST, .state = INTAKE_REFUSED};
    struct str home = S(GIVER_ID);
    assert_string_equal(judged(t, consultation_intake_valid, &intake, home, "b"),
                        "consultation.version_state");
    intake.reason = S("Sai thẩm quyền");
    assert_null(judged(t, consultation_intake_valid, &intake, home, "b"));
    intake.number = 7;
    assert_string_equal(judged(t, consultation_intake_valid, &intake, home, "b"),
                        "consultation.version_state");
}

static void a_refusal_has_a_reason_and_is_for_the_asker_alone(void **state)
{
    struct t_office *t = *state;
    struct consultation_refusal refusal = {
        .request = REQUEST, .request_n = 1, .reason = S("Sai thẩm quyền")};
    struct str home = S(GIVER_ID);
    assert_null(judged(t, consultation_refusal_valid, &refusal, home, "ab"));
    assert_string_equal(judged(t, consultation_refusal_valid, &refusal, home, "abc"),
                        "consultation.version_audience");
    assert_string_equal(judged(t, consultation_refusal_valid, &refusal, home, "b"),
                        "consultation.version_audience");
    assert_string_equal(judged(t, consultation_refusal_valid, &refusal, S(ASKER_ID), "a"),
                        "consultation.version_refusal");
    refusal.reason = S(" ");
    assert_string_equal(judged(t, consultation_refusal_valid, &refusal, home, "ab"),
                        "consultation.version_refusal");
}

static void an_opinion_is_for_giver_and_asker_alone(void **state)
{
    struct t_office *t = *state;
    const struct consultation_opinion opinion = {.request = REQUEST, .answer = ANSWER_AGREE};
    struct str home = S(GIVER_ID);
    assert_null(judged(t, consultation_opinion_valid, &opinion, home, "ab"));
    assert_string_equal(judged(t, consultation_opinion_valid, &opinion, home, "abc"),
                        "consultation.version_audience");
    assert_string_equal(judged(t, consultation_opinion_valid, &opinion, home, "b"),
                        "consultation.version_audience");
}

static void only_the_asker_speaks_for_a_body_outside(void **state)
{
    struct t_office *t = *state;
    struct consultation_opinion opinion = {.request = REQUEST, .answer = ANSWER_AGREE};
    assert_string_equal(judged(t, consultation_opinion_valid, &opinion, S(ASKER_ID), "a"),
                        "consultation.version_behalf");
    opinion.behalf = S("Hội Luật gia Việt Nam");
    assert_null(judged(t, consultation_opinion_valid, &opinion, S(ASKER_ID), "a"));
    assert_string_equal(judged(t, consultation_opinion_valid, &opinion, S(GIVER_ID), "ab"),
                        "consultation.version_behalf");
}

static void an_opinion_that_arrives_keeps_the_rules_of_answers(void **state)
{
    struct t_office *t = *state;
    const struct consultation_opinion opinion = {.request = REQUEST, .answer = ANSWER_DISAGREE};
    assert_string_equal(judged(t, consultation_opinion_valid, &opinion, S(GIVER_ID), "ab"),
                        "consultation.why_missing");
}

static void a_reply_is_the_askers_and_goes_to_that_giver(void **state)
{
    struct t_office *t = *state;
    struct consultation_outcome_row row = {.point = 1, .outcome = OUTCOME_ACCEPTED};
    struct consultation_reply reply = {
        .opinion = OPINION, .request = REQUEST, .total = 1, .replies = {&row, 1}};
    assert_null(judged(t, consultation_reply_valid, &reply, S(ASKER_ID), "ab"));
    assert_string_equal(judged(t, consultation_reply_valid, &reply, S(ASKER_ID), "ac"),
                        "consultation.version_audience");
    assert_string_equal(judged(t, consultation_reply_valid, &reply, S(OTHER_ID), "bc"),
                        "consultation.version_reply");
    row.outcome = OUTCOME_EXPLAINED; /* without a reason */
    assert_string_equal(judged(t, consultation_reply_valid, &reply, S(ASKER_ID), "ab"),
                        "consultation.version_reply");
    reply.total = 0;
    row.outcome = OUTCOME_ACCEPTED;
    assert_string_equal(judged(t, consultation_reply_valid, &reply, S(ASKER_ID), "ab"),
                        "consultation.version_reply");
}

static void a_later_round_names_the_one_before_and_both_have_one_home(void **state)
{
    struct t_office *t = *state;
    struct consultation_asked asked[2];
    struct consultation_request r = good_request(asked);
    r.round = 2;
    assert_request(t, &r, "consultation.version_round");
    r.previous = OPINION; /* of another office */
    assert_request(t, &r, "consultation.version_round");
    r.previous = REQUEST;
    assert_request(t, &r, NULL);
    r.next = REQUEST; /* while it is open */
    assert_request(t, &r, "consultation.version_round");
    r.next = (struct str){};
    r.edition = REQUEST; /* a text without its hash */
    assert_request(t, &r, "consultation.version_round");
    r.draft_hash = S("00");
    assert_request(t, &r, NULL);
}

static void only_who_was_asked_is_excused(void **state)
{
    struct t_office *t = *state;
    struct consultation_asked asked[2];
    struct consultation_excused excused = {.office = S(ASKER_ID), .name = S("x"), .at_ms = 1};
    struct consultation_request r = good_request(asked);
    r.excused = (struct list){&excused, 1};
    assert_request(t, &r, "consultation.version_asked");
    excused.office = (struct str){};
    assert_request(t, &r, "consultation.version_asked");
    excused.office = S(GIVER_ID);
    assert_request(t, &r, NULL);
}

static void assert_opinion(struct t_office *t, const struct consultation_opinion *o,
                           const char *letters, const char *reason)
{
    const char *found = judged(t, consultation_opinion_valid, o, S(GIVER_ID), letters);
    if (reason == NULL) assert_null(found);
    if (reason != NULL) assert_string_equal(found, reason);
}

static void an_opinion_is_shown_to_others_only_when_it_says_so(void **state)
{
    struct t_office *t = *state;
    struct consultation_opinion o = {.request = REQUEST, .answer = ANSWER_AGREE};
    assert_opinion(t, &o, "ab", NULL);
    assert_opinion(t, &o, "abc", "consultation.version_audience");
    o.shared = true;
    assert_opinion(t, &o, "abc", NULL);
    assert_opinion(t, &o, "bc", "consultation.version_audience");
    o.confidential = true;
    assert_opinion(t, &o, "abc", "consultation.version_audience");
    o.shared = false;
    assert_opinion(t, &o, "abc", "consultation.version_audience");
    assert_opinion(t, &o, "ab", NULL);
}

static void a_kept_opinion_is_its_givers_own_and_says_nothing_beside_it(void **state)
{
    struct t_office *t = *state;
    struct consultation_opinion o = {
        .request = REQUEST, .answer = ANSWER_AGREE_WITH_POINTS, .kept = OPINION};
    assert_opinion(t, &o, "ab", NULL);
    o.general = S("và thêm");
    assert_opinion(t, &o, "ab", "consultation.version_kept");
    o.general = (struct str){};
    o.kept = S(OTHER_ID "." RANDOM);
    assert_opinion(t, &o, "ab", "consultation.version_kept");
}

static void only_a_conditional_answer_has_a_condition(void **state)
{
    struct t_office *t = *state;
    struct consultation_opinion o = {.request = REQUEST, .answer = ANSWER_AGREE_IF};
    assert_opinion(t, &o, "ab", "consultation.condition_missing");
    o.condition_office = S(OTHER_ID);
    assert_opinion(t, &o, "ab", NULL);
    o.condition_body = S("Bộ Tư pháp");
    assert_opinion(t, &o, "ab", "consultation.condition_missing");
    o.answer = ANSWER_AGREE;
    assert_opinion(t, &o, "ab", "consultation.condition_alone");
}

static void what_is_said_inside_has_no_reader_outside(void **state)
{
    struct t_office *t = *state;
    const struct consultation_comment comment = {.request = REQUEST, .text = S("x")};
    const struct consultation_inner inner = {.request = REQUEST, .due_day = 1, .due_ms = 1};
    assert_null(judged(t, consultation_comment_valid, &comment, S(GIVER_ID), "b"));
    assert_non_null(judged(t, consultation_comment_valid, &comment, S(GIVER_ID), "ab"));
    assert_null(judged(t, consultation_inner_valid, &inner, S(GIVER_ID), "b"));
    assert_non_null(judged(t, consultation_inner_valid, &inner, S(GIVER_ID), "ab"));
}

static int open_office(void **state)
{
    struct t_office *t = test_calloc(1, sizeof *t);
    t_office_open(t, "VPXA");
    *state = t;
    return 0;
}

static int close_office(void **state)
{
    t_office_close(*state);
    test_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadline_matches_its_days),
        cmocka_unit_test(nobody_is_asked_twice_and_never_oneself),
        cmocka_unit_test(a_closed_round_says_when),
        cmocka_unit_test(nobody_is_called_silent_while_the_round_is_open),
        cmocka_unit_test(what_an_office_does_inside_is_for_its_own_eyes),
        cmocka_unit_test(a_refused_request_has_a_reason_and_no_number),
        cmocka_unit_test(a_refusal_has_a_reason_and_is_for_the_asker_alone),
        cmocka_unit_test(an_opinion_is_for_giver_and_asker_alone),
        cmocka_unit_test(only_the_asker_speaks_for_a_body_outside),
        cmocka_unit_test(an_opinion_that_arrives_keeps_the_rules_of_answers),
        cmocka_unit_test(a_reply_is_the_askers_and_goes_to_that_giver),
        cmocka_unit_test(a_later_round_names_the_one_before_and_both_have_one_home),
        cmocka_unit_test(only_who_was_asked_is_excused),
        cmocka_unit_test(an_opinion_is_shown_to_others_only_when_it_says_so),
        cmocka_unit_test(a_kept_opinion_is_its_givers_own_and_says_nothing_beside_it),
        cmocka_unit_test(only_a_conditional_answer_has_a_condition),
        cmocka_unit_test(what_is_said_inside_has_no_reader_outside),
    };
    return cmocka_run_group_tests(tests, open_office, close_office);
}
