#include "front/caldav/dav_xml.h"

#include "base/limits.h"

#include <expat.h>

enum { STEP_BYTES = 16 * 1024 };

struct walk {
    struct arena *arena;
    struct XML_ParserStruct *parser;
    struct xml *root;
    struct xml *at;
    size_t elements;
    size_t depth;
    struct sb text; /* of the element that was opened last */
    enum err err;
    const char *reason; /* NULL: nothing is wrong */
};

static void stop(struct walk *w, enum err e, const char *reason)
{
    if (w->reason == NULL) {
        w->err = e;
        w->reason = reason;
    }
    (void)XML_StopParser(w->parser, XML_FALSE); /* also when it has stopped before */
}

/* Only what stands before the first child is kept: no element of these protocols mixes them. */
static void text_end(struct walk *w)
{
    if (w->text.len > 0 && w->at != NULL && w->at->first == NULL) w->at->text = sb_str(&w->text);
    w->text = sb_new(w->arena, 0);
}

static void attributes_put(struct walk *w, struct xml *x, const XML_Char **attributes)
{
    size_t count = 0;
    while (attributes[2 * count] != NULL)
        count++;
    if (count > LIMIT_DAV_ATTRIBUTES) {
        stop(w, ERR_LIMIT, "caldav.xml_large");
        return;
    }
    x->attributes = arena_array(w->arena, count + 1, sizeof *x->attributes);
    x->attribute_count = count;
    for (size_t i = 0; i < count; i++) {
        x->attributes[i].name = str_copy(w->arena, str_of(attributes[2 * i]));
        x->attributes[i].value = str_copy(w->arena, str_of(attributes[2 * i + 1]));
    }
}

static void open_element(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct walk *w = arg;
    struct str whole = str_of(name);
    w->elements++;
    w->depth++;
    bool over = w->elements > LIMIT_DAV_ELEMENTS || w->depth > LIMIT_DAV_DEPTH;
    if (over || whole.len > LIMIT_XML_NAME_BYTES) {
        stop(w, ERR_LIMIT, "caldav.xml_large");
        return;
    }
    text_end(w);
    struct xml *x = arena_alloc(w->arena, sizeof *x);
    whole = str_copy(w->arena, whole);
    if (!str_cut(whole, ' ', &x->space, &x->name)) {
        x->name = whole;
        x->space = (struct str){};
    }
    attributes_put(w, x, attributes);
    x->parent = w->at;
    if (w->at == NULL) {
        w->root = x;
    } else if (w->at->last == NULL) {
        w->at->first = w->at->last = x;
    } else {
        w->at->last->next = x;
        w->at->last = x;
    }
    w->at = x;
}

static void close_element(void *arg, const XML_Char *name)
{
    struct walk *w = arg;
    (void)name;
    if (w->reason != NULL) return; /* stopping ends the running callbacks of one tag late */
    text_end(w);
    ensure(w->at != NULL);
    w->at = w->at->parent;
    w->depth--;
}

static void characters(void *arg, const XML_Char *chars, int len)
{
    struct walk *w = arg;
    sb_put(&w->text, (struct str){chars, (size_t)len});
}

static void doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
                    const XML_Char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    stop(arg, ERR_SYNTAX, "caldav.doctype");
}

static void parser_end(void *parser)
{
    XML_ParserFree(parser);
}

enum err xml_parse(struct call *c, struct str bytes, struct xml **ret_root)
{
    struct walk w = {.arena = c->arena, .text = sb_new(c->arena, 0)};
    w.parser = XML_ParserCreateNS("UTF-8", ' ');
    ensure(w.parser != NULL); /* needs only memory */
    arena_defer(c->arena, parser_end, w.parser);
    XML_SetUserData(w.parser, &w);
    XML_SetElementHandler(w.parser, open_element, close_element);
    XML_SetCharacterDataHandler(w.parser, characters);
    XML_SetStartDoctypeDeclHandler(w.parser, doctype);
    enum XML_Status status = XML_STATUS_OK;
    size_t at = 0;
    do { /* in steps, so that an early fault ends it early */
        struct str step = str_sub(bytes, at, at + STEP_BYTES);
        at += step.len;
        status = XML_Parse(w.parser, step.ptr, (int)step.len, at == bytes.len);
    } while (status == XML_STATUS_OK && at < bytes.len);
    if (w.reason != NULL) return fail(c, w.err, w.reason);
    if (status != XML_STATUS_OK || w.root == NULL) return fail(c, ERR_SYNTAX, "caldav.xml");
    *ret_root = w.root;
    return OK;
}

bool xml_is(const struct xml *x, const char *space, const char *name)
{
    return str_eq(x->name, str_of(name)) && str_eq(x->space, str_of(space));
}

const struct xml *xml_child(const struct xml *x, const char *space, const char *name)
{
    for (const struct xml *at = x == NULL ? NULL : x->first; at != NULL; at = at->next) {
        if (xml_is(at, space, name)) return at;
    }
    return NULL;
}

const struct xml *xml_again(const struct xml *x)
{
    for (const struct xml *at = x->next; at != NULL; at = at->next) {
        if (str_eq(at->name, x->name) && str_eq(at->space, x->space)) return at;
    }
    return NULL;
}

struct str xml_attribute(const struct xml *x, const char *name)
{
    for (size_t i = 0; i < x->attribute_count; i++) {
        if (str_eq(x->attributes[i].name, str_of(name))) return x->attributes[i].value;
    }
    return (struct str){};
}

static const char *entity(char ch)
{
    if (ch == '&') return "&amp;";
    if (ch == '<') return "&lt;";
    if (ch == '>') return "&gt;"; /* also in "]]>" */
    if (ch == '"') return "&quot;";
    return ch == '\r' ? "&#13;" : NULL; /* a plain one would be read as the end of a line */
}

void xml_text(struct sb *sb, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        const char *name = entity(ch);
        bool none = (unsigned char)ch < ' ' && ch != '\n' && ch != '\t' && ch != '\r';
        if (name == NULL && !none) continue;
        sb_put(sb, str_sub(text, from, i));
        if (name != NULL) sb_put(sb, str_of(name));
        from = i + 1;
    }
    sb_put(sb, str_sub(text, from, text.len));
}

void xml_href(struct sb *sb, struct str path)
{
    sb_put(sb, S("<D:href>"));
    xml_text(sb, path);
    sb_put(sb, S("</D:href>"));
}
