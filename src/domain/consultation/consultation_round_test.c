/* Rounds on the versions of a draft between three offices: what changed, what still holds, who is
 * asked later or excused, who sees what, and when a round may end. */
#include "consultation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/time.h"
#include "core/check.h"
#include "core/office.h"
#include "t.h"

enum { ASKER, GIVER, OTHER, LATER, OFFICES };

struct scene {
    struct t_office office[OFFICES];
    struct str officer[OFFICES];
    int64_t carried[OFFICES][OFFICES];
};

static const char *const CODES[OFFICES] = {"VPCP", "VPQH", "VPTW", "VPCTN"};
static const char FIRST[] = "Điều 1. Mục đích\\nĐiều 2. Thời hạn\\n1. Trả lời trong 05 ngày.\\n"
                            "2. Hằng tháng có báo cáo.\\nĐiều 3. Hiệu lực";
static const char SECOND[] = "Điều 1. Mục đích\\nĐiều 2. Nguyên tắc\\nĐiều 3. Thời hạn\\n"
                             "1. Trả lời trong 07 ngày.\\n2. Hằng tháng có báo cáo.\\n"
                             "Điều 4. Hiệu lực";

static void carry_all(struct scene *s)
{
    for (int from = 0; from < OFFICES; from++) {
        for (int to = 0; to < OFFICES; to++) {
            if (from == to) continue;
            t_carry(&s->office[from], &s->office[to], &s->carried[from][to]);
        }
    }
}

/* Wednesday 25 November 2026. One scene for all: each test asks about a request of its own; the one
 * that moves the clock comes late. */
static int setup(void **state)
{
    struct scene *s = test_calloc(1, sizeof *s);
    for (size_t i = 0; i < OFFICES; i++) {
        t_office_open(&s->office[i], CODES[i]);
        s->officer[i] = t_person(&s->office[i], "can-bo", ROLE_OFFICER);
        (void)t_person(&s->office[i], "van-thu", ROLE_REGISTRY);
        (void)t_person(&s->office[i], "lanh-dao", ROLE_LEADER);
        for (size_t k = 0; k < i; k++)
            t_peers(&s->office[i], &s->office[k]);
    }
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

static const char *about(struct scene *s, int office, struct str record, const char *more)
{
    return str_format(s->office[office].arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more)
        .ptr;
}

/* Asks GIVER and OTHER about the first text. */
static struct str ask(struct scene *s, const char *more)
{
    struct t_office *t = &s->office[ASKER];
    struct str json = str_format(t->arena,
                                 "{\"subject\":\"Dự thảo Quy chế\",\"days\":5,\"draft\":\"%s\","
                                 "\"asked\":[{\"office\":\"%.*s\"},{\"office\":\"%.*s\"}]%s}",
                                 FIRST, STR_ARG(s->office[GIVER].office.id),
                                 STR_ARG(s->office[OTHER].office.id), more);
    struct str record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    carry_all(s);
    return record;
}

static struct act_result act(struct scene *s, int office, const char *login, const char *name,
                             struct str record, const char *more)
{
    struct act_result result =
        t_act(&s->office[office], login, name, about(s, office, record, more));
    carry_all(s);
    return result;
}

static void assert_refused(struct scene *s, int office, const char *login, const char *name,
                           const char *json, const char *reason)
{
    struct str got = t_refused(&s->office[office], login, name, json);
    assert_string_equal(got.ptr, reason);
}

static struct str renew(struct scene *s, struct str record)
{
    struct str more =
        str_format(s->office[ASKER].arena,
                   ",\"draft\":\"%s\",\"changes\":\"Thêm nguyên tắc\",\"days\":3", SECOND);
    return act(s, ASKER, "can-bo", "consultation.renew", record, more.ptr).record;
}

static struct str give(struct scene *s, int office, struct str request, const char *answer)
{
    struct str officer =
        str_format(s->office[office].arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer[office]));
    (void)act(s, office, "van-thu", "consultation.register", request, "");
    (void)act(s, office, "lanh-dao", "consultation.assign", request, officer.ptr);
    (void)act(s, office, "can-bo", "consultation.draft", request, answer);
    (void)act(s, office, "can-bo", "consultation.submit", request, "");
    return act(s, office, "lanh-dao", "consultation.approve", request, "").record;
}

static const char POINTS[] =
    ",\"answer\":\"agree_with_points\",\"points\":["
    "{\"clause\":\"khoản 1 Điều 2\",\"level\":\"condition\",\"text\":\"Cần 07 ngày\"},"
    "{\"clause\":\"khoản 2 Điều 2\",\"level\":\"should\",\"text\":\"Nên hằng quý\"}]";

static struct str see(struct scene *s, int office, const char *view, struct str record)
{
    return t_view(&s->office[office], "can-bo", view, about(s, office, record, ""), NULL);
}

static void assert_unseen(struct scene *s, int office, const char *view, struct str record)
{
    struct str reason = {};
    (void)t_view(&s->office[office], "can-bo", view, about(s, office, record, ""), &reason);
    assert_string_equal(reason.ptr, "record.not_found");
}

static void assert_shows(struct str text, const char *part)
{
    if (str_find(text, str_of(part), 0) == text.len) {
        fail_msg("\"%s\" is not in %.*s", part, STR_ARG(text));
    }
}

static void assert_hides(struct str text, const char *part)
{
    assert_true(text.len > 0);
    if (str_find(text, str_of(part), 0) < text.len) {
        fail_msg("\"%s\" is in %.*s", part, STR_ARG(text));
    }
}

/* ---- versions of a draft ---- */

static void a_new_round_shows_what_changed_clause_by_clause(void **state)
{
    struct scene *s = *state;
    struct str second = renew(s, ask(s, ""));
    for (int office = ASKER; office <= OTHER; office++) {
        struct str page = see(s, office, "consultation.changes", second);
        assert_shows(page, "khoản 1 Điều 3 (trước là khoản 1 Điều 2)");
        assert_shows(page, "{\"gone\":\"05 \"},{\"come\":\"07 \"}");
        assert_shows(page, "Nguyên tắc");
        assert_hides(page, "Hằng tháng có báo cáo");
    }
    assert_shows(see(s, GIVER, "consultation.show", second), "Vòng 2, xem vòng trước");
}

static void the_round_before_ends_and_names_the_silent(void **state)
{
    struct scene *s = *state;
    struct str first = ask(s, "");
    (void)give(s, GIVER, first, POINTS);
    struct str second = renew(s, first);
    struct str page = see(s, ASKER, "consultation.cover", first);
    assert_shows(page, "Im lặng (không tính là đồng ý): Văn phòng VPTW");
    assert_shows(see(s, OTHER, "consultation.show", first), second.ptr);
    assert_refused(s, ASKER, "can-bo", "consultation.renew",
                   about(s, ASKER, first, ",\"draft\":\"Điều 1. Một\",\"days\":3"),
                   "consultation.renewed_already");
    assert_refused(s, ASKER, "can-bo", "consultation.close", about(s, ASKER, first, ""),
                   "consultation.renewed_already");
}

static void a_round_without_a_new_draft_is_refused(void **state)
{
    struct scene *s = *state;
    assert_refused(s, ASKER, "can-bo", "consultation.renew",
                   about(s, ASKER, ask(s, ""), ",\"days\":3"), "consultation.draft_missing");
}

static void only_the_asker_begins_a_new_round(void **state)
{
    struct scene *s = *state;
    assert_refused(s, GIVER, "lanh-dao", "consultation.renew",
                   about(s, GIVER, ask(s, ""), ",\"draft\":\"Điều 1. Một\",\"days\":3"),
                   "grant.home");
}

static void an_opinion_carries_the_hash_of_the_draft_it_speaks_of(void **state)
{
    struct scene *s = *state;
    struct str opinion = give(s, GIVER, ask(s, ""), POINTS);
    struct str hash =
        t_file(&s->office[ASKER], "Điều 1. Mục đích\nĐiều 2. Thời hạn\n1. Trả lời trong 05 ngày.\n"
                                  "2. Hằng tháng có báo cáo.\nĐiều 3. Hiệu lực");
    assert_shows(see(s, GIVER, "consultation.opinion", opinion), hash.ptr);
    assert_shows(see(s, ASKER, "consultation.opinion", opinion), hash.ptr);
}

/* Asks a body outside with one text file. */
static struct str ask_file(struct scene *s, const char *bytes)
{
    struct t_office *t = &s->office[ASKER];
    struct str root = t_file(t, bytes);
    struct str json = str_format(
        t->arena,
        "{\"subject\":\"Dự thảo\",\"days\":5,\"asked_bodies\":[{\"name\":\"Bộ Tư pháp\"}],"
        "\"files\":[{\"root\":\"%.*s\",\"name\":\"a.txt\",\"media\":\"text/plain\",\"size\":%zu}]}",
        STR_ARG(root), str_of(bytes).len);
    return t_act(t, "can-bo", "consultation.ask", json.ptr).record;
}

static void the_text_of_an_attached_text_file_is_the_draft(void **state)
{
    struct scene *s = *state;
    struct str root = t_file(&s->office[ASKER], "Điều 1. Mục đích\n1. Một");
    struct str plain = ask_file(s, "Điều 1. Mục đích\n1. Một");
    struct str windows = ask_file(s, "\xEF\xBB\xBF"
                                     "Điều 1. Mục đích\r\n1.\tMột\x01\r\n");
    assert_shows(see(s, ASKER, "consultation.changes", plain), root.ptr);
    assert_shows(see(s, ASKER, "consultation.changes", windows), root.ptr);
}

static void a_text_file_in_another_encoding_stays_an_attachment(void **state)
{
    struct scene *s = *state;
    struct str page = see(s, ASKER, "consultation.changes", ask_file(s, "Uû ban nh\xA9n d\xA9n"));
    assert_hides(page, "Mã băm của dự thảo");
}

/* ---- vẫn giữ ý kiến ---- */

static void one_act_keeps_the_opinion_of_the_round_before(void **state)
{
    struct scene *s = *state;
    struct str first = ask(s, "");
    struct str opinion = give(s, GIVER, first, POINTS);
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", opinion,
              ",\"point\":1,\"outcome\":\"accepted\"");
    struct str second = renew(s, first);
    (void)act(s, GIVER, "van-thu", "consultation.register", second, "");
    struct str page = see(s, GIVER, "consultation.show", second);
    assert_shows(page, "Đã trả lời: Đồng ý, có góp ý");
    struct str kept = act(s, GIVER, "lanh-dao", "consultation.keep", second, "").record;
    struct str table = see(s, ASKER, "consultation.table", second);
    assert_shows(table, "Cần 07 ngày");
    assert_shows(table, "Tiếp thu");
    assert_shows(see(s, ASKER, "consultation.show", second), "1/2 đã trả lời");
    assert_shows(see(s, ASKER, "consultation.opinion", kept), opinion.ptr);
    assert_refused(s, GIVER, "lanh-dao", "consultation.keep", about(s, GIVER, second, ""),
                   "consultation.answered_already");
}

static void the_page_tells_whether_the_clause_of_each_point_has_changed(void **state)
{
    struct scene *s = *state;
    struct str first = ask(s, "");
    (void)give(s, GIVER, first, POINTS);
    struct str page = see(s, GIVER, "consultation.show", renew(s, first));
    size_t changed = str_find(page, S("\"text\":\"Sửa\""), 0);
    size_t same = str_find(page, S("\"text\":\"Giữ nguyên\""), 0);
    assert_true(str_find(page, S("Cần 07 ngày"), 0) < changed);
    assert_true(changed < same);
    assert_true(same < page.len);
}

static void the_form_of_a_later_round_begins_with_what_was_said(void **state)
{
    struct scene *s = *state;
    struct str first = ask(s, "");
    (void)give(s, GIVER, first, POINTS);
    assert_shows(see(s, GIVER, "consultation.writing", renew(s, first)), "Nên hằng quý");
}

static void who_said_nothing_before_has_nothing_to_keep(void **state)
{
    struct scene *s = *state;
    struct str first = ask(s, "");
    (void)act(s, GIVER, "van-thu", "consultation.register", first, "");
    assert_refused(s, GIVER, "lanh-dao", "consultation.keep", about(s, GIVER, first, ""),
                   "consultation.nothing_to_keep");
    struct str second = renew(s, first);
    (void)act(s, GIVER, "van-thu", "consultation.register", second, "");
    assert_refused(s, GIVER, "lanh-dao", "consultation.keep", about(s, GIVER, second, ""),
                   "consultation.nothing_to_keep");
}

/* ---- who answers ---- */

/* An office named after `before`, then `after`. */
static struct str office_json(struct scene *s, const char *before, int office, const char *after)
{
    return str_format(s->office[ASKER].arena, "%s\"%.*s\"%s", before,
                      STR_ARG(s->office[office].office.id), after);
}

static void an_office_that_is_asked_later_gets_the_draft_and_its_own_deadline(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    for (int i = 0; i < OFFICES; i++)
        s->office[i].now_ms += 2 * TIME_DAY_MS;
    struct str more = office_json(s, ",\"offices\":[{\"office\":", LATER,
                                  "}],\"days\":5,\"reason\":\"Có liên quan\"");
    (void)act(s, ASKER, "can-bo", "consultation.add", request, more.ptr);
    /* Friday 27 November and five working days */
    assert_shows(see(s, LATER, "consultation.show", request), "04/12/2026 17:00");
    assert_shows(see(s, GIVER, "consultation.show", request), "02/12/2026 17:00");
    (void)give(s, LATER, request, ",\"answer\":\"agree\"");
    assert_shows(see(s, ASKER, "consultation.show", request), "1/3 đã trả lời");
    assert_refused(s, ASKER, "can-bo", "consultation.add", about(s, ASKER, request, more.ptr),
                   "consultation.asked_twice");
}

static void who_is_excused_is_named_apart_and_owes_nothing(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    struct str more = office_json(s, ",\"office\":", OTHER, ",\"reason\":\"Không liên quan\"");
    (void)act(s, OTHER, "van-thu", "consultation.register", request, "");
    (void)act(s, ASKER, "can-bo", "consultation.excuse", request, more.ptr);
    assert_shows(see(s, ASKER, "consultation.show", request), "0/1 đã trả lời");
    assert_shows(see(s, ASKER, "consultation.cover", request),
                 "Được miễn trả lời: Văn phòng VPTW (Không liên quan)");
    struct str officer =
        str_format(s->office[OTHER].arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer[OTHER]));
    assert_refused(s, OTHER, "lanh-dao", "consultation.assign",
                   about(s, OTHER, request, officer.ptr), "consultation.excused");
    assert_refused(s, ASKER, "can-bo", "consultation.excuse", about(s, ASKER, request, more.ptr),
                   "consultation.excused_already");
    struct str second = renew(s, request);
    assert_shows(see(s, ASKER, "consultation.show", second), "0/1 đã trả lời");
}

static void who_has_answered_is_not_excused(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)give(s, GIVER, request, ",\"answer\":\"agree\"");
    struct str more = office_json(s, ",\"office\":", GIVER, ",\"reason\":\"Không liên quan\"");
    assert_refused(s, ASKER, "can-bo", "consultation.excuse", about(s, ASKER, request, more.ptr),
                   "consultation.giver_answered");
}

/* ---- the gate ---- */

static void a_gated_round_is_held_until_all_have_answered_or_are_excused(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, ",\"gate\":\"wait_all\"");
    (void)give(s, GIVER, request, ",\"answer\":\"agree\"");
    assert_refused(s, ASKER, "can-bo", "consultation.close", about(s, ASKER, request, ""),
                   "consultation.gate_holds");
    struct str more = office_json(s, ",\"office\":", OTHER, ",\"reason\":\"Không liên quan\"");
    (void)act(s, ASKER, "can-bo", "consultation.excuse", request, more.ptr);
    (void)act(s, ASKER, "can-bo", "consultation.close", request, "");
    assert_shows(see(s, ASKER, "consultation.show", request), "Đã kết thúc");
}

static void an_open_gate_lets_the_round_end_with_the_silent_by_name(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, ",\"gate\":\"proceed\"");
    (void)give(s, GIVER, request, ",\"answer\":\"agree\"");
    (void)act(s, ASKER, "can-bo", "consultation.close", request, "");
    assert_shows(see(s, ASKER, "consultation.cover", request), "VPTW");
    assert_shows(see(s, ASKER, "consultation.cover", request), "1 đồng ý; 0 đồng ý, có góp ý");
}

/* ---- who sees what ---- */

static void nobody_sees_the_opinion_of_another_unless_the_round_says_so(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    struct str opinion = give(s, GIVER, request, POINTS);
    assert_hides(see(s, OTHER, "consultation.show", request), "Cần 07 ngày");
    assert_unseen(s, OTHER, "consultation.opinion", opinion);
    struct str shared = ask(s, ",\"sharing\":\"all_asked\"");
    (void)give(s, GIVER, shared, POINTS);
    assert_shows(see(s, OTHER, "consultation.show", shared), "Cần 07 ngày");
    assert_hides(see(s, OTHER, "consultation.show", shared), "\"awaited\"");
}

static void a_confidential_opinion_is_for_the_asker_alone(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, ",\"sharing\":\"all_asked\"");
    struct str answer = str_format(s->office[GIVER].arena, "%s,\"confidential\":true", POINTS);
    struct str opinion = give(s, GIVER, request, answer.ptr);
    assert_hides(see(s, OTHER, "consultation.show", request), "Cần 07 ngày");
    assert_unseen(s, OTHER, "consultation.opinion", opinion);
    assert_shows(see(s, ASKER, "consultation.show", request), "Cần 07 ngày");
    struct call c = t_call(&s->office[ASKER], "can-bo");
    struct consultation_record_input in = {request};
    struct paper paper = {};
    assert_int_equal(view_paper(&c, S("consultation.table"), &in, &paper), OK);
    for (size_t i = 0; i < paper.table_count; i++)
        assert_int_equal(paper.tables[i]->row_count, 0);
    call_end(&c);
}

/* ---- conditions ---- */

static void a_conditional_answer_is_resolved_when_the_other_is_known(void **state)
{
    struct scene *s = *state;
    static const char *const ANSWERS[] = {",\"answer\":\"agree\"",
                                          ",\"answer\":\"disagree\",\"general\":\"Chưa đủ\""};
    static const char *const RESULTS[] = {"điều kiện đã thành", "điều kiện không thành"};
    for (size_t i = 0; i < ARRAY_LEN(ANSWERS); i++) {
        struct str request = ask(s, "");
        struct str answer =
            office_json(s, ",\"answer\":\"agree_if\",\"condition_office\":", OTHER, "");
        (void)give(s, GIVER, request, answer.ptr);
        assert_shows(see(s, ASKER, "consultation.show", request), "điều kiện chưa rõ");
        (void)give(s, OTHER, request, ANSWERS[i]);
        assert_shows(see(s, ASKER, "consultation.show", request), RESULTS[i]);
    }
}

static void a_condition_names_another_giver(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    struct str officer =
        str_format(s->office[GIVER].arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer[GIVER]));
    (void)act(s, GIVER, "van-thu", "consultation.register", request, "");
    (void)act(s, GIVER, "lanh-dao", "consultation.assign", request, officer.ptr);
    assert_refused(s, GIVER, "can-bo", "consultation.draft",
                   about(s, GIVER, request, ",\"answer\":\"agree_if\",\"submit\":true"),
                   "consultation.condition_missing");
    assert_refused(s, GIVER, "can-bo", "consultation.draft",
                   about(s, GIVER, request,
                         ",\"answer\":\"agree\",\"condition_body\":\"Bộ Tư pháp\",\"submit\":true"),
                   "consultation.condition_alone");
}

/* ---- inside an asked office ---- */

static struct str ask_unit(struct scene *s, struct str request)
{
    struct t_office *t = &s->office[GIVER];
    struct str unit = t_act(t, "admin", "office.add_unit", "{\"name\":\"Vụ Pháp luật\"}").record;
    struct str officer = str_format(t->arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer[GIVER]));
    struct str more =
        str_format(t->arena, ",\"unit\":\"%.*s\",\"question\":\"Điều 2\"", STR_ARG(unit));
    (void)act(s, GIVER, "van-thu", "consultation.register", request, "");
    (void)act(s, GIVER, "lanh-dao", "consultation.assign", request, officer.ptr);
    (void)act(s, GIVER, "can-bo", "consultation.consult", request, more.ptr);
    assert_refused(s, GIVER, "can-bo", "consultation.consult", about(s, GIVER, request, more.ptr),
                   "consultation.consulted_already");
    return unit;
}

static void a_unit_is_asked_and_its_comment_never_leaves_the_office(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)ask_unit(s, request);
    assert_shows(see(s, GIVER, "consultation.show", request), "Đang chờ");
    (void)act(s, GIVER, "van-thu", "consultation.comment", request,
              ",\"text\":\"Thống nhất với dự thảo\"");
    assert_shows(see(s, GIVER, "consultation.show", request), "Thống nhất với dự thảo");
    assert_hides(see(s, ASKER, "consultation.show", request), "Thống nhất với dự thảo");
    assert_hides(see(s, ASKER, "consultation.show", request), "Vụ Pháp luật");
}

static void an_opinion_that_is_sent_releases_the_units(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)ask_unit(s, request);
    (void)act(s, GIVER, "can-bo", "consultation.draft", request,
              ",\"answer\":\"agree\",\"capacity\":\"kt\",\"submit\":true");
    struct str opinion = act(s, GIVER, "lanh-dao", "consultation.approve", request, "").record;
    assert_shows(see(s, GIVER, "consultation.show", request), "Không chờ nữa");
    assert_shows(see(s, ASKER, "consultation.opinion", opinion), "\"text\":\"KT. ");
    assert_refused(s, GIVER, "can-bo", "consultation.comment",
                   about(s, GIVER, request, ",\"text\":\"x\""), "consultation.answered_already");
}

/* ---- all of it is made again from the bytes ---- */

static void two_rounds_are_rebuilt_from_their_versions(void **state)
{
    struct scene *s = *state;
    struct str first = ask(s, ",\"sharing\":\"all_asked\"");
    (void)give(s, GIVER, first, POINTS);
    struct str more = office_json(s, ",\"office\":", OTHER, ",\"reason\":\"Không liên quan\"");
    (void)act(s, ASKER, "can-bo", "consultation.excuse", first, more.ptr);
    struct str second = renew(s, first);
    (void)ask_unit(s, second);
    (void)act(s, GIVER, "lanh-dao", "consultation.keep", second, "");
    for (int office = 0; office < OFFICES; office++) {
        struct call c = t_call(&s->office[office], NULL);
        struct node *report = node_map(&c);
        struct sb sb = sb_new(c.arena, 0);
        assert_int_equal(check_office(&c, NULL, report), OK);
        node_json(&sb, report);
        if (node_number(report, "equal") == 0) fail_msg("%.*s", STR_ARG(sb_str(&sb)));
        call_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_round_shows_what_changed_clause_by_clause),
        cmocka_unit_test(the_round_before_ends_and_names_the_silent),
        cmocka_unit_test(a_round_without_a_new_draft_is_refused),
        cmocka_unit_test(only_the_asker_begins_a_new_round),
        cmocka_unit_test(an_opinion_carries_the_hash_of_the_draft_it_speaks_of),
        cmocka_unit_test(the_text_of_an_attached_text_file_is_the_draft),
        cmocka_unit_test(a_text_file_in_another_encoding_stays_an_attachment),
        cmocka_unit_test(one_act_keeps_the_opinion_of_the_round_before),
        cmocka_unit_test(the_page_tells_whether_the_clause_of_each_point_has_changed),
        cmocka_unit_test(the_form_of_a_later_round_begins_with_what_was_said),
        cmocka_unit_test(who_said_nothing_before_has_nothing_to_keep),
        cmocka_unit_test(who_is_excused_is_named_apart_and_owes_nothing),
        cmocka_unit_test(who_has_answered_is_not_excused),
        cmocka_unit_test(a_gated_round_is_held_until_all_have_answered_or_are_excused),
        cmocka_unit_test(an_open_gate_lets_the_round_end_with_the_silent_by_name),
        cmocka_unit_test(nobody_sees_the_opinion_of_another_unless_the_round_says_so),
        cmocka_unit_test(a_confidential_opinion_is_for_the_asker_alone),
        cmocka_unit_test(a_conditional_answer_is_resolved_when_the_other_is_known),
        cmocka_unit_test(a_condition_names_another_giver),
        cmocka_unit_test(a_unit_is_asked_and_its_comment_never_leaves_the_office),
        cmocka_unit_test(an_opinion_that_is_sent_releases_the_units),
        cmocka_unit_test(an_office_that_is_asked_later_gets_the_draft_and_its_own_deadline),
        cmocka_unit_test(two_rounds_are_rebuilt_from_their_versions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
