#include "store/driver.h"

#include <dlfcn.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

/* The folder "lib" beside the running program; empty when the kernel does not tell. */
static struct str beside_program(struct arena *arena)
{
    char path[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    while (len > 0 && path[len - 1] != '/')
        len--;
    if (len <= 0) return (struct str){};
    return str_format(arena, "%.*slib", (int)len, path);
}

static enum err fail_load(struct call *c, struct str detail)
{
    (void)fail(c, ERR_IO, "store.open");
    return fail_arg(c, "detail", detail);
}

/* Opening again what is open costs nothing: the loader counts, so no state is kept here. */
static enum err plugin_open(struct call *c, const char *plugins, const struct driver **ret_driver)
{
    struct str folder = plugins != NULL ? str_of(plugins) : beside_program(c->arena);
    if (!str_starts(folder, S("/"))) return fail_load(c, S("pg.so")); /* no search by the loader */
    struct str path = str_format(c->arena, "%.*s/pg.so", STR_ARG(folder));
    void *handle = dlopen(path.ptr, RTLD_NOW | RTLD_LOCAL);
    const struct driver *driver = handle == NULL ? NULL : dlsym(handle, "DRIVER_PG");
    if (driver == NULL) return fail_load(c, str_of(dlerror()));
    if (driver->db_bytes != sizeof(struct db)) return fail_load(c, path);
    *ret_driver = driver;
    return OK;
}

enum err driver_find(struct call *c, const struct store_config *config,
                     const struct driver **ret_driver)
{
    struct str path = str_of(config->path);
    if (str_starts(path, S("postgres://")) || str_starts(path, S("postgresql://"))) {
        return plugin_open(c, config->plugins, ret_driver);
    }
    *ret_driver = &DRIVER_SQLITE;
    return OK;
}
