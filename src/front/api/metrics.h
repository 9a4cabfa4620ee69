#pragma once
/*
 * metrics.h: numbers for Prometheus at GET /metrics of the browsers' port, for who shows the token
 * "Authorization: Bearer TOKEN". The token is the office's own and opens nothing else; the host's
 * administrator gets it from `phoihop metrics DIR --token`. The numbers are exchange/report.h's.
 */
#include "front/web/web.h"

/* The token; the same in every process, in no file. Owns: the call's arena. */
struct str metrics_token(struct call *c);
/* Answers GET /metrics: 401 without the token, 405 for another method. */
void metrics_handle(struct web *web, struct http_request *rq, struct http_reply *reply);
