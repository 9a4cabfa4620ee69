/* What subjects make of each other's facts: a decision of the calendar and the deadlines of a round
 * between two offices. The modules know nothing of each other. */
#include "base/time.h"
#include "core/check.h"
#include "core/office.h"
#include "t.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h> /* after ours: it takes the name fail */

enum { ASKER, GIVER, OFFICES };

struct scene {
    struct t_office office[OFFICES];
    struct str request;
    int64_t carried[OFFICES];
};

static int64_t day_of(const char *iso)
{
    int64_t day = 0;
    assert_true(time_parse_day(str_of(iso), &day));
    return day;
}

static void refresh(struct t_office *t)
{
    struct call c = t_call(t, NULL);
    assert_int_equal(office_refresh(&c, &t->office, t->arena), OK);
    call_end(&c);
}

static void carry(struct scene *s)
{
    t_carry(&s->office[ASKER], &s->office[GIVER], &s->carried[ASKER]);
    t_carry(&s->office[GIVER], &s->office[ASKER], &s->carried[GIVER]);
}

static void ask(struct scene *s, int days)
{
    struct t_office *asker = &s->office[ASKER];
    struct str json = str_format(asker->arena,
                                 "{\"subject\":\"Dự thảo\",\"days\":%d,"
                                 "\"asked\":[{\"office\":\"%.*s\"}]}",
                                 days, STR_ARG(s->office[GIVER].office.id));
    s->request = t_act(asker, "can-bo", "consultation.ask", json.ptr).record;
    carry(s);
}

/* Monday 1 February 2027, 09:00: Tet is near and its window not decided. */
static int setup(void **state)
{
    struct scene *s = test_calloc(1, sizeof *s);
    t_office_open(&s->office[ASKER], "VPCP");
    t_office_open(&s->office[GIVER], "VPQH");
    t_peers(&s->office[ASKER], &s->office[GIVER]);
    for (int i = 0; i < OFFICES; i++) {
        (void)t_person(&s->office[i], "can-bo", ROLE_OFFICER);
        (void)t_person(&s->office[i], "chanh-vp", ROLE_CHIEF);
        s->office[i].now_ms = time_hanoi_midnight_ms(day_of("2027-02-01")) + 9 * 3600 * 1000;
        refresh(&s->office[i]);
    }
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < OFFICES; i++)
        t_office_close(&s->office[i]);
    test_free(s);
    return 0;
}

static struct str look(struct t_office *t, const char *login, const char *name, const char *json)
{
    struct call c = t_call(t, login);
    const struct field_table *table = module_view(str_of(name))->args;
    void *args = table == NULL ? NULL : arena_alloc(c.arena, table->size);
    struct view view = {};
    struct sb sb = sb_new(t->arena, 0);
    if (table != NULL) {
        assert_int_equal(fields_read(&c, table, str_of(json), UNKNOWN_REFUSE, args), OK);
    }
    assert_int_equal(view_run(&c, str_of(name), args, &view), OK);
    node_json(&sb, view.data);
    call_end(&c);
    return sb_str(&sb);
}

static bool shows(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static void decide(struct scene *s, const char *day, const char *rest)
{
    struct t_office *t = &s->office[ASKER];
    struct str json =
        str_format(t->arena, "{\"number\":\"9/TB\",\"days\":[{\"day\":\"%s\",%s}]}", day, rest);
    (void)t_act(t, "admin", "holidays.decide", json.ptr);
}

static void assert_check_is_equal(struct scene *s)
{
    for (int i = 0; i < OFFICES; i++) {
        struct call c = t_call(&s->office[i], NULL);
        struct node *report = node_map(&c);
        assert_int_equal(check_office(&c, NULL, report), OK);
        assert_int_equal(node_number(report, "equal"), 1);
        call_end(&c);
    }
}

static void a_day_off_decided_late_moves_the_open_deadlines_and_tells_the_holders(void **state)
{
    struct scene *s = *state;
    struct t_office *asker = &s->office[ASKER];
    struct t_office *giver = &s->office[GIVER];
    ask(s, 3); /* 2, 3 and 4 February */
    decide(s, "2027-02-03", "\"kind\":\"off\",\"reason\":\"decision\"");
    /* fixed under a named calendar: nothing moves by itself */
    assert_true(shows(look(giver, "can-bo", "today.today", "{}"), "04/02/2027"));
    assert_true(shows(look(asker, "chanh-vp", "holidays.moved", "{}"), "\"count\":1"));
    (void)t_act(asker, "chanh-vp", "holidays.move_deadlines", "{\"number\":\"9/TB\"}");
    carry(s);
    /* 2, 4 February, then Tet by the law until the 11th */
    struct str theirs = look(giver, "can-bo", "today.today", "{}");
    assert_true(shows(theirs, "dời từ 04/02/2027 sang 12/02/2027"));
    struct str json = str_format(giver->arena, "{\"record\":\"%.*s\"}", STR_ARG(s->request));
    struct str page = look(giver, "can-bo", "consultation.show", json.ptr);
    assert_true(shows(page, "Lịch nghỉ thay đổi theo 9/TB"));
    assert_true(shows(page, "04/02/2027 17:00"));
    assert_true(shows(page, "vn-2026.1+1")); /* the receipt names the calendar */
    assert_true(shows(look(asker, "chanh-vp", "holidays.moved", "{}"), "\"count\":0"));
    assert_check_is_equal(s);
}

static void a_decision_may_also_bring_a_deadline_forward(void **state)
{
    struct scene *s = *state;
    struct t_office *asker = &s->office[ASKER];
    ask(s, 4); /* 2, 3, 4, and the first day after Tet by the law */
    assert_true(shows(look(asker, "can-bo", "today.today", "{}"), "12/02/2027"));
    decide(s, "2027-02-08", "\"kind\":\"off\",\"reason\":\"holiday\",\"holiday\":\"tet\"");
    (void)t_act(asker, "chanh-vp", "holidays.move_deadlines", "{\"number\":\"9/TB\"}");
    carry(s);
    assert_true(shows(look(&s->office[GIVER], "can-bo", "today.today", "{}"),
                      "dời từ 12/02/2027 sang 05/02/2027"));
    assert_check_is_equal(s);
}

static void only_a_named_decision_moves_and_only_what_lies_elsewhere(void **state)
{
    struct scene *s = *state;
    struct t_office *asker = &s->office[ASKER];
    ask(s, 3);
    assert_string_equal(
        t_refused(asker, "chanh-vp", "holidays.move_deadlines", "{\"number\":\"9/TB\"}").ptr,
        "holidays.number_unknown");
    decide(s, "2027-06-30", "\"kind\":\"off\",\"reason\":\"decision\"");
    assert_string_equal(
        t_refused(asker, "chanh-vp", "holidays.move_deadlines", "{\"number\":\"9/TB\"}").ptr,
        "holidays.nothing_to_move");
    assert_string_equal(
        t_refused(asker, "can-bo", "holidays.move_deadlines", "{\"number\":\"9/TB\"}").ptr,
        "grant.role");
}

static void the_asker_s_own_week_counts_from_then_on_and_stands_in_the_receipt(void **state)
{
    struct scene *s = *state;
    struct t_office *asker = &s->office[ASKER];
    (void)t_act(asker, "admin", "holidays.set_week",
                "{\"from_date\":\"2027-02-01\",\"basis\":\"15/QĐ-VP\",\"open\":["
                "{\"weekday\":\"monday\",\"morning_from\":\"07:30\",\"morning_to\":\"11:30\"},"
                "{\"weekday\":\"thursday\",\"morning_from\":\"07:30\",\"morning_to\":\"11:30\"}]}");
    ask(s, 1); /* Tuesday is closed: Thursday 4 February */
    struct str json = str_format(asker->arena, "{\"record\":\"%.*s\"}", STR_ARG(s->request));
    struct str page = look(&s->office[GIVER], "can-bo", "consultation.show", json.ptr);
    assert_true(shows(page, "04/02/2027 17:00"));
    assert_true(shows(page, "vn-2026.1+1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_day_off_decided_late_moves_the_open_deadlines_and_tells_the_holders),
        TEST(a_decision_may_also_bring_a_deadline_forward),
        TEST(only_a_named_decision_moves_and_only_what_lies_elsewhere),
        TEST(the_asker_s_own_week_counts_from_then_on_and_stands_in_the_receipt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
