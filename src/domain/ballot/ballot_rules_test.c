/* The rules of ballots, without a store: who may do what when, and how a result is counted. */
#include "ballot_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

/* ---- steps ---- */

/* Every step in every state, for both sides and both forms: NULL where it may be taken. */
static const struct {
    struct ballot_stage stage;
    const char *refusal[STEP_COUNT]; /* seat, vote, close, decide, tally */
} TABLE[] = {
    {{.state = BALLOT_OPEN, .own = true},
     {"ballot.no_members", "ballot.no_members", NULL, "ballot.still_open", "ballot.not_secret"}},
    {{.state = BALLOT_CLOSED, .own = true},
     {"ballot.no_members", "ballot.no_members", "ballot.closed", NULL, "ballot.not_secret"}},
    {{.state = BALLOT_DECIDED, .own = true},
     {"ballot.no_members", "ballot.no_members", "ballot.decided", "ballot.decided",
      "ballot.not_secret"}},
    {{.state = BALLOT_OPEN, .members = true},
     {NULL, "ballot.not_member", "ballot.only_asker", "ballot.only_asker", "ballot.only_asker"}},
    {{.state = BALLOT_OPEN, .members = true, .seated = true},
     {NULL, NULL, "ballot.only_asker", "ballot.only_asker", "ballot.only_asker"}},
    {{.state = BALLOT_CLOSED, .members = true, .seated = true},
     {"ballot.closed", "ballot.closed", "ballot.only_asker", "ballot.only_asker",
      "ballot.only_asker"}},
    {{.state = BALLOT_DECIDED, .members = true, .seated = true},
     {"ballot.decided", "ballot.decided", "ballot.only_asker", "ballot.only_asker",
      "ballot.only_asker"}},
    {{.state = BALLOT_OPEN, .own = true, .members = true, .seated = true},
     {NULL, NULL, NULL, "ballot.still_open", "ballot.not_secret"}},
    {{.state = BALLOT_OPEN, .own = true, .members = true, .seated = true, .secret = true},
     {"ballot.on_paper", "ballot.on_paper", "ballot.on_paper", "ballot.on_paper", NULL}},
    {{.state = BALLOT_DECIDED, .own = true, .members = true, .secret = true},
     {"ballot.on_paper", "ballot.on_paper", "ballot.on_paper", "ballot.on_paper",
      "ballot.decided"}},
    {{.state = BALLOT_OPEN},
     {"ballot.no_members", "ballot.no_members", "ballot.only_asker", "ballot.only_asker",
      "ballot.only_asker"}},
};

static void every_step_in_every_state_is_allowed_or_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(TABLE); i++) {
        for (int step = 0; step < STEP_COUNT; step++) {
            const char *got = ballot_step_refusal(&TABLE[i].stage, (enum ballot_step)step);
            const char *want = TABLE[i].refusal[step];
            bool same = (got == NULL) == (want == NULL) && (got == NULL || strcmp(got, want) == 0);
            if (same) continue;
            fail_msg("row %zu step %d: %s", i, step, got == NULL ? "allowed" : got);
        }
    }
}

static void a_vote_in_time_is_not_changed_into_one_that_does_not_count(void **state)
{
    (void)state;
    struct ballot_stage stage = {
        .state = BALLOT_OPEN, .members = true, .seated = true, .in_time = true};
    assert_null(ballot_step_refusal(&stage, STEP_VOTE));
    stage.over = true;
    assert_string_equal(ballot_step_refusal(&stage, STEP_VOTE), "ballot.change_late");
    stage.late_counts = true;
    assert_null(ballot_step_refusal(&stage, STEP_VOTE));
    stage.late_counts = false;
    stage.in_time = false; /* the first vote may be late */
    assert_null(ballot_step_refusal(&stage, STEP_VOTE));
}

/* ---- results ---- */

static void assert_result(const struct ballot_rule *rule, struct ballot_count count, int64_t needed,
                          enum ballot_outcome outcome)
{
    struct ballot_result r = ballot_result(rule, &count);
    assert_int_equal(r.needed, needed);
    assert_int_equal(r.outcome, outcome);
}

static void more_than_half_of_seventeen_members_are_nine(void **state)
{
    (void)state;
    struct ballot_rule rule = {.base = BASE_ALL, .majority = SHARE_OVER_HALF, .tie = TIE_CHAIR};
    struct ballot_count count = {.members = 17, .voters = 15, .agree = 12};
    assert_result(&rule, count, 9, OUTCOME_ADOPTED);
    count.agree = 9;
    assert_result(&rule, count, 9, OUTCOME_ADOPTED);
    count.agree = 8;
    assert_result(&rule, count, 9, OUTCOME_FAILED);
}

static void silence_stands_in_the_base_of_all_members_only(void **state)
{
    (void)state;
    struct ballot_rule rule = {.base = BASE_ALL, .majority = SHARE_OVER_HALF};
    struct ballot_count count = {.members = 20, .voters = 11, .agree = 7, .disagree = 4};
    assert_result(&rule, count, 11, OUTCOME_FAILED);
    rule.base = BASE_VOTERS;
    assert_result(&rule, count, 6, OUTCOME_ADOPTED);
}

static void exactly_half_is_decided_by_the_chair_where_the_rule_says_so(void **state)
{
    (void)state;
    struct ballot_rule rule = {.base = BASE_ALL, .majority = SHARE_OVER_HALF, .tie = TIE_CHAIR};
    struct ballot_count count = {.members = 16, .voters = 16, .agree = 8, .chair_agrees = true};
    assert_result(&rule, count, 9, OUTCOME_ADOPTED_CHAIR);
    count.chair_agrees = false;
    assert_result(&rule, count, 9, OUTCOME_FAILED_CHAIR);
    rule.tie = TIE_FAILS;
    count.chair_agrees = true;
    assert_result(&rule, count, 9, OUTCOME_FAILED);
    rule.tie = TIE_CHAIR;
    count.agree = 7; /* a chair lends nothing to less than half */
    assert_result(&rule, count, 9, OUTCOME_FAILED);
}

static void other_shares_are_rounded_up(void **state)
{
    (void)state;
    struct ballot_rule rule = {.base = BASE_ALL, .majority = SHARE_TWO_THIRDS};
    struct ballot_count count = {.members = 17, .voters = 17, .agree = 12};
    assert_result(&rule, count, 12, OUTCOME_ADOPTED);
    rule.majority = SHARE_THREE_QUARTERS;
    assert_result(&rule, count, 13, OUTCOME_FAILED);
    rule.majority = SHARE_EVERY;
    assert_result(&rule, count, 17, OUTCOME_FAILED);
    count.members = 18; /* exactly two thirds are enough */
    rule.majority = SHARE_TWO_THIRDS;
    assert_result(&rule, count, 12, OUTCOME_ADOPTED);
}

static void without_a_quorum_no_majority_counts(void **state)
{
    (void)state;
    struct ballot_rule rule = {
        .base = BASE_VOTERS, .majority = SHARE_OVER_HALF, .quorum = SHARE_TWO_THIRDS};
    struct ballot_count count = {.members = 9, .voters = 5, .agree = 5};
    assert_result(&rule, count, 3, OUTCOME_NO_QUORUM);
    count.voters = 6;
    assert_result(&rule, count, 4, OUTCOME_ADOPTED);
}

static void nobody_adopts_nothing(void **state)
{
    (void)state;
    struct ballot_rule rule = {.base = BASE_VOTERS, .majority = SHARE_EVERY};
    assert_result(&rule, (struct ballot_count){.members = 3}, 1, OUTCOME_FAILED);
}

static void late_votes_are_counted_only_where_the_rule_says_so(void **state)
{
    (void)state;
    struct ballot_member members[] = {{.chair = true}, {}, {}};
    struct ballot_row rows[] = {
        {.mark = MARK_AGREE, .late = true}, {.mark = MARK_AGREE}, {.mark = MARK_UNOPENED}};
    struct list all = {members, 3};
    struct list lines = {rows, 3};
    struct ballot_rule rule = {.base = BASE_ALL, .majority = SHARE_OVER_HALF};
    struct ballot_count count = ballot_count(&rule, &all, &lines);
    assert_int_equal(count.voters, 1);
    assert_false(count.chair_agrees);
    rule.late = LATE_COUNTS;
    count = ballot_count(&rule, &all, &lines);
    assert_int_equal(count.voters, 2);
    assert_int_equal(count.agree, 2);
    assert_true(count.chair_agrees);
}

static void a_rule_must_make_sense_for_its_members(void **state)
{
    (void)state;
    struct ballot_member members[] = {{}, {}};
    struct list all = {members, 2};
    struct ballot_rule rule = {.base = BASE_ALL, .majority = SHARE_OVER_HALF, .tie = TIE_CHAIR};
    assert_string_equal(ballot_rule_refusal(&rule, &all, false), "ballot.chair_missing");
    members[0].chair = true;
    assert_null(ballot_rule_refusal(&rule, &all, false));
    assert_string_equal(ballot_rule_refusal(&rule, &all, true), "ballot.chair_secret");
    rule.majority = SHARE_TWO_THIRDS;
    assert_string_equal(ballot_rule_refusal(&rule, &all, false), "ballot.no_tie");
    members[1].chair = true;
    assert_string_equal(ballot_rule_refusal(&rule, &all, false), "ballot.one_chair");
}

static void a_tally_must_add_up(void **state)
{
    (void)state;
    struct ballot_tally_input in = {
        .issued = 5, .collected = 4, .agree = 2, .disagree = 1, .invalid = 1};
    assert_null(ballot_tally_refusal(&in, 5));
    assert_string_equal(ballot_tally_refusal(&in, 4), "ballot.tally_issued");
    in.agree = 3;
    assert_string_equal(ballot_tally_refusal(&in, 5), "ballot.tally_sum");
    in.collected = 6;
    assert_string_equal(ballot_tally_refusal(&in, 5), "ballot.tally_collected");
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_step_in_every_state_is_allowed_or_refused_by_name),
        TEST(a_vote_in_time_is_not_changed_into_one_that_does_not_count),
        TEST(more_than_half_of_seventeen_members_are_nine),
        TEST(silence_stands_in_the_base_of_all_members_only),
        TEST(exactly_half_is_decided_by_the_chair_where_the_rule_says_so),
        TEST(other_shares_are_rounded_up),
        TEST(without_a_quorum_no_majority_counts),
        TEST(nobody_adopts_nothing),
        TEST(late_votes_are_counted_only_where_the_rule_says_so),
        TEST(a_rule_must_make_sense_for_its_members),
        TEST(a_tally_must_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
