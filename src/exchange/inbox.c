#include "exchange/inbox.h"

#include "base/id.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "core/closed.h"
#include "core/directory.h"
#include "core/office.h"
#include "core/passage.h"
#include "core/receipt.h"
#include "core/version.h"
#include "exchange/credit.h"
#include "exchange/files.h"
#include "exchange/restore_sql.h"
#include "exchange/statement.h"
#include "exchange/witness.h"
#include "store/blob.h"

struct taking {
    const struct batch *batch;
    const struct peer *peer;
    struct cursor_row cursor;
};

struct entry_taking {
    const struct batch_entry *entry;
    const struct peer *peer;
    int64_t key_place; /* cursor's; a change of the key moves it */
};

static bool personal_fits(const struct batch_entry *at)
{
    for (size_t i = 0; i < at->personal_count; i++) {
        const struct personal_row *row = &at->personal[i];
        bool text = utf8_valid(row->path) && utf8_valid(row->value) && utf8_is_nfc(row->value);
        if (!text || row->path.len > LIMIT_NAME_BYTES || row->value.len > LIMIT_LONG_BYTES) {
            return false;
        }
    }
    return true;
}

/* The object is the one the entry names, and its texts are fit for the store. */
static enum err entry_fits(struct call *c, const struct batch_entry *at)
{
    bool named = (int64_t)at->object.len == at->entry.size &&
                 str_eq(version_hash(c, at->object), at->entry.object);
    if (!named) return fail(c, ERR_INVALID, "entry.object");
    return personal_fits(at) ? OK : fail(c, ERR_INVALID, "entry.personal");
}

/* Whether a file of that size may come from the office at all; what may not is refused before a
 * byte of it is asked for. */
static enum err file_fits(struct call *c, struct str peer, const struct file_ref *file)
{
    int64_t open_bytes = 0;
    if (!object_is_hash(file->root)) return fail(c, ERR_INVALID, "part.root");
    if (file->size > LIMIT_FILE_BYTES) return fail(c, ERR_LIMIT, "fetch.too_large");
    enum err e = wanted_sum(c, peer, &open_bytes);
    if (e != OK || open_bytes + file->size <= LIMIT_WANTED_BYTES) return e;
    return fail(c, ERR_LIMIT, "fetch.quota");
}

/* Remembers the files of a version: which are still to be fetched, and which it names at all. */
static enum err files_want(struct call *c, const struct entry *entry, const struct version *v)
{
    struct file_ref *files = NULL;
    size_t count = 0;
    enum err e = version_files(c, v, &files, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        e = file_fits(c, entry->from, &files[i]);
        if (e != OK) return e;
        bool here = blob_has(c, c->office->dir, files[i].root);
        e = wanted_insert(c, entry->from, entry, &files[i], here ? WANTED_HELD : WANTED_OPEN);
    }
    return e;
}

static enum err version_take(struct call *c, const struct batch_entry *at,
                             const struct arrival *arrival)
{
    struct version v = {};
    const struct entry *entry = &at->entry;
    enum err e = record_arrive(c, arrival, &v);
    if (e != OK) return e;
    if (!str_eq(v.record, entry->record) || v.n != entry->n) {
        return fail(c, ERR_INVALID, "entry.object");
    }
    return files_want(c, entry, &v);
}

static enum err receipt_take(struct call *c, const struct batch_entry *at,
                             const struct arrival *arrival)
{
    struct receipt r = {};
    enum err e = receipt_arrive(c, arrival, &r);
    if (e != OK) return e;
    bool named = str_eq(r.record, at->entry.record) && r.n == at->entry.n;
    return named ? OK : fail(c, ERR_INVALID, "entry.object");
}

/* The sender goes on with another key: from here on its objects carry that one. */
static enum err key_take(struct call *c, struct entry_taking *taking)
{
    struct office_key key = {};
    const struct batch_entry *at = taking->entry;
    enum err e = directory_learn(c, taking->peer->office, at->object, &key);
    if (e == OK && key.place > taking->key_place) taking->key_place = key.place;
    return e;
}

static enum err entry_take(struct call *c, void *arg)
{
    struct entry_taking *taking = arg;
    const struct batch_entry *at = taking->entry;
    struct arrival arrival = {
        .bytes = at->object,
        .signature = at->signature,
        .office = taking->peer->office,
        .key_place = taking->key_place,
        .personal = at->personal,
        .personal_count = at->personal_count,
    };
    enum err e = entry_fits(c, at);
    if (e != OK) return e;
    if (at->entry.kind == ENTRY_KEY) return key_take(c, taking);
    return at->entry.kind == ENTRY_VERSION ? version_take(c, at, &arrival)
                                           : receipt_take(c, at, &arrival);
}

enum err inbox_entry(struct call *c, const struct batch_entry *entry, const struct peer *peer,
                     int64_t *key_place)
{
    struct entry_taking taking = {.entry = entry, .peer = peer, .key_place = *key_place};
    enum err e = store_attempt(c, entry_take, &taking);
    if (e == OK) *key_place = taking.key_place;
    return e;
}

/* Whether the sender may speak of this version: the record is its own, or came to it as the object
 * itself proves. Else nothing is said of it: a refusal would stand here against the real one. */
static bool version_is_of(struct call *c, const struct batch_entry *at)
{
    const struct entry *entry = &at->entry;
    struct version v = {};
    if (str_eq(id_home(entry->record), entry->from)) return true;
    enum err e = version_parse(c, at->object, &v);
    if (e == OK) e = passages_verify(c, &v, 0, PASSAGE_KEYS_GOOD);
    call_clear(c);
    return e == OK && str_eq(v.home, entry->from) && str_eq(v.record, entry->record) &&
           v.n == entry->n && str_eq(v.hash, entry->object);
}

/* Sets an entry aside, and tells the home of a version why. A receipt is not refused by another
 * receipt, which would go back and forth: it alarms here. */
static enum err set_aside(struct call *c, const struct batch_entry *at, int64_t key_place,
                          const char *reason)
{
    const struct entry *entry = &at->entry;
    struct version v = {
        .record = entry->record,
        .n = entry->n,
        .hash = entry->object,
        .home = entry->from,
    };
    bool whole = false;
    enum err e = quarantine_insert(c, at, reason, key_place, &whole);
    size_t personal = whole && personal_fits(at) ? at->personal_count : 0;
    for (size_t i = 0; e == OK && i < personal; i++)
        e = quarantine_personal_insert(c, entry, &at->personal[i]);
    if (e == OK) e = alarm_raise(c, entry->from, "inbox.set_aside", str_of(reason));
    if (e != OK) return e;
    bool told = entry->kind == ENTRY_VERSION && version_is_of(c, at);
    return told ? receipt_refuse(c, &v, str_of(reason)) : OK;
}

static enum err entries_take(struct call *c, struct taking *taking)
{
    const struct batch *batch = taking->batch;
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *one = &batch->entries[i];
        if (one->entry.seq <= taking->cursor.seq) continue;
        ensure(one->entry.seq == taking->cursor.seq + 1);
        enum err e = inbox_entry(c, one, taking->peer, &taking->cursor.key_place);
        if (e != OK && err_info(e)->fault == FAULT_OURS) return e;
        if (e != OK) {
            const char *reason = c->failure.reason;
            call_clear(c);
            e = set_aside(c, one, taking->cursor.key_place, reason);
        }
        if (e == OK) e = taken_insert(c, one);
        if (e != OK) return e;
        taking->cursor.seq = one->entry.seq;
        taking->cursor.chain = one->chain;
    }
    return OK;
}

/* Signs the acknowledgement of the cursor. It is stored in the same transaction and leaves after
 * the commit: what is acknowledged is durable. */
static enum err cursor_sign(struct call *c, const struct peer *peer, struct cursor_row *cursor)
{
    struct str signature = {};
    struct ack ack = {
        .format = ENTRY_FORMAT,
        .from = c->office->id,
        .to = peer->office,
        .epoch = cursor->epoch,
        .seq = cursor->seq,
        .chain = cursor->chain,
        .time_ms = c->now_ms,
        .key = c->office->key,
        .call = peer->address.len == 0,
    };
    credit_fill(c, &ack);
    enum err e = heads_known(c, &ack.heads);
    if (e != OK) return e;
    struct str bytes = ack_write(c, &ack);
    e = statement_sign(c, PURPOSE_ACK, bytes, &signature);
    if (e == OK) cursor->ack = ack_encode(c, bytes, signature);
    return e;
}

/* Why the batch does not continue what we hold; NULL when it does. Another epoch is none: a batch
 * from before a restore came late, or this office was restored and the sender will hear of it. */
static const char *fork_find(const struct taking *taking)
{
    const struct batch *batch = taking->batch;
    const struct cursor_row *cursor = &taking->cursor;
    int64_t first = batch->head.seq;
    if (batch->head.epoch != cursor->epoch) return NULL;
    if (first > cursor->seq + 1 || first + batch->head.count - 1 < cursor->seq) return NULL;
    struct str chain =
        first == cursor->seq + 1 ? batch->head.prev : batch->entries[cursor->seq - first].chain;
    return str_eq(chain, cursor->chain) ? NULL : "feed.fork";
}

static enum err batch_take(struct call *c, void *arg)
{
    struct taking *taking = arg;
    const struct batch *batch = taking->batch;
    struct str from = batch->head.from;
    enum err e = closed_refuse(c);
    if (e == OK) e = instance_accept(c, from, batch->head.fence, batch->head.run);
    if (e == OK) e = cursor_load(c, from, &taking->cursor);
    if (e != OK) return e;
    const char *fork = fork_find(taking);
    int64_t last = batch->head.seq + batch->head.count - 1;
    bool gap = batch->head.seq > taking->cursor.seq + 1;
    bool repeat = last <= taking->cursor.seq || batch->head.epoch != taking->cursor.epoch;
    if (fork != NULL) e = alarm_raise(c, from, fork, batch->head.chain);
    if (e == OK && fork == NULL && !gap && !repeat) {
        e = entries_take(c, taking);
        taking->cursor.ack = (struct str){};
    }
    if (e != OK || taking->cursor.ack.len > 0) return e;
    e = cursor_sign(c, taking->peer, &taking->cursor);
    return e != OK ? e : cursor_store(c, from, &taking->cursor);
}

static enum err head_verify(struct call *c, struct str from, const struct batch *batch,
                            struct peer *ret_peer)
{
    const struct batch_head *head = &batch->head;
    bool meant = str_eq(head->from, from) && str_eq(head->to, c->office->id);
    if (!meant) return fail(c, ERR_DENIED, "inbox.peer");
    struct statement statement = {
        .office = from,
        .key = head->key,
        .purpose = PURPOSE_FEED,
        .bytes = batch->head_bytes,
        .signature = batch->signature,
    };
    return statement_verify(c, &statement, ret_peer);
}

enum err inbox_receive(struct call *c, struct str from, struct str bytes, struct str *ret_ack)
{
    ensure(id_is_office(from)); /* proven by its certificate */
    struct batch batch = {};
    struct peer peer = {};
    enum err e = batch_decode(c, bytes, &batch);
    if (e == OK) e = head_verify(c, from, &batch, &peer);
    if (e != OK) return e;
    struct taking taking = {.batch = &batch, .peer = &peer};
    e = store_tx(c, batch_take, &taking);
    if (e != OK) return e;
    ensure(taking.cursor.ack.len > 0);
    *ret_ack = taking.cursor.ack;
    return OK;
}
