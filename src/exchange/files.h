#pragma once
/* files.h: the files that a version names, whatever its kind. */
#include "core/record.h"

/* Gathers the file_refs of all FIELD_FILES fields of the version's kind; none when the kind's
 * module is gone. Shapes: in the call's arena. Errors: those of version_body. */
enum err version_files(struct call *c, const struct version *v, struct file_ref **ret_files,
                       size_t *ret_count);
