#include "t_store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/store.h"

enum { PATH_BYTES = 4096 };

/* Which migrations have run and which columns there are is all that the next office inherits. */
#define TAKE                                                                                       \
    "DO $take$"                                                                                    \
    " DECLARE old text; filled text;"                                                              \
    " BEGIN"                                                                                       \
    " DELETE FROM rest.schema WHERE name = (SELECT name FROM rest.schema LIMIT 1)"                 \
    " RETURNING name INTO old;"                                                                    \
    " IF old IS NULL THEN RETURN; END IF;"                                                         \
    " EXECUTE format('DELETE FROM %%I.projection WHERE name LIKE ''%%%%.edition''', old);"         \
    " SELECT string_agg(oid::regclass::text, ', ') INTO filled FROM pg_class"                      \
    " WHERE relnamespace = old::regnamespace AND relkind = 'r'"                                    \
    " AND relname NOT IN ('migration', 'projection') AND pg_relation_size(oid) > 0;"               \
    " IF filled IS NOT NULL THEN EXECUTE 'TRUNCATE ' || filled || ' CASCADE'; END IF;"             \
    " PERFORM setval(oid::regclass, 1, false) FROM pg_class"                                       \
    " WHERE relnamespace = old::regnamespace AND relkind = 'S';"                                   \
    " EXECUTE format('ALTER SCHEMA %%I RENAME TO %s', old);"                                       \
    " END $take$;"

bool t_on_postgres(void)
{
    const char *store = getenv("STORE");
    return store != NULL && str_eq(str_of(store), S("pg"));
}

static const char *server(void)
{
    const char *url = getenv("STORE_URL");
    ensure(url != NULL); /* test/pg/with-pg.sh sets it */
    return url;
}

static const char *schema_of(struct arena *arena, const char *dir)
{
    struct str path = str_of(dir);
    char *schema = arena_copy(arena, path.ptr, path.len);
    for (size_t i = 0; i < path.len; i++) {
        bool plain = schema[i] != '-' && schema[i] != '/';
        if (!plain) schema[i] = '_';
    }
    return schema;
}

const char *t_store_path(struct arena *arena, const char *dir)
{
    if (!t_on_postgres()) return str_format(arena, "%s/office.db", dir).ptr;
    return str_format(arena, "%s&options=-csearch_path%%3D%s", server(), schema_of(arena, dir)).ptr;
}

const char *t_store_plugins(struct arena *arena)
{
    char path[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    ensure(len > 0);
    struct str program = {path, (size_t)len};
    size_t end = str_find(program, S("/test/"), 0);
    if (end == program.len) end = str_find(program, S("/sim"), 0);
    struct str build = str_sub(program, 0, end);
    return str_format(arena, "%.*s/lib", STR_ARG(build)).ptr;
}

static enum err take_step(struct call *c, void *arg)
{
    return store_script(c, str_format(c->arena, TAKE, schema_of(c->arena, arg)));
}

enum err t_store_take(struct call *c, const char *dir)
{
    if (!t_on_postgres()) return OK;
    ensure(c->store == NULL);
    struct store *store = NULL;
    struct store_config config = {.path = server(),
                                  .plugins = t_store_plugins(c->arena),
                                  .inline_writer = true,
                                  .sync_off = true};
    char *owner = arena_copy(c->arena, dir, strlen(dir));
    enum err e = store_open(c, &config, &store);
    c->store = store;
    if (e == OK) e = store_tx(c, take_step, owner);
    c->store = NULL;
    store_close(store);
    return e;
}

static enum err give_step(struct call *c, void *arg)
{
    return store_exec(c, "INSERT INTO rest.schema (name) VALUES (lower($1))",
                      ARGS(TEXT(str_of(schema_of(c->arena, arg)))), NULL);
}

enum err t_store_give(struct call *c, const char *dir)
{
    if (!t_on_postgres()) return OK;
    return store_tx(c, give_step, arena_copy(c->arena, dir, strlen(dir)));
}
