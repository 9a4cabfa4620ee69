/*
 * After any sequence of leaving, handing over, taking, merging, moving and being away, every open
 * obligation belongs to somebody who is here. Each sequence is one transaction that is rolled back,
 * so that a thousand of them begin in the same office.
 */
#include "handover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "core/obligation.h"
#include "core/office.h"
#include "core/org_sql.h"
#include "core/substitute.h"
#include "t.h"

enum { PEOPLE = 7, UNITS = 4, ABOUTS = 5, SEQUENCES = 1200, STEPS = 12 };

struct world {
    struct t_office t;
    struct str people[PEOPLE]; /* the first is a chief, the last leads */
    struct str units[UNITS];
    struct str abouts[ABOUTS];
    uint64_t seed;
    int64_t done;    /* acts that were not refused */
    int64_t refused; /* acts that were */
    int64_t owned;   /* obligations looked at */
    int64_t moved;   /* of them with another owner than was named */
    enum err (*act)(struct call *c, struct world *w);
};

static size_t chance(struct world *w, size_t below)
{
    w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(w->seed >> 33) % below;
}

static struct str any_person(struct world *w)
{
    return w->people[chance(w, PEOPLE)];
}

static enum err become(struct call *c, struct str person)
{
    struct rows rows = {};
    enum err e = org_person_row(c, person, &rows);
    if (e != OK) return e;
    return rows.count == 0 ? fail(c, ERR_LOGIN, "login.gone") : login_as(c, rows_text(&rows, 0, 0));
}

static enum err act_json(struct call *c, const char *act, struct str json)
{
    struct act_result result = {};
    return act_run_json(c, str_of(act), json, (struct str){}, &result);
}

/* ---- what may happen ---- */

/* A module opens work for anybody, also for who has left or was merged meanwhile. */
static enum err opens(struct call *c, struct world *w)
{
    static const char *const ROLES[] = {"r:registry", "r:leader", "r:chief"};
    size_t i = chance(w, ABOUTS);
    struct str about = w->abouts[i];
    size_t kind = chance(w, 6);
    struct str person = i % 2 == 0 ? w->people[i] : any_person(w); /* who may see it */
    struct str owner = str_of(ROLES[chance(w, 3)]);
    if (kind > 2) owner = str_format(c->arena, "p:%.*s", STR_ARG(person));
    if (kind == 2) owner = str_format(c->arena, "u:%.*s", STR_ARG(w->units[chance(w, UNITS)]));
    struct version v = {.record = about, .n = 1, .time_ms = c->now_ms};
    struct obligation o = {.what = "handover.sign_of_test",
                           .about = about,
                           .owner = owner,
                           .creditor = S("r:chief"),
                           .key = str_format(c->arena, "%zu", chance(w, 3)),
                           .title = S("Việc")};
    return obligation_open(c, &v, &o);
}

static enum err settles(struct call *c, struct world *w)
{
    struct str about = w->abouts[chance(w, ABOUTS)];
    struct version v = {.record = about, .n = 1, .time_ms = c->now_ms};
    return obligation_settle(c, &v, about, "handover.sign_of_test",
                             str_format(c->arena, "%zu", chance(w, 3)));
}

static enum err offers(struct call *c, struct world *w)
{
    struct str giver = any_person(w);
    struct str only = chance(w, 4) == 0 ? w->abouts[chance(w, ABOUTS)] : (struct str){};
    struct sb json = sb_new(c->arena, 0);
    enum err e = chance(w, 2) == 0 ? login_as(c, S("admin")) : become(c, giver);
    sb_printf(&json, "{\"person\":\"%.*s\",\"receiver\":\"%.*s\"", STR_ARG(giver),
              STR_ARG(any_person(w)));
    if (only.len > 0) sb_printf(&json, ",\"only\":\"%.*s\"", STR_ARG(only));
    sb_char(&json, '}');
    return e != OK ? e : act_json(c, "handover.offer", sb_str(&json));
}

static enum err offered(struct call *c, struct rows *ret_rows)
{
    return store_all(c,
                     "SELECT record, receiver FROM k_handover_handover WHERE state = 'offered'"
                     " ORDER BY record",
                     NO_ARGS, ret_rows);
}

static enum err answers(struct call *c, struct world *w)
{
    struct rows rows = {};
    enum err e = offered(c, &rows);
    if (e != OK || rows.count == 0) return e;
    size_t i = chance(w, rows.count);
    bool accept = chance(w, 4) > 0;
    e = become(c, rows_text(&rows, i, 1));
    if (e != OK) return e;
    return act_json(c, accept ? "handover.accept" : "handover.refuse",
                    str_format(c->arena, "{\"record\":\"%.*s\"%s}", STR_ARG(rows_text(&rows, i, 0)),
                               accept ? "" : ",\"reason\":\"Không đúng người\""));
}

static enum err takes(struct call *c, struct world *w)
{
    enum err e = become(c, chance(w, 2) == 0 ? w->people[0] : w->people[PEOPLE - 1]);
    if (e != OK) return e;
    return act_json(c, "handover.take",
                    str_format(c->arena, "{\"person\":\"%.*s\"}", STR_ARG(any_person(w))));
}

/* Leaves, comes back, changes unit or roles. */
static enum err changes(struct call *c, struct world *w)
{
    struct str person = any_person(w);
    struct sb json = sb_new(c->arena, 0);
    enum err e = login_as(c, S("admin"));
    sb_printf(&json, "{\"record\":\"%.*s\",\"title\":\"Cán bộ\",\"left\":%s,\"officer\":%s",
              STR_ARG(person), chance(w, 2) == 0 ? "true" : "false",
              chance(w, 5) > 0 ? "true" : "false");
    if (chance(w, 3) == 0) sb_put(&json, S(",\"leader\":true"));
    if (chance(w, 4) == 0) sb_put(&json, S(",\"chief\":true"));
    if (chance(w, 2) == 0)
        sb_printf(&json, ",\"unit\":\"%.*s\"", STR_ARG(w->units[chance(w, UNITS)]));
    sb_char(&json, '}');
    return e != OK ? e : act_json(c, "office.change_person", sb_str(&json));
}

static enum err merges(struct call *c, struct world *w)
{
    enum err e = login_as(c, S("admin"));
    if (e != OK) return e;
    return act_json(c, "office.merge_unit",
                    str_format(c->arena, "{\"record\":\"%.*s\",\"into_unit\":\"%.*s\"}",
                               STR_ARG(w->units[chance(w, UNITS)]),
                               STR_ARG(w->units[chance(w, UNITS)])));
}

static enum err goes_away(struct call *c, struct world *w)
{
    struct stand_in s = {
        .absent = any_person(w), .delegate = any_person(w), .from_day = 0, .to_day = 100000};
    struct version v = {.record = w->abouts[chance(w, ABOUTS)], .n = 1, .time_ms = c->now_ms};
    enum err e = substitute_clear(c, v.record);
    return e != OK ? e : stand_in_put(c, &v, &s);
}

/* ---- what must hold ---- */

static bool reads(const struct rows *rows)
{
    int64_t roles = 0;
    for (size_t i = 0; rows->count > 0 && i < 5; i++)
        roles += rows_int(rows, 0, 2 + i);
    return roles > 0;
}

static enum err is_owned(struct call *c, struct str owner, bool *ret_owned)
{
    struct rows rows = {};
    struct str id = str_sub(owner, 2, owner.len);
    if (str_starts(owner, S("p:"))) {
        enum err e = org_person_row(c, id, &rows);
        *ret_owned = e == OK && reads(&rows);
        return e;
    }
    if (str_starts(owner, S("u:"))) {
        struct rows unit = {};
        enum err e = store_all(c, "SELECT merged_into FROM k_office_unit WHERE record = $1",
                               ARGS(TEXT(id)), &unit);
        if (e == OK) e = org_members(c, id, &rows);
        if (e != OK) return e;
        bool goes_on = unit.count == 1 && rows_text(&unit, 0, 0).len == 0;
        if (!goes_on || rows.count > 0) {
            *ret_owned = goes_on;
            return OK;
        }
    }
    /* a role, or a unit without people: somebody holds it, or there is a chief */
    enum err e = store_all(c,
                           "SELECT count(*) FROM k_office_person WHERE \"left\" = 0 AND (chief = 1"
                           " OR (leader = 1 AND $1 = 'r:leader')"
                           " OR (registry = 1 AND $1 = 'r:registry'))",
                           ARGS(TEXT(owner)), &rows);
    *ret_owned = e == OK && rows_int(&rows, 0, 0) > 0;
    return e;
}

/* The owner finds it on the own page. */
static enum err is_listed(struct call *c, struct str owner, struct str about, bool *ret_listed)
{
    struct obligation_after from = {};
    struct obligation_after next = {};
    struct node *list = node_list(c);
    *ret_listed = false;
    enum err e = become(c, str_sub(owner, 2, owner.len));
    if (e == OK) e = obligation_mine(c, &from, 100, list, &next);
    for (const struct node *row = list->first; e == OK && row != NULL; row = row->next)
        *ret_listed = *ret_listed || str_eq(node_get(row, "about"), about);
    return e;
}

static enum err all_owned(struct call *c, struct world *w, size_t sequence)
{
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT owner, named, about, what FROM obligation"
                           " WHERE settled_ms IS NULL ORDER BY id",
                           NO_ARGS, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        bool owned = false;
        bool listed = true;
        struct str owner = rows_text(&rows, i, 0);
        e = is_owned(c, owner, &owned);
        if (e == OK && owned && i == 0 && str_starts(owner, S("p:")))
            e = is_listed(c, owner, rows_text(&rows, i, 2), &listed);
        if (e != OK) return e;
        w->owned++;
        if (!str_eq(owner, rows_text(&rows, i, 1))) w->moved++;
        if (!owned || !listed) {
            print_error("sequence %zu: %.*s of %.*s, named %.*s (%s)\n", sequence,
                        STR_ARG(rows_text(&rows, i, 3)), STR_ARG(owner),
                        STR_ARG(rows_text(&rows, i, 1)), owned ? "not listed" : "no owner");
        }
        assert_true(owned);
        assert_true(listed);
    }
    return e;
}

/* ---- the sequences ---- */

static enum err attempt(struct call *c, void *arg)
{
    struct world *w = arg;
    return w->act(c, w);
}

struct run {
    struct world *w;
    size_t sequence;
};

static enum err sequence_step(struct call *c, void *arg)
{
    static enum err (*const ACTS[])(struct call *, struct world *) = {
        opens,   opens,   settles, offers,  offers,  offers, answers,
        answers, answers, takes,   changes, changes, merges, goes_away,
    };
    struct run *run = arg;
    struct world *w = run->w;
    for (size_t i = 0; i < STEPS; i++) {
        c->now_ms += 1000;
        w->act = i < 2 ? opens : ACTS[chance(w, ARRAY_LEN(ACTS))];
        enum err e = store_attempt(c, attempt, w);
        if (e == OK) w->done++;
        if (e != OK) {
            assert_int_equal(err_info(e)->fault, FAULT_CALLER);
            w->refused++;
            call_clear(c);
        }
    }
    enum err e = all_owned(c, w, run->sequence);
    return e != OK ? e : fail(c, ERR_CONFLICT, "record.stale"); /* back to the beginning */
}

static void found(struct world *w)
{
    struct t_office *t = &w->t;
    t_office_open(t, "VPCP");
    for (size_t i = 0; i < PEOPLE; i++) {
        uint32_t roles = i == 0 ? ROLE_CHIEF : i + 1 == PEOPLE ? ROLE_LEADER : ROLE_OFFICER;
        w->people[i] = t_person(t, str_format(t->arena, "nguoi%zu", i).ptr, roles);
    }
    for (size_t i = 0; i < UNITS; i++) {
        struct str json = str_format(t->arena, "{\"name\":\"Vụ %zu\"}", i);
        w->units[i] = t_act(t, "admin", "office.add_unit", json.ptr).record;
    }
}

/* Records that only one person may see: whoever takes over must come to see them. */
static enum err abouts_step(struct call *c, void *arg)
{
    struct world *w = arg;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < ABOUTS; i++) {
        struct handover h = {.giver = w->people[i],
                             .receiver = w->people[i + 1],
                             .offered_by = w->people[i],
                             .giver_title = S("Cán bộ"),
                             .state = HANDOVER_WITHDRAWN};
        struct str party = str_format(c->arena, "p:%.*s", STR_ARG(w->people[i]));
        struct act_result result = {};
        struct put put = {.kind = "handover.handover",
                          .body = &h,
                          .audience = i % 2 == 0 ? &party : NULL,
                          .audience_count = i % 2 == 0 ? 1 : 0};
        e = record_put(c, &put, &result);
        w->abouts[i] = str_copy(w->t.arena, result.record);
    }
    return e;
}

static void every_open_obligation_has_an_owner_who_is_here(void **state)
{
    struct world w = {.seed = 20261125};
    (void)state;
    found(&w);
    struct call c = t_call(&w.t, "admin");
    assert_int_equal(store_tx(&c, abouts_step, &w), OK);
    call_end(&c);
    for (size_t i = 0; i < SEQUENCES; i++) {
        struct run run = {&w, i};
        c = t_call(&w.t, "admin");
        assert_int_equal(store_tx(&c, sequence_step, &run), ERR_CONFLICT);
        assert_string_equal(c.failure.reason, "record.stale");
        call_end(&c);
    }
    print_message("%d sequences: %lld acts done, %lld refused, %lld obligations, %lld moved\n",
                  SEQUENCES, (long long)w.done, (long long)w.refused, (long long)w.owned,
                  (long long)w.moved);
    assert_true(w.done > 4 * SEQUENCES); /* it was no idle run */
    assert_true(w.moved > SEQUENCES / 10);
    t_office_close(&w.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_open_obligation_has_an_owner_who_is_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
