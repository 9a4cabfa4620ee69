#pragma once
/* parse_sql.h: the statements of parse.h. */
#include "core/parse.h"

/* Notes that a file waits to be read; what the present edition has read or waits for stays. */
enum err parse_sql_wait(struct call *c, struct str root, bool *ret_new);
/* The same for a file that was refused, in another encoding. */
enum err parse_sql_again(struct call *c, struct str root, enum parse_encoding encoding,
                         bool *ret_found);
/* Keeps what was read, unless somebody has meanwhile asked for another encoding. */
enum err parse_sql_put(struct call *c, struct str root, const struct parse *parse);
/* Text only where it is asked for. */
enum err parse_sql_get(struct call *c, struct str root, bool with_text, struct parse *ret_parse);
