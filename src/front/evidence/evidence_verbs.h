#pragma once
/* evidence_verbs.h: evidence on the command line. Their table is in main/main.c. */
#include "front/cli/cli.h"

/* evidence DIR RECORD ...: writes a container (asice.h) of everything signed about the records to
 * standard output, sealed by this office. Files are streamed; memory does not grow with them. */
enum err evidence_export(struct call *c, const struct cli_args *args);

/* verify FILE [--keys CARDS]: proves a container and prints the report of verify.h.
 * Errors: ERR_CORRUPT "evidence.broken" when anything does not hold; the report is printed. */
enum err evidence_verify(struct call *c, const struct cli_args *args);
