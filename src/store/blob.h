#pragma once
/*
 * blob.h: files by content. A file is named by the RFC 6962 Merkle root over its 1 MiB chunks and
 * lies as a plain file under DIR/blobs/. A file is there wholly or not at all: it is written under
 * DIR/tmp, synced, renamed, and its folder synced, before anyone may name it.
 */
#include "store/chunk.h"

struct blob_writer;

/* Removes what crashes have left under DIR/tmp: nothing there has a name yet. Shapes: files last
 * written before `before_ms`; INT64_MAX at the start, when nobody else works in this folder.
 * Errors: ERR_IO "blob.io". */
enum err blob_clean_tmp(struct call *c, struct str dir, int64_t before_ms);

/* Looks at one of the 256 folders of files and removes what was last written before `before_ms` and
 * nobody keeps. Shapes: adds the number of files seen to *ret_seen. Errors: ERR_IO "blob.io"; those
 * of keep. */
enum err blob_sweep(struct call *c, struct str dir, int folder, int64_t before_ms,
                    enum err (*keep)(struct call *c, struct str root, bool *ret_keep),
                    size_t *ret_seen);

/* Starts a new file. Shapes: dir is the office's folder; size_max in bytes.
 * Owns: the arena of the call; an unfinished file is removed when it closes. */
enum err blob_create(struct call *c, struct str dir, int64_t size_max, struct blob_writer **ret);
/* Appends. Errors: ERR_LIMIT "blob.too_large", ERR_FULL "store.full", ERR_IO "blob.io". */
enum err blob_write(struct call *c, struct blob_writer *w, struct str bytes);
/* Syncs and names the file. The same content twice is one file. Shapes: ret_root is 64 hex digits
 * in the call's arena; ret_size may be NULL. Errors: as blob_write but the limit. */
enum err blob_finish(struct call *c, struct blob_writer *w, struct str *ret_root,
                     int64_t *ret_size);

/* Copies a slice of an open file into the store: an upload spooled by the HTTP core.
 * Errors: as blob_write, for files above LIMIT_FILE_BYTES; ERR_IO "blob.io" when it ends early. */
enum err blob_import(struct call *c, struct str dir, int fd, int64_t offset, int64_t size,
                     struct str *ret_root);

/* Opens a stored file for reading; the call's arena closes it.
 * Errors: ERR_NOT_FOUND "blob.missing", also for a root that is none; ERR_IO "blob.io". */
enum err blob_open(struct call *c, struct str dir, struct str root, int *ret_fd, int64_t *ret_size);
bool blob_has(struct call *c, struct str dir, struct str root);
/* Reads one chunk with its path (chunk.h), which costs no more than the chunk: the hashes of the
 * tree lie under DIR/trees/, from where they may be deleted. What is returned holds: the disk has
 * not changed it. Shapes: in the call's arena. Errors: those of blob_open, also for an
 * index beyond the end; ERR_CORRUPT "blob.corrupt". */
enum err blob_chunk(struct call *c, struct str dir, struct str root, int64_t index,
                    struct chunk *ret_chunk);
/* Reads the whole file again and compares its root. Errors: ERR_CORRUPT "blob.corrupt", those of
 * blob_open. */
enum err blob_verify(struct call *c, struct str dir, struct str root);

/* RFC 6962 section 2.1 hash of one leaf, of two nodes, and of a list of leaf hashes. Shapes: 32
 * bytes each; the result may lie where an operand lies. */
void merkle_leaf(struct str bytes, uint8_t ret_hash[32]);
void merkle_node(const uint8_t left[32], const uint8_t right[32], uint8_t ret_hash[32]);
void merkle_root(struct arena *arena, const uint8_t (*leaves)[32], size_t count,
                 uint8_t ret_hash[32]);
