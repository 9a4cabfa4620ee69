#include "base/limits.h"
#include "core/office.h"
#include "front/wire/wire_back.h"
#include "front/wire/wire_peer.h"

enum { SLOW_MS = 2000, GRACE_MS = 5 * 1000, REASON_BYTES = 80 };

/* Room */

struct room {
    size_t active; /* asked not long ago: a slow peer does not count against the others */
    size_t probes;
    size_t parked;
};

static struct room room_used(const struct wire_driver *driver, int64_t now_ms)
{
    struct room used = {};
    for (const struct wire_ask *ask = driver->asks; ask != NULL; ask = ask->next) {
        bool slow = now_ms - ask->since_ms >= SLOW_MS;
        bool parks = ASK_ROWS[ask->kind].parks;
        if (parks) used.parked++;
        if (!parks && !slow) used.active++;
        if (!parks && !slow && ask->probe) used.probes++;
    }
    return used;
}

/* Whether another question may begin now. Those who answer find room beside those who do not. */
static bool room_for(const struct wire_driver *driver, enum ask_kind kind, bool probe,
                     int64_t now_ms)
{
    if (driver->ask_count >= LIMIT_WIRE_QUESTIONS) return false;
    struct room used = room_used(driver, now_ms);
    if (ASK_ROWS[kind].parks) return used.parked < LIMIT_WIRE_PULLS;
    return used.active < LIMIT_WIRE_ACTIVE && (!probe || used.probes < LIMIT_WIRE_PROBES);
}

/* Life of a question */

static struct wire_ask *ask_open(struct wire_driver *driver, struct wire_peer *peer,
                                 enum ask_kind kind)
{
    const struct wire *wire = driver->wire;
    struct call c = call_begin(wire->env, wire->store, wire->office);
    struct wire_ask *ask = arena_alloc(c.arena, sizeof *ask);
    ensure(peer->asks[kind] == NULL);
    ensure(driver->ask_count < LIMIT_WIRE_QUESTIONS);
    *ask = (struct wire_ask){
        .next = driver->asks,
        .peer = peer,
        .kind = kind,
        .call = c,
        .question = {.fd = -1},
        .probe = !peer->answers,
        .since_ms = c.now_ms,
    };
    peer->asks[kind] = ask;
    driver->asks = ask;
    driver->ask_count++;
    return ask;
}

static void ask_close(struct wire_driver *driver, struct wire_ask *ask)
{
    struct wire_ask **at = &driver->asks;
    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    ensure(driver->ask_count > 0);
    driver->ask_count--;
    ask->peer->asks[ask->kind] = NULL;
    struct call c = ask->call; /* the question lies in its own call's arena */
    call_end(&c);
}

void wire_ask_drop(struct wire_driver *driver)
{
    while (driver->asks != NULL)
        ask_close(driver, driver->asks);
}

/* Whatever goes wrong, here or there, is noted with its reason and tried again. */
static void ask_fail(struct wire_driver *driver, struct wire_ask *ask)
{
    struct call *c = &ask->call;
    struct failure why = c->failure;
    call_clear(c);
    if (why.err == ERR_STALE) {
        driver->fenced = true;
        return;
    }
    if (ASK_ROWS[ask->kind].fail(ask, &why) == OK) return;
    call_clear(c); /* a failure of our own store, a full disk: soon again */
    driver->look_ms = c->now_ms + FEED_BACKOFF_MIN_MS;
}

/* The peer's address is looked up each time: a change in the directory holds at once. */
static enum err ask_send(struct wire_driver *driver, struct wire_ask *ask, struct wire_request *rq)
{
    struct call *c = &ask->call;
    const struct wire_transport *transport = driver->transport;
    struct peer peer = {.address = rq->address}; /* of an authority, which is no office */
    enum err e = ask->peer->office.len == 0 ? OK : peer_look(c, ask->peer->office, &peer);
    if (e != OK) return e;
    rq->address = peer.address;
    rq->office = ask->peer->office;
    rq->public_key = peer.public_key;
    rq->wait_ms = ASK_ROWS[ask->kind].wait_ms;
    ask->until_ms = c->now_ms + rq->wait_ms + GRACE_MS;
    ask->back = peer.address.len == 0;
    return ask->back ? wire_back_begin(c, driver->wire, rq, &ask->question)
                     : transport->begin(transport->self, c, rq, &ask->question);
}

static void ask_begin(struct wire_driver *driver, struct wire_peer *peer, enum ask_kind kind)
{
    struct wire_ask *ask = ask_open(driver, peer, kind);
    struct wire_request rq = {};
    enum err e = ASK_ROWS[kind].fill(driver, ask, &rq);
    if (e == OK && rq.method.len > 0) e = ask_send(driver, ask, &rq);
    if (e != OK) ask_fail(driver, ask);
    if (e != OK || rq.method.len == 0) ask_close(driver, ask);
}

/* A peer that does not answer is asked one thing at a time. */
static bool is_probed(const struct wire_peer *peer)
{
    bool probed = false;
    for (enum ask_kind kind = 0; kind < ASK_KINDS; kind++)
        probed = probed || (!ASK_ROWS[kind].parks && peer->asks[kind] != NULL);
    return probed && !peer->answers;
}

int64_t wire_ask_turn(struct wire_driver *driver, struct wire_peer *peer)
{
    const struct env *env = driver->wire->env;
    int64_t wake_ms = INT64_MAX;
    for (enum ask_kind kind = 0; kind < ASK_KINDS; kind++) {
        int64_t now_ms = env->now_ms(env->self);
        if ((kind == ASK_STAMP) != (peer->office.len == 0)) continue;
        if (peer->asks[kind] != NULL || is_probed(peer)) continue; /* the answer wakes us */
        int64_t due_ms = ASK_ROWS[kind].due(driver, peer);
        if (due_ms <= now_ms && room_for(driver, kind, !peer->answers, now_ms)) {
            ask_begin(driver, peer, kind);
            due_ms = peer->asks[kind] == NULL ? ASK_ROWS[kind].due(driver, peer) : INT64_MAX;
        } else if (due_ms <= now_ms) {
            due_ms = now_ms + SLOW_MS; /* or when an answer makes room */
        }
        if (due_ms < wake_ms) wake_ms = due_ms;
    }
    return wake_ms;
}

/* Answers */

struct refusal {
    struct str reason;
};

static const struct field REFUSAL_FIELDS[] = {
    {.name = "reason",
     .type = FIELD_TEXT,
     .offset = offsetof(struct refusal, reason),
     .max = REASON_BYTES,
     .required = true},
};
static const struct field_table REFUSAL_TABLE =
    FIELD_TABLE("wire.refusal", struct refusal, REFUSAL_FIELDS);

/* What the peer says with these statuses and a reason it will say again: a person must act. */
static enum err refusal_read(struct call *c, const struct wire_answer *answer)
{
    static const int LASTING[] = {400, 403, 409, 413, 422};
    struct refusal refusal = {};
    bool lasting = false;
    for (size_t i = 0; i < ARRAY_LEN(LASTING); i++)
        lasting = lasting || answer->status == LASTING[i];
    if (!lasting) return fail(c, ERR_PEER, "wire.refused");
    if (fields_read(c, &REFUSAL_TABLE, answer->body, UNKNOWN_IGNORE, &refusal) != OK) {
        call_clear(c); /* not the answer of an office: something between us */
        return fail(c, ERR_PEER, "wire.refused");
    }
    (void)fail(c, ERR_DENIED, "wire.lasting"); /* the next line returns the same */
    return fail_arg(c, "detail", refusal.reason);
}

static enum err answer_check(struct call *c, const struct wire_answer *answer)
{
    switch (answer->status) {
    case 200:
    case 204:
    case 206: return OK;
    case 404: return fail(c, ERR_NOT_FOUND, "wire.missing");
    default: return refusal_read(c, answer);
    }
}

/* Whoever answered has another key than the office that was asked. When it shows how it came to it,
 * the directory changes, which makes us ask again at once. */
static enum err stranger(struct call *c, const struct wire_ask *ask, struct str cert)
{
    (void)wire_meet(c, ask->peer->office, cert);
    return fail(c, ERR_PEER, "cert.signature");
}

void wire_ask_end(struct wire_driver *driver, struct wire_ask *ask)
{
    struct call *c = &ask->call;
    const struct wire_transport *transport = driver->transport;
    struct wire_answer answer = {};
    enum err e = ask->back ? wire_back_end(c, driver->wire, &ask->question, &answer)
                           : transport->end(transport->self, c, &ask->question, &answer);
    c->now_ms = c->env->now_ms(c->env->self); /* the answer took its time */
    if (e == OK && answer.status == 0) e = stranger(c, ask, answer.body);
    ask->peer->answers = e == OK;
    if (e == OK && !ASK_ROWS[ask->kind].any) e = answer_check(c, &answer);
    if (e == OK) e = ASK_ROWS[ask->kind].take(driver, ask, &answer);
    if (e != OK) ask_fail(driver, ask);
    ask_close(driver, ask);
}
