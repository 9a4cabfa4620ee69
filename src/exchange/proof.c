#include "exchange/proof.h"

#include "base/limits.h"
#include "store/blob.h"

#include <string.h>

static const struct str OLD = {"old ", 4};
static const struct str PROOF = {"c2sp.org/tlog-proof@v1\nextra ", 29};
static const struct str INDEX = {"index ", 6};

struct str path_write(struct arena *arena, const struct tree_path *path)
{
    struct sb sb = sb_new(arena, 0);
    ensure(path->count <= TREE_PATH_MAX);
    for (size_t i = 0; i < path->count; i++) {
        struct str hash = {(const char *)path->hashes[i], TREE_HASH_BYTES};
        sb_put(&sb, base64_encode(arena, hash));
        sb_char(&sb, '\n');
    }
    return sb_str(&sb);
}

/* Reads lines of hashes up to an empty line or the end; `rest` gets what follows the empty line. */
static bool hashes_read(struct arena *arena, struct str bytes, struct tree_path *path,
                        struct str *rest)
{
    struct str line = {};
    path->count = 0;
    while (bytes.len > 0) {
        struct str hash = {};
        if (!str_cut(bytes, '\n', &line, &bytes)) return false;
        if (line.len == 0) break;
        bool read = path->count < TREE_PATH_MAX && base64_decode(arena, line, &hash) &&
                    hash.len == TREE_HASH_BYTES;
        if (!read) return false;
        memcpy(path->hashes[path->count++], hash.ptr, hash.len);
    }
    *rest = bytes;
    return true;
}

/* "<word><number>\n", the number in its one form. */
static bool number_read(struct arena *arena, struct str *bytes, struct str word,
                        int64_t *ret_number)
{
    struct str line = {};
    if (!str_starts(*bytes, word) || !str_cut(*bytes, '\n', &line, bytes)) return false;
    if (!parse_int(str_sub(line, word.len, line.len), 0, INT64_MAX, ret_number)) return false;
    return str_eq(str_format(arena, "%.*s%lld", STR_ARG(word), (long long)*ret_number), line);
}

enum err path_read(struct call *c, struct str bytes, struct tree_path *ret_path)
{
    struct tree_path path = {};
    struct str rest = {};
    if (bytes.len > LIMIT_NOTE_BYTES) return fail(c, ERR_LIMIT, "checkpoint.too_large");
    bool read = hashes_read(c->arena, bytes, &path, &rest) && rest.len == 0 &&
                str_eq(path_write(c->arena, &path), bytes);
    if (!read) return fail(c, ERR_SYNTAX, "proof.form");
    *ret_path = path;
    return OK;
}

struct str submission_write(struct arena *arena, const struct submission *submission)
{
    return str_format(arena, "%.*s%lld\n%.*s\n%.*s", STR_ARG(OLD), (long long)submission->old_size,
                      STR_ARG(path_write(arena, &submission->path)),
                      STR_ARG(submission->note_bytes));
}

enum err submission_read(struct call *c, struct str bytes, struct submission *ret_submission)
{
    struct submission s = {};
    struct str rest = bytes;
    if (bytes.len > LIMIT_SUBMISSION_BYTES) return fail(c, ERR_LIMIT, "checkpoint.too_large");
    bool read = number_read(c->arena, &rest, OLD, &s.old_size) &&
                hashes_read(c->arena, rest, &s.path, &s.note_bytes) && s.note_bytes.len > 0;
    if (!read) return fail(c, ERR_SYNTAX, "proof.form");
    enum err e = note_read(c, s.note_bytes, &s.note);
    if (e == OK) *ret_submission = s;
    return e;
}

struct str log_proof_write(struct arena *arena, const struct log_proof *proof)
{
    ensure(proof->leaf.len == LEAF_BYTES);
    return str_format(arena, "%.*s%.*s\n%.*s%lld\n%.*s\n%.*s", STR_ARG(PROOF),
                      STR_ARG(base64_encode(arena, proof->leaf)), STR_ARG(INDEX),
                      (long long)proof->index, STR_ARG(path_write(arena, &proof->path)),
                      STR_ARG(proof->note));
}

enum err log_proof_read(struct call *c, struct str bytes, struct log_proof *ret_proof)
{
    struct log_proof proof = {};
    struct note note = {};
    struct str extra = {};
    if (bytes.len > LIMIT_SUBMISSION_BYTES) return fail(c, ERR_LIMIT, "checkpoint.too_large");
    struct str rest = str_sub(bytes, PROOF.len, bytes.len);
    bool read = str_starts(bytes, PROOF) && str_cut(rest, '\n', &extra, &rest) &&
                base64_decode(c->arena, extra, &proof.leaf) && proof.leaf.len == LEAF_BYTES &&
                number_read(c->arena, &rest, INDEX, &proof.index) &&
                hashes_read(c->arena, rest, &proof.path, &proof.note) && proof.note.len > 0;
    if (!read) return fail(c, ERR_SYNTAX, "proof.form");
    enum err e = note_read(c, proof.note, &note);
    if (e == OK) *ret_proof = proof;
    return e;
}

enum err log_proof_verify(struct call *c, const struct log_proof *proof, struct str public_key,
                          struct str object, struct note *ret_note)
{
    struct note note = {};
    uint8_t hash[LEAF_OBJECT_BYTES];
    uint8_t leaf[TREE_HASH_BYTES];
    enum err e = note_read(c, proof->note, &note);
    if (e != OK) return e;
    bool named = proof->leaf.len == LEAF_BYTES && hex_decode(object, hash, sizeof hash) &&
                 memcmp(proof->leaf.ptr + 1, hash, sizeof hash) == 0;
    if (!named) return fail(c, ERR_INVALID, "proof.object");
    if (note_signed(c, &note, public_key) != NOTE_GOOD) {
        return fail(c, ERR_INVALID, "proof.signature");
    }
    merkle_leaf(proof->leaf, leaf);
    if (!tree_included(leaf, proof->index, &note.checkpoint.head, &proof->path)) {
        return fail(c, ERR_INVALID, "proof.path");
    }
    *ret_note = note;
    return OK;
}
