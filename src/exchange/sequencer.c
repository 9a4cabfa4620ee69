#include "exchange/sequencer.h"

#include "base/limits.h"
#include "core/closed.h"
#include "core/directory.h"
#include "core/office.h"
#include "exchange/files.h"
#include "exchange/restore_sql.h"

enum { LEAVES_A_RUN = 10000 };

static const struct str LEASE_NAME = {"sequencer", 9};

/* Whoever takes the lease is a new instance to the peers, too. */
static enum err take(struct call *c, void *arg)
{
    struct sequencer *sequencer = arg;
    enum err e = instance_begin(c);
    return e != OK ? e : lease_take(c, LEASE_NAME, &sequencer->fence);
}

enum err sequencer_take(struct call *c, struct sequencer *ret_sequencer)
{
    return store_tx(c, take, ret_sequencer);
}

/* What one look or one beat finds; the store may run it more than once. */
struct standing {
    const struct sequencer *before;
    struct sequencer after;
    bool leave;
};

static enum err stand(struct call *c, void *arg)
{
    struct standing *s = arg;
    int64_t fence = 0;
    int64_t beat = 0;
    s->after = *s->before;
    enum err e = lease_look(c, LEASE_NAME, &fence, &beat);
    if (e != OK) return e;
    bool same = fence == s->after.seen_fence && beat == s->after.seen_beat;
    s->after.looks = same ? s->after.looks + 1 : 0;
    s->after.seen_fence = fence;
    s->after.seen_beat = beat;
    if (beat != 0 && s->after.looks < SEQUENCER_LOOKS) return OK;
    s->after = (struct sequencer){};
    return take(c, &s->after); /* nobody moved it since: else a conflict */
}

static enum err beat(struct call *c, void *arg)
{
    struct standing *s = arg;
    bool held = false;
    s->after = *s->before;
    enum err e = lease_beat(c, LEASE_NAME, s->before->fence, s->leave, &held);
    if (!held || s->leave) s->after = (struct sequencer){};
    return e;
}

enum err sequencer_stand(struct call *c, struct sequencer *sequencer)
{
    struct standing s = {.before = sequencer};
    enum err e = store_tx(c, sequencer->fence > 0 ? beat : stand, &s);
    if (e == OK) *sequencer = s.after;
    if (e != OK) sequencer->looks = 0;
    return e;
}

enum err sequencer_leave(struct call *c, struct sequencer *sequencer)
{
    struct standing s = {.before = sequencer, .leave = true};
    if (sequencer->fence == 0) return OK;
    enum err e = store_tx(c, beat, &s);
    if (e == OK) *sequencer = s.after;
    return e;
}

/* Notes which files the peer may fetch from now on. Of a record that was given here, not those that
 * this office had anyhow: else who knows a file's name could get it by giving a record that names
 * it. */
static enum err share_files(struct call *c, struct str peer, const struct waiting_row *row)
{
    struct version v = {};
    struct file_ref *files = NULL;
    size_t count = 0;
    enum err e = record_version(c, row->record, row->n, &v);
    if (e == OK) e = version_files(c, &v, &files, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        bool unproven = false;
        if (v.passage_count > 0) e = wanted_unproven(c, row->record, files[i].root, &unproven);
        if (e == OK && !unproven) e = shared_insert(c, peer, files[i].root, row->record);
    }
    return e;
}

/* What the row's object measures; a statement lies inside a version of this office's record. */
static enum err row_size(struct call *c, const struct waiting_row *row, int64_t *ret_size)
{
    struct str frame = {};
    *ret_size = row->size;
    if (row->kind != ENTRY_KEY) return OK;
    enum err e = directory_frame(c, row->record, row->n, &frame);
    if (e == OK) *ret_size = (int64_t)frame.len;
    return e;
}

static enum err number_row(struct call *c, struct str peer, struct feed_row *feed,
                           const struct waiting_row *row)
{
    int64_t size = 0;
    enum err e = row_size(c, row, &size);
    if (e != OK) return e;
    struct batch_entry entry = {
        .entry =
            {
                .format = ENTRY_FORMAT,
                .from = c->office->id,
                .to = peer,
                .epoch = feed->epoch,
                .seq = feed->next_seq,
                .kind = row->kind,
                .priority = row->priority,
                .record = row->record,
                .n = row->n,
                .object = row->object,
                .size = size,
            },
    };
    entry.bytes = entry_write(c, &entry.entry);
    entry.chain = chain_next(c, feed->chain, entry.bytes);
    e = entry_insert(c, &entry, row->id);
    if (e == OK && row->kind == ENTRY_VERSION) e = share_files(c, peer, row);
    if (e != OK) return e;
    feed->chain = entry.chain;
    feed->next_seq++;
    return OK;
}

/* How much may be numbered for a peer and not yet acknowledged by it. */
struct window {
    int64_t entries;
    int64_t bytes;
    enum priority least; /* nothing less urgent */
};

static int64_t at_most(int64_t credit, int64_t limit)
{
    return credit > 0 && credit < limit ? credit : limit;
}

/* The window that the peer gives. A full disk takes receipts and control; what it says is old after
 * a while, and since nothing else is sent that would be answered, one entry then asks anew. */
static struct window window_of(struct call *c, const struct feed_row *feed, int64_t used_entries)
{
    struct window window = {
        .entries = at_most(feed->credit_entries, LIMIT_BATCH_ENTRIES),
        .bytes = at_most(feed->credit_bytes, LIMIT_BATCH_BYTES),
        .least = PRIORITY_BULK,
    };
    if (feed->disk != DISK_FULL) return window;
    int64_t age_ms = c->now_ms - feed->heard_ms;
    bool old = age_ms >= SEQUENCER_ASK_MS || age_ms < 0; /* or the clock was set back */
    if (old && used_entries == 0) {
        window.entries = 1;
    } else {
        window.least = PRIORITY_CONTROL;
    }
    return window;
}

static enum err number_peer(struct call *c, void *arg)
{
    struct str peer = *(const struct str *)arg;
    struct feed_row feed = {};
    struct instance own = {};
    struct waiting_row *rows = NULL;
    size_t count = 0;
    int64_t entries = 0;
    int64_t bytes = 0;
    enum err e = feed_load(c, peer, &feed);
    if (e != OK) return e;
    if (feed.stopped.len > 0) return OK; /* what waits goes on waiting, visibly */
    e = instance_load(c, &own);
    if (e != OK || !str_eq(feed.met, own.run)) return e; /* not compared with: greet.h */
    e = window_used(c, peer, &feed, &entries, &bytes);
    struct window window = window_of(c, &feed, entries);
    if (e != OK || entries >= window.entries) return e;
    e = waiting_list(c, peer, window.least, window.entries - entries, &rows, &count);
    int64_t first = feed.next_seq;
    for (size_t i = 0; e == OK && i < count; i++) {
        bytes += rows[i].size;
        if (bytes > window.bytes && entries > 0) break; /* one entry always fits */
        e = number_row(c, peer, &feed, &rows[i]);
        entries++;
    }
    if (e != OK || feed.next_seq == first) return e;
    store_note(c, str_format(c->arena, "feed:%.*s", STR_ARG(peer)));
    return feed_advance(c, peer, feed.next_seq, feed.chain);
}

/* Numbers for one peer. What is wrong with one of its rows does not hold up the other peers. */
static enum err number_alone(struct call *c, struct str peer)
{
    enum err e = store_attempt(c, number_peer, &peer);
    if (e == OK || err_info(e)->fault == FAULT_OURS) return e;
    struct str reason = str_of(c->failure.reason);
    call_clear(c);
    return alarm_raise(c, peer, "sequencer.stuck", reason);
}

enum err sequencer_check(struct call *c, const struct sequencer *sequencer)
{
    int64_t fence = 0;
    enum err e = lease_fence(c, LEASE_NAME, &fence);
    if (e != OK) return e;
    return fence == sequencer->fence ? OK : fail(c, ERR_STALE, "sequencer.fenced");
}

enum err sequencer_number(struct call *c, const struct sequencer *sequencer)
{
    struct rows peers = {};
    enum closed closed = CLOSED_NOT;
    enum err e = sequencer_check(c, sequencer);
    if (e == OK) e = closed_look(c, &closed);
    if (e != OK || closed != CLOSED_NOT) return e;
    e = leaf_number(c, LEAVES_A_RUN);
    if (e == OK) e = waiting_peers(c, &peers);
    for (size_t i = 0; e == OK && i < peers.count; i++) {
        e = number_alone(c, rows_text(&peers, i, 0));
    }
    return e;
}

static enum err number_all(struct call *c, void *arg)
{
    return sequencer_number(c, arg);
}

static enum err anything(struct call *c, void *arg)
{
    return waiting_any(c, arg);
}

enum err sequencer_run(struct call *c, const struct sequencer *sequencer)
{
    bool any = false;
    struct sequencer held = *sequencer;
    ensure(held.fence > 0);
    enum err e = store_read(c, anything, &any);
    if (e != OK || !any) return e;
    return store_tx(c, number_all, &held);
}
