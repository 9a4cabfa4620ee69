#pragma once
/*
 * restore.h: `phoihop restore`: an office out of its backup (front/cli/cli_backup.h), in a new
 * folder. Everything is compared with the signed list before it is used; office.ini comes last, so
 * a restore that was broken off is no office. The office is marked as restored
 * (exchange/restore.h): at its start it asks its peers for what it sent after the backup, before
 * anybody acts.
 */
#include "front/cli/cli.h"

/* restore FROM DIR [--user USER]. Errors: ERR_CONFLICT "restore.not_empty"; those of init_dir,
 * cli_backup_read, cli_backup_check and cli_open_inline; ERR_CORRUPT "backup.differs" when what was
 * copied is not what was read before. */
enum err restore_run(struct call *c, const struct cli_args *args);
