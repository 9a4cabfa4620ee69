#pragma once
/*
 * cli_json.h: JSON trees on the command line's side: what it sends and what it is answered. The
 * trees are jansson's; the call's arena lets them go.
 */
#include "base/call.h"

#include <jansson.h>

/* An empty object. */
json_t *cli_json_object(struct call *c);
/* A whole text, strictly; NULL when it is not JSON. */
json_t *cli_json_read(struct call *c, struct str text);
/* The tree as compact text. */
struct str cli_json_text(struct call *c, const json_t *tree);
/* A text member; empty when there is none. Lives as long as the tree. */
struct str cli_json_get(const json_t *object, const char *name);
/* Sets a text member; what is empty, or not UTF-8, is left out. */
void cli_json_set(json_t *object, const char *name, struct str text);
