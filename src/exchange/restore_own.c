/* Our own entries, lost by a restore: asking for them, giving a peer its own, taking ours back. */
#include "exchange/restore.h"

#include "base/limits.h"
#include "core/closed.h"
#include "core/office.h"
#include "core/returned.h"
#include "core/version.h"
#include "exchange/files.h"
#include "exchange/restore_sql.h"
#include "exchange/statement.h"
#include "store/blob.h"

enum { ASK_BYTES = 512, STEP_BACK = LIMIT_BATCH_ENTRIES };

/* ---- our own entries: the question and its answer ---- */

struct own_ask {
    int64_t epoch;
    int64_t seq;
    bool with; /* that entry itself, too: to compare its chain */
};

#define AT(member) .offset = offsetof(struct own_ask, member), .required = true
static const struct field ASK_FIELDS[] = {
    {.name = "epoch", .type = FIELD_INT, AT(epoch)},
    {.name = "seq", .type = FIELD_INT, AT(seq)},
    {.name = "with", .type = FIELD_BOOL, AT(with)},
};
#undef AT
static const struct field_table ASK_TABLE = FIELD_TABLE("feed.own", struct own_ask, ASK_FIELDS);

struct str restore_ask(struct call *c, const struct greet *greet)
{
    struct own_ask ask = {.epoch = greet->epoch,
                          .seq = greet->seq,
                          .with = !greet->shared && greet->seq > 0};
    struct sb sb = sb_new(c->arena, 0);
    fields_write(&sb, &ASK_TABLE, &ask);
    return sb_str(&sb);
}

struct giving {
    struct str peer;
    struct own_ask ask;
    struct batch batch; /* count 0: nothing more */
};

/* As many entries as fit, all of one epoch. */
static enum err give_entries(struct call *c, struct giving *giving, const struct rows *rows)
{
    struct batch *batch = &giving->batch;
    size_t bytes = 0;
    batch->entries = arena_array(c->arena, rows->count, sizeof *batch->entries);
    for (size_t i = 0; i < rows->count; i++) {
        struct batch_entry entry = {.bytes = rows_text(rows, i, 0), .chain = rows_text(rows, i, 1)};
        enum err e = entry_read(c, entry.bytes, &entry.entry);
        if (e == OK) e = taken_object(c, &entry);
        if (e != OK) return e;
        bytes += batch_entry_bytes(&entry);
        bool other = i > 0 && entry.entry.epoch != batch->entries[0].entry.epoch;
        if (other || (bytes > LIMIT_BATCH_BYTES && i > 0)) return OK;
        batch->entries[batch->count++] = entry;
    }
    return OK;
}

static enum err give_step(struct call *c, void *arg)
{
    struct giving *giving = arg;
    struct batch *batch = &giving->batch;
    struct rows rows = {};
    int64_t after = giving->ask.with ? giving->ask.seq - 1 : giving->ask.seq;
    *batch = (struct batch){};
    enum err e = taken_list(c, giving->peer, giving->ask.epoch, after, &rows);
    if (e == OK) e = give_entries(c, giving, &rows);
    if (e != OK || batch->count == 0) return e;
    const struct entry *first = &batch->entries[0].entry;
    batch->head = (struct batch_head){
        .format = ENTRY_FORMAT,
        .from = giving->peer,
        .to = c->office->id,
        .epoch = first->epoch,
        .seq = first->seq,
        .count = (int64_t)batch->count,
        .chain = batch->entries[batch->count - 1].chain,
        .time_ms = c->now_ms,
        .key = c->office->key,
    };
    return taken_chain(c, giving->peer, first->epoch, first->seq - 1, &batch->head.prev);
}

enum err restore_give(struct call *c, struct str peer, struct str body, struct str *ret_batch)
{
    struct giving giving = {.peer = peer};
    struct batch *batch = &giving.batch;
    *ret_batch = (struct str){};
    if (body.len > ASK_BYTES) return fail(c, ERR_SYNTAX, "greet.form");
    enum err e = fields_read(c, &ASK_TABLE, body, UNKNOWN_IGNORE, &giving.ask);
    if (e == OK) e = store_read(c, give_step, &giving);
    if (e != OK || batch->count == 0) return e;
    if (batch->head.prev.len == 0) return OK; /* from before entries were kept */
    batch->head_bytes = batch_head_write(c, &batch->head);
    e = statement_sign(c, PURPOSE_FEED, batch->head_bytes, &batch->signature);
    if (e == OK) *ret_batch = batch_encode(c, batch);
    return e;
}

/* ---- taking them back ---- */

/* An entry of ours that we think both hold. */
struct spot {
    struct str peer;
    int64_t epoch;
    int64_t seq;
    struct str chain;
};

struct taking_back {
    struct str peer;
    const struct batch *batch;
    struct spot start;    /* what was asked for comes after it */
    int64_t common_epoch; /* the last entry that both hold */
    int64_t common_seq;
    bool cut;    /* what we had behind it has lost its numbers */
    bool proven; /* something came that we signed and did not hold */
};

/* The peer may have the files back, and we those that are not here. */
static enum err files_back(struct call *c, const struct entry *at, const struct version *v)
{
    struct file_ref *files = NULL;
    size_t count = 0;
    enum err e = version_files(c, v, &files, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        e = shared_insert(c, at->to, files[i].root, at->record);
        bool here = blob_has(c, c->office->dir, files[i].root);
        if (e == OK && !here) e = wanted_insert(c, at->to, at, &files[i], WANTED_OPEN);
    }
    return e;
}

static enum err object_put(struct call *c, const struct batch_entry *entry, bool *ret_new)
{
    const struct entry *at = &entry->entry;
    const struct arrival arrival = {
        .bytes = entry->object,
        .signature = entry->signature,
        .office = at->to,
        .personal = entry->personal,
        .personal_count = entry->personal_count,
    };
    struct version v = {};
    struct receipt r = {};
    bool named = (int64_t)entry->object.len == at->size &&
                 str_eq(version_hash(c, entry->object), at->object);
    if (!named) return fail(c, ERR_INVALID, "entry.object");
    if (at->kind == ENTRY_KEY) return OK; /* it says nothing that the key itself does not */
    if (at->kind == ENTRY_RECEIPT) return receipt_return(c, &arrival, &r, ret_new);
    enum err e = record_return(c, &arrival, (enum priority)at->priority, &v, ret_new);
    return e != OK ? e : files_back(c, at, &v);
}

struct putting {
    const struct batch_entry *entry;
    bool fresh;
};

static enum err put_step(struct call *c, void *arg)
{
    struct putting *putting = arg;
    return object_put(c, putting->entry, &putting->fresh);
}

/* What the peer does not have, or what does not prove to be ours, stays lost, visibly: its number
 * was used. Another version n of our own, too, stays with an alarm. */
static enum err object_back(struct call *c, struct taking_back *t, const struct batch_entry *entry)
{
    struct putting putting = {.entry = entry};
    enum err e = store_attempt(c, put_step, &putting);
    if (e != OK && err_info(e)->fault == FAULT_OURS) return e;
    t->proven = t->proven || (e == OK && putting.fresh);
    if (e == OK) return OK;
    bool conflict = str_eq(str_of(c->failure.reason), S("restore.conflict"));
    struct str detail = str_format(c->arena, "%.*s/%lld %s", STR_ARG(entry->entry.record),
                                   (long long)entry->entry.n, c->failure.reason);
    call_clear(c);
    return alarm_raise(c, t->peer, conflict ? "restore.conflict" : "restore.missing", detail);
}

static enum err entry_back(struct call *c, struct taking_back *t, const struct batch_entry *entry)
{
    const struct entry *at = &entry->entry;
    struct str held = {};
    enum err e = entry_held(c, t->peer, at->epoch, at->seq, &held);
    if (e != OK) return e;
    if (str_eq(held, entry->chain)) {
        t->common_epoch = at->epoch;
        t->common_seq = at->seq;
        return OK;
    }
    if (!t->cut) e = feed_cut(c, t->peer, t->common_epoch, t->common_seq);
    t->cut = true;
    if (e == OK) e = object_back(c, t, entry);
    return e != OK ? e : feed_put_back(c, entry);
}

static enum err take_step(struct call *c, void *arg)
{
    struct taking_back *t = arg;
    enum closed closed = CLOSED_NOT;
    enum err e = OK;
    t->common_epoch = t->start.epoch;
    t->common_seq = t->start.seq;
    t->cut = false;
    t->proven = false;
    for (size_t i = 0; e == OK && i < t->batch->count; i++)
        e = entry_back(c, t, &t->batch->entries[i]);
    if (e == OK) e = closed_look(c, &closed);
    if (e != OK || !t->proven || closed != CLOSED_NOT) return e;
    return restore_begin(c);
}

/* ---- where we are ---- */

static enum err spot_step(struct call *c, void *arg)
{
    struct spot *spot = arg;
    spot->chain = chain_start();
    if (spot->seq == 0) return OK;
    return entry_held(c, spot->peer, spot->epoch, spot->seq, &spot->chain);
}

static enum err incomplete_step(struct call *c, void *arg)
{
    return alarm_raise(c, *(const struct str *)arg, "restore.incomplete", (struct str){});
}

/* The last entry that we think we share is not there, or is another one: asks for an earlier one.
 * The beginning of an epoch is no proof that the peer has what was before it: it may have been
 * restored, and an epoch opened then that we do not know. */
struct stepping {
    struct str peer;
    struct greet greet;
    bool stepped; /* false: there is no earlier one */
};

static enum err back_step(struct call *c, void *arg)
{
    struct stepping *stepping = arg;
    struct greet *greet = &stepping->greet;
    return entry_before(c, stepping->peer, &greet->epoch, &greet->seq, &stepping->stepped);
}

static enum err step_back(struct call *c, struct str peer, struct greet *greet, bool *ret_stepped)
{
    struct stepping stepping = {.peer = peer, .greet = *greet};
    *ret_stepped = greet->seq > 0;
    if (greet->seq > 0) {
        greet->seq = greet->seq > STEP_BACK ? greet->seq - STEP_BACK : 0;
        return OK;
    }
    enum err e = store_read(c, back_step, &stepping);
    if (e != OK) return e;
    *greet = stepping.greet;
    *ret_stepped = stepping.stepped;
    return OK;
}

static enum err nothing_more(struct call *c, struct str peer, struct greet *greet)
{
    bool stepped = false;
    enum err e = greet->shared ? OK : step_back(c, peer, greet, &stepped);
    if (e != OK || stepped) return e;
    if (greet->head_seq == 0) { /* an epoch that nothing was sent in */
        greet->shared = true;
        greet->step = GREET_EPOCH;
        return OK;
    }
    e = store_tx(c, incomplete_step, &peer);
    return e != OK ? e : fail(c, ERR_PEER, "restore.incomplete");
}

/* The batch is ours, as the peer says with its signature. */
static enum err batch_read(struct call *c, struct str peer, struct str answer,
                           struct batch *ret_batch)
{
    struct peer known = {};
    enum err e = batch_decode(c, answer, ret_batch);
    if (e != OK) return e;
    const struct batch_head *head = &ret_batch->head;
    bool meant = str_eq(head->from, c->office->id) && str_eq(head->to, peer);
    if (!meant) return fail(c, ERR_PEER, "restore.foreign");
    const struct statement statement = {
        .office = peer,
        .key = head->key,
        .purpose = PURPOSE_FEED,
        .bytes = ret_batch->head_bytes,
        .signature = ret_batch->signature,
    };
    return statement_verify(c, &statement, &known);
}

/* Whether the batch begins where it was asked to. */
static bool begins_at(const struct batch *batch, const struct greet *greet, struct str chain)
{
    const struct batch_head *head = &batch->head;
    if (!greet->shared && greet->seq > 0) {
        return head->epoch == greet->epoch && head->seq == greet->seq &&
               str_eq(batch->entries[0].chain, chain);
    }
    if (head->epoch == greet->epoch) {
        return head->seq == greet->seq + 1 && str_eq(head->prev, chain);
    }
    return head->epoch > greet->epoch && head->seq == 1 && str_eq(head->prev, chain_start());
}

static bool within(const struct greet *greet, int64_t epoch, int64_t seq)
{
    return epoch < greet->head_epoch || (epoch == greet->head_epoch && seq <= greet->head_seq);
}

enum err restore_take(struct call *c, struct str peer, struct greet *greet, struct str answer)
{
    struct batch batch = {};
    struct spot spot = {.peer = peer, .epoch = greet->epoch, .seq = greet->seq};
    if (answer.len == 0) return nothing_more(c, peer, greet);
    enum err e = batch_read(c, peer, answer, &batch);
    if (e == OK) e = store_read(c, spot_step, &spot);
    if (e != OK) return e;
    bool begins = begins_at(&batch, greet, spot.chain);
    bool stepped = false;
    bool other_epoch = greet->seq == 0 && batch.head.epoch > greet->epoch;
    if (!greet->shared && (!begins || other_epoch)) e = step_back(c, peer, greet, &stepped);
    if (e != OK || stepped) return e;
    if (!begins) return fail(c, ERR_PEER, "restore.foreign");
    int64_t last = batch.head.seq + batch.head.count - 1;
    bool end = batch.head.epoch == greet->head_epoch && last == greet->head_seq;
    struct str head_chain = {greet->head_chain, sizeof greet->head_chain};
    bool fits = within(greet, batch.head.epoch, last) &&
                (!end || str_eq(batch.head.chain, head_chain));
    if (!fits) return fail(c, ERR_PEER, "restore.foreign");
    struct taking_back taking = {.peer = peer, .batch = &batch, .start = spot};
    e = store_tx(c, take_step, &taking);
    if (e != OK) return e;
    greet->shared = true;
    greet->epoch = batch.head.epoch;
    greet->seq = last;
    if (end) greet->step = GREET_EPOCH;
    return OK;
}
