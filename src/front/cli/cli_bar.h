#pragma once
/* cli_bar.h: how far a long verb has come, on standard error. */
#include "base/str.h"

/* "[#####.....]  50 %  label" on one line that is written again and again; only on a terminal. */
void cli_bar(bool terminal, int64_t percent, struct str label);
