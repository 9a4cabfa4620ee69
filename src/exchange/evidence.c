#include "exchange/evidence.h"

#include "base/id.h"
#include "base/json.h"
#include "base/limits.h"
#include "core/directory.h"
#include "core/office.h"
#include "exchange/batch.h"
#include "exchange/evidence_sql.h"
#include "exchange/exchange_sql.h"
#include "exchange/files.h"
#include "exchange/log.h"
#include "exchange/note_key.h"

#include <sodium.h>
#include <string.h>

struct collecting {
    struct str record;
    struct evidence *evidence;
    struct sb lines;
    size_t objects;
    struct str *logged; /* hex hashes of what the log may prove */
    size_t logged_count;
};

static struct str base64(struct arena *arena, struct str bytes)
{
    size_t room = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(arena, room);
    (void)sodium_bin2base64(text, room, (const uint8_t *)bytes.ptr, bytes.len,
                            sodium_base64_VARIANT_ORIGINAL);
    return (struct str){text, room - 1};
}

static void put_text(struct sb *sb, bool *first, const char *name, struct str text)
{
    json_name(sb, first, name);
    json_text(sb, text);
}

/* Notes the office once. */
static void office_note(struct call *c, struct evidence *evidence, struct str office)
{
    for (size_t i = 0; i < evidence->office_count; i++) {
        if (str_eq(evidence->offices[i], office)) return;
    }
    if (evidence->office_count >= LIMIT_PEERS) return; /* no more offices than there are peers */
    evidence->offices[evidence->office_count++] = str_copy(c->arena, office);
}

/* What every signed object has. */
struct object {
    const char *purpose;
    struct str bytes;
    struct str signature;
    struct str office; /* who signed */
    struct str key;    /* id of the key */
};

/* Begins a line, which the caller ends. */
static enum err object_begin(struct call *c, struct collecting *k, const struct object *object,
                             bool *first)
{
    struct office_key key = {};
    uint8_t hash[crypto_hash_sha256_BYTES];
    enum err e = directory_key(c, object->office, object->key, &key);
    if (e != OK) return e;
    if (++k->objects > LIMIT_EVIDENCE_OBJECTS) return fail(c, ERR_LIMIT, "evidence.too_large");
    office_note(c, k->evidence, object->office);
    crypto_hash_sha256(hash, (const uint8_t *)object->bytes.ptr, object->bytes.len);
    sb_char(&k->lines, '{');
    put_text(&k->lines, first, "purpose", str_of(object->purpose));
    put_text(&k->lines, first, "bytes", base64(c->arena, object->bytes));
    struct str name = hex_encode(c->arena, (struct str){(const char *)hash, sizeof hash});
    put_text(&k->lines, first, "hash", name);
    if (!str_eq(str_of(object->purpose), S(PURPOSE_ACK))) k->logged[k->logged_count++] = name;
    put_text(&k->lines, first, "sig", base64(c->arena, object->signature));
    put_text(&k->lines, first, "public_key", hex_encode(c->arena, key.public_key));
    return OK;
}

static enum err personal_put(struct call *c, struct collecting *k, int64_t n, bool *first)
{
    struct batch_entry entry = {.entry = {.record = k->record, .n = n}};
    enum err e = entry_personal(c, &entry);
    if (e != OK) return e;
    json_name(&k->lines, first, "personal");
    sb_char(&k->lines, '[');
    for (size_t i = 0; i < entry.personal_count; i++) {
        bool head = true;
        sb_put(&k->lines, i > 0 ? S(",{") : S("{"));
        put_text(&k->lines, &head, "path", entry.personal[i].path);
        put_text(&k->lines, &head, "salt", hex_encode(c->arena, entry.personal[i].salt));
        put_text(&k->lines, &head, "value", entry.personal[i].value);
        sb_char(&k->lines, '}');
    }
    sb_char(&k->lines, ']');
    return OK;
}

static enum err files_note(struct call *c, struct evidence *evidence, struct str bytes)
{
    struct version v = {};
    struct file_ref *files = NULL;
    size_t count = 0;
    enum err e = version_parse(c, bytes, &v);
    if (e == OK) e = version_files(c, &v, &files, &count);
    if (e != OK) return e;
    struct file_ref *all = arena_array(c->arena, evidence->file_count + count, sizeof *all);
    if (evidence->file_count > 0) {
        memcpy(all, evidence->files, evidence->file_count * sizeof *all);
    }
    for (size_t i = 0; i < count; i++) {
        bool known = false;
        for (size_t j = 0; j < evidence->file_count; j++)
            known = known || str_eq(all[j].root, files[i].root);
        if (!known) all[evidence->file_count++] = files[i];
    }
    evidence->files = all;
    return OK;
}

static enum err versions_put(struct call *c, struct collecting *k)
{
    enum { N, BYTES_AT, HASH, SIG, HOME, KEY };
    struct rows rows = {};
    enum err e = evidence_versions(c, k->record, &rows);
    if (e == OK && rows.count == 0) return fail(c, ERR_NOT_FOUND, "record.not_found");
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct object object = {PURPOSE_VERSION, rows_text(&rows, i, BYTES_AT),
                                rows_text(&rows, i, SIG), rows_text(&rows, i, HOME),
                                rows_text(&rows, i, KEY)};
        bool first = true;
        e = object_begin(c, k, &object, &first);
        if (e == OK) e = personal_put(c, k, rows_int(&rows, i, N), &first);
        sb_put(&k->lines, S("}\n"));
        if (e == OK) e = files_note(c, k->evidence, object.bytes);
    }
    return e;
}

static enum err receipts_put(struct call *c, struct collecting *k)
{
    enum { BYTES_AT, HASH, SIG, OFFICE, KEY };
    struct rows rows = {};
    enum err e = evidence_receipts(c, k->record, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        struct object object = {PURPOSE_RECEIPT, rows_text(&rows, i, BYTES_AT),
                                rows_text(&rows, i, SIG), rows_text(&rows, i, OFFICE),
                                rows_text(&rows, i, KEY)};
        bool first = true;
        e = object_begin(c, k, &object, &first);
        sb_put(&k->lines, S("}\n"));
    }
    return e;
}

/* One entry of ours, and the acknowledgement that covers it. */
static enum err ack_put(struct call *c, struct collecting *k, struct str peer, int64_t epoch,
                        int64_t seq)
{
    struct rows found = {};
    struct rows entries = {};
    struct ack ack = {};
    struct object object = {.purpose = PURPOSE_ACK, .office = peer};
    struct str prev = {};
    enum err e = evidence_ack(c, peer, epoch, seq, &found);
    if (e != OK || found.count == 0) return e;
    e = ack_decode(c, rows_text(&found, 0, 1), &ack, &object.bytes, &object.signature);
    if (e == OK) e = entry_chain(c, peer, epoch, seq - 1, &prev);
    if (e == OK) e = evidence_entries(c, peer, epoch, seq, rows_int(&found, 0, 0), &entries);
    bool first = true;
    object.key = ack.key;
    if (e == OK) e = object_begin(c, k, &object, &first);
    if (e != OK) return e;
    put_text(&k->lines, &first, "prev", prev);
    json_name(&k->lines, &first, "entries");
    sb_char(&k->lines, '[');
    for (size_t i = 0; i < entries.count; i++) {
        if (i > 0) sb_char(&k->lines, ',');
        json_text(&k->lines, base64(c->arena, rows_text(&entries, i, 0)));
    }
    sb_put(&k->lines, S("]}\n"));
    return OK;
}

static enum err acks_put(struct call *c, struct collecting *k)
{
    struct rows rows = {};
    enum err e = evidence_sent(c, k->record, &rows);
    for (size_t i = 0; e == OK && i < rows.count; i++) {
        e = ack_put(c, k, rows_text(&rows, i, 0), rows_int(&rows, i, 1), rows_int(&rows, i, 2));
    }
    return e;
}

/* Other offices whose key is good under the proof's checkpoint. */
static enum err witnesses_put(struct call *c, struct collecting *k, const struct note *note)
{
    struct peer *peers = NULL;
    size_t count = 0;
    bool first = true;
    enum err e = peer_list(c, &peers, &count);
    sb_char(&k->lines, '{');
    for (size_t i = 0; e == OK && i < count; i++) {
        struct note_key key = {};
        e = note_cosigned_office(c, note, peers[i].office, &key);
        if (e != OK || key.verdict != NOTE_GOOD) continue;
        office_note(c, k->evidence, peers[i].office);
        put_text(&k->lines, &first, str_zero(c->arena, peers[i].office),
                 hex_encode(c->arena, key.public_key));
    }
    sb_char(&k->lines, '}');
    return e;
}

/* That this office's log holds the object. What is not yet below a checkpoint has no proof. */
static enum err proof_put(struct call *c, struct collecting *k, struct str object)
{
    struct log_proof proof = {};
    struct note note = {};
    bool first = true;
    enum err e = log_proof(c, object, &proof);
    if (e == ERR_NOT_FOUND) {
        call_clear(c);
        return OK;
    }
    struct note_key key = {};
    if (e == OK) e = note_read(c, proof.note, &note);
    if (e == OK) e = note_signed_office(c, &note, c->office->id, &key);
    if (e == OK && key.verdict != NOTE_GOOD) e = fail(c, ERR_CORRUPT, "log.changed");
    if (e != OK) return e;
    sb_char(&k->lines, '{');
    put_text(&k->lines, &first, "purpose", S("tlog-proof"));
    put_text(&k->lines, &first, "bytes", base64(c->arena, log_proof_write(c->arena, &proof)));
    put_text(&k->lines, &first, "object", object);
    put_text(&k->lines, &first, "public_key", hex_encode(c->arena, key.public_key));
    json_name(&k->lines, &first, "witnesses");
    e = witnesses_put(c, k, &note);
    sb_put(&k->lines, S("}\n"));
    return e;
}

static enum err collect(struct call *c, void *arg)
{
    struct collecting *k = arg;
    k->evidence->offices = arena_array(c->arena, LIMIT_PEERS, sizeof *k->evidence->offices);
    k->logged = arena_array(c->arena, LIMIT_EVIDENCE_OBJECTS, sizeof *k->logged);
    office_note(c, k->evidence, c->office->id); /* who will put its seal on it */
    enum err e = versions_put(c, k);
    if (e == OK) e = receipts_put(c, k);
    if (e == OK) e = acks_put(c, k);
    for (size_t i = 0; e == OK && i < k->logged_count; i++)
        e = proof_put(c, k, k->logged[i]);
    return e;
}

enum err evidence_collect(struct call *c, struct str record, struct evidence *ret_evidence)
{
    struct evidence evidence = {};
    struct collecting k = {
        .record = record, .evidence = &evidence, .lines = sb_new(c->arena, LIMIT_EVIDENCE_BYTES)};
    if (!id_is_record(record)) return fail(c, ERR_NOT_FOUND, "record.not_found");
    enum err e = store_read(c, collect, &k);
    if (e == OK && k.lines.over) e = fail(c, ERR_LIMIT, "evidence.too_large");
    if (e != OK) return e;
    evidence.objects = sb_str(&k.lines);
    *ret_evidence = evidence;
    return OK;
}
