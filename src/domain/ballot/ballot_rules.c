#include "ballot_rules.h"

#define IN(state) (1U << (state))

enum form { FORM_NAMED = 1, FORM_SECRET = 2 };

/* One step: whose it is, of which form of ballot, in which states. */
struct step_rule {
    bool asker;
    enum form form;
    uint32_t states;
};

static const struct step_rule STEPS[STEP_COUNT] = {
    [STEP_SEAT] = {false, FORM_NAMED, IN(BALLOT_OPEN)},
    [STEP_VOTE] = {false, FORM_NAMED, IN(BALLOT_OPEN)},
    [STEP_CLOSE] = {true, FORM_NAMED, IN(BALLOT_OPEN)},
    [STEP_DECIDE] = {true, FORM_NAMED, IN(BALLOT_CLOSED)},
    [STEP_TALLY] = {true, FORM_SECRET, IN(BALLOT_OPEN)},
};

static const char *const STATE_REASONS[] = {
    [BALLOT_OPEN] = "ballot.still_open",
    [BALLOT_CLOSED] = "ballot.closed",
    [BALLOT_DECIDED] = "ballot.decided",
};

bool ballot_step_foreign(const struct ballot_stage *stage, enum ballot_step step)
{
    ensure(step < STEP_COUNT);
    const struct step_rule *rule = &STEPS[step];
    bool side = rule->asker ? stage->own : stage->members;
    return !side || (rule->form == FORM_SECRET) != stage->secret;
}

const char *ballot_step_refusal(const struct ballot_stage *stage, enum ballot_step step)
{
    ensure(step < STEP_COUNT);
    ensure(stage->state >= BALLOT_OPEN && stage->state <= BALLOT_DECIDED);
    const struct step_rule *rule = &STEPS[step];
    if (rule->asker && !stage->own) return "ballot.only_asker";
    if (!rule->asker && !stage->members) return "ballot.no_members";
    if (rule->form == FORM_NAMED && stage->secret) return "ballot.on_paper";
    if (rule->form == FORM_SECRET && !stage->secret) return "ballot.not_secret";
    if ((rule->states & IN(stage->state)) == 0) return STATE_REASONS[stage->state];
    if (step != STEP_VOTE) return NULL;
    if (!stage->seated) return "ballot.not_member";
    /* a change that would not count would take away a vote that does */
    bool loses = stage->over && stage->in_time && !stage->late_counts;
    return loses ? "ballot.change_late" : NULL;
}

const char *ballot_rule_refusal(const struct ballot_rule *rule, const struct list *members,
                                bool secret)
{
    const struct ballot_member *rows = members->rows;
    size_t chairs = 0;
    for (size_t i = 0; i < members->count; i++)
        chairs += rows[i].chair ? 1 : 0;
    if (chairs > 1) return "ballot.one_chair";
    if (rule->tie != TIE_CHAIR) return NULL;
    if (secret) return "ballot.chair_secret";
    if (rule->majority != SHARE_OVER_HALF) return "ballot.no_tie";
    return chairs == 1 ? NULL : "ballot.chair_missing";
}

const char *ballot_vote_refusal(int64_t choice, struct str text)
{
    ensure(choice >= VOTE_AGREE && choice <= VOTE_OTHER);
    return choice == VOTE_OTHER && str_trim(text).len == 0 ? "ballot.other_says" : NULL;
}

const char *ballot_tally_refusal(const struct ballot_tally_input *in, int64_t members)
{
    if (in->issued > members) return "ballot.tally_issued";
    if (in->collected > in->issued) return "ballot.tally_collected";
    bool whole = in->agree + in->disagree + in->other + in->invalid == in->collected;
    return whole ? NULL : "ballot.tally_sum";
}

struct ballot_count ballot_count(const struct ballot_rule *rule, const struct list *members,
                                 const struct list *rows)
{
    const struct ballot_member *member = members->rows;
    const struct ballot_row *row = rows->rows;
    struct ballot_count count = {.members = (int64_t)members->count};
    ensure(rows->count == members->count);
    for (size_t i = 0; i < rows->count; i++) {
        if (row[i].late && rule->late != LATE_COUNTS) continue;
        if (row[i].mark > MARK_OTHER) continue;
        count.voters++;
        count.agree += row[i].mark == MARK_AGREE ? 1 : 0;
        count.disagree += row[i].mark == MARK_DISAGREE ? 1 : 0;
        count.other += row[i].mark == MARK_OTHER ? 1 : 0;
        if (member[i].chair && row[i].mark == MARK_AGREE) count.chair_agrees = true;
    }
    return count;
}

/* How many of `whole` a share is: more than half, at least two thirds. */
static int64_t share_of(int64_t share, int64_t whole)
{
    if (share == SHARE_OVER_HALF) return whole / 2 + 1;
    if (share == SHARE_TWO_THIRDS) return (2 * whole + 2) / 3;
    if (share == SHARE_THREE_QUARTERS) return (3 * whole + 3) / 4;
    return share == SHARE_EVERY ? whole : 0;
}

struct ballot_result ballot_result(const struct ballot_rule *rule, const struct ballot_count *count)
{
    struct ballot_result r = {
        .base = rule->base == BASE_VOTERS ? count->voters : count->members,
        .quorum = share_of(rule->quorum, count->members),
    };
    ensure(count->agree <= count->voters);
    r.needed = share_of(rule->majority, r.base);
    if (r.needed == 0) r.needed = 1; /* nobody voted: nothing is adopted by nobody */
    r.tie = rule->majority == SHARE_OVER_HALF && r.base > 0 && 2 * count->agree == r.base;
    r.outcome = count->agree >= r.needed ? OUTCOME_ADOPTED : OUTCOME_FAILED;
    if (r.tie && rule->tie == TIE_CHAIR) {
        r.outcome = count->chair_agrees ? OUTCOME_ADOPTED_CHAIR : OUTCOME_FAILED_CHAIR;
    }
    if (count->voters < r.quorum) r.outcome = OUTCOME_NO_QUORUM;
    return r;
}
