#pragma once
/*
 * http_core.h: the inside of the server, for the files of this folder only. Handlers see http.h.
 *
 *     http_loop.c    epoll, accept, ticks, start and stop      (loop thread)
 *     http_conn.c    the states of a connection, input side    (loop thread)
 *     http_send.c    the output side and event streams         (loop thread)
 *     http_park.c    requests that wait for a topic            (loop thread)
 *     http_wire.c    bytes in and out, plain or TLS            (loop thread)
 *     http_timer.c   one deadline per connection, in a wheel   (loop thread)
 *     http_gate.c    how many from one address                 (loop thread)
 *     http_list.c    the idle, the streams, the parked         (loop thread)
 *     http_pool.c    call threads and the two queues           (both; has the lock)
 *     http_hub.c     published events on their way to the loop (any; has the lock)
 *     http_body.c    request bodies into memory or a file       (loop thread)
 *     http_reply.c   building a reply                          (the thread that has the exchange)
 *
 * An exchange (one request and its reply) has an arena and belongs to one thread at a time: the
 * loop until http_pool_submit(), a call thread until its last http_pool_post(), then the loop.
 */
#include <stdatomic.h>

#include "front/http/http.h"

struct ssl_st; /* SSL of OpenSSL */
struct http_conn;
struct http_exchange;

/* ---- reply ---- */

enum http_reply_kind {
    HTTP_REPLY_TEXT,
    HTTP_REPLY_FILE,
    HTTP_REPLY_CHUNKS,
    HTTP_REPLY_STREAM,
    HTTP_REPLY_PARK
};

struct http_reply {
    struct http_exchange *exchange;
    struct arena *arena;
    int status;
    struct sb headers; /* "Name: value\r\n" lines */
    bool broken;       /* a header value was refused: answer 500 */
    bool close;
    enum http_reply_kind kind;
    struct str body;
    int fd; /* of FILE and CHUNKS */
    int64_t offset;
    int64_t size; /* of CHUNKS: written so far */
    struct str topics[HTTP_TOPICS_MAX];
    size_t topic_count;
    int64_t wait_ms; /* of PARK */
};

struct http_exchange {
    struct arena *arena;
    struct http_conn *conn;     /* the loop's; NULL in a loopback */
    struct http_server *server; /* NULL in a loopback */
    const struct http_handler *handler;
    void *arg;
    const struct env *env;
    const char *spool_dir;
    struct http_request rq;
    struct http_reply reply;
    struct str head; /* of the reply, as bytes; with the body behind it when that is small */
    bool body_in_head;
    bool framed; /* CHUNKS are framed as chunks; HTTP/1.0 ends them by closing */
    bool head_ready;
    /* guarded by the pool's lock */
    struct http_exchange *next;
    int64_t ready_bytes; /* of CHUNKS that may be sent */
    bool posted;
    bool done;
    bool gone; /* the client left */
};

/* Empties the reply for a first or another run of the handler. */
void http_reply_init(struct http_exchange *exchange);
/* Says that a published topic is one of these, or meant for all. */
bool http_topic_among(const struct str *topics, size_t count, struct str topic);
/* Starts request and reply in a fresh exchange. */
void http_exchange_init(struct http_exchange *exchange, const struct http_head *head);
/* Runs the handler and finishes the reply. On a call thread, or in a loopback. */
void http_exchange_handle(struct http_exchange *exchange);
/* Makes the reply an error of the server itself. On the loop thread. */
void http_exchange_refuse(struct http_exchange *exchange, int status, bool have_request);
/* Writes the reply's head into exchange->head, once. */
void http_reply_render(struct http_exchange *exchange);
/* Says that the reply's status and the request's method allow a body. */
bool http_reply_has_body(const struct http_exchange *exchange);

/* Opens an unnamed file. False when the disk refuses. */
bool http_spool_open(const char *dir, int *ret_fd);
/* Writes all bytes at the offset. False when the disk refuses. */
bool http_spool_write(int fd, struct str bytes, int64_t offset);
/* What all spooled bodies of a server take of the disk at one time. */
struct http_budget {
    _Atomic int64_t used;
    int64_t max;
};
/* Takes bytes, or says that there are none left. */
bool http_budget_take(struct http_budget *budget, int64_t bytes);
void http_budget_give(struct http_budget *budget, int64_t bytes);

/* Ties the file to the arena. */
void http_fd_defer(struct arena *arena, int fd);

/* What a body holds of the budget until its arena goes. */
struct http_spooled {
    struct http_budget *budget;
    int64_t bytes;
};

/* A body on its way into memory or a file. */
struct http_intake {
    struct arena *arena;
    const char *spool_dir;
    struct http_budget *budget; /* NULL: none is kept */
    struct http_spooled *spooled;
    int64_t bytes_max;
    bool chunked;
    int64_t length; /* unless chunked */
    struct http_chunks chunks;
    char *memory;
    size_t memory_cap;
};

/* Prepares for the body that the head announces. Returns 0, or 413 when it is known to exceed what
 * was planned; planned 0 means the default. */
int http_intake_begin(struct http_intake *intake, const struct http_head *head, int64_t planned);
/* Takes body bytes; *ret_used says how many belonged to the body. Returns 0, or a status: 400 and
 * 431 for bad chunks, 413, 503 when other bodies take all the room, 507 when the disk refuses. */
int http_intake_take(struct http_intake *intake, struct http_body *body, struct str bytes,
                     size_t *ret_used, bool *ret_done);

/* ---- connections ---- */

enum http_source_kind {
    HTTP_SOURCE_WAKE,
    HTTP_SOURCE_TICK,
    HTTP_SOURCE_LISTENER,
    HTTP_SOURCE_CONN
};

/* First member of everything epoll can report. */
struct http_source {
    enum http_source_kind kind;
};

struct http_listener {
    struct http_source source;
    int fd;
    struct ssl_ctx_st *tls;
    const struct http_handler *handler;
    void *arg;
    bool paused;
};

enum http_conn_state {
    HTTP_CONN_HANDSHAKE,
    HTTP_CONN_HEAD,     /* idle, or in the middle of a head */
    HTTP_CONN_CONTINUE, /* sending 100 */
    HTTP_CONN_BODY,
    HTTP_CONN_CALL, /* a call thread has the exchange */
    HTTP_CONN_PARK, /* waits for a topic */
    HTTP_CONN_SEND,
    HTTP_CONN_STREAM,
    HTTP_CONN_LINGER, /* reply sent, waiting for the client to close */
    HTTP_CONN_DEAD    /* socket closed; waits for the call thread or the end of the round */
};

/* What is to be sent next: memory first, then a part of a file. */
struct http_outbox {
    struct str bytes;
    size_t at;
    int fd;
    int64_t file_at;
    int64_t file_left;
    bool more; /* something follows at once: let the kernel fill the packet */
};

/* Connections in the order they were added. A connection is in one list at most. */
struct http_list {
    struct http_conn *first;
    struct http_conn *last;
};

struct http_conn {
    struct http_source source;
    struct arena *arena; /* holds the connection itself */
    struct http_server *server;
    const struct http_listener *listener;
    int fd;
    struct ssl_st *tls;
    bool tls_wants_write; /* TLS must write before it can go on */
    bool tls_wants_read;
    enum http_conn_state state;
    uint32_t interest; /* what epoll was told */
    struct str remote;
    struct str peer_cert;
    struct http_address *address;
    struct http_conn *prev; /* all connections, or the dead ones by next */
    struct http_conn *next;
    struct http_list *list; /* the list it is in, NULL for none */
    struct http_conn *list_prev;
    struct http_conn *list_next;
    struct http_conn *timer_prev;
    struct http_conn *timer_next;
    int64_t timer_tick;  /* the wheel slot's time; 0 is none */
    int64_t deadline_ms; /* 0 is none */
    int64_t phase_ms;    /* when the current body or reply began */
    int64_t phase_bytes;
    /* the request being read */
    struct arena *rq_arena;
    struct http_exchange *exchange;
    char *in;
    size_t in_len;
    size_t in_cap;
    struct http_scan scan;
    struct http_head head;
    struct http_intake intake;
    struct str left; /* bytes behind the request: the next one, pipelined */
    /* the reply being sent */
    struct http_outbox out;
    char frame[32];       /* head of a chunk */
    int64_t ready_bytes;  /* copy of the exchange's, taken under the lock */
    int64_t framed_bytes; /* of them given to the outbox */
    bool reply_done;
    bool reply_ended;    /* the last chunk was written */
    bool between_chunks; /* the line end behind a chunk is due */
    bool close_after;
    bool in_call; /* a call thread has the exchange: its arena is not ours to free */
    bool buried;  /* in the list of the dead */
    /* event stream */
    char *events;
    size_t events_cap;
    size_t events_len;
    int64_t beat_at_ms;
    /* parked */
    const struct str *topics; /* as the first run named them */
    size_t topic_count;
    int64_t park_until_ms;
    bool park_over; /* the next run is the last */
    bool poked;     /* a topic came while a call thread looked */
};

/* Adds at the end. */
void http_list_add(struct http_list *list, struct http_conn *conn);
/* Takes it out of its list, if it is in one. */
void http_list_remove(struct http_conn *conn);

/* Begins the life of an accepted connection. */
void http_conn_start(struct http_conn *conn);
/* Acts on what epoll reported. */
void http_conn_event(struct http_conn *conn, uint32_t events);
/* The deadline has passed. */
void http_conn_timeout(struct http_conn *conn);
/* A call thread posted: reply bytes or its end. */
void http_conn_posted(struct http_conn *conn, int64_t ready_bytes, bool done);
/* Gives the exchange to the call threads. */
void http_conn_submit(struct http_conn *conn);
/* The reply is out: next request or close. */
void http_conn_reply_sent(struct http_conn *conn);
/* Answers with an error of the server and closes. */
void http_conn_refuse(struct http_conn *conn, int status);
/* Closes the socket now. */
void http_conn_close(struct http_conn *conn);
/* The server stops: closes what waits, lets the rest finish. */
void http_conn_drain(struct http_conn *conn);

/* Starts sending the exchange's reply. */
void http_send_start(struct http_conn *conn);
/* The handler has written more of a reply that was waiting for it. */
void http_send_resume(struct http_conn *conn);
/* Sends what can be sent. */
void http_send_some(struct http_conn *conn);
/* Sends the outbox. True when it is empty, false when the socket is full or gone. */
bool http_send_outbox(struct http_conn *conn);
/* Queues published events for one stream; drops a reader that is too slow. */
void http_send_event(struct http_conn *conn, struct str event);
/* Leaves the list of streams. */
void http_stream_leave(struct http_conn *conn);

/* The handler has nothing to say yet: waits, or runs it again. */
void http_park(struct http_conn *conn);
/* A topic was published: runs the handlers that wait for it. */
void http_park_poke(struct http_server *server, struct str topic);
/* Runs the handler for the last time. */
void http_park_end(struct http_conn *conn);
/* Leaves the list of the parked, if it is in it. */
void http_park_leave(struct http_conn *conn);

enum http_wire {
    HTTP_WIRE_OK,
    HTTP_WIRE_AGAIN, /* wait for the socket */
    HTTP_WIRE_END    /* closed by the other side, or broken */
};
/* Tells epoll what the connection waits for. */
void http_wire_interest(struct http_conn *conn, uint32_t events);
enum http_wire http_wire_handshake(struct http_conn *conn);
enum http_wire http_wire_read(struct http_conn *conn, char *to, size_t cap, size_t *ret_bytes);
enum http_wire http_wire_write(struct http_conn *conn, struct str bytes, bool more,
                               size_t *ret_bytes);
enum http_wire http_wire_file(struct http_conn *conn, int fd, int64_t at, int64_t bytes,
                              size_t *ret_bytes);
/* Says good-bye on the sending side. */
void http_wire_finish(struct http_conn *conn);

/* ---- time ---- */

enum { HTTP_TICK_MS = 50, HTTP_WHEEL_SLOTS = 1024 };

struct http_wheel {
    struct http_conn *slots[HTTP_WHEEL_SLOTS];
    int64_t tick; /* ticks since the start; the loop's clock */
};

/* Sets when http_conn_timeout() is called; 0 is never. */
void http_timer_set(struct http_wheel *wheel, struct http_conn *conn, int64_t deadline_ms);
void http_timer_remove(struct http_wheel *wheel, struct http_conn *conn);
/* Moves the clock on by `ticks` and calls http_conn_timeout() for all that are due. */
void http_timer_advance(struct http_wheel *wheel, uint64_t ticks);

/* ---- addresses ---- */

struct http_address {
    struct http_address *next;
    uint8_t key[16]; /* IPv6, IPv4-mapped; the lower half of real IPv6 is zero */
    size_t connections;
    size_t streams;
};

enum { HTTP_GATE_BUCKETS = 1024 };

struct http_gate {
    struct http_address *buckets[HTTP_GATE_BUCKETS];
    struct http_address *spare;
    uint64_t seed; /* so that nobody can choose addresses that share a bucket */
};

/* Counts a connection in and returns its address, made when new. */
struct http_address *http_gate_enter(struct http_gate *gate, struct arena *arena,
                                     const uint8_t key[16]);
void http_gate_leave(struct http_gate *gate, struct http_address *address);

/* ---- threads ---- */

struct http_pool;
struct http_hub;

/* NULL when the kernel refuses a thread. Posts add to wake_fd. */
struct http_pool *http_pool_open(struct arena *arena, size_t threads, size_t queue_max,
                                 int wake_fd);
/* Lets the threads finish what is queued, and joins them. */
void http_pool_stop(struct http_pool *pool);
/* Gives an exchange to the call threads; false when the queue is full. */
bool http_pool_submit(struct http_pool *pool, struct http_exchange *exchange);
/* Tells the loop of progress or the end. Returns false when the client is gone. */
bool http_pool_post(struct http_exchange *exchange, int64_t ready_bytes, bool done);
/* Calls http_conn_posted() for everything posted. */
void http_pool_collect(struct http_pool *pool);
/* The client left while a call thread has the exchange. */
void http_pool_abandon(struct http_pool *pool, struct http_exchange *exchange);

struct http_event {
    struct http_event *next;
    struct str topic;
    struct str text; /* in the form of the stream */
};

/* Opens a hub without events; the arena closes it. Publishing adds to wake_fd. */
struct http_hub *http_hub_open(struct arena *arena, int wake_fd);
/* Takes all events published since the last call; valid until the next. *ret_overflow: some were
 * lost, so all streams must start anew. */
const struct http_event *http_hub_take(struct http_hub *hub, bool *ret_overflow);
/* Keeps one event for the loop. From any thread. */
void http_hub_publish(struct http_hub *hub, struct str topic, struct str data);
/* Adds to an eventfd: wakes the loop. Safe in a signal handler. */
void http_wake(int wake_fd);

/* ---- the server ---- */

enum { HTTP_LISTENERS_MAX = 8, HTTP_SCRATCH_BYTES = 64 * 1024 };

struct http_server {
    struct arena *arena;
    const struct env *env;
    const char *spool_dir;
    struct http_budget spool;
    struct http_limits limits; /* no zeros left */
    int epoll_fd;
    struct http_source wake;
    int wake_fd;
    struct http_source tick;
    int tick_fd;
    struct http_listener listeners[HTTP_LISTENERS_MAX];
    size_t listener_count;
    struct http_wheel wheel;
    struct http_gate gate;
    struct http_pool *pool;
    struct http_hub *hub;
    struct http_conn *conns;
    struct http_list streams;
    struct http_list parked; /* also while their handler runs again; counted by the figure */
    struct http_list idle;  /* between requests, longest first: closed when room is needed */
    struct http_conn *dead; /* freed at the end of the round */
    size_t conn_count;
    char *scratch; /* HTTP_SCRATCH_BYTES, for one read or write at a time */
    bool draining;
    int64_t drain_until_ms;
    atomic_bool stop;
    struct {
        _Atomic int64_t connections;
        _Atomic int64_t streams;
        _Atomic int64_t parked;
        _Atomic int64_t requests;
        _Atomic int64_t refused;
        _Atomic int64_t dropped;
    } figures;
};

/* The loop's clock: ms since the server was opened. */
int64_t http_server_now_ms(const struct http_server *server);
