#include "store/inside.h"

#include "t_store.h"

#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

/* What only PostgreSQL does: collisions, several processes, lost connections. Runs under
 * test/pg/with-pg.sh; without a server every test is skipped. */

enum { THREADS = 4, ROUNDS = 25, KILLS = 6, TOPICS_SEEN = 64 };

static const struct migration STEPS[] = {
    {"pg_test.1",
     "CREATE TABLE counter (name TEXT PRIMARY KEY, n INT NOT NULL);"
     "INSERT INTO counter (name, n) VALUES ('c', 0);"
     "CREATE TABLE taken (n INT PRIMARY KEY);"
     "CREATE TABLE mark (id ID, name TEXT NOT NULL);",
     NULL},
};

struct world {
    char schema[40];
    char plugins[256];
    char path[256];
    struct store *store;
    struct call c;
    pthread_mutex_t mutex; /* guards what follows */
    char topics[TOPICS_SEEN][32];
    size_t topic_count;
};

static void after_commit(void *arg, const struct str *topics, size_t count)
{
    struct world *w = arg;
    (void)pthread_mutex_lock(&w->mutex);
    for (size_t i = 0; i < count && w->topic_count < TOPICS_SEEN; i++)
        (void)snprintf(w->topics[w->topic_count++], 32, "%.*s", STR_ARG(topics[i]));
    (void)pthread_mutex_unlock(&w->mutex);
}

static size_t topics_seen(struct world *w)
{
    (void)pthread_mutex_lock(&w->mutex);
    size_t count = w->topic_count;
    (void)pthread_mutex_unlock(&w->mutex);
    return count;
}

static void store_start(struct world *w, const char *url)
{
    (void)snprintf(w->path, sizeof w->path, "%s&options=-csearch_path%%3D%s", url, w->schema);
    w->c = call_begin(env_real(), NULL, NULL);
    struct store_config config = {
        .path = w->path, .plugins = w->plugins, .after_commit = after_commit, .arg = w};
    assert_int_equal(store_open(&w->c, &config, &w->store), OK);
    w->c.store = w->store;
    assert_int_equal(store_migrate(&w->c, STEPS, ARRAY_LEN(STEPS)), OK);
}

static void store_stop(struct world *w)
{
    store_close(w->store);
    call_end(&w->c);
    w->store = NULL;
}

static struct world *world_new(void)
{
    struct world *w = test_calloc(1, sizeof *w);
    uint64_t chance = 0;
    env_real()->random(NULL, (uint8_t *)&chance, sizeof chance);
    (void)snprintf(w->schema, sizeof w->schema, "driver_test_%016llx", (unsigned long long)chance);
    (void)pthread_mutex_init(&w->mutex, NULL);
    struct arena *arena = arena_open(0);
    (void)snprintf(w->plugins, sizeof w->plugins, "%s", t_store_plugins(arena));
    arena_close(arena);
    return w;
}

static int setup(void **state)
{
    if (!t_on_postgres()) return 0;
    *state = world_new();
    store_start(*state, getenv("STORE_URL"));
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    if (w == NULL) return 0;
    if (w->store != NULL) store_stop(w);
    (void)pthread_mutex_destroy(&w->mutex);
    test_free(w);
    return 0;
}

static struct world *world_of(void **state)
{
    if (*state == NULL) skip();
    return *state;
}

static int64_t number_of(struct world *w, const char *sql)
{
    struct rows rows = {};
    assert_int_equal(store_one(&w->c, sql, NO_ARGS, &rows), OK);
    return rows_int(&rows, 0, 0);
}

struct words {
    const char *const *list;
    size_t count;
};

static enum err add_words(struct call *c, void *arg)
{
    const struct words *words = arg;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < words->count; i++) {
        e = store_exec(c, "INSERT INTO mark (name) VALUES ($1)", ARGS(TEXT(str_of(words->list[i]))),
                       NULL);
    }
    return e;
}

static void text_is_compared_by_bytes_whatever_the_server_prefers(void **state)
{
    struct world *w = world_of(state);
    static const char *const LIST[] = {"đơn", "Z", "a", "ă", "b"};
    static const char *const ORDER[] = {"Z", "a", "b", "ă", "đơn"};
    struct words words = {LIST, ARRAY_LEN(LIST)};
    assert_int_equal(store_tx(&w->c, add_words, &words), OK);
    struct rows rows = {};
    assert_int_equal(store_all(&w->c, "SELECT name FROM mark ORDER BY name", NO_ARGS, &rows), OK);
    for (size_t i = 0; i < ARRAY_LEN(ORDER); i++)
        assert_true(str_eq(rows_text(&rows, i, 0), str_of(ORDER[i])));
    assert_int_equal(number_of(w, "SELECT count(*) FROM mark WHERE name > 'b'"), 2);
}

static void sums_are_numbers_of_64_bits_or_refused(void **state)
{
    struct world *w = world_of(state);
    assert_int_equal(number_of(w, "SELECT sum(x) FROM (SELECT 9223372036854775800::bigint AS x"
                                  " UNION ALL SELECT 7) AS t"),
                     INT64_MAX);
    assert_int_equal(number_of(w, "SELECT sum(x) FROM (SELECT -9223372036854775807::bigint AS x"
                                  " UNION ALL SELECT -1) AS t"),
                     INT64_MIN);
    assert_int_equal(number_of(w, "SELECT sum(x) FROM (SELECT 120000000::bigint AS x) AS t"),
                     120000000);
    assert_int_equal(number_of(w, "SELECT coalesce(sum(n), 0) FROM counter WHERE name = '-'"), 0);
    struct rows rows = {};
    enum err e = store_one(&w->c,
                           "SELECT sum(x) FROM (SELECT 9223372036854775807::bigint AS x"
                           " UNION ALL SELECT 1) AS t",
                           NO_ARGS, &rows);
    assert_int_equal(e, ERR_INVALID);
    call_clear(&w->c);
}

/* Threads that each do the same transaction a number of times. */
struct runner {
    struct store *store;
    enum err (*fn)(struct call *c, void *arg);
    atomic_int *runs;
    int failed;
};

static enum err count_up(struct call *c, void *arg)
{
    const struct runner *runner = arg;
    (void)atomic_fetch_add(runner->runs, 1);
    struct rows rows = {};
    enum err e = store_one(c, "SELECT n FROM counter WHERE name = 'c'", NO_ARGS, &rows);
    if (e != OK) return e;
    (void)sched_yield();
    return store_exec(c, "UPDATE counter SET n = $1 WHERE name = 'c'",
                      ARGS(INT(rows_int(&rows, 0, 0) + 1)), NULL);
}

static void *run_rounds(void *arg)
{
    struct runner *runner = arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct call c = call_begin(env_real(), runner->store, NULL);
        enum err e = store_tx(&c, runner->fn, runner);
        while (e == ERR_BUSY) { /* refused whole: the caller may come again */
            call_clear(&c);
            e = store_tx(&c, runner->fn, runner);
        }
        if (e != OK) runner->failed++;
        call_end(&c);
    }
    return NULL;
}

/* Runs the rounds of all threads; returns how often the closure ran. */
static int run_threads(struct world *w, enum err (*fn)(struct call *c, void *arg))
{
    atomic_int runs = 0;
    pthread_t threads[THREADS];
    struct runner runners[THREADS] = {};
    for (int i = 0; i < THREADS; i++) {
        runners[i] = (struct runner){w->store, fn, &runs, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, run_rounds, &runners[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_int_equal(runners[i].failed, 0);
    }
    return atomic_load(&runs);
}

static void colliding_transactions_run_again_and_none_is_lost(void **state)
{
    struct world *w = world_of(state);
    int runs = run_threads(w, count_up);
    assert_int_equal(number_of(w, "SELECT n FROM counter"), THREADS * ROUNDS);
    assert_true(runs > THREADS * ROUNDS);
}

static enum err take_number(struct call *c, void *arg)
{
    const struct runner *runner = arg;
    (void)atomic_fetch_add(runner->runs, 1);
    struct rows rows = {};
    enum err e = store_one(c, "SELECT coalesce(max(n), 0) + 1 FROM taken", NO_ARGS, &rows);
    if (e != OK) return e;
    (void)sched_yield();
    return store_exec(c, "INSERT INTO taken (n) VALUES ($1)", ARGS(INT(rows_int(&rows, 0, 0))),
                      NULL);
}

static void numbers_taken_by_several_have_no_holes_and_no_doubles(void **state)
{
    struct world *w = world_of(state);
    run_threads(w, take_number);
    assert_int_equal(number_of(w, "SELECT count(*) FROM taken"), THREADS * ROUNDS);
    assert_int_equal(number_of(w, "SELECT max(n) FROM taken"), THREADS * ROUNDS);
}

static enum err note_many(struct call *c, void *arg)
{
    const int *count = arg;
    for (int i = 0; i < *count; i++)
        store_note(c, str_format(c->arena, "topic.%d", i));
    return store_exec(c, "INSERT INTO mark (name) VALUES ('n')", NO_ARGS, NULL);
}

static void other_processes_hear_the_topics_and_the_own_only_once(void **state)
{
    struct world *w = world_of(state);
    struct world *other = world_new();
    (void)snprintf(other->schema, sizeof other->schema, "%s", w->schema);
    store_start(other, getenv("STORE_URL"));
    int count = 3;
    assert_int_equal(store_tx(&w->c, note_many, &count), OK);
    while (topics_seen(other) < 3)
        (void)sched_yield();
    assert_string_equal(other->topics[2], "topic.2");
    /* an answer of the other side proves that all before it was heard */
    assert_int_equal(store_tx(&other->c, note_many, &count), OK);
    while (topics_seen(w) < 6)
        (void)sched_yield();
    assert_int_equal(topics_seen(w), 6);
    assert_int_equal(topics_seen(other), 6);
    store_stop(other);
    (void)pthread_mutex_destroy(&other->mutex);
    test_free(other);
}

static enum err add_named(struct call *c, void *arg)
{
    return store_exec(c, "INSERT INTO mark (name) VALUES ($1)", ARGS(TEXT(*(struct str *)arg)),
                      NULL);
}

/* Writes until it is told to stop and remembers what was acknowledged and what refused. */
struct load {
    struct store *store;
    int number;
    atomic_bool *stop;
    atomic_int acked;
    char refused_at[4096]; /* by number of the try */
    int tries;
};

static void *write_until_stopped(void *arg)
{
    struct load *load = arg;
    while (!atomic_load(load->stop) && load->tries < (int)sizeof load->refused_at) {
        struct call c = call_begin(env_real(), load->store, NULL);
        struct str name = str_format(c.arena, "%d.%d", load->number, load->tries);
        enum err e = store_tx(&c, add_named, &name);
        load->refused_at[load->tries++] = e != OK;
        if (e == OK) (void)atomic_fetch_add(&load->acked, 1);
        call_end(&c);
    }
    return NULL;
}

static enum err backend_pid(struct call *c, void *arg)
{
    struct rows rows = {};
    enum err e = store_one(c,
                           "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
                           " AND application_name = 'phoihop' AND pid <> pg_backend_pid()"
                           " AND query LIKE '%mark%' LIMIT 1",
                           NO_ARGS, &rows);
    if (e == OK) *(int64_t *)arg = rows_int(&rows, 0, 0);
    return e;
}

/* Ends one server process by force, which makes the server end all and recover; true when done. */
static bool kill_one(struct world *w)
{
    int64_t pid = 0;
    struct call c = call_begin(env_real(), w->store, NULL);
    enum err e = store_read(&c, backend_pid, &pid);
    call_end(&c);
    return e == OK && pid > 1 && kill((pid_t)pid, SIGKILL) == 0;
}

static int acked_of(struct load *loads)
{
    int acked = 0;
    for (int i = 0; i < THREADS; i++)
        acked += atomic_load(&loads[i].acked);
    return acked;
}

/* Every acknowledged row is there once, every refused one not at all. */
static void prove_load(struct world *w, const struct load *load)
{
    struct rows rows = {};
    const char *sql = "SELECT name, count(*) FROM mark WHERE name LIKE $1 GROUP BY name";
    struct str pattern = str_format(w->c.arena, "%d.%%", load->number);
    assert_int_equal(store_all(&w->c, sql, ARGS(TEXT(pattern)), &rows), OK);
    char *found = arena_alloc(w->c.arena, sizeof load->refused_at);
    for (size_t i = 0; i < rows.count; i++) {
        struct str head = {}, rest = {};
        int64_t number = 0;
        (void)str_cut(rows_text(&rows, i, 0), '.', &head, &rest);
        assert_true(parse_int(rest, 0, load->tries - 1, &number));
        assert_int_equal(rows_int(&rows, i, 1), 1);
        found[number] = 1;
    }
    for (int i = 0; i < load->tries; i++)
        assert_int_equal(found[i], load->refused_at[i] ? 0 : 1);
}

static void a_killed_server_process_loses_and_doubles_nothing(void **state)
{
    struct world *w = world_of(state);
    atomic_bool stop = false;
    pthread_t threads[THREADS];
    struct load *loads = test_calloc(THREADS, sizeof *loads);
    for (int i = 0; i < THREADS; i++) {
        loads[i].store = w->store;
        loads[i].number = i;
        loads[i].stop = &stop;
        assert_int_equal(pthread_create(&threads[i], NULL, write_until_stopped, &loads[i]), 0);
    }
    for (int kills = 0; kills < KILLS;) {
        int before = acked_of(loads);
        while (acked_of(loads) < before + 50) /* it is up again and busy */
            (void)sched_yield();
        kills += kill_one(w);
    }
    int before = acked_of(loads);
    while (acked_of(loads) < before + 50)
        (void)sched_yield();
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        prove_load(w, &loads[i]);
    test_free(loads);
}

/* A door between the store and the server that loses one COMMIT. */
enum trick { TRICK_NONE, TRICK_LOSE_ANSWER, TRICK_LOSE_COMMIT, TRICK_DELAY_COMMIT };

struct proxy {
    char dir[32];
    char server[128]; /* path of the server's socket */
    int listener;
    int client;
    int upstream;
    int old; /* the server's side of the connection that was cut */
    char held[8192];
    size_t held_len;
    atomic_int trick;
    atomic_bool stop;
    pthread_t thread;
};

static int socket_at(const char *path, bool listens)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    const struct sockaddr *address = (const void *)&at;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int code = listens ? bind(fd, address, sizeof at) : connect(fd, address, sizeof at);
    if (listens && code == 0) code = listen(fd, 8);
    ensure(code == 0);
    return fd;
}

static void put_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0) return; /* the other side is gone; the test sees what comes of it */
        bytes += n;
        len -= (size_t)n;
    }
}

static void cut(struct proxy *p)
{
    (void)close(p->client);
    p->client = -1;
    p->old = p->upstream;
    p->upstream = -1;
}

static void from_client(struct proxy *p)
{
    char bytes[8192];
    ssize_t n = read(p->client, bytes, sizeof bytes);
    if (n <= 0) {
        (void)close(p->client);
        (void)close(p->upstream);
        p->client = p->upstream = -1;
        return;
    }
    size_t len = (size_t)n;
    bool commit = memmem(bytes, len, "COMMIT", sizeof "COMMIT") != NULL;
    int trick = commit ? atomic_exchange(&p->trick, TRICK_NONE) : TRICK_NONE;
    if (trick == TRICK_DELAY_COMMIT) {
        memcpy(p->held, bytes, len);
        p->held_len = len;
    }
    if (trick == TRICK_NONE || trick == TRICK_LOSE_ANSWER) put_all(p->upstream, bytes, len);
    if (trick != TRICK_NONE) cut(p);
}

static void from_server(struct proxy *p)
{
    char bytes[8192];
    ssize_t n = read(p->upstream, bytes, sizeof bytes);
    if (n > 0) put_all(p->client, bytes, (size_t)n);
}

static void *proxy_main(void *arg)
{
    struct proxy *p = arg;
    while (!atomic_load(&p->stop)) {
        struct pollfd fds[] = {{p->client < 0 ? p->listener : -1, POLLIN, 0},
                               {p->client, POLLIN, 0},
                               {p->upstream, POLLIN, 0}};
        (void)poll(fds, ARRAY_LEN(fds), 20);
        if (fds[0].revents != 0) {
            p->client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
            p->upstream = socket_at(p->server, false);
        } else if (fds[2].revents != 0) {
            from_server(p);
        } else if (fds[1].revents != 0) {
            from_client(p);
        }
    }
    return NULL;
}

static void proxy_start(struct proxy *p, struct world *w)
{
    const char *host = strstr(getenv("STORE_URL"), "host=");
    assert_non_null(host);
    (void)snprintf(p->dir, sizeof p->dir, "/tmp/pg_test_XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    (void)snprintf(p->server, sizeof p->server, "%s/.s.PGSQL.5432", host + sizeof "host");
    p->listener = socket_at(str_format(w->c.arena, "%s/.s.PGSQL.5432", p->dir).ptr, true);
    p->client = p->upstream = p->old = -1;
    assert_int_equal(pthread_create(&p->thread, NULL, proxy_main, p), 0);
}

static void proxy_stop(struct proxy *p)
{
    char path[64];
    atomic_store(&p->stop, true);
    (void)pthread_join(p->thread, NULL);
    int fds[] = {p->listener, p->client, p->upstream, p->old};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
        if (fds[i] >= 0) (void)close(fds[i]);
    }
    (void)snprintf(path, sizeof path, "%s/.s.PGSQL.5432", p->dir);
    (void)unlink(path);
    (void)rmdir(p->dir);
}

static enum err count_and_add(struct call *c, void *arg)
{
    int *runs = arg;
    (*runs)++;
    return store_exec(c, "INSERT INTO mark (name) VALUES ('once')", NO_ARGS, NULL);
}

/* Writes one row through a door that plays the trick; returns how often the closure ran. */
static int write_through(struct world *w, enum trick trick)
{
    struct proxy p = {};
    proxy_start(&p, w);
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str url = str_format(c.arena,
                                "postgresql://phoihop@/postgres?host=%s&options="
                                "-csearch_path%%3D%s",
                                p.dir, w->schema);
    struct store_config config = {.path = url.ptr, .plugins = w->plugins};
    assert_int_equal(store_open(&c, &config, &c.store), OK);
    int runs = 0;
    atomic_store(&p.trick, (int)trick);
    assert_int_equal(store_tx(&c, count_and_add, &runs), OK);
    if (p.held_len > 0) { /* the late packet arrives after all */
        char answer[512];
        put_all(p.old, p.held, p.held_len);
        assert_true(read(p.old, answer, sizeof answer) > 0);
    }
    store_close(c.store);
    call_end(&c);
    proxy_stop(&p);
    assert_int_equal(atomic_load(&p.trick), TRICK_NONE);
    return runs;
}

static void a_lost_answer_to_commit_is_looked_up_and_nothing_runs_again(void **state)
{
    struct world *w = world_of(state);
    assert_int_equal(write_through(w, TRICK_LOSE_ANSWER), 1);
    assert_int_equal(number_of(w, "SELECT count(*) FROM mark"), 1);
}

static void a_commit_that_never_arrived_is_run_again(void **state)
{
    struct world *w = world_of(state);
    assert_int_equal(write_through(w, TRICK_LOSE_COMMIT), 2);
    assert_int_equal(number_of(w, "SELECT count(*) FROM mark"), 1);
}

static void a_commit_that_arrives_late_comes_to_nothing(void **state)
{
    struct world *w = world_of(state);
    assert_int_equal(write_through(w, TRICK_DELAY_COMMIT), 2);
    assert_int_equal(number_of(w, "SELECT count(*) FROM mark"), 1);
}

/* Runs statements as the server's administrator; the number in the last line they print. */
static int64_t administrator(const char *sql)
{
    char command[1024];
    char line[64] = "";
    int64_t number = -1;
    (void)snprintf(command, sizeof command, "psql -qAtX '%s' -c \"%s\"", getenv("STORE_URL"), sql);
    FILE *psql = popen(command, "r");
    assert_non_null(psql);
    while (fgets(line, sizeof line, psql) != NULL)
        (void)parse_int(str_trim(str_of(line)), 0, INT64_MAX, &number);
    assert_int_equal(pclose(psql), 0);
    return number;
}

static int64_t waiting_for_a_standby(void)
{
    return administrator("SELECT coalesce(max(pid), 0) FROM pg_stat_activity"
                         " WHERE wait_event = 'SyncRep'");
}

struct late {
    struct store *store;
    int runs;
    enum err e;
    atomic_bool done;
};

static void *write_late(void *arg)
{
    struct late *late = arg;
    struct call c = call_begin(env_real(), late->store, NULL);
    late->e = store_tx(&c, count_and_add, &late->runs);
    call_end(&c);
    atomic_store(&late->done, true);
    return NULL;
}

static void a_commit_whose_wait_is_cut_short_is_not_acknowledged(void **state)
{
    struct world *w = world_of(state);
    struct late late = {.store = w->store};
    pthread_t thread;
    (void)administrator("ALTER SYSTEM SET synchronous_standby_names = 'absent'");
    (void)administrator("SELECT pg_reload_conf()");
    while (administrator("SELECT count(*) FROM pg_settings WHERE name ="
                         " 'synchronous_standby_names' AND setting = 'absent'") != 1)
        (void)sched_yield();
    assert_int_equal(pthread_create(&thread, NULL, write_late, &late), 0);
    int64_t first = 0;
    while (first == 0)
        first = waiting_for_a_standby();
    (void)administrator("SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                        " WHERE wait_event = 'SyncRep'");
    int64_t second = 0;
    while (second == 0 || second == first) /* it looks, and waits again */
        second = waiting_for_a_standby();
    assert_false(atomic_load(&late.done));
    (void)administrator("ALTER SYSTEM RESET synchronous_standby_names");
    (void)administrator("SELECT pg_reload_conf()");
    (void)pthread_join(thread, NULL);
    assert_int_equal(late.e, OK);
    assert_int_equal(late.runs, 1);
    assert_int_equal(number_of(w, "SELECT count(*) FROM mark"), 1);
}

static void a_commit_waits_for_the_disk_whatever_the_address_says(void **state)
{
    struct world *w = world_of(state);
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str url = str_format(c.arena, "%s%%20-csynchronous_commit%%3Doff", w->path);
    struct store_config config = {.path = url.ptr, .plugins = w->plugins};
    assert_int_equal(store_open(&c, &config, &c.store), OK);
    struct rows rows = {};
    const char *sql = "SELECT current_setting('synchronous_commit')";
    assert_int_equal(store_one(&c, sql, NO_ARGS, &rows), OK);
    assert_true(str_eq(rows_text(&rows, 0, 0), S("on")));
    store_close(c.store);
    call_end(&c);
}

static void a_server_that_is_not_there_is_told_at_the_start(void **state)
{
    struct world *w = world_of(state);
    struct call c = call_begin(env_real(), NULL, NULL);
    struct store_config config = {.path = "postgresql://phoihop@/postgres?host=/nonexistent",
                                  .plugins = w->plugins};
    struct store *store = NULL;
    assert_int_equal(store_open(&c, &config, &store), ERR_IO);
    assert_string_equal(c.failure.reason, "store.open");
    call_end(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(text_is_compared_by_bytes_whatever_the_server_prefers),
        TEST(sums_are_numbers_of_64_bits_or_refused),
        TEST(colliding_transactions_run_again_and_none_is_lost),
        TEST(numbers_taken_by_several_have_no_holes_and_no_doubles),
        TEST(other_processes_hear_the_topics_and_the_own_only_once),
        TEST(a_killed_server_process_loses_and_doubles_nothing),
        TEST(a_lost_answer_to_commit_is_looked_up_and_nothing_runs_again),
        TEST(a_commit_that_never_arrived_is_run_again),
        TEST(a_commit_that_arrives_late_comes_to_nothing),
        TEST(a_commit_whose_wait_is_cut_short_is_not_acknowledged),
        TEST(a_commit_waits_for_the_disk_whatever_the_address_says),
        TEST(a_server_that_is_not_there_is_told_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
