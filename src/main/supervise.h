#pragma once
/*
 * supervise.h: the process that an administrator starts. It opens the sockets, gives up root,
 * starts keeper, courier, parser and worker, and each again when it ends, later and later when it
 * keeps ending. It reads nothing that comes from outside.
 *
 *                     link: connections of new keepers
 *     supervisor  ------------------------------------->  worker  <----->  keeper
 *                 ------------------------------------->          <----->  courier
 *                     link: connections of new couriers
 *                 ------------------------------------->          <----->  parser
 *                     link: connections of new parsers
 *
 * When the worker ends, the others end with it, because their connections close.
 */
#include "front/cli/cli.h"

/* Descriptors of the processes. */
enum { KEEPER_CONN_FD = 3 };
enum { COURIER_CONN_FD = 3, COURIER_LIB_FD = 4 };
enum { PARSER_CONN_FD = 3, PARSER_LIB_FD = 4 };
enum {
    WORKER_KEEPER_FD = 3, /* link to the keepers; the worker also says here that it is ready */
    WORKER_COURIER_FD,    /* link to the couriers */
    WORKER_PARSER_FD,     /* link to the parsers */
    WORKER_WEB_FD,        /* listening */
    WORKER_WIRE_FD,
    WORKER_CONTROL_FD,
    WORKER_SLOTS_FD, /* main/slots.h */
    WORKER_LOCK_FD,  /* held open, so that no second worker starts beside it */
    WORKER_LIB_FD,   /* folder of the plugins */
    WORKER_FD_END,
};

/* serve DIR [--store URL] [--ready-fd N] [--leash-fd N] [--lib-fd N]. A store that is named is kept
 * in office.ini once the office has answered from it. Ends by SIGTERM or SIGINT, or when the other
 * end of the leash is closed: then nobody is left who started it. Errors: ERR_CONFLICT
 * "serve.running"; ERR_IO "serve.start" when the first start fails; those of config_read,
 * config_store_check, listen_tcp and cli_drop. */
enum err supervise_run(struct call *c, const struct cli_args *args);
