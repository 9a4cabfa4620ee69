/* consultation_ask.c: the asker's acts: asking, letters of bodies outside, replies, the end. What
 * moves or stops the deadline is in consultation_deadline.c. */
#include "consultation_acts.h"
#include "consultation_pages.h"

#include "base/id.h"
#include "base/time.h"
#include "base/workday_receipt.h"
#include "consultation_load.h"
#include "core/heir.h"
#include "core/act.h"
#include "core/office.h"

enum err consultation_can_register_behalf(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_BEHALF);
}

enum err consultation_can_close(struct call *c, const struct head *head)
{
    return consultation_step_allowed(c, head, STEP_CLOSE);
}

enum err consultation_person_works_here(struct call *c, struct str person, bool *ret_known)
{
    struct node *list = node_list(c);
    enum err e = person_list(c, ROLE_READERS, list);
    if (e != OK) return e;
    *ret_known = false;
    for (const struct node *row = list->first; row != NULL; row = row->next) {
        if (str_eq(node_get(row, "record"), person)) *ret_known = true;
    }
    return OK;
}

/* ---- ask ---- */

enum err consultation_asked_check(struct call *c, const struct list *offices, const char *field)
{
    const struct consultation_asked *asked = offices->rows;
    struct peer *peers = NULL;
    size_t peer_count = 0;
    enum err e = peer_list(c, &peers, &peer_count);
    if (e != OK) return e;
    for (size_t i = 0; e == OK && i < offices->count; i++) {
        struct str path = str_format(c->arena, "%s.%zu.office", field, i);
        bool known = false, twice = false;
        struct heir heir = {};
        e = heir_of(c, asked[i].office, &heir);
        for (size_t k = 0; k < peer_count; k++) {
            known = known || str_eq(peers[k].office, asked[i].office);
        }
        for (size_t k = 0; k < i; k++)
            twice = twice || str_eq(asked[k].office, asked[i].office);
        if (str_eq(asked[i].office, c->office->id)) {
            problem(c, path, "consultation.asked_self");
        } else if (!known) {
            problem(c, path, "consultation.asked_unknown");
        } else if (twice) {
            problem(c, path, "consultation.asked_twice");
        } else if (heir.to.len > 0) {
            problem(c, path, "consultation.asked_ended");
        }
    }
    return e;
}

static void bodies_check(struct call *c, const struct consultation_ask_input *in)
{
    const struct consultation_body *bodies = in->asked_bodies.rows;
    for (size_t i = 0; i < in->asked_bodies.count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (!str_eq(bodies[i].name, bodies[k].name)) continue;
            problem(c, str_format(c->arena, "asked_bodies.%zu.name", i),
                    "consultation.asked_twice");
        }
    }
}

/* The deadline, and the day by which it is registered: the next working day at the latest. */
void consultation_deadline_set(struct call *c, int64_t days, struct consultation_request *r)
{
    struct workday_receipt due = {}, next = {};
    const struct workday_calendar *calendar = c->office->calendar;
    r->days = days;
    r->from_day = time_hanoi_day(c->now_ms);
    bool there =
        days > 0 &&
        workday_explain(c->arena, calendar, r->from_day, days, WORKDAY_WORKING_DAYS, &due) &&
        workday_explain(c->arena, calendar, r->from_day, 1, WORKDAY_WORKING_DAYS, &next);
    if (!there) {
        problem(c, S("days"), "consultation.days");
        return;
    }
    ensure(due.due > r->from_day);
    ensure(next.due <= due.due);
    if (r->legal_day != 0 && r->legal_day < due.due) {
        problem(c, S("days"), "consultation.after_legal");
    }
    r->due_day = due.due;
    r->due_ms = consultation_due_ms(due.due);
    r->why = workday_receipt_json(c->arena, &due);
    r->register_day = next.due;
    r->register_why = workday_receipt_json(c->arena, &next);
}

struct str *consultation_audience(struct call *c, const struct list *list)
{
    const struct consultation_asked *asked = list->rows;
    struct str *audience = arena_array(c->arena, list->count + 1, sizeof *audience);
    audience[0] = str_format(c->arena, "o:%.*s", STR_ARG(c->office->id));
    for (size_t i = 0; i < list->count; i++) {
        audience[i + 1] = str_format(c->arena, "o:%.*s", STR_ARG(asked[i].office));
    }
    return audience;
}

enum err consultation_run_ask(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_ask_input *in = input;
    struct consultation_request r = {
        .subject = in->subject,
        .summary = in->summary,
        .files = in->files,
        .asked = in->asked,
        .asked_bodies = in->asked_bodies,
        .urgency = in->urgency == 0 ? URGENCY_NORMAL : in->urgency,
        .signer_title = person_title(c, c->who.person),
        .officer = c->who.person,
        .state = ROUND_OPEN,
        .legal_day = in->legal_day,
        .legal_basis = in->legal_basis,
        .round = 1,
        .gate = in->gate,
        .sharing = in->sharing,
    };
    if (in->asked.count + in->asked_bodies.count == 0) {
        problem(c, S("asked"), "consultation.nobody");
    }
    enum err e = consultation_asked_check(c, &in->asked, "asked");
    if (e != OK) return e;
    bodies_check(c, in);
    if ((in->legal_day != 0) != (in->legal_basis.len > 0)) {
        problem(c, S("legal_basis"), "consultation.legal_whole");
    }
    consultation_deadline_set(c, in->days, &r);
    const struct consultation_weight weight = {in->pages, in->pages_reason, in->approved_by,
                                               in->draft};
    e = consultation_load_weigh(c, &weight, &r);
    if (e == OK) e = problems_fail(c);
    struct str none = {};
    if (e == OK) e = consultation_edition_put(c, in->draft, none, &r);
    if (e != OK) return e;
    struct put put = {
        .kind = "consultation.request",
        .body = &r,
        .audience = consultation_audience(c, &in->asked),
        .audience_count = in->asked.count + 1,
        .priority = consultation_priority(r.urgency),
    };
    e = record_put(c, &put, ret_result);
    if (e != OK) return e;
    ret_result->more = node_map(c);
    node_text(c, ret_result->more, "due_date", time_format_day(c->arena, r.due_day));
    return OK;
}

/* ---- a letter of a body outside ---- */

static enum err behalf_check(struct call *c, const struct consultation_case *round,
                             const struct consultation_behalf_input *in)
{
    const struct consultation_body *bodies = round->request.asked_bodies.rows;
    const char *refusal = consultation_answer_refusal(in->answer, in->general, in->points.count);
    bool asked = false;
    for (size_t i = 0; i < round->request.asked_bodies.count; i++) {
        asked = asked || str_eq(bodies[i].name, in->behalf);
    }
    if (!asked) problem(c, S("behalf"), "consultation.behalf_not_asked");
    for (size_t i = 0; i < round->voice_count; i++) {
        if (str_eq(round->voices[i].behalf, in->behalf)) {
            problem(c, S("behalf"), "consultation.behalf_already");
        }
    }
    if (in->paper_day > time_hanoi_day(c->now_ms)) {
        problem(c, S("paper_date"), "consultation.paper_future");
    }
    if (refusal == NULL) {
        refusal =
            consultation_condition_refusal(in->answer, in->condition_office, in->condition_body);
    }
    if (refusal != NULL) problem(c, S("answer"), refusal);
    return problems_fail(c);
}

enum err consultation_run_register_behalf(struct call *c, const void *input,
                                          struct act_result *ret_result)
{
    const struct consultation_behalf_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) {
        e = consultation_sql_voices(c, in->record, &round.voices, &round.voice_count);
    }
    if (e == OK) e = behalf_check(c, &round, in);
    if (e != OK) return e;
    struct consultation_opinion opinion = {
        .request = in->record,
        .request_n = round.head.n,
        .request_hash = round.head.hash,
        .subject = round.request.subject,
        .answer = in->answer,
        .general = in->general,
        .points = in->points,
        .signer_title = in->signer_title,
        .signed_ms = c->now_ms,
        .behalf = in->behalf,
        .paper_number = in->paper_number,
        .paper_day = in->paper_day,
        .files = in->files,
        .draft_hash = round.request.draft_hash,
        .condition_office = in->condition_office,
        .condition_body = in->condition_body,
        .confidential = in->confidential,
    };
    return consultation_opinion_put(c, &round, &opinion, ret_result);
}

/* ---- what becomes of a point ---- */

enum err consultation_can_answer_point(struct call *c, const struct head *head)
{
    struct consultation_opinion opinion = {};
    struct head request = {};
    enum err e = record_body(c, "consultation.opinion", head->record, &opinion);
    if (e == OK) e = record_head(c, opinion.request, &request);
    return e != OK ? e : consultation_step_allowed(c, &request, STEP_ANSWER_POINT);
}

static enum err point_check(struct call *c, const struct consultation_opinion *opinion,
                            const struct consultation_point_input *in)
{
    const char *refusal = consultation_outcome_refusal(in->outcome, in->reason);
    bool general =
        consultation_general_counts(opinion->answer, opinion->general, opinion->points.count);
    bool there = in->point == 0 ? general : in->point <= (int64_t)opinion->points.count;
    if (!there) problem(c, S("point"), "consultation.point_unknown");
    if (refusal != NULL) problem(c, S("reason"), refusal);
    return problems_fail(c);
}

/* What stands there now is shown to whoever began before; nothing is overwritten unseen. */
static enum err conflict_tell(struct call *c, const struct consultation_outcome_row *now)
{
    enum err e = fail(c, ERR_STALE, "consultation.point_changed");
    e = fail_arg(c, "outcome", consultation_outcome_text(c, now->outcome));
    e = fail_arg(c, "reason", now->reason);
    e = fail_arg(c, "wording", now->wording);
    return e;
}

/* The row that holds a point's reply now; NULL: it has none. */
static const struct consultation_outcome_row *reply_row(const struct consultation_reply *reply,
                                                        int64_t point)
{
    const struct consultation_outcome_row *rows = reply->replies.rows;
    for (size_t i = 0; i < reply->replies.count; i++) {
        if (rows[i].point == point) return &rows[i];
    }
    return NULL;
}

static enum err reply_put(struct call *c, struct str record, const struct consultation_reply *reply,
                          struct act_result *ret_result)
{
    struct str audience[] = {
        str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)),
        str_format(c->arena, "o:%.*s", STR_ARG(id_home(reply->opinion))),
    };
    struct put put = {
        .kind = "consultation.reply",
        .record = record,
        .body = reply,
        .audience = audience,
        .audience_count = ARRAY_LEN(audience),
        .priority = PRIORITY_NORMAL,
    };
    return record_put(c, &put, ret_result);
}

/* Writes one reply; for the members of a group the same words, each to its own giver. */
static enum err point_answer(struct call *c, const struct consultation_point_input *in,
                             struct act_result *ret_result)
{
    struct consultation_opinion opinion = {};
    struct consultation_reply reply = {};
    struct str record = {};
    enum err e = record_body(c, "consultation.opinion", in->record, &opinion);
    if (e == OK) e = point_check(c, &opinion, in);
    if (e == OK) e = consultation_sql_reply(c, in->record, opinion.request, &record);
    if (e == OK && record.len > 0) e = record_body(c, "consultation.reply", record, &reply);
    if (e != OK) return e;
    const struct consultation_outcome_row *now = reply_row(&reply, in->point);
    int64_t times = now == NULL ? 0 : now->times > 0 ? now->times : 1;
    if (in->seen > 0 && in->seen != times + 1 && !in->anyway) return conflict_tell(c, now);
    const struct consultation_outcome_row row = {
        .point = in->point,
        .outcome = in->outcome,
        .reason = in->reason,
        .wording = in->wording,
        .times = times + 1,
    };
    reply.opinion = in->record;
    reply.request = opinion.request;
    reply.subject = opinion.subject;
    reply.total = consultation_replies_due(opinion.answer, opinion.general, opinion.points.count);
    consultation_reply_set(c->arena, &reply.replies, &row);
    ensure((int64_t)reply.replies.count <= reply.total);
    return reply_put(c, record, &reply, ret_result);
}

enum err consultation_run_answer_point(struct call *c, const void *input,
                                       struct act_result *ret_result)
{
    const struct consultation_point_input *in = input;
    struct rows members = {};
    enum err e = point_answer(c, in, ret_result);
    if (e == OK) e = consultation_sql_group_of(c, in->record, in->point, &members);
    for (size_t i = 0; e == OK && i < members.count; i++) {
        struct consultation_point_input other = *in;
        struct act_result ignored = {};
        other.record = rows_text(&members, i, 0);
        other.point = rows_int(&members, i, 1);
        other.seen = 0;
        e = point_answer(c, &other, &ignored);
    }
    return e;
}

/* ---- the end ---- */

struct str consultation_silent_names(struct call *c, const struct list *silent)
{
    const struct consultation_silent *rows = silent->rows;
    struct sb names = sb_new(c->arena, 0);
    for (size_t i = 0; i < silent->count; i++)
        sb_printf(&names, "%s%.*s", i > 0 ? "; " : "", STR_ARG(rows[i].name));
    return sb_str(&names);
}

void consultation_silent_list(struct call *c, const struct consultation_case *round,
                              struct list *ret_list)
{
    struct consultation_silent *silent =
        arena_array(c->arena, round->giver_count + 1, sizeof *silent);
    size_t count = 0;
    for (size_t i = 0; i < round->giver_count; i++) {
        const struct consultation_giver *giver = &round->givers[i];
        if (giver->opinion.len > 0 || giver->refused || giver->excused) continue;
        silent[count++] = (struct consultation_silent){
            .office = giver->office,
            .name = consultation_giver_name(c, giver->office, giver->name),
        };
    }
    ensure(count <= round->giver_count);
    *ret_list = (struct list){silent, count};
}

enum err consultation_run_close(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct consultation_text_input *in = input;
    struct consultation_case round = {};
    enum err e = consultation_case_load(c, in->record, &round);
    if (e == OK) e = consultation_case_givers(c, &round);
    if (e != OK) return e;
    struct consultation_request *r = &round.request;
    ensure(r->state == ROUND_OPEN);
    consultation_silent_list(c, &round, &r->silent);
    if (r->gate == GATE_HOLD && r->silent.count > 0) {
        e = fail(c, ERR_CONFLICT, "consultation.gate_holds");
        return fail_arg(c, "names", consultation_silent_names(c, &r->silent));
    }
    r->state = ROUND_CLOSED;
    r->closed_ms = c->now_ms;
    r->close_note = in->text;
    e = consultation_request_put(c, &round, in->seen, ret_result);
    if (e != OK) return e;
    ret_result->more = node_map(c);
    struct node *names = node_put_list(c, ret_result->more, "silent");
    const struct consultation_silent *silent = r->silent.rows;
    for (size_t i = 0; i < r->silent.count; i++)
        node_add_text(c, names, silent[i].name);
    return OK;
}
