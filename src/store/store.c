#include "store/store.h"

#include "store/inside.h"

#include <signal.h>
#include <string.h>

enum {
    GROUP_MAX = 256,    /* closures in one commit unless the configuration says otherwise */
    QUEUE_MAX = 1024,   /* callers that may wait for the writer */
    READERS_REST = 8,   /* reading connections kept open */
    PARALLEL_REST = 32, /* connections kept open on a parallel driver */
};

const struct value *rows_cell(const struct rows *rows, size_t row, size_t column)
{
    ensure(row < rows->count);
    ensure(column < rows->columns);
    return &rows->cells[row * rows->columns + column];
}

int64_t rows_int(const struct rows *rows, size_t row, size_t column)
{
    const struct value *cell = rows_cell(rows, row, column);
    ensure(cell->type == VALUE_INT || cell->type == VALUE_NULL);
    return cell->i;
}

struct str rows_text(const struct rows *rows, size_t row, size_t column)
{
    const struct value *cell = rows_cell(rows, row, column);
    ensure(cell->type != VALUE_INT);
    return cell->s;
}

static void lock(pthread_mutex_t *mutex)
{
    int code = pthread_mutex_lock(mutex);
    ensure(code == 0); /* the inline turn checks for errors: a second transaction inside a first */
}

static void unlock(pthread_mutex_t *mutex)
{
    int code = pthread_mutex_unlock(mutex);
    ensure(code == 0);
}

/* Waits for work and takes up to a group of it; NULL when the store closes and nothing waits. */
static struct job *jobs_take(struct store *store)
{
    lock(&store->mutex);
    while (store->first == NULL && !store->closing) {
        (void)pthread_cond_wait(&store->work, &store->mutex);
    }
    struct job *jobs = store->first;
    struct job *last = jobs;
    size_t count = jobs == NULL ? 0 : 1;
    while (count < store->config.group_max && last != NULL && last->next != NULL) {
        last = last->next;
        count++;
    }
    if (last != NULL) {
        store->first = last->next;
        if (store->first == NULL) store->last = NULL;
        last->next = NULL;
    }
    store->queued -= count;
    unlock(&store->mutex);
    return jobs;
}

static void jobs_wake(struct store *store, struct job *jobs)
{
    lock(&store->mutex);
    while (jobs != NULL) {
        struct job *next = jobs->next; /* once awake, the caller takes the job from its stack */
        jobs->done = true;
        (void)pthread_cond_signal(&jobs->woken);
        jobs = next;
    }
    unlock(&store->mutex);
}

static void settle(struct store *store)
{
    store->driver->settle(store->writer);
    if (store->writer->broken) atomic_store(&store->broken, true);
}

static void *writer_main(void *arg)
{
    struct store *store = arg;
    struct job *jobs = jobs_take(store);
    while (jobs != NULL) {
        group_run(store, store->writer, jobs);
        jobs_wake(store, jobs);
        settle(store);
        jobs = jobs_take(store);
    }
    return NULL;
}

/* Signals are for the main thread. */
static bool writer_start(struct store *store)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&store->thread, NULL, writer_main, store);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0;
}

static void locks_init(struct store *store)
{
    pthread_mutexattr_t checked;
    (void)pthread_mutexattr_init(&checked);
    (void)pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK);
    (void)pthread_mutex_init(&store->turn, &checked);
    (void)pthread_mutexattr_destroy(&checked);
    (void)pthread_mutex_init(&store->telling, NULL);
    (void)pthread_mutex_init(&store->mutex, NULL);
    (void)pthread_cond_init(&store->work, NULL);
}

static void store_free(struct store *store)
{
    if (store->bus != NULL) store->driver->bus_close(store->bus);
    while (store->resting != NULL) {
        struct db *db = store->resting;
        store->resting = db->next;
        store->driver->close(db);
    }
    if (store->writer != NULL) {
        store->driver->close(store->writer); /* last: it writes the log back and removes it */
    }
    (void)pthread_cond_destroy(&store->work);
    (void)pthread_mutex_destroy(&store->mutex);
    (void)pthread_mutex_destroy(&store->telling);
    (void)pthread_mutex_destroy(&store->turn);
    arena_close(store->arena);
}

/* Starts what runs beside the callers: the writer, or the bus. */
static enum err threads_start(struct call *c, struct store *store)
{
    if (store->driver->parallel) {
        if (store->config.after_commit == NULL) return OK;
        return store->driver->bus_open(c, &store->config, store_tell, store, &store->bus);
    }
    if (store->config.inline_writer || writer_start(store)) return OK;
    (void)fail(c, ERR_IO, "store.open");
    return fail_arg(c, "detail", S("pthread_create"));
}

enum err store_open(struct call *c, const struct store_config *config, struct store **ret_store)
{
    ensure(config->path != NULL);
    const struct driver *driver = NULL;
    struct db *db = NULL;
    enum err e = driver_find(c, config, &driver);
    if (e == OK) e = driver->open(c, config, true, &db);
    if (e != OK) return e;
    struct arena *arena = arena_open(0);
    struct store *store = arena_alloc(arena, sizeof *store);
    store->arena = arena;
    store->config = *config;
    store->config.path = str_zero(arena, str_of(config->path));
    if (store->config.group_max == 0) store->config.group_max = GROUP_MAX;
    store->driver = driver;
    store->env = c->env;
    store->writer = driver->parallel ? NULL : db;
    store->resting = driver->parallel ? db : NULL;
    store->resting_count = driver->parallel ? 1 : 0;
    locks_init(store);
    e = threads_start(c, store);
    if (e != OK) {
        store_free(store);
        return e;
    }
    *ret_store = store;
    return OK;
}

void store_close(struct store *store)
{
    if (store == NULL) return;
    lock(&store->mutex);
    ensure(!store->closing);
    ensure(store->out == 0);
    store->closing = true;
    (void)pthread_cond_signal(&store->work);
    unlock(&store->mutex);
    bool threaded = !store->config.inline_writer && !store->driver->parallel;
    if (threaded) (void)pthread_join(store->thread, NULL);
    ensure(store->first == NULL);
    store_free(store);
}

bool store_is_shared(const struct store *store)
{
    return store->driver->parallel;
}

bool store_broken(const struct store *store)
{
    return atomic_load(&store->broken);
}

void store_tell(void *arg, const struct str *topics, size_t count)
{
    struct store *store = arg;
    if (store->config.after_commit == NULL) return;
    lock(&store->telling);
    store->config.after_commit(store->config.arg, topics, count);
    unlock(&store->telling);
}

enum err db_take(struct call *c, bool writes, struct db **ret_db)
{
    struct store *store = c->store;
    lock(&store->mutex);
    struct db *db = store->resting;
    if (db != NULL) {
        store->resting = db->next;
        store->resting_count--;
    }
    store->out++;
    unlock(&store->mutex);
    enum err e = db == NULL ? store->driver->open(c, &store->config, false, &db) : OK;
    if (e != OK) {
        lock(&store->mutex);
        store->out--;
        unlock(&store->mutex);
        return e;
    }
    if (store->driver->parallel) db->writes = writes;
    db->next = NULL;
    *ret_db = db;
    return OK;
}

void db_give(struct store *store, struct db *db)
{
    size_t rest_max = store->driver->parallel ? PARALLEL_REST : READERS_REST;
    lock(&store->mutex);
    store->out--;
    bool keep = store->resting_count < rest_max && !db->gone;
    if (keep) {
        db->next = store->resting;
        store->resting = db;
        store->resting_count++;
    }
    unlock(&store->mutex);
    if (!keep) store->driver->close(db);
}

enum err store_read(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg)
{
    ensure(fn != NULL);
    ensure(c->store != NULL);
    if (c->db != NULL) return fn(c, arg);
    struct db *db = NULL;
    enum err e = db_take(c, false, &db);
    if (e != OK) return e;
    e = db->driver->begin(c, db);
    if (e == OK) {
        c->db = db;
        e = fn(c, arg);
        c->db = NULL;
        ensure(e == c->failure.err);
    }
    db->driver->rollback(db);
    db_give(c->store, db);
    return e;
}

static void run_inline(struct store *store, struct job *job)
{
    lock(&store->turn);
    group_run(store, store->writer, job);
    settle(store);
    unlock(&store->turn);
}

/* Hands the job to the writer and waits; false when too many wait already. */
static bool run_queued(struct store *store, struct job *job)
{
    ensure(pthread_equal(pthread_self(), store->thread) == 0); /* it would wait for itself */
    (void)pthread_cond_init(&job->woken, NULL);
    lock(&store->mutex);
    ensure(!store->closing);
    bool taken = store->queued < QUEUE_MAX;
    if (taken) {
        if (store->last != NULL) store->last->next = job;
        if (store->last == NULL) store->first = job;
        store->last = job;
        store->queued++;
        (void)pthread_cond_signal(&store->work);
        while (!job->done)
            (void)pthread_cond_wait(&job->woken, &store->mutex);
    }
    unlock(&store->mutex);
    (void)pthread_cond_destroy(&job->woken);
    return taken;
}

enum err store_tx_job(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg,
                      bool schema)
{
    ensure(fn != NULL);
    ensure(c->store != NULL);
    ensure(c->failure.err == OK);
    if (c->db != NULL) {
        ensure(c->db->writes);
        return fn(c, arg);
    }
    struct store *store = c->store;
    if (store_broken(store)) return fail(c, ERR_IO, "store.io");
    struct job job = {.c = c, .fn = fn, .arg = arg, .schema = schema};
    if (store->driver->parallel) {
        parallel_run(store, &job);
    } else if (store->config.inline_writer) {
        run_inline(store, &job);
    } else if (!run_queued(store, &job)) {
        return fail(c, ERR_BUSY, "store.busy");
    }
    return job.e;
}

enum err store_tx(struct call *c, enum err (*fn)(struct call *c, void *arg), void *arg)
{
    return store_tx_job(c, fn, arg, false);
}

enum err store_exec(struct call *c, const char *sql, const struct value *args, size_t count,
                    int64_t *ret_changed)
{
    ensure(c->db != NULL);
    ensure(c->db->writes);
    struct db_result result = {};
    enum err e = c->db->driver->run(c, c->db, sql, args, count, &result);
    if (e != OK) return e;
    ensure(result.rows.columns == 0);
    if (ret_changed != NULL) *ret_changed = result.changed;
    return OK;
}

/* One query that is its own snapshot. */
struct query {
    const char *sql;
    const struct value *args;
    size_t count;
    struct rows *ret_rows;
};

static enum err query_step(struct call *c, void *arg)
{
    const struct query *q = arg;
    return store_all(c, q->sql, q->args, q->count, q->ret_rows);
}

enum err store_all(struct call *c, const char *sql, const struct value *args, size_t count,
                   struct rows *ret_rows)
{
    if (c->db == NULL) {
        struct query query = {sql, args, count, ret_rows};
        return store_read(c, query_step, &query);
    }
    struct db_result result = {};
    enum err e = c->db->driver->run(c, c->db, sql, args, count, &result);
    if (e != OK) return e;
    ensure(result.rows.columns > 0);
    *ret_rows = result.rows;
    return OK;
}

enum err store_one(struct call *c, const char *sql, const struct value *args, size_t count,
                   struct rows *ret_rows)
{
    struct rows rows = {};
    enum err e = store_all(c, sql, args, count, &rows);
    if (e != OK) return e;
    if (rows.count == 0) return fail(c, ERR_NOT_FOUND, "not_found");
    ensure(rows.count == 1); /* the statement names a key */
    *ret_rows = rows;
    return OK;
}

enum err store_script(struct call *c, struct str sql)
{
    ensure(c->db != NULL);
    ensure(c->db->writes);
    return c->db->driver->script(c, c->db, sql);
}
