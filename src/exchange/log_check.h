#pragma once
/* log_check.h: the log's part of `check`: the whole tree from its rows, against the tiles and
 * against the newest checkpoint and its signatures. */
#include "core/check.h"

/* For check_office: notes differences "log", "log_tile", "log_cosign". */
enum err log_check(struct check *k);
