#pragma once
/* cli_key.h: the verbs that change the office's own key, and show how keys were before. */
#include "front/cli/cli.h"

/* key rotate DIR [--next FILE] [--lost]: goes on with the key that was promised; the office is
 * stopped. --lost: keys/office.key is gone, and the promised key stands in for it at once.
 * Errors: ERR_BUSY "key.running"; ERR_CONFLICT "key.promised" when the seed gives another key than
 * the one that was promised; those of key_seed_read and key_file_stage. */
enum err cli_key_rotate(struct call *c, const struct cli_args *args);
/* key revoke DIR [--key KEY] [--size N] [--next FILE] [--lost]: the same, and takes a key back, by
 * default the present one as it stands: what it signed does not count unless it is one of the
 * first N leaves of this office's log. Errors: those of rotate; ERR_NOT_FOUND "directory.key";
 * ERR_INVALID "key.size". */
enum err cli_key_revoke(struct call *c, const struct cli_args *args);
/* directory DIR OFFICE: names and keys of a peer over time. */
enum err cli_directory(struct call *c, const struct cli_args *args);
