#include "exchange/fetch.h"

#include "base/id.h"
#include "base/limits.h"
#include "core/office.h"
#include "exchange/chunk_frame.h"
#include "exchange/credit.h"
#include "exchange/exchange_sql.h"
#include "exchange/feed.h"
#include "exchange/repair.h"
#include "store/blob.h"
#include "store/part.h"

enum { BUSY_WAIT_MS = 5 * 1000 };

struct fetch {
    struct arena *arena; /* of the struct */
    struct str peer;
    int64_t wake_ms;  /* no question before */
    int64_t failures; /* in a row, of this peer */
    /* the file under way; `file` has its own arena, which the open part goes with */
    struct call file;
    struct part *part; /* NULL: none */
    struct wanted_row wanted;
    bool mixed; /* the store knows that another office than the sender gives it */
    bool lied;  /* the last answer was not the chunk */
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
    fetch->part = NULL;
    fetch->wanted = (struct wanted_row){};
    fetch->mixed = false;
    fetch->lied = false;
}

void fetch_close(struct fetch *fetch)
{
    if (fetch == NULL) return;
    call_end(&fetch->file);
    arena_close(fetch->arena);
}

/* A step on the file that a peer gives, or does not give. */
struct step {
    struct str peer;
    struct wanted_row wanted;
    bool any;
    const char *reason;
    int64_t wake_ms;
    bool lied;
};

static struct step step_of(const struct fetch *fetch)
{
    return (struct step){.peer = fetch->peer, .wanted = fetch->wanted};
}

static enum err choose(struct call *c, void *arg)
{
    struct step *step = arg;
    enum priority least = PRIORITY_CONTROL;
    step->any = false;
    if (!credit_files(c, &least)) return OK;
    return wanted_next(c, step->peer, least, &step->wanted, &step->any);
}

static enum err arrived(struct call *c, void *arg)
{
    const struct step *step = arg;
    return wanted_here(c, step->wanted.root, step->peer);
}

/* It was here before anybody gave it. */
static enum err held(struct call *c, void *arg)
{
    const struct step *step = arg;
    return wanted_here(c, step->wanted.root, S(""));
}

static enum err later(struct call *c, void *arg)
{
    const struct step *step = arg;
    return wanted_later(c, step->peer, &step->wanted, step->wake_ms);
}

static enum err mix(struct call *c, void *arg)
{
    const struct step *step = arg;
    return wanted_mix(c, step->wanted.root);
}

static enum err failed(struct call *c, void *arg)
{
    const struct step *step = arg;
    store_note(c, S("wanted")); /* another office may be asked now */
    enum err e = wanted_failed(c, step->peer, &step->wanted, step->reason, step->wake_ms);
    if (e != OK || !step->lied) return e;
    return alarm_raise(c, step->peer, "fetch.lied", step->wanted.root);
}

/* Passes an error of the file's own call on to the caller's. */
static enum err file_error(struct call *c, struct fetch *fetch, enum err e)
{
    const char *reason = fetch->file.failure.reason;
    call_clear(&fetch->file);
    return fail(c, e, reason);
}

static enum err lasting_fail(struct call *c, struct fetch *fetch, const char *reason)
{
    struct step step = step_of(fetch);
    step.wanted.root = str_copy(c->arena, step.wanted.root);
    step.reason = reason;
    step.lied = fetch->lied;
    step.wake_ms = c->now_ms + FEED_BACKOFF_MAX_MS;
    file_drop(fetch);
    return store_tx(c, failed, &step);
}

/* All chunks are here, each of them proven: the file gets its name. */
static enum err file_end(struct call *c, struct fetch *fetch)
{
    struct step step = step_of(fetch);
    step.wanted.root = str_copy(c->arena, step.wanted.root);
    enum err e = part_finish(&fetch->file, fetch->part);
    if (e != OK) {
        e = file_error(c, fetch, e);
        file_drop(fetch);
        return e;
    }
    file_drop(fetch);
    return store_tx(c, arrived, &step);
}

/* A file without bytes needs no question. */
static enum err empty_make(struct call *c, struct fetch *fetch)
{
    struct blob_writer *writer = NULL;
    struct str root = {};
    struct step step = step_of(fetch);
    step.wanted.root = str_copy(c->arena, step.wanted.root);
    enum err e = blob_create(c, c->office->dir, 0, &writer);
    if (e == OK) e = blob_finish(c, writer, &root, NULL);
    if (e != OK) return e;
    if (!str_eq(root, fetch->wanted.root)) return lasting_fail(c, fetch, "part.chunk");
    file_drop(fetch);
    return store_tx(c, arrived, &step);
}

/* Opens what is wanted. Afterwards there is a part with something to ask for, or nothing more of
 * this file is to be done now. */
static enum err file_begin(struct call *c, struct fetch *fetch, const struct wanted_row *wanted)
{
    file_drop(fetch);
    fetch->wanted = *wanted;
    fetch->wanted.root = str_copy(fetch->file.arena, wanted->root);
    struct step step = step_of(fetch);
    struct str dir = c->office->dir;
    bool here = blob_has(c, dir, wanted->root);
    if (here && !wanted->damaged) return store_tx(c, held, &step);
    if (wanted->size == 0) return empty_make(c, fetch);
    enum err e = here ? part_again(&fetch->file, dir, wanted->root, wanted->size, &fetch->part)
                      : part_open(&fetch->file, dir, wanted->root, wanted->size, &fetch->part);
    if (e == ERR_BUSY) { /* it comes from somebody else */
        step.wake_ms = c->now_ms + BUSY_WAIT_MS;
        return store_tx(c, later, &step);
    }
    if (e == ERR_INVALID) return lasting_fail(c, fetch, "part.root");
    if (e != OK) return file_error(c, fetch, e);
    return part_missing(fetch->part) == 0 ? file_end(c, fetch) : OK;
}

static enum err file_choose(struct call *c, struct fetch *fetch)
{
    for (size_t i = 0; i < LIMIT_FILES && fetch->part == NULL; i++) {
        struct step step = {.peer = fetch->peer};
        enum err e = store_read(c, choose, &step);
        if (e != OK || !step.any) return e;
        e = file_begin(c, fetch, &step.wanted);
        if (e != OK) return e;
    }
    return OK;
}

enum err fetch_next(struct call *c, struct fetch *fetch, struct fetch_request *ret_request)
{
    *ret_request = (struct fetch_request){};
    if (c->now_ms < fetch->wake_ms) return OK;
    enum err e = fetch->part != NULL ? OK : file_choose(c, fetch);
    if (e != OK || fetch->part == NULL) return e;
    ret_request->root = fetch->wanted.root;
    ret_request->index = part_next(fetch->part);
    ensure(ret_request->index >= 0);
    ret_request->path = str_format(c->arena, "/x1/blob/%.*s/%lld", STR_ARG(fetch->wanted.root),
                                   (long long)ret_request->index);
    ret_request->bytes = CHUNK_FRAME_BYTES_MAX;
    return OK;
}

/* Whether the frame is the chunk asked for, of which the part says whether it is a true one. */
static enum err chunk_take(struct call *c, struct fetch *fetch, struct str frame)
{
    struct chunk chunk = {};
    enum err e = chunk_decode(c, frame, &chunk);
    if (e != OK) return e;
    if (chunk.index != part_next(fetch->part)) return fail(c, ERR_PEER, "part.chunk");
    e = part_put(&fetch->file, fetch->part, &chunk);
    return e == OK ? OK : file_error(c, fetch, e);
}

enum err fetch_take(struct call *c, struct fetch *fetch, struct str frame)
{
    ensure(fetch->part != NULL);
    enum err e = chunk_take(c, fetch, frame);
    fetch->lied = e == ERR_PEER;
    if (e != OK) return e;
    fetch->failures = 0;
    if (fetch->wanted.elsewhere && !fetch->mixed) {
        struct step step = step_of(fetch);
        e = store_tx(c, mix, &step);
        if (e != OK) return e;
        fetch->mixed = true;
    }
    return part_missing(fetch->part) > 0 ? OK : file_end(c, fetch);
}

enum err fetch_fail(struct call *c, struct fetch *fetch, const char *reason, bool lasting)
{
    bool under_way = fetch->part != NULL;
    if (under_way && (lasting || fetch->lied)) return lasting_fail(c, fetch, reason);
    fetch->failures++;
    fetch->wake_ms = c->now_ms + feed_backoff_ms(c, fetch->failures);
    if (!under_way) return OK;
    struct step step = step_of(fetch);
    step.wanted.root = str_copy(c->arena, step.wanted.root);
    step.reason = reason;
    step.wake_ms = c->now_ms;
    file_drop(fetch); /* others may go on with it */
    return store_tx(c, failed, &step);
}

struct waking {
    struct str peer;
    int64_t wake_ms;
};

static enum err wake_read(struct call *c, void *arg)
{
    struct waking *waking = arg;
    enum priority least = PRIORITY_CONTROL;
    waking->wake_ms = INT64_MAX;
    if (!credit_files(c, &least)) return OK; /* looked at again when the disk may be free */
    return wanted_wake(c, waking->peer, least, &waking->wake_ms);
}

enum err fetch_wake(struct call *c, struct fetch *fetch, int64_t *ret_wake_ms)
{
    struct waking waking = {.peer = fetch->peer};
    if (fetch->part != NULL) {
        *ret_wake_ms = fetch->wake_ms;
        return OK;
    }
    enum err e = store_read(c, wake_read, &waking);
    if (e != OK) return e;
    *ret_wake_ms = waking.wake_ms > fetch->wake_ms ? waking.wake_ms : fetch->wake_ms;
    return OK;
}

static enum err waiting_read(struct call *c, void *arg)
{
    return wanted_peers(c, arg);
}

enum err fetch_waiting(struct call *c, struct str **ret_peers, size_t *ret_count)
{
    struct rows rows = {};
    enum err e = store_read(c, waiting_read, &rows);
    if (e != OK) return e;
    struct str *peers = arena_array(c->arena, rows.count, sizeof *peers);
    for (size_t i = 0; i < rows.count; i++)
        peers[i] = rows_text(&rows, i, 0);
    *ret_peers = peers;
    *ret_count = rows.count;
    return OK;
}

static enum err hurry_step(struct call *c, void *arg)
{
    (void)arg;
    return wanted_hurry(c, FEED_BACKOFF_MAX_MS);
}

enum err fetch_clock_back(struct call *c)
{
    return store_tx(c, hurry_step, NULL);
}

void fetch_hurry(struct fetch *fetch, int64_t now_ms)
{
    if (fetch->wake_ms > now_ms) fetch->wake_ms = now_ms;
}

/* The giving side, and what is pushed */

struct serving {
    struct str peer;
    struct str root;
    bool shared;
    struct wanted_row wanted;
    bool is_wanted;
};

static enum err share_check(struct call *c, void *arg)
{
    struct serving *serving = arg;
    return shared_find(c, serving->peer, serving->root, &serving->shared);
}

static enum err want_check(struct call *c, void *arg)
{
    struct serving *serving = arg;
    return wanted_from(c, serving->peer, serving->root, &serving->wanted, &serving->is_wanted);
}

static enum err may_have(struct call *c, struct str peer, struct str root)
{
    ensure(id_is_office(peer)); /* proven by its certificate */
    struct serving serving = {.peer = peer, .root = root};
    if (!object_is_hash(root)) return fail(c, ERR_NOT_FOUND, "blob.missing");
    enum err e = store_read(c, share_check, &serving);
    if (e == OK && !serving.shared) e = fail(c, ERR_NOT_FOUND, "blob.missing");
    return e;
}

enum err fetch_serve(struct call *c, struct str peer, struct str root, int *ret_fd,
                     int64_t *ret_size)
{
    enum err e = may_have(c, peer, root);
    return e == OK ? blob_open(c, c->office->dir, root, ret_fd, ret_size) : e;
}

enum err fetch_chunk(struct call *c, struct str peer, struct str root, int64_t index,
                     struct str *ret_frame)
{
    struct chunk chunk = {};
    enum err e = may_have(c, peer, root);
    if (e == OK) e = blob_chunk(c, c->office->dir, root, index, &chunk);
    if (e == OK) *ret_frame = chunk_encode(c, &chunk);
    if (e != ERR_CORRUPT) return e;
    call_clear(c); /* told to a person; the peer hears it below */
    e = repair_file(c, root);
    return e == OK ? fail(c, ERR_CORRUPT, "blob.corrupt") : e;
}

/* The part of a file that is wanted from the peer. Shapes: ret_part is NULL for a file of no
 * bytes. */
static enum err wanted_open(struct call *c, struct serving *serving, struct part **ret_part)
{
    ensure(id_is_office(serving->peer));
    enum err e = store_read(c, want_check, serving);
    if (e != OK) return e;
    bool open = serving->is_wanted && serving->wanted.size > 0 &&
                !blob_has(c, c->office->dir, serving->root);
    if (!open) return fail(c, ERR_NOT_FOUND, "blob.missing");
    return part_open(c, c->office->dir, serving->root, serving->wanted.size, ret_part);
}

static struct str full_map(struct call *c, int64_t count)
{
    size_t len = (size_t)(count + 7) / 8;
    uint8_t *map = arena_alloc(c->arena, len + 1);
    for (int64_t i = 0; i < count; i++)
        map[i / 8] = (uint8_t)(map[i / 8] | 0x80 >> i % 8);
    return (struct str){(const char *)map, len};
}

enum err fetch_held(struct call *c, struct str peer, struct str root, int64_t *ret_size,
                    struct str *ret_map)
{
    int fd = -1;
    int64_t size = 0;
    struct part *part = NULL;
    struct serving serving = {.peer = peer, .root = root};
    enum err e = fetch_serve(c, peer, root, &fd, &size);
    if (e == OK) {
        *ret_size = size;
        *ret_map = full_map(c, chunk_count(size));
        return OK;
    }
    if (e != ERR_NOT_FOUND) return e;
    call_clear(c); /* not here, but perhaps wanted */
    e = wanted_open(c, &serving, &part);
    if (e != OK) return e;
    *ret_size = serving.wanted.size;
    *ret_map = part_map(part, c->arena);
    return OK;
}

/* Names who pushed what is not the file. */
static enum err lie_note(struct call *c, void *arg)
{
    const struct serving *serving = arg;
    return alarm_raise(c, serving->peer, "fetch.lied", serving->root);
}

static enum err push_take(struct call *c, struct part *part, struct str frame)
{
    struct chunk chunk = {};
    enum err e = chunk_decode(c, frame, &chunk);
    return e == OK ? part_put(c, part, &chunk) : e;
}

enum err fetch_push(struct call *c, struct str peer, struct str root, struct str frame,
                    int64_t *ret_next)
{
    struct part *part = NULL;
    struct serving serving = {.peer = peer, .root = root};
    struct step step = {.peer = peer, .wanted = {.root = root}};
    enum err e = wanted_open(c, &serving, &part);
    if (e != OK) return e;
    e = push_take(c, part, frame);
    if (e == ERR_PEER) {
        const char *reason = c->failure.reason;
        call_clear(c); /* told to a person; the peer hears it below */
        e = store_tx(c, lie_note, &serving);
        return e == OK ? fail(c, ERR_INVALID, reason) : e;
    }
    if (e == OK && part_missing(part) == 0) {
        e = part_finish(c, part);
        if (e == OK) e = store_tx(c, arrived, &step);
        if (e == OK) *ret_next = -1;
    } else if (e == OK) {
        *ret_next = part_next(part);
    }
    return e;
}
