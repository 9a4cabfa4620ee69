#pragma once
/*
 * checkpoint.h: a log's head as a signed note, byte for byte as C2SP has it:
 *
 *     phoihop/<office id>                        origin, also the name of the office's keys
 *     20852163                                   leaves
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *                                                empty line, then signatures
 *     — phoihop/<office id> <base64>             of the log: Ed25519 over the three lines
 *     — phoihop/<other office> <base64>          of a witness: cosignature/v1, with its time
 *
 * The office's one Ed25519 key signs both; the key ids tell them apart, and neither text can be
 * taken for any other statement of the office (docs/decisions/0009-log.md). Bytes in, struct out.
 * Source: c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature.
 */
#include "base/call.h"
#include "exchange/tree.h"

enum { NOTE_SIGNATURES_MAX = 16, NOTE_KEY_BYTES = 4, NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

/* The three lines. */
struct checkpoint {
    struct str office; /* of whom the log is */
    struct tree_head head;
};

struct note_signature {
    struct str name;
    struct str bytes; /* key id and signature */
    struct str line;  /* as it stands in the note */
};

struct note {
    struct str text; /* the signed lines */
    struct checkpoint checkpoint;
    struct note_signature signatures[NOTE_SIGNATURES_MAX];
    size_t count;
};

/* The root as it stands in a checkpoint. */
struct str tree_root_text(struct arena *arena, const struct tree_head *head);
bool tree_root_read(struct arena *arena, struct str text, struct tree_head *ret_head);

/* The name of an office's log and of its keys in notes. */
struct str checkpoint_origin(struct arena *arena, struct str office);

/* Writes the three lines, and reads that one form; no more lines are allowed. */
struct str checkpoint_write(struct arena *arena, const struct checkpoint *checkpoint);
bool checkpoint_read(struct arena *arena, struct str text, struct checkpoint *ret_checkpoint);

/* What a witness signs: "cosignature/v1", the time, the three lines. */
struct str cosignature_write(struct arena *arena, int64_t time_s, struct str text);
bool cosignature_read(struct arena *arena, struct str bytes, int64_t *ret_time_s,
                      struct checkpoint *ret_checkpoint);

/* The whole note. Errors: ERR_LIMIT "checkpoint.too_large"; ERR_SYNTAX "checkpoint.form". */
enum err note_read(struct call *c, struct str bytes, struct note *ret_note);
/* Reads the signature lines of a note alone, as a witness answers. Errors: as note_read. */
enum err note_lines_read(struct call *c, struct str lines, struct note *ret_note);
/* Text, empty line, lines: the bytes of a note. */
struct str note_write(struct arena *arena, struct str text, struct str lines);

/* The id of a key in notes: its name, what it signs (NOTE_ED25519, NOTE_COSIGNATURE) and itself. */
void note_key_id(struct str name, uint8_t type, struct str public_key,
                 uint8_t ret_id[NOTE_KEY_BYTES]);

/* The line of a signature made by an office's key. Shapes: the signature is 64 bytes. */
struct str note_line(struct arena *arena, struct str office, struct str public_key,
                     struct str signature);
struct str note_cosignature_line(struct arena *arena, struct str office, struct str public_key,
                                 int64_t time_s, struct str signature);

/* What a note has from one key. A wrong one makes the whole note worthless. */
enum note_verdict { NOTE_NONE, NOTE_GOOD, NOTE_WRONG };
/* The signature of the log itself, by its office's key. */
enum note_verdict note_signed(struct call *c, const struct note *note, struct str public_key);
/* The cosignature of an office; ret_line and ret_time_s are written when it is good. */
enum note_verdict note_cosigned(struct call *c, const struct note *note, struct str office,
                                struct str public_key, struct str *ret_line, int64_t *ret_time_s);
