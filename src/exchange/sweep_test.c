/* What the nightly sweep takes and what it leaves. */
#include "exchange/sweep.h"

#include "base/time.h"
#include "core/upload.h"
#include "exchange/exchange.h"
#include "store/blob.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "t_pair.h"
#include "t_store.h"

static void must(struct call *c, enum err e)
{
    if (e != OK) fail_msg("%s", c->failure.reason);
}

static int setup(void **state)
{
    struct t_office *t = test_calloc(1, sizeof *t);
    t_office_open(t, "VPA");
    struct call c = t_call(t, NULL);
    must(&c, exchange_migrate(&c));
    call_end(&c);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    t_office_close(*state);
    test_free(*state);
    return 0;
}

static enum err script_step(struct call *c, void *arg)
{
    return store_script(c, str_of(arg));
}

static void script(struct t_office *t, struct str sql)
{
    struct call c = t_call(t, NULL);
    must(&c, store_tx(&c, script_step, arena_copy(c.arena, sql.ptr, sql.len)));
    call_end(&c);
}

/* Makes a file look as old as the office's clock says. */
static void age(struct t_office *t, const char *path, int64_t days)
{
    int64_t at_s = (t->now_ms - days * TIME_DAY_MS) / 1000;
    const struct timespec times[2] = {{.tv_sec = at_s}, {.tv_sec = at_s}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static struct str file_of_age(struct t_office *t, const char *bytes, int64_t days)
{
    struct str root = t_file(t, bytes);
    age(t, str_format(t->arena, "%s/blobs/%.2s/%.*s", t->dir, root.ptr, STR_ARG(root)).ptr, days);
    return root;
}

static bool here(struct t_office *t, struct str root)
{
    struct call c = t_call(t, NULL);
    bool has = blob_has(&c, t->office.dir, root);
    call_end(&c);
    return has;
}

static void sweep(struct t_office *t)
{
    struct call c = t_call(t, NULL);
    must(&c, sweep_run(&c));
    call_end(&c);
}

static void an_old_file_that_nothing_names_goes(void **state)
{
    struct t_office *t = *state;
    struct str old = file_of_age(t, "cũ", SWEEP_DAYS + 1);
    struct str young = file_of_age(t, "mới", SWEEP_DAYS - 1);
    sweep(t);
    assert_false(here(t, old));
    assert_true(here(t, young));
    assert_int_equal(t_ask(t, "SELECT began_ms FROM sweep"), 0); /* the round is over */
}

static void a_file_that_a_version_names_stays_whatever_its_kind(void **state)
{
    struct t_office *t = *state;
    struct str root = file_of_age(t, "dự thảo", SWEEP_DAYS + 1);
    struct str json = str_format(t->arena, "{\"title\":\"%.*s\"}", STR_ARG(root));
    (void)t_person(t, "can-bo", ROLE_OFFICER);
    if (module_act(S("note.write")) == NULL) skip();
    (void)t_act(t, "can-bo", "note.write", json.ptr);
    sweep(t);
    assert_true(here(t, root));
    assert_int_equal(t_ask(t, "SELECT count(*) FROM named"), 1);
}

static void what_is_on_its_way_or_shared_stays(void **state)
{
    struct t_office *t = *state;
    struct str wanted = file_of_age(t, "chờ", SWEEP_DAYS + 1);
    struct str shared = file_of_age(t, "đã gửi", SWEEP_DAYS + 1);
    script(t, str_format(t->arena,
                         "INSERT INTO wanted (root, peer, record, n, size, state, failures,"
                         " wake_ms, reason) VALUES ('%.*s', 'p', 'r', 1, 5, 4, 0, 0, '');"
                         "INSERT INTO shared (peer, root, record) VALUES ('p', '%.*s', 'r');",
                         STR_ARG(wanted), STR_ARG(shared)));
    sweep(t);
    assert_true(here(t, wanted));
    assert_true(here(t, shared));
}

static void who_brought_a_file_may_use_it_for_thirty_days(void **state)
{
    struct t_office *t = *state;
    struct str root = file_of_age(t, "đính kèm", SWEEP_DAYS + 1);
    struct call c = t_call(t, "admin");
    must(&c, upload_note(&c, root));
    call_end(&c);
    sweep(t);
    assert_true(here(t, root));
    t->now_ms += (SWEEP_DAYS + 1) * TIME_DAY_MS;
    sweep(t);
    assert_int_equal(t_ask(t, "SELECT count(*) FROM upload"), 0);
    assert_false(here(t, root));
}

static void brought_again_it_counts_anew(void **state)
{
    struct t_office *t = *state;
    struct str root = file_of_age(t, "đính kèm", 0);
    for (int i = 0; i < 2; i++) {
        struct call c = t_call(t, "admin");
        must(&c, upload_note(&c, root));
        call_end(&c);
        t->now_ms += (SWEEP_DAYS - 1) * TIME_DAY_MS;
    }
    sweep(t);
    assert_true(here(t, root));
    assert_int_equal(t_ask(t, "SELECT count(*) FROM upload"), 1);
}

static void results_of_repeated_calls_are_forgotten(void **state)
{
    struct t_office *t = *state;
    script(t, str_format(t->arena,
                         "INSERT INTO once (okey, person, act, record, n, at_ms) VALUES"
                         " ('old', 'p', 'a', 'r', 1, %lld), ('new', 'p', 'a', 'r', 1, %lld);",
                         (long long)(t->now_ms - (SWEEP_DAYS + 1) * TIME_DAY_MS),
                         (long long)t->now_ms));
    sweep(t);
    assert_int_equal(t_ask(t, "SELECT count(*) FROM once WHERE okey = 'new'"), 1);
    assert_int_equal(t_ask(t, "SELECT count(*) FROM once"), 1);
}

static void leftovers_of_crashes_go_after_a_day(void **state)
{
    struct t_office *t = *state;
    static const char *const NAMES[] = {"blob-old", "blob-young"};
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        const char *path = str_format(t->arena, "%s/tmp/%s", t->dir, NAMES[i]).ptr;
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(close(fd), 0);
        age(t, path, i == 0 ? 2 : 0);
    }
    sweep(t);
    assert_int_equal(access(str_format(t->arena, "%s/tmp/blob-old", t->dir).ptr, F_OK), -1);
    assert_int_equal(access(str_format(t->arena, "%s/tmp/blob-young", t->dir).ptr, F_OK), 0);
}

static void a_long_round_goes_on_at_the_next_run(void **state)
{
    struct t_office *t = *state;
    struct str old = file_of_age(t, "cũ", SWEEP_DAYS + 1);
    script(t, str_format(t->arena,
                         "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k"
                         " WHERE i < %d) INSERT INTO version (record, n, kind, hash, bytes, sig,"
                         " key, home, received_ms) SELECT 'r', i, 'x.y', '', %s, %s, '', '', 0"
                         " FROM k;",
                         SWEEP_VERSIONS + 1, t_on_postgres() ? "''::bytea" : "x''",
                         t_on_postgres() ? "''::bytea" : "x''"));
    sweep(t);
    assert_true(here(t, old)); /* perhaps a version that is still to be read names it */
    assert_int_equal(t_ask(t, "SELECT folder FROM sweep"), -1);
    sweep(t);
    assert_false(here(t, old));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_old_file_that_nothing_names_goes),
        TEST(a_file_that_a_version_names_stays_whatever_its_kind),
        TEST(what_is_on_its_way_or_shared_stays),
        TEST(who_brought_a_file_may_use_it_for_thirty_days),
        TEST(brought_again_it_counts_anew),
        TEST(results_of_repeated_calls_are_forgotten),
        TEST(leftovers_of_crashes_go_after_a_day),
        TEST(a_long_round_goes_on_at_the_next_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
