#include "base/json.h"

static struct str short_escape(char ch)
{
    switch (ch) {
    case '"': return S("\\\"");
    case '\\': return S("\\\\");
    case '\b': return S("\\b");
    case '\f': return S("\\f");
    case '\n': return S("\\n");
    case '\r': return S("\\r");
    case '\t': return S("\\t");
    default: return (struct str){};
    }
}

void json_text(struct sb *sb, struct str text)
{
    sb_char(sb, '"');
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        if ((uint8_t)ch >= 0x20 && ch != '"' && ch != '\\') continue;
        sb_put(sb, str_sub(text, from, i));
        struct str escape = short_escape(ch);
        if (escape.len > 0) {
            sb_put(sb, escape);
        } else {
            sb_printf(sb, "\\u%04x", (unsigned)(uint8_t)ch);
        }
        from = i + 1;
    }
    sb_put(sb, str_sub(text, from, text.len));
    sb_char(sb, '"');
}

void json_name(struct sb *sb, bool *first, const char *name)
{
    if (!*first) sb_char(sb, ',');
    *first = false;
    json_text(sb, str_of(name));
    sb_char(sb, ':');
}
