/* The rules of written opinions, without a store. */
#include "consultation_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static const struct consultation_stage ASKER = {.own = true, .round = ROUND_OPEN};
static const struct consultation_stage ARRIVED = {.asked = true, .round = ROUND_OPEN};
static const struct consultation_stage WRITING = {.asked = true,
                                                  .round = ROUND_OPEN,
                                                  .intake = INTAKE_REGISTERED,
                                                  .officer = true,
                                                  .draft = DRAFT_WRITING};

static void assert_refused(const struct consultation_stage *stage, enum consultation_step step,
                           const char *reason)
{
    const char *refusal = consultation_step_refusal(stage, step);
    if (reason == NULL) {
        assert_null(refusal);
    } else {
        assert_non_null(refusal);
        assert_string_equal(refusal, reason);
    }
}

static void only_the_asker_extends_and_closes(void **state)
{
    (void)state;
    assert_refused(&ASKER, STEP_EXTEND, NULL);
    assert_refused(&ASKER, STEP_CLOSE, NULL);
    assert_refused(&ARRIVED, STEP_EXTEND, "consultation.only_asker");
    assert_refused(&ARRIVED, STEP_CLOSE, "consultation.only_asker");
    assert_refused(&ARRIVED, STEP_ANSWER_POINT, "consultation.only_asker");
    assert_refused(&ARRIVED, STEP_BEHALF, "consultation.only_asker");
}

static void the_asker_does_not_answer_itself(void **state)
{
    (void)state;
    for (int step = STEP_REGISTER; step <= STEP_APPROVE; step++) {
        assert_refused(&ASKER, (enum consultation_step)step, "consultation.only_asked");
    }
}

static void what_arrived_is_registered_or_refused_once(void **state)
{
    (void)state;
    struct consultation_stage stage = ARRIVED;
    assert_refused(&stage, STEP_REGISTER, NULL);
    assert_refused(&stage, STEP_REFUSE, NULL);
    stage.intake = INTAKE_REGISTERED;
    assert_refused(&stage, STEP_REGISTER, "consultation.registered_already");
    assert_refused(&stage, STEP_REFUSE, "consultation.registered_already");
    stage.intake = INTAKE_REFUSED;
    assert_refused(&stage, STEP_REGISTER, "consultation.refused_already");
    assert_refused(&stage, STEP_ASSIGN, "consultation.refused_already");
}

static void nobody_works_on_what_is_not_registered(void **state)
{
    (void)state;
    assert_refused(&ARRIVED, STEP_ASSIGN, "consultation.not_registered");
    assert_refused(&ARRIVED, STEP_DRAFT, "consultation.not_registered");
    assert_refused(&ARRIVED, STEP_APPROVE, "consultation.not_registered");
}

static void an_opinion_is_written_by_whoever_was_assigned(void **state)
{
    (void)state;
    struct consultation_stage stage = ARRIVED;
    stage.intake = INTAKE_REGISTERED;
    assert_refused(&stage, STEP_DRAFT, "consultation.not_assigned");
    stage.officer = true;
    assert_refused(&stage, STEP_DRAFT, NULL);
    assert_refused(&stage, STEP_SUBMIT, "consultation.no_draft");
}

static void a_draft_is_approved_only_after_it_was_submitted(void **state)
{
    (void)state;
    struct consultation_stage stage = WRITING;
    assert_refused(&stage, STEP_APPROVE, "consultation.not_submitted");
    assert_refused(&stage, STEP_RETURN, "consultation.not_submitted");
    stage.draft = DRAFT_SUBMITTED;
    assert_refused(&stage, STEP_APPROVE, NULL);
    assert_refused(&stage, STEP_RETURN, NULL);
    assert_refused(&stage, STEP_DRAFT, "consultation.submitted_already");
    assert_refused(&stage, STEP_ASSIGN, "consultation.submitted_already");
}

static void a_returned_draft_is_written_and_submitted_again(void **state)
{
    (void)state;
    struct consultation_stage stage = WRITING;
    stage.draft = DRAFT_RETURNED;
    assert_refused(&stage, STEP_DRAFT, NULL);
    assert_refused(&stage, STEP_SUBMIT, NULL);
    assert_refused(&stage, STEP_APPROVE, "consultation.not_submitted");
}

static void an_answer_that_was_sent_is_not_written_again(void **state)
{
    (void)state;
    struct consultation_stage stage = WRITING;
    stage.draft = DRAFT_APPROVED;
    assert_refused(&stage, STEP_DRAFT, "consultation.answered_already");
    assert_refused(&stage, STEP_SUBMIT, "consultation.answered_already");
    assert_refused(&stage, STEP_APPROVE, "consultation.answered_already");
    assert_refused(&stage, STEP_ASSIGN, "consultation.answered_already");
}

static void a_closed_round_takes_no_more_answers(void **state)
{
    (void)state;
    struct consultation_stage stage = WRITING;
    stage.round = ROUND_CLOSED;
    assert_refused(&stage, STEP_DRAFT, "consultation.closed");
    assert_refused(&stage, STEP_SUBMIT, "consultation.closed");
    stage.draft = DRAFT_SUBMITTED;
    assert_refused(&stage, STEP_APPROVE, "consultation.closed");
}

static void a_request_that_comes_after_the_closing_is_still_registered(void **state)
{
    (void)state;
    struct consultation_stage stage = ARRIVED;
    stage.round = ROUND_CLOSED;
    assert_refused(&stage, STEP_REGISTER, NULL);
    assert_refused(&stage, STEP_REFUSE, "consultation.closed");
}

static void a_closed_round_is_not_moved_but_its_points_are_answered(void **state)
{
    (void)state;
    struct consultation_stage stage = ASKER;
    stage.round = ROUND_CLOSED;
    assert_refused(&stage, STEP_EXTEND, "consultation.closed");
    assert_refused(&stage, STEP_CLOSE, "consultation.closed");
    assert_refused(&stage, STEP_ANSWER_POINT, NULL);
    assert_refused(&stage, STEP_BEHALF, NULL);
}

static void who_disagrees_says_why(void **state)
{
    (void)state;
    assert_string_equal(consultation_answer_refusal(ANSWER_DISAGREE, S(" \n"), 0),
                        "consultation.why_missing");
    assert_null(consultation_answer_refusal(ANSWER_DISAGREE, S("Chưa rõ nguồn lực"), 0));
    assert_null(consultation_answer_refusal(ANSWER_DISAGREE, S(""), 1));
}

static void points_belong_to_an_answer_with_points(void **state)
{
    (void)state;
    assert_string_equal(consultation_answer_refusal(ANSWER_AGREE, S(""), 1),
                        "consultation.agree_without_points");
    assert_string_equal(consultation_answer_refusal(ANSWER_NO_OPINION, S(""), 2),
                        "consultation.no_opinion_without_points");
    assert_string_equal(consultation_answer_refusal(ANSWER_AGREE_WITH_POINTS, S(""), 0),
                        "consultation.points_missing");
    assert_null(consultation_answer_refusal(ANSWER_AGREE_WITH_POINTS, S(""), 3));
    assert_null(consultation_answer_refusal(ANSWER_AGREE, S(""), 0));
    assert_null(consultation_answer_refusal(ANSWER_NO_OPINION, S(""), 0));
}

static void only_full_acceptance_needs_no_reason(void **state)
{
    (void)state;
    assert_null(consultation_outcome_refusal(OUTCOME_ACCEPTED, S("")));
    assert_string_equal(consultation_outcome_refusal(OUTCOME_PARTLY, S("  ")),
                        "consultation.reason_missing");
    assert_string_equal(consultation_outcome_refusal(OUTCOME_EXPLAINED, S("")),
                        "consultation.reason_missing");
    assert_null(consultation_outcome_refusal(OUTCOME_EXPLAINED, S("Trái Luật")));
}

static void a_general_objection_wants_a_reply_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(consultation_replies_due(ANSWER_DISAGREE, S("Chưa đồng ý"), 2), 3);
    assert_int_equal(consultation_replies_due(ANSWER_AGREE_WITH_POINTS, S("Nên lùi một năm"), 0),
                     1);
    assert_int_equal(consultation_replies_due(ANSWER_AGREE_WITH_POINTS, S(""), 2), 2);
}

static void a_general_remark_beside_points_wants_none(void **state)
{
    (void)state;
    assert_int_equal(consultation_replies_due(ANSWER_AGREE_WITH_POINTS, S("Cơ bản nhất trí"), 2),
                     2);
    assert_int_equal(consultation_replies_due(ANSWER_AGREE, S("Nhất trí với dự thảo"), 0), 0);
    assert_false(consultation_general_counts(ANSWER_NO_OPINION, S("Ngoài lĩnh vực"), 0));
}

static void a_point_answered_again_replaces_its_older_reply(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct list list = {};
    const int64_t points[] = {3, 1, 0, 3};
    for (size_t i = 0; i < ARRAY_LEN(points); i++) {
        struct consultation_outcome_row row = {.point = points[i], .outcome = (int64_t)i % 3 + 1};
        consultation_reply_set(arena, &list, &row);
    }
    const struct consultation_outcome_row *rows = list.rows;
    assert_int_equal(list.count, 3);
    assert_int_equal(rows[0].point, 0);
    assert_int_equal(rows[1].point, 1);
    assert_int_equal(rows[2].point, 3);
    assert_int_equal(rows[2].outcome, 1);
    arena_close(arena);
}

static void clauses_stand_in_the_order_of_the_law(void **state)
{
    (void)state;
    const char *const ordered[] = {"Toàn văn",
                                   "Chương II",
                                   "Chương IX",
                                   "Chương X",
                                   "Điều 1",
                                   "khoản 1 Điều 2",
                                   "Khoản 2 Điều 2",
                                   "điểm a khoản 3 Điều 2",
                                   "điểm b khoản 3, Điều 2",
                                   "Điều 2 khoản 3 điểm c",
                                   "điểm d khoản 3 Điều 2",
                                   "điểm đ khoản 3 Điều 2",
                                   "điểm e khoản 3 Điều 2",
                                   "điểm g khoản 3 Điều 2",
                                   "khoản 4 Điều 2",
                                   "Điều 3",
                                   "Điều 3a",
                                   "Chương II, Điều 4",
                                   "Điều 10",
                                   "Phụ lục",
                                   "Phụ lục I",
                                   "Phụ lục II",
                                   "Bìa dự thảo",
                                   "Tờ trình"};
    for (size_t i = 0; i < ARRAY_LEN(ordered); i++) {
        for (size_t k = 0; k < ARRAY_LEN(ordered); k++) {
            int order = consultation_clause_compare(str_of(ordered[i]), str_of(ordered[k]));
            assert_int_equal(order < 0, i < k);
            assert_int_equal(order == 0, i == k);
        }
    }
}

static void a_clause_is_the_same_whichever_way_it_is_written(void **state)
{
    (void)state;
    assert_int_equal(
        consultation_clause_compare(S("điểm Đ khoản 2 Điều 5"), S("Điều 5, khoản 2, điểm đ")), 0);
    assert_int_equal(consultation_clause_compare(S(""), S("toàn văn dự thảo")), 0);
}

static void silence_is_never_counted_as_an_answer(void **state)
{
    (void)state;
    const struct consultation_giver givers[] = {
        {.office = S("a"), .opinion = S("r1"), .answer = ANSWER_AGREE},
        {.office = S("b"), .opinion = S("r2"), .answer = ANSWER_NO_OPINION},
        {.office = S("c"), .registered = true},
        {.office = S("d"), .refused = true},
        {.name = S("Hội Luật gia")},
    };
    struct consultation_count count = consultation_count(givers, ARRAY_LEN(givers));
    assert_int_equal(count.asked, 5);
    assert_int_equal(count.answered, 2);
    assert_int_equal(count.refused, 1);
    assert_int_equal(count.silent, 2);
    assert_int_equal(count.by_answer[ANSWER_SILENT], 0);
    assert_int_equal(count.by_answer[ANSWER_AGREE], 1);
}

static void silence_has_its_own_name_at_each_time(void **state)
{
    (void)state;
    struct consultation_giver giver = {.office = S("a")};
    assert_int_equal(consultation_standing(&giver, ROUND_OPEN, 100, 50), STANDING_WAITING);
    assert_int_equal(consultation_standing(&giver, ROUND_OPEN, 100, 100), STANDING_WAITING);
    assert_int_equal(consultation_standing(&giver, ROUND_OPEN, 100, 101), STANDING_LATE);
    assert_int_equal(consultation_standing(&giver, ROUND_CLOSED, 100, 50), STANDING_SILENT);
    giver.registered = true;
    assert_int_equal(consultation_standing(&giver, ROUND_OPEN, 100, 50), STANDING_REGISTERED);
    giver.refused = true;
    assert_int_equal(consultation_standing(&giver, ROUND_CLOSED, 100, 500), STANDING_REFUSED);
    giver.opinion = S("r");
    assert_int_equal(consultation_standing(&giver, ROUND_CLOSED, 100, 500), STANDING_ANSWERED);
}

/* What each step asks, written a second time by hand: who, and in which intake (n r x: not yet,
 * registered, refused) and draft (n w s r a: none, writing, submitted, returned, approved). */
struct expected {
    enum consultation_step step;
    bool asker;
    bool open;
    bool officer;
    const char *intake;
    const char *draft;
};

static const struct expected EXPECTED[] = {
    {STEP_REGISTER, false, false, false, "n", "nwsra"},
    {STEP_REFUSE, false, true, false, "n", "nwsra"},
    {STEP_ASSIGN, false, true, false, "r", "nwr"},
    {STEP_DRAFT, false, true, true, "r", "nwr"},
    {STEP_SUBMIT, false, true, true, "r", "wr"},
    {STEP_RETURN, false, true, true, "r", "s"},
    {STEP_APPROVE, false, true, true, "r", "s"},
    {STEP_CONSULT, false, true, false, "r", "nwr"},
    {STEP_COMMENT, false, true, false, "r", "nwsr"},
    {STEP_KEEP, false, true, false, "r", "nwsr"},
    {STEP_BEHALF, true, false, false, "nrx", "nwsra"},
    {STEP_ANSWER_POINT, true, false, false, "nrx", "nwsra"},
    {STEP_EXTEND, true, true, false, "nrx", "nwsra"},
    {STEP_PAUSE, true, true, false, "nrx", "nwsra"},
    {STEP_RESUME, true, true, false, "nrx", "nwsra"},
    {STEP_CLOSE, true, true, false, "nrx", "nwsra"},
    {STEP_REMIND, true, true, false, "nrx", "nwsra"},
    {STEP_RENEW, true, false, false, "nrx", "nwsra"},
    {STEP_ADD, true, true, false, "nrx", "nwsra"},
    {STEP_EXCUSE, true, true, false, "nrx", "nwsra"},
    {STEP_JOIN, true, false, false, "nrx", "nwsra"},
    {STEP_OBJECT, false, false, false, "r", "a"},
    {STEP_PRESENT, true, false, false, "nrx", "nwsra"},
};

static bool is_expected(const struct expected *x, const struct consultation_stage *stage)
{
    bool registers = x->step == STEP_REGISTER || x->step == STEP_REFUSE || x->step == STEP_OBJECT;
    bool last = x->step == STEP_OBJECT || x->step == STEP_PRESENT;
    bool clock = x->step == STEP_EXTEND || x->step == STEP_PAUSE ? !stage->paused
                 : x->step == STEP_RESUME                        ? stage->paused
                                                                 : true;
    return (x->asker ? stage->own : stage->asked) && (!x->open || stage->round == ROUND_OPEN) &&
           (!x->officer || stage->officer) && strchr(x->intake, "nrx"[stage->intake]) != NULL &&
           strchr(x->draft, "nwsra"[stage->draft]) != NULL && clock &&
           (x->step != STEP_KEEP || stage->before) &&
           (!stage->renewed || !(x->open || x->step == STEP_RENEW)) &&
           (x->asker || registers || !stage->excused) && !(last && stage->presented) &&
           (x->step != STEP_PRESENT || stage->round == ROUND_CLOSED);
}

/* All stages there are: each bit of `mix` is one of the yes-or-no members. */
static struct consultation_stage stage_of(int mix, int intake, int draft)
{
    return (struct consultation_stage){
        .own = (mix & 1) != 0,
        .asked = (mix & 2) != 0,
        .round = (mix & 4) != 0 ? ROUND_CLOSED : ROUND_OPEN,
        .officer = (mix & 8) != 0,
        .paused = (mix & 16) != 0,
        .renewed = (mix & 32) != 0,
        .excused = (mix & 64) != 0,
        .before = (mix & 128) != 0,
        .presented = (mix & 256) != 0,
        .intake = intake,
        .draft = draft,
    };
}

static void every_step_is_tried_in_every_stage(void **state)
{
    (void)state;
    int allowed = 0;
    int refused = 0;
    assert_int_equal(ARRAY_LEN(EXPECTED), STEP_COUNT);
    for (int i = 0; i < STEP_COUNT * 512 * 15; i++) {
        const struct expected *x = &EXPECTED[i % STEP_COUNT];
        int rest = i / STEP_COUNT;
        struct consultation_stage stage = stage_of(rest % 512, rest / 512 % 3, rest / 512 / 3);
        bool may = consultation_step_refusal(&stage, x->step) == NULL;
        if (may != is_expected(x, &stage)) fail_msg("step %d in stage %d", (int)x->step, rest);
        allowed += may ? 1 : 0;
        refused += may ? 0 : 1;
    }
    print_message("%d transitions allowed, %d refused\n", allowed, refused);
    assert_true(allowed > 0 && refused > allowed);
}

static void chains_of_conditions_are_followed_and_circles_stay_open(void **state)
{
    (void)state;
    struct consultation_giver givers[] = {
        {.office = S("a"),
         .opinion = S("1"),
         .answer = ANSWER_AGREE_IF,
         .condition_office = S("b")},
        {.office = S("b"), .opinion = S("2"), .answer = ANSWER_AGREE_IF, .condition_body = S("c")},
        {.name = S("c"), .opinion = S("3"), .answer = ANSWER_AGREE_WITH_POINTS},
        {.office = S("d"),
         .opinion = S("4"),
         .answer = ANSWER_AGREE_IF,
         .condition_office = S("e")},
        {.office = S("e"),
         .opinion = S("5"),
         .answer = ANSWER_AGREE_IF,
         .condition_office = S("d")},
        {.office = S("f"),
         .opinion = S("6"),
         .answer = ANSWER_AGREE_IF,
         .condition_office = S("g")},
        {.office = S("g")},
        {.office = S("h"),
         .opinion = S("8"),
         .answer = ANSWER_AGREE_IF,
         .condition_office = S("h")},
    };
    consultation_conditions_resolve(givers, ARRAY_LEN(givers));
    assert_int_equal(givers[0].condition, CONDITION_MET);
    assert_int_equal(givers[1].condition, CONDITION_MET);
    assert_int_equal(givers[3].condition, CONDITION_OPEN);
    assert_int_equal(givers[4].condition, CONDITION_OPEN);
    assert_int_equal(givers[5].condition, CONDITION_OPEN); /* silence fulfils nothing */
    assert_int_equal(givers[7].condition, CONDITION_OPEN);
    assert_int_equal(consultation_count(givers, ARRAY_LEN(givers)).conditions_met, 2);
}

static void a_clause_covers_what_lies_in_it(void **state)
{
    (void)state;
    assert_true(consultation_clause_covers(S("Điều 5"), S("điểm a khoản 2 Điều 5")));
    assert_true(consultation_clause_covers(S("khoản 2 Điều 5"), S("khoản 2 Điều 5")));
    assert_false(consultation_clause_covers(S("khoản 2 Điều 5"), S("Điều 5")));
    assert_false(consultation_clause_covers(S("Điều 5"), S("Điều 6")));
    assert_true(consultation_clause_covers(S("toàn văn"), S("Điều 6")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_asker_extends_and_closes),
        cmocka_unit_test(the_asker_does_not_answer_itself),
        cmocka_unit_test(what_arrived_is_registered_or_refused_once),
        cmocka_unit_test(nobody_works_on_what_is_not_registered),
        cmocka_unit_test(an_opinion_is_written_by_whoever_was_assigned),
        cmocka_unit_test(a_draft_is_approved_only_after_it_was_submitted),
        cmocka_unit_test(a_returned_draft_is_written_and_submitted_again),
        cmocka_unit_test(an_answer_that_was_sent_is_not_written_again),
        cmocka_unit_test(a_closed_round_takes_no_more_answers),
        cmocka_unit_test(a_request_that_comes_after_the_closing_is_still_registered),
        cmocka_unit_test(a_closed_round_is_not_moved_but_its_points_are_answered),
        cmocka_unit_test(who_disagrees_says_why),
        cmocka_unit_test(points_belong_to_an_answer_with_points),
        cmocka_unit_test(only_full_acceptance_needs_no_reason),
        cmocka_unit_test(a_general_objection_wants_a_reply_of_its_own),
        cmocka_unit_test(a_general_remark_beside_points_wants_none),
        cmocka_unit_test(a_point_answered_again_replaces_its_older_reply),
        cmocka_unit_test(clauses_stand_in_the_order_of_the_law),
        cmocka_unit_test(a_clause_is_the_same_whichever_way_it_is_written),
        cmocka_unit_test(silence_is_never_counted_as_an_answer),
        cmocka_unit_test(silence_has_its_own_name_at_each_time),
        cmocka_unit_test(every_step_is_tried_in_every_stage),
        cmocka_unit_test(chains_of_conditions_are_followed_and_circles_stay_open),
        cmocka_unit_test(a_clause_covers_what_lies_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
