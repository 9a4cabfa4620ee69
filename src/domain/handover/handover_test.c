#include "handover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "core/check.h"
#include "core/office.h"
#include "t.h"

/* An office with two officers, a leader and a chief in one unit, and a stranger to it. */
struct desk {
    struct t_office t;
    struct str unit;
    struct str other_unit;
    struct str minh;
    struct str lan;
    struct str about; /* a record that Minh alone may see */
    struct t_owed owed;
};

static struct str person_in(struct desk *desk, const char *login, const char *role, struct str unit)
{
    struct str json = str_format(desk->t.arena,
                                 "{\"login\":\"%s\",\"title\":\"%s\",\"password\":\"mat-khau\","
                                 "\"%s\":true,\"unit\":\"%.*s\"}",
                                 login, login, role, STR_ARG(unit));
    return t_act(&desk->t, "admin", "office.add_person", json.ptr).record;
}

struct private_record {
    struct desk *desk;
    struct str record;
};

static enum err private_step(struct call *c, void *arg)
{
    struct private_record *made = arg;
    struct handover h = {.giver = made->desk->minh,
                         .receiver = made->desk->lan,
                         .offered_by = made->desk->minh,
                         .giver_title = S("Tài liệu riêng"),
                         .state = HANDOVER_WITHDRAWN};
    struct str party = str_format(c->arena, "p:%.*s", STR_ARG(made->desk->minh));
    struct put put = {
        .kind = "handover.handover", .body = &h, .audience = &party, .audience_count = 1};
    struct act_result result = {};
    enum err e = record_put(c, &put, &result);
    made->record = str_copy(made->desk->t.arena, result.record);
    return e;
}

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    struct t_office *t = &desk->t;
    t_office_open(t, "VPCP");
    desk->unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Một\"}").record;
    desk->other_unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Hai\"}").record;
    desk->minh = person_in(desk, "minh", "officer", desk->unit);
    desk->lan = person_in(desk, "lan", "officer", desk->unit);
    (void)person_in(desk, "truong", "leader", desk->unit);
    (void)person_in(desk, "xa", "leader", desk->other_unit);
    (void)person_in(desk, "chanh", "chief", (struct str){});
    struct private_record made = {.desk = desk};
    struct call c = t_call(t, "minh");
    assert_int_equal(store_tx(&c, private_step, &made), OK);
    call_end(&c);
    desk->about = made.record;
    desk->owed = (struct t_owed){.about = desk->about,
                                 .owner = str_format(t->arena, "p:%.*s", STR_ARG(desk->minh)).ptr,
                                 .key = "1",
                                 .title = "Soạn báo cáo mật"};
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

static const char *offer_json(struct desk *desk)
{
    return str_format(desk->t.arena, "{\"person\":\"%.*s\",\"receiver\":\"%.*s\"}",
                      STR_ARG(desk->minh), STR_ARG(desk->lan))
        .ptr;
}

static const char *on(struct desk *desk, struct str record, const char *more)
{
    return str_format(desk->t.arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more).ptr;
}

static const char *ends(struct desk *desk, struct str person)
{
    return on(desk, person, ",\"title\":\"minh\",\"left\":true,\"officer\":true");
}

static bool owns(struct desk *desk, struct str person)
{
    struct str party = str_format(desk->t.arena, "p:%.*s", STR_ARG(person));
    return str_eq(t_owner(&desk->t, &desk->owed), party);
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static bool sees(struct desk *desk, const char *login)
{
    return contains(t_view(&desk->t, login, "today.today", "{}", NULL), "Soạn báo cáo mật");
}

/* Offers by that person and has the receiver sign. */
static struct str hand_over(struct desk *desk, const char *by)
{
    struct str record = t_act(&desk->t, by, "handover.offer", offer_json(desk)).record;
    desk->t.now_ms += 1000;
    (void)t_act(&desk->t, "lan", "handover.accept", on(desk, record, ""));
    desk->t.now_ms += 1000;
    return record;
}

static void the_work_moves_when_the_receiver_signs(void **state)
{
    struct desk *desk = *state;
    t_owe(&desk->t, &desk->owed);
    struct str record = t_act(&desk->t, "minh", "handover.offer", offer_json(desk)).record;
    assert_true(owns(desk, desk->minh));
    assert_false(sees(desk, "lan"));
    (void)t_act(&desk->t, "lan", "handover.accept", on(desk, record, ""));
    assert_true(owns(desk, desk->lan));
    assert_true(sees(desk, "lan"));
    assert_false(sees(desk, "minh"));
}

static void only_the_receiver_signs(void **state)
{
    struct desk *desk = *state;
    t_owe(&desk->t, &desk->owed);
    struct str record = t_act(&desk->t, "admin", "handover.offer", offer_json(desk)).record;
    const char *const others[] = {"minh", "admin"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_string_equal(
            t_refused(&desk->t, others[i], "handover.accept", on(desk, record, "")).ptr,
            "handover.not_receiver");
    }
    assert_string_equal(t_refused(&desk->t, "chanh", "handover.accept", on(desk, record, "")).ptr,
                        "record.not_found"); /* not concerned: knows nothing of it */
    assert_true(owns(desk, desk->minh));
}

static void a_refused_or_withdrawn_offer_moves_nothing(void **state)
{
    struct desk *desk = *state;
    t_owe(&desk->t, &desk->owed);
    struct str record = t_act(&desk->t, "minh", "handover.offer", offer_json(desk)).record;
    (void)t_act(&desk->t, "lan", "handover.refuse",
                on(desk, record, ",\"reason\":\"Đang giữ việc khác\""));
    assert_string_equal(t_refused(&desk->t, "lan", "handover.accept", on(desk, record, "")).ptr,
                        "handover.closed");
    record = t_act(&desk->t, "minh", "handover.offer", offer_json(desk)).record;
    assert_string_equal(t_refused(&desk->t, "lan", "handover.withdraw", on(desk, record, "")).ptr,
                        "handover.not_maker");
    (void)t_act(&desk->t, "minh", "handover.withdraw", on(desk, record, ""));
    assert_true(owns(desk, desk->minh));
    assert_false(contains(t_view(&desk->t, "lan", "today.today", "{}", NULL), "handover.sign"));
}

static void nobody_leaves_with_open_work(void **state)
{
    struct desk *desk = *state;
    t_owe(&desk->t, &desk->owed);
    assert_string_equal(
        t_refused(&desk->t, "admin", "office.change_person", ends(desk, desk->minh)).ptr,
        "office.open_items");
    (void)hand_over(desk, "minh");
    (void)t_act(&desk->t, "admin", "office.change_person", ends(desk, desk->minh));
    assert_true(owns(desk, desk->lan));
}

static void what_turns_up_after_leaving_is_the_successor_s(void **state)
{
    struct desk *desk = *state;
    (void)hand_over(desk, "minh");
    t_owe(&desk->t, &desk->owed); /* still here: the own work */
    assert_true(owns(desk, desk->minh));
    t_settle(&desk->t, &desk->owed);
    (void)t_act(&desk->t, "admin", "office.change_person", ends(desk, desk->minh));
    struct t_owed late = desk->owed;
    late.key = "2";
    t_owe(&desk->t, &late);
    assert_true(str_ends(t_owner(&desk->t, &late), desk->lan));
    assert_true(sees(desk, "lan"));      /* what was Minh's alone to see, too */
    assert_true(owns(desk, desk->minh)); /* what was done stays with who did it */
}

static void whoever_handed_over_and_left_does_not_come_back(void **state)
{
    struct desk *desk = *state;
    (void)hand_over(desk, "minh");
    (void)t_act(&desk->t, "admin", "office.change_person", ends(desk, desk->minh));
    assert_string_equal(t_refused(&desk->t, "admin", "office.change_person",
                                  on(desk, desk->minh, ",\"title\":\"minh\",\"officer\":true"))
                            .ptr,
                        "office.left_for_good");
}

static void the_head_of_the_unit_takes_the_work(void **state)
{
    struct desk *desk = *state;
    const char *json = str_format(desk->t.arena, "{\"person\":\"%.*s\"}", STR_ARG(desk->minh)).ptr;
    t_owe(&desk->t, &desk->owed);
    assert_string_equal(t_refused(&desk->t, "xa", "handover.take", json).ptr,
                        "handover.not_own_unit");
    assert_string_equal(t_refused(&desk->t, "lan", "handover.take", json).ptr,
                        "handover.not_own_unit");
    (void)t_act(&desk->t, "truong", "handover.take", json);
    assert_true(sees(desk, "truong"));
    (void)t_act(&desk->t, "admin", "office.change_person", ends(desk, desk->minh));
}

static void so_does_the_person_named_its_head(void **state)
{
    struct desk *desk = *state;
    const char *json = str_format(desk->t.arena, "{\"person\":\"%.*s\"}", STR_ARG(desk->minh)).ptr;
    t_owe(&desk->t, &desk->owed);
    (void)t_act(
        &desk->t, "admin", "office.change_unit",
        on(desk, desk->unit,
           str_format(desk->t.arena, ",\"name\":\"Vụ Một\",\"head\":\"%.*s\"", STR_ARG(desk->lan))
               .ptr));
    (void)t_act(&desk->t, "lan", "handover.take", json);
    assert_true(owns(desk, desk->lan));
}

static void the_administrator_sees_how_many_and_no_title(void **state)
{
    struct desk *desk = *state;
    t_owe(&desk->t, &desk->owed);
    struct str record = t_act(&desk->t, "admin", "handover.offer", offer_json(desk)).record;
    struct str page = t_view(&desk->t, "admin", "handover.show", on(desk, record, ""), NULL);
    assert_true(contains(page, "1 việc"));
    assert_false(contains(page, "Soạn báo cáo mật"));
    struct str lan = t_view(&desk->t, "lan", "handover.show", on(desk, record, ""), NULL);
    assert_false(contains(lan, "Soạn báo cáo mật"));
    assert_true(contains(lan, "Trong đó 1 việc bạn chưa được xem"));
    struct str minh = t_view(&desk->t, "minh", "handover.show", on(desk, record, ""), NULL);
    assert_true(contains(minh, "Soạn báo cáo mật"));
}

static void others_neither_offer_nor_see_a_person_s_work(void **state)
{
    struct desk *desk = *state;
    struct str reason = {};
    const char *json = str_format(desk->t.arena, "{\"person\":\"%.*s\"}", STR_ARG(desk->minh)).ptr;
    assert_string_equal(
        t_refused(&desk->t, "lan", "handover.offer",
                  str_format(desk->t.arena, "{\"person\":\"%.*s\",\"receiver\":\"%.*s\"}",
                             STR_ARG(desk->minh), STR_ARG(desk->lan))
                      .ptr)
            .ptr,
        "handover.not_giver");
    (void)t_view(&desk->t, "lan", "handover.preview", json, &reason);
    assert_string_equal(reason.ptr, "handover.not_own_unit");
    (void)t_view(&desk->t, "xa", "handover.preview", json, &reason);
    assert_string_equal(reason.ptr, "handover.not_own_unit");
}

/* The way back: one record, by a second hand-over. */
static void one_record_is_handed_back(void **state)
{
    struct desk *desk = *state;
    t_owe(&desk->t, &desk->owed);
    (void)hand_over(desk, "minh");
    const char *json = str_format(desk->t.arena, "{\"receiver\":\"%.*s\",\"only\":\"%.*s\"}",
                                  STR_ARG(desk->minh), STR_ARG(desk->about))
                           .ptr;
    struct str record = t_act(&desk->t, "lan", "handover.offer", json).record;
    (void)t_act(&desk->t, "minh", "handover.accept", on(desk, record, ""));
    assert_true(owns(desk, desk->minh));
}

static enum err assign_step(struct call *c, void *arg)
{
    struct desk *desk = arg;
    return grant_assign(c, desk->about, desk->minh, desk->about);
}

struct may {
    struct str about;
    struct str person;
    bool may;
};

static enum err may_step(struct call *c, void *arg)
{
    struct may *may = arg;
    may->may = grant_is_assigned(c, may->about, may->person);
    return OK;
}

static bool may_act(struct desk *desk, const char *login, struct str person)
{
    struct call c = t_call(&desk->t, login);
    struct may may = {desk->about, person, false};
    assert_int_equal(store_read(&c, may_step, &may), OK);
    call_end(&c);
    return may.may;
}

static void the_right_to_act_goes_with_the_work(void **state)
{
    struct desk *desk = *state;
    struct call c = t_call(&desk->t, NULL);
    assert_int_equal(store_tx(&c, assign_step, desk), OK);
    call_end(&c);
    t_owe(&desk->t, &desk->owed);
    assert_true(may_act(desk, "minh", desk->minh));
    (void)hand_over(desk, "admin");
    assert_false(may_act(desk, "minh", desk->minh));
    assert_true(may_act(desk, "lan", desk->lan));
}

static void a_merged_unit_gives_its_people_and_its_work(void **state)
{
    struct desk *desk = *state;
    struct t_owed unit = desk->owed;
    unit.owner = str_format(desk->t.arena, "u:%.*s", STR_ARG(desk->unit)).ptr;
    unit.key = "u";
    t_owe(&desk->t, &unit);
    const char *json =
        on(desk, desk->unit,
           str_format(desk->t.arena, ",\"into_unit\":\"%.*s\"", STR_ARG(desk->other_unit)).ptr);
    (void)t_act(&desk->t, "admin", "office.merge_unit", json);
    assert_true(str_ends(t_owner(&desk->t, &unit), desk->other_unit));
    struct call c = t_call(&desk->t, "minh");
    assert_true(str_eq(c.who.unit, desk->other_unit));
    call_end(&c);
    assert_string_equal(t_refused(&desk->t, "admin", "office.merge_unit", json).ptr,
                        "office.unit_merged");
    struct str units = t_view(&desk->t, "admin", "office.units", "{}", NULL);
    assert_true(contains(units, "Vụ Một")); /* stays as history */
    unit.key = "v";                         /* work that still comes in the old name */
    t_owe(&desk->t, &unit);
    assert_true(str_ends(t_owner(&desk->t, &unit), desk->other_unit));
}

static void an_office_keeps_a_chief(void **state)
{
    struct desk *desk = *state;
    struct call c = t_call(&desk->t, "chanh");
    struct str chief = str_copy(desk->t.arena, c.who.person);
    call_end(&c);
    assert_string_equal(t_refused(&desk->t, "admin", "office.change_person", ends(desk, chief)).ptr,
                        "office.last_chief");
}

/* Work of a role that nobody holds is on the chief's page and nobody else's. */
static void work_without_a_holder_is_the_chief_s(void **state)
{
    struct desk *desk = *state;
    struct t_owed role = {
        .about = desk->unit, .owner = "r:registry", .key = "r", .title = "Vào sổ"};
    t_owe(&desk->t, &role);
    assert_true(contains(t_view(&desk->t, "chanh", "today.today", "{}", NULL), "Vào sổ"));
    assert_false(contains(t_view(&desk->t, "lan", "today.today", "{}", NULL), "Vào sổ"));
    (void)t_person(&desk->t, "vanthu", ROLE_REGISTRY);
    assert_false(contains(t_view(&desk->t, "chanh", "today.today", "{}", NULL), "Vào sổ"));
    assert_true(contains(t_view(&desk->t, "vanthu", "today.today", "{}", NULL), "Vào sổ"));
}

/* Everything that was made by acts can be made anew from the signed bytes. */
static void the_check_finds_what_it_makes_anew(void **state)
{
    struct desk *desk = *state;
    (void)hand_over(desk, "minh");
    (void)t_act(&desk->t, "minh", "handover.offer", offer_json(desk));
    (void)t_act(&desk->t, "lan", "handover.offer",
                str_format(desk->t.arena, "{\"receiver\":\"%.*s\"}", STR_ARG(desk->minh)).ptr);
    (void)t_act(&desk->t, "truong", "handover.take",
                str_format(desk->t.arena, "{\"person\":\"%.*s\"}", STR_ARG(desk->lan)).ptr);
    (void)t_act(
        &desk->t, "admin", "office.merge_unit",
        on(desk, desk->unit,
           str_format(desk->t.arena, ",\"into_unit\":\"%.*s\"", STR_ARG(desk->other_unit)).ptr));
    struct call c = t_call(&desk->t, "admin");
    struct node *report = node_map(&c);
    struct sb sb = sb_new(c.arena, 0);
    assert_int_equal(check_office(&c, NULL, report), OK);
    node_json(&sb, report);
    if (node_number(report, "difference_count") != 0) print_error("%.*s\n", STR_ARG(sb_str(&sb)));
    assert_int_equal(node_number(report, "difference_count"), 0);
    call_end(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_work_moves_when_the_receiver_signs),
        TEST(only_the_receiver_signs),
        TEST(a_refused_or_withdrawn_offer_moves_nothing),
        TEST(nobody_leaves_with_open_work),
        TEST(what_turns_up_after_leaving_is_the_successor_s),
        TEST(whoever_handed_over_and_left_does_not_come_back),
        TEST(the_head_of_the_unit_takes_the_work),
        TEST(so_does_the_person_named_its_head),
        TEST(the_administrator_sees_how_many_and_no_title),
        TEST(others_neither_offer_nor_see_a_person_s_work),
        TEST(one_record_is_handed_back),
        TEST(the_right_to_act_goes_with_the_work),
        TEST(a_merged_unit_gives_its_people_and_its_work),
        TEST(an_office_keeps_a_chief),
        TEST(work_without_a_holder_is_the_chief_s),
        TEST(the_check_finds_what_it_makes_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
