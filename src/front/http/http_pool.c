#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "front/http/http_core.h"

enum { THREADS_MAX = 256 };

/* One lock for both queues: they are short, and held for a few instructions. */
struct http_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct http_exchange *todo;
    struct http_exchange *todo_last;
    size_t todo_count;
    size_t todo_max;
    struct http_exchange *posted;
    struct http_exchange *posted_last;
    bool stop;
    int wake_fd;
    size_t thread_count;
    pthread_t threads[THREADS_MAX];
};

static void lock(struct http_pool *pool)
{
    int failed = pthread_mutex_lock(&pool->lock);
    ensure(failed == 0);
}

static void unlock(struct http_pool *pool)
{
    int failed = pthread_mutex_unlock(&pool->lock);
    ensure(failed == 0);
}

void http_wake(int wake_fd)
{
    uint64_t one = 1;
    ssize_t n = write(wake_fd, &one, sizeof one);
    (void)n; /* a full counter has woken the loop already */
}

/* Waits for work; NULL when the pool stops. */
static struct http_exchange *pool_take(struct http_pool *pool)
{
    lock(pool);
    while (pool->todo == NULL && !pool->stop)
        (void)pthread_cond_wait(&pool->work, &pool->lock);
    struct http_exchange *exchange = pool->todo;
    if (exchange != NULL) {
        pool->todo = exchange->next;
        if (pool->todo == NULL) pool->todo_last = NULL;
        ensure(pool->todo_count > 0);
        pool->todo_count--;
        exchange->next = NULL;
    }
    unlock(pool);
    return exchange;
}

static void *thread_main(void *arg)
{
    struct http_pool *pool = arg;
    for (;;) {
        struct http_exchange *exchange = pool_take(pool);
        if (exchange == NULL) return NULL;
        http_exchange_handle(exchange);
        (void)http_pool_post(exchange, exchange->reply.size, true);
    }
}

struct http_pool *http_pool_open(struct arena *arena, size_t threads, size_t queue_max, int wake_fd)
{
    ensure(threads > 0);
    ensure(queue_max > 0);
    struct http_pool *pool = arena_alloc(arena, sizeof *pool);
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->work, NULL);
    pool->todo_max = queue_max;
    pool->wake_fd = wake_fd;
    size_t wanted = threads < THREADS_MAX ? threads : THREADS_MAX;
    while (pool->thread_count < wanted) {
        pthread_t *thread = &pool->threads[pool->thread_count];
        if (pthread_create(thread, NULL, thread_main, pool) != 0) {
            http_pool_stop(pool);
            return NULL;
        }
        pool->thread_count++;
    }
    return pool;
}

void http_pool_stop(struct http_pool *pool)
{
    lock(pool);
    pool->stop = true;
    (void)pthread_cond_broadcast(&pool->work);
    unlock(pool);
    for (size_t i = 0; i < pool->thread_count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    pool->thread_count = 0;
}

bool http_pool_submit(struct http_pool *pool, struct http_exchange *exchange)
{
    ensure(!exchange->done);
    lock(pool);
    bool room = pool->todo_count < pool->todo_max;
    if (room) {
        exchange->next = NULL;
        if (pool->todo_last != NULL) {
            pool->todo_last->next = exchange;
        } else {
            pool->todo = exchange;
        }
        pool->todo_last = exchange;
        pool->todo_count++;
        (void)pthread_cond_signal(&pool->work);
    }
    unlock(pool);
    return room;
}

bool http_pool_post(struct http_exchange *exchange, int64_t ready_bytes, bool done)
{
    ensure(exchange->head_ready || exchange->reply.kind == HTTP_REPLY_PARK);
    struct http_pool *pool = exchange->server->pool;
    lock(pool);
    ensure(!exchange->done);
    bool wake = pool->posted == NULL;
    bool gone = exchange->gone;
    exchange->ready_bytes = ready_bytes;
    exchange->done = done;
    if (!exchange->posted) {
        exchange->posted = true;
        exchange->next = NULL;
        if (pool->posted_last != NULL) {
            pool->posted_last->next = exchange;
        } else {
            pool->posted = exchange;
        }
        pool->posted_last = exchange;
    }
    unlock(pool);
    if (wake) http_wake(pool->wake_fd);
    return !gone;
}

/* Takes one post off the queue; false when there is none. */
static bool collect_one(struct http_pool *pool, struct http_conn **ret_conn, int64_t *ret_ready,
                        bool *ret_done)
{
    lock(pool);
    struct http_exchange *exchange = pool->posted;
    if (exchange != NULL) {
        pool->posted = exchange->next;
        if (pool->posted == NULL) pool->posted_last = NULL;
        exchange->posted = false;
        exchange->next = NULL;
        *ret_conn = exchange->conn;
        *ret_ready = exchange->ready_bytes;
        *ret_done = exchange->done;
    }
    unlock(pool);
    return exchange != NULL;
}

void http_pool_collect(struct http_pool *pool)
{
    struct http_conn *conn = NULL;
    int64_t ready_bytes = 0;
    bool done = false;
    while (collect_one(pool, &conn, &ready_bytes, &done)) {
        http_conn_posted(conn, ready_bytes, done);
    }
}

void http_pool_abandon(struct http_pool *pool, struct http_exchange *exchange)
{
    lock(pool);
    exchange->gone = true;
    unlock(pool);
}
