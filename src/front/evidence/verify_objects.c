/* The signed objects of a container, each by itself and against the others. */
#include "base/id.h"
#include "base/limits.h"
#include "base/time.h"
#include "core/office.h"
#include "core/passage.h"
#include "core/receipt.h"
#include "core/version.h"
#include "exchange/entry.h"
#include "exchange/files.h"
#include "exchange/proof.h"
#include "front/cli/cli_json.h"
#include "front/evidence/verify_run.h"

#include <sodium.h>
#include <string.h>

/* A line taken apart. */
struct line {
    const json_t *tree;
    struct str where;
    struct str purpose;
    struct str bytes;
    struct str signature;
    struct str public_key; /* 32 raw bytes, as the line says */
    struct str hash;       /* hex, of the bytes */
};

static bool base64_read(struct call *c, struct str text, struct str *ret_bytes)
{
    size_t len = 0;
    uint8_t *bytes = arena_alloc(c->arena, text.len / 4 * 3 + 3);
    if (sodium_base642bin(bytes, text.len / 4 * 3 + 3, text.ptr, text.len, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        return false;
    }
    *ret_bytes = (struct str){(const char *)bytes, len};
    return true;
}

static bool hex_read(struct call *c, struct str text, size_t bytes, struct str *ret_bytes)
{
    uint8_t *raw = arena_alloc(c->arena, bytes);
    if (!hex_decode(text, raw, bytes)) return false;
    *ret_bytes = (struct str){(const char *)raw, bytes};
    return true;
}

static bool line_read(struct call *c, struct str text, struct line *ret_line)
{
    struct line line = {.tree = cli_json_read(c, text), .where = ret_line->where};
    line.purpose = cli_json_get(line.tree, "purpose");
    bool read = base64_read(c, cli_json_get(line.tree, "bytes"), &line.bytes) &&
                base64_read(c, cli_json_get(line.tree, "sig"), &line.signature) &&
                hex_read(c, cli_json_get(line.tree, "public_key"), 32, &line.public_key);
    if (!read) return false;
    line.hash = version_hash(c, line.bytes);
    struct str told = cli_json_get(line.tree, "hash");
    *ret_line = line;
    return told.len == 0 || str_eq(told, line.hash);
}

/* The office signed these bytes under this purpose with a key that is believed. */
static bool signed_by(struct call *c, struct verify *v, const struct line *line, struct str office,
                      struct str key)
{
    uint8_t hash[32];
    const struct verify_key *believed = verify_key_find(v, office, line->public_key);
    bool holds = believed != NULL && str_eq(office_key_id(c->arena, line->public_key), key) &&
                 hex_decode(line->hash, hash, sizeof hash) &&
                 office_verify(line->public_key, str_zero(c->arena, line->purpose), hash,
                               line->signature);
    if (holds && believed->revoked) {
        v->revoked[v->revoked_count++] =
            (struct verified_revoked){line->hash, believed, line->where};
    }
    return holds;
}

/* Every personal value beside the version is the one that was signed. */
static bool personal_holds(struct call *c, const struct line *line, const struct version *version)
{
    const json_t *rows = json_object_get(line->tree, "personal");
    const json_t *body = cli_json_read(c, version->body);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct str path = cli_json_get(row, "path");
        struct personal p = {.value = cli_json_get(row, "value")};
        if (!hex_read(c, cli_json_get(row, "salt"), PERSONAL_SALT_BYTES, &p.salt)) return false;
        p.hash = cli_json_get(json_object_get(body, str_zero(c->arena, path)), "hash");
        if (p.hash.len == 0 || !personal_opens(&p)) return false;
    }
    return true;
}

static void files_add(struct call *c, struct verify *v, const struct version *version)
{
    struct file_ref *files = NULL;
    size_t count = 0;
    if (version_files(c, version, &files, &count) != OK) {
        call_clear(c); /* a body that this program cannot read names no file */
        verify_finds(c, v, "version.form", version->record);
        return;
    }
    struct file_ref *all = arena_array(c->arena, v->file_count + count, sizeof *all);
    if (v->file_count > 0) memcpy(all, v->files, v->file_count * sizeof *all);
    if (count > 0) memcpy(all + v->file_count, files, count * sizeof *all);
    v->files = all;
    v->file_count += count;
}

/* Every office on the record's way here signed that it gave it on. */
static bool passages_prove(struct call *c, const struct verify *v, const struct version *version)
{
    for (size_t i = 0; i < version->passage_count; i++) {
        const struct passage *p = &version->passages[i];
        const struct verify_key *believed = verify_key_named(c, v, p->from, p->key);
        if (believed == NULL || !passage_verify(c, version->record, p, believed->public_key)) {
            return false;
        }
    }
    return true;
}

static const char *version_check(struct call *c, struct verify *v, const struct line *line)
{
    struct version version = {};
    if (version_parse(c, line->bytes, &version) != OK) {
        call_clear(c);
        return "version.form";
    }
    bool ours = version.person.len == 0 || str_eq(id_home(version.person), version.home);
    if (!ours || (version.n == 1) != (version.prev.len == 0)) return "version.form";
    if (!signed_by(c, v, line, version.home, version.key)) return "version.signature";
    if (!passages_prove(c, v, &version)) return "version.passage";
    if (!personal_holds(c, line, &version)) return "version.personal";
    v->versions[v->version_count++] =
        (struct verified_version){version.record, version.n, line->hash, version};
    files_add(c, v, &version);
    return NULL;
}

static const char *receipt_check(struct call *c, struct verify *v, const struct line *line)
{
    static const char *const WHAT[] = {
        [RECEIPT_R2] = "R2", [RECEIPT_REFUSED] = "R-", [RECEIPT_R3] = "R3"};
    struct receipt r = {};
    if (receipt_parse(c, line->bytes, &r) != OK) {
        call_clear(c);
        return "receipt.form";
    }
    if (!signed_by(c, v, line, r.office, r.key)) return "receipt.signature";
    v->claims[v->claim_count++] = (struct verified_claim){
        .office = r.office,
        .record = r.record,
        .n = r.n,
        .hash = r.hash,
        .what = WHAT[r.type],
        .where = line->where,
        .own = line->hash,
        .time_ms = r.time_ms,
        .number = r.number,
        .reason = r.reason,
    };
    return NULL;
}

/* Walks the chain from the entry that is spoken of to the one that was acknowledged. */
static const char *entries_walk(struct call *c, const struct line *line, const struct ack *ack,
                                struct entry *ret_first)
{
    const json_t *texts = json_object_get(line->tree, "entries");
    struct str chain = cli_json_get(line->tree, "prev");
    size_t count = json_array_size(texts);
    if (!object_is_hash(chain) || count == 0 || count > LIMIT_BATCH_ENTRIES) return "ack.form";
    for (size_t i = 0; i < count; i++) {
        struct str bytes = {};
        struct entry entry = {};
        struct str text = str_of(json_string_value(json_array_get(texts, i)));
        if (!base64_read(c, text, &bytes)) return "ack.form";
        if (entry_read(c, bytes, &entry) != OK) {
            call_clear(c);
            return "ack.form";
        }
        bool row = str_eq(entry.from, ack->to) && str_eq(entry.to, ack->from) &&
                   entry.epoch == ack->epoch && entry.seq == ack->seq - (int64_t)(count - 1 - i);
        if (!row) return "ack.chain";
        chain = chain_next(c, chain, bytes);
        if (i == 0) *ret_first = entry;
    }
    return str_eq(chain, ack->chain) ? NULL : "ack.chain";
}

static const char *ack_check(struct call *c, struct verify *v, const struct line *line)
{
    struct ack ack = {};
    struct entry first = {};
    if (ack_read(c, line->bytes, &ack) != OK) {
        call_clear(c);
        return "ack.form";
    }
    if (!signed_by(c, v, line, ack.from, ack.key)) return "ack.signature";
    const char *wrong = entries_walk(c, line, &ack, &first);
    if (wrong != NULL) return wrong;
    v->claims[v->claim_count++] = (struct verified_claim){
        .office = ack.from,
        .record = first.record,
        .n = first.n,
        .hash = first.object,
        .what = "R1",
        .where = line->where,
        .time_ms = ack.time_ms,
    };
    return NULL;
}

/* Cosignatures that hold, of offices whose key is believed; -1 when one does not. */
static int64_t witnesses_count(struct call *c, const struct verify *v, const struct line *line,
                               const struct note *note)
{
    int64_t count = 0;
    const char *office = NULL;
    json_t *key = NULL;
    json_t *witnesses = json_object_get(line->tree, "witnesses");
    json_object_foreach(witnesses, office, key)
    {
        struct str cosignature = {};
        int64_t time_s = 0;
        struct str told = {};
        if (!hex_read(c, str_of(json_string_value(key)), 32, &told)) return -1;
        const struct verify_key *believed = verify_key_find(v, str_of(office), told);
        if (believed == NULL) return -1;
        enum note_verdict verdict =
            note_cosigned(c, note, believed->office, believed->public_key, &cosignature, &time_s);
        if (verdict != NOTE_GOOD) return -1;
        count++;
    }
    return count;
}

static const char *proof_check(struct call *c, struct verify *v, const struct line *line)
{
    struct log_proof proof = {};
    struct note note = {};
    struct str object = cli_json_get(line->tree, "object");
    enum err e = log_proof_read(c, line->bytes, &proof);
    if (e == OK) e = log_proof_verify(c, &proof, line->public_key, object, &note);
    if (e != OK) {
        call_clear(c);
        return "proof.broken";
    }
    const struct verify_key *believed =
        verify_key_find(v, note.checkpoint.office, line->public_key);
    if (believed == NULL) return "proof.key";
    bool late = believed->revoked && note.checkpoint.head.size > believed->revoked_size;
    if (late) return "proof.key";
    int64_t witnesses = witnesses_count(c, v, line, &note);
    if (witnesses < 0) return "proof.witness";
    v->proofs[v->proof_count++] = (struct verified_proof){
        .object = object,
        .office = note.checkpoint.office,
        .index = proof.index,
        .size = note.checkpoint.head.size,
        .witnesses = witnesses,
        .where = line->where,
    };
    return NULL;
}

static const struct {
    const char *purpose;
    const char *(*check)(struct call *c, struct verify *v, const struct line *line);
} CHECKS[] = {
    {PURPOSE_VERSION, version_check},
    {PURPOSE_RECEIPT, receipt_check},
    {PURPOSE_ACK, ack_check},
    {"tlog-proof", proof_check},
};

static void line_check(struct call *c, struct verify *v, struct str text, size_t number)
{
    struct line line = {.where = str_format(c->arena, ASICE_OBJECTS ":%zu", number)};
    const char *wrong = "object.form";
    if (line_read(c, text, &line)) {
        wrong = "object.purpose";
        for (size_t i = 0; i < ARRAY_LEN(CHECKS); i++) {
            if (str_eq(line.purpose, str_of(CHECKS[i].purpose)))
                wrong = CHECKS[i].check(c, v, &line);
        }
    }
    if (wrong != NULL) verify_finds(c, v, wrong, line.where);
}

static const struct verified_version *version_of(const struct verify *v, struct str record,
                                                 int64_t n)
{
    for (size_t i = 0; i < v->version_count; i++) {
        if (v->versions[i].n == n && str_eq(v->versions[i].record, record)) return &v->versions[i];
    }
    return NULL;
}

/* Names the bytes before it, and comes from the home that they leave it to. */
static bool follows(const struct verified_version *now, const struct verified_version *before)
{
    return str_eq(before->hash, now->version.prev) &&
           passages_same(&now->version, &before->version, before->version.passage_count);
}

/* A passage by a revoked key counts as the version does that gave the record away with it. */
static bool gives_are_here(struct call *c, const struct verify *v,
                           const struct verified_version *now)
{
    for (size_t i = 0; i < now->version.passage_count; i++) {
        const struct passage *p = &now->version.passages[i];
        const struct verify_key *key = verify_key_named(c, v, p->from, p->key);
        const struct verified_version *gave = version_of(v, now->record, p->n);
        if (key == NULL || !key->revoked) continue;
        if (gave == NULL || !passages_same(&now->version, &gave->version, i + 1)) return false;
    }
    return true;
}

/* Versions follow each other, and what was said was said of these bytes. */
static void objects_agree(struct call *c, struct verify *v)
{
    for (size_t i = 0; i < v->version_count; i++) {
        const struct verified_version *now = &v->versions[i];
        const struct verified_version *before = version_of(v, now->record, now->n - 1);
        if (version_of(v, now->record, now->n) != now) {
            verify_finds(c, v, "version.twice", now->record);
        } else if (before != NULL && !follows(now, before)) {
            verify_finds(c, v, "version.chain", now->record);
        } else if (!gives_are_here(c, v, now)) {
            verify_finds(c, v, "version.passage", now->record);
        }
    }
    for (size_t i = 0; i < v->claim_count; i++) {
        const struct verified_claim *claim = &v->claims[i];
        const struct verified_version *about = version_of(v, claim->record, claim->n);
        bool holds = about != NULL && str_eq(about->hash, claim->hash) &&
                     !str_eq(about->version.home, claim->office); /* nobody receives its own */
        if (!holds) {
            verify_finds(c, v, "claim.unknown", claim->where);
        }
    }
}

/* A log's proof is about one of the objects here. */
static void proofs_agree(struct call *c, struct verify *v)
{
    for (size_t i = 0; i < v->proof_count; i++) {
        bool here = false;
        for (size_t k = 0; k < v->version_count && !here; k++)
            here = str_eq(v->versions[k].hash, v->proofs[i].object);
        for (size_t k = 0; k < v->claim_count && !here; k++)
            here = str_eq(v->claims[k].own, v->proofs[i].object);
        if (!here) verify_finds(c, v, "proof.object", v->proofs[i].where);
    }
}

/* What a revoked key signed counts only as far as its office's log shows it below the place that
 * the office named. */
static void revoked_agree(struct call *c, struct verify *v)
{
    for (size_t i = 0; i < v->revoked_count; i++) {
        const struct verified_revoked *one = &v->revoked[i];
        bool stands = false;
        for (size_t k = 0; k < v->proof_count && !stands; k++) {
            const struct verified_proof *proof = &v->proofs[k];
            stands = str_eq(proof->object, one->object) &&
                     str_eq(proof->office, one->key->office) &&
                     proof->index < one->key->revoked_size;
        }
        if (!stands) verify_finds(c, v, "key.revoked", one->where);
    }
}

enum err verify_objects(struct call *c, struct verify *v, struct str lines)
{
    v->versions = arena_array(c->arena, LIMIT_EVIDENCE_OBJECTS, sizeof *v->versions);
    v->claims = arena_array(c->arena, LIMIT_EVIDENCE_OBJECTS, sizeof *v->claims);
    v->proofs = arena_array(c->arena, LIMIT_EVIDENCE_OBJECTS, sizeof *v->proofs);
    v->revoked = arena_array(c->arena, LIMIT_EVIDENCE_OBJECTS, sizeof *v->revoked);
    size_t number = 0;
    while (lines.len > 0) {
        struct str text = {};
        (void)str_cut(lines, '\n', &text, &lines); /* the last line may lack its end */
        if (++number > LIMIT_EVIDENCE_OBJECTS) return fail(c, ERR_LIMIT, "evidence.too_large");
        line_check(c, v, text, number);
    }
    if (v->version_count == 0) verify_finds(c, v, "version.none", S(ASICE_OBJECTS));
    objects_agree(c, v);
    proofs_agree(c, v);
    revoked_agree(c, v);
    return OK;
}

static void office_tell(struct call *c, const struct verify *v, struct node *row, struct str office)
{
    const struct verify_key *key = verify_key_of(v, office);
    node_text(c, row, "office", office);
    node_text(c, row, "code", key == NULL ? (struct str){} : key->code);
}

void verify_tell(struct call *c, const struct verify *v, struct node *report)
{
    struct node *records = node_put_list(c, report, "records");
    for (size_t i = 0; i < v->version_count; i++) {
        struct node *row = node_add_map(c, records);
        node_text(c, row, "record", v->versions[i].record);
        node_int(c, row, "n", v->versions[i].n);
        node_text(c, row, "hash", v->versions[i].hash);
        office_tell(c, v, row, v->versions[i].version.home);
    }
    struct node *held = node_put_list(c, report, "held");
    for (size_t i = 0; i < v->claim_count; i++) {
        const struct verified_claim *claim = &v->claims[i];
        struct node *row = node_add_map(c, held);
        office_tell(c, v, row, claim->office);
        node_text(c, row, "what", str_of(claim->what));
        node_text(c, row, "record", claim->record);
        node_int(c, row, "n", claim->n);
        node_text(c, row, "time", time_format_instant(c->arena, claim->time_ms));
        if (claim->number.len > 0) node_text(c, row, "number", claim->number);
        if (claim->reason.len > 0) node_text(c, row, "reason", claim->reason);
    }
    struct node *logged = node_put_list(c, report, "logged");
    for (size_t i = 0; i < v->proof_count; i++) {
        const struct verified_proof *proof = &v->proofs[i];
        struct node *row = node_add_map(c, logged);
        office_tell(c, v, row, proof->office);
        node_text(c, row, "object", proof->object);
        node_int(c, row, "index", proof->index);
        node_int(c, row, "size", proof->size);
        node_int(c, row, "witnesses", proof->witnesses);
    }
}
