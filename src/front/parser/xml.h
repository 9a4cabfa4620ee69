#pragma once
/* xml.h: a part's XML as events for front/parse/body.h, by expat. No document type, no entity, no
 * file is ever followed. */
#include "front/parse/body.h"

/* Reads the part. Returns why it is refused, a word key without "reason."; NULL when it was read:
 * "parse.xml", "parse.doctype", or the body's own fault. */
const char *xml_read(struct body *body, struct str bytes);
