/*
 * Any bytes are given to the worker as the answer of a job that was taken over by a hostile file.
 * The first byte says as which answer. What is taken must be sound.
 */
#include "base/limits.h"
#include "base/utf8.h"
#include "front/parse/answer.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUR_HEAD, NOTES, AS_IT_IS, PAGES, TEXT, IMAGE, KINDS };

static enum err answer(struct call *c, uint8_t kind, struct str bytes, struct parse *ret_parse)
{
    struct answer_head head = {.magic = ANSWER_MAGIC, .format = PARSE_DOCX};
    switch (kind % KINDS) {
    case OUR_HEAD: {
        struct sb sb = sb_new(c->arena, 0);
        head.text_bytes = bytes.len;
        sb_put(&sb, (struct str){(const char *)&head, sizeof head});
        sb_put(&sb, bytes);
        return answer_read(c, sb_str(&sb), ret_parse);
    }
    case NOTES: { /* behind a text of one letter */
        struct sb sb = sb_new(c->arena, 0);
        head.text_bytes = 1;
        head.note_bytes = bytes.len;
        sb_put(&sb, (struct str){(const char *)&head, sizeof head});
        sb_char(&sb, 'a');
        sb_put(&sb, bytes);
        return answer_read(c, sb_str(&sb), ret_parse);
    }
    case AS_IT_IS: return answer_read(c, bytes, ret_parse);
    case PAGES: return answer_pdf_pages(c, bytes, &ret_parse->pages);
    case TEXT: return answer_pdf_text(c, bytes, ret_parse);
    default: return answer_image(c, bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct call c = call_begin(env_real(), NULL, NULL);
    struct parse parse = {};
    enum err e = answer(&c, data[0], (struct str){(const char *)data + 1, size - 1}, &parse);
    if (e == OK) {
        ensure(parse.pages >= 0);
        ensure(utf8_valid(parse.text));
        ensure(utf8_is_nfc(parse.text));
        ensure(parse.format <= PARSE_TEXT);
    } else {
        ensure(c.failure.reason != NULL);
        ensure(e == ERR_INVALID);
    }
    call_end(&c);
    return 0;
}
