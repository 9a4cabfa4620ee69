/* parse_notes.c: notes of a file as bytes. They come from a process that has read hostile ones. */
#include "core/parse.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

/* Before each note; its author and its text follow. */
struct note_head {
    uint32_t kind;
    uint32_t from;
    uint32_t to;
    uint32_t author_bytes;
    uint32_t text_bytes;
};

struct str parse_notes_write(struct arena *arena, const struct parse_notes *notes)
{
    struct sb sb = sb_new(arena, 0);
    for (size_t i = 0; i < notes->count; i++) {
        const struct parse_note *note = &notes->rows[i];
        ensure(note->from <= note->to);
        ensure(note->to <= LIMIT_PARSE_TEXT_BYTES);
        const struct note_head head = {(uint32_t)note->kind, (uint32_t)note->from,
                                       (uint32_t)note->to, (uint32_t)note->author.len,
                                       (uint32_t)note->text.len};
        sb_put(&sb, (struct str){(const char *)&head, sizeof head});
        sb_put(&sb, note->author);
        sb_put(&sb, note->text);
    }
    return sb_str(&sb);
}

static bool words_sound(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.ptr[i];
        if ((byte < ' ' && byte != '\n') || byte == 0x7F) return false;
    }
    return utf8_valid(text) && utf8_is_nfc(text);
}

/* Takes one note off `rest`. */
static bool note_read(struct str *rest, size_t text_bytes, struct parse_note *ret_note)
{
    struct note_head head = {};
    if (rest->len < sizeof head) return false;
    memcpy(&head, rest->ptr, sizeof head);
    *rest = str_sub(*rest, sizeof head, rest->len);
    uint64_t words = (uint64_t)head.author_bytes + head.text_bytes;
    bool sound = head.kind <= PARSE_DELETED && head.from <= head.to && head.to <= text_bytes &&
                 words <= rest->len;
    if (!sound) return false;
    *ret_note = (struct parse_note){
        .kind = (enum parse_note_kind)head.kind,
        .from = head.from,
        .to = head.to,
        .author = str_sub(*rest, 0, head.author_bytes),
        .text = str_sub(*rest, head.author_bytes, words),
    };
    *rest = str_sub(*rest, words, rest->len);
    return words_sound(ret_note->author) && words_sound(ret_note->text);
}

bool parse_notes_read(struct arena *arena, struct str bytes, size_t text_bytes,
                      struct parse_notes *ret_notes)
{
    size_t max = bytes.len / sizeof(struct note_head);
    if (max > LIMIT_PARSE_NOTES) max = LIMIT_PARSE_NOTES;
    struct parse_notes notes = {.rows = arena_array(arena, max + 1, sizeof *notes.rows)};
    while (bytes.len > 0) {
        struct parse_note *note = &notes.rows[notes.count];
        if (notes.count == max || !note_read(&bytes, text_bytes, note)) return false;
        if (notes.count > 0 && note->from < note[-1].from) return false;
        notes.count++;
    }
    *ret_notes = notes;
    return true;
}
