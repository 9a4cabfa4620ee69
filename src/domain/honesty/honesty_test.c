#include "honesty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "base/time.h"
#include "core/job.h"
#include "core/obligation.h"
#include "core/office.h"
#include "core/substitute.h"
#include "t.h"

enum { HOUR = 3600 * 1000, MINUTE = 60 * 1000 };
static const int64_t DAY = (int64_t)24 * HOUR;

/* Wednesday 25/11/2026 09:00. */
struct desk {
    struct t_office t;
    struct t_office peer;
    struct str unit;
    struct str other;
    struct str minh;
    struct str lan;
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct t_office *t = &desk->t;
    t_office_open(t, "VPCP");
    t_office_open(&desk->peer, "VPQH");
    t_peers(t, &desk->peer);
    desk->unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Dự thảo\"}").record;
    desk->other = t_act(t, "admin", "office.add_unit", "{\"name\":\"Tổng hợp\"}").record;
    desk->minh = t_person(t, "minh", ROLE_OFFICER);
    desk->lan = t_person(t, "lan", ROLE_LEADER);
    (void)t_person(t, "chanh", ROLE_CHIEF);
    *state = desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    t_office_close(&desk->t);
    t_office_close(&desk->peer);
    free(desk);
    return 0;
}

static const char *peer(struct desk *desk)
{
    return str_format(desk->t.arena, "o:%.*s", STR_ARG(desk->peer.office.id)).ptr;
}

static const char *minh(struct desk *desk)
{
    return str_format(desk->t.arena, "p:%.*s", STR_ARG(desk->minh)).ptr;
}

static struct t_owed owe(struct desk *desk, const char *owner, const char *key, int64_t due_ms)
{
    struct t_owed owed = {
        .about = desk->unit, .owner = owner, .key = key, .title = key, .due_ms = due_ms};
    t_owe(&desk->t, &owed);
    return owed;
}

/* One step of a test's own, in a transaction. */
struct step {
    struct desk *desk;
    struct t_owed owed;
    struct str by;
    int64_t n;
    int64_t paused_day;
};

static void in_tx(struct step *step, enum err (*fn)(struct call *c, void *arg))
{
    struct call c = t_call(&step->desk->t, NULL);
    assert_int_equal(store_tx(&c, fn, step), OK);
    call_end(&c);
}

/* The work is done, as another record shows. */
static enum err answer_step(struct call *c, void *arg)
{
    const struct step *step = arg;
    struct version v = {.record = step->by, .n = 1, .time_ms = c->now_ms};
    return obligation_settle(c, &v, step->owed.about, "office.test", str_of(step->owed.key));
}

static void answer(struct desk *desk, struct t_owed owed)
{
    struct step step = {.desk = desk, .owed = owed, .by = desk->minh};
    in_tx(&step, answer_step);
}

/* A later version of the record that set the date sets another one. */
static enum err move_step(struct call *c, void *arg)
{
    const struct step *step = arg;
    struct version v = {.record = step->owed.about, .n = step->n, .time_ms = c->now_ms};
    const struct obligation_limit limit = {.due_day = time_hanoi_day(step->owed.due_ms),
                                           .due_ms = step->owed.due_ms,
                                           .paused_day = step->paused_day,
                                           .moved_reason = S("Chờ ý kiến")};
    return obligation_limit(c, &v, step->owed.about, "office.test", str_of(step->owed.key), &limit);
}

static void move(struct desk *desk, struct t_owed owed, int64_t n, int64_t due_ms)
{
    struct step step = {.desk = desk, .owed = owed, .n = n};
    step.owed.due_ms = due_ms;
    in_tx(&step, move_step);
}

static void pause_at(struct desk *desk, struct t_owed owed, int64_t n)
{
    struct step step = {
        .desk = desk, .owed = owed, .n = n, .paused_day = time_hanoi_day(desk->t.now_ms)};
    in_tx(&step, move_step);
}

/* The jobs of the moment, as a worker's thread runs them. */
static void work(struct desk *desk)
{
    struct job_worker worker = {};
    for (int turn = 0; turn < 20; turn++) {
        struct call c = t_call(&desk->t, NULL);
        int64_t wake_ms = 0;
        if (turn == 0) assert_int_equal(job_begin(&c), OK);
        assert_int_equal(job_turn(&c, &worker, &wake_ms), OK);
        call_end(&c);
        if (wake_ms > desk->t.now_ms) return;
    }
    assert_true(false); /* there is no end to it */
}

/* Goes to 02:00 of a day that is `days` later. */
static void night(struct desk *desk, int64_t days)
{
    int64_t day = time_hanoi_day(desk->t.now_ms) + days;
    desk->t.now_ms = time_hanoi_midnight_ms(day) + 2 * HOUR;
    work(desk);
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static struct str list_as(struct desk *desk, const char *login, const char *rule, const char *state)
{
    struct str json = str_format(desk->t.arena, "{\"rule\":\"%s\",\"state\":\"%s\"}", rule, state);
    if (state[0] == '\0') json = str_format(desk->t.arena, "{\"rule\":\"%s\"}", rule);
    return t_view(&desk->t, login, "honesty.list", json.ptr, NULL);
}

static struct str list(struct desk *desk, const char *rule, const char *state)
{
    return list_as(desk, "chanh", rule, state);
}

static bool is_found(struct desk *desk, const char *rule)
{
    return contains(list(desk, rule, "now"), "\"record\"");
}

/* Asserts that the night found that and nothing else. */
static void assert_only(struct desk *desk, const char *rule)
{
    for (size_t i = 0; HONESTY_RULES[i] != NULL; i++) {
        bool found = is_found(desk, HONESTY_RULES[i]);
        if (found != (strcmp(HONESTY_RULES[i], rule) == 0)) print_message("%s\n", HONESTY_RULES[i]);
        assert_int_equal(found, strcmp(HONESTY_RULES[i], rule) == 0);
    }
}

/* ---- the rules ---- */

static void nothing_is_odd_about_ordinary_work(void **state)
{
    struct desk *desk = *state;
    struct t_owed done = owe(desk, peer(desk), "Một", desk->t.now_ms + 2 * DAY);
    (void)owe(desk, minh(desk), "Hai", desk->t.now_ms + 20 * DAY);
    desk->t.now_ms += HOUR;
    answer(desk, done);
    night(desk, 1);
    assert_only(desk, "");
}

static void work_given_after_its_deadline_is_found(void **state)
{
    struct desk *desk = *state;
    (void)owe(desk, minh(desk), "Một", desk->t.now_ms - 2 * DAY);
    night(desk, 1);
    assert_only(desk, "given_late");
    assert_true(contains(list(desk, "given_late", "now"), "khi hạn đã qua 2 ngày"));
}

static void what_the_asker_ends_alone_has_no_product(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed = owe(desk, peer(desk), "Một", desk->t.now_ms + DAY);
    t_settle(&desk->t, &owed);
    night(desk, 1);
    assert_only(desk, "no_product");
}

static void an_answer_before_it_can_be_read_is_found(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed = owe(desk, peer(desk), "Một", desk->t.now_ms + DAY);
    struct t_owed slower = owe(desk, peer(desk), "Hai", desk->t.now_ms + DAY);
    desk->t.now_ms += MINUTE / 2;
    answer(desk, owed);
    desk->t.now_ms += 3 * MINUTE;
    answer(desk, slower);
    night(desk, 1);
    assert_only(desk, "too_fast");
    assert_true(contains(list(desk, "too_fast", "now"), "Một"));
    assert_false(contains(list(desk, "too_fast", "now"), "Hai"));
}

/* Monday 30/11 is the last working day of November. */
static void a_heap_at_the_end_of_the_month_is_found(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed[10] = {};
    for (size_t i = 0; i < ARRAY_LEN(owed); i++) {
        const char *key = str_format(desk->t.arena, "Việc %zu", i).ptr;
        owed[i] = owe(desk, minh(desk), key, desk->t.now_ms + 20 * DAY);
    }
    desk->t.now_ms = time_hanoi_midnight_ms(time_day_of((struct date){2026, 11, 30})) + 9 * HOUR;
    for (size_t i = 0; i + 1 < ARRAY_LEN(owed); i++)
        answer(desk, owed[i]);
    night(desk, 1);
    assert_false(is_found(desk, "month_end")); /* nine are no heap */
    desk->t.now_ms -= 10 * HOUR;
    answer(desk, owed[9]);
    night(desk, 2);
    assert_only(desk, "month_end");
    assert_true(contains(list(desk, "month_end", "now"), "100% việc trong tháng"));
}

static void work_of_a_role_that_nobody_holds_has_no_lead(void **state)
{
    struct desk *desk = *state;
    (void)owe(desk, "r:registry", "Một", desk->t.now_ms + 20 * DAY);
    (void)owe(desk, "r:leader", "Hai", desk->t.now_ms + 20 * DAY);
    night(desk, 1);
    assert_only(desk, "no_lead");
    assert_false(contains(list(desk, "no_lead", "now"), "Hai"));
    (void)t_person(&desk->t, "thu", ROLE_REGISTRY);
    night(desk, 1);
    assert_only(desk, "");
}

static enum err assign_step(struct call *c, void *arg)
{
    const struct step *step = arg;
    enum err e = grant_assign(c, step->desk->unit, step->desk->minh, step->desk->unit);
    return e != OK ? e : grant_assign(c, step->desk->unit, step->desk->lan, step->desk->other);
}

static void a_record_given_to_two_people_has_two_leads(void **state)
{
    struct desk *desk = *state;
    struct step step = {.desk = desk};
    (void)owe(desk, minh(desk), "Một", desk->t.now_ms + 20 * DAY);
    in_tx(&step, assign_step);
    night(desk, 1);
    assert_only(desk, "two_leads");
    assert_true(contains(list(desk, "two_leads", "now"), "2 người được giao"));
}

static void a_deadline_moved_after_it_passed_is_found(void **state)
{
    struct desk *desk = *state;
    struct t_owed late = owe(desk, minh(desk), "Một", desk->t.now_ms + HOUR);
    struct t_owed in_time = owe(desk, minh(desk), "Hai", desk->t.now_ms + 8 * DAY);
    desk->t.now_ms += 3 * DAY + 2 * HOUR;
    move(desk, late, 2, desk->t.now_ms + 9 * DAY);
    move(desk, in_time, 2, desk->t.now_ms + 9 * DAY);
    night(desk, 1);
    assert_only(desk, "moved_after");
    assert_true(contains(list(desk, "moved_after", "now"), "đã qua 3 ngày"));
    assert_false(contains(list(desk, "moved_after", "now"), "Hai"));
}

static void days_of_a_pause_come_back_without_being_odd(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed = owe(desk, minh(desk), "Một", desk->t.now_ms + 5 * DAY);
    desk->t.now_ms += DAY;
    pause_at(desk, owed, 2);
    desk->t.now_ms += 9 * DAY;
    move(desk, owed, 3, desk->t.now_ms + 4 * DAY);
    night(desk, 1);
    assert_only(desk, "");
}

static void three_moves_are_many(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed = owe(desk, minh(desk), "Một", desk->t.now_ms + 5 * DAY);
    move(desk, owed, 2, desk->t.now_ms + 6 * DAY);
    move(desk, owed, 3, desk->t.now_ms + 7 * DAY);
    night(desk, 1);
    assert_only(desk, "");
    move(desk, owed, 4, desk->t.now_ms + 8 * DAY);
    night(desk, 1);
    assert_only(desk, "moved_often");
}

static void the_same_work_asked_twice_is_found(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed = owe(desk, minh(desk), "Báo cáo quý IV", desk->t.now_ms + 20 * DAY);
    owed.about = desk->other;
    t_owe(&desk->t, &owed);
    night(desk, 1);
    assert_only(desk, "asked_twice");
    assert_true(contains(list(desk, "asked_twice", "now"), "2 việc cùng tên"));
}

static void silence_three_times_is_found_with_all_three(void **state)
{
    struct desk *desk = *state;
    (void)owe(desk, peer(desk), "Một", desk->t.now_ms + HOUR);
    (void)owe(desk, peer(desk), "Hai", desk->t.now_ms + HOUR);
    night(desk, 12);
    assert_only(desk, "");
    struct t_owed third = owe(desk, peer(desk), "Ba", desk->t.now_ms + HOUR);
    desk->t.now_ms += 2 * HOUR;
    t_settle(&desk->t, &third); /* by the asker, who gave up */
    night(desk, 12);
    struct str text = list(desk, "silent", "now");
    assert_true(contains(text, "3 yêu cầu chưa trả lời"));
    assert_true(contains(text, "Một"));
    assert_true(contains(text, "Hai"));
    assert_true(contains(text, "Ba"));
}

static enum err hand_step(struct call *c, void *arg)
{
    const struct step *step = arg;
    struct version v = {.record = step->by, .n = 1, .time_ms = c->now_ms};
    struct succession s = {.giver = str_format(c->arena, "p:%.*s", STR_ARG(step->owed.about)),
                           .record = step->desk->unit,
                           .receiver = str_of(step->owed.owner),
                           .seq = step->n};
    return succession_put(c, &v, &s);
}

static void hand_on(struct desk *desk, struct str giver, struct str receiver, int64_t n)
{
    struct step step = {.desk = desk, .n = n, .by = giver, .owed.about = giver};
    step.owed.owner = str_format(desk->t.arena, "p:%.*s", STR_ARG(receiver)).ptr;
    in_tx(&step, hand_step);
}

static void work_handed_on_three_times_is_found(void **state)
{
    struct desk *desk = *state;
    struct str thu = t_person(&desk->t, "thu", ROLE_OFFICER);
    struct str ha = t_person(&desk->t, "ha", ROLE_OFFICER);
    (void)owe(desk, minh(desk), "Một", desk->t.now_ms + 20 * DAY);
    hand_on(desk, desk->minh, desk->lan, 1);
    hand_on(desk, desk->lan, thu, 2);
    night(desk, 1);
    assert_only(desk, "");
    hand_on(desk, thu, ha, 3);
    night(desk, 1);
    assert_only(desk, "handed_on");
}

static void a_clock_that_stands_for_a_month_is_found(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed = owe(desk, minh(desk), "Một", desk->t.now_ms + 5 * DAY);
    pause_at(desk, owed, 2);
    night(desk, 29);
    assert_only(desk, "");
    night(desk, 3);
    assert_only(desk, "long_pause");
    assert_true(contains(list(desk, "long_pause", "now"), "tạm dừng đã 32 ngày"));
}

static enum err registered_step(struct call *c, void *arg)
{
    const struct step *step = arg;
    return store_exec(c,
                      "INSERT INTO receipt (hash, bytes, record, n, type, office, person, time_ms,"
                      " number, reason, key, received_ms, hand) VALUES ($1, $2, $3, 1, 1, $4, '',"
                      " $5, '15', '', '', $5, 0)",
                      ARGS(TEXT(S("h")), BYTES(S("b")), TEXT(step->desk->unit),
                           TEXT(step->desk->peer.office.id), INT(c->now_ms)),
                      NULL);
}

static void a_document_registered_days_later_is_found(void **state)
{
    struct desk *desk = *state;
    struct step step = {.desk = desk};
    desk->t.now_ms += 4 * DAY;
    in_tx(&step, registered_step);
    night(desk, 1);
    assert_only(desk, "registered_late");
    assert_true(contains(list(desk, "registered_late", "now"), "sau 4 ngày"));
}

/* ---- the nights ---- */

static void it_looks_once_a_night_and_not_before_one(void **state)
{
    struct desk *desk = *state;
    night(desk, 1);
    struct t_owed owed = owe(desk, minh(desk), "Một", desk->t.now_ms - 2 * DAY);
    desk->t.now_ms += 9 * HOUR;
    work(desk);
    assert_false(is_found(desk, "given_late"));
    desk->t.now_ms = time_hanoi_midnight_ms(time_hanoi_day(desk->t.now_ms) + 1) + HOUR / 2;
    work(desk);
    assert_false(is_found(desk, "given_late"));
    desk->t.now_ms += HOUR;
    work(desk);
    assert_true(is_found(desk, "given_late"));
    assert_true(owed.due_ms > 0);
}

static void an_office_that_was_down_looks_when_it_is_up(void **state)
{
    struct desk *desk = *state;
    (void)owe(desk, minh(desk), "Một", desk->t.now_ms - 2 * DAY);
    desk->t.now_ms += 5 * DAY + 5 * HOUR;
    t_office_restart(&desk->t);
    work(desk);
    assert_true(is_found(desk, "given_late"));
}

static void what_is_no_longer_so_stays_in_the_history(void **state)
{
    struct desk *desk = *state;
    (void)owe(desk, "r:registry", "Một", desk->t.now_ms + 20 * DAY);
    night(desk, 1);
    assert_true(contains(list(desk, "no_lead", "new"), "Một"));
    night(desk, 1);
    assert_false(contains(list(desk, "no_lead", "new"), "Một"));
    assert_true(contains(list(desk, "no_lead", "now"), "Một"));
    (void)t_person(&desk->t, "thu", ROLE_REGISTRY);
    night(desk, 1);
    assert_false(contains(list(desk, "no_lead", "now"), "Một"));
    assert_true(contains(list(desk, "no_lead", "gone"), "Một"));
    assert_true(contains(list(desk, "no_lead", ""), "Một"));
    struct str nights = t_view(&desk->t, "chanh", "honesty.nights", "{\"rule\":\"no_lead\"}", NULL);
    assert_true(contains(nights, "26/11/2026"));
    assert_true(contains(nights, "28/11/2026"));
}

static void what_is_old_is_not_gone(void **state)
{
    struct desk *desk = *state;
    (void)owe(desk, minh(desk), "Một", desk->t.now_ms - 2 * DAY);
    night(desk, 1);
    night(desk, 200);
    assert_true(is_found(desk, "given_late"));
}

enum { CROWD = HONESTY_FINDINGS + 1 };

static enum err crowd_step(struct call *c, void *arg)
{
    const struct step *step = arg;
    struct version v = {.record = step->desk->unit, .n = 1, .time_ms = c->now_ms};
    enum err e = OK;
    for (int i = 0; e == OK && i < CROWD; i++) {
        struct str key = str_format(c->arena, "%d", i);
        struct obligation o = {.what = "office.test",
                               .about = step->desk->unit,
                               .owner = S("r:leader"),
                               .creditor = S("r:chief"),
                               .key = key,
                               .due_day = time_hanoi_day(c->now_ms - DAY),
                               .due_ms = c->now_ms - DAY,
                               .title = key};
        e = obligation_open(c, &v, &o);
    }
    return e;
}

static void more_than_a_night_takes_is_said_and_nothing_called_gone(void **state)
{
    struct desk *desk = *state;
    struct step step = {.desk = desk};
    (void)owe(desk, minh(desk), "Cũ nhất", desk->t.now_ms - 3 * DAY);
    night(desk, 1);
    in_tx(&step, crowd_step);
    night(desk, 1);
    struct str nights =
        t_view(&desk->t, "chanh", "honesty.nights", "{\"rule\":\"given_late\"}", NULL);
    assert_true(contains(nights, "hơn 1000"));
    assert_true(contains(t_view(&desk->t, "chanh", "honesty.show", "{}", NULL), "hơn 1001"));
    assert_false(contains(list(desk, "given_late", "gone"), "\"record\""));
}

/* ---- who sees what ---- */

/* Nobody is among its readers any more. */
static enum err hide_step(struct call *c, void *arg)
{
    const struct step *step = arg;
    return store_exec(c, "DELETE FROM audience WHERE record = $1", ARGS(TEXT(step->owed.about)),
                      NULL);
}

static void what_a_reader_may_not_see_stands_without_title(void **state)
{
    struct desk *desk = *state;
    struct t_owed owed = owe(desk, "r:leader", "Tuyệt mật", desk->t.now_ms - DAY);
    struct step step = {.desk = desk, .owed = owed};
    night(desk, 1);
    assert_true(contains(list_as(desk, "lan", "given_late", "now"), "Tuyệt mật"));
    in_tx(&step, hide_step);
    struct str hidden = list_as(desk, "lan", "given_late", "now");
    assert_false(contains(hidden, "Tuyệt mật"));
    assert_true(contains(hidden, "ngoài phạm vi được xem"));
    assert_false(contains(hidden, desk->unit.ptr));
}

static void only_leaders_and_the_chief_may_look(void **state)
{
    struct desk *desk = *state;
    struct str reason = {};
    (void)t_view(&desk->t, "minh", "honesty.show", "{}", &reason);
    assert_true(str_eq(reason, S("grant.role")));
    reason = (struct str){};
    (void)t_view(&desk->t, "minh", "honesty.list", "{}", &reason);
    assert_true(str_eq(reason, S("grant.role")));
}

static void the_page_has_a_line_for_every_rule(void **state)
{
    struct desk *desk = *state;
    (void)owe(desk, minh(desk), "Một", desk->t.now_ms - 2 * DAY);
    struct str before = t_view(&desk->t, "lan", "honesty.show", "{}", NULL);
    assert_true(contains(before, "Chưa có đêm nào"));
    night(desk, 1);
    struct str text = t_view(&desk->t, "lan", "honesty.show", "{}", NULL);
    for (size_t i = 0; HONESTY_RULES[i] != NULL; i++) {
        struct str href =
            str_format(desk->t.arena, "/view/honesty.nights?rule=%s", HONESTY_RULES[i]);
        assert_true(contains(text, href.ptr));
    }
    assert_true(contains(text, "/view/honesty.list?rule=given_late&state=now"));
    assert_false(contains(text, "rule=no_product&state=now")); /* nothing stands behind a zero */
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_is_odd_about_ordinary_work),
        T(work_given_after_its_deadline_is_found),
        T(what_the_asker_ends_alone_has_no_product),
        T(an_answer_before_it_can_be_read_is_found),
        T(a_heap_at_the_end_of_the_month_is_found),
        T(work_of_a_role_that_nobody_holds_has_no_lead),
        T(a_record_given_to_two_people_has_two_leads),
        T(a_deadline_moved_after_it_passed_is_found),
        T(days_of_a_pause_come_back_without_being_odd),
        T(three_moves_are_many),
        T(the_same_work_asked_twice_is_found),
        T(silence_three_times_is_found_with_all_three),
        T(work_handed_on_three_times_is_found),
        T(a_clock_that_stands_for_a_month_is_found),
        T(a_document_registered_days_later_is_found),
        T(it_looks_once_a_night_and_not_before_one),
        T(an_office_that_was_down_looks_when_it_is_up),
        T(what_is_no_longer_so_stays_in_the_history),
        T(what_is_old_is_not_gone),
        T(more_than_a_night_takes_is_said_and_nothing_called_gone),
        T(what_a_reader_may_not_see_stands_without_title),
        T(only_leaders_and_the_chief_may_look),
        T(the_page_has_a_line_for_every_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
