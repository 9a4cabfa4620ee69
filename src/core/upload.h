#pragma once
/*
 * upload.h: which files a program may name in an act. A file is named by its content, so who knows
 * a name could read a file that was never shown to him, or learn that the office holds it. A person
 * therefore names only what he brought here himself. LOCAL: outside the log and outside `check`.
 */
#include "base/field.h"

/* Notes that the actor brought the file. Errors: ERR_LOGIN "login"; those of the store. */
enum err upload_note(struct call *c, struct str root);

/* Asks whether the actor brought every file the struct names. Shapes: `from` is the table's struct.
 * Errors: ERR_NOT_FOUND "blob.missing" (arg "name"), as if there were no such file. */
enum err upload_check(struct call *c, const struct field_table *table, const void *from);
