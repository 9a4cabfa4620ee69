#pragma once
/*
 * host_join.h: the part of host.h about offices that are not known yet, and questions to those
 * that are:
 *
 *     POST /host/invite       {"login", "name", "days"}: a code, shown once (core/invite.h)
 *     GET  /host/invitations  who was invited, and what was entered by it
 *     POST /host/join         {"code", "address", "own"}: is entered there; the card for here
 *     POST /host/ask          {"office", "method", "path", "body"}: asks a peer as this office;
 *                             body is hexadecimal, as that of the answer {"status", "body"}
 */
#include "front/web/web.h"

/* One of these questions. Errors: ERR_NOT_FOUND "web.page" for another one; ERR_BUSY
 * "join.stopped" where nobody makes connections; those of the header that it leads to. */
enum err host_join_run(struct call *c, const struct web *web, const struct http_request *rq,
                       struct node *ret_answer);
