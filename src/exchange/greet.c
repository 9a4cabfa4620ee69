#include "exchange/greet.h"

#include "core/closed.h"
#include "core/office.h"
#include "exchange/exchange.h"
#include "exchange/feed.h"
#include "exchange/restore.h"
#include "exchange/restore_sql.h"

#include <string.h>

enum { HELLO_BYTES = 4 * 1024 };

/* What the two ends tell each other about the feeds between them. */
struct hello {
    int64_t format;
    struct str office;
    int64_t time_ms;
    int64_t in_epoch; /* what the speaker holds from the other */
    int64_t in_seq;
    struct str in_chain;
    int64_t out_epoch; /* what it has numbered for the other */
    int64_t out_seq;
    struct str out_chain;
    bool call;             /* the speaker has no address of the other */
    struct instance own;   /* the speaker's start */
    struct instance known; /* the newest start of the other that it knows */
};

#define AT(member) .offset = offsetof(struct hello, member)
static const struct field HELLO_FIELDS[] = {
    {.name = "phoihop", .type = FIELD_INT, AT(format), .required = true},
    {.name = "office", .type = FIELD_OFFICE, AT(office), .required = true},
    {.name = "time", .type = FIELD_INSTANT, AT(time_ms), .required = true},
    {.name = "in_epoch", .type = FIELD_INT, AT(in_epoch), .required = true},
    {.name = "in_seq", .type = FIELD_INT, AT(in_seq), .required = true},
    {.name = "in_chain", .type = FIELD_TEXT, AT(in_chain), .max = CHAIN_HEX_LEN, .required = true},
    {.name = "out_epoch", .type = FIELD_INT, AT(out_epoch), .required = true},
    {.name = "out_seq", .type = FIELD_INT, AT(out_seq), .required = true},
    {.name = "out_chain",
     .type = FIELD_TEXT,
     AT(out_chain),
     .max = CHAIN_HEX_LEN,
     .required = true},
    {.name = "call", .type = FIELD_BOOL, AT(call)},
    {.name = "fence", .type = FIELD_INT, AT(own.fence)},
    {.name = "run", .type = FIELD_TEXT, AT(own.run), .max = RUN_LEN_MAX},
    {.name = "known_fence", .type = FIELD_INT, AT(known.fence)},
    {.name = "known_run", .type = FIELD_TEXT, AT(known.run), .max = RUN_LEN_MAX},
};
#undef AT
static const struct field_table HELLO_TABLE = FIELD_TABLE("feed.hello", struct hello, HELLO_FIELDS);

struct str greet_path(enum greet_kind kind)
{
    static const struct str PATHS[GREET_KINDS] = {
        [GREET_HELLO] = {"/x1/hello", 9},
        [GREET_OWN] = {"/x1/own", 7},
        [GREET_EPOCH] = {"/x1/epoch", 9},
    };
    return PATHS[kind];
}

/* ---- hello ---- */

static enum err hello_fill(struct call *c, struct str peer, struct hello *ret_hello)
{
    struct cursor_row cursor = {};
    struct feed_row feed = {};
    struct peer known = {};
    struct hello hello = {.format = ENTRY_FORMAT, .office = c->office->id, .time_ms = c->now_ms};
    enum err e = cursor_load(c, peer, &cursor);
    if (e == OK) e = peer_find(c, peer, &known);
    if (e == OK) e = feed_load(c, peer, &feed);
    if (e == OK) e = instance_load(c, &hello.own);
    if (e == OK) e = instance_of_peer(c, peer, &hello.known);
    if (e != OK) return e;
    hello.in_epoch = cursor.epoch;
    hello.in_seq = cursor.seq;
    hello.in_chain = cursor.chain;
    hello.out_epoch = feed.epoch;
    hello.out_seq = feed.next_seq - 1;
    hello.out_chain = feed.chain;
    hello.call = known.address.len == 0;
    *ret_hello = hello;
    return OK;
}

static struct str hello_write(struct call *c, const struct hello *hello)
{
    struct sb sb = sb_new(c->arena, 0);
    fields_write(&sb, &HELLO_TABLE, hello);
    return sb_str(&sb);
}

static enum err hello_read(struct call *c, struct str peer, struct str bytes,
                           struct hello *ret_hello)
{
    struct hello hello = {};
    if (bytes.len > HELLO_BYTES) return fail(c, ERR_SYNTAX, "greet.form");
    enum err e = fields_read(c, &HELLO_TABLE, bytes, UNKNOWN_IGNORE, &hello);
    if (e != OK) return e;
    if (!str_eq(hello.office, peer)) return fail(c, ERR_PEER, "hello.peer");
    bool sound = hello.format == ENTRY_FORMAT && hello.in_epoch > 0 &&
                 object_is_hash(hello.in_chain);
    if (!sound) return fail(c, ERR_SYNTAX, "greet.form");
    *ret_hello = hello;
    return OK;
}

struct greeting {
    struct str peer;
    struct hello hello;
};

static enum err hello_step(struct call *c, void *arg)
{
    struct greeting *greeting = arg;
    return hello_fill(c, greeting->peer, &greeting->hello);
}

enum err exchange_hello(struct call *c, struct str peer, struct str *ret_json)
{
    struct greeting greeting = {.peer = peer};
    enum err e = store_read(c, hello_step, &greeting);
    if (e == OK) *ret_json = hello_write(c, &greeting.hello);
    return e;
}

enum err exchange_hello_read(struct call *c, struct str peer, struct str json, bool *ret_call)
{
    struct hello hello = {};
    enum err e = hello_read(c, peer, json, &hello);
    if (e == OK) *ret_call = hello.call;
    return e;
}

/* ---- comparing ---- */

/* A peer that holds less than it once acknowledged was restored: it gets the rest again. One that
 * we cannot call says itself, with each question, what it wants; and an old hello of it that comes
 * late would be waited for in vain. */
static enum err peer_lost(struct call *c, struct str peer, const struct hello *hello,
                          const struct feed_row *row)
{
    struct peer known = {};
    struct str chain = {};
    if (hello->in_epoch != row->epoch || hello->in_seq >= row->acked_seq) return OK;
    enum err e = peer_find(c, peer, &known);
    if (e != OK || known.address.len == 0) return e;
    e = entry_chain(c, peer, row->epoch, hello->in_seq, &chain);
    if (e != OK || !str_eq(chain, hello->in_chain)) return e;
    return feed_again(c, peer, hello->in_seq + 1);
}

/* The peer knows another start of this office than this one. */
static enum err fence_refused(struct call *c, struct str peer, const struct hello *hello,
                              const struct instance *own, const struct feed_row *row)
{
    if (!str_eq(row->met, own->run)) return instance_raise(c, hello->known.fence + 1);
    enum err e = closed_put(c, CLOSED_SUPERSEDED);
    return e != OK ? e : alarm_raise(c, peer, "fence.superseded", hello->known.run);
}

/* What comes after a hello; the store may run it more than once. */
struct weighing {
    struct str peer;
    const struct hello *hello;
    bool asked; /* the hello is the answer to ours */
    struct greet greet;
};

static enum err weigh_place(struct call *c, struct weighing *w, const struct instance *own,
                            const struct feed_row *row)
{
    const struct hello *hello = w->hello;
    enum restore_place place = PLACE_UNKNOWN;
    enum err e = restore_place_of(c, w->peer, hello->in_epoch, hello->in_seq, hello->in_chain,
                                  &place);
    if (e != OK) return e;
    bool marked = row->restoring != RESTORING_NOT;
    if (place == PLACE_HERE && !marked) {
        w->greet.done = true;
        return str_eq(row->met, own->run) ? OK : feed_meet(c, w->peer, own->run);
    }
    if (!w->asked) return feed_unmeet(c, w->peer); /* our own question will tell */
    if (place == PLACE_UNKNOWN && !marked && str_eq(row->met, own->run)) {
        e = feed_stop(c, w->peer, "feed.ahead");
        return e != OK ? e : alarm_raise(c, w->peer, "feed.ahead", hello->in_chain);
    }
    bool lost = place == PLACE_UNKNOWN && row->restoring != RESTORING_REST;
    w->greet.step = lost ? GREET_OWN : GREET_EPOCH;
    w->greet.shared = false;
    w->greet.epoch = row->epoch;
    w->greet.seq = row->next_seq - 1;
    w->greet.head_epoch = hello->in_epoch;
    w->greet.head_seq = hello->in_seq;
    memcpy(w->greet.head_chain, hello->in_chain.ptr, sizeof w->greet.head_chain);
    return marked ? OK : feed_mark(c, w->peer);
}

static enum err weigh(struct call *c, struct weighing *w)
{
    struct feed_row row = {};
    struct instance own = {};
    struct instance before = {};
    const struct hello *hello = w->hello;
    enum err e = instance_of_peer(c, w->peer, &before);
    if (e == OK) e = instance_accept(c, w->peer, hello->own.fence, hello->own.run);
    if (e == OK) e = feed_load(c, w->peer, &row);
    if (e == OK) e = instance_load(c, &own);
    if (e == OK) e = peer_lost(c, w->peer, hello, &row);
    if (e != OK) return e;
    bool told = hello->known.run.len > 0; /* an earlier edition tells nothing */
    bool known = told ? str_eq(hello->known.run, own.run) : w->asked;
    if (!known) return w->asked ? fence_refused(c, w->peer, hello, &own, &row) : OK;
    e = weigh_place(c, w, &own, &row);
    /* a peer that started anew is told that we know it: it may be unable to ask */
    if (w->asked && !str_eq(before.run, hello->own.run)) w->greet.done = false;
    return e;
}

/* ---- asking ---- */

struct asking {
    struct feed *feed;
    struct greet greet; /* as it will be */
    struct hello hello;
    enum closed closed;
};

static enum err ask_step(struct call *c, void *arg)
{
    struct asking *a = arg;
    struct feed_row row = {};
    a->greet = a->feed->greet;
    enum err e = closed_look(c, &a->closed);
    if (e == OK) e = hello_fill(c, a->feed->peer, &a->hello);
    if (e == OK) e = feed_load(c, a->feed->peer, &row);
    if (e != OK) return e;
    bool waits = a->closed != CLOSED_NOT;
    bool met = str_eq(row.met, a->hello.own.run);
    /* who waited for us to open hears of it; and another program may have taken over */
    if ((a->greet.waited && !waits) || (a->greet.done && !met)) a->greet = (struct greet){};
    a->greet.waited = waits;
    return OK;
}

enum err greet_next(struct call *c, struct feed *feed, struct greet_request *ret_request)
{
    struct asking asking = {.feed = feed};
    *ret_request = (struct greet_request){};
    if (c->now_ms < feed->wake_ms) return OK;
    enum err e = store_read(c, ask_step, &asking);
    if (e != OK) return e;
    struct greet *greet = &feed->greet;
    *greet = asking.greet;
    if (greet->done || asking.closed == CLOSED_SUPERSEDED) return OK;
    if (greet->step == GREET_NOTHING) greet->step = GREET_HELLO;
    ret_request->kind = greet->step;
    if (greet->step == GREET_HELLO) {
        ret_request->body = hello_write(c, &asking.hello);
    } else if (greet->step == GREET_OWN) {
        ret_request->body = restore_ask(c, greet);
    } else {
        e = restore_open_epoch(c, feed->peer, greet, &ret_request->body);
    }
    return e;
}

static enum err hello_taken(struct call *c, void *arg)
{
    struct weighing *w = arg;
    w->greet = (struct greet){.waited = w->greet.waited};
    return weigh(c, w);
}

static enum err hello_answer(struct call *c, struct feed *feed, struct str answer)
{
    struct hello hello = {};
    struct weighing w = {.peer = feed->peer, .hello = &hello, .asked = true, .greet = feed->greet};
    enum err e = hello_read(c, feed->peer, answer, &hello);
    if (e == OK) e = store_tx(c, hello_taken, &w);
    if (e != OK) return e;
    feed->greet = w.greet;
    feed->call = hello.call;
    return OK;
}

enum err greet_answer(struct call *c, struct feed *feed, struct str answer)
{
    enum err e = OK;
    switch (feed->greet.step) {
    case GREET_HELLO: e = hello_answer(c, feed, answer); break;
    case GREET_OWN: e = restore_take(c, feed->peer, &feed->greet, answer); break;
    case GREET_EPOCH: e = restore_reopen(c, feed->peer, &feed->greet, answer); break;
    case GREET_NOTHING:
    case GREET_KINDS: ensure(false); /* greet_next has asked */
    }
    if (e != OK) return e;
    feed->failures = 0;
    feed->from_seq = 0;
    feed->wake_ms = c->now_ms;
    return OK;
}

/* ---- answering ---- */

struct receiving {
    struct str from;
    struct weighing weighing;
    struct hello answer;
};

static enum err hello_receive(struct call *c, void *arg)
{
    struct receiving *r = arg;
    enum closed closed = CLOSED_NOT;
    enum err e = closed_look(c, &closed);
    if (e != OK) return e;
    /* who has been replaced does not speak for the office */
    if (closed == CLOSED_SUPERSEDED) return closed_refuse(c);
    e = store_attempt(c, hello_taken, &r->weighing);
    if (e == ERR_BUSY && str_eq(str_of(c->failure.reason), S("fence.older"))) {
        call_clear(c); /* the answer names the newer one */
        e = OK;
    }
    return e != OK ? e : hello_fill(c, r->from, &r->answer);
}

enum err greet_receive(struct call *c, struct str from, enum greet_kind kind, struct str body,
                       struct str *ret_answer)
{
    struct hello hello = {};
    struct receiving r = {.from = from, .weighing = {.peer = from, .hello = &hello}};
    ensure(kind > GREET_NOTHING && kind < GREET_KINDS);
    if (kind == GREET_OWN) return restore_give(c, from, body, ret_answer);
    if (kind == GREET_EPOCH) return restore_accept(c, from, body, ret_answer);
    enum err e = hello_read(c, from, body, &hello);
    if (e == OK) e = store_tx(c, hello_receive, &r);
    if (e == OK) *ret_answer = hello_write(c, &r.answer);
    return e;
}
