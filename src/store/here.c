#include "store/here.h"

#include "base/base.h"

#include <sqlite3.h>
#include <string.h>

static const char NAME[] = "here";

static int here_full_path(sqlite3_vfs *vfs, const char *path, int bytes, char *ret_path)
{
    (void)vfs;
    size_t len = strlen(path);
    if (path[0] == '/') {
        sqlite3_vfs *stock = sqlite3_vfs_find("unix");
        return stock == NULL ? SQLITE_CANTOPEN : stock->xFullPathname(stock, path, bytes, ret_path);
    }
    if (len + 1 > (size_t)bytes) return SQLITE_CANTOPEN;
    memcpy(ret_path, path, len + 1);
    return SQLITE_OK;
}

const char *here_vfs(void)
{
    sqlite3_mutex *turn = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1);
    sqlite3_mutex_enter(turn);
    bool there = sqlite3_vfs_find(NAME) != NULL;
    sqlite3_vfs *stock = sqlite3_vfs_find("unix");
    /* SQLite keeps it in its list for as long as the process lives */
    sqlite3_vfs *here = there || stock == NULL ? NULL : sqlite3_malloc(sizeof *here);
    if (here != NULL) {
        *here = *stock;
        here->zName = NAME;
        here->xFullPathname = here_full_path;
        there = sqlite3_vfs_register(here, 0) == SQLITE_OK;
    }
    sqlite3_mutex_leave(turn);
    return there ? NAME : NULL;
}
