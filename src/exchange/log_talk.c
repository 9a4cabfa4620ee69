#include "exchange/log_talk.h"

#include "base/limits.h"
#include "core/office.h"
#include "exchange/exchange_sql.h"
#include "exchange/feed.h"
#include "exchange/log_sql.h"
#include "exchange/note_key.h"

#include <sodium.h>
#include <string.h>

/* One turn of the talk with one peer. */
struct turn {
    struct log_talk *talk;
    struct log_ask ask;
    int status;
    struct str body;
    bool strange; /* the answer makes no sense */
    bool rest;    /* nothing will change soon */
};

/* Witnesses are spread over the peers by chance that stays the same: those whose hash with our id
 * is smallest. */
static void rank_of(struct call *c, struct str peer, uint8_t ret_rank[crypto_hash_sha256_BYTES])
{
    struct str text = str_format(c->arena, "%.*s %.*s", STR_ARG(c->office->id), STR_ARG(peer));
    crypto_hash_sha256(ret_rank, (const uint8_t *)text.ptr, text.len);
}

static enum err rank(struct call *c, struct log_talk *talk)
{
    struct peer *peers = NULL;
    size_t count = 0;
    size_t before = 0;
    uint8_t own[crypto_hash_sha256_BYTES];
    uint8_t other[crypto_hash_sha256_BYTES];
    if (talk->ranked) return OK;
    enum err e = peer_list(c, &peers, &count);
    if (e != OK) return e;
    rank_of(c, talk->peer, own);
    for (size_t i = 0; i < count; i++) {
        rank_of(c, peers[i].office, other);
        if (memcmp(other, own, sizeof own) < 0) before++;
    }
    talk->witness = before < LOG_WITNESSES;
    talk->ranked = true;
    return OK;
}

/* Proof and bytes of the newest checkpoint for somebody who knows `old_size`. */
static enum err since_make(struct call *c, int64_t old_size, struct str *ret_body)
{
    struct tree_range ranges[TREE_PATH_MAX];
    struct log_head head = {};
    struct submission s = {.old_size = old_size};
    enum err e = log_newest(c, &head);
    if (e != OK) return e;
    bool known = head.text.len > 0 && old_size <= head.head.size;
    if (!known) return fail(c, ERR_NOT_FOUND, "log.none");
    size_t count = tree_consistency(old_size, head.head.size, ranges);
    e = log_path(c, ranges, count, &s.path);
    s.note_bytes = note_write(c->arena, head.text, head.line);
    if (e == OK) *ret_body = submission_write(c->arena, &s);
    return e;
}

/* ---- what to ask ---- */

static enum err submit_next(struct call *c, struct turn *turn)
{
    struct log_talk *talk = turn->talk;
    struct log_head head = {};
    int64_t cosigned = 0;
    enum err e = rank(c, talk);
    if (e == OK) e = log_newest(c, &head);
    if (e == OK) e = log_cosign_newest(c, talk->peer, &cosigned);
    if (e != OK || !talk->witness || head.text.len == 0) return e;
    if (cosigned >= head.head.size) return OK;
    if (!talk->old_told) talk->old_size = cosigned;
    if (talk->old_size > head.head.size) return OK; /* it is shown instead */
    talk->step = LOG_SUBMIT;
    talk->asked = head.head;
    turn->ask.method = S("POST");
    turn->ask.path = S("/x1/witness/add-checkpoint");
    return since_make(c, talk->old_size, &turn->ask.body);
}

static enum err claim_ask(struct call *c, struct turn *turn)
{
    struct claim_row claim = {};
    struct seen_row seen = {};
    struct str peer = turn->talk->peer;
    enum err e = log_claim_next(c, peer, &claim);
    if (e == OK) e = log_seen_load(c, peer, &seen);
    if (e != OK || !claim.any) return e;
    bool later = claim.head.size > seen.head.size;
    turn->talk->step = later ? LOG_SINCE : LOG_PROVE;
    turn->talk->asked = seen.head;
    turn->talk->claim = claim.head;
    turn->ask.method = S("GET");
    turn->ask.path = later ? str_format(c->arena, "/x1/log/since/%lld", (long long)seen.head.size)
                           : str_format(c->arena, "/x1/log/proof/%lld/%lld",
                                        (long long)claim.head.size, (long long)seen.head.size);
    return OK;
}

static struct str origin_hash(struct call *c, struct str office)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    struct str origin = checkpoint_origin(c->arena, office);
    crypto_hash_sha256(hash, (const uint8_t *)origin.ptr, origin.len);
    return hex_encode(c->arena, (struct str){(const char *)hash, sizeof hash});
}

static enum err next_read(struct call *c, void *arg)
{
    struct turn *turn = arg;
    struct log_talk *talk = turn->talk;
    enum err e = OK;
    talk->step = LOG_IDLE;
    if (talk->show) {
        talk->step = LOG_SHOWN;
        turn->ask.method = S("GET");
        turn->ask.path = str_format(c->arena, "/x1/witness/%.*s/checkpoint",
                                    STR_ARG(origin_hash(c, c->office->id)));
        return OK;
    }
    e = claim_ask(c, turn);
    if (e == OK && talk->step == LOG_IDLE) e = submit_next(c, turn);
    return e;
}

enum err log_next(struct call *c, struct log_talk *talk, struct log_ask *ret_ask)
{
    struct turn turn = {.talk = talk};
    *ret_ask = (struct log_ask){};
    if (c->now_ms < talk->wake_ms) return OK;
    enum err e = store_read(c, next_read, &turn);
    if (e != OK) return e;
    if (talk->step == LOG_IDLE) talk->wake_ms = c->now_ms + LOG_SIGN_EVERY_MS;
    *ret_ask = turn.ask;
    return OK;
}

void log_fail(struct call *c, struct log_talk *talk)
{
    talk->failures++;
    talk->step = LOG_IDLE;
    talk->wake_ms = c->now_ms + feed_backoff_ms(c, talk->failures);
}

/* ---- what the answer means ---- */

/* Whether something else is the newest by now than when it was asked. */
static bool moved(const struct tree_head *now, const struct tree_head *asked)
{
    return now->size != asked->size || !tree_same_root(now, asked);
}

/* The witness has cosigned, or says what it holds, or has seen another log of ours. */
static enum err submit_take(struct call *c, struct turn *turn)
{
    struct log_talk *talk = turn->talk;
    struct log_head head = {};
    struct note note = {};
    struct note_key key = {};
    enum err e = log_newest(c, &head);
    if (e != OK) return e;
    talk->show = turn->status == 422;
    if (turn->status == 409) {
        int64_t before = talk->old_size; /* gossip may have taken it on since it said so */
        bool form = parse_int(str_trim(turn->body), 0, INT64_MAX, &talk->old_size);
        turn->strange = !form || (talk->old_told && talk->old_size == before);
        talk->old_told = !turn->strange;
        talk->show = talk->old_size > head.head.size;
        return OK;
    }
    turn->strange = turn->status != 200 && !talk->show;
    if (turn->status != 200 || moved(&head.head, &talk->asked)) return OK;
    talk->old_told = false;
    e = note_lines_read(c, turn->body, &note);
    if (e != OK) return e;
    note.text = head.text;
    e = note_cosigned_office(c, &note, talk->peer, &key);
    if (e != OK) return e;
    turn->strange = key.verdict != NOTE_GOOD;
    return turn->strange ? OK : log_cosign_insert(c, head.head.size, talk->peer, key.line);
}

/* What a witness has seen of our own log: signed by this office, whoever did it. */
static enum err shown_take(struct call *c, struct turn *turn)
{
    struct note note = {};
    struct log_head head = {};
    struct tree_head made = {};
    turn->strange = true;
    if (turn->status != 200) return OK;
    enum err e = note_read(c, turn->body, &note);
    if (e == OK) e = log_newest(c, &head);
    if (e != OK) return e;
    struct note_key key = {};
    e = note_signed_office(c, &note, c->office->id, &key);
    if (e != OK) return e;
    bool ours = str_eq(note.checkpoint.office, c->office->id) && key.verdict == NOTE_GOOD;
    if (!ours) return OK;
    turn->strange = false;
    turn->rest = true;
    turn->talk->show = false;
    turn->talk->old_told = false;
    if (note.checkpoint.head.size > head.head.size) {
        return log_alarm(c, c->office->id, "log.ahead", &head.head, &note.checkpoint.head);
    }
    e = log_root(c, note.checkpoint.head.size, &made);
    if (e != OK || tree_same_root(&made, &note.checkpoint.head)) return e;
    return log_alarm(c, c->office->id, "log.fork", &made, &note.checkpoint.head);
}

/* The owner's own "no": a program that does not know the question gives another 404. */
static bool says_no(const struct turn *turn)
{
    return turn->status == 404 && str_find(turn->body, S("\"log.none\""), 0) < turn->body.len;
}

/* A claim is true, or is not a part of the log that its owner shows. */
static enum err claim_settle(struct call *c, struct str office, const struct claim_row *claim,
                             const struct tree_head *seen, bool proven)
{
    enum err e = log_claim_store(c, office, claim, proven ? CLAIM_PROVEN : CLAIM_REFUTED);
    return e != OK || proven ? e : log_alarm(c, office, "log.fork", seen, &claim->head);
}

/* Whether the log went on from what we have seen; then that is what we have seen. */
static enum err since_read(struct call *c, struct turn *turn, struct seen_row *seen, bool *ret_held)
{
    struct submission s = {};
    struct note_key key = {};
    struct str office = turn->talk->peer;
    enum err e = submission_read(c, turn->body, &s);
    if (e == OK) e = note_signed_office(c, &s.note, office, &key);
    if (e != OK) return e;
    turn->strange = !str_eq(s.note.checkpoint.office, office) || key.verdict != NOTE_GOOD ||
                    s.old_size != seen->head.size;
    *ret_held = tree_continues(&seen->head, &s.note.checkpoint.head, &s.path);
    if (turn->strange || !*ret_held) return OK;
    seen->head = s.note.checkpoint.head;
    seen->note = s.note_bytes;
    return log_seen_store(c, office, seen);
}

static enum err since_take(struct call *c, struct turn *turn)
{
    struct str office = turn->talk->peer;
    struct claim_row claim = {};
    struct seen_row seen = {};
    bool held = false;
    enum err e = log_claim_next(c, office, &claim);
    if (e == OK) e = log_seen_load(c, office, &seen);
    if (e != OK || !claim.any) return e;
    if (moved(&seen.head, &turn->talk->asked) || moved(&claim.head, &turn->talk->claim)) return OK;
    if (turn->status == 200) {
        e = since_read(c, turn, &seen, &held);
    } else {
        turn->strange = !says_no(turn); /* its log is not so long, it says */
    }
    if (e != OK || turn->strange) return e;
    if (!held || claim.head.size > seen.head.size) {
        return claim_settle(c, office, &claim, &seen.head, false);
    }
    if (claim.head.size < seen.head.size) return OK; /* the next question */
    return claim_settle(c, office, &claim, &seen.head, tree_same_root(&claim.head, &seen.head));
}

static enum err prove_take(struct call *c, struct turn *turn)
{
    struct str office = turn->talk->peer;
    struct claim_row claim = {};
    struct seen_row seen = {};
    struct tree_path path = {};
    enum err e = log_claim_next(c, office, &claim);
    if (e == OK) e = log_seen_load(c, office, &seen);
    if (e != OK || !claim.any) return e;
    if (moved(&seen.head, &turn->talk->asked) || moved(&claim.head, &turn->talk->claim)) return OK;
    if (turn->status == 200) {
        e = path_read(c, turn->body, &path);
    } else {
        turn->strange = !says_no(turn);
    }
    if (e != OK || turn->strange) return e;
    bool proven = turn->status == 200 && tree_continues(&claim.head, &seen.head, &path);
    return claim_settle(c, office, &claim, &seen.head, proven);
}

static enum err answer_take(struct call *c, void *arg)
{
    struct turn *turn = arg;
    switch (turn->talk->step) {
    case LOG_IDLE: return OK;
    case LOG_SUBMIT: return submit_take(c, turn);
    case LOG_SHOWN: return shown_take(c, turn);
    case LOG_SINCE: return since_take(c, turn);
    case LOG_PROVE: return prove_take(c, turn);
    }
    ensure(false); /* the switch is whole */
    return OK;
}

enum err log_answer(struct call *c, struct log_talk *talk, int status, struct str body)
{
    struct log_talk before = *talk;
    struct turn turn = {.talk = talk, .status = status, .body = body};
    enum err e = store_tx(c, answer_take, &turn);
    if (e != OK) {
        *talk = before;
        return e;
    }
    if (turn.strange) return fail(c, ERR_PEER, "log.answer");
    talk->failures = 0;
    talk->step = LOG_IDLE;
    talk->wake_ms = c->now_ms; /* there may be more to ask */
    if (turn.rest) talk->wake_ms += FEED_BACKOFF_MAX_MS;
    return OK;
}

/* ---- what is answered ---- */

struct serving {
    struct str path;
    struct str body;
};

static enum err checkpoint_serve(struct call *c, void *arg)
{
    struct serving *serving = arg;
    return log_note(c, &serving->body);
}

static enum err tile_serve(struct call *c, void *arg)
{
    struct serving *serving = arg;
    return log_tile(c, serving->path, &serving->body);
}

static enum err since_serve(struct call *c, void *arg)
{
    struct serving *serving = arg;
    int64_t old_size = 0;
    if (!parse_int(serving->path, 0, INT64_MAX, &old_size)) {
        return fail(c, ERR_NOT_FOUND, "log.none");
    }
    return since_make(c, old_size, &serving->body);
}

static enum err proof_serve(struct call *c, void *arg)
{
    struct serving *serving = arg;
    struct tree_range ranges[TREE_PATH_MAX];
    struct tree_path path = {};
    struct log_head head = {};
    struct str old_text = {};
    struct str size_text = {};
    int64_t old_size = 0;
    int64_t size = 0;
    enum err e = log_newest(c, &head);
    if (e != OK) return e;
    bool good = str_cut(serving->path, '/', &old_text, &size_text) &&
                parse_int(old_text, 0, INT64_MAX, &old_size) &&
                parse_int(size_text, old_size, head.head.size, &size);
    if (!good) return fail(c, ERR_NOT_FOUND, "log.none");
    e = log_path(c, ranges, tree_consistency(old_size, size, ranges), &path);
    if (e == OK) serving->body = path_write(c->arena, &path);
    return e;
}

/* What may be asked with GET, by the beginning of its path. */
struct served {
    struct str prefix;
    enum err (*read)(struct call *c, void *arg);
    const char *media;
};

static const struct served SERVED[] = {
    {{"/x1/log/checkpoint", 18}, checkpoint_serve, "text/plain; charset=utf-8"},
    {{"/x1/log/tile/", 13}, tile_serve, "application/octet-stream"},
    {{"/x1/log/since/", 14}, since_serve, "text/plain; charset=utf-8"},
    {{"/x1/log/proof/", 14}, proof_serve, "text/plain; charset=utf-8"},
};

static enum err get_serve(struct call *c, struct str path, struct log_reply *ret_reply)
{
    for (size_t i = 0; i < ARRAY_LEN(SERVED); i++) {
        if (!str_starts(path, SERVED[i].prefix)) continue;
        struct serving serving = {.path = str_sub(path, SERVED[i].prefix.len, path.len)};
        enum err e = store_read(c, SERVED[i].read, &serving);
        if (e != OK) return e;
        *ret_reply = (struct log_reply){200, SERVED[i].media, serving.body};
        return OK;
    }
    struct str hash = {};
    struct str name = {};
    const struct str prefix = S("/x1/witness/");
    bool shown = str_starts(path, prefix) &&
                 str_cut(str_sub(path, prefix.len, path.len), '/', &hash, &name) &&
                 str_eq(name, S("checkpoint"));
    if (!shown) return fail(c, ERR_NOT_FOUND, "log.none");
    *ret_reply = (struct log_reply){.status = 200, .media = "text/plain; charset=utf-8"};
    return witness_show(c, hash, &ret_reply->body);
}

enum err log_serve(struct call *c, struct str from, const struct log_ask *ask,
                   struct log_reply *ret_reply)
{
    bool add = str_eq(ask->path, S("/x1/witness/add-checkpoint"));
    if (add && str_eq(ask->method, S("POST"))) {
        return witness_add(c, from, ask->body, ret_reply);
    }
    if (!add && str_eq(ask->method, S("GET"))) return get_serve(c, ask->path, ret_reply);
    *ret_reply = (struct log_reply){.status = 405, .media = "text/plain; charset=utf-8"};
    return OK;
}
