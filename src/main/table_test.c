#include "front/papers/papers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include "t.h"
#include "t_store.h"

#include <cmocka.h>
#undef fail /* base/call.h has it */

/* The table of a large round as a file: many points are written in time. */

enum { BODIES = 25, POINTS = 200, DOCX_MS_MAX = 1000 };

/* As consultation.table takes its arguments. */
struct args {
    struct str record;
};

static struct str bodies_json(struct t_office *t)
{
    struct sb sb = sb_new(t->arena, 0);
    for (int i = 0; i < BODIES; i++)
        sb_printf(&sb, "%s{\"name\":\"Hội số %d\"}", i > 0 ? "," : "", i);
    return sb_str(&sb);
}

static struct str points_json(struct t_office *t)
{
    struct sb sb = sb_new(t->arena, 0);
    for (int i = 0; i < POINTS; i++) {
        sb_printf(
            &sb,
            "%s{\"clause\":\"khoản %d Điều %d\",\"level\":\"should\",\"text\":\"Đề nghị làm rõ "
            "trách nhiệm của cơ quan chủ trì và thời hạn trả lời\",\"wording\":\"Cơ quan chủ "
            "trì trả lời trong %d ngày làm việc\"}",
            i > 0 ? "," : "", i % 7 + 1, (i * 37) % 60 + 1, i + 1);
    }
    return sb_str(&sb);
}

static struct str large_round(struct t_office *t)
{
    struct str json =
        str_format(t->arena, "{\"subject\":\"Dự thảo lớn\",\"days\":9,\"asked_bodies\":[%.*s]}",
                   STR_ARG(bodies_json(t)));
    struct str record = t_act(t, "can-bo", "consultation.ask", json.ptr).record;
    struct str points = points_json(t);
    struct str root = t_file(t, "bản chụp");
    for (int i = 0; i < BODIES; i++) {
        json =
            str_format(t->arena,
                       "{\"record\":\"%.*s\",\"behalf\":\"Hội số %d\",\"answer\":"
                       "\"agree_with_points\",\"points\":[%.*s],\"files\":[{\"root\":\"%.*s\","
                       "\"name\":\"a.txt\",\"media\":\"text/plain\",\"size\":%zu}]}",
                       STR_ARG(record), i, STR_ARG(points), STR_ARG(root), sizeof "bản chụp" - 1);
        (void)t_act(t, "can-bo", "consultation.register_behalf", json.ptr);
    }
    return record;
}

static void a_table_of_five_thousand_points_is_written_in_time(void **state)
{
    struct t_office *t = *state;
    struct args args = {large_round(t)};
    struct call c = t_call(t, "can-bo");
    struct paper paper = {};
    struct str bytes = {};
    struct timespec begin = {};
    struct timespec end = {};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    paper_start(&c, &paper, PAPER_PORTRAIT);
    assert_int_equal(view_paper(&c, S("consultation.table"), &args, &paper), OK);
    assert_int_equal(papers_write(&c, str_of(t_store_plugins(c.arena)), PAPER_DOCX, &paper, &bytes),
                     OK);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    int64_t ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
    print_message("%zu rows, %zu bytes of DOCX: %lld ms\n", paper.tables[1]->row_count, bytes.len,
                  (long long)ms);
    assert_int_equal(paper.tables[1]->row_count, BODIES * POINTS);
    assert_true(ms < DOCX_MS_MAX);
    call_end(&c);
}

static int setup(void **state)
{
    struct t_office *t = test_calloc(1, sizeof *t);
    t_office_open(t, "VPCP");
    (void)t_person(t, "can-bo", ROLE_OFFICER);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    t_office_close(*state);
    test_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_of_five_thousand_points_is_written_in_time, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
