#pragma once
/*
 * cli_copy.h: the verb that moves an office between SQLite and PostgreSQL (store/copy.h) and checks
 * what has arrived. The office is stopped meanwhile; its files and its key stay where they are.
 */
#include "front/cli/cli.h"

/* store copy FROM TO. One of them is the office's folder, the other one an address, or both are the
 * folder. FROM the folder: the store that office.ini names. TO the folder: its file office.db.
 * Ctrl-C stops it after the page under way, and the same command goes on from there. The report of
 * the check is printed, and what to write into office.ini; nothing is changed there.
 * Errors: ERR_SYNTAX "copy.folder", ERR_CONFLICT "copy.running", "copy.same"; ERR_CORRUPT
 * "check.differs"; those of store_copy, cli_open and store_open. */
enum err cli_store_copy(struct call *c, const struct cli_args *args);

/* Opens a store with the office's tables, perhaps with some rows already: where a copy goes to.
 * Shapes: plugins as in struct cli_office. Errors: those of store_open and store_migrate. Owns: the
 * caller closes it. */
enum err cli_copy_target(struct call *c, struct str plugins, const char *path,
                         struct store **ret_store);
