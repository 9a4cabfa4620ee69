#include "t_store.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

bool t_on_postgres(void)
{
    const char *store = getenv("STORE");
    return store != NULL && str_eq(str_of(store), S("pg"));
}

const char *t_store_path(struct arena *arena, const char *dir)
{
    if (!t_on_postgres()) return str_format(arena, "%s/office.db", dir).ptr;
    const char *url = getenv("STORE_URL");
    ensure(url != NULL); /* test/pg/with-pg.sh sets it */
    const char *slash = strrchr(dir, '/');
    struct str name = str_of(slash == NULL ? dir : slash + 1);
    char *schema = arena_copy(arena, name.ptr, name.len);
    for (size_t i = 0; i < name.len; i++) {
        if (schema[i] == '-') schema[i] = '_';
    }
    return str_format(arena, "%s&options=-csearch_path%%3D%s", url, schema).ptr;
}

const char *t_store_plugins(struct arena *arena)
{
    char path[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    ensure(len > 0);
    struct str program = {path, (size_t)len};
    struct str build = str_sub(program, 0, str_find(program, S("/test/"), 0));
    return str_format(arena, "%.*s/lib", STR_ARG(build)).ptr;
}
