#pragma once
/*
 * api.h: the office for programs: the same acts and views as the pages, as JSON over HTTP.
 *
 *     GET  /api/acts              every act with its fields
 *     POST /api/act/NAME          JSON object in, {"record", "n"} out; Idempotency-Key: a text that
 *                                 makes a repeated call return the first result
 *     GET  /api/view/NAME?arg=v   {"name", "kind", "title", "data"}
 *     POST /api/file              bytes in, {"root", "size"} out, to be named in an act's files
 *
 * The caller shows a token: "Authorization: Bearer TOKEN". Failures are
 * {"error", "reason", "text", "fields"} with the status of their kind.
 *
 * The office's control socket speaks the same: whoever may open it is the host's administrator and
 * acts as the login in the header Phoihop-As.
 */
#include "front/web/web.h"

/* Answers a request below /api/. */
void api_handle(struct web *web, struct http_request *rq, struct http_reply *reply);

extern const struct http_handler control_handler; /* arg: struct web * */
