#pragma once
/*
 * config.h: DIR/office.ini, what the administrator of the host may change. Written by `init`, and
 * by `serve` when it is told of another store; read by the office's processes and by the command
 * line while the office is stopped. Everything else about an office is a record.
 */
#include "base/call.h"

struct config {
    struct str id;                 /* [office] id: must agree with the office's own record */
    struct str address;            /* [web] address: of the browser port */
    int64_t port;                  /* [web] port */
    struct str wire_address;       /* [wire] address: of the door for other offices */
    int64_t wire_port;             /* [wire] port */
    int64_t threads;               /* [worker] threads; 0 means the server's own choice */
    struct str store;              /* [store] url: postgres://...; empty: SQLite, office.db */
    struct str stamp_url;          /* [timestamp] url: of a time stamp authority; empty: none */
    struct str stamp_certs;        /* [timestamp] certificates: PEM of those who vouch for it */
    struct str mail_server;        /* [mail] server: "host:port"; empty: no mail leaves */
    struct str mail_tls;           /* [mail] tls: "start" (usual), "whole" or "none" */
    struct str mail_from;          /* [mail] from: address in From */
    struct str mail_reply;         /* [mail] reply: address in Reply-To; empty: none */
    struct str mail_user;          /* [mail] user: login at the server; empty: it asks for none */
    struct str mail_password_file; /* [mail] password_file: its first line is the password */
    struct str gateway_url; /* [gateway] url: where short texts are posted; empty: none leaves */
    struct str gateway_token_file; /* [gateway] token_file: its first line is the bearer token */
    struct str pages; /* [web] pages: "https://...", what links in letters begin with */
    struct str blobs; /* [store] blobs: folder of blobs/ and tmp/; empty: the office's own */
};

/* Reads office.ini of the present folder. Unknown names are refused: a slip of the pen must not
 * pass for a setting. Errors: ERR_NOT_FOUND "config.missing"; ERR_SYNTAX "config.line" (arg
 * "line"). */
enum err config_read(struct call *c, struct config *ret_config);
/* Says whether a text may stand as [store] url. Errors: ERR_SYNTAX "config.store", also for an
 * address that a line of the file cannot hold; ERR_DENIED "config.password": what stands on a
 * command line is everybody's to see, so the password comes from the file that `passfile=` or
 * PGPASSFILE names. */
enum err config_store_check(struct call *c, struct str url);
/* The store_config.path of an address; "office.db" for an empty one. */
const char *config_store_path(struct call *c, struct str url);
/* Writes it anew, whole or not at all; or into another file. Errors: ERR_IO "config.write". */
enum err config_write(struct call *c, const struct config *config);
enum err config_write_to(struct call *c, const struct config *config, const char *path);
