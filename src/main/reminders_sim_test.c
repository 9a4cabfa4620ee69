/*
 * Two offices over months of days, from a seed: questions are asked, registered, assigned, refused,
 * given more time and stopped; days off are decided late and deadlines moved by them; clocks jump
 * by a day and are set right; an office is down over due dates, and mail with it. After each moment
 * at which an office is up:
 *
 *     none lost      whoever has open work whose step of the ladder has come was told of that step,
 *                    or of a later one, for the date as it is now
 *     none silent    so nothing is overdue of which nobody in the office was told
 *     none doubled   nobody is told of one step of one date twice, and no letter leaves twice
 *
 * The ladder is counted here anew, by the calendar that the office has at that moment. Two seeds;
 * an argument says how many.
 */
#include "base/time.h"
#include "core/job.h"
#include "core/notice.h"
#include "core/office.h"
#include "core/post.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h> /* after ours: it takes the name fail */

enum { ASKER, GIVER, OFFICES };
enum { SEEDS = 2, DAYS = 60, REQUESTS = 24, LETTERS_MAX = 4000, KNOWN_MAX = 2000, KEY_MAX = 80 };
static const int64_t UNDATED_MS = INT64_C(253402300799999);
enum { HOUR = 3600 * 1000, MINUTE = 60 * 1000 };

/* The present date of a work, and since when an office has known that it is this one. */
struct known {
    char name[KEY_MAX + KEY_MAX];
    int64_t due_ms;
    int64_t since_ms;
};

struct desk {
    struct t_office t;
    struct post_door door;
    struct str officer;
    int64_t skew_ms;
    int64_t down;        /* so many moments more */
    bool begun;          /* jobs of this run */
    struct str calendar; /* version of its days off */
    int64_t calendar_ms; /* since when it counts by that */
    struct job_worker worker;
    struct known known[KNOWN_MAX];
    size_t known_count;
};

struct sim {
    struct desk desk[OFFICES];
    int64_t carried[OFFICES];
    struct str requests[REQUESTS];
    size_t request_count;
    int64_t now_ms; /* of the world */
    uint64_t seed;
    char letters[LETTERS_MAX][KEY_MAX]; /* Message-IDs that left */
    size_t letter_count;
    int64_t steps;     /* that were looked for and found */
    int64_t late;      /* of them after the date */
    int64_t decisions; /* that moved days off */
    int64_t jumps;
    int64_t falls; /* times that an office went down */
};

static size_t chance(struct sim *sim, size_t below)
{
    sim->seed = sim->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(sim->seed >> 33) % below;
}

/* ---- letters ---- */

static enum err mail_take(void *self, struct call *c, struct str to, struct str message)
{
    struct sim *sim = self;
    size_t from = str_find(message, S("Message-ID:"), 0);
    size_t end = str_find(message, S(">"), from);
    ensure(end < message.len);
    ensure(to.len > 0);
    struct str id = str_sub(message, from, end);
    assert_true(id.len < KEY_MAX);
    for (size_t i = 0; i < sim->letter_count; i++) {
        if (!str_eq(str_of(sim->letters[i]), id)) continue;
        fail_msg("%.*s left twice", STR_ARG(id));
    }
    assert_true(sim->letter_count < LETTERS_MAX);
    memcpy(sim->letters[sim->letter_count++], id.ptr, id.len);
    (void)c;
    return OK;
}

/* ---- the offices ---- */

static void person_add(struct desk *desk, const char *login, const char *role)
{
    struct str json = str_format(desk->t.arena,
                                 "{\"login\":\"%s\",\"title\":\"Chức danh %s\",\"password\":"
                                 "\"mat-khau-%s\",\"email\":\"%s@office.example\",\"%s\":true}",
                                 login, login, login, login, role);
    desk->officer = t_act(&desk->t, "admin", "office.add_person", json.ptr).record;
}

/* What the start of an office does: its calendar is made of its decisions. */
static void refresh(struct desk *desk)
{
    struct call c = t_call(&desk->t, NULL);
    assert_int_equal(office_refresh(&c, &desk->t.office, desk->t.arena), OK);
    call_end(&c);
}

/* Monday 1 February 2027, 06:00; Tet is decided by nobody yet. */
static void sim_open(struct sim *sim, uint64_t seed)
{
    *sim = (struct sim){.seed = seed};
    t_office_open(&sim->desk[ASKER].t, "VPCP");
    t_office_open(&sim->desk[GIVER].t, "VPQH");
    t_peers(&sim->desk[ASKER].t, &sim->desk[GIVER].t);
    sim->now_ms = time_hanoi_midnight_ms(time_day_of((struct date){2027, 2, 1})) + 6 * HOUR;
    for (int i = 0; i < OFFICES; i++) {
        struct desk *desk = &sim->desk[i];
        desk->door = (struct post_door){.mail = mail_take,
                                        .self = sim,
                                        .from = S("phoihop@office.example"),
                                        .pages = S("https://office.example")};
        desk->t.office.door = &desk->door;
        desk->t.now_ms = sim->now_ms;
        person_add(desk, "van-thu", "registry");
        person_add(desk, "lanh-dao", "leader");
        person_add(desk, "chanh-vp", "chief");
        person_add(desk, "can-bo", "officer");
        refresh(desk);
    }
}

static void sim_close(struct sim *sim)
{
    for (int i = 0; i < OFFICES; i++)
        t_office_close(&sim->desk[i].t);
}

/* What a person tries; the act's own rules may refuse it. */
static bool try_act(struct desk *desk, const char *login, const char *act, struct str json)
{
    struct call c = t_call(&desk->t, login);
    struct act_result result = {};
    enum err e = act_run_json(&c, str_of(act), json, (struct str){}, &result);
    bool ours = e != OK && err_info(e)->fault == FAULT_OURS;
    if (ours) fail_msg("%s: %s", act, c.failure.reason);
    call_end(&c);
    return e == OK;
}

static struct str about(struct desk *desk, struct str record, const char *more)
{
    return str_format(desk->t.arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more);
}

static void ask(struct sim *sim)
{
    struct desk *asker = &sim->desk[ASKER];
    if (sim->request_count == REQUESTS) return;
    struct str json =
        str_format(asker->t.arena,
                   "{\"subject\":\"Dự thảo %zu\",\"days\":%zu,\"asked\":"
                   "[{\"office\":\"%.*s\"}]}",
                   sim->request_count, 1 + chance(sim, 9), STR_ARG(sim->desk[GIVER].t.office.id));
    sim->requests[sim->request_count++] =
        t_act(&asker->t, "can-bo", "consultation.ask", json.ptr).record;
}

/* A working day becomes a day off, or a Saturday is worked, within the next two weeks. */
static void decide(struct sim *sim, struct desk *desk)
{
    int64_t day = time_hanoi_day(desk->t.now_ms) + 1 + (int64_t)chance(sim, 14);
    bool off = workday_is_working(desk->t.office.calendar, day);
    struct str text = time_format_day(desk->t.arena, day);
    struct str json = str_format(
        desk->t.arena, "{\"number\":\"%lld/TB\",\"days\":[{\"day\":\"%.*s\",\"kind\":\"%s\"%s}]}",
        (long long)sim->decisions, STR_ARG(text), off ? "off" : "work",
        off ? ",\"reason\":\"decision\"" : "");
    if (!try_act(desk, "admin", "holidays.decide", json)) return;
    struct str move =
        str_format(desk->t.arena, "{\"number\":\"%lld/TB\"}", (long long)sim->decisions++);
    if (chance(sim, 3) > 0) (void)try_act(desk, "chanh-vp", "holidays.move_deadlines", move);
}

static void work(struct sim *sim, int office)
{
    struct desk *desk = &sim->desk[office];
    struct str record = {};
    if (sim->request_count > 0) record = sim->requests[chance(sim, sim->request_count)];
    size_t what = chance(sim, 10);
    if (what == 0) decide(sim, desk);
    if (office == ASKER && what < 5) ask(sim);
    if (record.len == 0) return;
    struct str officer = str_format(desk->t.arena, ",\"officer\":\"%.*s\"", STR_ARG(desk->officer));
    if (office == ASKER) {
        static const struct {
            const char *act;
            const char *more;
        } ACTS[] = {{"consultation.extend", ",\"days\":2,\"reason\":\"Chờ số liệu\""},
                    {"consultation.pause", ",\"category\":\"agreed\",\"reason\":\"Chờ họp\""},
                    {"consultation.resume", ""},
                    {"consultation.close", ""}};
        if (what < 6) return;
        size_t i = what < 8 ? 2 + chance(sim, 4) / 3 : what - 8; /* seldom an end */
        (void)try_act(desk, "can-bo", ACTS[i].act, about(desk, record, ACTS[i].more));
        return;
    }
    if (what < 5) (void)try_act(desk, "van-thu", "consultation.register", about(desk, record, ""));
    if (what > 4 && what < 8)
        (void)try_act(desk, "lanh-dao", "consultation.assign", about(desk, record, officer.ptr));
    if (what == 9)
        (void)try_act(desk, "van-thu", "consultation.refuse",
                      about(desk, record, ",\"text\":\"Không thuộc phạm vi\""));
}

/* The jobs of the moment, until none is left. */
static void jobs(struct desk *desk)
{
    for (int turn = 0; turn < 200; turn++) {
        struct call c = t_call(&desk->t, NULL);
        int64_t wake_ms = 0;
        if (!desk->begun) assert_int_equal(job_begin(&c), OK);
        desk->begun = true;
        assert_int_equal(job_turn(&c, &desk->worker, &wake_ms), OK);
        call_end(&c);
        if (wake_ms > desk->t.now_ms) return;
    }
    fail_msg("the jobs have no end");
}

/* ---- the promises ---- */

struct looking {
    struct sim *sim;
    struct desk *desk;
    struct rows rows;
    struct rows told;
};

static enum err open_step(struct call *c, void *arg)
{
    struct looking *looking = arg;
    return store_all(c,
                     "SELECT about, what, okey, due_day, due_ms, owner, opened_ms FROM obligation"
                     " WHERE settled_ms IS NULL ORDER BY id",
                     NO_ARGS, &looking->rows);
}

static enum err told_step(struct call *c, void *arg)
{
    struct looking *looking = arg;
    return store_all(c, "SELECT about, due_ms, step FROM notice", NO_ARGS, &looking->told);
}

static int64_t known_since(struct desk *desk, const char *name, int64_t due_ms)
{
    size_t i = 0;
    while (i < desk->known_count && strcmp(desk->known[i].name, name) != 0)
        i++;
    assert_true(i < KNOWN_MAX);
    struct known *known = &desk->known[i];
    if (i < desk->known_count && known->due_ms == due_ms) return known->since_ms;
    if (i == desk->known_count) desk->known_count++;
    (void)snprintf(known->name, sizeof known->name, "%s", name);
    known->due_ms = due_ms;
    known->since_ms = desk->t.now_ms;
    return known->since_ms;
}

/* The newest step that has come since then; -1: none. */
static int newest_step(struct desk *desk, int64_t due_day, int64_t since_ms)
{
    int newest = -1;
    for (size_t i = 0; i < NOTICE_STEPS; i++) {
        int64_t at_ms = notice_step_ms(desk->t.office.calendar, due_day, i);
        if (at_ms > since_ms && at_ms <= desk->t.now_ms) newest = (int)i;
    }
    return newest;
}

static int step_of(struct str name)
{
    for (int i = 0; i < NOTICE_STEPS; i++) {
        if (str_eq(name, str_of(NOTICE_LADDER[i].name))) return i;
    }
    return -1;
}

static bool was_told(const struct looking *looking, struct str record, int64_t due_ms, int step)
{
    const struct rows *told = &looking->told;
    for (size_t i = 0; i < told->count; i++) {
        bool same = str_eq(rows_text(told, i, 0), record) && rows_int(told, i, 1) == due_ms;
        if (same && step_of(rows_text(told, i, 2)) >= step) return true;
    }
    return false;
}

/* Before the date only those hear of it who owe it. */
static bool hears(const struct looking *looking, size_t i, int step)
{
    struct str owner = rows_text(&looking->rows, i, 5);
    struct str own =
        str_format(looking->desk->t.arena, "o:%.*s", STR_ARG(looking->desk->t.office.id));
    return !str_starts(owner, S("o:")) || str_eq(owner, own) || step_of(S("late_1")) <= step;
}

static void promises_check(struct sim *sim, struct desk *desk)
{
    struct looking looking = {.sim = sim, .desk = desk};
    struct str calendar = workday_calendar_version(desk->t.office.calendar);
    if (!str_eq(calendar, desk->calendar)) {
        desk->calendar = calendar; /* lives as long as the office */
        desk->calendar_ms = desk->t.now_ms;
    }
    struct call c = t_call(&desk->t, NULL);
    assert_int_equal(store_read(&c, open_step, &looking), OK);
    assert_int_equal(store_read(&c, told_step, &looking), OK);
    for (size_t i = 0; i < looking.rows.count; i++) {
        struct str record = rows_text(&looking.rows, i, 0);
        struct str what = rows_text(&looking.rows, i, 1);
        struct str key = rows_text(&looking.rows, i, 2);
        int64_t due_ms = rows_int(&looking.rows, i, 4);
        struct str name =
            str_format(c.arena, "%.*s %.*s %.*s", STR_ARG(str_sub(record, 27, record.len)),
                       STR_ARG(what), STR_ARG(key));
        int64_t opened_ms = rows_int(&looking.rows, i, 6); /* by the clock of who asked */
        int64_t since_ms = known_since(desk, name.ptr, due_ms);
        if (opened_ms > since_ms) since_ms = opened_ms;
        /* by a calendar of today a step may have come last week: it is made up for a day back */
        if (desk->calendar_ms - TIME_DAY_MS > since_ms) since_ms = desk->calendar_ms - TIME_DAY_MS;
        if (due_ms == UNDATED_MS) continue; /* its clock stands, or it never had a date */
        int step = newest_step(desk, rows_int(&looking.rows, i, 3), since_ms);
        if (step < 0 || !hears(&looking, i, step)) continue;
        if (!was_told(&looking, record, due_ms, step)) {
            fail_msg("%s: nobody in %.*s was told of step %s of %s, known since %s, now %s",
                     name.ptr, STR_ARG(desk->t.office.code), NOTICE_LADDER[step].name,
                     time_hanoi_format(c.arena, due_ms, LANG_EN).ptr,
                     time_hanoi_format(c.arena, since_ms, LANG_EN).ptr,
                     time_hanoi_format(c.arena, desk->t.now_ms, LANG_EN).ptr);
        }
        sim->steps++;
        sim->late += step >= step_of(S("late_1"));
    }
    call_end(&c);
}

/* ---- the days ---- */

static void fault(struct sim *sim, struct desk *desk)
{
    static const int64_t SKEWS[] = {0, 0, 24 * HOUR, -24 * HOUR, 3 * HOUR};
    if (desk->down == 0 && chance(sim, 20) == 0) {
        desk->down = 1 + (int64_t)chance(sim, 16);
        sim->falls++;
    } else if (desk->down > 0 && --desk->down == 0) {
        t_office_restart(&desk->t);
        refresh(desk);
        desk->worker = (struct job_worker){};
        desk->begun = false;
    }
    if (chance(sim, 25) > 0) return;
    int64_t skew_ms = SKEWS[chance(sim, ARRAY_LEN(SKEWS))];
    sim->jumps += skew_ms != desk->skew_ms;
    desk->skew_ms = skew_ms;
}

static void moment(struct sim *sim)
{
    for (int i = 0; i < OFFICES; i++) {
        fault(sim, &sim->desk[i]);
        sim->desk[i].t.now_ms = sim->now_ms + sim->desk[i].skew_ms;
        if (sim->desk[i].down > 0) continue;
        jobs(&sim->desk[i]); /* they have come before people do */
        work(sim, i);
    }
    if (sim->desk[ASKER].down == 0 && sim->desk[GIVER].down == 0) {
        t_carry(&sim->desk[ASKER].t, &sim->desk[GIVER].t, &sim->carried[ASKER]);
        t_carry(&sim->desk[GIVER].t, &sim->desk[ASKER].t, &sim->carried[GIVER]);
    }
    for (int i = 0; i < OFFICES; i++) {
        if (sim->desk[i].down > 0) continue;
        sim->desk[i].t.now_ms += MINUTE / 2; /* nothing is told later than that */
        jobs(&sim->desk[i]);
        promises_check(sim, &sim->desk[i]);
    }
}

/* Six times a day, half a minute after the hour of the ladder among them. */
static void days_pass(struct sim *sim)
{
    static const int64_t MINUTES[] = {20, 7 * 60 + 40, 8 * 60, 10 * 60, 14 * 60, 17 * 60 + 1};
    int64_t first = time_hanoi_day(sim->now_ms);
    for (int64_t day = first; day < first + DAYS; day++) {
        for (size_t i = 0; i < ARRAY_LEN(MINUTES); i++) {
            int64_t at_ms = time_hanoi_midnight_ms(day) + MINUTES[i] * MINUTE + MINUTE / 2;
            if (at_ms < sim->now_ms) continue;
            sim->now_ms = at_ms;
            moment(sim);
        }
    }
}

static void no_reminder_is_lost_or_doubled_and_no_deadline_passes_silently(void **state)
{
    int64_t steps = 0, late = 0, decisions = 0, jumps = 0, falls = 0;
    struct sim *sim = test_calloc(1, sizeof *sim);
    int64_t seeds = *(const int64_t *)*state;
    size_t letters = 0;
    for (int64_t seed = 1; seed <= seeds; seed++) {
        print_message("seed %lld\n", (long long)seed);
        sim_open(sim, (uint64_t)seed);
        days_pass(sim);
        steps += sim->steps;
        late += sim->late;
        decisions += sim->decisions;
        jumps += sim->jumps;
        falls += sim->falls;
        letters += sim->letter_count;
        sim_close(sim);
    }
    test_free(sim);
    print_message("%lld steps were told, %lld of them late; %lld decisions, %lld jumps, %lld falls,"
                  " %zu letters\n",
                  (long long)steps, (long long)late, (long long)decisions, (long long)jumps,
                  (long long)falls, letters);
    /* else nothing was proven */
    assert_true(steps > seeds * 100);
    assert_true(late > seeds * 10);
    assert_true(decisions > seeds);
    assert_true(jumps > seeds);
    assert_true(falls > seeds);
    assert_true((int64_t)letters > seeds * 10);
}

int main(int argc, char **argv)
{
    int64_t seeds = SEEDS;
    if (argc > 1 && !parse_int(str_of(argv[1]), 1, INT32_MAX, &seeds)) return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(no_reminder_is_lost_or_doubled_and_no_deadline_passes_silently,
                                  &seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
