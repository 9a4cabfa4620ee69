#pragma once
/*
 * courier.h: the process that makes every connection outwards. It has no database, no key of the
 * office and no file; libcurl is loaded into it alone (src/main/courier, a plugin).
 *
 * On its connection to the worker (SOCK_SEQPACKET, whole messages) it first shows the public half
 * of its TLS key and gets a certificate. Then every message is an order with two or three open
 * files; the result goes over the order's own socket, so orders need no numbers and the end of
 * the courier is noticed by everyone who waits.
 */
#include "base/call.h"
#include "front/cli/cli.h"
#include "front/tls/cert.h"

enum { COURIER_MAGIC = 0x50484b33, COURIER_DETAIL_BYTES = 200 };

struct courier_hello {
    uint32_t magic;
    uint32_t key_bytes;
    uint8_t key[CERT_KEY_BYTES_MAX]; /* DER */
};

struct courier_cert {
    uint32_t magic;
    uint32_t cert_bytes; /* 0: the keeper refused */
    uint8_t cert[CERT_BYTES_MAX];
};

/* Whom an order is for: an office, which proves its key; the office's own mail server; the gateway
 * for short texts. The last two prove their names as servers on the Internet do. */
enum courier_kind { COURIER_OFFICE, COURIER_MAIL, COURIER_GATEWAY };
enum courier_tls { COURIER_TLS_NONE, COURIER_TLS_START, COURIER_TLS_WHOLE };

/* The files that go with an order. */
enum { COURIER_RESULT_FD, COURIER_ANSWER_FD, COURIER_BODY_FD };

/* Texts end in a zero byte. */
struct courier_order {
    uint32_t magic;
    uint32_t kind;          /* enum courier_kind */
    uint32_t tls;           /* enum courier_tls, of mail */
    char method[8];         /* "GET" or "POST" */
    char address[264];      /* "host:port"; of a time stamp authority a URL */
    char path[504];         /* of the gateway: its whole address */
    char office[32];        /* id of who must answer; empty: a time stamp authority */
    char fingerprint[32];   /* in its place, of its key: an office that is not known yet */
    uint8_t public_key[32]; /* that office's */
    char user[128];         /* at the mail server; empty: it asks for none */
    char secret[256];       /* password there, token at the gateway */
    char from[264];         /* of mail */
    char to[264];
    int64_t body_bytes; /* of the body's file, from its start; -1: no body */
    int64_t answer_bytes_max;
    int64_t wait_ms;   /* for everything */
    int64_t silent_ms; /* how long the peer may say nothing; 0: the courier's own patience */
};

struct courier_result {
    uint32_t magic;
    int32_t status;                    /* of HTTP or SMTP; 0: no answer came */
    int64_t answer_bytes;              /* written to the answer's file */
    char detail[COURIER_DETAIL_BYTES]; /* why none came, for the log; zero-ended */
};

/* The plugin's only door: serves the connection until it is closed. */
#define COURIER_ENTRY "courier_serve"
typedef void courier_entry(const struct env *env, int conn_fd);

/* The hidden verb; descriptors as in main/supervise.h. Errors: ERR_IO "courier.load". */
enum err courier_run(struct call *c, const struct cli_args *args);
