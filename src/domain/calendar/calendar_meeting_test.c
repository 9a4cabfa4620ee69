#include "calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "core/check.h"
#include "t.h"

/* The first office calls a meeting of its own leader and one of the second office. */
struct two {
    struct t_office a;
    struct t_office b;
    struct str ours;
    struct str theirs;
    struct str meeting;
    int64_t from_a;
    int64_t from_b;
};

static void carry(struct two *two)
{
    for (size_t i = 0; i < 4; i++) { /* an answer may cause an answer */
        t_carry(&two->a, &two->b, &two->from_a);
        t_carry(&two->b, &two->a, &two->from_b);
    }
}

static const char *id(struct str s)
{
    return s.ptr;
}

static int open_two(void **state)
{
    struct two *two = calloc(1, sizeof *two);
    t_office_open(&two->a, "VPCP");
    t_office_open(&two->b, "VPQH");
    t_peers(&two->a, &two->b);
    (void)t_person(&two->a, "thuky", ROLE_SECRETARY);
    (void)t_person(&two->b, "thuky", ROLE_SECRETARY);
    two->ours = t_act(&two->a, "thuky", "calendar.open",
                      "{\"name\":\"Phó Thủ tướng\",\"type\":\"official\"}")
                    .record;
    two->theirs = t_act(&two->b, "thuky", "calendar.open",
                        str_format(two->b.arena,
                                   "{\"name\":\"Phó Chủ tịch\",\"type\":\"official\","
                                   "\"offices\":[{\"office\":\"%.*s\"}]}",
                                   STR_ARG(two->a.office.id))
                            .ptr)
                      .record;
    carry(two);
    two->meeting =
        t_act(&two->a, "thuky", "calendar.meet",
              str_format(two->a.arena,
                         "{\"title\":\"Giao ban\",\"from\":\"2026-11-26T02:00:00.000Z\",\"to\":"
                         "\"2026-11-26T03:00:00.000Z\",\"asked\":[{\"resource\":\"%s\"},"
                         "{\"resource\":\"%s\"}]}",
                         id(two->ours), id(two->theirs))
                  .ptr)
            .record;
    carry(two);
    *state = two;
    return 0;
}

static int close_two(void **state)
{
    struct two *two = *state;
    t_office_close(&two->a);
    t_office_close(&two->b);
    free(two);
    return 0;
}

static struct str answer(struct two *two, struct t_office *t, struct str calendar, const char *how)
{
    return t_act(t, "thuky", "calendar.answer",
                 str_format(t->arena,
                            "{\"record\":\"%s\",\"resource\":\"%s\",\"answer\":\"%s\","
                            "\"reason\":\"Theo lịch\"}",
                            id(two->meeting), id(calendar), how)
                     .ptr)
        .record;
}

static const char *about(struct two *two, struct str record, const char *more)
{
    return str_format(two->a.arena, "{\"record\":\"%s\"%s}", id(record), more).ptr;
}

static struct str state_in(struct t_office *t, struct str record)
{
    struct str page = t_view(t, "thuky", "calendar.booking",
                             str_format(t->arena, "{\"record\":\"%s\"}", id(record)).ptr, NULL);
    static const char *const WORDS[] = {"Giữ chỗ", "Đã hứa", "Đã chốt", "Đã hủy"};
    for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
        struct str found = str_format(t->arena, "\"text\":\"%s\",\"tone\"", WORDS[i]);
        if (str_find(page, found, 0) < page.len) return str_of(WORDS[i]);
    }
    return page;
}

#define IS(text, expected) assert_string_equal(str_zero(two->a.arena, text), expected)

static void a_meeting_is_decided_once_all_have_promised(void **state)
{
    struct two *two = *state;
    struct str ours = answer(two, &two->a, two->ours, "promise");
    assert_string_equal(
        t_refused(&two->a, "thuky", "calendar.settle", about(two, two->meeting, "")).ptr,
        "calendar.not_promised");
    struct str theirs = answer(two, &two->b, two->theirs, "hold");
    carry(two);
    assert_string_equal(
        t_refused(&two->a, "thuky", "calendar.settle", about(two, two->meeting, "")).ptr,
        "calendar.not_promised");
    (void)answer(two, &two->b, two->theirs, "promise");
    assert_string_equal(t_refused(&two->b, "thuky", "calendar.decide", about(two, theirs, "")).ptr,
                        "calendar.organiser_decides");
    carry(two);
    (void)t_act(&two->a, "thuky", "calendar.settle", about(two, two->meeting, ""));
    IS(state_in(&two->a, ours), "Đã chốt");
    IS(state_in(&two->b, theirs), "Đã hứa"); /* the decision is on its way */
    carry(two);
    IS(state_in(&two->b, theirs), "Đã chốt");
    IS(state_in(&two->a, theirs), "Đã chốt"); /* the copy here */
}

static void a_promise_taken_back_while_the_decision_travels_undoes_it_everywhere(void **state)
{
    struct two *two = *state;
    struct str ours = answer(two, &two->a, two->ours, "promise");
    struct str theirs = answer(two, &two->b, two->theirs, "promise");
    carry(two);
    (void)t_act(&two->a, "thuky", "calendar.settle", about(two, two->meeting, ""));
    (void)t_act(&two->b, "thuky", "calendar.cancel",
                about(two, theirs, ",\"reason\":\"Việc đột xuất\""));
    IS(state_in(&two->a, ours), "Đã chốt");
    carry(two);
    IS(state_in(&two->a, ours), "Đã hứa");
    IS(state_in(&two->a, theirs), "Đã hủy");
    IS(state_in(&two->b, theirs), "Đã hủy");
    struct str again = answer(two, &two->b, two->theirs, "promise");
    carry(two);
    (void)t_act(&two->a, "thuky", "calendar.settle", about(two, two->meeting, ""));
    carry(two);
    IS(state_in(&two->a, ours), "Đã chốt");
    IS(state_in(&two->b, again), "Đã chốt");
}

static void calling_it_off_gives_everybody_the_time_back(void **state)
{
    struct two *two = *state;
    struct str ours = answer(two, &two->a, two->ours, "promise");
    struct str theirs = answer(two, &two->b, two->theirs, "promise");
    carry(two);
    (void)t_act(&two->a, "thuky", "calendar.call_off",
                about(two, two->meeting, ",\"reason\":\"Hoãn\""));
    carry(two);
    IS(state_in(&two->a, ours), "Đã hủy");
    IS(state_in(&two->b, theirs), "Đã hủy");
    (void)t_act(&two->b, "thuky", "calendar.book",
                str_format(two->b.arena,
                           "{\"record\":\"%s\",\"title\":\"Khác\",\"from\":"
                           "\"2026-11-26T02:00:00.000Z\",\"to\":\"2026-11-26T03:00:00.000Z\"}",
                           id(two->theirs))
                    .ptr);
}

static void a_promise_without_decision_stands_among_what_is_owed(void **state)
{
    struct two *two = *state;
    (void)answer(two, &two->b, two->theirs, "promise");
    carry(two);
    struct str page = t_view(&two->b, "thuky", "today.today", "{}", NULL);
    assert_true(str_find(page, S("Chốt cuộc họp đã có lời hứa"), 0) < page.len);
    (void)answer(two, &two->a, two->ours, "promise");
    (void)t_act(&two->a, "thuky", "calendar.settle", about(two, two->meeting, ""));
    carry(two);
    page = t_view(&two->b, "thuky", "today.today", "{}", NULL);
    assert_false(str_find(page, S("Chốt cuộc họp đã có lời hứa"), 0) < page.len);
}

static void both_offices_can_rebuild_what_they_hold(void **state)
{
    struct two *two = *state;
    (void)answer(two, &two->a, two->ours, "promise");
    (void)answer(two, &two->b, two->theirs, "promise");
    carry(two);
    (void)t_act(&two->a, "thuky", "calendar.settle", about(two, two->meeting, ""));
    carry(two);
    struct t_office *const BOTH[] = {&two->a, &two->b};
    for (size_t i = 0; i < ARRAY_LEN(BOTH); i++) {
        struct call c = t_call(BOTH[i], NULL);
        struct node *report = node_map(&c);
        enum err e = check_office(&c, NULL, report);
        assert_int_equal(e, OK);
        assert_int_equal(node_number(report, "equal"), 1);
        call_end(&c);
    }
}

/* A leader with posts in two offices: one calendar, signed by both. */
static void nothing_is_booked_until_the_second_office_agrees(void **state)
{
    struct two *two = *state;
    struct str shared = t_act(&two->a, "thuky", "calendar.open",
                              str_format(two->a.arena,
                                         "{\"name\":\"Bộ trưởng\",\"type\":\"official\","
                                         "\"second\":\"%.*s\"}",
                                         STR_ARG(two->b.office.id))
                                  .ptr)
                            .record;
    const char *entry =
        about(two, shared,
              ",\"title\":\"Họp\",\"from\":\"2026-11-26T02:00:00.000Z\","
              "\"to\":\"2026-11-26T03:00:00.000Z\"");
    assert_string_equal(t_refused(&two->a, "thuky", "calendar.book", entry).ptr,
                        "calendar.not_agreed");
    carry(two);
    (void)t_act(&two->b, "thuky", "calendar.agree",
                about(two, shared, ",\"post\":\"Đại biểu\""));
    assert_string_equal(t_refused(&two->b, "thuky", "calendar.agree",
                                  about(two, shared, ",\"post\":\"Đại biểu\""))
                            .ptr,
                        "calendar.agreed_already");
    carry(two);
    (void)t_act(&two->a, "thuky", "calendar.book", entry);
    assert_string_equal(t_refused(&two->b, "thuky", "calendar.book", entry).ptr,
                        "record.not_home");
}

#define ON_TWO(name) cmocka_unit_test_setup_teardown(name, open_two, close_two)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_TWO(a_meeting_is_decided_once_all_have_promised),
        ON_TWO(a_promise_taken_back_while_the_decision_travels_undoes_it_everywhere),
        ON_TWO(calling_it_off_gives_everybody_the_time_back),
        ON_TWO(a_promise_without_decision_stands_among_what_is_owed),
        ON_TWO(both_offices_can_rebuild_what_they_hold),
        ON_TWO(nothing_is_booked_until_the_second_office_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
