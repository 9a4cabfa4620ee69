#include "front/cli/host.h"

#include "base/json.h"
#include "core/act.h"
#include "core/check.h"
#include "base/limits.h"
#include "core/closed.h"
#include "core/directory.h"
#include "exchange/log.h"
#include "exchange/log_check.h"
#include "core/office.h"
#include "exchange/evidence.h"
#include "exchange/exchange.h"
#include "exchange/report.h"
#include "exchange/restore.h"
#include "exchange/repair.h"
#include "front/api/api.h"
#include "front/api/metrics.h"
#include "front/cli/host_join.h"
#include "store/store.h"

struct host_route {
    const char *method;
    const char *path;
    enum err (*run)(struct call *c, struct str body, struct node *ret_answer);
};

static void put_office(struct call *c, struct node *map, const struct peer *peer)
{
    node_text(c, map, "office", peer->office);
    node_text(c, map, "code", peer->code);
    node_text(c, map, "name", peer->name);
    node_text(c, map, "public_key", hex_encode(c->arena, peer->public_key));
    if (peer->next_key.len > 0) node_text(c, map, "next_key", peer->next_key);
    if (peer->key_n > 0) node_int(c, map, "key_n", peer->key_n);
}

static struct peer self_as_peer(const struct office *office)
{
    return (struct peer){.office = office->id,
                         .code = office->code,
                         .name = office->name,
                         .public_key = office->public_key,
                         .key_n = office->key_n,
                         .next_key = office->next_key};
}

struct chain_order {
    struct str office;
    struct str chain;
};

static enum err chain_read(struct call *c, void *arg)
{
    struct chain_order *order = arg;
    return directory_chain(c, order->office, &order->chain);
}

/* A card with the statements that led to its key: who has an older card of the office, or objects
 * that an older key signed, needs them. */
static enum err put_card(struct call *c, struct node *map, const struct peer *peer)
{
    struct chain_order order = {.office = peer->office};
    put_office(c, map, peer);
    enum err e = store_read(c, chain_read, &order);
    if (e == OK && order.chain.len > 0) {
        node_text(c, map, "chain", hex_encode(c->arena, order.chain));
    }
    return e;
}

static enum err host_office(struct call *c, struct str body, struct node *ret_answer)
{
    (void)body;
    struct peer self = self_as_peer(c->office);
    node_text(c, ret_answer, "key", c->office->key);
    return put_card(c, ret_answer, &self);
}

static enum err offices_read(struct call *c, void *arg)
{
    struct node *list = arg;
    struct peer *peers = NULL;
    size_t count = 0;
    struct peer self = self_as_peer(c->office);
    put_office(c, node_add_map(c, list), &self);
    enum err e = peer_list(c, &peers, &count);
    for (size_t i = 0; e == OK && i < count; i++)
        put_office(c, node_add_map(c, list), &peers[i]);
    return e;
}

static enum err host_offices(struct call *c, struct str body, struct node *ret_answer)
{
    (void)body;
    return store_read(c, offices_read, node_put_list(c, ret_answer, "offices"));
}

struct directory_order {
    struct str office; /* directory_find */
    struct node *list;
};
static const struct field DIRECTORY_FIELDS[] = {
    {.name = "office",
     .type = FIELD_TEXT,
     .offset = offsetof(struct directory_order, office),
     .max = LIMIT_NAME_BYTES,
     .required = true},
};
static const struct field_table DIRECTORY_TABLE =
    FIELD_TABLE("host.directory", struct directory_order, DIRECTORY_FIELDS);

static enum err directory_read(struct call *c, void *arg)
{
    const struct directory_order *order = arg;
    struct str office = {};
    enum err e = directory_find(c, order->office, &office);
    return e != OK ? e : directory_history(c, office, order->list);
}

static enum err host_directory(struct call *c, struct str body, struct node *ret_answer)
{
    struct directory_order order = {};
    enum err e = fields_read(c, &DIRECTORY_TABLE, body, UNKNOWN_REFUSE, &order);
    if (e != OK) return e;
    order.list = node_put_list(c, ret_answer, "history");
    return store_read(c, directory_read, &order);
}

static enum err people_read(struct call *c, void *arg)
{
    return person_list(c, ROLE_ANY, arg);
}

static enum err host_people(struct call *c, struct str body, struct node *ret_answer)
{
    (void)body;
    return store_read(c, people_read, node_put_list(c, ret_answer, "people"));
}

struct token_order {
    struct str login;
    struct str label;
};
static const struct field TOKEN_FIELDS[] = {
    {.name = "login",
     .type = FIELD_TEXT,
     .offset = offsetof(struct token_order, login),
     .max = 64,
     .required = true},
    {.name = "label",
     .type = FIELD_TEXT,
     .offset = offsetof(struct token_order, label),
     .max = 100,
     .required = true},
};
static const struct field_table TOKEN_TABLE =
    FIELD_TABLE("host.token", struct token_order, TOKEN_FIELDS);

static enum err host_token(struct call *c, struct str body, struct node *ret_answer)
{
    struct token_order order = {};
    struct str token = {};
    enum err e = fields_read(c, &TOKEN_TABLE, body, UNKNOWN_REFUSE, &order);
    if (e == OK) e = token_add(c, order.login, order.label, &token);
    if (e == OK) node_text(c, ret_answer, "token", token);
    return e;
}

static enum err host_check(struct call *c, struct str body, struct node *ret_answer)
{
    (void)body;
    enum err e = check_office(c, log_check, ret_answer);
    return e == OK ? repair_found(c, ret_answer) : e;
}

static enum err closed_read(struct call *c, void *arg)
{
    return closed_look(c, arg);
}

/* An administrator of the host says go on: exchange/restore.h. */
static enum err host_resume(struct call *c, struct str body, struct node *ret_answer)
{
    (void)body;
    enum closed why = CLOSED_NOT;
    enum err e = store_read(c, closed_read, &why);
    if (e == OK) e = restore_go_on(c);
    if (e == OK) node_text(c, ret_answer, "was", str_of(closed_word(why)));
    return e;
}

static enum err host_exchange(struct call *c, struct str body, struct node *ret_answer)
{
    (void)body;
    struct node *list = NULL;
    struct node *log = node_map(c);
    enum closed why = CLOSED_NOT;
    enum err e = exchange_status(c, &list);
    if (e == OK) e = log_debt(c, log);
    if (e == OK) e = store_read(c, closed_read, &why);
    if (e != OK) return e;
    node_text(c, ret_answer, "closed", str_of(closed_word(why)));
    node_put(ret_answer, "peers", list);
    node_put(ret_answer, "log", log);
    return OK;
}

static enum err host_status(struct call *c, struct str body, struct node *ret_answer)
{
    (void)body;
    return report_status(c, ret_answer);
}

struct track_order {
    struct str number;
};
static const struct field TRACK_FIELDS[] = {
    {.name = "number",
     .type = FIELD_TEXT,
     .offset = offsetof(struct track_order, number),
     .max = 80,
     .required = true},
};
static const struct field_table TRACK_TABLE =
    FIELD_TABLE("host.track", struct track_order, TRACK_FIELDS);

static enum err host_track(struct call *c, struct str body, struct node *ret_answer)
{
    struct track_order order = {};
    enum err e = fields_read(c, &TRACK_TABLE, body, UNKNOWN_REFUSE, &order);
    return e == OK ? report_track(c, order.number, ret_answer) : e;
}

static enum err host_metrics(struct call *c, struct str body, struct node *ret_answer)
{
    struct str text = {};
    (void)body;
    enum err e = report_metrics(c, &text);
    if (e != OK) return e;
    node_text(c, ret_answer, "text", text);
    node_text(c, ret_answer, "token", metrics_token(c));
    return OK;
}

struct evidence_order {
    struct str record;
};
static const struct field EVIDENCE_FIELDS[] = {
    {.name = "record",
     .type = FIELD_RECORD,
     .offset = offsetof(struct evidence_order, record),
     .required = true},
};
static const struct field_table EVIDENCE_TABLE =
    FIELD_TABLE("host.evidence", struct evidence_order, EVIDENCE_FIELDS);

/* Those who signed something, for whoever verifies it. */
static enum err signers_put(struct call *c, const struct evidence *evidence, struct node *list)
{
    for (size_t i = 0; i < evidence->office_count; i++) {
        struct peer peer = self_as_peer(c->office);
        enum err e = OK;
        if (!str_eq(evidence->offices[i], c->office->id)) {
            e = peer_look(c, evidence->offices[i], &peer);
        }
        if (e == OK) e = put_card(c, node_add_map(c, list), &peer);
        if (e != OK) return e;
    }
    return OK;
}

static enum err host_evidence(struct call *c, struct str body, struct node *ret_answer)
{
    struct evidence_order order = {};
    struct evidence evidence = {};
    enum err e = fields_read(c, &EVIDENCE_TABLE, body, UNKNOWN_REFUSE, &order);
    if (e == OK) e = evidence_collect(c, order.record, &evidence);
    if (e != OK) return e;
    node_text(c, ret_answer, "objects", evidence.objects);
    struct node *files = node_put_list(c, ret_answer, "files");
    for (size_t i = 0; i < evidence.file_count; i++) {
        struct node *file = node_add_map(c, files);
        node_text(c, file, "root", evidence.files[i].root);
        node_text(c, file, "name", evidence.files[i].name);
    }
    return signers_put(c, &evidence, node_put_list(c, ret_answer, "offices"));
}

struct seal_order {
    struct str digest; /* hex SHA-256 */
};
static const struct field SEAL_FIELDS[] = {
    {.name = "digest",
     .type = FIELD_TEXT,
     .offset = offsetof(struct seal_order, digest),
     .max = 64,
     .required = true},
};
static const struct field_table SEAL_TABLE =
    FIELD_TABLE("host.seal", struct seal_order, SEAL_FIELDS);

static enum err host_seal(struct call *c, struct str body, struct node *ret_answer)
{
    struct seal_order order = {};
    uint8_t digest[32];
    struct str der = {};
    enum err e = fields_read(c, &SEAL_TABLE, body, UNKNOWN_REFUSE, &order);
    if (e != OK) return e;
    if (!hex_decode(order.digest, digest, sizeof digest))
        return fail(c, ERR_INVALID, "host.digest");
    const struct signer *signer = &c->office->signer;
    e = signer->seal(signer->self, c, digest, &der);
    if (e == OK) node_text(c, ret_answer, "seal", hex_encode(c->arena, der));
    return e;
}

static const struct host_route ROUTES[] = {
    {"GET", "/host/office", host_office}, {"GET", "/host/offices", host_offices},
    {"GET", "/host/people", host_people}, {"POST", "/host/token", host_token},
    {"GET", "/host/check", host_check},   {"GET", "/host/exchange", host_exchange},
    {"GET", "/host/status", host_status}, {"POST", "/host/track", host_track},
    {"GET", "/host/metrics", host_metrics}, {"POST", "/host/resume", host_resume},
    {"POST", "/host/directory", host_directory},
    {"POST", "/host/seal", host_seal},    {"POST", "/host/evidence", host_evidence},
};

static enum err route_run(struct call *c, const struct web *web, const struct http_request *rq,
                          struct node *ret_answer)
{
    for (size_t i = 0; i < ARRAY_LEN(ROUTES); i++) {
        if (!str_eq(rq->path, str_of(ROUTES[i].path))) continue;
        if (!str_eq(rq->method, str_of(ROUTES[i].method))) continue;
        return ROUTES[i].run(c, rq->body.bytes, ret_answer);
    }
    return host_join_run(c, web, rq, ret_answer);
}

static void host_answer(struct web *web, struct http_request *rq, struct http_reply *reply)
{
    struct call c = call_begin(web->env, web->store, web->office);
    if (str_starts(http_header(rq, S("Accept-Language")), S("en"))) c.lang = LANG_EN;
    struct node *answer = node_map(&c);
    enum err e = route_run(&c, web, rq, answer);
    struct sb sb = sb_new(rq->arena, 0);
    if (e == OK) {
        node_json(&sb, answer);
    } else {
        sb_put(&sb, failure_json(&c));
    }
    int status = e == OK ? 200 : err_info(e)->http_status;
    http_reply_text(reply, status, S("application/json"), sb_str(&sb));
    call_end(&c);
}

static void host_handle(void *arg, struct http_request *rq, struct http_reply *reply)
{
    static const struct str TOPICS[] = {S("any")};
    if (str_eq(rq->path, S("/host/events"))) {
        http_reply_stream(reply, TOPICS, ARRAY_LEN(TOPICS));
    } else if (str_starts(rq->path, S("/host/"))) {
        host_answer(arg, rq, reply);
    } else {
        control_handler.handle(arg, rq, reply);
    }
}

static int64_t host_plan(void *arg, const struct http_request *rq)
{
    return control_handler.plan(arg, rq);
}

const struct http_handler host_handler = {.plan = host_plan, .handle = host_handle};
