#pragma once
/*
 * courier_client.h: the worker's door to the courier. Any number of questions may be under way, of
 * any threads, each with a socket of its own for its answer. When the courier ends, everyone who
 * waits hears of it and the next order goes to the next courier.
 */
#include "front/wire/wire.h"
#include "main/courier.h"
#include "main/keeper_client.h"

struct courier_client {
    pthread_mutex_t mutex;
    int link_fd;                  /* from the supervisor: connections come over it */
    int fd;                       /* the present connection; -1: none */
    struct keeper_client *keeper; /* vouches for the courier's TLS key */
};

/* Shapes: link_fd and keeper outlive the client. */
void courier_client_init(struct courier_client *client, int link_fd, struct keeper_client *keeper);

/* From now on every order fails at once: the office stops, and no courier comes any more. */
void courier_client_stop(struct courier_client *client);

/* wire_transport.begin and .end; `self` is the client. Errors: ERR_IO "courier.gone"; ERR_PEER
 * "courier.failed" (arg "detail") when no answer came. An answer of any status is OK. */
enum err courier_client_begin(void *self, struct call *c, const struct wire_request *rq,
                              struct wire_question *ret_question);
enum err courier_client_end(void *self, struct call *c, const struct wire_question *question,
                            struct wire_answer *ret_answer);

/* A letter for the office's mail server. */
struct courier_letter {
    struct str server; /* "host:port" */
    enum courier_tls tls;
    struct str user; /* empty: the server asks for none */
    struct str password;
    struct str from;
    struct str to;
    struct str message;
};

/* Hands a letter to the mail server. OK: the server has taken it. Errors: as courier_client_end;
 * then it may have been taken all the same. */
enum err courier_client_mail(struct courier_client *client, struct call *c,
                             const struct courier_letter *letter);
/* Posts JSON to the gateway; any answer but 2xx is ERR_PEER "courier.refused" (arg "status"). */
enum err courier_client_text(struct courier_client *client, struct call *c, struct str url,
                             struct str token, struct str json);
