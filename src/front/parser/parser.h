#pragma once
/*
 * parser.h: the plugin's only door: a file's bytes in, an answer (front/parse/answer.h) out. Its
 * libraries, libzip and expat, are loaded into the parser process alone, and read in a job's cage.
 */
#include "front/parse/answer.h"

struct parser_plugin {
    size_t head_bytes; /* sizeof(struct answer_head) it was built with */
    /* Reads an office document or a text. Never fails: what cannot be read is an answer. Shapes:
     * ret_text is what stands behind the head, text and notes, in the arena. */
    void (*read)(struct arena *arena, struct str bytes, enum parse_encoding encoding,
                 struct answer_head *ret_head, struct str *ret_text);
};

extern const struct parser_plugin PARSER_PLUGIN; /* in the plugin only */
