#pragma once
/*
 * cli_backup.h: `phoihop backup`. The office may be running: its database is copied as it is at one
 * moment, the files that it names lie under DIR/blobs before it names them and change no more.
 * What comes out is described in store/backup.h; `phoihop restore` (main/restore.h) reads it.
 */
#include "front/cli/cli.h"
#include "store/backup.h"

/* backup DIR TO [--verify]: makes a backup, or reads one again and compares everything. */
enum err cli_backup(struct call *c, const struct cli_args *args);

/* Reads the list of a backup and proves its signature with the key it names. Shapes: dir is the
 * folder of the backup. Errors: ERR_NOT_FOUND "backup.none"; those of backup_list_read; ERR_CORRUPT
 * "backup.signature". */
enum err cli_backup_read(struct call *c, struct str dir, struct backup_list *ret_list);
/* Compares every file and blob of the list with what lies there. Errors: those of
 * backup_check_file and backup_check_blob, of the first that differs. */
enum err cli_backup_check(struct call *c, struct str dir, const struct backup_list *list,
                          const char *label);
