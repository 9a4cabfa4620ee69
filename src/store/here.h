#pragma once
/*
 * here.h: a VFS of SQLite that takes relative paths as they are. The stock one makes them absolute
 * and looks at every folder above, which may be closed to the office's user (a clone in the home of
 * root); the office's processes stand inside their folder and never leave it.
 */

/* The name of the VFS, for sqlite3_open_v2; registered at the first call. NULL, the stock one, when
 * there is no memory. */
const char *here_vfs(void);
