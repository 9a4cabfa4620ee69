#include "exchange/witness.h"

#include "base/limits.h"
#include "core/office.h"
#include "exchange/exchange_sql.h"
#include "exchange/log_sql.h"
#include "exchange/note_key.h"

#include <sodium.h>
#include <string.h>

enum { MS_A_SECOND = 1000 };

static const char TEXT_MEDIA[] = "text/plain; charset=utf-8";
static const char SIZE_MEDIA[] = "text/x.tlog.size";

#define AT(member) .offset = offsetof(struct gossip, member), .required = true
static const struct field GOSSIP_FIELDS[] = {
    {.name = "office", .type = FIELD_OFFICE, AT(office)},
    {.name = "size", .type = FIELD_INT, AT(size)},
    {.name = "root", .type = FIELD_TEXT, AT(root), .max = CHAIN_HEX_LEN},
};
#undef AT
const struct field_table GOSSIP_TABLE = FIELD_TABLE("feed.head", struct gossip, GOSSIP_FIELDS);

/* One question of a log. */
struct adding {
    struct submission submission;
    struct str from;
    struct log_reply reply;
};

static void refuse(struct adding *adding, int status)
{
    adding->reply = (struct log_reply){.status = status, .media = TEXT_MEDIA};
}

/* Signs what was shown to continue, and keeps it. */
static enum err cosign(struct call *c, struct adding *adding)
{
    uint8_t signature[64];
    const struct note *note = &adding->submission.note;
    const struct signer *signer = &c->office->signer;
    int64_t time_s = c->now_ms / MS_A_SECOND;
    struct str text = cosignature_write(c->arena, time_s, note->text);
    enum err e = signer->sign_note(signer->self, c, text, signature);
    if (e != OK) return e;
    struct str line =
        note_cosignature_line(c->arena, c->office->id, c->office->public_key, time_s,
                              (struct str){(const char *)signature, sizeof signature});
    struct sb lines = sb_new(c->arena, 0);
    for (size_t i = 0; i < note->count; i++) {
        bool log = str_eq(note->signatures[i].name,
                          checkpoint_origin(c->arena, note->checkpoint.office));
        if (log) sb_put(&lines, note->signatures[i].line);
    }
    sb_put(&lines, line);
    struct seen_row seen = {.head = note->checkpoint.head,
                            .note = note_write(c->arena, note->text, sb_str(&lines))};
    adding->reply = (struct log_reply){.status = 200, .media = TEXT_MEDIA, .body = line};
    return log_seen_store(c, note->checkpoint.office, &seen);
}

/* A signed head that does not fit to the one that is known. It proves something against the log
 * when it has the known size, or when the log's own office sends it. */
static enum err mismatch(struct call *c, struct adding *adding, const struct tree_head *known)
{
    const struct checkpoint *checkpoint = &adding->submission.note.checkpoint;
    bool proof = checkpoint->head.size == known->size || str_eq(adding->from, checkpoint->office);
    refuse(adding, 422);
    return proof ? log_alarm(c, checkpoint->office, "log.fork", known, &checkpoint->head) : OK;
}

/* The size the witness holds is another than the log thinks. An owner that comes with less than we
 * know has lost something or hides it: it will be asked. */
static enum err conflict(struct call *c, struct adding *adding, const struct tree_head *known)
{
    const struct checkpoint *checkpoint = &adding->submission.note.checkpoint;
    const struct gossip told = {
        .office = checkpoint->office,
        .size = checkpoint->head.size,
        .root = hex_encode(c->arena, (struct str){(const char *)checkpoint->head.root,
                                                  sizeof checkpoint->head.root}),
    };
    struct list heads = {.rows = arena_copy(c->arena, &told, sizeof told), .count = 1};
    adding->reply = (struct log_reply){
        .status = 409,
        .media = SIZE_MEDIA,
        .body = str_format(c->arena, "%lld\n", (long long)known->size),
    };
    return known->size > 0 ? heads_heard(c, adding->from, &heads) : OK;
}

static enum err add_step(struct call *c, void *arg)
{
    struct adding *adding = arg;
    const struct submission *s = &adding->submission;
    const struct tree_head *head = &s->note.checkpoint.head;
    struct peer peer = {};
    struct seen_row seen = {};
    struct tree_head empty = {};
    enum err e = peer_find(c, s->note.checkpoint.office, &peer);
    if (e == ERR_NOT_FOUND) {
        call_clear(c); /* no log that this office looks after, its own included */
        refuse(adding, 404);
        return OK;
    }
    if (e == OK) e = log_seen_load(c, peer.office, &seen);
    if (e != OK) return e;
    tree_empty_root(empty.root);
    struct note_key key = {};
    e = note_signed_office(c, &s->note, peer.office, &key);
    if (e != OK) return e;
    if (key.verdict != NOTE_GOOD) {
        refuse(adding, 403);
        return OK;
    }
    if (s->old_size > head->size) {
        refuse(adding, 400);
        return OK;
    }
    if (s->old_size != seen.head.size) return conflict(c, adding, &seen.head);
    if (seen.head.size == 0) seen.head = empty;
    bool sound = head->size > 0 || tree_same_root(head, &empty);
    if (!sound || !tree_continues(&seen.head, head, &s->path)) {
        return mismatch(c, adding, &seen.head);
    }
    return cosign(c, adding);
}

enum err witness_add(struct call *c, struct str from, struct str body, struct log_reply *ret_reply)
{
    struct adding adding = {.from = from};
    enum err e = submission_read(c, body, &adding.submission);
    if (e != OK) {
        call_clear(c); /* the sender hears that it is no checkpoint */
        refuse(&adding, 400);
        e = OK;
    } else {
        e = store_tx(c, add_step, &adding);
    }
    if (e == OK) *ret_reply = adding.reply;
    return e;
}

struct showing {
    struct str origin_hash;
    struct seen_row seen;
};

static enum err show_step(struct call *c, void *arg)
{
    struct showing *showing = arg;
    struct peer *peers = NULL;
    size_t count = 0;
    enum err e = peer_list(c, &peers, &count);
    for (size_t i = 0; e == OK && i < count; i++) {
        uint8_t hash[crypto_hash_sha256_BYTES];
        struct str origin = checkpoint_origin(c->arena, peers[i].office);
        crypto_hash_sha256(hash, (const uint8_t *)origin.ptr, origin.len);
        struct str hex = hex_encode(c->arena, (struct str){(const char *)hash, sizeof hash});
        if (!str_eq(hex, showing->origin_hash)) continue;
        return log_seen_load(c, peers[i].office, &showing->seen);
    }
    return e;
}

/* The log's own office asks by its own origin too: to learn what it has shown. */
enum err witness_show(struct call *c, struct str origin_hash, struct str *ret_note)
{
    struct showing showing = {.origin_hash = origin_hash};
    enum err e = store_read(c, show_step, &showing);
    if (e != OK) return e;
    if (showing.seen.note.len == 0) return fail(c, ERR_NOT_FOUND, "log.none");
    *ret_note = showing.seen.note;
    return OK;
}

/* Gossip */

static struct gossip gossip_of(struct call *c, struct str office, const struct tree_head *head)
{
    return (struct gossip){
        .office = office,
        .size = head->size,
        .root = hex_encode(c->arena, (struct str){(const char *)head->root, sizeof head->root}),
    };
}

enum err heads_known(struct call *c, struct list *ret_heads)
{
    struct gossip *heads = arena_array(c->arena, LIMIT_ACK_HEADS, sizeof *heads);
    struct log_head own = {};
    struct rows seen = {};
    size_t count = 0;
    enum err e = log_newest(c, &own);
    if (e == OK) e = log_seen_list(c, LIMIT_ACK_HEADS - 1, &seen);
    if (e != OK) return e;
    if (own.text.len > 0) heads[count++] = gossip_of(c, c->office->id, &own.head);
    for (size_t i = 0; i < seen.count; i++) {
        heads[count++] = (struct gossip){.office = rows_text(&seen, i, 0),
                                         .size = rows_int(&seen, i, 1),
                                         .root = rows_text(&seen, i, 2)};
    }
    *ret_heads = (struct list){.rows = heads, .count = count};
    return OK;
}

/* A head that is said to be ours. */
static enum err own_heard(struct call *c, const struct tree_head *told)
{
    struct log_head newest = {};
    struct tree_head made = {};
    enum err e = log_newest(c, &newest);
    if (e != OK) return e;
    if (told->size > newest.head.size) {
        return log_alarm(c, c->office->id, "log.ahead", &newest.head, told);
    }
    e = log_root(c, told->size, &made);
    if (e == ERR_CORRUPT) {
        call_clear(c); /* log_sign raises its own alarm of the tiles */
        return OK;
    }
    if (e != OK || tree_same_root(&made, told)) return e;
    return log_alarm(c, c->office->id, "log.fork", &made, told);
}

static enum err head_heard(struct call *c, struct str source, const struct gossip *gossip)
{
    struct peer peer = {};
    struct seen_row seen = {};
    int64_t state = 0;
    struct claim_row claim = {.source = source, .head = {.size = gossip->size}};
    bool read = hex_decode(gossip->root, claim.head.root, sizeof claim.head.root);
    if (!read || claim.head.size == 0) return OK; /* says nothing */
    if (str_eq(gossip->office, c->office->id)) return own_heard(c, &claim.head);
    enum err e = peer_find(c, gossip->office, &peer);
    if (e == ERR_NOT_FOUND) {
        call_clear(c); /* of an office that is not in our directory */
        return OK;
    }
    if (e == OK) e = log_seen_load(c, peer.office, &seen);
    if (e == OK) e = log_claim_find(c, peer.office, &claim, &state);
    if (e != OK || state != 0) return e; /* heard before */
    bool same_size = seen.head.size == claim.head.size;
    if (!same_size) return log_claim_store(c, peer.office, &claim, CLAIM_OPEN);
    if (tree_same_root(&seen.head, &claim.head)) return OK;
    e = log_claim_store(c, peer.office, &claim, CLAIM_REFUTED);
    return e != OK ? e : log_alarm(c, peer.office, "log.fork", &seen.head, &claim.head);
}

enum err heads_heard(struct call *c, struct str source, const struct list *heads)
{
    const struct gossip *rows = heads->rows;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < heads->count && i < LIMIT_ACK_HEADS; i++)
        e = head_heard(c, source, &rows[i]);
    return e;
}
