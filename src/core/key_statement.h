#pragma once
/*
 * key_statement.h: the statement by which an office goes on with another key, as bytes. It names
 * the key before and the key from now on, and promises the one after that by its hash, so that who
 * steals a key cannot name the next one.
 *
 *     {"phoihop":1,"office":"..","n":1,"old":"<64 hex>","new":"<64 hex>","next":"<64 hex>",
 *      "size":812,"revoked":[{"key":"<64 hex>","size":700}],"time":".."}
 *
 *     frame = "phoihop" 0x01 "K", u32 length, JSON, 64 bytes signature of the old key (zeros when
 *             it is lost), 64 bytes signature of the new key
 *     chain = frames, one after another
 *
 * Both keys sign under PURPOSE_KEY. `size` counts the leaves of the office's log when it was
 * written: what the old key signed stands below. A revoked key signed nothing from `size` of its
 * row on. Pure: no store, no clock.
 */
#include "base/field.h"

enum { KEY_HEX_LEN = 64 };

struct key_revoked {
    struct str key; /* hex public key */
    int64_t size;   /* leaves of the office's log below which its signatures stand */
};

struct key_statement {
    int64_t format;
    struct str office;
    int64_t n;            /* 1 for the first change, then one more each time */
    struct str old_key;   /* hex public keys */
    struct str new_key;
    struct str next;      /* hex SHA-256 of the raw public key after that; empty: none promised */
    int64_t size;
    struct list revoked;  /* of struct key_revoked */
    int64_t time_ms;
};

struct key_frame {
    struct key_statement statement;
    struct str bytes; /* of the JSON: what both keys sign */
    struct str old_signature; /* 64 bytes each */
    struct str new_signature;
};

/* What is known of an office's present key. */
struct key_state {
    struct str office;
    struct str public_key; /* 32 raw bytes */
    int64_t n;             /* statement that named it; 0: none did */
    struct str next;       /* hex; empty: none promised */
};

/* Hash of a public key, by which it is promised. Shapes: 32 raw bytes; 64 hex digits come back. */
struct str key_promise(struct arena *arena, struct str public_key);

/* The bytes that both keys sign. */
struct str key_statement_write(struct call *c, const struct key_statement *statement);
/* Writes a frame. Shapes: bytes are set; an empty signature of the old key becomes zeros. */
struct str key_frame_write(struct call *c, const struct key_frame *frame);
/* Takes the first frame off the bytes. Errors: ERR_SYNTAX "key.form"; those of fields_read. */
enum err key_frame_read(struct call *c, struct str bytes, struct key_frame *ret_frame,
                        struct str *ret_rest);

/* Says that the statement goes on from what is known: it names the present key and the next number,
 * the new key has signed it, and is the promised one; where none was promised, the present key has
 * signed too. */
bool key_follows(struct call *c, const struct key_state *known, const struct key_frame *frame);
/* What is known once the frame is believed. Owns: slices of the frame's and the call's memory. */
struct key_state key_after(struct call *c, const struct key_frame *frame);

/* Walks a chain as far as it leads on from what is known; statements known already are passed
 * over. Shapes: ret_frames gets at most LIMIT_KEY_CHAIN. Errors: ERR_DENIED "key.broken" when it
 * leads nowhere. */
enum err key_chain_follow(struct call *c, const struct key_state *known, struct str chain,
                          struct key_frame *ret_frames, size_t *ret_count);
