/*
 * ballot_kinds.c: what must hold of a version whoever made it, which obligations it opens or
 * fulfils, and the opening of the votes. All but the last is read from the version's own bytes.
 *
 *     vote    the office of a member     ballot, settled by cast
 *     cast    the person who is the member   seat, settled by cast or by the closing
 *     result  the asker's officer        ballot, settled by the decided one
 */
#include "base/id.h"
#include "ballot_sql.h"
#include "core/obligation.h"
#include "core/office.h"
#include "store/merkle.h"

static enum err wrong(struct call *c, bool good, const char *reason)
{
    return good ? OK : fail(c, ERR_INVALID, reason);
}

static struct str office_party(struct call *c, struct str office)
{
    return str_format(c->arena, "o:%.*s", STR_ARG(office));
}

/* With the office: nobody settles what another office owes. */
static struct str member_key(struct call *c, struct str office, int64_t member)
{
    return str_format(c->arena, "%.*s/%lld", STR_ARG(office), (long long)member);
}

struct str *ballot_audience(struct call *c, const struct list *members, struct str asker,
                            size_t *ret_count)
{
    const struct ballot_member *rows = members->rows;
    struct str *parties = arena_array(c->arena, members->count + 1, sizeof *parties);
    size_t count = 1;
    parties[0] = office_party(c, asker);
    for (size_t i = 0; i < members->count; i++) {
        struct str party = office_party(c, rows[i].office);
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || str_eq(parties[k], party);
        if (!known) parties[count++] = party;
    }
    *ret_count = count;
    return parties;
}

struct str ballot_seal(struct call *c, const struct ballot_vote *vote)
{
    struct sb sb = sb_new(c->arena, 0);
    struct merkle merkle = merkle_start(c->arena);
    fields_write(&sb, &BALLOT_VOTE, vote);
    merkle_add(&merkle, sb_str(&sb));
    return merkle_end(&merkle);
}

/* ---- ballot ---- */

/* What a receiver counts again: the result is right, or the version is refused. */
static bool result_is_sound(const struct ballot *b)
{
    struct ballot_count count = b->count;
    count.members = (int64_t)b->members.count;
    if (b->secret) {
        const struct ballot_tally_input in = {.issued = b->issued,
                                              .collected = count.voters,
                                              .agree = count.agree,
                                              .disagree = count.disagree,
                                              .other = count.other,
                                              .invalid = count.invalid};
        bool sound = b->rows.count == 0 && b->tally_files.count > 0 && b->tally_day != 0 &&
                     b->tally_by.len > 0 && ballot_tally_refusal(&in, count.members) == NULL;
        if (!sound) return false;
    } else {
        if (b->rows.count != b->members.count) return false;
        count = ballot_count(&b->rule, &b->members, &b->rows);
        bool same = count.voters == b->count.voters && count.agree == b->count.agree &&
                    count.disagree == b->count.disagree && count.other == b->count.other;
        if (!same || b->count.invalid != 0) return false;
    }
    return (int64_t)ballot_result(&b->rule, &count).outcome == b->outcome;
}

static bool state_is_sound(const struct ballot *b)
{
    bool closed = b->closed_ms != 0;
    bool decided = b->decided_ms != 0;
    if (b->state == BALLOT_DECIDED) return closed && decided && result_is_sound(b);
    if (decided || b->outcome != 0 || b->rows.count > 0 || b->count.voters > 0) return false;
    return (b->state == BALLOT_CLOSED) == closed && (!b->secret || !closed);
}

enum err ballot_valid(struct call *c, const struct version *v, const void *body)
{
    const struct ballot *b = body;
    const struct ballot_member *members = b->members.rows;
    size_t count = 0;
    bool readers = b->members.count > 0;
    struct str *parties = ballot_audience(c, &b->members, v->home, &count);
    for (size_t i = 0; i < b->members.count; i++)
        readers = readers && id_is_office(members[i].office);
    for (size_t i = 0; i < count; i++)
        readers = readers && version_addresses(v, parties[i]);
    const char *rule = ballot_rule_refusal(&b->rule, &b->members, b->secret);
    bool due = b->due_day > b->from_day && b->due_ms > 0;
    enum err e = wrong(c, readers && v->audience_count == count, "ballot.version_audience");
    if (e == OK) e = wrong(c, rule == NULL, rule);
    if (e == OK) e = wrong(c, due && !(b->secret && b->open), "ballot.version_state");
    return e != OK ? e : wrong(c, state_is_sound(b), "ballot.version_result");
}

/* A member's vote is owed until it is cast. Who has not voted when it is closed in time owes
 * nothing any more; who was late already stays late in the figures until the closing. */
static enum err owe_vote(struct call *c, const struct version *v, const struct ballot *b, size_t i)
{
    const struct ballot_member *member = (const struct ballot_member *)b->members.rows + i;
    const struct ballot_row *rows = b->rows.rows;
    bool silent = b->state == BALLOT_DECIDED && rows[i].mark == MARK_NONE;
    struct obligation o = {.what = "ballot.vote",
                           .about = v->record,
                           .owner = office_party(c, member->office),
                           .creditor = office_party(c, v->home),
                           .key = member_key(c, member->office, (int64_t)i + 1),
                           .title = b->subject,
                           .due_day = b->due_day,
                           .due_ms = b->due_ms,
                           .why = b->why};
    if (silent && b->closed_ms <= b->due_ms) return OK;
    enum err e = obligation_open(c, v, &o);
    return e == OK && silent ? obligation_settle(c, v, o.about, o.what, o.key) : e;
}

static enum err owe_result(struct call *c, const struct version *v, const struct ballot *b)
{
    struct str none = {};
    struct obligation o = {.what = "ballot.result",
                           .about = v->record,
                           .owner = S("r:chief"),
                           .creditor = office_party(c, v->home),
                           .title = b->subject,
                           .due_day = b->due_day,
                           .due_ms = b->due_ms,
                           .why = b->why};
    if (v->person.len > 0) o.owner = str_format(c->arena, "p:%.*s", STR_ARG(v->person));
    enum err e = obligation_open(c, v, &o);
    return e == OK && b->state == BALLOT_DECIDED ? obligation_settle(c, v, o.about, o.what, none)
                                                 : e;
}

enum err ballot_apply(struct call *c, const struct version *v, const void *body)
{
    const struct ballot *b = body;
    const struct ballot_member *members = b->members.rows;
    bool ours = str_eq(v->home, c->office->id);
    enum err e = ours ? owe_result(c, v, b) : OK;
    for (size_t i = 0; e == OK && !b->secret && i < b->members.count; i++) {
        bool own = str_eq(members[i].office, c->office->id);
        /* what the others owe is the asker's affair alone */
        if (own || ours) e = owe_vote(c, v, b, i);
        if (e != OK || !own || b->state == BALLOT_OPEN) continue;
        e = obligation_settle(c, v, v->record, "ballot.cast",
                              member_key(c, c->office->id, (int64_t)i + 1));
    }
    return e;
}

/* Opens one vote to the asker: the next version, with the same words. */
static enum err vote_open(struct call *c, struct str record, struct str asker)
{
    struct ballot_vote vote = {};
    struct version held = {};
    struct head head = {};
    struct act_result result = {};
    enum err e = record_body(c, "ballot.vote", record, &vote);
    if (e == OK) e = record_head(c, record, &head);
    if (e == OK) e = record_version(c, record, head.n, &held);
    if (e != OK) return e;
    struct str *audience = arena_array(c->arena, held.audience_count + 1, sizeof *audience);
    for (size_t i = 0; i < held.audience_count; i++)
        audience[i] = held.audience[i];
    audience[held.audience_count] = office_party(c, asker);
    struct put put = {.kind = "ballot.vote",
                      .record = record,
                      .body = &vote,
                      .audience = audience,
                      .audience_count = held.audience_count + 1,
                      .priority = PRIORITY_NORMAL};
    return record_put(c, &put, &result);
}

enum err ballot_tell(struct call *c, const struct version *v, const void *body)
{
    const struct ballot *b = body;
    struct rows rows = {};
    if (b->secret || b->state == BALLOT_OPEN) return OK;
    enum err e = ballot_sql_sealed(c, v->record, v->home, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = vote_open(c, rows_text(&rows, i, 0), v->home);
    return e;
}

/* ---- seat, vote, cast ---- */

enum err ballot_seat_valid(struct call *c, const struct version *v, const void *body)
{
    const struct ballot_seat *s = body;
    bool own = str_eq(id_home(s->person), v->home);
    return wrong(c, own && s->member > 0, "ballot.version_seat");
}

enum err ballot_seat_apply(struct call *c, const struct version *v, const void *body)
{
    const struct ballot_seat *s = body;
    struct obligation o = {.what = "ballot.cast",
                           .about = s->ballot,
                           .owner = str_format(c->arena, "p:%.*s", STR_ARG(s->person)),
                           .creditor = office_party(c, id_home(s->ballot)),
                           .key = member_key(c, v->home, s->member),
                           .title = s->subject,
                           .due_day = s->due_day,
                           .due_ms = s->due_ms,
                           .why = s->why};
    return obligation_open(c, v, &o);
}

enum err ballot_vote_valid(struct call *c, const struct version *v, const void *body)
{
    const struct ballot_vote *vote = body;
    const char *refusal = ballot_vote_refusal(vote->choice, vote->text);
    bool sealed = vote->member > 0 && vote->salt.len >= BALLOT_SALT_BYTES;
    (void)v;
    enum err e = wrong(c, refusal == NULL, refusal);
    return e != OK ? e : wrong(c, sealed, "ballot.version_vote");
}

enum err ballot_cast_valid(struct call *c, const struct version *v, const void *body)
{
    const struct ballot_cast *cast = body;
    bool told = version_addresses(v, office_party(c, id_home(cast->ballot)));
    return wrong(c, told && cast->member > 0, "ballot.version_vote");
}

enum err ballot_cast_apply(struct call *c, const struct version *v, const void *body)
{
    const struct ballot_cast *cast = body;
    struct str key = member_key(c, v->home, cast->member);
    enum err e = obligation_settle(c, v, cast->ballot, "ballot.vote", key);
    bool own = str_eq(v->home, c->office->id);
    return e == OK && own ? obligation_settle(c, v, cast->ballot, "ballot.cast", key) : e;
}
