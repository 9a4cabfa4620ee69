#include "exchange/checkpoint.h"

#include "base/id.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <sodium.h>
#include <string.h>

enum { SIGNATURE_BYTES = 64, TIME_BYTES = 8, KEY_TEXT_BYTES = 128, CONTROL_MAX = 0x20 };

static const struct str ORIGIN = {"phoihop/", 8};
static const struct str COSIGNATURE = {"cosignature/v1\ntime ", 20};
static const struct str DASH = {"\xe2\x80\x94 ", 4}; /* U+2014 and a space */

struct str tree_root_text(struct arena *arena, const struct tree_head *head)
{
    return base64_encode(arena, (struct str){(const char *)head->root, sizeof head->root});
}

bool tree_root_read(struct arena *arena, struct str text, struct tree_head *ret_head)
{
    struct str root = {};
    if (!base64_decode(arena, text, &root) || root.len != sizeof ret_head->root) return false;
    memcpy(ret_head->root, root.ptr, root.len);
    return true;
}

struct str checkpoint_origin(struct arena *arena, struct str office)
{
    return str_format(arena, "%.*s%.*s", STR_ARG(ORIGIN), STR_ARG(office));
}

struct str checkpoint_write(struct arena *arena, const struct checkpoint *checkpoint)
{
    ensure(id_is_office(checkpoint->office));
    ensure(checkpoint->head.size >= 0);
    struct str root = tree_root_text(arena, &checkpoint->head);
    return str_format(arena, "%.*s%.*s\n%lld\n%.*s\n", STR_ARG(ORIGIN),
                      STR_ARG(checkpoint->office), (long long)checkpoint->head.size,
                      STR_ARG(root));
}

bool checkpoint_read(struct arena *arena, struct str text, struct checkpoint *ret_checkpoint)
{
    struct checkpoint checkpoint = {};
    struct str origin = {};
    struct str size = {};
    struct str root = {};
    struct str rest = {};
    bool lines = str_cut(text, '\n', &origin, &rest) && str_cut(rest, '\n', &size, &rest) &&
                 str_cut(rest, '\n', &root, &rest) && str_starts(origin, ORIGIN);
    if (!lines) return false;
    checkpoint.office = str_sub(origin, ORIGIN.len, origin.len);
    bool read = id_is_office(checkpoint.office) &&
                parse_int(size, 0, INT64_MAX, &checkpoint.head.size) &&
                tree_root_read(arena, root, &checkpoint.head);
    if (!read || !str_eq(checkpoint_write(arena, &checkpoint), text)) return false;
    *ret_checkpoint = checkpoint;
    return true;
}

struct str cosignature_write(struct arena *arena, int64_t time_s, struct str text)
{
    ensure(time_s > 0);
    return str_format(arena, "%.*s%lld\n%.*s", STR_ARG(COSIGNATURE), (long long)time_s,
                      STR_ARG(text));
}

bool cosignature_read(struct arena *arena, struct str bytes, int64_t *ret_time_s,
                      struct checkpoint *ret_checkpoint)
{
    struct str time = {};
    struct str text = {};
    int64_t time_s = 0;
    if (!str_starts(bytes, COSIGNATURE)) return false;
    bool read = str_cut(str_sub(bytes, COSIGNATURE.len, bytes.len), '\n', &time, &text) &&
                parse_int(time, 1, INT64_MAX, &time_s);
    if (!read || !str_eq(cosignature_write(arena, time_s, text), bytes)) return false;
    if (!checkpoint_read(arena, text, ret_checkpoint)) return false;
    *ret_time_s = time_s;
    return true;
}

/* Notes */

/* One signature line without its dash. */
static bool line_read(struct arena *arena, struct str line, struct note_signature *ret_signature)
{
    struct str name = {};
    struct str text = {};
    struct str bytes = {};
    if (!str_cut(line, ' ', &name, &text) || name.len == 0) return false;
    if (str_find(name, S("+"), 0) < name.len) return false;
    if (!base64_decode(arena, text, &bytes) || bytes.len <= NOTE_KEY_BYTES) return false;
    *ret_signature = (struct note_signature){.name = name, .bytes = bytes};
    return true;
}

static bool bytes_fit(struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if ((uint8_t)bytes.ptr[i] < CONTROL_MAX && bytes.ptr[i] != '\n') return false;
    }
    return utf8_valid(bytes);
}

enum err note_lines_read(struct call *c, struct str lines, struct note *ret_note)
{
    struct note note = *ret_note;
    note.count = 0;
    if (lines.len > LIMIT_NOTE_BYTES) return fail(c, ERR_LIMIT, "checkpoint.too_large");
    if (!bytes_fit(lines)) return fail(c, ERR_SYNTAX, "checkpoint.form");
    while (lines.len > 0) {
        struct str line = {};
        bool read = note.count < NOTE_SIGNATURES_MAX && str_starts(lines, DASH) &&
                    str_cut(lines, '\n', &line, &lines) &&
                    line_read(c->arena, str_sub(line, DASH.len, line.len),
                              &note.signatures[note.count]);
        if (!read) return fail(c, ERR_SYNTAX, "checkpoint.form");
        note.signatures[note.count++].line = (struct str){line.ptr, line.len + 1};
    }
    if (note.count == 0) return fail(c, ERR_SYNTAX, "checkpoint.form");
    *ret_note = note;
    return OK;
}

enum err note_read(struct call *c, struct str bytes, struct note *ret_note)
{
    struct note note = {};
    if (bytes.len > LIMIT_NOTE_BYTES) return fail(c, ERR_LIMIT, "checkpoint.too_large");
    size_t end = str_find(bytes, S("\n\n"), 0);
    note.text = str_sub(bytes, 0, end + 1);
    if (end == bytes.len || !checkpoint_read(c->arena, note.text, &note.checkpoint)) {
        return fail(c, ERR_SYNTAX, "checkpoint.form");
    }
    enum err e = note_lines_read(c, str_sub(bytes, end + 2, bytes.len), &note);
    if (e == OK) *ret_note = note;
    return e;
}

struct str note_write(struct arena *arena, struct str text, struct str lines)
{
    return str_format(arena, "%.*s\n%.*s", STR_ARG(text), STR_ARG(lines));
}

/* Signatures */

void note_key_id(struct str name, uint8_t type, struct str public_key,
                 uint8_t ret_id[NOTE_KEY_BYTES])
{
    crypto_hash_sha256_state state;
    uint8_t hash[crypto_hash_sha256_BYTES];
    ensure(public_key.len == crypto_sign_PUBLICKEYBYTES);
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)name.ptr, name.len);
    crypto_hash_sha256_update(&state, (const uint8_t *)"\n", 1);
    crypto_hash_sha256_update(&state, &type, 1);
    crypto_hash_sha256_update(&state, (const uint8_t *)public_key.ptr, public_key.len);
    crypto_hash_sha256_final(&state, hash);
    memcpy(ret_id, hash, NOTE_KEY_BYTES);
}

static struct str line_write(struct arena *arena, struct str name, struct str bytes)
{
    return str_format(arena, "%.*s%.*s %.*s\n", STR_ARG(DASH), STR_ARG(name),
                      STR_ARG(base64_encode(arena, bytes)));
}

struct str note_line(struct arena *arena, struct str office, struct str public_key,
                     struct str signature)
{
    uint8_t bytes[NOTE_KEY_BYTES + SIGNATURE_BYTES];
    ensure(signature.len == SIGNATURE_BYTES);
    struct str name = checkpoint_origin(arena, office);
    note_key_id(name, NOTE_ED25519, public_key, bytes);
    memcpy(bytes + NOTE_KEY_BYTES, signature.ptr, SIGNATURE_BYTES);
    return line_write(arena, name, (struct str){(const char *)bytes, sizeof bytes});
}

struct str note_cosignature_line(struct arena *arena, struct str office, struct str public_key,
                                 int64_t time_s, struct str signature)
{
    uint8_t bytes[NOTE_KEY_BYTES + TIME_BYTES + SIGNATURE_BYTES];
    ensure(signature.len == SIGNATURE_BYTES && time_s > 0);
    struct str name = checkpoint_origin(arena, office);
    note_key_id(name, NOTE_COSIGNATURE, public_key, bytes);
    for (int i = 0; i < TIME_BYTES; i++)
        bytes[NOTE_KEY_BYTES + i] = (uint8_t)((uint64_t)time_s >> (8 * (TIME_BYTES - 1 - i)));
    memcpy(bytes + NOTE_KEY_BYTES + TIME_BYTES, signature.ptr, SIGNATURE_BYTES);
    return line_write(arena, name, (struct str){(const char *)bytes, sizeof bytes});
}

/* The signature by that office's key of that type; NULL when there is none. */
static const struct note_signature *find(struct call *c, const struct note *note,
                                         struct str office, uint8_t type, struct str public_key)
{
    uint8_t id[NOTE_KEY_BYTES];
    struct str name = checkpoint_origin(c->arena, office);
    note_key_id(name, type, public_key, id);
    for (size_t i = 0; i < note->count; i++) {
        const struct note_signature *s = &note->signatures[i];
        if (str_eq(s->name, name) && memcmp(s->bytes.ptr, id, sizeof id) == 0) return s;
    }
    return NULL;
}

static bool holds(struct str public_key, struct str text, const char *signature)
{
    return crypto_sign_verify_detached((const uint8_t *)signature, (const uint8_t *)text.ptr,
                                       text.len, (const uint8_t *)public_key.ptr) == 0;
}

enum note_verdict note_signed(struct call *c, const struct note *note, struct str public_key)
{
    const struct note_signature *s =
        find(c, note, note->checkpoint.office, NOTE_ED25519, public_key);
    if (s == NULL) return NOTE_NONE;
    bool good = s->bytes.len == NOTE_KEY_BYTES + SIGNATURE_BYTES &&
                holds(public_key, note->text, s->bytes.ptr + NOTE_KEY_BYTES);
    return good ? NOTE_GOOD : NOTE_WRONG;
}

enum note_verdict note_cosigned(struct call *c, const struct note *note, struct str office,
                                struct str public_key, struct str *ret_line, int64_t *ret_time_s)
{
    const struct note_signature *s = find(c, note, office, NOTE_COSIGNATURE, public_key);
    if (s == NULL) return NOTE_NONE;
    if (s->bytes.len != NOTE_KEY_BYTES + TIME_BYTES + SIGNATURE_BYTES) return NOTE_WRONG;
    uint64_t time_s = 0;
    for (int i = 0; i < TIME_BYTES; i++)
        time_s = time_s << 8 | (uint8_t)s->bytes.ptr[NOTE_KEY_BYTES + i];
    if (time_s == 0 || time_s > INT64_MAX) return NOTE_WRONG;
    struct str text = cosignature_write(c->arena, (int64_t)time_s, note->text);
    if (!holds(public_key, text, s->bytes.ptr + NOTE_KEY_BYTES + TIME_BYTES)) return NOTE_WRONG;
    *ret_line = s->line;
    *ret_time_s = (int64_t)time_s;
    return NOTE_GOOD;
}
