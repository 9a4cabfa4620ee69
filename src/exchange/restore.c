#include "exchange/restore.h"

#include "core/closed.h"
#include "core/office.h"
#include "core/record_sql.h"
#include "core/version.h"
#include "exchange/epoch.h"
#include "exchange/restore_sql.h"
#include "exchange/statement.h"

/* ---- the office as a whole ---- */

enum err restore_begin(struct call *c)
{
    struct peer *peers = NULL;
    size_t count = 0;
    enum err e = peer_list(c, &peers, &count);
    if (e == OK && count > 0) e = closed_put(c, CLOSED_RECOVERING);
    for (size_t i = 0; e == OK && i < count; i++)
        e = feed_mark(c, peers[i].office);
    return e;
}

static enum err go_on(struct call *c, void *arg)
{
    (void)arg;
    enum closed closed = CLOSED_NOT;
    enum err e = closed_look(c, &closed);
    if (e == OK && closed == CLOSED_SUPERSEDED) e = instance_begin(c);
    if (e == OK) e = closed_end(c, CLOSED_SUPERSEDED);
    if (e == OK) e = closed_end(c, CLOSED_RECOVERING);
    return e != OK ? e : feed_take_rest(c);
}

enum err restore_go_on(struct call *c)
{
    return store_tx(c, go_on, NULL);
}

/* The last peer has been asked: people may act again. */
static enum err open_when_whole(struct call *c)
{
    bool any = false;
    enum err e = feed_marked(c, &any);
    return e != OK || any ? e : closed_end(c, CLOSED_RECOVERING);
}

/* Whether this office opened the epoch, as far as it remembers. The first one opened by itself. */
static enum err epoch_known(struct call *c, struct str peer, int64_t epoch, bool *ret_known)
{
    struct str frame = {};
    enum err e = epoch_load(c, peer, c->office->id, epoch, &frame);
    if (e == OK) *ret_known = epoch == 1 || frame.len > 0;
    return e;
}

enum err restore_place_of(struct call *c, struct str peer, int64_t epoch, int64_t seq,
                          struct str chain, enum restore_place *ret_place)
{
    struct feed_row row = {};
    struct str ours = chain_start();
    bool opened = true;
    enum err e = feed_load(c, peer, &row);
    if (e == OK && seq > 0) e = entry_held(c, peer, epoch, seq, &ours);
    if (e == OK && seq == 0 && epoch != row.epoch) e = epoch_known(c, peer, epoch, &opened);
    if (e != OK) return e;
    bool known = epoch <= row.epoch && opened && ours.len > 0 && str_eq(ours, chain);
    *ret_place = !known ? PLACE_UNKNOWN : epoch == row.epoch ? PLACE_HERE : PLACE_BEFORE;
    return OK;
}

/* ---- epochs: the sending end ---- */

struct opening {
    struct str peer;
    struct feed_row row;
    struct instance own;
};

static enum err opening_step(struct call *c, void *arg)
{
    struct opening *opening = arg;
    enum err e = feed_load(c, opening->peer, &opening->row);
    return e != OK ? e : instance_load(c, &opening->own);
}

/* Greater than all that either end remembers. Both may have lost the same epochs; then the clock
 * keeps us from opening one of them again. */
static int64_t epoch_after(struct call *c, int64_t ours, int64_t theirs)
{
    int64_t newest = ours > theirs ? ours : theirs;
    int64_t second = c->now_ms / 1000;
    return second > newest ? second : newest + 1;
}

enum err restore_open_epoch(struct call *c, struct str peer, const struct greet *greet,
                            struct str *ret_frame)
{
    struct opening opening = {.peer = peer};
    struct epoch_frame frame = {};
    enum err e = store_read(c, opening_step, &opening);
    if (e != OK) return e;
    frame.open = (struct epoch_open){
        .format = ENTRY_FORMAT,
        .from = c->office->id,
        .to = peer,
        .epoch = epoch_after(c, opening.row.epoch, greet->head_epoch),
        .last_epoch = greet->head_epoch,
        .last_seq = greet->head_seq,
        .last_chain = str_copy(c->arena, (struct str){greet->head_chain, CHAIN_HEX_LEN}),
        .fence = opening.own.fence,
        .run = opening.own.run,
        .time_ms = c->now_ms,
        .key = c->office->key,
    };
    frame.bytes = epoch_write(c, &frame.open);
    e = statement_sign(c, PURPOSE_EPOCH, frame.bytes, &frame.signature);
    if (e == OK) *ret_frame = epoch_encode(c, &frame);
    return e;
}

struct reopening {
    struct str peer;
    const struct greet *greet;
    const struct epoch_frame *frame;
    struct str bytes; /* the whole frame */
};

/* The last of our entries that the peer holds, too. An epoch in which nothing was sent may have
 * opened behind it without our knowing. */
static enum err common_find(struct call *c, const struct reopening *r, enum restoring restoring,
                            int64_t *ret_epoch, int64_t *ret_seq)
{
    const struct epoch_open *open = &r->frame->open;
    enum restore_place place = PLACE_UNKNOWN;
    if (r->greet->shared) {
        *ret_epoch = r->greet->epoch;
        *ret_seq = r->greet->seq;
        return OK;
    }
    enum err e = restore_place_of(c, r->peer, open->last_epoch, open->last_seq, open->last_chain,
                                  &place);
    if (e != OK) return e;
    bool known = place != PLACE_UNKNOWN || restoring == RESTORING_REST;
    if (!known) return fail(c, ERR_PEER, "epoch.head");
    *ret_epoch = open->last_epoch;
    *ret_seq = open->last_seq;
    return OK;
}

static enum err reopen_step(struct call *c, void *arg)
{
    const struct reopening *r = arg;
    const struct epoch_open *open = &r->frame->open;
    struct feed_row row = {};
    int64_t epoch = 0;
    int64_t seq = 0;
    enum err e = feed_load(c, r->peer, &row);
    if (e != OK || open->epoch <= row.epoch) return e; /* it is open already */
    e = common_find(c, r, row.restoring, &epoch, &seq);
    if (e == OK) e = feed_cut(c, r->peer, epoch, seq);
    if (e == OK) e = feed_reopen(c, r->peer, open->epoch, open->run);
    if (e == OK) e = epoch_store(c, r->peer, c->office->id, open->epoch, r->bytes);
    if (e == OK) e = leaf_insert(c, OBJECT_EPOCH, version_hash(c, r->frame->bytes));
    if (e == OK) e = alarms_end(c, r->peer);
    return e != OK ? e : open_when_whole(c);
}

enum err restore_reopen(struct call *c, struct str peer, struct greet *greet, struct str answer)
{
    struct epoch_frame frame = {};
    struct peer known = {};
    enum err e = epoch_decode(c, answer, &frame);
    if (e == OK) e = peer_look(c, peer, &known);
    if (e != OK) return e;
    const struct epoch_open *open = &frame.open;
    bool meant = str_eq(open->from, c->office->id) && str_eq(open->to, peer);
    if (!meant) return fail(c, ERR_PEER, "epoch.head");
    struct statement statement = {
        .office = peer,
        .key = known.key,
        .purpose = PURPOSE_EPOCH,
        .bytes = frame.bytes,
        .signature = frame.countersignature,
    };
    e = statement_verify(c, &statement, &known);
    statement.signature = frame.signature;
    if (e == OK) e = statement_verify_own(c, &statement);
    struct reopening reopening = {peer, greet, &frame, answer};
    if (e == OK) e = store_tx(c, reopen_step, &reopening);
    if (e == OK) *greet = (struct greet){.done = true, .waited = greet->waited};
    return e;
}

/* ---- epochs: the receiving end ---- */

struct accepting {
    struct str peer;
    struct epoch_frame frame;
    struct str answer;
};

static enum err accept_new(struct call *c, struct accepting *a)
{
    const struct epoch_open *open = &a->frame.open;
    struct cursor_row cursor = {};
    enum err e = cursor_load(c, a->peer, &cursor);
    if (e != OK) return e;
    bool here = open->last_epoch == cursor.epoch && open->last_seq == cursor.seq &&
                str_eq(open->last_chain, cursor.chain);
    if (!here) return fail(c, ERR_BUSY, "epoch.head");
    e = statement_sign(c, PURPOSE_EPOCH, a->frame.bytes, &a->frame.countersignature);
    if (e != OK) return e;
    a->answer = epoch_encode(c, &a->frame);
    cursor = (struct cursor_row){.epoch = open->epoch, .chain = chain_start()};
    e = cursor_store(c, a->peer, &cursor);
    if (e == OK) e = epoch_store(c, a->peer, a->peer, open->epoch, a->answer);
    if (e == OK) e = leaf_insert(c, OBJECT_EPOCH, version_hash(c, a->frame.bytes));
    return e != OK ? e : alarms_end(c, a->peer);
}

static enum err accept_step(struct call *c, void *arg)
{
    struct accepting *a = arg;
    const struct epoch_open *open = &a->frame.open;
    struct epoch_frame held = {};
    struct str stored = {};
    enum closed closed = CLOSED_NOT;
    enum err e = closed_look(c, &closed);
    if (e == OK && closed == CLOSED_SUPERSEDED) e = closed_refuse(c);
    if (e == OK) e = instance_accept(c, a->peer, open->fence, open->run);
    if (e == OK) e = epoch_load(c, a->peer, a->peer, open->epoch, &stored);
    if (e != OK) return e;
    if (stored.len == 0) return accept_new(c, a);
    e = epoch_decode(c, stored, &held);
    if (e != OK) return e;
    if (!str_eq(held.bytes, a->frame.bytes)) return fail(c, ERR_BUSY, "epoch.head");
    a->answer = stored;
    return OK;
}

enum err restore_accept(struct call *c, struct str peer, struct str body, struct str *ret_frame)
{
    struct accepting accepting = {.peer = peer};
    struct epoch_frame *frame = &accepting.frame;
    struct peer known = {};
    enum err e = epoch_decode(c, body, frame);
    if (e != OK) return e;
    bool meant = str_eq(frame->open.from, peer) && str_eq(frame->open.to, c->office->id);
    if (!meant) return fail(c, ERR_DENIED, "inbox.peer");
    const struct statement statement = {
        .office = peer,
        .key = frame->open.key,
        .purpose = PURPOSE_EPOCH,
        .bytes = frame->bytes,
        .signature = frame->signature,
    };
    e = statement_verify(c, &statement, &known);
    if (e == OK) e = store_tx(c, accept_step, &accepting);
    if (e == OK) *ret_frame = accepting.answer;
    return e;
}
