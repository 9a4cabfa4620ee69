#include "front/cli/host_join.h"

#include "base/limits.h"
#include "core/invite.h"
#include "front/wire/wire_join.h"

enum { ASK_BODY_MAX = 64 * 1024, ASK_WAIT_MS = 20 * 1000 };

#define ORDER_TEXT(owner, word, limit, must)                                                       \
    {                                                                                              \
        .name = #word, .type = FIELD_TEXT, .offset = offsetof(struct owner, word), .max = limit,   \
        .required = must                                                                           \
    }

static const struct field INVITE_FIELDS[] = {
    ORDER_TEXT(invite_order, login, LIMIT_LOGIN_BYTES, true),
    ORDER_TEXT(invite_order, name, LIMIT_NAME_BYTES, true),
    {.name = "days",
     .type = FIELD_INT,
     .offset = offsetof(struct invite_order, days),
     .max = LIMIT_INVITE_DAYS,
     .required = true},
};
static const struct field_table INVITE_TABLE =
    FIELD_TABLE("host.invite", struct invite_order, INVITE_FIELDS);

static enum err invite(struct call *c, struct str body, struct node *ret_answer)
{
    struct invite_order order = {};
    struct str code = {};
    enum err e = fields_read(c, &INVITE_TABLE, body, UNKNOWN_REFUSE, &order);
    if (e == OK && order.days < 1) e = fail(c, ERR_INVALID, "invite.days");
    if (e == OK) e = invite_make(c, &order, &code);
    if (e == OK) node_text(c, ret_answer, "code", code);
    return e;
}

static enum err invitations_read(struct call *c, void *arg)
{
    return invite_list(c, arg);
}

static const struct field JOIN_FIELDS[] = {
    ORDER_TEXT(wire_joining, code, 80, true),
    ORDER_TEXT(wire_joining, address, 255, true),
    ORDER_TEXT(wire_joining, own, 255, false),
};
static const struct field_table JOIN_TABLE =
    FIELD_TABLE("host.join", struct wire_joining, JOIN_FIELDS);

static enum err join(struct call *c, const struct web *web, struct str body,
                     struct node *ret_answer)
{
    struct wire_joining joining = {};
    struct org_peer peer = {};
    enum err e = fields_read(c, &JOIN_TABLE, body, UNKNOWN_REFUSE, &joining);
    if (e == OK) e = wire_join(c, web->transport, &joining, &peer);
    if (e != OK) return e;
    node_text(c, ret_answer, "office", peer.office);
    node_text(c, ret_answer, "code", peer.code);
    node_text(c, ret_answer, "name", peer.name);
    node_text(c, ret_answer, "public_key", peer.key.public_key);
    if (peer.key.next.len > 0) node_text(c, ret_answer, "next_key", peer.key.next);
    if (peer.key.n > 0) node_int(c, ret_answer, "key_n", peer.key.n);
    node_text(c, ret_answer, "address", peer.address);
    return OK;
}

struct ask_order {
    struct str office;
    struct str method;
    struct str path;
    struct str body; /* hex */
};
static const struct field ASK_FIELDS[] = {
    {.name = "office",
     .type = FIELD_OFFICE,
     .offset = offsetof(struct ask_order, office),
     .required = true},
    ORDER_TEXT(ask_order, method, 7, true),
    ORDER_TEXT(ask_order, path, 500, true),
    ORDER_TEXT(ask_order, body, 2 * ASK_BODY_MAX, false),
};
static const struct field_table ASK_TABLE = FIELD_TABLE("host.ask", struct ask_order, ASK_FIELDS);

static enum err ask(struct call *c, const struct web *web, struct str body,
                    struct node *ret_answer)
{
    struct ask_order order = {};
    struct peer peer = {};
    struct wire_answer answer = {};
    enum err e = fields_read(c, &ASK_TABLE, body, UNKNOWN_REFUSE, &order);
    if (e == OK) e = peer_look(c, order.office, &peer);
    if (e != OK) return e;
    uint8_t *bytes = arena_alloc(c->arena, order.body.len / 2 + 1);
    bool fits = str_starts(order.path, S("/")) && hex_decode(order.body, bytes, order.body.len / 2);
    if (!fits) return fail(c, ERR_INVALID, "join.ask");
    const struct wire_request rq = {
        .address = peer.address,
        .office = peer.office,
        .public_key = peer.public_key,
        .method = order.method,
        .path = order.path,
        .body = {(const char *)bytes, order.body.len / 2},
        .answer_bytes_max = ASK_BODY_MAX,
        .wait_ms = ASK_WAIT_MS,
    };
    e = wire_ask_once(c, web->transport, &rq, &answer);
    if (e != OK) return e;
    node_int(c, ret_answer, "status", answer.status);
    node_text(c, ret_answer, "body", hex_encode(c->arena, answer.body));
    return OK;
}

enum err host_join_run(struct call *c, const struct web *web, const struct http_request *rq,
                       struct node *ret_answer)
{
    struct str path = rq->path;
    bool get = str_eq(rq->method, S("GET"));
    bool post = str_eq(rq->method, S("POST"));
    bool goes_out = str_eq(path, S("/host/join")) || str_eq(path, S("/host/ask"));
    if (str_eq(path, S("/host/invitations")) && get) {
        return store_read(c, invitations_read, node_put_list(c, ret_answer, "invitations"));
    }
    if (str_eq(path, S("/host/invite")) && post) return invite(c, rq->body.bytes, ret_answer);
    if (!goes_out || !post) return fail(c, ERR_NOT_FOUND, "web.page");
    if (web->transport == NULL) return fail(c, ERR_BUSY, "join.stopped");
    bool joins = str_eq(path, S("/host/join"));
    return joins ? join(c, web, rq->body.bytes, ret_answer)
                 : ask(c, web, rq->body.bytes, ret_answer);
}
