#pragma once
/*
 * http_peer.h: a server on a free loopback port for one test, and a blocking client for it. Every
 * wait ends after HTTP_PEER_WAIT_S, so that a broken server fails the test instead of hanging it.
 */
#include <pthread.h>

#include "front/http/http.h"

enum { HTTP_PEER_WAIT_S = 10 };

struct http_peer {
    struct call c;
    struct http_server *server;
    pthread_t thread;
    int port;
    bool running;
};

/* Opens and runs a server with one listener. Owns: the test ends it with http_peer_stop(). */
void http_peer_start(struct http_peer *peer, const struct http_config *config,
                     struct ssl_ctx_st *tls, const struct http_handler *handler, void *arg);
/* Stops the loop, waits for its end and frees the server. */
void http_peer_stop(struct http_peer *peer);

/* Returns a connected socket. Owns: the test closes it. */
int http_peer_connect(const struct http_peer *peer);
void http_peer_send(int fd, struct str bytes);
/* Reads one reply with Content-Length, exactly to its end. */
struct str http_peer_reply(struct arena *arena, int fd);
/* Reads until the text has come; returns everything read. */
struct str http_peer_until(struct arena *arena, int fd, struct str text);
/* Reads until the server closes; a time-out gives "(time-out)" at the end. */
struct str http_peer_rest(struct arena *arena, int fd);
/* Connects, sends, reads to the end, closes. */
struct str http_peer_ask(struct arena *arena, const struct http_peer *peer, struct str request);
