#include "consultation_rules.h"

#include "base/time.h"

#define WORK_ENDS_MS ((int64_t)17 * 60 * 60 * 1000) /* after midnight */

enum consultation_side { SIDE_ASKER, SIDE_ASKED };

#define IN(state) (1U << (state))
#define ANY_STATE 0xffU

/* One step: who may take it and in which states. */
struct step_rule {
    enum consultation_side side;
    bool open;       /* only while the round is open */
    bool officer;    /* somebody must be assigned */
    uint32_t intake; /* bits of enum consultation_intake_state */
    uint32_t draft;  /* bits of enum consultation_draft_state */
};

static const struct step_rule STEPS[STEP_COUNT] = {
    /* the register is complete even when the round was closed before the request arrived */
    [STEP_REGISTER] = {SIDE_ASKED, false, false, IN(INTAKE_NONE), ANY_STATE},
    [STEP_REFUSE] = {SIDE_ASKED, true, false, IN(INTAKE_NONE), ANY_STATE},
    [STEP_ASSIGN] = {SIDE_ASKED, true, false, IN(INTAKE_REGISTERED),
                     IN(DRAFT_NONE) | IN(DRAFT_WRITING) | IN(DRAFT_RETURNED)},
    [STEP_DRAFT] = {SIDE_ASKED, true, true, IN(INTAKE_REGISTERED),
                    IN(DRAFT_NONE) | IN(DRAFT_WRITING) | IN(DRAFT_RETURNED)},
    [STEP_SUBMIT] = {SIDE_ASKED, true, true, IN(INTAKE_REGISTERED),
                     IN(DRAFT_WRITING) | IN(DRAFT_RETURNED)},
    [STEP_RETURN] = {SIDE_ASKED, true, true, IN(INTAKE_REGISTERED), IN(DRAFT_SUBMITTED)},
    [STEP_APPROVE] = {SIDE_ASKED, true, true, IN(INTAKE_REGISTERED), IN(DRAFT_SUBMITTED)},
    [STEP_CONSULT] = {SIDE_ASKED, true, false, IN(INTAKE_REGISTERED),
                      IN(DRAFT_NONE) | IN(DRAFT_WRITING) | IN(DRAFT_RETURNED)},
    [STEP_COMMENT] = {SIDE_ASKED, true, false, IN(INTAKE_REGISTERED),
                      IN(DRAFT_NONE) | IN(DRAFT_WRITING) | IN(DRAFT_SUBMITTED) |
                          IN(DRAFT_RETURNED)},
    [STEP_KEEP] = {SIDE_ASKED, true, false, IN(INTAKE_REGISTERED),
                   IN(DRAFT_NONE) | IN(DRAFT_WRITING) | IN(DRAFT_SUBMITTED) | IN(DRAFT_RETURNED)},
    /* a letter may come after the closing; it is shown as late, not thrown away */
    [STEP_BEHALF] = {SIDE_ASKER, false, false, ANY_STATE, ANY_STATE},
    /* points are usually answered after the closing */
    [STEP_ANSWER_POINT] = {SIDE_ASKER, false, false, ANY_STATE, ANY_STATE},
    [STEP_EXTEND] = {SIDE_ASKER, true, false, ANY_STATE, ANY_STATE},
    [STEP_PAUSE] = {SIDE_ASKER, true, false, ANY_STATE, ANY_STATE},
    [STEP_RESUME] = {SIDE_ASKER, true, false, ANY_STATE, ANY_STATE},
    [STEP_CLOSE] = {SIDE_ASKER, true, false, ANY_STATE, ANY_STATE},
    [STEP_REMIND] = {SIDE_ASKER, true, false, ANY_STATE, ANY_STATE},
    /* a draft may change after its round was closed */
    [STEP_RENEW] = {SIDE_ASKER, false, false, ANY_STATE, ANY_STATE},
    [STEP_ADD] = {SIDE_ASKER, true, false, ANY_STATE, ANY_STATE},
    [STEP_EXCUSE] = {SIDE_ASKER, true, false, ANY_STATE, ANY_STATE},
    [STEP_JOIN] = {SIDE_ASKER, false, false, ANY_STATE, ANY_STATE},
    [STEP_OBJECT] = {SIDE_ASKED, false, false, IN(INTAKE_REGISTERED), IN(DRAFT_APPROVED)},
    [STEP_PRESENT] = {SIDE_ASKER, false, false, ANY_STATE, ANY_STATE},
};

static const char *const INTAKE_REASONS[] = {
    [INTAKE_NONE] = "consultation.not_registered",
    [INTAKE_REGISTERED] = "consultation.registered_already",
    [INTAKE_REFUSED] = "consultation.refused_already",
};

static const char *const DRAFT_REASONS[] = {
    [DRAFT_NONE] = "consultation.no_draft",
    [DRAFT_WRITING] = "consultation.not_submitted",
    [DRAFT_SUBMITTED] = "consultation.submitted_already",
    [DRAFT_RETURNED] = "consultation.not_submitted",
    [DRAFT_APPROVED] = "consultation.answered_already",
};

bool consultation_step_foreign(const struct consultation_stage *stage, enum consultation_step step)
{
    ensure(step < STEP_COUNT);
    return STEPS[step].side == SIDE_ASKER ? !stage->own : !stage->asked;
}

const char *consultation_step_refusal(const struct consultation_stage *stage,
                                      enum consultation_step step)
{
    ensure(step < STEP_COUNT);
    ensure(stage->intake >= INTAKE_NONE && stage->intake <= INTAKE_REFUSED);
    ensure(stage->draft >= DRAFT_NONE && stage->draft <= DRAFT_APPROVED);
    const struct step_rule *rule = &STEPS[step];
    if (consultation_step_foreign(stage, step)) {
        return rule->side == SIDE_ASKER ? "consultation.only_asker" : "consultation.only_asked";
    }
    if ((rule->intake & IN(stage->intake)) == 0) return INTAKE_REASONS[stage->intake];
    if (stage->draft == DRAFT_APPROVED && (rule->draft & IN(DRAFT_APPROVED)) == 0) {
        return DRAFT_REASONS[DRAFT_APPROVED];
    }
    if (stage->renewed && (rule->open || step == STEP_RENEW)) return "consultation.renewed_already";
    if (rule->open && stage->round == ROUND_CLOSED) return "consultation.closed";
    bool last = step == STEP_OBJECT || step == STEP_PRESENT;
    if (last && stage->presented) return "consultation.presented";
    if (step == STEP_PRESENT && stage->round == ROUND_OPEN) return "consultation.still_open";
    bool registers = step == STEP_REGISTER || step == STEP_REFUSE || step == STEP_OBJECT;
    if (rule->side == SIDE_ASKED && stage->excused && !registers) return "consultation.excused";
    if (step == STEP_KEEP && !stage->before) return "consultation.nothing_to_keep";
    bool runs = step == STEP_EXTEND || step == STEP_PAUSE;
    if (runs && stage->paused) return "consultation.paused";
    if (step == STEP_RESUME && !stage->paused) return "consultation.not_paused";
    if (rule->officer && !stage->officer) return "consultation.not_assigned";
    if ((rule->draft & IN(stage->draft)) == 0) return DRAFT_REASONS[stage->draft];
    return NULL;
}

const char *consultation_answer_refusal(int64_t answer, struct str general, size_t points)
{
    bool words = str_trim(general).len > 0;
    ensure(answer > ANSWER_SILENT && answer < ANSWER_COUNT);
    if (answer == ANSWER_AGREE && points > 0) return "consultation.agree_without_points";
    if (answer == ANSWER_NO_OPINION && points > 0) return "consultation.no_opinion_without_points";
    if (answer == ANSWER_AGREE_WITH_POINTS && points == 0 && !words) {
        return "consultation.points_missing";
    }
    if (answer == ANSWER_DISAGREE && points == 0 && !words) return "consultation.why_missing";
    return NULL;
}

const char *consultation_condition_refusal(int64_t answer, struct str office, struct str body)
{
    bool one = (office.len > 0) != (str_trim(body).len > 0);
    bool none = office.len == 0 && str_trim(body).len == 0;
    if (answer == ANSWER_AGREE_IF) return one ? NULL : "consultation.condition_missing";
    return none ? NULL : "consultation.condition_alone";
}

const char *consultation_outcome_refusal(int64_t outcome, struct str reason)
{
    ensure(outcome > OUTCOME_OPEN && outcome <= OUTCOME_EXPLAINED);
    if (outcome != OUTCOME_ACCEPTED && str_trim(reason).len == 0) {
        return "consultation.reason_missing";
    }
    return NULL;
}

bool consultation_general_counts(int64_t answer, struct str general, size_t points)
{
    bool only_words = answer == ANSWER_AGREE_WITH_POINTS && points == 0;
    return (answer == ANSWER_DISAGREE || only_words) && str_trim(general).len > 0;
}

int64_t consultation_replies_due(int64_t answer, struct str general, size_t points)
{
    return (int64_t)points + (consultation_general_counts(answer, general, points) ? 1 : 0);
}

void consultation_reply_set(struct arena *arena, struct list *replies,
                            const struct consultation_outcome_row *row)
{
    const struct consultation_outcome_row *old = replies->rows;
    struct consultation_outcome_row *rows = arena_array(arena, replies->count + 1, sizeof *rows);
    size_t count = 0;
    bool placed = false;
    for (size_t i = 0; i < replies->count; i++) {
        if (!placed && old[i].point >= row->point) {
            rows[count++] = *row;
            placed = true;
        }
        if (old[i].point != row->point) rows[count++] = old[i];
    }
    if (!placed) rows[count++] = *row;
    ensure(count <= replies->count + 1);
    for (size_t i = 1; i < count; i++)
        ensure(rows[i - 1].point < rows[i].point);
    replies->rows = rows;
    replies->count = count;
}

enum consultation_standing consultation_standing(const struct consultation_giver *giver,
                                                 int64_t round, int64_t due_ms, int64_t now_ms)
{
    if (giver->opinion.len > 0) return STANDING_ANSWERED;
    if (giver->excused) return STANDING_EXCUSED;
    if (giver->refused) return STANDING_REFUSED;
    if (round == ROUND_CLOSED) return STANDING_SILENT;
    if (now_ms > due_ms) return STANDING_LATE;
    return giver->registered ? STANDING_REGISTERED : STANDING_WAITING;
}

struct consultation_count consultation_count(const struct consultation_giver *givers, size_t count)
{
    struct consultation_count total = {.asked = count};
    for (size_t i = 0; i < count; i++) {
        if (givers[i].opinion.len > 0) {
            ensure(givers[i].answer > ANSWER_SILENT && givers[i].answer < ANSWER_COUNT);
            total.answered++;
            total.by_answer[givers[i].answer]++;
            total.conditions_met += givers[i].condition == CONDITION_MET ? 1 : 0;
        } else if (givers[i].excused) {
            total.excused++;
            total.asked--;
        } else if (givers[i].refused) {
            total.refused++;
        } else {
            total.silent++;
        }
    }
    ensure(total.answered + total.refused + total.silent == total.asked);
    return total;
}

/* The giver on whose consent another one hangs; NULL: it was not asked. */
static const struct consultation_giver *condition_of(const struct consultation_giver *givers,
                                                     size_t count,
                                                     const struct consultation_giver *giver)
{
    for (size_t i = 0; i < count; i++) {
        const struct consultation_giver *other = &givers[i];
        bool office =
            giver->condition_office.len > 0 && str_eq(other->office, giver->condition_office);
        bool body = giver->condition_office.len == 0 && other->office.len == 0 &&
                    str_eq(other->name, giver->condition_body);
        if (other != giver && (office || body)) return other;
    }
    return NULL;
}

static enum consultation_condition condition_now(const struct consultation_giver *on)
{
    if (on == NULL || on->opinion.len == 0) return CONDITION_OPEN;
    if (on->answer == ANSWER_AGREE_IF) return on->condition;
    bool agrees = on->answer == ANSWER_AGREE || on->answer == ANSWER_AGREE_WITH_POINTS;
    return agrees ? CONDITION_MET : CONDITION_FAILED;
}

void consultation_conditions_resolve(struct consultation_giver *givers, size_t count)
{
    bool moved = true;
    for (size_t round = 0; moved && round <= count; round++) { /* chains are no longer than that */
        moved = false;
        for (size_t i = 0; i < count; i++) {
            struct consultation_giver *giver = &givers[i];
            if (giver->opinion.len == 0 || giver->answer != ANSWER_AGREE_IF) continue;
            enum consultation_condition now = condition_now(condition_of(givers, count, giver));
            moved = moved || now != giver->condition;
            giver->condition = now;
        }
    }
    ensure(!moved);
}

bool consultation_is_asked(const struct consultation_request *r, struct str office)
{
    const struct consultation_asked *asked = r->asked.rows;
    for (size_t i = 0; i < r->asked.count; i++) {
        if (str_eq(asked[i].office, office)) return true;
    }
    return false;
}

bool consultation_is_asked_body(const struct consultation_request *r, struct str name)
{
    const struct consultation_body *bodies = r->asked_bodies.rows;
    for (size_t i = 0; i < r->asked_bodies.count; i++) {
        if (str_eq(bodies[i].name, name)) return true;
    }
    return false;
}

const struct consultation_excused *consultation_excuse_of(const struct consultation_request *r,
                                                          struct str office, struct str name)
{
    const struct consultation_excused *excused = r->excused.rows;
    for (size_t i = 0; i < r->excused.count; i++) {
        if (!str_eq(excused[i].office, office)) continue;
        if (office.len > 0 || str_eq(excused[i].name, name)) return &excused[i];
    }
    return NULL;
}

struct consultation_due consultation_due_of(const struct consultation_request *r, struct str office)
{
    const struct consultation_asked *asked = r->asked.rows;
    struct consultation_due due = {r->due_day, r->due_ms, r->why, pause_open_day(&r->pauses)};
    for (size_t i = 0; i < r->asked.count; i++) {
        if (!str_eq(asked[i].office, office) || asked[i].due_day == 0) continue;
        due.day = asked[i].due_day;
        due.ms = asked[i].due_ms;
        due.why = asked[i].why;
    }
    return due;
}

int64_t consultation_due_ms(int64_t due_day)
{
    return time_hanoi_midnight_ms(due_day) + WORK_ENDS_MS;
}

enum priority consultation_priority(int64_t urgency)
{
    return urgency > URGENCY_NORMAL ? PRIORITY_URGENT : PRIORITY_NORMAL;
}
