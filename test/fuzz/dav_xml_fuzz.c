/*
 * Any bytes are read as the XML of a calendar program. What comes out is within the limits, and
 * written again as text it is what was read.
 */
#include "base/limits.h"
#include "front/caldav/dav_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next element of the whole tree. */
static const struct xml *after(const struct xml *x)
{
    if (x->first != NULL) return x->first;
    while (x != NULL && x->next == NULL)
        x = x->parent;
    return x == NULL ? NULL : x->next;
}

static void text_survives(struct call *c, struct str text)
{
    struct sb sb = sb_new(c->arena, 0);
    struct xml *root = NULL;
    sb_put(&sb, S("<a>"));
    xml_text(&sb, text);
    sb_put(&sb, S("</a>"));
    enum err e = xml_parse(c, sb_str(&sb), &root);
    ensure(e == OK);
    ensure(str_eq(root->text, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct xml *root = NULL;
    size_t count = 0;
    if (xml_parse(&c, (struct str){(const char *)data, size}, &root) != OK) {
        call_end(&c);
        return 0;
    }
    for (const struct xml *x = root; x != NULL; x = after(x)) {
        size_t depth = 0;
        for (const struct xml *up = x; up != NULL; up = up->parent)
            depth++;
        ensure(depth <= LIMIT_DAV_DEPTH);
        ensure(x->attribute_count <= LIMIT_DAV_ATTRIBUTES);
        if (count++ < 8) text_survives(&c, x->text);
    }
    ensure(count <= LIMIT_DAV_ELEMENTS);
    call_end(&c);
    return 0;
}
