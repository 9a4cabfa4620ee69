#include "front/parser/xml.h"

#include "base/limits.h"

#include <expat.h>

enum { STEP_BYTES = 64 * 1024 };

struct walk {
    struct body *body;
    struct XML_ParserStruct *parser;
    bool doctype;
};

static void look(struct walk *walk)
{
    if (walk->body->fault != NULL || walk->doctype) {
        (void)XML_StopParser(walk->parser, XML_FALSE); /* also when it has stopped before */
    }
}

static void open_element(void *arg, const XML_Char *name, const XML_Char **attributes)
{
    struct walk *walk = arg;
    struct str text = str_of(name);
    if (text.len > LIMIT_XML_NAME_BYTES) walk->body->fault = "parse.xml";
    body_open(walk->body, text, attributes);
    look(walk);
}

static void close_element(void *arg, const XML_Char *name)
{
    struct walk *walk = arg;
    body_close(walk->body, str_of(name));
    look(walk);
}

static void characters(void *arg, const XML_Char *chars, int len)
{
    struct walk *walk = arg;
    body_chars(walk->body, (struct str){chars, (size_t)len});
    look(walk);
}

/* Entities come from there, and nothing else that a document needs. */
static void doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
                    const XML_Char *public_id, int has_subset)
{
    struct walk *walk = arg;
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    walk->doctype = true;
    look(walk);
}

static void parser_end(void *parser)
{
    XML_ParserFree(parser);
}

const char *xml_read(struct body *body, struct str bytes)
{
    struct walk walk = {.body = body};
    walk.parser = XML_ParserCreateNS(NULL, ' ');
    ensure(walk.parser != NULL); /* the memory limit ends the job before */
    arena_defer(body->arena, parser_end, walk.parser);
    XML_SetUserData(walk.parser, &walk);
    XML_SetElementHandler(walk.parser, open_element, close_element);
    XML_SetCharacterDataHandler(walk.parser, characters);
    XML_SetStartDoctypeDeclHandler(walk.parser, doctype);
    enum XML_Status status = XML_STATUS_OK;
    size_t at = 0;
    do { /* in steps, so that lengths fit and an early fault ends it early */
        struct str step = str_sub(bytes, at, at + STEP_BYTES);
        at += step.len;
        status = XML_Parse(walk.parser, step.ptr, (int)step.len, at == bytes.len);
    } while (status == XML_STATUS_OK && at < bytes.len);
    if (walk.doctype) return "parse.doctype";
    if (body->fault != NULL) return body->fault;
    return status == XML_STATUS_OK ? NULL : "parse.xml";
}
