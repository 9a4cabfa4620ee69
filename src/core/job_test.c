/* Jobs with two workers, slow ones, and work that nobody takes. */
#include "core/job.h"

#include "core/job_sql.h"
#include "core/notice.h"
#include "core/office.h"
#include "core/post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "t.h"

struct desk {
    struct t_office t;
    struct post_door door;
    struct job_worker a;
    struct job_worker b;
    struct str minh;
    int sent;
    bool slow; /* the first letter takes so long that another worker comes */
};

static int64_t turn(struct desk *d, struct job_worker *worker)
{
    struct call c = t_call(&d->t, NULL);
    int64_t wake_ms = 0;
    assert_int_equal(job_turn(&c, worker, &wake_ms), OK);
    call_end(&c);
    return wake_ms;
}

static enum err take_mail(void *self, struct call *c, struct str to, struct str message)
{
    struct desk *d = self;
    (void)c;
    assert_true(to.len > 0 && message.len > 0);
    d->sent++;
    if (!d->slow) return OK;
    d->slow = false;
    d->t.now_ms += JOB_HOLD_MS + 1;
    while (turn(d, &d->b) <= d->t.now_ms) {
    }
    return OK;
}

static int setup(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    t_office_open(&d->t, "VPCP");
    d->door = (struct post_door){.mail = take_mail,
                                 .self = d,
                                 .from = S("phoihop@vpcp.example"),
                                 .pages = S("https://phoihop.example")};
    d->t.office.door = &d->door;
    d->minh = t_act(&d->t, "admin", "office.add_person",
                    "{\"login\":\"minh\",\"title\":\"Chuyên viên\",\"officer\":true,"
                    "\"password\":\"mat-khau-minh\",\"email\":\"minh@vpcp.example\"}")
                  .record;
    struct call c = t_call(&d->t, NULL);
    assert_int_equal(job_begin(&c), OK);
    call_end(&c);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    struct desk *d = *state;
    t_office_close(&d->t);
    free(d);
    return 0;
}

static enum err tell_step(struct call *c, void *arg)
{
    struct desk *d = arg;
    struct notice n = {.about = d->minh, .what = S("office.told"), .step = S("told")};
    return notice_tell_person(c, d->minh, &n);
}

static enum err put_step(struct call *c, void *arg)
{
    return job_put(c, arg, S("x"), c->now_ms);
}

static enum err count_step(struct call *c, void *arg)
{
    struct rows rows = {};
    enum err e =
        store_all(c, "SELECT count(*) FROM job WHERE kind = 'notice.post'", NO_ARGS, &rows);
    if (e == OK) *(int64_t *)arg = rows_int(&rows, 0, 0);
    return e;
}

static int64_t posts_left(struct desk *d)
{
    struct call c = t_call(&d->t, NULL);
    int64_t count = 0;
    assert_int_equal(store_read(&c, count_step, &count), OK);
    call_end(&c);
    return count;
}

static void tell(struct desk *d)
{
    struct call c = t_call(&d->t, NULL);
    assert_int_equal(store_tx(&c, tell_step, d), OK);
    call_end(&c);
}

static void what_one_worker_did_the_other_does_not_find(void **state)
{
    struct desk *d = *state;
    tell(d);
    while (turn(d, &d->a) <= d->t.now_ms) {
    }
    assert_true(turn(d, &d->b) > d->t.now_ms);
    assert_int_equal(d->sent, 1);
    assert_int_equal(posts_left(d), 0);
}

static void a_claim_that_grew_old_is_taken_over_and_the_slow_effect_is_dropped(void **state)
{
    struct desk *d = *state;
    d->slow = true;
    tell(d);
    while (turn(d, &d->a) <= d->t.now_ms) {
    }
    assert_int_equal(d->sent, 2); /* under the same Message-ID: before may happen twice */
    assert_int_equal(posts_left(d), 0);
    tell(d); /* repeated: it was told already */
    assert_int_equal(posts_left(d), 0);
}

static enum err claim_step(struct call *c, void *arg)
{
    struct rows *rows = arg;
    return job_sql_claim(c, S("dead-worker"), rows);
}

static void what_a_dead_worker_held_is_done_after_a_while(void **state)
{
    struct desk *d = *state;
    struct call c = t_call(&d->t, NULL);
    struct rows rows = {};
    tell(d);
    assert_int_equal(store_tx(&c, claim_step, &rows), OK);
    assert_true(rows.count >= 2); /* and those that come again and again */
    call_end(&c);
    while (turn(d, &d->a) <= d->t.now_ms) {
    }
    assert_int_equal(d->sent, 0);
    d->t.now_ms += JOB_HOLD_MS + 1;
    while (turn(d, &d->a) <= d->t.now_ms) {
    }
    assert_int_equal(d->sent, 1);
}

static void a_clock_set_back_frees_what_a_dead_worker_held(void **state)
{
    struct desk *d = *state;
    struct call c = t_call(&d->t, NULL);
    struct rows rows = {};
    d->t.now_ms += INT64_C(24) * 3600 * 1000;
    c.now_ms = d->t.now_ms;
    while (turn(d, &d->a) <= d->t.now_ms) { /* this worker saw the wrong time, too */
    }
    tell(d);
    assert_int_equal(store_tx(&c, claim_step, &rows), OK);
    call_end(&c);
    d->t.now_ms -= INT64_C(24) * 3600 * 1000;
    while (turn(d, &d->a) <= d->t.now_ms) {
    }
    assert_int_equal(d->sent, 1);
}

static void work_that_nothing_takes_dies_and_is_listed(void **state)
{
    struct desk *d = *state;
    struct call c = t_call(&d->t, NULL);
    char kind[] = "gone.work";
    assert_int_equal(store_tx(&c, put_step, kind), OK);
    call_end(&c);
    for (int i = 0; i < JOB_TRIES + 2; i++) {
        while (turn(d, &d->a) <= d->t.now_ms) {
        }
        d->t.now_ms += JOB_HOLD_MAX_MS;
    }
    c = t_call(&d->t, "admin");
    struct view view = {};
    assert_int_equal(view_run(&c, S("job.list"), NULL, &view), OK);
    const struct node *rows = node_find(view.data, S("rows"));
    assert_int_equal(node_count(rows), 1);
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_one_worker_did_the_other_does_not_find, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_claim_that_grew_old_is_taken_over_and_the_slow_effect_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_dead_worker_held_is_done_after_a_while, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_clock_set_back_frees_what_a_dead_worker_held, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(work_that_nothing_takes_dies_and_is_listed, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
