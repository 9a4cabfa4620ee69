#pragma once
/*
 * proof.h: the texts that carry hashes of a log's tree.
 *
 *     add-checkpoint   "old 20852014", a line of base64 for each hash, an empty line, a checkpoint:
 *                      what a log posts to a witness (c2sp.org/tlog-witness)
 *     consistency      a line of base64 for each hash: what a log answers to a monitor
 *     tlog-proof       a leaf, its place, the path and the checkpoint with all its signatures: a
 *                      file that stands alone (c2sp.org/tlog-proof); `extra` is the leaf's bytes
 *
 * Bytes in, struct out.
 */
#include "exchange/checkpoint.h"

/* kind, hash of the object, salt: what is hashed into a leaf (log.h). */
enum { LEAF_OBJECT_BYTES = 32, LEAF_SALT_BYTES = 16, LEAF_BYTES = 1 + 32 + 16 };

struct submission {
    int64_t old_size;
    struct tree_path path;
    struct note note;
    struct str note_bytes;
};

struct log_proof {
    struct str leaf; /* LEAF_BYTES */
    int64_t index;
    struct tree_path path;
    struct str note; /* bytes of the checkpoint with its cosignatures */
};

/* Errors of the readers: ERR_LIMIT "checkpoint.too_large"; ERR_SYNTAX "proof.form"; those of
 * note_read. */
struct str submission_write(struct arena *arena, const struct submission *submission);
enum err submission_read(struct call *c, struct str bytes, struct submission *ret_submission);

/* A path as lines of base64. */
struct str path_write(struct arena *arena, const struct tree_path *path);
enum err path_read(struct call *c, struct str bytes, struct tree_path *ret_path);

/* A proof as a file that stands alone (c2sp.org/tlog-proof). */
struct str log_proof_write(struct arena *arena, const struct log_proof *proof);
enum err log_proof_read(struct call *c, struct str bytes, struct log_proof *ret_proof);

/* Whether the proof shows that the log of the office with that key has the object: the checkpoint
 * is signed, and the path leads from the leaf to its root. Shapes: object is the hex hash of the
 * signed bytes. Errors: as log_proof_read; ERR_INVALID "proof.object", "proof.signature",
 * "proof.path". */
enum err log_proof_verify(struct call *c, const struct log_proof *proof, struct str public_key,
                          struct str object, struct note *ret_note);
