#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#undef fail /* base/call.h has it */
#include "core/office.h"
#include "t.h"

/* Wednesday 25/11/2026 09:00; VPQH owes an answer since Monday 17:00. */
struct desk {
    struct t_office t;
    struct t_office peer;
    struct str unit;
};

static struct t_owed owed(struct desk *desk, const char *owner, const char *key, const char *title,
                          int64_t due_ms)
{
    return (struct t_owed){
        .about = desk->unit, .owner = owner, .key = key, .title = title, .due_ms = due_ms};
}

enum { HOUR = 3600 * 1000 };

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct t_office *t = &desk->t;
    t_office_open(t, "VPCP");
    t_office_open(&desk->peer, "VPQH");
    t_peers(t, &desk->peer);
    (void)t_person(t, "minh", ROLE_OFFICER);
    (void)t_person(t, "chanh", ROLE_CHIEF);
    desk->unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Dự thảo\"}").record;
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

static bool contains(struct str text, const char *part)
{
    bool there = str_find(text, str_of(part), 0) < text.len;
    if (!there) print_message("not there: %s\n%.*s\n", part, STR_ARG(text));
    return there;
}

static const char *peer(struct desk *desk)
{
    return str_format(desk->t.arena, "o:%.*s", STR_ARG(desk->peer.office.id)).ptr;
}

static struct str page(struct desk *desk)
{
    return t_view(&desk->t, "chanh", "chief.today", "{}", NULL);
}

static void what_is_late_comes_with_the_sentence_to_say(void **state)
{
    struct desk *desk = *state;
    struct t_owed late =
        owed(desk, peer(desk), "1", "Dự thảo Nghị định", desk->t.now_ms - (int64_t)40 * HOUR);
    t_owe(&desk->t, &late);
    struct str text = page(desk);
    assert_true(contains(text, "VPQH chậm 2 ngày làm việc"));
    assert_true(contains(text, "Đề nghị đồng chí gọi Văn phòng VPQH."));
    assert_true(contains(text, "Dự thảo Nghị định"));
    struct t_owed own = owed(desk, "r:registry", "2", "Vào sổ", desk->t.now_ms - HOUR);
    t_owe(&desk->t, &own);
    assert_true(contains(page(desk), "Văn thư quá hạn hôm nay"));
}

static void what_waits_for_a_decision_is_listed(void **state)
{
    struct desk *desk = *state;
    struct t_owed leader = owed(desk, "r:leader", "1", "Duyệt ý kiến", 0);
    struct t_owed officer = owed(desk, "r:officer", "2", "Soạn ý kiến", 0);
    t_owe(&desk->t, &leader);
    t_owe(&desk->t, &officer);
    struct str text = page(desk);
    assert_true(contains(text, "Duyệt ý kiến"));
    assert_false(str_find(text, S("Soạn ý kiến"), 0) < text.len);
}

/* Each number is as long as the list that it opens, and the page of figures has the same. */
static void each_number_opens_its_list(void **state)
{
    struct desk *desk = *state;
    int64_t now = desk->t.now_ms;
    struct t_owed all[] = {
        owed(desk, peer(desk), "1", "Một", now - HOUR),
        owed(desk, peer(desk), "2", "Hai", now + HOUR),
        owed(desk, peer(desk), "3", "Ba", now + HOUR),
        owed(desk, peer(desk), "4", "Bốn", now - HOUR),
        owed(desk, peer(desk), "5", "Năm", now + HOUR),
        owed(desk, peer(desk), "6", "Sáu", now - (int64_t)365 * 24 * HOUR), /* last year's */
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        t_owe(&desk->t, &all[i]);
    t_settle(&desk->t, &all[2]); /* on time */
    t_settle(&desk->t, &all[3]); /* late */
    struct str text = page(desk);
    static const struct {
        const char *cell;
        const char *number;
        const char *title;
        size_t count;
    } NUMBERS[] = {{"overdue", "1/5", "Một", 1},
                   {"ahead", "2/5", "Hai", 2},
                   {"on_time", "1/5", "Ba", 1},
                   {"late", "1/5", "Bốn", 1}};
    for (size_t i = 0; i < ARRAY_LEN(NUMBERS); i++) {
        struct str href =
            str_format(desk->t.arena, "/view/figures.list?year=2026&cell=%s&party=%s\"",
                       NUMBERS[i].cell, peer(desk));
        const char *json = str_format(desk->t.arena, "{\"cell\":\"%s\",\"party\":\"%s\"}",
                                      NUMBERS[i].cell, peer(desk))
                               .ptr;
        struct str list = t_view(&desk->t, "chanh", "figures.list", json, NULL);
        size_t rows = 0;
        for (size_t at = str_find(list, S("\"record\""), 0); at < list.len; rows++)
            at = str_find(list, S("\"record\""), at + 1);
        assert_true(contains(text, href.ptr));
        assert_true(contains(text, NUMBERS[i].number));
        assert_true(contains(list, NUMBERS[i].title));
        assert_int_equal(rows, NUMBERS[i].count);
    }
}

/* What units, roles and persons owe stands in a line of its own. */
static void work_inside_the_office_has_its_line(void **state)
{
    struct desk *desk = *state;
    struct t_owed own = owed(desk, "r:registry", "1", "Một", desk->t.now_ms - HOUR);
    t_owe(&desk->t, &own);
    struct str text = page(desk);
    assert_true(contains(text, "Việc nội bộ của cơ quan ta"));
    assert_true(contains(text, "cell=overdue&party=i:"));
}

static void the_page_is_the_chief_s(void **state)
{
    struct desk *desk = *state;
    struct str reason = {};
    (void)t_view(&desk->t, "minh", "chief.today", "{}", &reason);
    assert_string_equal(reason.ptr, "grant.role");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_late_comes_with_the_sentence_to_say),
        TEST(what_waits_for_a_decision_is_listed),
        TEST(each_number_opens_its_list),
        TEST(work_inside_the_office_has_its_line),
        TEST(the_page_is_the_chief_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
