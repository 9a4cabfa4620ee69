/*
 * consultation_kinds.c: what must hold of a version whoever made it, and which obligations it opens
 * or fulfils. All of it is read from the version's own bytes, and from the statements of offices
 * that ended (core/heir.h), so `check` can do it again.
 *
 *     answer    every asked office owes it to the asker    request, settled by opinion or refusal
 *     paper     the asker's officer sees to the letter of a body outside    request, opinion
 *     register  the registry of an asked office            request, settled by intake
 *     draft     the assigned officer                       intake, settled by the submitted draft
 *     approve   the leader                                 draft, settled by its approval
 *               both are due by the request's deadline, and by an earlier one set at the assigning
 *     reply     the asker, for the points of an opinion    opinion, settled by the full reply
 */
#include "consultation_rules.h"

#include "base/id.h"
#include "consultation_sql.h"
#include "core/heir.h"
#include "core/obligation.h"
#include "core/office.h"

static struct str party(struct call *c, char letter, struct str id)
{
    return str_format(c->arena, "%c:%.*s", letter, STR_ARG(id));
}

static bool audience_is(struct call *c, const struct version *v, struct str a, struct str b)
{
    struct str first = party(c, 'o', a);
    struct str second = party(c, 'o', b);
    for (size_t i = 0; i < v->audience_count; i++) {
        if (!str_eq(v->audience[i], first) && !str_eq(v->audience[i], second)) return false;
    }
    return v->audience_count == (str_eq(a, b) ? 1U : 2U);
}

static enum err wrong(struct call *c, bool good, const char *reason)
{
    return good ? OK : fail(c, ERR_INVALID, reason);
}

/* ---- request ---- */

static bool asked_are_sound(const struct version *v, const struct consultation_request *r)
{
    const struct consultation_asked *asked = r->asked.rows;
    for (size_t i = 0; i < r->asked.count; i++) {
        /* an office that follows the asker may be one of those that were asked */
        if (str_eq(asked[i].office, id_home(v->record))) return false;
        bool own = asked[i].due_day > r->from_day &&
                   asked[i].due_ms == consultation_due_ms(asked[i].due_day);
        if (asked[i].due_day != 0 && !own) return false;
        for (size_t k = 0; k < i; k++) {
            if (str_eq(asked[i].office, asked[k].office)) return false;
        }
    }
    return r->asked.count + r->asked_bodies.count > 0;
}

/* Who is excused was asked, and by name. */
static bool excused_are_sound(const struct consultation_request *r)
{
    const struct consultation_excused *excused = r->excused.rows;
    for (size_t i = 0; i < r->excused.count; i++) {
        bool asked = excused[i].office.len > 0 ? consultation_is_asked(r, excused[i].office)
                                               : consultation_is_asked_body(r, excused[i].name);
        if (!asked) return false;
    }
    return true;
}

/* Whether the version's office, or one whose place it has, made the record; also when none is
 * named. */
static enum err own_line(struct call *c, const struct version *v, struct str record, bool *ret_own)
{
    *ret_own = record.len == 0;
    return *ret_own ? OK : heir_is_line(c, id_home(record), v->home, ret_own);
}

/* The rounds of one draft have one home, and only a closed one has another after it. */
static enum err rounds_are_sound(struct call *c, const struct version *v,
                                 const struct consultation_request *r)
{
    bool before = false;
    bool after = false;
    bool text = false;
    enum err e = own_line(c, v, r->previous, &before);
    if (e == OK) e = own_line(c, v, r->next, &after);
    if (e == OK) e = own_line(c, v, r->edition, &text);
    if (e != OK) return e;
    after = after && (r->next.len == 0 || r->state == ROUND_CLOSED);
    return wrong(c,
                 before && after && text && (r->round > 1) == (r->previous.len > 0) &&
                     (r->edition.len > 0) == (r->draft_hash.len > 0),
                 "consultation.version_round");
}

enum err consultation_request_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_request *r = body;
    bool due = r->days > 0 && r->from_day > 0 && r->due_day > r->from_day &&
               r->due_ms == consultation_due_ms(r->due_day) && r->register_day > r->from_day &&
               r->register_day <= r->due_day && (r->legal_day == 0 || r->legal_day > r->from_day) &&
               pause_list_valid(&r->pauses, r->from_day);
    bool closed = (r->state == ROUND_CLOSED) == (r->closed_ms > 0) &&
                  (r->state == ROUND_CLOSED || r->silent.count == 0);
    enum err e = wrong(c, due, "consultation.version_due");
    if (e == OK) e = wrong(c, asked_are_sound(v, r), "consultation.version_asked");
    if (e == OK) e = wrong(c, closed, "consultation.version_state");
    if (e == OK) e = wrong(c, excused_are_sound(r), "consultation.version_asked");
    return e != OK ? e : rounds_are_sound(c, v, r);
}

static bool was_silent(const struct consultation_request *r, struct str office, struct str name)
{
    const struct consultation_silent *silent = r->silent.rows;
    for (size_t i = 0; i < r->silent.count; i++) {
        if (!str_eq(silent[i].office, office)) continue;
        if (office.len > 0 || str_eq(silent[i].name, name)) return true;
    }
    return false;
}

/* When somebody was released from answering: excused, or still silent when the round was closed; 0:
 * it was not. */
static int64_t released_ms(const struct consultation_request *r, struct str office, struct str name)
{
    const struct consultation_excused *excused = consultation_excuse_of(r, office, name);
    if (excused != NULL) return excused->at_ms;
    return was_silent(r, office, name) ? r->closed_ms : 0;
}

/* One answer that is owed. Who is released while there is time left owes nothing; otherwise the
 * obligation ends late, at the release, and stays in the figures. */
static enum err owe_answer(struct call *c, const struct version *v, const struct obligation *o,
                           int64_t released_at_ms)
{
    bool released = released_at_ms > 0;
    if (released && (o->paused_day != 0 || released_at_ms <= o->due_ms)) return OK;
    enum err e = obligation_open(c, v, o);
    if (e == OK && released) e = obligation_settle(c, v, o->about, o->what, o->key);
    return e;
}

/* The limit of the law beside the one that the asker gave. */
static enum err legal_limit(struct call *c, const struct version *v,
                            const struct consultation_request *r, const char *what, struct str key)
{
    if (r->legal_day == 0) return OK;
    const struct obligation_limit legal = {.kind = DUE_LEGAL,
                                           .due_day = r->legal_day,
                                           .due_ms = consultation_due_ms(r->legal_day),
                                           .why = r->legal_basis};
    return obligation_limit(c, v, v->record, what, key, &legal);
}

static void due_take(struct obligation *o, const struct consultation_request *r, struct str office)
{
    struct consultation_due due = consultation_due_of(r, office);
    o->due_day = due.day;
    o->due_ms = due.ms;
    o->why = due.why;
    o->paused_day = due.paused_day;
}

static enum err owe_answers(struct call *c, const struct version *v,
                            const struct consultation_request *r, struct obligation o)
{
    const struct consultation_asked *asked = r->asked.rows;
    bool ours = false;
    enum err e = heir_is_own(c, v->home, &ours);
    o.what = "consultation.answer";
    for (size_t i = 0; e == OK && i < r->asked.count; i++) {
        /* what the others owe is the asker's affair alone */
        bool here = str_eq(asked[i].office, c->office->id);
        if (ours == here) continue; /* nor does it owe itself what it asked in another's place */
        o.owner = party(c, 'o', asked[i].office);
        o.key = asked[i].office;
        due_take(&o, r, asked[i].office);
        e = legal_limit(c, v, r, o.what, o.key);
        if (e == OK) e = owe_answer(c, v, &o, released_ms(r, asked[i].office, (struct str){}));
    }
    return e;
}

static enum err owe_papers(struct call *c, const struct version *v,
                           const struct consultation_request *r, struct obligation o)
{
    const struct consultation_body *bodies = r->asked_bodies.rows;
    o.what = "consultation.paper";
    /* who was its officer in an office that ended is nobody here */
    bool here = str_starts(r->officer, c->office->id);
    o.owner = here ? party(c, 'p', r->officer) : S("r:chief");
    for (size_t i = 0; i < r->asked_bodies.count; i++) {
        o.key = bodies[i].name;
        enum err e = owe_answer(c, v, &o, released_ms(r, (struct str){}, bodies[i].name));
        if (e != OK) return e;
    }
    return OK;
}

/* An office that was asked later than the others registers later. 0: with them. */
static int64_t own_register_day(const struct consultation_request *r, struct str office)
{
    const struct consultation_asked *asked = r->asked.rows;
    for (size_t i = 0; i < r->asked.count; i++) {
        if (str_eq(asked[i].office, office)) return asked[i].register_day;
    }
    return 0;
}

/* Registered on the day it comes, at the latest on the next working day.
 * Source: Decree 30/2020/ND-CP art. 22, art. 24.2. */
static enum err owe_register(struct call *c, const struct version *v,
                             const struct consultation_request *r, struct obligation o)
{
    o.what = "consultation.register";
    int64_t own_day = own_register_day(r, c->office->id);
    o.owner = S("r:registry");
    o.due_day = own_day != 0 ? own_day : r->register_day;
    o.due_ms = consultation_due_ms(o.due_day);
    o.why = own_day != 0 ? (struct str){} : r->register_why;
    o.kind = DUE_LEGAL;
    o.paused_day = 0; /* whatever became of the answer's clock, it is registered */
    return obligation_open(c, v, &o);
}

/* What the asker gave and the law allows is also a limit of whoever works on it here, however
 * often it is moved. */
static enum err limit_work(struct call *c, const struct version *v,
                           const struct consultation_request *r, const struct obligation *o)
{
    static const char *const WHATS[] = {"consultation.draft", "consultation.approve"};
    struct str none = {};
    struct obligation_limit limit = {.kind = DUE_ASSIGNED,
                                     .due_day = o->due_day,
                                     .due_ms = o->due_ms,
                                     .paused_day = o->paused_day,
                                     .why = o->why,
                                     .moved_reason = o->moved_reason,
                                     .moved_by = o->moved_by};
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(WHATS); i++) {
        e = obligation_limit(c, v, v->record, WHATS[i], none, &limit);
        if (e == OK) e = legal_limit(c, v, r, WHATS[i], none);
    }
    return e;
}

enum err consultation_request_apply(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_request *r = body;
    struct obligation o = {.about = v->record,
                           .creditor = party(c, 'o', v->home),
                           .title = r->subject,
                           .urgent = r->urgency - URGENCY_NORMAL,
                           .moved_reason = r->moved_reason,
                           .moved_by = r->moved_by};
    enum err e = owe_answers(c, v, r, o);
    if (e != OK) return e;
    due_take(&o, r, c->office->id);
    bool ours = false;
    e = heir_is_own(c, v->home, &ours);
    if (e == OK && !ours) {
        e = limit_work(c, v, r, &o);
        return e != OK ? e : owe_register(c, v, r, o);
    }
    if (e == OK) e = owe_papers(c, v, r, o);
    return e != OK ? e : grant_assign(c, v->record, r->officer, v->record);
}

/* ---- intake ---- */

enum err consultation_intake_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_intake *in = body;
    bool registered = in->state == INTAKE_REGISTERED && in->number > 0 && in->year > 0;
    bool refused = in->state == INTAKE_REFUSED && in->number == 0 && in->reason.len > 0;
    enum err e = wrong(c, audience_is(c, v, v->home, v->home), "consultation.version_audience");
    return e != OK ? e : wrong(c, registered || refused, "consultation.version_state");
}

enum err consultation_intake_apply(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_intake *in = body;
    struct str none = {};
    enum err e = obligation_settle(c, v, in->request, "consultation.register", none);
    if (e != OK || in->officer.len == 0) return e;
    struct obligation o = {.what = "consultation.draft",
                           .about = in->request,
                           .owner = party(c, 'p', in->officer),
                           .creditor = party(c, 'o', v->home),
                           .title = in->subject,
                           .urgent = in->urgency - URGENCY_NORMAL,
                           .kind = DUE_INTERNAL};
    /* a date set inside the office has no receipt; any other is the request's, and its limit */
    if (in->why.len == 0) {
        o.due_day = in->due_day;
        o.due_ms = in->due_ms;
    }
    e = obligation_open(c, v, &o);
    return e != OK ? e : grant_assign(c, in->request, in->officer, v->record);
}

/* ---- refusal ---- */

/* The receipt says that the request was refused; this record is what both sides count by. */
enum err consultation_refusal_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_refusal *r = body;
    struct str asker = {};
    bool sound = r->request_n > 0 && str_trim(r->reason).len > 0;
    enum err e = heir_named(c, id_home(r->request), v, &asker);
    if (e == OK) e = wrong(c, !str_eq(v->home, asker), "consultation.version_refusal");
    if (e == OK) e = wrong(c, audience_is(c, v, v->home, asker), "consultation.version_audience");
    return e != OK ? e : wrong(c, sound, "consultation.version_refusal");
}

enum err consultation_refusal_apply(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_refusal *r = body;
    return obligation_settle(c, v, r->request, "consultation.answer", v->home);
}

/* ---- draft ---- */

enum err consultation_draft_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_draft *d = body;
    enum err e = wrong(c, audience_is(c, v, v->home, v->home), "consultation.version_audience");
    bool comment = d->state != DRAFT_RETURNED || d->comment.len > 0;
    return e != OK ? e : wrong(c, comment, "consultation.version_state");
}

/* A returned draft fulfils nothing, so the officer owes it again. */
enum err consultation_draft_apply(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_draft *d = body;
    struct str none = {};
    if (d->state != DRAFT_SUBMITTED && d->state != DRAFT_APPROVED) return OK;
    struct obligation o = {.what = "consultation.approve",
                           .about = d->request,
                           .owner = S("r:leader"),
                           .creditor = party(c, 'o', v->home),
                           .title = d->subject,
                           .urgent = d->urgency - URGENCY_NORMAL};
    enum err e = obligation_settle(c, v, d->request, "consultation.draft", none);
    if (e == OK) e = obligation_open(c, v, &o);
    if (e == OK && d->state == DRAFT_APPROVED) {
        e = obligation_settle(c, v, d->request, "consultation.approve", none);
    }
    return e;
}

/* ---- opinion ---- */

/* An opinion that all asked offices see has offices only among its readers. */
static bool opinion_readers(struct call *c, const struct version *v,
                            const struct consultation_opinion *o, struct str asker)
{
    if (!o->shared) return audience_is(c, v, v->home, asker);
    for (size_t i = 0; i < v->audience_count; i++) {
        if (!str_starts(v->audience[i], S("o:"))) return false;
    }
    return !o->confidential && version_addresses(v, party(c, 'o', v->home)) &&
           version_addresses(v, party(c, 'o', asker));
}

/* What an opinion that keeps an older one says stands there: it says nothing beside it. */
static const char *opinion_words_refusal(const struct consultation_opinion *o, bool own)
{
    const char *refusal =
        consultation_condition_refusal(o->answer, o->condition_office, o->condition_body);
    if (refusal != NULL) return refusal;
    if (o->kept.len == 0) {
        return consultation_answer_refusal(o->answer, o->general, o->points.count);
    }
    bool bare = o->general.len == 0 && o->points.count == 0 && own;
    return bare ? NULL : "consultation.version_kept";
}

enum err consultation_opinion_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_opinion *o = body;
    struct str asker = {};
    bool own = false;
    enum err e = own_line(c, v, o->kept, &own);
    if (e == OK) e = heir_named(c, id_home(o->request), v, &asker);
    if (e != OK) return e;
    bool ours = str_eq(v->home, asker);
    const char *refusal = opinion_words_refusal(o, own);
    e = wrong(c, opinion_readers(c, v, o, asker), "consultation.version_audience");
    /* only the asker speaks for a body outside, and never for itself */
    if (e == OK) e = wrong(c, ours == (o->behalf.len > 0), "consultation.version_behalf");
    return e != OK ? e : wrong(c, refusal == NULL, refusal);
}

enum err consultation_opinion_apply(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_opinion *o = body;
    struct str asker = id_home(o->request);
    bool behalf = o->behalf.len > 0;
    bool asked = false;
    bool said = false;
    enum err e = heir_is_own(c, asker, &asked);
    if (e == OK) e = heir_is_own(c, v->home, &said);
    if (e != OK) return e;
    if (!asked && !said) return OK; /* shown to us; what it settles is between those two */
    e = behalf ? obligation_settle(c, v, o->request, "consultation.paper", o->behalf)
               : obligation_settle(c, v, o->request, "consultation.answer", v->home);
    int64_t replies = consultation_replies_due(o->answer, o->general, o->points.count);
    if (e != OK || replies == 0) return e;
    struct obligation reply = {.what = "consultation.reply",
                               .about = o->request,
                               .owner = party(c, 'o', asker),
                               .creditor = party(c, 'o', v->home),
                               .key = v->record,
                               .title = o->subject};
    return obligation_open(c, v, &reply);
}

/* ---- edition ---- */

enum err consultation_edition_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_edition *d = body;
    bool own = false;
    enum err e = own_line(c, v, d->previous, &own);
    bool sound = own && (d->round > 1 || d->previous.len == 0);
    return e != OK ? e : wrong(c, sound, "consultation.version_round");
}

/* ---- like points, and whoever is not satisfied ---- */

enum err consultation_group_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_group *g = body;
    const struct consultation_member *members = g->members.rows;
    bool sound = str_eq(v->home, id_home(g->request)) && g->members.count != 1;
    for (size_t i = 0; i < g->members.count; i++) {
        for (size_t k = 0; k < i; k++) {
            bool twice = members[i].point == members[k].point &&
                         str_eq(members[i].opinion, members[k].opinion);
            sound = sound && !twice;
        }
    }
    return wrong(c, sound, "consultation.version_group");
}

enum err consultation_objection_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_objection *o = body;
    bool own = str_eq(v->home, id_home(o->opinion)) && str_trim(o->text).len > 0;
    enum err e = wrong(c, own, "consultation.version_objection");
    return e != OK ? e
                   : wrong(c, audience_is(c, v, v->home, id_home(o->request)),
                           "consultation.version_audience");
}

/* ---- reply ---- */

static bool replies_are_sound(const struct consultation_reply *r)
{
    const struct consultation_outcome_row *rows = r->replies.rows;
    for (size_t i = 0; i < r->replies.count; i++) {
        if (i > 0 && rows[i].point <= rows[i - 1].point) return false;
        if (consultation_outcome_refusal(rows[i].outcome, rows[i].reason) != NULL) return false;
    }
    return r->replies.count > 0 && (int64_t)r->replies.count <= r->total;
}

enum err consultation_reply_valid(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_reply *r = body;
    struct str giver = {};
    bool asker = false;
    enum err e = heir_named(c, id_home(r->opinion), v, &giver);
    if (e == OK) e = own_line(c, v, r->request, &asker);
    if (e == OK) e = wrong(c, asker, "consultation.version_reply");
    if (e == OK) e = wrong(c, audience_is(c, v, v->home, giver), "consultation.version_audience");
    return e != OK ? e : wrong(c, replies_are_sound(r), "consultation.version_reply");
}

enum err consultation_reply_apply(struct call *c, const struct version *v, const void *body)
{
    const struct consultation_reply *r = body;
    if ((int64_t)r->replies.count < r->total) return OK;
    return obligation_settle(c, v, r->request, "consultation.reply", r->opinion);
}
