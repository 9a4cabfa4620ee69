#include <string.h>
#include <sys/epoll.h>

#include "front/http/http_core.h"

/* Nobody else may touch the exchange while a call thread has it, so what happens meanwhile is noted
 * at the connection. */
static void run_again(struct http_conn *conn)
{
    ensure(!conn->in_call);
    conn->poked = false;
    conn->exchange->rq.waited = conn->park_over;
    conn->exchange->done = false;
    http_reply_init(conn->exchange);
    http_conn_submit(conn);
}

static void poke(struct http_conn *conn)
{
    if (conn->state == HTTP_CONN_PARK) {
        run_again(conn);
    } else {
        conn->poked = true;
    }
}

void http_park_end(struct http_conn *conn)
{
    conn->park_over = true;
    poke(conn);
}

void http_park_leave(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    if (conn->list != &server->parked) return;
    http_list_remove(conn);
    atomic_fetch_sub(&server->figures.parked, 1);
}

/* One request waits for a topic: the newest, for the connection of an older one may be dead. */
static void displace(const struct http_conn *by)
{
    struct str topic = by->exchange->reply.topics[0];
    struct http_conn *conn = by->server->parked.first;
    while (conn != NULL) {
        struct http_conn *next = conn->list_next;
        if (str_eq(conn->topics[0], topic)) http_park_end(conn);
        conn = next;
    }
}

static void enter(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    size_t parked = (size_t)atomic_load(&server->figures.parked);
    if (server->draining || parked >= server->limits.parked) {
        http_conn_refuse(conn, 503);
        return;
    }
    displace(conn);
    const struct http_reply *reply = &conn->exchange->reply;
    struct str *topics = arena_array(conn->rq_arena, HTTP_TOPICS_MAX, sizeof *topics);
    memcpy(topics, reply->topics, sizeof reply->topics);
    conn->topics = topics;
    conn->topic_count = reply->topic_count;
    conn->park_over = false;
    conn->park_until_ms = http_server_now_ms(server) + reply->wait_ms;
    http_list_add(&server->parked, conn);
    atomic_fetch_add(&server->figures.parked, 1);
    run_again(conn);
}

void http_park(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    ensure(!conn->exchange->rq.waited);
    if (conn->list != &server->parked) {
        enter(conn);
        return;
    }
    if (conn->poked || conn->park_over) {
        run_again(conn);
        return;
    }
    conn->state = HTTP_CONN_PARK;
    http_timer_set(&server->wheel, conn, conn->park_until_ms);
    http_wire_interest(conn, EPOLLIN);
}

void http_park_poke(struct http_server *server, struct str topic)
{
    struct http_conn *conn = server->parked.first;
    while (conn != NULL) {
        struct http_conn *next = conn->list_next;
        if (http_topic_among(conn->topics, conn->topic_count, topic)) poke(conn);
        conn = next;
    }
}
