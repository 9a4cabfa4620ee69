#pragma once
/*
 * backup.h: a copy of an office that a machine can burn behind.
 *
 *     TO/list             what belongs to the backup, signed; renamed into its place last
 *     TO/<folder>/        office.db, office.ini, keys/... of that moment
 *     TO/blobs/           files by content, shared by all backups made into TO
 *
 * Whatever ends a backup half-way leaves the list before it and everything that list names. A file
 * that lies in TO already is read again and compared with its name and size instead of being
 * copied.
 *
 *     list = "phoihop-backup 1" LF "office " ID LF "time " MS LF "folder " NAME LF
 *            as often as there are files: "file " SHA-256 " " SIZE " " NAME LF
 *            as often as there are blobs: "blob " ROOT " " SIZE LF
 *            "key " 64 hex digits LF "signature " 128 hex digits LF
 *
 * The signature is that of all lines before it, under PURPOSE_BACKUP (core/office.h); whoever calls
 * this makes and proves it. Knows no office and no command line.
 */
#include "store/store.h"

struct backup_item {
    bool blob;       /* else a file of the folder */
    struct str hash; /* 64 hex digits: SHA-256, or the root of a blob */
    int64_t size;
    struct str name; /* of a file: "office.db", "keys/office.key" */
};

struct backup_list {
    struct str office; /* id */
    int64_t time_ms;
    struct str folder;
    struct backup_item *items;
    size_t count;
    struct str key;       /* public, hex */
    struct str signature; /* 64 raw bytes */
    struct str text;      /* all that is signed */
};

/* Who hears how far it has come; false stops. NULL: nobody. */
struct backup_progress {
    bool (*tell)(void *arg, int64_t done, int64_t total);
    void *arg;
};

/* Writes the lines that are signed; then the whole list. */
struct str backup_list_text(struct arena *arena, const struct backup_list *list);
struct str backup_list_write(struct arena *arena, const struct backup_list *list);
/* Takes a list apart. Errors: ERR_SYNTAX "backup.list"; ERR_LIMIT "backup.list". */
enum err backup_list_read(struct call *c, struct str bytes, struct backup_list *ret_list);

/* Copies a SQLite database that others may be using, as it is at one moment, and syncs it.
 * Errors: ERR_IO "backup.store" (arg "detail"); ERR_BUSY "backup.stopped". */
enum err backup_snapshot(struct call *c, const char *from, const char *to,
                         const struct backup_progress *progress);

/* Copies a file, syncs it and says what it is. Errors: ERR_IO "backup.file" (arg "name"); ERR_FULL
 * "store.full". */
enum err backup_file(struct call *c, const char *from, const char *to, struct str name,
                     struct backup_item *ret_item);
/* Reads a file and says what it is, or whether it is what the list says.
 * Errors: ERR_IO "backup.file"; ERR_CORRUPT "backup.differs" (both with arg "name"). */
enum err backup_measure(struct call *c, const char *path, struct str name,
                        struct backup_item *ret_item);
enum err backup_check_file(struct call *c, const char *path, const struct backup_item *item);

/* Lists the files by content of a folder, in the order of their names. Errors: ERR_IO "blob.io". */
enum err backup_blobs(struct call *c, struct str dir, struct str **ret_roots, size_t *ret_count);
/* Copies a blob unless the same lies there already. Shapes: from and to are folders that hold
 * blobs/. Errors: ERR_NOT_FOUND "blob.missing"; ERR_CORRUPT "blob.corrupt" when it is not what its
 * name says; those of blob_import. */
enum err backup_blob(struct call *c, struct str from, struct str to, struct str root,
                     struct backup_item *ret_item, bool *ret_copied);
/* Reads a blob of a backup. Errors: those of blob_verify; ERR_CORRUPT "backup.differs" for another
 * size. */
enum err backup_check_blob(struct call *c, struct str dir, const struct backup_item *item);

/* Syncs a folder's entries. Errors: ERR_IO "backup.file". */
enum err backup_folder_sync(struct call *c, const char *path);
