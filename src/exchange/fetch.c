#include "exchange/fetch.h"

#include "base/id.h"
#include "base/limits.h"
#include "core/office.h"
#include "exchange/exchange_sql.h"
#include "exchange/feed.h"
#include "store/blob.h"

struct fetch {
    struct arena *arena; /* of the struct */
    struct str peer;
    int64_t wake_ms;  /* no question before */
    int64_t failures; /* in a row, of the file under way */
    /* the file under way; `file` has its own arena, which an unfinished file goes with */
    struct call file;
    bool open;
    struct blob_writer *writer;
    struct str root;
    int64_t size;
    int64_t offset;
    uint8_t (*leaves)[32];
    size_t leaf_count;
};

struct fetch *fetch_open(const struct env *env, struct store *store, struct office *office,
                         struct str peer)
{
    struct arena *arena = arena_open(0);
    struct fetch *fetch = arena_alloc(arena, sizeof *fetch);
    fetch->arena = arena;
    fetch->peer = str_copy(arena, peer);
    fetch->file = call_begin(env, store, office);
    return fetch;
}

static void file_drop(struct fetch *fetch)
{
    arena_reset(fetch->file.arena);
    call_clear(&fetch->file);
    fetch->open = false;
    fetch->writer = NULL;
    fetch->leaves = NULL;
    fetch->leaf_count = 0;
    fetch->offset = 0;
    fetch->failures = 0;
}

void fetch_close(struct fetch *fetch)
{
    if (fetch == NULL) return;
    call_end(&fetch->file);
    arena_close(fetch->arena);
}

struct choosing {
    struct str peer;
    struct str root;
    struct wanted_row wanted;
    bool any;
};

static enum err choose(struct call *c, void *arg)
{
    struct choosing *choosing = arg;
    return wanted_next(c, choosing->peer, &choosing->wanted, &choosing->any);
}

static enum err arrived(struct call *c, void *arg)
{
    const struct choosing *choosing = arg;
    return wanted_here(c, choosing->root);
}

/* Passes an error of the file's own call on to the caller's. */
static enum err file_error(struct call *c, struct fetch *fetch, enum err e)
{
    const char *reason = fetch->file.failure.reason;
    call_clear(&fetch->file);
    return fail(c, e, reason);
}

static enum err file_begin(struct call *c, struct fetch *fetch, const struct wanted_row *wanted)
{
    file_drop(fetch);
    size_t chunks = (size_t)((wanted->size + CHUNK_BYTES - 1) / CHUNK_BYTES);
    fetch->root = str_copy(fetch->file.arena, wanted->root);
    fetch->size = wanted->size;
    fetch->leaves = arena_array(fetch->file.arena, chunks + 1, sizeof *fetch->leaves);
    enum err e = blob_create(&fetch->file, c->office->dir, wanted->size, &fetch->writer);
    if (e != OK) return file_error(c, fetch, e);
    fetch->open = true;
    return OK;
}

/* The file is whole: its root decides before it gets a name. */
static enum err file_end(struct call *c, struct fetch *fetch)
{
    struct choosing choosing = {.root = str_copy(c->arena, fetch->root)};
    uint8_t root[32];
    struct str named = {};
    merkle_root(c->arena, (const uint8_t(*)[32])fetch->leaves, fetch->leaf_count, root);
    if (!str_eq(hex_encode(c->arena, (struct str){(const char *)root, sizeof root}), fetch->root)) {
        return fail(c, ERR_PEER, "fetch.root");
    }
    enum err e = blob_finish(&fetch->file, fetch->writer, &named, NULL);
    if (e != OK) return file_error(c, fetch, e);
    ensure(str_eq(named, choosing.root));
    file_drop(fetch);
    return store_tx(c, arrived, &choosing);
}

/* Takes the next file, passing over those that have come another way and those without bytes. */
static enum err file_choose(struct call *c, struct fetch *fetch)
{
    for (size_t i = 0; i < LIMIT_FILES; i++) {
        struct choosing choosing = {.peer = fetch->peer};
        enum err e = store_read(c, choose, &choosing);
        if (e != OK || !choosing.any) return e;
        choosing.root = choosing.wanted.root;
        if (blob_has(c, c->office->dir, choosing.root)) {
            e = store_tx(c, arrived, &choosing);
            if (e != OK) return e;
            continue;
        }
        e = file_begin(c, fetch, &choosing.wanted);
        if (e != OK || fetch->size > 0) return e;
        e = file_end(c, fetch);
        if (e != OK) return e;
    }
    return OK;
}

enum err fetch_next(struct call *c, struct fetch *fetch, struct fetch_request *ret_request)
{
    *ret_request = (struct fetch_request){};
    if (c->now_ms < fetch->wake_ms) return OK;
    enum err e = fetch->open ? OK : file_choose(c, fetch);
    if (e != OK || !fetch->open) return e;
    int64_t left = fetch->size - fetch->offset;
    ret_request->root = fetch->root;
    ret_request->offset = fetch->offset;
    ret_request->bytes = left < CHUNK_BYTES ? left : CHUNK_BYTES;
    ensure(ret_request->bytes > 0);
    return OK;
}

enum err fetch_take(struct call *c, struct fetch *fetch, struct str piece)
{
    ensure(fetch->open);
    int64_t left = fetch->size - fetch->offset;
    int64_t asked = left < CHUNK_BYTES ? left : CHUNK_BYTES;
    if ((int64_t)piece.len != asked) return fail(c, ERR_PEER, "fetch.piece");
    enum err e = blob_write(&fetch->file, fetch->writer, piece);
    if (e != OK) return file_error(c, fetch, e);
    merkle_leaf(piece, fetch->leaves[fetch->leaf_count++]);
    fetch->offset += asked;
    fetch->failures = 0;
    return fetch->offset < fetch->size ? OK : file_end(c, fetch);
}

struct failing {
    struct str peer;
    struct str root;
    const char *reason;
    int64_t wake_ms;
};

static enum err fail_note(struct call *c, void *arg)
{
    const struct failing *failing = arg;
    return wanted_failed(c, failing->peer, failing->root, failing->reason, failing->wake_ms);
}

enum err fetch_fail(struct call *c, struct fetch *fetch, const char *reason, bool lasting)
{
    if (!fetch->open) return OK; /* nothing was under way */
    fetch->failures++;
    int64_t wait_ms = feed_backoff_ms(c, fetch->failures);
    bool whole = fetch->offset == fetch->size; /* complete and wrong: begin again */
    if (!lasting && !whole) {
        fetch->wake_ms = c->now_ms + wait_ms;
        return OK;
    }
    struct failing failing = {
        .peer = fetch->peer,
        .root = str_copy(c->arena, fetch->root),
        .reason = reason,
        .wake_ms = c->now_ms + FEED_BACKOFF_MAX_MS,
    };
    file_drop(fetch);
    return store_tx(c, fail_note, &failing);
}

struct waking {
    struct str peer;
    int64_t wake_ms;
};

static enum err wake_read(struct call *c, void *arg)
{
    struct waking *waking = arg;
    return wanted_wake(c, waking->peer, &waking->wake_ms);
}

enum err fetch_wake(struct call *c, struct fetch *fetch, int64_t *ret_wake_ms)
{
    struct waking waking = {.peer = fetch->peer};
    if (fetch->open) {
        *ret_wake_ms = fetch->wake_ms;
        return OK;
    }
    enum err e = store_read(c, wake_read, &waking);
    if (e != OK) return e;
    *ret_wake_ms = waking.wake_ms > fetch->wake_ms ? waking.wake_ms : fetch->wake_ms;
    return OK;
}

void fetch_hurry(struct fetch *fetch, int64_t now_ms)
{
    if (fetch->wake_ms > now_ms) fetch->wake_ms = now_ms;
}

struct serving {
    struct str peer;
    struct str root;
    bool shared;
};

static enum err share_check(struct call *c, void *arg)
{
    struct serving *serving = arg;
    return shared_find(c, serving->peer, serving->root, &serving->shared);
}

enum err fetch_serve(struct call *c, struct str peer, struct str root, int *ret_fd,
                     int64_t *ret_size)
{
    ensure(id_is_office(peer)); /* proven by its certificate */
    struct serving serving = {.peer = peer, .root = root};
    if (!object_is_hash(root)) return fail(c, ERR_NOT_FOUND, "blob.missing");
    enum err e = store_read(c, share_check, &serving);
    if (e != OK) return e;
    if (!serving.shared) return fail(c, ERR_NOT_FOUND, "blob.missing");
    return blob_open(c, c->office->dir, root, ret_fd, ret_size);
}
