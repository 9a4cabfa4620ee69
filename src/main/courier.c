#include "main/courier.h"

#include "main/sandbox.h"
#include "main/supervise.h"

#include <dlfcn.h>
#include <unistd.h>

static const char PLUGIN_PATH[] = "/proc/self/fd/4/courier.so";
static_assert(COURIER_LIB_FD == 4);

enum err courier_run(struct call *c, const struct cli_args *args)
{
    int64_t parent = 0;
    if (!parse_int(args->rest[0], 1, INT32_MAX, &parent)) return fail(c, ERR_SYNTAX, "cli.verb");
    sandbox_common((int)parent);
    void *plugin = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
    /* POSIX has dlsym return functions as data pointers */
    courier_entry *entry = plugin == NULL ? NULL : (courier_entry *)dlsym(plugin, COURIER_ENTRY);
    if (entry == NULL) {
        (void)fail(c, ERR_IO, "courier.load"); /* the next line returns the same */
        return fail_arg(c, "detail", str_of(dlerror()));
    }
    (void)close(COURIER_LIB_FD);
    enum err e = sandbox_courier(c);
    if (e != OK) return e;
    entry(c->env, COURIER_CONN_FD);
    _exit(0);
}
