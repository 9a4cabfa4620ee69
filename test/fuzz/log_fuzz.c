/*
 * Any bytes are given to the readers of notes, submissions and proofs. What they accept must be
 * written again as the same bytes, or read again as the same thing; what they refuse must have a
 * reason. The first byte chooses the reader; behind a true beginning the fuzzer gets further.
 */
#include "exchange/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct str KEY = {"0123456789abcdef0123456789abcdef", 32};
static const struct str OFFICE = {"aaaaaaaaaaaaaaaaaaaaaaaaaa", 26};

static void refused(struct call *c, enum err e)
{
    if (e == OK) return;
    ensure(c->failure.reason != NULL);
    call_clear(c);
}

static void note_try(struct call *c, struct str bytes)
{
    struct note note = {};
    struct str line = {};
    int64_t time_s = 0;
    enum err e = note_read(c, bytes, &note);
    if (e == OK) {
        ensure(str_eq(checkpoint_write(c->arena, &note.checkpoint), note.text));
        ensure(note.count > 0 && note.count <= NOTE_SIGNATURES_MAX);
        ensure(note_signed(c, &note, KEY) != NOTE_GOOD);
        ensure(note_cosigned(c, &note, OFFICE, KEY, &line, &time_s) != NOTE_GOOD);
    }
    refused(c, e);
}

static void submission_try(struct call *c, struct str bytes)
{
    struct submission submission = {};
    enum err e = submission_read(c, bytes, &submission);
    if (e == OK) ensure(submission.old_size >= 0 && submission.path.count <= TREE_PATH_MAX);
    if (e == OK) {
        struct tree_head old = {.size = submission.old_size};
        (void)tree_continues(&old, &submission.note.checkpoint.head, &submission.path);
        ensure(str_eq(submission_write(c->arena, &submission), bytes));
    }
    refused(c, e);
}

static void proof_try(struct call *c, struct str bytes)
{
    struct log_proof proof = {};
    struct tree_path path = {};
    enum err e = log_proof_read(c, bytes, &proof);
    if (e == OK) ensure(str_eq(log_proof_write(c->arena, &proof), bytes));
    refused(c, e);
    e = path_read(c, bytes, &path);
    if (e == OK) ensure(str_eq(path_write(c->arena, &path), bytes));
    refused(c, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct str rest = {(const char *)data + 1, size - 1};
    struct checkpoint checkpoint = {};
    int64_t time_s = 0;
    if (data[0] % 4 == 0) note_try(&c, rest);
    if (data[0] % 4 == 1) submission_try(&c, rest);
    if (data[0] % 4 == 2) proof_try(&c, rest);
    if (data[0] % 4 == 3) {
        bool both = checkpoint_read(c.arena, rest, &checkpoint) &&
                    cosignature_read(c.arena, rest, &time_s, &checkpoint);
        ensure(!both); /* no text can be taken for the other */
    }
    call_end(&c);
    return 0;
}
