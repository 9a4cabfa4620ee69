#include "calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include <pthread.h>

#include "base/time.h"
#include "core/check.h"
#include "core/collection.h"
#include "core/job.h"
#include "t.h"
#include "t_store.h"

/* Wednesday 25/11/2026, 9:00. The secretary keeps the calendar of a leader. */
struct desk {
    struct t_office t;
    struct str leader; /* the calendar */
};

static struct str open_calendar(struct t_office *t, const char *json)
{
    return t_act(t, "thuky", "calendar.open", json).record;
}

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    t_office_open(&desk->t, "VPCP");
    (void)t_person(&desk->t, "thuky", ROLE_SECRETARY);
    (void)t_person(&desk->t, "chuyenvien", ROLE_OFFICER);
    desk->leader = open_calendar(&desk->t, "{\"name\":\"Phó Thủ tướng\",\"type\":\"official\","
                                           "\"rest_min\":0,\"travel_min\":30}");
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    free(desk);
    return 0;
}

/* "at" is hours and minutes in Ha Noi on the day. */
static const char *entry(struct desk *desk, struct str calendar, const char *from, const char *to,
                         const char *more)
{
    return str_format(desk->t.arena,
                      "{\"record\":\"%.*s\",\"title\":\"Họp\",\"from\":\"%s:00.000Z\","
                      "\"to\":\"%s:00.000Z\"%s}",
                      STR_ARG(calendar), from, to, more)
        .ptr;
}

static struct str book(struct desk *desk, const char *from, const char *to, const char *more)
{
    return t_act(&desk->t, "thuky", "calendar.book", entry(desk, desk->leader, from, to, more))
        .record;
}

static const char *refused(struct desk *desk, const char *act, const char *json)
{
    return t_refused(&desk->t, "thuky", act, json).ptr;
}

static const char *booking_refused(struct desk *desk, const char *from, const char *to,
                                   const char *more)
{
    return refused(desk, "calendar.book", entry(desk, desk->leader, from, to, more));
}

static const char *about(struct desk *desk, struct str record, const char *more)
{
    return str_format(desk->t.arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more).ptr;
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static void check_is_equal(struct t_office *t)
{
    struct call c = t_call(t, NULL);
    struct node *report = node_map(&c);
    enum err e = check_office(&c, NULL, report);
    assert_int_equal(e, OK);
    struct sb sb = sb_new(c.arena, 0);
    node_json(&sb, report);
    if (node_number(report, "equal") != 1) print_message("%.*s\n", STR_ARG(sb_str(&sb)));
    assert_int_equal(node_number(report, "equal"), 1);
    call_end(&c);
}

static void what_overlaps_is_refused_and_what_touches_is_not(void **state)
{
    struct desk *desk = *state;
    (void)book(desk, "2026-11-26T02:00", "2026-11-26T03:00", "");
    assert_string_equal(booking_refused(desk, "2026-11-26T02:30", "2026-11-26T04:00", ""),
                        "calendar.clash");
    assert_string_equal(booking_refused(desk, "2026-11-26T01:00", "2026-11-26T05:00", ""),
                        "calendar.clash");
    assert_string_equal(booking_refused(desk, "2026-11-26T02:10", "2026-11-26T02:20", ""),
                        "calendar.clash");
    (void)book(desk, "2026-11-26T03:00", "2026-11-26T04:00", "");
    (void)book(desk, "2026-11-26T01:00", "2026-11-26T02:00", "");
    check_is_equal(&desk->t);
}

static void a_refusal_offers_what_is_free(void **state)
{
    struct desk *desk = *state;
    (void)book(desk, "2026-11-26T00:30", "2026-11-26T03:00", ""); /* 7:30 to 10:00 */
    struct call c = t_call(&desk->t, "thuky");
    struct act_result result = {};
    enum err e = act_run_json(
        &c, S("calendar.book"),
        str_of(entry(desk, desk->leader, "2026-11-26T01:00", "2026-11-26T02:00", "")), S(""),
        &result);
    assert_int_equal(e, ERR_CONFLICT);
    assert_string_equal(c.failure.args[2].name, "free");
    assert_true(contains(c.failure.args[2].value, "25/11/2026 09:00"));
    assert_true(contains(c.failure.args[0].value, "Họp"));
    call_end(&c);
}

static void days_and_weeks_are_as_busy_as_hours(void **state)
{
    struct desk *desk = *state;
    (void)book(desk, "2026-11-30T02:00", "2026-12-10T02:00",
               ",\"all_day\":true,\"zone\":\"Europe/Paris\"");
    assert_string_equal(booking_refused(desk, "2026-12-05T02:30", "2026-12-05T04:00", ""),
                        "calendar.clash");
    /* in Paris the first day begins six hours later */
    (void)book(desk, "2026-11-29T22:00", "2026-11-29T23:00", "");
    assert_string_equal(booking_refused(desk, "2026-11-29T22:30", "2026-11-29T23:30", ""),
                        "calendar.clash");
    check_is_equal(&desk->t);
}

static void a_series_is_checked_at_each_of_its_instances(void **state)
{
    struct desk *desk = *state;
    struct str series = book(desk, "2026-11-30T01:00", "2026-11-30T02:00",
                             ",\"rule\":\"FREQ=WEEKLY;BYDAY=MO\"");
    assert_string_equal(booking_refused(desk, "2027-05-31T01:30", "2027-05-31T02:30", ""),
                        "calendar.clash");
    (void)t_act(&desk->t, "thuky", "calendar.skip",
                about(desk, series, ",\"day\":\"2027-05-31\",\"reason\":\"Nghỉ\""));
    (void)book(desk, "2027-05-31T01:30", "2027-05-31T02:30", "");
    assert_string_equal(refused(desk, "calendar.skip",
                                about(desk, series, ",\"day\":\"2027-06-01\",\"reason\":\"x\"")),
                        "calendar.not_an_instance");
    /* another series that meets it only once, in a year */
    (void)book(desk, "2026-12-01T06:00", "2026-12-01T07:00", "");
    assert_string_equal(booking_refused(desk, "2026-11-30T01:30", "2026-11-30T01:45",
                                        ",\"rule\":\"FREQ=DAILY;INTERVAL=13\""),
                        "calendar.clash");
    check_is_equal(&desk->t);
}

static void an_anniversary_follows_the_moon(void **state)
{
    struct desk *desk = *state;
    /* 26/04/2026 is the 10th of the third lunar month; it comes on 16/04/2027 */
    desk->t.now_ms = time_hanoi_midnight_ms(time_day_of((struct date){2026, 4, 1}));
    (void)book(desk, "2026-04-26T00:00", "2026-04-26T02:00", ",\"lunar\":true");
    assert_string_equal(booking_refused(desk, "2027-04-16T01:00", "2027-04-16T03:00", ""),
                        "calendar.clash");
    (void)book(desk, "2027-04-26T01:00", "2027-04-26T03:00", "");
}

static void a_hold_gives_way_and_a_promise_does_not(void **state)
{
    struct desk *desk = *state;
    struct str hold = t_act(&desk->t, "thuky", "calendar.hold",
                            entry(desk, desk->leader, "2026-11-26T02:00", "2026-11-26T03:00", ""))
                          .record;
    struct str other = t_act(&desk->t, "thuky", "calendar.hold",
                             entry(desk, desk->leader, "2026-11-26T02:00", "2026-11-26T03:00", ""))
                           .record;
    (void)t_act(&desk->t, "thuky", "calendar.promise", about(desk, hold, ""));
    assert_string_equal(refused(desk, "calendar.decide", about(desk, other, "")), "calendar.clash");
    desk->t.now_ms += 30 * TIME_DAY_MS;
    assert_string_equal(booking_refused(desk, "2026-11-26T02:00", "2026-11-26T03:00", ""),
                        "calendar.clash"); /* it did not run out */
    (void)t_act(&desk->t, "thuky", "calendar.cancel", about(desk, hold, ",\"reason\":\"Hoãn\""));
    assert_string_equal(refused(desk, "calendar.decide", about(desk, hold, "")), "calendar.state");
    (void)t_act(&desk->t, "thuky", "calendar.decide", about(desk, other, ""));
    check_is_equal(&desk->t);
}

static void moving_is_checked_against_all_but_itself(void **state)
{
    struct desk *desk = *state;
    struct str one = book(desk, "2026-11-26T02:00", "2026-11-26T04:00", "");
    (void)book(desk, "2026-11-26T06:00", "2026-11-26T07:00", "");
    const char *overlap = ",\"reason\":\"Lùi\",\"from\":\"2026-11-26T05:00:00.000Z\",\"to\":"
                          "\"2026-11-26T06:30:00.000Z\"";
    const char *itself = ",\"reason\":\"Lùi\",\"from\":\"2026-11-26T03:00:00.000Z\",\"to\":"
                         "\"2026-11-26T05:00:00.000Z\"";
    assert_string_equal(refused(desk, "calendar.move", about(desk, one, overlap)),
                        "calendar.clash");
    (void)t_act(&desk->t, "thuky", "calendar.move", about(desk, one, itself));
    (void)book(desk, "2026-11-26T02:00", "2026-11-26T03:00", "");
    check_is_equal(&desk->t);
}

static void a_way_that_is_too_short_is_accepted_with_a_reason(void **state)
{
    struct desk *desk = *state;
    (void)book(desk, "2026-11-26T02:00", "2026-11-26T03:00", ",\"place\":\"Trụ sở\"");
    assert_string_equal(booking_refused(desk, "2026-11-26T03:10", "2026-11-26T04:00",
                                        ",\"place\":\"Sân bay\""),
                        "calendar.soft");
    (void)book(desk, "2026-11-26T03:10", "2026-11-26T04:00",
               ",\"place\":\"Sân bay\",\"accept\":\"Có xe dẫn đường\"");
    (void)book(desk, "2026-11-26T04:10", "2026-11-26T05:00", ",\"place\":\"Sân bay\"");
}

static void whoever_does_not_keep_it_sees_busy_and_books_nothing(void **state)
{
    struct desk *desk = *state;
    struct str record = book(desk, "2026-11-26T02:00", "2026-11-26T03:00", "");
    assert_string_equal(t_refused(&desk->t, "chuyenvien", "calendar.book",
                                  entry(desk, desk->leader, "2026-11-27T02:00", "2026-11-27T03:00",
                                        ""))
                            .ptr,
                        "calendar.not_keeper");
    const char *week = about(desk, desk->leader, ",\"day\":\"2026-11-26\"");
    struct str seen = t_view(&desk->t, "chuyenvien", "calendar.week", week, NULL);
    assert_true(contains(seen, "bận"));
    assert_false(contains(seen, "Họp"));
    assert_true(contains(t_view(&desk->t, "thuky", "calendar.week", week, NULL), "Họp"));
    seen = t_view(&desk->t, "chuyenvien", "calendar.booking", about(desk, record, ""), NULL);
    assert_false(contains(seen, "Họp"));
    assert_true(contains(t_view(&desk->t, "thuky", "calendar.board",
                                "{\"day\":\"2026-11-26\"}", NULL),
                         "Sáng: 09:00 Họp"));
}

static void the_board_opens_at_the_present_week(void **state)
{
    struct desk *desk = *state;
    int64_t today = time_hanoi_day(desk->t.now_ms);
    int64_t monday = today - ((int64_t)time_weekday(today) - MONDAY);
    struct str seen = t_view(&desk->t, "thuky", "calendar.board", "{}", NULL);
    struct str before = time_format_day(desk->t.arena, monday - 7);
    assert_true(contains(seen, str_format(desk->t.arena, "board?day=%.*s", STR_ARG(before)).ptr));
}

/* Every pair of state and verb: what the table lets through and nothing else. */
static void forbidden_steps_are_refused_one_by_one(void **state)
{
    static const char ALLOWED[CALENDAR_STATE_END][VERB_END + 1] = {"HPD-C-", "HPDHC-", "--DPC-",
                                                                   "---DCP", "------", "HPD-C-"};
    static const char LETTERS[] = "-HPDC";
    (void)state;
    size_t forbidden = 0;
    for (size_t s = 0; s < CALENDAR_STATE_END; s++) {
        for (size_t v = 0; v < VERB_END; v++) {
            enum calendar_state next =
                calendar_next((enum calendar_state)s, (enum calendar_verb)v);
            assert_int_equal(LETTERS[next], ALLOWED[s][v]);
            forbidden += next == CALENDAR_NONE ? 1 : 0;
        }
    }
    assert_int_equal(forbidden, 17);
}

/* ---- the database alone ---- */

enum { WRITERS = 64, TRIES = 6, TRIES_PG = 1, SLOTS = 40 }; /* those on PostgreSQL wait */

struct writer {
    struct desk *desk;
    uint32_t seed;
    int64_t made;
};

static uint32_t chance(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

static struct str slot_entry(struct arena *arena, struct str calendar, uint32_t slot, uint32_t len)
{
    int64_t from_ms = 1795651200000 + slot * 900000; /* 26/11/2026 00:00 UTC */
    struct str from = time_format_instant(arena, from_ms);
    struct str to = time_format_instant(arena, from_ms + len * 900000);
    return str_format(arena,
                      "{\"record\":\"%.*s\",\"title\":\"x\",\"from\":\"%.*s\",\"to\":\"%.*s\"}",
                      STR_ARG(calendar), STR_ARG(from), STR_ARG(to));
}

static void *write_some(void *arg)
{
    struct writer *w = arg;
    size_t tries = t_on_postgres() ? TRIES_PG : TRIES;
    for (size_t i = 0; i < tries; i++) {
        struct call c = t_call(&w->desk->t, "thuky");
        struct act_result result = {};
        uint32_t slot = chance(&w->seed, SLOTS);
        struct str json =
            slot_entry(c.arena, w->desk->leader, slot, 1 + chance(&w->seed, 4));
        enum err e = act_run_json(&c, S("calendar.book"), json, S(""), &result);
        if (e == OK) w->made++;
        call_end(&c);
    }
    return NULL;
}

struct overlap {
    int64_t pairs;
    int64_t rows;
};

static enum err overlap_count(struct call *c, void *arg)
{
    struct overlap *o = arg;
    struct rows rows = {};
    enum err e = store_all(c,
                           "SELECT count(*), (SELECT count(*) FROM calendar_busy) FROM"
                           " calendar_busy a JOIN calendar_busy b ON b.resource = a.resource"
                           " AND b.from_ms < a.to_ms AND a.from_ms < b.to_ms WHERE a.firm = 1"
                           " AND b.firm = 1 AND (a.booking < b.booking OR (a.booking = b.booking"
                           " AND (a.i < b.i OR (a.i = b.i AND a.part < b.part))))",
                           NO_ARGS, &rows);
    if (e != OK) return e;
    o->pairs = rows_int(&rows, 0, 0);
    o->rows = rows_int(&rows, 0, 1);
    return OK;
}

static struct overlap overlaps(struct desk *desk)
{
    struct overlap o = {};
    struct call c = t_call(&desk->t, NULL);
    enum err e = store_read(&c, overlap_count, &o);
    assert_int_equal(e, OK);
    call_end(&c);
    return o;
}

static void sixty_four_writers_at_a_time_never_overlap(void **state)
{
    struct desk *desk = *state;
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    int64_t made = 0;
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){desk, (uint32_t)i * 7919 + 1, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, &writers[i]), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        made += writers[i].made;
    }
    struct overlap o = overlaps(desk);
    assert_int_equal(o.pairs, 0);
    assert_int_equal(o.rows, made);
    assert_true(made > 5);
}

struct forced {
    struct str resource;
    int64_t from_ms;
    int64_t to_ms;
};

static enum err force_row(struct call *c, void *arg)
{
    const struct forced *f = arg;
    return store_exec(c,
                      "INSERT INTO calendar_busy (booking, i, part, resource, from_ms, to_ms,"
                      " starts_ms, ends_ms, state, firm) VALUES ($1, 0, 0, $2, $3, $4, $3, $4, 3,"
                      " 1)",
                      ARGS(TEXT(str_format(c->arena, "x%lld", (long long)f->from_ms)),
                           TEXT(f->resource), INT(f->from_ms), INT(f->to_ms)),
                      NULL);
}

static enum err forced(struct desk *desk, const char *resource, int64_t from_ms, int64_t to_ms)
{
    struct call c = t_call(&desk->t, NULL);
    struct forced f = {str_of(resource), from_ms, to_ms};
    enum err e = store_tx(&c, force_row, &f);
    call_end(&c);
    return e;
}

static void the_database_refuses_what_goes_round_the_rules(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(forced(desk, "a", 100, 200), OK);
    assert_int_equal(forced(desk, "a", 150, 160), ERR_CONFLICT);
    assert_int_equal(forced(desk, "a", 50, 101), ERR_CONFLICT);
    assert_int_equal(forced(desk, "a", 199, 300), ERR_CONFLICT);
    assert_int_equal(forced(desk, "a", 50, 300), ERR_CONFLICT);
    assert_int_equal(forced(desk, "a", 60, 60), ERR_CONFLICT);
    assert_int_equal(forced(desk, "a", 200, 300), OK);
    assert_int_equal(forced(desk, "a", 50, 100), OK);
    assert_int_equal(forced(desk, "b", 101, 150), OK);
}

/* Any sequence of making, moving, deciding and cancelling; CALENDAR_EDITS asks for more of it. */
static void no_sequence_of_edits_overlaps(void **state)
{
    static const char *const ACTS[] = {"calendar.move", "calendar.cancel", "calendar.decide",
                                       "calendar.promise"};
    enum { KEPT = 64 };
    struct desk *desk = *state;
    struct str made[KEPT] = {};
    const char *asked = getenv("CALENDAR_EDITS");
    int64_t steps = 400;
    uint32_t seed = 20261125;
    int64_t done = 0;
    if (asked != NULL) assert_true(parse_int(str_of(asked), 1, 10000000, &steps));
    for (int64_t i = 0; i < steps; i++) {
        struct call c = t_call(&desk->t, "thuky");
        struct act_result result = {};
        size_t at = chance(&seed, KEPT);
        const char *act = chance(&seed, 3) == 0 ? "calendar.hold" : "calendar.book";
        struct str target = desk->leader;
        if (made[at].len > 0 && chance(&seed, 3) > 0) {
            act = ACTS[chance(&seed, ARRAY_LEN(ACTS))];
            target = made[at];
        }
        struct str slot = slot_entry(c.arena, target, chance(&seed, 400), 1 + chance(&seed, 12));
        struct str json = slot;
        bool fresh = str_eq(target, desk->leader);
        if (!fresh && str_eq(str_of(act), S("calendar.move"))) {
            size_t title = str_find(slot, S("\"title\":\"x\""), 0);
            json = str_format(c.arena, "%.*s\"reason\":\"r\"%.*s", (int)title, slot.ptr,
                              STR_ARG(str_sub(slot, title + 11, slot.len)));
        } else if (!fresh) {
            bool cancel = str_eq(str_of(act), S("calendar.cancel"));
            json = str_format(c.arena, "{\"record\":\"%.*s\"%s}", STR_ARG(target),
                              cancel ? ",\"reason\":\"r\"" : "");
        }
        enum err e = act_run_json(&c, str_of(act), json, S(""), &result);
        assert_true(e == OK || e == ERR_CONFLICT);
        if (e == OK) done++;
        if (e == OK && fresh) made[at] = str_copy(desk->t.arena, result.record);
        call_end(&c);
    }
    assert_int_equal(overlaps(desk).pairs, 0);
    assert_true(done > steps / 10);
    check_is_equal(&desk->t);
}

/* ---- for calendar programs ---- */

struct looking {
    struct desk *desk;
    const char *name;
    int64_t token;
    struct items items;
    struct item item;
    struct str original;
    bool gone;
};

static enum err look(struct call *c, void *arg)
{
    struct looking *l = arg;
    const struct collection_def *def = &CALENDAR_COLLECTION;
    enum err e = def->changes(c, l->desk->leader, l->token, 2, &l->items);
    if (e == OK && l->name != NULL) e = def->find(c, l->desk->leader, str_of(l->name), &l->item);
    if (e != OK) return e;
    l->item.etag = str_copy(l->desk->t.arena, l->item.etag);
    l->item.record = str_copy(l->desk->t.arena, l->item.record);
    if (l->name != NULL)
        l->original = str_copy(l->desk->t.arena, node_get(l->item.data, "original"));
    if (l->items.count > 0) l->gone = l->items.rows[0].gone;
    return OK;
}

static enum err looks(struct looking *l)
{
    struct call c = t_call(&l->desk->t, "thuky");
    enum err e = store_read(&c, look, l);
    call_end(&c);
    return e;
}

static const char *event(struct desk *desk, const char *href, const char *uid, int minute,
                         struct str etag)
{
    return str_format(desk->t.arena,
                      "{\"record\":\"%.*s\",\"href\":\"%s\",\"uid\":\"%s\",\"etag\":\"%.*s\","
                      "\"title\":\"Họp\",\"day\":\"2026-11-26\",\"minute\":%d,\"length\":60,"
                      "\"original\":\"BEGIN:VEVENT\\nX-MINE:1\\nEND:VEVENT\\n\"}",
                      STR_ARG(desk->leader), href, uid, STR_ARG(etag), minute)
        .ptr;
}

static void a_program_gets_back_what_it_wrote_and_clashes_like_everybody(void **state)
{
    struct desk *desk = *state;
    struct str none = {};
    struct looking l = {.desk = desk, .name = "a.ics"};
    (void)t_act(&desk->t, "thuky", "calendar.keep_event", event(desk, "a.ics", "u1", 540, none));
    assert_int_equal(looks(&l), OK);
    assert_string_equal(l.original.ptr, "BEGIN:VEVENT\nX-MINE:1\nEND:VEVENT\n");
    assert_string_equal(refused(desk, "calendar.keep_event", event(desk, "b.ics", "u2", 570, none)),
                        "calendar.clash");
    assert_string_equal(refused(desk, "calendar.keep_event", event(desk, "b.ics", "u1", 900, none)),
                        "calendar.uid");
    assert_string_equal(refused(desk, "calendar.keep_event", event(desk, "a.ics", "u1", 900, none)),
                        "record.stale");
    struct str old = l.item.etag;
    (void)t_act(&desk->t, "thuky", "calendar.keep_event",
                event(desk, "a.ics", "u1", 900, l.item.etag));
    assert_int_equal(looks(&l), OK);
    assert_false(str_eq(old, l.item.etag));
    (void)t_act(&desk->t, "thuky", "calendar.keep_event", event(desk, "b.ics", "u2", 570, none));
    check_is_equal(&desk->t);
}

static void a_program_that_asks_what_changed_misses_nothing(void **state)
{
    struct desk *desk = *state;
    struct str none = {};
    struct looking l = {.desk = desk};
    for (int i = 0; i < 5; i++) {
        const char *href = str_format(desk->t.arena, "%d.ics", i).ptr;
        (void)t_act(&desk->t, "thuky", "calendar.keep_event",
                    event(desk, href, href, 480 + i * 60, none));
    }
    size_t seen = 0;
    do {
        assert_int_equal(looks(&l), OK);
        seen += l.items.count;
        l.token = l.items.token;
    } while (l.items.more);
    assert_int_equal(seen, 5);
    l.name = "3.ics";
    assert_int_equal(looks(&l), OK);
    assert_int_equal(l.items.count, 0);
    (void)t_act(&desk->t, "thuky", "calendar.cancel",
                about(desk, l.item.record, ",\"reason\":\"Bỏ\""));
    l.name = NULL;
    assert_int_equal(looks(&l), OK);
    assert_int_equal(l.items.count, 1);
    assert_true(l.gone);
    l.name = "3.ics";
    assert_int_equal(looks(&l), ERR_NOT_FOUND);
}

/* ---- the horizon ---- */

static enum err one_night(struct call *c, void *arg)
{
    bool again = false;
    (void)arg;
    return CALENDAR_JOB.run(c, NULL, &again);
}

static void night(struct desk *desk)
{
    struct call c = t_call(&desk->t, NULL);
    enum err e = store_tx(&c, one_night, NULL);
    assert_int_equal(e, OK);
    call_end(&c);
}

static void a_series_reaches_further_as_time_goes_until_it_meets_something(void **state)
{
    struct desk *desk = *state;
    (void)book(desk, "2026-11-30T01:00", "2026-11-30T02:00", ",\"rule\":\"FREQ=WEEKLY;BYDAY=MO\"");
    int64_t before = overlaps(desk).rows;
    night(desk);
    assert_int_equal(overlaps(desk).rows, before); /* far enough */
    /* Monday 03/07/2028 lies beyond what was checked */
    (void)book(desk, "2028-07-03T01:30", "2028-07-03T01:45", "");
    desk->t.now_ms += 300 * TIME_DAY_MS;
    night(desk);
    struct overlap o = overlaps(desk);
    assert_int_equal(o.pairs, 0);
    assert_true(o.rows > before + 3);
    night(desk); /* stuck, and told of it once */
    assert_int_equal(overlaps(desk).rows, o.rows);
    (void)book(desk, "2028-07-10T01:30", "2028-07-10T01:45", "");
    check_is_equal(&desk->t);
}

#define ON_DESK(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DESK(what_overlaps_is_refused_and_what_touches_is_not),
        ON_DESK(a_refusal_offers_what_is_free),
        ON_DESK(days_and_weeks_are_as_busy_as_hours),
        ON_DESK(a_series_is_checked_at_each_of_its_instances),
        ON_DESK(an_anniversary_follows_the_moon),
        ON_DESK(a_hold_gives_way_and_a_promise_does_not),
        ON_DESK(moving_is_checked_against_all_but_itself),
        ON_DESK(a_way_that_is_too_short_is_accepted_with_a_reason),
        ON_DESK(the_board_opens_at_the_present_week),
        ON_DESK(whoever_does_not_keep_it_sees_busy_and_books_nothing),
        ON_DESK(forbidden_steps_are_refused_one_by_one),
        ON_DESK(sixty_four_writers_at_a_time_never_overlap),
        ON_DESK(the_database_refuses_what_goes_round_the_rules),
        ON_DESK(no_sequence_of_edits_overlaps),
        ON_DESK(a_program_gets_back_what_it_wrote_and_clashes_like_everybody),
        ON_DESK(a_program_that_asks_what_changed_misses_nothing),
        ON_DESK(a_series_reaches_further_as_time_goes_until_it_meets_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
