#include "ballot_case.h"

#include "core/office.h"

static const struct ballot_member *member_of(const struct ballot_case *b, int64_t member)
{
    ensure(member >= 1);
    ensure(member <= (int64_t)b->ballot.members.count);
    return (const struct ballot_member *)b->ballot.members.rows + (member - 1);
}

const struct ballot_thrown *ballot_case_cast(const struct ballot_case *b, int64_t member)
{
    struct str office = member_of(b, member)->office;
    const struct ballot_thrown *last = NULL;
    for (size_t i = 0; i < b->cast_count; i++) {
        const struct ballot_thrown *thrown = &b->casts[i];
        if (thrown->cast.member != member || !str_eq(thrown->home, office)) continue;
        if (last == NULL || thrown->cast.cast_ms > last->cast.cast_ms) last = thrown;
    }
    return last;
}

const struct ballot_given *ballot_case_vote(const struct ballot_case *b, int64_t member)
{
    struct str office = member_of(b, member)->office;
    for (size_t i = 0; i < b->vote_count; i++) {
        bool his = b->votes[i].vote.member == member && str_eq(b->votes[i].home, office);
        if (his) return &b->votes[i];
    }
    return NULL;
}

struct str ballot_case_person(const struct ballot_case *b, int64_t member)
{
    for (size_t i = 0; i < b->seat_count; i++) {
        if (b->seats[i].member == member) return b->seats[i].person;
    }
    return (struct str){};
}

struct list ballot_case_rows(struct call *c, const struct ballot_case *b)
{
    size_t count = b->ballot.members.count;
    struct ballot_row *rows = arena_array(c->arena, count + 1, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const struct ballot_thrown *thrown = ballot_case_cast(b, (int64_t)i + 1);
        const struct ballot_given *given = ballot_case_vote(b, (int64_t)i + 1);
        rows[i].mark = MARK_NONE;
        if (thrown == NULL) continue;
        rows[i].at_ms = thrown->cast.cast_ms;
        rows[i].late = thrown->cast.cast_ms > b->ballot.due_ms;
        rows[i].mark = MARK_UNOPENED;
        if (given == NULL) continue;
        bool same = str_eq(ballot_seal(c, &given->vote), thrown->cast.seal);
        rows[i].mark = same ? given->vote.choice : MARK_BROKEN;
        if (same) rows[i].text = given->vote.text;
    }
    return (struct list){rows, count};
}

static void stage_set(struct call *c, struct ballot_case *b)
{
    const struct ballot_member *members = b->ballot.members.rows;
    b->stage = (struct ballot_stage){
        .state = b->ballot.state,
        .own = str_eq(b->head.home, c->office->id),
        .secret = b->ballot.secret,
        .over = c->now_ms > b->ballot.due_ms,
        .late_counts = b->ballot.rule.late == LATE_COUNTS,
    };
    for (size_t i = 0; i < b->ballot.members.count; i++) {
        if (str_eq(members[i].office, c->office->id)) b->stage.members = true;
    }
    for (size_t i = 0; i < b->seat_count; i++) {
        if (c->who.person.len > 0 && str_eq(b->seats[i].person, c->who.person)) {
            b->member = b->seats[i].member;
        }
    }
    b->stage.seated = b->member != 0;
    if (b->member == 0) return;
    const struct ballot_thrown *thrown = ballot_case_cast(b, b->member);
    b->stage.in_time = thrown != NULL && thrown->cast.cast_ms <= b->ballot.due_ms;
}

enum err ballot_case_load(struct call *c, struct str record, struct ballot_case *ret_case)
{
    struct ballot_case b = {};
    enum err e = record_head(c, record, &b.head);
    if (e == OK) e = record_body(c, "ballot.ballot", record, &b.ballot);
    if (e == OK) e = ballot_sql_seats(c, record, &b.seats, &b.seat_count);
    if (e == OK) e = ballot_sql_casts(c, record, &b.casts, &b.cast_count);
    if (e == OK) e = ballot_sql_votes(c, record, &b.votes, &b.vote_count);
    if (e != OK) return e;
    stage_set(c, &b);
    *ret_case = b;
    return OK;
}

enum err ballot_case_visible(struct call *c, struct str record, struct ballot_case *ret_case)
{
    struct head head = {};
    enum err e = record_head_visible(c, record, &head);
    return e != OK ? e : ballot_case_load(c, record, ret_case);
}
