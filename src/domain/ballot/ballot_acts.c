/* ballot_acts.c: what people do with a ballot. */
#include "ballot_case.h"

#include "base/id.h"
#include "base/time.h"
#include "base/words.h"
#include "base/workday_receipt.h"
#include "core/act.h"
#include "core/office.h"

#define WORK_ENDS_MS ((int64_t)17 * 60 * 60 * 1000) /* after midnight */

/* ---- whether the state allows a step ---- */

static enum err step_allowed(struct call *c, const struct head *head, enum ballot_step step)
{
    struct ballot_case b = {};
    enum err e = ballot_case_load(c, head->record, &b);
    if (e != OK) return e;
    const char *refusal = ballot_step_refusal(&b.stage, step);
    return refusal == NULL ? OK : fail(c, ERR_CONFLICT, refusal);
}

static enum err can_seat(struct call *c, const struct head *head)
{
    return step_allowed(c, head, STEP_SEAT);
}

static enum err can_vote(struct call *c, const struct head *head)
{
    return step_allowed(c, head, STEP_VOTE);
}

static enum err can_close(struct call *c, const struct head *head)
{
    return step_allowed(c, head, STEP_CLOSE);
}

static enum err can_decide(struct call *c, const struct head *head)
{
    return step_allowed(c, head, STEP_DECIDE);
}

static enum err can_tally(struct call *c, const struct head *head)
{
    return step_allowed(c, head, STEP_TALLY);
}

/* ---- the question ---- */

/* A member without an office is one of ours. */
static enum err members_take(struct call *c, const struct ballot_ask_input *in, struct ballot *b)
{
    const struct ballot_member *named = in->members.rows;
    struct ballot_member *members = arena_array(c->arena, in->members.count + 1, sizeof *members);
    for (size_t i = 0; i < in->members.count; i++) {
        struct peer peer = {};
        members[i] = named[i];
        if (members[i].office.len == 0) members[i].office = c->office->id;
        for (size_t k = 0; k < i; k++) {
            bool twice = str_eq(members[k].office, members[i].office) &&
                         str_eq(members[k].name, members[i].name);
            if (!twice) continue;
            problem(c, str_format(c->arena, "members.%zu.name", i), "ballot.twice");
        }
        if (str_eq(members[i].office, c->office->id)) continue;
        if (peer_find(c, members[i].office, &peer) == OK) continue;
        call_clear(c); /* it is a problem of the form */
        problem(c, str_format(c->arena, "members.%zu.office", i), "ballot.office_unknown");
    }
    b->members = (struct list){members, in->members.count};
    if (in->members.count == 0) problem(c, S("members"), "ballot.nobody");
    return OK;
}

static void deadline_set(struct call *c, int64_t days, struct ballot *b)
{
    struct workday_receipt due = {};
    b->days = days;
    b->from_day = time_hanoi_day(c->now_ms);
    bool there = days > 0 && workday_explain(c->arena, c->office->calendar, b->from_day, days,
                                             WORKDAY_WORKING_DAYS, &due);
    if (!there) {
        problem(c, S("days"), "ballot.days");
        return;
    }
    b->due_day = due.due;
    b->due_ms = time_hanoi_midnight_ms(due.due) + WORK_ENDS_MS;
    b->why = workday_receipt_json(c->arena, &due);
}

static enum err ballot_put(struct call *c, struct str record, int64_t seen, const struct ballot *b,
                           struct act_result *ret_result)
{
    struct put put = {.kind = "ballot.ballot",
                      .record = record,
                      .seen_n = seen,
                      .body = b,
                      .priority = PRIORITY_NORMAL};
    if (record.len == 0)
        put.audience = ballot_audience(c, &b->members, c->office->id, &put.audience_count);
    return record_put(c, &put, ret_result);
}

static enum err run_ask(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct ballot_ask_input *in = input;
    struct ballot b = {
        .subject = in->subject,
        .question = in->question,
        .files = in->files,
        .rule = in->rule,
        .secret = in->secret,
        .open = in->open,
        .signer_title = person_title(c, c->who.person),
        .state = BALLOT_OPEN,
    };
    enum err e = members_take(c, in, &b);
    if (e != OK) return e;
    const char *refusal = ballot_rule_refusal(&b.rule, &b.members, b.secret);
    if (refusal != NULL) problem(c, S("tie"), refusal);
    if (b.secret && b.open) problem(c, S("open"), "ballot.secret_open");
    deadline_set(c, in->days, &b);
    e = problems_fail(c);
    if (e != OK) return e;
    e = ballot_put(c, (struct str){}, 0, &b, ret_result);
    if (e != OK) return e;
    ret_result->more = node_map(c);
    node_text(c, ret_result->more, "due_date", time_format_day(c->arena, b.due_day));
    return OK;
}

/* ---- who is that member ---- */

static enum err person_is_here(struct call *c, struct str person, bool *ret_here)
{
    struct node *list = node_list(c);
    enum err e = person_list(c, ROLE_READERS, list);
    if (e != OK) return e;
    *ret_here = false;
    for (const struct node *row = list->first; row != NULL; row = row->next) {
        if (str_eq(node_get(row, "record"), person)) *ret_here = true;
    }
    return OK;
}

static enum err seat_check(struct call *c, const struct ballot_case *b,
                           const struct ballot_seat_input *in)
{
    const struct ballot_member *members = b->ballot.members.rows;
    bool here = false;
    bool there = in->member >= 1 && in->member <= (int64_t)b->ballot.members.count;
    bool ours = there && str_eq(members[in->member - 1].office, c->office->id);
    enum err e = person_is_here(c, in->person, &here);
    if (e != OK) return e;
    if (!ours) problem(c, S("member"), "ballot.member_elsewhere");
    if (!here) problem(c, S("person"), "ballot.person_unknown");
    for (size_t i = 0; i < b->seat_count; i++) {
        bool other = b->seats[i].member != in->member && str_eq(b->seats[i].person, in->person);
        if (other) problem(c, S("person"), "ballot.seated_already");
    }
    if (ours && ballot_case_cast(b, in->member) != NULL) {
        problem(c, S("member"), "ballot.voted_already");
    }
    return problems_fail(c);
}

static enum err run_seat(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct ballot_seat_input *in = input;
    struct ballot_case b = {};
    enum err e = ballot_case_load(c, in->record, &b);
    if (e == OK) e = seat_check(c, &b, in);
    if (e != OK) return e;
    struct ballot_seat seat = {.ballot = in->record,
                               .member = in->member,
                               .person = in->person,
                               .subject = b.ballot.subject,
                               .due_day = b.ballot.due_day,
                               .due_ms = b.ballot.due_ms,
                               .why = b.ballot.why};
    struct put put = {.kind = "ballot.seat", .body = &seat};
    for (size_t i = 0; i < b.seat_count; i++) {
        if (b.seats[i].member == in->member) put.record = b.seats[i].record;
    }
    return record_put(c, &put, ret_result);
}

/* ---- the vote ---- */

/* Who sees a vote before the ballot is closed: its voter alone, or all who are asked. */
static struct str *vote_audience(struct call *c, const struct ballot_case *b, size_t *ret_count)
{
    if (b->ballot.open) return ballot_audience(c, &b->ballot.members, b->head.home, ret_count);
    struct str *audience = arena_array(c->arena, 1, sizeof *audience);
    audience[0] = str_format(c->arena, "p:%.*s", STR_ARG(c->who.person));
    *ret_count = 1;
    return audience;
}

static enum err cast_put(struct call *c, const struct ballot_case *b,
                         const struct ballot_vote *vote)
{
    const struct ballot_thrown *before = ballot_case_cast(b, vote->member);
    struct act_result result = {};
    struct ballot_cast cast = {.ballot = vote->ballot,
                               .member = vote->member,
                               .cast_ms = vote->cast_ms,
                               .seal = ballot_seal(c, vote)};
    struct str audience[] = {
        str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)),
        str_format(c->arena, "o:%.*s", STR_ARG(b->head.home)),
    };
    struct put put = {.kind = "ballot.cast",
                      .record = before != NULL ? before->record : (struct str){},
                      .body = &cast,
                      .audience = audience,
                      .audience_count = ARRAY_LEN(audience),
                      .priority = PRIORITY_NORMAL};
    return record_put(c, &put, &result);
}

static enum err run_vote(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct ballot_vote_input *in = input;
    struct ballot_case b = {};
    enum err e = ballot_case_load(c, in->record, &b);
    if (e != OK) return e;
    ensure(b.member > 0);
    const char *refusal = ballot_vote_refusal(in->choice, in->text);
    if (refusal != NULL) problem(c, S("text"), refusal);
    e = problems_fail(c);
    if (e != OK) return e;
    const struct ballot_given *before = ballot_case_vote(&b, b.member);
    struct ballot_vote vote = {.ballot = in->record,
                               .member = b.member,
                               .choice = in->choice,
                               .text = in->text,
                               .cast_ms = c->now_ms,
                               .salt = call_random_id(c, BALLOT_SALT_BYTES)};
    struct put put = {.kind = "ballot.vote",
                      .record = before != NULL ? before->record : (struct str){},
                      .body = &vote,
                      .priority = PRIORITY_NORMAL};
    put.audience = vote_audience(c, &b, &put.audience_count);
    e = record_put(c, &put, ret_result);
    if (e == OK) e = cast_put(c, &b, &vote);
    if (e == OK) ret_result->record = in->record; /* the page that the voter goes back to */
    return e;
}

/* ---- the end ---- */

static enum err run_close(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct ballot_end_input *in = input;
    struct ballot_case b = {};
    enum err e = ballot_case_load(c, in->record, &b);
    if (e != OK) return e;
    b.ballot.state = BALLOT_CLOSED;
    b.ballot.closed_ms = c->now_ms;
    return ballot_put(c, in->record, in->seen, &b.ballot, ret_result);
}

/* The names of members whose vote was cast and has not come. */
static struct str unopened_names(struct call *c, const struct ballot *b)
{
    const struct ballot_member *members = b->members.rows;
    const struct ballot_row *rows = b->rows.rows;
    struct sb names = sb_new(c->arena, 0);
    for (size_t i = 0; i < b->rows.count; i++) {
        if (rows[i].mark != MARK_UNOPENED) continue;
        sb_printf(&names, "%s%.*s", names.len > 0 ? "; " : "", STR_ARG(members[i].name));
    }
    return sb_str(&names);
}

static enum err run_decide(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct ballot_end_input *in = input;
    struct ballot_case b = {};
    enum err e = ballot_case_load(c, in->record, &b);
    if (e != OK) return e;
    struct ballot *ballot = &b.ballot;
    ballot->rows = ballot_case_rows(c, &b);
    struct str unopened = unopened_names(c, ballot);
    if (unopened.len > 0 && !in->without) {
        e = fail(c, ERR_CONFLICT, "ballot.unopened");
        return fail_arg(c, "names", unopened);
    }
    ballot->count = ballot_count(&ballot->rule, &ballot->members, &ballot->rows);
    ballot->outcome = ballot_result(&ballot->rule, &ballot->count).outcome;
    ballot->state = BALLOT_DECIDED;
    ballot->decided_ms = c->now_ms;
    ballot->note = in->note;
    return ballot_put(c, in->record, in->seen, ballot, ret_result);
}

static enum err run_tally(struct call *c, const void *input, struct act_result *ret_result)
{
    const struct ballot_tally_input *in = input;
    struct ballot_case b = {};
    enum err e = ballot_case_load(c, in->record, &b);
    if (e != OK) return e;
    struct ballot *ballot = &b.ballot;
    const char *refusal = ballot_tally_refusal(in, (int64_t)ballot->members.count);
    if (refusal != NULL) problem(c, S("collected"), refusal);
    if (in->day > time_hanoi_day(c->now_ms)) problem(c, S("date"), "ballot.tally_future");
    e = problems_fail(c);
    if (e != OK) return e;
    ballot->issued = in->issued;
    ballot->tally_by = in->by;
    ballot->tally_day = in->day;
    ballot->tally_files = in->files;
    ballot->count = (struct ballot_count){.members = (int64_t)ballot->members.count,
                                          .voters = in->collected,
                                          .agree = in->agree,
                                          .disagree = in->disagree,
                                          .other = in->other,
                                          .invalid = in->invalid};
    ballot->outcome = ballot_result(&ballot->rule, &ballot->count).outcome;
    ballot->state = BALLOT_DECIDED;
    ballot->closed_ms = c->now_ms;
    ballot->decided_ms = c->now_ms;
    return ballot_put(c, in->record, in->seen, ballot, ret_result);
}

enum {
    ROLES_HEAD = ROLE_LEADER | ROLE_CHIEF,
    ROLES_ASKER = ROLE_OFFICER | ROLE_SECRETARY | ROLES_HEAD
};

#define ON_BALLOT .kind = "ballot.ballot"

const struct act BALLOT_ACTS[BALLOT_ACT_COUNT] = {
    {.name = "ballot.ask",
     .input = &BALLOT_ASK,
     .main = true,
     .roles = ROLES_ASKER,
     .run = run_ask},
    {.name = "ballot.cast_vote",
     .input = &BALLOT_VOTE_ACT,
     ON_BALLOT,
     .main = true,
     .roles = ROLE_READERS,
     .state = can_vote,
     .run = run_vote},
    {.name = "ballot.name_voter",
     .input = &BALLOT_SEAT_ACT,
     ON_BALLOT,
     .roles = ROLE_REGISTRY | ROLE_SECRETARY | ROLES_HEAD,
     .state = can_seat,
     .run = run_seat},
    {.name = "ballot.close",
     .input = &BALLOT_CLOSE,
     ON_BALLOT,
     .roles = ROLES_ASKER,
     .home_only = true,
     .state = can_close,
     .run = run_close},
    {.name = "ballot.decide",
     .input = &BALLOT_DECIDE,
     ON_BALLOT,
     .main = true,
     .roles = ROLES_ASKER,
     .home_only = true,
     .state = can_decide,
     .run = run_decide},
    {.name = "ballot.tally",
     .input = &BALLOT_TALLY,
     ON_BALLOT,
     .main = true,
     .roles = ROLES_ASKER,
     .home_only = true,
     .state = can_tally,
     .run = run_tally},
};
