#include "core/substitute.h"

#include "base/id.h"
#include "base/time.h"
#include "core/org_sql.h"
#include "core/substitute_sql.h"

enum { REACH_MAX = 4096, PATH_MAX_PARTIES = 32 };

/* Parties through whose hands something went, the present holder last. */
struct path {
    struct str party[PATH_MAX_PARTIES];
    size_t count;
};

static struct str path_end(const struct path *path)
{
    ensure(path->count > 0);
    return path->party[path->count - 1];
}

/* A longer way than that forgets its middle, never its end. */
static void path_add(struct path *path, struct str party)
{
    if (path->count == PATH_MAX_PARTIES) path->count--;
    path->party[path->count++] = party;
}

static bool may_pass_on(struct str party)
{
    return str_starts(party, S("p:")) || str_starts(party, S("u:")) || str_starts(party, S("o:"));
}

static bool in_time(int64_t settled_ms, int64_t at_ms)
{
    return settled_ms == 0 || settled_ms > at_ms;
}

/* Whether a party is gone, since when, and a person's unit. */
struct going {
    bool gone;
    int64_t since_ms; /* what was done before stays with it */
    struct str unit;
};

/* A person is gone who has left or, for work still open, cannot read it any more. Somebody unknown,
 * as while the projections are made anew, counts as here. A unit is gone when it was merged, which
 * its succession says. */
static enum err person_going(struct call *c, struct str person, bool open, struct going *ret_going)
{
    struct rows rows = {};
    enum err e = person_state(c, person, &rows);
    if (e != OK || rows.count == 0) return e;
    bool left = rows_int(&rows, 0, 0) != 0;
    bool blind = rows_int(&rows, 0, 1) == 0;
    *ret_going = (struct going){.gone = left || (open && blind),
                                .since_ms = left ? rows_int(&rows, 0, 3) : INT64_MAX,
                                .unit = rows_text(&rows, 0, 2)};
    return OK;
}

/* Nobody took over from a person who is gone: open work is the unit's, or the chief's. */
static void step_to_unit(struct call *c, struct path *path, const struct going *going,
                         bool *ret_more)
{
    bool unit = going->unit.len > 0;
    path_add(path, unit ? str_format(c->arena, "u:%.*s", STR_ARG(going->unit)) : S("r:chief"));
    *ret_more = unit;
}

/* One step from a party that is gone to whoever took everything over; no step when it is here.
 * Each receiver was here when it received, so the steps lead forward in time and end. */
static enum err whole_step(struct call *c, struct path *path, int64_t settled_ms, bool *ret_more)
{
    struct str at = path_end(path);
    struct rows rows = {};
    bool person = str_starts(at, S("p:"));
    struct going going = {.gone = !person};
    enum err e = OK;
    *ret_more = false;
    if (!may_pass_on(at)) return OK;
    if (person) e = person_going(c, str_sub(at, 2, at.len), settled_ms == 0, &going);
    if (e == OK && going.gone) e = succession_whole(c, at, &rows);
    if (e != OK || !going.gone) return e;
    if (rows.count == 0) {
        if (person && settled_ms == 0) step_to_unit(c, path, &going, ret_more);
        return OK;
    }
    if (!in_time(settled_ms, person ? going.since_ms : rows_int(&rows, 0, 1))) return OK;
    path_add(path, rows_text(&rows, 0, 0));
    *ret_more = true;
    return OK;
}

static enum err path_to_end(struct call *c, struct path *path, int64_t settled_ms)
{
    bool more = true;
    enum err e = OK;
    while (e == OK && more)
        e = whole_step(c, path, settled_ms, &more);
    return e;
}

/* From the named party through all that happened about the record, then to who is still here. */
static enum err path_find(struct call *c, struct str about, struct str named, int64_t settled_ms,
                          struct path *path)
{
    struct rows rows = {};
    *path = (struct path){.party = {named}, .count = 1};
    enum err e = succession_about(c, about, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        bool applies = str_eq(rows_text(&rows, i, 0), path_end(path)) &&
                       in_time(settled_ms, rows_int(&rows, i, 2));
        if (applies) path_add(path, rows_text(&rows, i, 1));
    }
    return e != OK ? e : path_to_end(c, path, settled_ms);
}

enum err substitute_owner(struct call *c, struct str about, struct str named, int64_t settled_ms,
                          struct str *ret_owner)
{
    struct path path = {};
    if (!may_pass_on(named)) {
        *ret_owner = named;
        return OK;
    }
    enum err e = path_find(c, about, named, settled_ms, &path);
    if (e == OK) *ret_owner = path_end(&path);
    return e;
}

enum err substitute_about(struct call *c, struct str about)
{
    struct rows rows = {};
    enum err e = obligation_movable(c, about, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct str owner = {};
        e = substitute_owner(c, about, rows_text(&rows, i, 2), rows_int(&rows, i, 4), &owner);
        if (e != OK || str_eq(owner, rows_text(&rows, i, 3))) continue;
        e = obligation_move(c, about, rows_text(&rows, i, 0), rows_text(&rows, i, 1), owner);
    }
    return e;
}

/* Adds to the audience whoever took over from a party that is gone. */
static enum err audience_follow(struct call *c, struct str record, struct str party)
{
    struct path path = {.party = {party}, .count = 1};
    /* as for work that was done, so that nobody inherits by default */
    enum err e = path_to_end(c, &path, INT64_MAX);
    for (size_t i = 1; e == OK && i < path.count; i++)
        e = audience_add(c, record, path.party[i]);
    return e;
}

enum err substitute_audience(struct call *c, struct str record)
{
    struct rows given = {};
    struct rows inside = {};
    enum err e = succession_about(c, record, &given);
    for (size_t i = 0; e == OK && i < given.count; i++)
        e = audience_add(c, record, rows_text(&given, i, 1));
    if (e == OK) e = audience_inside(c, record, &inside);
    for (size_t i = 0; e == OK && i < inside.count; i++)
        e = audience_follow(c, record, rows_text(&inside, i, 0));
    return e;
}

static enum err touched(struct call *c, struct str party)
{
    struct rows rows = {};
    enum err e = records_touched(c, party, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = substitute_about(c, rows_text(&rows, i, 0));
    if (e == OK) e = records_seen_by(c, party, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++)
        e = substitute_audience(c, rows_text(&rows, i, 0));
    return e;
}

/* A list of parties, each once, that grows while it is walked. */
struct reach {
    struct str *party;
    size_t count;
    size_t max;
};

static void reach_add(struct reach *reach, struct str party)
{
    for (size_t i = 0; i < reach->count; i++) {
        if (str_eq(reach->party[i], party)) return;
    }
    if (reach->count < reach->max) reach->party[reach->count++] = party;
}

/* The party, and everybody whose work leads to it. */
enum err substitute_changed(struct call *c, struct str party)
{
    struct reach reach = {.party = arena_array(c->arena, REACH_MAX, sizeof party),
                          .max = REACH_MAX};
    enum err e = OK;
    reach_add(&reach, party);
    for (size_t at = 0; e == OK && at < reach.count; at++) {
        struct rows rows = {};
        e = succession_givers(c, reach.party[at], &rows);
        for (size_t i = 0; e == OK && i < rows.count; i++)
            reach_add(&reach, rows_text(&rows, i, 0));
        if (e == OK) e = touched(c, reach.party[at]);
    }
    return e;
}

enum err succession_next(struct call *c, int64_t *ret_seq)
{
    int64_t last = 0;
    enum err e = succession_last(c, &last);
    if (e == OK) *ret_seq = last + 1;
    return e;
}

enum err succession_put(struct call *c, const struct version *v, const struct succession *s)
{
    ensure(may_pass_on(s->giver));
    ensure(may_pass_on(s->receiver));
    ensure(s->seq > 0);
    enum err e = succession_insert(c, v, s);
    if (e != OK) return e;
    if (str_eq(s->record, SUCCESSION_ALL)) return substitute_changed(c, s->giver);
    ensure(id_is_record(s->record));
    e = substitute_audience(c, s->record);
    return e != OK ? e : substitute_about(c, s->record);
}

enum err succession_is_whole(struct call *c, struct str giver, bool *ret_is)
{
    struct rows rows = {};
    enum err e = succession_whole(c, giver, &rows);
    if (e == OK) *ret_is = rows.count > 0;
    return e;
}

enum err stand_in_put(struct call *c, const struct version *v, const struct stand_in *s)
{
    ensure(id_is_record(s->absent));
    ensure(id_is_record(s->delegate));
    return stand_in_insert(c, v, s);
}

enum err substitute_clear(struct call *c, struct str by_record)
{
    enum err e = succession_drop(c, by_record);
    return e != OK ? e : stand_in_drop(c, by_record);
}

/* ---- the actor ---- */

/* Whoever is away is added; room is for so many, which the act that delegates asks. */
static void stand_for(struct actor *who, struct reach *reach, struct str absent)
{
    size_t before = reach->count;
    reach_add(reach, absent);
    if (reach->count > before) who->stands_for[who->stands_for_count++] = absent;
}

/* Adds who is away in the care of somebody who left, when that care is now this person's. */
static enum err stand_for_lost(struct call *c, struct reach *reach, const struct rows *lost,
                               struct str person)
{
    enum err e = OK;
    struct str party = str_format(c->arena, "p:%.*s", STR_ARG(person));
    for (size_t i = 0; e == OK && i < lost->count; i++) {
        struct path path = {};
        path_add(&path, str_format(c->arena, "p:%.*s", STR_ARG(rows_text(lost, i, 1))));
        e = path_to_end(c, &path, 0);
        if (e == OK && str_eq(path_end(&path), party))
            stand_for(&c->who, reach, rows_text(lost, i, 0));
    }
    return e;
}

/* Delegates may be away themselves: from one to the next. */
enum err substitute_actor(struct call *c)
{
    struct str place[STANDS_FOR_MAX + 1];
    struct reach reach = {.party = place, .max = ARRAY_LEN(place)};
    struct rows lost = {};
    int64_t today = time_hanoi_day(c->now_ms);
    reach_add(&reach, c->who.person);
    enum err e = stand_in_lost(c, today, &lost);
    for (size_t at = 0; e == OK && at < reach.count; at++) {
        struct rows rows = {};
        e = stand_in_of(c, reach.party[at], today, &rows);
        for (size_t i = 0; e == OK && i < rows.count; i++)
            stand_for(&c->who, &reach, rows_text(&rows, i, 0));
        if (e == OK) e = stand_for_lost(c, &reach, &lost, reach.party[at]);
    }
    return e;
}

enum err person_is_here(struct call *c, struct str person, bool *ret_here)
{
    struct rows rows = {};
    enum err e = org_person_row(c, person, &rows);
    if (e == OK) *ret_here = rows.count > 0;
    return e;
}
