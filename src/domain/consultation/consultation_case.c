#include "consultation_case.h"

#include "base/words.h"
#include "core/office.h"

/* Our own opinion of the round before, when we were asked then. */
static enum err case_before(struct call *c, struct consultation_case *round)
{
    struct consultation_own own = {};
    if (round->request.previous.len == 0) return OK;
    enum err e = consultation_sql_own(c, round->request.previous, &own);
    if (e == OK) round->before = own.opinion;
    return e;
}

enum err consultation_case_load(struct call *c, struct str record,
                                struct consultation_case *ret_case)
{
    struct consultation_case round = {};
    enum err e = record_head(c, record, &round.head);
    if (e == OK) e = record_body(c, "consultation.request", record, &round.request);
    if (e == OK) e = consultation_sql_own(c, record, &round.own);
    if (e == OK && round.own.intake.len > 0) {
        e = record_body(c, "consultation.intake", round.own.intake, &round.intake);
    }
    if (e == OK && round.own.draft.len > 0) {
        e = record_body(c, "consultation.draft", round.own.draft, &round.draft);
    }
    if (e == OK) e = case_before(c, &round);
    if (e != OK) return e;
    struct str none = {};
    bool own = str_eq(round.head.home, c->office->id);
    round.stage = (struct consultation_stage){
        .own = own,
        .asked = !own && consultation_is_asked(&round.request, c->office->id),
        .round = round.request.state,
        .intake = round.intake.state,
        .officer = round.intake.officer.len > 0,
        .paused = pause_is_open(&round.request.pauses),
        .draft = round.draft.state,
        .renewed = round.request.next.len > 0,
        .excused = consultation_excuse_of(&round.request, c->office->id, none) != NULL,
        .presented = round.request.presented_ms > 0,
        .before = round.before.len > 0,
    };
    ensure(round.own.draft.len == 0 || round.own.intake.len > 0);
    *ret_case = round;
    return OK;
}

enum err consultation_case_visible(struct call *c, struct str record,
                                   struct consultation_case *ret_case)
{
    struct head head = {};
    enum err e = record_head_visible(c, record, &head);
    return e != OK ? e : consultation_case_load(c, record, ret_case);
}

/* What the receipts of the request say of an office. */
static void giver_receipts(struct consultation_giver *giver, const struct node *deliveries)
{
    for (const struct node *row = deliveries->first; row != NULL; row = row->next) {
        if (!str_eq(node_get(row, "office"), giver->office)) continue;
        giver->registered = node_get(row, "r2").len > 0;
        giver->refused = node_get(row, "refused").len > 0;
        giver->refusal = node_get(row, "reason");
    }
}

static void giver_refusal(struct consultation_giver *giver, const struct consultation_no *refusals,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(refusals[i].home, giver->office)) continue;
        giver->refused = true;
        giver->refusal = refusals[i].reason;
    }
}

static void giver_voice(struct consultation_giver *giver, const struct consultation_case *round)
{
    for (size_t i = 0; i < round->voice_count; i++) {
        const struct consultation_voice *voice = &round->voices[i];
        bool same = giver->office.len > 0
                        ? voice->behalf.len == 0 && str_eq(voice->home, giver->office)
                        : str_eq(voice->behalf, giver->name);
        if (!same) continue;
        giver->opinion = voice->opinion;
        giver->answer = voice->answer;
        giver->signed_ms = voice->signed_ms;
        giver->confidential = voice->confidential;
        giver->kept = voice->kept;
        giver->condition_office = voice->condition_office;
        giver->condition_body = voice->condition_body;
        return; /* the first that was signed */
    }
}

static void giver_excuse(struct consultation_giver *giver, const struct consultation_request *r)
{
    const struct consultation_excused *excuse =
        consultation_excuse_of(r, giver->office, giver->name);
    giver->excused = excuse != NULL;
    if (excuse != NULL) giver->excuse = excuse->reason;
}

enum err consultation_case_seen(struct call *c, const struct consultation_case *round,
                                int64_t *ret_seen)
{
    const struct str records[] = {round->own.intake, round->own.draft};
    int64_t seen = 0;
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        struct head head = {};
        enum err e = records[i].len == 0 ? OK : record_head(c, records[i], &head);
        if (e != OK) return e;
        seen += head.n;
    }
    *ret_seen = seen;
    return OK;
}

enum err consultation_case_givers(struct call *c, struct consultation_case *round)
{
    const struct consultation_request *r = &round->request;
    const struct consultation_asked *asked = r->asked.rows;
    const struct consultation_body *bodies = r->asked_bodies.rows;
    size_t count = r->asked.count + r->asked_bodies.count;
    ensure(round->head.record.len > 0);
    struct consultation_no *refusals = NULL;
    size_t refusal_count = 0;
    round->deliveries = node_list(c);
    enum err e =
        consultation_sql_voices(c, round->head.record, &round->voices, &round->voice_count);
    if (e == OK) e = consultation_sql_refusals(c, round->head.record, &refusals, &refusal_count);
    if (e == OK) e = record_deliveries(c, round->head.record, round->deliveries);
    if (e != OK) return e;
    round->givers = arena_array(c->arena, count + 1, sizeof *round->givers);
    for (size_t i = 0; i < count; i++) {
        struct consultation_giver *giver = &round->givers[i];
        if (i < r->asked.count) {
            giver->office = asked[i].office;
            giver_receipts(giver, round->deliveries);
            giver_refusal(giver, refusals, refusal_count);
        } else {
            giver->name = bodies[i - r->asked.count].name;
        }
        giver_excuse(giver, r);
        giver_voice(giver, round);
    }
    consultation_conditions_resolve(round->givers, count);
    round->giver_count = count;
    return OK;
}

struct str consultation_giver_name(struct call *c, struct str office, struct str body)
{
    return office.len > 0 ? office_name(c, office) : body;
}

struct str consultation_voice_name(struct call *c, struct str home, struct str behalf)
{
    if (behalf.len == 0) return office_name(c, home);
    struct fail_arg args[] = {{"name", behalf}};
    return words_fill(c->arena, c->lang, S("consultation.behalf"), args, ARRAY_LEN(args));
}
