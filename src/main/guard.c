#include "main/guard.h"

#include "core/act.h"

#include <sodium.h>

static void hash_text(crypto_hash_sha256_state *state, struct str text)
{
    uint64_t len = text.len;
    crypto_hash_sha256_update(state, (const uint8_t *)&len, sizeof len);
    crypto_hash_sha256_update(state, (const uint8_t *)text.ptr, text.len);
}

/* What makes two requests the same input: what is asked, by whom, with which body. */
static void request_hash(const struct http_request *rq, uint8_t ret_hash[32])
{
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    hash_text(&state, rq->method);
    hash_text(&state, rq->target);
    hash_text(&state, http_header(rq, S("Cookie")));
    hash_text(&state, http_header(rq, S("Authorization")));
    hash_text(&state, http_header(rq, S("Phoihop-As")));
    hash_text(&state, rq->peer_cert);
    hash_text(&state, rq->body.bytes);
    hash_text(&state, (struct str){(const char *)&rq->body.size, sizeof rq->body.size});
    (void)crypto_hash_sha256_final(&state, ret_hash);
}

static void refuse(const struct guard *guard, struct http_request *rq, struct http_reply *reply)
{
    struct call c = call_begin(guard->env, NULL, NULL);
    if (str_starts(http_header(rq, S("Accept-Language")), S("en"))) c.lang = LANG_EN;
    enum err e = fail(&c, ERR_CORRUPT, "worker.aside");
    struct str json = str_copy(rq->arena, failure_json(&c));
    http_reply_text(reply, err_info(e)->http_status, S("application/json"), json);
    call_end(&c);
}

static void guard_handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    struct guard *guard = arg;
    uint8_t hash[32];
    request_hash(rq, hash);
    if (slots_is_aside(guard->slots, hash)) {
        refuse(guard, rq, reply);
        return;
    }
    struct slot *slot = slots_enter(guard->slots, hash);
    guard->inner->handle(guard->arg, rq, reply);
    slots_leave(slot);
}

static int64_t guard_plan(void *arg, const struct http_request *rq)
{
    const struct guard *guard = arg;
    return guard->inner->plan == NULL ? 0 : guard->inner->plan(guard->arg, rq);
}

static void guard_error(void *arg, const struct http_request *rq, int status,
                        struct http_reply *reply)
{
    const struct guard *guard = arg;
    if (guard->inner->error != NULL) {
        guard->inner->error(guard->arg, rq, status, reply);
    } else {
        http_reply_error(reply, status);
    }
}

const struct http_handler guard_handler = {
    .plan = guard_plan, .handle = guard_handle, .error = guard_error};
