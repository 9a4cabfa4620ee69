/* "Hôm nay": the urgent lane, what changed since somebody looked, the lists behind numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#undef fail /* base/call.h has it */
#include "core/office.h"
#include "t.h"

struct desk {
    struct t_office t;
    struct str minh;
    struct str unit;
};

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct t_office *t = &desk->t;
    t_office_open(t, "VPCP");
    desk->minh = t_person(t, "minh", ROLE_OFFICER);
    (void)t_person(t, "lan", ROLE_OFFICER);
    desk->unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Một\"}").record;
    t->now_ms += 1000;
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

static struct str today(struct desk *desk, const char *login)
{
    return t_view(&desk->t, login, "today.today", "{}", NULL);
}

static size_t place(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0);
}

static bool contains(struct str text, const char *part)
{
    return place(text, part) < text.len;
}

static void owe(struct desk *desk, const char *title, int64_t urgent, int64_t due_ms)
{
    struct t_owed owed = {.about = desk->unit,
                          .owner = str_format(desk->t.arena, "p:%.*s", STR_ARG(desk->minh)).ptr,
                          .key = title,
                          .title = title,
                          .urgent = urgent,
                          .due_ms = due_ms};
    t_owe(&desk->t, &owed);
}

static void urgent_work_stands_on_top_by_its_mark_and_only_there(void **state)
{
    struct desk *desk = *state;
    int64_t soon = desk->t.now_ms + 1000;
    owe(desk, "Thường", 0, soon);
    owe(desk, "Khẩn", 1, soon);
    owe(desk, "Hỏa tốc", 3, soon + 9000);
    owe(desk, "Thượng khẩn", 2, soon);
    struct str text = today(desk, "minh");
    assert_true(place(text, "Hỏa tốc") < place(text, "Thượng khẩn"));
    assert_true(place(text, "Thượng khẩn") < place(text, "\"Khẩn\""));
    assert_true(place(text, "\"Khẩn\"") < place(text, "Thường\""));
    struct str mine = str_sub(text, place(text, "\"mine\""), text.len);
    assert_true(contains(mine, "Thường"));
    assert_false(contains(mine, "Hỏa tốc"));
    assert_false(contains(today(desk, "lan"), "Hỏa tốc"));
}

static void a_full_lane_leads_to_the_rest(void **state)
{
    struct desk *desk = *state;
    for (size_t i = 0; i < 21; i++)
        owe(desk, str_format(desk->t.arena, "Khẩn %zu", i).ptr, 1, desk->t.now_ms + 1000);
    assert_true(contains(today(desk, "minh"), "today.items?mine=on&urgent=on"));
    struct str list =
        t_view(&desk->t, "minh", "today.items", "{\"mine\":true,\"urgent\":true}", NULL);
    assert_true(contains(list, "Khẩn 20"));
}

/* ---- what changed ---- */

static struct str write_note(struct desk *desk, const char *login, const char *title)
{
    struct str json = str_format(desk->t.arena, "{\"title\":\"%s\",\"text\":\"Một\"}", title);
    desk->t.now_ms += 1000;
    return t_act(&desk->t, login, "note.write", json.ptr).record;
}

static const char *about(struct desk *desk, struct str record, const char *more)
{
    return str_format(desk->t.arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more).ptr;
}

static void change(struct desk *desk, struct str record, const char *more)
{
    desk->t.now_ms += 1000;
    (void)t_act(&desk->t, "minh", "note.change", about(desk, record, more));
}

static void what_others_changed_shows_until_it_is_opened(void **state)
{
    struct desk *desk = *state;
    struct str record = write_note(desk, "minh", "Giao ban tuần");
    assert_true(contains(today(desk, "lan"), "Giao ban tuần"));
    assert_true(contains(today(desk, "lan"), "\"what\":\"Mới\""));
    assert_false(contains(today(desk, "minh"), "Giao ban tuần")); /* the own hand is no news */
    (void)t_view(&desk->t, "lan", "note.show", about(desk, record, ""), NULL);
    assert_false(contains(today(desk, "lan"), "Giao ban tuần"));
}

static void a_change_says_which_fields_by_whom_and_when(void **state)
{
    struct desk *desk = *state;
    struct str record = write_note(desk, "minh", "Giao ban tuần");
    (void)t_view(&desk->t, "lan", "note.show", about(desk, record, ""), NULL);
    change(desk, record, ",\"title\":\"Giao ban tháng\",\"text\":\"Một\"");
    change(desk, record, ",\"title\":\"Giao ban tháng 12\",\"text\":\"Hai\"");
    struct str text = today(desk, "lan");
    assert_true(contains(text, "Giao ban tháng 12"));
    assert_true(contains(text, "Đổi: Tiêu đề, Nội dung"));
    assert_true(contains(text, "Chức danh minh"));
    assert_true(contains(text, "25/11/2026 09:0"));
    struct str first = str_sub(text, place(text, "Giao ban tháng 12") + 1, text.len);
    assert_false(contains(first, "Giao ban tháng 12")); /* one line a record */
}

static void all_can_be_marked_as_seen_and_later_ones_still_show(void **state)
{
    struct desk *desk = *state;
    struct str record = write_note(desk, "minh", "Việc một");
    struct str until = S("2026-11-25T02:00:30.000Z");
    desk->t.now_ms += 60 * 1000;
    (void)write_note(desk, "minh", "Việc hai"); /* after the page was made */
    (void)t_act(&desk->t, "lan", "today.seen",
                str_format(desk->t.arena, "{\"until\":\"%.*s\"}", STR_ARG(until)).ptr);
    struct str text = today(desk, "lan");
    assert_false(contains(text, "Việc một"));
    assert_true(contains(text, "Việc hai"));
    change(desk, record, ",\"title\":\"Việc một\",\"text\":\"Hai\"");
    assert_true(contains(today(desk, "lan"), "Đổi: Nội dung")); /* beside what was marked */
}

static void another_person_s_look_is_not_mine(void **state)
{
    struct desk *desk = *state;
    struct str record = write_note(desk, "minh", "Giao ban tuần");
    (void)t_person(&desk->t, "hoa", ROLE_OFFICER);
    (void)t_view(&desk->t, "lan", "note.show", about(desk, record, ""), NULL);
    desk->t.now_ms += 1000;
    change(desk, record, ",\"title\":\"Giao ban tháng\",\"text\":\"Một\"");
    assert_true(contains(today(desk, "hoa"), "Giao ban tháng"));
    assert_true(contains(today(desk, "lan"), "Giao ban tháng"));
}

/* Records of one office's inside are not even counted for who may not see them. */
static void what_is_not_for_me_is_no_news(void **state)
{
    struct desk *desk = *state;
    (void)write_note(desk, "minh", "Giao ban tuần");
    assert_false(contains(today(desk, "admin"), "Giao ban"));
    assert_true(contains(today(desk, "admin"), "\"changes\":[]"));
}

static void the_list_of_changes_goes_on_page_by_page(void **state)
{
    struct desk *desk = *state;
    for (size_t i = 0; i < 60; i++)
        (void)write_note(desk, "minh", str_format(desk->t.arena, "Ghi chú số %zu.", i).ptr);
    assert_true(contains(today(desk, "lan"), "/view/today.changes"));
    struct str first = t_view(&desk->t, "lan", "today.changes", "{}", NULL);
    assert_true(contains(first, "Ghi chú số 59."));
    assert_false(contains(first, "Ghi chú số 9."));
    size_t at = place(first, "\"next\":\"") + 8;
    struct str next = str_sub(first, at, str_find(first, S("\""), at));
    struct str second =
        t_view(&desk->t, "lan", "today.changes",
               str_format(desk->t.arena, "{\"after\":\"%.*s\"}", STR_ARG(next)).ptr, NULL);
    assert_true(contains(second, "Ghi chú số 9."));
    assert_true(contains(second, "Ghi chú số 0."));
    assert_false(contains(second, "Ghi chú số 10."));
    assert_false(contains(second, "\"next\""));
}

static void finished_work_of_nobody_is_refused(void **state)
{
    struct desk *desk = *state;
    struct str reason = {};
    (void)t_view(&desk->t, "minh", "today.items", "{\"cell\":\"late\"}", &reason);
    assert_string_equal(reason.ptr, "form");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(urgent_work_stands_on_top_by_its_mark_and_only_there),
        TEST(a_full_lane_leads_to_the_rest),
        TEST(what_others_changed_shows_until_it_is_opened),
        TEST(a_change_says_which_fields_by_whom_and_when),
        TEST(all_can_be_marked_as_seen_and_later_ones_still_show),
        TEST(another_person_s_look_is_not_mine),
        TEST(what_is_not_for_me_is_no_news),
        TEST(the_list_of_changes_goes_on_page_by_page),
        TEST(finished_work_of_nobody_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
