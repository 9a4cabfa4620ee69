#include "store/inside.h"

#include "t_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

enum { THREADS = 8, ROUNDS = 25, TOPICS_SEEN = 16, ACKS = 60 };

static const struct migration STEPS[] = {
    {.name = "note.1",
     .sql = "CREATE TABLE note (\n"
            "    id ID, -- it's generated\n"
            "    name TEXT NOT NULL UNIQUE,\n"
            "    body BYTES\n"
            ");\n"
            "CREATE TABLE page (note INT NOT NULL REFERENCES note (id), n INT NOT NULL);\n"},
};

/* One database in a folder of its own, or a schema of its own, and what the hooks of its store were
 * told. */
struct world {
    char dir[32];
    char path[256];
    char plugins[256];
    struct store *store;
    struct call c;
    bool refuse;  /* before_commit fails */
    int64_t owed; /* the digits it was to look after */
    int commits;  /* calls of after_commit */
    char topics[TOPICS_SEEN][32];
    size_t topic_count;
};

static enum err before_commit(void *arg, struct call *group)
{
    struct world *w = arg;
    struct rows owed = store_owed(group, "test", 2);
    for (size_t i = 0; i < owed.count; i++)
        w->owed = w->owed * 10 + rows_int(&owed, i, 1);
    if (!w->refuse) return OK;
    (void)fail(group, ERR_PEER, "keeper.away");
    return fail_arg(group, "detail", S("no answer"));
}

static void after_commit(void *arg, const struct str *topics, size_t count)
{
    struct world *w = arg;
    w->commits++;
    for (size_t i = 0; i < count && w->topic_count < TOPICS_SEEN; i++) {
        (void)snprintf(w->topics[w->topic_count++], 32, "%.*s", STR_ARG(topics[i]));
    }
}

static enum err world_try(struct world *w, bool inline_writer)
{
    w->c = call_begin(env_real(), NULL, NULL);
    struct store_config config = {.path = w->path,
                                  .plugins = w->plugins,
                                  .inline_writer = inline_writer,
                                  .before_commit = before_commit,
                                  .after_commit = after_commit,
                                  .arg = w};
    enum err e = store_open(&w->c, &config, &w->store);
    w->c.store = w->store;
    return e != OK ? e : store_migrate(&w->c, STEPS, ARRAY_LEN(STEPS));
}

static void world_open(struct world *w, bool inline_writer)
{
    assert_int_equal(world_try(w, inline_writer), OK);
}

static void world_close(struct world *w)
{
    store_close(w->store);
    call_end(&w->c);
    w->store = NULL;
}

static int setup_closed(void **state)
{
    struct world *w = test_calloc(1, sizeof *w);
    (void)snprintf(w->dir, sizeof w->dir, "/tmp/store_test_XXXXXX");
    if (mkdtemp(w->dir) == NULL) return 1;
    struct arena *arena = arena_open(0);
    (void)snprintf(w->path, sizeof w->path, "%s", t_store_path(arena, w->dir));
    (void)snprintf(w->plugins, sizeof w->plugins, "%s", t_store_plugins(arena));
    arena_close(arena);
    *state = w;
    return 0;
}

static int setup(void **state)
{
    int failed = setup_closed(state);
    if (failed == 0) world_open(*state, false);
    return failed;
}

static int setup_inline(void **state)
{
    int failed = setup_closed(state);
    if (failed == 0) world_open(*state, true);
    return failed;
}

static int teardown(void **state)
{
    struct world *w = *state;
    if (w->store != NULL) world_close(w);
    DIR *folder = opendir(w->dir);
    const struct dirent *entry = readdir(folder);
    while (entry != NULL) {
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
        entry = readdir(folder);
    }
    (void)closedir(folder);
    (void)rmdir(w->dir);
    test_free(w);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_INLINE(name) cmocka_unit_test_setup_teardown(name, setup_inline, teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, setup_closed, teardown)

static enum err note_insert(struct call *c, struct str name)
{
    return store_exec(c, "INSERT INTO note (name, body) VALUES ($1, $2)",
                      ARGS(TEXT(name), BYTES(S("body"))), NULL);
}

static enum err add_one(struct call *c, void *arg)
{
    return note_insert(c, str_of(arg));
}

static enum err add(struct world *w, const char *name)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s", name);
    return store_tx(&w->c, add_one, text);
}

static enum err count_notes(struct call *c, void *arg)
{
    struct rows rows = {};
    enum err e = store_one(c, "SELECT count(*) FROM note", NO_ARGS, &rows);
    if (e == OK) *(int64_t *)arg = rows_int(&rows, 0, 0);
    return e;
}

static int64_t notes(struct world *w)
{
    int64_t count = -1;
    assert_int_equal(store_read(&w->c, count_notes, &count), OK);
    return count;
}

static void fails_with(struct world *w, enum err got, enum err want, const char *reason)
{
    assert_int_equal(got, want);
    assert_string_equal(w->c.failure.reason, reason);
    call_clear(&w->c);
}

static void a_committed_row_is_read_back(void **state)
{
    struct world *w = *state;
    assert_int_equal(add(w, "a"), OK);
    assert_int_equal(notes(w), 1);
    assert_null(w->c.db);
}

static enum err add_then_refuse(struct call *c, void *arg)
{
    enum err e = note_insert(c, str_of(arg));
    if (e != OK) return e;
    store_note(c, S("never"));
    return fail(c, ERR_DENIED, "test.refused");
}

static void a_failing_closure_leaves_nothing(void **state)
{
    struct world *w = *state;
    char name[] = "a";
    fails_with(w, store_tx(&w->c, add_then_refuse, name), ERR_DENIED, "test.refused");
    assert_int_equal(notes(w), 0);
    assert_int_equal(w->commits, 0);
}

/* What one of several threads does, each in calls of its own. */
struct writer {
    struct world *w;
    int number;
    bool refuse;
    int failed; /* transactions that did not end as they should */
    atomic_bool running;
    enum err (*fn)(struct call *c, void *arg);
};

static enum err add_numbered(struct call *c, void *arg)
{
    const struct writer *writer = arg;
    store_note(c, S("notes"));
    struct str name = str_format(c->arena, "%d/%s", writer->number, call_random_id(c, 16).ptr);
    enum err e = note_insert(c, name);
    if (e != OK || !writer->refuse) return e;
    return fail(c, ERR_DENIED, "test.refused");
}

static void write_once(struct writer *writer)
{
    struct call c = call_begin(env_real(), writer->w->store, NULL);
    enum err want = writer->refuse ? ERR_DENIED : OK;
    if (store_tx(&c, writer->fn, writer) != want) writer->failed++;
    call_end(&c);
}

static void *write_many(void *arg)
{
    for (int i = 0; i < ROUNDS; i++)
        write_once(arg);
    return NULL;
}

static void *write_one(void *arg)
{
    write_once(arg);
    return NULL;
}

static void run_writers(struct writer *writers, size_t count, void *(*body)(void *arg))
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, body, &writers[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(writers[i].failed, 0);
}

static void eight_threads_write_and_a_failing_one_harms_nobody(void **state)
{
    struct world *w = *state;
    struct writer writers[THREADS] = {};
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.w = w, .number = i, .refuse = i == 3, .fn = add_numbered};
    }
    run_writers(writers, THREADS, write_many);
    assert_int_equal(notes(w), (THREADS - 1) * ROUNDS);
    world_close(w);
    world_open(w, false);
    assert_int_equal(notes(w), (THREADS - 1) * ROUNDS);
}

/* Keeps the writer until all the others are in the queue, which makes them one group. */
static enum err add_when_queued(struct call *c, void *arg)
{
    struct writer *writer = arg;
    atomic_store(&writer->running, true);
    size_t queued = 0;
    while (queued < THREADS - 1) {
        (void)sched_yield();
        (void)pthread_mutex_lock(&c->store->mutex);
        queued = c->store->queued;
        (void)pthread_mutex_unlock(&c->store->mutex);
    }
    return add_numbered(c, arg);
}

static void what_waits_together_is_committed_together(void **state)
{
    struct world *w = *state;
    struct writer first = {.w = w, .number = 0, .fn = add_when_queued};
    struct writer others[THREADS - 1] = {};
    for (int i = 0; i < THREADS - 1; i++) {
        others[i] = (struct writer){.w = w, .number = i + 1, .refuse = i == 2, .fn = add_numbered};
    }
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_one, &first), 0);
    while (!atomic_load(&first.running))
        (void)sched_yield();
    run_writers(others, THREADS - 1, write_one);
    (void)pthread_join(thread, NULL);
    assert_int_equal(first.failed, 0);
    assert_int_equal(w->commits, 2);
    assert_int_equal(notes(w), THREADS - 1);
}

static void a_failing_hook_fails_the_group_with_its_reason(void **state)
{
    struct world *w = *state;
    w->refuse = true;
    assert_int_equal(add(w, "a"), ERR_PEER);
    assert_string_equal(w->c.failure.reason, "keeper.away");
    assert_true(str_eq(w->c.failure.args[0].value, S("no answer")));
    call_clear(&w->c);
    w->refuse = false;
    assert_int_equal(notes(w), 0);
    assert_int_equal(add(w, "a"), OK);
}

static enum err note_topics(struct call *c, void *arg)
{
    (void)arg;
    for (int i = 0; i < 40; i++)
        store_note(c, str_format(c->arena, "topic.%d", i % 3));
    return note_insert(c, S("a"));
}

static void topics_are_told_once_after_the_commit(void **state)
{
    struct world *w = *state;
    assert_int_equal(store_tx(&w->c, note_topics, NULL), OK);
    assert_int_equal(w->commits, 1);
    assert_int_equal(w->topic_count, 3);
    assert_string_equal(w->topics[2], "topic.2");
}

static enum err read_around_a_write(struct call *c, void *arg)
{
    struct world *w = arg;
    int64_t before = -1;
    int64_t after = -1;
    enum err e = count_notes(c, &before);
    if (e != OK) return e;
    struct call other = call_begin(env_real(), w->store, NULL);
    char name[] = "a";
    e = store_tx(&other, add_one, name);
    call_end(&other);
    ensure(e == OK);
    e = count_notes(c, &after);
    if (e != OK) return e;
    return before == after ? OK : fail(c, ERR_CONFLICT, "test.moved");
}

static void a_reader_keeps_its_snapshot_while_others_write(void **state)
{
    struct world *w = *state;
    assert_int_equal(store_read(&w->c, read_around_a_write, w), OK);
    assert_int_equal(notes(w), 1);
}

static enum err nest(struct call *c, void *arg)
{
    char name[] = "inner";
    enum err e = store_tx(c, add_one, name);
    if (e != OK) return e;
    e = store_read(c, count_notes, arg);
    return e != OK ? e : fail(c, ERR_DENIED, "test.refused");
}

static void nested_calls_belong_to_the_outer_transaction(void **state)
{
    struct world *w = *state;
    int64_t inside = -1;
    fails_with(w, store_tx(&w->c, nest, &inside), ERR_DENIED, "test.refused");
    assert_int_equal(inside, 1);
    assert_int_equal(notes(w), 0);
}

/* Runs a statement in a child process with a store of its own and returns the signal it died of. */
static int signal_of(struct world *w, enum err (*fn)(struct call *c, void *arg), void *arg)
{
    pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(null, STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        if (world_try(w, true) != OK) _exit(2);
        _exit(store_tx(&w->c, fn, arg) == OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static enum err run_two_args(struct call *c, void *arg)
{
    struct rows rows = {};
    return store_all(c, arg, ARGS(INT(1), INT(2)), &rows);
}

static void parameters_out_of_order_end_the_process(void **state)
{
    char good[] = "SELECT $1 + $2 - $1";
    char turned[] = "SELECT $2 + $1";
    char gap[] = "SELECT $1 + $3";
    char few[] = "SELECT $1";
    char named[] = "SELECT $1 + ?2";
    assert_int_equal(signal_of(*state, run_two_args, good), 0);
    assert_int_equal(signal_of(*state, run_two_args, turned), SIGABRT);
    assert_int_equal(signal_of(*state, run_two_args, gap), SIGABRT);
    assert_int_equal(signal_of(*state, run_two_args, few), SIGABRT);
    assert_int_equal(signal_of(*state, run_two_args, named), SIGABRT);
}

static void a_statement_that_does_not_parse_ends_the_process(void **state)
{
    char text[] = "SELECT FROM";
    char two[] = "SELECT $1 + $2; SELECT 3";
    assert_int_equal(signal_of(*state, run_two_args, text), SIGABRT);
    assert_int_equal(signal_of(*state, run_two_args, two), SIGABRT);
}

static enum err read_in_read(struct call *c, void *arg)
{
    (void)arg;
    return store_tx(c, count_notes, NULL);
}

static enum err write_in_read(struct call *c, void *arg)
{
    struct call reader = call_begin(c->env, c->store, NULL);
    enum err e = store_read(&reader, read_in_read, arg);
    call_end(&reader);
    return e;
}

static void a_transaction_inside_a_read_ends_the_process(void **state)
{
    assert_int_equal(signal_of(*state, write_in_read, NULL), SIGABRT);
}

static enum err a_second_tx(struct call *c, void *arg)
{
    struct call second = call_begin(c->env, c->store, NULL);
    enum err e = store_tx(&second, add_one, arg);
    call_end(&second);
    return e;
}

static void another_calls_transaction_inside_an_inline_one_ends_the_process(void **state)
{
    char name[] = "a";
    assert_int_equal(signal_of(*state, a_second_tx, name), SIGABRT);
}

struct numbers {
    int64_t count;
    size_t got;
};

static enum err read_numbers(struct call *c, void *arg)
{
    struct numbers *numbers = arg;
    struct rows rows = {};
    enum err e = store_all(c,
                           "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n "
                           "WHERE x < $1) SELECT x FROM n",
                           ARGS(INT(numbers->count)), &rows);
    if (e == OK) numbers->got = rows.count;
    return e;
}

static void a_query_gives_a_hundred_thousand_rows_and_not_one_more(void **state)
{
    struct world *w = *state;
    struct numbers numbers = {.count = STORE_ROWS_MAX};
    assert_int_equal(store_read(&w->c, read_numbers, &numbers), OK);
    assert_int_equal(numbers.got, STORE_ROWS_MAX);
    numbers.count++;
    fails_with(w, store_read(&w->c, read_numbers, &numbers), ERR_LIMIT, "store.rows");
    assert_int_equal(notes(w), 0);
}

static enum err read_missing(struct call *c, void *arg)
{
    (void)arg;
    struct rows rows = {};
    return store_one(c, "SELECT id FROM note WHERE id = $1", ARGS(INT(7)), &rows);
}

static void one_row_that_is_not_there_is_not_found(void **state)
{
    struct world *w = *state;
    fails_with(w, store_read(&w->c, read_missing, NULL), ERR_NOT_FOUND, "not_found");
}

static enum err round_trip(struct call *c, void *arg)
{
    (void)arg;
    struct rows rows = {};
    enum err e =
        store_one(c, "INSERT INTO note (name, body) VALUES ($1, $2) RETURNING id, name, body, NULL",
                  ARGS(TEXT((struct str){}), BYTES(S("a\0b"))), &rows);
    if (e != OK) return e;
    ensure(rows_int(&rows, 0, 0) == 1);
    ensure(rows_cell(&rows, 0, 1)->type == VALUE_TEXT);
    ensure(rows_text(&rows, 0, 1).len == 0);
    ensure(str_eq(rows_text(&rows, 0, 2), S("a\0b")));
    ensure(rows_cell(&rows, 0, 3)->type == VALUE_NULL);
    int64_t changed = 0;
    e = store_exec(c, "UPDATE note SET body = $1", ARGS(NONE), &changed);
    ensure(changed == 1);
    if (e == OK) e = store_exec(c, "DELETE FROM note WHERE id = $1", ARGS(INT(99)), &changed);
    ensure(changed == 0);
    return e;
}

static void values_come_back_as_they_went(void **state)
{
    struct world *w = *state;
    assert_int_equal(store_tx(&w->c, round_trip, NULL), OK);
}

static enum err same_pointer(struct call *c, void *arg)
{
    char text[] = "SELECT 1";
    struct rows rows = {};
    int64_t sum = 0;
    for (char digit = '1'; digit <= '3'; digit++) {
        text[7] = digit;
        enum err e = store_one(c, text, NO_ARGS, &rows);
        if (e != OK) return e;
        sum = sum * 10 + rows_int(&rows, 0, 0);
    }
    *(int64_t *)arg = sum;
    return OK;
}

static void another_text_at_the_same_address_is_another_statement(void **state)
{
    struct world *w = *state;
    int64_t sum = 0;
    assert_int_equal(store_read(&w->c, same_pointer, &sum), OK);
    assert_int_equal(sum, 123);
}

static enum err many_texts(struct call *c, void *arg)
{
    int64_t *sum = arg;
    for (int i = 0; i < 1000; i++) {
        struct rows rows = {};
        const char *sql = str_format(c->arena, "SELECT %d", i).ptr;
        enum err e = store_one(c, sql, NO_ARGS, &rows);
        if (e != OK) return e;
        *sum += rows_int(&rows, 0, 0);
    }
    return OK;
}

static void more_statements_than_the_cache_holds_still_run(void **state)
{
    struct world *w = *state;
    int64_t sum = 0;
    assert_int_equal(store_read(&w->c, many_texts, &sum), OK);
    assert_int_equal(sum, 499500);
}

static enum err run_text(struct call *c, void *arg)
{
    struct rows rows = {};
    return store_all(c, arg, NO_ARGS, &rows);
}

static void constraints_answer_with_a_conflict_and_its_detail(void **state)
{
    struct world *w = *state;
    assert_int_equal(add(w, "a"), OK);
    assert_int_equal(add(w, "a"), ERR_CONFLICT);
    struct str detail = t_on_postgres()
                            ? S("duplicate key value violates unique constraint \"note_name_key\"")
                            : S("UNIQUE constraint failed: note.name");
    assert_true(str_eq(w->c.failure.args[0].value, detail));
    call_clear(&w->c);
    char foreign[] = "INSERT INTO page (note, n) VALUES (99, 1) RETURNING n";
    fails_with(w, store_tx(&w->c, run_text, foreign), ERR_CONFLICT, "store.conflict");
    assert_int_equal(notes(w), 1);
}

static void a_text_is_no_number(void **state)
{
    struct world *w = *state;
    char strict[] = "INSERT INTO page (note, n) VALUES (1, 'one') RETURNING n";
    enum err want = t_on_postgres() ? ERR_INVALID : ERR_CONFLICT;
    fails_with(w, store_tx(&w->c, run_text, strict), want,
               want == ERR_INVALID ? "store.statement" : "store.conflict");
    assert_int_equal(notes(w), 0);
}

static enum err add_twice(struct call *c, void *arg)
{
    store_note(c, S("twice"));
    store_owe(c, "test", ARGS(TEXT(S("x")), INT(7)));
    enum err e = note_insert(c, str_of(arg));
    return e != OK ? e : note_insert(c, str_of(arg));
}

static enum err attempt_in_the_middle(struct call *c, void *arg)
{
    enum err e = note_insert(c, S("before"));
    if (e != OK) return e;
    store_owe(c, "test", ARGS(TEXT(S("x")), INT(1)));
    store_owe(c, "other", ARGS(INT(9)));
    store_owe(c, "test", ARGS(TEXT(S("y")), INT(2)));
    e = store_attempt(c, add_twice, arg);
    ensure(e == ERR_CONFLICT);
    call_clear(c);
    e = store_attempt(c, add_one, arg);
    return e != OK ? e : note_insert(c, S("after"));
}

static void a_failed_attempt_undoes_its_own_writes_only(void **state)
{
    struct world *w = *state;
    char name[] = "a";
    assert_int_equal(store_tx(&w->c, attempt_in_the_middle, name), OK);
    assert_int_equal(notes(w), 3);
    assert_int_equal(w->topic_count, 0);
    assert_int_equal(w->owed, 12);
}

static void a_function_that_refuses_its_data_is_told(void **state)
{
    struct world *w = *state;
    char overflow[] = "SELECT abs(-9223372036854775807 - 1)";
    fails_with(w, store_read(&w->c, run_text, overflow), ERR_INVALID, "store.statement");
}

static enum err add_large(struct call *c, void *arg)
{
    size_t bytes = *(size_t *)arg;
    struct str body = {arena_alloc(c->arena, bytes), bytes};
    return store_exec(c, "INSERT INTO note (name, body) VALUES ($1, $2)",
                      ARGS(TEXT(S("large")), BYTES(body)), NULL);
}

static void a_value_above_the_limit_is_refused(void **state)
{
    struct world *w = *state;
    size_t bytes = 64 * 1024 * 1024 + 1;
    fails_with(w, store_tx(&w->c, add_large, &bytes), ERR_LIMIT, "store.too_large");
    bytes = 1024 * 1024;
    assert_int_equal(store_tx(&w->c, add_large, &bytes), OK);
}

static enum err fill_and_go_on(struct call *c, void *arg)
{
    char limit[] = "PRAGMA max_page_count=20";
    enum err e = run_text(c, limit);
    if (e != OK) return e;
    e = add_large(c, arg);
    ensure(e == ERR_FULL);
    call_clear(c); /* a closure that overlooks it must not slip rows in behind the transaction */
    e = note_insert(c, S("behind"));
    ensure(e == ERR_FULL);
    return e;
}

static void a_full_disk_fails_the_transaction_and_only_that(void **state)
{
    struct world *w = *state;
    assert_int_equal(add(w, "a"), OK);
    size_t bytes = 1024 * 1024;
    fails_with(w, store_tx(&w->c, fill_and_go_on, &bytes), ERR_FULL, "store.full");
    assert_false(store_broken(w->store));
    assert_int_equal(notes(w), 1);
    assert_int_equal(add(w, "b"), OK);
}

/* The kernel refuses to let a file grow: for SQLite an error of the disk. */
static enum err add_on_a_bad_disk(struct world *w, enum err *ret_second)
{
    struct rlimit before = {};
    (void)getrlimit(RLIMIT_FSIZE, &before);
    struct rlimit small = {.rlim_cur = 64 * 1024, .rlim_max = before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &small);
    size_t bytes = 1024 * 1024;
    enum err first = store_tx(&w->c, add_large, &bytes);
    call_clear(&w->c);
    (void)setrlimit(RLIMIT_FSIZE, &before);
    (void)signal(SIGXFSZ, handler);
    *ret_second = add(w, "b");
    call_clear(&w->c);
    return first;
}

static void after_a_failed_write_the_store_refuses_to_go_on(void **state)
{
    struct world *w = *state;
    assert_int_equal(add(w, "a"), OK);
    enum err second = OK;
    assert_int_equal(add_on_a_bad_disk(w, &second), ERR_IO);
    assert_int_equal(second, ERR_IO);
    assert_true(store_broken(w->store));
    world_close(w);
    world_open(w, false);
    assert_int_equal(notes(w), 1);
    assert_int_equal(add(w, "b"), OK);
}

static void a_migration_runs_once_and_may_not_change(void **state)
{
    struct world *w = *state;
    assert_int_equal(store_migrate(&w->c, STEPS, 1), OK);
    const struct migration changed = {.name = "note.1", .sql = "CREATE TABLE note (id ID);"};
    assert_int_equal(store_migrate(&w->c, &changed, 1), ERR_CORRUPT);
    assert_string_equal(w->c.failure.reason, "store.migration_changed");
    assert_true(str_eq(w->c.failure.args[0].value, S("note.1")));
}

static void a_failing_migration_leaves_nothing(void **state)
{
    struct world *w = *state;
    static const struct migration BAD[] = {
        {.name = "note.2", .sql = "CREATE TABLE more (id ID);"},
        {.name = "note.3",
         .sql = "INSERT INTO note (name) VALUES ('x'); INSERT INTO note (name) VALUES ('x');"}};
    fails_with(w, store_migrate(&w->c, BAD, 2), ERR_CONFLICT, "store.conflict");
    assert_int_equal(notes(w), 0);
    assert_int_equal(store_migrate(&w->c, BAD, 1), OK);
}

static void migrations_do_not_wait_for_the_hook(void **state)
{
    struct world *w = *state;
    static const struct migration NEXT[] = {
        {.name = "note.2", .sql = "CREATE TABLE more (id ID);"}};
    w->refuse = true;
    assert_int_equal(store_migrate(&w->c, NEXT, 1), OK);
}

static void overwrite(const char *path, int64_t offset, size_t bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(pwrite(fd, "\x5a", 1, offset + (int64_t)i), 1);
    }
    (void)close(fd);
}

static void a_file_that_is_no_database_is_corrupt(void **state)
{
    struct world *w = *state;
    overwrite(w->path, 0, 8192);
    fails_with(w, world_try(w, false), ERR_CORRUPT, "store.corrupt");
    call_end(&w->c);
}

static void a_damaged_page_is_found_at_the_start_after_a_crash(void **state)
{
    struct world *w = *state;
    assert_int_equal(add(w, "a"), OK);
    world_close(w);
    overwrite(w->path, 2 * 4096 + 8, 512);
    char wal[264];
    (void)snprintf(wal, sizeof wal, "%s-wal", w->path);
    overwrite(wal, 0, 100);
    fails_with(w, world_try(w, false), ERR_CORRUPT, "store.corrupt");
    call_end(&w->c);
}

static void a_folder_that_is_not_there_cannot_be_opened(void **state)
{
    struct world *w = *state;
    char path[64];
    (void)snprintf(path, sizeof path, "%s/none/office.db", w->dir);
    struct call c = call_begin(env_real(), NULL, NULL);
    struct store_config config = {.path = path};
    struct store *store = NULL;
    assert_int_equal(store_open(&c, &config, &store), ERR_IO);
    assert_string_equal(c.failure.reason, "store.open");
    assert_null(store);
    call_end(&c);
}

static void the_files_are_private(void **state)
{
    struct world *w = *state;
    struct stat st = {};
    assert_int_equal(stat(w->path, &st), 0);
    assert_int_equal(st.st_mode & 0077, 0);
}

/* A child's thread: writes a row, and when store_tx says it is durable, says so on the pipe. */
struct acker {
    struct world *w;
    int pipe;
    int number;
};

static enum err add_acked(struct call *c, void *arg)
{
    return note_insert(c, *(struct str *)arg);
}

static void *write_and_acknowledge(void *arg)
{
    const struct acker *acker = arg;
    for (int i = 0; i < 100000; i++) {
        struct call c = call_begin(env_real(), acker->w->store, NULL);
        struct str name = str_format(c.arena, "%03d.%08d", acker->number, i);
        enum err e = store_tx(&c, add_acked, &name);
        if (e != OK || write(acker->pipe, name.ptr, name.len) != (ssize_t)name.len) _exit(1);
        call_end(&c);
    }
    return NULL;
}

static void child_writes(struct world *w, int pipe)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (world_try(w, false) != OK) _exit(2);
    pthread_t threads[4];
    struct acker ackers[4] = {};
    for (int i = 0; i < 4; i++) {
        ackers[i] = (struct acker){w, pipe, i};
        if (pthread_create(&threads[i], NULL, write_and_acknowledge, &ackers[i]) != 0) _exit(3);
    }
    for (int i = 0; i < 4; i++)
        (void)pthread_join(threads[i], NULL);
    _exit(0);
}

static enum err find_name(struct call *c, void *arg)
{
    struct rows rows = {};
    return store_one(c, "SELECT id FROM note WHERE name = $1", ARGS(TEXT(*(struct str *)arg)),
                     &rows);
}

static void a_killed_process_loses_nothing_it_acknowledged(void **state)
{
    struct world *w = *state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) child_writes(w, ends[1]);
    (void)close(ends[1]);
    char names[4096][12] = {};
    size_t count = 0;
    while (count < ACKS && read(ends[0], names[count], 12) == 12)
        count++;
    assert_int_equal(kill(child, SIGKILL), 0);
    while (count < ARRAY_LEN(names) && read(ends[0], names[count], 12) == 12)
        count++;
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(count >= ACKS);
    world_open(w, false);
    for (size_t i = 0; i < count; i++) {
        struct str name = {names[i], 12};
        assert_int_equal(store_read(&w->c, find_name, &name), OK);
    }
    (void)close(ends[0]);
}

static void a_long_life_keeps_the_log_short(void **state)
{
    struct world *w = *state;
    size_t bytes = 1024 * 1024;
    char wal[264];
    (void)snprintf(wal, sizeof wal, "%s-wal", w->path);
    char drop[] = "DELETE FROM note RETURNING id";
    for (int i = 0; i < 20; i++) {
        assert_int_equal(store_tx(&w->c, add_large, &bytes), OK);
        assert_int_equal(store_tx(&w->c, run_text, drop), OK);
    }
    struct stat st = {};
    assert_int_equal(stat(wal, &st), 0);
    assert_true(st.st_size < 10 * 1024 * 1024);
}

/* The contract of the store, kept by every driver. STORE=pg runs it on PostgreSQL. */
static int run_contract(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_committed_row_is_read_back),
        TEST_INLINE(a_committed_row_is_read_back),
        TEST(a_failing_closure_leaves_nothing),
        TEST_INLINE(a_failing_closure_leaves_nothing),
        TEST(eight_threads_write_and_a_failing_one_harms_nobody),
        TEST(a_failing_hook_fails_the_group_with_its_reason),
        TEST_INLINE(a_failing_hook_fails_the_group_with_its_reason),
        TEST(topics_are_told_once_after_the_commit),
        TEST(a_reader_keeps_its_snapshot_while_others_write),
        TEST_INLINE(a_reader_keeps_its_snapshot_while_others_write),
        TEST(nested_calls_belong_to_the_outer_transaction),
        TEST_INLINE(nested_calls_belong_to_the_outer_transaction),
        TEST_CLOSED(parameters_out_of_order_end_the_process),
        TEST_CLOSED(a_statement_that_does_not_parse_ends_the_process),
        TEST_CLOSED(a_transaction_inside_a_read_ends_the_process),
        TEST(a_query_gives_a_hundred_thousand_rows_and_not_one_more),
        TEST(one_row_that_is_not_there_is_not_found),
        TEST(values_come_back_as_they_went),
        TEST(another_text_at_the_same_address_is_another_statement),
        TEST(more_statements_than_the_cache_holds_still_run),
        TEST(constraints_answer_with_a_conflict_and_its_detail),
        TEST(a_text_is_no_number),
        TEST(a_failed_attempt_undoes_its_own_writes_only),
        TEST_INLINE(a_failed_attempt_undoes_its_own_writes_only),
        TEST(a_function_that_refuses_its_data_is_told),
        TEST(a_value_above_the_limit_is_refused),
        TEST(a_migration_runs_once_and_may_not_change),
        TEST(a_failing_migration_leaves_nothing),
        TEST(migrations_do_not_wait_for_the_hook),
        TEST_CLOSED(a_killed_process_loses_nothing_it_acknowledged),
    };
    return cmocka_run_group_tests_name("contract", tests, NULL, NULL);
}

/* The one writer, its groups and the file. */
static int run_sqlite(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_waits_together_is_committed_together),
        TEST_CLOSED(another_calls_transaction_inside_an_inline_one_ends_the_process),
        TEST(a_full_disk_fails_the_transaction_and_only_that),
        TEST(after_a_failed_write_the_store_refuses_to_go_on),
        TEST_CLOSED(a_file_that_is_no_database_is_corrupt),
        TEST(a_damaged_page_is_found_at_the_start_after_a_crash),
        TEST_CLOSED(a_folder_that_is_not_there_cannot_be_opened),
        TEST(the_files_are_private),
        TEST(a_long_life_keeps_the_log_short),
    };
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}

int main(void)
{
    int failed = run_contract();
    return t_on_postgres() ? failed : failed + run_sqlite();
}
