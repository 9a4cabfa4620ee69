#include "front/web/escape.h"

#include <string.h>

static bool one_of(const char *set, char ch)
{
    return ch != '\0' && strchr(set, ch) != NULL;
}

static bool is_unreserved(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           one_of("-._~", ch);
}

/* Reserved, or an escape that is there already. */
static bool is_reserved(char ch)
{
    return one_of(":/?#[]@!$&'()*+,;=%", ch);
}

static struct str entity(char ch)
{
    switch (ch) {
    case '&': return S("&amp;");
    case '<': return S("&lt;");
    case '>': return S("&gt;");
    case '"': return S("&quot;");
    case '\'': return S("&#39;");
    default: return (struct str){};
    }
}

void html_attr(struct sb *sb, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct str name = entity(text.ptr[i]);
        if (name.len == 0) continue;
        sb_put(sb, str_sub(text, from, i));
        sb_put(sb, name);
        from = i + 1;
    }
    sb_put(sb, str_sub(text, from, text.len));
}

void html_text(struct sb *sb, struct str text)
{
    /* The attribute's five also do between tags; one table is easier to trust than two. */
    html_attr(sb, text);
}

static void percent(struct sb *sb, char ch)
{
    sb_printf(sb, "%%%02X", (unsigned)(unsigned char)ch);
}

/* Says that the address names no scheme, or https. */
static bool scheme_allowed(struct str url)
{
    size_t i = 0;
    while (i < url.len && !one_of(":/?#", url.ptr[i]))
        i++;
    if (i == url.len || url.ptr[i] != ':') return true;
    return i == 5 && strncasecmp(url.ptr, "https", 5) == 0;
}

void html_url(struct sb *sb, struct str url)
{
    if (!scheme_allowed(url)) {
        sb_char(sb, '#');
        return;
    }
    size_t from = 0; /* of what may stand as it is, but for HTML */
    for (size_t i = 0; i < url.len; i++) {
        if (is_unreserved(url.ptr[i]) || is_reserved(url.ptr[i])) continue;
        html_attr(sb, str_sub(url, from, i));
        percent(sb, url.ptr[i]);
        from = i + 1;
    }
    html_attr(sb, str_sub(url, from, url.len));
}

void url_part(struct sb *sb, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.ptr[i])) {
            sb_char(sb, text.ptr[i]);
        } else {
            percent(sb, text.ptr[i]);
        }
    }
}

void html_url_part(struct sb *sb, struct str text)
{
    /* Percent-encoded text holds nothing that HTML could misread. */
    url_part(sb, text);
}
