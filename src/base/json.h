#pragma once
/*
 * json.h: writing JSON by hand, one function per context. Reading is base/field.h.
 */
#include "base/str.h"

/* Writes a JSON string with quotes. Escapes only what RFC 8259 section 7 demands, in one way:
 * \" \\ \b \f \n \r \t and \u00xx for the other control characters. */
void json_text(struct sb *sb, struct str text);
/* Writes `"name":` preceded by a comma unless it is the first of its object. */
void json_name(struct sb *sb, bool *first, const char *name);
