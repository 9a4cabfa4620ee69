#pragma once
/*
 * config.h: DIR/office.ini, what the administrator of the host may change. Written once by `init`,
 * read by the supervisor and the keeper; everything else about an office is a record.
 */
#include "base/call.h"

struct config {
    struct str id;           /* [office] id: must agree with the office's own record */
    struct str address;      /* [web] address: of the browser port */
    int64_t port;            /* [web] port */
    struct str wire_address; /* [wire] address: of the door for other offices */
    int64_t wire_port;       /* [wire] port */
    int64_t threads;         /* [worker] threads; 0 means the server's own choice */
};

/* Reads office.ini of the present folder. Unknown names are refused: a slip of the pen must not
 * pass for a setting. Errors: ERR_NOT_FOUND "config.missing"; ERR_SYNTAX "config.line" (arg
 * "line"). */
enum err config_read(struct call *c, struct config *ret_config);
/* Writes it anew, whole or not at all. Errors: ERR_IO "config.write". */
enum err config_write(struct call *c, const struct config *config);
