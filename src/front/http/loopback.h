#pragma once
/*
 * loopback.h: a handler without a server. Request bytes go in, reply bytes come out, on the same
 * thread, through the same parser and the same reply writer; for page tests with golden files, and
 * for the command line of a stopped office.
 */
#include "front/http/http.h"

/* Runs one request. A malformed one gets the server's own error reply. Shapes: `request` is a head
 * and its body; what follows is ignored. A reply of unknown length comes with its chunk frames, an
 * event stream as its head only. Owns: everything returned lives in `arena`, and so do the files
 * the handler gave. The Date header is env's clock. */
struct str http_loopback(struct arena *arena, const struct env *env,
                         const struct http_handler *handler, void *arg, struct str request);

/* The body of such a reply: what stands behind the empty line. */
struct str http_loopback_body(struct str reply);

/* A plain request for a test: "GET /x" and a body that may be empty, with Host and
 * Content-Length. Shapes: `headers` are whole lines with CRLF, or empty. */
struct str http_loopback_request(struct arena *arena, struct str method_and_target,
                                 struct str headers, struct str body);
