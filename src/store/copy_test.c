#include "store/copy.h"

#include "t_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

/* Copies between two stores of this run's kind and, with STORE=pg, between SQLite and PostgreSQL.
 */

enum { ROWS = 450 };

static const struct migration STEPS[] = {
    {"copy.1",
     "CREATE TABLE pair (a TEXT NOT NULL, b INT NOT NULL, body BYTES, PRIMARY KEY (b, a));"
     "CREATE TABLE numbered (id ID, \"left\" TEXT NOT NULL);",
     NULL},
};

struct side {
    char dir[32];
    struct store *store;
};

struct world {
    struct side from;
    struct side to;
    struct call c;
    int steps_left; /* before progress says stop; negative: never */
    int steps;
};

static void side_open(struct call *c, struct side *side, bool file)
{
    (void)snprintf(side->dir, sizeof side->dir, "/tmp/copy_test_XXXXXX");
    assert_non_null(mkdtemp(side->dir));
    struct store_config config = {
        .path = file ? str_format(c->arena, "%s/office.db", side->dir).ptr
                     : t_store_path(c->arena, side->dir),
        .plugins = t_store_plugins(c->arena),
        .inline_writer = true,
    };
    assert_int_equal(store_open(c, &config, &side->store), OK);
    struct call d = call_begin(env_real(), side->store, NULL);
    assert_int_equal(store_migrate(&d, STEPS, ARRAY_LEN(STEPS)), OK);
    call_end(&d);
}

static void side_close(struct side *side)
{
    store_close(side->store);
    DIR *folder = opendir(side->dir);
    const struct dirent *entry = readdir(folder);
    while (entry != NULL) {
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
        entry = readdir(folder);
    }
    (void)closedir(folder);
    (void)rmdir(side->dir);
}

static enum err fill(struct call *c, void *arg)
{
    (void)arg;
    enum err e = OK;
    for (int64_t i = 0; e == OK && i < ROWS; i++) {
        struct str name = str_format(c->arena, "%s%lld", i % 2 == 0 ? "Đ" : "z", (long long)i);
        e = store_exec(c, "INSERT INTO pair (a, b, body) VALUES ($1, $2, $3)",
                       ARGS(TEXT(name), INT(i % 7), i % 5 == 0 ? NONE : BYTES(S("a\0b"))), NULL);
        if (e != OK) return e;
        e = store_exec(c, "INSERT INTO numbered (\"left\") VALUES ($1)", ARGS(TEXT(name)), NULL);
    }
    return e;
}

static struct world *world_open(bool from_file, bool to_file)
{
    struct world *w = test_calloc(1, sizeof *w);
    w->c = call_begin(env_real(), NULL, NULL);
    w->steps_left = -1;
    side_open(&w->c, &w->from, from_file);
    side_open(&w->c, &w->to, to_file);
    w->c.store = w->from.store;
    assert_int_equal(store_tx(&w->c, fill, NULL), OK);
    return w;
}

static void world_close(struct world *w)
{
    side_close(&w->from);
    side_close(&w->to);
    call_end(&w->c);
    test_free(w);
}

static bool progress(void *arg, const struct copy_step *step)
{
    struct world *w = arg;
    assert_true(step->rows <= step->rows_total);
    assert_true(step->table_index < step->table_count);
    w->steps++;
    if (w->steps_left > 0) w->steps_left--;
    return w->steps_left != 0;
}

static int64_t count_there(struct world *w, const char *sql)
{
    struct rows rows = {};
    struct call c = call_begin(env_real(), w->to.store, NULL);
    assert_int_equal(store_one(&c, sql, NO_ARGS, &rows), OK);
    int64_t count = rows_int(&rows, 0, 0);
    call_end(&c);
    return count;
}

static enum err add_number(struct call *c, void *arg)
{
    struct rows rows = {};
    enum err e =
        store_one(c, "INSERT INTO numbered (\"left\") VALUES ('new') RETURNING id", NO_ARGS, &rows);
    if (e == OK) *(int64_t *)arg = rows_int(&rows, 0, 0);
    return e;
}

static void copy_and_go_on(bool from_file, bool to_file)
{
    struct world *w = world_open(from_file, to_file);
    assert_int_equal(store_copy(&w->c, w->to.store, progress, w), OK);
    assert_int_equal(count_there(w, "SELECT count(*) FROM pair WHERE body IS NOT NULL"), 360);
    struct call c = call_begin(env_real(), w->to.store, NULL);
    int64_t id = 0;
    assert_int_equal(store_tx(&c, add_number, &id), OK);
    assert_int_equal(id, ROWS + 1);
    call_end(&c);
    world_close(w);
}

static void everything_arrives_and_numbers_go_on(void **state)
{
    (void)state;
    copy_and_go_on(false, false);
}

static void from_a_file_to_this_runs_store(void **state)
{
    (void)state;
    copy_and_go_on(true, false);
}

static void from_this_runs_store_to_a_file(void **state)
{
    (void)state;
    copy_and_go_on(false, true);
}

static void a_stopped_copy_goes_on_where_it_was(void **state)
{
    (void)state;
    struct world *w = world_open(true, false);
    int stops = 0;
    enum err e = ERR_BUSY;
    for (int pages = 1; e == ERR_BUSY; pages++) {
        w->steps_left = pages;
        e = store_copy(&w->c, w->to.store, progress, w);
        if (e != OK) {
            assert_string_equal(w->c.failure.reason, "copy.stopped");
            call_clear(&w->c);
            stops++;
        }
    }
    assert_int_equal(e, OK);
    assert_true(stops > 2);
    assert_int_equal(count_there(w, "SELECT count(*) FROM pair"), ROWS);
    assert_int_equal(count_there(w, "SELECT count(*) FROM numbered"), ROWS);
    world_close(w);
}

static enum err spoil(struct call *c, void *arg)
{
    return store_exec(c, arg, NO_ARGS, NULL);
}

static void a_row_that_differs_is_found(void **state)
{
    (void)state;
    struct world *w = world_open(false, true);
    assert_int_equal(store_copy(&w->c, w->to.store, NULL, NULL), OK);
    struct call c = call_begin(env_real(), w->to.store, NULL);
    char sql[] = "UPDATE numbered SET \"left\" = 'x' WHERE id = 300";
    assert_int_equal(store_tx(&c, spoil, sql), OK);
    call_end(&c);
    assert_int_equal(store_copy(&w->c, w->to.store, NULL, NULL), ERR_CONFLICT);
    assert_string_equal(w->c.failure.reason, "copy.differs");
    assert_true(str_eq(w->c.failure.args[0].value, S("numbered")));
    call_clear(&w->c);
    world_close(w);
}

static void another_schema_is_refused_before_anything_is_written(void **state)
{
    (void)state;
    struct world *w = world_open(true, false);
    static const struct migration MORE[] = {
        {"copy.2", "CREATE TABLE more (name TEXT PRIMARY KEY);", NULL}};
    assert_int_equal(store_migrate(&w->c, MORE, 1), OK);
    assert_int_equal(store_copy(&w->c, w->to.store, NULL, NULL), ERR_CONFLICT);
    assert_string_equal(w->c.failure.reason, "copy.schema");
    call_clear(&w->c);
    assert_int_equal(count_there(w, "SELECT count(*) FROM pair"), 0);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_arrives_and_numbers_go_on),
        cmocka_unit_test(from_a_file_to_this_runs_store),
        cmocka_unit_test(from_this_runs_store_to_a_file),
        cmocka_unit_test(a_stopped_copy_goes_on_where_it_was),
        cmocka_unit_test(a_row_that_differs_is_found),
        cmocka_unit_test(another_schema_is_refused_before_anything_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
