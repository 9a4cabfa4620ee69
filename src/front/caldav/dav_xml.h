#pragma once
/*
 * dav_xml.h: the XML of WebDAV, read and written. Reading is expat's, into a small tree, and it
 * refuses a document type, from which entities come, and whatever exceeds its limits. Writing is
 * text into a builder, with one escaper.
 */
#include "base/call.h"

#define NS_DAV "DAV:"
#define NS_CAL "urn:ietf:params:xml:ns:caldav"
#define NS_CS "http://calendarserver.org/ns/"
#define NS_APPLE "http://apple.com/ns/ical/"
#define NS_OWN "urn:phoihop:caldav"

/* What an answer's first element declares for the prefixes D, C, CS, A and P. */
#define XML_SPACES                                                                                 \
    " xmlns:D=\"" NS_DAV "\" xmlns:C=\"" NS_CAL "\" xmlns:CS=\"" NS_CS "\" xmlns:A=\"" NS_APPLE    \
    "\" xmlns:P=\"" NS_OWN "\""

struct xml_attribute {
    struct str name; /* of no namespace */
    struct str value;
};

struct xml {
    struct str space; /* namespace; empty: none */
    struct str name;
    struct str text; /* before the first child */
    struct xml_attribute *attributes;
    size_t attribute_count;
    struct xml *parent;
    struct xml *first;
    struct xml *last;
    struct xml *next;
};

/* Reads a document. Shapes: limits LIMIT_DAV_*. Errors: ERR_SYNTAX "caldav.xml",
 * "caldav.doctype"; ERR_LIMIT "caldav.xml_large". */
enum err xml_parse(struct call *c, struct str bytes, struct xml **ret_root);

/* Says that the element is this one. */
bool xml_is(const struct xml *x, const char *space, const char *name);
/* The first child of that name; NULL when there is none. The same after `x` among its siblings. */
const struct xml *xml_child(const struct xml *x, const char *space, const char *name);
const struct xml *xml_again(const struct xml *x);
/* The value of an attribute; empty when it is missing. */
struct str xml_attribute(const struct xml *x, const char *name);

/* Writes text between tags or inside quotes; characters that XML cannot hold are left out. */
void xml_text(struct sb *sb, struct str text);
/* Writes "<D:href>PATH</D:href>". Shapes: path is percent-encoded. */
void xml_href(struct sb *sb, struct str path);
