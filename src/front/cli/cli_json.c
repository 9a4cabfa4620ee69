#include "front/cli/cli_json.h"

static void json_free(void *arg)
{
    json_decref(arg);
}

json_t *cli_json_object(struct call *c)
{
    json_t *object = json_object();
    ensure(object != NULL);
    arena_defer(c->arena, json_free, object);
    return object;
}

json_t *cli_json_read(struct call *c, struct str text)
{
    json_t *tree = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (tree != NULL) arena_defer(c->arena, json_free, tree);
    return tree;
}

struct str cli_json_text(struct call *c, const json_t *tree)
{
    size_t bytes = json_dumpb(tree, NULL, 0, JSON_COMPACT);
    char *to = arena_alloc(c->arena, bytes + 1);
    size_t written = json_dumpb(tree, to, bytes, JSON_COMPACT);
    ensure(written == bytes);
    return (struct str){to, bytes};
}

struct str cli_json_get(const json_t *object, const char *name)
{
    return str_of(json_string_value(json_object_get(object, name)));
}

void cli_json_set(json_t *object, const char *name, struct str text)
{
    json_t *value = text.len == 0 ? NULL : json_stringn(text.ptr, text.len);
    if (value != NULL) (void)json_object_set_new(object, name, value);
}
