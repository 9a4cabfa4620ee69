/*
 * Written opinions between three offices, each on its own database file: VPCP asks, VPQH and VPTW
 * are asked.
 */
#include "consultation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/time.h"
#include "core/obligation.h"
#include "t.h"

enum { ASKER, GIVER, OTHER, OFFICES };

struct scene {
    struct t_office office[OFFICES];
    struct str officer[OFFICES];       /* record of "can-bo" */
    int64_t carried[OFFICES][OFFICES]; /* last outbox row handed over */
};

static const char *const CODES[OFFICES] = {"VPCP", "VPQH", "VPTW"};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
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
    free(s);
    return 0;
}

/* ---- handing over ---- */

static void carry_all(struct scene *s)
{
    for (int from = 0; from < OFFICES; from++) {
        for (int to = 0; to < OFFICES; to++) {
            if (from == to) continue;
            t_carry(&s->office[from], &s->office[to], &s->carried[from][to]);
        }
    }
}

/* ---- what people do ---- */

static const char *about(struct t_office *t, struct str record, const char *more)
{
    return str_format(t->arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more).ptr;
}

static struct str ask(struct scene *s, const char *more)
{
    struct t_office *t = &s->office[ASKER];
    struct str json =
        str_format(t->arena,
                   "{\"subject\":\"Dự thảo Quy chế phối hợp\",\"days\":5,"
                   "\"asked\":[{\"office\":\"%.*s\"},{\"office\":\"%.*s\"}]%s}",
                   STR_ARG(s->office[GIVER].office.id), STR_ARG(s->office[OTHER].office.id), more);
    struct str record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    carry_all(s);
    return record;
}

static struct act_result act(struct scene *s, int office, const char *login, const char *name,
                             struct str record, const char *more)
{
    struct t_office *t = &s->office[office];
    struct act_result result = t_act(t, login, name, about(t, record, more));
    carry_all(s);
    return result;
}

/* The reason for which an act is refused. */
static const char *refused(struct scene *s, int office, const char *login, const char *name,
                           struct str record, const char *more)
{
    struct t_office *t = &s->office[office];
    return t_refused(t, login, name, about(t, record, more)).ptr;
}

static void assign(struct scene *s, int office, struct str request)
{
    struct str more =
        str_format(s->office[office].arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer[office]));
    (void)act(s, office, "van-thu", "consultation.register", request, "");
    (void)act(s, office, "lanh-dao", "consultation.assign", request, more.ptr);
}

static const char TWO_POINTS[] =
    ",\"answer\":\"agree_with_points\",\"points\":["
    "{\"clause\":\"điểm đ khoản 2 Điều 5\",\"level\":\"should\",\"text\":\"Bỏ cụm từ kịp thời\"},"
    "{\"clause\":\"Điều 3\",\"level\":\"condition\",\"text\":\"Bổ sung cơ quan chủ trì\","
    "\"wording\":\"Văn phòng Chính phủ chủ trì\"}]";

static void hand_in(struct scene *s, int office, struct str request, const char *answer)
{
    (void)act(s, office, "can-bo", "consultation.draft", request, answer);
    (void)act(s, office, "can-bo", "consultation.submit", request, "");
}

/* From the arrival to the answer; returns the opinion. */
static struct str give(struct scene *s, int office, struct str request, const char *answer)
{
    assign(s, office, request);
    hand_in(s, office, request, answer);
    return act(s, office, "lanh-dao", "consultation.approve", request, "").record;
}

/* ---- what people see ---- */

static struct str look(struct scene *s, int office, const char *login, const char *name,
                       const char *json)
{
    struct t_office *t = &s->office[office];
    struct call c = t_call(t, login);
    const struct field_table *table = module_view(str_of(name))->args;
    void *args = arena_alloc(c.arena, table->size);
    struct view view = {};
    struct sb sb = sb_new(t->arena, 0);
    assert_int_equal(fields_read(&c, table, str_of(json), UNKNOWN_REFUSE, args), OK);
    enum err e = view_run(&c, str_of(name), args, &view);
    sb_put(&sb, e == OK ? S("") : str_of(c.failure.reason));
    if (e == OK) node_json(&sb, view.data);
    call_end(&c);
    return sb_str(&sb);
}

static struct str show(struct scene *s, int office, struct str request)
{
    return look(s, office, "can-bo", "consultation.show", about(&s->office[office], request, ""));
}

static bool contains(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static void assert_shows(struct str text, const char *part)
{
    if (!contains(text, part)) fail_msg("\"%s\" is not in %.*s", part, STR_ARG(text));
}

static void assert_hides(struct str text, const char *part)
{
    if (contains(text, part)) fail_msg("\"%s\" is in %.*s", part, STR_ARG(text));
}

enum todo { MINE, AWAITED };

struct todo_look {
    enum todo todo;
    struct node *list;
};

static enum err todo_step(struct call *c, void *arg)
{
    struct todo_look *l = arg;
    struct obligation_after from = {};
    struct obligation_after next = {};
    return l->todo == MINE ? obligation_mine(c, &from, 50, l->list, &next)
                           : obligation_awaited(c, 50, l->list);
}

/* What a person has to do, or waits for, as JSON. */
static struct str todo(struct scene *s, int office, const char *login, enum todo todo)
{
    struct call c = t_call(&s->office[office], login);
    struct todo_look l = {todo, node_list(&c)};
    struct sb sb = sb_new(s->office[office].arena, 0);
    assert_int_equal(store_read(&c, todo_step, &l), OK);
    node_json(&sb, l.list);
    call_end(&c);
    return sb_str(&sb);
}

/* ---- tests ---- */

static void a_request_arrives_at_every_asked_office_with_its_deadline(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    /* Wednesday 2026-11-25 and five working days, over one weekend */
    assert_shows(show(s, GIVER, request), "02/12/2026 17:00");
    assert_shows(show(s, OTHER, request), "02/12/2026 17:00");
}

static void a_request_to_oneself_is_refused(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[ASKER];
    struct str json =
        str_format(t->arena, "{\"subject\":\"x\",\"days\":5,\"asked\":[{\"office\":\"%.*s\"}]}",
                   STR_ARG(t->office.id));
    assert_string_equal(t_refused(t, "can-bo", "consultation.ask", json.ptr).ptr,
                        "consultation.asked_self");
}

static void an_office_is_asked_once(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[ASKER];
    struct str id = s->office[GIVER].office.id;
    struct str json = str_format(
        t->arena,
        "{\"subject\":\"x\",\"days\":5,\"asked\":[{\"office\":\"%.*s\"},{\"office\":\"%.*s\"}]}",
        STR_ARG(id), STR_ARG(id));
    assert_string_equal(t_refused(t, "can-bo", "consultation.ask", json.ptr).ptr,
                        "consultation.asked_twice");
}

static void an_office_that_is_no_peer_cannot_be_asked(void **state)
{
    struct scene *s = *state;
    assert_string_equal(t_refused(&s->office[ASKER], "can-bo", "consultation.ask",
                                  "{\"subject\":\"x\",\"days\":5,"
                                  "\"asked\":[{\"office\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}")
                            .ptr,
                        "consultation.asked_unknown");
}

static void registering_gives_numbers_without_gaps_and_a_receipt(void **state)
{
    struct scene *s = *state;
    for (int i = 1; i <= 3; i++) {
        struct str request = ask(s, "");
        (void)act(s, GIVER, "van-thu", "consultation.register", request, "");
        struct str number = str_format(s->office[GIVER].arena, "\"%d/2026\"", i);
        assert_shows(show(s, GIVER, request), number.ptr);
        number = str_format(s->office[ASKER].arena, "\"number\":\"%d\"", i);
        assert_shows(show(s, ASKER, request), number.ptr);
    }
}

static void numbers_begin_again_with_the_year(void **state)
{
    struct scene *s = *state;
    (void)act(s, GIVER, "van-thu", "consultation.register", ask(s, ""), "");
    for (int i = 0; i < OFFICES; i++)
        s->office[i].now_ms += 40 * TIME_DAY_MS;
    struct str request = ask(s, "");
    (void)act(s, GIVER, "van-thu", "consultation.register", request, "");
    assert_shows(show(s, GIVER, request), "\"1/2027\"");
}

static void a_request_is_registered_once(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)act(s, GIVER, "van-thu", "consultation.register", request, "");
    assert_string_equal(refused(s, GIVER, "van-thu", "consultation.register", request, ""),
                        "consultation.registered_already");
}

static void a_repeated_registering_tells_the_same_number(void **state)
{
    struct scene *s = *state;
    struct str json = str_format(s->office[GIVER].arena, "{\"record\":\"%.*s\"}",
                                 STR_ARG(ask(s, "")));
    struct str said[2] = {};
    for (size_t i = 0; i < ARRAY_LEN(said); i++) {
        struct call c = t_call(&s->office[GIVER], "van-thu");
        struct act_result result = {};
        assert_int_equal(
            act_run_json(&c, S("consultation.register"), json, S("vao-so-1"), &result), OK);
        said[i] = str_copy(s->office[GIVER].arena, act_result_json(&c, &result));
        call_end(&c);
    }
    assert_true(str_find(said[0], S("\"more\":{\"number\":1}"), 0) < said[0].len);
    assert_true(str_eq(said[0], said[1]));
}

static void a_request_is_not_registered_while_a_file_is_missing(void **state)
{
    struct scene *s = *state;
    struct str root = t_file(&s->office[ASKER], "dự thảo");
    struct str more = str_format(s->office[ASKER].arena,
                                 ",\"files\":[{\"root\":\"%.*s\",\"name\":\"du-thao.txt\","
                                 "\"media\":\"text/plain\",\"size\":11}]",
                                 STR_ARG(root));
    struct str request = ask(s, more.ptr);
    assert_string_equal(refused(s, GIVER, "van-thu", "consultation.register", request, ""),
                        "receipt.files_missing");
    (void)t_file(&s->office[GIVER], "dự thảo");
    (void)act(s, GIVER, "van-thu", "consultation.register", request, "");
    assert_shows(show(s, GIVER, request), "\"1/2026\"");
}

static void a_refusal_needs_a_reason_and_comes_back_with_it(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assert_string_equal(refused(s, GIVER, "van-thu", "consultation.refuse", request, ""),
                        "field.required");
    (void)act(s, GIVER, "van-thu", "consultation.refuse", request,
              ",\"reason\":\"Không thuộc thẩm quyền\"");
    assert_shows(show(s, ASKER, request), "Không thuộc thẩm quyền");
    assert_hides(todo(s, GIVER, "van-thu", MINE), "consultation.register");
    assert_hides(todo(s, GIVER, "van-thu", MINE), "consultation.answer");
}

static void a_refusal_ends_what_the_asker_waits_for(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assert_shows(todo(s, ASKER, "can-bo", AWAITED), "VPQH");
    (void)act(s, GIVER, "van-thu", "consultation.refuse", request,
              ",\"reason\":\"Không thuộc thẩm quyền\"");
    assert_hides(todo(s, ASKER, "can-bo", AWAITED), "VPQH");
    assert_shows(todo(s, ASKER, "can-bo", AWAITED), "VPTW");
    assert_hides(todo(s, GIVER, "lanh-dao", MINE), "consultation.");
    assert_hides(show(s, OTHER, request), "Không thuộc thẩm quyền");
    (void)act(s, ASKER, "can-bo", "consultation.extend", request,
              ",\"due_date\":\"2026-12-10\",\"reason\":\"Thêm thời gian\"");
    assert_hides(todo(s, ASKER, "can-bo", AWAITED), "VPQH");
}

static void a_refusal_is_counted_as_one_and_not_as_silence(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)act(s, GIVER, "van-thu", "consultation.refuse", request,
              ",\"reason\":\"Không thuộc thẩm quyền\"");
    assert_shows(show(s, ASKER, request), "0/2 đã trả lời, 1 từ chối");
    assert_shows(show(s, ASKER, request), "Từ chối tiếp nhận");
    assert_shows(look(s, ASKER, "can-bo", "consultation.list", "{}"), "0/2 đã trả lời, 1 từ chối");
    (void)act(s, ASKER, "can-bo", "consultation.close", request, "");
    struct str page = show(s, ASKER, request);
    size_t silent = str_find(page, S("Không trả lời"), 0);
    assert_true(silent < page.len);
    assert_true(str_find(page, S("Không trả lời"), silent + 1) == page.len);
    assert_shows(page, "Từ chối tiếp nhận");
}

static void only_the_registry_registers(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assert_string_equal(refused(s, GIVER, "can-bo", "consultation.register", request, ""),
                        "grant.role");
}

static void only_the_assigned_officer_writes(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)t_person(&s->office[GIVER], "nguoi-khac", ROLE_OFFICER);
    assign(s, GIVER, request);
    assert_string_equal(refused(s, GIVER, "nguoi-khac", "consultation.draft", request, TWO_POINTS),
                        "grant.role");
    (void)act(s, GIVER, "can-bo", "consultation.draft", request, TWO_POINTS);
    assert_shows(show(s, GIVER, request), "Bỏ cụm từ kịp thời");
}

static void a_draft_never_leaves_the_office(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    hand_in(s, GIVER, request, TWO_POINTS);
    assert_hides(show(s, ASKER, request), "Bỏ cụm từ kịp thời");
}

static void a_draft_that_says_nothing_is_not_submitted(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    (void)act(s, GIVER, "can-bo", "consultation.draft", request, ",\"answer\":\"disagree\"");
    assert_string_equal(refused(s, GIVER, "can-bo", "consultation.submit", request, ""),
                        "consultation.why_missing");
}

static void a_form_opened_before_another_wrote_is_refused(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    static const char OLD_FORM[] = ",\"seen\":2,\"answer\":\"agree\"";
    (void)act(s, GIVER, "can-bo", "consultation.draft", request, OLD_FORM);
    assert_string_equal(refused(s, GIVER, "can-bo", "consultation.draft", request, OLD_FORM),
                        "record.stale");
    (void)act(s, GIVER, "can-bo", "consultation.draft", request,
              ",\"seen\":3,\"answer\":\"agree\"");
}

static void a_leader_signs_only_the_draft_that_was_read(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    hand_in(s, GIVER, request, TWO_POINTS);
    /* the leader reads; meanwhile the draft goes back and comes again with other words */
    (void)act(s, GIVER, "lanh-dao", "consultation.return", request, ",\"comment\":\"x\"");
    hand_in(s, GIVER, request, ",\"answer\":\"agree\"");
    assert_string_equal(
        refused(s, GIVER, "lanh-dao", "consultation.approve", request, ",\"seen\":4"),
        "record.stale");
    (void)act(s, GIVER, "lanh-dao", "consultation.approve", request, ",\"seen\":7");
}

static void a_returned_draft_is_the_officers_work_again(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    assert_shows(todo(s, GIVER, "can-bo", MINE), "consultation.draft");
    hand_in(s, GIVER, request, TWO_POINTS);
    assert_hides(todo(s, GIVER, "can-bo", MINE), "consultation.draft");
    assert_shows(todo(s, GIVER, "lanh-dao", MINE), "consultation.approve");
    (void)act(s, GIVER, "lanh-dao", "consultation.return", request, ",\"comment\":\"Nêu căn cứ\"");
    assert_shows(todo(s, GIVER, "can-bo", MINE), "consultation.draft");
    assert_hides(todo(s, GIVER, "lanh-dao", MINE), "consultation.approve");
    assert_shows(show(s, GIVER, request), "Nêu căn cứ");
}

static void an_opinion_goes_to_the_asker_and_to_nobody_else(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    struct str opinion = give(s, GIVER, request, TWO_POINTS);
    assert_shows(show(s, ASKER, request), "Bỏ cụm từ kịp thời");
    assert_hides(show(s, OTHER, request), "Bỏ cụm từ kịp thời");
    assert_string_equal(
        look(s, OTHER, "can-bo", "consultation.opinion", about(&s->office[OTHER], opinion, "")).ptr,
        "record.not_found");
}

static void an_answer_ends_what_the_office_owed(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assert_shows(todo(s, GIVER, "lanh-dao", MINE), "consultation.answer");
    assert_shows(todo(s, GIVER, "van-thu", MINE), "consultation.register");
    (void)give(s, GIVER, request, ",\"answer\":\"agree\"");
    assert_hides(todo(s, GIVER, "lanh-dao", MINE), "consultation.");
    assert_hides(todo(s, GIVER, "van-thu", MINE), "consultation.");
    assert_hides(todo(s, ASKER, "can-bo", AWAITED), "VPQH");
    assert_shows(todo(s, ASKER, "can-bo", AWAITED), "VPTW");
}

static void the_asker_sees_who_answered_and_who_is_silent(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)give(s, GIVER, request, ",\"answer\":\"agree\"");
    struct str page = show(s, ASKER, request);
    assert_shows(page, "1/2 đã trả lời");
    assert_shows(page, "Chưa trả lời");
    assert_shows(look(s, ASKER, "can-bo", "consultation.list", "{\"box\":\"sent\"}"),
                 "1/2 đã trả lời");
    assert_hides(look(s, ASKER, "can-bo", "consultation.list", "{\"box\":\"received\"}"), "1/2");
    assert_shows(look(s, GIVER, "can-bo", "consultation.list", "{\"box\":\"received\"}"),
                 "Đã duyệt và gửi");
}

static void each_point_is_answered_and_comes_back_to_its_giver(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    struct str opinion = give(s, GIVER, request, TWO_POINTS);
    assert_shows(todo(s, ASKER, "can-bo", MINE), "consultation.reply");
    assert_string_equal(refused(s, ASKER, "can-bo", "consultation.answer_point", opinion,
                                ",\"point\":1,\"outcome\":\"explained\""),
                        "consultation.reason_missing");
    assert_string_equal(refused(s, ASKER, "can-bo", "consultation.answer_point", opinion,
                                ",\"point\":3,\"outcome\":\"accepted\""),
                        "consultation.point_unknown");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", opinion,
              ",\"point\":1,\"outcome\":\"explained\",\"reason\":\"Giữ theo Điều 4\"");
    assert_shows(todo(s, ASKER, "can-bo", MINE), "consultation.reply");
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", opinion,
              ",\"point\":2,\"outcome\":\"accepted\"");
    assert_hides(todo(s, ASKER, "can-bo", MINE), "consultation.reply");
    assert_shows(show(s, GIVER, request), "Giữ theo Điều 4");
    assert_shows(show(s, GIVER, request), "Tiếp thu");
    assert_hides(show(s, OTHER, request), "Giữ theo Điều 4");
}

static void a_remark_beside_points_is_no_point(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    struct str answer =
        str_format(s->office[GIVER].arena, ",\"general\":\"Cơ bản nhất trí\"%s", TWO_POINTS);
    struct str opinion = give(s, GIVER, request, answer.ptr);
    struct str table =
        look(s, ASKER, "can-bo", "consultation.table", about(&s->office[ASKER], request, ""));
    assert_shows(table, "\"count\":2");
    assert_string_equal(refused(s, ASKER, "can-bo", "consultation.answer_point", opinion,
                                ",\"point\":0,\"outcome\":\"accepted\""),
                        "consultation.point_unknown");
}

static void the_askers_page_says_once_who_answered(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)give(s, GIVER, request, ",\"answer\":\"no_opinion\"");
    struct str page = show(s, ASKER, request);
    struct str answer = S("Không có ý kiến");
    size_t first = str_find(page, answer, 0);
    assert_true(first < page.len);
    assert_true(str_find(page, answer, first + answer.len) == page.len);
    assert_hides(page, "\"who\"");
}

static void a_giver_does_not_answer_its_own_points(void **state)
{
    struct scene *s = *state;
    struct str opinion = give(s, GIVER, ask(s, ""), TWO_POINTS);
    assert_string_equal(refused(s, GIVER, "can-bo", "consultation.answer_point", opinion,
                                ",\"point\":1,\"outcome\":\"accepted\""),
                        "consultation.only_asker");
}

static void points_of_all_offices_stand_in_one_table_by_clause(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)give(s, GIVER, request, TWO_POINTS);
    (void)give(s, OTHER, request,
               ",\"answer\":\"disagree\",\"general\":\"Chưa rõ nguồn lực\",\"points\":["
               "{\"clause\":\"Điều 4\",\"level\":\"reference\",\"text\":\"Làm rõ kinh phí\"}]");
    struct str table =
        look(s, ASKER, "can-bo", "consultation.table", about(&s->office[ASKER], request, ""));
    const char *const order[] = {"Chưa rõ nguồn lực", "Bổ sung cơ quan chủ trì", "Làm rõ kinh phí",
                                 "Bỏ cụm từ kịp thời"};
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        size_t found = str_find(table, str_of(order[i]), at);
        assert_true(found < table.len);
        at = found;
    }
}

static const char BODY[] = ",\"asked_bodies\":[{\"name\":\"Hội Luật gia Việt Nam\"}]";

static void a_letter_of_a_body_outside_is_registered_on_its_behalf(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[ASKER];
    struct str request = ask(s, BODY);
    assert_shows(todo(s, ASKER, "can-bo", MINE), "consultation.paper");
    struct str root = t_file(t, "bản chụp");
    struct str more =
        str_format(t->arena,
                   ",\"behalf\":\"Hội Luật gia Việt Nam\",\"paper_number\":\"15/HLG\","
                   "\"answer\":\"disagree\",\"general\":\"Chưa thống nhất\","
                   "\"files\":[{\"root\":\"%.*s\",\"name\":\"ban-chup.pdf\","
                   "\"media\":\"application/pdf\",\"size\":12}]",
                   STR_ARG(root));
    (void)act(s, ASKER, "van-thu", "consultation.register_behalf", request, more.ptr);
    assert_shows(show(s, ASKER, request), "Hội Luật gia Việt Nam (nhập thay");
    assert_shows(show(s, ASKER, request), "1/3 đã trả lời");
    assert_hides(todo(s, ASKER, "can-bo", MINE), "consultation.paper");
    assert_string_equal(
        refused(s, ASKER, "van-thu", "consultation.register_behalf", request, more.ptr),
        "consultation.behalf_already");
}

static void nobody_speaks_for_a_body_that_was_not_asked(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[ASKER];
    struct str root = t_file(t, "bản chụp");
    struct str more =
        str_format(t->arena,
                   ",\"behalf\":\"Hội khác\",\"answer\":\"agree\",\"files\":[{\"root\":"
                   "\"%.*s\",\"name\":\"a.pdf\",\"media\":\"application/pdf\",\"size\":12}]",
                   STR_ARG(root));
    assert_string_equal(
        refused(s, ASKER, "van-thu", "consultation.register_behalf", ask(s, BODY), more.ptr),
        "consultation.behalf_not_asked");
}

static void a_moved_deadline_keeps_the_first_one_in_sight(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assert_string_equal(refused(s, ASKER, "can-bo", "consultation.extend", request,
                                ",\"due_date\":\"2026-12-05\",\"reason\":\"x\""),
                        "consultation.due_not_working");
    assert_string_equal(refused(s, ASKER, "can-bo", "consultation.extend", request,
                                ",\"due_date\":\"2026-12-01\",\"reason\":\"x\""),
                        "consultation.due_earlier");
    assert_string_equal(refused(s, ASKER, "can-bo", "consultation.extend", request,
                                ",\"due_date\":\"2096-12-07\",\"reason\":\"x\""),
                        "consultation.due_far");
    (void)act(s, ASKER, "can-bo", "consultation.extend", request,
              ",\"due_date\":\"2026-12-08\",\"reason\":\"Chờ họp liên ngành\"");
    struct str page = show(s, GIVER, request);
    assert_shows(page, "08/12/2026 17:00");
    assert_shows(page, "02/12/2026");
    assert_shows(page, "Chờ họp liên ngành");
    assert_shows(todo(s, GIVER, "can-bo", MINE), "08/12/2026");
}

static void a_move_based_on_an_older_version_is_refused(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)act(s, ASKER, "can-bo", "consultation.extend", request,
              ",\"seen\":1,\"due_date\":\"2026-12-08\",\"reason\":\"x\"");
    assert_string_equal(refused(s, ASKER, "can-bo", "consultation.extend", request,
                                ",\"seen\":1,\"due_date\":\"2026-12-10\",\"reason\":\"x\""),
                        "record.stale");
}

static void only_the_asker_moves_the_deadline(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assert_string_equal(refused(s, GIVER, "lanh-dao", "consultation.extend", request,
                                ",\"due_date\":\"2026-12-08\",\"reason\":\"x\""),
                        "grant.home");
}

static void who_is_silent_at_the_closing_is_named(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)give(s, GIVER, request, ",\"answer\":\"agree\"");
    (void)act(s, ASKER, "can-bo", "consultation.close", request, "");
    struct consultation_request r = {};
    struct call c = t_call(&s->office[ASKER], "can-bo");
    assert_int_equal(record_body(&c, "consultation.request", request, &r), OK);
    assert_int_equal(r.silent.count, 1);
    const struct consultation_silent *silent = r.silent.rows;
    assert_string_equal(silent[0].name.ptr, "Văn phòng VPTW");
    call_end(&c);
    assert_shows(show(s, ASKER, request), "Không trả lời");
    assert_hides(todo(s, OTHER, "can-bo", MINE), "consultation.answer");
}

static void a_closed_round_takes_no_more_opinions(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    (void)act(s, ASKER, "can-bo", "consultation.close", request, "");
    assert_string_equal(refused(s, GIVER, "can-bo", "consultation.draft", request, TWO_POINTS),
                        "consultation.closed");
}

static void an_opinion_that_crossed_the_closing_is_not_lost(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    hand_in(s, GIVER, request, TWO_POINTS);
    struct t_office *asker = &s->office[ASKER], *giver = &s->office[GIVER];
    (void)t_act(asker, "can-bo", "consultation.close", about(asker, request, ""));
    (void)t_act(giver, "lanh-dao", "consultation.approve", about(giver, request, ""));
    carry_all(s);
    assert_shows(show(s, ASKER, request), "Bỏ cụm từ kịp thời");
    assert_shows(show(s, ASKER, request), "1/2 đã trả lời");
}

static void a_deadline_that_passes_is_shown_as_late(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    for (int i = 0; i < OFFICES; i++)
        s->office[i].now_ms += 10 * TIME_DAY_MS;
    assert_shows(show(s, ASKER, request), "Quá hạn, chưa trả lời");
    assert_shows(todo(s, GIVER, "can-bo", MINE), "\"late\":true");
}

static void the_deadline_is_shown_before_it_is_set(void **state)
{
    struct scene *s = *state;
    struct str page =
        look(s, ASKER, "can-bo", "consultation.deadline", "{\"days\":5,\"from\":\"2026-11-25\"}");
    assert_shows(page, "\"due_date\":\"2026-12-02\"");
    assert_shows(page, "Không tính 2 ngày nghỉ hằng tuần");
}

static void a_page_offers_only_the_acts_of_its_own_side(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    struct str theirs =
        look(s, GIVER, "lanh-dao", "consultation.show", about(&s->office[GIVER], request, ""));
    struct str ours =
        look(s, ASKER, "lanh-dao", "consultation.show", about(&s->office[ASKER], request, ""));
    assert_shows(theirs, "consultation.assign");
    assert_hides(theirs, "consultation.close");
    assert_shows(ours, "consultation.close");
    assert_hides(ours, "consultation.assign");
}

static void what_was_written_fills_the_form_again(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    (void)act(s, GIVER, "can-bo", "consultation.draft", request, TWO_POINTS);
    struct str form =
        look(s, GIVER, "can-bo", "consultation.writing", about(&s->office[GIVER], request, ""));
    assert_shows(form, "\"answer\":\"agree_with_points\"");
    assert_shows(form, "Văn phòng Chính phủ chủ trì");
}

static void a_new_opinion_offers_three_points_to_be_changed(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    assert_shows(
        look(s, GIVER, "can-bo", "consultation.writing", about(&s->office[GIVER], request, "")),
        "\"points\":[{\"level\":\"should\"},{\"level\":\"should\"},{\"level\":\"should\"}]");
}

static void a_draft_may_be_handed_in_as_it_is_saved(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    assign(s, GIVER, request);
    assert_string_equal(refused(s, GIVER, "can-bo", "consultation.draft", request,
                                ",\"answer\":\"disagree\",\"submit\":true"),
                        "consultation.why_missing");
    (void)act(s, GIVER, "can-bo", "consultation.draft", request,
              ",\"answer\":\"agree\",\"submit\":true");
    assert_hides(todo(s, GIVER, "can-bo", MINE), "consultation.draft");
    assert_shows(todo(s, GIVER, "lanh-dao", MINE), "consultation.approve");
    (void)act(s, GIVER, "lanh-dao", "consultation.approve", request, "");
    assert_shows(show(s, ASKER, request), "1/2 đã trả lời");
}

static void the_form_of_a_reply_shows_the_point_and_the_older_reply(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[ASKER];
    struct str opinion = give(s, GIVER, ask(s, ""), TWO_POINTS);
    (void)act(s, ASKER, "can-bo", "consultation.answer_point", opinion,
              ",\"point\":1,\"outcome\":\"partly\",\"reason\":\"Sửa thành khi cần\"");
    struct str form =
        look(s, ASKER, "can-bo", "consultation.replying", about(t, opinion, ",\"point\":1"));
    assert_shows(form, "\"outcome\":\"partly\"");
    assert_shows(form, "Sửa thành khi cần");
    assert_shows(
        look(s, ASKER, "can-bo", "consultation.replying", about(t, opinion, ",\"point\":9")),
        "form");
}

static void the_table_is_an_official_paper(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)give(s, GIVER, request, TWO_POINTS);
    struct t_office *t = &s->office[ASKER];
    struct call c = t_call(t, "can-bo");
    struct consultation_record_input args = {request};
    struct paper paper = {};
    paper_start(&c, &paper, PAPER_PORTRAIT);
    assert_int_equal(view_paper(&c, S("consultation.table"), &args, &paper), OK);
    assert_int_equal(paper.turn, PAPER_LANDSCAPE);
    assert_int_equal(paper.table_count, 3);
    assert_int_equal(paper.tables[1]->row_count, 2);
    assert_string_equal(paper.tables[1]->rows[0].cells[1].text.ptr, "Điều 3");
    assert_shows(paper.intro.parts[1].text, "Văn phòng VPTW");
    assert_int_equal(paper.tables[2]->row_count, 1);
    assert_int_equal(paper.tables[2]->rows[0].cells[4].text.len, 64); /* hash of what was signed */
    call_end(&c);
}

static void a_number_of_days_is_asked_for(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[ASKER];
    struct str json =
        str_format(t->arena, "{\"subject\":\"x\",\"days\":0,\"asked\":[{\"office\":\"%.*s\"}]}",
                   STR_ARG(s->office[GIVER].office.id));
    assert_string_equal(t_refused(t, "can-bo", "consultation.ask", json.ptr).ptr,
                        "consultation.days");
}

static void work_is_given_to_somebody_who_is_here_and_in_time(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[GIVER];
    struct str request = ask(s, "");
    struct str stranger = str_format(t->arena, ",\"officer\":\"%.*s\"", STR_ARG(s->officer[OTHER]));
    struct str late = str_format(t->arena, ",\"officer\":\"%.*s\",\"due_date\":\"2026-12-03\"",
                                 STR_ARG(s->officer[GIVER]));
    struct str past = str_format(t->arena, ",\"officer\":\"%.*s\",\"due_date\":\"2026-11-24\"",
                                 STR_ARG(s->officer[GIVER]));
    (void)act(s, GIVER, "van-thu", "consultation.register", request, "");
    assert_string_equal(refused(s, GIVER, "lanh-dao", "consultation.assign", request, stranger.ptr),
                        "consultation.officer_unknown");
    assert_string_equal(refused(s, GIVER, "lanh-dao", "consultation.assign", request, late.ptr),
                        "consultation.officer_due_late");
    assert_string_equal(refused(s, GIVER, "lanh-dao", "consultation.assign", request, past.ptr),
                        "consultation.due_past");
}

static void the_officers_own_deadline_may_be_earlier(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    struct str more =
        str_format(s->office[GIVER].arena, ",\"officer\":\"%.*s\",\"due_date\":\"2026-11-30\"",
                   STR_ARG(s->officer[GIVER]));
    (void)act(s, GIVER, "van-thu", "consultation.register", request, "");
    (void)act(s, GIVER, "lanh-dao", "consultation.assign", request, more.ptr);
    assert_shows(todo(s, GIVER, "can-bo", MINE), "30/11/2026");
}

static void a_long_list_goes_on_where_it_stopped(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 51; i++)
        (void)ask(s, "");
    struct str page = look(s, ASKER, "can-bo", "consultation.list", "{\"state\":\"open\"}");
    assert_shows(page, "\"count\":50");
    size_t at = str_find(page, S("\"next\":\""), 0) + 8;
    size_t end = str_find(page, S("\""), at);
    struct str json = str_format(s->office[ASKER].arena, "{\"state\":\"open\",\"after\":\"%.*s\"}",
                                 STR_ARG(str_sub(page, at, end)));
    assert_shows(look(s, ASKER, "can-bo", "consultation.list", json.ptr), "\"count\":1");
}

/* Asks with another deadline and closes the round or not. */
static struct str ask_due(struct scene *s, const char *days, bool close)
{
    struct t_office *t = &s->office[ASKER];
    struct str json = str_format(t->arena,
                                 "{\"subject\":\"Hạn %s ngày\",\"days\":%s,"
                                 "\"asked\":[{\"office\":\"%.*s\"}]}",
                                 days, days, STR_ARG(s->office[GIVER].office.id));
    struct str record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    if (close) (void)t_act(t, "can-bo", "consultation.close", about(t, record, ""));
    return record;
}

static void open_rounds_stand_first_by_deadline_and_closed_ones_after(void **state)
{
    struct scene *s = *state;
    (void)ask_due(s, "3", true);
    (void)ask_due(s, "9", false);
    (void)ask_due(s, "4", false);
    (void)ask_due(s, "20", true);
    struct str page = look(s, ASKER, "can-bo", "consultation.list", "{}");
    const char *const order[] = {"Hạn 4 ngày", "Hạn 9 ngày", "Hạn 20 ngày", "Hạn 3 ngày"};
    size_t at = 0;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        at = str_find(page, str_of(order[i]), at);
        assert_true(at < page.len);
    }
}

static void a_long_list_goes_on_from_the_open_rounds_to_the_closed_ones(void **state)
{
    struct scene *s = *state;
    for (int i = 0; i < 49; i++)
        (void)ask_due(s, "5", false);
    (void)ask_due(s, "7", true);
    (void)ask_due(s, "6", true);
    struct str page = look(s, ASKER, "can-bo", "consultation.list", "{}");
    assert_shows(page, "\"count\":50");
    assert_shows(page, "Hạn 7 ngày");
    size_t at = str_find(page, S("\"next\":\""), 0) + 8;
    struct str next = str_sub(page, at, str_find(page, S("\""), at));
    struct str json = str_format(s->office[ASKER].arena, "{\"after\":\"%.*s\"}", STR_ARG(next));
    page = look(s, ASKER, "can-bo", "consultation.list", json.ptr);
    assert_shows(page, "\"count\":1");
    assert_shows(page, "Hạn 6 ngày");
}

static void a_list_shows_what_is_asked_for(void **state)
{
    struct scene *s = *state;
    struct str request = ask(s, "");
    (void)ask(s, "");
    (void)act(s, ASKER, "can-bo", "consultation.close", request, "");
    assert_shows(look(s, ASKER, "can-bo", "consultation.list", "{}"), "\"count\":2");
    assert_shows(look(s, ASKER, "can-bo", "consultation.list", "{\"state\":\"closed\"}"),
                 "\"count\":1");
    assert_shows(
        look(s, GIVER, "can-bo", "consultation.list", "{\"box\":\"received\",\"state\":\"open\"}"),
        "\"count\":1");
    assert_shows(look(s, GIVER, "can-bo", "consultation.list", "{\"box\":\"sent\"}"),
                 "\"count\":0");
    assert_shows(look(s, ASKER, "can-bo", "consultation.list", "{\"box\":\"sent\"}"),
                 "\"count\":2");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_request_arrives_at_every_asked_office_with_its_deadline),
        CASE(a_request_to_oneself_is_refused),
        CASE(an_office_is_asked_once),
        CASE(an_office_that_is_no_peer_cannot_be_asked),
        CASE(registering_gives_numbers_without_gaps_and_a_receipt),
        CASE(numbers_begin_again_with_the_year),
        CASE(a_request_is_registered_once),
        CASE(a_repeated_registering_tells_the_same_number),
        CASE(a_request_is_not_registered_while_a_file_is_missing),
        CASE(a_refusal_needs_a_reason_and_comes_back_with_it),
        CASE(a_refusal_ends_what_the_asker_waits_for),
        CASE(a_refusal_is_counted_as_one_and_not_as_silence),
        CASE(only_the_registry_registers),
        CASE(only_the_assigned_officer_writes),
        CASE(a_draft_never_leaves_the_office),
        CASE(a_draft_that_says_nothing_is_not_submitted),
        CASE(a_form_opened_before_another_wrote_is_refused),
        CASE(a_leader_signs_only_the_draft_that_was_read),
        CASE(a_returned_draft_is_the_officers_work_again),
        CASE(an_opinion_goes_to_the_asker_and_to_nobody_else),
        CASE(an_answer_ends_what_the_office_owed),
        CASE(the_asker_sees_who_answered_and_who_is_silent),
        CASE(each_point_is_answered_and_comes_back_to_its_giver),
        CASE(a_remark_beside_points_is_no_point),
        CASE(the_askers_page_says_once_who_answered),
        CASE(a_giver_does_not_answer_its_own_points),
        CASE(points_of_all_offices_stand_in_one_table_by_clause),
        CASE(a_letter_of_a_body_outside_is_registered_on_its_behalf),
        CASE(nobody_speaks_for_a_body_that_was_not_asked),
        CASE(a_moved_deadline_keeps_the_first_one_in_sight),
        CASE(a_move_based_on_an_older_version_is_refused),
        CASE(only_the_asker_moves_the_deadline),
        CASE(who_is_silent_at_the_closing_is_named),
        CASE(a_closed_round_takes_no_more_opinions),
        CASE(an_opinion_that_crossed_the_closing_is_not_lost),
        CASE(a_deadline_that_passes_is_shown_as_late),
        CASE(the_deadline_is_shown_before_it_is_set),
        CASE(a_page_offers_only_the_acts_of_its_own_side),
        CASE(what_was_written_fills_the_form_again),
        CASE(a_new_opinion_offers_three_points_to_be_changed),
        CASE(a_draft_may_be_handed_in_as_it_is_saved),
        CASE(the_form_of_a_reply_shows_the_point_and_the_older_reply),
        CASE(the_table_is_an_official_paper),
        CASE(a_number_of_days_is_asked_for),
        CASE(work_is_given_to_somebody_who_is_here_and_in_time),
        CASE(the_officers_own_deadline_may_be_earlier),
        CASE(a_long_list_goes_on_where_it_stopped),
        CASE(open_rounds_stand_first_by_deadline_and_closed_ones_after),
        CASE(a_long_list_goes_on_from_the_open_rounds_to_the_closed_ones),
        CASE(a_list_shows_what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
