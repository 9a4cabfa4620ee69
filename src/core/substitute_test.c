/* Whose work it is does not depend on the order in which versions are projected. */
#include "core/substitute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#undef fail /* base/call.h has it */
#include "core/obligation.h"
#include "core/office.h"
#include "core/org.h"
#include "t.h"

enum { PEOPLE = 5, RECORDS = 4, EVENTS = 14, ORDERS = 40, ROUNDS = 12 };

enum event_kind { OPENS, SETTLES, HANDS_OVER, HANDS_ALL_OVER, LEAVES, EVENT_KINDS };

/* One version's effect. */
struct event {
    enum event_kind kind;
    size_t record;
    size_t from;
    size_t to;
    int64_t at_ms;
    size_t id; /* of the record whose version it is */
};

struct world {
    struct t_office t;
    struct str people[PEOPLE];
    struct str records[RECORDS];
    struct str makers[EVENTS]; /* ids of records that hand over */
    uint64_t seed;
    struct event events[EVENTS];
    struct str outcome;
};

static size_t chance(struct world *w, size_t below)
{
    w->seed = w->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(w->seed >> 33) % below;
}

static struct str party(struct call *c, struct str person)
{
    return str_format(c->arena, "p:%.*s", STR_ARG(person));
}

static enum err leaves(struct call *c, struct world *w, const struct event *event)
{
    enum err e = store_exec(c,
                            "UPDATE k_office_person SET \"left\" = 1, left_at = $1"
                            " WHERE record = $2",
                            ARGS(INT(event->at_ms), TEXT(w->people[event->from])), NULL);
    return e != OK ? e : substitute_changed(c, party(c, w->people[event->from]));
}

static enum err project(struct call *c, struct world *w, const struct event *event)
{
    bool work = event->kind == OPENS || event->kind == SETTLES;
    struct str about = w->records[event->record];
    struct version v = {
        .record = work ? about : w->makers[event->id], .n = 1, .time_ms = event->at_ms};
    struct succession s = {.giver = party(c, w->people[event->from]),
                           .receiver = party(c, w->people[event->to]),
                           .record = event->kind == HANDS_OVER ? about : SUCCESSION_ALL,
                           .seq = event->at_ms};
    struct obligation o = {.what = "office.test",
                           .about = about,
                           .owner = party(c, w->people[event->from]),
                           .creditor = S("r:chief"),
                           .title = S("Việc")};
    switch (event->kind) {
    case OPENS: return obligation_open(c, &v, &o);
    case SETTLES: return obligation_settle(c, &v, about, o.what, o.key);
    case HANDS_OVER:
    case HANDS_ALL_OVER: return succession_put(c, &v, &s);
    case LEAVES: return leaves(c, w, event);
    case EVENT_KINDS: break;
    }
    return OK;
}

/* Owners and audiences, as text. */
static enum err outcome(struct call *c, struct world *w)
{
    struct rows rows = {};
    struct sb sb = sb_new(w->t.arena, 0);
    enum err e = store_all(c,
                           "SELECT about, owner FROM obligation UNION ALL SELECT record, party"
                           " FROM audience WHERE party > 'p' AND party < 'r' ORDER BY 1, 2",
                           NO_ARGS, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        sb_printf(&sb, "%.*s %.*s\n", STR_ARG(rows_text(&rows, i, 0)),
                  STR_ARG(rows_text(&rows, i, 1)));
    }
    w->outcome = sb_str(&sb);
    return e;
}

static enum err order_step(struct call *c, void *arg)
{
    struct world *w = arg;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < EVENTS; i++)
        e = project(c, w, &w->events[i]);
    if (e == OK) e = outcome(c, w);
    return e != OK ? e : fail(c, ERR_CONFLICT, "record.stale"); /* back to the beginning */
}

static struct str outcome_of(struct world *w)
{
    struct call c = t_call(&w->t, "admin");
    assert_int_equal(store_tx(&c, order_step, w), ERR_CONFLICT);
    assert_string_equal(c.failure.reason, "record.stale");
    call_end(&c);
    return w->outcome;
}

static void shuffle(struct world *w)
{
    for (size_t i = EVENTS; i > 1; i--) {
        size_t k = chance(w, i);
        struct event swap = w->events[i - 1];
        w->events[i - 1] = w->events[k];
        w->events[k] = swap;
    }
}

/* Work of every record first; then whatever may happen, one thing a second. */
static void invent(struct world *w)
{
    for (size_t i = 0; i < EVENTS; i++) {
        enum event_kind kind = i < RECORDS ? OPENS : SETTLES + chance(w, EVENT_KINDS - SETTLES);
        size_t from = chance(w, PEOPLE);
        w->events[i] = (struct event){.kind = kind,
                                      .record = i < RECORDS ? i : chance(w, RECORDS),
                                      .from = from,
                                      .to = (from + 1 + chance(w, PEOPLE - 1)) % PEOPLE,
                                      .at_ms = (int64_t)i + 1,
                                      .id = i};
    }
}

static enum err records_step(struct call *c, void *arg)
{
    struct world *w = arg;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < RECORDS; i++) {
        struct org_unit unit = {.name = S("Vụ")};
        struct str seen_by = party(c, w->people[i]);
        struct act_result result = {};
        struct put put = {
            .kind = "office.unit", .body = &unit, .audience = &seen_by, .audience_count = 1};
        e = record_put(c, &put, &result);
        w->records[i] = str_copy(w->t.arena, result.record);
    }
    return e;
}

static void the_order_of_projection_does_not_matter(void **state)
{
    struct world w = {.seed = 7};
    size_t moved = 0;
    (void)state;
    t_office_open(&w.t, "VPCP");
    for (size_t i = 0; i < PEOPLE; i++)
        w.people[i] = t_person(&w.t, str_format(w.t.arena, "nguoi%zu", i).ptr, ROLE_OFFICER);
    struct call c = t_call(&w.t, "admin");
    assert_int_equal(store_tx(&c, records_step, &w), OK);
    for (size_t i = 0; i < EVENTS; i++) {
        w.makers[i] = str_format(w.t.arena, "%.*s.%.*s", STR_ARG(w.t.office.id),
                                 STR_ARG(call_random_id(&c, 16)));
    }
    call_end(&c);
    for (size_t round = 0; round < ROUNDS; round++) {
        invent(&w);
        struct str expected = outcome_of(&w);
        for (size_t i = 0; i < ORDERS; i++) {
            shuffle(&w);
            struct str now = outcome_of(&w);
            if (!str_eq(now, expected))
                print_error("round %zu, order %zu:\n%.*s\nnot\n%.*s", round, i, STR_ARG(now),
                            STR_ARG(expected));
            assert_true(str_eq(now, expected));
        }
        for (size_t at = str_find(expected, S("\n"), 0); at < expected.len; moved++)
            at = str_find(expected, S("\n"), at + 1);
    }
    assert_true(moved > ROUNDS * (size_t)RECORDS); /* lines, so there were outcomes */
    t_office_close(&w.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_projection_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
