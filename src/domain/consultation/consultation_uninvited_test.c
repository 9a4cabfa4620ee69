/* Who was not asked: an opinion that nobody wanted, a request to nobody. */
#include "consultation_sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/id.h"
#include "core/record.h"
#include "t.h"

struct scene {
    struct t_office asker;
    struct t_office stranger; /* a peer that was not asked */
    struct str request;
};

static int setup(void **state)
{
    struct scene *s = test_malloc(sizeof *s);
    t_office_open(&s->asker, "VPCP");
    t_office_open(&s->stranger, "VPTW");
    t_peers(&s->asker, &s->stranger);
    (void)t_person(&s->asker, "can-bo", ROLE_OFFICER);
    s->request = t_act(&s->asker, "can-bo", "consultation.ask",
                       "{\"subject\":\"Dự thảo\",\"days\":5,"
                       "\"asked_bodies\":[{\"name\":\"Viện\"}]}")
                     .record;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    t_office_close(&s->asker);
    t_office_close(&s->stranger);
    test_free(s);
    return 0;
}

static enum err give_step(struct call *c, void *arg)
{
    struct version *made = arg;
    struct act_result result = {};
    struct consultation_opinion opinion = {
        .request = made->record,
        .request_n = 1,
        .request_hash = S("00"),
        .subject = S("Dự thảo"),
        .answer = ANSWER_DISAGREE,
        .general = S("Ý kiến không ai hỏi"),
        .signed_ms = c->now_ms,
    };
    struct str audience[] = {
        str_format(c->arena, "o:%.*s", STR_ARG(c->office->id)),
        str_format(c->arena, "o:%.*s", STR_ARG(id_home(made->record))),
    };
    struct put put = {.kind = "consultation.opinion",
                      .body = &opinion,
                      .audience = audience,
                      .audience_count = ARRAY_LEN(audience)};
    enum err e = record_put(c, &put, &result);
    if (e == OK) made->record = result.record;
    return e;
}

static enum err arrive_step(struct call *c, void *arg)
{
    struct version version = {};
    return record_arrive(c, arg, &version);
}

/* The stranger gives its opinion and the asker's server takes it in. */
static void give(struct scene *s)
{
    struct version made = {.record = s->request};
    struct call from = t_call(&s->stranger, "admin");
    struct call to = t_call(&s->asker, NULL);
    assert_int_equal(store_tx(&from, give_step, &made), OK);
    assert_int_equal(record_version(&from, made.record, 1, &made), OK);
    struct arrival arrival = {.bytes = made.bytes,
                              .signature = made.signature,
                              .office = s->stranger.office.id};
    assert_int_equal(store_tx(&to, arrive_step, &arrival), OK);
    call_end(&to);
    call_end(&from);
}

static void an_opinion_nobody_asked_for_stands_in_no_table(void **state)
{
    struct scene *s = *state;
    struct consultation_line *lines = NULL;
    struct consultation_voice *voices = NULL;
    size_t line_count = 1;
    size_t voice_count = 1;
    give(s);
    struct call c = t_call(&s->asker, "can-bo");
    assert_int_equal(consultation_sql_lines(&c, s->request, &lines, &line_count), OK);
    assert_int_equal(consultation_sql_voices(&c, s->request, &voices, &voice_count), OK);
    assert_int_equal(line_count, 0);
    assert_int_equal(voice_count, 0);
    call_end(&c);
}

static void a_request_to_nobody_is_refused(void **state)
{
    struct scene *s = *state;
    struct str reason = t_refused(&s->asker, "can-bo", "consultation.ask",
                                  "{\"subject\":\"Không hỏi ai\",\"days\":5}");
    assert_string_equal(reason.ptr, "consultation.nobody");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_opinion_nobody_asked_for_stands_in_no_table),
        TEST(a_request_to_nobody_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
