/* Time stamps by an authority that the test starts itself (test/tsa.sh). */
#include "exchange/stamp.h"

#include "exchange/exchange.h"
#include "exchange/log.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "t_log.h"

enum { ANSWER_BYTES = 64 * 1024 };

struct scene {
    struct t_logs *logs;
    struct str dir; /* of the authority, in the office's folder */
    struct stamp_authority authority;
};

static void shell(struct scene *s, struct str command)
{
    FILE *pipe = popen(str_zero(s->logs->arena, command), "r");
    assert_non_null(pipe);
    assert_int_equal(pclose(pipe), 0);
}

static struct str file_read(struct scene *s, const char *name)
{
    char *bytes = arena_alloc(s->logs->arena, ANSWER_BYTES);
    struct str path = str_format(s->logs->arena, "%.*s/%s", STR_ARG(s->dir), name);
    FILE *file = fopen(path.ptr, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, ANSWER_BYTES, file);
    (void)fclose(file);
    return (struct str){bytes, len};
}

static struct str answer_of(struct scene *s, struct str query)
{
    struct str path = str_format(s->logs->arena, "%.*s/query", STR_ARG(s->dir));
    FILE *file = fopen(path.ptr, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(query.ptr, 1, query.len, file), query.len);
    (void)fclose(file);
    shell(s, str_format(s->logs->arena, "test/tsa.sh reply %.*s %.*s %.*s/answer",
                        STR_ARG(s->dir), STR_ARG(path), STR_ARG(s->dir)));
    return file_read(s, "answer");
}

static void sign(struct t_logs *logs, void *arg)
{
    (void)arg;
    assert_true(t_log_sign(logs, 0));
}

static int open_scene(void **state)
{
    struct t_logs *logs = t_logs_open();
    struct scene *s = arena_alloc(logs->arena, sizeof *s);
    s->logs = logs;
    s->dir = str_format(logs->arena, "%.*s/tsa", STR_ARG(logs->ends[0].t.office.dir));
    shell(s, str_format(logs->arena, "test/tsa.sh make %.*s", STR_ARG(s->dir)));
    s->authority.certificates = file_read(s, "ca.pem");
    t_logs_trial(logs, true, sign, NULL);
    *state = s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    t_logs_close(s->logs);
    return 0;
}

static int64_t stamped(struct scene *s, struct call *c)
{
    struct node *map = node_map(c);
    (void)s;
    assert_int_equal(log_debt(c, map), OK);
    return node_number(map, "stamped");
}

static void a_head_is_stamped_once_an_hour(void **state)
{
    struct scene *s = *state;
    struct call c = t_call(&s->logs->ends[0].t, NULL);
    struct stamp stamp = {};
    struct str query = {};
    assert_int_equal(stamped(s, &c), 0); /* a debt, and everything goes on */
    assert_int_equal(stamp_next(&c, &stamp, &query), OK);
    assert_true(query.len > 0);
    assert_int_equal(stamp_answer(&c, &stamp, &s->authority, answer_of(s, query)), OK);
    assert_true(stamped(s, &c) > 256);
    stamp.wake_ms = 0;
    assert_int_equal(stamp_next(&c, &stamp, &query), OK);
    assert_int_equal(query.len, 0);
    call_end(&c);
}

static enum err newest(struct call *c, void *arg)
{
    return log_newest(c, arg);
}

static void every_wrong_answer_is_refused(void **state)
{
    struct scene *s = *state;
    struct call c = t_call(&s->logs->ends[0].t, NULL);
    struct stamp stamp = {};
    struct str query = {};
    assert_int_equal(stamp_next(&c, &stamp, &query), OK);
    struct str good = answer_of(s, query);
    struct log_head head = {};
    int64_t true_ms = 0;
    size_t refused = 0;
    assert_int_equal(store_read(&c, newest, &head), OK);
    assert_true(stamp_holds(&c, &s->authority, head.text, NULL, good, &true_ms));
    assert_false(stamp_holds(&c, &s->authority, S("another text"), NULL, good, &true_ms));
    for (size_t at = 0; at < good.len; at++) {
        struct call one = t_call(&s->logs->ends[0].t, NULL);
        char *changed = arena_copy(one.arena, good.ptr, good.len);
        struct str answer = {changed, good.len};
        int64_t time_ms = true_ms;
        changed[at] ^= 1; /* some bytes of the frame are not signed: then the time must be true */
        if (!stamp_holds(&one, &s->authority, head.text, NULL, answer, &time_ms)) refused++;
        assert_int_equal(time_ms, true_ms);
        call_end(&one);
    }
    assert_true(refused > good.len / 2); /* the rest is a certificate that was not needed */
    struct stamp_authority nobody = {.certificates = S("")};
    assert_int_equal(stamp_answer(&c, &stamp, &nobody, good), ERR_PEER);
    call_clear(&c);
    assert_int_equal(stamp_answer(&c, &stamp, &s->authority, S("")), ERR_PEER);
    call_clear(&c);
    stamp.nonce[3] ^= 1; /* an answer to another question */
    assert_int_equal(stamp_answer(&c, &stamp, &s->authority, good), ERR_PEER);
    call_clear(&c);
    stamp.nonce[3] ^= 1;
    assert_int_equal(stamped(s, &c), 0);
    assert_int_equal(stamp_answer(&c, &stamp, &s->authority, good), OK);
    call_end(&c);
}

static void an_authority_that_is_away_is_asked_again_later(void **state)
{
    struct scene *s = *state;
    struct call c = t_call(&s->logs->ends[0].t, NULL);
    struct stamp stamp = {};
    struct str query = {};
    assert_int_equal(stamp_next(&c, &stamp, &query), OK);
    stamp_fail(&c, &stamp);
    assert_true(stamp.wake_ms > c.now_ms + LOG_SIGN_EVERY_MS);
    assert_int_equal(stamp_next(&c, &stamp, &query), OK);
    assert_int_equal(query.len, 0);
    c.now_ms = stamp.wake_ms;
    assert_int_equal(stamp_next(&c, &stamp, &query), OK);
    assert_true(query.len > 0);
    call_end(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_head_is_stamped_once_an_hour),
        TEST(every_wrong_answer_is_refused),
        TEST(an_authority_that_is_away_is_asked_again_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
