/* Reminders from obligations to letters, on a real database with a clock that the test holds. */
#include "core/notice.h"

#include "base/time.h"
#include "core/job.h"
#include "core/post.h"
#include "core/substitute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "t.h"

#define HOUR_MS (INT64_C(60) * 60 * 1000)
#define HALF_DAY_MS (12 * HOUR_MS)

enum { SENT_MAX = 400 };

/* What went out of the door. */
struct sent {
    char to[64];
    char text[4096];
    int64_t at_ms;
};

struct desk {
    struct t_office t;
    struct post_door door;
    struct job_worker worker;
    struct str minh;
    struct sent mail[SENT_MAX];
    size_t mails;
    struct sent sms[SENT_MAX];
    size_t texts;
    bool refuses; /* the mail server is not there */
};

static void keep(struct sent *sent, struct str to, struct str text, int64_t at_ms)
{
    assert_true(to.len < sizeof sent->to);
    memcpy(sent->to, to.ptr, to.len);
    size_t len = text.len < sizeof sent->text - 1 ? text.len : sizeof sent->text - 1;
    memcpy(sent->text, text.ptr, len);
    sent->at_ms = at_ms;
}

static enum err take_mail(void *self, struct call *c, struct str to, struct str message)
{
    struct desk *d = self;
    if (d->refuses) return (fail)(c, ERR_IO, "courier.gone");
    assert_true(d->mails < SENT_MAX);
    keep(&d->mail[d->mails++], to, message, d->t.now_ms);
    return OK;
}

static enum err take_sms(void *self, struct call *c, struct str to, struct str text, struct str key)
{
    struct desk *d = self;
    (void)c;
    assert_true(key.len > 0);
    assert_true(d->texts < SENT_MAX);
    keep(&d->sms[d->texts++], to, text, d->t.now_ms);
    return OK;
}

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_true(time_hanoi_parse(str_of(text), &ms));
    return ms;
}

static struct str person_with(struct desk *d, const char *login, const char *more)
{
    const char *json = str_format(d->t.arena,
                                  "{\"login\":\"%s\",\"title\":\"Chức danh %s\","
                                  "\"password\":\"mat-khau-%s\"%s}",
                                  login, login, login, more)
                           .ptr;
    return t_act(&d->t, "admin", "office.add_person", json).record;
}

static int teardown(void **state)
{
    struct desk *d = *state;
    t_office_close(&d->t);
    free(d);
    return 0;
}

static void begin(struct desk *d)
{
    struct call c = t_call(&d->t, NULL);
    assert_int_equal(job_begin(&c), OK);
    call_end(&c);
    d->worker = (struct job_worker){};
}

static int setup(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    t_office_open(&d->t, "VPCP");
    d->door = (struct post_door){.mail = take_mail,
                                 .sms = take_sms,
                                 .self = d,
                                 .from = S("phoihop@vpcp.example"),
                                 .reply = S("vanthu@vpcp.example"),
                                 .pages = S("https://phoihop.example")};
    d->t.office.door = &d->door;
    d->minh = person_with(d, "minh", ",\"officer\":true,\"email\":\"minh@vpcp.example\"");
    begin(d);
    *state = d;
    return 0;
}

/* Runs all that is due now. */
static void run_due(struct desk *d)
{
    for (int i = 0; i < 200; i++) {
        struct call c = t_call(&d->t, NULL);
        int64_t wake_ms = 0;
        assert_int_equal(job_turn(&c, &d->worker, &wake_ms), OK);
        call_end(&c);
        if (wake_ms > d->t.now_ms) return;
    }
    fail_msg("jobs without end");
}

/* Lets time pass step by step, running what falls due. */
static void pass(struct desk *d, int64_t until_ms, int64_t step_ms)
{
    for (;;) {
        run_due(d);
        if (d->t.now_ms >= until_ms) return;
        d->t.now_ms = d->t.now_ms + step_ms < until_ms ? d->t.now_ms + step_ms : until_ms;
    }
}

struct owing {
    struct str about;
    const char *what;
    const char *key;
    const char *owner;
    const char *creditor;
    int64_t due_ms;
    int64_t urgent;
    int64_t n;
    int64_t paused_day;
    bool settles;
};

static enum err owe_step(struct call *c, void *arg)
{
    const struct owing *o = arg;
    struct version v = {
        .record = o->about, .home = c->office->id, .n = o->n > 0 ? o->n : 1, .time_ms = c->now_ms};
    if (o->settles) return obligation_settle(c, &v, o->about, o->what, str_of(o->key));
    struct obligation work = {
        .what = o->what,
        .about = o->about,
        .owner = str_of(o->owner),
        .creditor = str_of(o->creditor),
        .key = str_of(o->key),
        .due_day = time_hanoi_day(o->due_ms),
        .due_ms = o->due_ms,
        .paused_day = o->paused_day,
        .title = S("Dự thảo Nghị định về phối hợp công tác"),
        .urgent = o->urgent,
    };
    return obligation_open(c, &v, &work);
}

static void owe(struct desk *d, const struct owing *o)
{
    struct owing copy = *o;
    struct call c = t_call(&d->t, NULL);
    assert_int_equal(store_tx(&c, owe_step, &copy), OK);
    call_end(&c);
}

/* A work of minh's about a note that exists, due on a day at 17:00. */
static struct owing work_of_minh(struct desk *d, const char *due)
{
    struct str note = t_act(&d->t, "minh", "note.write", "{\"title\":\"Việc\"}").record;
    return (struct owing){
        .about = note,
        .what = "consultation.draft",
        .key = "",
        .owner = str_format(d->t.arena, "p:%.*s", STR_ARG(d->minh)).ptr,
        .creditor = str_format(d->t.arena, "o:%.*s", STR_ARG(d->t.office.id)).ptr,
        .due_ms = at(str_format(d->t.arena, "%sT17:00", due).ptr),
    };
}

struct asking {
    const char *sql;
    struct str arg;
    struct rows rows;
};

static enum err ask_step(struct call *c, void *arg)
{
    struct asking *a = arg;
    return store_all(c, a->sql, ARGS(TEXT(a->arg)), &a->rows);
}

/* The first column of all rows, joined by spaces. */
static const char *ask(struct desk *d, const char *sql, struct str arg)
{
    struct call c = t_call(&d->t, NULL);
    struct asking a = {.sql = sql, .arg = arg};
    struct sb sb = sb_new(d->t.arena, 0);
    assert_int_equal(store_read(&c, ask_step, &a), OK);
    for (size_t i = 0; i < a.rows.count; i++) {
        if (i > 0) sb_char(&sb, ' ');
        if (rows_cell(&a.rows, i, 0)->type == VALUE_INT) {
            sb_printf(&sb, "%lld", (long long)rows_int(&a.rows, i, 0));
        } else {
            sb_put(&sb, rows_text(&a.rows, i, 0));
        }
    }
    call_end(&c);
    return str_zero(d->t.arena, sb_str(&sb));
}

/* Steps a person was told of, oldest first: "before_3 before_1". */
static const char *steps_of(struct desk *d, struct str person)
{
    return ask(d, "SELECT step FROM notice WHERE person = $1 ORDER BY id", person);
}

static const char *count_of(struct desk *d, struct str person)
{
    return ask(d, "SELECT count(*) FROM notice WHERE person = $1", person);
}

/* ---- the ladder ---- */

static void every_step_comes_once_and_within_a_minute(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    run_due(d);
    while (d->t.now_ms < at("2026-12-11T00:00")) {
        int64_t morning_ms = time_hanoi_midnight_ms(time_hanoi_day(d->t.now_ms) + 1) + 8 * HOUR_MS;
        d->t.now_ms = morning_ms - 10 * 1000;
        run_due(d);
        d->t.now_ms = morning_ms + 10 * 1000; /* the next look, 20 s later */
        run_due(d);
    }
    assert_string_equal(steps_of(d, d->minh), "before_3 before_1 today late_1 late_3 late_7");
    assert_string_equal(ask(d,
                            "SELECT count(*) FROM notice WHERE person = $1"
                            " AND (made_ms + 25200000) % 86400000 - 28800000 BETWEEN 0 AND 60000",
                            d->minh),
                        "6");
}

static void a_restart_repeats_nothing_and_forgets_nothing(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    for (int64_t ms = d->t.now_ms; ms < at("2026-12-12T12:00"); ms += 24 * HOUR_MS) {
        d->t.now_ms = ms;
        run_due(d);
        t_office_restart(&d->t);
        begin(d);
    }
    assert_string_equal(steps_of(d, d->minh), "before_3 before_1 today late_1 late_3 late_7");
}

static void the_newest_step_speaks_for_those_missed_while_stopped(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    run_due(d);
    d->t.now_ms = at("2026-12-05T09:00"); /* stopped over four steps */
    run_due(d);
    assert_string_equal(steps_of(d, d->minh), "late_3");
}

static void a_clock_that_jumps_forward_and_back_doubles_nothing(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    pass(d, at("2026-11-25T10:00"), HALF_DAY_MS);
    d->t.now_ms += TIME_DAY_MS; /* 26 November: before_3, a day early */
    run_due(d);
    assert_string_equal(steps_of(d, d->minh), "before_3");
    d->t.now_ms -= TIME_DAY_MS;
    pass(d, at("2026-11-27T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "before_3");
    pass(d, at("2026-12-15T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "before_3 before_1 today late_1 late_3 late_7");
}

static void a_clock_set_back_a_day_stops_no_reminder(void **state)
{
    struct desk *d = *state;
    d->t.now_ms = at("2026-11-26T07:50");
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    run_due(d);
    d->t.now_ms -= TIME_DAY_MS; /* it was a day ahead */
    run_due(d);
    pass(d, at("2026-11-26T08:01"), 30 * 1000);
    assert_string_equal(steps_of(d, d->minh), "before_3");
}

static void work_that_is_done_is_not_reminded_of(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    pass(d, at("2026-11-27T12:00"), HALF_DAY_MS);
    o.settles = true;
    owe(d, &o);
    pass(d, at("2026-12-15T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "before_3");
}

static void a_date_that_moves_takes_the_ladder_along(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    pass(d, at("2026-11-27T12:00"), HALF_DAY_MS);
    o.due_ms = at("2026-12-15T17:00");
    o.n = 2;
    owe(d, &o);
    pass(d, at("2026-12-09T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "before_3"); /* of the first date, and no more */
    pass(d, at("2026-12-30T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh),
                        "before_3 before_3 before_1 today late_1 late_3 late_7");
}

static void work_that_comes_late_is_told_as_late(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-11-20");
    owe(d, &o);
    run_due(d);
    assert_string_equal(steps_of(d, d->minh), "late_3");
}

static void a_short_term_skips_the_steps_before_it_came(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-11-26"); /* asked on the 25th at 09:00 */
    owe(d, &o);
    pass(d, at("2026-11-26T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "today");
}

/* ---- who ---- */

static void the_named_head_and_then_the_chief_hear_of_late_work(void **state)
{
    struct desk *d = *state;
    struct str head = person_with(d, "truong", ",\"officer\":true");
    struct str chief = person_with(d, "chanh", ",\"chief\":true");
    struct str unit =
        t_act(&d->t, "admin", "office.add_unit",
              str_format(d->t.arena, "{\"name\":\"Vụ Tổng hợp\",\"head\":\"%.*s\"}", STR_ARG(head))
                  .ptr)
            .record;
    (void)t_act(&d->t, "admin", "office.change_person",
                str_format(d->t.arena,
                           "{\"record\":\"%.*s\",\"title\":\"Chuyên viên\",\"officer\":true,"
                           "\"unit\":\"%.*s\"}",
                           STR_ARG(d->minh), STR_ARG(unit))
                    .ptr);
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    pass(d, at("2026-12-15T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, head), "late_3 late_7");
    assert_string_equal(steps_of(d, chief), "late_7");
}

static void who_owes_something_does_not_leave_and_is_reminded(void **state)
{
    struct desk *d = *state;
    (void)person_with(d, "chanh", ",\"chief\":true");
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    struct str reason = t_refused(&d->t, "admin", "office.change_person",
                                  str_format(d->t.arena,
                                             "{\"record\":\"%.*s\",\"title\":\"Chuyên viên\","
                                             "\"officer\":true,\"left\":true}",
                                             STR_ARG(d->minh))
                                      .ptr);
    assert_true(str_eq(reason, S("office.open_items")));
    pass(d, at("2026-11-27T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "before_3");
}

static void what_comes_in_a_leaver_s_name_reaches_the_chief(void **state)
{
    struct desk *d = *state;
    struct str chief = person_with(d, "chanh", ",\"chief\":true");
    struct owing o = work_of_minh(d, "2026-12-01");
    (void)t_act(&d->t, "admin", "office.change_person",
                str_format(d->t.arena,
                           "{\"record\":\"%.*s\",\"title\":\"Chuyên viên\",\"officer\":true,"
                           "\"left\":true}",
                           STR_ARG(d->minh))
                    .ptr);
    owe(d, &o);
    pass(d, at("2026-11-27T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, chief), "before_3");
    assert_string_equal(count_of(d, d->minh), "0");
}

static void who_waits_for_another_office_hears_when_it_is_late(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    o.creditor = o.owner; /* minh waits */
    o.owner = "o:aaaaaaaaaaaaaaaaaaaaaaaaaa";
    owe(d, &o);
    pass(d, at("2026-12-02T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "late_1");
}

static enum err stand_in_step(struct call *c, void *arg)
{
    const struct stand_in *s = arg;
    struct version v = {.record = s->absent, .home = c->office->id, .n = 1, .time_ms = c->now_ms};
    return stand_in_put(c, &v, s);
}

static void who_stands_in_hears_what_the_absent_person_is_told(void **state)
{
    struct desk *d = *state;
    struct str lan = person_with(d, "lan", ",\"officer\":true");
    struct stand_in s = {.absent = d->minh,
                         .delegate = lan,
                         .from_day = time_hanoi_day(at("2026-11-30T00:00")),
                         .to_day = time_hanoi_day(at("2026-12-01T00:00"))};
    struct call c = t_call(&d->t, NULL);
    assert_int_equal(store_tx(&c, stand_in_step, &s), OK);
    call_end(&c);
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    pass(d, at("2026-12-03T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, lan), "before_1 today");
    assert_string_equal(steps_of(d, d->minh), "before_3 before_1 today late_1");
}

static void a_clock_that_stands_reminds_of_nothing(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    pass(d, at("2026-11-27T12:00"), HALF_DAY_MS);
    o.paused_day = time_hanoi_day(d->t.now_ms);
    o.n = 2;
    owe(d, &o);
    pass(d, at("2026-12-08T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "before_3");
    o.paused_day = 0;
    o.due_ms = at("2026-12-10T17:00");
    o.n = 3;
    owe(d, &o);
    pass(d, at("2026-12-09T12:00"), HALF_DAY_MS);
    assert_string_equal(steps_of(d, d->minh), "before_3 before_1");
}

/* ---- what leaves ---- */

static void a_reminder_leaves_by_mail_in_office_hours(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    pass(d, at("2026-11-26T12:00"), HALF_DAY_MS);
    assert_int_equal(d->mails, 1);
    assert_string_equal(d->mail[0].to, "minh@vpcp.example");
    assert_non_null(strstr(d->mail[0].text, "\r\nReply-To: <vanthu@vpcp.example>\r\n"));
    assert_non_null(strstr(d->mail[0].text, "\r\nIn-Reply-To:\r\n <"));
    pass(d, at("2026-12-15T12:00"), HALF_DAY_MS);
    assert_int_equal(d->mails, 6);
}

/* Everything one matter is told by carries one subject and one thread. */
static void letters_about_one_record_share_subject_and_thread(void **state)
{
    struct desk *d = *state;
    struct owing o = work_of_minh(d, "2026-12-01");
    owe(d, &o);
    pass(d, at("2026-12-15T12:00"), HALF_DAY_MS);
    const char *names[] = {"\r\nSubject: ", "\r\nIn-Reply-To:"};
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        for (size_t i = 1; i < d->mails; i++) {
            const char *a = strstr(d->mail[0].text, names[k]);
            const char *b = strstr(d->mail[i].text, names[k]);
            assert_non_null(a);
            assert_non_null(b);
            assert_memory_equal(a, b, 60);
        }
    }
    const char *first = strstr(d->mail[0].text, "\r\nMessage-ID:");
    const char *second = strstr(d->mail[1].text, "\r\nMessage-ID:");
    assert_memory_not_equal(first, second, 40);
}

static void at_night_nothing_leaves_and_the_morning_brings_one_bulletin(void **state)
{
    struct desk *d = *state;
    d->t.now_ms = at("2026-11-27T19:00"); /* Friday evening */
    for (int i = 0; i < 5; i++) {
        struct owing o = work_of_minh(d, "2026-11-20");
        owe(d, &o);
    }
    pass(d, at("2026-11-30T07:29"), HALF_DAY_MS);
    assert_string_equal(count_of(d, d->minh), "5"); /* the page knows at once */
    assert_int_equal(d->mails, 0);
    pass(d, at("2026-11-30T07:31"), 30 * 1000);
    assert_int_equal(d->mails, 1);
}

static void most_urgent_work_passes_the_night(void **state)
{
    struct desk *d = *state;
    d->t.now_ms = at("2026-11-28T02:00");
    struct owing o = work_of_minh(d, "2026-11-20");
    o.urgent = 3;
    owe(d, &o);
    run_due(d);
    assert_int_equal(d->mails, 1);
    o = work_of_minh(d, "2026-11-20");
    o.urgent = 2;
    owe(d, &o);
    d->t.now_ms += 60 * 1000;
    run_due(d);
    assert_int_equal(d->mails, 1);
}

static void beyond_the_days_limit_the_rest_comes_in_one_bulletin(void **state)
{
    struct desk *d = *state;
    d->t.now_ms = at("2026-11-25T09:00");
    for (int i = 0; i < 30; i++) {
        struct owing o = work_of_minh(d, "2026-11-20");
        owe(d, &o);
    }
    pass(d, at("2026-11-25T17:00"), HALF_DAY_MS);
    assert_int_equal(d->mails, NOTICE_DEFAULT.daily);
    pass(d, at("2026-11-26T07:31"), HALF_DAY_MS);
    assert_int_equal(d->mails, NOTICE_DEFAULT.daily + 1);
    assert_string_equal(count_of(d, d->minh), "30");
}

static void what_was_done_overnight_is_left_out_of_the_bulletin(void **state)
{
    struct desk *d = *state;
    d->t.now_ms = at("2026-11-25T20:00");
    struct owing o = work_of_minh(d, "2026-11-20");
    owe(d, &o);
    run_due(d);
    o.settles = true;
    owe(d, &o);
    pass(d, at("2026-11-26T09:00"), HALF_DAY_MS);
    assert_int_equal(d->mails, 0);
    assert_string_equal(ask(d, "SELECT sent_ms FROM post WHERE person = $1", d->minh), "-1");
}

static void a_mail_server_that_is_away_gets_everything_later_once(void **state)
{
    struct desk *d = *state;
    d->refuses = true;
    struct owing o = work_of_minh(d, "2026-11-20");
    owe(d, &o);
    pass(d, at("2026-11-25T10:00"), HOUR_MS / 6);
    assert_int_equal(d->mails, 0);
    d->refuses = false;
    pass(d, at("2026-11-25T12:00"), HOUR_MS / 2);
    assert_int_equal(d->mails, 1);
}

static void a_letter_that_never_goes_is_told_to_the_administrator(void **state)
{
    struct desk *d = *state;
    d->refuses = true;
    struct owing o = work_of_minh(d, "2026-11-20");
    owe(d, &o);
    pass(d, at("2026-11-26T16:00"), HOUR_MS);
    struct call c = t_call(&d->t, "admin");
    struct view view = {};
    struct sb sb = sb_new(c.arena, 0);
    assert_string_equal(
        ask(d, "SELECT step FROM notice WHERE person = $1 AND about = ''", c.who.person), "told");
    assert_int_equal(view_run(&c, S("job.list"), NULL, &view), OK);
    node_json(&sb, view.data);
    assert_true(str_find(sb_str(&sb), S("/act/job.again?job="), 0) < sb_str(&sb).len);
    call_end(&c);
    d->refuses = false;
    (void)t_act(&d->t, "admin", "job.again",
                str_format(d->t.arena, "{\"job\":%s}",
                           ask(d, "SELECT id FROM job WHERE kind = $1", S("notice.post")))
                    .ptr);
    run_due(d);
    assert_int_equal(d->mails, 1);
}

static void a_short_text_says_nothing_of_the_matter(void **state)
{
    struct desk *d = *state;
    struct str lan = person_with(d, "lan", ",\"officer\":true,\"phone\":\"+84900000000\"");
    (void)t_act(&d->t, "lan", "notices.set", "{\"sms\":\"each\"}");
    struct owing o = work_of_minh(d, "2026-11-20");
    o.owner = str_format(d->t.arena, "p:%.*s", STR_ARG(lan)).ptr;
    owe(d, &o);
    run_due(d);
    assert_int_equal(d->texts, 1);
    assert_string_equal(d->sms[0].to, "+84900000000");
    assert_null(strstr(d->sms[0].text, "phối hợp công tác"));
    assert_true(strlen(d->sms[0].text) < 160);
}

/* ---- no deadline passes silently ---- */

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Works are opened, moved and done at random while clocks jump and the office stops: whoever still
 * owes a late work was told of it, once for each step and date. */
static void no_deadline_passes_silently(void **state)
{
    struct desk *d = *state;
    enum { WORKS = 24, DAYS = 40 };
    struct owing works[WORKS];
    bool done[WORKS] = {};
    uint64_t seed = 20261125;
    for (int i = 0; i < WORKS; i++) {
        works[i] = work_of_minh(d, "2026-12-01");
        works[i].due_ms += (int64_t)(next_random(&seed) % 20) * TIME_DAY_MS;
        owe(d, &works[i]);
    }
    int64_t end_ms = d->t.now_ms + DAYS * TIME_DAY_MS;
    while (d->t.now_ms < end_ms) {
        int k = (int)(next_random(&seed) % WORKS);
        uint64_t what = next_random(&seed) % 12;
        if (what == 0 && !done[k]) {
            works[k].settles = done[k] = true;
            owe(d, &works[k]);
        } else if (what == 1 && !done[k] && d->t.now_ms < end_ms - 15 * TIME_DAY_MS) {
            works[k].due_ms += TIME_DAY_MS;
            works[k].n++;
            owe(d, &works[k]);
        } else if (what == 2) {
            t_office_restart(&d->t);
            begin(d);
        } else if (what == 3) {
            d->t.now_ms += TIME_DAY_MS; /* the clock is wrong for a moment */
            run_due(d);
            d->t.now_ms -= TIME_DAY_MS;
        }
        run_due(d);
        d->t.now_ms += (int64_t)(next_random(&seed) % 24 + 1) * HOUR_MS;
        if (next_random(&seed) % 10 == 0) d->t.now_ms += TIME_DAY_MS; /* stood still */
    }
    run_due(d);
    assert_string_equal(ask(d,
                            "SELECT count(*) FROM obligation o WHERE o.settled_ms IS NULL"
                            " AND o.due_ms < 1798000000000 AND NOT EXISTS (SELECT 1 FROM notice n"
                            " WHERE n.person = $1 AND n.about = o.about AND n.due_ms = o.due_ms"
                            " AND n.step IN ('late_1', 'late_3', 'late_7'))",
                            d->minh),
                        "0");
    assert_string_equal(ask(d,
                            "SELECT count(*) FROM (SELECT 1 AS one FROM notice WHERE person = $1"
                            " GROUP BY about, step, due_ms HAVING count(*) > 1) twice",
                            d->minh),
                        "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_step_comes_once_and_within_a_minute, setup, teardown),
        cmocka_unit_test_setup_teardown(a_restart_repeats_nothing_and_forgets_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_newest_step_speaks_for_those_missed_while_stopped,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_jumps_forward_and_back_doubles_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_clock_set_back_a_day_stops_no_reminder, setup, teardown),
        cmocka_unit_test_setup_teardown(work_that_is_done_is_not_reminded_of, setup, teardown),
        cmocka_unit_test_setup_teardown(a_date_that_moves_takes_the_ladder_along, setup, teardown),
        cmocka_unit_test_setup_teardown(work_that_comes_late_is_told_as_late, setup, teardown),
        cmocka_unit_test_setup_teardown(a_short_term_skips_the_steps_before_it_came, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_named_head_and_then_the_chief_hear_of_late_work, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_owes_something_does_not_leave_and_is_reminded, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_comes_in_a_leaver_s_name_reaches_the_chief, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_waits_for_another_office_hears_when_it_is_late, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_stands_in_hears_what_the_absent_person_is_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_stands_reminds_of_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reminder_leaves_by_mail_in_office_hours, setup, teardown),
        cmocka_unit_test_setup_teardown(letters_about_one_record_share_subject_and_thread, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(at_night_nothing_leaves_and_the_morning_brings_one_bulletin,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(most_urgent_work_passes_the_night, setup, teardown),
        cmocka_unit_test_setup_teardown(beyond_the_days_limit_the_rest_comes_in_one_bulletin, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_was_done_overnight_is_left_out_of_the_bulletin, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_mail_server_that_is_away_gets_everything_later_once,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_letter_that_never_goes_is_told_to_the_administrator,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_short_text_says_nothing_of_the_matter, setup, teardown),
        cmocka_unit_test_setup_teardown(no_deadline_passes_silently, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
