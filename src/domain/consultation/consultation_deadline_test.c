/* The deadline of a round between two offices: moved, stopped, counted again, and what each side
 * keeps and sees of it. */
#include "consultation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/time.h"
#include "core/check.h"
#include "core/obligation.h"
#include "core/office.h"
#include "t.h"

enum { ASKER, GIVER, OTHER, OFFICES };

struct scene {
    struct t_office office[OFFICES];
    struct str officer; /* of the giver */
    struct str request;
    int64_t carried[OFFICES][OFFICES];
};

static const char *const CODES[OFFICES] = {"VPCP", "VPQH", "VPTW"};

static void carry_all(struct scene *s)
{
    for (int from = 0; from < OFFICES; from++) {
        for (int to = 0; to < OFFICES; to++) {
            if (from == to) continue;
            t_carry(&s->office[from], &s->office[to], &s->carried[from][to]);
        }
    }
}

/* Wednesday 25 November 2026; five working days end on 2 December. */
static int setup(void **state)
{
    struct scene *s = test_calloc(1, sizeof *s);
    for (size_t i = 0; i < OFFICES; i++) {
        t_office_open(&s->office[i], CODES[i]);
        struct str officer = t_person(&s->office[i], "can-bo", ROLE_OFFICER);
        if (i == GIVER) s->officer = officer;
        (void)t_person(&s->office[i], "van-thu", ROLE_REGISTRY);
        (void)t_person(&s->office[i], "lanh-dao", ROLE_LEADER);
        for (size_t k = 0; k < i; k++)
            t_peers(&s->office[i], &s->office[k]);
    }
    struct t_office *asker = &s->office[ASKER];
    struct str json =
        str_format(asker->arena,
                   "{\"subject\":\"Dự thảo Quy chế\",\"days\":5,"
                   "\"asked\":[{\"office\":\"%.*s\"},{\"office\":\"%.*s\"}]}",
                   STR_ARG(s->office[GIVER].office.id), STR_ARG(s->office[OTHER].office.id));
    s->request = t_act(asker, "can-bo", "consultation.ask", json.ptr).record;
    carry_all(s);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < OFFICES; i++)
        t_office_close(&s->office[i]);
    test_free(s);
    return 0;
}

static const char *about(struct scene *s, int office, const char *more)
{
    return str_format(s->office[office].arena, "{\"record\":\"%.*s\"%s}", STR_ARG(s->request), more)
        .ptr;
}

static void act(struct scene *s, int office, const char *login, const char *name, const char *more)
{
    (void)t_act(&s->office[office], login, name, about(s, office, more));
    carry_all(s);
}

static void assert_refused(struct scene *s, const char *name, const char *more, const char *reason)
{
    struct str got = t_refused(&s->office[ASKER], "can-bo", name, about(s, ASKER, more));
    assert_string_equal(got.ptr, reason);
}

static struct str look(struct scene *s, int office, const char *login, const char *name,
                       const char *json)
{
    struct call c = t_call(&s->office[office], login);
    const struct field_table *table = module_view(str_of(name))->args;
    void *args = arena_alloc(c.arena, table->size);
    struct view view = {};
    struct sb sb = sb_new(s->office[office].arena, 0);
    assert_int_equal(fields_read(&c, table, str_of(json), UNKNOWN_REFUSE, args), OK);
    assert_int_equal(view_run(&c, str_of(name), args, &view), OK);
    node_json(&sb, view.data);
    call_end(&c);
    return sb_str(&sb);
}

static struct str show(struct scene *s, int office)
{
    return look(s, office, "can-bo", "consultation.show", about(s, office, ""));
}

static struct str today(struct scene *s, int office, const char *login)
{
    return look(s, office, login, "today.today", "{}");
}

static void assert_shows(struct str text, const char *part)
{
    bool there = str_find(text, str_of(part), 0) < text.len;
    if (!there) fail_msg("\"%s\" is not in %.*s", part, STR_ARG(text));
}

static void assert_hides(struct str text, const char *part)
{
    bool there = str_find(text, str_of(part), 0) < text.len;
    if (there) fail_msg("\"%s\" is in %.*s", part, STR_ARG(text));
}

static void assign(struct scene *s, const char *more)
{
    struct str json =
        str_format(s->office[GIVER].arena, ",\"officer\":\"%.*s\"%s", STR_ARG(s->officer), more);
    act(s, GIVER, "van-thu", "consultation.register", "");
    act(s, GIVER, "lanh-dao", "consultation.assign", json.ptr);
}

static void days_pass(struct scene *s, int64_t days)
{
    for (int i = 0; i < OFFICES; i++)
        s->office[i].now_ms += days * TIME_DAY_MS;
}

static void assert_check_is_equal(struct scene *s)
{
    for (int i = 0; i < OFFICES; i++) {
        struct call c = t_call(&s->office[i], NULL);
        struct node *report = node_map(&c);
        struct sb sb = sb_new(c.arena, 0);
        assert_int_equal(check_office(&c, NULL, report), OK);
        node_json(&sb, report);
        if (node_number(report, "equal") == 0) fail_msg("%.*s", STR_ARG(sb_str(&sb)));
        call_end(&c);
    }
}

/* ---- moved ---- */

static void both_dates_and_who_moved_them_stand_at_every_holder(void **state)
{
    struct scene *s = *state;
    act(s, ASKER, "can-bo", "consultation.extend",
        ",\"due_date\":\"2026-12-08\",\"reason\":\"Chờ họp liên ngành\"");
    act(s, ASKER, "lanh-dao", "consultation.extend", ",\"days\":2,\"reason\":\"Chờ số liệu\"");
    for (int i = 0; i < OFFICES; i++) {
        struct str page = show(s, i);
        assert_shows(page, "10/12/2026 17:00"); /* two working days after the 8th */
        assert_shows(page, "08/12/2026 17:00");
        assert_shows(page, "02/12/2026 17:00");
        assert_shows(page, "Chờ họp liên ngành");
        assert_shows(page, "Chờ số liệu");
    }
    assert_shows(today(s, GIVER, "can-bo"), "dời từ 02/12/2026 sang 10/12/2026");
    assert_shows(today(s, ASKER, "can-bo"), "dời từ 02/12/2026 sang 10/12/2026");
    assert_check_is_equal(s);
}

static void one_office_may_get_more_time_alone(void **state)
{
    struct scene *s = *state;
    struct str more = str_format(s->office[ASKER].arena,
                                 ",\"days\":3,\"offices\":[{\"office\":\"%.*s\"}],\"reason\":\"x\"",
                                 STR_ARG(s->office[GIVER].office.id));
    act(s, ASKER, "can-bo", "consultation.extend", more.ptr);
    assert_shows(today(s, GIVER, "can-bo"), "dời từ 02/12/2026 sang 07/12/2026");
    assert_hides(today(s, OTHER, "can-bo"), "07/12/2026");
    assert_shows(show(s, ASKER), "Trả lời xin ý kiến (VPQH)"); /* whose deadline it was */
    /* time for all takes in what lies before it */
    act(s, ASKER, "can-bo", "consultation.extend", ",\"due_date\":\"2026-12-09\",\"reason\":\"y\"");
    assert_shows(today(s, GIVER, "can-bo"), "sang 09/12/2026");
    assert_shows(today(s, OTHER, "can-bo"), "dời từ 02/12/2026 sang 09/12/2026");
    assert_check_is_equal(s);
}

static void a_move_that_makes_no_sense_is_refused(void **state)
{
    struct scene *s = *state;
    assert_refused(s, "consultation.extend", ",\"reason\":\"x\"", "consultation.due_or_days");
    assert_refused(s, "consultation.extend",
                   ",\"due_date\":\"2026-12-08\",\"days\":1,\"reason\":\"x\"",
                   "consultation.due_or_days");
    struct str stranger = str_format(
        s->office[ASKER].arena, ",\"days\":3,\"offices\":[{\"office\":\"%.*s\"}],\"reason\":\"x\"",
        STR_ARG(s->office[ASKER].office.id));
    assert_refused(s, "consultation.extend", stranger.ptr, "consultation.not_asked");
    assert_refused(s, "consultation.extend", ",\"days\":3", "field.required");
}

/* ---- several limits ---- */

static void the_earliest_limit_drives_and_all_are_shown(void **state)
{
    struct scene *s = *state;
    assign(s, ",\"due_date\":\"2026-11-30\"");
    assert_shows(today(s, GIVER, "can-bo"), "30/11/2026");
    struct str page = show(s, GIVER);
    assert_shows(page, "Hạn nội bộ");
    assert_shows(page, "Hạn được giao");
    assert_shows(page, "30/11/2026 17:00");
    assert_shows(page, "02/12/2026 17:00");
    assert_hides(show(s, ASKER), "30/11/2026"); /* theirs alone */
    assert_check_is_equal(s);
}

static void a_move_by_the_asker_reaches_the_officer_without_assigning_again(void **state)
{
    struct scene *s = *state;
    assign(s, "");
    act(s, ASKER, "can-bo", "consultation.extend",
        ",\"due_date\":\"2026-12-08\",\"reason\":\"Chờ họp\"");
    struct str page = today(s, GIVER, "can-bo");
    assert_shows(page, "consultation.draft");
    assert_hides(page, "thứ Tư 02/12/2026 17:00");
    assert_check_is_equal(s);
}

static void the_law_s_limit_stands_beside_the_given_one_and_bounds_it(void **state)
{
    struct scene *s = *state;
    struct t_office *asker = &s->office[ASKER];
    struct str json = str_format(asker->arena,
                                 "{\"subject\":\"Có luật\",\"days\":5,"
                                 "\"legal_date\":\"2026-12-10\",\"legal_basis\":\"Luật X, Điều 1\","
                                 "\"asked\":[{\"office\":\"%.*s\"}]}",
                                 STR_ARG(s->office[GIVER].office.id));
    s->request = t_act(asker, "can-bo", "consultation.ask", json.ptr).record;
    carry_all(s);
    struct str page = show(s, GIVER);
    assert_shows(page, "Hạn theo luật");
    assert_shows(page, "10/12/2026 17:00");
    assert_shows(page, "Luật X, Điều 1");
    assert_refused(s, "consultation.extend", ",\"due_date\":\"2026-12-11\",\"reason\":\"x\"",
                   "consultation.after_legal");
    act(s, ASKER, "can-bo", "consultation.extend", ",\"due_date\":\"2026-12-10\",\"reason\":\"x\"");
    assert_check_is_equal(s);
}

/* ---- the clock stands ---- */

static void a_stopped_clock_is_due_on_no_day_and_counts_on_afterwards(void **state)
{
    struct scene *s = *state;
    assign(s, "");
    days_pass(s, 2); /* Friday 27: one of five days is over */
    act(s, ASKER, "can-bo", "consultation.pause",
        ",\"category\":\"more_papers\",\"reason\":\"Thiếu phụ lục\"");
    assert_shows(show(s, GIVER), "Tạm dừng từ 27/11/2026");
    assert_shows(today(s, GIVER, "can-bo"), "Tạm dừng từ 27/11/2026");
    assert_shows(today(s, ASKER, "can-bo"), "Tạm dừng từ 27/11/2026");
    assert_check_is_equal(s);
    days_pass(s, 11); /* Tuesday 8 December: long after the old deadline, and nobody is late */
    assert_hides(today(s, GIVER, "can-bo"), "\"late\":true");
    act(s, ASKER, "can-bo", "consultation.resume", "");
    /* 26 November was the first day; 9, 10, 11 and 14 December are the other four */
    struct str page = show(s, GIVER);
    assert_shows(page, "14/12/2026 17:00");
    assert_shows(page, "Chờ bổ sung hồ sơ");
    assert_shows(page, "Thiếu phụ lục");
    assert_shows(page, "workday.paused"); /* in the receipt, day by day */
    assert_shows(today(s, GIVER, "can-bo"), "dời từ 02/12/2026 sang 14/12/2026");
    assert_check_is_equal(s);
}

static void a_round_may_be_stopped_more_than_once(void **state)
{
    struct scene *s = *state;
    days_pass(s, 1);
    act(s, ASKER, "can-bo", "consultation.pause", ",\"category\":\"agreed\",\"reason\":\"a\"");
    act(s, ASKER, "can-bo", "consultation.resume", ""); /* the same day: it does not count */
    days_pass(s, 1);
    act(s, ASKER, "can-bo", "consultation.pause",
        ",\"category\":\"force_majeure\",\"reason\":\"b\"");
    days_pass(s, 3);
    act(s, ASKER, "can-bo", "consultation.resume", "");
    /* 26, 27 and 30 November stood still: 1, 2, 3, 4 and 7 December */
    assert_shows(show(s, OTHER), "07/12/2026 17:00");
    act(s, ASKER, "can-bo", "consultation.extend", ",\"days\":1,\"reason\":\"c\"");
    struct str page = show(s, OTHER);
    assert_shows(page, "08/12/2026 17:00");
    assert_shows(page, "\\\"pauses\\\"");
    assert_check_is_equal(s);
}

static void a_pause_that_makes_no_sense_is_refused(void **state)
{
    struct scene *s = *state;
    assert_refused(s, "consultation.resume", "", "consultation.not_paused");
    assert_refused(s, "consultation.pause", ",\"category\":\"agreed\",\"reason\":\"x\"",
                   "pause.before_event");
    days_pass(s, 2);
    assert_refused(s, "consultation.pause", ",\"reason\":\"x\"", "field.required");
    assert_refused(s, "consultation.pause", ",\"category\":\"lazy\",\"reason\":\"x\"",
                   "field.choice");
    assert_refused(s, "consultation.pause",
                   ",\"category\":\"agreed\",\"reason\":\"x\",\"from_date\":\"2026-11-28\"",
                   "pause.future");
    act(s, ASKER, "can-bo", "consultation.pause", ",\"category\":\"agreed\",\"reason\":\"x\"");
    assert_refused(s, "consultation.pause", ",\"category\":\"agreed\",\"reason\":\"x\"",
                   "consultation.paused");
    assert_refused(s, "consultation.extend", ",\"days\":1,\"reason\":\"x\"", "consultation.paused");
    assert_refused(s, "consultation.resume", ",\"to_date\":\"2026-11-26\"", "pause.ends_before");
    act(s, ASKER, "can-bo", "consultation.resume", "");
    days_pass(s, 1);
    assert_refused(s, "consultation.pause",
                   ",\"category\":\"agreed\",\"reason\":\"x\",\"from_date\":\"2026-11-26\"",
                   "pause.before_last");
    days_pass(s, 20);
    assert_refused(s, "consultation.pause", ",\"category\":\"agreed\",\"reason\":\"x\"",
                   "consultation.pause_late");
}

static void who_is_silent_while_the_clock_stands_is_not_late(void **state)
{
    struct scene *s = *state;
    days_pass(s, 1);
    act(s, ASKER, "can-bo", "consultation.pause", ",\"category\":\"agreed\",\"reason\":\"x\"");
    days_pass(s, 30);
    assert_hides(show(s, ASKER), "Quá hạn");
    act(s, ASKER, "can-bo", "consultation.close", "");
    assert_hides(today(s, GIVER, "can-bo"), "consultation.answer");
    assert_check_is_equal(s);
}

/* ---- made anew ---- */

static enum err forget(struct call *c, void *arg)
{
    static const char *const SQL[] = {"DELETE FROM obligation", "DELETE FROM obligation_limit",
                                      "DELETE FROM obligation_move",
                                      "DELETE FROM projection WHERE name = 'obligation.edition'"};
    enum err e = OK;
    (void)arg;
    for (size_t i = 0; e == OK && i < ARRAY_LEN(SQL); i++)
        e = store_exec(c, SQL[i], NO_ARGS, NULL);
    return e;
}

static void an_office_of_an_older_edition_makes_its_limits_anew_once(void **state)
{
    struct scene *s = *state;
    assign(s, ",\"due_date\":\"2026-11-30\"");
    act(s, ASKER, "can-bo", "consultation.extend", ",\"days\":2,\"reason\":\"Chờ số liệu\"");
    struct str before = today(s, GIVER, "can-bo");
    struct str history = show(s, GIVER);
    for (int i = 0; i < OFFICES; i++) {
        struct call c = t_call(&s->office[i], NULL);
        assert_int_equal(store_tx(&c, forget, NULL), OK);
        assert_int_equal(office_remake(&c), OK);
        assert_int_equal(office_remake(&c), OK);
        call_end(&c);
    }
    assert_true(str_eq(before, today(s, GIVER, "can-bo")));
    assert_true(str_eq(history, show(s, GIVER)));
    assert_check_is_equal(s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(both_dates_and_who_moved_them_stand_at_every_holder),
        CASE(one_office_may_get_more_time_alone),
        CASE(a_move_that_makes_no_sense_is_refused),
        CASE(the_earliest_limit_drives_and_all_are_shown),
        CASE(a_move_by_the_asker_reaches_the_officer_without_assigning_again),
        CASE(the_law_s_limit_stands_beside_the_given_one_and_bounds_it),
        CASE(a_stopped_clock_is_due_on_no_day_and_counts_on_afterwards),
        CASE(a_round_may_be_stopped_more_than_once),
        CASE(a_pause_that_makes_no_sense_is_refused),
        CASE(who_is_silent_while_the_clock_stands_is_not_late),
        CASE(an_office_of_an_older_edition_makes_its_limits_anew_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
