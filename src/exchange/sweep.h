#pragma once
/*
 * sweep.h: takes away what nobody needs any more, a little at each run, once a night:
 *
 *     files that were brought here and that no record has named for SWEEP_DAYS
 *     parts of files that are no longer wanted, what crashes left in tmp/
 *     the results of repeated calls, and who brought which file, when it named it nowhere
 *
 * A round reads every version from the first to the last; whatever in it looks like a file's name
 * counts as one, also in kinds that this program does not know. Only when a round has come to its
 * end are files removed that were old when it began and that nothing names. A round may take many
 * nights; where it stands is kept.
 */
#include "base/call.h"

enum { SWEEP_DAYS = 30, SWEEP_VERSIONS = 20000, SWEEP_FILES = 20000 };

/* Sweeps for one run, which looks at SWEEP_VERSIONS versions or SWEEP_FILES files at most. Errors:
 * the store's; ERR_IO "blob.io". */
enum err sweep_run(struct call *c);
