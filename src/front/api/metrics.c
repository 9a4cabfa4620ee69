#include "front/api/metrics.h"

#include "core/act.h"
#include "core/office.h"
#include "core/version.h"
#include "exchange/report.h"

#include <sodium.h>

static const struct str MEDIA = {"text/plain; version=0.0.4; charset=utf-8", 40};
static const struct str JSON_MEDIA = {"application/json", 16};

struct str metrics_token(struct call *c)
{
    /* hashed once more: with the bare mark somebody could make what passes for a pass of a browser
     */
    return version_hash(c, pass_mark(c->arena, c->office, S("metrics")));
}

static bool is_shown(struct call *c, const struct http_request *rq)
{
    struct str scheme = {};
    struct str token = {};
    struct str own = metrics_token(c);
    bool bearer = str_cut(http_header(rq, S("Authorization")), ' ', &scheme, &token) &&
                  http_name_eq(scheme, S("Bearer"));
    token = str_trim(token);
    return bearer && token.len == own.len && sodium_memcmp(token.ptr, own.ptr, own.len) == 0;
}

static enum err metrics_answer(struct call *c, const struct http_request *rq,
                               struct http_reply *reply)
{
    struct str text = {};
    if (!is_shown(c, rq)) return fail(c, ERR_LOGIN, "login");
    enum err e = report_metrics(c, &text);
    if (e == OK) http_reply_text(reply, 200, MEDIA, str_copy(rq->arena, text));
    return e;
}

void metrics_handle(struct web *web, struct http_request *rq, struct http_reply *reply)
{
    if (!str_eq(rq->method, S("GET"))) {
        http_reply_header(reply, S("Allow"), S("GET"));
        http_reply_error(reply, 405);
        return;
    }
    struct call c = call_begin(web->env, web->store, web->office);
    http_reply_header(reply, S("Cache-Control"), S("no-store"));
    http_reply_header(reply, S("X-Content-Type-Options"), S("nosniff"));
    enum err e = metrics_answer(&c, rq, reply);
    if (e == ERR_LOGIN) http_reply_header(reply, S("WWW-Authenticate"), S("Bearer"));
    if (e != OK) {
        struct str body = str_copy(rq->arena, failure_json(&c));
        http_reply_text(reply, err_info(e)->http_status, JSON_MEDIA, body);
    }
    call_end(&c);
}
