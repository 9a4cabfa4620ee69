#pragma once
/*
 * escape.h: text into HTML. One writer for each place where a value can stand; the template
 * compiler chooses the writer from the place of the tag, so no page can choose wrongly.
 */
#include "base/str.h"

/* Writes text between tags. */
void html_text(struct sb *sb, struct str text);

/* Writes text inside a quoted attribute value. */
void html_attr(struct sb *sb, struct str text);

/* Writes a whole address as the value of href, src or action: relative or https, anything else
 * becomes "#". What may not stand in an address is percent-encoded; escapes already there stay.
 * Source: RFC 3986 2, 4.2. */
void html_url(struct sb *sb, struct str url);

/* Writes a value as one part of an address: a path segment, or a name or value of the query. */
void html_url_part(struct sb *sb, struct str text);

/* Appends text percent-encoded as one part of an address, for redirects. */
void url_part(struct sb *sb, struct str text);
