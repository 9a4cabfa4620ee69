/* consultation_acts.c: what people do with a round. The asker's acts are in consultation_ask.c. */
#include "consultation_acts.h"

#include "base/time.h"
#include "consultation_load.h"
#include "core/act.h"
#include "core/office.h"
#include "core/returned.h"

/* ---- whether the state allows a step ---- */

enum err consultation_step_allowed(struct call *c, const struct head *head,
                                   enum consultation_step step)
{
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, head->record, &round);
    if (e != OK) return e;
    const char *refusal = consultation_step_refusal(&round.stage, step);
    return refusal == NULL ? OK : fail(c, ERR_CONFLICT, refusal);
}

static enum err can_register(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_REGISTER);
}

static enum err can_refuse(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_REFUSE);
}

static enum err can_assign(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_ASSIGN);
}

static enum err can_draft(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_DRAFT);
}

static enum err can_submit(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_SUBMIT);
}

static enum err can_return(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_RETURN);
}

static enum err can_approve(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_APPROVE);
}

/* What an asked office tells the asker and nobody else. */
static enum err for_asker_put(struct call *c, const struct consultation_case *round,
                              const char *kind, const void *body, struct act_result *ret_result)
{
    struct str audience[] = {
        str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)),
        str_format(c->arena, "o:%.*s", STR_ARG(round->head.home)),
    };
    struct put put = {
        .kind = kind,
        .body = body,
        .audience = audience,
        .audience_count = ARRAY_LEN(audience),
        .priority = consultation_priority(round->request.urgency),
    };
    return record_put(c, &put, ret_result);
}

/* ---- the registry ---- */

/* The intake of a request as it stands now; number and state are the caller's. */
static struct consultation_intake intake_of(struct call *c, const struct consultation_case *round)
{
    const struct consultation_request *r = &round->request;
    struct consultation_due due = consultation_due_of(r, c->office->id);
    return (struct consultation_intake){
        .request = round->head.record,
        .received_ms = c->now_ms,
        .subject = r->subject,
        .urgency = r->urgency,
        .due_day = due.day,
        .due_ms = due.ms,
        .why = due.why,
    };
}

static enum err intake_put(struct call *c, const struct consultation_case *round,
                           const struct consultation_intake *intake, struct act_result *ret_result)
{
    struct put put = {.kind = "consultation.intake", .record = round->own.intake, .body = intake};
    return record_put(c, &put, ret_result);
}

static enum err run_register(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_record_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e != OK) return e;
    struct consultation_intake intake = intake_of(c, &round);
    ensure(round.own.intake.len == 0);
    intake.state = INTAKE_REGISTERED;
    /* a restored office gives again the number that the asker knows */
    e = returned_number_of(c, in->record, &intake.number, &intake.year);
    if (e == OK && intake.number == 0) {
        intake.year = time_date_of(time_hanoi_day(c->now_ms)).year;
        e = consultation_sql_next_number(c, intake.year, &intake.number);
    }
    if (e == OK) e = intake_put(c, &round, &intake, ret_result);
    if (e != OK) return e;
    struct receipt receipt = {
        .type = RECEIPT_R2,
        .record = in->record,
        .number = str_format(c->arena, "%lld", (long long)intake.number),
    };
    ret_result->more = node_map(c);
    node_int(c, ret_result->more, "number", intake.number);
    return receipt_issue(c, &receipt);
}

static enum err refusal_put(struct call *c, const struct consultation_case *round,
                            struct str reason, struct act_result *ret_result)
{
    const struct consultation_refusal refusal = {
        .request = round->head.record,
        .request_n = round->head.n,
        .reason = reason,
        .signer_title = person_title(c, c->who.person),
    };
    return for_asker_put(c, round, "consultation.refusal", &refusal, ret_result);
}

/* Register, receipt and the asker's count learn of it in one transaction. */
static enum err run_refuse(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_text_input *in = input;
    struct consultation_case round = {};
    struct act_result ignored = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e != OK) return e;
    struct consultation_intake intake = intake_of(c, &round);
    ensure(round.own.intake.len == 0);
    struct receipt receipt = {.type = RECEIPT_REFUSED, .record = in->record, .reason = in->text};
    intake.state = INTAKE_REFUSED;
    intake.reason = in->text;
    e = intake_put(c, &round, &intake, &ignored);
    if (e == OK) e = refusal_put(c, &round, in->text, ret_result);
    return e != OK ? e : receipt_issue(c, &receipt);
}

/* ---- who works on it ---- */

/* The officer's own deadline may be earlier than the asker's, never later. */
static void officer_due(struct call *c, const struct consultation_assign_input *in,
                        const struct consultation_request *r, struct consultation_intake *intake)
{
    struct consultation_due due = consultation_due_of(r, c->office->id);
    intake->due_day = due.day;
    intake->due_ms = due.ms;
    intake->why = due.why;
    if (in->due_day == 0 || in->due_day == due.day) return;
    if (in->due_day > due.day) problem(c, S("due_date"), "consultation.officer_due_late");
    if (in->due_day < time_hanoi_day(c->now_ms)) problem(c, S("due_date"), "consultation.due_past");
    intake->due_day = in->due_day;
    intake->due_ms = consultation_due_ms(in->due_day);
    intake->why = (struct str){};
}

static enum err run_assign(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_assign_input *in = input;
    struct consultation_case round = {};
    bool known = false;
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_person_works_here(c, in->officer, &known);
    if (e != OK) return e;
    struct consultation_intake intake = round.intake;
    ensure(intake.state == INTAKE_REGISTERED);
    if (!known) problem(c, S("officer"), "consultation.officer_unknown");
    officer_due(c, in, &round.request, &intake);
    e = problems_fail(c);
    if (e != OK) return e;
    intake.officer = in->officer;
    intake.unit = in->unit;
    intake.instruction = in->instruction;
    return intake_put(c, &round, &intake, ret_result);
}

/* ---- the opinion while it is written ---- */

enum err consultation_draft_put(struct call *c, const struct consultation_case *round,
                                const struct consultation_draft *draft,
                                struct act_result *ret_result)
{
    struct put put = {.kind = "consultation.draft", .record = round->own.draft, .body = draft};
    return record_put(c, &put, ret_result);
}

/* What is written may be half done; what goes to the leader is not. */
static enum err draft_hand_in(struct call *c, struct consultation_draft *draft)
{
    const char *refusal = draft->unplaced.count > 0 ? "consultation.unplaced_left" : NULL;
    if (refusal == NULL) {
        refusal = consultation_answer_refusal(draft->answer, draft->general, draft->points.count);
    }
    if (refusal == NULL) {
        refusal = consultation_condition_refusal(draft->answer, draft->condition_office,
                                                 draft->condition_body);
    }
    if (refusal != NULL) return fail(c, ERR_CONFLICT, refusal);
    draft->state = DRAFT_SUBMITTED;
    draft->comment = (struct str){};
    return OK;
}

static enum err run_draft(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_draft_input *in = input;
    struct consultation_case round = {};
    int64_t seen = 0;
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_case_seen(c, &round, &seen);
    if (e != OK) return e;
    if (in->seen > 0 && in->seen != seen) return fail(c, ERR_STALE, "record.stale");
    struct consultation_due due = consultation_due_of(&round.request, c->office->id);
    struct consultation_draft draft = {
        .request = in->record,
        .answer = in->answer,
        .general = in->general,
        .points = in->points,
        .state = DRAFT_WRITING,
        .comment = round.draft.comment,
        .unplaced = round.draft.unplaced,
        .files = round.draft.files,
        .officer = c->who.person,
        .subject = round.request.subject,
        .urgency = round.request.urgency,
        .due_day = due.day,
        .due_ms = due.ms,
        .why = due.why,
        .condition_office = in->condition_office,
        .condition_body = in->condition_body,
        .confidential = in->confidential,
        .capacity = in->capacity,
    };
    if (in->submit) e = draft_hand_in(c, &draft);
    return e != OK ? e : consultation_draft_put(c, &round, &draft, ret_result);
}

static enum err run_submit(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_record_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e != OK) return e;
    struct consultation_draft draft = round.draft;
    ensure(draft.state == DRAFT_WRITING || draft.state == DRAFT_RETURNED);
    e = draft_hand_in(c, &draft);
    return e != OK ? e : consultation_draft_put(c, &round, &draft, ret_result);
}

static enum err run_return(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_text_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e != OK) return e;
    struct consultation_draft draft = round.draft;
    ensure(draft.state == DRAFT_SUBMITTED);
    draft.state = DRAFT_RETURNED;
    draft.comment = in->text;
    return consultation_draft_put(c, &round, &draft, ret_result);
}

enum err consultation_opinion_put(struct call *c, const struct consultation_case *round,
                                  struct consultation_opinion *opinion,
                                  struct act_result *ret_result)
{
    const struct consultation_request *r = &round->request;
    ensure(str_eq(opinion->request, round->head.record));
    ensure(opinion->request_n == round->head.n);
    opinion->shared = r->sharing == SHARING_ASKED && !opinion->confidential;
    struct str *audience = consultation_audience(c, &r->asked);
    if (!round->stage.own) audience[0] = str_format(c->arena, "o:%.*s", STR_ARG(round->head.home));
    struct put put = {
        .kind = "consultation.opinion",
        .body = opinion,
        .audience = audience,
        .audience_count = r->asked.count + 1,
        .priority = consultation_priority(r->urgency),
    };
    if (opinion->shared) return record_put(c, &put, ret_result);
    return for_asker_put(c, round, "consultation.opinion", opinion, ret_result);
}

/* The leader's approval is the signature: opinion and approved draft in one transaction. */
static enum err run_approve(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_approve_input *in = input;
    struct consultation_case round = {};
    struct act_result ignored = {};
    int64_t seen = 0;
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_case_seen(c, &round, &seen);
    if (e != OK) return e;
    /* nobody signs a draft that was returned and written anew behind the open page */
    if (in->seen > 0 && in->seen != seen) return fail(c, ERR_STALE, "record.stale");
    struct consultation_draft draft = round.draft;
    ensure(draft.state == DRAFT_SUBMITTED);
    ensure(round.own.opinion.len == 0);
    struct consultation_opinion opinion = {
        .request = in->record,
        .request_n = round.head.n,
        .request_hash = round.head.hash,
        .subject = round.request.subject,
        .answer = draft.answer,
        .general = draft.general,
        .points = draft.points,
        .signer_title = person_title(c, c->who.person),
        .signed_ms = c->now_ms,
        .draft_hash = round.request.draft_hash,
        .condition_office = draft.condition_office,
        .condition_body = draft.condition_body,
        .confidential = draft.confidential,
        .capacity = draft.capacity,
    };
    draft.state = DRAFT_APPROVED;
    e = consultation_draft_put(c, &round, &draft, &ignored);
    if (e == OK) e = consultation_inners_close(c, in->record);
    return e != OK ? e : consultation_opinion_put(c, &round, &opinion, ret_result);
}

enum { ROLES_HEAD = ROLE_LEADER | ROLE_CHIEF };

#define ON_REQUEST .kind = "consultation.request"

const struct act CONSULTATION_ACTS[CONSULTATION_ACT_COUNT] = {
    {.name = "consultation.ask",
     .input = &CONSULTATION_ASK,
     .main = true,
     .roles = ROLE_OFFICER | ROLE_SECRETARY | ROLES_HEAD,
     .preview = "consultation.deadline",
     .prepare = consultation_ask_prepare,
     .run = consultation_run_ask},
    {.name = "consultation.register",
     .input = &CONSULTATION_REGISTER,
     ON_REQUEST,
     .main = true,
     .roles = ROLE_REGISTRY,
     .state = can_register,
     .run = run_register},
    {.name = "consultation.assign",
     .input = &CONSULTATION_ASSIGN,
     ON_REQUEST,
     .main = true,
     .roles = ROLE_REGISTRY | ROLES_HEAD,
     .state = can_assign,
     .run = run_assign},
    {.name = "consultation.draft",
     .input = &CONSULTATION_DRAFT_ACT,
     ON_REQUEST,
     .main = true,
     .roles = ROLES_HEAD,
     .assigned = true,
     .state = can_draft,
     .run = run_draft},
    {.name = "consultation.take_word",
     .input = &CONSULTATION_TAKE_WORD,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .state = consultation_can_take_word,
     .prepare = consultation_take_word_prepare,
     .run = consultation_run_take_word},
    {.name = "consultation.place",
     .input = &CONSULTATION_PLACE,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .state = can_draft,
     .run = consultation_run_place},
    {.name = "consultation.submit",
     .input = &CONSULTATION_SUBMIT,
     ON_REQUEST,
     .main = true,
     .roles = ROLES_HEAD,
     .assigned = true,
     .state = can_submit,
     .run = run_submit},
    {.name = "consultation.approve",
     .input = &CONSULTATION_APPROVE,
     ON_REQUEST,
     .main = true,
     .roles = ROLES_HEAD,
     .state = can_approve,
     .run = run_approve},
    {.name = "consultation.consult",
     .input = &CONSULTATION_CONSULT,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .state = consultation_can_consult,
     .run = consultation_run_consult},
    {.name = "consultation.comment",
     .input = &CONSULTATION_COMMENT_ACT,
     ON_REQUEST,
     .roles = ROLE_READERS,
     .state = consultation_can_comment,
     .run = consultation_run_comment},
    {.name = "consultation.keep",
     .input = &CONSULTATION_KEEP,
     ON_REQUEST,
     .main = true,
     .roles = ROLES_HEAD,
     .state = consultation_can_keep,
     .run = consultation_run_keep},
    {.name = "consultation.return",
     .input = &CONSULTATION_RETURN,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .state = can_return,
     .run = run_return},
    {.name = "consultation.refuse",
     .input = &CONSULTATION_REFUSE,
     ON_REQUEST,
     .roles = ROLE_REGISTRY,
     .state = can_refuse,
     .run = run_refuse},
    {.name = "consultation.answer_point",
     .input = &CONSULTATION_ANSWER_POINT,
     .kind = "consultation.opinion",
     .roles = ROLE_OFFICER | ROLES_HEAD,
     .state = consultation_can_answer_point,
     .run = consultation_run_answer_point},
    {.name = "consultation.join",
     .input = &CONSULTATION_GROUP_ACT,
     ON_REQUEST,
     .roles = ROLE_OFFICER | ROLES_HEAD,
     .state = consultation_can_join,
     .run = consultation_run_join},
    {.name = "consultation.part",
     .input = &CONSULTATION_UNGROUP,
     .kind = "consultation.group",
     .roles = ROLE_OFFICER | ROLES_HEAD,
     .run = consultation_run_part},
    {.name = "consultation.object",
     .input = &CONSULTATION_OBJECT,
     .kind = "consultation.opinion",
     .roles = ROLE_OFFICER | ROLES_HEAD,
     .state = consultation_can_object,
     .run = consultation_run_object},
    {.name = "consultation.present",
     .input = &CONSULTATION_PRESENT,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .state = consultation_can_present,
     .run = consultation_run_present},
    {.name = "consultation.register_behalf",
     .input = &CONSULTATION_BEHALF,
     ON_REQUEST,
     .roles = ROLE_REGISTRY | ROLE_OFFICER | ROLES_HEAD,
     .home_only = true,
     .state = consultation_can_register_behalf,
     .run = consultation_run_register_behalf},
    {.name = "consultation.extend",
     .input = &CONSULTATION_EXTEND,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .state = consultation_can_extend,
     .run = consultation_run_extend},
    {.name = "consultation.remind",
     .input = &CONSULTATION_REMIND,
     ON_REQUEST,
     .roles = ROLE_OFFICER | ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .state = consultation_can_remind,
     .run = consultation_run_remind},
    {.name = "consultation.pause",
     .input = &CONSULTATION_PAUSE,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .state = consultation_can_pause,
     .run = consultation_run_pause},
    {.name = "consultation.resume",
     .input = &CONSULTATION_RESUME,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .state = consultation_can_resume,
     .run = consultation_run_resume},
    {.name = "consultation.add",
     .input = &CONSULTATION_ADD,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .preview = "consultation.deadline",
     .state = consultation_can_add,
     .run = consultation_run_add},
    {.name = "consultation.excuse",
     .input = &CONSULTATION_EXCUSE,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .state = consultation_can_excuse,
     .run = consultation_run_excuse},
    {.name = "consultation.renew",
     .input = &CONSULTATION_RENEW,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .preview = "consultation.deadline",
     .state = consultation_can_renew,
     .prepare = consultation_renew_prepare,
     .run = consultation_run_renew},
    {.name = "consultation.count_pages",
     .input = &CONSULTATION_COUNT_PAGES,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .state = consultation_can_count_pages,
     .run = consultation_run_count_pages},
    {.name = "consultation.set_rate",
     .input = &CONSULTATION_SET_RATE,
     .roles = ROLE_CHIEF,
     .run = consultation_run_set_rate},
    {.name = "consultation.close",
     .input = &CONSULTATION_CLOSE,
     ON_REQUEST,
     .roles = ROLES_HEAD,
     .assigned = true,
     .home_only = true,
     .state = consultation_can_close,
     .run = consultation_run_close},
};
