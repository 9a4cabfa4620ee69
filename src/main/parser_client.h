#pragma once
/*
 * parser_client.h: the worker's door to the parser process. Any number of threads may ask at once;
 * the parser works on LIMIT_PARSE_JOBS and the others wait for their turn. When the parser ends,
 * everyone who waits hears of it, and the next order goes to the next one.
 */
#include "core/parse.h"

#include <pthread.h>

struct parser_client {
    pthread_mutex_t mutex;
    int link_fd; /* from the supervisor: connections come over it */
    int fd;      /* the present connection; -1: none */
};

/* Shapes: link_fd outlives the client. */
void parser_client_init(struct parser_client *client, int link_fd);

/* From now on every order fails at once: the office stops, and no parser comes any more. */
void parser_client_stop(struct parser_client *client);

/* parse_door.read; `self` is the client. */
enum err parser_client_read(void *self, struct call *c, const struct parse_order *order,
                            struct parse *ret_parse);
