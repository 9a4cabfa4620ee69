#include "core/directory.h"

#include "base/limits.h"
#include "base/time.h"
#include "core/directory_sql.h"
#include "core/office.h"
#include "core/record_sql.h"
#include "core/version.h"

#include <sodium.h>

static struct str raw_of(struct call *c, struct str hex)
{
    uint8_t raw[crypto_sign_PUBLICKEYBYTES];
    if (!hex_decode(hex, raw, sizeof raw)) return (struct str){};
    return str_copy(c->arena, (struct str){(const char *)raw, sizeof raw});
}

static struct str bytes_of(struct call *c, struct str hex)
{
    uint8_t *bytes = arena_alloc(c->arena, hex.len / 2 + 1);
    if (!hex_decode(hex, bytes, hex.len / 2)) return (struct str){};
    return (struct str){(const char *)bytes, hex.len / 2};
}

/* ---- who had which key ---- */

enum err directory_keys(struct call *c, struct str office, struct office_key **ret_keys,
                        size_t *ret_count)
{
    enum { PUBLIC, PLACE, N, AT, REVOKED, REVOKED_SIZE };
    struct rows rows = {};
    enum err e = directory_key_rows(c, office, &rows);
    if (e != OK) return e;
    struct office_key *keys = arena_array(c->arena, rows.count + 1, sizeof *keys);
    size_t count = 0;
    int64_t until_ms = 0;
    for (size_t i = 0; i < rows.count; i++) {
        struct str raw = raw_of(c, rows_text(&rows, i, PUBLIC));
        if (raw.len == 0) continue; /* `check` names it */
        keys[count++] = (struct office_key){
            .public_key = raw,
            .id = office_key_id(c->arena, raw),
            .place = rows_int(&rows, i, PLACE),
            .n = rows_int(&rows, i, N),
            .from_ms = rows_int(&rows, i, AT),
            .until_ms = until_ms,
            .revoked = rows_int(&rows, i, REVOKED) > 0,
            .revoked_size = rows_int(&rows, i, REVOKED_SIZE),
        };
        until_ms = rows_int(&rows, i, AT);
    }
    *ret_keys = keys;
    *ret_count = count;
    return OK;
}

enum err directory_key(struct call *c, struct str office, struct str id, struct office_key *ret_key)
{
    struct office_key *keys = NULL;
    size_t count = 0;
    enum err e = directory_keys(c, office, &keys, &count);
    if (e != OK) return e;
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(keys[i].id, id)) continue;
        *ret_key = keys[i];
        return OK;
    }
    return fail(c, ERR_NOT_FOUND, "directory.key");
}

enum err directory_key_at(struct call *c, struct str office, int64_t at_ms,
                          struct office_key *ret_key)
{
    struct office_key *keys = NULL;
    size_t count = 0;
    enum err e = directory_keys(c, office, &keys, &count);
    if (e != OK) return e;
    for (size_t i = 0; i < count; i++) {
        if (keys[i].from_ms > at_ms) continue;
        *ret_key = keys[i];
        return OK;
    }
    return fail(c, ERR_NOT_FOUND, "directory.key");
}

enum err directory_signed(struct call *c, const struct arrival *a, const char *purpose,
                          struct str key_id, bool *ret_holds, struct office_key *ret_key)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    *ret_holds = false;
    enum err e = directory_key(c, a->office, key_id, ret_key);
    if (e == ERR_NOT_FOUND) {
        call_clear(c); /* a key that the office never had */
        return OK;
    }
    if (e != OK) return e;
    crypto_hash_sha256(hash, (const uint8_t *)a->bytes.ptr, a->bytes.len);
    *ret_holds = office_verify(ret_key->public_key, purpose, hash, a->signature);
    return OK;
}

/* ---- projection ---- */

static enum err revoked_apply(struct call *c, struct str office, struct str hex)
{
    struct key_frame frame = {};
    struct str rest = {};
    enum err e = key_frame_read(c, bytes_of(c, hex), &frame, &rest);
    if (e != OK) {
        call_clear(c); /* written by a later edition: its key stands beside it */
        return OK;
    }
    const struct key_revoked *rows = frame.statement.revoked.rows;
    for (size_t i = 0; e == OK && i < frame.statement.revoked.count; i++)
        e = directory_key_revoke(c, office, &frame.statement, &rows[i]);
    return e;
}

enum err directory_apply(struct call *c, const struct version *v, struct str office,
                         const struct org_key *key)
{
    enum err e = directory_key_insert(c, v, office, key);
    return e != OK || key->statement.len == 0 ? e : revoked_apply(c, office, key->statement);
}

/* ---- what this office shows ---- */

/* The statement in a version of this office's record or of a peer's; empty when it has none. */
static enum err statement_in(struct call *c, struct str bytes, struct str *ret_hex)
{
    struct version v = {};
    struct org_office own = {};
    struct org_peer peer = {};
    enum err e = version_parse(c, bytes, &v);
    bool ours = str_eq(v.kind, S("office.office"));
    if (e == OK) e = version_body(c, &v, ours ? (void *)&own : (void *)&peer);
    if (e == OK) *ret_hex = ours ? own.key.statement : peer.key.statement;
    return e;
}

enum err directory_chain(struct call *c, struct str office, struct str *ret_chain)
{
    struct rows record = {};
    struct rows rows = {};
    struct str frames[LIMIT_KEY_CHAIN];
    struct str before = {};
    size_t count = 0;
    size_t bytes = 0;
    bool own = str_eq(office, c->office->id);
    *ret_chain = (struct str){};
    enum err e = own ? directory_self_record(c, &record)
                     : directory_peer_record(c, office, &record);
    if (e != OK || record.count == 0) return e;
    e = directory_versions(c, rows_text(&record, 0, 0), &rows);
    for (size_t i = 0; e == OK && i < rows.count && count < LIMIT_KEY_CHAIN; i++) {
        struct str hex = {};
        e = statement_in(c, rows_text(&rows, i, 1), &hex);
        if (e != OK || hex.len == 0 || str_eq(hex, before)) continue; /* a new name, the same key */
        before = hex;
        bytes += hex.len / 2;
        if (bytes > LIMIT_KEY_CHAIN_BYTES) break; /* who missed more must be told by a person */
        frames[count++] = bytes_of(c, hex);
    }
    if (e != OK) return e;
    struct sb sb = sb_new(c->arena, 0);
    for (size_t i = count; i > 0; i--)
        sb_put(&sb, frames[i - 1]);
    *ret_chain = sb_str(&sb);
    return OK;
}

enum err directory_frame(struct call *c, struct str record, int64_t n, struct str *ret_frame)
{
    struct version v = {};
    struct org_office office = {};
    enum err e = record_version(c, record, n, &v);
    if (e == OK) e = version_body(c, &v, &office);
    if (e != OK) return e;
    *ret_frame = bytes_of(c, office.key.statement);
    return ret_frame->len > 0 ? OK : fail(c, ERR_NOT_FOUND, "directory.key");
}

static struct key_state state_of(struct call *c, struct str office, const struct org_key *key)
{
    return (struct key_state){.office = office,
                              .public_key = raw_of(c, key->public_key),
                              .n = key->n,
                              .next = key->next};
}

enum err directory_self(struct call *c, struct key_state *ret_state, int64_t *ret_size)
{
    struct rows self = {};
    struct org_office office = {};
    int64_t leaves = 0;
    enum err e = directory_self_record(c, &self);
    if (e == OK) e = record_body(c, "office.office", rows_text(&self, 0, 0), &office);
    if (e == OK) e = directory_leaves(c, &leaves);
    if (e != OK) return e;
    *ret_state = state_of(c, c->office->id, &office.key);
    *ret_size = leaves + 1;
    return OK;
}

enum err directory_rotate(struct call *c, const struct key_frame *frame)
{
    struct rows self = {};
    struct org_office office = {};
    struct act_result result = {};
    struct peer *peers = NULL;
    size_t count = 0;
    struct str bytes = key_frame_write(c, frame);
    struct str object = version_hash(c, bytes);
    enum err e = directory_self_record(c, &self);
    if (e == OK) e = record_body(c, "office.office", rows_text(&self, 0, 0), &office);
    if (e != OK) return e;
    office.key = (struct org_key){.public_key = frame->statement.new_key,
                                  .next = frame->statement.next,
                                  .n = frame->statement.n,
                                  .statement = hex_encode(c->arena, bytes)};
    const struct put put = {
        .kind = "office.office", .record = rows_text(&self, 0, 0), .body = &office};
    e = record_put(c, &put, &result);
    if (e == OK) e = peer_list(c, &peers, &count);
    const struct version about = {.record = result.record, .n = result.n};
    for (size_t i = 0; e == OK && i < count; i++) {
        e = outbox_insert(c, peers[i].office, object, OUTBOX_KEY, &about, PRIORITY_BULK);
    }
    return e;
}

/* ---- what others show ---- */

enum err directory_state(struct call *c, struct str office, struct key_state *ret_state)
{
    struct rows rows = {};
    struct org_peer peer = {};
    enum err e = directory_peer_record(c, office, &rows);
    if (e != OK) return e;
    if (rows.count == 0) return fail(c, ERR_NOT_FOUND, "peer.unknown");
    e = record_body(c, "office.peer", rows_text(&rows, 0, 0), &peer);
    if (e == OK) *ret_state = state_of(c, office, &peer.key);
    return e;
}

/* The peer's record goes on with the key of each statement. */
static enum err frames_keep(struct call *c, struct str office, const struct key_frame *frames,
                            size_t count)
{
    struct rows rows = {};
    struct org_peer peer = {};
    enum err e = directory_peer_record(c, office, &rows);
    if (e == OK) e = record_body(c, "office.peer", rows_text(&rows, 0, 0), &peer);
    for (size_t i = 0; e == OK && i < count; i++) {
        const struct key_statement *s = &frames[i].statement;
        struct act_result result = {};
        peer.key = (struct org_key){
            .public_key = s->new_key,
            .next = s->next,
            .n = s->n,
            .statement = hex_encode(c->arena, key_frame_write(c, &frames[i])),
        };
        const struct put put = {
            .kind = "office.peer", .record = rows_text(&rows, 0, 0), .body = &peer};
        e = record_put(c, &put, &result);
    }
    return e;
}

struct meeting {
    struct str office;
    struct str chain;
    struct key_state known;
};

static enum err state_read(struct call *c, void *arg)
{
    struct meeting *m = arg;
    return directory_state(c, m->office, &m->known);
}

static enum err meet_step(struct call *c, void *arg)
{
    const struct meeting *m = arg;
    struct key_frame frames[LIMIT_KEY_CHAIN];
    size_t count = 0;
    struct key_state known = {};
    enum err e = directory_state(c, m->office, &known);
    if (e == OK) e = key_chain_follow(c, &known, m->chain, frames, &count);
    return e != OK ? e : frames_keep(c, m->office, frames, count);
}

enum err directory_meet(struct call *c, struct str office, struct str chain)
{
    struct meeting m = {.office = office, .chain = chain};
    struct key_frame frames[LIMIT_KEY_CHAIN];
    size_t count = 0;
    enum err e = store_read(c, state_read, &m);
    if (e == OK) e = key_chain_follow(c, &m.known, chain, frames, &count);
    if (e == OK) e = store_tx(c, meet_step, &m); /* others may have met it meanwhile */
    return e;
}

enum err directory_learn(struct call *c, struct str office, struct str frame,
                         struct office_key *ret_key)
{
    struct key_frame read = {};
    struct key_state known = {};
    struct str rest = {};
    enum err e = key_frame_read(c, frame, &read, &rest);
    if (e == OK && rest.len > 0) e = fail(c, ERR_SYNTAX, "key.form");
    if (e == OK) e = directory_state(c, office, &known);
    if (e != OK) return e;
    struct str id = office_key_id(c->arena, raw_of(c, read.statement.new_key));
    if (key_follows(c, &known, &read)) {
        e = frames_keep(c, office, &read, 1);
        return e != OK ? e : directory_key(c, office, id, ret_key);
    }
    e = directory_key(c, office, id, ret_key); /* learned before, from a certificate */
    if (e != ERR_NOT_FOUND) return e;
    call_clear(c);
    return fail(c, ERR_DENIED, "key.broken");
}

/* ---- for people ---- */

/* A version of a peer's record. */
static enum err body_read(struct call *c, struct str bytes, struct version *ret_version,
                          void *ret_body)
{
    enum err e = version_parse(c, bytes, ret_version);
    return e != OK ? e : version_body(c, ret_version, ret_body);
}

/* A row for each version: it says what held from then on. */
static enum err history_of(struct call *c, struct str record, struct node *list)
{
    struct rows rows = {};
    int64_t until_ms = 0;
    enum err e = directory_versions(c, record, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct version v = {};
        struct org_peer peer = {};
        e = body_read(c, rows_text(&rows, i, 1), &v, &peer);
        if (e != OK) return e;
        struct str raw = raw_of(c, peer.key.public_key);
        struct node *row = node_add_map(c, list);
        node_text(c, row, "office", peer.office);
        node_text(c, row, "code", peer.code);
        node_text(c, row, "name", peer.name);
        node_text(c, row, "address", peer.address);
        node_text(c, row, "public_key", peer.key.public_key);
        if (raw.len > 0) node_text(c, row, "key", office_key_id(c->arena, raw));
        node_text(c, row, "from", time_format_instant(c->arena, v.time_ms));
        if (until_ms > 0) node_text(c, row, "until", time_format_instant(c->arena, until_ms));
        if (peer.reason.len > 0) node_text(c, row, "reason", peer.reason);
        until_ms = v.time_ms;
    }
    return e;
}

/* When the peer's record last said that code; 0: never. */
static enum err code_time(struct call *c, struct str office, struct str code, int64_t *ret_ms)
{
    struct rows record = {};
    struct rows rows = {};
    *ret_ms = 0;
    enum err e = directory_peer_record(c, office, &record);
    if (e == OK && record.count > 0) e = directory_versions(c, rows_text(&record, 0, 0), &rows);
    for (size_t i = 0; e == OK && i < rows.count && *ret_ms == 0; i++) {
        struct version v = {};
        struct org_peer peer = {};
        e = body_read(c, rows_text(&rows, i, 1), &v, &peer);
        if (e == OK && str_eq(peer.code, code)) *ret_ms = v.time_ms;
    }
    return e;
}

enum err directory_find(struct call *c, struct str name, struct str *ret_office)
{
    struct peer *peers = NULL;
    size_t count = 0;
    struct str found = {};
    int64_t found_ms = 0;
    enum err e = peer_list(c, &peers, &count);
    if (e != OK) return e;
    for (size_t i = 0; i < count; i++) {
        if (str_eq(peers[i].office, name) || str_eq(peers[i].code, name)) found = peers[i].office;
    }
    for (size_t i = 0; e == OK && i < count && (found.len == 0 || found_ms > 0); i++) {
        int64_t at_ms = 0;
        e = code_time(c, peers[i].office, name, &at_ms);
        if (at_ms > found_ms) {
            found_ms = at_ms;
            found = peers[i].office;
        }
    }
    if (e != OK) return e;
    if (found.len == 0) return fail(c, ERR_NOT_FOUND, "peer.unknown");
    *ret_office = found;
    return OK;
}

enum err directory_history(struct call *c, struct str office, struct node *list)
{
    struct rows rows = {};
    enum err e = directory_peer_record(c, office, &rows);
    if (e == OK && rows.count == 0) return fail(c, ERR_NOT_FOUND, "peer.unknown");
    return e != OK ? e : history_of(c, rows_text(&rows, 0, 0), list);
}
