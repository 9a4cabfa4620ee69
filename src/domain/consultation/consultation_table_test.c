/* The table of points: nothing is overwritten unseen, like points get one reply, a giver says once
 * that it is not satisfied, and what has no reply holds the draft or is named. */
#include "consultation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "core/check.h"
#include "core/office.h"
#include "t.h"

enum { ASKER, ONE, TWO, OFFICES };

struct scene {
    struct t_office office[OFFICES];
    struct str officer[OFFICES];
    struct str opinion[OFFICES];
    int64_t carried[OFFICES][OFFICES];
    struct str record;
};

static const char *const CODES[OFFICES] = {"VPCP", "VPQH", "VPTW"};
static const char LIKE_ONE[] =
    ",\"answer\":\"agree_with_points\",\"points\":[{\"clause\":\"khoản 1 Điều 2\",\"level\":"
    "\"should\",\"text\":\"Đề nghị kéo dài thời hạn trả lời lên 07 ngày làm việc\"},"
    "{\"clause\":\"Điều 3\",\"level\":\"technical\",\"text\":\"Sửa lỗi chính tả\"}]";
static const char LIKE_TWO[] =
    ",\"answer\":\"agree_with_points\",\"points\":[{\"clause\":\"khoản 1 Điều 2\",\"level\":"
    "\"condition\",\"text\":\"Kéo dài thời hạn trả lời lên 07 ngày làm việc.\"}]";

static void carry_all(struct scene *s)
{
    for (int from = 0; from < OFFICES; from++) {
        for (int to = 0; to < OFFICES; to++) {
            if (from != to) t_carry(&s->office[from], &s->office[to], &s->carried[from][to]);
        }
    }
}

static struct str json_of(struct scene *s, int office, struct str record, const char *more)
{
    return str_format(s->office[office].arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more);
}

static struct act_result act(struct scene *s, int office, const char *login, const char *name,
                             struct str record, const char *more)
{
    struct act_result result =
        t_act(&s->office[office], login, name, json_of(s, office, record, more).ptr);
    carry_all(s);
    return result;
}

static void refused(struct scene *s, int office, const char *name, struct str record,
                    const char *more, const char *reason)
{
    struct str got =
        t_refused(&s->office[office], "lanh-dao", name, json_of(s, office, record, more).ptr);
    assert_string_equal(got.ptr, reason);
}

static struct str see(struct scene *s, int office, const char *view, struct str record)
{
    return t_view(&s->office[office], "can-bo", view, json_of(s, office, record, "").ptr, NULL);
}

static void shows(struct str text, const char *part)
{
    if (str_find(text, str_of(part), 0) == text.len) {
        fail_msg("\"%s\" is not in %.*s", part, STR_ARG(text));
    }
}

static void give(struct scene *s, int office, const char *answer)
{
    struct str officer =
        str_format(s->office[office].arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer[office]));
    (void)act(s, office, "van-thu", "consultation.register", s->record, "");
    (void)act(s, office, "lanh-dao", "consultation.assign", s->record, officer.ptr);
    (void)act(s, office, "can-bo", "consultation.draft", s->record, answer);
    (void)act(s, office, "can-bo", "consultation.submit", s->record, "");
    s->opinion[office] = act(s, office, "lanh-dao", "consultation.approve", s->record, "").record;
}

static void ask(struct scene *s, const char *more)
{
    struct t_office *t = &s->office[ASKER];
    struct str json =
        str_format(t->arena,
                   "{\"subject\":\"Dự thảo Quy chế\",\"days\":5,\"asked\":"
                   "[{\"office\":\"%.*s\"},{\"office\":\"%.*s\"}]%s}",
                   STR_ARG(s->office[ONE].office.id), STR_ARG(s->office[TWO].office.id), more);
    s->record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    carry_all(s);
    give(s, ONE, LIKE_ONE);
    give(s, TWO, LIKE_TWO);
}

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

static void nothing_is_overwritten_unseen(void **state)
{
    struct scene *s = *state;
    struct call c = {};
    struct act_result result = {};
    ask(s, "");
    const char *first =
        ",\"point\":2,\"outcome\":\"explained\",\"reason\":\"Giữ nguyên\",\"seen\":1";
    const char *second = ",\"point\":2,\"outcome\":\"accepted\",\"seen\":1";
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", s->opinion[ONE], first);
    c = t_call(&s->office[ASKER], "lanh-dao");
    struct str json = json_of(s, ASKER, s->opinion[ONE], second);
    assert_int_equal(
        act_run_json(&c, S("consultation.answer_point"), json, (struct str){}, &result), ERR_STALE);
    shows(failure_json(&c), "Giữ nguyên"); /* both texts: the other's here, one's own in the form */
    call_end(&c);
    shows(see(s, ONE, "consultation.opinion", s->opinion[ONE]),
          "2 ý: 1 giải trình, 1 chưa trả lời");
    (void)act(s, ASKER, "lanh-dao", "consultation.answer_point", s->opinion[ONE],
              ",\"point\":2,\"outcome\":\"accepted\",\"seen\":1,\"anyway\":true");
    shows(see(s, ONE, "consultation.opinion", s->opinion[ONE]), "2 ý: 1 tiếp thu, 1 chưa trả lời");
}

static void like_points_get_one_reply_once_a_person_has_joined_them(void **state)
{
    struct scene *s = *state;
    ask(s, "");
    shows(see(s, ASKER, "consultation.similar", s->record), "Giống nhau, chờ xác nhận");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", s->opinion[TWO],
              ",\"point\":1,\"outcome\":\"partly\",\"reason\":\"06 ngày\"");
    shows(see(s, ONE, "consultation.opinion", s->opinion[ONE]), "2 ý: 2 chưa trả lời");
    struct str members = str_format(
        s->office[ASKER].arena,
        ",\"members\":[{\"opinion\":\"%.*s\",\"point\":1},{\"opinion\":\"%.*s\",\"point\":1}]",
        STR_ARG(s->opinion[ONE]), STR_ARG(s->opinion[TWO]));
    struct str group = act(s, ASKER, "can-bo", "consultation.join", s->record, members.ptr).record;
    refused(s, ASKER, "consultation.join", s->record, members.ptr, "consultation.joined_already");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", s->opinion[ONE],
              ",\"point\":1,\"outcome\":\"accepted\",\"wording\":\"07 ngày\"");
    shows(see(s, ONE, "consultation.opinion", s->opinion[ONE]), "2 ý: 1 tiếp thu, 1 chưa trả lời");
    shows(see(s, TWO, "consultation.opinion", s->opinion[TWO]), "1 ý: 1 tiếp thu");
    (void)act(s, ASKER, "can-bo", "consultation.part", group, "");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", s->opinion[ONE],
              ",\"point\":1,\"outcome\":\"explained\",\"reason\":\"Thôi\"");
    shows(see(s, TWO, "consultation.opinion", s->opinion[TWO]), "1 ý: 1 tiếp thu");
}

static void a_giver_says_once_that_it_is_not_satisfied(void **state)
{
    struct scene *s = *state;
    ask(s, "");
    const char *why = ",\"point\":1,\"text\":\"Chưa nêu căn cứ\"";
    refused(s, TWO, "consultation.object", s->opinion[TWO], why, "consultation.no_reply_yet");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", s->opinion[TWO],
              ",\"point\":1,\"outcome\":\"explained\",\"reason\":\"Không cần\"");
    (void)act(s, TWO, "can-bo", "consultation.object", s->opinion[TWO], why);
    refused(s, TWO, "consultation.object", s->opinion[TWO], why, "consultation.objected_already");
    shows(see(s, ASKER, "consultation.table", s->record), "Chưa thoả đáng: Chưa nêu căn cứ");
    shows(see(s, ASKER, "consultation.cover", s->record), "Chưa thoả đáng: ");
    struct str other = see(s, ONE, "consultation.table", s->record);
    assert_int_equal(str_find(other, S("Chưa nêu căn cứ"), 0), other.len);
}

static void what_has_no_reply_holds_the_draft_where_the_round_says_so(void **state)
{
    struct scene *s = *state;
    ask(s, ",\"gate\":\"wait_all\"");
    refused(s, ASKER, "consultation.present", s->record, "", "consultation.still_open");
    (void)act(s, ASKER, "lanh-dao", "consultation.close", s->record, "");
    refused(s, ASKER, "consultation.present", s->record, "", "consultation.points_open");
    shows(see(s, ASKER, "consultation.cover", s->record), "Còn 3 góp ý chưa được trả lời: ");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", s->opinion[TWO],
              ",\"point\":1,\"outcome\":\"accepted\"");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", s->opinion[ONE],
              ",\"point\":1,\"outcome\":\"accepted\"");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", s->opinion[ONE],
              ",\"point\":2,\"outcome\":\"accepted\"");
    (void)act(s, ASKER, "lanh-dao", "consultation.present", s->record, "");
    refused(s, ASKER, "consultation.present", s->record, "", "consultation.presented");
    refused(s, ONE, "consultation.object", s->opinion[ONE], ",\"point\":1,\"text\":\"Muộn\"",
            "consultation.presented");
}

static void the_draft_may_go_on_with_open_points_that_are_counted(void **state)
{
    struct scene *s = *state;
    ask(s, "");
    (void)act(s, ASKER, "lanh-dao", "consultation.close", s->record, "");
    (void)act(s, ASKER, "lanh-dao", "consultation.present", s->record, "");
    shows(see(s, ASKER, "consultation.cover", s->record), "Còn 3 góp ý chưa được trả lời: ");
}

int main(void)
{
#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_SCENE(nothing_is_overwritten_unseen),
        IN_SCENE(like_points_get_one_reply_once_a_person_has_joined_them),
        IN_SCENE(a_giver_says_once_that_it_is_not_satisfied),
        IN_SCENE(what_has_no_reply_holds_the_draft_where_the_round_says_so),
        IN_SCENE(the_draft_may_go_on_with_open_points_that_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
