#pragma once
/*
 * http.h: the HTTP/1.1 server as its handlers see it.
 *
 * One loop thread owns all sockets: it accepts, speaks TLS, parses, times out, spools bodies and
 * sends. A few call threads run handlers straight through; a handler may block (on the store),
 * because nothing but its own thread waits for it. A slow client never holds a call thread: the
 * request is complete before handle() runs, and the reply is sent after it has returned.
 *
 *     static void greet(void *arg, struct http_request *rq, struct http_reply *reply)
 *     {
 *         struct str name = http_query(rq, S("name"));
 *         http_reply_text(reply, 200, S("text/plain; charset=utf-8"),
 *                         str_format(rq->arena, "hello %.*s\n", STR_ARG(name)));
 *     }
 *
 *     static const struct http_handler GREETER = {.handle = greet};
 *
 *     struct http_server *server = NULL;
 *     e = http_server_open(c, &(struct http_config){.env = env, .threads = 4}, &server);
 *     e = http_server_listen(c, server, fd, NULL, &GREETER, NULL);
 *     http_server_run(server);    (until http_server_stop(server))
 *     http_server_close(server);
 *
 * What the server guarantees to a handler: the message was unambiguous (RFC 9112, see
 * http_parse.h); path and host are checked; the body is complete and within what plan() allowed.
 * What it does not do: routes, sessions, cross-site checks, compression. Those belong to the
 * fronts above.
 */
#include "base/call.h"
#include "front/http/http_parse.h"

struct http_server;
struct http_reply;
struct ssl_ctx_st; /* SSL_CTX of OpenSSL */

/* ---- requests ---- */

/* A request's body: in memory, or in an unnamed file when it is larger than
 * LIMIT_HTTP_MEMORY_BODY_BYTES. */
struct http_body {
    struct str bytes; /* the whole body, unless spooled */
    bool spooled;
    int fd;       /* when spooled: readable from offset 0; closed with the request */
    int64_t size; /* bytes, in both cases */
};

/* Everything lives until the reply is sent. */
struct http_request {
    struct arena *arena;
    struct str method; /* "GET", "PROPFIND": any token, as sent */
    struct str target; /* as sent */
    struct str path;  /* decoded once, UTF-8, no dot or empty segments; begins with '/' or is "*" */
    struct str query; /* raw; ask http_query() */
    struct str host;  /* with port if sent */
    const struct http_header *headers;
    size_t header_count;
    struct http_body body;
    struct str remote;    /* address of the client, without port */
    struct str peer_cert; /* DER of the client's verified TLS certificate; empty without one */
    bool secure;          /* came over TLS */
    bool keep_alive;      /* the connection may stay open afterwards */
    bool waited;          /* it has waited long enough: http_reply_park() is no answer any more */
    int minor;            /* HTTP/1.minor */
};

/* Returns the value of the first header of that name, in any case; empty when there is none. */
struct str http_header(const struct http_request *rq, struct str name);
/* Returns the decoded value of the first `name` in the query; empty when it is missing, its
 * escapes are broken or it is not UTF-8. */
struct str http_query(const struct http_request *rq, struct str name);
/* Returns the value of a cookie, as sent. The first one of that name wins. */
struct str http_cookie(const struct http_request *rq, struct str name);

/* ---- replies ---- */

/* Sets the status. A reply begins as 200 without a body; the last of text, file, chunk and stream
 * wins. Shapes: 200 to 599. */
void http_reply_status(struct http_reply *reply, int status);
/* Adds a header. Shapes: name is a token and none of Date, Content-Length, Connection,
 * Transfer-Encoding, which the server writes. A value that http_header_value() refuses turns the
 * whole reply into a 500: nothing half-safe is sent. */
void http_reply_header(struct http_reply *reply, struct str name, struct str value);
/* Replies with bytes in memory. Shapes: `body` stays valid until the reply is sent: it lies in the
 * request's arena or is constant. */
void http_reply_text(struct http_reply *reply, int status, struct str media, struct str body);
/* Replies with `size` bytes of a file from `offset`. Owns: the server closes fd. */
void http_reply_file(struct http_reply *reply, struct str media, int fd, int64_t offset,
                     int64_t size);
/* Appends to a reply of unknown length; sending begins at once while the handler goes on. The
 * bytes wait in an unnamed file, so a slow client does not hold the handler. Status and headers
 * must be set before the first piece. Returns false when the client is gone or the disk is full:
 * stop. */
bool http_reply_chunk(struct http_reply *reply, struct str bytes);
/* Turns the connection into a stream of server-sent events after the handler returns: it gets
 * what http_stream_publish() sends to one of the topics. Shapes: at most HTTP_TOPICS_MAX.
 * Source: WHATWG HTML 9.2. */
enum { HTTP_TOPICS_MAX = 12 };
void http_reply_stream(struct http_reply *reply, const struct str *topics, size_t count);
/* Lets the request wait without a thread until one of the topics is published or the time is over;
 * then the handler runs again from its start. It also runs once more at once, for something may
 * have come before the topics were listened to. A newer request with the same first topic ends the
 * wait of an older one. After the last run `waited` is true. Shapes: as http_reply_stream; in a
 * loopback the time is over at once. */
void http_reply_park(struct http_reply *reply, const struct str *topics, size_t count,
                     int64_t wait_ms);
/* A plain-text reply with the status's own words. */
void http_reply_error(struct http_reply *reply, int status);
/* "Not Found" for 404. Source: RFC 9110 15. */
struct str http_status_words(int status);

/* ---- handlers ---- */

struct http_handler {
    /* Says how many bytes of body the target takes; 0 means LIMIT_HTTP_BODY_BYTES. Runs on the
     * loop thread before the body is read: it must not block and must not touch the store. */
    int64_t (*plan)(void *arg, const struct http_request *rq);
    /* Answers a request, on a call thread. */
    void (*handle)(void *arg, struct http_request *rq, struct http_reply *reply);
    /* Dresses an error page of the server itself (malformed request, 413, 503). Runs on the loop
     * thread, must not block; rq is NULL when the head could not be read. NULL: plain text. */
    void (*error)(void *arg, const struct http_request *rq, int status, struct http_reply *reply);
};

/* ---- the server ---- */

/* Zero members mean the value of base/limits.h. Tests make them small. */
struct http_limits {
    size_t connections;
    size_t connections_address; /* per IPv4 address or IPv6 /64 */
    size_t streams_address;
    size_t parked; /* requests that wait for a topic, then 503 */
    size_t queue;    /* complete requests waiting for a call thread, then 503 */
    int64_t head_ms; /* also for a TLS handshake */
    int64_t idle_ms;
    int64_t stall_ms;    /* grace before the least rate counts, in both directions */
    int64_t bytes_s;     /* the least rate of a body and of a reader */
    int64_t beat_ms;     /* comment line on a silent event stream */
    int64_t drain_ms;    /* for requests under way when the server stops */
    size_t stream_bytes; /* unsent events of one reader, then it is dropped */
    int64_t spool_bytes; /* of all bodies in files at one time, then 503 */
};

struct http_config {
    const struct env *env;
    size_t threads;        /* call threads; 0 means 4 */
    const char *spool_dir; /* for large bodies; NULL means the system's folder */
    struct http_limits limits;
};

/* Opens a server without listeners. Errors: ERR_IO "http.open". Owns: the caller closes it. */
enum err http_server_open(struct call *c, const struct http_config *config,
                          struct http_server **ret_server);
/* Serves a bound and listening socket. All listeners share the loop thread and the call threads.
 * Shapes: before http_server_run(); tls NULL means plain; whether clients need a certificate is
 * set in tls. Owns: the server closes fd; tls, handler and arg stay with the caller and outlive
 * the server. Errors: ERR_IO "http.open". */
enum err http_server_listen(struct call *c, struct http_server *server, int fd,
                            struct ssl_ctx_st *tls, const struct http_handler *handler, void *arg);
/* Runs the loop on this thread until http_server_stop(); requests under way are answered. */
void http_server_run(struct http_server *server);
/* Asks the loop to end. From any thread, or from a signal handler. */
void http_server_stop(struct http_server *server);
/* Frees everything. Only after http_server_run() has returned, or when it never ran. */
void http_server_close(struct http_server *server);

/* Sends one event to all streams of a topic, and runs the handlers of all requests parked on it,
 * from any thread, without waiting. Shapes: `data` is
 * UTF-8 text; it may have several lines. The topic "*" reaches every stream. When readers are too
 * many or too slow, events are dropped together with their streams, and the browser connects
 * again. */
void http_stream_publish(struct http_server *server, struct str topic, struct str data);

/* Figures for the status page; from any thread. */
struct http_figures {
    int64_t connections; /* open now */
    int64_t streams;     /* open now */
    int64_t parked;      /* requests that wait for a topic */
    int64_t requests;    /* answered since the start */
    int64_t refused;     /* of them refused by the server itself */
    int64_t dropped;     /* connections closed for slowness or limits */
};
struct http_figures http_server_figures(struct http_server *server);
