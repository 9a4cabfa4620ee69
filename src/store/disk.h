#pragma once
/*
 * disk.h: folders and whole reads and writes for the files that store/ keeps beside the database.
 * Only store/ includes it.
 */
#include "base/call.h"

/* Fails with what errno says. Errors: ERR_FULL "store.full", ERR_IO "blob.io". */
enum err disk_fail(struct call *c);
/* "DIR/FOLDER", ended by a zero byte. */
const char *disk_path(struct call *c, struct str dir, const char *folder);
/* Makes a folder that may be there already. Errors: those of disk_fail. */
enum err disk_folder_make(struct call *c, const char *path);
/* Makes names in a folder durable. Errors: those of disk_fail. */
enum err disk_folder_sync(struct call *c, const char *path);
/* Reads exactly `bytes` bytes. Errors: ERR_IO "blob.io", also when the file ends before. */
enum err disk_read(struct call *c, int fd, int64_t offset, void *to, size_t bytes);
/* Writes all of it. Errors: those of disk_fail. */
enum err disk_write(struct call *c, int fd, int64_t offset, struct str bytes);
/* Opens a new file under DIR/tmp. Shapes: ret_path ends in a zero byte. Errors: those of
 * disk_fail. Owns: the caller closes and renames or removes it. */
enum err disk_temporary(struct call *c, struct str dir, const char **ret_path, int *ret_fd);
/* Closes with the call's arena. */
void disk_defer(struct call *c, int fd);

/* A file by its content lies in "DIR/SHELF/ab/ab12…": two letters keep the folders short. Shapes:
 * root is 64 hex digits. */
bool disk_is_root(struct str text);
const char *disk_shelf_path(struct call *c, struct str dir, const char *shelf, struct str root);
/* Gives a synced file its place, instead of one that may be there, and makes that durable.
 * Errors: those of disk_fail; the file at `path` is then still there or already in its place. */
enum err disk_shelf_put(struct call *c, struct str dir, const char *shelf, struct str root,
                        const char *path);
